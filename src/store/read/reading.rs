//! What feed readers on other devices ask: what there is to subscribe to, what came in, what of it was read and starred.
//!
//! Articles stand in the order in which they came in, which is that of their numbers. When each came in is known to the second from the
//! first login of such a reader on; what was there before counts as of the day on which it was first seen.

use rusqlite::{OptionalExtension, params};

use crate::model::without_credentials;
use crate::store::file::columns::from_json_list;
use crate::store::file::error::StoreError;
use crate::store::file::standing::{Standing, numbers_in_sql};
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

/// A watch, as one subscribes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSubscription {
    /// Row id of the watch.
    pub watch_id: i64,
    /// Its name.
    pub name: String,
}

/// What is unread: articles, first come first, and where each stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Each with a source that lists it; as often as there are such.
    pub by_source: Vec<(i64, i64)>,
    /// Each with a watch that was told of it.
    pub by_watch: Vec<(i64, i64)>,
}

/// Which articles are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArrivalFilter {
    /// Those that one of these sources lists. What is starred is shown in all that is starred also where none does.
    pub shown: Vec<i64>,
    /// Those that stand with one of each.
    pub with: Vec<Standing>,
    /// Those that stand with none of these.
    pub without: Standing,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingMarks {
    /// Its number.
    pub id: i64,
    /// The source that had it first.
    pub source_id: Option<i64>,
    /// The sources that list it, the first that did first, and the watches that were told of it.
    pub stands_with: Standing,
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

    /// The watches, by their names, paused ones too.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn watch_subscriptions(&self) -> Result<Vec<WatchSubscription>, StoreError> {
        self.readable_rows(
            "SELECT id, name FROM watches ORDER BY name",
            [],
            |row: &WatchSubscription| format!("watch {}", row.watch_id),
            |cells| WatchSubscription { watch_id: cells.value(0), name: cells.text(1) },
        )
    }

    /// Whether what is unread is kept, since somebody has logged in.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn has_begun_reading(&self) -> Result<bool, StoreError> {
        Ok(self.rows("SELECT EXISTS (SELECT 1 FROM _arrivals)", [], |row| row.get(0))?.pop().unwrap_or(false))
    }

    /// What is unread, wherever it stands.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn unread(&self) -> Result<Unread, StoreError> {
        let pairs = |sql| self.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(Unread { by_source: pairs(UNREAD_BY_SOURCE)?, by_watch: pairs(UNREAD_BY_WATCH)? })
    }

    /// The numbers of articles, in the order in which they came in.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn arrivals(&self, filter: &ArrivalFilter) -> Result<Vec<i64>, StoreError> {
        if filter.with.iter().any(Standing::is_empty) {
            return Ok(Vec::new());
        }
        self.rows(&arrivals_sql(filter), params![filter.after, filter.before, filter.limit], |row| row.get(0))
    }

    /// What is known of these articles, in no order; of those that are there.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn reading_marks(&self, ids: &[i64]) -> Result<Vec<ReadingMarks>, StoreError> {
        let ids = list(ids);
        let mut marks: Vec<ReadingMarks> = self.rows(
            "SELECT articles.id, coalesce(articles.source_id, reading.source_id), article_id IS NOT NULL AND read_at IS NULL, starred_at IS NOT NULL
             FROM articles LEFT JOIN reading ON article_id = articles.id WHERE articles.id IN rarray(?1) ORDER BY articles.id",
            params![ids],
            |row| {
                Ok(ReadingMarks {
                    id: row.get(0)?,
                    source_id: row.get(1)?,
                    stands_with: Standing::default(),
                    is_unread: row.get(2)?,
                    is_starred: row.get(3)?,
                })
            },
        )?;
        for (sql, is_of_watches) in [(LISTED_BY, false), (TOLD_TO, true)] {
            for (article, number) in self.rows(sql, params![ids], |row| Ok((row.get(0)?, row.get(1)?)))? {
                let Ok(position) = marks.binary_search_by_key(&article, |marks| marks.id) else { continue };
                let standing = &mut marks[position].stands_with;
                if is_of_watches { &mut standing.watches } else { &mut standing.sources }.push(number);
            }
        }
        Ok(marks)
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

