//! Where parts of reports lie until their report is whole, and what becomes of those whose report never is.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::jetstream::message::{AckKind, Acker, Message};
use futures_util::future::{join_all, try_join_all};
use tokio::sync::mpsc;
use tracing::warn;

use super::super::line::line_of;
use super::super::question::{BusError, Committed, Delivery, Receipt};
use super::super::seldom::Seldom;
use super::super::wire::{Assembly, WireError, unbundle};
use super::questions::MESSAGE_BYTES_MAX;

/// Reports of which some parts are there at once. Of more, the oldest comes again.
const OPEN_MAX: usize = 32;

/// Parts whose acknowledgement is remembered: some were sent once more just before it.
const DONE_MAX: usize = 10_000;

/// How often a part comes alone before it is believed that the others never will: their sender was not told that it is stored, and has gone,
/// or has sent all again. Without an end to it, such parts would take all places some day.
const ALONE_MAX: u32 = 2;

/// Parts that wait for others. Of more, the oldest is thrown away, so that whoever sends first halves alone leaves other reports their places:
/// the server gives out `UNACKNOWLEDGED_MAX` of `reports` at once. The longest report has some 64 parts, or a thousand where the server takes
/// short messages alone.
const WAITING_MAX: usize = 5000;

/// Of a subject so much is told.
const SUBJECT_CHARS_MAX: usize = 200;

/// Where parts lie until their report is whole.
pub(super) struct Table {
    assembly: Assembly,
    /// How the parts of reports that are not whole are acknowledged, by their number in the stream.
    open: HashMap<String, BTreeMap<u64, Arc<Acker>>>,
    given: Arc<Mutex<Given>>,
    /// Parts whose report is not whole, also those that the assembly has forgotten, by their number.
    waiting: BTreeMap<u64, Waiting>,
    deliveries: mpsc::Sender<Delivery>,
    thrown_away: Seldom,
    left_alone: Seldom,
}

struct Waiting {
    report: String,
    acker: Arc<Acker>,
    n_times: u32,
}

impl Table {
    pub(super) fn new(deliveries: mpsc::Sender<Delivery>) -> Table {
        let assembly = Assembly::new(MESSAGE_BYTES_MAX, OPEN_MAX);
        let (thrown_away, left_alone) = (Seldom::default(), Seldom::default());
        let (open, given, waiting) = (HashMap::new(), Arc::default(), BTreeMap::new());
        Table { assembly, open, given, waiting, deliveries, thrown_away, left_alone }
    }

    /// The numbers of messages that have been read, and may still be in the stream.
    pub(super) fn known(&self) -> HashSet<u64> {
        let given = locked(&self.given);
        self.waiting.keys().chain(&given.waiting).chain(&given.done).copied().collect()
    }

    /// Takes a part, and gives out the report of which it is the last.
    pub(super) async fn lay(&mut self, message: Message) {
        let Ok(number) = message.info().map(|info| info.stream_sequence) else { return };
        let known = locked(&self.given).answer(number);
        if let Some(answer) = known {
            let _ = message.ack_with(answer).await;
            return;
        }
        let (message, acker) = message.split();
        let (report, acker) = (message.subject.as_str().to_owned(), Arc::new(acker));
        match self.assembly.take(&report, &message.payload) {
            Ok(Some(whole)) => {
                let mut ackers = self.open.remove(&report).unwrap_or_default();
                ackers.insert(number, acker);
                for number in ackers.keys() {
                    self.waiting.remove(number);
                }
                match unbundle(&whole) {
                    Ok(reports) => self.give(reports, ackers).await,
                    Err(error) => {
                        self.tell_thrown_away(&report, &error);
                        for acker in ackers.values() {
                            let _ = acker.ack_with(AckKind::Term).await;
                        }
                    }
                }
            }
            Ok(None) => {
                self.open.entry(report.clone()).or_default().insert(number, Arc::clone(&acker));
                self.forget_oldest();
                let waiting =
                    self.waiting.entry(number).or_insert(Waiting { report, acker: Arc::clone(&acker), n_times: 0 });
                (waiting.acker, waiting.n_times) = (acker, waiting.n_times + 1);
                if waiting.n_times > ALONE_MAX {
                    self.give_up(number).await;
                } else if self.waiting.len() > WAITING_MAX
                    && let Some(oldest) = self.waiting.keys().next().copied()
                {
                    self.give_up(oldest).await;
                }
            }
            Err(error) => {
                self.waiting.remove(&number);
                self.tell_thrown_away(&report, &error);
                let _ = acker.ack_with(AckKind::Term).await;
            }
        }
    }

