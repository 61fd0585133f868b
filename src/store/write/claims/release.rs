//! Claims that end without an outcome: given back in order, or left behind by a process that died.
//!
//! A claim counts as an attempt until it ends, in `n_claims`: work that takes the process down with it would else be the
//! first thing that the next process does, and the one after that.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::ScheduleSettings;
use crate::model::{ClaimId, ErrorClass, Retry};
use crate::schedule::backoff::{self, DEATHS_AT_ONCE_MAX};

use crate::store::file::columns::{private_time, public_time};
use crate::store::write::publishers;

/// Seconds between two tries of what was in work when processes died, at most: one after the other, so that the one that
/// is to blame is found out and the others get through.
const SUSPECTS_PAUSE_S: u32 = 60;

/// Gives back all that is claimed, on shutdown. Only sound while the ingest lock is held and nothing is in work.
pub(in crate::store) fn give_back_all(connection: &Connection, at: Timestamp) -> rusqlite::Result<usize> {
    // A claim that is given back was no attempt.
    free_all(connection, 1, at)
}

/// Gives back these claims, whose outcomes could not be written. Returns how many still held.
pub(in crate::store) fn give_back(
    connection: &Connection,
    claims: &[ClaimId],
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let now = private_time(at);
    let mut n_given_back = 0;
    let mut publishers = BTreeSet::new();
    for claim in claims {
        n_given_back += connection
            .prepare_cached(
                "UPDATE _source_schedule SET claim_id = NULL, next_due_at = min(next_due_at, ?2), n_claims = max(n_claims - 1, 0)
                 WHERE claim_id = ?1",
            )?
            .execute(params![claim.0, now])?;
        let publisher: Option<String> = connection
            .prepare_cached(
                // By that index, since what is claimed is little. A link that was claimed for a revisit is still to be revisited.
                "UPDATE _links INDEXED BY _links_host_claimed SET claim_id = NULL,
                     due_at = CASE WHEN look_at <= ?2 THEN NULL ELSE min(due_at, ?2) END, n_claims = max(n_claims - 1, 0)
                 WHERE claim_id IS NOT NULL AND claim_id = ?1 RETURNING host",
            )?
            .query_row(params![claim.0, now], |row| row.get(0))
            .optional()?;
        n_given_back += usize::from(publisher.is_some());
        publishers.extend(publisher);
    }
    for publisher in publishers {
        publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(n_given_back)
}

/// Frees what a dead process left, at the start of the next one. Returns how much there was.
///
/// What was in work when several processes died is suspect, and waits. A death counts against a suspect only if no other
/// was in work with it; a link against which many count is given up.
pub(in crate::store) fn release_abandoned(
    connection: &Connection,
    schedule: &ScheduleSettings,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let suspects = |table: &str, id: &str| -> rusqlite::Result<Vec<(i64, u32)>> {
        connection
            .prepare(&format!(
                "SELECT {id}, n_claims FROM {table} WHERE claim_id IS NOT NULL AND n_claims > ?1 ORDER BY 1"
            ))?
            .query_map([DEATHS_AT_ONCE_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    };
    let sources = suspects("_source_schedule", "source_id")?;
    // By that index, since what is claimed is little; all links may be many.
    let links = suspects("_links INDEXED BY _links_host_claimed", "id")?;
    let n_suspects = sources.len() + links.len();
    let is_alone = n_suspects == 1;
    let n_counting = |n_deaths: u32| if is_alone { n_deaths } else { (n_deaths - 1).max(DEATHS_AT_ONCE_MAX + 1) };
    for (position, (id, n_deaths)) in (0..).zip(sources) {
        let n_deaths = n_counting(n_deaths);
        let due_at = next_try(schedule, id, n_deaths, position, at);
        connection.execute(
            "UPDATE _source_schedule SET claim_id = NULL, next_due_at = ?2, n_claims = ?3,
                 failures_in_a_row = failures_in_a_row + ?4, error_class = ?5, error = ?6
             WHERE source_id = ?1",
            params![id, private_time(due_at), n_deaths, is_alone, ErrorClass::Internal.as_str(), told(n_deaths)],
        )?;
    }
    for (position, (id, n_deaths)) in (0..).zip(links) {
        let n_deaths = n_counting(n_deaths);
        let is_given_up = is_alone && n_deaths >= schedule.article_attempts_max;
        let due_at = (!is_given_up).then(|| next_try(schedule, id, n_deaths, position, at));
        connection.execute(
            "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, bytes, error_class, error)
             SELECT url, source_id, 'article', ?2, 0, 0, ?3, ?4 FROM _links WHERE id = ?1",
            params![id, public_time(at), ErrorClass::Internal.as_str(), told(n_deaths)],
        )?;
        connection.execute(
            "UPDATE _links SET claim_id = NULL, due_at = ?2, look_at = NULL, tried_at = ?3, n_claims = ?4,
                 failures_in_a_row = CASE WHEN ?5 THEN max(failures_in_a_row + 1, ?4) ELSE failures_in_a_row END
             WHERE id = ?1",
            params![id, due_at.map(private_time), private_time(at), n_deaths, is_alone],
        )?;
    }
    Ok(n_suspects + free_all(connection, 0, at)?)
}

/// Frees all that is claimed: it is due at once, and so many claims are taken back. Returns how much there was.
fn free_all(connection: &Connection, n_taken_back: u32, at: Timestamp) -> rusqlite::Result<usize> {
    let now = private_time(at);
    let n_sources = connection.execute(
        "UPDATE _source_schedule SET claim_id = NULL, next_due_at = min(next_due_at, ?1), n_claims = max(n_claims - ?2, 0)
         WHERE claim_id IS NOT NULL",
        params![now, n_taken_back],
    )?;
    // A link that was claimed for a revisit is still to be revisited.
    let n_links = connection.execute(
        "UPDATE _links SET claim_id = NULL, due_at = CASE WHEN look_at <= ?1 THEN NULL ELSE min(due_at, ?1) END,
             n_claims = max(n_claims - ?2, 0)
         WHERE claim_id IS NOT NULL",
        params![now, n_taken_back],
    )?;
    publishers::stop_waiting(connection, at)?;
    Ok(n_sources + n_links)
}

/// When something that was in work at several deaths is tried again: ever later, and not together with the others.
fn next_try(schedule: &ScheduleSettings, id: i64, n_deaths: u32, position: u32, now: Timestamp) -> Timestamp {
    let failures = n_deaths - DEATHS_AT_ONCE_MAX;
    let due_at = backoff::next_try(schedule, failures, Retry::Backoff, id.unsigned_abs(), now).unwrap_or(now);
    let pause_s = SUSPECTS_PAUSE_S.min(schedule.backoff_min_s).saturating_mul(position);
    due_at.checked_add(SignedDuration::from_secs(i64::from(pause_s))).unwrap_or(due_at)
}

fn told(n_deaths: u32) -> String {
    format!("newswire itself ended {n_deaths} times in a row while this was in work, please report it")
}
