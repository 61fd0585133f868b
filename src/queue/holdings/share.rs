//! Which shards a worker is to look after: its share among those that announce themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::warn;

/// Between two announcements of a worker, and how long one that is not heard of counts as there.
pub(super) const ANNOUNCED_EVERY: Duration = Duration::from_secs(2);
const GONE_AFTER: Duration = Duration::from_secs(7);

/// A worker that has just come wants nothing before it has heard of the others. It counts from when it hears itself.
const LISTENS_FOR: Duration = Duration::from_secs(5);

/// Workers that are counted, and bytes in the name of one: there are 256 shards to part.
const WORKERS_MAX: usize = 512;
const NAME_BYTES_MAX: usize = 300;

/// What a worker is to a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is to look after it.
    First,
    /// It is to do so where the first does not.
    Next,
    /// Others are.
    Other,
}

/// Who lives, as far as is heard.
///
/// Who does not hear itself knows nothing of others. So these are gone when they were not heard of while this worker heard itself, and one that is
/// cut off stays with the share that it has.
#[derive(Debug)]
pub(super) struct Living {
    me: String,
    heard_at: BTreeMap<String, Instant>,
    /// Since when this worker hears itself; while it does not, since when it would like to.
    hears_since: Instant,
    is_deaf: bool,
    /// Those among whom shards were parted last.
    parted_among: BTreeSet<String>,
}

impl Living {
    pub(super) fn new(me: &str, now: Instant) -> Living {
        let (heard_at, parted_among) = (BTreeMap::new(), BTreeSet::new());
        Living { me: me.to_owned(), heard_at, hears_since: now, is_deaf: false, parted_among }
    }

    pub(super) fn hear(&mut self, name: String, now: Instant) {
        let is_known = self.heard_at.contains_key(&name) || name == self.me;
        if name.len() > NAME_BYTES_MAX || !is_known && self.heard_at.len() >= WORKERS_MAX {
            return;
        }
        if name == self.me && self.heard_at.get(&name).is_none_or(|last| now - *last > 2 * ANNOUNCED_EVERY) {
            // The others were not to be heard either.
            for at in self.heard_at.values_mut() {
                *at = now;
            }
            self.hears_since = now;
            self.is_deaf = false;
        }
        self.heard_at.insert(name, now);
    }

    /// Who lives now, if others do than when this was last asked.
    pub(super) fn look(&mut self, now: Instant) -> Option<&BTreeSet<String>> {
        let heard_itself_at = self.heard_at.get(&self.me).copied();
        if now - heard_itself_at.unwrap_or(self.hears_since) > 2 * GONE_AFTER && !self.is_deaf {
            let me = &self.me;
            warn!(
                "worker {me} hears no worker announce itself, not even itself: its share of the hosts stays as it is until it does"
            );
            self.is_deaf = true;
        }
        let heard_itself_at = heard_itself_at?;
        self.heard_at.retain(|_, at| heard_itself_at.saturating_duration_since(*at) < GONE_AFTER);
        if now - self.hears_since < LISTENS_FOR || self.heard_at.keys().eq(self.parted_among.iter()) {
            return None;
        }
        self.parted_among = self.heard_at.keys().cloned().collect();
        Some(&self.parted_among)
    }
}

