//! The numbers of changes to articles: `articles.change_seq`.
//!
//! Each change takes the next number. No number is used twice, even after the article with the largest one is deleted: a
//! trigger keeps that number in `_change_state`.

use rusqlite::Connection;

/// The number of the next change, as an SQL expression.
pub(in crate::store) const NEXT_CHANGE: &str = "(SELECT max(coalesce(max(change_seq), 0), coalesce((SELECT deleted_up_to FROM _change_state), 0)) + 1 FROM articles)";

/// The number of the next change, for a statement that gives it to several columns.
pub(in crate::store) fn next_change(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached(&format!("SELECT {NEXT_CHANGE}"))?.query_row([], |row| row.get(0))
}
