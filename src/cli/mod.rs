//! The command line: what the program takes, and who does it. The commands stand in rooms by what people do with them.
//!
//! * `ingest`: bring articles in.
//! * `sources`: what is followed.
//! * `read`: what is stored.
//! * `copy`: what is stored, in files to keep or to give away.
//! * `operate`: for whoever runs it.
//!
//! Below them stand `context` (what a command is given), `arguments` (the options that all have), `addresses` and
//! `files` (what people name on the command line), `asked` (what another process was asked for), `failure` and `terminal` (how anything is said). Imports go
//! down only: no command knows this file, and none is known outside.
//!
//! Commands print and decide nothing: what they do is the pipeline's and the store's. Data goes to stdout, everything
//! else to stderr. The exit codes are those of `failure::Failure::exit_code`.

mod terminal;

mod failure;

mod addresses;

mod files;

mod arguments;

mod context;

mod asked;

mod sources;

mod read;

mod copy;

mod ingest;

mod operate;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use arguments::{CommonArguments, STYLES, after_help};
use context::Context;
use copy::backup::{self, BackupCommand};
use copy::export::{self, ExportCommand};
use copy::restore::{self, RestoreCommand};
use copy::snapshot::{self, SnapshotCommand};
use failure::Failure;
use ingest::demo::{self, DemoCommand};
use ingest::discover::{self, DiscoverCommand};
use ingest::extract::{self, ExtractCommand};
use ingest::fetch::{self, FetchCommand};
use ingest::import::{self, ImportCommand};
use ingest::merge::{self, MergeCommand};
use ingest::parse_feed::{self, ParseFeedCommand};
use ingest::run::{self, RunCommand};
use operate::completions::{self, CompletionsCommand};
use operate::config::{self, ConfigCommand};
use operate::doctor::{self, DoctorCommand};
use operate::man::{self, ManCommand};
use operate::prune::{self, PruneCommand};
use operate::rm::{self, RmCommand};
use operate::schema::{self, SchemaCommand};
use operate::status::{self, StatusCommand};
use read::ls::{self, LsCommand};
use read::search::{self, SearchCommand};
use read::show::{self, ShowCommand};
use read::sql::{self, SqlCommand};
use read::stories::{self, StoriesCommand};
use read::tail::{self, TailCommand};
use read::why::{self, WhyCommand};
use sources::SourcesCommand;
use terminal::logging;

/// Follows news sources and keeps their articles, deduplicated, in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "newswire", version, styles = STYLES, after_help = after_help(), max_term_width = 100)]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll, fetch, extract and store until stopped (SIGTERM drains, SIGHUP reloads the settings)
    Run(RunCommand),
    /// Fetch articles or sources once: addresses, sources, or all that is due
    Fetch(FetchCommand),
    /// Take the article out of HTML files or addresses; touches no database
    Extract(ExtractCommand),
    /// Read feeds and sitemaps from files; touches no database
    ParseFeed(ParseFeedCommand),
    /// Find the feeds and sitemaps of a site, best first, with the evidence
    Discover(DiscoverCommand),
    /// Take in bundles, JSON lines, HTML files, web archives and OPML
    Import(ImportCommand),
    /// Take in all of another newswire database
    Merge(MergeCommand),
    /// Write stored articles as a bundle, JSON lines, CSV or Parquet
    Export(ExportCommand),
    /// List stored articles, newest first
    Ls(LsCommand),
    /// Show one article, by its id or address
    Show(ShowCommand),
    /// Search titles and texts
    Search(SearchCommand),
    /// Articles in the order in which they came in or changed, the last ones or what is new since last time
    Tail(TailCommand),
    /// Events and the articles that tell of them; merge and split them by hand
    Stories(StoriesCommand),
    /// Ask the database a question in SQL
    Sql(SqlCommand),
    /// List, show, add, test, pause and remove sources; OPML in and out
    Sources(SourcesCommand),
    /// How it stands: database, sources, failures, what is due
    Status(StatusCommand),
    /// Whether all is well with the database; --fix mends it
    Doctor(DoctorCommand),
    /// Delete articles; they do not come back
    Rm(RmCommand),
    /// Take away what is old, by the settings or by age, and give its space back
    Prune(PruneCommand),
    /// Copy the database to a file, also while a daemon writes
    Backup(BackupCommand),
    /// Put a backup in the place of the database
    Restore(RestoreCommand),
    /// Write the public tables to a file to give away, which opens anywhere
    Snapshot(SnapshotCommand),
    /// Print the script that lets a shell complete this program's commands and options
    Completions(CompletionsCommand),
    /// Print the manual, to be read with `man -l -`, or write a page for each command
    Man(ManCommand),
    /// What has become of an address: why its article is not there, or there twice, or without text
    Why(WhyCommand),
    /// Check, show or write the settings
    Config(ConfigCommand),
    /// The tables and views of the database as SQL, and what they mean
    Schema(SchemaCommand),
    /// See all of it work on an invented news web, without a network, in ten seconds
    Demo(DemoCommand),
}

