//! Which lines of the page are the article.
//!
//! 1. *First pass* (`line_features`): every line gets a probability from what it looks like and what stands above it.
//! 2. *Place* (`place`): the element whose lines add up to the most, where unlikely lines count against it.
//! 3. *Second pass* (`context_features`): every line of the page, in and beside the place, is judged again by the
//!    company it keeps: its neighbours, lines of the same make, its position in relation to the place.
//! 4. *Third pass* (`context_features`, `decision_trees`): once more the same, in the light of the second pass, and by
//!    decision trees, which know what a sum of weights cannot say: that a caption counts otherwise within a list than
//!    beside the text.
//! 5. *Cleaning up* (`cleanup`): what only shows in the chosen lines: repetitions, headings of nothing, the `slides` of a
//!    gallery, boxes `unshown` between paragraphs, the `next_article`, `replies` of readers,
//!    `closings`, `details` about the article.
//!    Before that, `wholes` adds what lists and tables have beside the chosen lines.
//! 6. *Times* (`live_blog`): those of a live blog's entries; *captions* (`gallery`) where the article is made of them.
//!
//! `features` is the table of what is weighed, with the weights of the first two passes; `learned_trees` holds those of
//! the third, and `learn` is how both came about. `trace` keeps what the passes found, for those who ask why; `sureness`
//! says how far the chosen lines can be trusted.

mod cleanup;
mod closings;
mod context_features;
mod decision_trees;
mod details;
mod feature_words;
mod features;
mod gallery;
mod known_texts;
mod learned_trees;
mod line_features;
mod live_blog;
mod next_article;
mod phrases;
mod place;
mod replies;
mod shingles;
mod slides;
mod sureness;
mod trace;
mod unshown;
mod wholes;

#[cfg(test)]
mod learn;

use super::explanation::Rule;
use super::page::Page;
use context_features::Surroundings;
use decision_trees::{ACCEPTED, Tree};
use features::COUNT;
use line_features::LineProfile;

pub(super) use known_texts::KnownTexts;
pub(super) use sureness::Sureness;
pub(super) use trace::Trace;

/// The chosen lines.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Indices of lines, in page order.
    pub(super) lines: Vec<usize>,
    /// How sure it is that they are the article.
    pub(super) sureness: Sureness,
}

impl Body {
    /// Lines that were chosen elsewhere, by somebody who is sure of them.
    pub(super) fn of_lines(lines: Vec<usize>) -> Body {
        Body { lines, sureness: Sureness::of_known() }
    }
}

/// The weights of each pass.
#[derive(Clone, Copy)]
struct Weights<'a> {
    first: &'a [f32; COUNT],
    second: &'a [f32; COUNT],
    third: &'a [Tree],
}

/// Chooses the article's lines. `trace` keeps what led to the choice, for those who ask.
pub(super) fn choose(page: &Page<'_>, texts: &KnownTexts, trace: Option<&mut Trace>) -> Body {
    let weights = Weights { first: &features::FIRST, second: &features::SECOND, third: &learned_trees::TREES };
    choose_by(weights, line_features::profiles(page, texts), page, texts, trace)
}

fn choose_by(
    weights: Weights<'_>,
    profiles: Vec<LineProfile>,
    page: &Page<'_>,
    texts: &KnownTexts,
    mut trace: Option<&mut Trace>,
) -> Body {
    let surroundings = Surroundings::of(page, &profiles, weights.first);
    let first = surroundings.first();
    let second = context_features::judge_again(page, &profiles, &surroundings, &first);
    let third = second.as_ref().and_then(|second| {
        let before: Vec<f32> = second.features.iter().map(|features| features.probability(weights.second)).collect();
        context_features::judge_again(page, &profiles, &surroundings, &before)
    });
    let probabilities: Vec<f32> = third
        .iter()
        .flat_map(|third| third.features.iter().map(|features| decision_trees::probability(weights.third, features)))
        .collect();
    let mut chosen: Vec<usize> = (0..probabilities.len()).filter(|line| probabilities[*line] > ACCEPTED).collect();
    let captions = gallery::captions(page, &profiles, &chosen);
    if !captions.is_empty() {
        chosen.extend(captions);
        chosen.sort_unstable();
    }
    let wholes = wholes::rest_of(page, &profiles, &chosen);
    if !wholes.is_empty() {
        chosen.extend(&wholes);
        chosen.sort_unstable();
    }
    cleanup::clean_up(page, &profiles, texts, &mut chosen, |line, rule| {
        if let Some(trace) = &mut trace {
            trace.taken_out.push((line, rule));
        }
    });
    let sureness = Sureness::of(&profiles, &probabilities, &chosen);
    let times = live_blog::times(page, &profiles, &chosen);
    if !times.is_empty() {
        chosen.extend(&times);
        chosen.sort_unstable();
    }
    if let Some(trace) = trace {
        (trace.profiles, trace.first, trace.second, trace.third) = (profiles, first, second, third);
        trace.ruled_in.extend(wholes.into_iter().map(|line| (line, Rule::Whole)));
        trace.ruled_in.extend(times.into_iter().map(|line| (line, Rule::LiveTime)));
    }
    Body { lines: chosen, sureness }
}
