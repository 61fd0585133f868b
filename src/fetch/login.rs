//! The credentials of a source, on the requests that go to its own host and on no others.

use std::sync::Arc;

use reqwest::RequestBuilder;
use reqwest::header::{COOKIE, HeaderName, HeaderValue};
use url::{Origin, Url};

use crate::config::Keyring;
use crate::model::{Credential, LoginName};

/// The credentials of a source.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// Scheme, host and port of whom they are for. A redirect elsewhere, be it from https to http, goes on without them.
    origin: Origin,
    /// What is sent, or why it is not at hand.
    credentials: Result<Arc<Vec<Credential>>, String>,
}

impl Login {
    /// Looks up the credentials of a name.
    pub(super) fn new(login: &LoginName, keyring: &Keyring) -> Login {
        let credentials = keyring.get(&login.name).map_err(|rule| format!("credentials {:?}: {rule}", login.name));
        Login { origin: login.origin.clone(), credentials }
    }

    /// Why an address of that host is not asked: without credentials it would answer something else than what is meant.
    pub(super) fn missing_for(&self, url: &Url) -> Option<&str> {
        self.credentials.as_ref().err().filter(|_| self.is_for(url)).map(String::as_str)
    }

    /// What is sent with a request to an address.
    pub(super) fn credentials_for(&self, url: &Url) -> Option<&[Credential]> {
        self.credentials.as_ref().ok().filter(|_| self.is_for(url)).map(|credentials| credentials.as_slice())
    }

    fn is_for(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }
}

/// A request with credentials, and with the cookies that the host has set meanwhile. These go before those of the same name:
/// it has given another one for it.
pub(super) fn signed(
    builder: RequestBuilder,
    credentials: &[Credential],
    set_cookies: Option<HeaderValue>,
) -> RequestBuilder {
    let set_cookies = set_cookies.map(|cookies| String::from_utf8_lossy(cookies.as_bytes()).into_owned());
    let mut cookies: Vec<String> = set_cookies.into_iter().collect();
    let mut builder = builder;
    for credential in credentials {
        match credential {
            Credential::Basic { user, password } => builder = builder.basic_auth(user, Some(password)),
            Credential::Header { name, value } => {
                // Names and values were checked when they were read.
                if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), sensitive(value)) {
                    builder = builder.header(name, value);
                }
            }
            Credential::Cookie { name, value } if !is_set(&cookies, name) => cookies.push(format!("{name}={value}")),
            Credential::Cookie { .. } => {}
        }
    }
    match sensitive(&cookies.join("; ")) {
        Some(header) if !header.is_empty() => builder.header(COOKIE, header),
        _ => builder,
    }
}

/// Whether a cookie of this name is among those of a header.
fn is_set(cookies: &[String], name: &str) -> bool {
    let mut pairs = cookies.iter().flat_map(|header| header.split("; "));
    pairs.any(|pair| pair.split_once('=').is_some_and(|(set, _)| set == name))
}

/// A value that libraries do not print, and that is in no compression table of HTTP/2 (RFC 7541, section 7.1.3).
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_credentials;

    fn login(url: &str) -> Login {
        let origin = Url::parse(url).unwrap().origin();
        Login { origin, credentials: Ok(Arc::new(parse_credentials("cookie sid=zq7").unwrap())) }
    }

    #[test]
    fn credentials_are_for_one_scheme_host_and_port() {
        let login = login("https://www.paper.example/feed");
        for (url, is_sent) in [
            ("https://www.paper.example/", true),
            ("https://WWW.paper.example:443/a?b", true),
            ("http://www.paper.example/feed", false),
            ("https://www.paper.example:8443/feed", false),
            ("https://paper.example/feed", false),
            ("https://sub.www.paper.example/feed", false),
            ("https://www.paper.example.other.example/feed", false),
            ("https://www.paper.example@other.example/feed", false),
        ] {
            assert_eq!(login.credentials_for(&Url::parse(url).unwrap()).is_some(), is_sent, "{url}");
        }
        assert!(!format!("{login:?}").contains("zq7"));
    }

    #[test]
    fn a_cookie_that_the_host_has_set_anew_goes_before_the_kept_one() {
        let set = |header: &str| vec![header.to_owned()];
        assert!(is_set(&set("a=1; sid=2"), "sid") && !is_set(&set("a=sid=2; xsid=1"), "sid") && !is_set(&[], "sid"));
    }
}
