//! What tells of the chosen lines as a whole whether they are the article: how sure the passes were of them, and what
//! they are made of.

use super::super::text::{number, share};
use super::decision_trees::ACCEPTED;
use super::features::Feature;
use super::line_features::LineProfile;

/// How sure it is that the chosen lines are the article, and no less.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Sureness {
    /// Expected F1 of the chosen words, from how likely each line was found to be part of the article: 0 to 1.
    pub(in super::super) certainty: f32,
    /// Lines between the title and the text, as a logarithm over six; nothing where no title stands before it.
    pub(in super::super) title_gap: f32,
    /// Share of readers' comments in the prose of comments and text together.
    pub(in super::super) comments: f32,
    /// Share of its words in list items.
    pub(in super::super) items: f32,
    /// Share of its words in small elements with a button or field.
    pub(in super::super) with_inputs: f32,
}

impl Sureness {
    /// That of lines which somebody is sure of.
    pub(super) fn of_known() -> Sureness {
        Sureness { certainty: 1.0, ..Sureness::default() }
    }

    /// That of the lines that were chosen, in page order, by these probabilities.
    pub(super) fn of(profiles: &[LineProfile], probabilities: &[f32], chosen: &[usize]) -> Sureness {
        let holds = |line: usize, feature: Feature| profiles[line].features.0[feature as usize] > 0.0;
        let words_with = |feature: Feature| -> usize {
            chosen.iter().filter(|line| holds(**line, feature)).map(|line| profiles[*line].n_words).sum()
        };
        let n_words = chosen.iter().map(|line| profiles[*line].n_words).sum();
        let is_comment = |line: &usize| {
            holds(*line, Feature::Comments)
                && holds(*line, Feature::Sentence)
                && profiles[*line].n_words >= COMMENT_WORDS_MIN
                && profiles[*line].features.0[Feature::LinkShare as usize] < 0.5
        };
        let comment_words: usize = (0..profiles.len()).filter(is_comment).map(|line| profiles[line].n_words).sum();
        let is_title = |line: &usize| holds(*line, Feature::IsTitle) || holds(*line, Feature::TopHeading);
        let first = chosen.first().copied().unwrap_or_default();
        let title = (0..profiles.len().min(first + 1)).rfind(is_title);
        Sureness {
            certainty: certainty(profiles, probabilities, chosen),
            title_gap: title.map_or(0.0, |title| number(first - title + 1).log2() / 6.0),
            comments: share(comment_words, comment_words + n_words),
            items: share(words_with(Feature::Item), n_words),
            with_inputs: share(words_with(Feature::WithInput), n_words),
        }
    }
}

/// Fewest words of a comment that counts.
const COMMENT_WORDS_MIN: usize = 10;

/// The F1 that is to be expected of the chosen lines: a likely line that was chosen counts for it, an unlikely one that
/// was chosen and a likely one that was not against it, each by its words.
fn certainty(profiles: &[LineProfile], probabilities: &[f32], chosen: &[usize]) -> f32 {
    let (mut right, mut wrong) = (0.0, 0.0);
    let mut chosen = chosen.iter().peekable();
    for (line, (profile, probability)) in profiles.iter().zip(probabilities).enumerate() {
        let words = number(profile.n_words);
        if chosen.next_if_eq(&&line).is_some() {
            right += words * probability;
            wrong += words * (1.0 - probability);
        } else if *probability <= ACCEPTED {
            wrong += words * probability;
        }
    }
    if right > 0.0 { 2.0 * right / (2.0 * right + wrong) } else { 0.0 }
}
