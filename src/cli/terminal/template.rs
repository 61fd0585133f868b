//! Rows in the form that the user gives: `{id} {url}`, for what feeds other programs.

use std::fmt::Write;

use clap::Args;
use serde_json::Value;

use crate::cli::terminal::text::one_line;

/// How rows of a list are printed for other programs.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RowArguments {
    /// Print each row so, with fields as --json names them: '{id} {url}'; \t and \n are a tab and a new line
    #[arg(long, value_name = "TEMPLATE", value_parser = parse)]
    pub(crate) format: Option<Template>,

    /// End each row with a NUL byte instead of a new line, for `xargs -0`
    #[arg(short = '0', long = "null")]
    pub(crate) null: bool,
}

/// Text with fields in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

/// Reads a template. `{{` and `}}` are braces, `\\` is a backslash.
fn parse(text: &str) -> Result<Template, String> {
    let mut parts = vec![];
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('{', Some('{')) | ('}', Some('}')) | ('\\', Some('\\')) => plain.extend(rest.next()),
            ('{', _) => {
                let mut name = String::new();
                let is_closed = loop {
                    match rest.next() {
                        Some('}') => break true,
                        Some(c) => name.push(c),
                        None => break false,
                    }
                };
                if !is_closed {
                    return Err(format!("has no }} behind {{{name}; {{{{ is a brace"));
                }
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return Err("must have names of fields in braces, such as '{id} {url}'; {{ is a brace".to_owned());
                }
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Field(name));
            }
            ('}', _) => return Err("has a } without its {; }} is a brace".to_owned()),
            ('\\', Some('t')) => {
                rest.next();
                plain.push('\t');
            }
            ('\\', Some('n')) => {
                rest.next();
                plain.push('\n');
            }
            ('\\', other) => {
                let escape: String = other.copied().into_iter().collect();
                return Err(format!(
                    "has \\{escape}, which is nothing; \\t, \\n and \\\\ are a tab, a new line and a backslash"
                ));
            }
            (c, _) => plain.push(c),
        }
    }
    parts.push(Part::Text(plain));
    parts.retain(|part| *part != Part::Text(String::new()));
    Ok(Template { parts })
}

impl Template {
    /// A row in this form. `keeps_lines`: whether values may have line breaks, since something else ends a row.
    ///
    /// # Errors
    ///
    /// The row has no such field; the message names those that it has.
    pub(crate) fn fill(&self, row: &Value, keeps_lines: bool) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Field(name) => {
                    let value = row.get(name).ok_or_else(|| unknown(name, row))?;
                    let value = plain(value);
                    filled.push_str(&if keeps_lines { value.into() } else { one_line(&value) });
                }
            }
        }
        Ok(filled)
    }
}

fn unknown(name: &str, row: &Value) -> String {
    let known: Vec<&str> = row.as_object().map(|row| row.keys().map(String::as_str).collect()).unwrap_or_default();
    format!("--format: there is no field {name:?}; there are {}", known.join(", "))
}

/// A value without the marks of JSON: nothing for null, a list with commas between.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => {
            let mut text = String::new();
            // Writing to a String cannot fail.
            let _ = write!(text, "{other}");
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_stand_where_their_names_stood() {
        let row = json!({ "id": 7, "url": "https://paper.example/a", "title": "A\nferry", "tags": ["en", "pk"], "words": null });
        let check = |template: &str, keeps_lines: bool, expected: &str| {
            assert_eq!(parse(template).unwrap().fill(&row, keeps_lines).unwrap(), expected, "{template}");
        };
        check("{id}", false, "7");
        check("{id}\\t{url}", false, "7\thttps://paper.example/a");
        check("{title}|{words}|{tags}", false, "A ferry||en, pk");
        check("{title}", true, "A\nferry");
        check("{{{id}}} \\\\n", false, "{7} \\n");
        check("plain", false, "plain");
    }

    #[test]
    fn what_is_no_template_says_why() {
        for (template, words) in [
            ("{", "no } behind {;"),
            ("{id", "no } behind {id;"),
            ("\\q", "\\q, which is nothing"),
            ("a\\", "which is nothing"),
            ("{a b}", "names of fields"),
            ("{}", "names of fields"),
            ("a}", "without"),
        ] {
            assert!(parse(template).unwrap_err().contains(words), "{template}");
        }
        let unknown = parse("{headline}").unwrap().fill(&json!({ "id": 7, "title": "A" }), false).unwrap_err();
        assert_eq!(unknown, "--format: there is no field \"headline\"; there are id, title");
    }
}
