//! What every command is given.

use std::cell::RefCell;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::terminal::messages::say;
use crate::config::{self, Config, Overrides, Place};
use crate::store::{self, Reader, StoreError};

use super::arguments::CommonArguments;
use super::failure::Failure;
use super::terminal::logging;
use super::terminal::output::{Manners, Output, Times};
use super::terminal::progress;
use super::terminal::text::{counted, one_line};

/// What every command is given.
pub(crate) struct Context {
    pub(crate) overrides: Overrides,
    pub(crate) output: Output,
    pub(crate) verbosity: logging::Verbosity,
    /// Whether the user named a database, by flag or environment.
    pub(crate) has_named_database: bool,
    /// The database of the settings, and where it was looked for, once they are read.
    database: RefCell<Option<Database>>,
}

/// The database of the settings.
struct Database {
    path: PathBuf,
    places: Vec<Place>,
    /// Whether it was there when the settings were read, or its making was told since.
    is_known: bool,
}

impl Context {
    /// What the options that all commands take make of it.
    pub(crate) fn new(arguments: &CommonArguments) -> Self {
        progress::choose_colors(arguments.color);
        Context {
            overrides: arguments.overrides(),
            output: Output::new(Manners {
                is_json: arguments.json,
                color: arguments.color,
                has_header: arguments.header,
                times: if arguments.utc { Times::Utc } else { Times::Relative },
                is_paged: !arguments.no_pager,
            }),
            verbosity: arguments.verbosity(),
            has_named_database: arguments.db.is_some(),
            database: RefCell::new(None),
        }
    }

    /// Takes the servers of the queue from a command line, where it names some.
    pub(crate) fn name_queue(&mut self, servers: &[String]) {
        if !servers.is_empty() {
            self.overrides.flags.push(("queue.servers", servers.join(","), "--nats"));
        }
    }

    /// Reads the configuration and starts logging by it.
    pub(crate) fn configure(&self, manner: logging::Manner) -> Result<Arc<Config>, Failure> {
        let config = Arc::new(config::load(&self.overrides)?);
        // The daemon's journal says it.
        self.note_database(&config, matches!(manner, logging::Manner::Daemon));
        logging::start(&config.log, self.verbosity, manner);
        Ok(config)
    }

    /// The same for a worker, which follows nothing and has no database.
    pub(crate) fn configure_for_work(&self) -> Result<Arc<Config>, Failure> {
        let (config, _) = config::load_for_pages(&self.overrides)?;
        logging::start(&config.log, self.verbosity, logging::Manner::Daemon);
        Ok(Arc::new(config))
    }

    /// The same for a command that follows nothing: a list of sources or rules for sites with faults do not keep it from its work.
    pub(crate) fn configure_for_reading(&self) -> Result<Arc<Config>, Failure> {
        let (config, aside) = config::load_for_reading(&self.overrides)?;
        Ok(self.configured_without(config, &aside))
    }

    /// The same for a command that reads pages: the rules for sites must be right.
    pub(crate) fn configure_for_pages(&self) -> Result<Arc<Config>, Failure> {
        let (config, aside) = config::load_for_pages(&self.overrides)?;
        Ok(self.configured_without(config, &aside))
    }

    /// Tells what a command does without, and starts logging.
    fn configured_without(&self, config: Config, of_list: &config::Problems) -> Arc<Config> {
        if let Some(first) = of_list.0.first().filter(|_| self.verbosity != logging::Verbosity::Quiet) {
            let first = first.to_string();
            let others = match of_list.0.len() - 1 {
                0 => String::new(),
                n => format!(" (and {} more: `newswire config check`)", counted(n, "fault")),
            };
            say!(
                "newswire: the sources or the rules for sites have faults, and this goes on without those: {}{others}",
                one_line(&first)
            );
        }
        logging::start(&config.log, self.verbosity, logging::Manner::OneShot);
        self.note_database(&config, false);
        Arc::new(config)
    }

    fn note_database(&self, config: &Config, is_told: bool) {
        let places = config.places.iter().filter(|place| place.file == "database").cloned().collect();
        let path = config.store.path.clone();
        let is_known = is_told || path.exists();
        self.database.replace(Some(Database { path, places, is_known }));
    }

    /// Tells of a database that was not there when the settings were read, and is now: what is typed in another folder would else begin
    /// one that nobody looks for.
    pub(crate) fn tell_new_database(&self) {
        let mut database = self.database.borrow_mut();
        let Some(database) = database.as_mut().filter(|database| !database.is_known && database.path.exists()) else {
            return;
        };
        database.is_known = true;
        if self.verbosity != logging::Verbosity::Quiet {
            let others = others_of(&database.places);
            say!("newswire: {}: a new database, since there was none{others}", shown(&database.path));
        }
    }

    /// A failure for want of a database, with all places where one was looked for.
    pub(crate) fn with_places(&self, failure: Failure) -> Failure {
        match (failure, &*self.database.borrow()) {
            (Failure::Store(StoreError::Missing { path }), Some(database)) if Path::new(&path) == database.path => {
                let (path, others) = (shown(&database.path), others_of(&database.places));
                Failure::Failed(format!(
                    "{path}: no database there yet{others}; `newswire fetch URL` or `newswire run` creates one, --db names another, and \
                     `newswire config show --paths` says why it is looked for there"
                ))
            }
            (failure, _) => failure,
        }
    }

    /// Opens a database for reading, and tells where it can only be read as it lies.
    pub(crate) fn reader(path: &Path) -> Result<Reader, StoreError> {
        let reader = Reader::open(path)?;
        if reader.is_at_rest() {
            let reason = "nothing can be written beside it, and nothing writes to it";
            say!("newswire: {}: read as it lies (immutable=1): {reason}", path.display());
        }
        if let Some(damage) = reader.cut_off() {
            say!(
                "newswire: {}: {damage}; what can be read of it is shown, and `newswire doctor` says what can be done",
                path.display()
            );
        }
        if reader.has_other_names() {
            Context::tell_other_names(path);
        }
        Ok(reader)
    }

    /// The same for a command that is going to change it: whether it may is said first, and not after what reading takes.
    pub(crate) fn reader_before_change(path: &Path) -> Result<Reader, StoreError> {
        store::check_changeable(path)?;
        Context::reader(path)
    }

    /// Says that a file is not all that there may be.
    pub(crate) fn tell_other_names(path: &Path) {
        let reason = "the file has other names (hard links), and what is written by one of them may be missing here";
        say!("newswire: {}: {reason}", path.display());
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

/// The places besides the one in force, in words.
fn others_of(places: &[Place]) -> String {
    let told = |place: &Place| {
        let (path, reason) = (shown(&place.path), &place.reason);
        if place.is_there {
            format!(", and {path} ({reason}) does not count")
        } else {
            format!(", nor at {path} ({reason})")
        }
    };
    places.iter().filter(|place| !place.is_in_force).map(told).collect()
}

/// A path as it is found from any folder.
fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
