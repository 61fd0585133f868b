//! How values are written to columns and read back.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::dedup::lineage::Span;
use crate::model::{
    CanonicalUrl, ChildSitemap, FeedText, FullText, LinkHints, LoginName, Route, Validators, without_credentials,
};

/// Largest feed text, in bytes, that is kept with a link until its page is fetched.
const FEED_TEXT_BYTES_MAX: usize = 512 * 1024;

/// How the version ends that one-shot work leaves in `_daemon`.
pub(in crate::store) const ONE_SHOT: &str = " (one-shot)";

/// A time in a public column: RFC 3339, UTC, whole seconds, `Z`.
pub(in crate::store) fn public_time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A day (YYYYMMDD) as ISO 8601 writes it.
pub(in crate::store) fn iso_day(day: &str) -> String {
    match (day.get(..4), day.get(4..6), day.get(6..)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => day.to_owned(),
    }
}

/// A time in a column of a private table: milliseconds since 1970.
pub(in crate::store) fn private_time(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

/// The inverse of [`private_time`].
pub(in crate::store) fn from_private_time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An address that was written in canonical form.
pub(in crate::store) fn stored_url(text: &str) -> Option<CanonicalUrl> {
    Url::parse(text).ok().map(CanonicalUrl::from_canonical)
}

/// The way of a source, as it is stored: without credentials, since many may read the file.
pub(in crate::store) fn stored_route(route: &Route) -> String {
    route.without_credentials().to_string()
}

/// The credentials of a source at its listed address.
pub(in crate::store) fn login_at(name: &str, listed_url: &str) -> Option<LoginName> {
    Url::parse(listed_url).ok().map(|url| LoginName::of(name, &url))
}

/// A text that is printed. Earlier versions wrote the credentials of sources into it.
pub(in crate::store) fn public_text(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<String>> {
    let text: Option<String> = row.get(index)?;
    Ok(text.map(|text| without_credentials(&text).into_owned()))
}

/// A list of texts as a JSON array.
pub(in crate::store) fn json_list(items: &[impl AsRef<str>]) -> String {
    if items.is_empty() {
        return "[]".to_owned();
    }
    Value::from(items.iter().map(AsRef::as_ref).collect::<Vec<_>>()).to_string()
}

/// A name as an SQL identifier, whatever characters it has.
pub(in crate::store) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The inverse of [`json_list`]; an unreadable list is empty.
pub(in crate::store) fn from_json_list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Link hints as they stand in `_links.hints`. Absent values are left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredHints<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_empty")]
    authors: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    from_sitemap: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
    /// Absent for the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    full_text: Option<Cow<'a, str>>,
}

#[expect(clippy::ptr_arg, reason = "the serializer passes the field itself")]
fn is_empty(authors: &Cow<'_, [String]>) -> bool {
    authors.is_empty()
}

/// About how many bytes of stored hints are neither title nor text.
const HINTS_REST_BYTES: usize = 256;

/// Link hints for `_links.hints`.
pub(in crate::store) fn hints_to_json(hints: &LinkHints) -> String {
    let LinkHints { guid, title, published, authors, language, from_sitemap, text, full_text } = hints;
    let FeedText { content, summary, is_cut } = text;
    let is_kept = |text: &&str| text.len() <= FEED_TEXT_BYTES_MAX;
    let stored = StoredHints {
        guid: guid.as_deref().map(Cow::Borrowed),
        title: title.as_deref().map(Cow::Borrowed),
        published: published.as_deref().map(Cow::Borrowed),
        language: language.as_deref().map(Cow::Borrowed),
        content: content.as_deref().filter(is_kept).map(Cow::Borrowed),
        summary: summary.as_deref().filter(is_kept).map(Cow::Borrowed),
        authors: Cow::Borrowed(authors),
        from_sitemap: *from_sitemap,
        is_cut: *is_cut,
        full_text: (*full_text != FullText::default()).then(|| Cow::Borrowed(full_text.as_str())),
    };
    // With room for all of it, and some for what is escaped in it.
    let n_bytes = text.n_bytes() + title.as_ref().map_or(0, String::len);
    let mut json = Vec::with_capacity(HINTS_REST_BYTES + n_bytes + n_bytes / 8);
    // Texts and flags always have a JSON form.
    let _ = serde_json::to_writer(&mut json, &stored);
    String::from_utf8(json).unwrap_or_default()
}

/// The inverse of [`hints_to_json`]; unreadable hints are absent.
pub(in crate::store) fn hints_from_json(text: Option<&str>) -> LinkHints {
    let stored: StoredHints<'_> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    LinkHints {
        guid: owned(stored.guid),
        title: owned(stored.title),
        published: owned(stored.published),
        language: owned(stored.language),
        authors: stored.authors.into_owned(),
        from_sitemap: stored.from_sitemap,
        text: FeedText { content: owned(stored.content), summary: owned(stored.summary), is_cut: stored.is_cut },
        full_text: stored.full_text.and_then(|word| word.parse().ok()).unwrap_or_default(),
    }
}

