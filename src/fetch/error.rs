//! How a fetch fails.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::FetchSettings;
use crate::model::{ErrorClass, Failure, Proxy, Retry, without_credentials};

use super::address::AddressRefused;
use super::handshake;
use super::wire::Unreadable;

/// How a fetch fails. Messages are for people: lower case, with what to do where there is something to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It is not the publisher's turn for longer than we wait.
    #[error("the host is busy until {until}")]
    HostBusy {
        /// When its turn comes.
        until: Timestamp,
    },
    /// The name has no address.
    #[error("the host name {host} cannot be resolved: {reason}")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// The handshake failed, as the reason says in words.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// What the library said.
        reason: String,
    },
    /// No connection, or it broke.
    #[error("{0}")]
    Connect(String),
    /// What came is no HTTP.
    #[error("the answer of {host} is no HTTP that can be read: {reason}")]
    Header {
        /// The host.
        host: String,
        /// What the library said.
        reason: String,
    },
    /// The answer ended before its body was complete.
    #[error("the answer of {host} broke off after {n_bytes} bytes of its body: {reason}")]
    ShortBody {
        /// The host.
        host: String,
        /// What came of the body, as it was sent.
        n_bytes: u64,
        /// What the library said.
        reason: String,
    },
    /// The chunks of the body do not add up.
    #[error("the body that {host} sends in chunks cannot be put together after {n_bytes} bytes: {reason}")]
    Framing {
        /// The host.
        host: String,
        /// What came of the body.
        n_bytes: u64,
        /// What the library said.
        reason: String,
    },
    /// The body cannot be unpacked.
    #[error("the body cannot be unpacked: {0}")]
    Coding(String),
    /// A limit of time passed.
    #[error("{}", .phase.sentence(.host, .limit))]
    Timeout {
        /// The host.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// The limit.
        limit: Duration,
    },
    /// An error status.
    #[error("the server answered {status}{}", .retry_after.map(|delay| format!(", try again in {}", seconds(&delay))).unwrap_or_default())]
    Status {
        /// The code.
        status: u16,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A refusal by a host that said shortly before that it is asked too much.
    #[error("the server answered {status} after a 429: it is asked too much")]
    Limited {
        /// The code.
        status: u16,
    },
    /// The body is larger than allowed.
    #[error("the body is larger than {limit} bytes (fetch.page_bytes_max, fetch.feed_bytes_max)")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Redirects that lead nowhere.
    #[error("{0}")]
    Redirect(String),
    /// robots.txt disallows it.
    #[error("robots.txt of {host} disallows {path}")]
    RobotsForbid {
        /// The host.
        host: String,
        /// The path.
        path: String,
    },
    /// robots.txt could not be read, which means that everything is disallowed until it can (RFC 9309, 2.3.1.4).
    #[error("robots.txt of {host} cannot be read: {reason}")]
    RobotsUnreachable {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// The address is not one to fetch from.
    #[error("{0}")]
    Address(AddressRefused),
    /// The source asks for credentials that are not at hand.
    #[error("{0}")]
    Credentials(String),
}

/// What an exchange was waiting for when its time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A connection.
    Connect,
    /// A connection, with the handshake of TLS.
    ConnectTls,
    /// The next bytes.
    Read,
    /// The end of the answer.
    Whole,
}

impl Phase {
    /// What did not come, in what time, and which setting says so.
    fn sentence(self, host: &str, limit: &Duration) -> String {
        let limit = seconds(limit);
        match self {
            Phase::Connect => format!("no connection to {host} within {limit} (fetch.connect_timeout_s)"),
            Phase::ConnectTls => {
                format!("no connection to {host}, TLS included, within {limit} (fetch.connect_timeout_s)")
            }
            Phase::Read => format!("nothing came from {host} for {limit} (fetch.read_timeout_s)"),
            Phase::Whole => format!("no complete answer from {host} within {limit} (fetch.total_timeout_s)"),
        }
    }
}

