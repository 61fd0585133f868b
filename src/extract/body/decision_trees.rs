//! The third pass: a sum of small decision trees over the features of a line.
//!
//! Learned by gradient boosting (Friedman 2001) with second-order steps (Chen and Guestrin 2016), `learn::boost`. Each
//! tree asks up to four questions about the line, and gives the logit of the leaf it ends in.

use super::features::{self, COUNT, Feature, Features};

/// Questions that each tree asks of a line.
pub(super) const DEPTH: usize = 4;

/// Nodes that ask, and leaves.
pub(super) const SPLITS: usize = (1 << DEPTH) - 1;
pub(super) const LEAVES: usize = 1 << DEPTH;

/// A line stands in the article when it more likely does than not.
pub(super) const ACCEPTED: f32 = 0.5;

/// A decision tree. The children of the node at `n` stand at `2n + 1`, for values up to the threshold, and `2n + 2`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// Which feature is compared with what.
    pub(super) splits: [(Feature, f32); SPLITS],
    /// What the line's logit gains.
    pub(super) leaves: [f32; LEAVES],
}

impl Tree {
    /// The leaf in which a line ends.
    fn leaf(&self, features: &Features) -> usize {
        let mut node = 0;
        for _ in 0..DEPTH {
            let (feature, threshold) = self.splits[node];
            node = 2 * node + 1 + usize::from(features.0[feature as usize] > threshold);
        }
        node - SPLITS
    }

    /// What the line's logit gains by this tree.
    pub(super) fn gain(&self, features: &Features) -> f32 {
        self.leaves[self.leaf(features)]
    }
}

/// What the pass before said, as a logit over four, up to which a line is hopeless: about one in fifty. Most lines of a
/// page are, and the trees would change none of their verdicts.
const HOPELESS: f32 = -1.0;

/// What the pass before said of a line, as a logit, where that settles it.
pub(super) fn settled(features: &Features) -> Option<f32> {
    let before = features.0[Feature::LookBefore as usize];
    (before < HOPELESS).then_some(before * 4.0)
}

/// The probability that a line is part of the article.
pub(super) fn probability(trees: &[Tree], features: &Features) -> f32 {
    if let Some(logit) = settled(features) {
        return features::probability(logit);
    }
    features::probability(trees.iter().map(|tree| tree.gain(features)).sum())
}

/// What each feature adds to the logit: every answer on the way to a leaf moves the mean of the leaves that can still
/// be reached, and the feature that was asked for is credited with it (Saabas 2014). The mean of all leaves holds for
/// every line and goes to [`Feature::Always`].
pub(super) fn contributions(trees: &[Tree], features: &Features) -> [f32; COUNT] {
    let mut all = [0.0; COUNT];
    if let Some(logit) = settled(features) {
        all[Feature::LookBefore as usize] = logit;
        return all;
    }
    for tree in trees {
        let mean = |leaves: &[f32]| leaves.iter().sum::<f32>() / super::super::text::number(leaves.len());
        let (mut node, mut leaves) = (0, &tree.leaves[..]);
        all[Feature::Always as usize] += mean(leaves);
        for _ in 0..DEPTH {
            let (feature, threshold) = tree.splits[node];
            let (low, high) = leaves.split_at(leaves.len() / 2);
            let is_high = features.0[feature as usize] > threshold;
            let reached = if is_high { high } else { low };
            all[feature as usize] += mean(reached) - mean(leaves);
            node = 2 * node + 1 + usize::from(is_high);
            leaves = reached;
        }
    }
    all
}
