//! Whether one of two texts was made from the other.

use super::shingle::ShingledText;

/// A copy shares so much of the shorter text, at least. Half-rewritten copies go down to this; independent reports of
/// one event, with all their quotes, stay far below. Resemblance of the whole texts (Jaccard) would miss briefs.
const PART_SHARE_MIN: f64 = 0.40;

/// From here on the shorter text stands in the longer one as a whole, and nothing else needs to agree.
const WHOLE_SHARE_MIN: f64 = 0.80;

/// Fewer shingles in common can be one phrase.
const WHOLE_SHINGLES_MIN: usize = 6;

/// Fewer shingles in common can be one sentence: a quotation, which others may print without copying the report.
const PART_SHINGLES_MIN: usize = 20;

/// Where both texts say something of the same things in numbers, so many of the numbers are the same. In reports made
/// from one template they are others; a copy changes few.
const FIGURES_SHARE_MIN: f64 = 0.7;

/// Fewer numbers can be corrections.
const FIGURES_MIN: usize = 3;

/// How much two texts have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Share of the later text that stands in the earlier one.
    pub share: f64,
    /// Share of the earlier text that stands in the later one.
    pub share_of_original: f64,
    /// Share of both together that they have in common.
    pub resemblance: f64,
}

/// Compares a text with an earlier one. Absent when neither was made from the other.
#[must_use]
pub fn compare(text: &ShingledText, earlier: &ShingledText) -> Option<Likeness> {
    let n_common = n_in_both(&text.distinct, &earlier.distinct);
    let n_shorter = text.len().min(earlier.len());
    if n_common < WHOLE_SHINGLES_MIN || figures_disagree(text, earlier) {
        return None;
    }
    let contained = ratio(n_common, n_shorter);
    let subjects = Subjects::of(text, earlier);
    let is_whole = contained >= WHOLE_SHARE_MIN && (n_common >= PART_SHINGLES_MIN || subjects == Subjects::Same);
    let is_part = contained >= PART_SHARE_MIN && n_common >= PART_SHINGLES_MIN && subjects != Subjects::Different;
    (is_whole || is_part).then(|| Likeness {
        share: ratio(n_common, text.len()),
        share_of_original: ratio(n_common, earlier.len()),
        resemblance: ratio(n_common, text.len() + earlier.len() - n_common),
    })
}

/// What the headlines say about the subjects of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subjects {
    /// Each headline has words of the other text.
    Same,
    /// One headline shares no word with the other text: what they have in common is not what it is about.
    Different,
    /// There is no headline with words that tell.
    Unknown,
}

impl Subjects {
    fn of(text: &ShingledText, earlier: &ShingledText) -> Subjects {
        let mut subjects = Subjects::Unknown;
        for (headline, vocabulary) in [(&text.headline, &earlier.vocabulary), (&earlier.headline, &text.vocabulary)] {
            if headline.is_empty() {
                continue;
            }
            if n_in_both(headline, vocabulary) == 0 {
                return Subjects::Different;
            }
            subjects = Subjects::Same;
        }
        subjects
    }
}

/// Whether two texts give other numbers in the same places.
fn figures_disagree(text: &ShingledText, earlier: &ShingledText) -> bool {
    let (mut n_places, mut n_agree) = (0, 0);
    let mut left = text.figures.chunk_by(|a, b| a.context == b.context).peekable();
    for right in earlier.figures.chunk_by(|a, b| a.context == b.context) {
        while left.next_if(|left| left[0].context < right[0].context).is_some() {}
        if let Some(left) = left.next_if(|left| left[0].context == right[0].context) {
            n_places += 1;
            n_agree += usize::from(right.iter().any(|figure| left.binary_search(figure).is_ok()));
        }
    }
    n_places >= FIGURES_MIN && ratio(n_agree, n_places) < FIGURES_SHARE_MIN
}

/// How many values two ascending lists share.
pub(super) fn n_in_both(left: &[u64], right: &[u64]) -> usize {
    let (shorter, longer) = if left.len() < right.len() { (left, right) } else { (right, left) };
    let mut rest = longer.iter().peekable();
    shorter
        .iter()
        .filter(|value| {
            while rest.next_if(|other| other < value).is_some() {}
            rest.peek() == Some(value)
        })
        .count()
}

#[expect(clippy::cast_precision_loss, reason = "counts of shingles are far below 2^52")]
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
