//! `newswire demo`: all of it, on an invented news web inside the program.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::app::App;
use crate::config::{self, Config};
use crate::daemon::{Acquired, Control, Engine, Event, Polled, Tally, Until};
use crate::demo::content::{DemoContent, SOURCES};
use crate::demo::web::NewsWeb;
use crate::model::{Source, Verdict};
use crate::store::{ArticleFilter, Reader, Scope};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::logging::{self, Manner};
use crate::cli::terminal::output::Output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::{one_line, shell_word};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire demo           in a temporary folder
  newswire demo news/     keep the database in this one")]
pub(crate) struct DemoCommand {
    /// Folder for the demo's database [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// The demo ends when nothing has happened for so long.
const QUIET_TIME: Duration = Duration::from_millis(400);

/// The demo ends by this time, whatever happens.
const TIME_MAX: Duration = Duration::from_secs(9);

pub(crate) fn run(context: &mut Context, command: &DemoCommand) -> Result<(), Failure> {
    let failed = |what: &str, error: &dyn std::fmt::Display| Failure::Failed(format!("{what}: {error}"));
    let folder = match &command.folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| failed(&folder.display().to_string(), &error))?;
            folder.clone()
        }
        None => tempfile::Builder::new()
            .prefix("newswire-demo-")
            .tempdir()
            .map_err(|error| failed("no temporary folder", &error))?
            .keep(),
    };
    let database = folder.join("demo.db");
    if database.exists() {
        return Err(Failure::Failed(format!(
            "{} is there already; name another folder, or none for a new one",
            database.display()
        )));
    }
    let mut papers = DemoContent::new(Timestamp::now());
    let web = NewsWeb::start(papers.sites()).map_err(|error| failed("the news web cannot be started", &error))?;
    let settings = Arc::new(settings(database.clone(), &web)?);
    logging::start(&settings.log, context.verbosity, Manner::OneShot);
    let n_sources = settings.sources.len();
    eprintln!(
        "A news web of {} sites is served on {}, and newswire follows {n_sources} sources of it.",
        papers.sites().len(),
        web.address()
    );

    let interrupt = signals::watch()?;
    let progress = Progress::start("ingesting", false);
    let began = Instant::now();
    let outcome = Context::block_on(ingest(&settings, &web, &mut papers, &progress, &interrupt))?;
    progress.finish();
    if interrupt.is_stopped() {
        clear(&database, command.folder.is_none());
    }
    interrupt.check(|| "the demo's database is removed".to_owned())?;
    let (tally, failures) = outcome?;
    let elapsed = began.elapsed();

    let reader = Context::reader(&database)?;
    tell(&mut context.output, &reader, &tally, &failures, elapsed, &database)
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
    config.schedule.poll_interval_min_s = 1;
    config.schedule.poll_interval_first_s = 1;
    config.schedule.poll_interval_max_s = 2;
    config.schedule.jitter_percent = 0;
    config.daemon.idle_max = Duration::from_secs(1);
    for source in &SOURCES {
        let url = Url::parse(source.url).map_err(|error| Failure::Failed(format!("{}: {error}", source.url)))?;
        let kind = source.kind.parse().map_err(Failure::Failed)?;
        let tags = source.tags.iter().map(|tag| (*tag).to_owned()).collect();
        config.sources.push(Source { kind: Some(kind), tags, ..Source::new(source.slug.to_owned(), url) });
    }
    Ok(config)
}

