//! The spellings in which a word of a script without blanks may stand in a text: kana in full and in half width, and the Thai and Lao
//! vowel *am* as one character and as two. Texts are kept and indexed as they are (Unicode form NFC leaves both apart), so that the
//! question is asked in each of them.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::scripts::is_unspaced;

/// Kana in half width.
const HALF_WIDTH: std::ops::RangeInclusive<char> = '\u{ff66}'..='\u{ff9f}';

/// The vowel *am*: as one character, and as two. A mark of the tone stands before, or between the two.
const AM: [(char, char, char); 2] = [('\u{e33}', '\u{e4d}', '\u{e32}'), ('\u{eb3}', '\u{ecd}', '\u{eb2}')];

/// A text in each of the spellings, itself first.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let text: String = text.nfc().collect();
    let (one, other) = (composed(&text), decomposed(&text));
    let mut spellings = vec![text];
    for spelling in [one, other] {
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    spellings
}

/// Kana in full width, *am* as one character.
fn composed(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c| HALF_WIDTH.contains(&c)) {
        let (before, half) = rest.split_at(start);
        let end = half.find(|c| !HALF_WIDTH.contains(&c)).unwrap_or(half.len());
        composed.push_str(before);
        composed.extend(half[..end].nfkc());
        rest = &half[end..];
    }
    composed.push_str(rest);
    for (am, nikhahit, aa) in AM {
        composed = composed.replace(&String::from_iter([nikhahit, aa]), am.encode_utf8(&mut [0; 4]));
        for tone in ('\u{e48}'..='\u{e4b}').chain('\u{ec8}'..='\u{ecb}') {
            composed = composed.replace(&String::from_iter([nikhahit, tone, aa]), &String::from_iter([tone, am]));
        }
    }
    composed
}

/// Kana in half width, *am* as two characters.
fn decomposed(text: &str) -> String {
    let halves: HashMap<char, char> =
        HALF_WIDTH.filter_map(|half| Some((half.nfkc().next()?, half))).filter(|(full, half)| full != half).collect();
    let mut decomposed = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if let Some((_, nikhahit, aa)) = AM.into_iter().find(|(am, ..)| *am == c) {
            decomposed.push(nikhahit);
            decomposed.push(aa);
            continue;
        }
        // A voiced one is two in half width: itself and the mark.
        let parts: Option<Vec<char>> = c.nfd().map(|part| halves.get(&part).copied()).collect();
        match parts.filter(|_| is_unspaced(c)) {
            Some(parts) => decomposed.extend(parts),
            None => decomposed.push(c),
        }
    }
    decomposed
}

/// The words of scripts without blanks that each text must have which an expression finds, in all their spellings. Nothing where it is
/// more than a list of words and phrases in quotes.
pub(super) fn words_of(expression: &str) -> Vec<Vec<String>> {
    let is_list =
        expression.split('"').step_by(2).all(|between| between.chars().all(|c| c.is_whitespace() || c == '*'));
    if !is_list {
        return Vec::new();
    }
    let is_mark = unicode_normalization::char::is_combining_mark;
    let phrases = expression.split('"').skip(1).step_by(2);
    let runs = phrases.flat_map(|phrase| phrase.split(move |c: char| !is_unspaced(c) && !is_mark(c)));
    runs.filter(|run| run.chars().filter(|c| is_unspaced(*c)).count() > 1).map(spellings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_stand_in_full_and_in_half_width() {
        assert_eq!(spellings("ガス台風"), ["ガス台風", "ｶﾞｽ台風"]);
        assert_eq!(spellings("ﾊﾟｰﾃｨｰ"), ["ﾊﾟｰﾃｨｰ", "パーティー"]);
        assert_eq!(spellings("“harbour”（港）"), ["“harbour”（港）"]);
    }

    #[test]
    fn the_vowel_am_is_one_character_or_two() {
        assert_eq!(spellings("น้ำ"), ["น้\u{e33}", "น้\u{e4d}\u{e32}"]);
        assert_eq!(spellings("น้\u{e4d}\u{e32}"), ["น้\u{e4d}\u{e32}", "น้\u{e33}"]);
        assert_eq!(spellings("น\u{e4d}้\u{e32}"), ["น\u{e4d}้\u{e32}", "น้\u{e33}"]);
        assert_eq!(spellings("ทํา"), ["ทํา", "ท\u{e33}"]);
    }

    #[test]
    fn words_are_those_that_must_be_there() {
        assert_eq!(words_of("\"東京 iPhone発表\" \"harbour\"* \"港\""), [["東京"], ["発表"]]);
        assert_eq!(words_of("title:東京 OR \"大阪\""), Vec::<Vec<String>>::new());
    }
}
