//! The writing thread: takes the units of work that wait into one transaction, and reports when it is durable.

use std::cell::RefCell;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::config::StoreSettings;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::lock::IngestLock;
use crate::store::write::articles::{elsewhere, full_text};
use crate::store::write::cache::Cache;
use crate::store::write::commits::{CommitFigures, Commits};
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::unit::Work;

/// Units of work that may wait for the thread before senders wait as well. Enough to fill a transaction, and few enough
/// that the articles in them take little memory.
const WAITING_MAX: usize = 64;

/// Times that the thread yields to others before it starts a transaction that has room left. On a busy machine more work
/// arrives meanwhile, and each changed page is written once for all of it. On an idle machine a yield returns at once.
const N_YIELDS: u32 = 4;

/// What the thread is sent.
pub(super) enum Message {
    /// Work to do.
    Work(Box<dyn Work>),
    /// Units of work that are to share a transaction, however many they are.
    Group(Vec<Box<dyn Work>>),
    /// Do what waits, then end.
    Stop,
}

/// The writing thread's state.
pub(super) struct Writer {
    connection: Connection,
    cache: RefCell<Cache>,
    settings: StoreSettings,
    commits: Arc<Commits>,
    /// Which file it is: device and number.
    file: Option<(u64, u64)>,
    _lock: IngestLock,
}

impl Writer {
    /// A writer that counts its transactions in `commits`.
    pub(super) fn new(
        connection: Connection,
        settings: &StoreSettings,
        commits: Arc<Commits>,
        lock: IngestLock,
    ) -> Writer {
        let cache = RefCell::new(Cache::new(settings.stories));
        let file = file_at(&settings.path);
        Writer { connection, cache, settings: settings.clone(), commits, file, _lock: lock }
    }

    /// Starts the thread. It ends when told to stop, or when every sender is gone.
    pub(super) fn start(self) -> Result<(mpsc::Sender<Message>, JoinHandle<()>), StoreError> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || self.run(receiver))
            .map_err(|error| StoreError::Unusable { path: "thread".to_owned(), reason: error.to_string() })?;
        Ok((sender, thread))
    }

    fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        loop {
            let first = match waiting.blocking_recv() {
                Some(Message::Work(work)) => vec![work],
                Some(Message::Group(units)) => units,
                Some(Message::Stop) | None => break,
            };
            let Batch { units, is_last } = self.collect(first, &mut waiting);
            self.commit_batch(units);
            if is_last {
                break;
            }
        }
        // After a checkpoint the file alone holds everything. A reader may prevent it; then the log stays, and nothing is
        // missing.
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            warn!("the write-ahead log could not be folded in: {error}");
        }
    }

    /// Takes what waits behind the first units, up to the size of a batch.
    fn collect(&self, first: Vec<Box<dyn Work>>, waiting: &mut mpsc::Receiver<Message>) -> Batch {
        let mut batch = Batch { units: first, is_last: false };
        let mut n_yields = 0;
        while batch.units.len() < self.settings.batch_max {
            match waiting.try_recv() {
                Ok(Message::Work(work)) => {
                    batch.units.push(work);
                    n_yields = 0;
                }
                Ok(Message::Group(units)) => {
                    batch.units.extend(units);
                    n_yields = 0;
                }
                Ok(Message::Stop) => batch.is_last = true,
                Err(_) if n_yields < N_YIELDS && !batch.is_last => {
                    n_yields += 1;
                    std::thread::yield_now();
                }
                Err(_) => break,
            }
        }
        batch
    }

    /// Commits a batch as one transaction. If a unit fails, the batch is rolled back and its halves are committed one after
    /// the other, so that what fails is found in few steps. Failures are rare, and savepoints would make each unit copy the
    /// pages that it touches.
    fn commit_batch(&mut self, mut units: Vec<Box<dyn Work>>) {
        let outcome = self.commit(&mut units);
        match &outcome {
            Err(error) if units.len() > 1 => {
                debug!("a transaction of {} units failed, parts of it are tried: {error}", units.len());
                if matches!(error, StoreError::Sql(_)) {
                    let later = units.split_off(units.len() / 2);
                    self.commit_batch(units);
                    self.commit_batch(later);
                } else {
                    self.commit_one_by_one(units);
                }
            }
            _ => {
                for work in units {
                    work.report(outcome.clone());
                }
            }
        }
    }

    /// Gives each unit a transaction of its own, so that only the faulty one fails. A failure of the file (a full disk, a
    /// lock) would delay each of the rest as well: they then fail without being tried.
    fn commit_one_by_one(&mut self, units: Vec<Box<dyn Work>>) {
        let mut file_failure = None;
        for work in units {
            let mut alone = vec![work];
            let outcome = file_failure.clone().map_or_else(|| self.commit(&mut alone), Err);
            file_failure = outcome.clone().err().filter(|error| !matches!(error, StoreError::Sql(_)));
            for work in alone {
                work.report(outcome.clone());
            }
        }
    }

    /// Runs units in one transaction and commits it. After a failure nothing of them stays.
    fn commit(&mut self, units: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
        // SQLite goes on writing to a file that has lost its name.
        if file_at(&self.settings.path) != self.file {
            return Err(StoreError::Replaced { path: self.settings.path.display().to_string() });
        }
        let begun = Instant::now();
        let outcome = self.run_in_transaction(units);
        let (n_units, is_committed) = (units.len(), outcome.is_ok());
        self.commits.note(CommitFigures { n_units, elapsed: begun.elapsed(), is_committed });
        if let Err(error) = outcome {
            self.cache.borrow_mut().clear();
            return Err(explain(&error, &self.settings.path));
        }
        Ok(())
    }

    fn run_in_transaction(&mut self, units: &mut [Box<dyn Work>]) -> rusqlite::Result<()> {
        // A transaction that is dropped before its commit is rolled back.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // What arrives is compared with what there is now, whoever changed it.
        elsewhere::catch_up(&transaction)?;
        for work in units {
            work.run(WriteTransaction::new(&transaction, &self.cache))?;
        }
        full_text::index_new(&transaction)?;
        transaction.commit()
    }
}

/// Which file is at a path: its device and number.
fn file_at(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Units of work for one transaction.
struct Batch {
    units: Vec<Box<dyn Work>>,
    /// Whether the thread ends after it.
    is_last: bool,
}
