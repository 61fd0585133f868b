//! The handle to the writing thread: what it can be asked to do, in the words of the domain.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::info;
use url::Url;

use crate::config::{ScheduleSettings, StoreSettings};
use crate::model::{
    Article, ArticleOutcome, ArticleRecord, ClaimId, ClaimedWork, DeletedIdentity, HostMemory, ImportedArticle,
    JudgedChanges, KnownList, LinkId, ListPoll, ListedLink, ListedSource, MergedMarks, MergedSource, PollOutcome,
    QueueState, Sending, SendingEffect, Source, SourceId, StoredArticle,
};
use crate::store::file::error::{StoreError, explain};
use crate::store::file::host_memory;
use crate::store::file::identity::{check_path, refuse_snapshot};
use crate::store::file::lock::IngestLock;
use crate::store::file::open::{
    OpeningWatcher, check_folder_of, check_maker, make_own_folder, no_longer_watched, open_for_writing_watched,
};
use crate::store::file::source_list::ListKeeper;
use crate::store::write::alarms::{self, AlarmChange, StandingAlarm};
use crate::store::write::articles::commit;
use crate::store::write::articles::fetch::ArticleCommit;
use crate::store::write::articles::{copies, elsewhere, full_text, import, restore};
use crate::store::write::claims::claim;
use crate::store::write::claims::release::{self, Claimant};
use crate::store::write::claims::request::ClaimRequest;
use crate::store::write::commits::{CommitWatcher, Commits};
use crate::store::write::daemon::Run;
use crate::store::write::queue::Queue;
use crate::store::write::removal::walk::RetentionRules;
use crate::store::write::sources::add::{self, AddedSource};
use crate::store::write::sources::edits;
use crate::store::write::sources::list_at_address::{self, ListCommit};
use crate::store::write::sources::polls::{self, PollCommit};
use crate::store::write::sources::schedule;
use crate::store::write::sources::sync::{self, SyncReport};
use crate::store::write::thread::{Message, Writer};
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::unit::unit;
use crate::store::write::{clock, daemon, epochs, fetches, gates, hosts, links, merge, retries, watches};

/// What became of an article from a file: nothing is stored of one that was deleted here.
pub type ImportOutcome = Result<Option<StoredArticle>, StoreError>;

/// A handle to the writing thread. Cheap to clone. The thread ends when [`Store::close`] is called.
#[derive(Clone, Debug)]
pub struct Store {
    messages: mpsc::Sender<Message>,
    queue: Queue,
    schedule: Arc<ScheduleSettings>,
    commits: Arc<Commits>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    /// What hosts had said when the database was opened, until somebody takes it.
    host_memory: Arc<Mutex<HostMemory>>,
    is_after_death: bool,
}

impl Store {
    /// Takes the ingest lock, opens or creates the database, migrates it and starts the writing thread.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when another process ingests, [`StoreError::Newer`] when a later version of the program wrote
    /// the file, and whatever else keeps it from being written.
    pub fn open(settings: &StoreSettings, schedule: &ScheduleSettings) -> Result<Store, StoreError> {
        Store::open_watched(settings, schedule, Claimant::ThisProcess, None)
    }

    /// The same for somebody who may give it up, and has what is claimed done by `claimant`, as the process before did.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], and [`StoreError::GivenUp`].
    pub fn open_watched(
        settings: &StoreSettings,
        schedule: &ScheduleSettings,
        claimant: Claimant,
        watcher: Option<OpeningWatcher>,
    ) -> Result<Store, StoreError> {
        let stop = watcher.as_ref().map(|watcher| Arc::clone(&watcher.stop));
        let is_given_up = || stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
        // Whatever else went wrong meanwhile, the next start will meet it again.
        Store::open_for(settings, schedule, claimant, watcher).map_err(|error| {
            if is_given_up() { StoreError::GivenUp { path: settings.path.display().to_string() } } else { error }
        })
    }

