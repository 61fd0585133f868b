//! How long a worker may ask hosts by the word of the writer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::clock::Clock;

/// By the word of the writer: until when hosts may be asked, and since when alone. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Permission {
    until: watch::Sender<Instant>,
    /// The same by a clock that goes on while the machine sleeps.
    until_awake: Arc<Mutex<Duration>>,
    alone_since: watch::Sender<Option<Instant>>,
    clock: Clock,
}

/// When a question was sent.
#[derive(Clone, Copy, Debug)]
pub struct AskedAt {
    at: Instant,
    awake: Duration,
}

impl Permission {
    /// None yet.
    #[must_use]
    pub fn new(clock: Clock) -> Permission {
        Permission {
            clock,
            until: watch::Sender::new(Instant::now()),
            until_awake: Arc::default(),
            alone_since: watch::Sender::new(None),
        }
    }

    /// The moment at which a question is sent, by both clocks. To be asked before it is.
    #[must_use]
    pub fn asked_now(&self) -> AskedAt {
        AskedAt { awake: self.clock.now(), at: Instant::now() }
    }

    /// Takes up what an answer allows: so long from when its question was sent, and whether nobody else asks any host.
    pub fn renew(&self, asked: AskedAt, lasts: Duration, is_alone: bool) {
        if !lasts.is_zero() {
            let mut until = self.until_awake.lock().unwrap_or_else(PoisonError::into_inner);
            *until = (*until).max(asked.awake + lasts);
            self.until.send_modify(|until| *until = (*until).max(asked.at + lasts));
        }
        self.alone_since.send_if_modified(|since| match (is_alone, *since) {
            (true, None) => {
                *since = Some(Instant::now());
                true
            }
            (false, Some(_)) => {
                *since = None;
                true
            }
            _ => false,
        });
    }

    /// Until when, for whoever waits for it to end or to be renewed.
    #[must_use]
    pub fn until(&self) -> watch::Receiver<Instant> {
        self.until.subscribe()
    }

    /// Since when this worker alone asks hosts, if it does.
    #[must_use]
    pub fn alone_since(&self) -> Option<Instant> {
        *self.alone_since.borrow()
    }

    /// Whether it holds now, also if the machine has slept meanwhile.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.clock.now() < *self.until_awake.lock().unwrap_or_else(PoisonError::into_inner)
            && Instant::now() < *self.until.borrow()
    }
}
