//! What hosts have said, kept with the writer, so that it holds for whoever asks them next.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::model::{HostHold, HostMemory, KnownRobots, publisher_of};

use super::wire::Task;

/// Robots.txt files that are kept, and holds. Those that are not believed any more go first, then any.
const KEPT_MAX: usize = 20_000;

/// Longer names of hosts are none.
const NAME_BYTES_MAX: usize = 300;

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
        let is_named = |name: &str| name.len() <= NAME_BYTES_MAX;
        for robots in memory.robots.iter().filter(|robots| is_named(&robots.origin)) {
            if robots.text.as_ref().is_ok_and(|text| text.len() > KnownRobots::KEPT_BYTES_MAX) {
                continue;
            }
            make_room(&mut self.robots, |robots| robots.expires_at);
            self.robots.insert(robots.origin.clone(), robots.clone());
        }
        for hold in memory.holds.iter().filter(|hold| is_named(&hold.publisher)) {
            make_room(&mut self.holds, |hold| hold.complained_until.unwrap_or(hold.until).max(hold.until));
            self.holds.insert(hold.publisher.clone(), hold.clone());
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
