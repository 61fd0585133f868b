//! Addresses as people give them: pasted from a browser, a mail or a feed reader, with or without a scheme.
//!
//! There is one place that says what an address is, for all commands and pages. Where a word may as well be a slug, a file or a
//! number, whoever asks looks whether it is one of those first, or [`recognize`] says that it is certainly an address.

use url::{Host, Url};

use crate::model::{CanonicalUrl, is_under_known_suffix};
use crate::normalize;

/// An address that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address, without its fragment. Without a scheme the safe one is taken.
    pub(crate) url: Url,
    /// Whether it was given without a scheme.
    pub(crate) is_without_scheme: bool,
}

impl Address {
    /// The forms in which it may have been kept.
    pub(crate) fn forms(&self) -> Vec<Url> {
        let mut forms = vec![self.url.clone()];
        forms.extend(self.plain());
        forms
    }

    /// The same without encryption, where that was not said.
    pub(crate) fn plain(&self) -> Option<Url> {
        let mut plain = self.url.clone();
        (self.is_without_scheme && plain.set_scheme("http").is_ok()).then_some(plain)
    }
}

/// Reads an address where nothing else can be meant. An error is a sentence.
pub(crate) fn parse(text: &str) -> Result<Address, String> {
    let wrong = |reason: &str| format!("{:?} is no address: {reason}", text.trim());
    let cleaned = clean(text);
    let (written, is_without_scheme) = match scheme_of(cleaned) {
        None => (format!("https://{}", cleaned.trim_start_matches('/')), true),
        Some("http" | "https") => (cleaned.to_owned(), false),
        Some(_) => return Err(wrong("an address must begin with http:// or https://")),
    };
    // A word that may be anything, or a number, is more likely mistyped than the name of a host of this network.
    let is_a_word = is_without_scheme && !cleaned.is_empty() && cleaned != "localhost";
    if is_a_word && !cleaned.contains(['.', ':', '/', '?']) {
        return Err(wrong(&format!("write https://{cleaned}/ if a host of that name is meant")));
    }
    if cleaned.contains(char::is_whitespace) {
        return Err(wrong("there is white space in it"));
    }
    let mut url = Url::parse(&written).map_err(|error| wrong(&error.to_string()))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it names no host"));
    }
    if is_without_scheme && is_number_for_host(cleaned, &url) {
        return Err(wrong("it is a number, and the number of a host is written as 192.0.2.5"));
    }
    // A fragment that is the address of a page of its own stays.
    if normalize::url::canonicalize(&url).is_ok_and(|canonical| canonical.as_url().fragment().is_none()) {
        url.set_fragment(None);
    }
    Ok(Address { url, is_without_scheme })
}

/// Reads an address where a word may be something else: one with a scheme is an address, and so is a host's name with a
/// path, or one that ends as names of hosts do. An error is an address with a fault.
pub(crate) fn recognize(text: &str) -> Option<Result<Address, String>> {
    let cleaned = clean(text);
    if scheme_of(cleaned).is_some() {
        return Some(parse(text));
    }
    let address = parse(text).ok()?;
    let has_path = cleaned.trim_start_matches('/').contains(['/', '?']);
    let is_host = match address.url.host()? {
        Host::Domain("localhost") => has_path || address.url.port().is_some(),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        Host::Domain(host) => is_name_of_host(host) && (has_path || is_under_known_suffix(host)),
    };
    is_host.then_some(Ok(address))
}

/// The canonical form of an address where nothing else can be meant. An error is a sentence.
pub(crate) fn canonical(text: &str) -> Result<CanonicalUrl, String> {
    normalize::url::canonicalize(&parse(text)?.url).map_err(|error| error.to_string())
}

/// Whether it has a scheme, which paths of files have not.
pub(crate) fn has_scheme(text: &str) -> bool {
    scheme_of(clean(text)).is_some()
}