    fn open_for(
        settings: &StoreSettings,
        schedule: &ScheduleSettings,
        claimant: Claimant,
        watcher: Option<OpeningWatcher>,
    ) -> Result<Store, StoreError> {
        refuse_snapshot(&settings.path)?;
        check_path(&settings.path)?;
        make_own_folder(settings);
        check_folder_of(&settings.path)?;
        check_maker(settings)?;
        let is_new = !settings.path.exists();
        let lock = IngestLock::acquire(&settings.path)?;
        let connection = match open_for_writing_watched(settings, watcher) {
            Ok(connection) => connection,
            Err(error) => {
                lock.take_back();
                return Err(error);
            }
        };
        if is_new {
            info!("{}: a new database, since there was none", settings.path.display());
        }
        let now = Timestamp::now();
        let n_abandoned = release::release_abandoned(&connection, schedule, claimant, now)
            .map_err(|error| explain(&error, &settings.path))?;
        let host_memory = elsewhere::catch_up(&connection)
            .and_then(|()| full_text::index_new(&connection))
            .and_then(|()| epochs::begin(&connection))
            .and_then(|()| clock::note_longest_wait(&connection, schedule))
            .and_then(|()| clock::set_right(&connection, schedule, now))
            .and_then(|_| host_memory::load(&connection, now))
            .and_then(|memory| no_longer_watched(&connection).map(|()| memory))
            .map_err(|error| explain(&error, &settings.path))?;
        let commits = Arc::new(Commits::default());
        let (messages, thread) = Writer::new(connection, settings, commits.clone(), lock).start()?;
        Ok(Store {
            messages,
            queue: Queue::new(),
            schedule: Arc::new(schedule.clone()),
            commits,
            thread: Arc::new(Mutex::new(Some(thread))),
            host_memory: Arc::new(Mutex::new(host_memory)),
            is_after_death: n_abandoned > 0,
        })
    }

    /// Waits for the work that was sent, makes a checkpoint and ends the thread. Other handles get
    /// [`StoreError::Closed`] from then on.
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

    /// Whether the process before this one died with work that it had claimed, perhaps of it.
    #[must_use]
    pub fn is_after_death(&self) -> bool {
        self.is_after_death
    }

    /// What hosts had said when the database was opened: once, for whoever asks them.
    #[must_use]
    pub fn take_host_memory(&self) -> HostMemory {
        self.host_memory.lock().map(|mut memory| std::mem::take(&mut *memory)).unwrap_or_default()
    }

