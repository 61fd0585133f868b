//! `newswire run`: the daemon.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::app::{App, AppError};
use crate::config::{self, Config};
use crate::daemon::{self, Control, Engine, EngineError, Event, InWork, Notifier, Tally, Until, WriterLine};
use crate::publish;
use crate::serve::{self, Metrics};
use crate::store::{OpeningWatcher, Scope, StoreError, SyncReport};
use crate::tell;

use super::live::Live;
use super::source_list;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::{self, Manner, Screen};
use crate::cli::terminal::signals;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire run                             with the settings that are found
  newswire --db news.db run -v             into this database, telling more
  newswire --log-format json run 2>> log   a JSON object for each message
  newswire run --nats nats://queue.example:4222 --embedded 8
                                           hand work to the machines that run `newswire work`, and do some here

SIGTERM and Ctrl-C let what is in work be finished, a second one gives it back at once. SIGHUP reads the settings and the sources anew. \
A command beside it may read, and change what is followed; `newswire fetch` hands it the work.")]
pub(crate) struct RunCommand {
    /// A server of the queue by which workers get the work (`newswire work`); may be given several times
    #[arg(long, value_name = "URL")]
    nats: Vec<String>,

    /// Pages that are fetched here at one time beside the workers, and alone while the queue is away
    #[arg(long, value_name = "N")]
    embedded: Option<u16>,
}

/// The first signal lets work end, the second gives it back, and the third, or some seconds, no longer wait for the database either.
const N_SIGNALS_MAX: u32 = 3;

/// What is said then.
const LAST_WORDS: &str =
    "ended at once: what was in work and is not given back yet is given back by the next start, and nothing is lost";

pub(crate) fn run(context: &mut Context, command: &RunCommand) -> Result<(), Failure> {
    context.name_queue(&command.nats);
    if let Some(n) = command.embedded {
        context.overrides.flags.push(("queue.embedded", n.to_string(), "--embedded"));
    }
    let overrides = context.overrides.clone();
    Context::runtime()?.block_on(async {
        // Before anything that takes its time.
        let mut signals = signals::listen(N_SIGNALS_MAX, Some(LAST_WORDS))?;
        let config = configured(context)?;
        let notifier = Notifier::from_environment();
        let watcher = OpeningWatcher { stop: flag(&signals.stop), tell: Box::new(notifier.while_opening()) };
        let mut app = match App::build_watched(config, Some(watcher)) {
            Err(AppError::Store(StoreError::GivenUp { path })) => {
                info!("stopped while {path} was brought to this version; the next start begins anew with that");
                return Ok(());
            }
            built => built?,
        };
        let started_at = Timestamp::now();
        let mut workers = queue(&mut app).await?;
        let (report, notice) = source_list::synchronize(&app).await?;
        tell_of_start(&app, &report, notice.as_deref())?;
        tokio::spawn(tell_of_end(signals.stop.clone(), app.config.daemon.grace_period));
        let (reload_sender, reload) = mpsc::channel(1);
        let control = Control { stop: signals.stop.clone(), reload };
        let reloading = app.clone();
        let (parts_in_force, parts) = watch::channel(app.clone());
        if let Some(workers) = &mut workers {
            workers.follow(parts.clone());
        }
        let alarms = daemon::look_for_alarms(parts.clone());
        let beside = tokio::spawn(async { tokio::join!(alarms, daemon::follow_source_list(parts)) });
        let (settings_in_force, settings) = watch::channel(Arc::clone(&app.config));
        let reloader = tokio::spawn(async move {
            while signals.hangup.recv().await.is_some() {
                match reconfigure(&reloading, &overrides).await {
                    Ok(app) => {
                        parts_in_force.send_replace(app.clone());
                        settings_in_force.send_replace(Arc::clone(&app.config));
                        if reload_sender.send(app).await.is_err() {
                            return;
                        }
                    }
                    Err(failure) => error!("the settings are not reloaded, the old ones stay in force: {failure}"),
                }
            }
        });
        let metrics = Arc::new(Metrics::new());
        let (of_events, of_commits, of_fetches) = (Arc::clone(&metrics), Arc::clone(&metrics), Arc::clone(&metrics));
        app.stages.fetcher.watch(Box::new(move |figure| of_fetches.note_fetch(figure)));
        app.store.watch_commits(Box::new(move |figures| of_commits.note_commit(figures)));
        let in_work = InWork::default();
        let database = app.config.store.path.clone();
        let live = match logging::screen(&app.config.log, context.verbosity) {
            Screen::Log => None,
            screen => Some(Live::start(database.clone(), in_work.clone(), screen == Screen::Lines)),
        };
        let mut show = live.as_ref().map(Live::observer);
        let observe = Box::new(move |event: &Event| {
            of_events.note(event);
            if let Some(show) = &mut show {
                show(event);
            }
        });
        let mut engine = Engine::new(app.clone(), Scope::All, Until::Stopped, observe)
            .with_notifier(notifier)
            .watched_by(in_work)
            .hurried_by(signals.hurry.clone());
        if let Some(workers) = &workers {
            engine = engine
                .by_workers(workers.dispatcher.clone())
                .telling_of(workers.watch())
                .supervised_by(workers.supervisor());
        }
        let listening = serve::start(&app.config, metrics, engine.pulse())?;
        let telling = tell::start(&app.store, settings)
            .map_err(|error| Failure::Failed(format!("watches cannot be judged: {error}")))?;
        let database = app.config.store.path.clone();
        let publishing = workers.as_ref().map(|workers| publish::start(database, Arc::clone(&workers.nats)));
        let outcome = engine.run(control).await;
        if let Some(workers) = workers {
            workers.end(app.config.daemon.grace_period).await;
        }
        if let Some(publishing) = publishing {
            publishing.stop().await;
        }
        telling.stop().await;
        drop(listening);
        drop(live);
        reloader.abort();
        beside.abort();
        app.store.close().await?;
        let tally = match &outcome {
            Ok(tally) => *tally,
            Err(EngineError::EndUnwritten { tally, .. }) => **tally,
            Err(error) => return Err(error.clone().into()),
        };
        tell_of_work(&tally, started_at);
        outcome.map(|_| ()).map_err(Failure::from)
    })
}

