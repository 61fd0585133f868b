//! What is beside a database: its log and who reads it, the disk, the clock, permissions, leftovers.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::store::check::finding::{ExaminingWatcher, Finding, Subject, listed};
use crate::store::file::log::{LogReader, log_state};
use crate::store::file::machine::{ROOM_MIN, room_on_disk, written_ahead};
use crate::store::file::new_file::{beside, folder_of};
use crate::store::file::volumes::{self, file_of, folder_of_volumes};
use crate::store::file::workshop;

/// A larger part of the file that is free is told: one of so many.
const FREE_PART: u64 = 4;

const MIB: u64 = 1024 * 1024;

/// Looks around a database that is open for reading.
pub(in crate::store) fn look(
    connection: &Connection,
    path: &Path,
    now: Timestamp,
    watcher: &mut ExaminingWatcher<'_>,
) -> rusqlite::Result<()> {
    watcher.look_at(Subject::Log, || Ok(log(path)))?;
    watcher.look_at(Subject::Space, || space(connection, path))?;
    watcher.look_at(Subject::Clock, || clock(connection, now))?;
    watcher.look_at(Subject::Permissions, || Ok(permissions(path)))?;
    watcher.look_at(Subject::Leftovers, || Ok(leftovers(path)))?;
    // Whoever has closed no month need not hear of it.
    if volumes::has_some(connection) {
        watcher.look_at(Subject::Volumes, || volume_files(connection, path))?;
    }
    Ok(())
}

fn log(path: &Path) -> Finding {
    let log = log_state(path);
    let readers: Vec<String> = log.readers.iter().map(LogReader::describe).collect();
    let held =
        if readers.is_empty() { "no reader holds it".to_owned() } else { format!("held by {}", readers.join(", ")) };
    let text = format!("{} MiB, {held}", log.bytes / MIB);
    if log.trouble().is_some() {
        let advice = "a reader that never ends its transaction keeps the log from being folded in: end it";
        return Finding::wrong(Subject::Log, text, advice);
    }
    Finding::well(Subject::Log, text)
}

fn space(connection: &Connection, path: &Path) -> rusqlite::Result<Finding> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let (pages, free, page_bytes) = (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
    let room = room_on_disk(path);
    let room_text = room.map_or("unknown".to_owned(), |room| format!("{} MiB", room / MIB));
    let text = format!(
        "the file has {} MiB, of which {} MiB are free; room on the disk: {room_text}",
        pages * page_bytes / MIB,
        free * page_bytes / MIB
    );
    Ok(if room.is_some_and(|room| room < ROOM_MIN) {
        Finding::wrong(Subject::Space, text, "free some space on the disk")
    } else if free * page_bytes > ROOM_MIN && free * FREE_PART > pages {
        let advice = "new articles fill what is free; `newswire prune --vacuum` gives it back";
        Finding { advice: Some(advice), ..Finding::well(Subject::Space, text) }
    } else {
        Finding::well(Subject::Space, text)
    })
}

fn clock(connection: &Connection, now: Timestamp) -> rusqlite::Result<Finding> {
    Ok(match written_ahead(connection, now)? {
        Some(newest) => {
            let text = format!("this machine says {now:.0}, and something was fetched at {newest}");
            let advice = "set the clock right; a daemon sets right what it wrote while the clock was ahead";
            Finding::wrong(Subject::Clock, text, advice)
        }
        None => Finding::well(Subject::Clock, format!("{now:.0}, not before what was written")),
    })
}

/// Whether the files of volumes are there, and open. A copy of the database alone has none beside it, and nothing is damaged for that.
fn volume_files(connection: &Connection, path: &Path) -> rusqlite::Result<Finding> {
    let (folder, closed) = (folder_of_volumes(path), volumes::closed(connection)?);
    let faults: Vec<String> = closed
        .iter()
        .filter_map(|one| {
            let file = file_of(&folder, one.month);
            let fault = volumes::open(&file, one.month, Some(&one.token)).err()?;
            Some(format!("{}: {fault}", file.display()))
        })
        .collect();
    if faults.is_empty() {
        let text = format!("the files of {} months are there", closed.len());
        return Ok(Finding {
            advice: Some("`newswire volumes check` reads them"),
            ..Finding::well(Subject::Volumes, text)
        });
    }
    let text = format!("texts of {} of {} months cannot be read here: {}", faults.len(), closed.len(), listed(&faults));
    let advice = "the database itself is whole; a copy of it finds them in a folder, or a link, beside it that is named as it is with .volumes behind";
    Ok(Finding { advice: Some(advice), ..Finding::well(Subject::Volumes, text) })
}

fn permissions(path: &Path) -> Finding {
    let Ok(database) = fs::metadata(path) else {
        return Finding::wrong(Subject::Permissions, "the file cannot be looked at", "look at its folder");
    };
    let others: Vec<String> = ["-wal", "-shm", "-lock"]
        .into_iter()
        .filter(|ending| fs::metadata(beside(path, ending)).is_ok_and(|file| file.uid() != database.uid()))
        .map(|ending| beside(path, ending).display().to_string())
        .collect();
    if !others.is_empty() {
        let text = format!("{} and {} belong to different users", path.display(), others.join(", "));
        return Finding::wrong(Subject::Permissions, text, "give them to the user that the service runs as (chown)");
    }
    if database.nlink() > 1 {
        let text = format!(
            "{} has {} names (hard links), and what is written by one of them may be missing by another",
            path.display(),
            database.nlink()
        );
        return Finding::wrong(Subject::Permissions, text, "keep one of them, or work on a copy");
    }
    let mode = database.mode() & 0o777;
    if mode & 0o200 == 0 {
        let text = format!("mode {mode:03o}: its owner may not write it");
        return Finding::wrong(Subject::Permissions, text, "chmod u+w");
    }
    Finding::well(Subject::Permissions, format!("user {}, group {}, mode {mode:03o}", database.uid(), database.gid()))
}

fn leftovers(path: &Path) -> Finding {
    let left = workshop::leftovers(folder_of(path));
    if left.is_empty() {
        return Finding::well(Subject::Leftovers, "none");
    }
    let names: Vec<String> = left.iter().map(|path| path.display().to_string()).collect();
    Finding::mendable(Subject::Leftovers, format!("of copies that were interrupted: {}", names.join(", ")))
}
