//! What it costs to have many sources waiting.
//!
//! `cargo bench --bench schedule` fills a database with 100, 10,000 and 100,000 sources and measures, on the real store:
//! a round of claims when nothing is due, rounds that hand out what is due when one in a hundred is, the commit of a poll,
//! and the memory of the process and the time of its processor while all of them wait. What waits should cost nothing:
//! the lines of the three sizes should be alike.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newswire::app::App;
use newswire::config::{self, Config};
use newswire::daemon::{Control, Engine, Until};
use newswire::model::{DueSource, PollHints, PollOutcome, PollResult};
use newswire::store::{ClaimRequest, Scope, Share, Store};
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, watch};

const SIZES: [u32; 3] = [100, 10_000, 100_000];

/// Rounds of claims of which the median is taken.
const N_ROUNDS: u32 = 2000;

/// Of few sources more than one in a hundred is due: else nothing would be shared by a transaction.
const LEAST_DUE: u32 = 64;

/// Polls in work at one time, as in the settings.
const N_AT_ONCE: usize = 16;

/// How long the waiting loop is watched.
const REST: Duration = Duration::from_secs(12);

fn main() {
    // The memory of one size must not hide that of the next: each has a process of its own.
    match std::env::args().skip(1).find_map(|argument| argument.parse::<u32>().ok()) {
        Some(n_sources) => measure(n_sources),
        None => {
            println!("sources   nothing due   1 % due: claim   commit of a poll   at rest: memory   processor");
            let program = std::env::current_exe().expect("this program has a path");
            for n_sources in SIZES {
                let status = std::process::Command::new(&program).arg(n_sources.to_string()).status();
                assert!(status.is_ok_and(|status| status.success()), "the measurement of {n_sources} sources failed");
            }
        }
    }
}

fn measure(n_sources: u32) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let mut config = config::defaults();
    config.store.path = folder.path().join("news.db");
    let config = Arc::new(config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the runtime starts");
    runtime.block_on(async {
        let store = Store::open(&config.store, &config.schedule).expect("the database opens");
        store.close().await.expect("the database closes");
        fill(&config.store.path, n_sources);

        let store = Store::open(&config.store, &config.schedule).expect("the database opens");
        let idle = idle_rounds(&store).await;
        let n_due = n_sources.div_ceil(100).max(LEAST_DUE);
        make_due(&config.store.path, n_due);
        let (claims, commits) = work_off(&store, n_due).await;
        store.close().await.expect("the database closes");

        let (memory_kib, processor) = rest(&config).await;
        println!(
            "{n_sources:>7} {:>10.1} µs {:>13.1} µs {:>15.1} µs {:>13.1} MiB {:>9.2} %",
            micros(idle),
            micros(claims),
            micros(commits),
            memory_kib / 1024.0,
            100.0 * processor
        );
    });
}

/// Sources as they are after some days: due within the next hours, each with what is remembered of it.
fn fill(database: &Path, n_sources: u32) {
    let mut connection = Connection::open(database).expect("the database opens");
    let transaction = connection.transaction().expect("a transaction begins");
    let now_ms = Timestamp::now().as_millisecond();
    {
        let mut source = transaction
            .prepare("INSERT INTO sources (id, slug, kind, url, state, origin, created_at) VALUES (?1, ?2, 'feed', ?3, 'active', 'file', ?4)")
            .expect("a statement");
        let mut schedule = transaction
            .prepare(
                "INSERT INTO _source_schedule (source_id, next_due_at, interval_s, etag, last_modified, body_sha256, last_polled_at,
                     last_ok_at, rhythm) VALUES (?1, ?2, 3600, ?3, 'Thu, 15 Jan 2026 10:00:00 GMT', zeroblob(32), ?4, ?4, ?5)",
            )
            .expect("a statement");
        for id in 1..=n_sources {
            let url = format!("https://paper-{}.example/feeds/{id}.xml", id % 20_000);
            source.execute(params![id, format!("source-{id}"), url, "2026-01-15T10:00:00Z"]).expect("a source");
            let due_at = now_ms + 3_600_000 + i64::from(id.wrapping_mul(2_654_435_761) % 18_000_000);
            let mut rhythm = vec![0_u8; 160];
            rhythm[0] = 1;
            schedule.execute(params![id, due_at, format!("\"{id}\""), now_ms, rhythm]).expect("a schedule");
        }
    }
    transaction.commit().expect("the sources are written");
}

