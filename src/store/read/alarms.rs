//! What somebody should look at: what of the intake is wrong now, since when and why.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Params, params};
use url::Url;

use crate::model::{NEWS_AGE_MAX, QueueTrouble, public_url};
use crate::store::file::columns::{from_private_time, public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::file::log::log_state;
use crate::store::file::machine::{clock_trouble, disk_trouble};
use crate::store::read::reader::Reader;

/// Failures in a row from which a source fails; what is fewer is a day's weather.
const FAILURES_MIN: u32 = 3;

/// Gaps are told for so long: later nothing brings what was missed.
const GAP_TOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Sources that fail at once from which it is the intake that fails, where they are half of those that answered in the day before, and
/// none has answered for so long.
const OUTAGE_SOURCES_MIN: usize = 5;
const OUTAGE_MIN: SignedDuration = SignedDuration::from_mins(10);
const OUTAGE_LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24);

/// A queue may be away for so long, and hosts without a worker: what a server or a worker takes that is started over is no alarm.
const QUEUE_PATIENCE: SignedDuration = SignedDuration::from_mins(3);

/// A daemon tells how its queue is every ten seconds.
const QUEUE_TOLD_AGE_MAX: SignedDuration = SignedDuration::from_mins(1);

/// A daemon that looks closes within a few minutes what is over.
const LOOK_AGE_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its number, where the daemon has noticed it.
    pub id: Option<i64>,
    /// What kind of thing.
    pub kind: AlarmKind,
    /// A source's slug, a publisher, or the name of a receiver; absent where it is the database itself.
    pub subject: Option<String>,
    /// Since when, where that is known.
    pub since: Option<String>,
    /// What is wrong, in a sentence.
    pub why: String,
    /// When it was noticed.
    pub opened_at: Option<String>,
    /// When it was over; absent while it is open.
    pub closed_at: Option<String>,
    /// Why it is over.
    pub closed_why: Option<String>,
    /// The probability that something is lost, by the habits of the source; absent where it is certain.
    pub confidence: Option<f64>,
}

impl Alarm {
    /// One that is certain.
    fn certain(kind: AlarmKind, subject: Option<String>, since: Option<String>, why: String) -> Alarm {
        let (opened_at, closed_at, closed_why) = (None, None, None);
        Alarm { id: None, kind, subject, since, why, opened_at, closed_at, closed_why, confidence: None }
    }

    /// Whether it says that the list of sources at this address cannot be read.
    #[must_use]
    pub fn is_of_list(&self, url: &Url) -> bool {
        self.kind == AlarmKind::List && self.why.starts_with(&unreadable(public_url(url).as_str()))
    }
}

fn unreadable(list_url: &str) -> String {
    format!("the list of sources at {list_url} cannot be read: ")
}

/// A kind of thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// A source that fails poll after poll.
    Failing,
    /// A source that its server says is gone.
    Gone,
    /// A publisher with a notice before its articles.
    Gate,
    /// A source of which something was missed that nothing has brought yet.
    Gap,
    /// A list of sources at an address that cannot be read.
    List,
    /// A write-ahead log that cannot be folded in.
    Log,
    /// Little room on the disk.
    Disk,
    /// A clock that is behind what was written.
    Clock,
    /// A queue of workers that is away, or whose hosts are asked by no worker.
    Queue,
    /// A receiver of messages that takes none, or is not in the settings.
    Receiver,
    /// Nearly all sources are silent at once, or fail.
    Intake,
    /// A source that brings nothing, against its habit.
    Silent,
    /// A source that brings less than it used to.
    Fewer,
    /// A source whose articles are of a lower quality than they were.
    Quality,
    /// A source whose articles are shorter than they were.
    Shorter,
    /// A source of which fewer articles are whole than were.
    Partial,
    /// What a later version calls otherwise.
    Other,
}

