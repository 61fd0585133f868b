//! The writer's side: work that was claimed goes to the workers that ask for it, and what comes of it comes back.
//!
//! A piece of work waits here for a worker that looks after the shard of its publisher, and leaves with the epoch under which that one does. When
//! the shard is asked for under a later epoch, another worker looks after it, and what is out under an earlier one is lost: its claim is given
//! back, and what is reported of it later counts for nothing. So a worker that died costs the time that its leases last, and nothing is decided by
//! how long somebody takes.
//!
//! Each answer allows the worker to ask hosts for [`ALLOWED_FOR`] from the moment at which it sent its question. Where the queue is away, nobody
//! elsewhere asks for work, so that after that time nobody elsewhere asks hosts: then a worker in this process may go on [`Dispatcher`] alone.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::model::{ArticleOutcome, Candidate, DueSource, HostMemory, PollOutcome};

use super::hosts::{KnownHosts, believable};
use super::line::line_of;
use super::question::{Delivery, Question, Receipt};
use super::seldom::Seldom;
use super::shard::{N_SHARDS, shard_of};
use super::wire::{Answer, Ask, Job, Outcome, Report, Share, Slots, Task, VERSION};

/// How long a worker may ask hosts, from when it sent the question that is answered.
pub const ALLOWED_FOR: Duration = Duration::from_secs(30);

/// What the clocks of two machines may make of that, and what a request may outlast it by.
const ALLOWED_AND_MORE: Duration = ALLOWED_FOR.saturating_add(Duration::from_secs(3));

/// A question is answered after this at the latest, also where there is no work: the worker hears that the writer lives.
const HELD_FOR: Duration = Duration::from_secs(1);

/// The same for one that has work: slots of it become free of which its question does not know.
const HELD_FOR_WHILE_BUSY: Duration = Duration::from_millis(250);

/// A worker that has not been heard of for so long counts no more.
const SILENT_AFTER: Duration = Duration::from_secs(20);

/// So often it is looked who is silent.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// Pieces of work that wait here for each slot of the workers: enough for the time until the next claim.
const AHEAD: usize = 2;

/// Where there are too many, one that was not heard of for so long, and has no work, leaves its place to another: who lives asks within seconds.
const REPLACED_AFTER: Duration = Duration::from_secs(5);

/// Lines of the log in a minute of workers that come, or get no work.
const WORKER_LINES_MAX: u32 = 100;

/// Workers at most, slots of one, and characters of what it says of itself.
const WORKERS_MAX: usize = 512;
const SLOTS_MAX: u32 = 4096;
const NAME_CHARS_MAX: usize = 200;

/// Pieces in one answer, and their bytes before they are packed, so that an answer has room in a message.
const JOBS_MAX: usize = 64;
const JOBS_BYTES_MAX: usize = 512 * 1024;

/// What came of a piece of work.
#[derive(Debug)]
pub struct Done<T> {
    /// The outcome.
    pub outcome: T,
    /// What hosts have said meanwhile.
    pub hosts: HostMemory,
    /// What is left to do once the outcome is committed.
    pub settling: Settling,
}

/// Says that an outcome is committed. Until then, or until this is dropped, a report that comes twice is left where it is.
#[derive(Debug)]
pub struct Settling {
    dispatcher: Dispatcher,
    ticket: String,
    receipt: Option<Receipt>,
}

impl Settling {
    /// Says it, in the background.
    pub fn committed(mut self) {
        if let Some(receipt) = self.receipt.take() {
            tokio::spawn(async move {
                settle(receipt).await;
                drop(self);
            });
        }
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.dispatcher.state().committing.remove(&self.ticket);
    }
}

/// Says that nobody waits for a report any more. Where that fails it comes again, and is told so again.
async fn settle(receipt: Receipt) {
    if let Err(error) = receipt.done().await {
        debug!("the queue was not told that a report is done with, which then comes again: {error}");
    }
}

/// A piece of work that nobody does any more. Its claim is to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nobody has begun it, or whoever had it gave it back.
    Undone,
    /// Whoever had it is gone, perhaps of it.
    WithItsWorker,
}

fn given_back<T>(settling: Settling) -> Result<T, Lost> {
    settling.committed();
    Err(Lost::Undone)
}

/// Which slots a piece of work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A poll.
    Poll,
    /// An article.
    Article,
}

