//! What a fetch brings.

use jiff::Timestamp;
use url::Url;

/// The base of addresses in a page that came without one. Never fetched, never stored.
pub const NO_ADDRESS: &str = "http://file.invalid/";

/// The validators of a conditional request (RFC 9110, section 8.8), verbatim as the server sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, quotes and `W/` included.
    pub etag: Option<String>,
    /// `Last-Modified`, not parsed: what matters is that it goes back unchanged.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to make a request conditional with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A document as it was served: bytes stay bytes until the parser that knows the encoding rules.
#[derive(Clone, Debug)]
pub struct FetchedDocument {
    /// The address that was asked.
    pub requested_url: Url,
    /// The address that answered, after redirects.
    pub final_url: Url,
    /// Whether every redirect on the way was permanent (301 or 308); false where there was none.
    pub moved_permanently: bool,
    /// The status line's code.
    pub status: u16,
    /// `Content-Type`, verbatim.
    pub content_type: Option<String>,
    /// `Content-Language`, verbatim.
    pub content_language: Option<String>,
    /// `Link` lines (RFC 8288), joined with `, `.
    pub link: Option<String>,
    /// `X-Robots-Tag` lines, joined with `, `.
    pub robots_tag: Option<String>,
    /// What its headers and its host's robots.txt say against text mining and AI training, each as `place: word`.
    pub reservations: Vec<String>,
    /// The validators of this answer.
    pub validators: Validators,
    /// `Cache-Control: max-age` or `Expires`, as seconds from `fetched_at`.
    pub max_age_s: Option<u32>,
    /// When the answer was complete.
    pub fetched_at: Timestamp,
    /// The body, content encodings undone, character encoding not.
    pub body: Vec<u8>,
    /// Whether what it was packed in ends early, so that the body is a part of it. Articles are refused then.
    pub is_cut_short: bool,
}

impl FetchedDocument {
    /// A document that was not fetched but read from a file, as if `url` had served it.
    #[must_use]
    pub fn from_file(body: Vec<u8>, url: Url) -> Self {
        FetchedDocument {
            requested_url: url.clone(),
            final_url: url,
            moved_permanently: false,
            status: 200,
            content_type: None,
            content_language: None,
            link: None,
            robots_tag: None,
            reservations: Vec::new(),
            validators: Validators::default(),
            max_age_s: None,
            fetched_at: Timestamp::now(),
            body,
            is_cut_short: false,
        }
    }
}

/// An answer: the document, or that it has not changed.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// Status 2xx with a body.
    Document(Box<FetchedDocument>),
    /// Status 304.
    NotModified {
        /// As [`FetchedDocument::max_age_s`].
        max_age_s: Option<u32>,
        /// The address that answered, if it is another than was asked and every redirect on the way was permanent.
        moved_to: Option<Url>,
    },
}
