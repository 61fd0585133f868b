//! Which earlier article one was made from, and which paragraphs are whose.

use std::borrow::Cow;
use std::sync::Arc;

use super::earlier::Earlier;
use super::frame::Frame;
use super::likeness::{Likeness, compare, ratio};
use super::shingle::{Shingle, ShingledText};
use super::sketch::without_common;
use super::slots::{Slots, have_other_headlines};

/// A paragraph stands in another text when so many of its shingles do.
const PARAGRAPH_SHARE_MIN: f64 = 0.5;

/// A paragraph that a publisher repeats stands in its earlier article nearly as it is, and is longer than a formula.
const REPEATED_SHARE_MIN: f64 = 0.8;
const REPEATED_SHINGLES_MIN: usize = 12;

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
/// Text that is common to many articles does not count, a copy is one without its frame too, and what is of its make and tells of
/// another event is none.
pub fn find_original(
    text: &mut Cow<'_, ShingledText>,
    candidates: &mut [Earlier],
    common: &[u64],
    frame: &Frame,
) -> Option<Copy> {
    if let Some(rest) = without_common(text, common) {
        *text = Cow::Owned(rest);
    }
    let mut best: Option<(i64, Likeness)> = None;
    let mut sources = Vec::new();
    for Earlier { id, text: earlier, is_same_publisher, .. } in candidates {
        if let Some(rest) = without_common(earlier, common) {
            *earlier = Arc::new(rest);
        }
        let Some(likeness) = compare(text, earlier, *is_same_publisher) else {
            continue;
        };
        if frame.articles.contains(id) || !frame.leaves_alike(text, earlier) || tell_of_others(text, earlier) {
            continue;
        }
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

/// Whether headlines and texts name others in the same place.
fn tell_of_others(text: &ShingledText, earlier: &ShingledText) -> bool {
    have_other_headlines(text, earlier) && Slots::of(text, earlier).tell_of_others()
}

/// Tells for each paragraph of a text which earlier article has most of it, the earliest where several do.
#[must_use]
pub fn spans(text: &ShingledText, earlier: &[Earlier]) -> Vec<Span> {
    let mut earlier: Vec<&Earlier> = earlier.iter().collect();
    earlier.sort_unstable_by_key(|earlier| earlier.id);
    let mut spans: Vec<Span> = Vec::new();
    let mut shingles = text.shingles.as_slice();
    for paragraph in 0..text.n_paragraphs {
        let n_inside = shingles.iter().take_while(|shingle| shingle.paragraph <= paragraph).count();
        let (here, rest) = shingles.split_at(n_inside);
        shingles = rest;
        // What follows a paragraph is no part of it, unless it is too short to be told by itself.
        let is_short = here.iter().all(|shingle| !shingle.is_inside);
        let here: Vec<u64> =
            here.iter().filter(|shingle| shingle.is_inside || is_short).map(|shingle| shingle.hash).collect();
        let mut from = None;
        let mut most = 0.0;
        for Earlier { id, text, .. } in &earlier {
            let n_there = here.iter().filter(|hash| text.distinct.binary_search(hash).is_ok()).count();
            let share = ratio(n_there, here.len());
            if share >= PARAGRAPH_SHARE_MIN && share > most {
                (from, most) = (Some(*id), share);
            }
        }
        let number = paragraph + 1;
        match spans.last_mut() {
            // A last line of a word or two goes with what stands before it.
            Some(span) if here.is_empty() || span.from == from => span.last = number,
            _ => spans.push(Span { first: number, last: number, from }),
        }
    }
    spans
}

/// The paragraphs but the first, counted from 0, that stand in earlier articles of the same publisher: about the firm, what the
/// law says of forecasts, what came before. They tell nothing of what is new.
#[must_use]
pub fn repeated_paragraphs(text: &ShingledText, earlier: &[Earlier]) -> Vec<u32> {
    let of_publisher: Vec<&ShingledText> =
        earlier.iter().filter(|earlier| earlier.is_same_publisher).map(|earlier| &*earlier.text).collect();
    let paragraphs = text.shingles.chunk_by(|left, right| left.paragraph == right.paragraph);
    let is_repeated = |paragraph: &&[Shingle]| {
        let n_in = |text: &ShingledText| {
            paragraph.iter().filter(|shingle| text.distinct.binary_search(&shingle.hash).is_ok()).count()
        };
        paragraph.len() >= REPEATED_SHINGLES_MIN
            && of_publisher.iter().any(|text| ratio(n_in(text), paragraph.len()) >= REPEATED_SHARE_MIN)
    };
    let repeated = paragraphs.filter(is_repeated).map(|paragraph| paragraph[0].paragraph);
    repeated.filter(|paragraph| *paragraph > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A paragraph of its own words for each letter.
    fn text(letters: &str) -> ShingledText {
        let paragraph = |letter| (0..30).map(|number| format!("{letter}word{number}x")).collect::<Vec<_>>().join(" ");
        ShingledText::new(None, &letters.chars().map(paragraph).collect::<Vec<_>>().join("\n"))
    }

    fn check(letters: &str, earlier: &[(i64, &str)], of: Option<i64>, expected: &[(u32, u32, Option<i64>)]) {
        let mut text = Cow::Owned(text(letters));
        let mut earlier: Vec<Earlier> = earlier
            .iter()
            .map(|(id, letters)| Earlier {
                id: *id,
                text: self::text(letters).into(),
                is_same_publisher: false,
                is_routine: false,
            })
            .collect();
        let found = find_original(&mut text, &mut earlier, &[], &Frame::default());
        assert_eq!(found.as_ref().map(|copy| copy.of), of, "{letters}");
        if let Some(copy) = found {
            earlier.retain(|earlier| copy.sources.contains(&earlier.id));
            let spans: Vec<_> = spans(&text, &earlier).iter().map(|span| (span.first, span.last, span.from)).collect();
            assert_eq!(spans, expected, "{letters}");
        }
    }

    #[test]
    fn the_most_alike_is_the_original_and_the_earliest_of_equals() {
        check("abc", &[], None, &[]);
        check("abc", &[(1, "xyz")], None, &[]);
        check(
            "abcd",
            &[(3, "abcx"), (1, "xyz"), (2, "abxy")],
            Some(3),
            &[(1, 2, Some(2)), (3, 3, Some(3)), (4, 4, None)],
        );
        check("abc", &[(5, "abcd"), (4, "abcd")], Some(4), &[(1, 3, Some(4))]);
        // A brief of it and the text that it is a brief of: the text is what it comes from.
        check("abcdx", &[(1, "ab"), (2, "abcd")], Some(2), &[(1, 2, Some(1)), (3, 4, Some(2)), (5, 5, None)]);
    }

    #[test]
    fn paragraphs_belong_to_whoever_had_them_first() {
        check(
            "abxcdy",
            &[(1, "ab"), (2, "cd")],
            Some(1),
            &[(1, 2, Some(1)), (3, 3, None), (4, 5, Some(2)), (6, 6, None)],
        );
    }
}
