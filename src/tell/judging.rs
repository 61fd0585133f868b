//! Follows changes, and has what watches find written down.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::config::{Config, Receiver};
use crate::forms;
use crate::model::{JudgedChanges, NewMessage};
use crate::store::{Alarm, AlarmKind, Reader, Store, StoreError, WatchBook, WatchFinding, WatchFindings};

use super::key;
use super::sending::Bells;

/// Between two looks for changes, which cost a microsecond where there are none.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// After the database could not be read or written.
const TROUBLE_PAUSE: Duration = Duration::from_secs(5);

/// Changes that are judged at a time: what is found in them is in memory, and written in one transaction.
const CHANGES_MAX: u32 = 200;

/// How far, and for how long, changes in which nothing was found are judged before that is written down: one transaction more for each would
/// cost what ingests more than judging does. After a crash so much is judged again, and finds nothing again.
const UNWRITTEN_MAX: i64 = 5000;
const UNWRITTEN_TIME_MAX: Duration = Duration::from_mins(1);

/// Whoever judges.
pub(super) struct Judge {
    store: Store,
    settings: watch::Receiver<Arc<Config>>,
    bells: Bells,
    is_stopped: Arc<AtomicBool>,
    book: WatchBook,
    /// Up to where all is judged; nothing before the first look.
    position: Option<i64>,
    /// Whether receivers that are missing in the settings are to be told of: others may be missing since.
    is_to_warn: bool,
    /// Up to where that is written down, and when it was.
    written: i64,
    written_at: Instant,
}

impl Judge {
    pub(super) fn new(
        store: Store,
        settings: watch::Receiver<Arc<Config>>,
        bells: Bells,
        is_stopped: Arc<AtomicBool>,
    ) -> Judge {
        let (book, written_at) = (WatchBook::default(), Instant::now());
        Judge { store, settings, bells, is_stopped, book, position: None, is_to_warn: true, written: 0, written_at }
    }

