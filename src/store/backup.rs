//! A copy of the whole database, while others write to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::new_file::{CopyPlan, CopyStage, CopyWatcher, FileCopy, NewFile};
use super::schema::{self, StoreError};

/// Longest wait for a lock on the database, which only one that is not in WAL mode makes anybody wait for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages copied before progress is told and a wish to stop is heard: 8 MiB, some milliseconds' work.
const PAGES_PER_STEP: i32 = 1024;

/// Pause before a step that met a lock is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Writes a copy of the database as it is at this moment; it is one file, and has the permissions of the database.
///
/// SQLite's online backup begins anew whenever another connection has written, and would never end beside a busy daemon.
/// It only learns of writes when it begins to read, though: inside of a read transaction that lasts as long as the
/// backup, it sees one state of the file to the end. `VACUUM INTO` would see the same one. But it builds every table and
/// index anew, where this copies pages as fast as the disk gives them, can tell how far it is, and leaves even what is
/// damaged as it is. Either way the write-ahead log cannot begin at its start again until the copy is done, and
/// grows by what is written meanwhile; the next checkpoint folds it in.
///
/// # Errors
///
/// [`StoreError::Missing`] where there is no database, and [`StoreError::Unusable`] for a file that cannot or must not be
/// written. Nothing is left of it then.
pub fn back_up(plan: CopyPlan<'_>, watcher: &mut CopyWatcher<'_>) -> Result<FileCopy, StoreError> {
    let source = schema::open_for_copying(plan.database, BUSY_TIMEOUT)?;
    let of_source = |error: rusqlite::Error| schema::explain(&error, plan.database);
    let file = NewFile::begin(plan)?;
    let page_bytes: u64 = source.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(of_source)?;
    // From the first question on the transaction sees one state of the file.
    source.execute_batch("BEGIN").map_err(of_source)?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(of_source)?;
    copy_pages(&source, page_bytes, &file, watcher)?;
    let n_articles = settle(&file).map_err(|error| file.explain(&error))?;
    let mode = fs::metadata(plan.database).ok().map(|metadata| metadata.permissions().mode() & 0o777);
    let file_bytes = file.finish(mode)?;
    Ok(FileCopy { file_bytes, n_articles })
}

fn copy_pages(
    source: &Connection,
    page_bytes: u64,
    file: &NewFile,
    watcher: &mut CopyWatcher<'_>,
) -> Result<(), StoreError> {
    let wrap = |error: rusqlite::Error| file.explain(&error);
    let mut copy = Connection::open(file.path()).map_err(wrap)?;
    // Nobody sees the file before it is whole: it needs no journal, and goes to the disk once, at the end.
    copy.pragma_update(None, "journal_mode", "OFF").map_err(wrap)?;
    copy.pragma_update(None, "synchronous", "OFF").map_err(wrap)?;
    let backup = Backup::new(source, &mut copy).map_err(wrap)?;
    loop {
        let step = backup.step(PAGES_PER_STEP).map_err(wrap)?;
        let progress = backup.progress();
        let [total, left] = [progress.pagecount, progress.remaining].map(|pages| u64::try_from(pages).unwrap_or(0));
        (watcher.tell)(CopyStage::Bytes { done: total.saturating_sub(left) * page_bytes, total: total * page_bytes });
        if step == StepResult::Done {
            return Ok(());
        }
        if watcher.is_stopped() {
            return Err(file.stopped());
        }
        if step != StepResult::More {
            std::thread::sleep(BUSY_PAUSE);
        }
    }
}

/// Makes the copy one that needs no side files: a file in WAL mode cannot be read where its folder may not be written.
/// Whoever ingests into it sets the mode that it needs. Returns the number of articles.
fn settle(file: &NewFile) -> rusqlite::Result<u64> {
    let copy = Connection::open(file.path())?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let n_articles = copy.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(n_articles)
}
