//! What an answer's headers say.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Version;
use reqwest::header::{
    CACHE_CONTROL, CONTENT_LENGTH, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, LOCATION, RETRY_AFTER,
    TRANSFER_ENCODING,
};

use crate::model::Validators;

use super::wire::is_chunked;

/// A `Retry-After` is believed up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// A header as text; bytes beyond ASCII are taken for Latin-1, as HTTP once said.
pub(super) fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    let text: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// All lines of a header that may come several times.
pub(super) fn lines_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// The validators of an answer.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    Validators { etag: text_of(headers, &ETAG), last_modified: text_of(headers, &LAST_MODIFIED) }
}

/// How long the answer says it stays fresh (RFC 9111, section 4.2.1), in seconds.
pub(super) fn max_age_s(headers: &HeaderMap, now: Timestamp) -> Option<u32> {
    let cache_control = text_of(headers, &CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
    let mut directives = cache_control.split(',').map(str::trim);
    if directives.clone().any(|directive| directive == "no-cache" || directive == "no-store") {
        return None;
    }
    if let Some(seconds) = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok()) {
        return Some(seconds);
    }
    let expires = text_of(headers, &EXPIRES).and_then(|text| http_date(&text))?;
    u32::try_from(expires.duration_since(now).as_secs()).ok()
}

/// `Retry-After` in both its forms (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text_of(headers, &RETRY_AFTER)?;
    let delay = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from(http_date(&text)?.duration_since(Timestamp::now())).unwrap_or_default(),
    };
    Some(delay.min(RETRY_AFTER_MAX))
}

/// Where a redirect leads, as written; the first `Location` that says anything. Bytes beyond ASCII are taken for UTF-8, as
/// servers mean them and browsers read them; where they are none they go back as they came, percent-encoded.
pub(super) fn location(headers: &HeaderMap) -> Option<String> {
    let locations = headers.get_all(LOCATION).iter().map(|value| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => value.as_bytes().iter().fold(String::new(), |mut text, &byte| {
            if byte.is_ascii() {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        }),
    });
    locations.into_iter().find(|location| !location.is_empty())
}

/// Whether a body ends where its connection does: nothing else says where.
pub(super) fn ends_with_connection(version: Version, headers: &HeaderMap) -> bool {
    version <= Version::HTTP_11 && !headers.contains_key(CONTENT_LENGTH) && !codings(headers).any(is_chunked)
}

/// Whether a body is sent in chunks and the client does not know: it takes `chunked` for that only where it comes last.
pub(super) fn is_chunked_unawares(headers: &HeaderMap) -> bool {
    codings(headers).any(is_chunked) && !codings(headers).last().is_some_and(is_chunked)
}

/// The codings of the transfer, in the order in which they were applied.
fn codings(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(TRANSFER_ENCODING).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
}

fn http_date(text: &str) -> Option<Timestamp> {
    // An HTTP date ends in GMT, which RFC 2822 knows as an obsolete zone.
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use url::Url;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn freshness_is_read_from_both_headers() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let age = |pairs: &[(&'static str, &str)]| max_age_s(&headers(pairs), now);
        assert_eq!(age(&[("cache-control", "public, max-age=600")]), Some(600));
        assert_eq!(age(&[("cache-control", "no-cache, max-age=600")]), None);
        assert_eq!(age(&[("expires", "Fri, 20 Nov 2026 12:05:00 GMT")]), Some(300));
        assert_eq!(age(&[("expires", "0")]), None);
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        assert_eq!(retry_after(&headers(&[("retry-after", "120")])), Some(Duration::from_mins(2)));
        assert_eq!(retry_after(&headers(&[("retry-after", "99999999")])), Some(RETRY_AFTER_MAX));
        assert_eq!(retry_after(&headers(&[("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT")])), Some(RETRY_AFTER_MAX));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
    }

    #[test]
    fn where_a_body_ends_is_told_by_its_headers() {
        let of = |pairs: &[(&'static str, &str)]| {
            let headers = headers(pairs);
            (ends_with_connection(Version::HTTP_11, &headers), is_chunked_unawares(&headers))
        };
        assert_eq!(of(&[]), (true, false));
        assert_eq!(of(&[("transfer-encoding", "identity")]), (true, false));
        assert_eq!(of(&[("content-length", "7")]), (false, false));
        assert_eq!(of(&[("transfer-encoding", "gzip, Chunked")]), (false, false));
        assert_eq!(of(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]), (false, false));
        assert_eq!(of(&[("transfer-encoding", "Chunked, identity")]), (false, true));
        assert_eq!(of(&[("transfer-encoding", "chunked"), ("transfer-encoding", "identity")]), (false, true));
        assert!(!ends_with_connection(Version::HTTP_2, &HeaderMap::new()));
    }

    #[test]
    fn a_location_is_read_as_browsers_read_it() {
        let from = Url::parse("http://paper.example/news/today?page=1").unwrap();
        let leads_to = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.append(LOCATION, HeaderValue::from_bytes(bytes).unwrap());
            location(&headers).map(|location| from.join(&location).unwrap().to_string())
        };
        for (bytes, expected) in [
            ("/blå/æble".as_bytes(), "http://paper.example/bl%C3%A5/%C3%A6ble"),
            (b"/caf\xe9", "http://paper.example/caf%E9"),
            ("http://zeitung-köln.example/a".as_bytes(), "http://xn--zeitung-kln-zfb.example/a"),
            (b"  /a  ", "http://paper.example/a"),
            (b"/a b/c d", "http://paper.example/a%20b/c%20d"),
            (b"\\news\\a", "http://paper.example/news/a"),
            (b"http:\\\\other.example\\a", "http://other.example/a"),
            (b"tomorrow", "http://paper.example/news/tomorrow"),
            (b"?page=2", "http://paper.example/news/today?page=2"),
            (b"//other.example/a", "http://other.example/a"),
            (b"http:/a/b", "http://paper.example/a/b"),
            (b"https:/other.example/b", "https://other.example/b"),
            (b"http:///other.example/b", "http://other.example/b"),
            (b"/a\tb", "http://paper.example/ab"),
        ] {
            assert_eq!(leads_to(bytes).as_deref(), Some(expected), "{}", String::from_utf8_lossy(bytes));
        }
        for nothing in [b"".as_slice(), b"  "] {
            assert_eq!(leads_to(nothing), None);
        }
        let several = headers(&[("location", " "), ("location", "/a"), ("location", "/b")]);
        assert_eq!(location(&several).as_deref(), Some("/a"));
    }
}
