//! `newswire prune`: take away what is old, and give its space back.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::forms::times::parse_time;
use crate::model::Retention;
use crate::store::{self, Pruned, Pruning, RetentionRules, Space, StoreError};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::named::one_source;
use crate::cli::terminal::logging::{Manner, Verbosity};
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::{counted, size};

#[derive(Debug, Args)]
#[command(after_help = "\
Without --older the settings say what is old: [retention], and store.fetches_keep_days for requests. An article is as old as its
publication, or as its first sighting where that is unknown. Addresses stay known, so that nothing comes back. It works beside a
running daemon, in short transactions; only --vacuum needs the database for itself.

Examples:
  newswire prune --dry-run                        what the settings would take away now
  newswire prune --older 2y                       articles of more than two years
  newswire prune --older 90d --bodies             their texts only; what is known about them stays
  newswire prune --older 1y --source dailytimes
  newswire prune --vacuum                         and build the file anew, without what was deleted")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct PruneCommand {
    /// What is older goes: an age (90d, 2y) or a day
    #[arg(long, value_name = "AGE", allow_hyphen_values = true, value_parser = parse_time)]
    older: Option<Timestamp>,

    /// Of this source only
    #[arg(long, value_name = "SLUG", requires = "older")]
    source: Option<String>,

    /// The texts of articles only
    #[arg(long, requires = "older", group = "what")]
    bodies: bool,

    /// Earlier wordings only
    #[arg(long, requires = "older", group = "what")]
    revisions: bool,

    /// Requests only
    #[arg(long, requires = "older", group = "what")]
    fetches: bool,

    /// Only say what would go
    #[arg(long)]
    dry_run: bool,

    /// Build the file anew at the end: smaller, and without what was deleted. Needs as much room again on the disk
    #[arg(long, conflicts_with = "dry_run")]
    vacuum: bool,
}

pub(crate) fn run(context: &mut Context, command: &PruneCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    // Of what is not there nothing is taken away.
    let open = if command.dry_run { Context::reader } else { Context::reader_before_change };
    if let Err(error @ (StoreError::Missing { .. } | StoreError::Unusable { .. })) = open(&config.store.path) {
        return Err(error.into());
    }
    let (pruning, now) = pruning(command, &config)?;
    let interrupt = signals::watch()?;
    let progress = Progress::without_end("pruning", context.verbosity == Verbosity::Quiet);
    let go_on = |pruned: &Pruned| {
        progress.set_message(describe(pruned));
        interrupt.check(String::new).is_ok()
    };
    let pruned = store::prune_beside(&config.store, &pruning, now, go_on);
    progress.finish();
    let pruned = pruned?;
    interrupt.check(|| format!("{} so far; the same command again goes on", describe(&pruned)))?;
    let space = match (command.dry_run, command.vacuum) {
        (true, _) => None,
        (false, true) => Some(rebuild(context, &config)?),
        (false, false) => Some(store::give_back_space(&config.store)?),
    };
    if context.output.is_json() {
        let Pruned { articles, texts, revisions, fetches, kept } = pruned;
        let mut value = json!({ "articles": articles, "texts": texts, "revisions": revisions, "fetches": fetches, "kept": kept, "dry_run": command.dry_run });
        if let Some(Space { before, after, free }) = space {
            value["bytes_before"] = json!(before);
            value["bytes_after"] = json!(after);
            value["bytes_free"] = json!(free);
        }
        context.output.json(&value)?;
        return Ok(());
    }
    let would = if command.dry_run { "would go" } else { "gone" };
    say!("{would}: {}", describe(&pruned));
    if pruned.kept > 0 {
        say!("{} stay: tables that are not newswire's refer to them", counted(pruned.kept, "old article"));
    }
    if let Some(space) = space {
        say!("{}", describe_space(space));
    }
    Ok(())
}

/// Builds the file anew, which takes as long as the disk takes to write it.
fn rebuild(context: &Context, config: &Config) -> Result<Space, Failure> {
    let progress = Progress::without_end("building the file anew", context.verbosity == Verbosity::Quiet);
    let space = store::rebuild(&config.store);
    progress.finish();
    Ok(space?)
}

/// What goes, and from when its age in days is counted.
fn pruning(command: &PruneCommand, config: &Config) -> Result<(Pruning, Timestamp), Failure> {
    let (is_dry, now) = (command.dry_run, Timestamp::now());
    let Some(older) = command.older else {
        let rules = RetentionRules::of(config);
        return Ok((Pruning { rules, fetches: Some((config.store.fetches_keep_days, None)), is_dry }, now));
    };
    let too_young = || Failure::Usage("--older must be a day or more ago".to_owned());
    let days = u32::try_from(now.duration_since(older).as_hours() / 24).ok().filter(|days| *days > 0);
    let days = days.ok_or_else(too_young)?;
    let now = older.checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(|_| too_young())?;
    let source = command.source.as_deref().map(|word| slug_of(config, word)).transpose()?;
    if command.fetches {
        return Ok((Pruning { fetches: Some((days, source)), is_dry, ..Pruning::default() }, now));
    }
    let days = Some(days);
    let retention = match (command.bodies, command.revisions) {
        (true, _) => Retention { texts_days: days, ..Retention::default() },
        (_, true) => Retention { revisions_days: days, ..Retention::default() },
        _ => Retention { articles_days: days, ..Retention::default() },
    };
    let rules = match source {
        Some(slug) => RetentionRules { of_sources: [(slug, retention)].into(), ..RetentionRules::default() },
        None => RetentionRules { general: retention, ..RetentionRules::default() },
    };
    Ok((Pruning { rules, fetches: None, is_dry }, now))
}

fn slug_of(config: &Config, word: &str) -> Result<String, Failure> {
    let reader = Context::reader(&config.store.path)?;
    Ok(one_source(&reader, word)?.slug)
}

fn describe(pruned: &Pruned) -> String {
    let Pruned { articles, texts, revisions, fetches, .. } = *pruned;
    let parts = [(articles, "article"), (texts, "text"), (revisions, "earlier wording"), (fetches, "request")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| counted(number, what)).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn describe_space(space: Space) -> String {
    let Space { before, after, free } = space;
    if free > 0 {
        let advice = "new articles fill it, `newswire prune --vacuum` gives it back";
        return format!("the file has {}, of which {} are free: {advice}", size(after), size(free));
    }
    if after < before {
        format!("the file had {}, and has {} now", size(before), size(after))
    } else {
        format!("the file has {}", size(after))
    }
}
