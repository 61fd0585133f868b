//! Sources: lists of them, all that is stored of one, and those of a publisher.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::model::{CanonicalUrl, publisher_of, without_credentials};
use crate::store::file::columns::{from_json_list, from_private_time, public_text};
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// A source in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Row id.
    pub id: i64,
    /// Slug, its stable name.
    pub slug: String,
    /// Kind, once known.
    pub kind: Option<String>,
    /// Address that is polled.
    pub url: Option<String>,
    /// Title that it gives itself.
    pub title: Option<String>,
    /// `active`, `manual`, `paused`, `gone` or `removed`.
    pub state: String,
    /// Tags given by the user.
    pub tags: Vec<String>,
    /// Who listed it: `file` or `command`.
    pub origin: String,
    /// Where texts are taken from: `auto`, `feed` or `page`.
    pub full_text: String,
    /// CSS selectors of the links, where it is a page.
    pub link_selectors: Vec<String>,
    /// The way to it, if it has one of its own: `direct` or a proxy's address, without credentials.
    pub proxy: Option<String>,
    /// The name under which its credentials are kept; always absent in a snapshot.
    pub credentials: Option<String>,
    /// The site that it belongs to.
    pub site_url: Option<String>,
    /// Last successful poll.
    pub last_ok_at: Option<String>,
    /// Next poll.
    pub next_due_at: Option<String>,
    /// Failures since the last successful poll.
    pub failures_in_a_row: u32,
    /// Articles of the last seven days.
    pub articles_7d: u32,
    /// Error of the last poll.
    pub error: Option<String>,
    /// Class of that error.
    pub error_class: Option<String>,
}

/// All that is stored of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDetails {
    /// As in a list.
    pub row: SourceRow,
    /// When it was added.
    pub created_at: String,
    /// Last new article.
    pub last_new_article_at: Option<String>,
    /// Problems of its last document.
    pub problems: Vec<String>,
    /// Articles seen in it.
    pub n_articles: u32,
    /// Links whose page is still to be fetched.
    pub n_waiting: u32,
    /// Its last HTTP exchanges, the latest first.
    pub fetches: Vec<FetchRow>,
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
}

/// A source at the same publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOfHost {
    /// Slug.
    pub slug: String,
    /// Address that is polled.
    pub url: String,
    /// Kind, once known.
    pub kind: Option<String>,
    /// `active`, `manual`, `paused`, `gone` or `removed`.
    pub state: String,
    /// Last successful poll.
    pub last_ok_at: Option<Timestamp>,
    /// Error of the last poll.
    pub error: Option<String>,
}

impl Reader {
    /// Lists sources by slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        let rows = self.rows(&format!("{SOURCE_SELECT} ORDER BY sources.slug"), params![], source_row)?;
        self.with_credentials(rows)
    }

    /// The source with this slug or address, else all whose slug begins with the word.
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
            return self.with_credentials(exact);
        }
        let begun = self.rows(
            &format!("{SOURCE_SELECT} WHERE substr(sources.slug, 1, length(?1)) = ?1 ORDER BY sources.slug"),
            params![word],
            source_row,
        )?;
        self.with_credentials(begun)
    }

    /// The number of the source with this slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source_id(&self, slug: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.rows("SELECT id FROM sources WHERE slug = ?1", params![slug], |row| row.get(0))?.pop())
    }

    /// The same sources with the names of their credentials, where the file has any.
    fn with_credentials(&self, rows: Vec<SourceRow>) -> Result<Vec<SourceRow>, StoreError> {
        if !self.connection().table_exists(Some("main"), "_source_credentials")? {
            return Ok(rows);
        }
        let names = self.rows("SELECT source_id, name FROM _source_credentials", params![], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let names: HashMap<i64, String> = names.into_iter().collect();
        let with_name = |row: SourceRow| SourceRow { credentials: names.get(&row.id).cloned(), ..row };
        Ok(rows.into_iter().map(with_name).collect())
    }

    /// All that is stored of a source.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source(&self, row: SourceRow) -> Result<SourceDetails, StoreError> {
        let id = row.id;
        let (created_at, last_new_article_at, problems, n_articles) = self.connection().query_row(
            "SELECT created_at, last_new_article_at, problems, (SELECT count(*) FROM sightings WHERE source_id = ?1)
             FROM sources JOIN source_health ON source_health.source_id = sources.id WHERE sources.id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?)),
        )?;
        let n_waiting = self.connection().query_row(WAITING, [id], |row| row.get(0))?;
        let fetches = self.rows(LAST_EXCHANGES, params![id, N_FETCHES, SEARCHED_EXCHANGES], |row| {
            Ok(FetchRow {
                started_at: row.get(0)?,
                purpose: row.get(1)?,
                url: public_text(row, 2)?.unwrap_or_default(),
                status: row.get(3)?,
                elapsed_ms: row.get(4)?,
                bytes: row.get(5)?,
                error_class: row.get(6)?,
                error: public_text(row, 7)?,
            })
        })?;
        let problems = from_json_list(&without_credentials(&problems));
        Ok(SourceDetails { row, created_at, last_new_article_at, problems, n_articles, n_waiting, fetches })
    }

    /// The sources of the publisher of an address, by slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources_of_publisher(&self, url: &CanonicalUrl) -> Result<Vec<SourceOfHost>, StoreError> {
        let publisher = publisher_of(url.as_url());
        let all = self.rows(
            "SELECT slug, url, kind, state, last_ok_at, error FROM sources
             LEFT JOIN _source_schedule ON source_id = sources.id WHERE url IS NOT NULL ORDER BY slug",
            params![],
            |row| {
                Ok(SourceOfHost {
                    slug: row.get(0)?,
                    url: row.get(1)?,
                    kind: row.get(2)?,
                    state: row.get(3)?,
                    last_ok_at: row.get::<_, Option<i64>>(4)?.map(from_private_time),
                    error: public_text(row, 5)?,
                })
            },
        )?;
        let is_here =
            |source: &SourceOfHost| url::Url::parse(&source.url).is_ok_and(|url| publisher_of(&url) == publisher);
        Ok(all.into_iter().filter(is_here).collect())
    }
}

