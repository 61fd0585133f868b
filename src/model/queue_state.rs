//! How the queue is by which workers get the work of a daemon.

use jiff::{SignedDuration, Timestamp};

/// The queue, as the daemon saw it with a sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// When that was.
    pub told_at: Timestamp,
    /// The addresses of its servers, without credentials, with commas between them.
    pub servers: String,
    /// The name of the server that it is connected to, or was last.
    pub server: Option<String>,
    /// Whether there is no connection.
    pub is_away: bool,
    /// Since when there is one, or none.
    pub since: Timestamp,
    /// Why there is none, or what does not work over it.
    pub error: Option<String>,
    /// Since when something does not work over it, though it is there; that may have been this and that.
    pub error_since: Option<Timestamp>,
    /// Whether the daemon's own process works alone since the queue is away.
    pub is_sole: bool,
    /// Workers that were heard of lately and get work; that in the daemon's own process is one of them.
    pub n_workers: u64,
    /// Workers that were heard of lately and get none.
    pub n_refused: u64,
    /// These workers, or the first of very many, and some that are silent.
    pub workers: Vec<QueueWorker>,
    /// Pieces of work that wait for a worker.
    pub n_in_stock: u64,
    /// Pieces of work that are with one.
    pub n_out: u64,
    /// Shards that there are.
    pub n_shards: u64,
    /// Shards that a worker looks after.
    pub n_shards_held: u64,
    /// Since when some have been looked after by nobody though the queue is there.
    pub unattended_since: Option<Timestamp>,
    /// The highest epoch of a shard.
    pub epoch: u64,
    /// Pieces of work that came back since the daemon started.
    pub n_reported: u64,
    /// Pieces of work whose worker was gone, since then.
    pub n_lost: u64,
    /// Reports that nobody waited for, since then.
    pub n_stale: u64,
    /// Messages with reports that the queue has still; absent where that is not known.
    pub n_reports_waiting: Option<u64>,
}

/// A worker, as the daemon last heard of it. Its names are what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueWorker {
    /// The name of its process, which no other has.
    pub worker: String,
    /// Its machine and process, for people.
    pub machine: String,
    /// Its version of this program.
    pub version: String,
    /// Polls that it does at one time.
    pub n_poll_slots: u64,
    /// Articles that it does at one time.
    pub n_article_slots: u64,
    /// Pieces of work that it has.
    pub n_in_work: u64,
    /// Shards that it looks after.
    pub n_shards: u64,
    /// The highest epoch of these.
    pub epoch: u64,
    /// When it was last heard of.
    pub heard_at: Timestamp,
    /// Whether that was lately, or else it is silent, and counts no more.
    pub is_heard: bool,
    /// Whether it is in the daemon's own process.
    pub is_embedded: bool,
    /// Why it gets no work, where that is so.
    pub refused: Option<String>,
}

/// That the queue does not do what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueTrouble {
    /// Since when.
    pub since: Timestamp,
    /// In a sentence.
    pub why: String,
}

impl QueueState {
    /// In a few words: who works, or since when it is away.
    #[must_use]
    pub fn in_words(&self) -> String {
        let QueueState { since, n_workers, n_refused, n_shards, n_shards_held, error, .. } = self;
        let error = error.as_deref();
        if self.is_away {
            let why = error.map(|error| format!(": {error}")).unwrap_or_default();
            return format!("away since {since:.0}{why}{}", self.who_goes_on());
        }
        let workers = match n_workers {
            0 => "no worker".to_owned(),
            1 => "1 worker".to_owned(),
            n => format!("{n} workers"),
        };
        let refused = if *n_refused > 0 { format!(" and {n_refused} that get no work") } else { String::new() };
        let error = error.map(|error| format!("; {error}")).unwrap_or_default();
        format!("{workers}{refused}, {n_shards_held} of {n_shards} shards{error}")
    }

