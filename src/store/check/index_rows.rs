//! Rows in which an index and its table differ, with what each has: one of the two has changed, and only people know which.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::store::file::columns::quoted;
use crate::store::file::index_parts::IndexParts;

/// Characters of a value that are shown.
const VALUE_CHARACTERS_MAX: usize = 80;

/// The rows in which an index and its table differ, column by column. An error where they cannot be compared: those of a table without row
/// ids cannot.
pub(super) fn differences(connection: &Connection, index: &str) -> rusqlite::Result<Vec<String>> {
    let (table, sql): (String, Option<String>) = connection.query_row(
        "SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND name = ?1",
        [index],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let parts = sql.as_deref().and_then(IndexParts::of);
    let columns: Vec<String> = match &parts {
        Some(parts) => parts.columns.iter().map(|column| (*column).to_owned()).collect(),
        // The index of a constraint has no statement, and no expressions.
        None => connection
            .prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?
            .query_map([index], |row| row.get(0))?
            .collect::<Result<_, _>>()?,
    };
    let condition =
        parts.and_then(|parts| parts.condition).map(|condition| format!("WHERE {condition}")).unwrap_or_default();
    let rows = |by: &str| {
        let (columns, table) = (columns.join(", "), quoted(&table));
        format!("SELECT rowid, {columns} FROM {table} {by} {condition}")
    };
    let (in_index, in_table) = (rows(&format!("INDEXED BY {}", quoted(index))), rows("NOT INDEXED"));
    let mut both: BTreeMap<i64, [Option<Vec<String>>; 2]> = BTreeMap::new();
    for (side, sql) in
        [format!("{in_table} EXCEPT {in_index}"), format!("{in_index} EXCEPT {in_table}")].iter().enumerate()
    {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            both.entry(row.get(0)?).or_default()[side] = Some(shown_values(row, columns.len())?);
        }
    }
    Ok(both
        .iter()
        .map(|(row, [stored, indexed])| told(&table, *row, index, &columns, stored.as_ref(), indexed.as_ref()))
        .collect())
}

/// What differs in a row, of which the table or the index may have nothing.
fn told(
    table: &str,
    row: i64,
    index: &str,
    columns: &[String],
    stored: Option<&Vec<String>>,
    indexed: Option<&Vec<String>>,
) -> String {
    let value = |values: Option<&Vec<String>>, column: usize| {
        values.map_or("nothing", |values| values[column].as_str()).to_owned()
    };
    let differing: Vec<String> = (0..columns.len())
        .map(|column| (column, value(stored, column), value(indexed, column)))
        .filter(|(_, stored, indexed)| stored != indexed)
        .map(|(column, stored, indexed)| {
            format!("{} is {stored} in the table and {indexed} in {index}", columns[column])
        })
        .collect();
    format!("{table} {row}: {}", differing.join(", "))
}

fn shown_values(row: &Row<'_>, n_columns: usize) -> rusqlite::Result<Vec<String>> {
    (1..=n_columns).map(|column| row.get_ref(column).map(shown)).collect()
}

/// A value as it may go to a terminal, cut where it is long.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let cut: String = text.chars().take(VALUE_CHARACTERS_MAX).collect();
            let rest = if cut.len() < text.len() { "…" } else { "" };
            format!("{cut:?}{rest}")
        }
        ValueRef::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_without_what_a_terminal_obeys_and_not_at_length() {
        let check = |text: &[u8], expected: &str| assert_eq!(shown(ValueRef::Text(text)), expected);
        check("Quay “A”".as_bytes(), "\"Quay “A”\"");
        check(b"a\x1b[31m\nb\"\xff", "\"a\\u{1b}[31m\\nb\\\"\u{fffd}\"");
        check(&[b'x'; 5000], &format!("\"{}\"…", "x".repeat(80)));
        assert_eq!(shown(ValueRef::Integer(-7)), "-7");
    }
}
