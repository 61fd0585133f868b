//! When the next link of a publisher may be claimed, and whether the publisher answers: the rows of `_hosts`.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{ErrorClass, Exchange, Failure};

use crate::store::file::columns::private_time;

/// An answer that took longer is a slow one. Most come within a second, and what takes several holds up others.
const QUICK_ANSWER_MAX: Duration = Duration::from_secs(3);

/// Sets when a publisher's next link may be claimed: not before `not_before`, not before one is due or to be revisited,
/// and where a gate stands before its articles, not before that is tried again.
pub(in crate::store) fn set_next_turn(
    connection: &Connection,
    publisher: &str,
    not_before: Timestamp,
) -> rusqlite::Result<()> {
    let first_by = |sql: &str| -> rusqlite::Result<Option<(i64, i64)>> {
        connection.prepare_cached(sql)?.query_row([publisher], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    };
    let to_fetch = first_by(
        "SELECT due_at, coalesce(source_id, 0) FROM _links WHERE host = ?1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1",
    )?;
    let to_revisit = first_by(
        "SELECT look_at, coalesce(source_id, 0) FROM _links
         WHERE host = ?1 AND look_at IS NOT NULL AND due_at IS NULL ORDER BY look_at LIMIT 1",
    )?;
    match to_fetch.into_iter().chain(to_revisit).min_by_key(|(waits_until, _)| *waits_until) {
        Some((waits_until, source_id)) => connection
            .prepare_cached(
                "INSERT INTO _hosts (host, ready_at, source_id)
                 VALUES (?1, max(?2, coalesce((SELECT next_probe_at FROM _gates WHERE publisher = ?1), 0)), ?3)
                 ON CONFLICT (host) DO UPDATE SET ready_at = excluded.ready_at, source_id = excluded.source_id",
            )?
            .execute(params![publisher, waits_until.max(private_time(not_before)), source_id])?,
        None => connection.prepare_cached("UPDATE _hosts SET ready_at = NULL WHERE host = ?1")?.execute([publisher])?,
    };
    Ok(())
}

/// Lets a publisher wait until a time, in milliseconds since 1970, whatever is due.
pub(in crate::store) fn wait_until(connection: &Connection, publisher: &str, until: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE _hosts SET ready_at = ?2 WHERE host = ?1")?.execute(params![publisher, until])?;
    Ok(())
}

/// Lets no publisher wait longer than now. A new process knows nothing of the last requests to a host; its own host gate
/// starts afresh.
pub(in crate::store) fn stop_waiting(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute("UPDATE _hosts SET ready_at = min(ready_at, ?1)", [private_time(now)])?;
    Ok(())
}

/// Whether the last of these exchanges shows that whoever was asked answers, soon, and as HTTP has it. Nothing where nobody
/// was asked.
pub(in crate::store) fn is_sound(exchanges: &[Exchange]) -> Option<bool> {
    let last = exchanges.iter().rfind(|exchange| exchange.status.is_some() || !exchange.elapsed.is_zero())?;
    // That a page is not there, or not for us, is an answer.
    let is_answer = |failure: &Failure| matches!(failure.class, ErrorClass::Http4xx | ErrorClass::Redirect);
    let answers = last.status.is_some() && last.failure.as_ref().is_none_or(is_answer);
    Some(answers && last.elapsed < QUICK_ANSWER_MAX)
}

/// Writes down whether a publisher answers soon.
pub(in crate::store) fn note_pace(
    connection: &Connection,
    publisher: &str,
    exchanges: &[Exchange],
) -> rusqlite::Result<()> {
    if let Some(is_sound) = is_sound(exchanges) {
        connection
            .prepare_cached(
                "INSERT INTO _hosts (host, is_sound) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET is_sound = excluded.is_sound WHERE is_sound <> excluded.is_sound",
            )?
            .execute(params![publisher, is_sound])?;
    }
    Ok(())
}
