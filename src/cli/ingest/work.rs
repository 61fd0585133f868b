//! `newswire work`: fetches and reads pages for a daemon on another machine.

use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::signals;
use crate::config::{self, Config};
use crate::daemon::{Identity, Notifier, WorkerLine, WorkerParts};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire work --nats nats://queue.example:4222   work for the daemon that is reached by this server
  newswire work                                    as the settings say ([queue] servers)

A worker has no database. It needs the program of the daemon's version and its settings for fetching and reading: it is told where they are \
others, and waits. Any number of them work for one daemon, and each host is asked by one of them at a time. SIGTERM and Ctrl-C let what is in \
work be finished and reported, and pass its hosts on. docs/workers.md tells how it is set up.")]
pub(crate) struct WorkCommand {
    /// A server of the queue; may be given several times
    #[arg(long, value_name = "URL")]
    nats: Vec<String>,
}

/// What is said where it is to end at once.
const LAST_WORDS: &str =
    "ended at once: what was in work is fetched again by others within a minute, and nothing is lost";

pub(crate) fn run(context: &mut Context, command: &WorkCommand) -> Result<(), Failure> {
    context.name_queue(&command.nats);
    Context::runtime()?.block_on(async {
        let mut signals = signals::listen(2, Some(LAST_WORDS))?;
        let config = context.configure_for_work()?;
        if config.queue.servers.is_empty() {
            return Err(Failure::Usage(
                "no queue to work for: name a server of it with --nats nats://HOST:4222, or as `servers` below [queue] in the settings".to_owned(),
            ));
        }
        let identity = Identity::of_this_process();
        info!("newswire {} works as {}", env!("CARGO_PKG_VERSION"), identity.machine);
        let line = WorkerLine::begin(&config, &identity).await.map_err(Failure::Failed)?;
        let (parts, in_force) = watch::channel(WorkerParts::new(config, line.stages().clone()));
        let overrides = context.overrides.clone();
        tokio::spawn(async move {
            while signals.hangup.recv().await.is_some() {
                let current = parts.borrow().clone();
                match reconfigured(&current, &overrides) {
                    Ok(new) => {
                        parts.send_replace(new);
                        info!("settings reloaded");
                    }
                    Err(failure) => error!("the settings are not reloaded, the old ones stay in force: {failure}"),
                }
            }
        });
        let worker = line.worker(identity, in_force).with_notifier(Notifier::from_environment());
        let tally = worker.run(signals.stop.clone()).await.map_err(|error| Failure::Failed(error.to_string()))?;
        info!("stopped: {} polls, {} articles, {} given back", tally.polls, tally.articles, tally.given_back);
        Ok(())
    })
}

fn reconfigured(parts: &WorkerParts, overrides: &config::Overrides) -> Result<WorkerParts, Failure> {
    let (config, _): (Config, _) = config::load_for_pages(overrides)?;
    if config.queue != *parts.queue() {
        warn!("settings of queue take effect when the worker is restarted");
    }
    parts.reconfigured(Arc::new(config)).map_err(Failure::Failed)
}
