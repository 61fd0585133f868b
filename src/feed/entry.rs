//! An entry on its way from a broken feed into a sound one.

use url::Url;

use super::base64::{self, Decoded};
use super::convert;
use super::entities::{self, push_attribute, push_escaped};
use super::markup::{Scanner, Tag, Token, local_name};
use super::repair::push_element;
use super::text;
use super::vocabulary::{Dialect, Family, Name};

/// The best of several values for one thing: the lowest rank.
#[derive(Debug)]
pub(super) struct Best<T>(Option<(u8, T)>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Best(None)
    }
}

/// Something that may turn out to be nothing.
pub(super) trait MaybeEmpty {
    /// Whether it says nothing.
    fn is_empty(&self) -> bool;
}

impl MaybeEmpty for String {
    fn is_empty(&self) -> bool {
        self.trim().is_empty()
    }
}

impl MaybeEmpty for Value {
    fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl<T: MaybeEmpty> Best<T> {
    /// Takes a value if it is better than what is there, and not empty.
    pub(super) fn offer_better(&mut self, rank: u8, value: T) {
        if self.0.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.offer(rank, value);
        }
    }

    /// Takes a value if it is none worse than what is there, and not empty: of equals the last, as in feed-rs.
    pub(super) fn offer(&mut self, rank: u8, value: T) {
        if !value.is_empty() && self.0.as_ref().is_none_or(|(best, _)| rank <= *best) {
            self.0 = Some((rank, value));
        }
    }

    /// Whether there is a value.
    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

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

    fn write(&self, output: &mut String, name: &str, language: Option<&str>) {
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
            if text::looks_like_html(piece) {
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
                Decoded::Text(text) => Value { text: text::html_of_text(&text), is_html: true },
                Decoded::Bytes => Value::default(),
                // Labelled wrongly, and text after all.
                Decoded::Other if !self.has_tags => Value { text: self.plain, is_html: false },
                Decoded::Other => Value { text: self.marked, is_html: true },
            },
            Kind::Text if !self.has_tags => Value { text: self.plain, is_html: false },
            Kind::Html => Value { text: self.plain, is_html: true },
            Kind::Text => Value { text: self.marked, is_html: true },
            // Labelled wrongly as well: the HTML was escaped.
            Kind::Xhtml if !self.has_tags && text::looks_like_html(&self.plain) => {
                Value { text: self.plain, is_html: true }
            }
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

pub(super) struct Link {
    rel: Option<String>,
    media_type: Option<String>,
    href: String,
}

/// The fields of an entry, or those of its feed that an entry has as well.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) title: Best<Value>,
    pub(super) links: Vec<Link>,
    pub(super) original_link: Option<String>,
    pub(super) id: Best<String>,
    pub(super) published: Best<String>,
    pub(super) updated: Best<String>,
    pub(super) authors: Vec<(u8, String)>,
    pub(super) summary: Best<Value>,
    pub(super) content: Best<Value>,
    pub(super) language: Option<String>,
    pub(super) base: Option<Url>,
}

impl Entry {
    pub(super) fn link(&mut self, rel: Option<&str>, media_type: Option<&str>, href: &str) {
        let href = href.trim();
        if !href.is_empty() {
            let (rel, media_type) = (rel.map(str::to_owned), media_type.map(str::to_owned));
            self.links.push(Link { rel, media_type, href: href.to_owned() });
        }
    }

    pub(super) fn author(&mut self, rank: u8, name: String) {
        if !name.is_empty() {
            self.authors.push((rank, name));
        }
    }

    /// Writes the entry in Atom; its addresses are resolved where the feed or the entry gives a base.
    pub(super) fn write(&self, output: &mut String, feed_base: Option<&Url>) {
        output.push_str("<entry>");
        let base = self.base.as_ref().or(feed_base);
        if let Some(href) = &self.original_link {
            write_link(output, base, None, None, href);
        }
        self.write_common(output, base);
        for (name, value) in [("id", &self.id), ("published", &self.published), ("updated", &self.updated)] {
            if let Some(text) = value.get() {
                push_element(output, name, text.trim());
            }
        }
        if let Some(summary) = self.summary.get() {
            summary.write(output, "summary", None);
        }
        match (self.content.get(), self.language.as_deref()) {
            (Some(content), language) => content.write(output, "content", language),
            // The language of an entry is read from its content alone.
            (None, Some(language)) => Value::default().write(output, "content", Some(language)),
            (None, None) => {}
        }
        output.push_str("</entry>");
    }

