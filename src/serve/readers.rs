//! Read-only connections for those who ask over HTTP: a bounded number of them, on threads that may wait.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::store::{Reader, StoreError};

use super::miss::Miss;

/// Questions that are answered at one time; more wait. A page is a few milliseconds of one thread, and the writer wants one too.
const READERS_MAX: usize = 4;

/// Time for the turn of a question, and for its answer. Who would have to wait longer for a page has closed it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Connections to one database.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Open>>>,
    permits: Arc<Semaphore>,
}

/// A connection, and the file that it was opened on: a restore puts another in its place.
#[derive(Debug)]
struct Open {
    reader: Reader,
    file: Option<(u64, u64)>,
}

impl Readers {
    /// For the database at a path; it is opened when somebody asks.
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers { path, idle: Arc::default(), permits: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Puts a question to the database, all of whose parts see the same state of it.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, Miss> + Send + 'static,
    ) -> Result<T, Miss> {
        let turn = Arc::clone(&self.permits).acquire_owned();
        let permit =
            tokio::time::timeout(ANSWER_TIME_MAX, turn).await.map_err(|_| Miss::Crowded)?.map_err(|_| Miss::Lost)?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        let (send_interrupter, mut interrupter) = oneshot::channel();
        let mut answering = tokio::task::spawn_blocking(move || {
            // Held until the thread is done, also where nobody waits for it any more.
            let _permit = permit;
            let waiting = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let last = waiting().pop();
            let open = open(last, &path)?;
            let _ = send_interrupter.send(open.reader.interrupter());
            let answer = open.reader.at_one_moment(question);
            // What has failed once is opened anew, whatever it failed for.
            if matches!(answer, Ok(_) | Err(Miss::NotFound(_) | Miss::Gone(_) | Miss::Wrong(_))) {
                waiting().push(open);
            }
            answer
        });
        match tokio::time::timeout(ANSWER_TIME_MAX, &mut answering).await {
            Ok(answer) => answer.map_err(|_| Miss::Lost)?,
            Err(_) => {
                if let Ok(interrupt) = interrupter.try_recv() {
                    interrupt();
                }
                Err(Miss::TooLong(ANSWER_TIME_MAX.as_secs()))
            }
        }
    }
}

fn open(last: Option<Open>, path: &Path) -> Result<Open, StoreError> {
    let file = fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    match last {
        Some(open) if open.file == file => Ok(open),
        _ => Ok(Open { reader: Reader::open(path)?, file }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_turn_for_ever() {
        let readers = Readers::new(PathBuf::from("/nowhere.db"));
        let begun = tokio::time::Instant::now();
        let held = Arc::clone(&readers.permits).acquire_many_owned(4).await.unwrap();
        assert!(matches!(readers.ask(|_| Ok(())).await, Err(Miss::Crowded)));
        assert_eq!(begun.elapsed(), ANSWER_TIME_MAX);
        drop(held);
        assert!(matches!(readers.ask(|_| Ok(())).await, Err(Miss::Store(_))));
    }
}
