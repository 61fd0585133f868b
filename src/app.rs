//! Builds the program's parts from a configuration; the only place that does.

use std::sync::Arc;

use crate::config::Config;
use crate::pipeline::Stages;
use crate::store::{Claimant, OpeningWatcher, Store, StoreError};

/// The parts that ingest, put together. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// What it was built from.
    pub config: Arc<Config>,
    /// The stages.
    pub stages: Stages,
    /// The database, for writing.
    pub store: Store,
}

/// Why the parts cannot be put together.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client, or the sentence encoder.
    #[error("{0}")]
    Stages(String),
}

impl App {
    /// Opens the database and builds the stages.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened for writing, the HTTP client cannot be set up, or the file of the sentence encoder is
    /// none.
    pub fn build(config: Arc<Config>) -> Result<App, AppError> {
        App::build_watched(config, None)
    }

    /// The same for somebody who may give it up while the database is opened.
    ///
    /// # Errors
    ///
    /// As [`App::build`], and [`StoreError::GivenUp`].
    pub fn build_watched(config: Arc<Config>, watcher: Option<OpeningWatcher>) -> Result<App, AppError> {
        let mut stages = Stages::new(&config).map_err(AppError::Stages)?;
        stages.meanings = stages.meanings.by(config.encoder.as_deref()).map_err(AppError::Stages)?;
        let is_done_elsewhere = !config.queue.servers.is_empty() && config.queue.embedded == 0;
        let claimant = if is_done_elsewhere { Claimant::Workers } else { Claimant::ThisProcess };
        let store = Store::open_watched(&config.store, &config.schedule, claimant, watcher)?;
        stages.fetcher.recall(store.take_host_memory());
        Ok(App { config, stages, store })
    }

    /// The same parts with other settings: a new client and new limits; the database, and what is known of hosts, as it is.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be set up; the parts at hand are still good.
    pub fn reconfigured(&self, config: Arc<Config>) -> Result<App, AppError> {
        let stages = self.stages.reconfigured(&config).map_err(AppError::Stages)?;
        let store = self.store.scheduling_by(&config.schedule);
        Ok(App { config, stages, store })
    }
}
