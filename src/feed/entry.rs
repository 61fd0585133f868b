//! An entry on its way from a broken feed into a sound one.

use url::Url;

use super::address;
use super::entities::{push_attribute, push_element};
use super::text_value::Value;

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
    /// Where the content is, if it is not in the feed.
    pub(super) content_source: Option<String>,
    pub(super) language: Option<String>,
    pub(super) base: Option<Url>,
}

impl Entry {
    pub(super) fn link(&mut self, rel: Option<&str>, media_type: Option<&str>, href: &str) {
        let href = address::meant(href);
        if !href.is_empty() {
            let (rel, media_type) = (rel.map(str::to_owned), media_type.map(str::to_owned));
            self.links.push(Link { rel, media_type, href: href.into_owned() });
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
            (None, language) if self.content_source.is_some() => {
                output.push_str("<content type=\"text/html\"");
                if let Some(language) = language {
                    push_attribute(output, "xml:lang", language);
                }
                push_address(output, "src", base, self.content_source.as_deref().unwrap_or_default());
                output.push_str("/>");
            }
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
    push_address(output, "href", base, href);
    output.push_str("/>");
}

fn push_address(output: &mut String, name: &str, base: Option<&Url>, href: &str) {
    match base.and_then(|base| base.join(&address::meant(href)).ok()) {
        Some(absolute) => push_attribute(output, name, absolute.as_str()),
        None => push_attribute(output, name, href),
    }
}
