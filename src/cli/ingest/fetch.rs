//! `newswire fetch`: once, now. The same pipeline and the same loop as the daemon's, until nothing more is due.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::app::App;
use crate::config::{self, Config};
use crate::daemon::{self, Acquired, Event, Observer, Polled, Tally};
use crate::discover;
use crate::feed;
use crate::model::{ErrorClass, LinkHints, LinkId, ListedLink, Source, SourceId, Verdict, publisher_of};
use crate::normalize;
use crate::pipeline::{self, Thoroughness};
use crate::store::{ArticleFilter, Reader, Scope};

use crate::cli::addresses::{is_url, parse_url};
use crate::cli::context::Context;
use crate::cli::copy::export;
use crate::cli::failure::Failure;
use crate::cli::sources::named::one_source;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals;
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire fetch https://example.org/2026/11/a-story        one article into the database
  newswire fetch https://example.org/feed/ --out bundle/    a feed's articles as files, no database
  newswire fetch dailytimes                                 a source by its slug, now
  newswire fetch --due                                      all that is due, then stop (for cron)")]
pub(crate) struct FetchCommand {
    /// Addresses of articles, feeds, sitemaps or sites, and slugs of sources
    #[arg(value_name = "URL or SOURCE")]
    pub(crate) targets: Vec<String>,

    /// All sources and articles that are due
    #[arg(long)]
    pub(crate) due: bool,

    /// All active sources, due or not
    #[arg(long)]
    pub(crate) all: bool,

    /// Write the articles as a bundle into this folder; without --db no database is used
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Fetch and tell, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) fn run(context: &mut Context, command: &FetchCommand) -> Result<(), Failure> {
    if command.targets.is_empty() && !command.due && !command.all {
        return Err(Failure::Usage("name an address or a source, or say --due or --all".to_owned()));
    }
    let mut config = context.configure(Manner::OneShot)?;
    // What is not to be kept goes through a database all the same: that is where links are and duplicates show.
    let is_kept = !command.dry_run && (command.out.is_none() || context.has_named_database);
    let scratch = if is_kept {
        None
    } else {
        let folder = tempfile::tempdir().map_err(|error| Failure::Failed(format!("no temporary folder: {error}")))?;
        let mut scratch_config = Config::clone(&config);
        scratch_config.store.path = folder.path().join("scratch.db");
        config = Arc::new(scratch_config);
        Some(folder)
    };
    let app = App::build(config)?;
    let outcome = Context::runtime()?.block_on(async {
        let outcome = fetch(context, command, &app).await;
        app.store.clone().close().await?;
        outcome
    });
    let (tally, gathered) = outcome?;
    if let Some(folder) = &command.out
        && !command.dry_run
    {
        write_out(&app.config.store.path, &gathered, folder)?;
    }
    drop(scratch);
    summarize(&tally);
    exit(&tally)
}

async fn fetch(context: &mut Context, command: &FetchCommand, app: &App) -> Result<(Tally, Vec<i64>), Failure> {
    app.store.synchronize_sources(app.config.sources.clone()).await?;
    let signals = signals::listen()?;
    let mut tally = Tally::default();
    let mut gathered = Vec::new();
    let watch = Watch::start(context, command.dry_run);

    if command.due || command.all {
        if command.all {
            app.store.make_due(None).await?;
        }
        let (observe, seen) = watch.observer();
        tally += daemon::run_until_idle(app, Scope::All, signals.stop.clone(), observe).await?;
        gathered.extend(seen.take().stored);
    }
    let named = Named::resolve(app, &command.targets).await?;
    if !named.sources.is_empty() || !named.links.is_empty() {
        let (observe, seen) = watch.observer();
        let scope = Scope::Only { sources: named.sources.clone(), links: named.links.keys().copied().collect() };
        let first = daemon::run_until_idle(app, scope, signals.stop.clone(), observe).await?;
        let seen = seen.take();
        gathered.extend(&seen.stored);
        tally += first;
        // An address that holds no article may be a feed, a sitemap or a site: then it is followed to its articles.
        let lists: Vec<&Url> = named.links.values().filter(|url| seen.no_article.contains(&url.to_string())).collect();
        let mut sources = Vec::new();
        for url in lists {
            let found = pipeline::discover(&app.stages, url, Thoroughness::First).await.unwrap_or_default();
            let best = found.findings.into_iter().find(|finding| discover::is_sound(finding, Timestamp::now()));
            let url = best.map_or_else(|| url.clone(), |finding| finding.url);
            watch.progress.tell(&format!("newswire: no article there; reading {url} as a list of articles"));
            sources.push(add_manual_source(app, url).await?);
            tally.articles_failed -= 1;
        }
        if !sources.is_empty() {
            let (observe, seen) = watch.observer();
            let scope = Scope::Only { sources, links: Vec::new() };
            tally += daemon::run_until_idle(app, scope, signals.stop.clone(), observe).await?;
            gathered.extend(seen.take().stored);
        }
    }
    watch.finish(context)?;
    Ok((tally, gathered))
}

