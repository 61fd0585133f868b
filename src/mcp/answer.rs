//! What a tool says, in a bounded number of bytes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::arguments::Refusal;
use super::trust::{UNTRUSTED, parted};
use crate::forms::times::rfc3339;

/// An answer as JSON is not longer than this: some fifteen thousand tokens, which leaves an agent room for several.
pub(super) const ANSWER_BYTES_MAX: usize = 60_000;

/// What of it is kept for what stands around rows.
const AROUND_BYTES: usize = 6_000;

/// What is left of each text, and of each list of texts, where one row alone is too long for an answer.
const CUT_BYTES: usize = 1_000;
const CUT_VALUES: usize = 20;

/// An answer, in which what is others' is told apart.
#[derive(Debug)]
pub(super) struct Answer(Map<String, Value>);

/// What there is beside the rows of an answer.
pub(super) struct Rest {
    /// Whether there is more behind the rows that were read.
    pub(super) is_more: bool,
    /// The arguments that give what is behind so many of the rows.
    pub(super) next: Box<dyn Fn(usize) -> Result<Value, Refusal>>,
}

impl Rest {
    /// More is behind an offset.
    pub(super) fn offset(offset: u32, is_more: bool) -> Rest {
        Rest { is_more, next: Box::new(move |n_told| Ok(json!({ "offset": offset as usize + n_told }))) }
    }
}

impl Answer {
    /// An answer of one piece. `of_others` is put below the key for what is others' as it is.
    pub(super) fn of(value: Value, now: Timestamp) -> Answer {
        Answer::begun(parted(value), now)
    }

    /// An answer that is wholly of this program.
    pub(super) fn of_ours(value: Value, now: Timestamp) -> Answer {
        Answer::begun(value, now)
    }

    fn begun(value: Value, now: Timestamp) -> Answer {
        let mut fields = Map::new();
        fields.insert("asked_at".to_owned(), json!(rfc3339(now)));
        if let Value::Object(others) = value {
            fields.extend(others);
        }
        Answer(fields)
    }

