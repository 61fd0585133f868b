//! The user's own query: one SQL statement, which may only read.
//!
//! The file is opened read-only, so no statement can change it. One that would is refused before it runs, with a clearer
//! message than SQLite's. So is one that returns no rows: `BEGIN` or `ATTACH` serve nothing without a second statement.

use std::borrow::Cow;
use std::path::Path;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Error, Statement};

use crate::store::file::error::{StoreError, explain};
use crate::store::read::reader::Reader;

/// Characters of the statement that an error message quotes.
const QUOTED_CHARACTERS: usize = 40;

/// A value in a row of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryValue<'a> {
    /// `NULL`.
    Null,
    /// `INTEGER`.
    Integer(i64),
    /// `REAL`.
    Real(f64),
    /// `TEXT`; invalid UTF-8 is replaced.
    Text(Cow<'a, str>),
    /// `BLOB`.
    Blob(&'a [u8]),
}

/// A prepared statement that only reads.
#[derive(Debug)]
pub struct UserQuery<'a> {
    statement: Statement<'a>,
    sql: &'a str,
    path: &'a Path,
}

impl Reader {
    /// Prepares a statement of the user.
    ///
    /// # Errors
    ///
    /// [`StoreError::UserSql`] when it is not valid, more than one statement, would write, or returns no rows.
    pub fn user_query<'a>(&'a self, sql: &'a str) -> Result<UserQuery<'a>, StoreError> {
        let refused = |reason: &str| Err(StoreError::UserSql(reason.to_owned()));
        // SQLite would take a zero byte for the end and silently ignore the rest.
        if sql.contains('\0') {
            return refused("there is a zero byte in the statement");
        }
        let statement = match self.connection().prepare(sql) {
            Ok(statement) => statement,
            Err(Error::MultipleStatement) => return refused("more than one statement; give one at a time"),
            Err(error) => return Err(blame(&error, sql, self.path())),
        };
        // `EXPLAIN` does not run the statement.
        if !statement.readonly() && statement.is_explain() == 0 {
            return refused("the statement would write, and the database is open for reading only");
        }
        if statement.column_count() == 0 {
            return refused("there is nothing to answer; give a statement that has rows, such as SELECT");
        }
        if statement.parameter_count() > 0 {
            return refused("the statement has parameters (?, :name); write the values in their place");
        }
        Ok(UserQuery { statement, sql, path: self.path() })
    }
}

/// Pragmas that tell of tables, and set nothing. The functions of the same names stand on them.
const TELLING_PRAGMAS: [&str; 9] = [
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Memory for all statements of a confined reader's process: sorting a million rows takes a tenth of it.
const MEMORY_BYTES_MAX: i64 = 512 * 1024 * 1024;

impl Reader {
    /// From here on statements come from somebody who may be told by others what to ask: they read the database and nothing else. Pragmas
    /// that set something are refused, some of which hold for the process, and so are other files; and what would take all memory fails.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn confine_user_queries(&self) -> Result<(), StoreError> {
        self.connection().pragma_update(None, "hard_heap_limit", MEMORY_BYTES_MAX)?;
        self.connection().authorizer(Some(|context: AuthContext<'_>| match context.action {
            // What begins or ends a transaction has no rows, so no such statement is run but our own.
            AuthAction::Select
            | AuthAction::Read { .. }
            | AuthAction::Function { .. }
            | AuthAction::Recursive
            | AuthAction::Transaction { .. } => Authorization::Allow,
            AuthAction::Pragma { pragma_name, pragma_value } => {
                let is_telling = TELLING_PRAGMAS.iter().any(|name| pragma_name.eq_ignore_ascii_case(name));
                let is_set = pragma_name.eq_ignore_ascii_case("user_version") && pragma_value.is_some();
                if is_telling && !is_set { Authorization::Allow } else { Authorization::Deny }
            }
            _ => Authorization::Deny,
        }))?;
        Ok(())
    }
}

/// What stands before a condition of the user's where it is tried out.
const BEFORE_CONDITION: &str = "SELECT id FROM articles WHERE ";

