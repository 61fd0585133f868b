//! The bus by NATS: questions by request and reply, reports by a stream of `JetStream`, leases by a key-value bucket of it.
//!
//! * `settings`: where NATS is, and who we are there. `names`: how everything is called.
//! * `connection`: the connection, and the words for what fails over it. `state`: whether it is there.
//! * `objects`: the streams and the bucket.
//! * `questions`, `reports`, `leases`, `changes`: what goes over it. `posting`: which reports go together. `table`: where their parts lie until
//!   they are whole. `unreadable`: what nobody can read. `writers`: which of two writers goes on.

mod changes;

mod connection;

mod leases;

mod names;

mod objects;

mod posting;

mod questions;

mod reports;

mod settings;

mod state;

mod table;

mod unreadable;

mod writers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::context::ContextBuilder;
use async_nats::{HeaderMap, Message};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::lease::{Entry, Outcome, Write};
use super::question::{BusError, Delivery, Question};
use super::supervisor::{Fault, Supervisor};
use crate::config::QueueSettings;
pub use changes::{Change, ChangesEnd};
use connection::Connection;
use names::Names;
use posting::Post;
use state::Board;
pub use state::BusState;
use writers::Seniority;

/// How long the first connection is waited for. Without it all goes on, and what would be found out by it, as another writer, is not.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer of `JetStream` is waited for, where nobody says it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to NATS, which is made again and again until this is dropped.
#[derive(Debug)]
pub struct NatsBus {
    connection: Connection,
    post: Post,
    replicas: usize,
    is_set_up: AtomicBool,
    supervisor: Supervisor,
    /// All that goes on in the background ends with this.
    tasks: Mutex<JoinSet<()>>,
}

impl NatsBus {
    /// Connects under a name, which the server shows and no other process should have. Comes back without a connection where there is none
    /// within two seconds: it goes on in the background.
    ///
    /// # Errors
    ///
    /// When the settings are wrong, so that there can never be a connection.
    pub async fn connect(settings: &QueueSettings, name: &str) -> Result<NatsBus, BusError> {
        let names = Arc::new(Names::new(&settings.prefix)?);
        let servers = settings::addresses(settings)?;
        let shown: Vec<_> = servers.iter().map(settings::shown).collect();
        let board = Arc::new(Board::new(shown.join(", "), settings::is_tls(settings)));
        let (send_event, events) = mpsc::unbounded_channel();
        let options = settings::options(settings)?.name(name).custom_inbox_prefix(names.inbox(name));
        let options = options.event_callback(move |event| {
            let _ = send_event.send(event);
            std::future::ready(())
        });
        let client = options.connect(servers).await.map_err(|error| BusError::Wrong(format!("nats: {error}")))?;
        let jetstream = ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        let is_missing = Arc::new(Notify::new());
        let connection = Connection { client: client.clone(), jetstream, names, board: Arc::clone(&board), is_missing };
        let mut state = board.subscribe();
        let mut tasks = JoinSet::new();
        let supervisor = Supervisor::default();
        tasks.spawn(
            supervisor.watched("watches the connection", async move { state::watch(client, &board, events).await }),
        );
        let is_known = state.wait_for(|state| !state.is_away() || state.last_error().is_some());
        let _ = tokio::time::timeout(FIRST_PATIENCE, is_known).await;
        let (post, deliver) = Post::new(connection.clone());
        tasks.spawn(supervisor.watched("sends reports", deliver));
        let (replicas, tasks) = (settings.replicas, Mutex::new(tasks));
        Ok(NatsBus { connection, post, replicas, is_set_up: AtomicBool::new(false), supervisor, tasks })
    }