/// Runs the daemon until all has come in, edits an article, and runs it until the edit has come in too.
async fn ingest(
    config: &Arc<Config>,
    web: &NewsWeb,
    content: &mut DemoContent,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(Tally, Vec<String>), Failure> {
    let app = App::build(config.clone())?;
    app.store.synchronize_sources(config.sources.clone()).await?;
    let (stop_sender, stop) = watch::channel(false);
    let (_reload_sender, reload) = mpsc::channel(1);
    let (failure_sender, mut failures) = mpsc::unbounded_channel();
    // Polls that find nothing new do not count: they go on for as long as the demo does.
    let n_news = Arc::new(AtomicU64::new(0));
    let n_revisions = Arc::new(AtomicU64::new(0));
    let observe = {
        let (progress, n_news, n_revisions) = (progress.clone(), n_news.clone(), n_revisions.clone());
        let mut tally = Tally::default();
        move |event: &Event| {
            tally.add(event);
            match event {
                Event::Acquired { outcome: Acquired::Stored { verdict, title, .. }, .. } => {
                    n_news.fetch_add(1, Ordering::Relaxed);
                    if matches!(verdict, Verdict::Revision { .. }) {
                        n_revisions.fetch_add(1, Ordering::Relaxed);
                    }
                    progress.set_message(title.clone().unwrap_or_default());
                }
                Event::Polled { outcome: Polled::Listed { n_new, .. }, .. } if *n_new > 0 => {
                    n_news.fetch_add(1, Ordering::Relaxed);
                }
                Event::Polled { source, outcome: Polled::Failed(failure), .. } => {
                    let _ = failure_sender.send(format!("{source}: {failure}"));
                }
                _ => {}
            }
            progress.set_length(tally.links);
            progress.set_position(tally.articles + tally.articles_failed);
        }
    };
    let engine = Engine::new(app.clone(), Scope::All, Until::Stopped, Box::new(observe));
    let running = tokio::spawn(engine.run(Control { stop, reload }));

    let deadline = Instant::now() + TIME_MAX;
    let play = async {
        wait_until_quiet(&n_news, deadline).await;
        progress.tell("All has come in. Now one article is edited by its publisher …");
        content.edit_one(web, Timestamp::now());
        while n_revisions.load(Ordering::Relaxed) == 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        wait_until_quiet(&n_news, deadline).await;
    };
    // Whoever interrupts it is told when the loop has ended.
    let _ = interrupt.race(play).await;

    // The loop has ended already if nobody hears this.
    let _ = stop_sender.send(true);
    let outcome = running.await.map_err(|error| Failure::Failed(error.to_string()))?;
    app.store.clone().close().await?;
    let mut told = Vec::new();
    while let Ok(failure) = failures.try_recv() {
        if !told.contains(&failure) {
            told.push(failure);
        }
    }
    Ok((outcome?, told))
}

/// Takes away what an interrupted demo has made.
fn clear(database: &std::path::Path, is_own_folder: bool) {
    // What cannot be removed is in a temporary folder, or is told of by the next demo there.
    for ending in ["", "-wal", "-shm", "-lock"] {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
    if let Some(folder) = database.parent().filter(|_| is_own_folder) {
        let _ = std::fs::remove_dir(folder);
    }
}

async fn wait_until_quiet(n_news: &AtomicU64, deadline: Instant) {
    let mut last = (n_news.load(Ordering::Relaxed), Instant::now());
    while Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = n_news.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        } else if now > 0 && last.1.elapsed() >= QUIET_TIME {
            return;
        }
    }
}

fn tell(
    output: &mut Output,
    reader: &Reader,
    tally: &Tally,
    failures: &[String],
    elapsed: Duration,
    database: &std::path::Path,
) -> Result<(), Failure> {
    let rows = reader.articles(&ArticleFilter::default(), 100_000)?;
    let copies: Vec<_> = rows.iter().filter(|row| row.duplicate_of.is_some()).collect();
    let languages: std::collections::BTreeSet<&str> = rows.iter().filter_map(|row| row.language.as_deref()).collect();
    let heading = output.bold("What came in");
    output.line(&heading)?;
    output.line(&format!(
        "  {} articles in {} languages ({}), in {:.1} s",
        rows.len(),
        languages.len(),
        languages.iter().copied().collect::<Vec<_>>().join(", "),
        elapsed.as_secs_f64()
    ))?;
    for copy in &copies {
        let original = copy.duplicate_of.map(|of| reader.article(of)).transpose()?.flatten();
        let from = original.and_then(|original| original.row.source).unwrap_or_default();
        let kind = reader.article(copy.id)?.and_then(|article| article.row.duplicate_kind);
        let (word, how) = match kind.as_deref() {
            Some("near") => ("made from", "is made from one that"),
            _ => ("copy", "is the text that"),
        };
        output.line(&format!(
            "  {word:<9} {} in {} {how} {from} had",
            quoted(copy.title.as_deref()),
            copy.source.as_deref().unwrap_or_default()
        ))?;
    }
    for revised in rows.iter().filter(|row| row.revision > 1) {
        output.line(&format!(
            "  edited    {} in {}, now revision {}",
            quoted(revised.title.as_deref()),
            revised.source.as_deref().unwrap_or_default(),
            revised.revision
        ))?;
    }
    for source in reader.sources()? {
        let details = reader.source(source)?;
        for problem in &details.problems {
            output.line(&format!("  problem   {}: {}", details.row.slug, one_line(problem)))?;
        }
    }
    for failure in failures {
        output.line(&format!("  failed    {failure}"))?;
    }
    output.line(&format!(
        "  polls     {}, of them {} answered by “not modified” or the same bytes",
        tally.polls, tally.polls_unchanged
    ))?;
    output.line("")?;
    let heading = output.bold("Try next");
    output.line(&heading)?;
    // By the name that this program was called by, since it may not be installed.
    let program = shell_word(&std::env::args().next().unwrap_or_else(|| "newswire".to_owned()));
    let db = shell_word(&database.display().to_string());
    output.line(&format!("  {program} --db {db} ls"))?;
    output.line(&format!("  {program} --db {db} stories"))?;
    output.line(&format!("  sqlite3 {db} 'SELECT text FROM bundle_documents LIMIT 1'"))?;
    Ok(())
}

fn quoted(title: Option<&str>) -> String {
    format!("“{}”", one_line(title.unwrap_or("(no title)")))
}
