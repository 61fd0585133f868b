//! What is told of every article, wherever it is named: whose it is, from when, how good, and what its publisher reserves.

use serde_json::{Value, json};

use crate::store::{Reader, StoreError};

/// Adds it to objects that have the id of an article, where they do not say it themselves.
pub(super) fn add(reader: &Reader, rows: &mut [Value]) -> Result<(), StoreError> {
    let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
    let known = reader.article_marks(&ids)?;
    for row in rows {
        let Some(marks) = row["id"].as_i64().and_then(|id| known.get(&id)) else { continue };
        let more = json!({
            "source": marks.source,
            "first_seen_at": marks.first_seen_at,
            "body_kind": marks.body_kind,
            "quality": marks.quality,
            "is_reserved": !marks.reservations.is_empty(),
        });
        if let (Value::Object(row), Value::Object(more)) = (row, more) {
            for (name, value) in more {
                row.entry(name).or_insert(value);
            }
            if !marks.reservations.is_empty() {
                row.entry("reservations").or_insert_with(|| json!(marks.reservations));
            }
        }
    }
    Ok(())
}
