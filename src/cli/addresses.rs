//! Addresses and articles as people name them in commands: what an address is stands in [`forms::addresses`].

use std::path::Path;

use url::Url;

use crate::fetch::Fetcher;
use crate::forms;
pub(crate) use crate::forms::addresses::Address;
use crate::model::CanonicalUrl;
use crate::normalize;

use crate::cli::failure::Failure;

/// Reads an address where nothing else can be meant.
pub(crate) fn parse(text: &str) -> Result<Address, Failure> {
    forms::addresses::parse(text).map_err(Failure::Usage)
}

/// Reads an address where a word may be something else.
pub(crate) fn recognize(text: &str) -> Option<Result<Address, Failure>> {
    forms::addresses::recognize(text).map(|address| address.map_err(Failure::Usage))
}

impl Address {
    /// The address with the scheme that its host speaks: where none was given, and the safe one gets no connection, the
    /// other one. It costs no request that would not be made anyway, since robots.txt is asked for.
    pub(crate) async fn settle(self, fetcher: &Fetcher) -> Url {
        match self.plain() {
            Some(plain) if fetcher.is_deaf(&self.url).await => plain,
            _ => self.url,
        }
    }
}

/// An article as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamedArticle {
    /// By its number.
    Id(i64),
    /// By an address that leads to it.
    At(CanonicalUrl),
}

/// Reads the number of an article, or an address; nothing where the word is neither.
pub(crate) fn article(word: &str) -> Result<Option<NamedArticle>, Failure> {
    if let Ok(id) = word.trim().parse() {
        return Ok(Some(NamedArticle::Id(id)));
    }
    let Some(address) = recognize(word).transpose()? else { return Ok(None) };
    let url = normalize::url::canonicalize(&address.url).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Some(NamedArticle::At(url)))
}

/// As [`recognize`], where the word may name a file: one that is there is meant, and so is one in a folder that is there.
pub(crate) fn recognize_beside_files(text: &str) -> Option<Result<Address, Failure>> {
    let first = Path::new(text).components().next();
    let is_path = Path::new(text).exists() || first.is_some_and(|first| Path::new(first.as_os_str()).is_dir());
    if is_path && !forms::addresses::has_scheme(text) { None } else { recognize(text) }
}
