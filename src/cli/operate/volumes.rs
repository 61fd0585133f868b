//! `newswire volumes`: months that are over, in files of their own.

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::store::{self, Closing, ClosingStage, Month, VolumeRow};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::{Manner, Verbosity};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::table::{number, text, time, whole};
use crate::cli::terminal::text::{counted, size};

#[derive(Debug, Args)]
#[command(after_help = "\
The texts of a month go to a file in the folder DATABASE.volumes, with a full-text index of their own, and that file never changes again. \
What an article is known by stays in the database: nothing comes back as new, and show, search, ls, export, the pages and all else read as \
before. backup and snapshot copy the database alone: keep copies of the folder too.

Examples:
  newswire volumes close 2026-09     the articles that were first seen in September
  newswire volumes ls
  newswire volumes check             whether all files are there, and as they were written")]
pub(crate) struct VolumesCommand {
    #[command(subcommand)]
    action: VolumesAction,
}

#[derive(Debug, Subcommand)]
enum VolumesAction {
    /// Move the texts of months that are over to files of their own
    #[command(after_help = "\
It works beside a running daemon, in short transactions. Texts are taken out of the database only where the file, which was written to the \
disk and read again, has the very same. Whatever ends it on the way, the same command again goes on.

Examples:
  newswire volumes close 2026-09
  newswire volumes close 2026-07 2026-08 2026-09")]
    Close {
        /// Months in UTC
        #[arg(value_name = "MONTH", required = true)]
        months: Vec<Month>,
    },
    /// List the files: month, articles, size, and whether they are there
    #[command(after_help = "\
Examples:
  newswire volumes ls
  newswire --json volumes ls | jq -r .path     the files that a backup needs beside the database")]
    Ls,
    /// Whether each file is there and as it was written; reads all of them
    #[command(after_help = "\
Examples:
  newswire volumes check
  newswire volumes check 2026-09")]
    Check {
        /// Months in UTC; all of them where none is named
        #[arg(value_name = "MONTH")]
        months: Vec<Month>,
    },
}

pub(crate) fn run(context: &mut Context, command: &VolumesCommand) -> Result<(), Failure> {
    match &command.action {
        VolumesAction::Close { months } => close(context, months),
        VolumesAction::Ls => list(context),
        VolumesAction::Check { months } => check(context, months),
    }
}

fn close(context: &mut Context, months: &[Month]) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    // Where there is no database none is begun.
    drop(Context::reader_before_change(&config.store.path)?);
    let interrupt = signals::watch()?;
    for month in months {
        let progress = Progress::without_end(&format!("closing {month}"), context.verbosity == Verbosity::Quiet);
        let closing = store::close_month_beside(&config.store, *month, Timestamp::now(), |stage| {
            progress.set_message(match stage {
                ClosingStage::Writing(n) => format!("{} written", counted(n, "article")),
                ClosingStage::Moving(n, all) => format!("{n} of {} moved", counted(all, "article")),
                ClosingStage::Merging => "merging the full-text index".to_owned(),
            });
            interrupt.check(String::new).is_ok()
        });
        progress.finish();
        let closing = closing?;
        interrupt.check(|| format!("nothing is lost; `newswire volumes close {month}` goes on"))?;
        tell(context, *month, &closing)?;
    }
    let space = store::give_back_space(&config.store)?;
    if !context.output.is_json() {
        let free = match space.free {
            0 => String::new(),
            free => format!(
                ", of which {} are free: new articles fill it, `newswire prune --vacuum` gives it back",
                size(free)
            ),
        };
        say!("the database had {}, and has {} now{free}", size(space.before), size(space.after));
    }
    Ok(())
}

