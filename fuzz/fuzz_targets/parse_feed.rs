//! Any bytes as a feed, a sitemap or a page of links: a listing within the limits, or a reason.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use newswire::config::{self, Config};
use newswire::feed;
use newswire::model::FetchedDocument;
use url::Url;

static SETTINGS: LazyLock<Config> = LazyLock::new(config::defaults);

fuzz_target!(|bytes: &[u8]| {
    let address = Url::parse("https://news.example/feed/").expect("an address");
    let document = FetchedDocument::from_file(bytes.to_vec(), address);
    if let Ok(listing) = feed::read(&document, &SETTINGS.feed) {
        assert!(listing.links.len() <= SETTINGS.feed.entries_max);
        assert!(!listing.links.is_empty() || !listing.children.is_empty() || !listing.problems.is_empty());
        for link in &listing.links {
            let _ = link.text.content.as_deref().map(feed::text_of_html);
        }
    }
    let _ = feed::read_page(&document, &SETTINGS.feed);
    let _ = feed::looks_like_feed(&document);
    let _ = feed::feeds_of_page(&document);
});
