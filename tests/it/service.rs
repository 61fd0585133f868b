//! What an administrator and a service manager see of the daemon.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use newswire::demo::web::{NewsWeb, Resource, Site};
use rusqlite::Connection;

use crate::harness::{Daemon, Newsroom, feed, wait_until, web_of};
use crate::newsweb::faults;
use crate::stores;

const PATIENCE: Duration = Duration::from_secs(30);

/// The other end of `sd_notify(3)`: what a service manager hears of the daemon.
pub(crate) struct ServiceManager {
    socket: PathBuf,
    heard: Arc<Mutex<Vec<String>>>,
}

impl ServiceManager {
    /// How long it waits for a sign of life.
    const PATIENCE: Duration = Duration::from_millis(900);

    /// One that listens for a room.
    pub(crate) fn of(room: &Newsroom) -> ServiceManager {
        let socket = room.path("notify");
        let receiver = UnixDatagram::bind(&socket).expect("a socket");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&heard);
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = receiver.recv(&mut buffer) {
                let lines = String::from_utf8_lossy(&buffer[..count]).into_owned();
                let mut heard = shared.lock().unwrap_or_else(PoisonError::into_inner);
                heard.extend(lines.lines().map(str::to_owned));
            }
        });
        ServiceManager { socket, heard }
    }

    /// Starts the daemon.
    pub(crate) fn start(&self, room: &Newsroom) -> Daemon {
        let mut command = room.command(&["run"]);
        command.env("NOTIFY_SOCKET", &self.socket).env("WATCHDOG_USEC", Self::PATIENCE.as_micros().to_string());
        Daemon::start(command)
    }

    /// How often it heard a line that begins so.
    pub(crate) fn count(&self, begins: &str) -> usize {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|line| line.starts_with(begins)).count()
    }

    /// Waits until it has heard a line with this in it.
    #[track_caller]
    pub(crate) fn hears_of(&self, text: &str, time_max: Duration) {
        let heard = || self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(wait_until(time_max, || heard().iter().any(|line| line.contains(text))), "{text}: {:?}", heard());
    }

    /// Waits until it hears such a line after the `n_before` that it had heard.
    #[track_caller]
    pub(crate) fn hears(&self, begins: &str, n_before: usize) {
        assert!(wait_until(PATIENCE, || self.count(begins) > n_before), "{begins}: {:?}", self.heard.lock());
    }
}

/// A paper with an article, and a room that follows it.
pub(crate) fn paper() -> (NewsWeb, Newsroom) {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    (web, room)
}

#[test]
fn status_ends_with_whether_it_runs_and_brings_something() {
    let (_web, room) = paper();
    let check = |code: i32, begins: &str| {
        let outcome = room.run(&["status", "--check"]).exits(code);
        assert!(outcome.stdout.starts_with(begins) && outcome.stdout.lines().count() == 1, "{}", outcome.stdout);
        assert_eq!(outcome.stderr, "");
    };
    check(1, "wrong: ");
    let empty = Newsroom::new();
    empty.run(&["import", &empty.file("none.jsonl", "")]).exits(0);
    assert_eq!(empty.run(&["status", "--check"]).exits(0).stdout, "ok: 0 articles, 0 new in 24 h\n");
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT title FROM articles", "What the paper has");
    room.run(&["status"]).exits(0);
    check(0, "ok: 1 article, 1 new in 24 h, the last at 20");
    room.run(&["backup", "copy.db"]).exits(0);
    daemon.kill();
    room.run(&["status"]).exits(1).says("the daemon ended without stopping after 20");
    check(1, "wrong: the daemon ended without stopping after 20");
    let json = room.run(&["--json", "status", "--check"]).exits(1).json();
    assert_eq!(json["ok"], false, "{json}");
    // The sign of life in a backup is that of the database.
    room.run(&["--db", "copy.db", "status"]).exits(0);

    let daemon = room.start();
    daemon.wait_to_say("started");
    daemon.stop().exits(0);
    room.run(&["status"]).exits(0);
    check(1, "wrong: the daemon was stopped at 20");
    room.run(&["status", "--since", "2999-01-01"]).exits(0);
    // A timer has taken over.
    room.run(&["fetch", "--all"]).exits(0);
    check(0, "ok: 1 article");
    let outcome = room.run(&["status", "--check", "--since", "2999-01-01"]).exits(1);
    assert!(outcome.stdout.starts_with("wrong: no article has come since 20"), "{}", outcome.stdout);
}

#[test]
fn the_service_manager_hears_of_readiness_life_and_end() {
    let (_web, room) = paper();
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    manager.hears("READY=1", 0);
    manager.hears("WATCHDOG=1", 3);
    manager.hears("STATUS=0 polls and 0 articles in work; since the start 1 polls", 0);
    daemon.stop().exits(0);
    manager.hears("STOPPING=1", 0);
    // Longer than daemon.grace_period_s, which may be longer than the unit's TimeoutStopSec=.
    manager.hears("EXTEND_TIMEOUT_USEC=80000000", 0);
}

