//! How many there are of what is listed only in part.

use rusqlite::{ToSql, params};

use crate::store::file::columns::public_time;
use crate::store::file::error::{StoreError, of_user};
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition};
use crate::store::read::reader::Reader;
use crate::store::read::search::Asked;
use crate::store::read::stories::StoryFilter;

impl Reader {
    /// How many articles a choice has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn n_articles(&self, filter: &ArticleFilter) -> Result<u64, StoreError> {
        let (conditions, parameters) = filter.conditions(UserCondition::AsSubquery);
        self.count(&counting("articles", &conditions), &parameters).map_err(|error| filter.blame(error))
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
        self.count(&counting("articles", &conditions), &parameters).map_err(|error| filter.blame(error))
    }

    /// How many articles a search finds.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is wrong.
    pub fn n_hits(&self, expression: &str, filter: &ArticleFilter) -> Result<u64, StoreError> {
        let (mut conditions, mut parameters) = filter.conditions(UserCondition::AsSubquery);
        let asked = Asked::of(expression);
        asked.add_conditions(&mut conditions, &mut parameters);
        let tables = format!("({}) AS hits JOIN articles ON articles.id = hits.id", asked.hits());
        parameters.push((":expression", Box::new(asked.expression)));
        let count = self.count(&counting(&tables, &conditions), &parameters);
        count.map_err(|error| of_user(error, ToString::to_string))
    }

    /// How many stories a choice has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_stories(&self, filter: &StoryFilter) -> Result<u64, StoreError> {
        let StoryFilter { since, until, articles_min, sources_min, is_news } = filter;
        let count = self.connection().query_row(
            "SELECT count(*) FROM stories
             WHERE n_articles >= max(1, ?1) AND n_sources >= ?2
                 AND (?3 IS NULL OR coalesce(last_published_at, updated_at) >= ?3)
                 AND (?4 IS NULL OR coalesce(first_published_at, updated_at) < ?4)
                 AND NOT (?5 AND is_routine)",
            params![articles_min, sources_min, since.map(public_time), until.map(public_time), is_news],
            |row| row.get(0),
        );
        Ok(count?)
    }

    fn count(&self, sql: &str, parameters: &Parameters) -> rusqlite::Result<u64> {
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.connection().query_row(sql, parameters.as_slice(), |row| row.get(0))
    }
}

fn counting(tables: &str, conditions: &[String]) -> String {
    let clause = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    format!("SELECT count(*) FROM {tables} {clause}")
}
