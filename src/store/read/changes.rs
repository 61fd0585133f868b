//! Changes to articles, in the order in which they were written: `articles.change_seq`.
//!
//! A reader that has read up to a number continues after it and sees each change once. An article that has changed
//! several times meanwhile comes once, as it reads now. One that was none and is deleted comes once more as removed.

use rusqlite::{OptionalExtension, params};

use crate::model::BodyKind;
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::error::StoreError;
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition};
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::newest;
use crate::store::read::reader::{Reader, list};

/// The last change of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// The article, as it reads now.
    pub row: ArticleRow,
    /// Number of the change.
    pub change_seq: i64,
    /// Time of the change.
    pub changed_at: String,
    /// Whether the publisher has removed the article.
    pub is_removed: bool,
    /// The change that brought the article, where that is known.
    pub new_seq: Option<i64>,
    /// The change that brought its present wording, where that is known.
    pub wording_seq: Option<i64>,
}

impl Reader {
    /// The name of the database. Its copies have the same name, other databases have another.
    ///
    /// # Errors
    ///
    /// When the database cannot be read; [`StoreError::Snapshot`] for a snapshot, in which nothing changes.
    pub fn database_name(&self) -> Result<String, StoreError> {
        self.needs_the_database("changes to come, which a cursor is for")?;
        Ok(self.connection().query_row("SELECT database FROM _change_state", [], |row| row.get(0))?)
    }

    /// The number of the last change; 0 when there was none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_change(&self) -> Result<i64, StoreError> {
        Ok(self.connection().query_row(&format!("SELECT {NEXT_CHANGE} - 1"), [], |row| row.get(0))?)
    }

    /// The number behind which so many articles have their last change; 0 where there are no more articles than that.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn change_before_last(&self, n_articles: u32) -> Result<i64, StoreError> {
        let sql = "SELECT change_seq FROM articles ORDER BY change_seq DESC LIMIT 1 OFFSET ?1";
        Ok(self.connection().query_row(sql, [n_articles], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// The epoch in which a change was made, by a token that no other database has, nor an earlier state of this one that went on
    /// otherwise; nothing of changes that an earlier version of the program made.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn epoch_of(&self, change: i64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT token FROM _epochs WHERE began_after < ?1 ORDER BY began_after DESC LIMIT 1";
        Ok(self.connection().prepare_cached(sql)?.query_row([change], |row| row.get(0)).optional()?)
    }

    /// A number that changes whenever another connection writes to the database.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        Ok(self.connection().pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// The first changes after a number, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn changes_after(&self, filter: &ArticleFilter, after: i64, limit: u32) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows = self.readable_changes_after(filter, after, limit)?;
        rows.extend(self.taken_back_after(filter.source_id, after)?);
        rows.sort_by_key(|row| row.change_seq);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// Articles that were taken back after a number. What else a filter asks is no longer known of them.
    fn taken_back_after(&self, source: Option<i64>, after: i64) -> Result<Vec<ChangeRow>, StoreError> {
        if self.is_snapshot()? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT article_id, sources.slug, _taken_back.title, _taken_back.url, change_seq, at,
                 nullif(sources.title, sources.slug)
             FROM _taken_back LEFT JOIN sources ON sources.id = source_id
             WHERE change_seq > ?1 AND {}",
            self.is_of_source()?
        );
        let name = |changed: &ChangeRow| article_name(&changed.row);
        self.readable_rows(&sql, params![after, source], name, |cells| ChangeRow {
            row: ArticleRow {
                id: cells.value(0),
                published_at: None,
                date_precision: None,
                date: None,
                source: cells.optional_text(1),
                source_title: cells.optional_text(6),
                language: None,
                words: 0,
                body_kind: BodyKind::Wall.as_str().to_owned(),
                quality: 0,
                title: cells.optional_text(2),
                url: cells.optional_text(3),
                duplicate_of: None,
                duplicate_kind: None,
                revision: 1,
            },
            change_seq: cells.value(4),
            changed_at: cells.text(5),
            is_removed: true,
            new_seq: None,
            wording_seq: None,
        })
    }

    /// How many were taken back after a number.
    pub(super) fn n_taken_back_after(&self, source: Option<i64>, after: i64) -> Result<u64, StoreError> {
        if self.is_snapshot()? {
            return Ok(0);
        }
        let sql = format!("SELECT count(*) FROM _taken_back WHERE change_seq > ?1 AND {}", self.is_of_source()?);
        Ok(self.connection().query_row(&sql, params![after, source], |row| row.get(0))?)
    }

    /// Whether what was taken back had been seen in the source of the second parameter, as a condition. A file of before version 16 knows
    /// one source of each.
    fn is_of_source(&self) -> Result<&'static str, StoreError> {
        Ok(if self.connection().table_exists(Some("main"), "_taken_back_sources")? {
            "(?2 IS NULL OR (?2, change_seq) IN (SELECT source_id, change_seq FROM _taken_back_sources))"
        } else {
            "(?2 IS NULL OR source_id = ?2)"
        })
    }

    /// The last changes, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn last_changes(&self, filter: &ArticleFilter, limit: u32) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows = self.changes(filter, None, &format!("ORDER BY articles.change_seq DESC LIMIT {limit}"))?.rows;
        rows.reverse();
        Ok(rows)
    }

    /// As many changes as are asked for, if there are so many that can be read.
    fn readable_changes_after(
        &self,
        filter: &ArticleFilter,
        mut after: i64,
        limit: u32,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows = Vec::new();
        let mut n_missing = limit as usize;
        while n_missing > 0 {
            let page = self.changes(filter, Some(after), &format!("ORDER BY articles.change_seq LIMIT {n_missing}"))?;
            rows.extend(page.rows);
            let is_last = page.n_read < n_missing;
            n_missing = limit as usize - rows.len();
            match page.last_change_seq {
                Some(last) if !is_last => after = last,
                _ => break,
            }
        }
        Ok(rows)
    }

    /// The articles in the language of a choice, where they are few, and there is much behind a number.
    fn few_in_language(&self, filter: &ArticleFilter, after: Option<i64>) -> Result<Option<Vec<i64>>, StoreError> {
        let Some(language) = &filter.language else { return Ok(None) };
        if self.last_change()? - after.unwrap_or(0) <= LOOKED_AT_MAX {
            return Ok(None);
        }
        Ok(newest::few_in_language(self.connection(), language)?)
    }

    fn changes(&self, filter: &ArticleFilter, after: Option<i64>, order: &str) -> Result<ChangesPage, StoreError> {
        let blame = |error: rusqlite::Error| filter.blame(error);
        let few = self.few_in_language(filter, after)?;
        let (sql, parameters) = changes_sql(filter, few.as_deref(), after, order);
        let mut statement = self.connection().prepare_cached(&sql).map_err(blame)?;
        let mut found = statement.query(parameters.as_slice()).map_err(blame)?;
        let mut page = ChangesPage::default();
        while let Some(row) = found.next().map_err(blame)? {
            page.n_read += 1;
            page.last_change_seq = row.get(N_ARTICLE_COLUMNS).map_err(blame)?;
            let name = |changed: &ChangeRow| article_name(&changed.row);
            page.rows.extend(self.readable(row, name, |cells| ChangeRow {
                row: article_row(cells),
                change_seq: cells.value(N_ARTICLE_COLUMNS),
                changed_at: cells.text(N_ARTICLE_COLUMNS + 1),
                is_removed: cells.value(N_ARTICLE_COLUMNS + 2),
                new_seq: cells.value(N_ARTICLE_COLUMNS + 3),
                wording_seq: cells.value(N_ARTICLE_COLUMNS + 4),
            }));
        }
        Ok(page)
    }
}

