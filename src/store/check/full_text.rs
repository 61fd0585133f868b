//! Building the full-text index of words anew.

use rusqlite::Connection;

/// Builds the index of all articles.
pub(super) fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
         INSERT OR IGNORE INTO _fts_state (id, indexed_up_to) VALUES (1, 0);
         UPDATE _fts_state SET indexed_up_to = coalesce((SELECT max(id) FROM articles), 0)",
    )
}