/// What a worker is to each shard among those that live: first as often as its share is, and rather where it ranks high.
pub(super) fn roles(me: &str, living: &BTreeSet<String>, n_shards: usize) -> Vec<Role> {
    let n_living = living.len().max(1);
    // So many have one more than the others.
    let (least, mut n_larger) = (n_shards / n_living, n_shards % n_living);
    let drawn = living.iter().flat_map(|worker| {
        let named = Sha256::new_with_prefix(worker);
        let shards = (0..=u8::MAX).take(n_shards);
        shards.map(move |shard| (named.clone().chain_update([shard]).finalize(), worker.as_str(), shard))
    });
    let mut drawn: Vec<_> = drawn.collect();
    drawn.sort_unstable();
    let mut n_of: HashMap<&str, usize> = HashMap::new();
    let mut firsts: Vec<Option<&str>> = vec![None; n_shards];
    // The strongest ties hold, whoever else is there; who has its share leaves the others to the next.
    for &(_, worker, shard) in &drawn {
        let (first, n) = (&mut firsts[usize::from(shard)], n_of.entry(worker).or_default());
        if first.is_none() && (*n < least || *n == least && n_larger > 0) {
            n_larger -= usize::from(*n == least);
            (*first, *n) = (Some(worker), *n + 1);
        }
    }
    let mut nexts: Vec<Option<&str>> = vec![None; n_shards];
    for &(_, worker, shard) in &drawn {
        let shard = usize::from(shard);
        if firsts[shard] != Some(worker) {
            nexts[shard].get_or_insert(worker);
        }
    }
    let roles = firsts.into_iter().zip(nexts).map(|(first, next)| match () {
        () if first == Some(me) => Role::First,
        () if next == Some(me) => Role::Next,
        () => Role::Other,
    });
    roles.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::shard::N_SHARDS;

    #[tokio::test(start_paused = true)]
    async fn who_hears_nothing_at_all_does_not_count_others_as_gone() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut living = Living::new("a", start);
        let mut names = |seconds, heard: &[&str]| {
            for name in heard {
                living.hear((*name).to_owned(), at(seconds));
            }
            living.look(at(seconds)).map(|names| names.iter().cloned().collect::<Vec<_>>().concat())
        };
        assert_eq!(names(1, &["a"]), None, "it has just come");
        assert_eq!(names(3, &["a", "b"]), None);
        assert_eq!(names(6, &["a"]), Some("ab".to_owned()));
        assert_eq!(names(9, &["a"]), None, "nobody came or went");
        assert_eq!(names(100, &[]), None, "deaf");
        assert_eq!(names(101, &["a"]), None, "the other was not to be heard either");
        assert_eq!(names(104, &["a"]), None);
        assert_eq!(names(107, &["a"]), None);
        assert_eq!(names(108, &["a"]), Some("a".to_owned()), "now it would have been");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_counted_and_whoever_counts_is_one_of_them() {
        let start = Instant::now();
        let mut living = Living::new("me", start);
        living.hear("g".repeat(NAME_BYTES_MAX + 1), start);
        for n in 0..3000 {
            living.hear(format!("ghost-{n}"), start);
        }
        assert_eq!(living.heard_at.len(), WORKERS_MAX);
        living.hear("me".to_owned(), start);
        let later = start + LISTENS_FOR;
        let names = living.look(later).expect("others are there");
        assert!(names.len() == WORKERS_MAX + 1 && names.contains("me") && names.contains("ghost-0"));
        // Who says no more leaves room for others.
        for second in 1..=GONE_AFTER.as_secs() {
            living.hear("me".to_owned(), start + Duration::from_secs(second));
        }
        assert_eq!(living.look(start + GONE_AFTER).map(BTreeSet::len), Some(1));
        living.hear("ghost-2999".to_owned(), start + GONE_AFTER);
        assert_eq!(living.look(start + GONE_AFTER).map(BTreeSet::len), Some(2));
    }

    #[test]
    fn a_share_is_fair_and_moves_little() {
        let names = |n: usize| (0..n).map(|number| format!("worker-{number}")).collect::<BTreeSet<_>>();
        let owners = |names: &BTreeSet<String>| {
            let shares: Vec<Vec<Role>> = names.iter().map(|name| roles(name, names, N_SHARDS)).collect();
            let of = |shard: usize| shares.iter().position(|share| share[shard] == Role::First).expect("one");
            (0..N_SHARDS).map(of).collect::<Vec<_>>()
        };
        for n in 1..9 {
            let (before, now) = (owners(&names(n)), owners(&names(n + 1)));
            let counts: Vec<usize> =
                (0..=n).map(|worker| now.iter().filter(|owner| **owner == worker).count()).collect();
            let most = N_SHARDS.div_ceil(n + 1);
            assert!(counts.iter().all(|count| most - count <= 1), "{counts:?}");
            let n_moved = before.iter().zip(&now).filter(|(before, now)| before != now).count();
            println!("{n} to {}: {n_moved} moved, of {most} that have to", n + 1);
            assert!(n_moved < most * 3 / 2, "{n_moved} of {N_SHARDS} moved, for {most} of them");
        }
    }
}
