//! Quality, length and completeness of an article, seen at once. Forty words are nothing with a source that has videos, and forty words of
//! a low quality that are whole may be what it never had. So how often a source has each combination is kept, and an article is held
//! against what it would be had the source's texts fallen: the cumulative sum of log likelihood ratios, as in `drift`, of all that each
//! article says. Where a source is always alike, two articles are enough.
//!
//! Low ones come in company, as in `drift`: one behind another says less.

use super::drift::{IS_BACK, Turn};
use super::packed::{Packer, Unpacker};

const QUALITIES: usize = 6;
const LENGTHS: usize = 8;
const CELLS: usize = QUALITIES * LENGTHS * 2;

/// With each article the others count so much less.
const FADES_BY: f32 = 0.998;

/// The share of articles that fall, where any do.
const FALLEN_SHARE: f64 = 0.75;

/// Articles that it is worth that the three are independent, before combinations are known, and the share of those that may be any.
const PRIOR_N: f64 = 3.0;
const PRIOR_ANY: f64 = 0.1;

/// More than this no article says by itself: one is enough where few come, and two where many do.
const MOST: f64 = 8.0;

/// From so much on an article is a low one.
const IS_LOW: f64 = 0.4;

/// How often a low one follows a low one, before it is known, and the articles that this is worth.
const PRIOR_AGAIN: f64 = 0.4;
const PRIOR_AGAIN_N: f64 = 8.0;

/// So many articles, over so long a time, are a habit.
const HABIT_N: f64 = 60.0;
const HABIT_S: i64 = 30 * 86_400;

/// Whether articles are worse, shorter, and not whole.
pub(super) const TESTS: usize = 3;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Test {
    sum: f64,
    since_s: i64,
    /// The test that it is as it was.
    back: f64,
    n_since: f64,
    n_low_since: f64,
    is_open: bool,
}

/// How often a source has each combination, and whether its texts have fallen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fall {
    cells: [f32; CELLS],
    /// Those since a test began to rise, from which it learns once all are down again.
    since: [f32; CELLS],
    n_low: f64,
    n_after_low: f64,
    n_low_again: f64,
    was_low: bool,
    tests: [Test; TESTS],
}

impl Default for Fall {
    fn default() -> Fall {
        Fall {
            cells: [0.0; CELLS],
            since: [0.0; CELLS],
            n_low: 0.0,
            n_after_low: 0.0,
            n_low_again: 0.0,
            was_low: false,
            tests: Default::default(),
        }
    }
}

/// Where an article stands.
#[derive(Clone, Copy)]
struct Place {
    quality: usize,
    length: usize,
    is_whole: bool,
}

impl Place {
    fn new(quality: u8, n_words: u32, is_whole: bool) -> Place {
        let quality = match quality {
            ..20 => 0,
            20..40 => 1,
            40..55 => 2,
            55..70 => 3,
            70..85 => 4,
            85.. => 5,
        };
        // By doublings, from 16 words on.
        let length = ((f64::from(n_words.max(8)) / 8.0).log2() as usize).min(LENGTHS - 1);
        Place { quality, length, is_whole }
    }

    fn cell(self) -> usize {
        (self.quality * LENGTHS + self.length) * 2 + usize::from(self.is_whole)
    }
}

