//! `newswire import`: bundles, JSON lines, saved pages, web archives, lists of sources.
//!
//! * `files`: which files are read, and what they are.
//! * `lines`: the lines of JSON lines.
//! * `archive`: the pages of web archives.
//! * `reading`: what is in the files, whatever they are.
//! * `intake`: articles on their way into the database, in groups.

use std::path::PathBuf;

use clap::Args;

use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::{Manner, Verbosity};
use crate::cli::terminal::messages::say;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::counted;

use self::intake::Counts;
use self::reading::Import;

mod files;

mod lines;

mod archive;

pub(super) mod intake;

mod reading;

#[derive(Debug, Args)]
#[command(after_help = "\
A folder with bundle documents (000_0123456789abcdef.txt) is read as a bundle; of any other folder all *.txt, *.jsonl,
*.html, *.opml, *.warc and *.warc.gz files are read. JSON lines have url or id, title, published, authors, language, paragraphs or text,
source (any name), site_name, section, keywords or tags, image_url, modified_at; lines with one url are versions of one
article. The sources of an OPML file are followed from then on. Of a web archive
(WARC) the pages in HTML with status 200 are read; other records are counted.

Lines that `newswire export` wrote are stored again as they were: numbers (where they are free), times, sources, earlier
wordings and whose text it is. The same file a second time changes nothing.

Examples:
  newswire import bundle/ articles.jsonl
  newswire --db old.db export | newswire --db new.db import -")]
pub(crate) struct ImportCommand {
    /// Files and folders, or - for JSON lines on standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// The source that the articles are said to come from, where they do not say it themselves; any name
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
}

pub(crate) fn run(context: &mut Context, command: &ImportCommand) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let interrupt = signals::watch()?;
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for path in &command.paths {
        files::collect(path, true, &mut files, &mut faults);
    }
    let progress = Progress::through_bytes("importing", context.verbosity == Verbosity::Quiet);
    for fault in &faults {
        progress.tell(&format!("newswire: {fault}"));
    }
    // What cannot be read, or is not there, begins no database.
    if files.is_empty() {
        progress.finish();
        return report(context, Counts { failed: faults.len(), ..Counts::default() }, Ok(()));
    }
    let app = App::build(config)?;
    context.tell_new_database();
    let mut import = Import::new(&app, progress.clone(), interrupt);
    import.intake.counts.failed = faults.len();
    let outcome = Context::block_on(async {
        let (counts, outcome) = import.files(&files, command.source.as_deref()).await;
        app.store.clone().close().await?;
        Ok::<_, Failure>((counts, outcome))
    })?;
    progress.finish();
    let (counts, outcome) = outcome?;
    report(context, counts, outcome)
}

/// Says what became of what was read. `outcome` is how reading ended.
fn report(context: &mut Context, counts: Counts, outcome: Result<(), Failure>) -> Result<(), Failure> {
    let Counts { new, duplicates, known, deleted, revisions, sources, failed, passed_over } = counts;
    let value = serde_json::json!({
        "new": new, "duplicates": duplicates, "known": known, "deleted": deleted, "revisions": revisions, "sources": sources, "failed": failed,
        "passed_over": passed_over,
    });
    if context.output.is_json() {
        context.output.line(&value.to_string())?;
    } else if context.verbosity != Verbosity::Quiet {
        say!(
            "{new} new, {}, {known} known, {}, {}, {failed} failed",
            counted(duplicates, "duplicate"),
            counted(revisions, "revision"),
            counted(sources, "source"),
        );
    }
    if deleted > 0 && !context.output.is_json() {
        let them = if deleted == 1 { "it" } else { "them" };
        say!(
            "{} left out: deleted here before; `newswire rm --forget ADDRESS` lets {them} come back",
            counted(deleted, "article")
        );
    }
    outcome?;
    match failed {
        0 => Ok(()),
        _ if new + duplicates + known + deleted + revisions + sources == 0 => {
            Err(Failure::Failed("nothing was imported".to_owned()))
        }
        _ => Err(Failure::Partly(format!("{failed} could not be imported, the rest is stored"))),
    }
}
