//! `newswire status`: how it stands.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::Config;
use crate::forms;
use crate::forms::times::{parse_time, rfc3339};
use crate::store::{
    DaemonSign, LogReader, LogState, Reader, ReceiverState, StatusReport, StoreError, is_locked_by, log_state,
    was_ingested_into,
};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::operate::health::{self, Circumstances, SILENCE_MAX};
use crate::cli::operate::{sizes, workers};
use crate::cli::tell::receivers::{ACTIVE, state_of};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::text::{counted, one_line, size};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1: the daemon has ended without being stopped or gives no sign of life, or it runs and no source has answered for a day, or no
article has come since --since, or a receiver of messages is paused, has taken none for half an hour or is no longer in the settings while some
wait for it, or the queue is away for a minute or hosts are asked by no worker, or a worker gets no work, or the list of sources at an
address could not be read for a day or three of its intervals, whichever is more. With --check also where the daemon was stopped and nothing
else has polled since, or where that is true without a daemon.

Examples:
  newswire status
  newswire status --check               one line for a monitor, and the exit code
  newswire status --sizes               bytes by table and by source, and how fast it grows

With --sizes all texts are read, which takes a while where there are millions, beside a running daemon too. Bytes by table are whole pages,
a full-text index with all that it is made of; of a file of a GiB or more as they were at the last checkpoint. Bytes by source are titles and
bodies of the articles that it had first, those in the files of closed months too. In a pipe the columns are kind (file, table, volume,
source, all), name, articles, bytes, index_bytes, and bytes a day in the last 7 and 30 days.")]
pub(crate) struct StatusCommand {
    /// What takes how much room instead, and how fast it grows
    #[arg(long)]
    sizes: bool,

    /// For a monitor: a single line that says whether it runs and brings something, and the exit code
    #[arg(long, conflicts_with = "sizes")]
    check: bool,

    /// When the newest article must have come: an age (12h, 7d) or a day [default: 3d, a weekend and a night]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_time, default_value = "3d", hide_default_value = true)]
    since: Timestamp,
}

/// Failing sources that are named; the rest is counted.
const FAILING_SHOWN_MAX: usize = 10;

pub(crate) fn run(context: &mut Context, command: &StatusCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    if command.check {
        return check(context, &config, command.since);
    }
    if command.sizes {
        return sizes::run(context, &config.store.path);
    }
    let reader = Context::reader(&config.store.path)?;
    let now = Timestamp::now();
    let Standing { report, holder, troubles } = stand(&reader, &config, now, command.since, false)?;
    context.output.page();
    let daemon = if reader.is_snapshot()? {
        "never, this is a snapshot".to_owned()
    } else {
        describe_daemon(report.daemon.as_ref(), holder.as_deref(), now, &|at| context.output.when(&rfc3339(at)))
    };
    let path = reader.path().display().to_string();
    let log = log_state(reader.path());
    context.output.one(
        || to_json(&report, &config, &log, &path, &daemon, &troubles),
        |output| {
            output.field("database", Some(&format!("{path}, {}", size(report.file_bytes))))?;
            output.field("log", Some(&describe_log(&log)))?;
            output.field("ingesting", Some(&daemon))?;
            describe(output, &report)?;
            describe_receivers(output, &report, &config)?;
            // The last, with a table.
            report.queue.as_ref().map_or(Ok(()), |queue| workers::describe(output, queue, now))
        },
    )?;
    if troubles.is_empty() { Ok(()) } else { Err(Failure::Failed(troubles.join("; "))) }
}

/// A line for a monitor, whatever comes of it.
fn check(context: &mut Context, config: &Config, since: Timestamp) -> Result<(), Failure> {
    let now = Timestamp::now();
    let judged = Reader::open(&config.store.path).and_then(|reader| stand(&reader, config, now, since, true));
    let (line, code) = match &judged {
        Ok(Standing { report, troubles, .. }) if troubles.is_empty() => {
            let last = report.last_article_at.map_or(String::new(), |last| format!(", the last at {last:.0}"));
            let n_articles = counted(report.n_articles, "article");
            // Not for long yet; but whoever looks should know.
            let failing = report.failing_list.as_ref().map(|list| format!("; {}", health::describe_list(list)));
            let failing = failing.unwrap_or_default();
            (format!("{n_articles}, {} new in 24 h{last}{failing}", report.n_articles_24h), 0)
        }
        Ok(Standing { troubles, .. }) => (troubles.join("; "), 1),
        Err(error) => {
            let failure = context.with_places(error.clone().into());
            (failure.to_string(), failure.exit_code())
        }
    };
    let is_ok = code == 0;
    let line = one_line(&line).into_owned();
    if context.output.is_json() {
        context.output.json(&json!({ "ok": is_ok, "text": line }))?;
    } else {
        context.output.line(&format!("{}: {line}", if is_ok { "ok" } else { "wrong" }))?;
    }
    if is_ok { Ok(()) } else { Err(Failure::Told(code)) }
}

/// How it stands, and what is wrong with that.
struct Standing {
    report: StatusReport,
    holder: Option<String>,
    troubles: Vec<String>,
}

fn stand(
    reader: &Reader,
    config: &Config,
    now: Timestamp,
    since: Timestamp,
    is_wanted: bool,
) -> Result<Standing, StoreError> {
    let list = config.list_at_address.as_ref();
    let report = reader.status(list.map(|list| &list.url), now)?;
    let holder = is_locked_by(reader.path());
    let is_at_work_here = was_ingested_into(reader.path());
    let list_interval_s = list.map_or(0, |list| list.interval_s);
    let receivers: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let circumstances = Circumstances {
        holder: holder.as_deref(),
        is_at_work_here,
        is_wanted,
        since,
        list_interval_s,
        receivers: &receivers,
        now,
    };
    let troubles = health::troubles(&report, circumstances);
    Ok(Standing { report, holder, troubles })
}

