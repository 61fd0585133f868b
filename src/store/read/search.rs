//! Full-text search.

use crate::store::file::characters;
use crate::store::file::error::StoreError;
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::passage;
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

/// The index that an expression is asked of, and what it is there.
pub(super) struct AskedIndex {
    /// Its table.
    pub(super) name: &'static str,
    /// The expression, in the words of the index.
    pub(super) expression: String,
}

impl AskedIndex {
    /// Words of scripts without blanks are in an index of their own; articles with such words are in it as a whole.
    pub(super) fn of(expression: &str) -> AskedIndex {
        if characters::has_some(expression) {
            AskedIndex { name: characters::INDEX, expression: characters::by_character(expression) }
        } else {
            AskedIndex { name: "articles_fts", expression: expression.to_owned() }
        }
    }

    /// Whether it can cut the best passage out of a text: it has none where it keeps characters alone.
    fn has_texts(&self) -> bool {
        self.name != characters::INDEX
    }
}

impl Reader {
    /// Searches titles and bodies, best hit first. `expression` is in the syntax of FTS5; words of scripts without blanks are found
    /// wherever they stand.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is not valid.
    pub fn search(&self, expression: &str, filter: &ArticleFilter, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let (conditions, mut parameters) = filter.to_sql();
        let conditions = if conditions.is_empty() { "WHERE".to_owned() } else { format!("{conditions} AND") };
        let index = AskedIndex::of(expression);
        let passage =
            if index.has_texts() { "snippet(articles_fts, -1, char(1), char(2), '…', 24)" } else { "articles.body" };
        let name = index.name;
        // A match in the title counts five times as much.
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, {passage}
             FROM {name} JOIN articles ON articles.id = {name}.rowid
             LEFT JOIN sources ON sources.id = articles.source_id
             {conditions} {name} MATCH :expression ORDER BY bm25({name}, 5.0, 1.0), articles.id LIMIT {limit}"
        );
        let words = if index.has_texts() { Vec::new() } else { passage::words_of(expression) };
        parameters.push((":expression", Box::new(index.expression)));
        let wrong = |error: rusqlite::Error| StoreError::UserSql(error.to_string());
        let mut statement = self.connection().prepare(&sql).map_err(wrong)?;
        let rows = statement
            .query_map(parameters.as_slice(), |row| {
                Ok(self.readable(
                    row,
                    |hit: &SearchHit| article_name(&hit.row),
                    |cells| {
                        let text = cells.text(N_ARTICLE_COLUMNS);
                        let snippet = if words.is_empty() { text } else { passage::best(&text, &words, MATCH_MARKS) };
                        SearchHit { row: article_row(cells), snippet }
                    },
                ))
            })
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(wrong)?;
        Ok(rows.into_iter().flatten().collect())
    }
}
