//! A daemon that goes on and on: its memory over many polls, and clocks that jump under it.

use std::path::Path;
use std::time::Duration;

use newswire::demo::web::{NewsWeb, Site};

use crate::harness::{Daemon, Newsroom, feed, wait_until, web_of};

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many polls the memory is looked at over, unless `POLLS` says otherwise.
const N_POLLS: usize = 2_000;

/// Sources, each of which is polled every other second, and how many polls each has where there are more of them.
const N_SOURCES: usize = 200;
const N_POLLS_PER_SOURCE: usize = 500;
const N_HOSTS: usize = 40;

/// What the memory may grow by from the first fifth of the polls to the last, in KiB: what an allocator takes and gives.
const GROWTH_KIB_MAX: i64 = 16 * 1024;

#[test]
fn a_daemon_that_polls_on_and_on_takes_no_more_memory() {
    let n_polls = std::env::var("POLLS").ok().and_then(|number| number.parse().ok()).unwrap_or(N_POLLS);
    let n_sources = N_SOURCES.max(n_polls / N_POLLS_PER_SOURCE);
    let hosts: Vec<String> = (0..N_HOSTS).map(|number| format!("paper-{number}.example")).collect();
    let path = |source: usize| format!("/feed-{source}.xml");
    let mut sites: Vec<Site> = hosts.iter().map(|host| Site::new(host)).collect();
    for source in 0..n_sources {
        sites[source % N_HOSTS].insert(&path(source), feed(&[]));
    }
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("fetch.host_delay_ms", "0"), ("fetch.host_connections", "8"), ("http.listen", "\"127.0.0.1:0\"")]);
    for source in 0..n_sources {
        let url = format!("http://{}{}", hosts[source % N_HOSTS], path(source));
        room.follow(&format!("paper-{source}"), &url, Some("feed"));
    }
    let daemon = room.start();
    let mut sizes_kib = Vec::new();
    for fifth in 1..=5 {
        let n_asked = n_polls * fifth / 5;
        let time_max = PATIENCE + Duration::from_millis(20) * u32::try_from(n_polls / 5).expect("a number of polls");
        assert!(wait_until(time_max, || web.n_requests() >= n_asked), "{} polls: {}", web.n_requests(), daemon.log());
        sizes_kib.push(resident_kib(daemon.id()));
    }
    daemon.stop().exits(0);
    room.assert_sound();
    let sizes_kib: Option<Vec<i64>> = sizes_kib.into_iter().collect();
    let Some(sizes_kib) = sizes_kib else {
        eprintln!("skipped: this system does not tell the memory of a process");
        return;
    };
    eprintln!("{n_polls} polls, resident after each fifth of them in KiB: {sizes_kib:?}");
    assert!(sizes_kib[4] - sizes_kib[0] < GROWTH_KIB_MAX, "{sizes_kib:?}");
}

/// Memory of a process that is in use, where the system tells it.
fn resident_kib(process: u32) -> Option<i64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Where Debian's `faketime` puts the library that a program takes its time from.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

const HOST: &str = "paper.example";
const DAY_S: i64 = 86_400;

/// Jumps of a clock, in seconds from the right time.
const JUMPS_S: [i64; 5] = [365 * DAY_S, 365 * DAY_S - 3600, 0, -3600, 2 * DAY_S];

#[test]
fn a_clock_that_jumps_costs_no_source_its_turn() {
    if !Path::new(FAKETIME).exists() {
        eprintln!("skipped: faketime is not installed");
        return;
    }
    let web = web_of(vec![Site::new(HOST).with("/feed", feed(&[]))]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("daemon.idle_max_s", "1")]);
    room.follow("paper", &format!("http://{HOST}/feed"), Some("feed"));
    let offset = room.file("offset", "+0\n");
    let mut command = room.command(&["run"]);
    command
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME_TIMESTAMP_FILE", &offset)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
    let daemon = Daemon::start(command);
    let n_polls = |web: &NewsWeb| web.stats(HOST).count("/feed");
    room.wait_for(PATIENCE, "SELECT last_polled_at IS NOT NULL AND claim_id IS NULL FROM _source_schedule", "1");
    for jump_s in JUMPS_S {
        let n_before = n_polls(&web);
        // By rename, so that nobody reads half of it.
        let next = room.file("offset.next", format!("{jump_s:+}\n"));
        std::fs::rename(next, &offset).expect("the clock can be set");
        assert!(wait_until(PATIENCE, || n_polls(&web) > n_before), "{jump_s}: {}", daemon.log());
        // Once, and then at its next turn.
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(n_polls(&web), n_before + 1, "{jump_s}: {}", daemon.log());
    }
    daemon.stop().exits(0);
    room.assert_sound();
}
