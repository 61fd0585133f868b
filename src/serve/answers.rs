//! Who is answered, and by what.

use std::net::IpAddr;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, StatusCode, header};

use super::guard::{self, Guard};
use super::monitoring::Monitoring;
use super::reading::Reading;
use super::reply::{Reply, TEXT, reply, set};
use super::site::Site;

/// By these names the loopback device is asked for.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// How a request came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whence {
    /// To an address of this machine's.
    Tcp(Option<IpAddr>),
    /// By a socket of which the system says who may use it. Whoever asks there says any host.
    Unix,
}

/// What knows the answers.
#[derive(Debug)]
pub(super) struct Answers {
    /// Names by which it may be asked for besides [`OWN_NAMES`] and the addresses that it is reached at.
    pub(super) hosts: Vec<String>,
    /// Who may ask.
    pub(super) guard: Guard,
    /// What there is to say of a daemon.
    pub(super) monitoring: Option<Monitoring>,
    /// Pages about what is stored.
    pub(super) site: Option<Site>,
    /// What feed readers on other devices ask.
    pub(super) reading: Option<Reading>,
}

impl Answers {
    /// The answer to a request. By TCP the host that it names must be known.
    pub(super) async fn answer(&self, request: Request<Incoming>, whence: Whence) -> Reply {
        if let Some(fault) = contradiction(&request) {
            return reply(StatusCode::BAD_REQUEST, TEXT, fault);
        }
        if let Whence::Tcp(at) = whence
            && !host_of(&request).is_some_and(|host| self.is_known_host(host, at))
        {
            let advice = "this name is not known here; http.hosts lists those that are, besides localhost\n";
            return reply(StatusCode::MISDIRECTED_REQUEST, TEXT, advice);
        }
        // By the name of a server before this one, which need not pass it on. Whatever else listens on this machine has its names too.
        let is_before = |host: &str| self.hosts.iter().any(|known| known == name_of(&host.to_ascii_lowercase()));
        if let Some(reading) = &self.reading
            && Reading::is_asked(request.uri().path())
        {
            if guard::is_of_foreign_page(request.headers(), is_before) {
                return reply(
                    StatusCode::FORBIDDEN,
                    TEXT,
                    "this is for feed readers, and not for pages of other sites\n",
                );
            }
            return reading.answer(request, &self.guard).await;
        }
        let is_health = matches!(request.uri().path(), "/healthz" | "/readyz") && self.monitoring.is_some();
        if !is_health && !self.may_ask(&request).await {
            let mut refused = reply(StatusCode::UNAUTHORIZED, TEXT, "who asks here gives a name and a password\n");
            let realm = header::HeaderValue::from_static("Basic realm=\"newswire\", charset=\"UTF-8\"");
            set(&mut refused, header::WWW_AUTHENTICATE, realm);
            return refused;
        }
        match (request.method(), &self.site) {
            (&Method::GET | &Method::HEAD, _) => self.tell(&request).await,
            (&Method::POST, Some(site)) if site.takes_orders() => {
                if guard::is_of_own_page(request.headers(), is_before) {
                    site.obey(request).await
                } else {
                    let advice = "orders are taken from pages of this server's; a program says so by the header \
                                  `Origin: http://HOST:PORT` of this server\n";
                    reply(StatusCode::FORBIDDEN, TEXT, advice)
                }
            }
            (_, site) => {
                let takes_orders = site.as_ref().is_some_and(Site::takes_orders);
                let allowed = if takes_orders { "GET, HEAD, POST" } else { "GET, HEAD" };
                let mut refused = reply(StatusCode::METHOD_NOT_ALLOWED, TEXT, format!("{allowed}\n"));
                set(&mut refused, header::ALLOW, header::HeaderValue::from_static(allowed));
                refused
            }
        }
    }

    async fn tell<B>(&self, request: &Request<B>) -> Reply {
        let told = match &self.monitoring {
            Some(monitoring) => monitoring.answer(request).await,
            None => None,
        };
        match (told, &self.site) {
            (Some(told), _) => told,
            (None, Some(site)) => site.answer(request).await,
            (None, None) if request.uri().path() == "/" => reply(StatusCode::OK, TEXT, self.index()),
            (None, None) => reply(StatusCode::NOT_FOUND, TEXT, self.index()),
        }
    }

    /// Whether whoever asks gives the password, or the token that addresses of feeds have.
    async fn may_ask<B>(&self, request: &Request<B>) -> bool {
        let only_asks = matches!(*request.method(), Method::GET | Method::HEAD);
        if only_asks
            && self.site.is_some()
            && Site::token_of(request).is_some_and(|token| self.guard.knows_token(&token))
        {
            return true;
        }
        self.guard.lets_in(request.headers()).await
    }

    /// Whether a host, with a port or without one, may be asked for: by a name that leads here for good, or by the address that was
    /// connected to. What a stranger's name leads to may change (DNS rebinding), an address is what it is.
    fn is_known_host(&self, host: &str, at: Option<IpAddr>) -> bool {
        let host = host.to_ascii_lowercase();
        let name = name_of(&host);
        let address = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
        OWN_NAMES.contains(&name)
            || self.hosts.iter().any(|known| known == name)
            || at.is_some() && address == at.map(|at| at.to_canonical())
    }

    fn index(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let paths = self.monitoring.as_ref().map_or("", |_| Monitoring::PATHS);
        format!("newswire {version}\n\n{paths}")
    }
}

/// What a request says twice, or in two ways: which of them counts is not for the asker to choose.
fn contradiction<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    let is_twice = |name| headers.get_all(name).iter().nth(1).is_some();
    if is_twice(header::HOST) || is_twice(header::ORIGIN) {
        return Some("a request names one host and one origin\n");
    }
    let authority = request.uri().authority().map(hyper::http::uri::Authority::as_str);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let differ = authority.zip(host).is_some_and(|(authority, host)| !authority.eq_ignore_ascii_case(host));
    differ.then_some("a request names one host\n")
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The host that a request names.
fn host_of<B>(request: &Request<B>) -> Option<&str> {
    let headers: &HeaderMap = request.headers();
    let header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    request.uri().host().or(header)
}