/// The sitemaps of an index as they stand in `_source_schedule.children`.
#[derive(Serialize, Deserialize)]
struct StoredChild<'a> {
    url: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<Cow<'a, str>>,
    sha256: [u8; 32],
}

/// The sitemaps of an index for `_source_schedule.children`; `None` where there are none, as for most sources.
pub(in crate::store) fn children_to_json(children: &[ChildSitemap]) -> Option<String> {
    let stored: Vec<StoredChild<'_>> = children
        .iter()
        .map(|child| StoredChild {
            url: Cow::Borrowed(child.url.as_str()),
            etag: child.validators.etag.as_deref().map(Cow::Borrowed),
            last_modified: child.validators.last_modified.as_deref().map(Cow::Borrowed),
            sha256: child.body_sha256,
        })
        .collect();
    // Texts and numbers always have a JSON form.
    (!stored.is_empty()).then(|| serde_json::to_string(&stored).unwrap_or_default())
}

/// The inverse of [`children_to_json`]. An unreadable sitemap is left out and fetched again.
pub(in crate::store) fn children_from_json(text: Option<&str>) -> Vec<ChildSitemap> {
    let stored: Vec<StoredChild<'_>> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    stored
        .into_iter()
        .filter_map(|child| {
            Some(ChildSitemap {
                url: Url::parse(&child.url).ok()?,
                validators: Validators { etag: owned(child.etag), last_modified: owned(child.last_modified) },
                body_sha256: child.sha256,
            })
        })
        .collect()
}

/// The paragraphs of a copy as they stand in `_copies.spans`: `[[first, last, article or null], …]`.
pub(in crate::store) fn spans_to_json(spans: &[Span]) -> String {
    spans.iter().map(|span| json!([span.first, span.last, span.from])).collect::<Value>().to_string()
}

/// The inverse of [`spans_to_json`]; an unreadable list is empty.
pub(in crate::store) fn spans_from_json(text: &str) -> Vec<Span> {
    let spans: Vec<(u32, u32, Option<i64>)> = serde_json::from_str(text).unwrap_or_default();
    spans.into_iter().map(|(first, last, from)| Span { first, last, from }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_survive_the_column() {
        let hints = LinkHints {
            guid: Some("?p=1".to_owned()),
            title: Some("Harbour “reopens”".to_owned()),
            published: None,
            authors: vec!["Ana Ruiz".to_owned()],
            language: Some("es".to_owned()),
            from_sitemap: true,
            text: FeedText { content: Some("<p>x</p>".to_owned()), summary: None, is_cut: true },
            full_text: FullText::Feed,
        };
        assert_eq!(hints_from_json(Some(&hints_to_json(&hints))), hints);
        assert_eq!(hints_from_json(None), LinkHints::default());
        assert_eq!(hints_from_json(Some("broken")), LinkHints::default());
    }

    #[test]
    fn sitemaps_of_an_index_survive_the_column() {
        let children = vec![ChildSitemap {
            url: Url::parse("https://paper.example/sitemap-3.xml").unwrap(),
            validators: Validators { etag: Some("W/\"a\"".to_owned()), last_modified: None },
            body_sha256: [7; 32],
        }];
        assert_eq!(children_from_json(children_to_json(&children).as_deref()), children);
        assert_eq!(children_to_json(&[]), None);
        assert_eq!(children_from_json(Some("broken")), []);
    }

    #[test]
    fn public_times_are_whole_seconds_in_utc() {
        let instant: Timestamp = "2026-11-20T12:00:00.987+05:00".parse().unwrap();
        assert_eq!(public_time(instant), "2026-11-20T07:00:00Z");
    }
}
