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
        let is_error_since = self.connection().column_exists(Some("main"), "_queue", "error_since")?;
        let error_since = if is_error_since { "error_since" } else { "NULL" };
        let found = self
            .connection()
            .query_row(
                &format!("SELECT told_at, servers, server, is_away, since, error, is_sole, n_workers, n_refused, n_in_stock, n_out, n_shards,
                     n_shards_held, unattended_since, epoch, n_reported, n_lost, n_stale, n_reports_waiting, {error_since}
                 FROM _queue"),
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
                        error_since: row.get::<_, Option<i64>>(19)?.map(from_private_time),
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

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::config;
    use crate::store::{AlarmKind, RetentionRules, Run, Store};

    #[tokio::test]
    async fn the_queue_stands_there_from_the_first_sign_of_life_to_the_end_of_the_daemon_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = config::defaults();
        let mut settings = config.store.clone();
        settings.path = folder.path().join("a.db");
        let store = Store::open(&settings, &config.schedule).unwrap();
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let beat = async |run: Run, queue: Option<QueueState>| {
            store.heartbeat(run, now, queue, 90, RetentionRules::of(&config)).await.unwrap();
        };
        let read = || Reader::open(&settings.path).unwrap().queue_state().unwrap();
        beat(Run::Daemon, None).await;
        assert_eq!(read(), None);
        let mut queue = QueueState {
            told_at: now,
            error: Some("no stream".to_owned()),
            unattended_since: Some(now - SignedDuration::from_mins(4)),
            n_reports_waiting: Some(3),
            ..QueueState::of_tests()
        };
        queue.workers[0].refused = Some("its settings are others".to_owned());
        queue.workers[0].is_embedded = true;
        beat(Run::Daemon, Some(queue.clone())).await;
        assert_eq!(read().as_ref(), Some(&queue));
        // What a one-shot command says of itself is nothing of the daemon's.
        beat(Run::OneShot, None).await;
        assert_eq!(read().as_ref(), Some(&queue));
        let alarms =
            || Reader::open(&settings.path).unwrap().certain_alarms(now + SignedDuration::from_secs(5)).unwrap();
        let of_queue = |kind: AlarmKind| alarms().into_iter().find(|alarm| alarm.kind == kind);
        let alarm = of_queue(AlarmKind::Queue).expect("hosts are asked by nobody");
        assert!(alarm.why.ends_with(": no stream") && alarm.since.is_some(), "{alarm:?}");
        queue.unattended_since = Some(now - SignedDuration::from_mins(2));
        beat(Run::Daemon, Some(queue.clone())).await;
        assert_eq!(of_queue(AlarmKind::Queue), None, "it has not lasted yet");
        store.note_stop().await.unwrap();
        assert_eq!(read(), None);
        beat(Run::Daemon, Some(queue)).await;
        beat(Run::Daemon, None).await;
        assert_eq!(read(), None, "it works without one now");
        store.close().await.unwrap();
    }
}
