//! Finding out what an address is, and which feeds and sitemaps its site has: a page, robots.txt and a handful of further
//! requests, one after the other, each allowed by robots.txt.
//!
//! There is one way to find that out, whoever asks: `discover` shows all of it, `sources add` and `fetch` take the best.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::dates;
use crate::discover::{self, Candidate, Clues, Finding, Reason};
use crate::extract::Wall;
use crate::feed::{self, FeedError, Listing, PageClues};
use crate::fetch::{FetchError, FetchRequest};
use crate::model::{
    ErrorClass, Exchange, Failure, Fetched, FetchedDocument, FoundLink, Purpose, SourceKind, Validators,
};

use super::listing::{PageKind, kind_of_page};
use super::stages::Stages;

/// Time after which no further request is begun: a host with a long `Crawl-delay` makes a person wait.
const TIME_MAX: SignedDuration = SignedDuration::from_mins(2);

/// Entries that are compared to tell whether two feeds are the same.
const COMPARED_ENTRIES: usize = 20;

/// How much is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thoroughness {
    /// The first feed that can be followed in place of the address without asking. Where that is a page deep in a site, it
    /// is one that the page names, since what the rest of the site offers is not what was asked for; where it is an
    /// article or a wall, nothing.
    First,
    /// All that the requests allow.
    All,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// Feeds and sitemaps, the best first.
    pub findings: Vec<Finding>,
    /// Whether the address itself is one of them: then nothing else was looked for.
    pub is_list_itself: bool,
    /// Whether the page at the address is an article.
    pub is_article: bool,
    /// What the page at the address is in place of what should be there.
    pub wall: Option<Wall>,
    /// How many links to articles that page has.
    pub n_article_links: usize,
    /// The address that answered.
    pub site: Option<Url>,
    /// How many requests it took.
    pub n_requests: usize,
    /// Addresses that were not asked for, since the requests or the time were used up.
    pub not_asked: Vec<Url>,
    /// Addresses that may not be asked for, with the reason.
    pub refused: Vec<String>,
    /// Addresses that somebody names and that bring nothing, with the reason.
    pub failed: Vec<String>,
}

/// Why nothing can be found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The page cannot be had.
    #[error("{0}")]
    Unreachable(Failure),
    /// It is neither a page nor a list.
    #[error("{what}, not a page")]
    NotPage {
        /// What it is.
        what: String,
    },
}

/// Finds out what an address is, and what its site offers.
///
/// # Errors
///
/// When the address does not answer with a page, a feed or a sitemap.
pub async fn discover(stages: &Stages, address: &Url, wanted: Thoroughness) -> Result<Discovered, DiscoverError> {
    let mut search = Search::new(stages, wanted);
    let page = match search.look_at(address).await.map_err(|error| DiscoverError::Unreachable(error.failure()))? {
        Seen::List(list) => {
            search.take(*list, vec![Reason::Given]);
            search.found.is_list_itself = true;
            return Ok(search.finish());
        }
        Seen::Page(page) => page,
        Seen::Other(what) => return Err(DiscoverError::NotPage { what }),
    };
    let site = page.url.clone();
    search.found.site = Some(site.clone());
    search.found.is_article = page.kind == PageKind::Article;
    search.found.wall = if let PageKind::Wall(wall) = page.kind { Some(wall) } else { None };
    search.found.n_article_links = page.n_article_links;
    if page.kind != PageKind::Other && wanted == Thoroughness::First {
        return Ok(search.finish());
    }
    let is_home = site.path().trim_matches('/').is_empty() && site.query().is_none();
    if wanted == Thoroughness::First && !is_home {
        let alternates = page.clues.alternates.clone();
        search.follow_clues(Page { clues: PageClues { alternates, ..PageClues::default() }, ..page }, &[]).await;
        return Ok(search.finish());
    }
    let mut exchanges = Vec::new();
    // It has been read before the page was, unless robots.txt is not looked at.
    let sitemaps = stages.fetcher.sitemaps(&site, &mut exchanges).await;
    search.found.n_requests += exchanges.iter().filter(|exchange| was_sent(exchange)).count();
    let generator = page.clues.generator.clone();
    search.follow_clues(page, &sitemaps).await;
    // A page deep in a site may name nothing where the home page does.
    if !is_home
        && let Ok(home) = site.join("/")
        && search.is_wanting()
        && search.has_budget()
        && let Ok(Seen::Page(page)) = search.look_at(&home).await
    {
        search.follow_clues(page, &[]).await;
    }
    let guesses = discover::guesses(&site, generator.as_deref(), &search.found.findings);
    search.ask_all(guesses.into(), 0).await;
    Ok(search.finish())
}

