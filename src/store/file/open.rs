//! Opening the file: for writing, for reading, and for copying its pages.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use url::Url;

use crate::access::{self, Wish};
use crate::config::StoreSettings;
use crate::store::file::backup_folder::newest_backup;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::identity::{
    Access, CutOff, check_identity, check_identity_of, check_path, cut_off, has_log, is_doubtful, is_snapshot,
    note_opened,
};
use crate::store::file::lock::{check_names, is_locked_by};
use crate::store::file::new_file::{beside, folder_of};
use crate::store::file::schema::{in_memory, migrate};
use crate::store::file::volumes::Volumes;

/// Page size of a new file, in bytes. Article texts and link hints take some kilobytes; with SQLite's 4096 most would
/// spread over several pages.
const PAGE_BYTES: i32 = 8192;

/// Size to which a checkpoint cuts the write-ahead log, so that one long import does not keep it large.
const WAL_BYTES_MAX: i64 = 64 * 1024 * 1024;

/// Pages in the write-ahead log that start a checkpoint: 16 MiB. Fewer would mean more waits for the disk; more would
/// slow down readers, who search the log first.
const CHECKPOINT_PAGES: i64 = 2048;

/// Prepared statements kept: more than there are different ones.
const STATEMENTS_MAX: usize = 256;

/// Steps of SQLite's machine between two looks at whether somebody still waits: some milliseconds' work.
pub(in crate::store) const STEPS_PER_LOOK: i32 = 100_000;

/// Whoever waits for a database to be opened, which takes minutes where a large one has to be brought to this version.
pub struct OpeningWatcher {
    /// Set to true to give it up; what was begun is undone.
    pub stop: Arc<AtomicBool>,
    /// Called again and again while it goes on.
    pub tell: Box<dyn FnMut() + Send>,
}

/// Opens the file for writing; creates or migrates it. Claims stay as they are: an ingesting process may hold them.
pub(in crate::store) fn open_for_writing(settings: &StoreSettings) -> Result<Connection, StoreError> {
    open_for_writing_watched(settings, None)
}

/// The same for somebody who may give it up, also while the connection is first used; until [`no_longer_watched`].
pub(in crate::store) fn open_for_writing_watched(
    settings: &StoreSettings,
    watcher: Option<OpeningWatcher>,
) -> Result<Connection, StoreError> {
    let path = &settings.path;
    let wrap = |error: rusqlite::Error| explain(&error, path);
    check_path(path)?;
    check_names(path)?;
    make_own_folder(settings);
    check_folder_of(path)?;
    if !path.exists() {
        check_maker(settings)?;
    }
    // Before it is opened: to close it would take away the locks of the connection.
    let cut = cut_off(path);
    check_end(path, cut.as_ref())?;
    note_opened(path);
    let mut connection = Connection::open(path).map_err(wrap)?;
    // A file that was not there before.
    note_opened(path);
    connection.busy_timeout(settings.busy_timeout).map_err(wrap)?;
    if let Some(OpeningWatcher { stop, mut tell }) = watcher {
        let look = move || {
            tell();
            stop.load(Ordering::Relaxed)
        };
        connection.progress_handler(STEPS_PER_LOOK, Some(look)).map_err(wrap)?;
    }
    check_identity(&connection, path, Access::Write).map_err(|error| match error {
        // Whoever only reads it knows more.
        StoreError::Malformed { .. } => {
            match (open_cut(path, settings.busy_timeout, Access::Copy, cut.as_ref()), cut) {
                (Err(error), _) => error,
                (Ok(_), Some(cut)) => cut_off_error(path, cut.damage),
                (Ok(_), None) => error,
            }
        }
        error => error,
    })?;
    configure_for_writing(&connection, settings).map_err(wrap)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Lets a connection work undisturbed.
pub(in crate::store) fn no_longer_watched(connection: &Connection) -> rusqlite::Result<()> {
    connection.progress_handler(0, None::<fn() -> bool>)
}

/// A connection for reading.
#[derive(Debug)]
pub(in crate::store) struct OpenedForReading {
    pub(in crate::store) connection: Connection,
    /// Whether the file is read as it lies, without locks and without the files beside it.
    pub(in crate::store) is_at_rest: bool,
    /// How much of it is there, where its end is missing.
    pub(in crate::store) cut_off: Option<String>,
    /// The files with the texts of months that are closed.
    pub(in crate::store) volumes: Arc<Volumes>,
}

/// Opens the file for reading, whether a writer runs, has stopped or was killed.
pub(in crate::store) fn open_for_reading(path: &Path, busy_timeout: Duration) -> Result<OpenedForReading, StoreError> {
    let opened = open_read_only(path, busy_timeout, Access::Read)?;
    opened.connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Lists as parameters: `rarray(?1)`.
    rusqlite::vtab::array::load_module(&opened.connection)?;
    if is_snapshot(&opened.connection)? {
        add_empty_private_tables(&opened.connection)?;
    }
    Ok(opened)
}

/// Opens the file to copy it page by page, whatever the version of its schema.
pub(in crate::store) fn open_for_copying(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    Ok(open_read_only(path, busy_timeout, Access::Copy)?.connection)
}

/// Makes the folder of a database that nobody named, which is this user's for data; for nobody else to look into, as the XDG Base
/// Directory Specification asks. Where it cannot be made, whoever opens the file says so.
pub fn make_own_folder(settings: &StoreSettings) {
    if settings.is_at_home {
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder_of(&settings.path));
    }
}

