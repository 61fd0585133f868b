//! In how many articles a word stands, by language: of the articles that came in lately, in bounded room.

use std::collections::HashMap;

use super::super::hash::{mix, with};
use super::language::Language;

/// Counters in a row: two rows take two megabytes. With a hundred thousand articles a rare word is then taken for one
/// that a few dozen have, which matters little.
const COUNTERS: usize = 1 << 18;

/// Rows, each with a hash of its own. The smaller of two counts is the one less disturbed by other words (the
/// count-min sketch of Cormode and Muthukrishnan, 2005).
const ROWS: usize = 2;

/// Articles of one language after which all counts are halved, so that they follow the news.
const ARTICLES_MAX: f64 = 100_000.0;

/// Articles that are taken for read before the first: until there are many, they say what is rare.
const SUPPOSED_ARTICLES: f64 = 100.0;

/// Of these, so many have any word that is not a function word.
const SUPPOSED_WITH_WORD: f64 = 2.0;

/// And so many have a function word of their language.
const SUPPOSED_WITH_FUNCTION_WORD: f64 = 50.0;

/// Languages that are told apart. What calls itself by more names than there are languages shares one.
const LANGUAGES_MAX: usize = 200;

/// How many articles have a word.
#[derive(Clone, Debug)]
pub struct Frequencies {
    counters: Vec<u32>,
    n_articles: HashMap<u64, f64>,
}

impl Default for Frequencies {
    fn default() -> Self {
        Frequencies { counters: vec![0; ROWS * COUNTERS], n_articles: HashMap::new() }
    }
}

impl Frequencies {
    /// Takes an article in: its language, and the hash of each different word, once.
    pub(super) fn note(&mut self, language: Language, words: impl Iterator<Item = u64>) {
        let language = self.known(language);
        for word in words {
            for counter in places(language, word) {
                self.counters[counter] = self.counters[counter].saturating_add(1);
            }
        }
        let n_articles = self.n_articles.entry(language.0).or_default();
        *n_articles += 1.0;
        if *n_articles >= ARTICLES_MAX {
            self.counters.iter_mut().for_each(|counter| *counter /= 2);
            self.n_articles.values_mut().for_each(|n_articles| *n_articles /= 2.0);
        }
    }

    /// How rare the words of a language are.
    pub(super) fn rarities(&self, language: Language) -> Rarities<'_> {
        Rarities {
            counters: &self.counters,
            language: self.known(language),
            n_articles: self.n_articles(language) + SUPPOSED_ARTICLES,
        }
    }

    /// How many articles of a language came in; less, once counts were halved.
    pub(super) fn n_articles(&self, language: Language) -> f64 {
        self.n_articles.get(&self.known(language).0).copied().unwrap_or(0.0)
    }

    fn known(&self, language: Language) -> Language {
        if self.n_articles.len() < LANGUAGES_MAX || self.n_articles.contains_key(&language.0) {
            language
        } else {
            Language::default()
        }
    }
}

/// How rare the words of a language are.
pub(super) struct Rarities<'a> {
    counters: &'a [u32],
    language: Language,
    n_articles: f64,
}

impl Rarities<'_> {
    /// The logarithm of how many times rarer a word is than one that every article has: from 0 up.
    pub(super) fn of(&self, word: u64, is_function_word: bool) -> f64 {
        let supposed = if is_function_word { SUPPOSED_WITH_FUNCTION_WORD } else { SUPPOSED_WITH_WORD };
        let counters = places(self.language, word);
        let n_with = counters.map(|counter| self.counters[counter]).into_iter().min().unwrap_or(0);
        (self.n_articles / (f64::from(n_with) + supposed)).ln().max(0.0)
    }
}

fn places(language: Language, word: u64) -> [usize; ROWS] {
    let hash = mix(with(language.0, word));
    let mask = u64::try_from(COUNTERS - 1).unwrap_or_default();
    let place = |row: usize, hash: u64| row * COUNTERS + usize::try_from(hash & mask).unwrap_or_default();
    [place(0, hash), place(1, hash >> 32)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_articles_have_is_rare() {
        let english = Language::of(Some("en"));
        let mut frequencies = Frequencies::default();
        let before = frequencies.rarities(english).of(7, false);
        for article in 0..1000_u64 {
            frequencies.note(english, [7, 1000 + article / 10, 10_000 + article].into_iter());
        }
        let [common, rarer, rarest] = [7, 1000, 10_000].map(|word| frequencies.rarities(english).of(word, false));
        assert!(common < 0.2 && common < before, "{common}");
        assert!(common < rarer && rarer < rarest, "{common} {rarer} {rarest}");
        assert_eq!(Language::of(Some("en-GB")), english);
        let elsewhere = frequencies.rarities(Language::of(Some("de"))).of(7, false);
        assert!(elsewhere > 3.0, "a word of another language is another word: {elsewhere}");
    }

    #[test]
    fn counts_follow_the_news() {
        let mut frequencies = Frequencies::default();
        for _ in 0..100_000 {
            frequencies.note(Language::default(), [7].into_iter());
        }
        assert!((frequencies.n_articles[&0] - 50_000.0).abs() < 1.0);
        assert!(frequencies.rarities(Language::default()).of(7, false) < 0.01);
    }
}
