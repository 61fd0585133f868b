//! What can go wrong with the database, and how users are told.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::access::{self, Wish};

/// What can go wrong with the database. Its text is what users read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process ingests into the file, or holds its write lock too long.
    #[error("{path}: another process is writing to it ({holder}); try again when it is done")]
    Busy {
        /// The database.
        path: String,
        /// Who holds it.
        holder: String,
    },
    /// A later version of the program has written the file.
    #[error(
        "{path}: its schema has version {found}, this program knows {known}; a later newswire wrote it, use that one"
    )]
    Newer {
        /// The database.
        path: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An earlier version wrote the file, and we may only read.
    #[error(
        "{path}: its schema has version {found}, this program needs {known}; the next `newswire run`, \
         `fetch` or `import` updates it"
    )]
    Older {
        /// The database.
        path: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file is something else.
    #[error("{path}: not a newswire database ({reason}); name another file with --db")]
    NotOurs {
        /// The file.
        path: String,
        /// What it is.
        reason: String,
    },
    /// The file is a snapshot, and what was asked of it cannot be done with one.
    #[error("{path}: a snapshot, {reason}")]
    Snapshot {
        /// The file.
        path: String,
        /// What cannot be done, and what can.
        reason: String,
    },
    /// There is no such file.
    #[error("{path}: no database there yet; `newswire fetch URL` or `newswire run` creates one, --db names another")]
    Missing {
        /// The file.
        path: String,
    },
    /// Pages of the file are damaged.
    #[error(
        "{path}: the file is damaged ({damage}); nothing is written. `newswire doctor` says more and `--fix` mends what is made of the \
         tables, `--no-verify` copies it as it is, and `newswire restore FILE` puts an earlier backup in its place"
    )]
    Damaged {
        /// The database.
        path: String,
        /// What SQLite says.
        damage: String,
    },
    /// A question or a change met damaged pages.
    #[error("{place} is damaged ({damage}); {advice}")]
    Malformed {
        /// The database.
        place: String,
        /// What SQLite says.
        damage: String,
        /// What to do.
        advice: &'static str,
    },
    /// The end of the file is missing.
    #[error("{path}: {damage}, and nothing can be written to it; {way}")]
    CutOff {
        /// The database.
        path: String,
        /// How much of it is there.
        damage: String,
        /// What to do.
        way: String,
    },
    /// The pages are damaged that say what is where in the file.
    #[error(
        "{path}: what is damaged is the list of its tables ({damage}), and without that nothing in it can be read, also not by `merge`; {way}"
    )]
    WithoutSchema {
        /// The database.
        path: String,
        /// What SQLite says.
        damage: String,
        /// Whether the end of the file is missing: then no such list fits what is there.
        is_cut_off: bool,
        /// What is to be done.
        way: String,
    },
    /// The disk is full.
    #[error("{path}: the disk is full; nothing is lost, free some space and go on")]
    Full {
        /// The database.
        path: String,
    },
    /// The file was deleted, moved or replaced while it was open.
    #[error(
        "{path}: was deleted, moved or replaced while this process wrote to it; it ends, so that nothing goes into a file that nobody \
         sees. What is there now is opened by the next start"
    )]
    Replaced {
        /// The database.
        path: String,
    },
    /// The file or its folder cannot be opened or written.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// It was given up before it was open, as whoever waited for it has asked.
    #[error("{path}: given up before it was open; nothing is lost, and the next start does it")]
    GivenUp {
        /// The database.
        path: String,
    },
    /// A table that was asked for is none that can be had.
    #[error("{name:?}: {reason}")]
    NoSuchTable {
        /// What was asked for.
        name: String,
        /// Why it cannot be had.
        reason: String,
    },
    /// A statement failed.
    #[error("database: {0}")]
    Sql(String),
    /// The user's own SQL failed.
    #[error("SQL: {0}")]
    UserSql(String),
    /// The writing thread has ended.
    #[error("the database has been closed")]
    Closed,
}

impl StoreError {
    /// Whether the reason lies outside of this process, on the disk, in the rights of its user or with another program: it would be the
    /// same for a new one.
    #[must_use]
    pub fn is_from_outside(&self) -> bool {
        matches!(
            self,
            StoreError::Busy { .. }
                | StoreError::Full { .. }
                | StoreError::Unusable { .. }
                | StoreError::Damaged { .. }
                | StoreError::Malformed { .. }
                | StoreError::CutOff { .. }
                | StoreError::WithoutSchema { .. }
        )
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) { malformed(&error, "the database file") } else { StoreError::Sql(error.to_string()) }
    }
}

/// Whether pages of the file are damaged, or cannot be had from the disk.
pub(in crate::store) fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure)) || is_of_full_text(error)
}

/// Whether a full-text index cannot be opened, since what it says of itself is damaged. SQLite has a code for that in some cases only.
fn is_of_full_text(error: &rusqlite::Error) -> bool {
    let told = error.to_string();
    told.contains("vtable constructor failed") || told.contains("invalid fts5 file format")
}

/// What to do about damaged pages.
const OTHER_FILE: &str = "`newswire doctor` says what can be done, `newswire restore FILE` puts a backup in its place, and without one \
     `newswire --db NEW.db merge DAMAGED.db` takes out what can be read";

/// What to do about a full-text index that cannot be opened.
const INDEX_ANEW: &str = "`newswire doctor --fix` makes the full-text index anew from the articles";

fn malformed(error: &rusqlite::Error, place: &str) -> StoreError {
    let advice = if is_of_full_text(error) { INDEX_ANEW } else { OTHER_FILE };
    StoreError::Malformed { place: place.to_owned(), damage: error.to_string(), advice }
}

/// What SQLite says of a statement, without the statement: that may be ours, around a few words of the user's.
pub(in crate::store) fn complaint(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// The error of what a user wrote in SQL or in the words of a search, unless it is that of the file.
pub(in crate::store) fn of_user(error: rusqlite::Error, told: impl FnOnce(&rusqlite::Error) -> String) -> StoreError {
    if is_damage(&error) { error.into() } else { StoreError::UserSql(told(&error)) }
}

/// Turns an SQLite error into one that names the file and, where possible, a way out.
pub(in crate::store) fn explain(error: &rusqlite::Error, file: &Path) -> StoreError {
    let path = file.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { path, holder: "its write lock is held".to_owned() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::NotADatabase) => StoreError::NotOurs { path, reason: "not an SQLite file".to_owned() },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure) => {
            let told = obstacle_to(file, Wish::Write).map(|told| format!("; {told}")).unwrap_or_default();
            StoreError::Unusable { path, reason: format!("{error}{told}") }
        }
        Some(ErrorCode::DatabaseCorrupt) => malformed(error, &path),
        _ if is_of_full_text(error) => malformed(error, &path),
        Some(ErrorCode::CannotOpen) => {
            let obstacle = obstacle_to(file, Wish::Read).or_else(|| obstacle_to(file, Wish::Write));
            let told = obstacle.map(|told| format!("; {told}")).unwrap_or_default();
            StoreError::Unusable { path, reason: format!("{error}{told}") }
        }
        _ => StoreError::Sql(error.to_string()),
    }
}

/// What keeps this process from the files of a database: SQLite knows it and does not tell.
fn obstacle_to(path: &Path, wish: Wish) -> Option<String> {
    ["", "-wal", "-shm"].iter().find_map(|ending| {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let is_there = Path::new(&file).exists() || ending.is_empty() || wish == Wish::Write;
        is_there.then(|| access::obstacle(Path::new(&file), wish)).flatten()
    })
}
