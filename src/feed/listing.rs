//! What a document says exists: the form that feeds, sitemaps and pages of links are read into.

use url::Url;

use crate::model::{FoundLink, SourceKind};

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
    /// Whether the document ends before its end: there is more in it than was read.
    pub is_cut: bool,
}

impl Listing {
    pub(super) fn empty(kind: SourceKind, format: &'static str) -> Self {
        Listing {
            kind,
            format,
            title: None,
            language: None,
            links: Vec::new(),
            children: Vec::new(),
            problems: Vec::new(),
            ttl_s: None,
            is_cut: false,
        }
    }
}

/// The problem of a document with more entries than are read.
pub(super) fn too_many(entries_max: usize) -> String {
    format!("the document has more than {entries_max} entries, the rest is not read")
}
