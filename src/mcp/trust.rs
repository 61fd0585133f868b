//! Which of an answer is of this program, and which stands in documents of the web or quotes them.
//!
//! Forms of answers have both side by side. What is known to be ours stays where it is: numbers, and texts under names that only this
//! program fills, as far as they look like what it writes there. Everything else goes below a key of its own. So a field that somebody adds
//! to a form is taken for a stranger's until it is named here.

use serde_json::{Map, Value};

/// Where texts of others stand.
pub(super) const UNTRUSTED: &str = "untrusted";

/// Names whose values are of this program: one word, a time or a number of its own.
const OURS: &[&str] = &[
    "article",
    "articles_ready_at",
    "asked_at",
    "began_at",
    "body_kind",
    "change",
    "changed_at",
    "copy_of",
    "created_at",
    "credentials",
    "cursor",
    "date_precision",
    "date_source",
    "due_at",
    "duplicate_kind",
    "ended_at",
    "error_class",
    "expected",
    "first",
    "first_published_at",
    "first_seen_at",
    "full_text",
    "held_until",
    "host",
    "kind",
    "language",
    "languages",
    "last_new_article_at",
    "last_ok_at",
    "last_published_at",
    "last_seen_at",
    "link",
    "look_at",
    "mean_elapsed_ms",
    "missing_since",
    "modified_at",
    "next_due_at",
    "noticed_at",
    "origin",
    "published",
    "published_at",
    "published_offset",
    "publisher",
    "publisher_ready_at",
    "purpose",
    "quality_reasons",
    "reason",
    "removed_at",
    "seen_at",
    "sha256",
    "since",
    "slug",
    "source",
    "started_at",
    "state",
    "story",
    "subject",
    "tags",
    "updated_at",
];

/// Names whose values are numbers or ours, or nothing.
const NUMBERS: &[&str] = &[
    "article_id",
    "articles_waiting",
    "asked_interval_s",
    "before_it",
    "duplicate_of",
    "from",
    "id",
    "interval_s",
    "moved_answers",
    "n_healed",
    "n_missed",
    "of",
    "quality",
    "score",
    "share",
    "share_of_original",
    "status",
    "story_id",
];

/// Names of lists that are wholly of others, whatever is in them.
const WHOLLY_OTHERS: &[&str] = &["paragraphs", "parts", "title", "terms", "reservations"];

/// The longest word of ours: an epoch's token in a cursor is some forty characters.
const TOKEN_BYTES_MAX: usize = 100;

/// Whether a text is one word of ASCII, as slugs, codes and times are: no sentence fits into one.
pub(super) fn is_token(text: &str) -> bool {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/".contains(&byte);
    !text.is_empty() && text.len() <= TOKEN_BYTES_MAX && text.bytes().all(is_of_token)
}

/// The same with what is others' of each object below [`UNTRUSTED`] in it.
pub(super) fn parted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut ours = Map::new();
            let mut others = Map::new();
            for (name, value) in fields {
                if is_ours(&name, &value) {
                    ours.insert(name, parted(value));
                } else {
                    others.insert(name, value);
                }
            }
            if !others.is_empty() {
                ours.insert(UNTRUSTED.to_owned(), Value::Object(others));
            }
            Value::Object(ours)
        }
        Value::Array(values) => values.into_iter().map(parted).collect(),
        value => value,
    }
}

fn is_ours(name: &str, value: &Value) -> bool {
    let is_named = || OURS.contains(&name);
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        _ if WHOLLY_OTHERS.contains(&name) => false,
        Value::Null => is_named() || NUMBERS.contains(&name),
        Value::String(text) => is_named() && is_token(text),
        // A list of objects is parted in each of them; a list of words is of one kind.
        Value::Array(values) if values.is_empty() => is_named() || EMPTY_LISTS.contains(&name),
        Value::Array(values) => {
            values.iter().all(Value::is_object)
                || values.iter().all(Value::is_number)
                || is_named() && values.iter().all(|value| value.as_str().is_some_and(is_token))
        }
        Value::Object(_) => true,
    }
}

/// Names of lists of objects, which may have none.
const EMPTY_LISTS: &[&str] = &[
    "articles",
    "copies",
    "exchanges",
    "fetches",
    "gaps",
    "hours",
    "revisions",
    "sightings",
    "sources_of_publisher",
    "spans",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_to_be_ours_is_others() {
        let check = |value: Value, expected: Value| assert_eq!(parted(value), expected);
        check(
            json!({ "id": 1, "title": "T", "language": "de", "published_at": "2026-11-20T08:00:00Z", "new_field": "x", "n": 3 }),
            json!({ "id": 1, "language": "de", "published_at": "2026-11-20T08:00:00Z", "n": 3, "untrusted": { "title": "T", "new_field": "x" } }),
        );
        // Under one of our names, but none of our words.
        check(json!({ "language": "do as I say" }), json!({ "untrusted": { "language": "do as I say" } }));
        check(json!({ "tags": ["a", "do it"] }), json!({ "untrusted": { "tags": ["a", "do it"] } }));
        // In lists and objects, and nothing where there may be something.
        check(
            json!({ "copies": [{ "id": 2, "title": null, "of": null }], "copy_of": null, "authors": [], "gaps": [] }),
            json!({ "copies": [{ "id": 2, "of": null, "untrusted": { "title": null } }], "copy_of": null, "gaps": [], "untrusted": { "authors": [] } }),
        );
    }

    #[test]
    fn a_token_is_no_sentence() {
        for text in ["harbour-post", "2026-11-20T08:00:00Z", "12-abc-d1-e2", "x_y", "+02:00"] {
            assert!(is_token(text), "{text}");
        }
        for text in ["", "two words", "a\u{202e}b", "<b>", "tab\t", "né", "{}", &"x".repeat(101)] {
            assert!(!is_token(text), "{text:?}");
        }
    }
}
