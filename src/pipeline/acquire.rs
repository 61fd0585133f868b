//! The article line: one candidate to an article. Touches the network, never the database.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::dates;
use crate::feed;
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    Absence, Alias, Article, ArticleOutcome, ArticleResult, Candidate, CanonicalUrl, ErrorClass, Exchange, Failure,
    Fetched, FetchedDocument, FullText, LinkHints, Obstruction, PageRole, PageSigns, Purpose, ReadPage, Retry,
    Validators, publisher_of,
};
use crate::normalize::{self, Surroundings};
use crate::schedule::backoff;

use super::corroborate::{self, Testimony};
use super::feed_text;
use super::obstruction::{self, Seen};
use super::page::normalized;
use super::stages::Stages;
use super::visits::Visits;
use super::whole_article::{WholeArticle, read_whole};

/// Why a page is not the article after all that might have been.
const UNVOUCHED: &str =
    "something else stands where the article should: other links lead to it too, or it was not there before";

/// Fetches a candidate's page, with those it goes on with, and makes an article of it, or says why not. Where its feed's
/// entry holds the article, nothing is fetched.
pub async fn acquire(stages: &Stages, candidate: Candidate) -> ArticleOutcome {
    if let Some(result) = without_page(stages, &candidate).await {
        let now = Timestamp::now();
        return ArticleOutcome { candidate, exchanges: Vec::new(), finished_at: now, host_ready_at: now, result };
    }
    let stages = &stages.for_source(candidate.proxy.as_ref(), candidate.login.as_ref());
    let request =
        FetchRequest { url: candidate.url.as_url(), purpose: Purpose::Article, validators: &candidate.validators };
    let report = stages.fetcher.fetch(request).await;
    let mut visits = Visits { exchanges: report.exchanges, host_ready_at: report.host_ready_at };
    let result = match report.result {
        Ok(Fetched::NotModified { .. }) => ArticleResult::Unchanged,
        Ok(Fetched::Document(document)) => {
            let document = Arc::new(*document);
            match understand(stages, &candidate, document.clone(), &mut visits).await {
                Ok(understood) => judged(stages, &candidate, understood, &mut visits.exchanges, &document).await,
                Err(failure) if matches!(failure.class, ErrorClass::NotArticle | ErrorClass::Empty) => {
                    note_failure(&mut visits.exchanges, &failure);
                    let (asked, page) = (candidate.url.clone(), document.clone());
                    let n_bytes = document.body.len();
                    let seen = Seen { extracted: None, is_doubted: true, is_listed: candidate.source.is_some() };
                    let signs = stages
                        .parse(n_bytes, move || obstruction::signs(&asked, &page, seen))
                        .await
                        .unwrap_or_default();
                    let page = (failure, None);
                    ArticleResult::Obstructed(Box::new(obstruction(stages, &candidate, page, signs, &document).await))
                }
                Err(failure) => {
                    failed(stages, &candidate, &mut visits.exchanges, failure, (Retry::Backoff, Absence::Unknown))
                }
            }
        }
        Err(FetchError::HostBusy { until }) => ArticleResult::Postponed { until },
        Err(error) => {
            let entry = if feed_text::is_barred(&error) && candidate.hints.text.content.is_some() {
                from_entry(stages, &candidate).await.ok()
            } else {
                None
            };
            let prospect = (error.retry(), absence_by_answer(&error));
            match entry {
                Some(article) => ArticleResult::Article(article),
                None => failed(stages, &candidate, &mut visits.exchanges, error.failure(), prospect),
            }
        }
    };
    let result = match &candidate.other_form {
        Some(form) if has_no_article(&result) => {
            // Apart, as all that is rare here: it would be moved with each article.
            Box::pin(from_other_form(stages, &candidate, form, &mut visits)).await.unwrap_or(result)
        }
        _ => result,
    };
    let Visits { exchanges, host_ready_at } = visits;
    ArticleOutcome { candidate, exchanges, finished_at: Timestamp::now(), host_ready_at, result }
}

/// Whether a page is not there, or has no article.
fn has_no_article(result: &ArticleResult) -> bool {
    match result {
        ArticleResult::Failed { absence, .. } => *absence != Absence::Unknown,
        ArticleResult::Obstructed(obstruction) => obstruction.page.is_none(),
        ArticleResult::Article(_)
        | ArticleResult::Unvouched(_)
        | ArticleResult::Unchanged
        | ArticleResult::Postponed { .. } => false,
    }
}

