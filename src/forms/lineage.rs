//! Lineage as JSON.

use serde_json::{Value, json};

use crate::store::{Lineage, Relative};

/// Whose text an article is, and who has it too. `kind` says what kind of copy it is.
pub(crate) fn value(lineage: &Lineage, kind: Option<&str>) -> Value {
    let Lineage { ancestors, share, share_of_original, spans, sources: _, descendants } = lineage;
    let relative = |relative: &Relative| {
        json!({
            "id": relative.id,
            "source": relative.source,
            "title": relative.title,
            "first_seen_at": relative.first_seen_at,
        })
    };
    let copy_of = ancestors.first().map(|original| {
        let mut value = relative(original);
        value["kind"] = json!(kind);
        value["share"] = rounded(*share);
        value["share_of_original"] = rounded(*share_of_original);
        value
    });
    let paragraphs = spans.iter().map(|span| json!({ "first": span.first, "last": span.last, "from": span.from }));
    let copies = descendants.iter().map(|descendant| {
        let mut value = relative(&descendant.article);
        value["of"] = json!(descendant.of);
        value["kind"] = json!(descendant.kind);
        value["share"] = rounded(descendant.share);
        value["share_of_original"] = rounded(descendant.share_of_original);
        value
    });
    json!({
        "copy_of": copy_of,
        "first": ancestors.last().map(relative),
        "paragraphs": paragraphs.collect::<Vec<_>>(),
        "copies": copies.collect::<Vec<_>>(),
    })
}

/// A share with as many digits as mean something. Copies share something: where it is 0, it is not known, as in a
/// snapshot.
fn rounded(share: f64) -> Value {
    if share > 0.0 { json!((share * 1000.0).round() / 1000.0) } else { Value::Null }
}
