//! `newswire rm`: delete articles.

use clap::Args;
use serde_json::json;

use crate::store::{self, Reader, RemovedArticle};

use crate::cli::addresses::NamedArticle;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, no_article, outcome_of_parts};
use crate::cli::sources::named::one_article;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::table::{number, text};
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Headline, text, earlier wordings and sightings go; addresses and GUIDs stay known, so that the article does not come back when a source
lists it again or a file is imported. Readers of changes (tail, cursors) are told. `newswire prune --vacuum` takes what was
deleted out of the file itself. To stop following a source: newswire sources rm.

Examples:
  newswire rm 4711
  newswire rm https://example.org/2026/11/a-story
  newswire rm --forget https://example.org/2026/11/a-story   it may come back")]
pub(crate) struct RmCommand {
    /// Ids, or addresses that lead to them
    #[arg(value_name = "ID or URL", required = true, allow_negative_numbers = true)]
    articles: Vec<String>,

    /// Forget the addresses as well: the article may come back
    #[arg(long)]
    forget: bool,
}

pub(crate) fn run(context: &mut Context, command: &RmCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let mut failures = Vec::new();
    let mut ids = Vec::new();
    let last = {
        let reader = Context::reader_before_change(&config.store.path)?;
        for word in &command.articles {
            match find(&reader, word) {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(failure @ Failure::Store(_)) => return Err(failure),
                Err(failure) => failures.push(failure),
            }
        }
        reader.last_article()?
    };
    let mut rows = Vec::new();
    for RemovedArticle { id, title, was_there, is_kept } in
        store::remove_articles_beside(&config.store, &ids, command.forget)?
    {
        if is_kept {
            let message = format!("article {id} stays: a row of a table that is not newswire's refers to it");
            failures.push(Failure::Failed(message));
            continue;
        }
        let what = match (was_there, command.forget) {
            (true, false) => "deleted",
            (true, true) => "deleted, and forgotten",
            (false, true) => "forgotten",
            (false, false) => {
                failures.push(no_article(id, last));
                continue;
            }
        };
        let shown = title.as_deref().map(one_line).unwrap_or_default().into_owned();
        rows.push((json!({ "id": id, "title": title, "what": what }), vec![id.to_string(), what.to_owned(), shown]));
    }
    let n_done = rows.len();
    context.output.list(&[number("id"), text("what"), text("title")], rows)?;
    outcome_of_parts(failures, n_done, |n_failed| format!("{} could not be deleted", counted(n_failed, "article")))
}

/// The number of an article, also of one that is deleted and whose address is still known.
fn find(reader: &Reader, word: &str) -> Result<i64, Failure> {
    let url = match one_article(reader, word)? {
        NamedArticle::Id(id) => return Ok(id),
        NamedArticle::At(url) => url,
    };
    let at_address = reader.article_at(&url.key())?;
    at_address
        .ok_or_else(|| Failure::Failed(format!("no article at {url}; `newswire why {url}` says what became of it")))
}
