//! The connection with what goes by it, and the words for what fails there.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind, RequestErrorKind as ApiErrorKind};
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use async_nats::{Client, RequestError, RequestErrorKind};
use tokio::sync::Notify;

use super::super::question::BusError;
use super::names::Names;
use super::state::Board;

/// Longest message. Servers may allow more, and advise against it.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// What a message has beside itself: its headers, which count as well.
pub(super) const HEADERS_BYTES: usize = 1024;

/// The connection, for all that use it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) jetstream: Context,
    pub(super) names: Arc<Names>,
    pub(super) board: Arc<Board>,
    /// By which it is told that a stream is missing that the writer has made.
    pub(super) is_missing: Arc<Notify>,
}

impl Connection {
    /// Whether anything can be sent. What is given to the client without a connection is sent when there is one, long after anybody waits for
    /// it.
    pub(super) fn check(&self) -> Result<(), BusError> {
        match self.client.connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(BusError::Away(self.board.why_away())),
        }
    }

    /// What the longest message may have.
    pub(super) fn message_bytes_max(&self) -> usize {
        self.client.max_payload().min(MESSAGE_BYTES_MAX).saturating_sub(HEADERS_BYTES)
    }

    /// With so much patience for answers of `JetStream`.
    pub(super) fn jetstream_within(&self, patience: Duration) -> Context {
        let mut jetstream = self.jetstream.clone();
        jetstream.set_timeout(patience);
        jetstream
    }

    /// Waits until there is a connection.
    pub(super) async fn wait(&self) {
        // The sender lives as long as `self`.
        let _ = self.board.subscribe().wait_for(|state| !state.is_away()).await;
    }
}

/// Why a question got no answer.
pub(super) fn unanswered(error: &RequestError, patience: Duration) -> BusError {
    match error.kind() {
        RequestErrorKind::NoResponders => BusError::Nobody,
        RequestErrorKind::TimedOut => BusError::Away(format!("no answer within {} s", patience.as_secs_f32())),
        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => BusError::Wrong(error.to_string()),
        RequestErrorKind::Other => BusError::Away(error.to_string()),
    }
}

/// Why something was not stored in `stream`.
pub(super) fn not_stored(stream: &str, error: &PublishError) -> BusError {
    match error.kind() {
        PublishErrorKind::StreamNotFound => BusError::Away(missing(stream)),
        PublishErrorKind::TimedOut => {
            BusError::Away(format!("NATS did not say in time that stream {stream} has stored it"))
        }
        PublishErrorKind::MaxPayloadExceeded => BusError::Wrong(error.to_string()),
        _ => {
            BusError::Away(format!("stream {stream}: {}", api_error(error).map_or_else(|| error.to_string(), in_words)))
        }
    }
}

/// What `JetStream` says is wrong, where an error is of that sort.
pub(super) fn api_error(error: &PublishError) -> Option<&ApiError> {
    error.source()?.downcast_ref()
}

/// What is wrong by `JetStream`, and what to do where that is not plain.
pub(super) fn in_words(error: &ApiError) -> String {
    match error.error_code() {
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => NO_JETSTREAM.to_owned(),
        ErrorCode::STREAM_SUBJECT_OVERLAP => {
            format!("{error}: another stream takes these subjects; give this database a prefix of its own")
        }
        _ => error.to_string(),
    }
}

/// Why `JetStream` did not answer.
pub(super) fn no_api(kind: ApiErrorKind) -> String {
    match kind {
        ApiErrorKind::NoResponders => NO_JETSTREAM.to_owned(),
        ApiErrorKind::TimedOut => {
            "JetStream does not answer: it has no leader at the moment, or the user may not ask it".to_owned()
        }
        ApiErrorKind::Other | ApiErrorKind::InvalidSubject => "JetStream could not be asked".to_owned(),
    }
}

const NO_JETSTREAM: &str =
    "the NATS server has no JetStream for this user: start it with -js, or have the account use it";

/// A stream is not there.
pub(super) fn missing(stream: &str) -> String {
    format!("NATS has no stream {stream} (yet): the writer makes it when it is connected, with the same prefix")
}
