//! An article for tests.

use crate::model::{Article, BodyKind, Fingerprint, Quality};

/// An article of which nothing is known but its headline and its whole text.
pub(super) fn article(title: &str, body: &str) -> Article {
    Article {
        url: None,
        title: Some(title.to_owned()),
        published: None,
        modified_at: None,
        language: None,
        authors: Vec::new(),
        site_name: None,
        section: None,
        tags: Vec::new(),
        image_url: None,
        reservations: Vec::new(),
        body: body.to_owned(),
        words: 0,
        body_kind: BodyKind::Full,
        quality: Quality { score: 100, reasons: Vec::new() },
        fingerprint: Fingerprint([0; 32]),
        meaning: None,
    }
}
