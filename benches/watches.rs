//! `cargo bench --bench watches`: what watches cost, and how soon they tell.
//!
//! Texts are invented: 500 words of a vocabulary of 40,000, of which few are frequent and most are rare, as in print. Watches ask for two such
//! words of those that are neither very frequent nor hardly there.
//!
//! * An article: `Reader::judge` over articles that were stored, on one thread, by the clock: reading the changes, their stories, comparing texts
//!   with the watches, and making what is found ready to be told. Not writing it down.
//! * Ingest: `Store::import_all` of the same articles, in turns without watches, with 1,000 that a daemon judges beside it, and with those and a
//!   look for alarms of 1,000 sources every five seconds, which is twelve times as often as the daemon looks; what is found is written down in
//!   the meantime. The median of the rounds, and of the losses in each.
//! * Latency: from the answer that an article is durable to the last byte of its message at a webhook on the loopback device.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newswire::config::{self, Config, Overrides};
use newswire::daemon::AlarmWatch;
use newswire::model::{ImportedArticle, Watch, WatchKind};
use newswire::store::{Reader, Store, WatchBook, add_watches_beside};
use newswire::{pipeline, tell};
use rusqlite::Connection;
use tokio::sync::watch;

const N_WORDS: u64 = 40_000;
const WORDS_OF_TEXT: usize = 500;

/// A thousand sources, that were polled a moment ago.
const SOURCES: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
     INSERT INTO sources (slug, kind, url, state, origin, created_at)
         SELECT 'polled-' || n, 'feed', 'https://' || n || '.example/', 'active', 'file', '' FROM numbers;
     INSERT INTO _source_schedule (source_id, last_ok_at) SELECT id, unixepoch('now') * 1000 FROM sources";

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        cost_of_an_article(if is_quick { 100 } else { 1000 }).await;
        loss_of_ingest(if is_quick { 300 } else { 3000 }, if is_quick { 1 } else { 7 }).await;
        latency(if is_quick { 10 } else { 200 }).await;
    });
}

/// Numbers that look like chance, and are the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A word; the first ones are the most frequent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank is small"
    )]
    fn rank(&mut self) -> u64 {
        let share = (self.next() % 1_000_000) as f64 / 1_000_000.0;
        ((N_WORDS as f64).powf(share)) as u64 - 1
    }
}

/// The word of a rank.
fn word(rank: u64) -> String {
    let mut rest = rank + 7;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(
            ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "za"]
                [usize::try_from(rest % 10).unwrap_or_default()],
        );
        rest /= 10;
    }
    word
}

fn article(number: u64) -> ImportedArticle {
    let mut chance = Chance(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut words = |n: usize| (0..n).map(|_| word(chance.rank())).collect::<Vec<_>>().join(" ");
    let published = Timestamp::now() - SignedDuration::from_mins(10);
    let (title, body) = (words(8), words(WORDS_OF_TEXT));
    let line = serde_json::json!({
        "url": format!("https://paper-{}.example/{number}", number % 40), "title": title, "published": published.to_string(),
        "language": "en", "paragraphs": [body],
    });
    let article = pipeline::json_line(&line.to_string()).expect("an article").article;
    ImportedArticle { article, source: None, guid: None, arrived_at: Timestamp::now(), is_address_given: true }
}

fn watches(from: usize, to: usize, receiver: &str) -> Vec<Watch> {
    let mut chance = Chance(0x2545_f491_4f6c_dd1d ^ from as u64);
    let mut word_of_watch = || word(200 + chance.next() % 20_000);
    (from..to)
        .map(|number| Watch {
            name: format!("watch {number}"),
            query: Some(format!("{} {}", word_of_watch(), word_of_watch())),
            source_id: None,
            language: None,
            kind: WatchKind::StoryNew,
            min_sources: 1,
            receivers: vec![receiver.to_owned()],
        })
        .collect()
}

fn settings(folder: &Path, receiver: &str) -> Arc<Config> {
    let file = folder.join("newswire.toml");
    std::fs::write(&file, format!("[store]\npath = {:?}\n{receiver}", folder.join("a.db").display().to_string()))
        .expect("settings");
    let overrides = Overrides { settings_file: Some((file, "--config")), ..Overrides::default() };
    Arc::new(config::load(&overrides).unwrap_or_else(|problems| panic!("{problems}")))
}

async fn take_in(store: &Store, numbers: std::ops::Range<u64>) {
    let articles: Vec<_> = numbers.map(|number| (article(number), None)).collect();
    for outcome in store.import_all(articles).await.expect("the store is open") {
        outcome.expect("it is stored");
    }
}

async fn cost_of_an_article(n_articles: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "");
    let store = Store::open(&config.store, &config.schedule).expect("a store");
    take_in(&store, 0..n_articles).await;
    println!("watches   read anew   an article   found");
    let mut n_watches = 0;
    for (round, n_wanted) in (1..).zip([10, 1000, 10_000]) {
        add_watches_beside(&config.store, &watches(n_watches, n_wanted, "desk")).expect("watches");
        n_watches = n_wanted;
        let reader = Reader::open(&config.store.path).expect("a reader");
        let before = reader.last_change().expect("a number");
        take_in(&store, round * n_articles..(round + 1) * n_articles).await;
        let mut book = WatchBook::default();
        let begun = Instant::now();
        reader.read_watches(&mut book).expect("watches");
        let reading = begun.elapsed();
        let begun = Instant::now();
        let (mut after, mut n_found) = (before, 0);
        loop {
            let judged = reader.judge(&mut book, after, 200, Some(Timestamp::now())).expect("judged");
            (after, n_found) = (judged.up_to, n_found + judged.findings.len());
            if judged.n_changed < 200 {
                break;
            }
        }
        let an_article = begun.elapsed() / u32::try_from(n_articles).expect("few");
        println!("{n_wanted:>7} {reading:>11.1?} {an_article:>12.1?} {n_found:>7}");
    }
    store.close().await.expect("it closes");
}

