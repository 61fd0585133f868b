//! What was missed between two polls of a source.

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// A stretch of time of which a source's items were missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapRow {
    /// Slug of the source.
    pub source: String,
    /// When a poll last showed all there was.
    pub began_at: String,
    /// When the oldest item was published that was had since.
    pub ended_at: String,
    /// About how many items; absent where that cannot be told.
    pub n_missed: Option<u32>,
    /// When it was noticed.
    pub noticed_at: String,
    /// How many the site's news sitemap brought; absent where it was not asked yet.
    pub n_healed: Option<u32>,
}

impl Reader {
    /// The gaps of all sources, in the order in which they were noticed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn gaps(&self) -> Result<Vec<GapRow>, StoreError> {
        self.rows(
            "SELECT slug, began_at, ended_at, n_missed, noticed_at, n_healed
             FROM gaps JOIN sources ON sources.id = source_id ORDER BY noticed_at, gaps.id",
            params![],
            |row| {
                Ok(GapRow {
                    source: row.get(0)?,
                    began_at: row.get(1)?,
                    ended_at: row.get(2)?,
                    n_missed: row.get(3)?,
                    noticed_at: row.get(4)?,
                    n_healed: row.get(5)?,
                })
            },
        )
    }
}
