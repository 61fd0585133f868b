//! `changes`: what came in or changed since a cursor.

use serde_json::json;

use super::articles::source;
use super::marks;
use crate::forms::changes::{Behind, Place, PlaceError};
use crate::mcp::answer::{Answer, Rest};
use crate::mcp::arguments::{Arguments, Kind, Parameter, Refusal};
use crate::mcp::definition::{Basis, Definition};
use crate::store::{ArticleFilter, Reader};

pub(super) static CHANGES: Definition = Definition {
    name: "changes",
    title: "What is new since a cursor",
    about: "Articles in the order in which they came in or changed, oldest change first: `new`, `revised`, `changed` or `removed`, each with its time. \
            Every answer has a `cursor`; with it the next call goes on behind what was told. Ask once with cursor `now` to hear of what comes from now on. \
            Titles and addresses stand below `untrusted`.",
    parameters: &[
        Parameter {
            name: "cursor",
            kind: Kind::Text,
            is_required: false,
            about: "Where to go on: the `cursor` of an earlier answer, or `now`. Without it: from the first change on.",
        },
        Parameter {
            name: "source",
            kind: Kind::Text,
            is_required: false,
            about: "Only articles seen in this source: its slug.",
        },
        Parameter {
            name: "language",
            kind: Kind::Text,
            is_required: false,
            about: "Only articles in this language: its code of two letters.",
        },
        Parameter {
            name: "limit",
            kind: Kind::Whole { least: 1, most: 500, default: Some(100) },
            is_required: false,
            about: "How many changes at most.",
        },
    ],
    answer: changes,
};

fn changes(reader: &Reader, arguments: &Arguments, basis: &Basis) -> Result<Answer, Refusal> {
    let last = reader.last_change()?;
    let after = match arguments.text("cursor").map(str::trim) {
        None => 0,
        Some("now") => last,
        Some(cursor) => Place::parse(cursor).and_then(|place| place.check(reader, last))?,
    };
    let filter = ArticleFilter {
        source_id: arguments.text("source").map(|slug| source(reader, "source", slug)).transpose()?.map(|row| row.id),
        language: arguments.text("language").map(|code| code.trim().to_lowercase()),
        ..ArticleFilter::default()
    };
    let Behind { changes: mut rows, place, is_all } =
        Behind::read(reader, &filter, after, last, arguments.count("limit"))?;
    marks::add(reader, &mut rows)?;
    let n_read = rows.len();
    // Behind as many as there is room for.
    let cursors = rows.iter().map(|row| Place::at(row["change_seq"].as_i64().unwrap_or(after), reader));
    let mut cursors = cursors.map(|place| place.map(|place| place.to_string())).collect::<Result<Vec<_>, _>>()?;
    if let Some(behind) = cursors.last_mut() {
        *behind = place.to_string();
    }
    let behind_all = place.to_string();
    let cursor_behind =
        move |n_told: usize| n_told.checked_sub(1).and_then(|at| cursors.get(at)).unwrap_or(&behind_all).clone();
    let next = cursor_behind.clone();
    let rest = Rest { is_more: !is_all, next: Box::new(move |n_told| Ok(json!({ "cursor": next(n_told) }))) };
    let answer = Answer::of(json!({}), basis.now).with_rows("changes", rows, &rest)?;
    let n_told = answer.n_rows("changes").unwrap_or(n_read);
    Ok(answer.with_ours("cursor", json!(cursor_behind(n_told))))
}

impl From<PlaceError> for Refusal {
    fn from(error: PlaceError) -> Refusal {
        match error {
            PlaceError::Store(error) => error.into(),
            PlaceError::Snapshot => Refusal::NotFound(error.to_string()),
            error => Refusal::wrong("cursor", error.to_string()),
        }
    }
}
