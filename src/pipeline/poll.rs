//! The poll line: one due source to the links that it lists. Touches the network, never the database.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::feed;
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    DueSource, ErrorClass, Exchange, Failure, Fetched, FoundLink, PollHints, PollOutcome, PollResult, Purpose, Retry,
    SourceKind, Validators,
};
use crate::schedule::backoff;

use super::gap;
use super::listing::{Reading, listed_link, read_with};
use super::sitemaps::{read_children, read_known};
use super::stages::Stages;

/// Polls a source.
pub async fn poll(stages: &Stages, source: DueSource) -> PollOutcome {
    let stages = &stages.for_source(source.proxy.as_ref(), source.login.as_ref());
    let mut exchanges = Vec::new();
    let result = match source.kind {
        // An article source lists one link: itself. Its page is the article line's business.
        Some(SourceKind::Article) => article_source(&source),
        _ => ask(stages, &source, &mut exchanges).await,
    };
    let healing = match (&result, source.gap) {
        (PollResult::Listed { links, .. }, Some(missed)) => {
            // A feed may be served from elsewhere: the site is where its entries are.
            let site = links.first().map_or(&source.url, |link| link.url.as_url());
            Some(gap::links_within(stages, site, missed, &mut exchanges).await)
        }
        _ => None,
    };
    PollOutcome { source, exchanges, finished_at: Timestamp::now(), result, healing }
}

async fn ask(stages: &Stages, source: &DueSource, exchanges: &mut Vec<Exchange>) -> PollResult {
    let reading = Reading::of_source(source);
    let request = FetchRequest { url: &source.url, purpose: Purpose::Poll, validators: &source.validators };
    let report = stages.fetcher.fetch(request).await;
    exchanges.extend(report.exchanges);
    let document = match report.result {
        Ok(Fetched::NotModified { max_age_s, moved_to }) => {
            let answer = SameAnswer { validators: None, max_age_s, moved_to };
            return unchanged(stages, source, &reading, answer, exchanges).await;
        }
        Ok(Fetched::Document(document)) => document,
        Err(FetchError::HostBusy { until }) => return PollResult::Postponed { until },
        Err(error) => {
            let gone = matches!(error, FetchError::Status { status: 410, .. });
            return failed(stages, source, exchanges, error.failure(), error.retry(), gone);
        }
    };
    let body_sha256: [u8; 32] = Sha256::digest(&document.body).into();
    let validators = document.validators.clone();
    let hints = PollHints { max_age_s: document.max_age_s, ..PollHints::default() };
    let moved_to = document.moved_permanently.then(|| document.final_url.clone());
    if source.body_sha256 == Some(body_sha256) {
        let answer = SameAnswer { validators: Some(validators), max_age_s: hints.max_age_s, moved_to };
        return unchanged(stages, source, &reading, answer, exchanges).await;
    }
    let (skip_hours, skip_days) = feed::skips(&document.body);
    let mut listed = match read_with(stages, document, reading.clone()).await {
        Ok(listed) => listed,
        Err(failure) => return failed(stages, source, exchanges, failure, Retry::Backoff, false),
    };
    // What was cut off is asked for again, whatever the server says of it then.
    let (validators, body_sha256) =
        if listed.is_cut { (Validators::default(), None) } else { (validators, Some(body_sha256)) };
    let named = std::mem::take(&mut listed.children);
    let mut remembered = Vec::new();
    if !named.is_empty() {
        let children = read_children(stages, &reading, named, &source.children, exchanges).await;
        if let Some(failure) = children.failure() {
            return failed(stages, source, exchanges, failure, Retry::Backoff, false);
        }
        if children.are_unchanged() && listed.links.is_empty() {
            let hints = PollHints { ttl_s: listed.ttl_s, skip_hours, skip_days, ..hints };
            return PollResult::Unchanged { validators: Some(validators), hints, moved_to };
        }
        listed.links.extend(children.links);
        listed.problems.extend(children.problems);
        remembered = children.remembered;
    } else if listed.links.is_empty() && listed.problems.len() > 1 {
        // Read without entries: a quiet source where nothing else is wrong with it, a broken one where something is. The
        // reader's own note that there are no entries is the last of its problems.
        let failure = Failure { class: ErrorClass::Parse, reason: listed.problems.join("; ") };
        return failed(stages, source, exchanges, failure, Retry::Backoff, false);
    }
    PollResult::Listed {
        kind: listed.kind,
        title: listed.title,
        links: listed.links,
        problems: listed.problems,
        validators,
        body_sha256,
        hints: PollHints { ttl_s: listed.ttl_s, skip_hours, skip_days, ..hints },
        moved_to,
        children: remembered,
    }
}

/// An answer that says that a document is as it was.
struct SameAnswer {
    validators: Option<Validators>,
    max_age_s: Option<u32>,
    moved_to: Option<Url>,
}

/// A document that is as it was. If it is an index, its sitemaps may have changed all the same.
async fn unchanged(
    stages: &Stages,
    source: &DueSource,
    reading: &Reading,
    answer: SameAnswer,
    exchanges: &mut Vec<Exchange>,
) -> PollResult {
    let SameAnswer { validators, max_age_s, moved_to } = answer;
    let hints = PollHints { max_age_s, ..PollHints::default() };
    if source.children.is_empty() {
        return PollResult::Unchanged { validators, hints, moved_to };
    }
    let children = read_known(stages, reading, &source.children, exchanges).await;
    if let Some(failure) = children.failure() {
        return failed(stages, source, exchanges, failure, Retry::Backoff, false);
    }
    if children.are_unchanged() {
        return PollResult::Unchanged { validators, hints, moved_to };
    }
    PollResult::Listed {
        kind: SourceKind::Sitemap,
        title: None,
        links: children.links,
        problems: children.problems,
        validators: validators.unwrap_or_else(|| source.validators.clone()),
        body_sha256: source.body_sha256,
        hints,
        moved_to,
        children: children.remembered,
    }
}

fn article_source(source: &DueSource) -> PollResult {
    let found = FoundLink::default();
    match listed_link(&source.url, found, SourceKind::Article, true) {
        Ok(link) => PollResult::Listed {
            kind: SourceKind::Article,
            title: None,
            links: vec![link],
            problems: Vec::new(),
            validators: Validators::default(),
            body_sha256: None,
            hints: PollHints::default(),
            moved_to: None,
            children: Vec::new(),
        },
        Err(reason) => PollResult::Failed {
            failure: Failure { class: ErrorClass::Parse, reason },
            retry_at: Timestamp::MAX,
            gone: true,
        },
    }
}

/// Packs a failure with its next try, and notes it on the exchange that brought what could not be used: a redirect that
/// leads in a circle is a failure although each of its answers was none.
fn failed(
    stages: &Stages,
    source: &DueSource,
    exchanges: &mut [Exchange],
    failure: Failure,
    retry: Retry,
    gone: bool,
) -> PollResult {
    if let Some(last) = exchanges.last_mut()
        && last.failure.is_none()
    {
        last.failure = Some(failure.clone());
    }
    // A source is asked again whatever happened: its owner may mend it. Only how soon differs.
    let retry = if matches!(retry, Retry::Never | Retry::WhileYoung) { Retry::Backoff } else { retry };
    let now = Timestamp::now();
    let seed = source.id.0.unsigned_abs();
    let retry_at =
        backoff::next_try(&stages.schedule, source.failures_in_a_row + 1, retry, seed, now).unwrap_or(Timestamp::MAX);
    PollResult::Failed { failure, retry_at, gone }
}
