//! The poll line: one due source to the links that it lists. Touches the network, never the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::FeedSettings;
use crate::dates;
use crate::extract::Extractor;
use crate::feed::{self, FeedError, Listing};
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    BodyKind, DueSource, ErrorClass, Exchange, Failure, Fetched, FetchedDocument, FoundLink, LinkHints, ListedLink,
    PollHints, PollOutcome, PollResult, Purpose, Retry, SourceKind, Validators, publisher_of,
};
use crate::normalize;
use crate::schedule::backoff;

use super::{Stages, heal};

/// Sitemaps read of one sitemap index in a poll, newest first: the news of a site is in its newest ones.
const CHILD_SITEMAPS_MAX: usize = 3;

/// Least quality at which a page of unknown kind is taken for an article and not for a page of links.
const ARTICLE_QUALITY_MIN: u8 = 60;

/// Fewest words of such an article.
const ARTICLE_WORDS_MIN: usize = 120;

/// Polls a source.
pub async fn poll(stages: &Stages, source: DueSource) -> PollOutcome {
    let mut exchanges = Vec::new();
    let result = match source.kind {
        // An article source lists one link: itself. Its page is the article line's business.
        Some(SourceKind::Article) => article_source(&source),
        _ => ask(stages, &source, &mut exchanges).await,
    };
    let healing = match (&result, source.gap) {
        (PollResult::Listed { links, .. }, Some(gap)) => {
            // A feed may be served from elsewhere: the site is where its entries are.
            let site = links.first().map_or(&source.url, |link| link.url.as_url());
            Some(heal::links_within(stages, site, gap, &mut exchanges).await)
        }
        _ => None,
    };
    PollOutcome { source, exchanges, finished_at: Timestamp::now(), result, healing }
}

/// Reads a document that was fetched for a source: feeds and sitemaps by themselves, a page of HTML as a page of links
/// if the source is one, and if its kind is not known, as what it looks like.
///
/// # Errors
///
/// Why it lists nothing.
fn read_listing(
    document: &FetchedDocument,
    kind: Option<SourceKind>,
    settings: &FeedSettings,
    extractor: &Extractor,
) -> Result<Listing, FeedError> {
    if kind == Some(SourceKind::Page) {
        return Ok(feed::read_page(document, settings));
    }
    match feed::read(document, settings) {
        Err(FeedError::Html { feeds }) if kind.is_none() => {
            if looks_like_article(document, extractor) {
                let link = FoundLink { url: Some(document.requested_url.clone()), ..FoundLink::default() };
                return Ok(Listing {
                    kind: SourceKind::Article,
                    links: vec![link],
                    ..feed::read_page(document, settings)
                });
            }
            let mut listing = feed::read_page(document, settings);
            if let Some(first) = feeds.first() {
                listing.problems.push(format!("the page names the feed {first}, which is surer to follow"));
            }
            Ok(listing)
        }
        other => other,
    }
}