impl Fall {
    pub(super) fn pack(&self, packer: &mut Packer) {
        let Fall { cells, since, n_low, n_after_low, n_low_again, was_low, tests } = self;
        packer.roughly(cells);
        packer.roughly(since);
        for number in [n_low, n_after_low, n_low_again] {
            packer.exact(*number);
        }
        packer.whole(i64::from(*was_low));
        for Test { sum, since_s, back, n_since, n_low_since, is_open } in tests {
            for number in [sum, back, n_since, n_low_since] {
                packer.exact(*number);
            }
            packer.whole(*since_s);
            packer.whole(i64::from(*is_open));
        }
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Fall {
        let (cells, since) = (from.roughly(), from.roughly());
        let [n_low, n_after_low, n_low_again] = std::array::from_fn(|_| from.exact());
        let was_low = from.whole() != 0;
        let tests = std::array::from_fn(|_| {
            let [sum, back, n_since, n_low_since] = std::array::from_fn(|_| from.exact());
            Test { sum, since_s: from.whole(), back, n_since, n_low_since, is_open: from.whole() != 0 }
        });
        Fall { cells, since, n_low, n_after_low, n_low_again, was_low, tests }
    }

    pub(super) fn is_open(&self, test: usize) -> bool {
        self.tests[test].is_open
    }

    pub(super) fn sum(&self, test: usize) -> f64 {
        self.tests[test].sum
    }

    /// Since when the test has risen, the share of low articles since, and what it was before.
    pub(super) fn since(&self, test: usize) -> (i64, f64, f64) {
        let Test { since_s, n_since, n_low_since, .. } = self.tests[test];
        (since_s, n_low_since / n_since.max(1.0), self.low_share(self.n()))
    }

    /// Takes note that one was found bad enough to tell.
    pub(super) fn open(&mut self, test: usize) {
        let test = &mut self.tests[test];
        if !test.is_open {
            (test.is_open, test.back) = (true, 0.0);
        }
    }

    /// Takes in an article, and judges it where so many are known. Returns what has become of each test.
    pub(super) fn take(&mut self, quality: u8, n_words: u32, is_whole: bool, at_s: i64, n_min: f64) -> [Turn; TESTS] {
        let place = Place::new(quality, n_words, is_whole);
        self.since[place.cell()] += 1.0;
        let n = self.n();
        if n < n_min {
            self.learn();
            return [Turn::None; TESTS];
        }
        let (fallen, usual) = self.likelihoods(place, n);
        let ratio = |fallen: f64, usual: f64| (FALLEN_SHARE * fallen / usual + 1.0 - FALLEN_SHARE).ln();
        let is_low = fallen.iter().any(|fallen| ratio(*fallen, usual) > IS_LOW);
        let usual = usual * self.company(is_low, n);
        let low = f64::from(u8::from(is_low));
        let most = n.ln().min(MOST);
        let mut turns = [Turn::None; TESTS];
        for ((test, fallen), turn) in self.tests.iter_mut().zip(fallen).zip(&mut turns) {
            let ratio = ratio(fallen, usual).min(most);
            if test.sum <= 0.0 {
                (test.since_s, test.n_since, test.n_low_since) = (at_s, 0.0, 0.0);
            }
            test.n_since += 1.0;
            test.n_low_since += low;
            // Bounded, so that what lasted long is over soon.
            test.sum = (test.sum + ratio).clamp(0.0, 25.0);
            if !test.is_open {
                continue;
            }
            test.back = (test.back - ratio).max(0.0);
            if test.back >= IS_BACK {
                (*test, *turn) = (Test::default(), Turn::Back);
            } else if test.n_since >= HABIT_N && at_s - test.since_s >= HABIT_S {
                *turn = Turn::Habit;
            }
        }
        if self.tests.iter().all(|test| test.sum <= 0.0 && !test.is_open) {
            self.learn();
        }
        turns
    }

    /// Takes what has come since a test began to rise for the habit from now on.
    pub(super) fn renew(&mut self) {
        *self = Fall { cells: self.since, ..Fall::default() };
    }

    fn n(&self) -> f64 {
        f64::from(self.cells.iter().sum::<f32>())
    }

    fn low_share(&self, n: f64) -> f64 {
        ((self.n_low + 0.5) / (n + 5.0)).clamp(0.01, 0.9)
    }

    /// How likely such an article is where texts have fallen, of each test, and where they have not.
    fn likelihoods(&self, place: Place, n: f64) -> ([f64; TESTS], f64) {
        let (mut qualities, mut lengths, mut wholes) = ([0.5; QUALITIES], [0.5; LENGTHS], [0.3, 1.0]);
        for (of_quality, quality) in self.cells.chunks_exact(2 * LENGTHS).zip(&mut qualities) {
            for (of_length, length) in of_quality.chunks_exact(2).zip(&mut lengths) {
                let [partial, whole] = [f64::from(of_length[0]), f64::from(of_length[1])];
                *quality += partial + whole;
                *length += partial + whole;
                wholes[0] += partial;
                wholes[1] += whole;
            }
        }
        shares(&mut qualities);
        shares(&mut lengths);
        shares(&mut wholes);
        let Place { quality, length, is_whole } = place;
        let (of_quality, of_length, of_whole) = (qualities[quality], lengths[length], wholes[usize::from(is_whole)]);
        let guess = (1.0 - PRIOR_ANY) * of_quality * of_length * of_whole + PRIOR_ANY / CELLS as f64;
        let usual = (f64::from(self.cells[place.cell()]) + PRIOR_N * guess) / (n + PRIOR_N);
        let (worse, shorter) = (fallen(&qualities, 3, quality), fallen(&lengths, 4, length));
        let not_whole = f64::from(u8::from(!is_whole));
        let mix = |as_before: f64, fallen: f64, share: f64| (1.0 - share) * as_before + share * fallen;
        // What falls takes some of the rest with it.
        let fallen = [
            worse * mix(of_length, shorter, 0.5) * mix(of_whole, not_whole, 0.3),
            shorter * mix(of_quality, worse, 0.5) * mix(of_whole, not_whole, 0.3),
            not_whole * mix(of_quality, worse, 0.3) * mix(of_length, shorter, 0.6),
        ];
        (fallen, usual)
    }

    /// How much more, or less, is to be expected of an article because of the one before it. Learns from it.
    fn company(&mut self, is_low: bool, n: f64) -> f64 {
        let (low, fade) = (f64::from(u8::from(is_low)), f64::from(FADES_BY));
        let low_share = self.low_share(n);
        let prior = low_share.max(PRIOR_AGAIN) * PRIOR_AGAIN_N;
        let again = ((self.n_low_again + prior) / (self.n_after_low + PRIOR_AGAIN_N)).clamp(low_share, 0.95);
        let factor = match (self.was_low, is_low) {
            (false, _) => 1.0,
            (true, true) => again / low_share,
            (true, false) => (1.0 - again) / (1.0 - low_share),
        };
        self.n_low = self.n_low * fade + low;
        if self.was_low {
            self.n_after_low = self.n_after_low * fade + 1.0;
            self.n_low_again = self.n_low_again * fade + low;
        }
        self.was_low = is_low;
        factor
    }

    fn learn(&mut self) {
        let fade = FADES_BY.powf(self.since.iter().sum());
        for (count, since) in self.cells.iter_mut().zip(&mut self.since) {
            *count = *count * fade + std::mem::take(since);
        }
    }
}

fn shares(counts: &mut [f64]) {
    let n: f64 = counts.iter().sum();
    for count in counts {
        *count /= n;
    }
}

/// The share at a place of a scale on which everything has moved down by one to `by` steps, in equal parts.
fn fallen(shares: &[f64], by: usize, place: usize) -> f64 {
    let above: f64 = (1..=by).filter_map(|step| shares.get(place + step)).sum();
    // What would fall below the scale stays at its end.
    let at_end: f64 =
        if place == 0 { (0..by).map(|at| shares.get(at).unwrap_or(&0.0) * (by - at) as f64).sum() } else { 0.0 };
    (above + at_end) / by as f64
}
