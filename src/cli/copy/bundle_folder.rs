//! Folders with a bundle in them that grows: what is there stays byte for byte, and what is new finds its place beside it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::bundle;
use crate::cli::failure::Failure;
use crate::store::{self, ArticleFilter, DocumentRow, Reader};

use super::whole_folder::WholeFolder;

/// A document of a bundle that is there.
#[derive(Clone, Debug)]
pub(crate) struct PresentDocument {
    /// The name of its file.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// How many documents a folder has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    /// All of them.
    pub(crate) n_documents: usize,
    /// Those that were not there before.
    pub(crate) n_new: usize,
}

/// The documents in a folder, in the order of the bundle; none where there is no folder.
///
/// # Errors
///
/// When something else is in it, or a document that is no longer as it was written: a bundle that somebody works on is
/// not added to.
pub(crate) fn present_documents(folder: &Path) -> Result<Vec<PresentDocument>, Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(_) if folder.is_file() => {
            return Err(Failure::Failed(format!("{} is a file; name a folder", folder.display())));
        }
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut present = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if store::is_unfinished(&name) {
            continue;
        }
        let refused = |what: &str| {
            let advice = "a bundle is added to only where nothing else is; name another folder";
            Failure::Failed(format!("{} is not empty, and {name} in it is {what}; {advice}", folder.display()))
        };
        let hash = bundle::hash_in_name(&name).ok_or_else(|| refused("no document of a bundle"))?.to_ascii_lowercase();
        let bytes = fs::read(&path).map_err(|error| failed(&path, &error))?;
        if !bundle::hex_sha256(&bytes).starts_with(&hash) {
            return Err(refused("not as it was written"));
        }
        present.push(PresentDocument { name, bytes });
    }
    present.sort_by_key(|document| (place_of(&document.name), document.name.clone()));
    Ok(present)
}

fn place_of(name: &str) -> Option<u64> {
    name.split('_').next()?.parse().ok()
}

/// Adds a choice of articles to the documents in a folder. All are numbered anew in the order of their days; of one day
/// those that are there come first. The folder is written anew beside its place, and put there when it is whole.
///
/// # Errors
///
/// When a file cannot be read or written, or the folder has changed meanwhile. What was there is there still then.
pub(crate) fn add_documents(
    reader: &Reader,
    filter: &ArticleFilter,
    folder: &Path,
    present: &[PresentDocument],
) -> Result<Grown, Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let whole = WholeFolder::begin(folder)?;
    let mut documents: Vec<Placed> = present.iter().map(Placed::present).collect();
    let mut hashes: HashSet<String> = documents.iter().map(|document| document.sha256.clone()).collect();
    reader.for_each_document(filter, |row| {
        let text = document_of(&row);
        let sha256 = bundle::hex_sha256(text.as_bytes());
        if hashes.insert(sha256.clone()) {
            let path = whole.path().join(&sha256);
            fs::write(&path, text).map_err(|error| failed(&path, &error))?;
            documents.push(Placed { name: None, sha256, day: row.article.row.date });
        }
        Ok::<(), Failure>(())
    })?;
    let grown = Grown { n_documents: documents.len(), n_new: documents.len() - present.len() };
    // Stable: both are in the order of the time of publication already.
    documents.sort_by(|one, other| (one.day.is_none(), &one.day).cmp(&(other.day.is_none(), &other.day)));
    for (place, document) in documents.iter().enumerate() {
        let path = whole.path().join(bundle::file_name(place, &document.sha256));
        match &document.name {
            Some(name) => take_over(&folder.join(name), &path),
            None => fs::rename(whole.path().join(&document.sha256), &path),
        }
        .map_err(|error| failed(&path, &error))?;
    }
    whole.finish(|now| {
        let names_now: Vec<String> = present_documents(now)?.into_iter().map(|document| document.name).collect();
        if names_now.iter().ne(present.iter().map(|document| &document.name)) {
            return Err(Failure::Failed(format!(
                "{} was changed meanwhile; nothing is written to it",
                folder.display()
            )));
        }
        Ok(())
    })?;
    Ok(grown)
}

/// The same file under another name, with its times and its owner where the file system allows it.
fn take_over(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ()))
}

/// A document by what its place is found.
struct Placed {
    /// The name of its file, where it is in the folder.
    name: Option<String>,
    sha256: String,
    day: Option<String>,
}

impl Placed {
    fn present(document: &PresentDocument) -> Placed {
        let article = bundle::read(&document.bytes).ok().map(|read| read.article);
        let day = article.and_then(|article| Some(article.published.first()?.value.replace('-', "")));
        Placed { name: Some(document.name.clone()), sha256: bundle::hex_sha256(&document.bytes), day }
    }
}

/// An article as the document of a bundle.
pub(super) fn document_of(row: &DocumentRow) -> String {
    let listed = &row.article.row;
    bundle::document(listed.title.as_deref(), listed.date.as_deref(), listed.url.as_deref(), &row.article.body)
}
