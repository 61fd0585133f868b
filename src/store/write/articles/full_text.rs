//! The full-text indexes of titles and bodies.

use rusqlite::Connection;

use crate::store::file::characters;
use crate::store::write::articles::replaced;

/// Adds the articles of this transaction to the indexes. Triggers follow later changes in `articles_fts`; those of
/// `articles_characters`, and rows that were put in the place of others, are taken over from where triggers note them.
pub(in crate::store) fn index_new(connection: &Connection) -> rusqlite::Result<()> {
    replaced::catch_up(connection)?;
    characters::catch_up(connection)?;
    let indexed_up_to: i64 =
        connection.prepare_cached("SELECT indexed_up_to FROM _fts_state")?.query_row([], |row| row.get(0))?;
    let n_indexed = connection
        .prepare_cached(
            "INSERT INTO articles_fts (rowid, title, body)
             SELECT id, title, body FROM articles WHERE id > ?1 ORDER BY id",
        )?
        .execute([indexed_up_to])?;
    if n_indexed > 0 {
        characters::index_after(connection, indexed_up_to)?;
        connection
            .prepare_cached("UPDATE _fts_state SET indexed_up_to = (SELECT max(id) FROM articles)")?
            .execute([])?;
    }
    Ok(())
}
