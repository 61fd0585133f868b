//! What feed-rs, or the check before it, made of a feed, as links.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::SystemTime;

use feed_rs::model as read;
use url::Url;

use super::address::{is_of_the_web, resolve};
use super::body::html;
use super::date::Stamps;
use super::listing::{Listing, too_many};
use super::plain::{PlainFeed, PlainItem, PlainLink};
use super::text::said;
use super::vocabulary::Dialect;
use super::{date, persons, title};
use crate::dates;
use crate::model::{FeedText, FoundLink, NO_ADDRESS, SourceKind};

/// Runs feed-rs over a document in UTF-8.
///
/// It must make nothing up: an entry without an identity gets none, and dates are read by our own reader, packed as
/// [`date`] describes. Relative addresses stay relative, since feed-rs does not know what they are relative to.
///
/// The language of the channel, in the country of its site, and what the other dates of the feed show decide dates that are
/// not clear by themselves.
///
/// # Errors
///
/// What feed-rs said, or that it panicked.
pub(super) fn parse(document: &str, context: &Context<'_>) -> Result<read::Feed, String> {
    let stamps = Arc::new(Stamps::default());
    let feed = parse_with(document, Arc::clone(&stamps))?;
    let language = context.language.as_deref().or(feed.language.as_deref());
    match stamps.again(language_at_site(language, &feed.links, context)) {
        Some(stamps) => parse_with(document, Arc::new(stamps)),
        None => Ok(feed),
    }
}

/// A language in the country of the site that a feed says it is of.
fn language_at_site(language: Option<&str>, links: &[read::Link], context: &Context<'_>) -> Option<String> {
    let language = language?;
    let home = address(links, context.base);
    let host = home.as_ref().unwrap_or(context.base).host_str().unwrap_or_default();
    Some(dates::language_at(language, host).into_owned())
}

fn parse_with(document: &str, stamps: Arc<Stamps>) -> Result<read::Feed, String> {
    let parser = feed_rs::parser::Builder::new()
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| stamps.pack(text).map(Into::into))
        .build();
    catch_unwind(AssertUnwindSafe(|| parser.parse(document.as_bytes())))
        .unwrap_or_else(|_| Err(feed_rs::parser::ParseFeedError::IoError(std::io::Error::other("the parser panicked"))))
        .map_err(|error| error.to_string())
}

/// What the conversion needs to know beside the feed.
pub(super) struct Context<'a> {
    pub(super) dialect: Dialect,
    pub(super) format: &'static str,
    /// The language of the channel, where feed-rs does not tell it as it is written.
    pub(super) language: Option<String>,
    /// The address of the document.
    pub(super) base: &'a Url,
    pub(super) entries_max: usize,
}

/// Turns a feed into a list of links.
pub(super) fn listing(feed: read::Feed, context: &Context<'_>) -> Listing {
    let is_rss = feed_type_is_rss(&feed.feed_type);
    let place = Place::of(&feed.links, context);
    let n_entries = feed.entries.len();
    let entries = feed.entries.into_iter().take(context.entries_max);
    let links = entries.map(|entry| found_link(entry, is_rss, context.dialect, &place.base)).collect();
    let head = Head {
        title: feed.title.as_ref().and_then(|title| title_of(title, context.dialect)),
        language: context.language.clone().or_else(|| feed.language.and_then(said)),
        authors: if context.dialect == Dialect::Atom { names(feed.authors) } else { Vec::new() },
    };
    assembled(head, links, n_entries, &place, context)
}

/// The same of a feed that needed no feed-rs to be read. Nothing where an item's link leads nowhere: what stands in for it,
/// feed-rs must tell.
pub(super) fn listing_of_plain(feed: PlainFeed<'_>, context: &Context<'_>) -> Option<Listing> {
    let links: Vec<read::Link> = feed.links.iter().map(PlainLink::as_read).collect();
    let place = Place::of(&links, context);
    let language = context.language.clone().or_else(|| said(feed.language.as_deref()?.to_lowercase()));
    let stamps = stamps_of_plain(&feed, language_at_site(language.as_deref(), &links, context));
    let n_entries = feed.items.len();
    let items = feed.items.into_iter().take(context.entries_max);
    let links = items.map(|item| link_of_plain(item, &stamps, &place.base)).collect::<Option<_>>()?;
    let title = feed.title.and_then(|title| said(title::text_of_undeclared_title(title.trim())));
    Some(assembled(Head { title, language, authors: Vec::new() }, links, n_entries, &place, context))
}

