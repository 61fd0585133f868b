//! Pages that a command is given, read several at one time and handed out in the order of the arguments.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use url::Url;

use crate::config::Config;
use crate::extract::Extractor;
use crate::fetch::FetchRequest;
use crate::model::{Fetched, FetchedDocument, LinkHints, Purpose, Validators};
use crate::normalize::Surroundings;
use crate::pipeline::Stages;

use crate::cli::addresses::{self, Address, recognize_beside_files};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::files::{STANDARD_INPUT, read_input};
use crate::cli::terminal::logging::Verbosity;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::counted;

/// Results that may wait for an earlier one, for each worker: output is in the order of the arguments, and one slow page
/// must not make all the others pile up.
const WAITING_PER_WORKER: usize = 8;

/// A page as it came in.
pub(crate) enum Source<'a> {
    /// A file's bytes, and where it is said to come from.
    Saved(Vec<u8>, Option<&'a Url>),
    /// A document that was fetched, and the way to others.
    Fetched(Box<FetchedDocument>, Way<'a>),
}

/// The way to the further pages of an article.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) stages: &'a Stages,
    pub(crate) runtime: &'a tokio::runtime::Runtime,
}

impl Source<'_> {
    /// What else is known of a document that was fetched by its address alone.
    pub(crate) fn surroundings<'a>(document: &'a FetchedDocument, hints: &'a LinkHints) -> Surroundings<'a> {
        Surroundings { answered: Some(&document.final_url), hints, first_seen_at: Some(document.fetched_at) }
    }
}

/// A page of which nothing came.
pub(crate) struct Refusal {
    pub(crate) reason: String,
    is_policy: bool,
}

/// Reads all pages, several at one time, and hands out the results in the order of the arguments. `address` is where
/// files are said to come from.
pub(crate) fn read_all<T: Send>(
    context: &mut Context,
    inputs: &[String],
    address: Option<&str>,
    read: impl Fn(&Extractor, Source<'_>) -> Result<T, crate::model::Failure> + Sync,
    mut take: impl FnMut(&mut Context, &str, Result<T, &Refusal>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = context.configure_for_pages()?;
    let address = address.map(addresses::parse).transpose()?.map(|address| address.url);
    // Before signals are watched: whoever waits for standard input in vain ends it as anything else.
    let piped = Mutex::new(inputs.iter().any(|input| input == STANDARD_INPUT).then(|| read_input(STANDARD_INPUT)));
    let read_file = |input: &str| {
        let piped =
            piped.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take_if(|_| input == STANDARD_INPUT);
        piped.unwrap_or_else(|| read_input(input))
    };
    let interrupt = signals::watch()?;
    let runtime = Context::runtime()?;
    let has_addresses = inputs.iter().any(|input| recognize_beside_files(input).is_some());
    let stages = has_addresses.then(|| Stages::new(&config)).transpose().map_err(Failure::Failed)?;
    let extractor = Extractor::new(&config.extract);
    let read_one = |input: &str| {
        let source = match (&stages, recognize_beside_files(input)) {
            (Some(stages), Some(address)) => {
                let address = address.map_err(|error| refuse(error.to_string()))?;
                let fetching = interrupt.race(fetch(stages, address));
                let document = runtime.block_on(fetching).map_err(|end| refuse(end.to_string()))??;
                Source::Fetched(document, Way { stages, runtime: &runtime })
            }
            _ => Source::Saved(read_file(input).map_err(|error| refuse(error.to_string()))?, address.as_ref()),
        };
        // A page that makes a parser panic is a fault of ours, and no reason to give up on the other pages.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&extractor, source)))
            .unwrap_or_else(|_| {
                let reason = "the parser failed, please report it with the page".to_owned();
                Err(crate::model::Failure { class: crate::model::ErrorClass::Internal, reason })
            })
            .map_err(|failure| refuse(failure.to_string()))
    };
    // What is printed on the terminal itself shows how far it is.
    let is_quiet = std::io::stdout().is_terminal() || context.verbosity == Verbosity::Quiet;
    let progress = Progress::start("reading", is_quiet);
    progress.set_length(inputs.len() as u64);
    let (mut n_failed, mut n_refused) = (0, 0);
    let mut n_read = 0_u64;
    let handed_out = in_order(&config, inputs, &interrupt, read_one, |input, result| match result {
        Ok(found) => {
            n_read += 1;
            progress.set_position(n_read);
            take(context, input, Ok(found))
        }
        // It was not refused, it was not waited for.
        Err(_) if interrupt.is_stopped() => Ok(()),
        Err(refusal) => {
            n_read += 1;
            progress.set_position(n_read);
            n_failed += 1;
            n_refused += usize::from(refusal.is_policy);
            take(context, input, Err(&refusal))?;
            progress.tell(&format!("newswire: {input}: {}", refusal.reason));
            Ok(())
        }
    });
    // Nobody waits for a page that is being fetched still.
    runtime.shutdown_background();
    progress.finish();
    handed_out?;
    interrupt.check(|| format!("{n_read} of {} were read", counted(inputs.len(), "input")))?;
    match n_failed {
        0 => Ok(()),
        _ if n_refused == inputs.len() => Err(Failure::Refused("refused by policy".to_owned())),
        // It has been told.
        1 if inputs.len() == 1 => Err(Failure::Told(1)),
        _ => {
            let summary = format!("{n_failed} of {} inputs gave no article", inputs.len());
            Err(if n_failed == inputs.len() { Failure::Failed(summary) } else { Failure::Partly(summary) })
        }
    }
}

fn refuse(reason: String) -> Refusal {
    Refusal { reason, is_policy: false }
}

async fn fetch(stages: &Stages, address: Address) -> Result<Box<FetchedDocument>, Refusal> {
    let url = address.settle(&stages.fetcher).await;
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
    interrupt: &Interrupt,
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
                    if interrupt.is_stopped() {
                        return;
                    }
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
