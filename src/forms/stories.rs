//! Stories as JSON.

use serde_json::{Value, json};

use crate::store::{MemberRow, StoryRow};

/// A story in a list.
pub(crate) fn row(row: &StoryRow) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "first_published_at": row.first_published_at,
        "last_published_at": row.last_published_at,
        "n_articles": row.n_articles,
        "n_sources": row.n_sources,
        "is_routine": row.is_routine,
    })
}

/// A story with its articles.
pub(crate) fn whole(story: &StoryRow, members: &[MemberRow]) -> Value {
    let mut value = row(story);
    value["articles"] = members.iter().map(member).collect();
    value
}

/// An article of a story, and why it is one.
pub(crate) fn member(member: &MemberRow) -> Value {
    json!({
        "id": member.id,
        "title": member.title,
        "published_at": member.at,
        "publisher": member.publisher,
        "reason": member.reason,
        "score": member.score,
        "terms": member.terms,
    })
}
