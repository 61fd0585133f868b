//! The requests that one article takes: each page of it is fetched with the same politeness as any, and read.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::extract::Extractor;
use crate::fetch::{FetchError, FetchReport, FetchRequest};
use crate::model::{
    ErrorClass, Exchange, ExtractedArticle, Failure, Fetched, FetchedDocument, LinkHints, Purpose, Retry, Validators,
};
use crate::normalize;

use super::page::extraction_failure;
use super::stages::Stages;

/// The requests that one article takes.
#[derive(Debug)]
pub(super) struct Visits {
    /// The exchanges, in order.
    pub(super) exchanges: Vec<Exchange>,
    /// The earliest time at which the publisher may be asked again.
    pub(super) host_ready_at: Timestamp,
}

impl Visits {
    /// Takes in what a fetch reports, and gives back what it brought.
    pub(super) fn add(&mut self, report: FetchReport) -> Result<Fetched, FetchError> {
        self.exchanges.extend(report.exchanges);
        self.host_ready_at = report.host_ready_at;
        report.result
    }

    /// Notes on the last exchange that what it brought could not be used.
    pub(super) fn note_failure(&mut self, failure: &Failure) {
        if let Some(last) = self.exchanges.last_mut() {
            last.failure.get_or_insert_with(|| failure.clone());
        }
    }
}

/// Why a page of an article is missing.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) failure: Failure,
    /// What kind of second chance it deserves.
    pub(super) retry: Retry,
}

/// Fetches one more page of an article, and waits for the publisher's turn longer than the page that was asked for does:
/// given back, the article would start over each time and never come to its second page where the pause is long.
pub(super) async fn fetch(
    stages: &Stages,
    url: &Url,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<Arc<FetchedDocument>, Missed> {
    let missed = |class: ErrorClass, reason: &str| Missed {
        failure: Failure { class, reason: reason.to_owned() },
        retry: Retry::Backoff,
    };
    if Timestamp::now() >= deadline {
        return Err(missed(ErrorClass::Timeout, "the pages before have taken too long"));
    }
    let request = FetchRequest { url, purpose: Purpose::Article, validators: &Validators::default() };
    match visits.add(stages.fetch_patiently(request, deadline).await) {
        Ok(Fetched::Document(document)) => Ok(Arc::new(*document)),
        Ok(Fetched::NotModified { .. }) => {
            Err(missed(ErrorClass::Connect, "the server answered 304 to a plain request"))
        }
        Err(error) => Err(Missed { retry: error.retry(), failure: error.failure() }),
    }
}

/// Reads a page.
pub(super) async fn read(
    stages: &Stages,
    extractor: Extractor,
    document: &Arc<FetchedDocument>,
    hints: &Arc<LinkHints>,
) -> Result<ExtractedArticle, Failure> {
    let (document, hints) = (document.clone(), hints.clone());
    let read = stages.parse(document.body.len(), move || extractor.extract(&document, &hints)).await?;
    read.map_err(|error| extraction_failure(&error))
}

/// What two addresses of one page have in common.
pub(super) fn key_of(url: &Url) -> String {
    normalize::url::canonicalize(url).map_or_else(|_| url.to_string(), |url| url.key())
}
