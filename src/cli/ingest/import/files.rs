//! The files to import: found in folders, told apart by their names, read whole where they are one document.

use std::path::{Path, PathBuf};

use crate::bundle;
use crate::cli::files::STANDARD_INPUT;

/// Largest file that is read as one document.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Finds the files to read. A folder that holds bundle documents is a bundle, and nothing else in it counts.
pub(super) fn collect(path: &Path, is_named: bool, files: &mut Vec<PathBuf>, faults: &mut Vec<String>) {
    if is_named && path.as_os_str() == STANDARD_INPUT {
        // What it brings is the same however often it is named.
        if !files.iter().any(|file| file.as_os_str() == STANDARD_INPUT) {
            files.push(path.to_owned());
        }
        return;
    }
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            faults.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    if !metadata.is_dir() {
        if is_named || kind_of(path).is_some() {
            files.push(path.to_owned());
        }
        return;
    }
    let mut inner: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            faults.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    inner.sort();
    let is_document = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| bundle::hash_in_name(name).is_some())
    };
    if inner.iter().any(is_document) {
        inner.retain(|path| is_document(path) || path.is_dir());
    }
    for path in inner {
        collect(&path, false, files, faults);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    JsonLines,
    Page,
    Opml,
    /// A web archive.
    Archive,
}

pub(super) fn kind_of(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    if [".warc", ".warc.gz"].iter().any(|end| name.ends_with(end)) {
        return Some(Kind::Archive);
    }
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "txt" => Some(Kind::Document),
        "jsonl" | "ndjson" | "json" => Some(Kind::JsonLines),
        "html" | "htm" | "xhtml" => Some(Kind::Page),
        "opml" | "xml" => Some(Kind::Opml),
        _ => None,
    }
}

/// The bytes of a file that is read as one document.
pub(super) fn read_whole(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("the file has {size} bytes, more than a document can have"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}