/// What the words on the command line name.
struct Named {
    sources: Vec<SourceId>,
    links: HashMap<LinkId, Url>,
}

impl Named {
    async fn resolve(app: &App, targets: &[String]) -> Result<Named, Failure> {
        let mut named = Named { sources: Vec::new(), links: HashMap::new() };
        let reader = Reader::open(&app.config.store.path)?;
        for target in targets {
            if !is_url(target) {
                named.sources.push(SourceId(one_source(&reader, target)?.id));
                continue;
            }
            let url = parse_url(target)?;
            let known = reader.sources_named(url.as_str())?;
            if let Some(row) = known.first() {
                named.sources.push(SourceId(row.id));
            } else if feed::looks_like_list(&url) {
                named.sources.push(add_manual_source(app, url).await?);
            } else {
                let canonical =
                    normalize::url::canonicalize(&url).map_err(|error| Failure::Usage(error.to_string()))?;
                let link = ListedLink {
                    publisher: publisher_of(canonical.as_url()),
                    url_as_given: url.to_string(),
                    updated_at: None,
                    is_refetch: true,
                    hints: LinkHints::default(),
                    entry: None,
                    url: canonical.clone(),
                };
                named.links.insert(app.store.ask_for(link).await?, canonical.as_url().clone());
            }
        }
        app.store.make_due(Some(named.sources.clone())).await?;
        Ok(named)
    }
}

async fn add_manual_source(app: &App, url: Url) -> Result<SourceId, Failure> {
    let source = Source::new(config::slug_for(&url), url);
    let added = app.store.add_source(source, false).await?;
    app.store.make_due(Some(vec![added.id])).await?;
    Ok(added.id)
}

