//! How the queue is, for those who look at the daemon from outside: by the database, the service manager and figures.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::{QueueState, QueueWorker};
use crate::queue::{BusState, Dispatcher, N_SHARDS, NatsBus, QueueFigures, WorkerSeen, line_of};

/// Workers that are told of one by one. Of more the number is told.
const WORKERS_MAX: usize = 200;

/// Of what a worker says of itself so much is told.
const NAME_CHARS_MAX: usize = 120;
const REASON_CHARS_MAX: usize = 500;

/// What does not work is told as lasting though it worked for so long in between: over one queue one thing may be refused and others not, and
/// each of these says that it works.
const WELL_FOR: SignedDuration = SignedDuration::from_secs(25);

/// Reports wait in the queue for so long without any that is taken. A part of one whose others never come is thrown away in three minutes.
const STUCK_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Between two questions how many reports wait.
const COUNT_PAUSE: Duration = Duration::from_secs(10);

/// Tells how the queue is.
#[derive(Debug)]
pub struct QueueWatch {
    dispatcher: Dispatcher,
    bus: watch::Receiver<BusState>,
    servers: String,
    n_reports_waiting: watch::Receiver<Option<u64>>,
    unattended_since: Option<Timestamp>,
    errors: Errors,
    waiting: Waiting,
}

/// Since when something does not work.
#[derive(Debug, Default)]
struct Errors {
    since: Option<Timestamp>,
    last: Timestamp,
}

impl Errors {
    /// Since when, by what is seen now.
    fn note(&mut self, is_error: bool, now: Timestamp) -> Option<Timestamp> {
        if is_error {
            self.since.get_or_insert(now);
            self.last = now;
        } else if now.duration_since(self.last) > WELL_FOR {
            self.since = None;
        }
        self.since.filter(|_| is_error)
    }
}

/// Whether reports that wait are taken.
#[derive(Debug, Default)]
struct Waiting {
    /// How many were taken at the last look.
    n_taken: u64,
    /// Since when some wait and none was taken.
    since: Option<Timestamp>,
}

impl Waiting {
    /// What is wrong, by how many wait now, if that is known, and how many were taken so far.
    fn note(&mut self, n_waiting: Option<u64>, n_taken: u64, now: Timestamp) -> Option<String> {
        let n_waiting = n_waiting.filter(|n| *n > 0 && n_taken == self.n_taken);
        self.n_taken = n_taken;
        let since = n_waiting.map(|_| *self.since.get_or_insert(now));
        self.since = since;
        let (n_waiting, since) = (n_waiting?, since?);
        let is_stuck = now.duration_since(since) > STUCK_FOR;
        is_stuck.then(|| format!("{n_waiting} messages with reports wait in it, and none was taken since {since:.0}"))
    }
}

impl QueueWatch {
    /// One over both ends. `servers` are the addresses of the queue, for people.
    #[must_use]
    pub fn new(
        dispatcher: Dispatcher,
        bus: watch::Receiver<BusState>,
        servers: &str,
        n_reports_waiting: watch::Receiver<Option<u64>>,
    ) -> QueueWatch {
        let (servers, errors, waiting) = (servers.to_owned(), Errors::default(), Waiting::default());
        QueueWatch { dispatcher, bus, servers, n_reports_waiting, unattended_since: None, errors, waiting }
    }

    /// How it is now. Nothing is waited for.
    pub fn look(&mut self) -> QueueState {
        let bus = self.bus.borrow().clone();
        let seen = Seen { figures: self.dispatcher.figures(), n_reports_waiting: *self.n_reports_waiting.borrow() };
        let moment = Moment { instant: Instant::now(), time: Timestamp::now() };
        let state = state(&self.servers, &bus, seen, moment);
        let is_attended = state.is_away || state.n_shards_held >= state.n_shards;
        let since = (!is_attended).then(|| self.unattended_since.unwrap_or(moment.time));
        self.unattended_since = since;
        let n_taken = state.n_reported + state.n_stale;
        let stuck = self.waiting.note(state.n_reports_waiting, n_taken, moment.time);
        let error = state.error.clone().or(stuck);
        let error_since = self.errors.note(error.is_some() && !state.is_away, moment.time);
        QueueState { unattended_since: since, error, error_since, ..state }
    }
}

