//! The commands, one file each. They print and decide nothing: what they do is the pipeline's and the store's.
//!
//! Data goes to stdout, everything else to stderr. The exit codes are those of `failure::Failure::exit_code`.

mod arguments;

mod backup;

mod choice;

mod completions;

mod config_command;

mod cursor;

mod demo;

mod discover;

mod explain;

mod explain_html;

mod export;

mod extract;

mod failure;

mod fate;

mod fetch;

mod import;

mod lineage;

mod logging;

mod ls;

mod man;

mod output;

mod parse_feed;

mod progress;

mod revisions;

mod run;

mod schema;

mod search;

mod shapes;

mod show;

mod signals;

mod snapshot;

mod source_changes;

mod source_lists;

mod source_test;

mod sources;

mod sql;

mod status;

mod stories;

mod tail;

mod times;

mod why;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::config::{self, Config, Overrides};
use arguments::{Arguments, Command};
use failure::Failure;
use output::Output;

/// What every command is given.
struct Context {
    overrides: Overrides,
    output: Output,
    verbosity: logging::Verbosity,
    /// Whether the user named a database, by flag or environment.
    has_named_database: bool,
}

impl Context {
    /// Reads the configuration and starts logging by it.
    fn configure(&self, manner: logging::Manner) -> Result<Arc<Config>, Failure> {
        let config = Arc::new(config::load(&self.overrides)?);
        logging::start(&config.log, self.verbosity, manner);
        Ok(config)
    }

    /// A runtime for commands that touch the network or the writer.
    fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Failed(format!("the runtime cannot be started: {error}")))
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_quiet = arguments.quiet;
    match run(arguments) {
        // A closed output is no failure: whoever read it has had enough.
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            // What went wrong in parts has been told part by part.
            if !(is_quiet && matches!(failure, Failure::Partly(_))) {
                logging::tell_failure(&format!("newswire: {failure}"));
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut context = Context {
        overrides: arguments.overrides(),
        output: Output::new(arguments.json, arguments.color),
        verbosity: arguments.verbosity(),
        has_named_database: arguments.db.is_some(),
    };
    let outcome = match arguments.command {
        Command::Run(command) => run::run(&mut context, &command),
        Command::Fetch(command) => fetch::run(&mut context, &command),
        Command::Extract(command) => extract::run(&mut context, &command),
        Command::ParseFeed(command) => parse_feed::run(&mut context, &command),
        Command::Discover(command) => discover::run(&mut context, &command),
        Command::Import(command) => import::run(&mut context, &command),
        Command::Export(command) => export::run(&mut context, &command),
        Command::Ls(command) => ls::run(&mut context, &command),
        Command::Show(command) => show::run(&mut context, &command),
        Command::Search(command) => search::run(&mut context, &command),
        Command::Tail(command) => tail::run(&mut context, &command),
        Command::Stories(command) => stories::run(&mut context, &command),
        Command::Sql(command) => sql::run(&mut context, &command),
        Command::Sources(command) => sources::run(&mut context, &command),
        Command::Status(command) => status::run(&mut context, &command),
        Command::Backup(command) => backup::run(&mut context, &command),
        Command::Snapshot(command) => snapshot::run(&mut context, &command),
        Command::Completions(command) => completions::run(&mut context, &command),
        Command::Man(command) => man::run(&mut context, &command),
        Command::Why(command) => why::run(&mut context, &command),
        Command::Config(command) => config_command::run(&mut context, &command),
        Command::Schema(command) => schema::run(&mut context, &command),
        Command::Demo(command) => demo::run(&mut context, &command),
    };
    context.output.finish()?;
    outcome
}
