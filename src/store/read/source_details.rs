//! All that is stored of one source: its rhythm, its host, what it missed, and its last exchanges.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use url::Url;

use crate::model::{publisher_of, without_credentials};
use crate::schedule::address::Move;
use crate::schedule::rhythm::Rhythm;
use crate::store::file::columns::{from_json_list, from_private_time, public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::read::gaps::GapRow;
use crate::store::read::reader::Reader;
use crate::store::read::sources::SourceRow;

/// Days whose articles are counted by hour: a rhythm forgets in about as many.
const DAYS_MAX: i64 = 7;

/// Exchanges and gaps that are told, the last ones.
const FETCHES_MAX: u32 = 10;
const GAPS_MAX: u32 = 5;

/// All that is stored of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceDetails {
    /// As in a list.
    pub row: SourceRow,
    /// When it was added.
    pub created_at: String,
    /// Problems of its last document.
    pub problems: Vec<String>,
    /// Articles seen in it.
    pub n_articles: u32,
    /// Links whose page is still to be fetched.
    pub n_waiting: u32,
    /// Whether it is being polled.
    pub is_claimed: bool,
    /// From the last poll to the next, before it was spread; absent before the first and after a failure.
    pub interval_s: Option<u32>,
    /// The shortest interval that its document asks for.
    pub asked_interval_s: Option<u32>,
    /// Entries of its last list.
    pub n_entries: Option<u16>,
    /// What its server says of another address.
    pub moved: Move,
    /// What it brings at which hour of the day.
    pub hours: SourceHours,
    /// Its last gaps, the latest first.
    pub gaps: Vec<GapRow>,
    /// Its host; absent where it has no address.
    pub host: Option<HostState>,
    /// Its last HTTP exchanges, the latest first.
    pub fetches: Vec<FetchRow>,
}

/// What a source brings at which hour of the day, in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceHours {
    /// Items an hour that its rhythm expects; absent before anything was seen of it.
    pub expected: Option<[f64; 24]>,
    /// Articles that were first seen in it.
    pub came: [u32; 24],
    /// In so many days, up to now.
    pub n_days: u32,
}

/// How the host of a source is doing, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostState {
    /// The registrable domain, by which requests are kept apart.
    pub publisher: String,
    /// Until when it is to be left in peace, by its own word (`Retry-After`, 429) or since it was in trouble.
    pub held_until: Option<String>,
    /// Complaints in a row that did not say for how long.
    pub n_complaints: u32,
    /// When the next of its articles may be asked for.
    pub ready_at: Option<String>,
    /// Why its robots.txt could not be read, which forbids everything.
    pub robots_error: Option<String>,
    /// Requests in 24 hours, those among them that failed, and those that were answered with 429.
    pub n_requests_24h: u32,
    /// Failed ones.
    pub n_failed_24h: u32,
    /// Answers 429.
    pub n_refused_24h: u32,
    /// Mean time of its good answers in 24 hours.
    pub mean_elapsed_ms: Option<u64>,
}

/// An HTTP exchange in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRow {
    /// Start.
    pub started_at: String,
    /// Purpose, such as `poll` or `article`.
    pub purpose: String,
    /// Address.
    pub url: String,
    /// Status code.
    pub status: Option<u16>,
    /// Duration in milliseconds.
    pub elapsed_ms: u64,
    /// Size of the body in bytes.
    pub bytes: u64,
    /// Class of the error.
    pub error_class: Option<String>,
    /// Error.
    pub error: Option<String>,
    /// Target of its redirect.
    pub redirected_to: Option<String>,
}

/// How many articles were first seen in a source since a time, by hour.
const CAME_SQL: &str = "SELECT substr(first_seen_at, 12, 2), count(*) FROM sightings
     WHERE source_id = ?1 AND first_seen_at >= ?2 GROUP BY 1";

/// The last exchanges of a source. Its polls stand in an index; what else was asked for it is looked for among the last
/// exchanges of all, not to go through years of them for a source that has none.
const FETCHES_SQL: &str =
    "SELECT started_at, purpose, url, status, elapsed_ms, bytes, error_class, error, redirected_to FROM fetches
     WHERE id IN (
         SELECT id FROM (SELECT id FROM fetches WHERE purpose = 'poll' AND source_id = ?1 ORDER BY started_at DESC LIMIT ?2)
         UNION
         SELECT id FROM (SELECT id FROM fetches WHERE +source_id = ?1 AND id > (SELECT max(id) FROM fetches) - 20000
             ORDER BY id DESC LIMIT ?2))
     ORDER BY id DESC LIMIT ?2";

