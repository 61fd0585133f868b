//! Whose turn it is: how many requests a publisher gets at one time, and how long it is left in peace between them.
//!
//! The gate knows keys and times, not articles. It never logs, and never waits while it holds its lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Publishers remembered before those are forgotten whose pause is over. A quiet one needs no memory.
const REMEMBERED_MAX: usize = 4096;

/// A gate for every publisher.
#[derive(Clone, Debug)]
pub(super) struct HostGate {
    publishers: Arc<Mutex<HashMap<String, Publisher>>>,
    pause: Duration,
    n_at_once: usize,
    wait_max: Duration,
}

#[derive(Debug)]
struct Publisher {
    n_in_work: usize,
    free_from: Instant,
    /// A longer pause that the publisher has asked for.
    own_pause: Option<Duration>,
    turn_ended: Arc<Notify>,
}

/// A publisher's turn. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    gate: HostGate,
    publisher: String,
}

/// The wait would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy {
    /// How long it would be from now.
    pub(super) wait: Duration,
}

impl HostGate {
    pub(super) fn new(pause: Duration, n_at_once: usize, wait_max: Duration) -> Self {
        HostGate { publishers: Arc::default(), pause, n_at_once, wait_max }
    }

    /// Waits for the publisher's turn, if it is not too far off.
    pub(super) async fn turn(&self, publisher: &str) -> Result<Turn, Busy> {
        let deadline = Instant::now() + self.wait_max;
        loop {
            let (free_from, turn_ended) = {
                let mut publishers = self.locked();
                let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
                if state.n_in_work < self.n_at_once {
                    if state.free_from <= Instant::now() {
                        state.n_in_work += 1;
                        return Ok(Turn { gate: self.clone(), publisher: publisher.to_owned() });
                    }
                    (Some(state.free_from), state.turn_ended.clone())
                } else {
                    (None, state.turn_ended.clone())
                }
            };
            match free_from {
                Some(free_from) if free_from > deadline => {
                    return Err(Busy { wait: free_from - Instant::now() });
                }
                Some(free_from) => tokio::time::sleep_until(free_from).await,
                None => {
                    // A turn that ended between the look and this line is seen at the timeout at the latest.
                    let wait = Duration::from_millis(50).min(deadline.saturating_duration_since(Instant::now()));
                    let _ = tokio::time::timeout(wait, turn_ended.notified()).await;
                    if Instant::now() >= deadline {
                        return Err(Busy { wait: self.pause.max(Duration::from_millis(100)) });
                    }
                }
            }
        }
    }

    /// Leaves a publisher in peace for a time, as it asked by `Retry-After`.
    pub(super) fn hold(&self, publisher: &str, time: Duration) {
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        state.free_from = state.free_from.max(Instant::now() + time);
    }

    /// Sets a longer pause, as the publisher asked by `Crawl-delay`.
    pub(super) fn set_pause(&self, publisher: &str, pause: Duration) {
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        state.own_pause = Some(pause);
    }

    /// How long until the publisher may be asked again.
    pub(super) fn wait(&self, publisher: &str) -> Duration {
        let publishers = self.locked();
        publishers
            .get(publisher)
            .map_or(Duration::ZERO, |state| state.free_from.saturating_duration_since(Instant::now()))
    }

    /// A panic elsewhere cannot leave the numbers half changed: each change is one assignment.
    fn locked(&self) -> MutexGuard<'_, HashMap<String, Publisher>> {
        self.publishers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
    fn fresh() -> Self {
        Publisher { n_in_work: 0, free_from: Instant::now(), own_pause: None, turn_ended: Arc::default() }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut publishers = self.gate.locked();
        let now = Instant::now();
        if let Some(state) = publishers.get_mut(&self.publisher) {
            state.n_in_work -= 1;
            let pause = state.own_pause.unwrap_or_default().max(self.gate.pause);
            state.free_from = state.free_from.max(now + pause);
            state.turn_ended.notify_one();
        }
        if publishers.len() > REMEMBERED_MAX {
            publishers.retain(|_, state| state.n_in_work > 0 || state.free_from > now || state.own_pause.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(pause_ms: u64, n_at_once: usize) -> HostGate {
        HostGate::new(Duration::from_millis(pause_ms), n_at_once, Duration::from_secs(2))
    }

    #[tokio::test(start_paused = true)]
    async fn turns_of_one_publisher_are_apart_and_those_of_others_are_not() {
        let gate = gate(1000, 1);
        let start = Instant::now();
        drop(gate.turn("a.example").await.unwrap());
        drop(gate.turn("b.example").await.unwrap());
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(gate.turn("a.example").await.unwrap());
        assert_eq!(start.elapsed().as_millis() / 10, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_far_off_is_refused_with_its_time() {
        let gate = gate(0, 1);
        gate.hold("a.example", Duration::from_mins(1));
        let busy = gate.turn("a.example").await.unwrap_err();
        assert_eq!(busy.wait, Duration::from_mins(1));
        assert_eq!(gate.wait("a.example"), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_allowed_are_at_work_at_once() {
        let gate = gate(0, 2);
        let first = gate.turn("a.example").await.unwrap();
        let _second = gate.turn("a.example").await.unwrap();
        assert!(gate.turn("a.example").await.is_err());
        drop(first);
        assert!(gate.turn("a.example").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_was_asked_for_is_kept() {
        let gate = gate(10, 1);
        gate.set_pause("a.example", Duration::from_secs(30));
        drop(gate.turn("a.example").await.unwrap());
        assert_eq!(gate.wait("a.example"), Duration::from_secs(30));
    }
}
