//! The article line: one candidate to an article. Touches the network, never the database.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use crate::extract::Extractor;
use crate::feed;
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    Alias, Article, ArticleOutcome, ArticleResult, Candidate, ErrorClass, Exchange, ExtractedArticle, Failure, Fetched,
    FetchedDocument, LinkHints, Purpose, Retry, publisher_of,
};
use crate::normalize::{self, Surroundings};
use crate::schedule::backoff;

use super::Stages;

/// Fetches a candidate's page and makes an article of it, or says why not.
pub async fn acquire(stages: &Stages, candidate: Candidate) -> ArticleOutcome {
    let candidate = Arc::new(candidate);
    let request =
        FetchRequest { url: candidate.url.as_url(), purpose: Purpose::Article, validators: &candidate.validators };
    let report = stages.fetcher.fetch(request).await;
    let mut exchanges = report.exchanges;
    let result = match report.result {
        Ok(Fetched::NotModified { .. }) => ArticleResult::Unchanged,
        Ok(Fetched::Document(document)) => {
            let (extractor, reading) = (stages.extractor.clone(), candidate.clone());
            let read = stages.parse(move || understand(&extractor, &document, &reading)).await;
            match read.and_then(|understood| understood) {
                Ok(understood) => understood,
                Err(failure) => failed(stages, &candidate, &mut exchanges, failure, Retry::Backoff),
            }
        }
        Err(FetchError::HostBusy { until }) => ArticleResult::Postponed { until },
        Err(error) => failed(stages, &candidate, &mut exchanges, error.failure(), error.retry()),
    };
    let finished_at = Timestamp::now();
    // The parser has ended, so this is the last owner.
    let candidate = Arc::unwrap_or_clone(candidate);
    ArticleOutcome { candidate, exchanges, finished_at, host_ready_at: report.host_ready_at, result }
}

/// A page to an article in normal form, without a candidate: for files and one-shot looks.
///
/// # Errors
///
/// Why there is no article in it.
pub fn read_page(
    extractor: &Extractor,
    document: &FetchedDocument,
    hints: &LinkHints,
    surroundings: Surroundings<'_>,
) -> Result<Article, Failure> {
    let extracted = extractor
        .extract(document, hints)
        .map_err(|error| Failure { class: error.class(), reason: error.to_string() })?;
    warn_of_rule(document, &extracted);
    normalize::normalize(&extracted, surroundings)
        .map_err(|error| Failure { class: ErrorClass::Parse, reason: error.to_string() })
}

/// Says that a rule for a site needs mending. The page is read in the general way meanwhile.
fn warn_of_rule(document: &FetchedDocument, extracted: &ExtractedArticle) {
    let url = &document.final_url;
    for fault in &extracted.rule_faults {
        warn!(url = %url, url.host = url.host_str(), "{url} does not fit {fault}");
    }
}

fn understand(
    extractor: &Extractor,
    document: &FetchedDocument,
    candidate: &Candidate,
) -> Result<ArticleResult, Failure> {
    let hints = &candidate.hints;
    if feed::looks_like_feed(document) {
        let reason = "a feed or sitemap, not an article; follow it as a source".to_owned();
        return Err(Failure { class: ErrorClass::NotArticle, reason });
    }
    let surroundings =
        Surroundings { answered: Some(&document.final_url), hints, first_seen_at: Some(candidate.first_seen_at) };
    let article = read_page(extractor, document, hints, surroundings)?;
    let answered = normalize::url::canonicalize(&document.final_url)
        .map_err(|error| Failure { class: ErrorClass::Redirect, reason: error.to_string() })?;
    let publisher = article.url.as_ref().map(|url| publisher_of(url.as_url())).unwrap_or_default();
    Ok(ArticleResult::Article {
        article: Box::new(article),
        answered: Alias { publisher: publisher_of(answered.as_url()), url: answered },
        publisher,
        validators: document.validators.clone(),
    })
}

/// Packs a failure with its next try, and notes it on the exchange that brought what could not be used.
fn failed(
    stages: &Stages,
    candidate: &Candidate,
    exchanges: &mut [Exchange],
    failure: Failure,
    retry: Retry,
) -> ArticleResult {
    if let Some(last) = exchanges.last_mut()
        && last.failure.is_none()
    {
        last.failure = Some(failure.clone());
    }
    let failures = candidate.failures_in_a_row + 1;
    let seed = candidate.link.0.unsigned_abs();
    let retry_at = backoff::next_try(&stages.schedule, failures, retry, seed, Timestamp::now())
        .filter(|_| failures < stages.schedule.article_attempts_max);
    ArticleResult::Failed { failure, retry_at }
}
