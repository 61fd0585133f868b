//! Changes: messages of a stream, for whoever follows it. Each is stored once and in its place, whatever dies.
//!
//! A message is stored only where the stream ends with the one that it follows. So one that is sent again, or comes late by a connection that
//! was believed lost, finds another end and is refused, however long ago it was first sent. Whoever is refused looks where the stream ends.
//! The id of a message says the same to whoever copies the stream into another.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;

use super::super::question::BusError;
use super::connection::{Connection, HEADERS_BYTES, api_error, missing, not_stored};
use super::leases::last_of;
use super::names::token;
use super::objects::{is_not_found, not_seen};

/// How long it is waited until it is known what was told last.
const PATIENCE: Duration = Duration::from_secs(5);

/// A change, to be told to whoever follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The same where it is told again, and of no other.
    pub id: String,
    /// What is told.
    pub message: Vec<u8>,
}

/// Where the stream of changes ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesEnd {
    /// The number of the last message that it had, whether or not that is kept still.
    pub number: u64,
    /// The last message that is kept; nothing in a stream that has none.
    pub last: Option<Vec<u8>>,
    /// What the longest message may have.
    pub message_bytes_max: usize,
}

/// Looks where the stream ends.
pub(super) async fn end(connection: &Connection) -> Result<ChangesEnd, BusError> {
    connection.check()?;
    let names = &connection.names;
    let stream = names.changes_stream();
    let looking = async {
        let found = connection.jetstream_within(PATIENCE).get_stream(&stream).await;
        let found = found.map_err(|error| {
            if is_not_found(&error) {
                connection.is_missing.notify_one();
                BusError::Away(missing(&stream))
            } else {
                BusError::Away(format!("stream {stream}: {}", not_seen(&error)))
            }
        })?;
        let info = found.cached_info();
        let last = match info.state.messages {
            0 => None,
            _ => last_of(connection, &stream, &names.changes(), PATIENCE).await?,
        };
        // One that is stored between the two questions is the end.
        let number = last.as_ref().map_or(0, |message| message.sequence).max(info.state.last_sequence);
        let by_stream = usize::try_from(info.config.max_message_size).ok().filter(|max| *max > 0);
        let by_server = connection.message_bytes_max();
        let message_bytes_max = by_stream.map_or(by_server, |max| by_server.min(max.saturating_sub(HEADERS_BYTES)));
        Ok(ChangesEnd { number, last: last.map(|message| message.payload.to_vec()), message_bytes_max })
    };
    looking.await.inspect_err(|error: &BusError| tell(connection, error))
}

/// Tells changes, in their order, behind the message with that number. Returns the number of the last one.
pub(super) async fn publish(connection: &Connection, behind: u64, changes: Vec<Change>) -> Result<u64, BusError> {
    connection.check()?;
    let (subject, stream) = (connection.names.changes(), connection.names.changes_stream());
    let refused = |error: &PublishError| {
        if error.kind() == PublishErrorKind::StreamNotFound {
            connection.is_missing.notify_one();
        }
        if is_elsewhere(error) {
            return ends_elsewhere(&stream);
        }
        let error = not_stored(&stream, error);
        tell(connection, &error);
        error
    };
    // All are on the way before the first is known to be stored: each names the end that those before it make. It names the one before it
    // too: where others came late and took the numbers of these, none of these follows by chance.
    let mut on_way = Vec::with_capacity(changes.len());
    let mut before: Option<String> = None;
    for (end, Change { id, message }) in (behind..).zip(changes) {
        let id = token(&id);
        let publish = PublishMessage::build().payload(message.into()).message_id(&id);
        let mut publish = publish.expected_stream(&stream).expected_last_sequence(end);
        if let Some(before) = before.replace(id) {
            publish = publish.expected_last_message_id(before);
        }
        let sent = connection.jetstream.send_publish(subject.clone(), publish).await;
        on_way.push(sent.map_err(|error| refused(&error))?);
    }
    let mut end = behind;
    for stored in on_way {
        let stored = stored.await.map_err(|error| refused(&error))?;
        // One that was stored before, by its id, is not stored again, and is not here.
        if stored.sequence != end + 1 {
            return Err(ends_elsewhere(&stream));
        }
        end = stored.sequence;
    }
    connection.board.works();
    Ok(end)
}

/// Whether a message was refused since the stream does not end where it was to be stored.
fn is_elsewhere(error: &PublishError) -> bool {
    // In a cluster another code says the same of what is being written at the moment.
    let is_of_cluster =
        api_error(error).is_some_and(|error| error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT);
    matches!(error.kind(), PublishErrorKind::WrongLastSequence | PublishErrorKind::WrongLastMessageId) || is_of_cluster
}

fn ends_elsewhere(stream: &str) -> BusError {
    BusError::Away(format!("stream {stream} ends elsewhere than with what was told last"))
}

/// Without a connection there is nothing to be said about the stream.
fn tell(connection: &Connection, error: &BusError) {
    if connection.check().is_ok() {
        connection.board.trouble(&error.to_string());
    }
}
