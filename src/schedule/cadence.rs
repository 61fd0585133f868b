//! The next poll of a source that was polled well.

use jiff::Timestamp;

use crate::config::ScheduleSettings;
use crate::model::{PollFacts, SourceKind};

/// How the interval moves when a poll found news, and when it found none. Coming closer faster than moving away keeps
/// a source that starts to publish from being missed.
const CLOSER_PERCENT: u64 = 60;
const FARTHER_PERCENT: u64 = 140;

/// What the decision rests on besides what the poll found.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// The source's row, as the seed of the spread.
    pub source_id: i64,
    /// What it is.
    pub kind: SourceKind,
    /// Seconds between its last two due times; absent before its first poll.
    pub interval_s: Option<u32>,
}

/// The next due time and the interval, in seconds, that it came from.
///
/// The interval shrinks while polls bring news and grows while they bring none, between the settings' bounds. A poll in
/// which every entry was new, other than the first, may have missed some: the shortest interval follows. What the
/// document asks for (`ttl`, `max-age`) is a lower bound, as long as it is not above the longest interval.
#[must_use]
pub fn next_poll(settings: &ScheduleSettings, pulse: Pulse, facts: PollFacts, now: Timestamp) -> (Timestamp, u32) {
    if pulse.kind == SourceKind::Article {
        let seconds = settings.article_interval_s;
        return (super::later(now, seconds, settings.jitter_percent, seed(pulse, now)), seconds);
    }
    let scaled =
        |interval_s: u32, percent: u64| u32::try_from(u64::from(interval_s) * percent / 100).unwrap_or(u32::MAX);
    let wanted = match pulse.interval_s {
        None => settings.poll_interval_first_s,
        Some(_) if facts.n_new > 0 && facts.n_new == facts.n_entries => settings.poll_interval_min_s,
        Some(interval_s) if facts.n_new > 0 => scaled(interval_s, CLOSER_PERCENT),
        Some(interval_s) => scaled(interval_s, FARTHER_PERCENT),
    };
    let asked_for = facts.hints.ttl_s.max(facts.hints.max_age_s).unwrap_or(0);
    let interval_s = wanted.max(asked_for).clamp(settings.poll_interval_min_s, settings.poll_interval_max_s);
    (super::later(now, interval_s, settings.jitter_percent, seed(pulse, now)), interval_s)
}

fn seed(pulse: Pulse, now: Timestamp) -> u64 {
    pulse.source_id.unsigned_abs().wrapping_mul(1_000_003) ^ now.as_second().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::model::PollHints;

    fn check(interval_s: Option<u32>, n_new: u32, ttl_s: Option<u32>, expected_s: u32) {
        let settings = config::defaults().schedule;
        let pulse = Pulse { source_id: 1, kind: SourceKind::Feed, interval_s };
        let hints = PollHints { ttl_s, max_age_s: None };
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let (due, interval_s) = next_poll(&settings, pulse, PollFacts { n_entries: 20, n_new, hints }, now);
        assert_eq!(interval_s, expected_s);
        let wait_s = due.as_second() - now.as_second();
        let spread = i64::from(expected_s) / 10;
        assert!((wait_s - i64::from(expected_s)).abs() <= spread, "{wait_s} is not within {spread} of {expected_s}");
    }

    #[test]
    fn news_brings_the_next_poll_closer_and_silence_moves_it_away() {
        check(None, 20, None, 1800);
        check(Some(1800), 3, None, 1080);
        check(Some(1800), 0, None, 2520);
        check(Some(1800), 20, None, 300);
    }

    #[test]
    fn bounds_hold() {
        check(Some(310), 1, None, 300);
        check(Some(20_000), 0, None, 21_600);
        check(Some(1800), 3, Some(3600), 3600);
        check(Some(1800), 3, Some(10_000_000), 21_600);
    }

    #[test]
    fn sources_that_were_due_together_spread() {
        let settings = config::defaults().schedule;
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let due: std::collections::HashSet<i64> = (0..100)
            .map(|source_id| {
                let pulse = Pulse { source_id, kind: SourceKind::Feed, interval_s: Some(1800) };
                next_poll(&settings, pulse, PollFacts::default(), now).0.as_second()
            })
            .collect();
        assert!(due.len() > 50, "{} of 100 differ", due.len());
    }
}
