//! What the process that ingests was asked for: what of it is still to be done, and what came of the rest.

use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};

use crate::model::{DuplicateKind, LinkId, SourceId, Verdict};
use crate::store::file::columns::{from_private_time, public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::read::reader::{Reader, list};

/// The last rows that there were at a moment: what comes later has higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The moment.
    pub at: Timestamp,
    link: i64,
    article: i64,
    revision: i64,
}

/// A link that was asked for, and how it stands since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLink {
    /// Its address.
    pub url: String,
    /// The source that listed it first.
    pub source: Option<String>,
    /// What became of it.
    pub state: AskedState,
}

/// What became of a link that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedState {
    /// Nothing yet: it is due, or in work.
    InWork,
    /// It waits until then: its host is to be left in peace.
    Waiting(Timestamp),
    /// It leads to an article.
    Stored {
        /// Its row.
        id: i64,
        /// What it was found to be.
        verdict: Verdict,
        /// Its headline.
        title: Option<String>,
    },
    /// Its publisher has taken the article away; it stays stored.
    Removed {
        /// Its row.
        id: i64,
    },
    /// It led to no article, for a reason that stands with its requests.
    Failed,
}

/// A source that was asked for, and how it stands since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSource {
    /// Its slug.
    pub slug: String,
    /// Its address.
    pub url: String,
    /// Whether it was polled since.
    pub is_polled: bool,
    /// Until when it waits, where it does: its host is to be left in peace.
    pub waits_until: Option<Timestamp>,
    /// Why its poll failed: class and reason.
    pub failure: Option<(String, String)>,
    /// Whether its server said that nothing has changed.
    pub is_unchanged: bool,
    /// Addresses that it was the first to list since.
    pub n_new: u64,
}

/// Links that are still to be done. Those of a publisher that is left in peace until after the time for which somebody waits are not:
/// they take as long as they take. One that has failed since has been done, though it is tried again.
const IN_WORK_SQL: &str = "SELECT id FROM _links
     WHERE id IN rarray(?1) AND coalesce(tried_at < ?2, TRUE)
       AND (claim_id IS NOT NULL
         OR (due_at <= ?3 OR due_at IS NULL AND look_at <= ?3)
           AND NOT EXISTS (SELECT 1 FROM _host_holds WHERE publisher = host AND held_until > ?4)
           AND NOT EXISTS (SELECT 1 FROM _gates WHERE publisher = host AND next_probe_at > ?4))";

/// What a poll of a source has left to do: links that are new, that became due, or that are in work.
const OF_POLL_SQL: &str = "SELECT id FROM _links WHERE id > ?2 AND source_id = ?1
     UNION SELECT id FROM _links WHERE source_id = ?1 AND due_at >= ?3 AND (due_at <= ?4 OR claim_id IS NOT NULL)";