/// Refuses a file whose folder is not there: its path is more likely mistyped than meant.
pub(in crate::store) fn check_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(());
    }
    check_obstacle(path)?;
    let reason = format!("there is no folder {0}; make it (`mkdir -p {0}`), or name another file", folder.display());
    Err(StoreError::Unusable { path: path.display().to_string(), reason })
}

/// Refuses to make a database, or its lock, where it would not be the one that is meant, or where those who it is for could not write
/// to it. SQLite gives the other files beside it to whoever has the database.
pub(in crate::store) fn check_maker(settings: &StoreSettings) -> Result<(), StoreError> {
    let path = &settings.path;
    let unusable = |reason: String| Err(StoreError::Unusable { path: path.display().to_string(), reason });
    let is_new = !path.exists();
    if let Some(reason) = settings.unplaced.as_ref().filter(|_| is_new) {
        return unusable(format!("there is no database yet, and {reason}"));
    }
    match access::service_behind(folder_of(path)) {
        Some(user) if is_new || !beside(path, "-lock").exists() => unusable(format!(
            "its folder belongs to {user}, who could not write what root makes there; run it as {user}: `runuser -u {user} -- newswire …`"
        )),
        _ => Ok(()),
    }
}

/// Refuses a database that this process must not change, before anything is done for the change.
///
/// # Errors
///
/// [`StoreError::Unusable`] for a file that it may not write to, or that has several names, [`StoreError::CutOff`] for one that ends within
/// its last page. Nothing for one that is not there.
pub fn check_changeable(path: &Path) -> Result<(), StoreError> {
    check_names(path)?;
    check_end(path, cut_off(path).as_ref())?;
    match access::obstacle(path, Wish::Write).filter(|_| path.exists()) {
        Some(reason) => Err(StoreError::Unusable { path: path.display().to_string(), reason }),
        None => Ok(()),
    }
}

/// Refuses to change a database that ends within its last page: SQLite would do so without a word.
fn check_end(path: &Path, cut: Option<&CutOff>) -> Result<(), StoreError> {
    match cut {
        Some(CutOff { damage, is_within_last_page: true }) if !is_doubtful(path) => {
            // Whoever only reads it knows more.
            let read = open_read_only(path, Duration::ZERO, Access::Copy);
            Err(read.err().unwrap_or_else(|| cut_off_error(path, damage.clone())))
        }
        _ => Ok(()),
    }
}

/// Refuses a file that this process is kept from.
fn check_obstacle(path: &Path) -> Result<(), StoreError> {
    match access::obstacle(path, Wish::Read) {
        Some(reason) => Err(StoreError::Unusable { path: path.display().to_string(), reason }),
        None => Ok(()),
    }
}

fn configure_for_writing(connection: &Connection, settings: &StoreSettings) -> rusqlite::Result<()> {
    // Both take effect when the file is created.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    // Free pages can be given back to the disk a few at a time.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode NORMAL keeps the file sound through a power cut. Only the last transactions before it may be missing,
    // each as a whole, and their work is done again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -1024 * i64::from(settings.cache_mib))?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_MAX)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    keep_side_files(connection)?;
    // A query plan holds for all values. Otherwise SQLite prepares a statement again whenever a value changes that its
    // plan might depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Volumes::attach_to_writer(connection)?;
    // Lists as parameters: `rarray(?1)`.
    rusqlite::vtab::array::load_module(connection)
}