impl Reader {
    /// Checks a condition of the user's over the columns of `articles` by itself, so that what is wrong in it is told in its own words. It
    /// must be whole without brackets around it.
    ///
    /// # Errors
    ///
    /// [`StoreError::UserSql`] with what SQLite says of it, and where.
    pub fn check_condition(&self, condition: &str) -> Result<(), StoreError> {
        let refused = |reason: &str| Err(StoreError::UserSql(format!("--where {condition:?}: {reason}")));
        if condition.contains('\0') {
            return refused("there is a zero byte in it");
        }
        let sql = format!("{BEFORE_CONDITION}{condition}");
        let error = match self.connection().prepare(&sql) {
            Ok(statement) if statement.parameter_count() == 0 => {
                // What stands alone may go on behind the condition; in brackets it may not.
                return match self.connection().prepare(&format!("{BEFORE_CONDITION}({condition}\n)")) {
                    Ok(_) => Ok(()),
                    Err(_) => {
                        refused("it goes on behind the condition (ORDER BY, GROUP BY, LIMIT …); give a condition alone")
                    }
                };
            }
            Ok(_) => return refused("it has parameters (?, :name); write the values in their place"),
            Err(Error::MultipleStatement) => return refused("it ends a statement (;); give a condition alone"),
            Err(error) => error,
        };
        match explain(&error, self.path()) {
            StoreError::Sql(_) => {
                let told = described(&error, &sql, BEFORE_CONDITION.len());
                let is_of_column = told.starts_with("no such column");
                let advice = match (is_of_column, condition.contains('"')) {
                    (true, true) => {
                        "; texts stand in single quotes ('de'), and `newswire schema --docs` lists the columns of articles"
                    }
                    (true, false) => "; `newswire schema --docs` lists the columns of articles",
                    (false, _) => "",
                };
                refused(&format!("{told}{advice}"))
            }
            of_the_file => Err(of_the_file),
        }
    }
}

impl UserQuery<'_> {
    /// The names of its columns. A name may occur twice.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.statement.column_names().into_iter().map(str::to_owned).collect()
    }

    /// Passes each row to `visit` as it comes.
    ///
    /// # Errors
    ///
    /// [`StoreError::UserSql`] when the statement fails, and the error of `visit`.
    pub fn for_each_row<E: From<StoreError>>(
        mut self,
        mut visit: impl FnMut(Vec<QueryValue<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (sql, path) = (self.sql, self.path);
        let n_columns = self.statement.column_count();
        let mut rows = self.statement.query([]).map_err(|error| blame(&error, sql, path))?;
        while let Some(row) = rows.next().map_err(|error| blame(&error, sql, path))? {
            let values = (0..n_columns).map(|column| row.get_ref(column).map(value));
            let values = values.collect::<Result<_, _>>().map_err(|error| blame(&error, sql, path))?;
            visit(values)?;
        }
        Ok(())
    }
}

fn value(stored: ValueRef<'_>) -> QueryValue<'_> {
    match stored {
        ValueRef::Null => QueryValue::Null,
        ValueRef::Integer(number) => QueryValue::Integer(number),
        ValueRef::Real(number) => QueryValue::Real(number),
        ValueRef::Text(bytes) => QueryValue::Text(String::from_utf8_lossy(bytes)),
        ValueRef::Blob(bytes) => QueryValue::Blob(bytes),
    }
}

/// The cause of an error is the user's statement, unless it is the file.
fn blame(error: &Error, sql: &str, path: &Path) -> StoreError {
    match explain(error, path) {
        StoreError::Sql(_) => StoreError::UserSql(described(error, sql, 0)),
        of_the_file => of_the_file,
    }
}

/// SQLite's message, and the place in the statement behind what is ours of it, where it is known.
fn described(error: &Error, sql: &str, n_ours: usize) -> String {
    // Messages quote names and values, which may come from a publisher and hold control characters.
    let printable = |message: &str| message.replace(char::is_control, " ");
    let Error::SqlInputError { msg, sql: part, offset, .. } = error else { return printable(&error.to_string()) };
    // SQLite counts from the start of the statement that it prepares, which need not be the first.
    let begin = sql.len().saturating_sub(part.len());
    let offset = begin + usize::try_from(*offset).unwrap_or_default();
    let of_user = offset.checked_sub(n_ours).and_then(|offset| sql.get(n_ours..)?.split_at_checked(offset));
    let Some((before, behind)) = of_user else { return printable(msg) };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |text| text.chars().count()) + 1;
    let quoted = behind.lines().next().unwrap_or_default();
    let is_cut = quoted.chars().count() > QUOTED_CHARACTERS;
    let quoted: String = quoted.chars().take(QUOTED_CHARACTERS).chain(is_cut.then_some('…')).collect();
    let here = if quoted.is_empty() { "at the end".to_owned() } else { format!("at {quoted:?}") };
    format!("{} (line {line}, column {column}, {here})", printable(msg))
}

#[cfg(test)]
mod tests {
    use crate::store::file::open::open_for_writing;
    use crate::store::file::schema::VERSION;

    use super::*;

