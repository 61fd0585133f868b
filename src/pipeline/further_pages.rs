//! The further pages of an article: one after the other is fetched and read, until no page names a next one.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tracing::info;
use url::Url;

use crate::dates;
use crate::extract::FurtherPages;
use crate::model::{ExtractedArticle, Failure, FetchedDocument, LinkHints, NextPage, Origin};

use super::page::warn_of_rule;
use super::stages::Stages;
use super::visits::{Visits, fetch, key_of, read};

/// So far apart are the dates of two articles that follow one another; all pages of an article have one date. It is less
/// than a day, for what comes in the morning and in the evening.
const APART: SignedDuration = SignedDuration::from_hours(10);

/// The first page of an article, and what was read before it.
pub(super) struct Start<'a> {
    pub(super) url: &'a Url,
    pub(super) article: &'a ExtractedArticle,
    pub(super) next: NextPage,
    /// A later page that led to it and need not be fetched again.
    pub(super) later: Option<Arc<FetchedDocument>>,
}

/// Goes from page to page. Returns what they add, and the addresses of those that add something.
pub(super) async fn follow(
    stages: &Stages,
    Start { url: first_url, article: first, next, later }: Start<'_>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> (FurtherPages, Vec<Url>) {
    let mut pages = FurtherPages::behind(first);
    let mut urls = Vec::new();
    let mut visited: HashSet<String> = HashSet::from([key_of(first_url)]);
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
            match read_page(stages, &page.url, later.as_ref(), &hints, deadline, visits).await {
                Ok((answered, article)) if key_of(&answered) == key_of(&page.url) => {
                    // An article of its own, or the first page again with the next part of a list beside it.
                    if are_of_other_dates(first, &article)
                        || page.is_by_number && FurtherPages::repeats(first, &article)
                    {
                        break;
                    }
                    if !pages.add(&article) {
                        break;
                    }
                    urls.push(page.url);
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
    (pages, urls)
}

/// Reads one further page, and fetches it where it is not at hand. Returns the address that answered, too.
async fn read_page(
    stages: &Stages,
    url: &Url,
    at_hand: Option<&Arc<FetchedDocument>>,
    hints: &Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<(Url, ExtractedArticle), Failure> {
    let at_hand = at_hand.filter(|document| key_of(&document.final_url) == key_of(url));
    let document = match at_hand {
        Some(document) => document.clone(),
        None => fetch(stages, url, deadline, visits).await.map_err(|missed| missed.failure)?,
    };
    match read(stages, stages.extractor.for_further_pages(), &document, hints).await {
        Ok(article) => {
            warn_of_rule(&document, &article);
            Ok((document.final_url.clone(), article))
        }
        Err(failure) => {
            visits.note_failure(&failure);
            Err(failure)
        }
    }
}

/// Whether two pages say to machines that they were published at different times: then they are two articles.
pub(super) fn are_of_other_dates(one: &ExtractedArticle, other: &ExtractedArticle) -> bool {
    let published = |article: &ExtractedArticle| {
        let is_declared = |origin: Origin| matches!(origin, Origin::SiteRule | Origin::JsonLd | Origin::Meta);
        let declared = article.published.iter().filter(|date| is_declared(date.origin));
        declared.filter_map(|date| dates::read(&date.value)).map(|date| date.instant).next()
    };
    published(one).zip(published(other)).is_some_and(|(one, other)| one.duration_since(other).abs() >= APART)
}