const GAPS_SQL: &str = "SELECT began_at, ended_at, n_missed, noticed_at, n_healed FROM gaps
     WHERE source_id = ?1 ORDER BY began_at DESC LIMIT ?2";

/// Links that are due, of a source that listed them first or has listed them since.
const WAITING_SQL: &str = "SELECT
     (SELECT count(*) FROM _links WHERE due_at IS NOT NULL AND source_id = ?1)
     + (SELECT count(*) FROM _pending_sightings CROSS JOIN _links ON _links.id = link_id
        WHERE _pending_sightings.source_id = ?1 AND due_at IS NOT NULL AND _links.source_id IS NOT ?1)";

/// What a host was asked since a time.
const REQUESTS_SQL: &str =
    "SELECT count(*), count(error_class), count(*) FILTER (WHERE status = 429), avg(elapsed_ms) FILTER (WHERE error_class IS NULL)
     FROM fetches WHERE host = ?1 AND started_at >= ?2";

const HOST_SQL: &str = "SELECT (SELECT ready_at FROM _hosts WHERE host = ?1), holds.held_until, holds.n_complaints,
         (SELECT error FROM _robots WHERE origin = ?2 AND expires_at > ?3)
     FROM (SELECT 1) LEFT JOIN _host_holds AS holds ON holds.publisher = ?1 AND holds.forgotten_at > ?3";

