//! Signals, as the loop understands them.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::cli::failure::Failure;

/// What the signals turn into.
pub(crate) struct Signals {
    /// Becomes true at SIGTERM or SIGINT.
    pub(crate) stop: watch::Receiver<bool>,
    /// A message for each SIGHUP.
    pub(crate) hangup: mpsc::Receiver<()>,
}

/// Listens for signals. A second SIGTERM or SIGINT ends the process at once, with nothing lost but running work.
pub(crate) fn listen() -> Result<Signals, Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("signals cannot be listened for: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let (stop_sender, stop) = watch::channel(false);
    let (hangup_sender, hangup_receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut n_stops = 0;
        loop {
            tokio::select! {
                _ = terminate.recv() => n_stops += 1,
                _ = interrupt.recv() => n_stops += 1,
                _ = hangup.recv() => {
                    // One reload that waits is enough for any number of signals.
                    let _ = hangup_sender.try_send(());
                }
            }
            if n_stops > 1 {
                std::process::exit(130);
            }
            if n_stops == 1 && stop_sender.send(true).is_err() {
                return;
            }
        }
    });
    Ok(Signals { stop, hangup: hangup_receiver })
}
