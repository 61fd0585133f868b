//! A clock that was once ahead: due times and times of the past that now lie far in the future.
//!
//! What was written then would keep sources and links from their turns until the clock has caught up, for years if need
//! be, and without a word. So nothing is believed to be further off than the longest interval, and nothing of the past to
//! be still to come.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::config::ScheduleSettings;
use crate::schedule::horizon::{CLOCK_SLIP, latest_due, longest_wait};
use crate::store::file::columns::private_time;

/// Longer than any wish of a host holds, in milliseconds.
const HOST_WISH_MS: i64 = 72 * 3_600_000;

/// Writes down the longest wait by these settings, for those who read due times.
pub(super) fn note_longest_wait(connection: &Connection, schedule: &ScheduleSettings) -> rusqlite::Result<()> {
    let longest_s = longest_wait(schedule).as_secs();
    connection.execute("UPDATE _schedule_state SET longest_s = ?1 WHERE longest_s <> ?1", [longest_s]).map(|_| ())
}

/// Brings times back that lie further in the future than any that this program writes. Returns how many sources and links
/// had such times.
pub(super) fn set_right(
    connection: &Connection,
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let longest = private_time(latest_due(schedule, now));
    let slipped = private_time(now.checked_add(CLOCK_SLIP).unwrap_or(Timestamp::MAX));
    let now = private_time(now);
    // A source that was polled in the future is due: how long ago that really was, nobody knows.
    let n_sources = connection
        .prepare_cached(
            "UPDATE _source_schedule SET
                 next_due_at = CASE WHEN last_polled_at > ?2 THEN min(next_due_at, ?1) ELSE min(next_due_at, ?3) END,
                 last_polled_at = min(last_polled_at, ?1), last_ok_at = min(last_ok_at, ?1),
                 last_new_article_at = min(last_new_article_at, ?1)
             WHERE claim_id IS NULL AND (next_due_at > ?3 OR last_polled_at > ?2 OR last_ok_at > ?2)",
        )?
        .execute(params![now, slipped, longest])?;
    // Each by its index, which holds what waits and no more.
    let n_due = connection
        .prepare_cached(
            "UPDATE _links SET due_at = ?2, tried_at = min(tried_at, ?1)
             WHERE due_at IS NOT NULL AND due_at > ?2 AND claim_id IS NULL",
        )?
        .execute(params![now, longest])?;
    let n_to_revisit = connection
        .prepare_cached(
            "UPDATE _links SET look_at = ?1 WHERE look_at IS NOT NULL AND due_at IS NULL AND look_at > ?1 AND claim_id IS NULL",
        )?
        .execute([longest])?;
    connection.prepare_cached("UPDATE _hosts SET ready_at = ?1 WHERE ready_at > ?1")?.execute([longest])?;
    // Hosts are left in peace, and robots.txt files believed, for a day at most.
    let latest = now + HOST_WISH_MS;
    connection.prepare_cached("DELETE FROM _host_holds WHERE forgotten_at > ?1")?.execute([latest])?;
    connection.prepare_cached("DELETE FROM _robots WHERE expires_at > ?1")?.execute([latest])?;
    // A message waits for a day at most too, for a digest or as its receiver asks.
    connection
        .prepare_cached(
            "UPDATE messages SET next_try_at = NULL
             WHERE state = 'waiting' AND next_try_at > strftime('%Y-%m-%dT%H:%M:%fZ', ?1 / 1000.0, 'unixepoch')",
        )?
        .execute([latest])?;
    Ok(n_sources + n_due + n_to_revisit)
}
