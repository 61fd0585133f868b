//! Answers over HTTP: pages about what is stored, and about the daemon figures for Prometheus, and whether it lives and works.
//!
//! Off unless `http.listen` says where, or `newswire serve` was called. Requests come from this machine alone: the loopback device, a Unix
//! socket, or a socket that the service manager hands over. A page of a stranger's that a browser on this machine opens could ask too,
//! under a name that leads here; so who asks by TCP must name a host that is known. Nothing secret is told, nothing is changed, and the
//! database is read by connections of their own on threads that may wait.
//!
//! * `listener`: where requests come in. `answers`: who is answered, and by what.
//! * `monitoring`, with `gauges` and `metrics`: what there is to say of a daemon.
//! * `site`: pages. `readers`: the connections that they are read by.
//! * `reply`, `miss`: an answer, and why there is none.

mod listener;

mod answers;

mod monitoring;

mod gauges;

mod metrics;

mod site;

mod readers;

mod reply;

mod miss;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::{HttpSettings, Listen};
use crate::daemon::Pulse;

use answers::Answers;
use gauges::GaugeReader;
pub use listener::{ListenError, Listening};
pub use metrics::Metrics;
use monitoring::Monitoring;
use site::Site;

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
    let gauges = Arc::new(GaugeReader::new(database.clone()));
    let answers = Answers {
        hosts: settings.hosts.clone(),
        monitoring: Some(Monitoring { metrics, pulse, gauges }),
        site: settings.pages.then(|| Site::new(database)),
    };
    Ok(Some(Listening::begin(listen, &Arc::new(answers))?))
}

/// Shows pages about a database, beside a daemon or without one, until what is returned is dropped. It must be called on a runtime.
///
/// # Errors
///
/// When nothing can be listened at there.
pub fn start_pages(listen: &Listen, hosts: &[String], database: PathBuf) -> Result<Listening, ListenError> {
    let answers = Answers { hosts: hosts.to_vec(), monitoring: None, site: Some(Site::new(database)) };
    Listening::begin(listen, &Arc::new(answers))
}
