//! Quality, length and completeness of a source's articles. One is bad where it is worse than nine in ten of the source's own, or
//! than two in three; how often that is, and whether it has become more, is asked of [`Drift`]. A source that mixes videos, briefs
//! and reports is judged by its own mixture.

use super::drift::{Drift, Turn};
use super::packed::{Packer, Unpacker};
use super::verdict::{Doubt, Ending, OPENS_AT, Symptom, confidence};

const BINS: usize = 21;

/// Articles of a source before it is known what they are like.
const N_MIN: f64 = 30.0;

/// Shares of articles below the marks.
const LOW_SHARES: [f64; 2] = [0.1, 0.35];

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

    /// Takes in a value. Returns what has ended with it.
    fn take(&mut self, bin: usize, at_s: i64) -> Option<Ending> {
        if self.n() < N_MIN {
            self.learn(bin);
            return None;
        }
        let was_open = self.is_open();
        let mut is_habit = false;
        for (mark, drift) in self.marks.iter().zip(&mut self.drifts) {
            is_habit |= drift.take(bin < *mark, at_s) == Turn::Habit;
        }
        if is_habit {
            *self = Values::default();
            return Some(Ending::Habit);
        }
        // What is in doubt is no habit yet.
        if !self.drifts.iter().any(Drift::is_in_doubt) {
            self.learn(bin);
        }
        (was_open && !self.is_open()).then_some(Ending::Back)
    }

    fn is_open(&self) -> bool {
        self.drifts.iter().any(Drift::is_open)
    }
}

/// What the articles of a source are like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Levels {
    quality: Values,
    words: Values,
    partial: Drift,
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
        Levels { quality, words, partial: Drift::unpack(from) }
    }

    /// Takes in an article. Returns what has ended with it.
    pub(super) fn take(&mut self, quality: u8, n_words: u32, is_whole: bool, at_s: i64) -> Vec<(Symptom, Ending)> {
        let quality_bin = usize::from(quality.min(100)) / 5;
        // By halves of a doubling, from four words on.
        let words_bin = ((f64::from(n_words.max(4)) / 4.0).log2() * 1.9) as usize;
        let of_quality = self.quality.take(quality_bin, at_s).map(|ending| (Symptom::Quality, ending));
        let of_words = self.words.take(words_bin.min(BINS - 1), at_s).map(|ending| (Symptom::Shorter, ending));
        let of_parts = match self.partial.take(!is_whole, at_s) {
            Turn::None => None,
            Turn::Back => Some((Symptom::Partial, Ending::Back)),
            Turn::Habit => Some((Symptom::Partial, Ending::Habit)),
        };
        [of_quality, of_words, of_parts].into_iter().flatten().collect()
    }

    /// What is in doubt, of a source that has so many articles a month: what is told from now on until it ends.
    pub(super) fn doubts(&mut self, n_a_month: f64) -> Vec<Doubt> {
        let Levels { quality, words, partial } = self;
        let of_values = |symptom, values: &mut Values| {
            let doubts = values.drifts.iter_mut().filter_map(|drift| doubt(symptom, drift, n_a_month));
            doubts.max_by(|one, other| one.confidence.total_cmp(&other.confidence))
        };
        [
            of_values(Symptom::Quality, quality),
            of_values(Symptom::Shorter, words),
            doubt(Symptom::Partial, partial, n_a_month),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn doubt(symptom: Symptom, drift: &mut Drift, n_a_month: f64) -> Option<Doubt> {
    if drift.n() < N_MIN {
        return None;
    }
    let sure = confidence(n_a_month * (-drift.sum()).exp());
    // One that is told ends when all is well, or a habit.
    if sure < OPENS_AT && !drift.is_open() {
        return None;
    }
    drift.open();
    let (since_s, share) = drift.since();
    let (share, usual) = (100.0 * share, 100.0 * drift.usual());
    let why = match symptom {
        Symptom::Quality => format!("{share:.0} % of its articles are of a quality that {usual:.0} % had before"),
        Symptom::Shorter => format!("{share:.0} % of its articles are as short as {usual:.0} % were before"),
        _ => format!("{share:.0} % of its articles are not whole, where {usual:.0} % were not before"),
    };
    Some(Doubt { symptom, since_s, confidence: sure.max(OPENS_AT), why })
}
