//! `schema` and `sql`: the tables, and a question of the agent's own to them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::mcp::answer::{ANSWER_BYTES_MAX, Answer, Rest};
use crate::mcp::arguments::{Arguments, Kind, Parameter, Refusal};
use crate::mcp::definition::{Basis, Definition};
use crate::model::without_credentials;
use crate::store::{QueryValue, Reader, StoreError, docs, public_schema};

pub(super) static SCHEMA: Definition = Definition {
    name: "schema",
    title: "Tables and columns",
    about: "The public tables and views of the database and what they mean, for `sql`. Without a name all of them, a sentence each; with a name its \
            statement and every column with its meaning.",
    parameters: &[Parameter {
        name: "name",
        kind: Kind::Text,
        is_required: false,
        about: "A table or view, such as articles.",
    }],
    answer: schema,
};

fn schema(_: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let (entries, docs) = (public_schema()?, docs()?);
    let meaning = |name: &str| {
        let of_table = docs.iter().find(|row| row.table_name == name && row.column_name.is_none());
        of_table.map(|row| row.text.clone())
    };
    let tables = || entries.iter().filter(|entry| entry.name == entry.table_name);
    let Some(name) = arguments.text("name").map(str::trim) else {
        let rows: Vec<Value> = tables()
            .map(|entry| json!({ "name": entry.name, "kind": entry.kind, "text": meaning(&entry.name) }))
            .collect();
        return Ok(Answer::of_ours(json!({ "tables": rows }), basis.now));
    };
    let Some(entry) = tables().find(|entry| entry.name.eq_ignore_ascii_case(name)) else {
        let names: Vec<&str> = tables().map(|entry| entry.name.as_str()).collect();
        return Err(Refusal::wrong("name", format!("must be one of {}", names.join(", "))));
    };
    let columns = docs.iter().filter(|row| row.table_name == entry.name);
    let columns = columns.filter_map(|row| Some(json!({ "name": row.column_name.as_ref()?, "text": row.text })));
    let value = json!({
        "name": entry.name,
        "kind": entry.kind,
        "text": meaning(&entry.name),
        "sql": entry.sql,
        "columns": columns.collect::<Vec<_>>(),
    });
    Ok(Answer::of_ours(value, basis.now))
}

/// Characters of a value that are told: the rest is for `substr()`.
const VALUE_BYTES_MAX: usize = 20_000;

pub(super) static SQL: Definition = Definition {
    name: "sql",
    title: "Ask in SQL",
    about: "One statement of SQLite that reads: SELECT, WITH, VALUES or EXPLAIN. `schema` says what tables and columns mean. Columns and rows stand \
            below `untrusted`: rows are lists of values in the order of the columns, BLOBs in hex. It has ten seconds, and values longer than 20 kB are cut \
            (`n_cut`): substr() gives parts of one. Ask for articles.quality, body_kind and \
            reservations where texts are used.",
    parameters: &[
        Parameter { name: "sql", kind: Kind::Text, is_required: true, about: "The statement, without parameters." },
        Parameter {
            name: "limit",
            kind: Kind::Whole { least: 1, most: 1_000, default: Some(100) },
            is_required: false,
            about: "How many rows at most.",
        },
        Parameter {
            name: "offset",
            kind: Kind::Whole { least: 0, most: 10_000_000, default: Some(0) },
            is_required: false,
            about: "How many rows are passed over: to go on where an answer ended, with a statement that has an ORDER BY.",
        },
    ],
    answer: sql,
};

/// Why no more rows are taken.
enum Ended {
    Enough,
    By(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Ended {
        Ended::By(error)
    }
}

fn sql(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    // SQLite quotes the statement and what is stored in its messages.
    let refused = |error: StoreError| match error {
        StoreError::UserSql(quote) => {
            let must = "must be one statement that only reads (SELECT, WITH, VALUES, EXPLAIN), and this one was refused or failed";
            Refusal::Quoted { told: format!("sql: {must}"), quote }
        }
        error => error.into(),
    };
    let sql = arguments.required_text("sql")?;
    let limit = arguments.count("limit") as usize;
    let offset = arguments.count("offset");
    let mut n_passed_over = 0;
    reader.confine_user_queries()?;
    let query = reader.user_query(sql).map_err(refused)?;
    let columns = query.columns();
    let (mut rows, mut n_bytes, mut n_cut, mut is_more) = (Vec::new(), 0, 0, false);
    let ended = query.for_each_row(|row| {
        if n_passed_over < offset {
            n_passed_over += 1;
            return Ok(());
        }
        if rows.len() == limit || n_bytes > ANSWER_BYTES_MAX {
            is_more = true;
            return Err(Ended::Enough);
        }
        let row: Vec<Value> = row.into_iter().map(|value| told(value, &mut n_cut)).collect();
        n_bytes += row.iter().map(|value| value.as_str().map_or(8, str::len)).sum::<usize>();
        rows.push(Value::Array(row));
        Ok(())
    });
    match ended {
        Ok(()) | Err(Ended::Enough) => {}
        Err(Ended::By(error)) => return Err(refused(error)),
    }
    let rest = Rest::offset(offset, is_more);
    Answer::of_ours(json!({ "n_cut": n_cut, "untrusted": { "columns": columns } }), basis.now)
        .with_texts("rows", rows, &rest)
}

/// A value as JSON: a long one cut, an address without credentials.
fn told(value: QueryValue<'_>, n_cut: &mut usize) -> Value {
    let mut cut = |mut text: String| {
        if text.len() > VALUE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(VALUE_BYTES_MAX));
            text.push('…');
            *n_cut += 1;
        }
        Value::String(text)
    };
    match value {
        QueryValue::Null => Value::Null,
        QueryValue::Integer(number) => number.into(),
        QueryValue::Real(number) if number.is_finite() => number.into(),
        QueryValue::Real(number) => (if number > 0.0 { "Inf" } else { "-Inf" }).into(),
        QueryValue::Text(text) => {
            let is_address =
                (text.starts_with("http://") || text.starts_with("https://")) && !text.contains(char::is_whitespace);
            if is_address { cut(without_credentials(&text).into_owned()) } else { cut(text.into_owned()) }
        }
        QueryValue::Blob(bytes) => {
            let shown = &bytes[..bytes.len().min(VALUE_BYTES_MAX)];
            cut(shown.iter().fold(String::new(), |mut hex, byte| {
                // Writing to a String cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            }))
        }
    }
}
