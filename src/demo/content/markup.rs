//! The marks inside a paragraph.

use std::fmt::Write;

use quick_xml::escape::escape;

/// A paragraph's text without its marks.
#[must_use]
pub fn plain(paragraph: &str) -> String {
    parts(paragraph).into_iter().map(Part::words).collect()
}

/// A paragraph's text as the inside of a `p` element.
pub(super) fn html(paragraph: &str) -> String {
    let mut html = String::with_capacity(paragraph.len() + 32);
    for part in parts(paragraph) {
        match part {
            Part::Words(words) => html.push_str(&escape(words)),
            Part::Emphasis(words) => {
                let _ = write!(html, "<em>{}</em>", escape(words));
            }
            Part::Link(words, address) => {
                let _ = write!(html, "<a href=\"{}\">{}</a>", escape(address), escape(words));
            }
        }
    }
    html
}

/// Typographic signs as the numeric references that `WordPress` writes.
pub(super) fn numeric_references(html: &str) -> String {
    let mut written = String::with_capacity(html.len() + html.len() / 8);
    for c in html.chars() {
        match c {
            '–' | '—' | '‘' | '’' | '“' | '”' | '…' => {
                written.push_str("&#");
                written.push_str(&u32::from(c).to_string());
                written.push(';');
            }
            other => written.push(other),
        }
    }
    written
}

/// French typesetting: the spaces inside guillemets and before high punctuation do not break.
pub(super) fn french_spaces(text: &str) -> String {
    let mut set = text.replace("« ", "«\u{a0}");
    for sign in ["»", ";", ":", "?", "!"] {
        set = set.replace(&format!(" {sign}"), &format!("\u{a0}{sign}"));
    }
    set
}

enum Part<'a> {
    Words(&'a str),
    Emphasis(&'a str),
    Link(&'a str, &'a str),
}

impl<'a> Part<'a> {
    fn words(self) -> &'a str {
        match self {
            Part::Words(words) | Part::Emphasis(words) | Part::Link(words, _) => words,
        }
    }
}

/// A mark that is not closed is an ordinary character.
fn parts(paragraph: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = paragraph;
    while let Some(start) = rest.find(['*', '[']) {
        let Some((part, length)) = marked(&rest[start..]) else {
            break;
        };
        parts.push(Part::Words(&rest[..start]));
        parts.push(part);
        rest = &rest[start + length..];
    }
    parts.push(Part::Words(rest));
    parts
}

/// The marked part at the start of `text`, with its length in bytes, marks included.
fn marked(text: &str) -> Option<(Part<'_>, usize)> {
    if let Some(inside) = text.strip_prefix('*') {
        let (words, _) = inside.split_once('*')?;
        return Some((Part::Emphasis(words), words.len() + 2));
    }
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, _) = rest.split_once(')')?;
    Some((Part::Link(words, address), words.len() + address.len() + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements_or_go() {
        for (paragraph, expected_plain, expected_html) in [
            ("a & b", "a & b", "a &amp; b"),
            ("*The Tern* sails", "The Tern sails", "<em>The Tern</em> sails"),
            ("see [the claim](/a?b&c).", "see the claim.", "see <a href=\"/a?b&amp;c\">the claim</a>."),
            ("5 * 4 and [sic]", "5 * 4 and [sic]", "5 * 4 and [sic]"),
        ] {
            assert_eq!(plain(paragraph), expected_plain);
            assert_eq!(html(paragraph), expected_html);
        }
    }

    #[test]
    fn signs_are_set_as_their_papers_set_them() {
        assert_eq!(numeric_references("Hollin’s — “x”…"), "Hollin&#8217;s &#8212; &#8220;x&#8221;&#8230;");
        assert_eq!(french_spaces("« Quoi ? »"), "«\u{a0}Quoi\u{a0}?\u{a0}»");
    }
}
