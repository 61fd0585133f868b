//! Articles: lists, all that is stored of one, its earlier wordings.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use crate::store::file::error::StoreError;
use crate::store::file::volumes::{article_body, revision_body};
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition, clause};
use crate::store::read::article_records::{
    ARTICLE_COLUMNS, ArticleDetails, ArticleRow, DETAIL_COLUMNS, article_details, article_row,
};
use crate::store::read::cells::{Cells, DamagedRow};
use crate::store::read::newest::{self, LIST_MAX};
use crate::store::read::reader::{Reader, ids_of, in_parts, list};
use crate::store::read::salvage;

/// What is told of an article wherever it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleMarks {
    /// Row id.
    pub id: i64,
    /// The source that had it first.
    pub source: Option<String>,
    /// First sighting.
    pub first_seen_at: String,
    /// Kind of body, such as `full`, `teaser` or `wall`.
    pub body_kind: String,
    /// Quality, 0 to 100.
    pub quality: u8,
    /// What its publisher says against text mining and AI training.
    pub reservations: Vec<String>,
}

/// An earlier wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// 1 for the first.
    pub revision: u32,
    /// Its headline.
    pub title: Option<String>,
    /// Its body.
    pub body: String,
    /// When it was first seen.
    pub seen_at: String,
}

const NEWEST_FIRST: &str = "ORDER BY coalesce(articles.published_at, articles.first_seen_at) DESC, articles.id DESC";

