//! The words of a text, as the full-text indexes have them, and what a query asks of them.

use unicode_normalization::char::is_combining_mark;

use crate::store::file::characters;
use crate::store::read::spellings::spellings;
use crate::store::read::typed_query::expression_of;
use crate::store::read::unicode61::{folded, is_accent, is_of_word, lowered, runs, words};

/// By which of the two indexes a text is parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `articles_fts`: words, without accents.
    Words,
    /// `articles_characters`: words with their accents, and each character of a script without blanks.
    Characters,
}

impl Alphabet {
    /// Tells the words of a text, in their order.
    pub(super) fn for_each_word(self, text: &str, mut tell: impl FnMut(&str)) {
        let mut word = String::new();
        match self {
            Alphabet::Words => {
                for found in words(text) {
                    word.clear();
                    word.extend(found.chars().filter(|c| !is_accent(*c)).map(folded));
                    tell(&word);
                }
            }
            Alphabet::Characters => {
                let is_part = |c: char| is_of_word(c) || is_combining_mark(c);
                for found in runs(&characters::spaced(text), is_part, is_part) {
                    word.clear();
                    word.extend(found.chars().map(lowered));
                    tell(&word);
                }
            }
        }
    }
}

/// Words that stand one behind the other; the last one may only begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) words: Vec<String>,
    pub(super) is_beginning: bool,
}

/// What a query asks for: all of these phrases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) alphabet: Alphabet,
    pub(super) phrases: Vec<Phrase>,
}

/// What a query asks for, as people type it: any of these. Scripts without blanks have several spellings.
pub(super) fn questions(query: &str) -> Vec<Question> {
    let expression = expression_of(query);
    let (alphabet, expressions) = if characters::has_some(&expression) {
        (Alphabet::Characters, spellings(&expression))
    } else {
        (Alphabet::Words, vec![expression])
    };
    let question = |expression: &String| Question { alphabet, phrases: phrases(expression, alphabet) };
    expressions.iter().map(question).filter(|question| !question.phrases.is_empty()).collect()
}

/// The phrases of an expression as [`expression_of`] writes it: in double quotes, each with a star behind it where it is a beginning.
fn phrases(expression: &str, alphabet: Alphabet) -> Vec<Phrase> {
    let parts: Vec<&str> = expression.split('"').collect();
    let quoted = parts.iter().enumerate().filter(|(position, _)| position % 2 == 1);
    let phrase = |(position, part): (usize, &&str)| {
        let mut words = Vec::new();
        alphabet.for_each_word(part, |word| words.push(word.to_owned()));
        Phrase { words, is_beginning: parts.get(position + 1).is_some_and(|behind| behind.starts_with('*')) }
    };
    quoted.map(phrase).filter(|phrase| !phrase.words.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_as_a_search_reads_them() {
        let shown = |query: &str| -> Vec<String> {
            let phrase =
                |phrase: &Phrase| format!("{}{}", phrase.words.join("+"), if phrase.is_beginning { "*" } else { "" });
            questions(query)
                .iter()
                .map(|question| question.phrases.iter().map(phrase).collect::<Vec<_>>().join(" "))
                .collect()
        };
        assert_eq!(shown("Çedilla covid-19 \"Night Train\" harbo*"), ["cedilla covid+19 night+train harbo*"]);
        assert_eq!(shown("東京 港"), ["東+京 港"]);
        assert!(shown(" - \"…\"").is_empty());
    }
}
