//! `newswire serve`: pages about what is stored, for a browser, and feeds of it.

use std::path::Path;

use clap::Args;
use tokio::sync::watch;

use crate::cli::terminal::messages::say;
use crate::config::{Config, Listen};
use crate::serve::{self, Listening};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::signals;

/// Where pages are shown where nobody says otherwise.
const LISTEN: &str = "127.0.0.1:8008";

const FREE_PORT: &str = "127.0.0.1:0";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire serve                             pages at http://127.0.0.1:8008/ until Ctrl-C
  newswire serve --listen 127.0.0.1:0        at any free port
  newswire --db snapshot.db serve            about a snapshot

It only reads, beside a daemon or without one. At an address that other machines reach it asks for the password of
http.credentials. Each page is JSON too (/sources.json), and lists are feeds
(/search.atom?q=harbour, /stories.atom?min_sources=3). With http.pages the daemon shows the same at http.listen.")]
pub(crate) struct ServeCommand {
    /// Where: an address with a port, a path behind `unix:`, or `systemd`
    #[arg(long, value_name = "PLACE", default_value = LISTEN, value_parser = Listen::parse)]
    pub(crate) listen: Listen,
}

pub(crate) fn run(context: &mut Context, command: &ServeCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    config.check_password()?;
    let database = &config.store.path;
    // What cannot be read is told now, and not to a browser.
    drop(Context::reader(database)?);
    Context::runtime()?.block_on(async {
        let signals = signals::listen(2, None)?;
        let listening = serve::start_pages(&command.listen, &config).map_err(|error| {
            if error.is_taken() {
                Failure::Failed(format!("{error}; --listen 127.0.0.1:0 takes a free port"))
            } else {
                error.into()
            }
        })?;
        show(context, &listening, database, signals.stop).await;
        Ok(())
    })
}

/// Shows a demo's database at the usual place, or at any free port where that is taken, until somebody wishes an end.
pub(crate) async fn show_demo(context: &Context, config: &Config, stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let start = |place: &str| {
        let listen = Listen::parse(place).map_err(Failure::Failed)?;
        Ok::<_, Failure>(serve::start_pages(&listen, config)?)
    };
    let listening = start(LISTEN).or_else(|_| start(FREE_PORT))?;
    show(context, &listening, &config.store.path, stop).await;
    Ok(())
}

async fn show(context: &Context, listening: &Listening, database: &Path, mut stop: watch::Receiver<bool>) {
    if context.verbosity != Verbosity::Quiet {
        let places = listening.places().join(", ");
        say!("newswire: {} is shown at {places}; Ctrl-C ends it", database.display());
    }
    let _ = stop.wait_for(|is_stopped| *is_stopped).await;
}
