//! From a request and a resource to an answer: conditions (RFC 9110, section 13), encodings (section 12.5.3).

use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::body::AnswerBody;
use super::resource::{Behaviour, Refusal, Resource};
use super::stats::Visit;

/// Bodies below this are sent as they are: compressed they would hardly be smaller.
const COMPRESSED_BYTES_MIN: usize = 256;

/// What of a request an answer depends on.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    if_none_match: Option<String>,
    if_modified_since: Option<Timestamp>,
    encoding: Encoding,
}

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// The name in `Content-Encoding`, and what an entity tag ends with: the same body in another encoding is another
    /// representation (RFC 9110, section 8.8.1).
    fn name(self) -> &'static str {
        match self {
            Encoding::Identity => "",
            Encoding::Gzip => "gzip",
            Encoding::Brotli => "br",
        }
    }
}

impl Asked {
    pub(super) fn read<B>(request: &Request<B>) -> Asked {
        let headers = request.headers();
        let if_modified_since = joined(headers, &header::IF_MODIFIED_SINCE)
            .and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date.trim()).ok());
        Asked {
            method: request.method().clone(),
            if_none_match: joined(headers, &header::IF_NONE_MATCH),
            if_modified_since,
            encoding: preferred_encoding(&joined(headers, &header::ACCEPT_ENCODING).unwrap_or_default()),
        }
    }

    /// Whether the client has the representation already. `If-None-Match` counts alone where it is given.
    fn holds(&self, etag: Option<&str>, last_modified: Option<Timestamp>) -> bool {
        match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => etag.is_some_and(|etag| {
                tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
            }),
            (None, Some(since)) => {
                last_modified.is_some_and(|last_modified| last_modified.as_second() <= since.as_second())
            }
            (None, None) => false,
        }
    }
}

/// All lines of a header as one.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The smallest encoding that the client accepts. Preferences among those accepted are not weighed.
fn preferred_encoding(accepted: &str) -> Encoding {
    let accepts = |name: &str| {
        accepted.split(',').any(|choice| {
            let mut parts = choice.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
            let is_ruled_out = parts
                .filter_map(|parameter| parameter.strip_prefix("q="))
                .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
            is_named && !is_ruled_out
        })
    };
    if accepts("br") {
        Encoding::Brotli
    } else if accepts("gzip") {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

/// The resource's own answer.
pub(super) fn answered(resource: &Resource, asked: &Asked, mut visit: Visit) -> Response<AnswerBody> {
    if asked.method != Method::GET && asked.method != Method::HEAD {
        let mut response = plain_text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD here\n", Some(visit));
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let is_ok = resource.status == StatusCode::OK;
    let is_compressed = resource.may_compress && is_ok && resource.payload.n_bytes() >= COMPRESSED_BYTES_MIN;
    let encoding = if is_compressed { asked.encoding } else { Encoding::Identity };
    let body = match encoding {
        Encoding::Identity => resource.payload.in_plain(),
        Encoding::Gzip => resource.payload.in_gzip(),
        Encoding::Brotli => resource.payload.in_brotli(),
    };

    let mut headers = HeaderMap::with_capacity(resource.headers.len() + 4);
    let etag = (resource.has_etag && is_ok).then(|| entity_tag(resource, encoding));
    if let Some(etag) = etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    if let Some(date) = resource.last_modified.and_then(http_date) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    if resource.may_compress && is_ok {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    let is_not_modified = is_ok && asked.holds(etag.as_deref(), resource.last_modified);
    for (name, value) in &resource.headers {
        // A 304 repeats what a cache goes by, not what describes a body that is not there (RFC 9110, section 15.4.5).
        if !(is_not_modified && [header::CONTENT_TYPE, header::CONTENT_ENCODING].contains(name)) {
            headers.append(name.clone(), value.clone());
        }
    }
    let status = if is_not_modified { StatusCode::NOT_MODIFIED } else { resource.status };
    visit.answered(Some(status));
    if encoding != Encoding::Identity && !is_not_modified {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    let body = if is_not_modified {
        AnswerBody::whole(Bytes::new(), Some(visit))
    } else if asked.method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        AnswerBody::whole(Bytes::new(), Some(visit))
    } else {
        flowing(&resource.behaviour, body, visit)
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn flowing(behaviour: &Behaviour, body: Bytes, visit: Visit) -> AnswerBody {
    match behaviour {
        Behaviour::Drip { piece_bytes, pause } => AnswerBody::drip(body, *piece_bytes, *pause, visit),
        Behaviour::CutOff { after_bytes, is_chunked } => AnswerBody::cut_off(&body, *after_bytes, *is_chunked, visit),
        Behaviour::Endless { piece } => AnswerBody::endless(body, piece.clone(), visit),
        // The last two never come here; the body is the right thing for them as well.
        Behaviour::Prompt | Behaviour::Hang | Behaviour::Verbatim(_) => AnswerBody::whole(body, Some(visit)),
    }
}

fn entity_tag(resource: &Resource, encoding: Encoding) -> String {
    let separator = if encoding == Encoding::Identity { "" } else { "-" };
    format!("\"{}{separator}{}\"", resource.payload.tag(), encoding.name())
}

fn http_date(timestamp: Timestamp) -> Option<HeaderValue> {
    let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()?;
    HeaderValue::try_from(date).ok()
}

/// The answer to a path at which nothing stands, or to a host that is not served here.
pub(super) fn not_found(visit: Option<Visit>) -> Response<AnswerBody> {
    plain_text(StatusCode::NOT_FOUND, "nothing here\n", visit)
}

/// The answer that a resource gives in place of itself for a while.
pub(super) fn refused(refusal: &Refusal, visit: Visit) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = plain_text(status, "not now\n", Some(visit));
    if let Some(retry_after) = refusal.retry_after.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, retry_after);
    }
    response
}

fn plain_text(status: StatusCode, text: &'static str, mut visit: Option<Visit>) -> Response<AnswerBody> {
    if let Some(visit) = &mut visit {
        visit.answered(Some(status));
    }
    let mut response = Response::new(AnswerBody::whole(Bytes::from_static(text.as_bytes()), visit));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_encoding_that_is_accepted_is_taken() {
        for (accepted, expected) in [
            ("", Encoding::Identity),
            ("gzip", Encoding::Gzip),
            ("gzip, br", Encoding::Brotli),
            ("GZIP;q=0.5, deflate", Encoding::Gzip),
            ("br;q=0, gzip;q=1.0", Encoding::Gzip),
            ("br; q=0", Encoding::Identity),
            ("identity", Encoding::Identity),
        ] {
            assert_eq!(preferred_encoding(accepted), expected, "{accepted:?}");
        }
    }

    #[test]
    fn entity_tags_go_before_dates() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let check = |if_none_match: Option<&str>, since: Option<i64>, expected: bool| {
            let asked = Asked {
                method: Method::GET,
                if_none_match: if_none_match.map(str::to_owned),
                if_modified_since: since.and_then(|second| Timestamp::from_second(second).ok()),
                encoding: Encoding::Identity,
            };
            assert_eq!(asked.holds(Some("\"a\""), Some(now)), expected, "{if_none_match:?} {since:?}");
        };
        check(None, None, false);
        check(Some("\"a\""), None, true);
        check(Some("\"b\", W/\"a\""), None, true);
        check(Some("*"), None, true);
        check(Some("\"b\""), Some(1_700_000_001), false);
        check(None, Some(1_700_000_000), true);
        check(None, Some(1_699_999_999), false);
    }
}
