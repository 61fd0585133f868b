//! What is under way at this moment, for those who watch it in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

/// The pieces of work that are under way.
#[derive(Clone, Debug, Default)]
pub struct InWork(Arc<Mutex<HashMap<u64, Begun>>>);

#[derive(Debug)]
struct Begun {
    is_poll: bool,
    host: String,
    since: Instant,
}

/// What was under way at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkNow {
    /// Polls.
    pub n_polls: usize,
    /// Articles.
    pub n_articles: usize,
    /// The host of what has been under way the longest, and for how long.
    pub slowest: Option<(String, Duration)>,
}

impl WorkNow {
    /// What is waited for the longest, in words, and for how long.
    #[must_use]
    pub fn waits_for(&self) -> Option<(String, Duration)> {
        self.slowest.as_ref().map(|(host, since)| (format!("waiting for {host}"), *since))
    }
}

impl InWork {
    /// What is under way now.
    #[must_use]
    pub fn now(&self) -> WorkNow {
        let begun = self.begun();
        let n_polls = begun.values().filter(|piece| piece.is_poll).count();
        let slowest = begun.values().min_by_key(|piece| piece.since);
        let slowest = slowest.map(|piece| (piece.host.clone(), piece.since.elapsed()));
        WorkNow { n_polls, n_articles: begun.len() - n_polls, slowest }
    }

    pub(super) fn begin(&self, number: u64, is_poll: bool, url: &Url) {
        let host = url.host_str().unwrap_or_default().to_owned();
        self.begun().insert(number, Begun { is_poll, host, since: Instant::now() });
    }

    pub(super) fn end(&self, number: u64) {
        self.begun().remove(&number);
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<u64, Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
