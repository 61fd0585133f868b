//! `newswire doctor`: whether all is well with the database, and mending.

use std::io::IsTerminal;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::terminal::messages::say;
use crate::config::Config;
use crate::store::{self, Examining, ExaminingWatcher, Finding, StoreError, Subject};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::output::Output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::{counted, one_line, text_width};

/// So many times one side is mended: each may show more that is wrong with it.
const TRIES_MAX: usize = 3;

#[derive(Debug, Args)]
#[command(after_help = "\
A line for each side, as soon as it was looked at: the write-ahead log and its readers, space, the clock, permissions, leftovers, the files
of volumes; then pages, the schema, copies, numbers of changes, references between rows, stories, values, texts, the full-text indexes. It
reads the whole file, which takes minutes where that is large, beside a running daemon too. Exit code 1: something is wrong.

Damaged pages of indexes are mended too, without the daemon, and the list of the tables is written anew; the file as it was is kept then,
and so it is before rows are taken away that belong to what is not there.
Where pages of a table are damaged and there is no backup, newswire --db NEW.db merge DAMAGED.db takes out what can be read.

Examples:
  newswire doctor
  newswire doctor --fix                 mends what can be mended, and looks again
  newswire --db /backups/news.db doctor")]
pub(crate) struct DoctorCommand {
    /// Mend what can be mended; nothing is lost that could be read
    #[arg(long)]
    fix: bool,
}

pub(crate) fn run(context: &mut Context, command: &DoctorCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    let interrupt = signals::watch()?;
    let mut findings = match look(context, &config, &interrupt, false) {
        Err(Failure::Store(error @ StoreError::WithoutSchema { is_cut_off: false, .. })) if command.fix => {
            let aside = match store::write_schema_anew(&config.store) {
                // What is damaged beside the list is no news, and neither is what to do.
                Err(StoreError::Malformed { .. }) => None,
                aside => aside?,
            };
            let aside = aside.ok_or(error)?;
            say!("mended: the list of tables; the file as it was is kept as {}", aside.display());
            look(context, &config, &interrupt, false)?
        }
        findings => findings?,
    };
    let mut mended = Vec::new();
    // One mend may show, or cause, what another one mends.
    while let Some(finding) = command.fix.then(|| next_to_mend(&findings, &mended)).flatten() {
        interrupt.check(|| "`newswire doctor --fix` mends what is left".to_owned())?;
        let is_first = !mended.iter().any(takes_away);
        if is_first && takes_away(&finding) {
            let aside = store::keep_as_it_is(&config.store)?;
            say!("kept: the file as it was is {}", aside.display());
        }
        let aside = store::mend(&config.store, finding.subject)?;
        let kept =
            aside.map(|aside| format!("; the file as it was is kept as {}", aside.display())).unwrap_or_default();
        if !context.output.is_json() || !kept.is_empty() {
            say!("mended: {}{kept}", finding.subject.as_str());
        }
        mended.push(finding);
        if next_to_mend(&findings, &mended).is_none() {
            findings = look(context, &config, &interrupt, true)?;
        }
    }
    verdict(&findings)
}

/// Whether a mend takes away what somebody might still need: rows, or what indexes have of rows that are damaged.
fn takes_away(finding: &Finding) -> bool {
    matches!(finding.subject, Subject::Pages | Subject::References)
}

/// Something that can be mended, and was not yet: the same side again where something else is wrong with it than before.
fn next_to_mend(findings: &[Finding], mended: &[Finding]) -> Option<Finding> {
    let n_tries = |subject: Subject| mended.iter().filter(|before| before.subject == subject).count();
    let is_next =
        |finding: &&Finding| finding.is_mendable && !mended.contains(finding) && n_tries(finding.subject) < TRIES_MAX;
    findings.iter().filter(is_next).min_by_key(|finding| finding.subject).cloned()
}

fn look(
    context: &mut Context,
    config: &Config,
    interrupt: &Interrupt,
    is_again: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut printed = Ok(());
    let mut now_at = None;
    let progress = Progress::without_end("looking at", context.verbosity == Verbosity::Quiet);
    let output = &mut context.output;
    let mut tell = |stage| match stage {
        Examining::LookingAt(subject) => {
            now_at = Some(subject);
            progress.set_message(subject.as_str().to_owned());
        }
        Examining::Found(finding) => {
            if printed.is_ok() {
                // In a pipe it may wait for its reader.
                printed = if std::io::stdout().is_terminal() {
                    progress.suspend(|| print(output, &finding, is_again))
                } else {
                    print(output, &finding, is_again)
                };
            }
            findings.push(finding);
        }
    };
    let mut watcher = ExaminingWatcher { stop: interrupt.flag(), tell: &mut tell };
    let looked = store::examine(&config.store.path, Timestamp::now(), &mut watcher);
    progress.finish();
    printed?;
    interrupt.check(|| {
        let side = now_at.map_or("", Subject::as_str);
        let n_wrong = findings.iter().filter(|finding| !finding.is_well).count();
        let wrong = if n_wrong == 0 { String::new() } else { format!(", and {n_wrong} of them not as they should be") };
        format!("while it looked at {side}; {} looked at before{wrong}", counted(findings.len(), "side"))
    })?;
    looked?;
    Ok(findings)
}

fn print(output: &mut Output, finding: &Finding, is_again: bool) -> std::io::Result<()> {
    let Finding { subject, is_well, text, advice, is_mendable } = finding;
    if output.is_json() {
        output.json(&value(finding))?;
        return output.flush();
    }
    // The second time only what still is wrong is news.
    if is_again && *is_well {
        return Ok(());
    }
    let advice = match advice {
        Some(advice) => format!("; {advice}"),
        None if *is_mendable => "; `newswire doctor --fix` mends it".to_owned(),
        None => String::new(),
    };
    let text = one_line(&format!("{text}{advice}")).into_owned();
    if !output.is_decorated() {
        output.row([subject.as_str(), if *is_well { "ok" } else { "wrong" }, &text])?;
        return output.flush();
    }
    let mark = if *is_well { output.good("ok   ") } else { output.warning("wrong") };
    let first = format!("{mark}  {:<12} ", subject.as_str());
    output.hanging(&first, &text, text_width(&first))?;
    output.flush()
}

fn value(finding: &Finding) -> Value {
    let Finding { subject, is_well, text, advice, is_mendable } = finding;
    json!({
        "subject": subject.as_str(), "ok": is_well, "text": text, "advice": advice, "mendable": is_mendable,
    })
}

fn verdict(findings: &[Finding]) -> Result<(), Failure> {
    match findings.iter().filter(|finding| !finding.is_well).count() {
        0 => Ok(()),
        n_wrong => Err(Failure::Failed(format!("{} not as it should be", counted(n_wrong, "thing")))),
    }
}
