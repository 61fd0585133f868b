//! Markup cut into tags and text, whatever state it is in.
//!
//! No document is too broken for this: what cannot be a tag is text. It knows nothing of nesting, which is left to
//! those who use it, and it is linear: no character is looked at more than twice.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::entities;

/// What a CDATA section begins with.
pub(super) const CDATA_START: &str = "<![CDATA[";

/// A piece of markup. All strings are as they stand in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Text with its references.
    Text(&'t str),
    /// The inside of a CDATA section.
    CData(&'t str),
    /// A start tag.
    Open(Tag<'t>),
    /// The name in an end tag.
    Close(&'t str),
    /// A comment, a declaration or a processing instruction, without its angle brackets.
    Other(&'t str),
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    /// The name, prefix included.
    pub(super) name: &'t str,
    /// Everything behind the name.
    pub(super) attributes: &'t str,
    /// Whether it is its own end tag.
    pub(super) is_empty: bool,
}

impl<'t> Tag<'t> {
    /// The attributes, in order, values not decoded.
    pub(super) fn attributes(&self) -> Attributes<'t> {
        Attributes { rest: self.attributes }
    }

    /// The decoded value of an attribute, its name compared without regard to case.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'t, str>> {
        if self.attributes.len() <= name.len() {
            return None;
        }
        let (_, value) = self.attributes().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(entities::decode(value))
    }

    /// Whether there may be an attribute of XML itself, `xmlns` or `xml:base`: most tags have none.
    pub(super) fn mentions_xml(&self) -> bool {
        self.attributes.len() > "xml".len() && memmem::find(self.attributes.as_bytes(), b"xml").is_some()
    }

    /// Whether all attributes are as XML wants them, a name, `=` and a value in quotes.
    pub(super) fn has_quoted_attributes(&self) -> bool {
        let mut rest = self.attributes.as_bytes();
        while !rest.is_empty() {
            let Some(equals) = memchr(b'=', rest) else { return false };
            let value = rest[equals + 1..].trim_ascii_start();
            let Some((quote @ (b'"' | b'\''), inside)) = value.split_first() else { return false };
            let Some(end) = memchr(*quote, inside) else { return false };
            rest = inside[end + 1..].trim_ascii_start();
        }
        true
    }

    /// The name without its prefix.
    pub(super) fn local_name(&self) -> &'t str {
        local_name(self.name)
    }
}

/// A name without its prefix.
pub(super) fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The attributes of a tag as (name, value).
pub(super) struct Attributes<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/' || c == '=');
        if text.is_empty() {
            return None;
        }
        let name_end = text.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/').unwrap_or(text.len());
        let (name, after) = text.split_at(name_end);
        let Some(value) = after.trim_ascii_start().strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        let (value, rest) = match value.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => {
                let inside = &value[1..];
                inside.split_once(char::from(*quote)).unwrap_or((inside, ""))
            }
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Cuts a text into [`Token`]s.
#[derive(Clone)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// Where the token that was handed out last begins.
    token_start: usize,
    /// Whether a document type has been seen: there is one, and looking for the brackets of many could take for ever.
    is_past_document_type: bool,
    /// Whether the end of a comment was looked for in vain: there is none further on either.
    is_past_last_comment: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scanner { text, at: 0, token_start: 0, is_past_document_type: false, is_past_last_comment: false }
    }

    /// Where the next token begins, in bytes.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Where the last token began, in bytes.
    pub(super) fn token_start(&self) -> usize {
        self.token_start
    }

    /// Goes back to a place that [`Scanner::position`] or [`Scanner::token_start`] named.
    pub(super) fn rewind_to(&mut self, position: usize) {
        self.at = position;
    }

    /// Whether everything has been handed out.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Passes over the inside of an element whose content is not markup: `script`, `style`.
    pub(super) fn skip_raw_text(&mut self, name: &str) {
        let rest = &self.text.as_bytes()[self.at..];
        let mut from = 0;
        while let Some(found) = memchr(b'<', &rest[from..]) {
            let at = from + found;
            let tail = &rest[at + 1..];
            if tail.first() == Some(&b'/')
                && tail.len() > name.len()
                && tail[1..=name.len()].eq_ignore_ascii_case(name.as_bytes())
            {
                self.at += at;
                return;
            }
            from = at + 1;
        }
        self.at = self.text.len();
    }

    /// Up to a terminator, or to the end of the text where there is none.
    fn until(&mut self, skip: usize, terminator: &str) -> &'t str {
        let inside = &self.text[self.at + skip..];
        if let Some(length) = memmem::find(inside.as_bytes(), terminator.as_bytes()) {
            self.at += skip + length + terminator.len();
            &inside[..length]
        } else {
            self.at = self.text.len();
            inside
        }
    }

    /// A comment: up to its end, or to the first `>` where it has none.
    fn comment(&mut self) -> &'t str {
        self.is_past_last_comment =
            self.is_past_last_comment || memmem::find(&self.text.as_bytes()[self.at..], b"-->").is_none();
        self.until("<!--".len(), if self.is_past_last_comment { ">" } else { "-->" })
    }

    /// A processing instruction: up to the `?>`, or to a `>` where another tag begins before that.
    fn instruction(&mut self) -> &'t str {
        let inside = &self.text[self.at + 2..];
        let own = &inside[..inside.find('<').unwrap_or(inside.len())];
        if own.contains("?>") { self.until(2, "?>") } else { self.until(2, if own.contains('>') { ">" } else { "?>" }) }
    }

    /// A document type: up to the `>` that is not in its square brackets.
    fn declaration(&mut self) -> &'t str {
        if std::mem::replace(&mut self.is_past_document_type, true) {
            return self.until(2, ">");
        }
        let inside = &self.text[self.at + 2..];
        let mut depth = 0_i32;
        for (offset, byte) in inside.bytes().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                b'>' if depth <= 0 => {
                    self.at += 2 + offset + 1;
                    return &inside[..offset];
                }
                _ => {}
            }
        }
        // Without an end it is the first `>` after all, whatever the brackets say.
        self.until(2, ">")
    }

    /// A tag at `self.at`, or `None` where the `<` is none's beginning.
    fn tag(&mut self) -> Option<Token<'t>> {
        let rest = &self.text[self.at..];
        let bytes = rest.as_bytes();
        // Translators of whole documents write `< /p>`.
        let is_spaced_close = bytes.starts_with(b"< /");
        let is_close = is_spaced_close || bytes.get(1) == Some(&b'/');
        let name_start = 1 + usize::from(is_close) + usize::from(is_spaced_close);
        let is_name_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80;
        if !bytes.get(name_start).copied().is_some_and(is_name_start) {
            return None;
        }
        let name_length = bytes[name_start..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<' | b'=' | b'"' | b'\''))?;
        let name_end = name_start + name_length;
        let end = tag_end(bytes, name_end, is_close)?;
        if is_spaced_close && !rest[name_end..end].trim_ascii().is_empty() {
            return None;
        }
        self.at += end + usize::from(bytes[end] == b'>');
        let name = &rest[name_start..name_end];
        if is_close {
            return Some(Token::Close(name));
        }
        let inside = &rest[name_end..end];
        let is_empty = inside.ends_with('/');
        let attributes = inside.strip_suffix('/').unwrap_or(inside).trim_ascii();
        Some(Token::Open(Tag { name, attributes, is_empty }))
    }
}

