//! Claims that end without an outcome: given back in order, or left behind by a process that died, be it this one or a worker elsewhere.
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

/// Who works on what is claimed, and dies of it if somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimant {
    /// The process that has claimed it.
    ThisProcess,
    /// Workers elsewhere.
    Workers,
}

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
    // A claim that is given back was no attempt.
    free_these(connection, claims, 1, at)
}

/// Gives back a claim with which a worker elsewhere died, or was taken for dead.
///
/// What was in work at several such deaths is tried ever more seldom, and never given up: a worker has much in work at a time, and may be cut off
/// for reasons of its own.
pub(in crate::store) fn give_back_of_dead(
    connection: &Connection,
    schedule: &ScheduleSettings,
    claim: ClaimId,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let source: Option<(i64, u32)> = connection
        .prepare_cached("SELECT source_id, n_claims FROM _source_schedule WHERE claim_id = ?1 AND n_claims > ?2")?
        .query_row(params![claim.0, DEATHS_AT_ONCE_MAX], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, n_deaths)) = source {
        let due_at = next_try(schedule, id, n_deaths, 0, at);
        return postpone_source(connection, id, n_deaths, due_at, &told_of_workers(n_deaths));
    }
    let link: Option<(i64, u32, String)> = connection
        .prepare_cached(
            "SELECT id, n_claims, host FROM _links INDEXED BY _links_host_claimed
             WHERE claim_id IS NOT NULL AND claim_id = ?1 AND n_claims > ?2",
        )?
        .query_row(params![claim.0, DEATHS_AT_ONCE_MAX], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((id, n_deaths, publisher)) = link {
        let due_at = next_try(schedule, id, n_deaths, 0, at);
        postpone_link(connection, id, n_deaths, Some(due_at), &told_of_workers(n_deaths), at)?;
        return publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH);
    }
    // Once is chance, but it was an attempt.
    free_these(connection, &[claim], 0, at).map(|_| ())
}

/// Frees these claims: they are due at once, and so many of each are taken back. Returns how many still held.
fn free_these(
    connection: &Connection,
    claims: &[ClaimId],
    n_taken_back: u32,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let now = private_time(at);
    let mut n_freed = 0;
    let mut publishers = BTreeSet::new();
    for claim in claims {
        n_freed += connection
            .prepare_cached(
                "UPDATE _source_schedule SET claim_id = NULL, next_due_at = min(next_due_at, ?2), n_claims = max(n_claims - ?3, 0)
                 WHERE claim_id = ?1",
            )?
            .execute(params![claim.0, now, n_taken_back])?;
        let publisher: Option<String> = connection
            .prepare_cached(
                // By that index, since what is claimed is little. A link that was claimed for a revisit is still to be revisited.
                "UPDATE _links INDEXED BY _links_host_claimed SET claim_id = NULL,
                     due_at = CASE WHEN look_at <= ?2 THEN NULL ELSE min(due_at, ?2) END, n_claims = max(n_claims - ?3, 0)
                 WHERE claim_id IS NOT NULL AND claim_id = ?1 RETURNING host",
            )?
            .query_row(params![claim.0, now, n_taken_back], |row| row.get(0))
            .optional()?;
        n_freed += usize::from(publisher.is_some());
        publishers.extend(publisher);
    }
    for publisher in publishers {
        publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(n_freed)
}

/// Frees what a dead process left, at the start of the next one. Returns how much there was.
///
/// Where workers did it, this process did not die of it, and all is as if it had been given back.
///
/// What was in work when several processes died is suspect, and waits. A death counts against a suspect only if no other
/// was in work with it; a link against which many count is given up.
pub(in crate::store) fn release_abandoned(
    connection: &Connection,
    schedule: &ScheduleSettings,
    claimant: Claimant,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    if claimant == Claimant::Workers {
        return free_all(connection, 1, at);
    }
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
        postpone_source(connection, id, n_deaths, due_at, &told(n_deaths))?;
        if is_alone {
            connection.execute(
                "UPDATE _source_schedule SET failures_in_a_row = failures_in_a_row + 1 WHERE source_id = ?1",
                [id],
            )?;
        }
    }
    for (position, (id, n_deaths)) in (0..).zip(links) {
        let n_deaths = n_counting(n_deaths);
        let is_given_up = is_alone && n_deaths >= schedule.article_attempts_max;
        let due_at = (!is_given_up).then(|| next_try(schedule, id, n_deaths, position, at));
        postpone_link(connection, id, n_deaths, due_at, &told(n_deaths), at)?;
        if is_alone {
            connection.execute(
                "UPDATE _links SET failures_in_a_row = max(failures_in_a_row + 1, ?2) WHERE id = ?1",
                params![id, n_deaths],
            )?;
        }
    }
    Ok(n_suspects + free_all(connection, 0, at)?)
}

