//! The shards that a worker looks after: its leases of them, kept by a task of its own.
//!
//! A worker wants its fair share of the shards, those for which it ranks first among the workers that announce themselves (rendezvous hashing,
//! Thaler and Ravishankar, 1998), and gives back what it has beyond that. Who wants a foreign shard reads its record as often as renewals are due;
//! the others do not look at it. What is given back passes at once, since no request is under way under it any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::bus::Shared;
use super::clock::Clock;
use super::lease::{Lease, Step, Terms};
use super::shard::{N_SHARDS, shard_of};

/// Between two announcements of a worker, and how long one that is not heard of counts as there.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(2);
const GONE_AFTER: Duration = Duration::from_secs(7);

/// A worker that has just come wants nothing before it has heard of the others.
const LISTENS_FOR: Duration = Duration::from_secs(5);

/// Questions to the store at one time.
const AT_ONCE: usize = 16;

/// Between two looks at what is due.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// How long requests that are under way are waited for at the end. What outlasts it has its lease run out.
const LEAVING_MAX: Duration = Duration::from_secs(10);

/// A shard that is held.
#[derive(Clone, Debug)]
pub struct Holding {
    /// How often it has changed hands.
    pub epoch: u64,
    /// Since when: nobody else has asked its hosts after that.
    pub since: Instant,
    /// Until when requests must have ended. It moves on with each renewal, and is over where the shard is lost.
    pub until: watch::Receiver<Instant>,
}

/// A request is under way as long as this lives.
#[derive(Debug)]
pub struct InUse {
    holdings: Holdings,
    shard: u8,
}

/// The shards of a worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Holdings {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    shards: Vec<Shard>,
    is_leaving_all: bool,
}

#[derive(Debug)]
struct Shard {
    lease: Lease,
    /// The tenure that is held: its epoch, since when, and its end.
    held: Option<(u64, Instant, watch::Sender<Instant>)>,
    n_in_use: usize,
    is_leaving: bool,
    /// Whether a question to the store is under way.
    is_asking: bool,
    not_before: Duration,
}

impl Holdings {
    /// Begins to look after shards under a name that no other worker has ever had. It goes on as long as the runtime lasts.
    #[must_use]
    pub fn begin(shared: Shared, me: String, terms: Terms, clock: Clock) -> Holdings {
        let untouched = || Shard {
            lease: Lease::new(me.clone(), terms),
            held: None,
            n_in_use: 0,
            is_leaving: false,
            is_asking: false,
            not_before: Duration::ZERO,
        };
        let state = State { shards: (0..N_SHARDS).map(|_| untouched()).collect(), is_leaving_all: false };
        let holdings = Holdings { state: Arc::new(Mutex::new(state)), changed: Arc::default(), clock };
        tokio::spawn(holdings.clone().keep(shared, me, terms));
        holdings
    }

    /// The tenure of a shard under which a request may begin now; nothing where it is not held.
    #[must_use]
    pub fn tenure(&self, shard: u8) -> Option<Holding> {
        let state = self.state();
        let shard = &state.shards[usize::from(shard)];
        shard.lease.may_ask(self.clock.now()).filter(|_| !shard.is_leaving)?;
        let (epoch, since, until) = shard.held.as_ref()?;
        Some(Holding { epoch: *epoch, since: *since, until: until.subscribe() })
    }

    /// Notes that a request begins. Nothing where none may.
    #[must_use]
    pub fn begin_request(&self, shard: u8) -> Option<InUse> {
        self.tenure(shard)?;
        let mut state = self.state();
        let one = &mut state.shards[usize::from(shard)];
        if one.is_leaving {
            return None;
        }
        one.n_in_use += 1;
        Some(InUse { holdings: self.clone(), shard })
    }

    /// The shards that are held, with their epochs.
    #[must_use]
    pub fn epochs(&self) -> Vec<(u8, u64)> {
        (0..=u8::MAX).filter_map(|shard| Some((shard, self.tenure(shard)?.epoch))).collect()
    }

