//! Whose turn is next: publishers that answer and, in a lane of their own, those that were never reached, are slow or fail.
//!
//! Turns are shared by source first: the next one goes to the source that has the fewest links in work, so that one that
//! names many publishers holds up nobody. Within a source each publisher has its turn.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use crate::store::file::columns::private_time;
use crate::store::write::claims::request::{ClaimRequest, limit};

/// Publishers looked at beyond those that are needed, so that many of one source do not hide those of the others.
const READY_HOSTS_MORE: usize = 64;

/// How many links of each source are in work. By hand is a source too.
pub(super) struct Busy(HashMap<i64, usize>);

impl Busy {
    pub(super) fn now(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Busy> {
        let counts = connection
            .prepare_cached(
                // What is claimed is little; all that is due may be much.
                "SELECT coalesce(source_id, 0), count(*) FROM _links INDEXED BY _links_host_claimed
                 WHERE claim_id IS NOT NULL AND due_at > ?1 GROUP BY 1",
            )?
            .query_map([private_time(request.now)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Busy(counts))
    }

    pub(super) fn of(&self, source: i64) -> usize {
        self.0.get(&source).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, source: i64, n_links: usize) {
        *self.0.entry(source).or_default() += n_links;
    }
}

/// A publisher whose turn has come.
pub(super) struct ReadyHost {
    pub(super) host: String,
    pub(super) source: i64,
    pub(super) ready_at: i64,
    pub(super) is_sound: bool,
}

/// Publishers that answer, and whose turn has come, the longest waiting first.
pub(super) fn sound_hosts(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
) -> rusqlite::Result<Vec<ReadyHost>> {
    connection
        .prepare_cached(&format!(
            "SELECT host, source_id, ready_at, is_sound FROM _hosts
             WHERE is_sound = 1 AND ready_at <= ?2
                 AND EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {condition})
             ORDER BY ready_at LIMIT ?1"
        ))?
        .query_map(params![limit(request.links.n_sound + READY_HOSTS_MORE), private_time(request.now)], ready_host)?
        .collect()
}

/// Publishers that were never reached, are slow or fail, whose turn has come: some of each source.
pub(super) fn hosts_to_probe(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
) -> rusqlite::Result<Vec<ReadyHost>> {
    connection
        .prepare_cached(&format!(
            "WITH RECURSIVE listing (source_id) AS (
                 SELECT min(source_id) FROM _hosts INDEXED BY _hosts_probe WHERE is_sound = 0 AND ready_at IS NOT NULL
                 UNION ALL
                 SELECT (SELECT min(source_id) FROM _hosts INDEXED BY _hosts_probe
                         WHERE is_sound = 0 AND ready_at IS NOT NULL AND source_id > listing.source_id)
                 FROM listing WHERE listing.source_id IS NOT NULL)
             SELECT host, _hosts.source_id, ready_at, is_sound FROM listing JOIN _hosts ON host IN (
                 SELECT host FROM _hosts AS candidate
                 WHERE is_sound = 0 AND candidate.source_id = listing.source_id AND ready_at <= ?2
                     AND EXISTS (SELECT 1 FROM _links WHERE _links.host = candidate.host AND {condition})
                 ORDER BY ready_at LIMIT ?1)
             WHERE listing.source_id IS NOT NULL"
        ))?
        .query_map(params![limit(request.links.n_probes), private_time(request.now)], ready_host)?
        .collect()
}

fn ready_host(row: &Row<'_>) -> rusqlite::Result<ReadyHost> {
    Ok(ReadyHost { host: row.get(0)?, source: row.get(1)?, ready_at: row.get(2)?, is_sound: row.get(3)? })
}
