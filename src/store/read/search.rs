//! Full-text search.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rusqlite::params;

use crate::store::file::error::{StoreError, complaint, of_user};
use crate::store::file::volumes::{Closed, closed};
use crate::store::read::article_filter::ArticleFilter;
use crate::store::read::article_records::{ARTICLE_COLUMNS, ArticleRow, N_ARTICLE_COLUMNS, article_row};
use crate::store::read::articles::article_name;
use crate::store::read::beginnings::{Beginning, Begun, WithBeginning};
use crate::store::read::cells::DamagedRow;
use crate::store::read::hit::{Hit, Index};
use crate::store::read::hits::{Again, Asked};
use crate::store::read::passage;
use crate::store::read::reader::{Reader, in_parts_of, list};
use crate::store::read::volume_hits::Files;

pub use crate::store::read::hits::RANKED_MAX;

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

/// What a hit is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedHit {
    /// Row id of the article.
    pub id: i64,
    /// Publication time.
    pub published_at: Option<String>,
    /// Publication day, `YYYYMMDD`.
    pub date: Option<String>,
    /// The source that had it first.
    pub source: Option<String>,
    /// Language code.
    pub language: Option<String>,
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The hits, in their order.
    pub hits: Vec<SearchHit>,
    /// What they are of all that there are.
    pub order: Order,
}

/// What hits are of all that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The best of so many, which are all, best first.
    BestOfAll(usize),
    /// The best of so many that came in last, best first.
    BestOfNewest(usize),
    /// The newest by the times of lists, newest first.
    Newest,
    /// So many by the times of lists, which are all, newest first.
    NewestOfAll(usize),
}

/// What hits are counted by, as they are: nothing of their texts is read.
const COUNTED_SQL: &str = "SELECT articles.id, articles.published_at, articles.date, sources.slug, articles.language
     FROM articles LEFT JOIN sources ON sources.id = articles.source_id WHERE articles.id IN rarray(?1)";

impl Reader {
    /// Searches titles and bodies, best hit first. `expression` is in the syntax of FTS5; words of scripts without blanks are found
    /// wherever they stand. Of very many hits those alone are ranked that came in last: [`RANKED_MAX`], or `limit` if that is more. Of
    /// articles with a word that begins in a way in which words at very many places do, up to a thousand are the newest, and are not ranked.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is not valid.
    pub fn search(&self, expression: &str, filter: &ArticleFilter, limit: u32) -> Result<Found, StoreError> {
        Ok(self.find(expression, filter, limit, limit)?.0)
    }

    /// The same, but that hits are passed to `visit`, some thousand of them being in memory at one time: of the others only the numbers and
    /// ranks are. The database is not being read while `visit` works. Of hits that are gone by then nothing is passed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, the expression is not valid, or `visit` fails.
    pub fn for_each_hit<E: From<StoreError>>(
        &self,
        expression: &str,
        filter: &ArticleFilter,
        limit: u32,
        visit: impl FnMut(SearchHit) -> Result<(), E>,
    ) -> Result<Order, E> {
        if limit <= RANKED_MAX {
            let found = self.search(expression, filter, limit)?;
            found.hits.into_iter().try_for_each(visit)?;
            return Ok(found.order);
        }
        let wrong = |error: rusqlite::Error| blame(error, expression, filter);
        let asked = Asked::of(expression);
        let words = passage::words_of(expression);
        let (best, order) = self.best(&asked, filter, limit).map_err(wrong)?;
        let show = |part: &[Hit]| {
            let mut part = part.to_vec();
            // A month may have been closed while somebody looked at the hits before.
            let closed = closed(self.connection()).unwrap_or_default();
            self.files(&closed).place(&mut part)?;
            self.shown(&asked, &words, &part, Again::InParts)
        };
        in_parts_of(asked.n_at_once(), &best, |part| show(part).map_err(wrong), visit)?;
        Ok(order)
    }

