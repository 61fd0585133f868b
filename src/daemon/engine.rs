//! The loop.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::app::App;
use crate::model::{Candidate, ClaimedWork, DueSource};
use crate::pipeline::{self, Progress};
use crate::store::{self, ClaimRequest, GateChange, RetentionRules, Scope, Share, StoreError};

use super::notify::Notifier;
use super::tally::{self, Acquired, Event, Polled, Tally};

/// Between two rounds of claims that found nothing though something is due: its publisher is at work.
const NOTHING_TO_CLAIM_PAUSE: Duration = Duration::from_millis(25);

/// After the database could not be written: time for whoever fills the disk to notice.
const STORE_TROUBLE_PAUSE: Duration = Duration::from_secs(5);

/// How long one-shot work waits for something that is due soon: a host's turn, not a second try after a failure.
const IDLE_PATIENCE: Duration = Duration::from_secs(30);

/// How long one-shot work that was interrupted waits for what is under way: somebody waits for it to end.
const ONE_SHOT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// How long what waits for its host is waited for when the loop ends. Most answers are there in less, and one that is not may
/// take as long as its server likes.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks at what waits for its host then: what was at work may wait for a host again.
const LETTING_GO_PAUSE: Duration = Duration::from_millis(100);

/// What waits for its host longer than this takes no slot, since it costs next to nothing. Until then it does, so that not all
/// is asked at once.
const SLOW_AFTER: Duration = Duration::from_millis(50);

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
}

/// The loop and what it holds.
pub struct Engine {
    app: App,
    scope: Scope,
    until: Until,
    notifier: Option<Notifier>,
    observe: Observer,
    tally: Tally,
    running: JoinSet<(u64, Result<Event, StoreError>)>,
    /// What is in work, by the numbers of the tasks.
    pieces: HashMap<u64, Piece>,
    n_started: u64,
    /// No claims before this, after trouble with the database.
    claims_from: Instant,
    /// Whether the database could not be written when it was last tried.
    is_in_trouble: bool,
    /// Whether its log was larger than usual.
    log_is_large: bool,
    started_at: Timestamp,
}

/// Which of the loop's slots a task has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Poll,
    Article,
}

/// A piece of work that is under way.
struct Piece {
    slot: Slot,
    started: Instant,
    /// Whether it asks somebody who was never reached, is slow or fails.
    is_probe: bool,
    progress: Progress,
    /// By which it is let go of, once it runs.
    task: Option<AbortHandle>,
}

impl Piece {
    /// Whether it takes a slot: it is at work, or was begun just now.
    fn takes_slot(&self, now: Instant) -> bool {
        self.progress.is_at_work() || self.begun_just_now(now).is_some()
    }

    /// How long it takes a slot though it merely waits; nothing where that time is over.
    fn begun_just_now(&self, now: Instant) -> Option<Duration> {
        SLOW_AFTER.checked_sub(now.duration_since(self.started)).filter(|left| !left.is_zero())
    }
}

