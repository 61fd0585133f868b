//! When work is claimed, and what was claimed ahead of the slots that it is for.
//!
//! A claim is answered when the transaction that it shares is durable, which under load takes as long as storing all articles
//! in it. So the loop goes on meanwhile, and there is work in stock for the slots that become free.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Candidate, ClaimedWork};
use crate::store::{ClaimRequest, Share, Store, StoreError};

/// Links in stock for each slot: enough for the time of a full transaction.
const AHEAD: usize = 4;

/// How long nothing is put in stock after a process that died: what is claimed when that happens again is thought to be to
/// blame.
const CAREFUL_FOR: Duration = Duration::from_mins(10);

/// Between two claims of which the first found less than was asked for: what is due opens as work ends, and each claim costs
/// the store some time.
const SCARCITY_PAUSE: Duration = Duration::from_millis(5);

/// A claim takes as long as a transaction on a slow disk, or the wait for another program that holds the write lock; a heartbeat waits for
/// the same.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// A claim that is under way.
type Claim = Pin<Box<dyn Future<Output = Result<ClaimedWork, StoreError>> + Send>>;

/// What is claimed, and when the next claim is made.
pub(super) struct Claims {
    /// Links that wait for a slot, the first claimed first. All of publishers that answer.
    stock: VecDeque<Candidate>,
    running: Option<Running>,
    /// When the next claim is made.
    next: Instant,
    /// No claims before this, whatever happens.
    not_before: Instant,
    /// Not before this either, after trouble with the database.
    paused_until: Instant,
    /// Nothing is put in stock before this.
    ahead_from: Instant,
}

struct Running {
    claim: Claim,
    n_asked: usize,
    began_at: Instant,
    /// Whether nothing was under way when it was begun.
    began_idle: bool,
    /// Whether something happened since, which it may not have seen.
    is_outdated: bool,
}

/// What came of a claim.
pub(super) struct Claimed {
    pub(super) work: Result<ClaimedWork, StoreError>,
    /// Whether nothing was under way when it was begun.
    pub(super) began_idle: bool,
    /// Whether something happened since, which it may not have seen.
    pub(super) is_outdated: bool,
}

impl Claims {
    /// Nothing claimed yet. `is_after_death` where the process before this one died with claims.
    pub(super) fn new(is_after_death: bool) -> Claims {
        let now = Instant::now();
        let ahead_from = if is_after_death { now + CAREFUL_FOR } else { now };
        Claims { stock: VecDeque::new(), running: None, next: now, not_before: now, paused_until: now, ahead_from }
    }

    /// Whether the time for the next claim has come.
    pub(super) fn is_due(&self) -> bool {
        self.running.is_none() && self.next <= Instant::now()
    }

