//! Articles in the order in which they came in or changed, as JSON.

use serde_json::{Value, json};

use crate::forms::articles;
use crate::store::ChangeRow;

/// What happened behind the changes that are known, as far as an article's row tells.
pub(crate) fn change(changed: &ChangeRow, known: i64) -> &'static str {
    let ChangeRow { row, is_removed, new_seq, wording_seq, .. } = changed;
    // Of articles of an earlier version of the program it is not known.
    let is_behind = |number: &Option<i64>| number.is_none_or(|number| number > known);
    match (is_removed, row.revision) {
        (true, _) => "removed",
        (_, 2..) if is_behind(wording_seq) => "revised",
        (_, ..2) if is_behind(new_seq) => "new",
        _ => "changed",
    }
}

/// A change. What changed up to `known` is known to whoever reads this.
pub(crate) fn value(changed: &ChangeRow, known: i64) -> Value {
    let mut value = articles::row(&changed.row);
    value["change_seq"] = json!(changed.change_seq);
    value["change"] = json!(change(changed, known));
    value["changed_at"] = json!(changed.changed_at);
    value
}
