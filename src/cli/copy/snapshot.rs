//! `newswire snapshot`: a copy to give away.

use clap::Args;

use crate::cli::terminal::messages::say;
use crate::store;

use super::backup::{TargetArguments, write_copy};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::text::one_line;

#[derive(Debug, Args)]
#[command(after_help = "\
The public tables and views, with the full-text index, in one compact file that opens anywhere: with sqlite3, Datasette
(also as --immutable), DuckDB or pandas, from a folder or a disk that cannot be written. Tables that begin with _ stay
behind, and with them claims, addresses that wait, validators and the state of hosts; so do tables, columns and indexes
of your own, but for those that --with names. source_health is a table with the rows of this moment. The addresses of the
sources and the list of requests (fetches) are public tables and go with it, without passwords (https://USER:PASSWORD@host).

newswire itself reads a snapshot as it reads a database (newswire --db FILE ls, show, search, stories, sql, export,
status), apart from what only private tables know: what waits to be fetched, and how much of a text a near copy shares.
why and tail --cursor, which need these, and run, fetch, import and changes of sources are refused with exit code 78.

Of a damaged database it has what can be read, and what is left out is named (exit code 3).

It takes up to twice the size of the snapshot in the folder of FILE while it is written.

Examples:
  newswire snapshot news.db
  newswire snapshot --with notes --with reading_list news.db
  datasette --immutable news.db")]
pub(crate) struct SnapshotCommand {
    #[command(flatten)]
    target: TargetArguments,

    /// A table or view of your own that goes with it, repeatable
    #[arg(long = "with", value_name = "TABLE")]
    own_tables: Vec<String>,
}

pub(crate) fn run(context: &mut Context, command: &SnapshotCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let mut left_out = Vec::new();
    write_copy(context, &config.store.path, &command.target, Progress::start, "taking a snapshot", |plan, watcher| {
        let snapshot = store::take_snapshot(plan, &command.own_tables, watcher)?;
        left_out = snapshot.left_out;
        Ok(snapshot.copy)
    })?;
    for what in &left_out {
        say!("newswire: left out: {}", one_line(what));
    }
    if left_out.is_empty() {
        return Ok(());
    }
    Err(Failure::Partly(
        "the snapshot has what can be read of the database; `newswire doctor` looks into that".to_owned(),
    ))
}
