//! Whose turn it is: how many requests a publisher gets at one time, and how long it is left in peace between them.
//!
//! The gate knows keys and times, not articles. It never logs, and never waits while it holds its lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::model::HostHold;

use super::pace::{Busy, Pace};

/// Publishers remembered before those are forgotten whose pause is over. A quiet one needs no memory.
const REMEMBERED_MAX: usize = 4096;

/// Who is refused comes again after this at the least, and at the most where the host itself does not ask for more: so many
/// may wait for one host that the last would be told tomorrow, and by then things have changed.
const REFUSED_WAIT_MIN: Duration = Duration::from_millis(100);
const REFUSED_WAIT_MAX: Duration = Duration::from_mins(10);

/// How long a publisher is left in peace that said 429 and not for how long, at the first time and at most. Less is what
/// it complained of; more holds up sources whose host was busy for a moment.
const COMPLAINT_PEACE: Duration = Duration::from_mins(1);
const COMPLAINT_PEACE_MAX: Duration = Duration::from_hours(1);

/// How long after that peace a 403 is still taken for the same complaint: hosts that limit their visitors often turn from
/// one to the other.
const COMPLAINT_MEMORY: Duration = Duration::from_hours(1);

/// The longest that anything is held: a `Retry-After` of a day, and what is remembered beyond it.
const HELD_MAX: Duration = Duration::from_hours(25);

/// A gate for every publisher.
#[derive(Clone, Debug)]
pub(super) struct HostGate {
    publishers: Arc<Mutex<HashMap<String, Publisher>>>,
    /// Those whose wishes have changed since they were last written down, and who counts what each has complained of.
    changed: Arc<Mutex<BTreeMap<String, Counted>>>,
    wait_max: Duration,
}

/// Who counts the complaints of a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// This process, whose turn it was.
    Here,
    /// The process that lent the turn. It hears of what is said in it.
    ByLender,
}

#[derive(Debug)]
struct Publisher {
    n_in_work: usize,
    free_from: Instant,
    /// When its last turn for anything but robots.txt ended: a pause counts from then, also one that is heard of later.
    ended_at: Option<Instant>,
    /// When the last of those that were refused has been told to come.
    refused_until: Instant,
    /// A longer pause that the publisher has asked for.
    own_pause: Option<Duration>,
    /// How often in a row it said that it is asked too much, without saying when to come back.
    n_complaints: u32,
    /// Until when the last of them is remembered.
    complained_until: Option<Instant>,
    /// Since when this process looks after it, where others ask hosts too.
    looked_after_since: Option<Instant>,
    turn_ended: Arc<Notify>,
}

/// A publisher's turn. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    gate: HostGate,
    publisher: String,
    pause: Duration,
    /// Whether a longer pause that is heard of later counts from its end.
    counts: bool,
}

impl Turn {
    /// The turn is for robots.txt: a pause that it asks for is one between pages, and the first of them need not wait for it.
    pub(super) fn is_for_robots(&mut self) {
        self.counts = false;
    }
}

impl HostGate {
    pub(super) fn new(wait_max: Duration) -> Self {
        HostGate { publishers: Arc::default(), changed: Arc::default(), wait_max }
    }

    /// The same gate with another patience.
    pub(super) fn waiting_up_to(&self, wait_max: Duration) -> Self {
        HostGate { wait_max, ..self.clone() }
    }

