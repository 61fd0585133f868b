//! The command line: what all commands have in common. What one of them takes stands in its own file.

use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, ValueEnum};

use crate::config::Overrides;

use super::terminal::logging::Verbosity;
use super::terminal::output::ColorChoice;

pub(crate) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// What one does with it first.
pub(crate) const EXAMPLES: &str = "\
Examples:
  newswire demo                                        see it work
  newswire discover example.org                        find feeds
  newswire sources add https://example.org/feed/       follow one
  newswire run                                         until stopped
  newswire fetch https://example.org/2026/11/a-story   one article
  newswire search 'harbour storm'                      look into it
  newswire export --format bundle --since 2d --out bundle/";

/// The exit codes, in few words and in a sentence.
pub(crate) const EXIT_CODES: [(u8, &str, &str); 9] = [
    (0, "done", "Done; nothing new is also done."),
    (
        1,
        "failed",
        "It could not be done; of `doctor` and `status`: something is not as it should be; of `sources plan --exit-code`: there is something to do.",
    ),
    (2, "wrong usage", "The command line is wrong."),
    (
        3,
        "partly",
        "Some sources, files or damaged rows failed and are named on standard error; the rest is stored or printed.",
    ),
    (75, "busy", "Another process ingests into the database, or `--wait` has run out of time; try again."),
    (77, "refused by policy", "By robots.txt, or because an address is private."),
    (78, "configuration or schema", "A bad setting, or a database that is newer than the program, or is none."),
    (130, "interrupted", "By Ctrl-C (SIGINT), before it was done; standard error says how it goes on."),
    (143, "terminated", "By SIGTERM, likewise."),
];

/// What stands at the end of the help.
pub(crate) fn after_help() -> String {
    let codes: Vec<String> = EXIT_CODES.iter().map(|(code, words, _)| format!("{code} {words}")).collect();
    format!(
        "{EXAMPLES}\n\nExit codes: {}\n\n`newswire help COMMAND` tells more of a command, `newswire man | man -l -` is the manual.",
        codes.join(", ")
    )
}

/// Name the settings file and the database, as `--config` and `--db` do.
const SETTINGS_VARIABLE: &str = "NEWSWIRE_CONFIG";
const DATABASE_VARIABLE: &str = "NEWSWIRE_DB";

/// What named a file: the variable, if it has that value, else the flag.
fn named_by(file: &Path, variable: &'static str, flag: &'static str) -> &'static str {
    if std::env::var_os(variable).is_some_and(|value| value == file.as_os_str()) { variable } else { flag }
}

/// The options that every command takes. The short help of a command leaves out those that are seldom needed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CommonArguments {
    /// Settings file [default: newswire.toml, config/newswire.toml, ~/.config/newswire/newswire.toml,
    /// /etc/newswire/newswire.toml, the first there is]
    #[arg(long, global = true, value_name = "FILE", env = SETTINGS_VARIABLE, hide_env_values = true)]
    config: Option<PathBuf>,

    /// Database [default: store.path in the settings; else newswire.db here, or as `newswire config show --paths` says]
    #[arg(long, global = true, value_name = "FILE", env = DATABASE_VARIABLE, hide_env_values = true)]
    pub(crate) db: Option<PathBuf>,

    /// Say more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,

    /// Say less: errors only, no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Print JSON: one document, or one a line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print the names of the columns above tab-separated lines
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) header: bool,

    /// Colours and tables
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,

    /// Times as they are, in UTC, not how long ago they were
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) utc: bool,

    /// Print what is longer than the screen as it is, not through $PAGER
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_pager: bool,

    /// How log lines are written [default: log.format in the settings, auto]
    #[arg(long, global = true, value_name = "FORMAT", hide_short_help = true)]
    log_format: Option<LogFormatChoice>,

    /// Print this; -h prints it in short
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatChoice {
    Auto,
    Text,
    Json,
}

impl CommonArguments {
    pub(crate) fn overrides(&self) -> Overrides {
        let mut flags = Vec::new();
        if let Some(db) = &self.db {
            flags.push(("store.path", db.display().to_string(), named_by(db, DATABASE_VARIABLE, "--db")));
        }
        if let Some(format) = self.log_format {
            let name = match format {
                LogFormatChoice::Auto => "auto",
                LogFormatChoice::Text => "text",
                LogFormatChoice::Json => "json",
            };
            flags.push(("log.format", name.to_owned(), "--log-format"));
        }
        let settings = self.config.clone();
        let settings_file = settings.map(|file| (file.clone(), named_by(&file, SETTINGS_VARIABLE, "--config")));
        Overrides { settings_file, flags }
    }

    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Everything,
        }
    }
}