/// With no more changes than these behind a number, all of them are looked at for those in a language.
const LOOKED_AT_MAX: i64 = 20_000;

/// The answer to a question for changes.
#[derive(Default)]
struct ChangesPage {
    /// Those that can be read.
    rows: Vec<ChangeRow>,
    /// How many there were.
    n_read: usize,
    /// The number of the last one.
    last_change_seq: Option<i64>,
}

fn changes_sql(filter: &ArticleFilter, few: Option<&[i64]>, after: Option<i64>, order: &str) -> (String, Parameters) {
    let (mut conditions, mut parameters) = filter.conditions(UserCondition::RowByRow);
    // Numbers are looked up in no other index.
    let not_indexed = if few.is_some() { "NOT INDEXED" } else { "" };
    if let Some(few) = few {
        conditions.push("articles.id IN rarray(:few)".to_owned());
        parameters.push((":few", Box::new(list(few))));
    }
    if let Some(after) = after {
        conditions.push("articles.change_seq > :after".to_owned());
        parameters.push((":after", Box::new(after)));
    }
    let conditions = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
    let sql = format!(
        "SELECT {ARTICLE_COLUMNS}, articles.change_seq, coalesce(articles.removed_at, articles.updated_at),
             articles.removed_at IS NOT NULL, articles.new_seq, articles.wording_seq
         FROM articles {not_indexed} LEFT JOIN sources ON sources.id = articles.source_id WHERE {conditions} {order}"
    );
    (sql, parameters)
}

#[cfg(test)]
mod tests {
    use rusqlite::ToSql;

    use super::*;
    use crate::config;
    use crate::store::file::open::open_for_writing;

    #[test]
    fn looks_for_changes_go_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        let connection = open_for_writing(&settings).unwrap();
        let plan = |sql: &str, parameters: &[(&str, &dyn ToSql)]| -> Vec<String> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            statement.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let check = |filter: &ArticleFilter, after: Option<i64>, order: &str| {
            let (sql, parameters) = changes_sql(filter, None, after, order);
            let parameters: Vec<(&str, &dyn ToSql)> =
                parameters.iter().map(|(name, value)| (*name, &**value)).collect();
            let steps = plan(&sql, &parameters);
            assert!(steps[0].contains("sqlite_autoindex_articles_1"), "{sql}\n{steps:#?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}\n{steps:#?}");
        };
        let any = ArticleFilter::default();
        let of_source = ArticleFilter { source_id: Some(1), ..ArticleFilter::default() };
        let by_condition = ArticleFilter { condition: Some("words > 5 OR language = 'de'".to_owned()), ..any.clone() };
        for filter in [&any, &of_source, &by_condition] {
            check(filter, Some(5), "ORDER BY articles.change_seq LIMIT 500");
        }
        for filter in [&any, &of_source, &by_condition] {
            check(filter, None, "ORDER BY articles.change_seq DESC LIMIT 10");
        }
        let in_language = ArticleFilter { language: Some("mt".to_owned()), ..any.clone() };
        let (sql, parameters) =
            changes_sql(&in_language, Some(&[3, 5]), Some(2), "ORDER BY articles.change_seq LIMIT 5");
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        let steps = plan(&sql, &parameters);
        assert!(steps[0].contains("USING INTEGER PRIMARY KEY"), "{steps:#?}");
        let next = plan(&format!("SELECT {NEXT_CHANGE}"), &[]);
        assert!(next.iter().any(|step| step.starts_with("SEARCH articles USING COVERING INDEX")), "{next:#?}");
    }
}