#[test]
fn a_migration_asks_for_time_and_is_given_up_at_a_signal() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores/version-8.db.gz");
    let room = stores::earlier(&fixture);
    let change = |sql: &str| Connection::open(room.database()).expect("it opens").execute_batch(sql).expect("it runs");
    // Version 10 rewrites addresses with a login; here that takes hours.
    change(
        "UPDATE fetches SET url = 'https://ana:secret@paper.example/' WHERE id = (SELECT min(id) FROM fetches);
         CREATE VIEW slow AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
             SELECT count(*) AS n FROM n;
         CREATE TRIGGER slow_update AFTER UPDATE ON fetches BEGIN SELECT n FROM slow; END",
    );
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    manager.hears("STATUS=bringing the database to this version, for ", 1);
    manager.hears("EXTEND_TIMEOUT_USEC=", 1);
    let began = Instant::now();
    daemon.stop().exits(0).says("is brought from version 8 to ").says("stopped while");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(manager.count("READY=1"), 0);

    change("DROP TRIGGER slow_update; DROP VIEW slow");
    let daemon = manager.start(&room);
    manager.hears("READY=1", 0);
    daemon.stop().exits(0);
    assert_eq!(room.number("SELECT count(*) FROM fetches WHERE url LIKE '%secret%'"), 0);
    room.assert_sound();
}

#[test]
fn a_second_signal_gives_back_at_once_what_is_at_work() {
    let site = Site::new("paper.example").with("/never", faults::hanging());
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/never", Some("feed"));
    let daemon = room.start();
    assert!(wait_until(PATIENCE, || web.stats("paper.example").count("/never") > 0), "{}", daemon.log());
    daemon.signal("TERM");
    daemon.wait_to_say("a second signal ends it at once");
    daemon.stop().exits(0).says("a second signal: 1 pieces of work are given back at once");
    assert_eq!(room.n_claims(), 0);
}

#[test]
fn a_writer_that_commits_nothing_for_reasons_of_its_own_gives_no_sign_of_life() {
    let (_web, room) = paper();
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    manager.hears("WATCHDOG=1", 1);
    let database = Connection::open(room.database()).expect("the database");
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON _daemon BEGIN SELECT raise(ABORT, 'no'); END";
    database.execute_batch(refuse).expect("a trigger");
    manager.hears("STATUS=the database cannot be written: ", 0);
    let n_signs = manager.count("WATCHDOG=1");
    std::thread::sleep(2 * ServiceManager::PATIENCE);
    assert_eq!(manager.count("WATCHDOG=1"), n_signs, "no sign of life is given");
    database.execute_batch("DROP TRIGGER refuse").expect("no trigger");
    manager.hears("WATCHDOG=1", n_signs);
    daemon.stop().exits(0);
}

#[test]
fn what_a_new_process_would_meet_too_is_waited_out() {
    let (_web, mut room) = paper();
    room.set(&[("store.busy_timeout_ms", "50")]);
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    manager.hears("WATCHDOG=1", 1);
    let database = Connection::open(room.database()).expect("the database");
    database.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
    manager.hears("STATUS=the database cannot be written: ", 0);
    manager.hears("WATCHDOG=1", manager.count("WATCHDOG=1") + 4);
    database.execute_batch("ROLLBACK").expect("the write lock");
    let works = "STATUS=0 polls and 0 articles in work";
    manager.hears(works, manager.count(works));
    daemon.stop().exits(0).says("the database can be written again");
}

#[test]
fn root_makes_no_file_in_the_folder_of_a_service() {
    let room = Newsroom::new();
    let folder = room.path("state");
    std::fs::create_dir(&folder).expect("a folder");
    if std::os::unix::fs::chown(&folder, Some(998), Some(998)).is_err() {
        eprintln!("skipped: to give a folder away needs root");
        return;
    }
    let database = folder.join("news.db").display().to_string();
    let import = room.file("none.jsonl", "");
    let adding = ["--db", &database, "sources", "add", "http://paper.example/feed", "--kind", "feed"];
    for arguments in [&adding[..], &["--db", &database, "import", &import], &["--db", &database, "fetch", "--due"]] {
        room.run(arguments).exits(1).says("could not write what root makes there; run it as ");
    }
    let left: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    // A person's folder is as good as any.
    std::os::unix::fs::chown(&folder, Some(1000), Some(1000)).expect("root may");
    room.run(&adding).exits(0);
    // What root makes beside a person's database is that person's.
    std::os::unix::fs::chown(folder.join("news.db"), Some(1000), Some(1000)).expect("root may");
    for name in ["news.db-lock", "news.db-wal", "news.db-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    room.run(&["--db", &database, "import", &import]).exits(0);
    for name in ["news.db", "news.db-lock", "news.db-wal", "news.db-shm"] {
        assert_eq!(std::fs::metadata(folder.join(name)).expect(name).uid(), 1000, "{name}");
    }
}
