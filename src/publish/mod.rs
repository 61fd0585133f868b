//! What changes, to other programs: each article that is new, revised, changed or removed, as a message of a stream of NATS.
//!
//! * `publisher`: goes on behind the message that the stream ends with, and begins anew where that is of another state of the database.
//! * `messages`: changes as messages.
//!
//! The stream itself says up to where all is told: nothing of it is kept in the database, and nothing here is in the way of whoever stores
//! articles.

mod messages;

mod publisher;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::queue::NatsBus;

use publisher::Publisher;

/// How long the last changes may take when the end is asked for. What is left is told by the next start.
const END_TIME_MAX: Duration = Duration::from_secs(2);

/// Changes that are told, until it is stopped.
#[derive(Debug)]
pub struct Publishing {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Begins to tell what changes in a database.
#[must_use]
pub fn start(database: PathBuf, bus: Arc<NatsBus>) -> Publishing {
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(Publisher::new(database, bus).run(stopped));
    Publishing { stop, task }
}

impl Publishing {
    /// Tells what is left, for a moment, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(END_TIME_MAX, &mut self.task).await.is_err() {
            warn!("not all changes are told to the queue yet; the next start goes on with them");
            self.task.abort();
        }
    }
}