    /// Ends when a shard was taken or lost since this was last asked.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Gives back all shards, once no request is under way, and takes no more.
    pub async fn leave_all(&self) {
        {
            let mut state = self.state();
            state.is_leaving_all = true;
            for shard in &mut state.shards {
                shard.is_leaving = true;
            }
        }
        let deadline = Instant::now() + LEAVING_MAX;
        while Instant::now() < deadline && self.state().shards.iter().any(|shard| shard.held.is_some()) {
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    /// Plays the leases.
    async fn keep(self, shared: Shared, me: String, terms: Terms) {
        let mut presence = shared.presence().await.ok();
        let began = Instant::now();
        let mut living: HashMap<String, Instant> = HashMap::new();
        let mut announced: Option<Instant> = None;
        let mut asking: JoinSet<()> = JoinSet::new();
        loop {
            if announced.is_none_or(|at| at.elapsed() >= ANNOUNCED_EVERY) && !self.state().is_leaving_all {
                shared.announce(&me).await;
                announced = Some(Instant::now());
            }
            while let Some(name) = presence.as_mut().and_then(|presence| presence.try_recv().ok()) {
                living.insert(name, Instant::now());
            }
            living.retain(|_, heard_at| heard_at.elapsed() < GONE_AFTER);
            living.insert(me.clone(), Instant::now());
            let wanted = if began.elapsed() < LISTENS_FOR { Vec::new() } else { share(&me, living.keys()) };
            self.want(&wanted);
            while asking.try_join_next().is_some() {}
            for (shard, step) in self.due(AT_ONCE.saturating_sub(asking.len())) {
                asking.spawn(self.clone().ask(shared.clone(), shard, step, terms.patience));
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    /// Says which shards are wanted. Others that are held are given back, as soon as nothing is under way under them.
    fn want(&self, wanted: &[bool]) {
        let mut state = self.state();
        let is_leaving_all = state.is_leaving_all;
        for (shard, is_wanted) in state.shards.iter_mut().zip(wanted.iter().chain(std::iter::repeat(&false))) {
            let is_wanted = *is_wanted && !is_leaving_all;
            shard.lease.want(is_wanted);
            shard.is_leaving = !is_wanted && (shard.held.is_some() || is_leaving_all);
            if shard.is_leaving && shard.n_in_use == 0 && shard.held.is_some() {
                shard.lease.leave();
                shard.lose();
                self.changed.notify_one();
            }
        }
    }

    /// What is to be asked of the store now.
    fn due(&self, n_max: usize) -> Vec<(u8, Step)> {
        let mut state = self.state();
        let now = self.clock.now();
        let mut due = Vec::new();
        for (number, shard) in (0..=u8::MAX).zip(state.shards.iter_mut()) {
            if due.len() >= n_max {
                break;
            }
            // A foreign record is looked at by those alone who want it.
            if shard.is_asking || now < shard.not_before || shard.is_at_rest() {
                continue;
            }
            let was_held = shard.held.is_some();
            match shard.lease.next(now) {
                Step::Wait(until) => shard.not_before = until,
                step => {
                    shard.is_asking = true;
                    due.push((number, step));
                }
            }
            if was_held && shard.lease.held().is_none() {
                shard.lose();
                self.changed.notify_one();
            }
        }
        due
    }

    async fn ask(self, shared: Shared, number: u8, step: Step, patience: Duration) {
        match step {
            Step::Wait(_) => {}
            Step::Read => {
                let entry = shared.read(number, patience).await;
                self.after(number, |lease, now| {
                    if let Ok(entry) = entry {
                        lease.read(now, entry);
                    }
                });
            }
            Step::Write(write) => {
                let outcome = shared.write(number, &write, patience).await;
                self.after(number, |lease, now| {
                    if let Ok(outcome) = outcome {
                        lease.written(now, write.number, outcome);
                    }
                });
            }
        }
    }

    /// Takes in an answer of the store.
    fn after(&self, number: u8, take_in: impl FnOnce(&mut Lease, Duration)) {
        let mut state = self.state();
        let now = self.clock.now();
        let shard = &mut state.shards[usize::from(number)];
        take_in(&mut shard.lease, now);
        (shard.is_asking, shard.not_before) = (false, Duration::ZERO);
        match shard.lease.held() {
            Some((epoch, until)) => {
                let until = Instant::now() + until.saturating_sub(now);
                match &shard.held {
                    Some((known, _, sender)) if *known == epoch => {
                        sender.send_replace(until);
                    }
                    _ => {
                        shard.lose();
                        shard.held = Some((epoch, Instant::now(), watch::Sender::new(until)));
                        self.changed.notify_one();
                    }
                }
            }
            None => {
                if shard.held.is_some() {
                    shard.lose();
                    self.changed.notify_one();
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Ends the tenure: what is under way under it is over.
    fn lose(&mut self) {
        if let Some((_, _, until)) = self.held.take() {
            until.send_replace(Instant::now());
        }
        self.is_leaving = false;
    }

    /// Whether there is nothing to ask of the store about it.
    fn is_at_rest(&self) -> bool {
        self.held.is_none() && self.lease.is_at_rest()
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut state = self.holdings.state();
        state.shards[usize::from(self.shard)].n_in_use -= 1;
    }
}

/// The shards that a worker is to look after among those that live: those of its rank, as many as its share.
fn share<'a>(me: &str, living: impl Iterator<Item = &'a String>) -> Vec<bool> {
    let living: Vec<&String> = living.collect();
    let most = N_SHARDS.div_ceil(living.len().max(1));
    let mut n_of: HashMap<&str, usize> = HashMap::new();
    (0..N_SHARDS)
        .map(|shard| {
            let mut ranked: Vec<&&String> = living.iter().collect();
            ranked.sort_by_key(|worker| (std::cmp::Reverse(weight(worker, shard)), **worker));
            // Who has its share already passes it on to the next.
            let taker = ranked.into_iter().find(|worker| n_of.get(worker.as_str()).copied().unwrap_or(0) < most);
            let Some(taker) = taker else { return false };
            *n_of.entry(taker.as_str()).or_default() += 1;
            taker.as_str() == me
        })
        .collect()
}

/// How much a worker is drawn to a shard.
fn weight(worker: &str, shard: usize) -> u32 {
    // Two hashes of eight bits that differ in what stands before are spread enough to tell some dozens of workers apart.
    let part = |salt: &str| u32::from(shard_of(&format!("{salt}{shard}/{worker}")));
    part("a") << 16 | part("b") << 8 | part("c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::memory::MemoryShared;

    fn holdings(shared: &Shared, me: &str) -> Holdings {
        Holdings::begin(shared.clone(), me.to_owned(), Terms::default(), Clock::Since(Instant::now()))
    }

    /// Lets time go on, and looks all the time that no shard has two owners. Returns how many shards each has then.
    async fn go_on(workers: &[&Holdings], time: Duration) -> Vec<usize> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(100)).await;
            for shard in 0..=u8::MAX {
                let owners = workers.iter().filter(|worker| worker.tenure(shard).is_some()).count();
                assert!(owners <= 1, "{owners} look after shard {shard}");
            }
        }
        workers.iter().map(|worker| worker.epochs().len()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn workers_part_the_shards_and_pass_them_on() {
        let shared = Shared::Memory(Arc::new(MemoryShared::default()));
        let (first, second) = (holdings(&shared, "a"), holdings(&shared, "b"));
        assert_eq!(go_on(&[&first, &second], Duration::from_mins(1)).await, [128, 128]);
        let third = holdings(&shared, "c");
        let counts = go_on(&[&first, &second, &third], Duration::from_mins(1)).await;
        assert_eq!((counts.iter().sum::<usize>(), counts.iter().max()), (N_SHARDS, Some(&86)), "{counts:?}");

        // What is under way keeps its shard until it has ended.
        let (number, epoch) = first.epochs()[0];
        let in_use = first.begin_request(number).expect("it is held");
        let leaving = tokio::spawn({
            let first = first.clone();
            async move { first.leave_all().await }
        });
        let counts = go_on(&[&first, &second, &third], Duration::from_secs(5)).await;
        assert_eq!(counts[0], 0, "nothing begins any more");
        assert!([&second, &third].iter().all(|worker| worker.tenure(number).is_none()));
        drop(in_use);
        leaving.await.expect("it has left");
        let counts = go_on(&[&first, &second, &third], Duration::from_secs(30)).await;
        assert_eq!(counts, [0, 128, 128]);
        let heir = [&second, &third].into_iter().find_map(|worker| worker.tenure(number)).expect("somebody has it");
        assert!(heir.epoch > epoch);
    }

    #[test]
    fn a_share_is_fair_and_moves_little() {
        let names = |n: usize| (0..n).map(|number| format!("worker-{number}")).collect::<Vec<_>>();
        let owners = |names: &[String]| {
            let shares: Vec<Vec<bool>> = names.iter().map(|name| share(name, names.iter())).collect();
            (0..N_SHARDS).map(|shard| shares.iter().position(|share| share[shard]).expect("one")).collect::<Vec<_>>()
        };
        let (four, five) = (owners(&names(4)), owners(&names(5)));
        for worker in 0..5 {
            assert!(five.iter().filter(|owner| **owner == worker).count() <= 52);
        }
        let n_moved = four.iter().zip(&five).filter(|(before, now)| before != now).count();
        assert!(n_moved < 120, "{n_moved} of {N_SHARDS} moved for a fifth of them");
    }
}
