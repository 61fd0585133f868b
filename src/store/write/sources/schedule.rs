//! When a source is due, and how it fares apart from its polls: the rows of `_source_schedule`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{Failure, SourceId};
use crate::store::file::columns::private_time;

/// Makes a source due at a time, unless it is claimed.
pub(in crate::store) fn make_due(connection: &Connection, source: SourceId, at: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _source_schedule SET next_due_at = ?2 WHERE source_id = ?1 AND claim_id IS NULL")?
        .execute(params![source.0, private_time(at)])?;
    Ok(())
}

/// Makes all active sources due now, unless they are claimed.
pub(in crate::store) fn make_all_due(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _source_schedule SET next_due_at = ?1
         WHERE claim_id IS NULL AND source_id IN (SELECT id FROM sources WHERE state = 'active')",
        [private_time(now)],
    )?;
    Ok(())
}

/// Stops polling a source. A poll under way loses its claim, and its commit then changes nothing.
pub(in crate::store) fn stop(connection: &Connection, source: SourceId) -> rusqlite::Result<()> {
    connection
        .execute("UPDATE _source_schedule SET next_due_at = NULL, claim_id = NULL WHERE source_id = ?1", [source.0])?;
    Ok(())
}

/// Stops polling a source after a poll under way, whose commit sees that there is no next one.
pub(in crate::store) fn stop_after_poll(connection: &Connection, source: SourceId) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _source_schedule SET next_due_at = NULL WHERE source_id = ?1 AND claim_id IS NULL",
        [source.0],
    )?;
    Ok(())
}

/// Forgets what polls of a source have learned: it is read from another address, or in another way.
pub(in crate::store) fn reset(connection: &Connection, source: SourceId) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _source_schedule SET etag = NULL, last_modified = NULL, body_sha256 = NULL, interval_s = NULL,
             children = NULL, failures_in_a_row = 0, error = NULL, error_class = NULL, rhythm = NULL, moved_to = NULL,
             n_moved = 0, n_vain = 0
         WHERE source_id = ?1",
        [source.0],
    )?;
    Ok(())
}

/// Notes how the fetch of an article went for its source, if that is a single article. Its page is fetched as an
/// article, not by polls, so the fetch decides on its health.
pub(in crate::store) fn note_article_source(
    connection: &Connection,
    source: SourceId,
    failure: Option<&Failure>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let class = failure.map(|failure| failure.class.as_str());
    let reason = failure.map(|failure| failure.reason.as_str());
    connection
        .prepare_cached(
            "UPDATE _source_schedule SET
                 last_ok_at = CASE WHEN ?3 IS NULL THEN ?2 ELSE last_ok_at END,
                 failures_in_a_row = CASE WHEN ?3 IS NULL THEN 0 ELSE failures_in_a_row + 1 END,
                 error_class = ?3, error = ?4
             WHERE source_id = ?1 AND EXISTS (SELECT 1 FROM sources WHERE id = ?1 AND kind = 'article')",
        )?
        .execute(params![source.0, private_time(now), class, reason])?;
    Ok(())
}

/// Notes that a source has brought a new article.
pub(in crate::store) fn note_new_article(
    connection: &Connection,
    source: SourceId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _source_schedule SET last_new_article_at = ?2 WHERE source_id = ?1")?
        .execute(params![source.0, private_time(now)])?;
    Ok(())
}
