//! What goes between the writer and the workers, and how.
//!
//! * A worker *asks* the writer for work, which is answered or not; nothing of it is kept.
//! * It *reports* what came of it; a report is kept by what carries it until the writer has committed it and says so.
//! * Leases are records of a key-value store ([`super::lease`]).
//! * Turns at hosts of a shard are asked of who looks after it.
//!
//! The memory of this process carries it all for workers within it, and for tests; NATS for those elsewhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::lease::{Entry, Outcome, Write};
use super::nats::NatsBus;

/// Reports that wait for the writer in the memory of this process. Who has more waits.
const REPORTS_MAX: usize = 64;

/// Why something did not go over the bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// Nobody is there who would answer.
    #[error("nobody answers there")]
    Nobody,
    /// No answer in time, or no connection. Whether it was heard is not known.
    #[error("{0}")]
    Away(String),
    /// What was sent, or came, is not as it has to be.
    #[error("{0}")]
    Wrong(String),
}

/// A question that was asked of this process.
#[derive(Debug)]
pub struct Question {
    /// What was asked.
    pub message: Vec<u8>,
    reply: Reply,
}

/// Where the answer to a question goes.
#[derive(Debug)]
pub(super) enum Reply {
    Memory(oneshot::Sender<Vec<u8>>),
    Nats(super::nats::NatsReply),
}

impl Question {
    pub(super) fn new(message: Vec<u8>, reply: Reply) -> Question {
        Question { message, reply }
    }

    /// Answers. Whether it arrives nobody tells.
    pub async fn answer(self, answer: Vec<u8>) {
        match self.reply {
            Reply::Memory(sender) => drop(sender.send(answer)),
            Reply::Nats(reply) => reply.send(answer).await,
        }
    }
}

/// A report, whole.
#[derive(Debug)]
pub struct Delivery {
    /// What was reported.
    pub message: Vec<u8>,
    /// By which it is said that it is kept elsewhere now.
    pub receipt: Receipt,
}

/// Says that a report is committed. Where that is not said, it comes again.
#[derive(Debug)]
pub struct Receipt(ReceiptOf);

#[derive(Debug)]
pub(super) enum ReceiptOf {
    Memory(oneshot::Sender<()>),
    Nats(super::nats::NatsReceipt),
}

impl Receipt {
    pub(super) fn new(receipt: ReceiptOf) -> Receipt {
        Receipt(receipt)
    }

    /// Says it, and waits until that is known there.
    ///
    /// # Errors
    ///
    /// When it is not known there in time: the report comes again.
    pub async fn done(self) -> Result<(), BusError> {
        match self.0 {
            ReceiptOf::Memory(sender) => sender.send(()).map_err(|()| BusError::Nobody),
            ReceiptOf::Nats(receipt) => receipt.done().await,
        }
    }
}

/// A worker's way to the writer.
#[derive(Clone, Debug)]
pub enum Bus {
    /// In this process.
    Memory(Arc<MemoryBus>),
    /// By NATS.
    Nats(Arc<NatsBus>),
}

impl Bus {
    /// Asks the writer, and waits for its answer so long.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn ask(&self, question: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        match self {
            Bus::Memory(memory) => memory.ask(question, patience).await,
            Bus::Nats(nats) => nats.ask(question, patience).await,
        }
    }

    /// Reports. Comes back when the report is kept until the writer has committed it. `id` is the same where it is sent again, and then it is
    /// kept once.
    ///
    /// # Errors
    ///
    /// When that is not known.
    pub async fn report(&self, id: &str, report: Vec<u8>) -> Result<(), BusError> {
        match self {
            Bus::Memory(memory) => memory.report(report).await,
            Bus::Nats(nats) => nats.report(id, report).await,
        }
    }
}

/// Within this process.
#[derive(Debug)]
pub struct MemoryBus {
    desk: mpsc::Sender<Question>,
    reports: mpsc::Sender<Delivery>,
}

/// The writer's end of it.
#[derive(Debug)]
pub struct MemoryDesk {
    /// What is asked.
    pub questions: mpsc::Receiver<Question>,
    /// What is reported.
    pub reports: mpsc::Receiver<Delivery>,
}

