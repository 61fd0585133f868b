//! The lock that lets one process at a time ingest.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::access::{self, Wish};
use crate::store::file::error::StoreError;

/// The exclusive right to ingest into a database: a lock on the file `-lock` beside it.
///
/// SQLite's own lock lasts one transaction, and processes take turns. Claims are only sound while no other process hands
/// out the same work, so this lock lasts as long as the process, however it ends.
#[derive(Debug)]
pub(in crate::store) struct IngestLock {
    _file: File,
    path: PathBuf,
    /// Whether its file was made for this.
    is_new: bool,
}

impl IngestLock {
    /// Takes the lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when another process holds it, [`StoreError::Unusable`] when the lock file cannot be written.
    pub(in crate::store) fn acquire(database: &Path) -> Result<IngestLock, StoreError> {
        check_names(database)?;
        let path = lock_path(database);
        let unusable = |error: std::io::Error| StoreError::Unusable {
            path: path.display().to_string(),
            reason: access::explained(&error, &path, Wish::Write),
        };
        let is_new = !path.exists();
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
        if access::is_root() {
            give_to_owner(&file, database);
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Without the name of the holder the message is less helpful and still right.
                let _ = file.take(100).read_to_string(&mut holder);
                let holder = holder.trim();
                let holder = if holder.is_empty() { "a newswire process".to_owned() } else { holder.to_owned() };
                return Err(StoreError::Busy { path: database.display().to_string(), holder });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let described = file.set_len(0).and_then(|()| write!(file, "newswire, process {}", std::process::id()));
        described.map_err(unusable)?;
        Ok(IngestLock { _file: file, path, is_new })
    }

    /// Gives the lock up where nothing was done under it: beside a file that is refused nothing stays that was not there.
    pub(in crate::store) fn take_back(self) {
        if self.is_new {
            // Nothing depends on it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Refuses a file with several names (hard links). What is committed waits in a log beside one of them, and those who know another neither
/// see it nor heed its locks: "How To Corrupt An SQLite Database File", section 2.4.
pub(in crate::store) fn check_names(database: &Path) -> Result<(), StoreError> {
    match n_names(database) {
        0 | 1 => Ok(()),
        n_names => Err(StoreError::Unusable {
            path: database.display().to_string(),
            reason: format!(
                "the file has {n_names} names (hard links), and who works on it by another one would not be seen; keep one of them \
                 (`find -samefile {}` lists those of a folder), or work on a copy",
                database.display()
            ),
        }),
    }
}

/// How many names a file has; 0 where none is there. A folder has one in each folder within it.
fn n_names(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| if metadata.is_file() { metadata.nlink() } else { 0 })
}

/// Whether a file has other names (hard links). What somebody writes by one of them may not be seen by another.
#[must_use]
pub fn has_other_names(file: &Path) -> bool {
    n_names(file) > 1
}

/// Gives the lock of a database that is there to its owner, as SQLite does with its own files beside it: root may work on anybody's, who
/// would be kept out of it by a file of root's. Where that is not possible it stays as it is.
fn give_to_owner(lock: &File, database: &Path) {
    if let Ok(owner) = std::fs::metadata(database) {
        let _ = fchown(lock, Some(owner.uid()), Some(owner.gid()));
    }
}

/// The process that ingests into the database now, as it describes itself; `None` when there is none.
#[must_use]
pub fn is_locked_by(database: &Path) -> Option<String> {
    let file = File::open(lock_path(database)).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => std::fs::read_to_string(lock_path(database)).ok(),
    }
}

/// Whether a process has ever ingested into the database where it is now. What its tables say of one is otherwise told of the file that
/// it was copied from.
#[must_use]
pub fn was_ingested_into(database: &Path) -> bool {
    lock_path(database).exists()
}

/// The lock lies beside the file, by whatever link it was named.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = access::behind_links(database).into_os_string();
    name.push("-lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_ingests_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let held = IngestLock::acquire(&path).unwrap();
        let refused = IngestLock::acquire(&path).unwrap_err();
        assert!(matches!(&refused, StoreError::Busy { holder, .. } if holder.contains("process")), "{refused}");
        assert!(is_locked_by(&path).is_some());
        drop(held);
        assert!(is_locked_by(&path).is_none());
        IngestLock::acquire(&path).unwrap();
    }
}