    /// The same as [`Reader::search`], and what more of the hits are counted by, in their order: a passage is cut out for those that are shown alone.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the expression is not valid.
    pub fn search_and_count(
        &self,
        expression: &str,
        filter: &ArticleFilter,
        limit: u32,
        n_counted: u32,
    ) -> Result<(Found, Vec<CountedHit>), StoreError> {
        let (found, ids) = self.find(expression, filter, limit, n_counted.max(limit))?;
        let rows = self.readable_rows(
            COUNTED_SQL,
            params![list(&ids)],
            |hit: &CountedHit| format!("article {}", hit.id),
            |cells| CountedHit {
                id: cells.value(0),
                published_at: cells.optional_text(1),
                date: cells.optional_text(2),
                source: cells.text_of_other(3),
                language: cells.optional_text(4),
            },
        )?;
        let mut counted: HashMap<i64, CountedHit> = rows.into_iter().map(|hit| (hit.id, hit)).collect();
        Ok((found, ids.iter().filter_map(|id| counted.remove(id)).collect()))
    }

    /// Finds so many hits, shows so many of them, and tells which ones it has found.
    fn find(
        &self,
        expression: &str,
        filter: &ArticleFilter,
        n_shown: u32,
        n_found: u32,
    ) -> Result<(Found, Vec<i64>), StoreError> {
        let wrong = |error: rusqlite::Error| blame(error, expression, filter);
        if n_found <= RANKED_MAX
            && let Some(found) = self.newest_with_beginning(expression, filter, n_shown, n_found).map_err(wrong)?
        {
            return Ok(found);
        }
        let asked = Asked::of(expression);
        let (best, order) = self.best(&asked, filter, n_found).map_err(wrong)?;
        let first = &best[..best.len().min(n_shown as usize)];
        let hits = self.shown(&asked, &passage::words_of(expression), first, Again::AtOnce).map_err(wrong)?;
        Ok((Found { hits, order }, best.iter().map(|hit| hit.id).collect()))
    }

    /// The best hits of all or of the newest, best first, and which of these it is.
    fn best(&self, asked: &Asked, filter: &ArticleFilter, n_found: u32) -> rusqlite::Result<(Vec<Hit>, Order)> {
        let closed = self.closed_months();
        let ranked = asked.hits(self.files(&closed), filter, RANKED_MAX.max(n_found))?;
        let order = if ranked.are_all { Order::BestOfAll(ranked.len()) } else { Order::BestOfNewest(ranked.len()) };
        Ok((ranked.best(n_found), order))
    }

    /// The last articles that came in of those that a search finds, so many at most, the last first: what somebody who has read the earlier
    /// ones has not seen yet, however well it fits, and whenever it was published.
    ///
    /// # Errors
    ///
    /// As [`Reader::search`].
    pub fn newest_matching(
        &self,
        expression: &str,
        filter: &ArticleFilter,
        limit: u32,
    ) -> Result<Vec<ArticleRow>, StoreError> {
        let wrong = |error: rusqlite::Error| blame(error, expression, filter);
        let begun = match Beginning::of(expression) {
            Some(beginning) if beginning.is_at_many_places(self.connection()).map_err(wrong)? => {
                beginning.newest(self.connection(), filter, limit).map_err(wrong)?
            }
            _ => None,
        };
        let ids = match begun {
            Some(begun) => begun.newest.into_iter().map(|one| one.id).collect(),
            None => {
                let closed = self.closed_months();
                Asked::of(expression).newest_ids(self.files(&closed), filter, limit).map_err(wrong)?
            }
        };
        let mut rows = self.articles_among(&ids).map_err(wrong)?;
        rows.sort_unstable_by_key(|row| Reverse(row.id));
        Ok(rows)
    }

