//! A text as the set of its shingles: every short run of words in it, as a number.
//!
//! What a copyist changes without changing the text is folded away first: case, accents, apostrophes, punctuation,
//! the width of characters. Copies keep most of their shingles through cuts, additions and other orders of paragraphs;
//! two people who write about the same event share hardly any.

use super::hash::{EMPTY, mix, with};
use super::quotes::quoted;
use super::words::{FoldedText, Token, WORD_UNITS};

/// A shingle is three words long, or as long in scripts that do not part words: measured in these units.
const SHINGLE_UNITS: u32 = 12;

/// As much text on either side of a number says what it counts: two words.
const CONTEXT_UNITS: u32 = 8;

/// So many words, names or numbers on either side of a name say what it is named for.
const CONTEXT_PARTS: usize = 2;

/// Shorter words of a headline say little about its subject: they are articles, prepositions, auxiliaries.
const TELLING_LETTERS_MIN: u32 = 4;

/// Stands for any number where only its place matters.
const ANY_NUMBER: u64 = 0x5bd1_e995_9d1b_54a5;

/// A shingle, and the paragraph that it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shingle {
    pub(super) hash: u64,
    pub(super) paragraph: u32,
    /// Whether it ends in that paragraph too.
    pub(super) is_inside: bool,
    /// Whether it stands between quotation marks.
    pub(super) is_quoted: bool,
}

/// A number in a text, or a name, by the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Figure {
    pub(super) context: u64,
    /// The number, or the last word of the name: whoever is told of again loses the first.
    pub(super) value: u64,
}

/// A word of a text, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) hash: u64,
    pub(super) n_letters: u32,
    pub(super) is_number: bool,
    pub(super) is_capitalised: bool,
    pub(super) starts_sentence: bool,
}

/// All of a text that comparing it with others needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShingledText {
    /// In the order of the text.
    pub(super) shingles: Vec<Shingle>,
    /// The different ones, ascending.
    pub(super) distinct: Vec<u64>,
    /// Its numbers, ascending by context.
    pub(super) figures: Vec<Figure>,
    /// Its names, ascending by context.
    pub(super) names: Vec<Figure>,
    /// The telling words of headline and body, ascending.
    pub(super) vocabulary: Vec<u64>,
    /// Those of the headline.
    pub(super) headline: Vec<u64>,
    /// The words of the headline, then those of the body.
    pub(super) words: Vec<Word>,
    /// How many of these the headline has.
    pub(super) n_headline_words: usize,
    pub(super) n_paragraphs: u32,
}

impl ShingledText {
    /// Takes a text apart; the body has a paragraph a line.
    #[must_use]
    pub fn new(title: Option<&str>, body: &str) -> ShingledText {
        ShingledText::of(&FoldedText::of(title, body), body)
    }

    /// The same of a text that was taken apart before. It must be the same body.
    #[must_use]
    pub fn of(folded: &FoldedText, body: &str) -> ShingledText {
        let FoldedText { headline: headline_tokens, body: tokens, .. } = folded;
        let mut are_quoted = Vec::with_capacity(tokens.len());
        let (mut n_paragraphs, mut rest) = (0, tokens.as_slice());
        for paragraph in body.lines() {
            let n_inside = rest.iter().take_while(|token| token.paragraph == n_paragraphs).count();
            let (here, behind) = rest.split_at(n_inside);
            are_quoted.extend(are_in_quotes(here, paragraph));
            (n_paragraphs, rest) = (n_paragraphs + 1, behind);
        }
        let headline = sorted(telling_words(headline_tokens));
        let mut vocabulary = telling_words(tokens);
        vocabulary.extend(&headline);
        let shingles = shingles(tokens, &are_quoted);
        let distinct = distinct(&shingles);
        let (figures, names) = (sorted(figures(tokens)), sorted(names(tokens)));
        let (n_headline_words, words) =
            (headline_tokens.len(), headline_tokens.iter().chain(tokens).map(word).collect());
        let vocabulary = sorted(vocabulary);
        ShingledText { shingles, distinct, figures, names, vocabulary, headline, words, n_headline_words, n_paragraphs }
    }

