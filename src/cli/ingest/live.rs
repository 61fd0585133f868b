//! What `newswire run` shows on a terminal: a line for what each poll brought, for each failure once and for each recovery, and at
//! the bottom a line of totals that stays.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use console::Style;
use jiff::Timestamp;
use url::Url;

use crate::cli::terminal::messages::say;
use crate::daemon::{Acquired, Event, InWork, Polled, Tally, WorkNow};
use crate::model::{ErrorClass, Failure, Verdict, publisher_of};
use crate::store::{GateChange, Reader};

use crate::cli::terminal::progress::{Progress, span, told_if_slow};
use crate::cli::terminal::text::{counted, cut, messages_width, one_line, text_width};

/// Between two pictures.
const TICK: Duration = Duration::from_millis(250);

/// Between two counts of what waits: with very many links it takes the database a moment.
const COUNT_PAUSE: Duration = Duration::from_secs(10);

/// What a poll brought is told when nothing more has come for so long: the articles come one by one after it.
const QUIET_AFTER: Duration = Duration::from_secs(3);

/// Or at last after so long: what it lists may take its time.
const BATCH_TIME_MAX: Duration = Duration::from_secs(15);

/// Sources and publishers whose failures are remembered. What comes on top is told each time.
const REMEMBERED_MAX: usize = 20_000;

/// Columns of a slug, where there is room: longer ones push the rest to the right.
const SLUG_COLUMNS_MAX: usize = 22;

/// What is shown while the daemon runs. It goes away when this is dropped.
pub(super) struct Live {
    shared: Arc<Mutex<State>>,
    has_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Begins. Without `has_lines` there are the totals alone, and the log says the rest.
    pub(super) fn start(database: PathBuf, in_work: InWork, has_lines: bool) -> Live {
        let shared = Arc::new(Mutex::new(State::new(has_lines)));
        let has_ended = Arc::new(AtomicBool::new(false));
        let picture = Picture {
            shared: shared.clone(),
            has_ended: has_ended.clone(),
            database,
            in_work,
            progress: Progress::line(),
        };
        let thread = std::thread::Builder::new().name("terminal".to_owned()).spawn(move || picture.keep()).ok();
        Live { shared, has_ended, thread }
    }

    /// What hears of everything that happens.
    pub(super) fn observer(&self) -> impl FnMut(&Event) + Send + use<> {
        let shared = self.shared.clone();
        move |event| lock(&shared).note(event, Instant::now())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that draws.
struct Picture {
    shared: Arc<Mutex<State>>,
    has_ended: Arc<AtomicBool>,
    database: PathBuf,
    in_work: InWork,
    progress: Progress,
}

impl Picture {
    fn keep(self) {
        let (mut counted_at, mut shown): (Option<Instant>, String) = Default::default();
        loop {
            let has_ended = self.has_ended.load(Ordering::Relaxed);
            if !has_ended && counted_at.is_none_or(|at| at.elapsed() >= COUNT_PAUSE) {
                let counts = self.count();
                lock(&self.shared).counts = counts;
                counted_at = Some(Instant::now());
            }
            let columns = messages_width().unwrap_or(COLUMNS_USUAL);
            let (lines, totals) = {
                let mut state = lock(&self.shared);
                let now = Instant::now();
                state.tell_batches(now, has_ended);
                (std::mem::take(&mut state.lines), state.totals(&self.in_work.now(), now, columns.saturating_sub(1)))
            };
            if !lines.is_empty() {
                let lines: Vec<String> = lines.iter().map(|line| line.shown(columns)).collect();
                self.progress.suspend(|| say!("{}", lines.join("\n")));
            }
            if has_ended {
                self.progress.finish();
                return;
            }
            if totals != shown {
                self.progress.set_message(totals.clone());
                shown = totals;
            }
            std::thread::park_timeout(TICK);
        }
    }

    /// Sources that are followed and pages that wait, if the database can be asked.
    fn count(&self) -> Option<(u64, u64)> {
        let reader = Reader::open(&self.database).ok()?;
        Some((reader.n_followed().ok()?, reader.link_backlog(Timestamp::now()).ok()?.n_due))
    }
}

/// Columns of a terminal that does not tell.
const COLUMNS_USUAL: usize = 80;

/// What has happened so far.
struct State {
    has_lines: bool,
    began_at: Instant,
    tally: Tally,
    /// Sources that are followed, and pages that wait.
    counts: Option<(u64, u64)>,
    /// How sources fail whose last poll did.
    failing: HashMap<String, ErrorClass>,
    /// How pages of publishers have failed so far.
    pages: HashSet<(String, ErrorClass)>,
    /// What polls have brought and is not told yet, the first begun first.
    batches: Vec<Batch>,
    /// What is to be printed.
    lines: Vec<Line>,
}

/// What a source brings after a poll.
struct Batch {
    source: String,
    began_at: Instant,
    touched_at: Instant,
    n_listed: u32,
    n_new: u32,
    n_duplicates: u32,
    n_revised: u32,
    n_failed: u32,
    title: Option<String>,
}

/// How a line is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Good,
    Bad,
}

/// A line: when, what, how, and what else where there is room.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    at: Timestamp,
    name: String,
    tone: Tone,
    text: String,
    rest: String,
}

