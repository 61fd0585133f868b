//! Bytes to links and poll hints: feeds of all kinds, sitemaps, pages of links. Pure.
//!
//! A feed goes this way:
//!
//! ```text
//! bytes ──► unpack ──► charset ──► doctype ──► root ──► precheck ──► plain ──► convert ──► links
//!                                                          │                      ▲
//!                                                          ├──────────► feed-rs ──┤
//!                                                          └─► repair ► feed-rs ──┘
//! ```
//!
//! feed-rs is the parser, and gives elements their meaning. It is strict, and where it is not it is silent: so a pass
//! over the document (`precheck`) looks for what it would refuse, read wrongly or choke on, and such documents are
//! rewritten (`repair`). Clean feeds pay for the check alone, and of those that hold nothing but texts in RSS 2.0, which
//! most are, the check has all there is to read (`plain`). JSON Feed and sitemaps have readers of their own, and of JSON
//! that is broken the complete items are saved (`json_repair`).

mod address;
mod base64;
mod body;
mod bounds;
mod convert;
mod date;
mod doctype;
mod entities;
mod entity_names;
mod entry;
mod error;
mod json;
mod json_repair;
mod listing;
mod markup;
mod meant_tags;
mod mojibake;
mod page;
mod persons;
mod plain;
mod precheck;
mod repair;
mod root;
mod sitemap;
mod skip_hours;
mod sniff;
mod text;
mod text_value;
mod title;
mod unpack;
mod vocabulary;

use std::borrow::Cow;

use url::Url;

use crate::charset;
use crate::config::FeedSettings;
use crate::model::FetchedDocument;

pub use bounds::bound;
pub use error::FeedError;
pub use listing::Listing;
pub use page::{NamedFeed, PageClues, clues_of_page, feeds_of_page, looks_like_list, read_page};
pub use skip_hours::skips;
pub use sniff::looks_like_feed;
pub use text::text_of_html;

use markup::Tag;
use root::{Root, find_root};
use vocabulary::Dialect;

/// Reads a feed or sitemap, whichever it is by its content; media types are not asked, since servers guess them.
///
/// What was wrong with it and did not keep it from being read is in [`Listing::problems`], also that there is nothing
/// in it.
///
/// # Errors
///
/// If it is neither.
pub fn read(document: &FetchedDocument, settings: &FeedSettings) -> Result<Listing, FeedError> {
    let bytes = unpack::unpacked(&document.body)?;
    let decoded = charset::decode(&bytes, document.content_type.as_deref());
    let text = decoded.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut listing = read_text(text, &document.final_url, settings.entries_max).map_err(|error| match error {
        FeedError::Html { .. } => {
            FeedError::Html { feeds: page::feeds_of_html(text, document.link.as_deref(), &document.final_url) }
        }
        other => other,
    })?;
    undo_mojibake(&mut listing);
    bounds::bound(&mut listing, settings);
    if listing.links.is_empty() && listing.children.is_empty() {
        listing.problems.push("it was read, and there are no entries in it".to_owned());
    }
    Ok(listing)
}

fn undo_mojibake(listing: &mut Listing) {
    let undo_in_text = |text: &mut Option<String>| *text = text.take().map(mojibake::undone_in_text);
    let undo_in_html = |html: &mut Option<String>| *html = html.take().map(mojibake::undone_in_html);
    undo_in_text(&mut listing.title);
    for link in &mut listing.links {
        undo_in_text(&mut link.title);
        undo_in_html(&mut link.text.content);
        undo_in_html(&mut link.text.summary);
        for author in &mut link.authors {
            *author = mojibake::undone_in_text(std::mem::take(author));
        }
    }
}

fn read_text(text: &str, base: &Url, entries_max: usize) -> Result<Listing, FeedError> {
    if text.starts_with('{') || text.starts_with('[') {
        let listing = json::read(text, base, entries_max)?;
        return Ok(Listing { is_cut: !text.trim_end().ends_with(['}', ']']), ..listing });
    }
    match doctype::expanded(text) {
        Some(text) => read_markup(&text, base, entries_max),
        None => read_markup(text, base, entries_max),
    }
}

