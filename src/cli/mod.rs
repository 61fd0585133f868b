//! The command line: what the program takes, and who does it. The commands stand in rooms by what people do with them.
//!
//! * `ingest`: bring articles in.
//! * `sources`: what is followed.
//! * `read`: what is stored.
//! * `copy`: what is stored, in files to keep or to give away.
//! * `tell`: who is told of what.
//! * `operate`: for whoever runs it.
//!
//! Below them stand `context` (what a command is given), `arguments` (the options that all have), `help` (how these and all others
//! are told), `addresses` and `files` (what people name on the command line), `asked` (what another process was asked for), `failure` and
//! `terminal` (how anything is said). Imports go down only: no command knows this file, and none is known outside.
//!
//! Commands print and decide nothing: what they do is the pipeline's and the store's. Data goes to stdout, everything
//! else to stderr. The exit codes are those of `failure::Failure::exit_code`.

#![warn(clippy::print_stderr)]

mod terminal;

mod failure;

mod addresses;

mod files;

mod arguments;

mod help;

mod context;

mod asked;

mod sources;

mod read;

mod copy;

mod ingest;

mod tell;

mod operate;

use std::ffi::OsString;
use std::iter;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::terminal::messages::say;
use crate::config::meant_by;

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
use ingest::work::{self, WorkCommand};
use operate::alarms::{self, AlarmsCommand};
use operate::complete::{self, CompleteCommand};
use operate::completions::{self, CompletionsCommand};
use operate::config::{self, ConfigCommand};
use operate::doctor::{self, DoctorCommand};
use operate::man::{self, ManCommand};
use operate::prune::{self, PruneCommand};
use operate::rm::{self, RmCommand};
use operate::schema::{self, SchemaCommand};
use operate::status::{self, StatusCommand};
use operate::volumes::{self, VolumesCommand};
use read::ls::{self, LsCommand};
use read::mcp::{self, McpCommand};
use read::search::{self, SearchCommand};
use read::serve::{self, ServeCommand};
use read::show::{self, ShowCommand};
use read::sql::{self, SqlCommand};
use read::stories::{self, StoriesCommand};
use read::tail::{self, TailCommand};
use read::why::{self, WhyCommand};
use sources::SourcesCommand;
use tell::receivers::{self, ReceiversCommand};
use tell::watch::{self, WatchCommand};
use terminal::logging;
use terminal::text::{messages_width, terminal_width};
use terminal::wrap::wrapped_whole;

/// Follows news sources and keeps their articles, deduplicated, in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "newswire", version, styles = STYLES, after_help = after_help())]
// `help` is a command of ours, and `--help` an option of ours, among those that all commands take.
#[command(disable_help_subcommand = true, disable_help_flag = true, infer_subcommands = false)]
// Without a command it tells the first steps.
#[command(subcommand_required = false, arg_required_else_help = false, override_usage = "newswire [OPTIONS] <COMMAND>")]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,

    #[command(subcommand)]
    command: Option<Command>,
}

/// In the order of the groups of the help.
#[derive(Debug, Subcommand)]
enum Command {
    /// See all of it work on an invented news web, without a network
    Demo(DemoCommand),
    /// Write, check or show the settings
    Config(ConfigCommand),
    /// Find the feeds and sitemaps of a site, best first
    Discover(DiscoverCommand),
    /// Add, list, test, pause and remove sources; OPML in and out
    Sources(SourcesCommand),
    /// Poll, fetch and store until stopped: the daemon
    Run(RunCommand),
    /// Fetch and read pages for a daemon on another machine
    Work(WorkCommand),
    /// Fetch once: addresses, sources, or all that is due
    Fetch(FetchCommand),
    /// Take in bundles, JSON lines, HTML, web archives and OPML
    Import(ImportCommand),
    /// Take in all of another newswire database
    Merge(MergeCommand),
    /// List stored articles, newest first
    Ls(LsCommand),
    /// Show one article, by its id or address
    Show(ShowCommand),
    /// Search titles and texts
    Search(SearchCommand),
    /// Events and the articles that tell of them
    Stories(StoriesCommand),
    /// What came in or changed last, or since last time
    Tail(TailCommand),
    /// Why an article is not there, or there twice, or without text
    Why(WhyCommand),
    /// Ask the database a question in SQL
    Sql(SqlCommand),
    /// Show it in a browser: stories, articles, sources, feeds out
    Serve(ServeCommand),
    /// Answer an agent: tools over the Model Context Protocol
    Mcp(McpCommand),
    /// Be told of stories: add, list, try and remove saved searches
    Watch(WatchCommand),
    /// Who is told: list, try and resume receivers of messages
    Receivers(ReceiversCommand),
    /// Write articles as a bundle, JSON lines, CSV or Parquet
    Export(ExportCommand),
    /// Write the public tables to a file to give away
    Snapshot(SnapshotCommand),
    /// How it stands: database, sources, failures, what is due
    Status(StatusCommand),
    /// What of the intake is wrong, and what was
    Alarms(AlarmsCommand),
    /// Whether all is well with the database; --fix mends it
    Doctor(DoctorCommand),
    /// Delete articles; they do not come back
    Rm(RmCommand),
    /// Take away what is old, and give its space back
    Prune(PruneCommand),
    /// Move the texts of months that are over to files of their own
    Volumes(VolumesCommand),
    /// Copy the database to a file, also while a daemon writes
    Backup(BackupCommand),
    /// Put a backup in the place of the database
    Restore(RestoreCommand),
    /// Take the article out of HTML files or addresses
    Extract(ExtractCommand),
    /// Read feeds and sitemaps from files
    ParseFeed(ParseFeedCommand),
    /// Print the help of a command, as --help does
    Help(HelpCommand),
    /// Print the manual, or write a page for each command
    Man(ManCommand),
    /// The tables and views of the database, and what they mean
    Schema(SchemaCommand),
    /// Print the script that completes command lines in a shell
    Completions(CompletionsCommand),
    /// What the scripts of `completions` ask for
    #[command(name = complete::NAME, hide = true)]
    Complete(CompleteCommand),
}

