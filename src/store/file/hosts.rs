//! The `host` columns: whose an address is.

use rusqlite::{Connection, params};
use url::Url;

use crate::model::publisher_of;

/// What stands in a `host` column for an address, as it is stored: the registrable domain, or the address of the host.
pub(in crate::store) fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| publisher_of(&url)).filter(|host| !host.is_empty())
}

/// Fills the columns of a file that has just got them.
pub(in crate::store) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    for table in ["articles", "fetches"] {
        let mut update = connection.prepare(&format!("UPDATE {table} SET host = ?2 WHERE id = ?1"))?;
        let mut statement = connection.prepare(&format!("SELECT id, url FROM {table} WHERE url IS NOT NULL"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            // What another program wrote need not be text that can be read.
            let host = row.get_ref(1)?.as_str().ok().and_then(host_of);
            update.execute(params![id, host])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_whose_the_address_is() {
        let host = |url: &str| host_of(url).unwrap_or_default();
        assert_eq!(host("https://www.news.example.co.uk/a"), "example.co.uk");
        assert_eq!(host("http://127.0.0.1:8080/a"), "127.0.0.1:8080");
        assert_eq!(host("no address"), "");
    }
}
