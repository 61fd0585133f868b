//! A worker: asks the writer for work, does it, and reports what came of it. It has no database.
//!
//! What it holds back from the writer is bounded by its slots. A report is tried again until the claim that it is of has run out. When the writer
//! or the queue is away, what is under way ends as far as the leases of its shards allow, and the worker waits.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::model::ClaimId;
use crate::pipeline;
use crate::queue::wire::{Answer, ArticleDone, Ask, Job, Outcome, PollDone, Report, Room, Share, Slots, Task, VERSION};
use crate::queue::{AskedAt, Bus, BusError, Fault, Holdings, Permission};

use super::notify::Notifier;
use super::pieces::{Pieces, Slot};
use super::worker_parts::{Identity, WorkerParts};

/// Where there is no work to be had, or no room for it, the writer is asked after this, so that it knows that the worker lives.
const ASK_PAUSE: Duration = Duration::from_secs(5);

/// From one question to the next at least: pieces that end soon after each other make room for as many in one answer.
const BETWEEN_ASKS: Duration = Duration::from_millis(5);

/// After the writer did not answer.
const MISSED_PAUSE: Duration = Duration::from_secs(1);

/// After it said that there is nothing for this worker.
const REFUSED_PAUSE: Duration = Duration::from_secs(10);

/// How long an answer is waited for: the writer holds a question for a second where it has no work.
const ANSWER_PATIENCE: Duration = Duration::from_secs(4);

/// Between two tries to report, at first and at most.
const REPORT_PAUSE: Duration = Duration::from_millis(200);
const REPORT_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerTally {
    /// Polls that were reported.
    pub polls: u64,
    /// Articles that were reported.
    pub articles: u64,
    /// Pieces of work that could not be reported, or were given back.
    pub given_back: u64,
}

/// A question that is under way, with the moment at which it was sent.
type Asking = Pin<Box<dyn Future<Output = (AskedAt, Result<Vec<u8>, BusError>)> + Send>>;

/// A worker and what it holds.
pub struct Worker {
    identity: Identity,
    parts: WorkerParts,
    /// Those that are in force from now on.
    next_parts: watch::Receiver<WorkerParts>,
    bus: Bus,
    shards: Holdings,
    permission: Permission,
    notifier: Option<Notifier>,
    pieces: Pieces,
    running: JoinSet<(u64, bool)>,
    /// The tickets of what is under way, by the numbers of the pieces.
    tickets: HashMap<u64, Ticket>,
    asking: Option<Asking>,
    next_ask: Instant,
    /// When the next question may be asked at the earliest.
    earliest_ask: Instant,
    /// How many questions were asked, and the number of the last whose answer has come.
    n_asked: u64,
    heard: Option<u64>,
    run: Option<String>,
    /// What was last said about the writer, so that it is said once.
    trouble: Option<String>,
    tally: WorkerTally,
}

#[derive(Clone)]
struct Ticket {
    slot: Slot,
    run: String,
    name: String,
    epoch: u64,
}

impl Worker {
    /// One that has not asked yet. The stages of its parts ask hosts as `shards` and `permission` allow.
    #[must_use]
    pub fn new(
        identity: Identity,
        mut parts: watch::Receiver<WorkerParts>,
        bus: Bus,
        shards: Holdings,
        permission: Permission,
    ) -> Worker {
        let now = parts.borrow_and_update().clone();
        // Until the writer has given it leave, it keeps nobody from a host.
        shards.rest(true);
        Worker {
            identity,
            parts: now,
            next_parts: parts,
            bus,
            shards,
            permission,
            notifier: None,
            pieces: Pieces::default(),
            running: JoinSet::new(),
            tickets: HashMap::new(),
            asking: None,
            next_ask: Instant::now(),
            earliest_ask: Instant::now(),
            n_asked: 0,
            heard: None,
            run: None,
            trouble: None,
            tally: WorkerTally::default(),
        }
    }

    /// Tells the service manager how it goes.
    #[must_use]
    pub fn with_notifier(mut self, notifier: Notifier) -> Worker {
        self.notifier = Some(notifier);
        self
    }

