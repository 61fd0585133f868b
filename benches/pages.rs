//! What the pages and feeds of `newswire serve` take, alone and beside a full ingest, and what they take away from it.
//!
//! `cargo bench --bench pages` fills a store with 10⁵ invented articles and asks for each kind of page over HTTP, at a listener as
//! `newswire serve` has it. `--quick` fills 2,000. `--kept=FILE` asks about a store that `cargo bench --bench store -- --kept=FILE` has
//! filled, and leaves there what it adds, which is nothing with `--alone`: that asks for pages while nothing else is done, and no more. With
//! `--only=WORDS` for those that are called so. `--cold` also asks after the system has forgotten the file.
//!
//! The archive ends years ago, so a day of now is added first: stories told by several, one of them by very many, revisions, removals, and
//! polls and exchanges of a month. A page is asked for by one connection that stays, each time with other arguments. Its time is that of the
//! asker, and its processor time that of the threads that answer.
//!
//! Beside ingest: articles that were made before the clock runs are imported as fast as they go, in turns without questions and with them.
//! A newsroom's load is twenty pages a second, which are two hundred people who open one every ten seconds, most often articles, the front
//! page and stories, and a hundred polls of feeds, which are thirty thousand subscriptions that are asked every five minutes. Pages and polls come at their times whether those
//! before were answered or not, and the wait counts. All articles are of half of the sources, so that the feeds of the others stay as they are.
//! Processor time an article is that of the threads that ingest, so it does not count what answers take, but what they disturb.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newswire::config::{self, Listen};
use newswire::model::ImportedArticle;
use newswire::serve::{self, Listening};
use newswire::store::Store;
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Runtime;

#[path = "invented/press.rs"]
mod press;

#[path = "invented/archive.rs"]
mod archive;

use archive::{MEDIAN_WORDS, N_SOURCES, import, imported, open, some, words_in_one_of};
use press::Press;

/// Articles that are written in one turn.
const TURN: u64 = 1000;

/// Times that a page is asked for, and for how long at most.
const N_ASKED: usize = 100;
const ASKED_MAX: Duration = Duration::from_secs(5);

/// Threads with these names answer and ask.
const ANSWERING: &str = "answering";
const ASKING: &str = "asking";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let (n_articles, n_rounds) = if has("--quick") { (2_000, 1) } else { (100_000, 8) };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kept = arguments.iter().find_map(|argument| argument.strip_prefix("--kept="));
    let database = kept.map_or_else(|| folder.path().join("store.db"), PathBuf::from);
    let mut archive = Archive::open(&database);
    archive.fill(n_articles);
    let is_alone = has("--alone");
    if kept.is_none() || !is_alone {
        archive.add_a_day();
    }
    println!("{} articles", archive.n_stored);
    let pages = Pages::of(&archive);
    let server = Server::begin(&database);
    let only = arguments.iter().find_map(|argument| argument.strip_prefix("--only=")).unwrap_or_default();
    alone(&server, &pages, only);
    if is_alone {
        return;
    }
    polls(&server, &pages, None);
    beside_ingest(&server, &pages, &mut archive, n_rounds);
    drop(server);
    archive.close();
    if has("--cold") {
        cold(&database, &pages);
    }
}

const N_ARTICLES: &str = "SELECT count(*) FROM articles";

/// A store, and what it is filled from.
struct Archive {
    runtime: Runtime,
    press: Press,
    store: Store,
    reading: Connection,
    database: PathBuf,
    n_stored: u64,
    /// The first number of which there is no article yet.
    next_number: u64,
}

impl Archive {
    fn open(database: &Path) -> Archive {
        let store = open(database);
        let reading = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
        let n_stored = reading.query_row(N_ARTICLES, [], |row| row.get(0)).expect("they are counted");
        let last = "SELECT max(CAST(substr(url, instr(url, 'have/') + 5) AS INTEGER)) FROM articles";
        let last: Option<u64> = reading.query_row(last, [], |row| row.get(0)).expect("a number");
        let next_number = last.map_or(0, |last| last + 1);
        let runtime = Runtime::new().expect("a runtime");
        let press = Press::new(MEDIAN_WORDS);
        Archive { runtime, press, store, reading, database: database.to_owned(), n_stored, next_number }
    }

