//! Bytes to links and poll hints: feeds of all kinds, sitemaps, pages of links. Pure.
//!
//! A feed goes this way:
//!
//! ```text
//! bytes ──► unpack ──► charset ──► doctype ──► root ──► survey ──► feed-rs ──► links
//!                                                         │            ▲
//!                                                         └► repair ───┘
//! ```
//!
//! feed-rs is the parser, and gives elements their meaning. It is strict, and where it is not it is silent: so a pass
//! over the document (`survey`) looks for what it would refuse, read wrongly or choke on, and such documents are
//! written anew (`repair`). Clean feeds, which most are, pay for the survey alone. JSON Feed and sitemaps have readers
//! of their own, and of JSON that is broken the complete items are saved (`json_repair`).

mod base64;
mod convert;
mod doctype;
mod entities;
mod entity_names;
mod entry;
mod error;
mod json;
mod json_repair;
mod markup;
mod page;
mod repair;
mod sitemap;
mod skips;
mod sniff;
mod stamp;
mod survey;
mod text;
mod unpack;
mod vocabulary;

use std::borrow::Cow;

use url::Url;

use crate::charset;
use crate::config::FeedSettings;
use crate::model::{FetchedDocument, FoundLink, SourceKind};

pub use error::FeedError;
pub use page::{NamedFeed, PageClues, clues_of_page, feeds_of_page, looks_like_list, read_page};
pub use skips::skips;
pub use sniff::looks_like_feed;
pub use text::text_of_html;

use markup::{Scanner, Tag, Token};
use vocabulary::Dialect;

/// What a document says exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// What the document is.
    pub kind: SourceKind,
    /// Its format, for people: `rss 2.0`, `atom`, `json feed 1.1`, `sitemap`.
    pub format: &'static str,
    /// The title it gives itself, as plain text.
    pub title: Option<String>,
    /// The language it says it is in.
    pub language: Option<String>,
    /// Its links, in the order of the document.
    pub links: Vec<FoundLink>,
    /// The sitemaps that a sitemap index names, newest first.
    pub children: Vec<Url>,
    /// What was wrong with it, in words for people.
    pub problems: Vec<String>,
    /// How long to wait until the next poll, in seconds, by RSS `ttl` or `sy:updatePeriod`.
    pub ttl_s: Option<u32>,
}

impl Listing {
    fn empty(kind: SourceKind, format: &'static str) -> Self {
        Listing {
            kind,
            format,
            title: None,
            language: None,
            links: Vec::new(),
            children: Vec::new(),
            problems: Vec::new(),
            ttl_s: None,
        }
    }
}

fn too_many(entries_max: usize) -> String {
    format!("the document has more than {entries_max} entries, the rest is not read")
}

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
    let mut listing = read_text(text, &document.final_url, settings.entries_max)?;
    if listing.links.is_empty() && listing.children.is_empty() {
        listing.problems.push("it was read, and there are no entries in it".to_owned());
    }
    Ok(listing)
}

fn read_text(text: &str, base: &Url, entries_max: usize) -> Result<Listing, FeedError> {
    if text.starts_with('{') || text.starts_with('[') {
        return json::read(text, base, entries_max);
    }
    match doctype::expanded(text) {
        Some(text) => read_markup(&text, base, entries_max),
        None => read_markup(text, base, entries_max),
    }
}

fn read_markup(text: &str, base: &Url, entries_max: usize) -> Result<Listing, FeedError> {
    match find_root(text) {
        Root::Feed { dialect, tag, start, behind } => {
            read_feed(&Source { dialect, tag, text, start, behind, base, entries_max })
        }
        Root::Sitemap { tag, behind } => Ok(sitemap::read(&tag, &text[behind..], base, entries_max)),
        Root::Html => Err(FeedError::Html { feeds: page::feeds_of_html(text, base) }),
        Root::Other(name) => Err(FeedError::OtherRoot { root: name.to_owned() }),
        Root::None => sitemap::read_lines(text, entries_max).ok_or(FeedError::NoMarkup),
    }
}