    /// With a value that is of this program, whatever it looks like.
    pub(super) fn with_ours(mut self, name: &str, value: Value) -> Answer {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// How many rows there are of it.
    pub(super) fn n_rows(&self, name: &str) -> Option<usize> {
        Some(self.0.get(name)?.as_array()?.len())
    }

    /// With rows, each parted, as many as there is room for.
    pub(super) fn with_rows(self, name: &str, rows: Vec<Value>, rest: &Rest) -> Result<Answer, Refusal> {
        let rows = rows.into_iter().map(parted).collect();
        self.with_list(name, rows, rest, false)
    }

    /// With what is others' as a whole, as many of it as there is room for.
    pub(super) fn with_texts(self, name: &str, texts: Vec<Value>, rest: &Rest) -> Result<Answer, Refusal> {
        self.with_list(name, texts, rest, true)
    }

    fn with_list(mut self, name: &str, values: Vec<Value>, rest: &Rest, is_of_others: bool) -> Result<Answer, Refusal> {
        let n_read = values.len();
        // What stands around the list may be long itself, and says yet how it goes on.
        let around = (length(&Value::Object(self.0.clone())) + CUT_BYTES).max(AROUND_BYTES);
        let mut left = ANSWER_BYTES_MAX.saturating_sub(around);
        let mut told = Vec::new();
        for mut value in values {
            let mut bytes = length(&value) + 1;
            if bytes > left {
                if !told.is_empty() {
                    break;
                }
                shorten(&mut value, left.max(CUT_BYTES));
                self.0.insert("is_cut".to_owned(), json!(true));
                bytes = length(&value) + 1;
            }
            left = left.saturating_sub(bytes);
            told.push(value);
        }
        let n_told = told.len();
        if rest.is_more || n_told < n_read {
            self.0.insert("more".to_owned(), json!(true));
            self.0.insert("next".to_owned(), (rest.next)(n_told)?);
        } else {
            self.0.insert("more".to_owned(), json!(false));
        }
        if is_of_others {
            let others = self.0.entry(UNTRUSTED).or_insert_with(|| json!({}));
            others[name] = told.into();
        } else {
            self.0.insert(name.to_owned(), told.into());
        }
        Ok(self)
    }

    /// What it is, not longer than an answer may be. Where it would be, its longest texts and lists are cut, which it tells.
    pub(super) fn into_value(self) -> Value {
        let mut value = Value::Object(self.0);
        let mut bytes_left = 4 * CUT_BYTES;
        let mut n_left = 5 * CUT_VALUES;
        while length(&value) > ANSWER_BYTES_MAX && bytes_left > 0 {
            shorten_all(&mut value, bytes_left, n_left);
            value["is_cut"] = json!(true);
            bytes_left /= 2;
            n_left = (n_left / 2).max(1);
        }
        value
    }
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

/// Makes a row that has no room by itself fit.
fn shorten(value: &mut Value, bytes_max: usize) {
    if let Value::String(text) = value {
        // Escapes may take more than the text itself.
        let mut left = bytes_max.min(text.len());
        while length(&json!(text)) > bytes_max && left > 0 {
            cut(text, left);
            left -= left.div_ceil(4);
        }
        return;
    }
    let mut bytes_left = bytes_max / 2;
    let mut n_left = 16 * CUT_VALUES;
    while length(value) > bytes_max && bytes_left > 0 {
        shorten_all(value, bytes_left, n_left);
        bytes_left /= 2;
        n_left = (n_left / 2).max(1);
    }
}

fn shorten_all(value: &mut Value, bytes_left: usize, n_left: usize) {
    match value {
        Value::String(text) => cut(text, bytes_left),
        Value::Array(values) => {
            values.truncate(n_left);
            for value in values {
                shorten_all(value, bytes_left, n_left);
            }
        }
        Value::Object(fields) => {
            for value in fields.values_mut() {
                shorten_all(value, bytes_left, n_left);
            }
        }
        _ => {}
    }
}

/// Leaves the beginning of a text, and says so.
fn cut(text: &mut String, bytes_left: usize) {
    if text.len() > bytes_left {
        text.truncate(text.floor_char_boundary(bytes_left));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn rest() -> Rest {
        Rest::offset(10, false)
    }

    #[test]
    fn as_many_rows_are_told_as_there_is_room_for() {
        let row = |n: usize| json!({ "id": n, "title": "x".repeat(1000) });
        let told = Answer::of(json!({}), now()).with_rows("rows", (0..100).map(row).collect(), &rest()).unwrap();
        let told = told.into_value();
        let n_told = told["rows"].as_array().unwrap().len();
        assert!((40..60).contains(&n_told), "{n_told}");
        assert_eq!((&told["more"], &told["next"]["offset"]), (&json!(true), &json!(10 + n_told)));
        assert!(told.to_string().len() <= ANSWER_BYTES_MAX);
        assert_eq!(told["rows"][3]["untrusted"]["title"], row(3)["title"], "what is told is told as it is");
        let few = Answer::of(json!({}), now()).with_rows("rows", (0..3).map(row).collect(), &rest()).unwrap();
        assert_eq!(few.into_value()["more"], false);
    }

    #[test]
    fn a_row_that_has_no_room_by_itself_is_cut() {
        for text in ["é".repeat(200_000), "\u{1}".repeat(200_000)] {
            let values = vec![json!(text)];
            let told = Answer::of(json!({}), now()).with_texts("rows", values, &rest()).unwrap().into_value();
            assert!(told.to_string().len() <= ANSWER_BYTES_MAX, "{}", told.to_string().len());
            assert_eq!((&told["is_cut"], &told["more"]), (&json!(true), &json!(false)));
            let rows = told["untrusted"]["rows"].as_array().unwrap();
            assert!(rows.len() == 1 && rows[0].as_str().unwrap().ends_with('…'), "{}", rows.len());
        }
        let authors: Vec<String> = (0..100_000).map(|n| format!("author {n}")).collect();
        let told = Answer::of(json!({ "authors": authors, "title": "t".repeat(100_000) }), now()).into_value();
        assert!(told.to_string().len() <= ANSWER_BYTES_MAX && told["is_cut"] == true);
    }
}
