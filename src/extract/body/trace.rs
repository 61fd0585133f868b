//! What each pass found on the way to the chosen lines, kept for those who ask why.

use super::super::explanation::{Contribution, Rule};
use super::context_features::Pass;
use super::features::{COUNT, FIRST, Feature, MEANINGS, NAMES, SECOND};
use super::learned_trees::TREES;
use super::line_features::LineProfile;
use super::{decision_trees, feature_words};

/// Contributions told of a line, the strongest: what follows them moves no verdict.
const CONTRIBUTIONS_MAX: usize = 12;

/// Least share in a logit that is told: less is rounded to nothing.
const CONTRIBUTION_MIN: f32 = 0.05;

/// What was found on the way to the chosen lines. Empty until [`choose`](super::choose) has filled it.
#[derive(Debug, Default)]
pub(in super::super) struct Trace {
    pub(super) profiles: Vec<LineProfile>,
    /// Probabilities of the first pass.
    pub(super) first: Vec<f32>,
    /// What the later passes found, where the pass before left anything to look for.
    pub(super) second: Option<Pass>,
    pub(super) third: Option<Pass>,
    /// Lines that a rule kept, and which.
    pub(in super::super) ruled_in: Vec<(usize, Rule)>,
    /// Lines that were chosen and taken out again.
    pub(in super::super) taken_out: Vec<(usize, Rule)>,
}

impl Trace {
    /// The element in which the article stands, by the last pass that found one.
    pub(in super::super) fn place(&self) -> Option<usize> {
        self.third.as_ref().or(self.second.as_ref()).map(|pass| pass.place)
    }

    /// Notes lines that were chosen and are left out all the same, because a rule for the site chooses others.
    pub(in super::super) fn rule_out(&mut self, lines: impl Iterator<Item = usize>) {
        self.taken_out.extend(lines.map(|line| (line, Rule::SiteRule)));
    }

    /// The probability of a line by the first pass.
    pub(in super::super) fn first_pass(&self, line: usize) -> f32 {
        self.first[line]
    }

    /// The probability by which a line was chosen or not: that of the last pass made.
    pub(in super::super) fn probability(&self, line: usize) -> f32 {
        match (&self.second, &self.third) {
            (_, Some(third)) => decision_trees::probability(&TREES, &third.features[line]),
            (Some(second), None) => second.features[line].probability(&SECOND),
            (None, None) => self.first[line],
        }
    }

    /// What decided on a line, the strongest first. What holds for every line is left out.
    pub(in super::super) fn contributions(&self, line: usize) -> Vec<Contribution> {
        let logits = self.logits(line);
        let mut strongest: Vec<usize> = (0..COUNT)
            .filter(|feature| *feature != Feature::Always as usize && logits[*feature].abs() >= CONTRIBUTION_MIN)
            .collect();
        strongest.sort_by(|one, other| logits[*other].abs().total_cmp(&logits[*one].abs()));
        strongest.truncate(CONTRIBUTIONS_MAX);
        let features = match (&self.second, &self.third) {
            (_, Some(pass)) | (Some(pass), None) => &pass.features[line],
            (None, None) => &self.profiles[line].features,
        };
        let contribution = |feature: usize| Contribution {
            feature: NAMES[feature],
            meaning: MEANINGS[feature].trim().trim_end_matches('.'),
            is_absent: features.0[feature] == 0.0,
            words: feature_words::of(Feature::ALL[feature], features.0[feature] == 0.0),
            logit: logits[feature],
        };
        strongest.into_iter().map(contribution).collect()
    }

    /// What each feature adds to the logit of a line. What one pass handed on to the next is split up into the features
    /// that made it: "what the pass before said" would be the answer to every question.
    fn logits(&self, line: usize) -> [f32; COUNT] {
        let first = collected(self.profiles[line].features.weighed(&FIRST));
        let Some(second) = &self.second else { return first };
        let mut logits = collected(second.features[line].weighed(&SECOND));
        split_up(&mut logits, Feature::FirstLook, &first);
        let Some(third) = &self.third else { return logits };
        let before = std::mem::replace(&mut logits, decision_trees::contributions(&TREES, &third.features[line]));
        split_up(&mut logits, Feature::LookBefore, &before);
        split_up(&mut logits, Feature::FirstLook, &first);
        logits
    }
}

/// Gives what one feature adds to those that made it, each by its share; not where those cancel each other out, which
/// would make much of each.
fn split_up(logits: &mut [f32; COUNT], feature: Feature, makers: &[f32; COUNT]) {
    const CANCELLED: f32 = 5.0;
    let sum: f32 = makers.iter().sum();
    let all: f32 = makers.iter().map(|maker| maker.abs()).sum();
    if sum.abs() > f32::EPSILON && all < sum.abs() * CANCELLED {
        let handed_on = std::mem::take(&mut logits[feature as usize]);
        logits.iter_mut().zip(makers).for_each(|(logit, maker)| *logit += maker * handed_on / sum);
    }
}

fn collected(weighed: impl Iterator<Item = f32>) -> [f32; COUNT] {
    let mut all = [0.0; COUNT];
    all.iter_mut().zip(weighed).for_each(|(one, weighed)| *one = weighed);
    all
}

#[cfg(test)]
mod tests {
    use super::super::choose;
    use super::super::known_texts::KnownTexts;
    use super::*;
    use crate::extract::page::Page;
    use crate::extract::tests::parsed;

    #[test]
    fn contributions_add_up_to_the_probability() {
        let check = |html: &str| {
            let tree = parsed(html);
            let page = Page::read(&tree, 512);
            let mut trace = Trace::default();
            choose(&page, &KnownTexts::default(), Some(&mut trace));
            assert!(!page.lines.is_empty());
            for line in 0..page.lines.len() {
                let logit: f32 = trace.logits(line).iter().sum();
                let probability = 1.0 / (1.0 + (-logit).exp());
                assert!((probability - trace.probability(line)).abs() < 1e-4, "line {line} of {html}");
            }
        };
        check("<p>Nothing");
        check(
            "<nav><a href=/>Home</a></nav><article><h1>A calm sea</h1><p>The ferry left at noon, with mail, milk and \
             forty-one passengers who had slept in the hall.</p></article><footer>© Ellery Gazette</footer>",
        );
    }

    #[test]
    fn meanings_are_plain_text() {
        for (name, meaning) in NAMES.iter().zip(MEANINGS) {
            assert!(
                meaning.starts_with(' ') && meaning.ends_with('.') && !meaning.contains('\n'),
                "{name}: {meaning:?}"
            );
        }
    }
}
