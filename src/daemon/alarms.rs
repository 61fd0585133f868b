//! Looks for what is wrong of the intake, every minute: learns from what was committed since what each source is used to, judges
//! it, and has the table of alarms say so. Nothing that is fetched or committed waits for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tracing::{info, warn};
use url::Url;

use crate::alarm::{Doubt, Ending, Habits, Newsroom, Poll, Reading, Symptom};
use crate::app::App;
use crate::config::Config;
use crate::store::{
    Alarm, AlarmChange, AlarmKind, ArticleReading, Reader, ReceiverState, SourceEvent, StandingAlarm, Store,
    StoreError, WatchedSource,
};

/// Between two looks.
const LOOK_PAUSE: Duration = Duration::from_mins(1);

/// How far back habits are learned from what the database has.
const LEARNED_FROM: SignedDuration = SignedDuration::from_hours(8 * 7 * 24);

/// A source of which so much is to be learned is caught up with, apart from what the others do now.
const FAR_BEHIND_S: i64 = 2 * 86_400;

/// Events, and articles, that are learned from in one look: a second's work.
const EVENTS_MAX: usize = 300_000;
const ARTICLES_MAX: u32 = 20_000;

/// How often habits are written down, and how many at a time: some milliseconds of the writing thread. What was learned since is
/// learned again after a crash.
const KEPT_EVERY: SignedDuration = SignedDuration::from_mins(15);
const KEPT_AT_ONCE: usize = 200;

/// What opens again and again within so long a time is not closed before it has been over for so long: at once the first time, then
/// ten minutes, an hour, six.
const FLAPS_WITHIN: SignedDuration = SignedDuration::from_hours(24);
const HELD: [SignedDuration; 4] =
    [SignedDuration::ZERO, SignedDuration::from_mins(10), SignedDuration::from_hours(1), SignedDuration::from_hours(6)];

/// An article that was first seen so long before it came in is of another time: a merge or an import brought it.
const LATE_S: i64 = 2 * 86_400;

/// What an alarm is known by: its kind and its subject.
type Key = (AlarmKind, Option<String>);