fn make_due(database: &Path, n_due: u32) {
    let connection = Connection::open(database).expect("the database opens");
    connection.busy_timeout(Duration::from_secs(5)).expect("a timeout can be set");
    let n_changed = connection
        .execute(
            "UPDATE _source_schedule SET next_due_at = 1 WHERE source_id IN
                 (SELECT source_id FROM _source_schedule ORDER BY random() LIMIT ?1)",
            [n_due],
        )
        .expect("sources become due");
    assert_eq!(n_changed, usize::try_from(n_due).expect("a number"));
}

fn request(n_sources: usize) -> ClaimRequest {
    ClaimRequest {
        sources: Share::of_each(n_sources),
        links: Share::of_each(N_AT_ONCE),
        n_links_per_publisher: 1,
        n_links_of: Vec::new(),
        lease: Duration::from_mins(10),
        scope: Scope::All,
        not_polled_since: None,
        now: Timestamp::now(),
    }
}

async fn idle_rounds(store: &Store) -> Duration {
    // What the first round brings into memory is not what a round costs.
    store.claim(request(N_AT_ONCE)).await.expect("a round of claims");
    let mut times = Vec::new();
    for _ in 0..N_ROUNDS {
        let began = Instant::now();
        let claimed = store.claim(request(N_AT_ONCE)).await.expect("a round of claims");
        times.push(began.elapsed());
        assert!(claimed.sources.is_empty() && claimed.next_source_due_at.is_some());
    }
    median(times)
}

/// Claims all that is due, and commits it as unchanged. Returns the time of each, for one source.
async fn work_off(store: &Store, n_due: u32) -> (Duration, Duration) {
    let (mut claims, mut commits, mut n_done) = (Vec::new(), Vec::new(), 0);
    while n_done < n_due {
        let began = Instant::now();
        let claimed = store.claim(request(N_AT_ONCE)).await.expect("a round of claims");
        let n_claimed = u32::try_from(claimed.sources.len()).expect("a number");
        assert!(n_claimed > 0, "{n_done} of {n_due} were handed out");
        claims.push(began.elapsed() / n_claimed);
        n_done += n_claimed;
        let began = Instant::now();
        let mut committing = tokio::task::JoinSet::new();
        for source in claimed.sources {
            let store = store.clone();
            committing.spawn(async move { store.commit_poll(unchanged(source), || ()).await });
        }
        for committed in committing.join_all().await {
            let due_at = committed.expect("a commit").next_due_at.expect("a next time");
            assert!(due_at > Timestamp::now() + SignedDuration::from_mins(1));
        }
        commits.push(began.elapsed() / n_claimed);
    }
    (median(claims), median(commits))
}

/// What a busy neighbour does to some rounds does not count.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn unchanged(source: DueSource) -> PollOutcome {
    let result = PollResult::Unchanged { validators: None, hints: PollHints::default(), moved_to: None };
    PollOutcome { source, exchanges: Vec::new(), finished_at: Timestamp::now(), result, healing: None }
}

/// The daemon's loop with nothing to do: resident memory, and the share of one processor that it takes.
async fn rest(config: &Arc<Config>) -> (f64, f64) {
    let app = App::build(config.clone()).expect("the database opens");
    let (stop, stopped) = watch::channel(false);
    let (_reload, reloads) = mpsc::channel(1);
    let engine = Engine::new(app.clone(), Scope::All, Until::Stopped, Box::new(|_| ()));
    let running = tokio::spawn(engine.run(Control { stop: stopped, reload: reloads }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, before) = (Instant::now(), processor_time());
    tokio::time::sleep(REST).await;
    let processor = processor_time().saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
    let memory_kib = memory_kib();
    stop.send(true).expect("the loop listens");
    running.await.expect("the loop ends").expect("the loop ends well");
    app.store.close().await.expect("the database closes");
    (memory_kib, processor)
}

/// Resident memory without pages of files, where the system tells it.
fn memory_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(f64::NAN)
}

/// Time of the processor that this process has taken, where the system tells it in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
