//! `newswire sources add`: follows a source, and finds out what stands at its address.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::config::{self, Config};
use crate::discover;
use crate::feed;
use crate::model::{FullText, Source, SourceKind};
use crate::pipeline::{self, Stages, Thoroughness};
use crate::store::{self, NewSource};

use crate::cli::addresses::parse_url;
use crate::cli::context::Context;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
#[command(after_help = "\
The address of a page that is neither an article nor a list is that of a site: its best feed is looked for, as `newswire
discover` does it, and followed in its place. --kind page follows the links on the page itself.")]
pub(crate) struct AddSourceArguments {
    /// Its address
    pub(crate) url: String,

    /// The name to keep it under [default: made from the address]
    #[arg(long)]
    pub(crate) slug: Option<String>,

    /// feed, sitemap, page or article [default: found out]
    #[arg(long)]
    pub(crate) kind: Option<String>,

    /// Words of your own, repeatable
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,

    /// Where the text of a feed's articles is taken from: feed, page or auto
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(crate) full_text: String,

    /// CSS selector of the article links on a page, or of elements that hold them, repeatable; makes it a page
    #[arg(long = "links", value_name = "CSS")]
    pub(crate) link_selectors: Vec<String>,
}

pub(crate) fn add(context: &mut Context, config: &Config, arguments: &AddSourceArguments) -> Result<(), Failure> {
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