fn open_read_only(path: &Path, busy_timeout: Duration, access: Access) -> Result<OpenedForReading, StoreError> {
    check_path(path)?;
    let Ok(metadata) = std::fs::metadata(path) else {
        check_obstacle(path)?;
        return Err(StoreError::Missing { path: path.display().to_string() });
    };
    if metadata.len() == 0 {
        let reason = "the file is empty: no database there yet, or nothing left of one; `newswire fetch` or `run` begins one in it, and \
                      `newswire restore --force FILE` puts a backup in its place".to_owned();
        return Err(StoreError::Unusable { path: path.display().to_string(), reason });
    }
    let cut = cut_off(path);
    let is_looked_at_first = cut.is_some() || is_doubtful(path);
    note_opened(path);
    // Beside what is refused nothing is left that was not there. Readers leave what SQLite makes beside a file, and what another program
    // may use is not for us to remove.
    if is_looked_at_first && let Some(connection) = open_alone(path) {
        let opened = examined(connection, path, access, cut.as_ref())?;
        if opened.cut_off.is_some() {
            return Ok(opened);
        }
    }
    open_cut(path, busy_timeout, access, cut.as_ref())
}

/// Opens a file for reading of which it is known whether its end is missing.
fn open_cut(
    path: &Path,
    busy_timeout: Duration,
    access: Access,
    cut: Option<&CutOff>,
) -> Result<OpenedForReading, StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
    connection.busy_timeout(busy_timeout).map_err(wrap)?;
    keep_side_files(&connection).map_err(wrap)?;
    examined(connection, path, access, cut)
}

/// An open file that is ours, ready for questions.
fn examined(
    connection: Connection,
    path: &Path,
    access: Access,
    cut: Option<&CutOff>,
) -> Result<OpenedForReading, StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let opened = |connection: Connection, is_at_rest, cut_off| {
        let volumes = Volumes::attach_to(&connection).map_err(wrap)?;
        Ok(OpenedForReading { connection, is_at_rest, cut_off, volumes })
    };
    // "de" in a question of the user's is a column, and a wrong one is told. Otherwise SQLite takes it for a text where there is no such
    // column, and a condition is never true without a word.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(wrap)?;
    match check_identity(&connection, path, access) {
        Err(StoreError::Unusable { reason, .. }) if needs_side_files(&connection) => {
            let connection = open_at_rest(path, &reason)?;
            check_identity(&connection, path, access)?;
            opened(connection, true, None)
        }
        // Of a file that was cut off SQLite reads what is left only for those who say that they may mend it.
        Err(StoreError::Malformed { .. }) => {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).map_err(wrap)?;
            connection.pragma_update(None, "writable_schema", true).map_err(wrap)?;
            check_identity_of(&connection, path, access, cut.is_some())
                .and_then(|()| check_schema(&connection, cut.is_some()).map_err(|error| explain(&error, path)))
                .map_err(|error| without_schema(path, error, cut))?;
            opened(connection, false, cut.map(|cut| cut.damage.clone()))
        }
        checked => checked.and_then(|()| {
            let cut_off = cut.filter(|cut| cut.is_within_last_page).map(|cut| cut.damage.clone());
            opened(connection, false, cut_off)
        }),
    }
}

/// Whether an open file could not be read for want of the files beside it.
fn needs_side_files(connection: &Connection) -> bool {
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    matches!(read.map_err(|error| error.sqlite_error_code()), Err(Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)))
}

/// Opens a file of which SQLite cannot make the `-wal` and `-shm` that reading takes: another program has removed them, and this user
/// may not write in the folder, or nobody may. Where nothing writes, the file alone holds everything and can be read as it lies.
fn open_at_rest(path: &Path, reason: &str) -> Result<Connection, StoreError> {
    let shown = path.display().to_string();
    if !is_at_rest(path) {
        let advice = "whoever may write in its folder can read it, and leaves the files there that others need; \
             with SQLite itself, immutable=1 reads it without what is in its -wal";
        return Err(StoreError::Unusable { path: shown, reason: format!("{reason}; {advice}") });
    }
    let Some(url) = url_as_it_lies(path) else {
        return Err(StoreError::Unusable { path: shown, reason: reason.to_owned() });
    };
    Connection::open_with_flags(url.as_str(), AS_IT_LIES).map_err(|error| explain(&error, path))
}

/// Opens a file as it lies, with nothing beside it, where all of it is in it.
fn open_alone(path: &Path) -> Option<Connection> {
    if !is_at_rest(path) {
        return None;
    }
    Connection::open_with_flags(url_as_it_lies(path)?.as_str(), AS_IT_LIES).ok()
}

