//! What polls and pages have brought, for whoever learns from it what sources are used to.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use crate::store::file::columns::{from_private_time, private_time, public_time};
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// A source that is polled by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedSource {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub slug: String,
    /// When it last answered; absent where it never did.
    pub last_ok_at: Option<Timestamp>,
}

/// What happened in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceEvent {
    /// A poll began; whether it was answered.
    Poll {
        /// When.
        at_s: i64,
        /// Whether it was answered.
        is_ok: bool,
    },
    /// Something was seen in it that had not been.
    Item {
        /// When.
        at_s: i64,
    },
}

/// What is judged of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleReading {
    /// Its number.
    pub id: i64,
    /// The source that had it first.
    pub source_id: i64,
    /// When it was first seen, in seconds of Unix time.
    pub at_s: i64,
    /// Its quality.
    pub quality: u8,
    /// Its words.
    pub n_words: u32,
    /// Whether all of it is there.
    pub is_whole: bool,
    /// Its language.
    pub language: Option<String>,
}

/// What the last process that looked for alarms has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptHabits {
    /// What sources are used to, by their numbers.
    pub of_sources: Vec<(i64, Vec<u8>)>,
    /// The last article that they have learned from; absent before the first.
    pub articles_up_to: Option<i64>,
}

impl Reader {
    /// The sources whose habits are learned: single articles have none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn watched_sources(&self) -> Result<Vec<WatchedSource>, StoreError> {
        self.rows(
            "SELECT id, slug, last_ok_at FROM sources JOIN _source_schedule ON source_id = id
             WHERE state = 'active' AND kind IS NOT 'article' ORDER BY id",
            params![],
            |row| {
                let last_ok_at = row.get::<_, Option<i64>>(2)?.map(from_private_time);
                Ok(WatchedSource { id: row.get(0)?, slug: row.get(1)?, last_ok_at })
            },
        )
    }

    /// The polls of a source that began after a time, and what it has listed since, whether its page was read or not; in order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source_events(&self, source_id: i64, after_s: i64) -> Result<Vec<SourceEvent>, StoreError> {
        let after = Timestamp::from_second(after_s).unwrap_or_default();
        // Times are told apart by the second.
        let (public_after, private_after) =
            (public_time(after + SignedDuration::from_secs(1)), private_time(after + SignedDuration::from_secs(1)));
        let mut events = self.rows(
            "SELECT unixepoch(started_at), error_class IS NULL FROM fetches
             WHERE source_id = ?1 AND purpose = 'poll' AND started_at >= ?2",
            params![source_id, public_after],
            |row| Ok(SourceEvent::Poll { at_s: row.get::<_, Option<i64>>(0)?.unwrap_or(0), is_ok: row.get(1)? }),
        )?;
        events.extend(self.rows(
            "SELECT unixepoch(first_seen_at) FROM sightings WHERE source_id = ?1 AND first_seen_at >= ?2
             UNION ALL
             SELECT unixepoch(first_seen_at) FROM _pending_sightings WHERE source_id = ?1 AND first_seen_at >= ?2
             UNION ALL
             SELECT first_seen_at / 1000 FROM _links
             WHERE source_id = ?1 AND due_at IS NOT NULL AND article_id IS NULL AND first_seen_at >= ?3",
            params![source_id, public_after, private_after],
            |row| Ok(SourceEvent::Item { at_s: row.get::<_, Option<i64>>(0)?.unwrap_or(0) }),
        )?);
        events.sort_by_key(|event| match event {
            SourceEvent::Poll { at_s, .. } => (*at_s, 0),
            SourceEvent::Item { at_s } => (*at_s, 1),
        });
        Ok(events)
    }

    /// Articles of sources, in the order of their numbers, from behind one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_readings(&self, after: i64, n_max: u32) -> Result<Vec<ArticleReading>, StoreError> {
        self.rows(
            "SELECT id, coalesce(source_id, 0), unixepoch(first_seen_at), quality, words, body_kind IN ('full', 'feed'), language
             FROM articles WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after, n_max],
            |row| {
                Ok(ArticleReading {
                    id: row.get(0)?,
                    source_id: row.get(1)?,
                    at_s: row.get::<_, Option<i64>>(2)?.unwrap_or(0),
                    quality: row.get(3)?,
                    n_words: row.get(4)?,
                    is_whole: row.get(5)?,
                    language: row.get(6)?,
                })
            },
        )
    }

    /// The number before that of the first article that was seen at a time or later.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_before(&self, since: Timestamp) -> Result<i64, StoreError> {
        // Behind a plus the number is not looked for from the first article on.
        let found: Option<i64> = self.connection().query_row(
            "SELECT coalesce((SELECT min(+id) - 1 FROM articles WHERE first_seen_at >= ?1), (SELECT max(id) FROM articles))",
            [public_time(since)],
            |row| row.get(0),
        )?;
        Ok(found.unwrap_or(0))
    }

    /// What the last process that looked for alarms has left.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn kept_habits(&self) -> Result<KeptHabits, StoreError> {
        let of_sources =
            self.rows("SELECT source_id, state FROM _habits", params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let up_to: Option<i64> = self
            .connection()
            .query_row("SELECT articles_up_to FROM _alarm_state", [], |row| row.get(0))
            // Not there: what a repair could not read is learned anew.
            .optional()?;
        Ok(KeptHabits { of_sources, articles_up_to: up_to.filter(|up_to| *up_to >= 0) })
    }

    /// When alarms were last looked for; nothing where they never were, or where that is not known.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn looked_for_alarms_at(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.is_snapshot()? || !self.has_alarms()? {
            return Ok(None);
        }
        let looked_at = self.connection().query_row("SELECT looked_at FROM _alarm_state", [], |row| row.get(0));
        Ok(looked_at.optional()?.flatten().map(from_private_time))
    }
}
