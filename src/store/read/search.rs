//! Full-text search.

use crate::store::file::characters;
use crate::store::file::error::{StoreError, of_user};
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

/// What an expression is asked of: the index of words, that of characters, or both.
pub(super) struct Asked {
    /// The expression, in the words of the index.
    pub(super) expression: String,
    /// Whether the index of words is asked: it knows no word of a script without blanks.
    by_word: bool,
}

/// A match in the title counts five times as much.
const WEIGHTS: &str = "5.0, 1.0";

impl Asked {
    /// Articles with words of scripts without blanks are in the index of characters as a whole, and others are in that of words alone.
    /// In both is what stands between such words: there it has blanks beside it in the first index only.
    pub(super) fn of(expression: &str) -> Asked {
        let by_word = !characters::has_some(expression);
        let expression = if by_word { expression.to_owned() } else { characters::by_character(expression) };
        Asked { expression, by_word }
    }

    /// The hits of `:expression` as a query: `id`, `score` (less is better), and `passage` where the index has the texts to cut it from.
    pub(super) fn hits(&self) -> String {
        let by_character = format!(
            "SELECT rowid AS id, bm25(articles_characters, {WEIGHTS}) AS score, NULL AS passage
             FROM articles_characters WHERE articles_characters MATCH :expression"
        );
        if !self.by_word {
            return by_character;
        }
        format!(
            "SELECT rowid AS id, bm25(articles_fts, {WEIGHTS}) AS score,
                 snippet(articles_fts, -1, char(1), char(2), '…', 24) AS passage
             FROM articles_fts WHERE articles_fts MATCH :expression
             UNION ALL {by_character}
                 AND rowid NOT IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :expression)"
        )
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
        let asked = Asked::of(expression);
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, coalesce(hits.passage, articles.body), hits.passage IS NULL
             FROM ({}) AS hits JOIN articles ON articles.id = hits.id
             LEFT JOIN sources ON sources.id = articles.source_id
             {conditions} ORDER BY hits.score, articles.id LIMIT {limit}",
            asked.hits()
        );
        let words = passage::words_of(expression);
        parameters.push((":expression", Box::new(asked.expression)));
        let wrong = |error: rusqlite::Error| of_user(error, ToString::to_string);
        let mut statement = self.connection().prepare(&sql).map_err(wrong)?;
        let rows = statement
            .query_map(parameters.as_slice(), |row| {
                Ok(self.readable(
                    row,
                    |hit: &SearchHit| article_name(&hit.row),
                    |cells| {
                        let text = cells.text(N_ARTICLE_COLUMNS);
                        let is_whole: bool = cells.value(N_ARTICLE_COLUMNS + 1);
                        let snippet = if is_whole { passage::best(&text, &words, MATCH_MARKS) } else { text };
                        SearchHit { row: article_row(cells), snippet }
                    },
                ))
            })
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(wrong)?;
        Ok(rows.into_iter().flatten().collect())
    }
}
