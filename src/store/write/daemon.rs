//! The heartbeat of the daemon: the row of `_daemon`, and how its queue is.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::QueueState;
use crate::store::file::columns::{ONE_SHOT, private_time};
use crate::store::write::queue_state;

/// How work has to be done for a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// A daemon: somebody is to be told when it is gone.
    Daemon,
    /// One-shot work. It does not wipe out what a daemon has left: whether it was stopped, or died.
    OneShot,
}

/// Writes a heartbeat of this process, and how its queue is, if it has one.
pub(super) fn note_heartbeat(
    connection: &Connection,
    run: Run,
    started_at: Timestamp,
    queue: Option<&QueueState>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let ending = if run == Run::OneShot { ONE_SHOT } else { "" };
    let version = format!("{}{ending}", env!("CARGO_PKG_VERSION"));
    connection
        .prepare_cached(
            "INSERT INTO _daemon (id, pid, version, started_at, heartbeat_at) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET pid = excluded.pid, version = excluded.version,
                 started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, stopped_at = NULL
             WHERE ?5 = '' OR _daemon.version LIKE '%' || ?5",
        )?
        .execute(params![std::process::id(), version, private_time(started_at), private_time(now), ending])?;
    match run {
        Run::Daemon => queue_state::note(connection, queue, now),
        Run::OneShot => Ok(()),
    }
}

/// Writes that this process stopped on purpose.
pub(super) fn note_stop(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let ours = params![private_time(now), std::process::id()];
    let n_ours = connection.execute("UPDATE _daemon SET stopped_at = ?1 WHERE pid = ?2", ours)?;
    // Otherwise it is that of a daemon that died.
    if n_ours > 0 { queue_state::forget(connection) } else { Ok(()) }
}
