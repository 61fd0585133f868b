//! Lists as feeds: Atom (RFC 4287) and JSON Feed (version 1.1, jsonfeed.org); and lists of feeds, as OPML 2.0.

use serde_json::{Value, json};

use super::asked::{Asked, Form};
use super::parts::{as_uri, shown, web_address};
use crate::serve::xml::{Document, without_controls};
use crate::store::{Names, Numbered};

/// Media type of an Atom document.
pub(super) const ATOM: &str = "application/atom+xml; charset=utf-8";

/// Media type of a JSON Feed.
pub(super) const JSON_FEED: &str = "application/feed+json";

/// Media type of a list of feeds.
pub(super) const OPML: &str = "text/x-opml; charset=utf-8";

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
    /// What it is and its number, such as `articles/5`: the part of its id that no other entry of any feed has.
    pub(super) name: String,
    /// The number by which that is told from what is lost in a restore; absent where no number is in it.
    pub(super) number: Option<Numbered>,
    /// The path of its page.
    pub(super) page: String,
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

/// A feed that can be subscribed to, as a list of feeds has it.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub(super) title: String,
    /// Its path with what stands behind it, as Atom and as a page.
    pub(super) atom: String,
    pub(super) page: String,
}

/// Who makes the feeds, and the stories in them.
pub(super) const MAKER: &str = "newswire";

/// What Atom wants where no name is known.
const NOBODY: &str = "unknown";

impl FeedEntry {
    fn id(&self, names: &Names) -> String {
        let database = self.number.map_or(names.first(), |number| names.of(number));
        format!("{TAG_AUTHORITY}:{database}/{}", self.name)
    }

    /// The names of its authors that say something.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.authors.iter().map(|name| name.trim()).filter(|name| !name.is_empty())
    }

    /// Its language, if it is written as one (RFC 5646).
    fn language(&self) -> Option<&str> {
        let is_subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_language = |language: &&str| {
            let first = language.split('-').next().unwrap_or_default();
            first.len() > 1
                && first.bytes().all(|byte| byte.is_ascii_alphabetic())
                && language.split('-').all(is_subtag)
        };
        self.language.as_deref().filter(is_language)
    }
}

/// The feed as Atom.
pub(super) fn atom(feed: &Feed, names: &Names, asked: &Asked) -> Vec<u8> {
    let mut atom = Document::new();
    atom.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")]);
    atom.leaf("id", &[], &format!("{TAG_AUTHORITY}:{}{}", names.first(), asked.canonical()));
    atom.leaf("title", &[], &feed.title);
    // The page of a list without entries has never been changed.
    let updated_at = feed.entries.iter().map(|entry| entry.updated_at.as_str()).max().unwrap_or("1970-01-01T00:00:00Z");
    atom.leaf("updated", &[], updated_at);
    let to = |path: &str| as_uri(&format!("{}{path}", asked.base));
    atom.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", &to(&asked.own))]);
    let page = to(&asked.address(Form::Html, None));
    atom.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &page)]);
    // A feed without entries must have one.
    atom.author(MAKER);
    atom.leaf("generator", &[("version", env!("CARGO_PKG_VERSION"))], MAKER);
    for entry in &feed.entries {
        let of_language = entry.language().map(|language| ("xml:lang", language));
        atom.open("entry", of_language.as_slice());
        atom.leaf("id", &[], &entry.id(names));
        atom.leaf("title", &[], &shown(entry.title.as_deref()));
        atom.leaf("updated", &[], &entry.updated_at);
        if let Some(published_at) = &entry.published_at {
            atom.leaf("published", &[], published_at);
        }
        let page = to(&format!("/{}", entry.page));
        let publishers = entry.url.as_deref().and_then(web_address);
        let alternate = publishers.as_deref().unwrap_or(&page);
        atom.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", alternate)]);
        if publishers.is_some() {
            atom.empty("link", &[("rel", "related"), ("type", "text/html"), ("href", &page)]);
        }
        entry.names().for_each(|name| atom.author(name));
        if entry.names().next().is_none() {
            atom.author(NOBODY);
        }
        atom.leaf("content", &[("type", "html")], &entry.content);
        atom.close("entry");
    }
    atom.close("feed");
    atom.end()
}

/// The feed as JSON Feed.
pub(super) fn json_feed(feed: &Feed, names: &Names, asked: &Asked) -> Vec<u8> {
    let to = |path: &str| as_uri(&format!("{}{path}", asked.base));
    let items = feed.entries.iter().map(|entry| {
        let publishers = entry.url.as_deref().and_then(web_address);
        let mut item = json!({
            "id": entry.id(names),
            "url": to(&format!("/{}", entry.page)),
            "title": without_controls(&shown(entry.title.as_deref())),
            "content_html": without_controls(&entry.content),
            "date_modified": entry.updated_at,
            "authors": entry.names().map(|name| json!({ "name": without_controls(name) })).collect::<Vec<_>>(),
        });
        if let Some(address) = publishers {
            item["external_url"] = json!(address);
        }
        if let Some(published_at) = &entry.published_at {
            item["date_published"] = json!(published_at);
        }
        if let Some(language) = entry.language() {
            item["language"] = json!(language);
        }
        item
    });
    let whole: Value = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": without_controls(&feed.title),
        "home_page_url": to(&asked.address(Form::Html, None)),
        "feed_url": to(&asked.own),
        "items": items.collect::<Vec<_>>(),
    });
    format!("{whole}\n").into_bytes()
}

/// A list of feeds.
pub(super) fn opml(title: &str, feeds: &[Outline], asked: &Asked) -> Vec<u8> {
    let to = |path: &str| as_uri(&format!("{}{path}", asked.base));
    let mut opml = Document::new();
    opml.open("opml", &[("version", "2.0")]);
    opml.open("head", &[]);
    opml.leaf("title", &[], title);
    opml.leaf("docs", &[], "http://opml.org/spec2.opml");
    opml.close("head");
    opml.open("body", &[]);
    for feed in feeds {
        let title = without_controls(&shown(Some(&feed.title)));
        let (atom, page) = (to(&asked.with_token(feed.atom.clone())), to(&feed.page));
        opml.empty(
            "outline",
            &[("type", "rss"), ("text", &title), ("title", &title), ("xmlUrl", &atom), ("htmlUrl", &page)],
        );
    }
    opml.close("body");
    opml.close("opml");
    opml.end()
}
