//! Reading a table from its first row to its last, past damaged pages.

use std::ops::RangeInclusive;

use rusqlite::{Connection, Row};

use crate::store::file::columns::quoted;
use crate::store::file::error::is_damage;

/// Row ids behind a damaged row that are looked up one by one, before they are passed in strides: more than a page has.
const LOOKED_UP_MAX: u32 = 4096;

/// Rows of a table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Unread {
    /// One, by its row id.
    Row(i64),
    /// What there is from one to another.
    Rows(i64, i64),
    /// What there is from one on.
    From(i64),
}

/// Row ids that have been handed over, as runs of them in the order in which they came.
#[derive(Default)]
struct Handed {
    runs: Vec<RangeInclusive<i64>>,
    highest: Option<i64>,
}

impl Handed {
    fn has(&self, row: i64) -> bool {
        self.highest.is_some_and(|highest| row <= highest) && self.runs.iter().any(|run| run.contains(&row))
    }

    fn note(&mut self, row: i64) {
        match self.runs.last_mut() {
            Some(run) if run.end().checked_add(1) == Some(row) => *run = *run.start()..=row,
            _ => self.runs.push(row..=row),
        }
        self.highest = self.highest.max(Some(row));
    }
}

/// Hands over the rows of a table that can be read, each once, in the order of their row ids, which are before their columns. Rows of a page
/// that stands in another's place come where it stands; where they are another table's they are refused, and `visit` says so. Returns those
/// that cannot be read.
pub(in crate::store) fn walk(
    connection: &Connection,
    table: &str,
    columns: &str,
    visit: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Vec<Unread>> {
    let sql =
        format!("SELECT rowid, {columns} FROM main.{} NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid", quoted(table));
    let mut statement = connection.prepare(&sql)?;
    let mut unread = Vec::new();
    let mut handed = Handed::default();
    // What is before this is not asked for again.
    let mut from = i64::MIN;
    loop {
        let mut last = None;
        let mut rows = statement.query([from])?;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let id = row.get(0)?;
                    if !handed.has(id) && visit(row)? {
                        handed.note(id);
                        last = Some(id);
                    }
                }
                Ok(None) => return Ok(unread),
                Err(error) if is_damage(&error) => break,
                Err(error) => return Err(error),
            }
        }
        let first = last.map_or(from, |last: i64| from.max(last.saturating_add(1)));
        match row_from(connection, table, first) {
            Ok(None) => return Ok(unread),
            // It goes on behind its page.
            Ok(Some(row)) => {
                unread.extend((!handed.has(row)).then_some(Unread::Row(row)));
                from = row.max(first).saturating_add(1);
            }
            Err(_) => match readable_from(connection, table, first) {
                Some(next) => {
                    unread.push(Unread::Rows(first.max(1), next - 1));
                    from = next;
                }
                None => {
                    unread.push(Unread::From(first.max(1)));
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
