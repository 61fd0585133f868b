//! When the page of an article is revisited: a few times, at ever longer intervals.

use jiff::{SignedDuration, Timestamp};

use crate::config::ScheduleSettings;

/// When a page that was fetched at `now` is revisited: at the next step since it was first seen that is not too near.
/// Absent when there is none, or when the article was old when it came. An archive does not change, and to revisit all of
/// it would cost its publisher most and bring least.
#[must_use]
pub fn next_revisit(
    settings: &ScheduleSettings,
    first_seen_at: Timestamp,
    published_at: Option<Timestamp>,
    seed: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let steps = &settings.look_again_after_s;
    let (shortest, longest) = (*steps.first()?, *steps.last()?);
    let after = |time: Timestamp, seconds: u32| time.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok();
    let was_old =
        published_at.and_then(|published_at| after(published_at, longest)).is_some_and(|end| end < first_seen_at);
    if was_old {
        return None;
    }
    // After a late visit the next step may follow too soon to find a change.
    let earliest = after(now, shortest / 2)?;
    let step =
        steps.iter().find(|step| after(first_seen_at, **step).is_some_and(|due| due > now && due >= earliest))?;
    let due = super::jitter::later(first_seen_at, *step, settings.jitter_percent, seed ^ u64::from(*step));
    Some(due.max(earliest))
}

/// When an article that counts as removed is looked for again, after so many failures in a row: it may come back, and a site
/// may have been out of order for a while. Twice, after the two longest steps.
#[must_use]
pub fn next_look_for_removed(
    settings: &ScheduleSettings,
    failures: u32,
    seed: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let steps = &settings.look_again_after_s;
    let at = steps.len().saturating_sub(LOOKS_FOR_REMOVED);
    // The article counts as removed after two failures, or after one.
    let step = steps.get(at..)?.get(usize::try_from(failures).ok()?.saturating_sub(LOOKS_FOR_REMOVED))?;
    Some(super::jitter::later(now, *step, settings.jitter_percent, seed ^ u64::from(*step)))
}

/// When a page is asked for again that was missing once: not before the shortest step, in which a site may be repaired.
#[must_use]
pub fn next_look_for_missing(settings: &ScheduleSettings, backoff: Timestamp, now: Timestamp) -> Timestamp {
    let shortest_s = settings.look_again_after_s.first().copied().unwrap_or_default();
    now.checked_add(SignedDuration::from_secs(i64::from(shortest_s))).map_or(backoff, |earliest| backoff.max(earliest))
}

/// How often an article that counts as removed is looked for.
const LOOKS_FOR_REMOVED: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    const FIRST_SEEN_S: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(FIRST_SEEN_S + second).unwrap()
    }

    fn revisit(steps: &[u32], published_s: Option<i64>, now_s: i64) -> Option<i64> {
        let mut settings = config::defaults().schedule;
        settings.jitter_percent = 0;
        settings.look_again_after_s = steps.to_vec();
        next_revisit(&settings, at(0), published_s.map(at), 7, at(now_s)).map(|due| due.as_second() - FIRST_SEEN_S)
    }

    #[test]
    fn revisits_fall_off_and_end() {
        let steps = config::defaults().schedule.look_again_after_s;
        assert_eq!(steps, [3600, 21_600, 86_400, 604_800]);
        let check = |now_s: i64, expected: Option<i64>| assert_eq!(revisit(&steps, None, now_s), expected, "{now_s}");
        check(0, Some(3600));
        check(1799, Some(3600));
        // It came late: the first step would follow too soon.
        check(1801, Some(21_600));
        check(3601, Some(21_600));
        check(30_000, Some(86_400));
        check(86_401, Some(604_800));
        check(604_801, None);
    }

    #[test]
    fn no_steps_are_no_revisits() {
        assert_eq!(revisit(&[], None, 0), None);
    }

    #[test]
    fn what_was_old_when_it_came_is_left_alone() {
        assert_eq!(revisit(&[3600, 86_400], Some(-86_399), 0), Some(3600));
        assert_eq!(revisit(&[3600, 86_400], Some(-86_401), 0), None);
    }
}
