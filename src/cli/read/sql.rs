//! `newswire sql`: one question of the user's own to the database.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Read;

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::terminal::messages::say;
use crate::store::QueryValue;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, standard_input};
use crate::cli::terminal::delimited::{Formulas, comma_separated};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::table::{Column, number, text, whole};
use crate::cli::terminal::text::one_line;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sql \"SELECT date, count(*) FROM articles GROUP BY date ORDER BY date DESC\"
  newswire --json sql \"SELECT id, title, body FROM articles WHERE language = 'de'\" > german.jsonl
  newswire sql --csv \"SELECT language, sum(words) AS words FROM articles GROUP BY 1\" > words.csv
  newswire sql - < report.sql

One statement that reads: SELECT, WITH, VALUES, EXPLAIN, or a PRAGMA that tells something. The
database is opened read-only, beside a running daemon or without one. `newswire schema --docs` says
what the tables and columns mean. The texts of months that are closed (`newswire volumes`) are in
other files: body is empty there, and volume_text(volume, id) gives them.

On a terminal long values are cut, and where the columns do not fit beside each other they stand
below each other. In a pipe there is a line for each row, values between tabs, with --header the
names of the columns above; tabs and line ends in values become spaces, NULL is empty. --csv keeps
every value as it is (RFC 4180, with a header), but puts an apostrophe before what a spreadsheet
would take for a formula, unless --raw-csv is given. With --json each row is an object by the
names of the columns: numbers are numbers, NULL is null, TEXT is text, also where it holds JSON; a
name that occurs again gets :1, :2. BLOBs are in lower-case hex, infinite numbers the texts Inf and
-Inf.")]
pub(crate) struct SqlCommand {
    /// The statement, or - to read it from standard input
    // One may begin with a comment.
    #[arg(value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) sql: String,

    /// Print comma-separated values (RFC 4180) under the names of the columns
    #[arg(long)]
    pub(crate) csv: bool,

    /// The same, with values that a spreadsheet would take for formulas left as they are
    #[arg(long)]
    pub(crate) raw_csv: bool,
}

/// Whether a word is an option, if perhaps none that there is, rather than a statement that begins with a comment.
pub(crate) fn looks_like_option(word: &str) -> bool {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(char::is_whitespace))
}

/// The command as it would be if no statement began with a hyphen.
pub(crate) fn without_hyphens(command: clap::Command) -> clap::Command {
    command.mut_arg("sql", |statement| statement.allow_hyphen_values(false))
}

/// Longer statements are no question; most likely the wrong file came in.
const SQL_BYTES_MAX: usize = 1024 * 1024;

/// Rows that are laid out as one table on a terminal: enough to read, few enough to be kept.
const TABLE_ROWS_MAX: usize = 1000;

/// Characters of a value that a terminal shows. The body of an article would fill some screens.
const SHOWN_CHARACTERS_MAX: usize = 300;

pub(crate) fn run(context: &mut Context, command: &SqlCommand) -> Result<(), Failure> {
    if context.output.is_json() && (command.csv || command.raw_csv) {
        return Err(Failure::Usage("--csv and --json: the answer is one or the other".to_owned()));
    }
    let config = context.configure_for_reading()?;
    let sql: Cow<'_, str> = if command.sql == STANDARD_INPUT {
        read_statement(standard_input(|told| say!("{told}"))?)?.into()
    } else {
        (&command.sql).into()
    };
    let reader = Context::reader(&config.store.path)?;
    let query = reader.user_query(&sql)?;
    let names = query.columns();
    let output = &mut context.output;
    if output.is_json() {
        let names = distinct(&names);
        return query.for_each_row(|row| Ok(output.json(&as_object(&names, row))?));
    }
    if command.csv || command.raw_csv {
        let formulas = if command.raw_csv { Formulas::Kept } else { Formulas::Disarmed };
        output.raw(&comma_separated(&names, formulas))?;
        return query.for_each_row(|row| Ok(output.raw(&comma_separated(row.iter().map(shown), formulas))?));
    }
    output.page();
    if !output.is_decorated() {
        output.header(&names)?;
        return query.for_each_row(|row| Ok(output.row(row.iter().map(shown))?));
    }
    let mut page = Page::new(&names);
    query.for_each_row(|row| {
        page.take(&row);
        if page.rows.len() == TABLE_ROWS_MAX { page.print(output) } else { Ok(()) }
    })?;
    page.print(output)?;
    if page.n_printed == 0 {
        output.note("no rows");
    }
    Ok(())
}