/// What comes of a page that was understood: its article, or what speaks against that.
async fn judged(
    stages: &Stages,
    candidate: &Candidate,
    Understood { page, doubt }: Understood,
    exchanges: &mut [Exchange],
    document: &FetchedDocument,
) -> ArticleResult {
    match doubt {
        None => ArticleResult::Article(page),
        Some(Doubt { signs, is_certain: None }) => {
            let page = (other_page(UNVOUCHED.to_owned()), Some(page));
            ArticleResult::Unvouched(Box::new(obstruction(stages, candidate, page, signs, document).await))
        }
        Some(Doubt { signs, is_certain: Some(OtherPage { reason, may_be_article }) }) => {
            let failure = other_page(reason);
            note_failure(exchanges, &failure);
            let page = (failure, may_be_article.then_some(page));
            ArticleResult::Obstructed(Box::new(obstruction(stages, candidate, page, signs, document).await))
        }
    }
}

/// The article as another form of its page has it, asked for once; nothing where that has none either.
async fn from_other_form(
    stages: &Stages,
    candidate: &Candidate,
    form: &CanonicalUrl,
    visits: &mut Visits,
) -> Option<ArticleResult> {
    let validators = Validators::default();
    let request = FetchRequest { url: form.as_url(), purpose: Purpose::Article, validators: &validators };
    match visits.add(stages.fetch_patiently(request, stages.deadline()).await) {
        Ok(Fetched::Document(document)) => {
            let document = Arc::new(*document);
            let result = match understand(stages, candidate, document.clone(), visits).await {
                Ok(understood) => judged(stages, candidate, understood, &mut visits.exchanges, &document).await,
                Err(failure) => {
                    note_failure(&mut visits.exchanges, &failure);
                    return None;
                }
            };
            // By the validators of the form its page would not be asked for.
            let without_validators = |page: ReadPage| ReadPage { validators: Validators::default(), ..page };
            match result {
                ArticleResult::Article(page) => Some(ArticleResult::Article(without_validators(page))),
                ArticleResult::Unvouched(mut seen) => {
                    seen.page = seen.page.map(without_validators);
                    Some(ArticleResult::Unvouched(seen))
                }
                _ => None,
            }
        }
        Err(FetchError::HostBusy { until }) => Some(ArticleResult::Postponed { until }),
        Ok(Fetched::NotModified { .. }) | Err(_) => None,
    }
}

/// What comes of a candidate whose page is not asked for; nothing where it is.
async fn without_page(stages: &Stages, candidate: &Candidate) -> Option<ArticleResult> {
    let is_bound = candidate.hints.full_text == FullText::Feed;
    // Most candidates bring no text that could be the whole.
    let may_be_whole = candidate.hints.full_text == FullText::Auto && candidate.hints.text.content.is_some();
    if !is_bound && !may_be_whole {
        return None;
    }
    let hints = candidate.hints.clone();
    if !stages.parse(hints.text.n_bytes(), move || feed_text::spares_page(&hints)).await.unwrap_or(false) {
        return None;
    }
    match from_entry(stages, candidate).await {
        Ok(page) => Some(ArticleResult::Article(page)),
        // Asking again would give the same text. A later poll that finds its entry changed makes it due again.
        Err(failure) if is_bound => Some(ArticleResult::Failed { failure, retry_at: None, absence: Absence::Unknown }),
        Err(_) => None,
    }
}

/// The article as its feed's entry has it.
async fn from_entry(stages: &Stages, candidate: &Candidate) -> Result<ReadPage, Failure> {
    let (extractor, hints) = (stages.extractor.clone(), candidate.hints.clone());
    let (url, first_seen_at) = (candidate.url.as_url().clone(), candidate.first_seen_at);
    let meanings = stages.meanings.clone();
    let made = stages.parse(hints.text.n_bytes(), move || {
        let entry = feed_text::article_of_entry(&extractor, &url, &hints)?;
        let document = Arc::new(entry.document);
        let whole = WholeArticle::of_one_page(document, entry.extracted);
        Ok(meanings.noted(understood(&whole, &hints, first_seen_at)?))
    });
    made.await?
}