    /// Throws a part away whose report is not whole.
    async fn give_up(&mut self, number: u64) {
        let Some(Waiting { report, acker, .. }) = self.waiting.remove(&number) else { return };
        // Nor is it whole without this part.
        if self.open.get(&report).is_some_and(|ackers| ackers.contains_key(&number)) {
            self.open.remove(&report);
            self.assembly.forget(&report);
        }
        if let Some(others) = self.left_alone.happened(1) {
            let report = line_of(&report, SUBJECT_CHARS_MAX);
            warn!("nats: a part of a report is thrown away, as the others do not come: {report}{others}");
        }
        let _ = acker.ack_with(AckKind::Term).await;
    }

    /// What the assembly has forgotten comes again, and is not acknowledged by what came first.
    fn forget_oldest(&mut self) {
        while self.open.len() > self.assembly.n_open().max(OPEN_MAX) {
            let oldest = self.open.iter().min_by_key(|(_, ackers)| ackers.keys().next().copied());
            let Some(oldest) = oldest.map(|(report, _)| report.clone()) else { return };
            self.open.remove(&oldest);
        }
    }

    async fn give(&mut self, reports: Vec<Vec<u8>>, ackers: BTreeMap<u64, Arc<Acker>>) {
        locked(&self.given).waiting.extend(ackers.keys());
        let (receipts, committed): (Vec<Receipt>, Vec<Committed>) = reports.iter().map(|_| Receipt::new()).unzip();
        tokio::spawn(acknowledge(committed, ackers, Arc::clone(&self.given)));
        for (message, receipt) in reports.into_iter().zip(receipts) {
            // Nobody takes it any more: it comes to the next writer.
            let _ = self.deliveries.send(Delivery { message, receipt }).await;
        }
    }

    fn tell_thrown_away(&self, report: &str, error: &WireError) {
        if let Some(others) = self.thrown_away.happened(1) {
            let report = line_of(report, SUBJECT_CHARS_MAX);
            warn!("nats: a report is thrown away, and what it is of is fetched again: {error}: {report}{others}");
        }
    }
}

/// What has become of parts whose reports were given out, by their numbers.
#[derive(Default)]
struct Given {
    /// Those that are not committed yet.
    waiting: HashSet<u64>,
    /// Those that the server knows to be committed.
    done: HashSet<u64>,
    /// The same, the oldest first.
    done_in_order: VecDeque<u64>,
}

impl Given {
    /// What is to be answered to a part that comes again; nothing, where it is to be taken.
    fn answer(&self, number: u64) -> Option<AckKind> {
        // It takes long, but is not forgotten.
        let waits = self.waiting.contains(&number).then_some(AckKind::Progress);
        waits.or_else(|| self.done.contains(&number).then_some(AckKind::Ack))
    }

    fn end(&mut self, numbers: impl Iterator<Item = u64>, is_done: bool) {
        for number in numbers {
            self.waiting.remove(&number);
            if is_done && self.done.insert(number) {
                self.done_in_order.push_back(number);
            }
        }
        while self.done_in_order.len() > DONE_MAX {
            if let Some(oldest) = self.done_in_order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }
}

fn locked(given: &Mutex<Given>) -> MutexGuard<'_, Given> {
    given.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until all reports of a bundle are committed, tells the server, and whoever has committed them whether the server knows.
async fn acknowledge(committed: Vec<Committed>, ackers: BTreeMap<u64, Arc<Acker>>, given: Arc<Mutex<Given>>) {
    let answers: Vec<_> = join_all(committed).await;
    // One that is not committed comes again, and the others with it.
    let known = if answers.iter().all(Result::is_ok) {
        let told = try_join_all(ackers.values().map(|acker| acker.double_ack())).await;
        told.map(|_| ()).map_err(|error| BusError::Away(error.to_string()))
    } else {
        Err(BusError::Away("another report of the same message is not committed".to_owned()))
    };
    locked(&given).end(ackers.keys().copied(), known.is_ok());
    for answer in answers.into_iter().flatten() {
        let _ = answer.send(known.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::{AckKind, DONE_MAX, Given};

    #[test]
    fn a_part_that_comes_again_is_taken_again_only_where_its_commit_failed() {
        let mut given = Given::default();
        assert!(given.answer(1).is_none());
        given.waiting.extend([1, 2, 3]);
        assert!(matches!(given.answer(1), Some(AckKind::Progress)));
        given.end([1, 2].into_iter(), true);
        given.end([3].into_iter(), false);
        assert!(matches!(given.answer(2), Some(AckKind::Ack)), "it was on the way when the other was acknowledged");
        assert!(given.answer(3).is_none());
        given.end(10..10 + DONE_MAX as u64, true);
        assert!(given.answer(2).is_none() && given.answer(10).is_some());
        assert_eq!((given.waiting.len(), given.done.len(), given.done_in_order.len()), (0, DONE_MAX, DONE_MAX));
    }
}
