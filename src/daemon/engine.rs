//! The loop.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::app::App;
use crate::model::{Candidate, ClaimId, ClaimedWork, DueSource, HostMemory, QueueState};
use crate::queue::{Dispatcher, Fault, Lost, Settling, Supervisor};
use crate::store::{self, ClaimRequest, RetentionRules, Run, Scope, Store, StoreError};

use super::claims::{Claimed, Claims};
use super::in_work::InWork;
use super::journal::Journal;
use super::notify::Notifier;
use super::pieces::{Pieces, Slot};
use super::place::Place;
use super::pulse::{Heart, Pulse};
use super::queue_watch::QueueWatch;
use super::tally::{self, Event, Tally};

/// Between two rounds of claims that found nothing though something is due: its publisher is at work.
const NOTHING_TO_CLAIM_PAUSE: Duration = Duration::from_millis(25);

/// After the database could not be written: time for whoever fills the disk to notice.
const STORE_TROUBLE_PAUSE: Duration = Duration::from_secs(5);

/// How long one-shot work waits for something that is due soon: a host's turn, not a second try after a failure.
const IDLE_PATIENCE: Duration = Duration::from_secs(30);

/// How long one-shot work that was interrupted waits for what is under way: somebody waits for it to end.
const ONE_SHOT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// How long it may take then to write down the last, and to fold the write-ahead log into the file on a slow disk.
const CLOSING_TIME_MAX: Duration = Duration::from_mins(1);

/// How long what waits for its host is waited for when the loop ends. Most answers are there in less, and one that is not may
/// take as long as its server likes.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// How long somebody in a hurry waits for the end to be written down before he is told what keeps it.
const HURRY_PATIENCE: Duration = Duration::from_secs(1);

/// Between two looks at what waits for its host then, as what was at work may wait for a host again; and between two tries to write down
/// the end while another process writes.
const LETTING_GO_PAUSE: Duration = Duration::from_millis(100);

/// When the loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing in scope is due soon.
    Idle,
    /// When told to.
    Stopped,
}

/// Hears of everything that happens, in order, after it was committed.
pub type Observer = Box<dyn FnMut(&Event) + Send>;

/// The strings by which the loop is held.
#[derive(Debug)]
pub struct Control {
    /// Becomes true when the loop is to stop.
    pub stop: watch::Receiver<bool>,
    /// New parts after a reload.
    pub reload: mpsc::Receiver<App>,
}

/// Why the loop ended early.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The database is no longer to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Work is given to others no more, or not taken back, or another gives it. The next start gives back what was claimed.
    #[error(transparent)]
    Queue(#[from] Fault),
    /// It could not be written down that the loop ended. The next start gives back what was claimed.
    #[error(
        "what was in work is given back by the next start, since the end could not be written down; nothing is lost: {error}"
    )]
    EndUnwritten {
        /// What was done.
        tally: Box<Tally>,
        /// Why.
        error: StoreError,
    },
}

/// The loop and what it holds.
pub struct Engine {
    app: App,
    scope: Scope,
    until: Until,
    notifier: Option<Notifier>,
    heart: Heart,
    journal: Journal,
    /// Becomes true when nothing is to be waited for at the end.
    hurry: Option<watch::Receiver<bool>>,
    observe: Observer,
    tally: Tally,
    place: Place,
    queue: Option<QueueWatch>,
    supervisor: Supervisor,
    /// How that was at the last sign of life.
    queue_state: Option<QueueState>,
    running: JoinSet<(u64, Result<Option<Event>, StoreError>)>,
    pieces: Pieces,
    claims: Claims,
    /// Claims whose outcomes could not be written.
    unwritten: Vec<ClaimId>,
    /// What was wrong with the database when it was last tried to write to it.
    trouble: Option<String>,
    /// Whether its log was larger than usual.
    log_is_large: bool,
    started_at: Timestamp,
}