fn describe(output: &mut Output, report: &StatusReport) -> std::io::Result<()> {
    let StatusReport { n_articles, n_duplicates, n_revisions, n_articles_24h, .. } = report;
    output.field(
        "articles",
        Some(&format!(
            "{n_articles}, of them {}; {}; {n_articles_24h} new in 24 h",
            counted(n_duplicates, "duplicate"),
            counted(n_revisions, "revision"),
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
        output.field("failing", Some(&format!("{slug} · {failures}× {error}")))?;
    }
    if report.failing.len() > FAILING_SHOWN_MAX {
        output.field("failing", Some(&format!("and {} more", report.failing.len() - FAILING_SHOWN_MAX)))?;
    }
    Ok(())
}

/// Receivers that somebody should look at.
fn describe_receivers(output: &mut Output, report: &StatusReport, config: &Config) -> std::io::Result<()> {
    for (state, word) in unwell(report, config) {
        let ReceiverState { name, n_waiting, n_refused, error, .. } = state;
        let mut parts = vec![format!("{name} · {word}")];
        if *n_waiting > 0 {
            parts.push(format!(
                "{} {}",
                counted(*n_waiting, "message"),
                if *n_waiting == 1 { "waits" } else { "wait" }
            ));
        }
        if *n_refused > 0 {
            parts.push(format!("{n_refused} refused (`newswire receivers retry {name}`)"));
        }
        parts.extend(error.clone());
        output.field("receiver", Some(&parts.join(" · ")))?;
    }
    Ok(())
}

/// Receivers that have failed, are paused or missing, or have refused something, each with the word for how it is.
fn unwell<'r>(report: &'r StatusReport, config: &Config) -> Vec<(&'r ReceiverState, &'static str)> {
    let with_word = |state: &'r ReceiverState| {
        let receiver = config.receivers.iter().find(|receiver| receiver.name == state.name);
        let is_of_nobody = receiver.is_none() && state.n_waiting == 0;
        let word = state_of(receiver, state);
        (!is_of_nobody && word != ACTIVE || state.n_refused > 0).then_some((state, word))
    };
    report.receivers.iter().filter_map(with_word).collect()
}

fn describe_daemon(
    sign: Option<&DaemonSign>,
    holder: Option<&str>,
    now: Timestamp,
    when: &dyn Fn(Timestamp) -> String,
) -> String {
    match (sign, holder) {
        (Some(sign), Some(_)) if sign.stopped_at.is_none() && !sign.is_one_shot => {
            let silence = now.duration_since(sign.heartbeat_at);
            let is_silent = silence > SILENCE_MAX;
            let trouble =
                if is_silent { format!(", no sign of life for {} s", silence.as_secs()) } else { String::new() };
            format!("daemon {}, version {}, since {}{trouble}", sign.pid, sign.version, when(sign.started_at))
        }
        (_, Some(holder)) => holder.to_owned(),
        (Some(DaemonSign { stopped_at: Some(stopped_at), .. }), None) => format!("no, stopped {}", when(*stopped_at)),
        (Some(sign), None) => format!("no, ended without stopping after {}", when(sign.heartbeat_at)),
        (None, None) => "no".to_owned(),
    }
}

/// The write-ahead log, which takes room on the disk beside the file, and who holds it.
fn describe_log(log: &LogState) -> String {
    let readers: Vec<String> = log.readers.iter().map(LogReader::describe).collect();
    let held = if readers.is_empty() { String::new() } else { format!(", held by {}", readers.join(", ")) };
    let advice = if log.trouble().is_none() || readers.is_empty() { "" } else { "; it is folded in when that ends" };
    format!("{}{held}{advice}", size(log.bytes))
}

fn to_json(
    report: &StatusReport,
    config: &Config,
    log: &LogState,
    path: &str,
    daemon: &str,
    troubles: &[String],
) -> Value {
    let states: serde_json::Map<String, Value> =
        report.sources_by_state.iter().map(|(state, count)| (state.clone(), json!(count))).collect();
    let failing: Vec<Value> = report
        .failing
        .iter()
        .map(|(slug, failures, error)| json!({"slug": slug, "failures_in_a_row": failures, "error": error}))
        .collect();
    let receivers = unwell(report, config).into_iter().map(|(state, word)| {
        json!({
            "name": state.name, "state": word, "n_waiting": state.n_waiting, "n_refused": state.n_refused,
            "failing_since": state.failing_since, "paused_at": state.paused_at, "error": state.error,
        })
    });
    json!({
        "database": path,
        "file_bytes": report.file_bytes,
        "log_bytes": log.bytes,
        "log_readers": log.readers.iter().map(|reader| json!({
            "pid": reader.pid, "name": reader.name, "since": reader.since.map(rfc3339),
        })).collect::<Vec<_>>(),
        "ingesting": daemon,
        "troubles": troubles,
        "last_answer_at": report.last_answer_at.map(rfc3339),
        "last_article_at": report.last_article_at.map(rfc3339),
        "articles": report.n_articles,
        "duplicates": report.n_duplicates,
        "revisions": report.n_revisions,
        "articles_24h": report.n_articles_24h,
        "sources": states,
        "failing": failing,
        "receivers": receivers.collect::<Vec<_>>(),
        "queue": report.queue.as_ref().map(forms::queue::value),
        "sources_due": report.n_sources_due,
        "articles_due": report.n_links_due,
        "articles_later": report.n_links_later,
        "articles_given_up": report.n_links_given_up,
        "fetches_24h": report.fetches_24h.0,
        "fetches_failed_24h": report.fetches_24h.1,
    })
}
