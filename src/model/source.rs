//! What we follow.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use url::Url;

use super::{LoginName, Retention, Route, Validators, public_url};

/// The row id of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub i64);

/// The row id of a link, that is of an address at which an article may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub i64);

/// One lease of a source or a link to one worker.
///
/// A commit that carries a claim is only applied while that claim still holds, so an outcome that arrives after its
/// lease ran out, and was given to another, changes nothing twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimId(pub i64);

/// What stands at a source's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// RSS, Atom, RDF or JSON Feed.
    Feed,
    /// A sitemap or a sitemap index, by the sitemaps.org protocol.
    Sitemap,
    /// An HTML page that links to articles.
    Page,
    /// One article, looked at again for changes.
    Article,
}

impl SourceKind {
    /// The word used in the configuration and in the `sources.kind` column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::Feed => "feed",
            SourceKind::Sitemap => "sitemap",
            SourceKind::Page => "page",
            SourceKind::Article => "article",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "feed" => Ok(SourceKind::Feed),
            "sitemap" => Ok(SourceKind::Sitemap),
            "page" => Ok(SourceKind::Page),
            "article" => Ok(SourceKind::Article),
            other => Err(format!("unknown kind {other:?}, must be one of feed, sitemap, page, article")),
        }
    }
}

/// Where the text of a feed's articles is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FullText {
    /// From the entry where there is evidence that it holds the whole article, else from the page.
    #[default]
    Auto,
    /// From the entry. Article pages are never asked for.
    Feed,
    /// From the page. Where that is a wall, the entry's text stands in.
    Page,
}

impl FullText {
    /// The word used in the configuration and in the `sources.full_text` column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FullText::Auto => "auto",
            FullText::Feed => "feed",
            FullText::Page => "page",
        }
    }
}

impl fmt::Display for FullText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FullText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(FullText::Auto),
            "feed" => Ok(FullText::Feed),
            "page" => Ok(FullText::Page),
            other => Err(format!("unknown choice {other:?}, must be one of feed, page, auto")),
        }
    }
}

/// A source as the user named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The stable name; history hangs on it, not on the address.
    pub slug: String,
    /// Where it is.
    pub url: Url,
    /// What it is; found out by the first poll when absent.
    pub kind: Option<SourceKind>,
    /// The user's own words for it.
    pub tags: Vec<String>,
    /// What the user calls it, until it says itself what it is called.
    pub title: Option<String>,
    /// The page for people that it belongs to, where that is known.
    pub site_url: Option<Url>,
    /// Where the text of its articles is taken from.
    pub full_text: FullText,
    /// CSS selectors of the links to follow on a page; links are told by their shape when there are none.
    pub link_selectors: Vec<String>,
    /// The way to it and to the pages of its links; the usual one when absent.
    pub proxy: Option<Route>,
    /// The name under which its credentials are kept, if it asks for some.
    pub credentials: Option<String>,
    /// How long what it brings is kept; as everything else when absent.
    pub retention: Option<Retention>,
}

impl Source {
    /// A source of which nothing is known but its address.
    #[must_use]
    pub fn new(slug: String, url: Url) -> Self {
        Source {
            slug,
            url,
            kind: None,
            tags: Vec::new(),
            title: None,
            site_url: None,
            full_text: FullText::default(),
            link_selectors: Vec::new(),
            proxy: None,
            credentials: None,
            retention: None,
        }
    }
}

/// A sitemap that an index names, as it was when it was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSitemap {
    /// Its address.
    pub url: Url,
    /// Its validators.
    pub validators: Validators,
    /// SHA-256 of its body, for servers that have no validators.
    pub body_sha256: [u8; 32],
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its first moment.
    pub from: Timestamp,
    /// Its last moment.
    pub until: Timestamp,
}

/// A source whose time has come, claimed from the store.
#[derive(Clone, Debug)]
pub struct DueSource {
    /// Its row.
    pub id: SourceId,
    /// The lease under which it is polled.
    pub claim: ClaimId,
    /// Its stable name.
    pub slug: String,
    /// Where it is.
    pub url: Url,
    /// What it is, once known.
    pub kind: Option<SourceKind>,
    /// The validators of its last full answer, for a conditional request.
    pub validators: Validators,
    /// SHA-256 of its last full answer: equal bodies are recognised where a server has no validators.
    pub body_sha256: Option<[u8; 32]>,
    /// How many polls failed since the last one that did not.
    pub failures_in_a_row: u32,
    /// Seconds between its last two due times; absent before the first poll.
    pub interval_s: Option<u32>,
    /// Where the text of its articles is taken from.
    pub full_text: FullText,
    /// CSS selectors of the links to follow on a page.
    pub link_selectors: Vec<String>,
    /// The way to it, if it has one of its own.
    pub proxy: Option<Route>,
    /// Its credentials, if it asks for some.
    pub login: Option<LoginName>,
    /// The sitemaps of an index that were read last.
    pub children: Vec<ChildSitemap>,
    /// A stretch of time that its polls missed and nobody has tried to make good yet.
    pub gap: Option<TimeSpan>,
    /// Whether it was never reached, or is slow.
    pub is_probe: bool,
}

impl DueSource {
    /// Whether there are credentials in its address (`https://USER:PASSWORD@host/`), which nobody else is to see.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        *public_url(&self.url) != self.url
    }

    /// A source that nobody has claimed and of which nothing is known yet, to look what it has.
    #[must_use]
    pub fn untried(source: &Source) -> DueSource {
        DueSource {
            id: SourceId(0),
            claim: ClaimId(0),
            slug: source.slug.clone(),
            url: source.url.clone(),
            kind: source.kind,
            validators: Validators::default(),
            body_sha256: None,
            failures_in_a_row: 0,
            interval_s: None,
            full_text: source.full_text,
            link_selectors: source.link_selectors.clone(),
            proxy: source.proxy.clone(),
            login: source.credentials.as_deref().map(|name| LoginName::of(name, &source.url)),
            children: Vec::new(),
            gap: None,
            is_probe: true,
        }
    }
}
