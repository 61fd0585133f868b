//! A worker reports what came of a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::article_result::ArticleResultForm;
use super::code::{Versioned, decode, encode};
use super::error::WireError;
use super::exchange::ExchangeForm;
use super::form::{Form, Many, Maybe};
use super::host::HostMemoryForm;
use super::link::ListedLinkForm;
use super::poll_result::PollResultForm;
use super::scalar::ClockTime;
use crate::model::{
    ArticleOutcome, ArticleResult, Candidate, DueSource, Exchange, HostMemory, ListedLink, PollOutcome, PollResult,
};

/// What came of a job. Without the source or candidate, which the writer has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`super::VERSION`] of who reports.
    pub version: u32,
    /// The run of the writer that gave the job out.
    pub run: String,
    /// The job's ticket.
    pub ticket: String,
    /// The worker.
    pub worker: String,
    /// The epoch under which it was given out.
    pub epoch: u64,
    /// What was found out about hosts meanwhile.
    #[serde(with = "HostMemoryForm")]
    pub hosts: HostMemory,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A source was polled.
    Poll(PollDone),
    /// An article was fetched.
    Article(ArticleDone),
    /// It is given back untouched.
    Dropped,
}

/// A [`PollOutcome`] without its source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PollDone {
    /// See [`PollOutcome::exchanges`].
    #[serde(with = "Many::<ExchangeForm>")]
    pub exchanges: Vec<Exchange>,
    /// See [`PollOutcome::finished_at`].
    #[serde(with = "ClockTime")]
    pub finished_at: Timestamp,
    /// See [`PollOutcome::result`].
    #[serde(with = "PollResultForm")]
    pub result: PollResult,
    /// See [`PollOutcome::healing`].
    #[serde(default, skip_serializing_if = "Option::is_none", with = "Maybe::<Many<ListedLinkForm>>")]
    pub healing: Option<Vec<ListedLink>>,
}

/// An [`ArticleOutcome`] without its candidate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArticleDone {
    /// See [`ArticleOutcome::exchanges`].
    #[serde(with = "Many::<ExchangeForm>")]
    pub exchanges: Vec<Exchange>,
    /// See [`ArticleOutcome::finished_at`].
    #[serde(with = "ClockTime")]
    pub finished_at: Timestamp,
    /// See [`ArticleOutcome::host_ready_at`].
    #[serde(with = "ClockTime")]
    pub host_ready_at: Timestamp,
    /// See [`ArticleOutcome::result`].
    #[serde(with = "ArticleResultForm")]
    pub result: ArticleResult,
}

/// Of what a poll found besides links no more than this is taken from another machine.
const BESIDE_MAX: usize = 10_000;

impl PollDone {
    /// Takes away what goes beyond what a poll may find, with so many entries of a document.
    pub fn cut(&mut self, n_entries_max: usize) {
        self.exchanges.truncate(BESIDE_MAX);
        if let Some(healing) = &mut self.healing {
            healing.truncate(n_entries_max);
        }
        if let PollResult::Listed { links, problems, children, .. } = &mut self.result {
            links.truncate(n_entries_max);
            problems.truncate(BESIDE_MAX);
            children.truncate(BESIDE_MAX);
        }
    }

    /// The outcome, with its source beside it.
    #[must_use]
    pub fn of(outcome: PollOutcome) -> (DueSource, PollDone) {
        let PollOutcome { source, exchanges, finished_at, result, healing } = outcome;
        (source, PollDone { exchanges, finished_at, result, healing })
    }

    /// The outcome of polling that source.
    #[must_use]
    pub fn with(self, source: DueSource) -> PollOutcome {
        let PollDone { exchanges, finished_at, result, healing } = self;
        PollOutcome { source, exchanges, finished_at, result, healing }
    }
}

impl ArticleDone {
    /// The outcome, with its candidate beside it.
    #[must_use]
    pub fn of(outcome: ArticleOutcome) -> (Candidate, ArticleDone) {
        let ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, result } = outcome;
        (candidate, ArticleDone { exchanges, finished_at, host_ready_at, result })
    }

    /// The outcome of fetching that candidate.
    #[must_use]
    pub fn with(self, candidate: Candidate) -> ArticleOutcome {
        let ArticleDone { exchanges, finished_at, host_ready_at, result } = self;
        ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, result }
    }
}

impl Report {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// When they are none of a report, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Report, WireError> {
        decode("a worker's report", bytes)
    }
}

impl Versioned for Report {
    fn version(&self) -> Option<u32> {
        Some(self.version)
    }
}