    fn fill(&mut self, n_articles: u64) {
        while self.n_stored < n_articles {
            let until = (self.n_stored + TURN).min(n_articles);
            let articles = (self.n_stored..until).map(|number| imported(&self.press, number)).collect();
            self.runtime.block_on(import(&self.store, articles));
            self.n_stored = until;
            self.next_number = until;
        }
    }

    /// The next articles, as if they were of the last day.
    fn of_now(&self, n_articles: u64, is_chosen: impl Fn(u64) -> bool) -> Vec<ImportedArticle> {
        let now = Timestamp::now().as_second();
        let numbers = (self.next_number..).filter(|number| is_chosen(*number));
        let of_now = |(at, number): (u64, u64)| {
            let mut article = imported(&self.press, number);
            let second = now - i64::try_from(86_000 * (n_articles - at) / n_articles).unwrap_or(0);
            let instant = Timestamp::from_second(second).expect("a time");
            article.arrived_at = instant;
            if let Some(published) = &mut article.article.published {
                published.instant = instant;
            }
            article
        };
        (0..n_articles).zip(numbers).map(of_now).collect()
    }

    /// Articles of now of half of the sources.
    fn next(&mut self, n_articles: u64) -> Vec<ImportedArticle> {
        let articles = self.of_now(n_articles, is_of_busy_source);
        self.next_number += 2 * n_articles + N_SOURCES;
        articles
    }

    /// What a day brings, with the exchanges of a month.
    fn add_a_day(&mut self) {
        let n_articles = (self.n_stored / 10).min(5_000);
        let first: u64 = 1 + self
            .reading
            .query_row("SELECT max(id) FROM articles", [], |row| row.get::<_, u64>(0))
            .expect("a number");
        let revised = self.of_now(n_articles, |_| true).into_iter().step_by(50).map(reworded).collect();
        self.runtime.block_on(import(&self.store, self.of_now(n_articles, |_| true)));
        self.runtime.block_on(import(&self.store, revised));
        self.next_number += n_articles;
        let writing = Connection::open(&self.database).expect("the database opens");
        writing.busy_timeout(Duration::from_mins(1)).expect("a setting");
        writing.execute_batch(&day_sql(first, n_articles, self.n_stored)).expect("a day is added");
        self.n_stored = self.reading.query_row(N_ARTICLES, [], |row| row.get(0)).expect("they are counted");
    }

    fn close(self) {
        self.runtime.block_on(self.store.close()).expect("the database closes");
    }
}

/// What its publisher made of an article.
fn reworded(mut article: ImportedArticle) -> ImportedArticle {
    article.article.body.push_str(
        "\nThe harbour master has since said that nine ferries were late, and not four as was told at first.",
    );
    article.arrived_at += SignedDuration::from_mins(30);
    article
}

/// Of articles of now: stories told by ten, one by a tenth of all, and some that were removed; a month's exchanges, and gaps.
fn day_sql(first: u64, n_articles: u64, n_stored: u64) -> String {
    let (big, groups) = (first + n_articles / 2, first + n_articles / 10);
    format!(
        "BEGIN IMMEDIATE;
         UPDATE articles SET story_id = (SELECT story_id FROM story_members WHERE article_id = {big})
         WHERE id >= {first} AND id < {groups};
         UPDATE articles SET story_id = (SELECT story_id FROM story_members WHERE article_id = articles.id / 10 * 10)
         WHERE id >= {groups} AND id < {first} + {n_articles} AND id / 10 % 3 = 0
             AND EXISTS (SELECT 1 FROM story_members WHERE article_id = articles.id / 10 * 10);
         UPDATE articles SET removed_at = first_seen_at WHERE id >= {first} AND id % 97 = 0;
         WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {n_stored} / 4)
         INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, status, bytes, error_class, host)
         SELECT 'https://www.paper-' || (number % {N_SOURCES}) || '.example/' || number,
             (SELECT id FROM sources WHERE slug = 'paper-' || (number % {N_SOURCES})),
             iif(number / {N_SOURCES} % 8, 'article', 'poll'),
             strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-' || CAST(2592000.0 * (1 - number / ({n_stored} / 4.0)) AS INTEGER) || ' seconds'),
             200, iif(number % 5, 200, 304), 20000, iif(number % 91, NULL, 'timeout'), 'www.paper-' || (number % {N_SOURCES}) || '.example'
         FROM numbers;
         INSERT INTO gaps (source_id, began_at, ended_at, n_missed, noticed_at)
         SELECT source_id, started_at, started_at, 3, started_at FROM fetches WHERE error_class IS NOT NULL ORDER BY id LIMIT 500;
         COMMIT"
    )
}

