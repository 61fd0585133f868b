//! Looking again at the pages of stored articles: when, and what it means that one is missing.
//!
//! A look stands in `_links.look_at`, apart from `due_at`, which is for what is new or was said to have changed: all of
//! that goes first, and one-shot work does not wait for looks that are to come.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::ScheduleSettings;
use crate::model::{Absence, BodyKind, Candidate, Retry};
use crate::schedule::{backoff, revisits};

use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::{from_private_time, private_time, public_time};

/// What the next look at a link's page is decided from.
pub(in crate::store) struct Revisits<'a> {
    pub(in crate::store) connection: &'a Connection,
    pub(in crate::store) candidate: &'a Candidate,
    pub(in crate::store) schedule: &'a ScheduleSettings,
    pub(in crate::store) now: Timestamp,
}

impl Revisits<'_> {
    /// When the page of an article that was just read is looked at again. One that several addresses lead to is looked at
    /// under one of them.
    pub(in crate::store) fn next(&self, article_id: i64) -> rusqlite::Result<Option<Timestamp>> {
        let stored: Option<(Option<String>, String, bool)> = self
            .connection
            .prepare_cached(
                "SELECT published_at, body_kind,
                     EXISTS (SELECT 1 FROM _links WHERE article_id = ?1 AND look_at IS NOT NULL AND id <> ?2)
                 FROM articles WHERE id = ?1",
            )?
            .query_row(params![article_id, self.candidate.link.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((published_at, body_kind, is_looked_at_elsewhere)) = stored else {
            return Ok(None);
        };
        // The page of a text that is the feed's says less than the feed, or may not be asked for.
        if is_looked_at_elsewhere || body_kind == BodyKind::Feed.as_str() {
            return Ok(None);
        }
        let published_at = published_at.and_then(|time| time.parse().ok());
        Ok(revisits::next_revisit(self.schedule, self.candidate.first_seen_at, published_at, self.seed(), self.now))
    }

    /// Writes down that a page could not be read, and when that is tried again. Returns the article, if it is now found
    /// to be gone: by the server's word, or when it was missing twice in a row.
    pub(in crate::store) fn after_failure(
        &self,
        known_article_id: Option<i64>,
        absence: Absence,
        retry_at: Option<Timestamp>,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(article_id) = known_article_id else {
            self.release(retry_at, None, None)?;
            return Ok(None);
        };
        let missing_since: Option<i64> = self
            .connection
            .prepare_cached("SELECT gone_at FROM _links WHERE id = ?1")?
            .query_row([self.candidate.link.0], |row| row.get(0))?;
        let missing_since = missing_since.map(from_private_time);
        let gone_since = match absence {
            Absence::Unknown => {
                let look_at = retry_at.map_or_else(|| self.next(article_id), |retry_at| Ok(Some(retry_at)))?;
                self.release(None, look_at, missing_since)?;
                return Ok(None);
            }
            Absence::Likely if missing_since.is_none() => {
                let failures = self.candidate.failures_in_a_row + 1;
                let look_at = backoff::next_try(self.schedule, failures, Retry::Backoff, self.seed(), self.now);
                self.release(None, look_at, Some(self.now))?;
                return Ok(None);
            }
            Absence::Likely | Absence::Certain => missing_since.unwrap_or(self.now),
        };
        self.release(None, None, Some(gone_since))?;
        if self.look_at_own_address(article_id)? {
            return Ok(None);
        }
        note_removal(self.connection, article_id, gone_since)?;
        Ok(Some(article_id))
    }

    /// Where the address that is gone was another than the article's own, that one is asked. False where it was not.
    fn look_at_own_address(&self, article_id: i64) -> rusqlite::Result<bool> {
        let n_links = self
            .connection
            .prepare_cached(
                "UPDATE _links SET look_at = ?3
                 WHERE article_id = ?1 AND id <> ?2 AND gone_at IS NULL
                     AND url = (SELECT url FROM articles WHERE articles.id = ?1)",
            )?
            .execute(params![article_id, self.candidate.link.0, private_time(self.now)])?;
        Ok(n_links > 0)
    }

    fn release(
        &self,
        due_at: Option<Timestamp>,
        look_at: Option<Timestamp>,
        gone_at: Option<Timestamp>,
    ) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE _links SET claim_id = NULL, n_claims = 0, due_at = ?2, look_at = ?3, gone_at = ?4, tried_at = ?5,
                     failures_in_a_row = failures_in_a_row + 1
                 WHERE id = ?1",
            )?
            .execute(params![
                self.candidate.link.0,
                due_at.map(private_time),
                look_at.map(private_time),
                gone_at.map(private_time),
                private_time(self.now)
            ])?;
        Ok(())
    }

    fn seed(&self) -> u64 {
        self.candidate.link.0.unsigned_abs()
    }
}

/// Gives a link back that was not asked for: as a look what was claimed as a look, as work what was claimed as work. When
/// its publisher's turn comes is written down with the publisher.
pub(in crate::store) fn postpone(
    connection: &Connection,
    link_id: i64,
    until: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE _links SET claim_id = NULL, n_claims = 0, due_at = CASE WHEN look_at <= ?3 THEN NULL ELSE ?2 END
             WHERE id = ?1",
        )?
        .execute(params![link_id, private_time(until), private_time(now)])?;
    Ok(())
}

/// Marks an article that its publisher has taken away. Its text stays, and so does all that it is known by.
pub(in crate::store) fn note_removal(connection: &Connection, article_id: i64, at: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET removed_at = ?2, change_seq = {NEXT_CHANGE} WHERE id = ?1 AND removed_at IS NULL"
        ))?
        .execute(params![article_id, public_time(at)])?;
    Ok(())
}

/// Takes the mark away from an article that is there again.
pub(in crate::store) fn note_return(connection: &Connection, article_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!(
            "UPDATE articles SET removed_at = NULL, change_seq = {NEXT_CHANGE} WHERE id = ?1 AND removed_at IS NOT NULL"
        ))?
        .execute([article_id])?;
    Ok(())
}
