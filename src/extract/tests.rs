//! Whole pages, as recorded.

use url::Url;

use super::*;

/// What the page says of its article, for tests that go on with the body.
pub(super) fn evidence_of(page: &Page<'_>, url: &str) -> body::Evidence {
    let hints = LinkHints::default();
    Found::read(page, &document(Vec::new(), url), &hints).evidence(&hints)
}

fn document(body: Vec<u8>, url: &str) -> FetchedDocument {
    let url = Url::parse(url).unwrap_or_else(|_| Url::parse("https://news.example/").unwrap());
    FetchedDocument {
        requested_url: url.clone(),
        final_url: url,
        moved_permanently: false,
        status: 200,
        content_type: None,
        content_language: None,
        robots_tag: None,
        validators: crate::model::Validators::default(),
        max_age_s: None,
        fetched_at: jiff::Timestamp::UNIX_EPOCH,
        body,
    }
}
