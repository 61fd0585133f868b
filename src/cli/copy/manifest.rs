//! What stands beside an export: what was asked for, what came, and the hashes of the files. Nothing of the machine and no
//! time is in it, so that the same choice gives the same manifest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bundle;
use crate::cli::failure::Failure;
use crate::cli::files::write_atomically;
use crate::store::ArticleDetails;

/// By this a manifest is known.
const KIND: &str = "newswire-export";

/// Version of the manifest and of the forms of files that it is about; grows when either changes.
const FORMAT_VERSION: u32 = 1;

/// Counts of what was exported. Under the empty text stand the articles of which nothing is known, or that have none.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) n_articles: usize,
    pub(super) n_words: u64,
    pub(super) n_duplicates: usize,
    pub(super) n_removed: usize,
    pub(super) n_left_out: usize,
    pub(super) published: Option<(String, String)>,
    pub(super) by_source: BTreeMap<String, u64>,
    pub(super) by_language: BTreeMap<String, u64>,
    pub(super) by_body_kind: BTreeMap<String, u64>,
    /// An article that has several counts for each.
    pub(super) by_reservations: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, article: &ArticleDetails) {
        let row = &article.row;
        self.n_articles += 1;
        self.n_words += u64::from(row.words);
        self.n_duplicates += usize::from(row.duplicate_of.is_some());
        self.n_removed += usize::from(article.removed_at.is_some());
        if let Some(time) = &row.published_at {
            let (first, last) = self.published.get_or_insert_with(|| (time.clone(), time.clone()));
            // In this form the later time is the greater text.
            if time < first {
                first.clone_from(time);
            }
            if time > last {
                last.clone_from(time);
            }
        }
        let count = |counts: &mut BTreeMap<String, u64>, key: &str| *counts.entry(key.to_owned()).or_default() += 1;
        count(&mut self.by_source, row.source.as_deref().unwrap_or_default());
        count(&mut self.by_language, row.language.as_deref().unwrap_or_default());
        count(&mut self.by_body_kind, &row.body_kind);
        if article.reservations.is_empty() {
            count(&mut self.by_reservations, "");
        }
        for reservation in &article.reservations {
            count(&mut self.by_reservations, reservation);
        }
    }
}

/// A file of an export.
#[derive(Clone, Debug)]
pub(super) struct ExportedFile {
    /// Its name, below the folder of the manifest.
    pub(super) name: String,
    pub(super) n_bytes: u64,
    pub(super) sha256: String,
}

/// What is exported, and of what.
pub(super) struct Export<'a> {
    /// `jsonl` and so on.
    pub(super) format: &'a str,
    /// The choice, as options of the command name it.
    pub(super) query: Value,
    /// Version of the database's schema.
    pub(super) schema_version: i64,
    pub(super) tally: &'a Tally,
    pub(super) files: &'a [ExportedFile],
}

/// The place of the manifest of a file or folder: beside it.
pub(super) fn place_beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".manifest.json");
    target.with_file_name(name)
}

/// Looks whether a file may be written: there is none, or one that an export wrote, which has `sign` in it.
pub(super) fn check_place(path: &Path, sign: &str, option: &str) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(metadata) if metadata.is_file() && fs::read_to_string(path).is_ok_and(|text| text.contains(sign)) => Ok(()),
        Ok(_) => {
            let reason = format!("is there already, and no export wrote it; move it away, or give {option}");
            Err(Failure::Failed(format!("{} {reason}", path.display())))
        }
        Err(error) => Err(Failure::Failed(format!("{}: {error}", path.display()))),
    }
}

/// By this the manifest of an earlier export is known.
pub(super) fn sign() -> String {
    format!("\"manifest\": \"{KIND}\"")
}

/// Writes a manifest.
pub(super) fn write(path: &Path, export: &Export<'_>) -> Result<(), Failure> {
    let text = format!("{:#}\n", document(export));
    write_atomically(path, |out| Ok(out.write_all(text.as_bytes())?))
}

fn document(export: &Export<'_>) -> Value {
    let Tally { n_articles, n_words, n_duplicates, n_removed, n_left_out, published, .. } = export.tally;
    let files =
        export.files.iter().map(|file| json!({"name": file.name, "bytes": file.n_bytes, "sha256": file.sha256}));
    json!({
        "manifest": KIND,
        "format_version": FORMAT_VERSION,
        "schema_version": export.schema_version,
        "format": export.format,
        "query": export.query,
        "articles": n_articles,
        "words": n_words,
        "duplicates": n_duplicates,
        "removed": n_removed,
        "left_out_as_damaged": n_left_out,
        "first_published_at": published.as_ref().map(|(first, _)| first),
        "last_published_at": published.as_ref().map(|(_, last)| last),
        "by_source": export.tally.by_source,
        "by_language": export.tally.by_language,
        "by_body_kind": export.tally.by_body_kind,
        "by_reservations": export.tally.by_reservations,
        "files": files.collect::<Vec<_>>(),
    })
}

/// Passes bytes on, and takes their hash.
pub(super) struct Hashing<W> {
    out: W,
    hash: Sha256,
    n_bytes: u64,
}

impl<W: Write> Hashing<W> {
    pub(super) fn new(out: W) -> Self {
        Hashing { out, hash: Sha256::new(), n_bytes: 0 }
    }

    /// What was written, under a name.
    pub(super) fn into_file(self, name: String) -> ExportedFile {
        let sha256 = bundle::hex(&self.hash.finalize());
        ExportedFile { name, n_bytes: self.n_bytes, sha256 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.out.write(bytes)?;
        self.hash.update(&bytes[..n_written]);
        self.n_bytes += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
