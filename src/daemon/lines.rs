//! The two ends of the queue: the writer's, which has the database, and a worker's, which has none.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::app::App;
use crate::config::Config;
use crate::model::HostMemory;
use crate::pipeline::Stages;
use crate::queue::{
    Allowed, Bus, BusState, Clock, Dispatcher, Holdings, MemoryBus, NatsBus, NatsSettings, Permission, Rules, Shared,
    Terms, Turns,
};

use super::worker::{Identity, Worker};

/// Keys of the settings that may differ from machine to machine though their sections may not: what a machine can do, and where its files are.
const OWN_KEYS: [&str; 6] = [
    "fetch.host_wait_max_ms",
    "fetch.robots_cache_max",
    "fetch.proxy",
    "fetch.proxy_credentials_file",
    "fetch.resolve",
    "fetch.private_networks",
];

impl Identity {
    /// That of this process.
    #[must_use]
    pub fn of_this_process(config: &Config) -> Identity {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let machine = format!("{host}:{}", std::process::id());
        Identity { worker: format!("{machine}-{}", moment()), machine, settings: settings_in_common(config) }
    }
}

/// A number that no process on this machine has had before: the time at which it asks for it.
fn moment() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since.as_nanos())
}

/// The digest of the settings that the writer and its workers must have in common: how hosts are asked, and how feeds and pages are read.
fn settings_in_common(config: &Config) -> String {
    let mut digest = Sha256::new();
    for entry in &config.provenance {
        let is_common = ["fetch.", "feed.", "extract.", "site "].iter().any(|section| entry.key.starts_with(section))
            && !OWN_KEYS.contains(&entry.key.as_str());
        if is_common {
            digest.update(format!("{} = {}\n", entry.key, entry.value));
        }
    }
    // What an article means is told by whoever reads it.
    let encoder_bytes = config.encoder.as_ref().and_then(|path| std::fs::metadata(path).ok()).map(|file| file.len());
    digest.update(format!("encoder {encoder_bytes:?}\n"));
    digest.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A worker's end.
#[derive(Debug)]
pub struct WorkerLine {
    stages: Stages,
    bus: Bus,
    holdings: Holdings,
    permission: Permission,
}

impl WorkerLine {
    /// Reaches for the queue, and begins to look after hosts.
    ///
    /// # Errors
    ///
    /// A sentence, when the settings lead nowhere, or the HTTP client cannot be set up.
    pub async fn begin(config: &Config, nats: NatsSettings, identity: &Identity) -> Result<WorkerLine, String> {
        let mut stages = Stages::new(config)?;
        stages.meanings = stages.meanings.by(config.encoder.as_deref())?;
        let nats = NatsBus::connect(nats, &identity.machine).await.map_err(|error| error.to_string())?;
        let nats = Arc::new(nats);
        Ok(WorkerLine::over(stages, Bus::Nats(Arc::clone(&nats)), Shared::Nats(nats), identity, Clock::Machine))
    }

    /// The same with parts at hand.
    #[must_use]
    pub fn over(mut stages: Stages, bus: Bus, shared: Shared, identity: &Identity, clock: Clock) -> WorkerLine {
        let permission = Permission::new(clock);
        let holdings = Holdings::begin(shared.clone(), identity.worker.clone(), Terms::default(), clock);
        let turns = Turns::new(holdings.clone(), shared, permission.clone(), &identity.worker);
        stages.fetcher = stages.fetcher.under(Arc::new(Allowed::new(turns.clone(), permission.clone())));
        turns.lend_by(stages.fetcher.clone());
        WorkerLine { stages, bus, holdings, permission }
    }

    /// The worker.
    #[must_use]
    pub fn worker(self, identity: Identity, config: Arc<Config>) -> Worker {
        Worker::new(identity, config, self.stages, self.bus, self.holdings, self.permission)
    }
}

/// The writer's end.
#[derive(Debug)]
pub struct WriterLine {
    /// Hands work out.
    pub dispatcher: Dispatcher,
    /// How it is with the queue.
    pub state: watch::Receiver<BusState>,
    tasks: Vec<JoinHandle<()>>,
    stop_embedded: watch::Sender<bool>,
}

impl WriterLine {
    /// Reaches for the queue, and answers whoever asks for work. `hosts` is what is known of hosts; so many pages are fetched in this process
    /// at one time, also while the queue is away.
    ///
    /// # Errors
    ///
    /// A sentence, when the settings lead nowhere, or another writer answers there.
    pub async fn begin(
        app: &App,
        nats: NatsSettings,
        n_embedded: usize,
        hosts: &HostMemory,
    ) -> Result<WriterLine, String> {
        let config = &app.config;
        let identity = Identity::of_this_process(config);
        let nats = NatsBus::connect(nats, &identity.machine).await.map_err(|error| error.to_string())?;
        let nats = Arc::new(nats);
        let state = nats.state();
        let rules = Rules {
            run: format!("{}-{}", std::process::id(), moment()),
            settings: identity.settings.clone(),
            lease: config.schedule.lease,
        };
        let dispatcher = Dispatcher::new(rules, hosts);
        if let Err(error) = nats.set_up().await {
            warn!("the queue is not ready yet, and is made so as soon as it can be reached: {error}");
        }
        let elsewhere = nats.desk().await.map_err(|error| error.to_string())?;
        let reports = nats.reports().await.map_err(|error| error.to_string())?;
        let (memory, desk) = MemoryBus::new();
        let is_away = {
            let state = state.clone();
            move || state.borrow().is_away()
        };
        let mut tasks = vec![
            tokio::spawn(dispatcher.clone().answer(elsewhere, desk.questions, is_away)),
            tokio::spawn(dispatcher.clone().take_reports(reports)),
            tokio::spawn(dispatcher.clone().take_reports(desk.reports)),
        ];
        let (stop_embedded, stopped) = watch::channel(false);
        if n_embedded > 0 {
            let mut own = (**config).clone();
            own.daemon.article_tasks = n_embedded;
            let stages = app.stages.clone();
            let line = WorkerLine::over(stages, Bus::Memory(memory), Shared::Nats(nats), &identity, Clock::Machine);
            let worker = line.worker(identity, Arc::new(own));
            tasks.push(tokio::spawn(async move {
                worker.run(stopped).await;
            }));
        }
        Ok(WriterLine { dispatcher, state, tasks, stop_embedded })
    }

    /// Ends: the worker in this process gives back what it holds, and nobody is answered any more.
    pub async fn end(self, patience: Duration) {
        let _ = self.stop_embedded.send(true);
        let WriterLine { mut tasks, .. } = self;
        if tasks.len() > 3
            && let Some(embedded) = tasks.pop()
            && tokio::time::timeout(patience, embedded).await.is_err()
        {
            warn!("the worker in this process did not end in time");
        }
        for task in &tasks {
            task.abort();
        }
        info!("the queue is left");
    }
}
