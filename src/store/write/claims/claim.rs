//! A round of claims.

use rusqlite::Connection;

use crate::model::ClaimedWork;
use crate::store::write::claims::links::{claim_links, next_link_due_at};
use crate::store::write::claims::request::ClaimRequest;
use crate::store::write::claims::sources::{claim_sources, next_source_due_at};

/// Claims what is due, and tells when more will be.
pub(in crate::store) fn claim(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<ClaimedWork> {
    Ok(ClaimedWork {
        sources: claim_sources(connection, request)?,
        candidates: claim_links(connection, request)?,
        next_source_due_at: next_source_due_at(connection, request)?,
        next_link_due_at: next_link_due_at(connection, request)?,
    })
}
