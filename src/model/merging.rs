//! What one database takes from another besides articles.

use jiff::Timestamp;

/// A sign by which a deleted article is known again, so that it does not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletedIdentity {
    /// An address that led to it.
    Address {
        /// What identity hangs on.
        key: String,
        /// The address.
        url: String,
        /// Its publisher.
        publisher: String,
    },
    /// The GUID that a source gave it.
    Guid {
        /// The slug of the source.
        source: String,
        /// The GUID.
        guid: String,
    },
    /// Its words, as they are kept of an article without an address.
    Text(String),
}

/// A source of another database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedSource {
    /// Its slug there.
    pub slug: String,
    /// Its address, if it has one.
    pub url: Option<String>,
    /// Its kind, once known.
    pub kind: Option<String>,
    /// The title that it gives itself.
    pub title: Option<String>,
    /// Tags that were given to it there.
    pub tags: Vec<String>,
    /// The site that it belongs to.
    pub site_url: Option<String>,
}

/// What feed readers have marked of an article of another database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedMarks {
    /// The article, by its number.
    pub article_id: i64,
    /// When it was read; absent where it is unread.
    pub read_at: Option<Timestamp>,
    /// When it was starred.
    pub starred_at: Option<Timestamp>,
}
