//! What two texts say in each other's place: where one names Hamburg, the other names Bremen.
//!
//! The texts are aligned word by word, headline first (the longest common subsequence of Wagner and Fischer, 1974). Between two
//! words in common stands a slot: a few words here, a few others there. Names by their place alone ([`super::likeness`])
//! need the same words on both sides of them; here it is enough that the texts go the same way.
//!
//! Capital letters tell names badly: in German they tell nouns, in Arabic there are none. So it counts most that a
//! headline names what the other text does not have at all, and the other way round, in one and the same slot.

use super::hash::NumberSet;
use super::likeness::ratio;
use super::shingle::{ShingledText, Word};

/// Words of a text that are aligned: the headline and what is told first. The time that it takes grows with the square.
const WORDS_MAX: usize = 240;

/// More words than these are no slot: the texts go different ways there.
const SLOT_WORDS_MAX: usize = 8;

/// A slot stands between so many words in common: function words are common to all texts, and in the same order by chance.
const BORDER_WORDS_MIN: usize = 3;

/// Texts that name others in their headlines differ in so much more: a house that writes a name its own way does so in all
/// places.
const OTHERS_MIN: usize = 2;

/// Or in so many other words.
const REPLACED_MIN: usize = 3;

/// Short texts of one make have so much of the shorter one in the same order. Independent reports of an event stay far below.
const IN_ORDER_SHARE_MIN: f64 = 0.5;

/// Without the headlines, so many names and numbers are others.
const OTHERS_MIN_WITHOUT_SUBJECT: usize = 3;

/// And no more than such a part is the same.
const SAME_SHARE_MAX: f64 = 0.4;

/// Shorter words are articles, prepositions, auxiliaries.
const TELLING_LETTERS_MIN: u32 = 4;

/// The slots of two texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Slots {
    /// Names and numbers that stand in each other's place.
    others: Replaced,
    /// Other telling words that do, of which the other text has none.
    words: Replaced,
    /// Different names and numbers that stand in the same place in both.
    n_same: usize,
    /// Whether, in one slot, each names what its headline names and the other text does not.
    names_other_subject: bool,
    /// Which share of the words of the shorter text stands in the other in the same order.
    share_in_order: f64,
}

/// What one of two texts has where the other has something else, each once.
#[derive(Clone, Debug, Default, PartialEq)]
struct Replaced {
    left: NumberSet<u64>,
    right: NumberSet<u64>,
}

impl Replaced {
    /// How many different things stand in place of as many others. What a house spells its own way in all places is one.
    fn len(&self) -> usize {
        self.left.len().min(self.right.len())
    }
}

impl Slots {
    pub(super) fn of(left: &ShingledText, right: &ShingledText) -> Slots {
        let (left, right) = (Side::of(left), Side::of(right));
        let mut slots = Slots::default();
        let matches = common_subsequence(left.words, right.words);
        let n_shorter = left.words.len().min(right.words.len());
        slots.share_in_order = ratio(matches.len(), n_shorter);
        let mut same = NumberSet::default();
        let (mut from_left, mut from_right, mut n_before) = (0, 0, 0);
        // Stretches that stand in both, each with where it begins and how long it is.
        for stretch in matches.chunk_by(|one, next| next.0 == one.0 + 1 && next.1 == one.1 + 1) {
            let (at_left, at_right) = stretch[0];
            if n_before + stretch.len() >= BORDER_WORDS_MIN {
                slots.take(&left, from_left..at_left, &right, from_right..at_right);
            }
            let words = &left.words[at_left..at_left + stretch.len()];
            same.extend(words.iter().filter(|word| left.is_particular(word)).map(|word| word.hash));
            (from_left, from_right) = (at_left + stretch.len(), at_right + stretch.len());
            n_before = stretch.len();
        }
        if n_before >= BORDER_WORDS_MIN {
            slots.take(&left, from_left..left.words.len(), &right, from_right..right.words.len());
        }
        slots.n_same = same.len();
        slots
    }

    /// Whether the headlines name others in the same place, and more than that differs: neither text was made from the
    /// other.
    pub(super) fn tell_of_others(&self) -> bool {
        self.names_other_subject && (self.others.len() >= OTHERS_MIN || self.words.len() >= REPLACED_MIN)
    }

    /// Whether that is so, or most names and numbers are others: what the texts tell happened elsewhere, to others, or another
    /// time.
    pub(super) fn tell_of_other_events(&self) -> bool {
        let n_places = self.others.len() + self.n_same;
        let are_others =
            self.others.len() >= OTHERS_MIN_WITHOUT_SUBJECT && ratio(self.n_same, n_places) <= SAME_SHARE_MAX;
        are_others || self.tell_of_others()
    }

    /// Whether the texts go the same way.
    pub(super) fn are_of_one_make(&self) -> bool {
        self.share_in_order >= IN_ORDER_SHARE_MIN
    }