fn read_markup(text: &str, base: &Url, entries_max: usize) -> Result<Listing, FeedError> {
    match find_root(text) {
        Root::Feed { dialect, tag, start, behind } => {
            let is_cut = ends_early(&tag, &text[behind..]);
            let listing = read_feed(&Source { dialect, tag, text, start, behind, base, entries_max })?;
            Ok(Listing { is_cut, ..listing })
        }
        Root::Sitemap { tag, behind } => {
            let mut listing = sitemap::read(&tag, &text[behind..], base, entries_max);
            listing.is_cut = ends_early(&tag, &text[behind..]);
            if listing.is_cut && listing.problems.is_empty() {
                listing.problems.push("the document ends early".to_owned());
            }
            Ok(listing)
        }
        // Which feeds it names is told where its headers are known.
        Root::Html => Err(FeedError::Html { feeds: Vec::new() }),
        Root::Other(name) => Err(FeedError::OtherRoot { root: name.to_owned() }),
        Root::None => sitemap::read_lines(text, entries_max).ok_or(FeedError::NoMarkup),
    }
}

/// Whether the root is never closed in what stands behind its tag.
fn ends_early(root: &Tag<'_>, behind: &str) -> bool {
    !root.is_empty && behind.rfind(&format!("</{}", root.name)).is_none()
}

/// An XML feed, found in its document.
struct Source<'t> {
    dialect: Dialect,
    tag: Tag<'t>,
    text: &'t str,
    /// Where the root's tag begins and ends.
    start: usize,
    behind: usize,
    base: &'t Url,
    entries_max: usize,
}

fn read_feed(source: &Source<'_>) -> Result<Listing, FeedError> {
    let precheck = precheck::check(source.dialect, &source.tag, &source.text[source.behind..]);
    let context = convert::Context {
        dialect: source.dialect,
        format: format_of(source.dialect, &source.tag),
        language: precheck.channel.language.clone(),
        base: source.base,
        entries_max: source.entries_max,
    };
    let (n_entries, ttl_s) = (precheck.n_entries, precheck.channel.ttl_s());
    let end = source.behind + precheck.end;
    let clean = match precheck.flaw {
        None if n_entries > 0 => (precheck.plain.and_then(|plain| convert::listing_of_plain(plain, &context)))
            .or_else(|| clean(source, end, n_entries, &context)),
        // Without any the entries may be where neither has looked for them.
        _ => None,
    };
    let mut listing = match clean {
        Some(listing) => listing,
        None => repaired(source, &context)?,
    };
    listing.ttl_s = ttl_s;
    Ok(listing)
}

/// What feed-rs reads in a document that ends at `end`, if it finds the entries that are there.
fn clean(source: &Source<'_>, end: usize, n_entries: usize, context: &convert::Context<'_>) -> Option<Listing> {
    // The document begins with its root: without its declaration it is UTF-8, which it now is, whatever that said.
    let feed = convert::parse(&source.text[source.start..end], context).ok()?;
    (feed.entries.len() == n_entries).then(|| convert::listing(feed, context))
}

fn repaired(source: &Source<'_>, context: &convert::Context<'_>) -> Result<Listing, FeedError> {
    let rest = &source.text[source.behind..];
    let repaired = repair::repair(source.dialect, &source.tag, rest, source.base, source.entries_max);
    let feed = convert::parse(&repaired.document, context).map_err(|reason| FeedError::Xml { reason })?;
    let n_read = feed.entries.len();
    let mut listing = convert::listing(feed, context);
    listing.problems.extend(repaired.problems);
    if n_read < repaired.n_entries {
        listing.problems.push(format!(
            "{} of {} entries could not be read",
            repaired.n_entries - n_read,
            repaired.n_entries
        ));
    }
    Ok(listing)
}

fn format_of(dialect: Dialect, root: &Tag<'_>) -> &'static str {
    let version = root.attribute("version").map_or(Cow::Borrowed(""), text::trimmed_cow);
    match (dialect, version.as_ref()) {
        (Dialect::Rss, "0.90") => "rss 0.90",
        (Dialect::Rss, "0.91") => "rss 0.91",
        (Dialect::Rss, "0.92") => "rss 0.92",
        (Dialect::Rss, "0.93") => "rss 0.93",
        (Dialect::Rss, "0.94") => "rss 0.94",
        (Dialect::Rss, _) => "rss 2.0",
        (Dialect::Rdf, _) if root.attributes.contains("rdf/simple/0.9") => "rss 0.90",
        (Dialect::Rdf, _) => "rss 1.0",
        (Dialect::Atom, "0.1" | "0.2" | "0.3") => "atom 0.3",
        (Dialect::Atom, _) => "atom",
        (Dialect::Cdf, _) => "cdf",
    }
}

#[cfg(test)]
mod damaged_documents;
#[cfg(test)]
mod side_by_side;
#[cfg(test)]
mod tests;
