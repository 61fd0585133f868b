//! What volumes cost and save: bytes an article left in the database, and how soon a search over them is answered.
//!
//! `cargo bench --bench volumes` fills a store with 20,000 invented articles of about 2.8 KB of text, spread over a year and the month after
//! it, asks, closes the twelve months one after the other, and asks the same again. `--articles=N` says how many, `--volumes=N` over how many
//! months; `--quick` takes 1,500 over four. `--folder=DIR` says where the files go.
//!
//! `left hot` is what the database takes an article when all months are closed, after its free pages are given back; `in volumes` what the
//! files take. Questions are asked some dozen times each on files that were read before: medians. A reader that is opened for each question
//! opens the volumes anew. Ingest: a thousand articles more, before and after.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use newswire::config;
use newswire::config::StoreSettings;
use newswire::model::ImportedArticle;
use newswire::store::{
    ArticleFilter, Closing, ClosingStage, Month, Reader, close_month_beside, give_back_space, rebuild,
};
use rusqlite::{Connection, params};
use tokio::runtime::Runtime;

#[path = "invented/press.rs"]
mod press;

#[path = "invented/archive.rs"]
mod archive;

use archive::{MEDIAN_WORDS, import, imported, open, some, words_in_one_of};
use press::Press;

/// Times that a question is asked, and for how long at most.
const N_ASKED: usize = 40;
const ASKED_MAX: Duration = Duration::from_secs(5);

/// Articles that are taken in to see how fast that goes.
const N_MORE: u64 = 1000;

/// Articles that are moved in one transaction: before the first the file is read, which is none.
const MOVED_AT_ONCE: u64 = 100;

/// Articles that are written in one turn.
const TURN: u64 = 1000;

/// The year whose months are closed.
const YEAR: i32 = 2020;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let value = arguments.iter().find_map(|argument| argument.strip_prefix(name));
        value.map(|value| value.parse::<u64>().expect("a number"))
    };
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let n_articles = number("--articles=").unwrap_or(if is_quick { 1_500 } else { 20_000 });
    let n_volumes = number("--volumes=").unwrap_or(if is_quick { 4 } else { 12 });
    let folder = match arguments.iter().find_map(|argument| argument.strip_prefix("--folder=")) {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a temporary folder");
    let database = folder.path().join("hot.db");
    let press = Press::new(MEDIAN_WORDS);
    let runtime = Runtime::new().expect("a runtime");
    let months: Vec<Month> = (0..n_volumes).map(month).collect();

    let fill = |from: u64, until: u64| {
        let store = open(&database);
        let mut elapsed = Duration::ZERO;
        for first in (from..until).step_by(usize::try_from(TURN).expect("it fits")) {
            let articles: Vec<ImportedArticle> =
                (first..(first + TURN).min(until)).map(|number| imported(&press, number)).collect();
            let begun = Instant::now();
            runtime.block_on(import(&store, articles));
            elapsed += begun.elapsed();
        }
        runtime.block_on(store.close()).expect("the database closes");
        as_f64(until - from) / elapsed.as_secs_f64()
    };
    let rate = fill(0, n_articles);
    println!("{n_articles} articles in {n_volumes} months and one that is open: {rate:.0} articles/s");
    spread(&database, n_articles, n_volumes);
    let rate_before = fill(n_articles, n_articles + N_MORE);
    let n_stored = n_articles + N_MORE;

    let settings = StoreSettings { path: database.clone(), ..config::defaults().store };
    rebuild(&settings).expect("the file is built anew");
    let bytes_before = bytes_of(&database);
    let connection = Connection::open(&database).expect("it opens");
    let words = [2, 100, 1000].map(|one_in| (one_in, words_in_one_of(&connection, &press, one_in)));
    let titles: Vec<i64> = some(&connection, "SELECT id FROM articles ORDER BY id LIMIT 1000");
    println!("\n== before");
    questions(&database, &words, &titles);

    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    for month in &months {
        let mut last = Instant::now();
        let closed = close_month_beside(&settings, *month, jiff::Timestamp::now(), |stage| {
            // Between two of these is one transaction, for which a daemon waits.
            if matches!(stage, ClosingStage::Moving(n, _) if n > MOVED_AT_ONCE) {
                longest = longest.max(last.elapsed());
            }
            last = Instant::now();
            true
        });
        assert!(matches!(closed, Ok(Closing::Closed { .. })), "{closed:?}");
    }
    let elapsed = begun.elapsed().as_secs_f64();
    give_back_space(&settings).expect("the file gets shorter");
    let bytes_after = bytes_of(&database);
    rebuild(&settings).expect("the file is built anew");
    let bytes_rebuilt = bytes_of(&database);
    let volumes = fs::read_dir(folder.path().join("hot.db.volumes")).expect("a folder");
    let volume_bytes: u64 = volumes.map(|file| file.and_then(|file| file.metadata()).expect("a file").len()).sum();
    let n_closed: u64 = connection
        .query_row("SELECT count(*) FROM articles WHERE volume IS NOT NULL", [], |row| row.get(0))
        .expect("a number");
    let open_bytes = bytes_before / n_stored * (n_stored - n_closed);
    println!("\n== closed");
    println!(
        "{n_closed} articles moved, {:.0} articles/s, longest transaction {:.0} ms",
        as_f64(n_closed) / elapsed,
        millis(longest)
    );
    println!("an article before      {:>8} bytes", bytes_before / n_stored);
    let left = |bytes: u64| bytes.saturating_sub(open_bytes) / n_closed.max(1);
    println!("an article left hot    {:>8} bytes, {} once the file is rebuilt", left(bytes_after), left(bytes_rebuilt));
    println!("an article in volumes  {:>8} bytes", volume_bytes / n_closed.max(1));
    println!("\n== after");
    questions(&database, &words, &titles);
    let rate_after = fill(n_stored, n_stored + N_MORE);
    println!("\ningest: {rate_before:.0} articles/s before, {rate_after:.0} after");
}

