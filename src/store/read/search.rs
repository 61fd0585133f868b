//! Full-text search.

use std::collections::HashMap;

use crate::store::file::error::{StoreError, of_user};
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::hits::{Asked, Hit, Index, RANKED_MAX};
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

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The best hits, best first.
    pub hits: Vec<SearchHit>,
    /// How many hits they are the best of: all, or the newest where there are more.
    pub n_ranked: usize,
    /// Whether those are all.
    pub are_all_ranked: bool,
}

impl Reader {
    /// Searches titles and bodies, best hit first. `expression` is in the syntax of FTS5; words of scripts without blanks are found
    /// wherever they stand. Of very many hits the newest alone are ranked: a thousand, or `limit` if that is more.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is not valid.
    pub fn search(&self, expression: &str, filter: &ArticleFilter, limit: u32) -> Result<Found, StoreError> {
        let wrong = |error: rusqlite::Error| of_user(error, ToString::to_string);
        let asked = Asked::of(expression);
        let ranked = asked.hits(self.connection(), filter, RANKED_MAX.max(limit)).map_err(wrong)?;
        let (n_ranked, are_all_ranked) = (ranked.len(), ranked.are_all);
        let hits = self.shown(&asked, &passage::words_of(expression), &ranked.best(limit)).map_err(wrong)?;
        Ok(Found { hits, n_ranked, are_all_ranked })
    }

    /// The articles of hits, in their order, with the passage of each.
    fn shown(&self, asked: &Asked, words: &[String], hits: &[Hit]) -> rusqlite::Result<Vec<SearchHit>> {
        let mut shown: HashMap<i64, SearchHit> = HashMap::with_capacity(hits.len());
        for &index in asked.indexes() {
            let table = index.table();
            let passage = match index {
                Index::Words => "snippet(articles_fts, -1, char(1), char(2), '…', 24)",
                Index::Characters => "articles.body",
            };
            let what = format!(
                "{ARTICLE_COLUMNS}, {passage} FROM {table} CROSS JOIN articles ON articles.id = {table}.rowid
                 LEFT JOIN sources ON sources.id = articles.source_id"
            );
            asked.of_hits(self.connection(), &what, index, hits, |row| {
                let hit = self.readable(
                    row,
                    |hit: &SearchHit| article_name(&hit.row),
                    |cells| {
                        let text = cells.text(N_ARTICLE_COLUMNS);
                        let snippet = match index {
                            Index::Words => text,
                            Index::Characters => passage::best(&text, words, MATCH_MARKS),
                        };
                        SearchHit { row: article_row(cells), snippet }
                    },
                );
                shown.extend(hit.map(|hit| (hit.row.id, hit)));
                Ok(())
            })?;
        }
        Ok(hits.iter().filter_map(|hit| shown.remove(&hit.id)).collect())
    }
}
