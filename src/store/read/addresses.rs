//! Which article an address leads to, and which addresses lead to an article.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use crate::store::file::columns::from_private_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// An address without an article yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingLink {
    /// When it is fetched next; absent when it was given up.
    pub due_at: Option<Timestamp>,
    /// Why its last fetch failed.
    pub last_error: Option<String>,
}

pub(in crate::store) const ADDRESSES_SQL: &str = "SELECT url FROM _links WHERE article_id = ?1 ORDER BY id LIMIT ?2";

impl Reader {
    /// The article that an address leads to. `url_key` is the identity of the address (`CanonicalUrl::key`).
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_at(&self, url_key: &str) -> Result<Option<i64>, StoreError> {
        if self.is_snapshot()? {
            return Ok(article_in_snapshot(self.connection(), url_key)?);
        }
        // Where entries of a feed share the address, it leads to the latest of their articles.
        let sql = "SELECT article_id FROM _links WHERE url_key = ?1 OR url_key > ?1 || ' ' AND url_key < ?1 || '!'
             ORDER BY url_key <> ?1, id DESC LIMIT 1";
        Ok(self.connection().query_row(sql, [url_key], |row| row.get(0)).optional()?.flatten())
    }

    /// A known address without an article: its last failure, if any, and when it is fetched next.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn waiting_link(&self, url_key: &str) -> Result<Option<WaitingLink>, StoreError> {
        let sql = "SELECT due_at, (SELECT error FROM fetches
                 WHERE fetches.url = _links.url AND purpose = 'article' ORDER BY id DESC LIMIT 1)
             FROM _links WHERE url_key = ?1 AND article_id IS NULL";
        let found = self.connection().query_row(sql, [url_key], |row| {
            let due_at = row.get::<_, Option<i64>>(0)?.map(from_private_time);
            Ok(WaitingLink { due_at, last_error: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// The addresses that lead to an article, the first known one first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn addresses_of(&self, article_id: i64, limit: u32) -> Result<Vec<String>, StoreError> {
        self.rows(ADDRESSES_SQL, params![article_id, limit], |row| row.get(0))
    }
}

/// The article at an address, in a snapshot. A snapshot has no table of addresses, only each article's own address. That
/// one may have any form with this identity.
fn article_in_snapshot(connection: &Connection, url_key: &str) -> rusqlite::Result<Option<i64>> {
    let (path, query) = url_key.find(['?', '#']).map_or((url_key, ""), |start| url_key.split_at(start));
    let mut forms = Vec::new();
    for scheme in ["https", "http"] {
        for www in ["", "www."] {
            for slash in ["", "/"] {
                forms.push(format!("{scheme}://{www}{path}{slash}{query}"));
            }
        }
    }
    let places = vec!["?"; forms.len()].join(", ");
    let sql = format!("SELECT id FROM articles WHERE url IN ({places}) ORDER BY id LIMIT 1");
    connection.query_row(&sql, params_from_iter(forms), |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_found_by_the_address_that_it_bears_in_any_of_its_forms() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT);
                 INSERT INTO articles VALUES (1, 'https://www.paper.example/a/'), (2, 'http://paper.example/b?page=1'),
                     (3, 'https://paper.example/c/?page=1'), (4, 'https://paper.example/'), (5, 'https://paper.example/#!/e')",
            )
            .unwrap();
        let check = |key: &str, expected: Option<i64>| {
            assert_eq!(article_in_snapshot(&connection, key).unwrap(), expected, "{key}");
        };
        check("paper.example/a", Some(1));
        check("paper.example/b?page=1", Some(2));
        check("paper.example/c?page=1", Some(3));
        check("paper.example", Some(4));
        check("paper.example#!/e", Some(5));
        check("paper.example/d", None);
        check("", None);
    }
}
