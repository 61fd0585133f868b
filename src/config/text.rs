//! The texts of the files that configure: UTF-8, as TOML has to be.

use std::path::Path;

use crate::access::{self, Wish};

use super::problem::Problem;

/// Why a file has no text.
#[derive(Debug)]
pub(super) enum NoText {
    /// There is no such file.
    Missing(String),
    /// It cannot be read, as the sentence says.
    Unreadable(String),
    /// It is not UTF-8 where it says.
    NotUtf8(Problem),
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, NoText> {
    let bytes = std::fs::read(path).map_err(|error| {
        let told = access::explained(&error, path, Wish::Read);
        if error.kind() == std::io::ErrorKind::NotFound { NoText::Missing(told) } else { NoText::Unreadable(told) }
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let n_good = error.utf8_error().valid_up_to();
        let good = &error.as_bytes()[..n_good];
        let line = memchr::memchr_iter(b'\n', good).count() + 1;
        let byte = error.as_bytes().get(n_good).copied().unwrap_or_default();
        NoText::NotUtf8(Problem {
            place: format!("{}:{line}", path.display()),
            subject: "encoding".to_owned(),
            rule: format!("must be UTF-8, and the byte {byte:02X} is none of it: save the file as UTF-8"),
        })
    })
}
