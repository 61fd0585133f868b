//! What a host's robots.txt says (RFC 9309), remembered for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Failure, KnownRobots};

use super::reservations;
use super::robots_rules::RobotsRules;

/// The product token that rules are looked up under.
pub(super) const PRODUCT_TOKEN: &str = "newswire";

/// How long a robots.txt that could not be read is taken to disallow everything before it is asked for again.
const UNREACHABLE_TIME: Duration = Duration::from_mins(10);

/// A robots.txt that was read.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What it says to us.
    pub(super) rules: RobotsRules,
    /// What it says against the training of models.
    pub(super) reservations: Vec<String>,
}

/// What is known of a host's robots.txt.
#[derive(Clone, Debug)]
pub(super) enum Rules {
    /// The file, read; or none, which allows everything.
    Known(Arc<Known>),
    /// The server failed: everything is disallowed until it answers.
    Unreachable(Failure),
}

/// A host's entry; its lock lets one request ask while the others wait for the answer.
type Entry = Arc<tokio::sync::Mutex<Option<(Rules, Instant)>>>;

/// The robots.txt files that were read lately.
#[derive(Clone, Debug)]
pub(super) struct RobotsCache {
    entries: Arc<Mutex<HashMap<String, Entry>>>,
    /// What an earlier process has read, by origin, until it is first asked for.
    earlier: Arc<Mutex<HashMap<String, KnownRobots>>>,
    /// What was read since it was last written down.
    news: Arc<Mutex<Vec<KnownRobots>>>,
    lifetime: Duration,
    n_max: usize,
}

impl RobotsCache {
    pub(super) fn new(lifetime: Duration, n_max: usize) -> Self {
        RobotsCache { entries: Arc::default(), earlier: Arc::default(), news: Arc::default(), lifetime, n_max }
    }

    /// The same files with other limits; what was read before is believed for as long as was said then.
    pub(super) fn believed_for(&self, lifetime: Duration, n_max: usize) -> Self {
        RobotsCache { lifetime, n_max, ..self.clone() }
    }

    /// The entry of an address's host. The caller locks it, looks with [`fresh`], and fills it when it is stale.
    pub(super) fn entry(&self, url: &Url) -> Entry {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.n_max {
            // Those in use are kept: somebody is about to fill or read them.
            let mut n_excess = entries.len() / 4 + 1;
            entries.retain(|_, entry| {
                let goes = n_excess > 0 && Arc::strong_count(entry) == 1;
                n_excess -= usize::from(goes);
                !goes
            });
        }
        entries.entry(url.origin().ascii_serialization()).or_default().clone()
    }

    /// What an address's host says in its robots.txt against the training of models, as far as that is known.
    pub(super) async fn reservations(&self, url: &Url) -> Vec<String> {
        match &*self.entry(url).lock().await {
            Some((Rules::Known(known), _)) => known.reservations.clone(),
            _ => Vec::new(),
        }
    }

