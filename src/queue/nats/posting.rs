//! Reports on their way into the stream: short ones that come soon after each other go as one message.
//!
//! What a message costs the worker, the server and the writer is nearly the same however long it is: with a message for each report the server
//! alone takes a quarter of a millisecond an article. So a report goes at once where none went just before, and waits for others for a moment
//! else. What a message holds is acknowledged as a whole.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::super::question::BusError;
use super::super::wire::{bundle, bundle_len};
use super::connection::Connection;
use super::reports;

/// From when a message begins to be sent to when the next may. A piece of work takes its slot until then.
const PAUSE: Duration = Duration::from_millis(5);

/// A longer report goes alone.
const SHORT_BYTES_MAX: usize = 32 * 1024;

/// Reports in a message, and its bytes.
const REPORTS_MAX: usize = 64;
const BYTES_MAX: usize = 120 * 1024;

/// Reports that wait for their message. Whoever has another waits until there is room.
const WAITING_MAX: usize = 64;

/// A report on its way.
struct Letter {
    id: String,
    report: Vec<u8>,
    stored: oneshot::Sender<Result<(), BusError>>,
}

/// Where reports are given to be stored. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Post {
    connection: Connection,
    letters: mpsc::Sender<Letter>,
}

impl Post {
    /// One, and what is to be polled for as long as it is used.
    pub(super) fn new(connection: Connection) -> (Post, impl Future<Output = ()> + use<>) {
        let (letters, taken) = mpsc::channel(WAITING_MAX);
        (Post { connection: connection.clone(), letters }, deliver(connection, taken))
    }

    /// Stores a report.
    pub(super) async fn store(&self, id: &str, report: Vec<u8>) -> Result<(), BusError> {
        if report.len() > SHORT_BYTES_MAX {
            return store_together(&self.connection, &[id], &[&report]).await;
        }
        // Without a connection nobody waits for others.
        self.connection.check()?;
        let (stored, is_stored) = oneshot::channel();
        let letter = Letter { id: id.to_owned(), report, stored };
        let ended = || BusError::Away("nothing is sent any more".to_owned());
        self.letters.send(letter).await.map_err(|_| ended())?;
        is_stored.await.map_err(|_| ended())?
    }
}

async fn deliver(connection: Connection, mut letters: mpsc::Receiver<Letter>) {
    let mut next_at = Instant::now();
    let mut left = None;
    loop {
        let first = match left.take() {
            Some(letter) => letter,
            None => match letters.recv().await {
                Some(letter) => letter,
                None => return,
            },
        };
        let mut group = vec![first];
        left = gather(&mut group, &mut letters, next_at).await;
        next_at = Instant::now() + PAUSE;
        // Whoever waited for one may have given it up.
        group.retain(|letter| !letter.stored.is_closed());
        let (ids, reports): (Vec<&str>, Vec<&[u8]>) =
            group.iter().map(|letter| (letter.id.as_str(), letter.report.as_slice())).unzip();
        let stored = if group.is_empty() { Ok(()) } else { store_together(&connection, &ids, &reports).await };
        for letter in group {
            let _ = letter.stored.send(stored.clone());
        }
    }
}

/// Adds what comes until then, and what is there, as far as there is room. Returns what has none.
async fn gather(group: &mut Vec<Letter>, letters: &mut mpsc::Receiver<Letter>, until: Instant) -> Option<Letter> {
    let mut n_bytes: usize = group.iter().map(|letter| letter.report.len()).sum();
    while group.len() < REPORTS_MAX {
        // What is there is taken also when the time is over.
        let letter = tokio::time::timeout_at(until, letters.recv()).await.ok().flatten()?;
        n_bytes += letter.report.len();
        if bundle_len(group.len() + 1, n_bytes) > BYTES_MAX {
            return Some(letter);
        }
        group.push(letter);
    }
    None
}

async fn store_together(connection: &Connection, ids: &[&str], reports: &[&[u8]]) -> Result<(), BusError> {
    let together = bundle(reports.iter().copied()).map_err(|error| BusError::Wrong(error.to_string()))?;
    reports::publish(connection, ids, together).await
}
