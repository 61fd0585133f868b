//! Files to articles: bundle documents, JSON lines, saved pages.

use url::Url;

use crate::bundle;
use crate::dates;
use crate::extract::Extractor;
use crate::model::{Article, Failure, FetchedDocument, LinkHints, NO_ADDRESS};
use crate::normalize::Surroundings;

use self::document::{from_file, keep_to_the_letter};
use super::page::{ExplainedPage, explain_page, read_page};

mod json;

mod document;

mod warc;

pub use warc::{WarcArticle, WarcPage, warc_page, warc_record_counts};

pub use json::{JsonArticle, json_line, json_record_id};

/// Reads a bundle document. The notes say what is odd about it: a hash in its name that does not match its bytes, a date
/// that is none, another encoding than UTF-8.
///
/// A document whose name has its hash, and which has the form that we write, is kept to the letter: what looks like an
/// entity or like damage in it is what its article says.
///
/// # Errors
///
/// Why it is no document.
pub fn bundle_document(bytes: &[u8], name: &str) -> Result<(Article, Vec<String>), String> {
    let document = bundle::read(bytes).map_err(|error| error.to_string())?;
    let mut article = from_file(&document.article)?;
    let mut notes = Vec::new();
    let named = bundle::hash_in_name(name).map(str::to_ascii_lowercase);
    let actual = bundle::hex_sha256(bytes);
    let is_changed = named.as_ref().is_some_and(|named| !actual.starts_with(named));
    match document.other_encoding {
        Some(_) if is_changed => {
            return Err("not UTF-8, and not what the hash in its name is of: it was damaged".to_owned());
        }
        // The encoding of most of it is UTF-8 where only a sign or two are of another one.
        Some("UTF-8") => notes.push("it is not UTF-8 all through".to_owned()),
        Some(encoding) => notes.push(format!("it is {encoding}, not UTF-8")),
        None => {}
    }
    if is_changed {
        notes.push(format!("the hash in its name does not match its content, which has {}", &actual[..16]));
    } else if named.is_some() && document.is_exact {
        keep_to_the_letter(&mut article, &document.article, &actual);
    }
    if let Some(date) = document.article.published.first()
        && dates::read(&date.value).is_none()
    {
        notes.push(format!("the date {} is none that can be read", date.value));
    }
    Ok((article, notes))
}

/// Reads a saved page. `address` is where it came from, if that is known; else the page's own word for it counts.
///
/// # Errors
///
/// Why there is no article in it.
pub fn html_page(extractor: &Extractor, bytes: Vec<u8>, address: Option<&Url>) -> Result<Article, Failure> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: address, hints: &hints, first_seen_at: None };
    let article = read_page(extractor, &saved_document(bytes, address), &hints, surroundings)?;
    Ok(without_invented_addresses(article))
}

/// Reads a saved page and says why it reads as it does.
///
/// # Errors
///
/// Why there is nothing to explain: it is no text.
pub fn explain_html_page(
    extractor: &Extractor,
    bytes: Vec<u8>,
    address: Option<&Url>,
) -> Result<ExplainedPage, Failure> {
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: address, hints: &hints, first_seen_at: None };
    let page = explain_page(extractor, &saved_document(bytes, address), &hints, surroundings)?;
    Ok(ExplainedPage { article: without_invented_addresses(page.article), ..page })
}

fn saved_document(bytes: Vec<u8>, address: Option<&Url>) -> FetchedDocument {
    let base = address.cloned().unwrap_or_else(|| Url::parse(NO_ADDRESS).expect("a literal address parses"));
    FetchedDocument::from_file(bytes, base)
}

fn without_invented_addresses(mut article: Article) -> Article {
    let is_invented = |url: &str| url.starts_with(NO_ADDRESS);
    article.url = article.url.filter(|url| !is_invented(url.as_str()));
    article.image_url = article.image_url.filter(|url| !is_invented(url));
    article
}
