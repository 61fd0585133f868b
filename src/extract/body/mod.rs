//! Which lines of the page are the article.
//!
//! 1. *First look* (`lines`): every line gets a probability from what it looks like and what stands above it.
//! 2. *Place* (`place`): the element whose lines add up to the most, where unlikely lines count against it.
//! 3. *Second look* (`context`): every line of the page, in and beside the place, is judged again by the company
//!    it keeps: its neighbours, lines of the same make, its position in relation to the place.
//! 4. *Clearing up* (`clear`): what only shows in the chosen lines: repetitions, headings of nothing.

mod clear;
mod context;
mod features;
mod lines;
mod phrases;
mod place;
mod steps;

#[cfg(test)]
mod learn;

use std::ops::Range;

use super::page::Page;
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

/// Chooses the article's lines. `steps` keeps what led to the choice, for those who ask.
pub(super) fn choose(page: &Page<'_>, evidence: &Evidence, mut steps: Option<&mut Steps>) -> Body {
    let looks = lines::look(page, evidence);
    let first: Vec<f32> = looks.iter().map(|look| look.features.probability(&features::FIRST)).collect();
    let Some(place) = place::find(page, &looks, &first) else {
        if let Some(steps) = steps {
            (steps.looks, steps.first) = (looks, first);
        }
        return Body::default();
    };
    let again = context::look_again(page, &looks, &first, place, &features::FIRST);
    let second: Vec<f32> = again.iter().map(|features| features.probability(&features::SECOND)).collect();
    let mut chosen: Vec<usize> = (0..page.lines.len()).filter(|line| second[*line] > ACCEPTED).collect();
    let head = head_around(page, chosen.first().copied().unwrap_or_default());
    clear::clear(page, &looks, evidence, &mut chosen, |line, rule| {
        if let Some(steps) = &mut steps {
            steps.cleared.push((line, rule));
        }
    });
    let words: f32 = chosen.iter().map(|line| super::text::number(looks[*line].n_words)).sum();
    let weighed: f32 = chosen.iter().map(|line| super::text::number(looks[*line].n_words) * second[*line]).sum();
    if let Some(steps) = steps {
        (steps.looks, steps.first, steps.place) = (looks, first, Some(place));
        (steps.again, steps.second) = (again, second);
    }
    Body { lines: chosen, head, confidence: if words > 0.0 { weighed / words } else { 0.0 } }
}

fn head_around(page: &Page<'_>, start: usize) -> Range<usize> {
    start.saturating_sub(HEAD_LINES)..page.lines.len().min(start + HEAD_LINES_INSIDE)
}
