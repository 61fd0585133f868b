//! `newswire demo`: all of it, on an invented news web inside the program.
//!
//! * `folder`: where it is kept, and how that goes away again.
//! * `report`: what it tells at its end.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use tokio::sync::watch;
use url::Url;

use crate::app::App;
use crate::cli::terminal::messages::say;
use crate::config::{self, Config};
use crate::daemon::{Acquired, Event, Polled, Tally, run_until_idle};
use crate::demo::content::{Act, DemoContent, DemoSource, LATER_SOURCES, SOURCES};
use crate::demo::web::NewsWeb;
use crate::model::Source;
use crate::store::Scope;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::read::serve::show_demo;
use crate::cli::terminal::logging::{self, Manner};
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::counted;

mod folder;

mod report;

use folder::{Cleaned, DemoFolder};
use report::Played;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire demo                  in a new temporary folder, which it names
  newswire demo /tmp/papers      in this one; a second time it goes on from there, with the next morning's news
  newswire demo --serve          and shows it all at http://127.0.0.1:8008/ then, until Ctrl-C
  newswire demo --clean          remove the temporary folders that demos have left; with DIR, the demo's files in it")]
pub(crate) struct DemoCommand {
    /// Folder for the demo's database, or with one to go on with [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Show all of it in a browser then, until Ctrl-C
    #[arg(long, conflicts_with = "clean")]
    pub(crate) serve: bool,

    /// Remove what demos have left, and nothing else
    #[arg(long)]
    pub(crate) clean: bool,
}

/// The demo ends by this time, whatever happens.
const TIME_MAX: Duration = Duration::from_secs(9);

pub(crate) fn run(context: &mut Context, command: &DemoCommand) -> Result<(), Failure> {
    if command.clean {
        return clean(context, command);
    }
    let mut folder = DemoFolder::open(command.folder.as_deref())?;
    let is_known = folder.is_known();
    let mut papers = folder.content();
    let sites = papers.sites();
    let n_sites = sites.len();
    let web =
        NewsWeb::start(sites).map_err(|error| Failure::Failed(format!("the news web cannot be started: {error}")))?;
    let settings = Arc::new(settings(folder.database(), &web)?);
    logging::start(&settings.log, context.verbosity, Manner::OneShot);
    let n_sources = settings.sources.len();
    say!(
        "A news web of {n_sites} sites is served on {}, and newswire follows {n_sources}\nsources of it. The database is in {}",
        web.address(),
        folder.path().display()
    );

    let interrupt = signals::watch()?;
    let progress = Progress::start("ingesting", false);
    let began = Instant::now();
    let known_before = if is_known { Context::reader(&folder.database())?.last_change()? } else { 0 };
    let stage = Stage::new(Arc::clone(&settings), &progress, &interrupt, began + TIME_MAX);
    let outcome = Context::block_on(play(&stage, &web, &mut folder, &mut papers, is_known))?;
    progress.finish();
    if interrupt.is_stopped() && !is_known {
        folder.clear();
    }
    let how_it_goes_on = if is_known {
        "what has come in is kept, and the next demo there goes on"
    } else {
        "the demo's database is removed"
    };
    interrupt.check(|| how_it_goes_on.to_owned())?;
    outcome?;
    let (tally, failures) = stage.seen();
    let played = Played { folder: &folder, known_before, tally, failures, elapsed: began.elapsed() };
    let reader = Context::reader(&folder.database())?;
    report::tell(&mut context.output, &reader, &played)?;
    if command.serve {
        context.output.flush()?;
        drop(reader);
        Context::runtime()?.block_on(show_demo(context, &settings, interrupt.stop()))?;
    }
    Ok(())
}

/// Settings as for real use, but for the pauses: these hosts are our own.
fn settings(database: PathBuf, web: &NewsWeb) -> Result<Config, Failure> {
    let mut config = config::defaults();
    config.store.path = database;
    config.fetch.host_delay = Duration::from_millis(20);
    config.fetch.resolve = web
        .resolve_entries()
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .filter_map(|(host, address)| Some((host.to_owned(), address.parse().ok()?)))
        .collect();
    config.schedule.jitter_percent = 0;
    for source in SOURCES.iter().chain(&LATER_SOURCES) {
        config.sources.push(listed(source)?);
    }
    Ok(config)
}

fn listed(source: &DemoSource) -> Result<Source, Failure> {
    let url = Url::parse(source.url).map_err(|error| Failure::Failed(format!("{}: {error}", source.url)))?;
    let kind = source.kind.parse().map_err(Failure::Failed)?;
    let tags = source.tags.iter().map(|tag| (*tag).to_owned()).collect();
    Ok(Source { kind: Some(kind), tags, ..Source::new(source.slug.to_owned(), url) })
}

