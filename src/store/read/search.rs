//! Full-text search.

use crate::store::file::characters;
use crate::store::file::error::{StoreError, of_user};
use crate::store::read::article_filter::{ArticleFilter, Parameters, UserCondition};
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::passage;
use crate::store::read::reader::Reader;
use crate::store::read::spellings::{spellings, words_of};

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
    /// Words that stand in one piece in what is found, in all their spellings: to the index of characters the end of a sentence or a
    /// paragraph is nothing.
    in_one_piece: Vec<Vec<String>>,
}

/// So many words of a query are looked for in one piece: with that many, few texts have all by chance.
const IN_ONE_PIECE_MAX: usize = 4;

/// Names of the parameters for the spellings of a word.
const NAMES: [[&str; 3]; IN_ONE_PIECE_MAX] = [
    [":word0", ":word0a", ":word0b"],
    [":word1", ":word1a", ":word1b"],
    [":word2", ":word2a", ":word2b"],
    [":word3", ":word3a", ":word3b"],
];

/// A match in the title counts five times as much.
const WEIGHTS: &str = "5.0, 1.0";

impl Asked {
    /// Articles with words of scripts without blanks are in the index of characters as a whole, and others are in that of words alone.
    /// In both is what stands between such words: there it has blanks beside it in the first index only.
    pub(super) fn of(expression: &str) -> Asked {
        if !characters::has_some(expression) {
            return Asked { expression: expression.to_owned(), by_word: true, in_one_piece: Vec::new() };
        }
        let spellings: Vec<String> =
            spellings(expression).iter().map(|spelling| format!("({})", characters::by_character(spelling))).collect();
        Asked { expression: spellings.join(" OR "), by_word: false, in_one_piece: words_of(expression) }
    }

    /// What of the hits is in the answer, besides the conditions of a filter.
    pub(super) fn add_conditions(&self, conditions: &mut Vec<String>, parameters: &mut Parameters) {
        for (place, spellings) in self.in_one_piece.iter().enumerate().take(IN_ONE_PIECE_MAX) {
            let mut alternatives = Vec::new();
            for (spelling, name) in spellings.iter().zip(NAMES[place]) {
                alternatives.push(format!("instr(articles.title, {name}) > 0 OR instr(articles.body, {name}) > 0"));
                parameters.push((name, Box::new(spelling.clone())));
            }
            conditions.push(format!("({})", alternatives.join(" OR ")));
        }
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
        let (mut conditions, mut parameters) = filter.conditions(UserCondition::AsSubquery);
        let asked = Asked::of(expression);
        asked.add_conditions(&mut conditions, &mut parameters);
        let conditions = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
        let sql = format!(
            "SELECT {ARTICLE_COLUMNS}, coalesce(hits.passage, articles.body), hits.passage IS NULL
             FROM ({}) AS hits JOIN articles ON articles.id = hits.id
             LEFT JOIN sources ON sources.id = articles.source_id
             WHERE {conditions} ORDER BY hits.score, articles.id LIMIT {limit}",
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
