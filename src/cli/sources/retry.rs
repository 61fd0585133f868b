//! `newswire sources retry`: a new start for articles that were given up.

use serde_json::json;

use crate::config::Config;
use crate::model::SourceId;
use crate::store::{self};

use super::named::one_source;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::table::{number, text};

/// Makes the articles due again that sources have listed and that were given up, or wait after failures.
pub(super) fn retry(context: &mut Context, config: &Config, words: &[String]) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let sources = words.iter().map(|word| one_source(&reader, word)).collect::<Result<Vec<_>, _>>()?;
    let mut rows: Vec<ListRow> = Vec::new();
    for source in sources {
        let n_links = store::retry_links_beside(&config.store, Some(&[SourceId(source.id)]))?;
        let value = json!({"slug": source.slug, "articles": n_links});
        rows.push((value, vec![source.slug, n_links.to_string()]));
    }
    context.output.list(&[text("slug"), number("articles due again")], rows)?;
    eprintln!("a running daemon takes them up by itself; `newswire fetch --due` fetches them once");
    Ok(())
}
