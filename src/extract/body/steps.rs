//! The steps to a choice of lines, kept for those who ask why.

use super::super::explain::{Contribution, Rule};
use super::features::{COUNT, FIRST, Feature, Features, MEANINGS, NAMES, SECOND};
use super::lines::Look;

/// Contributions told of a line, the strongest: what follows them moves no verdict.
const CONTRIBUTIONS_MAX: usize = 12;

/// Least share in a logit that is told: less is rounded to nothing.
const CONTRIBUTION_MIN: f32 = 0.05;

/// What each step found. Empty until [`choose`](super::choose) has filled it.
#[derive(Debug, Default)]
pub(in super::super) struct Steps {
    pub(super) looks: Vec<Look>,
    /// Probabilities of the first look.
    pub(super) first: Vec<f32>,
    /// The element in which the article stands. Without one there was no second look.
    pub(in super::super) place: Option<usize>,
    pub(super) again: Vec<Features>,
    /// Probabilities of the second look.
    pub(super) second: Vec<f32>,
    /// Lines that were chosen and taken out again.
    pub(in super::super) cleared: Vec<(usize, Rule)>,
}

impl Steps {
    /// The probability of a line by the first look.
    pub(in super::super) fn first_look(&self, line: usize) -> f32 {
        self.first[line]
    }

    /// The probability by which a line was chosen or not: that of the last look taken.
    pub(in super::super) fn probability(&self, line: usize) -> f32 {
        self.second.get(line).copied().unwrap_or(self.first[line])
    }

    /// What decided on a line, the strongest first. What the first look handed on to the second is split up into the
    /// features that made it, since "what the first look said" would be the answer to every question. What holds for
    /// every line is left out.
    pub(in super::super) fn contributions(&self, line: usize) -> Vec<Contribution> {
        let first = &self.looks[line].features;
        let mut sums = [0.0_f32; COUNT];
        let mut add = |features: &Features, weights: &[f32; COUNT], share: f32| {
            for (sum, weighed) in sums.iter_mut().zip(features.weighed(weights)) {
                *sum += weighed * share;
            }
            sums[Feature::FirstLook as usize]
        };
        match self.again.get(line) {
            None => _ = add(first, &FIRST, 1.0),
            Some(again) => {
                let handed_on = add(again, &SECOND, 1.0);
                let logit: f32 = first.weighed(&FIRST).sum();
                if logit.abs() > f32::EPSILON {
                    add(first, &FIRST, handed_on / logit);
                }
            }
        }
        let mut strongest: Vec<usize> = (0..COUNT)
            .filter(|feature| *feature != Feature::Always as usize && *feature != Feature::FirstLook as usize)
            .filter(|feature| sums[*feature].abs() >= CONTRIBUTION_MIN)
            .collect();
        strongest.sort_by(|one, other| sums[*other].abs().total_cmp(&sums[*one].abs()));
        strongest.truncate(CONTRIBUTIONS_MAX);
        let contribution = |feature: usize| Contribution {
            feature: NAMES[feature],
            meaning: MEANINGS[feature].trim().trim_end_matches('.'),
            logit: sums[feature],
        };
        strongest.into_iter().map(contribution).collect()
    }
}
