//! A stored article, as far as it is needed to compare it.

/// A stored article that may be the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: i64,
    /// Its headline.
    pub title: Option<String>,
    /// Its body, a paragraph a line.
    pub body: String,
    /// The word of its `body_kind` column.
    pub body_kind: String,
    /// The day of its publication, as `YYYYMMDD`.
    pub day: Option<String>,
}
