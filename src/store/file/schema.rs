//! Opening the file: the lock, the pragmas, the migrations, and what can be wrong with it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::config::StoreSettings;

/// `PRAGMA application_id`: "nwsw". With it, `file` and we ourselves tell our databases from others.
pub const APPLICATION_ID: i32 = 0x6e77_7377;

/// `PRAGMA application_id` of a snapshot: "nwss". Whoever would write to it, a daemon above all, knows it by that.
pub const SNAPSHOT_APPLICATION_ID: i32 = 0x6e77_7373;

/// Where a file has its application id, in bytes (the SQLite file format, section 1.3): four, most significant first.
const APPLICATION_ID_OFFSET: usize = 68;

/// Every migration, in order. Applied ones are never edited.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../../migrations/0001_sources.sql")),
    M::up(include_str!("../../../migrations/0002_articles.sql")),
    M::up(include_str!("../../../migrations/0003_views.sql")),
    M::up(include_str!("../../../migrations/0004_docs.sql")),
];

/// `PRAGMA user_version` of the files that this program makes.
pub(in crate::store) const VERSION: usize = MIGRATIONS.len();

/// The write-ahead log is cut back to this after a checkpoint, so that one long import does not keep it large.
const WAL_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// Pages in the write-ahead log from which it is folded into the file: 16 MiB. Each time costs a wait for the disk;
/// more would make a reader's first look, which goes through the log, slower.
const CHECKPOINT_PAGES: i64 = 2048;

/// Prepared statements kept: more than there are different ones.
const STATEMENTS_MAX: usize = 256;

/// What can go wrong with the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process ingests into the file, or holds its write lock for too long.
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
    /// The disk is full.
    #[error("{path}: the disk is full; nothing is lost, free some space and go on")]
    Full {
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

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Sql(error.to_string())
    }
}

/// Says which file an SQLite error is about, and what can be done.
pub(in crate::store) fn explain(error: &rusqlite::Error, path: &Path) -> StoreError {
    let path = path.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { path, holder: "its write lock is held".to_owned() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::NotADatabase) => StoreError::NotOurs { path, reason: "not an SQLite file".to_owned() },
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt,
        ) => StoreError::Unusable { path, reason: error.to_string() },
        _ => StoreError::Sql(error.to_string()),
    }
}

/// The exclusive right to ingest into a database, held by a lock on a file beside it.
///
/// SQLite's own lock is held for moments only and lets processes take turns. Ingesting is one process's business for
/// longer: its claims are only sound while no other hands out the same work. The lock ends with the process, however
/// it ends.
#[derive(Debug)]
pub(in crate::store) struct IngestLock {
    _file: File,
}

impl IngestLock {
    pub(in crate::store) fn acquire(database: &Path) -> Result<IngestLock, StoreError> {
        let path = lock_path(database);
        let unusable = |error: std::io::Error| StoreError::Unusable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The name of the holder is a courtesy; without it the message is less helpful and still right.
                let _ = file.take(100).read_to_string(&mut holder);
                let holder = holder.trim();
                let holder = if holder.is_empty() { "a newswire process".to_owned() } else { holder.to_owned() };
                return Err(StoreError::Busy { path: database.display().to_string(), holder });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let described = file.set_len(0).and_then(|()| write!(file, "newswire, process {}", std::process::id()));
        described.map_err(unusable)?;
        Ok(IngestLock { _file: file })
    }
}

/// Whether some process ingests into the database now; its own description of itself.
#[must_use]
pub fn is_locked_by(database: &Path) -> Option<String> {
    let file = File::open(lock_path(database)).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => std::fs::read_to_string(lock_path(database)).ok(),
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}

/// Makes the folder of a file, if it is missing.
pub(in crate::store) fn make_folder_of(path: &Path) -> Result<(), StoreError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => std::fs::create_dir_all(folder).map_err(|error| StoreError::Unusable {
            path: folder.display().to_string(),
            reason: format!("the folder cannot be made: {error}"),
        }),
        _ => Ok(()),
    }
}