/// Whoever reports, with a bound on how long it takes.
#[derive(Debug)]
struct Waiting {
    kind: Kind,
    is_probe: bool,
    shard: u8,
    task: Task,
    n_bytes: usize,
    ended: oneshot::Sender<Result<(Report, Receipt), Lost>>,
}

#[derive(Debug)]
struct Out {
    worker: String,
    kind: Kind,
    shard: u8,
    epoch: u64,
    /// The number of the question that it was the answer to.
    asked: u64,
    ended: oneshot::Sender<Result<(Report, Receipt), Lost>>,
}

/// A worker, as it was last heard of.
#[derive(Clone, Debug)]
pub struct WorkerSeen {
    /// The name of its process.
    pub worker: String,
    /// Its machine, for people.
    pub machine: String,
    /// Its version.
    pub program: String,
    /// How much it does at one time.
    pub slots: Slots,
    /// How much it has in work.
    pub n_in_work: u32,
    /// How many shards it looks after.
    pub n_shards: usize,
    /// The highest epoch of these.
    pub epoch: u64,
    /// The number of its last question.
    pub asked: u64,
    /// When it was last heard of.
    pub heard_at: Instant,
    /// Why it gets nothing, where that is so.
    pub refused: Option<String>,
    /// Whether it is in this process.
    pub is_embedded: bool,
}

/// How it goes.
#[derive(Clone, Debug, Default)]
pub struct QueueFigures {
    /// The workers that were heard of lately.
    pub workers: Vec<WorkerSeen>,
    /// Pieces of work that wait for a worker.
    pub n_in_stock: usize,
    /// Pieces of work that are with one.
    pub n_out: usize,
    /// Shards that somebody looks after.
    pub n_shards: usize,
    /// The highest epoch that was heard of.
    pub epoch: u64,
    /// Pieces of work that came back so far.
    pub n_reported: u64,
    /// Pieces of work whose worker was gone, so far.
    pub n_lost: u64,
    /// Reports that nobody waited for, so far.
    pub n_stale: u64,
    /// Whether this process works alone since the queue is away.
    pub is_sole: bool,
}

#[derive(Debug, Default)]
struct State {
    rules: Rules,
    n_tickets: u64,
    stock: VecDeque<Waiting>,
    out: HashMap<String, Out>,
    /// Reports that are being committed.
    committing: HashSet<String>,
    /// The latest epoch under which each shard was asked for, and when.
    epochs: HashMap<u8, (u64, Instant)>,
    workers: HashMap<String, WorkerSeen>,
    /// What each worker was told of hosts.
    told: HashMap<String, HashSet<String>>,
    /// What each worker has reported since it asked: so much more it has room for.
    freed: HashMap<String, Slots>,
    hosts: KnownHosts,
    /// When somebody elsewhere was last answered, or may have been: at the start all may be at work for a writer before this one.
    last_allowed: Option<Instant>,
    /// When the worker in this process was last allowed to ask alone.
    last_sole: Option<Instant>,
    is_sole: bool,
    is_closed: bool,
    n_reported: u64,
    n_lost: u64,
    n_stale: u64,
}

/// What the settings say of who may work.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Of the settings that workers must have too, the parts, each as `NAME:DIGEST`, with spaces between them.
    pub settings: String,
    /// Entries that are taken of a feed, sitemap or page.
    pub n_entries_max: usize,
    /// How long a claim lasts: what is out for longer is claimed again.
    pub lease: Duration,
}

/// Work that was claimed, on its way to workers and back. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    state: Arc<Mutex<State>>,
    /// The name of this run of the writer, which no other has.
    run: Arc<str>,
    /// Told when there is work.
    news: Arc<Notify>,
    /// Told when some of it is taken.
    taken: Arc<Notify>,
    lines: Arc<Lines>,
}

/// What others can have the log say.
#[derive(Debug)]
struct Lines {
    no_question: Seldom,
    no_report: Seldom,
    workers: Seldom,
}

/// A question that waits for work.
struct Asked {
    ask: Ask,
    question: Question,
    came_at: Instant,
    is_embedded: bool,
}

impl Asked {
    /// When it is answered, work or no work.
    fn held_until(&self) -> Instant {
        self.came_at + if self.ask.n_in_work > 0 { HELD_FOR_WHILE_BUSY } else { HELD_FOR }
    }
}

