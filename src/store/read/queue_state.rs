//! How the queue of the workers is, as the daemon last wrote it.

use rusqlite::{OptionalExtension, params};

use crate::model::{QueueState, QueueWorker};
use crate::store::file::columns::from_private_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

impl Reader {
    /// How the queue was when the daemon last said so; nothing where it works without one, or was stopped. Of one that was killed it is what it
    /// said last. Workers that get work come first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn queue_state(&self) -> Result<Option<QueueState>, StoreError> {
        // Files of earlier versions are read as they are, and a snapshot has nothing of it.
        if !self.connection().table_exists(Some("main"), "_queue")? {
            return Ok(None);
        }
        let found = self
            .connection()
            .query_row(
                "SELECT told_at, servers, server, is_away, since, error, is_sole, n_workers, n_refused, n_in_stock, n_out, n_shards,
                     n_shards_held, unattended_since, epoch, n_reported, n_lost, n_stale, n_reports_waiting
                 FROM _queue",
                [],
                |row| {
                    Ok(QueueState {
                        told_at: from_private_time(row.get(0)?),
                        servers: row.get(1)?,
                        server: row.get(2)?,
                        is_away: row.get(3)?,
                        since: from_private_time(row.get(4)?),
                        error: row.get(5)?,
                        is_sole: row.get(6)?,
                        n_workers: row.get(7)?,
                        n_refused: row.get(8)?,
                        workers: Vec::new(),
                        n_in_stock: row.get(9)?,
                        n_out: row.get(10)?,
                        n_shards: row.get(11)?,
                        n_shards_held: row.get(12)?,
                        unattended_since: row.get::<_, Option<i64>>(13)?.map(from_private_time),
                        epoch: row.get(14)?,
                        n_reported: row.get(15)?,
                        n_lost: row.get(16)?,
                        n_stale: row.get(17)?,
                        n_reports_waiting: row.get(18)?,
                    })
                },
            )
            .optional()?;
        let Some(state) = found else { return Ok(None) };
        let workers = self.rows(
            "SELECT worker, machine, version, n_poll_slots, n_article_slots, n_in_work, n_shards, epoch, heard_at, is_heard, is_embedded,
                 refused
             FROM _queue_workers ORDER BY is_heard DESC, refused IS NOT NULL, machine, worker",
            params![],
            |row| {
                Ok(QueueWorker {
                    worker: row.get(0)?,
                    machine: row.get(1)?,
                    version: row.get(2)?,
                    n_poll_slots: row.get(3)?,
                    n_article_slots: row.get(4)?,
                    n_in_work: row.get(5)?,
                    n_shards: row.get(6)?,
                    epoch: row.get(7)?,
                    heard_at: from_private_time(row.get(8)?),
                    is_heard: row.get(9)?,
                    is_embedded: row.get(10)?,
                    refused: row.get(11)?,
                })
            },
        )?;
        Ok(Some(QueueState { workers, ..state }))
    }
}
