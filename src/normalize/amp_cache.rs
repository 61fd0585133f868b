//! Addresses of pages in caches of AMP pages: the address of the publisher's own page stands in each, and nothing else that
//! would choose a page.
//!
//! | cache | address |
//! |---|---|
//! | the AMP project's | `https://www-example-org.cdn.ampproject.org/c/s/www.example.org/path` |
//! | Google's viewer | `https://www.google.com/amp/s/www.example.org/path` |
//! | Bing's | `https://www-example-org.www.bing-amp.com/c/s/www.example.org/path` |
//! | Bing's viewer | `https://www.bing.com/amp/s/www.example.org/path` |
//!
//! Without `s/` the page's own scheme is `http`. The caches are those of <https://cdn.ampproject.org/caches.json>.

use url::{Host, Url};

use crate::model::registrable_domain;

/// The host of a cache, or what all of its hosts end in.
const CACHE_HOSTS: [&str; 2] = ["cdn.ampproject.org", "bing-amp.com"];

/// What paths of pages begin with there: a document, one for a viewer, one in a signed package. Images and the like begin
/// with others.
const CACHE_PATHS: [&str; 3] = ["/c/", "/v/", "/wp/"];

/// What paths of pages begin with in the viewer.
const VIEWER_PATH: &str = "/amp/";

/// The address of the publisher's own page; nothing where an address is none of a cache.
pub(super) fn own_address(url: &Url) -> Option<Url> {
    let Some(Host::Domain(host)) = url.host() else { return None };
    let host = host.trim_end_matches('.');
    if is_cache(host) {
        let inner = CACHE_PATHS.iter().find_map(|start| url.path().strip_prefix(start))?;
        return address(inner, url.query());
    }
    let inner = if is_viewer(host) { url.path().strip_prefix(VIEWER_PATH)? } else { return None };
    // The page's own query is a part of the path.
    match inner.find("%3F").or_else(|| inner.find("%3f")) {
        Some(at) => address(&inner[..at], Some(&inner[at + "%3F".len()..])),
        None => address(inner, url.query()),
    }
}

fn is_cache(host: &str) -> bool {
    let labels = CACHE_HOSTS.iter().find_map(|cache| host.strip_suffix(cache));
    labels.is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
}

/// Whether a host is Bing's, or Google's in any country.
fn is_viewer(host: &str) -> bool {
    let bare = host.strip_prefix("www.").unwrap_or(host);
    bare == "bing.com" || (bare.starts_with("google.") && registrable_domain(bare) == Some(bare))
}

fn address(inner: &str, query: Option<&str>) -> Option<Url> {
    let (scheme, inner) = inner.strip_prefix("s/").map_or(("http", inner), |inner| ("https", inner));
    let host = inner.split('/').next().unwrap_or_default();
    if !is_name_of_host(host) {
        return None;
    }
    let mut url = Url::parse(&format!("{scheme}://{inner}")).ok()?;
    url.set_query(query);
    matches!(url.host(), Some(Host::Domain(_))).then_some(url)
}

/// Whether a text can be the name of a publisher's host: with a dot, and with no credentials, port or escapes.
fn is_name_of_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let has_top = |top: &str| top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic());
    text.split('.').all(is_label) && text.rsplit_once('.').is_some_and(|(_, top)| has_top(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publishers_own_address_stands_in_that_of_a_cache() {
        for (cached, own) in [
            ("https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a/b", "https://www.example.org/a/b"),
            ("https://www-example-org.cdn.ampproject.org/c/www.example.org/a", "http://www.example.org/a"),
            (
                "https://example-org.cdn.ampproject.org/v/s/example.org/a?amp_js_v=0.1",
                "https://example.org/a?amp_js_v=0.1",
            ),
            ("https://example-org.cdn.ampproject.org/wp/s/example.org/a%3Fb", "https://example.org/a%3Fb"),
            ("https://cdn.ampproject.org/c/s/example.org/", "https://example.org/"),
            ("https://www.google.com/amp/s/www.example.org/a?x=1", "https://www.example.org/a?x=1"),
            ("https://www.google.co.uk/amp/example.org/a/amp/", "http://example.org/a/amp/"),
            ("https://google.de/amp/s/example.org/a%3fid=7", "https://example.org/a?id=7"),
            ("https://www.bing.com/amp/s/www.example.org/a?x=1", "https://www.example.org/a?x=1"),
            ("https://bing.com/amp/example.org/a/", "http://example.org/a/"),
            ("https://www-example-org.www.bing-amp.com/c/s/www.example.org/a", "https://www.example.org/a"),
            ("https://bing-amp.com/c/www.example.org/a", "http://www.example.org/a"),
            ("https://www.google.com/amp/s/xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a"),
        ] {
            let found = own_address(&Url::parse(cached).unwrap()).map(String::from);
            assert_eq!(found.as_deref(), Some(own), "{cached}");
        }
    }

    #[test]
    fn other_addresses_are_left_alone() {
        for other in [
            "https://www.example.org/c/s/www.example.org/a",
            "https://www-example-org.cdn.ampproject.org/i/s/www.example.org/a.png",
            "https://cdn.ampproject.org/v0.js",
            "https://notcdn.ampproject.org.example/c/s/example.org/a",
            "https://evilcdn.ampproject.org/c/s/example.org/a",
            "https://www.google.com/search?q=amp",
            "https://news.google.com/amp/s/example.org/a",
            "https://google.example.org/amp/s/example.org/a",
            "https://www.bing.com/search?q=amp",
            "https://www.bing.com/news/amp/s/example.org/a",
            "https://blogs.bing.com/amp/s/example.org/a",
            "https://notbing.com/amp/s/example.org/a",
            "https://notbing-amp.com/c/s/example.org/a",
            "https://www.google.com/amp/s/127.0.0.1/a",
            "https://www.google.com/amp/s/0x7f.1/a",
            "https://www.google.com/amp/s/localhost/a",
            "https://www.google.com/amp/s/example.org:8080/a",
            "https://www.google.com/amp/s/me@example.org/a",
            "https://www.google.com/amp/s/%5B::1%5D/a",
            "https://www.google.com/amp/s/",
        ] {
            assert_eq!(own_address(&Url::parse(other).unwrap()), None, "{other}");
        }
    }
}
