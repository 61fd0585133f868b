//! What the daemon has done, counted for Prometheus.
//!
//! Counters begin at 0 with each start. What only the database knows (what is due, how large it is) is read when it is asked for,
//! see [`super::gauges`].

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets, linear_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::daemon::{Acquired, Event, Polled, Pulse};
use crate::fetch::FetchFigure;
use crate::model::{DuplicateKind, ErrorClass, Failure, Purpose, Verdict};
use crate::store::{AlarmKind, CommitFigures};

use super::gauges::Gauges;
use super::queue_figures::QueueFigures;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    purpose: &'static str,
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ArticleLabels {
    verdict: &'static str,
    body_kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// The figures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    polls: Family<OutcomeLabel, Counter>,
    links: Family<OutcomeLabel, Counter>,
    pages: Family<OutcomeLabel, Counter>,
    failures: Family<FailureLabels, Counter>,
    requests: Family<FailureLabels, Counter>,
    host_wait_seconds: Histogram,
    articles: Family<ArticleLabels, Counter>,
    quality: Histogram,
    commit_seconds: Histogram,
    commit_units: Histogram,
    commit_failures: Counter,
    in_work: Family<KindLabel, Gauge>,
    waiting_for_host: Gauge,
    claimed_ahead: Gauge,
    due: Family<KindLabel, Gauge>,
    oldest_due: Family<KindLabel, Gauge<f64, AtomicU64>>,
    list_failing: Gauge<f64, AtomicU64>,
    alarms: Family<KindLabel, Gauge>,
    messages: Family<StateLabel, Gauge>,
    receiver_failing: Gauge<f64, AtomicU64>,
    file_bytes: Family<KindLabel, Gauge>,
    is_readable: Gauge,
    queue: QueueFigures,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// All of them, at 0.
    #[must_use]
    pub fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("newswire"),
            polls: Family::default(),
            links: Family::default(),
            pages: Family::default(),
            failures: Family::default(),
            requests: Family::default(),
            host_wait_seconds: Histogram::new(exponential_buckets(0.01, 4.0, 7)),
            articles: Family::default(),
            quality: Histogram::new(linear_buckets(10.0, 10.0, 9)),
            commit_seconds: Histogram::new(exponential_buckets(0.001, 4.0, 8)),
            commit_units: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            commit_failures: Counter::default(),
            in_work: Family::default(),
            waiting_for_host: Gauge::default(),
            claimed_ahead: Gauge::default(),
            due: Family::default(),
            oldest_due: Family::default(),
            list_failing: Gauge::default(),
            alarms: Family::default(),
            messages: Family::default(),
            receiver_failing: Gauge::default(),
            file_bytes: Family::default(),
            is_readable: Gauge::default(),
            queue: QueueFigures::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("build", "The version that runs", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("polls", "Polls of sources that ended, by what came of them", self.polls.clone());
        registry.register("links", "Links that polls listed, new to their source or not", self.links.clone());
        registry.register("pages", "Pages of articles that were asked for, by what came of them", self.pages.clone());
        registry.register(
            "failures",
            "Polls and pages that failed, by the class of the failure",
            self.failures.clone(),
        );
        registry.register(
            "requests",
            "Requests that were made, robots.txt and redirects included, by why and by the class of the failure, or ok",
            self.requests.clone(),
        );
        registry.register(
            "articles",
            "Articles that were read from pages, by what they were found to be and how much of the text was there",
            self.articles.clone(),
        );
        registry.register("article_quality", "The quality of articles that were read, 0 to 100", self.quality.clone());
        let seconds = || Unit::Seconds;
        registry.register_with_unit(
            "host_wait",
            "Time that a request waited for its host's turn, until it came or was given back to the schedule",
            seconds(),
            self.host_wait_seconds.clone(),
        );
        registry.register_with_unit("commit", "Time that a transaction took", seconds(), self.commit_seconds.clone());
        registry.register("commit_units", "Pieces of work in a transaction", self.commit_units.clone());
        registry.register(
            "commit_failures",
            "Transactions that failed and were rolled back",
            self.commit_failures.clone(),
        );
        registry.register("in_work", "Pieces of work under way at the last heartbeat", self.in_work.clone());
        registry.register(
            "waiting_for_host",
            "Of these, those that wait for their host's turn",
            self.waiting_for_host.clone(),
        );
        registry.register("claimed_ahead", "Links that are claimed and wait for a slot", self.claimed_ahead.clone());
        registry.register("due", "Sources and pages that are due and not in work", self.due.clone());
        registry.register_with_unit(
            "oldest_due",
            "How long the oldest of them has been due",
            seconds(),
            self.oldest_due.clone(),
        );
        registry.register_with_unit(
            "source_list_failing",
            "For how long the list of sources at an address could not be read; 0 where it could be, or where there is none",
            seconds(),
            self.list_failing.clone(),
        );
        registry.register("alarms", "Alarms that are open, by what is wrong", self.alarms.clone());
        registry.register(
            "messages",
            "Messages to receivers that wait, and those that their receivers refuse",
            self.messages.clone(),
        );
        registry.register_with_unit(
            "receiver_failing",
            "For how long the receiver has taken no message that has for the longest; 0 where all take them, or none wait",
            seconds(),
            self.receiver_failing.clone(),
        );
        registry.register_with_unit(
            "file",
            "Size of the database and of its write-ahead log",
            Unit::Bytes,
            self.file_bytes.clone(),
        );
        registry.register(
            "database_readable",
            "1 where the database could be read for this; else what is due is not known, and 0",
            self.is_readable.clone(),
        );
        self.queue.register(registry);
    }

    /// Counts something that happened.
    pub fn note(&self, event: &Event) {
        match event {
            Event::Polled { outcome, .. } => self.note_poll(outcome),
            Event::Acquired { outcome, .. } => self.note_page(outcome),
        }
    }

    fn note_poll(&self, outcome: &Polled) {
        let outcome = match outcome {
            Polled::Listed { n_new, n_known, .. } => {
                count(&self.links, &OutcomeLabel { outcome: "new" }, u64::from(*n_new));
                count(&self.links, &OutcomeLabel { outcome: "known" }, u64::from(*n_known));
                "listed"
            }
            Polled::Unchanged => "unchanged",
            Polled::Postponed { .. } => "postponed",
            Polled::Failed(failure) => {
                self.note_failure(Purpose::Poll, failure);
                "failed"
            }
        };
        count(&self.polls, &OutcomeLabel { outcome }, 1);
    }

    fn note_page(&self, outcome: &Acquired) {
        let outcome = match outcome {
            Acquired::Stored { verdict, reading, .. } => {
                let body_kind = reading.map_or("unknown", |reading| reading.body_kind.as_str());
                count(&self.articles, &ArticleLabels { verdict: verdict_word(verdict), body_kind }, 1);
                if let Some(reading) = reading {
                    self.quality.observe(f64::from(reading.quality));
                }
                "article"
            }
            Acquired::Unchanged => "unchanged",
            Acquired::Removed { .. } => "removed",
            Acquired::Postponed { .. } => "postponed",
            Acquired::Failed { failure, .. } => {
                self.note_failure(Purpose::Article, failure);
                "failed"
            }
        };
        count(&self.pages, &OutcomeLabel { outcome }, 1);
    }

    fn note_failure(&self, purpose: Purpose, failure: &Failure) {
        count(&self.failures, &FailureLabels { purpose: purpose.as_str(), class: failure.class.as_str() }, 1);
    }

    /// Counts a request, or a wait for one.
    pub fn note_fetch(&self, figure: FetchFigure) {
        match figure {
            FetchFigure::Asked { purpose, class } => {
                let class = class.map_or("ok", ErrorClass::as_str);
                count(&self.requests, &FailureLabels { purpose: purpose.as_str(), class }, 1);
            }
            FetchFigure::Waited(wait) => self.host_wait_seconds.observe(wait.as_secs_f64()),
        }
    }

    /// Counts a transaction of the writing thread.
    pub fn note_commit(&self, figures: CommitFigures) {
        if !figures.is_committed {
            self.commit_failures.inc();
            return;
        }
        self.commit_seconds.observe(figures.elapsed.as_secs_f64());
        self.commit_units.observe(figures.n_units.try_into().map_or(f64::MAX, |n: u32| f64::from(n)));
    }

    /// Everything as text, with the loop and the database as they are now.
    #[must_use]
    pub fn text(&self, pulse: &Pulse, gauges: &Gauges, format: Format) -> String {
        self.set(pulse, gauges);
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = text::encode(&mut text, &self.registry);
        match format {
            Format::OpenMetrics => text,
            Format::Prometheus => as_prometheus(&text),
        }
    }

    fn set(&self, pulse: &Pulse, gauges: &Gauges) {
        let set = |family: &Family<KindLabel, Gauge>, kind, number: u64| {
            family.get_or_create(&KindLabel { kind }).set(i64::try_from(number).unwrap_or(i64::MAX));
        };
        let size = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        set(&self.in_work, "poll", size(pulse.n_polls));
        set(&self.in_work, "article", size(pulse.n_articles));
        self.waiting_for_host.set(i64::try_from(pulse.n_waiting).unwrap_or(i64::MAX));
        self.claimed_ahead.set(i64::try_from(pulse.n_in_stock).unwrap_or(i64::MAX));
        let age = |since: Option<Timestamp>| {
            since.map_or(0.0, |since| gauges.read_at.duration_since(since).as_secs_f64().max(0.0))
        };
        for (kind, backlog) in [("source", gauges.sources), ("article", gauges.links)] {
            set(&self.due, kind, backlog.n_due);
            self.oldest_due.get_or_create(&KindLabel { kind }).set(age(backlog.oldest_due_at));
        }
        self.list_failing.set(age(gauges.list_fails_since));
        for (kind, n_open) in AlarmKind::ALL.into_iter().zip(gauges.alarms) {
            set(&self.alarms, kind.as_str(), n_open);
        }
        for (state, number) in [("waiting", gauges.n_waiting), ("refused", gauges.n_refused)] {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            self.messages.get_or_create(&StateLabel { state }).set(number);
        }
        self.receiver_failing.set(age(gauges.receiver_fails_since));
        set(&self.file_bytes, "database", gauges.database_bytes);
        set(&self.file_bytes, "log", gauges.log_bytes);
        self.is_readable.set(i64::from(gauges.is_readable));
        self.queue.set(pulse.queue.as_ref());
    }
}

