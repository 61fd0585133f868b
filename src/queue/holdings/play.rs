//! Workers that part shards over a store that is slow, loses answers, refuses questions and is away for one of them, while they stand still, die,
//! leave and come. What is looked at all the time is whether two hold a shard, or ask under it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinHandle;

use super::*;
use crate::queue::memory::MemoryShared;

/// How often it is looked.
const TICK: Duration = Duration::from_millis(100);

/// Some workers on one store, each with its own way to it.
struct Cluster {
    first_way: MemoryShared,
    clock: Clock,
    n_shards: usize,
    workers: Vec<Worker>,
    /// Who held each shard last, and how often one came to another.
    last: HashMap<u8, usize>,
    n_moves: usize,
}

struct Worker {
    way: Arc<MemoryShared>,
    holdings: Holdings,
    keeping: JoinHandle<()>,
}

impl Cluster {
    fn new(first_way: MemoryShared, n_shards: usize) -> Cluster {
        let clock = Clock::Since(Instant::now());
        Cluster { first_way, clock, n_shards, workers: Vec::new(), last: HashMap::new(), n_moves: 0 }
    }

    /// Has another worker come. With dice, it stands still now and then.
    fn join(&mut self, terms: Terms, dice: Option<u64>) -> usize {
        let number = self.workers.len();
        let me = format!("worker {number}");
        let seed = u32::try_from(dice.unwrap_or(0) * 16 + number as u64).expect("few schedules");
        let way = Arc::new(self.first_way.another_way(seed));
        let holdings = Holdings::new(&me, terms, self.clock, self.n_shards);
        let keep = holdings.clone().keep(Shared::Memory(Arc::clone(&way)), me, terms);
        let keeping = match dice {
            Some(dice) => tokio::spawn(by_fits(keep, dice + number as u64 * 1000)),
            None => tokio::spawn(keep),
        };
        self.workers.push(Worker { way, holdings, keeping });
        number
    }

    /// How many shards each worker holds.
    fn counts(&self) -> Vec<usize> {
        self.workers.iter().map(|worker| worker.holdings.epochs().len()).collect()
    }

    /// Looks who holds what.
    fn look(&mut self) -> Result<(), String> {
        let mut held: HashMap<u8, usize> = HashMap::new();
        for (number, worker) in self.workers.iter().enumerate() {
            for (shard, _) in worker.holdings.epochs() {
                if let Some(other) = held.insert(shard, number) {
                    return Err(format!("workers {other} and {number} hold shard {shard}"));
                }
                let before = self.last.insert(shard, number);
                self.n_moves += usize::from(before.is_some_and(|before| before != number));
            }
        }
        Ok(())
    }

    /// Lets time go on until it is as is wished. Returns how long that took.
    async fn until(&mut self, at_most: Duration, mut is_so: impl FnMut(&Cluster) -> bool) -> Duration {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < at_most, "it is not so after {at_most:?}: {:?}", self.counts());
            tokio::time::sleep(TICK).await;
            self.look().unwrap();
        }
        began.elapsed()
    }

    async fn go_on(&mut self, time: Duration) {
        let end = Instant::now() + time;
        self.until(time + TICK, |_| Instant::now() >= end).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.keeping.abort();
        }
    }
}

/// Something that stands still now and then, for longer than a lease lasts if need be.
async fn by_fits(doing: impl Future<Output = ()>, dice: u64) {
    let mut doing = std::pin::pin!(doing);
    for turn in 0_u64.. {
        let dice = (dice + turn).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        tokio::select! {
            () = &mut doing => return,
            () = tokio::time::sleep(Duration::from_millis(2000 + dice % 30_000)) => {}
        }
        tokio::time::sleep(Duration::from_millis(if dice.is_multiple_of(3) { dice % 25_000 } else { dice % 300 }))
            .await;
    }
}

fn even(counts: &[usize], n_shards: usize) -> bool {
    let (least, most) = (n_shards / counts.len(), n_shards.div_ceil(counts.len()));
    counts.iter().sum::<usize>() == n_shards && counts.iter().all(|count| (least..=most).contains(count))
}

