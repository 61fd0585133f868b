//! `newswire backup`, and what it has in common with `newswire snapshot`: a copy of the database in one file.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::store::{self, CopyPlan, CopyStage, CopyWatcher, FileCopy, Reader, StoreError, VolumeRow};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::{counted, one_line, size};

#[derive(Debug, Args)]
#[command(after_help = "\
All of the database as it is at one moment, in one file, while a daemon goes on writing. It appears under its name when
it is whole and has been looked at: pages, references, full-text indexes, counts; one whose pages are damaged is not
written, other faults are named (exit code 3). To look into it: newswire --db FILE status. To go back to it: stop the daemon
and newswire restore FILE.

With --keep the file is named after the time and put into a folder, and then older ones go, as far as they are named so. While
something is wrong with the newest none goes.

Examples:
  newswire backup /backups/newswire.db
  newswire backup --keep 7 /backups                   newswire-20261120T030000Z.db, and the six before it
  newswire --db /var/lib/newswire/newswire.db backup --force /backups/latest.db")]
pub(crate) struct BackupCommand {
    #[command(flatten)]
    target: TargetArguments,

    /// Copy it as it is, without a look
    #[arg(long)]
    no_verify: bool,

    /// FILE is a folder: add a backup to it, and keep so many
    #[arg(long, value_name = "N", conflicts_with_all = ["no_verify", "force"], value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

/// The file to write.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(context: &mut Context, command: &BackupCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let database = &config.store.path;
    match command.keep {
        None => back_up(context, database, &command.target, command.no_verify),
        Some(n_kept) => {
            let folder = &command.target.file;
            if !folder.is_dir() {
                return Err(Failure::Usage(format!(
                    "{}: there is no such folder to keep backups in",
                    folder.display()
                )));
            }
            let file = folder.join(store::backup_name(database, Timestamp::now()));
            back_up(context, database, &TargetArguments { file, force: false }, false)?;
            let removed = store::remove_older_backups(folder, database, usize::try_from(n_kept).unwrap_or(usize::MAX));
            let removed = removed.map_err(|error| {
                Failure::Partly(format!(
                    "{}: the backup is written, an older one could not be removed: {error}",
                    folder.display()
                ))
            })?;
            if context.verbosity != Verbosity::Quiet {
                for file in &removed {
                    say!("{}: removed", file.display());
                }
            }
            Ok(())
        }
    }
}

fn back_up(context: &mut Context, database: &Path, target: &TargetArguments, is_as_it_is: bool) -> Result<(), Failure> {
    let mut faults = Vec::new();
    write_copy(context, database, target, Progress::through_bytes, "backing up", |plan, watcher| {
        let backup = store::back_up(plan, !is_as_it_is, watcher)?;
        faults = backup.faults;
        Ok(backup.copy)
    })?;
    for fault in &faults {
        let advice = fault.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        say!("newswire: {}: {}", fault.subject.as_str(), one_line(&format!("{}{advice}", fault.text)));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let way = if faults.iter().any(|fault| fault.is_mendable) { ": `newswire doctor --fix`" } else { "" };
    Err(Failure::Partly(format!("the backup is written, and what is wrong in it is in the database too{way}")))
}

/// Has a copy written, tells how far it is on the bar that `begin` begins, and what came of it. SIGINT and SIGTERM end it, with nothing left behind.
pub(crate) fn write_copy(
    context: &mut Context,
    database: &Path,
    target: &TargetArguments,
    begin: fn(&str, bool) -> Progress,
    what: &str,
    write: impl FnOnce(CopyPlan<'_>, &mut CopyWatcher<'_>) -> Result<FileCopy, StoreError>,
) -> Result<(), Failure> {
    let interrupt = signals::watch()?;
    let is_quiet = context.verbosity == Verbosity::Quiet;
    let progress = begin(what, is_quiet);
    let mut tell = |stage| show(&progress, stage);
    let plan = CopyPlan { database, target: &target.file, replaces: target.force };
    let outcome = write(plan, &mut CopyWatcher { stop: interrupt.flag(), tell: &mut tell });
    progress.finish();
    if outcome.is_err() {
        interrupt.check(|| format!("nothing is written to {}", target.file.display()))?;
    }
    let FileCopy { file_bytes, n_articles } = outcome?;
    if store::has_other_names(database) {
        Context::tell_other_names(database);
    }
    if context.output.is_json() {
        let file = target.file.display().to_string();
        context.output.json(&json!({ "file": file, "bytes": file_bytes, "articles": n_articles }))?;
    } else if !is_quiet {
        say!("{}", summary(&target.file, file_bytes, n_articles));
    }
    tell_volumes(database, is_quiet);
    Ok(())
}

/// Says what is not in a copy: the texts of months that are closed.
fn tell_volumes(database: &Path, is_quiet: bool) {
    let rows = Reader::open(database).and_then(|reader| reader.volume_rows()).unwrap_or_default();
    let closed: Vec<&VolumeRow> = rows.iter().filter(|row| row.state != "writing").collect();
    let (Some(first), false) = (closed.first(), is_quiet) else { return };
    let folder = Path::new(&first.path).parent().unwrap_or(Path::new("")).display();
    let months = counted(closed.len(), "closed month");
    say!("newswire: without the texts of {months}, which are in {folder}; copy that folder too");
}

/// Shows how far a copy is.
pub(crate) fn show(progress: &Progress, stage: CopyStage) {
    match stage {
        CopyStage::Bytes { done, total } => {
            progress.set_length(total);
            progress.set_position(done);
        }
        CopyStage::Rows { done, total } => {
            progress.set_length(total);
            progress.set_position(done);
            progress.set_message("rows".to_owned());
        }
        CopyStage::Indexing => progress.set_message("indexing".to_owned()),
        CopyStage::Packing => progress.set_message("writing".to_owned()),
    }
}

fn summary(file: &Path, file_bytes: u64, n_articles: u64) -> String {
    format!("{}: {}, {}", file.display(), size(file_bytes), counted(n_articles, "article"))
}