impl Engine {
    /// A loop over `scope`. `observe` hears of everything that happens, in order.
    #[must_use]
    pub fn new(app: App, scope: Scope, until: Until, observe: Observer) -> Self {
        let is_after_death = app.store.is_after_death();
        Engine {
            app,
            scope,
            until,
            notifier: None,
            heart: Heart::new(),
            journal: Journal::new(),
            hurry: None,
            observe,
            tally: Tally::default(),
            place: Place::Here,
            queue: None,
            supervisor: Supervisor::default(),
            queue_state: None,
            running: JoinSet::new(),
            pieces: Pieces::default(),
            claims: Claims::new(is_after_death),
            unwritten: Vec::new(),
            trouble: None,
            log_is_large: false,
            started_at: Timestamp::now(),
        }
    }

    /// Tells the service manager how it goes.
    #[must_use]
    pub fn with_notifier(mut self, notifier: Notifier) -> Self {
        self.notifier = Some(notifier);
        self
    }

    /// What the loop says of itself while it runs.
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.heart.listen()
    }

    /// Shows what is under way.
    #[must_use]
    pub fn watched_by(mut self, in_work: InWork) -> Self {
        self.pieces.show(in_work);
        self
    }

    /// Has the work done by the workers that ask for it.
    #[must_use]
    pub fn by_workers(mut self, dispatcher: Dispatcher) -> Self {
        self.place = Place::elsewhere(dispatcher);
        self
    }

    /// Tells with each sign of life how the queue of the workers is.
    #[must_use]
    pub fn telling_of(mut self, queue: QueueWatch) -> Self {
        self.queue = Some(queue);
        self
    }

    /// Ends where a task panics of which this one hears.
    #[must_use]
    pub fn supervised_by(mut self, supervisor: Supervisor) -> Self {
        self.supervisor = supervisor;
        self
    }

    /// Gives back at the end what is still at work as soon as this becomes true.
    #[must_use]
    pub fn hurried_by(mut self, hurry: watch::Receiver<bool>) -> Self {
        self.hurry = Some(hurry);
        self
    }

    /// Runs until the end that was asked for, and returns what was done.
    ///
    /// # Errors
    ///
    /// When the database is closed under it, a task has panicked by which workers are given work, or another writer gives it. Passing
    /// trouble (a full disk, a lock) is waited out and logged.
    pub async fn run(mut self, mut control: Control) -> Result<Tally, EngineError> {
        let interval = self.notifier.map_or(Duration::from_secs(10), |notifier| notifier.interval());
        let mut heartbeat = tokio::time::interval(interval);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first tick is immediate; the first sign of life comes with the first round of claims.
        heartbeat.tick().await;
        self.beat().await?;
        let mut is_first_round = true;
        let mut reload_is_open = true;
        let supervisor = self.supervisor.clone();
        let mut fault = std::pin::pin!(supervisor.fault());
        loop {
            self.start_from_stock();
            self.claim_if_due();
            let wait = self.wait();
            tokio::select! {
                claimed = self.claims.answer() => {
                    let goes_on = self.take_in(claimed)?;
                    if std::mem::take(&mut is_first_round) {
                        self.heart.say(|pulse| pulse.is_ready = true);
                        if let Some(notifier) = self.notifier {
                            notifier.ready(&self.trouble.clone().unwrap_or_else(|| self.status()));
                        }
                    }
                    if !goes_on {
                        break;
                    }
                    continue;
                }
                Some(joined) = self.running.join_next() => {
                    self.finish(joined)?;
                    while let Some(joined) = self.running.try_join_next() {
                        self.finish(joined)?;
                    }
                }
                () = self.pieces.handed_over() => {}
                () = self.place.some_is_taken() => {}
                () = tokio::time::sleep(wait) => {}
                _ = heartbeat.tick() => self.beat().await?,
                changed = control.stop.changed() => {
                    if changed.is_err() || *control.stop.borrow() {
                        break;
                    }
                }
                fault = &mut fault => return Err(fault.into()),
                parts = control.reload.recv(), if reload_is_open => match parts {
                    Some(app) => {
                        info!("settings reloaded, {} sources listed", app.config.sources.len());
                        self.app = app;
                    }
                    None => reload_is_open = false,
                },
            }
            self.claims.look_soon();
        }
        self.drain().await?;
        Ok(self.tally)
    }

    /// Begins a claim if it is time for one and there is room for what it brings.
    fn claim_if_due(&mut self) {
        if !self.claims.is_due() {
            return;
        }
        let settings = &self.app.config.daemon;
        let polls = self.place.room(Slot::Poll, &self.pieces, settings);
        let free = self.place.room(Slot::Article, &self.pieces, settings);
        let links = self.claims.links_to_ask_for(free, self.place.n_slots_to_claim_ahead_for(settings));
        if polls.n_max() + links.n_max() == 0 {
            // What ends, or is handed over, makes it sooner.
            self.claims.look_after(settings.idle_max);
            return;
        }
        let fetch = &self.app.config.fetch;
        let request = ClaimRequest {
            sources: polls,
            links,
            n_links_per_publisher: fetch.host_connections,
            n_links_of: fetch.hosts.iter().filter_map(|rule| Some((rule.name.clone(), rule.connections?))).collect(),
            lease: self.app.config.schedule.lease,
            scope: self.scope.clone(),
            not_polled_since: (self.until == Until::Idle).then_some(self.started_at),
            now: Timestamp::now(),
        };
        self.claims.begin(&self.app.store, request, self.is_idle());
    }

    /// Whether nothing is in work, nor waits for it.
    fn is_idle(&self) -> bool {
        self.running.is_empty() && self.claims.stock_is_empty()
    }

    /// Starts what a claim has brought, or puts it in stock, and says when to look again. Returns whether there is more to
    /// come, or else the end is reached.
    fn take_in(&mut self, Claimed { work, began_idle, is_outdated }: Claimed) -> Result<bool, EngineError> {
        let ClaimedWork { sources, candidates, next_source_due_at, next_link_due_at } = match work {
            Ok(work) => work,
            Err(error) => {
                self.store_trouble(error)?;
                return Ok(true);
            }
        };
        for source in sources {
            self.start_poll(source);
        }
        for candidate in candidates {
            if candidate.is_probe {
                self.start_article(candidate);
            } else {
                self.claims.put_in_stock(candidate);
            }
        }
        let now = Timestamp::now();
        let settings = &self.app.config.daemon;
        if self.until == Until::Idle && began_idle && self.is_idle() {
            let patience = IDLE_PATIENCE.min(Duration::from_secs(u64::from(self.app.config.schedule.backoff_min_s)));
            let is_soon = earliest(next_source_due_at, next_link_due_at.filter(|_| settings.article_tasks > 0))
                .is_some_and(|due| until_then(due, now) < patience);
            if !is_soon {
                return Ok(false);
            }
        }
        // Only work that a slot is free for is worth waking up for.
        let (polls, articles) = (
            self.place.room(Slot::Poll, &self.pieces, settings),
            self.place.room(Slot::Article, &self.pieces, settings),
        );
        let source_wait = next_source_due_at.filter(|_| polls.n_max() > 0);
        let link_wait = next_link_due_at.filter(|_| articles.n_max() > 0);
        let wait = earliest(source_wait, link_wait)
            .map_or(settings.idle_max, |due| until_then(due, now).clamp(NOTHING_TO_CLAIM_PAUSE, settings.idle_max));
        self.claims.look_after(if is_outdated { Duration::ZERO } else { wait });
        Ok(true)
    }

    /// Starts as much of what is in stock as there are slots for.
    fn start_from_stock(&mut self) {
        if self.claims.stock_is_empty() || self.claims.is_paused() {
            return;
        }
        let n_free = self.place.room(Slot::Article, &self.pieces, &self.app.config.daemon).n_sound;
        for _ in 0..n_free {
            let Some(candidate) = self.claims.take_from_stock() else { break };
            self.start_article(candidate);
        }
    }

    /// How long to sleep unless something happens: until the next claim, or until a slot is free because a host is slow.
    fn wait(&self) -> Duration {
        let until_claim = self.claims.wait().unwrap_or(self.app.config.daemon.idle_max);
        self.pieces.until_a_slot_is_free().map_or(until_claim, |free| until_claim.min(free.max(NOTHING_TO_CLAIM_PAUSE)))
    }

    /// Runs a piece of work that was begun.
    fn spawn(&mut self, number: u64, work: impl Future<Output = Result<Option<Event>, StoreError>> + Send + 'static) {
        // At a place of its own: the runtime would move its kilobytes several times.
        let work = Box::pin(work);
        let task = self.running.spawn(async move { (number, work.await) });
        self.pieces.runs_as(number, task);
    }

    fn start_poll(&mut self, source: DueSource) {
        let (number, progress) = self.pieces.begin(Slot::Poll, source.claim, source.is_probe, &source.url);
        let (app, place, claim) = (self.app.clone(), self.place.clone(), source.claim);
        self.spawn(number, async move {
            let done = match place.poll(&app, source, &progress).await {
                Ok(done) => done,
                Err(lost) => return given_back(&app, claim, lost).await,
            };
            let _at_work = progress.work();
            let describe = tally::polled(&done.outcome);
            let commit = app.store.commit_poll(done.outcome, || progress.hand_over());
            let (remembered, committed) = tokio::join!(remember_hosts(&app, done.hosts), commit);
            let event = remembered.and(committed.map(describe))?;
            settled(done.settling);
            Ok(Some(event))
        });
    }

    fn start_article(&mut self, candidate: Candidate) {
        let (number, progress) =
            self.pieces.begin(Slot::Article, candidate.claim, candidate.is_probe, candidate.url.as_url());
        let (app, place, claim) = (self.app.clone(), self.place.clone(), candidate.claim);
        self.spawn(number, async move {
            let done = match place.article(&app, candidate, &progress).await {
                Ok(done) => done,
                Err(lost) => return given_back(&app, claim, lost).await,
            };
            let _at_work = progress.work();
            let describe = tally::acquired(&done.outcome);
            let commit = app.store.commit_article(done.outcome, || progress.hand_over());
            let (remembered, committed) = tokio::join!(remember_hosts(&app, done.hosts), commit);
            let event = remembered.and(committed.map(describe))?;
            settled(done.settling);
            Ok(Some(event))
        });
    }

    fn finish(
        &mut self,
        joined: Result<(u64, Result<Option<Event>, StoreError>), tokio::task::JoinError>,
    ) -> Result<(), EngineError> {
        let (number, committed) = match joined {
            Ok(ended) => ended,
            // Parsers run under a guard of their own, so this is a fault in the loop itself: better to be restarted
            // with all claims given back than to go on with a slot less each time.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return Ok(()),
        };
        let claim = self.pieces.end(number);
        match committed {
            Ok(None) => Ok(()),
            Ok(Some(event)) => {
                self.journal.tell(&event);
                self.tally.add(&event);
                (self.observe)(&event);
                Ok(())
            }
            Err(error) => {
                self.unwritten.extend(claim);
                self.store_trouble(error)
            }
        }
    }

    /// Notes trouble with the database and pauses all that is not in work yet. What was is given back when the database can be
    /// written again, and fetched once more; nothing is lost.
    fn store_trouble(&mut self, error: StoreError) -> Result<(), EngineError> {
        if matches!(error, StoreError::Closed | StoreError::Replaced { .. }) {
            return Err(EngineError::Store(error));
        }
        if !self.claims.is_paused() {
            error!("the database cannot be written, next try in {} s: {error}", STORE_TROUBLE_PAUSE.as_secs());
        }
        self.claims.pause(STORE_TROUBLE_PAUSE);
        let trouble = self.trouble.insert(format!("the database cannot be written: {error}"));
        if let Some(notifier) = self.notifier {
            notifier.status(trouble);
        }
        self.heart.say(|pulse| pulse.trouble = Some(trouble.clone()));
        if self.until == Until::Idle {
            return Err(EngineError::Store(error));
        }
        Ok(())
    }

    /// A sign of life: through the writer into the database, and only then to the watchdog.
    async fn beat(&mut self) -> Result<(), EngineError> {
        self.journal.look_at_clock();
        let keep_days = self.app.config.store.fetches_keep_days;
        let retention = RetentionRules::of(&self.app.config);
        let run = match self.until {
            Until::Idle => Run::OneShot,
            Until::Stopped => Run::Daemon,
        };
        self.queue_state = self.queue.as_mut().map(QueueWatch::look);
        let queue = self.queue_state.clone();
        match self.app.store.heartbeat(run, self.started_at, queue, keep_days, retention).await {
            Ok(()) => {
                if self.trouble.take().is_some() {
                    info!("the database can be written again");
                    let unwritten = std::mem::take(&mut self.unwritten);
                    if let Err(error) = self.app.store.give_back_these(unwritten.clone()).await {
                        self.unwritten = unwritten;
                        return self.store_trouble(error);
                    }
                }
                let is_stuck = self.claims.are_stuck();
                if !is_stuck {
                    self.say_how_it_is();
                }
                let log = self.look_at_log();
                if let Some(notifier) = self.notifier {
                    if is_stuck {
                        error!("no work is claimed any more; the service manager is to start a new process");
                    } else {
                        notifier.alive();
                    }
                    let log = log.map(|trouble| format!("; {trouble}")).unwrap_or_default();
                    notifier.status(&format!("{}{log}", self.status()));
                }
                Ok(())
            }
            Err(error) => {
                // What a new process would meet as well is waited out.
                if let Some(notifier) = self.notifier.filter(|_| error.is_from_outside()) {
                    notifier.alive();
                }
                self.store_trouble(error)
            }
        }
    }

    /// Lets those who watch know how it is, after a write has gone through.
    fn say_how_it_is(&self) {
        let (n_polls, n_articles) = (self.pieces.n_of(Slot::Poll), self.pieces.n_of(Slot::Article));
        let (n_waiting, n_in_stock) = (self.pieces.n_waiting(), self.claims.n_in_stock());
        let queue = self.queue_state.clone();
        self.heart.say(|pulse| {
            let is_ready = pulse.is_ready;
            *pulse = Pulse {
                beaten_at: Some(Instant::now()),
                is_ready,
                trouble: None,
                n_polls,
                n_articles,
                n_waiting,
                n_in_stock,
                queue,
            };
        });
    }

    /// Tells once when the write-ahead log is larger than usual, and once when it no longer is. Returns what there is to say.
    fn look_at_log(&mut self) -> Option<String> {
        let trouble = store::log_state(&self.app.config.store.path).trouble();
        match (&trouble, self.log_is_large) {
            (Some(trouble), false) => warn!("{trouble}"),
            (None, true) => info!("the write-ahead log is folded in again"),
            _ => {}
        }
        self.log_is_large = trouble.is_some();
        trouble
    }

    fn status(&self) -> String {
        let Tally { polls, polls_failed, articles, duplicates, revisions, articles_failed, .. } = self.tally;
        let (n_polls, n_articles) = (self.pieces.n_of(Slot::Poll), self.pieces.n_of(Slot::Article));
        let queue = self.queue_state.as_ref().map(|queue| format!("; queue: {}", queue.in_words())).unwrap_or_default();
        format!(
            "{n_polls} polls and {n_articles} articles in work; since the start {polls} polls ({polls_failed} failed), {articles} \
             articles ({duplicates} duplicates, {revisions} revisions, {articles_failed} failed){queue}"
        )
    }

    /// Lets running work end, for a while, then gives back what is left: soon what waits for its host, at last all.
    async fn drain(&mut self) -> Result<(), EngineError> {
        let grace_period = match self.until {
            Until::Idle => self.app.config.daemon.grace_period.min(ONE_SHOT_GRACE_PERIOD),
            Until::Stopped => self.app.config.daemon.grace_period,
        };
        let n_in_stock = self.claims.n_in_stock();
        self.claims.forget();
        self.place.close();
        if let Some(notifier) = self.notifier {
            let status = format!("finishing {} pieces of work", self.running.len());
            notifier.stopping(&status, grace_period + CLOSING_TIME_MAX);
        }
        let mut hurry = self.hurry.take();
        let mut deadline = Instant::now() + grace_period;
        let mut next_look = deadline.min(Instant::now() + ANSWER_PATIENCE);
        let mut n_let_go = 0;
        while !self.running.is_empty() {
            let joined = tokio::select! {
                joined = tokio::time::timeout_at(next_look, self.running.join_next()) => joined,
                () = hurried(&mut hurry) => {
                    info!("a second signal: {} pieces of work are given back at once", self.pieces.n());
                    self.running.shutdown().await;
                    deadline = Instant::now();
                    break;
                }
            };
            match joined {
                Ok(Some(joined)) => self.finish(joined)?,
                Ok(None) => break,
                Err(_) if Instant::now() >= deadline => {
                    let n_left = self.pieces.n();
                    if n_left > 0 {
                        let seconds = grace_period.as_secs();
                        warn!("{n_left} pieces of work did not end within {seconds} s and are given back");
                    }
                    self.running.shutdown().await;
                }
                Err(_) => {
                    n_let_go += self.pieces.let_go_of_waiting();
                    next_look = deadline.min(Instant::now() + LETTING_GO_PAUSE);
                }
            }
        }
        if n_let_go > 0 {
            info!("{n_let_go} pieces of work waited for their hosts still and are given back");
        }
        let n_held = n_in_stock + n_let_go + self.pieces.n();
        loop {
            match told_if_held(write_end(&self.app.store), &mut hurry, n_held).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Busy { .. }) if Instant::now() < deadline && !is_hurried(hurry.as_ref()) => {
                    tokio::time::sleep_until(deadline.min(Instant::now() + LETTING_GO_PAUSE)).await;
                }
                Err(error) => return Err(EngineError::EndUnwritten { tally: Box::new(self.tally), error }),
            }
        }
    }
}

