//! How fast articles and feeds come in, and where the time goes.
//!
//! `cargo bench --bench pipeline` serves a generated news web from a process of its own and ingests it with the real
//! loop into a real file, politeness at its minimum. Where `taskset` is to be had, the two processes get a processor
//! each, so that the figures are those of one core; then the same is done on all processors, of which the server shares
//! one. Each stage is then run alone over the same pages. What no program of this kind can do without, to fetch and unpack, to
//! build a tree, to insert a row with a full-text index, is the floor that the whole is compared with, in the same run and
//! on the same machine.
//!
//! `--pages=FOLDER` serves the pages of a folder (`*.html`, `*.html.gz`) in place of generated ones.
//! `--peer=PYTHON` does the same work with `benches/peers/script.py`, by an interpreter that has what it imports.
//! `--quick` ingests a tenth, to see that it works; `--only=articles`, `--only=feeds` and `--only=stages` measure a part.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use newswire::app::App;
use newswire::charset;
use newswire::config::{self, Config};
use newswire::daemon::{Tally, run_until_idle};
use newswire::demo::content;
use newswire::demo::web::{NewsWeb, Resource, Site};
use newswire::extract::Extractor;
use newswire::feed;
use newswire::fetch::{FetchRequest, Fetcher};
use newswire::model::{Article, Fetched, FetchedDocument, ImportedArticle, LinkHints, Purpose, Source, Validators};
use newswire::normalize::{self, Surroundings};
use newswire::store::{Scope, Store};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use url::Url;

const N_SITES: usize = 10;
const N_ARTICLES_PER_SITE: usize = 200;
const N_FEED_SOURCES: usize = 2000;

/// Pages that each stage is run alone over.
const N_STAGE_PAGES: usize = 400;

/// What is asked for.
struct Extent {
    /// Articles and feeds are fewer by this factor.
    scale: usize,
    /// Pages that are served in place of generated ones.
    pages: Vec<PathBuf>,
}

impl Extent {
    fn of(arguments: &[String]) -> Extent {
        let scale = if arguments.iter().any(|argument| argument == "--quick") { 10 } else { 1 };
        let folder = arguments.iter().find_map(|argument| argument.strip_prefix("--pages="));
        let mut pages: Vec<PathBuf> = folder
            .into_iter()
            .flat_map(|folder| std::fs::read_dir(folder).expect("the folder of pages can be read"))
            .map(|entry| entry.expect("the folder of pages can be read").path())
            .filter(|path| [".html", ".html.gz"].iter().any(|end| path.to_string_lossy().ends_with(end)))
            .collect();
        pages.sort();
        Extent { scale, pages }
    }

    fn n_articles_per_site(&self) -> usize {
        if self.pages.is_empty() { N_ARTICLES_PER_SITE / self.scale } else { self.pages.len() / N_SITES / self.scale }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let extent = Extent::of(&arguments);
    match arguments.iter().find(|argument| ["serve", "measure"].contains(&argument.as_str())).map(String::as_str) {
        Some("serve") => serve(&extent),
        Some("measure") => measure(&resolve_from_stdin(), &extent),
        _ => direct(&arguments),
    }
}

/// Starts the server and, one after the other, what is measured, each on a processor of its own if that can be had.
fn direct(arguments: &[String]) {
    let mut server = spawn(&std::env::current_exe().expect("this program has a path"), "1", "serve", arguments);
    let mut resolve = String::new();
    let mut lines = BufReader::new(server.stdout.take().expect("the server's output is piped"));
    lines.read_line(&mut resolve).expect("the server tells its address");
    let only = arguments.iter().find_map(|argument| argument.strip_prefix("--only="));
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    run_measured("0", arguments, &resolve);
    if n_processors > 1 && only.is_none_or(|only| only == "articles") {
        println!("the same on {n_processors} processors, of which the server takes its part");
        let all: Vec<String> = arguments.iter().cloned().chain(["--only=articles".to_owned()]).collect();
        run_measured(&format!("0-{}", n_processors - 1), &all, &resolve);
    }
    if let Some(python) = arguments.iter().find_map(|argument| argument.strip_prefix("--peer=")) {
        run_script(python, &resolve, &Extent::of(arguments));
    }
    drop(server.stdin.take());
    let _ = server.kill();
    let _ = server.wait();
}

fn run_measured(processors: &str, arguments: &[String], resolve: &str) {
    let program = std::env::current_exe().expect("this program has a path");
    let mut measured = spawn(&program, processors, "measure", arguments);
    let mut input = measured.stdin.take().expect("the measured process's input is piped");
    writeln!(input, "{}", resolve.trim()).expect("the measured process listens");
    drop(input);
    for line in BufReader::new(measured.stdout.take().expect("its output is piped")).lines() {
        println!("{}", line.expect("its output is text"));
    }
    let status = measured.wait().expect("the measured process ends");
    assert!(status.success(), "the measured process failed: {status}");
}

/// What a script does with the same feeds and pages.
fn run_script(python: &str, resolve: &str, extent: &Extent) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/script.py");
    let mut process = spawn(Path::new(python), "0", script, &[]);
    let mut input = process.stdin.take().expect("the script's input is piped");
    let hosts: Vec<&str> = hosts_of(resolve.split_whitespace());
    let feeds: Vec<String> =
        feed_sources(&hosts, extent.n_articles_per_site()).iter().map(|source| source.url.to_string()).collect();
    writeln!(input, "{}\n{}", resolve.trim(), feeds.join(" ")).expect("the script listens");
    drop(input);
    let mut line = String::new();
    let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
    output.read_line(&mut line).expect("its output is text");
    let status = process.wait().expect("the script ends");
    assert!(status.success(), "the script failed: {status}");
    let figures: Vec<f64> = line.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [n_articles, elapsed_s, processor_s] = figures[..] else { panic!("not the script's figures: {line}") };
    println!("the script ({python})");
    println!(
        "  {:>8.0} articles/s, {:.2} ms of processor time each; {n_articles} articles",
        n_articles / elapsed_s,
        1000.0 * processor_s / n_articles
    );
}

