//! `newswire sources rm, pause, resume`: beside a running daemon or without one.

use serde_json::json;

use crate::config::Config;
use crate::forms;
use crate::model::public_url;
use crate::store::{self, ChangedSource, SourceChange, SourceRow, StoreError};

use super::named::one_source;
use crate::cli::addresses;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, outcome_of_parts};
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::table::text;
use crate::cli::terminal::text::counted;

/// Does the same with each of the sources that were named. One that cannot be changed does not keep the others.
pub(crate) fn change(
    context: &mut Context,
    config: &Config,
    words: &[String],
    change: SourceChange,
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for word in words {
        match change_one(config, word, change) {
            Ok(row) => rows.push(row),
            // Whatever ails the database ails it for all.
            Err(failure @ Failure::Store(_)) => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    let n_done = rows.len();
    context.output.list(&[text("slug"), text("state"), text("what")], rows)?;
    outcome_of_parts(failures, n_done, |n_failed| format!("{n_failed} of {} sources are as they were", words.len()))
}

fn change_one(config: &Config, word: &str, change: SourceChange) -> Result<ListRow, Failure> {
    let row = find(config, word, change)?;
    let is_listed = config.source_places.contains_key(&row.slug) || config.list_at_address.is_some();
    let refusal = match (change, row.state.as_str()) {
        (SourceChange::Remove, "removed") => Some("is removed already".to_owned()),
        (SourceChange::Remove, "manual") if is_list_itself(config, &row) => {
            Some("is the list that is followed itself: `sources.url` in the settings names it".to_owned())
        }
        (SourceChange::Remove, _) if is_listed && row.origin == "file" => Some(in_file(config, &row.slug)),
        _ => forms::sources::why_unchangeable(&row, change),
    };
    if let Some(refusal) = refusal {
        return Err(Failure::Failed(format!("{} {refusal}", row.slug)));
    }
    let wanted = match change {
        SourceChange::Remove => "removed",
        SourceChange::Pause => "paused",
        SourceChange::Resume => "active",
    };
    let changed = store::change_source_beside(&config.store, crate::model::SourceId(row.id), change)?;
    let what = describe(change, &changed, wanted);
    let value = json!({
        "slug": row.slug, "state": wanted, "state_before": changed.state_before, "articles": changed.n_articles,
        "left_out": changed.n_left_out,
    });
    Ok((value, vec![row.slug, wanted.to_owned(), what]))
}

/// The source that a word means. One that only the file knows is not in the database yet.
fn find(config: &Config, word: &str, change: SourceChange) -> Result<SourceRow, Failure> {
    let outcome = match Context::reader_before_change(&config.store.path) {
        Ok(reader) => one_source(&reader, word),
        Err(error) => Err(error.into()),
    };
    let is_unknown = matches!(&outcome, Err(Failure::Usage(_) | Failure::Store(StoreError::Missing { .. })));
    let forms = addresses::recognize(word).and_then(Result::ok).map(|address| address.forms()).unwrap_or_default();
    let listed = config.sources.iter().find(|source| source.slug == word || forms.contains(&source.url));
    match listed {
        Some(listed) if is_unknown && change == SourceChange::Remove => {
            Err(Failure::Failed(format!("{} {}", listed.slug, in_file(config, &listed.slug))))
        }
        Some(listed) if is_unknown => Err(Failure::Failed(format!(
            "{} is listed at {} and has never been polled; start `newswire run` or `newswire fetch {}` first",
            listed.slug,
            place(config, &listed.slug),
            listed.slug
        ))),
        _ => outcome,
    }
}

fn is_list_itself(config: &Config, row: &SourceRow) -> bool {
    config.list_at_address.as_ref().is_some_and(|list| row.url.as_deref() == Some(list.url.as_str()))
}

fn in_file(config: &Config, slug: &str) -> String {
    if let Some(list) = &config.list_at_address {
        let url = public_url(&list.url);
        return format!(
            "is on the list at {url}: take it out there; `newswire sources pause {slug}` leaves it alone meanwhile"
        );
    }
    format!(
        "is listed at {}: take it out there, and send a running daemon SIGHUP; `newswire sources pause {slug}` leaves it \
         alone meanwhile",
        place(config, slug)
    )
}

fn place<'c>(config: &'c Config, slug: &str) -> &'c str {
    config.source_places.get(slug).map_or("the sources file", String::as_str)
}

fn describe(change: SourceChange, changed: &ChangedSource, wanted: &str) -> String {
    let count = |number: u64| counted(number, "article");
    match change {
        _ if changed.state_before == wanted => format!("was {wanted} already"),
        SourceChange::Remove if changed.n_left_out == 0 => format!("{} kept", count(changed.n_articles)),
        SourceChange::Remove => {
            format!("{} kept, {} that waited not fetched", count(changed.n_articles), changed.n_left_out)
        }
        SourceChange::Pause => "not polled until it is resumed".to_owned(),
        SourceChange::Resume => "polled from now on".to_owned(),
    }
}
