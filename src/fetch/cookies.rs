//! Cookies within one chain of redirects (RFC 6265): gates that set one and send the client back want to see it again.
//!
//! They live as long as the chain and no longer: nobody is recognized from one fetch to the next.

use cookie_store::{CookieStore, RawCookie};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

use crate::model::registrable_domain;

/// Cookies kept of one chain, and bytes of one: what RFC 6265, section 6.1, asks for of one domain. A gate sets two or three.
const COOKIES_MAX: usize = 50;
const COOKIE_BYTES_MAX: usize = 4096;

/// Bytes of all cookies of one request; servers take no more than some kilobytes of headers.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// What was set so far in one chain.
#[derive(Debug, Default)]
pub(super) struct ChainCookies {
    store: CookieStore,
    n_kept: usize,
}

impl ChainCookies {
    /// Keeps what an answer sets. What cannot be read, or is not the host's to set, is left out.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let is_kept = value.len() <= COOKIE_BYTES_MAX
                && self.n_kept < COOKIES_MAX
                && std::str::from_utf8(value.as_bytes())
                    .ok()
                    .and_then(|text| RawCookie::parse(text).ok())
                    .filter(|cookie| !is_for_a_public_suffix(cookie))
                    .is_some_and(|cookie| self.store.insert_raw(&cookie, url).is_ok());
            self.n_kept += usize::from(is_kept);
        }
    }

    /// The `Cookie` header of a request: longer paths first, as section 5.4 has it.
    pub(super) fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        if self.n_kept == 0 {
            return None;
        }
        let mut cookies = self.store.matches(url);
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let mut header = String::new();
        for cookie in cookies {
            let (name, value) = cookie.name_value();
            if header.len() + name.len() + value.len() + "; =".len() > HEADER_BYTES_MAX {
                break;
            }
            let separator = if header.is_empty() { "" } else { "; " };
            header.extend([separator, name, "=", value]);
        }
        HeaderValue::from_bytes(header.as_bytes()).ok().filter(|header| !header.is_empty())
    }
}

/// Whether a cookie is for all of `com` or `co.uk`. A host that is such a name itself may have one without naming it.
fn is_for_a_public_suffix(cookie: &RawCookie<'_>) -> bool {
    cookie.domain().is_some_and(|domain| {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        !domain.is_empty() && registrable_domain(&domain).is_none() && domain.parse::<std::net::IpAddr>().is_err()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a request to `to`, after `from` has set these.
    fn sent(from: &str, set: &[&str], to: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in set {
            headers.append(SET_COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let mut cookies = ChainCookies::default();
        cookies.keep(&Url::parse(from).unwrap(), &headers);
        let header = cookies.header_for(&Url::parse(to).unwrap())?;
        Some(String::from_utf8(header.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_cookie_goes_where_it_belongs() {
        let gate = "https://www.paper.example/gate/in";
        for (set, to, expected) in [
            ("a=1", gate, Some("a=1")),
            ("a=1", "https://www.paper.example/gate/other", Some("a=1")),
            // The default path is the folder.
            ("a=1", "https://www.paper.example/news", None),
            ("a=1; Path=/", "https://www.paper.example/news", Some("a=1")),
            ("a=1; path=/news", "https://www.paper.example/newsroom", None),
            ("a=1; Path=/news", "https://www.paper.example/news/today", Some("a=1")),
            // Without a domain it is the host's alone.
            ("a=1; Path=/", "https://paper.example/", None),
            ("a=1; Path=/", "https://sub.www.paper.example/", None),
            ("a=1; Path=/; Domain=paper.example", "https://paper.example/", Some("a=1")),
            ("a=1; Path=/; Domain=.Paper.Example", "https://sport.paper.example/", Some("a=1")),
            ("a=1; Path=/; Domain=paper.example", "https://other-paper.example/", None),
            ("a=1; Path=/; Domain=other.example", "https://other.example/", None),
            // Not for everybody under a suffix.
            ("a=1; Path=/; Domain=example", "https://other.example/", None),
            ("a=1; Path=/; Domain=example", gate, None),
            ("a=1; Path=/; Secure", "http://www.paper.example/", None),
            ("a=1; Path=/; Secure; HttpOnly", "https://www.paper.example/", Some("a=1")),
            ("a=1; Path=/; Max-Age=0", "https://www.paper.example/", None),
            ("a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.paper.example/", None),
            ("a=\"b c\"; Path=/", "https://www.paper.example/", Some("a=\"b c\"")),
            ("a=größer; Path=/", "https://www.paper.example/", Some("a=größer")),
            ("nonsense", gate, None),
        ] {
            assert_eq!(sent(gate, &[set], to).as_deref(), expected, "{set} to {to}");
        }
        assert_eq!(
            sent(gate, &["a=1; Path=/", "b=2; Path=/gate", "c=3; Path=/", "a=4; Path=/"], gate).as_deref(),
            Some("b=2; a=4; c=3")
        );
    }

    #[test]
    fn cookies_are_bounded_in_number_and_size() {
        let url = "https://www.paper.example/";
        assert_eq!(sent(url, &[&format!("a={}", "x".repeat(5000)), "b=2"], url).as_deref(), Some("b=2"));
        let many: Vec<String> = (0..500).map(|n| format!("n{n}=1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(sent(url, &many, url).unwrap().split("; ").count(), COOKIES_MAX);
        let long: Vec<String> = (0..40).map(|n| format!("n{n}={}", "x".repeat(4000))).collect();
        let long: Vec<&str> = long.iter().map(String::as_str).collect();
        assert!(sent(url, &long, url).unwrap().len() <= HEADER_BYTES_MAX);
    }
}
