//! The state of the database and of the daemon, for `newswire status`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, ToSql, params};
use url::Url;

use crate::model::{QueueState, without_credentials};
use crate::schedule::backoff::DEATHS_AT_ONCE_MAX;
use crate::schedule::horizon::CLOCK_SLIP;
use crate::store::file::columns::{ONE_SHOT, from_private_time, public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::file::source_list::first_in_vain;
use crate::store::read::backlog::IS_HELD;
use crate::store::read::messages::ReceiverState;
use crate::store::read::reader::Reader;

/// The state of the database and of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// The last process that ran as the daemon.
    pub daemon: Option<DaemonSign>,
    /// How its queue was, where it has one.
    pub queue: Option<QueueState>,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Stored articles.
    pub n_articles: u64,
    /// Those of them that are duplicates of earlier ones.
    pub n_duplicates: u64,
    /// Earlier wordings of articles.
    pub n_revisions: u64,
    /// Articles first seen in the last 24 hours.
    pub n_articles_24h: u64,
    /// Sources by state.
    pub sources_by_state: Vec<(String, u64)>,
    /// Sources whose last poll failed, and the list of sources at an address where that has: slug, failures in a row, error.
    pub failing: Vec<(String, u32, String)>,
    /// Active sources that are due.
    pub n_sources_due: u64,
    /// Links whose page is due.
    pub n_links_due: u64,
    /// Links whose page is to be fetched later.
    pub n_links_later: u64,
    /// Links that were given up.
    pub n_links_given_up: u64,
    /// HTTP exchanges of the last 24 hours, and how many of them failed.
    pub fetches_24h: (u64, u64),
    /// When an active source was last polled with success.
    pub last_answer_at: Option<Timestamp>,
    /// When an article was last seen for the first time.
    pub last_article_at: Option<Timestamp>,
    /// The list of sources at an address that the settings name, where it cannot be read.
    pub failing_list: Option<FailingList>,
    /// Receivers for which messages wait or are set aside, and those that have failed.
    pub receivers: Vec<ReceiverState>,
}

/// A list of sources at an address that cannot be read, or that is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingList {
    /// Its address, without credentials.
    pub url: String,
    /// When it was first asked for in vain since it could last be read.
    pub since: Timestamp,
    /// When it was last asked for.
    pub asked_at: Timestamp,
    /// What was wrong the last time.
    pub error: String,
}

/// A publisher and the links that wait for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitedForHost {
    /// The publisher.
    pub publisher: String,
    /// Links whose page is due but for that.
    pub n_links: u64,
    /// The address of one of them.
    pub url: String,
    /// Until when it asked to be left in peace, if it did.
    pub held_until: Option<Timestamp>,
}

/// What was in work when processes died, and waits before it is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingAfterDeaths {
    /// Links.
    pub n_links: u64,
    /// Active sources.
    pub n_sources: u64,
    /// Processes in a row that died with one of them, at most.
    pub n_deaths: u32,
    /// When the first of them is due.
    pub first_due_at: Timestamp,
    /// When the last of them is due.
    pub last_due_at: Timestamp,
}

/// The heartbeat of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSign {
    /// Process id.
    pub pid: u32,
    /// Whether it was one-shot work, which comes to an end by itself. It is only told where no daemon ever ran.
    pub is_one_shot: bool,
    /// Program version.
    pub version: String,
    /// Start.
    pub started_at: Timestamp,
    /// Last heartbeat.
    pub heartbeat_at: Timestamp,
    /// Orderly shutdown.
    pub stopped_at: Option<Timestamp>,
}

