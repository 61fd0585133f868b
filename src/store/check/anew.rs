//! Making anew what has nothing that does not stand elsewhere too: indexes, and the full-text indexes.

use std::collections::BTreeSet;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::config::StoreSettings;
use crate::store::check::full_text;
use crate::store::check::page_faults::{FULL_TEXT, PageFaults, find};
use crate::store::file::characters;
use crate::store::file::columns::quoted;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::lock::IngestLock;
use crate::store::file::log;
use crate::store::file::open::open_for_writing;

/// Rounds of looking and mending: what one shows that was hidden, the next one mends.
const ROUNDS_MAX: usize = 5;

/// Makes indexes anew that are damaged or have other rows than their tables, until none is or a round has changed nothing. Nothing is
/// done where anything else is damaged.
///
/// # Errors
///
/// [`StoreError::Busy`] while a process ingests, and whatever else keeps the file from being written. It is as it was then, or as the
/// round before has left it.
pub(super) fn mend(settings: &StoreSettings) -> Result<(), StoreError> {
    let _lock = IngestLock::acquire(&settings.path)?;
    let mut before = PageFaults::default();
    for _ in 0..ROUNDS_MAX {
        let connection = open_for_writing(settings)?;
        let wrap = |error: rusqlite::Error| explain(&error, &settings.path);
        let faults = find(&connection).map_err(wrap)?;
        if !faults.is_of_indexes_alone() || faults == before {
            break;
        }
        if faults.are_pages_damaged {
            replace(connection, &faults.indexes).map_err(wrap)?;
            // Which pages an index has is known to a connection from when it was opened.
            let other = open_for_writing(settings)?;
            other.execute_batch("VACUUM").map_err(wrap)?;
            log::empty_own_if_large(&other, &settings.path);
        } else {
            reindex(&connection, &faults.indexes).map_err(wrap)?;
            log::empty_own_if_large(&connection, &settings.path);
        }
        before = faults;
    }
    Ok(())
}

/// Fills indexes anew whose pages are well formed. One that its table does not allow, since it has a value twice, stays as it is.
fn reindex(connection: &Connection, indexes: &BTreeSet<String>) -> rusqlite::Result<()> {
    for index in indexes {
        match connection.execute_batch(&format!("REINDEX {}", quoted(index))) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Makes damaged indexes anew on other pages. What of theirs cannot be read cannot be deleted either, so that they are taken out of the
/// schema, and a copy of the file is to be made of what is in it.
fn replace(mut connection: Connection, indexes: &BTreeSet<String>) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for index in indexes {
        make_anew(&transaction, index)?;
    }
    transaction.commit()
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
        .prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?
        .query_map([index], |row| Ok(quoted(row.get_ref(0)?.as_str()?)))?
        .collect::<Result<_, _>>()?;
    connection.execute_batch(&format!("CREATE INDEX _made_anew ON {} ({})", quoted(table), columns.join(", ")))?;
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
