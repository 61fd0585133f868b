//! Signals: the wish that something end.
//!
//! The daemon and whatever follows it hear of them as of any other event ([`listen`]). One-shot work is told of the first
//! and may come to an end of its own within moments ([`watch()`]); the second ends it at once, and so does the time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::cli::failure::{Failure, exit_code_of};
use crate::cli::terminal::{logging, progress};

/// How long one-shot work may take to end. What is under way ends sooner than that, or is given back.
const END_TIME_MAX: Duration = Duration::from_secs(8);

/// How long a daemon may take to give back its work when it is to hurry. Another program may hold the database.
const HURRY_TIME_MAX: Duration = Duration::from_secs(3);

/// The signal that asked for the end; 0 while there was none.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// What the signals turn into.
pub(crate) struct Signals {
    /// Becomes true at SIGTERM or SIGINT.
    pub(crate) stop: watch::Receiver<bool>,
    /// Becomes true at the second one, for what takes its time to end.
    pub(crate) hurry: watch::Receiver<bool>,
    /// A message for each SIGHUP.
    pub(crate) hangup: mpsc::Receiver<()>,
}

/// The wish that one-shot work end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    stop: watch::Receiver<bool>,
    is_stopped: Arc<AtomicBool>,
}

impl Interrupt {
    /// Whether somebody asked for the end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Becomes true when somebody asks for the end.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_stopped)
    }

    /// The same as a message.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// The end that was asked for, if it was, with a word on how it goes on.
    pub(crate) fn check(&self, how_it_goes_on: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.is_stopped() { Err(interrupted(&how_it_goes_on())) } else { Ok(()) }
    }

    /// Waits for something, or for the end, whichever is first.
    pub(crate) async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut stop = self.stop.clone();
        tokio::select! {
            value = work => Ok(value),
            Ok(_) = stop.wait_for(|is_stopped| *is_stopped) => Err(interrupted("nothing is stored")),
        }
    }
}

/// The failure of work that was ended by a signal.
pub(crate) fn interrupted(how_it_goes_on: &str) -> Failure {
    Failure::Interrupted { signal: SIGNAL.load(Ordering::Relaxed), text: format!("interrupted: {how_it_goes_on}") }
}

/// Watches for the wish that one-shot work end, says that it was heard, and sees to it that it comes true.
pub(crate) fn watch() -> Result<Interrupt, Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("signals cannot be listened for: {error}"));
    let (stop_sender, stop) = watch::channel(false);
    let is_stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_stopped);
    // A thread of its own: much of the work is done on threads that wait for nothing else.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let mut ends = {
        let _inside = runtime.enter();
        Ends::listen().map_err(failed)?
    };
    let wait = async move {
        let number = ends.next().await;
        flag.store(true, Ordering::Relaxed);
        progress::tell_soon("newswire: ending with what is under way; once more ends it at once");
        // Nobody need be waiting for it.
        let _ = stop_sender.send(true);
        let number = tokio::time::timeout(END_TIME_MAX, ends.next()).await.unwrap_or(number);
        progress::take_away();
        std::process::exit(i32::from(exit_code_of(number)));
    };
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || runtime.block_on(wait)).map_err(failed)?;
    Ok(Interrupt { stop, is_stopped })
}

/// The signals that ask for the end.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> std::io::Result<Ends> {
        Ok(Ends { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        let kind = tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        };
        let number = u8::try_from(kind.as_raw_value()).unwrap_or(0);
        SIGNAL.store(number, Ordering::Relaxed);
        number
    }
}

/// Listens for signals. So many SIGTERM and SIGINT end the process at once, with nothing lost but running work; so does the time after the
/// second. What there is to say then is told.
pub(crate) fn listen(n_stops_max: u32, last_words: Option<&'static str>) -> Result<Signals, Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("signals cannot be listened for: {error}"));
    let mut ends = Ends::listen().map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let (stop_sender, stop) = watch::channel(false);
    let (hurry_sender, hurry) = watch::channel(false);
    let (hangup_sender, hangup_receiver) = mpsc::channel(1);
    let end_at_once = move |number: u8| {
        if let Some(text) = last_words {
            logging::tell_failure(text);
        }
        progress::take_away();
        std::process::exit(i32::from(exit_code_of(number)));
    };
    tokio::spawn(async move {
        let mut n_stops = 0;
        loop {
            tokio::select! {
                number = ends.next() => {
                    n_stops += 1;
                    if n_stops >= n_stops_max {
                        end_at_once(number);
                    }
                }
                _ = hangup.recv() => {
                    // One reload that waits is enough for any number of signals.
                    let _ = hangup_sender.try_send(());
                    continue;
                }
            }
            // Whoever no longer listens has ended.
            let _ = stop_sender.send(true);
            if n_stops > 1 {
                let _ = hurry_sender.send(true);
                tokio::spawn(async move {
                    tokio::time::sleep(HURRY_TIME_MAX).await;
                    end_at_once(SIGNAL.load(Ordering::Relaxed));
                });
            }
        }
    });
    Ok(Signals { stop, hurry, hangup: hangup_receiver })
}
