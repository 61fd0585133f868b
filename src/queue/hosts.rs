//! What hosts have said, kept with the writer, so that it holds for whoever asks them next.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::{HostHold, HostMemory, KnownRobots, publisher_of};

use super::wire::Task;

/// Robots.txt files that are kept, and holds. Those that are not believed any more go first, then any.
const KEPT_MAX: usize = 20_000;

/// Longer names of hosts are none.
const NAME_BYTES_MAX: usize = 300;

/// Nor is a longer text the reason why a robots.txt could not be read.
const REASON_BYTES_MAX: usize = 2000;

/// Of each so many are taken from one report: a worker tells what it has heard since the last.
const REPORTED_MAX: usize = 1000;

/// Nothing that a host says holds longer: the longest `Retry-After` that is heeded, and what is remembered beyond it.
const HOLDS_MAX: SignedDuration = SignedDuration::from_hours(25);

/// Origins that a worker has been told the robots.txt of. Who was told of more is told again.
const TOLD_MAX: usize = 20_000;

/// What is known of hosts.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    robots: HashMap<String, KnownRobots>,
    holds: HashMap<String, HostHold>,
}

impl KnownHosts {
    pub(super) fn of(memory: &HostMemory) -> KnownHosts {
        let mut known = KnownHosts::default();
        known.take_in(memory);
        known
    }

    /// Takes up what hosts have said.
    pub(super) fn take_in(&mut self, memory: &HostMemory) {
        let latest = latest(Timestamp::now());
        for robots in memory.robots.iter().filter(|robots| is_kept(robots)) {
            make_room(&mut self.robots, |robots| robots.expires_at);
            self.robots.insert(robots.origin.clone(), robots_until(latest, robots.clone()));
        }
        for hold in memory.holds.iter().filter(|hold| is_named(&hold.publisher)) {
            make_room(&mut self.holds, |hold| hold.complained_until.unwrap_or(hold.until).max(hold.until));
            let hold = hold_until(latest, hold.clone()).after(self.holds.get(&hold.publisher));
            self.holds.insert(hold.publisher.clone(), hold);
        }
    }

    /// What is known of the host of a task. A robots.txt goes to a worker once: `told` is what it was told of.
    pub(super) fn about(&self, task: &Task, told: &mut HashSet<String>) -> HostMemory {
        let (url, publisher) = match task {
            Task::Poll(source) => (&source.url, publisher_of(&source.url)),
            Task::Article(candidate) => (candidate.url.as_url(), candidate.publisher.clone()),
        };
        if told.len() >= TOLD_MAX {
            told.clear();
        }
        let now = Timestamp::now();
        let origin = url.origin().ascii_serialization();
        let robots = self.robots.get(&origin).filter(|robots| robots.expires_at > now && told.insert(origin.clone()));
        let hold = self.holds.get(&publisher);
        HostMemory { robots: robots.into_iter().cloned().collect(), holds: hold.into_iter().cloned().collect() }
    }
}

/// Of what a worker says of hosts that which may be so: the next process goes by it too.
pub(super) fn believable(memory: HostMemory, now: Timestamp) -> HostMemory {
    let latest = latest(now);
    let (robots, holds) = (memory.robots.into_iter(), memory.holds.into_iter());
    HostMemory {
        robots: robots.filter(is_kept).take(REPORTED_MAX).map(|robots| robots_until(latest, robots)).collect(),
        holds: holds
            .filter(|hold| is_named(&hold.publisher))
            .take(REPORTED_MAX)
            .map(|hold| hold_until(latest, hold))
            .collect(),
    }
}

/// Until when anything holds that a host says now.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(HOLDS_MAX).unwrap_or(Timestamp::MAX)
}

fn robots_until(latest: Timestamp, robots: KnownRobots) -> KnownRobots {
    KnownRobots { expires_at: robots.expires_at.min(latest), ..robots }
}

fn hold_until(latest: Timestamp, hold: HostHold) -> HostHold {
    let complained_until = hold.complained_until.map(|until| until.min(latest));
    HostHold { until: hold.until.min(latest), complained_until, ..hold }
}

fn is_kept(robots: &KnownRobots) -> bool {
    let is_short = match &robots.text {
        Ok(text) => text.len() <= KnownRobots::KEPT_BYTES_MAX,
        Err(failure) => failure.reason.len() <= REASON_BYTES_MAX,
    };
    is_short && is_named(&robots.origin)
}

fn is_named(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
}

