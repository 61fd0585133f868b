//! Proxies: how they are written, and that their credentials are not printed.

use std::fmt;

use url::Url;

/// A proxy, by HTTP (`http://`, `https://`) or SOCKS5 (`socks5://`: names are resolved here; `socks5h://`: by the proxy).
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// With the credentials, where there are any.
    url: Url,
}

impl Proxy {
    /// Reads `http://proxy.example:3128`, with or without `USER:PASSWORD@` before the host.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, without the credentials.
    pub fn parse(text: &str) -> Result<Proxy, String> {
        const RULE: &str = "must be http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT";
        let url = Url::parse(text).map_err(|_| RULE.to_owned())?;
        let is_socks = matches!(url.scheme(), "socks5" | "socks5h");
        let is_plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let is_whole = url.host_str().is_some_and(|host| !host.is_empty()) && (!is_socks || url.port().is_some());
        if is_plain && is_whole && (is_socks || matches!(url.scheme(), "http" | "https")) {
            Ok(Proxy { url })
        } else {
            Err(RULE.to_owned())
        }
    }

    /// The same with the credentials `USER:PASSWORD`.
    ///
    /// # Errors
    ///
    /// A sentence, when they are not of that form.
    pub fn with_credentials(&self, text: &str) -> Result<Proxy, String> {
        const RULE: &str = "must hold one line USER:PASSWORD";
        let mut url = self.url.clone();
        let (user, password) = text.trim().split_once(':').ok_or(RULE)?;
        let is_set = !user.is_empty() && url.set_username(user).is_ok() && url.set_password(Some(password)).is_ok();
        if is_set && !password.contains(['\r', '\n']) { Ok(Proxy { url }) } else { Err(RULE.to_owned()) }
    }

    /// Its address, credentials included: not for printing.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its host, in lower case.
    #[must_use]
    pub fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_ascii_lowercase()
    }

    /// Whether it is the proxy that resolves names, out of reach of the rules on addresses.
    #[must_use]
    pub fn resolves_names(&self) -> bool {
        self.url.scheme() != "socks5"
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_credentials(self.url.as_str()))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// A text with `***` for what stands before the `@` of each address in it.
pub(super) fn without_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        let end = after.find(['/', '"', ' ', ',']).unwrap_or(after.len());
        shown.push_str(before);
        rest = match after[..end].rfind('@') {
            Some(at) => {
                shown.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_printed() {
        let proxy = Proxy::parse("http://me:secret@proxy.example:3128").unwrap();
        assert_eq!(
            (proxy.to_string(), proxy.host()),
            ("http://***@proxy.example:3128/".to_owned(), "proxy.example".to_owned())
        );
        assert_eq!(format!("{proxy:?}"), "Proxy(http://***@proxy.example:3128/)");
        let proxy = Proxy::parse("socks5h://proxy.example:1080").unwrap().with_credentials("me:se:c@ret/\n").unwrap();
        assert_eq!(proxy.to_string(), "socks5h://***@proxy.example:1080");
        assert_eq!(proxy.url().password(), Some("se%3Ac%40ret%2F"));
        assert_eq!(
            without_credentials("[\"a.example proxy=http://a:b@c@d.example/\", \"http://e.example\", \"f@g.example\"]"),
            "[\"a.example proxy=http://***@d.example/\", \"http://e.example\", \"f@g.example\"]"
        );
    }

    #[test]
    fn a_proxy_is_an_address_with_a_port() {
        assert!(Proxy::parse("http://proxy.example").is_ok() && Proxy::parse("https://[::1]:8443/").is_ok());
        for wrong in [
            "",
            "proxy.example:3128",
            "socks5://proxy.example",
            "socks4://a.example:1",
            "http://a.example/b",
            "ftp://a:1",
        ] {
            assert!(Proxy::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Proxy::parse("http://a.example").unwrap().with_credentials("nobody").is_err());
    }
}
