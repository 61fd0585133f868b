//! Snapshot: a copy of the public tables, to give away and to read anywhere.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ToSqlOutput;

use crate::store::file::characters;
use crate::store::file::error::StoreError;
use crate::store::file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, NewFile};
use crate::store::file::open::open_for_reading;
use crate::store::file::schema::SNAPSHOT_APPLICATION_ID;

/// Longest wait for a lock, as for other readers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Steps of SQLite's virtual machine between two checks whether to stop: about a millisecond.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

/// Rows between two reports of progress.
const ROWS_BETWEEN_REPORTS: u64 = 1000;

/// Page cache while the file is made, in KiB. Building indexes needs it.
const CACHE_KIB: i64 = 65_536;

/// Writes a snapshot of the database as it is at this moment. Tables and views whose name begins with `_` are left out,
/// and so are triggers, which only serve changes. A view that needs private tables becomes a table with its present rows.
///
/// Rows are read from one file and written to another, so nothing deleted or private gets into the snapshot. A copy of
/// the file with some rows deleted could still hold them. The full-text index is built again for the same reason: FTS5
/// keeps words of deleted texts until it merges its segments.
///
/// # Errors
///
/// [`StoreError::Missing`] where there is no database, and [`StoreError::Unusable`] for a file that cannot or must not be
/// written. Nothing is left behind then.
pub fn take_snapshot(plan: CopyPlan<'_>, watcher: &mut CopyWatcher<'_>) -> Result<FileCopy, StoreError> {
    let source = open_for_reading(plan.database, BUSY_TIMEOUT)?.connection;
    let file = NewFile::begin(plan)?;
    let wrap = |error: rusqlite::Error| file.explain(&error);
    let Some(whole_path) = file.path().to_str().map(str::to_owned) else {
        let reason = "the name of its folder is not UTF-8, which this needs".to_owned();
        return Err(StoreError::Unusable { path: plan.target.display().to_string(), reason });
    };
    let draft = Connection::open(file.draft_path()).map_err(wrap)?;
    for connection in [&source, &draft] {
        let stop = Arc::clone(&watcher.stop);
        let is_stopped = move || stop.load(Ordering::Relaxed);
        connection.progress_handler(STEPS_BETWEEN_CHECKS, Some(is_stopped)).map_err(wrap)?;
    }
    let n_articles = write_draft(&source, &draft, watcher).map_err(wrap)?;
    (watcher.tell)(CopyStage::Packing);
    if watcher.is_stopped() {
        return Err(file.stopped());
    }
    draft.execute("VACUUM INTO ?1", [whole_path]).map_err(wrap)?;
    drop(draft);
    let file_bytes = file.finish(None)?;
    Ok(FileCopy { file_bytes, n_articles })
}

/// A public table or view of the database.
struct PublicTable {
    name: String,
    /// `table`, `virtual` or `view`.
    kind: String,
    sql: String,
}

/// Writes the public tables and views to the draft. Returns the number of articles.
fn write_draft(source: &Connection, draft: &Connection, watcher: &mut CopyWatcher<'_>) -> rusqlite::Result<u64> {
    // From its first query on, the transaction sees one state of the file.
    source.execute_batch("BEGIN")?;
    let tables = public_tables(source)?;
    let of_kind = |kind: &'static str| tables.iter().filter(move |table| table.kind == kind);
    configure_draft(source, draft)?;
    draft.execute_batch("BEGIN")?;
    let mut copied = Copied { n_rows: 0, n_total: count_rows(source, of_kind("table"))? };
    for table in of_kind("table") {
        draft.execute_batch(&table.sql)?;
        copied.copy_rows(source, draft, &table.name, watcher)?;
    }
    (watcher.tell)(CopyStage::Indexing);
    for sql in public_indexes(source)? {
        draft.execute_batch(&sql)?;
    }
    for index in of_kind("virtual") {
        build_full_text_index(draft, index)?;
    }
    for view in of_kind("view") {
        add_view(source, draft, view, &mut copied, watcher)?;
    }
    draft.pragma_update(None, "application_id", SNAPSHOT_APPLICATION_ID)?;
    draft.pragma_update(None, "user_version", pragma(source, "user_version")?)?;
    draft.execute_batch("COMMIT")?;
    draft.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))
}

