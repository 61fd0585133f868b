//! Reports: messages of a stream, each kept until the writer has committed it.
//!
//! Some go together ([`super::posting`]), in as many parts as the server's limit of a message makes necessary, and are sent when the stream has
//! all of them. The writer takes them by a consumer that the server keeps, puts them together, and acknowledges all parts when each report in
//! them is committed. What is not acknowledged comes again. So a report may come twice, and is never lost.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::{AckKind, Acker, Message, PublishMessage};
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use futures_util::StreamExt;
use futures_util::future::{join_all, try_join_all};
use tokio::sync::mpsc;
use tracing::warn;

use super::super::line::line_of;
use super::super::question::{BusError, Committed, Delivery, Receipt};
use super::super::wire::{Assembly, WireError, parts, unbundle};
use super::connection::{Connection, in_words, missing, not_stored};
use super::names::{CONSUMER, token};
use super::questions::MESSAGE_BYTES_MAX;

/// Parts of a message that are on the way at once.
const PARTS_ON_WAY_MAX: usize = 8;

/// How long it is waited until a part is stored. A cluster that looks for a leader takes a few seconds.
const STORE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a report may take from the server to the commit before it comes again.
pub(super) const ACK_WAIT: Duration = Duration::from_mins(1);

/// Parts that are not acknowledged at once. No more are given out before some are, so that parts whose reports never come whole must not reach it
/// soon: each stands there until it has come three times.
const UNACKNOWLEDGED_MAX: i64 = 10_000;

/// Parts that are fetched ahead: up to 64 MB of them.
const AHEAD_MAX: usize = 64;

/// Reports that wait for the writer.
const WAITING_MAX: usize = 64;

/// Reports of which some parts are there at once. Of more, the oldest comes again.
const OPEN_MAX: usize = 32;

/// Parts whose acknowledgement is remembered: some were sent once more just before it.
const DONE_MAX: usize = 10_000;

/// How often a part comes alone before it is believed that the others never will: their sender was not told that it is stored, and has gone,
/// or has sent all again. Without an end to it, such parts would take all places some day.
const ALONE_MAX: u32 = 2;

/// Of a subject so much is told.
const SUBJECT_CHARS_MAX: usize = 200;

/// Parts that are counted so.
const COUNTED_MAX: usize = 10_000;

/// The server says so often that it is there while it has nothing.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Between attempts to take reports.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How long the number of those that wait is waited for: it is asked for again and again.
const COUNT_PATIENCE: Duration = Duration::from_secs(2);

/// How many parts the stream has: what is acknowledged is in it no more.
pub(super) async fn n_waiting(connection: &Connection) -> Result<u64, BusError> {
    connection.check()?;
    let stream = connection.names.reports_stream();
    let found = connection.jetstream_within(COUNT_PATIENCE).get_stream(&stream).await;
    let found = found.map_err(|error| BusError::Away(format!("stream {stream}: {error}")))?;
    Ok(found.cached_info().state.messages)
}

/// Stores a bundle of reports, whose names these are.
pub(super) async fn publish(connection: &Connection, ids: &[&str], bundle: Vec<u8>) -> Result<(), BusError> {
    connection.check()?;
    let parts = parts(bundle, connection.message_bytes_max());
    let count = parts.len();
    let id = name_of(ids);
    let (subject, id) = (connection.names.report(&id), token(&id));
    let mut on_way = VecDeque::new();
    for (number, part) in parts.into_iter().enumerate() {
        // Where a server with another limit gets it next, its parts are others.
        let part_id = format!("{id}-{number}of{count}");
        if on_way.len() >= PARTS_ON_WAY_MAX
            && let Some(stored) = on_way.pop_front()
        {
            told(connection, stored).await?;
        }
        on_way.push_back(store(connection, subject.clone(), &part_id, part).await?);
    }
    for stored in on_way {
        told(connection, stored).await?;
    }
    connection.board.works();
    Ok(())
}