    /// A reader of an empty database.
    fn reader(folder: &tempfile::TempDir) -> Reader {
        let path = folder.path().join("a.db");
        let settings = crate::config::StoreSettings { path: path.clone(), ..crate::config::defaults().store };
        drop(open_for_writing(&settings).unwrap());
        Reader::open(&path).unwrap()
    }

    /// The answer to a statement, or why it has none.
    fn ask(reader: &Reader, sql: &str) -> Result<Vec<String>, String> {
        let mut rows = Vec::new();
        let query = reader.user_query(sql).map_err(|error| error.to_string())?;
        query
            .for_each_row(|values| {
                rows.push(format!("{values:?}"));
                Ok::<_, StoreError>(())
            })
            .map_err(|error| error.to_string())?;
        Ok(rows)
    }

    #[test]
    fn questions_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let reader = reader(&folder);
        let check = |sql: &str, expected: &str| {
            assert_eq!(ask(&reader, sql).unwrap().join(" "), expected, "{sql}");
        };
        check("SELECT 1, 2.0, 'x', NULL, x'00ff'", "[Integer(1), Real(2.0), Text(\"x\"), Null, Blob([0, 255])]");
        check("SELECT CAST(x'61ff62' AS TEXT)", "[Text(\"a\u{fffd}b\")]");
        check("VALUES (1), (2) -- a comment ; behind it", "[Integer(1)] [Integer(2)]");
        check("-- before\nWITH two (n) AS (VALUES (2)) SELECT n FROM two; -- and behind\n ; ", "[Integer(2)]");
        check("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'ferry'", "[Integer(0)]");
        check("PRAGMA user_version", &format!("[Integer({VERSION})]"));
        assert!(!ask(&reader, "EXPLAIN QUERY PLAN DELETE FROM articles").unwrap().is_empty());
    }

    #[test]
    fn whatever_writes_is_refused_and_so_is_more_than_one_statement() {
        let folder = tempfile::tempdir().unwrap();
        let reader = reader(&folder);
        let copy = folder.path().join("copy.db");
        let check = |sql: &str, words: &str| {
            let error = ask(&reader, sql).expect_err(sql);
            assert!(error.starts_with("SQL: ") && error.contains(words), "{sql}: {error}");
        };
        for sql in [
            "DELETE FROM articles",
            "DELETE FROM articles RETURNING id",
            "INSERT INTO docs VALUES ('a', NULL, 'b')",
            "UPDATE sources SET title = 'x'",
            "WITH x AS (SELECT 1) DELETE FROM docs",
            "CREATE TABLE mine (x)",
            "CREATE TEMP TABLE mine (x)",
            "DROP VIEW source_health",
            "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')",
            "VACUUM",
            &format!("VACUUM INTO '{}'", copy.display()),
            "REINDEX",
            "ANALYZE",
            "PRAGMA user_version = 7",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ] {
            check(sql, "would write");
        }
        for sql in
            ["BEGIN", "ATTACH 'other.db' AS other", "SAVEPOINT x", "", " ; ", "-- nothing", "PRAGMA query_only = 0"]
        {
            check(sql, "nothing to answer");
        }
        check("SELECT 1; SELECT 2", "more than one statement");
        check("SELECT 1; DELETE FROM articles", "more than one statement");
        check("SELECT ?1, :name", "parameters");
        check("SELECT 1 \0; DELETE FROM articles", "zero byte");
        check("SELECT load_extension('x')", "not authorized");
        assert!(!copy.exists());
        assert_ne!(ask(&reader, "SELECT count(*) FROM docs").unwrap(), ["[Integer(0)]"]);
    }

    #[test]
    fn faults_are_told_in_the_words_of_sqlite_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let reader = reader(&folder);
        let check =
            |sql: &str, expected: &str| assert_eq!(ask(&reader, sql).expect_err(sql), format!("SQL: {expected}"));
        check("SELECT titel FROM articles", "no such column: titel (line 1, column 8, at \"titel FROM articles\")");
        check(
            "SELECT 'Käse',\n       id FORM articles",
            "near \"articles\": syntax error (line 2, column 16, at \"articles\")",
        );
        check("SELECT 1; SELEKT 2", "near \"SELEKT\": syntax error (line 1, column 11, at \"SELEKT 2\")");
        check("SELECT (1", "incomplete input");
        check("SELECT 1 FROM nowhere", "no such table: nowhere");
        // While it runs, and with what a terminal would obey.
        check("SELECT abs(-9223372036854775808)", "integer overflow");
        let error = ask(&reader, "SELECT 1 FROM articles_fts WHERE articles_fts MATCH '\"' || char(27)")
            .expect_err("no syntax");
        assert!(error.contains("fts5") || error.contains("unterminated"), "{error}");
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}
