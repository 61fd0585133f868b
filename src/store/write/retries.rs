//! What people ask for by hand: a new start for links that were given up, and single addresses. Also beside a daemon.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::config::StoreSettings;
use crate::model::{LinkId, ListedLink, SourceId};
use crate::store::file::columns::private_time;
use crate::store::file::error::StoreError;
use crate::store::write::beside::beside;
use crate::store::write::sources::schedule;
use crate::store::write::{links, publishers};

/// Gives links without an article a new start that were given up, or that wait after failures, and has articles looked for
/// that count as removed: all, or those that these sources have listed. They are due at once. Returns which.
pub(in crate::store) fn retry(
    connection: &Connection,
    sources: Option<&[SourceId]>,
    now: Timestamp,
) -> rusqlite::Result<Vec<LinkId>> {
    let ids = |list: &[SourceId]| serde_json::Value::from(list.iter().map(|id| id.0).collect::<Vec<_>>()).to_string();
    let link = |row: &Row<'_>| Ok((LinkId(row.get(0)?), row.get(1)?));
    let mut links: Vec<(LinkId, String)> = connection
        .prepare(
            "UPDATE _links SET due_at = ?1, failures_in_a_row = 0, n_claims = 0
             WHERE article_id IS NULL AND claim_id IS NULL AND failures_in_a_row > 0 AND coalesce(due_at > ?1, TRUE)
               AND (?2 IS NULL OR source_id IN (SELECT value FROM json_each(?2)) OR id IN (
                   SELECT link_id FROM _pending_sightings WHERE source_id IN (SELECT value FROM json_each(?2))))
             RETURNING id, host",
        )?
        .query_map(params![private_time(now), sources.map(ids)], link)?
        .collect::<Result<_, _>>()?;
    let of_removed: Vec<(LinkId, String)> = connection
        .prepare(
            "UPDATE _links SET look_at = ?1
             WHERE id IN (SELECT _links.id FROM articles JOIN _links ON _links.article_id = articles.id
                     WHERE removed_at IS NOT NULL AND gone_at IS NOT NULL)
               AND claim_id IS NULL AND due_at IS NULL AND (?2 IS NULL OR source_id IN (SELECT value FROM json_each(?2)))
             RETURNING id, host",
        )?
        .query_map(params![private_time(now), sources.map(ids)], link)?
        .collect::<Result<_, _>>()?;
    links.extend(of_removed);
    for publisher in links.iter().map(|(_, publisher)| publisher).collect::<BTreeSet<_>>() {
        publishers::set_next_turn(connection, publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(links.into_iter().map(|(id, _)| id).collect())
}

/// Gives links without an article a new start: all that were given up or wait after failures, or those that these
/// sources have listed. They are due at once, also for a daemon that runs. Returns which.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn retry_links_beside(settings: &StoreSettings, sources: Option<&[SourceId]>) -> Result<Vec<LinkId>, StoreError> {
    beside(settings, |connection| retry(connection, sources, Timestamp::now()))
}

/// Makes a source due now for the daemon that runs.
///
/// # Errors
///
/// As [`retry_links_beside`].
pub fn poll_source_beside(settings: &StoreSettings, source: SourceId) -> Result<(), StoreError> {
    beside(settings, |connection| schedule::make_due(connection, source, Timestamp::now()))
}

/// Hands an address that was given by hand to the daemon that runs. It is due at once.
///
/// # Errors
///
/// As [`retry_links_beside`].
pub fn ask_for_beside(settings: &StoreSettings, link: &ListedLink) -> Result<LinkId, StoreError> {
    beside(settings, |connection| links::ask_for(connection, link, Timestamp::now()))
}
