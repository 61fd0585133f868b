//! What feed readers on other devices mark as read and starred, beside a running daemon. The rows of `reading`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::config::StoreSettings;
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::file::standing::Standing;
use crate::store::write::beside::beside;

/// What came in so long before the first login is unread then, and so much of it at most: who has just logged in sees what it is like.
const FIRST_UNREAD: SignedDuration = SignedDuration::from_hours(24);
const FIRST_UNREAD_MAX: u32 = 1000;

/// Articles that are marked in one transaction where all of a source are: the daemon waits some tenths of a second for it.
const STRETCH: usize = 20_000;

/// How articles are marked; absent: as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marking {
    /// Whether they are read.
    pub read: Option<bool>,
    /// Whether they are starred.
    pub starred: Option<bool>,
}

/// Begins to keep what is unread, unless somebody has before: what came in on the last day is, and whatever comes in from now on and is no
/// copy. Returns whether it has begun now.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn begin_reading_beside(settings: &StoreSettings, now: Timestamp) -> Result<bool, StoreError> {
    beside(settings, |connection| begin(connection, now))
}

fn begin(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let has_begun: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM _arrivals)", [], |row| row.get(0))?;
    if has_begun {
        return Ok(false);
    }
    // By days: of each the smallest number that no later day goes below, since imported articles are as old as they say.
    // One day after the other is looked up in the index of times: to group all articles would sort them in memory.
    connection.execute(
        "INSERT OR REPLACE INTO _arrivals (first_id, arrived_at)
         WITH RECURSIVE days (prefix) AS (
             SELECT substr(min(first_seen_at), 1, 10) FROM articles WHERE first_seen_at <= ?1
             UNION ALL
             SELECT (SELECT substr(min(first_seen_at), 1, 10) FROM articles
                     WHERE first_seen_at > iif(length(prefix) < 10, prefix, prefix || '~') AND first_seen_at <= ?1)
             FROM days WHERE prefix IS NOT NULL)
         SELECT min(first_id) OVER (ORDER BY second ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), second
         FROM (SELECT CAST(strftime('%s', prefix) AS INTEGER) AS second,
                 (SELECT min(+id) FROM articles WHERE first_seen_at >= prefix AND first_seen_at <= min(prefix || '~', ?1)) AS first_id
             FROM days WHERE prefix IS NOT NULL)
         WHERE second IS NOT NULL ORDER BY second",
        [public_time(now)],
    )?;
    connection.execute("INSERT OR IGNORE INTO _arrivals (first_id, arrived_at) VALUES (0, 0)", [])?;
    let since = now.checked_sub(FIRST_UNREAD).unwrap_or(Timestamp::UNIX_EPOCH);
    connection.execute(
        "INSERT INTO reading (article_id, source_id)
         SELECT id, coalesce(source_id, (SELECT source_id FROM sightings WHERE article_id = id ORDER BY first_seen_at LIMIT 1))
         FROM articles INDEXED BY articles_first_seen_at
         WHERE first_seen_at >= ?1 AND EXISTS (SELECT 1 FROM _shown WHERE article_id = id)
             AND (duplicate_of IS NULL OR EXISTS (SELECT 1 FROM _stand_ins WHERE _stand_ins.article_id = articles.id))
             AND id NOT IN (SELECT article_id FROM reading)
         ORDER BY id DESC LIMIT ?2",
        params![public_time(since), FIRST_UNREAD_MAX],
    )?;
    Ok(true)
}

/// Marks articles, all of them or none. Returns how many of them there are.
///
/// # Errors
///
/// As [`begin_reading_beside`].
pub fn mark_articles_beside(
    settings: &StoreSettings,
    ids: &[i64],
    marking: Marking,
    now: Timestamp,
) -> Result<usize, StoreError> {
    beside(settings, |connection| mark(connection, ids, marking, now))
}

fn mark(connection: &Connection, ids: &[i64], marking: Marking, now: Timestamp) -> rusqlite::Result<usize> {
    let now = public_time(now);
    let mut n_there = 0;
    for id in ids {
        // What has no row counts as read.
        connection
            .prepare_cached(
                "INSERT INTO reading (article_id, source_id, read_at)
                 SELECT id, source_id, ?2 FROM articles WHERE id = ?1 ON CONFLICT (article_id) DO NOTHING",
            )?
            .execute(params![id, now])?;
        // A mark that is there already keeps its time.
        n_there += connection
            .prepare_cached(
                "UPDATE reading SET
                     read_at = CASE ?2 WHEN 1 THEN coalesce(read_at, ?4) WHEN 0 THEN NULL ELSE read_at END,
                     starred_at = CASE ?3 WHEN 1 THEN coalesce(starred_at, ?4) WHEN 0 THEN NULL ELSE starred_at END
                 WHERE article_id = ?1",
            )?
            .execute(params![id, marking.read, marking.starred, now])?;
    }
    Ok(n_there)
}

/// Marks all as read that one of `shown` lists, that stands with one of `standing`, if that is said, and that has no larger number than
/// `up_to`. Returns how many were unread.
///
/// # Errors
///
/// As [`begin_reading_beside`]. What is marked by then stays so.
pub fn mark_all_read_beside(
    settings: &StoreSettings,
    shown: &[i64],
    standing: Option<&Standing>,
    up_to: i64,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let shown = Standing { sources: shown.to_vec(), watches: Vec::new() };
    let standing = standing.into_iter().chain([&shown]).map(|one| one.condition("reading.article_id"));
    let standing = standing.collect::<Vec<_>>().join(" AND ");
    let mut n_marked = 0;
    loop {
        let n = beside(settings, |connection| mark_stretch(connection, &standing, up_to, now))?;
        n_marked += n;
        if n < STRETCH {
            return Ok(n_marked);
        }
    }
}

fn mark_stretch(connection: &Connection, standing: &str, up_to: i64, now: Timestamp) -> rusqlite::Result<usize> {
    connection
        .prepare(&format!(
            "UPDATE reading SET read_at = ?2 WHERE article_id IN (
                 SELECT article_id FROM reading INDEXED BY reading_unread
                 WHERE read_at IS NULL AND article_id <= ?1 AND {standing} LIMIT ?3)"
        ))?
        .execute(params![up_to, public_time(now), STRETCH])
}
