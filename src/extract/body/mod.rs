//! Which lines of the page are the article.
//!
//! 1. *First look* (`lines`): every line gets a probability from what it looks like and what stands above it.
//! 2. *Place* (`place`): the element whose lines add up to the most, where unlikely lines count against it.
//! 3. *Second look* (`context`): every line of the page, in and beside the place, is judged again by the company
//!    it keeps: its neighbours, lines of the same make, its position in relation to the place.
//! 4. *Third look* (`context`, `trees`): once more the same, in the light of the second look, and by decision trees,
//!    which know what a sum of weights cannot say: that a caption counts otherwise within a list than beside the text.
//! 5. *Clearing up* (`clear`): what only shows in the chosen lines: repetitions, headings of nothing.
//! 6. *Times* (`live`): those of a live blog's entries.

mod clear;
mod context;
mod features;
mod lines;
mod live;
mod phrases;
mod place;
mod steps;
mod trees;
mod words;

#[cfg(test)]
mod learn;

use std::ops::Range;

use super::page::Page;
use context::Surroundings;
use features::COUNT;
use lines::Look;
use trees::Tree;

pub(super) use lines::Evidence;
pub(super) use steps::Steps;

/// The chosen lines.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Indices of lines, in page order.
    pub(super) lines: Vec<usize>,
    /// Lines around the begin of the text, among which are byline and date where the page has no names for them.
    pub(super) head: Range<usize>,
    /// Expected F1 of the chosen words, from how likely each line was found to be part of the article: 0 to 1.
    pub(super) certainty: f32,
}

impl Body {
    /// Lines that were chosen elsewhere, by somebody who is sure of them.
    pub(super) fn of_lines(page: &Page<'_>, lines: Vec<usize>) -> Body {
        let head = head_around(page, lines.first().copied().unwrap_or_default());
        Body { lines, head, certainty: 1.0 }
    }
}

/// A line stands in the article when it more likely does than not.
const ACCEPTED: f32 = 0.5;

/// Lines before the text, and at its begin, that make its head.
const HEAD_LINES: usize = 8;
const HEAD_LINES_INSIDE: usize = 3;

/// The weights of each look.
#[derive(Clone, Copy)]
struct Weights<'a> {
    first: &'a [f32; COUNT],
    second: &'a [f32; COUNT],
    third: &'a [Tree],
}

/// Chooses the article's lines. `steps` keeps what led to the choice, for those who ask.
pub(super) fn choose(page: &Page<'_>, evidence: &Evidence, steps: Option<&mut Steps>) -> Body {
    let weights = Weights { first: &features::FIRST, second: &features::SECOND, third: &trees::TREES };
    choose_by(weights, lines::look(page, evidence), page, evidence, steps)
}

fn choose_by(
    weights: Weights<'_>,
    looks: Vec<Look>,
    page: &Page<'_>,
    evidence: &Evidence,
    mut steps: Option<&mut Steps>,
) -> Body {
    let surroundings = Surroundings::of(page, &looks, weights.first);
    let first = surroundings.first();
    let second = context::look_again(page, &looks, &surroundings, &first);
    let third = second.as_ref().and_then(|second| {
        let before: Vec<f32> = second.features.iter().map(|features| features.probability(weights.second)).collect();
        context::look_again(page, &looks, &surroundings, &before)
    });
    let probabilities: Vec<f32> = third
        .iter()
        .flat_map(|third| third.features.iter().map(|features| trees::probability(weights.third, features)))
        .collect();
    let mut chosen: Vec<usize> = (0..probabilities.len()).filter(|line| probabilities[*line] > ACCEPTED).collect();
    let head = head_around(page, chosen.first().copied().unwrap_or_default());
    clear::clear(page, &looks, evidence, &mut chosen, |line, rule| {
        if let Some(steps) = &mut steps {
            steps.cleared.push((line, rule));
        }
    });
    let certainty = certainty(&looks, &probabilities, &chosen);
    let times = live::times(page, &looks, &chosen);
    if !times.is_empty() {
        chosen.extend(&times);
        chosen.sort_unstable();
    }
    if let Some(steps) = steps {
        (steps.looks, steps.first, steps.second, steps.third) = (looks, first, second, third);
        steps.times = times;
    }
    Body { lines: chosen, head, certainty }
}

fn head_around(page: &Page<'_>, start: usize) -> Range<usize> {
    start.saturating_sub(HEAD_LINES)..page.lines.len().min(start + HEAD_LINES_INSIDE)
}

/// The F1 that is to be expected of the chosen lines: a likely line that was chosen counts for it, an unlikely one that
/// was chosen and a likely one that was not against it, each by its words.
fn certainty(looks: &[Look], probabilities: &[f32], chosen: &[usize]) -> f32 {
    let (mut right, mut wrong) = (0.0, 0.0);
    let mut chosen = chosen.iter().peekable();
    for (line, (look, probability)) in looks.iter().zip(probabilities).enumerate() {
        let words = super::text::number(look.n_words);
        if chosen.next_if_eq(&&line).is_some() {
            right += words * probability;
            wrong += words * (1.0 - probability);
        } else if *probability <= ACCEPTED {
            wrong += words * probability;
        }
    }
    if right > 0.0 { 2.0 * right / (2.0 * right + wrong) } else { 0.0 }
}
