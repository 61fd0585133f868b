//! Decision trees that correct one another: each is fitted to what the sum of those before it gets wrong.

use super::super::decision_trees::{DEPTH, LEAVES, SPLITS, Tree};
use super::super::features::{COUNT, Feature, Features, NAMES};
use super::{Example, hash, left_out, number};

/// Trees learned; more fit the pages at hand better and others no better.
const TREES: usize = 150;

/// Share of each step that is taken.
const RATE: f32 = 0.15;

/// Pull of leaves towards zero, in lines of weight one that are undecided.
const PULL: f32 = 20.0;

/// Least gain for which a question is asked.
const GAIN_MIN: f32 = 0.5;

/// What it costs to take a line for part of the article that is none, against losing one that is. Even would be 1, but
/// more pages are exact this way, and the text that is lost are lines that were doubtful anyway.
const WRONG_COST: f32 = 1.2;

/// Values told apart of each feature.
const BINS: usize = 16;

/// The values of a feature as numbers of bins, evenly spread from its least to its greatest value.
struct Grid {
    low: [f32; COUNT],
    step: [f32; COUNT],
}

impl Grid {
    fn of(examples: &[Example]) -> Grid {
        let (mut low, mut high) = ([0.0_f32; COUNT], [0.0_f32; COUNT]);
        for example in examples {
            for (feature, value) in example.features.0.iter().enumerate() {
                low[feature] = low[feature].min(*value);
                high[feature] = high[feature].max(*value);
            }
        }
        let mut step = [1.0; COUNT];
        for feature in 0..COUNT {
            let width = high[feature] - low[feature];
            if width > 0.0 {
                step[feature] = width / number(BINS - 1);
            }
        }
        Grid { low, step }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the number of bins")]
    fn bins(&self, features: &Features) -> [u8; COUNT] {
        std::array::from_fn(|feature| {
            let place = (features.0[feature] - self.low[feature]) / self.step[feature];
            place.round().clamp(0.0, number(BINS - 1)) as u8
        })
    }

    /// The value between a bin and the next.
    fn threshold(&self, feature: usize, bin: u8) -> f32 {
        self.low[feature] + (f32::from(bin) + 0.5) * self.step[feature]
    }
}

/// First and second derivatives of the loss, summed up.
type Slopes = (f32, f32);

fn worth(slopes: Slopes) -> f32 {
    slopes.0 * slopes.0 / (slopes.1 + PULL)
}

pub(super) fn boost(examples: &[Example]) -> Vec<Tree> {
    let grid = Grid::of(examples);
    let bins: Vec<[u8; COUNT]> = examples.iter().map(|example| grid.bins(&example.features)).collect();
    let mut logits = vec![0.0_f32; examples.len()];
    let mut trees = Vec::new();
    let left_out = left_out();
    for round in 0..TREES {
        let slopes: Vec<Slopes> = examples
            .iter()
            .zip(&logits)
            .map(|(example, logit)| {
                let probability = 1.0 / (1.0 + (-logit).exp());
                let error = probability - f32::from(u8::from(example.is_article));
                let weight = if example.is_article { example.weight } else { example.weight * WRONG_COST };
                (error * weight, (probability * (1.0 - probability)).max(1e-4) * weight)
            })
            .collect();
        let is_asked = std::array::from_fn(|feature| !left_out[feature] && is_drawn(round, feature));
        let tree = fit(&bins, &slopes, &grid, &is_asked);
        for (logit, example) in logits.iter_mut().zip(examples) {
            *logit += tree.gain(&example.features);
        }
        trees.push(tree);
    }
    trees
}

/// Whether a tree may ask about a feature. Each may about another half of them: so the feature that says a thing best
/// does not stand in the way of all others that say it too.
fn is_drawn(round: usize, feature: usize) -> bool {
    hash(hash(0, &round.to_le_bytes()), &feature.to_le_bytes()).is_multiple_of(2)
}

fn fit(bins: &[[u8; COUNT]], slopes: &[Slopes], grid: &Grid, is_asked: &[bool; COUNT]) -> Tree {
    // What asks nothing sends every line to the left.
    let mut splits = [(Feature::Always, 1.0); SPLITS];
    let asked: Vec<usize> = (0..COUNT).filter(|feature| is_asked[*feature]).collect();
    let mut nodes = vec![0_usize; bins.len()];
    for level in 0..DEPTH {
        let (start, width) = ((1 << level) - 1, 1 << level);
        let mut sums = vec![(0.0_f32, 0.0_f32); width * COUNT * BINS];
        for ((bins, slopes), node) in bins.iter().zip(slopes).zip(&nodes) {
            let of_node = &mut sums[(node - start) * COUNT * BINS..];
            for &feature in &asked {
                let sum = &mut of_node[feature * BINS + usize::from(bins[feature])];
                sum.0 += slopes.0;
                sum.1 += slopes.1;
            }
        }
        let mut chosen = vec![(Feature::Always as usize, u8::MAX); width];
        for (node, (chosen, sums)) in chosen.iter_mut().zip(sums.chunks(COUNT * BINS)).enumerate() {
            if let Some((feature, bin)) = best_split(sums, is_asked) {
                *chosen = (feature, bin);
                splits[start + node] = (Feature::ALL[feature], grid.threshold(feature, bin));
            }
        }
        for (node, bins) in nodes.iter_mut().zip(bins) {
            let (feature, bin) = chosen[*node - start];
            *node = 2 * *node + 1 + usize::from(bins[feature] > bin);
        }
    }
    let mut sums = [(0.0_f32, 0.0_f32); LEAVES];
    for (node, slopes) in nodes.iter().zip(slopes) {
        let sum = &mut sums[node - SPLITS];
        sum.0 += slopes.0;
        sum.1 += slopes.1;
    }
    Tree { splits, leaves: sums.map(|sum| -RATE * sum.0 / (sum.1 + PULL)) }
}

/// The feature and the bin up to which lines go to the left, by the greatest gain.
fn best_split(sums: &[Slopes], is_asked: &[bool; COUNT]) -> Option<(usize, u8)> {
    let add = |one: Slopes, other: &Slopes| (one.0 + other.0, one.1 + other.1);
    // Whatever the feature, its bins hold all lines of the node.
    let first = is_asked.iter().position(|asked| *asked)?;
    let all = sums[first * BINS..(first + 1) * BINS].iter().fold((0.0, 0.0), add);
    let mut best: Option<(f32, usize, u8)> = None;
    for (feature, sums) in sums.chunks(BINS).enumerate().filter(|(feature, _)| is_asked[*feature]) {
        let mut left = (0.0, 0.0);
        for (bin, sum) in (0_u8..).zip(&sums[..BINS - 1]) {
            left = add(left, sum);
            let gain = worth(left) + worth((all.0 - left.0, all.1 - left.1)) - worth(all);
            if gain > best.map_or(GAIN_MIN, |(most, _, _)| most) {
                best = Some((gain, feature, bin));
            }
        }
    }
    best.map(|(_, feature, bin)| (feature, bin))
}

/// A tree as it stands in the table.
pub(super) fn as_source(tree: &Tree) -> String {
    let splits: Vec<String> = tree
        .splits
        .iter()
        .map(|(feature, threshold)| format!("({}, {:.3})", NAMES[*feature as usize], threshold))
        .collect();
    let leaves: Vec<String> = tree.leaves.iter().map(|leaf| format!("{leaf:.3}")).collect();
    format!("Tree {{ splits: [{}], leaves: [{}] }},", splits.join(", "), leaves.join(", "))
}
