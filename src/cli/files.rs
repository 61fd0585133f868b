//! Files that a command is given, and files that it writes: whole, or not at all.

use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use crate::cli::failure::Failure;

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn read_input(input: &str) -> std::io::Result<Vec<u8>> {
    if input == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    } else {
        std::fs::read(input)
    }
}

/// Writes a file beside its place and moves it there, so that whoever reads it never sees half of it.
pub(crate) fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = |error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new()
        .prefix(".newswire-")
        .permissions(default_permissions())
        .tempfile_in(folder)
        .map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(temporary);
    let value = write(&mut out)?;
    let temporary = out.into_inner().map_err(|error| failed(error.error()))?;
    temporary.persist(path).map_err(|error| failed(&error.error))?;
    Ok(value)
}

/// What any other new file would get: readable for all whom the umask does not exclude.
fn default_permissions() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}