impl MemoryBus {
    /// One, with the writer's end.
    #[must_use]
    pub fn new() -> (Arc<MemoryBus>, MemoryDesk) {
        let (desk, questions) = mpsc::channel(REPORTS_MAX);
        let (send_reports, reports) = mpsc::channel(REPORTS_MAX);
        (Arc::new(MemoryBus { desk, reports: send_reports }), MemoryDesk { questions, reports })
    }

    async fn ask(&self, message: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        let (send, answer) = oneshot::channel();
        let asking = async {
            self.desk.send(Question::new(message, Reply::Memory(send))).await.map_err(|_| BusError::Nobody)?;
            answer.await.map_err(|_| BusError::Nobody)
        };
        tokio::time::timeout(patience, asking).await.map_err(|_| away(patience))?
    }

    async fn report(&self, message: Vec<u8>) -> Result<(), BusError> {
        // The memory lasts no longer than the writer, so there is nothing to wait for.
        let (send, _) = oneshot::channel();
        let delivery = Delivery { message, receipt: Receipt::new(ReceiptOf::Memory(send)) };
        self.reports.send(delivery).await.map_err(|_| BusError::Nobody)
    }
}

pub(super) fn away(patience: Duration) -> BusError {
    BusError::Away(format!("no answer within {} s", patience.as_secs_f32()))
}

/// Where leases are, and where turns at foreign hosts are asked for.
#[derive(Clone, Debug)]
pub enum Shared {
    /// In this process, for tests.
    Memory(Arc<MemoryShared>),
    /// In NATS.
    Nats(Arc<NatsBus>),
}

impl Shared {
    /// Reads the record of a shard.
    ///
    /// # Errors
    ///
    /// When it is not known.
    pub async fn read(&self, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
        match self {
            Shared::Memory(memory) => Ok(memory.records().get(&shard).cloned()),
            Shared::Nats(nats) => nats.read(shard, patience).await,
        }
    }

    /// Writes the record of a shard, if the revision stands there that it replaces.
    ///
    /// # Errors
    ///
    /// When it is not known whether it did.
    pub async fn write(&self, shard: u8, write: &Write, patience: Duration) -> Result<Outcome, BusError> {
        match self {
            Shared::Memory(memory) => Ok(memory.write(shard, write)),
            Shared::Nats(nats) => nats.write(shard, write, patience).await,
        }
    }

    /// Asks who looks after a shard.
    ///
    /// # Errors
    ///
    /// When nobody does, or there is no answer in time.
    pub async fn ask_owner(&self, shard: u8, question: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        match self {
            Shared::Memory(memory) => memory.ask_owner(shard, question, patience).await,
            Shared::Nats(nats) => nats.ask_owner(shard, question, patience).await,
        }
    }

    /// What is asked of this process about a shard that it looks after, until what is returned is dropped.
    ///
    /// # Errors
    ///
    /// When nothing can be heard there.
    pub async fn hear(&self, shard: u8) -> Result<mpsc::Receiver<Question>, BusError> {
        match self {
            Shared::Memory(memory) => Ok(memory.hear(shard)),
            Shared::Nats(nats) => nats.hear(shard).await,
        }
    }
}

/// Leases and turns within this process.
#[derive(Debug, Default)]
pub struct MemoryShared {
    records: Mutex<HashMap<u8, Entry>>,
    owners: Mutex<HashMap<u8, mpsc::Sender<Question>>>,
}

impl MemoryShared {
    fn records(&self) -> MutexGuard<'_, HashMap<u8, Entry>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, shard: u8, write: &Write) -> Outcome {
        let mut records = self.records();
        let revision = records.get(&shard).map(|entry| entry.revision);
        if revision != write.replaces {
            return Outcome::Refused;
        }
        let revision = revision.unwrap_or(0) + 1;
        records.insert(shard, Entry { revision, record: write.record.clone() });
        Outcome::Stored(revision)
    }

    async fn ask_owner(&self, shard: u8, message: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        let owner = self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&shard).cloned();
        let owner = owner.ok_or(BusError::Nobody)?;
        let (send, answer) = oneshot::channel();
        owner.send(Question::new(message, Reply::Memory(send))).await.map_err(|_| BusError::Nobody)?;
        let answer = tokio::time::timeout(patience, answer).await.map_err(|_| away(patience))?;
        answer.map_err(|_| BusError::Nobody)
    }

    fn hear(&self, shard: u8) -> mpsc::Receiver<Question> {
        let (send, heard) = mpsc::channel(REPORTS_MAX);
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(shard, send);
        heard
    }
}
