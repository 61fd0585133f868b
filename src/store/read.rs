//! Looking: read-only questions, asked beside a running daemon or without one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::answers::{
    ArticleDetails, ArticleFilter, ArticleRow, DaemonSign, DocumentRow, FetchRow, RevisionRow, SearchHit, SightingRow,
    SourceDetails, SourceRow, StatusReport, WaitingLink,
};
use super::rows::{from_json_list, from_private_time, public_time};
use super::schema::{self, StoreError};
use super::snapshot;

/// How long a reader waits for a lock; in WAL mode it hardly ever has to.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A read-only view of the database.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the database for reading.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where there is none, and whatever else keeps it from being read.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        Ok(Reader { connection: schema::open_for_reading(path, BUSY_TIMEOUT)?, path: path.to_owned() })
    }

    /// The file that is read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists articles, newest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn articles(&self, filter: &ArticleFilter, limit: u32) -> Result<Vec<ArticleRow>, StoreError> {
        let (conditions, parameters) = filter.to_sql();
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS} FROM articles LEFT JOIN sources ON sources.id = articles.source_id {conditions}
             ORDER BY coalesce(articles.published_at, articles.first_seen_at) DESC, articles.id DESC LIMIT {limit}"
        );
        let mut statement = self.connection.prepare(&sql).map_err(|error| filter.blame(&error))?;
        let rows = statement.query_map(parameters.as_slice(), article_row).map_err(|error| filter.blame(&error))?;
        rows.collect::<Result<_, _>>().map_err(|error| filter.blame(&error))
    }

    /// Hands every article of a choice to `visit`, by time of publication, unknown last, then by address: the order of
    /// a bundle.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, the user's condition is wrong, or `visit` fails.
    pub fn for_each_document<E: From<StoreError>>(
        &self,
        filter: &ArticleFilter,
        mut visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let (conditions, parameters) = filter.to_sql();
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {DETAIL_COLUMNS},
                 (SELECT group_concat(slug, char(10)) FROM (SELECT seen.slug FROM sightings
                      JOIN sources AS seen ON seen.id = sightings.source_id
                      WHERE sightings.article_id = articles.id ORDER BY seen.slug))
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id {conditions}
             ORDER BY articles.published_at IS NULL, articles.published_at, articles.url IS NULL, articles.url, articles.id"
        );
        let mut statement = self.connection.prepare(&sql).map_err(|error| filter.blame(&error))?;
        let mut rows = statement.query(parameters.as_slice()).map_err(|error| filter.blame(&error))?;
        while let Some(row) = rows.next().map_err(|error| filter.blame(&error))? {
            let article = article_details(row).map_err(StoreError::from)?;
            let sources: Option<String> = row.get(N_ARTICLE_COLUMNS + N_DETAIL_COLUMNS).map_err(StoreError::from)?;
            let sources = sources.map(|list| list.lines().map(str::to_owned).collect()).unwrap_or_default();
            visit(DocumentRow { article, sources })?;
        }
        Ok(())
    }

    /// All that is stored of an article.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article(&self, id: i64) -> Result<Option<ArticleDetails>, StoreError> {
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {DETAIL_COLUMNS}
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id = ?1"
        );
        Ok(self.connection.query_row(&sql, [id], article_details).optional()?)
    }

    /// Whether the file is a snapshot: articles without the state of whoever gathered them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn is_snapshot(&self) -> Result<bool, StoreError> {
        Ok(schema::is_snapshot(&self.connection)?)
    }

    /// Refuses a snapshot where something is needed that only the database holds.
    pub(super) fn needs_the_database(&self, what: &str) -> Result<(), StoreError> {
        if self.is_snapshot()? {
            let reason = format!("without {what}; name the database that it was taken from");
            return Err(StoreError::Snapshot { path: self.path().display().to_string(), reason });
        }
        Ok(())
    }

    /// The article that an address leads to, by its identity (`CanonicalUrl::key`).
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_at(&self, url_key: &str) -> Result<Option<i64>, StoreError> {
        if self.is_snapshot()? {
            return Ok(snapshot::article_at(&self.connection, url_key)?);
        }
        let sql = "SELECT article_id FROM _links WHERE url_key = ?1";
        Ok(self.connection.query_row(sql, [url_key], |row| row.get(0)).optional()?.flatten())
    }

    /// Why an address that is known has no article yet: its last failure, if any, and when it is fetched next.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn waiting_link(&self, url_key: &str) -> Result<Option<WaitingLink>, StoreError> {
        let sql = "SELECT due_at, (SELECT error FROM fetches
                 WHERE fetches.url = _links.url AND purpose = 'article' ORDER BY id DESC LIMIT 1)
             FROM _links WHERE url_key = ?1 AND article_id IS NULL";
        let found = self.connection.query_row(sql, [url_key], |row| {
            let due_at = row.get::<_, Option<i64>>(0)?.map(from_private_time);
            Ok(WaitingLink { due_at, last_error: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// Where an article was seen, first sighting first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sightings(&self, article_id: i64) -> Result<Vec<SightingRow>, StoreError> {
        self.rows(
            "SELECT slug, guid, sightings.url, first_seen_at, last_seen_at FROM sightings
             JOIN sources ON sources.id = source_id WHERE article_id = ?1 ORDER BY first_seen_at, slug",
            params![article_id],
            sighting,
        )
    }

    /// Earlier wordings of an article, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn revisions(&self, article_id: i64) -> Result<Vec<RevisionRow>, StoreError> {
        self.rows(
            "SELECT revision, title, body, seen_at FROM revisions WHERE article_id = ?1 ORDER BY revision",
            params![article_id],
            |row| {
                Ok(RevisionRow { revision: row.get(0)?, title: row.get(1)?, body: row.get(2)?, seen_at: row.get(3)? })
            },
        )
    }

    /// Searches titles and bodies; best first. `expression` is in FTS5's own syntax.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is wrong.
    pub fn search(&self, expression: &str, filter: &ArticleFilter, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let (conditions, mut parameters) = filter.to_sql();
        let conditions = if conditions.is_empty() { "WHERE".to_owned() } else { format!("{conditions} AND") };
        parameters.push((":expression", Box::new(expression.to_owned())));
        // A hit in the title counts five times as much.
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, snippet(articles_fts, -1, char(1), char(2), '…', 24)
             FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
             LEFT JOIN sources ON sources.id = articles.source_id
             {conditions} articles_fts MATCH :expression ORDER BY bm25(articles_fts, 5.0, 1.0), articles.id LIMIT {limit}"
        );
        let wrong = |error: &rusqlite::Error| StoreError::UserSql(error.to_string());
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        let mut statement = self.connection.prepare(&sql).map_err(|error| wrong(&error))?;
        let rows = statement
            .query_map(parameters.as_slice(), |row| {
                Ok(SearchHit { row: article_row(row)?, snippet: row.get(N_ARTICLE_COLUMNS)? })
            })
            .map_err(|error| wrong(&error))?;
        rows.collect::<Result<_, _>>().map_err(|error| wrong(&error))
    }

    /// Lists sources by slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        self.rows(&format!("{SOURCE_SELECT} ORDER BY sources.slug"), params![], source_row)
    }

    /// Sources that a word may mean: the one with that slug or address, else all whose slug begins with it.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources_named(&self, word: &str) -> Result<Vec<SourceRow>, StoreError> {
        let exact = self.rows(
            &format!("{SOURCE_SELECT} WHERE sources.slug = ?1 OR sources.url = ?1 ORDER BY sources.slug"),
            params![word],
            source_row,
        )?;
        if !exact.is_empty() {
            return Ok(exact);
        }
        self.rows(
            &format!("{SOURCE_SELECT} WHERE substr(sources.slug, 1, length(?1)) = ?1 ORDER BY sources.slug"),
            params![word],
            source_row,
        )
    }

    /// All that is stored of a source.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source(&self, row: SourceRow) -> Result<SourceDetails, StoreError> {
        let id = row.id;
        let (created_at, last_new_article_at, problems, n_articles, n_waiting) = self.connection.query_row(
            "SELECT created_at, last_new_article_at, problems,
                 (SELECT count(*) FROM sightings WHERE source_id = ?1),
                 (SELECT count(*) FROM _links WHERE due_at IS NOT NULL AND (source_id = ?1
                      OR id IN (SELECT link_id FROM _pending_sightings WHERE _pending_sightings.source_id = ?1)))
             FROM sources JOIN source_health ON source_health.source_id = sources.id WHERE sources.id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?)),
        )?;
        let fetches = self.rows(
            "SELECT started_at, purpose, url, status, elapsed_ms, bytes, error_class, error FROM fetches
             WHERE source_id = ?1 ORDER BY id DESC LIMIT 10",
            params![id],
            |row| {
                Ok(FetchRow {
                    started_at: row.get(0)?,
                    purpose: row.get(1)?,
                    url: row.get(2)?,
                    status: row.get(3)?,
                    elapsed_ms: row.get(4)?,
                    bytes: row.get(5)?,
                    error_class: row.get(6)?,
                    error: row.get(7)?,
                })
            },
        )?;
        let problems = from_json_list(&problems);
        Ok(SourceDetails { row, created_at, last_new_article_at, problems, n_articles, n_waiting, fetches })
    }

    /// The state of everything.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn status(&self, now: Timestamp) -> Result<StatusReport, StoreError> {
        let count = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, u64>(0));
        let count_by =
            |sql: &str, parameter: &dyn ToSql| self.connection.query_row(sql, [parameter], |row| row.get::<_, u64>(0));
        let now_ms = now.as_millisecond();
        let day_ago = public_time(now - jiff::SignedDuration::from_hours(24));
        let daemon = self
            .connection
            .query_row("SELECT pid, version, started_at, heartbeat_at, stopped_at FROM _daemon", [], |row| {
                Ok(DaemonSign {
                    pid: row.get(0)?,
                    version: row.get(1)?,
                    started_at: from_private_time(row.get(2)?),
                    heartbeat_at: from_private_time(row.get(3)?),
                    stopped_at: row.get::<_, Option<i64>>(4)?.map(from_private_time),
                })
            })
            .optional()?;
        Ok(StatusReport {
            daemon,
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
                 WHERE error IS NOT NULL AND state IN ('active', 'gone') ORDER BY failures_in_a_row DESC, slug",
                params![],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?,
            n_sources_due: count_by(
                "SELECT count(*) FROM _source_schedule JOIN sources ON sources.id = source_id
                 WHERE next_due_at <= ?1 AND state = 'active'",
                &now_ms,
            )?,
            n_links_due: count_by("SELECT count(*) FROM _links WHERE due_at <= ?1", &now_ms)?,
            n_links_later: count_by("SELECT count(*) FROM _links WHERE due_at > ?1", &now_ms)?,
            n_links_given_up: count(
                "SELECT count(*) FROM _links WHERE due_at IS NULL AND article_id IS NULL AND failures_in_a_row > 0",
            )?,
            fetches_24h: (
                count_by("SELECT count(*) FROM fetches WHERE started_at >= ?1", &day_ago)?,
                count_by("SELECT count(*) FROM fetches WHERE started_at >= ?1 AND error_class IS NOT NULL", &day_ago)?,
            ),
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// How the user's own condition is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserCondition {
    /// Of all articles at once: it may find them by an index.
    OfAll,
    /// Of each article that is come by, for questions that soon have enough.
    OneByOne,
}

pub(super) type Parameters = Vec<(&'static str, Box<dyn ToSql>)>;

impl ArticleFilter {
    /// A `WHERE` clause, or nothing, and its parameters.
    fn to_sql(&self) -> (String, Parameters) {
        let (conditions, parameters) = self.conditions(UserCondition::OfAll);
        let clause = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        (clause, parameters)
    }

    /// The conditions and their parameters.
    pub(super) fn conditions(&self, asked: UserCondition) -> (Vec<String>, Parameters) {
        let mut conditions = Vec::new();
        let mut parameters: Parameters = Vec::new();
        if let Some(source_id) = self.source_id {
            conditions.push(
                "(articles.source_id = :source
                  OR articles.id IN (SELECT article_id FROM sightings WHERE sightings.source_id = :source))"
                    .to_owned(),
            );
            parameters.push((":source", Box::new(source_id)));
        }
        if let Some(since) = self.since {
            conditions.push("coalesce(articles.published_at, articles.first_seen_at) >= :since".to_owned());
            parameters.push((":since", Box::new(public_time(since))));
        }
        if let Some(until) = self.until {
            conditions.push("coalesce(articles.published_at, articles.first_seen_at) < :until".to_owned());
            parameters.push((":until", Box::new(public_time(until))));
        }
        if let Some(story_id) = self.story_id {
            conditions.push("articles.story_id = :story".to_owned());
            parameters.push((":story", Box::new(story_id)));
        }
        if self.without_duplicates {
            conditions.push("articles.duplicate_of IS NULL".to_owned());
        }
        if let Some(condition) = &self.condition {
            // In a query of its own, so that the names in it are those of `articles`. The line end closes a comment at
            // the end of the condition.
            conditions.push(match asked {
                UserCondition::OfAll => format!("articles.id IN (SELECT id FROM articles WHERE {condition}\n)"),
                UserCondition::OneByOne => {
                    format!("EXISTS (SELECT 1 FROM articles AS this WHERE this.id = articles.id AND ({condition}\n))")
                }
            });
        }
        (conditions, parameters)
    }

    /// An error in a query that holds the user's condition is most likely the condition's.
    pub(super) fn blame(&self, error: &rusqlite::Error) -> StoreError {
        match &self.condition {
            Some(condition) => StoreError::UserSql(format!("--where {condition:?}: {error}")),
            None => StoreError::Sql(error.to_string()),
        }
    }
}

pub(super) const ARTICLE_COLUMNS: &str = "articles.id, articles.published_at, articles.date_precision, articles.date, sources.slug, \
     articles.language, articles.words, articles.body_kind, articles.quality, articles.title, articles.url, \
     articles.duplicate_of, articles.revision";
pub(super) const N_ARTICLE_COLUMNS: usize = 13;

const DETAIL_COLUMNS: &str = "articles.body, articles.authors, articles.date_source, articles.published_offset, \
     articles.modified_at, articles.site_name, articles.section, articles.keywords, articles.image_url, \
     articles.quality_reasons, articles.duplicate_kind, articles.first_seen_at, articles.updated_at, articles.sha256, \
     articles.removed_at, articles.reservations";
const N_DETAIL_COLUMNS: usize = 16;

pub(super) fn article_row(row: &Row<'_>) -> rusqlite::Result<ArticleRow> {
    Ok(ArticleRow {
        id: row.get(0)?,
        published_at: row.get(1)?,
        date_precision: row.get(2)?,
        date: row.get(3)?,
        source: row.get(4)?,
        language: row.get(5)?,
        words: row.get(6)?,
        body_kind: row.get(7)?,
        quality: row.get(8)?,
        title: row.get(9)?,
        url: row.get(10)?,
        duplicate_of: row.get(11)?,
        revision: row.get(12)?,
    })
}

/// Reads `slug, guid, url, first_seen_at, last_seen_at`.
pub(super) fn sighting(row: &Row<'_>) -> rusqlite::Result<SightingRow> {
    Ok(SightingRow {
        source: row.get(0)?,
        guid: row.get(1)?,
        url: row.get(2)?,
        first_seen_at: row.get(3)?,
        last_seen_at: row.get(4)?,
    })
}

fn article_details(row: &Row<'_>) -> rusqlite::Result<ArticleDetails> {
    let list = |index: usize| row.get::<_, String>(index).map(|text| from_json_list(&text));
    let at = |offset: usize| N_ARTICLE_COLUMNS + offset;
    Ok(ArticleDetails {
        row: article_row(row)?,
        body: row.get(at(0))?,
        authors: list(at(1))?,
        date_source: row.get(at(2))?,
        published_offset: row.get(at(3))?,
        modified_at: row.get(at(4))?,
        site_name: row.get(at(5))?,
        section: row.get(at(6))?,
        keywords: list(at(7))?,
        image_url: row.get(at(8))?,
        quality_reasons: list(at(9))?,
        duplicate_kind: row.get(at(10))?,
        first_seen_at: row.get(at(11))?,
        updated_at: row.get(at(12))?,
        sha256: row.get(at(13))?,
        removed_at: row.get(at(14))?,
        reservations: list(at(15))?,
    })
}

const SOURCE_SELECT: &str =
    "SELECT sources.id, sources.slug, kind, url, title, sources.state, tags, last_ok_at, next_due_at,
        failures_in_a_row, articles_7d, error, error_class, origin, full_text, link_selectors, site_url
     FROM sources JOIN source_health ON source_health.source_id = sources.id";

fn source_row(row: &Row<'_>) -> rusqlite::Result<SourceRow> {
    Ok(SourceRow {
        id: row.get(0)?,
        slug: row.get(1)?,
        kind: row.get(2)?,
        url: row.get(3)?,
        title: row.get(4)?,
        state: row.get(5)?,
        tags: from_json_list(&row.get::<_, String>(6)?),
        last_ok_at: row.get(7)?,
        next_due_at: row.get(8)?,
        failures_in_a_row: row.get(9)?,
        articles_7d: row.get(10)?,
        error: row.get(11)?,
        error_class: row.get(12)?,
        origin: row.get(13)?,
        full_text: row.get(14)?,
        link_selectors: from_json_list(&row.get::<_, String>(15)?),
        site_url: row.get(16)?,
    })
}
