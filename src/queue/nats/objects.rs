//! The streams and the bucket, which the writer makes.

use std::time::{Duration, SystemTime};

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{
    CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind, RequestError as ApiRequestError,
};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};

use super::super::line::line_of;
use super::super::question::BusError;
use super::connection::{Connection, in_words, no_api};
use super::names::Names;

/// How long the same report is known again. Whoever did not hear that it is stored sends it again within seconds; what is stored twice is
/// committed twice, which changes nothing.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(2);

/// How long changes are kept.
const CHANGES_AGE_MAX: Duration = Duration::from_hours(7 * 24);

/// How much is kept of them: some 200,000 articles. The server sets so much of its disk aside, and drops the oldest for the newest.
const CHANGES_BYTES_MAX: i64 = 1024 * 1024 * 1024;

/// What says that there is no room for a stream.
const NO_ROOM: [ErrorCode; 3] =
    [ErrorCode::STORAGE_RESOURCES_EXCEEDED, ErrorCode::ACCOUNT_RESOURCES_EXCEEDED, ErrorCode::INSUFFICIENT_RESOURCES];

/// How long an answer of `JetStream` is waited for. A cluster that looks for a leader takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of the subjects of a stream so much is told.
const SUBJECTS_CHARS_MAX: usize = 200;

const TOO_OLD: &str = "the NATS server is older than 2.10: when it has lost its streams, new reports are taken for those from before and thrown away, \
                       and what they are of is fetched again; use a newer one";

/// Between attempts.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Keeps everything made, for as long as it is polled.
pub(super) async fn keep(connection: &Connection, replicas: usize) {
    let mut state = connection.board.subscribe();
    loop {
        connection.wait().await;
        let since = state.borrow_and_update().since();
        if let Err(error) = make(connection, replicas).await {
            connection.board.trouble(&error.to_string());
            tokio::time::sleep(RETRY_PAUSE).await;
            continue;
        }
        // Another server, or the same after it was away, may have lost all.
        let is_other = async {
            let _ = state.wait_for(|state| state.since() != since).await;
        };
        tokio::select! {
            () = is_other => {}
            () = connection.is_missing.notified() => {}
        }
    }
}

/// Makes what is not there, and has what is there as it should be, where that can be done.
pub(super) async fn make(connection: &Connection, replicas: usize) -> Result<(), BusError> {
    connection.check()?;
    // Those before pass over the number with which a stream is to begin.
    if connection.client.try_server_info().is_some_and(|info| is_too_old(&info.version)) {
        connection.board.refused(TOO_OLD);
    }
    let mut made = Ok(());
    // One that cannot be made keeps none of the others from being there.
    for wanted in all(&connection.names, replicas.max(1)) {
        made = made.and(make_stream(connection, wanted).await);
    }
    made.inspect(|()| connection.board.works())
}

/// Whether a version is known to be before 2.10. The client's own question panics over versions that are none.
fn is_too_old(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (2, 10),
        _ => false,
    }
}

fn all(names: &Names, replicas: usize) -> [Config; 3] {
    let reports = Config {
        name: names.reports_stream(),
        subjects: vec![names.reports()],
        retention: RetentionPolicy::WorkQueue,
        // Should somebody give it a limit, no report goes for another: that which has no room is sent again.
        discard: DiscardPolicy::New,
        duplicate_window: DUPLICATE_WINDOW,
        // Numbers of a stream that was deleted do not come again: what still says that one of its reports is committed means none of this.
        first_sequence: Some(first_sequence()),
        ..of_all(replicas)
    };
    let changes = Config {
        name: names.changes_stream(),
        subjects: vec![names.changes()],
        max_age: CHANGES_AGE_MAX,
        max_bytes: CHANGES_BYTES_MAX,
        duplicate_window: DUPLICATE_WINDOW,
        // Whoever goes by numbers finds none twice either.
        first_sequence: Some(first_sequence()),
        ..of_all(replicas)
    };
    // A key-value bucket, as all clients make them. Records stay for ever, so that epochs never go back.
    let bucket = Config {
        name: names.bucket_stream(),
        subjects: vec![format!("$KV.{}.>", names.bucket())],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..of_all(replicas)
    };
    [reports, changes, bucket]
}

