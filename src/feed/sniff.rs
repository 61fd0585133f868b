//! Telling a feed from a page without reading it.

use super::root::{Root, find_root};
use super::unpack;
use crate::charset;
use crate::model::FetchedDocument;

/// How much of a document is looked at.
const WINDOW_BYTES: usize = 4096;

/// Whether a document is a feed or a sitemap, by how it begins.
#[must_use]
pub fn looks_like_feed(document: &FetchedDocument) -> bool {
    let Ok(bytes) = unpack::unpacked(&document.body) else {
        return false;
    };
    let window = &bytes[..bytes.len().min(WINDOW_BYTES)];
    let text = charset::decode(window, document.content_type.as_deref());
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with('{') {
        return text.contains("jsonfeed.org/version");
    }
    matches!(find_root(text), Root::Feed { .. } | Root::Sitemap { .. })
}