    /// Writes what stands before the entries of a feed.
    pub(super) fn write_head(&self, output: &mut String) {
        self.write_common(output, self.base.as_ref());
    }

    fn write_common(&self, output: &mut String, base: Option<&Url>) {
        if let Some(title) = self.title.get() {
            title.write(output, "title", None);
        }
        for link in &self.links {
            write_link(output, base, link.rel.as_deref(), link.media_type.as_deref(), &link.href);
        }
        let best = self.authors.iter().map(|(rank, _)| *rank).min();
        for (_, name) in self.authors.iter().filter(|(rank, _)| Some(*rank) == best) {
            output.push_str("<author>");
            push_element(output, "name", name);
            output.push_str("</author>");
        }
    }
}

fn write_link(output: &mut String, base: Option<&Url>, rel: Option<&str>, media_type: Option<&str>, href: &str) {
    output.push_str("<link");
    if let Some(rel) = rel {
        push_attribute(output, "rel", rel);
    }
    if let Some(media_type) = media_type {
        push_attribute(output, "type", media_type);
    }
    match base.and_then(|base| base.join(&convert::meant(href)).ok()) {
        Some(absolute) => push_attribute(output, "href", absolute.as_str()),
        None => push_attribute(output, "href", href),
    }
    output.push_str("/>");
}

/// The names in a text that may hold mail addresses as well: `mail (Name)`, `Name <mail>`, and several of these with
/// commas or semicolons between. Without a mail address it is one name, commas and all.
pub(super) fn names_of_persons(text: &str) -> Vec<String> {
    if text.matches('@').nth(1).is_none() {
        return vec![name_of_person(text)];
    }
    text.split([',', ';']).map(name_of_person).filter(|name| !name.is_empty()).collect()
}

/// The name in a text that may hold a mail address as well. Without a name it is the text itself.
pub(super) fn name_of_person(text: &str) -> String {
    let text = text.trim();
    let Some(at) = text.find('@') else {
        return text.to_owned();
    };
    let is_mail = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
    let start = text[..at]
        .rfind(|c| !is_mail(c))
        .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(|c| !is_mail(c)).map_or(text.len(), |behind| at + behind);
    let before = text[..start].trim_end_matches("mailto:");
    let (before, behind) = (unwrapped(before), unwrapped(&text[end..]));
    let longer = if before.len() >= behind.len() { before } else { behind };
    if longer.is_empty() { text[start..end].to_owned() } else { longer.to_owned() }
}

/// What is left of a name when the mail address beside it has been cut out, without the brackets and quotes that
/// parted the two.
pub(super) fn unwrapped(name: &str) -> &str {
    let name = name.trim_matches(|c: char| c.is_whitespace() || "<>[]\"',;:-–—".contains(c));
    let name = name.strip_suffix('(').or_else(|| name.strip_prefix(')')).unwrap_or(name).trim();
    match name.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')').unwrap_or(inner).trim(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_person_is_found() {
        let check = |text: &str, expected: &str| assert_eq!(name_of_person(text), expected);
        check("jo@example.org (Jo Öst)", "Jo Öst");
        check("Jo Öst <jo@example.org>", "Jo Öst");
        check("Jo Öst (mailto:jo@example.org)", "Jo Öst");
        check("Öjo@example.org", "Öjo@example.org");
        check("jo@example.org", "jo@example.org");
        check(" Jo Öst (Example) ", "Jo Öst (Example)");
        check("jo@example.org - Jo Öst", "Jo Öst");
        check("Jo Öst, jo@example.org", "Jo Öst");
    }

    #[test]
    fn several_persons_are_told_apart() {
        let check = |text: &str, expected: &[&str]| assert_eq!(names_of_persons(text), expected);
        check("jo@example.org (Jo Öst), al@example.org (Al West)", &["Jo Öst", "Al West"]);
        check("Jo Öst <jo@example.org>; al@example.org", &["Jo Öst", "al@example.org"]);
        check("Öst, Jo", &["Öst, Jo"]);
        check("Öst, Jo (jo@example.org)", &["Öst, Jo"]);
    }
}
