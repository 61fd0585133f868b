//! How much of a list is printed, and what is said of the rest.

use clap::Args;

use crate::store::{Count, StoreError};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;

/// Of what is not shown so many are counted.
const COUNTED_MAX: u64 = 100_000;

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
    count: impl FnOnce(u64) -> Result<Count, StoreError>,
) -> Result<(), Failure> {
    if n_shown < limit as usize || context.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    if let Some(more) = more_than(n_shown as u64, count)? {
        context.output.note(format!("newswire: {more} more {things}; -n N prints so many, --all prints all"));
    }
    Ok(())
}

/// How many more there are than are shown, in words. Where there are very many, to count them all would take longer than to list some.
pub(crate) fn more_than(
    n_shown: u64,
    count: impl FnOnce(u64) -> Result<Count, StoreError>,
) -> Result<Option<String>, StoreError> {
    let Count { n, is_all } = count(n_shown.saturating_add(COUNTED_MAX))?;
    let n_more = n.saturating_sub(n_shown);
    let more = if is_all { n_more.to_string() } else { format!("more than {n_more}") };
    Ok((n_more > 0).then_some(more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted_so_far() {
        let check = |n_shown, n_there: u64, expected: Option<&str>| {
            let count = |n_max: u64| Ok(Count { n: n_there.min(n_max), is_all: n_there <= n_max });
            assert_eq!(more_than(n_shown, count).unwrap().as_deref(), expected, "{n_shown} of {n_there}");
        };
        check(20, 20, None);
        check(20, 27, Some("7"));
        check(20, 100_020, Some("100000"));
        check(20, 100_021, Some("more than 100000"));
    }
}
