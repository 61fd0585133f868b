//! How many there are of what is listed only in part.

use rusqlite::ToSql;

use crate::store::file::error::StoreError;
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition, clause};
use crate::store::read::reader::Reader;
use crate::store::read::stories::{StoryFilter, StoryIndex};

/// A number of rows, of which so many are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub n: u64,
    /// Whether there are no more.
    pub is_all: bool,
}

impl Reader {
    /// How many articles a choice has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn n_articles(&self, filter: &ArticleFilter) -> Result<u64, StoreError> {
        let (conditions, parameters) = filter.conditions(UserCondition::InPlace);
        let sql = match filter.source_id {
            // In indexes, and not in the table.
            Some(_) if is_counted_soon(filter) => OF_SOURCE.to_owned(),
            _ => counting("articles", &conditions),
        };
        self.count(&sql, &parameters).map_err(|error| filter.blame(error))
    }

    /// The same, and no further than `n_max` where to count all would mean to look at each.
    ///
    /// # Errors
    ///
    /// As [`Reader::n_articles`].
    pub fn n_articles_up_to(&self, filter: &ArticleFilter, n_max: u64) -> Result<Count, StoreError> {
        if is_counted_soon(filter) {
            return Ok(Count { n: self.n_articles(filter)?, is_all: true });
        }
        let (conditions, parameters) = filter.conditions(UserCondition::InPlace);
        self.count_up_to("articles", &clause(&conditions), &parameters, n_max).map_err(|error| filter.blame(error))
    }

    /// How many articles of a choice have changed behind a place in the order of changes.
    ///
    /// # Errors
    ///
    /// As [`Reader::n_articles`].
    pub fn n_changes_after(&self, filter: &ArticleFilter, after: i64) -> Result<u64, StoreError> {
        let (mut conditions, mut parameters) = filter.conditions(UserCondition::InPlace);
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

    /// The same, and no further than `n_max`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn n_stories_up_to(&self, filter: &StoryFilter, n_max: u64) -> Result<Count, StoreError> {
        let (conditions, parameters) = filter.conditions(filter.index());
        let clause = clause(&conditions);
        let clause = match filter.index() {
            // From those of the most sources on: most stories have one article, and would be passed over first.
            StoryIndex::Sources => format!("{clause} ORDER BY n_sources DESC"),
            StoryIndex::Time => clause,
        };
        Ok(self.count_up_to("stories", &clause, &parameters, n_max)?)
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

    fn count_up_to(&self, table: &str, clause: &str, parameters: &Parameters, n_max: u64) -> rusqlite::Result<Count> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table} {clause} LIMIT {})", n_max.saturating_add(1));
        let n = self.count(&sql, parameters)?;
        Ok(Count { n: n.min(n_max), is_all: n <= n_max })
    }

    fn count(&self, sql: &str, parameters: &Parameters) -> rusqlite::Result<u64> {
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.connection().query_row(sql, parameters.as_slice(), |row| row.get(0))
    }
}

/// Whether indexes tell how many a choice has.
fn is_counted_soon(filter: &ArticleFilter) -> bool {
    *filter == ArticleFilter { source_id: filter.source_id, ..ArticleFilter::default() }
}

/// The articles that were seen in a source, and those that it had first and that somebody has struck from `sightings`.
const OF_SOURCE: &str = "SELECT (SELECT count(*) FROM sightings WHERE source_id = :source)
     + (SELECT count(*) FROM articles WHERE source_id = :source AND NOT EXISTS (
            SELECT 1 FROM sightings WHERE sightings.article_id = articles.id AND sightings.source_id = :source))";

fn counting(tables: &str, conditions: &[String]) -> String {
    let clause = clause(conditions);
    format!("SELECT count(*) FROM {tables} {clause}")
}
