//! Writing beside a running daemon: a short transaction by a process that does not ingest.

use rusqlite::{Connection, TransactionBehavior};

use crate::config::StoreSettings;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::log;
use crate::store::file::open::open_for_writing;
use crate::store::write::articles::{elsewhere, full_text};

/// Runs `act` in a transaction of its own on a connection of its own. The daemon's writing thread waits meanwhile. Where there is none, no
/// large log is left behind.
pub(in crate::store) fn beside<T>(
    settings: &StoreSettings,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let mut connection = open_for_writing(settings)?;
    let outcome = in_transaction(&mut connection, act).map_err(|error| explain(&error, &settings.path));
    // Also after a failure: what did not fit into memory went to the log before it.
    log::empty_if_large(&connection, &settings.path);
    outcome
}

fn in_transaction<T>(
    connection: &mut Connection,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    elsewhere::catch_up(&transaction)?;
    let outcome = act(&transaction)?;
    full_text::index_new(&transaction)?;
    transaction.commit()?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::store::file::lock::IngestLock;
    use crate::store::file::open::open_for_reading;

    struct Place {
        _folder: tempfile::TempDir,
        settings: StoreSettings,
    }

    impl Place {
        fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let settings =
                StoreSettings { path: folder.path().join("a.db"), cache_mib: 1, ..crate::config::defaults().store };
            let place = Place { _folder: folder, settings };
            place.write(0).unwrap();
            place
        }

        /// Writes so many rows of a MiB.
        fn write(&self, n_rows: usize) -> Result<(), StoreError> {
            beside(&self.settings, |connection| {
                connection.execute_batch("CREATE TABLE IF NOT EXISTS theirs (x)")?;
                let sql = "INSERT INTO theirs SELECT zeroblob(1048576) FROM json_each(?1)";
                connection.execute(sql, [serde_json::json!(vec![0; n_rows]).to_string()]).map(|_| ())
            })
        }

        fn log_mib(&self) -> u64 {
            let mut log = self.settings.path.clone().into_os_string();
            log.push("-wal");
            std::fs::metadata(PathBuf::from(log)).expect("the log is there").len() >> 20
        }

        fn n_rows(&self) -> u64 {
            let reader = open_for_reading(&self.settings.path, Duration::ZERO).unwrap();
            reader.connection.query_row("SELECT count(*) FROM theirs", [], |row| row.get(0)).unwrap()
        }
    }

    #[test]
    fn a_large_log_is_emptied_and_a_small_one_stays() {
        let place = Place::new();
        place.write(8).unwrap();
        assert!((8..16).contains(&place.log_mib()), "{}", place.log_mib());
        place.write(40).unwrap();
        assert_eq!((place.log_mib(), place.n_rows()), (0, 48));
    }

    #[test]
    fn so_is_that_of_a_transaction_that_failed() {
        let place = Place::new();
        let failed = beside(&place.settings, |connection| {
            connection.execute_batch(
                "INSERT INTO theirs SELECT zeroblob(41943040) FROM (VALUES (1));
                 INSERT INTO theirs (y) VALUES (1)",
            )
        });
        assert!(failed.is_err());
        assert_eq!((place.log_mib(), place.n_rows()), (0, 0));
    }

    #[test]
    fn the_log_of_an_ingesting_process_is_left_to_it() {
        let place = Place::new();
        let _lock = IngestLock::acquire(&place.settings.path).unwrap();
        place.write(40).unwrap();
        assert!(place.log_mib() >= 40);
    }

    #[test]
    fn nobody_who_reads_an_old_state_is_waited_for() {
        let place = Place::new();
        let reader = open_for_reading(&place.settings.path, Duration::ZERO).unwrap().connection;
        reader.execute_batch("BEGIN; SELECT count(*) FROM theirs").unwrap();
        let begun = Instant::now();
        place.write(40).unwrap();
        assert!(begun.elapsed() < place.settings.busy_timeout, "{:?}", begun.elapsed());
        assert!(place.log_mib() >= 40);
        let seen: u64 = reader.query_row("SELECT count(*) FROM theirs", [], |row| row.get(0)).unwrap();
        assert_eq!((seen, place.n_rows()), (0, 40));
    }
}
