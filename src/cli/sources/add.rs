//! `newswire sources add`: follows a source, and finds out what stands at its address.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::cli::terminal::messages::say;
use crate::config::{self, Config};
use crate::discover;
use crate::feed;
use crate::model::{
    self, DueSource, ErrorClass, FullText, HostMemory, ListedSource, LoginName, PollResult, Route, Source, SourceKind,
};
use crate::pipeline::{self, DiscoverError, Stages, Thoroughness};
use crate::store::{self, Reader, SourceRow, StoreError};

use crate::cli::addresses::{self, Address};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::signals;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire sources add example.org                               the best feed of a site
  newswire sources add https://example.org/feed/ --slug harbour  a feed, by a name of your own
  newswire sources add https://example.org/news --kind page --tag en --tag local

The address of a page that is neither an article nor a list is that of a site: its best feed is looked for, as `newswire
discover` does it, and followed in its place. --kind page follows the links on the page itself.

It is asked for first. What cannot be had (a status such as 404, an address that may not be asked for) is not followed,
exit code 3; what may pass (no connection, a server in trouble) is told and followed.")]
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

    /// Follow it without asking for it first
    #[arg(long)]
    pub(crate) force: bool,

    /// CSS selector of the article links on a page, or of elements that hold them, repeatable; makes it a page
    #[arg(long = "links", value_name = "CSS")]
    pub(crate) link_selectors: Vec<String>,

    /// By way of whom it and its articles are fetched: direct, or the address of a proxy without credentials
    #[arg(long, value_name = "PROXY")]
    pub(crate) proxy: Option<String>,

    /// The name under which its credentials are kept: of a file in the folder credentials beside the settings, for one
    #[arg(long, value_name = "NAME")]
    pub(crate) credentials: Option<String>,
}

