//! Articles that another program has put in the place of others (`REPLACE`): SQLite runs no trigger for the row that goes.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Takes the texts of rows that were replaced out of the full-text indexes, and has those of now put in.
pub(in crate::store) fn catch_up(connection: &Connection) -> rusqlite::Result<()> {
    let replaced: Vec<(i64, Value, Value)> = connection
        .prepare_cached("SELECT article_id, title, body FROM _replaced WHERE is_replaced")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (id, title, body) in replaced {
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
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO _characters_due (article_id, title, body)
                 SELECT ?1, iif(is_in, ?2, NULL), iif(is_in, ?3, NULL)
                 FROM (SELECT EXISTS (SELECT 1 FROM articles_characters_docsize WHERE id = ?1) AS is_in)",
            )?
            .execute(params![id, title, body])?;
    }
    connection.prepare_cached("DELETE FROM _replaced")?.execute([]).map(|_| ())
}
