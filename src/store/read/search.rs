//! Full-text search.

use crate::store::file::error::StoreError;
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::reader::Reader;

/// A search result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The article.
    pub row: ArticleRow,
    /// The best passage, with [`MATCH_MARKS`] around each match.
    pub snippet: String,
}

/// The marks around a match in [`SearchHit::snippet`]. No stored text contains these characters.
pub const MATCH_MARKS: (char, char) = ('\u{1}', '\u{2}');

impl Reader {
    /// Searches titles and bodies, best hit first. `expression` is in the syntax of FTS5.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is not valid.
    pub fn search(&self, expression: &str, filter: &ArticleFilter, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let (conditions, mut parameters) = filter.to_sql();
        let conditions = if conditions.is_empty() { "WHERE".to_owned() } else { format!("{conditions} AND") };
        parameters.push((":expression", Box::new(expression.to_owned())));
        // A match in the title counts five times as much.
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, snippet(articles_fts, -1, char(1), char(2), '…', 24)
             FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid
             LEFT JOIN sources ON sources.id = articles.source_id
             {conditions} articles_fts MATCH :expression ORDER BY bm25(articles_fts, 5.0, 1.0), articles.id LIMIT {limit}"
        );
        let wrong = |error: rusqlite::Error| StoreError::UserSql(error.to_string());
        let mut statement = self.connection().prepare(&sql).map_err(wrong)?;
        let rows = statement
            .query_map(parameters.as_slice(), |row| {
                Ok(self.readable(
                    row,
                    |hit: &SearchHit| article_name(&hit.row),
                    |cells| SearchHit { row: article_row(cells), snippet: cells.text(N_ARTICLE_COLUMNS) },
                ))
            })
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(wrong)?;
        Ok(rows.into_iter().flatten().collect())
    }
}
