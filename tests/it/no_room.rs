//! What befalls the database under a running daemon: a full disk, a file that can no longer be written, readers at every moment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use newswire::demo::content::bulk;
use newswire::demo::web::NewsWeb;
use rusqlite::{Connection, OpenFlags};

use crate::harness::{Newsroom, wait_until, web_of};
use crate::service::ServiceManager;

const PATIENCE: Duration = Duration::from_secs(40);

/// A paper with more articles than come in within the time of a test, and a daemon's settings to follow it.
fn long_paper(room_over: impl FnOnce(&NewsWeb) -> Newsroom) -> (NewsWeb, Newsroom) {
    const N_FEEDS: usize = 60;
    let web = web_of(bulk(1, 25 * N_FEEDS));
    let mut room = room_over(&web);
    room.hurry();
    room.set(&[("fetch.host_delay_ms", "30")]);
    for number in 1..=N_FEEDS {
        room.follow(&format!("paper-{number}"), &format!("http://bulk-0001.example/feeds/{number}.xml"), Some("feed"));
    }
    (web, room)
}

fn n_articles(room: &Newsroom) -> i64 {
    let counted = room.try_table("SELECT count(*) FROM articles").unwrap_or_default();
    counted.first().and_then(|row| row[0].parse().ok()).unwrap_or_default()
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A small disk over a folder; it is gone with this.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// `None`, with a message, where nothing can be mounted.
    fn over(folder: &Path) -> Option<SmallDisk> {
        let shown = folder.display().to_string();
        if succeeds("mount", &["-t", "tmpfs", "-o", "size=40m", "tmpfs", &shown]) {
            return Some(SmallDisk { folder: folder.to_owned() });
        }
        eprintln!("skipped: a small disk takes leave to mount one");
        None
    }

    /// Fills what is left of it.
    fn fill(&self) -> PathBuf {
        let ballast = self.folder.join("ballast");
        let mut file = fs::File::create(&ballast).expect("a file");
        while file.write_all(&[7; 4096]).is_ok() {}
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        succeeds("umount", &["--lazy", &self.folder.display().to_string()]);
    }
}

#[test]
fn the_daemon_outlives_a_full_disk() {
    let mut disk = None;
    let (_web, room) = long_paper(|web| {
        let room = Newsroom::reading(web);
        disk = SmallDisk::over(room.folder());
        room
    });
    let Some(disk) = disk else { return };
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    assert!(wait_until(PATIENCE, || n_articles(&room) > 0), "{}", daemon.log());
    let ballast = disk.fill();
    daemon.wait_to_say("the disk is full; nothing is lost, free some space and go on");
    // A restart would not help: it is waited out, and whoever looks is told for what.
    let told = format!("STATUS=the database cannot be written: {}: the disk is full", room.database().display());
    manager.hears(&told, 0);
    manager.hears("WATCHDOG=1", manager.count("WATCHDOG=1") + 4);
    // It is there to be read all the while.
    room.run(&["ls"]).exits(0);
    let before = n_articles(&room);
    fs::remove_file(ballast).expect("our own file");
    daemon.wait_to_say("the database can be written again");
    assert!(wait_until(PATIENCE, || n_articles(&room) > before), "{}", daemon.log());
    daemon.stop().exits(0);
    room.assert_sound();
}

/// Files that nobody may change, until this is dropped.
struct Frozen {
    paths: Vec<PathBuf>,
}

impl Frozen {
    /// `None`, with a message, where files cannot be made so.
    fn freeze(paths: Vec<PathBuf>) -> Option<Frozen> {
        let frozen = Frozen { paths };
        if frozen.paths.iter().all(|path| succeeds("chattr", &["+i", &path.display().to_string()])) {
            return Some(frozen);
        }
        eprintln!("skipped: a file that nobody may change takes leave, chattr and a file system that has such");
        None
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for path in &self.paths {
            succeeds("chattr", &["-i", &path.display().to_string()]);
        }
    }
}

#[test]
fn the_daemon_outlives_a_file_that_it_may_not_write_for_a_while() {
    let (_web, room) = long_paper(Newsroom::reading);
    let daemon = room.start();
    assert!(wait_until(PATIENCE, || n_articles(&room) > 0), "{}", daemon.log());
    let Some(frozen) = Frozen::freeze(vec![room.path("news.db-wal"), room.database()]) else { return };
    daemon.wait_to_say("the database cannot be written, next try in");
    // It says what the system says, and of which file.
    daemon.wait_to_say("Operation not permitted");
    room.run(&["ls"]).exits(0);
    let before = n_articles(&room);
    drop(frozen);
    daemon.wait_to_say("the database can be written again");
    assert!(wait_until(PATIENCE, || n_articles(&room) > before), "{}", daemon.log());
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn no_reader_waits_in_vain_while_articles_come_in() {
    let room = Newsroom::new();
    let lines = |numbers: std::ops::Range<u32>| {
        let line = |number: u32| {
            let text = format!("Number {number} of the parish chronicle. ").repeat(20 + (number % 40) as usize);
            serde_json::json!({"id": number.to_string(), "title": format!("Chronicle {number}"), "text": text})
                .to_string()
        };
        numbers.map(line).collect::<Vec<_>>().join("\n")
    };
    room.run(&["import", &room.file("first.jsonl", lines(0..10))]).exits(0);
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (path, is_over) = (room.database(), Arc::clone(&is_over));
            std::thread::spawn(move || read_until(&path, &is_over))
        })
        .collect();
    for batch in 0..3 {
        let numbers = 10 + 100 * batch..110 + 100 * batch;
        room.run(&["import", &room.file("more.jsonl", lines(numbers))]).exits(0);
    }
    is_over.store(true, Ordering::Relaxed);
    for reader in readers {
        let (n_asked, last) = reader.join().expect("no question fails");
        assert!(n_asked > 4 && last > 10, "{n_asked} answers, the last {last}");
    }
    room.assert_sound();
}

/// Opens the file as other programs do, with their usual patience, asks and closes it, again and again. How often, and how many
/// articles there were at last.
fn read_until(path: &Path, is_over: &AtomicBool) -> (u32, i64) {
    let url = format!("file:{}?mode=ro", path.display());
    let (mut n_asked, mut last) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(&url, flags).expect("it opens");
        connection.busy_timeout(Duration::from_secs(5)).expect("a setting");
        let words = "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'chronicle'";
        let found: i64 = connection.query_row(words, [], |row| row.get(0)).expect("an answer");
        last = connection.query_row("SELECT count(*) FROM articles", [], |row| row.get(0)).expect("an answer");
        assert!(found <= last);
        n_asked += 1;
        // Others want their share of the processors.
        std::thread::sleep(Duration::from_millis(10));
    }
    (n_asked, last)
}
