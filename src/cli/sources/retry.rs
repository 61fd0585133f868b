//! `newswire sources retry`: a new start for articles that were given up.

use clap::Args;
use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::model::SourceId;
use crate::store::{self, AskedState};

use super::named::one_source;
use crate::cli::asked::{Asked, WaitArguments};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, outcome_of_fetching};
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::signals;
use crate::cli::terminal::table::{number, whole};

#[derive(Debug, Args)]
pub(crate) struct RetryArguments {
    /// Slugs, unique prefixes or addresses
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,

    #[command(flatten)]
    wait: WaitArguments,
}

/// Makes the articles due again that sources have listed and that were given up, or wait after failures.
pub(super) fn retry(context: &mut Context, config: &Config, command: &RetryArguments) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let sources = command.sources.iter().map(|word| one_source(&reader, word)).collect::<Result<Vec<_>, _>>()?;
    let patience = command.wait.patience();
    let holder = store::is_locked_by(&config.store.path).filter(|_| patience.is_some());
    let mark = reader.mark()?;
    let mut asked = Vec::new();
    for source in sources {
        let links = store::retry_links_beside(&config.store, Some(&[SourceId(source.id)]))?;
        asked.push((source.slug, Asked { mark, sources: Vec::new(), links: links.into_iter().collect() }));
    }
    let (Some(patience), Some(holder)) = (patience, holder) else {
        let rows: Vec<ListRow> = asked
            .into_iter()
            .map(|(slug, asked)| {
                let n_links = asked.links.len();
                (json!({"slug": slug, "articles": n_links}), vec![slug, n_links.to_string()])
            })
            .collect();
        context.output.list(&[whole("slug"), number("articles").headed("articles due again")], rows)?;
        if patience.is_some() {
            return Err(Failure::Failed(
                "no daemon runs that could be waited for; `newswire fetch --due` fetches them".to_owned(),
            ));
        }
        say!("a running daemon takes them up by itself; `newswire fetch --due` fetches them once");
        return Ok(());
    };
    let interrupt = signals::watch()?;
    let links = asked.iter().flat_map(|(_, asked)| asked.links.iter().copied()).collect();
    let is_quiet = context.verbosity == Verbosity::Quiet;
    let ended = Asked { mark, sources: Vec::new(), links }.wait(config, &reader, patience, is_quiet, &interrupt)?;
    let (mut n_stored, mut n_failed, mut n_left) = (0, 0, 0);
    let mut rows: Vec<ListRow> = Vec::new();
    for (slug, asked) in asked {
        let links = asked.links(&reader)?;
        let count = |is_so: fn(&AskedState) -> bool| links.iter().filter(|link| is_so(&link.state)).count();
        let stored = count(|state| matches!(state, AskedState::Stored { .. }));
        let failed = count(|state| matches!(state, AskedState::Failed | AskedState::Removed { .. }));
        let in_work = count(|state| matches!(state, AskedState::InWork));
        let waiting = links.len() - stored - failed;
        (n_stored, n_failed, n_left) = (n_stored + stored, n_failed + failed + waiting - in_work, n_left + in_work);
        let value =
            json!({"slug": slug, "articles": links.len(), "stored": stored, "failed": failed, "waiting": waiting});
        let numbers = [links.len(), stored, failed, waiting].map(|n| n.to_string());
        rows.push((value, std::iter::once(slug).chain(numbers).collect()));
    }
    let columns = [
        whole("slug"),
        number("articles").headed("articles due again"),
        number("stored"),
        number("failed"),
        number("waiting"),
    ];
    context.output.list(&columns, rows)?;
    if let Some(failure) = ended.failure(&holder, patience, n_left, n_stored as u64) {
        return Err(failure);
    }
    outcome_of_fetching(n_stored as u64, n_failed as u64)
}
