//! The words of an article that tell which event it is about, and how much each counts.

use super::super::frame::Frame;
use super::super::hash::{EMPTY, mix, with};
use super::super::words::{FoldedText, Token, WORD_UNITS};
use super::frequencies::Frequencies;
use super::function_words::{is_empty_word, is_function_word};
use super::language::Language;

/// What a word in the headline counts, where one in the body counts one.
const IN_TITLE: f64 = 2.0;

/// What a word at the beginning of the body counts: the first sentences say what happened.
const IN_LEAD: f64 = 1.5;

/// Words of the beginning.
const LEAD_WORDS: usize = 60;

/// Words of an article that are looked at. Behind these there is background.
const WORDS_MAX: usize = 1000;

/// What a name counts more than another word. Two earthquakes have all words in common but where and how strong; but those who
/// are told of every day are in all events of their topic.
const NAME: f64 = 1.25;

/// Shorter words than this are initials and endings.
const LETTERS_MIN: u32 = 2;

/// From here on two articles of one make are of one event by what a third of their make does not say: it is names, times and
/// places, of which reports of one event have most in common and those of two none.
const ALIKE_BEYOND_MIN: f64 = 0.3;

/// Terms that an article is known by: those that count most. Three times as many find the same stories.
pub const TERMS_MAX: usize = 64;

/// A word of an article.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    hash: u64,
    /// Its places, as each counts.
    count: f64,
    is_name: bool,
    /// Whether nearly every text of its language has it.
    is_function_word: bool,
    place: Place,
}

/// Where a word stands, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    is_in_title: bool,
    start: usize,
    end: usize,
}

/// The different words of an article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    language: Language,
    terms: Vec<Term>,
}

/// What is left of an article without what tells nothing of its event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rest<'a> {
    /// Whether its headline is none.
    pub is_without_title: bool,
    /// Its paragraphs that do not count, from 0.
    pub without_paragraphs: &'a [u32],
}

/// What an article is known by: terms and their weights, by ascending term, of length one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signature {
    pub(super) weights: Vec<(u32, f32)>,
}

impl Terms {
    /// Takes an article apart; the body has a paragraph a line.
    #[must_use]
    pub fn of(title: Option<&str>, body: &str, language: Option<&str>) -> Terms {
        Terms::of_folded(&FoldedText::of(title, body), language)
    }

    /// The same of an article that was taken apart before.
    #[must_use]
    pub fn of_folded(folded: &FoldedText, language: Option<&str>) -> Terms {
        Terms::of_rest(folded, Rest::default(), language)
    }

    /// The same of a part of it.
    #[must_use]
    pub fn of_rest(folded: &FoldedText, rest: Rest<'_>, language: Option<&str>) -> Terms {
        let mut found = Vec::with_capacity(folded.headline.len() + folded.body.len().min(WORDS_MAX));
        if !rest.is_without_title {
            words(&folded.headline, |word| found.push(Found { word, offset: 0, is_in_title: true, count: IN_TITLE }));
        }
        let mut n_words = 0;
        for tokens in folded.body.chunk_by(|left, right| left.paragraph == right.paragraph) {
            let number = tokens[0].paragraph;
            if n_words >= WORDS_MAX {
                break;
            }
            if rest.without_paragraphs.contains(&number) {
                continue;
            }
            let offset = usize::try_from(number).ok().and_then(|number| folded.paragraphs.get(number));
            let offset = offset.copied().unwrap_or_default();
            words(tokens, |word| {
                let count = if n_words < LEAD_WORDS { IN_LEAD } else { 1.0 };
                if n_words < WORDS_MAX {
                    found.push(Found { word, offset, is_in_title: false, count });
                }
                n_words += 1;
            });
        }
        let language = Language::of(language);
        Terms { language, terms: gather(&found, language) }
    }

    /// Whether two articles are alike in what a third one of their make does not say.
    #[must_use]
    pub fn are_alike_beyond(&self, other: &Terms, third: &Terms, frequencies: &Frequencies) -> bool {
        let beyond = |terms: &Terms| terms.beyond(third).signature(frequencies);
        beyond(self).likeness(&beyond(other)) >= ALIKE_BEYOND_MIN
    }

    /// Whether a headline has words that tell anything, and none of them stands in its text.
    #[must_use]
    pub fn are_apart(title: &str, body: &str, language: Option<&str>) -> bool {
        let title = Terms::of(Some(title), "", language);
        let beyond = title.beyond(&Terms::of(None, body, language));
        let n_telling = |terms: &Terms| terms.terms.iter().filter(|term| !term.is_function_word).count();
        n_telling(&title) > 0 && n_telling(&title) == n_telling(&beyond)
    }