/// Keeps known how many reports wait, until nobody wants to know it any more.
pub(super) async fn count_reports(nats: Arc<NatsBus>, n_waiting: watch::Sender<Option<u64>>) {
    loop {
        n_waiting.send_replace(nats.n_reports_waiting().await.ok());
        tokio::select! {
            () = tokio::time::sleep(COUNT_PAUSE) => {}
            () = n_waiting.closed() => return,
        }
    }
}

struct Seen {
    figures: QueueFigures,
    n_reports_waiting: Option<u64>,
}

/// An instant by both clocks.
#[derive(Clone, Copy)]
struct Moment {
    instant: Instant,
    time: Timestamp,
}

fn state(servers: &str, bus: &BusState, seen: Seen, now: Moment) -> QueueState {
    let Seen { figures, n_reports_waiting } = seen;
    let QueueFigures { workers, n_in_stock, n_out, n_shards, epoch, n_reported, n_lost, n_stale, is_sole } = figures;
    let n_refused = workers.iter().filter(|worker| worker.refused.is_some()).count();
    let n_workers = workers.len() - n_refused;
    let mut listed: Vec<QueueWorker> = workers.into_iter().map(|worker| worker_state(worker, now)).collect();
    shorten(&mut listed);
    let is_away = bus.is_away();
    QueueState {
        told_at: now.time,
        servers: servers.to_owned(),
        server: bus.server().map(|server| line_of(server, NAME_CHARS_MAX)),
        is_away,
        since: bus.since_at(),
        error: bus.last_error().map(|error| line_of(error, REASON_CHARS_MAX)),
        error_since: None,
        is_sole,
        n_workers: count(n_workers),
        n_refused: count(n_refused),
        workers: listed,
        n_in_stock: count(n_in_stock),
        n_out: count(n_out),
        n_shards: count(N_SHARDS),
        n_shards_held: count(n_shards),
        unattended_since: None,
        epoch,
        n_reported,
        n_lost,
        n_stale,
        n_reports_waiting: n_reports_waiting.filter(|_| !is_away),
    }
}

/// Leaves so many of the workers as are told of: first those that get work, and those that were heard of last.
fn shorten(workers: &mut Vec<QueueWorker>) {
    workers.sort_by_key(|worker| (worker.refused.is_some(), Reverse(worker.heard_at)));
    workers.truncate(WORKERS_MAX);
    workers.sort_by(|left, right| {
        let names = (&left.machine, &left.worker).cmp(&(&right.machine, &right.worker));
        left.refused.is_some().cmp(&right.refused.is_some()).then(names)
    });
}

