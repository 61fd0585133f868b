//! Alarms as rows, which open and close, and what sources are used to.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::store::file::columns::{private_time, public_time};

/// How long alarms that are over are kept, and how many of them.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);
const KEPT_MAX: u32 = 50_000;

/// By how much a confidence has to change to be written.
const CONFIDENCE_STEP: f64 = 0.02;

/// Something that is wrong now.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingAlarm {
    /// Its kind.
    pub kind: &'static str,
    /// A source's slug, or a publisher.
    pub subject: Option<String>,
    /// The source.
    pub source_id: Option<i64>,
    /// Since when.
    pub since: Option<String>,
    /// What is wrong, in a sentence.
    pub why: String,
    /// How sure; absent where it is certain.
    pub confidence: Option<f64>,
}

/// An alarm that has opened or closed.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmChange {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// A source's slug, or a publisher.
    pub subject: Option<String>,
    /// Why it has opened, or closed.
    pub why: String,
    /// How sure it is.
    pub confidence: Option<f64>,
    /// Whether it has opened, or else closed.
    pub is_open: bool,
}

/// Makes the rows say what is wrong now. `endings` says of some why they are over, by kind and subject.
pub(in crate::store) fn settle(
    connection: &Connection,
    standing: &[StandingAlarm],
    endings: &HashMap<(String, Option<String>), String>,
    now: Timestamp,
) -> rusqlite::Result<Vec<AlarmChange>> {
    let mut changes = Vec::new();
    let mut open = open_rows(connection)?;
    for alarm in standing {
        let StandingAlarm { kind, subject, source_id, since, why, confidence } = alarm;
        if let Some(row) = open.remove(&((*kind).to_owned(), subject.clone())) {
            let moved = (row.confidence.unwrap_or(0.0) - confidence.unwrap_or(0.0)).abs() >= CONFIDENCE_STEP;
            if moved || row.why != *why {
                connection
                    .prepare_cached("UPDATE alarms SET why = ?2, confidence = ?3 WHERE id = ?1")?
                    .execute(params![row.id, why, confidence])?;
            }
            continue;
        }
        connection
            .prepare_cached(
                // One that is gone is not watched, and known by its slug alone.
                "INSERT INTO alarms (kind, subject, source_id, since, opened_at, why, confidence)
                 VALUES (?1, ?2, coalesce(?3, (SELECT id FROM sources WHERE ?1 = 'gone' AND slug = ?2)), ?4, ?5, ?6, ?7)",
            )?
            .execute(params![kind, subject, source_id, since, public_time(now), why, confidence])?;
        changes.push(AlarmChange {
            id: connection.last_insert_rowid(),
            kind: (*kind).to_owned(),
            subject: subject.clone(),
            why: why.clone(),
            confidence: *confidence,
            is_open: true,
        });
    }
    let mut over: Vec<_> = open.into_iter().collect();
    over.sort_by_key(|(_, row)| row.id);
    for (key, row) in over {
        let why = endings.get(&key).cloned().unwrap_or_else(|| ending_of(&key.0).to_owned());
        connection
            .prepare_cached("UPDATE alarms SET closed_at = ?2, closed_why = ?3 WHERE id = ?1")?
            .execute(params![row.id, public_time(now), why])?;
        let (kind, subject) = key;
        changes.push(AlarmChange { id: row.id, kind, subject, why, confidence: row.confidence, is_open: false });
    }
    if changes.iter().any(|change| !change.is_open) {
        connection
            .prepare_cached(
                "DELETE FROM alarms WHERE closed_at IS NOT NULL
                 AND (closed_at < ?1 OR id <= (SELECT max(id) FROM alarms) - ?2)",
            )?
            .execute(params![public_time(now - KEPT), KEPT_MAX])?;
    }
    connection.execute(
        "INSERT INTO _alarm_state (id, looked_at, articles_up_to) VALUES (1, ?1, -1)
         ON CONFLICT (id) DO UPDATE SET looked_at = excluded.looked_at",
        [private_time(now)],
    )?;
    Ok(changes)
}

/// Why an alarm is over, where nothing else is known than that what it told of is no longer so.
fn ending_of(kind: &str) -> &'static str {
    match kind {
        "failing" => "it answers again, or is not polled any more",
        "gone" => "it is polled again, or is not listed any more",
        "gate" => "its articles are shown again",
        "gap" => "what was missed has come, or is too old to be had",
        "list" => "it can be read again",
        "log" => "it is folded in",
        "disk" => "there is room again",
        "clock" => "it has caught up with what was written",
        "queue" => "it is there, and all hosts are asked, or the daemon works without it",
        "intake" => "sources answer again, and bring something",
        "receiver" => "it takes messages again, or none wait for it",
        _ => "it is over",
    }
}

struct OpenRow {
    id: i64,
    why: String,
    confidence: Option<f64>,
}