impl FetchError {
    /// What kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            FetchError::HostBusy { .. } | FetchError::Connect(_) => ErrorClass::Connect,
            FetchError::Dns { .. } => ErrorClass::Dns,
            FetchError::Tls { .. } => ErrorClass::Tls,
            FetchError::Header { .. } => ErrorClass::Header,
            FetchError::ShortBody { .. } | FetchError::Framing { .. } => ErrorClass::ShortBody,
            FetchError::Coding(_) => ErrorClass::Coding,
            FetchError::Timeout { .. } => ErrorClass::Timeout,
            FetchError::Status { status: 500..=599, .. } => ErrorClass::Http5xx,
            FetchError::Status { .. } | FetchError::Limited { .. } => ErrorClass::Http4xx,
            FetchError::TooLarge { .. } => ErrorClass::TooLarge,
            FetchError::Redirect(_) => ErrorClass::Redirect,
            FetchError::RobotsForbid { .. } | FetchError::RobotsUnreachable { .. } => ErrorClass::Robots,
            FetchError::Address(_) => ErrorClass::Address,
            FetchError::Credentials(_) => ErrorClass::Internal,
        }
    }

    /// What kind of second chance it deserves; `schedule` clamps it and makes it a time.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            FetchError::Status { retry_after: Some(delay), .. } => Retry::After(*delay),
            FetchError::Status { status: 408 | 425 | 429 | 500..=599, .. }
            | FetchError::Limited { .. }
            | FetchError::HostBusy { .. }
            | FetchError::Dns { .. }
            | FetchError::Tls { .. }
            | FetchError::Connect(_)
            | FetchError::Header { .. }
            | FetchError::ShortBody { .. }
            | FetchError::Framing { .. }
            | FetchError::Coding(_)
            | FetchError::Timeout { .. }
            | FetchError::Credentials(_)
            | FetchError::RobotsUnreachable { .. } => Retry::Backoff,
            FetchError::Status { status: 403 | 404 | 410, .. } => Retry::WhileYoung,
            FetchError::Status { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Redirect(_)
            | FetchError::RobotsForbid { .. }
            | FetchError::Address(_) => Retry::Never,
        }
    }

    /// The failure as it travels to the store.
    #[must_use]
    pub fn failure(&self) -> Failure {
        // It is printed and stored, and the address in it may be that of a source.
        Failure { class: self.class(), reason: without_credentials(&self.to_string()).into_owned() }
    }

    /// Tells what a client error was about.
    pub(super) fn from_client(error: &reqwest::Error, doing: &Doing<'_>) -> FetchError {
        let causes = Causes::of(error);
        if let Some(refused) = causes.refused {
            return FetchError::Address(refused);
        }
        let (host, reason) = (doing.host.to_owned(), causes.last);
        if error.is_timeout() {
            let (phase, limit) = match error.is_connect() {
                true if doing.is_tls => (Phase::ConnectTls, doing.settings.connect_timeout),
                true => (Phase::Connect, doing.settings.connect_timeout),
                false => (Phase::Read, doing.settings.read_timeout),
            };
            FetchError::Timeout { host, phase, limit }
        } else if let Some(error) = causes.tls {
            let reason = handshake::in_words(&error, &host).unwrap_or(reason);
            FetchError::Tls { host, reason }
        } else if let Some(proxy) = doing.proxy.filter(|_| error.is_connect()) {
            FetchError::Connect(format!("no connection to {host} by way of the proxy {proxy}: {reason}"))
        } else if error.is_dns() {
            FetchError::Dns { host, reason }
        } else if error.is_connect() {
            FetchError::Connect(format!("no connection to {host}: {reason}"))
        } else if causes.is_no_http {
            FetchError::Header { host, reason }
        } else if let Some(n_bytes) = doing.n_body_bytes {
            match causes.kind {
                Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => FetchError::Framing { host, n_bytes, reason },
                _ => FetchError::ShortBody { host, n_bytes, reason },
            }
        } else {
            FetchError::Connect(format!("the connection to {host} broke: {reason}"))
        }
    }

    /// Tells why the second reader got no head.
    pub(super) fn from_reader(error: &hyper::Error, doing: &Doing<'_>) -> FetchError {
        let causes = Causes::of(error);
        let host = doing.host.to_owned();
        if causes.kind == Some(ErrorKind::TimedOut) {
            FetchError::Timeout { host, phase: Phase::Read, limit: doing.settings.read_timeout }
        } else if causes.is_no_http {
            FetchError::Header { host, reason: causes.last }
        } else {
            FetchError::Connect(format!("the connection to {host} broke: {}", causes.last))
        }
    }
}

