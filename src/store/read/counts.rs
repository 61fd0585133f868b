//! How many there are of what is listed only in part.

use rusqlite::ToSql;

use crate::store::file::error::StoreError;
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition, clause};
use crate::store::read::reader::Reader;
use crate::store::read::stories::StoryFilter;

impl Reader {
    /// How many articles a choice has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn n_articles(&self, filter: &ArticleFilter) -> Result<u64, StoreError> {
        let (conditions, parameters) = filter.conditions(UserCondition::AsSubquery);
        let is_of_source = *filter == ArticleFilter { source_id: filter.source_id, ..ArticleFilter::default() };
        let sql = match filter.source_id {
            // In indexes, and not in the table.
            Some(_) if is_of_source => OF_SOURCE.to_owned(),
            _ => counting("articles", &conditions),
        };
        self.count(&sql, &parameters).map_err(|error| filter.blame(error))
    }

    /// How many articles of a choice have changed behind a place in the order of changes.
    ///
    /// # Errors
    ///
    /// As [`Reader::n_articles`].
    pub fn n_changes_after(&self, filter: &ArticleFilter, after: i64) -> Result<u64, StoreError> {
        let (mut conditions, mut parameters) = filter.conditions(UserCondition::AsSubquery);
        conditions.push("articles.change_seq > :after".to_owned());
        parameters.push((":after", Box::new(after)));
        let n_changed =
            self.count(&counting("articles", &conditions), &parameters).map_err(|error| filter.blame(error))?;
        Ok(n_changed + self.n_taken_back_after(filter.source_id, after)?)
    }

    /// How many stories a choice has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_stories(&self, filter: &StoryFilter) -> Result<u64, StoreError> {
        let (conditions, parameters) = filter.conditions(filter.index());
        Ok(self.count(&counting("stories", &conditions), &parameters)?)
    }

    /// The highest number of an article; 0 where there is none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_article(&self) -> Result<i64, StoreError> {
        Ok(self.connection().query_row("SELECT coalesce(max(id), 0) FROM articles", [], |row| row.get(0))?)
    }

    /// The highest number of a story; 0 where there is none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_story(&self) -> Result<i64, StoreError> {
        Ok(self.connection().query_row("SELECT coalesce(max(id), 0) FROM stories", [], |row| row.get(0))?)
    }

    fn count(&self, sql: &str, parameters: &Parameters) -> rusqlite::Result<u64> {
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.connection().query_row(sql, parameters.as_slice(), |row| row.get(0))
    }
}

/// The articles that were seen in a source, and those that it had first and that somebody has struck from `sightings`.
const OF_SOURCE: &str = "SELECT (SELECT count(*) FROM sightings WHERE source_id = :source)
     + (SELECT count(*) FROM articles WHERE source_id = :source AND NOT EXISTS (
            SELECT 1 FROM sightings WHERE sightings.article_id = articles.id AND sightings.source_id = :source))";

fn counting(tables: &str, conditions: &[String]) -> String {
    let clause = clause(conditions);
    format!("SELECT count(*) FROM {tables} {clause}")
}
