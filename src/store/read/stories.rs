//! Stories and their articles.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
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

/// What [`story`] reads.
const STORY_COLUMNS: &str = "id, title, first_published_at, last_published_at, n_articles, n_sources, is_routine";

impl Reader {
    /// Stories, those with the most sources first; among equals the latest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn stories(&self, filter: &StoryFilter, limit: Option<u32>) -> Result<Vec<StoryRow>, StoreError> {
        self.readable_rows(
            &format!(
                "SELECT {STORY_COLUMNS} FROM stories
                 WHERE n_articles >= max(1, ?1) AND n_sources >= ?2
                     AND (?3 IS NULL OR coalesce(last_published_at, updated_at) >= ?3)
                     AND (?4 IS NULL OR coalesce(first_published_at, updated_at) < ?4)
                     AND NOT (?6 AND is_routine)
                 ORDER BY n_sources DESC, n_articles DESC, last_published_at DESC, id DESC LIMIT ?5"
            ),
            params![
                filter.articles_min,
                filter.sources_min,
                filter.since.map(public_time),
                filter.until.map(public_time),
                limit.map_or(-1, i64::from),
                filter.is_news,
            ],
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
        let found = self
            .connection()
            .query_row(&format!("SELECT {STORY_COLUMNS} FROM stories WHERE id = ?1"), [id], |row| {
                Ok(story(&Cells::new(row)))
            })
            .optional()?;
        Ok(found)
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

    /// The story that an article belongs to.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn story_of(&self, article_id: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT story_id FROM story_members WHERE article_id = ?1";
        Ok(self.connection().query_row(sql, [article_id], |row| row.get(0)).optional()?)
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
    }
}