#[tokio::test(start_paused = true)]
async fn who_dies_leaves_or_is_cut_off_is_replaced_and_who_comes_gets_its_share() {
    let mut cluster = Cluster::new(MemoryShared::default(), N_SHARDS);
    for _ in 0..3 {
        cluster.join(Terms::default(), None);
    }
    let start = cluster.until(Duration::from_secs(30), |all| even(&all.counts(), N_SHARDS)).await;

    // At rest.
    let before: Vec<(u64, u64)> = cluster.workers.iter().map(|worker| worker.way.questions()).collect();
    cluster.go_on(Duration::from_mins(2)).await;
    let now = cluster.workers.iter().map(|worker| worker.way.questions());
    let (reads, writes) =
        now.zip(before).fold((0, 0), |sum, (now, then)| (sum.0 + now.0 - then.0, sum.1 + now.1 - then.1));
    println!("even after {start:?}; at rest {} reads/s, {} writes/s", reads / 120, writes / 120);
    assert!(reads <= 26 * 120 && writes <= 65 * 120, "{reads} reads, {writes} writes in 120 s");
    assert_eq!(cluster.n_moves, 0, "nothing moves while all are there");

    // One dies.
    cluster.workers[0].keeping.abort();
    let died = cluster.until(Duration::from_secs(30), |all| even(&all.counts()[1..], N_SHARDS)).await;
    let n_died = std::mem::take(&mut cluster.n_moves);

    // One comes.
    cluster.join(Terms::default(), None);
    let came = cluster.until(Duration::from_secs(30), |all| even(&all.counts()[1..], N_SHARDS)).await;
    let n_came = std::mem::take(&mut cluster.n_moves);

    // One leaves.
    let leaving = cluster.workers[1].holdings.clone();
    tokio::spawn(async move { leaving.leave_all().await });
    let left = cluster.until(Duration::from_secs(15), |all| even(&all.counts()[2..], N_SHARDS)).await;
    cluster.n_moves = 0;

    // One is cut off for a while, and comes back. (That no tenures overlap is looked at all the time.)
    cluster.workers[2].way.cut_off(true);
    let cut_off = cluster.until(Duration::from_secs(30), |all| all.counts()[3] == N_SHARDS).await;
    let n_cut_off = std::mem::take(&mut cluster.n_moves);
    cluster.workers[2].way.cut_off(false);
    let back = cluster.until(Duration::from_secs(30), |all| even(&all.counts()[2..], N_SHARDS)).await;
    println!(
        "died {died:?} ({n_died} moves); came {came:?} ({n_came}); left {left:?}; cut off {cut_off:?} ({n_cut_off}); back {back:?}"
    );
    assert!(n_died < 160 && n_came < 120 && n_cut_off == 128, "{n_died}, {n_came}, {n_cut_off} moves");
}

