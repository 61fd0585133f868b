//! What text means: real punctuation kept, damage undone, one form for what looks the same.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use scraper::Html;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Brings text into the form in which we keep it: one line, NFC, white space folded to single spaces, entities that
/// were escaped twice and UTF-8 that was encoded twice resolved, without control, zero-width and directional
/// characters and soft hyphens.
///
/// A zero-width joiner or non-joiner stays between two letters of a script whose spelling needs it (Arabic's and
/// India's) and within an emoji, where removing it would change the text.
#[must_use]
pub fn clean_line(text: &str) -> String {
    let text = undo_damage(text);
    if is_clean(&text) {
        return text.into_owned();
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut previous = None;
    while let Some(character) = characters.next() {
        if character.is_whitespace() || character == '\u{2028}' || character == '\u{2029}' {
            if !cleaned.is_empty() && !cleaned.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if is_joiner(character) {
            let next = characters.peek().copied();
            if previous.zip(next).is_some_and(|(left, right)| joins(left) && joins(right)) {
                cleaned.push(character);
            }
            continue;
        } else if !is_invisible(character) {
            cleaned.push(character);
        } else {
            continue;
        }
        previous = Some(character);
    }
    while cleaned.ends_with(' ') {
        cleaned.pop();
    }
    if is_nfc(&cleaned) { cleaned } else { cleaned.nfc().collect() }
}

/// [`clean_line`] for each line of a text; lines that end up empty go.
#[must_use]
pub fn clean_paragraphs<'a>(paragraphs: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    paragraphs
        .into_iter()
        .flat_map(|paragraph| paragraph.split(['\n', '\r', '\u{2028}', '\u{2029}']))
        .map(clean_line)
        .filter(|line| !line.is_empty())
        .collect()
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner beside this character has a meaning.
fn joins(character: char) -> bool {
    matches!(character, '\u{0600}'..='\u{08ff}' | '\u{0900}'..='\u{0dff}' | '\u{1000}'..='\u{109f}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a text is plainly in normal form already, as most are: single spaces between visible ASCII, the letters of
/// western Europe and the punctuation of print. All of these are NFC by themselves.
fn is_clean(text: &str) -> bool {
    let mut is_after_space = true;
    for character in text.chars() {
        match character {
            ' ' if is_after_space => return false,
            ' ' => is_after_space = true,
            '!'..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{24f}' | '\u{2010}'..='\u{2027}' => is_after_space = false,
            _ => return false,
        }
    }
    !is_after_space || text.is_empty()
}

/// Characters that a reader does not see and that change nothing but comparisons and terminals.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
        // Private use: the glyphs of icon fonts.
        || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Resolves entities and encodings until nothing is left to resolve: both may have happened more than twice, and text
/// that has been cleaned must not change when it is cleaned again.
fn undo_damage(text: &str) -> Cow<'_, str> {
    /// Honest text needs one round. Text that is made to need more gets no unbounded work.
    const ROUNDS_MAX: usize = 8;
    let is_suspect = |c: char| c == '&' || matches!(c, '\u{c2}'..='\u{f4}');
    if !text.contains(is_suspect) {
        return Cow::Borrowed(text);
    }
    let mut current = Cow::Borrowed(text);
    for _ in 0..ROUNDS_MAX {
        let resolved = resolve_entities(&current).into_owned();
        let next = undo_double_encoding(&resolved).into_owned();
        if next == *current {
            break;
        }
        current = Cow::Owned(next);
    }
    current
}

/// Resolves what still looks like an entity after parsing: it was escaped twice.
fn resolve_entities(text: &str) -> Cow<'_, str> {
    if !text.match_indices('&').any(|(at, _)| is_entity(&text[at..])) {
        return Cow::Borrowed(text);
    }
    // The HTML parser knows all entities. What could be taken for markup is escaped before it gets to see it.
    let escaped = text.replace('<', "&lt;");
    let resolved: String = Html::parse_fragment(&escaped).root_element().text().collect();
    Cow::Owned(resolved)
}

/// Whether a text begins with `&name;`, `&#8217;` or `&#x2019;`.
fn is_entity(text: &str) -> bool {
    let Some(end) = text.bytes().take(12).position(|byte| byte == b';') else {
        return false;
    };
    let name = &text[1..end];
    match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        },
        None => name.len() >= 2 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    }
}