impl Engine {
    /// A loop over `scope`. `observe` hears of everything that happens, in order.
    #[must_use]
    pub fn new(app: App, scope: Scope, until: Until, observe: Observer) -> Self {
        Engine {
            app,
            scope,
            until,
            notifier: None,
            observe,
            tally: Tally::default(),
            running: JoinSet::new(),
            pieces: HashMap::new(),
            n_started: 0,
            claims_from: Instant::now(),
            is_in_trouble: false,
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

    /// Runs until the end that was asked for, and returns what was done.
    ///
    /// # Errors
    ///
    /// When the database is closed under it. Passing trouble (a full disk, a lock) is waited out and logged.
    pub async fn run(mut self, mut control: Control) -> Result<Tally, EngineError> {
        let interval = self.notifier.map_or(Duration::from_secs(10), |notifier| notifier.interval());
        let mut heartbeat = tokio::time::interval(interval);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first tick is immediate; the first sign of life comes with the first round of claims.
        heartbeat.tick().await;
        self.beat().await?;
        let mut is_first_round = true;
        let mut reload_is_open = true;
        loop {
            let wait = self.claim_and_start().await?;
            if is_first_round {
                is_first_round = false;
                let status = self.status();
                if let Some(notifier) = self.notifier {
                    notifier.ready(&status);
                }
            }
            let Some(wait) = wait else { break };
            tokio::select! {
                Some(joined) = self.running.join_next() => {
                    self.finish(joined)?;
                    while let Some(joined) = self.running.try_join_next() {
                        self.finish(joined)?;
                    }
                }
                () = tokio::time::sleep(wait) => {}
                _ = heartbeat.tick() => self.beat().await?,
                changed = control.stop.changed() => {
                    if changed.is_err() || *control.stop.borrow() {
                        break;
                    }
                }
                parts = control.reload.recv(), if reload_is_open => match parts {
                    Some(app) => {
                        info!("settings reloaded, {} sources listed", app.config.sources.len());
                        self.app = app;
                    }
                    None => reload_is_open = false,
                },
            }
        }
        self.drain().await?;
        Ok(self.tally)
    }

    /// Claims for free slots and starts what was claimed. Returns how long to sleep unless something happens, or
    /// nothing when the end is reached.
    async fn claim_and_start(&mut self) -> Result<Option<Duration>, EngineError> {
        let settings = &self.app.config.daemon;
        let (polls, articles) = (self.room(Slot::Poll), self.room(Slot::Article));
        let idle_max = settings.idle_max;
        if polls.n_max() + articles.n_max() == 0 {
            return Ok(Some(self.until_a_slot_is_free().unwrap_or(idle_max)));
        }
        if let Some(pause) = self.claims_from.checked_duration_since(Instant::now()).filter(|pause| !pause.is_zero()) {
            return Ok(Some(pause));
        }
        let now = Timestamp::now();
        let fetch = &self.app.config.fetch;
        let request = ClaimRequest {
            sources: polls,
            links: articles,
            n_links_per_publisher: fetch.host_connections,
            n_links_of: fetch.hosts.iter().filter_map(|rule| Some((rule.name.clone(), rule.connections?))).collect(),
            lease: self.app.config.schedule.lease,
            scope: self.scope.clone(),
            not_polled_since: (self.until == Until::Idle).then_some(self.started_at),
            now,
        };
        let claimed = match self.app.store.claim(request).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.store_trouble(error)?;
                return Ok(Some(STORE_TROUBLE_PAUSE));
            }
        };
        let ClaimedWork { sources, candidates, next_source_due_at, next_link_due_at } = claimed;
        let n_claimed = sources.len() + candidates.len();
        for source in sources {
            self.start_poll(source);
        }
        for candidate in candidates {
            self.start_article(candidate);
        }
        if self.until == Until::Idle && self.running.is_empty() && n_claimed == 0 {
            let patience = IDLE_PATIENCE.min(Duration::from_secs(u64::from(self.app.config.schedule.backoff_min_s)));
            let is_soon = earliest(next_source_due_at, next_link_due_at.filter(|_| articles.n_max() > 0))
                .is_some_and(|due| until_then(due, now) < patience);
            if !is_soon {
                return Ok(None);
            }
        }
        // Only work that a slot is free for is worth waking up for.
        let (polls, articles) = (self.room(Slot::Poll), self.room(Slot::Article));
        let source_wait = next_source_due_at.filter(|_| polls.n_max() > 0);
        let link_wait = next_link_due_at.filter(|_| articles.n_max() > 0);
        let wait = earliest(source_wait, link_wait)
            .map_or(idle_max, |due| until_then(due, now).clamp(NOTHING_TO_CLAIM_PAUSE, idle_max));
        let is_full = [polls.n_sound, polls.n_probes, articles.n_sound, articles.n_probes].contains(&0);
        Ok(Some(self.until_a_slot_is_free().filter(|_| is_full).map_or(wait, |free| free.min(wait))))
    }

    /// How many pieces of a kind may be begun. Probes have slots of their own, so that they keep nobody waiting and nobody them.
    /// A piece that waits for its host takes no slot, but only so many may wait.
    fn room(&self, slot: Slot) -> Share {
        let settings = &self.app.config.daemon;
        let n_slots = match slot {
            Slot::Poll => settings.poll_tasks,
            Slot::Article => settings.article_tasks,
        };
        let now = Instant::now();
        let room = |is_probe: bool| {
            let pieces = self.pieces.values().filter(|piece| piece.slot == slot && piece.is_probe == is_probe);
            let (n_in_slots, n_waiting) = pieces.fold((0, 0), |(n_in_slots, n_waiting), piece| {
                let takes_slot = piece.takes_slot(now);
                (n_in_slots + usize::from(takes_slot), n_waiting + usize::from(!takes_slot))
            });
            if n_waiting < settings.slow_tasks { n_slots.saturating_sub(n_in_slots) } else { 0 }
        };
        Share { n_sound: room(false), n_probes: room(true) }
    }

    /// When the next piece that is under way takes no slot any more, unless it ends before.
    fn until_a_slot_is_free(&self) -> Option<Duration> {
        let now = Instant::now();
        let waiting = self.pieces.values().filter(|piece| !piece.progress.is_at_work());
        waiting.filter_map(|piece| piece.begun_just_now(now)).min().map(|wait| wait.max(NOTHING_TO_CLAIM_PAUSE))
    }

