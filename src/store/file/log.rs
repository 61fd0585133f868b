//! The write-ahead log beside a database, and who keeps it from being folded in.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::store::file::lock::is_locked_by;
use crate::store::file::new_file::beside;

/// Bytes of the `-shm` file that readers lock (SQLite, WAL-mode file format, section 2.3.1): of the read marks the first stands for the file
/// without its log. Whoever came when the log was empty has that one, and keeps the log as others do; but so has everybody while it is empty.
const READ_MARKS: std::ops::RangeInclusive<u64> = 123..=127;

/// A larger log has a reader that holds it, or a checkpoint that fails.
const LOG_BYTES_USUAL: u64 = 256 * 1024 * 1024;

/// A log of this size stays beside a database that nobody ingests into: two checkpoints' worth. Less would have one command after the other
/// begin a log anew; more is room on the disk that nobody uses.
const LOG_BYTES_KEPT: u64 = 32 * 1024 * 1024;

/// Takes back the room of a large log after a command. What was committed is in the file by then, as far as readers permit: SQLite makes a
/// checkpoint at the end of a transaction. But the log keeps its size until somebody writes again, which may never be.
///
/// A process that ingests writes again soon, and has the log cut then.
pub(in crate::store) fn empty_if_large(connection: &Connection, database: &Path) {
    if is_large(database) && is_locked_by(database).is_none() {
        empty(connection);
    }
}

/// The same for whoever has the ingest lock.
pub(in crate::store) fn empty_own_if_large(connection: &Connection, database: &Path) {
    if is_large(database) {
        empty(connection);
    }
}

fn is_large(database: &Path) -> bool {
    fs::metadata(beside(database, "-wal")).is_ok_and(|log| log.len() > LOG_BYTES_KEPT)
}

/// Empties the log. It is not removed, for those who read without leave to write in the folder. Waits for nobody: where somebody writes, or
/// reads an old state, it stays, and nothing is missing.
fn empty(connection: &Connection) {
    // An error is no failure of the command: what it did is committed.
    let _ = connection
        .busy_timeout(Duration::ZERO)
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
}

/// A process that reads a state of the database: what was written since stays in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReader {
    /// Its number.
    pub pid: u32,
    /// Its name, as the system gives it.
    pub name: String,
    /// When it was started; it has held that state no longer than since then.
    pub since: Option<Timestamp>,
}

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// Its size.
    pub bytes: u64,
    /// Who reads it now, the oldest process first; as far as the system tells.
    pub readers: Vec<LogReader>,
}

impl LogState {
    /// What there is to say of a log that is larger than usual.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let readers = match &self.readers[..] {
            [] => "no reader is seen that holds it".to_owned(),
            readers => format!("held by {}", readers.iter().map(LogReader::describe).collect::<Vec<_>>().join(", ")),
        };
        (self.bytes > LOG_BYTES_USUAL).then(|| {
            format!(
                "the write-ahead log has {} MiB, and cannot be folded in while somebody reads an old state: {readers}",
                self.bytes >> 20
            )
        })
    }
}

impl LogReader {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        let since = self.since.map(|since| format!(", reading since {since:.0} at the earliest")).unwrap_or_default();
        format!("process {} ({}{since})", self.pid, self.name)
    }
}

/// The log of a database, and its readers but this process.
#[must_use]
pub fn log_state(database: &Path) -> LogState {
    let bytes = fs::metadata(beside(database, "-wal")).map_or(0, |metadata| metadata.len());
    let shared = fs::metadata(beside(database, "-shm")).ok();
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let mut pids = shared.map(|shared| readers_in(&locks, shared.ino(), bytes > LOG_BYTES_USUAL)).unwrap_or_default();
    pids.retain(|pid| *pid != std::process::id());
    let mut readers: Vec<LogReader> = pids.into_iter().map(reader).collect();
    readers.sort_by_key(|reader| (reader.since.is_none(), reader.since, reader.pid));
    LogState { bytes, readers }
}

/// The processes that hold a read mark of a file, by what the system says of locks: number, `POSIX`, `ADVISORY`, `READ`, process,
/// device and file, first byte, last byte (`proc_locks(5)`). With those of the file without its log where `is_any_mark` asks for them.
fn readers_in(locks: &str, inode: u64, is_any_mark: bool) -> Vec<u32> {
    let first_mark = READ_MARKS.start() + u64::from(!is_any_mark);
    let mut pids: Vec<u32> = locks.lines().filter_map(|line| reader_in(line, inode, first_mark)).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

fn reader_in(line: &str, inode: u64, first_mark: u64) -> Option<u32> {
    let mut words = line.split_whitespace().skip(1);
    let kind = words.next()?;
    let (access, pid, file) = (words.nth(1)?, words.next()?, words.next()?);
    let [first, last] = [words.next()?, words.next()?].map(|byte| byte.parse::<u64>().unwrap_or(u64::MAX));
    let is_of_file = file.rsplit(':').next()?.parse() == Ok(inode);
    let is_mark = first <= *READ_MARKS.end() && last >= first_mark && last < u64::MAX;
    (kind == "POSIX" && access == "READ" && is_of_file && is_mark).then(|| pid.parse().ok()).flatten()
}

fn reader(pid: u32) -> LogReader {
    let folder = format!("/proc/{pid}");
    let name = fs::read_to_string(format!("{folder}/comm")).unwrap_or_default().trim().to_owned();
    let since = fs::metadata(folder).ok().and_then(|metadata| Timestamp::from_second(metadata.ctime()).ok());
    LogReader { pid, name, since }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_those_with_a_mark_of_the_log() {
        let locks = "1: POSIX  ADVISORY  READ  812 fd:01:4711 124 124\n2: POSIX  ADVISORY  READ  813 fd:01:4711 123 123\n\
                     3: POSIX  ADVISORY  WRITE 814 fd:01:4711 120 120\n3: -> POSIX  ADVISORY  READ 815 fd:01:4711 125 125\n\
                     4: FLOCK  ADVISORY  WRITE 816 fd:01:4711 0 EOF\n5: POSIX  ADVISORY  READ  817 fd:01:99 124 124\n\
                     6: POSIX  ADVISORY  READ  812 fd:01:4711 126 126\n7: POSIX ADVISORY READ 9 fd:01:4711 124 EOF\n";
        assert_eq!(readers_in(locks, 4711, false), [812]);
        assert_eq!(readers_in(locks, 4711, true), [812, 813]);
    }
}
