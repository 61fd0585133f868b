//! The two ends of the queue: the writer's, which has the database, and a worker's, which has none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::app::App;
use crate::config::Config;
use crate::model::HostMemory;
use crate::pipeline::Stages;
use crate::queue::{
    Allowed, Bus, BusError, Clock, Dispatcher, Holdings, MemoryBus, NatsBus, Permission, Rules, Shared, Supervisor,
    Terms, Turns,
};

use super::queue_watch::{QueueWatch, count_reports};
use super::worker::Worker;
use super::worker_parts::{Identity, WorkerParts, moment, settings_in_common};

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
    pub async fn begin(config: &Config, identity: &Identity) -> Result<WorkerLine, String> {
        let mut stages = Stages::new(config)?;
        stages.meanings = stages.meanings.by(config.encoder.as_deref())?;
        let nats = NatsBus::connect(&config.queue, &identity.machine).await.map_err(|error| error.to_string())?;
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

    /// Its stages, which ask hosts only as it may.
    #[must_use]
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// The worker. `parts` are its settings and stages, now and after a reload.
    #[must_use]
    pub fn worker(self, identity: Identity, parts: watch::Receiver<WorkerParts>) -> Worker {
        Worker::new(identity, parts, self.bus, self.holdings, self.permission)
    }
}

/// The writer's end.
#[derive(Debug)]
pub struct WriterLine {
    /// Hands work out.
    pub dispatcher: Dispatcher,
    /// The queue.
    pub nats: Arc<NatsBus>,
    n_reports_waiting: watch::Receiver<Option<u64>>,
    tasks: Vec<JoinHandle<()>>,
    embedded: Option<Embedded>,
}

/// The worker in the writer's process.
#[derive(Debug)]
struct Embedded {
    n: usize,
    stop: watch::Sender<bool>,
    parts: watch::Sender<WorkerParts>,
    task: JoinHandle<()>,
}

impl Embedded {
    /// Its settings: those of the process, but for how much it does at one time.
    fn parts(n: usize, app: &App) -> WorkerParts {
        let mut config = (*app.config).clone();
        config.daemon.article_tasks = n;
        config.daemon.poll_tasks = config.daemon.poll_tasks.min(n);
        WorkerParts::new(Arc::new(config), app.stages.clone())
    }
}

impl WriterLine {
    /// Reaches for the queue, and answers whoever asks for work. `hosts` is what is known of hosts. From now on `app` itself asks hosts only by
    /// leave of whoever looks after them.
    ///
    /// # Errors
    ///
    /// A sentence, when the settings lead nowhere, another writer answers there, or the streams of this prefix are those of somebody else.
    pub async fn begin(app: &mut App, hosts: &HostMemory) -> Result<WriterLine, String> {
        let config = Arc::clone(&app.config);
        let identity = Identity::of_this_process();
        let nats = NatsBus::connect(&config.queue, &identity.machine).await.map_err(|error| error.to_string())?;
        let nats = Arc::new(nats);
        let run = format!("{}-{}", std::process::id(), moment());
        let dispatcher = Dispatcher::new(&run, rules(&config), hosts);
        match nats.set_up().await {
            // What stands there is not ours, and does not become so.
            Err(error @ BusError::Wrong(_)) => return Err(error.to_string()),
            Err(error) => warn!("the queue is not ready yet, and is made so as soon as it can be reached: {error}"),
            Ok(()) => {}
        }
        let elsewhere = nats.desk().await.map_err(|error| error.to_string())?;
        let reports = nats.reports().await.map_err(|error| error.to_string())?;
        let (memory, desk) = MemoryBus::new();
        let state = nats.state();
        let is_away = move || state.borrow().is_away();
        let (n_waiting, n_reports_waiting) = watch::channel(None);
        let supervisor = nats.supervisor().clone();
        let tasks = vec![
            supervisor.spawn("counts reports", count_reports(Arc::clone(&nats), n_waiting)),
            supervisor.spawn("answers workers", dispatcher.clone().answer(elsewhere, desk.questions, is_away)),
            supervisor.spawn("takes in reports", dispatcher.clone().take_reports(reports)),
            supervisor.spawn("takes in its own reports", dispatcher.clone().take_reports(desk.reports)),
        ];
        let (shared, n) = (Shared::Nats(Arc::clone(&nats)), config.queue.embedded);
        let embedded = if n > 0 {
            let line = WorkerLine::over(app.stages.clone(), Bus::Memory(memory), shared, &identity, Clock::Machine);
            app.stages = line.stages().clone();
            let (parts, of_worker) = watch::channel(Embedded::parts(n, app));
            let (stop, stopped) = watch::channel(false);
            let worker = line.worker(identity, of_worker);
            let task = supervisor.spawn("works in the daemon", async move {
                // Whoever runs the daemon hears of what it ends with too.
                let _ = worker.run(stopped).await;
            });
            Some(Embedded { n, stop, parts, task })
        } else {
            let turns = Turns::new(Holdings::none(), shared, Permission::new(Clock::Machine), &identity.worker);
            app.stages.fetcher = app.stages.fetcher.under(Arc::new(turns));
            None
        };
        Ok(WriterLine { dispatcher, nats, n_reports_waiting, tasks, embedded })
    }

