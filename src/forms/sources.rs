//! Sources as JSON. Credentials in an address are left out.

use serde_json::{Value, json};

use crate::forms::words::shell_word;
use crate::model::without_credentials;
use crate::store::{SourceChange, SourceDetails, SourceRow};

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

/// Why a source cannot be paused or resumed, to be put behind its slug; nothing where it can.
pub(crate) fn why_unchangeable(row: &SourceRow, change: SourceChange) -> Option<String> {
    match (change, row.state.as_str()) {
        (SourceChange::Pause | SourceChange::Resume, "removed") => {
            let url = without_credentials(row.url.as_deref().unwrap_or("URL"));
            Some(format!("was removed; `newswire sources add {url}` follows it again"))
        }
        (SourceChange::Pause | SourceChange::Resume, "manual") => {
            Some("is polled only when it is asked for, by `newswire fetch`".to_owned())
        }
        (SourceChange::Pause, "gone") => Some("is not polled: its server said that it is gone".to_owned()),
        _ => None,
    }
}

/// Why whoever ingests does not poll a source, to be put behind its slug; nothing where it does.
pub(crate) fn why_unpolled(row: &SourceRow, holder: &str) -> Option<String> {
    let slug = &row.slug;
    match row.state.as_str() {
        "active" => None,
        state @ ("paused" | "gone") => Some(format!(
            "is {state}, and {holder} does not poll it; `newswire sources resume {slug}` has it polled again"
        )),
        _ => {
            let address = row.url.as_deref().map(shell_word).unwrap_or_default();
            Some(format!("is not followed, and {holder} does not poll it; `newswire sources add {address}` follows it"))
        }
    }
}
