//! `newswire ls`: stored articles, newest first.

use url::Url;

use crate::config::Config;
use crate::store::{ArticleFilter, ArticleRow, Reader, SourceRow};

use super::Context;
use super::arguments::{ChoiceArguments, LsCommand};
use super::extract::{is_url, parse_url};
use super::failure::Failure;
use super::logging::Manner;
use super::output::{Column, number, text};
use super::{shapes, stories};

pub(super) fn run(context: &mut Context, command: &LsCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let reader = Reader::open(&config.store.path)?;
    let filter = filter(&reader, &command.choice)?;
    let rows = reader.articles(&filter, command.limit)?;
    if rows.is_empty() && context.output.is_decorated() {
        eprintln!("no articles{}", if filter == ArticleFilter::default() { " yet" } else { " match" });
    }
    let rows = rows.iter().map(|row| (shapes::row(row), cells(row))).collect();
    context.output.list(&COLUMNS, rows)?;
    Ok(())
}

const COLUMNS: [Column; 6] =
    [number("id"), text("published"), text("source"), number("words"), text("kind"), text("title")];

fn cells(row: &ArticleRow) -> Vec<String> {
    let kind = match (row.duplicate_of, row.revision) {
        (Some(of), _) => format!("copy of {of}"),
        (None, 1) => row.body_kind.clone(),
        (None, revision) => format!("{} r{revision}", row.body_kind),
    };
    vec![
        row.id.to_string(),
        shapes::short_time(row),
        row.source.clone().unwrap_or_default(),
        row.words.to_string(),
        kind,
        row.title.clone().unwrap_or_default(),
    ]
}

/// The choice of articles that the arguments name.
pub(super) fn filter(reader: &Reader, choice: &ChoiceArguments) -> Result<ArticleFilter, Failure> {
    let source_id = choice.source.as_deref().map(|word| one_source(reader, word)).transpose()?.map(|row| row.id);
    if let Some(story) = choice.story {
        stories::find(reader, story)?;
    }
    Ok(ArticleFilter {
        source_id,
        story_id: choice.story,
        since: choice.since,
        until: choice.until,
        condition: choice.condition.clone(),
        without_duplicates: choice.no_duplicates,
    })
}

/// The source that a word names: by slug, address or unique prefix.
pub(super) fn one_source(reader: &Reader, word: &str) -> Result<SourceRow, Failure> {
    // An address is compared in the form in which addresses are stored.
    let url = is_url(word).then(|| parse_url(word)).transpose()?;
    let mut found = reader.sources_named(url.as_ref().map_or(word, Url::as_str))?;
    // One that is gone is meant only where nothing else can be.
    if found.len() > 1 && found.iter().any(|row| row.state != "removed") {
        found.retain(|row| row.state != "removed");
    }
    match found.len() {
        0 => Err(Failure::Usage(format!("no source {word:?}; `newswire sources ls` lists them"))),
        1 => Ok(found.remove(0)),
        _ => {
            let slugs: Vec<&str> = found.iter().take(8).map(|row| row.slug.as_str()).collect();
            Err(Failure::Usage(format!("{word:?} may be any of {}", slugs.join(", "))))
        }
    }
}

/// The database that the settings name, for messages.
pub(super) fn database(config: &Config) -> String {
    config.store.path.display().to_string()
}
