//! A text on its way from a broken feed into a sound one: put together from the pieces of its element, as HTML or not.

use super::base64::{self, Decoded};
use super::body::PLAIN_BRACKET;
use super::entities::{self, push_attribute, push_escaped};
use super::markup::{Scanner, Tag, Token, local_name};
use super::meant_tags::has_markup;
use super::text;
use super::vocabulary::{Dialect, Family, Name};

/// A text, and whether it is HTML.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub(super) text: String,
    is_html: bool,
}

impl Value {
    /// The text alone, for what is shown on one line.
    pub(super) fn without_tags(self) -> Value {
        Value { text: text::html_of_text(&text::text_of_html(&self.text)), is_html: true }
    }

    /// A text that nobody has called plain: with angle brackets it may be HTML.
    pub(super) fn perhaps_html(self) -> Value {
        Value { is_html: self.is_html || self.text.contains('<'), ..self }
    }

    /// Writes it as an element of Atom.
    pub(super) fn write(&self, output: &mut String, name: &str, language: Option<&str>) {
        output.push('<');
        output.push_str(name);
        push_attribute(output, "type", if self.is_html { "html" } else { "text" });
        if let Some(language) = language {
            push_attribute(output, "xml:lang", language);
        }
        output.push('>');
        push_escaped(output, self.text.trim());
        output.push_str("</");
        output.push_str(name);
        output.push('>');
    }
}

/// How the inside of an element is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, unless there are tags in it.
    Text,
    /// HTML that has been escaped to stand in XML.
    Html,
    /// HTML as a part of the XML.
    Xhtml,
    /// Bytes in base64, as Atom asks for whatever is neither text nor XML.
    Base64 {
        /// Whether the bytes are HTML.
        is_html: bool,
    },
}

impl Kind {
    /// The kind of a text in an entry or feed: RSS's are HTML, Atom's are what they say.
    pub(super) fn of(dialect: Dialect, tag: &Tag<'_>, name: &Name<'_>) -> Kind {
        if name.family == Family::Xhtml {
            return Kind::Xhtml;
        }
        if dialect != Dialect::Atom && name.family != Family::Atom {
            return Kind::Html;
        }
        if tag.attributes.is_empty() {
            return Kind::Text;
        }
        let lower = |name: &str| tag.attribute(name).map(|value| value.trim().to_ascii_lowercase());
        let media_type = lower("type").unwrap_or_default();
        let is_html = media_type.contains("html");
        match lower("mode").as_deref() {
            Some("base64") => return Kind::Base64 { is_html },
            Some("escaped") => return if is_html { Kind::Html } else { Kind::Text },
            Some("xml") if is_html => return Kind::Xhtml,
            _ => {}
        }
        match media_type.as_str() {
            "" | "text" | "text/plain" => Kind::Text,
            "html" | "text/html" => Kind::Html,
            "xhtml" => Kind::Xhtml,
            other if other.ends_with("/xml") || other.ends_with("+xml") => Kind::Xhtml,
            other if other.starts_with("text/") => Kind::Text,
            _ => Kind::Base64 { is_html: false },
        }
    }
}

/// Puts a text together from the pieces of its element.
pub(super) struct ValueBuilder {
    kind: Kind,
    /// The text as it reads when its tags are none of XML's.
    plain: String,
    /// The text as HTML when its tags are XML's.
    marked: String,
    has_tags: bool,
}

impl ValueBuilder {
    pub(super) fn new(kind: Kind) -> Self {
        ValueBuilder { kind, plain: String::new(), marked: String::new(), has_tags: false }
    }

    /// A text or a CDATA section; of other tokens there is nothing to see.
    pub(super) fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(piece) => self.text(piece),
            Token::CData(piece) => self.cdata(piece),
            _ => {}
        }
    }

    pub(super) fn text(&mut self, piece: &str) {
        let decoded = entities::decode(piece);
        self.plain.push_str(&decoded);
        if self.kind != Kind::Html {
            push_escaped(&mut self.marked, &decoded);
        }
    }

    pub(super) fn cdata(&mut self, piece: &str) {
        self.plain.push_str(piece);
        if self.kind != Kind::Html {
            // Strictly it is text; who puts HTML there means HTML.
            if has_markup(piece) {
                self.marked.push_str(piece);
            } else {
                push_escaped(&mut self.marked, piece);
            }
        }
    }

    pub(super) fn open(&mut self, tag: &Tag<'_>) {
        self.has_tags = true;
        for output in [&mut self.plain, &mut self.marked] {
            output.push('<');
            output.push_str(tag.local_name());
            if !tag.attributes.is_empty() {
                output.push(' ');
                output.push_str(tag.attributes);
            }
            output.push_str(if tag.is_empty { "/>" } else { ">" });
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        self.has_tags = true;
        for output in [&mut self.plain, &mut self.marked] {
            output.push_str("</");
            output.push_str(local_name(name));
            output.push('>');
        }
    }

    pub(super) fn finish(self) -> Value {
        match self.kind {
            Kind::Base64 { is_html } => match base64::text(&self.plain) {
                Decoded::Text(text) if is_html => Value { text, is_html },
                // It was said to be plain, or nothing that anyone shows: tags in it are none.
                Decoded::Text(text) => {
                    Value { text: text::html_of_text(&text).replace("&lt;", PLAIN_BRACKET), is_html: true }
                }
                Decoded::Bytes => Value::default(),
                // Labelled wrongly, and text after all.
                Decoded::Other if !self.has_tags => Value { text: self.plain, is_html: false },
                Decoded::Other => Value { text: self.marked, is_html: true },
            },
            Kind::Text if !self.has_tags => Value { text: self.plain, is_html: false },
            Kind::Html => Value { text: self.plain, is_html: true },
            Kind::Text => Value { text: self.marked, is_html: true },
            // Labelled wrongly as well: the HTML was escaped.
            Kind::Xhtml if !self.has_tags && has_markup(&self.plain) => Value { text: self.plain, is_html: true },
            // The `div` that Atom asks for around XHTML is not part of it (RFC 4287, section 3.1.1.3).
            Kind::Xhtml => Value { text: inside_of_div(&self.marked).to_owned(), is_html: true },
        }
    }
}

/// HTML without the one `div` that is all around it, if there is one.
fn inside_of_div(html: &str) -> &str {
    let html = html.trim();
    let (mut depth, mut inside) = (0_usize, 0..0);
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        let is_first = scanner.token_start() == 0;
        match token {
            Token::Open(tag) if tag.name == "div" && !tag.is_empty => {
                depth += 1;
                if is_first {
                    inside.start = scanner.position();
                }
            }
            _ if is_first => return html,
            Token::Close("div") => {
                depth = depth.saturating_sub(1);
                inside.end = scanner.token_start();
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    if scanner.is_at_end() && depth == 0 { html.get(inside).unwrap_or(html) } else { html }
}
