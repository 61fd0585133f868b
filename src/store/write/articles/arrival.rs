//! How an article came in.

use jiff::Timestamp;

use crate::model::{Alias, ArticleRecord, CanonicalUrl, SourceId};

/// How an article came in.
pub(super) struct Arrival<'a> {
    /// Its source.
    pub(super) source: Option<SourceId>,
    /// GUID of the source's entry.
    pub(super) guid: Option<&'a str>,
    /// Which article it is by its link.
    pub(super) identity: Identity,
    /// The address that answered; absent for an import.
    pub(super) answered: Option<&'a Alias>,
    /// The address that was asked; absent where no page was.
    pub(super) asked: Option<&'a CanonicalUrl>,
    /// The addresses of the article's further pages.
    pub(super) further_pages: &'a [Alias],
    /// Whether the page showed a part of the article when it was last read.
    pub(super) was_cut_off: bool,
    /// Whether it is an entry of a feed that shares its address with others, which then says nothing of who it is.
    pub(super) is_entry: bool,
    /// Whether its address is given by a file, and not claimed by a page.
    pub(super) is_address_given: bool,
    /// When a source first listed it.
    pub(super) first_seen_at: Timestamp,
    /// The time.
    pub(super) now: Timestamp,
    /// What an export says of it.
    pub(super) record: Option<&'a ArticleRecord>,
}

/// Which article a page holds by the link that was fetched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity {
    /// The one that the link has led to before; absent also where another one stands in the place of that.
    pub(super) known_article_id: Option<i64>,
    /// Whether the page has nothing of what was read there before.
    pub(super) is_unlike: bool,
}
