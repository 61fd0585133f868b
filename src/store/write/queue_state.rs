//! How the queue of the workers is: the row of `_queue`, and one in `_queue_workers` for each worker.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::model::{QueueState, QueueWorker};
use crate::store::file::columns::private_time;

/// A worker that is silent is shown for so long, as one that is missed.
const SILENT_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Workers that are kept. Whoever may ask for work could do so under ever new names.
const KEPT_MAX: u32 = 300;

/// Writes down how the queue is, or that there is none.
pub(super) fn note(connection: &Connection, state: Option<&QueueState>, now: Timestamp) -> rusqlite::Result<()> {
    let Some(state) = state else { return forget(connection) };
    let QueueState {
        told_at,
        servers,
        server,
        is_away,
        since,
        error,
        error_since,
        is_sole,
        n_workers,
        n_refused,
        workers,
        n_in_stock,
        n_out,
        n_shards,
        n_shards_held,
        unattended_since,
        epoch,
        n_reported,
        n_lost,
        n_stale,
        n_reports_waiting,
    } = state;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO _queue
                 (id, told_at, servers, server, is_away, since, error, is_sole, n_workers, n_refused, n_in_stock, n_out, n_shards,
                  n_shards_held, unattended_since, epoch, n_reported, n_lost, n_stale, n_reports_waiting, error_since)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            private_time(*told_at),
            servers,
            server,
            is_away,
            private_time(*since),
            error,
            is_sole,
            number(*n_workers),
            number(*n_refused),
            number(*n_in_stock),
            number(*n_out),
            number(*n_shards),
            number(*n_shards_held),
            unattended_since.map(private_time),
            number(*epoch),
            number(*n_reported),
            number(*n_lost),
            number(*n_stale),
            n_reports_waiting.map(number),
            error_since.map(private_time),
        ])?;
    connection.prepare_cached("UPDATE _queue_workers SET is_heard = 0 WHERE is_heard")?.execute([])?;
    for worker in workers {
        note_worker(connection, worker)?;
    }
    // Where a machine's next process was heard of after the last word of one, it has taken its place.
    connection
        .prepare_cached(
            "DELETE FROM _queue_workers AS gone WHERE NOT is_heard AND (
                 heard_at < ?1
                 OR EXISTS (SELECT 1 FROM _queue_workers AS later
                     WHERE rtrim(later.machine, '0123456789') = rtrim(gone.machine, '0123456789')
                         AND later.first_heard_at > gone.heard_at))",
        )?
        .execute([private_time(now - SILENT_KEPT)])?;
    connection
        .prepare_cached(
            "DELETE FROM _queue_workers WHERE worker NOT IN
                 (SELECT worker FROM _queue_workers ORDER BY is_heard DESC, heard_at DESC LIMIT ?1)",
        )?
        .execute([KEPT_MAX])?;
    Ok(())
}

fn note_worker(connection: &Connection, worker: &QueueWorker) -> rusqlite::Result<()> {
    let QueueWorker {
        worker,
        machine,
        version,
        n_poll_slots,
        n_article_slots,
        n_in_work,
        n_shards,
        epoch,
        heard_at,
        is_heard,
        is_embedded,
        refused,
    } = worker;
    connection
        .prepare_cached(
            "INSERT INTO _queue_workers
                 (worker, machine, version, n_poll_slots, n_article_slots, n_in_work, n_shards, epoch, first_heard_at, heard_at,
                  is_heard, is_embedded, refused)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12)
             ON CONFLICT (worker) DO UPDATE SET machine = excluded.machine, version = excluded.version,
                 n_poll_slots = excluded.n_poll_slots, n_article_slots = excluded.n_article_slots,
                 n_in_work = excluded.n_in_work, n_shards = excluded.n_shards, epoch = excluded.epoch,
                 heard_at = excluded.heard_at, is_heard = excluded.is_heard, is_embedded = excluded.is_embedded,
                 refused = excluded.refused",
        )?
        .execute(params![
            worker,
            machine,
            version,
            number(*n_poll_slots),
            number(*n_article_slots),
            number(*n_in_work),
            number(*n_shards),
            number(*epoch),
            private_time(*heard_at),
            is_heard,
            is_embedded,
            refused,
        ])?;
    Ok(())
}

/// Writes down that there is no queue any more.
pub(super) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM _queue_workers")?.execute([])?;
    connection.prepare_cached("DELETE FROM _queue")?.execute([])?;
    Ok(())
}

/// A number as a column has it. Workers say what they like of themselves, and nothing of it may keep the daemon from its sign of life.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-20T{time}Z").parse().unwrap()
    }

    fn worker(machine: &str, heard_at: Timestamp) -> QueueWorker {
        let (worker, machine) = (format!("{machine}-a"), machine.to_owned());
        QueueWorker { worker, machine, epoch: u64::MAX, heard_at, ..QueueWorker::of_tests() }
    }

    fn state(now: Timestamp, workers: Vec<QueueWorker>) -> QueueState {
        QueueState { told_at: now, workers, epoch: u64::MAX, n_reported: u64::MAX, ..QueueState::of_tests() }
    }

    fn machines(connection: &Connection) -> Vec<(String, bool)> {
        let mut statement =
            connection.prepare("SELECT machine, is_heard FROM _queue_workers ORDER BY machine").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn workers_are_kept_for_an_hour_after_their_last_word_unless_their_machine_has_another() {
        let connection = in_memory().unwrap();
        let beat = |time: &str, machines: &[&str]| {
            let workers = machines.iter().map(|machine| worker(machine, at(time))).collect();
            note(&connection, Some(&state(at(time), workers)), at(time)).unwrap();
        };
        let check = |expected: &[(&str, bool)]| {
            let found = machines(&connection);
            let found: Vec<_> = found.iter().map(|(machine, is_heard)| (machine.as_str(), *is_heard)).collect();
            assert_eq!(found, expected);
        };
        beat("08:00:00", &["pier:7", "quay:1", "quay:2"]);
        beat("08:00:30", &["quay:2"]);
        // The machine has no process that came after it.
        check(&[("pier:7", false), ("quay:1", false), ("quay:2", true)]);
        beat("08:01:00", &["quay:2", "quay:30"]);
        check(&[("pier:7", false), ("quay:2", true), ("quay:30", true)]);
        beat("09:00:00", &["quay:2"]);
        check(&[("pier:7", false), ("quay:2", true), ("quay:30", false)]);
        beat("09:00:01", &["quay:2"]);
        check(&[("quay:2", true), ("quay:30", false)]);
        note(&connection, None, at("09:00:02")).unwrap();
        check(&[]);
        assert_eq!(connection.query_row("SELECT count(*) FROM _queue", [], |row| row.get::<_, u32>(0)).unwrap(), 0);
    }

    #[test]
    fn whoever_asks_under_ever_new_names_fills_no_table() {
        let connection = in_memory().unwrap();
        for minute in 0..5 {
            let time = at(&format!("08:0{minute}:00"));
            let workers = (0..200).map(|number| worker(&format!("m{minute}x{number}."), time)).collect();
            note(&connection, Some(&state(time, workers)), time).unwrap();
        }
        let found = machines(&connection);
        assert_eq!(found.len(), usize::try_from(KEPT_MAX).unwrap());
        assert_eq!(found.iter().filter(|(_, is_heard)| *is_heard).count(), 200, "those of now are all there");
    }
}
