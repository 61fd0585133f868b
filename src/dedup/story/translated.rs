//! The same event in other languages: reports that mean the same and name the same numbers.
//!
//! Words do not tell it, since no two languages share them. What an article means is a vector ([`Meaning`]), and reports of
//! an event point nearly the same way; but so do reports of two events of a kind, two earthquakes. What tells those apart
//! in any script is the numbers: the toll, the magnitude, the sum.

use std::collections::{HashMap, VecDeque};

use super::language::Language;
use crate::model::Meaning;

/// Likeness from which two articles tell of the same event. Of 100 events in six languages, of which four in ten have
/// another of their kind beside them, none are linked falsely from .60 on. Of 48 events of which each has two of its kind on the
/// same day, two are, and none from here on.
const LIKENESS_MIN: f64 = 0.62;

/// What a number in common adds to the likeness, if no other article has it; less the more have it.
const OF_NUMBER: f64 = 0.1;

/// So many numbers in common count.
const NUMBERS_MAX: f64 = 3.0;

/// Longest time between two reports of an event in different languages, in seconds: three days.
const WINDOW_S: i64 = 3 * 86_400;

/// Dimensions of which so many have another sign stand for vectors too far apart to be compared: at a cosine of 0.5 it is
/// a third of them.
const SIGNS_APART: f64 = 0.42;

/// An article that may be told of in another language.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number.
    pub article: i64,
    language: Language,
    /// When it was published, in seconds, if that is known.
    at_s: Option<i64>,
    /// What it means.
    pub meaning: Meaning,
    /// The signs of the meaning's dimensions.
    signs: Vec<u64>,
    /// The numbers in it, sorted.
    pub numbers: Vec<u64>,
}

impl Told {
    /// An article, by what it means. `language` is its code.
    #[must_use]
    pub fn new(article: i64, language: Option<&str>, at_s: Option<i64>, meaning: Meaning, numbers: Vec<u64>) -> Told {
        Told { article, language: Language::of(language), at_s, signs: meaning.signs(), meaning, numbers }
    }
}

/// The articles that may be told of in other languages: the last ones.
#[derive(Clone, Debug)]
pub struct Translated {
    articles: VecDeque<Told>,
    articles_max: usize,
    /// How many of them have a number.
    n_with: HashMap<u64, u32>,
}

impl Translated {
    /// None yet; the last so many are kept.
    #[must_use]
    pub fn new(articles_max: usize) -> Translated {
        Translated { articles: VecDeque::new(), articles_max: articles_max.max(1), n_with: HashMap::new() }
    }

    /// The article of another language that is most like an article, if it tells of the same event; and how like it is, up
    /// to 1.
    #[must_use]
    pub fn nearest(&self, article: &Told) -> Option<(i64, f64)> {
        let mut best: Option<(i64, f64)> = None;
        for other in &self.articles {
            let is_near = article.at_s.zip(other.at_s).is_none_or(|(one, two)| (one - two).abs() <= WINDOW_S);
            if other.language == article.language || !is_near || are_far_apart(&article.signs, &other.signs) {
                continue;
            }
            let likeness = article.meaning.cosine(&other.meaning) + self.of_numbers(article, other);
            // Of two that are as like, the earlier one.
            if likeness >= LIKENESS_MIN && best.is_none_or(|(_, most)| likeness > most) {
                best = Some((other.article, likeness));
            }
        }
        best.map(|(other, likeness)| (other, likeness.min(1.0)))
    }

