//! One unit of work from start to end. The one module that knows several stages; it holds no SQL, no channel and no
//! loop, and the daemon and the one-shot commands call the same functions.

mod acquire;

mod discover;

mod feed_text;

mod further_pages;

mod heal;

mod import;

mod opml;

mod poll;

mod sitemaps;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::config::{Config, FeedSettings, ScheduleSettings};
use crate::extract::Extractor;
use crate::fetch::{FetchError, FetchReport, FetchRequest, Fetcher};
use crate::model::{ErrorClass, Failure};

pub use acquire::{ExplainedPage, acquire, explain_page, read_fetched, read_page};
pub use discover::{DiscoverError, Discovered, Thoroughness, discover};
pub use feed_text::spares_page;
pub use import::{JsonArticle, JsonRecord, bundle_document, explain_html_page, html_page, json_line, json_record_id};
pub use opml::{OpmlSource, OpmlSources, opml_sources, write_opml};
pub use poll::poll;

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
    article_pages_max: u32,
    /// Most sitemaps read of one index in a poll.
    index_sitemaps_max: usize,
    /// Most requests for finding the feeds of a site.
    discover_requests_max: usize,
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

    /// Fetches, and waits for the publisher's turn as long as it comes before `deadline`, for what only makes sense
    /// together with what was fetched before it: to give it back would mean to begin anew each time.
    async fn fetch_patiently(&self, request: FetchRequest<'_>, deadline: Timestamp) -> FetchReport {
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
    async fn parse<T: Send + 'static>(&self, parser: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let internal = |reason: String| Failure { class: ErrorClass::Internal, reason };
        let _permit = self.parsing.acquire().await.map_err(|error| internal(error.to_string()))?;
        tokio::task::spawn_blocking(parser)
            .await
            .map_err(|error| internal(format!("the parser failed, please report it with the page: {error}")))
    }
}
