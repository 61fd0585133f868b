//! Articles: lists, documents for an export, all that is stored of one, its earlier wordings.

use rusqlite::{OptionalExtension, Row, params};

use crate::store::file::error::StoreError;
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{
    ARTICLE_COLUMNS, ArticleDetails, ArticleRow, DETAIL_COLUMNS, N_ARTICLE_COLUMNS, N_DETAIL_COLUMNS, article_details,
    article_row,
};
use crate::store::read::cells::{Cells, DamagedRow};
use crate::store::read::reader::Reader;

/// One article for an export.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// All that is stored of it.
    pub article: ArticleDetails,
    /// The sources in which it was seen.
    pub sources: Vec<String>,
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

impl Reader {
    /// Lists articles, newest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the user's condition is wrong.
    pub fn articles(&self, filter: &ArticleFilter, limit: u32) -> Result<Vec<ArticleRow>, StoreError> {
        let (conditions, parameters) = filter.to_sql();
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS} FROM articles LEFT JOIN sources ON sources.id = articles.source_id {conditions}
             ORDER BY coalesce(articles.published_at, articles.first_seen_at) DESC, articles.id DESC LIMIT {limit}"
        );
        let blame = |error: rusqlite::Error| filter.blame(&error);
        let mut statement = self.connection().prepare(&sql).map_err(blame)?;
        let rows = statement.query_map(parameters.as_slice(), |row| Ok(self.readable(row, article_name, article_row)));
        let rows = rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(blame)?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Passes every chosen article to `visit` in the order of a bundle: by publication time, unknown last, then by
    /// address.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, the user's condition is wrong, or `visit` fails.
    pub fn for_each_document<E: From<StoreError>>(
        &self,
        filter: &ArticleFilter,
        mut visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let (conditions, parameters) = filter.to_sql();
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {DETAIL_COLUMNS},
                 (SELECT group_concat(slug, char(10)) FROM (SELECT seen.slug FROM sightings
                      JOIN sources AS seen ON seen.id = sightings.source_id
                      WHERE sightings.article_id = articles.id ORDER BY seen.slug))
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id {conditions}
             ORDER BY articles.published_at IS NULL, articles.published_at, articles.url IS NULL, articles.url, articles.id"
        );
        let blame = |error: rusqlite::Error| filter.blame(&error);
        let mut statement = self.connection().prepare(&sql).map_err(blame)?;
        let mut rows = statement.query(parameters.as_slice()).map_err(blame)?;
        while let Some(row) = rows.next().map_err(blame)? {
            let name = |document: &DocumentRow| article_name(&document.article.row);
            if let Some(document) = self.readable(row, name, document_row) {
                visit(document)?;
            }
        }
        Ok(())
    }

    /// All that is stored of an article. What cannot be read of it is replaced, and noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article(&self, id: i64) -> Result<Option<ArticleDetails>, StoreError> {
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {DETAIL_COLUMNS}
             FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id = ?1"
        );
        let read = |row: &Row<'_>| {
            let cells = Cells::new(row);
            Ok((article_details(&cells), cells.into_faults()))
        };
        let Some((article, faults)) = self.connection().query_row(&sql, [id], read).optional()? else {
            return Ok(None);
        };
        if !faults.is_empty() {
            self.note_damage(DamagedRow { name: article_name(&article.row), faults, is_left_out: false });
        }
        Ok(Some(article))
    }

    /// Earlier wordings of an article, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn revisions(&self, article_id: i64) -> Result<Vec<RevisionRow>, StoreError> {
        self.readable_rows(
            "SELECT revision, title, body, seen_at FROM revisions WHERE article_id = ?1 ORDER BY revision",
            params![article_id],
            |row: &RevisionRow| format!("revision {} of article {article_id}", row.revision),
            |cells| RevisionRow {
                revision: cells.value(0),
                title: cells.optional_text(1),
                body: cells.text(2),
                seen_at: cells.text(3),
            },
        )
    }
}

/// What an article is called where it is damaged.
pub(in crate::store) fn article_name(row: &ArticleRow) -> String {
    format!("article {}", row.id)
}

/// Reads [`ARTICLE_COLUMNS`], [`DETAIL_COLUMNS`] and the sources, a line each.
fn document_row(cells: &Cells<'_, '_>) -> DocumentRow {
    let sources = cells.optional_text(N_ARTICLE_COLUMNS + N_DETAIL_COLUMNS).unwrap_or_default();
    DocumentRow { article: article_details(cells), sources: sources.lines().map(str::to_owned).collect() }
}
