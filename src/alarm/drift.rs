//! A sequential test that something bad has become more frequent: the cumulative sum of log likelihood ratios (Page,
//! Biometrika 41, 1954; Moustakides 1986). How often the sum comes as high by chance is bounded by Wald's inequality: at
//! one beginning in e^sum.
//!
//! Bad ones come in company, a run of videos or of briefs: what is to be expected after a bad one is learned apart.

use super::packed::{Packer, Unpacker};

/// Bad ones and all that are remembered fade: after so many, the first count a third.
const FADES_N: f64 = 400.0;

/// The share of bad ones that the test looks for, from the usual share: most of what was good has become bad.
const LOST_SHARE: f64 = 0.6;

/// How often bad ones are taken to come before it is known, and how much that is worth.
const PRIOR_BAD: f64 = 0.08;
const PRIOR_N: f64 = 6.0;

/// The same for a bad one after a bad one.
const PRIOR_AGAIN: f64 = 0.4;
const PRIOR_AGAIN_N: f64 = 8.0;

/// Sum from which what comes may not be as usual.
pub(super) const IN_DOUBT: f64 = 2.5;
const IN_GREAT_DOUBT: f64 = 6.0;

/// Sum of the test in the other direction that says that all is well again.
pub(super) const IS_BACK: f64 = 3.5;

/// So many bad and good ones, over so long a time, are a habit.
const HABIT_N: f64 = 60.0;
const HABIT_S: i64 = 30 * 86_400;

/// A share of bad ones that is usual, and a test whether it still is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drift {
    n: f64,
    n_bad: f64,
    n_after_bad: f64,
    n_bad_again: f64,
    was_bad: bool,
    /// The test, and when it began to rise.
    sum: f64,
    since_s: i64,
    /// The test that it is as it was.
    back: f64,
    n_since: f64,
    n_bad_since: f64,
    n_after_bad_since: f64,
    n_bad_again_since: f64,
    is_open: bool,
}

/// What became of it with one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    None,
    Back,
    Habit,
}

impl Drift {
    pub(super) fn pack(&self, packer: &mut Packer) {
        let Drift { n, n_bad, n_after_bad, n_bad_again, was_bad, sum, since_s, back, is_open, .. } = self;
        let Drift { n_since, n_bad_since, n_after_bad_since, n_bad_again_since, .. } = self;
        let numbers = [n, n_bad, n_after_bad, n_bad_again, sum, back];
        let since = [n_since, n_bad_since, n_after_bad_since, n_bad_again_since];
        numbers.into_iter().chain(since).for_each(|number| packer.exact(*number));
        packer.whole(*since_s);
        packer.whole(i64::from(*was_bad) | i64::from(*is_open) << 1);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Drift {
        let [n, n_bad, n_after_bad, n_bad_again, sum, back] = std::array::from_fn(|_| from.exact());
        let [n_since, n_bad_since, n_after_bad_since, n_bad_again_since] = std::array::from_fn(|_| from.exact());
        let (since_s, flags) = (from.whole(), from.whole());
        Drift {
            n,
            n_bad,
            n_after_bad,
            n_bad_again,
            was_bad: flags & 1 != 0,
            sum,
            since_s,
            back,
            n_since,
            n_bad_since,
            n_after_bad_since,
            n_bad_again_since,
            is_open: flags & 2 != 0,
        }
    }

    /// How many it has learned from.
    pub(super) fn n(&self) -> f64 {
        self.n
    }

    /// The usual share of bad ones.
    pub(super) fn usual(&self) -> f64 {
        (self.n_bad + PRIOR_BAD * PRIOR_N) / (self.n + PRIOR_N)
    }

    /// The share of bad ones since the test began to rise.
    pub(super) fn since(&self) -> (i64, f64) {
        (self.since_s, self.n_bad_since / self.n_since.max(1.0))
    }

    /// Whether what comes is hardly as usual.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.is_open || self.sum >= IN_GREAT_DOUBT
    }

    pub(super) fn sum(&self) -> f64 {
        self.sum
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Takes note that it was found bad enough to tell.
    pub(super) fn open(&mut self) {
        if !self.is_open {
            (self.is_open, self.back) = (true, 0.0);
        }
    }

    /// Takes in one more.
    pub(super) fn take(&mut self, is_bad: bool, at_s: i64) -> Turn {
        let usual = self.usual();
        let again = ((self.n_bad_again + usual.max(PRIOR_AGAIN) * PRIOR_AGAIN_N) / (self.n_after_bad + PRIOR_AGAIN_N))
            .max(usual);
        let expected = if self.was_bad { again } else { usual }.clamp(0.02, 0.98);
        let sought = (usual + LOST_SHARE * (1.0 - usual)).max(expected).min(0.99);
        let ratio = if is_bad { (sought / expected).ln() } else { ((1.0 - sought) / (1.0 - expected)).ln() };
        if self.sum <= 0.0 {
            self.learn();
            self.since_s = at_s;
        }
        let bad = f64::from(u8::from(is_bad));
        self.n_since += 1.0;
        self.n_bad_since += bad;
        if self.was_bad {
            self.n_after_bad_since += 1.0;
            self.n_bad_again_since += bad;
        }
        self.was_bad = is_bad;
        // Bounded, so that what lasted long is over soon.
        self.sum = (self.sum + ratio).clamp(0.0, 25.0);
        if self.is_open {
            self.back = (self.back - ratio).max(0.0);
            if self.back >= IS_BACK {
                let Drift { n, n_bad, n_after_bad, n_bad_again, .. } = *self;
                *self = Drift { n, n_bad, n_after_bad, n_bad_again, was_bad: is_bad, ..Drift::default() };
                return Turn::Back;
            }
            if self.n_since >= HABIT_N && at_s - self.since_s >= HABIT_S {
                *self = Drift { n: self.n_since, n_bad: self.n_bad_since, was_bad: is_bad, ..Drift::default() };
                return Turn::Habit;
            }
        }
        Turn::None
    }

    /// Learns from what came since the test began to rise, once it is down again: who learned while it rises would take what is in
    /// doubt for usual, and who did not learn from it at all would take the usual for worse.
    fn learn(&mut self) {
        let fade = (-self.n_since / FADES_N).exp();
        for (count, since) in [
            (&mut self.n, &mut self.n_since),
            (&mut self.n_bad, &mut self.n_bad_since),
            (&mut self.n_after_bad, &mut self.n_after_bad_since),
            (&mut self.n_bad_again, &mut self.n_bad_again_since),
        ] {
            *count = *count * fade + std::mem::take(since);
        }
    }
}
