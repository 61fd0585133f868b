//! Alarms as JSON.

use serde_json::{Value, json};

use crate::store::Alarm;

/// What is wrong of the intake.
pub(crate) fn row(alarm: &Alarm) -> Value {
    json!({
        "id": alarm.id,
        "kind": alarm.kind.as_str(),
        "subject": alarm.subject,
        "since": alarm.since,
        "why": alarm.why,
        "confidence": alarm.confidence,
        "opened_at": alarm.opened_at,
        "closed_at": alarm.closed_at,
        "closed_why": alarm.closed_why,
    })
}
