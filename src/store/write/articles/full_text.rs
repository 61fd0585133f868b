//! The full-text index of titles and bodies: the rows of `articles_fts`.

use rusqlite::Connection;

/// Adds the articles of this transaction to the index. Triggers follow later changes.
pub(in crate::store) fn index_new(connection: &Connection) -> rusqlite::Result<()> {
    let n_indexed = connection
        .prepare_cached(
            "INSERT INTO articles_fts (rowid, title, body)
             SELECT id, title, body FROM articles WHERE id > (SELECT indexed_up_to FROM _fts_state) ORDER BY id",
        )?
        .execute([])?;
    if n_indexed > 0 {
        connection
            .prepare_cached("UPDATE _fts_state SET indexed_up_to = (SELECT max(id) FROM articles)")?
            .execute([])?;
    }
    Ok(())
}