/// Undoes UTF-8 that was taken for windows-1252 and encoded again: `â€™` is `’`.
///
/// Only when every run of characters beyond ASCII in the line reads as UTF-8 that way: text that holds such
/// characters rightfully does not by chance.
fn undo_double_encoding(text: &str) -> Cow<'_, str> {
    let begins_like_it = |c: char| matches!(c, '\u{c2}'..='\u{f4}');
    if !text.contains(begins_like_it) {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c: char| c.is_ascii()).unwrap_or(tail.len());
        let (run, after) = tail.split_at(end);
        let (bytes, _, has_unmappable) = WINDOWS_1252.encode(run);
        let Ok(decoded) = std::str::from_utf8(&bytes) else {
            return Cow::Borrowed(text);
        };
        if has_unmappable || is_capital_before_punctuation(before, run) {
            return Cow::Borrowed(text);
        }
        repaired.push_str(before);
        repaired.push_str(decoded);
        rest = after;
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// The one natural text that reads as UTF-8: a capital with an accent, then a quote, dash or ellipsis (`IRMÃ”`).
fn is_capital_before_punctuation(before: &str, run: &str) -> bool {
    let mut characters = run.chars();
    let (first, second) = (characters.next(), characters.next());
    characters.next().is_none()
        && first.is_some_and(char::is_uppercase)
        && second.is_some_and(|c| matches!(c, '\u{2013}'..='\u{2026}' | '\u{bb}'))
        && before.ends_with(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(from: &str, expected: &str) {
        assert_eq!(clean_line(from), expected);
    }

    #[test]
    fn white_space_is_folded() {
        check("  a \t b\u{a0}\u{2009}c\n", "a b c");
    }

    #[test]
    fn what_is_clean_is_told_at_once() {
        for text in ["", "Plain text.", "“Zoë” – it’s…"] {
            assert!(is_clean(text), "{text:?}");
        }
        for text in [" a", "a ", "a  b", "a\tb", "a\u{ad}b", "Привет", "e\u{301}"] {
            assert!(!is_clean(text), "{text:?}");
        }
    }

    #[test]
    fn real_punctuation_stays() {
        check("“It’s – well — «so»…”, said Zoë", "“It’s – well — «so»…”, said Zoë");
    }

    #[test]
    fn decomposed_characters_are_composed() {
        check("Zoe\u{308} cafe\u{301}", "Zoë café");
    }

    #[test]
    fn invisible_characters_go() {
        check(
            "zero\u{200b}width\u{feff} soft\u{ad}hyphen \u{202e}override\u{202c} bell\u{7}",
            "zerowidth softhyphen override bell",
        );
        check("a\u{200d}b", "ab");
        check("icon \u{f0a1}", "icon");
    }

    #[test]
    fn joiners_stay_where_spelling_needs_them() {
        check("می\u{200c}خواهم", "می\u{200c}خواهم");
        check("👩\u{200d}🚒", "👩\u{200d}🚒");
    }

    #[test]
    fn twice_escaped_entities_are_resolved() {
        check("Tom &amp; Jerry &#8217;s &hellip; &lt;b&gt;", "Tom & Jerry ’s … <b>");
        check("AT&T; R&D <b>", "AT&T; R&D <b>");
    }

    #[test]
    fn twice_encoded_utf8_is_resolved() {
        check("Itâ€™s the cafÃ© â€œAzulâ€\u{9d}", "It’s the café “Azul”");
        check("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет");
    }

    #[test]
    fn rightful_accents_are_left_alone() {
        for text in ["São Paulo, “Ângela”", "IRMÃ”", "Âge d’or", "naïve — façade", "ÉCOLE… À…"] {
            check(text, text);
        }
    }

    proptest! {
        #[test]
        fn cleaning_never_panics_and_settles(text in any::<String>()) {
            let once = clean_line(&text);
            prop_assert_eq!(clean_line(&once), once.as_str());
            let leftover = once.find(['\n', '\r', '\u{200b}', '\u{feff}']);
            prop_assert_eq!(leftover, None);
            prop_assert!(is_nfc(&once));
        }
    }
}
