//! Stories and their articles.

use jiff::Timestamp;
use rusqlite::{ToSql, params};

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::article_filter::Parameters;
use crate::store::read::cells::Cells;
use crate::store::read::reader::Reader;

/// A choice of stories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoryFilter {
    /// Last article published at this time or later.
    pub since: Option<Timestamp>,
    /// First article published before this time.
    pub until: Option<Timestamp>,
    /// Has at least this many articles.
    pub articles_min: u32,
    /// Has at least this many sources.
    pub sources_min: u32,
    /// Is no routine.
    pub is_news: bool,
}

/// A story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryRow {
    /// Row id.
    pub id: i64,
    /// Headline of its most central article.
    pub title: Option<String>,
    /// When its first article was published.
    pub first_published_at: Option<String>,
    /// When its last article was published.
    pub last_published_at: Option<String>,
    /// Number of articles.
    pub n_articles: u32,
    /// Number of sources. Those that only have copies do not count.
    pub n_sources: u32,
    /// When it last changed: an article came or went.
    pub updated_at: String,
    /// Whether all of its articles are of a make that has others: weather, results, notices.
    pub is_routine: bool,
}

/// An article of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// Row id of the article.
    pub id: i64,
    /// Headline.
    pub title: Option<String>,
    /// When it was published; where that is unknown, first seen.
    pub at: String,
    /// Who published it.
    pub publisher: String,
    /// Why it is in the story: `first`, `alike`, `copy` or `hand`.
    pub reason: String,
    /// Its likeness to the story.
    pub score: Option<f64>,
    /// The words in common that counted most.
    pub terms: Vec<String>,
}

impl StoryFilter {
    /// The conditions for stories, and their parameters.
    pub(super) fn conditions(&self) -> (Vec<String>, Parameters) {
        let mut conditions =
            vec!["n_articles >= :articles_min".to_owned(), format!("{} >= :sources_min", self.column_of_sources())];
        let mut parameters: Parameters =
            vec![(":articles_min", Box::new(self.articles_min.max(1))), (":sources_min", Box::new(self.sources_min))];
        if let Some(since) = self.since {
            // Not `coalesce`: both halves are found in the index.
            conditions
                .push("(last_published_at >= :since OR last_published_at IS NULL AND updated_at >= :since)".to_owned());
            parameters.push((":since", Box::new(public_time(since))));
        }
        if let Some(until) = self.until {
            conditions.push("coalesce(first_published_at, updated_at) < :until".to_owned());
            parameters.push((":until", Box::new(public_time(until))));
        }
        if self.is_news {
            conditions.push("NOT is_routine".to_owned());
        }
        (conditions, parameters)
    }

    /// The column that tells of sources. Behind a plus it is not looked up in an index: the latest are found by their time.
    fn column_of_sources(&self) -> &'static str {
        if self.since.is_some() { "+n_sources" } else { "n_sources" }
    }
}

/// What [`story`] reads.
const STORY_COLUMNS: &str =
    "id, title, first_published_at, last_published_at, n_articles, n_sources, is_routine, updated_at";

impl Reader {
    /// Stories, those with the most sources first; among equals the latest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories(&self, filter: &StoryFilter, limit: Option<u32>) -> Result<Vec<StoryRow>, StoreError> {
        let sources = filter.column_of_sources();
        self.stories_by(&format!("{sources} DESC, n_articles DESC, last_published_at DESC, id DESC"), filter, limit)
    }

    /// Stories, those first whose last article was published last.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories_told_last(&self, filter: &StoryFilter, limit: u32) -> Result<Vec<StoryRow>, StoreError> {
        self.stories_by("last_published_at DESC, id DESC", filter, Some(limit))
    }

    fn stories_by(&self, order: &str, filter: &StoryFilter, limit: Option<u32>) -> Result<Vec<StoryRow>, StoreError> {
        let (conditions, mut parameters) = filter.conditions();
        parameters.push((":limit", Box::new(limit.map_or(-1, i64::from))));
        let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
        self.readable_rows(
            &format!(
                "SELECT {STORY_COLUMNS} FROM stories WHERE {} ORDER BY {order} LIMIT :limit",
                conditions.join(" AND ")
            ),
            parameters.as_slice(),
            |story: &StoryRow| format!("story {}", story.id),
            story,
        )
    }

    /// A story by its row id. What cannot be read of it is replaced.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story(&self, id: i64) -> Result<Option<StoryRow>, StoreError> {
        let sql = format!("SELECT {STORY_COLUMNS} FROM stories WHERE id = ?1");
        let found = self.rows(&sql, params![id], |row| Ok(story(&Cells::new(row))));
        Ok(self.unless_damaged(found, || format!("story {id}"))?.pop())
    }

    /// The articles of a story, earliest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_members(&self, id: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.readable_rows(
            "SELECT article_id, title, coalesce(published_at, first_seen_at) AS at, publisher, reason, score, terms
             FROM story_members JOIN articles ON articles.id = article_id
             WHERE story_members.story_id = ?1 ORDER BY at, article_id",
            params![id],
            |member: &MemberRow| format!("article {}", member.id),
            |cells| MemberRow {
                id: cells.value(0),
                title: cells.optional_text(1),
                at: cells.text(2),
                publisher: cells.text(3),
                reason: cells.text(4),
                score: cells.value(5),
                terms: cells.list(6),
            },
        )
    }

    /// The story that an article belongs to. Where it cannot be read it is noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_of(&self, article_id: i64) -> Result<Option<i64>, StoreError> {
        let name = || format!("the story of article {article_id}");
        let sql = "SELECT story_id FROM story_members WHERE article_id = ?1";
        let story = self.readable_rows(sql, params![article_id], |_| name(), |cells| cells.value(0));
        Ok(self.unless_damaged(story, name)?.first().copied())
    }
}

fn story(cells: &Cells<'_, '_>) -> StoryRow {
    StoryRow {
        id: cells.value(0),
        title: cells.optional_text(1),
        first_published_at: cells.optional_text(2),
        last_published_at: cells.optional_text(3),
        n_articles: cells.value(4),
        n_sources: cells.value(5),
        is_routine: cells.value(6),
        updated_at: cells.text(7),
    }
}
