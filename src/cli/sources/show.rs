//! `newswire sources show`: one source with its rhythm, its host and its last exchanges.

use jiff::Timestamp;

use crate::config::Config;
use crate::forms;
use crate::model::without_credentials;
use crate::store::{FetchRow, HostState, SourceDetails};

use super::named::one_source;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sources::rows::{as_taken, next_poll};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::{counted, one_line};

pub(crate) fn show(context: &mut Context, config: &Config, word: &str) -> Result<(), Failure> {
    let reader = Context::reader(&config.store.path)?;
    let details = reader.source(as_taken(one_source(&reader, word)?, config), Timestamp::now())?;
    context.output.one(|| forms::sources::details(&details), |output| describe(output, &details))?;
    Ok(())
}

fn describe(output: &mut Output, details: &SourceDetails) -> std::io::Result<()> {
    let row = &details.row;
    let heading = output.bold(&one_line(row.title.as_deref().unwrap_or(&row.slug)));
    output.line(&heading)?;
    output.field("slug", Some(&row.slug))?;
    output.field("kind", row.kind.as_deref().or(Some("not known yet")))?;
    output.field("url", row.url.as_deref().map(without_credentials).as_deref())?;
    output.field("site", row.site_url.as_deref().map(without_credentials).as_deref())?;
    output.field("state", Some(&format!("{} (from the {})", row.state, row.origin)))?;
    output.field("tags", Some(&row.tags.join(", ")))?;
    if row.full_text != "auto" {
        output.field("full text", Some(&format!("from the {}", row.full_text)))?;
    }
    output.field("links", Some(&row.link_selectors.join(", ")))?;
    output.field("proxy", row.proxy.as_deref())?;
    output.field("credentials", row.credentials.as_deref())?;
    let when = |output: &Output, at: Option<&str>| at.map(|at| output.when(at));
    output.field("followed", Some(&output.when(&details.created_at)))?;
    output.field("last ok", when(output, row.last_ok_at.as_deref()).as_deref())?;
    output.field("next poll", Some(&output.when(&next_poll(row))))?;
    output.field("schedule", forms::sources::due_because(details).as_deref())?;
    if let Some(to) = &details.moved.to {
        let is_there = if details.moved.in_force().is_some() { ", where it is asked now" } else { "" };
        let answers = counted(details.moved.n_answers, "answer");
        output.field("moved", Some(&format!("to {to}, by {answers} in a row{is_there}")))?;
    }
    output.field(
        "articles",
        Some(&format!("{}, {} in 7 days, {} waiting", details.n_articles, row.articles_7d, details.n_waiting)),
    )?;
    output.field("last new", when(output, row.last_new_article_at.as_deref()).as_deref())?;
    for gap in &details.gaps {
        let missed = gap.n_missed.map_or("some items".to_owned(), |n| format!("about {}", counted(n, "item")));
        let healed = gap.n_healed.map(|n| format!(", {n} found since")).unwrap_or_default();
        output.field("gap", Some(&format!("{}  {missed} missed{healed}", output.when(&gap.began_at))))?;
    }
    if let Some(host) = &details.host {
        describe_host(output, host)?;
    }
    if let Some(error) = &row.error {
        output.field("trouble", Some(&format!("{}× {error}", row.failures_in_a_row)))?;
    }
    for problem in &details.problems {
        output.field("problem", Some(problem))?;
    }
    for FetchRow { started_at, status, elapsed_ms, bytes, error, url, redirected_to, .. } in &details.fetches {
        let status = status.map_or("-".to_owned(), |status| status.to_string());
        let error = error.as_deref().map(|error| format!("  {error}")).unwrap_or_default();
        let to = redirected_to.as_deref().map(|to| format!(" → {to}")).unwrap_or_default();
        output.field(
            "fetch",
            Some(&format!("{}  {status}  {elapsed_ms} ms  {bytes} B  {url}{to}{error}", output.when(started_at))),
        )?;
    }
    Ok(())
}

fn describe_host(output: &mut Output, host: &HostState) -> std::io::Result<()> {
    let HostState { publisher, n_requests_24h, n_failed_24h, n_refused_24h, .. } = host;
    let requests = counted(n_requests_24h, "request");
    output.field(
        "host",
        Some(&format!("{publisher}, {requests} in 24 h, {n_failed_24h} failed, {n_refused_24h} refused (429)")),
    )?;
    if let Some(until) = &host.held_until {
        output.field("held", Some(&format!("{publisher} is left in peace until {}", output.when(until))))?;
    }
    output.field("robots", host.robots_error.as_deref())
}