    /// What another article does not say.
    #[must_use]
    pub fn beyond(&self, other: &Terms) -> Terms {
        // In the order of their hashes, both.
        let is_own = |term: &&Term| other.terms.binary_search_by_key(&term.hash, |term| term.hash).is_err();
        Terms { language: self.language, terms: self.terms.iter().filter(is_own).copied().collect() }
    }

    /// Leaves out what others of its make say too, so that what remains tells its event.
    pub fn leave_out(&mut self, frame: &Frame) {
        self.terms.retain(|term| !frame.has(term.hash));
    }

    /// Lets the frequencies know of the article.
    pub fn note(&self, frequencies: &mut Frequencies) {
        frequencies.note(self.language, self.terms.iter().map(|term| term.hash));
    }

    /// How many articles of its language the frequencies know.
    #[must_use]
    pub fn n_known(&self, frequencies: &Frequencies) -> f64 {
        frequencies.n_articles(self.language)
    }

    /// What the article is known by. Empty where it has no words.
    #[must_use]
    pub fn signature(&self, frequencies: &Frequencies) -> Signature {
        let mut weights: Vec<(u32, f64)> = Vec::with_capacity(self.terms.len());
        let rarities = frequencies.rarities(self.language);
        for term in &self.terms {
            let rarity = rarities.of(term.hash, term.is_function_word);
            let weight = (1.0 + term.count.ln()) * rarity * if term.is_name { NAME } else { 1.0 };
            if weight > 0.0 {
                weights.push((key(term.hash), weight));
            }
        }
        if weights.len() > TERMS_MAX {
            weights
                .select_nth_unstable_by(TERMS_MAX, |left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
            weights.truncate(TERMS_MAX);
        }
        weights.sort_unstable_by_key(|(term, _)| *term);
        weights.dedup_by_key(|(term, _)| *term);
        let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        // As they are written down, so that what is read again at a start compares as it did before.
        let parts = weights.into_iter().map(|(term, weight)| (term, of_parts(in_parts(as_f32(weight / length)))));
        Signature { weights: parts.collect() }
    }

    /// The words behind some terms, as the article writes them, in the order of the terms; without those that any text of
    /// its language has. It must be the same text.
    #[must_use]
    pub fn spelled<'a>(&self, terms: &[u32], title: Option<&'a str>, body: &'a str) -> Vec<&'a str> {
        let spell = |wanted: &u32| {
            let term = self.terms.iter().find(|term| key(term.hash) == *wanted)?;
            let Place { is_in_title, start, end } = term.place;
            let word = if is_in_title { title?.get(start..end) } else { body.get(start..end) }?;
            (!is_empty_word(self.language, term.hash) && !word.chars().all(is_hiragana)).then_some(word)
        };
        terms.iter().filter_map(spell).collect()
    }
}

impl Signature {
    /// Whether there is nothing to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The cosine of two: 1 for the same words with the same weights, 0 for none in common.
    #[must_use]
    pub fn likeness(&self, other: &Signature) -> f64 {
        product(&self.weights, &other.weights)
    }

    /// As bytes: four of each term, then two of its weight in parts of 65,535.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.weights.len() * 6);
        for (term, weight) in &self.weights {
            bytes.extend(term.to_le_bytes());
            bytes.extend(in_parts(*weight).to_le_bytes());
        }
        bytes
    }

    /// The inverse of [`Signature::to_bytes`]; what is cut off is left out.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Signature {
        let (entries, _) = bytes.as_chunks::<6>();
        let entry = |[a, b, c, d, low, high]: &[u8; 6]| {
            (u32::from_le_bytes([*a, *b, *c, *d]), of_parts(u16::from_le_bytes([*low, *high])))
        };
        Signature { weights: entries.iter().map(entry).collect() }
    }
}

/// A signature that is compared with many: whether it has a term is seen at a glance, and most terms of others it has not.
pub(super) struct Compared<'a> {
    signature: &'a Signature,
    /// A bit for each value of the lowest bits of its terms. These are hashes.
    is_there: [u64; TERM_BITS / 64],
}

/// Bits by which a term is told to be missing: of those that are, one in 64 is looked for all the same.
const TERM_BITS: usize = 64 * TERMS_MAX;

