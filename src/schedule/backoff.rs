//! The next try after a failure.

use jiff::{SignedDuration, Timestamp};

use crate::config::ScheduleSettings;
use crate::model::Retry;

/// Deaths of a process after which what it had in its hands waits before it is tried again. One is chance.
pub const DEATHS_AT_ONCE_MAX: u32 = 1;

/// When to try an article's page again after the `failures`th failure in a row; absent when it is given up. `listed_at` is
/// the earliest time from which the article is known, by its source's word or by when it was listed.
#[must_use]
pub fn next_article_try(
    settings: &ScheduleSettings,
    failures: u32,
    retry: Retry,
    listed_at: Timestamp,
    seed: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let young_for = SignedDuration::from_secs(i64::from(settings.article_young_s));
    let retry = match retry {
        Retry::WhileYoung if now.duration_since(listed_at) < young_for => Retry::Backoff,
        Retry::WhileYoung => Retry::Never,
        other => other,
    };
    next_try(settings, failures, retry, seed, now).filter(|_| failures < settings.article_attempts_max)
}

/// When to try an article's page again that was given up, and that a source still lists: as after one more failure, so
/// ever more seldom.
#[must_use]
pub fn next_try_when_listed(settings: &ScheduleSettings, failures: u32, seed: u64, tried_at: Timestamp) -> Timestamp {
    next_try(settings, failures, Retry::Backoff, seed, tried_at).unwrap_or(tried_at)
}

/// When to try again after the `failures`th failure in a row (1 for the first); absent when there is no point.
///
/// The wait doubles with each failure up to the longest. A server's own `Retry-After` counts as it is, up to the longest
/// wait; from the second failure on it is believed only if it is not shorter than what the failure before brought, since
/// some servers say a second for ever.
#[must_use]
pub fn next_try(
    settings: &ScheduleSettings,
    failures: u32,
    retry: Retry,
    seed: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let backoff_s = |failures: u32| {
        let doublings = failures.saturating_sub(1).min(20);
        settings.backoff_min_s.saturating_mul(1 << doublings).min(settings.backoff_max_s)
    };
    let wait_s = match retry {
        Retry::Never => return None,
        Retry::After(delay) => {
            let least_s = if failures > 1 { backoff_s(failures - 1) } else { 1 };
            u32::try_from(delay.as_secs()).unwrap_or(u32::MAX).clamp(least_s, settings.backoff_max_s)
        }
        Retry::Backoff | Retry::WhileYoung => backoff_s(failures),
    };
    // A time that the server named is not shortened by the spread.
    let jitter_percent = if matches!(retry, Retry::After(_)) { 0 } else { settings.jitter_percent };
    Some(super::jitter::later(now, wait_s, jitter_percent, seed ^ u64::from(failures)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::time::Duration;

    fn wait_s(failures: u32, retry: Retry) -> Option<i64> {
        let mut settings = config::defaults().schedule;
        settings.jitter_percent = 0;
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        next_try(&settings, failures, retry, 9, now).map(|at| at.as_second() - now.as_second())
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let waits: Vec<i64> = [1, 2, 3, 9, 400].map(|failures| wait_s(failures, Retry::Backoff).unwrap()).into();
        assert_eq!(waits, [300, 600, 1200, 76_800, 86_400]);
    }

    #[test]
    fn the_server_may_name_the_time() {
        assert_eq!(wait_s(1, Retry::After(Duration::from_secs(7))), Some(7));
        assert_eq!(wait_s(1, Retry::After(Duration::from_secs(10_000_000))), Some(86_400));
        // One that names the next second again and again is not taken at its word.
        assert_eq!(wait_s(2, Retry::After(Duration::ZERO)), Some(300));
        assert_eq!(wait_s(4, Retry::After(Duration::from_secs(1))), Some(1200));
    }

    #[test]
    fn a_young_article_has_several_tries_and_an_old_one_none() {
        let mut settings = config::defaults().schedule;
        settings.jitter_percent = 0;
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let wait_s = |failures: u32, age_h: i64| {
            let listed_at = now - SignedDuration::from_hours(age_h);
            let next = next_article_try(&settings, failures, Retry::WhileYoung, listed_at, 9, now);
            next.map(|at| at.as_second() - now.as_second())
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(|failures| wait_s(failures, 1)),
            [Some(300), Some(600), Some(1200), Some(2400), None]
        );
        assert_eq!(wait_s(1, 47), Some(300));
        assert_eq!(wait_s(1, 49), None);
        let next = next_try_when_listed(&settings, 5, 9, now);
        assert_eq!(next.as_second() - now.as_second(), 4800);
    }

    #[test]
    fn what_will_not_change_is_not_asked_again() {
        assert_eq!(wait_s(1, Retry::Never), None);
    }
}