/// The command that prints help.
const HELP: &str = "help";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire help                  the commands
  newswire help fetch            one of them, as `newswire fetch --help`
  newswire help sources add      an action of one")]
struct HelpCommand {
    /// A command, and an action of it
    #[arg(value_name = "COMMAND")]
    words: Vec<OsString>,
}

/// Reads the command line, or says what is wrong with it and ends. A statement may begin with a hyphen: so that an option that
/// is misspelt is not taken for one, what looks like it is looked at again as if none might.
fn parse() -> Arguments {
    let read = Arguments::try_parse();
    let may_be_misspelt = match &read {
        Ok(Arguments { command: Some(Command::Sql(command)), .. }) => sql::looks_like_option(&command.sql),
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::UnknownArgument,
    };
    if may_be_misspelt {
        let strict = Arguments::command().mut_subcommand("sql", sql::without_hyphens);
        if let Err(error) = strict.try_get_matches()
            && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
            && sql::looks_like_option(argument)
        {
            end_with(error);
        }
    }
    read.unwrap_or_else(|error| {
        if let Some(words) = asked_below(&error) {
            tell_help(line_for_help(&words));
        }
        let is_help =
            matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
        if is_help {
            tell_help(std::env::args_os());
        }
        end_with(error)
    })
}

/// Reads a command line that asks for help, and gives it, or says what is wrong with the line.
fn tell_help(line: impl IntoIterator<Item = OsString>) {
    if let Err(error) = help::arranged(Arguments::command(), terminal_width()).try_get_matches_from(line) {
        end_with(error);
    }
}

/// Says what is wrong with the command line, in lines that fit the terminal, or gives the help that it asks for; and ends.
fn end_with(mut error: clap::Error) -> ! {
    suggest(&mut error);
    let Some(columns) = messages_width().filter(|_| error.use_stderr()) else { error.exit() };
    let rendered = error.render();
    let text = if console::colors_enabled_stderr() { rendered.ansi().to_string() } else { rendered.to_string() };
    for line in text.lines() {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        for line in wrapped_whole(line.trim_start(), columns, &indent, &indent) {
            say!("{line}");
        }
    }
    std::process::exit(error.exit_code());
}

/// Puts what was probably meant by the name of a command first: clap has its list from the least likely to the likeliest.
fn suggest(error: &mut clap::Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return };
    let word = word.clone();
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) {
        let likeliest_first: Vec<String> = names.iter().rev().cloned().collect();
        let meant: Vec<String> =
            meant_by(&word, likeliest_first.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
        let named = if meant.is_empty() { likeliest_first } else { meant };
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(named));
        return;
    }
    // What is no action may be one of the things that the command is about.
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_about = |command: &str| usage.split_whitespace().any(|part| part == command);
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let tip = if is_about("stories") && is_number {
        format!("'stories show {word}' shows a story")
    } else if is_about("sources") {
        format!("'sources show {word}' shows a source")
    } else {
        return;
    };
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}

