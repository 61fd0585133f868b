//! Texts that cannot be read and lists that are none: another program wrote them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};

/// What of a table is read as text, and what as a list of texts.
pub(in crate::store) struct Readable {
    pub(in crate::store) table: &'static str,
    texts: &'static [&'static str],
    lists: &'static [&'static str],
}

/// The articles.
pub(in crate::store) const ARTICLES: Readable = Readable {
    table: "articles",
    texts: &["title", "body", "url", "site_name", "section", "image_url", "language"],
    lists: &["authors", "keywords", "quality_reasons", "reservations"],
};

/// All tables that people read and write to.
pub(in crate::store) const ALL: [Readable; 7] = [
    ARTICLES,
    Readable { table: "sources", texts: &["slug", "title", "url", "site_url"], lists: &["tags", "link_selectors"] },
    Readable { table: "revisions", texts: &["title", "body"], lists: &[] },
    Readable { table: "stories", texts: &["title"], lists: &[] },
    Readable { table: "story_members", texts: &["publisher"], lists: &["terms"] },
    Readable { table: "sightings", texts: &["guid", "url"], lists: &[] },
    Readable { table: "fetches", texts: &["url", "error"], lists: &[] },
];

impl Readable {
    fn columns(&self) -> Vec<&'static str> {
        [self.texts, self.lists].concat()
    }

    /// The row ids of rows with something in them that cannot be read, and its columns; of one row, or of all.
    pub(in crate::store) fn damaged(
        &self,
        connection: &Connection,
        only: Option<i64>,
    ) -> rusqlite::Result<Vec<(i64, Vec<&'static str>)>> {
        let columns = self.columns();
        let which = if only.is_some() { "WHERE rowid = ?1" } else { "WHERE ?1 IS NULL" };
        let sql = format!("SELECT rowid, {} FROM {} {which}", columns.join(", "), self.table);
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([only])?;
        let mut damaged = Vec::new();
        while let Some(row) = rows.next()? {
            let is_damaged = |(position, _): &(usize, &&'static str)| {
                let value = row.get_ref(position + 1);
                value.is_ok_and(|value| !is_readable(value, *position >= self.texts.len()))
            };
            let faults: Vec<&str> = columns.iter().enumerate().filter(is_damaged).map(|(_, name)| *name).collect();
            if !faults.is_empty() {
                damaged.push((row.get(0)?, faults));
            }
        }
        Ok(damaged)
    }

    /// Mends what cannot be read: what is not UTF-8 in a text is replaced by the character for that, and a list that is none by an empty
    /// one. Of one row, or of all.
    pub(in crate::store) fn mend(&self, connection: &Connection, only: Option<i64>) -> rusqlite::Result<()> {
        for (id, columns) in self.damaged(connection, only)? {
            let sql = format!("SELECT {} FROM {} WHERE rowid = ?1", columns.join(", "), self.table);
            let mended: Vec<Option<String>> = connection.query_row(&sql, [id], |row| {
                columns.iter().enumerate().map(|(position, name)| self.mended(row, position, name)).collect()
            })?;
            let settings: Vec<String> = columns.iter().map(|name| format!("{name} = ?")).collect();
            let sql = format!("UPDATE {} SET {} WHERE rowid = {id}", self.table, settings.join(", "));
            connection.execute(&sql, params_from_iter(mended))?;
        }
        Ok(())
    }

    fn mended(&self, row: &Row<'_>, position: usize, name: &str) -> rusqlite::Result<Option<String>> {
        if self.lists.contains(&name) {
            return Ok(Some("[]".to_owned()));
        }
        let bytes = row.get_ref(position)?.as_bytes_or_null().ok().flatten();
        Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    }
}

fn is_readable(value: ValueRef<'_>, is_list: bool) -> bool {
    match value.as_str_or_null() {
        Err(_) => false,
        Ok(text) if is_list => text.is_some_and(|text| serde_json::from_str::<Vec<String>>(text).is_ok()),
        Ok(_) => true,
    }
}
