//! A stream as Atom (RFC 4287), in which Google had it too: newsboat reads streams in no other form.

use super::items::{self, Item};
use super::question::Question;
use super::streams::{Stream, Subscriptions, state};
use crate::serve::miss::Miss;
use crate::serve::xml::Document;
use crate::store::Reader;

/// The scheme of categories that are states of an entry, as Google named it.
const SCHEME: &str = "http://www.google.com/reader/";

/// What Atom wants where no name is known.
const NOBODY: &str = "unknown";

/// A stream as a feed.
pub(super) fn feed(reader: &Reader, name: &str, question: &Question) -> Result<Vec<u8>, Miss> {
    let subscriptions = Subscriptions::of(reader)?;
    let (items, last) = items::items_of(reader, &subscriptions, name, question)?;
    let mut atom = Document::new();
    atom.open(
        "feed",
        &[("xmlns", "http://www.w3.org/2005/Atom"), ("xmlns:gr", "http://www.google.com/schemas/reader/atom/")],
    );
    atom.leaf("id", &[], &format!("tag:google.com,2005:reader/{name}"));
    atom.leaf("title", &[], &title(name, &subscriptions));
    let updated_at = items.iter().map(|item| item.updated_at.as_str()).max().unwrap_or("1970-01-01T00:00:00Z");
    atom.leaf("updated", &[], updated_at);
    if let Some(last) = last {
        atom.leaf("gr:continuation", &[], &last.to_string());
    }
    for item in &items {
        entry(&mut atom, item);
    }
    atom.close("feed");
    Ok(atom.end())
}

fn title(name: &str, subscriptions: &Subscriptions) -> String {
    let found = match Stream::read(name) {
        Ok(Stream::Source(id)) => id.parse().ok().and_then(|id| subscriptions.source(id)).map(super::lists::title),
        Ok(Stream::Watch(id)) => subscriptions.watch(id).map(|watch| watch.name.as_str()),
        _ => None,
    };
    found.unwrap_or(name).to_owned()
}

fn entry(atom: &mut Document, item: &Item) {
    atom.open("entry", &[]);
    atom.leaf("id", &[], &item.id);
    atom.leaf("title", &[], &item.title);
    atom.leaf("published", &[], &item.published_at.to_string());
    atom.leaf("updated", &[], &item.updated_at);
    atom.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &item.link)]);
    for name in &item.authors {
        atom.author(name);
    }
    if item.authors.is_empty() {
        atom.author(NOBODY);
    }
    // newsboat keeps its own marks unless it is told either.
    let read = if item.is_unread { "kept-unread" } else { "read" };
    for name in [Some("reading-list"), Some(read), item.is_starred.then_some("starred")].into_iter().flatten() {
        atom.empty("category", &[("term", &state(name)), ("scheme", SCHEME), ("label", name)]);
    }
    atom.leaf("content", &[("type", "html")], &item.content);
    atom.close("entry");
}
