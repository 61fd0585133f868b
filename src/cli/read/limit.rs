//! How much of a list is printed, and what is said of the rest.

use clap::Args;

use crate::store::StoreError;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;

/// How much of a list is printed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LimitArguments {
    /// At most so many; 0: all
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true, value_parser = parse_limit)]
    pub(crate) limit: Option<u32>,

    /// All there are
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}

/// A whole number that is no number of rows to print.
pub(crate) fn parse_count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "must be a whole number, such as 2".to_owned())
}

fn parse_limit(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "must be a whole number, such as 20; 0 or --all for all there are".to_owned())
}

impl LimitArguments {
    /// The number that was asked for, or else the usual one.
    pub(crate) fn or(self, usual: Option<u32>) -> u32 {
        match self.limit {
            _ if self.all => u32::MAX,
            Some(0) => u32::MAX,
            Some(limit) => limit,
            None => usual.unwrap_or(u32::MAX),
        }
    }

    /// The number that was asked for, or else one that fits a screen for a person, and all for a program.
    pub(crate) fn or_screenful(self, context: &Context, screenful: u32) -> u32 {
        self.or(context.output.is_decorated().then_some(screenful))
    }
}

/// Says how many more there are, where a limit has cut a list.
pub(crate) fn tell_rest(
    context: &mut Context,
    n_shown: usize,
    limit: u32,
    things: &str,
    count: impl FnOnce() -> Result<u64, StoreError>,
) -> Result<(), Failure> {
    if n_shown < limit as usize || context.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    let n_more = count()?.saturating_sub(n_shown as u64);
    if n_more > 0 {
        context.output.note(format!("newswire: {n_more} more {things}; -n N prints so many, --all prints all"));
    }
    Ok(())
}