/// Whether the connection ended where the client did not expect it.
pub(super) fn is_unexpected_end(error: &reqwest::Error) -> bool {
    Causes::of(error).kind == Some(ErrorKind::UnexpectedEof)
}

/// What is found in the chain of an error's causes.
#[derive(Default)]
struct Causes {
    refused: Option<AddressRefused>,
    tls: Option<rustls::Error>,
    is_no_http: bool,
    /// Of the innermost error of input and output.
    kind: Option<ErrorKind>,
    /// What the innermost cause says.
    last: String,
}

impl Causes {
    fn of(error: &(dyn Error + 'static)) -> Causes {
        let mut causes = Causes::default();
        let mut cause = Some(error);
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<AddressRefused>() {
                causes.refused = Some(refused.clone());
            }
            let io = inner.downcast_ref::<std::io::Error>();
            causes.kind = io.map(std::io::Error::kind).or(causes.kind);
            causes.tls = inner.downcast_ref::<rustls::Error>().cloned().or(causes.tls);
            causes.is_no_http |= inner.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
            causes.is_no_http |= matches!(inner.downcast_ref(), Some(Unreadable::Head(_)));
            causes.last = inner.to_string();
            cause = inner.source().or_else(|| {
                // An error that went through `io::Error` is not its source but inside it.
                io.and_then(|io| io.get_ref()).map(|boxed| {
                    let inner: &(dyn Error + 'static) = boxed;
                    inner
                })
            });
        }
        causes
    }
}

/// What was going on when the client failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing<'a> {
    pub(super) host: &'a str,
    pub(super) is_tls: bool,
    /// By way of whom.
    pub(super) proxy: Option<&'a Proxy>,
    pub(super) settings: &'a FetchSettings,
    /// Bytes of the body that had come, where it had begun.
    pub(super) n_body_bytes: Option<u64>,
}

fn seconds(duration: &Duration) -> String {
    format!("{} s", duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_chance_is_given_to_what_may_change() {
        let status = |status, retry_after| FetchError::Status { status, retry_after }.retry();
        assert_eq!(status(500, None), Retry::Backoff);
        assert_eq!(status(404, None), Retry::WhileYoung);
        assert_eq!(status(451, None), Retry::Never);
        assert_eq!(status(429, Some(Duration::from_secs(9))), Retry::After(Duration::from_secs(9)));
    }

    #[test]
    fn messages_say_what_to_do() {
        let error = FetchError::Status { status: 429, retry_after: Some(Duration::from_secs(9)) };
        assert_eq!(error.to_string(), "the server answered 429, try again in 9 s");
    }

    #[test]
    fn a_limit_of_time_is_told_with_its_setting() {
        let sentence = |phase| {
            let host = "paper.example".to_owned();
            FetchError::Timeout { host, phase, limit: Duration::from_secs(10) }.to_string()
        };
        assert_eq!(sentence(Phase::Connect), "no connection to paper.example within 10 s (fetch.connect_timeout_s)");
        assert_eq!(
            sentence(Phase::ConnectTls),
            "no connection to paper.example, TLS included, within 10 s (fetch.connect_timeout_s)"
        );
        assert_eq!(sentence(Phase::Read), "nothing came from paper.example for 10 s (fetch.read_timeout_s)");
        assert_eq!(sentence(Phase::Whole), "no complete answer from paper.example within 10 s (fetch.total_timeout_s)");
    }
}
