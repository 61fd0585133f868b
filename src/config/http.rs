//! Section `http`: where questions are answered.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::model::{Credential, LoginName};

use super::keyring::Keyring;
use super::reader::Reader;

/// Section `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where requests are taken; absent: nowhere.
    pub listen: Option<Listen>,
    /// Names by which it may be asked for besides those of the loopback device, in lower case.
    pub hosts: Vec<String>,
    /// Whether the daemon shows pages about what is stored there.
    pub pages: bool,
    /// Whether pages of the daemon take orders too: to pause a source, to merge stories.
    pub writing: bool,
    /// Whether feed readers on other devices read there, and mark what they have read.
    pub reading: bool,
    /// The name under which the password is kept that whoever asks must give; absent: nobody is asked who they are.
    pub credentials: Option<String>,
    /// Addresses of feeds have a token in them where a password is asked for. With another number all of them are others.
    pub feed_token: u64,
}

/// Where requests are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// At a port; of another address than those of the loopback device only for who has a password.
    Tcp(SocketAddr),
    /// At a Unix socket, which whoever may write it can ask.
    Unix(PathBuf),
    /// At the sockets with which the service manager started us (`sd_listen_fds(3)`).
    Activated,
}

impl Listen {
    /// Reads `127.0.0.1:8008`, `unix:/run/newswire/http.sock` or `systemd`.
    ///
    /// # Errors
    ///
    /// What it must be.
    pub fn parse(text: &str) -> Result<Listen, String> {
        if text == "systemd" {
            return Ok(Listen::Activated);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Listen::Unix(path))
            } else {
                Err("must have an absolute path behind unix:".to_owned())
            };
        }
        text.parse()
            .map(Listen::Tcp)
            .map_err(|_| "must be ADDRESS:PORT such as 127.0.0.1:8008, unix:/PATH or systemd".to_owned())
    }

    /// Whether nobody but processes of this machine can ask there, as far as it can be told before the sockets are at hand.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Listen::Tcp(address) => address.ip().is_loopback(),
            Listen::Unix(_) | Listen::Activated => true,
        }
    }
}

/// What must be where other machines are listened to.
pub(crate) const MUST_ASK: &str = "is an address that other machines reach: name the credentials that they must give in http.credentials, or listen at 127.0.0.1 and put a server before it that asks who they are";

/// What whoever asks must give.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpSecret {
    /// How.
    pub scheme: Scheme,
    /// `USER:PASSWORD`, or the token.
    pub text: String,
}

/// A way to give it, in the `Authorization` header (RFC 9110, section 11.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// User and password (RFC 7617).
    Basic,
    /// A token (RFC 6750).
    Bearer,
}

impl fmt::Debug for HttpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSecret").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// What is shorter is found by trying.
const SECRET_BYTES_MIN: usize = 8;

impl HttpSecret {
    fn of(credentials: &[Credential]) -> Result<HttpSecret, String> {
        const RULE: &str = "must be one line, `basic USER:PASSWORD` or `header Authorization: Bearer TOKEN`";
        let (secret, length) = match credentials {
            [Credential::Basic { user, password }] => {
                (HttpSecret { scheme: Scheme::Basic, text: format!("{user}:{password}") }, password.len())
            }
            [Credential::Header { name, value }] if name == "authorization" => match value.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    (HttpSecret { scheme: Scheme::Bearer, text: token.trim().to_owned() }, token.trim().len())
                }
                _ => return Err(RULE.to_owned()),
            },
            _ => return Err(RULE.to_owned()),
        };
        if length < SECRET_BYTES_MIN {
            return Err(format!("must have {SECRET_BYTES_MIN} characters at least behind what says whose it is"));
        }
        Ok(secret)
    }
}

impl HttpSettings {
    /// What whoever asks must give; nothing where nobody is asked.
    ///
    /// # Errors
    ///
    /// When what the settings name is not at hand, or is none.
    pub fn secret(&self, keyring: &Keyring) -> Result<Option<HttpSecret>, String> {
        let Some(name) = &self.credentials else { return Ok(None) };
        HttpSecret::of(&keyring.get(name)?).map(Some)
    }

    pub(super) fn read(reader: &mut Reader) -> HttpSettings {
        let text = reader.text("http.listen");
        let listen = match text.as_str() {
            "" => None,
            text => match Listen::parse(text) {
                Ok(listen) => Some(listen),
                Err(rule) => {
                    reader.problem("http.listen", &format!("{text:?}"), &rule);
                    None
                }
            },
        };
        let hosts = reader.list("http.hosts");
        for host in &hosts {
            let is_host =
                !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
            if !is_host {
                reader.problem("http.hosts", &format!("{host:?}"), "must be names of hosts, without a port");
            }
        }
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let credentials = Some(reader.text("http.credentials")).filter(|name| !name.is_empty());
        // What is no name may be the secret itself.
        if let Some(Err(rule)) = credentials.as_deref().map(LoginName::check) {
            reader.problem("http.credentials", "…", &rule);
        }
        if credentials.is_none() && listen.as_ref().is_some_and(|listen| !listen.is_local()) {
            reader.problem("http.listen", &format!("{text:?}"), MUST_ASK);
        }
        let pages = reader.flag("http.pages");
        let writing = reader.flag("http.writing");
        if pages && text.is_empty() {
            reader.problem("http.pages", "true", "shows them at http.listen, which names no place");
        }
        if writing && !pages {
            reader.problem("http.writing", "true", "takes orders by pages, which http.pages = true shows");
        }
        let reading = reader.flag("http.reading");
        if reading && text.is_empty() {
            reader.problem("http.reading", "true", "lets feed readers in at http.listen, which names no place");
        }
        HttpSettings {
            listen,
            hosts,
            pages,
            writing,
            reading,
            credentials,
            feed_token: reader.integer("http.feed_token", 0, 1 << 53),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read() {
        for (text, expected) in [
            ("127.0.0.1:9464", Some(Listen::Tcp("127.0.0.1:9464".parse().unwrap()))),
            ("[::1]:0", Some(Listen::Tcp("[::1]:0".parse().unwrap()))),
            ("unix:/run/newswire/http.sock", Some(Listen::Unix("/run/newswire/http.sock".into()))),
            ("systemd", Some(Listen::Activated)),
            ("unix:http.sock", None),
            ("localhost:9464", None),
            ("9464", None),
        ] {
            assert_eq!(Listen::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_other_machines_reach_is_known() {
        for (text, is_local) in [
            ("127.0.0.1:9464", true),
            ("127.8.0.1:9464", true),
            ("[::1]:9464", true),
            ("unix:/run/newswire/http.sock", true),
            ("0.0.0.0:9464", false),
            ("[::]:9464", false),
            ("192.0.2.1:80", false),
        ] {
            assert_eq!(Listen::parse(text).unwrap().is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn secrets_are_long_enough_and_alone() {
        let told = |text: &str| HttpSecret::of(&crate::model::parse_credentials(text).unwrap());
        let secret = |scheme, text: &str| Ok(HttpSecret { scheme, text: text.to_owned() });
        assert_eq!(told("basic desk:night train"), secret(Scheme::Basic, "desk:night train"));
        assert_eq!(told("header Authorization: Bearer abcdefgh"), secret(Scheme::Bearer, "abcdefgh"));
        for text in
            ["basic desk:short", "header Authorization: Bearer abc", "cookie a=abcdefgh", "header x-key: abcdefgh"]
        {
            assert!(told(text).is_err(), "{text}");
        }
        let shown = format!("{:?}", told("basic desk:night train"));
        assert!(!shown.contains("night"), "{shown}");
    }
}
