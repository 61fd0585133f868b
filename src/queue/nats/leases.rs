//! Records of leases: values of a key-value bucket, each of which is replaced only by who names its revision.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{LastRawMessageErrorKind, RawMessageError};
use serde::{Deserialize, Serialize};

use super::super::lease::{Entry, Outcome, Record, Write};
use super::super::line::line_of;
use super::super::question::BusError;
use super::connection::{Connection, api_error, in_words, missing, not_stored};

/// The header of a value that says that the key is deleted or purged.
const OPERATION: &str = "KV-Operation";

/// A record, as it is stored.
#[derive(Serialize, Deserialize)]
struct Value {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    epoch: u64,
}

/// Epochs beyond this are no newswire's: a shard would change hands a thousand times a second for millions of years.
const EPOCH_MAX: u64 = u64::MAX / 2;

/// Longer names of processes are none. Who looks at all shards keeps so many of them.
const OWNER_BYTES_MAX: usize = 300;

/// Of what is wrong with a value so much is told.
const FAULT_CHARS_MAX: usize = 200;

/// Reads the record of a shard.
pub(super) async fn read(connection: &Connection, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
    let Some(message) = last(connection, shard, patience).await? else { return Ok(None) };
    if is_marker(&message) {
        return Ok(None);
    }
    let record = record_of(&message.payload).map_err(|fault| unreadable(connection, shard, &fault))?;
    Ok(Some(Entry { revision: message.sequence, record }))
}

/// The record that a value is, or why it is none.
fn record_of(value: &[u8]) -> Result<Record, String> {
    let Value { owner, epoch } = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    if epoch > EPOCH_MAX {
        return Err("its epoch is beyond any that there can be".to_owned());
    }
    if owner.as_ref().is_some_and(|owner| owner.len() > OWNER_BYTES_MAX) {
        return Err("the name of its owner is longer than any".to_owned());
    }
    Ok(Record { owner, epoch })
}

/// Says that a record is none, also in the log: its hosts are asked by nobody until somebody has looked.
fn unreadable(connection: &Connection, shard: u8, fault: &str) -> BusError {
    let (bucket, fault) = (connection.names.bucket(), line_of(fault, FAULT_CHARS_MAX));
    let told = format!(
        "key shard.{shard} of bucket {bucket} is no record of newswire ({fault}), and its hosts are not asked: delete the key"
    );
    connection.board.trouble(&told);
    BusError::Wrong(told)
}

/// Says that a record was not written in time, also in the log: where that lasts, leases run out, and hosts are not asked.
fn too_slow(connection: &Connection, patience: Duration) -> BusError {
    let told = format!(
        "a lease is not written: no answer of NATS within {} s; where that lasts, it has too much to do, or the way to it is too slow",
        patience.as_secs_f32()
    );
    // Without a connection that is what is told.
    if connection.check().is_ok() {
        connection.board.trouble(&told);
    }
    BusError::Away(told)
}

/// Writes the record of a shard, if the revision stands there that it replaces.
pub(super) async fn write(
    connection: &Connection,
    shard: u8,
    write: &Write,
    patience: Duration,
) -> Result<Outcome, BusError> {
    let outcome = replace(connection, shard, write.replaces.unwrap_or(0), &write.record, patience).await?;
    if outcome != Outcome::Refused || write.replaces.is_some() {
        return Ok(outcome);
    }
    // What was deleted left a marker, which counts as no record.
    match last(connection, shard, patience).await? {
        Some(marker) if is_marker(&marker) => {
            replace(connection, shard, marker.sequence, &write.record, patience).await
        }
        _ => Ok(outcome),
    }
}