fn hosts_of<'a>(resolve: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    resolve.filter_map(|entry| entry.split_once('=')).map(|(host, _)| host).collect()
}

fn spawn(program: &Path, processors: &str, role: &str, arguments: &[String]) -> Child {
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok();
    let mut command = if n_processors > 1 && has_taskset {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", processors]).arg(program);
        command
    } else {
        eprintln!("note: the server shares its processor with what is measured");
        Command::new(program)
    };
    command.arg(role).args(arguments);
    // As the units have it.
    command.env("MALLOC_ARENA_MAX", "2");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the process starts")
}

fn serve(extent: &Extent) {
    let mut sites = match extent.pages.as_slice() {
        [] => content::bulk(N_SITES, extent.n_articles_per_site()),
        pages => sites_of(pages, extent.n_articles_per_site()),
    };
    for position in 0..N_FEED_SOURCES / extent.scale {
        let site = &mut sites[position % N_SITES];
        let feed = feed_of(site.host(), position);
        site.insert(&feed_path(position), Resource::packed("application/rss+xml; charset=utf-8", feed.as_bytes()));
    }
    let web = NewsWeb::start(sites).expect("the news web starts");
    println!("{}", web.resolve_entries().join(" "));
    // Until whoever started us goes away.
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// Sites that have these pages, so many each, and list them with their headlines in feeds of twenty-five.
fn sites_of(pages: &[PathBuf], n_per_site: usize) -> Vec<Site> {
    let site_of = |(number, pages): (usize, &[PathBuf])| {
        let host = format!("paper-{number}.example");
        let mut site = Site::new(&host);
        let mut headlines = Vec::with_capacity(pages.len());
        for (number, page) in pages.iter().enumerate() {
            let mut html = std::fs::read(page).expect("a page can be read");
            if page.extension().is_some_and(|extension| extension == "gz") {
                let packed = std::mem::take(&mut html);
                GzDecoder::new(packed.as_slice()).read_to_end(&mut html).expect("a packed page can be unpacked");
            }
            headlines.push(headline_of(&String::from_utf8_lossy(&html)));
            // Without a charset: the page names its own.
            site.insert(&format!("/page/{number}"), Resource::packed("text/html", &html));
        }
        for first in (0..pages.len()).step_by(25) {
            let items = (first..(first + 25).min(pages.len())).fold(String::new(), |mut items, number| {
                let headline = &headlines[number];
                let _ = write!(items, "<item><title>{headline}</title><link>http://{host}/page/{number}</link></item>");
                items
            });
            let feed = format!("<rss version=\"2.0\"><channel><title>{host}</title>{items}</channel></rss>");
            site.insert(
                &format!("/feeds/{}.xml", first / 25 + 1),
                Resource::packed("application/rss+xml; charset=utf-8", feed.as_bytes()),
            );
        }
        site
    };
    pages.chunks_exact(n_per_site).take(N_SITES).enumerate().map(site_of).collect()
}

/// The headline of a page, as a feed has it.
fn headline_of(html: &str) -> String {
    let shared = html.split_once("\"og:title\"").and_then(|(_, rest)| rest.split_once("content=\"")?.1.split_once('"'));
    let title = || html.split_once("<title").and_then(|(_, rest)| rest.split_once('>')?.1.split_once("</title"));
    let headline = feed::text_of_html(shared.or_else(title).map_or("", |(headline, _)| headline));
    headline.replace('&', "&amp;").replace('<', "&lt;")
}

fn resolve_from_stdin() -> Vec<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("the addresses come in");
    line.split_whitespace().map(str::to_owned).collect()
}

