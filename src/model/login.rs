//! What a source asks for before it gives anything: a password, a header or a cookie. Nothing here can be printed.

use std::fmt;

use url::{Origin, Url};

/// Longest name under which credentials are kept.
const NAME_BYTES_MAX: usize = 64;

/// What a request has of itself: who asks, for what, and how it is sent.
const OWN_HEADERS: [&str; 15] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Whose credentials are to be sent with the requests for a source, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName {
    /// The name under which they are kept.
    pub name: String,
    /// Scheme, host and port of the source's address: nobody else gets them.
    pub origin: Origin,
}

impl LoginName {
    /// The credentials of a source at an address.
    #[must_use]
    pub fn of(name: &str, url: &Url) -> LoginName {
        LoginName { name: name.to_owned(), origin: url.origin() }
    }

    /// Checks a name, which is one of a file and, in other letters, one of the environment.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub fn check(name: &str) -> Result<(), String> {
        let is_wellformed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_wellformed && name.len() <= NAME_BYTES_MAX {
            Ok(())
        } else {
            Err(format!(
                "must be a name, 1 to {NAME_BYTES_MAX} of A-Z, a-z, 0-9, '-', '_' and '.', beginning with a letter or a \
                 digit: what is secret stands in the file of that name"
            ))
        }
    }
}

/// What is sent to be let in.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Basic` (RFC 7617).
    Basic {
        /// User.
        user: String,
        /// Password.
        password: String,
    },
    /// A header of any name.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A cookie.
    Cookie {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl Credential {
    /// Reads `basic USER:PASSWORD`, `header NAME: VALUE` or `cookie NAME=VALUE`.
    fn parse(line: &str) -> Result<Credential, &'static str> {
        const RULE: &str = "must be `basic USER:PASSWORD`, `header NAME: VALUE` or `cookie NAME=VALUE`";
        let (kind, rest) = line.split_once(' ').ok_or(RULE)?;
        let split = |mark: char| rest.split_once(mark).map(|(left, right)| (left.trim(), right.trim())).ok_or(RULE);
        if rest.contains(char::is_control) {
            return Err("must be without control characters");
        }
        match kind {
            "basic" => {
                let (user, password) = rest.split_once(':').ok_or(RULE)?;
                Ok(Credential::Basic { user: user.trim_start().to_owned(), password: password.to_owned() })
            }
            "header" => {
                let (name, value) = split(':')?;
                Credential::header(name, value)
            }
            "cookie" => {
                let (name, value) = split('=')?;
                if !is_token(name) || value.contains([';', ',', ' ']) || !value.is_ascii() {
                    return Err("must be one cookie, without attributes: `cookie NAME=VALUE`");
                }
                Ok(Credential::Cookie { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(RULE),
        }
    }

    fn header(name: &str, value: &str) -> Result<Credential, &'static str> {
        if !is_token(name) {
            return Err("must have the name of a header before its first colon");
        }
        if name.eq_ignore_ascii_case("cookie") {
            return Err("must be `cookie NAME=VALUE` for a cookie");
        }
        if OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Err("names a header that every request has of itself");
        }
        if value.is_empty() {
            return Err("has no value");
        }
        Ok(Credential::Header { name: name.to_ascii_lowercase(), value: value.to_owned() })
    }
}

/// Whether a text is a `token` of RFC 9110, section 5.6.2: the name of a header or a cookie.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Basic { .. } => "Basic(***)",
            Credential::Header { .. } => "Header(***)",
            Credential::Cookie { .. } => "Cookie(***)",
        })
    }
}

/// All that is kept under one name, a line each; at least one.
///
/// # Errors
///
/// The rule that a line breaks, with its number and without what stands in it.
pub fn parse_credentials(text: &str) -> Result<Vec<Credential>, String> {
    let mut credentials = Vec::new();
    let mut has_authorization = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        // A password may end with a blank, a line of a file from elsewhere with a carriage return.
        let line = line.trim_end_matches('\r').trim_start();
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let credential = Credential::parse(line).map_err(|rule| format!("line {}: {rule}", index + 1))?;
        let is_authorization = match &credential {
            Credential::Basic { .. } => true,
            Credential::Header { name, .. } => name == "authorization",
            Credential::Cookie { .. } => false,
        };
        if is_authorization && has_authorization {
            return Err(format!("line {}: is a second authorization, and a request has one", index + 1));
        }
        has_authorization |= is_authorization;
        credentials.push(credential);
    }
    if credentials.is_empty() { Err("holds no credentials".to_owned()) } else { Ok(credentials) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_one_credential() {
        let basic = |user: &str, password: &str| Credential::Basic { user: user.into(), password: password.into() };
        let header = |name: &str, value: &str| Credential::Header { name: name.into(), value: value.into() };
        let cookie = |name: &str, value: &str| Credential::Cookie { name: name.into(), value: value.into() };
        let check = |text: &str, expected: &[Credential]| assert_eq!(parse_credentials(text).unwrap(), expected);
        check("basic ana:se:c ret\n", &[basic("ana", "se:c ret")]);
        check("header X-Api-Key:  k3y \r\n", &[header("x-api-key", "k3y")]);
        check("header Authorization: Bearer a.b.c", &[header("authorization", "Bearer a.b.c")]);
        check("# of the desk\n\ncookie sid=a=b\n  cookie seen=1\n", &[cookie("sid", "a=b"), cookie("seen", "1")]);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_without_it() {
        for (text, rule) in [
            ("", "holds no credentials"),
            ("# nothing yet\n", "holds no credentials"),
            ("ana:zq7", "line 1: must be `basic"),
            ("basic zq7", "line 1: must be `basic"),
            ("\nbearer zq7", "line 2: must be `basic"),
            ("header zq7", "line 1: must be `basic"),
            ("header a b: zq7", "line 1: must have the name"),
            ("header Host: zq7.example", "line 1: names a header that every request has"),
            ("header Cookie: a=zq7", "line 1: must be `cookie NAME=VALUE`"),
            ("header X-Key:", "line 1: has no value"),
            ("header X-Key: a\tzq7", "line 1: must be without control characters"),
            ("cookie a=zq7; Path=/", "line 1: must be one cookie"),
            ("basic a:zq7\nheader authorization: zq7", "line 2: is a second authorization"),
        ] {
            let told = parse_credentials(text).unwrap_err();
            assert!(told.starts_with(rule) && !told.contains("zq7"), "{text:?}: {told}");
        }
    }

    #[test]
    fn credentials_are_not_printed() {
        let all = parse_credentials("basic ana:zq7\nheader x-key: zq7\ncookie sid=zq7").unwrap();
        assert_eq!(format!("{all:?}"), "[Basic(***), Header(***), Cookie(***)]");
    }

    #[test]
    fn a_name_is_no_path() {
        for name in ["daily", "Daily_2.b"] {
            assert_eq!(LoginName::check(name), Ok(()));
        }
        for name in ["", ".", "..", "a/b", "-a", "ana:secret", "a b", &"x".repeat(65)] {
            assert!(LoginName::check(name).is_err(), "{name}");
        }
    }
}
