//! Answers about the daemon over HTTP: figures for Prometheus, and whether it lives and works.
//!
//! Off unless `http.listen` says where. Requests come from this machine alone: the loopback device, a Unix socket, or a socket that
//! the service manager hands over. A page of a stranger's that a browser on this machine opens could ask too, under a name that leads
//! here; so who asks by TCP must name a host that is known. Nothing secret is told, nothing is changed, and the database
//! is read by connections of their own on threads that may wait.

mod answers;

mod gauges;

mod listener;

mod metrics;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::HttpSettings;
use crate::daemon::Pulse;

use answers::Answers;
use gauges::GaugeReader;
pub use listener::{ListenError, Listening};
pub use metrics::Metrics;

/// Takes requests where the settings say, until what is returned is dropped; nowhere where they say nothing. It must be called on a
/// runtime.
///
/// # Errors
///
/// When that place cannot be listened at.
pub fn start(
    settings: &HttpSettings,
    metrics: Arc<Metrics>,
    pulse: watch::Receiver<Pulse>,
    database: PathBuf,
) -> Result<Option<Listening>, ListenError> {
    let Some(listen) = &settings.listen else { return Ok(None) };
    let answers = Answers { metrics, pulse, gauges: GaugeReader::new(database), hosts: settings.hosts.clone() };
    Ok(Some(Listening::begin(listen, &Arc::new(answers))?))
}
