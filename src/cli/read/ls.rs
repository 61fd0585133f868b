//! `newswire ls`: stored articles, newest first.

use clap::Args;

use crate::config::Config;
use crate::forms;
use crate::store::{ArticleFilter, ArticleRow};

use super::damage;
use super::filter::FilterArguments;
use super::limit::{LimitArguments, tell_rest};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::article_words;
use crate::cli::terminal::table::{Column, id, number, time, title, whole};
use crate::cli::terminal::template::RowArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire ls --since 2d --source harbour-post         what one source published since the day before yesterday
  newswire ls --no-duplicates --where 'quality < 50'   what came in badly
  newswire ls --format '{id}' -0 --where 'words < 20' | xargs -0 newswire rm

Of each article it says in short: = 6 it has the text of article 6; ~ 6 its text is made from that one; r2 it is its second wording; teaser,
wall and others: what stood there was not the whole article.")]
pub(crate) struct LsCommand {
    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    #[command(flatten)]
    pub(crate) limit: LimitArguments,

    #[command(flatten)]
    pub(crate) rows: RowArguments,
}

/// Rows on a terminal; a program gets all.
const SCREENFUL: u32 = 50;

pub(crate) fn run(context: &mut Context, command: &LsCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    context.output.shape(&command.rows)?;
    context.output.page();
    let filter = command.filter.filter(context, &reader)?;
    let limit = command.limit.or_screenful(context, SCREENFUL);
    let mut list = context.output.begin_list(&COLUMNS)?;
    reader.for_each_article(&filter, limit, |row| {
        list.push((forms::articles::row(&row), cells(&row))).map_err(Failure::from)
    })?;
    let n_shown = list.end()?;
    if n_shown == 0 && context.output.is_decorated() {
        context
            .output
            .note(format!("no articles{}", if filter == ArticleFilter::default() { " yet" } else { " match" }));
    }
    tell_rest(context, n_shown, limit, "articles", |n_max| reader.n_articles_up_to(&filter, n_max))?;
    damage::report(context, &reader)
}

const COLUMNS: [Column; 9] = [
    id("id"),
    time("published_at").for_programs(),
    time("published").for_people(),
    whole("source"),
    number("words").for_programs(),
    whole("kind").for_programs(),
    whole("note").for_people(),
    title("title"),
    whole("url").for_programs(),
];

fn cells(row: &ArticleRow) -> Vec<String> {
    let kind = match (row.duplicate_of, row.revision) {
        (Some(of), _) => format!("copy of {of}"),
        (None, 1) => row.body_kind.clone(),
        (None, revision) => format!("{} r{revision}", row.body_kind),
    };
    vec![
        row.id.to_string(),
        row.published_at.clone().unwrap_or_default(),
        forms::articles::time_of(row),
        row.source.clone().unwrap_or_default(),
        row.words.to_string(),
        kind,
        article_words::in_short(row),
        row.title.clone().unwrap_or_default(),
        row.url.clone().unwrap_or_default(),
    ]
}

/// The database that the settings name, for messages.
pub(crate) fn database(config: &Config) -> String {
    config.store.path.display().to_string()
}
