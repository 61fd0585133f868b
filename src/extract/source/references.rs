//! Character references: `&eacute;`, `&#233;`, `&#xe9;`.
//!
//! By the states of the HTML standard (<https://html.spec.whatwg.org/#character-reference-state>).

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use html5ever::tendril::StrTendril;
use memchr::memchr;

/// Longest name of a reference, with its semicolon.
const NAME_BYTES_MAX: usize = 33;

/// Where a text stands: in attributes, names without their semicolon are read with more care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Attribute,
}

/// A text with characters in the place of the references to them.
pub(super) fn resolve(text: &str, place: Place) -> StrTendril {
    let mut resolved = StrTendril::with_capacity(u32::try_from(text.len()).unwrap_or_default());
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        resolved.push_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match reference(rest, place) {
            Some(Reference { characters, n_bytes }) => {
                characters.into_iter().flatten().for_each(|character| resolved.push_char(character));
                rest = &rest[n_bytes..];
            }
            None => resolved.push_char('&'),
        }
    }
    resolved.push_slice(rest);
    resolved
}

/// One or two characters, and how long the reference to them is behind its `&`.
struct Reference {
    characters: [Option<char>; 2],
    n_bytes: usize,
}

/// The reference at the start of a text.
fn reference(text: &str, place: Place) -> Option<Reference> {
    match text.as_bytes().first()? {
        b'#' => by_number(text),
        first if first.is_ascii_alphanumeric() => by_name(text, place),
        _ => None,
    }
}

fn by_number(text: &str) -> Option<Reference> {
    let digits = &text[1..];
    let (base, marker) = if digits.starts_with(['x', 'X']) { (16, 2) } else { (10, 1) };
    let digits = &text[marker..];
    let n_digits = digits.bytes().take_while(|byte| char::from(*byte).is_digit(base)).count();
    if n_digits == 0 {
        return None;
    }
    let code = digits[..n_digits].chars().filter_map(|digit| digit.to_digit(base));
    let code = code.fold(0_u32, |code, digit| code.saturating_mul(base).saturating_add(digit));
    let n_bytes = marker + n_digits + usize::from(digits[n_digits..].starts_with(';'));
    Some(Reference { characters: [Some(numbered(code)), None], n_bytes })
}

/// The character of a number. Those that windows-1252 has in the place of controls are meant so.
fn numbered(code: u32) -> char {
    let replaced = code.checked_sub(0x80).and_then(|place| *C1_REPLACEMENTS.get(place as usize)?);
    replaced.or_else(|| char::from_u32(code).filter(|character| *character != '\0')).unwrap_or('\u{fffd}')
}

fn by_name(text: &str, place: Place) -> Option<Reference> {
    let n_letters = text.bytes().take(NAME_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    // Nearly all have their semicolon, behind which no name goes on.
    if text.as_bytes().get(n_letters) == Some(&b';')
        && let Some(named) = named(&text[..=n_letters])
    {
        return Some(named);
    }
    // A table without it holds some, and the beginnings of all; the longest counts that is one.
    let beginnings = (1..=n_letters).map(|length| &text[..length]);
    let known = beginnings.take_while(|beginning| NAMED_ENTITIES.contains_key(*beginning));
    let longest = known.filter_map(named).last()?;
    let next = text.as_bytes().get(longest.n_bytes);
    let goes_on = next.is_some_and(|next| *next == b'=' || next.is_ascii_alphanumeric());
    (place == Place::Text || !goes_on).then_some(longest)
}

/// The characters of a whole name; the table knows the beginnings of names too, with none.
fn named(name: &str) -> Option<Reference> {
    let (first, second) = *NAMED_ENTITIES.get(name).filter(|(first, _)| *first != 0)?;
    let second = if second == 0 { None } else { char::from_u32(second) };
    Some(Reference { characters: [char::from_u32(first), second], n_bytes: name.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_standard_says() {
        let check = |text: &str, in_text: &str, in_attribute: &str| {
            assert_eq!(&*resolve(text, Place::Text), in_text, "{text}");
            assert_eq!(&*resolve(text, Place::Attribute), in_attribute, "{text}");
        };
        check("a &amp; b &lt;&gt;&nbsp;é", "a & b <>\u{a0}é", "a & b <>\u{a0}é");
        check("&eacute;&Eacute;&NotEqualTilde;", "éÉ≂\u{338}", "éÉ≂\u{338}");
        check("&copy 1 &notit; &notin; &ampx &lt=", "© 1 ¬it; ∉ &x <=", "© 1 &notit; ∉ &ampx &lt=");
        check("&am &nosuch; &; & &", "&am &nosuch; &; & &", "&am &nosuch; &; & &");
        check("&#65;&#x42&#X43;D &#128; &#150;", "ABCD € –", "ABCD € –");
        check("&#0;&#xd800;&#x110000;&#99999999999;", "\u{fffd}".repeat(4).as_str(), "\u{fffd}".repeat(4).as_str());
        check("&#;&#x;&#xg;&#", "&#;&#x;&#xg;&#", "&#;&#x;&#xg;&#");
        check("&#x81;&#13;", "\u{81}\r", "\u{81}\r");
    }
}