impl AlarmKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AlarmKind::Failing => "failing",
            AlarmKind::Gone => "gone",
            AlarmKind::Gate => "gate",
            AlarmKind::Gap => "gap",
            AlarmKind::List => "list",
            AlarmKind::Log => "log",
            AlarmKind::Disk => "disk",
            AlarmKind::Clock => "clock",
            AlarmKind::Queue => "queue",
            AlarmKind::Receiver => "receiver",
            AlarmKind::Intake => "intake",
            AlarmKind::Silent => "silent",
            AlarmKind::Fewer => "fewer",
            AlarmKind::Quality => "quality",
            AlarmKind::Shorter => "shorter",
            AlarmKind::Partial => "partial",
            AlarmKind::Other => "other",
        }
    }

    /// All that are known.
    pub const ALL: [AlarmKind; 16] = [
        AlarmKind::Failing,
        AlarmKind::Gone,
        AlarmKind::Gate,
        AlarmKind::Gap,
        AlarmKind::List,
        AlarmKind::Log,
        AlarmKind::Disk,
        AlarmKind::Clock,
        AlarmKind::Queue,
        AlarmKind::Receiver,
        AlarmKind::Intake,
        AlarmKind::Silent,
        AlarmKind::Fewer,
        AlarmKind::Quality,
        AlarmKind::Shorter,
        AlarmKind::Partial,
    ];

    fn named(name: &str) -> AlarmKind {
        AlarmKind::ALL.into_iter().find(|kind| kind.as_str() == name).unwrap_or(AlarmKind::Other)
    }

    /// Whether it is about a source, whose slug is its subject.
    #[must_use]
    pub fn is_of_source(self) -> bool {
        match self {
            AlarmKind::Failing
            | AlarmKind::Gone
            | AlarmKind::Gap
            | AlarmKind::Silent
            | AlarmKind::Fewer
            | AlarmKind::Quality
            | AlarmKind::Shorter
            | AlarmKind::Partial => true,
            AlarmKind::Gate
            | AlarmKind::List
            | AlarmKind::Log
            | AlarmKind::Disk
            | AlarmKind::Clock
            | AlarmKind::Queue
            | AlarmKind::Receiver
            | AlarmKind::Intake
            | AlarmKind::Other => false,
        }
    }

    /// Whether it is about the machine on which the database is, and what it is connected to.
    fn is_of_machine(self) -> bool {
        matches!(self, AlarmKind::Log | AlarmKind::Disk | AlarmKind::Clock | AlarmKind::Queue)
    }

    /// Whether only the daemon can judge it, by habits or by its settings, so that it stands as its row says.
    fn is_judged(self) -> bool {
        matches!(
            self,
            AlarmKind::Receiver
                | AlarmKind::Intake
                | AlarmKind::Silent
                | AlarmKind::Fewer
                | AlarmKind::Quality
                | AlarmKind::Shorter
                | AlarmKind::Partial
        )
    }
}

/// How a source that has answered does now.
struct Pulse {
    slug: String,
    fails: bool,
    last_ok_at: Timestamp,
    last_polled_at: Timestamp,
}

