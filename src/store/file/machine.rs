//! What of the machine endangers a database: little room on its disk, and a clock that is behind.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::store::file::columns::public_time;
use crate::store::file::new_file::folder_of;

/// Less room on the disk than this is told.
pub(in crate::store) const ROOM_MIN: u64 = 256 * 1024 * 1024;

/// A clock that is behind what was written by less is taken for right.
const CLOCK_SLIP: SignedDuration = SignedDuration::from_mins(2);

/// Bytes that can be written to the disk of a database; nothing where the system does not tell.
pub(in crate::store) fn room_on_disk(database: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder_of(database)).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// What there is to say of a disk with little room.
pub(in crate::store) fn disk_trouble(database: &Path) -> Option<String> {
    let room = room_on_disk(database).filter(|room| *room < ROOM_MIN)?;
    Some(format!("the disk of the database has room for {} MiB; where it is full, nothing more is stored", room >> 20))
}

/// The last time that something was fetched, where this machine's clock is behind it.
pub(in crate::store) fn written_ahead(connection: &Connection, now: Timestamp) -> rusqlite::Result<Option<String>> {
    // What another program wrote there need not be a time.
    let sql = "SELECT max(started_at) FROM fetches WHERE started_at < '3'";
    let newest: Option<String> = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(newest.filter(|newest| *newest > public_time(now + CLOCK_SLIP)))
}

/// What there is to say of a clock that is behind.
pub(in crate::store) fn clock_trouble(connection: &Connection, now: Timestamp) -> rusqlite::Result<Option<String>> {
    let newest = written_ahead(connection, now)?;
    Ok(newest.map(|newest| format!("this machine's clock is behind what was fetched at {newest}, or was ahead then")))
}
