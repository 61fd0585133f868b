//! `newswire search`: titles and texts.

use clap::Args;
use serde_json::json;

use crate::forms;
use crate::store::{ArticleRow, Count, MATCH_MARKS, Order, SearchHit, expression_of, operators_taken_for_words};

use super::damage;
use super::filter::FilterArguments;
use super::limit::{LimitArguments, tell_rest};
use super::ls;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::article_words;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::template::RowArguments;
use crate::cli::terminal::text::one_line;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire search night train                  both words, anywhere
  newswire search '\"night train\"' harbo*     a phrase, and a word that begins so
  newswire search storm --since 7d -n 5        of the last week, the best five
  newswire search --raw 'title:storm NOT harbour'

All words must occur. \"Words in quotes\" are a phrase, harbo* is any word that begins so. With --raw the query is
FTS5's own: AND, OR, NOT, NEAR(), title:word.")]
pub(crate) struct SearchCommand {
    /// What to look for
    #[arg(value_name = "QUERY", required = true)]
    pub(crate) query: Vec<String>,

    /// The query is in FTS5 syntax
    #[arg(long)]
    pub(crate) raw: bool,

    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    #[command(flatten)]
    pub(crate) limit: LimitArguments,

    #[command(flatten)]
    pub(crate) rows: RowArguments,
}

/// Hits on a terminal, three lines each; a program gets all.
const SCREENFUL: u32 = 20;

pub(crate) fn run(context: &mut Context, command: &SearchCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    context.output.shape(&command.rows)?;
    context.output.page();
    let filter = command.filter.filter(context, &reader)?;
    let query = command.query.join(" ");
    let expression = if command.raw { query.clone() } else { expression_of(&query) };
    if expression.is_empty() {
        return Err(Failure::Usage("there is no word in the query".to_owned()));
    }
    if !command.raw
        && context.verbosity != Verbosity::Quiet
        && let Some(told) = operators_taken_for_words(&query)
    {
        context.output.note(format!("newswire: {told}; with --raw operators are FTS5's"));
    }
    let limit = command.limit.or_screenful(context, SCREENFUL);
    let mut n_printed = 0;
    let order = reader.for_each_hit(&expression, &filter, limit, |hit| {
        if n_printed == 0 {
            print_header(&mut context.output)?;
        }
        n_printed += 1;
        print(&mut context.output, &hit)
    })?;
    if n_printed == 0 {
        print_header(&mut context.output)?;
        if context.output.is_decorated() {
            context.output.note(format!("nothing found in {}", ls::database(&config)));
        }
    }
    tell_others(context, order, n_printed, limit)?;
    damage::report(context, &reader)
}

/// Names the columns: not before the first hit, as a query may be wrong.
fn print_header(output: &mut Output) -> Result<(), Failure> {
    Ok(output.header(["id", "published_at", "source", "title", "snippet", "url"])?)
}

fn print(output: &mut Output, hit: &SearchHit) -> Result<(), Failure> {
    if output.is_decorated() {
        return Ok(describe(output, hit)?);
    }
    let snippet = unmarked(hit);
    let mut value = forms::articles::row(&hit.row);
    value["snippet"] = json!(snippet);
    let ArticleRow { id, published_at, source, title, url, .. } = &hit.row;
    let [published_at, source, title, url] =
        [published_at, source, title, url].map(|text| text.clone().unwrap_or_default());
    Ok(output.record(&value, [id.to_string(), published_at, source, title, snippet, url])?)
}

/// Says what there is beside what was printed.
fn tell_others(context: &mut Context, order: Order, n_printed: usize, limit: u32) -> Result<(), Failure> {
    let told = match order {
        Order::BestOfAll(n_found) => {
            return tell_rest(context, n_printed, limit, "articles", |_| Ok(Count { n: n_found as u64, is_all: true }));
        }
        Order::BestOfNewest(n_ranked) => format!(
            "more than {n_ranked} articles match, and these are the best of the {n_ranked} that came in last; another word, --source or --since \
             leaves fewer, --all ranks and prints all"
        ),
        Order::NewestOfAll(n_found) => {
            tell_rest(context, n_printed, limit, "articles", |_| Ok(Count { n: n_found as u64, is_all: true }))?;
            "very many words begin so: these articles come newest first, and not best first; more letters rank them".to_owned()
        }
        Order::Newest => "very many words begin so, and these are the newest articles with one, newest first; more letters leave fewer, \
             --all ranks and prints all"
            .to_owned(),
    };
    if context.verbosity != Verbosity::Quiet {
        context.output.note(format!("newswire: {told}"));
    }
    Ok(())
}

fn describe(output: &mut Output, hit: &SearchHit) -> std::io::Result<()> {
    let title = output.bold(&one_line(hit.row.title.as_deref().unwrap_or("(no title)")));
    let source = hit.row.source.as_deref().unwrap_or("import");
    let about = [
        output.when(&forms::articles::time_of(&hit.row)),
        one_line(source).into_owned(),
        article_words::in_short(&hit.row),
    ];
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let indent = output.entry(hit.row.id, &title, &about.join(" · "))?;
    if hit.row.title.as_deref() == Some(unmarked(hit).as_str()) {
        return output.line("");
    }
    let mut snippet = String::new();
    for (position, piece) in hit.snippet.split(MATCH_MARKS.0).enumerate() {
        match piece.split_once(MATCH_MARKS.1) {
            Some((matched, rest)) if position > 0 => {
                snippet.push_str(&output.warning(&one_line(matched)));
                snippet.push_str(&one_line(rest));
            }
            _ => snippet.push_str(&one_line(piece)),
        }
    }
    output.hanging(&" ".repeat(indent), &snippet, indent)?;
    output.line("")
}

/// The passage of a hit without the marks around what matched.
fn unmarked(hit: &SearchHit) -> String {
    hit.snippet.replace([MATCH_MARKS.0, MATCH_MARKS.1], "")
}
