//! What takes how much room, and how fast it grows, for `newswire status --sizes`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::file::page_owners::PageOwners;
use crate::store::file::volumes::{self, Month};
use crate::store::read::reader::Reader;
use crate::store::read::volumes::VolumeRow;

/// What takes how much room. Pages count as a whole, with what is empty in them; texts are titles and bodies in UTF-8, wherever they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeReport {
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Pages of it that hold nothing, in bytes.
    pub free_bytes: u64,
    /// The largest table first; nothing where this SQLite cannot tell (it lacks `dbstat`).
    pub tables: Option<Vec<TableSize>>,
    /// The files of months that are closed, the earliest first.
    pub volumes: Vec<VolumeSize>,
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

/// What the file of a month takes that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSize {
    /// The month.
    pub month: Month,
    /// Articles of which it has the texts.
    pub n_articles: u64,
    /// Its size in bytes, with its own full-text index; as it was written, where it is not there.
    pub bytes: u64,
    /// Whether its texts are counted: it is there and can be read.
    pub is_counted: bool,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizesStage {
    /// The pages of the file.
    Pages {
        /// Bytes that were looked at.
        done: u64,
        /// All bytes.
        total: u64,
    },
    /// The texts in the file.
    Texts,
    /// Those in the file of a month.
    Volume(Month),
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
    /// What an amount of text takes on the disk by what texts take now, with all that belongs to them: indexes, what copies are known
    /// by, stories.
    #[must_use]
    pub fn with_all_that_belongs_to(&self, text_bytes: u64) -> u64 {
        let volumes: u64 = self.volumes.iter().filter(|volume| volume.is_counted).map(|volume| volume.bytes).sum();
        let used = u128::from(self.file_bytes.saturating_sub(self.free_bytes) + volumes);
        let whole = used * u128::from(text_bytes) / u128::from(self.all.text_bytes.max(1));
        u64::try_from(whole).unwrap_or(u64::MAX)
    }
}

