//! Articles of several pages: one after the other is fetched and read, with the same politeness as any page, until no
//! page names a next one.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;
use url::Url;

use crate::extract::{Extractor, FurtherPages};
use crate::fetch::{FetchError, FetchReport, FetchRequest};
use crate::model::{
    BodyKind, ErrorClass, Exchange, ExtractedArticle, Failure, Fetched, FetchedDocument, LinkHints, NextPage, Purpose,
    Validators,
};
use crate::normalize;

use super::page::{extraction_failure, warn_of_rule};
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
}

/// An article with all pages that could be had.
#[derive(Debug)]
pub(super) struct WholeArticle {
    /// The first page.
    pub(super) document: Arc<FetchedDocument>,
    pub(super) extracted: ExtractedArticle,
    /// Whether no page is known to be missing.
    pub(super) is_complete: bool,
}

/// Reads a page that was fetched, and those it goes on with.
pub(super) async fn read_whole(
    stages: &Stages,
    document: Arc<FetchedDocument>,
    hints: Arc<LinkHints>,
    visits: &mut Visits,
) -> Result<WholeArticle, Failure> {
    let first = extract(stages, stages.extractor.clone(), &document, &hints).await?;
    // The feed's own text is whole, whatever its page says.
    let next = first.next_page.clone().filter(|_| first.body_kind != BodyKind::Feed);
    let Some(next) = next else {
        return Ok(WholeArticle { document, extracted: first, is_complete: true });
    };
    let pages = follow(stages, &document.final_url, &first, next, visits).await;
    let is_complete = pages.is_complete();
    let extracted = if pages.is_empty() {
        first
    } else {
        extract(stages, stages.extractor.adding(pages), &document, &hints).await?
    };
    Ok(WholeArticle { document, extracted, is_complete })
}

async fn extract(
    stages: &Stages,
    extractor: Extractor,
    document: &Arc<FetchedDocument>,
    hints: &Arc<LinkHints>,
) -> Result<ExtractedArticle, Failure> {
    let (document, hints) = (document.clone(), hints.clone());
    let read = stages.parse(document.body.len(), move || extractor.extract(&document, &hints)).await?;
    read.map_err(|error| extraction_failure(&error))
}

/// Goes from page to page.
async fn follow(
    stages: &Stages,
    first_url: &Url,
    first: &ExtractedArticle,
    next: NextPage,
    visits: &mut Visits,
) -> FurtherPages {
    let mut pages = FurtherPages::behind(first);
    let mut visited: HashSet<String> = HashSet::from([key_of(first_url)]);
    let deadline = stages.deadline();
    // What the source says is of the first page; the title is said here to be known where a page repeats it.
    let title = first.title.as_ref().map(|title| title.value.clone());
    let hints = Arc::new(LinkHints { title, ..LinkHints::default() });
    let mut next = Some(next);
    for number in 2_u32.. {
        // Pages are counted from the first: /news/12 that is followed by /news/13 is an article and not page 12.
        let Some(page) = next.take().filter(|page| page.number == number) else { break };
        if !visited.insert(key_of(&page.url)) {
            break;
        }
        let missing = if number > stages.article_pages_max {
            format!("an article is read up to page {} (fetch.article_pages_max)", stages.article_pages_max)
        } else {
            match read_page(stages, &page.url, &hints, deadline, visits).await {
                Ok((answered, article)) if key_of(&answered) == key_of(&page.url) => {
                    if !pages.add(&article) {
                        break;
                    }
                    next = article.next_page;
                    continue;
                }
                // There is no such page, and the server says so by showing an earlier one.
                Ok((answered, _)) if visited.contains(&key_of(&answered)) => break,
                Ok((answered, _)) => format!("it leads to {answered}"),
                Err(failure) => failure.to_string(),
            }
        };
        info!(url = %first_url, "page {number} of {first_url} is missing: {missing}");
        pages.leave_rest_out();
        break;
    }
    pages
}

/// Fetches and reads one further page. Returns the address that answered, too.
async fn read_page(
    stages: &Stages,
    url: &Url,
    hints: &Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<(Url, ExtractedArticle), Failure> {
    let document = fetch(stages, url, deadline, visits).await?;
    let answered = document.final_url.clone();
    let (extractor, hints) = (stages.extractor.for_further_pages(), hints.clone());
    let read = stages.parse(document.body.len(), move || {
        let extracted = extractor.extract(&document, &hints).map_err(|error| extraction_failure(&error))?;
        warn_of_rule(&document, &extracted);
        Ok(extracted)
    });
    let read = read.await.flatten();
    if let (Err(failure), Some(last)) = (&read, visits.exchanges.last_mut()) {
        last.failure = Some(failure.clone());
    }
    read.map(|article| (answered, article))
}

/// Fetches one further page, and waits for the publisher's turn longer than a first page does: given back, the article
/// would start over each time and never come to its second page where the pause is long.
async fn fetch(
    stages: &Stages,
    url: &Url,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<Box<FetchedDocument>, Failure> {
    if Timestamp::now() >= deadline {
        let reason = "the pages before have taken too long".to_owned();
        return Err(Failure { class: ErrorClass::Timeout, reason });
    }
    let request = FetchRequest { url, purpose: Purpose::Article, validators: &Validators::default() };
    match visits.add(stages.fetch_patiently(request, deadline).await) {
        Ok(Fetched::Document(document)) => Ok(document),
        Ok(Fetched::NotModified { .. }) => {
            let reason = "the server answered 304 to a plain request".to_owned();
            Err(Failure { class: ErrorClass::Connect, reason })
        }
        Err(error) => Err(error.failure()),
    }
}

/// What two addresses of one page have in common.
fn key_of(url: &Url) -> String {
    normalize::url::canonicalize(url).map_or_else(|_| url.to_string(), |url| url.key())
}