impl Dispatcher {
    /// One without work. `hosts` is what is known of hosts.
    #[must_use]
    pub fn new(run: &str, rules: Rules, hosts: &HostMemory) -> Dispatcher {
        let (hosts, last_allowed) = (KnownHosts::of(hosts), Some(Instant::now()));
        let state = State { rules, hosts, last_allowed, ..State::default() };
        let lines = Lines {
            no_question: Seldom::default(),
            no_report: Seldom::default(),
            workers: Seldom::of_lines(WORKER_LINES_MAX),
        };
        Dispatcher {
            state: Arc::new(Mutex::new(state)),
            run: run.into(),
            news: Arc::default(),
            taken: Arc::default(),
            lines: Arc::new(lines),
        }
    }

    /// Goes by other rules from now on.
    pub fn go_by(&self, rules: Rules) {
        self.state().rules = rules;
    }

    /// Has a source polled by whoever looks after its publisher.
    ///
    /// # Errors
    ///
    /// [`Lost`] where whoever had it is gone, or nobody had it in the time that its claim lasts.
    pub async fn poll(&self, publisher: &str, source: DueSource) -> Result<Done<PollOutcome>, Lost> {
        let is_probe = source.is_probe;
        let kept = source.clone();
        let (report, settling) = self.hand_out(Kind::Poll, is_probe, publisher, Task::Poll(Box::new(source))).await?;
        match report.outcome {
            Outcome::Poll(mut done) => {
                done.cut(self.state().rules.n_entries_max);
                Ok(Done { outcome: done.with(kept), hosts: report.hosts, settling })
            }
            Outcome::Article(_) | Outcome::Dropped => given_back(settling),
        }
    }

    /// Has an article fetched by whoever looks after its publisher.
    ///
    /// # Errors
    ///
    /// As [`Dispatcher::poll`].
    pub async fn article(&self, publisher: &str, candidate: Candidate) -> Result<Done<ArticleOutcome>, Lost> {
        let is_probe = candidate.is_probe;
        let kept = candidate.clone();
        let task = Task::Article(Box::new(candidate));
        let (report, settling) = self.hand_out(Kind::Article, is_probe, publisher, task).await?;
        match report.outcome {
            Outcome::Article(done) => Ok(Done { outcome: done.with(kept), hosts: report.hosts, settling }),
            Outcome::Poll(_) | Outcome::Dropped => given_back(settling),
        }
    }

    async fn hand_out(
        &self,
        kind: Kind,
        is_probe: bool,
        publisher: &str,
        task: Task,
    ) -> Result<(Report, Settling), Lost> {
        let (ended, end) = oneshot::channel();
        let n_bytes = n_bytes(&task);
        let waiting = Waiting { kind, is_probe, shard: shard_of(publisher), task, n_bytes, ended };
        let lease = {
            let mut state = self.state();
            if state.is_closed {
                return Err(Lost::Undone);
            }
            state.stock.push_back(waiting);
            state.rules.lease
        };
        self.news.notify_one();
        // Nobody has it after that: the claim has run out, and another is made.
        let (mut report, receipt) =
            tokio::time::timeout(lease, end).await.map_err(|_| Lost::Undone)?.map_err(|_| Lost::Undone)??;
        report.hosts = believable(report.hosts, Timestamp::now());
        let settling = Settling { dispatcher: self.clone(), ticket: report.ticket.clone(), receipt: Some(receipt) };
        Ok((report, settling))
    }

    /// How many more pieces of a kind may be claimed: so much as will be asked for soon.
    #[must_use]
    pub fn room(&self, kind: Kind) -> Share {
        let state = self.state();
        let now = Instant::now();
        let slots = |seen: &WorkerSeen| match kind {
            Kind::Poll => seen.slots.polls,
            Kind::Article => seen.slots.articles,
        };
        let living = state.workers.values().filter(|seen| seen.refused.is_none() && is_heard(seen, now));
        let n_slots: usize = living.map(|seen| usize::try_from(slots(seen)).unwrap_or(usize::MAX)).sum();
        let room = |is_probe: bool| {
            let waits = |waiting: &&Waiting| waiting.kind == kind && waiting.is_probe == is_probe;
            let n_waiting = state.stock.iter().filter(waits).count();
            u32::try_from((n_slots * AHEAD).saturating_sub(n_waiting)).unwrap_or(u32::MAX)
        };
        Share { sound: room(false), probes: room(true) }
    }