/// The `>` that ends a tag: the first outside of quotes. No attribute holds a `<`; where one seems to, a quote is
/// missing, and the first `>` of all counts if it comes before that `<`. Where there is none, and nothing but white
/// space either, the `>` itself is missing, and that `<` is the end.
fn tag_end(bytes: &[u8], from: usize, is_close: bool) -> Option<usize> {
    let mut quote = None;
    let mut first_end = None;
    let mut before = b' ';
    for (offset, byte) in bytes[from..].iter().enumerate() {
        let at = from + offset;
        match (quote, *byte) {
            (_, b'<') => {
                let is_blank = bytes[from..at].trim_ascii().is_empty();
                return first_end.or((is_blank && (is_close || at > from)).then_some(at));
            }
            (None, b'>') => return Some(at),
            (Some(_), b'>') => first_end = first_end.or(Some(at)),
            (None, b'"' | b'\'') if before == b'=' => quote = Some(*byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = *byte;
        }
    }
    first_end
}

impl<'t> Iterator for Scanner<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        self.token_start = self.at;
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with('<') {
            let second = rest.as_bytes().get(1).copied();
            if second == Some(b'!') {
                if rest.starts_with("<!--") {
                    return Some(Token::Other(self.comment()));
                }
                if rest.starts_with(CDATA_START) {
                    return Some(Token::CData(self.until(CDATA_START.len(), "]]>")));
                }
                if rest.as_bytes().get(2).is_some_and(|third| third.is_ascii_alphabetic() || *third == b'[') {
                    return Some(Token::Other(self.declaration()));
                }
            }
            if second == Some(b'?') {
                return Some(Token::Other(self.instruction()));
            }
            if let Some(token) = self.tag() {
                return Some(token);
            }
        }
        // Text, with the `<` in front of it that was no tag.
        let skip = usize::from(rest.starts_with('<'));
        let length = memchr(b'<', &rest.as_bytes()[skip..]).map_or(rest.len(), |at| at + skip);
        self.at += length;
        Some(Token::Text(&rest[..length]))
    }
}