/// Lets the papers publish, and polls them.
async fn play(
    stage: &Stage<'_>,
    web: &NewsWeb,
    folder: &mut DemoFolder,
    papers: &mut DemoContent,
    is_known: bool,
) -> Result<(), Failure> {
    let app = App::build(stage.settings.clone())?;
    folder.save()?;
    let sources = &stage.settings.sources;
    if !is_known {
        // The agency has its reports before anybody can copy them.
        let agency = sources.iter().filter(|source| source.tags.iter().any(|tag| tag == "agency"));
        app.store.synchronize_sources(agency.cloned().collect()).await?;
        stage.poll_all(&app).await?;
    }
    app.store.synchronize_sources(sources.clone()).await?;
    let played = async {
        if is_known {
            for act in folder.acts_to_come() {
                publish(act, folder, papers, folder.published_until(), Timestamp::now())?;
            }
            papers.put_on(web);
            return stage.poll_all(&app).await;
        }
        stage.poll_all(&app).await?;
        stage.progress.tell("All has come in. While nobody asks, the papers go on publishing …");
        // Feeds give whole seconds, and what they date must lie between two polls.
        let now = Timestamp::now();
        let until = Timestamp::from_second(now.as_second() + 2).unwrap_or(now);
        publish(Act::Night, folder, papers, now, until)?;
        stage.wait_for(until).await;
        papers.put_on(web);
        stage.poll_all(&app).await?;
        publish(Act::Dawn, folder, papers, until, Timestamp::now())?;
        papers.put_on(web);
        stage.poll_all(&app).await
    };
    let played = played.await;
    app.store.clone().close().await?;
    played
}

fn publish(
    act: Act,
    folder: &mut DemoFolder,
    papers: &mut DemoContent,
    from: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    folder.note(act, from, until)?;
    papers.go_on(act, from, until);
    Ok(())
}

/// What a demo is played with, and what has been seen of it.
struct Stage<'a> {
    settings: Arc<Config>,
    progress: &'a Progress,
    interrupt: &'a Interrupt,
    deadline: Instant,
    seen: Arc<Mutex<(Tally, Vec<String>)>>,
}

impl<'a> Stage<'a> {
    fn new(settings: Arc<Config>, progress: &'a Progress, interrupt: &'a Interrupt, deadline: Instant) -> Stage<'a> {
        Stage { settings, progress, interrupt, deadline, seen: Arc::default() }
    }

    /// Polls every source and fetches what that brings, until nothing is left to do, or the time is up or somebody interrupts it.
    async fn poll_all(&self, app: &App) -> Result<(), Failure> {
        if self.interrupt.is_stopped() || Instant::now() >= self.deadline {
            return Ok(());
        }
        app.store.make_due(None).await?;
        let observe = {
            let (progress, seen) = (self.progress.clone(), Arc::clone(&self.seen));
            move |event: &Event| {
                let (tally, failures) = &mut *seen.lock().unwrap_or_else(PoisonError::into_inner);
                tally.add(event);
                match event {
                    Event::Acquired { outcome: Acquired::Stored { title, .. }, .. } => {
                        progress.set_message(title.clone().unwrap_or_default());
                    }
                    Event::Polled { source, outcome: Polled::Failed(failure), .. } => {
                        let failure = format!("{source}: {failure}");
                        if !failures.contains(&failure) {
                            failures.push(failure);
                        }
                    }
                    _ => {}
                }
                progress.set_length(tally.links);
                progress.set_position(tally.articles + tally.articles_failed);
            }
        };
        let (stop_sender, stop) = watch::channel(false);
        let running = run_until_idle(app, Scope::All, stop, Box::new(observe));
        tokio::pin!(running);
        let outcome = tokio::select! {
            outcome = &mut running => outcome,
            () = self.wait_for_end() => {
                // The loop has ended already if nobody hears this.
                let _ = stop_sender.send(true);
                running.await
            }
        };
        outcome.map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(())
    }

    /// Waits until a moment has come, unless the demo ends before.
    async fn wait_for(&self, moment: Timestamp) {
        let pause = Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.wait_for_end() => {}
        }
    }

    async fn wait_for_end(&self) {
        let _ = self.interrupt.race(tokio::time::sleep_until(self.deadline.into())).await;
    }

    fn seen(&self) -> (Tally, Vec<String>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Removes what demos have left, and says what.
fn clean(context: &mut Context, command: &DemoCommand) -> Result<(), Failure> {
    let cleaned = match &command.folder {
        Some(folder) => vec![folder::clean_named(folder)],
        None => folder::clean_temporary()?,
    };
    if cleaned.is_empty() {
        say!("no demo has left a folder in {}", std::env::temp_dir().display());
    }
    let mut is_failed = false;
    for cleaned in &cleaned {
        match cleaned {
            Cleaned::Removed(path, number) if command.folder.is_some() => {
                context.output.line(&format!(
                    "removed the demo's {} in {}",
                    counted(number, "file"),
                    path.display()
                ))?;
            }
            Cleaned::Removed(path, _) => context.output.line(&format!("removed {}", path.display()))?,
            Cleaned::Left(path, reason) => {
                say!("left as it is: {}: {reason}", path.display());
                is_failed |= command.folder.is_some();
            }
        }
    }
    if is_failed { Err(Failure::Failed("nothing was removed".to_owned())) } else { Ok(()) }
}
