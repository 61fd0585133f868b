//! Messages about what watches find, to the receivers of the settings.
//!
//! * `judging`: follows changes on a thread of its own, and has what watches find written down as messages.
//! * `sending`: a task for each receiver takes its messages from the database, one that hangs keeping no other waiting.
//! * `delivery`: one message to one receiver: by `command`, `webhook`, `ntfy` or `email`. `text` is what people read of it.
//! * `key`: by what a receiver knows a message that it has had.
//!
//! A message is a row before it is sent, and one that was sent as soon as that is known: whatever dies between the two sends it again,
//! with the same key. Nothing here is in the way of whoever stores articles.

mod command;

mod delivery;

mod email;

mod judging;

mod key;

mod ntfy;

mod sending;

mod text;

mod undelivered;

mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{Config, Receiver};
use crate::store::Store;

pub use delivery::Delivery;
pub use undelivered::Undelivered;

use judging::Judge;
use sending::{Bells, send_to_all};

/// Messages that are made and sent, until it is stopped.
#[derive(Debug)]
pub struct Telling {
    is_stopped: Arc<AtomicBool>,
    judging: Option<std::thread::JoinHandle<()>>,
    sending: JoinHandle<()>,
}

/// Begins to judge changes and to send messages, by the settings in force.
///
/// # Errors
///
/// When there is no thread to be had.
pub fn start(store: &Store, settings: watch::Receiver<Arc<Config>>) -> std::io::Result<Telling> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let bells = Bells::default();
    let sending = tokio::spawn(send_to_all(store.clone(), settings.clone(), bells.clone()));
    let judge = Judge::new(store.clone(), settings, bells, Arc::clone(&is_stopped));
    let handle = tokio::runtime::Handle::current();
    let judging = std::thread::Builder::new().name("watches".to_owned()).spawn(move || judge.run(&handle))?;
    Ok(Telling { is_stopped, judging: Some(judging), sending })
}

impl Telling {
    /// Ends both. What is being sent is given up, and sent again by the next start.
    pub async fn stop(mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.sending.abort();
        if let Some(judging) = self.judging.take() {
            let _ = tokio::task::spawn_blocking(move || judging.join()).await;
        }
    }
}

/// Sends one message that says nothing, to see whether a receiver takes it.
///
/// # Errors
///
/// Why it does not.
pub async fn send_test(config: &Config, receiver: &Receiver) -> Result<(), Undelivered> {
    let now = jiff::Timestamp::now();
    let key = key::of(&["test", &receiver.name, &now.to_string()]);
    let payload = crate::forms::messages::test(&key, now);
    Delivery::new(config, receiver).map_err(Undelivered::passing)?.deliver(&key, &payload).await
}