/// A kind of page, with addresses of such.
struct Page {
    what: String,
    paths: Vec<String>,
}

/// All kinds of pages, and feeds that are asked for again and again.
struct Pages {
    kinds: Vec<Page>,
    /// The numbers of all kinds, and of those that a newsroom reads, as often as it does.
    all: Vec<usize>,
    read: Vec<usize>,
    feeds: Vec<String>,
    /// A feed to which nothing comes.
    quiet: String,
}

/// What people read: articles, the front page and stories, and what they find; a look at the sources now and then.
const READ: [&str; 20] = [
    "/",
    "/articles/ID",
    "/stories/ID",
    "/articles/ID",
    "/search?q=, one in 100",
    "/",
    "/articles/ID",
    "/stories",
    "/articles/ID",
    "/search",
    "/",
    "/articles/ID",
    "/search?source=",
    "/stories?min_sources=2&since=2d",
    "/articles/ID",
    "/search?q=&since=2d, one in 2",
    "/revised",
    "/articles/ID/diff/1..2",
    "/stories/ID",
    "/sources",
];

/// Articles come from these sources while pages are asked for.
fn is_of_busy_source(number: u64) -> bool {
    number % N_SOURCES < N_SOURCES / 2
}

impl Pages {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn of(archive: &Archive) -> Pages {
        let Archive { reading, press, .. } = archive;
        let rare = |sql: &str| -> Vec<i64> { some(reading, sql) };
        let of = |prefix: &str, ids: Vec<i64>, end: &str| -> Vec<String> {
            ids.into_iter().map(|id| format!("{prefix}{id}{end}")).collect()
        };
        let articles = || rare("SELECT id FROM articles WHERE id % 7 = 3 ORDER BY sha256 LIMIT 100");
        let stories =
            || rare("SELECT id FROM stories WHERE n_articles BETWEEN 2 AND 30 ORDER BY id * 7919 % 1000 LIMIT 100");
        let largest = || rare("SELECT id FROM stories ORDER BY n_articles DESC LIMIT 1");
        let revised = rare("SELECT id FROM articles WHERE revision > 1 LIMIT 100");
        let sources: Vec<String> = some(reading, "SELECT slug FROM sources ORDER BY slug");
        let by_source = |before: &str, behind: &str| -> Vec<String> {
            sources.iter().map(|slug| format!("{before}{slug}{behind}")).collect()
        };
        let common = words_in_one_of(reading, press, 2);
        let rarer = words_in_one_of(reading, press, 100);
        let searches = |words: &[String], behind: &str| -> Vec<String> {
            words.iter().map(|word| format!("/search?q={}{behind}", encoded(word))).collect()
        };
        let texts: Vec<String> = some(reading, "SELECT body FROM articles WHERE id % 100 > 2 ORDER BY sha256 LIMIT 50");
        let unspaced: Vec<String> =
            some(reading, "SELECT body FROM articles WHERE id % 100 = 2 ORDER BY sha256 LIMIT 100");
        let beginnings = |n_words: usize| -> Vec<String> {
            let words =
                texts.iter().map(|text| text.split_whitespace().skip(5).take(n_words).collect::<Vec<_>>().join(" "));
            words.map(|words| words.replace(|c: char| !c.is_alphanumeric() && c != ' ', "")).collect()
        };
        let phrases: Vec<String> = beginnings(3).into_iter().map(|words| format!("\"{words}\"")).collect();
        let stems: Vec<String> =
            beginnings(1).into_iter().map(|word| format!("{}*", word.get(..2).unwrap_or(&word))).collect();
        let characters: Vec<String> = unspaced
            .iter()
            .map(|text| text.chars().skip(7).take(2).collect::<String>())
            .map(|word| word.replace(['、', ' '], ""))
            .filter(|word| !word.is_empty())
            .collect();
        let mut kinds = Vec::new();
        let mut add = |what: &str, paths: Vec<String>| kinds.push(Page { what: what.to_owned(), paths });
        let one = |path: &str| vec![path.to_owned()];
        for path in [
            "/",
            "/index.json",
            "/stories",
            "/stories.json",
            "/stories?min_sources=3",
            "/stories?min_sources=2&since=2d",
            "/stories?until=2021-01-01",
            "/stories?since=2020-10-01&until=2020-11-01",
            "/stories?min_articles=5000",
            "/stories?routine=yes&min_articles=1",
        ] {
            add(path, one(path));
        }
        add("/stories/ID", of("/stories/", stories(), ""));
        add("/stories/ID, the largest", of("/stories/", largest(), ""));
        add("/stories/ID.json, the largest", of("/stories/", largest(), ".json"));
        add("/articles/ID", of("/articles/", articles(), ""));
        add("/articles/ID.json", of("/articles/", articles(), ".json"));
        add("/articles/ID/diff/1..2", of("/articles/", revised, "/diff/1..2"));
        for path in [
            "/search",
            "/search.json",
            "/search?copies=no",
            "/search?since=2d",
            "/search?until=2020-11-01",
            "/search?lang=en",
            "/search?lang=ja",
            "/search?lang=fi",
            "/search?lang=ja&since=2d",
            "/search?lang=en&until=2020-11-01",
        ] {
            add(path, one(path));
        }
        add("/search?source=", by_source("/search?source=", ""));
        add("/search?source=&lang=ja", by_source("/search?source=", "&lang=ja"));
        add("/search?source=&until=", by_source("/search?source=", "&until=2020-11-01"));
        add("/search?story=", of("/search?story=", stories(), ""));
        add("/search?q=, one in 2", searches(&common, ""));
        add(
            "/search.json?q=, one in 2",
            searches(&common, "").iter().map(|path| path.replace("/search?", "/search.json?")).collect(),
        );
        add("/search?q=, one in 100", searches(&rarer, ""));
        add("/search?q=, two words", searches(&beginnings(2), ""));
        add("/search?q=, a phrase", searches(&phrases, ""));
        add("/search?q=, beginning of a word", searches(&stems, ""));
        add("/search?q=&source=, one in 2", searches(&common, "&source=paper-7"));
        add("/search?q=&source=, one in 100", searches(&rarer, "&source=paper-7"));
        add("/search?q=&since=2d, one in 2", searches(&common, "&since=2d"));
        add("/search?q=&until=, one in 100", searches(&rarer, "&until=2020-11-01"));
        add("/search?q=&lang=ja, one in 2", searches(&common, "&lang=ja"));
        add("/search?q=&copies=no, one in 2", searches(&common, "&copies=no"));
        add("/search?q=, zh, ja, th", searches(&characters, ""));
        add("/search?q=&source=, zh, ja, th", searches(&characters, "&source=paper-1"));
        add("/search?q=&lang=ja, zh, ja, th", searches(&characters, "&lang=ja"));
        for path in ["/revised", "/removed", "/sources", "/sources.json"] {
            add(path, one(path));
        }
        add("/sources/SLUG", by_source("/sources/", ""));
        for path in ["/gaps", "/feeds"] {
            add(path, one(path));
        }
        add("/search.atom", one("/search.atom"));
        add("/search.feed.json", one("/search.feed.json"));
        add("/search.atom?reserved=no&body=lead", one("/search.atom?reserved=no&body=lead"));
        add("/search.atom?source=", by_source("/search.atom?source=", ""));
        let feeds_of = |words: &[String]| -> Vec<String> {
            words.iter().map(|word| format!("/search.atom?q={}", encoded(word))).collect()
        };
        add("/search.atom?q=, one in 2", feeds_of(&common));
        add("/search.atom?q=, one in 100", feeds_of(&rarer));
        add("/stories.atom?min_sources=3", one("/stories.atom?min_sources=3"));
        add("/revised.atom", one("/revised.atom"));
        add("/removed.atom", one("/removed.atom"));
        let mut feeds = by_source("/search.atom?source=", "");
        feeds.extend(feeds_of(&common[..5]));
        feeds.extend(feeds_of(&rarer));
        feeds.extend(
            ["/search.atom", "/stories.atom?min_sources=3", "/revised.atom", "/removed.atom"].map(str::to_owned),
        );
        let quiet = format!("/search.atom?source=paper-{}", N_SOURCES - 1);
        let number = |what: &&str| kinds.iter().position(|page| page.what == **what).expect("a kind of page");
        let read = READ.iter().map(number).collect();
        Pages { all: (0..kinds.len()).collect(), read, kinds, feeds, quiet }
    }
}