    /// Writes down that a piece of work is begun. Returns its number, and where it says what it is at.
    fn begin(&mut self, slot: Slot, is_probe: bool) -> (u64, Progress) {
        self.n_started += 1;
        let progress = Progress::default();
        let piece = Piece { slot, started: Instant::now(), is_probe, progress: progress.clone(), task: None };
        self.pieces.insert(self.n_started, piece);
        (self.n_started, progress)
    }

    /// Runs a piece of work that was begun.
    fn spawn(&mut self, number: u64, work: impl Future<Output = Result<Event, StoreError>> + Send + 'static) {
        // At a place of its own: the runtime would move its kilobytes several times.
        let work = Box::pin(work);
        let task = self.running.spawn(async move { (number, work.await) });
        if let Some(piece) = self.pieces.get_mut(&number) {
            piece.task = Some(task);
        }
    }

    fn start_poll(&mut self, source: DueSource) {
        let (number, progress) = self.begin(Slot::Poll, source.is_probe);
        let app = self.app.clone();
        self.spawn(number, async move {
            let stages = app.stages.of_piece(source.is_probe, progress.clone());
            let outcome = pipeline::poll(&stages, source).await;
            let _at_work = progress.work();
            let describe = tally::polled(&outcome);
            let remembered = remember_hosts(&app).await;
            let committed = app.store.commit_poll(outcome).await;
            remembered.and(committed.map(describe))
        });
    }

    fn start_article(&mut self, candidate: Candidate) {
        let (number, progress) = self.begin(Slot::Article, candidate.is_probe);
        let app = self.app.clone();
        self.spawn(number, async move {
            let stages = app.stages.of_piece(candidate.is_probe, progress.clone());
            let outcome = pipeline::acquire(&stages, candidate).await;
            let _at_work = progress.work();
            let describe = tally::acquired(&outcome);
            let remembered = remember_hosts(&app).await;
            let committed = app.store.commit_article(outcome).await;
            remembered.and(committed.map(describe))
        });
    }

    fn finish(
        &mut self,
        joined: Result<(u64, Result<Event, StoreError>), tokio::task::JoinError>,
    ) -> Result<(), EngineError> {
        let (number, committed) = match joined {
            Ok(ended) => ended,
            // Parsers run under a guard of their own, so this is a fault in the loop itself: better to be restarted
            // with all claims given back than to go on with a slot less each time.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return Ok(()),
        };
        self.pieces.remove(&number);
        match committed {
            Ok(event) => {
                log(&event);
                self.tally.add(&event);
                (self.observe)(&event);
                Ok(())
            }
            Err(error) => self.store_trouble(error),
        }
    }

    /// Notes trouble with the database and pauses claims. What was in work is fetched again when its lease has run
    /// out; nothing is lost.
    fn store_trouble(&mut self, error: StoreError) -> Result<(), EngineError> {
        if matches!(error, StoreError::Closed | StoreError::Replaced { .. }) {
            return Err(EngineError::Store(error));
        }
        if self.claims_from <= Instant::now() {
            error!("the database cannot be written, next try in {} s: {error}", STORE_TROUBLE_PAUSE.as_secs());
        }
        self.claims_from = Instant::now() + STORE_TROUBLE_PAUSE;
        self.is_in_trouble = true;
        if self.until == Until::Idle {
            return Err(EngineError::Store(error));
        }
        if let Some(notifier) = self.notifier {
            notifier.status(&format!("the database cannot be written: {error}"));
        }
        Ok(())
    }

    /// A sign of life: through the writer into the database, and only then to the watchdog.
    async fn beat(&mut self) -> Result<(), EngineError> {
        let keep_days = self.app.config.store.fetches_keep_days;
        let retention = RetentionRules::of(&self.app.config);
        match self.app.store.heartbeat(self.started_at, keep_days, retention).await {
            Ok(()) => {
                if std::mem::take(&mut self.is_in_trouble) {
                    info!("the database can be written again");
                }
                let log = self.look_at_log();
                if let Some(notifier) = self.notifier {
                    notifier.alive();
                    let log = log.map(|trouble| format!("; {trouble}")).unwrap_or_default();
                    notifier.status(&format!("{}{log}", self.status()));
                }
                Ok(())
            }
            Err(error) => self.store_trouble(error),
        }
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
        let n_polls = self.pieces.values().filter(|piece| piece.slot == Slot::Poll).count();
        let n_articles = self.pieces.len() - n_polls;
        format!(
            "{n_polls} polls and {n_articles} articles in work; since the start {polls} polls ({polls_failed} failed), {articles} \
             articles ({duplicates} duplicates, {revisions} revisions, {articles_failed} failed)"
        )
    }

