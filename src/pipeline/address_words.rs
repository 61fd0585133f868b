//! The words in an address. Many publishers write the headline into it, so that it tells of the article like a feed's entry,
//! and a page that has hardly any of its words is another one.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use url::{Url, form_urlencoded};

/// Shortest word that says something of a subject, in letters.
const LETTERS_MIN: usize = 4;

/// Letters by which words are compared, as those of headlines are.
const STEM_LETTERS: usize = 5;

/// Fewest words of an address of which something can be said. Fewer are the name of a section, or of a form of page.
const WORDS_MIN: usize = 4;

/// Share of an address's words, one in so many, below which a page is another one's. Measured on real pages whose address
/// has words enough, rule chosen on 445 of them: none of these has fewer of its own, and one of 458 others, whose address is
/// broken. Three in four pages of another article have fewer, and 96 in 100 questions for consent and the like.
const OTHER_PAGE_PART: usize = 5;

/// Share of an address's words, in thirds, from which a page is its own: 884 of these 903 have so many, and one to two in
/// a hundred pages of another article.
const OWN_PAGE_THIRDS: usize = 2;

/// Most of a page's letters are Latin, so that its words can be in an address.
const LATIN_PERCENT_MIN: usize = 90;

/// Letters by which the script of a page is told.
const LETTERS_LOOKED_AT: usize = 3000;

/// What the words of an address say of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressWords {
    /// Most of them stand in it.
    Agree,
    /// Too few are there, or in part only, or in another script.
    Silent,
    /// Hardly any stands in it.
    Disagree,
}

/// Compares the words of an address with the texts of a page.
pub(super) fn compare<'a>(url: &Url, page: impl Iterator<Item = &'a str> + Clone) -> AddressWords {
    let words = words_of(url);
    let n_words = words.len();
    if n_words < WORDS_MIN || !is_latin(page.clone()) {
        return AddressWords::Silent;
    }
    let mut missing: HashSet<&str> = words.iter().map(String::as_str).collect();
    for text in page {
        each_word(text, |word| {
            missing.remove(word);
        });
    }
    let n_found = n_words - missing.len();
    if n_found * 3 >= n_words * OWN_PAGE_THIRDS {
        AddressWords::Agree
    } else if n_found * OTHER_PAGE_PART < n_words {
        AddressWords::Disagree
    } else {
        AddressWords::Silent
    }
}

/// The words of that part of an address which has the most.
fn words_of(url: &Url) -> Vec<String> {
    let mut best = Vec::new();
    for part in url.path_segments().into_iter().flatten() {
        let stem = part.rsplit_once('.').filter(|(_, end)| end.len() <= 5).map_or(part, |(stem, _)| stem);
        let mut words = Vec::new();
        for piece in form_urlencoded::parse(stem.as_bytes()).flat_map(|(name, value)| [name, value]) {
            // What has a digit in it is a number, or a checksum.
            let runs = piece.split(|c: char| !c.is_alphanumeric());
            for run in runs.filter(|run| run.chars().all(char::is_alphabetic)) {
                let word = stem_of(run, plain_letter);
                words.extend(word.filter(|word| !words.contains(word)));
            }
        }
        if words.len() > best.len() {
            best = words;
        }
    }
    best
}

/// Goes through the words of a text as they would stand in an address.
fn each_word(text: &str, mut take: impl FnMut(&str)) {
    for run in text.split(|c: char| !c.is_alphabetic() && !is_combining_mark(c)) {
        let forms = [stem_of(run, plain_letter), stem_of(run, spelt_out).filter(|_| !run.is_ascii())];
        forms.into_iter().flatten().for_each(|word| take(&word));
    }
}

/// The beginning of a word that is long enough, in the letters that `write` makes of its own.
fn stem_of(word: &str, write: fn(char) -> &'static str) -> Option<String> {
    let mut written = String::with_capacity(word.len());
    for c in word.nfc().flat_map(char::to_lowercase) {
        match write(c) {
            "" => written.extend(std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c))),
            letters => written.push_str(letters),
        }
    }
    let end = written.char_indices().nth(STEM_LETTERS).map_or(written.len(), |(end, _)| end);
    let is_long = written.chars().nth(LETTERS_MIN - 1).is_some();
    written.truncate(end);
    is_long.then_some(written)
}

/// What stands in an address for a letter that is not one with a mark.
fn plain_letter(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' => "d",
        'ı' => "i",
        _ => "",
    }
}

/// What stands in an address for a letter where it is spelt out.
fn spelt_out(letter: char) -> &'static str {
    match letter {
        'ä' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'å' => "aa",
        _ => plain_letter(letter),
    }
}

/// Whether next to all letters are Latin.
fn is_latin<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let letters = texts.flat_map(str::chars).filter(|c| c.is_alphabetic()).take(LETTERS_LOOKED_AT);
    let (mut n_letters, mut n_latin) = (0, 0);
    for letter in letters {
        n_letters += 1;
        n_latin += usize::from(matches!(letter, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'));
    }
    n_latin * 100 >= n_letters * LATIN_PERCENT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, page: &str, expected: AddressWords) {
        let url = Url::parse("https://harbour.example").unwrap().join(path).unwrap();
        assert_eq!(compare(&url, [page].into_iter()), expected, "{path} {page}");
    }

    #[test]
    fn a_page_has_the_words_of_its_address() {
        let path = "/2026/01/harbour-bridge-closed-after-storm.html";
        let consent =
            "Before you continue. We and our partners store information on your device to personalise what you see.";
        check(path, consent, AddressWords::Disagree);
        check(path, "The bridge at the harbour was closed after the storm.", AddressWords::Agree);
        check(path, "The bridges stay closed.", AddressWords::Silent);
        check("/2026/01/20/1234567", consent, AddressWords::Silent);
        check("/news/local/live", consent, AddressWords::Silent);
        check(path, "Мост в гавани закрыт после шторма, сообщили власти города.", AddressWords::Silent);
    }

    #[test]
    fn letters_stand_in_addresses_without_their_marks_or_spelt_out() {
        let german = "Die Brücke über den Fluss bleibt wegen größerer Schäden für Wochen gesperrt.";
        check("/bruecke-fluss-groesserer-schaeden-gesperrt-12345", german, AddressWords::Agree);
        check("/brucke-fluss-grosserer-schaden-gesperrt", german, AddressWords::Agree);
        check("/a/%C3%BCber-brücke-größerer-schäden-gesperrt/", german, AddressWords::Agree);
        check("/most-zamkniety-lodz-zolw-powrot", "Most zamknięty, Łódź czeka na powrót żółwia", AddressWords::Agree);
    }
}
