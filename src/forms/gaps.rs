//! Gaps as JSON.

use serde_json::{Value, json};

use crate::store::GapRow;

/// What was missed between two polls of a source.
pub(crate) fn row(row: &GapRow) -> Value {
    json!({
        "source": row.source,
        "began_at": row.began_at,
        "ended_at": row.ended_at,
        "n_missed": row.n_missed,
        "noticed_at": row.noticed_at,
        "n_healed": row.n_healed,
    })
}