    /// Whether some names or numbers are others, which tells two events where the texts are known to be of a make.
    pub(super) fn differ(&self) -> bool {
        self.others.len() > self.n_same
    }

    fn take(
        &mut self,
        left: &Side<'_>,
        left_range: std::ops::Range<usize>,
        right: &Side<'_>,
        right_range: std::ops::Range<usize>,
    ) {
        let (here, there) = (&left.words[left_range], &right.words[right_range]);
        let is_slot = |words: &[Word]| (1..=SLOT_WORDS_MAX).contains(&words.len());
        if !is_slot(here) || !is_slot(there) {
            return;
        }
        if let (Some(one), Some(other)) = (left.own_particular(here, right), right.own_particular(there, left)) {
            self.others.left.insert(one);
            self.others.right.insert(other);
        }
        if let (Some(one), Some(other)) = (left.own_word(here, right), right.own_word(there, left)) {
            self.words.left.insert(one);
            self.words.right.insert(other);
        }
        self.names_other_subject |= left.has_own_subject(here, right) && right.has_own_subject(there, left);
    }
}

/// Whether each of two headlines has a word that the other text does not: otherwise neither names another subject.
pub(super) fn have_other_headlines(left: &ShingledText, right: &ShingledText) -> bool {
    let has_own = |text: &ShingledText, other: &ShingledText| {
        text.words[..text.n_headline_words]
            .iter()
            .any(|word| !word.is_number && other.words.iter().all(|there| there.hash != word.hash))
    };
    has_own(left, right) && has_own(right, left)
}

/// One of the texts that are aligned.
struct Side<'a> {
    /// Those that are aligned.
    words: &'a [Word],
    /// All of its words.
    all: NumberSet<u64>,
    /// Those of the headline.
    headline: NumberSet<u64>,
    names: NumberSet<u64>,
}

impl Side<'_> {
    fn of(text: &ShingledText) -> Side<'_> {
        let all = text.words.iter().map(|word| word.hash).collect();
        let (headline, body) = text.words.split_at(text.n_headline_words);
        let hashes = |words: &[Word]| words.iter().map(|word| word.hash).collect::<NumberSet<u64>>();
        let headline_words = hashes(headline);
        let mut names: NumberSet<u64> = names_in(body).collect();
        if !is_in_title_case(headline) {
            names.extend(names_in(headline));
        }
        // At the beginning of a sentence a capital tells nothing, but of a headline's word that has one in the text too, and always.
        let in_body = hashes(body);
        let always = headline.iter().filter(|word| word.is_capitalised && in_body.contains(&word.hash));
        names.extend(always.map(|word| word.hash));
        for word in body.iter().filter(|word| !word.is_capitalised) {
            names.remove(&word.hash);
        }
        // Where capitals tell nothing at all, whatever a headline has may be a name.
        if !text.words.iter().any(|word| word.is_capitalised) || body.iter().all(|word| word.is_capitalised) {
            names.extend(headline.iter().filter(|word| !word.is_number).map(|word| word.hash));
        }
        let words = &text.words[..text.words.len().min(WORDS_MAX)];
        Side { words, all, headline: headline_words, names }
    }

    fn is_particular(&self, word: &Word) -> bool {
        word.is_number || self.names.contains(&word.hash)
    }

    /// The last name or number of a slot that the other text does not have; of numbers, any.
    fn own_particular(&self, slot: &[Word], other: &Side<'_>) -> Option<u64> {
        let is_own = |word: &&Word| word.is_number || self.is_particular(word) && !other.all.contains(&word.hash);
        slot.iter().rfind(is_own).map(|word| word.hash)
    }

    /// The last telling word of a slot, neither name nor number, that the other text does not have.
    fn own_word(&self, slot: &[Word], other: &Side<'_>) -> Option<u64> {
        let is_own = |word: &&Word| {
            word.n_letters >= TELLING_LETTERS_MIN && !self.is_particular(word) && !other.all.contains(&word.hash)
        };
        slot.iter().rfind(is_own).map(|word| word.hash)
    }

    fn has_own_subject(&self, slot: &[Word], other: &Side<'_>) -> bool {
        slot.iter().any(|word| {
            self.headline.contains(&word.hash) && self.names.contains(&word.hash) && !other.all.contains(&word.hash)
        })
    }
}

/// Words that have a capital letter, and not for beginning a sentence.
fn names_in(words: &[Word]) -> impl Iterator<Item = u64> {
    let is_inside = |word: &Word| word.is_capitalised && !word.starts_sentence;
    let names = words
        .iter()
        .enumerate()
        .filter(move |(at, word)| is_inside(word) || word.is_capitalised && words.get(at + 1).is_some_and(is_inside));
    names.map(|(_, word)| word.hash)
}