    /// Ends when some of what waits has been taken, or workers came or went, since this was last asked.
    pub async fn some_is_taken(&self) {
        self.taken.notified().await;
    }

    /// Hands out nothing more. What nobody has begun is lost, and what is out may come back.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.stock.clear();
    }

    /// How it goes.
    #[must_use]
    pub fn figures(&self) -> QueueFigures {
        let state = self.state();
        let now = Instant::now();
        let mut workers: Vec<WorkerSeen> = state.workers.values().filter(|seen| is_heard(seen, now)).cloned().collect();
        workers.sort_by(|left, right| left.machine.cmp(&right.machine).then_with(|| left.worker.cmp(&right.worker)));
        QueueFigures {
            workers,
            n_in_stock: state.stock.len(),
            n_out: state.out.len(),
            n_shards: state.epochs.values().filter(|(_, heard_at)| now - *heard_at < SILENT_AFTER).count(),
            epoch: state.epochs.values().map(|(epoch, _)| *epoch).max().unwrap_or(0),
            n_reported: state.n_reported,
            n_lost: state.n_lost,
            n_stale: state.n_stale,
            is_sole: state.is_sole,
        }
    }

    /// Answers those who ask for work, until nobody can ask any more. `is_away` tells whether the queue is.
    pub async fn answer(
        self,
        mut elsewhere: mpsc::Receiver<Question>,
        mut embedded: mpsc::Receiver<Question>,
        is_away: impl Fn() -> bool,
    ) {
        let mut asked: Vec<Asked> = Vec::new();
        let mut next_look = Instant::now();
        let mut is_open = (true, true);
        while is_open.0 || is_open.1 {
            let next = asked.iter().map(Asked::held_until).min();
            let held = next.unwrap_or_else(|| Instant::now() + HELD_FOR);
            tokio::select! {
                question = elsewhere.recv(), if is_open.0 => match question {
                    Some(question) => self.take_in(question, false, &mut asked),
                    None => is_open.0 = false,
                },
                question = embedded.recv(), if is_open.1 => match question {
                    Some(question) => self.take_in(question, true, &mut asked),
                    None => is_open.1 = false,
                },
                () = self.news.notified() => {}
                () = tokio::time::sleep_until(held) => {}
            }
            let now = Instant::now();
            if now >= next_look {
                self.state().give_up_silent(now);
                self.look_whether_alone(is_away());
                next_look = now + LOOK_PAUSE;
            }
            self.answer_those(&mut asked);
        }
    }

    /// Reads a question. What is none, or of a worker that may have no work, is answered at once.
    fn take_in(&self, question: Question, is_embedded: bool, asked: &mut Vec<Asked>) {
        let ask = match Ask::decode(&question.message) {
            Ok(ask) => ask,
            Err(error) => {
                if let Some(others) = self.lines.no_question.happened(1) {
                    warn!("a worker asks for work in a way that is not understood: {error}{others}");
                }
                question.answer(Answer::Refused { version: VERSION, reason: error.to_string() }.encode());
                return;
            }
        };
        let ask = tamed(ask);
        let now = Instant::now();
        let refused = self.why_refused(&ask);
        let mut state = self.state();
        if state.workers.get(&ask.worker).is_some_and(|seen| ask.number < seen.asked) {
            // It was long on its way, and nobody waits for its answer.
            return;
        }
        let seen = WorkerSeen {
            worker: ask.worker.clone(),
            machine: ask.machine.clone(),
            program: ask.program.clone(),
            slots: ask.slots,
            n_in_work: ask.n_in_work,
            n_shards: ask.shards.len(),
            epoch: ask.shards.iter().map(|(_, epoch)| *epoch).max().unwrap_or(0),
            asked: ask.number,
            heard_at: now,
            refused: refused.clone(),
            is_embedded,
        };
        if !state.has_room_for(&ask.worker, now) || ask.worker.len() > NAME_CHARS_MAX {
            let reason = format!("there are {WORKERS_MAX} workers already, or its name is too long");
            drop(state);
            question.answer(Answer::Refused { version: VERSION, reason }.encode());
            return;
        }
        let before = state.workers.insert(ask.worker.clone(), seen);
        if before.is_none() {
            self.taken.notify_one();
        }
        match (before.map(|before| before.refused), &refused) {
            (None | Some(Some(_)), None) => {
                if let Some(others) = self.lines.workers.happened(1) {
                    info!("worker {} asks for work, newswire {}{others}", ask.machine, ask.program);
                }
            }
            (before, Some(reason)) if before.as_ref() != Some(&refused) => {
                if let Some(others) = self.lines.workers.happened(1) {
                    warn!("worker {} gets no work: {reason}{others}", ask.machine);
                }
            }
            _ => {}
        }
        state.freed.remove(&ask.worker);
        if let Some(reason) = refused {
            drop(state);
            question.answer(Answer::Refused { version: VERSION, reason }.encode());
            return;
        }
        for (shard, epoch) in &ask.shards {
            state.heed_epoch(*shard, *epoch, now);
        }
        // What it was answered and has not heard of, nobody does.
        state.lose(Lost::Undone, |out, _, _| {
            out.worker == ask.worker && ask.heard.is_none_or(|heard| out.asked > heard)
        });
        drop(state);
        // Who asks again has given up the question before.
        asked.retain(|asked| asked.ask.worker != ask.worker);
        asked.push(Asked { ask, question, came_at: now, is_embedded });
    }

    fn why_refused(&self, ask: &Ask) -> Option<String> {
        if ask.version != VERSION {
            return Some(format!(
                "it speaks version {} of what goes over the queue, and the writer {VERSION}: they need the same version of newswire",
                ask.version
            ));
        }
        let ours = env!("CARGO_PKG_VERSION");
        if ask.program != ours {
            return Some(format!(
                "it is newswire {}, and the writer {ours}: they need the same version, since another may read pages otherwise",
                ask.program
            ));
        }
        let differing = differing_parts(&ask.settings, &self.state().rules.settings);
        (!differing.is_empty()).then(|| {
            format!("its settings of {differing} are others than the writer's: both need the same, and read them anew at SIGHUP")
        })
    }

    /// Decides whether the worker in this process goes on alone.
    fn look_whether_alone(&self, is_away: bool) {
        let mut state = self.state();
        let now = Instant::now();
        let is_over = |last: Option<Instant>| last.is_none_or(|last| now >= last + ALLOWED_AND_MORE);
        let has_embedded = state.workers.values().any(|seen| seen.is_embedded && is_heard(seen, now));
        let may_be = is_away && has_embedded && is_over(state.last_allowed);
        if may_be && !state.is_sole {
            state.is_sole = true;
            warn!("the queue is away, and nobody elsewhere asks hosts any more: this process goes on alone");
            let n_before = state.out.len();
            state.lose(Lost::Undone, |_, seen, _| !seen.is_some_and(|seen| seen.is_embedded));
            if n_before > state.out.len() {
                info!("{} pieces of work that were elsewhere are given back", n_before - state.out.len());
            }
        }
        if !is_away && state.is_sole {
            state.is_sole = false;
            info!("the queue is there again");
        }
    }

    fn answer_those(&self, asked: &mut Vec<Asked>) {
        let now = Instant::now();
        let mut waiting = Vec::with_capacity(asked.len());
        for one in asked.drain(..) {
            if one.question.is_forgotten() {
                continue;
            }
            let is_due = now >= one.held_until();
            match self.answer_to(&one, is_due) {
                Some(answer) => one.question.answer(answer.encode()),
                None => waiting.push(one),
            }
        }
        *asked = waiting;
    }

    /// The answer to a question, unless it is to wait for work.
    fn answer_to(&self, asked: &Asked, is_due: bool) -> Option<Answer> {
        let mut state = self.state();
        let now = Instant::now();
        let is_sole = state.is_sole && asked.is_embedded;
        // Whoever was alone may be in the middle of a request. Who asks elsewhere waits until that must have ended.
        let was_sole = state.last_sole.is_some_and(|last| now < last + ALLOWED_AND_MORE);
        if was_sole && !is_sole && !asked.is_embedded {
            return is_due.then(|| self.work(Duration::ZERO, Vec::new(), false));
        }
        let jobs = state.take(&asked.ask, &self.run, is_sole);
        if !jobs.is_empty() {
            self.taken.notify_one();
        }
        if jobs.is_empty() && !is_due {
            return None;
        }
        if is_sole {
            state.last_sole = Some(now);
        } else if !asked.is_embedded {
            state.last_allowed = Some(now);
        }
        Some(self.work(ALLOWED_FOR, jobs, is_sole))
    }

    fn work(&self, lasts: Duration, jobs: Vec<Job>, sole: bool) -> Answer {
        Answer::Work { run: self.run.to_string(), lasts, jobs, sole }
    }

    /// Takes in what is reported, until nothing can be any more.
    pub async fn take_reports(self, mut reports: mpsc::Receiver<Delivery>) {
        while let Some(Delivery { message, receipt }) = reports.recv().await {
            let report = match Report::decode(&message) {
                Ok(report) => report,
                Err(error) => {
                    if let Some(others) = self.lines.no_report.happened(1) {
                        warn!("a report is not understood, and what it is of is fetched again: {error}{others}");
                    }
                    tokio::spawn(settle(receipt));
                    continue;
                }
            };
            let mut state = self.state();
            if state.committing.contains(&report.ticket) {
                // It has come twice. Once the first is committed, nobody waits for this one, and it is told to be.
                continue;
            }
            match state.out.remove(&report.ticket) {
                Some(out) if *report.run == *self.run => {
                    state.n_reported += 1;
                    state.hosts.take_in(&report.hosts);
                    state.note_free_slot(&out.worker, out.kind);
                    // Its question may wait for that.
                    self.news.notify_one();
                    state.committing.insert(report.ticket.clone());
                    let ticket = report.ticket.clone();
                    if out.ended.send(Ok((report, receipt))).is_err() {
                        state.committing.remove(&ticket);
                    }
                }
                _ => {
                    state.n_stale += 1;
                    drop(state);
                    debug!("what was reported of {} is not waited for any more", report.ticket);
                    tokio::spawn(settle(receipt));
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes note of the epoch under which a shard is asked for.
    ///
    /// An earlier one than is known is that of a worker that has lost the shard, unless nobody has asked under the later for longer than a lease
    /// lasts: then the store has lost its records, and counts anew.
    fn heed_epoch(&mut self, shard: u8, epoch: u64, now: Instant) {
        let (known, heard_at) = self.epochs.entry(shard).or_insert((epoch, now));
        if epoch < *known && now - *heard_at < SILENT_AFTER {
            return;
        }
        (*known, *heard_at) = (epoch, now);
    }

    /// Forgets workers that are gone, and where there are too many one that may be. Returns whether there is room for another then, or it is known.
    fn has_room_for(&mut self, worker: &str, now: Instant) -> bool {
        self.workers.retain(|_, seen| now - seen.heard_at < ALLOWED_AND_MORE);
        if self.workers.len() >= WORKERS_MAX && !self.workers.contains_key(worker) {
            let busy: HashSet<&str> = self.out.values().map(|out| out.worker.as_str()).collect();
            let idle = self.workers.values().filter(|seen| !busy.contains(seen.worker.as_str()));
            let longest_silent =
                idle.min_by_key(|seen| seen.heard_at).filter(|seen| now - seen.heard_at >= REPLACED_AFTER);
            let Some(gone) = longest_silent.map(|seen| seen.worker.clone()) else { return false };
            self.workers.remove(&gone);
        }
        let State { workers, told, freed, .. } = self;
        told.retain(|worker, _| workers.contains_key(worker));
        freed.retain(|worker, _| workers.contains_key(worker));
        true
    }

    /// Gives up what is with workers that are gone: those that nothing was heard of for a while, where another looks after the shard, and else
    /// for as long as they may ask hosts. Who lives reports what it has, also of shards that it has passed on.
    fn give_up_silent(&mut self, now: Instant) {
        // Whoever waited has given it up.
        self.out.retain(|_, out| !out.ended.is_closed());
        self.lose(Lost::WithItsWorker, |out, seen, epoch| {
            let Some(seen) = seen else { return true };
            let is_passed_on = epoch.is_some_and(|epoch| epoch != out.epoch);
            now - seen.heard_at >= if is_passed_on { SILENT_AFTER } else { ALLOWED_AND_MORE }
        });
    }

    /// Gives up what is out and of which `is_lost` says so, by its worker and the latest epoch of its shard, as far as these are known.
    fn lose(&mut self, how: Lost, is_lost: impl Fn(&Out, Option<&WorkerSeen>, Option<u64>) -> bool) {
        let State { out, workers, epochs, n_lost, .. } = self;
        let gone = out.extract_if(|_, out| {
            let epoch = epochs.get(&out.shard).map(|(epoch, _)| *epoch);
            is_lost(out, workers.get(&out.worker), epoch)
        });
        for (_, out) in gone {
            *n_lost += 1;
            // Whoever waited may have given it up.
            let _ = out.ended.send(Err(how));
        }
    }

    /// Notes that a worker has a slot more than it knew of when it asked.
    fn note_free_slot(&mut self, worker: &str, kind: Kind) {
        if !self.workers.contains_key(worker) {
            return;
        }
        let freed = self.freed.entry(worker.to_owned()).or_default();
        match kind {
            Kind::Poll => freed.polls += 1,
            Kind::Article => freed.articles += 1,
        }
    }

    /// Takes as much work out of stock as a worker has asked for, and may have.
    fn take(&mut self, ask: &Ask, run: &str, is_sole: bool) -> Vec<Job> {
        let owned: HashMap<u8, u64> = ask.shards.iter().copied().collect();
        let freed = self.freed.get(&ask.worker).copied().unwrap_or_default();
        let mut room = ask.room;
        room.polls.sound = room.polls.sound.saturating_add(freed.polls.min(ask.slots.polls));
        room.articles.sound = room.articles.sound.saturating_add(freed.articles.min(ask.slots.articles));
        let (mut jobs, mut n_bytes) = (Vec::new(), 0);
        let mut left = VecDeque::with_capacity(self.stock.len());
        for waiting in std::mem::take(&mut self.stock) {
            // Whoever waited for it has given it up.
            if waiting.ended.is_closed() {
                continue;
            }
            let latest = self.epochs.get(&waiting.shard).map(|(epoch, _)| *epoch);
            let epoch =
                if is_sole { Some(0) } else { owned.get(&waiting.shard).copied().filter(|own| Some(*own) == latest) };
            let of_kind = match waiting.kind {
                Kind::Poll => &mut room.polls,
                Kind::Article => &mut room.articles,
            };
            let n_free = if waiting.is_probe { &mut of_kind.probes } else { &mut of_kind.sound };
            let fits = jobs.len() < JOBS_MAX && (jobs.is_empty() || n_bytes + waiting.n_bytes <= JOBS_BYTES_MAX);
            let (Some(epoch), true) = (epoch, *n_free > 0 && fits) else {
                left.push_back(waiting);
                continue;
            };
            *n_free -= 1;
            n_bytes += waiting.n_bytes;
            self.n_tickets += 1;
            let ticket = format!("{run}-{}", self.n_tickets);
            let told = self.told.entry(ask.worker.clone()).or_default();
            let hosts = self.hosts.about(&waiting.task, told);
            jobs.push(Job { ticket: ticket.clone(), shard: waiting.shard, epoch, hosts, task: waiting.task });
            let (worker, asked) = (ask.worker.clone(), ask.number);
            let out = Out { worker, kind: waiting.kind, shard: waiting.shard, epoch, asked, ended: waiting.ended };
            self.out.insert(ticket, out);
        }
        self.stock = left;
        jobs
    }
}

/// A question as a worker may ask it: what it says of itself as lines that one can read, and numbers that are those of a machine.
fn tamed(mut ask: Ask) -> Ask {
    for text in [&mut ask.machine, &mut ask.program, &mut ask.settings] {
        *text = line_of(text, NAME_CHARS_MAX);
    }
    ask.slots.polls = ask.slots.polls.min(SLOTS_MAX);
    ask.slots.articles = ask.slots.articles.min(SLOTS_MAX);
    ask.shards.truncate(N_SHARDS);
    ask
}

/// The names of the parts of two digests of settings, as [`Rules::settings`] has them, that are not the same in both.
fn differing_parts(left: &str, right: &str) -> String {
    let (left, right): (BTreeSet<&str>, BTreeSet<&str>) =
        (left.split_whitespace().collect(), right.split_whitespace().collect());
    let name = |part: &&&str| part.split(':').next().unwrap_or(part).to_owned();
    let names: BTreeSet<String> = left.symmetric_difference(&right).map(|part| name(&part)).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// Whether a worker was heard of lately.
fn is_heard(seen: &WorkerSeen, now: Instant) -> bool {
    now.saturating_duration_since(seen.heard_at) < SILENT_AFTER
}

/// About how many bytes a task takes, by its texts.
fn n_bytes(task: &Task) -> usize {
    const REST: usize = 1024;
    let texts = match task {
        Task::Poll(source) => source.children.len() * 256,
        Task::Article(candidate) => candidate.hints.text.n_bytes(),
    };
    texts + REST
}

#[cfg(test)]
mod tests;
