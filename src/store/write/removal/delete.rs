//! Deleting an article, and what is remembered of it so that it does not come back as new. The rows of `_deleted`.

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::model::{ImportedArticle, SourceId};
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::public_time;

/// Deletes an article. Triggers take what belongs to it, and its story if that has no other. Returns false, and nothing is done, where
/// a table of somebody else refers to it.
pub(in crate::store) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    match connection.prepare_cached("DELETE FROM articles WHERE id = ?1")?.execute([id]) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
        deleted => deleted.map(|_| true),
    }
}

/// Tells those who read changes that an article goes, as one more change: they may have passed it on. To be called before it is
/// deleted.
pub(in crate::store) fn tell(connection: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO _taken_back (change_seq, article_id, source_id, title, url, at)
             SELECT {NEXT_CHANGE}, id, source_id, title, url, ?2 FROM articles WHERE id = ?1"
        ))?
        .execute(params![id, public_time(now)])?;
    // Each of its sources has its followers.
    connection
        .prepare_cached(
            "INSERT INTO _taken_back_sources (source_id, change_seq)
             SELECT source_id, (SELECT max(change_seq) FROM _taken_back) FROM (
                 SELECT source_id FROM sightings WHERE article_id = ?1
                 UNION SELECT source_id FROM articles WHERE id = ?1 AND source_id IS NOT NULL)",
        )?
        .execute([id])?;
    connection
        .prepare_cached("UPDATE _change_state SET deleted_up_to = (SELECT max(change_seq) FROM _taken_back)")?
        .execute([])?;
    Ok(())
}

/// Lets a deleted article come back.
pub(in crate::store) fn forget_signs(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM _deleted WHERE article_id = ?1")?.execute([id])?;
    Ok(())
}

/// The deleted article that an imported one is: by its address, its GUID, or its words where it has neither.
pub(in crate::store) fn deleted_before(
    connection: &Connection,
    imported: &ImportedArticle,
    source: Option<SourceId>,
) -> rusqlite::Result<Option<i64>> {
    let ImportedArticle { article, guid, .. } = imported;
    if let Some(url) = &article.url {
        let by_address = connection
            .prepare_cached(
                "SELECT article_id FROM _links WHERE url_key = ?1 AND article_id IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = _links.article_id)",
            )?
            .query_row([url.key()], |row| row.get(0))
            .optional()?;
        if by_address.is_some() {
            return Ok(by_address);
        }
    }
    let sign = match (source, guid) {
        (Some(source), Some(guid)) => format!("guid {} {guid}", source.0),
        _ if article.url.is_none() => format!("text {}", hex(&article.fingerprint.0)),
        _ => return Ok(None),
    };
    connection
        .prepare_cached("SELECT article_id FROM _deleted WHERE sign = ?1")?
        .query_row([sign], |row| row.get(0))
        .optional()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
