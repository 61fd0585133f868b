//! Titles as plain text, by what is declared of them.
//!
//! Atom says of each title whether it is text or HTML. RSS says it of none, and has both; so have JSON Feed and sitemaps,
//! whatever they say. There the tags that are meant as tags go, and what only looks like one stays.

use super::markup::{Token, local_name};
use super::meant_tags::{Piece, pieces};
use super::text::{fold, is_block, is_inline_element, push_folded, push_space};
use super::{entities, text};

/// The text of a title that is declared as HTML.
pub(super) fn text_of_title(title: &str) -> String {
    if !title.contains(['<', '&']) {
        return fold(title);
    }
    without_markup(title, &|piece| piece.is_markup, &|text| entities::decode(text).into_owned())
}

/// The text of a title of which nobody says what it is. What was escaped twice is undone twice.
pub(super) fn text_of_undeclared_title(title: &str) -> String {
    let once = text_of_title(title);
    let may_be_doubled = once.contains('&') || (once.contains('<') && title.contains("&lt;"));
    if !may_be_doubled || once == title {
        return once;
    }
    // Those who write of `<dl>` or `&nbsp;` do escape them twice.
    let is_doubled = |piece: &Piece<'_>| {
        piece.is_paired
            && matches!(piece.token, Token::Open(_) | Token::Close(_))
            && is_inline_element(element_of(&piece.token))
    };
    without_markup(&once, &is_doubled, &|text| entities::decode_doubled(text).into_owned())
}

/// The text of a title that is declared as plain text. Its references are decoded all the same: that text is what nobody
/// means by them.
pub(super) fn text_of_plain_title(title: &str) -> String {
    fold(&entities::decode(title))
}

/// A title in XHTML, where every tag is meant as one, those of formulas and drawings too.
pub(super) fn text_of_xhtml_title(title: &str) -> String {
    text::text_of_html(title)
}

fn element_of<'t>(token: &Token<'t>) -> &'t str {
    match token {
        Token::Open(tag) => tag.local_name(),
        Token::Close(name) => local_name(name),
        _ => "",
    }
}

fn without_markup(title: &str, is_markup: &dyn Fn(&Piece<'_>) -> bool, decode: &dyn Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(title.len());
    for piece in pieces(title) {
        match piece.token {
            Token::Text(inside) => push_folded(&mut text, &decode(inside)),
            Token::CData(inside) => push_folded(&mut text, inside),
            _ if !is_markup(&piece) => push_folded(&mut text, piece.raw),
            token if is_block(element_of(&token)) => push_space(&mut text),
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_keep_what_is_no_html() {
        let check = |title: &str, expected: &str| {
            assert_eq!(text_of_title(title), expected);
            assert_eq!(text_of_undeclared_title(title), expected);
        };
        check("Vec<T> and 3 < 4 & more", "Vec<T> and 3 < 4 & more");
        check("The <i>Erebus</i> found\n  at last", "The Erebus found at last");
        check("caf&eacute; &amp; bar", "café & bar");
        check("On The <dl>", "On The <dl>");
        check("What is &lt;canvas&gt; for?", "What is <canvas> for?");
        check("One<br>two", "One two");
    }

    #[test]
    fn what_was_escaped_twice_is_undone_where_nothing_is_declared() {
        let check = |title: &str, expected: &str| assert_eq!(text_of_undeclared_title(title), expected);
        check("The &lt;i&gt;Erebus&lt;/i&gt; found", "The Erebus found");
        check("Tom &amp;amp; Jo&amp;#8217;s caf&amp;eacute;", "Tom & Jo’s café");
        check("The &amp;nbsp; trap", "The &nbsp; trap");
        check("The &lt;b&gt; tag", "The <b> tag");
        assert_eq!(text_of_title("The &lt;i&gt;Erebus&lt;/i&gt;"), "The <i>Erebus</i>");
    }

    #[test]
    fn a_plain_title_holds_no_markup() {
        assert_eq!(text_of_plain_title("Use <b>bold</b> for\n<main>"), "Use <b>bold</b> for <main>");
        assert_eq!(text_of_plain_title("caf&eacute; &amp; bar"), "café & bar");
    }
}
