//! How far off a due time can be: what is further off was written while a clock was ahead.

use jiff::{SignedDuration, Timestamp};

use crate::config::ScheduleSettings;

/// How far a time of the past may lie in the future: clocks are set back by some seconds all the time.
pub const CLOCK_SLIP: SignedDuration = SignedDuration::from_secs(60);

/// How much longer than the settings' longest interval a wait may be: what a feed asks to skip, a week at most, and the
/// spread.
const LONGEST_MORE: SignedDuration = SignedDuration::from_hours(8 * 24);

/// The longest wait that is believed.
#[must_use]
pub fn longest_wait(settings: &ScheduleSettings) -> SignedDuration {
    let longest_s = settings
        .look_again_after_s
        .iter()
        .copied()
        .chain([settings.poll_interval_max_s, settings.article_interval_s, settings.backoff_max_s])
        .max()
        .unwrap_or_default();
    SignedDuration::from_secs(i64::from(longest_s)) + LONGEST_MORE
}

/// The latest due time that is believed. One that is later still is taken for this one.
#[must_use]
pub fn latest_due(settings: &ScheduleSettings, now: Timestamp) -> Timestamp {
    now.checked_add(longest_wait(settings)).unwrap_or(Timestamp::MAX)
}