    /// Works until it is told to stop. What is under way then may end for as long as `daemon.grace_period_s` says.
    ///
    /// # Errors
    ///
    /// When a task has panicked without which there is no working, as that by which the leases are kept. What was in work is given to others when
    /// its leases have run out.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<WorkerTally, Fault> {
        let supervisor = self.shards.supervisor().clone();
        let mut fault = std::pin::pin!(supervisor.fault());
        let interval = self.notifier.map_or(Duration::from_secs(10), |notifier| notifier.interval());
        let mut heartbeat = tokio::time::interval(interval);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        if let Some(notifier) = self.notifier {
            notifier.ready(&self.status());
        }
        loop {
            self.ask_if_due();
            let (next_ask, free) = (self.next_ask, self.pieces.until_a_slot_is_free());
            let wake = free.map_or(next_ask, |free| next_ask.min(Instant::now() + free.max(Duration::from_millis(10))));
            let is_asking = self.asking.is_some();
            tokio::select! {
                (asked_at, answer) = answered(&mut self.asking), if is_asking => self.take_in(asked_at, answer),
                Some(joined) = self.running.join_next() => {
                    self.finish(joined);
                    self.ask_soon();
                }
                () = self.pieces.handed_over() => self.ask_soon(),
                () = tokio::time::sleep_until(wake), if !is_asking => {
                    if free.is_some() {
                        self.ask_soon();
                    }
                }
                _ = heartbeat.tick() => {
                    if let Some(notifier) = self.notifier {
                        notifier.alive();
                        notifier.status(&self.status());
                    }
                }
                Ok(()) = self.next_parts.changed() => {
                    self.parts = self.next_parts.borrow_and_update().clone();
                    // Who was refused for its settings may be given work by these.
                    self.next_ask = Instant::now();
                }
                fault = &mut fault => return Err(fault),
                changed = stop.changed() => {
                    if changed.is_err() || *stop.borrow() {
                        break;
                    }
                }
            }
        }
        self.drain().await;
        Ok(self.tally)
    }

    /// Asks again soon, where there is room that the last question did not tell of.
    fn ask_soon(&mut self) {
        if self.trouble.is_none() && has_room(self.room()) {
            self.next_ask = self.earliest_ask;
        }
    }

    fn room(&self) -> Room {
        let share = |slot| {
            let room = self.pieces.room(slot, &self.parts.config.daemon);
            Share { sound: narrow(room.n_sound), probes: narrow(room.n_probes) }
        };
        Room { polls: share(Slot::Poll), articles: share(Slot::Article) }
    }

    fn ask_if_due(&mut self) {
        if self.asking.is_some() || Instant::now() < self.next_ask {
            return;
        }
        let settings = &self.parts.config.daemon;
        let ask = Ask {
            version: VERSION,
            number: self.n_asked,
            heard: self.heard,
            worker: self.identity.worker.clone(),
            machine: self.identity.machine.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            settings: self.parts.settings.clone(),
            slots: Slots { polls: narrow(settings.poll_tasks), articles: narrow(settings.article_tasks) },
            room: self.room(),
            shards: self.shards.epochs(),
            n_in_work: narrow(self.pieces.n()),
            run: self.run.clone(),
        };
        self.n_asked += 1;
        self.earliest_ask = Instant::now() + BETWEEN_ASKS;
        let bus = self.bus.clone();
        // The permission that an answer brings counts from before it was asked for.
        let asked_at = self.permission.asked_now();
        self.asking = Some(Box::pin(async move { (asked_at, bus.ask(ask.encode(), ANSWER_PATIENCE).await) }));
    }

    fn take_in(&mut self, asked_at: AskedAt, answer: Result<Vec<u8>, BusError>) {
        self.asking = None;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.note_trouble(format!("the writer does not answer: {error}; it is asked again and again"));
                self.next_ask = Instant::now() + MISSED_PAUSE;
                return;
            }
        };
        match Answer::decode(&answer) {
            Ok(Answer::Work { run, lasts, jobs, sole }) => {
                if self.trouble.take().is_some() || self.run.is_none() {
                    info!("the writer answers");
                }
                self.run = Some(run.clone());
                // One question is under way at a time, so this is the answer to the last.
                self.heard = Some(self.n_asked - 1);
                self.permission.renew(asked_at, lasts, sole);
                self.shards.rest(false);
                let n = jobs.len();
                for job in jobs {
                    self.start(&run, job);
                }
                let pause = if n > 0 && has_room(self.room()) { Duration::ZERO } else { ASK_PAUSE };
                // Without work the writer has held the question for a while, and may be asked again where there is room.
                let pause = if n == 0 && has_room(self.room()) && !lasts.is_zero() { Duration::ZERO } else { pause };
                self.next_ask = self.earliest_ask.max(Instant::now() + pause);
            }
            Ok(Answer::Refused { reason, .. }) => {
                self.note_trouble(format!("the writer gives this worker no work: {reason}"));
                self.shards.rest(true);
                self.next_ask = Instant::now() + REFUSED_PAUSE;
            }
            Err(error) => {
                self.note_trouble(format!("what the writer answers is not understood: {error}"));
                self.shards.rest(true);
                self.next_ask = Instant::now() + REFUSED_PAUSE;
            }
        }
    }

    fn note_trouble(&mut self, trouble: String) {
        if self.trouble.as_ref() != Some(&trouble) {
            warn!("{trouble}");
        }
        if let Some(notifier) = self.notifier {
            notifier.status(&trouble);
        }
        self.trouble = Some(trouble);
    }

    fn start(&mut self, run: &str, job: Job) {
        let Job { ticket, epoch, hosts, task, .. } = job;
        let (slot, claim, is_probe, url): (_, ClaimId, _, _) = match &task {
            Task::Poll(source) => (Slot::Poll, source.claim, source.is_probe, source.url.clone()),
            Task::Article(candidate) => {
                (Slot::Article, candidate.claim, candidate.is_probe, candidate.url.as_url().clone())
            }
        };
        self.parts.stages.fetcher.recall(hosts);
        let (number, progress) = self.pieces.begin(slot, claim, is_probe, &url);
        self.tickets.insert(number, Ticket { slot, run: run.to_owned(), name: ticket.clone(), epoch });
        let stages = self.parts.stages.of_piece(is_probe, progress.clone());
        let (bus, run, worker) = (self.bus.clone(), run.to_owned(), self.identity.worker.clone());
        let deadline = Instant::now() + self.parts.config.schedule.lease;
        let work = Box::pin(async move {
            let outcome = match task {
                Task::Poll(source) => Outcome::Poll(PollDone::of(pipeline::poll(&stages, *source).await).1),
                Task::Article(candidate) => {
                    Outcome::Article(ArticleDone::of(pipeline::acquire(&stages, *candidate).await).1)
                }
            };
            let _at_work = progress.work();
            let hosts = stages.fetcher.host_news();
            let report = Report { version: VERSION, run, ticket: ticket.clone(), worker, epoch, hosts, outcome };
            report_until(&bus, &ticket, report.encode(), deadline).await
        });
        let task = self.running.spawn(async move { (number, work.await) });
        self.pieces.runs_as(number, task);
    }

    fn finish(&mut self, joined: Result<(u64, bool), JoinError>) {
        let (number, is_reported) = match joined {
            Ok(ended) => ended,
            // Parsers run under a guard of their own, so this is a fault of the worker: better to be started anew.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return,
        };
        self.pieces.end(number);
        match (self.tickets.remove(&number), is_reported) {
            (Some(Ticket { slot: Slot::Poll, .. }), true) => self.tally.polls += 1,
            (Some(Ticket { slot: Slot::Article, .. }), true) => self.tally.articles += 1,
            _ => self.tally.given_back += 1,
        }
    }

    fn status(&self) -> String {
        let (n_polls, n_articles) = (self.pieces.n_of(Slot::Poll), self.pieces.n_of(Slot::Article));
        let WorkerTally { polls, articles, .. } = self.tally;
        let trouble = self.trouble.as_ref().map(|trouble| format!("; {trouble}")).unwrap_or_default();
        format!(
            "{} shards; {n_polls} polls and {n_articles} articles in work; since the start {polls} polls, {articles} articles{trouble}",
            self.shards.epochs().len()
        )
    }

    /// Lets what is under way end for a while, gives back the rest, and then the shards.
    async fn drain(&mut self) {
        let grace_period = self.parts.config.daemon.grace_period;
        let deadline = Instant::now() + grace_period;
        self.asking = None;
        if let Some(notifier) = self.notifier {
            notifier.stopping(&format!("finishing {} pieces of work", self.running.len()), grace_period);
        }
        let mut next_look = deadline.min(Instant::now() + Duration::from_secs(2));
        while !self.running.is_empty() {
            match tokio::time::timeout_at(next_look, self.running.join_next()).await {
                Ok(Some(joined)) => self.finish(joined),
                Ok(None) => break,
                Err(_) if Instant::now() >= deadline => {
                    error!("{} pieces of work did not end in time and are given back", self.pieces.n());
                    self.running.shutdown().await;
                }
                Err(_) => {
                    self.pieces.let_go_of_waiting();
                    next_look = deadline.min(Instant::now() + Duration::from_millis(100));
                }
            }
        }
        let left: Vec<Ticket> = self.tickets.drain().map(|(_, ticket)| ticket).collect();
        self.tally.given_back += u64::try_from(left.len()).unwrap_or(0);
        let dropped = left.into_iter().map(|ticket| {
            let Ticket { run, name, epoch, .. } = ticket;
            let worker = self.identity.worker.clone();
            let (hosts, outcome) = (self.parts.stages.fetcher.host_news(), Outcome::Dropped);
            let report = Report { version: VERSION, run, ticket: name.clone(), worker, epoch, hosts, outcome };
            let bus = self.bus.clone();
            async move { report_until(&bus, &name, report.encode(), Instant::now() + REPORT_PAUSE_MAX).await }
        });
        let mut dropping: JoinSet<bool> = dropped.collect();
        while dropping.join_next().await.is_some() {}
        self.shards.leave_all().await;
    }
}

/// The answer to the question that is under way.
async fn answered(asking: &mut Option<Asking>) -> (AskedAt, Result<Vec<u8>, BusError>) {
    match asking {
        Some(asking) => asking.as_mut().await,
        None => std::future::pending().await,
    }
}

/// Reports, again and again until then. Returns whether the report is kept.
async fn report_until(bus: &Bus, ticket: &str, report: Vec<u8>, deadline: Instant) -> bool {
    let mut pause = REPORT_PAUSE;
    loop {
        match bus.report(ticket, report.clone()).await {
            Ok(()) => return true,
            Err(error) if Instant::now() + pause >= deadline => {
                warn!("what came of {ticket} cannot be reported, and is fetched again: {error}");
                return false;
            }
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(REPORT_PAUSE_MAX);
    }
}

fn has_room(room: Room) -> bool {
    let Room { polls, articles } = room;
    polls.sound + polls.probes + articles.sound + articles.probes > 0
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("identity", &self.identity).finish_non_exhaustive()
    }
}
