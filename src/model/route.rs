//! The way to a host: directly, or by way of a proxy, whose credentials are not printed.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// No proxy.
    Direct,
    /// By way of this one.
    Via(Proxy),
}

impl Route {
    /// The same for places that other people read.
    #[must_use]
    pub fn without_credentials(&self) -> Route {
        match self {
            Route::Direct => Route::Direct,
            Route::Via(proxy) => Route::Via(proxy.without_credentials()),
        }
    }

    /// The proxy, where there is one.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Route::Direct => None,
            Route::Via(proxy) => Some(proxy),
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Direct => f.write_str("direct"),
            Route::Via(proxy) => proxy.fmt(f),
        }
    }
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "direct" => Ok(Route::Direct),
            _ => Proxy::parse(text).map(Route::Via).map_err(|rule| format!("{rule}, or direct")),
        }
    }
}

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

    /// The same as anybody knows it.
    #[must_use]
    pub fn without_credentials(&self) -> Proxy {
        self.known_as("")
    }

    /// Whether it has credentials.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
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

    fn known_as(&self, user: &str) -> Proxy {
        let mut url = self.url.clone();
        // An address with a host, which each has, takes both.
        let _ = url.set_username(user);
        let _ = url.set_password(None);
        Proxy { url }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.has_credentials() { &self.known_as("***") } else { self };
        f.write_str(shown.url.as_str())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
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
        let route = Route::Via(proxy);
        assert_eq!(format!("{route} {route:?}").matches("me:secret").count(), 0);
        assert_eq!(route.without_credentials().to_string(), "http://proxy.example:3128/");
        let proxy = Proxy::parse("socks5h://proxy.example:1080").unwrap().with_credentials("me:se:c@ret/\n").unwrap();
        assert_eq!(proxy.to_string(), "socks5h://***@proxy.example:1080");
        assert_eq!(proxy.url().password(), Some("se%3Ac%40ret%2F"));
        assert_eq!(proxy.without_credentials(), Proxy::parse("socks5h://proxy.example:1080").unwrap());
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
        assert_eq!("direct".parse(), Ok(Route::Direct));
        assert!("Direct".parse::<Route>().unwrap_err().ends_with(", or direct"));
    }
}