/// Puts off a source that was in work at several deaths.
fn postpone_source(
    connection: &Connection,
    id: i64,
    n_deaths: u32,
    due_at: Timestamp,
    told: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _source_schedule SET claim_id = NULL, next_due_at = ?2, n_claims = ?3, error_class = ?4, error = ?5 WHERE source_id = ?1",
        params![id, private_time(due_at), n_deaths, ErrorClass::Internal.as_str(), told],
    )?;
    Ok(())
}

/// The same of an article's page, which is given up without a time.
fn postpone_link(
    connection: &Connection,
    id: i64,
    n_deaths: u32,
    due_at: Option<Timestamp>,
    told: &str,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, bytes, error_class, error)
         SELECT url, source_id, 'article', ?2, 0, 0, ?3, ?4 FROM _links WHERE id = ?1",
        params![id, public_time(at), ErrorClass::Internal.as_str(), told],
    )?;
    connection.execute(
        "UPDATE _links SET claim_id = NULL, due_at = ?2, look_at = NULL, tried_at = ?3, n_claims = ?4 WHERE id = ?1",
        params![id, due_at.map(private_time), private_time(at), n_deaths],
    )?;
    Ok(())
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

fn told_of_workers(n_deaths: u32) -> String {
    format!("a worker ended, or was cut off, {n_deaths} times in a row while this was in work")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    #[test]
    fn what_workers_die_with_waits_longer_each_time_and_is_never_given_up() {
        let connection = in_memory().unwrap();
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let schedule = crate::config::defaults().schedule;
        connection
            .execute_batch(
                "INSERT INTO sources (id, slug, url, state, origin, created_at)
                 VALUES (1, 'a', 'http://a.example/', 'active', 'file', '2026-11-20T00:00:00Z');
                 INSERT INTO _source_schedule (source_id, next_due_at) VALUES (1, 0);
                 INSERT INTO _links (id, source_id, url_key, url, host, due_at, first_seen_at)
                 VALUES (1, 1, 'a.example/1', 'http://a.example/1', 'a.example', 0, 0);",
            )
            .unwrap();
        let claim = |claim: i64| {
            for sql in [
                "UPDATE _source_schedule SET claim_id = ?1, n_claims = n_claims + 1",
                "UPDATE _links SET claim_id = ?1 + 1, n_claims = n_claims + 1",
            ] {
                connection.execute(sql, [claim]).unwrap();
            }
            [ClaimId(claim), ClaimId(claim + 1)]
        };
        let minutes = |sql: &str| -> i64 {
            let due_at: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
            (due_at - now.as_millisecond()) / 60_000
        };
        let mut waits = Vec::new();
        for n_deaths in 1..=6 {
            for claim in claim(10 * n_deaths) {
                give_back_of_dead(&connection, &schedule, claim, now).unwrap();
            }
            waits.push((minutes("SELECT next_due_at FROM _source_schedule"), minutes("SELECT due_at FROM _links")));
        }
        assert!(waits[0].0 <= 0 && waits[0].1 <= 0, "once is chance: {waits:?}");
        assert!(
            waits[1..].iter().all(|(source, link)| (1..=2000).contains(source) && (1..=2000).contains(link)),
            "{waits:?}"
        );
        assert!(waits[5].0 > 4 * waits[1].0 && waits[5].1 > 4 * waits[1].1, "{waits:?}");
        // Given back in order it was no attempt, and where workers do it, the death of this process is none either.
        let n_claims = || -> (u32, u32) {
            let sql = "SELECT _links.n_claims, _source_schedule.n_claims FROM _links, _source_schedule";
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
        };
        assert_eq!(n_claims(), (6, 6));
        give_back(&connection, &claim(90), now).unwrap();
        claim(92);
        assert_eq!(release_abandoned(&connection, &schedule, Claimant::Workers, now).unwrap(), 2);
        assert_eq!(n_claims(), (6, 6));
        claim(94);
        release_abandoned(&connection, &schedule, Claimant::ThisProcess, now).unwrap();
        assert_eq!(n_claims(), (6, 6), "it may be to blame for none of two");
    }
}
