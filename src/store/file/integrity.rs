//! What SQLite says of a file: its pages, and whether each index has what its table has.

use rusqlite::Connection;

use crate::store::file::columns::quoted;

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
    ask(connection, &format!("PRAGMA integrity_check({FAULTS_MAX})"))
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
