//! The writing thread and the handle to it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use crate::config::{ScheduleSettings, StoreSettings};
use crate::model::{
    Article, ArticleOutcome, ArticleRecord, ClaimedWork, ImportedArticle, LinkId, ListedLink, PollOutcome, Source,
    SourceId, StoredArticle,
};

pub use super::articles::ArticleCommit;
use super::claims::{self, ClaimRequest};
use super::memory::{Memory, WriteTransaction};
use super::polls::{self, PollCommit};
use super::rows::private_time;
use super::schema::{self, IngestLock, StoreError};
use super::source_changes::{self, NewSource};
use super::sources::{self, AddedSource, SyncReport};
use super::{articles, copies, fetches, links, restore};

/// Units of work that wait for the writer before senders have to: enough to fill a transaction, few enough that the
/// articles in them do not add up.
const WAITING_MAX: usize = 64;

/// Turns that the writer leaves to other threads before it begins a transaction with room left. On a busy machine more
/// work arrives meanwhile, and each page that a transaction changes is written once for all of it; on an idle one
/// nobody takes the turns, and nothing waits.
const TURNS_FOR_OTHERS: u32 = 4;

/// One unit of work, its result and whoever waits for it.
trait Work: Send {
    /// Does the work inside a transaction. It may be done again in another one if this one cannot be committed.
    fn run(&mut self, transaction: WriteTransaction<'_>) -> rusqlite::Result<()>;

    /// Tells the result, or what kept it from becoming durable.
    fn report(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Unit<T, F> {
    act: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send> Work for Unit<T, F> {
    fn run(&mut self, transaction: WriteTransaction<'_>) -> rusqlite::Result<()> {
        self.result = Some((self.act)(&transaction)?);
        Ok(())
    }

    fn report(self: Box<Self>, committed: Result<(), StoreError>) {
        let Unit { result, reply, .. } = *self;
        let outcome = committed.and_then(|()| result.ok_or(StoreError::Closed));
        // A sender that no longer waits has given up on the answer, not on the work.
        let _ = reply.send(outcome);
    }
}

/// What the thread is sent.
enum Message {
    Work(Box<dyn Work>),
    Stop,
}

/// A handle to the writing thread. Cheap to clone; the thread ends when [`Store::close`] is called.
#[derive(Clone, Debug)]
pub struct Store {
    messages: mpsc::Sender<Message>,
    schedule: Arc<ScheduleSettings>,
    n_commits: Arc<AtomicU64>,
    thread: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Takes the right to ingest, opens or creates the database, migrates it and starts the writing thread.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when another process ingests, [`StoreError::Newer`] for a later program's file, and
    /// whatever else keeps the file from being written.
    pub fn open(settings: &StoreSettings, schedule: &ScheduleSettings) -> Result<Store, StoreError> {
        schema::refuse_snapshot(&settings.path)?;
        schema::make_folder_of(&settings.path)?;
        let lock = IngestLock::acquire(&settings.path)?;
        let connection = schema::open_for_writing(settings)?;
        claims::release_all(&connection, Timestamp::now()).map_err(|error| schema::explain(&error, &settings.path))?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let n_commits = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            connection,
            memory: RefCell::new(Memory::new(settings.stories)),
            settings: settings.clone(),
            n_commits: n_commits.clone(),
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(|error| StoreError::Unusable { path: "thread".to_owned(), reason: error.to_string() })?;
        Ok(Store {
            messages: sender,
            schedule: Arc::new(schedule.clone()),
            n_commits,
            thread: Arc::new(std::sync::Mutex::new(Some(thread))),
        })
    }

    /// Waits for what was sent, folds the write-ahead log into the file and ends the thread. Handles that are left
    /// get [`StoreError::Closed`].
    ///
    /// # Errors
    ///
    /// When the thread panicked.
    pub async fn close(self) -> Result<(), StoreError> {
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        // An error means that the thread has ended already.
        let _ = self.messages.send(Message::Stop).await;
        match thread {
            Some(thread) => {
                let joined = tokio::task::spawn_blocking(move || thread.join()).await;
                joined.ok().and_then(Result::ok).ok_or(StoreError::Closed)
            }
            None => Ok(()),
        }
    }

    /// A handle to the same thread whose commits follow other settings.
    #[must_use]
    pub fn scheduling_by(&self, schedule: &ScheduleSettings) -> Store {
        Store { schedule: Arc::new(schedule.clone()), ..self.clone() }
    }

    /// How many transactions have been committed: a sign of life.
    #[must_use]
    pub fn n_commits(&self) -> u64 {
        self.n_commits.load(Ordering::Relaxed)
    }

    /// Makes the stored list of sources agree with the file's.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn synchronize_sources(&self, listed: Vec<Source>) -> Result<SyncReport, StoreError> {
        self.write(move |tx| sources::synchronize(tx, &listed, Timestamp::now())).await
    }

    /// Adds a source that no file lists; `is_polled` says whether the daemon polls it.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn add_source(&self, source: Source, is_polled: bool) -> Result<AddedSource, StoreError> {
        self.write(move |tx| sources::add(tx, &source, is_polled, Timestamp::now())).await
    }

    /// Adds sources that no file lists, and that are polled unless they are paused: all, or none.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn add_sources(&self, added: Vec<NewSource>) -> Result<Vec<AddedSource>, StoreError> {
        self.write(move |tx| source_changes::add_all(tx, &added, Timestamp::now())).await
    }

    /// Makes these sources due now, or all active ones.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn make_due(&self, only: Option<Vec<SourceId>>) -> Result<(), StoreError> {
        self.write(move |tx| match &only {
            Some(list) => list.iter().try_for_each(|source| sources::make_due(tx, *source, Timestamp::now())),
            None => sources::make_all_due(tx, Timestamp::now()).map(|_| ()),
        })
        .await
    }

