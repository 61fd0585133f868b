//! Leases under clocks, networks and machines that do what they like.
//!
//! A schedule is played from a seed: workers whose clocks go at their own speed and began at their own time ask one store, whose answers take
//! as long as they like, get lost, come twice and out of order, and may be old; workers stand still for a while at any moment, the store is
//! away for a while, and forgets what is old. What is checked is what hosts see: requests of two workers at one time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

/// Nanoseconds of the time that nobody in the play knows.
type Instant = u64;

const SECOND: u64 = 1_000_000_000;

const TERMS: Terms = Terms {
    lasts: Duration::from_secs(15),
    renewed_every: Duration::from_secs(4),
    patience: Duration::from_secs(3),
    last_request: Duration::from_secs(2),
    drift_ppm: 50_000,
};

/// The store forgets a record that was not written for so long.
const FORGETS_AFTER: Instant = 40 * SECOND;

/// How long a schedule is.
const PLAYED: Instant = 240 * SECOND;

/// Reproducible dice: the `SplitMix64` generator.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn in_hundred(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    /// A time that is mostly short, and now and then as long as a lease and longer.
    fn time(&mut self) -> Instant {
        match self.below(20) {
            0 => self.below(30 * SECOND),
            1..5 => self.below(3 * SECOND),
            _ => self.below(SECOND / 10),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos().try_into().expect("some centuries")
}

struct Worker {
    lease: Lease,
    /// What its clock said at the beginning, and how fast it goes, in parts of a million.
    began_at: u64,
    speed_ppm: u64,
    stands_still_until: Instant,
    /// The last request that has begun, with its end.
    request: Option<(Instant, Instant)>,
}

impl Worker {
    fn clock(&self, now: Instant) -> Duration {
        Duration::from_nanos(
            self.began_at + now / 1_000_000 * self.speed_ppm + now % 1_000_000 * self.speed_ppm / 1_000_000,
        )
    }

    /// How long until its clock has gone so far.
    fn until(&self, moment: Duration, now: Instant) -> Instant {
        nanoseconds(moment.saturating_sub(self.clock(now))) / self.speed_ppm * 1_000_000 + 1_000_000
    }
}

enum Event {
    /// A worker looks what is to be done.
    Turn(usize),
    /// A question arrives at the store.
    AtStore(usize, Step),
    /// An answer arrives at a worker.
    Entry(usize, Option<Entry>),
    Written(usize, u64, Outcome),
    /// A worker would like to ask a host.
    Request(usize),
    /// What its operator does with it.
    StandStill(usize),
    Leave(usize),
}

/// What came about in some schedules.
#[derive(Debug, Default)]
struct Counts {
    requests: u64,
    /// Requests behind which another worker had asked.
    taken_over: u64,
    /// Requests beside that of another worker.
    together: u64,
}

struct Play {
    dice: Dice,
    workers: Vec<Worker>,
    events: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    pending: Vec<Option<Event>>,
    /// All states of the record, the last one last: a read may see one before.
    entries: Vec<(Instant, Option<Entry>)>,
    revision: u64,
    away_until: Instant,
    last_asker: Option<usize>,
    counts: Counts,
}

impl Play {
    /// The first worker goes by [`TERMS`], the others by those.
    fn new(seed: u64, terms: Terms) -> Play {
        let mut dice = Dice(seed);
        let n_workers = 2 + dice.below(3);
        let drift = u64::from(TERMS.drift_ppm);
        let workers = (0..n_workers).map(|number| {
            let mut lease = Lease::new(format!("worker {number}"), if number == 0 { TERMS } else { terms });
            lease.want(true);
            let speed_ppm = match dice.below(3) {
                0 => 1_000_000 - drift,
                1 => 1_000_000 + drift,
                _ => 1_000_000 - drift + dice.below(2 * drift),
            };
            Worker { lease, began_at: dice.below(1_000_000 * SECOND), speed_ppm, stands_still_until: 0, request: None }
        });
        let workers: Vec<Worker> = workers.collect();
        let mut play = Play {
            dice,
            workers,
            events: BinaryHeap::new(),
            pending: Vec::new(),
            entries: vec![(0, None)],
            revision: 0,
            away_until: 0,
            last_asker: None,
            counts: Counts::default(),
        };
        for number in 0..play.workers.len() {
            let begins = play.dice.below(20 * SECOND);
            play.at(begins, Event::Turn(number));
            play.at(begins, Event::Request(number));
            let still = play.dice.below(60 * SECOND);
            play.at(still, Event::StandStill(number));
            let leaves = play.dice.below(PLAYED);
            play.at(leaves, Event::Leave(number));
        }
        play
    }

    fn at(&mut self, at: Instant, event: Event) {
        self.pending.push(Some(event));
        self.events.push(Reverse((at, self.dice.next(), self.pending.len() - 1)));
    }

    /// Sends something, which may take long, get lost or come twice.
    fn send(&mut self, now: Instant, event: impl Fn() -> Event) {
        let n_copies = match self.dice.below(50) {
            0..4 => 0,
            4 => 2,
            _ => 1,
        };
        for _ in 0..n_copies {
            let at = now + self.dice.time();
            self.at(at, event());
        }
    }

    fn run(mut self) -> Counts {
        while let Some(Reverse((now, _, number))) = self.events.pop() {
            if now > PLAYED {
                break;
            }
            let Some(event) = self.pending[number].take() else { continue };
            let worker = match event {
                Event::AtStore(..) => None,
                Event::Turn(worker)
                | Event::Entry(worker, _)
                | Event::Written(worker, ..)
                | Event::Request(worker)
                | Event::StandStill(worker)
                | Event::Leave(worker) => Some(worker),
            };
            match worker.map(|worker| self.workers[worker].stands_still_until) {
                // Whatever comes meanwhile is met by it when it goes on, in any order.
                Some(until) if until > now => self.at(until, event),
                _ => self.happens(now, event),
            }
        }
        self.counts
    }

    fn happens(&mut self, now: Instant, event: Event) {
        match event {
            Event::Turn(number) => {
                let worker = &mut self.workers[number];
                let clock = worker.clock(now);
                match worker.lease.next(clock) {
                    Step::Wait(until) => {
                        let wait = worker.until(until, now);
                        // It may be woken late.
                        let late = self.dice.time();
                        self.at(now + wait + late, Event::Turn(number));
                    }
                    step => {
                        self.send(now, || Event::AtStore(number, step.clone()));
                        let soon = 1 + self.dice.below(SECOND / 100);
                        self.at(now + soon, Event::Turn(number));
                    }
                }
            }
            Event::AtStore(number, step) => self.ask_store(now, number, step),
            Event::Entry(number, entry) => {
                let clock = self.workers[number].clock(now);
                self.workers[number].lease.read(clock, entry);
            }
            Event::Written(number, write, outcome) => {
                let clock = self.workers[number].clock(now);
                self.workers[number].lease.written(clock, write, outcome);
            }
            Event::Request(number) => {
                self.request(now, number);
                let next = now + self.dice.below(SECOND / 2);
                self.at(next, Event::Request(number));
            }
            Event::StandStill(number) => {
                let still = self.dice.time() + self.dice.time();
                self.workers[number].stands_still_until = now + still;
                let next = now + still + self.dice.below(60 * SECOND);
                self.at(next, Event::StandStill(number));
            }
            Event::Leave(number) => match self.workers[number].request {
                Some((_, end)) if end > now => self.at(end, Event::Leave(number)),
                _ => {
                    self.workers[number].lease.leave();
                    self.workers[number].lease.want(self.dice.in_hundred(50));
                }
            },
        }
    }

    fn ask_store(&mut self, now: Instant, number: usize, step: Step) {
        if self.dice.below(300) == 0 {
            self.away_until = now + self.dice.below(40 * SECOND);
        }
        if now < self.away_until {
            return;
        }
        let forgets = self.entries.last().is_some_and(|(at, entry)| entry.is_some() && at + FORGETS_AFTER < now);
        if forgets {
            self.entries.push((now, None));
        }
        match step {
            Step::Wait(_) => {}
            Step::Read => {
                let mut seen = self.entries.len() - 1;
                if self.dice.in_hundred(10) {
                    seen -= usize::try_from(self.dice.below(3)).unwrap().min(seen);
                }
                let entry = self.entries[seen].1.clone();
                self.send(now, || Event::Entry(number, entry.clone()));
            }
            Step::Write(Write { number: write, replaces, record }) => {
                let standing = self.entries.last().and_then(|(_, entry)| entry.as_ref().map(|entry| entry.revision));
                let outcome = if standing == replaces {
                    self.revision += 1;
                    self.entries.push((now, Some(Entry { revision: self.revision, record })));
                    Outcome::Stored(self.revision)
                } else {
                    Outcome::Refused
                };
                self.send(now, || Event::Written(number, write, outcome));
            }
        }
    }

    /// A request begins if it may, and takes no longer than the last of a lease, whatever becomes of the worker.
    fn request(&mut self, now: Instant, number: usize) {
        let worker = &self.workers[number];
        if worker.lease.may_ask(worker.clock(now)).is_none() {
            return;
        }
        let longest = nanoseconds(TERMS.last_request) * (1_000_000 - u64::from(TERMS.drift_ppm)) / 1_000_000;
        let end = now + self.dice.below(longest);
        let others = self.workers.iter().enumerate().filter(|(other, _)| *other != number);
        let n_asking = others.filter(|(_, other)| other.request.is_some_and(|(_, end)| end > now)).count();
        self.counts.together += n_asking as u64;
        self.counts.requests += 1;
        self.counts.taken_over += u64::from(self.last_asker.replace(number).is_some_and(|last| last != number));
        let before = self.workers[number].request.map_or(0, |(_, end)| end);
        self.workers[number].request = Some((now, end.max(before)));
    }
}

/// Plays schedules until one has two workers that ask at one time. Returns which, and what came about until then.
fn play(n_schedules: u64, terms: Terms) -> (Option<u64>, Counts) {
    let mut all = Counts::default();
    for seed in 0..n_schedules {
        let Counts { requests, taken_over, together } = Play::new(seed, terms).run();
        all.requests += requests;
        all.taken_over += taken_over;
        if together > 0 {
            return (Some(seed), all);
        }
    }
    (None, all)
}

/// Plays as many schedules as `LEASES` says.
#[test]
fn no_two_workers_ask_at_one_time() {
    let n_schedules = std::env::var("LEASES").map_or(2000, |n| n.parse().expect("LEASES: a number"));
    let (found, counts) = play(n_schedules, TERMS);
    println!("{n_schedules} schedules: {counts:?}");
    assert_eq!(found, None, "two workers asked at one time in this schedule");
    // They did ask, and one after the other.
    assert!(counts.requests > 100 * n_schedules && counts.taken_over > n_schedules, "{counts:?}");
}

/// What the play is worth: it finds out each of the rules that is not kept.
#[test]
fn the_play_finds_who_does_not_keep_the_rules() {
    for (what, terms) in [
        ("takes a foreign lease too soon", Terms { lasts: TERMS.lasts / 2, ..TERMS }),
        ("believes clocks", Terms { drift_ppm: 0, ..TERMS }),
        ("begins requests up to the end", Terms { last_request: Duration::ZERO, ..TERMS }),
    ] {
        let (found, counts) = play(20_000, terms);
        println!("{what}: {found:?} after {counts:?}");
        assert!(found.is_some(), "who {what} is not found: {counts:?}");
    }
}