/// What goes on beside ingest.
#[derive(Clone, Copy)]
struct Beside {
    what: &'static str,
    n_watches: usize,
    looks_for_alarms: bool,
}

const BESIDE: [Beside; 3] = [
    Beside { what: "nothing", n_watches: 0, looks_for_alarms: false },
    Beside { what: "1,000 watches", n_watches: 1000, looks_for_alarms: false },
    Beside { what: "1,000 watches and all alarms", n_watches: 1000, looks_for_alarms: true },
];

async fn loss_of_ingest(n_articles: u64, n_rounds: usize) {
    let mut times = BESIDE.map(|_| Vec::new());
    for round in 0..n_rounds {
        for turn in 0..BESIDE.len() {
            // Each comes as often before another as behind it.
            let which = (round + turn) % BESIDE.len();
            times[which].push(time_beside(BESIDE[which], n_articles).await);
        }
    }
    println!("\n{n_articles} articles beside");
    let median = |mut figures: Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    for (beside, own) in BESIDE.iter().zip(&times) {
        let losses = own.iter().zip(&times[0]).map(|(own, alone)| 100.0 * (1.0 - alone / own));
        println!("{:>8.2} s {:>5.1} % slower  {}", median(own.clone()), median(losses.collect()), beside.what);
    }
}

async fn time_beside(beside: Beside, n_articles: u64) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "");
    let store = Store::open(&config.store, &config.schedule).expect("a store");
    Connection::open(&config.store.path).and_then(|file| file.execute_batch(SOURCES)).expect("sources");
    add_watches_beside(&config.store, &watches(0, beside.n_watches, "nobody")).expect("watches");
    let (_settings, in_force) = watch::channel(Arc::clone(&config));
    let telling = tell::start(&store, in_force).expect("a thread");
    let looking = beside.looks_for_alarms.then(|| {
        let (store, config) = (store.clone(), Arc::clone(&config));
        tokio::spawn(async move {
            let mut watch = AlarmWatch::default();
            loop {
                watch.look(&store, &config, Timestamp::now()).await.expect("it is looked");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        })
    });
    let begun = Instant::now();
    let mut number = 0;
    while number < n_articles {
        take_in(&store, number..(number + 20).min(n_articles)).await;
        number += 20;
    }
    let time = begun.elapsed();
    if let Some(looking) = looking {
        looking.abort();
        let _ = looking.await;
    }
    telling.stop().await;
    store.close().await.expect("it closes");
    time.as_secs_f64()
}

async fn latency(n_articles: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, taken) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || serve(stream, &sender));
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("credentials")).expect("a folder");
    let key = folder.path().join("credentials/desk");
    std::fs::write(&key, "secret night desk").expect("a key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("it can be kept");
    let receiver = format!(
        "[receivers.desk]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\ncredentials = \"desk\"\n\
         private_networks = [\"127.0.0.1\"]\n"
    );
    let config = settings(folder.path(), &receiver);
    let store = Store::open(&config.store, &config.schedule).expect("a store");
    let everything = Watch { query: None, ..watches(0, 1, "desk").remove(0) };
    add_watches_beside(&config.store, &[everything]).expect("a watch");
    let (_settings, in_force) = watch::channel(Arc::clone(&config));
    let telling = tell::start(&store, in_force).expect("a thread");
    let mut times = Vec::new();
    for number in 0..n_articles {
        let n_before = n_stories(&config.store.path);
        take_in(&store, number..number + 1).await;
        let durable = Instant::now();
        // One that comes into the story of an earlier one is no news.
        if n_stories(&config.store.path) > n_before {
            let wait = || taken.recv_timeout(Duration::from_secs(10)).expect("it is told");
            times.push(tokio::task::block_in_place(wait).duration_since(durable));
        }
        // Not in step with the looks for changes.
        tokio::time::sleep(Duration::from_millis(number * 37 % 200)).await;
    }
    telling.stop().await;
    store.close().await.expect("it closes");
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let n_told = times.len();
    println!("\nfrom durable to told: p50 {:.0?}, p95 {:.0?}, most {:.0?} of {n_told}", at(50), at(95), at(100));
}

/// How many stories there have been.
fn n_stories(path: &Path) -> i64 {
    Reader::open(path).and_then(|reader| reader.last_story()).expect("a store")
}

/// Takes requests on a connection, and tells when each was whole.
fn serve(mut stream: std::net::TcpStream, sender: &mpsc::Sender<Instant>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        sender.send(Instant::now()).ok()?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()?;
    }
}
