//! Reports: messages of a stream, each kept until the writer has committed it.
//!
//! Some go together ([`super::posting`]), in as many parts as the server's limit of a message makes necessary, and are sent when the stream has
//! all of them. The writer takes them by a consumer that the server keeps, puts them together, and acknowledges all parts when each report in
//! them is committed. What is not acknowledged comes again. So a report may come twice, and is never lost.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::pull::Stream as Messages;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::super::question::{BusError, Delivery};
use super::super::seldom::Seldom;
use super::super::wire::parts;
use super::connection::{Connection, in_words, missing, not_stored};
use super::names::{CONSUMER, token};
use super::table::Table;
use super::unreadable;

/// Parts of a message that are on the way at once.
const PARTS_ON_WAY_MAX: usize = 8;

/// How long it is waited until a part is stored. A cluster that looks for a leader takes a few seconds.
const STORE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a report may take from the server to the commit before it comes again.
pub(super) const ACK_WAIT: Duration = Duration::from_mins(1);

/// Parts that are not acknowledged at once. No more are given out before some are, so that it is more than those that may wait for other parts of
/// their report ([`super::table`]) and those of reports on the way to the commit.
const UNACKNOWLEDGED_MAX: i64 = 10_000;

/// Parts that are fetched ahead: up to 64 MB of them.
const AHEAD_MAX: usize = 64;

/// Reports that wait for the writer.
const WAITING_MAX: usize = 64;

/// The server says so often that it is there while it has nothing.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long it is looked for messages that cannot be read before any are taken. Each takes a question, and over a slow link thousands of them take
/// the better part of an hour: the rest is looked at beside.
const UNREADABLE_PATIENCE: Duration = Duration::from_secs(3);

/// Between attempts to take reports.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How long the number of those that wait is waited for: it is asked for again and again.
const COUNT_PATIENCE: Duration = Duration::from_secs(2);

/// How many parts the stream has: what is acknowledged is in it no more.
pub(super) async fn n_waiting(connection: &Connection) -> Result<u64, BusError> {
    connection.check()?;
    let stream = connection.names.reports_stream();
    let found = connection.jetstream_within(COUNT_PATIENCE).get_stream(&stream).await;
    let found = found.map_err(|error| BusError::Away(format!("stream {stream}: {error}")))?;
    Ok(found.cached_info().state.messages)
}

/// Stores a bundle of reports, whose names these are.
pub(super) async fn publish(connection: &Connection, ids: &[&str], bundle: Vec<u8>) -> Result<(), BusError> {
    connection.check()?;
    let parts = parts(bundle, connection.message_bytes_max());
    let count = parts.len();
    let id = name_of(ids);
    let (subject, id) = (connection.names.report(&id), token(&id));
    let mut on_way = VecDeque::new();
    for (number, part) in parts.into_iter().enumerate() {
        // Where a server with another limit gets it next, its parts are others.
        let part_id = format!("{id}-{number}of{count}");
        if on_way.len() >= PARTS_ON_WAY_MAX
            && let Some(stored) = on_way.pop_front()
        {
            told(connection, stored).await?;
        }
        on_way.push_back(store(connection, subject.clone(), &part_id, part).await?);
    }
    for stored in on_way {
        told(connection, stored).await?;
    }
    connection.board.works();
    Ok(())
}

/// The name of a bundle: that of its only report, or one that no other bundle has, also where its first report is the same.
fn name_of(ids: &[&str]) -> String {
    let Some((first, rest)) = ids.split_first() else { return String::new() };
    if rest.is_empty() {
        return (*first).to_owned();
    }
    let mut hasher = DefaultHasher::new();
    rest.hash(&mut hasher);
    format!("{first}_{}_{:016x}", rest.len(), hasher.finish())
}

type OnWay = async_nats::jetstream::context::PublishAckFuture;

async fn store(connection: &Connection, subject: String, id: &str, part: Vec<u8>) -> Result<OnWay, BusError> {
    let stream = connection.names.reports_stream();
    let publish = PublishMessage::build().payload(part.into()).message_id(id).expected_stream(&stream);
    let jetstream = connection.jetstream_within(STORE_PATIENCE);
    jetstream.send_publish(subject, publish).await.map_err(|error| not_stored(&stream, &error))
}

async fn told(connection: &Connection, on_way: OnWay) -> Result<(), BusError> {
    match on_way.await {
        Ok(_) => Ok(()),
        Err(error) => {
            let error = not_stored(&connection.names.reports_stream(), &error);
            connection.board.trouble(&error.to_string());
            Err(error)
        }
    }
}

