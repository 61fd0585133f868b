//! `newswire sources plan, apply`: a list of sources, in a file or at an address, in the place of the one that is followed.

use std::fmt;
use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::cli::terminal::messages::say;
use crate::config::{Config, Problem, Problems};
use crate::model::{
    ErrorClass, KnownList, ListPoll, ListResult, ListedSource, Source, public_url, without_credentials,
};
use crate::pipeline::{self, Stages};
use crate::store::{self, KeyChange, ListChanges, ListKeeper, SourceRow, StoreError, SyncReport, list_changes};

use crate::cli::addresses;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, read_input};
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::signals;
use crate::cli::terminal::table::text;
use crate::cli::terminal::text::{counted, one_line};

/// What `plan --exit-code` ends with where there is something to do, as `git diff --exit-code` does.
const EXIT_CODE_OF_CHANGES: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sources plan sources.toml
  newswire sources plan --exit-code https://example.org/list.opml

Where the settings have a list, a file or an address, only what came from it is taken out; what was added by command stays. Where they have
none, FILE is all that is followed: whatever else is followed is taken out. What is taken out keeps its articles and its name.

Exit code: 0, also where there is something to do; with --exit-code 1 then, as of `git diff --exit-code`. A FILE with faults is 78.")]
pub(crate) struct PlanArguments {
    /// A list as sources.toml, or OPML: a file, - for standard input, or the address of one
    #[arg(value_name = "FILE or URL")]
    list: String,

    /// End with 1 where there is something to do
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sources plan sources.toml     look first
  newswire sources apply sources.toml

It does what `newswire sources plan FILE` shows, all or nothing, beside a running daemon too. Where the settings have a list, a file or an
address, it must be that one: a daemon would go back to it. A list at an address that has lost most of its sources is left as it is by
the daemon; this says that it is meant so.")]
pub(crate) struct ApplyArguments {
    /// A list as sources.toml, or OPML: a file, - for standard input, or the address of one
    #[arg(value_name = "FILE or URL")]
    list: String,
}

pub(crate) fn plan(context: &mut Context, config: &Config, arguments: &PlanArguments) -> Result<(), Failure> {
    let list = List::named(&arguments.list)?;
    let keeper = keeper(config);
    let changes = compared(config, list.read(config)?, keeper)?.1;
    print(context, config, &changes)?;
    let (n_added, n_changed, n_removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    say!("{n_added} to add, {n_changed} to change, {n_removed} to remove, {} as they are", changes.n_same);
    if arguments.exit_code && !changes.is_empty() { Err(Failure::Told(EXIT_CODE_OF_CHANGES)) } else { Ok(()) }
}

pub(crate) fn apply(context: &mut Context, config: &Config, arguments: &ApplyArguments) -> Result<(), Failure> {
    let list = List::named(&arguments.list)?;
    let keeper = keeper(config);
    refuse_other_list(config, &list)?;
    let read = list.read(config)?;
    let poll = read.poll.clone();
    let (listed, changes) = compared(config, read, keeper)?;
    if keeper == ListKeeper::Command {
        tell_what_is_not_kept(&listed);
    }
    let report = match poll.filter(|_| keeper == ListKeeper::Address) {
        // Also where it changes nothing: the daemon goes on from what was read here.
        Some(poll) => {
            let commit = store::commit_list_beside(&config.store, &poll)?;
            if let Some(failure) = commit.failure {
                return Err(Failure::Failed(format!("{}: {failure}", public_url(&poll.url))));
            }
            commit.report
        }
        None if changes.is_empty() => SyncReport::default(),
        None => store::apply_list_beside(&config.store, &listed, keeper)?,
    };
    context.tell_new_database();
    print(context, config, &changes)?;
    let (n_added, n_changed, n_removed) = (report.added.len(), report.changed.len(), report.removed.len());
    say!("{n_added} added, {n_changed} changed, {n_removed} removed, {} as they were", changes.n_same);
    Ok(())
}

/// Who keeps the list: the settings, if they have one.
fn keeper(config: &Config) -> ListKeeper {
    match &config.list_at_address {
        Some(_) => ListKeeper::Address,
        None if config.has_source_list() => ListKeeper::SourcesFile,
        None => ListKeeper::Command,
    }
}

/// Where the settings have a list, only that one is applied: a daemon would go back to it.
fn refuse_other_list(config: &Config, list: &List) -> Result<(), Failure> {
    let other = |own: &str, advice: &str| {
        Err(Failure::Failed(format!(
            "{list} is not the list of the settings, {own}, to which a daemon would go back {advice}"
        )))
    };
    match (&config.list_at_address, &config.sources_file, list) {
        (Some(own), _, List::At(url)) if own.url == *url => Ok(()),
        (Some(own), ..) => other(public_url(&own.url).as_str(), "the next time that it asks for it"),
        (None, Some(own), _) if config.has_source_list() => match list {
            List::In(file) if is_same(own, file) => Ok(()),
            _ => {
                let own = own.display().to_string();
                other(&own, &format!("at its next start: copy it there, and `newswire sources apply {own}`"))
            }
        },
        _ => Ok(()),
    }
}

fn is_same(own: &Path, file: &str) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(own).is_some_and(|own| real(Path::new(file)).is_some_and(|file| own == file))
}

/// Where a list is.
enum List {
    In(String),
    At(Url),
}

impl List {
    /// What is named. An address has a scheme: all else may be a file.
    fn named(word: &str) -> Result<List, Failure> {
        match word.split_once("://") {
            Some(_) => Ok(List::At(addresses::parse(word)?.url)),
            None => Ok(List::In(word.to_owned())),
        }
    }

