//! `newswire stories`: events, each with the articles that tell of it; put together and taken apart by hand.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::forms;
use crate::forms::times::parse_time;
use crate::store::{self, MemberRow, Reader, StoryFilter, StoryRow};

use super::damage;
use super::limit::{LimitArguments, parse_count, tell_rest};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::table::{id, number, text, time, title, whole};
use crate::cli::terminal::template::RowArguments;
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  newswire stories --since 24h --min-sources 3      what several told independently since yesterday
  newswire stories --since 24h --no-routine         without weather reports, results, notices of one make
  newswire stories show 12                          its articles, and why each is there
  newswire stories merge 12 15                      one event after all; later articles follow
  newswire stories split 301 307                    two articles of another event
  newswire export --format bundle --story 12 --out bundle/"
)]
pub(crate) struct StoriesCommand {
    #[command(subcommand)]
    pub(crate) action: Option<StoriesAction>,

    #[command(flatten)]
    pub(crate) choice: StoryChoice,
}

#[derive(Debug, Args)]
pub(crate) struct StoryChoice {
    /// Told at this time or later: 2026-11-20, 2d, 12h, yesterday
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    pub(crate) since: Option<Timestamp>,

    /// Begun before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time)]
    pub(crate) until: Option<Timestamp>,

    /// Told by at least so many articles
    #[arg(long, default_value_t = 2, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    pub(crate) min_articles: u32,

    /// Told by at least so many sources; those that print another one's report don't count
    #[arg(long, default_value_t = 1, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    pub(crate) min_sources: u32,

    /// Leave out what is told in the same words again and again: weather, results, notices
    #[arg(long)]
    pub(crate) no_routine: bool,

    #[command(flatten)]
    pub(crate) limit: LimitArguments,

    #[command(flatten)]
    pub(crate) rows: RowArguments,
}

/// Rows on a terminal; a program gets all.
const SCREENFUL: u32 = 50;

#[derive(Debug, Subcommand)]
pub(crate) enum StoriesAction {
    /// Show a story with its articles and why each is in it
    #[command(after_help = "\
Examples:
  newswire stories show 12")]
    Show {
        /// Its number
        #[arg(allow_negative_numbers = true, value_parser = parse_story)]
        story: i64,
    },
    /// Put stories together
    #[command(after_help = "\
Examples:
  newswire stories merge 12 15     the articles of 15 join 12")]
    Merge {
        /// The story that stays
        #[arg(allow_negative_numbers = true, value_parser = parse_story)]
        into: i64,
        /// Those whose articles join it
        #[arg(required = true, allow_negative_numbers = true, value_parser = parse_story)]
        others: Vec<i64>,
    },
    /// Take articles out of their story, into a new one
    #[command(after_help = "\
Examples:
  newswire stories split 301 307")]
    Split {
        /// Numbers of articles
        #[arg(value_name = "ARTICLE", required = true, allow_negative_numbers = true, value_parser = parse_article)]
        articles: Vec<i64>,
    },
}

pub(crate) fn parse_story(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "must be the number of a story; `newswire stories` lists them".to_owned())
}

fn parse_article(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| "must be the number of an article; `newswire stories show ID` lists those of a story".to_owned())
}

pub(crate) fn run(context: &mut Context, command: &StoriesCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    match &command.action {
        None => list(context, &config, &command.choice),
        Some(StoriesAction::Show { story }) => show(context, &config, *story),
        Some(StoriesAction::Merge { into, others }) => merge(context, &config, *into, others),
        Some(StoriesAction::Split { articles }) => split(context, &config, articles),
    }
}

fn list(context: &mut Context, config: &Config, choice: &StoryChoice) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let filter = StoryFilter {
        since: choice.since,
        until: choice.until,
        articles_min: choice.min_articles,
        sources_min: choice.min_sources,
        is_news: choice.no_routine,
    };
    context.output.shape(&choice.rows)?;
    context.output.page();
    let limit = choice.limit.or_screenful(context, SCREENFUL);
    let columns = [
        id("id"),
        time("last_published_at").headed("last"),
        number("n_articles").headed("articles"),
        number("n_sources").headed("sources"),
        whole("kind"),
        title("title"),
    ];
    let mut list = context.output.begin_list(&columns)?;
    reader.for_each_story(&filter, limit, |row| {
        list.push((forms::stories::row(&row), cells(&row))).map_err(Failure::from)
    })?;
    let n_shown = list.end()?;
    if n_shown == 0 && context.output.is_decorated() {
        context
            .output
            .note("no stories match; `newswire stories --min-articles 1` lists those told by one article too");
    }
    tell_rest(context, n_shown, limit, "stories", |n_max| reader.n_stories_up_to(&filter, n_max))?;
    damage::report(context, &reader)
}