    /// Takes up what an earlier process has read.
    pub(super) fn recall(&self, known: Vec<KnownRobots>) {
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut earlier, known.len(), self.n_max);
        earlier.extend(known.into_iter().take(self.n_max).map(|robots| (robots.origin.clone(), robots)));
    }

    /// Whether there is something that an earlier process has read at an address's host, and nobody has asked for yet.
    pub(super) fn is_recalled(&self, url: &Url) -> bool {
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        !earlier.is_empty() && earlier.contains_key(&url.origin().ascii_serialization())
    }

    /// What an earlier process has read at an address's host, once, and until when it is believed.
    pub(super) fn recalled(&self, url: &Url) -> Option<(Rules, Instant)> {
        let origin = url.origin().ascii_serialization();
        let robots = self.earlier.lock().unwrap_or_else(PoisonError::into_inner).remove(&origin)?;
        let left = Duration::try_from(robots.expires_at.duration_since(Timestamp::now())).ok()?;
        let rules = match robots.text {
            Ok(text) => parse(&text),
            Err(failure) => Rules::Unreachable(failure),
        };
        let lifetime = self.lifetime_of(&rules);
        Some((rules, Instant::now() + left.min(lifetime)))
    }

    /// Notes what was read at an address's host, or why nothing was, for the next process.
    pub(super) fn note(&self, url: &Url, text: Result<Vec<u8>, Failure>) {
        let lifetime = if text.is_ok() { self.lifetime } else { UNREACHABLE_TIME.min(self.lifetime) };
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or_default();
        let Ok(expires_at) = Timestamp::now().checked_add(lifetime) else { return };
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        if text.as_ref().is_ok_and(|text| text.len() > KnownRobots::KEPT_BYTES_MAX) {
            return;
        }
        if news.len() < self.n_max {
            news.push(KnownRobots { origin: url.origin().ascii_serialization(), text, expires_at });
        }
    }

    /// What was noted since this was last asked.
    pub(super) fn news(&self) -> Vec<KnownRobots> {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until when rules that were read now are believed.
    pub(super) fn expiry(&self, rules: &Rules) -> Instant {
        Instant::now() + self.lifetime_of(rules)
    }

    fn lifetime_of(&self, rules: &Rules) -> Duration {
        match rules {
            Rules::Known(_) => self.lifetime,
            Rules::Unreachable(_) => UNREACHABLE_TIME.min(self.lifetime),
        }
    }
}

/// Makes room for so many more that there are at most `n_max` then: what is not believed any more goes first, then what is not for long. It is asked
/// for again where it is needed.
fn make_room(earlier: &mut HashMap<String, KnownRobots>, n_more: usize, n_max: usize) {
    let n_kept = n_max.saturating_sub(n_more);
    if earlier.len() <= n_kept {
        return;
    }
    let now = Timestamp::now();
    earlier.retain(|_, robots| robots.expires_at > now);
    if earlier.len() <= n_kept {
        return;
    }
    // A quarter more goes, so that the next need not look at all again.
    let mut by_expiry: Vec<(Timestamp, String)> =
        earlier.values().map(|robots| (robots.expires_at, robots.origin.clone())).collect();
    by_expiry.sort_unstable();
    for (_, origin) in by_expiry.iter().take(earlier.len() - n_kept * 3 / 4) {
        earlier.remove(origin);
    }
}

/// The rules that are to hold, given what was known and what has been found out now. What can no longer be asked for goes
/// on as it was (RFC 9309, section 2.4).
pub(super) fn renewed(known: Option<&(Rules, Instant)>, found: Rules) -> Rules {
    match (known, found) {
        (Some((Rules::Known(before), _)), Rules::Unreachable(_)) => Rules::Known(before.clone()),
        (_, found) => found,
    }
}

/// The rules in an entry, unless they are too old.
pub(super) fn fresh(entry: Option<&(Rules, Instant)>) -> Option<Rules> {
    entry.filter(|(_, expiry)| *expiry > Instant::now()).map(|(rules, _)| rules.clone())
}

/// Reads a robots.txt for our product token.
pub(super) fn parse(bytes: &[u8]) -> Rules {
    Rules::Known(Arc::new(Known {
        rules: RobotsRules::parse(bytes, PRODUCT_TOKEN),
        reservations: reservations::of_robots(bytes),
    }))
}

