//! `newswire status`: how it stands.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::store::{DaemonSign, LogReader, LogState, StatusReport, is_locked_by, log_state};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::operate::sizes;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::{counted, size};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire status
  newswire status --sizes               bytes by table and by source, and how fast it grows

With --sizes every page of the file is looked at, beside a running daemon too. Bytes by table are whole pages, a full-text index
with all that it is made of. Bytes by source are titles and bodies of the articles that it had first. In a pipe the columns are
kind (file, table, source, all), name, articles, bytes, index_bytes, and bytes a day in the last 7 and 30 days.")]
pub(crate) struct StatusCommand {
    /// What takes how much room instead, and how fast it grows
    #[arg(long)]
    sizes: bool,
}

/// Failing sources that are named; the rest is counted.
const FAILING_SHOWN_MAX: usize = 10;

/// A daemon that has not given a sign for so long has a problem.
const SILENCE_MAX_S: i64 = 60;

pub(crate) fn run(context: &mut Context, command: &StatusCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let reader = Context::reader(&config.store.path)?;
    let now = Timestamp::now();
    if command.sizes {
        return Ok(sizes::print(&mut context.output, &reader.sizes(now)?)?);
    }
    let report = reader.status(now)?;
    let holder = is_locked_by(reader.path());
    let daemon = if reader.is_snapshot()? {
        "never, this is a snapshot".to_owned()
    } else {
        describe_daemon(report.daemon.as_ref(), holder.as_deref(), now)
    };
    let path = reader.path().display().to_string();
    let log = log_state(reader.path());
    context.output.one(
        || to_json(&report, &log, &path, &daemon),
        |output| {
            output.field("database", Some(&format!("{path}, {}", size(report.file_bytes))))?;
            output.field("log", Some(&describe_log(&log)))?;
            output.field("ingesting", Some(&daemon))?;
            describe(output, &report)
        },
    )?;
    Ok(())
}

fn describe(output: &mut Output, report: &StatusReport) -> std::io::Result<()> {
    let StatusReport { n_articles, n_duplicates, n_revisions, n_articles_24h, .. } = report;
    output.field(
        "articles",
        Some(&format!(
            "{n_articles}, of them {n_duplicates} duplicates; {n_revisions} revisions; {n_articles_24h} new in 24 h"
        )),
    )?;
    let sources: Vec<String> =
        report.sources_by_state.iter().map(|(state, count)| format!("{count} {state}")).collect();
    output.field("sources", Some(&if sources.is_empty() { "none".to_owned() } else { sources.join(", ") }))?;
    output.field(
        "due",
        Some(&format!(
            "{} and {} now, {} later, {} given up",
            counted(report.n_sources_due, "source"),
            counted(report.n_links_due, "article"),
            counted(report.n_links_later, "article"),
            report.n_links_given_up
        )),
    )?;
    if report.n_links_given_up > 0 {
        let advice = "`newswire fetch --retry` tries them again, `newswire why URL` tells why";
        output.field("given up", Some(&format!("{}; {advice}", counted(report.n_links_given_up, "article"))))?;
    }
    let (n_fetches, n_failed) = report.fetches_24h;
    output.field("fetches", Some(&format!("{n_fetches} in 24 h, {n_failed} failed")))?;
    for (slug, failures, error) in report.failing.iter().take(FAILING_SHOWN_MAX) {
        output.field("failing", Some(&format!("{slug} ({failures} in a row): {error}")))?;
    }
    if report.failing.len() > FAILING_SHOWN_MAX {
        output.field("failing", Some(&format!("and {} more", report.failing.len() - FAILING_SHOWN_MAX)))?;
    }
    Ok(())
}

fn describe_daemon(sign: Option<&DaemonSign>, holder: Option<&str>, now: Timestamp) -> String {
    match (sign, holder) {
        (Some(sign), Some(_)) if sign.stopped_at.is_none() => {
            let silence_s = now.duration_since(sign.heartbeat_at).as_secs();
            let trouble =
                if silence_s > SILENCE_MAX_S { format!(", no sign of life for {silence_s} s") } else { String::new() };
            format!("daemon {}, version {}, since {:.0}{trouble}", sign.pid, sign.version, sign.started_at)
        }
        (_, Some(holder)) => holder.to_owned(),
        (Some(DaemonSign { stopped_at: Some(stopped_at), .. }), None) => format!("no, stopped at {stopped_at:.0}"),
        (Some(sign), None) => format!("no, ended without stopping after {:.0}", sign.heartbeat_at),
        (None, None) => "no".to_owned(),
    }
}

/// The write-ahead log, which takes room on the disk beside the file, and who holds it.
fn describe_log(log: &LogState) -> String {
    let readers: Vec<String> = log.readers.iter().map(LogReader::describe).collect();
    let held = if readers.is_empty() { String::new() } else { format!(", held by {}", readers.join(", ")) };
    let advice = if log.trouble().is_some() { "; it is folded in when that ends" } else { "" };
    format!("{}{held}{advice}", size(log.bytes))
}

fn to_json(report: &StatusReport, log: &LogState, path: &str, daemon: &str) -> Value {
    let states: serde_json::Map<String, Value> =
        report.sources_by_state.iter().map(|(state, count)| (state.clone(), json!(count))).collect();
    let failing: Vec<Value> = report
        .failing
        .iter()
        .map(|(slug, failures, error)| json!({"slug": slug, "failures_in_a_row": failures, "error": error}))
        .collect();
    json!({
        "database": path,
        "file_bytes": report.file_bytes,
        "log_bytes": log.bytes,
        "log_readers": log.readers.iter().map(|reader| json!({
            "pid": reader.pid, "name": reader.name, "since": reader.since.map(|since| format!("{since:.0}")),
        })).collect::<Vec<_>>(),
        "ingesting": daemon,
        "articles": report.n_articles,
        "duplicates": report.n_duplicates,
        "revisions": report.n_revisions,
        "articles_24h": report.n_articles_24h,
        "sources": states,
        "failing": failing,
        "sources_due": report.n_sources_due,
        "articles_due": report.n_links_due,
        "articles_later": report.n_links_later,
        "articles_given_up": report.n_links_given_up,
        "fetches_24h": report.fetches_24h.0,
        "fetches_failed_24h": report.fetches_24h.1,
    })
}