/// Links that are due, of a source that listed them first or has listed them since.
const WAITING: &str = "SELECT
     (SELECT count(*) FROM _links WHERE due_at IS NOT NULL AND source_id = ?1)
     + (SELECT count(*) FROM _pending_sightings CROSS JOIN _links ON _links.id = link_id
        WHERE _pending_sightings.source_id = ?1 AND due_at IS NOT NULL AND _links.source_id IS NOT ?1)";

/// Exchanges that are told of a source.
const N_FETCHES: u32 = 10;

/// So many exchanges of all sources are looked through for those of one, in some milliseconds. Its polls are found in an index beyond them.
const SEARCHED_EXCHANGES: u32 = 20_000;

/// The last exchanges of a source.
const LAST_EXCHANGES: &str = "SELECT started_at, purpose, url, status, elapsed_ms, bytes, error_class, error FROM fetches
     WHERE id IN (
         SELECT id FROM (SELECT id FROM fetches
                         WHERE +source_id = ?1 AND id > (SELECT max(id) FROM fetches) - ?3 ORDER BY id DESC LIMIT ?2)
         UNION ALL
         SELECT id FROM (SELECT id FROM fetches WHERE purpose = 'poll' AND source_id = ?1 ORDER BY started_at DESC LIMIT ?2))
     ORDER BY id DESC LIMIT ?2";

/// What [`source_row`] reads.
const SOURCE_SELECT: &str =
    "SELECT sources.id, sources.slug, kind, url, nullif(title, sources.slug), sources.state, tags, last_ok_at, next_due_at,
        failures_in_a_row, articles_7d, error, error_class, origin, full_text, link_selectors, site_url, proxy
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
        error: public_text(row, 11)?,
        error_class: row.get(12)?,
        origin: row.get(13)?,
        full_text: row.get(14)?,
        link_selectors: from_json_list(&row.get::<_, String>(15)?),
        site_url: row.get(16)?,
        proxy: row.get(17)?,
        // Of another table, which files of earlier versions and snapshots do not have.
        credentials: None,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::file::schema::in_memory;

    /// Source 1 was polled first of all and fetched from last; since then others have had very many exchanges.
    fn connection() -> Connection {
        let connection = in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO fetches (id, url, source_id, purpose, started_at, elapsed_ms, bytes)
                 VALUES (1, '', 1, 'poll', '2026-01-01T00:00:00Z', 0, 0), (2, '', 1, 'article', '2026-01-01T00:00:01Z', 0, 0);
                 WITH numbers (id) AS (SELECT 3 UNION ALL SELECT id + 1 FROM numbers WHERE id < {SEARCHED_EXCHANGES} + 10)
                 INSERT INTO fetches (id, url, source_id, purpose, started_at, elapsed_ms, bytes)
                 SELECT id, '', 2, iif(id % 3, 'article', 'poll'), '2026-01-02T00:00:00Z', 0, 0 FROM numbers;
                 INSERT INTO fetches (id, url, source_id, purpose, started_at, elapsed_ms, bytes)
                 VALUES (50000, '', 1, 'robots', '2026-01-03T00:00:00Z', 0, 0);
                 INSERT INTO _links (id, url_key, url, host, source_id, due_at, first_seen_at)
                 VALUES (1, 'a', '', '', 1, 5, 0), (2, 'b', '', '', 2, 5, 0), (3, 'c', '', '', 1, NULL, 0), (4, 'd', '', '', NULL, 5, 0),
                     (5, 'e', '', '', 2, 5, 0);
                 INSERT INTO _pending_sightings (link_id, source_id, first_seen_at, last_seen_at)
                 VALUES (1, 1, '', ''), (2, 1, '', ''), (3, 2, '', ''), (4, 1, '', '')"
            ))
            .unwrap();
        connection
    }

    #[test]
    fn the_last_exchanges_of_a_source_are_told_however_many_others_had_since() {
        let connection = connection();
        let of = |source: i64| -> Vec<String> {
            let mut statement = connection.prepare(LAST_EXCHANGES).unwrap();
            let rows = statement.query_map(params![source, N_FETCHES, SEARCHED_EXCHANGES], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(of(1), ["2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z"]);
        assert_eq!(of(2).len(), N_FETCHES as usize);
        assert_eq!(of(3).len(), 0);
    }

    #[test]
    fn links_wait_for_the_sources_that_list_them() {
        let connection = connection();
        let waiting = |source: i64| connection.query_row(WAITING, [source], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!([1, 2, 3].map(waiting), [3, 2, 0]);
    }

    #[test]
    fn what_is_told_of_a_source_is_found_in_indexes() {
        let connection = connection();
        for sql in [WAITING, LAST_EXCHANGES] {
            let sql = sql.replace("?1", "1").replace("?2", "10").replace("?3", "100");
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            let goes_through_all = |step: &String| step.starts_with("SCAN _") || step.starts_with("SCAN fetches");
            assert!(!steps.iter().any(goes_through_all), "{sql}: {steps:?}");
        }
    }
}
