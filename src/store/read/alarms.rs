//! What somebody should look at: what of the intake is wrong now, since when and why.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::store::file::columns::{public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::file::log::log_state;
use crate::store::read::reader::Reader;

/// Failures in a row from which a source fails; what is fewer is a day's weather.
const FAILURES_MIN: u32 = 3;

/// Gaps are told for so long: later nothing brings what was missed.
const GAP_TOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What kind of thing.
    pub kind: AlarmKind,
    /// A source's slug, or a publisher; absent where it is the database itself.
    pub subject: Option<String>,
    /// Since when, where that is known.
    pub since: Option<String>,
    /// What is wrong, in a sentence.
    pub why: String,
}

/// A kind of thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        }
    }
}

impl Reader {
    /// What is wrong now: sources first, those that have failed the longest before the others.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn alarms(&self, now: Timestamp) -> Result<Vec<Alarm>, StoreError> {
        let mut alarms = self.alarms_of_sources()?;
        if self.is_snapshot()? {
            // What it has of the intake: it does not grow.
            alarms.extend(self.alarms_of_gaps(now)?);
            return Ok(alarms);
        }
        alarms.extend(self.alarms_of_gates()?);
        alarms.extend(self.alarms_of_gaps(now)?);
        alarms.extend(self.failing_list(None)?.map(|list| Alarm {
            kind: AlarmKind::List,
            subject: None,
            since: Some(public_time(list.since)),
            why: format!("the list of sources at {} cannot be read: {}", list.url, list.error),
        }));
        alarms.extend(log_state(self.path()).trouble().map(|why| Alarm {
            kind: AlarmKind::Log,
            subject: None,
            since: None,
            why,
        }));
        Ok(alarms)
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
                Ok(Alarm {
                    kind: if is_gone { AlarmKind::Gone } else { AlarmKind::Failing },
                    subject: row.get(0)?,
                    since: row.get(4)?,
                    why: if is_gone { error } else { format!("{n_failures}× {error}") },
                })
            },
        )
    }

    fn alarms_of_gates(&self) -> Result<Vec<Alarm>, StoreError> {
        self.rows("SELECT publisher, since, sign FROM _gates ORDER BY since, publisher", params![], |row| {
            Ok(Alarm {
                kind: AlarmKind::Gate,
                subject: row.get(0)?,
                since: row.get(1)?,
                why: format!("a notice stands in place of its articles ({})", row.get::<_, String>(2)?),
            })
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
                Ok(Alarm {
                    kind: AlarmKind::Gap,
                    subject: row.get(0)?,
                    since: row.get(1)?,
                    why: format!("{missed} missed {times}"),
                })
            },
        )
    }
}
