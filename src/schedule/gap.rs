//! What was missed between two polls that share nothing.

use jiff::{SignedDuration, Timestamp};

use super::rhythm::Rhythm;

/// Stretches longer than this are not estimated: nobody asked for so long that habit says nothing.
const ESTIMATED_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A stretch of time of which a source's items are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When a poll last showed all there was.
    pub from: Timestamp,
    /// When the oldest item was published that we have since; where that is unknown, when the poll was made.
    pub until: Timestamp,
    /// About how many items, where that can be told.
    pub n_missed: Option<u32>,
}

/// What was missed before a poll that shares no item with those before it. `published` are the times of its items, as
/// far as they are known. Nothing when the list goes back to before the last poll after all: then its addresses have
/// changed, and no item is missing.
#[must_use]
pub fn missed(
    rhythm: &Rhythm,
    last_ok_at: Timestamp,
    published: &[Timestamp],
    n_entries: u32,
    now: Timestamp,
) -> Option<Gap> {
    let mut published: Vec<Timestamp> = published.iter().copied().filter(|instant| *instant <= now).collect();
    published.sort_unstable();
    let is_dated = published.len() * 2 > usize::try_from(n_entries).unwrap_or(usize::MAX);
    if !is_dated {
        let n_missed = (rhythm.habitual(last_ok_at, now) - f64::from(n_entries)).max(0.0);
        return Some(Gap { from: last_ok_at, until: now, n_missed: counted(last_ok_at, now, n_missed) });
    }
    if published[published.len() / 2] <= last_ok_at {
        return None;
    }
    // One or two may be older than they should be, such as what an editor puts up again.
    let oldest_at = published.partition_point(|instant| *instant <= last_ok_at);
    let since = &published[oldest_at..];
    let (until, newest) = (since[0], since[since.len() - 1]);
    let missed_s = until.duration_since(last_ok_at).as_secs_f64();
    let listed_s = newest.duration_since(until).as_secs_f64().max(1.0);
    let n_between = u32::try_from(since.len() - 1).unwrap_or(u32::MAX);
    // At the pace of the list, and by habit: the truth lies between the surge and the calm before it.
    let n_missed = f64::midpoint(f64::from(n_between) / listed_s * missed_s, rhythm.habitual(last_ok_at, until));
    // Less than half an item is none.
    (n_missed >= 0.5).then(|| Gap { from: last_ok_at, until, n_missed: counted(last_ok_at, until, n_missed) })
}

fn counted(from: Timestamp, until: Timestamp, number: f64) -> Option<u32> {
    let is_estimated = until.duration_since(from) <= ESTIMATED_MAX && number >= 0.5;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded in the same line")]
    let rounded = number.round().clamp(0.0, 1e6) as u32;
    is_estimated.then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST_OK_AT: &str = "2026-03-02T10:00:00Z";
    const NOW: &str = "2026-03-02T11:00:00Z";

    /// The gap before a list whose items were published at these minutes after the last poll.
    fn check(minutes: &[i64], n_entries: u32, expected: Option<(i64, Option<u32>)>) {
        let last_ok_at: Timestamp = LAST_OK_AT.parse().unwrap();
        let published: Vec<Timestamp> =
            minutes.iter().map(|minute| last_ok_at + SignedDuration::from_mins(*minute)).collect();
        let gap = missed(&Rhythm::default(), last_ok_at, &published, n_entries, NOW.parse().unwrap());
        let found = gap.map(|gap| (gap.until.duration_since(gap.from).as_mins(), gap.n_missed));
        assert_eq!(found, expected, "{minutes:?}");
    }

    #[test]
    fn a_gap_ends_where_the_list_begins() {
        check(&[58, 56, 54, 52, 50], 5, Some((50, Some(13))));
        check(&[58, 56, 54, 52, 50, -4000], 6, Some((50, Some(13))));
        // Of times to come nothing follows.
        check(&[900, 58, 56, 54, 52, 50], 6, Some((50, Some(13))));
    }

    #[test]
    fn a_list_that_goes_back_far_enough_misses_nothing() {
        check(&[-10, -70, -130, -190, 5], 5, None);
        // The oldest came a moment after the last poll, and they come a quarter of an hour apart.
        check(&[45, 30, 15, 0, 1], 5, None);
    }

    #[test]
    fn without_dates_the_gap_is_all_of_the_time_between() {
        check(&[], 5, Some((60, None)));
        check(&[58], 5, Some((60, None)));
    }
}
