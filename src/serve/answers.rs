//! Who is answered, and by what.

use hyper::{Method, Request, StatusCode, header};

use super::monitoring::Monitoring;
use super::reply::{Reply, TEXT, reply, set};
use super::site::Site;

/// By these names the loopback device is asked for.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What knows the answers.
#[derive(Debug)]
pub(super) struct Answers {
    /// Names by which it may be asked for besides [`OWN_NAMES`].
    pub(super) hosts: Vec<String>,
    /// What there is to say of a daemon.
    pub(super) monitoring: Option<Monitoring>,
    /// Pages about what is stored.
    pub(super) site: Option<Site>,
}

impl Answers {
    /// The answer to a request. By TCP the host that it names must be known.
    pub(super) async fn answer<B>(&self, request: &Request<B>, names_host: bool) -> Reply {
        if names_host && !self.is_known_host(request) {
            let advice = "this name is not known here; http.hosts lists those that are, besides localhost\n";
            return reply(StatusCode::MISDIRECTED_REQUEST, TEXT, advice);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refused = reply(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET and HEAD\n");
            set(&mut refused, header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
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

    fn is_known_host<B>(&self, request: &Request<B>) -> bool {
        let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(host) = request.uri().host().or(header) else { return false };
        let host = host.to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &host,
        };
        OWN_NAMES.contains(&name) || self.hosts.iter().any(|known| known == name)
    }

    fn index(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let paths = self.monitoring.as_ref().map_or("", |_| Monitoring::PATHS);
        format!("newswire {version}\n\n{paths}")
    }
}
