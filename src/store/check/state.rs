//! Tables of ours that have one row: what a process goes by from one start to the next.

use rusqlite::Connection;

use crate::store::check::changes::NUMBER_MAX;
use crate::store::check::finding::{Finding, Subject};

/// Each table, and what makes its row again where it is lost.
const ROWS: [(&str, &str); 5] = [
    (
        "_change_state",
        "INSERT INTO _change_state (id, database, deleted_up_to) SELECT 1, lower(hex(randomblob(16))), max(
             coalesce((SELECT max(change_seq) FROM articles WHERE change_seq < ?1), 0),
             coalesce((SELECT max(change_seq) FROM _taken_back WHERE change_seq < ?1), 0),
             coalesce((SELECT max(began_after) FROM _epochs WHERE began_after < ?1), 0))",
    ),
    // Behind what is in neither: it is indexed anew with what comes.
    (
        "_fts_state",
        "INSERT INTO _fts_state (id, indexed_up_to)
         SELECT 1, coalesce((SELECT max(id) FROM articles_fts_docsize), 0) WHERE ?1 > 0",
    ),
    (
        "_shingle_state",
        "INSERT INTO _shingle_state (id, n_swept)
         SELECT 1, coalesce((SELECT max(swept_before) FROM _shingle_log), 0) WHERE ?1 > 0",
    ),
    // Another number than any that a process has read.
    (
        "_story_state",
        "INSERT INTO _story_state (generation) SELECT CAST(strftime('%s', 'now') AS INTEGER) WHERE ?1 > 0",
    ),
    ("_schedule_state", "INSERT INTO _schedule_state (id, longest_s) SELECT 1, 1296000 WHERE ?1 > 0"),
];

fn n_rows(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
}

/// Looks whether each has its row.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Finding> {
    let mut wrong = Vec::new();
    for (table, _) in ROWS {
        match n_rows(connection, table)? {
            1 => {}
            number => wrong.push(format!("{table} has {number} rows and not one")),
        }
    }
    Ok(match wrong.len() {
        0 => Finding::well(Subject::State, "each of the tables with one row has it"),
        _ => Finding::mendable(Subject::State, wrong.join("; ")),
    })
}

/// Gives each table its one row.
pub(super) fn mend(connection: &Connection) -> rusqlite::Result<()> {
    for (table, row) in ROWS {
        connection.execute(&format!("DELETE FROM {table} WHERE rowid > (SELECT min(rowid) FROM {table})"), [])?;
        if n_rows(connection, table)? == 0 {
            connection.execute(row, [NUMBER_MAX])?;
        }
    }
    Ok(())
}