/// How the dates of a plain feed are read: as all of them together show.
fn stamps_of_plain(feed: &PlainFeed<'_>, language: Option<String>) -> Stamps {
    let stamps = Stamps::default();
    let of_items = feed.items.iter().flat_map(|item| [&item.published, &item.updated]).flatten();
    for date in feed.dates.iter().chain(of_items) {
        stamps.read(date, None);
    }
    stamps.again(language).unwrap_or(stamps)
}

fn link_of_plain(item: PlainItem<'_>, stamps: &Stamps, base: &Url) -> Option<FoundLink> {
    let packed = |date: Option<Cow<'_, str>>| date.and_then(|date| stamps.pack(&date));
    let published = packed(item.published);
    let updated = packed(item.updated).filter(|updated| published != Some(*updated));
    let mut authors: Vec<String> = Vec::with_capacity(item.authors.len());
    for author in item.authors {
        add_name(&mut authors, author.trim());
    }
    let text = |text: Option<Cow<'_, str>>| text.and_then(|text| html(text.into_owned(), "text/html", true));
    Some(FoundLink {
        is_recording: false,
        url: Some(resolve(&as_parsed(item.link.as_deref()?), base)?),
        guid: item.guid.and_then(|guid| said(guid.into_owned())),
        title: item.title.and_then(|title| said(title::text_of_undeclared_title(title.trim()))),
        published: published.and_then(date::unpack),
        updated: updated.and_then(date::unpack),
        authors,
        language: None,
        text: FeedText { content: text(item.content), summary: text(item.summary), is_cut: false },
    })
}

impl PlainLink<'_> {
    fn as_read(&self) -> read::Link {
        let owned = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
        read::Link {
            href: as_parsed(&self.href).into_owned(),
            target: None,
            rel: owned(&self.rel),
            media_type: owned(&self.media_type),
            href_lang: None,
            title: None,
            length: None,
        }
    }
}

/// An address as feed-rs hands it on: brought into form where it can stand for itself.
fn as_parsed(href: &str) -> Cow<'_, str> {
    // All that an address may hold but brackets and quotes.
    let is_plain =
        |byte: u8| matches!(byte, b'!' | b'#'..=b'&' | b'('..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~');
    // Of such a one nothing changes that is not brought into form afterwards.
    if is_of_the_web(href) && href.bytes().all(is_plain) {
        return Cow::Borrowed(href);
    }
    Url::parse(href).map_or(Cow::Borrowed(href.trim()), |url| Cow::Owned(url.into()))
}

/// Where a feed is, and what its addresses are relative to.
struct Place {
    /// The site that it says it is of.
    home: Option<Url>,
    base: Url,
}

impl Place {
    /// RSS leaves open what its addresses are relative to, and its channel's link is what most of them mean; Atom says
    /// that it is the document.
    fn of(links: &[read::Link], context: &Context<'_>) -> Place {
        let own = own_address(links).filter(|_| context.base.as_str() == NO_ADDRESS);
        let document = own.as_ref().unwrap_or(context.base);
        let home = address(links, document);
        let base = home.as_ref().filter(|_| context.dialect != Dialect::Atom).unwrap_or(document).clone();
        Place { home, base }
    }
}

/// What a feed says of itself.
struct Head {
    title: Option<String>,
    language: Option<String>,
    authors: Vec<String>,
}

