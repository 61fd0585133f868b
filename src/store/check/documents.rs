//! Articles against the checksums that they were stored with: a disk can change a text and leave its page well formed.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use crate::bundle;
use crate::store::file::schema::in_memory;

/// So many articles of those that have changed are looked for in the full-text index, with all their words.
const LOOKED_UP_MAX: usize = 300;

/// An article that has another checksum than it was stored with.
pub(super) struct Changed {
    pub(super) id: i64,
    /// Whether SQLite noted the change, so that a program has made it: whoever writes next makes the checksum anew.
    pub(super) is_noted: bool,
}

/// The articles that have another checksum than they were stored with.
pub(super) fn changed(connection: &Connection) -> rusqlite::Result<Vec<Changed>> {
    let mut statement = connection.prepare(
        "SELECT id, sha256, text, id IN (SELECT article_id FROM _changed_elsewhere)
         FROM articles NOT INDEXED JOIN bundle_documents ON article_id = id ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |column: usize| row.get_ref(column).map(|value| value.as_bytes().unwrap_or_default());
        if bundle::hex_sha256(bytes(2)?).as_bytes() != bytes(1)? {
            changed.push(Changed { id: row.get(0)?, is_noted: row.get(3)? });
        }
    }
    Ok(changed)
}

/// How many of the articles that have changed the full-text index has with other words.
pub(super) fn count_with_other_words(connection: &Connection, changed: &[Changed]) -> rusqlite::Result<usize> {
    if changed.is_empty() {
        return Ok(0);
    }
    // An index of one article, which takes texts apart as ours does.
    let model = in_memory().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    model.execute_batch("CREATE VIRTUAL TABLE temp.words USING fts5vocab (main, articles_fts, row)")?;
    let mut n_others = 0;
    for Changed { id, .. } in changed.iter().take(LOOKED_UP_MAX) {
        n_others += usize::from(has_other_words(connection, &model, *id)?);
    }
    Ok(n_others)
}

fn has_other_words(connection: &Connection, model: &Connection, id: i64) -> rusqlite::Result<bool> {
    model.execute_batch("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")?;
    connection.prepare_cached("SELECT title, body FROM articles WHERE id = ?1")?.query_row([id], |row| {
        // As bytes: what is damaged need be no text.
        let [title, body] = [row.get_ref(0)?, row.get_ref(1)?].map(ToSqlOutput::Borrowed);
        let sql = "INSERT INTO articles_fts (rowid, title, body) VALUES (?1, ?2, ?3)";
        model.prepare_cached(sql)?.execute((id, title, body))
    })?;
    let n_words = |of: &Connection| -> rusqlite::Result<Option<Vec<u8>>> {
        of.prepare_cached("SELECT sz FROM articles_fts_docsize WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()
    };
    if n_words(connection)? != n_words(model)? {
        return Ok(true);
    }
    let mut words = model.prepare_cached("SELECT term FROM words")?;
    let mut rows = words.query([])?;
    while let Some(row) = rows.next()? {
        let ValueRef::Text(word) = row.get_ref(0)? else { continue };
        let word = [b"\"", word, b"\""].concat();
        let is_found = |in_index: &Connection| -> rusqlite::Result<bool> {
            let sql = "SELECT EXISTS (SELECT 1 FROM articles_fts WHERE articles_fts MATCH ?1 AND rowid = ?2)";
            let word = ToSqlOutput::Borrowed(ValueRef::Text(&word));
            in_index.prepare_cached(sql)?.query_row((word, id), |row| row.get(0))
        };
        // Taken apart again, a word need not be the same.
        if is_found(model)? && !is_found(connection)? {
            return Ok(true);
        }
    }
    Ok(false)
}
