//! What is being written stands beside its place until it is whole, under a name of its own. Whoever was killed meanwhile
//! leaves it there; the next one in that folder removes it.
//!
//! A lock tells what is being written from what was left: it ends with the process that holds it, however that ends.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::{Builder, NamedTempFile, TempDir};

/// How the names begin and end of what is not whole yet. Nobody else gives such names, so that what has one may be removed.
const PREFIX: &str = ".newswire-";
const SUFFIX: &str = ".unfinished";

/// In a workshop: the folder for what stood at the place of something new, under the name that it had.
const PUT_ASIDE: &str = "before";

/// How often a new name is tried after another process took the last one for a leftover, between its making and its lock.
const TRIES: usize = 100;

/// A folder to write in. Dropping this deletes it.
#[derive(Debug)]
pub struct Workshop {
    folder: TempDir,
    /// Says that somebody is at work here; absent where the file system has no locks.
    _lock: Option<File>,
}

impl Workshop {
    /// Makes a workshop in a folder, and removes what others left there.
    ///
    /// # Errors
    ///
    /// When nothing can be made in the folder.
    pub fn make_in(folder: &Path) -> io::Result<Workshop> {
        remove_leftovers(folder);
        let mut tries = 1..=TRIES;
        loop {
            let made = named().tempdir_in(folder)?;
            let is_last = tries.next().is_none();
            match File::open(made.path()).and_then(|lock| locked(lock, made.path())) {
                Ok(Lock::Held(lock)) => return Ok(Workshop { folder: made, _lock: Some(lock) }),
                Ok(Lock::Unsupported) => return Ok(Workshop { folder: made, _lock: None }),
                Ok(Lock::Lost) if !is_last => {}
                Ok(Lock::Lost) => return Err(io::Error::other("what is made here is removed again and again")),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !is_last => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a folder that was written here in its place, in one step: whoever looks sees what was there before or the new
    /// one. What was there is here afterwards; it is returned.
    ///
    /// # Errors
    ///
    /// When it cannot be put there; what was there is there still.
    pub fn put_in_place(&self, whole: &Path, place: &Path, replaces: bool) -> io::Result<Option<PathBuf>> {
        match fs::rename(whole, place) {
            // Nothing was there, or an empty folder.
            Ok(()) => Ok(None),
            Err(error) if replaces && error.kind() == io::ErrorKind::DirectoryNotEmpty => self.exchange(whole, place),
            Err(error) => Err(error),
        }
    }

    fn exchange(&self, whole: &Path, place: &Path) -> io::Result<Option<PathBuf>> {
        match renameat_with(CWD, whole, CWD, place, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Some(whole.to_owned())),
            // Some file systems cannot do it in one step.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.put_aside(whole, place).map(Some),
            Err(error) => Err(error.into()),
        }
    }

    /// The same in two steps. Whoever is killed between them leaves it to the next one to go back.
    fn put_aside(&self, whole: &Path, place: &Path) -> io::Result<PathBuf> {
        let name = place.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let aside = self.path().join(PUT_ASIDE);
        fs::create_dir(&aside)?;
        let before = aside.join(name);
        fs::rename(place, &before)?;
        match fs::rename(whole, place) {
            Ok(()) => Ok(before),
            Err(error) => {
                fs::rename(&before, place)?;
                Err(error)
            }
        }
    }
}

/// Makes a file in a folder that is to be renamed when it is whole. Dropping it deletes it.
///
/// # Errors
///
/// When nothing can be made in the folder.
pub fn unfinished_file(folder: &Path, permissions: &Permissions) -> io::Result<NamedTempFile> {
    let mut tries = 1..=TRIES;
    loop {
        let made = named().permissions(permissions.clone()).tempfile_in(folder)?;
        let is_last = tries.next().is_none();
        // The lock belongs to what is open, whichever of its handles asks for it.
        match made.as_file().try_clone().and_then(|lock| locked(lock, made.path()))? {
            Lock::Lost if is_last => return Err(io::Error::other("what is made here is removed again and again")),
            Lock::Lost => {}
            Lock::Held(_) | Lock::Unsupported => return Ok(made),
        }
    }
}

/// What processes that were killed have left in a folder.
#[must_use]
pub(in crate::store) fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let unfinished = entries.filter(|entry| is_unfinished(&entry.file_name().to_string_lossy()));
    let is_left = |path: &PathBuf| matches!(File::open(path).and_then(|lock| locked(lock, path)), Ok(Lock::Held(_)));
    unfinished.map(|entry| entry.path()).filter(is_left).collect()
}

/// Removes what processes that were killed have left in a folder. What is put aside goes back to its place, if nothing is
/// there. What cannot be removed stays: it disturbs nobody.
pub fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_unfinished(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = entry.path();
        let held = File::open(&path).and_then(|lock| locked(lock, &path));
        if !matches!(held, Ok(Lock::Held(_))) {
            continue;
        }
        for aside in fs::read_dir(path.join(PUT_ASIDE)).into_iter().flatten().flatten() {
            let place = folder.join(aside.file_name());
            if fs::symlink_metadata(&place).is_err() {
                let _ = fs::rename(aside.path(), place);
            }
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let _ = if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

/// Whether a name is one of those that are given to what is not whole yet.
#[must_use]
pub fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .is_some_and(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn named() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// What came of a try to lock what stands at a path.
enum Lock {
    Held(File),
    /// Somebody else has it, or has removed it.
    Lost,
    /// The file system has no locks.
    Unsupported,
}

fn locked(file: File, path: &Path) -> io::Result<Lock> {
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Lock::Lost),
        Err(TryLockError::Error(_)) => return Ok(Lock::Unsupported),
    }
    let ours = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => Ok(Lock::Held(file)),
        _ => Ok(Lock::Lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    /// What a process leaves that is killed: the folder is there, and nobody holds it.
    fn left_behind(folder: &Path) -> PathBuf {
        let Workshop { folder, _lock } = Workshop::make_in(folder).unwrap();
        folder.keep()
    }

    #[test]
    fn what_is_left_is_removed_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = unfinished_file(folder.path(), &fs::metadata(folder.path()).unwrap().permissions()).unwrap();
        let at_work = Workshop::make_in(folder.path()).unwrap();
        let left = left_behind(folder.path());
        fs::write(left.join("half"), "").unwrap();
        let left_file = folder.path().join(".newswire-aB3xY9.unfinished");
        for name in [".newswire-aB3xY9.unfinished", ".newswire-config", ".newswire-a.b.unfinished", "notes"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path());
        assert!(!left.exists() && !left_file.exists());
        assert!(at_work.path().exists() && file.path().exists());
        for name in [".newswire-config", ".newswire-a.b.unfinished", "notes"] {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_folder_comes_to_its_place_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("bundle");
        let write = |workshop: &Workshop, name: &str| {
            let whole = workshop.path().join("whole");
            fs::create_dir(&whole).unwrap();
            fs::write(whole.join(name), "").unwrap();
            whole
        };
        for (name, is_in_one_step) in [("first", true), ("second", true), ("third", false)] {
            let workshop = Workshop::make_in(folder.path()).unwrap();
            let whole = write(&workshop, name);
            if is_in_one_step {
                let before = workshop.put_in_place(&whole, &place, true).unwrap();
                assert_eq!(before.is_some(), name != "first");
            } else {
                let before = workshop.put_aside(&whole, &place).unwrap();
                assert_eq!(names_in(&before), ["second"]);
            }
            assert_eq!(names_in(&place), [name]);
        }
        let workshop = Workshop::make_in(folder.path()).unwrap();
        let whole = write(&workshop, "fourth");
        workshop.put_in_place(&whole, &place, false).unwrap_err();
        drop(workshop);
        assert_eq!(names_in(&place), ["third"]);
        assert_eq!(names_in(folder.path()), ["bundle"]);
    }

    #[test]
    fn what_was_put_aside_when_the_process_was_killed_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("bundle");
        for is_new_in_place in [false, true] {
            let left = left_behind(folder.path());
            fs::create_dir_all(left.join(PUT_ASIDE).join("bundle")).unwrap();
            fs::write(left.join(PUT_ASIDE).join("bundle/old"), "").unwrap();
            if is_new_in_place {
                fs::remove_file(place.join("old")).unwrap();
                fs::write(place.join("new"), "").unwrap();
            }
            remove_leftovers(folder.path());
            assert_eq!(names_in(&place), [if is_new_in_place { "new" } else { "old" }]);
            assert_eq!(names_in(folder.path()), ["bundle"]);
        }
    }
}