/// Gives back all claims, and writes down that the loop ends.
async fn write_end(store: &Store) -> Result<(), StoreError> {
    if store.give_back().await? > 0 {
        debug!("claims given back");
    }
    store.note_stop().await
}

/// Waits for what writes down the end, and tells somebody in a hurry what that has not given back yet.
async fn told_if_held<T>(
    ending: impl Future<Output = T>,
    hurry: &mut Option<watch::Receiver<bool>>,
    n_held: usize,
) -> T {
    let mut ending = std::pin::pin!(ending);
    let out_of_patience = async {
        hurried(hurry).await;
        tokio::time::sleep(HURRY_PATIENCE).await;
    };
    tokio::select! {
        outcome = &mut ending => return outcome,
        () = out_of_patience => {}
    }
    warn!("{n_held} pieces of work are not given back yet: another process holds the database");
    ending.await
}

fn is_hurried(hurry: Option<&watch::Receiver<bool>>) -> bool {
    hurry.is_some_and(|hurry| *hurry.borrow())
}

/// Comes when nothing is to be waited for any more.
async fn hurried(hurry: &mut Option<watch::Receiver<bool>>) {
    if let Some(hurry) = hurry
        && hurry.wait_for(|is_hurried| *is_hurried).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Gives back what whoever had it does not do any more.
async fn given_back(app: &App, claim: ClaimId, lost: Lost) -> Result<Option<Event>, StoreError> {
    match lost {
        Lost::Undone => app.store.give_back_these(vec![claim]).await.map(|_| ())?,
        Lost::WithItsWorker => app.store.give_back_of_dead(claim).await?,
    }
    Ok(None)
}

/// Lets whoever carried an outcome here know that it is committed.
fn settled(settling: Option<Settling>) {
    if let Some(settling) = settling {
        settling.committed();
    }
}

/// Writes down what hosts have said that the next process is to go by.
async fn remember_hosts(app: &App, news: HostMemory) -> Result<(), StoreError> {
    if news.is_empty() { Ok(()) } else { app.store.remember_hosts(news).await }
}

fn earliest(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}

fn until_then(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("scope", &self.scope).field("until", &self.until).finish_non_exhaustive()
    }
}

/// Runs a loop until nothing in scope is due, for one-shot commands.
///
/// # Errors
///
/// As [`Engine::run`].
pub async fn run_until_idle(
    app: &App,
    scope: Scope,
    stop: watch::Receiver<bool>,
    observe: Observer,
) -> Result<Tally, EngineError> {
    let (_, reload) = mpsc::channel(1);
    Engine::new(app.clone(), scope, Until::Idle, observe).run(Control { stop, reload }).await
}
