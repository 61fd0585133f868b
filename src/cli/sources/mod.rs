//! Commands about the sources that are followed.
//!
//! * `named`: the source that a word names.
//! * `rows`: sources as they are listed.
//! * `ls`: `sources ls`.
//! * `show`: `sources show`.
//! * `add`: `sources add`.
//! * `changes`: `sources rm`, `pause`, `resume`.
//! * `poll`: what `sources poll` takes.
//! * `retry`: `sources retry`.
//! * `lists`: `sources import` and `export`: OPML.
//! * `plan`: `sources plan` and `apply`: a list in the place of what is followed.
//! * `test`: `sources test`.

pub(crate) mod named;

mod rows;

mod ls;

mod show;

mod add;

mod changes;

pub(crate) mod poll;

mod retry;

mod lists;

mod plan;

mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::store::SourceChange;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::template::RowArguments;

use add::AddSourceArguments;
use plan::{ApplyArguments, PlanArguments};
use poll::PollArguments;
use retry::RetryArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sources add https://example.org/feed/
  newswire sources ls
  newswire sources show harbour-post
  newswire sources rm harb                          by the beginning of its slug")]
pub(crate) struct SourcesCommand {
    #[command(subcommand)]
    pub(crate) action: SourcesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesAction {
    /// List sources
    #[command(after_help = "\
Examples:
  newswire sources ls
  newswire --json sources ls | jq -r 'select(.error) | .slug'    those that fail")]
    Ls {
        /// Those that were removed as well
        #[arg(long)]
        all: bool,

        #[command(flatten)]
        rows: RowArguments,
    },
    /// Show one source with its last exchanges
    #[command(after_help = "\
Examples:
  newswire sources show harbour-post")]
    Show {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Follow a source; a running daemon takes it up by itself
    Add(AddSourceArguments),
    /// No longer follow sources; their articles stay
    #[command(after_help = "\
Examples:
  newswire sources rm harbour-post")]
    Rm {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Leave sources alone for now; what they have listed so far is still fetched
    #[command(after_help = "\
Examples:
  newswire sources pause harbour-post hill-gazette")]
    Pause {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll sources again that were paused, or whose server said that they are gone
    #[command(after_help = "\
Examples:
  newswire sources resume harbour-post")]
    Resume {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll sources now, due or not, and fetch what they list; beside a daemon it does so
    Poll(PollArguments),
    /// Give articles of sources a new start that were given up, or that wait after failures
    #[command(after_help = "\
Examples:
  newswire sources retry harbour-post
  newswire sources retry harbour-post --wait     until a running daemon has tried them")]
    Retry(RetryArguments),
    /// Poll a source and tell what it lists; stores nothing
    #[command(after_help = "\
Examples:
  newswire sources test harbour-post            one that is followed
  newswire sources test https://example.org/feed/    one that may be")]
    Test {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Show what a list of sources would change, and change nothing
    Plan(PlanArguments),
    /// Follow what a list of sources has, and no longer what it has not
    Apply(ApplyArguments),
    /// Follow all sources of OPML files, folders becoming tags
    #[command(after_help = "\
Examples:
  newswire sources import subscriptions.opml")]
    Import {
        /// OPML files, or - for standard input
        #[arg(value_name = "OPML", required = true)]
        files: Vec<String>,
    },
    /// Write all sources as OPML, tags as folders and categories
    #[command(after_help = "\
Examples:
  newswire sources export --out sources.opml")]
    Export {
        /// A file (default: standard output)
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// `poll` is how sources are polled.
pub(crate) fn run(
    context: &mut Context,
    command: &SourcesCommand,
    poll: fn(&mut Context, &PollArguments) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Who changes what is followed has to know all that is listed.
    let is_reading = matches!(
        command.action,
        SourcesAction::Ls { .. }
            | SourcesAction::Show { .. }
            | SourcesAction::Test { .. }
            | SourcesAction::Export { .. }
            | SourcesAction::Retry { .. }
    );
    let config = if is_reading { context.configure_for_reading()? } else { context.configure(Manner::OneShot)? };
    match &command.action {
        SourcesAction::Ls { all, rows } => ls::list(context, &config, *all, rows),
        SourcesAction::Show { source } => show::show(context, &config, source),
        SourcesAction::Add(arguments) => add::add(context, &config, arguments),
        SourcesAction::Rm { sources } => changes::change(context, &config, sources, SourceChange::Remove),
        SourcesAction::Pause { sources } => changes::change(context, &config, sources, SourceChange::Pause),
        SourcesAction::Resume { sources } => changes::change(context, &config, sources, SourceChange::Resume),
        SourcesAction::Poll(arguments) => poll(context, arguments),
        SourcesAction::Retry(arguments) => retry::retry(context, &config, arguments),
        SourcesAction::Test { source } => test::test(context, &config, source),
        SourcesAction::Plan(arguments) => plan::plan(context, &config, arguments),
        SourcesAction::Apply(arguments) => plan::apply(context, &config, arguments),
        SourcesAction::Import { files } => lists::import(context, &config, files),
        SourcesAction::Export { out } => lists::export(context, &config, out.as_deref()),
    }
}
