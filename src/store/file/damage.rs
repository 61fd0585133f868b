//! Texts that cannot be read and lists that are none: another program wrote them.

use std::borrow::Cow;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::Value;

use crate::store::file::columns::json_list;

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

    /// Mends what cannot be read: what is not UTF-8 in a text is replaced by the character for that, and of a list that is none there stays
    /// what can be read. Of one row, or of all.
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
        let bytes = row.get_ref(position)?.as_bytes_or_null().ok().flatten();
        let text = bytes.map(String::from_utf8_lossy);
        if self.lists.contains(&name) {
            return Ok(Some(json_list(&text.map(|text| list_in(&text)).unwrap_or_default())));
        }
        Ok(text.map(Cow::into_owned))
    }
}

/// The texts of a list that need not be one. Of what is no JSON those are taken that stand in quotation marks; where one of these is missing
/// or too many, so that nobody knows what is within and what between, all that stands between two of them.
fn list_in(json: &str) -> Vec<String> {
    match serde_json::from_str(json) {
        Ok(Value::Array(values)) => {
            let text = |value| if let Value::String(text) = value { Some(text) } else { None };
            values.into_iter().filter_map(text).collect()
        }
        Ok(Value::String(text)) => vec![text],
        Ok(_) => Vec::new(),
        Err(_) => {
            let pieces = between_quotation_marks(json);
            let is_paired = pieces.len() % 2 == 1;
            let within = pieces.iter().enumerate().filter(|(position, _)| !is_paired || position % 2 == 1);
            let texts =
                within.map(|(_, piece)| if is_paired { *piece } else { piece.trim_matches(['[', ',', ']', ' ']) });
            texts.filter(|text| !text.is_empty()).map(unescaped).collect()
        }
    }
}

/// The pieces of a text between quotation marks that no backslash stands before.
fn between_quotation_marks(text: &str) -> Vec<&str> {
    let (mut pieces, mut begin, mut is_escaped) = (Vec::new(), 0, false);
    for (position, byte) in text.bytes().enumerate() {
        if byte == b'"' && !is_escaped {
            pieces.push(&text[begin..position]);
            begin = position + 1;
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    pieces.push(&text[begin..]);
    pieces
}

/// What stands in quotation marks, as JSON means it; as it stands where JSON has no such thing.
fn unescaped(text: &str) -> String {
    let text = text.replace(char::is_control, "\u{fffd}");
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text)
}

fn is_readable(value: ValueRef<'_>, is_list: bool) -> bool {
    match value.as_str_or_null() {
        Err(_) => false,
        Ok(text) if is_list => text.is_some_and(|text| serde_json::from_str::<Vec<String>>(text).is_ok()),
        Ok(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_damaged_list_there_stays_what_can_be_read() {
        let check = |json: &str, expected: &[&str]| assert_eq!(list_in(json), expected, "{json}");
        check(r#"["Ana Ruiz","Bo Lee"]"#, &["Ana Ruiz", "Bo Lee"]);
        check("[\"Ana \u{fffd}uiz\",\"Bo Lee\"]", &["Ana \u{fffd}uiz", "Bo Lee"]);
        check(r#"["Ana Ruiz",5,null,"Bo Lee"]"#, &["Ana Ruiz", "Bo Lee"]);
        // A byte of the list itself.
        check(r#"["Ana Ruiz""#, &["Ana Ruiz"]);
        check(r#"+"Ana Ruiz","Bo Lee"]"#, &["Ana Ruiz", "Bo Lee"]);
        check(r#"["Ana Ruiz"+"Bo Lee"]"#, &["Ana Ruiz", "Bo Lee"]);
        check(r#"["Ana Ruiz","Bo Lee"+"#, &["Ana Ruiz", "Bo Lee"]);
        // A quotation mark that is none, or should be none.
        check(r#"["Ana Ruiz+,"Bo Lee","Cy"]"#, &["Ana Ruiz+", "Bo Lee", "Cy"]);
        check(r#"["Ana Ruiz",+Bo Lee"]"#, &["Ana Ruiz", "+Bo Lee"]);
        check(r#"["Ana "uiz","Bo Lee"]"#, &["Ana", "uiz", "Bo Lee"]);
        check(r#"["Ana Rui\","Bo Lee"]"#, &[r#"Ana Rui""#, "Bo Lee"]);
        // A control character, and an escape that JSON has not.
        check("[\"Ana\u{1}Ruiz\",\"Bo \\\"Lee\\\"\"]", &["Ana\u{fffd}Ruiz", "Bo \"Lee\""]);
        check(r#"["Ana\qRuiz","Bo Lee"]"#, &[r"Ana\qRuiz", "Bo Lee"]);
        check(r#""Ana Ruiz""#, &["Ana Ruiz"]);
        for nothing in ["", "7", "{}", "[]", "null", "Ana"] {
            check(nothing, &[]);
        }
    }
}
