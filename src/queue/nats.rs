//! The bus by NATS: questions by request and reply, reports by a stream of `JetStream`, leases by a key-value bucket of it.

use std::time::Duration;

use tokio::sync::mpsc;

use super::lease::{Entry, Outcome, Write};
use super::question::{BusError, Question};

/// A connection to NATS.
#[derive(Debug)]
pub struct NatsBus {}

#[expect(clippy::unused_async, reason = "what it waits for is yet to come")]
impl NatsBus {
    pub(super) async fn ask(&self, _question: Vec<u8>, _patience: Duration) -> Result<Vec<u8>, BusError> {
        Err(BusError::Nobody)
    }

    pub(super) async fn report(&self, _id: &str, _report: Vec<u8>) -> Result<(), BusError> {
        Err(BusError::Nobody)
    }

    pub(super) async fn read(&self, _shard: u8, _patience: Duration) -> Result<Option<Entry>, BusError> {
        Err(BusError::Nobody)
    }

    pub(super) async fn write(&self, _shard: u8, _write: &Write, _patience: Duration) -> Result<Outcome, BusError> {
        Err(BusError::Nobody)
    }

    pub(super) async fn ask_owner(
        &self,
        _shard: u8,
        _question: Vec<u8>,
        _patience: Duration,
    ) -> Result<Vec<u8>, BusError> {
        Err(BusError::Nobody)
    }

    pub(super) async fn hear(&self, _shard: u8) -> Result<mpsc::Receiver<Question>, BusError> {
        Err(BusError::Nobody)
    }
}
