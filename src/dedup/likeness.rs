//! Whether one of two texts was made from the other.

use super::shingle::{Figure, Shingle, ShingledText};

/// A copy shares so much of the shorter text, at least. Half-rewritten copies go down to this; independent reports of
/// one event, with all their quotes, stay far below. Resemblance of the whole texts (Jaccard) would miss briefs.
pub(super) const PART_SHARE_MIN: f64 = 0.40;

/// From here on the shorter text stands in the longer one as a whole, and nothing else needs to agree.
const WHOLE_SHARE_MIN: f64 = 0.80;

/// Fewer shingles in common can be one phrase.
const WHOLE_SHINGLES_MIN: usize = 6;

/// Fewer shingles in common can be one sentence: a quotation, which others may print without copying the report.
const PART_SHINGLES_MIN: usize = 20;

/// A copy that is no whole shares so much of what the shorter text says in words of its own, outside of quotation marks. Independent
/// reports may quote the same statement at length; what is left of it is far less than what edited copies keep.
const OWN_SHARE_MIN: f64 = 0.25;

/// Of fewer shingles outside of quotation marks nothing can be told: the text is a statement.
const OWN_SHINGLES_MIN: usize = 20;

/// A statement that many print can be so much of the shorter text. Up to there, the lead of one has to stand in the other where
/// what they share is one piece: the lead is the first thing that a reporter writes, and not what was handed out.
const STATEMENT_SHARE_MAX: f64 = 0.56;

/// What two texts share is one piece where so much of it stands together.
const ONE_PIECE_MIN: f64 = 0.5;

/// A text begins with as many shingles as a sentence has.
const LEAD_SHINGLES: usize = 20;

/// The beginning of a text stands in another one when so much of it does.
const LEAD_SHARE_MIN: f64 = 0.5;

/// Where both texts say something of the same things in numbers, so many of the numbers are the same. In reports made
/// from one template they are others; a copy changes few.
const FIGURES_SHARE_MIN: f64 = 0.7;

/// Fewer numbers can be corrections.
const FIGURES_MIN: usize = 3;

/// The same of numbers and names together.
const PARTICULARS_SHARE_MIN: f64 = 0.8;

/// Fewer of them can be corrections.
const PARTICULARS_MIN: usize = 4;

/// Of even fewer, hardly any may differ: a note of two numbers is another one where both are.
const FEW_PARTICULARS_MIN: usize = 2;

/// So many of these are the same.
const FEW_PARTICULARS_SHARE_MIN: f64 = 0.34;

/// Of two events, less agrees: names and numbers of the writers, and what happens to be the same.
const OF_OTHER_EVENT_SHARE_MIN: f64 = 0.75;

/// And in so many places, at least.
const OF_OTHER_EVENT_MIN: usize = 5;

/// Where nearly all are others, fewer places are enough.
const ALL_OTHER_MIN: usize = 3;

/// So much of these agrees.
const ALL_OTHER_SHARE_MIN: f64 = 0.4;

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
///
/// What a publisher puts into all of its articles can be more than what is in them. It is neither what their headlines
/// speak of, nor what they begin with: where the headlines differ altogether, or the publisher is the same, the lead of
/// one has to stand in the other.
#[must_use]
pub fn compare(text: &ShingledText, earlier: &ShingledText, is_same_publisher: bool) -> Option<Likeness> {
    let n_common = n_in_both(&text.distinct, &earlier.distinct);
    if n_common < WHOLE_SHINGLES_MIN || particulars_disagree(text, earlier) {
        return None;
    }
    let contained = ratio(n_common, text.len().min(earlier.len()));
    let is_much = n_common >= PART_SHINGLES_MIN;
    let subjects = Subjects::of(text, earlier);
    let is_whole = contained >= WHOLE_SHARE_MIN && (is_much || subjects == Subjects::Same);
    let is_part =
        contained >= PART_SHARE_MIN && is_much && subjects != Subjects::Different && shares_own_words(text, earlier);
    let needs_lead = is_same_publisher
        || subjects == Subjects::Different
        || contained < STATEMENT_SHARE_MAX && is_one_piece(text, earlier, n_common);
    let is_copy = (is_whole || is_part) && (!needs_lead || has_lead_of(text, earlier) || has_lead_of(earlier, text));
    is_copy.then(|| Likeness {
        share: ratio(n_common, text.len()),
        share_of_original: ratio(n_common, earlier.len()),
        resemblance: ratio(n_common, text.len() + earlier.len() - n_common),
    })
}