    /// Writes down what hosts have said since, for the next process.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn remember_hosts(&self, news: HostMemory) -> Result<(), StoreError> {
        self.write(move |tx| hosts::remember(tx, &news)).await
    }

    /// A handle to the same thread whose commits use other settings.
    #[must_use]
    pub fn scheduling_by(&self, schedule: &ScheduleSettings) -> Store {
        Store { schedule: Arc::new(schedule.clone()), ..self.clone() }
    }

    /// Transactions committed so far: a sign of life.
    #[must_use]
    pub fn n_commits(&self) -> u64 {
        self.commits.n_committed()
    }

    /// Lets somebody hear of each transaction, on the writing thread: the first who asks.
    pub fn watch_commits(&self, watcher: CommitWatcher) {
        self.commits.watch(watcher);
    }

    /// Brings the stored list of sources in line with the sources file.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn synchronize_sources(&self, listed: Vec<Source>) -> Result<SyncReport, StoreError> {
        self.write(move |tx| sync::synchronize(tx, &listed, ListKeeper::SourcesFile, Timestamp::now())).await
    }

    /// What is known of the list of sources at an address.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn known_list(&self, url: Url) -> Result<KnownList, StoreError> {
        self.write(move |tx| list_at_address::known(tx, &url)).await
    }

    /// Forgets lists of sources at other addresses than the one of the settings. What they have brought is followed on.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn forget_other_lists(&self, url: Option<Url>) -> Result<(), StoreError> {
        self.write(move |tx| list_at_address::forget_others(tx, url.as_ref())).await
    }

    /// Commits what a list of sources at an address brought: what came from it and what is in it become the same, unless it has lost
    /// most of what it had.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn commit_list(&self, poll: ListPoll) -> Result<ListCommit, StoreError> {
        self.write(move |tx| list_at_address::commit(tx, &poll, false)).await
    }

    /// Adds a source that no file lists; `is_polled` says whether the daemon polls it.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn add_source(&self, source: Source, is_polled: bool) -> Result<AddedSource, StoreError> {
        self.write(move |tx| add::add(tx, &source, is_polled, Timestamp::now())).await
    }

    /// Adds sources that no file lists: all, or none. They are polled unless they are paused.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn add_sources(&self, added: Vec<ListedSource>) -> Result<Vec<AddedSource>, StoreError> {
        self.write(move |tx| edits::add_all(tx, &added, Timestamp::now())).await
    }

    /// Makes these sources due now, or all active ones.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn make_due(&self, only: Option<Vec<SourceId>>) -> Result<(), StoreError> {
        self.write(move |tx| match &only {
            Some(list) => list.iter().try_for_each(|source| schedule::make_due(tx, *source, Timestamp::now())),
            None => schedule::make_all_due(tx, Timestamp::now()),
        })
        .await
    }

    /// Adds an address given by hand. It is due at once.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn ask_for(&self, link: ListedLink) -> Result<LinkId, StoreError> {
        self.write(move |tx| links::ask_for(tx, &link, Timestamp::now())).await
    }

    /// Gives links without an article a new start: all that were given up or wait after failures, or those that these
    /// sources have listed. They are due at once. Returns how many.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn retry(&self, sources: Option<Vec<SourceId>>) -> Result<Vec<LinkId>, StoreError> {
        self.write(move |tx| retries::retry(tx, sources.as_deref(), Timestamp::now())).await
    }

    /// Claims due work.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn claim(&self, request: ClaimRequest) -> Result<ClaimedWork, StoreError> {
        self.write(move |tx| claim::claim(tx, &request)).await
    }

    /// Commits a poll: its links, the source's validators and its next due time, in one transaction. `handed_over` is called once
    /// it is in the queue of the writing thread, which takes only so many bytes.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The lease then runs out and the poll is repeated.
    pub async fn commit_poll(
        &self,
        outcome: PollOutcome,
        handed_over: impl FnOnce(),
    ) -> Result<PollCommit, StoreError> {
        let schedule = self.schedule.clone();
        let room = self.queue.room_for(outcome.n_bytes()).await?;
        let act = move |tx: &WriteTransaction<'_>| {
            let _until_reported = &room;
            polls::commit(tx, &outcome, &schedule)
        };
        self.write_telling(act, handed_over).await
    }

    /// Commits the fetch of an article: the article, its sightings and the release of its claim, in one transaction. One that a
    /// statement fails for is committed as failed. `handed_over` is called once it is in the queue of the writing thread, which
    /// takes only so many bytes.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The lease then runs out and the fetch is repeated.
    pub async fn commit_article(
        &self,
        outcome: ArticleOutcome,
        handed_over: impl FnOnce(),
    ) -> Result<ArticleCommit, StoreError> {
        let room = self.queue.room_for(outcome.n_bytes()).await?;
        let (outcome, schedule) = (Arc::new(outcome), self.schedule.clone());
        let (again, schedule_again) = (outcome.clone(), schedule.clone());
        let act = move |tx: &WriteTransaction<'_>| {
            let _until_reported = &room;
            commit::commit(tx, &outcome, &schedule)
        };
        match self.write_telling(act, handed_over).await {
            Err(StoreError::Sql(reason)) => {
                self.write(move |tx| commit::commit_refusal(tx, &again, &reason, &schedule_again)).await
            }
            committed => committed,
        }
    }

    /// Stores an article from a file; nothing is stored of one that was deleted here.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn import(&self, article: ImportedArticle) -> Result<Option<StoredArticle>, StoreError> {
        self.write(move |tx| import::import(tx, &article, None)).await
    }

    /// Stores articles from files, in their order and in one transaction, whatever `batch_max` says; with what an export says
    /// of them, as far as they can be as they were there. Gives what became of each; nothing is stored of one that was deleted
    /// here, and one that cannot be stored costs itself.
    ///
    /// # Errors
    ///
    /// When the database is closed.
    pub async fn import_all(
        &self,
        articles: Vec<(ImportedArticle, Option<ArticleRecord>)>,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let store_one = |(article, record): (ImportedArticle, Option<ArticleRecord>)| {
            unit(move |tx| match &record {
                Some(record) => restore::restore(tx, &article, record),
                None => import::import(tx, &article, None),
            })
        };
        let (group, answers): (Vec<_>, Vec<_>) = articles.into_iter().map(store_one).unzip();
        self.messages.send(Message::Group(group)).await.map_err(|_| StoreError::Closed)?;
        let mut stored = Vec::with_capacity(answers.len());
        for answer in answers {
            stored.push(answer.await.map_err(|_| StoreError::Closed)?);
        }
        Ok(stored)
    }

    /// Writes down what watches have to tell of changes, and up to which change all was judged, in one transaction.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. Nothing of it is written then, and the same changes are judged again.
    pub async fn commit_judged(&self, judged: JudgedChanges) -> Result<(), StoreError> {
        self.write(move |tx| watches::commit_judged(tx, &judged, Timestamp::now())).await
    }

    /// Writes down what came of sending messages together to a receiver. Returns how it is now.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The messages wait then as before.
    pub async fn commit_sending(
        &self,
        receiver: String,
        ids: Vec<i64>,
        sending: Sending,
    ) -> Result<SendingEffect, StoreError> {
        self.write(move |tx| watches::commit_sending(tx, &receiver, &ids, &sending, Timestamp::now())).await
    }

    /// Adds a source that imported articles are said to come from, and gives it a title if it has none.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn name_source(&self, slug: String, title: String) -> Result<(), StoreError> {
        self.write(move |tx| restore::name_source(tx, &slug, &title, Timestamp::now())).await
    }

    /// Lists sources of another database, without polling them. Returns the slug that each has here.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn merge_sources(&self, sources: Vec<MergedSource>) -> Result<Vec<String>, StoreError> {
        self.write(move |tx| merge::sources(tx, &sources, Timestamp::now())).await
    }

    /// Notes what was deleted in another database, so that it does not come here. Returns how many signs were new.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn merge_deleted(&self, identities: Vec<DeletedIdentity>) -> Result<usize, StoreError> {
        self.write(move |tx| merge::deleted(tx, &identities, Timestamp::now())).await
    }

    /// Puts the stories of articles that share one in another database into one. Returns how many articles went to another
    /// story.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn merge_stories(&self, shared: Vec<Vec<i64>>) -> Result<usize, StoreError> {
        self.write(move |tx| merge::stories(tx, &shared)).await
    }

    /// Marks articles as feed readers have marked them in another database, by their numbers here. Returns how many got a mark.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn merge_marks(&self, marked: Vec<MergedMarks>) -> Result<usize, StoreError> {
        self.write(move |tx| merge::marks(tx, &marked, Timestamp::now())).await
    }

    /// The stored article that this one would be a copy of, if it came in now. Nothing is written.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn original_of(&self, article: Article) -> Result<Option<i64>, StoreError> {
        self.write(move |tx| copies::original_of(tx, &article)).await
    }

    /// Writes a heartbeat for readers, with how the queue of the workers is where there is one, and deletes what is too old to keep, a little at a time: HTTP exchanges, what hosts said that no
    /// longer holds, and what `retention` says.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The watchdog should then not be notified.
    pub async fn heartbeat(
        &self,
        run: Run,
        started_at: Timestamp,
        queue: Option<QueueState>,
        keep_fetches_days: u32,
        retention: RetentionRules,
    ) -> Result<(), StoreError> {
        let schedule = self.schedule.clone();
        let is_clock_set_back = self.commits.are_of_the_future(Timestamp::now());
        self.write(move |tx| {
            let now = Timestamp::now();
            if is_clock_set_back {
                clock::set_right(tx, &schedule, now)?;
            }
            daemon::note_heartbeat(tx, run, started_at, queue.as_ref(), now)?;
            gates::prune(tx, now)?;
            hosts::prune(tx, now)?;
            tx.cache().retention().beat(tx, &retention, now)?;
            fetches::prune(tx, keep_fetches_days, now).map(|_| ())
        })
        .await?;
        if is_clock_set_back {
            self.commits.believe_clock(Timestamp::now());
        }
        Ok(())
    }

    /// Makes the table of alarms say what is wrong now, and that it was looked for. `endings` says of some why they are over, by kind
    /// and subject. Returns what has opened and closed.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn settle_alarms(
        &self,
        standing: Vec<StandingAlarm>,
        endings: HashMap<(String, Option<String>), String>,
        now: Timestamp,
    ) -> Result<Vec<AlarmChange>, StoreError> {
        self.write(move |tx| alarms::settle(tx, &standing, &endings, now)).await
    }

    /// Keeps what sources are used to, by their numbers. `articles_up_to` is the last article that all that is kept has learned from.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn keep_habits(
        &self,
        habits: Vec<(i64, Vec<u8>)>,
        articles_up_to: Option<i64>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| alarms::keep_habits(tx, &habits, articles_up_to)).await
    }

    /// Releases claims whose outcomes could not be written, so that their work is due again. Returns how many still held.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The leases then run out by themselves.
    pub async fn give_back_these(&self, claims: Vec<ClaimId>) -> Result<usize, StoreError> {
        self.write(move |tx| release::give_back(tx, &claims, Timestamp::now())).await
    }

    /// Releases a claim with which a worker elsewhere died, or was taken for dead: what was in work at several deaths has to wait.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The lease then runs out by itself.
    pub async fn give_back_of_dead(&self, claim: ClaimId) -> Result<(), StoreError> {
        let schedule = Arc::clone(&self.schedule);
        self.write(move |tx| release::give_back_of_dead(tx, &schedule, claim, Timestamp::now())).await
    }

    /// Releases all claims. Returns how many there were.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The leases then run out by themselves.
    pub async fn give_back(&self) -> Result<usize, StoreError> {
        self.write(|tx| release::give_back_all(tx, Timestamp::now())).await
    }

    /// Writes that the daemon stopped on purpose.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn note_stop(&self) -> Result<(), StoreError> {
        self.write(|tx| daemon::note_stop(tx, Timestamp::now())).await
    }

    /// Sends a unit of work and awaits its result, which comes when it is durable.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_telling(act, || ()).await
    }

    /// The same; tells when it is sent.
    async fn write_telling<T: Send + 'static>(
        &self,
        act: impl FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send + 'static,
        sent: impl FnOnce(),
    ) -> Result<T, StoreError> {
        let (work, answer) = unit(act);
        self.messages.send(Message::Work(work)).await.map_err(|_| StoreError::Closed)?;
        sent();
        answer.await.map_err(|_| StoreError::Closed)?
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
    async fn an_article_that_is_refused_is_found_in_few_steps_and_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let store = Store::open(&settings, &config::defaults().schedule).unwrap();
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON articles WHEN new.title = 'Number 77' BEGIN SELECT raise(ABORT, 'no'); END";
        store.write(move |tx| tx.execute_batch(refuse)).await.unwrap();
        let n_before = store.n_commits();
        let article = |number: usize| {
            let line = format!(r#"{{"id": "{number}", "title": "Number {number}", "text": "w{number} x{number}"}}"#);
            let article = crate::pipeline::json_line(&line).unwrap().article;
            let arrived_at = Timestamp::now();
            (ImportedArticle { article, source: None, guid: None, arrived_at, is_address_given: true }, None)
        };
        let outcomes = store.import_all((0..256).map(article).collect()).await.unwrap();
        let refused: Vec<usize> = (0..256).filter(|number| outcomes[*number].is_err()).collect();
        assert_eq!(refused, [77]);
        assert!(store.n_commits() - n_before <= 8, "{} transactions", store.n_commits() - n_before);
        let ids: Vec<i64> = outcomes.iter().filter_map(|outcome| Some(outcome.as_ref().ok()?.as_ref()?.id)).collect();
        assert!(ids.is_sorted() && ids.len() == 255);
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
        let imported =
            ImportedArticle { article, source: None, guid: None, arrived_at: Timestamp::now(), is_address_given: true };
        // The article is taken in, and then the transaction that it was taken into comes to nothing.
        let undone: Result<(), StoreError> = store
            .write(move |tx| {
                import::import(tx, &imported, None)?;
                Err(rusqlite::Error::QueryReturnedNoRows)
            })
            .await;
        assert!(undone.is_err());
        let article = crate::pipeline::json_line(line).unwrap().article;
        let imported =
            ImportedArticle { article, source: None, guid: None, arrived_at: Timestamp::now(), is_address_given: true };
        assert_eq!(
            store.import(imported).await.unwrap().map(|stored| stored.verdict),
            Some(crate::model::Verdict::New)
        );
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
