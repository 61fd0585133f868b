//! The first page of an article of which a later one was met.
//!
//! What a page says of being a later one is not enough: of articles that are numbered each may say the same. The first page
//! must go on with the series in which the later one stands, or be the one whose address that gives as its own.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::{debug, info};
use url::Url;

use crate::model::{
    Alias, BodyKind, ErrorClass, ExtractedArticle, Failure, FetchedDocument, LinkHints, NumberedPage, Retry,
    publisher_of,
};
use crate::normalize;
use crate::revision::substance;

use super::further_pages::are_of_other_dates;
use super::stages::Stages;
use super::visits::{Missed, Visits, fetch, key_of, read};

/// What there is of the first page.
#[derive(Debug)]
pub(super) enum FirstPage {
    /// It was read.
    Read(Box<(Arc<FetchedDocument>, ExtractedArticle)>),
    /// There is none: the page that was met is an article of its own.
    None,
    /// It could not be had. Where it is, if the page that was met says so.
    Missing(Option<Alias>),
}

/// A page that says that it is one of several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met<'a> {
    pub(super) article: &'a ExtractedArticle,
    pub(super) says: &'a NumberedPage,
}

/// Looks for the first page of the article of which a page was met.
pub(super) async fn find(
    stages: &Stages,
    met: Met<'_>,
    hints: &Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> FirstPage {
    let says = met.says;
    let mut missing = None;
    for url in &says.first_pages {
        let Missed { failure, retry } = match look(stages, met, url, hints, deadline, visits).await {
            Ok(Some(first)) => {
                debug!(url = %url, "{url} is read in place of page {} of its article", says.number);
                return FirstPage::Read(first);
            }
            Ok(None) => return FirstPage::None,
            Err(missed) => missed,
        };
        info!(url = %url, "the first page of an article is missing, at {url}: {failure}");
        let may_come = matches!(retry, Retry::Backoff | Retry::After(_));
        if may_come || says.names_first && missing.is_none() {
            missing = Some(url);
        }
    }
    match missing {
        // What goes on with page 2 is a first page, whether there is another one or not.
        Some(url) if says.number > 1 => {
            let is_said = says.names_first || says.is_canonical;
            let url = normalize::url::canonicalize(url).ok().filter(|_| is_said);
            FirstPage::Missing(url.map(|url| Alias { publisher: publisher_of(url.as_url()), url }))
        }
        _ => FirstPage::None,
    }
}

/// Fetches what may be the first page. Returns nothing where it is a page that knows nothing of the one that was met.
async fn look(
    stages: &Stages,
    Met { article, says }: Met<'_>,
    url: &Url,
    hints: &Arc<LinkHints>,
    deadline: Timestamp,
    visits: &mut Visits,
) -> Result<Option<Box<(Arc<FetchedDocument>, ExtractedArticle)>>, Missed> {
    let document = fetch(stages, url, deadline, visits).await?;
    let mut never = |failure: Failure| {
        visits.note_failure(&failure);
        Missed { failure, retry: Retry::Never }
    };
    let first = read(stages, stages.extractor.clone(), &document, hints).await.map_err(&mut never)?;
    let is_where_asked = key_of(&document.final_url) == key_of(url);
    let goes_on = first.next_page.as_ref().is_some_and(|next| key_of(&next.url) == key_of(&says.second_page));
    let is_canonical = says.is_canonical && is_where_asked && have_one_title(&first, article);
    if first.body_kind != BodyKind::Feed && (goes_on || is_canonical) && !are_of_other_dates(&first, article) {
        return Ok(Some(Box::new((document, first))));
    }
    if is_where_asked {
        return Ok(None);
    }
    let reason = format!("it leads to {}", document.final_url);
    Err(never(Failure { class: ErrorClass::OtherPage, reason }))
}

fn have_one_title(one: &ExtractedArticle, other: &ExtractedArticle) -> bool {
    let site_name = other.site_name.as_ref().map(|name| name.value.as_str());
    one.title
        .as_ref()
        .zip(other.title.as_ref())
        .is_some_and(|(one, other)| substance::titles_agree(&one.value, &other.value, site_name))
}
