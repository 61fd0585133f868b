//! What the log says of what happens: what came, each failure once, and what repeats itself folded.
//!
//! A poll that brought something has a line, as has the first of its failures in a row and its return. While a source goes on failing
//! it is told again after an hour, then after twice as long each time, up to a day. One that fails and returns all the time is told of
//! [`TURNS_TOLD`] times a day. Of the pages of one publisher that fail in one way, [`PAGES_TOLD`] are told an hour, and the others are
//! counted. Each hour has a line of its sums, unless nothing happened.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, info, warn};
use url::Url;

use crate::model::{ErrorClass, Failure, publisher_of};
use crate::store::GateChange;

use super::tally::{Acquired, Event, Polled, Tally};

/// Between two summaries, and the time for which what repeats itself is counted.
const HOUR: Duration = Duration::from_hours(1);

/// Longest pause before a source that still fails is told of again.
const REMINDER_MAX: Duration = Duration::from_hours(24);

/// Failures and returns of a source that are told in a day.
const TURNS_TOLD: u32 = 6;

/// Pages of a publisher that are told in an hour where they fail in one way.
const PAGES_TOLD: u32 = 3;

/// Sources and publishers that are remembered. What comes on top is told each time.
const REMEMBERED_MAX: usize = 20_000;

/// A source whose last poll failed, or that failed lately.
struct Trouble {
    /// How it fails; nothing while it answers.
    class: Option<ErrorClass>,
    since: Timestamp,
    n_failures: u32,
    told_at: Instant,
    remind_after: Duration,
    /// Lines of failures and returns since then.
    n_turns: u32,
    day_began: Instant,
}

/// What has been told.
pub(super) struct Journal {
    sources: HashMap<String, Trouble>,
    /// Pages of a publisher that failed in one way in this hour.
    pages: HashMap<(String, ErrorClass), u32>,
    hour_began: Instant,
    hour: Tally,
}

impl Journal {
    pub(super) fn new() -> Journal {
        let hour_began = Instant::now();
        Journal { sources: HashMap::new(), pages: HashMap::new(), hour_began, hour: Tally::default() }
    }

    /// Tells of something that happened, if it is worth a line.
    pub(super) fn tell(&mut self, event: &Event) {
        self.hour.add(event);
        match event {
            Event::Polled { source, url, outcome } => self.tell_poll(source, url, outcome),
            Event::Acquired { url, source, outcome, gate, taken_back, merged } => {
                let source = source.as_deref().unwrap_or("-");
                for id in taken_back {
                    info!(
                        article = id,
                        source, url, "article {id} is none, since {url} leads to its page as well; it is taken back"
                    );
                }
                for id in merged {
                    info!(
                        article = id,
                        source, url, "article {id} was a page of the one that {url} leads to; it is taken back"
                    );
                }
                if let Some(gate) = gate {
                    tell_gate(gate, source, url);
                }
                self.tell_page(source, url, outcome);
            }
        }
    }

    /// Tells the sums of an hour that is over.
    pub(super) fn look_at_clock(&mut self) {
        if self.hour_began.elapsed() < HOUR {
            return;
        }
        self.hour_began = Instant::now();
        let hour = std::mem::take(&mut self.hour);
        for ((publisher, class), n_pages) in std::mem::take(&mut self.pages) {
            if let Some(n_more) = n_pages.checked_sub(PAGES_TOLD).filter(|n_more| *n_more > 0) {
                info!(publisher, class = %class, "no article at {n_more} more pages of {publisher} in an hour ({class})");
            }
        }
        // One that answers and was told of long ago is forgotten.
        self.sources.retain(|_, trouble| trouble.class.is_some() || trouble.day_began.elapsed() < REMINDER_MAX);
        if hour != Tally::default() {
            let Tally { polls, polls_failed, articles, duplicates, revisions, articles_failed, .. } = hour;
            info!(
                "in an hour: {polls} polls and {polls_failed} that failed, {articles} articles ({duplicates} duplicates), \
                 {revisions} revisions, {articles_failed} pages without an article"
            );
        }
    }