/// A page that was fetched, with those it goes on with, to an article in normal form, without a candidate.
///
/// # Errors
///
/// Why there is no article in it.
pub async fn read_fetched(stages: &Stages, document: FetchedDocument) -> Result<Article, Failure> {
    let mut visits = Visits { exchanges: Vec::new(), host_ready_at: Timestamp::UNIX_EPOCH };
    let hints = Arc::new(LinkHints::default());
    let whole = read_whole(stages, Arc::new(document), hints.clone(), &mut visits).await?;
    stages.parse(whole.document.body.len(), move || whole.normalized(&hints, whole.document.fetched_at)).await?
}

impl WholeArticle {
    fn normalized(&self, hints: &LinkHints, first_seen_at: Timestamp) -> Result<Article, Failure> {
        let answered = Some(&self.document.final_url);
        normalized(
            &self.document,
            &self.extracted,
            Surroundings { answered, hints, first_seen_at: Some(first_seen_at) },
        )
    }
}

async fn understand(
    stages: &Stages,
    candidate: &Candidate,
    document: Arc<FetchedDocument>,
    visits: &mut Visits,
) -> Result<Understood, Failure> {
    if feed::looks_like_feed(&document) {
        let reason = "a feed or sitemap, not an article; follow it as a source".to_owned();
        return Err(Failure { class: ErrorClass::NotArticle, reason });
    }
    let hints = Arc::new(candidate.hints.clone());
    let mut whole = read_whole(stages, document, hints.clone(), visits).await?;
    // What was asked for in the end, where a later page led to the first.
    let asked = match whole.role {
        PageRole::Later => address(&whole.document.final_url)?,
        PageRole::Own | PageRole::WithoutFirst(_) => candidate.url.clone(),
    };
    let (first_seen_at, extractor) = (candidate.first_seen_at, stages.extractor.clone());
    let meanings = stages.meanings.clone();
    let is_listed = candidate.source.is_some();
    let n_bytes = whole.document.body.len();
    let understand = move || {
        feed_text::mend(&mut whole.extracted, &hints.text);
        feed_text::take_fuller(&mut whole.extracted, &extractor, &whole.document.final_url, &hints);
        let doubt = doubt(&whole, &hints, (&asked, is_listed));
        Ok(Understood { page: meanings.noted(understood(&whole, &hints, first_seen_at)?), doubt })
    };
    stages.parse(n_bytes, understand).await?
}

/// What a page was found to be.
struct Understood {
    page: ReadPage,
    /// Why it may not be what its link promised; absent where something vouches for it.
    doubt: Option<Doubt>,
}

/// What speaks against a page, or that nothing speaks for it.
struct Doubt {
    signs: PageSigns,
    /// Why it is another page; absent where other links have to show it.
    is_certain: Option<OtherPage>,
}

/// Another page than the link promised.
struct OtherPage {
    reason: String,
    /// Whether all that speaks against it is what was promised.
    may_be_article: bool,
}

/// Hears what there is for and against a page.
fn doubt(whole: &WholeArticle, hints: &LinkHints, (asked, is_listed): (&CanonicalUrl, bool)) -> Option<Doubt> {
    let answered = &whole.document.final_url;
    let signs = |is_doubted| {
        let seen = Seen { extracted: Some(&whole.extracted), is_doubted, is_listed };
        obstruction::signs(asked, &whole.document, seen)
    };
    // On the front page stand the headlines of all articles.
    if obstruction::is_front_page(asked.as_url(), answered) {
        let reason = "the link leads to the front page of its site".to_owned();
        return Some(Doubt { signs: signs(true), is_certain: Some(OtherPage { reason, may_be_article: false }) });
    }
    let is_certain = match corroborate::hear(&whole.extracted, hints, asked.as_url()) {
        Testimony::Vouched => return None,
        _ if obstruction::is_gate_address(asked.as_url(), answered) => {
            let reason = format!("the link leads to {answered}, where visitors are stopped");
            Some(OtherPage { reason, may_be_article: false })
        }
        // The headline may be in another language, or the address, or say too little.
        _ if obstruction::is_declared(&whole.extracted, answered, asked) => return None,
        Testimony::OtherPage(reason) => Some(OtherPage { reason, may_be_article: true }),
        Testimony::Silent => None,
    };
    Some(Doubt { signs: signs(is_certain.is_some()), is_certain })
}