    /// How long a turn is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.wait_max
    }

    /// Waits for the publisher's turn, if it is not too far off. Where other processes ask hosts too, `since` is when this one began to look
    /// after the publisher: it may have been asked right before.
    pub(super) async fn turn(&self, publisher: &str, pace: Pace, since: Option<Instant>) -> Result<Turn, Busy> {
        let deadline = Instant::now() + self.wait_max;
        loop {
            let (free_from, turn_ended) = {
                let mut publishers = self.locked();
                let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
                if let Some(since) = since
                    && state.looked_after_since != Some(since)
                {
                    state.looked_after_since = Some(since);
                    let pause = state.own_pause.unwrap_or_default().max(pace.pause);
                    state.free_from = state.free_from.max(since + pause);
                }
                state.keep_pause(pace.pause);
                if state.n_in_work < pace.n_at_once {
                    if state.free_from <= Instant::now() {
                        state.n_in_work += 1;
                        let publisher = publisher.to_owned();
                        return Ok(Turn { gate: self.clone(), publisher, pause: pace.pause, counts: true });
                    }
                    (Some(state.free_from), state.turn_ended.clone())
                } else {
                    (None, state.turn_ended.clone())
                }
            };
            match free_from {
                Some(free_from) if free_from > deadline => return Err(self.refuse(publisher, pace)),
                Some(free_from) => tokio::time::sleep_until(free_from).await,
                None => {
                    // A turn that ended between the look and this line is seen at the timeout at the latest.
                    let wait = Duration::from_millis(50).min(deadline.saturating_duration_since(Instant::now()));
                    let _ = tokio::time::timeout(wait, turn_ended.notified()).await;
                    if Instant::now() >= deadline {
                        return Err(self.refuse(publisher, pace));
                    }
                }
            }
        }
    }

    /// Says when to come again: one after the other, so that many sources of one host do not come in vain again and again.
    /// Nothing is kept free for them.
    fn refuse(&self, publisher: &str, pace: Pace) -> Busy {
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        let now = Instant::now();
        let pause = state.own_pause.unwrap_or_default().max(pace.pause);
        let step = pause.max(REFUSED_WAIT_MIN) / u32::try_from(pace.n_at_once).unwrap_or(u32::MAX).max(1);
        let earliest = state.free_from.max(now + pause.max(REFUSED_WAIT_MIN));
        let latest = earliest.max(now + REFUSED_WAIT_MAX);
        state.refused_until = (state.refused_until + step).clamp(earliest, latest);
        Busy { wait: state.refused_until - now }
    }

    /// Leaves a publisher in peace for a time, as it asked by `Retry-After`.
    pub(super) fn hold(&self, publisher: &str, time: Duration, counted: Counted) {
        self.note_change(publisher, counted);
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        state.free_from = state.free_from.max(Instant::now() + time.min(HELD_MAX));
    }

    /// Notes that a publisher said that it is asked too much (429). Where it did not say when to come back, it is left in
    /// peace for a time that doubles with each complaint in a row.
    pub(super) fn complaint(&self, publisher: &str, retry_after: Option<Duration>, counted: Counted) {
        self.note_change(publisher, counted);
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        let now = Instant::now();
        let time = retry_after.unwrap_or_else(|| {
            let n_before = state.n_complaints;
            if counted == Counted::Here {
                state.n_complaints = n_before.saturating_add(1);
            }
            COMPLAINT_PEACE.saturating_mul(1 << n_before.min(10)).min(COMPLAINT_PEACE_MAX)
        });
        let time = time.min(HELD_MAX);
        state.free_from = state.free_from.max(now + time);
        state.complained_until = Some(now + time + COMPLAINT_MEMORY);
    }

    /// Whether a publisher said lately that it is asked too much.
    pub(super) fn has_complained(&self, publisher: &str) -> bool {
        let publishers = self.locked();
        publishers.get(publisher).and_then(|state| state.complained_until).is_some_and(|until| until > Instant::now())
    }

    /// Notes that a publisher is content: it answered as it should, in a turn of this process.
    pub(super) fn content(&self, publisher: &str) {
        let mut publishers = self.locked();
        if let Some(state) = publishers.get_mut(publisher).filter(|state| state.n_complaints > 0) {
            state.n_complaints = 0;
            drop(publishers);
            self.note_change(publisher, Counted::Here);
        }
    }

    /// What publishers have asked for since this was last asked.
    pub(super) fn news(&self) -> Vec<HostHold> {
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        if changed.is_empty() {
            return Vec::new();
        }
        let publishers = self.locked();
        let (now, clock) = (Instant::now(), Timestamp::now());
        let on_clock = |instant: Instant| {
            let wait = SignedDuration::try_from(instant.saturating_duration_since(now)).unwrap_or_default();
            clock.checked_add(wait).unwrap_or(Timestamp::MAX)
        };
        let holds = changed.into_iter().filter_map(|(publisher, counted)| {
            let state = publishers.get(&publisher)?;
            Some(HostHold {
                publisher,
                until: on_clock(state.free_from),
                n_complaints: state.n_complaints,
                complained_until: state.complained_until.filter(|until| *until > now).map(on_clock),
                is_borrowed: counted == Counted::ByLender,
            })
        });
        holds.collect()
    }

    /// Takes up what publishers have asked an earlier process for.
    pub(super) fn recall(&self, holds: Vec<HostHold>) {
        let mut publishers = self.locked();
        let (now, clock) = (Instant::now(), Timestamp::now());
        // A clock that was set back shall not make a wait longer than any is.
        let from_clock =
            |time: Timestamp| now + Duration::try_from(time.duration_since(clock)).unwrap_or_default().min(HELD_MAX);
        for hold in holds {
            let state = publishers.entry(hold.publisher).or_insert_with(Publisher::fresh);
            state.free_from = state.free_from.max(from_clock(hold.until));
            let complained_until = hold.complained_until.map(from_clock);
            if hold.is_borrowed {
                state.complained_until = state.complained_until.max(complained_until);
            } else {
                (state.n_complaints, state.complained_until) = (hold.n_complaints, complained_until);
            }
        }
    }

    fn note_change(&self, publisher: &str, counted: Counted) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = changed.entry(publisher.to_owned()).or_insert(counted);
        if counted == Counted::Here {
            *noted = counted;
        }
    }

    /// Sets a longer pause, as the publisher asked by `Crawl-delay`.
    pub(super) fn set_pause(&self, publisher: &str, pause: Duration) {
        let mut publishers = self.locked();
        let state = publishers.entry(publisher.to_owned()).or_insert_with(Publisher::fresh);
        state.own_pause = Some(pause);
        state.keep_pause(pause);
    }

    /// A longer pause that the publisher has asked for.
    pub(super) fn own_pause(&self, publisher: &str) -> Option<Duration> {
        self.locked().get(publisher).and_then(|state| state.own_pause)
    }

    /// Ends a publisher's peace early, without forgetting why it was.
    #[cfg(test)]
    pub(super) fn forgive(&self, publisher: &str) {
        if let Some(state) = self.locked().get_mut(publisher) {
            state.free_from = Instant::now();
        }
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
    /// Sees to it that so long a pause, or that which the publisher has asked for, lies behind its last turn.
    fn keep_pause(&mut self, pause: Duration) {
        if let Some(ended_at) = self.ended_at {
            self.free_from = self.free_from.max(ended_at + self.own_pause.unwrap_or_default().max(pause));
        }
    }

    fn fresh() -> Self {
        Publisher {
            n_in_work: 0,
            free_from: Instant::now(),
            ended_at: None,
            refused_until: Instant::now(),
            own_pause: None,
            n_complaints: 0,
            complained_until: None,
            looked_after_since: None,
            turn_ended: Arc::default(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut publishers = self.gate.locked();
        let now = Instant::now();
        if let Some(state) = publishers.get_mut(&self.publisher) {
            state.n_in_work -= 1;
            if self.counts {
                state.ended_at = Some(now);
            }
            let pause = state.own_pause.unwrap_or_default().max(self.pause);
            state.free_from = state.free_from.max(now + pause);
            state.turn_ended.notify_one();
        }
        if publishers.len() > REMEMBERED_MAX {
            publishers.retain(|_, state| {
                let last = state.free_from.max(state.refused_until).max(state.complained_until.unwrap_or(now));
                let is_remembered = last > now;
                state.n_in_work > 0 || is_remembered || state.own_pause.is_some()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> HostGate {
        HostGate::new(Duration::from_secs(2))
    }

    fn pace(pause_ms: u64, n_at_once: usize) -> Pace {
        Pace { pause: Duration::from_millis(pause_ms), n_at_once }
    }

    #[tokio::test(start_paused = true)]
    async fn turns_of_one_publisher_are_apart_and_those_of_others_are_not() {
        let (gate, pace) = (gate(), pace(1000, 1));
        let start = Instant::now();
        drop(gate.turn("a.example", pace, None).await.unwrap());
        drop(gate.turn("b.example", pace, None).await.unwrap());
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(gate.turn("a.example", pace, None).await.unwrap());
        assert_eq!(start.elapsed().as_millis() / 10, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_far_off_is_refused_with_its_time() {
        let (gate, pace) = (gate(), pace(0, 1));
        gate.hold("a.example", Duration::from_mins(1), Counted::Here);
        let busy = gate.turn("a.example", pace, None).await.unwrap_err();
        assert_eq!(busy.wait, Duration::from_mins(1));
        assert_eq!(gate.wait("a.example"), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_allowed_are_at_work_at_once() {
        let (gate, pace) = (gate(), pace(0, 2));
        let first = gate.turn("a.example", pace, None).await.unwrap();
        let _second = gate.turn("a.example", pace, None).await.unwrap();
        assert!(gate.turn("a.example", pace, None).await.is_err());
        drop(first);
        assert!(gate.turn("a.example", pace, None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_are_refused_come_one_after_the_other() {
        let (gate, pace) = (gate(), pace(1000, 1));
        let _turn = gate.turn("a.example", pace, None).await.unwrap();
        let mut waits = Vec::new();
        for _ in 0..4 {
            // Each has waited two seconds before it was refused.
            waits.push(gate.turn("a.example", pace, None).await.unwrap_err().wait.as_millis() / 100);
        }
        assert_eq!(waits, [10, 10, 10, 10]);
        let refuse_at_once = || gate.refuse("a.example", pace).wait.as_secs();
        assert_eq!([refuse_at_once(), refuse_at_once(), refuse_at_once()], [2, 3, 4]);
        (0..2000).for_each(|_| assert!(refuse_at_once() <= 600));
    }

    #[tokio::test(start_paused = true)]
    async fn complaints_bring_longer_peace_until_there_are_none() {
        let gate = gate();
        let left_s = || gate.wait("a.example").as_secs();
        let waits: Vec<u64> = (0..8)
            .map(|_| {
                gate.complaint("a.example", None, Counted::Here);
                left_s()
            })
            .collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert!(gate.has_complained("a.example") && !gate.has_complained("b.example"));
        tokio::time::advance(Duration::from_hours(1)).await;
        gate.content("a.example");
        gate.complaint("a.example", None, Counted::Here);
        assert_eq!(left_s(), 60);
        gate.complaint("a.example", Some(Duration::from_secs(7)), Counted::Here);
        assert_eq!(left_s(), 60);
        tokio::time::advance(Duration::from_hours(2)).await;
        assert!(!gate.has_complained("a.example"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_complaint_in_a_borrowed_turn_is_counted_by_the_lender_alone() {
        let (lender, borrower) = (gate(), gate());
        let minutes = |gate: &HostGate| gate.wait("a.example").as_secs().div_ceil(60);
        lender.complaint("a.example", None, Counted::Here);
        let told = lender.news();
        borrower.complaint("a.example", None, Counted::ByLender);
        borrower.complaint("a.example", None, Counted::ByLender);
        assert_eq!(minutes(&borrower), 1, "it leaves the host in peace, and counts nothing");
        assert!(borrower.has_complained("a.example"));
        let heard = borrower.news();
        assert!(heard.iter().all(|hold| hold.is_borrowed && hold.n_complaints == 0), "{heard:?}");
        // The lender gets to know by the writer too what it knows already.
        lender.recall(heard);
        lender.complaint("a.example", None, Counted::Here);
        assert_eq!(minutes(&lender), 2, "the second in a row");
        borrower.recall(told);
        borrower.complaint("a.example", None, Counted::ByLender);
        assert_eq!(minutes(&borrower), 2, "as the lender would count it");
        // As soon as the publisher is its own, it counts.
        borrower.complaint("a.example", None, Counted::Here);
        let [own] = borrower.news().try_into().expect("one publisher");
        assert!(!own.is_borrowed && own.n_complaints == 2, "{own:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_for_holds_in_the_next_process_too() {
        let first = gate();
        first.hold("held.example", Duration::from_hours(1), Counted::Here);
        first.complaint("busy.example", None, Counted::Here);
        first.complaint("busy.example", None, Counted::Here);
        first.complaint("content.example", None, Counted::Here);
        first.content("content.example");
        let news = first.news();
        assert_eq!(news.len(), 3);
        assert!(first.news().is_empty(), "told once");
        let second = gate();
        second.recall(news);
        let minutes = |publisher: &str| second.wait(publisher).as_secs().div_ceil(60);
        assert_eq!([minutes("held.example"), minutes("busy.example"), minutes("other.example")], [60, 2, 0]);
        assert!(second.has_complained("busy.example") && !second.has_complained("held.example"));
        second.complaint("busy.example", None, Counted::Here);
        assert_eq!(minutes("busy.example"), 4, "the third in a row");
        second.complaint("content.example", None, Counted::Here);
        assert_eq!(minutes("content.example"), 1, "the first in a row");
        assert!(second.turn("held.example", pace(10, 1), None).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_was_asked_for_is_kept() {
        let (gate, pace) = (gate(), pace(10, 1));
        gate.set_pause("a.example", Duration::from_secs(30));
        drop(gate.turn("a.example", pace, None).await.unwrap());
        assert_eq!(gate.wait("a.example"), Duration::from_secs(30));

        // One that is heard of later counts from the end of the turn before, but not from that by which it is heard of.
        let mut robots = gate.turn("d.example", pace, None).await.unwrap();
        robots.is_for_robots();
        drop(robots);
        gate.set_pause("d.example", Duration::from_secs(30));
        assert_eq!(gate.wait("d.example"), Duration::from_millis(10));
        drop(gate.turn("b.example", pace, None).await.unwrap());
        tokio::time::advance(Duration::from_secs(3)).await;
        gate.set_pause("b.example", Duration::from_secs(30));
        assert_eq!(gate.wait("b.example"), Duration::from_secs(27));
        drop(gate.turn("c.example", pace, None).await.unwrap());
        let slower = Pace { pause: Duration::from_secs(30), ..pace };
        assert!(gate.turn("c.example", slower, None).await.is_err());
        assert_eq!(gate.wait("c.example"), Duration::from_secs(30));
    }
}