pub(crate) fn add(context: &mut Context, config: &Config, arguments: &AddSourceArguments) -> Result<(), Failure> {
    let address = addresses::parse(&arguments.url)?;
    let mut source = named_source(arguments, address.url.clone())?;
    if let Some(slug) = &arguments.slug {
        config::check_slug(slug).map_err(|rule| Failure::Usage(format!("--slug {slug:?}: {rule}")))?;
    }
    for form in address.forms() {
        refuse_listed(config, &form)?;
    }
    if let Some(name) = source.credentials.as_deref().filter(|_| !arguments.force) {
        check_credentials(config, name)?;
    }
    let mut heard = HostMemory::default();
    match followed_already(config, &address)? {
        Some(url) => source.url = url,
        None if arguments.force => {}
        None => {
            let stages = Stages::new(config).map_err(Failure::Failed)?;
            recall_hosts(config, &stages);
            let login = source.credentials.as_deref().map(|name| LoginName::of(name, &source.url));
            let stages = stages.for_source(source.proxy.as_ref(), login.as_ref()).into_owned();
            let interrupt = signals::watch()?;
            let looking = look(&stages, address, source);
            source = Context::block_on(interrupt.race(looking))???;
            heard = stages.fetcher.host_news();
            refuse_listed(config, &source.url)?;
        }
    }
    source.slug = arguments.slug.clone().unwrap_or_else(|| config::slug_for(&source.url));
    let url = model::public_url(&source.url).into_owned();
    let new = ListedSource { source, is_paused: false, is_named: true };
    let added = store::add_looked_at_beside(&config.store, &new, &heard)?;
    context.tell_new_database();
    for added in added {
        tell_not_taken(arguments, &added.slug, added.is_new);
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

/// Tells the fetcher what hosts have said to whoever ingests: one that is to be left in peace is not asked.
pub(super) fn recall_hosts(config: &Config, stages: &Stages) {
    let memory = Reader::open(&config.store.path).and_then(|reader| reader.host_memory(Timestamp::now()));
    // Without a database nothing is known of any.
    stages.fetcher.recall(memory.unwrap_or_default());
}

/// Says what was wished of a source that was known, and keeps what it has.
fn tell_not_taken(arguments: &AddSourceArguments, slug: &str, is_new: bool) {
    if arguments.slug.as_deref().is_some_and(|wished| wished != slug) {
        say!("newswire: it is known as {slug} already, and keeps that name");
    }
    if !is_new && !arguments.tags.is_empty() {
        say!("newswire: it keeps the tags that it has; `newswire sources rm {slug}` first lets it be added anew");
    }
}

/// The form of an address in which it is followed, if it is. What is there now was asked when it was added.
fn followed_already(config: &Config, address: &Address) -> Result<Option<Url>, Failure> {
    let reader = match Context::reader_before_change(&config.store.path) {
        Ok(reader) => reader,
        Err(StoreError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // It takes no source: that is said by whoever would write it.
    if reader.is_snapshot()? {
        return Ok(Some(address.url.clone()));
    }
    for form in address.forms() {
        let rows = reader.sources_named(form.as_str())?;
        let is_followed = |row: &SourceRow| {
            row.url.as_deref() == Some(form.as_str()) && matches!(row.state.as_str(), "active" | "paused")
        };
        if rows.iter().any(is_followed) {
            return Ok(Some(form));
        }
    }
    Ok(None)
}

/// Looks what stands at an address before it is followed.
async fn look(stages: &Stages, address: Address, source: Source) -> Result<Source, Failure> {
    let url = address.settle(&stages.fetcher).await;
    let mut source = Source { url, ..source };
    // What looks like a list mostly is one, and which is seen when it is read.
    if source.kind.is_none() && !feed::looks_like_list(&source.url) {
        find_out(stages, &mut source).await?;
        return Ok(source);
    }
    if source.kind == Some(SourceKind::Article) {
        // Its page is fetched as any other article's.
        return Ok(source);
    }
    let polled = pipeline::poll(stages, DueSource::untried(&source)).await;
    match polled.result {
        PollResult::Failed { failure, .. } if is_no_list(failure.class) && source.kind.is_none() => {
            find_out(stages, &mut source).await?;
        }
        PollResult::Failed { failure, .. } => {
            let status = polled.exchanges.last().and_then(|exchange| exchange.status);
            judge(&source.url, &failure, status)?;
        }
        PollResult::Listed { .. } | PollResult::Unchanged { .. } | PollResult::Postponed { .. } => {}
    }
    Ok(source)
}

fn is_no_list(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Parse | ErrorClass::NotArticle)
}

/// Whether a failure may pass: then the source is followed, and it is said what is amiss. What would be the same again
/// is not followed.
fn judge(url: &Url, failure: &model::Failure, status: Option<u16>) -> Result<(), Failure> {
    let url = &*model::public_url(url);
    let may_pass = match failure.class {
        ErrorClass::Dns
        | ErrorClass::Tls
        | ErrorClass::Connect
        | ErrorClass::Header
        | ErrorClass::ShortBody
        | ErrorClass::Coding
        | ErrorClass::Timeout
        | ErrorClass::Http5xx
        | ErrorClass::Empty
        | ErrorClass::Internal => true,
        ErrorClass::Http4xx => matches!(status, Some(408 | 425 | 429)),
        ErrorClass::TooLarge
        | ErrorClass::Redirect
        | ErrorClass::Robots
        | ErrorClass::Address
        | ErrorClass::Parse
        | ErrorClass::NotArticle
        | ErrorClass::OtherPage => false,
    };
    if may_pass {
        say!("newswire: {url}: {failure}; it is followed all the same, since that may pass");
        return Ok(());
    }
    let told = format!("{url} is not followed: {failure}; --force follows it all the same");
    Err(if failure.class.is_policy() { Failure::Refused(told) } else { Failure::Partly(told) })
}

/// The source as the command line has it; its slug is still to be made.
fn named_source(arguments: &AddSourceArguments, url: Url) -> Result<Source, Failure> {
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
    let proxy = arguments.proxy.as_deref().map(named_proxy).transpose()?;
    if let Some(name) = &arguments.credentials {
        config::check_credentials(name, Some(&url)).map_err(|rule| Failure::Usage(format!("--credentials: {rule}")))?;
    }
    let credentials = arguments.credentials.clone();
    Ok(Source { kind, tags, full_text, link_selectors, proxy, credentials, ..Source::new(String::new(), url) })
}

/// A way as the command line has it. Whoever looks sees the command line, and reads the database: there are no credentials
/// in either.
fn named_proxy(text: &str) -> Result<Route, Failure> {
    let shown = if text.contains('@') { "***" } else { text };
    let route: Route = text.parse().map_err(|rule| Failure::Usage(format!("--proxy {shown:?}: {rule}")))?;
    if route.without_credentials() == route {
        return Ok(route);
    }
    let rule = "must be without credentials: those in the settings or the sources file for the same address are taken";
    Err(Failure::Usage(format!("--proxy \"{route}\": {rule}")))
}

/// Refuses a name under which there is nothing to be let in with. Who asks may not be allowed to read it, as the daemon is.
fn check_credentials(config: &Config, name: &str) -> Result<(), Failure> {
    let advice = "--force follows it all the same";
    let refused = |rule| Failure::Failed(format!("--credentials {name:?}: {rule}; {advice}"));
    config.fetch.keyring.get(name).map(|_| ()).map_err(refused)
}

fn refuse_listed(config: &Config, url: &Url) -> Result<(), Failure> {
    match config.sources.iter().find(|source| source.url == *url) {
        Some(listed) => {
            let url = model::public_url(url);
            Err(Failure::Failed(format!("{url} is listed in the sources file already, as {}", listed.slug)))
        }
        None => Ok(()),
    }
}

/// Finds out what stands at an address. Where it is the page of a site, the site's best feed takes its place.
async fn find_out(stages: &Stages, source: &mut Source) -> Result<(), Failure> {
    let asked = model::public_url(&source.url).into_owned();
    let found = match pipeline::discover(stages, &source.url, Thoroughness::First).await {
        Ok(found) => found,
        Err(DiscoverError::Unreachable(failure)) => {
            // The reason names the status.
            let is_passing = ["408", "425", "429"].iter().any(|status| failure.reason.contains(status));
            return judge(&asked, &failure, is_passing.then_some(429));
        }
        Err(error) => {
            return Err(Failure::Partly(format!("{asked} is not followed: {error}; --force follows it all the same")));
        }
    };
    if found.is_article {
        source.kind = Some(SourceKind::Article);
        return Ok(());
    }
    if let Some(wall) = found.wall {
        let reason = format!("{asked} is not followed: it is {wall}; --force follows it all the same");
        return Err(Failure::Partly(reason));
    }
    let best = found.findings.into_iter().find(|finding| discover::is_sound(finding, Timestamp::now()));
    match best {
        Some(best) if found.is_list_itself => source.kind = Some(best.kind),
        Some(best) => {
            say!(
                "newswire: {asked} is a page; its {} {} is followed in its place (`newswire discover {asked}` lists all, \
                 --kind page follows the page)",
                best.kind,
                model::public_url(&best.url)
            );
            source.site_url = found.site;
            source.title = best.title;
            source.kind = Some(best.kind);
            source.url = best.url;
        }
        None if found.is_list_itself => {}
        None => {
            say!("newswire: {asked} names no feed that is kept up; the links on the page are followed");
            source.kind = Some(SourceKind::Page);
        }
    }
    Ok(())
}