/// Whether two texts have more in common than what they quote.
fn shares_own_words(text: &ShingledText, earlier: &ShingledText) -> bool {
    let (own, earlier) = (text.own(), earlier.own());
    let n_shorter = own.len().min(earlier.len());
    n_shorter < OWN_SHINGLES_MIN || ratio(n_in_both(&own, &earlier), n_shorter) >= OWN_SHARE_MIN
}

/// Whether most of what two texts have in common stands together in one of them.
fn is_one_piece(text: &ShingledText, earlier: &ShingledText, n_common: usize) -> bool {
    let longest_in = |text: &ShingledText, other: &ShingledText| {
        let is_shared = |shingle: &Shingle| other.distinct.binary_search(&shingle.hash).is_ok();
        let pieces = text.shingles.chunk_by(|left, right| is_shared(left) == is_shared(right));
        pieces.filter(|piece| is_shared(&piece[0])).map(<[Shingle]>::len).max().unwrap_or(0)
    };
    ratio(longest_in(text, earlier).max(longest_in(earlier, text)), n_common) >= ONE_PIECE_MIN
}

/// Whether the beginning of one text stands in another.
fn has_lead_of(text: &ShingledText, other: &ShingledText) -> bool {
    let lead = &other.shingles[..other.shingles.len().min(LEAD_SHINGLES)];
    let n_there = lead.iter().filter(|shingle| text.distinct.binary_search(&shingle.hash).is_ok()).count();
    ratio(n_there, lead.len()) >= LEAD_SHARE_MIN
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

/// Whether two texts give other numbers, or other names, in the same places: neither was made from the other.
fn particulars_disagree(text: &ShingledText, earlier: &ShingledText) -> bool {
    let figures = Agreement::of(&text.figures, &earlier.figures);
    let both = figures.and(Agreement::of_names(text, earlier));
    figures.is_poor(FIGURES_MIN, FIGURES_SHARE_MIN)
        || both.is_poor(PARTICULARS_MIN, PARTICULARS_SHARE_MIN)
        || both.is_poor(FEW_PARTICULARS_MIN, FEW_PARTICULARS_SHARE_MIN)
}

/// What two texts say in the same places: names and numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Particulars(Agreement);

impl Particulars {
    pub(super) fn of(text: &ShingledText, earlier: &ShingledText) -> Particulars {
        Particulars(Agreement::of(&text.figures, &earlier.figures).and(Agreement::of_names(text, earlier)))
    }

    /// Whether so many of these are others that what the texts tell happened elsewhere, to others, or another time. Reports of
    /// one event may count its victims at other hours.
    pub(super) fn tell_of_other_events(self) -> bool {
        self.0.is_poor(OF_OTHER_EVENT_MIN, OF_OTHER_EVENT_SHARE_MIN)
            || self.0.is_poor(ALL_OTHER_MIN, ALL_OTHER_SHARE_MIN)
    }

    /// Whether some of these are others, which tells two events where the texts are known to be of a make.
    pub(super) fn differ(self) -> bool {
        self.0.is_poor(FEW_PARTICULARS_MIN, OF_OTHER_EVENT_SHARE_MIN)
    }
}

impl std::iter::Sum for Particulars {
    fn sum<I: Iterator<Item = Particulars>>(particulars: I) -> Particulars {
        let none = Agreement { n_places: 0, n_agree: 0 };
        Particulars(particulars.fold(none, |sum, particulars| sum.and(particulars.0)))
    }
}

/// How many places two texts have in common for a number or a name, and in how many of these it is the same.
#[derive(Clone, Copy, Debug)]
struct Agreement {
    n_places: usize,
    n_agree: usize,
}

impl Agreement {
    fn of(left: &[Figure], right: &[Figure]) -> Agreement {
        let mut agreement = Agreement { n_places: 0, n_agree: 0 };
        let mut left = left.chunk_by(|a, b| a.context == b.context).peekable();
        for right in right.chunk_by(|a, b| a.context == b.context) {
            while left.next_if(|left| left[0].context < right[0].context).is_some() {}
            if let Some(left) = left.next_if(|left| left[0].context == right[0].context) {
                agreement.n_places += 1;
                agreement.n_agree += usize::from(right.iter().any(|value| left.binary_search(value).is_ok()));
            }
        }
        agreement
    }

    /// Of names. One that the other text has elsewhere is no other name: reports of an event name the same people in any order.
    fn of_names(text: &ShingledText, earlier: &ShingledText) -> Agreement {
        let own = |names: &[Figure], other: &ShingledText| -> Vec<Figure> {
            let is_own = |name: &&Figure| {
                other.names.binary_search(name).is_ok() || other.names.iter().all(|there| there.value != name.value)
            };
            names.iter().filter(is_own).copied().collect()
        };
        Agreement::of(&own(&text.names, earlier), &own(&earlier.names, text))
    }

    fn and(self, other: Agreement) -> Agreement {
        Agreement { n_places: self.n_places + other.n_places, n_agree: self.n_agree + other.n_agree }
    }

    fn is_poor(self, n_places_min: usize, share_min: f64) -> bool {
        self.n_places >= n_places_min && ratio(self.n_agree, self.n_places) < share_min
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text of words that no other letter's has.
    fn words(letter: char, n_words: usize) -> String {
        (0..n_words).map(|number| format!("{letter}word{number}x")).collect::<Vec<_>>().join(" ")
    }

    fn text(title: &str, parts: &[(char, usize)]) -> ShingledText {
        let body: Vec<String> = parts.iter().map(|(letter, n_words)| words(*letter, *n_words)).collect();
        ShingledText::new(Some(title), &body.join("\n"))
    }

    #[test]
    fn a_copy_shares_a_good_part_of_the_shorter_text() {
        let original = text("About aword3x", &[('a', 200)]);
        for (title, parts, expected) in [
            // Whole, under whatever headline.
            ("Others", &[('a', 200), ('b', 100)][..], true),
            ("Others", &[('a', 40)], true),
            // In part, about the same.
            ("On aword5x", &[('a', 80), ('b', 100)], true),
            ("", &[('a', 80), ('b', 100)], true),
            // In part, about something else.
            ("On bword5x", &[('a', 100), ('b', 100)], false),
            // Too little of either.
            ("On aword5x", &[('a', 50), ('b', 100)], false),
            // A quotation.
            ("On aword5x", &[('a', 18), ('b', 10)], false),
            ("On bword5x", &[('a', 18)], false),
            ("On aword5x", &[('a', 18)], true),
            ("On aword5x", &[('a', 5)], false),
            ("", &[], false),
        ] {
            let other = text(title, parts);
            assert_eq!(compare(&other, &original, false).is_some(), expected, "{title:?} {parts:?}");
            assert_eq!(compare(&original, &other, false).is_some(), expected, "{title:?} {parts:?}, reversed");
        }
    }

    #[test]
    fn a_statement_that_two_reports_print_makes_neither_a_copy() {
        let report = |parts: &[(char, usize)]| text("On sword5x", parts);
        let first = report(&[('a', 110), ('s', 100)]);
        for (other, expected) in [
            (&[('b', 100), ('s', 100)][..], false),
            (&[('b', 50), ('s', 100), ('c', 50)], false),
            // It is most of what the other says.
            (&[('b', 60), ('s', 100)], true),
            // Begun with, it is what the other was made from.
            (&[('s', 100), ('b', 100)], true),
            // With the lead of the first one in the middle.
            (&[('b', 50), ('a', 55), ('c', 50), ('s', 50)], true),
        ] {
            assert_eq!(compare(&report(other), &first, false).is_some(), expected, "{other:?}");
        }
    }

    #[test]
    fn what_stands_under_every_article_makes_none_a_copy() {
        let original = text("About aword3x", &[('a', 40), ('f', 90)]);
        for (title, parts, is_same_publisher, expected) in [
            ("On bword5x", &[('b', 25), ('f', 90)][..], false, false),
            ("On bword5x", &[('b', 25), ('f', 90)], true, false),
            // The lines below may name the subjects of both headlines.
            ("About fword5x", &[('b', 30), ('f', 90), ('c', 30)], true, false),
            ("About aword3x", &[('c', 30), ('a', 40), ('f', 90)], true, true),
            ("On bword5x", &[('a', 40), ('f', 90)], true, true),
        ] {
            let other = text(title, parts);
            let found = compare(&other, &original, is_same_publisher);
            assert_eq!(found.is_some(), expected, "{title:?} {parts:?} {is_same_publisher}");
        }
    }

    #[test]
    fn other_numbers_in_the_same_places_make_another_text() {
        let report = |numbers: [u32; 5]| {
            let sentences = [
                "sales of cars rose by",
                "exports to the north reached",
                "the fund closed at",
                "wheat fell to",
                "in May it was",
            ];
            let body: Vec<String> = sentences
                .iter()
                .zip(numbers)
                .map(|(sentence, number)| format!("{sentence} {number} points in the latest count of the ministry."))
                .collect();
            ShingledText::new(Some("Sales and exports"), &body.join(" "))
        };
        let original = report([11, 22, 33, 44, 55]);
        for (numbers, expected) in [
            ([11, 22, 33, 44, 55], true),
            ([11, 22, 33, 44, 99], true),
            ([11, 22, 33, 98, 99], false),
            ([91, 92, 93, 94, 95], false),
        ] {
            assert_eq!(compare(&report(numbers), &original, false).is_some(), expected, "{numbers:?}");
        }
    }

    #[test]
    fn a_note_of_few_numbers_is_another_where_all_are() {
        let note = |help: u32, total: u32| {
            let body = format!(
                "The money market was helped with {help} crowns in the afternoon. It was the second time today that bills were bought \
                 outright from the discount houses, dealers said, since so few had been offered in the morning. All help of the day \
                 comes to {total} crowns."
            );
            ShingledText::new(Some("Money market gets more help"), &body)
        };
        let original = note(112, 340);
        assert!(compare(&note(95, 408), &original, false).is_none());
        assert!(compare(&note(112, 341), &original, false).is_some(), "a correction");
    }

    #[test]
    fn numbers_stand_in_the_same_place_whoever_is_named_beside_them() {
        let notice = |firm: &str, lot: u32| {
            ShingledText::new(
                None,
                &format!("The guild takes back jam by {firm}, lot {lot}, since there may be glass in it."),
            )
        };
        let Particulars(Agreement { n_places, n_agree }) =
            Particulars::of(&notice("Corvo", 4471), &notice("Dalby", 118));
        assert_eq!((n_places, n_agree), (2, 0), "the firm and the lot");
    }

    proptest! {
        #[test]
        fn the_order_of_two_texts_changes_no_verdict(
            left in "(([a-c]{4} ){1,9}\n){0,9}", right in "(([a-c]{4} ){1,9}\n){0,9}", title in "[a-c]{0,4}", same: bool
        ) {
            let (left, right) = (ShingledText::new(Some(&title), &left), ShingledText::new(None, &right));
            let (there, back) = (compare(&left, &right, same), compare(&right, &left, same));
            prop_assert_eq!(there.is_some(), back.is_some());
            if let Some((there, back)) = there.zip(back) {
                prop_assert!((0.0..=1.0).contains(&there.share) && (0.0..=1.0).contains(&there.resemblance));
                prop_assert_eq!(there.share.to_bits(), back.share_of_original.to_bits());
            }
        }

        #[test]
        fn counting_together_is_counting_sets(left in prop::collection::btree_set(0_u64..40, 0..30), right in prop::collection::btree_set(0_u64..40, 0..30)) {
            let n_common = left.intersection(&right).count();
            let (left, right): (Vec<_>, Vec<_>) = (left.into_iter().collect(), right.into_iter().collect());
            prop_assert_eq!(n_in_both(&left, &right), n_common);
        }
    }
}