impl<'a> Compared<'a> {
    pub(super) fn new(signature: &'a Signature) -> Compared<'a> {
        let mut is_there = [0; TERM_BITS / 64];
        for (term, _) in &signature.weights {
            let (word, bit) = bit_of(*term);
            is_there[word] |= bit;
        }
        Compared { signature, is_there }
    }

    /// The same as [`Signature::likeness`], to the last digit.
    pub(super) fn likeness(&self, other: &Signature) -> f64 {
        self.product(&other.weights)
    }

    /// The same as [`product`], to the last digit.
    pub(super) fn product(&self, other: &[(u32, f32)]) -> f64 {
        let own = &self.signature.weights;
        let mut sum = 0.0;
        for (term, weight) in other {
            let (word, bit) = bit_of(*term);
            if self.is_there[word] & bit != 0
                && let Ok(at) = own.binary_search_by_key(term, |(term, _)| *term)
            {
                sum += f64::from(own[at].1) * f64::from(*weight);
            }
        }
        sum
    }
}

/// The place of a term among [`TERM_BITS`].
fn bit_of(term: u32) -> (usize, u64) {
    let place = usize::try_from(term).unwrap_or_default() % TERM_BITS;
    (place / 64, 1 << (place % 64))
}

/// The sum of products of the weights of common terms.
pub(super) fn product(left: &[(u32, f32)], right: &[(u32, f32)]) -> f64 {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut sum = 0.0;
    while let (Some((term, weight)), Some((other_term, other_weight))) = (left.peek(), right.peek()) {
        match term.cmp(other_term) {
            std::cmp::Ordering::Less => _ = left.next(),
            std::cmp::Ordering::Greater => _ = right.next(),
            std::cmp::Ordering::Equal => {
                sum += f64::from(*weight) * f64::from(*other_weight);
                left.next();
                right.next();
            }
        }
    }
    sum
}

/// A word, or a run of characters about as long in scripts that do not part words.
#[derive(Clone, Copy)]
struct Word {
    hash: u64,
    start: usize,
    end: usize,
    is_capitalised: bool,
    starts_sentence: bool,
}

struct Found {
    word: Word,
    offset: usize,
    is_in_title: bool,
    count: f64,
}

fn words(tokens: &[Token], mut take: impl FnMut(Word)) {
    for (position, token) in tokens.iter().enumerate() {
        let mut word = Word {
            hash: token.base,
            start: token.start,
            end: token.end,
            is_capitalised: token.is_capitalised,
            starts_sentence: token.starts_sentence,
        };
        if token.units >= WORD_UNITS {
            if token.n_letters >= LETTERS_MIN {
                take(word);
            }
            continue;
        }
        let mut units = 0;
        word.hash = EMPTY;
        for next in tokens[position..].iter().take_while(|next| next.units < WORD_UNITS) {
            word.hash = mix(with(word.hash, next.hash));
            word.end = next.end;
            units += next.units;
            if units >= WORD_UNITS {
                take(word);
                break;
            }
        }
    }
}

/// Puts the places of each word together, and tells names: words with a capital letter that nothing but being a name
/// explains. A capital at the beginning of a sentence says nothing where the word is also written without one, nor does
/// one in a headline.
fn gather(found: &[Found], language: Language) -> Vec<Term> {
    // In the order of the text among equals. Numbers are sorted, and not what they stand for, which is ten times as long.
    let mut places: Vec<(u64, usize)> =
        found.iter().enumerate().map(|(position, found)| (found.word.hash, position)).collect();
    places.sort_unstable();
    let mut terms = Vec::with_capacity(found.len() / 2);
    for places in places.chunk_by(|left, right| left.0 == right.0) {
        let places = || places.iter().map(|(_, position)| &found[*position]);
        let Some(Found { word, offset, is_in_title, .. }) = places().next() else { continue };
        let has_small = places().any(|place| !place.is_in_title && !place.word.is_capitalised);
        let is_name = |place: &Found| {
            place.word.is_capitalised && !(has_small && (place.word.starts_sentence || place.is_in_title))
        };
        let is_function_word = is_function_word(language, word.hash);
        terms.push(Term {
            hash: word.hash,
            count: places().map(|place| place.count).sum(),
            is_name: !is_function_word && places().any(is_name),
            is_function_word,
            place: Place { is_in_title: *is_in_title, start: offset + word.start, end: offset + word.end },
        });
    }
    terms
}

/// Of these alone Japanese writes particles and endings, and few words.
fn is_hiragana(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{309f}')
}

/// Half of a hash is enough: among the terms of a story a chance meeting is one in ten million.
fn key(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "weights are shares of one; half the digits do")]
fn as_f32(number: f64) -> f32 {
    number as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 65535 by the clamp")]
fn in_parts(weight: f32) -> u16 {
    (weight.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16
}

/// The inverse of [`in_parts`].
fn of_parts(parts: u16) -> f32 {
    f32::from(parts) / f32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(title: &str, body: &str) -> Terms {
        Terms::of(Some(title), body, Some("en"))
    }

    fn names(title: &str, body: &str) -> Vec<String> {
        let terms = terms(title, body);
        let keys: Vec<u32> = terms.terms.iter().filter(|term| term.is_name).map(|term| key(term.hash)).collect();
        let mut names: Vec<String> = terms.spelled(&keys, Some(title), body).into_iter().map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn a_name_is_a_capital_that_nothing_else_explains() {
        for (title, body, expected) in [
            ("Ferry Stops At Lorne", "The ferry stops at Lorne.", vec!["Lorne"]),
            ("", "Harbour master Ana Ruiz said so. Nobody asked the harbour.", vec!["Ana", "Nobody", "Ruiz"]),
            ("", "“Storm ahead,” wrote Ruiz; a storm came", vec!["Ruiz"]),
            ("市长为新桥剪彩", "市长", vec![]),
            ("Don't Miss This: Why It’s Lorne", "They don't miss it.", vec!["Lorne"]),
        ] {
            assert_eq!(names(title, body), expected, "{title} {body}");
        }
    }

    #[test]
    fn whose_it_is_makes_no_other_name() {
        let keys = |body: &str| terms("", body).terms.iter().map(|term| term.hash).collect::<Vec<u64>>();
        for body in ["Lorne's", "Lorne’s", "LORNE'S", "LORNE’S", "Lorne", "Lorne'"] {
            assert_eq!(keys(body), keys("Lorne"), "{body}");
        }
        for (left, right) in [("Lornes", "Lorne"), ("l'état", "l"), ("O'Shea", "O")] {
            assert_ne!(keys(left), keys(right), "{left} {right}");
        }
    }

    #[test]
    fn names_and_rare_words_count_most() {
        let mut frequencies = Frequencies::default();
        for _ in 0..50 {
            terms("", "The council said on the day").note(&mut frequencies);
        }
        let text = terms("Council of Lorne", "The council said that gannets nest at Lorne on the day");
        let signature = text.signature(&frequencies);
        let mut by_weight = signature.weights.clone();
        by_weight.sort_by(|left, right| right.1.total_cmp(&left.1));
        let keys: Vec<u32> = by_weight.iter().map(|(term, _)| *term).collect();
        let spelled =
            text.spelled(&keys, Some("Council of Lorne"), "The council said that gannets nest at Lorne on the day");
        assert_eq!(spelled[0], "Lorne", "{spelled:?}");
        assert!(spelled[1..3].contains(&"gannets"), "{spelled:?}");
        let length: f64 = signature.weights.iter().map(|(_, weight)| f64::from(*weight).powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }

    #[test]
    fn the_words_told_are_none_that_any_text_has() {
        for (language, text, expected) in [
            (Some("en"), "The gannets of Lorne have their nests there", vec!["gannets", "Lorne", "nests"]),
            (Some("vi"), "Ông được các ngư dân Lorne cứu", vec!["ngư", "dân", "Lorne", "cứu"]),
            (Some("hr"), "Brod je nakon oluje bio kod Lorne", vec!["Brod", "oluje", "Lorne"]),
            (Some("ja"), "市長はしている", vec!["市長", "長は"]),
        ] {
            let terms = Terms::of(None, text, language);
            let mut words: Vec<&str> =
                terms.spelled(&terms.terms.iter().map(|term| key(term.hash)).collect::<Vec<u32>>(), None, text);
            words.sort_by_key(|word| text.find(word));
            assert_eq!(words, expected, "{text}");
        }
    }

    #[test]
    fn a_signature_survives_the_column() {
        let signature = terms("Gannets nest at Lorne", "At last.").signature(&Frequencies::default());
        assert_eq!(Signature::from_bytes(&signature.to_bytes()), signature);
        assert!((signature.likeness(&signature) - 1.0).abs() < 1e-3);
        assert_eq!(Signature::from_bytes(&[1, 2, 3]), Signature::default());
    }

    #[test]
    fn compared_with_many_an_article_is_as_like_as_with_each() {
        let words = |from: u32| (from..from + 90).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ");
        let signatures: Vec<Signature> = (0..12)
            .map(|number| terms("Gannets nest", &words(number * 15)).signature(&Frequencies::default()))
            .chain([Signature::default()])
            .collect();
        for left in &signatures {
            let compared = Compared::new(left);
            for right in &signatures {
                assert_eq!(compared.likeness(right).to_bits(), left.likeness(right).to_bits());
            }
        }
    }

    #[test]
    fn a_text_without_words_is_known_by_nothing() {
        assert!(Terms::of(None, " – \n…", None).signature(&Frequencies::default()).is_empty());
        let long = "word ".repeat(50_000);
        assert!(Terms::of(None, &long, None).signature(&Frequencies::default()).weights.len() == 1);
    }
}