    fn tell_poll(&mut self, source: &str, url: &str, outcome: &Polled) {
        match outcome {
            Polled::Postponed { .. } => {
                debug!(source, "source {source} waits for its host's turn");
                return;
            }
            Polled::Failed(failure) => return self.tell_failed_poll(source, url, failure),
            Polled::Listed { .. } | Polled::Unchanged => self.tell_return(source, url),
        }
        match outcome {
            Polled::Listed { n_new: 0, problems, .. } if problems.is_empty() => {
                debug!(source, url, "source {source} has nothing new");
            }
            Polled::Listed { n_new, n_known, problems } => {
                if *n_new > 0 {
                    info!(source, url, n_new, n_known, "source {source}: {n_new} new, {n_known} known");
                }
                for problem in problems {
                    debug!(source, url, "source {source}: {problem}");
                }
            }
            _ => debug!(source, url, "source {source} is unchanged"),
        }
    }

    /// A source that answers again.
    fn tell_return(&mut self, source: &str, url: &str) {
        let Some(trouble) = self.sources.get_mut(source) else { return };
        if trouble.class.take().is_none() {
            return;
        }
        let (n, since) = (trouble.n_failures, trouble.since);
        if trouble.takes_turn() {
            info!(source, url, "source {source} answers again, after {} since {since:.0}", times(n));
        } else {
            debug!(source, url, "source {source} answers again");
        }
    }

    fn tell_failed_poll(&mut self, source: &str, url: &str, failure: &Failure) {
        let class = failure.class;
        let now = Instant::now();
        if !self.sources.contains_key(source) && self.sources.len() >= REMEMBERED_MAX {
            warn!(source, url, class = %class, "source {source} failed: {failure}");
            return;
        }
        let trouble = self.sources.entry(source.to_owned()).or_insert_with(|| Trouble {
            class: None,
            since: Timestamp::now(),
            n_failures: 0,
            told_at: now,
            remind_after: HOUR,
            n_turns: 0,
            day_began: now,
        });
        if trouble.class != Some(class) {
            if trouble.class.is_none() {
                (trouble.since, trouble.n_failures) = (Timestamp::now(), 0);
            }
            trouble.class = Some(class);
            trouble.n_failures += 1;
            (trouble.told_at, trouble.remind_after) = (now, HOUR);
            if trouble.takes_turn() {
                let last = if trouble.n_turns == TURNS_TOLD {
                    "; it comes and goes, and is told of no more today"
                } else {
                    ""
                };
                warn!(source, url, class = %class, "source {source} failed: {failure}{last}");
            } else {
                debug!(source, url, class = %class, "source {source} failed: {failure}");
            }
            return;
        }
        trouble.n_failures += 1;
        if now.duration_since(trouble.told_at) < trouble.remind_after {
            debug!(source, url, class = %class, "source {source} failed: {failure}");
            return;
        }
        trouble.told_at = now;
        trouble.remind_after = (trouble.remind_after * 2).min(REMINDER_MAX);
        let (n, since) = (trouble.n_failures, trouble.since);
        warn!(source, url, class = %class, "source {source} is still failing ({} since {since:.0}): {failure}", times(n));
    }

    fn tell_page(&mut self, source: &str, url: &str, outcome: &Acquired) {
        match outcome {
            Acquired::Stored { id, verdict, .. } => {
                debug!(article = id, source, url, "article {id} stored: {verdict:?}");
            }
            Acquired::Unchanged => debug!(source, url, "{url} is unchanged"),
            Acquired::Removed { id } => {
                info!(article = id, source, url, "article {id} is gone from {url}; it is kept");
            }
            Acquired::Postponed { .. } => debug!(source, url, "{url} waits for its host's turn"),
            Acquired::Failed { failure, is_final } => {
                let next = if *is_final { "given up" } else { "will be tried again" };
                let class = failure.class;
                if self.is_worth_a_line(url, class) {
                    info!(source, url, class = %class, "no article at {url}, {next}: {failure}");
                } else {
                    debug!(source, url, class = %class, "no article at {url}, {next}: {failure}");
                }
            }
        }
    }

    /// Counts a page that failed. Whether few of its publisher have failed so in this hour.
    fn is_worth_a_line(&mut self, url: &str, class: ErrorClass) -> bool {
        let publisher = url.parse::<Url>().map_or_else(|_| url.to_owned(), |url| publisher_of(&url));
        let key = (publisher, class);
        if !self.pages.contains_key(&key) && self.pages.len() >= REMEMBERED_MAX {
            return true;
        }
        let n_pages = self.pages.entry(key).or_default();
        *n_pages = n_pages.saturating_add(1);
        *n_pages <= PAGES_TOLD
    }
}

