//! What hosts have said, as the process before this one wrote it down.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{ErrorClass, Failure, HostHold, HostMemory, KnownRobots};
use crate::store::file::columns::{from_private_time, private_time};

/// Rows of each table: twice the files that are remembered by default. Those that hold longest stay.
pub(in crate::store) const ROWS_MAX: u32 = 4_000;

/// What is believed still.
pub(in crate::store) fn load(connection: &Connection, now: Timestamp) -> rusqlite::Result<HostMemory> {
    let robots = connection
        .prepare(
            "SELECT origin, text, expires_at, error_class, error FROM _robots WHERE expires_at > ?1 ORDER BY expires_at DESC LIMIT ?2",
        )?
        .query_map(params![private_time(now), ROWS_MAX], |row| {
            let expires_at = from_private_time(row.get(2)?);
            let text = match row.get::<_, Option<String>>(3)? {
                None => Ok(row.get(1)?),
                // A class that this program does not know is that of another one.
                Some(class) => {
                    Err(Failure { class: class.parse().unwrap_or(ErrorClass::Internal), reason: row.get(4)? })
                }
            };
            Ok(KnownRobots { origin: row.get(0)?, text, expires_at })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let holds = connection
        .prepare(
            "SELECT publisher, held_until, n_complaints, complained_until FROM _host_holds
             WHERE forgotten_at > ?1 ORDER BY forgotten_at DESC LIMIT ?2",
        )?
        .query_map(params![private_time(now), ROWS_MAX], |row| {
            Ok(HostHold {
                publisher: row.get(0)?,
                until: from_private_time(row.get(1)?),
                n_complaints: row.get(2)?,
                complained_until: row.get::<_, Option<i64>>(3)?.map(from_private_time),
                is_borrowed: false,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(HostMemory { robots, holds })
}
