//! Lists as feeds: Atom (RFC 4287) and JSON Feed (version 1.1, jsonfeed.org).

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::{Value, json};

use super::asked::{Asked, Form};
use super::parts::{shown, web_address};

/// Media type of an Atom document.
pub(super) const ATOM: &str = "application/atom+xml; charset=utf-8";

/// Media type of a JSON Feed.
pub(super) const JSON_FEED: &str = "application/feed+json";

/// The year that stands in all ids, which must not change: RFC 4151 wants a day on which the name was ours.
const TAG_AUTHORITY: &str = "tag:newswire.invalid,2026";

/// A list, ready to be told to a feed reader.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) title: String,
    pub(super) entries: Vec<FeedEntry>,
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct FeedEntry {
    /// What it is and its number, such as `articles/5`: its page's path, and the part of its id that no other entry has.
    pub(super) name: String,
    pub(super) title: Option<String>,
    /// Where the publisher has it.
    pub(super) url: Option<String>,
    /// RFC 3339; of an Atom entry it must be known.
    pub(super) updated_at: String,
    pub(super) published_at: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) language: Option<String>,
    /// HTML.
    pub(super) content: String,
}

/// What Atom wants where no name is known.
const NOBODY: &str = "unknown";

/// The feed as Atom.
pub(super) fn atom(feed: &Feed, database: &str, asked: &Asked) -> Vec<u8> {
    let mut atom = Atom { writer: Writer::new(Vec::new()) };
    atom.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
    atom.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")]);
    let own = asked.address(Form::Atom, None);
    atom.leaf("id", &[], &format!("{TAG_AUTHORITY}:{database}{own}"));
    atom.leaf("title", &[], &feed.title);
    // The page of a list without entries has never been changed.
    let updated_at = feed.entries.iter().map(|entry| entry.updated_at.as_str()).max().unwrap_or("1970-01-01T00:00:00Z");
    atom.leaf("updated", &[], updated_at);
    let to = |path: &str| format!("{}{path}", asked.base);
    atom.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", &to(&own))]);
    let page = to(&asked.address(Form::Html, None));
    atom.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &page)]);
    atom.leaf("generator", &[("version", env!("CARGO_PKG_VERSION"))], "newswire");
    for entry in &feed.entries {
        let of_language = entry.language.as_deref().map(|language| ("xml:lang", language));
        atom.open("entry", of_language.as_slice());
        atom.leaf("id", &[], &format!("{TAG_AUTHORITY}:{database}/{}", entry.name));
        atom.leaf("title", &[], &shown(entry.title.as_deref()));
        atom.leaf("updated", &[], &entry.updated_at);
        if let Some(published_at) = &entry.published_at {
            atom.leaf("published", &[], published_at);
        }
        let page = to(&format!("/{}", entry.name));
        let publishers = entry.url.as_deref().and_then(web_address);
        let alternate = publishers.as_deref().unwrap_or(&page);
        atom.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", alternate)]);
        if publishers.is_some() {
            atom.empty("link", &[("rel", "related"), ("type", "text/html"), ("href", &page)]);
        }
        let names: Vec<&str> =
            entry.authors.iter().map(String::as_str).filter(|name| !name.trim().is_empty()).collect();
        for name in if names.is_empty() { &[NOBODY][..] } else { &names } {
            atom.open("author", &[]);
            atom.leaf("name", &[], name);
            atom.close("author");
        }
        atom.leaf("content", &[("type", "html")], &entry.content);
        atom.close("entry");
    }
    atom.close("feed");
    atom.writer.into_inner()
}

/// The feed as JSON Feed.
pub(super) fn json_feed(feed: &Feed, database: &str, asked: &Asked) -> String {
    let to = |path: &str| format!("{}{path}", asked.base);
    let items = feed.entries.iter().map(|entry| {
        let page = to(&format!("/{}", entry.name));
        let publishers = entry.url.as_deref().and_then(web_address);
        let mut item = json!({
            "id": format!("{TAG_AUTHORITY}:{database}/{}", entry.name),
            "url": page,
            "title": shown(entry.title.as_deref()),
            "content_html": entry.content,
            "date_modified": entry.updated_at,
            "authors": entry.authors.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        });
        if let Some(address) = publishers {
            item["external_url"] = json!(address);
        }
        if let Some(published_at) = &entry.published_at {
            item["date_published"] = json!(published_at);
        }
        if let Some(language) = &entry.language {
            item["language"] = json!(language);
        }
        item
    });
    let whole: Value = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": to(&asked.address(Form::Html, None)),
        "feed_url": to(&asked.address(Form::JsonFeed, None)),
        "items": items.collect::<Vec<_>>(),
    });
    format!("{whole}\n")
}

/// An Atom document that is being written.
struct Atom {
    writer: Writer<Vec<u8>>,
}

impl Atom {
    /// Writing to memory does not fail.
    fn event(&mut self, event: Event<'_>) {
        let _ = self.writer.write_event(event);
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Start(start(name, attributes)));
    }

    fn close(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(start(name, attributes)));
    }

    fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.event(Event::Text(BytesText::new(&without_controls(text))));
        self.close(name);
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &'a str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for &attribute in attributes {
        start.push_attribute(attribute);
    }
    start
}

/// XML 1.0 has no way to write most control characters (section 2.2).
fn without_controls(text: &str) -> String {
    let is_allowed = |c: &char| matches!(c, '\t' | '\n' | ' '..) && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    text.chars().filter(is_allowed).collect()
}