    /// Keeps an article.
    pub fn add(&mut self, article: Told) {
        for number in &article.numbers {
            *self.n_with.entry(*number).or_default() += 1;
        }
        self.articles.push_back(article);
        while self.articles.len() > self.articles_max {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        for number in self.articles.pop_front().into_iter().flat_map(|article| article.numbers) {
            if let Some(n) = self.n_with.get_mut(&number) {
                *n -= 1;
                if *n == 0 {
                    self.n_with.remove(&number);
                }
            }
        }
    }

    /// What the numbers in common add: each less, the more articles have it.
    fn of_numbers(&self, article: &Told, other: &Told) -> f64 {
        let in_common = article.numbers.iter().filter(|number| other.numbers.binary_search(number).is_ok());
        let rarity = in_common.map(|number| {
            // The other article has it, so that it is known.
            let n = self.n_with.get(number).copied().unwrap_or(1).max(1);
            1.0 / (1.0 + f64::from(n).ln())
        });
        OF_NUMBER * rarity.sum::<f64>().min(NUMBERS_MAX)
    }
}

fn are_far_apart(left: &[u64], right: &[u64]) -> bool {
    let n_apart: u32 = left.iter().zip(right).map(|(left, right)| (left ^ right).count_ones()).sum();
    let n_dimensions = u32::try_from(left.len() * 64).unwrap_or(u32::MAX);
    left.len() != right.len() || f64::from(n_apart) > f64::from(n_dimensions) * SIGNS_APART
}

/// Numbers of an article that are kept.
const NUMBERS_KEPT: usize = 64;

/// The numbers of two digits and more in texts, sorted: `6.3` and `6,3` are the same one, `1,200`, `1 200` and `1.200` too,
/// in the digits of any script.
#[must_use]
pub fn numbers_in(texts: &[&str]) -> Vec<u64> {
    let mut numbers = Vec::new();
    for text in texts {
        let mut number = 0_u64;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if let Some(digit) = digit(character) {
                number = number.wrapping_mul(10).wrapping_add(digit);
                continue;
            }
            let n_digits_ahead = characters.clone().take(4).map_while(digit).count();
            let goes_on = match character {
                '.' | ',' | '\u{66b}' | '\u{66c}' => n_digits_ahead > 0,
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' => n_digits_ahead == 3,
                _ => false,
            };
            if !goes_on {
                numbers.extend(std::iter::once(std::mem::take(&mut number)).filter(|number| *number >= 10));
            }
        }
        numbers.extend(Some(number).filter(|number| *number >= 10));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(NUMBERS_KEPT);
    numbers
}

/// The value of a digit of the scripts of news.
fn digit(character: char) -> Option<u64> {
    let zero = match character {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    Some(u64::from(u32::from(character) - u32::from(zero)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_S: i64 = 3600;

    /// A vector at so many degrees from the first of two dimensions, in a space of 64.
    fn meaning(degrees: f32) -> Meaning {
        let mut vector = [0.0_f32; 64];
        (vector[0], vector[1]) = (degrees.to_radians().cos(), degrees.to_radians().sin());
        Meaning::of(&vector)
    }

    fn told(article: i64, language: &str, hours: i64, degrees: f32, numbers: &[u64]) -> Told {
        Told::new(article, Some(language), Some(hours * HOUR_S), meaning(degrees), numbers.to_vec())
    }

    /// The article that one is like which is told in Spanish at noon.
    fn check(articles: &[Told], degrees: f32, numbers: &[u64], expected: Option<i64>) {
        let mut translated = Translated::new(100);
        for article in articles {
            translated.add(article.clone());
        }
        let found = translated.nearest(&told(0, "es", 12, degrees, numbers));
        assert_eq!(found.map(|(article, _)| article), expected, "{articles:?}");
    }

    #[test]
    fn what_means_the_same_in_another_language_is_the_same_event() {
        check(&[told(1, "en", 10, 0.0, &[])], 45.0, &[], Some(1));
        check(&[told(1, "en", 10, 0.0, &[])], 60.0, &[], None);
        check(&[told(1, "en", 10, 0.0, &[]), told(2, "zh", 11, 20.0, &[])], 30.0, &[], Some(2));
        // The same language is for words to tell.
        check(&[told(1, "es", 10, 0.0, &[])], 10.0, &[], None);
        check(&[told(1, "es-MX", 10, 0.0, &[])], 10.0, &[], None);
        // Another day's event of the kind.
        check(&[told(1, "en", -90, 0.0, &[])], 10.0, &[], None);
        let undated = Told::new(1, Some("en"), None, meaning(0.0), Vec::new());
        check(&[undated], 10.0, &[], Some(1));
    }

    #[test]
    fn rare_numbers_in_common_tell_the_events_of_a_kind_apart() {
        let (one, other) = (told(1, "en", 10, 0.0, &[63, 137]), told(2, "en", 10, 0.0, &[61, 104]));
        check(&[one.clone(), other.clone()], 55.0, &[61, 87], Some(2));
        check(&[one, other], 55.0, &[87], None);
        // What many have says less.
        let of_the_year: Vec<Told> = (0..20).map(|article| told(article, "en", 10, 200.0, &[2031])).collect();
        let all: Vec<Told> = of_the_year.into_iter().chain([told(30, "en", 10, 0.0, &[2031])]).collect();
        check(&all, 55.0, &[2031], None);
    }

    #[test]
    fn the_last_articles_are_kept() {
        let mut translated = Translated::new(2);
        for article in 1..=4 {
            translated.add(told(article, "en", 10, 0.0, &[60 + article.unsigned_abs()]));
        }
        assert_eq!(translated.articles.len(), 2);
        assert_eq!(translated.n_with.len(), 2);
        assert_eq!(translated.nearest(&told(0, "es", 12, 0.0, &[])).map(|(article, _)| article), Some(3));
    }

    #[test]
    fn numbers_are_read_in_any_script() {
        let check = |text: &str, expected: &[u64]| assert_eq!(numbers_in(&[text]), expected, "{text}");
        check("A quake of 6.3 killed 11, hurt 1,200.", &[11, 63, 1200]);
        check("Un sismo de 6,3: 11 muertos y 1 200 heridos, 3 graves", &[11, 63, 1200]);
        check("قتل ١١ شخصا وأصيب ١٬٢٠٠ بقوة ٦٫٣", &[11, 63, 1200]);
        check("６３人と1200人", &[63, 1200]);
        check("in 2031, 120 came; 03 and 0", &[120, 2031]);
        check("", &[]);
    }
}
