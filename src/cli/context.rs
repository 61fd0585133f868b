//! What every command is given.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use crate::config::{self, Config, Overrides};
use crate::store::{Reader, StoreError};

use super::arguments::CommonArguments;
use super::failure::Failure;
use super::terminal::logging;
use super::terminal::output::Output;
use super::terminal::progress;
use super::terminal::text::{counted, one_line};

/// What every command is given.
pub(crate) struct Context {
    pub(crate) overrides: Overrides,
    pub(crate) output: Output,
    pub(crate) verbosity: logging::Verbosity,
    /// Whether the user named a database, by flag or environment.
    pub(crate) has_named_database: bool,
}

impl Context {
    /// What the options that all commands take make of it.
    pub(crate) fn new(arguments: &CommonArguments) -> Self {
        progress::choose_colors(arguments.color);
        Context {
            overrides: arguments.overrides(),
            output: Output::new(arguments.json, arguments.color, arguments.header),
            verbosity: arguments.verbosity(),
            has_named_database: arguments.db.is_some(),
        }
    }

    /// Reads the configuration and starts logging by it.
    pub(crate) fn configure(&self, manner: logging::Manner) -> Result<Arc<Config>, Failure> {
        let config = Arc::new(config::load(&self.overrides)?);
        logging::start(&config.log, self.verbosity, manner);
        Ok(config)
    }

    /// The same for a command that only asks what is stored: a list of sources with faults does not keep it from that.
    pub(crate) fn configure_for_reading(&self) -> Result<Arc<Config>, Failure> {
        let (config, of_list) = config::load_for_reading(&self.overrides)?;
        if let Some(first) = of_list.0.first().filter(|_| self.verbosity != logging::Verbosity::Quiet) {
            let first = first.to_string();
            let others = match of_list.0.len() - 1 {
                0 => String::new(),
                n => format!(" (and {} more: `newswire config check`)", counted(n, "fault")),
            };
            eprintln!(
                "newswire: the list of sources has faults, what is stored is read all the same: {}{others}",
                one_line(&first)
            );
        }
        logging::start(&config.log, self.verbosity, logging::Manner::OneShot);
        Ok(Arc::new(config))
    }

    /// Opens a database for reading, and tells where it can only be read as it lies.
    pub(crate) fn reader(path: &Path) -> Result<Reader, StoreError> {
        let reader = Reader::open(path)?;
        if reader.is_at_rest() {
            let reason = "nothing can be written beside it, and nothing writes to it";
            eprintln!("newswire: {}: read as it lies (immutable=1): {reason}", path.display());
        }
        Ok(reader)
    }

    /// A runtime for commands that touch the network or the writer.
    pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Failed(format!("the runtime cannot be started: {error}")))
    }

    /// Does work that touches the network or the writer. Threads that are still busy then with what nobody waits for any
    /// more, a name that is looked up or a page that is parsed, do not keep the command.
    pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
        let runtime = Context::runtime()?;
        let value = runtime.block_on(work);
        runtime.shutdown_background();
        Ok(value)
    }
}