async fn replace(
    connection: &Connection,
    shard: u8,
    revision: u64,
    record: &Record,
    patience: Duration,
) -> Result<Outcome, BusError> {
    connection.check()?;
    let stream = connection.names.bucket_stream();
    let value = Value { owner: record.owner.clone(), epoch: record.epoch };
    let value = serde_json::to_vec(&value).map_err(|error| BusError::Wrong(error.to_string()))?;
    let publish =
        PublishMessage::build().payload(value.into()).expected_stream(&stream).expected_last_subject_sequence(revision);
    let jetstream = connection.jetstream_within(patience);
    let storing = async { jetstream.send_publish(connection.names.record(shard), publish).await?.await };
    let Ok(stored) = tokio::time::timeout(patience, storing).await else { return Err(too_slow(connection, patience)) };
    match stored {
        Ok(stored) => Ok(Outcome::Stored(stored.sequence)),
        Err(error) if error.kind() == PublishErrorKind::TimedOut => Err(too_slow(connection, patience)),
        Err(error) => {
            // In a cluster another code says the same of what is being written at the moment.
            let is_of_cluster = api_error(&error)
                .is_some_and(|error| error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT);
            if error.kind() == PublishErrorKind::WrongLastSequence || is_of_cluster {
                return Ok(Outcome::Refused);
            }
            Err(match not_stored(&stream, &error) {
                // All that is not certain is told as that.
                BusError::Nobody => BusError::Away(error.to_string()),
                other => other,
            })
        }
    }
}

/// What stands at the key of a shard, by the leader of the stream. One that has been deposed without knowing may give an old answer, which the
/// protocol of leases can do with ([`super::super::lease`]).
async fn last(connection: &Connection, shard: u8, patience: Duration) -> Result<Option<StreamMessage>, BusError> {
    connection.check()?;
    let subject = connection.names.record(shard);
    last_of(connection, &connection.names.bucket_stream(), &subject, patience).await
}

/// The last message of a stream at a subject.
pub(super) async fn last_of(
    connection: &Connection,
    stream: &str,
    subject: &str,
    patience: Duration,
) -> Result<Option<StreamMessage>, BusError> {
    let jetstream = connection.jetstream_within(patience);
    let reading = async {
        let handle = jetstream.get_stream_no_info(stream).await.map_err(|error| BusError::Wrong(error.to_string()))?;
        match handle.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(not_read(stream, &error)),
        }
    };
    let read = tokio::time::timeout(patience, reading).await;
    read.map_err(|_| BusError::Away(format!("no answer of NATS within {} s", patience.as_secs_f32())))?
}

fn not_read(stream: &str, error: &RawMessageError) -> BusError {
    BusError::Away(match error.kind() {
        LastRawMessageErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
            missing(stream)
        }
        LastRawMessageErrorKind::JetStream(error) => format!("stream {stream}: {}", in_words(&error)),
        _ => format!("stream {stream}: {error}"),
    })
}

/// Whether a value says that there is none: the key was deleted or purged by somebody.
fn is_marker(message: &StreamMessage) -> bool {
    message.headers.get(OPERATION).is_some_and(|operation| operation.as_str() != "PUT")
}

#[cfg(test)]
mod tests {
    use super::{EPOCH_MAX, OWNER_BYTES_MAX, Record, record_of};

    #[test]
    fn a_value_that_is_no_record_of_a_lease_is_not_believed() {
        let record = |owner: Option<&str>, epoch| Record { owner: owner.map(str::to_owned), epoch };
        assert_eq!(record_of(br#"{"owner":"a","epoch":3}"#), Ok(record(Some("a"), 3)));
        assert_eq!(record_of(br#"{"epoch":3,"mood":"good"}"#), Ok(record(None, 3)));
        let last = format!(r#"{{"epoch":{EPOCH_MAX}}}"#);
        assert_eq!(record_of(last.as_bytes()), Ok(record(None, EPOCH_MAX)));
        // Whoever takes it counts one more.
        assert_eq!(EPOCH_MAX.checked_add(1), Some(1 << 63));
        let one_more = format!(r#"{{"epoch":{}}}"#, 1_u64 << 63);
        let long = format!(r#"{{"owner":"{}","epoch":1}}"#, "a".repeat(OWNER_BYTES_MAX + 1));
        let wrong: [&[u8]; 8] = [
            b"",
            b"\x1b[31mhello",
            b"\xff\xfe",
            b"null",
            br#"{"owner":null,"epoch":-1}"#,
            br#"{"owner":"a"}"#,
            one_more.as_bytes(),
            long.as_bytes(),
        ];
        for value in wrong {
            assert!(record_of(value).is_err(), "{:?}", String::from_utf8_lossy(value));
        }
    }
}