fn read_statement(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input.take(SQL_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > SQL_BYTES_MAX {
        return Err(Failure::Usage(format!("what came in is longer than {SQL_BYTES_MAX} bytes, and no one statement")));
    }
    String::from_utf8(bytes).map_err(|error| Failure::Usage(format!("what came in is no UTF-8 text: {error}")))
}

/// A value as text. `NULL` is empty, as in other lists.
fn shown<'a>(value: &'a QueryValue<'a>) -> Cow<'a, str> {
    match value {
        QueryValue::Null => "".into(),
        QueryValue::Integer(number) => number.to_string().into(),
        QueryValue::Real(number) => real(*number).into(),
        QueryValue::Text(text) => Cow::Borrowed(text),
        QueryValue::Blob(bytes) => hex(bytes).into(),
    }
}

/// A whole number keeps its point, as SQLite writes it, so that it is told from an INTEGER.
fn real(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Inf" } else { "-Inf" }.to_owned();
    }
    format!("{number:?}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A row as a JSON object.
fn as_object(names: &[String], row: Vec<QueryValue<'_>>) -> Value {
    let json = |value| match value {
        QueryValue::Null => Value::Null,
        QueryValue::Integer(number) => number.into(),
        // JSON has no word for what is infinite.
        QueryValue::Real(number) if number.is_infinite() => real(number).into(),
        QueryValue::Real(number) => number.into(),
        QueryValue::Text(text) => text.into(),
        QueryValue::Blob(bytes) => hex(bytes).into(),
    };
    names.iter().cloned().zip(row.into_iter().map(json)).collect::<Map<_, _>>().into()
}

/// Names of columns of which no two are the same, in the way in which SQLite tells those of a subquery apart.
fn distinct(names: &[String]) -> Vec<String> {
    let mut given = HashSet::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    names
        .iter()
        .map(|name| {
            let mut unique = name.clone();
            // A name that looks numbered may be one of the statement's own.
            while !given.insert(unique.clone()) {
                let number = numbers.entry(name).or_default();
                *number += 1;
                unique = format!("{name}:{number}");
            }
            unique
        })
        .collect()
}

/// Rows for a terminal that are laid out together.
struct Page {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    kinds: Vec<Kind>,
    n_printed: usize,
}

/// What the values of a column have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Number,
    Address,
    Text,
}

impl Kind {
    fn of(value: &QueryValue<'_>) -> Kind {
        match value {
            QueryValue::Null => Kind::Unknown,
            QueryValue::Integer(_) | QueryValue::Real(_) => Kind::Number,
            QueryValue::Text(text) if text.starts_with("https://") || text.starts_with("http://") => Kind::Address,
            QueryValue::Text(_) | QueryValue::Blob(_) => Kind::Text,
        }
    }

    fn and(self, other: Kind) -> Kind {
        match (self, other) {
            (kind, Kind::Unknown) | (Kind::Unknown, kind) => kind,
            (one, other) if one == other => one,
            _ => Kind::Text,
        }
    }
}

impl Page {
    fn new(names: &[String]) -> Page {
        let kinds = vec![Kind::Unknown; names.len()];
        let names = names.iter().map(|name| one_line(name).into_owned()).collect();
        Page { names, rows: Vec::new(), kinds, n_printed: 0 }
    }

    fn take(&mut self, row: &[QueryValue<'_>]) {
        for (kind, value) in self.kinds.iter_mut().zip(row) {
            *kind = kind.and(Kind::of(value));
        }
        self.rows.push(row.iter().map(|value| shortened(&shown(value))).collect());
    }

    /// Prints what was taken since the last time.
    fn print(&mut self, output: &mut Output) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.rows);
        self.n_printed += rows.len();
        let columns: Vec<Column<'_>> = self
            .names
            .iter()
            .zip(&self.kinds)
            .map(|(name, kind)| match kind {
                Kind::Number => number(name),
                Kind::Address => whole(name),
                Kind::Unknown | Kind::Text => text(name),
            })
            // All of them were asked for.
            .map(Column::kept)
            .collect();
        Ok(output.list(&columns, rows.into_iter().map(|cells| (Value::Null, cells)).collect())?)
    }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind() {
        let check = |value: QueryValue<'_>, as_text: &str, as_json: &str| {
            assert_eq!(shown(&value), as_text);
            let object = as_object(&["x".to_owned()], vec![value]);
            assert_eq!(object.to_string(), format!("{{\"x\":{as_json}}}"));
        };
        check(QueryValue::Null, "", "null");
        check(QueryValue::Integer(i64::MIN), "-9223372036854775808", "-9223372036854775808");
        check(QueryValue::Real(2.0), "2.0", "2.0");
        check(QueryValue::Real(0.1), "0.1", "0.1");
        check(QueryValue::Real(f64::INFINITY), "Inf", "\"Inf\"");
        check(QueryValue::Real(f64::NEG_INFINITY), "-Inf", "\"-Inf\"");
        check(QueryValue::Text("[\"a\"]".into()), "[\"a\"]", "\"[\\\"a\\\"]\"");
        check(QueryValue::Blob(&[0, 171]), "00ab", "\"00ab\"");
    }

    #[test]
    fn names_that_occur_again_are_told_apart() {
        let check = |names: &[&str], expected: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(distinct(&names), expected);
        };
        check(&["id", "title"], &["id", "title"]);
        check(&["id", "id", "x", "id"], &["id", "id:1", "x", "id:2"]);
        check(&["id", "id:1", "id", "id"], &["id", "id:1", "id:2", "id:3"]);
        check(&["", ""], &["", ":1"]);
    }

    #[test]
    fn statements_that_come_in_are_bounded_text() {
        let check = |input: &[u8], expected: Result<&str, &str>| match (read_statement(input), expected) {
            (Ok(sql), Ok(expected)) => assert_eq!(sql, expected),
            (Err(failure), Err(words)) => {
                assert_eq!(failure.exit_code(), 2);
                assert!(failure.to_string().contains(words), "{failure}");
            }
            (read, _) => panic!("{read:?}"),
        };
        check(b"SELECT 1\n", Ok("SELECT 1\n"));
        check(b"SELECT '\xff'", Err("UTF-8"));
        check(&vec![b' '; SQL_BYTES_MAX + 1], Err("longer"));
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let check = |text: &str, expected: &str| assert_eq!(shortened(text), expected);
        check("short", "short");
        check(&"é".repeat(SHOWN_CHARACTERS_MAX), &"é".repeat(SHOWN_CHARACTERS_MAX));
        check(&"é".repeat(SHOWN_CHARACTERS_MAX + 1), &format!("{}…", "é".repeat(SHOWN_CHARACTERS_MAX)));
    }
}