fn configure_draft(source: &Connection, draft: &Connection) -> rusqlite::Result<()> {
    draft.pragma_update(None, "page_size", pragma(source, "page_size")?)?;
    // Nobody sees the draft: it needs no journal and no sync.
    draft.pragma_update(None, "journal_mode", "OFF")?;
    draft.pragma_update(None, "synchronous", "OFF")?;
    draft.pragma_update(None, "foreign_keys", false)?;
    draft.pragma_update(None, "cache_size", -CACHE_KIB)
}

fn count_rows<'a>(source: &Connection, tables: impl Iterator<Item = &'a PublicTable>) -> rusqlite::Result<u64> {
    let mut n_rows = 0;
    for table in tables {
        let sql = format!("SELECT count(*) FROM main.{}", quoted(&table.name));
        n_rows += source.query_row(&sql, [], |row| row.get::<_, u64>(0))?;
    }
    Ok(n_rows)
}

/// Builds a full-text index of the articles that the draft holds.
fn build_full_text_index(draft: &Connection, index: &PublicTable) -> rusqlite::Result<()> {
    draft.execute_batch(&index.sql)?;
    if index.name == characters::INDEX {
        return characters::index_after(draft, 0).map(|_| ());
    }
    let name = quoted(&index.name);
    draft.execute_batch(&format!(
        "INSERT INTO {name} ({name}) VALUES ('rebuild'); INSERT INTO {name} ({name}) VALUES ('optimize')"
    ))
}

/// Adds a view; where it needs private tables, a table with its rows instead.
fn add_view(
    source: &Connection,
    draft: &Connection,
    view: &PublicTable,
    copied: &mut Copied,
    watcher: &mut CopyWatcher<'_>,
) -> rusqlite::Result<()> {
    let name = quoted(&view.name);
    draft.execute_batch(&view.sql)?;
    if draft.prepare(&format!("SELECT * FROM {name}")).is_ok() {
        return Ok(());
    }
    draft.execute_batch(&format!("DROP VIEW {name}"))?;
    draft.execute_batch(&table_like_view(source, &view.name)?)?;
    copied.copy_rows(source, draft, &view.name, watcher)
}

fn public_tables(source: &Connection) -> rusqlite::Result<Vec<PublicTable>> {
    source
        .prepare(
            "SELECT object.name, listed.type, object.sql
             FROM main.sqlite_schema AS object
             JOIN pragma_table_list AS listed ON listed.schema = 'main' AND listed.name = object.name
             WHERE object.type IN ('table', 'view') AND listed.type IN ('table', 'virtual', 'view')
               AND substr(object.name, 1, 1) <> '_' AND substr(object.name, 1, 7) <> 'sqlite_'
             ORDER BY object.rowid",
        )?
        .query_map([], |row| Ok(PublicTable { name: row.get(0)?, kind: row.get(1)?, sql: row.get(2)? }))?
        .collect()
}

