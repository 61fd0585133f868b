//! What feed readers on other devices ask: what there is to subscribe to, what came in, what of it was read and starred.
//!
//! Articles stand in the order in which they came in, which is that of their numbers. When each came in is known to the second from the
//! first login of such a reader on; what was there before counts as of the day on which it was first seen.

use rusqlite::{OptionalExtension, params};

use crate::model::without_credentials;
use crate::store::file::columns::from_json_list;
use crate::store::file::error::StoreError;
use crate::store::read::reader::{Reader, list};

/// Microseconds in a second.
const MICROSECONDS: i64 = 1_000_000;

/// A source, as one subscribes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Row id of the source.
    pub source_id: i64,
    /// Its stable name.
    pub slug: String,
    /// Title that it gives itself.
    pub title: Option<String>,
    /// Address that is polled, without credentials; absent where files were imported.
    pub url: Option<String>,
    /// The page for people.
    pub site_url: Option<String>,
    /// Tags given by the user.
    pub tags: Vec<String>,
}

/// What of a source is unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Row id of the source.
    pub source_id: i64,
    /// How many articles.
    pub n: u64,
    /// The last one that came in.
    pub newest_id: i64,
}

/// Which articles are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalFilter {
    /// Those that these sources had first.
    pub sources: Vec<i64>,
    /// Whether they are all sources that there are, so that nothing is gained by looking at each.
    pub is_of_all: bool,
    /// Those that are unread, or that were read since the first login; absent: all.
    pub unread: Option<bool>,
    /// Those that are starred, or are not; absent: all.
    pub starred: Option<bool>,
    /// Those with larger numbers.
    pub after: i64,
    /// Those with smaller numbers.
    pub before: i64,
    /// Whether the first that came in are told first, and not the last.
    pub is_oldest_first: bool,
    /// So many at most.
    pub limit: u32,
}

/// What is known of an article besides what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingMarks {
    /// Its number.
    pub id: i64,
    /// The source that had it first.
    pub source_id: Option<i64>,
    /// Whether it is unread.
    pub is_unread: bool,
    /// Whether it is starred.
    pub is_starred: bool,
}

impl Reader {
    /// The sources that are followed or were imported, by their slugs; not those that were removed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let address = |text: String| without_credentials(&text).into_owned();
        self.readable_rows(
            "SELECT id, slug, nullif(title, slug), url, site_url, tags FROM sources WHERE state <> 'removed' ORDER BY slug",
            params![],
            |row: &Subscription| format!("source {}", row.slug),
            |cells| Subscription {
                source_id: cells.value(0),
                slug: cells.text(1),
                title: cells.optional_text(2),
                url: cells.optional_text(3).map(address),
                site_url: cells.optional_text(4).map(address),
                tags: from_json_list(&cells.text(5)),
            },
        )
    }

    /// How much is unread of each source that has anything unread.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn unread(&self) -> Result<Vec<Unread>, StoreError> {
        self.rows(
            "SELECT source_id, count(*), max(article_id) FROM reading
             WHERE read_at IS NULL AND source_id IS NOT NULL GROUP BY source_id",
            [],
            |row| Ok(Unread { source_id: row.get(0)?, n: row.get(1)?, newest_id: row.get(2)? }),
        )
    }

    /// The numbers of articles, in the order in which they came in.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn arrivals(&self, filter: &ArrivalFilter) -> Result<Vec<i64>, StoreError> {
        let parameters = params![list(&filter.sources), filter.after, filter.before, filter.limit];
        self.rows(&arrivals_sql(filter), parameters, |row| row.get(0))
    }

    /// What is known of these articles, in no order; of those that are there.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn reading_marks(&self, ids: &[i64]) -> Result<Vec<ReadingMarks>, StoreError> {
        self.rows(
            "SELECT articles.id, coalesce(articles.source_id, reading.source_id), article_id IS NOT NULL AND read_at IS NULL, starred_at IS NOT NULL
             FROM articles LEFT JOIN reading ON article_id = articles.id WHERE articles.id IN rarray(?1)",
            params![list(ids)],
            |row| {
                Ok(ReadingMarks {
                    id: row.get(0)?,
                    source_id: row.get(1)?,
                    is_unread: row.get(2)?,
                    is_starred: row.get(3)?,
                })
            },
        )
    }

    /// When an article came in, in microseconds since 1970: no two have the same time, and whoever came later has a later one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn arrived_at(&self, id: i64) -> Result<i64, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT first_id, arrived_at FROM _arrivals WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1",
        )?;
        let row: Option<(i64, i64)> = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (first_id, second) = row.unwrap_or_default();
        Ok(second * MICROSECONDS + (id - first_id))
    }

    /// The last article that had come in at a time in microseconds since 1970, by the times of [`Reader::arrived_at`]. There may be none of
    /// this number.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_arrival_at(&self, microseconds: i64) -> Result<i64, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT first_id, arrived_at, (SELECT min(first_id) FROM _arrivals AS later WHERE later.first_id > this.first_id)
             FROM _arrivals AS this WHERE arrived_at <= ?1 ORDER BY first_id DESC LIMIT 1",
        )?;
        let row: Option<(i64, i64, Option<i64>)> = statement
            .query_row([microseconds.div_euclid(MICROSECONDS)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((first_id, second, next)) = row else { return Ok(0) };
        let last = first_id.saturating_add(microseconds - second * MICROSECONDS);
        Ok(next.map_or(last, |next| last.min(next - 1)))
    }
}

