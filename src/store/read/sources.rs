//! Sources: lists of them, and those of a publisher.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::model::{CanonicalUrl, publisher_of};
use crate::store::file::columns::{from_json_list, from_private_time, public_text};
use crate::store::file::error::StoreError;
use crate::store::read::reader::{Reader, list};

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
    /// Last new article.
    pub last_new_article_at: Option<String>,
    /// Articles of the last seven days.
    pub articles_7d: u32,
    /// Times at which something was missed between two polls.
    pub n_gaps: u32,
    /// Error of the last poll.
    pub error: Option<String>,
    /// Class of that error.
    pub error_class: Option<String>,
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

impl SourceRow {
    /// Whether somebody should look at it.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.state == "gone" || self.state == "active" && self.failures_in_a_row > 0
    }

    /// Which of [`GROUPS`] it is in.
    fn group(&self) -> usize {
        match self.state.as_str() {
            _ if self.needs_attention() => 0,
            "active" => 1,
            _ => 2,
        }
    }
}

/// Sources in the order in which one looks through them: those that need attention, those that are polled, the others.
/// Those that were removed are in none.
const GROUPS: [&str; 3] = [
    "(sources.state = 'gone' OR sources.state = 'active' AND failures_in_a_row > 0)",
    "sources.state = 'active' AND failures_in_a_row = 0",
    "sources.state NOT IN ('gone', 'active', 'removed')",
];

/// What [`GROUPS`] are told by.
const GROUPED: &str = "FROM sources JOIN source_health ON source_health.source_id = sources.id";

/// Those of a group whose slugs are behind another, in the order of their slugs.
fn group_sql(group: &str) -> String {
    format!("SELECT sources.id {GROUPED} WHERE sources.slug > ?1 AND {group} ORDER BY sources.slug LIMIT ?2")
}

impl Reader {
    /// So many sources at most behind another one, or the first ones: those that need attention, then those that are
    /// polled, then the others but those that were removed; each by slug. And whether there are more.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources_after(&self, last: Option<&SourceRow>, limit: u32) -> Result<(Vec<SourceRow>, bool), StoreError> {
        let mut ids: Vec<i64> = Vec::new();
        let mut behind = last.map_or("", |row| row.slug.as_str());
        // One more, to know whether there are others.
        let n_sought = limit as usize + 1;
        for group in &GROUPS[last.map_or(0, SourceRow::group)..] {
            let n_left = n_sought - ids.len();
            ids.extend(self.rows(&group_sql(group), params![behind, n_left], |row| row.get::<_, i64>(0))?);
            if ids.len() == n_sought {
                break;
            }
            behind = "";
        }
        let are_more = ids.len() == n_sought;
        ids.truncate(limit as usize);
        Ok((self.sources_with_ids(&ids)?, are_more))
    }

    /// How many sources need attention.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_sources_in_trouble(&self) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) {GROUPED} WHERE {}", GROUPS[0]);
        Ok(self.connection().query_row(&sql, [], |row| row.get(0))?)
    }

    /// Sources in the order of these ids.
    fn sources_with_ids(&self, ids: &[i64]) -> Result<Vec<SourceRow>, StoreError> {
        let sql = format!("{SOURCE_SELECT} WHERE sources.id IN rarray(?1)");
        let rows = self.rows(&sql, params![list(ids)], source_row)?;
        let mut rows: HashMap<i64, SourceRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        self.with_credentials(ids.iter().filter_map(|id| rows.remove(id)).collect())
    }

    /// The source with this slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn source_with_slug(&self, slug: &str) -> Result<Option<SourceRow>, StoreError> {
        let rows = self.rows(&format!("{SOURCE_SELECT} WHERE sources.slug = ?1"), params![slug], source_row)?;
        Ok(self.with_credentials(rows)?.pop())
    }

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

/// What [`source_row`] reads.
const SOURCE_SELECT: &str =
    "SELECT sources.id, sources.slug, kind, url, nullif(title, sources.slug), sources.state, tags, last_ok_at, next_due_at,
        failures_in_a_row, articles_7d, error, error_class, origin, full_text, link_selectors, site_url, proxy,
        last_new_article_at, (SELECT count(*) FROM gaps WHERE gaps.source_id = sources.id)
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
        last_new_article_at: row.get(18)?,
        n_gaps: row.get(19)?,
        // Of another table, which files of earlier versions and snapshots do not have.
        credentials: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    #[test]
    fn sources_are_looked_through_by_their_slugs() {
        let connection = in_memory().unwrap();
        for group in GROUPS {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", group_sql(group))).unwrap();
            let plan: Vec<String> =
                statement.query_map(("", 5), |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            let has = |step: &str| plan.iter().any(|line| line.contains(step));
            assert!(has("sources USING INDEX sqlite_autoindex_sources_1 (slug>?)"), "{group}: {plan:#?}");
            assert!(has("schedule USING INTEGER PRIMARY KEY"), "{group}: {plan:#?}");
            // Nothing is counted or sorted for what is not shown.
            assert!(!has("sightings") && !has("TEMP B-TREE FOR ORDER BY"), "{group}: {plan:#?}");
        }
    }
}
