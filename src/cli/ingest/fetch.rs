//! `newswire fetch`: once, now. The same pipeline and the same loop as the daemon's, until nothing more is due.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use jiff::Timestamp;
use tokio::sync::mpsc;
use url::Url;

use crate::app::{App, AppError};
use crate::cli::terminal::messages::say;
use crate::config::{self, Config};
use crate::daemon::{self, Acquired, Control, Engine, EngineError, Event, InWork, Observer, Polled, Tally, Until};
use crate::discover;
use crate::feed;
use crate::model::{CanonicalUrl, ErrorClass, ImportedArticle, LinkId, ListedLink, Source, SourceId};
use crate::normalize;
use crate::pipeline::{self, DiscoverError, Discovered, Thoroughness};
use crate::store::{ArticleFilter, GateChange, Scope, StoreError};

use super::brought;
use super::hand_over::HandOver;
use super::source_list;
use super::targets::{self, Targets};
use super::waiting::{self, Postponed};
use crate::cli::asked::WaitArguments;
use crate::cli::context::Context;
use crate::cli::copy::bundle_folder::{self, Grown, PresentDocument};
use crate::cli::copy::whole_folder::WholeFolder;
use crate::cli::failure::Failure;
use crate::cli::sources::named::Meant;
use crate::cli::sources::poll::PollArguments;
use crate::cli::terminal::logging::Manner;
use crate::cli::terminal::output::ListRow;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::signals::{self, Interrupt};
use crate::cli::terminal::text::{counted, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire fetch https://example.org/2026/11/a-story        one article, into the database
  newswire fetch https://example.org/feed/ --out bundle/    a feed's articles as files, no database
  newswire fetch dailytimes                                 a source by its slug, now
  newswire fetch @list.txt                                  the addresses in a file, a line each
  newswire fetch --due                                      all that is due, then stop (for cron)
  newswire fetch --retry                                    what was given up as well

  newswire fetch --wait https://example.org/2026/11/a-story beside a daemon: wait until it has it

While a daemon runs, what is named is handed to it, and --wait shows what came of it.")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct FetchCommand {
    /// Addresses of articles, feeds, sitemaps or sites, and slugs of sources; @FILE and - for lists of them
    #[arg(value_name = "URL or SOURCE")]
    pub(crate) targets: Vec<String>,

    /// All sources and articles that are due
    #[arg(long)]
    pub(crate) due: bool,

    /// Give articles that were given up a new start, then fetch all that is due
    #[arg(long)]
    pub(crate) retry: bool,

    /// All active sources, due or not
    #[arg(long)]
    pub(crate) all: bool,

    /// Write the articles as a bundle into this folder, or add them to the one in it; without --db no database is used
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Fetch and tell, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) wait: WaitArguments,

    /// Whether only sources may be named.
    #[arg(skip)]
    pub(crate) takes_sources_alone: bool,
}

/// `newswire sources poll`: the same for sources that are stored.
pub(crate) fn poll(context: &mut Context, PollArguments { sources, wait }: &PollArguments) -> Result<(), Failure> {
    let command = FetchCommand {
        targets: sources.clone(),
        due: false,
        retry: false,
        all: false,
        out: None,
        dry_run: false,
        wait: wait.clone(),
        takes_sources_alone: true,
    };
    run(context, &command)
}

