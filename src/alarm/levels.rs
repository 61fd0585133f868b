//! Quality, length and completeness of a source's articles. Whether they have fallen, which shows soon, is asked of [`Fall`]. What is less
//! than that shows in time: an article is bad where it is worse than nine in ten of the source's own, or than two in three; how often that
//! is, and whether it has become more, is asked of [`Drift`]. A source that mixes videos, briefs and reports is judged by its own mixture.

use super::drift::{Drift, Turn};
use super::fall::{Fall, TESTS};
use super::packed::{Packer, Unpacker};
use super::verdict::{Doubt, Ending, OPENS_AT, Symptom, confidence, evidence};

const BINS: usize = 21;

/// Articles of a source before it is known what they are like.
const N_MIN: f64 = 30.0;

/// Shares of articles below the marks.
const LOW_SHARES: [f64; 2] = [0.1, 0.35];

/// What is judged, in the order of the tests of [`Fall`].
const SYMPTOMS: [Symptom; TESTS] = [Symptom::Quality, Symptom::Shorter, Symptom::Partial];

/// How often the texts of a source are taken to fall in a month, or to drift, by which an alarm opens.
const FALLS_A_MONTH: f64 = 0.067;
const DRIFTS_A_MONTH: f64 = 0.01;

/// A source with fewer articles a month is taken to have so many: what is usual with it is known less well than the tests take it to be.
const FEW: f64 = 150.0;

/// Evidence from which what comes with what is told already is told too: one cause is one alarm, unless it plainly does more.
const OPENS_BESIDE_AT: f64 = 0.95;

/// With each article the others count so much less.
const FADES_BY: f32 = 0.998;

/// Values of the articles of a source, below which marks one is bad, and whether that has become more.
#[derive(Clone, Debug, Default, PartialEq)]
struct Values {
    bins: [f32; BINS],
    marks: [usize; 2],
    drifts: [Drift; 2],
}

impl Values {
    fn n(&self) -> f64 {
        self.bins.iter().map(|count| f64::from(*count)).sum()
    }

    fn learn(&mut self, bin: usize) {
        self.bins.iter_mut().for_each(|count| *count *= FADES_BY);
        self.bins[bin] += 1.0;
        let n = self.n();
        self.marks = LOW_SHARES.map(|share| {
            let mut below = 0.0;
            let mark = self.bins.iter().position(|count| {
                below += f64::from(*count);
                below > share * n
            });
            mark.unwrap_or(0)
        });
    }

    /// Takes in a value. Returns whether what is told has become a habit.
    fn take(&mut self, bin: usize, at_s: i64) -> bool {
        if self.n() < N_MIN {
            self.learn(bin);
            return false;
        }
        let mut is_habit = false;
        for (mark, drift) in self.marks.iter().zip(&mut self.drifts) {
            is_habit |= drift.take(bin < *mark, at_s) == Turn::Habit;
        }
        // What is in doubt is no habit yet.
        if !self.drifts.iter().any(Drift::is_in_doubt) {
            self.learn(bin);
        }
        is_habit
    }
}

/// What the articles of a source are like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Levels {
    quality: Values,
    words: Values,
    partial: Drift,
    fall: Fall,
}

impl Levels {
    pub(super) fn pack(&self, packer: &mut Packer) {
        for Values { bins, marks, drifts } in [&self.quality, &self.words] {
            packer.roughly(bins);
            for (mark, drift) in marks.iter().zip(drifts) {
                packer.whole(i64::try_from(*mark).unwrap_or(0));
                drift.pack(packer);
            }
        }
        self.partial.pack(packer);
    }