impl Reader {
    /// How many links were given up: nothing asks for them any more unless a source lists them again.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_given_up(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM _links WHERE due_at IS NULL AND article_id IS NULL AND failures_in_a_row > 0";
        Ok(self.connection().query_row(count, [], |row| row.get(0))?)
    }

    /// The publishers with links that are due, or were put off since it asked to be left in peace. Links that wait for a
    /// second try, or for a gate to open, are not counted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn waited_for_hosts(&self, now: Timestamp) -> Result<Vec<WaitedForHost>, StoreError> {
        self.rows(
            "SELECT host, count(*), min(url), held_until
             FROM _links LEFT JOIN _host_holds ON publisher = host AND held_until > ?1
             WHERE due_at IS NOT NULL AND claim_id IS NULL
                 AND (due_at <= ?1 OR held_until IS NOT NULL AND failures_in_a_row = 0)
                 AND NOT EXISTS (SELECT 1 FROM _gates WHERE _gates.publisher = host)
             GROUP BY host",
            params![now.as_millisecond()],
            |row| {
                Ok(WaitedForHost {
                    publisher: row.get(0)?,
                    n_links: row.get(1)?,
                    url: row.get(2)?,
                    held_until: row.get::<_, Option<i64>>(3)?.map(from_private_time),
                })
            },
        )
    }

    /// What waits since processes died with it; nothing where nothing does.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn waiting_after_deaths(&self, now: Timestamp) -> Result<Option<WaitingAfterDeaths>, StoreError> {
        let found = self.connection().query_row(
            "SELECT count(*) FILTER (WHERE is_link), count(*) FILTER (WHERE NOT is_link), max(n_claims), min(due_at),
                 max(due_at)
             FROM (
                 SELECT TRUE AS is_link, n_claims, due_at FROM _links
                 WHERE due_at > ?1 AND claim_id IS NULL AND n_claims > ?2
                 UNION ALL
                 SELECT FALSE, n_claims, next_due_at FROM _source_schedule JOIN sources ON sources.id = source_id
                 WHERE next_due_at > ?1 AND claim_id IS NULL AND n_claims > ?2 AND state = 'active')",
            params![now.as_millisecond(), DEATHS_AT_ONCE_MAX],
            |row| {
                let due: Option<(i64, i64)> = row.get::<_, Option<i64>>(3)?.zip(row.get(4)?);
                let Some((first, last)) = due else { return Ok(None) };
                Ok(Some(WaitingAfterDeaths {
                    n_links: row.get(0)?,
                    n_sources: row.get(1)?,
                    n_deaths: row.get(2)?,
                    first_due_at: from_private_time(first),
                    last_due_at: from_private_time(last),
                }))
            },
        )?;
        Ok(found)
    }

    /// The state of the database and of the daemon, and of the list of sources at an address that the settings name.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn status(&self, list: Option<&Url>, now: Timestamp) -> Result<StatusReport, StoreError> {
        let count = |sql: &str| self.connection().query_row(sql, [], |row| row.get::<_, u64>(0));
        let count_by = |sql: &str, parameter: &dyn ToSql| {
            self.connection().query_row(sql, [parameter], |row| row.get::<_, u64>(0))
        };
        let now_ms = now.as_millisecond();
        let day_ago = public_time(now - SignedDuration::from_hours(24));
        Ok(StatusReport {
            daemon: self.daemon()?,
            queue: self.queue_state()?,
            file_bytes: count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?,
            n_articles: count("SELECT count(*) FROM articles")?,
            n_duplicates: count("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL")?,
            n_revisions: count("SELECT count(*) FROM revisions")?,
            n_articles_24h: count_by("SELECT count(*) FROM articles WHERE first_seen_at >= ?1", &day_ago)?,
            sources_by_state: self.rows(
                "SELECT state, count(*) FROM sources WHERE url IS NOT NULL GROUP BY state ORDER BY state",
                params![],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            failing: self.rows(
                "SELECT slug, failures_in_a_row, error FROM source_health
                 WHERE error IS NOT NULL AND (state IN ('active', 'gone')
                     -- The list of sources itself.
                     OR state = 'manual' AND EXISTS (SELECT 1 FROM sources WHERE id = source_id AND origin = 'file' AND url = ?1))
                 ORDER BY failures_in_a_row DESC, slug",
                params![list.map(Url::as_str)],
                |row| Ok((row.get(0)?, row.get(1)?, public_text(row, 2)?.unwrap_or_default())),
            )?,
            // One that was last polled in the future is due: the clock was ahead.
            n_sources_due: self.connection().query_row(
                "SELECT count(*) FROM _source_schedule JOIN sources ON sources.id = source_id
                 WHERE (next_due_at <= ?1 OR next_due_at IS NOT NULL AND last_polled_at > ?2) AND state = 'active'",
                params![now_ms, (now + CLOCK_SLIP).as_millisecond()],
                |row| row.get(0),
            )?,
            n_links_due: count_by(&format!("SELECT count(*) FROM _links WHERE due_at <= ?1 AND NOT {IS_HELD}"), &now_ms)?,
            n_links_later: count_by(&format!("SELECT count(*) FROM _links WHERE due_at IS NOT NULL AND (due_at > ?1 OR {IS_HELD})"), &now_ms)?,
            n_links_given_up: self.n_given_up()?,
            fetches_24h: (
                count_by("SELECT count(*) FROM fetches WHERE started_at >= ?1", &day_ago)?,
                count_by("SELECT count(*) FROM fetches WHERE started_at >= ?1 AND error_class IS NOT NULL", &day_ago)?,
            ),
            last_answer_at: self
                .connection()
                .query_row(
                    "SELECT max(last_ok_at) FROM _source_schedule JOIN sources ON sources.id = source_id WHERE state = 'active'",
                    [],
                    |row| row.get::<_, Option<i64>>(0),
                )?
                .map(from_private_time),
            // What another program wrote there need not be a time.
            last_article_at: self
                .connection()
                .query_row("SELECT max(first_seen_at) FROM articles WHERE first_seen_at < '3'", [], |row| {
                    row.get::<_, Option<String>>(0)
                })?
                .and_then(|time| time.parse().ok()),
            receivers: self.receivers_to_look_at()?,
            failing_list: list.map(|url| self.failing_list(Some(url))).transpose()?.flatten(),
        })
    }

    /// The list of sources at an address, where it cannot be read; without one, that which was followed last.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn failing_list(&self, url: Option<&Url>) -> Result<Option<FailingList>, StoreError> {
        let found = self
            .connection()
            .query_row(
                "SELECT id, url, error, last_ok_at, last_polled_at, created_at
                 FROM sources JOIN _source_schedule ON source_id = sources.id
                 WHERE origin = 'file' AND state = 'manual' AND error IS NOT NULL AND url = coalesce(?1, url)
                 ORDER BY last_polled_at DESC LIMIT 1",
                [url.map(Url::as_str)],
                |row| {
                    let (id, url): (i64, String) = (row.get(0)?, row.get(1)?);
                    let [last_ok_at, asked_at] =
                        [row.get::<_, Option<i64>>(3)?, row.get(4)?].map(|time| time.map(from_private_time));
                    let created_at = row.get::<_, String>(5)?.parse().ok();
                    Ok((id, url, public_text(row, 2)?.unwrap_or_default(), last_ok_at, asked_at, created_at))
                },
            )
            .optional()?;
        let Some((id, url, error, last_ok_at, asked_at, created_at)) = found else { return Ok(None) };
        let first_in_vain = first_in_vain(self.connection(), id, &url, last_ok_at)?;
        // What may not be asked for leaves no request.
        let since = first_in_vain.and_then(|(_, time)| time.parse().ok()).or(last_ok_at).or(created_at);
        let url = without_credentials(&url).into_owned();
        Ok(since.map(|since| FailingList { url, since, asked_at: asked_at.unwrap_or(since), error }))
    }

    /// The last process that ran as the daemon.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn daemon(&self) -> Result<Option<DaemonSign>, StoreError> {
        let found = self
            .connection()
            .query_row("SELECT pid, version, started_at, heartbeat_at, stopped_at FROM _daemon", [], |row| {
                let version: String = row.get(1)?;
                Ok(DaemonSign {
                    pid: row.get(0)?,
                    is_one_shot: version.ends_with(ONE_SHOT),
                    version,
                    started_at: from_private_time(row.get(2)?),
                    heartbeat_at: from_private_time(row.get(3)?),
                    stopped_at: row.get::<_, Option<i64>>(4)?.map(from_private_time),
                })
            })
            .optional()?;
        Ok(found)
    }
}
