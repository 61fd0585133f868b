//! HTTP exchanges, also those that failed: the rows of `fetches`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::model::{Exchange, SourceId, without_credentials};
use crate::store::file::columns::public_time;
use crate::store::file::hosts::host_of;
use crate::store::file::source_list::telling_requests;

/// Rows deleted at a time, so that a long-neglected table does not hold up the writing thread.
const PRUNE_ROWS_MAX: i64 = 5_000;

/// Writes the exchanges of one unit of work, without the credentials of their addresses: many may read the file. Its article, where there is one, came with the last successful exchange.
pub(in crate::store) fn record(
    connection: &Connection,
    exchanges: &[Exchange],
    source: Option<SourceId>,
    article_id: Option<i64>,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, status, bytes, error_class, error, article_id,
             redirected_to, host)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    let last_successful = exchanges.iter().rposition(|exchange| exchange.failure.is_none());
    for (position, exchange) in exchanges.iter().enumerate() {
        insert.execute(params![
            without_credentials(&exchange.url),
            source.map(|id| id.0),
            exchange.purpose.as_str(),
            public_time(exchange.started_at),
            i64::try_from(exchange.elapsed.as_millis()).unwrap_or(i64::MAX),
            exchange.status,
            i64::try_from(exchange.bytes).unwrap_or(i64::MAX),
            exchange.failure.as_ref().map(|failure| failure.class.as_str()),
            exchange.failure.as_ref().map(|failure| without_credentials(&failure.reason)),
            article_id.filter(|_| Some(position) == last_successful),
            exchange.redirected_to.as_deref().map(without_credentials),
            host_of(&exchange.url),
        ])?;
    }
    Ok(())
}

/// Deletes rows older than `keep_days`, a limited number at a time, but for the one that says since when a list of sources cannot be read.
/// Returns how many.
pub(in crate::store) fn prune(connection: &Connection, keep_days: u32, now: Timestamp) -> rusqlite::Result<usize> {
    let age = SignedDuration::from_hours(24 * i64::from(keep_days));
    let Ok(oldest) = now.checked_sub(age) else { return Ok(0) };
    connection.execute(
        "DELETE FROM fetches WHERE id IN (
             SELECT id FROM fetches WHERE started_at < ?1 AND id NOT IN (SELECT value FROM json_each(?3))
             ORDER BY started_at LIMIT ?2)",
        params![public_time(oldest), PRUNE_ROWS_MAX, telling_requests(connection)?],
    )
}
