//! How the loop is: what it says of itself to those who watch it in this process.

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::QueueState;

/// How the loop was when it last said so: at each heartbeat, and when it got into trouble.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// When it last wrote into the database; absent before the first time.
    pub beaten_at: Option<Instant>,
    /// Whether work was claimed for the first time.
    pub is_ready: bool,
    /// Why the database cannot be written, while it cannot.
    pub trouble: Option<String>,
    /// Polls in work.
    pub n_polls: usize,
    /// Articles in work.
    pub n_articles: usize,
    /// Of both, those that wait for their host.
    pub n_waiting: usize,
    /// Links that are claimed ahead, and wait for a slot.
    pub n_in_stock: usize,
    /// How the queue of the workers was, where the daemon has one.
    pub queue: Option<QueueState>,
}

/// The loop's end of it.
#[derive(Debug)]
pub(super) struct Heart(watch::Sender<Pulse>);

impl Heart {
    pub(super) fn new() -> Heart {
        Heart(watch::Sender::new(Pulse::default()))
    }

    pub(super) fn listen(&self) -> watch::Receiver<Pulse> {
        self.0.subscribe()
    }

    pub(super) fn say(&self, change: impl FnOnce(&mut Pulse)) {
        self.0.send_modify(change);
    }
}