impl Reader {
    /// The moment before something is asked for.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn mark(&self) -> Result<Mark, StoreError> {
        // To the millisecond, in which times are stored: what is due now is not due before.
        let now = Timestamp::now();
        let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let last = "SELECT (SELECT coalesce(max(id), 0) FROM _links), (SELECT coalesce(max(id), 0) FROM articles),
                        (SELECT coalesce(max(rowid), 0) FROM revisions)";
        Ok(self.connection().query_row(last, [], |row| {
            Ok(Mark { at, link: row.get(0)?, article: row.get(1)?, revision: row.get(2)? })
        })?)
    }

    /// Which of these links are still to be done, for somebody who waits until `deadline`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn links_in_work(&self, links: &[LinkId], mark: &Mark, deadline: Timestamp) -> Result<Vec<LinkId>, StoreError> {
        let now = Timestamp::now().as_millisecond();
        let parameters = params![numbers(links), mark.at.as_millisecond(), now, deadline.as_millisecond()];
        self.rows(IN_WORK_SQL, parameters, |row| row.get(0).map(LinkId))
    }

    /// The links that a poll of a source since then has left to do, or that were done since.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn links_of_poll(&self, source: SourceId, mark: &Mark) -> Result<Vec<LinkId>, StoreError> {
        let now = Timestamp::now().as_millisecond();
        let parameters = params![source.0, mark.link, mark.at.as_millisecond(), now];
        self.rows(OF_POLL_SQL, parameters, |row| row.get(0).map(LinkId))
    }

    /// How links stand that were asked for, in their order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn asked_links(&self, links: &[LinkId], mark: &Mark) -> Result<Vec<AskedLink>, StoreError> {
        let now = Timestamp::now();
        self.rows(
            "SELECT _links.url, slug, articles.id, articles.title, duplicate_of, removed_at IS NOT NULL,
                 EXISTS (SELECT 1 FROM revisions WHERE article_id = articles.id AND rowid > ?3),
                 claim_id IS NOT NULL OR coalesce(due_at <= ?4, look_at <= ?4, FALSE),
                 due_at, coalesce(tried_at >= ?2, FALSE), duplicate_kind = 'exact', held_until
             FROM _links LEFT JOIN sources ON sources.id = _links.source_id LEFT JOIN articles ON articles.id = article_id
                 LEFT JOIN _host_holds ON publisher = _links.host
             WHERE _links.id IN rarray(?1) ORDER BY _links.id",
            params![numbers(links), mark.at.as_millisecond(), mark.revision, now.as_millisecond()],
            |row| {
                let time = |index: usize| {
                    let time = row.get::<_, Option<i64>>(index)?.map(from_private_time);
                    Ok::<_, rusqlite::Error>(time.filter(|time| *time > now))
                };
                let (due_at, held_until) = (time(8)?, time(11)?);
                let (article, is_removed): (Option<i64>, bool) = (row.get(2)?, row.get(5)?);
                let (is_in_work, has_failed): (bool, bool) = (row.get(7)?, row.get(9)?);
                let state = match article {
                    Some(id) if is_removed && !is_in_work => AskedState::Removed { id },
                    _ if has_failed => AskedState::Failed,
                    _ if is_in_work => held_until.map_or(AskedState::InWork, AskedState::Waiting),
                    Some(id) => {
                        let is_new = id > mark.article;
                        let is_exact = row.get::<_, Option<bool>>(10)? == Some(true);
                        let kind = if is_exact { DuplicateKind::Exact } else { DuplicateKind::Near };
                        let verdict = match row.get::<_, Option<i64>>(4)? {
                            _ if row.get(6)? => Verdict::Revision { article_id: id },
                            Some(of) if is_new => Verdict::Duplicate { of, kind },
                            _ if is_new => Verdict::New,
                            _ => Verdict::Known { article_id: id },
                        };
                        AskedState::Stored { id, verdict, title: public_text(row, 3)? }
                    }
                    None => due_at.map_or(AskedState::Failed, AskedState::Waiting),
                };
                Ok(AskedLink { url: row.get(0)?, source: row.get(1)?, state })
            },
        )
    }

    /// How a source stands that was asked for; nothing where it is gone.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn asked_source(&self, source: SourceId, mark: &Mark) -> Result<Option<AskedSource>, StoreError> {
        let now = Timestamp::now();
        let found = self
            .connection()
            .prepare_cached(
                "SELECT slug, url, coalesce(last_polled_at >= ?2, FALSE), next_due_at, claim_id IS NOT NULL, error_class, error,
                     EXISTS (SELECT 1 FROM fetches WHERE started_at >= ?3 AND source_id = ?1 AND purpose = 'poll' AND status = 304),
                     (SELECT count(*) FROM _links WHERE id > ?4 AND _links.source_id = ?1)
                 FROM sources JOIN _source_schedule ON _source_schedule.source_id = sources.id WHERE sources.id = ?1",
            )?
            .query_row(params![source.0, mark.at.as_millisecond(), public_time(mark.at), mark.link], |row| {
                let (is_polled, is_claimed): (bool, bool) = (row.get(2)?, row.get(4)?);
                let next_due_at = row.get::<_, Option<i64>>(3)?.map(from_private_time);
                let failure = row.get::<_, Option<String>>(5)?.zip(public_text(row, 6)?);
                Ok(AskedSource {
                    slug: row.get(0)?,
                    url: row.get(1)?,
                    is_polled,
                    waits_until: next_due_at.filter(|due| !is_polled && !is_claimed && *due > now),
                    failure: failure.filter(|_| is_polled),
                    is_unchanged: row.get(7)?,
                    n_new: row.get(8)?,
                })
            })
            .optional()?;
        Ok(found)
    }
}

fn numbers(links: &[LinkId]) -> Rc<Vec<Value>> {
    list(&links.iter().map(|link| link.0).collect::<Vec<_>>())
}