    /// How many words it has, those of the headline too.
    #[must_use]
    pub fn n_words(&self) -> usize {
        self.words.len()
    }

    /// How many different shingles it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.distinct.len()
    }

    /// Whether there is nothing in it to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.distinct.is_empty()
    }

    /// The different shingles that stand outside of quotation marks, ascending.
    pub(super) fn own(&self) -> Vec<u64> {
        sorted(self.shingles.iter().filter(|shingle| !shingle.is_quoted).map(|shingle| shingle.hash).collect())
    }

    /// The same without the shingles that begin in some of its paragraphs.
    pub(super) fn without(&self, is_left_out: impl Fn(u32) -> bool) -> ShingledText {
        let mut text = self.clone();
        text.shingles.retain(|shingle| !is_left_out(shingle.paragraph));
        text.distinct = distinct(&text.shingles);
        text
    }
}

fn word(token: &Token) -> Word {
    let Token { hash, n_letters, is_number, is_capitalised, starts_sentence, .. } = *token;
    Word { hash, n_letters, is_number, is_capitalised, starts_sentence }
}

fn distinct(shingles: &[Shingle]) -> Vec<u64> {
    sorted(shingles.iter().map(|shingle| shingle.hash).collect())
}

/// Tells of each word of a paragraph whether it stands between quotation marks.
fn are_in_quotes(tokens: &[Token], paragraph: &str) -> impl Iterator<Item = bool> {
    let mut quotes = quoted(paragraph).into_iter().peekable();
    tokens.iter().map(move |token| {
        while quotes.next_if(|(_, end)| *end <= token.start).is_some() {}
        quotes.peek().is_some_and(|(start, _)| *start <= token.start)
    })
}

/// The hashes of all shingles of a body, in its order.
pub(super) fn hashes(text: &FoldedText) -> impl Iterator<Item = u64> {
    (0..text.body.len()).filter_map(|start| shingle_at(&text.body, start)).map(|(hash, _)| hash)
}

/// The shingle that begins with a word: its hash, and how many words it has. Absent where too few words follow.
fn shingle_at(tokens: &[Token], start: usize) -> Option<(u64, usize)> {
    let (mut hash, mut units, mut n_tokens) = (EMPTY, 0, 0);
    for token in &tokens[start..] {
        hash = mix(with(hash, token.hash));
        units += token.units;
        n_tokens += 1;
        if units >= SHINGLE_UNITS {
            break;
        }
    }
    // A text that is shorter than one shingle is one.
    (units >= SHINGLE_UNITS || start == 0 && n_tokens > 0).then_some((hash, n_tokens))
}

fn shingles(tokens: &[Token], are_quoted: &[bool]) -> Vec<Shingle> {
    let mut shingles = Vec::with_capacity(tokens.len());
    for start in 0..tokens.len() {
        let Some((hash, n_tokens)) = shingle_at(tokens, start) else { continue };
        let end = start + n_tokens;
        let paragraph = tokens[start].paragraph;
        shingles.push(Shingle {
            hash,
            paragraph,
            is_inside: tokens[end - 1].paragraph == paragraph,
            is_quoted: are_quoted[start..end].iter().all(|is_quoted| *is_quoted),
        });
    }
    shingles
}

/// Numbers and what is said around them, whoever is named there. A number among nothing but numbers and names stands in a table:
/// its place says nothing.
fn figures(tokens: &[Token]) -> Vec<Figure> {
    let context = |around: &mut dyn Iterator<Item = &Token>| {
        let (mut hash, mut units, mut has_words) = (EMPTY, 0, false);
        for token in around {
            let is_particular = token.is_number || token.is_capitalised && !token.starts_sentence;
            hash = mix(with(hash, if is_particular { ANY_NUMBER } else { token.hash }));
            has_words |= !is_particular;
            units += token.units;
            if units >= CONTEXT_UNITS {
                break;
            }
        }
        (hash, has_words)
    };
    let numbers = tokens.iter().enumerate().filter(|(_, token)| token.is_number);
    numbers
        .filter_map(|(position, token)| {
            let (before, has_words_before) = context(&mut tokens[..position].iter().rev());
            let (after, has_words_after) = context(&mut tokens[position + 1..].iter());
            let figure = Figure { context: mix(with(before, after)), value: token.hash };
            (has_words_before || has_words_after).then_some(figure)
        })
        .collect()
}

