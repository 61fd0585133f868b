//! What can be saved of broken JSON: the items before the fault.
//!
//! Two faults are met in feeds: line breaks within strings, and documents that were cut off. So strings are put right,
//! and each item that is complete is read on its own.

use serde_json::{Map, Value};

/// What there is of a feed.
pub(super) struct Salvaged {
    /// The keys in front of the items.
    pub(super) head: Map<String, Value>,
    /// The items that could be read.
    pub(super) items: Vec<Value>,
    /// What could not.
    pub(super) problems: Vec<String>,
}

/// Saves the complete items of a document that is no JSON. `None` if there are none.
pub(super) fn salvage(document: &str, items_max: usize) -> Option<Salvaged> {
    let mut walk =
        Walk { text: String::with_capacity(document.len()), depth: 0, key_start: 0, key_end: 0, items: None };
    let (mut is_string, mut is_escaped) = (false, false);
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for c in document.chars() {
        if is_string {
            match c {
                _ if std::mem::take(&mut is_escaped) => walk.text.push(c),
                '\\' => {
                    is_escaped = true;
                    walk.text.push(c);
                }
                '"' => {
                    is_string = false;
                    walk.key_end = walk.text.len();
                    walk.text.push(c);
                }
                '\n' => walk.text.push_str("\\n"),
                _ if c.is_control() => walk.text.push(' '),
                _ => walk.text.push(c),
            }
            continue;
        }
        let is_in_items = walk.items.is_some() && walk.depth == 2;
        match c {
            '"' => {
                is_string = true;
                walk.key_start = walk.text.len() + 1;
            }
            '[' | '{' => {
                if is_in_items {
                    starts.push(walk.text.len());
                } else if c == '[' && walk.depth == 1 && walk.items.is_none() && walk.is_behind_key("items") {
                    walk.items = Some(walk.text.len());
                }
                walk.depth += 1;
            }
            ']' | '}' => {
                walk.depth = walk.depth.saturating_sub(1);
                if walk.depth == 2 && ends.len() < starts.len() {
                    ends.push(walk.text.len() + 1);
                } else if walk.depth < 2 && walk.items.is_some() {
                    // Nothing behind the items is needed.
                    break;
                }
            }
            _ => {}
        }
        walk.text.push(c);
    }
    let Walk { mut text, items: Some(items_start), .. } = walk else { return None };
    let mut salvaged = Salvaged { head: Map::new(), items: Vec::new(), problems: Vec::new() };
    for (number, (start, end)) in (1_usize..).zip(starts.iter().zip(&ends)).take(items_max) {
        match serde_json::from_str(&text[*start..*end]) {
            Ok(item) => salvaged.items.push(item),
            Err(error) => salvaged.problems.push(format!("entry {number} is broken JSON: {}", reason(&error))),
        }
    }
    if starts.len() > ends.len() && ends.len() < items_max {
        salvaged.problems.push(format!("the document ends within entry {}, which is left out", ends.len() + 1));
    }
    text.truncate(items_start);
    text.push_str("[]}");
    salvaged.head = serde_json::from_str(&text).ok()?;
    (!salvaged.items.is_empty()).then_some(salvaged)
}

/// What is wrong, without the place.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let reason = error.to_string();
    reason.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The document as far as it has been looked at.
struct Walk {
    /// It itself, its strings put right.
    text: String,
    /// Brackets that are open.
    depth: usize,
    /// Where the last string is, without its quotes.
    key_start: usize,
    key_end: usize,
    /// Where the array of the items begins.
    items: Option<usize>,
}

impl Walk {
    /// Whether what comes next is the value of a key.
    fn is_behind_key(&self, key: &str) -> bool {
        self.text.get(self.key_start..self.key_end) == Some(key)
            && self.text[self.key_end..].trim_start_matches('"').trim() == ":"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected_ids: &[u64], expected_problems: &[&str]) {
        let salvaged = salvage(document, 3).expect("something is saved");
        let ids: Vec<u64> = salvaged.items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
        assert_eq!((ids.as_slice(), salvaged.head["title"].as_str()), (expected_ids, Some("T")), "{document}");
        assert_eq!(salvaged.problems, expected_problems, "{document}");
    }

    #[test]
    fn complete_items_are_saved() {
        let cut = "the document ends within entry 2, which is left out";
        check(r#"{"title": "T", "items": [{"id": 1}, {"id": 2, "a": [{}], "b"#, &[1], &[cut]);
        check(r#"{"a": ["items"], "title": "T", "items" : [{"id": 1, "items": [{}]}, "#, &[1], &[]);
        check("{\"title\": \"T\", \"items\": [{\"id\": 1, \"a\": \"two\nlines \\\" \"}], \"b\"", &[1], &[]);
        check(r#"{"title": "T", "items": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4"#, &[1, 2, 3], &[]);
    }

    #[test]
    fn an_item_that_is_broken_costs_itself_alone() {
        let broken = "entry 1 is broken JSON: expected ident";
        check(r#"{"title": "T", "items": [{"id": nul}, {"id": 2}]}"#, &[2], &[broken]);
    }

    #[test]
    fn where_no_item_is_complete_nothing_is_saved() {
        for document in ["{", r#"{"items": ["#, r#"{"items": [{"id": 1"#, r#"[{"id": 1}"#, r#"{"items": {"id": 1}"#] {
            assert!(salvage(document, 3).is_none(), "{document}");
        }
    }
}
