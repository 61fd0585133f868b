//! The command line: what all commands have in common. What one of them takes stands in its own file.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::config::Overrides;

use super::backup::BackupCommand;
use super::completions::CompletionsCommand;
use super::config_command::ConfigCommand;
use super::demo::DemoCommand;
use super::discover::DiscoverCommand;
use super::export::ExportCommand;
use super::extract::ExtractCommand;
use super::fetch::FetchCommand;
use super::import::ImportCommand;
use super::logging::Verbosity;
use super::ls::LsCommand;
use super::man::ManCommand;
use super::parse_feed::ParseFeedCommand;
use super::run::RunCommand;
use super::schema::SchemaCommand;
use super::search::SearchCommand;
use super::show::ShowCommand;
use super::snapshot::SnapshotCommand;
use super::sources::SourcesCommand;
use super::sql::SqlCommand;
use super::status::StatusCommand;
use super::stories::StoriesCommand;
use super::tail::TailCommand;
use super::why::WhyCommand;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// What one does with it first.
pub(super) const EXAMPLES: &str = "\
Examples:
  newswire demo                                      see it work, without a network
  newswire discover example.org                      find the feeds of a site
  newswire sources add https://example.org/feed/     follow a feed
  newswire run                                       poll, fetch and store until stopped
  newswire fetch https://example.org/2026/11/a-story one article, now
  newswire search 'harbour storm'                    look into what is stored
  newswire export --format bundle --since 2d --out bundle/";

/// The exit codes, in few words and in a sentence.
pub(super) const EXIT_CODES: [(u8, &str, &str); 7] = [
    (0, "done", "Done; nothing new is also done."),
    (1, "failed", "It could not be done."),
    (2, "wrong usage", "The command line is wrong."),
    (3, "partly", "Some sources or files failed and are named on standard error; the rest is stored."),
    (75, "busy", "Another process ingests into the database; try again."),
    (77, "refused by policy", "By robots.txt, or because an address is private."),
    (78, "configuration or schema", "A bad setting, or a database that is newer than the program, or is none."),
];

fn after_help() -> String {
    let codes: Vec<String> = EXIT_CODES.iter().map(|(code, words, _)| format!("{code} {words}")).collect();
    format!("{EXAMPLES}\n\nExit codes: {}", codes.join(", "))
}

/// Follows news sources and keeps their articles, deduplicated, in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "newswire", version, styles = STYLES, after_help = after_help(), max_term_width = 100)]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
pub(super) struct Arguments {
    /// Settings file [default: newswire.toml, config/newswire.toml, /etc/newswire/newswire.toml, the first there is]
    #[arg(long, global = true, value_name = "FILE", env = "NEWSWIRE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,

    /// Database [default: store.path in the settings, newswire.db]
    #[arg(long, global = true, value_name = "FILE", env = "NEWSWIRE_DB", hide_env_values = true)]
    pub(super) db: Option<PathBuf>,

    /// Say more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,

    /// Say less: errors only, no progress
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Print JSON: one document, or one a line
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Colours and tables
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorChoice,

    /// How log lines are written [default: log.format in the settings, auto]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<LogFormatChoice>,

    #[command(subcommand)]
    pub(super) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatChoice {
    Auto,
    Text,
    Json,
}

impl Arguments {
    pub(super) fn overrides(&self) -> Overrides {
        let mut flags = Vec::new();
        if let Some(db) = &self.db {
            flags.push(("store.path", db.display().to_string(), "--db"));
        }
        if let Some(format) = self.log_format {
            let name = match format {
                LogFormatChoice::Auto => "auto",
                LogFormatChoice::Text => "text",
                LogFormatChoice::Json => "json",
            };
            flags.push(("log.format", name.to_owned(), "--log-format"));
        }
        Overrides { settings_file: self.config.clone(), flags }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Everything,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    /// Take in bundles, JSON lines, HTML files and OPML
    Import(ImportCommand),
    /// Write stored articles as a bundle, JSON lines or CSV
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
    /// Copy the database to a file, also while a daemon writes
    Backup(BackupCommand),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
