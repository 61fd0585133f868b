//! Articles that another program has put in the place of others (`REPLACE`): SQLite runs no trigger for the row that goes.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Takes the texts of rows that were replaced out of the full-text index of words, and puts in those of now. For that of characters
/// triggers note them.
pub(super) fn catch_up(connection: &Connection) -> rusqlite::Result<()> {
    let noted: Vec<(i64, Value, Value, bool)> = connection
        .prepare_cached("SELECT article_id, title, body, is_replaced FROM _replaced")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    if noted.is_empty() {
        return Ok(());
    }
    // In one transaction, also where there is one already.
    connection.execute_batch("SAVEPOINT replaced")?;
    for (id, title, body, _) in noted.into_iter().filter(|(_, _, _, is_replaced)| *is_replaced) {
        connection
            .prepare_cached(
                "INSERT INTO articles_fts (articles_fts, rowid, title, body) VALUES ('delete', ?1, ?2, ?3)",
            )?
            .execute(params![id, title, body])?;
        connection
            .prepare_cached(
                "INSERT INTO articles_fts (rowid, title, body) SELECT id, title, body FROM articles WHERE id = ?1",
            )?
            .execute([id])?;
    }
    connection.execute_batch("DELETE FROM _replaced; RELEASE replaced")
}
