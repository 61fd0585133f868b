//! Which lines of the page are the article.
//!
//! 1. *First look* (`lines`): every line gets a probability from what it looks like and what stands above it.
//! 2. *Place* (`place`): the element whose lines add up to the most, where unlikely lines count against it.
//! 3. *Second look* (`context`): every line of the page, in and beside the place, is judged again by the company
//!    it keeps: its neighbours, lines of the same make, its position in relation to the place.
//! 4. *Third look* (`context`, `trees`): once more the same, in the light of the second look, and by decision trees,
//!    which know what a sum of weights cannot say: that a caption counts otherwise within a list than beside the text.
//! 5. *Clearing up* (`clear`): what only shows in the chosen lines: repetitions, headings of nothing.

mod clear;
mod context;
mod features;
mod lines;
mod phrases;
mod place;
mod steps;
mod trees;

#[cfg(test)]
mod learn;

use std::ops::Range;

use super::page::Page;
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
    /// Mean probability of the chosen lines, by their words.
    pub(super) confidence: f32,
}

impl Body {
    /// Lines that were chosen elsewhere, by somebody who is sure of them.
    pub(super) fn of_lines(page: &Page<'_>, lines: Vec<usize>) -> Body {
        let head = head_around(page, lines.first().copied().unwrap_or_default());
        Body { lines, head, confidence: 1.0 }
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
    let first: Vec<f32> = looks.iter().map(|look| look.features.probability(weights.first)).collect();
    let second = context::look_again(page, &looks, &first, weights.first);
    let third = second.as_ref().and_then(|second| {
        let before: Vec<f32> = second.features.iter().map(|features| features.probability(weights.second)).collect();
        context::look_again(page, &looks, &before, weights.first)
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
    let n_words = |line: usize| super::text::number(looks[line].n_words);
    let words: f32 = chosen.iter().map(|line| n_words(*line)).sum();
    let weighed: f32 = chosen.iter().map(|line| n_words(*line) * probabilities[*line]).sum();
    if let Some(steps) = steps {
        (steps.looks, steps.first, steps.second, steps.third) = (looks, first, second, third);
    }
    Body { lines: chosen, head, confidence: if words > 0.0 { weighed / words } else { 0.0 } }
}

fn head_around(page: &Page<'_>, start: usize) -> Range<usize> {
    start.saturating_sub(HEAD_LINES)..page.lines.len().min(start + HEAD_LINES_INSIDE)
}
