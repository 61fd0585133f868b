//! Reads JSON that templates wrote: with commas missing or too many, quotes that are not escaped, comments, raw line
//! breaks, several values one after the other, or an end that is missing.
//!
//! What a quote means is told by what stands behind it. One ends a string where a comma and a next value follow, a
//! bracket or the end; or, in an object, the next name with its colon, though the comma before it is missing. Any other
//! is a part of the text.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is read. `serde_json` has 128.
const DEPTH_MAX: usize = 100;

/// Longest name of a member, in bytes: how far is looked for its colon.
const NAME_BYTES_MAX: usize = 80;

/// The values of a text, as far as it can be read.
pub(super) fn read(text: &str) -> Vec<Value> {
    let mut reader = Reader { text, at: 0 };
    let mut values = Vec::new();
    while reader.skip_to_value() {
        let before = reader.at;
        values.extend(reader.value(0));
        if reader.at == before {
            break;
        }
    }
    values
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// Where a string stands, which decides what may follow it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    Member,
    Item,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips to the next object or array on the top level; whether there is one.
    fn skip_to_value(&mut self) -> bool {
        self.skip_blanks();
        match self.rest().find(['{', '[']) {
            Some(length) => self.at += length,
            None => self.at = self.text.len(),
        }
        self.at < self.text.len()
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + "*/".len())
            } else {
                rest.len() - rest.trim_start().len()
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    /// Skips what stands between values.
    fn skip_separators(&mut self) {
        self.skip_blanks();
        while let Some(',' | ';') = self.peek() {
            self.at += 1;
            self.skip_blanks();
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        match self.peek()? {
            '{' if depth < DEPTH_MAX => Some(Value::Object(self.object(depth))),
            '[' if depth < DEPTH_MAX => Some(Value::Array(self.array(depth))),
            '"' => Some(Value::String(self.string(Place::Member))),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        self.at += 1;
        loop {
            self.skip_separators();
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return members;
                }
                Some('"') => {
                    let name = self.string(Place::Name);
                    self.skip_blanks();
                    if self.peek() == Some(':') {
                        self.at += 1;
                    }
                    if let Some(value) = self.value(depth + 1) {
                        members.insert(name, value);
                    }
                }
                // The bracket of what stands around it: its own is missing.
                Some(']') | None => return members,
                Some(c) => self.at += c.len_utf8(),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Vec<Value> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_separators();
            match self.peek() {
                Some(']') => {
                    self.at += 1;
                    return items;
                }
                Some('}') | None => return items,
                Some('"') => items.push(Value::String(self.string(Place::Item))),
                Some(c) => {
                    let before = self.at;
                    items.extend(self.value(depth + 1));
                    if self.at == before {
                        self.at += c.len_utf8();
                    }
                }
            }
        }
    }

    /// A number, `true`, `false` or `null`; nothing for any other word, which is passed over.
    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', '"', '{', '[', '\n']).unwrap_or(rest.len());
        let word = rest[..end].trim();
        let value = match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" | "" => Some(Value::Null),
            _ => word.parse::<Number>().ok().map(Value::Number),
        };
        self.at += end;
        value
    }

    fn string(&mut self, place: Place) -> String {
        let mut string = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' if self.ends_string(place) => break,
                '\\' => self.escape(&mut string),
                c if c.is_control() => string.push(' '),
                c => string.push(c),
            }
        }
        string
    }

    /// What a backslash stands before; one that escapes nothing is passed over.
    fn escape(&mut self, string: &mut String) {
        let Some(c) = self.peek() else { return };
        self.at += c.len_utf8();
        match c {
            'n' | 'r' => string.push('\n'),
            't' => string.push(' '),
            'b' | 'f' => {}
            'u' => {
                if let Some(c) = self.escaped_character() {
                    string.push(c);
                }
            }
            c => string.push(c),
        }
    }

    /// The character of `\u`, of two where it is beyond sixteen bits.
    fn escaped_character(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if !self.rest().starts_with("\\u") {
            return None;
        }
        self.at += "\\u".len();
        let second = self.hexadecimal().filter(|second| (0xdc00..0xe000).contains(second))?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let number = u32::from_str_radix(self.rest().get(..4)?, 16).ok()?;
        self.at += 4;
        Some(number)
    }

    /// Whether the quote that was just read ends its string.
    fn ends_string(&self, place: Place) -> bool {
        let mut ahead = Reader { text: self.text, at: self.at };
        ahead.skip_blanks();
        match (ahead.peek(), place) {
            (None, _) | (Some(':'), Place::Name) | (Some('}' | ']'), Place::Member | Place::Item) => true,
            (Some(','), Place::Member | Place::Item) => {
                ahead.skip_separators();
                match ahead.peek() {
                    Some('"') => place == Place::Item || ahead.begins_member(),
                    Some('}' | ']') | None => true,
                    Some('{' | '[') => place == Place::Item,
                    _ => false,
                }
            }
            (Some('"'), Place::Member) => ahead.begins_member(),
            _ => false,
        }
    }

    /// Whether a name and its colon stand here.
    fn begins_member(&self) -> bool {
        let Some(behind) = self.rest().strip_prefix('"') else { return false };
        let end = behind.bytes().take(NAME_BYTES_MAX).position(|byte| byte == b'"');
        end.is_some_and(|end| behind[end + 1..].trim_start().starts_with(':'))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_templates_write_is_read() {
        let check = |text: &str, expected: Value| assert_eq!(Value::Array(read(text)), json!([expected]), "{text}");
        let expected = json!({"a": "x", "b": [1, true, null], "c": {"d": "y"}});
        check(r#"{"a": "x", "b": [1, true, null], "c": {"d": "y"}}"#, expected.clone());
        check("{\"a\": \"x\"\n\"b\": [1, true, null]\n\"c\": {\"d\": \"y\"}}", expected.clone());
        check(r#"{"a": "x",, "b": [1, true, null,], "c": {"d": "y",},};"#, expected.clone());
        check("/* by hand */ {\"a\": \"x\", // first\n \"b\": [1, true, null], \"c\": {\"d\": \"y\"", expected);
        check(r#"{"a": "He said "no", then left", "b": "x"}"#, json!({"a": "He said \"no\", then left", "b": "x"}));
        check(r#"{"a": "The "old mill"", "b": "x"}"#, json!({"a": "The \"old mill\"", "b": "x"}));
        check(r#"{"a": ["x "y" z", "b"]}"#, json!({"a": ["x \"y\" z", "b"]}));
        check(
            "{\"a\": \"one\ntwo\", \"b\": \"\\u00e9\\ud83d\\ude00 \\& \\/\"}",
            json!({"a": "one two", "b": "é😀 & /"}),
        );
        check(r#"{"a": undefined, "b": "x"}"#, json!({"b": "x"}));
    }

    #[test]
    fn several_values_are_all_read() {
        assert_eq!(read(r#"{"a": 1} {"b": 2}, [3]"#), [json!({"a": 1}), json!({"b": 2}), json!([3])]);
    }

    #[test]
    fn nonsense_ends() {
        for text in ["", "{", "[[[[", "{\"", "{\"a", "{\"a\":", "]}", "\\", "/*", "{:::}", "[\"\\u12\"", "é{é"] {
            let _ = read(text);
        }
        assert!(read(&"[".repeat(5_000)).len() < 5_000);
    }
}
