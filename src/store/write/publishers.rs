//! When the next link of a publisher may be claimed: the rows of `_hosts`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::file::columns::private_time;

/// Sets when the next link of a publisher may be claimed: not before `not_before`, and not before one is due or to be
/// revisited. A publisher without such a link has no row.
pub(in crate::store) fn set_next_turn(
    connection: &Connection,
    publisher: &str,
    not_before: Timestamp,
) -> rusqlite::Result<()> {
    let earliest: Option<i64> = connection
        .prepare_cached(
            "SELECT min(waits_until) FROM (
                 SELECT min(due_at) AS waits_until FROM _links WHERE host = ?1 AND due_at IS NOT NULL
                 UNION ALL
                 SELECT min(look_at) FROM _links WHERE host = ?1 AND look_at IS NOT NULL AND due_at IS NULL)",
        )?
        .query_row([publisher], |row| row.get(0))?;
    match earliest {
        Some(earliest) => connection
            .prepare_cached(
                "INSERT INTO _hosts (host, ready_at) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET ready_at = excluded.ready_at",
            )?
            .execute(params![publisher, earliest.max(private_time(not_before))])?,
        None => connection.prepare_cached("DELETE FROM _hosts WHERE host = ?1")?.execute([publisher])?,
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
