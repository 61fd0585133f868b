//! A new database file, which appears under its name only when it is whole.

use std::fmt::Display;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::ErrorCode;
use tempfile::{TempDir, TempPath};

use crate::store::file::schema::{StoreError, is_locked_by};

/// What stands beside a database and belongs to it.
const SIDE_FILES: [&str; 4] = ["-wal", "-journal", "-shm", "-lock"];

/// Side files whose content SQLite takes for a part of whatever database it finds beside them: they must not meet
/// another one.
const SIDE_FILES_WITH_CONTENT: [&str; 2] = ["-wal", "-journal"];

/// What is copied, and where to.
#[derive(Clone, Copy, Debug)]
pub struct CopyPlan<'a> {
    /// The database.
    pub database: &'a Path,
    /// The file to write.
    pub target: &'a Path,
    /// Whether a file of that name is replaced.
    pub replaces: bool,
}

/// Whoever waits for a copy: is told how far it is, and may end it.
pub struct CopyWatcher<'a> {
    /// Becomes true when the copy is not wanted any more.
    pub stop: Arc<AtomicBool>,
    /// Is told what is done.
    pub tell: &'a mut dyn FnMut(CopyStage),
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyStage {
    /// The file is copied as it is.
    Bytes {
        /// Copied.
        done: u64,
        /// In all.
        total: u64,
    },
    /// The rows of the tables are copied.
    Rows {
        /// Copied.
        done: u64,
        /// In all.
        total: u64,
    },
    /// The indexes are made.
    Indexing,
    /// The file is written once more, without gaps.
    Packing,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileCopy {
    /// Size of the file.
    pub file_bytes: u64,
    /// Articles in it.
    pub n_articles: u64,
}

impl CopyWatcher<'_> {
    pub(in crate::store) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A file in the making, in a folder of its own beside its place. All of it goes when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct NewFile {
    target: PathBuf,
    folder: PathBuf,
    replaces: bool,
    workshop: TempDir,
}

impl NewFile {
    /// Looks whether the file may be written, and makes the place where it is.
    pub(in crate::store) fn begin(plan: CopyPlan<'_>) -> Result<NewFile, StoreError> {
        let CopyPlan { database, target, replaces } = plan;
        let refused = |reason: &str| unusable(target, &reason);
        let Some(name) = target.file_name() else {
            return Err(refused("this names no file"));
        };
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(unusable(folder, &"there is no such folder"));
        }
        let place = folder.canonicalize().map_err(|error| unusable(folder, &error))?.join(name);
        if is_part_of(&place, database) {
            return Err(refused("this is the database itself; name another file"));
        }
        if let Ok(metadata) = fs::symlink_metadata(target) {
            if metadata.is_dir() {
                return Err(refused("this is a folder; name a file in it"));
            }
            if !metadata.is_file() && !metadata.is_symlink() {
                return Err(refused("this is no ordinary file"));
            }
            if !replaces {
                return Err(refused("is there already; --force replaces it"));
            }
        }
        if let Some(holder) = is_locked_by(target) {
            return Err(refused(&format!("another process ingests into it ({holder})")));
        }
        for side_file in SIDE_FILES_WITH_CONTENT.map(|ending| beside(target, ending)) {
            if side_file.exists() {
                let name = side_file.display();
                return Err(refused(&format!("{name} is left from another database of that name; move it away first")));
            }
        }
        let workshop = tempfile::Builder::new().prefix(".newswire-").tempdir_in(folder);
        let workshop = workshop.map_err(|error| unusable(target, &error))?;
        Ok(NewFile { target: target.to_owned(), folder: folder.to_owned(), replaces, workshop })
    }

    /// Where it is written.
    pub(in crate::store) fn path(&self) -> PathBuf {
        self.workshop.path().join("whole.db")
    }

    /// A place for a first version of it.
    pub(in crate::store) fn draft_path(&self) -> PathBuf {
        self.workshop.path().join("draft.db")
    }

    /// Brings the file to the disk and gives it its name. Returns its size.
    pub(in crate::store) fn finish(self, mode: Option<u32>) -> Result<u64, StoreError> {
        let failed = |error: std::io::Error| unusable(&self.target, &error);
        let file = File::open(self.path()).map_err(failed)?;
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode)).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let whole = TempPath::try_from_path(self.path()).map_err(failed)?;
        if self.replaces {
            whole.persist(&self.target).map_err(|error| failed(error.error))?;
        } else {
            // Somebody else may have written a file of that name meanwhile.
            whole.persist_noclobber(&self.target).map_err(|error| failed(error.error))?;
        }
        // The name is durable when the folder is. Some file systems have no word for that, and all of them have the
        // name by now.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(bytes)
    }

    /// Says of a failed statement which file it kept from being written, and why.
    pub(in crate::store) fn explain(&self, error: &rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => unusable(&self.target, &"not written: the disk is full"),
            Some(ErrorCode::OperationInterrupted) => self.stopped(),
            _ => unusable(&self.target, &format!("not written: {error}")),
        }
    }

    /// It was not wanted any more.
    pub(in crate::store) fn stopped(&self) -> StoreError {
        unusable(&self.target, &"stopped before it was whole; nothing is written")
    }
}

fn unusable(path: &Path, reason: &dyn Display) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason: reason.to_string() }
}

/// Whether a file is the database or one that belongs to it, under whatever name.
fn is_part_of(place: &Path, database: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    if identity(place).is_some_and(|found| identity(database) == Some(found)) {
        return true;
    }
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    place == database || SIDE_FILES.iter().any(|ending| place == beside(&database, ending))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
