//! The source that a word on the command line names.

use crate::config::meant_by;
use crate::store::{Reader, SourceRow};

use crate::cli::addresses::{self, Address, NamedArticle};
use crate::cli::failure::Failure;

/// Slugs that are named where a word may mean any of them.
const SLUGS_SHOWN: usize = 8;

/// What a word means.
pub(crate) enum Meant {
    /// A source that is stored.
    Source(Box<SourceRow>),
    /// An address that no source has.
    Address(Address),
}

/// The source that a word names: by slug, address or unique prefix.
pub(crate) fn one_source(reader: &Reader, word: &str) -> Result<SourceRow, Failure> {
    match find_source(reader, word)? {
        Meant::Source(row) => Ok(*row),
        Meant::Address(_) => Err(unknown(reader, word)),
    }
}

/// The source that a word names, or the address that it is: a source goes first.
pub(crate) fn find_source(reader: &Reader, word: &str) -> Result<Meant, Failure> {
    // What stands there in a list was another letter.
    if word.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Failure::Usage(format!("{word:?} is not UTF-8")));
    }
    let address = addresses::recognize(word).transpose()?;
    // An address is compared in the form in which addresses are stored, one without a scheme may be a slug as well.
    let mut words: Vec<String> = Vec::new();
    if address.as_ref().is_none_or(|address| address.is_without_scheme) {
        words.push(word.trim().to_owned());
    }
    words.extend(address.iter().flat_map(Address::forms).map(String::from));
    let mut found = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        found = reader.sources_named(word)?;
        if !found.is_empty() {
            break;
        }
    }
    // One that is gone is meant only where nothing else can be.
    if found.len() > 1 && found.iter().any(|row| row.state != "removed") {
        found.retain(|row| row.state != "removed");
    }
    match (found.len(), address) {
        (1, _) => Ok(Meant::Source(Box::new(found.remove(0)))),
        (_, Some(address)) => Ok(Meant::Address(address)),
        (0, None) => Err(unknown(reader, word)),
        (n_found, None) => {
            let slugs: Vec<&str> = found.iter().take(SLUGS_SHOWN).map(|row| row.slug.as_str()).collect();
            let more = n_found.saturating_sub(SLUGS_SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(Failure::Usage(format!("{word:?} may be any of {}{more}", slugs.join(", "))))
        }
    }
}

/// The article that a word names, by number or address. Where it names a source, that is said.
pub(crate) fn one_article(reader: &Reader, word: &str) -> Result<NamedArticle, Failure> {
    if let Some(named) = addresses::article(word)? {
        return Ok(named);
    }
    let told = format!("{word:?} is neither an id nor an address");
    Err(Failure::Usage(match find_source(reader, word) {
        Ok(Meant::Source(row)) => format!(
            "{told}; it is a source: `newswire ls --source {slug}` lists its articles, `newswire sources show {slug}` and \
             `newswire sources rm {slug}` are about itself",
            slug = row.slug
        ),
        _ => told,
    }))
}

/// There is no such source; one of which the slug is near may be meant.
fn unknown(reader: &Reader, word: &str) -> Failure {
    let sources = reader.sources().unwrap_or_default();
    unknown_among(word, sources.iter().filter(|row| row.state != "removed").map(|row| row.slug.as_str()))
}

/// The same where these are the slugs that there are.
pub(crate) fn unknown_among<'a>(word: &str, slugs: impl IntoIterator<Item = &'a str>) -> Failure {
    let near = meant_by(word, slugs);
    Failure::Usage(if near.is_empty() {
        format!("no source {word:?}; `newswire sources ls` lists them")
    } else {
        format!("no source {word:?}; did you mean {}?", near.join(" or "))
    })
}