fn open_rows(connection: &Connection) -> rusqlite::Result<HashMap<(String, Option<String>), OpenRow>> {
    let mut open = HashMap::new();
    let mut statement =
        connection.prepare_cached("SELECT kind, subject, id, why, confidence FROM alarms WHERE closed_at IS NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = || {
            let row_of = OpenRow { id: row.get(2)?, why: row.get(3)?, confidence: row.get(4)? };
            Ok::<_, rusqlite::Error>(((row.get(0)?, row.get(1)?), row_of))
        };
        // What another program has damaged stays as it is.
        open.extend(values());
    }
    Ok(open)
}

/// Keeps what sources are used to. `articles_up_to` is the last article that all that is kept has learned from.
pub(in crate::store) fn keep_habits(
    connection: &Connection,
    habits: &[(i64, Vec<u8>)],
    articles_up_to: Option<i64>,
) -> rusqlite::Result<()> {
    // A source may have gone meanwhile.
    let mut keep = connection.prepare_cached(
        "INSERT INTO _habits (source_id, state) SELECT id, ?2 FROM sources WHERE id = ?1
         ON CONFLICT (source_id) DO UPDATE SET state = excluded.state",
    )?;
    for (source_id, state) in habits {
        keep.execute(params![source_id, state])?;
    }
    if let Some(up_to) = articles_up_to {
        connection.execute(
            "INSERT INTO _alarm_state (id, articles_up_to) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET articles_up_to = excluded.articles_up_to",
            [up_to],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    fn standing(subject: &str, confidence: f64) -> StandingAlarm {
        StandingAlarm {
            kind: "silent",
            subject: Some(subject.to_owned()),
            source_id: None,
            since: None,
            why: "nothing new".to_owned(),
            confidence: Some(confidence),
        }
    }

    #[test]
    fn an_alarm_opens_once_and_closes_once_and_comes_again_as_another() {
        let connection = in_memory().unwrap();
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let endings =
            HashMap::from([(("silent".to_owned(), Some("harbour".to_owned())), "it is as it was".to_owned())]);
        let settle = |alarms: &[StandingAlarm]| -> Vec<(i64, String, bool)> {
            let changes = settle(&connection, alarms, &endings, now).unwrap();
            changes.into_iter().map(|change| (change.id, change.why, change.is_open)).collect()
        };
        let row = |why: &str| why.to_owned();
        assert_eq!(settle(&[standing("harbour", 0.7)]), [(1, row("nothing new"), true)]);
        assert_eq!(settle(&[standing("harbour", 0.9), standing("quay", 0.6)]), [(2, row("nothing new"), true)]);
        let sure: f64 =
            connection.query_row("SELECT confidence FROM alarms WHERE id = 1", [], |row| row.get(0)).unwrap();
        assert!((sure - 0.9).abs() < 1e-9);
        assert_eq!(settle(&[]), [(1, row("it is as it was"), false), (2, row("it is over"), false)]);
        assert_eq!(settle(&[]), []);
        assert_eq!(settle(&[standing("harbour", 0.7)]), [(3, row("nothing new"), true)]);
        let n_open: i64 =
            connection.query_row("SELECT count(*) FROM alarms WHERE closed_at IS NULL", [], |row| row.get(0)).unwrap();
        assert_eq!(n_open, 1);
        connection
            .execute_batch("INSERT INTO sources (id, slug, state, origin, created_at) VALUES (7, 'harbour', 'gone', 'command', '')")
            .unwrap();
        let gone = StandingAlarm { kind: "gone", ..standing("harbour", 1.0) };
        super::settle(&connection, &[gone], &endings, now).unwrap();
        let source: Option<i64> =
            connection.query_row("SELECT source_id FROM alarms WHERE kind = 'gone'", [], |row| row.get(0)).unwrap();
        assert_eq!(source, Some(7));
        super::settle(&connection, &[], &endings, now).unwrap();
        let sql = "SELECT closed_why FROM alarms WHERE kind = 'gone'";
        let why: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(why, "it is polled again, or is not listed any more");
    }

    #[test]
    fn what_a_repair_could_not_read_is_written_anew() {
        let connection = in_memory().unwrap();
        connection.execute("DELETE FROM _alarm_state", []).unwrap();
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let state = || -> (Option<i64>, i64) {
            let sql = "SELECT looked_at, articles_up_to FROM _alarm_state";
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
        };
        settle(&connection, &[], &HashMap::new(), now).unwrap();
        assert_eq!(state(), (Some(now.as_millisecond()), -1));
        connection.execute("DELETE FROM _alarm_state", []).unwrap();
        keep_habits(&connection, &[], Some(12)).unwrap();
        assert_eq!(state(), (None, 12));
    }

    #[test]
    fn habits_of_a_source_that_has_gone_are_not_kept() {
        let connection = in_memory().unwrap();
        keep_habits(&connection, &[(7, vec![1])], Some(12)).unwrap();
        let kept: (i64, i64) = connection
            .query_row("SELECT (SELECT count(*) FROM _habits), articles_up_to FROM _alarm_state", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(kept, (0, 12));
    }
}