impl Reader {
    /// Lists articles, newest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn articles(&self, filter: &ArticleFilter, limit: u32) -> Result<Vec<ArticleRow>, StoreError> {
        let blame = |error: rusqlite::Error| filter.blame(error);
        let (conditions, parameters) = self.newest_of(filter, limit).map_err(blame)?;
        self.listed(&conditions, &parameters, limit).map_err(blame)
    }

    /// Passes articles to `visit`, newest first, some thousand of them being in memory at one time: of the others only the numbers are.
    /// The database is not being read while `visit` works, which may take as long as somebody looks at a page of them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, the user's condition is wrong, or `visit` fails.
    pub fn for_each_article<E: From<StoreError>>(
        &self,
        filter: &ArticleFilter,
        limit: u32,
        visit: impl FnMut(ArticleRow) -> Result<(), E>,
    ) -> Result<(), E> {
        if limit <= LIST_MAX {
            return self.articles(filter, limit)?.into_iter().try_for_each(visit);
        }
        let ids = self.numbers_of(filter, limit).map_err(|error| filter.blame(error))?;
        in_parts(&ids, |ids| Ok(self.articles_among(ids)?), visit)
    }

    /// The numbers of articles, newest first.
    fn numbers_of(&self, filter: &ArticleFilter, limit: u32) -> rusqlite::Result<Vec<i64>> {
        let (conditions, parameters) = filter.to_sql();
        let sql = format!("SELECT articles.id FROM articles {conditions} {NEWEST_FIRST} LIMIT {limit}");
        ids_of(self.connection(), &sql, &parameters)
    }

    /// The articles with these numbers, newest first.
    pub(super) fn articles_among(&self, ids: &[i64]) -> rusqlite::Result<Vec<ArticleRow>> {
        let (conditions, parameters) = among(Vec::new(), Vec::new(), ids);
        self.listed(&conditions, &parameters, u32::MAX)
    }

    fn listed(&self, conditions: &str, parameters: &Parameters, limit: u32) -> rusqlite::Result<Vec<ArticleRow>> {
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS} FROM articles LEFT JOIN sources ON sources.id = articles.source_id {conditions}
             {NEWEST_FIRST} LIMIT {limit}"
        );
        let mut statement = self.connection().prepare(&sql)?;
        let rows =
            statement.query_map(parameters.as_slice(), |row| Ok(self.readable(row, article_name, article_row)))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// For each of these articles that there is, its number and that of its last change, in ascending order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_changes_of(&self, ids: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = "SELECT id, change_seq FROM articles WHERE id IN rarray(?1) ORDER BY id";
        self.rows(sql, params![list(ids)], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// For each of these stories that there is, its number and the last change of any of its articles, in ascending order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_changes_in_stories(&self, ids: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = "SELECT story_members.story_id, max(change_seq) FROM story_members CROSS JOIN articles ON articles.id = article_id
                   WHERE story_members.story_id IN rarray(?1) GROUP BY story_members.story_id ORDER BY story_members.story_id";
        self.rows(sql, params![list(ids)], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// A `WHERE` clause by which the newest articles of a choice are found soon, and its parameters.
    fn newest_of(&self, filter: &ArticleFilter, limit: u32) -> rusqlite::Result<(String, Parameters)> {
        let connection = self.connection();
        if limit > LIST_MAX {
            return Ok(filter.to_sql());
        }
        if let Some(ids) = newest::newest_in_language(connection, filter, limit)? {
            return Ok(among(Vec::new(), Vec::new(), &ids));
        }
        if let Some(language) = &filter.language
            && let Some(ids) = newest::few_in_language(connection, language)?
        {
            let (conditions, parameters) = filter.conditions(UserCondition::RowByRow);
            return Ok(among(conditions, parameters, &ids));
        }
        if let Some(ids) = newest::newest_of_source(connection, filter, limit)? {
            return Ok(among(Vec::new(), Vec::new(), &ids));
        }
        if let Some(ids) = newest::newest_by_condition(connection, filter, limit)? {
            return Ok(among(Vec::new(), Vec::new(), &ids));
        }
        if filter.language.is_some() && filter.source_id.is_none() && filter.story_id.is_none() {
            // They are gone through by their times, and many of them are in it.
            let (conditions, parameters) = filter.conditions(UserCondition::RowByRow);
            return Ok((clause(&conditions), parameters));
        }
        Ok(filter.to_sql())
    }

    /// All that is stored of an article. What cannot be read of it is replaced, and noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article(&self, id: i64) -> Result<Option<ArticleDetails>, StoreError> {
        self.even_without_sources(id, |sources| self.article_of(id, sources))
    }

    fn article_of(&self, id: i64, sources: &str) -> Result<Option<ArticleDetails>, StoreError> {
        let body = article_body(self.connection());
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {body} AS body, {DETAIL_COLUMNS}
             FROM articles LEFT JOIN {sources} AS sources ON sources.id = articles.source_id WHERE articles.id = ?1"
        );
        let read = |row: &Row<'_>| {
            let cells = Cells::new(row);
            Ok((article_details(&cells), cells.take_faults_of_others(), cells.into_faults()))
        };
        let mut statement = self.connection().prepare_cached(&sql)?;
        let Some((article, faults_of_others, faults)) = statement.query_row([id], read).optional()? else {
            return Ok(None);
        };
        if !faults_of_others.is_empty() {
            let name = format!("what belongs to {}", article_name(&article.row));
            self.note_damage(DamagedRow { name, faults: faults_of_others, is_left_out: true });
        }
        if !faults.is_empty() && !self.is_of_volume(&faults) {
            self.note_damage(DamagedRow { name: article_name(&article.row), faults, is_left_out: false });
        }
        Ok(Some(article))
    }

    /// Asks for an article joined with `sources`, and once more with none where that meets a damaged page.
    pub(super) fn even_without_sources<T>(
        &self,
        id: i64,
        ask: impl Fn(&str) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match ask("sources") {
            Err(StoreError::Malformed { .. }) => {}
            answer => return answer,
        }
        let answer = ask("(SELECT NULL AS id, NULL AS slug, NULL AS title)")?;
        if answer.is_some() {
            self.note_damage(salvage::left_out(format!("the source of article {id}")));
        }
        Ok(answer)
    }

    /// What is told of these articles wherever they are named, by their ids.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_marks(&self, ids: &[i64]) -> Result<HashMap<i64, ArticleMarks>, StoreError> {
        let marks = self.readable_rows(
            "SELECT articles.id, sources.slug, first_seen_at, body_kind, quality, reservations
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id IN rarray(?1)",
            params![list(ids)],
            |marks: &ArticleMarks| format!("article {}", marks.id),
            |cells| ArticleMarks {
                id: cells.value(0),
                source: cells.text_of_other(1),
                first_seen_at: cells.text(2),
                body_kind: cells.text(3),
                quality: cells.value(4),
                reservations: cells.list(5),
            },
        )?;
        Ok(marks.into_iter().map(|marks| (marks.id, marks)).collect())
    }

    /// Earlier wordings of an article, oldest first. Those on a damaged page are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn revisions(&self, article_id: i64) -> Result<Vec<RevisionRow>, StoreError> {
        let body = revision_body(self.connection());
        let revisions = self.readable_rows(
            &format!(
                "SELECT revision, title, {body} AS body, seen_at FROM revisions WHERE article_id = ?1 ORDER BY revision"
            ),
            params![article_id],
            |row: &RevisionRow| format!("revision {} of article {article_id}", row.revision),
            |cells| RevisionRow {
                revision: cells.value(0),
                title: cells.optional_text(1),
                body: cells.text(2),
                seen_at: cells.time(3),
            },
        );
        self.unless_damaged(revisions, || format!("the earlier wordings of article {article_id}"))
    }
}

/// A `WHERE` clause for those of some articles that conditions choose, and its parameters.
fn among(mut conditions: Vec<String>, mut parameters: Parameters, ids: &[i64]) -> (String, Parameters) {
    conditions.push("articles.id IN rarray(:ids)".to_owned());
    parameters.push((":ids", Box::new(list(ids))));
    (clause(&conditions), parameters)
}

/// What an article is called where it is damaged.
pub(in crate::store) fn article_name(row: &ArticleRow) -> String {
    format!("article {}", row.id)
}
