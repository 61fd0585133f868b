//! Questions to the database: each on a connection of its own, opened for it, so that nothing that one sets is left for the next, and
//! on a thread that may wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::arguments::Refusal;
use crate::store::Reader;

/// Questions that are answered at one time; more wait. The writer wants a processor too.
const READERS_MAX: usize = 4;

/// Time for one question.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// An interrupt between two statements ends neither, so it is given again until there is an end.
const INTERRUPT_PAUSE: Duration = Duration::from_millis(50);

/// Times at which that is tried: what does not end by then is not in a statement, and ends by itself.
const INTERRUPTS_MAX: usize = 40;

/// A way to one database.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    path: PathBuf,
    permits: Arc<Semaphore>,
}

impl Asking {
    /// Of the database at a path; it is opened when somebody asks.
    pub(super) fn new(path: PathBuf) -> Asking {
        Asking { path, permits: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Puts a question to the database, all of whose parts see the same state of it. Where nobody waits for the answer any more, it ends.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Refusal::Lost)?;
        let path = self.path.clone();
        let (send_interrupter, interrupter) = oneshot::channel::<Box<dyn Fn() + Send>>();
        let (send_answer, answer) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            // Held until the thread is done, also where nobody waits for it any more.
            let _permit = permit;
            let answer = Reader::open(&path).map_err(Refusal::from).and_then(|reader| {
                let _ = send_interrupter.send(Box::new(reader.interrupter()));
                reader.at_one_moment(question)
            });
            let _ = send_answer.send(answer);
        });
        let interrupting = Interrupting { interrupter: Some(interrupter) };
        match tokio::time::timeout(ANSWER_TIME_MAX, answer).await {
            Ok(answer) => {
                interrupting.give_up();
                answer.map_err(|_| Refusal::Lost)?
            }
            Err(_) => Err(Refusal::TooLong(ANSWER_TIME_MAX.as_secs())),
        }
    }
}

/// Interrupts a question when it is dropped: its time is up, or the client has cancelled it.
struct Interrupting {
    interrupter: Option<oneshot::Receiver<Box<dyn Fn() + Send>>>,
}

impl Interrupting {
    fn give_up(mut self) {
        self.interrupter = None;
    }
}

impl Drop for Interrupting {
    fn drop(&mut self) {
        let Some(interrupter) = self.interrupter.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let Ok(interrupt) = interrupter.await else { return };
                for _ in 0..INTERRUPTS_MAX {
                    interrupt();
                    tokio::time::sleep(INTERRUPT_PAUSE).await;
                }
            });
        }
    }
}
