//! What is due and not in work yet, for who watches the daemon.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::store::file::columns::from_private_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// Whether the host of a link is to be left in peace at the time of the first parameter.
pub(super) const IS_HELD: &str = "EXISTS (SELECT 1 FROM _host_holds WHERE publisher = _links.host AND held_until > ?1)";

/// Work of a kind that is due, and that nobody has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How much of it.
    pub n_due: u64,
    /// Since when the oldest of it is due; absent where nothing is.
    pub oldest_due_at: Option<Timestamp>,
}

impl Backlog {
    fn read(row: &Row<'_>) -> rusqlite::Result<Backlog> {
        Ok(Backlog { n_due: row.get(0)?, oldest_due_at: row.get::<_, Option<i64>>(1)?.map(from_private_time) })
    }
}

impl Reader {
    /// Sources that are followed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_followed(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM sources WHERE state = 'active'";
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }

    /// Sources that are due.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source_backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        let sql = "SELECT count(*), min(next_due_at) FROM _source_schedule JOIN sources ON sources.id = source_id
                   WHERE next_due_at <= ?1 AND claim_id IS NULL AND state = 'active'";
        Ok(self.connection().query_row(sql, params![now.as_millisecond()], Backlog::read)?)
    }

    /// Links whose page is due, without those that stand behind a gate, or whose host is to be left in peace: they wait until it opens, and
    /// until then.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn link_backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        let sql = format!(
            "SELECT count(*), min(due_at) FROM _links WHERE due_at <= ?1 AND claim_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM _gates WHERE publisher = host) AND NOT {IS_HELD}"
        );
        Ok(self.connection().query_row(&sql, params![now.as_millisecond()], Backlog::read)?)
    }
}
