//! Sends what waits: a task for each receiver, so that one that hangs keeps no other waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::config::{Config, Receiver};
use crate::forms;
use crate::model::Sending;
use crate::store::{DamagedRow, Reader, Store, StoreError, WaitingMessage};

use super::delivery::Delivery;
use super::key;
use super::undelivered::Undelivered;

/// Between two looks for what is due, where nobody rings: what another process has made or resumed is seen after so long.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// Messages that are taken at a time, and those of a digest.
const DUE_MAX: u32 = 20;
const DIGEST_MAX: u32 = 200;

/// Messages that are under way to one receiver at a time.
const N_AT_ONCE: usize = 4;

/// The first wait after a failure; it doubles up to the longest.
const BACKOFF_MIN: Duration = Duration::from_secs(5);
const BACKOFF_MAX: Duration = Duration::from_hours(1);

/// A receiver that has taken nothing for so long, and that often, is paused, until somebody says otherwise: a machine that sleeps over a weekend
/// has hardly tried.
const FAILING_MAX: SignedDuration = SignedDuration::from_hours(3 * 24);
const FAILED_TRIES_MIN: u32 = 24;

/// Rings for the tasks of receivers: there is something new for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bells {
    bells: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

impl Bells {
    fn of(&self, receiver: &str) -> Arc<Notify> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(receiver.to_owned()).or_default())
    }

    pub(super) fn ring(&self, receivers: &[String]) {
        for receiver in receivers {
            self.of(receiver).notify_one();
        }
    }
}

/// Sends to all receivers of the settings in force, until nobody gives settings any more.
pub(super) async fn send_to_all(store: Store, mut settings: watch::Receiver<Arc<Config>>, bells: Bells) {
    loop {
        let config = settings.borrow_and_update().clone();
        let mut tasks = JoinSet::new();
        for receiver in config.receivers.clone() {
            let bell = bells.of(&receiver.name);
            tasks.spawn(Task::new(Arc::clone(&config), receiver, store.clone(), bell).run());
        }
        let is_over = loop {
            tokio::select! {
                changed = settings.changed() => break changed.is_err(),
                Some(ended) = tasks.join_next() => if let Err(error) = ended
                    && error.is_panic()
                {
                    error!("a receiver is no longer sent to, until the settings are reloaded: {error}");
                },
            }
        };
        // What is under way is given up with its task, and sent again with the same key.
        if is_over {
            return;
        }
    }
}

/// The task of a receiver.
struct Task {
    config: Arc<Config>,
    receiver: Receiver,
    store: Store,
    bell: Arc<Notify>,
    /// Since when nothing was taken, and how often that was.
    failing_since: Option<Timestamp>,
    n_failures: u32,
    /// Messages that cannot be read, as far as that was told.
    damage: Vec<DamagedRow>,
}

impl Task {
    fn new(config: Arc<Config>, receiver: Receiver, store: Store, bell: Arc<Notify>) -> Task {
        Task { config, receiver, store, bell, failing_since: None, n_failures: 0, damage: Vec::new() }
    }