/// What is reported, and what is to be polled for as long as it is taken.
pub(super) fn take(
    connection: Connection,
    ack_wait: Duration,
) -> (mpsc::Receiver<Delivery>, impl Future<Output = ()> + use<>) {
    let (send, deliveries) = mpsc::channel(WAITING_MAX);
    let taking = async move {
        let mut taker = Taker::new(connection.clone(), ack_wait, Table::new(send.clone()));
        loop {
            connection.wait().await;
            let error = tokio::select! {
                error = taker.take_while_it_works() => error,
                () = send.closed() => return,
            };
            // Without a connection there is nothing to be said about the stream.
            if let Some(error) = error
                && connection.check().is_ok()
            {
                connection.board.trouble(&error);
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    };
    (deliveries, taking)
}

/// Who takes reports.
struct Taker {
    connection: Connection,
    ack_wait: Duration,
    table: Table,
    deleted: Arc<Seldom>,
}

impl Taker {
    fn new(connection: Connection, ack_wait: Duration, table: Table) -> Taker {
        Taker { connection, ack_wait, table, deleted: Arc::default() }
    }

    /// Gives the reports of the stream to the table. Comes back when the connection was lost, or with why it cannot go on.
    async fn take_while_it_works(&mut self) -> Option<String> {
        let mut state = self.connection.board.subscribe();
        let since = state.borrow_and_update().since();
        let stream = self.connection.names.reports_stream();
        let consumer = match self.consumer(&stream).await {
            Ok(consumer) => consumer,
            Err(error) => return Some(no_consumer(&self.connection, &stream, &error)),
        };
        // Perhaps the last attempt, or the process before this, ended over one.
        let mut deleting = Box::pin(self.delete_unreadable(&consumer));
        let mut is_looked = tokio::time::timeout(UNREADABLE_PATIENCE, &mut deleting).await.is_ok();
        let pulling = consumer.stream().max_messages_per_batch(AHEAD_MAX).heartbeat(HEARTBEAT).messages().await;
        let mut messages = match pulling {
            Ok(messages) => messages,
            Err(error) => return Some(format!("stream {stream}: {error}")),
        };
        self.connection.board.works();
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(Ok(message)) => self.table.lay(message).await,
                    Some(Err(error)) => return Some(format!("stream {stream}: {error}")),
                    None => return Some(format!("stream {stream}: its consumer {CONSUMER} has ended")),
                },
                () = &mut deleting, if !is_looked => is_looked = true,
                // It cannot end: it is part of the connection.
                () = async { drop(state.wait_for(|state| state.since() != since).await) } => {
                    self.take_what_is_there(&mut messages).await;
                    return None;
                }
            }
        }
    }

    async fn consumer(&self, stream: &str) -> Result<Consumer<pull::Config>, ConsumerError> {
        let consumer = pull::Config {
            durable_name: Some(CONSUMER.to_owned()),
            description: Some("newswire".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.ack_wait,
            // Without end: where there is one, servers lose what has come so often.
            max_deliver: -1,
            max_ack_pending: UNACKNOWLEDGED_MAX,
            ..pull::Config::default()
        };
        self.connection.jetstream.create_consumer_on_stream(consumer, stream).await
    }

    /// Deletes what cannot be read of that which was given out and is not acknowledged.
    fn delete_unreadable(&self, consumer: &Consumer<pull::Config>) -> impl Future<Output = ()> + use<> {
        let info = consumer.cached_info();
        let (from, until) = (info.ack_floor.stream_sequence.saturating_add(1), info.delivered.stream_sequence);
        let (connection, deleted, known) = (self.connection.clone(), Arc::clone(&self.deleted), self.table.known());
        async move {
            match unreadable::delete(&connection, from, until, |number| known.contains(&number)).await {
                Ok(0) => {}
                Ok(n) => {
                    if let Some(others) = deleted.happened(n) {
                        let stream = connection.names.reports_stream();
                        warn!(
                            "nats: messages of stream {stream} that are no reports and cannot be read are deleted: {n}{others}"
                        );
                    }
                }
                // It is looked again, and where the user may not, the server has said so.
                Err(error) => debug!("nats: it is not known which messages cannot be read: {error}"),
            }
        }
    }

    /// Takes what has come before the connection was lost, and would come again much later.
    async fn take_what_is_there(&mut self, messages: &mut Messages) {
        for _ in 0..AHEAD_MAX {
            let Some(Some(Ok(message))) = messages.next().now_or_never() else { return };
            self.table.lay(message).await;
        }
    }
}

fn no_consumer(connection: &Connection, stream: &str, error: &ConsumerError) -> String {
    match error.kind() {
        ConsumerErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
            connection.is_missing.notify_one();
            missing(stream)
        }
        ConsumerErrorKind::JetStream(error) => format!("stream {stream}: {}", in_words(&error)),
        _ => format!("stream {stream}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::name_of;

    #[test]
    fn bundles_with_other_reports_have_other_names() {
        assert_eq!(name_of(&["run-1"]), "run-1");
        let names = [name_of(&["run-1"]), name_of(&["run-1", "run-2"]), name_of(&["run-1", "run-3"])];
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 3, "{names:?}");
        assert_eq!(name_of(&["run-1", "run-2"]), names[1]);
    }
}
