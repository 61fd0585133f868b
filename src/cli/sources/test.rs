//! `newswire sources test`: a poll without a database.

use std::time::Instant;

use serde_json::json;

use crate::config::{self, Config};
use crate::model::{ClaimId, DueSource, PollResult, Source, SourceId, SourceKind, Validators};
use crate::pipeline::{self, Stages};
use crate::store::Reader;

use super::named::one_source;
use crate::cli::addresses::{is_url, parse_url};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::text::one_line;

/// Links that are shown.
const LINKS_SHOWN: usize = 10;

/// Polls a source without a database and tells what came.
pub(crate) fn test(context: &mut Context, config: &Config, word: &str) -> Result<(), Failure> {
    let Source { slug, url, kind, full_text, link_selectors, .. } = find(config, word)?;
    let stages = Stages::new(config).map_err(Failure::Failed)?;
    let source = DueSource {
        id: SourceId(0),
        claim: ClaimId(0),
        slug,
        url,
        kind,
        validators: Validators::default(),
        body_sha256: None,
        failures_in_a_row: 0,
        interval_s: None,
        full_text,
        link_selectors,
        children: Vec::new(),
        gap: None,
        is_probe: true,
    };
    let began = Instant::now();
    let outcome = Context::runtime()?.block_on(pipeline::poll(&stages, source));
    let elapsed_ms = began.elapsed().as_millis();
    match outcome.result {
        PollResult::Listed { kind, title, links, problems, validators, .. } => {
            let n_spared = links.iter().filter(|link| pipeline::spares_page(&link.hints)).count();
            let value = || {
                let links = links.iter().map(|link| {
                    json!({"url": link.url.as_str(), "title": link.hints.title, "published": link.hints.published,
                           "full_text": link.hints.text.content.is_some()})
                });
                json!({"slug": outcome.source.slug, "kind": kind.as_str(), "title": title, "elapsed_ms": elapsed_ms,
                       "problems": problems, "pages_spared": n_spared, "links": links.collect::<Vec<_>>()})
            };
            context.output.one(value, |output| {
                output.field("source", Some(&format!("{} at {}", outcome.source.slug, outcome.source.url)))?;
                output.field("kind", Some(kind.as_str()))?;
                output.field("title", title.as_deref())?;
                output
                    .field("answered", Some(&format!("in {elapsed_ms} ms, {} exchanges", outcome.exchanges.len())))?;
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
                Ok(())
            })?;
            Ok(())
        }
        PollResult::Failed { failure, .. } if failure.class.is_policy() => Err(Failure::Refused(failure.to_string())),
        PollResult::Failed { failure, .. } => Err(Failure::Failed(failure.to_string())),
        PollResult::Unchanged { .. } | PollResult::Postponed { .. } => {
            Err(Failure::Failed("the host is busy, try again".to_owned()))
        }
    }
}

/// The source that a word means: an address as it is, or one that is listed or stored.
fn find(config: &Config, word: &str) -> Result<Source, Failure> {
    if is_url(word) {
        let url = parse_url(word)?;
        return Ok(Source::new(config::slug_for(&url), url));
    }
    if let Some(source) = config.sources.iter().find(|source| source.slug == word) {
        return Ok(source.clone());
    }
    let row = one_source(&Reader::open(&config.store.path)?, word)?;
    let Some(url) = row.url else {
        return Err(Failure::Usage(format!("{word} has no address: it was imported")));
    };
    Ok(Source {
        kind: row.kind.and_then(|kind| kind.parse().ok()),
        full_text: row.full_text.parse().unwrap_or_default(),
        link_selectors: row.link_selectors,
        ..Source::new(row.slug, parse_url(&url)?)
    })
}
