//! `newswire discover`: the feeds and sitemaps of a site, best first, with the evidence.

use clap::Args;
use serde_json::{Value, json};
use url::Url;

use crate::cli::terminal::messages::say;
use crate::discover::Finding;
use crate::model::{ErrorClass, public_url, without_credentials};
use crate::pipeline::{self, DiscoverError, Discovered, Stages, Thoroughness};

use crate::cli::addresses;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::signals;
use crate::cli::terminal::table::{number, text, whole};
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire discover example.org                                what there is, best first
  newswire discover https://example.org/ | head -1 | cut -f1   the address to follow

It asks for the page, robots.txt and what they name, one after the other and only where robots.txt allows it, up to
fetch.discover_requests_max requests. The evidence says why an address was asked for.")]
pub(crate) struct DiscoverCommand {
    /// A site's name, or the address of one of its pages
    #[arg(value_name = "SITE")]
    pub(crate) site: String,
}

pub(crate) fn run(context: &mut Context, command: &DiscoverCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let stages = Stages::new(&config).map_err(Failure::Failed)?;
    let (site, found) = Context::block_on(signals::watch()?.race(search(&stages, &command.site)))???;
    let columns = [whole("url"), text("format"), number("entries"), text("newest"), text("title"), text("evidence")];
    let rows = found.findings.iter().map(|finding| (to_json(finding), cells(finding))).collect();
    context.output.list(&columns, rows)?;
    tell(&site, &found, config.fetch.discover_requests_max)
}

/// Asks at the address as it was given. Where it was given without a scheme, the safe one goes first.
async fn search(stages: &Stages, site: &str) -> Result<(Url, Discovered), Failure> {
    let url = addresses::parse(site)?.settle(&stages.fetcher).await;
    let found = pipeline::discover(stages, &url, Thoroughness::All).await;
    let public_url = public_url(&url).into_owned();
    let found = found.map_err(|error| failure_of(&public_url, &error))?;
    if public_url != url && !found.findings.is_empty() {
        say!(
            "newswire: the addresses are told without the login; `sources add` takes it in the address: https://USER:PASSWORD@…"
        );
    }
    Ok((public_url, public(found)))
}

/// What was found, with its addresses as they may be printed: those of a site that is asked with credentials have them.
fn public(mut found: Discovered) -> Discovered {
    let findings = found.findings.iter_mut().flat_map(|finding| finding.also.iter_mut().chain([&mut finding.url]));
    for url in findings.chain(&mut found.not_asked) {
        *url = public_url(url).into_owned();
    }
    for text in found.refused.iter_mut().chain(&mut found.failed) {
        *text = without_credentials(text).into_owned();
    }
    found
}

/// What to do about it, by what went wrong.
fn failure_of(url: &Url, error: &DiscoverError) -> Failure {
    match error {
        DiscoverError::Unreachable(failure) if failure.class == ErrorClass::Robots => Failure::Refused(format!(
            "{url}: {failure}; a feed that you know of is followed all the same: `newswire sources add URL`"
        )),
        DiscoverError::Unreachable(failure) if failure.class.is_policy() => {
            Failure::Refused(format!("{url}: {failure}"))
        }
        DiscoverError::Unreachable(failure) => {
            let next = match failure.class {
                ErrorClass::Dns => "check the name, and the connection to the network",
                ErrorClass::Connect | ErrorClass::Header | ErrorClass::Timeout => {
                    "check the address, and the connection to the network"
                }
                // What to do is a part of what is wrong.
                ErrorClass::Tls => return Failure::Failed(format!("{url}: {failure}")),
                ErrorClass::Http4xx => "check the address, or give that of the home page",
                _ => "try again later",
            };
            Failure::Failed(format!("{url}: {failure}; {next}"))
        }
        _ => Failure::Failed(format!("{url}: {error}; give the address of the site's home page, or of a feed")),
    }
}

fn cells(finding: &Finding) -> Vec<String> {
    let reasons: Vec<&str> = finding.reasons.iter().map(|reason| reason.as_str()).collect();
    vec![
        finding.url.to_string(),
        format_of(finding).to_owned(),
        finding.n_entries.to_string(),
        finding.newest.map(|newest| newest.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
        finding.title.as_deref().map(|title| one_line(title).into_owned()).unwrap_or_default(),
        reasons.join("; "),
    ]
}

fn format_of(finding: &Finding) -> &'static str {
    if finding.is_news_sitemap { "news sitemap" } else { finding.format }
}

fn to_json(finding: &Finding) -> Value {
    json!({
        "url": finding.url.as_str(),
        "kind": finding.kind.as_str(),
        "format": format_of(finding),
        "title": finding.title,
        "language": finding.language,
        "entries": finding.n_entries,
        "entries_with_text": finding.n_texts,
        "newest": finding.newest.map(|newest| newest.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        "evidence": finding.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
        "also": finding.also.iter().map(Url::as_str).collect::<Vec<_>>(),
    })
}

/// Says on standard error what the list does not, and how it goes on.
fn tell(site: &Url, found: &Discovered, requests_max: usize) -> Result<(), Failure> {
    for refused in &found.refused {
        say!("newswire: not asked: {}", one_line(refused));
    }
    for failed in &found.failed {
        say!("newswire: {}", one_line(failed));
    }
    if !found.not_asked.is_empty() {
        say!(
            "newswire: {} more addresses are not asked for after {requests_max} requests (fetch.discover_requests_max), \
             the first is {}",
            found.not_asked.len(),
            found.not_asked[0]
        );
    }
    let requests = counted(found.n_requests, "request");
    match found.findings.first() {
        Some(best) if found.is_list_itself => {
            say!("{requests}; that is a {} itself, `newswire sources add {}` follows it", best.kind, best.url);
            Ok(())
        }
        Some(best) => {
            say!("{requests}; `newswire sources add {}` follows the first", best.url);
            Ok(())
        }
        None if !found.refused.is_empty() && found.failed.is_empty() => {
            Err(Failure::Refused(format!("{site}: nothing found that may be asked for, in {requests}")))
        }
        None => Err(Failure::Failed(format!(
            "{site}: no feed and no sitemap found in {requests}; `newswire sources add {site} --kind page` follows the \
             links on the page itself"
        ))),
    }
}
