//! The bus within this process: for workers in it, and for tests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::lease::{Entry, Outcome, Write};
use super::question::{BusError, Delivery, Question, Receipt};
use super::supervisor::Supervisor;

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

/// Leases and turns within this process: a way to them, each with its own faults.
#[derive(Debug, Default)]
pub struct MemoryShared {
    store: Arc<Store>,
    faults: Faults,
    is_cut_off: AtomicBool,
    n_reads: AtomicU64,
    n_writes: AtomicU64,
    supervisor: Supervisor,
}

/// What all ways lead to.
#[derive(Debug, Default)]
struct Store {
    records: Mutex<HashMap<u8, Entry>>,
    owners: Mutex<HashMap<u8, mpsc::Sender<Question>>>,
    listeners: Mutex<Vec<mpsc::Sender<String>>>,
}

/// What befalls questions and their answers.
#[derive(Debug, Default)]
struct Faults {
    /// Up to how long an answer takes.
    slowness: Duration,
    n_questions: AtomicU64,
}

/// What befalls one question.
struct Fate {
    /// How long it takes there, and its answer back.
    there: Duration,
    back: Duration,
    is_refused: bool,
}

impl MemoryShared {
    /// One that takes up to so long for an answer. Of thirty questions one comes as late as its answer is not waited for any more, one
    /// answer does, and one question is refused. Which ones is told by the seed.
    #[must_use]
    pub fn slow(slowness: Duration, seed: u32) -> MemoryShared {
        let n_questions = AtomicU64::new(u64::from(seed) << 32);
        MemoryShared { faults: Faults { slowness, n_questions }, ..MemoryShared::default() }
    }

    /// Another way to the same leases, as slow, with faults of its own.
    #[must_use]
    pub fn another_way(&self, seed: u32) -> MemoryShared {
        MemoryShared { store: Arc::clone(&self.store), ..MemoryShared::slow(self.faults.slowness, seed) }
    }

    /// Who hears of it where a task panics that goes this way.
    pub(super) fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Lets nothing through on this way any more, or lets it through again.
    pub fn cut_off(&self, is_cut_off: bool) {
        self.is_cut_off.store(is_cut_off, Ordering::Relaxed);
    }

    /// How often leases were read and written on this way.
    #[must_use]
    pub fn questions(&self) -> (u64, u64) {
        (self.n_reads.load(Ordering::Relaxed), self.n_writes.load(Ordering::Relaxed))
    }

    /// Whether nothing goes through just now.
    fn is_away(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }

    pub(super) async fn read(&self, shard: u8, patience: Duration) -> Result<Option<Entry>, BusError> {
        self.n_reads.fetch_add(1, Ordering::Relaxed);
        let fate = self.faults.next();
        if fate.is_refused {
            return Err(refused());
        }
        let reading = async {
            pause(fate.there).await;
            let entry = self.store.records().get(&shard).cloned();
            pause(fate.back).await;
            entry
        };
        let entry = tokio::time::timeout(patience, self.unless_away(reading)).await;
        entry.map_err(|_| away(patience))
    }

    pub(super) async fn write(&self, shard: u8, write: &Write, patience: Duration) -> Result<Outcome, BusError> {
        self.n_writes.fetch_add(1, Ordering::Relaxed);
        let fate = self.faults.next();
        if fate.is_refused {
            return Err(refused());
        }
        let (store, write) = (Arc::clone(&self.store), write.clone());
        // What is on its way arrives, whoever waits for it.
        let writing = async {
            if fate.there.is_zero() {
                return Ok(store.replace(shard, &write));
            }
            let arriving = tokio::spawn(async move {
                pause(fate.there).await;
                store.replace(shard, &write)
            });
            let outcome = arriving.await.map_err(|error| BusError::Away(error.to_string()));
            pause(fate.back).await;
            outcome
        };
        tokio::time::timeout(patience, self.unless_away(writing)).await.map_err(|_| away(patience))?
    }

    /// Waits for ever where nothing goes through, on the way there or on the way back.
    async fn unless_away<T>(&self, asking: impl Future<Output = T>) -> T {
        if self.is_away() {
            std::future::pending::<()>().await;
        }
        let answer = asking.await;
        if self.is_away() {
            std::future::pending::<()>().await;
        }
        answer
    }

    pub(super) async fn ask_owner(&self, shard: u8, message: Vec<u8>, patience: Duration) -> Result<Vec<u8>, BusError> {
        let owner = self.store.owners().get(&shard).cloned();
        let owner = owner.ok_or(BusError::Nobody)?;
        let (question, answer) = Question::new(message);
        owner.send(question).await.map_err(|_| BusError::Nobody)?;
        let answer = tokio::time::timeout(patience, answer).await.map_err(|_| away(patience))?;
        answer.map_err(|_| BusError::Nobody)
    }

    pub(super) fn hear(&self, shard: u8) -> mpsc::Receiver<Question> {
        let (send, heard) = mpsc::channel(REPORTS_MAX);
        self.store.owners().insert(shard, send);
        heard
    }

    pub(super) fn announce(&self, name: &str) {
        if self.is_away() {
            return;
        }
        let mut listeners = self.store.listeners();
        listeners.retain(|listener| !listener.is_closed());
        for listener in listeners.iter() {
            let _ = listener.try_send(name.to_owned());
        }
    }

    pub(super) fn presence(self: &Arc<Self>) -> mpsc::Receiver<String> {
        let (send, mut announced) = mpsc::channel(REPORTS_MAX);
        self.store.listeners().push(send);
        let (pass_on, heard) = mpsc::channel(REPORTS_MAX);
        let way = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    () = pass_on.closed() => return,
                    name = announced.recv() => name,
                };
                if let Some(name) = name.filter(|_| !way.is_away()) {
                    let _ = pass_on.try_send(name);
                }
            }
        });
        heard
    }
}

impl Store {
    fn records(&self) -> MutexGuard<'_, HashMap<u8, Entry>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<u8, mpsc::Sender<Question>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<mpsc::Sender<String>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl Faults {
    fn next(&self) -> Fate {
        let dice = mixed(self.n_questions.fetch_add(1, Ordering::Relaxed));
        let part = |bits: u64| self.slowness / 2 * u32::from(bits.to_le_bytes()[0]) / 255;
        let late = |is_late: bool| if is_late { self.slowness * 20 } else { Duration::ZERO };
        Fate {
            there: part(dice >> 32) + late(dice.is_multiple_of(30)),
            back: part(dice >> 40) + late(dice % 30 == 1),
            is_refused: !self.slowness.is_zero() && dice % 30 == 2,
        }
    }
}

fn refused() -> BusError {
    BusError::Away("the store does not take it".to_owned())
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