/// The feeds that a page names, first the one it names first. None where the page cannot be fetched.
pub async fn find_feeds(stages: &Stages, url: &Url) -> Vec<Url> {
    let request = FetchRequest { url, purpose: Purpose::Poll, validators: &Validators::default() };
    match stages.fetcher.fetch(request).await.result {
        Ok(Fetched::Document(document)) => {
            stages.parse(move || feed::feeds_of_page(&document)).await.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

async fn ask(stages: &Stages, source: &DueSource, exchanges: &mut Vec<Exchange>) -> PollResult {
    let request = FetchRequest { url: &source.url, purpose: Purpose::Poll, validators: &source.validators };
    let report = stages.fetcher.fetch(request).await;
    exchanges.extend(report.exchanges);
    let document = match report.result {
        Ok(Fetched::NotModified { max_age_s, moved_to }) => {
            let hints = PollHints { max_age_s, ..PollHints::default() };
            return PollResult::Unchanged { validators: None, hints, moved_to };
        }
        Ok(Fetched::Document(document)) => document,
        Err(FetchError::HostBusy { until }) => return PollResult::Postponed { until },
        Err(error) => {
            let gone = matches!(error, FetchError::Status { status: 410, .. });
            // A redirect that leads in a circle is a failure although each of its answers was none.
            if let Some(last) = exchanges.last_mut()
                && last.failure.is_none()
            {
                last.failure = Some(error.failure());
            }
            return failed(stages, source, error.failure(), error.retry(), gone);
        }
    };
    let body_sha256: [u8; 32] = Sha256::digest(&document.body).into();
    let validators = document.validators.clone();
    let hints = PollHints { max_age_s: document.max_age_s, ..PollHints::default() };
    let moved_to = document.moved_permanently.then(|| document.final_url.clone());
    if source.body_sha256 == Some(body_sha256) {
        return PollResult::Unchanged { validators: Some(validators), hints, moved_to };
    }
    let (skip_hours, skip_days) = feed::skips(&document.body);
    let read = read_with(stages, document, source.kind).await;
    let mut listed = match read {
        Ok(listed) => listed,
        Err(failure) => {
            if let Some(last) = exchanges.last_mut() {
                last.failure = Some(failure.clone());
            }
            return failed(stages, source, failure, Retry::Backoff, false);
        }
    };
    read_children(stages, &mut listed, exchanges).await;
    // Read without entries: a quiet source where nothing else is wrong with it, a broken one where something is. The
    // reader's own note that there are no entries is the last of its problems.
    if listed.links.is_empty() && listed.problems.len() > 1 {
        let failure = Failure { class: ErrorClass::Parse, reason: listed.problems.join("; ") };
        if let Some(last) = exchanges.last_mut() {
            last.failure = Some(failure.clone());
        }
        return failed(stages, source, failure, Retry::Backoff, false);
    }
    PollResult::Listed {
        kind: listed.kind,
        title: listed.title,
        links: listed.links,
        problems: listed.problems,
        validators,
        body_sha256: Some(body_sha256),
        hints: PollHints { ttl_s: listed.ttl_s, skip_hours, skip_days, ..hints },
        moved_to,
    }
}

/// Reads the newest sitemaps of a sitemap index. One that fails is a problem of the list, not its end.
async fn read_children(stages: &Stages, listed: &mut Listed, exchanges: &mut Vec<Exchange>) {
    let children = std::mem::take(&mut listed.children);
    let n_left_out = children.len().saturating_sub(CHILD_SITEMAPS_MAX);
    for child in children.iter().take(CHILD_SITEMAPS_MAX) {
        let request = FetchRequest { url: child, purpose: Purpose::Poll, validators: &Validators::default() };
        let report = stages.fetcher.fetch(request).await;
        exchanges.extend(report.exchanges);
        let read = match report.result {
            Ok(Fetched::Document(document)) => read_with(stages, document, Some(SourceKind::Sitemap)).await,
            Ok(Fetched::NotModified { .. }) => continue,
            Err(error) => Err(error.failure()),
        };
        match read {
            Ok(inner) => {
                let room = stages.feed.entries_max.saturating_sub(listed.links.len());
                listed.links.extend(inner.links.into_iter().take(room));
                listed.problems.extend(inner.problems);
            }
            Err(failure) => listed.problems.push(format!("{child}: {failure}")),
        }
    }
    if n_left_out > 0 {
        listed.problems.push(format!("{n_left_out} older sitemaps of the index were not read"));
    }
}

/// A document's links in the form that the store takes.
pub(super) struct Listed {
    kind: SourceKind,
    title: Option<String>,
    pub(super) links: Vec<ListedLink>,
    pub(super) children: Vec<Url>,
    problems: Vec<String>,
    ttl_s: Option<u32>,
}

pub(super) async fn read_with(
    stages: &Stages,
    document: Box<FetchedDocument>,
    kind: Option<SourceKind>,
) -> Result<Listed, Failure> {
    let (settings, extractor) = (Arc::clone(&stages.feed), stages.extractor.clone());
    let read = stages
        .parse(move || {
            read_listing(&document, kind, &settings, &extractor)
                .map(to_listed)
                .map_err(|error| Failure { class: error.class(), reason: error.to_string() })
        })
        .await;
    read.and_then(|listed| listed)
}

/// Brings links into canonical form. Those that cannot be followed become problems; those that repeat an earlier one
/// are left out; a GUID that several entries share identifies none of them.
fn to_listed(listing: Listing) -> Listed {
    let mut n_guids: HashMap<String, usize> = HashMap::new();
    for guid in listing.links.iter().filter_map(|link| link.guid.as_ref()) {
        *n_guids.entry(guid.clone()).or_default() += 1;
    }
    let is_article_source = listing.kind == SourceKind::Article;
    let mut problems = listing.problems;
    let mut keys = HashSet::new();
    let mut links = Vec::with_capacity(listing.links.len());
    let mut n_without_address = 0;
    for mut found in listing.links {
        let Some(url) = found.url.take() else {
            n_without_address += 1;
            continue;
        };
        found.guid = found.guid.filter(|guid| n_guids.get(guid) == Some(&1));
        found.language = found.language.or_else(|| listing.language.clone());
        match listed_link(&url, found, listing.kind, is_article_source) {
            Ok(link) if keys.insert(link.url.key()) => links.push(link),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if n_without_address > 0 {
        problems.push(format!("{n_without_address} entries have no address"));
    }
    // The title goes into a table and onto terminals.
    let title = listing.title.map(|title| normalize::text::clean_line(&title)).filter(|title| !title.is_empty());
    Listed { kind: listing.kind, title, links, children: listing.children, problems, ttl_s: listing.ttl_s }
}

fn listed_link(url: &Url, found: FoundLink, kind: SourceKind, is_refetch: bool) -> Result<ListedLink, String> {
    let canonical = normalize::url::canonicalize(url).map_err(|error| error.to_string())?;
    let FoundLink { guid, title, published, updated, authors, language, text, .. } = found;
    Ok(ListedLink {
        publisher: publisher_of(canonical.as_url()),
        url: canonical,
        updated_at: updated.as_deref().and_then(dates::read).map(|date| date.instant),
        is_refetch,
        url_as_given: url.as_str().to_owned(),
        hints: LinkHints { guid, title, published, authors, language, from_sitemap: kind == SourceKind::Sitemap, text },
    })
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
        },
        Err(reason) => PollResult::Failed {
            failure: Failure { class: ErrorClass::Parse, reason },
            retry_at: Timestamp::MAX,
            gone: true,
        },
    }
}

/// Whether a page of unknown kind holds an article of its own rather than links to articles.
fn looks_like_article(document: &FetchedDocument, extractor: &Extractor) -> bool {
    let is_home_page = document.final_url.path().trim_matches('/').is_empty();
    !is_home_page
        && extractor.extract(document, &LinkHints::default()).is_ok_and(|article| {
            let n_words: usize = article.paragraphs.iter().map(|text| text.split_whitespace().count()).sum();
            article.body_kind == BodyKind::Full
                && article.quality.score >= ARTICLE_QUALITY_MIN
                && n_words >= ARTICLE_WORDS_MIN
        })
}

fn failed(stages: &Stages, source: &DueSource, failure: Failure, retry: Retry, gone: bool) -> PollResult {
    // A source is asked again whatever happened: its owner may mend it. Only how soon differs.
    let retry = if retry == Retry::Never { Retry::Backoff } else { retry };
    let now = Timestamp::now();
    let seed = source.id.0.unsigned_abs();
    let retry_at =
        backoff::next_try(&stages.schedule, source.failures_in_a_row + 1, retry, seed, now).unwrap_or(Timestamp::MAX);
    PollResult::Failed { failure, retry_at, gone }
}
