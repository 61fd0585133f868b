//! A document that was fetched for a source, as the links that it lists.

use std::collections::HashMap;
use std::sync::Arc;

use flate2::Crc;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::{ElementSelector, FeedSettings};
use crate::dates;
use crate::extract::{ExtractError, Extractor, NoArticle, Wall};
use crate::feed::{self, FeedError, Listing};
use crate::model::{
    BodyKind, DueSource, EntryMark, ErrorClass, Failure, FetchedDocument, FoundLink, FullText, LinkHints, ListedLink,
    SourceKind, public_url, publisher_of,
};
use crate::normalize;

use super::feed_text;
use super::stages::Stages;

/// Least quality at which a page of unknown kind is taken for an article and not for a page of links.
const ARTICLE_QUALITY_MIN: u8 = 60;

/// Shared links that are told of one by one.
const SHARED_TOLD_MAX: usize = 3;

/// Fewest words of such an article.
const ARTICLE_WORDS_MIN: usize = 120;

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
    pub(super) fn of_source(source: &DueSource) -> Reading {
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
            if kind_of_page(document, extractor) == PageKind::Article {
                let link = FoundLink { url: Some(document.requested_url.clone()), ..FoundLink::default() };
                return Ok(Listing {
                    kind: SourceKind::Article,
                    links: vec![link],
                    ..feed::read_page(document, settings)
                });
            }
            let mut listing = feed::read_page(document, settings);
            if let Some(first) = feeds.first() {
                let first = public_url(first);
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
    feed::bound(&mut page, settings);
    Ok(page)
}

/// A document's links in the form that the store takes.
pub(super) struct Listed {
    pub(super) kind: SourceKind,
    pub(super) title: Option<String>,
    pub(super) links: Vec<ListedLink>,
    /// The sitemaps that an index names.
    pub(super) children: Vec<Url>,
    pub(super) problems: Vec<String>,
    pub(super) ttl_s: Option<u32>,
    /// Whether the document ends before its end.
    pub(super) is_cut: bool,
}

/// Reads a document on a thread for parsing.
pub(super) async fn read_with(
    stages: &Stages,
    document: Box<FetchedDocument>,
    reading: Reading,
) -> Result<Listed, Failure> {
    let (settings, extractor) = (Arc::clone(&stages.feed), stages.extractor.clone());
    let read = stages
        .parse(document.body.len(), move || {
            read_listing(&document, &reading, &settings, &extractor).map(|listing| to_listed(listing, &reading))
        })
        .await;
    read.and_then(|listed| listed)
}

/// Brings links into canonical form. Those that cannot be followed become problems; those that repeat an earlier one
/// are left out; a GUID that several entries share identifies none of them. Entries that share an address are each an
/// article where the text is theirs; where it is the page's, there is one, and that is told.
fn to_listed(listing: Listing, reading: &Reading) -> Listed {
    let mut n_guids: HashMap<String, usize> = HashMap::new();
    for guid in listing.links.iter().filter_map(|link| link.guid.as_ref()) {
        *n_guids.entry(guid.clone()).or_default() += 1;
    }
    let is_article_source = listing.kind == SourceKind::Article;
    let mut problems = listing.problems;
    let mut links = Vec::with_capacity(listing.links.len());
    let mut n_without_address = 0;
    for mut found in listing.links {
        let Some(url) = found.url.take() else {
            n_without_address += 1;
            continue;
        };
        let is_recording = found.is_recording;
        found.guid = found.guid.filter(|guid| n_guids.get(guid) == Some(&1));
        found.language = found.language.or_else(|| listing.language.clone());
        match listed_link(&url, found, listing.kind, is_article_source) {
            Ok(mut link) => {
                if listing.kind == SourceKind::Feed {
                    // A recording is not for reading: its entry says what there is to say.
                    link.hints.full_text = if is_recording { FullText::Feed } else { reading.full_text_of(&link) };
                }
                if matches!(listing.kind, SourceKind::Feed | SourceKind::Sitemap) {
                    link.entry = Some(mark_of(&link.hints));
                }
                links.push(link);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let links = without_repetitions(links, &mut problems);
    if n_without_address > 0 {
        problems.push(format!("{n_without_address} entries have no address"));
    }
    // The title goes into a table and onto terminals.
    let title = listing.title.map(|title| normalize::text::clean_line(&title)).filter(|title| !title.is_empty());
    Listed {
        kind: listing.kind,
        title,
        links,
        children: listing.children,
        problems,
        ttl_s: listing.ttl_s,
        is_cut: listing.is_cut,
    }
}

/// Links of a document that are told from each other: by their address, and where several entries have it, by what makes
/// them an article each.
fn without_repetitions(links: Vec<ListedLink>, problems: &mut Vec<String>) -> Vec<ListedLink> {
    let mut at_address: HashMap<String, Vec<usize>> = HashMap::new();
    let mut kept: Vec<ListedLink> = Vec::with_capacity(links.len());
    let mut n_on_page: HashMap<usize, usize> = HashMap::new();
    for mut link in links {
        let earlier = at_address.entry(link.url.key()).or_default();
        let says_the_same = |other: &usize| match (&kept[*other].entry, &link.entry) {
            (Some(left), Some(right)) => left.text == right.text && kept[*other].hints.title == link.hints.title,
            _ => true,
        };
        if earlier.iter().any(says_the_same) {
            continue;
        }
        let is_article = |link: &ListedLink| link.entry.is_some_and(|entry| entry.identity.is_some());
        let on_page = earlier.iter().copied().find(|other| !is_article(&kept[*other]));
        if let (Some(on_page), false) = (on_page, is_article(&link)) {
            *n_on_page.entry(on_page).or_insert(1) += 1;
            continue;
        }
        for other in earlier.iter().copied() {
            share_address(&mut kept[other]);
        }
        if !earlier.is_empty() {
            share_address(&mut link);
        }
        earlier.push(kept.len());
        kept.push(link);
    }
    tell_of_shared_pages(&kept, n_on_page, problems);
    kept
}

fn share_address(link: &mut ListedLink) {
    if let Some(entry) = &mut link.entry
        && entry.identity.is_some()
    {
        entry.shares_address = true;
    }
}

/// Tells which links several entries share whose text is that of the page.
fn tell_of_shared_pages(links: &[ListedLink], n_on_page: HashMap<usize, usize>, problems: &mut Vec<String>) {
    let mut shared: Vec<(usize, usize)> = n_on_page.into_iter().collect();
    shared.sort_unstable();
    for (link, n_entries) in shared.iter().take(SHARED_TOLD_MAX) {
        let url = &links[*link].url;
        problems.push(format!(
            "{n_entries} entries share the link {url}, and one article is made of its page; with full_text = \"feed\" each \
             of them is an article"
        ));
    }
    if let Some(n_more @ 1..) = shared.len().checked_sub(SHARED_TOLD_MAX) {
        problems.push(format!("entries share {n_more} more links"));
    }
}

/// What tells an entry from others, and what it says now from what it said before.
fn mark_of(hints: &LinkHints) -> EntryMark {
    let texts = [&hints.text.content, &hints.text.summary].map(|text| text.as_deref().unwrap_or_default());
    let identity = || match hints.guid.as_deref() {
        Some(guid) => hash(&["guid", guid]),
        None => hash(&["text", hints.title.as_deref().unwrap_or_default(), texts[0], texts[1]]),
    };
    EntryMark { identity: feed_text::spares_page(hints).then(identity), text: checksum(&texts), shares_address: false }
}

/// What tells a text from its next wording: their CRC-32, and how long they are. All entries of each list that has changed go
/// through it.
fn checksum(texts: &[&str]) -> i64 {
    let mut sum = Crc::new();
    for text in texts {
        sum.update(&text.len().to_le_bytes());
        sum.update(text.as_bytes());
    }
    i64::from(sum.amount()) << 32 | i64::from(sum.sum())
}

/// Eight bytes of SHA-256 over texts.
fn hash(texts: &[&str]) -> i64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
}

/// A link in canonical form.
pub(super) fn listed_link(
    url: &Url,
    found: FoundLink,
    kind: SourceKind,
    is_refetch: bool,
) -> Result<ListedLink, String> {
    let canonical = normalize::url::canonicalize(url).map_err(|error| error.to_string())?;
    let FoundLink { guid, title, published, updated, authors, language, text, .. } = found;
    Ok(ListedLink {
        publisher: publisher_of(canonical.as_url()),
        url: canonical,
        updated_at: updated.as_deref().and_then(dates::read).map(|date| date.instant),
        is_refetch,
        url_as_given: public_url(url).to_string(),
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
        entry: None,
    })
}

/// What a page of unknown kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    /// It holds an article of its own.
    Article,
    /// It stands where something else should.
    Wall(Wall),
    /// It may link to articles.
    Other,
}

/// Tells what a page of unknown kind is. The front page of a site is none of an article, and no wall by its banner.
pub(super) fn kind_of_page(document: &FetchedDocument, extractor: &Extractor) -> PageKind {
    let is_home_page = document.final_url.path().trim_matches('/').is_empty();
    if is_home_page {
        return PageKind::Other;
    }
    match extractor.extract(document, &LinkHints::default()) {
        Ok(article) => {
            let n_words: usize = article.paragraphs.iter().map(|text| text.split_whitespace().count()).sum();
            let is_article = article.body_kind == BodyKind::Full
                && article.quality.score >= ARTICLE_QUALITY_MIN
                && n_words >= ARTICLE_WORDS_MIN;
            if is_article { PageKind::Article } else { PageKind::Other }
        }
        Err(
            ExtractError::NoArticle(NoArticle::Wall(wall))
            | ExtractError::RuleFailed { reason: NoArticle::Wall(wall), .. },
        ) => PageKind::Wall(wall),
        Err(_) => PageKind::Other,
    }
}
