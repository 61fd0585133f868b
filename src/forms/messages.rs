//! What watches have to tell, as JSON. Words of publishers are values in it, and nothing else.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::revision::Wording;
use crate::revision::difference::Difference;
use crate::store::{Alarm, MemberRow, WatchFinding, WatchRow};

use super::times::rfc3339;
use super::{alarms, articles, stories};

/// The version of what is told. Members are only ever added to it; one that is changed or taken away makes another version.
const VERSION: u32 = 1;

/// Articles of a story that are told: a message is no list.
const ARTICLES_MAX: usize = 20;

/// What a watch found.
pub(crate) fn found(finding: &WatchFinding, key: &str, made_at: Timestamp) -> Value {
    let row = &finding.watch;
    let mut article = articles::row(&finding.article.row);
    article["first_seen_at"] = json!(finding.article.first_seen_at);
    article["removed_at"] = json!(finding.article.removed_at);
    json!({
        "version": VERSION,
        "key": key,
        "kind": row.watch.kind.as_str(),
        "made_at": rfc3339(made_at),
        "watch": json!({ "name": row.watch.name, "query": row.watch.query, "min_sources": row.watch.min_sources }),
        "title": title(finding),
        "story": story(finding),
        "article": article,
        "passage": finding.passage,
        "revision": revision(finding),
    })
}

/// An alarm that has opened or is over.
pub(crate) fn alarm(alarm: &Alarm, kind: &str, key: &str, made_at: Timestamp) -> Value {
    let subject = alarm.subject.as_deref().unwrap_or("newswire");
    json!({
        "version": VERSION,
        "key": key,
        "kind": kind,
        "made_at": rfc3339(made_at),
        "title": format!("{subject}: {}", alarm.kind.as_str()),
        "alarm": alarms::row(alarm),
    })
}

/// Messages that are sent together.
pub(crate) fn digest(key: &str, messages: &[Value]) -> Value {
    let made_at = messages.last().map(|last| last["made_at"].clone());
    let title = format!("{} messages", messages.len());
    json!({ "version": VERSION, "key": key, "kind": "digest", "made_at": made_at, "title": title, "messages": messages })
}

/// A message about nothing, to see whether a receiver takes it.
pub(crate) fn test(key: &str, made_at: Timestamp) -> Value {
    let title = "A test of newswire: this receiver is told";
    json!({ "version": VERSION, "key": key, "kind": "test", "made_at": rfc3339(made_at), "title": title })
}

/// A watch in a list.
pub(crate) fn watch(row: &WatchRow) -> Value {
    json!({
        "name": row.watch.name,
        "query": row.watch.query,
        "source": row.source,
        "language": row.watch.language,
        "kind": row.watch.kind.as_str(),
        "min_sources": row.watch.min_sources,
        "receivers": row.watch.receivers,
        "state": if row.is_active { "active" } else { "paused" },
        "created_at": row.created_at,
        "n_waiting": row.n_waiting,
        "n_sent": row.n_sent,
        "last_message_at": row.last_message_at,
    })
}

/// The headline: of the story, or of the article where that is what is told of.
pub(crate) fn title(finding: &WatchFinding) -> Option<&str> {
    let of_story = finding.story.as_ref().and_then(|(story, _)| story.title.as_deref());
    let of_article = finding.article.row.title.as_deref();
    if finding.watch.watch.kind.is_of_stories() { of_story.or(of_article) } else { of_article.or(of_story) }
}

fn story(finding: &WatchFinding) -> Option<Value> {
    let (row, members) = finding.story.as_ref()?;
    let mut value = stories::row(row);
    let with_link = |member: &MemberRow| {
        let mut value = stories::member(member);
        value["url"] = json!(finding.links.get(&member.id));
        value
    };
    value["languages"] = json!(stories::languages(members));
    value["publishers"] = json!(publishers(members));
    value["first"] = members.first().map(with_link).unwrap_or_default();
    value["articles"] = members.iter().take(ARTICLES_MAX).map(with_link).collect();
    Some(value)
}

/// Who tells a story, in the order in which they did.
fn publishers(members: &[MemberRow]) -> Vec<&str> {
    let mut seen = HashSet::new();
    members.iter().map(|member| member.publisher.as_str()).filter(|publisher| seen.insert(*publisher)).collect()
}

fn revision(finding: &WatchFinding) -> Option<Value> {
    let earlier = finding.earlier.as_ref()?;
    let article = &finding.article;
    let before = Wording { title: earlier.title.as_deref(), body: &earlier.body };
    let now = Wording { title: article.row.title.as_deref(), body: &article.body };
    Some(json!({
        "revision": article.row.revision,
        "seen_at": article.updated_at,
        "earlier_title": earlier.title,
        "change": Difference::between(before, now).extent().to_string(),
    }))
}