    /// What tells how the queue is.
    #[must_use]
    pub fn watch(&self) -> QueueWatch {
        let (dispatcher, waiting) = (self.dispatcher.clone(), self.n_reports_waiting.clone());
        QueueWatch::new(dispatcher, self.nats.state(), self.nats.addresses(), waiting)
    }

    /// Who hears of it where a task of the queue panics.
    #[must_use]
    pub fn supervisor(&self) -> Supervisor {
        self.nats.supervisor().clone()
    }

    /// Goes by the settings in force.
    pub fn follow(&mut self, mut parts: watch::Receiver<App>) {
        let dispatcher = self.dispatcher.clone();
        let embedded = self.embedded.as_ref().map(|embedded| (embedded.n, embedded.parts.clone()));
        self.tasks.push(self.nats.supervisor().spawn("follows the settings", async move {
            while parts.changed().await.is_ok() {
                let app = parts.borrow_and_update().clone();
                dispatcher.go_by(rules(&app.config));
                if let Some((n, parts)) = &embedded {
                    parts.send_replace(Embedded::parts(*n, &app));
                }
            }
        }));
    }

    /// Ends: the worker in this process gives back what it holds, and nobody is answered any more.
    pub async fn end(self, patience: Duration) {
        if let Some(Embedded { stop, task, .. }) = self.embedded {
            stop.send_replace(true);
            if tokio::time::timeout(patience, task).await.is_err() {
                warn!("the worker in this process did not end in time");
            }
        }
        for task in &self.tasks {
            task.abort();
        }
        info!("the queue is left");
    }
}

fn rules(config: &Config) -> Rules {
    let (n_entries_max, lease) = (config.feed.entries_max, config.schedule.lease);
    Rules { settings: settings_in_common(config), n_entries_max, lease }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::config;
    use crate::daemon::{Control, Engine, EngineError, Until};
    use crate::queue::{Fault, MemoryShared};
    use crate::store::Scope;

    const PATIENCE: Duration = Duration::from_secs(30);
    const FALLEN: Fault = Fault::Panicked("falls");

    fn fall(supervisor: &Supervisor) {
        supervisor.spawn("falls", async { panic!("on purpose") });
    }

    #[tokio::test]
    async fn a_worker_ends_where_a_task_has_panicked_that_it_needs() {
        let config = Arc::new(config::defaults());
        let (shared, (bus, _desk)) = (Shared::Memory(Arc::new(MemoryShared::default())), MemoryBus::new());
        let (supervisor, identity) = (shared.supervisor().clone(), Identity::of_this_process());
        let stages = Stages::new(&config).unwrap();
        let line = WorkerLine::over(stages, Bus::Memory(bus), shared, &identity, Clock::Machine);
        let (_parts, in_force) = watch::channel(WorkerParts::new(config, line.stages().clone()));
        let (_stop, stopped) = watch::channel(false);
        let working = tokio::spawn(line.worker(identity, in_force).run(stopped));
        fall(&supervisor);
        let ended = tokio::time::timeout(PATIENCE, working).await.expect("it ends").unwrap();
        assert_eq!(ended, Err(FALLEN));
    }

    #[tokio::test]
    async fn a_daemon_ends_where_a_task_of_its_queue_has_panicked() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config::defaults();
        config.store.path = folder.path().join("a.db");
        let app = App::build(Arc::new(config)).unwrap();
        let supervisor = Supervisor::default();
        let engine = Engine::new(app.clone(), Scope::All, Until::Stopped, Box::new(|_| {}));
        let ((_stop, stop), (_reload, reload)) = (watch::channel(false), mpsc::channel(1));
        let running = tokio::spawn(engine.supervised_by(supervisor.clone()).run(Control { stop, reload }));
        fall(&supervisor);
        let ended = tokio::time::timeout(PATIENCE, running).await.expect("it ends").unwrap();
        assert!(matches!(&ended, Err(EngineError::Queue(fault)) if *fault == FALLEN), "{ended:?}");
        app.store.close().await.unwrap();
    }
}