fn tell(context: &mut Context, month: Month, closing: &Closing) -> Result<(), Failure> {
    let (state, figures) = match closing {
        Closing::Closed { n_articles, n_revisions, bytes } => ("closed", Some((*n_articles, *n_revisions, *bytes))),
        Closing::WasClosed => ("was closed", None),
        Closing::Empty => ("empty", None),
        Closing::Stopped => ("stopped", None),
    };
    if context.output.is_json() {
        let (n_articles, n_revisions, bytes) = match figures {
            Some((articles, revisions, bytes)) => (Some(articles), Some(revisions), Some(bytes)),
            None => (None, None, None),
        };
        context.output.json(&json!({
            "month": month.to_string(), "outcome": state, "n_articles": n_articles, "n_revisions": n_revisions, "bytes": bytes,
        }))?;
        return Ok(());
    }
    match figures {
        Some((n_articles, n_revisions, bytes)) => say!(
            "{month} is closed: {} and {} in {}",
            counted(n_articles, "text"),
            counted(n_revisions, "earlier wording"),
            size(bytes)
        ),
        None if *closing == Closing::WasClosed => {
            say!("{month} was closed before; what came to it since stays in the database");
        }
        None => say!("{month}: no article with a text was first seen then; there is nothing to close"),
    }
    Ok(())
}

fn list(context: &mut Context) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let rows = Context::reader(&config.store.path)?.volume_rows()?;
    if rows.is_empty() {
        context.output.note("no month is closed; `newswire volumes close 2026-09` closes one");
    }
    let columns = [
        whole("month").kept(),
        whole("state"),
        number("n_articles").headed("articles"),
        number("n_revisions").for_programs(),
        number("bytes"),
        time("closed_at").headed("closed"),
        whole("is_there").headed("there"),
        text("path"),
    ];
    context.output.page();
    let rows = rows.iter().map(|row| (value(row), cells(row))).collect();
    context.output.list(&columns, rows)?;
    Ok(())
}

fn value(row: &VolumeRow) -> serde_json::Value {
    json!({
        "month": row.month.to_string(), "state": row.state, "n_articles": row.n_articles, "n_revisions": row.n_revisions,
        "bytes": row.bytes, "closed_at": row.closed_at, "is_there": row.is_there, "path": row.path, "sha256": row.sha256,
    })
}

fn cells(row: &VolumeRow) -> Vec<String> {
    let shown = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    vec![
        row.month.to_string(),
        row.state.clone(),
        shown(row.n_articles),
        shown(row.n_revisions),
        shown(row.bytes),
        row.closed_at.clone().unwrap_or_default(),
        if row.is_there { "yes" } else { "no" }.to_owned(),
        row.path.clone(),
    ]
}

fn check(context: &mut Context, months: &[Month]) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let rows = Context::reader(&config.store.path)?.volume_rows()?;
    if let Some(month) = months.iter().find(|month| rows.iter().all(|row| row.month != **month)) {
        return Err(Failure::Failed(format!("{month} is not closed; `newswire volumes ls` lists those that are")));
    }
    let mut n_wrong = 0_usize;
    let progress = Progress::without_end("reading", context.verbosity == Verbosity::Quiet);
    for row in rows.iter().filter(|row| months.is_empty() || months.contains(&row.month)) {
        progress.set_message(format!("{} ({})", row.month, size(row.bytes.unwrap_or_default())));
        let fault = row.fault();
        n_wrong += usize::from(fault.is_some());
        // In a pipe it may wait for its reader.
        if std::io::stdout().is_terminal() {
            progress.suspend(|| print(&mut context.output, row, fault.as_deref()))?;
        } else {
            print(&mut context.output, row, fault.as_deref())?;
        }
    }
    progress.finish();
    if n_wrong == 0 {
        Ok(())
    } else {
        Err(Failure::Failed(format!("{} not as it should be", counted(n_wrong, "volume"))))
    }
}

/// Prints what was found at once: to read the next file may take a while.
fn print(output: &mut Output, row: &VolumeRow, fault: Option<&str>) -> std::io::Result<()> {
    if output.is_json() {
        output.json(&json!({
            "month": row.month.to_string(), "ok": fault.is_none(), "text": fault, "path": row.path,
        }))?;
        return output.flush();
    }
    let told = match (fault, row.state.as_str()) {
        (Some(fault), _) => format!("{}: {fault}", row.path),
        (None, "closed") => "is as it was written".to_owned(),
        (None, _) => format!("is not closed yet; `newswire volumes close {}` goes on", row.month),
    };
    let mark = if fault.is_none() { "ok" } else { "wrong" };
    output.row([row.month.to_string().as_str(), mark, &told])?;
    output.flush()
}
