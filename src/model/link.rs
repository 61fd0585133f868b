//! From a link as a feed gave it to an address that is worth a fetch.

use std::fmt;

use jiff::Timestamp;
use url::Url;

use super::credentials::public_url;
use super::domain::registrable_domain;
use super::{ClaimId, FullText, LinkId, LoginName, Route, SourceId, Validators, page_form};

/// A link that a poll found, with what the feed, sitemap or page said of it. Strings are the document's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundLink {
    /// Absolute address of the article; absent where an entry has none.
    pub url: Option<Url>,
    /// The entry's `guid` or `id`.
    pub guid: Option<String>,
    /// Title as plain text.
    pub title: Option<String>,
    /// When the entry was published, as written.
    pub published: Option<String>,
    /// When the entry was last updated, as written.
    pub updated: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Language tag of the entry or of its feed.
    pub language: Option<String>,
    /// The entry's texts.
    pub text: FeedText,
    /// Whether the address is that of a recording, since the entry of a podcast often has no other: there is no page.
    pub is_recording: bool,
}

/// The texts of a feed entry, as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedText {
    /// `content:encoded`, Atom `content`, JSON Feed `content_html`.
    pub content: Option<String>,
    /// `description`, Atom `summary`, JSON Feed `summary`.
    pub summary: Option<String>,
    /// Whether one of them was longer than what is kept, and is cut.
    pub is_cut: bool,
}

impl FeedText {
    /// How long they are together.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        [&self.content, &self.summary].into_iter().flatten().map(String::len).sum()
    }
}

/// A found link that can be followed, in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedLink {
    /// Its address.
    pub url: CanonicalUrl,
    /// Who publishes there: what politeness is counted by.
    pub publisher: String,
    /// When the source says it was last changed; a later time than the last one means another look.
    pub updated_at: Option<Timestamp>,
    /// Whether it is to be fetched again even if nothing says that it changed: it is a source of its own.
    pub is_refetch: bool,
    /// The address as the source gave it.
    pub url_as_given: String,
    /// What the source said of it.
    pub hints: LinkHints,
    /// The entry that it stands in; absent for a link of a page.
    pub entry: Option<EntryMark>,
}

/// An entry of a feed or sitemap, as far as it is told from others, and what it says now from what it said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryMark {
    /// Where its article is made of it, and no page asked for: hash of its GUID, or where it has none of its own, of its
    /// headline and text.
    pub identity: Option<i64>,
    /// Checksum of its text.
    pub text: i64,
    /// Whether other entries that are other articles have its address.
    pub shares_address: bool,
}

impl ListedLink {
    /// About how many bytes it takes: its addresses, and what the source said of it.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        const REST: usize = 256;
        self.url_as_given.len() + self.hints.title.as_ref().map_or(0, String::len) + self.hints.text.n_bytes() + REST
    }

    /// An address that was asked for, and that no list names: fetched again even if nothing says that it changed.
    #[must_use]
    pub fn asked_for(url: CanonicalUrl, as_given: &Url) -> Self {
        ListedLink {
            publisher: publisher_of(url.as_url()),
            url_as_given: public_url(as_given).to_string(),
            updated_at: None,
            is_refetch: true,
            hints: LinkHints::default(),
            entry: None,
            url,
        }
    }
}

/// An address in the one form in which we compare addresses.
///
/// Made only by `normalize::url`, which says what is folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(Url);

impl CanonicalUrl {
    /// Takes over an address that has been brought into canonical form. For `normalize::url` and for reading back
    /// what it once wrote.
    #[must_use]
    pub(crate) fn from_canonical(url: Url) -> Self {
        CanonicalUrl(url)
    }

    /// The address itself, to be fetched or shown.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What identity hangs on: the address without its scheme, since the same page under `http` and `https` is one
    /// page, without `www.` and without a slash at the end of the path, for the same reason.
    ///
    /// Nor does it tell the forms of a page from each other: for small screens, for AMP, for a printer.
    #[must_use]
    pub fn key(&self) -> String {
        let url = &self.0;
        let query = url.query().and_then(|query| page_form::plain_query(query, url.path()));
        self.key_of(page_form::plain_host(self.host()), &page_form::plain_path(url.path()), query.as_deref())
    }

    /// As [`CanonicalUrl::key`], but each form of a page has its own.
    #[must_use]
    pub fn page_key(&self) -> String {
        let url = &self.0;
        let host = self.host();
        self.key_of(host.strip_prefix("www.").unwrap_or(host), url.path().trim_end_matches('/'), url.query())
    }

    fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    fn key_of(&self, host: &str, path: &str, query: Option<&str>) -> String {
        let mut key = String::with_capacity(self.0.as_str().len());
        key.push_str(host);
        if let Some(port) = self.0.port() {
            key.push(':');
            key.push_str(&port.to_string());
        }
        key.push_str(path);
        for (sign, part) in [('?', query), ('#', self.0.fragment())] {
            if let Some(part) = part {
                key.push(sign);
                key.push_str(part);
            }
        }
        key
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Who publishes at an address: the registrable domain by the public suffix list, or the IP address with its port.
///
/// Politeness is counted for each publisher, and a page may speak only for its own.
#[must_use]
pub fn publisher_of(url: &Url) -> String {
    match url.host() {
        Some(url::Host::Domain(host)) => registrable_domain(host).unwrap_or(host).to_owned(),
        Some(address) => match url.port() {
            Some(port) => format!("{address}:{port}"),
            None => address.to_string(),
        },
        None => String::new(),
    }
}

/// Why a text is no address we can follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is not an address we can follow: {reason}")]
pub struct InvalidUrl {
    /// The text.
    pub url: String,
    /// The rule that it breaks.
    pub reason: String,
}

/// What the source said of a link, kept beside it until its page is fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkHints {
    /// The entry's identity in its source.
    pub guid: Option<String>,
    /// Title as the source gave it.
    pub title: Option<String>,
    /// Publication date as the source gave it.
    pub published: Option<String>,
    /// Authors as the source gave them.
    pub authors: Vec<String>,
    /// Language as the source gave it.
    pub language: Option<String>,
    /// Whether the dates come from a sitemap: `lastmod` is trusted less than a feed's `published`.
    pub from_sitemap: bool,
    /// The feed's own texts, for articles whose page is not asked for, or turns out to be a wall.
    pub text: FeedText,
    /// Whether those texts are taken before the page is asked for.
    pub full_text: FullText,
}

/// A link that is due, claimed from the store.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its row.
    pub link: LinkId,
    /// The lease under which it is fetched.
    pub claim: ClaimId,
    /// Its address.
    pub url: CanonicalUrl,
    /// Another form of its page, which somebody has named, for where there is no article at its address.
    pub other_form: Option<CanonicalUrl>,
    /// Who publishes there.
    pub publisher: String,
    /// The source that found it first; absent for one given by hand.
    pub source: Option<SourceId>,
    /// That source's slug, for messages.
    pub source_slug: Option<String>,
    /// The way to what that source leads to, if it has one of its own.
    pub proxy: Option<Route>,
    /// The credentials of that source, if it asks for some.
    pub login: Option<LoginName>,
    /// What that source said of it.
    pub hints: LinkHints,
    /// The validators of the page's last full answer.
    pub validators: Validators,
    /// How many fetches of it failed since the last one that did not.
    pub failures_in_a_row: u32,
    /// When a source first listed it: the latest time at which the article can have been published.
    pub first_seen_at: Timestamp,
    /// Whether its publisher was never reached, or is slow.
    pub is_probe: bool,
}