impl Trouble {
    /// Counts a line of this day. Whether there is one left.
    fn takes_turn(&mut self) -> bool {
        if self.day_began.elapsed() >= REMINDER_MAX {
            (self.day_began, self.n_turns) = (Instant::now(), 0);
        }
        self.n_turns = self.n_turns.saturating_add(1);
        self.n_turns <= TURNS_TOLD
    }
}

fn tell_gate(gate: &GateChange, source: &str, url: &str) {
    match gate {
        GateChange::Found { publisher, sign } => {
            warn!(
                source,
                url, publisher, "articles of {publisher} stand behind a gate ({sign}); they wait until it opens"
            );
        }
        GateChange::Opened { publisher, n_links } => {
            info!(
                source,
                url, publisher, n_links, "the gate before articles of {publisher} is open, {n_links} are due"
            );
        }
    }
}

fn times(n: u32) -> String {
    if n == 1 { "one failure".to_owned() } else { format!("{n} failures") }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span;
    use tracing::{Level, Metadata, Subscriber};

    use super::*;

    /// Keeps what is told at the usual level.
    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Told {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::INFO
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap().push(message.0);
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    struct Message(String);

    impl Visit for Message {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            if field.name() == "message" {
                self.0 = format!("{value:?}");
            }
        }
    }

    /// What is told while something is done on a clock that stands, unless it is moved on.
    async fn told(act: impl AsyncFnOnce(&mut Journal)) -> Vec<String> {
        let told = Told::default();
        let _guard = tracing::subscriber::set_default(told.clone());
        let mut journal = Journal::new();
        act(&mut journal).await;
        let lines = told.0.lock().unwrap().clone();
        // The time of a failure is that of the test.
        lines.into_iter().map(|line| line.split(" since ").next().unwrap_or_default().to_owned()).collect()
    }

    fn polled(outcome: Polled) -> Event {
        Event::Polled { source: "paper".to_owned(), url: "https://paper.example/feed".to_owned(), outcome }
    }

    fn failed(class: ErrorClass) -> Event {
        polled(Polled::Failed(Failure { class, reason: "it was so".to_owned() }))
    }

    fn listed(n_new: u32) -> Event {
        polled(Polled::Listed { n_new, n_known: 31, problems: Vec::new() })
    }

    fn no_article(number: u32) -> Event {
        let failure = Failure { class: ErrorClass::Http4xx, reason: "404".to_owned() };
        Event::Acquired {
            url: format!("https://paper.example/{number}"),
            source: Some("paper".to_owned()),
            outcome: Acquired::Failed { failure, is_final: true },
            gate: None,
            taken_back: Vec::new(),
            merged: Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_brought_something_has_a_line() {
        let lines = told(async |journal| {
            for n_new in [4, 0] {
                journal.tell(&listed(n_new));
            }
            journal.tell(&polled(Polled::Unchanged));
        })
        .await;
        assert_eq!(lines, ["source paper: 4 new, 31 known"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_once_and_then_now_and_then() {
        let lines = told(async |journal| {
            // Every ten minutes, for half a day.
            for _ in 0..72 {
                journal.tell(&failed(ErrorClass::Timeout));
                tokio::time::advance(Duration::from_mins(10)).await;
            }
            journal.tell(&listed(0));
        })
        .await;
        let expected = [
            "source paper failed: it was so (timeout)",
            "source paper is still failing (7 failures",
            "source paper is still failing (19 failures",
            "source paper is still failing (43 failures",
            "source paper answers again, after 72 failures",
        ];
        assert_eq!(lines, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_and_goes_does_not_flood() {
        let lines = told(async |journal| {
            for _ in 0..100 {
                journal.tell(&failed(ErrorClass::Timeout));
                journal.tell(&listed(0));
            }
            tokio::time::advance(REMINDER_MAX).await;
            journal.tell(&failed(ErrorClass::Timeout));
        })
        .await;
        assert_eq!(lines.len(), 7, "{lines:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_fail_alike_are_counted() {
        let lines = told(async |journal| {
            for number in 0..40 {
                journal.tell(&no_article(number));
            }
            tokio::time::advance(HOUR).await;
            journal.look_at_clock();
            tokio::time::advance(HOUR).await;
            journal.look_at_clock();
        })
        .await;
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert_eq!(lines[3], "no article at 37 more pages of paper.example in an hour (4xx)");
        assert!(lines[4].starts_with("in an hour: 0 polls"), "{lines:?}");
    }
}
