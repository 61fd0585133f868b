//! The public tables and views and what they mean, as this program makes them. No database file is needed.

use rusqlite::Row;

use crate::store::file::error::StoreError;
use crate::store::file::schema::in_memory;

/// A public table or view, or an index of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaEntry {
    /// `table`, `view` or `index`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table or view that it is, or belongs to.
    pub table_name: String,
    /// The `CREATE` statement, without a semicolon.
    pub sql: String,
}

/// The meaning of a table, view or column: a row of `docs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocRow {
    /// The table or view.
    pub table_name: String,
    /// The column; absent where the row is about the table or view itself.
    pub column_name: Option<String>,
    /// Its meaning, in one sentence.
    pub text: String,
}

/// The public tables and views in the order of `docs`, each followed by its indexes. Triggers are private and
/// left out.
///
/// # Errors
///
/// When there is not enough memory to build the schema.
pub fn public_schema() -> Result<Vec<SchemaEntry>, StoreError> {
    rows(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema
         JOIN docs ON docs.table_name = tbl_name AND docs.column_name IS NULL
         WHERE type IN ('table', 'view', 'index') AND sql IS NOT NULL
         ORDER BY docs.rowid, type = 'index', sqlite_schema.rowid",
        |row| Ok(SchemaEntry { kind: row.get(0)?, name: row.get(1)?, table_name: row.get(2)?, sql: row.get(3)? }),
    )
}

/// The rows of `docs`, in their order.
///
/// # Errors
///
/// When there is not enough memory to build the schema.
pub fn docs() -> Result<Vec<DocRow>, StoreError> {
    rows("SELECT table_name, column_name, text FROM docs ORDER BY rowid", |row| {
        Ok(DocRow { table_name: row.get(0)?, column_name: row.get(1)?, text: row.get(2)? })
    })
}

fn rows<T>(sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>, StoreError> {
    let connection = in_memory()?;
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Every public table and view without a column, followed by each of its columns; both as SQLite itself lists them.
    fn subjects(connection: &Connection) -> Vec<(String, Option<String>)> {
        let mut statement = connection
            .prepare(
                "SELECT tables.name, columns.name FROM pragma_table_list AS tables
                 JOIN (SELECT name AS of, NULL AS name, -1 AS cid FROM pragma_table_list
                       UNION ALL
                       SELECT tables.name, columns.name, columns.cid
                       FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns) AS columns
                   ON columns.of = tables.name
                 WHERE tables.schema = 'main' AND tables.type <> 'shadow'
                   AND substr(tables.name, 1, 1) <> '_' AND substr(tables.name, 1, 7) <> 'sqlite_'
                 ORDER BY tables.name, columns.cid",
            )
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_public_table_and_column_has_its_line_and_no_other_has() {
        let connection = in_memory().unwrap();
        let mut described: Vec<_> = docs().unwrap().into_iter().map(|row| (row.table_name, row.column_name)).collect();
        // Tables may come in any order, their columns in theirs.
        described.sort_by(|(one, _), (other, _)| one.cmp(other));
        let there_are = subjects(&connection);
        assert!(there_are.len() > 100, "{there_are:?}");
        let name = |(table, column): &(String, Option<String>)| match column {
            Some(column) => format!("{table}.{column}"),
            None => table.clone(),
        };
        let without_line: Vec<_> = there_are.iter().filter(|subject| !described.contains(subject)).map(name).collect();
        let of_nothing: Vec<_> = described.iter().filter(|subject| !there_are.contains(subject)).map(name).collect();
        assert!(
            without_line.is_empty() && of_nothing.is_empty(),
            "without a line in docs: {without_line:?}; with a line, and not there: {of_nothing:?}"
        );
        assert_eq!(described, there_are, "columns are described in their order, each once");
    }

    /// `DuckDB` takes the text of a view for SQL of its own, and gives `SQLite` what it understood. `tests/tools` asks it itself.
    #[test]
    fn views_are_told_in_words_that_duckdb_has_too() {
        let connection = in_memory().unwrap();
        let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'").unwrap();
        let views = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        for view in views {
            let (name, sql): (String, String) = view.unwrap();
            let foreign = ["count(*)", " char(", " date(", "WITH RECURSIVE", "IS NOT later", "IS NOT earlier"];
            for words in foreign {
                assert!(!sql.contains(words), "{name}: {words}");
            }
        }
    }

    #[test]
    fn a_new_public_column_or_table_without_its_line_is_noticed() {
        let connection = in_memory().unwrap();
        let before = subjects(&connection).len();
        let check = |sql: &str, n_more: usize| {
            connection.execute_batch(sql).unwrap();
            assert_eq!(subjects(&connection).len(), before + n_more, "{sql}");
        };
        check("ALTER TABLE articles ADD COLUMN mood TEXT", 1);
        check("CREATE TABLE moods (id INTEGER PRIMARY KEY, name TEXT) STRICT", 4);
        check("CREATE VIEW moody AS SELECT id FROM articles WHERE mood IS NOT NULL", 6);
        check("CREATE TABLE _private (x) ", 6);
    }

    #[test]
    fn lines_are_one_plain_sentence() {
        for DocRow { table_name, column_name, text } in docs().unwrap() {
            let place = format!("{table_name}.{column_name:?}: {text}");
            assert!(text.ends_with('.') && !text.contains(". "), "{place}");
            assert!(text.starts_with(|c: char| c.is_alphanumeric()) && !text.contains(['\n', '\t']), "{place}");
            let column = column_name.unwrap_or_default();
            if column.ends_with("_at") && column != "articles" {
                assert!(text.contains("RFC 3339 UTC") || text.contains("As in"), "a time without its format: {place}");
            }
            if column.ends_with("_ms") {
                assert!(text.contains("illiseconds"), "a number without its unit: {place}");
            }
        }
        // What holds JSON says so.
        let connection = in_memory().unwrap();
        for (table, column) in subjects(&connection) {
            let Some(column) = column else { continue };
            let sql = "SELECT instr(sql, 'CHECK (json_valid(' || ?2 || '))') > 0 FROM sqlite_schema WHERE name = ?1";
            let is_json: bool = connection.query_row(sql, [&table, &column], |row| row.get(0)).unwrap();
            let sql = "SELECT instr(text, 'JSON array') > 0 FROM docs WHERE table_name = ?1 AND column_name = ?2";
            let says_so: bool = connection.query_row(sql, [&table, &column], |row| row.get(0)).unwrap();
            assert!(!is_json || says_so, "{table}.{column} does not say that it is JSON");
        }
    }

    #[test]
    fn the_printed_schema_makes_the_same_tables_again() {
        let schema = public_schema().unwrap();
        assert!(schema.iter().all(|entry| !entry.table_name.starts_with('_')));
        let again = Connection::open_in_memory().unwrap();
        for entry in &schema {
            again.execute_batch(&entry.sql).unwrap_or_else(|error| panic!("{}: {error}", entry.sql));
        }
        let columns = |connection: &Connection, table: &str| -> Vec<String> {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
            let rows = statement.query_map([table], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let ours = in_memory().unwrap();
        for entry in schema.iter().filter(|entry| entry.kind == "table") {
            assert_eq!(columns(&again, &entry.name), columns(&ours, &entry.name), "{}", entry.name);
        }
        let described = docs().unwrap();
        let n_described = described.iter().filter(|row| row.column_name.is_none()).count();
        assert_eq!(schema.iter().filter(|entry| entry.kind != "index").count(), n_described);
    }
}
