//! The records of web archives: pages that become articles, and what else is in them.

use jiff::Timestamp;
use url::Url;

use crate::extract::Extractor;
use crate::fetch;
use crate::model::{Article, CanonicalUrl, LinkHints};
use crate::normalize::Surroundings;
use crate::warc::WarcRecord;

use super::super::page::read_page;

/// What a record of a web archive gives.
#[derive(Clone, Debug)]
pub enum WarcPage {
    /// An article.
    Article(Box<WarcArticle>),
    /// Nothing that is an article: what it is instead, in the words of a list of counts.
    PassedOver(String),
}

/// An article from a web archive.
#[derive(Clone, Debug)]
pub struct WarcArticle {
    /// The article.
    pub article: Article,
    /// When its page was fetched.
    pub fetched_at: Timestamp,
    /// Whether it has the address that was asked for, and not one that its page says.
    pub is_address_given: bool,
}

/// Whether the block of a record is needed to see what it gives.
#[must_use]
pub fn warc_record_counts(record: &WarcRecord) -> bool {
    let target = record.target.as_deref().unwrap_or_default();
    record.kind == "response" && ["http://", "https://"].into_iter().any(|scheme| target.starts_with(scheme))
}

/// Reads a record of a web archive: a page in HTML that was answered with status 200 becomes an article, by the address that
/// was asked and as of the time when it was.
///
/// # Errors
///
/// What is damaged about it.
pub fn warc_page(extractor: &Extractor, record: &WarcRecord, bytes_max: usize) -> Result<WarcPage, String> {
    let passed_over = |what: &str| Ok(WarcPage::PassedOver(what.to_owned()));
    if !warc_record_counts(record) {
        return passed_over(if record.kind.is_empty() { "records without a type" } else { &record.kind });
    }
    let target = record.target.as_deref().unwrap_or_default();
    let url = Url::parse(target).map_err(|error| format!("WARC-Target-URI: {target:?}: {error}"))?;
    let date = record.date.as_deref().unwrap_or_default();
    let fetched_at: Timestamp = date.parse().map_err(|_| format!("WARC-Date: {date:?} is no time"))?;
    if let Some(reason) = &record.truncated {
        return Err(format!("cut short by whoever kept it ({reason}): {url}"));
    }
    let document =
        fetch::read_saved(&record.block, &url, fetched_at, bytes_max).map_err(|error| format!("{url}: {error}"))?;
    if document.status != 200 {
        return Ok(WarcPage::PassedOver(format!("status {}", document.status)));
    }
    let content_type = document.content_type.as_deref().unwrap_or("text/html").to_ascii_lowercase();
    if !["text/html", "application/xhtml+xml"].iter().any(|html| content_type.starts_with(html)) {
        return passed_over("not HTML");
    }
    let hints = LinkHints::default();
    let surroundings = Surroundings { answered: Some(&url), hints: &hints, first_seen_at: Some(fetched_at) };
    let Ok(article) = read_page(extractor, &document, &hints, surroundings) else {
        return passed_over("pages without an article");
    };
    let is_address_given = article.url.as_ref().map(CanonicalUrl::as_url) == Some(&url);
    Ok(WarcPage::Article(Box::new(WarcArticle { article, fetched_at, is_address_given })))
}