/// The name of a bundle: that of its only report, or one that no other bundle has, also where its first report is the same.
fn name_of(ids: &[&str]) -> String {
    let Some((first, rest)) = ids.split_first() else { return String::new() };
    if rest.is_empty() {
        return (*first).to_owned();
    }
    let mut hasher = DefaultHasher::new();
    rest.hash(&mut hasher);
    format!("{first}_{}_{:016x}", rest.len(), hasher.finish())
}

type OnWay = async_nats::jetstream::context::PublishAckFuture;

async fn store(connection: &Connection, subject: String, id: &str, part: Vec<u8>) -> Result<OnWay, BusError> {
    let stream = connection.names.reports_stream();
    let publish = PublishMessage::build().payload(part.into()).message_id(id).expected_stream(&stream);
    let jetstream = connection.jetstream_within(STORE_PATIENCE);
    jetstream.send_publish(subject, publish).await.map_err(|error| not_stored(&stream, &error))
}

async fn told(connection: &Connection, on_way: OnWay) -> Result<(), BusError> {
    match on_way.await {
        Ok(_) => Ok(()),
        Err(error) => {
            let error = not_stored(&connection.names.reports_stream(), &error);
            connection.board.trouble(&error.to_string());
            Err(error)
        }
    }
}

/// What is reported, and what is to be polled for as long as it is taken.
pub(super) fn take(
    connection: Connection,
    ack_wait: Duration,
) -> (mpsc::Receiver<Delivery>, impl Future<Output = ()> + use<>) {
    let (send, deliveries) = mpsc::channel(WAITING_MAX);
    let taking = async move {
        let mut table = Table::new(send.clone());
        loop {
            connection.wait().await;
            let error = tokio::select! {
                error = take_while_it_works(&connection, ack_wait, &mut table) => error,
                () = send.closed() => return,
            };
            // Without a connection there is nothing to be said about the stream.
            if connection.check().is_ok() {
                connection.board.trouble(&error);
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    };
    (deliveries, taking)
}

/// Gives the reports of the stream to the table, and why it cannot go on.
async fn take_while_it_works(connection: &Connection, ack_wait: Duration, table: &mut Table) -> String {
    let stream = connection.names.reports_stream();
    let consumer = pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        description: Some("newswire".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait,
        // Without end: where there is one, servers lose what has come so often.
        max_deliver: -1,
        max_ack_pending: UNACKNOWLEDGED_MAX,
        ..pull::Config::default()
    };
    let consumer = match connection.jetstream.create_consumer_on_stream(consumer, &stream).await {
        Ok(consumer) => consumer,
        Err(error) => return no_consumer(connection, &stream, &error),
    };
    let pulling = consumer.stream().max_messages_per_batch(AHEAD_MAX).heartbeat(HEARTBEAT).messages().await;
    let mut messages = match pulling {
        Ok(messages) => messages,
        Err(error) => return format!("stream {stream}: {error}"),
    };
    connection.board.works();
    while let Some(message) = messages.next().await {
        match message {
            Ok(message) => table.lay(message).await,
            Err(error) => return format!("stream {stream}: {error}"),
        }
    }
    format!("stream {stream}: its consumer {CONSUMER} has ended")
}

fn no_consumer(connection: &Connection, stream: &str, error: &ConsumerError) -> String {
    match error.kind() {
        ConsumerErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
            connection.is_missing.notify_one();
            missing(stream)
        }
        ConsumerErrorKind::JetStream(error) => format!("stream {stream}: {}", in_words(&error)),
        _ => format!("stream {stream}: {error}"),
    }
}

/// Where parts lie until their report is whole.
struct Table {
    assembly: Assembly,
    /// How the parts of reports that are not whole are acknowledged, by their number in the stream.
    open: HashMap<String, BTreeMap<u64, Acker>>,
    given: Arc<Mutex<Given>>,
    /// How often a part came whose report is not whole.
    n_alone: HashMap<u64, u32>,
    deliveries: mpsc::Sender<Delivery>,
}

impl Table {
    fn new(deliveries: mpsc::Sender<Delivery>) -> Table {
        let assembly = Assembly::new(MESSAGE_BYTES_MAX, OPEN_MAX);
        Table { assembly, open: HashMap::new(), given: Arc::default(), n_alone: HashMap::new(), deliveries }
    }

    /// Takes a part, and gives out the report of which it is the last.
    async fn lay(&mut self, message: Message) {
        let Ok(number) = message.info().map(|info| info.stream_sequence) else { return };
        let known = locked(&self.given).answer(number);
        if let Some(answer) = known {
            let _ = message.ack_with(answer).await;
            return;
        }
        let (message, acker) = message.split();
        let report = message.subject.as_str().to_owned();
        match self.assembly.take(&report, &message.payload) {
            Ok(Some(whole)) => {
                let mut ackers = self.open.remove(&report).unwrap_or_default();
                ackers.insert(number, acker);
                for number in ackers.keys() {
                    self.n_alone.remove(number);
                }
                match unbundle(&whole) {
                    Ok(reports) => self.give(reports, ackers).await,
                    Err(error) => {
                        throw_away(&report, &error);
                        for acker in ackers.values() {
                            let _ = acker.ack_with(AckKind::Term).await;
                        }
                    }
                }
            }
            Ok(None) if self.is_alone(number) => {
                let report = line_of(&report, SUBJECT_CHARS_MAX);
                warn!("nats: a part of a report is thrown away, as the others do not come: {report}");
                self.n_alone.remove(&number);
                let _ = acker.ack_with(AckKind::Term).await;
            }
            Ok(None) => {
                self.open.entry(report).or_default().insert(number, acker);
                self.forget_oldest();
            }
            Err(error) => {
                throw_away(&report, &error);
                let _ = acker.ack_with(AckKind::Term).await;
            }
        }
    }

    /// Counts a part whose report is not whole.
    fn is_alone(&mut self, number: u64) -> bool {
        if self.n_alone.len() >= COUNTED_MAX {
            self.n_alone.clear();
        }
        let n_times = self.n_alone.entry(number).or_default();
        *n_times += 1;
        *n_times > ALONE_MAX
    }

    /// What the assembly has forgotten comes again, and is not acknowledged by what came first.
    fn forget_oldest(&mut self) {
        while self.open.len() > self.assembly.n_open().max(OPEN_MAX) {
            let oldest = self.open.iter().min_by_key(|(_, ackers)| ackers.keys().next().copied());
            let Some(oldest) = oldest.map(|(report, _)| report.clone()) else { return };
            self.open.remove(&oldest);
        }
    }

    async fn give(&mut self, reports: Vec<Vec<u8>>, ackers: BTreeMap<u64, Acker>) {
        locked(&self.given).waiting.extend(ackers.keys());
        let (receipts, committed): (Vec<Receipt>, Vec<Committed>) = reports.iter().map(|_| Receipt::new()).unzip();
        tokio::spawn(acknowledge(committed, ackers, Arc::clone(&self.given)));
        for (message, receipt) in reports.into_iter().zip(receipts) {
            // Nobody takes it any more: it comes to the next writer.
            let _ = self.deliveries.send(Delivery { message, receipt }).await;
        }
    }
}

fn throw_away(report: &str, error: &WireError) {
    let report = line_of(report, SUBJECT_CHARS_MAX);
    warn!("nats: a report is thrown away, and what it is of is fetched again: {error}: {report}");
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
async fn acknowledge(committed: Vec<Committed>, ackers: BTreeMap<u64, Acker>, given: Arc<Mutex<Given>>) {
    let answers: Vec<_> = join_all(committed).await;
    // One that is not committed comes again, and the others with it.
    let known = if answers.iter().all(Result::is_ok) {
        let told = try_join_all(ackers.values().map(Acker::double_ack)).await;
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
    use super::{AckKind, DONE_MAX, Given, HashSet, name_of};

    #[test]
    fn bundles_with_other_reports_have_other_names() {
        assert_eq!(name_of(&["run-1"]), "run-1");
        let names = [name_of(&["run-1"]), name_of(&["run-1", "run-2"]), name_of(&["run-1", "run-3"])];
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 3, "{names:?}");
        assert_eq!(name_of(&["run-1", "run-2"]), names[1]);
    }

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
