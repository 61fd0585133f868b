//! Texts of entries: HTML to plain text, for comparing, without layout and on one line; and plain text to HTML.

use std::borrow::Cow;

use super::entities;
use super::markup::{Scanner, Token, local_name};

/// Elements that stand within a line: their tags part no words.
const INLINE: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
];

/// The other elements of HTML that texts in feeds are made of: their tags part words.
const BLOCKS: [&str; 61] = [
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "base",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "iframe",
    "img",
    "input",
    "label",
    "li",
    "main",
    "meta",
    "nav",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "script",
    "section",
    "source",
    "style",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "ul",
    "video",
];

/// Whether a name is an element of HTML.
pub(super) fn is_html_element(name: &str) -> bool {
    let is_it = |element: &str| element.eq_ignore_ascii_case(name);
    INLINE.iter().any(|element| is_it(element)) || BLOCKS.iter().any(|element| is_it(element))
}

/// Whether a name is an element of HTML that stands within a line.
pub(super) fn is_inline_element(name: &str) -> bool {
    INLINE.iter().any(|element| element.eq_ignore_ascii_case(name))
}

pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.iter().any(|element| element.eq_ignore_ascii_case(name))
}

/// The text of an HTML fragment on one line: tags dropped, `script` and `style` with all that is in them, references
/// decoded, white space folded. Tags of unknown elements are dropped as well.
#[must_use]
pub fn text_of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(piece) => push_folded(&mut text, &entities::decode(piece)),
            Token::CData(piece) => push_folded(&mut text, piece),
            Token::Open(tag) => {
                let name = tag.local_name();
                if is_block(name) {
                    push_space(&mut text);
                }
                if !tag.is_empty && (name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style")) {
                    scanner.skip_raw_text(name);
                }
            }
            Token::Close(name) if is_block(local_name(name)) => push_space(&mut text),
            Token::Close(_) | Token::Other(_) => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// White space folded, forbidden characters left out.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    push_folded(&mut folded, text);
    folded.truncate(folded.trim_end().len());
    folded
}

pub(super) fn push_folded(output: &mut String, text: &str) {
    let mut rest = text;
    loop {
        // Most of a text is runs of such bytes.
        let n_plain = rest.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
        output.push_str(&rest[..n_plain]);
        rest = &rest[n_plain..];
        let Some(c) = rest.chars().next() else { break };
        rest = &rest[c.len_utf8()..];
        // U+0085 is white space to Unicode, and three dots to those who write it.
        if c.is_whitespace() && c != '\u{85}' {
            push_space(output);
        } else if !entities::is_forbidden(c) {
            output.push(entities::meant(c));
        }
    }
}

pub(super) fn push_space(output: &mut String) {
    if !output.is_empty() && !output.ends_with(' ') {
        output.push(' ');
    }
}

/// Plain text as HTML.
pub(super) fn html_of_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    entities::push_escaped(&mut html, text);
    html
}

/// A text with its control characters put right: those of Windows-1252 as what they mean, the others left out.
pub(super) fn without_controls(text: String) -> String {
    // A look at all bytes, without a branch, spares most texts the look at their characters.
    let may_be_wrong =
        |byte: u8| ((byte < 0x20) & !matches!(byte, b'\t' | b'\n' | b'\r')) | matches!(byte, 0x7f | 0xc2 | 0xed..=0xff);
    let is_wrong = |c: char| entities::is_forbidden(c) || entities::meant(c) != c;
    if text.bytes().fold(false, |found, byte| found | may_be_wrong(byte)) && text.contains(is_wrong) {
        text.chars().filter(|c| !entities::is_forbidden(*c)).map(entities::meant).collect()
    } else {
        text
    }
}

/// A text without white space around it.
pub(super) fn trimmed_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// A text if it is not empty.
pub(super) fn said(text: String) -> Option<String> {
    match text.trim() {
        "" => None,
        trimmed if trimmed.len() == text.len() => Some(text),
        trimmed => Some(trimmed.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_lose_their_tags() {
        let check = |html: &str, expected: &str| assert_eq!(text_of_html(html), expected);
        check("<p>One <b>t</b>wo</p><p>three&nbsp;&amp; four<br/>five", "One two three & four five");
        check("<style>p { a: b }</style>x<script>if (a < b) {}</script>y", "x y");
        check("<script>never closed", "");
    }
}