/// Text behind a question mark.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The listener, on threads of its own.
struct Server {
    runtime: Runtime,
    _listening: Listening,
    address: String,
}

impl Server {
    fn begin(database: &Path) -> Server {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        // The time of a thread that has ended is told no more.
        let runtime = builder.enable_all().thread_name(ANSWERING).thread_keep_alive(Duration::from_hours(10)).build();
        let runtime = runtime.expect("a runtime");
        let guard = runtime.enter();
        let listen = Listen::parse("127.0.0.1:0").expect("a place");
        let mut settings = config::defaults();
        database.clone_into(&mut settings.store.path);
        let listening = serve::start_pages(&listen, &settings).expect("it listens");
        drop(guard);
        let place = listening.places()[0].clone();
        let address = place.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Server { runtime, _listening: listening, address }
    }
}

/// Somebody who asks by a connection that stays.
struct Asker {
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

struct Answer {
    status: u16,
    n_bytes: usize,
    tag: Option<String>,
}

impl Asker {
    fn new(server: &Server) -> Asker {
        Asker { address: server.address.clone(), connection: None }
    }

    /// Asks for a page, or for what is newer than what a tag stands for. A connection that was closed meanwhile is made anew.
    fn ask(&mut self, path: &str, tag: Option<&str>) -> Answer {
        if let Some(mut connection) = self.connection.take()
            && let Ok(answer) = exchange(&mut connection, path, tag)
        {
            self.connection = Some(connection);
            return answer;
        }
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_nodelay(true).expect("a setting");
        let mut connection = BufReader::new(stream);
        let answer = exchange(&mut connection, path, tag).expect("an answer");
        self.connection = Some(connection);
        answer
    }

