//! The poll line: one due source to the links that it lists. Touches the network, never the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::{ElementSelector, FeedSettings};
use crate::dates;
use crate::extract::Extractor;
use crate::feed::{self, FeedError, Listing};
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    BodyKind, DueSource, ErrorClass, Exchange, Failure, Fetched, FetchedDocument, FoundLink, FullText, LinkHints,
    ListedLink, PollHints, PollOutcome, PollResult, Purpose, Retry, SourceKind, Validators, publisher_of,
};
use crate::normalize;
use crate::schedule::backoff;

use super::sitemaps::{read_children, read_known};
use super::{Stages, heal};

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

/// How the documents of a source are read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    kind: Option<SourceKind>,
    full_text: FullText,
    link_selectors: Vec<String>,
    /// Who publishes the source.
    publisher: String,
}

impl Reading {
    fn of_source(source: &DueSource) -> Reading {
        Reading {
            kind: source.kind,
            full_text: source.full_text,
            link_selectors: source.link_selectors.clone(),
            publisher: publisher_of(&source.url),
        }
    }

    /// For a sitemap that belongs to no source.
    pub(super) fn of_sitemap(publisher: &str) -> Reading {
        Reading {
            kind: Some(SourceKind::Sitemap),
            full_text: FullText::default(),
            link_selectors: Vec::new(),
            publisher: publisher.to_owned(),
        }
    }

    /// The same for a document of which it is known what it is.
    pub(super) fn of_kind(&self, kind: SourceKind) -> Reading {
        Reading { kind: Some(kind), ..self.clone() }
    }

    /// Where the text of a link's article is taken from. Without being told so, the page is asked for all the same where
    /// only it can say who the article is: somebody else's article in a feed may be anybody's excerpt of it, and an
    /// address without TLS has mostly been left for another one since, unless the entry says that it is its identity.
    fn full_text_of(&self, link: &ListedLink) -> FullText {
        let is_permanent = link.hints.guid.as_ref() == Some(&link.url_as_given);
        let is_sure = link.publisher == self.publisher && (link.url.as_url().scheme() == "https" || is_permanent);
        if self.full_text == FullText::Auto && !is_sure { FullText::Page } else { self.full_text }
    }
}

/// Reads a document that was fetched for a source: feeds and sitemaps by themselves, a page of HTML as a page of links
/// if the source is one, and if its kind is not known, as what it looks like.
fn read_listing(
    document: &FetchedDocument,
    reading: &Reading,
    settings: &FeedSettings,
    extractor: &Extractor,
) -> Result<Listing, Failure> {
    if reading.kind == Some(SourceKind::Page) {
        let page = feed::read_page(document, settings);
        return if reading.link_selectors.is_empty() {
            Ok(page)
        } else {
            with_chosen_links(page, document, &reading.link_selectors, settings, extractor)
        };
    }
    match feed::read(document, settings) {
        Err(FeedError::Html { feeds }) if reading.kind.is_none() => {
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
        other => other.map_err(|error| Failure { class: error.class(), reason: error.to_string() }),
    }
}

/// The same page with the links that the source's own selectors choose. That they choose none is told as a failure: links
/// told by their shape are what the user did not want.
fn with_chosen_links(
    mut page: Listing,
    document: &FetchedDocument,
    selectors: &[String],
    settings: &FeedSettings,
    extractor: &Extractor,
) -> Result<Listing, Failure> {
    let refused = |class: ErrorClass, what: &str| {
        let written: Vec<String> = selectors.iter().map(|selector| format!("{selector:?}")).collect();
        Failure { class, reason: format!("links = {}: {what}", written.join(", ")) }
    };
    let compiled: Result<Vec<ElementSelector>, String> =
        selectors.iter().map(|text| ElementSelector::parse(text)).collect();
    let compiled = compiled.map_err(|rule| refused(ErrorClass::Internal, &rule))?;
    let chosen = extractor
        .chosen_links(document, &compiled, settings.entries_max)
        .map_err(|reason| refused(ErrorClass::Parse, &reason))?;
    if chosen.is_empty() {
        return Err(refused(ErrorClass::Empty, "chooses no link on the page; has the site been rebuilt?"));
    }
    page.problems.clear();
    page.links = chosen
        .into_iter()
        .map(|link| FoundLink {
            url: Some(link.url),
            title: link.text,
            language: page.language.clone(),
            ..FoundLink::default()
        })
        .collect();
    Ok(page)
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
        body_sha256: Some(body_sha256),
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

/// A document's links in the form that the store takes.
pub(super) struct Listed {
    kind: SourceKind,
    title: Option<String>,
    pub(super) links: Vec<ListedLink>,
    /// The sitemaps that an index names.
    pub(super) children: Vec<Url>,
    pub(super) problems: Vec<String>,
    ttl_s: Option<u32>,
}

/// Reads a document on a thread for parsing.
pub(super) async fn read_with(
    stages: &Stages,
    document: Box<FetchedDocument>,
    reading: Reading,
) -> Result<Listed, Failure> {
    let (settings, extractor) = (Arc::clone(&stages.feed), stages.extractor.clone());
    let read = stages
        .parse(move || {
            read_listing(&document, &reading, &settings, &extractor).map(|listing| to_listed(listing, &reading))
        })
        .await;
    read.and_then(|listed| listed)
}

/// Brings links into canonical form. Those that cannot be followed become problems; those that repeat an earlier one
/// are left out; a GUID that several entries share identifies none of them.
fn to_listed(listing: Listing, reading: &Reading) -> Listed {
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
            Ok(mut link) if keys.insert(link.url.key()) => {
                if listing.kind == SourceKind::Feed {
                    link.hints.full_text = reading.full_text_of(&link);
                }
                links.push(link);
            }
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
        hints: LinkHints {
            guid,
            title,
            published,
            authors,
            language,
            from_sitemap: kind == SourceKind::Sitemap,
            text,
            full_text: FullText::default(),
        },
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
            children: Vec::new(),
        },
        Err(reason) => PollResult::Failed {
            failure: Failure { class: ErrorClass::Parse, reason },
            retry_at: Timestamp::MAX,
            gone: true,
        },
    }
}

/// Whether a page of unknown kind holds an article of its own rather than links to articles.
pub(super) fn looks_like_article(document: &FetchedDocument, extractor: &Extractor) -> bool {
    let is_home_page = document.final_url.path().trim_matches('/').is_empty();
    !is_home_page
        && extractor.extract(document, &LinkHints::default()).is_ok_and(|article| {
            let n_words: usize = article.paragraphs.iter().map(|text| text.split_whitespace().count()).sum();
            article.body_kind == BodyKind::Full
                && article.quality.score >= ARTICLE_QUALITY_MIN
                && n_words >= ARTICLE_WORDS_MIN
        })
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
    let retry = if retry == Retry::Never { Retry::Backoff } else { retry };
    let now = Timestamp::now();
    let seed = source.id.0.unsigned_abs();
    let retry_at =
        backoff::next_try(&stages.schedule, source.failures_in_a_row + 1, retry, seed, now).unwrap_or(Timestamp::MAX);
    PollResult::Failed { failure, retry_at, gone }
}