impl Reader {
    /// What takes how much room. Reads all texts, and every page of the file where `owners` does not tell whose they are; that takes its time
    /// where it is large, and `tell` hears how far it is.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sizes(
        &self,
        now: Timestamp,
        owners: Option<&PageOwners>,
        tell: &mut dyn FnMut(SizesStage),
    ) -> Result<SizeReport, StoreError> {
        let (file_bytes, free_bytes) = self.connection().query_row(
            "SELECT page_count * page_size, freelist_count * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let tables = self.table_sizes(owners, &mut |done| tell(SizesStage::Pages { done, total: file_bytes }))?;
        tell(SizesStage::Texts);
        let since = Since::of(now);
        let mut sources: BTreeMap<Option<String>, TextSize> = BTreeMap::new();
        let mut add = |sizes: Vec<TextSize>| {
            for size in sizes {
                let slug = size.slug.clone();
                sources.entry(slug.clone()).or_insert_with(|| TextSize { slug, ..TextSize::default() }).add(&size);
            }
        };
        add(self.text_by_source(&since)?);
        let mut volumes = Vec::new();
        // Of a month whose texts are on their way some are counted twice.
        for row in self.volume_rows()?.into_iter().filter(|row| row.state != "writing") {
            tell(SizesStage::Volume(row.month));
            let texts = texts_in_volume(&row, &since);
            let bytes = std::fs::metadata(&row.path).map_or_else(|_| row.bytes.unwrap_or_default(), |file| file.len());
            volumes.push(VolumeSize {
                month: row.month,
                n_articles: row.n_articles.unwrap_or_default(),
                bytes,
                is_counted: texts.is_some(),
            });
            add(texts.unwrap_or_default());
        }
        let mut sources: Vec<TextSize> = sources.into_values().collect();
        sources.sort_by(|one, other| other.text_bytes.cmp(&one.text_bytes).then_with(|| one.slug.cmp(&other.slug)));
        let mut all = TextSize::default();
        for source in &sources {
            all.add(source);
        }
        Ok(SizeReport { file_bytes, free_bytes, tables, volumes, sources, all })
    }

    fn table_sizes(
        &self,
        owners: Option<&PageOwners>,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Option<Vec<TableSize>>, StoreError> {
        // SQLite is often built without `dbstat`.
        match self.connection().prepare("SELECT 1 FROM dbstat LIMIT 0") {
            Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::Unknown => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(_) => (),
        }
        let trees = self.rows(
            "SELECT entry.name, rootpage, coalesce(indexed.name, entry.tbl_name), entry.type = 'index'
             FROM (
                 SELECT name, rootpage, tbl_name, type FROM sqlite_schema WHERE rootpage > 0
                 UNION ALL SELECT 'sqlite_schema', 1, 'sqlite_schema', 'table'
             ) AS entry
             LEFT JOIN (SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE %') AS indexed
                 ON substr(entry.tbl_name, 1, length(indexed.name) + 1) = indexed.name || '_'",
            params![],
            |row| Ok(Tree { name: row.get(0)?, root: row.get(1)?, table: row.get(2)?, is_index: row.get(3)? }),
        )?;
        let mut tables: BTreeMap<String, TableSize> = BTreeMap::new();
        let mut done = 0;
        for tree in trees {
            tell(done);
            let bytes = match owners.and_then(|owners| owners.bytes_of(tree.root)) {
                Some(bytes) => bytes,
                // It is new, or the file is small.
                None => self.bytes_of_tree(&tree.name)?,
            };
            done += bytes;
            let name = tree.table;
            let table = tables.entry(name.clone()).or_insert(TableSize { name, row_bytes: 0, index_bytes: 0 });
            *(if tree.is_index { &mut table.index_bytes } else { &mut table.row_bytes }) += bytes;
        }
        let mut tables: Vec<TableSize> = tables.into_values().collect();
        // By name where they are equal, as they come.
        tables.sort_by_key(|table| std::cmp::Reverse(table.row_bytes + table.index_bytes));
        Ok(Some(tables))
    }

    /// Bytes of the pages of a tree, all of which are read for that.
    fn bytes_of_tree(&self, name: &str) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?1 AND aggregate = TRUE";
        Ok(self.connection().prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
    }

    fn text_by_source(&self, since: &Since) -> Result<Vec<TextSize>, StoreError> {
        // Of an article in a volume the title is counted there.
        let bytes = if volumes::has_some(self.connection()) {
            "iif(volume IS NULL, octet_length(body) + coalesce(octet_length(title), 0), 0)"
        } else {
            "octet_length(body) + coalesce(octet_length(title), 0)"
        };
        // In the order of the file: by the index of sources each row would be looked up by itself.
        let sql = format!("SELECT source_id, first_seen_at, {bytes} FROM articles NOT INDEXED");
        let by_source = add_up(self.connection(), &sql, since, |row| row.get::<_, Option<i64>>(0))?;
        let mut slug = self.connection().prepare("SELECT slug FROM sources WHERE id = ?1")?;
        let mut sizes = Vec::new();
        for (source, size) in by_source {
            sizes.push(TextSize { slug: slug.query_row([source], |row| row.get(0)).optional()?, ..size });
        }
        Ok(sizes)
    }
}

/// A tree of pages: a table or an index.
struct Tree {
    name: String,
    root: u32,
    /// Whose it is.
    table: String,
    is_index: bool,
}

/// When that begins which is counted as new.
struct Since {
    of_7d: String,
    of_30d: String,
}

impl Since {
    fn of(now: Timestamp) -> Since {
        let days_ago = |days: i64| public_time(now - SignedDuration::from_hours(24 * days));
        Since { of_7d: days_ago(7), of_30d: days_ago(30) }
    }
}

/// The texts in the file of a month by their sources, as these were called when it was closed. The articles are counted in the database.
/// None where the file cannot be read.
fn texts_in_volume(row: &VolumeRow, since: &Since) -> Option<Vec<TextSize>> {
    let connection = volumes::open(row.path.as_ref(), row.month, Some(&row.token)).ok()?;
    let sql = "SELECT source, first_seen_at, octet_length(body) + coalesce(octet_length(title), 0) FROM articles";
    let by_source = add_up(&connection, sql, since, |row| row.get::<_, Option<String>>(0)).ok()?;
    Some(by_source.into_iter().map(|(slug, size)| TextSize { slug, n_articles: 0, ..size }).collect())
}

/// Adds up texts by the first column: rows of it, when the text was first seen, and its bytes. Here and not in SQL, which would sort all rows
/// for that.
fn add_up<K: Ord>(
    connection: &Connection,
    sql: &str,
    since: &Since,
    key: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<K>,
) -> rusqlite::Result<BTreeMap<K, TextSize>> {
    let mut sizes: BTreeMap<K, TextSize> = BTreeMap::new();
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bytes: u64 = row.get(2)?;
        let seen_at = row.get_ref(1)?.as_str().unwrap_or_default();
        let size = sizes.entry(key(row)?).or_default();
        size.n_articles += 1;
        size.text_bytes += bytes;
        size.text_bytes_7d += if seen_at >= since.of_7d.as_str() { bytes } else { 0 };
        size.text_bytes_30d += if seen_at >= since.of_30d.as_str() { bytes } else { 0 };
    }
    Ok(sizes)
}
