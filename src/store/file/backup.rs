//! Backup: a copy of the whole database, while others write to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::store::file::error::{StoreError, explain};
use crate::store::file::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, NewFile};
use crate::store::file::open::open_for_copying;

/// Longest wait for a lock on the database. Only a database that is not in WAL mode makes readers wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages copied between two reports of progress: 8 MiB, some milliseconds' work. A copy stops at these points.
const PAGES_PER_STEP: i32 = 1024;

/// Pause before a step that met a lock is repeated.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Writes a copy of the database as it is at this moment. The copy is one file with the permissions of the database; it gets its name
/// when `verify` has nothing against it.
///
/// SQLite's online backup starts again whenever another connection has written, and would never end beside a busy daemon.
/// A read transaction that lasts as long as the backup prevents that: the backup then sees one state of the file.
/// `VACUUM INTO` would see the same state, but it builds every table and index again. The online backup copies pages as
/// fast as the disk delivers them, reports progress, and copies damaged pages as they are. Either way the write-ahead log
/// cannot restart from its beginning until the copy is done. It grows by what is written meanwhile, and the next
/// checkpoint shrinks it.
///
/// # Errors
///
/// [`StoreError::Missing`] where there is no database, and [`StoreError::Unusable`] for a file that cannot or must not be
/// written. Nothing is left behind then.
pub(in crate::store) fn back_up_with(
    plan: CopyPlan<'_>,
    watcher: &mut CopyWatcher<'_>,
    verify: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<FileCopy, StoreError> {
    let source = open_for_copying(plan.database, BUSY_TIMEOUT)?;
    let of_source = |error: rusqlite::Error| explain(&error, plan.database);
    let file = NewFile::begin(plan)?;
    // From its first query on, the transaction sees one state of the file.
    source.execute_batch("BEGIN").map_err(of_source)?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(of_source)?;
    copy_into(&source, &file.path(), watcher).map_err(|error| file.explain(&error))?;
    if watcher.is_stopped() {
        return Err(file.stopped());
    }
    let n_articles = leave_wal_mode(&file).map_err(|error| file.explain(&error))?;
    verify(&file.path())?;
    let mode = fs::metadata(plan.database).ok().map(|metadata| metadata.permissions().mode() & 0o777);
    let file_bytes = file.finish(mode)?;
    Ok(FileCopy { file_bytes, n_articles })
}

/// Copies all pages into a new file, unless it is stopped.
pub(in crate::store) fn copy_into(
    source: &Connection,
    file: &Path,
    watcher: &mut CopyWatcher<'_>,
) -> rusqlite::Result<()> {
    let page_bytes: u64 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let mut copy = Connection::open(file)?;
    // Nobody sees the file before it is complete: it needs no journal, and one sync at the end.
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(source, &mut copy)?;
    loop {
        let step = backup.step(PAGES_PER_STEP)?;
        let progress = backup.progress();
        let [total, left] = [progress.pagecount, progress.remaining].map(|pages| u64::try_from(pages).unwrap_or(0));
        (watcher.tell)(CopyStage::Bytes { done: total.saturating_sub(left) * page_bytes, total: total * page_bytes });
        if step == StepResult::Done || watcher.is_stopped() {
            return Ok(());
        }
        if step != StepResult::More {
            std::thread::sleep(BUSY_PAUSE);
        }
    }
}

/// Takes the copy out of WAL mode, in which it could not be read from a folder without write permission. A process that
/// ingests into it sets WAL mode again. Returns the number of articles.
fn leave_wal_mode(file: &NewFile) -> rusqlite::Result<u64> {
    let copy = Connection::open(file.path())?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let n_articles = copy.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(n_articles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::open_for_writing;
    use crate::store::file::schema::VERSION;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A database that takes several steps to copy.
    fn large_database(path: &Path) -> Connection {
        let settings = StoreSettings { path: path.to_owned(), ..crate::config::defaults().store };
        let connection = open_for_writing(&settings).unwrap();
        connection
            .execute_batch(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
                 INSERT INTO fetches (url, purpose, started_at, elapsed_ms, bytes, error)
                 SELECT 'https://paper.example/' || n, 'article', '2026-11-20T00:00:00Z', 1, 1, hex(randomblob(4000))
                 FROM numbers",
            )
            .unwrap();
        connection
    }

    #[test]
    fn a_backup_ends_though_there_is_a_write_at_every_step_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let (database, target) = (folder.path().join("a.db"), folder.path().join("copy.db"));
        let writer = large_database(&database);
        let mut n_steps = 0;
        let mut tell = |stage| {
            let CopyStage::Bytes { done, total } = stage else { panic!("{stage:?}") };
            n_steps += 1;
            assert!(n_steps < 100, "it begins anew again and again: {done} of {total}");
            writer.execute_batch("DELETE FROM fetches WHERE id IN (SELECT id FROM fetches LIMIT 10)").unwrap();
        };
        let plan = CopyPlan { database: &database, target: &target, replaces: false };
        let copy = back_up_with(plan, &mut CopyWatcher { stop: Arc::default(), tell: &mut tell }, |_| Ok(())).unwrap();
        assert!(n_steps > 2, "{n_steps}");
        assert_eq!(copy.file_bytes, fs::metadata(&target).unwrap().len());
        let count = |connection: &Connection| -> i64 {
            connection.query_row("SELECT count(*) FROM fetches", [], |row| row.get(0)).unwrap()
        };
        let copied = Connection::open(&target).unwrap();
        assert_eq!((count(&copied), count(&writer)), (3000, 3000 - 10 * n_steps));
        let verdict: String = copied.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }

    #[test]
    fn a_backup_that_is_stopped_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (database, target) = (folder.path().join("a.db"), folder.path().join("copies/copy.db"));
        fs::create_dir(folder.path().join("copies")).unwrap();
        drop(large_database(&database));
        let stop = Arc::new(AtomicBool::new(false));
        let plan = CopyPlan { database: &database, target: &target, replaces: false };
        let mut tell = |_| stop.store(true, Ordering::Relaxed);
        let watcher = &mut CopyWatcher { stop: Arc::clone(&stop), tell: &mut tell };
        let error = back_up_with(plan, watcher, |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("stopped"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("copies")).unwrap().count(), 0);
    }

    #[test]
    fn a_database_of_another_version_is_copied_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (database, target) = (folder.path().join("a.db"), folder.path().join("copy.db"));
        let settings = StoreSettings { path: database.clone(), ..crate::config::defaults().store };
        for version in [1, 9999] {
            let connection = open_for_writing(&settings).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            let plan = CopyPlan { database: &database, target: &target, replaces: true };
            back_up_with(plan, &mut CopyWatcher { stop: Arc::default(), tell: &mut |_| () }, |_| Ok(())).unwrap();
            let copied = Connection::open(&target).unwrap();
            let found: i32 = copied.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(found, version);
            let known = i64::try_from(VERSION).unwrap();
            connection.pragma_update(None, "user_version", known).unwrap();
        }
    }
}
