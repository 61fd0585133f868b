//! `newswire why`: what has become of an address.

use clap::Args;
use jiff::Timestamp;

use crate::forms;
use crate::forms::times::rfc3339;
use crate::forms::why::{Account, Led};
use crate::model::CanonicalUrl;
use crate::store::{AddressHistory, ArticleDetails, ExchangeRow, Reader, SightingRow, SourceOfHost};

use super::lineage;
use crate::cli::addresses;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, no_article};
use crate::cli::sources::named::{Meant, find_source};
use crate::cli::terminal::article_words;
use crate::cli::terminal::output::Output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire why https://example.org/2026/11/a-story/
  newswire why example.org/2026/11/a-story             as people paste it
  newswire why 42                                      the address of an article
  newswire why harbour-post                            the address of a source

Tells in order who listed the address, what was asked for it and what came of it: the article, the wait for its next
attempt, the refusal or the failure; and what to do next. Ends with 1 where nothing is known of it.

Requests are on record for store.fetches_keep_days.")]
pub(crate) struct WhyCommand {
    /// The address, in any form that leads to the same page; or the number of an article, or a source
    #[arg(value_name = "URL")]
    pub(crate) url: String,
}

pub(crate) fn run(context: &mut Context, command: &WhyCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let reader = Context::reader(&config.store.path)?;
    let url = address_of(&reader, &command.url)?;
    let settings = (&config.store, &config.schedule);
    let account = Account::read(&reader, &command.url, &url, settings, Timestamp::now())?;
    context.output.page();
    context.output.one(|| account.value(), |output| describe(&account, output))?;
    match account.diagnosis.state {
        "unknown" => Err(Failure::Failed(format!("nothing is known of {url}"))),
        _ => Ok(()),
    }
}

/// The address that somebody asks about: one that they give, or that of an article or a source that they name.
fn address_of(reader: &Reader, word: &str) -> Result<CanonicalUrl, Failure> {
    let no_address = |what: String| Failure::Failed(format!("{what} has no address"));
    let address = match word.trim().parse::<i64>() {
        Ok(id) => {
            let Some(article) = reader.article(id)? else { return Err(no_article(id, reader.last_article()?)) };
            article.row.url.ok_or_else(|| no_address(format!("article {id}")))?
        }
        Err(_) => match find_source(reader, word) {
            Ok(Meant::Source(row)) => row.url.ok_or_else(|| no_address(format!("source {}", row.slug)))?,
            Ok(Meant::Address(address)) => address.url.into(),
            // The name of a host that no list of suffixes has.
            Err(Failure::Usage(_)) if word.contains(['.', ':']) => addresses::parse(word)?.url.into(),
            Err(failure) => return Err(failure),
        },
    };
    forms::addresses::canonical(&address).map_err(Failure::Usage)
}

fn describe(account: &Account, output: &mut Output) -> std::io::Result<()> {
    let AddressHistory { link, sightings, exchanges, n_fetches, redirected_from } = &account.history;
    let url = account.url.as_str();
    output.field("url", Some(url))?;
    output.field("asked about", Some(account.asked.as_str()).filter(|asked| *asked != url))?;
    if let Some(SourceOfHost { slug, kind, state, .. }) = account.itself() {
        output.field("source", Some(&format!("{slug} ({}, {state})", kind.as_deref().unwrap_or("not read yet"))))?;
    }
    for SightingRow { source, url: given, first_seen_at, last_seen_at, .. } in sightings {
        let [first, last] = [first_seen_at, last_seen_at].map(|at| output.when(at));
        let last = if last_seen_at == first_seen_at { String::new() } else { format!(", last {last}") };
        let given = given.as_deref().filter(|given| *given != url);
        let given = given.map(|given| format!(", as {given}")).unwrap_or_default();
        output.field("listed by", Some(&format!("{source} since {first}{last}{given}")))?;
    }
    if let Some(link) = link.as_ref().filter(|_| sightings.is_empty()) {
        output.field("known since", Some(&format!("{}, listed by no source", instant(output, link.first_seen_at))))?;
    }
    for from in redirected_from {
        output.field("led here", Some(from))?;
    }
    let n_told = exchanges.iter().filter(|exchange| !exchange.is_redirected).count();
    let n_untold = usize::try_from(*n_fetches).unwrap_or(usize::MAX).saturating_sub(n_told);
    if n_untold > 0 {
        output.field("asked", Some(&format!("{n_untold} times before")))?;
    }
    for exchange in exchanges {
        output.field("asked", Some(&told(exchange, url, output)))?;
    }
    if let Some(led) = &account.led {
        describe_article(led, output, url)?;
    }
    if let Some(link) = link.as_ref().filter(|_| account.led.is_some()) {
        output.field("missing", link.gone_at.map(|at| format!("since {}", instant(output, at))).as_deref())?;
        output.field("next look", link.due_at.or(link.revisit_at).map(|at| instant(output, at)).as_deref())?;
    }
    output.field("outcome", Some(&account.diagnosis.text))?;
    for next in &account.diagnosis.next {
        output.field("next", Some(next))?;
    }
    Ok(())
}

fn describe_article(led: &Led, output: &mut Output, url: &str) -> std::io::Result<()> {
    let ArticleDetails { row, removed_at, .. } = &led.article;
    let title = row.title.as_deref().unwrap_or("(no title)");
    output.field("article", Some(&format!("{}: {title}", row.id)))?;
    output.field("text", Some(&article_words::text_in_short(&led.article)))?;
    output.field("revision", article_words::last_revision(&led.article, output).as_deref())?;
    lineage::describe(&led.lineage, row.duplicate_kind.as_deref(), output)?;
    output.field("story", led.story.as_ref().and_then(article_words::story_told_by_others).as_deref())?;
    output.field("removed", removed_at.as_deref().map(|at| output.when(at)).as_deref())?;
    for address in led.addresses.iter().filter(|address| *address != url) {
        output.field("also at", Some(address))?;
    }
    Ok(())
}

fn instant(output: &Output, at: Timestamp) -> String {
    output.when(&rfc3339(at))
}

/// An exchange in a line; its address where it is not the one that was asked about.
fn told(exchange: &ExchangeRow, url: &str, output: &Output) -> String {
    let ExchangeRow { started_at, elapsed_ms, bytes, .. } = exchange;
    let address = if exchange.url == url { String::new() } else { format!("{} · ", exchange.url) };
    let answer = match exchange.status {
        Some(status) => format!("{status}, {bytes} bytes in {elapsed_ms} ms"),
        None if *elapsed_ms == 0 => "not asked".to_owned(),
        None => format!("no answer in {elapsed_ms} ms"),
    };
    let error = exchange.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    let onward = exchange.redirected_to.as_ref().map(|to| format!(", on to {to}")).unwrap_or_default();
    format!("{} · {address}{answer}{error}{onward}", output.when(started_at))
}
