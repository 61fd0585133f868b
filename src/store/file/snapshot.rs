//! A copy of the public tables, to give away and to read anywhere.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ToSqlOutput;

use crate::store::file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, NewFile};
use crate::store::file::schema::{self, SNAPSHOT_APPLICATION_ID, StoreError};

/// As for other readers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Steps of SQLite's machine between two looks at whether to go on: about a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// Rows between two words on how far it is.
const ROWS_BETWEEN_WORDS: u64 = 1000;

/// Page cache while the file is made, in KiB, for the sake of its indexes.
const CACHE_KIB: i64 = 65_536;

/// Writes a snapshot of the database as it is at this moment. Tables and views whose name begins with `_` stay behind,
/// and so do triggers, which would keep up what no longer changes. A view that cannot be without private tables becomes
/// a table with the rows that it has now.
///
/// The rows are read from one and written to another file: nothing that was deleted, or is private, gets into it, as it
/// would by copying all and deleting some. That is also why the full-text index is made anew: FTS5 keeps words of
/// deleted texts until it merges its parts.
///
/// # Errors
///
/// [`StoreError::Missing`] where there is no database, and [`StoreError::Unusable`] for a file that cannot or must not be
/// written. Nothing is left of it then.
pub fn take_snapshot(plan: CopyPlan<'_>, watcher: &mut CopyWatcher<'_>) -> Result<FileCopy, StoreError> {
    let source = schema::open_for_reading(plan.database, BUSY_TIMEOUT)?;
    let file = NewFile::begin(plan)?;
    let wrap = |error: rusqlite::Error| file.explain(&error);
    let Some(whole_path) = file.path().to_str().map(str::to_owned) else {
        let reason = "the name of its folder is not UTF-8, which this needs".to_owned();
        return Err(StoreError::Unusable { path: plan.target.display().to_string(), reason });
    };
    let draft = Connection::open(file.draft_path()).map_err(wrap)?;
    for connection in [&source, &draft] {
        let stop = Arc::clone(&watcher.stop);
        let look = move || stop.load(Ordering::Relaxed);
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(look)).map_err(wrap)?;
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

/// A table or view of the database that anybody may see.
struct PublicTable {
    name: String,
    /// `table`, `virtual` or `view`.
    kind: String,
    sql: String,
}

fn write_draft(source: &Connection, draft: &Connection, watcher: &mut CopyWatcher<'_>) -> rusqlite::Result<u64> {
    // From its first question on the transaction sees one state of the file.
    source.execute_batch("BEGIN")?;
    let tables = public_tables(source)?;
    // Nobody sees the draft: it needs no journal and no way to the disk.
    draft.pragma_update(None, "page_size", pragma(source, "page_size")?)?;
    draft.pragma_update(None, "journal_mode", "OFF")?;
    draft.pragma_update(None, "synchronous", "OFF")?;
    draft.pragma_update(None, "foreign_keys", false)?;
    draft.pragma_update(None, "cache_size", -CACHE_KIB)?;
    draft.execute_batch("BEGIN")?;
    let mut copied = Copied { n_rows: 0, n_total: 0 };
    for table in tables.iter().filter(|table| table.kind == "table") {
        let count: u64 =
            source.query_row(&format!("SELECT count(*) FROM main.{}", quoted(&table.name)), [], |row| row.get(0))?;
        copied.n_total += count;
    }
    for table in tables.iter().filter(|table| table.kind == "table") {
        draft.execute_batch(&table.sql)?;
        copied.copy_rows(source, draft, &table.name, watcher)?;
    }
    (watcher.tell)(CopyStage::Indexing);
    for sql in public_indexes(source)? {
        draft.execute_batch(&sql)?;
    }
    for table in tables.iter().filter(|table| table.kind == "virtual") {
        draft.execute_batch(&table.sql)?;
        let name = quoted(&table.name);
        draft.execute_batch(&format!(
            "INSERT INTO {name} ({name}) VALUES ('rebuild'); INSERT INTO {name} ({name}) VALUES ('optimize')"
        ))?;
    }
    for view in tables.iter().filter(|table| table.kind == "view") {
        let name = quoted(&view.name);
        draft.execute_batch(&view.sql)?;
        if draft.prepare(&format!("SELECT * FROM {name}")).is_err() {
            draft.execute_batch(&format!("DROP VIEW {name}"))?;
            draft.execute_batch(&table_like_view(source, &view.name)?)?;
            copied.copy_rows(source, draft, &view.name, watcher)?;
        }
    }
    draft.pragma_update(None, "application_id", SNAPSHOT_APPLICATION_ID)?;
    draft.pragma_update(None, "user_version", pragma(source, "user_version")?)?;
    draft.execute_batch("COMMIT")?;
    draft.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))
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

/// A table that can take in the rows of a view. The columns of a view have no types; the table's are those of the values.
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
            if self.n_rows.is_multiple_of(ROWS_BETWEEN_WORDS) {
                (watcher.tell)(CopyStage::Rows { done: self.n_rows, total: self.n_total });
            }
        }
        Ok(())
    }
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// A name as SQL writes it, whatever it is made of.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreSettings;
    use rusqlite::OptionalExtension;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    fn database(path: &Path) -> Connection {
        let settings = StoreSettings { path: path.to_owned(), ..crate::config::defaults().store };
        schema::open_for_writing(&settings).unwrap()
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