/// Puts the listing together, and fills in from the feed what an entry does not say.
fn assembled(
    head: Head,
    mut links: Vec<FoundLink>,
    n_entries: usize,
    Place { home, base }: &Place,
    context: &Context<'_>,
) -> Listing {
    let mut problems = Vec::new();
    if n_entries > context.entries_max {
        problems.push(too_many(context.entries_max));
    }
    for (number, link) in (1_usize..).zip(&mut links) {
        if home.is_some() && link.url == *home {
            // Some give each entry the address of the whole site, and its own as its identity.
            link.url = permanent_address(link, base).or(link.url.take());
        }
        if link.authors.is_empty() {
            // RFC 4287, section 4.2.1: the authors of the feed are those of an entry without any.
            link.authors.clone_from(&head.authors);
        }
        if link.language.is_none() {
            link.language.clone_from(&head.language);
        }
        if link.url.is_none() {
            problems.push(format!("entry {number} has no address that can be followed"));
        }
    }
    let Head { title, language, .. } = head;
    Listing {
        kind: SourceKind::Feed,
        format: context.format,
        title,
        language,
        links,
        children: Vec::new(),
        problems,
        ttl_s: None,
        is_cut: false,
    }
}

fn feed_type_is_rss(feed_type: &read::FeedType) -> bool {
    matches!(feed_type, read::FeedType::RSS0 | read::FeedType::RSS1 | read::FeedType::RSS2)
}

fn found_link(entry: read::Entry, is_rss: bool, dialect: Dialect, base: &Url) -> FoundLink {
    // RSS says of no text whether it is HTML.
    let is_undeclared = dialect != Dialect::Atom;
    let guid = said(entry.id);
    // For RSS, feed-rs copies the one date to the other.
    let updated = entry.updated.filter(|updated| !(is_rss && entry.published == Some(*updated)));
    let source = entry.content.as_ref().and_then(|content| {
        let is_recording = matches!(content.content_type.ty().as_str(), "audio" | "video");
        Some((resolve(&content.src.as_ref()?.href, base)?, is_recording))
    });
    let url = address(&entry.links, base)
        // `isPermaLink="false"` is not looked at: without a link the guid is all there is, and one that is an
        // address of the web in form mostly is one in fact.
        .or_else(|| guid.as_deref().filter(|guid| is_of_the_web(guid)).and_then(|guid| Url::parse(guid).ok()))
        .or_else(|| guid.as_deref().filter(|guid| is_path(guid)).and_then(|guid| resolve(guid, base)))
        .or_else(|| source.clone().filter(|(_, is_recording)| !is_recording).map(|(page, _)| page))
        .or_else(|| other_address(&entry.links, base));
    let recording = match (&url, source) {
        (Some(_), _) => None,
        (None, Some((recording, _))) => Some(recording),
        (None, None) => recording(&entry.links, &entry.media, base),
    };
    FoundLink {
        is_recording: recording.is_some(),
        url: url.or(recording),
        guid,
        title: entry.title.as_ref().and_then(|title| title_of(title, dialect)),
        published: entry.published.and_then(|packed| date::unpack(SystemTime::from(packed))),
        updated: updated.and_then(|packed| date::unpack(SystemTime::from(packed))),
        authors: names(entry.authors),
        language: entry.language.and_then(said),
        text: FeedText {
            content: entry.content.and_then(|content| {
                let body = content.body?;
                html(body, content.content_type.as_str(), is_undeclared)
            }),
            summary: entry
                .summary
                .and_then(|summary| html(summary.content, summary.content_type.as_str(), is_undeclared)),
            is_cut: false,
        },
    }
}

/// A title as plain text.
fn title_of(title: &read::Text, dialect: Dialect) -> Option<String> {
    let text = &title.content;
    let media_type = title.content_type.as_str();
    said(if media_type.contains("xhtml") {
        title::text_of_xhtml_title(text)
    } else if dialect != Dialect::Atom {
        title::text_of_undeclared_title(text)
    } else if media_type.contains("html") {
        title::text_of_title(text)
    } else {
        title::text_of_plain_title(text)
    })
}

