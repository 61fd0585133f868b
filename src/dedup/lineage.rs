//! Which earlier article one was made from, and which paragraphs are whose.

use std::collections::HashSet;

use super::likeness::{Likeness, compare, ratio};
use super::shingle::ShingledText;
use super::sketch::leave_out_common;

/// A paragraph stands in another text when so many of its shingles do.
const PARAGRAPH_SHARE_MIN: f64 = 0.5;

/// An earlier article, taken apart.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Its row.
    pub id: i64,
    /// Its text.
    pub text: ShingledText,
}

/// What was found of an article that repeats earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The earlier article that it resembles most.
    pub of: i64,
    /// How much of which stands in which.
    pub likeness: Likeness,
    /// All earlier articles that it repeats a good part of, `of` among them, earliest first.
    pub sources: Vec<i64>,
}

/// Paragraphs in a row that come from one article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first, counted from 1.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// The article that had them before; absent where the words are its own.
    pub from: Option<i64>,
}

/// Decides whether an article is a copy, and of which of the candidates: the one that it resembles most, of equal ones
/// the earliest. That one may be a copy itself; the chain leads to whoever was first.
///
/// Text that is common to many articles does not count.
pub fn find_original(text: &mut ShingledText, candidates: &mut [Earlier], common: &HashSet<u64>) -> Option<Copy> {
    leave_out_common(text, common);
    let mut best: Option<(i64, Likeness)> = None;
    let mut sources = Vec::new();
    for Earlier { id, text: earlier } in candidates {
        leave_out_common(earlier, common);
        let Some(likeness) = compare(text, earlier) else {
            continue;
        };
        sources.push(*id);
        let is_better = best.is_none_or(|(best_id, best)| {
            likeness.resemblance.total_cmp(&best.resemblance).then(best_id.cmp(id)).is_gt()
        });
        if is_better {
            best = Some((*id, likeness));
        }
    }
    sources.sort_unstable();
    best.map(|(of, likeness)| Copy { of, likeness, sources })
}

/// Tells for each paragraph of a text which earlier article has most of it, the earliest where several do.
#[must_use]
pub fn spans(text: &ShingledText, earlier: &[Earlier]) -> Vec<Span> {
    let mut earlier: Vec<&Earlier> = earlier.iter().collect();
    earlier.sort_unstable_by_key(|earlier| earlier.id);
    let mut spans: Vec<Span> = Vec::new();
    let mut shingles = text.shingles.as_slice();
    for paragraph in 0..text.n_paragraphs {
        let here = shingles.iter().take_while(|shingle| shingle.paragraph <= paragraph).count();
        let (inside, rest) = shingles.split_at(here);
        shingles = rest;
        let mut from = None;
        let mut most = 0.0;
        for Earlier { id, text } in &earlier {
            let n_there = inside.iter().filter(|shingle| text.distinct.binary_search(&shingle.hash).is_ok()).count();
            let share = ratio(n_there, inside.len());
            if share >= PARAGRAPH_SHARE_MIN && share > most {
                (from, most) = (Some(*id), share);
            }
        }
        let number = paragraph + 1;
        match spans.last_mut() {
            // A last line of a word or two goes with what stands before it.
            Some(span) if inside.is_empty() || span.from == from => span.last = number,
            _ => spans.push(Span { first: number, last: number, from }),
        }
    }
    spans
}