pub(crate) fn run(context: &mut Context, command: &FetchCommand) -> Result<(), Failure> {
    let takes_due = command.due || command.all || command.retry;
    if command.targets.is_empty() && !takes_due {
        return Err(Failure::Usage("name an address or a source, or say --due, --all or --retry".to_owned()));
    }
    let mut config = context.configure(Manner::OneShot)?;
    // Before anything is asked for: what comes in must have a place to go to.
    let mut present = Vec::new();
    if let Some(folder) = &command.out
        && !command.dry_run
    {
        present = bundle_folder::present_documents(folder)?;
        // Dropped at once: it is made anew when there is something to put into it.
        drop(WholeFolder::begin(folder)?);
        if !present.is_empty() {
            let documents = counted(present.len(), "document");
            say!("newswire: what is new is added to {documents} in {}", folder.display());
        }
    }
    let targets = Targets { list: targets::read(&command.targets)?, are_sources: command.takes_sources_alone };
    if !config.store.path.exists() {
        targets.check_without_database(&config.sources)?;
    }
    // Until here a signal ends it as it ends anything: nothing has begun.
    let interrupt = signals::watch()?;
    if targets.list.is_empty() && !takes_due {
        say!("newswire: nothing is named there");
    }
    // What is not to be kept goes through a database all the same: that is where links are and duplicates show.
    let is_kept = !command.dry_run && (command.out.is_none() || context.has_named_database);
    let scratch = if is_kept {
        None
    } else {
        let folder = tempfile::tempdir().map_err(|error| Failure::Failed(format!("no temporary folder: {error}")))?;
        let mut scratch_config = Config::clone(&config);
        scratch_config.store.path = folder.path().join("scratch.db");
        scratch_config.store.unplaced = None;
        config = Arc::new(scratch_config);
        Some(folder)
    };
    let app = match App::build(config.clone()) {
        // What is to be written to files here is not fetched there.
        Err(AppError::Store(StoreError::Busy { holder, .. }))
            if is_kept && !command.due && !command.all && command.out.is_none() =>
        {
            let hand_over = HandOver { config: &config, holder: &holder, wait: &command.wait, interrupt: &interrupt };
            return hand_over.run(context, &targets, command.retry);
        }
        built => built?,
    };
    context.tell_new_database();
    let outcome = Context::block_on(async {
        // A database of its own knows nothing of what is there.
        let kept = if is_kept { HashSet::new() } else { take_in(&app, &present).await? };
        let outcome = fetch(context, command, &targets, &kept, &app, &interrupt).await;
        app.store.clone().close().await?;
        outcome
    })?;
    let Fetched { tally, stored, waiting, hosts, n_bad } = outcome?;
    if let Some(folder) = &command.out
        && !command.dry_run
    {
        write_out(&app.config.store.path, &stored, folder, &present)?;
    }
    brought::summarize(&tally, context.verbosity);
    if !interrupt.is_stopped() {
        waiting::tell_named(&waiting, is_kept);
        hosts.tell();
        if is_kept
            && let Some(waiting) = Context::reader(&app.config.store.path)?.waiting_after_deaths(Timestamp::now())?
        {
            waiting::tell_after_deaths(&waiting);
        }
    }
    if is_kept {
        tell_given_up(&app.config.store.path)?;
    }
    if interrupt.is_stopped() {
        return Err(signals::interrupted(&what_waits(&app.config.store.path, is_kept, command)?));
    }
    drop(scratch);
    brought::exit(&tally, u64::try_from(waiting.len()).unwrap_or(u64::MAX).saturating_add(n_bad))
}

/// Says how many articles were given up, and what can be done: they come by no later run.
fn tell_given_up(database: &Path) -> Result<(), Failure> {
    let n_links = Context::reader(database)?.n_given_up()?;
    if n_links > 0 {
        say!(
            "newswire: {} given up; `newswire fetch --retry` tries again, `newswire why URL` tells why",
            counted(n_links, "article")
        );
    }
    Ok(())
}

/// What is left to do after an interruption, and how it is done.
fn what_waits(database: &Path, is_kept: bool, command: &FetchCommand) -> Result<String, Failure> {
    let status = Context::reader(database)?.status(None, Timestamp::now())?;
    let articles = counted(status.n_links_due + status.n_links_later, "article");
    let sources = counted(status.n_sources_due, "source");
    let left = format!("{articles} and {sources} wait");
    Ok(match &command.out {
        _ if is_kept => format!("{left}; `newswire fetch --due` goes on"),
        Some(folder) if !command.dry_run => {
            format!("{left}; what came in is in {}, and the same command again goes on", folder.display())
        }
        _ => format!("{left} and are not kept"),
    })
}

