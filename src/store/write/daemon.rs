//! The heartbeat of the daemon: the row of `_daemon`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::store::file::columns::private_time;

/// Writes a heartbeat of this process.
pub(super) fn note_heartbeat(connection: &Connection, started_at: Timestamp, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO _daemon (id, pid, version, started_at, heartbeat_at) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET pid = excluded.pid, version = excluded.version,
                 started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, stopped_at = NULL",
        )?
        .execute(params![std::process::id(), env!("CARGO_PKG_VERSION"), private_time(started_at), private_time(now)])?;
    Ok(())
}

/// Writes that the daemon stopped on purpose.
pub(super) fn note_stop(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute("UPDATE _daemon SET stopped_at = ?1", [private_time(now)])?;
    Ok(())
}
