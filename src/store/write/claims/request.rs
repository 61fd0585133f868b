//! A request for due work, and the lease under which it is handed out.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::model::{ClaimId, LinkId, SourceId};
use crate::store::file::columns::private_time;

/// What work is asked for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// How many sources to hand out.
    pub sources: Share,
    /// How many links to hand out.
    pub links: Share,
    /// Most links of one publisher that are claimed at a time.
    pub n_links_per_publisher: usize,
    /// Publishers with a number of their own.
    pub n_links_of: Vec<(String, usize)>,
    /// How long the lease lasts.
    pub lease: std::time::Duration,
    /// Which work.
    pub scope: Scope,
    /// Leaves out sources that were polled at this time or later. One-shot work polls each source once, however long it
    /// takes.
    pub not_polled_since: Option<Timestamp>,
    /// The time.
    pub now: Timestamp,
}

/// How many pieces of a kind of work to hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Most pieces of sources and publishers that answered soon when they were last asked.
    pub n_sound: usize,
    /// Most probes: pieces of those that were never reached, are slow or fail.
    pub n_probes: usize,
}

impl Share {
    /// So many of both kinds.
    #[must_use]
    pub fn of_each(n: usize) -> Share {
        Share { n_sound: n, n_probes: n }
    }

    /// Most pieces in all.
    #[must_use]
    pub fn n_max(self) -> usize {
        self.n_sound.saturating_add(self.n_probes)
    }
}

/// Which work a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that is due.
    All,
    /// Only these sources, the links that they listed, and these links.
    Only {
        /// The sources.
        sources: Vec<SourceId>,
        /// The links.
        links: Vec<LinkId>,
    },
}

impl ClaimRequest {
    /// Most links of this publisher that are claimed at a time.
    pub(super) fn n_links_max(&self, publisher: &str) -> usize {
        let own = self.n_links_of.iter().find(|(name, _)| name == publisher);
        own.map_or(self.n_links_per_publisher, |(_, n_links)| *n_links)
    }

    /// When the lease ends, in milliseconds since 1970.
    pub(super) fn lease_end(&self) -> i64 {
        let lease = SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::MAX);
        private_time(self.now.checked_add(lease).unwrap_or(Timestamp::MAX))
    }
}

impl Scope {
    /// The ids of sources and links as JSON lists for `json_each`; absent when all work is in scope.
    pub(super) fn as_json(&self) -> Option<(String, String)> {
        match self {
            Scope::All => None,
            Scope::Only { sources, links } => Some((
                serde_json::Value::from(sources.iter().map(|id| id.0).collect::<Vec<_>>()).to_string(),
                serde_json::Value::from(links.iter().map(|id| id.0).collect::<Vec<_>>()).to_string(),
            )),
        }
    }
}

/// A number that no other claim has or had: 64 random bits.
pub(super) fn new_claim(connection: &Connection) -> rusqlite::Result<ClaimId> {
    connection.prepare_cached("SELECT random()")?.query_row([], |row| row.get(0)).map(ClaimId)
}

/// A count for `LIMIT`.
pub(super) fn limit(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