/// Names and what is said around them: runs of words that have a capital letter, and not for beginning a sentence. Of what
/// stands around them only the words count; other names and numbers may be others.
fn names(tokens: &[Token]) -> Vec<Figure> {
    let is_capitalised = |token: &Token| token.is_capitalised && !token.starts_sentence;
    let mut parts: Vec<Part> = Vec::with_capacity(tokens.len());
    for (position, token) in tokens.iter().enumerate() {
        let begins_name = token.is_capitalised
            && tokens.get(position + 1).is_some_and(|next| next.paragraph == token.paragraph && is_capitalised(next));
        let is_name = is_capitalised(token) || begins_name;
        match parts.last_mut() {
            Some(last) if last.is_name && is_name && !token.starts_sentence => {
                last.value = token.hash;
            }
            _ => parts.push(Part { value: token.hash, is_name, is_word: !is_name && !token.is_number }),
        }
    }
    let context = |around: &mut dyn Iterator<Item = &Part>| {
        let around = around.take(CONTEXT_PARTS);
        around.fold((EMPTY, false), |(hash, has_words), part| {
            (mix(with(hash, if part.is_word { part.value } else { ANY_NUMBER })), has_words || part.is_word)
        })
    };
    let names = parts.iter().enumerate().filter(|(_, part)| part.is_name);
    names
        .filter_map(|(position, name)| {
            let (before, has_words_before) = context(&mut parts[..position].iter().rev());
            let (after, has_words_after) = context(&mut parts[position + 1..].iter());
            let found = Figure { context: mix(with(before, after)), value: name.value };
            (has_words_before || has_words_after).then_some(found)
        })
        .collect()
}

/// A word, a number or a whole name.
#[derive(Clone, Copy)]
struct Part {
    value: u64,
    is_name: bool,
    is_word: bool,
}

