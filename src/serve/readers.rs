//! Read-only connections for those who ask over HTTP: a bounded number of them, on threads that may wait.
//!
//! Those threads are of a lower priority than all others of the process: where processors are short, ingest goes on as fast as without
//! questions, and answers take what is left.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tracing::warn;

use crate::store::{Reader, StoreError};

use super::miss::Miss;

/// Questions that are answered at one time; more wait. A page is a few milliseconds of one thread, and the writer wants one too.
const READERS_MAX: usize = 4;

/// Time for the turn of a question, and for its answer. Who would have to wait longer for a page has closed it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Added to the nice value of the threads that answer: they get a tenth of a processor that others want too (`sched(7)`), and all of one that
/// nobody wants.
const NICER_BY: i32 = 10;

/// Connections to one database.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    /// To the threads, once there are some.
    questions: Mutex<Option<mpsc::Sender<Question>>>,
}

/// What is done with the connection of a thread; `None` where there is none yet.
type Question = Box<dyn FnOnce(&mut Option<Open>) + Send>;

/// A connection, and the file that it was opened on: a restore puts another in its place.
#[derive(Debug)]
struct Open {
    reader: Reader,
    file: Option<(u64, u64)>,
}

impl Readers {
    /// For the database at a path; it is opened when somebody asks.
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers { path, permits: Arc::new(Semaphore::new(READERS_MAX)), questions: Mutex::default() }
    }

    /// Puts a question to the database, all of whose parts see the same state of it.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, Miss> + Send + 'static,
    ) -> Result<T, Miss> {
        let turn = Arc::clone(&self.permits).acquire_owned();
        let permit =
            tokio::time::timeout(ANSWER_TIME_MAX, turn).await.map_err(|_| Miss::Crowded)?.map_err(|_| Miss::Lost)?;
        let path = self.path.clone();
        let (send_interrupter, mut interrupter) = oneshot::channel();
        let (send_answer, mut answer) = oneshot::channel();
        self.put(Box::new(move |connection| {
            // Held until the thread is done, also where nobody waits for it any more.
            let _permit = permit;
            let answer = open(connection.take(), &path).map_err(Miss::from).and_then(|open| {
                let _ = send_interrupter.send(open.reader.interrupter());
                let answer = open.reader.at_one_moment(question);
                // What has failed once is opened anew, whatever it failed for.
                if matches!(answer, Ok(_) | Err(Miss::NotFound(_) | Miss::Gone(_) | Miss::Wrong(_))) {
                    *connection = Some(open);
                }
                answer
            });
            let _ = send_answer.send(answer);
        }))?;
        match tokio::time::timeout(ANSWER_TIME_MAX, &mut answer).await {
            Ok(answer) => answer.map_err(|_| Miss::Lost)?,
            Err(_) => {
                if let Ok(interrupt) = interrupter.try_recv() {
                    interrupt();
                }
                Err(Miss::TooLong(ANSWER_TIME_MAX.as_secs()))
            }
        }
    }

    /// Hands a question to the threads, and begins them where there are none.
    fn put(&self, question: Question) -> Result<(), Miss> {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        if questions.is_none() {
            *questions = Some(begin_threads().map_err(|error| {
                warn!("no thread for answers can be begun: {error}");
                Miss::Lost
            })?);
        }
        questions.as_ref().and_then(|questions| questions.send(question).ok()).ok_or(Miss::Lost)
    }
}

/// Begins the threads that answer. They end when what is returned is dropped.
fn begin_threads() -> std::io::Result<mpsc::Sender<Question>> {
    let (send, questions) = mpsc::channel::<Question>();
    let questions = Arc::new(Mutex::new(questions));
    for _ in 0..READERS_MAX {
        let questions = Arc::clone(&questions);
        thread::Builder::new().name("answering".to_owned()).spawn(move || answer(&questions))?;
    }
    Ok(send)
}

/// Answers what comes, as long as there are those who may ask.
fn answer(questions: &Mutex<mpsc::Receiver<Question>>) {
    be_nice();
    let mut connection = None;
    loop {
        let next = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = next else { break };
        // Who asked hears of it, since nobody answers any more. The next question gets a connection of its own.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| question(&mut connection))).is_err() {
            connection = None;
        }
    }
}

/// Gives this thread a lower priority than the rest of the process. By POSIX the nice value is that of a process, by Linux that of a thread.
#[cfg(target_os = "linux")]
fn be_nice() {
    use rustix::process::{getpriority_process, setpriority_process};

    // Answers of a higher priority than they could have are answers still.
    let _ = getpriority_process(None).and_then(|nice| setpriority_process(None, (nice + NICER_BY).min(19)));
}

#[cfg(not(target_os = "linux"))]
fn be_nice() {}

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
        tokio::time::resume();
        assert!(matches!(readers.ask(|_| Ok(())).await, Err(Miss::Store(_))));
    }

    #[tokio::test]
    async fn a_question_that_panics_takes_no_thread_away() {
        let readers = Readers::new(PathBuf::from("/nowhere.db"));
        for _ in 0..3 * READERS_MAX {
            let lost = readers.put(Box::new(|_| panic!("a fault, as a test wants it")));
            assert!(lost.is_ok());
        }
        assert!(matches!(readers.ask(|_| Ok(())).await, Err(Miss::Store(_))));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_answers_is_nicer_than_the_rest_of_the_process() {
        use rustix::process::getpriority_process;

        let readers = Readers::new(PathBuf::from("/nowhere.db"));
        let (send, answering) = oneshot::channel();
        readers.put(Box::new(|_| send.send(getpriority_process(None).unwrap()).unwrap())).unwrap();
        assert_eq!(answering.await.unwrap(), (getpriority_process(None).unwrap() + NICER_BY).min(19));
    }
}
