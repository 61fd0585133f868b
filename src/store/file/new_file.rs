//! A new database file: written beside its place, renamed when it is complete.

use std::fmt::Display;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::ErrorCode;
use tempfile::TempPath;

use crate::access::{self, Wish};
use crate::store::file::error::StoreError;
use crate::store::file::lock::is_locked_by;
use crate::store::file::workshop::Workshop;

/// Endings of the files beside a database that belong to it.
const SIDE_FILES: [&str; 4] = ["-wal", "-journal", "-shm", "-lock"];

/// Side files whose content SQLite applies to whatever database it finds beside them. A new file must not meet those of
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

/// The caller of a copy: hears how far it is, and may stop it.
pub struct CopyWatcher<'a> {
    /// Set to true to stop the copy.
    pub stop: Arc<AtomicBool>,
    /// Called with each step of progress.
    pub tell: &'a mut dyn FnMut(CopyStage),
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyStage {
    /// Pages are copied as they are.
    Bytes {
        /// Copied so far.
        done: u64,
        /// All.
        total: u64,
    },
    /// The rows of tables are copied.
    Rows {
        /// Copied so far.
        done: u64,
        /// All.
        total: u64,
    },
    /// Indexes are built.
    Indexing,
    /// The file is compacted.
    Packing,
}

/// The finished copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileCopy {
    /// Size of the file.
    pub file_bytes: u64,
    /// Articles in it.
    pub n_articles: u64,
}

impl CopyWatcher<'_> {
    /// Whether the copy is to stop.
    pub(in crate::store) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A file that is being written, in a temporary folder beside its place. Dropping this deletes the folder.
#[derive(Debug)]
pub(in crate::store) struct NewFile {
    target: PathBuf,
    folder: PathBuf,
    replaces: bool,
    workshop: Workshop,
}

impl NewFile {
    /// Checks that the file may be written, and makes the temporary folder.
    pub(in crate::store) fn begin(plan: CopyPlan<'_>) -> Result<NewFile, StoreError> {
        let folder = check_target(plan)?;
        let CopyPlan { target, replaces, .. } = plan;
        let refused = |reason: &str| unusable(target, &reason);
        if let Some(holder) = is_locked_by(target) {
            return Err(refused(&format!("another process ingests into it ({holder})")));
        }
        for side_file in SIDE_FILES_WITH_CONTENT.map(|ending| beside(target, ending)) {
            if side_file.exists() {
                let name = side_file.display();
                return Err(refused(&format!("{name} is left from another database of that name; move it away first")));
            }
        }
        let explained = |error: std::io::Error| access::explained(&error, target, Wish::Write);
        let workshop = Workshop::make_in(folder).map_err(|error| unusable(target, &explained(error)))?;
        Ok(NewFile { target: target.to_owned(), folder: folder.to_owned(), replaces, workshop })
    }

    /// Where the file is written.
    pub(in crate::store) fn path(&self) -> PathBuf {
        self.workshop.path().join("whole.db")
    }

    /// Where a first version of it may be written.
    pub(in crate::store) fn draft_path(&self) -> PathBuf {
        self.workshop.path().join("draft.db")
    }

    /// Syncs the file to the disk, sets its permissions and gives it its name. Returns its size in bytes.
    pub(in crate::store) fn finish(self, mode: Option<u32>) -> Result<u64, StoreError> {
        let failed = |error: std::io::Error| unusable(&self.target, &error);
        let file = File::open(self.path()).map_err(failed)?;
        // What is replaced may be for fewer people.
        let before = fs::metadata(&self.target).ok().filter(|_| self.replaces);
        let mode = before.map(|before| before.permissions().mode() & 0o777).or(mode);
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode)).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let whole = TempPath::try_from_path(self.path()).map_err(failed)?;
        if self.replaces {
            whole.persist(&self.target).map_err(|error| failed(error.error))?;
        } else {
            // Another process may have made a file of that name meanwhile.
            whole.persist_noclobber(&self.target).map_err(|error| failed(error.error))?;
        }
        // The rename is durable once the folder is synced. Some file systems cannot sync a folder; the file has its name
        // all the same.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(bytes)
    }

    /// Turns a failed statement into an error that names the file and the reason.
    pub(in crate::store) fn explain(&self, error: &rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => unusable(&self.target, &"not written: the disk is full"),
            Some(ErrorCode::OperationInterrupted) => self.stopped(),
            _ => unusable(&self.target, &format!("not written: {error}")),
        }
    }

    /// The error of a copy that was stopped.
    pub(in crate::store) fn stopped(&self) -> StoreError {
        unusable(&self.target, &"stopped before it was whole; nothing is written")
    }
}

fn unusable(path: &Path, reason: &dyn Display) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason: reason.to_string() }
}

/// Looks whether a file may be made, or one that is there replaced: never the database, nor what is no ordinary file. Returns
/// the folder that it is in.
///
/// # Errors
///
/// [`StoreError::Unusable`] with the reason.
pub fn check_target(plan: CopyPlan<'_>) -> Result<&Path, StoreError> {
    let CopyPlan { database, target, replaces } = plan;
    let refused = |reason: &str| unusable(target, &reason);
    let Some(name) = target.file_name() else {
        return Err(refused("this names no file"));
    };
    let folder = folder_of(target);
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
    Ok(folder)
}

/// Whether a path leads to the database or to one of its side files, also through links.
fn is_part_of(place: &Path, database: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    if identity(place).is_some_and(|found| identity(database) == Some(found)) {
        return true;
    }
    let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    place == database || SIDE_FILES.iter().any(|ending| place == beside(&database, ending))
}

/// The folder that a file is in, or would be.
pub(in crate::store) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside another one, whose name has an ending more.
pub(in crate::store) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
