//! What happens after the demo has begun.

use jiff::{SignedDuration, Timestamp};

/// A part of the demo in which papers publish and correct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// While nobody asks: a paper publishes more than its feed shows, another prints what a third one has made, and the agency
    /// corrects a report.
    Night,
    /// One more article, with which that feed is asked again.
    Dawn,
    /// By the next time that the demo is run: what came of the events, and another correction.
    Morning,
}

impl Act {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Act::Night => "night",
            Act::Dawn => "dawn",
            Act::Morning => "morning",
        }
    }

    /// By its word.
    #[must_use]
    pub fn named(name: &str) -> Option<Act> {
        [Act::Night, Act::Dawn, Act::Morning].into_iter().find(|act| act.name() == name)
    }

    /// Whether the agency corrects a report in it.
    pub(super) fn has_correction(self) -> bool {
        self != Act::Dawn
    }
}

/// The moments at which so many articles are published: evenly spread, in whole seconds, after the first moment and not after
/// the second one.
pub(super) fn moments(from: Timestamp, until: Timestamp, number: usize) -> Vec<Timestamp> {
    let (from_s, until_s) = (from.as_second(), until.as_second());
    let span_s = until_s.saturating_sub(from_s).max(0);
    let n = i64::try_from(number).unwrap_or(i64::MAX).max(1);
    let after_s = |i: i64| span_s.saturating_mul(i).saturating_add(n - 1) / n;
    (1..=n)
        .take(number)
        .map(|i| from.saturating_add(SignedDuration::from_secs(after_s(i))).unwrap_or(until))
        .map(|moment| Timestamp::from_second(moment.as_second()).unwrap_or(moment))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_spread_over_the_time_in_whole_seconds() {
        let check = |span_s: i64, number: usize, expected: &[i64]| {
            let from = Timestamp::from_second(1_772_443_062).unwrap();
            let found = moments(from, from + SignedDuration::from_secs(span_s), number);
            let found: Vec<i64> = found.iter().map(|moment| moment.as_second() - from.as_second()).collect();
            assert_eq!(found, expected);
        };
        check(2, 7, &[1, 1, 1, 2, 2, 2, 2]);
        check(7200, 2, &[3600, 7200]);
        check(2, 1, &[2]);
        check(2, 0, &[]);
        check(0, 2, &[0, 0]);
    }

    #[test]
    fn every_act_has_a_word_of_its_own() {
        for act in [Act::Night, Act::Dawn, Act::Morning] {
            assert_eq!(Act::named(act.name()), Some(act));
        }
        assert_eq!(Act::named("noon"), None);
    }
}
