//! Character references, decoded as browsers do.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::entity_names;

/// Longest name of a reference; HTML's longest has 31 letters.
const LONGEST_NAME: usize = 32;

/// What the numbers 128 to 159 mean in references: those who write them mean Windows-1252, where Unicode has control
/// characters. The HTML standard reads them so, too.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Decodes the references of XML and HTML, once. What is none stays as it is, and so do names that nobody knows:
/// those that a document declares for itself are not expanded, since that is how small documents become huge ones.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(&text[..first]);
    let mut rest = &text[first..];
    while !rest.is_empty() {
        let next = if let Some((c, length)) = reference(rest) {
            decoded.push(c);
            &rest[length..]
        } else {
            decoded.push('&');
            &rest[1..]
        };
        let plain = next.find('&').unwrap_or(next.len());
        decoded.push_str(&next[..plain]);
        rest = &next[plain..];
    }
    Cow::Owned(decoded)
}

/// The reference at the start of a text, and its length.
pub(super) fn reference(text: &str) -> Option<(char, usize)> {
    let window = &text.as_bytes()[1..text.len().min(LONGEST_NAME + 2)];
    let length = window.iter().position(|byte| *byte == b';')?;
    let name = &text[1..=length];
    let total = length + 2;
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some((character(code.ok()?), total));
    }
    entity_names::character(name).map(|c| (c, total))
}

/// Names that are written about rather than written: where one stands escaped, it may be meant so.
const WRITTEN_ABOUT: [&str; 5] = ["nbsp", "lt", "gt", "LT", "GT"];

/// Decodes the references that are left in a text that has been decoded before, since they were escaped twice. The
/// one that is written about stays.
pub(super) fn decode_doubled(text: &str) -> Cow<'_, str> {
    replaced(text, |rest| reference(rest).filter(|(_, length)| rest[1..length - 1] != *WRITTEN_ABOUT[0]))
}

/// Takes one layer off the references in HTML that were escaped twice: `&amp;eacute;`. Those that are written about stay.
pub(super) fn undouble(html: &str) -> Cow<'_, str> {
    replaced(html, |rest| {
        let behind = rest.strip_prefix("&amp;")?;
        let inner = format!("&{}", behind.get(..behind.find(';')? + 1).filter(|name| name.len() <= LONGEST_NAME)?);
        let (_, length) = reference(&inner)?;
        (!WRITTEN_ABOUT.contains(&&inner[1..length - 1])).then_some(('&', "&amp;".len()))
    })
}

/// A text with what `replacement` finds at its ampersands: a character, and the length of what it stands for.
fn replaced(text: &str, replacement: impl Fn(&str) -> Option<(char, usize)>) -> Cow<'_, str> {
    let (mut output, mut clean_from, mut from) = (String::new(), 0, 0);
    while let Some(found) = memchr::memchr(b'&', &text.as_bytes()[from..]) {
        let at = from + found;
        if let Some((c, length)) = replacement(&text[at..]) {
            output.push_str(&text[clean_from..at]);
            output.push(c);
            clean_from = at + length;
        }
        from = clean_from.max(at + 1);
    }
    if clean_from == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(&text[clean_from..]);
    Cow::Owned(output)
}

fn character(code: u32) -> char {
    match code {
        0x80..=0x9f => meant(char::from_u32(code).unwrap_or_default()),
        _ => char::from_u32(code).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The character that is meant by one that no text holds: a control character of Unicode's second block is the one
/// that Windows-1252 has in its place.
pub(super) fn meant(c: char) -> char {
    match c {
        '\u{80}'..='\u{9f}' => WINDOWS_1252[c as usize - 0x80],
        _ => c,
    }
}

/// Whether a character may not stand in XML (1.0, section 2.2); feeds hold them all the same.
pub(super) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Appends a text so that it reads the same in XML and in HTML, forbidden characters left out.
pub(super) fn push_escaped(output: &mut String, text: &str) {
    let mut clean_from = 0;
    for (at, c) in text.char_indices() {
        let replacement = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            _ if is_forbidden(c) => "",
            _ => continue,
        };
        output.push_str(&text[clean_from..at]);
        output.push_str(replacement);
        clean_from = at + c.len_utf8();
    }
    output.push_str(&text[clean_from..]);
}

/// Appends ` name="value"`.
pub(super) fn push_attribute(output: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = write!(output, " {name}=\"");
    push_escaped(output, value);
    output.push('"');
}

/// Writes `<name>text</name>`.
pub(super) fn push_element(output: &mut String, name: &str, text: &str) {
    output.push('<');
    output.push_str(name);
    output.push('>');
    push_escaped(output, text);
    output.push_str("</");
    output.push_str(name);
    output.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(decode(text), expected);
    }

    #[test]
    fn references_are_decoded_once() {
        check("caf&eacute; &amp;amp; &#8211; &#x2014;", "café &amp; – —");
    }

    #[test]
    fn what_is_no_reference_stays() {
        check("R&D; A&B & C &unheard; &#x; &#-5; &", "R&D; A&B & C &unheard; &#x; &#-5; &");
    }

    #[test]
    fn numbers_of_windows_1252_mean_its_characters() {
        check("&#147;so&#148; &#0;", "“so” \u{fffd}");
    }

    #[test]
    fn escaping_leaves_forbidden_characters_out() {
        let mut output = String::new();
        push_escaped(&mut output, "a\u{b}<b> & \"c\"\t");
        assert_eq!(output, "a&lt;b&gt; &amp; &quot;c&quot;\t");
    }
}
