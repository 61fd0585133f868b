//! Which of the things in angle brackets are tags: authors write about HTML, and programs forget to escape it.
//!
//! What is no element of HTML is meant as it stands (`Vec<T>`, `#include <stdio.h>`). An element is markup where it is
//! opened and closed, where it has attributes that only markup has, or where it clings to the text that it marks. One that
//! stands alone like a word is a word: `On The <dl>`.

use super::markup::{Scanner, Tag, Token, local_name};
use super::text::{is_html_element, is_inline_element};

/// Deepest nesting within which pairs are looked for.
const DEPTH_MAX: usize = 64;

/// Attributes that mark, place or link. Those who write about an element show others: `<input type="range">`.
const MARKING_ATTRIBUTES: [&str; 14] =
    ["class", "style", "href", "src", "id", "dir", "lang", "align", "color", "face", "size", "target", "rel", "title"];

/// Elements that are met open but not closed around a text that they mark.
const TEXT_BLOCKS: [&str; 14] =
    ["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "center", "li", "td", "blockquote", "ul", "ol"];

/// A piece of a text, and whether it is markup rather than a part of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'t> {
    pub(super) token: Token<'t>,
    /// As it stands.
    pub(super) raw: &'t str,
    pub(super) is_markup: bool,
    /// Whether it is one of a pair that has something in it.
    pub(super) is_paired: bool,
}

/// Cuts a text into pieces. `script` and `style` have no inside.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut open: Vec<(&str, usize)> = Vec::new();
    // Once an end was looked for in vain, there is none further on either.
    let mut has_ends = true;
    let mut scanner = Scanner::new(text);
    while let Some(token) = scanner.next() {
        let (start, end) = (scanner.token_start(), scanner.position());
        let mut piece = Piece { token, raw: &text[start..end], is_markup: false, is_paired: false };
        match token {
            // Only a whole comment is one: `<?php` and `<!DOCTYPE html>` are words like others.
            Token::Other(_) => piece.is_markup = piece.raw.starts_with("<!--") && piece.raw.ends_with("-->"),
            Token::Open(tag) if is_known(tag.name) => {
                piece.is_markup = is_lone_markup(&tag, &text[..start], &text[end..]);
                if !tag.is_empty && open.len() < DEPTH_MAX {
                    open.push((local_name(tag.name), pieces.len()));
                }
                if has_raw_text(tag.name) && !tag.is_empty && has_ends {
                    has_ends = closes_later(tag.name, &text[end..]);
                    if has_ends {
                        scanner.skip_raw_text(tag.name);
                        piece.is_markup = true;
                    }
                }
            }
            Token::Close(name) if is_known(name) => {
                let name = local_name(name);
                match open.iter().rposition(|(opened, _)| opened.eq_ignore_ascii_case(name)) {
                    Some(at) => {
                        let opened = open[at].1;
                        open.truncate(at);
                        let is_pair = is_pair(name, &pieces[opened + 1..]);
                        pieces[opened].is_markup |= is_pair;
                        pieces[opened].is_paired = is_pair;
                        (piece.is_markup, piece.is_paired) = (is_pair, is_pair);
                    }
                    None => piece.is_markup = clings_to_what_is_before(&text[..start], &text[end..]),
                }
            }
            Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::CData(_) => {}
        }
        pieces.push(piece);
    }
    pieces
}

/// Whether there is markup in a text, by the first that is found.
pub(super) fn has_markup(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    while let Some(token) = scanner.next() {
        let (before, behind) = (&text[..scanner.token_start()], &text[scanner.position()..]);
        let is_markup = match token {
            Token::Open(tag) if is_known(tag.name) => is_lone_markup(&tag, before, behind),
            Token::Close(name) if is_known(name) => !before.ends_with(char::is_whitespace),
            _ => false,
        };
        if is_markup {
            return true;
        }
    }
    false
}

/// Whether markup is what a tag of HTML is, or a namespaced one of word processors.
fn is_known(name: &str) -> bool {
    is_html_element(name) || name.starts_with("o:") || name.starts_with("st1:")
}

