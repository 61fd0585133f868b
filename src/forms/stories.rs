//! Stories as JSON, and what their articles have in common.

use std::collections::HashMap;

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

/// Why there is no such story, where the last one that there was has this number.
pub(crate) fn none(id: i64, last: i64) -> String {
    match last {
        0 => format!("no story {id}, and no other either"),
        last if (1..=last).contains(&id) => {
            format!("no story {id}: it has become part of another, or its articles are gone")
        }
        last => format!("no story {id}: the newest is {last}"),
    }
}

/// Where a story is that is no more.
pub(crate) fn merged(id: i64, into: i64) -> String {
    format!("no story {id}: it was merged with story {into}")
}

/// A story with its articles.
pub(crate) fn whole(story: &StoryRow, members: &[MemberRow]) -> Value {
    let mut value = row(story);
    value["languages"] = json!(languages(members));
    value["terms"] = json!(terms(members));
    value["articles"] = members.iter().map(member).collect();
    value
}

/// The languages in which a story is told, the one with the most articles first.
pub(crate) fn languages(members: &[MemberRow]) -> Vec<&str> {
    by_number(members.iter().filter_map(|member| member.language.as_deref()), 1)
}

/// The words that most of its articles have in common with the others.
pub(crate) fn terms(members: &[MemberRow]) -> Vec<&str> {
    let all = members.iter().flat_map(|member| member.terms.iter().map(String::as_str));
    let mut terms = by_number(all, if members.len() > 2 { 2 } else { 1 });
    terms.truncate(TERMS_MAX);
    terms
}

/// Words in common that are told of a whole story.
const TERMS_MAX: usize = 12;

/// What there is so many times at least, most often first; of what there is equally often, what came first.
fn by_number<'a>(all: impl Iterator<Item = &'a str>, least: usize) -> Vec<&'a str> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for one in all {
        let place = *places.entry(one).or_insert(counts.len());
        match counts.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => counts.push((one, 1)),
        }
    }
    counts.retain(|(_, count)| *count >= least);
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(one, _)| one).collect()
}

/// An article of a story, and why it is one.
pub(crate) fn member(member: &MemberRow) -> Value {
    json!({
        "id": member.id,
        "title": member.title,
        "published_at": member.at,
        "publisher": member.publisher,
        "publisher_name": member.publisher_name,
        "language": member.language,
        "reason": member.reason,
        "score": member.score,
        "terms": member.terms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_have_stands_first() {
        assert_eq!(by_number(["en", "fr", "ja", "fr", "en", "fr"].into_iter(), 1), ["fr", "en", "ja"]);
        assert_eq!(by_number(["en", "fr", "ja", "fr", "en", "fr"].into_iter(), 2), ["fr", "en"]);
        assert!(by_number(std::iter::empty(), 1).is_empty());
    }
}
