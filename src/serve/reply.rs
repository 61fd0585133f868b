//! Answers, with what every browser is told about them.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// An answer.
pub(super) type Reply = Response<Full<Bytes>>;

/// Media types of answers.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json";

/// What browsers are told with every answer: to guess no type, to tell nobody where a link was followed, and to let no other site have the
/// answer, frame it or share a process with it (W3C: Referrer Policy; WHATWG: Fetch, HTML).
const GUARDS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// An answer that nobody keeps.
pub(super) fn reply(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, HeaderValue::from_static(kind));
    set(&mut response, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in GUARDS {
        set(&mut response, name, HeaderValue::from_static(value));
    }
    response
}

/// Sets a header of an answer.
pub(super) fn set(reply: &mut Reply, name: HeaderName, value: HeaderValue) {
    reply.headers_mut().insert(name, value);
}
