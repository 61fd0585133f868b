//! The shards that a worker looks after: its leases of them, kept by a task of its own.
//!
//! A worker wants its fair share of the shards, those for which it ranks first among the workers that announce themselves (rendezvous hashing,
//! Thaler and Ravishankar, 1998), and gives back what it has beyond that. Who wants a foreign shard reads its record as often as renewals are due;
//! the others do not look at it. What is given back passes at once, since no request is under way under it any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::bus::Shared;
use super::clock::Clock;
use super::lease::{Lease, Step, Terms};
use super::shard::N_SHARDS;

/// Between two announcements of a worker, and how long one that is not heard of counts as there.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(2);
const GONE_AFTER: Duration = Duration::from_secs(7);

/// A worker that has just come wants nothing before it has heard of the others.
const LISTENS_FOR: Duration = Duration::from_secs(5);

/// Questions to the store at one time.
const AT_ONCE: usize = 16;

/// Between two looks at what is due.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// How long it is waited at the end for requests that are under way, and for the store. What outlasts it has its lease run out.
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
        let holdings = Holdings::new(&me, terms, clock);
        tokio::spawn(holdings.clone().keep(shared, me, terms));
        holdings
    }

    fn new(me: &str, terms: Terms, clock: Clock) -> Holdings {
        let untouched = || Shard {
            lease: Lease::new(me.to_owned(), terms),
            held: None,
            n_in_use: 0,
            is_leaving: false,
            is_asking: false,
            not_before: Duration::ZERO,
        };
        let state = State { shards: (0..N_SHARDS).map(|_| untouched()).collect(), is_leaving_all: false };
        Holdings { state: Arc::new(Mutex::new(state)), changed: Arc::default(), clock }
    }

    /// The tenure of a shard under which a request may begin now; nothing where it is not held.
    #[must_use]
    pub fn tenure(&self, shard: u8) -> Option<Holding> {
        self.state().shards[usize::from(shard)].tenure(self.clock.now())
    }

    /// Notes that a request begins. Nothing where none may.
    #[must_use]
    pub fn begin_request(&self, shard: u8) -> Option<InUse> {
        // Under one lock: what is given back has no request under way, and none that is about to be.
        let mut state = self.state();
        let one = &mut state.shards[usize::from(shard)];
        one.tenure(self.clock.now())?;
        one.n_in_use += 1;
        Some(InUse { holdings: self.clone(), shard })
    }

    /// The shards that are held, with their epochs.
    #[must_use]
    pub fn epochs(&self) -> Vec<(u8, u64)> {
        (0..=u8::MAX).filter_map(|shard| Some((shard, self.tenure(shard)?.epoch))).collect()
    }

    /// The shards that are held, those also under which nothing begins any more: what is under way is still to be heard of.
    #[must_use]
    pub fn held(&self) -> Vec<u8> {
        let state = self.state();
        (0..=u8::MAX).zip(&state.shards).filter_map(|(number, shard)| shard.held.is_some().then_some(number)).collect()
    }

    /// Ends when a shard was taken or lost since this was last asked.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Gives back all shards, once no request is under way, and takes no more. Comes back when the store has been told, or did not hear of it
    /// in time.
    pub async fn leave_all(&self) {
        {
            let mut state = self.state();
            state.is_leaving_all = true;
            for shard in &mut state.shards {
                shard.is_leaving = true;
            }
        }
        let deadline = Instant::now() + LEAVING_MAX;
        while Instant::now() < deadline && !self.state().shards.iter().all(Shard::is_done_with) {
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    /// Plays the leases.
    async fn keep(self, shared: Shared, me: String, terms: Terms) {
        let mut presence = shared.presence().await.ok();
        let began = Instant::now();
        let mut living: BTreeMap<String, Instant> = BTreeMap::new();
        let mut announced: Option<Instant> = None;
        let mut share_among: (BTreeSet<String>, Vec<bool>) = Default::default();
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
            if began.elapsed() >= LISTENS_FOR && !living.keys().eq(share_among.0.iter()) {
                let names: BTreeSet<String> = living.keys().cloned().collect();
                let wanted = share(&me, &names);
                share_among = (names, wanted);
            }
            self.want(&share_among.1);
            while asking.try_join_next().is_some() {}
            for (shard, step) in self.due(AT_ONCE.saturating_sub(asking.len())) {
                asking.spawn(self.clone().ask(shared.clone(), shard, step, terms.patience));
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_PAUSE) => {}
                // There may be more to ask than there was room for.
                Some(_) = asking.join_next(), if asking.len() >= AT_ONCE => {}
            }
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
            // A renewal that is under way would make another revision than the one that is to be replaced.
            if shard.is_leaving && shard.n_in_use == 0 && !shard.is_asking && shard.held.is_some() {
                shard.lease.leave();
                shard.lose();
                self.changed.notify_one();
            }
        }
    }

    /// What is to be asked of the store now, what has waited longest first: where the store is slow, no shard is always the last.
    fn due(&self, n_max: usize) -> Vec<(u8, Step)> {
        let mut state = self.state();
        let now = self.clock.now();
        // A foreign record is looked at by those alone who want it.
        let numbered = (0..=u8::MAX).zip(state.shards.iter_mut());
        let mut waiting: Vec<(u8, &mut Shard)> =
            numbered.filter(|(_, shard)| !shard.is_asking && shard.not_before <= now && !shard.is_at_rest()).collect();
        waiting.sort_by_key(|(_, shard)| shard.not_before);
        let mut due = Vec::new();
        for (number, shard) in waiting {
            if due.len() >= n_max {
                break;
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
    fn tenure(&self, now: Duration) -> Option<Holding> {
        self.lease.may_ask(now).filter(|_| !self.is_leaving)?;
        let (epoch, since, until) = self.held.as_ref()?;
        Some(Holding { epoch: *epoch, since: *since, until: until.subscribe() })
    }

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

    /// Whether the store knows, or will not know, that it is not held.
    fn is_done_with(&self) -> bool {
        !self.is_asking && self.is_at_rest()
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut state = self.holdings.state();
        state.shards[usize::from(self.shard)].n_in_use -= 1;
    }
}

/// The shards that a worker is to look after among those that live: as many as its share, and rather those for which it ranks high.
fn share(me: &str, living: &BTreeSet<String>) -> Vec<bool> {
    let most = N_SHARDS.div_ceil(living.len().max(1));
    let drawn = living.iter().flat_map(|worker| {
        let named = Sha256::new_with_prefix(worker);
        (0..=u8::MAX).map(move |shard| (named.clone().chain_update([shard]).finalize(), worker.as_str(), shard))
    });
    let mut drawn: Vec<_> = drawn.collect();
    drawn.sort_unstable();
    let mut n_of: HashMap<&str, usize> = HashMap::new();
    let mut owners: Vec<Option<&str>> = vec![None; N_SHARDS];
    // The strongest ties hold, whoever else is there; who has its share leaves the others to the next.
    for (_, worker, shard) in drawn {
        let (owner, n) = (&mut owners[usize::from(shard)], n_of.entry(worker).or_default());
        if owner.is_none() && *n < most {
            (*owner, *n) = (Some(worker), *n + 1);
        }
    }
    owners.into_iter().map(|owner| owner == Some(me)).collect()
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

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_is_so_in_the_store_before_the_process_ends() {
        let memory = Arc::new(MemoryShared::slow(Duration::from_millis(100), 1));
        let shared = Shared::Memory(memory);
        let alone = holdings(&shared, "a");
        assert_eq!(go_on(&[&alone], Duration::from_secs(40)).await, [256]);
        alone.leave_all().await;
        let mut n_kept = 0;
        for shard in 0..=u8::MAX {
            let entry = shared.read(shard, Duration::from_mins(1)).await.unwrap().expect("it was held");
            n_kept += usize::from(entry.record.owner.is_some());
        }
        // One question in thirty does not come through in time.
        assert!(n_kept < 30, "{n_kept} are not given back");
    }

    #[tokio::test(start_paused = true)]
    async fn one_worker_keeps_all_shards_where_the_store_is_slow() {
        let alone = holdings(&Shared::Memory(Arc::new(MemoryShared::slow(Duration::from_millis(500), 1))), "a");
        go_on(&[&alone], Duration::from_mins(1)).await;
        let before = alone.epochs();
        go_on(&[&alone], Duration::from_mins(3)).await;
        let after = alone.epochs();
        let n_lost = before.iter().filter(|held| !after.contains(held)).count();
        assert!(before.len() > 250 && n_lost <= 2, "of {} shards {n_lost} were lost", before.len());
    }

    /// One that stands still now and then, for longer than a lease lasts if need be.
    async fn keep_by_fits(holdings: Holdings, shared: Shared, me: String, seed: u64, terms: Terms) {
        let mut keep = std::pin::pin!(holdings.keep(shared, me, terms));
        for turn in 0_u64.. {
            let dice = (seed + turn).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            tokio::select! {
                () = &mut keep => return,
                () = tokio::time::sleep(Duration::from_millis(2000 + dice % 30_000)) => {}
            }
            tokio::time::sleep(Duration::from_millis(if dice % 3 == 0 { dice % 25_000 } else { dice % 300 })).await;
        }
    }

    /// Plays workers that come, stand still, leave and die over a slow store, and looks whose requests are under way. Returns how many were, and
    /// how many shards changed hands.
    async fn play(seed: u32, terms: Terms) -> Result<(usize, usize), String> {
        let shared = Shared::Memory(Arc::new(MemoryShared::slow(Duration::from_secs(1), seed)));
        let clock = Clock::Since(Instant::now());
        let workers: Vec<Holdings> =
            (0..4).map(|number| Holdings::new(&format!("worker {number}"), terms, clock)).collect();
        let mut tasks: Vec<Option<tokio::task::JoinHandle<()>>> = (0..4).map(|_| None).collect();
        let mut requests: HashMap<(usize, u8), (InUse, watch::Receiver<Instant>, Instant)> = HashMap::new();
        let mut last: HashMap<u8, usize> = HashMap::new();
        let (mut n_requests, mut n_moved) = (0, 0);
        for step in 0..2400_usize {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let number = step / 150 % 4;
            match step {
                0 | 150 | 300 | 450 => {
                    let (worker, name) = (workers[number].clone(), format!("worker {number}"));
                    let by_fits =
                        keep_by_fits(worker, shared.clone(), name, u64::from(seed) * 1000 + 100 * number as u64, terms);
                    tasks[number] = Some(tokio::spawn(by_fits));
                }
                // The second dies, the third leaves.
                1000 => tasks[1].take().expect("it lives").abort(),
                1500 => {
                    let third = workers[2].clone();
                    tokio::spawn(async move { third.leave_all().await });
                }
                _ => {}
            }
            let now = Instant::now();
            requests.retain(|_, (_, until, end)| *end > now && *until.borrow() > now);
            for shard in (0..=u8::MAX).skip(step % 5).step_by(5) {
                for (number, worker) in workers.iter().enumerate() {
                    let Some(in_use) = worker.begin_request(shard) else { continue };
                    let Some(tenure) = worker.tenure(shard) else {
                        return Err("a request without a tenure".to_owned());
                    };
                    if requests.keys().any(|(other, of)| *of == shard && *other != number) {
                        return Err(format!("two ask at {step}: shard {shard}"));
                    }
                    let takes = Duration::from_millis((step as u64 * 7919 + u64::from(shard) * 104_729) % 3000);
                    requests.insert((number, shard), (in_use, tenure.until, now + takes));
                    n_requests += 1;
                    n_moved += usize::from(last.insert(shard, number).is_some_and(|before| before != number));
                }
            }
        }
        Ok((n_requests, n_moved))
    }

    #[tokio::test(start_paused = true)]
    async fn no_two_workers_ask_under_one_shard_whatever_they_do() {
        for seed in 0..4 {
            let (n_requests, n_moved) = play(seed, Terms::default()).await.unwrap();
            println!("{n_requests} requests, {n_moved} moves");
            assert!(n_requests > 50_000 && n_moved > 200, "{n_requests} requests, {n_moved} moves");
        }
    }

    #[test]
    fn a_share_is_fair_and_moves_little() {
        let names = |n: usize| (0..n).map(|number| format!("worker-{number}")).collect::<BTreeSet<_>>();
        let owners = |names: &BTreeSet<String>| {
            let shares: Vec<Vec<bool>> = names.iter().map(|name| share(name, names)).collect();
            let of = |shard: usize| shares.iter().position(|share| share[shard]).expect("one");
            (0..N_SHARDS).map(of).collect::<Vec<_>>()
        };
        for n in 1..9 {
            let (before, now) = (owners(&names(n)), owners(&names(n + 1)));
            let counts = (0..=n).map(|worker| now.iter().filter(|owner| **owner == worker).count());
            let most = N_SHARDS.div_ceil(n + 1);
            assert!(counts.max() <= Some(most));
            let n_moved = before.iter().zip(&now).filter(|(before, now)| before != now).count();
            println!("{n} to {}: {n_moved} moved, of {most} that have to", n + 1);
            assert!(n_moved < most * 3 / 2, "{n_moved} of {N_SHARDS} moved, for {most} of them");
        }
    }
}