/// Looks for alarms, by the settings in force, until the database is closed.
pub async fn look_for_alarms(mut parts: watch::Receiver<App>) {
    let mut watch = AlarmWatch::default();
    let mut trouble = None;
    loop {
        let app = parts.borrow_and_update().clone();
        let looked = watch.look(&app.store, &app.config, Timestamp::now()).await;
        match &looked {
            Ok(changes) => changes.iter().for_each(tell),
            Err(StoreError::Closed) => return,
            Err(_) => {}
        }
        if let Some(told) = news(&mut trouble, looked.err().map(|error| error.to_string())) {
            warn!("alarms are not looked for, and will be again within a minute: {told}");
        }
        // What an upgrade has to learn from what was there is learned at once.
        let pause = if watch.0.is_behind { Duration::from_millis(200) } else { LOOK_PAUSE };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = parts.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// What there is to say of a trouble: the same once, and not every minute.
fn news(told: &mut Option<String>, now: Option<String>) -> Option<String> {
    let news = now.clone().filter(|now| told.as_ref() != Some(now));
    *told = now;
    news
}

/// Receivers that take nothing, and those that the settings no longer have while messages wait for them.
fn receivers_in_trouble(reader: &Reader, config: &Config, now: Timestamp) -> Result<Vec<StandingAlarm>, StoreError> {
    let alarm = |state: ReceiverState| {
        let trouble = state.trouble(config.has_receiver(&state.name), now)?;
        Some(StandingAlarm {
            kind: AlarmKind::Receiver.as_str(),
            subject: Some(state.name),
            source_id: None,
            since: trouble.since,
            why: trouble.why,
            confidence: None,
        })
    };
    Ok(reader.receivers_to_look_at()?.into_iter().filter_map(alarm).collect())
}

/// Looks for alarms when it is asked to, and remembers what sources are used to.
#[derive(Default)]
pub struct AlarmWatch(Watch);

impl AlarmWatch {
    /// Learns from what was committed since the last look, judges it as of `now` and by the settings, and has the table of alarms say so.
    /// Returns what has opened and closed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub async fn look(
        &mut self,
        store: &Store,
        config: &Arc<Config>,
        now: Timestamp,
    ) -> Result<Vec<AlarmChange>, StoreError> {
        let (mut watch, config) = (std::mem::take(&mut self.0), Arc::clone(config));
        let looked = tokio::task::spawn_blocking(move || {
            let look = Reader::open(&config.store.path).and_then(|reader| watch.look(&reader, &config, now));
            (watch, look)
        });
        // One that panics, or whose runtime ends, leaves nothing.
        let Ok((watch, look)) = looked.await else { return Err(StoreError::Closed) };
        self.0 = watch;
        let Look { standing, endings, at } = look?;
        let changes = store.settle_alarms(standing, endings, at).await?;
        if let Some((habits, articles_up_to)) = self.0.next_to_keep(at) {
            store.keep_habits(habits, articles_up_to).await?;
        }
        Ok(changes)
    }
}

fn tell(change: &AlarmChange) {
    let AlarmChange { id, kind, subject, why, confidence, is_open } = change;
    let of = subject.as_deref().map(|subject| format!(" of {subject}")).unwrap_or_default();
    let subject = subject.as_deref().unwrap_or("-");
    if *is_open {
        let sure = confidence.map(|sure| format!(", {:.0} % sure", 100.0 * sure)).unwrap_or_default();
        warn!(alarm = id, kind, subject, confidence, "alarm {id}{of} ({kind}{sure}): {why}");
    } else {
        info!(alarm = id, kind, subject, "alarm {id}{of} ({kind}) is over: {why}");
    }
}

/// What a look has found.
struct Look {
    standing: Vec<StandingAlarm>,
    endings: Endings,
    at: Timestamp,
}

/// Why alarms are over, by kind and subject.
type Endings = HashMap<(String, Option<String>), String>;

/// What is written down at a time: habits by the numbers of their sources, and the last article that all that is written down knows.
type ToKeep = (Vec<(i64, Vec<u8>)>, Option<i64>);

/// What is known of all sources.
#[derive(Default)]
struct Watch {
    is_loaded: bool,
    habits: HashMap<i64, Habits>,
    doubts: HashMap<i64, Vec<Doubt>>,
    room: Newsroom,
    /// The last article that was learned from.
    articles_up_to: i64,
    /// Whether there was more to learn from than a look takes, and whether all that was there at the start has been learned from.
    is_behind: bool,
    is_current: bool,
    /// Alarms that are over and held open, since when, and why they are over.
    held: HashMap<Key, (Timestamp, Option<String>)>,
    /// Sources that have learned something since they were written down.
    changed: HashSet<i64>,
    /// Those that are being written down, and the last article that they know.
    to_keep: Vec<i64>,
    kept_up_to: Option<i64>,
    kept_at: Option<Timestamp>,
}

impl Watch {
    fn look(&mut self, reader: &Reader, config: &Config, now: Timestamp) -> Result<Look, StoreError> {
        if !self.is_loaded {
            self.load(reader, now)?;
        }
        let sources = reader.watched_sources()?;
        let mut learned = self.learn_from_polls(reader, &sources, now)?;
        learned.extend(self.learn_from_articles(reader, now)?);
        self.is_current |= !self.is_behind;
        let mut endings = Endings::new();
        let slugs: HashMap<i64, &str> = sources.iter().map(|source| (source.id, source.slug.as_str())).collect();
        for id in learned {
            let Some(habits) = self.habits.get_mut(&id) else { continue };
            let (doubts, ended) = habits.judge();
            for (symptom, ending) in ended {
                if let Some(slug) = slugs.get(&id) {
                    let key = (kind_of(symptom).as_str().to_owned(), Some((*slug).to_owned()));
                    endings.insert(key, describe(ending).to_owned());
                }
            }
            self.doubts.insert(id, doubts);
            self.changed.insert(id);
        }
        self.doubts.retain(|id, doubts| !doubts.is_empty() && slugs.contains_key(id));
        let open = reader.open_alarms()?;
        let mut standing = self.standing(reader, &slugs, now)?;
        standing.extend(receivers_in_trouble(reader, config, now)?);
        pass_on(&open, &standing, &slugs, &mut endings);
        let list = config.list_at_address.as_ref().map(|list| &list.url);
        if open.iter().any(|alarm| is_of_another_list(alarm, list)) {
            endings
                .insert((AlarmKind::List.as_str().to_owned(), None), "that list is not followed any more".to_owned());
        }
        let n_lately = if open.is_empty() { HashMap::new() } else { reader.n_opened_alarms(now - FLAPS_WITHIN)? };
        self.hold(open, &n_lately, &mut standing, &mut endings, now);
        Ok(Look { standing, endings, at: now })
    }

    /// Keeps open what is over, but has come again and again.
    fn hold(
        &mut self,
        open: Vec<Alarm>,
        n_lately: &HashMap<Key, u32>,
        standing: &mut Vec<StandingAlarm>,
        endings: &mut Endings,
        now: Timestamp,
    ) {
        let stands: HashSet<(&str, Option<&str>)> =
            standing.iter().map(|alarm| (alarm.kind, alarm.subject.as_deref())).collect();
        let over = open.into_iter().filter(|alarm| !stands.contains(&(alarm.kind.as_str(), alarm.subject.as_deref())));
        let mut held = HashMap::new();
        let mut stay = Vec::new();
        // What a later version calls otherwise it has to see to.
        for alarm in over.filter(|alarm| alarm.kind != AlarmKind::Other) {
            let key = (alarm.kind, alarm.subject.clone());
            let ending_key = (alarm.kind.as_str().to_owned(), alarm.subject.clone());
            let n_times = n_lately.get(&key).copied().unwrap_or(0).saturating_sub(1) as usize;
            let (over_since, why_over) =
                self.held.remove(&key).unwrap_or_else(|| (now, endings.get(&ending_key).cloned()));
            if now.duration_since(over_since) >= HELD[n_times.min(HELD.len() - 1)] {
                if let Some(why) = why_over {
                    endings.entry(ending_key).or_insert(why);
                }
                continue;
            }
            held.insert(key, (over_since, why_over));
            stay.push(StandingAlarm {
                kind: alarm.kind.as_str(),
                subject: alarm.subject,
                source_id: None,
                since: alarm.since,
                why: alarm.why,
                confidence: alarm.confidence,
            });
        }
        self.held = held;
        standing.extend(stay);
    }

    fn load(&mut self, reader: &Reader, now: Timestamp) -> Result<(), StoreError> {
        let kept = reader.kept_habits()?;
        for (id, bytes) in kept.of_sources {
            let mut habits = Habits::from_bytes(&bytes);
            habits.join(&mut self.room);
            self.doubts.insert(id, habits.judge().0);
            self.habits.insert(id, habits);
        }
        if reader.n_open_alarms()?[AlarmKind::ALL.iter().position(|kind| *kind == AlarmKind::Intake).unwrap_or(0)] > 0 {
            self.room.was_silent();
        }
        self.articles_up_to = match kept.articles_up_to {
            Some(up_to) => up_to,
            None => reader.article_before(now - LEARNED_FROM)?,
        };
        self.is_loaded = true;
        Ok(())
    }

    /// Takes in what polls brought. Returns the sources that have learned from it.
    fn learn_from_polls(
        &mut self,
        reader: &Reader,
        sources: &[WatchedSource],
        now: Timestamp,
    ) -> Result<HashSet<i64>, StoreError> {
        let earliest_s = (now - LEARNED_FROM).as_second();
        let (mut of_now, mut of_past) = (Vec::new(), Vec::new());
        self.is_behind = false;
        for source in sources {
            let Some(last_ok_at) = source.last_ok_at else { continue };
            let known_s = self.habits.get(&source.id).map_or(0, Habits::polled_s);
            let polled_s = last_ok_at.as_second() + 1;
            if polled_s <= known_s || polled_s <= earliest_s {
                continue;
            }
            if of_now.len() + of_past.len() >= EVENTS_MAX {
                self.is_behind = true;
                break;
            }
            let is_past = now.as_second() - known_s > FAR_BEHIND_S;
            let polls = polls(&reader.source_events(source.id, known_s.max(earliest_s))?, known_s, polled_s);
            let polls = polls.into_iter().map(|poll| (poll.at_s, source.id, poll));
            if is_past { of_past.extend(polls) } else { of_now.extend(polls) }
        }
        // In the order of time: what sources do at once counts.
        of_now.sort_by_key(|(at_s, id, _)| (*at_s, *id));
        of_past.sort_by_key(|(at_s, id, _)| (*at_s, *id));
        let mut room_then = Newsroom::default();
        let caught_up: HashSet<i64> = of_past.iter().map(|(_, id, _)| *id).collect();
        for (_, id, poll) in of_past {
            self.habits.entry(id).or_default().take_poll(poll, &mut room_then);
        }
        for id in &caught_up {
            if let Some(habits) = self.habits.get(id) {
                habits.join(&mut self.room);
            }
        }
        let mut learned = caught_up;
        for (_, id, poll) in of_now {
            self.habits.entry(id).or_default().take_poll(poll, &mut self.room);
            learned.insert(id);
        }
        Ok(learned)
    }

    /// Takes in articles. Returns the sources that had them.
    fn learn_from_articles(&mut self, reader: &Reader, now: Timestamp) -> Result<HashSet<i64>, StoreError> {
        let articles = reader.article_readings(self.articles_up_to, ARTICLES_MAX)?;
        self.is_behind |= articles.len() >= ARTICLES_MAX as usize;
        let mut learned = HashSet::new();
        for article in &articles {
            self.articles_up_to = article.id;
            if self.is_current && article.at_s < now.as_second() - LATE_S {
                continue;
            }
            // Of sources that are not polled there is nothing to judge.
            if let Some(habits) = self.habits.get_mut(&article.source_id) {
                habits.take_article(&reading(article));
                learned.insert(article.source_id);
            }
        }
        Ok(learned)
    }

    fn standing(
        &self,
        reader: &Reader,
        slugs: &HashMap<i64, &str>,
        now: Timestamp,
    ) -> Result<Vec<StandingAlarm>, StoreError> {
        let ids: HashMap<&str, i64> = slugs.iter().map(|(id, slug)| (*slug, *id)).collect();
        let certain = reader.certain_alarms(now)?;
        let failing: HashSet<&str> = certain
            .iter()
            .filter(|alarm| matches!(alarm.kind, AlarmKind::Failing | AlarmKind::Gone))
            .filter_map(|alarm| alarm.subject.as_deref())
            .collect();
        let is_all_failing = certain.iter().any(|alarm| alarm.kind == AlarmKind::Intake);
        let is_all_silent = self.room.is_silent();
        let mut judged = Vec::new();
        if is_all_silent && !is_all_failing {
            judged.push(StandingAlarm {
                kind: AlarmKind::Intake.as_str(),
                subject: None,
                source_id: None,
                since: None,
                why: "nearly all sources are answered and bring nothing new at once".to_owned(),
                confidence: None,
            });
        }
        for (id, doubts) in &self.doubts {
            let Some(slug) = slugs.get(id) else { continue };
            // What fails is told as such, and what all do at once once.
            let is_told = |doubt: &&Doubt| doubt.symptom != Symptom::Silent || !is_all_silent;
            if failing.contains(slug) {
                continue;
            }
            for doubt in doubts.iter().filter(is_told) {
                judged.push(StandingAlarm {
                    kind: kind_of(doubt.symptom).as_str(),
                    subject: Some((*slug).to_owned()),
                    source_id: Some(*id),
                    since: Timestamp::from_second(doubt.since_s).ok().map(|since| format!("{since:.0}")),
                    why: doubt.why.clone(),
                    confidence: Some((doubt.confidence * 1000.0).round() / 1000.0),
                });
            }
        }
        judged.sort_by(|one, other| (one.kind, &one.subject).cmp(&(other.kind, &other.subject)));
        let mut standing: Vec<StandingAlarm> = certain
            .into_iter()
            .map(|alarm| {
                let source_id = if alarm.kind.is_of_source() {
                    alarm.subject.as_deref().and_then(|slug| ids.get(slug)).copied()
                } else {
                    None
                };
                StandingAlarm {
                    kind: alarm.kind.as_str(),
                    subject: alarm.subject,
                    source_id,
                    since: alarm.since,
                    why: alarm.why,
                    confidence: None,
                }
            })
            .collect();
        standing.extend(judged);
        Ok(standing)
    }

    /// Habits that are to be written down now, and the last article that all that are written down have learned from.
    fn next_to_keep(&mut self, now: Timestamp) -> Option<ToKeep> {
        if self.to_keep.is_empty() {
            let is_due = self.kept_at.is_none_or(|kept_at| now.duration_since(kept_at) >= KEPT_EVERY);
            if !is_due && !self.is_behind || self.changed.is_empty() {
                return None;
            }
            self.kept_at = Some(now);
            self.kept_up_to = Some(self.articles_up_to);
            self.to_keep = self.changed.drain().collect();
        }
        let n_later = self.to_keep.len().saturating_sub(KEPT_AT_ONCE);
        let ids = self.to_keep.split_off(n_later);
        let habits = ids.into_iter().filter_map(|id| Some((id, self.habits.get(&id)?.to_bytes()))).collect();
        let up_to = if self.to_keep.is_empty() { self.kept_up_to.take() } else { None };
        Some((habits, up_to))
    }
}

/// The polls of a source in order, each with what it brought. The last that was answered ended at `polled_s`.
fn polls(events: &[SourceEvent], known_s: i64, polled_s: i64) -> Vec<Poll> {
    let mut polls: Vec<Poll> = Vec::new();
    for event in events {
        match *event {
            // One after the last answer fails, or is under way.
            SourceEvent::Poll { at_s, .. } if at_s > polled_s => {}
            SourceEvent::Poll { at_s, is_ok } => polls.push(Poll { at_s, n_new: is_ok.then_some(0) }),
            SourceEvent::Item { at_s } if at_s <= known_s || at_s > polled_s => {}
            SourceEvent::Item { .. } => {
                if let Some(n_new) = polls.last_mut().and_then(|poll| poll.n_new.as_mut()) {
                    *n_new += 1;
                }
            }
        }
    }
    match polls.iter_mut().rev().find(|poll| poll.n_new.is_some()) {
        Some(last) => last.at_s = polled_s,
        // Its exchange is no longer kept, or it took none.
        None => polls.push(Poll { at_s: polled_s, n_new: Some(0) }),
    }
    polls
}

/// Says of alarms that are told otherwise from now on that they are.
fn pass_on(open: &[Alarm], standing: &[StandingAlarm], slugs: &HashMap<i64, &str>, endings: &mut Endings) {
    let stands: HashSet<(&str, Option<&str>)> =
        standing.iter().map(|alarm| (alarm.kind, alarm.subject.as_deref())).collect();
    let followed: HashSet<&str> = slugs.values().copied().collect();
    for alarm in open {
        let (kind, subject) = (alarm.kind.as_str(), alarm.subject.as_deref());
        let Some(slug) = subject.filter(|_| kind_is_judged(alarm.kind) && !stands.contains(&(kind, subject))) else {
            continue;
        };
        let is = |kind: AlarmKind, subject: Option<&str>| stands.contains(&(kind.as_str(), subject));
        let why = if is(AlarmKind::Gone, Some(slug)) {
            "its server says that it is gone, which is told as such"
        } else if is(AlarmKind::Failing, Some(slug)) {
            "its polls fail now, which is told as such"
        } else if !followed.contains(slug) {
            "it is not polled any more"
        } else if is(AlarmKind::Intake, None) && alarm.kind == AlarmKind::Silent {
            "nothing comes of nearly all sources now, which is told once"
        } else {
            continue;
        };
        endings.entry((kind.to_owned(), Some(slug.to_owned()))).or_insert_with(|| why.to_owned());
    }
}

/// Whether it tells of a list of sources other than the one that the settings name.
fn is_of_another_list(alarm: &Alarm, followed: Option<&Url>) -> bool {
    alarm.kind == AlarmKind::List && !followed.is_some_and(|url| alarm.is_of_list(url))
}

fn kind_is_judged(kind: AlarmKind) -> bool {
    matches!(kind, AlarmKind::Silent | AlarmKind::Fewer | AlarmKind::Quality | AlarmKind::Shorter | AlarmKind::Partial)
}

fn reading(article: &ArticleReading) -> Reading {
    let language = article.language.as_deref().and_then(|language| language.as_bytes().first_chunk::<2>().copied());
    Reading {
        id: article.id,
        at_s: article.at_s,
        quality: article.quality,
        n_words: article.n_words,
        is_whole: article.is_whole,
        language,
    }
}

fn kind_of(symptom: Symptom) -> AlarmKind {
    match symptom {
        Symptom::Silent => AlarmKind::Silent,
        Symptom::Fewer => AlarmKind::Fewer,
        Symptom::Quality => AlarmKind::Quality,
        Symptom::Shorter => AlarmKind::Shorter,
        Symptom::Partial => AlarmKind::Partial,
    }
}

fn describe(ending: Ending) -> &'static str {
    match ending {
        Ending::Back => "it is as it was",
        Ending::Habit => "it has stayed so for long, and is taken for its habit from now on",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(kind: AlarmKind) -> Alarm {
        Alarm {
            id: Some(1),
            kind,
            subject: None,
            since: None,
            why: "little room".to_owned(),
            opened_at: None,
            closed_at: None,
            closed_why: None,
            confidence: None,
        }
    }

    #[test]
    fn what_flaps_is_not_opened_and_closed_each_minute() {
        let begun: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        // How often it has opened in a day, and the minutes for which it has to be over.
        for (n_opened, minutes) in [(1, 0), (2, 10), (3, 60), (4, 360), (9, 360)] {
            let mut watch = Watch::default();
            let n_lately = HashMap::from([((AlarmKind::Disk, None), n_opened)]);
            let mut is_held = |minute: i64, is_standing: bool| {
                let mut standing = Vec::new();
                let alarm = open(AlarmKind::Disk);
                if is_standing {
                    let (subject, since, why) = (None, None, alarm.why.clone());
                    standing.push(StandingAlarm {
                        kind: "disk",
                        subject,
                        source_id: None,
                        since,
                        why,
                        confidence: None,
                    });
                }
                let now = begun + SignedDuration::from_mins(minute);
                watch.hold(vec![alarm], &n_lately, &mut standing, &mut Endings::new(), now);
                standing.len() == 1
            };
            assert!(is_held(0, true));
            assert_eq!(is_held(1, false), minutes > 0, "{n_opened}");
            assert_eq!(is_held(minutes, false), minutes > 1, "{n_opened}");
            // It is wrong again: then it is over anew.
            assert!(is_held(minutes, true));
            assert_eq!(is_held(minutes + 1, false), minutes > 0, "{n_opened}");
            assert_eq!(is_held(2 * minutes, false), minutes > 0, "{n_opened}");
            assert!(!is_held(2 * minutes + 1, false), "{n_opened}");
        }
    }

    #[test]
    fn a_list_that_is_followed_no_more_cannot_be_read_again() {
        let [ours, longer, secret] =
            ["http://a.example/ours", "http://a.example/ours.opml", "http://u:p@a.example/ours"]
                .map(|url| Url::parse(url).unwrap());
        let why = "the list of sources at http://a.example/ours cannot be read: HTTP 500".to_owned();
        let alarm = Alarm { why, ..open(AlarmKind::List) };
        assert!(!is_of_another_list(&alarm, Some(&ours)) && !is_of_another_list(&alarm, Some(&secret)));
        assert!(is_of_another_list(&alarm, Some(&longer)) && is_of_another_list(&alarm, None));
        assert!(!is_of_another_list(&open(AlarmKind::Disk), None));
    }

    #[test]
    fn why_something_is_over_is_kept_while_it_is_held() {
        let begun: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let mut watch = Watch::default();
        let n_lately = HashMap::from([((AlarmKind::Silent, None), 2)]);
        let key = ("silent".to_owned(), None);
        let mut endings = Endings::from([(key.clone(), "it is as it was".to_owned())]);
        watch.hold(vec![open(AlarmKind::Silent)], &n_lately, &mut Vec::new(), &mut endings, begun);
        let (mut standing, mut endings) = (Vec::new(), Endings::new());
        let later = begun + SignedDuration::from_mins(11);
        watch.hold(vec![open(AlarmKind::Silent)], &n_lately, &mut standing, &mut endings, later);
        assert_eq!((standing.len(), endings.get(&key).map(String::as_str)), (0, Some("it is as it was")));
    }

    #[test]
    fn the_same_trouble_is_said_once() {
        let mut told = None;
        let said = ["full", "full", "", "full", "locked"]
            .map(|trouble| news(&mut told, Some(trouble.to_owned()).filter(|trouble| !trouble.is_empty())).is_some());
        assert_eq!(said, [true, false, false, true, true]);
    }
}