/// Says that the daemon has started, on what, and what is not as it should be.
fn tell_of_start(app: &App, report: &SyncReport, notice: Option<&str>) -> Result<(), Failure> {
    let n_listed = app.config.sources.len();
    let database = app.config.store.path.display();
    info!("newswire {} started, database {database}, {n_listed} sources listed", env!("CARGO_PKG_VERSION"));
    if let Some(notice) = notice {
        warn!("{notice}");
    }
    daemon::log_changes(report);
    warn_of_what_is_missing(&app.config);
    let is_any_followed = Context::reader(&app.config.store.path)?.n_followed()? > 0;
    if app.config.list_at_address.is_none() && !is_any_followed {
        info!("no source is followed; `newswire sources add URL` adds one while the daemon runs");
    }
    Ok(())
}

/// Says what was done.
fn tell_of_work(tally: &Tally, started_at: Timestamp) {
    let ran = Timestamp::now().duration_since(started_at).as_secs();
    info!(
        "stopped after {ran} s: {} polls, {} articles, {} duplicates, {} revisions, {} failures",
        tally.polls + tally.polls_failed,
        tally.articles,
        tally.duplicates,
        tally.revisions,
        tally.n_failed()
    );
}

/// The writer's end of the queue, where the settings name one.
async fn queue(app: &mut App) -> Result<Option<WriterLine>, Failure> {
    if app.config.queue.servers.is_empty() {
        return Ok(None);
    }
    let hosts = Context::reader(&app.config.store.path)?.host_memory(Timestamp::now())?;
    WriterLine::begin(app, &hosts).await.map(Some).map_err(Failure::Failed)
}

/// The settings, of which all is at hand without which the daemon would end: so far nothing is begun.
fn configured(context: &mut Context) -> Result<Arc<Config>, Failure> {
    let config = context.configure(Manner::Daemon)?;
    if config.http.listen.is_some() {
        config.check_password()?;
    }
    Ok(config)
}

/// Says that a stop was asked for.
async fn tell_of_end(mut stop: watch::Receiver<bool>, grace_period: Duration) {
    if stop.changed().await.is_ok() {
        let seconds = grace_period.as_secs();
        info!("stopping: what is at work may end, for up to {seconds} s; a second signal ends it at once");
    }
}

/// A flag that is set when a stop is asked for, for work that waits for nothing.
fn flag(stop: &watch::Receiver<bool>) -> Arc<AtomicBool> {
    let (mut stop, flag) = (stop.clone(), Arc::new(AtomicBool::new(false)));
    let set = Arc::clone(&flag);
    tokio::spawn(async move {
        if stop.changed().await.is_ok() {
            set.store(true, Ordering::Relaxed);
        }
    });
    flag
}

async fn reconfigure(app: &App, overrides: &config::Overrides) -> Result<App, Failure> {
    let config = config::load(overrides)?;
    if config.store.path != app.config.store.path {
        return Err(Failure::Failed("store.path cannot change while the daemon runs; restart it".to_owned()));
    }
    if config.http != app.config.http {
        warn!("settings of http take effect when the daemon is restarted");
    }
    if config.queue != app.config.queue {
        warn!("settings of queue take effect when the daemon is restarted");
    }
    let app = app.reconfigured(Arc::new(config))?;
    let (report, notice) = source_list::synchronize(&app).await?;
    if let Some(notice) = notice {
        warn!("{notice}");
    }
    daemon::log_changes(&report);
    warn_of_what_is_missing(&app.config);
    Ok(app)
}

/// Sources whose credentials are not at hand fail one by one, as receivers do whose programs are not, and the others go on.
fn warn_of_what_is_missing(config: &Config) {
    for problem in config.problems_of_credentials().into_iter().chain(config.problems_of_programs()) {
        warn!("{problem}");
    }
}