fn worker_state(seen: WorkerSeen, now: Moment) -> QueueWorker {
    let WorkerSeen {
        worker, machine, program, slots, n_in_work, n_shards, epoch, heard_at, refused, is_embedded, ..
    } = seen;
    let silence = SignedDuration::try_from(now.instant.saturating_duration_since(heard_at)).unwrap_or_default();
    QueueWorker {
        worker: line_of(&worker, NAME_CHARS_MAX),
        machine: line_of(&machine, NAME_CHARS_MAX),
        version: line_of(&program, NAME_CHARS_MAX),
        n_poll_slots: slots.polls.into(),
        n_article_slots: slots.articles.into(),
        n_in_work: n_in_work.into(),
        n_shards: count(n_shards),
        epoch,
        heard_at: now.time.checked_sub(silence).unwrap_or(now.time),
        is_heard: true,
        is_embedded,
        refused: refused.map(|reason| line_of(&reason, REASON_CHARS_MAX)),
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::wire::Slots;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn what_does_not_work_lasts_though_it_is_not_seen_at_each_look_and_a_hiccup_does_not() {
        let mut errors = Errors::default();
        let mut note = |second, is_error| errors.note(is_error, at(second));
        assert_eq!(note(0, false), None);
        assert_eq!(note(10, true), Some(at(10)));
        assert_eq!(note(20, false), None, "it works for the moment");
        assert_eq!(note(30, true), Some(at(10)));
        assert_eq!([note(40, false), note(50, false), note(60, false)], [None; 3]);
        assert_eq!(note(70, true), Some(at(70)), "that is another");
    }

    #[test]
    fn reports_that_nobody_takes_are_told_after_a_while() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.note(Some(3), 7, at(0)), None);
        for second in (10..=310).step_by(10) {
            assert_eq!(waiting.note(Some(3), 7, at(second)), None, "after {second} s");
        }
        let told = waiting.note(Some(3), 7, at(320));
        let words = "3 messages with reports wait in it, and none was taken since 2027-01-15T08:00:10Z";
        assert_eq!(told.as_deref(), Some(words));
        // One was taken, or none waits any more, or that is not known: then it counts anew.
        for (n_waiting, n_taken) in [(Some(2), 8), (Some(0), 8), (None, 8)] {
            let mut waiting = Waiting { n_taken: 7, since: Some(at(0)) };
            assert_eq!(waiting.note(n_waiting, n_taken, at(1000)), None);
            assert_eq!(waiting.note(Some(2), n_taken, at(1010)), None);
        }
    }

    fn seen(worker: &str) -> WorkerSeen {
        WorkerSeen {
            worker: worker.to_owned(),
            machine: worker.to_owned(),
            program: "0.1.0".to_owned(),
            slots: Slots { polls: 1, articles: 1 },
            n_in_work: 2,
            n_shards: 3,
            epoch: u64::MAX,
            asked: 1,
            heard_at: Instant::now(),
            refused: None,
            is_embedded: false,
        }
    }

    #[test]
    fn of_too_many_workers_those_are_told_of_that_were_heard_of_last() {
        let moment =
            |seconds| Moment { instant: Instant::now() + Duration::from_secs(seconds), time: Timestamp::UNIX_EPOCH };
        let mut workers: Vec<QueueWorker> =
            (0..512).map(|n| worker_state(seen(&format!("ghost-{n:03}")), moment(9))).collect();
        workers[7].refused = Some("it is newswire 0.0.9".to_owned());
        let (pier, quay) = (worker_state(seen("pier"), moment(1)), worker_state(seen("quay"), moment(2)));
        workers.extend([pier, quay]);
        shorten(&mut workers);
        let names: Vec<&str> = workers.iter().map(|worker| worker.worker.as_str()).collect();
        assert!(names.contains(&"pier") && names.contains(&"quay") && !names.contains(&"ghost-007"), "{names:?}");
        assert!(names.len() == WORKERS_MAX && names.is_sorted());
    }

    #[test]
    fn what_a_worker_says_of_itself_is_a_line_of_bounded_length() {
        let seen = WorkerSeen {
            worker: "w".repeat(5000),
            machine: "pier\n\u{1b}[31m\u{0}7".to_owned(),
            slots: Slots { polls: u32::MAX, articles: 1 },
            refused: Some("é".repeat(5000)),
            ..seen("pier")
        };
        let now = Moment { instant: Instant::now() + Duration::from_secs(7), time: Timestamp::UNIX_EPOCH };
        let worker = worker_state(seen, now);
        assert_eq!((worker.worker.len(), worker.machine.as_str()), (NAME_CHARS_MAX, "pier  [31m 7"));
        assert_eq!(worker.refused.map(|reason| reason.chars().count()), Some(REASON_CHARS_MAX));
        let age = now.time.duration_since(worker.heard_at).as_secs();
        assert!((7..60).contains(&age), "{age}");
    }
}