fn measure(resolve: &[String], extent: &Extent) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the runtime starts");
    let hosts = hosts_of(resolve.iter().map(String::as_str));

    let only = std::env::args().rev().find_map(|argument| argument.strip_prefix("--only=").map(str::to_owned));
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut articles_s = f64::NAN;
    if is_wanted("articles") {
        articles_s = measure_articles(&runtime, resolve, folder.path(), &hosts, extent);
    }
    if is_wanted("feeds") {
        measure_feeds(&runtime, resolve, folder.path(), &hosts, extent.scale);
    }
    if is_wanted("stages") {
        stages(&runtime, resolve, folder.path(), &hosts, articles_s, extent);
    }
}

fn measure_articles(runtime: &Runtime, resolve: &[String], folder: &Path, hosts: &[&str], extent: &Extent) -> f64 {
    let pages = if extent.pages.is_empty() { "pages of 70 KB with 700 elements" } else { "pages of a folder" };
    println!("articles ({N_SITES} sites, {pages}, brotli)");
    let sources = feed_sources(hosts, extent.n_articles_per_site());
    let config = Arc::new(settings(resolve, folder, "articles.db", sources));
    let began_ms = processor_ms();
    let (tally, elapsed) = runtime.block_on(ingest(&config, false));
    let articles_s = rate(tally.articles, elapsed);
    println!(
        "  whole pipeline   {articles_s:>8.0} articles/s   {} articles, {} copies, {} failed; {:.2} ms of processor time each",
        tally.articles,
        tally.duplicates,
        tally.n_failed(),
        (processor_ms() - began_ms) / as_f64(tally.articles)
    );
    println!("  peak memory      {:>8} MiB", peak_memory_mib());
    articles_s
}

fn measure_feeds(runtime: &Runtime, resolve: &[String], folder: &Path, hosts: &[&str], scale: usize) {
    println!("feeds ({N_FEED_SOURCES} different ones, 25 entries each, brotli)");
    let sources = (0..N_FEED_SOURCES / scale)
        .map(|position| source(position, &format!("http://{}{}", hosts[position % hosts.len()], feed_path(position))))
        .collect();
    let mut feeds_only = settings(resolve, folder, "feeds.db", sources);
    // Links stay where they are: this is about polling.
    feeds_only.daemon.article_tasks = 0;
    let feeds_only = Arc::new(feeds_only);
    let (tally, elapsed) = runtime.block_on(ingest(&feeds_only, false));
    println!(
        "  first poll       {:>8.0} feeds/s      {} polls, {} links",
        rate(tally.polls, elapsed),
        tally.polls,
        tally.links
    );
    forget_answers(&feeds_only.store.path);
    let (tally, elapsed) = runtime.block_on(ingest(&feeds_only, true));
    println!(
        "  nothing new      {:>8.0} feeds/s      {} polls, {} links",
        rate(tally.polls, elapsed),
        tally.polls,
        tally.links
    );
    let (tally, elapsed) = runtime.block_on(ingest(&feeds_only, true));
    println!(
        "  not modified     {:>8.0} feeds/s      {} polls, {} unchanged",
        rate(tally.polls, elapsed),
        tally.polls,
        tally.polls_unchanged
    );
    println!("  peak memory      {:>8} MiB", peak_memory_mib());
}

/// Settings with politeness at its minimum: the hosts are our own.
fn settings(resolve: &[String], folder: &Path, database: &str, sources: Vec<Source>) -> Config {
    let mut config = config::defaults();
    config.store.path = folder.join(database);
    config.fetch.host_delay = Duration::ZERO;
    config.fetch.host_connections = 8;
    config.fetch.resolve = resolve
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .map(|(host, address)| (host.to_owned(), address.parse().expect("an address")))
        .collect();
    config.sources = sources;
    config
}