    /// Takes in one address given by hand; it is due at once.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn ask_for(&self, link: ListedLink) -> Result<LinkId, StoreError> {
        self.write(move |tx| links::ask_for(tx, &link, Timestamp::now())).await
    }

    /// Claims due work.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn claim(&self, request: ClaimRequest) -> Result<ClaimedWork, StoreError> {
        self.write(move |tx| claims::claim(tx, &request)).await
    }

    /// Commits a poll: its links, the source's validators and its next due time, in one transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; the claim then runs out and the poll is repeated.
    pub async fn commit_poll(&self, outcome: PollOutcome) -> Result<PollCommit, StoreError> {
        let schedule = self.schedule.clone();
        self.write(move |tx| polls::commit(tx, &outcome, &schedule)).await
    }

    /// Commits the fetch of an article: the article, its sightings and the release of its claim, in one transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; the claim then runs out and the fetch is repeated.
    pub async fn commit_article(&self, outcome: ArticleOutcome) -> Result<ArticleCommit, StoreError> {
        let schedule = self.schedule.clone();
        self.write(move |tx| articles::commit(tx, &outcome, &schedule)).await
    }

    /// Takes in an article from a file.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn import(&self, article: ImportedArticle) -> Result<StoredArticle, StoreError> {
        self.write(move |tx| articles::import(tx, &article, None)).await
    }

    /// Takes in an article from an export, as far as it can be as it was there.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn restore(&self, article: ImportedArticle, record: ArticleRecord) -> Result<StoredArticle, StoreError> {
        self.write(move |tx| restore::restore(tx, &article, &record)).await
    }

    /// Makes a source that imported articles are said to come from, and gives it a title if it has none.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn name_source(&self, slug: String, title: String) -> Result<(), StoreError> {
        self.write(move |tx| restore::name_source(tx, &slug, &title, Timestamp::now())).await
    }

    /// The stored article that an article is made from, were it to come in now. Nothing is written.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn original_of(&self, article: Article) -> Result<Option<i64>, StoreError> {
        self.write(move |tx| copies::original_of(tx, &article)).await
    }

    /// Writes a sign of life, which readers see, and deletes what is too old to keep.
    ///
    /// # Errors
    ///
    /// When the database cannot be written: then no watchdog should be fed.
    pub async fn heartbeat(&self, started_at: Timestamp, keep_fetches_days: u32) -> Result<(), StoreError> {
        self.write(move |tx| {
            let now = Timestamp::now();
            tx.prepare_cached(
                "INSERT INTO _daemon (id, pid, version, started_at, heartbeat_at) VALUES (1, ?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET pid = excluded.pid, version = excluded.version,
                     started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, stopped_at = NULL",
            )?
            .execute(params![
                std::process::id(),
                env!("CARGO_PKG_VERSION"),
                private_time(started_at),
                private_time(now)
            ])?;
            fetches::prune(tx, keep_fetches_days, now).map(|_| ())
        })
        .await
    }

    /// Gives back all claims. Returns how many there were.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; the leases then run out by themselves.
    pub async fn give_back(&self) -> Result<usize, StoreError> {
        self.write(|tx| claims::release_all(tx, Timestamp::now())).await
    }

    /// Writes down that the daemon stopped on purpose.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn note_stop(&self) -> Result<(), StoreError> {
        self.write(|tx| tx.execute("UPDATE _daemon SET stopped_at = ?1", [private_time(Timestamp::now())]).map(|_| ()))
            .await
    }

    /// Sends a unit of work and awaits its result, which comes when it is durable.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(Unit { act, result: None, reply });
        self.messages.send(Message::Work(work)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

struct Writer {
    connection: Connection,
    memory: RefCell<Memory>,
    settings: StoreSettings,
    n_commits: Arc<AtomicU64>,
    _lock: IngestLock,
}

impl Writer {
    /// Takes what waits into one transaction, until told to stop or every handle is gone.
    fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        while let Some(Message::Work(first)) = waiting.blocking_recv() {
            let mut batch = vec![first];
            let mut is_last = false;
            let mut n_turns = 0;
            while batch.len() < self.settings.batch_max {
                match waiting.try_recv() {
                    Ok(Message::Work(work)) => {
                        batch.push(work);
                        n_turns = 0;
                    }
                    Ok(Message::Stop) => is_last = true,
                    Err(_) if n_turns < TURNS_FOR_OTHERS && !is_last => {
                        n_turns += 1;
                        std::thread::yield_now();
                    }
                    Err(_) => break,
                }
            }
            self.commit_all(batch);
            if is_last {
                break;
            }
        }
        // The log is folded in so that the file alone holds everything; if a reader is in the way, the log stays and
        // nothing is missing.
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            warn!("the write-ahead log could not be folded in: {error}");
        }
    }

    /// Commits a batch as one transaction. If a unit fails, nothing of the batch stays, and each unit gets a transaction
    /// of its own: only the one at fault fails, unless the file itself is in trouble. Failures are rare, and savepoints,
    /// which would serve the same end, make each unit copy the pages that it touches.
    fn commit_all(&mut self, mut batch: Vec<Box<dyn Work>>) {
        let outcome = self.commit(&mut batch);
        if let Err(error) = &outcome
            && batch.len() > 1
        {
            debug!("a transaction of {} units failed, they are tried one by one: {error}", batch.len());
            // What ails the file and not the unit (a full disk, a lock) would keep each of the rest waiting as well.
            let mut trouble = None;
            for work in batch {
                let mut alone = vec![work];
                let outcome = trouble.clone().map_or_else(|| self.commit(&mut alone), Err);
                trouble = outcome.clone().err().filter(|error| !matches!(error, StoreError::Sql(_)));
                for work in alone {
                    work.report(outcome.clone());
                }
            }
        } else {
            for work in batch {
                work.report(outcome.clone());
            }
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
        let path = &self.settings.path;
        let mut run = || -> rusqlite::Result<()> {
            // Dropped before its commit, a transaction is rolled back.
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            batch.iter_mut().try_for_each(|work| work.run(WriteTransaction::new(&transaction, &self.memory)))?;
            articles::index_new(&transaction)?;
            transaction.commit()
        };
        if let Err(error) = run() {
            self.memory.borrow_mut().forget();
            return Err(schema::explain(&error, path));
        }
        self.n_commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[tokio::test]
    async fn a_unit_that_fails_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let store = Store::open(&settings, &config::defaults().schedule).unwrap();
        let insert = |slug: &'static str| {
            let store = store.clone();
            async move {
                store
                    .write(move |tx| {
                        tx.execute(
                            "INSERT INTO sources (slug, state, origin, created_at) VALUES (?1, 'manual', 'command', 'x')",
                            [slug],
                        )
                    })
                    .await
            }
        };
        // All are sent before the writer answers the first, so that some share a transaction.
        let outcomes = tokio::join!(insert("a"), insert("b"), insert("a"), insert("c"), insert("b"), insert("d"));
        let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3, outcomes.4, outcomes.5];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 4, "{outcomes:?}");
        let n_sources = store.write(|tx| tx.query_row("SELECT count(*) FROM sources", [], |row| row.get::<_, i64>(0)));
        assert_eq!(n_sources.await.unwrap(), 4);
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn what_is_rolled_back_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let store = Store::open(&settings, &config::defaults().schedule).unwrap();
        let line = r#"{"id": "1", "title": "Ferry Maribel aground off Lorne", "text": "The ferry Maribel ran aground off Lorne."}"#;
        let article = crate::pipeline::json_line(line).unwrap().article;
        let imported = ImportedArticle { article, source: None, guid: None, arrived_at: Timestamp::now() };
        // The article is taken in, and then the transaction that it was taken into comes to nothing.
        let undone: Result<(), StoreError> = store
            .write(move |tx| {
                articles::import(tx, &imported, None)?;
                Err(rusqlite::Error::QueryReturnedNoRows)
            })
            .await;
        assert!(undone.is_err());
        let article = crate::pipeline::json_line(line).unwrap().article;
        let imported = ImportedArticle { article, source: None, guid: None, arrived_at: Timestamp::now() };
        assert_eq!(store.import(imported).await.map(|stored| stored.verdict), Ok(crate::model::Verdict::New));
        let reason =
            store.write(|tx| tx.query_row("SELECT reason FROM story_members", [], |row| row.get::<_, String>(0)));
        assert_eq!(reason.await.unwrap(), "first", "there is no story of an article that was not kept");
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_closed_store_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let store = Store::open(&settings, &config::defaults().schedule).unwrap();
        store.clone().close().await.unwrap();
        assert_eq!(store.make_due(None).await, Err(StoreError::Closed));
    }
}
