//! `newswire sources poll`: sources now, due or not. Whoever fetches does it.

use clap::Args;

use crate::cli::asked::WaitArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sources poll harbour-post             now, due or not
  newswire sources poll harbour-post --wait      beside a daemon: until that has done it, and what came")]
pub(crate) struct PollArguments {
    /// Slugs, unique prefixes or addresses
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<String>,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,
}
