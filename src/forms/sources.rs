//! Sources as JSON. Credentials in an address are left out.

use serde_json::{Value, json};

use crate::model::without_credentials;
use crate::store::{SourceDetails, SourceRow};

/// A source in a list.
pub(crate) fn row(row: &SourceRow) -> Value {
    json!({
        "slug": row.slug,
        "kind": row.kind,
        "url": row.url.as_deref().map(without_credentials),
        "title": row.title,
        "state": row.state,
        "tags": row.tags,
        "proxy": row.proxy,
        "credentials": row.credentials,
        "last_ok_at": row.last_ok_at,
        "next_due_at": row.next_due_at,
        "failures_in_a_row": row.failures_in_a_row,
        "articles_7d": row.articles_7d,
        "error_class": row.error_class,
        "error": row.error,
    })
}

/// A source with its last exchanges.
pub(crate) fn details(details: &SourceDetails) -> Value {
    let mut value = row(&details.row);
    value["origin"] = json!(details.row.origin);
    value["full_text"] = json!(details.row.full_text);
    value["link_selectors"] = json!(details.row.link_selectors);
    value["site_url"] = json!(details.row.site_url.as_deref().map(without_credentials));
    value["created_at"] = json!(details.created_at);
    value["last_new_article_at"] = json!(details.last_new_article_at);
    value["problems"] = json!(details.problems);
    value["articles"] = json!(details.n_articles);
    value["articles_waiting"] = json!(details.n_waiting);
    value["fetches"] = details
        .fetches
        .iter()
        .map(|fetch| {
            json!({
                "started_at": fetch.started_at, "purpose": fetch.purpose, "url": fetch.url, "status": fetch.status,
                "elapsed_ms": fetch.elapsed_ms, "bytes": fetch.bytes, "error_class": fetch.error_class,
                "error": fetch.error,
            })
        })
        .collect();
    value
}