fn arrivals_sql(filter: &ArrivalFilter) -> String {
    let starred = match filter.starred {
        None => "",
        Some(true) => "AND starred_at IS NOT NULL",
        Some(false) => "AND starred_at IS NULL",
    };
    let order = if filter.is_oldest_first { "ASC" } else { "DESC" };
    // What is starred is kept, and shown, also where its source is not followed any more.
    let of_sources = match (filter.is_of_all, filter.unread, filter.starred) {
        (true, None, Some(true)) => "",
        _ => "AND source_id IN rarray(?1)",
    };
    let marked = |read: &str, index: &str| {
        format!(
            "SELECT article_id FROM reading {index} WHERE {read} {starred} {of_sources}
                 AND article_id > ?2 AND article_id < ?3 ORDER BY article_id {order} LIMIT ?4"
        )
    };
    match (filter.unread, filter.starred) {
        (Some(true), _) => marked("read_at IS NULL", "INDEXED BY reading_unread"),
        (read, Some(true)) => {
            marked(if read.is_some() { "read_at IS NOT NULL" } else { "1" }, "INDEXED BY reading_starred")
        }
        (Some(false), _) => marked("read_at IS NOT NULL", "NOT INDEXED"),
        (None, starred) => {
            let starred = if starred.is_some() {
                "AND id NOT IN (SELECT article_id FROM reading WHERE starred_at IS NOT NULL)"
            } else {
                ""
            };
            // An article has its text beside it: those of a few sources are sorted by what their index has.
            let index = if filter.is_of_all { "NOT INDEXED" } else { "INDEXED BY articles_source" };
            format!(
                "SELECT id FROM articles {index} WHERE source_id IN rarray(?1) {starred} AND id > ?2 AND id < ?3
                 ORDER BY id {order} LIMIT ?4"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    #[test]
    fn what_is_unread_and_starred_is_found_without_a_look_at_articles() {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        let all = ArrivalFilter {
            sources: vec![1],
            is_of_all: true,
            unread: None,
            starred: None,
            after: 0,
            before: 9,
            is_oldest_first: false,
            limit: 5,
        };
        let few = ArrivalFilter { is_of_all: false, ..all.clone() };
        for (filter, index) in [
            (ArrivalFilter { unread: Some(true), ..all.clone() }, "reading USING INDEX reading_unread"),
            (
                ArrivalFilter { unread: Some(true), starred: Some(true), ..few.clone() },
                "reading USING INDEX reading_unread",
            ),
            (ArrivalFilter { unread: Some(false), ..all.clone() }, "reading USING INTEGER PRIMARY KEY"),
            (ArrivalFilter { starred: Some(true), ..few.clone() }, "reading USING INDEX reading_starred"),
            (all.clone(), "articles USING INTEGER PRIMARY KEY"),
            (few.clone(), "articles USING COVERING INDEX articles_source"),
            (ArrivalFilter { starred: Some(false), ..few }, "articles USING COVERING INDEX articles_source"),
        ] {
            let sql = format!("EXPLAIN QUERY PLAN {}", arrivals_sql(&filter));
            let mut statement = connection.prepare(&sql).unwrap();
            let parameters = params![list(&filter.sources), filter.after, filter.before, filter.limit];
            let plan: Vec<String> =
                statement.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            assert!(plan.iter().any(|step| step.contains(index)), "{filter:?}: {plan:#?}");
            // Those of a few sources are sorted by their numbers, and nothing else is.
            let is_of_few = !filter.is_of_all || filter.unread == Some(true);
            assert!(is_of_few || !plan.iter().any(|step| step.contains("TEMP B-TREE")), "{filter:?}: {plan:#?}");
        }
    }
}
