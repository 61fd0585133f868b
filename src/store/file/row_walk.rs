//! Reading a table from its first row to its last, past damaged pages.

use rusqlite::{Connection, Row};

use crate::store::file::columns::quoted;
use crate::store::file::error::is_damage;

/// Row ids behind a damaged row that are looked up one by one, before they are passed in strides: more than a page has.
const LOOKED_UP_MAX: u32 = 4096;

/// Hands over the rows of a table that can be read, in the order of their row ids, which are before their columns. Returns what is said of
/// those that cannot be.
pub(super) fn walk(
    connection: &Connection,
    table: &str,
    columns: &str,
    visit: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<Vec<String>> {
    let sql =
        format!("SELECT rowid, {columns} FROM main.{} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid", quoted(table));
    let mut statement = connection.prepare(&sql)?;
    let mut unread = Vec::new();
    let mut last = i64::MIN;
    loop {
        let mut rows = statement.query([last])?;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    last = row.get(0)?;
                    visit(row)?;
                }
                Ok(None) => return Ok(unread),
                Err(error) if is_damage(&error) => break,
                Err(error) => return Err(error),
            }
        }
        let first = last.saturating_add(1);
        match row_from(connection, table, first) {
            Ok(None) => return Ok(unread),
            // It goes on behind its page.
            Ok(Some(row)) => {
                unread.push(format!("row {row} of {table}"));
                last = row;
            }
            Err(_) => match readable_from(connection, table, first) {
                Some(next) => {
                    unread.push(format!("what there is of the rows {} to {} of {table}", first.max(1), next - 1));
                    last = next - 1;
                }
                None => {
                    unread.push(format!("what there is of {table} from row {} on", first.max(1)));
                    return Ok(unread);
                }
            },
        }
    }
}

/// The first row id from one on.
fn row_from(connection: &Connection, table: &str, first: i64) -> rusqlite::Result<Option<i64>> {
    let sql = format!("SELECT min(rowid) FROM main.{} NOT INDEXED WHERE rowid >= ?1", quoted(table));
    connection.prepare_cached(&sql)?.query_row([first], |row| row.get(0))
}

/// The first row id behind one, which cannot be looked up, from which on that can be done again.
fn readable_from(connection: &Connection, table: &str, first: i64) -> Option<i64> {
    let can_be = |row: i64| row_from(connection, table, row).is_ok();
    let mut damaged = first.max(0);
    for _ in 0..LOOKED_UP_MAX {
        let next = damaged.checked_add(1)?;
        if can_be(next) {
            return Some(next);
        }
        damaged = next;
    }
    let mut stride = 1_i64;
    let mut readable = loop {
        let next = damaged.checked_add(stride)?;
        if can_be(next) {
            break next;
        }
        damaged = next;
        stride = stride.saturating_mul(2);
    };
    while readable - damaged > 1 {
        let middle = damaged + (readable - damaged) / 2;
        if can_be(middle) {
            readable = middle;
        } else {
            damaged = middle;
        }
    }
    Some(readable)
}
