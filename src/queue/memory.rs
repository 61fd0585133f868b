//! The bus within this process: for workers in it, and for tests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
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

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The `SplitMix64` generator.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn away(patience: Duration) -> BusError {
    BusError::Away(format!("no answer within {} s", patience.as_secs_f32()))
}

/// Leases and turns within this process.
#[derive(Debug, Default)]
pub struct MemoryShared {
    /// Up to how long an answer takes.
    slowness: Duration,
    n_answers: AtomicU64,
    records: Mutex<HashMap<u8, Entry>>,
    owners: Mutex<HashMap<u8, mpsc::Sender<Question>>>,
    listeners: Mutex<Vec<mpsc::Sender<String>>>,
}

impl MemoryShared {
    /// One that takes up to so long for an answer. Of thirty questions one comes as late as its answer is not waited for any more, and one
    /// answer does.
    #[must_use]
    pub fn slow(slowness: Duration, seed: u32) -> MemoryShared {
        MemoryShared { slowness, n_answers: AtomicU64::new(u64::from(seed) << 32), ..MemoryShared::default() }
    }

    /// How long the way to the records takes now, and the way back.
    fn ways(&self) -> (Duration, Duration) {
        let dice = mixed(self.n_answers.fetch_add(1, Ordering::Relaxed));
        let part = |bits: u64| self.slowness / 2 * u32::from(bits.to_le_bytes()[0]) / 255;
        let late = |is_late: bool| if is_late { self.slowness * 20 } else { Duration::ZERO };
        (part(dice >> 32) + late(dice % 30 == 0), part(dice >> 40) + late(dice % 30 == 1))
    }

    pub(super) async fn read(&self, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
        let (there, back) = self.ways();
        let reading = async {
            pause(there).await;
            let entry = self.records().get(&shard).cloned();
            pause(back).await;
            entry
        };
        tokio::time::timeout(patience, reading).await.map_err(|_| away(patience))
    }

    fn records(&self) -> MutexGuard<'_, HashMap<u8, Entry>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn write(
        self: &Arc<Self>,
        shard: u8,
        write: &Write,
        patience: Duration,
    ) -> Result<Outcome, BusError> {
        let (there, back) = self.ways();
        if there.is_zero() && back.is_zero() {
            return Ok(self.replace(shard, write));
        }
        let (shared, write) = (Arc::clone(self), write.clone());
        // What is on its way arrives, whoever waits for it.
        let writing = tokio::spawn(async move {
            pause(there).await;
            let outcome = shared.replace(shard, &write);
            pause(back).await;
            outcome
        });
        let written = tokio::time::timeout(patience, writing).await.map_err(|_| away(patience))?;
        written.map_err(|error| BusError::Away(error.to_string()))
    }

    fn replace(&self, shard: u8, write: &Write) -> Outcome {
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
