//! The bus within this process: for workers in it, and for tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::lease::{Entry, Outcome, Write};
use super::question::{BusError, Delivery, Question, Receipt};

/// Reports that wait for the writer. Who has more waits.
const REPORTS_MAX: usize = 64;

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

    pub(super) async fn ask(&self, message: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        let (question, answer) = Question::new(message);
        let asking = async {
            self.desk.send(question).await.map_err(|_| BusError::Nobody)?;
            answer.await.map_err(|_| BusError::Nobody)
        };
        tokio::time::timeout(patience, asking).await.map_err(|_| away(patience))?
    }

    pub(super) async fn report(&self, message: Vec<u8>) -> Result<(), BusError> {
        let (receipt, committed) = Receipt::new();
        // The memory lasts no longer than the writer, so nothing is kept until it says so.
        tokio::spawn(async move {
            if let Ok(answer) = committed.await {
                let _ = answer.send(Ok(()));
            }
        });
        self.reports.send(Delivery { message, receipt }).await.map_err(|_| BusError::Nobody)
    }
}

fn away(patience: Duration) -> BusError {
    BusError::Away(format!("no answer within {} s", patience.as_secs_f32()))
}

/// Leases and turns within this process.
#[derive(Debug, Default)]
pub struct MemoryShared {
    records: Mutex<HashMap<u8, Entry>>,
    owners: Mutex<HashMap<u8, mpsc::Sender<Question>>>,
    listeners: Mutex<Vec<mpsc::Sender<String>>>,
}

impl MemoryShared {
    pub(super) fn read(&self, shard: u8) -> Option<Entry> {
        self.records().get(&shard).cloned()
    }

    fn records(&self) -> MutexGuard<'_, HashMap<u8, Entry>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, shard: u8, write: &Write) -> Outcome {
        let mut records = self.records();
        let revision = records.get(&shard).map(|entry| entry.revision);
        if revision != write.replaces {
            return Outcome::Refused;
        }
        let revision = revision.unwrap_or(0) + 1;
        records.insert(shard, Entry { revision, record: write.record.clone() });
        Outcome::Stored(revision)
    }

    pub(super) async fn ask_owner(&self, shard: u8, message: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        let owner = self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&shard).cloned();
        let owner = owner.ok_or(BusError::Nobody)?;
        let (question, answer) = Question::new(message);
        owner.send(question).await.map_err(|_| BusError::Nobody)?;
        let answer = tokio::time::timeout(patience, answer).await.map_err(|_| away(patience))?;
        answer.map_err(|_| BusError::Nobody)
    }

    pub(super) fn hear(&self, shard: u8) -> mpsc::Receiver<Question> {
        let (send, heard) = mpsc::channel(REPORTS_MAX);
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(shard, send);
        heard
    }

    pub(super) fn announce(&self, name: &str) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_closed());
        for listener in listeners.iter() {
            let _ = listener.try_send(name.to_owned());
        }
    }

    pub(super) fn presence(&self) -> mpsc::Receiver<String> {
        let (send, heard) = mpsc::channel(REPORTS_MAX);
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(send);
        heard
    }
}