/// What stands at an address.
enum Seen {
    List(Box<List>),
    Page(Page),
    Other(String),
}

/// A page, and what it tells of feeds.
struct Page {
    url: Url,
    kind: PageKind,
    n_article_links: usize,
    clues: PageClues,
}

/// A feed or sitemap.
struct List {
    finding: Finding,
    /// The sitemaps that an index names, newest first.
    children: Vec<Url>,
    /// Its first entries, by which it is known again.
    first_entries: Vec<Url>,
}

struct Search<'a> {
    stages: &'a Stages,
    wanted: Thoroughness,
    deadline: Timestamp,
    asked: Vec<Url>,
    /// The first entries of each finding, in the order of the findings.
    entries: Vec<Vec<Url>>,
    found: Discovered,
}

impl<'a> Search<'a> {
    fn new(stages: &'a Stages, wanted: Thoroughness) -> Self {
        let deadline = Timestamp::now().saturating_add(TIME_MAX).unwrap_or(Timestamp::MAX);
        Search { stages, wanted, deadline, asked: Vec::new(), entries: Vec::new(), found: Discovered::default() }
    }

    fn has_budget(&self) -> bool {
        self.may_ask(0)
    }

    /// Whether there is time for a request, and more of them are left than are kept back.
    fn may_ask(&self, kept_back: usize) -> bool {
        self.found.n_requests + kept_back < self.stages.discover_requests_max && Timestamp::now() < self.deadline
    }

    /// Whether there is nothing yet that is wanted.
    fn is_wanting(&self) -> bool {
        match self.wanted {
            Thoroughness::First => !self.found.findings.iter().any(|found| discover::is_sound(found, Timestamp::now())),
            Thoroughness::All => self.found.findings.is_empty(),
        }
    }

    async fn look_at(&mut self, url: &Url) -> Result<Seen, FetchError> {
        self.asked.push(url.clone());
        let request = FetchRequest { url, purpose: Purpose::Discovery, validators: &Validators::default() };
        let report = self.stages.fetch_patiently(request, self.deadline).await;
        self.found.n_requests += report.exchanges.iter().filter(|exchange| was_sent(exchange)).count();
        let document = match report.result? {
            Fetched::Document(document) => document,
            Fetched::NotModified { .. } => return Ok(Seen::Other("status 304 without a condition".to_owned())),
        };
        let (settings, extractor) = (Arc::clone(&self.stages.feed), self.stages.extractor.clone());
        let seen = self.stages.parse(document.body.len(), move || match feed::read(&document, &settings) {
            Ok(listing) => Seen::List(Box::new(list_of(&document, listing))),
            Err(FeedError::Html { .. }) => Seen::Page(Page {
                url: document.final_url.clone(),
                kind: kind_of_page(&document, &extractor),
                n_article_links: feed::read_page(&document, &settings).links.len(),
                clues: feed::clues_of_page(&document),
            }),
            Err(error) => Seen::Other(match document.content_type {
                Some(content_type) => format!("{error} (it is called {content_type})"),
                None => error.to_string(),
            }),
        });
        Ok(seen.await.unwrap_or_else(|failure| Seen::Other(failure.to_string())))
    }

    /// Asks for what a page names, and for the sitemaps that robots.txt does.
    async fn follow_clues(&mut self, page: Page, sitemaps: &[String]) {
        let clues = Clues {
            alternates: page.clues.alternates.into_iter().map(|feed| feed.url).collect(),
            links: page.clues.links.into_iter().map(|feed| feed.url).collect(),
            sitemaps: sitemaps.iter().filter_map(|sitemap| address(&page.url, sitemap)).collect(),
            generator: page.clues.generator,
        };
        // Of a page that names many feeds none may be there.
        let kept_back = discover::N_GUESSES_MAX.min(self.stages.discover_requests_max / 2);
        self.ask_all(discover::candidates(&page.url, &clues).into(), kept_back).await;
    }