fn other_page(reason: String) -> Failure {
    Failure { class: ErrorClass::OtherPage, reason }
}

fn understood(whole: &WholeArticle, hints: &LinkHints, first_seen_at: Timestamp) -> Result<ReadPage, Failure> {
    let document = &whole.document;
    let mut article = whole.normalized(hints, first_seen_at)?;
    if let PageRole::WithoutFirst(first) = &whole.role {
        article.url = Some(first.url.clone());
    }
    let answered = address(&document.final_url)?;
    let further_pages = whole.further_pages.iter().filter_map(|url| normalize::url::canonicalize(url).ok());
    let publisher = article.url.as_ref().map(|url| publisher_of(url.as_url())).unwrap_or_default();
    // That the first page is as it was would say nothing of pages that were not seen: the next request is unconditional.
    let validators = if whole.is_complete { document.validators.clone() } else { Validators::default() };
    Ok(ReadPage {
        article: Box::new(article),
        answered: alias(answered),
        publisher,
        validators,
        role: whole.role.clone(),
        further_pages: further_pages.map(alias).collect(),
    })
}

fn address(answered: &Url) -> Result<CanonicalUrl, Failure> {
    normalize::url::canonicalize(answered)
        .map_err(|error| Failure { class: ErrorClass::Redirect, reason: error.to_string() })
}

fn alias(url: CanonicalUrl) -> Alias {
    Alias { publisher: publisher_of(url.as_url()), url }
}

/// Packs something that stands where the article should, or may do so, with what the feed's entry has of it to stand in
/// meanwhile.
async fn obstruction(
    stages: &Stages,
    candidate: &Candidate,
    (failure, page): (Failure, Option<ReadPage>),
    signs: PageSigns,
    document: &FetchedDocument,
) -> Obstruction {
    let is_own_page = publisher_of(&document.final_url) == candidate.publisher;
    let absence = if is_own_page { absence_by_page(&failure) } else { Absence::Unknown };
    let retry_at = next_try(stages, candidate, Retry::Backoff);
    let entry = if obstruction::has_text(&candidate.hints) { from_entry(stages, candidate).await.ok() } else { None };
    let entry = entry.map(|entry| obstruction::stand_in(entry, &candidate.hints));
    Obstruction { failure, retry_at, absence, signs, page, entry }
}

/// Packs a failure with its next try.
fn failed(
    stages: &Stages,
    candidate: &Candidate,
    exchanges: &mut [Exchange],
    failure: Failure,
    (retry, absence): (Retry, Absence),
) -> ArticleResult {
    note_failure(exchanges, &failure);
    ArticleResult::Failed { failure, retry_at: next_try(stages, candidate, retry), absence }
}

/// Notes a failure on the exchange that brought what could not be used.
fn note_failure(exchanges: &mut [Exchange], failure: &Failure) {
    if let Some(last) = exchanges.last_mut()
        && last.failure.is_none()
    {
        last.failure = Some(failure.clone());
    }
}

fn next_try(stages: &Stages, candidate: &Candidate, retry: Retry) -> Option<Timestamp> {
    let failures = candidate.failures_in_a_row + 1;
    let seed = candidate.link.0.unsigned_abs();
    let listed_at = published_by_source(candidate).unwrap_or(Timestamp::MAX).min(candidate.first_seen_at);
    backoff::next_article_try(&stages.schedule, failures, retry, listed_at, seed, Timestamp::now())
}

/// When the article was published by the word of the source that listed it.
fn published_by_source(candidate: &Candidate) -> Option<Timestamp> {
    candidate.hints.published.as_deref().and_then(dates::read).map(|date| date.instant)
}

/// What an answer without a page says of the article.
fn absence_by_answer(error: &FetchError) -> Absence {
    match error {
        FetchError::Status { status: 410, .. } => Absence::Certain,
        FetchError::Status { status: 404, .. } => Absence::Likely,
        _ => Absence::Unknown,
    }
}

/// What a page of the same publisher without an article says of it: it is a notice in its place, or the front page.
/// Another publisher's is that of whoever asks for consent or payment.
fn absence_by_page(failure: &Failure) -> Absence {
    match failure.class {
        ErrorClass::NotArticle | ErrorClass::OtherPage | ErrorClass::Empty => Absence::Likely,
        _ => Absence::Unknown,
    }
}