/// What came of it.
#[derive(Default)]
struct Fetched {
    tally: Tally,
    /// Numbers of the articles that came in.
    stored: Vec<i64>,
    /// What was named and waits for its host.
    waiting: Vec<(String, Timestamp)>,
    /// Hosts that are to be left in peace, and how much else waits for them.
    hosts: waiting::Hosts,
    /// Lines of lists that name nothing that can be fetched.
    n_bad: u64,
}

/// Takes the documents that are there into the database of a run, so that their articles are known and not fetched again.
/// Returns their addresses.
async fn take_in(app: &App, present: &[PresentDocument]) -> Result<HashSet<String>, Failure> {
    let mut kept = HashSet::new();
    for PresentDocument { name, bytes } in present {
        // One that cannot be read stays all the same.
        let Ok((article, _)) = pipeline::bundle_document(bytes, name) else { continue };
        kept.extend(article.url.as_ref().map(CanonicalUrl::key));
        let arrived_at = article.published.map_or_else(Timestamp::now, |published| published.instant);
        let imported = ImportedArticle { article, source: None, guid: None, arrived_at, is_address_given: true };
        app.store.import(imported).await?;
    }
    Ok(kept)
}

async fn fetch(
    context: &mut Context,
    command: &FetchCommand,
    targets: &Targets,
    kept: &HashSet<String>,
    app: &App,
    interrupt: &Interrupt,
) -> Result<Fetched, Failure> {
    let (_, notice) = source_list::synchronize(app).await?;
    if let Some(notice) = notice {
        say!("newswire: {notice}");
    }
    let mut fetched = Fetched::default();
    let watch = Watch::start(context, command.dry_run);

    if command.due || command.all || command.retry {
        if let Ok(asked) = interrupt.race(daemon::ask_for_due_source_list(app)).await {
            asked?;
        }
        if command.retry {
            let n_links = app.store.retry(None).await?.len();
            say!("newswire: {} due again", counted(n_links, "article"));
        }
        if command.all {
            app.store.make_due(None).await?;
        }
        let seen = watch.fetch(app, Scope::All, interrupt, &mut fetched.tally).await?;
        fetched.stored.extend(seen.stored);
        fetched.hosts.add_sources(seen.postponed.sources);
        // Many of its links have not been claimed: their host's turn has not come.
        let waited_for = Context::reader(&app.config.store.path)?.waited_for_hosts(Timestamp::now())?;
        fetched.hosts.add_waited_for(waited_for, &app.stages.fetcher);
    }
    if !targets.list.is_empty() && !interrupt.is_stopped() {
        // Where that is interrupted, what was not looked at is not in the database and does not wait.
        if let Ok(named) = interrupt.race(Named::resolve(app, targets, kept, &watch.progress)).await {
            let named = named?;
            fetched.n_bad = named.n_bad;
            fetch_named(app, &named, interrupt, &watch, &mut fetched).await?;
        }
    }
    watch.finish(context)?;
    Ok(fetched)
}

async fn fetch_named(
    app: &App,
    named: &Named,
    interrupt: &Interrupt,
    watch: &Watch,
    fetched: &mut Fetched,
) -> Result<(), Failure> {
    if named.sources.is_empty() && named.links.is_empty() {
        return Ok(());
    }
    let scope = Scope::Only { sources: named.sources.clone(), links: named.links.keys().copied().collect() };
    let seen = watch.fetch(app, scope, interrupt, &mut fetched.tally).await?;
    fetched.stored.extend(&seen.stored);
    note_waiting(named, seen.postponed, fetched);
    // An address that holds no article may be a feed, a sitemap or a site: then it is followed to its articles.
    let lists = named.links.values().filter(|url| seen.no_article.contains(&url.to_string()));
    let lists: Vec<&Url> = lists.map(CanonicalUrl::as_url).collect();
    let mut sources = Vec::new();
    for url in lists {
        let Ok(found) = interrupt.race(pipeline::discover(&app.stages, url, Thoroughness::First)).await else {
            return Ok(());
        };
        match list_instead_of(url, found) {
            Ok(list) => {
                watch.progress.tell(&format!("newswire: no article there; reading {list} as a list of articles"));
                sources.push(add_manual_source(app, list).await?);
                fetched.tally.articles_failed -= 1;
            }
            Err(reason) => watch.progress.tell(&format!("newswire: {url}: {reason}")),
        }
    }
    if !sources.is_empty() {
        let scope = Scope::Only { sources, links: Vec::new() };
        let seen = watch.fetch(app, scope, interrupt, &mut fetched.tally).await?;
        fetched.stored.extend(&seen.stored);
        note_waiting(named, seen.postponed, fetched);
    }
    Ok(())
}