/// What tells the subject of a text: its longer words, and in scripts that do not part them, runs of characters about
/// as long as a word.
fn telling_words(tokens: &[Token]) -> Vec<u64> {
    let mut words = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        if token.units == WORD_UNITS {
            if token.n_letters >= TELLING_LETTERS_MIN && !token.is_number {
                words.push(token.hash);
            }
            continue;
        }
        let (mut hash, mut units) = (EMPTY, 0);
        for next in tokens[position..].iter().take_while(|next| next.units < WORD_UNITS) {
            hash = mix(with(hash, next.hash));
            units += next.units;
            if units >= WORD_UNITS {
                words.push(hash);
                break;
            }
        }
    }
    words
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distinct(body: &str) -> Vec<u64> {
        ShingledText::new(None, body).distinct
    }

    #[test]
    fn what_a_copyist_does_not_mean_is_folded_away() {
        for (left, right) in [
            ("It’s the council’s plan", "Its the COUNCILS plan"),
            ("“So be it,” said Zoë – and left", "So be it said Zoe and left"),
            ("Der große Fluß über Łódź, Tromsø", "der grosse fluss uber Lodz Tromso"),
            ("cafe\u{301} crème brûlée", "café creme brulee"),
            ("ﬁne ＡＢＣ １２", "fine ABC 12"),
            ("one, two;\nthree: four!", "one two three four"),
            ("ｶﾌｪは静かな朝を迎えた", "カフェは静かな朝を迎えた"),
            ("وَصَلَ الوزيرُ إلى المدينة", "وصل الوزير إلى المدينة"),
        ] {
            assert_eq!(distinct(left), distinct(right), "{left:?} and {right:?}");
        }
        assert_ne!(distinct("It is the plan of the council"), distinct("It is the plan of the mayor"));
        assert_ne!(distinct("one two three"), distinct("three two one"));
    }

    #[test]
    fn a_shingle_is_three_words_or_as_much_without_spaces() {
        for (body, expected) in [
            ("", 0),
            (" – ", 0),
            ("one", 1),
            ("one two three", 1),
            ("one two three four five", 3),
            ("one two three one two three", 3),
            // Six ideographs make a shingle.
            ("市长在新桥", 1),
            ("市长在新桥上", 1),
            ("市长在新桥上讲话", 3),
            // Twelve letters of Thai do.
            ("นายกรัฐมนตรี", 1),
            ("นายกรัฐมนตรีไทย", 4),
            // The two can be mixed.
            ("Linux 内核的", 1),
        ] {
            assert_eq!(ShingledText::new(None, body).len(), expected, "{body:?}");
        }
    }

    #[test]
    fn a_number_is_known_by_the_words_around_it() {
        let figures = |body: &str| ShingledText::new(None, body).figures;
        let (left, right) = (figures("prices rose 7 percent in May"), figures("prices rose 9 percent in May"));
        assert_eq!((left.len(), right.len()), (1, 1));
        assert_eq!(left[0].context, right[0].context);
        assert_ne!(left[0].value, right[0].value);
        assert_eq!(figures("1 2 3 4 5 6 7"), [], "a table says nothing of its numbers");
        assert_eq!(figures("rose by 4.5 percent").len(), 2);
        assert_eq!(figures("７月５日に")[0].value, figures("7月5日に")[0].value);
    }

    #[test]
    fn a_name_is_known_by_the_words_around_it() {
        let names = |body: &str| ShingledText::new(None, body).names;
        let (left, right) = (names("the mayor of Old Lorne said so"), names("the mayor of Kent said so"));
        assert_eq!((left.len(), right.len()), (1, 1));
        assert_eq!(left[0].context, right[0].context);
        assert_ne!(left[0].value, right[0].value);
        // At the beginning of a sentence a name is one by its second word; names beside it may be others.
        assert_eq!(names("Ana Ruiz of Lorne left").len(), 2);
        assert_eq!(names("Nobody left"), []);
        let context = |body: &str| names(body).into_iter().map(|name| name.context).collect::<Vec<_>>();
        assert_eq!(context("a word from Ana Ruiz of Lorne"), context("a word from Jan Moor of Kent"));
    }

    #[test]
    fn a_headline_tells_its_subject() {
        let headline = |title: &str| ShingledText::new(Some(title), "").headline.len();
        for (title, expected) in [
            ("", 0),
            ("Is it on?", 0),
            ("Mayor opens the new bridge", 3),
            ("2026", 0),
            ("市长为新桥剪彩", 6),
            ("대통령 방한", 2),
        ] {
            assert_eq!(headline(title), expected, "{title:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_contains_its_parts(words in prop::collection::vec("[a-zé市ก]{1,6}", 3..60), cut in 0_usize..50) {
            let whole = distinct(&words.join(" "));
            let part = &words[cut.min(words.len() - 3)..];
            // A part can begin between the letters of no word, so all of its shingles but one that is too short stand
            // in the whole.
            let part = distinct(&part.join(" "));
            let n_missing = part.iter().filter(|hash| whole.binary_search(hash).is_err()).count();
            prop_assert!(n_missing <= usize::from(part.len() == 1), "{n_missing} of {}", part.len());
        }

        #[test]
        fn no_text_is_too_odd(title in "\\PC{0,40}", body in "(\\PC|\n){0,200}") {
            let text = ShingledText::new(Some(&title), &body);
            prop_assert!(text.shingles.iter().all(|shingle| shingle.paragraph < text.n_paragraphs));
            prop_assert!(text.distinct.is_sorted());
            prop_assert_eq!(&text, &ShingledText::new(Some(&title), &body));
        }
    }
}
