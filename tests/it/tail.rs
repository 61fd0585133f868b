//! `newswire tail`: what came in or changed, in its order, once each, and going on as more comes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, Outcome, end_of, feed, run_to_end, send_signal, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

fn import(room: &Newsroom, lines: &[String]) {
    let file = room.file("more.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
}

/// An article of a source, as JSON.
fn told(source: &str, number: usize) -> String {
    // Subjects that have nothing in common, so that none is a copy of another.
    let subject = (0..40).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ");
    format!(
        r#"{{"id": "{number}", "source": "{source}", "title": "Report {number}", "text": "It is said of {subject}."}}"#
    )
}

fn imported(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| told(if number % 2 == 0 { "even" } else { "odd" }, number)).collect()
}

/// The titles' numbers of printed lines.
fn numbers(outcome: &Outcome) -> Vec<usize> {
    outcome.cells().iter().map(|cells| cells[4].trim_start_matches("Report ").parse().expect("a number")).collect()
}

/// Changes a row as a user with another program would.
fn change(room: &Newsroom, sql: &str) {
    let connection = rusqlite::Connection::open(room.database()).expect("the database opens");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The cursor folder of a room.
fn with_state(room: &Newsroom, arguments: &[&str]) -> Command {
    let mut command = room.command(arguments);
    command.env("XDG_STATE_HOME", room.path("state"));
    command
}

#[test]
fn the_last_ones_are_printed_oldest_first() {
    let room = Newsroom::new();
    import(&room, &imported(1..=14));
    let check = |arguments: &[&str], expected: Vec<usize>| {
        let outcome = room.run(&[&["tail"], arguments].concat()).exits(0);
        assert_eq!(numbers(&outcome), expected, "{arguments:?}");
    };
    check(&[], (5..=14).collect());
    check(&["-n", "3"], vec![12, 13, 14]);
    check(&["-n", "0"], vec![]);
    check(&["-n", "99"], (1..=14).collect());
    check(&["--source", "odd", "-n", "2"], vec![11, 13]);
    check(&["--where", "id < 5 OR id = 9", "-n", "2"], vec![4, 9]);
    check(&["--until", "2001-01-01"], vec![]);
    room.run(&["tail", "--where", "1); DELETE FROM articles; --"]).exits(2);
    room.run(&["tail", "--where", "nothing = 1"]).exits(2).says("nothing");
    room.run(&["tail", "--source", "nobody"]).exits(2);
    // What changed last comes last.
    change(
        &room,
        "UPDATE articles SET change_seq = 101, revision = 2 WHERE id = 3; UPDATE articles SET change_seq = 102, removed_at = '2026-01-02T03:04:05Z' WHERE id = 2",
    );
    check(&["-n", "3"], vec![14, 3, 2]);
    let json = room.run(&["--json", "tail", "-n", "3"]).exits(0).json_lines();
    let ls = room.run(&["--json", "ls"]).exits(0).json_lines();
    for (line, (change, seq)) in json.iter().zip([("new", 14), ("revised", 101), ("removed", 102)]) {
        assert_eq!((&line["change"], &line["change_seq"]), (&change.into(), &seq.into()));
        let of_ls = ls.iter().find(|row| row["id"] == line["id"]).expect("the same article");
        let of_ls = of_ls.as_object().expect("an object");
        assert!(of_ls.iter().all(|(key, value)| line[key] == *value), "{line} is not {of_ls:?}");
    }
    assert_eq!(json[2]["changed_at"], "2026-01-02T03:04:05Z");
}

#[test]
fn an_article_that_was_known_and_is_touched_is_changed_and_not_new() {
    let room = Newsroom::new();
    import(&room, &imported(1..=3));
    let cursor = room.path("place").display().to_string();
    let told = || -> Vec<String> {
        let lines = room.run(&["--json", "tail", "--cursor", &cursor]).exits(0).json_lines();
        lines.iter().map(|line| format!("{} {}", line["id"], line["change"].as_str().unwrap_or(""))).collect()
    };
    // What is touched before it is told is new all the same.
    change(&room, "UPDATE articles SET section = 'A' WHERE id = 2");
    assert_eq!(told(), ["1 new", "3 new", "2 new"]);
    change(&room, "UPDATE articles SET section = 'B' WHERE id = 2");
    import(&room, &imported(4..=4));
    assert_eq!(told(), ["2 changed", "4 new"]);
}

#[test]
fn a_terminal_gets_columns_and_no_control_characters() {
    let room = Newsroom::new();
    let long = "vier mal acht und noch viel mehr ".repeat(12);
    let lines = [
        r#"{"id": "1", "source": "wire", "title": "Red \u001b[31malert\u0007 today", "text": "One body of a text that is alone."}"#.to_owned(),
        format!(r#"{{"id": "2", "source": "a-source-with-a-name-that-is-long", "title": "日本語の見出し {long}", "text": "Quite another body."}}"#),
    ];
    import(&room, &lines);
    let shown = room.run(&["--color", "always", "tail"]).exits(0).stdout;
    let plain: Vec<String> = shown.lines().map(|line| console::strip_ansi_codes(line).into_owned()).collect();
    assert!(plain.iter().all(|line| !line.contains(char::is_control)), "{plain:?}");
    assert!(!shown.contains("\u{1b}[31malert") && !shown.contains('\u{7}'), "{shown:?}");
    let starts: Vec<usize> = ["Red", "日本語"]
        .iter()
        .zip(&plain)
        .map(|(title, line)| console::measure_text_width(&line[..line.find(title).expect("a title")]))
        .collect();
    assert_eq!(starts[0], starts[1], "{plain:?}");
    assert!(plain.iter().all(|line| console::measure_text_width(line) <= 100), "{plain:?}");
}

#[test]
fn a_cursor_brings_each_change_once() {
    let room = Newsroom::new();
    import(&room, &imported(1..=4));
    let tail = |arguments: &[&str]| {
        run_to_end(with_state(&room, &[&["tail", "--cursor", "hourly"], arguments].concat()), b"").exits(0)
    };
    assert_eq!(numbers(&tail(&[])), [1, 2, 3, 4], "all of it the first time");
    assert_eq!(numbers(&tail(&[])), [0; 0]);
    import(&room, &imported(5..=7));
    change(&room, "UPDATE articles SET change_seq = (SELECT max(change_seq) + 1 FROM articles) WHERE id = 2");
    assert_eq!(numbers(&tail(&["-n", "2"])), [5, 6], "the next ones");
    assert_eq!(numbers(&tail(&[])), [7, 2]);
    assert_eq!(numbers(&tail(&[])), [0; 0]);
    // A number is never given again, whatever is deleted.
    change(&room, "DELETE FROM articles WHERE id IN (2, 7)");
    import(&room, &imported(8..=9));
    assert_eq!(numbers(&tail(&[])), [8, 9]);
    // Others are other places, and what one leaves out does not move it.
    let by_path = room.path("place").display().to_string();
    let odd = ["tail", "--cursor", &by_path, "--source", "odd"];
    assert_eq!(numbers(&room.run(&odd).exits(0)), [1, 3, 5, 9]);
    assert_eq!(numbers(&room.run(&odd).exits(0)), [0; 0]);
    assert!(room.path("state/newswire/cursors/hourly").exists());
    let kept: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&by_path).expect("a cursor")).expect("JSON");
    assert_eq!(kept["change_seq"], room.number("SELECT max(change_seq) FROM articles"));
    // Without a state folder of its own it is below the home.
    let mut command = room.command(&["tail", "--cursor", "nightly"]);
    command.env("HOME", room.path("home")).env("XDG_STATE_HOME", "not/absolute");
    assert_eq!(run_to_end(command, b"").exits(0).cells().len(), 7);
    assert!(room.path("home/.local/state/newswire/cursors/nightly").exists());
}

