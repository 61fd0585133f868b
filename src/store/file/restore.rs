//! Restore: a backup takes the place of the database, which is kept beside it.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::store::file::backup::copy_into;
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::error::{StoreError, explain, is_damage};
use crate::store::file::identity::{refuse_newer, refuse_snapshot};
use crate::store::file::integrity;
use crate::store::file::lock::IngestLock;
use crate::store::file::new_file::{CopyWatcher, beside, folder_of};
use crate::store::file::open::open_for_copying;
use crate::store::file::schema::VERSION;
use crate::store::file::workshop::Workshop;

/// What became of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Articles in it.
    pub n_articles: u64,
    /// Where the database is now that was there before.
    pub put_aside: Option<PathBuf>,
}

/// Puts a copy of a backup in the place of the database. What is there already is kept under another name, if `replaces` says that it
/// may be. To readers of changes the file is another database: what came in between is in no order with what they know.
///
/// # Errors
///
/// [`StoreError::Busy`] while a process ingests, and [`StoreError::Unusable`] where the backup is damaged or something is there already.
/// All is as it was then.
pub fn restore(
    backup: &Path,
    database: &Path,
    replaces: bool,
    watcher: &mut CopyWatcher<'_>,
) -> Result<Restored, StoreError> {
    refuse_snapshot(backup)?;
    refuse_newer(backup)?;
    if backup.canonicalize().is_ok_and(|backup| database.canonicalize().is_ok_and(|database| database == backup)) {
        let reason = "this is the database itself; name a backup of it".to_owned();
        return Err(StoreError::Unusable { path: backup.display().to_string(), reason });
    }
    let source = open_for_copying(backup, std::time::Duration::from_secs(5))?;
    let found: i64 = source.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(VERSION).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { path: backup.display().to_string(), found, known });
    }
    let refused = |reason: String| StoreError::Unusable { path: database.display().to_string(), reason };
    if database.exists() && !replaces {
        return Err(refused("is there already; --force puts it aside, under another name".to_owned()));
    }
    let folder = folder_of(database);
    if !folder.is_dir() {
        return Err(refused(format!("there is no folder {}", folder.display())));
    }
    let lock = IngestLock::acquire(database)?;
    let restored = put_in_place(&source, backup, database, watcher);
    if restored.is_err() {
        lock.take_back();
    }
    restored
}

fn put_in_place(
    source: &Connection,
    backup: &Path,
    database: &Path,
    watcher: &mut CopyWatcher<'_>,
) -> Result<Restored, StoreError> {
    let refused = |reason: String| StoreError::Unusable { path: database.display().to_string(), reason };
    let folder = folder_of(database);
    let workshop = Workshop::make_in(folder).map_err(|error| refused(error.to_string()))?;
    let whole = workshop.path().join("whole.db");
    copy_into(source, &whole, watcher).map_err(|error| explain(&error, database))?;
    if watcher.is_stopped() {
        return Err(refused("stopped before it was whole; all is as it was".to_owned()));
    }
    let n_articles = settle(&whole).map_err(|error| {
        if is_damage(&error) {
            return StoreError::Unusable { path: backup.display().to_string(), reason: error.to_string() };
        }
        explain(&error, backup)
    })?;
    let file_bytes = fs::metadata(&whole).map_err(|error| refused(error.to_string()))?.len();
    let put_aside = exchange(&whole, database, backup)?;
    Ok(Restored { file_bytes, n_articles, put_aside })
}

/// Puts a whole file in the place of the database, with the rights of that one, or where there is none with those of `like`. Returns where
/// the one is that was there.
pub(in crate::store) fn exchange(whole: &Path, database: &Path, like: &Path) -> Result<Option<PathBuf>, StoreError> {
    let failed = |error: std::io::Error| StoreError::Unusable {
        path: database.display().to_string(),
        reason: error.to_string(),
    };
    let folder = folder_of(database);
    take_over_rights(whole, database, folder, like).map_err(failed)?;
    File::open(whole).and_then(|file| file.sync_all()).map_err(failed)?;
    let put_aside = put_aside(database).map_err(failed)?;
    if let Err(error) = fs::rename(whole, database) {
        if let Some(aside) = &put_aside {
            let _ = move_all(aside, database);
        }
        return Err(failed(error));
    }
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(put_aside)
}

/// Checks the copy, gives it a name of its own, and takes it out of WAL mode: whoever ingests sets that again.
fn settle(whole: &Path) -> rusqlite::Result<u64> {
    let copy = Connection::open(whole)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    if let Some(fault) = integrity::check(&copy)?.first() {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(format!("the backup is damaged: {fault}; `newswire --db FILE doctor` says what can be done with it")),
        ));
    }
    copy.execute("UPDATE _change_state SET database = lower(hex(randomblob(16)))", [])?;
    if copy.table_exists(Some("main"), "_names")? {
        let named = format!(
            "INSERT INTO _names (name, after_article, after_story, after_change)
             SELECT database, (SELECT coalesce(max(id), 0) FROM articles), (SELECT coalesce(max(id), 0) FROM stories), {NEXT_CHANGE} - 1
             FROM _change_state"
        );
        copy.execute(&named, [])?;
    }
    // A backup that was made beside a daemon is none that ended without stopping.
    copy.execute("UPDATE _daemon SET stopped_at = heartbeat_at WHERE stopped_at IS NULL", [])?;
    if copy.table_exists(Some("main"), "_queue")? {
        copy.execute_batch("DELETE FROM _queue; DELETE FROM _queue_workers")?;
    }
    let n_articles = copy.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(n_articles)
}

/// Gives the copy the owner and the permissions of the database that was there, or the owner of its folder: it is often root who
/// restores, and another user whose service goes on.
pub(in crate::store) fn take_over_rights(
    whole: &Path,
    database: &Path,
    folder: &Path,
    backup: &Path,
) -> std::io::Result<()> {
    let before = fs::metadata(database).ok();
    let mode = before.as_ref().map_or(fs::metadata(backup)?.mode(), MetadataExt::mode) & 0o777;
    fs::set_permissions(whole, fs::Permissions::from_mode(mode | 0o600))?;
    let owner = before.map_or(fs::metadata(folder)?, |before| before);
    let ours = fs::metadata(whole)?;
    if (ours.uid(), ours.gid()) != (owner.uid(), owner.gid()) && ours.uid() == 0 {
        chown(whole, Some(owner.uid()), Some(owner.gid()))?;
        let lock = beside(database, "-lock");
        if fs::metadata(&lock).is_ok_and(|lock| lock.uid() == 0) {
            chown(lock, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    Ok(())
}

/// Gives the database that is there another name, with all that belongs to it.
fn put_aside(database: &Path) -> std::io::Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = name_aside(database);
    move_all(database, &aside)?;
    Ok(Some(aside))
}

/// A name with the time for the database as it was, which nothing has.
pub(in crate::store) fn name_aside(database: &Path) -> PathBuf {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let named = |number: u32| match number {
        1 => beside(database, &format!(".before-{time}")),
        number => beside(database, &format!(".before-{time}-{number}")),
    };
    let mut number = 1;
    while named(number).exists() {
        number += 1;
    }
    named(number)
}

/// Moves a database with its log; what its readers share is made anew.
fn move_all(from: &Path, to: &Path) -> std::io::Result<()> {
    let log = beside(from, "-wal");
    if log.exists() {
        fs::rename(log, beside(to, "-wal"))?;
    }
    fs::rename(from, to)?;
    let _ = fs::remove_file(beside(from, "-shm"));
    Ok(())
}
