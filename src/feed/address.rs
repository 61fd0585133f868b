//! Addresses as feeds and pages write them.

use std::borrow::Cow;

use url::Url;

/// Whether a text is an address of the web, and not just relative to one.
pub(super) fn is_of_the_web(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// An absolute address of the web.
pub(super) fn resolve(href: &str, base: &Url) -> Option<Url> {
    let href = meant(href);
    if href.is_empty() {
        return None;
    }
    let url = base.join(&in_full(&href, base)).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// An address that begins with the host of its base, with the slashes that are missing in front of it.
fn in_full<'h>(href: &'h str, base: &Url) -> Cow<'h, str> {
    let begins_with_host = base
        .host_str()
        .and_then(|host| href.strip_prefix(host))
        .is_some_and(|behind| behind.starts_with('/') && base.domain().is_some());
    if begins_with_host { Cow::Owned(format!("//{href}")) } else { Cow::Borrowed(href) }
}

/// An address as it was meant: broken over several lines, in quotes, escaped once too often, without its scheme or with
/// two, or with that of programs for feeds.
pub(super) fn meant(href: &str) -> Cow<'_, str> {
    let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control() || "\"'<>\u{feff}\u{200b}".contains(c));
    let mut meant = Cow::Borrowed(href);
    if meant.contains(['\n', '\r', '\t']) {
        meant = Cow::Owned(meant.split(['\n', '\r', '\t']).map(str::trim).collect());
    }
    if meant.contains("&amp;") {
        meant = Cow::Owned(meant.replace("&amp;", "&"));
    }
    if let Some(behind) = FEED_SCHEMES.iter().find_map(|scheme| without_prefix(&meant, scheme)) {
        let behind = behind.trim_start();
        // `feed:https://…` has the scheme that counts within it.
        let is_whole = is_of_the_web(behind) || behind.starts_with("//");
        meant = Cow::Owned(if is_whole { behind.to_owned() } else { format!("//{behind}") });
    }
    // Programs put a scheme in front of what has one.
    let inner = ["http://", "https://"].iter().find_map(|scheme| without_prefix(&meant, scheme));
    if let Some(inner) = inner.filter(|inner| is_of_the_web(inner)) {
        meant = Cow::Owned(inner.to_owned());
    } else if let Some(behind) =
        inner.and_then(|inner| without_prefix(inner, "https//").or(without_prefix(inner, "http//")))
    {
        // As it looks to those who took the second scheme for a host.
        meant = Cow::Owned(format!("https://{behind}"));
    }
    if without_prefix(&meant, "www.").is_some() { Cow::Owned(format!("//{meant}")) } else { meant }
}

/// The schemes by which programs for feeds and podcasts are called up.
const FEED_SCHEMES: [&str; 5] = ["feed:", "rss:", "itpc:", "pcast:", "podcast:"];

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_were_meant() {
        let base = Url::parse("https://paper.example/news/feed.xml").unwrap();
        let check = |href: &str, expected: &str| {
            assert_eq!(resolve(href, &base).map(String::from).as_deref(), Some(expected), "{href:?}");
        };
        check("  https://paper.example/a\n", "https://paper.example/a");
        check("https://paper.example/\n      2026/a", "https://paper.example/2026/a");
        check("\"https://paper.example/a\"", "https://paper.example/a");
        check("/a?b=1&amp;c=2", "https://paper.example/a?b=1&c=2");
        check("a b", "https://paper.example/news/a%20b");
        check("//other.example/a", "https://other.example/a");
        check("www.other.example/a", "https://www.other.example/a");
        check("paper.example/a", "https://paper.example/a");
        check("feed://other.example/rss", "https://other.example/rss");
        check("feed:https://other.example/rss", "https://other.example/rss");
        check("feed:http://other.example/rss", "http://other.example/rss");
        check("FEED:other.example/rss", "https://other.example/rss");
        check("http://https://other.example/a", "https://other.example/a");
        for none in ["", " \n ", "mailto:a@paper.example", "javascript:void(0)", "feed:"] {
            assert_eq!(resolve(none, &base), None, "{none:?}");
        }
    }
}
