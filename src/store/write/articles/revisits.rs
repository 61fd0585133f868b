//! Revisits to the pages of stored articles: when they happen, and what it means that a page is missing.
//!
//! The time of a revisit stands in `_links.look_at`, apart from `due_at`. What is due is new or said to have changed, and
//! goes first. One-shot work does not wait for revisits to come.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::ScheduleSettings;
use crate::model::{Absence, BodyKind, Candidate, LinkId, Retry};
use crate::schedule::{backoff, revisits};
use crate::store::file::columns::{from_private_time, private_time};
use crate::store::write::articles::row;

/// What it means that there is no article to be had from a page.
pub(super) enum Absent {
    /// Nothing yet.
    Perhaps,
    /// This article counts as removed now.
    Removed(i64),
    /// This one has been removed before.
    AsBefore(i64),
}

/// The revisits to the page of a link that was just fetched.
pub(super) struct Revisits<'a> {
    pub(super) connection: &'a Connection,
    pub(super) candidate: &'a Candidate,
    pub(super) schedule: &'a ScheduleSettings,
    pub(super) now: Timestamp,
}

impl Revisits<'_> {
    /// When the page of an article that was just read is revisited. An article with several addresses is revisited under
    /// one of them.
    pub(super) fn next(&self, article_id: i64) -> rusqlite::Result<Option<Timestamp>> {
        self.next_by(self.candidate.link, article_id)
    }

    /// As [`Revisits::next`], where the page that was read is that of another link.
    pub(super) fn next_by(&self, link: LinkId, article_id: i64) -> rusqlite::Result<Option<Timestamp>> {
        let stored: Option<(Option<String>, String, bool)> = self
            .connection
            .prepare_cached(
                "SELECT published_at, body_kind,
                     EXISTS (SELECT 1 FROM _links WHERE article_id = ?1 AND look_at IS NOT NULL AND id <> ?2)
                 FROM articles WHERE id = ?1",
            )?
            .query_row(params![article_id, link.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((published_at, body_kind, is_revisited_elsewhere)) = stored else {
            return Ok(None);
        };
        // Where the text comes from the feed, the page says less than the feed or may not be fetched.
        if is_revisited_elsewhere || body_kind == BodyKind::Feed.as_str() {
            return Ok(None);
        }
        let published_at = published_at.and_then(|time| time.parse().ok());
        let first_seen_at = self.candidate.first_seen_at;
        Ok(revisits::next_revisit(self.schedule, first_seen_at, published_at, self.seed(), self.now))
    }

    /// When a page is read again that showed a part of its article.
    pub(super) fn soon(&self) -> Option<Timestamp> {
        backoff::next_try(self.schedule, 1, Retry::Backoff, self.seed(), self.now)
    }

    /// Releases a link whose page could not be read, and sets when it is fetched again. The article counts as removed when
    /// the server says so, or the page was missing twice in a row.
    pub(super) fn after_failure(
        &self,
        known_article_id: Option<i64>,
        absence: Absence,
        retry_at: Option<Timestamp>,
    ) -> rusqlite::Result<Absent> {
        let Some(article_id) = known_article_id else {
            self.release(retry_at, None, None)?;
            return Ok(Absent::Perhaps);
        };
        let missing_since = self.missing_since()?;
        let gone_since = match absence {
            Absence::Unknown => {
                let revisit_at = retry_at.map_or_else(|| self.next(article_id), |retry_at| Ok(Some(retry_at)))?;
                self.release(None, revisit_at, missing_since)?;
                return Ok(Absent::Perhaps);
            }
            Absence::Likely if missing_since.is_none() => {
                let failures = self.candidate.failures_in_a_row + 1;
                let backoff = backoff::next_try(self.schedule, failures, Retry::Backoff, self.seed(), self.now);
                let revisit_at =
                    backoff.map(|backoff| revisits::next_look_for_missing(self.schedule, backoff, self.now));
                self.release(None, revisit_at, Some(self.now))?;
                return Ok(Absent::Perhaps);
            }
            Absence::Likely | Absence::Certain => missing_since.unwrap_or(self.now),
        };
        let failures = self.candidate.failures_in_a_row + 1;
        let failures = if absence == Absence::Certain { failures + 1 } else { failures };
        let revisit_at = revisits::next_look_for_removed(self.schedule, failures, self.seed(), self.now);
        self.release(None, revisit_at, Some(gone_since))?;
        if self.revisit_own_address(article_id)? {
            return Ok(Absent::Perhaps);
        }
        let is_news = row::mark_removed(self.connection, article_id, gone_since)?;
        Ok(if is_news { Absent::Removed(article_id) } else { Absent::AsBefore(article_id) })
    }

    /// Since when the page is missing.
    fn missing_since(&self) -> rusqlite::Result<Option<Timestamp>> {
        let gone_at: Option<i64> = self
            .connection
            .prepare_cached("SELECT gone_at FROM _links WHERE id = ?1")?
            .query_row([self.candidate.link.0], |row| row.get(0))?;
        Ok(gone_at.map(from_private_time))
    }

    /// Has an article's own address revisited, if the page is missing at another one. Returns whether that is so.
    fn revisit_own_address(&self, article_id: i64) -> rusqlite::Result<bool> {
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

    /// Whether the article was found missing when its page was last asked for.
    pub(in crate::store) fn is_missing(&self) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT gone_at IS NOT NULL FROM _links WHERE id = ?1")?
            .query_row([self.candidate.link.0], |row| row.get(0))
    }

    fn release(
        &self,
        due_at: Option<Timestamp>,
        revisit_at: Option<Timestamp>,
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
                revisit_at.map(private_time),
                gone_at.map(private_time),
                private_time(self.now)
            ])?;
        Ok(())
    }

    fn seed(&self) -> u64 {
        self.candidate.link.0.unsigned_abs()
    }
}

/// Ends the revisits to an article's other pages.
pub(super) fn end_elsewhere(connection: &Connection, article_id: i64, link: LinkId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _links SET look_at = NULL WHERE article_id = ?1 AND id <> ?2 AND look_at IS NOT NULL")?
        .execute([article_id, link.0])?;
    Ok(())
}

/// Releases a link that was not fetched: for a revisit if it was claimed for one, otherwise for a first fetch. The turn of
/// its publisher says when.
pub(super) fn postpone(
    connection: &Connection,
    link: LinkId,
    until: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE _links SET claim_id = NULL, n_claims = 0, due_at = CASE WHEN look_at <= ?3 THEN NULL ELSE ?2 END
             WHERE id = ?1",
        )?
        .execute(params![link.0, private_time(until), private_time(now)])?;
    Ok(())
}
