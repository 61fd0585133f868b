//! A place among the changes that is remembered from one call to the next, in a small file of its own: the database is
//! only read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::config;
use crate::store::{self, Reader};

use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::cli::terminal::text::shell_word;

/// The file is written at most so often while one line follows the other, so that a long list costs no file a line. If
/// the process is killed, lines of this time are printed again; however else it ends, none.
const KEEP_PAUSE: Duration = Duration::from_millis(20);

/// Names are parts of file names, which end at 255 bytes.
const NAME_BYTES_MAX: usize = 200;

/// A file that is larger is something else.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// The place behind the last article that was printed.
pub(crate) struct Cursor {
    path: PathBuf,
    database: String,
    database_path: PathBuf,
    position: i64,
    kept: i64,
    kept_at: Option<Instant>,
    /// Held while the cursor is in use: two that move it would print the same, and set it back.
    _lock: File,
}

impl Cursor {
    /// Takes up a cursor; one that is new stands before the first change.
    ///
    /// # Errors
    ///
    /// When it stands in another database, or in one that was put back since from a copy: what came in between would never be told.
    pub(crate) fn open(name: &str, reader: &Reader) -> Result<Cursor, Failure> {
        let path = place(name, config::state_folder())?;
        let database = reader.database_name()?;
        let lock = lock_beside(&path)?;
        if let Some(folder) = path.parent() {
            store::remove_leftovers(folder);
        }
        let database_path = reader.path().canonicalize().unwrap_or_else(|_| reader.path().to_owned());
        let position = match read(&path)? {
            None => 0,
            Some(kept) => {
                kept.check(&path, &database, &database_path, reader)?;
                kept.position
            }
        };
        Ok(Cursor { path, database, database_path, position, kept: position, kept_at: None, _lock: lock })
    }

    /// The number of the last change that was printed; 0 at first.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Moves on behind a change that has been printed and flushed.
    pub(crate) fn move_to(&mut self, position: i64, reader: &Reader) -> Result<(), Failure> {
        self.position = position;
        match self.kept_at {
            Some(kept_at) if kept_at.elapsed() < KEEP_PAUSE => Ok(()),
            _ => self.keep(reader),
        }
    }

    /// Writes down where it stands.
    pub(crate) fn keep(&mut self, reader: &Reader) -> Result<(), Failure> {
        if self.position == self.kept {
            return Ok(());
        }
        let value = json!({
            "change_seq": self.position,
            "database": self.database,
            "epoch": reader.epoch_of(self.position)?,
            "path": self.database_path.display().to_string(),
        });
        write_atomically(&self.path, |out| Ok(writeln!(out, "{value}")?))?;
        self.kept = self.position;
        self.kept_at = Some(Instant::now());
        Ok(())
    }
}

/// Where a cursor's file is: a path where the name is one, else in the user's state folder, which is made.
fn place(name: &str, state_folder: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.starts_with('.') || !name.chars().all(is_letter) {
        return Err(Failure::Usage(format!(
            "--cursor {name:?}: a name may hold letters from a to z, digits, -, _ and ., and not begin with a dot; \
             a path must hold a /"
        )));
    }
    let Some(state) = state_folder else {
        return Err(Failure::Usage(format!(
            "--cursor {name}: neither XDG_STATE_HOME nor HOME says where to keep it; name a path, like ./{name}"
        )));
    };
    let folder = state.join("newswire/cursors");
    // As the rules of the state folder have it: for this user alone.
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| failed(&folder, &error))?;
    Ok(folder.join(name))
}

/// Locks a file beside the cursor's, which itself is another file after each move.
fn lock_beside(path: &Path) -> Result<File, Failure> {
    let name = path.file_name().ok_or_else(|| Failure::Usage(format!("--cursor {}: no file", path.display())))?;
    // No other cursor's name begins with a dot.
    let lock_path = path.with_file_name(format!(".{}.lock", name.to_string_lossy()));
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.map_err(|error| failed(&lock_path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::Busy(format!(
            "another process moves the cursor {}; try again when it is done",
            path.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(&lock_path, &error)),
    }
}

/// What a cursor's file says.
struct Kept {
    position: i64,
    database: String,
    /// Absent in one that an earlier version of the program wrote.
    epoch: Option<String>,
    database_path: String,
}

impl Kept {
    fn check(&self, path: &Path, database: &str, database_path: &Path, reader: &Reader) -> Result<(), Failure> {
        let last_change = reader.last_change()?;
        let (path, ours) = (path.display(), database_path.display());
        let begin_anew = format!("`rm {}` lets it begin with the first article", shell_word(&path.to_string()));
        if self.database != database {
            let theirs = &self.database_path;
            let theirs = if Path::new(theirs) == database_path { "what was there before" } else { theirs };
            return Err(Failure::Failed(format!(
                "the cursor {path} belongs to another database than {ours}: {theirs}; use another name, or {begin_anew}"
            )));
        }
        if self.position > last_change {
            return Err(Failure::Failed(format!(
                "the cursor {path} stands at change {}, and the last one in {ours} is {last_change}: it is an older copy; \
                 {begin_anew}",
                self.position
            )));
        }
        if self.epoch.is_some() && self.epoch != reader.epoch_of(self.position)? {
            return Err(Failure::Failed(format!(
                "the cursor {path} stands at change {} of a state that {ours} has no more: it was put back from an older copy; \
                 {begin_anew}",
                self.position
            )));
        }
        Ok(())
    }
}

/// Reads a cursor's file; nothing where there is none.
fn read(path: &Path) -> Result<Option<Kept>, Failure> {
    let mut text = String::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    let is_read = file.take(FILE_BYTES_MAX).read_to_string(&mut text);
    match is_read {
        Err(error) if error.kind() != ErrorKind::InvalidData => return Err(failed(path, &error)),
        _ => {}
    }
    let kept = serde_json::from_str(&text).ok().and_then(|value: Value| {
        Some(Kept {
            position: value["change_seq"].as_i64().filter(|position| *position >= 0)?,
            database: value["database"].as_str()?.to_owned(),
            epoch: value["epoch"].as_str().map(str::to_owned),
            database_path: value["path"].as_str()?.to_owned(),
        })
    });
    kept.map(Some).ok_or_else(|| {
        let path = path.display();
        Failure::Failed(format!("{path} is no cursor, or a damaged one; name another, or remove it to begin anew"))
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_into_the_state_folder_and_paths_go_where_they_say() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, expected: Option<&str>| {
            let found = place(name, Some(folder.path().to_owned()));
            match (found, expected) {
                (Ok(found), Some(expected)) => assert_eq!(found, folder.path().join(expected), "{name:?}"),
                (Err(Failure::Usage(message)), None) => assert!(message.contains("--cursor"), "{message}"),
                (found, _) => panic!("{name:?}: {found:?}"),
            }
        };
        check("hourly", Some("newswire/cursors/hourly"));
        check("Site-2_b.v1", Some("newswire/cursors/Site-2_b.v1"));
        check("", None);
        check(".hidden", None);
        check("..", None);
        check("two words", None);
        check("über", None);
        check("a\\b", None);
        check(&"x".repeat(300), None);
        assert!(place("hourly", None).is_err());
        assert_eq!(place("/a/b", None).unwrap(), Path::new("/a/b"));
        assert_eq!(place("./.here", Some(folder.path().to_owned())).unwrap(), Path::new("./.here"));
    }
}
