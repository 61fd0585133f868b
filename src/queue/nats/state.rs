//! Whether NATS is there, and in words why not. Told to the log once a change.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, Event, ServerError};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{info, warn};

/// Between looks at the connection. What happens is told at once, unless very much happens.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The client tells of a connection shortly before it knows the name of the server.
const NAME_PAUSE: Duration = Duration::from_millis(20);

/// What a server said or showed tells more than that another, or another address of it, does not answer: for so long.
const TELLING_FOR: Duration = Duration::from_secs(30);

/// What failed is tried again within seconds. After so long without a word of it, it failed in passing.
const TROUBLE_LASTS: Duration = Duration::from_mins(1);

/// Different troubles that are told while one connection lasts.
const TOLD_MAX: usize = 50;

/// Whether NATS is there.
#[derive(Clone, Debug, PartialEq)]
pub struct BusState {
    is_away: bool,
    since: Instant,
    /// The same by the clock of this machine.
    since_at: Timestamp,
    server: Option<String>,
    /// Why there is no connection, or what the server forbade since there is one.
    refusal: Option<String>,
    /// What failed last, and when; nothing, where it worked since.
    trouble: Option<(String, Instant)>,
}

impl BusState {
    /// Whether there is no connection.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.is_away
    }

    /// Since when there is one, or none.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// The same by the clock of this machine, as it was then.
    #[must_use]
    pub fn since_at(&self) -> Timestamp {
        self.since_at
    }

    /// The name of the server, or of the last.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Why there is no connection, or what does not work over it: no rights, no `JetStream`, no stream.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        let trouble = self.trouble.as_ref().filter(|(_, at)| at.elapsed() < TROUBLE_LASTS);
        self.refusal.as_deref().or(trouble.map(|(trouble, _)| trouble.as_str()))
    }
}

/// Where the state is written down.
#[derive(Debug)]
pub(super) struct Board {
    state: watch::Sender<BusState>,
    /// The servers, for people.
    addresses: String,
    /// Whether they are spoken with over TLS alone.
    is_tls: bool,
    told: Mutex<HashSet<String>>,
    /// When a server was last reached that could not be spoken with.
    reached_at: Mutex<Option<Instant>>,
}

impl Board {
    /// One without a connection.
    pub(super) fn new(addresses: String, is_tls: bool) -> Board {
        let away = BusState {
            is_away: true,
            since: Instant::now(),
            since_at: Timestamp::now(),
            server: None,
            refusal: None,
            trouble: None,
        };
        Board {
            state: watch::Sender::new(away),
            addresses,
            is_tls,
            told: Mutex::default(),
            reached_at: Mutex::default(),
        }
    }

    /// The state, now and later.
    pub(super) fn subscribe(&self) -> watch::Receiver<BusState> {
        self.state.subscribe()
    }

    /// The servers, for people: without who goes there.
    pub(super) fn addresses(&self) -> &str {
        &self.addresses
    }

    /// Why nothing can be sent.
    pub(super) fn why_away(&self) -> String {
        let error = self.state.borrow().last_error().map(str::to_owned);
        error.unwrap_or_else(|| format!("there is no connection to NATS at {}", self.addresses))
    }

    /// Something failed over the connection.
    pub(super) fn trouble(&self, error: &str) {
        self.state.send_if_modified(|state| {
            let is_new = state.trouble.as_ref().is_none_or(|(known, _)| known != error);
            state.trouble = Some((error.to_owned(), Instant::now()));
            is_new
        });
        self.tell(error);
    }

    /// What might have failed worked.
    pub(super) fn works(&self) {
        self.state.send_if_modified(|state| state.trouble.take().is_some());
    }

    /// Something is forbidden, or wrong, until it is said to be so no longer, or the connection is another.
    pub(super) fn refused(&self, error: &str) {
        self.state.send_if_modified(|state| {
            let is_new = state.refusal.as_deref() != Some(error);
            state.refusal = Some(error.to_owned());
            is_new
        });
        self.tell(error);
    }

    /// That is over.
    pub(super) fn no_longer_refused(&self, error: &str) {
        self.state.send_if_modified(|state| state.refusal.take_if(|refusal| refusal == error).is_some());
    }

    /// Each once while a connection lasts, or none: servers are tried in turn, and each may have another fault.
    fn tell(&self, error: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < TOLD_MAX && told.insert(error.to_owned()) {
            warn!("nats: {error}");
        }
    }