/// Reads the command line, or says what is wrong with it and ends. A statement may begin with a hyphen: so that an option that
/// is misspelt is not taken for one, what looks like it is looked at again as if none might.
fn parse() -> Arguments {
    let read = Arguments::try_parse();
    let may_be_misspelt = match &read {
        Ok(Arguments { command: Command::Sql(command), .. }) => sql::looks_like_option(&command.sql),
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::UnknownArgument,
    };
    if may_be_misspelt {
        let strict = Arguments::command().mut_subcommand("sql", sql::without_hyphens);
        if let Err(error) = strict.try_get_matches()
            && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
            && sql::looks_like_option(argument)
        {
            error.exit();
        }
    }
    read.unwrap_or_else(|error| error.exit())
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = parse();
    let is_quiet = arguments.common.quiet;
    match run(arguments) {
        // A closed output is no failure: whoever read it has had enough.
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            // What went wrong in parts has been told part by part.
            let is_told = matches!(failure, Failure::Told(_)) || is_quiet && matches!(failure, Failure::Partly(_));
            if !is_told {
                logging::tell_failure(&failure.to_string());
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut context = Context::new(&arguments.common);
    // Its last line says what it has put there.
    let is_restore = matches!(arguments.command, Command::Restore(_));
    let outcome = match arguments.command {
        Command::Run(command) => run::run(&mut context, &command),
        Command::Fetch(command) => fetch::run(&mut context, &command),
        Command::Extract(command) => extract::run(&mut context, &command),
        Command::ParseFeed(command) => parse_feed::run(&mut context, &command),
        Command::Discover(command) => discover::run(&mut context, &command),
        Command::Import(command) => import::run(&mut context, &command),
        Command::Merge(command) => merge::run(&mut context, &command),
        Command::Export(command) => export::run(&mut context, &command),
        Command::Ls(command) => ls::run(&mut context, &command),
        Command::Show(command) => show::run(&mut context, &command),
        Command::Search(command) => search::run(&mut context, &command),
        Command::Tail(command) => tail::run(&mut context, &command),
        Command::Stories(command) => stories::run(&mut context, &command),
        Command::Sql(command) => sql::run(&mut context, &command),
        Command::Sources(command) => sources::run(&mut context, &command, fetch::poll),
        Command::Status(command) => status::run(&mut context, &command),
        Command::Doctor(command) => doctor::run(&mut context, &command),
        Command::Rm(command) => rm::run(&mut context, &command),
        Command::Prune(command) => prune::run(&mut context, &command),
        Command::Backup(command) => backup::run(&mut context, &command),
        Command::Restore(command) => restore::run(&mut context, &command),
        Command::Snapshot(command) => snapshot::run(&mut context, &command),
        Command::Completions(command) => completions::run(&mut context, &command, Arguments::command()),
        Command::Man(command) => man::run(&mut context, &command, Arguments::command()),
        Command::Why(command) => why::run(&mut context, &command),
        Command::Config(command) => config::run(&mut context, &command),
        Command::Schema(command) => schema::run(&mut context, &command),
        Command::Demo(command) => demo::run(&mut context, &command),
    };
    context.output.finish()?;
    if !is_restore {
        context.tell_new_database();
    }
    outcome.map_err(|failure| context.with_places(failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
