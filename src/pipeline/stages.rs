//! The stages, as the pipeline uses them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config::{Config, FeedSettings, ScheduleSettings};
use crate::extract::Extractor;
use crate::fetch::{FetchError, FetchReport, FetchRequest, Fetcher};
use crate::model::{ErrorClass, Failure, LoginName, Route};

use super::meaning::Meanings;
use super::progress::Progress;

/// Documents of more bytes are large. Pages of news have some 100 KB, feeds less.
const LARGE_BYTES: usize = 256 * 1024;

/// The stages, as the pipeline uses them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stages {
    /// The way to the network.
    pub fetcher: Fetcher,
    /// Pages to articles.
    pub extractor: Extractor,
    /// What articles mean.
    pub meanings: Meanings,
    /// Bounds on feeds.
    pub feed: Arc<FeedSettings>,
    /// When to come back.
    pub schedule: Arc<ScheduleSettings>,
    /// Most pages of one article.
    pub(super) article_pages_max: u32,
    /// Most sitemaps read of one index in a poll.
    pub(super) index_sitemaps_max: usize,
    /// Most requests for finding the feeds of a site.
    pub(super) discover_requests_max: usize,
    parsers: Arc<Parsers>,
    is_probe: bool,
    progress: Progress,
}

impl Stages {
    /// Builds the stages, without a sentence encoder: only what stores articles asks for their meaning.
    ///
    /// # Errors
    ///
    /// A sentence, when the HTTP client cannot be set up.
    pub fn new(config: &Config) -> Result<Self, String> {
        Ok(Stages {
            fetcher: Fetcher::new(&config.fetch)?,
            extractor: Extractor::new(&config.extract),
            meanings: Meanings::default(),
            feed: Arc::new(config.feed.clone()),
            schedule: Arc::new(config.schedule.clone()),
            article_pages_max: config.fetch.article_pages_max,
            index_sitemaps_max: config.fetch.index_sitemaps_max,
            discover_requests_max: config.fetch.discover_requests_max,
            parsers: Arc::new(Parsers::new(config.daemon.parse_tasks)),
            is_probe: false,
            progress: Progress::default(),
        })
    }

    /// The same for one piece of work of the loop: whether it asks somebody who was never reached, is slow or fails, and where
    /// it says what it is at.
    #[must_use]
    pub fn of_piece(&self, is_probe: bool, progress: Progress) -> Self {
        Stages { is_probe, progress, ..self.clone() }
    }

    /// The same for what a source leads to, which may have a way and credentials of its own.
    #[must_use]
    pub fn for_source(&self, route: Option<&Route>, login: Option<&LoginName>) -> Cow<'_, Self> {
        match (route, login) {
            (None, None) => Cow::Borrowed(self),
            _ => Cow::Owned(Stages { fetcher: self.fetcher.for_source(route, login), ..self.clone() }),
        }
    }

    /// Fetches, and waits for the publisher's turn as long as it comes before `deadline`, for what only makes sense
    /// together with what was fetched before it: to give it back would mean to start over each time.
    pub(super) async fn fetch_patiently(&self, request: FetchRequest<'_>, deadline: Timestamp) -> FetchReport {
        let mut exchanges = Vec::new();
        loop {
            let mut report = self.fetcher.fetch(request).await;
            exchanges.append(&mut report.exchanges);
            match report.result {
                Err(FetchError::HostBusy { until }) if until < deadline => {
                    let wait = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
                    tokio::time::sleep(wait).await;
                }
                _ => return FetchReport { exchanges, ..report },
            }
        }
    }

    /// Until when to go on with documents that belong together, the pages of an article or the sitemaps of an index: half
    /// of a lease from now, since the last request may take long too, and what is fetched after the lease is lost.
    pub(super) fn deadline(&self) -> Timestamp {
        let half = SignedDuration::try_from(self.schedule.lease / 2).unwrap_or(SignedDuration::MAX);
        Timestamp::now().saturating_add(half).unwrap_or(Timestamp::MAX)
    }

    /// The stages with other settings. What the way to the network knows of its hosts stays.
    ///
    /// # Errors
    ///
    /// As [`Stages::new`], and when the file of the sentence encoder is none.
    pub fn reconfigured(&self, config: &Config) -> Result<Self, String> {
        let fetcher = self.fetcher.reconfigured(&config.fetch)?;
        let meanings = self.meanings.by(config.encoder.as_deref())?;
        Ok(Stages { fetcher, meanings, ..Stages::new(config)? })
    }

    /// Runs a parser of so many bytes on a thread of its own kind: parsing takes milliseconds, which is too long for the threads
    /// that everything else waits on, and trees of pages are not `Send`. A panic in it is a failure like others.
    ///
    /// Large documents have half of the parsers at most, and so have probes: what takes long must not keep waiting what does
    /// not, nor the bad the good.
    pub(super) async fn parse<T: Send + 'static>(
        &self,
        n_bytes: usize,
        parser: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        // Those that wait for this take no slot of the loop, as if it were their hosts that let them wait.
        let _of_large = permit(&self.parsers.large, n_bytes > LARGE_BYTES).await?;
        let _at_work = self.progress.work();
        let _of_probes = permit(&self.parsers.probes, self.is_probe).await?;
        let _of_all = permit(&self.parsers.all, true).await?;
        tokio::task::spawn_blocking(parser)
            .await
            .map_err(|error| internal(format!("the parser failed, please report it with the page: {error}")))
    }
}

async fn permit(semaphore: &Semaphore, is_needed: bool) -> Result<Option<SemaphorePermit<'_>>, Failure> {
    if is_needed { semaphore.acquire().await.map(Some).map_err(|error| internal(error.to_string())) } else { Ok(None) }
}

fn internal(reason: String) -> Failure {
    Failure { class: ErrorClass::Internal, reason }
}

/// How many documents are parsed at one time.
#[derive(Debug)]
struct Parsers {
    all: Semaphore,
    large: Semaphore,
    probes: Semaphore,
}

impl Parsers {
    fn new(n: usize) -> Self {
        let half = (n / 2).max(1);
        Parsers { all: Semaphore::new(n), large: Semaphore::new(half), probes: Semaphore::new(half) }
    }
}