/// The words of the command that help is asked for below another one: `watch add` of `newswire watch help add`. To clap it is
/// an error, since the program's own `help` takes the place of clap's everywhere.
fn asked_below(error: &clap::Error) -> Option<Vec<OsString>> {
    let is_help = matches!(error.get(ContextKind::InvalidSubcommand), Some(ContextValue::String(word)) if word == HELP);
    if !is_help {
        return None;
    }
    let program = Arguments::command().mut_subcommands(|command| {
        if command.has_subcommands() {
            command.subcommand(HelpCommand::augment_args(clap::Command::new(HELP)))
        } else {
            command
        }
    });
    let matches = program.try_get_matches_from(std::env::args_os()).ok()?;
    let mut words = Vec::new();
    let mut at = &matches;
    while let Some((name, below)) = at.subcommand() {
        if name == HELP {
            words.extend(HelpCommand::from_arg_matches(below).ok()?.words);
            return Some(words);
        }
        words.push(name.into());
        at = below;
    }
    None
}

/// `newswire WORDS --help`.
fn line_for_help(words: &[OsString]) -> impl Iterator<Item = OsString> {
    iter::once("newswire".into()).chain(words.iter().cloned()).chain(iter::once("--help".into()))
}

/// Does what `newswire WORDS --help` does.
fn help_of(words: &[OsString]) -> Failure {
    tell_help(line_for_help(words));
    Failure::Usage("no command is named so; `newswire help` lists them".to_owned())
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
    let Some(command) = arguments.command else {
        say!("{}", help::first_steps(terminal_width()));
        return Err(Failure::Told(2));
    };
    // Its last line says what it has put there.
    let is_restore = matches!(command, Command::Restore(_));
    let outcome = match command {
        Command::Demo(command) => demo::run(&mut context, &command),
        Command::Config(command) => config::run(&mut context, &command),
        Command::Discover(command) => discover::run(&mut context, &command),
        Command::Sources(command) => sources::run(&mut context, &command, fetch::poll),
        Command::Run(command) => run::run(&mut context, &command),
        Command::Work(command) => work::run(&mut context, &command),
        Command::Fetch(command) => fetch::run(&mut context, &command),
        Command::Import(command) => import::run(&mut context, &command),
        Command::Merge(command) => merge::run(&mut context, &command),
        Command::Ls(command) => ls::run(&mut context, &command),
        Command::Show(command) => show::run(&mut context, &command),
        Command::Search(command) => search::run(&mut context, &command),
        Command::Stories(command) => stories::run(&mut context, &command),
        Command::Tail(command) => tail::run(&mut context, &command),
        Command::Why(command) => why::run(&mut context, &command),
        Command::Sql(command) => sql::run(&mut context, &command),
        Command::Serve(command) => serve::run(&mut context, &command),
        Command::Mcp(command) => mcp::run(&mut context, &command),
        Command::Watch(command) => watch::run(&mut context, &command),
        Command::Receivers(command) => receivers::run(&mut context, &command),
        Command::Export(command) => export::run(&mut context, &command),
        Command::Snapshot(command) => snapshot::run(&mut context, &command),
        Command::Status(command) => status::run(&mut context, &command),
        Command::Alarms(command) => alarms::run(&mut context, &command),
        Command::Doctor(command) => doctor::run(&mut context, &command),
        Command::Rm(command) => rm::run(&mut context, &command),
        Command::Prune(command) => prune::run(&mut context, &command),
        Command::Volumes(command) => volumes::run(&mut context, &command),
        Command::Backup(command) => backup::run(&mut context, &command),
        Command::Restore(command) => restore::run(&mut context, &command),
        Command::Extract(command) => extract::run(&mut context, &command),
        Command::ParseFeed(command) => parse_feed::run(&mut context, &command),
        Command::Help(command) => return Err(help_of(&command.words)),
        Command::Man(command) => man::run(&mut context, &command, Arguments::command()),
        Command::Schema(command) => schema::run(&mut context, &command),
        Command::Completions(command) => completions::run(&mut context, &command, Arguments::command()),
        Command::Complete(command) => complete::run(&mut context, &command, Arguments::command()),
    };
    context.output.finish()?;
    if !is_restore {
        context.tell_new_database();
    }
    outcome.map_err(|failure| context.with_places(failure))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use super::*;
    use help::{Block, GROUPS};

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_stands_in_one_group_and_in_its_order() {
        let program = Arguments::command();
        let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
        let commands: Vec<&str> = shown.map(clap::Command::get_name).collect();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        assert_eq!(commands, grouped);
    }

    /// The program, its commands and their actions, each with the words that it is called by.
    fn each_command(program: &clap::Command) -> Vec<(Vec<String>, &clap::Command)> {
        let mut all = vec![(Vec::new(), program)];
        let mut at = 0;
        while at < all.len() {
            let (words, command) = all[at].clone();
            for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
                let words = words.iter().cloned().chain([below.get_name().to_owned()]).collect();
                all.push((words, below));
            }
            at += 1;
        }
        all
    }

    /// The commands on a line of a shell, each as its words. What is written to or read from a file comes as a command too.
    fn commands(line: &str) -> Vec<Vec<String>> {
        let mut commands = vec![Vec::new()];
        let mut word: Option<String> = None;
        let mut quote = None;
        for c in line.chars().chain([' ']) {
            match (quote, c) {
                (Some(mark), _) if c == mark => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, ' ' | '|' | '<' | '>' | ';') => {
                    // A number before > is that of an output.
                    let word = word.take().filter(|word| c != '>' || word.parse::<u8>().is_err());
                    commands.last_mut().expect("one at least").extend(word);
                    if c != ' ' {
                        commands.push(Vec::new());
                    }
                }
                _ => word.get_or_insert_default().push(c),
            }
        }
        commands
    }

    #[test]
    fn every_command_has_an_example_and_all_are_understood() {
        let program = Arguments::command();
        for (called, command) in each_command(&program) {
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lists = help::blocks(&text).into_iter().filter_map(|block| match block {
                Block::List { heading, lines } if heading == "Examples:" => Some(lines),
                _ => None,
            });
            let lines: Vec<String> = lists.flatten().map(|(line, _)| line).collect();
            let mut is_shown = false;
            for words in lines.iter().flat_map(|line| commands(line)) {
                let Some(at) = words.iter().position(|word| word == "newswire").filter(|at| *at < 2) else { continue };
                if let Err(error) = Arguments::command().try_get_matches_from(&words[at..]) {
                    panic!("{words:?}: {error}");
                }
                is_shown |= called.iter().all(|word| words.contains(word));
            }
            assert!(is_shown, "newswire {} has no example of its own: {lines:?}", called.join(" "));
        }
    }

    /// The help of all commands, as they print it in so many columns. The options that all have are written out once.
    fn all_help(columns: usize, is_long: bool) -> String {
        let mut program = help::arranged(Arguments::command(), columns);
        program.build();
        let mut text = String::new();
        let mut global = None;
        for (words, command) in each_command(&program) {
            let mut command = command.clone();
            let help = if is_long { command.render_long_help() } else { command.render_help() };
            // A line with nothing in it has blanks.
            let mut help = help.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
            if !words.is_empty() {
                let options = global.get_or_insert_with(|| global_options(&help).to_owned());
                assert_eq!(help.matches(options.as_str()).count(), 1, "{words:?}: {help}");
                if text.contains(options.as_str()) {
                    help = help.replace(options.as_str(), "Global options: as those of the first command");
                }
            }
            let option = if is_long { "--help" } else { "-h" };
            let called = words.iter().map(String::as_str).chain([option]).collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "$ newswire {called}");
            for line in help.lines() {
                let _ = writeln!(text, "{line}");
            }
            text.push('\n');
        }
        text
    }

    /// The part of a command's help with the options that all have.
    fn global_options(help: &str) -> &str {
        let (_, behind) = help.split_once("Global options:").expect("it has them");
        let end = behind.find("--help").expect("the last of them");
        let end = end + behind[end..].find("\n\n").expect("examples follow");
        let start = help.len() - behind.len() - "Global options:".len();
        &help[start..help.len() - behind.len() + end]
    }

    #[test]
    fn help_is_as_recorded_and_fits_its_width() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/help");
        let cases = [
            ("long-40.txt", 40, true),
            ("long-80.txt", 80, true),
            ("long-120.txt", 120, true),
            ("short-80.txt", 80, false),
        ];
        for (name, columns, is_long) in cases {
            let help = all_help(columns, is_long);
            let path = folder.join(name);
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                std::fs::write(&path, &help).expect("a fixture can be written");
            }
            let recorded = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(help == recorded, "the help changed; UPDATE_FIXTURES=1 refreshes {}", path.display());
            // Usage is one line, and a word is never broken.
            let is_text =
                |line: &&str| line.trim().contains(' ') && !line.contains("Usage:") && !line.starts_with("$ ");
            for line in help.lines().filter(is_text).filter(|line| !line.starts_with("       newswire")) {
                assert!(columns < 80 || line.chars().count() <= columns, "{name}: {line}");
            }
        }
    }
}