impl Reader {
    /// All that is stored of a source.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source(&self, row: SourceRow, now: Timestamp) -> Result<SourceDetails, StoreError> {
        let id = row.id;
        let mut details = self.connection().query_row(
            &format!(
                "SELECT created_at, problems,
                 (SELECT count(*) FROM sightings WHERE source_id = ?1),
                 ({WAITING_SQL})
             FROM sources JOIN source_health ON source_health.source_id = sources.id WHERE sources.id = ?1"
            ),
            [id],
            |columns| {
                Ok(SourceDetails {
                    row,
                    created_at: columns.get(0)?,
                    problems: from_json_list(&without_credentials(&columns.get::<_, String>(1)?)),
                    n_articles: columns.get(2)?,
                    n_waiting: columns.get(3)?,
                    is_claimed: false,
                    interval_s: None,
                    asked_interval_s: None,
                    n_entries: None,
                    moved: Move::default(),
                    hours: SourceHours { expected: None, came: [0; 24], n_days: 1 },
                    gaps: Vec::new(),
                    host: None,
                    fetches: Vec::new(),
                })
            },
        )?;
        self.add_schedule(&mut details)?;
        self.add_hours(&mut details, now)?;
        details.gaps = self.rows(GAPS_SQL, params![id, GAPS_MAX], |row| {
            Ok(GapRow {
                source: details.row.slug.clone(),
                began_at: row.get(0)?,
                ended_at: row.get(1)?,
                n_missed: row.get(2)?,
                noticed_at: row.get(3)?,
                n_healed: row.get(4)?,
            })
        })?;
        let url = details.row.url.as_deref().and_then(|url| Url::parse(url).ok());
        details.host = url.map(|url| self.host_state(&url, now)).transpose()?;
        details.fetches = self.rows(FETCHES_SQL, params![id, FETCHES_MAX], |row| {
            Ok(FetchRow {
                started_at: row.get(0)?,
                purpose: row.get(1)?,
                url: public_text(row, 2)?.unwrap_or_default(),
                status: row.get(3)?,
                elapsed_ms: row.get(4)?,
                bytes: row.get(5)?,
                error_class: row.get(6)?,
                error: public_text(row, 7)?,
                redirected_to: public_text(row, 8)?,
            })
        })?;
        Ok(details)
    }

    /// What is remembered of its polls. A snapshot has nothing of it.
    fn add_schedule(&self, details: &mut SourceDetails) -> Result<(), StoreError> {
        let sql = "SELECT claim_id IS NOT NULL, interval_s, rhythm, moved_to, n_moved FROM _source_schedule WHERE source_id = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            details.is_claimed = row.get(0)?;
            details.interval_s = row.get(1)?;
            if let Some(rhythm) = row.get_ref(2)?.as_blob_or_null()?.map(Rhythm::from_bytes) {
                details.asked_interval_s = rhythm.asked.ttl_s;
                details.n_entries = Some(rhythm.window).filter(|window| *window > 0);
                details.hours.expected = rhythm.by_hour();
            }
            details.moved = Move { to: public_text(row, 3)?, n_answers: row.get(4)? };
            Ok(())
        };
        self.connection().query_row(sql, [details.row.id], read).optional()?;
        Ok(())
    }

    fn add_hours(&self, details: &mut SourceDetails, now: Timestamp) -> Result<(), StoreError> {
        let earliest = now - SignedDuration::from_hours(24 * DAYS_MAX);
        let followed_since = details.created_at.parse().unwrap_or(earliest).max(earliest);
        let hours = now.duration_since(followed_since).as_hours();
        details.hours.n_days = u32::try_from((hours + 23) / 24).unwrap_or(1).max(1);
        let counts = self.rows(CAME_SQL, params![details.row.id, public_time(earliest)], |row| {
            Ok((row.get::<_, String>(0)?.parse::<usize>().ok(), row.get::<_, u32>(1)?))
        })?;
        for (hour, count) in counts {
            if let Some(came) = hour.and_then(|hour| details.hours.came.get_mut(hour)) {
                *came = count;
            }
        }
        Ok(())
    }

    fn host_state(&self, url: &Url, now: Timestamp) -> Result<HostState, StoreError> {
        let publisher = publisher_of(url);
        let now_ms = now.as_millisecond();
        let (ready_at, held_until, n_complaints, robots_error): (Option<i64>, Option<i64>, Option<u32>, _) = self
            .connection()
            .query_row(HOST_SQL, params![publisher, url.origin().ascii_serialization(), now_ms], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, public_text(row, 3)?))
            })?;
        let later = |at: Option<i64>| at.filter(|at| *at > now_ms).map(|at| public_time(from_private_time(at)));
        let since = public_time(now - SignedDuration::from_hours(24));
        self.connection()
            .query_row(REQUESTS_SQL, params![publisher, since], |row| {
                let mean: Option<f64> = row.get(3)?;
                Ok(HostState {
                    held_until: later(held_until),
                    n_complaints: n_complaints.unwrap_or(0),
                    ready_at: later(ready_at),
                    robots_error,
                    n_requests_24h: row.get(0)?,
                    n_failed_24h: row.get(1)?,
                    n_refused_24h: row.get(2)?,
                    mean_elapsed_ms: mean.map(whole),
                    publisher: publisher.clone(),
                })
            })
            .map_err(Into::into)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of times, which no request exceeds"
)]
fn whole(milliseconds: f64) -> u64 {
    milliseconds.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    #[test]
    fn every_question_is_answered_by_an_index() {
        let connection = in_memory().unwrap();
        for (sql, indexes) in [
            (WAITING_SQL, &["COVERING INDEX _links_source_due (source_id=?"][..]),
            (CAME_SQL, &["COVERING INDEX sightings_first_seen_at"]),
            (FETCHES_SQL, &["INDEX fetches_polls", "SEARCH fetches USING INTEGER PRIMARY KEY (rowid>?)"]),
            (GAPS_SQL, &["INDEX gaps_source"]),
            (REQUESTS_SQL, &["INDEX fetches_host (host=? AND started_at>?)"]),
            (HOST_SQL, &["_hosts USING PRIMARY KEY", "holds USING PRIMARY KEY", "_robots USING"]),
        ] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let parameters = rusqlite::params_from_iter(std::iter::repeat_n(1, statement.parameter_count()));
            let plan: Vec<String> =
                statement.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            let is_slow = |step: &String| {
                step.starts_with("SCAN") && !step.contains("CONSTANT ROW") && !step.contains("subquery")
            };
            assert!(!plan.iter().any(is_slow), "{sql}\n{plan:#?}");
            for index in indexes {
                assert!(plan.iter().any(|step| step.contains(index)), "{sql}: {index}\n{plan:#?}");
            }
        }
    }

    #[test]
    fn links_wait_for_the_sources_that_list_them() {
        let connection = in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
            .execute_batch(
                "INSERT INTO _links (id, url_key, url, host, source_id, due_at, first_seen_at)
                 VALUES (1, 'a', '', '', 1, 5, 0), (2, 'b', '', '', 2, 5, 0), (3, 'c', '', '', 1, NULL, 0), (4, 'd', '', '', NULL, 5, 0),
                     (5, 'e', '', '', 2, 5, 0);
                 INSERT INTO _pending_sightings (link_id, source_id, first_seen_at, last_seen_at)
                 VALUES (1, 1, '', ''), (2, 1, '', ''), (3, 2, '', ''), (4, 1, '', '')",
            )
            .unwrap();
        let waiting = |source: i64| connection.query_row(WAITING_SQL, [source], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!([1, 2, 3].map(waiting), [3, 2, 0]);
    }
}
