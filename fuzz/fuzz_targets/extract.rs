//! Any bytes as a page: an article that keeps its promises, or a reason.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use newswire::config;
use newswire::extract::Extractor;
use newswire::model::{FetchedDocument, LinkHints};
use newswire::normalize::{Surroundings, normalize};
use url::Url;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| Extractor::new(&config::defaults().extract));

fuzz_target!(|bytes: &[u8]| {
    let address = Url::parse("https://news.example/2026/01/15/a").expect("an address");
    let hints = LinkHints::default();
    let document = FetchedDocument::from_file(bytes.to_vec(), address.clone());
    let Ok(extracted) = EXTRACTOR.extract(&document, &hints) else { return };
    assert!(extracted.paragraphs.iter().all(|paragraph| !paragraph.trim().is_empty() && !paragraph.contains('\n')));
    assert!(extracted.quality.score <= 100);
    let surroundings = Surroundings { answered: Some(&address), hints: &hints, first_seen_at: None };
    let article = normalize(&extracted, surroundings).expect("the address can be followed");
    assert!(article.title.is_none_or(|title| !title.contains('\n')));
});