    async fn run(mut self) {
        loop {
            let pause = match self.send_due().await {
                Ok(Some(pause)) => pause,
                Ok(None) => continue,
                Err(StoreError::Closed) => return,
                Err(error) => {
                    error!("messages to receiver {} wait: {error}", self.receiver.name);
                    LOOK_PAUSE
                }
            };
            let is_held = self.n_failures > 0;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // Who has just failed is left in peace, whatever comes in.
                () = self.bell.notified(), if !is_held => {}
            }
        }
    }

    /// Sends what is due. Returns how long to wait then; nothing where there may be more.
    async fn send_due(&mut self) -> Result<Option<Duration>, StoreError> {
        let batches = self.due().await?;
        if batches.is_empty() {
            // A receiver that was resumed starts anew.
            self.n_failures = 0;
            return Ok(Some(LOOK_PAUSE));
        }
        let delivery = Delivery::new(&self.config, &self.receiver);
        let mut longest = None;
        for chunk in batches.chunks(N_AT_ONCE) {
            let mut under_way = JoinSet::new();
            for batch in chunk {
                let (batch, delivery) = (batch.clone(), delivery.clone());
                under_way.spawn(async move {
                    let told = match delivery {
                        Ok(delivery) => delivery.deliver(&batch.key, &batch.payload).await,
                        Err(reason) => Err(Undelivered::passing(reason)),
                    };
                    (batch, told)
                });
            }
            let mut is_any_sent = false;
            let mut is_any_failed = false;
            while let Some(joined) = under_way.join_next().await {
                let Ok((batch, told)) = joined else { continue };
                is_any_sent |= told.is_ok();
                is_any_failed |= told.is_err();
                let pause = self.note(batch, told).await?;
                longest = longest.max(pause);
            }
            if is_any_failed && !is_any_sent {
                self.n_failures = self.n_failures.saturating_add(1);
                let wait = backoff(self.n_failures - 1, &self.receiver.name);
                return Ok(Some(longest.map_or(wait, |asked| wait.max(asked))));
            }
        }
        Ok(None)
    }

    /// What is due, in the batches in which it is sent.
    async fn due(&mut self) -> Result<Vec<Batch>, StoreError> {
        let (path, name) = (self.config.store.path.clone(), self.receiver.name.clone());
        let is_digest = self.receiver.digest.is_some();
        let limit = if is_digest { DIGEST_MAX } else { DUE_MAX };
        let asked = tokio::task::spawn_blocking(move || {
            let reader = Reader::open(&path)?;
            let due = reader.due_messages(&name, Timestamp::now(), limit)?;
            let failing_since = if due.is_empty() { None } else { reader.receiver_fails_since(&name)? };
            Ok::<_, StoreError>((due, failing_since, reader.take_damage()))
        });
        let (due, failing_since, damage) = asked.await.map_err(|_| StoreError::Closed)??;
        // Once, and not at each look.
        for row in damage.iter().filter(|row| !self.damage.contains(row)) {
            error!("of what waits for receiver {}, {row}", self.receiver.name);
        }
        self.damage = damage;
        self.failing_since = failing_since.and_then(|since| since.parse().ok());
        if !is_digest {
            return Ok(due.into_iter().map(|message| Batch::of(vec![message])).collect());
        }
        // Those that are due together, now and after a failure, are one digest, with one key.
        let first_due = due.first().and_then(|first| first.next_try_at.clone());
        let together: Vec<WaitingMessage> =
            due.into_iter().take_while(|message| message.next_try_at == first_due).collect();
        Ok(if together.is_empty() { Vec::new() } else { vec![Batch::of_digest(&together)] })
    }

    /// Writes down what came of a batch. Returns how long the receiver asks to be left in peace.
    async fn note(&mut self, batch: Batch, told: Result<(), Undelivered>) -> Result<Option<Duration>, StoreError> {
        let name = self.receiver.name.clone();
        let Err(undelivered) = told else {
            if self.failing_since.take().is_some() {
                info!("receiver {name} takes messages again");
            }
            self.n_failures = 0;
            return self.store.commit_sending(name, batch.ids, Sending::Sent).await.map(|_| None);
        };
        let now = Timestamp::now();
        let is_long = self.failing_since.is_some_and(|since| now.duration_since(since) > FAILING_MAX)
            && batch.n_tries >= FAILED_TRIES_MIN;
        let is_paused = undelivered.is_gone || is_long;
        if self.failing_since.is_none() && !is_paused {
            warn!("receiver {name} did not take {}, which is tried again: {undelivered}", batch.name());
        }
        let wait = backoff(batch.n_tries, &batch.key).max(undelivered.retry_after.unwrap_or_default());
        let next_try_at = now + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_hours(1));
        let Undelivered { reason, retry_after, is_gone, is_refusal } = undelivered;
        let sending = Sending::Failed { error: reason.clone(), next_try_at, is_paused, is_refusal };
        let what = batch.name();
        let effect = self.store.commit_sending(name.clone(), batch.ids, sending).await?;
        self.failing_since = effect.failing_since.and_then(|since| since.parse().ok());
        if effect.n_set_aside > 0 {
            let others = if is_paused { "for days and took others before" } else { "again and again and takes others" };
            error!(
                "receiver {name} refuses {what} {others}, so that it is set aside until `newswire receivers retry {name}`: {reason}"
            );
        }
        if effect.is_paused {
            let why = if is_gone { "it says that it is gone" } else { "it has taken nothing for days" };
            error!(
                "receiver {name} is paused, since {why}: {reason}; its messages wait until `newswire receivers resume {name}`"
            );
        }
        Ok(retry_after)
    }
}

/// What is sent at once.
#[derive(Clone)]
struct Batch {
    ids: Vec<i64>,
    key: String,
    payload: Value,
    n_tries: u32,
}

impl Batch {
    fn of(mut messages: Vec<WaitingMessage>) -> Batch {
        let message = messages.remove(0);
        Batch { ids: vec![message.id], payload: parsed(&message.payload), key: message.key, n_tries: message.n_tries }
    }

    /// Its messages, by their numbers in the table.
    fn name(&self) -> String {
        match self.ids.as_slice() {
            [id] => format!("message {id}"),
            [first, .., last] => format!("a digest of {} messages, {first} to {last}", self.ids.len()),
            [] => "nothing".to_owned(),
        }
    }

    fn of_digest(messages: &[WaitingMessage]) -> Batch {
        let keys: Vec<&str> = messages.iter().map(|message| message.key.as_str()).collect();
        let key = key::of(&keys);
        let payloads: Vec<Value> = messages.iter().map(|message| parsed(&message.payload)).collect();
        let payload = forms::messages::digest(&key, &payloads);
        Batch {
            ids: messages.iter().map(|message| message.id).collect(),
            key,
            payload,
            n_tries: messages.iter().map(|message| message.n_tries).max().unwrap_or_default(),
        }
    }
}

/// The column is JSON by its own rule.
fn parsed(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_default()
}

/// How long to wait after so many failures before, spread by a quarter so that what failed together does not come together again.
fn backoff(n_failures: u32, salt: &str) -> Duration {
    let wait = BACKOFF_MIN.saturating_mul(2_u32.saturating_pow(n_failures.min(16))).min(BACKOFF_MAX);
    let spread = salt.bytes().fold(n_failures, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 256;
    wait + wait.mul_f64(f64::from(spread) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let wait = |n_failures| backoff(n_failures, "desk").as_secs();
        assert!((5..=6).contains(&wait(0)) && (10..=13).contains(&wait(1)), "{} {}", wait(0), wait(1));
        assert!((3600..=4500).contains(&wait(30)), "{}", wait(30));
        assert_ne!(backoff(3, "a"), backoff(3, "b"));
    }
}