/// What was seen while the loop ran.
#[derive(Debug, Default)]
struct Seen {
    stored: Vec<i64>,
    no_article: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct SharedSeen(Arc<Mutex<Seen>>);

impl SharedSeen {
    fn with(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Seen {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells the user what happens: a bar, a line for each article on stdout, a line for each failure on stderr.
struct Watch {
    progress: Progress,
    lines: Arc<Mutex<Vec<ListRow>>>,
    tally: Arc<Mutex<Tally>>,
    is_dry_run: bool,
}

impl Watch {
    fn start(context: &Context, is_dry_run: bool) -> Self {
        let is_quiet = context.verbosity == crate::cli::terminal::logging::Verbosity::Quiet;
        Watch {
            progress: Progress::start("fetching", is_quiet),
            lines: Arc::default(),
            tally: Arc::default(),
            is_dry_run,
        }
    }

    fn observer(&self) -> (Observer, SharedSeen) {
        let (progress, lines, sum) = (self.progress.clone(), self.lines.clone(), self.tally.clone());
        let seen = SharedSeen::default();
        let shared = seen.clone();
        let is_dry_run = self.is_dry_run;
        let observe = move |event: &Event| {
            let mut tally = sum.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(event);
            progress.set_length(tally.polls + tally.polls_failed + tally.links.max(tally.articles + tally.unchanged));
            progress.set_position(tally.n_done() + tally.n_failed());
            progress.set_message(format!("{}, {} failed", counted(tally.articles, "article"), tally.n_failed()));
            match event {
                Event::Polled { source, url, outcome: Polled::Failed(failure) } => {
                    progress.tell(&format!("newswire: {source} ({url}): {failure}"));
                }
                Event::Polled { source, outcome: Polled::Listed { problems, .. }, .. } => {
                    for problem in problems {
                        progress.tell(&format!("newswire: {source}: {}", one_line(problem)));
                    }
                }
                Event::Acquired { url, outcome: Acquired::Failed { failure, .. }, .. } => {
                    if matches!(failure.class, ErrorClass::NotArticle | ErrorClass::Parse) {
                        shared.with(|seen| seen.no_article.push(url.clone()));
                    }
                    progress.tell(&format!("newswire: {url}: {failure}"));
                }
                Event::Acquired { url, outcome: Acquired::Removed { id }, .. } => {
                    progress.tell(&format!("newswire: {url}: taken away by its publisher; article {id} is kept"));
                }
                Event::Acquired { url, source, outcome: Acquired::Stored { id, verdict, title } } => {
                    let what = word_for(verdict);
                    if what != "known" {
                        shared.with(|seen| seen.stored.push(*id));
                    }
                    // In a dry run the row is gone when the command ends.
                    let id = (!is_dry_run).then_some(*id);
                    let value = json!({"id": id, "verdict": what, "source": source, "title": title, "url": url});
                    let shown_id = id.map(|id| id.to_string()).unwrap_or_default();
                    let cells = vec![shown_id, what.to_owned(), title.clone().unwrap_or_default(), url.clone()];
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push((value, cells));
                }
                _ => {}
            }
        };
        (Box::new(observe), seen)
    }

    fn finish(&self, context: &mut Context) -> Result<(), Failure> {
        use crate::cli::terminal::output::{number, text};
        self.progress.finish();
        let rows = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        self.progress
            .suspend(|| context.output.list(&[number("id"), text("verdict"), text("title"), text("url")], rows))?;
        Ok(())
    }
}

fn word_for(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Known { .. } => "known",
        Verdict::Revision { .. } => "revised",
        Verdict::Duplicate { .. } => "duplicate",
    }
}

/// Writes what this run brought as a bundle.
fn write_out(database: &Path, gathered: &[i64], folder: &Path) -> Result<(), Failure> {
    let reader = Reader::open(database)?;
    let ids: Vec<String> = gathered.iter().map(ToString::to_string).collect();
    let filter = ArticleFilter { condition: Some(format!("id IN ({})", ids.join(","))), ..ArticleFilter::default() };
    let n_documents = export::write_bundle(&reader, &filter, folder, false)?;
    eprintln!("{} in {}", counted(n_documents, "document"), folder.display());
    Ok(())
}

fn summarize(tally: &Tally) {
    let Tally { polls, polls_unchanged, articles, duplicates, revisions, unchanged, removed, .. } = tally;
    let taken_away = if *removed > 0 { format!(", {removed} taken away") } else { String::new() };
    eprintln!(
        "{} ({}), {revisions} revised, {unchanged} as they were{taken_away}; {} polled ({polls_unchanged} unchanged); \
         {} failed",
        counted(articles, "new article"),
        counted(duplicates, "duplicate"),
        counted(polls, "source"),
        tally.n_failed()
    );
}

fn exit(tally: &Tally) -> Result<(), Failure> {
    match (tally.n_done(), tally.n_failed()) {
        (_, 0) => Ok(()),
        (0, failed) if failed == tally.refused => Err(Failure::Refused("refused by policy".to_owned())),
        (0, _) => Err(Failure::Failed("nothing could be fetched".to_owned())),
        (_, failed) => Err(Failure::Partly(format!("{failed} could not be fetched, the rest is stored"))),
    }
}