    /// Asks for one after the other, as long as there is reason to. As long as there is no feed, some requests are kept back.
    async fn ask_all(&mut self, mut waiting: VecDeque<Candidate>, kept_back: usize) {
        while let Some(Candidate { url, reasons }) = waiting.pop_front() {
            if self.wanted == Thoroughness::First && !self.is_wanting() {
                return;
            }
            if self.asked.contains(&url) {
                self.note_reasons(&url, reasons);
                continue;
            }
            if !self.may_ask(if discover::has_feed(&self.found.findings) { 0 } else { kept_back }) {
                self.found.not_asked.push(url);
                continue;
            }
            let is_guess = matches!(reasons.as_slice(), [Reason::Usual | Reason::Generator]);
            match self.look_at(&url).await {
                Ok(Seen::List(list)) => {
                    // The best place for news is often named by the index alone.
                    if let Some(child) = discover::news_child(&list.children) {
                        waiting.push_front(Candidate { url: child.clone(), reasons: vec![Reason::Index] });
                    }
                    self.take(*list, reasons);
                }
                // Many sites have a page that lists their feeds.
                Ok(Seen::Page(page)) if reasons.contains(&Reason::Link) => {
                    let links = page.clues.links.into_iter().map(|feed| feed.url);
                    let listed = links.map(|url| Candidate { url, reasons: vec![Reason::Link] });
                    waiting.extend(listed.filter(|candidate| !self.asked.contains(&candidate.url)));
                }
                // That nothing is where it was merely guessed is no news.
                Ok(Seen::Page(_) | Seen::Other(_)) | Err(_) if is_guess => {}
                Ok(Seen::Page(_)) => self.found.failed.push(format!("{url}: a web page, not a feed")),
                Ok(Seen::Other(what)) => self.found.failed.push(format!("{url}: {what}")),
                Err(error) if error.class().is_policy() => self.found.refused.push(format!("{url}: {error}")),
                Err(error) => self.found.failed.push(format!("{url}: {error}")),
            }
        }
    }

    /// Takes a list in; one that is known under another address is noted there.
    fn take(&mut self, list: List, reasons: Vec<Reason>) {
        let List { mut finding, first_entries, .. } = list;
        let same = self.found.findings.iter().zip(&self.entries).position(|(known, entries)| {
            known.url == finding.url || (!entries.is_empty() && known.kind == finding.kind && *entries == first_entries)
        });
        match same {
            Some(place) => {
                let known = &mut self.found.findings[place];
                if known.url != finding.url && !known.also.contains(&finding.url) {
                    known.also.push(finding.url);
                }
                add_reasons(&mut known.reasons, reasons);
            }
            None => {
                finding.reasons = reasons;
                self.found.findings.push(finding);
                self.entries.push(first_entries);
            }
        }
    }

    fn note_reasons(&mut self, url: &Url, reasons: Vec<Reason>) {
        let known = self.found.findings.iter_mut().find(|finding| finding.url == *url);
        if let Some(known) = known {
            add_reasons(&mut known.reasons, reasons);
        }
    }

    fn finish(self) -> Discovered {
        let mut found = self.found;
        found.findings = discover::rank(std::mem::take(&mut found.findings), Timestamp::now());
        let asked = self.asked;
        found.not_asked.retain(|url| !asked.contains(url));
        found.not_asked.sort();
        found.not_asked.dedup();
        found
    }
}

fn add_reasons(known: &mut Vec<Reason>, reasons: Vec<Reason>) {
    known.extend(reasons);
    known.sort();
    known.dedup();
}

/// An address that robots.txt names; by the protocol it is absolute, by custom not always.
fn address(site: &Url, text: &str) -> Option<Url> {
    site.join(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether a request was made, and not refused before it was.
fn was_sent(exchange: &Exchange) -> bool {
    exchange.status.is_some()
        || !exchange
            .failure
            .as_ref()
            .is_some_and(|failure| matches!(failure.class, ErrorClass::Robots | ErrorClass::Address))
}

fn list_of(document: &FetchedDocument, listing: Listing) -> List {
    let newest = |link: &FoundLink| {
        let dates = [&link.published, &link.updated].into_iter().flatten();
        dates.filter_map(|date| dates::read(date)).map(|date| date.instant).max()
    };
    let is_sitemap = listing.kind == SourceKind::Sitemap;
    let finding = Finding {
        url: document.final_url.clone(),
        also: Vec::new(),
        kind: listing.kind,
        format: listing.format,
        newest: listing.links.iter().filter_map(newest).max(),
        n_entries: listing.links.len() + listing.children.len(),
        n_texts: listing.links.iter().filter(|link| link.text.content.is_some()).count(),
        // Only the news extension has titles.
        is_news_sitemap: is_sitemap && listing.links.iter().any(|link| link.title.is_some()),
        title: listing.title.map(|title| crate::normalize::text::clean_line(&title)).filter(|title| !title.is_empty()),
        language: listing.language,
        reasons: Vec::new(),
    };
    let first_entries = listing.links.into_iter().filter_map(|link| link.url).take(COMPARED_ENTRIES).collect();
    List { finding, children: listing.children, first_entries }
}
