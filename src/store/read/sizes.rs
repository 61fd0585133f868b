//! What takes how much room, and how fast it grows, for `newswire status --sizes`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{ErrorCode, params};

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// What takes how much room. Pages count as a whole, with what is empty in them; texts are titles and bodies in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeReport {
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Pages of it that hold nothing, in bytes.
    pub free_bytes: u64,
    /// The largest table first; nothing where this SQLite cannot tell (it lacks `dbstat`).
    pub tables: Option<Vec<TableSize>>,
    /// The source with the most text first.
    pub sources: Vec<TextSize>,
    /// All articles together.
    pub all: TextSize,
}

/// What a table takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table; a full-text index stands for the tables that it is made of.
    pub name: String,
    /// Bytes of its rows.
    pub row_bytes: u64,
    /// Bytes of its indexes.
    pub index_bytes: u64,
}

/// How much text there is, and how much comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSize {
    /// The source that had it first; nothing for articles without one, and for all together.
    pub slug: Option<String>,
    /// Articles.
    pub n_articles: u64,
    /// Bytes of their texts.
    pub text_bytes: u64,
    /// Bytes of texts that were first seen within the last 7 days.
    pub text_bytes_7d: u64,
    /// Likewise within the last 30 days.
    pub text_bytes_30d: u64,
}

impl TextSize {
    fn add(&mut self, other: &TextSize) {
        self.n_articles += other.n_articles;
        self.text_bytes += other.text_bytes;
        self.text_bytes_7d += other.text_bytes_7d;
        self.text_bytes_30d += other.text_bytes_30d;
    }
}

impl SizeReport {
    /// What an amount of text takes in the file by what texts take now, with all that belongs to them: indexes, what copies are known
    /// by, stories.
    #[must_use]
    pub fn with_all_that_belongs_to(&self, text_bytes: u64) -> u64 {
        let used = u128::from(self.file_bytes.saturating_sub(self.free_bytes));
        let whole = used * u128::from(text_bytes) / u128::from(self.all.text_bytes.max(1));
        u64::try_from(whole).unwrap_or(u64::MAX)
    }
}

impl Reader {
    /// What takes how much room. Looks at every page of the file, which takes its time where that is large.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sizes(&self, now: Timestamp) -> Result<SizeReport, StoreError> {
        let (file_bytes, free_bytes) = self.connection().query_row(
            "SELECT page_count * page_size, freelist_count * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let sources = self.text_by_source(now)?;
        let mut all = TextSize::default();
        for source in &sources {
            all.add(source);
        }
        Ok(SizeReport { file_bytes, free_bytes, tables: self.table_sizes()?, sources, all })
    }

    fn table_sizes(&self) -> Result<Option<Vec<TableSize>>, StoreError> {
        // SQLite is often built without `dbstat`.
        match self.connection().prepare("SELECT 1 FROM dbstat LIMIT 0") {
            Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::Unknown => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(_) => (),
        }
        let sizes = self.rows(
            "SELECT coalesce(indexed.name, entry.tbl_name, pages.name) AS table_name,
                 coalesce(sum(bytes) FILTER (WHERE entry.type IS NOT 'index'), 0),
                 coalesce(sum(bytes) FILTER (WHERE entry.type = 'index'), 0)
             FROM (SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name) AS pages
             LEFT JOIN sqlite_schema AS entry ON entry.name = pages.name
             LEFT JOIN sqlite_schema AS indexed ON indexed.sql LIKE 'CREATE VIRTUAL TABLE %'
                 AND substr(entry.tbl_name, 1, length(indexed.name) + 1) = indexed.name || '_'
             GROUP BY table_name ORDER BY sum(bytes) DESC, table_name",
            params![],
            |row| Ok(TableSize { name: row.get(0)?, row_bytes: row.get(1)?, index_bytes: row.get(2)? }),
        )?;
        Ok(Some(sizes))
    }

    fn text_by_source(&self, now: Timestamp) -> Result<Vec<TextSize>, StoreError> {
        let days_ago = |days: i64| public_time(now - SignedDuration::from_hours(24 * days));
        self.rows(
            "SELECT slug, count(*), sum(bytes), coalesce(sum(bytes) FILTER (WHERE first_seen_at >= ?1), 0),
                 coalesce(sum(bytes) FILTER (WHERE first_seen_at >= ?2), 0)
             FROM (
                 SELECT source_id, first_seen_at, octet_length(body) + coalesce(octet_length(title), 0) AS bytes FROM articles
             ) LEFT JOIN sources ON sources.id = source_id
             GROUP BY source_id ORDER BY sum(bytes) DESC, slug",
            params![days_ago(7), days_ago(30)],
            |row| {
                Ok(TextSize {
                    slug: row.get(0)?,
                    n_articles: row.get(1)?,
                    text_bytes: row.get(2)?,
                    text_bytes_7d: row.get(3)?,
                    text_bytes_30d: row.get(4)?,
                })
            },
        )
    }
}
