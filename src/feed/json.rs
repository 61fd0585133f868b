//! JSON Feed (<https://www.jsonfeed.org/version/1.1/>).
//!
//! Read here and not by feed-rs, which wants each value to be of the type that it should be: numbers as identities,
//! missing titles and authors given as a name alone are common, and one of them would cost the feed.

use serde_json::{Map, Value};
use url::Url;

use super::address::{is_of_the_web, resolve};
use super::body::html;
use super::date::Stamps;
use super::error::FeedError;
use super::listing::{Listing, too_many};
use super::text::said;
use super::{json_repair, title};
use crate::dates;
use crate::model::{FeedText, FoundLink, NO_ADDRESS, SourceKind};

/// Reads a JSON Feed. What follows the first value is ignored.
pub(super) fn read(document: &str, base: &Url, entries_max: usize) -> Result<Listing, FeedError> {
    let (feed, mut problems) = match serde_json::Deserializer::from_str(document).into_iter::<Value>().next() {
        Some(Ok(Value::Object(feed))) => (feed, Vec::new()),
        Some(Ok(_)) => return Err(FeedError::OtherJson),
        Some(Err(error)) => match json_repair::salvage(document, entries_max) {
            Some(mut salvaged) => {
                salvaged.head.insert("items".to_owned(), Value::Array(salvaged.items));
                (salvaged.head, salvaged.problems)
            }
            None => return Err(broken(&error)),
        },
        None => return Err(FeedError::Empty),
    };
    let version = feed.get("version").and_then(Value::as_str).unwrap_or_default();
    let is_declared = version.contains("jsonfeed.org");
    let items = match feed.get("items") {
        Some(Value::Array(items)) => items.as_slice(),
        _ if is_declared => &[],
        _ => return Err(FeedError::OtherJson),
    };
    let own = string(&feed, "feed_url").filter(|_| base.as_str() == NO_ADDRESS).and_then(|href| resolve(&href, base));
    let base = own.as_ref().unwrap_or(base);
    let home = string(&feed, "home_page_url").and_then(|href| resolve(&href, base));
    let base = home.as_ref().unwrap_or(base);
    let language = string(&feed, "language");
    let feed_authors = authors(&feed);
    if items.len() > entries_max {
        problems.push(too_many(entries_max));
    }
    let host = base.host_str().unwrap_or_default();
    let dates = Dates::of(items.iter().take(entries_max), language.as_deref(), host);
    let mut links = Vec::with_capacity(items.len().min(entries_max));
    for (number, item) in (1_usize..).zip(items).take(entries_max) {
        let Value::Object(item) = item else {
            problems.push(format!("entry {number} is no JSON object"));
            continue;
        };
        let mut link = found_link(item, base, &dates);
        if link.authors.is_empty() {
            link.authors.clone_from(&feed_authors);
        }
        if link.language.is_none() {
            link.language.clone_from(&language);
        }
        if link.url.is_none() {
            problems.push(format!("entry {number} has no address that can be followed"));
        }
        links.push(link);
    }
    Ok(Listing {
        kind: SourceKind::Feed,
        format: if version.ends_with("/1") { "json feed 1.0" } else { "json feed 1.1" },
        title: string(&feed, "title").map(|title| title::text_of_undeclared_title(&title)).and_then(said),
        language,
        links,
        children: Vec::new(),
        problems,
        ttl_s: None,
        is_cut: false,
    })
}

fn broken(error: &serde_json::Error) -> FeedError {
    FeedError::Json { line: error.line(), column: error.column(), reason: json_repair::reason(error) }
}

fn found_link(item: &Map<String, Value>, base: &Url, dates: &Dates<'_>) -> FoundLink {
    let language = string(item, "language");
    let guid = string(item, "id");
    let candidates = [string(item, "url"), string(item, "external_url")];
    let url = candidates.into_iter().flatten().find_map(|href| resolve(&href, base)).or_else(|| {
        let guid = guid.as_deref().filter(|guid| is_of_the_web(guid))?;
        resolve(guid, base)
    });
    let plain = string(item, "content_text").and_then(|body| html(body, "text/plain", false));
    let content = string(item, "content_html").and_then(|body| html(body, "text/html", true));
    let recording = if url.is_none() { recording(item, base) } else { None };
    FoundLink {
        is_recording: recording.is_some(),
        url: url.or(recording),
        guid,
        title: string(item, "title").map(|title| title::text_of_undeclared_title(&title)).and_then(said),
        published: dates.read(item, "date_published"),
        updated: dates.read(item, "date_modified"),
        authors: authors(item),
        language,
        text: FeedText {
            content: content.or(plain),
            summary: string(item, "summary").and_then(|body| html(body, "text/plain", false)),
            is_cut: false,
        },
    }
}

/// The first attachment that is no picture.
fn recording(item: &Map<String, Value>, base: &Url) -> Option<Url> {
    let attachments = item.get("attachments")?.as_array()?.iter().filter_map(Value::as_object);
    let is_picture = |attachment: &Map<String, Value>| {
        string(attachment, "mime_type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("image/"))
    };
    attachments
        .filter(|attachment| !is_picture(attachment))
        .find_map(|attachment| resolve(&string(attachment, "url")?, base))
}

/// A value as text; numbers are written out.
fn string(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) => said(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// How the dates of a feed are read: in its language, in the country of its site, and in the order that those of them show
/// that are clear.
struct Dates<'a> {
    stamps: Stamps,
    language: Option<&'a str>,
    host: &'a str,
}

impl<'a> Dates<'a> {
    fn of(items: impl Iterator<Item = &'a Value>, language: Option<&'a str>, host: &'a str) -> Dates<'a> {
        let mut dates = Dates { stamps: Stamps::default(), language, host };
        for item in items.filter_map(Value::as_object) {
            for key in ["date_published", "date_modified"] {
                dates.read(item, key);
            }
        }
        if let Some(again) = dates.stamps.again(None) {
            dates.stamps = again;
        }
        dates
    }

    fn read(&self, item: &Map<String, Value>, key: &str) -> Option<String> {
        let own = string(item, "language");
        let language = own.as_deref().or(self.language).map(|language| dates::language_at(language, self.host));
        Some(self.stamps.read(&string(item, key)?, language.as_deref())?.to_rfc3339())
    }
}

/// `authors` of version 1.1, or the `author` of 1.0; each an object with a `name`, or a name.
fn authors(object: &Map<String, Value>) -> Vec<String> {
    let listed = match (object.get("authors"), object.get("author")) {
        (Some(Value::Array(authors)), _) if !authors.is_empty() => authors.as_slice(),
        (Some(author), _) | (None, Some(author)) if !author.is_array() => std::slice::from_ref(author),
        (_, Some(author)) => std::slice::from_ref(author),
        _ => &[],
    };
    let mut names = Vec::new();
    for author in listed {
        let name = match author {
            Value::String(name) => said(name.clone()),
            Value::Object(author) => string(author, "name"),
            _ => None,
        };
        if let Some(name) = name
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}
