//! Alarms as JSON.

use serde_json::{Value, json};

use crate::store::Alarm;

/// What is wrong of the intake.
pub(crate) fn row(alarm: &Alarm) -> Value {
    json!({ "kind": alarm.kind.as_str(), "subject": alarm.subject, "since": alarm.since, "why": alarm.why })
}