fn public_indexes(source: &Connection) -> rusqlite::Result<Vec<String>> {
    source
        .prepare(
            "SELECT sql FROM main.sqlite_schema
             WHERE type = 'index' AND sql IS NOT NULL AND substr(name, 1, 1) <> '_' AND substr(tbl_name, 1, 1) <> '_'
             ORDER BY rowid",
        )?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// A table for the rows of a view. The columns of a view have no types; those of the table follow from the values.
fn table_like_view(source: &Connection, view: &str) -> rusqlite::Result<String> {
    let empty = source.prepare(&format!("SELECT * FROM main.{}", quoted(view)))?;
    let columns: Vec<String> = empty.column_names().into_iter().map(quoted).collect();
    let kinds: Vec<String> = columns
        .iter()
        .map(|column| format!("group_concat(DISTINCT typeof({column})) FILTER (WHERE {column} IS NOT NULL)"))
        .collect();
    let sql = format!("SELECT {} FROM main.{}", kinds.join(", "), quoted(view));
    let definitions: Vec<String> = source.query_row(&sql, [], |row| {
        let define = |(index, column): (usize, &String)| {
            let kind: Option<String> = row.get(index)?;
            let kind = match kind.as_deref() {
                None | Some("text") => "TEXT",
                Some("integer") => "INTEGER",
                Some("real" | "integer,real" | "real,integer") => "REAL",
                Some("blob") => "BLOB",
                Some(_) => "ANY",
            };
            Ok(format!("{column} {kind}"))
        };
        columns.iter().enumerate().map(define).collect()
    })?;
    Ok(format!("CREATE TABLE {} ({}) STRICT", quoted(view), definitions.join(", ")))
}

/// How much has been copied.
struct Copied {
    n_rows: u64,
    n_total: u64,
}

impl Copied {
    fn copy_rows(
        &mut self,
        source: &Connection,
        draft: &Connection,
        table: &str,
        watcher: &mut CopyWatcher<'_>,
    ) -> rusqlite::Result<()> {
        let name = quoted(table);
        let mut select = source.prepare(&format!("SELECT * FROM main.{name}"))?;
        let n_columns = select.column_count();
        let places = vec!["?"; n_columns].join(", ");
        let mut insert = draft.prepare(&format!("INSERT INTO {name} VALUES ({places})"))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..n_columns {
                insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
            }
            insert.raw_execute()?;
            self.n_rows += 1;
            if self.n_rows.is_multiple_of(ROWS_BETWEEN_REPORTS) {
                (watcher.tell)(CopyStage::Rows { done: self.n_rows, total: self.n_total });
            }
        }
        Ok(())
    }
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// A name as an SQL identifier, whatever characters it has.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::open_for_writing;
    use rusqlite::OptionalExtension;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    fn database(path: &Path) -> Connection {
        let settings = StoreSettings { path: path.to_owned(), ..crate::config::defaults().store };
        open_for_writing(&settings).unwrap()
    }

    #[test]
    fn a_view_that_needs_private_tables_becomes_a_table_and_any_other_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("a.db"), folder.path().join("snapshot.db"));
        database(&path)
            .execute_batch(
                "CREATE TABLE _secret (n INTEGER, share REAL, mixed ANY, word TEXT, bytes BLOB, absent TEXT) STRICT;
                 INSERT INTO _secret VALUES (1, 0.5, 1, 'a', x'00', NULL), (2, 1.5, 'b', NULL, NULL, NULL);
                 CREATE VIEW \"of a \"\"kind\"\"\" AS SELECT n AS \"the n\", share, mixed, word, bytes, absent FROM _secret;
                 CREATE VIEW _hidden AS SELECT 1;
                 CREATE VIEW open AS SELECT count(*) AS n FROM articles;",
            )
            .unwrap();
        let plan = CopyPlan { database: &path, target: &target, replaces: false };
        take_snapshot(plan, &mut CopyWatcher { stop: Arc::default(), tell: &mut |_| () }).unwrap();
        let snapshot = Connection::open(&target).unwrap();
        let sql_of = |name: &str| -> Option<String> {
            let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
            snapshot.query_row(sql, [name], |row| row.get(0)).optional().unwrap()
        };
        assert_eq!(
            sql_of("of a \"kind\"").unwrap(),
            "CREATE TABLE \"of a \"\"kind\"\"\" (\"the n\" INTEGER, \"share\" REAL, \"mixed\" ANY, \"word\" TEXT, \
             \"bytes\" BLOB, \"absent\" TEXT) STRICT"
        );
        let n: i64 =
            snapshot.query_row("SELECT sum(\"the n\") FROM \"of a \"\"kind\"\"\"", [], |row| row.get(0)).unwrap();
        assert_eq!(n, 3);
        assert!(sql_of("open").unwrap().starts_with("CREATE VIEW"));
        assert_eq!((sql_of("_hidden"), sql_of("_secret"), sql_of("articles_fts_delete")), (None, None, None));
    }

    #[test]
    fn a_snapshot_that_is_stopped_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("a.db"), folder.path().join("snapshots/snapshot.db"));
        fs::create_dir(folder.path().join("snapshots")).unwrap();
        drop(database(&path));
        let stop = Arc::new(AtomicBool::new(false));
        let plan = CopyPlan { database: &path, target: &target, replaces: false };
        let mut tell = |_| stop.store(true, Ordering::Relaxed);
        let mut watcher = CopyWatcher { stop: Arc::clone(&stop), tell: &mut tell };
        let error = take_snapshot(plan, &mut watcher).unwrap_err();
        assert!(error.to_string().contains("stopped"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("snapshots")).unwrap().count(), 0);
    }
}
