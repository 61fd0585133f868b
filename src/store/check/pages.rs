//! The pages of a file, as SQLite checks them; and making anew what has nothing that does not stand elsewhere too: indexes, and the
//! full-text indexes.

use std::collections::BTreeSet;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::config::StoreSettings;
use crate::store::check::finding::{Finding, Subject, listed};
use crate::store::check::full_text;
use crate::store::file::characters;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::lock::IngestLock;
use crate::store::file::open::open_for_writing;

/// Faults that SQLite is asked for. It names a damaged page, and with it each page that is out of reach.
const FAULTS_MAX: u32 = 100_000;

/// What to do where tables are damaged.
const OTHER_FILE: &str = "restore a backup (`newswire restore FILE`); without one, `newswire --db NEW.db merge DAMAGED.db` takes out what can be read";

/// The full-text indexes.
const FULL_TEXT: [&str; 2] = ["articles_fts", characters::INDEX];

/// What is wrong with the pages of a file.
#[derive(Debug, Default)]
struct PageFaults {
    /// In the words of SQLite.
    told: Vec<String>,
    /// Indexes and full-text indexes with damaged pages.
    indexes: BTreeSet<String>,
    /// Whether anything else is damaged.
    is_elsewhere: bool,
}

/// Looks at the pages.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Finding> {
    let PageFaults { told, indexes, is_elsewhere } = faults(connection)?;
    if told.is_empty() {
        return Ok(Finding::well(Subject::Pages, "sound"));
    }
    if is_elsewhere || indexes.is_empty() {
        return Ok(Finding::wrong(Subject::Pages, listed(&told), OTHER_FILE));
    }
    let names: Vec<String> = indexes.into_iter().collect();
    let text = format!("damaged in what is made of the tables alone: {} ({})", names.join(", "), told[0]);
    Ok(Finding::mendable(Subject::Pages, text))
}

fn faults(connection: &Connection) -> rusqlite::Result<PageFaults> {
    let mut faults = PageFaults::default();
    let (rows, error) = checked(connection, &format!("PRAGMA quick_check({FAULTS_MAX})"))?;
    for line in rows.iter().flat_map(|row| row.lines()) {
        // Which rows break a constraint is said elsewhere.
        if line == "ok" || line.starts_with("*** in database") || line.contains("constraint failed") {
            continue;
        }
        faults.told.push(line.to_owned());
        // Out of reach is what hangs on a page that is damaged, and named by itself.
        if line.ends_with("never used") {
            continue;
        }
        match index_named_in(connection, line)? {
            Some(index) => _ = faults.indexes.insert(index),
            None => faults.is_elsewhere = true,
        }
    }
    if let Some(error) = error {
        faults.told.push(error);
        for index in FULL_TEXT {
            if checked(connection, &format!("PRAGMA quick_check({index})"))?.1.is_some() {
                faults.indexes.insert(index.to_owned());
            }
        }
        faults.is_elsewhere |= any_table_fails(connection)?;
    }
    Ok(faults)
}

/// What a check says, and the error that it ended with.
fn checked(connection: &Connection, check: &str) -> rusqlite::Result<(Vec<String>, Option<String>)> {
    let mut statement = connection.prepare(check)?;
    let mut rows = statement.query([])?;
    let mut told = Vec::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => told.push(row.get(0)?),
            Ok(None) => return Ok((told, None)),
            Err(error) => return Ok((told, Some(error.to_string()))),
        }
    }
}

/// Whether a check of all ended at another table than the full-text indexes.
fn any_table_fails(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: Vec<String> = connection
        .prepare("SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        if checked(connection, &format!("PRAGMA quick_check({table})"))?.1.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The index that a fault is about, if it is about one.
fn index_named_in(connection: &Connection, fault: &str) -> rusqlite::Result<Option<String>> {
    if fault.contains("FTS5 table") {
        return Ok(FULL_TEXT
            .iter()
            .find(|name| fault.contains(&format!("main.{name}")))
            .map(|name| (*name).to_owned()));
    }
    if let Some((_, name)) = fault.rsplit_once(" index ") {
        let is_one = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        return connection.query_row(is_one, [name], |row| row.get(0)).optional();
    }
    let Some(root) = fault.strip_prefix("Tree ").and_then(|rest| rest.split(' ').next()?.parse::<i64>().ok()) else {
        return Ok(None);
    };
    let sql = "SELECT name, type FROM sqlite_schema WHERE rootpage = ?1";
    let found = connection.query_row(sql, [root], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (name, kind): (String, String) = found.unwrap_or_default();
    if kind == "index" {
        return Ok(Some(name));
    }
    let is_part = |index: &&&str| name.strip_prefix(**index).is_some_and(|rest| rest.starts_with('_'));
    Ok(FULL_TEXT.iter().find(is_part).map(|index| (*index).to_owned()))
}

/// Makes damaged indexes anew, and the file without their pages. What of theirs cannot be read cannot be deleted either, so that they
/// are taken out of the schema, and a copy of the file is made of what is in it.
///
/// # Errors
///
/// [`StoreError::Busy`] while a process ingests, and whatever else keeps the file from being written. It is as it was then.
pub(super) fn mend(settings: &StoreSettings) -> Result<(), StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, &settings.path);
    let _lock = IngestLock::acquire(&settings.path)?;
    let mut connection = open_for_writing(settings)?;
    let PageFaults { indexes, is_elsewhere, .. } = faults(&connection).map_err(wrap)?;
    if is_elsewhere {
        return Ok(());
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).map_err(wrap)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    for index in &indexes {
        make_anew(&transaction, index).map_err(wrap)?;
    }
    transaction.commit().map_err(wrap)?;
    // Which pages an index has is known to a connection from when it was opened.
    drop(connection);
    open_for_writing(settings)?.execute_batch("VACUUM").map_err(wrap)
}

fn make_anew(connection: &Connection, index: &str) -> rusqlite::Result<()> {
    if FULL_TEXT.contains(&index) {
        return make_full_text_anew(connection, index);
    }
    let sql = "SELECT sql, tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
    let (sql, table): (Option<String>, String) =
        connection.query_row(sql, [index], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match sql {
        Some(sql) => {
            forget(connection, "type = 'index' AND name = ?1", index)?;
            connection.execute_batch(&sql)
        }
        None => replace_pages(connection, index, &table),
    }
}

/// Gives the index of a constraint the pages of one that is made for that: it belongs to its table, and cannot be made by itself.
fn replace_pages(connection: &Connection, index: &str, table: &str) -> rusqlite::Result<()> {
    let columns: Vec<String> = connection
        .prepare("SELECT '\"' || name || '\"' FROM pragma_index_info(?1) ORDER BY seqno")?
        .query_map([index], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    connection.execute_batch(&format!("CREATE INDEX _made_anew ON {table} ({})", columns.join(", ")))?;
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    connection.execute(
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = '_made_anew') WHERE name = ?1",
        [index],
    )?;
    forget(connection, "name = ?1", "_made_anew")
}

fn make_full_text_anew(connection: &Connection, index: &str) -> rusqlite::Result<()> {
    let sql: String =
        connection.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [index], |row| row.get(0))?;
    forget(connection, "type = 'table' AND (name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '_')", index)?;
    connection.execute_batch(&sql)?;
    if index == characters::INDEX { characters::rebuild(connection) } else { full_text::rebuild(connection) }
}

/// Takes something out of the schema, and leaves its pages as they are.
fn forget(connection: &Connection, which: &str, name: &str) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    connection.execute(&format!("DELETE FROM sqlite_schema WHERE {which}"), [name])?;
    connection.execute_batch("PRAGMA writable_schema = RESET")
}