    /// The newest articles with a word of which an expression is the beginning, where very many have one.
    fn newest_with_beginning(
        &self,
        expression: &str,
        filter: &ArticleFilter,
        n_shown: u32,
        n_found: u32,
    ) -> rusqlite::Result<Option<(Found, Vec<i64>)>> {
        let Some(beginning) = Beginning::of(expression) else { return Ok(None) };
        if !beginning.is_at_many_places(self.connection())? {
            return Ok(None);
        }
        let mut newest: Vec<WithBeginning> = Vec::new();
        let mut are_all = false;
        let mut shown = HashMap::new();
        let mut n_tried = 0;
        let mut n_sought = n_shown;
        loop {
            if !are_all && newest.len() < n_sought.max(n_found) as usize {
                let Some(begun) = beginning.newest(self.connection(), filter, n_sought.max(n_found))? else {
                    return Ok(None);
                };
                Begun { newest, are_all } = begun;
            }
            let tried = &newest[n_tried..newest.len().min(n_sought as usize)];
            n_tried += tried.len();
            let mut by_word: BTreeMap<(Index, &str), Vec<Hit>> = BTreeMap::new();
            for WithBeginning { id, index, word } in tried {
                by_word.entry((*index, word)).or_default().push(Hit::unscored(*id, *index));
            }
            for ((_, word), mut hits) in by_word {
                self.files(&self.closed_months()).place(&mut hits)?;
                let found =
                    self.shown(&Asked::of(&format!("\"{word}\"")), &[word.to_lowercase()], &hits, Again::AtOnce)?;
                shown.extend(found.into_iter().map(|hit| (hit.row.id, hit)));
            }
            if shown.len() >= n_shown as usize || are_all && n_tried == newest.len() {
                let hits: Vec<SearchHit> =
                    newest.iter().filter_map(|one| shown.remove(&one.id)).take(n_shown as usize).collect();
                let order = match newest.len() {
                    _ if !are_all => Order::Newest,
                    // Of one there is no order.
                    0 | 1 => Order::BestOfAll(hits.len()),
                    n_all => Order::NewestOfAll(n_all),
                };
                let ids = newest.iter().take(n_found as usize).map(|one| one.id).collect();
                return Ok(Some((Found { hits, order }, ids)));
            }
            // The index has not got all of them yet: another program has just written some.
            n_sought = n_sought.saturating_mul(2);
        }
    }

    /// The articles of hits, in their order, with the passage of each.
    fn shown(&self, asked: &Asked, words: &[String], hits: &[Hit], again: Again) -> rusqlite::Result<Vec<SearchHit>> {
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
            asked.of_hits(self.connection(), &what, index, hits, again, |row| {
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
        if hits.iter().any(|hit| hit.volume.is_some()) {
            self.show_of_volumes(asked, words, hits, again, &mut shown)?;
        }
        Ok(hits.iter().filter_map(|hit| shown.remove(&hit.id)).collect())
    }

    /// The same of hits in volumes.
    fn show_of_volumes(
        &self,
        asked: &Asked,
        words: &[String],
        hits: &[Hit],
        again: Again,
        shown: &mut HashMap<i64, SearchHit>,
    ) -> rusqlite::Result<()> {
        let closed = self.closed_months();
        let ids: Vec<i64> = hits.iter().filter(|hit| hit.volume.is_some()).map(|hit| hit.id).collect();
        let mut rows: HashMap<i64, ArticleRow> =
            self.articles_among(&ids)?.into_iter().map(|row| (row.id, row)).collect();
        for &index in asked.indexes() {
            for (id, text) in asked.passages_in_volumes(self.files(&closed), index, hits, again) {
                let Some(row) = rows.remove(&id) else { continue };
                let snippet = match index {
                    Index::Words => text,
                    Index::Characters => passage::best(&text, words, MATCH_MARKS),
                };
                shown.insert(id, SearchHit { row, snippet });
            }
        }
        Ok(())
    }

    fn files<'a>(&'a self, closed: &'a [Closed]) -> Files<'a> {
        Files { connection: self.connection(), volumes: Some(self.volumes()), closed }
    }

    /// The months whose texts stand in volumes. What cannot be read of them is noted as damage.
    fn closed_months(&self) -> Vec<Closed> {
        let closed = closed(self.connection()).unwrap_or_else(|error| {
            let faults = vec![error.to_string()];
            self.note_damage(DamagedRow { name: "the list of volumes".to_owned(), faults, is_left_out: true });
            Vec::new()
        });
        self.volumes().learn(&closed);
        closed
    }
}

/// The error of a search.
fn blame(error: rusqlite::Error, expression: &str, filter: &ArticleFilter) -> StoreError {
    of_user(error, |error| {
        // Either may be wrong: the condition was whole by itself, and stands in a larger one here.
        let condition = filter.condition.as_ref().map(|condition| format!(" with --where {condition:?}"));
        format!("{expression:?}{}: {}", condition.unwrap_or_default(), complaint(error))
    })
}
