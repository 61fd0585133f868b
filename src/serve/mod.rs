//! Answers over HTTP: pages about what is stored, and about the daemon figures for Prometheus, and whether it lives and works.
//!
//! Off unless `http.listen` says where, or `newswire serve` was called. Requests come from this machine alone: the loopback device, a Unix
//! socket, or a socket that the service manager hands over; from others only where they must give a password. A page of a stranger's that a
//! browser on this machine opens could ask too, under a name that leads here; so who asks by TCP must name a host that is known, and orders
//! are taken from pages of our own alone. The database is read by connections of their own on threads that may wait.
//!
//! * `listener`: where requests come in. `places`: how many at one time, and who gives way. `answers`: who is answered, and by what.
//!   `guard`: who may ask, and who may give orders.
//! * `monitoring`, with `gauges`, `metrics` and `queue_figures`: what there is to say of a daemon.
//! * `site`: pages. `reading`: what feed readers on other devices ask and mark. `readers`: the connections that both are read by.
//! * `form`: what is sent. `reply`, `miss`: an answer, and why there is none. `xml`: how feeds are written.

mod places;

mod listener;

mod answers;

mod guard;

mod monitoring;

mod gauges;

mod metrics;

mod queue_figures;

mod site;

mod reading;

mod readers;

mod form;

mod xml;

mod reply;

mod miss;

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::{Config, Listen};
use crate::daemon::Pulse;

use answers::Answers;
use gauges::GaugeReader;
use guard::Guard;
pub use listener::{ListenError, Listening};
pub use metrics::Metrics;
use monitoring::Monitoring;
use readers::Readers;
use reading::Reading;
use site::Site;

/// Takes requests where the settings say, until what is returned is dropped; nowhere where they say nothing. It must be called on a
/// runtime.
///
/// # Errors
///
/// When that place cannot be listened at, or the password is not at hand that the settings name.
pub fn start(
    config: &Config,
    metrics: Arc<Metrics>,
    pulse: watch::Receiver<Pulse>,
) -> Result<Option<Listening>, ListenError> {
    let Some(listen) = &config.http.listen else { return Ok(None) };
    let gauges = Arc::new(GaugeReader::new(config.store.path.clone()));
    let guard = guard(config)?;
    let readers = Arc::new(Readers::new(config.store.path.clone()));
    let site = || Site::new(config, Arc::clone(&readers), guard.feed_token(), config.http.writing);
    let answers = Answers {
        hosts: config.http.hosts.clone(),
        monitoring: Some(Monitoring { metrics, pulse, gauges }),
        site: config.http.pages.then(site),
        reading: config.http.reading.then(|| Reading::new(config, Arc::clone(&readers))),
        guard,
    };
    Ok(Some(Listening::begin(listen, &Arc::new(answers))?))
}

/// Shows pages about a database, beside a daemon or without one, until what is returned is dropped. They take no orders. It must be called
/// on a runtime.
///
/// # Errors
///
/// When nothing can be listened at there, or the password is not at hand that the settings name.
pub fn start_pages(listen: &Listen, config: &Config) -> Result<Listening, ListenError> {
    let guard = guard(config)?;
    let readers = Arc::new(Readers::new(config.store.path.clone()));
    let site = Site::new(config, readers, guard.feed_token(), false);
    let answers =
        Answers { hosts: config.http.hosts.clone(), guard, monitoring: None, site: Some(site), reading: None };
    Listening::begin(listen, &Arc::new(answers))
}

fn guard(config: &Config) -> Result<Guard, ListenError> {
    let name = || config.http.credentials.clone().unwrap_or_default();
    Guard::of(config).map_err(|rule| ListenError::Password { name: name(), rule })
}