fn cells(row: &StoryRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.last_published_at.clone().unwrap_or_default(),
        row.n_articles.to_string(),
        row.n_sources.to_string(),
        kind(row).to_owned(),
        row.title.clone().unwrap_or_default(),
    ]
}

/// What a story is that is no news.
fn kind(row: &StoryRow) -> &'static str {
    if row.is_routine { "routine" } else { "" }
}

fn show(context: &mut Context, config: &Config, id: i64) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let row = find(&reader, id)?;
    let members = reader.story_members(id)?;
    context.output.page();
    context.output.one(|| forms::stories::whole(&row, &members), |output| describe(output, &row, &members))?;
    damage::report(context, &reader)
}

fn describe(output: &mut Output, row: &StoryRow, members: &[MemberRow]) -> std::io::Result<()> {
    let title = output.bold(&one_line(row.title.as_deref().unwrap_or("(no title)")));
    output.line(&title)?;
    output.line("")?;
    let told = row.first_published_at.as_deref().zip(row.last_published_at.as_deref());
    let told = told.map(|(first, last)| [first, last].map(|at| output.when(at)).join(" to "));
    output.field("told", told.as_deref())?;
    output.field("articles", Some(&row.n_articles.to_string()))?;
    output.field("sources", Some(&row.n_sources.to_string()))?;
    output.field("kind", Some(kind(row)).filter(|kind| !kind.is_empty()))?;
    output.line("")?;
    if output.is_decorated() {
        return members.iter().try_for_each(|member| describe_member(output, member));
    }
    let columns = [number("id"), time("published_at"), text("publisher"), text("title"), text("because")];
    let rows = members.iter().map(|member| {
        let cells = vec![
            member.id.to_string(),
            member.at.clone(),
            member.publisher.clone(),
            member.title.clone().unwrap_or_default(),
            because(member),
        ];
        (forms::stories::member(member), cells)
    });
    output.list(&columns, rows.collect())
}

fn describe_member(output: &mut Output, member: &MemberRow) -> std::io::Result<()> {
    let title = one_line(member.title.as_deref().unwrap_or("(no title)"));
    let about =
        format!("{} · {} · {}", output.when(&member.at), one_line(&member.publisher), one_line(&because(member)));
    output.entry(member.id, &title, &about).map(|_| ())
}

/// Why an article is in its story, in a few words.
fn because(member: &MemberRow) -> String {
    let terms = member.terms.join(", ");
    match (member.reason.as_str(), member.score) {
        ("first", _) => "first".to_owned(),
        ("copy", _) => "copy".to_owned(),
        ("hand", _) => "by hand".to_owned(),
        (_, Some(score)) => format!("{score:.2}: {terms}"),
        (_, None) => terms,
    }
}

fn merge(context: &mut Context, config: &Config, into: i64, others: &[i64]) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    for id in std::iter::once(&into).chain(others) {
        find(&reader, *id)?;
    }
    if others.iter().all(|other| *other == into) {
        return Err(Failure::Usage(format!("story {into} is one already: name another to merge into it")));
    }
    drop(reader);
    let n_moved = store::merge_stories_beside(&config.store, into, others)?;
    tell(context, config, into, &format!("{} moved", counted(n_moved, "article")))
}

fn split(context: &mut Context, config: &Config, articles: &[i64]) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let articles: BTreeSet<i64> = articles.iter().copied().collect();
    for article in &articles {
        if reader.story_of(*article)?.is_none() {
            let problem = format!("article {article} is in no story; `newswire stories show ID` lists those of one");
            return Err(Failure::Failed(problem));
        }
    }
    drop(reader);
    let articles: Vec<i64> = articles.into_iter().collect();
    let new = store::split_story_beside(&config.store, &articles)?;
    tell(context, config, new, &format!("{} moved", counted(articles.len(), "article")))
}

/// What a story is after it was changed.
fn tell(context: &mut Context, config: &Config, id: i64, what: &str) -> Result<(), Failure> {
    if context.output.is_decorated() {
        say!("{what}");
    }
    show(context, config, id)
}

/// A story that must be there.
pub(crate) fn find(reader: &Reader, id: i64) -> Result<StoryRow, Failure> {
    if let Some(story) = reader.story(id)? {
        return Ok(story);
    }
    let told = match reader.story_merged_into(id)? {
        Some(into) => return Err(Failure::Failed(forms::stories::merged(id, into))),
        None => forms::stories::none(id, reader.last_story()?),
    };
    Err(Failure::Failed(if told.contains(':') {
        format!("{told}; `newswire stories` lists what is there")
    } else {
        told
    }))
}
