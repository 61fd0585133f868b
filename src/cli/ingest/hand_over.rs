//! `newswire fetch` beside a process that ingests: what is named is handed to that one, which fetches it with its own turns.

use crate::config::Config;
use crate::model::{ListedLink, SourceId};
use crate::normalize;
use crate::store::{self, Reader};

use super::targets::Target;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::named::{Meant, find_source};
use crate::cli::terminal::text::{counted, shell_word};

/// Makes what is named due in the database that another process ingests into. `holder` says which one that is.
pub(super) fn hand_over(config: &Config, targets: &[Target], is_retry: bool, holder: &str) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    if is_retry {
        let n_links = store::retry_links_beside(&config.store, None)?;
        eprintln!("newswire: {} due again; {holder} fetches what is due", counted(n_links, "article"));
    }
    let mut n_bad = 0;
    for Target { word, place } in targets {
        match (hand_one_over(config, &reader, word, holder), place) {
            (Err(Failure::Usage(reason)), Some(place)) => {
                n_bad += 1;
                eprintln!("newswire: {place}: {reason}");
            }
            (outcome, _) => outcome?,
        }
    }
    match n_bad {
        0 => Ok(()),
        _ if n_bad == targets.len() => Err(Failure::Failed("nothing could be handed over".to_owned())),
        _ => Err(Failure::Partly(format!("{} could not be handed over", counted(n_bad, "line")))),
    }
}

fn hand_one_over(config: &Config, reader: &Reader, word: &str, holder: &str) -> Result<(), Failure> {
    match find_source(reader, word)? {
        Meant::Source(row) => {
            store::poll_source_beside(&config.store, SourceId(row.id))?;
            eprintln!("newswire: {} is due now; {holder} polls it", row.slug);
        }
        Meant::Address(address) => {
            let canonical =
                normalize::url::canonicalize(&address.url).map_err(|error| Failure::Usage(error.to_string()))?;
            let link = ListedLink::asked_for(canonical.clone(), &address.url);
            store::ask_for_beside(&config.store, &link)?;
            eprintln!(
                "newswire: {canonical} is handed to {holder}; `newswire why {}` tells what becomes of it",
                shell_word(canonical.as_str())
            );
        }
    }
    Ok(())
}