/// Whether the file alone holds everything: nothing waits in a log, and nobody ingests.
fn is_at_rest(path: &Path) -> bool {
    !has_log(path) && is_locked_by(path).is_none()
}

const AS_IT_LIES: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX).union(OpenFlags::SQLITE_OPEN_URI);

/// The name by which SQLite opens a file as it lies, without locks and without the files beside it.
fn url_as_it_lies(path: &Path) -> Option<Url> {
    let mut url = path.canonicalize().ok().and_then(|path| Url::from_file_path(path).ok())?;
    url.set_query(Some("immutable=1"));
    Some(url)
}

/// The error of a file whose end is missing, with the ways to what is left of it.
pub(in crate::store) fn cut_off_error(path: &Path, damage: String) -> StoreError {
    let shown = path.display();
    let rest = format!("`newswire --db NEW.db merge {shown}` takes what can be read into a new one");
    let way = match newest_backup(path) {
        Some(backup) => {
            format!("`newswire restore --force {}` puts the newest backup in its place, and {rest}", backup.display())
        }
        None => format!("no backup lies beside it or in its folder backups, and {rest}"),
    };
    StoreError::CutOff { path: shown.to_string(), damage, way }
}

/// Reads all of the list of tables; where the end of the file is missing, as far as it has the tables of articles: what was made last, views
/// and triggers, stands at the end. Of a damaged one SQLite leaves out what it cannot read, for those who say that they may mend it.
fn check_schema(connection: &Connection, is_cut_off: bool) -> rusqlite::Result<()> {
    let all = "SELECT total(length(sql)), (SELECT count(*) FROM articles WHERE FALSE) FROM sqlite_schema";
    let of_articles = "SELECT (SELECT count(*) FROM articles WHERE FALSE) + (SELECT count(*) FROM sources WHERE FALSE)
         + (SELECT count(*) FROM sightings WHERE FALSE) + (SELECT count(*) FROM revisions WHERE FALSE)";
    connection.query_row(if is_cut_off { of_articles } else { all }, [], |_| Ok(()))
}

/// The error of a file whose list of tables cannot be read.
fn without_schema(path: &Path, error: StoreError, cut: Option<&CutOff>) -> StoreError {
    let damage = match error {
        StoreError::Malformed { damage, .. } | StoreError::Sql(damage) => cut.map_or(damage, |cut| cut.damage.clone()),
        error => return error,
    };
    let shown = path.display().to_string();
    if cut.is_some() {
        let way = match newest_backup(path) {
            Some(backup) => {
                format!("`newswire restore --force {}` puts the newest backup in its place", backup.display())
            }
            None => format!(
                "`newswire restore --force FILE` puts a backup in its place, and none lies beside it or in its folder backups; SQLite's own \
                 `sqlite3 {shown} .recover` may find rows of it"
            ),
        };
        return StoreError::WithoutSchema { path: shown, damage, is_cut_off: true, way };
    }
    let backup = match newest_backup(path) {
        Some(backup) => format!("`newswire restore --force {}` puts the newest backup in its place", backup.display()),
        None => "`newswire restore --force FILE` puts a backup in its place, and none lies beside it or in its folder backups".to_owned(),
    };
    let way =
        format!("`newswire doctor --fix` writes that list anew where nothing else is damaged; if it cannot, {backup}");
    StoreError::WithoutSchema { path: shown, damage, is_cut_off: false, way }
}

/// Gives a snapshot empty private tables that last as long as the connection. Every question can then be asked, and the
/// answer is that nothing is claimed, waiting or due.
fn add_empty_private_tables(connection: &Connection) -> Result<(), StoreError> {
    let model = in_memory()?;
    // In memory: a reader may have no place to write temporary files.
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

/// Leaves `-wal` and `-shm` in place when the last connection closes: a reader without leave to write in the folder needs
/// them to open the file. `SQLITE_FCNTL_PERSIST_WAL` would do the same but can only be set from C. A connection that makes
/// no checkpoint on close leaves the files too.
fn keep_side_files(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn settings(path: PathBuf) -> StoreSettings {
        StoreSettings { path, ..crate::config::defaults().store }
    }

    #[test]
    fn connections_share_no_cache_of_pages() {
        let options = Connection::open_in_memory().unwrap();
        let mut options = options.prepare("SELECT compile_options FROM pragma_compile_options").unwrap();
        let options: Vec<String> = options.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let has = |option: &str| options.iter().any(|has| has == option);
        assert!(has("THREADSAFE=1") && !has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
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
}