impl Reader {
    /// What is wrong now: sources first, those that have failed the longest before the others, and at the end what the daemon judges, as it
    /// has noticed it, the surest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn alarms(&self, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        let mut alarms = self.certain_alarms(now)?;
        if !self.has_alarms()? {
            return Ok(alarms);
        }
        let mut noticed = self.open_alarms()?;
        for alarm in &mut alarms {
            let row = noticed.iter().find(|row| row.kind == alarm.kind && row.subject == alarm.subject);
            if let Some(row) = row {
                (alarm.id, alarm.opened_at) = (row.id, row.opened_at.clone());
            }
        }
        // What the daemon has not closed yet stands; where none looks, it is so no longer. A snapshot has it as it stood, but not that of
        // the machine.
        let is_snapshot = self.is_snapshot()?;
        let is_looked_for =
            self.looked_for_alarms_at()?.is_some_and(|looked_at| now.duration_since(looked_at).abs() <= LOOK_AGE_MAX);
        noticed.retain(|row| {
            let is_listed = alarms.iter().any(|alarm| alarm.kind == row.kind && alarm.subject == row.subject);
            let stands = row.kind.is_judged() || is_looked_for || is_snapshot && !row.kind.is_of_machine();
            !is_listed && stands
        });
        noticed.sort_by(|one, other| other.confidence.unwrap_or(1.0).total_cmp(&one.confidence.unwrap_or(1.0)));
        alarms.extend(noticed);
        Ok(alarms)
    }

    /// Alarms that are over, those that have closed last first: the rows of the table.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn alarms_over(&self, since: Option<Timestamp>) -> Result<Vec<Alarm>, StoreError> {
        if !self.has_alarms()? {
            return Ok(Vec::new());
        }
        self.noticed_alarms("closed_at >= ?1", [since.map(public_time).unwrap_or_default()])
    }

    /// What of alarms a receiver of messages was not told yet: those that have opened, and those of which it knows that are over. What is
    /// older than two days is not told any more, and no receiver that is new is told of all that ever was.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn untold_alarms(&self, receiver: &str, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        let is_told = |kind: &str| {
            format!("EXISTS (SELECT 1 FROM messages WHERE alarm_id = alarms.id AND kind = '{kind}' AND receiver = ?2)")
        };
        let (opened, closed) = (is_told("alarm-opened"), is_told("alarm-closed"));
        let since = public_time(now - NEWS_AGE_MAX);
        let opened_now = format!("closed_at IS NULL AND opened_at >= ?1 AND NOT {opened}");
        let mut untold = self.noticed_alarms(&opened_now, params![since, receiver])?;
        // Of one that is older the message may have been deleted since.
        let closed_now = format!("closed_at >= ?1 AND (opened_at < ?1 OR {opened}) AND NOT {closed}");
        untold.extend(self.noticed_alarms(&closed_now, params![since, receiver])?);
        untold.sort_by_key(|alarm| alarm.id);
        Ok(untold)
    }

    /// The alarms that the daemon has noticed and not closed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.noticed_alarms("closed_at IS NULL", [])
    }

    /// How often alarms of each kind and subject have opened since a time.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_opened_alarms(&self, since: Timestamp) -> Result<HashMap<(AlarmKind, Option<String>), u32>, StoreError> {
        let rows = self.rows(
            "SELECT kind, subject, count(*) FROM alarms WHERE opened_at >= ?1 GROUP BY kind, subject",
            [public_time(since)],
            |row| {
                // Of what cannot be read nothing is known, and it is no more than one.
                let text = |index: usize| row.get_ref(index).map(|text| text.as_str().ok().map(str::to_owned));
                Ok(((AlarmKind::named(&text(0)?.unwrap_or_default()), text(1)?), row.get(2)?))
            },
        )?;
        Ok(rows.into_iter().collect())
    }

    /// How many alarms the daemon has noticed that are open, in the order of [`AlarmKind::ALL`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_open_alarms(&self) -> Result<[u64; AlarmKind::ALL.len()], StoreError> {
        if !self.has_alarms()? {
            return Ok(Default::default());
        }
        let rows =
            self.rows("SELECT kind, count(*) FROM alarms WHERE closed_at IS NULL GROUP BY kind", params![], |row| {
                Ok((row.get_ref(0)?.as_str().unwrap_or_default().to_owned(), row.get::<_, u64>(1)?))
            })?;
        let n_of = |kind: AlarmKind| rows.iter().find(|(name, _)| name == kind.as_str()).map_or(0, |(_, n)| *n);
        Ok(AlarmKind::ALL.map(n_of))
    }

    /// What is certain to be wrong now.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn certain_alarms(&self, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        let mut alarms = self.alarms_of_sources()?;
        if self.is_snapshot()? {
            // What it has of the intake: it does not grow.
            alarms.extend(self.alarms_of_gaps(now)?);
            return Ok(alarms);
        }
        self.put_outage_first(&mut alarms, now)?;
        alarms.extend(self.alarms_of_gates()?);
        alarms.extend(self.alarms_of_gaps(now)?);
        alarms.extend(self.failing_list(None)?.map(|list| {
            let why = format!("{}{}", unreadable(&list.url), list.error);
            Alarm::certain(AlarmKind::List, None, Some(public_time(list.since)), why)
        }));
        let of_machine = [
            (AlarmKind::Log, log_state(self.path()).trouble()),
            (AlarmKind::Disk, disk_trouble(self.path())),
            (AlarmKind::Clock, clock_trouble(self.connection(), now)?),
        ];
        let of_machine = of_machine.into_iter().filter_map(|(kind, why)| Some((kind, why?)));
        alarms.extend(of_machine.map(|(kind, why)| Alarm::certain(kind, None, None, why)));
        alarms.extend(self.alarm_of_queue(now)?);
        Ok(alarms)
    }

    /// What keeps work from workers, as the daemon last said: of one that is dead or hangs that is told elsewhere.
    fn alarm_of_queue(&self, now: Timestamp) -> Result<Option<Alarm>, StoreError> {
        let told = self.queue_state()?.filter(|queue| now.duration_since(queue.told_at) <= QUEUE_TOLD_AGE_MAX);
        let trouble = told.and_then(|queue| queue.trouble(now, QUEUE_PATIENCE));
        let alarm = |QueueTrouble { since, why }| Alarm::certain(AlarmKind::Queue, None, Some(public_time(since)), why);
        Ok(trouble.map(alarm))
    }

    /// Whether there is a table of them: files of earlier versions are read as they are.
    pub(in crate::store) fn has_alarms(&self) -> Result<bool, StoreError> {
        Ok(self.connection().table_exists(Some("main"), "alarms")?)
    }

    fn noticed_alarms(&self, condition: &str, parameters: impl Params) -> Result<Vec<Alarm>, StoreError> {
        let sql = format!(
            "SELECT id, kind, subject, since, why, opened_at, closed_at, closed_why, confidence FROM alarms
             WHERE {condition} ORDER BY closed_at DESC, opened_at DESC, id DESC"
        );
        let name = |alarm: &Alarm| format!("alarm {}", alarm.id.unwrap_or_default());
        self.readable_rows(&sql, parameters, name, |cells| Alarm {
            id: cells.value(0),
            kind: AlarmKind::named(&cells.text(1)),
            subject: cells.optional_text(2),
            since: cells.optional_text(3),
            why: cells.text(4),
            opened_at: cells.optional_text(5),
            closed_at: cells.optional_text(6),
            closed_why: cells.optional_text(7),
            confidence: cells.value(8),
        })
    }

    fn alarms_of_sources(&self) -> Result<Vec<Alarm>, StoreError> {
        self.rows(
            "SELECT slug, state, failures_in_a_row, error,
                 -- One that never answered fails since it is followed.
                 coalesce(last_ok_at, (SELECT created_at FROM sources WHERE id = source_id))
             FROM source_health
             WHERE state = 'gone' OR state = 'active' AND failures_in_a_row >= ?1
             ORDER BY last_ok_at, slug",
            params![FAILURES_MIN],
            |row| {
                let is_gone = row.get::<_, String>(1)? == "gone";
                let n_failures: u32 = row.get(2)?;
                let error = public_text(row, 3)?.unwrap_or_default();
                let kind = if is_gone { AlarmKind::Gone } else { AlarmKind::Failing };
                let why = if is_gone { error } else { format!("{n_failures}× {error}") };
                Ok(Alarm::certain(kind, row.get(0)?, row.get(4)?, why))
            },
        )
    }

    /// Where all that answered before fails at once, tells that in place of each. Sources whose failing was noticed before keep theirs.
    /// Once something answers again, the others are judged by their next poll.
    fn put_outage_first(&self, alarms: &mut Vec<Alarm>, now: Timestamp) -> Result<(), StoreError> {
        if !self.has_alarms()? {
            return Ok(());
        }
        let pulses = self.rows(
            "SELECT slug, failures_in_a_row, last_ok_at, coalesce(last_polled_at, last_ok_at)
             FROM sources JOIN _source_schedule ON source_id = id
             WHERE state = 'active' AND kind IS NOT 'article' AND last_ok_at IS NOT NULL",
            params![],
            |row| {
                let (last_ok_at, last_polled_at) =
                    (row.get(2).map(from_private_time)?, row.get(3).map(from_private_time)?);
                Ok(Pulse { slug: row.get(0)?, fails: row.get::<_, u32>(1)? > 0, last_ok_at, last_polled_at })
            },
        )?;
        let Some(answered_at) = pulses.iter().map(|pulse| pulse.last_ok_at).max() else { return Ok(()) };
        let answered_before = |since: Timestamp| move |pulse: &&Pulse| pulse.last_ok_at >= since - OUTAGE_LOOKS_BACK;
        let n_answered = pulses.iter().filter(answered_before(answered_at)).count();
        let failing: HashSet<&str> = pulses
            .iter()
            .filter(answered_before(answered_at))
            .filter(|pulse| pulse.fails)
            .map(|pulse| pulse.slug.as_str())
            .collect();
        let is_outage = failing.len() >= OUTAGE_SOURCES_MIN
            && 2 * failing.len() >= n_answered
            && now.duration_since(answered_at) >= OUTAGE_MIN;
        let covered = if is_outage {
            let why = format!("no source has answered since, and {} have failed", failing.len());
            alarms.insert(0, Alarm::certain(AlarmKind::Intake, None, Some(public_time(answered_at)), why));
            failing
        } else {
            let Some((since, until)) = self.last_outage(now)? else { return Ok(()) };
            let unasked = pulses.iter().filter(answered_before(since)).filter(|pulse| pulse.last_polled_at <= until);
            unasked.map(|pulse| pulse.slug.as_str()).collect()
        };
        let noticed: HashSet<String> = self
            .rows("SELECT subject FROM alarms WHERE kind = 'failing' AND closed_at IS NULL", params![], |row| {
                row.get(0)
            })?
            .into_iter()
            .collect();
        alarms.retain(|alarm| {
            let is_covered = |slug: &String| covered.contains(slug.as_str()) && !noticed.contains(slug);
            alarm.kind != AlarmKind::Failing || !alarm.subject.as_ref().is_some_and(is_covered)
        });
        Ok(())
    }

    /// From when to when nothing answered, where that was lately. What is over but not closed yet ends now.
    fn last_outage(&self, now: Timestamp) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let rows: Vec<(String, String)> = self.rows(
            "SELECT since, coalesce(closed_at, ?2) AS until FROM alarms
             WHERE kind = 'intake' AND since IS NOT NULL AND coalesce(closed_at, ?2) >= ?1 ORDER BY until DESC LIMIT 1",
            [public_time(now - OUTAGE_LOOKS_BACK), public_time(now)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(rows.first().and_then(|(since, until)| Some((since.parse().ok()?, until.parse().ok()?))))
    }

    fn alarms_of_gates(&self) -> Result<Vec<Alarm>, StoreError> {
        self.rows("SELECT publisher, since, sign FROM _gates ORDER BY since, publisher", params![], |row| {
            let why = format!("a notice stands in place of its articles ({})", row.get::<_, String>(2)?);
            Ok(Alarm::certain(AlarmKind::Gate, row.get(0)?, row.get(1)?, why))
        })
    }

    fn alarms_of_gaps(&self, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        self.rows(
            "SELECT slug, min(noticed_at), count(*), sum(n_missed - min(n_missed, coalesce(n_healed, 0)))
             FROM gaps JOIN sources ON sources.id = source_id
             WHERE noticed_at >= ?1 AND coalesce(n_healed, 0) < coalesce(n_missed, 1) AND state = 'active'
             GROUP BY source_id ORDER BY min(noticed_at), slug",
            params![public_time(now - GAP_TOLD)],
            |row| {
                let n_gaps: u64 = row.get(2)?;
                let times = if n_gaps == 1 {
                    "between two polls".to_owned()
                } else {
                    format!("in {n_gaps} gaps between polls")
                };
                let missed = row
                    .get::<_, Option<u64>>(3)?
                    .map_or("items were".to_owned(), |n| format!("about {n} of its items were"));
                Ok(Alarm::certain(AlarmKind::Gap, row.get(0)?, row.get(1)?, format!("{missed} missed {times}")))
            },
        )
    }
}
