//! How our values are written into columns and read back.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use crate::model::{CanonicalUrl, FeedText, LinkHints};

/// Most bytes of one feed text kept beside a link until its page is fetched.
const FEED_TEXT_BYTES_MAX: usize = 512 * 1024;

/// A time in a public column: RFC 3339, UTC, whole seconds, `Z`.
pub(super) fn public_time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time in a column of our own: milliseconds since 1970.
pub(super) fn private_time(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

pub(super) fn from_private_time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An address that we once wrote in canonical form.
pub(super) fn stored_url(text: &str) -> Option<CanonicalUrl> {
    Url::parse(text).ok().map(CanonicalUrl::from_canonical)
}

pub(super) fn json_list(items: &[impl AsRef<str>]) -> String {
    Value::from(items.iter().map(AsRef::as_ref).collect::<Vec<_>>()).to_string()
}

pub(super) fn from_json_list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Link hints as the JSON of `_links.hints`; what is absent is left out.
pub(super) fn hints_to_json(hints: &LinkHints) -> String {
    let LinkHints { guid, title, published, authors, language, from_sitemap, text: FeedText { content, summary } } =
        hints;
    let mut object = Map::new();
    let mut put = |key: &str, value: &Option<String>| {
        if let Some(text) = value {
            object.insert(key.to_owned(), json!(text));
        }
    };
    put("guid", guid);
    put("title", title);
    put("published", published);
    put("language", language);
    put("content", &content.clone().filter(|text| text.len() <= FEED_TEXT_BYTES_MAX));
    put("summary", &summary.clone().filter(|text| text.len() <= FEED_TEXT_BYTES_MAX));
    if !authors.is_empty() {
        object.insert("authors".to_owned(), json!(authors));
    }
    if *from_sitemap {
        object.insert("from_sitemap".to_owned(), json!(true));
    }
    Value::Object(object).to_string()
}

/// The inverse of [`hints_to_json`]; what cannot be read is absent.
pub(super) fn hints_from_json(text: Option<&str>) -> LinkHints {
    let object: Map<String, Value> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let get = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    LinkHints {
        guid: get("guid"),
        title: get("title"),
        published: get("published"),
        language: get("language"),
        authors: object
            .get("authors")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default(),
        from_sitemap: object.get("from_sitemap").and_then(Value::as_bool).unwrap_or(false),
        text: FeedText { content: get("content"), summary: get("summary") },
    }
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
            text: FeedText { content: Some("<p>x</p>".to_owned()), summary: None },
        };
        assert_eq!(hints_from_json(Some(&hints_to_json(&hints))), hints);
        assert_eq!(hints_from_json(None), LinkHints::default());
        assert_eq!(hints_from_json(Some("broken")), LinkHints::default());
    }

    #[test]
    fn public_times_are_whole_seconds_in_utc() {
        let instant: Timestamp = "2026-11-20T12:00:00.987+05:00".parse().unwrap();
        assert_eq!(public_time(instant), "2026-11-20T07:00:00Z");
    }
}