fn has_raw_text(name: &str) -> bool {
    name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style")
}

fn closes_later(name: &str, rest: &str) -> bool {
    Scanner::new(rest).any(|token| matches!(token, Token::Close(closed) if closed.eq_ignore_ascii_case(name)))
}

/// Whether a tag and its end mark what is between them, and are not two words of a text: `<b> and </b>`, `<dl></dl>`.
fn is_pair(name: &str, between: &[Piece<'_>]) -> bool {
    let is_text_element = is_inline_element(name) || TEXT_BLOCKS.iter().any(|block| block.eq_ignore_ascii_case(name));
    if has_raw_text(name) {
        return true;
    }
    match between {
        [] => is_text_element || name.starts_with("o:"),
        [Piece { token: Token::Text(text), .. }] => {
            let is_spaced = text.starts_with(char::is_whitespace) && text.ends_with(char::is_whitespace);
            !(is_spaced && (1..=3).contains(&text.trim().chars().count()))
        }
        _ => true,
    }
}

/// Whether a start tag is markup though its end is not known.
fn is_lone_markup(tag: &Tag<'_>, before: &str, behind: &str) -> bool {
    let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
    if is("br") || is("wbr") {
        return true;
    }
    let has_marks =
        || tag.attributes().any(|(name, _)| MARKING_ATTRIBUTES.iter().any(|mark| mark.eq_ignore_ascii_case(name)));
    if is("img") {
        return tag.attribute("src").is_some();
    }
    if is("hr") {
        return tag.is_empty;
    }
    let is_text_block = TEXT_BLOCKS.iter().any(|block| is(block));
    if !is_text_block && !is_inline_element(tag.name) {
        return !tag.attributes.is_empty() && has_marks() && behind.starts_with('<');
    }
    if !tag.attributes.is_empty() && has_marks() {
        return true;
    }
    let is_before_text = behind.starts_with(|c: char| c.is_alphanumeric() || "<\"'“‘«„¿¡&".contains(c));
    let is_behind_word = before.ends_with(char::is_alphanumeric);
    is_before_text && (is("p") || !is_behind_word)
}

/// Whether an end tag without its start ends what is in front of it.
fn clings_to_what_is_before(before: &str, behind: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || ".!?…\"'”’)»>".contains(c))
        && !behind.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_words_in_angle_brackets() {
        let check = |text: &str, expected: &str| {
            let shown: String = pieces(text).iter().filter(|piece| !piece.is_markup).map(|piece| piece.raw).collect();
            assert_eq!(shown, expected, "{text}");
        };
        for word in [
            "On The <dl>",
            "Why <main> matters",
            "allow <col> in <colgroup>",
            "the <p> element and </body>",
            "The <b> and </b> tags",
            "The <dl></dl> element",
            "Vec<T>, Map<K, V>, List<a>",
            "#include <stdio.h>",
            "x<y>z, a < b, I <3 it",
            "Getting rid of <?php tags",
            "Why <!DOCTYPE html> stays",
            "How to style <input type=\"range\">",
            "Why <script> is slow",
            "does it have <animate [etc.]>?",
        ] {
            check(word, word);
        }
        check("The <i>Erebus</i> found", "The Erebus found");
        check("<p>One</p>", "One");
        check("<b>Breaking: one", "Breaking: one");
        check("One</b> two", "One two");
        check("One<br>two<br/>", "Onetwo");
        check("<span class=x>One", "One");
        check("One<!-- note --><o:p></o:p>", "One");
        check("One<script>if (a < b) {}</script>", "One");
        check("<img src='a.png'>One <img> two", "One <img> two");
    }

    #[test]
    fn markup_is_seen_at_its_first_tag() {
        for html in ["One<br>two", "<p>One", "a <a href=x>b</a>", "<h2><i>x", "One</p>", "<div class='a'> b"] {
            assert!(has_markup(html), "{html}");
        }
        for text in ["a < b", "the <p> element", "<details> and <summary>", "Vec<T>", ""] {
            assert!(!has_markup(text), "{text}");
        }
    }
}
