//! What a site was asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::locked::locked;

/// One request, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Path and query, as sent.
    pub path: String,
    /// `User-Agent`; empty where there was none.
    pub user_agent: String,
    /// When it came, since the start of the web.
    pub started: Duration,
    /// When the last of the answer was handed to the connection; absent while it is under way.
    pub ended: Option<Duration>,
    /// Status of the answer; absent where there was none, or not yet.
    pub status: Option<u16>,
}

/// What a site was asked, and how politely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostStats {
    /// All requests in the order in which they came.
    pub requests: Vec<LoggedRequest>,
    /// The most requests that were under way at one time.
    pub largest_concurrency: usize,
    /// The shortest time from the end of a request to the start of the next; zero where two overlapped, absent with
    /// fewer than two requests. An end is the moment in which the last of the answer was handed to the connection,
    /// so the client's own pause is never longer than what is measured here.
    pub smallest_gap: Option<Duration>,
}

impl HostStats {
    /// How often a path was asked for; `path` is with the query.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.requests.iter().filter(|request| request.path == path).count()
    }

    /// How many answers had a status.
    #[must_use]
    pub fn count_status(&self, status: u16) -> usize {
        self.requests.iter().filter(|request| request.status == Some(status)).count()
    }

    /// How many answers were 304.
    #[must_use]
    pub fn n_not_modified(&self) -> usize {
        self.count_status(304)
    }
}

/// The running record of a site.
#[derive(Debug)]
pub(super) struct Log {
    web_started_at: Instant,
    requests: Vec<LoggedRequest>,
    n_active: usize,
    largest_concurrency: usize,
    last_end: Option<Duration>,
    smallest_gap: Option<Duration>,
}

impl Log {
    pub(super) fn new(web_started_at: Instant) -> Log {
        Log {
            web_started_at,
            requests: Vec::new(),
            n_active: 0,
            largest_concurrency: 0,
            last_end: None,
            smallest_gap: None,
        }
    }

    pub(super) fn n_requests(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn stats(&self) -> HostStats {
        HostStats {
            requests: self.requests.clone(),
            largest_concurrency: self.largest_concurrency,
            smallest_gap: self.smallest_gap,
        }
    }

    fn begin(&mut self, path: &str, user_agent: String) -> usize {
        let started = self.web_started_at.elapsed();
        let gap = match self.last_end {
            _ if self.n_active > 0 => Some(Duration::ZERO),
            last_end => last_end.map(|end| started.saturating_sub(end)),
        };
        self.smallest_gap = [self.smallest_gap, gap].into_iter().flatten().min();
        self.n_active += 1;
        self.largest_concurrency = self.largest_concurrency.max(self.n_active);
        self.requests.push(LoggedRequest { path: path.to_owned(), user_agent, started, ended: None, status: None });
        self.requests.len() - 1
    }

    fn end(&mut self, index: usize) {
        let now = self.web_started_at.elapsed();
        self.n_active = self.n_active.saturating_sub(1);
        self.last_end = Some(now);
        if let Some(request) = self.requests.get_mut(index) {
            request.ended = Some(now);
        }
    }
}

/// A request under way. Ends when told, or when dropped, as it is when the client goes away.
#[derive(Debug)]
pub(super) struct Visit {
    log: Arc<Mutex<Log>>,
    index: usize,
    is_over: bool,
}

impl Visit {
    pub(super) fn begin(log: &Arc<Mutex<Log>>, path: &str, user_agent: Option<&HeaderValue>) -> Visit {
        let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let index = locked(log).begin(path, user_agent.unwrap_or_default());
        Visit { log: Arc::clone(log), index, is_over: false }
    }

    /// Notes the answer's status.
    pub(super) fn answered(&mut self, status: Option<StatusCode>) {
        if let Some(request) = locked(&self.log).requests.get_mut(self.index) {
            request.status = status.map(|status| status.as_u16());
        }
    }

    /// Ends the visit, once.
    pub(super) fn end(&mut self) {
        if !self.is_over {
            self.is_over = true;
            locked(&self.log).end(self.index);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.end();
    }
}