fn of_all(num_replicas: usize) -> Config {
    Config { storage: StorageType::File, num_replicas, description: Some("newswire".to_owned()), ..Config::default() }
}

fn first_sequence() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(1).max(1)
}

async fn make_stream(connection: &Connection, wanted: Config) -> Result<(), BusError> {
    let jetstream = connection.jetstream_within(PATIENCE);
    let name = wanted.name.clone();
    let found = match jetstream.get_stream(&name).await {
        Ok(stream) => stream.cached_info().config.clone(),
        Err(error) if is_not_found(&error) => {
            return match jetstream.create_stream(wanted).await {
                Ok(_) => Ok(()),
                Err(error) => Err(not_made(&name, &error)),
            };
        }
        Err(error) => return Err(BusError::Away(format!("stream {name}: {}", not_seen(&error)))),
    };
    if found.subjects != wanted.subjects {
        // Streams have the prefix in capitals, so that it may be another database's whose prefix differs in case alone.
        let (has, wants) = (line_of(&found.subjects.join(", "), SUBJECTS_CHARS_MAX), wanted.subjects.join(", "));
        return Err(BusError::Wrong(format!(
            "stream {name} is there for the subjects {has}, and this database needs it for {wants}: use another prefix, which differs by more \
             than case, or delete the stream"
        )));
    }
    if found.retention != wanted.retention || found.storage != wanted.storage {
        return Err(BusError::Wrong(format!(
            "stream {name} is there with other retention or storage than newswire gives it: delete it, or use another prefix"
        )));
    }
    if found.num_replicas == wanted.num_replicas {
        return Ok(());
    }
    let (has, wants) = (found.num_replicas, wanted.num_replicas);
    // All else stays as somebody may have set it.
    let changed = Config { num_replicas: wants, ..found };
    match jetstream.update_stream(changed).await {
        Ok(_) => Ok(()),
        // The servers may come.
        Err(error) => Err(BusError::Away(format!(
            "stream {name} is kept on {has} servers, and cannot be kept on {wants}: {}; set queue replicas to {has}, or have so many servers",
            not_made(&name, &error)
        ))),
    }
}

pub(super) fn is_not_found(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

pub(super) fn not_seen(error: &GetStreamError) -> String {
    use std::error::Error as _;
    match error.kind() {
        GetStreamErrorKind::JetStream(error) => in_words(&error),
        _ => match error.source().and_then(|source| source.downcast_ref::<ApiRequestError>()) {
            Some(source) => no_api(source.kind()),
            None => error.to_string(),
        },
    }
}

fn not_made(name: &str, error: &CreateStreamError) -> BusError {
    let fault = match error.kind() {
        CreateStreamErrorKind::JetStream(error) if NO_ROOM.contains(&error.error_code()) => {
            format!(
                "{error}: give JetStream more room (max_file_store), or make the stream yourself with less (nats stream add --max-bytes)"
            )
        }
        CreateStreamErrorKind::JetStream(error) => in_words(&error),
        _ => error.to_string(),
    };
    BusError::Away(format!("stream {name} cannot be made: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::is_too_old;

    #[test]
    fn versions_before_2_10_are_too_old_and_what_is_no_version_is_not() {
        for version in ["2.9.10", "2.9", "1.4.1", "2.9.0-beta.1"] {
            assert!(is_too_old(version), "{version}");
        }
        for version in ["2.10.0", "2.15.1", "3.0.0-beta.1", "2.10", "2", "", "9999999999.1", "two.nine"] {
            assert!(!is_too_old(version), "{version}");
        }
    }
}
