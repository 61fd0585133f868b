//! What is left of a likeness by the time between an article and those it is like.
//!
//! Newsrooms tell of an event within hours of each other, and not to the minute; what has the same words days later is mostly
//! the next event of the same affair. An affair that is written about every day would never age by its last article, so an
//! article is also held against the day on which the story began.

const HOUR_S: f64 = 3600.0;

/// Reports so far apart tell of something at the same time: an event of the evening stands in the morning's paper.
const SAME_TIME_S: f64 = 12.0 * HOUR_S;

/// What a likeness has lost a whole window later: most of it. Of that, most goes in the first days.
const LOST_BY_AGE: f64 = 0.7;

/// What a likeness has lost so long after a story began that it no longer matters how long.
const LOST_SINCE_FIRST: f64 = 0.35;

/// Until then it matters.
const SINCE_FIRST_S: f64 = 7.0 * 24.0 * HOUR_S;

/// What is left of the likeness of two articles that are so far apart: nothing beyond the window.
pub(super) fn left_by_distance(distance_s: i64, window_s: i64) -> f64 {
    if distance_s > window_s {
        return 0.0;
    }
    let beyond_s = (as_f64(distance_s) - SAME_TIME_S).max(0.0);
    let longest_s = (as_f64(window_s) - SAME_TIME_S).max(HOUR_S);
    1.0 - LOST_BY_AGE * (beyond_s / longest_s).min(1.0).cbrt()
}

/// What is left of the likeness to a story that began so long before the article, or after it.
pub(super) fn left_since_first(distance_s: i64) -> f64 {
    1.0 - LOST_SINCE_FIRST * (as_f64(distance_s) / SINCE_FIRST_S).min(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "spans of days in seconds")]
fn as_f64(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn likeness_ages_fast_at_first_and_ends_with_the_window() {
        let left: Vec<f64> =
            [0, 12 * HOUR, DAY, 3 * DAY, 7 * DAY].map(|distance| left_by_distance(distance, 7 * DAY)).to_vec();
        assert!((left[0] - 1.0).abs() < 1e-9 && (left[1] - 1.0).abs() < 1e-9, "{left:?}");
        assert!(left[1] - left[2] > left[2] - left[3] && left[3] > left[4], "{left:?}");
        assert!((left[4] - (1.0 - LOST_BY_AGE)).abs() < 1e-9, "{left:?}");
        assert!(left_by_distance(7 * DAY + 1, 7 * DAY) <= 0.0);
        // A window of less than a day is all the same time.
        assert!((left_by_distance(HOUR, 2 * HOUR) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_story_grows_older_for_a_week() {
        let left = [0, DAY, 7 * DAY, 30 * DAY].map(left_since_first);
        assert!(left[0] > left[1] && left[1] > left[2] && (left[2] - left[3]).abs() < 1e-9, "{left:?}");
    }
}
