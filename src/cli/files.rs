//! Files that a command is given, and files that it writes: whole, or not at all.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, StdinLock, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::failure::Failure;
use crate::cli::terminal::messages::say;
use crate::store;

/// What stands for standard input among the names of files.
pub(crate) const STANDARD_INPUT: &str = "-";

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn read_input(input: &str) -> io::Result<Vec<u8>> {
    if input == STANDARD_INPUT {
        let mut bytes = Vec::new();
        standard_input(|told| say!("{told}"))?.read_to_end(&mut bytes)?;
        Ok(bytes)
    } else {
        fs::read(input)
    }
}

/// Standard input, to be read to its end. Whoever sits at the terminal that it is is told what to do.
///
/// # Errors
///
/// When it was asked for before: there is nothing more in it.
pub(crate) fn standard_input(tell: impl FnOnce(&str)) -> io::Result<StdinLock<'static>> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other("standard input has been read already; it can be named once"));
    }
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        tell("newswire: what is typed here is read; Ctrl-D on a line of its own ends it, `< FILE` reads a file");
    }
    Ok(stdin)
}

/// Writes a file beside its place and moves it there, so that whoever reads it never sees half of it.
pub(crate) fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = |error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = store::unfinished_file(folder, &permissions_at(path)).map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(temporary);
    let value = write(&mut out)?;
    let temporary = out.into_inner().map_err(|error| failed(error.error()))?;
    temporary.persist(path).map_err(|error| failed(&error.error))?;
    Ok(value)
}

/// Those of the file that is there; otherwise what any other new file would get: readable for all whom the umask does not exclude.
fn permissions_at(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::symlink_metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map_or_else(|| fs::Permissions::from_mode(0o666), |metadata| metadata.permissions())
}
