//! In which sources an article was seen.

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::read::cells::Cells;
use crate::store::read::reader::Reader;

/// A source in which an article was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SightingRow {
    /// Slug of the source.
    pub source: String,
    /// Title of the source.
    pub source_title: Option<String>,
    /// GUID of the feed's entry.
    pub guid: Option<String>,
    /// The address that the source gave.
    pub url: Option<String>,
    /// First sighting.
    pub first_seen_at: String,
    /// Last sighting.
    pub last_seen_at: String,
}

impl Reader {
    /// The sources in which an article was seen, first sighting first. Those on a damaged page are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sightings(&self, article_id: i64) -> Result<Vec<SightingRow>, StoreError> {
        let sightings = self.readable_rows(
            "SELECT slug, nullif(sources.title, slug), guid, sightings.url, first_seen_at, last_seen_at FROM sightings
             JOIN sources ON sources.id = source_id WHERE article_id = ?1 ORDER BY first_seen_at, slug",
            params![article_id],
            |sighting: &SightingRow| format!("the sighting of article {article_id} in {}", sighting.source),
            sighting,
        );
        self.unless_damaged(sightings, || format!("where article {article_id} was seen"))
    }
}

/// Reads `slug, title, guid, url, first_seen_at, last_seen_at`.
pub(in crate::store) fn sighting(cells: &Cells<'_, '_>) -> SightingRow {
    SightingRow {
        source: cells.text(0),
        source_title: cells.optional_text(1),
        guid: cells.optional_text(2),
        url: cells.optional_text(3),
        first_seen_at: cells.time(4),
        last_seen_at: cells.time(5),
    }
}
