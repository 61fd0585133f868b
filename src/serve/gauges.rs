//! What only the database knows: what is due, and how large it is.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::debug;

use crate::store::{AlarmKind, Backlog, Reader, StoreError, log_state};

/// For so long an answer is given again: whoever asks more often learns nothing more.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What was read of the database.
#[derive(Clone, Copy, Debug)]
pub struct Gauges {
    pub(super) read_at: Timestamp,
    pub(super) sources: Backlog,
    pub(super) links: Backlog,
    /// Since when the list of sources at an address cannot be read; absent where it can be, or where none is followed.
    pub(super) list_fails_since: Option<Timestamp>,
    /// Alarms that are open, in the order of [`AlarmKind::ALL`].
    pub(super) alarms: [u64; AlarmKind::ALL.len()],
    /// Messages to receivers that wait, and those that are set aside.
    pub(super) n_waiting: u64,
    pub(super) n_refused: u64,
    /// Since when the receiver has failed that has for the longest.
    pub(super) receiver_fails_since: Option<Timestamp>,
    pub(super) database_bytes: u64,
    pub(super) log_bytes: u64,
    /// Whether the database could be read. Where it could not, the rest is 0.
    pub(super) is_readable: bool,
}

impl Gauges {
    /// Reads them. It may take a while.
    fn read(database: &Path) -> Gauges {
        let read_at = Timestamp::now();
        let read = || -> Result<_, StoreError> {
            let reader = Reader::open(database)?;
            let list_fails_since = reader.failing_list(None)?.map(|list| list.since);
            let (sources, links) = (reader.source_backlog(read_at)?, reader.link_backlog(read_at)?);
            let receivers = reader.receivers_to_look_at()?;
            let fails_since = receivers.iter().filter(|state| state.n_waiting > 0);
            let told = (
                receivers.iter().map(|state| state.n_waiting).sum(),
                receivers.iter().map(|state| state.n_refused).sum(),
                fails_since.filter_map(|state| state.failing_since.as_ref()?.parse().ok()).min(),
            );
            Ok((sources, links, list_fails_since, reader.n_open_alarms()?, told))
        };
        let read = read().inspect_err(|error| debug!("the figures cannot be read: {error}"));
        let (sources, links, list_fails_since, alarms, (n_waiting, n_refused, receiver_fails_since)) =
            read.as_ref().copied().unwrap_or_default();
        Gauges {
            read_at,
            sources,
            links,
            list_fails_since,
            alarms,
            n_waiting,
            n_refused,
            receiver_fails_since,
            database_bytes: std::fs::metadata(database).map_or(0, |file| file.len()),
            log_bytes: log_state(database).bytes,
            is_readable: read.is_ok(),
        }
    }
}

/// Reads them when somebody asks, once for all who ask at a time.
#[derive(Debug)]
pub(super) struct GaugeReader {
    database: PathBuf,
    last: Mutex<Option<(Instant, Gauges)>>,
}

impl GaugeReader {
    pub(super) fn new(database: PathBuf) -> GaugeReader {
        GaugeReader { database, last: Mutex::new(None) }
    }

    /// Those of now, or of a second ago. It may take a while.
    pub(super) fn read(&self) -> Gauges {
        let Ok(mut last) = self.last.lock() else { return Gauges::read(&self.database) };
        match &*last {
            Some((at, gauges)) if at.elapsed() < GOOD_FOR => *gauges,
            _ => {
                let gauges = Gauges::read(&self.database);
                *last = Some((Instant::now(), gauges));
                gauges
            }
        }
    }
}