#[tokio::test(start_paused = true)]
async fn the_next_stands_in_for_one_that_is_there_and_takes_nothing() {
    let mut cluster = Cluster::new(MemoryShared::default(), 16);
    cluster.join(Terms::default(), None);
    // It announces itself, and does no more.
    let (way, name) = (Shared::Memory(Arc::new(cluster.first_way.another_way(9))), "one that does nothing");
    let announcing = tokio::spawn(async move {
        loop {
            way.announce(name).await;
            tokio::time::sleep(ANNOUNCED_EVERY).await;
        }
    });
    let all = cluster.until(Duration::from_mins(1), |all| all.counts() == [16]).await;
    println!("all are looked after, after {all:?}");
    // It looks whether the other takes it, and goes on.
    cluster.until(Duration::from_mins(2), |all| all.counts() == [8]).await;
    cluster.until(Duration::from_mins(1), |all| all.counts() == [16]).await;
    announcing.abort();
    cluster.go_on(Duration::from_secs(30)).await;
    assert_eq!(cluster.counts(), [16]);
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_when_the_machine_slept_is_over_when_it_wakes() {
    static SLEPT: AtomicU64 = AtomicU64::new(0);
    let mut cluster = Cluster::new(MemoryShared::default(), 4);
    cluster.clock = Clock::Asleep(Instant::now(), &SLEPT);
    cluster.join(Terms::default(), None);
    cluster.until(Duration::from_secs(30), |all| all.counts() == [4]).await;
    let holdings = cluster.workers[0].holdings.clone();
    let (tenure, in_use) = (holdings.tenure(0).expect("it is held"), holdings.begin_request(0));
    // Questions that are under way are not answered.
    cluster.workers[0].way.cut_off(true);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(*tenure.until.borrow() > Instant::now());
    SLEPT.store(3_600_000, Ordering::Relaxed);
    assert!(holdings.tenure(0).is_none() && holdings.begin_request(0).is_none());
    tokio::time::sleep(LOOK_PAUSE + Duration::from_millis(10)).await;
    assert!(*tenure.until.borrow() <= Instant::now(), "its lease ran out while the machine slept");
    drop(in_use);
}

/// One that is under way.
struct Request {
    _in_use: InUse,
    /// When it is to have ended, and what was said of that when it began.
    until: watch::Receiver<Instant>,
    promised: Instant,
    /// When it ends if nobody hinders it.
    end: Instant,
}

/// What came about in a schedule.
#[derive(Debug, Default)]
struct Counts {
    requests: usize,
    moves: usize,
}

/// Plays a schedule, and looks whose requests are under way. What each worker believes of leases is `terms`.
async fn play(seed: u64, terms: &[Terms; 4]) -> Result<Counts, String> {
    let mut cluster = Cluster::new(MemoryShared::slow(Duration::from_secs(1), 0), 6);
    let mut requests: HashMap<(u8, usize), Request> = HashMap::new();
    let mut n_requests = 0;
    let mut dice = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1;
    for step in 0..1500_usize {
        tokio::time::sleep(TICK).await;
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = usize::try_from(dice >> 40).expect("24 bits");
        match step {
            0 | 50 | 100 | 400 => {
                cluster.join(terms[cluster.workers.len()], Some(seed));
            }
            // The second dies, the third leaves.
            900 => cluster.workers[1].keeping.abort(),
            1200 => {
                let third = cluster.workers[2].holdings.clone();
                tokio::spawn(async move { third.leave_all().await });
            }
            // One is cut off, or is no longer.
            _ if drawn % 70 == 0 => {
                let worker = &cluster.workers[drawn / 70 % cluster.workers.len()];
                worker.way.cut_off(drawn / 700 % 3 == 0);
            }
            _ => {}
        }
        cluster.look()?;
        let now = Instant::now();
        requests.retain(|_, request| request.end > now);
        if requests.values().any(|request| *request.until.borrow() < request.promised) {
            return Err(format!("a request is cut short at step {step}"));
        }
        requests.retain(|_, request| *request.until.borrow() > now);
        for shard in 0..6 {
            for (number, worker) in cluster.workers.iter().enumerate() {
                let Some(in_use) = worker.holdings.begin_request(shard) else { continue };
                let Some(tenure) = worker.holdings.tenure(shard) else {
                    return Err("a request without a tenure".to_owned());
                };
                if requests.keys().any(|(of, other)| *of == shard && *other != number) {
                    return Err(format!("two ask at step {step} under shard {shard}"));
                }
                let takes = Duration::from_millis((drawn as u64 * 7919 + u64::from(shard) * 1049) % 6000);
                let promised = *tenure.until.borrow();
                let request = Request { _in_use: in_use, until: tenure.until, promised, end: now + takes };
                requests.entry((shard, number)).or_insert(request);
                n_requests += 1;
            }
        }
    }
    Ok(Counts { requests: n_requests, moves: cluster.n_moves })
}

#[tokio::test(start_paused = true)]
async fn no_two_workers_hold_a_shard_or_ask_under_it_whatever_happens() {
    let mut sum = Counts::default();
    for seed in 0..SEEDS {
        let counts = play(seed, &[Terms::default(); 4]).await.unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        sum.requests += counts.requests;
        sum.moves += counts.moves;
    }
    println!("{SEEDS} schedules: {sum:?}");
    assert!(sum.requests > 2000 * 200 && sum.moves > 7 * 200, "{sum:?}");
}

/// Schedules that are played.
const SEEDS: u64 = 200;

#[tokio::test(start_paused = true)]
async fn the_play_finds_a_worker_that_waits_too_short() {
    let hasty = Terms { lasts: Duration::from_secs(6), ..Terms::default() };
    let mut terms = [Terms::default(); 4];
    terms[3] = hasty;
    let mut n_found = 0;
    for seed in 0..20 {
        n_found += usize::from(play(seed, &terms).await.is_err());
    }
    println!("found in {n_found} of 20");
    assert!(n_found > 0, "nothing was found");
}
