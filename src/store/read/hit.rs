//! An article that a full-text index has found.

use crate::store::file::characters;
use crate::store::file::volumes::Month;

/// A full-text index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Index {
    /// Over words, of all articles.
    Words,
    /// Over characters, of articles in scripts without blanks. It has no copy of the texts.
    Characters,
}

impl Index {
    /// The name of its table.
    pub(super) fn table(self) -> &'static str {
        match self {
            Index::Words => "articles_fts",
            Index::Characters => characters::INDEX,
        }
    }
}

/// An article that has the words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) id: i64,
    pub(super) index: Index,
    /// BM25: less is better.
    pub(super) score: f64,
    /// In which volume its text stands; none: in the database.
    pub(super) volume: Option<Month>,
}

impl Hit {
    /// One whose rank is nothing to whoever has it.
    pub(super) fn unscored(id: i64, index: Index) -> Hit {
        Hit { id, index, score: 0.0, volume: None }
    }
}