impl State {
    fn new(has_lines: bool) -> State {
        State {
            has_lines,
            began_at: Instant::now(),
            tally: Tally::default(),
            counts: None,
            failing: HashMap::new(),
            pages: HashSet::new(),
            batches: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn note(&mut self, event: &Event, now: Instant) {
        self.tally.add(event);
        match event {
            Event::Polled { source, outcome, .. } => match outcome {
                Polled::Failed(failure) => self.note_failed_poll(source, failure),
                Polled::Postponed { .. } => {}
                Polled::Listed { .. } | Polled::Unchanged => {
                    if self.failing.remove(source).is_some() {
                        self.line(source, Tone::Good, "recovered", "");
                    }
                    if let Polled::Listed { n_new, .. } = outcome
                        && *n_new > 0
                    {
                        self.batch(source, now).n_listed += n_new;
                    }
                }
            },
            Event::Acquired { url, source, outcome, gate, .. } => {
                let publisher = url.parse::<Url>().map_or_else(|_| url.clone(), |url| publisher_of(&url));
                match gate {
                    Some(GateChange::Found { publisher, sign }) => {
                        let text = format!("stands behind a gate ({sign}); its articles wait until it opens");
                        self.line(publisher, Tone::Bad, &text, "");
                    }
                    Some(GateChange::Opened { publisher, n_links }) => {
                        let text = format!("the gate is open, {} due", counted(n_links, "article"));
                        self.line(publisher, Tone::Good, &text, "");
                    }
                    None => {}
                }
                self.note_page(url, source.as_deref().unwrap_or(&publisher), &publisher, outcome, now);
            }
        }
    }

    fn note_failed_poll(&mut self, source: &str, failure: &Failure) {
        let is_known = self.failing.get(source) == Some(&failure.class);
        if !is_known {
            self.line(source, Tone::Bad, &failure.to_string(), "");
        }
        if self.failing.len() < REMEMBERED_MAX || self.failing.contains_key(source) {
            self.failing.insert(source.to_owned(), failure.class);
        }
    }

    fn note_page(&mut self, url: &str, source: &str, publisher: &str, outcome: &Acquired, now: Instant) {
        match outcome {
            Acquired::Stored { verdict: Verdict::Known { .. }, .. }
            | Acquired::Unchanged
            | Acquired::Postponed { .. } => {}
            Acquired::Stored { verdict, title, .. } => {
                let batch = self.batch(source, now);
                match verdict {
                    Verdict::Revision { .. } => batch.n_revised += 1,
                    Verdict::Duplicate { .. } => {
                        batch.n_new += 1;
                        batch.n_duplicates += 1;
                    }
                    Verdict::New | Verdict::Known { .. } => batch.n_new += 1,
                }
                if batch.title.is_none() {
                    batch.title.clone_from(title);
                }
            }
            Acquired::Removed { id } => {
                self.line(source, Tone::Plain, &format!("article {id} is gone from its site; it is kept"), "");
            }
            Acquired::Failed { failure, .. } => {
                self.batch(source, now).n_failed += 1;
                let is_first =
                    self.pages.len() >= REMEMBERED_MAX || self.pages.insert((publisher.to_owned(), failure.class));
                if is_first {
                    self.line(source, Tone::Bad, &format!("no article: {failure}"), url);
                }
            }
        }
    }

    /// What a source is bringing, from now on if nothing yet.
    fn batch(&mut self, source: &str, now: Instant) -> &mut Batch {
        let position = self.batches.iter().position(|batch| batch.source == source).unwrap_or_else(|| {
            self.batches.push(Batch {
                source: source.to_owned(),
                began_at: now,
                touched_at: now,
                n_listed: 0,
                n_new: 0,
                n_duplicates: 0,
                n_revised: 0,
                n_failed: 0,
                title: None,
            });
            self.batches.len() - 1
        });
        let batch = &mut self.batches[position];
        batch.touched_at = now;
        batch
    }

    /// Tells what is complete, or with `is_end` all.
    fn tell_batches(&mut self, now: Instant, is_end: bool) {
        let (over, open) =
            std::mem::take(&mut self.batches).into_iter().partition(|batch| is_end || batch.is_over(now));
        self.batches = open;
        let over: Vec<Batch> = over;
        for batch in over {
            if let Some(text) = batch.told() {
                self.line(&batch.source, Tone::Plain, &text, batch.title.as_deref().unwrap_or_default());
            }
        }
    }

    fn line(&mut self, name: &str, tone: Tone, text: &str, rest: &str) {
        if self.has_lines {
            let [name, text, rest] = [name, text, rest].map(|text| one_line(text).into_owned());
            self.lines.push(Line { at: Timestamp::now(), name, tone, text, rest });
        }
    }

    /// The totals in so many columns. What matters least is left out first.
    fn totals(&self, work: &WorkNow, now: Instant, columns: usize) -> String {
        let Tally { polls, polls_failed, articles, duplicates, revisions, .. } = self.tally;
        let n_in_work = work.n_polls + work.n_articles;
        let mut parts = vec![(0, span(now.duration_since(self.began_at)))];
        let mut add = |rank: u8, number: u64, text: String| {
            // What there is none of is not missed, but for what everybody looks for.
            if number > 0 || rank <= 2 {
                parts.push((rank, text));
            }
        };
        add(7, self.counts.map_or(0, |(n_sources, _)| n_sources), {
            counted(self.counts.map_or(0, |(n_sources, _)| n_sources), "source")
        });
        add(2, polls + polls_failed, counted(polls + polls_failed, "poll"));
        add(1, articles, counted(articles, "article"));
        add(6, duplicates, counted(duplicates, "duplicate"));
        add(5, revisions, counted(revisions, "revision"));
        let n_waiting = self.counts.map_or(0, |(_, n_waiting)| n_waiting);
        add(3, n_waiting, format!("{n_waiting} waiting"));
        let n_failed = self.tally.n_failed();
        add(3, n_failed, format!("{n_failed} failed"));
        add(4, n_in_work as u64, format!("{n_in_work} in work"));
        if let Some(slow) = work.waits_for().and_then(told_if_slow) {
            parts.push((8, slow));
        }
        loop {
            let text = parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" · ");
            let least = parts.iter().map(|(rank, _)| *rank).max().unwrap_or(0);
            if text_width(&text) <= columns || least == 0 {
                return cut(&text, columns).into_owned();
            }
            let position = parts.iter().rposition(|(rank, _)| *rank == least);
            parts.remove(position.unwrap_or(0));
        }
    }
}

impl Batch {
    /// Whether nothing more is to be expected of it.
    fn is_over(&self, now: Instant) -> bool {
        let is_complete = self.n_listed > 0 && self.n_new + self.n_revised + self.n_failed >= self.n_listed;
        is_complete
            || now.duration_since(self.touched_at) >= QUIET_AFTER
            || now.duration_since(self.began_at) >= BATCH_TIME_MAX
    }

