//! What goes between the writer and the workers, and how.
//!
//! * A worker *asks* the writer for work, which is answered or not; nothing of it is kept.
//! * It *reports* what came of it; a report is kept by what carries it until the writer has committed it and says so.
//! * Leases are records of a key-value store ([`super::lease`]).
//! * Turns at hosts of a shard are asked of who looks after it.
//!
//! The memory of this process carries it all for workers within it, and for tests; NATS for those elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::lease::{Entry, Outcome, Write};
use super::memory::{MemoryBus, MemoryShared};
use super::nats::NatsBus;
use super::question::{BusError, Question};
use super::supervisor::Supervisor;

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

/// Where leases are, and where turns at foreign hosts are asked for.
#[derive(Clone, Debug)]
pub enum Shared {
    /// In this process, for tests.
    Memory(Arc<MemoryShared>),
    /// In NATS.
    Nats(Arc<NatsBus>),
}

impl Shared {
    /// Who hears of it where a task panics that goes on by this.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        match self {
            Shared::Memory(memory) => memory.supervisor(),
            Shared::Nats(nats) => nats.supervisor(),
        }
    }

    /// Reads the record of a shard.
    ///
    /// # Errors
    ///
    /// When it is not known.
    pub async fn read(&self, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
        match self {
            Shared::Memory(memory) => memory.read(shard, patience).await,
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
            Shared::Memory(memory) => memory.write(shard, write, patience).await,
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

    /// Says that a worker of this name is there. Nobody tells whether it was heard.
    pub async fn announce(&self, name: &str) {
        match self {
            Shared::Memory(memory) => memory.announce(name),
            Shared::Nats(nats) => {
                let _ = nats.announce(name).await;
            }
        }
    }

    /// The names of workers, each as it announces itself.
    ///
    /// # Errors
    ///
    /// When nothing can be heard of them.
    pub async fn presence(&self) -> Result<mpsc::Receiver<String>, BusError> {
        match self {
            Shared::Memory(memory) => Ok(memory.presence()),
            Shared::Nats(nats) => nats.presence().await,
        }
    }
}
