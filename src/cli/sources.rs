//! `newswire sources`: list, show, add, test.

use serde_json::{Value, json};
use std::time::Instant;

use crate::config::{self, Config};
use crate::model::{ClaimId, DueSource, PollResult, Source, SourceId, SourceKind, Validators};
use crate::pipeline::{self, Stages};
use crate::store::{self, FetchRow, Reader, SourceDetails, SourceRow, StoreError};

use super::Context;
use super::arguments::{SourcesAction, SourcesCommand};
use super::extract::{is_url, parse_url};
use super::failure::Failure;
use super::logging::Manner;
use super::ls::one_source;
use super::output::{Output, number, one_line, text};

/// Links that `sources test` shows.
const TEST_LINKS_SHOWN: usize = 10;

pub(super) fn run(context: &mut Context, command: &SourcesCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    match &command.action {
        SourcesAction::Ls => list(context, &config),
        SourcesAction::Show { source } => show(context, &config, source),
        SourcesAction::Add { url, slug, kind, tags } => {
            add(context, &config, url, slug.as_deref(), kind.as_deref(), tags)
        }
        SourcesAction::Test { source } => test(context, &config, source),
    }
}

fn list(context: &mut Context, config: &Config) -> Result<(), Failure> {
    let rows = match Reader::open(&config.store.path) {
        Ok(reader) => reader.sources()?,
        // Before the first run there is only the file to list.
        Err(StoreError::Missing { .. }) => config.sources.iter().map(listed_row).collect(),
        Err(error) => return Err(error.into()),
    };
    if rows.is_empty() {
        eprintln!("no sources yet; `newswire sources add URL` adds one");
    }
    let columns =
        [text("slug"), text("kind"), text("state"), number("7 days"), text("last ok"), text("next"), text("trouble")];
    let rows = rows.iter().map(|row| (to_json(row), cells(row))).collect();
    context.output.list(&columns, rows)?;
    Ok(())
}

fn listed_row(source: &Source) -> SourceRow {
    SourceRow {
        id: 0,
        slug: source.slug.clone(),
        kind: source.kind.map(|kind| kind.to_string()),
        url: Some(source.url.to_string()),
        title: None,
        state: "active".to_owned(),
        tags: source.tags.clone(),
        last_ok_at: None,
        next_due_at: None,
        failures_in_a_row: 0,
        articles_7d: 0,
        error: None,
        error_class: None,
    }
}

fn cells(row: &SourceRow) -> Vec<String> {
    let minutes = |time: &Option<String>| {
        time.as_deref().and_then(|time| time.get(..16)).map(|time| time.replace('T', " ")).unwrap_or_default()
    };
    let trouble = row.error.as_ref().map(|error| format!("{}×: {error}", row.failures_in_a_row));
    vec![
        row.slug.clone(),
        row.kind.clone().unwrap_or_default(),
        row.state.clone(),
        row.articles_7d.to_string(),
        minutes(&row.last_ok_at),
        minutes(&row.next_due_at),
        trouble.unwrap_or_default(),
    ]
}

fn to_json(row: &SourceRow) -> Value {
    json!({
        "slug": row.slug,
        "kind": row.kind,
        "url": row.url,
        "title": row.title,
        "state": row.state,
        "tags": row.tags,
        "last_ok_at": row.last_ok_at,
        "next_due_at": row.next_due_at,
        "failures_in_a_row": row.failures_in_a_row,
        "articles_7d": row.articles_7d,
        "error_class": row.error_class,
        "error": row.error,
    })
}

fn show(context: &mut Context, config: &Config, word: &str) -> Result<(), Failure> {
    let reader = Reader::open(&config.store.path)?;
    let details = reader.source(one_source(&reader, word)?)?;
    context.output.one(|| details_json(&details), |output| describe(output, &details))?;
    Ok(())
}

fn details_json(details: &SourceDetails) -> Value {
    let mut value = to_json(&details.row);
    value["origin"] = json!(details.origin);
    value["created_at"] = json!(details.created_at);
    value["last_new_article_at"] = json!(details.last_new_article_at);
    value["problems"] = json!(details.problems);
    value["articles"] = json!(details.n_articles);
    value["articles_waiting"] = json!(details.n_waiting);
    value["fetches"] = details
        .fetches
        .iter()
        .map(|fetch| {
            json!({
                "started_at": fetch.started_at, "purpose": fetch.purpose, "url": fetch.url, "status": fetch.status,
                "elapsed_ms": fetch.elapsed_ms, "bytes": fetch.bytes, "error_class": fetch.error_class,
                "error": fetch.error,
            })
        })
        .collect();
    value
}