    fn changed(&self, is_away: bool, server: Option<String>) {
        let is_other = self.state.send_if_modified(|state| {
            let is_other = state.is_away != is_away;
            let server = server.clone().or_else(|| state.server.clone());
            if !is_other && state.server == server {
                return false;
            }
            if is_other {
                (state.since, state.since_at) = (Instant::now(), Timestamp::now());
                (state.refusal, state.trouble) = (None, None);
                *self.reached_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            (state.is_away, state.server) = (is_away, server);
            is_other
        });
        if !is_other {
            return;
        }
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        match (is_away, server) {
            (true, _) => warn!("nats: the connection is lost, and tried again"),
            (false, Some(server)) => info!(nats.server = server, "nats: connected to server {server}"),
            (false, None) => info!("nats: connected"),
        }
    }

    fn heard(&self, event: &Event) {
        match event {
            Event::Disconnected | Event::Closed => self.changed(true, None),
            Event::ServerError(ServerError::AuthorizationViolation) => self.refused(&self.no_authorization()),
            Event::ServerError(ServerError::Other(error)) => {
                self.refused(&format!("the server refuses: {error}; give the user that right"));
            }
            Event::ClientError(error) if self.state.borrow().is_away => {
                let error = error.to_string();
                let error = error.strip_prefix("nats: ").unwrap_or(&error);
                if self.is_telling(error) {
                    self.refused(&self.no_connection(error));
                }
            }
            Event::SlowConsumer(_) => self.trouble("more messages come than are taken, and some were dropped"),
            _ => {}
        }
    }

    /// Whether a failure to connect tells more than one before it.
    fn is_telling(&self, error: &str) -> bool {
        let mut reached_at = self.reached_at.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(error, "IO error" | "timed out" | "DNS error") {
            return reached_at.is_none_or(|at| at.elapsed() > TELLING_FOR);
        }
        *reached_at = Some(Instant::now());
        true
    }

    fn no_authorization(&self) -> String {
        format!(
            "the NATS server at {} refuses the authorization: check nats credentials and its list of users",
            self.addresses
        )
    }

    /// By the words of the client, which tells no more.
    fn no_connection(&self, error: &str) -> String {
        let addresses = &self.addresses;
        match error {
            "authorization violation" => self.no_authorization(),
            "failed signing nonce" => {
                format!("the NATS server at {addresses} cannot be answered with these credentials")
            }
            "TLS error" => format!("no TLS with the NATS server at {addresses}: check its certificate and the ca_file"),
            "DNS error" => format!("the name of the NATS server at {addresses} is not known"),
            // Of a name with several addresses the client tells what the last was like, and not that another was not believed.
            "IO error" | "timed out" if self.is_tls => format!(
                "no NATS server answers at {addresses}, or none whose certificate is believed: check it and the ca_file"
            ),
            "IO error" | "timed out" => format!("no NATS server answers at {addresses}"),
            _ => format!("no connection to NATS at {addresses}: {error}"),
        }
    }
}

/// Keeps the state up to date until there is nothing more to tell.
pub(super) async fn watch(client: Client, board: &Board, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => board.heard(&event),
                None => return,
            },
            _ = looks.tick() => {}
        }
        if client.connection_state() == State::Connected {
            if board.state.borrow().is_away {
                tokio::time::sleep(NAME_PAUSE).await;
            }
            board.changed(false, client.try_server_info().map(|info| info.server_name));
        } else {
            board.changed(true, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_failed_in_passing_is_told_for_a_minute_and_what_is_refused_as_long_as_the_connection_lasts() {
        let board = Board::new("queue.example".to_owned(), false);
        board.changed(false, Some("quay".to_owned()));
        let error = || board.subscribe().borrow().last_error().map(str::to_owned);
        board.heard(&Event::SlowConsumer(1));
        assert!(error().is_some_and(|error| error.contains("some were dropped")));
        tokio::time::advance(TROUBLE_LASTS / 2).await;
        board.trouble("no stream");
        tokio::time::advance(TROUBLE_LASTS / 2).await;
        assert_eq!(error().as_deref(), Some("no stream"), "it was told again");
        tokio::time::advance(TROUBLE_LASTS / 2).await;
        assert_eq!(error(), None);
        board.heard(&Event::ServerError(ServerError::Other("Permissions Violation".to_owned())));
        tokio::time::advance(2 * TROUBLE_LASTS).await;
        assert!(error().is_some_and(|error| error.contains("Permissions Violation")));
        board.changed(true, None);
        assert_eq!(error(), None);
    }
}