/// Whether all longer words of a headline have a capital letter, so that it tells nothing there.
fn is_in_title_case(headline: &[Word]) -> bool {
    let is_telling = |word: &&Word| word.n_letters >= TELLING_LETTERS_MIN && !word.is_number;
    headline.iter().filter(is_telling).all(|word| word.is_capitalised)
}

/// The places of the words of a longest common subsequence, in order.
fn common_subsequence(left: &[Word], right: &[Word]) -> Vec<(usize, usize)> {
    let are_same = |(left, right): &(&Word, &Word)| left.hash == right.hash;
    let n_first = left.iter().zip(right).take_while(are_same).count();
    let mut matches: Vec<(usize, usize)> = (0..n_first).map(|at| (at, at)).collect();
    let (left, right) = (&left[n_first..], &right[n_first..]);
    let n_last = left.iter().rev().zip(right.iter().rev()).take_while(are_same).count();
    let (n_left, n_right) = (left.len() - n_last, right.len() - n_last);
    // The length from a pair of places on, row by row.
    let width = n_right + 1;
    let mut lengths = vec![0_u16; (n_left + 1) * width];
    for at_left in (0..n_left).rev() {
        for at_right in (0..n_right).rev() {
            let at = at_left * width + at_right;
            lengths[at] = if left[at_left].hash == right[at_right].hash {
                lengths[at + width + 1] + 1
            } else {
                lengths[at + width].max(lengths[at + 1])
            };
        }
    }
    let (mut at_left, mut at_right) = (0, 0);
    while at_left < n_left && at_right < n_right {
        let at = at_left * width + at_right;
        if left[at_left].hash == right[at_right].hash {
            matches.push((n_first + at_left, n_first + at_right));
            (at_left, at_right) = (at_left + 1, at_right + 1);
        } else if lengths[at + width] >= lengths[at + 1] {
            at_left += 1;
        } else {
            at_right += 1;
        }
    }
    matches.extend((0..n_last).map(|at| (n_first + n_left + at, n_first + n_right + at)));
    matches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(left: (&str, &str), right: (&str, &str)) -> Slots {
        let [left, right] = [left, right].map(|(title, body)| ShingledText::new(Some(title), body));
        Slots::of(&left, &right)
    }

    #[test]
    fn headlines_that_name_others_in_the_same_place_tell_two_texts() {
        let check = |left: (&str, &str), right: (&str, &str), expected: bool| {
            let found = slots(left, right);
            assert_eq!(found.tell_of_others(), expected, "{left:?} {right:?} {found:?}");
            assert_eq!(slots(right, left).tell_of_others(), expected, "{right:?} {left:?}");
        };
        let bees = |place: &str, n: u32| {
            (format!("Bienen in {place}"), format!("In {place} fliegen die Bienen bei {n} Grad zum Klee am Wegrand."))
        };
        let (one, other) = (bees("Oberau", 14), bees("Niedertal", 19));
        check((&one.0, &one.1), (&other.0, &other.1), true);
        // Whoever has another headline, or another number, tells of the same place.
        check((&one.0, &one.1), ("Klee am Wegrand", &one.1), false);
        check((&one.0, &one.1), (&one.0, &other.1.replace("Niedertal", "Oberau")), false);
        // One name, spelled as the house does, makes no other text.
        let (left, right) = ("Rooks nest at Lornestead, where Lornestead wants them.", "Lorne-Stead");
        check(("Rooks of Lornestead", left), ("Rooks of Lorne", &left.replace("Lornestead", right)), false);
        let arabic = |place: &str, n: u32| {
            (format!("الطقس في {place}"), format!("يكون الطقس في {place} غائما اليوم والحرارة {n} درجة"))
        };
        let (one, other) = (arabic("بيروت", 21), arabic("عمان", 17));
        check((&one.0, &one.1), (&other.0, &other.1), true);
        let tide = |river: &str, n: u32| {
            (format!("{river}: the tide today"), format!("{river}, the tide is high at {n} today. Mind the stones."))
        };
        let (one, other) = (tide("Ouse", 4), tide("Humber", 9));
        check((&one.0, &one.1), (&other.0, &other.1), true);
    }

    #[test]
    fn words_in_the_same_order_are_aligned() {
        let words = |text: &str| ShingledText::new(None, text).words;
        for (left, right, expected) in [
            ("", "", vec![]),
            ("a b c", "a b c", vec![(0, 0), (1, 1), (2, 2)]),
            ("a b c d", "a x c d", vec![(0, 0), (2, 2), (3, 3)]),
            ("x a y b", "a b z", vec![(1, 0), (3, 1)]),
            ("a b", "c d", vec![]),
        ] {
            assert_eq!(common_subsequence(&words(left), &words(right)), expected, "{left} / {right}");
        }
    }
}