/// The rules where there is no robots.txt.
pub(super) fn allow_all() -> Rules {
    Rules::Known(Arc::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorClass;

    fn failure() -> Failure {
        Failure { class: ErrorClass::Http5xx, reason: "the server answered 503".to_owned() }
    }

    #[test]
    fn rules_outlive_a_server_that_fails_but_not_one_that_answers() {
        let known = parse(b"User-agent: *\nDisallow: /a");
        let (entry, unreachable) = ((known, Instant::now()), || Rules::Unreachable(failure()));
        let allows = |rules: Rules| match rules {
            Rules::Known(known) => Some(known.rules.allows_path("/a")),
            Rules::Unreachable(_) => None,
        };
        assert_eq!(allows(renewed(Some(&entry), unreachable())), Some(false));
        assert_eq!(allows(renewed(Some(&entry), allow_all())), Some(true));
        assert_eq!(allows(renewed(None, unreachable())), None);
        assert_eq!(allows(renewed(Some(&(unreachable(), Instant::now())), unreachable())), None);
    }

    #[test]
    fn what_an_earlier_process_has_read_is_believed_for_its_time() {
        let url = Url::parse("https://paper.example/a?b").unwrap();
        let first = RobotsCache::new(Duration::from_hours(2), 10);
        first.note(&url, Ok(b"User-agent: *\nDisallow: /a".to_vec()));
        first.note(&Url::parse("https://large.example/").unwrap(), Ok(vec![b'#'; KnownRobots::KEPT_BYTES_MAX + 1]));
        let mut news = first.news();
        assert_eq!((news.len(), news[0].origin.as_str()), (1, "https://paper.example"));
        assert!(first.news().is_empty(), "told once");
        news.push(KnownRobots {
            origin: "https://late.example".to_owned(),
            text: Ok(Vec::new()),
            expires_at: Timestamp::now() - SignedDuration::from_secs(1),
        });
        // The setting has been lowered meanwhile.
        let second = RobotsCache::new(Duration::from_hours(1), 10);
        second.recall(news);
        assert!(second.recalled(&Url::parse("https://late.example/").unwrap()).is_none());
        assert!(second.recalled(&Url::parse("http://paper.example/a").unwrap()).is_none(), "another origin");
        let (rules, expiry) = second.recalled(&url).unwrap();
        assert!(matches!(rules, Rules::Known(known) if !known.rules.allows(&url)));
        assert_eq!(expiry.duration_since(Instant::now()).as_secs().div_ceil(60), 60);
        assert!(second.recalled(&url).is_none(), "once");
    }

    #[test]
    fn of_what_others_have_read_so_much_is_kept_as_of_what_this_process_has_and_the_latest_of_it() {
        let cache = RobotsCache::new(Duration::from_hours(2), 100);
        let (now, minute) = (Timestamp::now(), SignedDuration::from_mins(1));
        let robots = |n: i32, minutes: i32| KnownRobots {
            origin: format!("https://paper-{n}.example"),
            text: Ok(Vec::new()),
            expires_at: now + minute * minutes,
        };
        let n_kept = || cache.earlier.lock().unwrap().len();
        let is_kept = |n: i32| cache.is_recalled(&format!("https://paper-{n}.example/").parse().unwrap());
        // A worker is told of one after another.
        for n in 0..10_000 {
            cache.recall(vec![robots(n, if n % 2 == 0 { 30 } else { -1 })]);
            assert!(n_kept() <= 100 && is_kept(n), "{n}");
        }
        assert!(n_kept() > 50);
        cache.recall((0..1000).map(|n| robots(n, 60)).collect());
        assert_eq!(n_kept(), 100);
        // What is believed for the longest time stays.
        cache.recall(vec![robots(5000, 10)]);
        assert!(is_kept(5000) && !is_kept(9998));
        cache.recall((6000..6060).map(|n| robots(n, 20)).collect());
        assert!(!is_kept(5000) && is_kept(6000) && n_kept() <= 100);
    }

    #[test]
    fn that_it_could_not_be_read_is_known_to_the_next_process_for_as_long() {
        let url = Url::parse("https://down.example/a").unwrap();
        let first = RobotsCache::new(Duration::from_hours(2), 10);
        first.note(&url, Err(failure()));
        let second = RobotsCache::new(Duration::from_hours(2), 10);
        second.recall(first.news());
        let (rules, expiry) = second.recalled(&url).unwrap();
        assert!(matches!(rules, Rules::Unreachable(known) if known == failure()));
        assert_eq!(expiry.duration_since(Instant::now()).as_secs().div_ceil(60), 10);
    }

    #[test]
    fn what_could_not_be_read_is_asked_for_again_sooner() {
        let cache = RobotsCache::new(Duration::from_hours(24), 10);
        let lifetime = |rules: Rules| cache.expiry(&rules).duration_since(Instant::now()).as_secs().div_ceil(60);
        assert_eq!(lifetime(allow_all()), 24 * 60);
        assert_eq!(lifetime(Rules::Unreachable(failure())), 10);
    }
}
