//! A round of claims, and the release of all claims.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::model::ClaimedWork;
use crate::store::file::columns::private_time;
use crate::store::write::claims::links::{claim_links, next_link_due_at};
use crate::store::write::claims::request::ClaimRequest;
use crate::store::write::claims::sources::{claim_sources, next_source_due_at};
use crate::store::write::publishers;

/// Claims what is due, and tells when more will be.
pub(in crate::store) fn claim(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<ClaimedWork> {
    Ok(ClaimedWork {
        sources: claim_sources(connection, request)?,
        candidates: claim_links(connection, request)?,
        next_source_due_at: next_source_due_at(connection, request)?,
        next_link_due_at: next_link_due_at(connection, request)?,
    })
}

/// Releases all claims: those that a dead process left, and on shutdown those of unfinished work. Only sound while the
/// ingest lock is held and nothing is in work. Returns how many there were.
pub(in crate::store) fn release_all(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let n_sources = connection.execute(
        "UPDATE _source_schedule SET claim_id = NULL, next_due_at = min(next_due_at, ?1) WHERE claim_id IS NOT NULL",
        [private_time(now)],
    )?;
    // A link that was claimed for a revisit is still to be revisited.
    let n_links = connection.execute(
        "UPDATE _links SET claim_id = NULL, due_at = CASE WHEN look_at <= ?1 THEN NULL ELSE min(due_at, ?1) END
         WHERE claim_id IS NOT NULL",
        [private_time(now)],
    )?;
    publishers::stop_waiting(connection, now)?;
    Ok(n_sources + n_links)
}
