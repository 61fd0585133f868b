//! Snapshot: a copy of the public tables, to give away and to read anywhere.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, Row, Statement, ToSql};

use crate::model::without_credentials;
use crate::store::file::characters;
use crate::store::file::columns::quoted;
use crate::store::file::error::{StoreError, is_damage};
use crate::store::file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, NewFile};
use crate::store::file::open::open_for_reading;
use crate::store::file::row_walk::{self, Unread};
use crate::store::file::schema::{SNAPSHOT_APPLICATION_ID, in_memory};

/// Longest wait for a lock, as for other readers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Steps of SQLite's virtual machine between two checks whether to stop: about a millisecond.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

/// Rows between two reports of progress.
const ROWS_BETWEEN_REPORTS: u64 = 1000;

/// Public columns in which an address may have credentials: those of sources, what was asked on their behalf, and alarms about that.
const ADDRESS_COLUMNS: [&str; 8] =
    ["url", "site_url", "proxy", "moved_to", "redirected_to", "error", "why", "closed_why"];

/// Public tables that go with the others, but not their rows: what somebody watches and reads is nobody else's affair.
const OWN_AFFAIRS: [&str; 3] = ["watches", "messages", "reading"];

/// The kind of alarms that tell of receivers, and go with what is told to them.
const ALARMS_OF_RECEIVERS: &[u8] = b"receiver";

/// Page cache while the file is made, in KiB. Building indexes needs it.
const CACHE_KIB: i64 = 65_536;

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The copy.
    pub copy: FileCopy,
    /// What could not be read of the database, or could not be what it should be, and is not in it; as text.
    pub left_out: Vec<String>,
}

/// Writes a snapshot of the database as it is at this moment: the public tables and views of this program's schema, with
/// their indexes, and those tables and views of the user's that `own_tables` names. A view that needs private tables
/// becomes a table with its present rows. Triggers, which only serve changes, stay behind, and so do columns and indexes
/// that somebody has added to public tables. Addresses are without their credentials.
///
/// Rows are read from one file and written to another, so nothing deleted or private gets into the snapshot. A copy of
/// the file with some rows deleted could still hold them. The full-text index is built again for the same reason: FTS5
/// keeps words of deleted texts until it merges its segments.
///
/// What lies on damaged pages is left out, and so is a row that cannot be what its table has.
///
/// # Errors
///
/// [`StoreError::Missing`] where there is no database, [`StoreError::NoSuchTable`] for one of `own_tables` that is none,
/// and [`StoreError::Unusable`] for a file that cannot or must not be written. Nothing is left behind then.
pub fn take_snapshot(
    plan: CopyPlan<'_>,
    own_tables: &[String],
    watcher: &mut CopyWatcher<'_>,
) -> Result<Snapshot, StoreError> {
    let source = open_for_reading(plan.database, BUSY_TIMEOUT)?.connection;
    let objects = objects_to_copy(&source, own_tables)?;
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
    let (n_articles, left_out) = write_draft(&source, &draft, &objects, watcher).map_err(wrap)?;
    (watcher.tell)(CopyStage::Packing);
    if watcher.is_stopped() {
        return Err(file.stopped());
    }
    draft.execute("VACUUM INTO ?1", [whole_path]).map_err(wrap)?;
    drop(draft);
    let file_bytes = file.finish(None)?;
    Ok(Snapshot { copy: FileCopy { file_bytes, n_articles }, left_out })
}

/// A table, view or index that goes into a snapshot.
struct Object {
    name: String,
    /// `table`, `virtual`, `view` or `index`.
    kind: String,
    sql: String,
}

