//! Pages of articles and earlier wordings whose texts were taken out are filled again.
//!
//! SQLite puts pages together where a row is deleted or inserted, and leaves them as they are where one becomes shorter; new rows come at the end of
//! the table. Without more a database whose texts went elsewhere would be as large as before.

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params_from_iter};

/// One row is taken out and put back for so many bytes that went, a page of the file: that puts its page and the two beside it together.
const BYTES_PER_ROW: u64 = 8192;

/// What holds for whoever deletes a row or adds one, and not for whoever puts back what was there.
const RULES: [DbConfig; 2] = [DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY];

/// What SQLite calls the number of a row where it is no column.
const HIDDEN_NUMBER: &str = "rowid";

/// Rows of a table whose texts were taken out in a transaction.
#[derive(Debug)]
pub(super) struct Shortened {
    table: &'static str,
    /// What the number of a row is called in it.
    number: &'static str,
    /// Their numbers, and how many bytes shorter each is.
    rows: Vec<(i64, u64)>,
}

impl Shortened {
    /// None yet of the articles.
    pub(super) fn articles() -> Shortened {
        Shortened { table: "articles", number: "id", rows: Vec::new() }
    }

    /// None yet of the earlier wordings.
    pub(super) fn revisions() -> Shortened {
        Shortened { table: "revisions", number: HIDDEN_NUMBER, rows: Vec::new() }
    }

    /// Adds a row that has become so many bytes shorter.
    pub(super) fn add(&mut self, row: i64, bytes: u64) {
        self.rows.push((row, bytes));
    }

    /// Those that are taken out and put back: some of each stretch of the table, in whatever order they came.
    fn chosen(&mut self) -> Vec<i64> {
        self.rows.sort_unstable();
        let mut bytes_that_went = 0;
        let mut chosen = Vec::new();
        for &(row, bytes) in &self.rows {
            // The rest of a long text had pages of its own, which are free by now.
            bytes_that_went += bytes.min(BYTES_PER_ROW);
            if bytes_that_went >= BYTES_PER_ROW {
                bytes_that_went = 0;
                chosen.push(row);
            }
        }
        chosen
    }

    /// Fills the pages on which they are. No row is another afterwards, and nobody is told of a change.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; the transaction is to be given up then.
    pub(super) fn pack(mut self, connection: &Connection) -> rusqlite::Result<()> {
        let chosen = self.chosen();
        if chosen.is_empty() {
            return Ok(());
        }
        let were = RULES.map(|rule| connection.db_config(rule).map(|is_on| (rule, is_on)));
        let were: Vec<(DbConfig, bool)> = were.into_iter().collect::<Result<_, _>>()?;
        let off = RULES.iter().try_for_each(|rule| connection.set_db_config(*rule, false).map(|_| ()));
        let outcome = off.and_then(|()| self.put_back_all(connection, &chosen));
        were.into_iter().try_for_each(|(rule, is_on)| connection.set_db_config(rule, is_on).map(|_| ()))?;
        outcome
    }

    fn put_back_all(&self, connection: &Connection, rows: &[i64]) -> rusqlite::Result<()> {
        let Shortened { table, number, .. } = self;
        let (mut columns, mut is_shadowed) = (Vec::<String>::new(), false);
        connection.pragma(Some("main"), "table_xinfo", table, |column| {
            let name: String = column.get("name")?;
            is_shadowed |= name.eq_ignore_ascii_case(HIDDEN_NUMBER);
            let is_computed = column.get::<_, i64>("hidden")? != 0;
            if !is_computed {
                columns.push(name);
            }
            Ok(())
        })?;
        if *number == HIDDEN_NUMBER {
            if is_shadowed {
                // By a column of somebody else, and what stands in it is not the number of a row.
                return Ok(());
            }
            columns.push(HIDDEN_NUMBER.to_owned());
        }
        let columns: Vec<String> =
            columns.iter().map(|column| format!("\"{}\"", column.replace('"', "\"\""))).collect();
        let (places, columns) = (vec!["?"; columns.len()].join(", "), columns.join(", "));
        let select = format!("SELECT {columns} FROM {table} WHERE {number} = ?1");
        let delete = format!("DELETE FROM {table} WHERE {number} = ?1");
        let insert = format!("INSERT INTO {table} ({columns}) VALUES ({places})");
        rows.iter().try_for_each(|&row| put_back_unless_refused(connection, row, [&select, &delete, &insert]))
    }
}

