//! One HTTP exchange and how it can fail: the rows of `fetches`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// Why something was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A source's list of links.
    Poll,
    /// An article's page.
    Article,
    /// A host's robots.txt.
    Robots,
    /// Something that may be a feed or sitemap, and that nobody has named.
    Discovery,
}

impl Purpose {
    /// The word stored in `fetches.purpose`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Poll => "poll",
            Purpose::Article => "article",
            Purpose::Robots => "robots",
            Purpose::Discovery => "discovery",
        }
    }
}

/// The kind of a failure, by what a person would do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The host name has no address.
    Dns,
    /// The certificate or the handshake was refused.
    Tls,
    /// No connection, or it broke before there was an answer.
    Connect,
    /// What came is no HTTP that can be read.
    Header,
    /// The answer ended before its body was complete.
    ShortBody,
    /// The body cannot be unpacked as its `Content-Encoding` says.
    Coding,
    /// A time limit passed.
    Timeout,
    /// Status 4xx.
    Http4xx,
    /// Status 5xx.
    Http5xx,
    /// The body is larger than allowed.
    TooLarge,
    /// More redirects than allowed, a loop, or a redirect to nowhere.
    Redirect,
    /// robots.txt disallows it.
    Robots,
    /// The address is private, loopback or otherwise not for fetching.
    Address,
    /// The bytes are not what they should be.
    Parse,
    /// It parsed, and nothing was in it.
    Empty,
    /// A page without an article on it.
    NotArticle,
    /// Another page than its link promised.
    OtherPage,
    /// A fault of ours: a panic in a parser, for one.
    Internal,
}

impl ErrorClass {
    const ALL: [ErrorClass; 18] = [
        ErrorClass::Dns,
        ErrorClass::Tls,
        ErrorClass::Connect,
        ErrorClass::Header,
        ErrorClass::ShortBody,
        ErrorClass::Coding,
        ErrorClass::Timeout,
        ErrorClass::Http4xx,
        ErrorClass::Http5xx,
        ErrorClass::TooLarge,
        ErrorClass::Redirect,
        ErrorClass::Robots,
        ErrorClass::Address,
        ErrorClass::Parse,
        ErrorClass::Empty,
        ErrorClass::NotArticle,
        ErrorClass::OtherPage,
        ErrorClass::Internal,
    ];

    /// The word stored in `fetches.error_class`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorClass::Dns => "dns",
            ErrorClass::Tls => "tls",
            ErrorClass::Connect => "connect",
            ErrorClass::Header => "header",
            ErrorClass::ShortBody => "short-body",
            ErrorClass::Coding => "coding",
            ErrorClass::Timeout => "timeout",
            ErrorClass::Http4xx => "4xx",
            ErrorClass::Http5xx => "5xx",
            ErrorClass::TooLarge => "too-large",
            ErrorClass::Redirect => "redirect",
            ErrorClass::Robots => "robots",
            ErrorClass::Address => "address",
            ErrorClass::Parse => "parse",
            ErrorClass::Empty => "empty",
            ErrorClass::NotArticle => "not-article",
            ErrorClass::OtherPage => "other-page",
            ErrorClass::Internal => "internal",
        }
    }

    /// Whether the failure is a refusal by policy (ours or the host's) and not a fault; exit code 77.
    #[must_use]
    pub fn is_policy(self) -> bool {
        matches!(self, ErrorClass::Robots | ErrorClass::Address)
    }
}

impl FromStr for ErrorClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = ErrorClass::ALL.into_iter().find(|class| class.as_str() == text);
        found.ok_or_else(|| format!("unknown class of errors {text:?}"))
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure as it travels to the store: its class, and a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// What happened, in lower case, without a full stop.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.class)
    }
}

/// One HTTP exchange, whether it ended well or not.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The address that was asked.
    pub url: String,
    /// Why.
    pub purpose: Purpose,
    /// When the request was sent.
    pub started_at: Timestamp,
    /// Until the last byte of the body or the failure; waiting for the host's turn is not counted.
    pub elapsed: Duration,
    /// The status line's code, where there was one.
    pub status: Option<u16>,
    /// Bytes of the decoded body.
    pub bytes: u64,
    /// What went wrong, in the exchange or with what it brought.
    pub failure: Option<Failure>,
    /// Where the answer sent us on to.
    pub redirected_to: Option<String>,
}

/// What kind of second chance a failure deserves; `schedule` makes a time of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a wait that grows with each failure.
    Backoff,
    /// After the time that the server named.
    After(Duration),
    /// After a growing wait as long as the article is young: a feed may be faster than the servers of its site, which
    /// then refuse or know nothing of what they will have in some minutes. Later the same answer is the last word.
    WhileYoung,
    /// Asking again would give the same answer.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_class_names_it() {
        for class in [ErrorClass::Dns, ErrorClass::NotArticle, ErrorClass::OtherPage, ErrorClass::Internal] {
            assert_eq!(class.as_str().parse(), Ok(class));
        }
        assert_eq!("strange".parse::<ErrorClass>(), Err("unknown class of errors \"strange\"".to_owned()));
    }
}
