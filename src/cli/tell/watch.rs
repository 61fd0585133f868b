//! `newswire watch`: what somebody wants to be told of.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::{Config, StoreSettings};
use crate::forms;
use crate::model::{Watch, WatchKind};
use crate::store::{self, Reader, StoreError, WatchRow, expression_of, operators_taken_for_words};

use super::{sender, trial};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, outcome_of_parts};
use crate::cli::sources::named::one_source;
use crate::cli::terminal::logging::{Manner, Verbosity};
use crate::cli::terminal::table::{number, text, time, whole};

/// Characters of a name.
const NAME_CHARACTERS_MAX: usize = 64;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire watch test 'harbour storm'                      what it would have told in the last week
  newswire watch add storms 'harbour storm' --to desk      be told of it
  newswire watch ls
  newswire watch pause storms
  newswire watch rm storms

A message is about a story: one when it appears, one when it grows. Copies and routine series make none. Receivers stand in the settings, as \
[receivers.NAME]; the daemon sends.")]
pub(crate) struct WatchCommand {
    #[command(subcommand)]
    pub(crate) action: WatchAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WatchAction {
    /// Be told from now on; a running daemon takes it up at once
    #[command(after_help = "\
Examples:
  newswire watch add storms 'harbour storm' --to desk
  newswire watch add big --grows-to 5 --lang en --to desk --to phone       any story, once five newsrooms tell it
  newswire watch add ours-revised --revised --source harbour-post --to desk   any article of ours")]
    Add(AddArguments),
    /// List what is watched
    #[command(after_help = "\
Examples:
  newswire watch ls
  newswire --json watch ls | jq -r 'select(.n_waiting > 0) | .name'    those with messages that wait")]
    Ls,
    /// No longer be told; what waits to be sent is not sent
    #[command(after_help = "\
Examples:
  newswire watch rm storms")]
    Rm {
        /// Names of watches
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Be left in peace for a while; what was found before is still sent
    #[command(after_help = "\
Examples:
  newswire watch pause storms big

What comes in meanwhile is not told later either: a watch that is resumed is told of what comes after that, as a new one is.")]
    Pause {
        /// Names of watches
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Be told again, of what comes from now on
    #[command(after_help = "\
Examples:
  newswire watch resume storms")]
    Resume {
        /// Names of watches
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// What a watch would have told in the last week; tells nobody
    #[command(after_help = "\
Examples:
  newswire watch test storms                       one that there is
  newswire watch test 'night train' --grows-to 3   one that there may be")]
    Test(TestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// Name of the watch
    name: String,

    /// What to look for, as in a search; without it whatever the options say
    query: Option<String>,

    /// A receiver of the settings that is told; may be left out where there is only one
    #[arg(long = "to", value_name = "RECEIVER")]
    receivers: Vec<String>,

    #[command(flatten)]
    what: WhatArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Name of a watch, or what to look for
    #[arg(value_name = "NAME or QUERY")]
    query: Option<String>,

    #[command(flatten)]
    what: WhatArguments,
}

/// What is told.
#[derive(Debug, Args)]
struct WhatArguments {
    /// Only articles of this source count (slug, unique prefix or address)
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,

    /// Only articles in this language count: en, de, ja
    #[arg(long, value_name = "LANGUAGE", value_parser = forms::words::language)]
    lang: Option<String>,

    /// Only of stories that so many newsrooms tell; those that print another one's report do not count
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    min_sources: Option<u32>,

    /// When a story appears (default)
    #[arg(long, group = "kind")]
    story_new: bool,

    /// When a story grows to so many newsrooms
    #[arg(long, value_name = "N", group = "kind", conflicts_with = "min_sources", value_parser = clap::value_parser!(u32).range(2..=1000))]
    grows_to: Option<u32>,

    /// When an article has another wording
    #[arg(long, group = "kind")]
    revised: bool,

    /// When a publisher takes an article away
    #[arg(long, group = "kind")]
    removed: bool,
}

impl WhatArguments {
    fn is_empty(&self) -> bool {
        let WhatArguments { source, lang, min_sources, story_new, grows_to, revised, removed } = self;
        source.is_none()
            && lang.is_none()
            && min_sources.is_none()
            && grows_to.is_none()
            && !(*story_new || *revised || *removed)
    }

    fn watch(
        &self,
        reader: &Reader,
        name: &str,
        query: Option<&str>,
        receivers: Vec<String>,
    ) -> Result<Watch, Failure> {
        let kind = match self {
            WhatArguments { grows_to: Some(_), .. } => WatchKind::GrowsTo,
            WhatArguments { revised: true, .. } => WatchKind::Revised,
            WhatArguments { removed: true, .. } => WatchKind::Removed,
            _ => WatchKind::StoryNew,
        };
        if query.is_some_and(|query| expression_of(query).is_empty()) {
            return Err(Failure::Usage("there is no word in the query".to_owned()));
        }
        let source_id = self.source.as_deref().map(|word| one_source(reader, word)).transpose()?.map(|row| row.id);
        Ok(Watch {
            name: name.to_owned(),
            query: query.map(str::to_owned),
            source_id,
            language: self.lang.clone(),
            kind,
            min_sources: self.grows_to.or(self.min_sources).unwrap_or(1),
            receivers,
        })
    }
}

pub(crate) fn run(context: &mut Context, command: &WatchCommand) -> Result<(), Failure> {
    match &command.action {
        WatchAction::Add(arguments) => add(context, arguments),
        WatchAction::Ls => list(context),
        WatchAction::Rm { names } => remove(context, names),
        WatchAction::Pause { names } => change_each(context, names, pause),
        WatchAction::Resume { names } => change_each(context, names, resume),
        WatchAction::Test(arguments) => test(context, arguments),
    }
}

fn add(context: &mut Context, arguments: &AddArguments) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let name = arguments.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || name.contains(char::is_control) {
        return Err(Failure::Usage(format!("the name of a watch has 1 to {NAME_CHARACTERS_MAX} characters")));
    }
    let receivers = receivers(&config, &arguments.receivers)?;
    let reader = Context::reader_before_change(&config.store.path)?;
    let watch = arguments.what.watch(&reader, name, arguments.query.as_deref(), receivers)?;
    say_how_understood(context, &watch);
    let is_judged = sender::is_there(&reader)?;
    drop(reader);
    if !store::add_watch_beside(&config.store, &watch)? {
        return Err(Failure::Failed(format!(
            "there is a watch {name} already; `newswire watch rm {name}` takes it away"
        )));
    }
    let told = watch.receivers.join(", ");
    let when =
        if is_judged { "from now on".to_owned() } else { format!("of what comes from now on, {}", sender::NOBODY) };
    let what = format!("{} is told to {told} {when}", watch.kind.as_str());
    let value = json!({
        "name": name, "kind": watch.kind.as_str(), "receivers": watch.receivers, "daemon_runs": is_judged,
    });
    context.output.list(&[text("name"), text("what")], vec![(value, vec![name.to_owned(), what])])?;
    Ok(())
}

/// Says so where a query has what looks like an operator.
fn say_how_understood(context: &mut Context, watch: &Watch) {
    if context.verbosity != Verbosity::Quiet
        && let Some(told) = watch.query.as_deref().and_then(operators_taken_for_words)
    {
        context.output.note(format!("newswire: {told}; what may stand for another is a watch of its own"));
    }
}

/// Who is told: those that are named, or the only one there is.
fn receivers(config: &Config, named: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let listed = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    if let Some(unknown) = named.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::Usage(format!("the settings have no receiver {unknown}; they have {listed}")));
    }
    match (named, known.as_slice()) {
        ([], [only]) => Ok(vec![(*only).to_owned()]),
        ([], []) => Err(Failure::Usage(
            "nobody is there to be told: a section [receivers.NAME] in the settings names one".to_owned(),
        )),
        ([], _) => Err(Failure::Usage(format!("name who is told, by --to: the settings have {listed}"))),
        _ => {
            let mut named = named.to_vec();
            named.sort_unstable();
            named.dedup();
            Ok(named)
        }
    }
}

fn list(context: &mut Context) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let rows = reader.watches()?;
    if rows.is_empty() {
        context.output.note("nothing is watched; `newswire watch add NAME QUERY` begins to");
    }
    for state in reader.receiver_states()?.iter().filter(|state| state.paused_at.is_some()) {
        let name = &state.name;
        context.output.note(format!("receiver {name} is paused; `newswire receivers resume {name}` sends to it again"));
    }
    let columns = [
        whole("name").kept(),
        text("query"),
        whole("kind"),
        number("min_sources").headed("newsrooms"),
        whole("source"),
        whole("language"),
        text("receivers"),
        number("n_waiting").headed("waiting"),
        number("n_sent").headed("sent"),
        time("last_message_at").headed("last"),
        whole("state"),
    ];
    let rows = rows.iter().map(|row| (forms::messages::watch(row), cells(row))).collect();
    context.output.list(&columns, rows)?;
    Ok(())
}

fn cells(row: &WatchRow) -> Vec<String> {
    vec![
        row.watch.name.clone(),
        row.watch.query.clone().unwrap_or_default(),
        row.watch.kind.as_str().to_owned(),
        row.watch.min_sources.to_string(),
        row.source.clone().unwrap_or_default(),
        row.watch.language.clone().unwrap_or_default(),
        row.watch.receivers.join(", "),
        row.n_waiting.to_string(),
        row.n_sent.to_string(),
        row.last_message_at.clone().unwrap_or_default(),
        if row.is_active { "active" } else { "paused" }.to_owned(),
    ]
}

fn remove(context: &mut Context, names: &[String]) -> Result<(), Failure> {
    change_each(context, names, |settings, name, _| {
        let is_removed = store::remove_watch_beside(settings, name)?;
        Ok(is_removed.then(|| (json!({ "name": name, "removed": true }), "no longer watched".to_owned())))
    })
}

fn pause(settings: &StoreSettings, name: &str, _: bool) -> Result<Option<Changed>, StoreError> {
    let changed = |was_active: bool| {
        let what = if was_active { "paused; what it had found before is still sent" } else { "was paused already" };
        (json!({ "name": name, "state": "paused", "changed": was_active }), what.to_owned())
    };
    Ok(store::pause_watch_beside(settings, name)?.map(changed))
}

fn resume(settings: &StoreSettings, name: &str, is_judged: bool) -> Result<Option<Changed>, StoreError> {
    let changed = |was_active: bool| {
        let what = match (was_active, is_judged) {
            (true, _) => "was not paused".to_owned(),
            (false, true) => "is told of what comes from now on".to_owned(),
            (false, false) => format!("is told of what comes from now on, {}", sender::NOBODY),
        };
        (json!({ "name": name, "state": "active", "changed": !was_active, "daemon_runs": is_judged }), what)
    };
    Ok(store::resume_watch_beside(settings, name)?.map(changed))
}

/// What has become of a watch: for programs, and in words.
type Changed = (Value, String);

/// Changes watches one by one. Those that are not there are named, and keep none of the others from it. What changes them is told whether a
/// daemon runs.
fn change_each(
    context: &mut Context,
    names: &[String],
    change: impl Fn(&StoreSettings, &str, bool) -> Result<Option<Changed>, StoreError>,
) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let reader = Context::reader_before_change(&config.store.path)?;
    let is_judged = sender::is_there(&reader)?;
    drop(reader);
    let mut failures = Vec::new();
    let mut rows = Vec::new();
    for name in names {
        match change(&config.store, name, is_judged)? {
            Some((value, what)) => rows.push((value, vec![name.clone(), what])),
            None => failures.push(Failure::Failed(format!("there is no watch {name}; `newswire watch ls` lists them"))),
        }
    }
    let n_done = rows.len();
    context.output.list(&[text("name"), text("what")], rows)?;
    outcome_of_parts(failures, n_done, |n_failed| format!("{n_failed} of {} watches are not there", names.len()))
}

fn test(context: &mut Context, arguments: &TestArguments) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let query = arguments.query.as_deref();
    let known = reader.watches()?.into_iter().find(|row| Some(row.watch.name.as_str()) == query);
    if let (Some(name), Some(_)) = (query, &known) {
        let name = forms::words::shell_word(name);
        context.output.note(if arguments.what.is_empty() {
            format!("newswire: the watch {name} is tried, and not a query of that word")
        } else {
            format!(
                "newswire: a query of {name} is tried with these options, and not the watch of that name: `newswire watch test {name}` tries that"
            )
        });
    }
    let watch = match known {
        Some(row) if arguments.what.is_empty() => row.watch,
        _ if query.is_none() && arguments.what.is_empty() => {
            return Err(Failure::Usage("name a watch, or say what to look for".to_owned()));
        }
        _ => arguments.what.watch(&reader, "test", query, Vec::new())?,
    };
    say_how_understood(context, &watch);
    trial::tell(context, &reader, watch)
}
