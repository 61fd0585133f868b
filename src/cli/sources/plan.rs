//! `newswire sources plan, apply`: a list of sources as a file has it, in the place of the one that is followed.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::config::{self, Config, Problem, Problems};
use crate::model::{Source, without_credentials};
use crate::pipeline::{self, OpmlSource};
use crate::store::{
    self, KeyChange, ListChanges, ListKeeper, NewSource, SourceRow, StoreError, SyncReport, list_changes,
};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, read_input};
use crate::cli::terminal::output::{ListRow, text};
use crate::cli::terminal::text::{counted, one_line};

/// What `plan --exit-code` ends with where there is something to do, as `git diff --exit-code` does.
const EXIT_CODE_OF_CHANGES: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = "\
Where the settings have a sources file, only what it has listed is taken out; what was added by command stays. Where they have none, FILE
is all that is followed: whatever else is followed is taken out. What is taken out keeps its articles and its name.

Exit code: 0, also where there is something to do; with --exit-code 1 then, as of `git diff --exit-code`. A FILE with faults is 78.")]
pub(crate) struct PlanArguments {
    /// A list as sources.toml, or OPML; - for standard input
    file: String,

    /// End with 1 where there is something to do
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
It does what `newswire sources plan FILE` shows, all or nothing, beside a running daemon too. Where the settings have a sources file,
FILE must be that one: a daemon would go back to it at its next start.")]
pub(crate) struct ApplyArguments {
    /// A list as sources.toml, or OPML; - for standard input
    file: String,
}

pub(crate) fn plan(context: &mut Context, config: &Config, arguments: &PlanArguments) -> Result<(), Failure> {
    let (_, changes) = compared(config, &arguments.file, keeper(config))?;
    print(context, config, &changes)?;
    let (n_added, n_changed, n_removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    eprintln!("{n_added} to add, {n_changed} to change, {n_removed} to remove, {} as they are", changes.n_same);
    if arguments.exit_code && !changes.is_empty() { Err(Failure::Told(EXIT_CODE_OF_CHANGES)) } else { Ok(()) }
}

pub(crate) fn apply(context: &mut Context, config: &Config, arguments: &ApplyArguments) -> Result<(), Failure> {
    let file = arguments.file.as_str();
    let keeper = keeper(config);
    let own = config.sources_file.as_deref().filter(|own| keeper == ListKeeper::SourcesFile && !is_same(own, file));
    if let Some(own) = own {
        let own = own.display();
        return Err(Failure::Failed(format!(
            "{file} is not the list of the settings, {own}, to which a daemon would go back at its next start: copy it there, \
             and `newswire sources apply {own}`"
        )));
    }
    let (listed, changes) = compared(config, file, keeper)?;
    if keeper == ListKeeper::Command {
        tell_what_is_not_kept(&listed);
    }
    let report = if changes.is_empty() {
        SyncReport::default()
    } else {
        store::apply_list_beside(&config.store, &listed, keeper)?
    };
    print(context, config, &changes)?;
    let (n_added, n_changed, n_removed) = (report.added.len(), report.changed.len(), report.removed.len());
    eprintln!("{n_added} added, {n_changed} changed, {n_removed} removed, {} as they were", changes.n_same);
    Ok(())
}

/// Who keeps the list: the settings, if they have one.
fn keeper(config: &Config) -> ListKeeper {
    if config.has_source_list() { ListKeeper::SourcesFile } else { ListKeeper::Command }
}

fn is_same(own: &Path, file: &str) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(own).is_some_and(|own| real(Path::new(file)).is_some_and(|file| own == file))
}

/// The sources of a file, and what they would change.
fn compared(config: &Config, file: &str, keeper: ListKeeper) -> Result<(Vec<NewSource>, ListChanges), Failure> {
    let stored = match Context::reader(&config.store.path) {
        Ok(reader) => reader.sources()?,
        Err(StoreError::Missing { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let listed = read(file, &stored)?;
    let sources: Vec<Source> = listed.iter().map(|new| new.source.clone()).collect();
    Ok((listed, list_changes(&stored, &sources, keeper)))
}

/// The sources of a file. One with a fault is refused as a whole: what it leaves out would be taken out.
fn read(file: &str, stored: &[SourceRow]) -> Result<Vec<NewSource>, Failure> {
    let place = if file == STANDARD_INPUT { "standard input" } else { file };
    let refused = |rule: String| {
        Failure::Configuration(Problems(vec![Problem {
            place: place.to_owned(),
            subject: "list of sources".to_owned(),
            rule,
        }]))
    };
    let bytes = read_input(file).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err(refused("is empty; a file with only a comment is an empty list".to_owned()));
    }
    // Lists in OPML may be in other encodings.
    let is_markup = text.starts_with('<') || bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if !is_markup {
        let text = String::from_utf8(bytes).map_err(|_| refused("is not UTF-8".to_owned()))?;
        let sources = config::parse_source_list(&text, place)?;
        return Ok(sources.into_iter().map(|source| NewSource { source, is_paused: false }).collect());
    }
    let found = pipeline::opml_sources(&bytes).map_err(refused)?;
    for duplicate in &found.duplicates {
        eprintln!("newswire: {place}: {}", one_line(duplicate));
    }
    let fault = |rule: &String| Problem {
        place: place.to_owned(),
        subject: "outline".to_owned(),
        rule: one_line(rule).into_owned(),
    };
    let problems: Vec<Problem> = found.problems.iter().map(fault).collect();
    if !problems.is_empty() {
        return Err(Failure::Configuration(Problems(problems)));
    }
    let listed = named(found.sources, stored);
    let mut slugs = HashSet::new();
    match listed.iter().find(|new| !slugs.insert(new.source.slug.as_str())) {
        Some(twice) => {
            Err(refused(format!("has two sources {:?}: name one of them with newswire:slug", twice.source.slug)))
        }
        None => Ok(listed),
    }
}

/// Sources of OPML, which mostly has no slugs: each under the name that its address is stored with, with the credentials that
/// OPML has no word for.
fn named(found: Vec<OpmlSource>, stored: &[SourceRow]) -> Vec<NewSource> {
    let by_slug: HashMap<&str, &SourceRow> = stored.iter().map(|row| (row.slug.as_str(), row)).collect();
    // Of several at one address the one that is followed is meant.
    let mut by_address: HashMap<&str, &SourceRow> = HashMap::new();
    for row in stored {
        let Some(url) = row.url.as_deref() else { continue };
        if row.state != "removed" || !by_address.contains_key(url) {
            by_address.insert(url, row);
        }
    }
    let name = |OpmlSource { mut source, is_paused }: OpmlSource| {
        let known = by_slug.get(source.slug.as_str()).or_else(|| by_address.get(source.url.as_str()));
        if let Some(known) = known {
            source.slug.clone_from(&known.slug);
            source.credentials.clone_from(&known.credentials);
        }
        NewSource { source, is_paused }
    };
    found.into_iter().map(name).collect()
}

/// What only a sources file of the settings can say of a source.
fn tell_what_is_not_kept(listed: &[NewSource]) {
    for NewSource { source, .. } in listed {
        let has_login = source.proxy.as_ref().is_some_and(|route| route.without_credentials() != *route);
        for (key, is_there) in [("retention", source.retention.is_some()), ("the login of its proxy", has_login)] {
            if is_there {
                eprintln!(
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
        rows.push(removed(row, Context::reader(&config.store.path)?.source(row.clone())?.n_articles));
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
