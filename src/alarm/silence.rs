//! How long a source's silences last, in time that runs as fast as it is expected to bring something (the time rescaling
//! of Papangelou 1972; Brown et al., Neural Computation 14, 2002). In that time nights and weekends pass quickly. Were the
//! source a Poisson process, silences would be exponential with mean 1; editions at fixed hours are more regular, and
//! bursts less. So the source's own silences are kept, and what is longer than most of them is judged by their tail
//! (peaks over a threshold: Davison and Smith, J. R. Stat. Soc. B 52, 1990). While they are few, the tail is that of
//! the predictive distribution, which is long.

use super::packed::{Packer, Unpacker};

const BINS: usize = 36;

/// Bounds of lengths that are told apart.
const SHORTEST: f64 = 0.05;
const LONGEST: f64 = 120.0;

/// Share of silences whose lengths make the tail.
const TAIL_SHARE: f64 = 0.1;

/// What is assumed of the tail before it is known: so many silences, longer than the others by so much on average. A source that brings
/// something once a week has ten silences to be known by when it is first judged, all of much the same length.
const PRIOR_N: f64 = 1.5;
const PRIOR_EXCESS: f64 = 0.25;

/// How many silences of the tail it is worth that tails seldom have no end.
const PRIOR_SHAPE_N: f64 = 3.5;

/// Silences of the tail from which more do not make it thinner.
const TAIL_N_MAX: f64 = 60.0;

/// With each silence that comes, the others count so much less.
const FADES_BY: f32 = 0.999;

/// The silences of a source.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Silences {
    bins: [f32; BINS],
}

impl Default for Silences {
    fn default() -> Silences {
        Silences { bins: [0.0; BINS] }
    }
}

impl Silences {
    pub(super) fn pack(&self, packer: &mut Packer) {
        packer.roughly(&self.bins);
    }

    pub(super) fn unpack(from: &mut Unpacker<'_>) -> Silences {
        Silences { bins: from.roughly() }
    }

    /// Takes in a silence that has ended.
    pub(super) fn learn(&mut self, length: f64) {
        self.bins.iter_mut().for_each(|count| *count *= FADES_BY);
        self.bins[bin(length)] += 1.0;
    }

    /// How many it has learned from.
    pub(super) fn n(&self) -> f64 {
        self.bins.iter().map(|count| f64::from(*count)).sum()
    }

    /// The probability that one lasts longer than this.
    pub(super) fn longer_than(&self, length: f64) -> f64 {
        let n = self.n() + 1.0;
        let mut n_tail = 0.0;
        let mut threshold = LONGEST;
        let mut first = BINS;
        for position in (0..BINS).rev() {
            if n_tail >= TAIL_SHARE * n && n_tail > 0.0 {
                break;
            }
            n_tail += f64::from(self.bins[position]);
            (threshold, first) = (edge(position), position);
        }
        let longer = &self.bins[first..];
        if length <= threshold {
            return 1.0;
        }
        let excess: f64 = longer
            .iter()
            .zip(first..)
            .map(|(count, position)| f64::from(*count) * (middle(position) - threshold))
            .sum();
        let n_known = (n_tail + PRIOR_SHAPE_N).min(TAIL_N_MAX);
        let scale = (excess + PRIOR_N * PRIOR_EXCESS) / (n_tail + PRIOR_N);
        let share = ((n_tail + 0.5) / n).min(1.0);
        share * (1.0 + (length - threshold) / (n_known * scale)).powf(-n_known)
    }
}

fn step() -> f64 {
    (LONGEST / SHORTEST).ln() / BINS as f64
}

fn bin(length: f64) -> usize {
    let position = ((length.max(SHORTEST) / SHORTEST).ln() / step()).floor();
    (position as usize).min(BINS - 1)
}

fn edge(position: usize) -> f64 {
    if position == 0 { 0.0 } else { SHORTEST * (step() * position as f64).exp() }
}

fn middle(position: usize) -> f64 {
    SHORTEST * (step() * (position as f64 + 0.5)).exp()
}
