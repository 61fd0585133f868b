//! How long it takes to tell a copy from news and to find an article's story, and what the index for it costs, as the
//! store grows.
//!
//! `cargo bench --bench duplicates` fills a store with 10⁴, then 10⁵ invented articles by the way that imports take, and
//! at each size judges two thousand more that it does not keep. `--million` goes on to 10⁶, which takes its time and some
//! six gigabytes; `--quick` stops at 2000. `--folder=DIR` says where the file goes.
//!
//! The articles are those of `invented/press.rs`; every seventh is a copy of an earlier one, cut, edited and extended.
//! Figures are those of one core: all of the store's work is done in one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use newswire::config;
use newswire::model::ImportedArticle;
use newswire::store::{Store, StoreError};
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

#[path = "invented/press.rs"]
mod press;

use press::{COPY_ONE_IN, Press, choice};

/// Articles that are judged at each size.
const N_PROBES: u64 = 2000;

/// Articles on their way to the store at a time.
const IN_FLIGHT_MAX: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let sizes: &[u64] = match () {
        () if has("--quick") => &[500, 2_000],
        () if has("--million") => &[10_000, 100_000, 1_000_000],
        () => &[10_000, 100_000],
    };
    let folder = arguments.iter().find_map(|argument| argument.strip_prefix("--folder="));
    let folder = match folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a temporary folder");
    let runtime = Runtime::new().expect("a runtime");
    let press = Press::new(300.0);
    println!(
        "{:>9} {:>10} {:>11} {:>10} {:>10} {:>14} {:>9} {:>9}",
        "articles", "fill (1/s)", "median (ms)", "p99 (ms)", "max (ms)", "index (B/art.)", "found (%)", "wrong (%)"
    );
    let mut n_stored = 0;
    for &size in sizes {
        let fill = runtime.block_on(fill(folder.path(), &press, n_stored..size));
        let probes = runtime.block_on(probe(folder.path(), &press, size));
        println!(
            "{size:>9} {:>10.0} {:>11.3} {:>10.3} {:>10.3} {:>14.0} {:>9.1} {:>9.1}",
            as_f64(size - n_stored) / fill.as_secs_f64(),
            probes.at(0.5),
            probes.at(0.99),
            probes.at(1.0),
            as_f64(index_bytes(folder.path())) / as_f64(size),
            100.0 * as_f64(probes.n_found) / as_f64(probes.n_copies.max(1)),
            100.0 * as_f64(probes.n_wrong) / as_f64(N_PROBES - probes.n_copies),
        );
        n_stored = size;
        let (first_ms, n_stories) = runtime.block_on(restart(folder.path(), &press, size));
        println!(
            "{:>9} after a restart: first judgement {:.0} ms, first article with its story {first_ms:.0} ms; {n_stories} stories",
            "", probes.first_ms
        );
    }
}

fn open(folder: &Path) -> Store {
    let mut settings = config::defaults();
    settings.store.path = folder.join("duplicates.db");
    Store::open(&settings.store, &settings.schedule).expect("the database opens")
}

async fn fill(folder: &Path, press: &Press, numbers: std::ops::Range<u64>) -> Duration {
    let store = open(folder);
    let mut waiting: JoinSet<Result<_, StoreError>> = JoinSet::new();
    let began = Instant::now();
    for number in numbers {
        if waiting.len() >= IN_FLIGHT_MAX {
            waiting.join_next().await.expect("one is waiting").expect("the task runs").expect("it is stored");
        }
        let imported = ImportedArticle {
            article: press.article(number),
            source: Some(format!("paper-{}", number % 40)),
            guid: Some(number.to_string()),
            arrived_at: jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap_or(0))
                .expect("a time"),
            is_address_given: true,
        };
        let store = store.clone();
        waiting.spawn(async move { store.import(imported).await });
    }
    while let Some(joined) = waiting.join_next().await {
        joined.expect("the task runs").expect("it is stored");
    }
    store.close().await.expect("the database closes");
    began.elapsed()
}

/// Milliseconds until the first article is stored after the database was opened anew, its story found, and how many
/// stories there are then.
async fn restart(folder: &Path, press: &Press, n_stored: u64) -> (f64, i64) {
    let store = open(folder);
    let imported = ImportedArticle {
        article: press.original(n_stored + (1 << 41)),
        source: None,
        guid: Some(format!("restart-{n_stored}")),
        arrived_at: jiff::Timestamp::from_second(1_700_000_000).expect("a time"),
        is_address_given: true,
    };
    let began = Instant::now();
    store.import(imported).await.expect("it is stored");
    let elapsed = began.elapsed().as_secs_f64() * 1000.0;
    store.close().await.expect("the database closes");
    let connection = Connection::open(folder.join("duplicates.db")).expect("the database opens");
    let n_stories =
        connection.query_row("SELECT count(*) FROM stories", [], |row| row.get(0)).expect("the stories are counted");
    (elapsed, n_stories)
}

struct Probes {
    /// Milliseconds, ascending.
    times: Vec<f64>,
    first_ms: f64,
    n_copies: u64,
    n_found: u64,
    n_wrong: u64,
}

impl Probes {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a length is an index"
    )]
    fn at(&self, share: f64) -> f64 {
        self.times[((self.times.len() - 1) as f64 * share) as usize]
    }
}

/// Judges articles that are new to the store; it was closed and opened again before.
async fn probe(folder: &Path, press: &Press, n_stored: u64) -> Probes {
    let store = open(folder);
    let mut probes = Probes { times: Vec::new(), first_ms: 0.0, n_copies: 0, n_found: 0, n_wrong: 0 };
    for number in 0..=N_PROBES {
        // Numbers that no article of the fill has; what they copy is among those.
        let is_copy = number % COPY_ONE_IN == 0;
        let of = choice(number, n_stored);
        let article = if is_copy { press.copy(of, number + (1 << 40)) } else { press.original(number + (1 << 40)) };
        let began = Instant::now();
        let found = store.original_of(article).await.expect("the database is read");
        let elapsed = began.elapsed().as_secs_f64() * 1000.0;
        if number == 0 {
            probes.first_ms = elapsed;
            continue;
        }
        probes.times.push(elapsed);
        probes.n_copies += u64::from(is_copy);
        probes.n_found += u64::from(is_copy && found.is_some());
        probes.n_wrong += u64::from(!is_copy && found.is_some());
    }
    probes.times.sort_by(f64::total_cmp);
    store.close().await.expect("the database closes");
    probes
}

/// What the index takes in the file, half-empty pages included.
fn index_bytes(folder: &Path) -> u64 {
    let connection =
        Connection::open_with_flags(folder.join("duplicates.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    ["_shingle_buckets", "_shingle_parts", "_shingle_log", "_copies"]
        .iter()
        .map(|table| {
            let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?1";
            connection.query_row(sql, [table], |row| row.get::<_, u64>(0)).expect("the pages are counted")
        })
        .sum()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