    fn read(&self, config: &Config) -> Result<ReadList, Failure> {
        match self {
            List::In(file) => read_file(file),
            List::At(url) => ask(config, url),
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            List::In(file) => f.write_str(file),
            List::At(url) => f.write_str(public_url(url).as_str()),
        }
    }
}

/// A list as it was read.
struct ReadList {
    /// Where it is, for messages.
    place: String,
    sources: Vec<ListedSource>,
    /// Whether the database may know better what its sources are called.
    is_to_be_named: bool,
    /// What came of asking for it, where it is at an address.
    poll: Option<ListPoll>,
}

/// The sources of a list as they are to stand in the database, and what they would change there.
fn compared(config: &Config, list: ReadList, keeper: ListKeeper) -> Result<(Vec<ListedSource>, ListChanges), Failure> {
    let stored = match Context::reader(&config.store.path) {
        Ok(reader) => reader.sources()?,
        Err(StoreError::Missing { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let ReadList { place, sources, is_to_be_named, .. } = list;
    let listed = if is_to_be_named {
        store::named_sources(sources, &stored, keeper)
            .map_err(|rule| refused(&place, format!("{rule}: name one of them with newswire:slug")))?
    } else {
        sources
    };
    let sources: Vec<Source> = listed.iter().map(|listed| listed.source.clone()).collect();
    Ok((listed, list_changes(&stored, &sources, keeper)))
}

fn refused(place: &str, rule: String) -> Failure {
    Failure::Configuration(Problems(vec![Problem {
        place: place.to_owned(),
        subject: "list of sources".to_owned(),
        rule,
    }]))
}

fn read_file(file: &str) -> Result<ReadList, Failure> {
    let place = if file == STANDARD_INPUT { "standard input" } else { file };
    let bytes = read_input(file).map_err(|error| refused(place, format!("cannot be read: {error}")))?;
    let list = pipeline::read_source_list(bytes, place).map_err(|mut problems| {
        for problem in &mut problems.0 {
            problem.rule = one_line(&problem.rule).into_owned();
        }
        problems
    })?;
    tell(place, &list.notices);
    Ok(ReadList { place: place.to_owned(), sources: list.sources, is_to_be_named: list.is_opml, poll: None })
}

/// Asks for a list at an address, whatever is known of it.
fn ask(config: &Config, url: &Url) -> Result<ReadList, Failure> {
    let stages = Stages::new(config).map_err(Failure::Failed)?;
    let interrupt = signals::watch()?;
    let interval_s = config.list_at_address.as_ref().map_or(0, |list| list.interval_s);
    let asking = pipeline::poll_source_list(&stages, KnownList::untried(url.clone()), interval_s);
    let poll = Context::block_on(interrupt.race(asking))??;
    let place = public_url(url).to_string();
    match &poll.result {
        ListResult::Listed { sources, notices, .. } => {
            tell(&place, notices);
            Ok(ReadList { place, sources: sources.clone(), is_to_be_named: true, poll: Some(poll) })
        }
        ListResult::Failed(failure) if failure.class.is_policy() => {
            Err(Failure::Refused(format!("{place}: {failure}")))
        }
        ListResult::Failed(failure) if failure.class == ErrorClass::Parse => {
            Err(refused(&place, failure.reason.clone()))
        }
        ListResult::Failed(failure) => Err(Failure::Failed(format!("{place}: {failure}"))),
        ListResult::Unchanged => {
            Err(Failure::Failed(format!("{place}: it says that it is as it was, and was not asked whether")))
        }
    }
}

fn tell(place: &str, notices: &[String]) {
    for notice in notices {
        say!("newswire: {place}: {}", one_line(notice));
    }
}

/// What only a sources file of the settings can say of a source.
fn tell_what_is_not_kept(listed: &[ListedSource]) {
    for ListedSource { source, .. } in listed {
        let has_login = source.proxy.as_ref().is_some_and(|route| route.without_credentials() != *route);
        for (key, is_there) in [("retention", source.retention.is_some()), ("the login of its proxy", has_login)] {
            if is_there {
                say!(
                    "newswire: {}: {key} is not kept: it counts in the sources file of the settings alone",
                    source.slug
                );
            }
        }
    }
}

fn print(context: &mut Context, config: &Config, changes: &ListChanges) -> Result<(), Failure> {
    let mut rows: Vec<ListRow> = changes.added.iter().map(added).collect();
    rows.extend(changes.changed.iter().map(|(slug, keys)| changed(slug, keys)));
    for row in &changes.removed {
        rows.push(removed(row, Context::reader(&config.store.path)?.source(row.clone(), Timestamp::now())?.n_articles));
    }
    context.output.list(&[text("change"), text("slug"), text("what")], rows)?;
    Ok(())
}

fn added(source: &Source) -> ListRow {
    let url = without_credentials(source.url.as_str());
    let value = json!({"change": "add", "slug": source.slug, "url": url});
    (value, vec!["add".to_owned(), source.slug.clone(), url.into_owned()])
}

fn changed(slug: &str, keys: &[KeyChange]) -> ListRow {
    let values: Vec<_> =
        keys.iter().map(|KeyChange { key, from, to }| json!({"key": key, "from": from, "to": to})).collect();
    let value = json!({"change": "change", "slug": slug, "keys": values});
    let shown = |text: &str| if text.is_empty() { "nothing".to_owned() } else { one_line(text).into_owned() };
    let told = keys.iter().map(|KeyChange { key, from, to }| format!("{key}: {} → {}", shown(from), shown(to)));
    (value, vec!["change".to_owned(), slug.to_owned(), told.collect::<Vec<_>>().join("; ")])
}

fn removed(row: &SourceRow, n_articles: u32) -> ListRow {
    let url = row.url.as_deref().map(without_credentials);
    let value = json!({"change": "remove", "slug": row.slug, "url": url, "articles": n_articles});
    let told = format!("no longer followed, {} kept", counted(n_articles, "article"));
    (value, vec!["remove".to_owned(), row.slug.clone(), told])
}
