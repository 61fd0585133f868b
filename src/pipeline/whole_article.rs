//! The whole of an article of which one page was fetched: with the pages that it goes on with, and from its first page on.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::extract::{Extractor, FurtherPages};
use crate::model::{BodyKind, ErrorClass, ExtractedArticle, Failure, FetchedDocument, LinkHints, PageRole};

use super::first_page::{self, FirstPage, Met};
use super::further_pages::{Start, follow};
use super::stages::Stages;
use super::visits::{Visits, read};

/// An article with all pages that could be had.
#[derive(Debug)]
pub(super) struct WholeArticle {
    /// The first page, or the one that was fetched where that could not be had.
    pub(super) document: Arc<FetchedDocument>,
    pub(super) extracted: ExtractedArticle,
    /// Whether no page is known to be missing.
    pub(super) is_complete: bool,
    /// What the page that was fetched is of it.
    pub(super) role: PageRole,
    /// Where its further pages are.
    pub(super) further_pages: Vec<Url>,
}

impl WholeArticle {
    /// An article that is all on one page.
    pub(super) fn of_one_page(document: Arc<FetchedDocument>, extracted: ExtractedArticle) -> Self {
        WholeArticle { document, extracted, is_complete: true, role: PageRole::Own, further_pages: Vec::new() }
    }
}

/// Reads a page that was fetched, and those that belong to it.
pub(super) async fn read_whole(
    stages: &Stages,
    document: Arc<FetchedDocument>,
    hints: Arc<LinkHints>,
    visits: &mut Visits,
) -> Result<WholeArticle, Failure> {
    let deadline = stages.deadline();
    let own = read(stages, stages.extractor.clone(), &document, &hints).await;
    match first_page_of(stages, &document, &own, &hints, deadline, visits).await {
        FirstPage::None => join(stages, (document, own?), None, hints, deadline, visits).await,
        FirstPage::Read(first) => {
            let whole = join(stages, *first, Some(document), hints, deadline, visits).await?;
            Ok(WholeArticle { role: PageRole::Later, ..whole })
        }
        FirstPage::Missing(first) => {
            let mut pages = FurtherPages::behind(&own?);
            pages.leave_rest_out();
            let extracted = read(stages, stages.extractor.adding(pages), &document, &hints).await?;
            let role = first.map_or(PageRole::Own, |first| PageRole::WithoutFirst(Box::new(first)));
            Ok(WholeArticle { is_complete: false, role, ..WholeArticle::of_one_page(document, extracted) })
        }
    }
}

/// The first page of the article, where the page that was fetched says that it is another one.
async fn first_page_of(
    stages: &Stages,
    document: &Arc<FetchedDocument>,
    own: &Result<ExtractedArticle, Failure>,
    hints: &Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> FirstPage {
    if !Extractor::may_be_numbered_page(&document.final_url) {
        return FirstPage::None;
    }
    let too_short;
    let article = match own {
        Ok(article) => article,
        // The last page of an article may have too few words for an article.
        Err(failure) if matches!(failure.class, ErrorClass::NotArticle | ErrorClass::Empty) => {
            match read(stages, stages.extractor.for_further_pages(), document, hints).await {
                Ok(article) => {
                    too_short = article;
                    &too_short
                }
                Err(_) => return FirstPage::None,
            }
        }
        Err(_) => return FirstPage::None,
    };
    match &article.numbered_page {
        // The feed's own text is whole, whatever its page says.
        Some(says) if article.body_kind != BodyKind::Feed => {
            let met = Met { article, says };
            // Apart, as all that is rare: it would be moved with each article.
            Box::pin(first_page::find(stages, met, hints, deadline, visits)).await
        }
        _ => FirstPage::None,
    }
}

/// Joins a first page with those that it goes on with. `later` is one of them that was fetched before.
async fn join(
    stages: &Stages,
    (document, first): (Arc<FetchedDocument>, ExtractedArticle),
    later: Option<Arc<FetchedDocument>>,
    hints: Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<WholeArticle, Failure> {
    let next = first.next_page.clone().filter(|_| first.body_kind != BodyKind::Feed);
    let Some(next) = next else { return Ok(WholeArticle::of_one_page(document, first)) };
    let start = Start { url: &document.final_url, article: &first, next, later };
    let (pages, further_pages) = follow(stages, start, deadline, visits).await;
    let is_complete = pages.is_complete();
    let extracted =
        if pages.is_empty() { first } else { read(stages, stages.extractor.adding(pages), &document, &hints).await? };
    Ok(WholeArticle { is_complete, further_pages, ..WholeArticle::of_one_page(document, extracted) })
}