    /// What came, in words; nothing where nothing did, and the failures are told by themselves.
    fn told(&self) -> Option<String> {
        let part = |number: u32, what: &str| (number > 0).then(|| format!("{number} {what}"));
        let came = self.n_new + self.n_revised > 0;
        let parts = [
            part(if came { 0 } else { self.n_listed.saturating_sub(self.n_failed) }, "listed"),
            part(self.n_new, "new"),
            part(self.n_revised, "revised"),
            (self.n_duplicates > 0).then(|| counted(self.n_duplicates, "duplicate")),
            part(self.n_failed, "failed"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl Line {
    /// The line in so many columns; none is wider, so that the totals stay where they are.
    fn shown(&self, columns: usize) -> String {
        let dim = Style::new().for_stderr().dim();
        let tone = match self.tone {
            Tone::Plain => Style::new().for_stderr(),
            Tone::Good => Style::new().for_stderr().green(),
            Tone::Bad => Style::new().for_stderr().red(),
        };
        let slug_columns = SLUG_COLUMNS_MAX.min(columns / 4);
        let time = dim.apply_to(self.at.strftime("%H:%M:%SZ"));
        let rest = if self.rest.is_empty() { String::new() } else { format!("  {}", dim.apply_to(&self.rest)) };
        let text = format!("{time}  {:<slug_columns$}  {}{rest}", self.name, tone.apply_to(&self.text));
        cut(&text, columns.saturating_sub(1)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polled(outcome: Polled) -> Event {
        Event::Polled { source: "paper".to_owned(), url: "https://paper.example/feed".to_owned(), outcome }
    }

    fn failed(class: ErrorClass) -> Event {
        polled(Polled::Failed(Failure { class, reason: "it was so".to_owned() }))
    }

    fn listed(n_new: u32) -> Event {
        polled(Polled::Listed { n_new, n_known: 3, problems: Vec::new() })
    }

    fn acquired(outcome: Acquired) -> Event {
        let url = "https://paper.example/1".to_owned();
        let source = Some("paper".to_owned());
        Event::Acquired { url, source, outcome, gate: None, taken_back: Vec::new(), merged: Vec::new() }
    }

    fn stored(verdict: Verdict, title: &str) -> Event {
        acquired(Acquired::Stored { id: 1, verdict, title: Some(title.to_owned()), reading: None })
    }

    /// What is told of events, each so many seconds after the one before.
    fn told(events: &[(u64, Event)]) -> Vec<String> {
        let (mut state, mut now) = (State::new(true), Instant::now());
        for (seconds, event) in events {
            now += Duration::from_secs(*seconds);
            state.tell_batches(now, false);
            state.note(event, now);
        }
        state.tell_batches(now + QUIET_AFTER, false);
        let lines = state.lines.iter();
        lines.map(|line| format!("{}: {} {}", line.name, line.text, line.rest).trim_end().to_owned()).collect()
    }

    #[test]
    fn what_a_poll_brought_is_one_line() {
        let of = Verdict::Revision { article_id: 7 };
        let events = [
            (0, listed(2)),
            (1, stored(Verdict::New, "First\u{1b}[2J news")),
            (1, stored(of, "Second")),
            (9, polled(Polled::Unchanged)),
            (9, listed(4)),
        ];
        assert_eq!(told(&events), ["paper: 1 new, 1 revised First [2J news", "paper: 4 listed"]);
    }

    #[test]
    fn a_failure_is_told_once_until_it_changes_or_is_over() {
        let events = [ErrorClass::Timeout, ErrorClass::Timeout, ErrorClass::Http4xx].map(|class| (60, failed(class)));
        let events = [events.as_slice(), &[(60, listed(0)), (60, failed(ErrorClass::Http4xx))]].concat();
        let expected = ["it was so (timeout)", "it was so (4xx)", "recovered", "it was so (4xx)"];
        assert_eq!(told(&events), expected.map(|text| format!("paper: {text}")));
        let no_page = || {
            acquired(Acquired::Failed {
                failure: Failure { class: ErrorClass::Http4xx, reason: "404".to_owned() },
                is_final: false,
            })
        };
        let lines = told(&[(0, no_page()), (60, no_page())]);
        assert_eq!(
            lines,
            ["paper: no article: 404 (4xx) https://paper.example/1", "paper: 1 failed", "paper: 1 failed"]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let line = Line {
            at: Timestamp::UNIX_EPOCH,
            name: "paper".to_owned(),
            tone: Tone::Bad,
            text: "it was so".repeat(20),
            rest: "東京".repeat(40),
        };
        for columns in [30, 50, 80, 140] {
            assert!(text_width(&line.shown(columns)) < columns, "{}", line.shown(columns));
        }
        let mut state = State::new(true);
        state.counts = Some((1234, 56_789));
        state.note(&stored(Verdict::New, "One"), Instant::now());
        state.note(&failed(ErrorClass::Timeout), Instant::now());
        let slowest = Some(("slow.example".to_owned(), Duration::from_secs(7)));
        let work = WorkNow { n_polls: 2, n_articles: 3, slowest };
        let totals = |columns| state.totals(&work, state.began_at + Duration::from_secs(62), columns);
        let all = "1 min 2 s · 1234 sources · 1 poll · 1 article · 56789 waiting · 1 failed · 5 in work · waiting for slow.example (7 s)";
        assert_eq!(totals(140), all);
        assert_eq!(totals(77), "1 min 2 s · 1 poll · 1 article · 56789 waiting · 1 failed · 5 in work");
        assert_eq!(totals(30), "1 min 2 s · 1 poll · 1 article");
        assert!(text_width(&totals(8)) <= 8);
    }
}
