//! The watches, in memory: as they were when somebody last changed one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{Watch, WatchKind};
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

use super::index::QueryIndex;

/// A stored watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRow {
    /// Row id.
    pub id: i64,
    /// What it says.
    pub watch: Watch,
    /// Slug of the source whose articles count.
    pub source: Option<String>,
    /// Whether it is judged.
    pub is_active: bool,
    /// When it was added.
    pub created_at: String,
    /// The last change before.
    pub begins_after: i64,
    /// Messages of it that wait, and that were sent within the time for which they are kept.
    pub n_waiting: u64,
    /// See [`WatchRow::n_waiting`].
    pub n_sent: u64,
    /// When it last had something to tell.
    pub last_message_at: Option<String>,
}

/// So many texts that answer a word are counted; what more have is no rarer.
const COUNTED_MAX: u32 = 200;

/// Articles whose answers are kept, so that a story's earlier articles need not be read again for each one that joins it.
const KEPT_MAX: usize = 50_000;

/// The places of words in `articles_fts`. FTS5 knows them as a table, which is no part of the file.
const PLACES: &str =
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp._watched_places USING fts5vocab('main', 'articles_fts', 'instance')";

/// The active watches, found by the words of articles.
#[derive(Debug)]
pub struct WatchBook {
    /// Changes of watches up to which it was read; none where it is of nobody's watches.
    generation: Option<i64>,
    pub(super) watches: Vec<WatchRow>,
    /// Those without a query.
    pub(super) without_query: Vec<usize>,
    pub(super) index: QueryIndex,
    /// Which watches an article answers, by its number, with the wording of which that is.
    pub(super) answers: HashMap<i64, (Option<i64>, Arc<[usize]>)>,
    /// How often words stand in texts, from one reading to the next.
    counts: HashMap<String, u32>,
    /// Where what has been is judged as if it were now.
    pub(super) past: Option<Past>,
}

/// What is known of when things were, where they are judged later.
#[derive(Debug)]
pub(super) struct Past {
    /// Since when things count.
    pub(super) since: Timestamp,
    /// From which article on they came in at which time at the earliest, rising.
    arrivals: Vec<(i64, Timestamp)>,
}

impl Past {
    /// When an article came in, at the earliest: not before those that came before it. One of an import says when it was published instead.
    pub(super) fn arrival(&self, id: i64) -> Option<Timestamp> {
        let n_before = self.arrivals.partition_point(|(first, _)| *first <= id);
        n_before.checked_sub(1).map(|last| self.arrivals[last].1)
    }
}

impl Default for WatchBook {
    fn default() -> WatchBook {
        WatchBook {
            generation: None,
            watches: Vec::new(),
            without_query: Vec::new(),
            index: QueryIndex::new(std::iter::empty(), &mut |_| 0),
            answers: HashMap::new(),
            counts: HashMap::new(),
            past: None,
        }
    }
}

impl WatchBook {
    /// Whether nothing is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// How many watches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.watches.len()
    }

    /// The first change that any of them may be told of, less one.
    #[must_use]
    pub fn begins_after(&self) -> i64 {
        self.watches.iter().map(|row| row.begins_after).min().unwrap_or(i64::MAX)
    }

    /// The names of all receivers that they tell.
    #[must_use]
    pub fn receivers(&self) -> HashSet<&str> {
        self.watches.iter().flat_map(|row| row.watch.receivers.iter().map(String::as_str)).collect()
    }

    pub(super) fn fill(&mut self, connection: &Connection, watches: Vec<WatchRow>) -> Result<(), StoreError> {
        connection.execute_batch(PLACES)?;
        let sql = "SELECT count(*) FROM (SELECT 1 FROM temp._watched_places WHERE term = ?1 LIMIT ?2)";
        let mut statement = connection.prepare_cached(sql)?;
        let mut failure = None;
        let mut rarity = |word: &str| match self.counts.get(word) {
            Some(count) => *count,
            None => match statement.query_row((word, COUNTED_MAX), |row| row.get(0)) {
                Ok(count) => {
                    self.counts.insert(word.to_owned(), count);
                    count
                }
                Err(error) => {
                    failure = Some(error);
                    0
                }
            },
        };
        let queries =
            watches.iter().enumerate().filter_map(|(number, row)| Some((number, row.watch.query.as_deref()?)));
        self.index = QueryIndex::new(queries, &mut rarity);
        if let Some(error) = failure {
            return Err(error.into());
        }
        self.without_query = (0..watches.len()).filter(|number| watches[*number].watch.query.is_none()).collect();
        self.watches = watches;
        self.answers.clear();
        Ok(())
    }

    pub(super) fn keep(&mut self, article: i64, wording: Option<i64>, answers: &Arc<[usize]>) {
        if self.answers.len() >= KEPT_MAX {
            self.answers.clear();
        }
        self.answers.insert(article, (wording, Arc::clone(answers)));
    }
}