    /// Asks for a page that there is.
    fn read(&mut self, path: &str) -> Answer {
        let answer = self.ask(path, None);
        assert_eq!(answer.status, 200, "{path}");
        answer
    }
}

fn exchange(connection: &mut BufReader<TcpStream>, path: &str, tag: Option<&str>) -> io::Result<Answer> {
    let condition = tag.map(|tag| format!("If-None-Match: {tag}\r\n")).unwrap_or_default();
    connection.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{condition}\r\n").as_bytes())?;
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let (mut n_bytes, mut tag) = (0, None);
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some(("content-length", value)) if status != 304 => n_bytes = value.parse().unwrap_or(0),
            Some(("etag", value)) => tag = Some(value.to_owned()),
            Some(_) => {}
        }
    }
    io::copy(&mut connection.by_ref().take(n_bytes), &mut io::sink())?;
    Ok(Answer { status, n_bytes: usize::try_from(n_bytes).unwrap_or(0), tag })
}

/// Times in milliseconds.
#[derive(Clone, Debug, Default)]
struct Times {
    all: Vec<f64>,
}

impl Times {
    fn add(&mut self, time: Duration) {
        self.all.push(time.as_secs_f64() * 1000.0);
    }

    fn at(&self, hundredths: usize) -> f64 {
        quantile(self.all.clone(), hundredths)
    }

    fn told(&self) -> String {
        format!("{:>9.2} {:>9.2} {:>9.2}", self.at(50), self.at(95), self.at(100))
    }
}

fn quantile(mut all: Vec<f64>, hundredths: usize) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get((all.len().max(1) - 1) * hundredths / 100).copied().unwrap_or(f64::NAN)
}

fn median(all: Vec<f64>) -> f64 {
    quantile(all, 50)
}

/// Each kind of page with nobody else about.
fn alone(server: &Server, pages: &Pages, only: &str) {
    println!("\n== pages alone\n{:>9} {:>9} {:>9} {:>9} {:>9}  (ms, KB)", "median", "p95", "max", "CPU", "size");
    let mut asker = Asker::new(server);
    for page in pages.kinds.iter().filter(|page| page.what.contains(only)) {
        let mut times = Times::default();
        let mut n_bytes = 0;
        asker.read(&page.paths[0]);
        let (began, processor_s) = (Instant::now(), processor_s(|name| name == ANSWERING));
        for path in page.paths.iter().cycle().take(N_ASKED) {
            let sent_at = Instant::now();
            n_bytes = n_bytes.max(asker.read(path).n_bytes);
            times.add(sent_at.elapsed());
            if began.elapsed() > ASKED_MAX {
                break;
            }
        }
        let processor_s = self::processor_s(|name| name == ANSWERING) - processor_s;
        let n_asked = as_f64(times.all.len() as u64);
        println!(
            "{} {:>9.2} {:>9.0}  {}",
            times.told(),
            1000.0 * processor_s / n_asked,
            as_f64(n_bytes as u64) / 1000.0,
            page.what
        );
    }
}