/// The list to read in place of a page without an article: the feed that it names or the page itself, by what was found
/// out about it. Where it is none, what it is.
fn list_instead_of(url: &Url, found: Result<Discovered, DiscoverError>) -> Result<Url, String> {
    let found = found.map_err(|error| error.to_string())?;
    if let Some(wall) = found.wall {
        return Err(format!("{wall} stands there, and no list of articles either"));
    }
    let best = found.findings.into_iter().find(|finding| discover::is_sound(finding, Timestamp::now()));
    match best {
        Some(finding) => Ok(finding.url),
        None if found.is_list_itself || found.n_article_links > 0 => Ok(url.clone()),
        None => Err("there is neither an article nor links to articles".to_owned()),
    }
}

/// Notes what waits for its host: one by one what was named, in numbers what its sources list.
fn note_waiting(named: &Named, postponed: Postponed, fetched: &mut Fetched) {
    let keys: HashSet<String> = named.links.values().map(CanonicalUrl::key).collect();
    let is_named = |url: &String| normalize::url::parse(url, None).is_ok_and(|url| keys.contains(&url.key()));
    let (links, listed): (Vec<_>, Vec<_>) = postponed.articles.into_iter().partition(|(url, _)| is_named(url));
    fetched.hosts.add_articles(&listed);
    fetched.waiting.extend(links.into_iter().chain(postponed.sources));
}

/// What the words on the command line name.
struct Named {
    sources: Vec<SourceId>,
    links: HashMap<LinkId, CanonicalUrl>,
    n_bad: u64,
}

impl Named {
    /// Finds out what is meant. A word of the command line that means nothing is wrong usage; a line of a list is told,
    /// and the others go on.
    async fn resolve(
        app: &App,
        targets: &Targets,
        kept: &HashSet<String>,
        progress: &Progress,
    ) -> Result<Named, Failure> {
        let mut named = Named { sources: Vec::new(), links: HashMap::new(), n_bad: 0 };
        let reader = Context::reader(&app.config.store.path)?;
        for target in &targets.list {
            match (named.take(app, targets.meaning(&reader, target), kept).await, &target.place) {
                (Err(Failure::Usage(reason)), Some(place)) => {
                    named.n_bad += 1;
                    progress.tell(&format!("newswire: {place}: {reason}"));
                }
                (outcome, _) => outcome?,
            }
        }
        app.store.make_due(Some(named.sources.clone())).await?;
        Ok(named)
    }

    /// Takes in a word. An article that is kept already is not asked for.
    async fn take(&mut self, app: &App, meant: Result<Meant, Failure>, kept: &HashSet<String>) -> Result<(), Failure> {
        let address = match meant? {
            Meant::Source(row) => {
                self.sources.push(SourceId(row.id));
                return Ok(());
            }
            Meant::Address(address) => address,
        };
        let url = address.settle(&app.stages.fetcher).await;
        if feed::looks_like_list(&url) {
            self.sources.push(add_manual_source(app, url).await?);
            return Ok(());
        }
        let canonical = normalize::url::canonicalize(&url).map_err(|error| Failure::Usage(error.to_string()))?;
        if kept.contains(&canonical.key()) {
            return Ok(());
        }
        let link = ListedLink::asked_for(canonical.clone(), &url);
        self.links.insert(app.store.ask_for(link).await?, canonical);
        Ok(())
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
    postponed: Postponed,
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
    /// With the number of the article.
    lines: Arc<Mutex<Vec<(i64, ListRow)>>>,
    tally: Arc<Mutex<Tally>>,
    in_work: InWork,
    is_dry_run: bool,
}

impl Watch {
    fn start(context: &Context, is_dry_run: bool) -> Self {
        let is_quiet = context.verbosity == crate::cli::terminal::logging::Verbosity::Quiet;
        let (progress, in_work) = (Progress::start("fetching", is_quiet), InWork::default());
        let watched = in_work.clone();
        progress.watch(move || watched.now().waits_for());
        Watch { progress, in_work, lines: Arc::default(), tally: Arc::default(), is_dry_run }
    }