/// What a list says of the messages of a watch; whoever judges does without.
const COUNTS: &str = "(SELECT count(*) FROM messages WHERE watch_id = watches.id AND messages.state = 'waiting'),
         (SELECT count(*) FROM messages WHERE watch_id = watches.id AND messages.state = 'sent'),
         (SELECT max(made_at) FROM messages WHERE watch_id = watches.id)";
const NO_COUNTS: &str = "0, 0, NULL";

fn watches_sql(counts: &str, rest: &str) -> String {
    format!(
        "SELECT watches.id, name, query, source_id, slug, watches.language, watches.kind, min_sources, receivers, watches.state,
             watches.created_at, begins_after, {counts}
         FROM watches LEFT JOIN sources ON sources.id = source_id {rest}"
    )
}

impl Reader {
    /// All watches, by their names.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn watches(&self) -> Result<Vec<WatchRow>, StoreError> {
        self.watch_rows(&watches_sql(COUNTS, "ORDER BY name"))
    }

    fn watch_rows(&self, sql: &str) -> Result<Vec<WatchRow>, StoreError> {
        self.readable_rows(
            sql,
            [],
            |row: &WatchRow| format!("watch {}", row.id),
            |cells| {
                let kind = WatchKind::of(&cells.text(6));
                cells.require(6, kind.is_some(), "is none that this version knows");
                WatchRow {
                    id: cells.value(0),
                    watch: Watch {
                        name: cells.text(1),
                        query: cells.optional_text(2),
                        source_id: cells.value(3),
                        language: cells.optional_text(5),
                        kind: kind.unwrap_or(WatchKind::Removed),
                        min_sources: cells.value(7),
                        receivers: cells.list(8),
                    },
                    source: cells.optional_text(4),
                    is_active: cells.text(9) == "active",
                    created_at: cells.text(10),
                    begins_after: cells.value(11),
                    n_waiting: cells.value(12),
                    n_sent: cells.value(13),
                    last_message_at: cells.optional_text(14),
                }
            },
        )
    }

    /// Brings a book up to date, where somebody has changed a watch since. Returns up to which change all was judged and written down.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn read_watches(&self, book: &mut WatchBook) -> Result<i64, StoreError> {
        let sql = "SELECT judged_up_to, generation FROM _watch_state";
        let (judged_up_to, generation) = self.connection().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if book.generation != Some(generation) {
            let of_active = "WHERE watches.state = 'active' ORDER BY watches.id";
            let rows = self.watch_rows(&watches_sql(NO_COUNTS, of_active))?;
            book.fill(self.connection(), rows)?;
            book.generation = Some(generation);
        }
        Ok(judged_up_to)
    }

    /// A book of one watch that is not stored, as if it had been added at a time, before a change, and what came since were judged then.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn book_of(&self, watch: Watch, since: Timestamp, begins_after: i64) -> Result<WatchBook, StoreError> {
        let mut book = WatchBook { past: Some(self.past(since, begins_after)?), ..WatchBook::default() };
        let row = WatchRow {
            id: 0,
            watch,
            source: None,
            is_active: true,
            created_at: String::new(),
            begins_after,
            n_waiting: 0,
            n_sent: 0,
            last_message_at: None,
        };
        book.fill(self.connection(), vec![row])?;
        Ok(book)
    }

    fn past(&self, since: Timestamp, begins_after: i64) -> Result<Past, StoreError> {
        // An article changed last when it came or later, and of that there is an index; behind a plus nothing else is one.
        let sql = "SELECT id, first_seen_at FROM articles
                   WHERE change_seq > ?1 AND new_seq > ?1 AND +first_seen_at <= ?2 ORDER BY +id";
        let seen = self.rows(sql, params![begins_after, public_time(Timestamp::now())], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?.parse::<Timestamp>().ok()))
        })?;
        let mut arrivals = vec![(seen.first().map_or(0, |(id, _)| *id), since)];
        for (id, at) in seen.into_iter().filter_map(|(id, at)| Some((id, at?))) {
            if arrivals.last().is_none_or(|(_, last)| *last < at) {
                arrivals.push((id, at));
            }
        }
        Ok(Past { since, arrivals })
    }
}
