//! The full-text index of words: whether it has the words of the texts, and building it anew.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::store::file::error::is_damage;
use crate::store::file::schema::in_memory;

/// The tables in which FTS5 keeps an index whose texts stand elsewhere.
const PARTS: [&str; 4] = ["data", "idx", "docsize", "config"];

/// Whether the index has each word of each article at its place, and nothing else. FTS5 tells that only to those who may write, and they
/// keep others from writing meanwhile: so a copy of the index is asked, among the temporary tables of this connection. Nothing is said
/// where there is no room for that.
pub(super) fn agrees(connection: &Connection) -> rusqlite::Result<Option<bool>> {
    // In the copy the tables of FTS5 are written like others.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    // What is seen is of one moment. At the end all of it is undone.
    let transaction = connection.unchecked_transaction()?;
    let asked = copy(&transaction).and_then(|()| {
        transaction.execute("INSERT INTO temp.articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)", [])
    });
    match asked {
        Ok(_) => Ok(Some(true)),
        Err(error) if is_without_room(&error) => Ok(None),
        Err(error) if is_damage(&error) => Ok(Some(false)),
        Err(error) => Err(error),
    }
}

/// Copies the index to the temporary tables, where it has the texts of the articles, and takes over what waits for that.
fn copy(connection: &Connection) -> rusqlite::Result<()> {
    let model = in_memory().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let sql: String =
        model.query_row("SELECT sql FROM sqlite_schema WHERE name = 'articles_fts'", [], |row| row.get(0))?;
    connection.execute_batch("CREATE TEMP VIEW articles AS SELECT id, title, body FROM main.articles")?;
    connection.execute_batch(&sql.replacen("articles_fts", "temp.articles_fts", 1))?;
    for part in PARTS {
        connection.execute_batch(&format!(
            "DELETE FROM temp.articles_fts_{part};
             INSERT INTO temp.articles_fts_{part} SELECT * FROM main.articles_fts_{part}"
        ))?;
    }
    connection.execute_batch(
        "INSERT INTO temp.articles_fts (articles_fts, rowid, title, body)
         SELECT 'delete', article_id, title, body FROM main._replaced WHERE is_replaced;
         INSERT INTO temp.articles_fts (rowid, title, body)
         SELECT id, title, body FROM main.articles
         WHERE id IN (SELECT article_id FROM main._replaced WHERE is_replaced)
             OR id > (SELECT indexed_up_to FROM main._fts_state)",
    )
}

/// Whether there is no place for temporary tables, or it is full.
fn is_without_room(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::CannotOpen))
}

/// Builds the index of all articles. Nothing waits to be taken out of it then.
pub(super) fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
         INSERT OR IGNORE INTO _fts_state (id, indexed_up_to) VALUES (1, 0);
         UPDATE _fts_state SET indexed_up_to = coalesce((SELECT max(id) FROM articles), 0);
         DELETE FROM _replaced",
    )
}