/// Opens the file for writing, creates or migrates it. Claims are left alone: a process that ingests may hold them.
pub(in crate::store) fn open_for_writing(settings: &StoreSettings) -> Result<Connection, StoreError> {
    let path = &settings.path;
    let wrap = |error: rusqlite::Error| explain(&error, path);
    make_folder_of(path)?;
    let mut connection = Connection::open(path).map_err(wrap)?;
    connection.busy_timeout(settings.busy_timeout).map_err(wrap)?;
    check_identity(&connection, path, Access::Write)?;
    // Texts and hints are of some kilobytes: with SQLite's 4096 most would be torn over several pages. This counts when
    // the file is created.
    connection.pragma_update(None, "page_size", 8192).map_err(wrap)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(wrap)?;
    // In WAL mode NORMAL keeps the file sound through a power cut; only the last moments before it may be missing,
    // whole transactions at a time, and those are fetched again.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(wrap)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(wrap)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(wrap)?;
    connection.pragma_update(None, "cache_size", -1024 * i64::from(settings.cache_mib)).map_err(wrap)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_MAX).map_err(wrap)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(wrap)?;
    keep_side_files(&connection).map_err(wrap)?;
    // A plan holds for every value: else SQLite prepares a statement anew whenever a value changes that its plan might
    // depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(wrap)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Lists as parameters: `rarray(?1)`.
    rusqlite::vtab::array::load_module(&connection).map_err(wrap)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens the file for reading. A writer, running, stopped or killed, does not matter.
pub(in crate::store) fn open_for_reading(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection = open_read_only(path, busy_timeout, Access::Read)?;
    if is_snapshot(&connection)? {
        stand_in_for_private_tables(&connection)?;
    }
    Ok(connection)
}

/// Opens the file to copy it page by page, whatever the version of its schema.
pub(in crate::store) fn open_for_copying(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    open_read_only(path, busy_timeout, Access::Copy)
}

fn open_read_only(path: &Path, busy_timeout: Duration, access: Access) -> Result<Connection, StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, path);
    if !path.exists() {
        return Err(StoreError::Missing { path: path.display().to_string() });
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(wrap)?;
    connection.busy_timeout(busy_timeout).map_err(wrap)?;
    keep_side_files(&connection).map_err(wrap)?;
    check_identity(&connection, path, access)?;
    Ok(connection)
}

/// An empty database of this program's schema, without a file.
pub(in crate::store) fn in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection, Path::new(":memory:"))?;
    Ok(connection)
}

/// Whether an open file is a snapshot.
pub(in crate::store) fn is_snapshot(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id == SNAPSHOT_APPLICATION_ID)
}

/// Refuses a snapshot by the first bytes of the file, before anything is written beside it.
pub(in crate::store) fn refuse_snapshot(path: &Path) -> Result<(), StoreError> {
    let mut head = [0; APPLICATION_ID_OFFSET + 4];
    // What cannot be read is no snapshot that we know of, and is told by whoever opens it.
    let is_read = path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    if is_read && head[APPLICATION_ID_OFFSET..] == SNAPSHOT_APPLICATION_ID.to_be_bytes() {
        return Err(snapshot_is_for_reading(path));
    }
    Ok(())
}

fn snapshot_is_for_reading(path: &Path) -> StoreError {
    let reason = "made to be read and not to be written to; name the database that it was taken from".to_owned();
    StoreError::Snapshot { path: path.display().to_string(), reason }
}

/// A snapshot has no private tables. Empty ones that last as long as the connection stand in for them, so that every
/// question can be asked: nothing is claimed, waits or is due.
fn stand_in_for_private_tables(connection: &Connection) -> Result<(), StoreError> {
    let model = in_memory()?;
    // In memory: there may be no place at all that can be written.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let mut tables = model
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 1) = '_' ORDER BY rowid")?;
    let mut rows = tables.query([])?;
    while let Some(row) = rows.next()? {
        let sql: String = row.get(0)?;
        connection.execute_batch(&sql.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1))?;
    }
    Ok(())
}

/// Leaves `-wal` and `-shm` in place when the last connection closes, so that a reader who may not write the folder
/// can still open the file. `SQLITE_FCNTL_PERSIST_WAL` says the same and can only be set from C; a connection that does
/// not checkpoint on close does not remove the files either.
fn keep_side_files(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(|_| ())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Copy,
}

