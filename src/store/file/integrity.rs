//! What SQLite says of a file: its pages, and whether each index has what its table has.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::store::file::columns::quoted;
use crate::store::file::error::is_damage;
use crate::store::file::index_parts::IndexParts;

/// Faults that SQLite is asked for. It names a damaged page, and with it each page that is out of reach.
const FAULTS_MAX: u32 = 100_000;

/// The last line of a check that met a page which it could not go past: the words of `SQLITE_CORRUPT`.
const ENDED: &str = "database disk image is malformed";

/// What a check has brought.
#[derive(Debug, Default)]
pub(in crate::store) struct Verdict {
    /// What is wrong, in the words of SQLite.
    pub(in crate::store) faults: Vec<String>,
    /// The error that ended the check before its end.
    pub(in crate::store) error: Option<String>,
}

impl Verdict {
    fn take_in(&mut self, text: &str) {
        for line in text.lines() {
            if line == ENDED {
                self.error = Some(line.to_owned());
            } else if line != "ok" && !line.starts_with("*** in database") && !line.contains("constraint failed") {
                self.faults.push(line.to_owned());
            }
        }
    }

    /// The first thing that is wrong.
    pub(in crate::store) fn first(&self) -> Option<&str> {
        self.faults.first().or(self.error.as_ref()).map(String::as_str)
    }
}

/// Checks a whole file. Rows that break a constraint are no faults: who turned that off may write them, and nothing is damaged.
pub(in crate::store) fn check(connection: &Connection) -> rusqlite::Result<Verdict> {
    let mut verdict = match ask(connection, &format!("PRAGMA integrity_check({FAULTS_MAX})")) {
        // A full-text index that cannot be opened keeps SQLite from looking at anything.
        Err(error) if is_damage(&error) => each_table(connection, &error)?,
        verdict => verdict?,
    };
    if verdict.error.is_none() {
        verdict.faults.extend(indexes_on_other_pages(connection)?);
        verdict.faults.extend(overfull_indexes(connection)?);
    }
    Ok(verdict)
}

/// Checks one table after the other, since that of all ends with an error before it begins.
fn each_table(connection: &Connection, error: &rusqlite::Error) -> rusqlite::Result<Verdict> {
    let mut verdict = Verdict { error: Some(error.to_string()), ..Verdict::default() };
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        verdict.faults.extend(check_table_and_indexes(connection, &table)?.faults);
    }
    Ok(verdict)
}

/// The indexes that begin on a page which is none of an index. Where an index has nothing, SQLite does not look for it; whoever reads or
/// fills it then finds it damaged.
fn indexes_on_other_pages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut indexes =
        connection.prepare("SELECT tbl_name, name, sql, rootpage FROM sqlite_schema WHERE type = 'index'")?;
    let mut rows = indexes.query([])?;
    let mut others = Vec::new();
    while let Some(row) = rows.next()? {
        let (table, name): (String, String) = (row.get(0)?, row.get(1)?);
        let parts = row.get_ref(2)?.as_str_or_null()?.and_then(IndexParts::of);
        let condition = parts.and_then(|parts| parts.condition).unwrap_or("TRUE");
        let sql = format!("SELECT 1 FROM {} INDEXED BY {} WHERE {condition} LIMIT 1", quoted(&table), quoted(&name));
        let read = connection.prepare(&sql).and_then(|mut statement| statement.exists([]));
        if read.is_err_and(|error| is_damage(&error)) {
            let root: i64 = row.get(3)?;
            others.push(format!("Tree {root} page {root}: not a page of an index"));
        }
    }
    Ok(others)
}

/// The partial indexes with more entries than their tables have rows for, in the words that SQLite has for other indexes: of these it
/// looks whether each row has its entry, and not for entries beyond.
fn overfull_indexes(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut by_table: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut indexes =
        connection.prepare("SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")?;
    let mut rows = indexes.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(IndexParts { condition: Some(condition), .. }) = IndexParts::of(row.get_ref(2)?.as_str()?) {
            by_table.entry(row.get(0)?).or_default().push((row.get(1)?, condition.to_owned()));
        }
    }
    let mut overfull = Vec::new();
    let mut n_cells = connection.prepare("SELECT ncell FROM dbstat WHERE name = ?1 AND aggregate = TRUE")?;
    for (table, indexes) in by_table {
        let counts: Vec<String> =
            indexes.iter().map(|(_, condition)| format!("count(*) FILTER (WHERE {condition})")).collect();
        let sql = format!("SELECT {} FROM {} NOT INDEXED", counts.join(", "), quoted(&table));
        let expected: Vec<i64> =
            connection.query_row(&sql, [], |row| (0..indexes.len()).map(|position| row.get(position)).collect())?;
        for ((name, _), expected) in indexes.iter().zip(expected) {
            if n_cells.query_row([name], |row| row.get::<_, i64>(0))? > expected {
                overfull.push(format!("wrong # of entries in index {name}"));
            }
        }
    }
    Ok(overfull)
}

/// Checks a table without looking up its rows in its indexes.
pub(in crate::store) fn check_table(connection: &Connection, table: &str) -> rusqlite::Result<Verdict> {
    ask(connection, &format!("PRAGMA quick_check({})", quoted(table)))
}

/// The same, and whether the indexes of the table have what it has.
pub(in crate::store) fn check_table_and_indexes(connection: &Connection, table: &str) -> rusqlite::Result<Verdict> {
    ask(connection, &format!("PRAGMA integrity_check({})", quoted(table)))
}

fn ask(connection: &Connection, check: &str) -> rusqlite::Result<Verdict> {
    let mut statement = connection.prepare(check)?;
    let mut rows = statement.query([])?;
    let mut verdict = Verdict::default();
    loop {
        match rows.next() {
            Ok(Some(row)) => verdict.take_in(&row.get::<_, String>(0)?),
            Ok(None) => return Ok(verdict),
            Err(error) => {
                verdict.error = Some(error.to_string());
                return Ok(verdict);
            }
        }
    }
}