fn feed_sources(hosts: &[&str], n_articles: usize) -> Vec<Source> {
    hosts
        .iter()
        .flat_map(|host| (1..=n_articles.div_ceil(25)).map(move |number| format!("http://{host}/feeds/{number}.xml")))
        .enumerate()
        .map(|(position, url)| source(position, &url))
        .collect()
}

/// Makes the next poll read every feed in full, as if each had changed in a place that does not matter.
fn forget_answers(database: &Path) {
    let connection = rusqlite::Connection::open(database).expect("the database opens");
    connection
        .execute_batch("UPDATE _source_schedule SET etag = NULL, last_modified = NULL, body_sha256 = NULL")
        .expect("the answers are forgotten");
}

/// Where a site keeps a feed that is of this source alone. Its entries are pages that nobody fetches.
fn feed_path(position: usize) -> String {
    format!("/sources/{position}/feed.xml")
}

/// An RSS feed of 25 entries with summaries of some 600 characters: about 25 KB, no two of them with an entry in common.
fn feed_of(host: &str, position: usize) -> String {
    const WORDS: [&str; 24] = [
        "harbour", "council", "vote", "night", "train", "storm", "price", "of", "the", "a", "in", "on", "after",
        "school", "bridge", "river", "said", "would", "new", "old", "market", "strike", "and", "report",
    ];
    let mut word_number = position;
    let mut words = |count: usize| {
        let mut text = String::new();
        for _ in 0..count {
            word_number = word_number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let _ = write!(text, "{} ", WORDS[(word_number >> 33) % WORDS.len()]);
        }
        text
    };
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel><title>Source {position}</title><link>http://{host}/</link><description>News</description>\n"
    );
    for entry in 0..25 {
        let _ = writeln!(
            feed,
            "<item><title>{}</title><link>http://{host}/sources/{position}/2026/01/15/story-{entry}</link>\
             <dc:creator>Ana Ruiz</dc:creator><pubDate>Thu, 15 Jan 2026 {:02}:04:05 +0000</pubDate>\
             <guid isPermaLink=\"false\">source-{position}-{entry}</guid><category>City</category>\
             <description><![CDATA[<p>{}</p>]]></description></item>",
            words(9),
            entry % 24,
            words(105)
        );
    }
    feed.push_str("</channel></rss>\n");
    feed
}

fn source(position: usize, url: &str) -> Source {
    let url = Url::parse(url).expect("an address");
    Source::new(format!("bulk-{position}"), url)
}

async fn ingest(config: &Arc<Config>, is_repeat: bool) -> (Tally, Duration) {
    let app = App::build(config.clone()).expect("the database opens");
    app.store.synchronize_sources(config.sources.clone()).await.expect("the sources are stored");
    if is_repeat {
        app.store.make_due(None).await.expect("the sources are due");
    }
    let (_stop, stopped) = watch::channel(false);
    let began = Instant::now();
    let tally = run_until_idle(&app, Scope::All, stopped, Box::new(|_| ())).await.expect("the loop runs");
    let elapsed = began.elapsed();
    app.store.close().await.expect("the database closes");
    (tally, elapsed)
}

