//! What is answered to whom.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};
use tokio::sync::watch;

use crate::daemon::Pulse;

use super::gauges::GaugeReader;
use super::metrics::{Format, Metrics};

/// Without a sign of life for so long the loop is taken for dead: the watchdog of the unit file has as much patience.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// By these names the loopback device is asked for.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const TEXT: &str = "text/plain; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What knows the answers.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) metrics: Arc<Metrics>,
    pub(super) pulse: watch::Receiver<Pulse>,
    pub(super) gauges: GaugeReader,
    /// Names by which it may be asked for besides [`OWN_NAMES`].
    pub(super) hosts: Vec<String>,
}

impl Answers {
    /// The answer to a request. By TCP the host that it names must be known.
    pub(super) async fn answer<B>(self: &Arc<Self>, request: &Request<B>, names_host: bool) -> Response<Full<Bytes>> {
        if names_host && !self.is_known_host(request) {
            let advice = "this name is not known here; http.hosts lists those that are, besides localhost\n";
            return answer(StatusCode::MISDIRECTED_REQUEST, TEXT, advice.to_owned());
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refused = answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET and HEAD\n".to_owned());
            refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        match request.uri().path() {
            "/" => answer(StatusCode::OK, TEXT, index()),
            "/healthz" => verdict(self.health()),
            "/readyz" => verdict(self.readiness()),
            "/metrics" => {
                let format = format_wanted(request);
                let body = self.figures(format).await;
                answer(StatusCode::OK, if format == Format::OpenMetrics { OPEN_METRICS } else { PROMETHEUS }, body)
            }
            _ => answer(StatusCode::NOT_FOUND, TEXT, index()),
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

    /// Whether the loop lives. A database that cannot be written does not speak against it: a restart would not help.
    fn health(&self) -> Result<String, String> {
        match self.pulse.borrow().beaten_at {
            None => Ok("starting".to_owned()),
            Some(at) if at.elapsed() <= SILENCE_MAX => Ok("ok".to_owned()),
            Some(at) if self.pulse.borrow().trouble.is_some() => {
                Ok(format!("the database could not be written for {} s", at.elapsed().as_secs()))
            }
            Some(at) => Err(format!("no sign of life for {} s", at.elapsed().as_secs())),
        }
    }

    /// Whether it works: work was claimed, and what comes of it can be written.
    fn readiness(&self) -> Result<String, String> {
        let pulse = self.pulse.borrow();
        match &pulse.trouble {
            Some(trouble) => Err(trouble.clone()),
            None if pulse.is_ready => Ok("ready".to_owned()),
            None => Err("starting".to_owned()),
        }
    }

    async fn figures(self: &Arc<Self>, format: Format) -> String {
        let answers = Arc::clone(self);
        let figures = tokio::task::spawn_blocking(move || {
            let gauges = answers.gauges.read();
            let pulse = answers.pulse.borrow().clone();
            answers.metrics.text(&pulse, &gauges, format)
        });
        figures.await.unwrap_or_default()
    }
}

/// `OpenMetrics` where it is asked for by name, as Prometheus does.
fn format_wanted<B>(request: &Request<B>) -> Format {
    let mut wanted = request.headers().get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    if wanted.any(|accept| accept.contains("application/openmetrics-text")) {
        Format::OpenMetrics
    } else {
        Format::Prometheus
    }
}

fn index() -> String {
    format!(
        "newswire {}\n\n/metrics   figures for Prometheus\n/healthz   200 while it lives\n/readyz    200 while it works\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn verdict(found: Result<String, String>) -> Response<Full<Bytes>> {
    let (status, text) = match found {
        Ok(text) => (StatusCode::OK, text),
        Err(text) => (StatusCode::SERVICE_UNAVAILABLE, text),
    };
    answer(status, TEXT, format!("{text}\n"))
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}