    /// How long until then; nothing while a claim is under way.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.running.is_none().then(|| self.next.saturating_duration_since(Instant::now()))
    }

    /// How many links are in stock.
    pub(super) fn n_in_stock(&self) -> usize {
        self.stock.len()
    }

    /// How many links to ask for, with so many slots free, of so many in all: with a well-filled stock none of those that go
    /// into it.
    pub(super) fn links_to_ask_for(&self, free: Share, n_slots: usize) -> Share {
        let n_stock_max = if Instant::now() < self.ahead_from { 0 } else { n_slots * AHEAD };
        let is_well_filled = self.stock.len() > n_stock_max / 2;
        let n_sound = if is_well_filled { 0 } else { (free.n_sound + n_stock_max).saturating_sub(self.stock.len()) };
        Share { n_sound, n_probes: free.n_probes }
    }

    /// Begins a claim.
    pub(super) fn begin(&mut self, store: &Store, request: ClaimRequest, began_idle: bool) {
        let (store, n_asked) = (store.clone(), request.sources.n_max() + request.links.n_max());
        let claim = Box::pin(async move { store.claim(request).await });
        self.running = Some(Running { claim, n_asked, began_at: Instant::now(), began_idle, is_outdated: false });
    }

    /// What came of the claim that is under way, when it is answered. Never where there is none.
    pub(super) async fn answer(&mut self) -> Claimed {
        let Some(Running { claim, n_asked, began_idle, is_outdated, .. }) = &mut self.running else {
            return std::future::pending().await;
        };
        let work = claim.as_mut().await;
        let n_claimed = work.as_ref().map_or(0, |work| work.sources.len() + work.candidates.len());
        let claimed = Claimed { work, began_idle: *began_idle, is_outdated: *is_outdated };
        let pause = if n_claimed < *n_asked { SCARCITY_PAUSE } else { Duration::ZERO };
        self.running = None;
        self.not_before = Instant::now() + pause;
        claimed
    }

    /// Puts a link in stock.
    pub(super) fn put_in_stock(&mut self, candidate: Candidate) {
        self.stock.push_back(candidate);
    }

    /// Takes the next link out of stock.
    pub(super) fn take_from_stock(&mut self) -> Option<Candidate> {
        self.stock.pop_front()
    }

    /// Whether nothing is in stock.
    pub(super) fn stock_is_empty(&self) -> bool {
        self.stock.is_empty()
    }

    /// Whether no claim is answered, or none is made, for so long that none will be: the loop has lost its way, and a new process has not.
    pub(super) fn are_stuck(&self) -> bool {
        let since = self.running.as_ref().map_or(self.next, |running| running.began_at);
        Instant::now().saturating_duration_since(since) > STUCK_AFTER
    }

    /// Makes the next claim after so long.
    pub(super) fn look_after(&mut self, wait: Duration) {
        self.next = (Instant::now() + wait).max(self.not_before).max(self.paused_until);
    }

    /// Makes the next claim soon, since something happened.
    pub(super) fn look_soon(&mut self) {
        if let Some(running) = &mut self.running {
            running.is_outdated = true;
        }
        self.next = self.next.min(self.not_before.max(self.paused_until).max(Instant::now()));
    }

    /// Makes no claim for so long, whatever happens.
    pub(super) fn pause(&mut self, pause: Duration) {
        self.paused_until = Instant::now() + pause;
        self.next = self.paused_until;
    }

    /// Whether claims are paused.
    pub(super) fn is_paused(&self) -> bool {
        self.paused_until > Instant::now()
    }

    /// Forgets what is in stock and what is under way. Claims that were made are to be given back.
    pub(super) fn forget(&mut self) {
        self.stock.clear();
        self.running = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_death_nothing_is_claimed_ahead_for_a_while() {
        let free = Share { n_sound: 3, n_probes: 2 };
        let mut claims = Claims::new(true);
        assert_eq!(claims.links_to_ask_for(free, 8), free);
        tokio::time::advance(CAREFUL_FOR).await;
        assert_eq!(claims.links_to_ask_for(free, 8), Share { n_sound: 3 + 8 * AHEAD, n_probes: 2 });
        assert_eq!(claims.links_to_ask_for(free, 0), free, "where nothing is fetched nothing is claimed ahead");
        claims.pause(Duration::from_secs(5));
        claims.look_soon();
        assert!(!claims.is_due() && claims.is_paused());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(claims.is_due() && !claims.is_paused());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_claims_nothing_any_more_is_stuck() {
        let mut claims = Claims::new(false);
        claims.pause(2 * STUCK_AFTER);
        tokio::time::advance(2 * STUCK_AFTER).await;
        assert!(!claims.are_stuck(), "it was paused");
        tokio::time::advance(STUCK_AFTER + Duration::from_secs(1)).await;
        assert!(claims.are_stuck(), "nothing was claimed");
        claims.look_after(Duration::from_secs(5));
        assert!(!claims.are_stuck());
        let (claim, began_at) = (Box::pin(std::future::pending()), Instant::now());
        claims.running = Some(Running { claim, n_asked: 1, began_at, began_idle: true, is_outdated: false });
        tokio::time::advance(STUCK_AFTER).await;
        assert!(!claims.are_stuck());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(claims.are_stuck(), "it was never answered");
        claims.forget();
        claims.look_after(Duration::ZERO);
        assert!(!claims.are_stuck());
    }
}