    /// Who hears of it where a task panics by which this goes on.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Whether NATS is there, now and later.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<BusState> {
        self.connection.board.subscribe()
    }

    /// The addresses of its servers for people, without credentials, with commas between them.
    #[must_use]
    pub fn addresses(&self) -> &str {
        self.connection.board.addresses()
    }

    /// How many messages with reports the queue has that are not committed. A long report is in several.
    ///
    /// # Errors
    ///
    /// When that is not known within two seconds.
    pub async fn n_reports_waiting(&self) -> Result<u64, BusError> {
        reports::n_waiting(&self.connection).await
    }

    /// Makes the streams and the bucket, as the writer does. Whether or not that works, it is done again in the background when it may be
    /// necessary.
    ///
    /// # Errors
    ///
    /// When they are not there yet.
    pub async fn set_up(&self) -> Result<(), BusError> {
        let made = objects::make(&self.connection, self.replicas).await;
        if !self.is_set_up.swap(true, Ordering::Relaxed) {
            let (connection, replicas) = (self.connection.clone(), self.replicas);
            self.go_on("keeps the streams", async move { objects::keep(&connection, replicas).await });
        }
        made
    }

    fn go_on(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(self.supervisor.watched(name, task));
    }

    /// What workers ask the writer, until what is returned is dropped, or another writer is found that was there before: that ends it, and the
    /// [`supervisor`](NatsBus::supervisor) hears of it.
    ///
    /// # Errors
    ///
    /// When another writer answers them already, as far as that can be seen: it cannot without a connection.
    pub async fn desk(&self) -> Result<mpsc::Receiver<Question>, BusError> {
        writers::be_alone(&self.connection).await?;
        let me = Seniority::now();
        let (leave, left) = oneshot::channel();
        let (connection, supervisor) = (self.connection.clone(), self.supervisor.clone());
        self.go_on("looks for another writer", async move {
            let reason = writers::wait_for_an_elder(&connection, me).await;
            let _ = leave.send(());
            supervisor.end_with(Fault::Displaced(reason));
        });
        let end = async {
            if left.await.is_err() {
                // Nobody looks any more, which is no word of an elder.
                std::future::pending::<()>().await;
            }
        };
        self.hear_at(self.connection.names.work(), move |question| me.headers_for(question), end).await
    }

    /// What workers report to the writer, until what is returned is dropped.
    ///
    /// # Errors
    ///
    /// So far none: where there is no stream, it is waited for.
    pub async fn reports(&self) -> Result<mpsc::Receiver<Delivery>, BusError> {
        self.reports_again_after(reports::ACK_WAIT).await
    }

    /// Likewise, where a report comes again after so long without a receipt; a minute is usual.
    ///
    /// # Errors
    ///
    /// So far none: where there is no stream, it is waited for.
    // As that which others wait for, and may have to wait for.
    #[allow(clippy::unused_async)]
    pub async fn reports_again_after(&self, ack_wait: Duration) -> Result<mpsc::Receiver<Delivery>, BusError> {
        let (deliveries, take) = reports::take(self.connection.clone(), ack_wait);
        self.go_on("takes reports", take);
        Ok(deliveries)
    }

    /// Says that a process is there, to all that listen.
    ///
    /// # Errors
    ///
    /// When there is no connection.
    pub async fn announce(&self, name: &str) -> Result<(), BusError> {
        self.connection.check()?;
        let said = self.connection.client.publish(self.connection.names.presence(), name.to_owned().into()).await;
        said.map_err(|error| BusError::Away(error.to_string()))
    }

    /// The names of processes that say that they are there, until what is returned is dropped.
    ///
    /// # Errors
    ///
    /// When nothing can be heard.
    pub async fn presence(&self) -> Result<mpsc::Receiver<String>, BusError> {
        let (heard, serve) = questions::listen(&self.connection, self.connection.names.presence()).await?;
        self.go_on("hears of workers", serve);
        Ok(heard)
    }

    /// Where the stream of changes ends.
    ///
    /// # Errors
    ///
    /// When that is not known.
    pub async fn changes_end(&self) -> Result<ChangesEnd, BusError> {
        changes::end(&self.connection).await
    }

    /// Tells changes to whoever follows the stream, in their order: behind the message `behind`, with which the stream has to end. Returns
    /// the number of the last.
    ///
    /// # Errors
    ///
    /// When it is not known that all of them are stored. The first of them may be: the end of the stream says how many.
    pub async fn publish_changes(&self, behind: u64, changes: Vec<Change>) -> Result<u64, BusError> {
        changes::publish(&self.connection, behind, changes).await
    }

    pub(super) async fn ask(&self, question: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        questions::ask(&self.connection, self.connection.names.work(), question, patience).await
    }

    pub(super) async fn report(&self, id: &str, report: Vec<u8>) -> Result<(), BusError> {
        self.post.store(id, report).await
    }

    pub(super) async fn read(&self, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
        leases::read(&self.connection, shard, patience).await
    }

    pub(super) async fn write(&self, shard: u8, write: &Write, patience: Duration) -> Result<Outcome, BusError> {
        leases::write(&self.connection, shard, write, patience).await
    }

    pub(super) async fn ask_owner(
        &self,
        shard: u8,
        question: Vec<u8>,
        patience: Duration,
    ) -> Result<Vec<u8>, BusError> {
        questions::ask(&self.connection, self.connection.names.turn(shard), question, patience).await
    }

    pub(super) async fn hear(&self, shard: u8) -> Result<mpsc::Receiver<Question>, BusError> {
        self.hear_at(self.connection.names.turn(shard), |_| HeaderMap::new(), std::future::pending()).await
    }

    async fn hear_at(
        &self,
        subject: String,
        headers_for: impl Fn(&Message) -> HeaderMap + Send + Sync + 'static,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> Result<mpsc::Receiver<Question>, BusError> {
        let (heard, serve) = questions::hear(&self.connection, subject.clone(), headers_for, end).await?;
        self.go_on("hears questions", serve);
        questions::be_known(&self.connection, subject).await;
        Ok(heard)
    }
}
