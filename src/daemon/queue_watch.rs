//! How the queue is, for those who look at the daemon from outside: by the database, the service manager and figures.

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
        QueueWatch { dispatcher, bus, servers: servers.to_owned(), n_reports_waiting, unattended_since: None }
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
        QueueState { unattended_since: since, ..state }
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
    listed.sort_by_key(|worker| worker.refused.is_some());
    listed.truncate(WORKERS_MAX);
    let is_away = bus.is_away();
    QueueState {
        told_at: now.time,
        servers: servers.to_owned(),
        server: bus.server().map(|server| line_of(server, NAME_CHARS_MAX)),
        is_away,
        since: bus.since_at(),
        error: bus.last_error().map(|error| line_of(error, REASON_CHARS_MAX)),
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

    #[test]
    fn what_a_worker_says_of_itself_is_a_line_of_bounded_length() {
        let seen = WorkerSeen {
            worker: "w".repeat(5000),
            machine: "pier\n\u{1b}[31m\u{0}7".to_owned(),
            program: "0.1.0".to_owned(),
            slots: Slots { polls: u32::MAX, articles: 1 },
            n_in_work: 2,
            n_shards: 3,
            epoch: u64::MAX,
            asked: 1,
            heard_at: Instant::now(),
            refused: Some("é".repeat(5000)),
            is_embedded: false,
        };
        let now = Moment { instant: Instant::now() + Duration::from_secs(7), time: Timestamp::UNIX_EPOCH };
        let worker = worker_state(seen, now);
        assert_eq!((worker.worker.len(), worker.machine.as_str()), (NAME_CHARS_MAX, "pier  [31m 7"));
        assert_eq!(worker.refused.map(|reason| reason.chars().count()), Some(REASON_CHARS_MAX));
        let age = now.time.duration_since(worker.heard_at).as_secs();
        assert!((7..60).contains(&age), "{age}");
    }
}