#[test]
fn whoever_follows_a_source_hears_of_what_was_deleted_in_it() {
    let room = Newsroom::new();
    let in_source = |source: &str, number: usize| {
        told(source, number).replacen('{', &format!(r#"{{"url": "https://paper.example/{number}", "#), 1)
    };
    import(&room, &[in_source("first", 1), in_source("second", 1), in_source("second", 2)]);
    assert_eq!(room.number("SELECT count(*) FROM sightings"), 3);
    let followed = |source: &str| {
        let place = room.path(source).display().to_string();
        let filter: &[&str] = if source == "any" { &[] } else { &["--source", source] };
        let lines = room.run(&[&["--json", "tail", "--cursor", &place], filter].concat()).exits(0).json_lines();
        let said = |line: &serde_json::Value| format!("{} {}", line["change"], line["id"]).replace('"', "");
        lines.iter().map(said).collect::<Vec<_>>()
    };
    let check = |expected: [&[&str]; 3]| assert_eq!(["first", "second", "any"].map(followed), expected);
    check([&["new 1"], &["new 1", "new 2"], &["new 1", "new 2"]]);
    room.run(&["rm", "1"]).exits(0);
    check([&["removed 1"], &["removed 1"], &["removed 1"]]);
    room.run(&["rm", "2"]).exits(0);
    check([&[], &["removed 2"], &["removed 2"]]);
    // Those of a source that is no more follow nothing.
    change(&room, "DELETE FROM sources WHERE slug = 'second'");
    assert_eq!(room.number("SELECT count(*) FROM _taken_back_sources"), 1);
}

#[test]
fn a_cursor_is_refused_where_it_would_mislead() {
    let room = Newsroom::new();
    import(&room, &imported(1..=3));
    let older = std::fs::read(room.database()).expect("a database");
    let older_log = std::fs::read(room.path("news.db-wal")).expect("a log");
    let cursor = room.path("place").display().to_string();
    import(&room, &imported(4..=5));
    room.run(&["tail", "--cursor", &cursor]).exits(0);
    let before = std::fs::read(&cursor).expect("a cursor");
    // Another database.
    let other = room.path("other.db").display().to_string();
    let more = room.file("other.jsonl", told("odd", 1));
    room.run(&["--db", &other, "import", &more]).exits(0);
    let refused = room.run(&["--db", &other, "tail", "--cursor", &cursor]).exits(1);
    assert_eq!(refused.stdout, "");
    refused.says("belongs to another database").says("news.db");
    // An older copy of its own.
    let copy = room.file("copy.db", older);
    room.file("copy.db-wal", older_log);
    room.run(&["--db", &copy, "tail", "--cursor", &cursor]).exits(1).says("stands at change 5, and the last one in");
    assert_eq!(std::fs::read(&cursor).expect("a cursor"), before, "a refusal moves nothing");
    for damaged in ["", "not JSON", "{}", r#"{"change_seq": -1, "database": "x", "path": "y"}"#] {
        let path = room.file("damaged", damaged);
        room.run(&["tail", "--cursor", &path]).exits(1).says("is no cursor");
    }
    let binary = room.file("binary", [0xff, 0xfe, 0x00]);
    room.run(&["tail", "--cursor", &binary]).exits(1).says("is no cursor");
    for name in ["", ".hidden", "two words", "schräg", "a:b"] {
        run_to_end(with_state(&room, &["tail", "--cursor", name]), b"").exits(2).says("a name may hold");
    }
    room.run(&["tail", "--cursor", "hourly"]).exits(2).says("HOME");
    room.run(&["tail", "--cursor", "no-such/folder/place"]).exits(1).says("no-such/folder");
    room.run(&["tail", "-f", "-n", "3", "--cursor", &cursor]).exits(2);
    // One that is in use.
    import(&room, &imported(6..=6));
    let following = Following::start(&room, &["tail", "-f", "--cursor", &cursor]);
    assert_eq!(following.title(), "Report 6", "it has the cursor");
    room.run(&["tail", "--cursor", &cursor]).exits(75).says("another process moves the cursor");
    following.end("TERM").exits(0);
}

#[test]
fn a_command_gets_each_change_until_it_has_taken_it() {
    let room = Newsroom::new();
    import(&room, &imported(1..=3));
    let (cursor, taken) = (room.path("place").display().to_string(), room.path("taken").display().to_string());
    let take = format!("cat >> {taken}");
    room.run(&["tail", "--exec", "true"]).exits(2).says("--cursor");
    let nothing = room.run(&["tail", "--cursor", &cursor, "--exec", "cat > /dev/null; exit 7"]).exits(1);
    assert_eq!(nothing.stdout, "");
    nothing.says("exit status: 7").says("3 changes").says("gives them again");
    room.run(&["tail", "--cursor", &cursor, "--exec", &take]).exits(0);
    import(&room, &imported(4..=5));
    room.run(&["tail", "--cursor", &cursor, "--exec", &take]).exits(0);
    room.run(&["tail", "--cursor", &cursor, "--exec", "exit 1"]).exits(0);
    let lines = std::fs::read_to_string(&taken).expect("what was taken");
    let numbers: Vec<_> =
        lines.lines().map(|line| line.parse::<serde_json::Value>().expect("JSON")["id"].to_string()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_cursor_knows_a_database_that_was_put_back_from_a_copy() {
    let room = Newsroom::new();
    let cursor = room.path("mirror").display().to_string();
    let tail = || room.run(&["tail", "--cursor", &cursor]);
    import(&room, &imported(1..=4));
    assert_eq!(numbers(&tail().exits(0)), [1, 2, 3, 4]);
    let copy = room.path("copy.db");
    room.run(&["backup", &copy.display().to_string()]).exits(0);
    let put_back = || {
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", room.database().display()));
        }
        std::fs::copy(&copy, room.database()).expect("it is put back");
    };
    // Nothing was told of what is lost: the cursor goes on.
    import(&room, &imported(5..=6));
    put_back();
    import(&room, &imported(7..=8));
    assert_eq!(numbers(&tail().exits(0)), [7, 8]);
    // Changes 5 and 6 were told, and are others now, as many as before or more.
    put_back();
    import(&room, &imported(9..=14));
    tail().exits(1).says("put back from an older copy");
}

#[test]
fn a_reader_that_goes_away_leaves_the_cursor_where_it_stood() {
    let room = Newsroom::new();
    // Far more than a pipe holds.
    import(&room, &imported(1..=1000));
    let cursor = room.path("place").display().to_string();
    let mut child = room
        .command(&["tail", "--json", "--cursor", &cursor])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut taken = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    taken.read_line(&mut line).expect("a line");
    drop(taken);
    end_of(child, "tail").exits(0);
    let next = room.run(&["tail", "--cursor", &cursor, "-n", "1"]).exits(0);
    let next = numbers(&next)[0];
    assert!((2..1000).contains(&next), "it goes on with {next}");
    let rest = numbers(&room.run(&["tail", "--cursor", &cursor]).exits(0));
    assert_eq!(rest, (next + 1..=1000).collect::<Vec<_>>());
}

/// `tail -f`, its lines as they come.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(room: &Newsroom, arguments: &[&str]) -> Following {
        let mut command = room.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Following { child, lines }
    }

    #[track_caller]
    fn title(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("a line");
        line.split('\t').nth(4).expect("a title").to_owned()
    }

    fn end(self, signal: &str) -> Outcome {
        send_signal(self.child.id(), signal);
        end_of(self.child, "tail -f")
    }
}

#[test]
fn following_goes_on_as_the_daemon_stores_more() {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    import(&room, &[told("odd", 1)]);
    let following = Following::start(&room, &["tail", "-f", "-n", "1"]);
    assert_eq!(following.title(), "Report 1");
    // With the daemon down,
    import(&room, &[told("odd", 2)]);
    assert_eq!(following.title(), "Report 2");
    // up,
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let daemon = room.start();
    assert_eq!(following.title(), "What the paper has");
    // and stopped again; nothing keeps it from folding its log into the file.
    daemon.stop().exits(0);
    change(&room, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_eq!(std::fs::metadata(room.path("news.db-wal")).expect("a log").len(), 0, "no lock is held between looks");
    import(&room, &[told("odd", 3)]);
    assert_eq!(following.title(), "Report 3");
    following.end("INT").exits(0);
}

#[test]
fn following_ends_with_its_terminal_its_pipe_and_its_service() {
    let room = Newsroom::new();
    import(&room, &imported(1..=2));
    for signal in ["INT", "TERM", "HUP"] {
        let following = Following::start(&room, &["tail", "-f"]);
        assert_eq!(following.title(), "Report 1");
        following.end(signal).exits(0);
    }
    // A reader that has had enough ends it, though nothing more comes in.
    let mut child = room
        .command(&["tail", "-f"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut [0; 10]).expect("a line");
    drop(stdout);
    end_of(child, "tail -f").exits(0);
    // One that stands still does not keep it from ending.
    import(&room, &imported(3..=1000));
    let mut child = room
        .command(&["--json", "tail", "-f", "-n", "1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut [0; 10]).expect("a line");
    std::thread::sleep(Duration::from_millis(200));
    send_signal(child.id(), "TERM");
    end_of(child, "tail -f").exits(0);
    drop(stdout);
}
