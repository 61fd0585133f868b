//! Which articles there are in a file with damaged pages, and which of them cannot be read.
//!
//! A question that goes over all articles ends at the first damaged page. One for a single article only meets the pages on the way
//! to it: so the articles are listed in another way, and asked for one by one.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension};

use crate::store::file::row_walk::{self, Unread};
use crate::store::read::cells::DamagedRow;

/// Indexes that have every article, to read its number from. The first one knows its address too.
const INDEXES: [(&str, &str); 5] = [
    ("articles_url", "url"),
    ("articles_first_seen_at", "NULL"),
    ("articles_language", "NULL"),
    ("articles_quality", "NULL"),
    ("articles_published_at", "NULL"),
];

/// Where the last number cannot be read: articles of ours have none that is larger.
const NUMBER_MAX: i64 = i32::MAX as i64;

/// What is said of a row that lies on a damaged page.
pub(super) const PAGE_DAMAGED: &str = "the page of the file that holds it is damaged";

/// An article that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    id: i64,
    /// Its address, where an index tells it.
    url: Option<String>,
}

impl Listed {
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    /// What is said of it when it cannot be read.
    pub(super) fn lost(&self) -> DamagedRow {
        let url = self.url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default();
        left_out(format!("article {}{url}", self.id))
    }
}

/// The articles of a file with damaged pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// Those that should be there, in the order of their numbers.
    pub(super) articles: Vec<Listed>,
    /// Numbers of which it is not known whether there are articles: no index can be read.
    unknown: Vec<RangeInclusive<i64>>,
}

impl Listing {
    /// Whether every article is in it that should be there.
    pub(super) fn is_complete(&self) -> bool {
        self.unknown.is_empty()
    }

    /// What is said of the numbers that cannot be looked up.
    pub(super) fn lost(&self) -> impl Iterator<Item = DamagedRow> {
        self.unknown.iter().map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => left_out(format!("article {first}, if there is one,")),
            (first, last) => left_out(format!("what there is of the articles {first} to {last}")),
        })
    }
}

/// What is said of something that lies on a damaged page.
pub(super) fn left_out(name: String) -> DamagedRow {
    DamagedRow { name, faults: vec![PAGE_DAMAGED.to_owned()], is_left_out: true }
}

/// Lists the articles by an index that can be read, or by the table as far as it can be.
pub(super) fn list(connection: &Connection) -> Listing {
    match by_first_index(connection, |_| true) {
        Some(articles) => Listing { articles, unknown: Vec::new() },
        None => by_walk(connection),
    }
}

/// Articles that an index has and that the table has not, of which `there` are some in their order: a page of the table is not what it was.
pub(super) fn missing(connection: &Connection, there: &[i64]) -> Vec<Listed> {
    let mut listed = others(connection, there);
    // What came in meanwhile is in the table by now.
    listed.retain(|listed| !is_there(connection, listed.id));
    listed
}

/// Articles that an index has and that are not among those that were found, which are given in their order: a page of the table is not
/// what it was, or one of another index. None where no index can be read.
pub(super) fn others(connection: &Connection, found: &[i64]) -> Vec<Listed> {
    let count = |(index, _): &(&str, &str)| {
        let sql = format!("SELECT count(*) FROM articles INDEXED BY {index}");
        connection.query_row(&sql, [], |row| row.get::<_, usize>(0)).ok()
    };
    if INDEXES.iter().find_map(count) == Some(found.len()) {
        return Vec::new();
    }
    by_first_index(connection, |id| found.binary_search(&id).is_err()).unwrap_or_default()
}

/// Articles that should be there, which are given in their order, with what an index tells of them.
pub(super) fn named(connection: &Connection, ids: &[i64]) -> Vec<Listed> {
    if ids.is_empty() {
        return Vec::new();
    }
    by_first_index(connection, |id| ids.binary_search(&id).is_ok())
        .filter(|listed| listed.len() == ids.len())
        .unwrap_or_else(|| ids.iter().map(|&id| Listed { id, url: None }).collect())
}

/// Whether the table has an article of this number.
pub(super) fn is_there(connection: &Connection, id: i64) -> bool {
    connection
        .prepare_cached("SELECT 1 FROM articles NOT INDEXED WHERE id = ?1")
        .and_then(|mut statement| statement.exists([id]))
        .unwrap_or(true)
}

/// Lists some of the articles by the first index that can be read.
fn by_first_index(connection: &Connection, is_sought: impl Fn(i64) -> bool) -> Option<Vec<Listed>> {
    INDEXES.iter().find_map(|(index, url)| by_index(connection, index, url, &is_sought).ok())
}

fn by_index(
    connection: &Connection,
    index: &str,
    url: &str,
    is_sought: &impl Fn(i64) -> bool,
) -> rusqlite::Result<Vec<Listed>> {
    let mut statement = connection.prepare(&format!("SELECT id, {url} FROM articles INDEXED BY {index}"))?;
    let mut rows = statement.query([])?;
    let mut articles = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if is_sought(id) {
            let url = row.get_ref(1)?.as_bytes_or_null().ok().flatten();
            articles.push(Listed { id, url: url.map(|url| String::from_utf8_lossy(url).into_owned()) });
        }
    }
    articles.sort_by_key(|article| article.id);
    articles.dedup_by_key(|article| article.id);
    Ok(articles)
}

/// Lists what of the table can be read.
fn by_walk(connection: &Connection) -> Listing {
    let mut articles = Vec::new();
    let unread = row_walk::walk(connection, "articles", "NULL", &mut |row| {
        articles.push(Listed { id: row.get(0)?, url: None });
        Ok(true)
    });
    let range = |unread: Unread| match unread {
        Unread::Row(id) => id..=id,
        Unread::Rows(first, last) => first..=last,
        Unread::From(first) => first..=last_number(connection).max(first),
    };
    let unknown = match unread {
        Ok(unread) => unread.into_iter().map(range).collect(),
        Err(_) => vec![range(Unread::From(1))],
    };
    articles.sort_by_key(|article| article.id);
    Listing { articles, unknown }
}

fn last_number(connection: &Connection) -> i64 {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'articles'";
    let last = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).optional().ok().flatten();
    last.filter(|last| (1..=NUMBER_MAX).contains(last)).unwrap_or(NUMBER_MAX)
}