const UNREAD_BY_SOURCE: &str = "SELECT reading.article_id, sightings.source_id FROM reading INDEXED BY reading_unread
    CROSS JOIN sightings ON sightings.article_id = reading.article_id WHERE read_at IS NULL ORDER BY reading.article_id";

const UNREAD_BY_WATCH: &str = "SELECT reading.article_id, watch_id FROM reading INDEXED BY reading_unread
    CROSS JOIN _told ON _told.article_id = reading.article_id WHERE read_at IS NULL ORDER BY reading.article_id";

const LISTED_BY: &str =
    "SELECT article_id, source_id FROM sightings WHERE article_id IN rarray(?1) ORDER BY first_seen_at, rowid";

const TOLD_TO: &str = "SELECT article_id, watch_id FROM _told WHERE article_id IN rarray(?1) ORDER BY watch_id";

/// Sources and watches of which each is asked for its articles. Of more all articles are walked through, the fewer of which are in vain.
const FEW: usize = 8;

fn arrivals_sql(filter: &ArrivalFilter) -> String {
    let order = if filter.is_oldest_first { "ASC" } else { "DESC" };
    let marked = |read: &str, starred: &str, index: &str| {
        // What is starred is kept, and shown, also where its source is not followed any more.
        let is_whatever_is_starred = filter.unread.is_none() && filter.with.is_empty() && filter.without.is_empty();
        let shown = if is_whatever_is_starred { String::new() } else { shown(filter, "reading.article_id") };
        let with = with(&filter.with, filter, "reading.article_id");
        format!(
            "SELECT article_id FROM reading {index} WHERE {read} {starred} AND article_id > ?1 AND article_id < ?2{shown}{with}
             ORDER BY article_id {order} LIMIT ?3"
        )
    };
    let starred = match filter.starred {
        None => "",
        Some(true) => "AND starred_at IS NOT NULL",
        Some(false) => "AND starred_at IS NULL",
    };
    match (filter.unread, filter.starred) {
        (Some(true), _) => marked("read_at IS NULL", starred, "INDEXED BY reading_unread"),
        (read, Some(true)) => {
            let read = if read.is_some() { "read_at IS NOT NULL" } else { "TRUE" };
            marked(read, starred, "INDEXED BY reading_starred")
        }
        (Some(false), _) => marked("read_at IS NOT NULL", starred, "NOT INDEXED"),
        (None, _) => all_sql(filter, order),
    }
}

/// Articles whether they are read or not.
fn all_sql(filter: &ArrivalFilter, order: &str) -> String {
    let starred = match filter.starred {
        Some(_) => " AND article_id NOT IN (SELECT article_id FROM reading WHERE starred_at IS NOT NULL)",
        None => "",
    };
    let (first, others) = match filter.with.split_first() {
        Some((first, others)) if first.sources.len() + first.watches.len() <= FEW => (first, others),
        _ => {
            let listed = numbers_in_sql(&filter.shown);
            let with = with(&filter.with, filter, "sightings.article_id");
            return format!(
                "SELECT article_id FROM sightings WHERE +source_id IN ({listed}) AND article_id > ?1 AND article_id < ?2{with}{starred}
                 GROUP BY article_id ORDER BY article_id {order} LIMIT ?3"
            );
        }
    };
    let part = |table: &str, index: &str, column: &str, number: i64, shown: &str| {
        let with = with(others, filter, &format!("{table}.article_id"));
        format!(
            "SELECT article_id FROM (SELECT article_id FROM {table} INDEXED BY {index} WHERE {column} = {number}
                 AND article_id > ?1 AND article_id < ?2{shown}{with}{starred} ORDER BY article_id {order} LIMIT ?3)"
        )
    };
    let shown = shown(filter, "_told.article_id");
    let listed =
        first.sources.iter().map(|source| part("sightings", "sightings_source_article", "source_id", *source, ""));
    let told = first.watches.iter().map(|watch| part("_told", "_told_watch", "watch_id", *watch, &shown));
    let parts: Vec<String> = listed.chain(told).collect();
    format!("{} ORDER BY article_id {order} LIMIT ?3", parts.join(" UNION "))
}