/// What goes into a snapshot: what is public in this program's schema, as it defines it, then what the user asked for.
fn objects_to_copy(source: &Connection, own_tables: &[String]) -> Result<Vec<Object>, StoreError> {
    let model = in_memory()?;
    let is_ours = |name: &str| -> rusqlite::Result<bool> {
        model.query_row("SELECT count(*) FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", [name], |row| row.get(0))
    };
    let mut objects = objects(&model, "substr(object.tbl_name, 1, 1) <> '_'", &[])?;
    for table in own_tables {
        let own = objects_of(source, table)?;
        match own.first().map(|object| object.kind.as_str()) {
            None => return Err(no_such_table(table, "there is no such table or view in the database")),
            Some("virtual") => return Err(no_such_table(table, "virtual tables are not copied; name an ordinary one")),
            // Public ones are there already.
            Some(_) if is_ours(table)? && !table.starts_with('_') => {}
            Some(_) if is_ours(table)? => return Err(no_such_table(table, "that is private; name one of your own")),
            Some(_) => objects.extend(own),
        }
    }
    Ok(objects)
}

fn no_such_table(name: &str, reason: &str) -> StoreError {
    StoreError::NoSuchTable { name: name.to_owned(), reason: reason.to_owned() }
}

/// A table or view with its indexes; nothing where there is none of that name.
fn objects_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Object>> {
    let mut objects = objects(connection, "object.tbl_name = ?1 COLLATE NOCASE", &[&table])?;
    // The table goes before what stands on it.
    objects.sort_by_key(|object| object.kind == "index");
    Ok(objects)
}

fn objects(connection: &Connection, condition: &str, parameters: &[&dyn ToSql]) -> rusqlite::Result<Vec<Object>> {
    connection
        .prepare(&format!(
            "SELECT object.name, coalesce(listed.type, object.type), object.sql
             FROM main.sqlite_schema AS object
             LEFT JOIN pragma_table_list AS listed ON listed.schema = 'main' AND listed.name = object.name
             WHERE object.type IN ('table', 'view', 'index') AND object.sql IS NOT NULL
               AND coalesce(listed.type, 'index') <> 'shadow'
               AND substr(object.name, 1, 7) <> 'sqlite_' AND {condition}
             ORDER BY object.rowid"
        ))?
        .query_map(parameters, |row| Ok(Object { name: row.get(0)?, kind: row.get(1)?, sql: row.get(2)? }))?
        .collect()
}

/// Writes the objects to the draft. Returns the number of articles, and what is left out.
fn write_draft(
    source: &Connection,
    draft: &Connection,
    objects: &[Object],
    watcher: &mut CopyWatcher<'_>,
) -> rusqlite::Result<(u64, Vec<String>)> {
    // From its first query on, the transaction sees one state of the file.
    source.execute_batch("BEGIN")?;
    let of_kind = |kind: &'static str| objects.iter().filter(move |object| object.kind == kind);
    configure_draft(source, draft)?;
    draft.execute_batch("BEGIN")?;
    let n_total = count_rows(source, of_kind("table"))?;
    let mut copied = Copied { n_rows: 0, n_total, passwords: passwords(source)?, left_out: Vec::new() };
    for table in of_kind("table") {
        draft.execute_batch(&table.sql)?;
        if !OWN_AFFAIRS.contains(&table.name.as_str()) {
            copied.copy_rows(source, draft, &table.name, watcher)?;
        }
    }
    (watcher.tell)(CopyStage::Indexing);
    for index in of_kind("index") {
        draft.execute_batch(&index.sql)?;
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
    let n_articles = draft.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    Ok((n_articles, copied.left_out))
}

/// The credentials in the addresses of the sources, as they stand there: `USER:PASSWORD@`.
fn passwords(source: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut passwords = Vec::new();
    row_walk::walk(source, "sources", "url", &mut |row| {
        let url = row.get_ref(1)?.as_str().unwrap_or_default();
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        passwords.extend(authority.and_then(|host| host.rfind('@').map(|at| host[..=at].to_owned())));
        Ok(true)
    })?;
    passwords.sort_unstable();
    passwords.dedup();
    Ok(passwords)
}

fn configure_draft(source: &Connection, draft: &Connection) -> rusqlite::Result<()> {
    draft.pragma_update(None, "page_size", pragma(source, "page_size")?)?;
    // Nobody sees the draft: it needs no journal and no sync.
    draft.pragma_update(None, "journal_mode", "OFF")?;
    draft.pragma_update(None, "synchronous", "OFF")?;
    draft.pragma_update(None, "foreign_keys", false)?;
    // What another program wrote past our rules is copied as it is.
    draft.pragma_update(None, "ignore_check_constraints", true)?;
    draft.pragma_update(None, "cache_size", -CACHE_KIB)
}

/// How many rows tables have, as far as that can be counted.
fn count_rows<'a>(source: &Connection, tables: impl Iterator<Item = &'a Object>) -> rusqlite::Result<u64> {
    let mut n_rows = 0;
    for table in tables {
        let sql = format!("SELECT count(*) FROM main.{}", quoted(&table.name));
        match source.query_row(&sql, [], |row| row.get::<_, u64>(0)) {
            Err(error) if is_damage(&error) => {}
            counted => n_rows += counted?,
        }
    }
    Ok(n_rows)
}

