//! What an export says of an article beyond its text, so that it can be stored again as it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// Further addresses that lead to it.
    pub addresses: Vec<RecordedAddress>,
    /// Whether it counts as read to feed readers, though nobody marked it; nothing where that was not known there.
    pub counts_as_read: Option<bool>,
    /// The articles that came from the same export.
    pub companions: Companions,
}

/// What an article repeats, by the word of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedLineage {
    /// None of the other articles of the export.
    Original,
    /// This article, by its number in the export. If that lacks it, it is judged anew.
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

/// An address that leads to an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAddress {
    /// What identity hangs on.
    pub key: String,
    /// The address.
    pub url: String,
    /// Its publisher.
    pub publisher: String,
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
pub struct Companions(Arc<Mutex<Numbers>>);

#[derive(Debug, Default)]
struct Numbers {
    /// By their numbers in the export.
    here: HashMap<i64, i64>,
    /// The numbers in the export, by those here: the latest where several are one.
    there: HashMap<i64, i64>,
}

impl Companions {
    /// Notes an article of the export that is stored. One that `is_new` has a number that no other article has: if one was
    /// noted with it, that was not stored after all.
    pub fn insert(&self, exported_as: i64, id: i64, is_new: bool) {
        let mut numbers = self.lock();
        if let Some(other) = numbers.there.insert(id, exported_as)
            && is_new
        {
            numbers.here.remove(&other);
        }
        numbers.here.insert(exported_as, id);
    }

    /// Forgets an article of the export: it is stored anew.
    pub fn forget(&self, exported_as: i64) {
        let mut numbers = self.lock();
        if let Some(id) = numbers.here.remove(&exported_as)
            && numbers.there.get(&id) == Some(&exported_as)
        {
            numbers.there.remove(&id);
        }
    }

    /// The number here of an article of the export, if it is stored.
    #[must_use]
    pub fn number_of(&self, exported_as: i64) -> Option<i64> {
        self.lock().here.get(&exported_as).copied()
    }

    /// Whether an article came from the same export.
    #[must_use]
    pub fn contains(&self, id: i64) -> bool {
        self.lock().there.contains_key(&id)
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_stored_after_all_is_nobodys_original() {
        let companions = Companions::default();
        companions.insert(7, 1, true);
        companions.insert(8, 1, false);
        assert_eq!((companions.number_of(7), companions.number_of(8)), (Some(1), Some(1)));
        companions.forget(8);
        assert_eq!((companions.number_of(7), companions.number_of(8)), (Some(1), None));
        companions.insert(9, 2, true);
        companions.insert(10, 2, true);
        assert_eq!((companions.number_of(9), companions.number_of(10)), (None, Some(2)));
        assert!(companions.contains(2) && !companions.contains(3));
    }
}