    /// Goes on until it is stopped, or the database is closed.
    pub(super) fn run(mut self, handle: &Handle) {
        let mut trouble: Option<String> = None;
        while !self.is_stopped() {
            match self.follow(handle) {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(error) => {
                    let told = error.to_string();
                    if trouble.as_ref() != Some(&told) {
                        error!("watches are not judged, and will be from where they stopped: {told}");
                    }
                    trouble = Some(told);
                    // Written or not, the database knows.
                    self.position = None;
                    self.pause(TROUBLE_PAUSE);
                }
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.is_stopped() && Instant::now() < until {
            std::thread::sleep(LOOK_PAUSE.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn follow(&mut self, handle: &Handle) -> Result<(), StoreError> {
        let path = self.settings.borrow().store.path.clone();
        let reader = Reader::open(&path)?;
        // That of a copy that is put back too: what is in it keeps its keys.
        let database = reader.names()?.first().to_owned();
        let mut seen = None;
        while !self.is_stopped() {
            if self.settings.has_changed().unwrap_or(false) {
                self.settings.mark_unchanged();
                self.is_to_warn = true;
            }
            if std::mem::take(&mut self.is_to_warn) {
                self.warn_of_missing(&reader)?;
            }
            let version = reader.data_version()?;
            if seen != Some(version) || !self.is_written_soon_enough() {
                seen = Some(version);
                while !self.is_stopped() && self.judge_some(&reader, &database, handle)? {}
                self.tell_alarms(&reader, &database, handle)?;
            }
            // Also where more comes in all the time: each round has a transaction of its own, which takes its turn among the articles.
            self.pause(LOOK_PAUSE);
        }
        // For the next start to go on from there.
        self.write(JudgedChanges::default(), handle)
    }

    fn is_written_soon_enough(&self) -> bool {
        let is_behind = self.position.is_some_and(|position| position > self.written);
        !is_behind || self.written_at.elapsed() < UNWRITTEN_TIME_MAX
    }

    /// Judges the next changes. Returns whether there may be more.
    fn judge_some(&mut self, reader: &Reader, database: &str, handle: &Handle) -> Result<bool, StoreError> {
        let n_before = self.book.len();
        let (book, position, now) = (&mut self.book, &mut self.position, Timestamp::now());
        let written = &mut self.written;
        let found = reader.at_one_moment(|reader| {
            let judged_up_to = reader.read_watches(book)?;
            if position.is_none() {
                *written = judged_up_to;
            }
            if book.is_empty() {
                return Ok::<_, StoreError>(None);
            }
            // Nobody is told of what was before the first watch.
            let after = position.unwrap_or(judged_up_to).max(book.begins_after());
            *position = Some(after);
            reader.judge(book, after, CHANGES_MAX, Some(now)).map(Some)
        })?;
        for damage in reader.take_damage() {
            warn!("watches: {damage}");
        }
        if self.book.len() != n_before {
            info!("{} watches are judged", self.book.len());
            self.is_to_warn = true;
        }
        let Some(WatchFindings { findings, told, up_to, n_changed }) = found else { return Ok(false) };
        self.position = Some(up_to);
        let is_far = up_to - self.written >= UNWRITTEN_MAX || !self.is_written_soon_enough();
        if !findings.is_empty() || !told.is_empty() || is_far {
            let messages = {
                let config = self.settings.borrow();
                findings.iter().flat_map(|finding| messages(finding, database, &config, now)).collect()
            };
            self.write(JudgedChanges { up_to, messages, told }, handle)?;
        }
        Ok(n_changed == CHANGES_MAX as usize)
    }

    /// Has those told who are to be told of alarms. Where nothing is to be told that costs two looks at an index, as often as articles are stored.
    fn tell_alarms(&mut self, reader: &Reader, database: &str, handle: &Handle) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let receivers: Vec<Receiver> =
            self.settings.borrow().receivers.iter().filter(|receiver| receiver.alarms).cloned().collect();
        let mut messages = Vec::new();
        for receiver in &receivers {
            messages.extend(messages_of_alarms(reader, receiver, database, now)?);
        }
        if messages.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = messages.iter().map(|message| message.receiver.clone()).collect();
        // As far as changes are judged is nothing new.
        let judged = JudgedChanges { up_to: self.written, messages, told: Vec::new() };
        handle.block_on(self.store.commit_judged(judged))?;
        self.bells.ring(&told);
        Ok(())
    }

    /// Writes down what was found, and up to where all was judged.
    fn write(&mut self, judged: JudgedChanges, handle: &Handle) -> Result<(), StoreError> {
        let has_found = !judged.messages.is_empty() || !judged.told.is_empty();
        let Some(position) = self.position.filter(|position| has_found || *position > self.written) else {
            return Ok(());
        };
        let receivers: Vec<String> = judged.messages.iter().map(|message| message.receiver.clone()).collect();
        handle.block_on(self.store.commit_judged(JudgedChanges { up_to: position, ..judged }))?;
        self.written = position;
        self.written_at = Instant::now();
        self.bells.ring(&receivers);
        Ok(())
    }

    fn warn_of_missing(&self, reader: &Reader) -> Result<(), StoreError> {
        let mut names: BTreeMap<String, u64> =
            self.book.receivers().into_iter().map(|name| (name.to_owned(), 0)).collect();
        names.extend(reader.receivers_to_look_at()?.into_iter().map(|state| (state.name, state.n_waiting)));
        let is_watched = |name: &str| self.book.receivers().contains(name);
        let config = self.settings.borrow();
        for (name, n_waiting) in names {
            if !config.has_receiver(&name) && (n_waiting > 0 || is_watched(&name)) {
                let which = if is_watched(&name) { ", which watches are to tell" } else { "" };
                warn!("the settings have no receiver {name}{which}: messages to it wait, {n_waiting} now");
            }
        }
        Ok(())
    }
}

/// A message for each receiver of a watch.
fn messages(finding: &WatchFinding, database: &str, config: &Config, now: Timestamp) -> Vec<NewMessage> {
    let row = &finding.watch;
    let kind = row.watch.kind.as_str();
    let message = |receiver: &String| {
        let key = key::of(&[database, &row.watch.name, &row.created_at, kind, &finding.identity, receiver]);
        let payload = forms::messages::found(finding, &key, now).to_string();
        let settings: Option<&Receiver> = config.receivers.iter().find(|known| known.name == *receiver);
        NewMessage {
            key,
            watch_id: Some(row.id),
            alarm_id: None,
            kind: kind.to_owned(),
            subject: finding.subject.clone(),
            story_id: finding.story.as_ref().map(|(story, _)| story.id),
            article_id: Some(finding.article.row.id),
            receiver: receiver.clone(),
            payload,
            not_before: settings.and_then(|settings| next_hour(settings, now)),
        }
    };
    row.watch.receivers.iter().map(message).collect()
}

/// What a receiver is told of alarms, as far as it was not told yet.
fn messages_of_alarms(
    reader: &Reader,
    receiver: &Receiver,
    database: &str,
    now: Timestamp,
) -> Result<Vec<NewMessage>, StoreError> {
    let message = |alarm: Alarm| {
        let id = alarm.id?;
        let kind = if alarm.closed_at.is_none() { "alarm-opened" } else { "alarm-closed" };
        let key = key::of(&[database, "alarm", &id.to_string(), alarm.opened_at.as_deref()?, kind, &receiver.name]);
        Some(NewMessage {
            payload: forms::messages::alarm(&alarm, kind, &key, now).to_string(),
            key,
            watch_id: None,
            alarm_id: Some(id),
            kind: kind.to_owned(),
            subject: format!("alarm {id}"),
            story_id: None,
            article_id: None,
            receiver: receiver.name.clone(),
            not_before: next_hour(receiver, now),
        })
    };
    // That it takes nothing is for others to hear.
    let is_of_itself =
        |alarm: &Alarm| alarm.kind == AlarmKind::Receiver && alarm.subject.as_ref() == Some(&receiver.name);
    let untold = reader.untold_alarms(&receiver.name, now)?;
    Ok(untold.into_iter().filter(|alarm| !is_of_itself(alarm)).filter_map(message).collect())
}

/// When what is told now is to be sent, where that is not at once.
fn next_hour(receiver: &Receiver, now: Timestamp) -> Option<Timestamp> {
    receiver.digest.as_ref().map(|digest| digest.next_after(now))
}

#[cfg(test)]
mod tests;
