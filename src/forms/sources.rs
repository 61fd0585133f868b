//! Sources as JSON, and why one is polled when it is. Credentials in an address are left out.

use serde_json::{Value, json};

use super::gaps;
use super::times::duration;
use super::words::{counted, shell_word};
use crate::model::without_credentials;
use crate::store::{FetchRow, HostState, SourceChange, SourceDetails, SourceHours, SourceRow};

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
        "last_new_article_at": row.last_new_article_at,
        "articles_7d": row.articles_7d,
        "n_gaps": row.n_gaps,
        "error_class": row.error_class,
        "error": row.error,
    })
}

/// A source with its rhythm, its host, and its last exchanges.
pub(crate) fn details(details: &SourceDetails) -> Value {
    let mut value = row(&details.row);
    value["origin"] = json!(details.row.origin);
    value["full_text"] = json!(details.row.full_text);
    value["link_selectors"] = json!(details.row.link_selectors);
    value["site_url"] = json!(details.row.site_url.as_deref().map(without_credentials));
    value["created_at"] = json!(details.created_at);
    value["next_due_because"] = json!(due_because(details));
    value["interval_s"] = json!(details.interval_s);
    value["asked_interval_s"] = json!(details.asked_interval_s);
    value["moved_to"] = json!(details.moved.to);
    value["moved_answers"] = json!(details.moved.n_answers);
    value["is_asked_there"] = json!(details.moved.in_force().is_some());
    value["problems"] = json!(details.problems);
    value["articles"] = json!(details.n_articles);
    value["articles_waiting"] = json!(details.n_waiting);
    value["hours"] = hours(&details.hours);
    value["hours_days"] = json!(details.hours.n_days);
    value["gaps"] = details.gaps.iter().map(gaps::row).collect();
    value["host"] = details.host.as_ref().map_or(Value::Null, host);
    value["fetches"] = details.fetches.iter().map(fetch).collect();
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
        _ => Some(match &row.url {
            Some(url) => {
                let address = shell_word(url);
                format!("is not followed, and {holder} does not poll it; `newswire sources add {address}` follows it")
            }
            None => format!("has no address: what is in it was imported, and {holder} does not poll it"),
        }),
    }
}

/// Each hour of the day, in UTC: how many items are expected in it, and how many came in some days.
fn hours(hours: &SourceHours) -> Value {
    let hundredths = |number: f64| (number * 100.0).round() / 100.0;
    let hour = |(hour, came): (usize, &u32)| {
        let expected = hours.expected.map(|expected| hundredths(expected[hour]));
        json!({ "hour": hour, "expected": expected, "came": came })
    };
    hours.came.iter().enumerate().map(hour).collect()
}

fn host(host: &HostState) -> Value {
    json!({
        "publisher": host.publisher,
        "held_until": host.held_until,
        "complaints_in_a_row": host.n_complaints,
        "articles_ready_at": host.ready_at,
        "robots_error": host.robots_error,
        "requests_24h": host.n_requests_24h,
        "failed_24h": host.n_failed_24h,
        "refused_24h": host.n_refused_24h,
        "mean_elapsed_ms": host.mean_elapsed_ms,
    })
}

fn fetch(fetch: &FetchRow) -> Value {
    json!({
        "started_at": fetch.started_at,
        "purpose": fetch.purpose,
        "url": fetch.url,
        "status": fetch.status,
        "elapsed_ms": fetch.elapsed_ms,
        "bytes": fetch.bytes,
        "error_class": fetch.error_class,
        "error": fetch.error,
        "redirected_to": fetch.redirected_to,
    })
}

/// Why a source is polled next when it is, or why it is not.
pub(crate) fn due_because(details: &SourceDetails) -> Option<String> {
    let SourceDetails { row, is_claimed, interval_s, asked_interval_s, .. } = details;
    match row.state.as_str() {
        "active" => {}
        "manual" => return Some("polled when asked for".to_owned()),
        "gone" => return Some("its server said that it is gone for good".to_owned()),
        state => return Some(format!("not polled: {state}")),
    }
    if *is_claimed {
        return Some("it is being polled".to_owned());
    }
    if row.failures_in_a_row > 0 {
        return Some(format!("the wait doubles with each failure; {} in a row", row.failures_in_a_row));
    }
    let interval_s = (*interval_s)?;
    let interval = duration(interval_s);
    let Some(hours) = details.hours.expected else {
        return Some(format!("{interval} after the last poll; its rhythm is not known yet"));
    };
    if asked_interval_s.is_some_and(|asked_s| asked_s >= interval_s) {
        return Some(format!("{interval} after the last poll, as its document asks"));
    }
    let n_a_day: f64 = hours.iter().sum();
    Some(format!("{interval} after the last poll: it brings {} a day", counted(format!("{n_a_day:.0}"), "item")))
}
