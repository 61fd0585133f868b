//! What happened last: revisions and removals of articles, and polls of sources.

use std::collections::{HashMap, HashSet};

use rusqlite::{ToSql, params};

use crate::store::file::error::StoreError;
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::few::chosen;
use crate::store::read::reader::Reader;

/// Something that happened to an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The article as it reads now.
    pub row: ArticleRow,
    /// When.
    pub at: String,
    /// The number of that change, where it is known.
    pub change_seq: Option<i64>,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollOutcome {
    /// A document came.
    Answered,
    /// Nothing had changed (304).
    Unchanged,
    /// Nothing came, or not what it should be.
    Failed,
}

/// A poll of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollRow {
    /// Its start.
    pub started_at: String,
    /// How it ended.
    pub outcome: PollOutcome,
}

/// The revised, and the removed, the last first.
const REVISED: &str = "articles.revision > 1 ORDER BY articles.wording_seq DESC";
const REMOVED: &str = "articles.removed_at IS NOT NULL ORDER BY articles.removed_at DESC, articles.id DESC";

/// So many polls of a source, the last first.
const POLLS: &str = "SELECT started_at, status, error_class FROM fetches
     WHERE purpose = 'poll' AND source_id = ?1 ORDER BY started_at DESC LIMIT ?2";

/// So many articles that came in last are looked through for those of a choice.
const ARRIVED_MAX: u32 = 5000;

/// So many of them at one time.
const AT_ONCE: usize = 200;

impl Reader {
    /// The articles of a choice that came in last, so many at most, the last first; of a source by when it listed them. Whoever asks again
    /// finds what is new, whenever it was published. Where there are not so many among the last thousands, the newest by the times of
    /// lists stand behind them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn articles_arrived_last(&self, filter: &ArticleFilter, limit: u32) -> Result<Vec<ArticleRow>, StoreError> {
        let mut ids = self.last_arrivals(filter, limit as usize)?;
        if ids.len() < limit as usize {
            let known: HashSet<i64> = ids.iter().copied().collect();
            let newest = self.articles(filter, limit)?;
            ids.extend(newest.iter().map(|row| row.id).filter(|id| !known.contains(id)));
            ids.truncate(limit as usize);
        }
        let rows = self.articles_among(&ids)?;
        let mut rows: HashMap<i64, ArticleRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
    }

    fn last_arrivals(&self, filter: &ArticleFilter, limit: usize) -> Result<Vec<i64>, StoreError> {
        let others = ArticleFilter { source_id: None, ..filter.clone() };
        let (sql, value): (&str, &dyn ToSql) = match (&filter.source_id, &filter.language) {
            (Some(source_id), _) => {
                ("SELECT article_id FROM sightings WHERE source_id = ?2 ORDER BY rowid DESC LIMIT ?1", source_id)
            }
            (None, Some(language)) => {
                ("SELECT id FROM articles WHERE language = ?2 ORDER BY id DESC LIMIT ?1", language)
            }
            (None, None) => ("SELECT id FROM articles WHERE ?2 IS NULL ORDER BY id DESC LIMIT ?1", &None::<i64>),
        };
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut arrived = statement.query_map(params![ARRIVED_MAX, value], |row| row.get::<_, i64>(0))?;
        let mut ids = Vec::new();
        while ids.len() < limit {
            let some = arrived.by_ref().take(AT_ONCE).collect::<Result<Vec<_>, _>>()?;
            if some.is_empty() {
                break;
            }
            let chosen: HashSet<i64> = chosen(self.connection(), &others, &some)?.into_iter().collect();
            ids.extend(some.into_iter().filter(|id| chosen.contains(id)));
        }
        ids.truncate(limit);
        Ok(ids)
    }

    /// The articles that were revised last, the last first, and when they changed last.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn revised_last(&self, limit: u32) -> Result<Vec<Happened>, StoreError> {
        self.happened("articles.updated_at, articles.wording_seq", REVISED, limit)
    }

    /// The articles that their publishers have removed last, the last first, and when that was seen.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn removed_last(&self, limit: u32) -> Result<Vec<Happened>, StoreError> {
        self.happened("articles.removed_at, articles.removed_seq", REMOVED, limit)
    }

    fn happened(&self, at: &str, which: &str, limit: u32) -> Result<Vec<Happened>, StoreError> {
        self.readable_rows(
            &format!(
                "SELECT {ARTICLE_COLUMNS}, {at} FROM articles LEFT JOIN sources ON sources.id = articles.source_id
                 WHERE {which} LIMIT ?1"
            ),
            params![limit],
            |happened: &Happened| article_name(&happened.row),
            |cells| Happened {
                row: article_row(cells),
                at: cells.text(N_ARTICLE_COLUMNS),
                change_seq: cells.value(N_ARTICLE_COLUMNS + 1),
            },
        )
    }

    /// The last polls of each source by its id, earliest first, so many at most of each.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_polls(&self, sources: &[i64], limit: u32) -> Result<HashMap<i64, Vec<PollRow>>, StoreError> {
        let mut polls = HashMap::with_capacity(sources.len());
        for &source in sources {
            let mut rows = self.rows(POLLS, params![source, limit], |row| {
                let (status, error_class): (Option<u16>, Option<String>) = (row.get(1)?, row.get(2)?);
                let outcome = match (status, error_class) {
                    (_, Some(_)) | (None, None) => PollOutcome::Failed,
                    (Some(304), None) => PollOutcome::Unchanged,
                    (Some(_), None) => PollOutcome::Answered,
                };
                Ok(PollRow { started_at: row.get(0)?, outcome })
            })?;
            rows.reverse();
            polls.insert(source, rows);
        }
        Ok(polls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::store::file::open::open_for_writing;

    #[test]
    fn what_happened_last_is_found_in_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        let of_articles = |which: &str| format!("SELECT id FROM articles WHERE {which} LIMIT 5");
        for (sql, index) in [
            (of_articles(REVISED), "articles_revised"),
            (of_articles(REMOVED), "articles_removed"),
            (POLLS.replace("?1", "1").replace("?2", "60"), "COVERING INDEX fetches_polls"),
        ] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            assert!(steps.len() == 1 && steps[0].contains(index), "{sql}: {steps:?}");
        }
    }
}