/// How figures are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `OpenMetrics` 1.0.
    OpenMetrics,
    /// Prometheus' own text format, 0.0.4.
    Prometheus,
}

fn count<L: Clone + std::hash::Hash + Eq>(family: &Family<L, Counter>, labels: &L, number: u64) {
    family.get_or_create(labels).inc_by(number);
}

fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Duplicate { kind: DuplicateKind::Exact, .. } => "exact",
        Verdict::Duplicate { kind: DuplicateKind::Near, .. } => "near",
        Verdict::Revision { .. } => "revision",
        Verdict::Known { .. } => "known",
    }
}

/// `OpenMetrics` as Prometheus' text format has it: counters are declared under the name that their samples have, and it has neither
/// units nor an end.
fn as_prometheus(text: &str) -> String {
    let is_counter = |name: &str| text.contains(&format!("# TYPE {name} counter\n"));
    let is_info = |name: &str| text.contains(&format!("# TYPE {name} info\n"));
    let mut written = String::with_capacity(text.len());
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        let (mark, keyword, name, rest) = (words.next(), words.next(), words.next(), words.next().unwrap_or_default());
        match (mark, keyword, name) {
            (Some("#"), Some("EOF" | "UNIT"), _) => {}
            (Some("#"), Some(keyword), Some(name)) => {
                let suffix = if is_counter(name) {
                    "_total"
                } else if is_info(name) {
                    "_info"
                } else {
                    ""
                };
                let rest = if keyword == "TYPE" && rest == "info" { "gauge" } else { rest };
                let _ = writeln!(written, "# {keyword} {name}{suffix} {rest}");
            }
            _ => {
                written.push_str(line);
                written.push('\n');
            }
        }
    }
    written
}