/// Builds a full-text index of the articles that the draft holds.
fn build_full_text_index(draft: &Connection, index: &Object) -> rusqlite::Result<()> {
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
    view: &Object,
    copied: &mut Copied,
    watcher: &mut CopyWatcher<'_>,
) -> rusqlite::Result<()> {
    let name = quoted(&view.name);
    draft.execute_batch(&view.sql)?;
    if draft.prepare(&format!("SELECT * FROM {name}")).is_ok() {
        return Ok(());
    }
    draft.execute_batch(&format!("DROP VIEW {name}"))?;
    match table_like_view(source, &view.name) {
        // Its rows cannot be read either then.
        Err(error) if is_damage(&error) => {
            copied.left_out.push(format!("the view {}: {error}", view.name));
            Ok(())
        }
        table => {
            draft.execute_batch(&table?)?;
            copied.copy_rows(source, draft, &view.name, watcher)
        }
    }
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

/// How much has been copied, and what is left out of it.
struct Copied {
    n_rows: u64,
    n_total: u64,
    /// What stands before the host in the addresses of sources.
    passwords: Vec<String>,
    /// What could not be copied.
    left_out: Vec<String>,
}

impl Copied {
    /// Copies the rows of a table or view into the draft's table of that name, as far as that has their columns and they can be read.
    fn copy_rows(
        &mut self,
        source: &Connection,
        draft: &Connection,
        table: &str,
        watcher: &mut CopyWatcher<'_>,
    ) -> rusqlite::Result<()> {
        let name = quoted(table);
        let columns = columns(draft, table)?;
        let listed = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let places = vec!["?"; columns.len()].join(", ");
        let mut insert = draft.prepare(&format!("INSERT INTO {name} ({listed}) VALUES ({places})"))?;
        let mut take = |row: &Row<'_>| self.copy_row(row, &columns, &mut insert, table, watcher);
        let has_row_ids = source.prepare(&format!("SELECT rowid FROM main.{name}")).is_ok() && is_table(source, table)?;
        if has_row_ids {
            let unread = row_walk::walk(source, table, &listed, &mut take)?;
            let told = |unread: Unread| {
                let rows = match unread {
                    Unread::Row(row) => format!("row {row} of {table}"),
                    Unread::Rows(first, last) => format!("what there is of the rows {first} to {last} of {table}"),
                    Unread::From(first) => format!("what there is of {table} from row {first} on"),
                };
                format!("{rows}: the page of the file is damaged")
            };
            self.left_out.extend(unread.into_iter().map(told));
            return Ok(());
        }
        let mut select = source.prepare(&format!("SELECT NULL, {listed} FROM main.{name}"))?;
        let mut rows = select.query([])?;
        loop {
            match rows.next() {
                Ok(Some(row)) => _ = take(row)?,
                Ok(None) => return Ok(()),
                Err(error) if is_damage(&error) => {
                    self.left_out.push(format!("what follows of {table}: {error}"));
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Copies a row: its number, then its columns. One that the draft's table refuses cannot be what it should be. Returns whether it is in.
    fn copy_row(
        &mut self,
        row: &Row<'_>,
        columns: &[String],
        insert: &mut Statement<'_>,
        table: &str,
        watcher: &mut CopyWatcher<'_>,
    ) -> rusqlite::Result<bool> {
        let kind = columns.iter().position(|column| column == "kind").filter(|_| table == "alarms");
        if let Some(kind) = kind
            && row.get_ref(kind + 1)? == ValueRef::Text(ALARMS_OF_RECEIVERS)
        {
            return Ok(true);
        }
        for (index, column) in columns.iter().enumerate() {
            insert.raw_bind_parameter(index + 1, self.public_value(column, row.get_ref(index + 1)?))?;
        }
        let is_in = match insert.raw_execute() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                let number = row.get::<_, Option<i64>>(0)?.map(|number| format!(" {number}")).unwrap_or_default();
                self.left_out.push(format!("row{number} of {table}: {error}"));
                false
            }
            inserted => {
                inserted?;
                self.n_rows += 1;
                true
            }
        };
        if self.n_rows.is_multiple_of(ROWS_BETWEEN_REPORTS) {
            (watcher.tell)(CopyStage::Rows { done: self.n_rows, total: self.n_total });
        }
        Ok(is_in)
    }

    /// A value as it may be given away: addresses without credentials, and other texts without those of the sources.
    fn public_value<'v>(&self, column: &str, value: ValueRef<'v>) -> ToSqlOutput<'v> {
        let ValueRef::Text(bytes) = value else { return ToSqlOutput::Borrowed(value) };
        let Ok(text) = std::str::from_utf8(bytes) else { return ToSqlOutput::Borrowed(value) };
        let is_address = ADDRESS_COLUMNS.contains(&column);
        if !is_address && !self.passwords.iter().any(|password| text.contains(password)) {
            return ToSqlOutput::Borrowed(value);
        }
        let mut public = if is_address { without_credentials(text) } else { Cow::Borrowed(text) };
        for password in &self.passwords {
            if public.contains(password) {
                public = Cow::Owned(public.replace(password, ""));
            }
        }
        match public {
            Cow::Borrowed(_) => ToSqlOutput::Borrowed(value),
            Cow::Owned(text) => ToSqlOutput::Owned(Value::Text(text)),
        }
    }
}

fn is_table(source: &Connection, name: &str) -> rusqlite::Result<bool> {
    source.query_row(
        "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE)",
        [name],
        |row| row.get(0),
    )
}

/// The columns of the draft's table that hold values of their own.
fn columns(draft: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = draft.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
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
                 CREATE VIEW open AS SELECT count(*) AS n FROM articles;
                 CREATE TABLE notes (n INTEGER PRIMARY KEY, note TEXT, length INTEGER AS (length(note)) STORED);
                 CREATE INDEX notes_note ON notes (note);
                 INSERT INTO notes (note) VALUES ('mine');
                 CREATE TABLE others (n);
                 ALTER TABLE articles ADD COLUMN mood TEXT;
                 CREATE INDEX articles_mood ON articles (mood);
                 CREATE TRIGGER mine AFTER INSERT ON notes BEGIN SELECT 1; END;
                 CREATE VIRTUAL TABLE words USING fts5 (word);",
            )
            .unwrap();
        let plan = CopyPlan { database: &path, target: &target, replaces: false };
        let take = |own: &[&str]| {
            let own: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
            take_snapshot(plan, &own, &mut CopyWatcher { stop: Arc::default(), tell: &mut |_| () })
        };
        for (wrong, reason) in
            [("nothing", "no such table"), ("_secret_one", "no such"), ("_links", "private"), ("words", "virtual")]
        {
            let error = take(&[wrong]).unwrap_err();
            assert!(matches!(&error, StoreError::NoSuchTable { .. }) && error.to_string().contains(reason), "{error}");
        }
        take(&["of a \"kind\"", "open", "NOTES", "articles"]).unwrap();
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
        for left_out in ["_hidden", "_secret", "articles_fts_delete", "others", "articles_mood", "mine", "words"] {
            assert_eq!(sql_of(left_out), None, "{left_out}");
        }
        assert!(sql_of("notes_note").is_some() && !sql_of("articles").unwrap().contains("mood"));
        let note: (String, i64) =
            snapshot.query_row("SELECT note, length FROM notes", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(note, ("mine".to_owned(), 4));
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
        let error = take_snapshot(plan, &[], &mut watcher).unwrap_err();
        assert!(error.to_string().contains("stopped"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("snapshots")).unwrap().count(), 0);
    }
}
