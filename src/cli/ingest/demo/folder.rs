//! The folder of a demo: how far its papers have come, and how it goes away again.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::content::{Act, DemoContent};
use crate::store;

use crate::cli::failure::Failure;

/// How the names of temporary folders begin.
const PREFIX: &str = "newswire-demo-";

/// What a demo keeps in its folder: its record and its database, with the files that belong to that.
const RECORD: &str = "demo.json";
const DATABASE: &str = "demo.db";
const FILES: [&str; 5] = [RECORD, DATABASE, "demo.db-wal", "demo.db-shm", "demo.db-lock"];

/// The key of a record by which it is known for one, and its form.
const RECORD_KEY: &str = "newswire_demo";
const RECORD_FORM: u64 = 1;

/// A folder in which a demo is run, or run on.
#[derive(Debug)]
pub(super) struct DemoFolder {
    path: PathBuf,
    /// Whether it was made for this demo.
    is_temporary: bool,
    record: Record,
}

/// What a demo must know to serve the same pages at the same addresses when it is run again.
#[derive(Debug)]
struct Record {
    began_at: Timestamp,
    /// What has been published since, with the time over which it was spread.
    acts: Vec<(Act, Timestamp, Timestamp)>,
}

impl DemoFolder {
    /// The folder that was named, with the demo in it if there is one; else a new temporary one.
    pub(super) fn open(named: Option<&Path>) -> Result<DemoFolder, Failure> {
        let new = || Record { began_at: Timestamp::now(), acts: Vec::new() };
        let Some(path) = named else {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir();
            let folder = folder.map_err(|error| Failure::Failed(format!("no temporary folder: {error}")))?;
            return Ok(DemoFolder { path: folder.keep(), is_temporary: true, record: new() });
        };
        fs::create_dir_all(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        let database = path.join(DATABASE);
        let record = match Record::read(path) {
            Some(record) if database.exists() => record,
            _ if database.exists() => {
                return Err(Failure::Failed(format!(
                    "{} is there already, and no demo of this version made it; name another folder, or none for a new one",
                    database.display()
                )));
            }
            _ => {
                let mut entries =
                    fs::read_dir(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
                if entries.next().is_some() {
                    let advice = "name one that is empty or not there yet, or none for a new temporary one";
                    return Err(Failure::Usage(format!(
                        "{} has other things in it, and a demo wants a folder of its own; {advice}",
                        path.display()
                    )));
                }
                new()
            }
        };
        Ok(DemoFolder { path: path.to_owned(), is_temporary: false, record })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Whether a demo was run in it before.
    pub(super) fn is_known(&self) -> bool {
        self.database().exists()
    }

    /// Whether it is one of the temporary folders that are removed together.
    pub(super) fn is_left_behind(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(PREFIX) && self.path.parent() == Some(&std::env::temp_dir())
    }

    /// What the papers have published so far.
    pub(super) fn content(&self) -> DemoContent {
        let mut content = DemoContent::that_goes_on(self.record.began_at);
        for (act, from, until) in &self.record.acts {
            content.go_on(*act, *from, *until);
        }
        content
    }

    /// The acts that are still to come.
    pub(super) fn acts_to_come(&self) -> Vec<Act> {
        let is_to_come = |act: &Act| self.record.acts.iter().all(|(played, _, _)| played != act);
        [Act::Night, Act::Dawn, Act::Morning].into_iter().filter(is_to_come).collect()
    }

    /// Until when something has been published.
    pub(super) fn published_until(&self) -> Timestamp {
        self.record.acts.last().map_or(self.record.began_at, |(_, _, until)| *until)
    }

    /// Notes that an act takes place. Written before its articles can be seen, so that none is ever dated twice.
    pub(super) fn note(&mut self, act: Act, from: Timestamp, until: Timestamp) -> Result<(), Failure> {
        self.record.acts.push((act, from, until));
        self.save()
    }

    /// Writes the record.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let path = self.path.join(RECORD);
        fs::write(&path, self.record.text()).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
    }

    /// Takes away what a demo that was interrupted has made.
    pub(super) fn clear(&self) {
        // What cannot be removed is in a temporary folder, or is told of by the next demo there.
        let _ = remove_files(&self.path);
        if self.is_temporary {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

impl Record {
    fn text(&self) -> String {
        let acts = self
            .acts
            .iter()
            .map(|(act, from, until)| json!({"act": act.name(), "from": from.to_string(), "until": until.to_string()}));
        let record = json!({
            RECORD_KEY: RECORD_FORM,
            "began_at": self.began_at.to_string(),
            "acts": acts.collect::<Vec<_>>(),
        });
        format!("{record:#}\n")
    }

    /// The record in a folder; nothing where there is none that a demo has written.
    fn read(folder: &Path) -> Option<Record> {
        let path = folder.join(RECORD);
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let record: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        if record[RECORD_KEY] != RECORD_FORM {
            return None;
        }
        let moment = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
        let act = |value: &Value| {
            Some((Act::named(value["act"].as_str()?)?, moment(&value["from"])?, moment(&value["until"])?))
        };
        let acts = record["acts"].as_array()?.iter().map(act).collect::<Option<Vec<_>>>()?;
        Some(Record { began_at: moment(&record["began_at"])?, acts })
    }
}

/// What became of a folder that was to be cleaned.
#[derive(Debug)]
pub(super) enum Cleaned {
    /// It was removed with so many files, or only these if somebody had named the folder.
    Removed(PathBuf, usize),
    /// It was left as it is, and why.
    Left(PathBuf, String),
}

/// Removes the temporary folders that demos of this user have left: those that hold a demo's files and no others, and that
/// no demo works in.
pub(super) fn clean_temporary() -> Result<Vec<Cleaned>, Failure> {
    let place = std::env::temp_dir();
    let failed = |error: io::Error| Failure::Failed(format!("{}: {error}", place.display()));
    let mut cleaned = Vec::new();
    for entry in fs::read_dir(&place).map_err(failed)? {
        let Ok(entry) = entry else { continue };
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let path = entry.path();
        cleaned.push(match why_not(&path) {
            Some(reason) => Cleaned::Left(path, reason),
            None => match remove_files(&path).and_then(|number| fs::remove_dir(&path).map(|()| number)) {
                Ok(number) => Cleaned::Removed(path, number),
                Err(error) => Cleaned::Left(path, error.to_string()),
            },
        });
    }
    Ok(cleaned)
}

/// Removes a demo's files from a folder that somebody has named for it. The folder stays, and what else is in it.
pub(super) fn clean_named(path: &Path) -> Cleaned {
    let left = |reason: &str| Cleaned::Left(path.to_owned(), reason.to_owned());
    let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if !is_folder {
        return left("it is no folder");
    }
    if Record::read(path).is_none() {
        return left("no demo has been run in it");
    }
    if store::is_locked_by(&path.join(DATABASE)).is_some() {
        return left("a demo works in it");
    }
    match remove_files(path) {
        Ok(number) => Cleaned::Removed(path.to_owned(), number),
        Err(error) => left(&error.to_string()),
    }
}

/// Why a folder with the name of a temporary one is not certainly what a demo has left.
fn why_not(path: &Path) -> Option<String> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Some("it cannot be looked at".to_owned()) };
    if !metadata.is_dir() {
        return Some("it is no folder".to_owned());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Some("it belongs to somebody else".to_owned());
    }
    let Ok(entries) = fs::read_dir(path) else { return Some("it cannot be read".to_owned()) };
    let mut has_database = false;
    for entry in entries {
        let Ok(entry) = entry else { return Some("it cannot be read".to_owned()) };
        let name = entry.file_name();
        let is_of_demo = FILES.iter().any(|file| name == *file) && entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_of_demo {
            return Some(format!("{} in it is not a demo's", Path::new(&name).display()));
        }
        has_database |= name == DATABASE;
    }
    if !has_database {
        return Some("it holds no demo's database".to_owned());
    }
    store::is_locked_by(&path.join(DATABASE)).map(|_| "a demo works in it".to_owned())
}

/// Removes the demo's files in a folder, each if it is a file and no link, and the record last: without it nobody would know
/// whose the others are. Returns how many there were.
fn remove_files(folder: &Path) -> io::Result<usize> {
    let mut number = 0;
    for name in FILES.iter().rev() {
        let path = folder.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            fs::remove_file(&path)?;
            number += 1;
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let record = Record {
            began_at: Timestamp::now(),
            acts: vec![(Act::Night, at(10), at(12)), (Act::Dawn, at(12), at(13))],
        };
        fs::write(folder.path().join(RECORD), record.text()).unwrap();
        let read = Record::read(folder.path()).unwrap();
        assert_eq!((read.began_at, &read.acts), (record.began_at, &record.acts));
        for other in ["", "{}", "{\"newswire_demo\":2,\"began_at\":\"2026-03-02T09:00:00Z\",\"acts\":[]}"] {
            fs::write(folder.path().join(RECORD), other).unwrap();
            assert!(Record::read(folder.path()).is_none(), "{other}");
        }
    }

    #[test]
    fn only_what_is_certainly_a_demos_is_taken_for_a_demos() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("newswire-demo-1");
        fs::create_dir(&folder).unwrap();
        let why = || why_not(&folder).unwrap_or_default();
        assert_eq!(why(), "it holds no demo's database");
        fs::write(folder.join(DATABASE), "").unwrap();
        fs::write(folder.join(RECORD), "").unwrap();
        assert_eq!(why(), "");
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        assert_eq!(why(), "notes.txt in it is not a demo's");
        fs::remove_file(folder.join("notes.txt")).unwrap();
        std::os::unix::fs::symlink(place.path(), folder.join("demo.db-wal")).unwrap();
        assert_eq!(why(), "demo.db-wal in it is not a demo's");
        let link = place.path().join("newswire-demo-2");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert_eq!(why_not(&link).as_deref(), Some("it is no folder"));
        assert!(matches!(clean_named(&link), Cleaned::Left(..)));
        assert!(folder.join(DATABASE).exists());
    }
}