fn names(persons: Vec<read::Person>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(persons.len());
    for person in persons {
        let name = match (person.name, person.email) {
            (Some(name), Some(mail)) => {
                let bare = persons::unwrapped(&name);
                if bare.is_empty() { mail } else { bare.to_owned() }
            }
            (Some(name), None) => persons::name_of_person(&name),
            (None, Some(mail)) => mail,
            (None, None) => continue,
        };
        add_name(&mut names, &name);
    }
    names
}

/// Adds a name as plain text, unless it is there.
fn add_name(names: &mut Vec<String>, name: &str) {
    let name = title::text_of_title(name);
    if !name.is_empty() && !names.contains(&name) {
        names.push(name);
    }
}

/// The address of the page that an entry or a feed is about: the alternate link if there is one, a page sooner than
/// anything else.
fn address(links: &[read::Link], base: &Url) -> Option<Url> {
    let mut best: Option<(u8, Url)> = None;
    for link in links {
        let Some(rank) = rank_of_link(link) else { continue };
        if best.as_ref().is_none_or(|(best_rank, _)| rank < *best_rank)
            && let Some(url) = resolve(&link.href, base)
        {
            best = Some((rank, url));
        }
    }
    best.map(|(_, url)| url)
}

/// The address that an entry's identity is, if it is that of a page of the same site.
fn permanent_address(link: &FoundLink, base: &Url) -> Option<Url> {
    let guid = link.guid.as_deref().filter(|guid| is_of_the_web(guid))?;
    let url = Url::parse(guid).ok()?;
    (url.host_str() == base.host_str() && !url.path().trim_matches('/').is_empty()).then_some(url)
}

/// Whether an identity is an address without its host.
fn is_path(guid: &str) -> bool {
    guid.starts_with('/') && guid.len() > 1 && !guid.contains(char::is_whitespace)
}

/// Where a feed says that it is itself, or else its page.
fn own_address(links: &[read::Link]) -> Option<Url> {
    let absolute = |link: &read::Link| Url::parse(link.href.trim()).ok().filter(Url::has_host);
    let is_own = |link: &&read::Link| link.rel.as_deref().is_some_and(|rel| rel.eq_ignore_ascii_case("self"));
    links.iter().filter(is_own).find_map(absolute).or_else(|| links.iter().find_map(absolute))
}

/// The address of the entry's page by another relation than the usual: for entries without that.
fn other_address(links: &[read::Link], base: &Url) -> Option<Url> {
    ["canonical", "permalink", "bookmark", "self"].iter().find_map(|relation| {
        let is_it = |link: &&read::Link| {
            link.rel.as_deref().is_some_and(|rel| rel.trim().eq_ignore_ascii_case(relation))
                && link.media_type.as_deref().is_none_or(|kind| kind.contains("html"))
        };
        links.iter().filter(is_it).find_map(|link| resolve(&link.href, base))
    })
}

/// The recording that an entry of a podcast brings. A picture is none.
fn recording(links: &[read::Link], media: &[read::MediaObject], base: &Url) -> Option<Url> {
    let is_enclosure = |link: &&read::Link| {
        link.rel.as_deref().is_some_and(|rel| rel.eq_ignore_ascii_case("enclosure"))
            && !link.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"))
    };
    let is_recording =
        |content: &&read::MediaContent| content.content_type.as_ref().is_none_or(|kind| kind.ty().as_str() != "image");
    let contents = media.iter().flat_map(|object| &object.content);
    links.iter().filter(is_enclosure).find_map(|link| resolve(&link.href, base)).or_else(|| {
        contents.filter(is_recording).find_map(|content| content.url.clone()).filter(|url| is_of_the_web(url.as_str()))
    })
}

/// How well a link fits, the lowest best; `None` for those to something else than the page.
fn rank_of_link(link: &read::Link) -> Option<u8> {
    if link.target.is_some() {
        return None;
    }
    let rel = link.rel.as_deref().unwrap_or("alternate").trim();
    // Relations may be written in full, as addresses at their registry.
    let rel = rel.rsplit('/').next().unwrap_or(rel);
    let is_page = link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    if rel.is_empty() || rel.eq_ignore_ascii_case("alternate") { Some(u8::from(!is_page)) } else { None }
}
