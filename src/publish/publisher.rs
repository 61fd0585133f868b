//! Goes on behind the message that the stream ends with, and begins anew where that is of another state of the database.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::forms::changes::PlaceError;
use crate::forms::times::rfc3339;
use crate::queue::{BusError, BusState, NatsBus};
use crate::store::Reader;

use super::messages::{Batch, Manner, Told};

/// Between two looks for changes, which cost a microsecond where there are none.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// After the database could not be read.
const TROUBLE_PAUSE: Duration = Duration::from_secs(5);

/// Between two looks whether the stream ends as it did: somebody may have deleted it.
const END_LOOK_PAUSE: Duration = Duration::from_secs(10);

/// Articles that are told where nothing is known of what was: those that changed last. With texts of usual lengths that is half of what the
/// stream keeps, and whoever wants all has an export.
const TOLD_ANEW_MAX: u32 = 100_000;

/// Why it does not go on.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Database(#[from] PlaceError),
    #[error("a thread ended before its time")]
    Lost,
}

/// Where the stream ends, and what is told behind that.
#[derive(Debug)]
struct End {
    /// The number of the last message.
    number: u64,
    /// All changes up to this one are told.
    position: i64,
    manner: Manner,
    /// When that was looked at, and by which connection.
    looked_at: Instant,
    connected_at: Instant,
}

/// Whoever tells.
#[derive(Debug)]
pub(super) struct Publisher {
    database: PathBuf,
    bus: Arc<NatsBus>,
    state: watch::Receiver<BusState>,
    reader: Option<Reader>,
    end: Option<End>,
    /// Whether the end is to be looked at before anything is told: what was told last may be stored or not.
    is_to_look: bool,
    /// The database's version at the last look, where all was told.
    version: Option<i64>,
}

impl Publisher {
    pub(super) fn new(database: PathBuf, bus: Arc<NatsBus>) -> Publisher {
        let state = bus.state();
        Publisher { database, bus, state, reader: None, end: None, is_to_look: true, version: None }
    }

    /// Goes on until it is stopped.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut told: Option<String> = None;
        loop {
            let is_last = *stopped.borrow();
            let mut pause = LOOK_PAUSE;
            match self.tell_all().await {
                Ok(()) => told = None,
                // Whoever looks after the connection says so.
                Err(Trouble::Bus(error)) => debug!("changes wait for the queue: {error}"),
                Err(trouble) => {
                    let trouble = trouble.to_string();
                    if told.as_ref() != Some(&trouble) {
                        error!("changes are not told to the queue, and will be from where that stopped: {trouble}");
                    }
                    told = Some(trouble);
                    (self.reader, self.version) = (None, None);
                    pause = TROUBLE_PAUSE;
                }
            }
            if is_last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
            }
        }
    }

    /// Tells all that there is to be told.
    async fn tell_all(&mut self) -> Result<(), Trouble> {
        if self.state.borrow().is_away() {
            return Ok(());
        }
        if self.is_to_look() {
            self.look().await?;
        }
        // Before the changes: what is written after it is seen by the next look.
        let version = self.read(|reader| Ok(reader.data_version()?)).await?;
        if self.version == Some(version) {
            return Ok(());
        }
        while self.tell_some().await? {}
        self.version = Some(version);
        Ok(())
    }

    fn is_to_look(&self) -> bool {
        let connected_at = self.state.borrow().since();
        let is_as_it_was = |end: &End| end.connected_at == connected_at && end.looked_at.elapsed() < END_LOOK_PAUSE;
        self.is_to_look || !self.end.as_ref().is_some_and(is_as_it_was)
    }

    /// Looks where the stream ends, and up to where all is told.
    async fn look(&mut self) -> Result<(), Trouble> {
        let connected_at = self.state.borrow().since();
        let stream = self.bus.changes_end().await?;
        let looked_at = Instant::now();
        if let Some(end) = self.end.as_mut().filter(|end| end.number == stream.number) {
            end.manner.message_bytes_max = stream.message_bytes_max;
            (end.looked_at, end.connected_at) = (looked_at, connected_at);
            self.is_to_look = false;
            return Ok(());
        }
        (self.end, self.version) = (None, None);
        let last = stream.last;
        let (position, told_since) = self.read(move |reader| place_behind(reader, last.as_deref())).await?;
        let manner = Manner { told_since, message_bytes_max: stream.message_bytes_max };
        self.end = Some(End { number: stream.number, position, manner, looked_at, connected_at });
        self.is_to_look = false;
        Ok(())
    }

    /// Tells the next changes. Returns whether there may be more.
    async fn tell_some(&mut self) -> Result<bool, Trouble> {
        let Some(end) = &self.end else { return Ok(false) };
        let (behind, position, manner) = (end.number, end.position, end.manner.clone());
        let batch = self.read(move |reader| manner.batch(reader, position)).await?;
        let Batch { changes, position, is_more } = batch;
        if !changes.is_empty() {
            self.is_to_look = true;
            let number = self.bus.publish_changes(behind, changes).await?;
            self.is_to_look = false;
            if let Some(end) = &mut self.end {
                end.number = number;
            }
        }
        if let Some(end) = &mut self.end {
            end.position = position;
        }
        Ok(is_more)
    }

    /// Asks the database, on a thread that may wait.
    async fn read<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&Reader) -> Result<T, PlaceError> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (reader, path) = (self.reader.take(), self.database.clone());
        let asking = tokio::task::spawn_blocking(move || {
            let reader = reader.map_or_else(|| Reader::open(&path), Ok)?;
            let answer = question(&reader);
            for damage in reader.take_damage() {
                warn!("changes: {damage}");
            }
            answer.map(|answer| (reader, answer))
        });
        let (reader, answer) = asking.await.map_err(|_| Trouble::Lost)??;
        self.reader = Some(reader);
        Ok(answer)
    }
}

/// Behind which change it goes on where the stream ends with a message, and since when one follows the other.
fn place_behind(reader: &Reader, last: Option<&[u8]>) -> Result<(i64, String), PlaceError> {
    let why = match last.map(Told::read) {
        None => None,
        Some(None) => Some("a message that newswire did not write".to_owned()),
        Some(Some(Told { place, told_since })) => match place.check(reader, reader.last_change()?) {
            Ok(position) => return Ok((position, told_since)),
            Err(PlaceError::Gone(what)) => Some(format!("a change of {what}")),
            Err(error) => return Err(error),
        },
    };
    let position = reader.change_before_last(TOLD_ANEW_MAX)?;
    match why {
        None => info!(
            "changes: the stream has none, and gets those of the articles that changed last, {TOLD_ANEW_MAX} at most"
        ),
        Some(why) => warn!(
            "changes: the stream ends with {why}; behind that it gets those of the articles that changed last, {TOLD_ANEW_MAX} at \
             most"
        ),
    }
    Ok((position, rfc3339(Timestamp::now())))
}
