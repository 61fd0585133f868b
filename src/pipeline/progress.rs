//! What a piece of work is at, as the loop that began it sees it: at work here, waiting for its host, or handed over to the
//! store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

/// Shared by a piece of work and the loop that began it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    step: Arc<AtomicU8>,
    /// Who is told when the piece is handed over.
    loop_of_it: Arc<Notify>,
}

/// What a piece of work is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits for its host, which costs next to nothing.
    Waiting,
    /// It takes time of a processor, or waits for it or for room before the store.
    AtWork,
    /// Its outcome is with the store. Nothing is left to do but to hear that it is kept.
    HandedOver,
}

impl Progress {
    /// That of a piece that has just begun. `loop_of_it` is told when it is handed over.
    #[must_use]
    pub fn new(loop_of_it: Arc<Notify>) -> Progress {
        Progress { step: Arc::default(), loop_of_it }
    }

    /// What the piece is at.
    #[must_use]
    pub fn step(&self) -> Step {
        match self.step.load(Ordering::Relaxed) {
            AT_WORK => Step::AtWork,
            HANDED_OVER => Step::HandedOver,
            _ => Step::Waiting,
        }
    }

    /// Says that the piece is at work, until the guard is dropped.
    #[must_use]
    pub fn work(&self) -> AtWork {
        self.step.store(AT_WORK, Ordering::Relaxed);
        AtWork(self.clone())
    }

    /// Says that the piece's outcome is with the store.
    pub fn hand_over(&self) {
        self.step.store(HANDED_OVER, Ordering::Relaxed);
        self.loop_of_it.notify_one();
    }
}

const WAITING: u8 = 0;
const AT_WORK: u8 = 1;
const HANDED_OVER: u8 = 2;

/// A piece is at work as long as this lives, or until it is handed over.
#[derive(Debug)]
pub struct AtWork(Progress);

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = self.0.step.compare_exchange(AT_WORK, WAITING, Ordering::Relaxed, Ordering::Relaxed);
    }
}
