//! Where pieces of work are done: in this process, or by workers that ask for them.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::app::App;
use crate::config::DaemonSettings;
use crate::model::{ArticleOutcome, Candidate, DueSource, HostMemory, PollOutcome, publisher_of};
use crate::pipeline::{self, Progress};
use crate::queue::{Dispatcher, Kind, Lost, Settling};
use crate::store::Share;

use super::pieces::{Pieces, Slot};

/// Sources with a password in their address that are polled at one time in this process, where workers do the rest.
const SECRET_AT_ONCE: usize = 4;

/// Where pieces of work are done.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In this process.
    Here,
    /// By workers, but for what they must not know.
    Elsewhere {
        /// What hands it out.
        dispatcher: Dispatcher,
        /// For what is done in this process.
        secret: Arc<Semaphore>,
    },
}

/// What came of a piece of work.
pub(super) struct Done<T> {
    /// The outcome.
    pub(super) outcome: T,
    /// What hosts have said that the next process is to go by.
    pub(super) hosts: HostMemory,
    /// Hears that it is committed.
    pub(super) settling: Option<Settling>,
}

impl Place {
    /// By workers.
    pub(super) fn elsewhere(dispatcher: Dispatcher) -> Place {
        Place::Elsewhere { dispatcher, secret: Arc::new(Semaphore::new(SECRET_AT_ONCE)) }
    }

    /// Polls a source.
    pub(super) async fn poll(
        &self,
        app: &App,
        source: DueSource,
        progress: &Progress,
    ) -> Result<Done<PollOutcome>, Lost> {
        match self {
            Place::Here => Ok(poll_here(app, source, progress).await),
            Place::Elsewhere { secret, .. } if source.has_secrets() => {
                let _one_of_few = secret.acquire().await;
                Ok(poll_here(app, source, progress).await)
            }
            Place::Elsewhere { dispatcher, .. } => {
                let _at_work = progress.work();
                let publisher = publisher_of(&source.url);
                let done = dispatcher.poll(&publisher, source).await?;
                Ok(Done { outcome: done.outcome, hosts: done.hosts, settling: Some(done.settling) })
            }
        }
    }

    /// Fetches an article.
    pub(super) async fn article(
        &self,
        app: &App,
        candidate: Candidate,
        progress: &Progress,
    ) -> Result<Done<ArticleOutcome>, Lost> {
        match self {
            Place::Here => {
                let stages = app.stages.of_piece(candidate.is_probe, progress.clone());
                let outcome = pipeline::acquire(&stages, candidate).await;
                Ok(Done { outcome, hosts: app.stages.fetcher.host_news(), settling: None })
            }
            Place::Elsewhere { dispatcher, .. } => {
                let _at_work = progress.work();
                let publisher = publisher_of(candidate.url.as_url());
                let done = dispatcher.article(&publisher, candidate).await?;
                Ok(Done { outcome: done.outcome, hosts: done.hosts, settling: Some(done.settling) })
            }
        }
    }

    /// How many pieces of a kind may be begun.
    pub(super) fn room(&self, slot: Slot, pieces: &Pieces, settings: &DaemonSettings) -> Share {
        match self {
            Place::Here => pieces.room(slot, settings),
            Place::Elsewhere { dispatcher, .. } => {
                let kind = match slot {
                    Slot::Poll => Kind::Poll,
                    Slot::Article => Kind::Article,
                };
                let room = dispatcher.room(kind);
                let n = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
                Share { n_sound: n(room.sound), n_probes: n(room.probes) }
            }
        }
    }

    /// For how many slots more is claimed than there is room for: workers have a stock of their own.
    pub(super) fn n_slots_to_claim_ahead_for(&self, settings: &DaemonSettings) -> usize {
        match self {
            Place::Here => settings.article_tasks,
            Place::Elsewhere { .. } => 0,
        }
    }

    /// Ends when workers have taken some of what waits for them. Never in this process.
    pub(super) async fn some_is_taken(&self) {
        match self {
            Place::Here => std::future::pending().await,
            Place::Elsewhere { dispatcher, .. } => dispatcher.some_is_taken().await,
        }
    }

    /// Hands out nothing more. What nobody has begun is given back.
    pub(super) fn close(&self) {
        if let Place::Elsewhere { dispatcher, .. } = self {
            dispatcher.close();
        }
    }
}

async fn poll_here(app: &App, source: DueSource, progress: &Progress) -> Done<PollOutcome> {
    let stages = app.stages.of_piece(source.is_probe, progress.clone());
    let outcome = pipeline::poll(&stages, source).await;
    Done { outcome, hosts: app.stages.fetcher.host_news(), settling: None }
}
