//! What a file is: a database of ours, a snapshot of one, or another program's.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

use rusqlite::Connection;

use crate::store::file::backup_folder::newest_backup;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::new_file::beside;
use crate::store::file::schema::{APPLICATION_ID, READABLE, SNAPSHOT_APPLICATION_ID, VERSION};

/// Offset of the application id in a file, in bytes (SQLite file format, section 1.3): four bytes, most significant
/// first.
const APPLICATION_ID_OFFSET: usize = 68;

/// Offset of the version of the schema, likewise.
const USER_VERSION_OFFSET: usize = 60;

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    /// Questions.
    Read,
    /// Ingesting and other changes.
    Write,
    /// A copy of its pages.
    Copy,
}

/// Refuses an open file that is not ours, or whose schema has the wrong version for this access.
pub(in crate::store) fn check_identity(connection: &Connection, path: &Path, access: Access) -> Result<(), StoreError> {
    check_identity_of(connection, path, access, false)
}

/// The same for a file of which it is known whether its end is missing: then a part of the list of its tables may be missing too.
pub(in crate::store) fn check_identity_of(
    connection: &Connection,
    path: &Path,
    access: Access,
    is_cut_off: bool,
) -> Result<(), StoreError> {
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(wrap);
    let application_id = pragma("application_id")?;
    let found = pragma("user_version")?;
    let known = i64::try_from(VERSION).unwrap_or(i64::MAX);
    let shown = path.display().to_string();
    let is_snapshot = application_id == i64::from(SNAPSHOT_APPLICATION_ID);
    let is_certainly_ours = found != 0 && (is_snapshot || application_id == i64::from(APPLICATION_ID));
    let n_objects = if is_certainly_ours && is_cut_off {
        1
    } else {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map_err(wrap)?
    };
    let is_blank = n_objects == 0 && found == 0;
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
    if access == Access::Read && found < i64::try_from(READABLE).unwrap_or(i64::MAX) {
        return Err(StoreError::Older { path: shown, found, known });
    }
    Ok(())
}

/// Whether an open file is a snapshot.
pub(in crate::store) fn is_snapshot(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id == SNAPSHOT_APPLICATION_ID)
}

/// The database that a file belongs to by its name, and what it is of it.
fn beside_a_database(name: &str) -> Option<(&str, &'static str)> {
    let parts = [("-wal", "log"), ("-shm", "index of the log"), ("-journal", "journal"), ("-lock", "lock")];
    let (database, what) = parts.into_iter().find_map(|(ending, what)| Some((name.strip_suffix(ending)?, what)))?;
    Path::new(database).is_file().then_some((database, what))
}

/// The first bytes of an SQLite file (SQLite file format, section 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Refuses what cannot be a database before anything is written beside it: what is no path to a file, and a file of another kind.
pub(in crate::store) fn check_path(path: &Path) -> Result<(), StoreError> {
    let shown = path.display().to_string();
    let refused = |reason: &str| Err(StoreError::Unusable { path: shown.clone(), reason: reason.to_owned() });
    if shown.starts_with(':') {
        return refused("a database is a file that lasts; name one with --db");
    }
    if shown.starts_with("file:") {
        return refused("this is an address of SQLite's; name the path alone, without file: and what stands behind ?");
    }
    if shown.starts_with('~') && !path.exists() {
        return refused("the shell has left ~ as it is; write the path of the folder, or $HOME");
    }
    if let Some((database, ending)) = beside_a_database(&shown) {
        return refused(&format!("the {ending} is a part of a database; name the database, {database}"));
    }
    if path.is_dir() {
        return refused("this is a folder; name a file in it");
    }
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    if !metadata.is_file() {
        return refused("this is no ordinary file");
    }
    let head = read_head(path, LOOKED_AT_BYTES);
    if !head.is_empty() && !head.starts_with(MAGIC) {
        let backup = newest_backup(path).map(|backup| {
            let backup = backup.display();
            format!("; if it was one, its beginning is lost, and `newswire restore --force {backup}` puts the newest backup in its place")
        });
        let reason = format!("not an SQLite file{}{}", kind_of(&head), backup.unwrap_or_default());
        return Err(StoreError::NotOurs { path: shown, reason });
    }
    Ok(())
}

/// Bytes at the beginning of a file that tell what it is.
const LOOKED_AT_BYTES: usize = 512;

/// What begins with which bytes: what packs files.
const PACKERS: [(&[u8], &str); 5] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
];

/// What a file is instead of a database, and what to do with it, by its beginning.
fn kind_of(head: &[u8]) -> String {
    if let Some((_, packer)) = PACKERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return format!(" as it is, but packed with {packer}: unpack it first");
    }
    // The last character may be cut.
    let is_text = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    if is_text && !head.contains(&0) {
        return ", but a text".to_owned();
    }
    "; it is of another kind, or encrypted: then decrypt it first".to_owned()
}