    /// What somebody should look at, where it has lasted longer than `patience`: it is away, hosts are asked by nobody, or something does not
    /// work over it.
    #[must_use]
    pub fn trouble(&self, now: Timestamp, patience: SignedDuration) -> Option<QueueTrouble> {
        let is_long = |since: &Timestamp| now.duration_since(*since) > patience;
        let QueueState { servers, n_shards, n_shards_held, error, .. } = self;
        if self.is_away {
            let since = Some(self.since).filter(is_long)?;
            let error = error.as_deref().unwrap_or("the connection is lost");
            let goes_on = self.who_goes_on();
            return Some(QueueTrouble {
                since,
                why: format!("the queue at {servers} is away since {since:.0}: {error}{goes_on}"),
            });
        }
        let Some(since) = self.unattended_since.filter(is_long) else {
            let (since, error) = (self.error_since.filter(is_long)?, error.as_ref()?);
            let why = format!("the queue at {servers} does not do all that it is for since {since:.0}: {error}");
            return Some(QueueTrouble { since, why });
        };
        let because = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let why = if self.n_workers == 0 {
            format!(
                "no worker has asked for work since {since:.0}, and nothing is fetched until one does (`newswire work`){because}"
            )
        } else {
            let n_left = n_shards.saturating_sub(*n_shards_held);
            format!(
                "nobody looks after {n_left} of {n_shards} shards since {since:.0}, and their hosts are not asked{because}"
            )
        };
        Some(QueueTrouble { since, why })
    }

    /// The workers that get no work, each with why, as many as one can read.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        const TOLD_MAX: usize = 5;
        let refused = self.workers.iter().filter(|worker| worker.is_heard);
        let refused = refused.filter_map(|worker| Some((&worker.machine, worker.refused.as_ref()?)));
        let mut told: Vec<String> =
            refused.take(TOLD_MAX).map(|(machine, why)| format!("worker {machine} gets no work: {why}")).collect();
        let n_told = u64::try_from(told.len()).unwrap_or(u64::MAX);
        if self.n_refused > n_told {
            told.push(format!("{} more workers get no work", self.n_refused - n_told));
        }
        told
    }

    fn who_goes_on(&self) -> &'static str {
        if self.is_sole { "; the daemon goes on alone" } else { "" }
    }
}

#[cfg(test)]
impl QueueState {
    /// One at noon, with a worker that looks after all, for tests.
    pub(crate) fn of_tests() -> QueueState {
        let now = "2026-11-20T12:00:00Z".parse().expect("a time");
        QueueState {
            told_at: now,
            servers: "queue.example:4222".to_owned(),
            server: Some("quay".to_owned()),
            is_away: false,
            since: now - SignedDuration::from_hours(4),
            error: None,
            error_since: None,
            is_sole: false,
            n_workers: 1,
            n_refused: 0,
            workers: vec![QueueWorker::of_tests()],
            n_in_stock: 0,
            n_out: 0,
            n_shards: 256,
            n_shards_held: 256,
            unattended_since: None,
            epoch: 7,
            n_reported: 0,
            n_lost: 0,
            n_stale: 0,
            n_reports_waiting: None,
        }
    }
}

