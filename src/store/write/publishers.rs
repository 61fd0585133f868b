//! When the next link of a publisher may be claimed: the rows of `_hosts`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::file::columns::private_time;

/// Sets when a publisher's next link may be claimed: not before `not_before`, and not before one is due or to be looked
/// at again. A publisher without links that wait has no row.
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
        Some(due_at) => connection
            .prepare_cached(
                "INSERT INTO _hosts (host, ready_at) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET ready_at = excluded.ready_at",
            )?
            .execute(params![publisher, due_at.max(private_time(not_before))])?,
        None => connection.prepare_cached("DELETE FROM _hosts WHERE host = ?1")?.execute([publisher])?,
    };
    Ok(())
}