/// What is missing at the end of a file that was cut off.
#[derive(Clone)]
pub(in crate::store) struct CutOff {
    /// How much, in words.
    pub(in crate::store) damage: String,
    /// Whether only a part of the last page is, and no log makes up for it. SQLite takes the rest for a page and does not complain.
    pub(in crate::store) is_within_last_page: bool,
}

/// What is missing at the end of a file. Nothing where its own count of pages (SQLite file format, section 1.3) is not more than are
/// there, or cannot be believed.
pub(in crate::store) fn cut_off(path: &Path) -> Option<CutOff> {
    const HEADER_BYTES: usize = 100;
    // Looked at first: while pages go from the log to the file, the file may be short.
    let has_log = has_log(path);
    let n_bytes = std::fs::metadata(path).ok()?.len();
    let head = read_head(path, HEADER_BYTES);
    if !head.starts_with(MAGIC) {
        return None;
    }
    if head.len() < HEADER_BYTES {
        let damage = format!("the file is cut off: it has {n_bytes} bytes, fewer than any database");
        return Some(CutOff { damage, is_within_last_page: false });
    }
    let page_bytes = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    // The count is that of the last change only where both say so.
    let is_count_good = number(24) == number(92);
    let n_bytes_once = u64::from(number(28)) * page_bytes;
    (is_count_good && n_bytes < n_bytes_once).then(|| CutOff {
        damage: format!("the file is cut off: of {n_bytes_once} bytes {n_bytes} are there"),
        is_within_last_page: n_bytes_once - n_bytes < page_bytes && !has_log,
    })
}

/// Whether something waits in the log of a database.
pub(in crate::store) fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|metadata| metadata.len() > 0)
}

/// Whether the first bytes of a file say that it may be refused: that it is not a database of ours that this program reads and changes.
pub(in crate::store) fn is_doubtful(path: &Path) -> bool {
    let head = read_head(path, APPLICATION_ID_OFFSET + 4);
    match (number_at(&head, APPLICATION_ID_OFFSET), number_at(&head, USER_VERSION_OFFSET)) {
        (Some(id), Some(version)) => {
            let is_read = usize::try_from(version).is_ok_and(|version| (READABLE..=VERSION).contains(&version));
            id != APPLICATION_ID || !is_read
        }
        // It was looked at before, or cannot be.
        _ => false,
    }
}

/// Refuses a snapshot by the first bytes of the file, before anything is written beside it.
pub(in crate::store) fn refuse_snapshot(path: &Path) -> Result<(), StoreError> {
    let head = read_head(path, APPLICATION_ID_OFFSET + 4);
    if head.get(APPLICATION_ID_OFFSET..) == Some(&SNAPSHOT_APPLICATION_ID.to_be_bytes()) {
        return Err(snapshot_is_for_reading(path));
    }
    Ok(())
}

/// Refuses a database of a later program, likewise.
pub(in crate::store) fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    let head = read_head(path, APPLICATION_ID_OFFSET + 4);
    let known = i64::try_from(VERSION).unwrap_or(i64::MAX);
    match (number_at(&head, APPLICATION_ID_OFFSET), number_at(&head, USER_VERSION_OFFSET).map(i64::from)) {
        (Some(APPLICATION_ID), Some(found)) if found > known => {
            Err(StoreError::Newer { path: path.display().to_string(), found, known })
        }
        _ => Ok(()),
    }
}

/// A number at an offset in the first bytes of a file, if there are so many.
fn number_at(head: &[u8], at: usize) -> Option<i32> {
    head.get(at..)?.first_chunk().map(|bytes| i32::from_be_bytes(*bytes))
}

/// Files that SQLite has been given in this process: device and number.
static OPENED: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

/// Notes that SQLite opens a file in this process, before it does.
///
/// Its locks are those of the process, and all of them go when any descriptor of the file is closed (fcntl(2)): whoever closed one of
/// their own would let another program take the write-ahead log away from under us. So from now on nobody here opens it but SQLite.
pub(in crate::store) fn note_opened(path: &Path) {
    if let (Ok(metadata), Ok(mut opened)) = (std::fs::metadata(path), OPENED.lock()) {
        opened.insert((metadata.dev(), metadata.ino()));
    }
}

/// Whether SQLite was given a file in this process, so that nobody else may open it.
pub(in crate::store) fn is_opened(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|file| OPENED.lock().map_or(true, |opened| opened.contains(&(file.dev(), file.ino()))))
}

/// The first bytes of a file. None of one that cannot be read, since opening it fails and says why; and none of one that SQLite has
/// been given before, since it was looked at then.
fn read_head(path: &Path, n_bytes: usize) -> Vec<u8> {
    let mut head = Vec::new();
    let Ok(metadata) = std::fs::metadata(path) else { return head };
    if metadata.is_file() && !is_opened(path) {
        let limit = u64::try_from(n_bytes).unwrap_or(u64::MAX);
        // What was read of it before an error is judged as it is.
        let _ = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut head));
    }
    head
}

fn snapshot_is_for_reading(path: &Path) -> StoreError {
    let reason = "made to be read and not to be written to; name the database that it was taken from".to_owned();
    StoreError::Snapshot { path: path.display().to_string(), reason }
}
