//! What a tool takes and is given, its schema and the check made of one table; and why there is no answer, in words of this program alone.

use jiff::Timestamp;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::trust::is_token;
use crate::forms::times::parse_time;
use crate::store::StoreError;

/// What is wrong where somebody gets no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An argument, and what it must be.
    Wrong { argument: String, rule: String },
    /// There is no such thing.
    NotFound(String),
    /// Something that is told in words of others: SQLite quotes statements and values.
    Quoted { told: String, quote: String },
    /// It takes too long.
    TooLong(u64),
    /// The thread that was to answer has ended early.
    Lost,
}

impl Refusal {
    pub(super) fn wrong(argument: &str, rule: impl Into<String>) -> Refusal {
        Refusal::Wrong { argument: argument.to_owned(), rule: rule.into() }
    }

    /// What this program says of it, and what others say.
    pub(super) fn told(self) -> (String, Option<String>) {
        match self {
            Refusal::Wrong { argument, rule } => (format!("{argument}: {rule}"), None),
            Refusal::NotFound(told) => (told, None),
            Refusal::Quoted { told, quote } => (format!("{told}; the message is in untrusted.message"), Some(quote)),
            Refusal::TooLong(seconds) => {
                (format!("this takes longer than {seconds} s, and was given up; ask for less"), None)
            }
            Refusal::Lost => ("the answer was lost; the log of the server says more".to_owned(), None),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        match error {
            StoreError::Sql(_) | StoreError::UserSql(_) | StoreError::Malformed { .. } => {
                Refusal::Quoted { told: "the database cannot answer this".to_owned(), quote: error.to_string() }
            }
            // Paths and words of our own.
            error => Refusal::NotFound(error.to_string()),
        }
    }
}

/// Something that a tool takes.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) about: &'static str,
}

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// A time in the forms of the commands.
    Time,
    /// Text or a number.
    Name,
    Whole {
        least: i64,
        most: i64,
        default: Option<i64>,
    },
    Flag,
}

impl Parameter {
    /// What it must be, as JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text | Kind::Time => json!({ "type": "string" }),
            Kind::Name => json!({ "type": ["string", "integer"] }),
            Kind::Whole { least, most, default } => {
                let mut schema = json!({ "type": "integer", "minimum": least, "maximum": most });
                if let Some(default) = default {
                    schema["default"] = json!(default);
                }
                schema
            }
            Kind::Flag => json!({ "type": "boolean", "default": false }),
        };
        schema["description"] = json!(self.about);
        schema
    }
}

/// What a tool is given. Each value is as its parameter says.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    texts: Vec<(&'static str, String)>,
    times: Vec<(&'static str, Timestamp)>,
    numbers: Vec<(&'static str, i64)>,
    flags: Vec<(&'static str, bool)>,
}

impl Arguments {
    /// Reads what somebody gives.
    pub(super) fn read(parameters: &[Parameter], given: Option<JsonObject>) -> Result<Arguments, Refusal> {
        let given = given.unwrap_or_default();
        if let Some(unknown) = given.keys().find(|name| !parameters.iter().any(|known| known.name == name.as_str())) {
            let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            let takes = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            // What is no plain word is not said again.
            let name = if is_token(unknown) { unknown } else { "an argument" };
            return Err(Refusal::wrong(name, format!("is none of this tool, which takes {takes}")));
        }
        let mut arguments = Arguments::default();
        for parameter in parameters {
            let value = given.get(parameter.name).filter(|value| !value.is_null());
            arguments.take(parameter, value)?;
        }
        Ok(arguments)
    }

    fn take(&mut self, parameter: &Parameter, value: Option<&Value>) -> Result<(), Refusal> {
        let name = parameter.name;
        let wrong = |must: &str| Err(Refusal::wrong(name, must));
        let Some(value) = value else {
            if let Kind::Whole { default: Some(default), .. } = parameter.kind {
                self.numbers.push((name, default));
            }
            return if parameter.is_required { wrong("is missing, and must be given") } else { Ok(()) };
        };
        match parameter.kind {
            Kind::Text => match value.as_str() {
                Some(text) if !text.trim().is_empty() => self.texts.push((name, text.to_owned())),
                _ => return wrong("must be text, and not empty"),
            },
            Kind::Name => match value {
                Value::String(text) if !text.trim().is_empty() => self.texts.push((name, text.trim().to_owned())),
                Value::Number(number) => self.texts.push((name, number.to_string())),
                _ => return wrong("must be text or a number, and not empty"),
            },
            Kind::Time => match value.as_str().map(parse_time) {
                Some(Ok(time)) => self.times.push((name, time)),
                Some(Err(must)) => return wrong(&must),
                None => return wrong("must be text with a time in it: 2026-11-20, 2026-11-20T10:00:00Z, 2d, 12h"),
            },
            Kind::Whole { least, most, .. } => match whole(value) {
                Some(number) if (least..=most).contains(&number) => self.numbers.push((name, number)),
                _ if most == i64::MAX => return wrong(&format!("must be a whole number, {least} or more")),
                _ => return wrong(&format!("must be a whole number from {least} to {most}")),
            },
            Kind::Flag => match value.as_bool() {
                Some(flag) => self.flags.push((name, flag)),
                None => return wrong("must be true or false"),
            },
        }
        Ok(())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        of(&self.texts, name).map(String::as_str)
    }

    /// One that is required.
    pub(super) fn required_text(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::wrong(name, "is missing, and must be given"))
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        of(&self.times, name).copied()
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        of(&self.numbers, name).copied()
    }

    /// A number that is required or has a default, and its least is not below 0.
    pub(super) fn count(&self, name: &str) -> u32 {
        self.number(name).and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        of(&self.flags, name).copied().unwrap_or_default()
    }
}

fn of<'a, T>(values: &'a [(&'static str, T)], name: &str) -> Option<&'a T> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A number without a fraction: to JSON 5.0 is one too.
fn whole(value: &Value) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    value.as_i64().or_else(|| {
        value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15).map(|number| number as i64)
    })
}