/// The element that says what a document is.
enum Root<'t> {
    Feed { dialect: Dialect, tag: Tag<'t>, start: usize, behind: usize },
    Sitemap { tag: Tag<'t>, behind: usize },
    Html,
    Other(&'t str),
    None,
}

/// Looks for the root. What stands before it (a declaration, or the error messages of a server) is passed over, and
/// also a page of HTML that was put around it.
fn find_root(text: &str) -> Root<'_> {
    let mut scanner = Scanner::new(text);
    let (mut first, mut is_html, mut is_within_html) = (None, false, false);
    while let Some(token) = scanner.next() {
        let tag = match token {
            Token::Open(tag) => tag,
            Token::Other(inside) => {
                // It takes an element to be a page: there are feeds that claim this document type.
                is_html |= is_html_document_type(inside);
                continue;
            }
            _ => continue,
        };
        let (start, behind) = (scanner.token_start(), scanner.position());
        let mut buffer = [0_u8; 16];
        let dialect = match vocabulary::lower_case(tag.local_name(), &mut buffer) {
            Some("rdf") => Dialect::Rdf,
            Some("feed" | "entry") => Dialect::Atom,
            Some("channel") if tag.attribute("href").is_some() || tag.name == "CHANNEL" => Dialect::Cdf,
            Some("rss" | "channel") => Dialect::Rss,
            Some("urlset" | "sitemapindex") => return Root::Sitemap { tag, behind },
            Some("html" | "frameset") => {
                if !has_feed_within(&text[behind..]) {
                    return Root::Html;
                }
                is_within_html = true;
                continue;
            }
            Some("script" | "style") if is_within_html => {
                scanner.skip_raw_text(tag.name);
                continue;
            }
            // Pages have elements of their own with such names.
            _ if is_within_html && !is_root_of_feed(&tag) => continue,
            _ => {
                first.get_or_insert(tag.name);
                continue;
            }
        };
        return Root::Feed { dialect, tag, start, behind };
    }
    match first {
        _ if is_html || is_within_html => Root::Html,
        None => Root::None,
        Some(name) if text::is_html_element(name) => Root::Html,
        // What else looks like a tag may be so by chance.
        Some(name) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)) => Root::None,
        Some(name) => Root::Other(name),
    }
}

/// Whether it is worth looking for a feed in a page.
fn has_feed_within(page: &str) -> bool {
    ["<rss", "<feed", "<rdf:RDF"].iter().any(|tag| memchr::memmem::find(page.as_bytes(), tag.as_bytes()).is_some())
}

fn is_root_of_feed(tag: &Tag<'_>) -> bool {
    (tag.name == "rss" && tag.attribute("version").is_some())
        || (matches!(tag.name, "feed" | "rdf:RDF") && tag.attribute("xmlns").is_some())
}

fn is_html_document_type(inside: &str) -> bool {
    inside.get(.."doctype".len()).is_some_and(|word| word.eq_ignore_ascii_case("doctype"))
        && inside["doctype".len()..]
            .trim_start()
            .get(.."html".len())
            .is_some_and(|word| word.eq_ignore_ascii_case("html"))
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
    let rest = &source.text[source.behind..];
    let survey = survey::survey(source.dialect, &source.tag, rest);
    let context = convert::Context {
        dialect: source.dialect,
        format: format_of(source.dialect, &source.tag),
        language: survey.channel.language.clone(),
        base: source.base,
        entries_max: source.entries_max,
    };
    // The document begins with its root: without its declaration it is UTF-8, which it now is, whatever that said.
    let clean = match survey.flaw {
        None => convert::parse(&source.text[source.start..source.behind + survey.end]).ok(),
        Some(_) => None,
    };
    let mut listing = match clean {
        // Without any the entries may be where neither has looked for them.
        Some(feed) if feed.entries.len() == survey.n_entries && survey.n_entries > 0 => {
            convert::listing(feed, &context)
        }
        _ => repaired(source, &context)?,
    };
    listing.ttl_s = survey.channel.ttl_s();
    Ok(listing)
}

fn repaired(source: &Source<'_>, context: &convert::Context<'_>) -> Result<Listing, FeedError> {
    let rest = &source.text[source.behind..];
    let repaired = repair::repair(source.dialect, &source.tag, rest, source.base, source.entries_max);
    let feed = convert::parse(&repaired.document).map_err(|reason| FeedError::Xml { reason })?;
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
mod damage;
#[cfg(test)]
mod tests;
