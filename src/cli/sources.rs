//! `newswire sources`: list, show, add.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::config::{self, Config};
use crate::discover;
use crate::feed;
use crate::model::{FullText, Source, SourceKind};
use crate::pipeline::{self, Stages, Thoroughness};
use crate::store::{self, FetchRow, NewSource, Reader, SourceChange, SourceDetails, SourceRow, StoreError};

use super::choice::one_source;
use super::extract::parse_url;
use super::failure::Failure;
use super::logging::Manner;
use super::output::{Output, number, one_line, text};
use super::{Context, source_changes, source_lists, source_test};

#[derive(Debug, Args)]
pub(super) struct SourcesCommand {
    #[command(subcommand)]
    pub(super) action: SourcesAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum SourcesAction {
    /// List sources
    Ls {
        /// Those that were removed as well
        #[arg(long)]
        all: bool,
    },
    /// Show one source with its last exchanges
    Show {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Follow a source; a running daemon takes it up by itself
    Add(AddSourceArguments),
    /// No longer follow sources; their articles stay
    Rm {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Leave sources alone for now; what they have listed so far is still fetched
    Pause {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll sources again that were paused, or whose server said that they are gone
    Resume {
        /// Slugs, unique prefixes or addresses
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
    },
    /// Poll a source and tell what it lists; stores nothing
    Test {
        /// Slug, unique prefix or address
        source: String,
    },
    /// Follow all sources of OPML files, folders becoming tags
    Import {
        /// OPML files, or - for standard input
        #[arg(value_name = "OPML", required = true)]
        files: Vec<String>,
    },
    /// Write all sources as OPML, tags as folders and categories
    Export {
        /// A file (default: standard output)
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
The address of a page that is neither an article nor a list is that of a site: its best feed is looked for, as `newswire
discover` does it, and followed in its place. --kind page follows the links on the page itself.")]
pub(super) struct AddSourceArguments {
    /// Its address
    pub(super) url: String,

    /// The name to keep it under [default: made from the address]
    #[arg(long)]
    pub(super) slug: Option<String>,

    /// feed, sitemap, page or article [default: found out]
    #[arg(long)]
    pub(super) kind: Option<String>,

    /// Words of your own, repeatable
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,

    /// Where the text of a feed's articles is taken from: feed, page or auto
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(super) full_text: String,

    /// CSS selector of the article links on a page, or of elements that hold them, repeatable; makes it a page
    #[arg(long = "links", value_name = "CSS")]
    pub(super) link_selectors: Vec<String>,
}

pub(super) fn run(context: &mut Context, command: &SourcesCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    match &command.action {
        SourcesAction::Ls { all } => list(context, &config, *all),
        SourcesAction::Show { source } => show(context, &config, source),
        SourcesAction::Add(arguments) => add(context, &config, arguments),
        SourcesAction::Rm { sources } => source_changes::change(context, &config, sources, SourceChange::Remove),
        SourcesAction::Pause { sources } => source_changes::change(context, &config, sources, SourceChange::Pause),
        SourcesAction::Resume { sources } => source_changes::change(context, &config, sources, SourceChange::Resume),
        SourcesAction::Test { source } => source_test::test(context, &config, source),
        SourcesAction::Import { files } => source_lists::import(context, &config, files),
        SourcesAction::Export { out } => source_lists::export(context, &config, out.as_deref()),
    }
}

/// All sources, or before the first run those of the file.
pub(super) fn rows(config: &Config) -> Result<Vec<SourceRow>, Failure> {
    match Reader::open(&config.store.path) {
        Ok(reader) => Ok(reader.sources()?),
        Err(StoreError::Missing { .. }) => Ok(config.sources.iter().map(listed_row).collect()),
        Err(error) => Err(error.into()),
    }
}

fn list(context: &mut Context, config: &Config, all: bool) -> Result<(), Failure> {
    let mut rows = rows(config)?;
    rows.retain(|row| all || row.state != "removed");
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
        origin: "file".to_owned(),
        full_text: source.full_text.to_string(),
        link_selectors: source.link_selectors.clone(),
        site_url: None,
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
    value["origin"] = json!(details.row.origin);
    value["full_text"] = json!(details.row.full_text);
    value["link_selectors"] = json!(details.row.link_selectors);
    value["site_url"] = json!(details.row.site_url);
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
    output.field("site", row.site_url.as_deref())?;
    output.field("state", Some(&format!("{} (from the {})", row.state, row.origin)))?;
    output.field("tags", Some(&row.tags.join(", ")))?;
    if row.full_text != "auto" {
        output.field("full text", Some(&format!("from the {}", row.full_text)))?;
    }
    output.field("links", Some(&row.link_selectors.join(", ")))?;
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

fn add(context: &mut Context, config: &Config, arguments: &AddSourceArguments) -> Result<(), Failure> {
    let mut source = named_source(arguments)?;
    if let Some(slug) = &arguments.slug {
        config::check_slug(slug).map_err(|rule| Failure::Usage(format!("--slug {slug:?}: {rule}")))?;
    }
    refuse_listed(config, &source.url)?;
    // What looks like a list is one; the first poll finds out which, and the adding makes no request.
    if source.kind.is_none() && !feed::looks_like_list(&source.url) {
        find_out(config, &mut source)?;
        refuse_listed(config, &source.url)?;
    }
    source.slug = arguments.slug.clone().unwrap_or_else(|| config::slug_for(&source.url));
    let url = source.url.clone();
    let new = NewSource { source, is_paused: false };
    let added = store::add_sources_beside(&config.store, std::slice::from_ref(&new))?;
    for added in added {
        let value = json!({"slug": added.slug, "url": url.as_str(), "is_new": added.is_new});
        context.output.one(
            || value,
            |output| {
                let what = match (added.is_new, added.is_paused) {
                    (true, _) => "followed from now on",
                    (false, false) => "was followed already",
                    (false, true) => "was followed already, and is paused",
                };
                output.line(&format!("{}\t{url}\t{what}", added.slug))
            },
        )?;
    }
    Ok(())
}

/// The source as the command line has it; its slug is still to be made.
fn named_source(arguments: &AddSourceArguments) -> Result<Source, Failure> {
    let url = parse_url(&arguments.url)?;
    let kind = arguments.kind.as_deref().map(str::parse::<SourceKind>).transpose();
    let kind = kind.map_err(|rule| Failure::Usage(format!("--kind: {rule}")))?;
    let full_text: FullText =
        arguments.full_text.parse().map_err(|rule| Failure::Usage(format!("--full-text: {rule}")))?;
    for selector in &arguments.link_selectors {
        config::check_link_selector(selector)
            .map_err(|rule| Failure::Usage(format!("--links {selector:?}: {rule}")))?;
    }
    let has_selectors = !arguments.link_selectors.is_empty();
    if has_selectors && kind.is_some_and(|kind| kind != SourceKind::Page) {
        return Err(Failure::Usage("--links is for --kind page: other sources list their links themselves".to_owned()));
    }
    let kind = if has_selectors { Some(SourceKind::Page) } else { kind };
    if full_text != FullText::default() && kind.is_some_and(|kind| kind != SourceKind::Feed) {
        return Err(Failure::Usage("--full-text is for feeds: no other source brings texts".to_owned()));
    }
    let link_selectors = arguments.link_selectors.clone();
    let tags = arguments.tags.clone();
    Ok(Source { kind, tags, full_text, link_selectors, ..Source::new(String::new(), url) })
}

fn refuse_listed(config: &Config, url: &Url) -> Result<(), Failure> {
    match config.sources.iter().find(|source| source.url == *url) {
        Some(listed) => {
            Err(Failure::Failed(format!("{url} is listed in the sources file already, as {}", listed.slug)))
        }
        None => Ok(()),
    }
}

/// Finds out what stands at an address. Where it is the page of a site, the site's best feed takes its place. What cannot
/// be found out now is left to the first poll.
fn find_out(config: &Config, source: &mut Source) -> Result<(), Failure> {
    let asked = source.url.clone();
    let stages = Stages::new(config).map_err(Failure::Failed)?;
    let found = Context::runtime()?.block_on(pipeline::discover(&stages, &asked, Thoroughness::First));
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            eprintln!("newswire: {asked}: {error}; the first poll finds out what it is");
            return Ok(());
        }
    };
    if found.is_article {
        source.kind = Some(SourceKind::Article);
        return Ok(());
    }
    let best = found.findings.into_iter().find(|finding| discover::is_sound(finding, Timestamp::now()));
    match best {
        Some(best) if found.is_list_itself => source.kind = Some(best.kind),
        Some(best) => {
            eprintln!(
                "newswire: {asked} is a page; its {} {} is followed in its place (`newswire discover {asked}` lists all, \
                 --kind page follows the page)",
                best.kind, best.url
            );
            source.site_url = found.site;
            source.title = best.title;
            source.kind = Some(best.kind);
            source.url = best.url;
        }
        None if found.is_list_itself => {}
        None => {
            eprintln!("newswire: {asked} names no feed that is kept up; the links on the page are followed");
            source.kind = Some(SourceKind::Page);
        }
    }
    Ok(())
}
