//! The stages, as the pipeline uses them.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::config::{Config, FeedSettings, ScheduleSettings};
use crate::extract::Extractor;
use crate::fetch::{FetchError, FetchReport, FetchRequest, Fetcher};
use crate::model::{ErrorClass, Failure, Route};

/// The stages, as the pipeline uses them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stages {
    /// The way to the network.
    pub fetcher: Fetcher,
    /// Pages to articles.
    pub extractor: Extractor,
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
    /// How many documents are parsed at one time.
    parsing: Arc<Semaphore>,
}

impl Stages {
    /// Builds the stages.
    ///
    /// # Errors
    ///
    /// A sentence, when the HTTP client cannot be set up.
    pub fn new(config: &Config) -> Result<Self, String> {
        Ok(Stages {
            fetcher: Fetcher::new(&config.fetch)?,
            extractor: Extractor::new(&config.extract),
            feed: Arc::new(config.feed.clone()),
            schedule: Arc::new(config.schedule.clone()),
            article_pages_max: config.fetch.article_pages_max,
            index_sitemaps_max: config.fetch.index_sitemaps_max,
            discover_requests_max: config.fetch.discover_requests_max,
            parsing: Arc::new(Semaphore::new(config.daemon.parse_tasks)),
        })
    }

    /// The same for what a source leads to, which may have a way of its own.
    #[must_use]
    pub fn by_way_of(&self, of_source: Option<&Route>) -> Self {
        Stages { fetcher: self.fetcher.by_way_of(of_source), ..self.clone() }
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
    /// As [`Stages::new`].
    pub fn reconfigured(&self, config: &Config) -> Result<Self, String> {
        let fetcher = self.fetcher.reconfigured(&config.fetch)?;
        Ok(Stages { fetcher, ..Stages::new(config)? })
    }

    /// Runs a parser on a thread of its own kind: parsing takes milliseconds, which is too long for the threads that
    /// everything else waits on, and trees of pages are not `Send`. A panic in it is a failure like others.
    pub(super) async fn parse<T: Send + 'static>(
        &self,
        parser: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let internal = |reason: String| Failure { class: ErrorClass::Internal, reason };
        let _permit = self.parsing.acquire().await.map_err(|error| internal(error.to_string()))?;
        tokio::task::spawn_blocking(parser)
            .await
            .map_err(|error| internal(format!("the parser failed, please report it with the page: {error}")))
    }
}