fn month(number: u64) -> Month {
    let (years, months) = (number / 12, number % 12 + 1);
    let year = YEAR + i32::try_from(years).expect("it fits");
    format!("{year}-{months:02}").parse().expect("a month")
}

/// Has the articles come in over the months, in their order, and a part of them in the month that is open.
fn spread(database: &Path, n_articles: u64, n_volumes: u64) {
    let connection = Connection::open(database).expect("it opens");
    let each = n_articles / (n_volumes + 1);
    for number in 0..n_volumes {
        let first_seen_at = format!("{}-15T00:00:00Z", month(number));
        connection
            .execute(
                "UPDATE articles SET first_seen_at = ?1 WHERE id > ?2 AND id <= ?3",
                params![first_seen_at, number * each, (number + 1) * each],
            )
            .expect("they are changed");
    }
    connection
        .execute(
            "UPDATE articles SET first_seen_at = ?1 WHERE id > ?2",
            params![format!("{}-15T00:00:00Z", month(n_volumes)), n_volumes * each],
        )
        .expect("they are changed");
}

fn questions(database: &Path, words: &[(u64, Vec<String>); 3], ids: &[i64]) {
    let reader = Reader::open(database).expect("it opens");
    let all = ArticleFilter::default();
    for (one_in, found) in words {
        ask(&format!("search: a word that one article in {one_in} has"), |turn| {
            drop(reader.search(&format!("\"{}\"", found[turn % found.len()]), &all, 20).expect("an answer"));
        });
    }
    ask("search: two words that one article in 100 has", |turn| {
        let found = &words[1].1;
        let expression = format!("\"{}\" \"{}\"", found[turn % found.len()], found[(turn + 1) % found.len()]);
        drop(reader.search(&expression, &all, 20).expect("an answer"));
    });
    ask("search: a word that nobody has", |turn| {
        drop(reader.search(&format!("\"zz{turn}qq\""), &all, 20).expect("an answer"));
    });
    ask("search: the same, the reader opened for it", |turn| {
        let reader = Reader::open(database).expect("it opens");
        drop(reader.search(&format!("\"zz{turn}qq\""), &all, 20).expect("an answer"));
    });
    ask("show", |turn| drop(reader.article(ids[turn * 7 % ids.len()]).expect("an answer")));
    ask("the look whether there are volumes", |_| drop(reader.volume_rows().expect("an answer")));
    ask("opening a reader", |_| drop(Reader::open(database).expect("it opens")));
}

/// Asks a question some dozen times, and prints how long it took.
fn ask(name: &str, mut question: impl FnMut(usize)) {
    question(0);
    let begun = Instant::now();
    let mut times = Vec::new();
    for turn in 0..N_ASKED {
        let asked = Instant::now();
        question(turn);
        times.push(asked.elapsed());
        if begun.elapsed() > ASKED_MAX {
            break;
        }
    }
    times.sort_unstable();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{name:<50} {:>9.3} ms, slowest {:>9.3}", millis(median), millis(slowest));
}

fn bytes_of(database: &Path) -> u64 {
    fs::metadata(database).expect("a file").len()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2⁵²")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
