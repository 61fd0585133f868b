//! `newswire ls`: stored articles, newest first.

use clap::Args;

use crate::config::Config;
use crate::store::{ArticleFilter, ArticleRow};

use super::damage;
use super::filter::FilterArguments;
use super::limit::{LimitArguments, tell_rest};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::article_forms;
use crate::cli::terminal::output::{Column, number, text};

#[derive(Debug, Args)]
pub(crate) struct LsCommand {
    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    #[command(flatten)]
    pub(crate) limit: LimitArguments,
}

/// Rows on a terminal; a program gets all.
const SCREENFUL: u32 = 50;

pub(crate) fn run(context: &mut Context, command: &LsCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let filter = command.filter.filter(&reader)?;
    let limit = command.limit.or_screenful(context, SCREENFUL);
    let rows = reader.articles(&filter, limit)?;
    let n_shown = rows.len();
    if rows.is_empty() && context.output.is_decorated() {
        eprintln!("no articles{}", if filter == ArticleFilter::default() { " yet" } else { " match" });
    }
    let rows = rows.iter().map(|row| (article_forms::row(row), cells(row))).collect();
    context.output.list(&COLUMNS, rows)?;
    tell_rest(context, n_shown, limit, "articles", || reader.n_articles(&filter))?;
    damage::report(&reader)
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
        article_forms::short_time(row),
        row.source.clone().unwrap_or_default(),
        row.words.to_string(),
        kind,
        row.title.clone().unwrap_or_default(),
    ]
}

/// The database that the settings name, for messages.
pub(crate) fn database(config: &Config) -> String {
    config.store.path.display().to_string()
}