/// Makes room for one more: what is over goes first, then anything.
fn make_room<T>(kept: &mut HashMap<String, T>, until: impl Fn(&T) -> Timestamp) {
    if kept.len() < KEPT_MAX {
        return;
    }
    let now = Timestamp::now();
    kept.retain(|_, value| until(value) > now);
    if kept.len() >= KEPT_MAX
        && let Some(any) = kept.keys().next().cloned()
    {
        kept.remove(&any);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{ErrorClass, Failure};

    #[test]
    fn names_that_are_none_and_files_that_are_too_long_are_not_kept_and_of_the_others_so_many() {
        let soon = Timestamp::now() + Duration::from_hours(1);
        let robots = |origin: &str, text| KnownRobots { origin: origin.to_owned(), text, expires_at: soon };
        let hold = |publisher: &str| HostHold {
            publisher: publisher.to_owned(),
            until: soon,
            n_complaints: u32::MAX,
            complained_until: None,
            is_borrowed: false,
        };
        let (mut known, long) = (KnownHosts::default(), "h".repeat(NAME_BYTES_MAX + 1));
        let failure = Failure { class: ErrorClass::Dns, reason: String::new() };
        known.take_in(&HostMemory {
            robots: vec![
                robots(&long, Ok(Vec::new())),
                robots("https://long.example", Ok(vec![b'#'; KnownRobots::KEPT_BYTES_MAX + 1])),
                robots("https://paper.example", Err(failure)),
            ],
            holds: vec![hold(&long), hold("paper.example")],
        });
        let n_kept = |known: &KnownHosts| (known.robots.len(), known.holds.len());
        assert_eq!(n_kept(&known), (1, 1));
        for n in 0..KEPT_MAX + 1000 {
            let name = format!("host-{n}.example");
            known.take_in(&HostMemory { robots: vec![robots(&name, Ok(Vec::new()))], holds: vec![hold(&name)] });
        }
        assert_eq!(n_kept(&known), (KEPT_MAX, KEPT_MAX));
    }

    #[test]
    fn nothing_that_a_worker_says_of_a_host_holds_for_more_than_a_day() {
        let now = Timestamp::UNIX_EPOCH;
        let hold = |hours: i64| HostHold {
            publisher: "paper.example".to_owned(),
            until: now + SignedDuration::from_hours(hours),
            n_complaints: 1,
            complained_until: Some(now + SignedDuration::from_hours(2 * hours)),
            is_borrowed: false,
        };
        let robots = |origin: &str, hours: i64| KnownRobots {
            origin: origin.to_owned(),
            text: Ok(Vec::new()),
            expires_at: now + SignedDuration::from_hours(hours),
        };
        let long = "h".repeat(NAME_BYTES_MAX + 1);
        let told = HostMemory {
            robots: vec![
                robots("https://paper.example", 24),
                robots("https://paper.example", 90_000),
                robots(&long, 1),
            ],
            holds: vec![hold(1), hold(90_000), HostHold { publisher: long.clone(), ..hold(1) }],
        };
        let longest = HostHold { complained_until: Some(now + HOLDS_MAX), ..hold(25) };
        let expected = HostMemory {
            robots: vec![robots("https://paper.example", 24), robots("https://paper.example", 25)],
            holds: vec![hold(1), longest],
        };
        assert_eq!(believable(told, now), expected);
        let very_many = HostMemory { robots: vec![robots("o", 1); 90_000], holds: vec![hold(1); 90_000] };
        let taken = believable(very_many, now);
        assert_eq!((taken.robots.len(), taken.holds.len()), (REPORTED_MAX, REPORTED_MAX));
        // Nor in what the next worker is told.
        let mut known = KnownHosts::default();
        let at_the_end = HostHold { until: Timestamp::MAX, complained_until: Some(Timestamp::MAX), ..hold(1) };
        let robots = KnownRobots { expires_at: Timestamp::MAX, ..robots("o", 1) };
        known.take_in(&HostMemory { robots: vec![robots], holds: vec![at_the_end] });
        let (latest, kept) = (latest(Timestamp::now()), &known.holds["paper.example"]);
        assert!(kept.until <= latest && kept.complained_until <= Some(latest), "{kept:?}");
        assert!(known.robots["o"].expires_at <= latest);
    }

    #[test]
    fn what_a_borrower_heard_takes_back_nothing_of_what_the_owner_counts() {
        let now = Timestamp::now();
        let hold = |minutes: i64, n_complaints, is_borrowed| HostHold {
            publisher: "paper.example".to_owned(),
            until: now + SignedDuration::from_mins(minutes),
            n_complaints,
            complained_until: Some(now + SignedDuration::from_mins(2 * minutes)),
            is_borrowed,
        };
        let mut known = KnownHosts::default();
        let mut known_after = |hold: HostHold| {
            known.take_in(&HostMemory { robots: Vec::new(), holds: vec![hold] });
            known.holds["paper.example"].clone()
        };
        assert_eq!(known_after(hold(1, 0, true)), hold(1, 0, true), "nobody else has told anything");
        assert_eq!(known_after(hold(8, 4, false)), hold(8, 4, false));
        // Both tell of the same complaint, and the borrower's comes last.
        assert_eq!(known_after(hold(1, 0, true)), hold(8, 4, false));
        assert_eq!(known_after(hold(60, 0, true)), hold(60, 4, false), "of which the owner did not hear");
        assert_eq!(known_after(hold(2, 0, false)), hold(2, 0, false), "the host is content with the owner");
    }
}