    /// Lets running work end, for a while, then gives back what is left: soon what waits for its host, at last all.
    async fn drain(&mut self) -> Result<(), EngineError> {
        let grace_period = match self.until {
            Until::Idle => self.app.config.daemon.grace_period.min(ONE_SHOT_GRACE_PERIOD),
            Until::Stopped => self.app.config.daemon.grace_period,
        };
        if let Some(notifier) = self.notifier {
            notifier.stopping(&format!("finishing {} pieces of work", self.running.len()));
        }
        let deadline = Instant::now() + grace_period;
        let mut next_look = deadline.min(Instant::now() + ANSWER_PATIENCE);
        let mut n_let_go = 0;
        while !self.running.is_empty() {
            match tokio::time::timeout_at(next_look, self.running.join_next()).await {
                Ok(Some(joined)) => self.finish(joined)?,
                Ok(None) => break,
                Err(_) if Instant::now() >= deadline => {
                    let n_left = self.pieces.len();
                    if n_left > 0 {
                        let seconds = grace_period.as_secs();
                        warn!("{n_left} pieces of work did not end within {seconds} s and are given back");
                    }
                    self.running.shutdown().await;
                }
                Err(_) => {
                    n_let_go += self.let_go_of_waiting();
                    next_look = deadline.min(Instant::now() + LETTING_GO_PAUSE);
                }
            }
        }
        if n_let_go > 0 {
            info!("{n_let_go} pieces of work waited for their hosts still and are given back");
        }
        if self.app.store.give_back().await? > 0 {
            debug!("claims given back");
        }
        self.app.store.note_stop().await?;
        Ok(())
    }

    /// Ends what waits for its host. What is at work has its whole answer and goes on, to its commit. Returns how many there
    /// were.
    fn let_go_of_waiting(&mut self) -> usize {
        let n_before = self.pieces.len();
        self.pieces.retain(|_, piece| {
            let is_waiting = !piece.progress.is_at_work();
            if is_waiting && let Some(task) = &piece.task {
                task.abort();
            }
            !is_waiting
        });
        n_before - self.pieces.len()
    }
}

/// Writes down what hosts have said that the next process is to go by.
async fn remember_hosts(app: &App) -> Result<(), StoreError> {
    let news = app.stages.fetcher.host_news();
    if news.is_empty() { Ok(()) } else { app.store.remember_hosts(news).await }
}

fn earliest(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}

fn until_then(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}

/// A failure is logged once, here, where it is handled.
fn log(event: &Event) {
    match event {
        Event::Polled { source, url, outcome } => match outcome {
            Polled::Listed { n_new, n_known, problems } => {
                debug!(source.slug = %source, n_new, n_known, "source {source} listed {n_new} new links");
                for problem in problems {
                    debug!(source.slug = %source, "source {source}: {problem}");
                }
            }
            Polled::Unchanged => debug!(source.slug = %source, "source {source} is unchanged"),
            Polled::Postponed { .. } => debug!(source.slug = %source, "source {source} waits for its host's turn"),
            Polled::Failed(failure) => {
                warn!(source.slug = %source, url = %url, error.class = %failure.class, "poll of source {source} failed: {failure}");
            }
        },
        Event::Acquired { url, source, outcome, gate, taken_back, merged } => {
            let source = source.as_deref().unwrap_or("-");
            for id in taken_back {
                info!(article.id = id, url = %url, "article {id} is none, since {url} leads to its page as well; it is taken back");
            }
            for id in merged {
                info!(article.id = id, url = %url, "article {id} was a page of the one that {url} leads to; it is taken back");
            }
            match gate {
                Some(GateChange::Found { publisher, sign }) => {
                    warn!(publisher = %publisher, url = %url, "articles of {publisher} stand behind a gate ({sign}); they wait until it opens");
                }
                Some(GateChange::Opened { publisher, n_links }) => {
                    info!(publisher = %publisher, n_links, "the gate before articles of {publisher} is open, {n_links} are due");
                }
                None => {}
            }
            match outcome {
                Acquired::Stored { id, verdict, .. } => {
                    debug!(article.id = id, source.slug = %source, url = %url, "article {id} stored: {verdict:?}");
                }
                Acquired::Unchanged => debug!(url = %url, "{url} is unchanged"),
                Acquired::Removed { id } => {
                    info!(article.id = id, source.slug = %source, url = %url, "article {id} is gone from {url}; it is kept");
                }
                Acquired::Postponed { .. } => debug!(url = %url, "{url} waits for its host's turn"),
                Acquired::Failed { failure, is_final } => {
                    let next = if *is_final { "given up" } else { "will be tried again" };
                    info!(source.slug = %source, url = %url, error.class = %failure.class, "no article at {url}, {next}: {failure}");
                }
            }
        }
    }
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
