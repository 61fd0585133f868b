//! What an export says of an article beyond its text, so that it can be stored again as it was.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::DuplicateKind;

/// What was known of an article in the database that it was exported from.
#[derive(Clone, Debug)]
pub struct ArticleRecord {
    /// The number that it had there. It has it here too, unless that was given to another article.
    pub id: i64,
    /// SHA-256 of its document, in hex.
    pub sha256: String,
    /// What it repeats.
    pub lineage: RecordedLineage,
    /// Words in the body.
    pub words: Option<u32>,
    /// What speaks against the quality.
    pub quality_reasons: Vec<String>,
    /// Last change of its row.
    pub updated_at: Timestamp,
    /// When its publisher was seen to have taken it away.
    pub removed_at: Option<Timestamp>,
    /// Number of its wording.
    pub revision: u32,
    /// Its earlier wordings.
    pub earlier: Vec<RecordedWording>,
    /// Where it was seen; empty where the export does not say.
    pub sightings: Vec<RecordedSighting>,
    /// The articles that came from the same export.
    pub companions: Companions,
}

/// What an article repeats, by the word of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedLineage {
    /// The export says nothing of it that holds here: it is judged anew.
    Unknown,
    /// None of the other articles of the export.
    Original,
    /// This article, by its number here.
    CopyOf(i64, DuplicateKind),
}

/// An earlier wording of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedWording {
    /// 1 for the first.
    pub revision: u32,
    /// Its headline.
    pub title: Option<String>,
    /// Its body, a paragraph a line.
    pub body: String,
    /// When it was first seen.
    pub seen_at: Timestamp,
}

/// Where an article was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedSighting {
    /// The slug of the source.
    pub source: String,
    /// The title of the source.
    pub source_title: Option<String>,
    /// The entry's identity.
    pub guid: Option<String>,
    /// The address that the source gave.
    pub url: Option<String>,
    /// First time.
    pub first_seen_at: Timestamp,
    /// Last time.
    pub last_seen_at: Timestamp,
}

/// The numbers that the articles of one export have here. What were several articles there are several here, however
/// alike they look.
#[derive(Clone, Debug, Default)]
pub struct Companions(Arc<Mutex<HashSet<i64>>>);

impl Companions {
    /// Notes an article that is stored.
    pub fn insert(&self, id: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Whether an article came from the same export.
    #[must_use]
    pub fn contains(&self, id: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}
