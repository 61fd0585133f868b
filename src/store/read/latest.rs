//! What happened last: revisions and removals of articles, and polls of sources.

use std::collections::HashMap;

use rusqlite::params;

use crate::store::file::error::StoreError;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
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

impl Reader {
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