    /// Writes down what the form of earlier versions had not.
    pub(super) fn pack_fall(&self, packer: &mut Packer) {
        self.fall.pack(packer);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Levels {
        let mut values = || {
            let mut values = Values { bins: from.roughly(), ..Values::default() };
            for (mark, drift) in values.marks.iter_mut().zip(&mut values.drifts) {
                *mark = usize::try_from(from.whole()).unwrap_or(0).min(BINS - 1);
                *drift = Drift::unpack(from);
            }
            values
        };
        let (quality, words) = (values(), values());
        Levels { quality, words, partial: Drift::unpack(from), fall: Fall::default() }
    }

    /// Reads what [`Levels::pack_fall`] wrote.
    pub(super) fn unpack_fall(&mut self, from: &mut Unpacker<'_>) {
        self.fall = Fall::unpack(from);
    }

    /// Takes in an article. Returns what has ended with it.
    pub(super) fn take(&mut self, quality: u8, n_words: u32, is_whole: bool, at_s: i64) -> Vec<(Symptom, Ending)> {
        let quality_bin = usize::from(quality.min(100)) / 5;
        // By halves of a doubling, from four words on.
        let words_bin = ((f64::from(n_words.max(4)) / 4.0).log2() * 1.9) as usize;
        let were_open = self.are_open();
        let mut are_habits = [
            self.quality.take(quality_bin, at_s),
            self.words.take(words_bin.min(BINS - 1), at_s),
            self.partial.take(!is_whole, at_s) == Turn::Habit,
        ];
        for (is_habit, turn) in are_habits.iter_mut().zip(self.fall.take(quality, n_words, is_whole, at_s, N_MIN)) {
            *is_habit |= turn == Turn::Habit;
        }
        let [is_quality_habit, is_words_habit, is_partial_habit] = are_habits;
        if is_quality_habit {
            self.quality = Values::default();
        }
        if is_words_habit {
            self.words = Values::default();
        }
        if is_partial_habit {
            self.partial = Drift::default();
        }
        if are_habits.contains(&true) {
            self.fall.renew();
        }
        let are_open = self.are_open();
        let ended = SYMPTOMS.into_iter().zip(are_habits).zip(were_open).zip(are_open);
        ended
            .filter(|((_, was_open), is_open)| *was_open && !is_open)
            .map(|(((symptom, is_habit), _), _)| (symptom, if is_habit { Ending::Habit } else { Ending::Back }))
            .collect()
    }

    fn drifts(&self) -> [&[Drift]; TESTS] {
        [&self.quality.drifts, &self.words.drifts, std::slice::from_ref(&self.partial)]
    }

    fn drifts_mut(&mut self, test: usize) -> &mut [Drift] {
        match test {
            0 => &mut self.quality.drifts,
            1 => &mut self.words.drifts,
            _ => std::slice::from_mut(&mut self.partial),
        }
    }

    fn are_open(&self) -> [bool; TESTS] {
        let drifts = self.drifts();
        std::array::from_fn(|test| self.fall.is_open(test) || drifts[test].iter().any(Drift::is_open))
    }

    /// What is in doubt, of a source that has so many articles a month: what is told from now on until it ends.
    pub(super) fn doubts(&mut self, n_a_month: f64) -> Vec<Doubt> {
        let drifted = |drift: &Drift| {
            if drift.n() < N_MIN { 0.0 } else { evidence(n_a_month * (-drift.sum()).exp(), DRIFTS_A_MONTH) }
        };
        let drifts = self.drifts().map(|drifts| drifts.iter().map(drifted).fold(0.0, f64::max));
        let falls: [f64; TESTS] =
            std::array::from_fn(|test| evidence(n_a_month.max(FEW) * (-self.fall.sum(test)).exp(), FALLS_A_MONTH));
        let evidence: [f64; TESTS] = std::array::from_fn(|test| falls[test].max(drifts[test]));
        let were_open = self.are_open();
        let is_any_open = were_open.contains(&true);
        let surest = (0..TESTS).max_by(|one, other| evidence[*one].total_cmp(&evidence[*other]));
        let mut doubts = Vec::new();
        for test in 0..TESTS {
            let opens_at = if !is_any_open && Some(test) == surest { OPENS_AT } else { OPENS_BESIDE_AT };
            if !were_open[test] && evidence[test] < opens_at {
                continue;
            }
            // What is told stays so until it has ended.
            if falls[test] >= OPENS_AT {
                self.fall.open(test);
            }
            for drift in self.drifts_mut(test).iter_mut().filter(|drift| drifted(drift) >= OPENS_AT) {
                drift.open();
            }
            let (since_s, why) = self.describe(test, drifted);
            let symptom = SYMPTOMS[test];
            let confidence = confidence(symptom, evidence[test].max(OPENS_AT));
            doubts.push(Doubt { symptom, since_s, confidence, why });
        }
        doubts
    }

    /// Since when something is in doubt, and why, by the test that is surest of it.
    fn describe(&self, test: usize, drifted: impl Fn(&Drift) -> f64) -> (i64, String) {
        let open = self.drifts()[test].iter().filter(|drift| drift.is_open());
        let by_drift = open.max_by(|one, other| drifted(one).total_cmp(&drifted(other)));
        let (since_s, share, usual, is_fall) = match by_drift {
            Some(drift) if !self.fall.is_open(test) => {
                let (since_s, share) = drift.since();
                (since_s, share, drift.usual(), false)
            }
            _ => {
                let (since_s, share, usual) = self.fall.since(test);
                (since_s, share, usual, true)
            }
        };
        let (share, usual) = (100.0 * share, 100.0 * usual);
        let why = match (SYMPTOMS[test], is_fall) {
            (Symptom::Quality, false) => {
                format!("{share:.0} % of its articles are of a quality that {usual:.0} % had before")
            }
            (Symptom::Shorter, false) => {
                format!("{share:.0} % of its articles are as short as {usual:.0} % were before")
            }
            (_, false) => {
                format!("{share:.0} % of its articles are not whole, where {usual:.0} % were not before")
            }
            (Symptom::Quality, true) => {
                format!("{share:.0} % of its articles are far worse than its others, where {usual:.0} % were before")
            }
            (Symptom::Shorter, true) => {
                format!("{share:.0} % of its articles are far shorter than its others, where {usual:.0} % were before")
            }
            (_, true) => format!(
                "{share:.0} % of its articles are not whole as its others are, where {usual:.0} % were not before"
            ),
        };
        (since_s, why)
    }
}
