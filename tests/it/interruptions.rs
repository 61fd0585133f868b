//! One-shot work that is interrupted: it says so at once, ends within moments, loses nothing and says how it goes on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use newswire::bundle;
use newswire::demo::web::{Resource, Site};

use crate::harness::{Daemon, Newsroom, Outcome, end_of, feed, send_signal, wait_until, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

/// Far below what a hanging server is waited for, and above what two busy cores need to end a command.
const ENDS_WITHIN: Duration = Duration::from_secs(6);

/// Sends a signal when something holds, and returns how the command ended and after how long.
fn interrupt(room: &Newsroom, arguments: &[&str], signal: &str, mut when: impl FnMut() -> bool) -> (Outcome, Duration) {
    let child = room
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    assert!(wait_until(PATIENCE, &mut when), "{arguments:?} did not get so far");
    let began = Instant::now();
    send_signal(child.id(), signal);
    let outcome = end_of(child, &format!("{arguments:?}"));
    (outcome, began.elapsed())
}

/// A site with a page that is there and one that never comes.
fn hanging_site() -> Site {
    Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a", "http://paper.example/never"]))
        .with("/a", newswire::demo::web::Resource::html(faults::article_html("What the paper has")))
        .with("/never", faults::hanging())
}

#[test]
fn a_fetch_that_is_interrupted_says_what_waits_and_goes_on_later() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let web = web_of(vec![hanging_site()]);
        let mut room = Newsroom::reading(&web);
        room.set(&[("fetch.total_timeout_s", "60"), ("daemon.grace_period_s", "20")]);
        room.follow("paper", "http://paper.example/feed", Some("feed"));
        let is_under_way = || web.stats("paper.example").count("/never") > 0 && room.database().exists();
        let stored = || is_under_way() && room.column("SELECT id FROM articles").len() == 1;
        let (outcome, elapsed) = interrupt(&room, &["fetch", "--all"], signal, stored);
        assert!(elapsed < ENDS_WITHIN, "{elapsed:?}");
        let outcome = outcome
            .exits(code)
            .says("once more ends it at once")
            .says("interrupted: 1 article and 0 sources wait; `newswire fetch --due` goes on");
        assert_eq!(outcome.cells().len(), 1, "what came in is told: {}", outcome.stdout);
        room.assert_sound();
    }
}

#[test]
fn a_fetch_into_files_keeps_what_came_in() {
    let web = web_of(vec![hanging_site()]);
    let room = Newsroom::reading(&web);
    let out = room.path("bundle").display().to_string();
    let arguments = ["fetch", "http://paper.example/feed", "--out", &out];
    let (outcome, elapsed) = interrupt(&room, &arguments, "INT", || {
        let stats = web.stats("paper.example");
        stats.count("/never") > 0 && stats.count("/a") > 0 && {
            // The page is read within that time; where it is not, less came in.
            std::thread::sleep(Duration::from_secs(2));
            true
        }
    });
    assert!(elapsed < ENDS_WITHIN, "{elapsed:?}");
    outcome.exits(130).says("1 article and 0 sources wait; what came in is in ").says("the same command again goes on");
    let documents = || {
        let names = std::fs::read_dir(&out).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().expect("text")).collect();
        names.sort();
        names
    };
    assert_eq!(documents().len(), 1, "{:?}", documents());

    // What is there stays, and is not asked for again.
    let text = std::fs::read_to_string(room.path("bundle").join(&documents()[0])).expect("a document");
    assert!(web.put("paper.example", "/never", Resource::html(faults::article_html("What came at last"))));
    room.run(&arguments).exits(0).says("1 document in ").says("2 documents in ").says("1 new");
    let names = documents();
    assert_eq!(web.stats("paper.example").count("/a"), 1);
    assert!(names.iter().map(|name| &name[..4]).eq(["000_", "001_"]), "{names:?}");
    let texts: Vec<String> =
        names.iter().map(|name| std::fs::read_to_string(room.path("bundle").join(name)).expect("a document")).collect();
    assert!(texts.contains(&text), "{texts:?}");
    for (name, text) in names.iter().zip(&texts) {
        assert!(name.ends_with(&format!("_{}.txt", &bundle::hex_sha256(text.as_bytes())[..16])), "{name}");
    }
    // Once more, and by name: all is there.
    room.run(&arguments).exits(0).says("2 documents in ").says("0 new");
    room.run(&["fetch", "http://paper.example/a", "--out", &out]).exits(0).says("0 new");
    assert_eq!((documents(), web.stats("paper.example").count("/a")), (names.clone(), 1));

    // Nothing is added to what somebody works on.
    let spoilt = room.path("bundle").join(&names[0]);
    std::fs::write(&spoilt, "My own notes.\n").expect("a file can be written");
    room.run(&arguments).exits(1).says("not as it was written").says("name another folder");
    std::fs::write(&spoilt, &texts[0]).expect("a file can be written");
    std::fs::write(room.path("bundle/notes.txt"), "Mine.\n").expect("a file can be written");
    room.run(&arguments).exits(1).says("notes.txt in it is no document of a bundle").says("name another folder");
    assert_eq!(documents().len(), 3);
}

