//! Whether the daemon lives and works, and its figures.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Request, StatusCode, header};
use tokio::sync::watch;

use crate::daemon::Pulse;

use super::gauges::GaugeReader;
use super::metrics::{Format, Metrics};
use super::reply::{Reply, TEXT, reply};

/// Without a sign of life for so long the loop is taken for dead: the watchdog of the unit file has as much patience.
const SILENCE_MAX: Duration = Duration::from_mins(2);

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What there is to say of a daemon.
#[derive(Clone, Debug)]
pub(super) struct Monitoring {
    pub(super) metrics: Arc<Metrics>,
    pub(super) pulse: watch::Receiver<Pulse>,
    pub(super) gauges: Arc<GaugeReader>,
}

impl Monitoring {
    /// What it answers, for people.
    pub(super) const PATHS: &'static str =
        "/metrics   figures for Prometheus\n/healthz   200 while it lives\n/readyz    200 while it works\n";

    /// The answer to a request, if it is for this.
    pub(super) async fn answer<B>(&self, request: &Request<B>) -> Option<Reply> {
        match request.uri().path() {
            "/healthz" => Some(verdict(self.health())),
            "/readyz" => Some(verdict(self.readiness())),
            "/metrics" => {
                let format = format_wanted(request);
                let kind = if format == Format::OpenMetrics { OPEN_METRICS } else { PROMETHEUS };
                Some(reply(StatusCode::OK, kind, self.figures(format).await))
            }
            _ => None,
        }
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

    async fn figures(&self, format: Format) -> String {
        let known = self.clone();
        let figures = tokio::task::spawn_blocking(move || {
            let gauges = known.gauges.read();
            let pulse = known.pulse.borrow().clone();
            known.metrics.text(&pulse, &gauges, format)
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

fn verdict(found: Result<String, String>) -> Reply {
    let (status, text) = match found {
        Ok(text) => (StatusCode::OK, text),
        Err(text) => (StatusCode::SERVICE_UNAVAILABLE, text),
    };
    reply(status, TEXT, format!("{text}\n"))
}
