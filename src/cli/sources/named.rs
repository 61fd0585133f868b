//! The source that a word on the command line names.

use url::Url;

use crate::store::{Reader, SourceRow};

use crate::cli::addresses::{is_url, parse_url};
use crate::cli::failure::Failure;

/// The source that a word names: by slug, address or unique prefix.
pub(crate) fn one_source(reader: &Reader, word: &str) -> Result<SourceRow, Failure> {
    // An address is compared in the form in which addresses are stored.
    let url = is_url(word).then(|| parse_url(word)).transpose()?;
    let mut found = reader.sources_named(url.as_ref().map_or(word, Url::as_str))?;
    // One that is gone is meant only where nothing else can be.
    if found.len() > 1 && found.iter().any(|row| row.state != "removed") {
        found.retain(|row| row.state != "removed");
    }
    match found.len() {
        0 => Err(Failure::Usage(format!("no source {word:?}; `newswire sources ls` lists them"))),
        1 => Ok(found.remove(0)),
        _ => {
            let slugs: Vec<&str> = found.iter().take(8).map(|row| row.slug.as_str()).collect();
            Err(Failure::Usage(format!("{word:?} may be any of {}", slugs.join(", "))))
        }
    }
}
