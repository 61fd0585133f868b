//! The texts of entries as HTML, by what is declared of them and by what they are.

use super::entities;
use super::markup::{Scanner, Token};
use super::meant_tags::{has_markup, pieces};
use super::text::{html_of_text, said, without_controls};

/// How many times a text is looked at again for being escaped once too often.
const LAYERS_MAX: usize = 2;

/// Elements that hold what is to be read as it is written.
const CODE: [&str; 7] = ["code", "pre", "kbd", "samp", "tt", "xmp", "textarea"];

/// A text as HTML, by its type.
pub(super) fn html(body: String, media_type: &str, is_always_html: bool) -> Option<String> {
    let body = as_meant(without_controls(said(body)?));
    if is_always_html {
        // Of RSS nobody knows whether the text is HTML. One that merely speaks of elements is none.
        return Some(if merely_mentions(&body) { without_mentions(&body) } else { body });
    }
    if media_type.contains("html") || media_type.contains("xml") {
        Some(body)
    } else if !media_type.starts_with("text/") {
        None
    } else if has_markup(&body) {
        // Declared as text all the same.
        Some(body)
    } else {
        Some(html_of_text(&body))
    }
}

/// What the angle brackets of a text are written as that is known to be escaped just once.
pub(super) const PLAIN_BRACKET: &str = "&#060;";

fn as_meant(body: String) -> String {
    if refers_to(&body, &[PLAIN_BRACKET]) { body.replace(PLAIN_BRACKET, "&lt;") } else { undoubled(body) }
}

/// Whether all that looks like tags in a text are words: bare names, and none of them closed.
fn merely_mentions(html: &str) -> bool {
    let is_bare = |token: Token<'_>| match token {
        Token::Open(tag) => tag.attributes.is_empty() && !tag.is_empty,
        Token::Close(_) => false,
        _ => true,
    };
    html.contains('<') && Scanner::new(html).all(is_bare) && !has_markup(html)
}

/// HTML in which the elements that the text speaks of are escaped. What is no element is none to any reader of HTML
/// either, but is lost all the same.
fn without_mentions(html: &str) -> String {
    let mut output = String::with_capacity(html.len() + 64);
    for piece in pieces(html) {
        match piece.token {
            Token::Open(_) | Token::Close(_) if !piece.is_markup => entities::push_escaped(&mut output, piece.raw),
            _ => output.push_str(piece.raw),
        }
    }
    output
}

/// HTML that was escaped once too often, as it was meant. A text about HTML stays as it is.
fn undoubled(mut html: String) -> String {
    for _ in 0..LAYERS_MAX {
        if !has_reference_of_markup(&html) {
            break;
        }
        let once = with_texts_decoded(&html);
        let is_escaped_thrice = || refers_to(&html, &["&amp;lt;"]) && is_markup_escaped(&once);
        if !is_markup_escaped(&html) && !is_escaped_thrice() {
            break;
        }
        html = once;
    }
    if refers_to(&html, &["&amp;"]) && !has_code(&html) {
        let undone = entities::undouble(&html);
        if let std::borrow::Cow::Owned(undone) = undone {
            html = undone;
        }
    }
    html
}

fn has_reference_of_markup(html: &str) -> bool {
    refers_to(html, &["&lt;", "&amp;lt;", "&#60;", "&#x3c;", "&#x3C;", "&LT;"])
}

/// Whether any of these references stands in a text.
fn refers_to(html: &str, references: &[&str]) -> bool {
    let bytes = html.as_bytes();
    memchr::memchr_iter(b'&', bytes)
        .any(|at| references.iter().any(|reference| bytes[at..].starts_with(reference.as_bytes())))
}

fn has_code(html: &str) -> bool {
    html.contains('<')
        && Scanner::new(html).any(|token| match token {
            Token::Open(tag) => CODE.iter().any(|name| name.eq_ignore_ascii_case(tag.name)),
            _ => false,
        })
}

