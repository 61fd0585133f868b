//! `newswire sources test`: a poll without a database.

use std::time::Instant;

use serde_json::json;

use crate::cli::terminal::messages::say;
use crate::config::{self, Config};
use crate::dates;
use crate::forms::times::rfc3339;
use crate::model::{DueSource, PollResult, Source, SourceKind, public_url};
use crate::pipeline::{self, Stages};

use super::add::recall_hosts;
use super::named::{Meant, find_source, one_source};
use crate::cli::addresses::{self, Address};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::{counted, one_line};

/// Links that are shown.
const LINKS_SHOWN: usize = 10;

/// Polls a source without a database and tells what came.
pub(crate) fn test(context: &mut Context, config: &Config, word: &str) -> Result<(), Failure> {
    let stages = Stages::new(config).map_err(Failure::Failed)?;
    recall_hosts(config, &stages);
    let interrupt = signals::watch()?;
    let found = Context::block_on(interrupt.race(find(config, &stages, word)))???;
    let source = DueSource::untried(&found);
    let began = Instant::now();
    let outcome = Context::block_on(interrupt.race(pipeline::poll(&stages, source)))??;
    let elapsed_ms = began.elapsed().as_millis();
    match outcome.result {
        PollResult::Listed { kind, title, links, problems, validators, .. } => {
            let n_spared = links.iter().filter(|link| pipeline::spares_page(&link.hints)).count();
            let value = || {
                let links = links.iter().map(|link| {
                    let published = link.hints.published.as_deref().and_then(dates::read);
                    json!({"url": link.url.as_str(), "title": link.hints.title,
                           "published_at": published.map(|date| rfc3339(date.instant)),
                           "full_text": link.hints.text.content.is_some()})
                });
                json!({"slug": outcome.source.slug, "kind": kind.as_str(), "title": title, "elapsed_ms": elapsed_ms,
                       "problems": problems, "pages_spared": n_spared, "links": links.collect::<Vec<_>>()})
            };
            context.output.one(value, |output| {
                output.field(
                    "source",
                    Some(&format!("{} at {}", outcome.source.slug, public_url(&outcome.source.url))),
                )?;
                output.field("kind", Some(kind.as_str()))?;
                output.field("title", title.as_deref())?;
                output.field(
                    "answered",
                    Some(&format!("in {elapsed_ms} ms, {}", counted(outcome.exchanges.len(), "exchange"))),
                )?;
                let conditional = match (&validators.etag, &validators.last_modified) {
                    (None, None) => "no: the server sends neither ETag nor Last-Modified",
                    (Some(_), None) => "by ETag",
                    (None, Some(_)) => "by Last-Modified",
                    (Some(_), Some(_)) => "by ETag and Last-Modified",
                };
                output.field("conditional", Some(conditional))?;
                for problem in &problems {
                    output.field("problem", Some(problem))?;
                }
                output.field("links", Some(&links.len().to_string()))?;
                if kind == SourceKind::Feed {
                    let texts = match n_spared {
                        0 => "from their pages".to_owned(),
                        _ => format!("of {n_spared} from the feed, without asking for their pages"),
                    };
                    output.field("texts", Some(&texts))?;
                }
                for link in links.iter().take(LINKS_SHOWN) {
                    let title = link.hints.title.as_deref().unwrap_or_default();
                    output.line(&format!("  {}  {}", link.url, one_line(title)))?;
                }
                if links.len() > LINKS_SHOWN {
                    say!("newswire: {} more links; --json lists all", links.len() - LINKS_SHOWN);
                }
                Ok(())
            })?;
            Ok(())
        }
        PollResult::Failed { failure, .. } if failure.class.is_policy() => Err(Failure::Refused(failure.to_string())),
        PollResult::Failed { failure, .. } => Err(Failure::Failed(failure.to_string())),
        PollResult::Postponed { until } => {
            Err(Failure::Failed(format!("its host is to be left in peace until {}", rfc3339(until))))
        }
        PollResult::Unchanged { .. } => Err(Failure::Failed("the host is busy, try again".to_owned())),
    }
}

/// The source that a word means: an address as it is, or one that is listed or stored.
async fn find(config: &Config, stages: &Stages, word: &str) -> Result<Source, Failure> {
    if let Some(source) = config.sources.iter().find(|source| source.slug == word) {
        return Ok(source.clone());
    }
    let address = addresses::recognize(word).transpose()?;
    let row = match (Context::reader(&config.store.path), address) {
        // An address is tested as it is, whatever is known of it.
        (Ok(reader), address) if address.as_ref().is_none_or(|address| address.is_without_scheme) => {
            match find_source(&reader, word)? {
                Meant::Source(row) => *row,
                Meant::Address(address) => return Ok(source_at(address, stages).await),
            }
        }
        (_, Some(address)) => return Ok(source_at(address, stages).await),
        (Err(error), None) => return Err(error.into()),
        (Ok(reader), None) => one_source(&reader, word)?,
    };
    let Some(url) = row.url else {
        return Err(Failure::Usage(format!("{word} has no address: it was imported")));
    };
    Ok(Source {
        kind: row.kind.and_then(|kind| kind.parse().ok()),
        full_text: row.full_text.parse().unwrap_or_default(),
        link_selectors: row.link_selectors,
        proxy: row.proxy.map(|proxy| proxy.parse()).transpose().map_err(Failure::Failed)?,
        credentials: row.credentials,
        ..Source::new(row.slug, addresses::parse(&url)?.url)
    })
}

async fn source_at(address: Address, stages: &Stages) -> Source {
    let url = address.settle(&stages.fetcher).await;
    Source::new(config::slug_for(&url), url)
}
