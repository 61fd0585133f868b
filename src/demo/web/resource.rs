//! What stands at a path, and how it behaves.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::payload::Payload;

/// How an answer travels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// All at once.
    #[default]
    Prompt,
    /// In pieces with pauses between them.
    Drip {
        /// Size of a piece.
        piece_bytes: usize,
        /// Pause before each piece but the first.
        pause: Duration,
    },
    /// Not at all; the connection stays open until the client gives up.
    Hang,
    /// Only its beginning; then the connection ends.
    CutOff {
        /// Bytes of the body that are sent.
        after_bytes: usize,
        /// Whether the body is sent in chunks, of which the last is missing, or announced with its full length.
        is_chunked: bool,
    },
    /// The body, then a piece over and over without end.
    Endless {
        /// What is repeated.
        piece: Bytes,
    },
    /// These bytes in place of an HTTP answer, then the end of the connection. Without bytes the connection ends at
    /// once; with others it is any answer that no proper server gives.
    Verbatim(Bytes),
}

/// An answer given in place of the resource for the first few requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Status of the answer.
    pub status: u16,
    /// `Retry-After`, verbatim.
    pub retry_after: Option<String>,
    /// How many requests are refused.
    pub n_times: u32,
}

/// What stands at a path: an answer with its headers, and how it behaves.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) payload: Arc<Payload>,
    pub(super) last_modified: Option<Timestamp>,
    pub(super) has_etag: bool,
    pub(super) may_compress: bool,
    pub(super) delay: Duration,
    pub(super) behaviour: Behaviour,
    pub(super) refusal: Option<Refusal>,
}

impl Resource {
    /// Status 200 with a body, an `ETag`, and gzip and brotli for whoever accepts them. An empty content type is not
    /// sent.
    #[must_use]
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Resource {
        Resource::of_payload(content_type, Payload::plain(body.into()))
    }

    /// An HTML page in UTF-8.
    #[must_use]
    pub fn html(body: impl Into<Bytes>) -> Resource {
        Resource::new("text/html; charset=utf-8", body)
    }

    /// As [`Resource::new`], but compressed now and kept in its compressed forms only: for thousands of pages.
    #[must_use]
    pub fn packed(content_type: &str, body: &[u8]) -> Resource {
        Resource::of_payload(content_type, Payload::packed(body))
    }

    /// An empty answer that sends the client elsewhere; `status` is 301, 302, 303, 307 or 308.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Resource {
        Resource::new("", Bytes::new()).without_etag().status(status).header("location", location)
    }

    fn of_payload(content_type: &str, payload: Payload) -> Resource {
        let resource = Resource {
            status: StatusCode::OK,
            headers: Vec::new(),
            payload: Arc::new(payload),
            last_modified: None,
            has_etag: true,
            may_compress: true,
            delay: Duration::ZERO,
            behaviour: Behaviour::Prompt,
            refusal: None,
        };
        if content_type.is_empty() { resource } else { resource.header("content-type", content_type) }
    }

    /// Answers with another status; a number that is none is 500.
    #[must_use]
    pub fn status(mut self, status: u16) -> Resource {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }

    /// Adds a header. One that HTTP cannot carry is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Resource {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            // A body that is encoded already cannot be encoded again.
            self.may_compress &= name != header::CONTENT_ENCODING;
            self.headers.push((name, value));
        }
        self
    }

    /// Sends `Last-Modified` and honours `If-Modified-Since`.
    #[must_use]
    pub fn last_modified(mut self, last_modified: Timestamp) -> Resource {
        self.last_modified = Some(last_modified);
        self
    }

    /// Sends no `ETag`.
    #[must_use]
    pub fn without_etag(mut self) -> Resource {
        self.has_etag = false;
        self
    }

    /// Sends the bytes as they are, whatever the client accepts.
    #[must_use]
    pub fn without_compression(mut self) -> Resource {
        self.may_compress = false;
        self
    }

    /// Waits before it answers.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Resource {
        self.delay = delay;
        self
    }

    /// Travels otherwise than at once.
    #[must_use]
    pub fn behaviour(mut self, behaviour: Behaviour) -> Resource {
        self.behaviour = behaviour;
        self
    }

    /// Refuses the first requests.
    #[must_use]
    pub fn refusal(mut self, refusal: Refusal) -> Resource {
        self.refusal = Some(refusal);
        self
    }

    /// The body, no encoding applied.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.payload.in_plain()
    }
}