fn check_identity(connection: &Connection, path: &Path, access: Access) -> Result<(), StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(wrap);
    let application_id = pragma("application_id")?;
    let found = pragma("user_version")?;
    let known = i64::try_from(VERSION).unwrap_or(i64::MAX);
    let n_objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(wrap)?;
    let is_blank = n_objects == 0 && found == 0;
    let shown = path.display().to_string();
    let is_snapshot = application_id == i64::from(SNAPSHOT_APPLICATION_ID);
    if application_id != i64::from(APPLICATION_ID) && !is_snapshot && !(is_blank && application_id == 0) {
        let reason = format!("an SQLite file of another program, with {n_objects} tables and indexes");
        return Err(StoreError::NotOurs { path: shown, reason });
    }
    if access != Access::Write && is_blank {
        return Err(StoreError::Missing { path: shown });
    }
    if access == Access::Copy {
        return Ok(());
    }
    if found > known {
        return Err(StoreError::Newer { path: shown, found, known });
    }
    if access == Access::Write && is_snapshot {
        return Err(snapshot_is_for_reading(path));
    }
    if access == Access::Read && is_snapshot && found < known {
        let reason = format!(
            "whose schema has version {found}, and this program reads {known}; take a new one, or open it with sqlite3"
        );
        return Err(StoreError::Snapshot { path: shown, reason });
    }
    if access == Access::Read && found < known {
        return Err(StoreError::Older { path: shown, found, known });
    }
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(|error| explain(&error, path))?;
    Migrations::from_slice(MIGRATIONS).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => explain(&err, path),
        other => StoreError::Unusable { path: path.display().to_string(), reason: format!("migration: {other}") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(path: PathBuf) -> StoreSettings {
        StoreSettings { path, ..crate::config::defaults().store }
    }

    #[test]
    fn migrations_give_the_schema_on_record() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_for_writing(&settings(folder.path().join("a.db"))).unwrap();
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'articles_fts_%' ORDER BY type, name")
            .unwrap();
        let schema: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let schema = schema.join(";\n\n") + ";\n";
        let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema.sql");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&record, &schema).unwrap();
        }
        let expected = std::fs::read_to_string(&record).unwrap();
        assert!(schema == expected, "the schema changed; UPDATE_FIXTURES=1 refreshes {}", record.display());
    }

    #[test]
    fn files_of_earlier_versions_become_as_new_ones_are() {
        let dump = |connection: &Connection| -> Vec<String> {
            let sql = "SELECT name || coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT text FROM docs ORDER BY 1";
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let expected = dump(&in_memory().unwrap());
        for version in 1..VERSION {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.db");
            let mut earlier = Connection::open(&path).unwrap();
            earlier.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            Migrations::from_slice(&MIGRATIONS[..version]).to_latest(&mut earlier).unwrap();
            drop(earlier);
            let read = open_for_reading(&path, Duration::ZERO).unwrap_err();
            assert!(matches!(read, StoreError::Older { .. }), "{version}: {read}");
            assert_eq!(dump(&open_for_writing(&settings(path)).unwrap()), expected, "from version {version}");
        }
    }

    #[test]
    fn the_side_files_stay_after_a_clean_close() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(open_for_writing(&settings(path.clone())).unwrap());
        drop(open_for_reading(&path, Duration::ZERO).unwrap());
        assert!(folder.path().join("a.db-wal").exists());
        assert!(folder.path().join("a.db-shm").exists());
    }

    #[test]
    fn a_newer_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        open_for_writing(&settings(path.clone())).unwrap().pragma_update(None, "user_version", 999).unwrap();
        let write = open_for_writing(&settings(path.clone())).unwrap_err();
        assert!(matches!(write, StoreError::Newer { found: 999, .. }), "{write}");
        let read = open_for_reading(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(read, StoreError::Newer { found: 999, .. }), "{read}");
    }

    #[test]
    fn somebody_elses_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open_for_writing(&settings(path.clone())), Err(StoreError::NotOurs { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);

        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "these are notes and no database, whatever the name may be\n".repeat(20)).unwrap();
        assert!(matches!(open_for_writing(&settings(text)), Err(StoreError::NotOurs { .. })));
    }

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
