//! A page as a tokenizer sees it, without building anything: where tags, comments and raw texts begin and end.
//!
//! By the states of the HTML standard (<https://html.spec.whatwg.org/#tokenization>), since what is found here decides
//! what of a page is parsed at all.

use std::ops::Range;

use memchr::{memchr, memchr2, memmem};

/// A tag, or a comment or declaration, which has no name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Markup {
    /// Where the name stands; empty for what is no tag.
    pub(super) name: Range<usize>,
    pub(super) is_end: bool,
    /// Ends in `/>`, which counts inside `svg` and `math` only.
    pub(super) closes_itself: bool,
    /// Whether its `>` is missing, as the page ends before.
    pub(super) is_cut: bool,
    /// After the `>`.
    pub(super) end: usize,
}

/// An attribute of a tag: where its name stands, and where its value without the quotes does.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

impl Markup {
    fn without_name(end: usize) -> Markup {
        Markup { end, ..Markup::default() }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Reads what begins with the `<` at `start`, and the attributes of a tag into a list; a lone `<` is nothing.
pub(super) fn read_markup(bytes: &[u8], start: usize, attributes: &mut Vec<Attribute>) -> Option<Markup> {
    attributes.clear();
    let next = start + 1;
    let after_next_close = || memchr(b'>', &bytes[next..]).map_or(bytes.len(), |end| next + end + 1);
    match bytes.get(next)? {
        b'!' if bytes[next + 1..].starts_with(b"--") => Some(Markup::without_name(end_of_comment(bytes, next + 3))),
        b'!' | b'?' => Some(Markup::without_name(after_next_close())),
        b'/' => match bytes.get(next + 1)? {
            byte if byte.is_ascii_alphabetic() => Some(read_tag(bytes, next + 1, true, attributes)),
            _ => Some(Markup::without_name(after_next_close())),
        },
        byte if byte.is_ascii_alphabetic() => Some(read_tag(bytes, next, false, attributes)),
        _ => None,
    }
}

fn read_tag(bytes: &[u8], name_start: usize, is_end: bool, attributes: &mut Vec<Attribute>) -> Markup {
    let mut at = name_start;
    let skip_blanks = |mut at: usize| {
        while at < bytes.len() && is_blank(bytes[at]) {
            at += 1;
        }
        at
    };
    while at < bytes.len() && !is_blank(bytes[at]) && !matches!(bytes[at], b'/' | b'>') {
        at += 1;
    }
    let mut tag = Markup { name: name_start..at, is_end, is_cut: true, end: bytes.len(), ..Markup::default() };
    let mut slash = None;
    while at < bytes.len() {
        match bytes[at] {
            b'>' => {
                tag.closes_itself = slash == Some(at - 1);
                tag.is_cut = false;
                tag.end = at + 1;
                return tag;
            }
            b'/' => {
                slash = Some(at);
                at += 1;
                continue;
            }
            byte if is_blank(byte) => {
                at += 1;
                continue;
            }
            _ => {}
        }
        // A name may begin with `=`.
        let name_start = at;
        at += 1;
        while at < bytes.len() && !is_blank(bytes[at]) && !matches!(bytes[at], b'/' | b'>' | b'=') {
            at += 1;
        }
        let name = name_start..at;
        let mut value = at..at;
        let equals = skip_blanks(at);
        if bytes.get(equals) == Some(&b'=') {
            at = skip_blanks(equals + 1);
            match bytes.get(at) {
                Some(quote @ (b'"' | b'\'')) => {
                    let length = memchr(*quote, &bytes[at + 1..]).unwrap_or(bytes.len() - at - 1);
                    value = at + 1..at + 1 + length;
                    at = bytes.len().min(value.end + 1);
                }
                _ => {
                    let value_start = at;
                    while at < bytes.len() && !is_blank(bytes[at]) && bytes[at] != b'>' {
                        at += 1;
                    }
                    value = value_start..at;
                }
            }
        }
        attributes.push(Attribute { name, value });
    }
    tag
}

/// After the end of a comment whose text begins at `text`, behind `<!--`.
fn end_of_comment(bytes: &[u8], text: usize) -> usize {
    // `<!-->` and `<!--->` are comments too.
    let mut at = text - 2;
    while let Some(dashes) = memmem::find(&bytes[at..], b"--").map(|position| at + position) {
        match &bytes[dashes + 2..] {
            [b'>', ..] => return dashes + "-->".len(),
            [b'!', b'>', ..] if dashes >= text => return dashes + "--!>".len(),
            _ => at = dashes + 1,
        }
    }
    bytes.len()
}

/// Where the text of an element ends in which `<` begins no tag, such as `style`: at its end tag or at the end of the
/// page.
pub(super) fn end_of_raw_text(bytes: &[u8], start: usize, name: &[u8]) -> usize {
    let mut at = start;
    while let Some(open) = memchr(b'<', &bytes[at..]).map(|position| at + position) {
        if is_tag(&bytes[open + 1..], b"/", name) {
            return open;
        }
        at = open + 1;
    }
    bytes.len()
}

/// How a script's text is read: within what looks like a comment a script may be mentioned, and its end tag then ends
/// the mention.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Comment,
    Mention,
}

/// The same for `script`, whose text has rules of its own.
pub(super) fn end_of_script(bytes: &[u8], start: usize) -> usize {
    let mut escape = Escape::None;
    let mut at = start;
    loop {
        let rest = &bytes[at..];
        let found = if escape == Escape::None { memchr(b'<', rest) } else { memchr2(b'<', b'-', rest) };
        let Some(found) = found.map(|position| at + position) else { return bytes.len() };
        let behind = &bytes[found + 1..];
        at = found + 1;
        if bytes[found] == b'-' {
            if behind.starts_with(b"->") {
                escape = Escape::None;
            }
            continue;
        }
        match escape {
            Escape::None if behind.starts_with(b"!--") => {
                escape = Escape::Comment;
                // Its dashes may be those that end it.
                at = found + "<!".len();
            }
            Escape::None | Escape::Comment if is_tag(behind, b"/", b"script") => return found,
            Escape::Comment if is_tag(behind, b"", b"script") => escape = Escape::Mention,
            Escape::Mention if is_tag(behind, b"/", b"script") => escape = Escape::Comment,
            _ => {}
        }
    }
}

/// Whether a tag of that name begins here, behind its `<`.
fn is_tag(behind: &[u8], slash: &[u8], name: &[u8]) -> bool {
    behind.strip_prefix(slash).is_some_and(|rest| {
        rest.len() > name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name)
            && (is_blank(rest[name.len()]) || matches!(rest[name.len()], b'/' | b'>'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_end_where_the_standard_says() {
        let check = |html: &str, expected: &str, n_attributes: usize| {
            let mut attributes = Vec::new();
            let markup = read_markup(html.as_bytes(), 0, &mut attributes).unwrap();
            assert_eq!((&html[..markup.end], attributes.len()), (expected, n_attributes), "{html}");
        };
        check("<p>x", "<p>", 0);
        check("<p class=\"a>b\" id='>' x>y", "<p class=\"a>b\" id='>' x>", 3);
        check("<p a=b\"c>d\">", "<p a=b\"c>", 1);
        check("<a href=?x=\"y>z\">", "<a href=?x=\"y>", 1);
        check("<p =\">\">", "<p =\">", 1);
        check("<p a=>b>", "<p a=>", 1);
        check("<p a = 'b'c>d", "<p a = 'b'c>", 2);
        check("</p a=\">\">x", "</p a=\">\">", 1);
        check("<p unended", "<p unended", 1);
        check("</>x", "</>", 0);
        check("</ b>x", "</ b>", 0);
        check("</!-- b>x-->", "</!-- b>", 0);
        check("<?xml ?>x", "<?xml ?>", 0);
        check("<!doctype html \"a>b\">", "<!doctype html \"a>", 0);
        check("<!-- a > b -->x", "<!-- a > b -->", 0);
        check("<!-->x-->", "<!-->", 0);
        check("<!--->x-->", "<!--->", 0);
        check("<!---!>x-->y", "<!---!>x-->", 0);
        check("<!--x--!>y", "<!--x--!>", 0);
        check("<!--x", "<!--x", 0);
        for nothing in ["<", "< p>", "<1>", "</"] {
            assert_eq!(read_markup(nothing.as_bytes(), 0, &mut Vec::new()), None, "{nothing}");
        }
    }

    #[test]
    fn a_slash_closes_only_at_the_end() {
        let closes = |html: &str| read_markup(html.as_bytes(), 0, &mut Vec::new()).unwrap().closes_itself;
        assert!(closes("<path/>") && closes("<path d='x' />"));
        assert!(!closes("<path d=x/>") && !closes("<path / >") && !closes("<path/d>"));
    }

    #[test]
    fn raw_text_ends_at_its_own_end_tag() {
        let check = |html: &str, expected: &str| {
            assert_eq!(&html[..end_of_raw_text(html.as_bytes(), 0, b"style")], expected, "{html}");
        };
        check("a</p>b</STYLE >c", "a</p>b");
        check("a</styles>b</style", "a</styles>b</style");
    }

    #[test]
    fn scripts_end_where_the_standard_says() {
        let check = |html: &str, expected: &str| {
            assert_eq!(&html[..end_of_script(html.as_bytes(), 0)], expected, "{html}");
        };
        check("a<b</script>c", "a<b");
        check("<!-- x </script>c", "<!-- x ");
        check("<!-- <script> </script> --></script>c", "<!-- <script> </script> -->");
        check("<!-- <script> --></script>c", "<!-- <script> -->");
        check("<!--><script></script>c", "<!--><script>");
        check("<!-- <script </script> </script>c", "<!-- <script </script> ");
        check("<!-- <scripts> </script>c", "<!-- <scripts> ");
        check("<!-- -script -/script> </script>c", "<!-- -script -/script> ");
        check("endless", "endless");
    }
}