/// A row that is not as it may be, as other programs leave them, cannot be put back, and none can where an index of somebody else has a
/// function that is not known here. It stays where it was then.
fn put_back_unless_refused(connection: &Connection, row: i64, statements: [&str; 3]) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT packing")?;
    match put_back(connection, row, statements) {
        Err(error) if is_refusal(&error) => connection.execute_batch("ROLLBACK TO packing; RELEASE packing"),
        Err(error) => Err(error),
        Ok(()) => connection.execute_batch("RELEASE packing"),
    }
}

/// Whether a row may not be put back, rather than that the file cannot be written.
fn is_refusal(error: &rusqlite::Error) -> bool {
    let is_complaint = matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation | ErrorCode::Unknown));
    is_complaint || matches!(error, rusqlite::Error::SqlInputError { .. })
}

/// Takes a row out and puts it back, if all of it can be read.
fn put_back(connection: &Connection, row: i64, [select, delete, insert]: [&str; 3]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(select)?;
    let n_columns = statement.column_count();
    let values = statement.query_row([row], |row| {
        let value = |column| row.get_ref(column).map(|value| Value::try_from(value).ok());
        (0..n_columns).map(value).collect::<rusqlite::Result<Option<Vec<Value>>>>()
    });
    let Some(values) = values.optional()?.flatten() else { return Ok(()) };
    connection.prepare_cached(delete)?.execute([row])?;
    connection.prepare_cached(insert)?.execute(params_from_iter(values)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::config::StoreSettings;
    use crate::store::file::open::open_for_writing;

    const N_ARTICLES: u32 = 400;

    /// Articles with texts of some kilobytes, and what somebody else keeps of them.
    fn filled() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = open_for_writing(&StoreSettings { path, ..crate::config::defaults().store }).unwrap();
        connection
            .execute_batch(&format!(
                r#"WITH numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < {N_ARTICLES})
                 INSERT INTO articles (id, title, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)
                 SELECT id, 'Report ' || id, 5, hex(zeroblob(600 + id * 7 % 1100)), 'full', 90, '2026-09-30T23:59:59Z', '2026-10-02T00:00:00Z', '', id, id
                 FROM numbers;
                 INSERT INTO revisions (rowid, article_id, revision, body, seen_at) SELECT 3 * id, id, 1, body, updated_at FROM articles;
                 ALTER TABLE articles ADD COLUMN "my ""own""" TEXT DEFAULT 'mine';
                 ALTER TABLE articles ADD COLUMN initial TEXT GENERATED ALWAYS AS (substr(title, 1, 1));
                 CREATE TABLE clippings (article_id INTEGER REFERENCES articles (id) ON DELETE CASCADE);
                 INSERT INTO clippings SELECT id FROM articles;
                 CREATE TABLE gone (article_id INTEGER);
                 CREATE TRIGGER clippings_gone AFTER DELETE ON articles BEGIN INSERT INTO gone VALUES (old.id); END"#
            ))
            .unwrap();
        (folder, connection)
    }

    /// Takes all texts of a table out, in no order, and fills its pages. Returns how many they were and are.
    fn shorten_and_pack(connection: &Connection, mut shortened: Shortened) -> (u64, u64) {
        let table = shortened.table;
        let n_pages = || {
            let sql = "SELECT count(*) FROM dbstat WHERE name = ?1 AND pagetype = 'leaf'";
            connection.query_row(sql, [table], |row| row.get::<_, u64>(0)).unwrap()
        };
        connection.execute_batch("BEGIN").unwrap();
        let bytes: Vec<(i64, u64)> = connection
            .prepare(&format!("SELECT rowid, octet_length(body) FROM {table} ORDER BY rowid * 37 % 401"))
            .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .unwrap();
        connection.execute(&format!("UPDATE {table} SET body = ''"), []).unwrap();
        for (row, bytes) in bytes {
            shortened.add(row, bytes);
        }
        let (before, n_before) = (dump(connection, table), n_pages());
        shortened.pack(connection).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        assert_eq!(dump(connection, table), before);
        (n_before, n_pages())
    }

    fn dump(connection: &Connection, table: &str) -> Vec<Vec<String>> {
        let mut statement = connection.prepare(&format!("SELECT rowid, * FROM {table} ORDER BY rowid")).unwrap();
        let n_columns = statement.column_count();
        let line = |row: &rusqlite::Row<'_>| {
            Ok((0..n_columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect())
        };
        statement.query_map([], line).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn count(connection: &Connection, table: &str) -> u32 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn pages_are_filled_and_no_row_is_another() {
        let (_folder, connection) = filled();
        let (before, after) = shorten_and_pack(&connection, Shortened::articles());
        assert!(after * 4 < before, "{before} pages, then {after}");
        let (before, after) = shorten_and_pack(&connection, Shortened::revisions());
        assert!(after * 4 < before, "{before} pages of wordings, then {after}");
        assert_eq!(count(&connection, "clippings"), N_ARTICLES);
        let n_told = ["gone", "_deleted", "_replaced"].map(|table| count(&connection, table));
        assert_eq!(n_told, [0; 3]);
        let whole: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
        // What holds for others holds again.
        connection.execute("DELETE FROM articles WHERE id = 7", []).unwrap();
        assert_eq!(["gone", "clippings"].map(|table| count(&connection, table)), [1, N_ARTICLES - 1]);
    }

    #[test]
    fn nothing_is_lost_where_a_column_of_somebody_else_is_called_like_the_number_of_a_row() {
        let (_folder, connection) = filled();
        connection
            .execute_batch(
                "ALTER TABLE articles ADD COLUMN rowid INTEGER; UPDATE articles SET rowid = 7;
                 ALTER TABLE revisions ADD COLUMN RowId INTEGER; UPDATE revisions SET rowid = 7",
            )
            .unwrap();
        for mut shortened in [Shortened::articles(), Shortened::revisions()] {
            let table = shortened.table;
            let before = dump(&connection, table);
            (1..=20).for_each(|row| shortened.add(row, BYTES_PER_ROW));
            shortened.pack(&connection).unwrap();
            assert_eq!(dump(&connection, table), before);
        }
    }

    #[test]
    fn whatever_ends_it_the_rules_hold_again() {
        let (_folder, connection) = filled();
        let (articles, wordings) = (dump(&connection, "articles"), dump(&connection, "revisions"));
        let mut n_ended = 0;
        for n_steps in [50, 500, 1000, 2000, 5000] {
            let mut shortened = Shortened::articles();
            (1..=i64::from(N_ARTICLES)).for_each(|row| shortened.add(row, BYTES_PER_ROW));
            connection.execute_batch("BEGIN").unwrap();
            connection.progress_handler(n_steps, Some(|| true)).unwrap();
            let outcome = shortened.pack(&connection);
            connection.progress_handler(0, None::<fn() -> bool>).unwrap();
            n_ended += u32::from(outcome.is_err());
            let are_on = RULES.map(|rule| connection.db_config(rule).unwrap());
            assert_eq!(are_on, [true; 2], "{outcome:?}");
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK").unwrap();
            }
            assert_eq!(dump(&connection, "articles"), articles);
        }
        assert!(n_ended > 0);
        assert_eq!(dump(&connection, "revisions"), wordings);
        shorten_and_pack(&connection, Shortened::articles());
    }

    #[test]
    fn an_index_with_a_function_that_is_not_known_keeps_rows_where_they_are() {
        let (_folder, connection) = filled();
        connection
            .execute_batch(
                "CREATE INDEX theirs ON articles (abs(words));
                 PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, 'abs', 'of_theirs') WHERE name = 'theirs';
                 PRAGMA writable_schema = RESET",
            )
            .unwrap();
        let (before, after) = shorten_and_pack(&connection, Shortened::articles());
        assert_eq!(before, after);
    }

    #[test]
    fn rows_that_are_not_as_they_may_be_stay_where_they_are() {
        let (_folder, connection) = filled();
        connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        connection.execute("UPDATE articles SET quality = 1000 WHERE id > 200", []).unwrap();
        connection.execute_batch("PRAGMA ignore_check_constraints = OFF").unwrap();
        let (before, after) = shorten_and_pack(&connection, Shortened::articles());
        assert!(after * 3 < before * 2 && after * 3 > before, "the others do not: {before} pages, then {after}");

        let (_folder, connection) = filled();
        connection.execute("UPDATE articles SET title = CAST(?1 AS TEXT)", params![b"Report \xff"]).unwrap();
        let (before, after) = shorten_and_pack(&connection, Shortened::articles());
        assert_eq!(before, after);
    }
}