/// Whether the text of an HTML fragment is itself HTML: all of it where there are tags around it, such as those of a
/// picture that was added behind it; else so that it begins with markup, or has what no text about HTML has.
fn is_markup_escaped(html: &str) -> bool {
    let has_tags = html.contains('<');
    if has_tags && (!first_text_begins_with_tag(html) || has_code(html)) {
        return false;
    }
    let text = if has_tags { text_with_layout(html) } else { entities::decode(html).into_owned() };
    let text = text.trim();
    let (mut n_markup, mut n_words, mut has_evidence, mut n_closed_paragraphs) = (0_usize, 0_usize, false, 0_usize);
    let (mut begins, mut ends) = (false, false);
    let pieces = pieces(text);
    for (place, piece) in pieces.iter().enumerate() {
        let (Token::Open(_) | Token::Close(_)) = piece.token else { continue };
        n_markup += usize::from(piece.is_markup);
        n_words += usize::from(!piece.is_markup);
        begins |= place == 0 && piece.is_markup;
        ends |= place + 1 == pieces.len() && piece.is_markup;
        if let Token::Open(tag) = piece.token {
            let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
            has_evidence |= (is("a") && tag.attribute("href").is_some())
                || (is("img") && tag.attribute("src").is_some())
                || is("br");
            n_closed_paragraphs += usize::from(is("p") && piece.is_paired);
        }
    }
    has_evidence |= n_closed_paragraphs > 1;
    if has_tags {
        begins && ends && n_words == 0
    } else {
        (begins && n_words * 4 <= n_markup) || (has_evidence && n_words == 0)
    }
}

/// Whether the first text of a fragment that has tags begins as an escaped tag does.
fn first_text_begins_with_tag(html: &str) -> bool {
    let first = Scanner::new(html).find_map(|token| match token {
        Token::Text(piece) if !piece.trim_ascii().is_empty() => Some(piece.trim_ascii_start()),
        _ => None,
    });
    first.is_some_and(|first| first.starts_with('&') && entities::decode(first).starts_with('<'))
}

fn text_with_layout(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for token in Scanner::new(html) {
        if let Token::Text(piece) = token {
            text.push_str(&entities::decode(piece));
        }
    }
    text
}

fn with_texts_decoded(html: &str) -> String {
    let mut output = String::with_capacity(html.len());
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(piece) => output.push_str(&entities::decode(piece)),
            _ => output.push_str(&html[scanner.token_start()..scanner.position()]),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_that_was_escaped_twice_is_undone() {
        let check = |body: &str, expected: &str| assert_eq!(undoubled(body.to_owned()), expected);
        check("&lt;p&gt;A &lt;a href=&#34;/x&#34;&gt;page&lt;/a&gt;&lt;/p&gt;", "<p>A <a href=\"/x\">page</a></p>");
        check("&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;", "<p>One</p>");
        check("One&lt;br /&gt;two &amp;amp; three", "One<br />two &amp; three");
        check("&lt;p&gt;Cut off in the mid…", "<p>Cut off in the mid…");
        check("Read &lt;a href='/x'&gt;on&lt;/a&gt;", "Read <a href='/x'>on</a>");
        check("<div>&lt;p&gt;One&lt;/p&gt;</div>", "<div><p>One</p></div>");
        check("&lt;p&gt;One&lt;/p&gt;<img src='/dot.gif'>", "<p>One</p><img src='/dot.gif'>");
        check("Caf&amp;eacute; &amp;#8211; Tom &amp;amp; Jo", "Caf&eacute; &#8211; Tom &amp; Jo");
    }

    #[test]
    fn texts_about_html_stay() {
        for text in [
            "Use &lt;p&gt; for paragraphs and &lt;b&gt; for bold.",
            "&lt;details&gt; and &lt;summary&gt; explained",
            "<p>Write &lt;p&gt;One&lt;/p&gt; for it.</p>",
            "<pre>&lt;p&gt;One&lt;/p&gt;</pre>",
            "<p>&lt;p&gt;One&lt;/p&gt; is a paragraph</p>",
            "<p>A heading is <code>&lt;h1&gt;</code>, a dash &amp;mdash;.</p>",
            "The &amp;nbsp; reference, 3 &lt; 4, Q&amp;A",
        ] {
            assert_eq!(undoubled(text.to_owned()), text);
        }
        assert_eq!(html("On <iframe> and x".into(), "", true).unwrap(), "On &lt;iframe&gt; and x");
        assert_eq!(html("Why <p> is <b>so</b>".into(), "", true).unwrap(), "Why <p> is <b>so</b>");
        assert_eq!(html("The <p> element".into(), "text/plain", false).unwrap(), "The &lt;p&gt; element");
    }
}