/// Each stage alone, over the same pages, on one thread.
fn stages(runtime: &Runtime, resolve: &[String], folder: &Path, hosts: &[&str], articles_s: f64, extent: &Extent) {
    let config = settings(resolve, folder, "stages.db", Vec::new());
    let fetcher = Fetcher::new(&config.fetch).expect("the client is set up");
    let feeds = fetch_all(runtime, &fetcher, &feed_sources(hosts, extent.n_articles_per_site()), Purpose::Poll).0;
    let (listings, feed_ms) = timed(&feeds, |feed| feed::read(feed, &config.feed).expect("a feed"));
    let pages: Vec<Source> = listings
        .iter()
        .flat_map(|listing| &listing.links)
        .filter_map(|link| link.url.as_ref())
        .take(N_STAGE_PAGES)
        .enumerate()
        .map(|(position, url)| source(position, url.as_str()))
        .collect();
    let (documents, fetch_ms) = fetch_all(runtime, &fetcher, &pages, Purpose::Article);
    let (_, tree_ms) = timed(&documents, |document| {
        let text = charset::decode(&document.body, document.content_type.as_deref());
        scraper::Html::parse_document(&text).tree.values().count()
    });
    let extractor = Extractor::new(&config.extract);
    let hints = LinkHints::default();
    let (extracted, extract_ms) = timed(&documents, |document| extractor.extract(document, &hints));
    let pairs: Vec<_> = documents
        .iter()
        .zip(&extracted)
        .filter_map(|(document, extracted)| Some((document, extracted.as_ref().ok()?)))
        .collect();
    let (articles, normalize_ms) = timed(&pairs, |(document, extracted)| {
        let surroundings = Surroundings { answered: Some(&document.final_url), hints: &hints, first_seen_at: None };
        normalize::normalize(extracted, surroundings).expect("an address")
    });
    let insert_ms = insert_alone(folder, &articles);
    let n_articles = articles.len();
    let store = Store::open(&config.store, &config.schedule).expect("the database opens");
    let began = Instant::now();
    runtime.block_on(async {
        let mut waiting = tokio::task::JoinSet::new();
        for article in articles {
            if waiting.len() >= 32 {
                waiting.join_next().await;
            }
            let store = store.clone();
            let imported = ImportedArticle {
                article,
                source: None,
                guid: None,
                arrived_at: jiff::Timestamp::now(),
                is_address_given: true,
            };
            waiting.spawn(async move { store.import(imported).await });
        }
        waiting.join_all().await
    });
    let store_ms = per_item(began.elapsed(), n_articles);
    runtime.block_on(store.close()).expect("the database closes");

    println!("one article, stage by stage (ms)");
    for (name, ms) in [
        ("fetch, decompress", fetch_ms),
        ("tree alone", tree_ms),
        ("extract with tree", extract_ms),
        ("normalize", normalize_ms),
        ("store", store_ms),
        ("insert with FTS alone", insert_ms),
    ] {
        println!("  {name:<22} {ms:>7.3}");
    }
    let floor_ms = fetch_ms + tree_ms + insert_ms;
    println!(
        "  floor (fetch, tree, insert) {floor_ms:.3} ms = {:.0} articles/s; the pipeline reaches {:.0} % of it",
        1000.0 / floor_ms,
        articles_s * floor_ms / 10.0
    );
    println!("one feed: read {feed_ms:.3} ms");
}

/// The rows alone, with a full-text index, a hundred in a transaction.
fn insert_alone(folder: &Path, articles: &[Article]) -> f64 {
    let mut database = rusqlite::Connection::open(folder.join("rows.db")).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
             CREATE VIRTUAL TABLE articles_fts USING fts5 (title, body, content = 'articles', content_rowid = 'id')",
        )
        .expect("its tables");
    let began = Instant::now();
    for batch in articles.chunks(100) {
        let transaction = database.transaction().expect("a transaction");
        for article in batch {
            transaction
                .prepare_cached("INSERT INTO articles (title, body) VALUES (?1, ?2)")
                .and_then(|mut insert| insert.execute((&article.title, &article.body)))
                .expect("a row");
            transaction
                .prepare_cached("INSERT INTO articles_fts (rowid, title, body) VALUES (last_insert_rowid(), ?1, ?2)")
                .and_then(|mut insert| insert.execute((&article.title, &article.body)))
                .expect("its words");
        }
        transaction.commit().expect("a commit");
    }
    per_item(began.elapsed(), articles.len())
}

fn fetch_all(
    runtime: &Runtime,
    fetcher: &Fetcher,
    sources: &[Source],
    purpose: Purpose,
) -> (Vec<FetchedDocument>, f64) {
    let began = Instant::now();
    let documents: Vec<FetchedDocument> = runtime.block_on(async {
        let mut documents = Vec::new();
        for source in sources {
            let request = FetchRequest { url: &source.url, purpose, validators: &Validators::default() };
            match fetcher.fetch(request).await.result {
                Ok(Fetched::Document(document)) => documents.push(*document),
                other => panic!("{}: {other:?}", source.url),
            }
        }
        documents
    });
    (documents, per_item(began.elapsed(), sources.len()))
}

fn timed<I, O>(items: &[I], work: impl Fn(&I) -> O) -> (Vec<O>, f64) {
    let began = Instant::now();
    let results: Vec<O> = items.iter().map(work).collect();
    (results, per_item(began.elapsed(), items.len()))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn per_item(elapsed: Duration, n_items: usize) -> f64 {
    elapsed.as_secs_f64() * 1000.0 / n_items.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// Processor time of this process so far, all threads, in milliseconds; 0 where the system does not tell it.
fn processor_ms() -> f64 {
    let fields = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name of the program, which may hold blanks. Hundredths of a second, as everywhere on Linux.
    let behind_name = fields.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    10.0 * ticks.sum::<f64>()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Largest resident size of this process so far, where the system tells it.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