fn describe(output: &mut Output, details: &SourceDetails) -> std::io::Result<()> {
    let row = &details.row;
    let heading = output.bold(&one_line(row.title.as_deref().unwrap_or(&row.slug)));
    output.line(&heading)?;
    output.field("slug", Some(&row.slug))?;
    output.field("kind", row.kind.as_deref().or(Some("not known yet")))?;
    output.field("url", row.url.as_deref())?;
    output.field("state", Some(&format!("{} (from the {})", row.state, details.origin)))?;
    output.field("tags", Some(&row.tags.join(", ")))?;
    output.field("followed", Some(&details.created_at))?;
    output.field("last ok", row.last_ok_at.as_deref())?;
    output.field("next poll", row.next_due_at.as_deref())?;
    output.field(
        "articles",
        Some(&format!("{}, {} in 7 days, {} waiting", details.n_articles, row.articles_7d, details.n_waiting)),
    )?;
    output.field("last new", details.last_new_article_at.as_deref())?;
    if let Some(error) = &row.error {
        output.field("trouble", Some(&format!("{} in a row: {error}", row.failures_in_a_row)))?;
    }
    for problem in &details.problems {
        output.field("problem", Some(problem))?;
    }
    for FetchRow { started_at, status, elapsed_ms, bytes, error, url, .. } in &details.fetches {
        let status = status.map_or("-".to_owned(), |status| status.to_string());
        let error = error.as_deref().map(|error| format!("  {error}")).unwrap_or_default();
        output.field("fetch", Some(&format!("{started_at}  {status}  {elapsed_ms} ms  {bytes} B  {url}{error}")))?;
    }
    Ok(())
}

fn add(
    context: &mut Context,
    config: &Config,
    url: &str,
    slug: Option<&str>,
    kind: Option<&str>,
    tags: &[String],
) -> Result<(), Failure> {
    let url = parse_url(url)?;
    let kind =
        kind.map(str::parse::<SourceKind>).transpose().map_err(|rule| Failure::Usage(format!("--kind: {rule}")))?;
    if let Some(slug) = slug {
        config::check_slug(slug).map_err(|rule| Failure::Usage(format!("--slug {slug:?}: {rule}")))?;
    }
    let slug = slug.map_or_else(|| config::slug_for(&url), str::to_owned);
    if let Some(listed) = config.sources.iter().find(|source| source.url == url) {
        return Err(Failure::Failed(format!("{url} is listed in the sources file already, as {}", listed.slug)));
    }
    let source = Source { slug, url, kind, tags: tags.to_vec() };
    let added = store::add_source_beside(&config.store, &source)?;
    let value = json!({"slug": added.slug, "url": source.url.as_str(), "is_new": added.is_new});
    context.output.one(
        || value,
        |output| {
            let what = if added.is_new { "followed from now on" } else { "was followed already" };
            output.line(&format!("{}\t{}\t{what}", added.slug, source.url))
        },
    )?;
    Ok(())
}

/// Polls a source without a database and tells what came.
fn test(context: &mut Context, config: &Config, word: &str) -> Result<(), Failure> {
    let (slug, url, kind) = if is_url(word) {
        let url = parse_url(word)?;
        (config::slug_for(&url), url, None)
    } else if let Some(source) = config.sources.iter().find(|source| source.slug == word) {
        (source.slug.clone(), source.url.clone(), source.kind)
    } else {
        let row = one_source(&Reader::open(&config.store.path)?, word)?;
        let Some(url) = row.url else { return Err(Failure::Usage(format!("{word} has no address: it was imported"))) };
        (row.slug, parse_url(&url)?, row.kind.and_then(|kind| kind.parse().ok()))
    };
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
        gap: None,
    };
    let began = Instant::now();
    let outcome = Context::runtime()?.block_on(pipeline::poll(&stages, source));
    let elapsed_ms = began.elapsed().as_millis();
    match outcome.result {
        PollResult::Listed { kind, title, links, problems, validators, .. } => {
            let value = || {
                let links = links.iter().map(|link| {
                    json!({"url": link.url.as_str(), "title": link.hints.title, "published": link.hints.published,
                           "full_text": link.hints.text.content.is_some()})
                });
                json!({"slug": outcome.source.slug, "kind": kind.as_str(), "title": title, "elapsed_ms": elapsed_ms,
                       "problems": problems, "links": links.collect::<Vec<_>>()})
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
                for link in links.iter().take(TEST_LINKS_SHOWN) {
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
