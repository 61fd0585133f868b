//! The transactions of the writing thread, counted and told to who wants to know.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::schedule::horizon::CLOCK_SLIP;
use crate::store::file::columns::private_time;

/// A transaction that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitFigures {
    /// Pieces of work in it.
    pub n_units: usize,
    /// From its begin to its end.
    pub elapsed: Duration,
    /// Whether it was committed, and not rolled back.
    pub is_committed: bool,
}

/// Hears of each transaction, on the writing thread: it must not wait for anything.
pub type CommitWatcher = Box<dyn Fn(CommitFigures) + Send + Sync>;

/// The count, and who hears of it.
#[derive(Default)]
pub(super) struct Commits {
    n_committed: AtomicU64,
    /// The latest time at which one ended by the clock, which may have been ahead then.
    latest_at: AtomicI64,
    watcher: OnceLock<CommitWatcher>,
}

impl Commits {
    pub(super) fn n_committed(&self) -> u64 {
        self.n_committed.load(Ordering::Relaxed)
    }

    /// Tells of transactions from now on; only the first who asks hears of them.
    pub(super) fn watch(&self, watcher: CommitWatcher) {
        // Whoever asked before goes on hearing.
        let _ = self.watcher.set(watcher);
    }

    /// Whether the clock has been set back since a transaction ended.
    pub(super) fn are_of_the_future(&self, now: Timestamp) -> bool {
        let slipped = now.checked_add(CLOCK_SLIP).unwrap_or(Timestamp::MAX);
        self.latest_at.load(Ordering::Relaxed) > private_time(slipped)
    }

    /// What was written in the future is set right.
    pub(super) fn believe_clock(&self, now: Timestamp) {
        self.latest_at.store(private_time(now), Ordering::Relaxed);
    }

    pub(super) fn note(&self, figures: CommitFigures) {
        self.latest_at.fetch_max(private_time(Timestamp::now()), Ordering::Relaxed);
        self.n_committed.fetch_add(u64::from(figures.is_committed), Ordering::Relaxed);
        if let Some(watcher) = self.watcher.get() {
            watcher(figures);
        }
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commits").field("n_committed", &self.n_committed()).finish_non_exhaustive()
    }
}
