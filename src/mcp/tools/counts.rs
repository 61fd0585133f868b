//! How many rows there are beside those that are told.

use serde_json::json;

use crate::mcp::answer::Answer;
use crate::store::Count;

/// So many are counted, where each has to be looked at: some hundredths of a second. Nobody who asks reads further.
pub(super) const COUNTED_MAX: u64 = 10_000;

/// Adds how many there are (`n_found`) and notes to an answer. Where more are there than are counted the number is not known, which a note says.
pub(super) fn add(answer: Answer, count: Option<Count>, things: &str, mut notes: Vec<String>) -> Answer {
    if let Some(Count { n, is_all: false }) = count {
        notes.push(format!("more than {n} {things} are there, and not counted; other arguments leave fewer"));
    }
    let n_found = count.filter(|count| count.is_all).map(|count| count.n);
    let answer = answer.with_ours("n_found", json!(n_found));
    if notes.is_empty() { answer } else { answer.with_ours("notes", json!(notes)) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_is_not_counted_to_its_end_has_no_number() {
        let check = |count, expected_count, expected_notes| {
            let answer = add(Answer::of(json!({}), Timestamp::UNIX_EPOCH), count, "stories", Vec::new()).into_value();
            assert_eq!((&answer["n_found"], &answer["notes"]), (&expected_count, &expected_notes));
        };
        check(Some(Count { n: 3, is_all: true }), json!(3), json!(null));
        let note = "more than 3 stories are there, and not counted; other arguments leave fewer";
        check(Some(Count { n: 3, is_all: false }), json!(null), json!([note]));
        check(None, json!(null), json!(null));
    }
}
