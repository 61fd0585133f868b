//! `newswire restore`: a backup takes the place of the database.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::store::{self, CopyWatcher, Reader, Restored};

use super::backup::show;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, with_file};
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::{counted, size};

#[derive(Debug, Args)]
#[command(after_help = "\
The daemon must not run. The backup itself stays as it is. What is in the place of the database is kept beside it, under a
name with the time. Cursors of tail begin anew: to them it is another database.

Examples:
  newswire restore /backups/newswire-2026-11-20.db
  newswire --db /var/lib/newswire/newswire.db restore --force /backups/latest.db")]
pub(crate) struct RestoreCommand {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Put the database aside that is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(context: &mut Context, command: &RestoreCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let database = &config.store.path;
    if let Some(reason) = config.store.unplaced.as_ref().filter(|_| !database.exists()) {
        return Err(Failure::Failed(format!("{}: there is no database yet, and {reason}", database.display())));
    }
    store::make_own_folder(&config.store);
    let interrupt = signals::watch()?;
    let is_quiet = context.verbosity == Verbosity::Quiet;
    let progress = Progress::through_bytes("restoring", is_quiet);
    let mut tell = |stage| show(&progress, stage);
    let mut watcher = CopyWatcher { stop: interrupt.flag(), tell: &mut tell };
    let outcome = store::restore(&command.file, database, command.force, &mut watcher);
    progress.finish();
    if outcome.is_err() {
        interrupt.check(|| format!("{} is as it was", database.display()))?;
    }
    let Restored { file_bytes, n_articles, put_aside } = outcome.map_err(with_file)?;
    let aside = put_aside.map(|path| path.display().to_string());
    if context.output.is_json() {
        let file = database.display().to_string();
        let value = json!({ "file": file, "bytes": file_bytes, "articles": n_articles, "put_aside": aside });
        context.output.json(&value)?;
    } else if !is_quiet {
        say!("{}: {}, {}", database.display(), size(file_bytes), counted(n_articles, "article"));
        if let Some(aside) = aside {
            say!("what was there is {aside}");
        }
    }
    let volumes = Reader::open(database).and_then(|reader| reader.volume_rows()).unwrap_or_default();
    for volume in volumes.iter().filter(|volume| !volume.is_there && volume.state != "writing" && !is_quiet) {
        say!("newswire: the texts of {} are in {}, which is not there; put it back too", volume.month, volume.path);
    }
    Ok(())
}