#[test]
fn an_import_that_is_interrupted_goes_on_without_doubling() {
    let room = Newsroom::new();
    let n_articles = 1500;
    let text = |n: usize| (0..60).map(|word| format!("w{n}x{word}")).collect::<Vec<_>>().join(" ");
    let lines = (0..n_articles).map(|n| format!(r#"{{"id": "{n}", "title": "Number {n}", "text": "{}"}}"#, text(n)));
    let file = room.file("many.jsonl", lines.collect::<Vec<_>>().join("\n"));
    let has_begun = || {
        room.database().exists()
            && room.open().is_ok_and(|connection| {
                connection
                    .query_row("SELECT count(*) FROM articles", [], |row| row.get::<_, i64>(0))
                    .is_ok_and(|count| count > 5)
            })
    };
    let (outcome, elapsed) = interrupt(&room, &["import", &file], "INT", has_begun);
    assert!(elapsed < ENDS_WITHIN, "{elapsed:?}");
    let outcome = outcome.exits(130).says("the same command again goes on").says(" new, ");
    assert!(outcome.stderr.contains("many.jsonl and what follows are not stored"), "{}", outcome.stderr);
    let n_stored = room.number("SELECT count(*) FROM articles");
    assert!((5..1500).contains(&n_stored), "{n_stored}");
    room.assert_sound();
    room.run(&["import", &file]).exits(0).says(&format!("{n_stored} known"));
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1500);
    assert_eq!(room.number("SELECT count(DISTINCT title) FROM articles"), 1500);
    // Who waits for standard input does not wait for it for ever.
    let began = Instant::now();
    let mut command = room.command(&["import", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let pipe = child.stdin.take();
    std::thread::sleep(Duration::from_secs(1));
    send_signal(child.id(), "TERM");
    end_of(child, "import -").exits(143);
    drop(pipe);
    assert!(began.elapsed() < ENDS_WITHIN);
}

#[test]
fn whoever_only_looks_ends_at_a_signal_too() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/", faults::hanging())
            .with("/feed", faults::hanging())
            .with("/never", faults::hanging()),
    ]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.total_timeout_s", "60")]);
    for (arguments, path) in [
        (&["discover", "http://paper.example/"][..], "/"),
        (&["sources", "test", "http://paper.example/feed"], "/feed"),
        (&["sources", "add", "http://paper.example/feed"], "/feed"),
        (&["extract", "http://paper.example/never"], "/never"),
        (&["fetch", "--dry-run", "http://paper.example/never"], "/never"),
    ] {
        let before = web.stats("paper.example").count(path);
        let (outcome, elapsed) = interrupt(&room, arguments, "INT", || web.stats("paper.example").count(path) > before);
        assert!(elapsed < ENDS_WITHIN, "{arguments:?}: {elapsed:?}");
        outcome.exits(130).says("interrupted: ");
    }
    assert!(!room.database().exists(), "nothing was stored");
}

#[test]
fn what_is_written_to_a_file_is_whole_or_not_there() {
    let room = Newsroom::new();
    let text = "Word after word after word. ".repeat(400);
    let lines = (0..1200).map(|n| format!(r#"{{"id": "{n}", "title": "Number {n}", "text": "{n} {text}"}}"#));
    let file = room.file("many.jsonl", lines.collect::<Vec<_>>().join("\n"));
    room.run(&["-q", "import", &file]).exits(0);
    std::fs::remove_file(&file).expect("a file can be removed");
    let out = room.path("out");
    std::fs::create_dir(&out).expect("a folder can be made");
    let bundle = out.join("bundle").display().to_string();
    let old = room.path("out/old");
    std::fs::create_dir(&old).expect("a folder can be made");
    std::fs::write(old.join("000_0123456789abcdef.txt"), "Old\n\n\n").expect("a file can be written");
    let old = old.display().to_string();
    let lines = out.join("lines.jsonl").display().to_string();
    let copy = out.join("copy.db").display().to_string();
    for arguments in [
        &["export", "--format", "bundle", "--out", &bundle][..],
        &["export", "--format", "bundle", "--replace", "--out", &old],
        &["export", "--out", &lines],
        &["backup", &copy],
        &["snapshot", &copy],
    ] {
        // Something is being written: a name that is there for as long as that takes.
        let is_under_way = || {
            let mut folders = vec![out.clone()];
            folders.extend(["bundle", "old"].map(|name| out.join(name)).into_iter().filter(|folder| folder.is_dir()));
            folders.iter().any(|folder| {
                let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>());
                entries
                    .unwrap_or_default()
                    .iter()
                    .any(|entry| entry.file_name().to_string_lossy().starts_with(".newswire-"))
            })
        };
        let (outcome, _) = interrupt(&room, arguments, "TERM", is_under_way);
        if outcome.code == Some(0) {
            // It was done before the signal was heard: that is no half of it either.
            let _ = std::fs::remove_file(&lines);
            let _ = std::fs::remove_file(&copy);
            let _ = std::fs::remove_dir_all(&bundle);
            continue;
        }
        outcome.exits(143).says("interrupted: n");
        let mut left: Vec<String> = std::fs::read_dir(&out)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["old"], "{arguments:?}");
        if arguments.contains(&"--replace") {
            let left: Vec<_> =
                std::fs::read_dir(&old).expect("a folder").map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["000_0123456789abcdef.txt"], "what was there stays until the new is whole");
        }
    }
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing() {
    let room = Newsroom::new();
    let folder = room.path("demo");
    let database = folder.join("demo.db");
    let arguments = ["demo", &folder.display().to_string()];
    let (outcome, elapsed) = interrupt(&room, &arguments, "INT", || database.exists());
    assert!(elapsed < Duration::from_secs(9), "{elapsed:?}");
    outcome.exits(130).says("interrupted: the demo's database is removed");
    let left: Vec<_> = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_demo_that_goes_on_and_is_interrupted_keeps_what_it_has() {
    let room = Newsroom::new();
    let folder = room.path("demo").display().to_string();
    room.run(&["demo", &folder]).exits(0);
    // Its record says that the next morning has come before anything is polled.
    let has_begun = || std::fs::read_to_string(room.path("demo/demo.json")).is_ok_and(|text| text.contains("morning"));
    let (outcome, elapsed) = interrupt(&room, &["demo", &folder], "INT", has_begun);
    assert!(elapsed < Duration::from_secs(9), "{elapsed:?}");
    outcome.exits(130).says("what has come in is kept");
    let third = room.run(&["demo", &folder]).exits(0);
    assert!(third.stdout.contains("articles were known already"), "{}", third.stdout);
    let counted = room.run(&["--db", &format!("{folder}/demo.db"), "sql", "SELECT count(*) FROM articles"]).exits(0);
    assert_eq!(counted.stdout.trim(), "66");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let web = web_of(vec![hanging_site()]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.total_timeout_s", "60"), ("daemon.grace_period_s", "55"), ("store.busy_timeout_ms", "50000")]);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let daemon: Daemon = room.start();
    assert!(wait_until(PATIENCE, || web.stats("paper.example").count("/never") > 0), "{}", daemon.log());
    // It cannot write down that it stops, so it does not end by itself.
    let held = rusqlite::Connection::open(room.database()).expect("the database opens");
    held.busy_timeout(PATIENCE).expect("a timeout can be set");
    held.execute_batch("BEGIN IMMEDIATE").expect("the database can be held");
    daemon.signal("INT");
    daemon.wait_to_say("a second signal ends it at once");
    std::thread::sleep(Duration::from_secs(3));
    let mut daemon = daemon;
    assert!(!daemon.has_ended(), "{}", daemon.log());
    let began = Instant::now();
    let outcome = daemon.stop();
    assert!(began.elapsed() < ENDS_WITHIN);
    // It says what it could not do, and what becomes of it.
    outcome
        .exits(143)
        .says("1 pieces of work are not given back yet: another process holds the database")
        .says("newswire: ended at once: what was in work and is not given back yet is given back by the next start");
    drop(held);
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    assert_eq!(room.n_claims(), 0);
}

#[test]
fn a_log_of_json_lines_is_one_to_the_last_line() {
    let mut room = Newsroom::new();
    room.set(&[("log.format", "\"json\"")]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    room.set(&[("http.listen", &format!("\"{}\"", taken.local_addr().expect("an address")))]);
    // Also where no other line is wanted.
    for arguments in [&["run"][..], &["-q", "run"]] {
        let outcome = room.run(arguments).exits(1);
        let lines: Vec<serde_json::Value> = outcome
            .stderr
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
            .collect();
        let last = lines.last().expect("a line");
        assert_eq!(last["level"], "ERROR", "{last}");
        assert!(last["fields"]["message"].as_str().is_some_and(|text| text.contains("http.listen")), "{last}");
        assert!(last["timestamp"].as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{last}");
    }
    // At a command it is people who read it.
    room.run(&["show", "1"]).exits(1).says("newswire: ");
}

/// A daemon with a page in work that never comes, told to stop while another process holds the database.
fn stopped_while_held(grace_period_s: &'static str, held_for: Duration) -> (Newsroom, Outcome) {
    let web = web_of(vec![hanging_site()]);
    let mut room = Newsroom::reading(&web);
    let times = [("daemon.grace_period_s", grace_period_s), ("store.busy_timeout_ms", "300")];
    room.set(&[&times[..], &[("fetch.total_timeout_s", "60")]].concat());
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let daemon: Daemon = room.start();
    let is_stored =
        || web.stats("paper.example").count("/never") > 0 && room.column("SELECT id FROM articles").len() == 1;
    assert!(wait_until(PATIENCE, is_stored), "{}", daemon.log());
    let held = rusqlite::Connection::open(room.database()).expect("the database opens");
    held.busy_timeout(PATIENCE).expect("a timeout can be set");
    held.execute_batch("BEGIN IMMEDIATE").expect("the database can be held");
    daemon.signal("TERM");
    let released = std::thread::spawn(move || {
        std::thread::sleep(held_for);
        held.execute_batch("COMMIT").expect("it can be let go");
    });
    let outcome = daemon.end();
    released.join().expect("it is let go");
    (room, outcome)
}

#[test]
fn a_daemon_that_is_stopped_while_another_process_writes_waits_within_its_grace() {
    let (room, outcome) = stopped_while_held("25", Duration::from_secs(5));
    outcome.exits(0).says("stopped after");
    assert_eq!(room.n_claims(), 0);
}

#[test]
fn a_daemon_that_cannot_write_down_its_end_says_so_and_loses_nothing() {
    let (room, outcome) = stopped_while_held("3", Duration::from_secs(12));
    outcome.exits(75).says("stopped after").says("is given back by the next start").says("another process is writing");
    assert!(room.n_claims() > 0);
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    assert_eq!(room.n_claims(), 0);
}

/// The documents in a folder, by name.
fn bundle_in(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_bundle_whose_export_is_killed_is_the_old_or_the_new_one_as_a_whole() {
    const N_KILLS: u32 = 30;
    let room = Newsroom::new();
    let text = "Word after word after word. ".repeat(40);
    let line = |n: usize| format!(r#"{{"id": "{n}", "title": "Number {n}", "text": "{n} {text}"}}"#);
    let file = room.file("many.jsonl", (0..400).map(line).collect::<Vec<_>>().join("\n"));
    room.run(&["-q", "import", &file]).exits(0);
    let out = room.path("out");
    std::fs::create_dir(&out).expect("a folder can be made");
    let bundle = out.join("bundle");
    let shown = bundle.display().to_string();
    let export = |condition: &'static str| ["export", "--format", "bundle", "--replace", "--where", condition, "--out"];
    let whole = |condition: &'static str| {
        let begun = Instant::now();
        room.run(&[&export(condition)[..], &[&shown]].concat()).exits(0);
        (bundle_in(&bundle), begun.elapsed())
    };
    // Of the same length, so that it is killed at the same places in either.
    let (even, _) = whole("id % 2 = 0");
    let (odd, time) = whole("id % 2 = 1");
    assert!(even.len() > 150 && odd.len() > 150 && even != odd);
    let mut n_changes = 0;
    for number in 1..=N_KILLS {
        let before = bundle_in(&bundle);
        let condition = if before == even { "id % 2 = 1" } else { "id % 2 = 0" };
        let process = room.start_with(&[&export(condition)[..], &[&shown]].concat());
        std::thread::sleep(time * number / N_KILLS);
        process.kill();
        let after = bundle_in(&bundle);
        assert!(after == even || after == odd, "kill {number}: {} documents, {after:?}", after.len());
        n_changes += u32::from(after != before);
    }
    // What was left is gone with the next one.
    whole("id % 2 = 0");
    assert_eq!(bundle_in(&out), ["bundle", "bundle.manifest.json"], "after {n_changes} of {N_KILLS} came to their end");
}

#[test]
fn a_folder_that_cannot_be_put_in_its_place_as_a_whole_is_refused_before_anything_is_written() {
    let room = Newsroom::new();
    let file = room.file("one.jsonl", r#"{"id": "1", "title": "One", "text": "A text of some words."}"#);
    room.run(&["-q", "import", &file]).exits(0);
    let before = bundle_in(room.folder());
    room.run(&["export", "--format", "bundle", "--out", "."]).exits(1).says("not empty");
    let empty = room.path("empty");
    std::fs::create_dir(&empty).expect("a folder can be made");
    let mut command = room.command(&["export", "--format", "bundle", "--out", "."]);
    command.current_dir(&empty);
    crate::harness::run_to_end(command, b"").exits(1).says("name a folder in it");
    std::fs::remove_dir(&empty).expect("it is empty");
    assert_eq!(bundle_in(room.folder()), before);
    // A link stays one, and what it leads to is replaced.
    std::fs::create_dir(room.path("there")).expect("a folder can be made");
    std::os::unix::fs::symlink(room.path("there"), room.path("link")).expect("a link can be made");
    room.run(&["export", "--format", "bundle", "--out", "link"]).exits(0);
    assert_eq!(bundle_in(&room.path("there")).len(), 1);
    assert!(room.path("link").is_symlink());
    room.run(&["export", "--format", "bundle", "--out", "new/and/deep"]).exits(0);
    assert_eq!(bundle_in(&room.path("new/and/deep")).len(), 1);
}

/// A site with a page that is there and one that is missing, of which the log tells.
fn site_with_a_failure() -> Site {
    Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a", "http://paper.example/missing"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")))
}

#[test]
fn whoever_goes_away_from_the_log_ends_no_work() {
    let web = web_of(vec![site_with_a_failure()]);
    let check = |arguments: &[&str], code: i32| {
        let mut room = Newsroom::reading(&web);
        room.follow("paper", "http://paper.example/feed", Some("feed"));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = room.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().expect("the program starts");
        // As `2>&1 | head` does: every line from here on is written to nobody.
        drop((command, reader));
        room_has(&room, "SELECT count(*) FROM fetches WHERE status = 404");
        if arguments.contains(&"run") {
            send_signal(child.id(), "TERM");
        }
        assert!(wait_until(PATIENCE, || child.try_wait().expect("a child").is_some()), "{arguments:?}");
        assert_eq!(child.wait().expect("a child").code(), Some(code), "{arguments:?}");
        assert_eq!(room.number("SELECT count(*) FROM articles"), 1, "{arguments:?}");
        room.assert_sound();
    };
    for format in ["text", "json"] {
        check(&["run", "-v", "--log-format", format], 0);
        check(&["fetch", "--all", "-v", "--log-format", format], 3);
    }
}

fn room_has(room: &Newsroom, sql: &str) {
    let is_there = || room.database().exists() && room.try_table(sql).is_ok_and(|rows| rows[0][0] != "0");
    assert!(wait_until(PATIENCE, is_there), "{sql}");
}