    /// Fetches what is due in scope.
    async fn fetch(
        &self,
        app: &App,
        scope: Scope,
        interrupt: &Interrupt,
        tally: &mut Tally,
    ) -> Result<Seen, EngineError> {
        let (observe, seen) = self.observer();
        let (_, reload) = mpsc::channel(1);
        let engine = Engine::new(app.clone(), scope, Until::Idle, observe).watched_by(self.in_work.clone());
        *tally += engine.run(Control { stop: interrupt.stop(), reload }).await?;
        Ok(seen.take())
    }

    fn observer(&self) -> (Observer, SharedSeen) {
        let (progress, lines, sum) = (self.progress.clone(), self.lines.clone(), self.tally.clone());
        let seen = SharedSeen::default();
        let shared = seen.clone();
        let is_dry_run = self.is_dry_run;
        let observe = move |event: &Event| {
            let mut tally = sum.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(event);
            shared.with(|seen| seen.postponed.note(event));
            progress.set_length(tally.polls + tally.polls_failed + tally.links.max(tally.articles + tally.unchanged));
            progress.set_position(tally.n_done() + tally.n_failed());
            progress.set_message(format!("{}, {} failed", counted(tally.articles, "article"), tally.n_failed()));
            if let Event::Acquired { gate: Some(GateChange::Found { publisher, sign }), .. } = event {
                progress.tell(&format!(
                    "newswire: articles of {publisher} stand behind a gate ({}); they wait until it opens",
                    one_line(sign)
                ));
            }
            if let Event::Acquired { taken_back, merged, .. } = event
                && (!taken_back.is_empty() || !merged.is_empty())
            {
                let stays = |id: &i64| !taken_back.contains(id) && !merged.contains(id);
                shared.with(|seen| seen.stored.retain(stays));
                lines.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| stays(id));
            }
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
                Event::Acquired { url, source, outcome: Acquired::Stored { id, verdict, title, .. }, .. } => {
                    let what = brought::word_for(verdict);
                    if what != "known" {
                        shared.with(|seen| seen.stored.push(*id));
                    }
                    // In a dry run the row is gone when the command ends.
                    let shown_id = (!is_dry_run).then_some(*id);
                    let row = brought::row(shown_id, what, source.as_deref(), title.as_deref(), url);
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push((*id, row));
                }
                _ => {}
            }
        };
        (Box::new(observe), seen)
    }

    fn finish(&self, context: &mut Context) -> Result<(), Failure> {
        self.progress.finish();
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        let rows = lines.into_iter().map(|(_, row)| row).collect();
        context.output.list(&brought::COLUMNS, rows)?;
        Ok(())
    }
}

/// Adds what this run brought to the bundle in a folder.
fn write_out(database: &Path, gathered: &[i64], folder: &Path, present: &[PresentDocument]) -> Result<(), Failure> {
    let reader = Context::reader(database)?;
    let ids: Vec<String> = gathered.iter().map(ToString::to_string).collect();
    let filter = ArticleFilter { condition: Some(format!("id IN ({})", ids.join(","))), ..ArticleFilter::default() };
    let Grown { n_documents, n_new } = bundle_folder::add_documents(&reader, &filter, folder, present)?;
    let new = if present.is_empty() { String::new() } else { format!(", {n_new} new") };
    say!("{} in {}{new}", counted(n_documents, "document"), folder.display());
    Ok(())
}