/// That an article is shown at all.
fn shown(filter: &ArrivalFilter, article: &str) -> String {
    let all = Standing { sources: filter.shown.clone(), watches: Vec::new() };
    format!(" AND {}", all.condition(article))
}

/// That an article stands with one of each, and with none of those that are not wanted.
fn with(each: &[Standing], filter: &ArrivalFilter, article: &str) -> String {
    let with = each.iter().map(|one| one.condition(article));
    let without = (!filter.without.is_empty()).then(|| format!("NOT {}", filter.without.condition(article)));
    with.chain(without).flat_map(|condition| [" AND ".to_owned(), condition]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file::schema::in_memory;

    fn plan(sql: &str, parameters: impl rusqlite::Params) -> Vec<String> {
        let connection = in_memory().unwrap();
        rusqlite::vtab::array::load_module(&connection).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        statement.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn streams_are_read_by_index_and_come_in_their_order() {
        let all = ArrivalFilter { shown: vec![1, 2], before: 9, limit: 5, ..ArrivalFilter::default() };
        let standing =
            |sources: &[i64], watches: &[i64]| Standing { sources: sources.to_vec(), watches: watches.to_vec() };
        let of = |with| ArrivalFilter { with: vec![with], ..all.clone() };
        let (one, few, watch) = (of(standing(&[1], &[])), of(standing(&[1, 2], &[3])), of(standing(&[], &[3])));
        let many = of(standing(&(1..=20).collect::<Vec<_>>(), &[3]));
        let unread = |filter: &ArrivalFilter| ArrivalFilter { unread: Some(true), ..filter.clone() };
        let starred = |filter: &ArrivalFilter| ArrivalFilter { starred: Some(true), ..filter.clone() };
        let by_article = "sightings USING COVERING INDEX sqlite_autoindex_sightings_1 (article_id";
        let by_source = "sightings USING COVERING INDEX sightings_source_article (source_id=? AND article_id";
        for (filter, index) in [
            (unread(&all), "reading USING INDEX reading_unread (article_id"),
            (unread(&one), "reading USING INDEX reading_unread (article_id"),
            (starred(&unread(&many)), "reading USING INDEX reading_unread (article_id"),
            (ArrivalFilter { unread: Some(false), ..all.clone() }, "reading USING INTEGER PRIMARY KEY"),
            (starred(&few), "reading USING INDEX reading_starred"),
            (all.clone(), by_article),
            (many.clone(), by_article),
            (one.clone(), by_source),
            (few.clone(), by_source),
            (ArrivalFilter { starred: Some(false), ..few.clone() }, by_source),
            (watch, "_told USING COVERING INDEX _told_watch (watch_id=? AND article_id"),
        ] {
            for is_oldest_first in [false, true] {
                let filter = ArrivalFilter { is_oldest_first, ..filter.clone() };
                let plan = plan(&arrivals_sql(&filter), params![filter.after, filter.before, filter.limit]);
                assert!(plan.iter().any(|step| step.contains(index)), "{filter:?}: {plan:#?}");
                // Only what comes from several is put in order, no more of each than is asked for.
                let is_sorted =
                    |pair: &[String]| pair[1].contains("TEMP B-TREE") && !pair[0].starts_with("SCAN (subquery");
                assert!(!plan.windows(2).any(is_sorted), "{filter:?}: {plan:#?}");
                let is_walked = plan.iter().any(|step| step.starts_with("SCAN sightings") && !step.contains("_1"));
                assert!(!is_walked, "{filter:?}: {plan:#?}");
            }
        }
    }

    #[test]
    fn what_is_unread_and_where_articles_stand_is_found_without_a_look_at_articles() {
        for sql in [UNREAD_BY_SOURCE, UNREAD_BY_WATCH] {
            let plan = plan(sql, []);
            assert!(plan[0].contains("reading USING INDEX reading_unread"), "{plan:#?}");
            assert!(plan.iter().any(|step| step.contains("(article_id=?)")), "{plan:#?}");
            assert_eq!(plan.len(), 2, "{plan:#?}");
        }
        for sql in [LISTED_BY, TOLD_TO] {
            let plan = plan(sql, params![list(&[1])]);
            assert!(plan.iter().any(|step| step.contains("(article_id=?)")), "{plan:#?}");
        }
    }
}
