//! Folders that appear under their name when they are whole: whoever looks sees what was there before, or all of the new.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::store::Workshop;

/// Readable for all whom the umask does not exclude, as any other new folder.
const NEW_FOLDER_MODE: u32 = 0o777;

/// A folder that is being written beside its place. Dropping it deletes it.
pub(crate) struct WholeFolder {
    /// As the user named it.
    shown: PathBuf,
    /// Where it is in truth: links lead to it.
    place: PathBuf,
    workshop: Workshop,
}

impl WholeFolder {
    /// Begins a folder, and looks whether it can be put in its place: its parent must be writable, and there must be no
    /// file. What is missing above it is made at the end.
    pub(crate) fn begin(folder: &Path) -> Result<WholeFolder, Failure> {
        let failed = |error: &io::Error| Failure::Failed(format!("{}: {error}", folder.display()));
        let place = match folder.canonicalize() {
            Ok(place) if !place.is_dir() => {
                return Err(Failure::Failed(format!("{} is a file; name a folder", folder.display())));
            }
            Ok(place) => place,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::path::absolute(folder).map_err(|e| failed(&e))?
            }
            Err(error) => return Err(failed(&error)),
        };
        let is_stood_in = std::env::current_dir().is_ok_and(|current| current.starts_with(&place));
        let Some(parent) = place.parent().filter(|_| !is_stood_in) else {
            let reason = "it is put in its place as a whole, and somebody stands in that; name a folder in it";
            return Err(Failure::Failed(format!("{}: {reason}", folder.display())));
        };
        let existing = parent.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(parent);
        let workshop = Workshop::make_in(existing).map_err(|error| {
            let reason = format!("nothing can be written to {}", existing.display());
            Failure::Failed(format!("{}: {reason}: {error}", folder.display()))
        })?;
        let begun = WholeFolder { shown: folder.to_owned(), place, workshop };
        fs::create_dir(begun.path()).map_err(|error| failed(&error))?;
        Ok(begun)
    }

    /// Where its files are written.
    pub(crate) fn path(&self) -> PathBuf {
        self.workshop.path().join("whole")
    }

    /// Puts it in its place. `may_replace` says of the folder that is there whether it may go. It is asked before that and
    /// once more behind, since others may write there meanwhile.
    pub(crate) fn finish(self, may_replace: impl Fn(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
        let failed = |error: &io::Error| {
            let advice = match error.kind() {
                io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                    "; a folder is put in its place as a whole: name a folder in it"
                }
                _ => "",
            };
            Failure::Failed(format!("{}: {error}{advice}", self.shown.display()))
        };
        let whole = self.path();
        self.take_after_what_is_there(&whole).map_err(|error| failed(&error))?;
        if let Some(parent) = self.place.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(&error))?;
        }
        let replaces = self.place.is_dir();
        if replaces {
            may_replace(&self.place)?;
        }
        let before = self.workshop.put_in_place(&whole, &self.place, replaces).map_err(|error| failed(&error))?;
        let Some(before) = before else { return Ok(()) };
        let verdict = may_replace(&before);
        if verdict.is_err() {
            self.workshop.put_in_place(&before, &self.place, true).map_err(|error| failed(&error))?;
        }
        verdict
    }

    /// Gives it the owner and the permissions of the folder that it replaces.
    fn take_after_what_is_there(&self, whole: &Path) -> io::Result<()> {
        let Ok(metadata) = fs::metadata(&self.place) else { return Ok(()) };
        // Only root may give away; to anybody else it is their own folder or one of their group.
        let _ = chown(whole, Some(metadata.uid()), Some(metadata.gid()));
        fs::set_permissions(whole, Permissions::from_mode(metadata.permissions().mode() & NEW_FOLDER_MODE))
    }
}