#[cfg(test)]
impl QueueWorker {
    /// One that was heard of at noon, for tests.
    pub(crate) fn of_tests() -> QueueWorker {
        QueueWorker {
            worker: "quay:1-a".to_owned(),
            machine: "quay:1".to_owned(),
            version: "0.1.0".to_owned(),
            n_poll_slots: 4,
            n_article_slots: 16,
            n_in_work: 3,
            n_shards: 256,
            epoch: 7,
            heard_at: "2026-11-20T12:00:00Z".parse().expect("a time"),
            is_heard: true,
            is_embedded: false,
            refused: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-20T{time}Z").parse().unwrap()
    }

    fn worker(machine: &str, refused: Option<&str>) -> QueueWorker {
        let (machine, refused) = (machine.to_owned(), refused.map(str::to_owned));
        QueueWorker { machine, refused, ..QueueWorker::of_tests() }
    }

    fn well() -> QueueState {
        QueueState { n_workers: 3, ..QueueState::of_tests() }
    }

    #[track_caller]
    fn check(state: &QueueState, words: &str, trouble: Option<&str>) {
        assert_eq!(state.in_words(), words);
        let found = state.trouble(at("12:00:00"), SignedDuration::from_mins(1)).map(|trouble| trouble.why);
        assert_eq!(found.as_deref(), trouble);
    }

    #[test]
    fn a_queue_is_told_in_words_and_what_lasts_is_a_trouble() {
        check(&well(), "3 workers, 256 of 256 shards", None);
        let away = QueueState {
            is_away: true,
            since: at("11:59:30"),
            error: Some("no NATS server answers".to_owned()),
            n_workers: 1,
            n_shards_held: 0,
            ..well()
        };
        check(&away, "away since 2026-11-20T11:59:30Z: no NATS server answers", None);
        let away = QueueState { since: at("11:58:00"), is_sole: true, ..away };
        check(
            &away,
            "away since 2026-11-20T11:58:00Z: no NATS server answers; the daemon goes on alone",
            Some(
                "the queue at queue.example:4222 is away since 2026-11-20T11:58:00Z: no NATS server answers; the daemon goes on alone",
            ),
        );
        let held = QueueState { n_workers: 1, n_shards_held: 200, unattended_since: Some(at("11:59:30")), ..well() };
        check(&held, "1 worker, 200 of 256 shards", None);
        let held = QueueState { unattended_since: Some(at("11:50:00")), ..held };
        check(
            &held,
            "1 worker, 200 of 256 shards",
            Some("nobody looks after 56 of 256 shards since 2026-11-20T11:50:00Z, and their hosts are not asked"),
        );
        let alone = QueueState { n_workers: 0, n_shards_held: 0, error: Some("no stream".to_owned()), ..held };
        check(
            &alone,
            "no worker, 0 of 256 shards; no stream",
            Some(
                "no worker has asked for work since 2026-11-20T11:50:00Z, and nothing is fetched until one does (`newswire work`): \
                 no stream",
            ),
        );
    }

    #[test]
    fn what_does_not_work_over_a_queue_that_is_there_is_a_trouble_once_it_lasts() {
        let error = Some("the server refuses: Permissions Violation".to_owned());
        let refused = QueueState { error, error_since: Some(at("11:59:30")), ..well() };
        let words = "3 workers, 256 of 256 shards; the server refuses: Permissions Violation";
        check(&refused, words, None);
        let refused = QueueState { error_since: Some(at("11:58:00")), ..refused };
        let told = "the queue at queue.example:4222 does not do all that it is for since 2026-11-20T11:58:00Z: the server refuses: \
                    Permissions Violation";
        check(&refused, words, Some(told));
        // It works again for the moment.
        check(&QueueState { error: None, ..refused }, "3 workers, 256 of 256 shards", None);
    }

    #[test]
    fn workers_that_get_no_work_are_named_and_of_many_some() {
        let mut state = QueueState { n_refused: 1, ..well() };
        state.workers = vec![worker("quay:1", None), worker("pier:2", Some("its settings are others"))];
        assert_eq!(state.in_words(), "3 workers and 1 that get no work, 256 of 256 shards");
        assert_eq!(state.refusals(), ["worker pier:2 gets no work: its settings are others"]);
        state.workers[1].is_heard = false;
        state.n_refused = 0;
        assert_eq!(state.refusals(), Vec::<String>::new());
        state.workers = (0..9).map(|number| worker(&format!("pier:{number}"), Some("why"))).collect();
        state.n_refused = 400;
        let told = state.refusals();
        assert_eq!((told.len(), told[5].as_str()), (6, "395 more workers get no work"));
    }
}
