//! Which articles a question is about.

use jiff::Timestamp;
use rusqlite::ToSql;

use crate::store::file::columns::public_time;
use crate::store::file::error::{StoreError, complaint, of_user};
use crate::store::read::as_of::AsOf;

/// A choice of articles. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    /// Seen in this source.
    pub source_id: Option<i64>,
    /// Published at this time or later; where that is unknown, first seen.
    pub since: Option<Timestamp>,
    /// Published before this time; where that is unknown, first seen.
    pub until: Option<Timestamp>,
    /// Of this story.
    pub story_id: Option<i64>,
    /// In this language.
    pub language: Option<String>,
    /// The user's condition, in SQL over the columns of `articles`.
    pub condition: Option<String>,
    /// Whether duplicates of earlier articles are left out.
    pub without_duplicates: bool,
    /// Those that were there at an earlier time alone.
    pub as_of: Option<AsOf>,
}

/// How a query applies the user's condition, and looks up a source or a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum UserCondition {
    /// As a query of its own, which may use an index.
    AsSubquery,
    /// To one article after the other, for queries that stop after a few.
    RowByRow,
    /// As it stands, for queries of `articles` alone.
    InPlace,
}

/// Values by the name of their parameter.
pub(in crate::store) type Parameters = Vec<(&'static str, Box<dyn ToSql>)>;

impl ArticleFilter {
    /// A `WHERE` clause and its parameters; an empty clause where there is no condition.
    pub(in crate::store) fn to_sql(&self) -> (String, Parameters) {
        let (conditions, parameters) = self.conditions(UserCondition::AsSubquery);
        (clause(&conditions), parameters)
    }

    /// The conditions and their parameters.
    pub(in crate::store) fn conditions(&self, user_condition: UserCondition) -> (Vec<String>, Parameters) {
        // Behind a plus a column is not looked up in an index: what goes row by row goes in the order that is asked for.
        let mut conditions = Vec::new();
        let mut parameters: Parameters = Vec::new();
        if let Some(source_id) = self.source_id {
            let condition = match user_condition {
                UserCondition::AsSubquery | UserCondition::InPlace => {
                    "(articles.source_id = :source
                      OR articles.id IN (SELECT article_id FROM sightings WHERE sightings.source_id = :source))"
                }
                UserCondition::RowByRow => {
                    "(+articles.source_id = :source OR EXISTS (SELECT 1 FROM sightings
                      WHERE sightings.article_id = articles.id AND sightings.source_id = :source))"
                }
            };
            conditions.push(condition.to_owned());
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
        if let Some(language) = &self.language {
            // By anything else fewer are found, mostly.
            let is_found_otherwise = self.source_id.is_some() || self.story_id.is_some() || self.since.is_some();
            let plus = if user_condition == UserCondition::RowByRow || is_found_otherwise { "+" } else { "" };
            conditions.push(format!("{plus}articles.language = :language"));
            parameters.push((":language", Box::new(language.clone())));
        }
        if let Some(as_of) = self.as_of {
            let (condition, value) = as_of.condition();
            conditions.push(condition.to_owned());
            parameters.push((":as_of", value));
        }
        if self.without_duplicates {
            conditions.push("articles.duplicate_of IS NULL".to_owned());
        }
        if let Some(condition) = &self.condition {
            // In a query of its own, so that names in the condition are columns of `articles`. The line end closes a
            // comment at the end of the condition.
            conditions.push(match user_condition {
                UserCondition::AsSubquery => format!("articles.id IN (SELECT id FROM articles WHERE {condition}\n)"),
                UserCondition::InPlace => format!("({condition}\n)"),
                UserCondition::RowByRow => {
                    format!("EXISTS (SELECT 1 FROM articles AS this WHERE this.id = articles.id AND ({condition}\n))")
                }
            });
        }
        (conditions, parameters)
    }

    /// The error of a query with this filter. The user's condition, if there is one, is the likely cause.
    pub(in crate::store) fn blame(&self, error: rusqlite::Error) -> StoreError {
        match &self.condition {
            Some(condition) => of_user(error, |error| format!("--where {condition:?}: {}", complaint(error))),
            None => error.into(),
        }
    }
}

/// A `WHERE` clause; an empty one where there is no condition.
pub(in crate::store) fn clause(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) }
}