/// How many polls of unchanged feeds are answered in a second, by eight who ask at once: of one feed, and of many.
fn polls(server: &Server, pages: &Pages, while_ingesting: Option<&AtomicBool>) {
    let quiet: Vec<String> =
        (N_SOURCES / 2..N_SOURCES).map(|source| format!("/search.atom?source=paper-{source}")).collect();
    for (what, feeds) in [("one feed", std::slice::from_ref(&pages.quiet)), ("twenty feeds", &quiet)] {
        let stop = AtomicBool::new(false);
        let (n_unchanged, n_new) = (AtomicU64::new(0), AtomicU64::new(0));
        let began = Instant::now();
        thread::scope(|scope| {
            for turn in 0..8 {
                let (stop, n_unchanged, n_new) = (&stop, &n_unchanged, &n_new);
                let poll = move || {
                    let mut asker = Asker::new(server);
                    let mut tags: HashMap<&str, String> = HashMap::new();
                    for feed in feeds.iter().cycle().skip(turn) {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let answer = asker.ask(feed, tags.get(feed.as_str()).map(String::as_str));
                        if answer.status == 304 { n_unchanged } else { n_new }.fetch_add(1, Ordering::Relaxed);
                        tags.extend(answer.tag.map(|tag| (feed.as_str(), tag)));
                    }
                };
                thread::Builder::new().name(ASKING.to_owned()).spawn_scoped(scope, poll).expect("a thread");
            }
            while began.elapsed() < Duration::from_secs(3)
                && while_ingesting.is_none_or(|flag| flag.load(Ordering::Relaxed))
            {
                thread::sleep(Duration::from_millis(20));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let n_in_a_second = |n: &AtomicU64| as_f64(n.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64();
        println!(
            "polls of {what}: {:.0}/s unchanged, {:.0}/s answered in full",
            n_in_a_second(&n_unchanged),
            n_in_a_second(&n_new)
        );
    }
}

/// What is asked in a second while articles come in.
struct Load {
    what: &'static str,
    n_pages: u32,
    n_polls: u32,
    /// Whether all polls are of one feed.
    is_of_one: bool,
}

const LOADS: [Load; 5] = [
    Load { what: "nobody", n_pages: 0, n_polls: 0, is_of_one: false },
    Load { what: "a newsroom: 20 pages/s, 100 polls/s", n_pages: 20, n_polls: 100, is_of_one: false },
    Load { what: "20 pages/s, of each kind as many", n_pages: 20, n_polls: 0, is_of_one: false },
    Load { what: "1000 polls/s of one unchanged feed", n_pages: 0, n_polls: 1000, is_of_one: true },
    Load { what: "1000 polls/s of all feeds", n_pages: 0, n_polls: 1000, is_of_one: false },
];

/// The loads whose pages are told of: what a newsroom reads, and each kind as often as another.
const NEWSROOM: usize = 1;
const ALL_KINDS: usize = 2;

/// What was ingested under a load.
#[derive(Default)]
struct Cost {
    n_articles: u64,
    elapsed: Duration,
    processor_s: f64,
    answering_s: f64,
}

/// What those who ask have seen under a load.
#[derive(Default)]
struct Seen {
    pages: BTreeMap<usize, Times>,
    polls: Times,
    n_unchanged: u64,
    /// Pages that would have taken too long.
    n_given_up: u64,
}

/// What each kind of page takes while articles come in, and how much fewer come in.
fn beside_ingest(server: &Server, pages: &Pages, archive: &mut Archive, n_rounds: usize) {
    let mut costs: [Vec<Cost>; LOADS.len()] = Default::default();
    let mut seen: [Seen; LOADS.len()] = Default::default();
    let tags = Mutex::new(HashMap::new());
    let n_turns = AtomicU64::new(0);
    for round in 0..n_rounds {
        for turn in 0..LOADS.len() {
            // Each load comes as often before another as behind it.
            let which = (round + turn) % LOADS.len();
            let load = &LOADS[which];
            let feeds = if load.is_of_one { std::slice::from_ref(&pages.quiet) } else { &pages.feeds[..] };
            let articles = archive.next(TURN);
            let stop = AtomicBool::new(false);
            let together = Mutex::new(std::mem::take(&mut seen[which]));
            thread::scope(|scope| {
                for pace in paces(load) {
                    let (stop, tags, together, n_turns) = (&stop, &tags, &together, &n_turns);
                    let ask = move || {
                        let read = if which == NEWSROOM { &pages.read[..] } else { &pages.all[..] };
                        let own = ask_at_pace(server, pages, (read, feeds), &pace, stop, (tags, n_turns));
                        together.lock().expect("nobody has failed").join(own);
                    };
                    thread::Builder::new().name(ASKING.to_owned()).spawn_scoped(scope, ask).expect("a thread");
                }
                let mut cost = Cost::default();
                cost.add(articles.len() as u64, || archive.runtime.block_on(import(&archive.store, articles)));
                costs[which].push(cost);
                stop.store(true, Ordering::Relaxed);
            });
            seen[which] = together.into_inner().expect("nobody has failed");
        }
    }
    println!(
        "\n== ingest: medians of the rounds, speed and processor time against the turn without questions of the same round"
    );
    println!("{:>10} {:>10} {:>10} {:>10} {:>12}", "articles/s", "CPU µs", "speed (%)", "CPU (%)", "answers CPU");
    for (load, rounds) in LOADS.iter().zip(&costs) {
        let of_rounds = |figure: fn(&Cost) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
        let of_pairs = |figure: fn(&Cost) -> f64| {
            let pairs = rounds.iter().zip(&costs[0]);
            pairs.map(|(cost, alone)| 100.0 * figure(cost) / figure(alone)).collect::<Vec<f64>>()
        };
        println!(
            "{:>10.0} {:>10.0} {:>10.1} {:>10.1} {:>12.2}  beside {}",
            median(of_rounds(Cost::n_in_a_second)),
            1e6 * median(of_rounds(Cost::processor_s_each)),
            median(of_pairs(Cost::n_in_a_second)),
            median(of_pairs(Cost::processor_s_each)),
            median(of_rounds(|cost| cost.answering_s / cost.elapsed.as_secs_f64())),
            load.what
        );
    }
    println!("\n== beside ingest\n{:>9} {:>9} {:>9}  (ms)", "median", "p95", "max");
    for (load, seen) in LOADS.iter().zip(&seen) {
        if !seen.polls.all.is_empty() {
            let share = 100.0 * as_f64(seen.n_unchanged) / as_f64(seen.polls.all.len() as u64);
            println!("{}  a poll among {}, {share:.0} % unchanged", seen.polls.told(), load.what);
        }
    }
    let all_of = |which: usize| {
        let all = seen[which].pages.values().flat_map(|times| times.all.iter().copied()).collect();
        (Times { all }.told(), seen[which].n_given_up)
    };
    for (page, times) in &seen[ALL_KINDS].pages {
        println!("{}  {} ({})", times.told(), pages.kinds[*page].what, times.all.len());
    }
    for which in [ALL_KINDS, NEWSROOM] {
        let (told, n_given_up) = all_of(which);
        println!("{told}  all pages of {}; {n_given_up} of them given up", LOADS[which].what);
    }
    most_polls(server, pages, archive);
}

/// How many polls of an unchanged feed are answered while articles come in as fast as they then do.
fn most_polls(server: &Server, pages: &Pages, archive: &mut Archive) {
    let is_ingesting = AtomicBool::new(true);
    let articles = archive.next(4 * TURN);
    println!("\n== as many polls as are answered beside ingest");
    thread::scope(|scope| {
        let asking = scope.spawn(|| polls(server, pages, Some(&is_ingesting)));
        let mut cost = Cost::default();
        cost.add(articles.len() as u64, || archive.runtime.block_on(import(&archive.store, articles)));
        is_ingesting.store(false, Ordering::Relaxed);
        asking.join().expect("it asks");
        println!("and {:.0} articles/s", cost.n_in_a_second());
    });
}

impl Cost {
    fn n_in_a_second(&self) -> f64 {
        as_f64(self.n_articles) / self.elapsed.as_secs_f64()
    }

    fn processor_s_each(&self) -> f64 {
        self.processor_s / as_f64(self.n_articles)
    }

    fn add(&mut self, n_articles: u64, act: impl FnOnce()) {
        let of_ingest = |name: &str| name != ANSWERING && name != ASKING;
        let of_answers = |name: &str| name == ANSWERING;
        let before = (Instant::now(), processor_s(of_ingest), processor_s(of_answers));
        act();
        self.n_articles += n_articles;
        self.elapsed += before.0.elapsed();
        self.processor_s += processor_s(of_ingest) - before.1;
        self.answering_s += processor_s(of_answers) - before.2;
    }
}

impl Seen {
    fn join(&mut self, other: Seen) {
        for (page, times) in other.pages {
            self.pages.entry(page).or_default().all.extend(times.all);
        }
        self.polls.all.extend(other.polls.all);
        self.n_unchanged += other.n_unchanged;
        self.n_given_up += other.n_given_up;
    }
}

/// How often one of those asks who make up a load.
struct Pace {
    every: Duration,
    /// When it begins, so that not all ask at once.
    from: Duration,
    is_poll: bool,
}

/// Four who read pages, and eight who poll.
fn paces(load: &Load) -> Vec<Pace> {
    let mut paces = Vec::new();
    for (n_askers, n_in_a_second, is_poll) in [(4, load.n_pages, false), (8, load.n_polls, true)] {
        if n_in_a_second > 0 {
            let every = Duration::from_secs(1) * n_askers / n_in_a_second;
            paces.extend((0..n_askers).map(|asker| Pace { every, from: every * asker / n_askers, is_poll }));
        }
    }
    paces
}

fn ask_at_pace(
    server: &Server,
    pages: &Pages,
    (read, feeds): (&[usize], &[String]),
    pace: &Pace,
    stop: &AtomicBool,
    (tags, n_turns): (&Mutex<HashMap<String, String>>, &AtomicU64),
) -> Seen {
    let mut asker = Asker::new(server);
    let mut seen = Seen::default();
    let mut due = Instant::now() + pace.from;
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let turn = usize::try_from(n_turns.fetch_add(1, Ordering::Relaxed)).unwrap_or(0);
        if pace.is_poll {
            let feed = &feeds[turn % feeds.len()];
            let tag = tags.lock().expect("nobody has failed").get(feed).cloned();
            let answer = asker.ask(feed, tag.as_deref());
            seen.polls.add(due.elapsed());
            seen.n_unchanged += u64::from(answer.status == 304);
            if let Some(tag) = answer.tag {
                tags.lock().expect("nobody has failed").insert(feed.clone(), tag);
            }
        } else {
            let kind = read[turn % read.len()];
            let paths = &pages.kinds[kind].paths;
            let answer = asker.ask(&paths[turn / read.len() % paths.len()], None);
            seen.n_given_up += u64::from(answer.status == 503);
            seen.pages.entry(kind).or_default().add(due.elapsed());
        }
        due += pace.every;
    }
    seen
}

/// Each kind of page when the system has forgotten what is in the file.
fn cold(database: &Path, pages: &Pages) {
    println!("\n== pages of a file that was not read before\n{:>9} {:>9} {:>9}  (ms)", "median", "p95", "max");
    let mut all = Times::default();
    for page in &pages.kinds {
        let mut times = Times::default();
        for path in page.paths.iter().take(3) {
            forget(database);
            let server = Server::begin(database);
            let mut asker = Asker::new(&server);
            let sent_at = Instant::now();
            asker.read(path);
            times.add(sent_at.elapsed());
            server.runtime.shutdown_background();
        }
        println!("{}  {}", times.told(), page.what);
        all.all.extend(&times.all);
    }
    println!("{}  all pages", all.told());
}

/// Has the system drop what it keeps of a database.
fn forget(database: &Path) {
    for end in ["", "-wal"] {
        let path = format!("{}{end}", database.display());
        let file = fs::File::open(path).expect("a file");
        file.sync_all().expect("it is on the disk");
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("it is forgotten");
    }
}

/// Seconds of processor time so far of those threads that are chosen by name.
fn processor_s(is_chosen: impl Fn(&str) -> bool) -> f64 {
    let threads = fs::read_dir("/proc/self/task").expect("Linux tells");
    let nanoseconds = threads.filter_map(|thread| {
        let path = thread.ok()?.path();
        let name = fs::read_to_string(path.join("comm")).ok()?;
        let times = fs::read_to_string(path.join("schedstat")).ok()?;
        is_chosen(name.trim_end()).then(|| times.split(' ').next()?.parse::<f64>().ok())?
    });
    nanoseconds.sum::<f64>() / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