/// The address itself, out of what people paste with it: white space, angle brackets, quotes, the scheme of feed readers.
fn clean(text: &str) -> &str {
    const PAIRS: [(char, char); 4] = [('<', '>'), ('"', '"'), ('\'', '\''), ('“', '”')];
    let mut cleaned = text.trim();
    for (open, close) in PAIRS {
        let inner = cleaned.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        cleaned = inner.map_or(cleaned, str::trim);
    }
    for scheme in ["url:", "feed:"] {
        if cleaned.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            cleaned = cleaned[scheme.len()..].trim_start();
        }
    }
    cleaned
}

/// The scheme, if there is one. `localhost:8080` has none, nor has `example.org:8080/feed`.
fn scheme_of(cleaned: &str) -> Option<&'static str> {
    let (scheme, rest) = cleaned.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some("http"),
        "https" => Some("https"),
        _ if is_scheme && !is_port && (rest.starts_with("//") || !scheme.contains('.')) => Some("other"),
        _ => None,
    }
}

/// Whether browsers take what is written for the number of a host, and it is not written as one: `7.5` is 7.0.0.5 to them.
fn is_number_for_host(cleaned: &str, url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(host)) if !cleaned.trim_start_matches('/').starts_with(&host.to_string()))
}

fn is_name_of_host(host: &str) -> bool {
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && labels.last().is_some_and(|last| last.len() > 1 && last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_it_is_pasted() {
        for text in [
            "https://example.org/feed",
            " https://example.org/feed\n",
            "<https://example.org/feed>",
            " < https://example.org/feed > ",
            "<URL:https://example.org/feed>",
            "\"https://example.org/feed\"",
            "feed:https://example.org/feed",
            "FEED:HTTPS://Example.org/feed",
            "https://example.org/feed#top",
            "https://example.org:443/feed",
        ] {
            let address = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(
                (address.url.as_str(), address.is_without_scheme),
                ("https://example.org/feed", false),
                "{text:?}"
            );
            assert_eq!(recognize(text).map(Result::unwrap), Some(address), "{text:?}");
        }
        for text in [
            "example.org/feed",
            "feed://example.org/feed",
            "//example.org/feed",
            "<example.org/feed#a>",
            "feed:example.org/feed",
        ] {
            let address = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(
                (address.url.as_str(), address.is_without_scheme),
                ("https://example.org/feed", true),
                "{text:?}"
            );
            assert_eq!(recognize(text).map(Result::unwrap), Some(address), "{text:?}");
        }
    }

    #[test]
    fn a_route_in_the_fragment_stays() {
        assert_eq!(parse("app.example/#!/a").unwrap().url.as_str(), "https://app.example/#!/a");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, reason) in [
            ("ftp://example.org/", "must begin with http"),
            ("mailto:a@example.org", "must begin with http"),
            ("https://", "empty host"),
            ("", "empty host"),
            ("https://example.org/a b", "white space"),
            ("7.5", "it is a number"),
            ("0x7f.1/feed", "it is a number"),
            ("10.1:8080", "it is a number"),
            ("intranet", "write https://intranet/ if a host of that name is meant"),
            ("5", "write https://5/ if"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }

    #[test]
    fn words_are_told_from_addresses() {
        for text in [
            "example.org",
            "www.bbc.co.uk",
            "paper.example/feed",
            "localhost:8080",
            "127.0.0.1:8080/feed",
            "example.org:8080/x",
            "bücher.de",
        ] {
            assert!(recognize(text).is_some_and(|address| address.is_ok()), "{text:?}");
        }
        for text in [
            "dailytimes",
            "42",
            "page.html",
            "./page.html",
            "../pages/a.html",
            "pages/a.html",
            "paper.example-feed",
            "-",
            "a b.org/c",
            "co.uk",
            "7.5",
            "",
        ] {
            assert!(recognize(text).is_none(), "{text:?}");
        }
        assert!(recognize("ftp://example.org/").is_some_and(|address| address.is_err()));
    }
}
