//! What a piece of work is at, as the loop that began it sees it: at work here, or waiting for its host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by a piece of work and the loop that began it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicBool>);

impl Progress {
    /// Whether the piece takes time of a processor or of the database, or waits for either. Otherwise it waits for its host,
    /// which costs next to nothing.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that the piece is at work, until the guard is dropped.
    #[must_use]
    pub fn work(&self) -> AtWork {
        self.0.store(true, Ordering::Relaxed);
        AtWork(self.clone())
    }
}

/// A piece is at work as long as this lives.
#[derive(Debug)]
pub struct AtWork(Progress);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}
