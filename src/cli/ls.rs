//! `newswire ls`: stored articles, newest first.

use clap::Args;

use crate::config::Config;
use crate::store::{ArticleFilter, ArticleRow, Reader};

use super::Context;
use super::choice::ChoiceArguments;
use super::failure::Failure;
use super::logging::Manner;
use super::output::{Column, number, text};
use super::shapes;

#[derive(Debug, Args)]
pub(super) struct LsCommand {
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,

    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    pub(super) limit: u32,
}

pub(super) fn run(context: &mut Context, command: &LsCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let reader = Reader::open(&config.store.path)?;
    let filter = command.choice.filter(&reader)?;
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

/// The database that the settings name, for messages.
pub(super) fn database(config: &Config) -> String {
    config.store.path.display().to_string()
}
