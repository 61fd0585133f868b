//! `newswire extract`: HTML in, article out. Touches no database.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use clap::{Args, ValueEnum};
use serde_json::json;
use url::Url;

use crate::bundle;
use crate::config::Config;
use crate::extract::Extractor;
use crate::fetch::FetchRequest;
use crate::model::{Article, CanonicalUrl, Fetched, FetchedDocument, LinkHints, Purpose, Validators};
use crate::normalize::Surroundings;
use crate::pipeline::{self, Stages};

use super::Context;
use super::explain;
use super::failure::Failure;
use super::logging::Manner;
use super::parse_feed::read_input;
use super::shapes;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire extract page.html                        the article, as a line of JSON
  newswire extract --explain page.html              why each line of the page was kept or dropped
  newswire extract --html why.html page.html        the same as a page for a browser
  newswire extract --html folder/ saved/*.html      one page each, folder/NAME.explained.html

An explanation is given for pages without an article too, and is no failure.")]
pub(super) struct ExtractCommand {
    /// HTML files, addresses, or - for standard input
    #[arg(value_name = "FILE or URL", required = true)]
    pub(super) inputs: Vec<String>,

    /// What to print
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub(super) format: ExtractFormat,

    /// Print, instead of the article, what became of each line of the page and why
    #[arg(long, conflicts_with = "format")]
    pub(super) explain: bool,

    /// Write the explanation as a page for a browser: a file, - for standard output, or a folder that exists, which it
    /// must be where there are several pages
    #[arg(long, value_name = "OUT", conflicts_with = "format")]
    pub(super) html: Option<PathBuf>,

    /// Where the file came from, for relative addresses and the canonical one
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExtractFormat {
    /// One JSON object a line
    Json,
    /// Title and paragraphs
    Text,
    /// A bundle document
    Bundle,
}

/// Results that may wait for an earlier one, for each worker: output is in the order of the arguments, and one slow page
/// must not make all the others pile up.
const WAITING_PER_WORKER: usize = 8;

/// A page as it came in.
pub(super) enum Source<'a> {
    /// A file's bytes, and where it is said to come from.
    Saved(Vec<u8>, Option<&'a Url>),
    /// A document that was fetched, and the way to others.
    Fetched(Box<FetchedDocument>, Way<'a>),
}

/// The way to the further pages of an article.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    stages: &'a Stages,
    runtime: &'a tokio::runtime::Runtime,
}

impl Source<'_> {
    /// What else is known of a document that was fetched by its address alone.
    pub(super) fn surroundings<'a>(document: &'a FetchedDocument, hints: &'a LinkHints) -> Surroundings<'a> {
        Surroundings { answered: Some(&document.final_url), hints, first_seen_at: Some(document.fetched_at) }
    }
}

/// A page of which nothing came.
pub(super) struct Refusal {
    pub(super) reason: String,
    is_policy: bool,
}

pub(super) fn run(context: &mut Context, command: &ExtractCommand) -> Result<(), Failure> {
    if command.explain || command.html.is_some() {
        return explain::run(context, command);
    }
    let read = |extractor: &Extractor, source: Source<'_>| match source {
        Source::Saved(bytes, address) => pipeline::html_page(extractor, bytes, address),
        Source::Fetched(document, way) => way.runtime.block_on(pipeline::read_fetched(way.stages, *document)),
    };
    read_all(context, command, read, |context, input, result| match result {
        Ok(article) => print(context, command.format, input, &article),
        Err(refusal) if command.format == ExtractFormat::Json => {
            Ok(context.output.json(&json!({"file": input, "error": refusal.reason}))?)
        }
        Err(_) => Ok(()),
    })
}

/// Reads all pages, several at one time, and hands out the results in the order of the arguments.
pub(super) fn read_all<T: Send>(
    context: &mut Context,
    command: &ExtractCommand,
    read: impl Fn(&Extractor, Source<'_>) -> Result<T, crate::model::Failure> + Sync,
    mut take: impl FnMut(&mut Context, &str, Result<T, &Refusal>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = context.configure(Manner::OneShot)?;
    let address = command.url.as_deref().map(parse_url).transpose()?;
    let runtime = Context::runtime()?;
    let stages = command
        .inputs
        .iter()
        .any(|input| is_url(input))
        .then(|| Stages::new(&config))
        .transpose()
        .map_err(Failure::Failed)?;
    let extractor = Extractor::new(&config.extract);
    let read_one = |input: &str| {
        let source = match (&stages, is_url(input)) {
            (Some(stages), true) => {
                let document = runtime.block_on(fetch(stages, input))?;
                Source::Fetched(document, Way { stages, runtime: &runtime })
            }
            _ => Source::Saved(read_input(input).map_err(|error| refuse(error.to_string()))?, address.as_ref()),
        };
        // A page that makes a parser panic is a fault of ours, and no reason to give up on the other pages.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&extractor, source)))
            .unwrap_or_else(|_| {
                let reason = "the parser failed, please report it with the page".to_owned();
                Err(crate::model::Failure { class: crate::model::ErrorClass::Internal, reason })
            })
            .map_err(|failure| refuse(failure.to_string()))
    };
    let (mut n_failed, mut n_refused) = (0, 0);
    in_order(&config, &command.inputs, read_one, |input, result| match result {
        Ok(found) => take(context, input, Ok(found)),
        Err(refusal) => {
            n_failed += 1;
            n_refused += usize::from(refusal.is_policy);
            take(context, input, Err(&refusal))?;
            eprintln!("newswire: {input}: {}", refusal.reason);
            Ok(())
        }
    })?;
    match n_failed {
        0 => Ok(()),
        _ if n_refused == command.inputs.len() => Err(Failure::Refused("refused by policy".to_owned())),
        _ if n_failed == command.inputs.len() => Err(Failure::Failed("no article found".to_owned())),
        _ => Err(Failure::Partly(format!("no article in {n_failed} of {} inputs", command.inputs.len()))),
    }
}

fn print(context: &mut Context, format: ExtractFormat, input: &str, article: &Article) -> Result<(), Failure> {
    match format {
        ExtractFormat::Json => context.output.json(&shapes::article(input, article))?,
        ExtractFormat::Text => {
            let title = context.output.bold(article.title.as_deref().unwrap_or("(no title)"));
            context.output.line(&format!("{title}\n\n{}\n", article.body.replace('\n', "\n\n")))?;
        }
        ExtractFormat::Bundle => {
            let day = article.published.map(|published| published.day());
            let url = article.url.as_ref().map(CanonicalUrl::as_str);
            context.output.raw(&bundle::document(article.title.as_deref(), day.as_deref(), url, &article.body))?;
        }
    }
    Ok(())
}

fn refuse(reason: String) -> Refusal {
    Refusal { reason, is_policy: false }
}

async fn fetch(stages: &Stages, input: &str) -> Result<Box<FetchedDocument>, Refusal> {
    let url = Url::parse(input).map_err(|error| refuse(error.to_string()))?;
    let request = FetchRequest { url: &url, purpose: Purpose::Article, validators: &Validators::default() };
    match stages.fetcher.fetch(request).await.result {
        Ok(Fetched::Document(document)) => Ok(document),
        Ok(Fetched::NotModified { .. }) => Err(refuse("the server answered 304 to a plain request".to_owned())),
        Err(error) => Err(Refusal { reason: error.to_string(), is_policy: error.class().is_policy() }),
    }
}

/// Works on many inputs at one time and hands out the results in the order of the inputs.
fn in_order<T: Send>(
    config: &Config,
    inputs: &[String],
    work: impl Fn(&str) -> T + Sync,
    mut take: impl FnMut(&str, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let n_workers = config.daemon.parse_tasks.min(inputs.len()).max(1);
    let (sender, receiver) = sync_channel::<(usize, T)>(n_workers * WAITING_PER_WORKER);
    let next = AtomicUsize::new(0);
    // A worker that runs far ahead of the output waits here until the output has caught up.
    let n_taken = Mutex::new(0_usize);
    let moved = std::sync::Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..n_workers {
            let sender = sender.clone();
            let (next, work, n_taken, moved) = (&next, &work, &n_taken, &moved);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(index) else { return };
                    let mut taken = n_taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    while index >= *taken + n_workers * WAITING_PER_WORKER {
                        taken = moved.wait(taken).unwrap_or_else(std::sync::PoisonError::into_inner);
                    }
                    drop(taken);
                    if sender.send((index, work(input))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut outcome = Ok(());
        let mut position = 0;
        for (index, result) in receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&position) {
                if outcome.is_ok() {
                    outcome = take(&inputs[position], result);
                }
                position += 1;
                *n_taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = position;
                moved.notify_all();
            }
            if outcome.is_err() {
                // Nobody wants the rest: no further input is begun.
                next.store(inputs.len(), Ordering::Relaxed);
            }
        }
        outcome
    })
}

pub(super) fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

pub(super) fn parse_url(text: &str) -> Result<Url, Failure> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(url),
        Ok(_) => Err(Failure::Usage(format!("{text:?}: an address must begin with http:// or https://"))),
        Err(error) => Err(Failure::Usage(format!("{text:?} is no address: {error}"))),
    }
}
