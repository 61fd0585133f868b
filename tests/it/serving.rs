//! What the daemon answers about itself over HTTP: to whom, and that Prometheus understands it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Daemon, Newsroom, feed, wait_until, web_of};
use crate::newsweb::faults;

const HOST: &str = "paper.example";

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer: its status, its head and what stands below.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends a request and reads what comes.
fn ask(mut stream: impl Read + Write, request: &str) -> Answer {
    stream.write_all(request.as_bytes()).expect("it can be asked");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

pub(crate) fn get(address: &str, path: &str, headers: &str) -> Answer {
    let stream = TcpStream::connect(address).expect("it listens");
    ask(stream, &format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"))
}

/// Asks by another method.
pub(crate) fn send(address: &str, method: &str, path: &str, headers: &str) -> Answer {
    let stream = TcpStream::connect(address).expect("it listens");
    ask(stream, &format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"))
}

/// Sends a form.
pub(crate) fn post(address: &str, path: &str, headers: &str, form: &str) -> Answer {
    let stream = TcpStream::connect(address).expect("it listens");
    let kind =
        if headers.contains("Content-Type") { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
    let length = form.len();
    ask(
        stream,
        &format!("POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{kind}{headers}\r\n{form}"),
    )
}

/// A room whose source lists two articles and one that is missing.
fn room() -> (NewsWeb, Newsroom) {
    let urls: Vec<String> = (0..3).map(|number| format!("http://{HOST}/{number}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let page = |number: usize| Resource::html(faults::article_html(&format!("What the paper has, part {number}")));
    let site = Site::new(HOST).with("/feed", feed(&urls)).with("/0", page(0)).with("/1", page(1));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.host_delay_ms", "0"), ("http.listen", "\"127.0.0.1:0\"")]);
    room.follow("paper", &format!("http://{HOST}/feed"), Some("feed"));
    (web, room)
}

/// Where the daemon says that it listens.
pub(crate) fn address_of(daemon: &Daemon) -> String {
    daemon.wait_to_say("requests are answered at");
    address_behind(daemon, "answered at http://")
}

/// The address behind some words in what a process has said.
pub(crate) fn address_behind(daemon: &Daemon, words: &str) -> String {
    let mut address = None;
    // A line may be read before it is whole.
    wait_until(PATIENCE, || {
        let log = daemon.log();
        address =
            log.split(words).nth(1).and_then(|behind| behind.split_once('/')).map(|(address, _)| address.to_owned());
        address.is_some()
    });
    address.expect("an address")
}

#[test]
fn figures_are_those_of_what_was_done() {
    let (_web, room) = room();
    let daemon = room.start();
    let address = address_of(&daemon);
    let figures = || get(&address, "/metrics", "Host: localhost\r\n");
    let has = |line: &str| figures().body.lines().any(|text| text == line);
    for line in [
        "newswire_polls_total{outcome=\"listed\"} 1",
        "newswire_links_total{outcome=\"new\"} 3",
        "newswire_articles_total{verdict=\"new\",body_kind=\"full\"} 1",
        "newswire_articles_total{verdict=\"exact\",body_kind=\"full\"} 1",
        "newswire_failures_total{purpose=\"article\",class=\"4xx\"} 1",
        "newswire_article_quality_count 2",
        "newswire_requests_total{purpose=\"robots\",class=\"ok\"} 1",
        "newswire_requests_total{purpose=\"article\",class=\"ok\"} 2",
        "newswire_requests_total{purpose=\"article\",class=\"4xx\"} 1",
        "newswire_host_wait_seconds_count 5",
        "newswire_database_readable 1",
        "newswire_due{kind=\"article\"} 0",
        "newswire_oldest_due_seconds{kind=\"source\"} 0.0",
    ] {
        assert!(wait_until(PATIENCE, || has(line)), "no {line} in {}", figures().body);
    }
    let Answer { status, head, body } = figures();
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("newswire_file_bytes{kind=\"database\"}") && !body.contains("# EOF"), "{body}");
    assert!(is_sound(&body), "{body}");
    let open = get(&address, "/metrics", "Host: localhost\r\nAccept: application/openmetrics-text;version=1.0.0\r\n");
    assert!(open.head.contains("content-type: application/openmetrics-text"), "{}", open.head);
    assert!(open.body.ends_with("# EOF\n"), "{}", open.body);
    assert_eq!(get(&address, "/healthz", "Host: localhost\r\n").body, "ok\n");
    assert_eq!(get(&address, "/readyz", "Host: localhost\r\n").body, "ready\n");
    daemon.stop().exits(0);
}

/// SQLite's locks are those of a process, and go when any descriptor of the file is closed in it. Without them the next program that
/// closes the file takes the write-ahead log away, and what is committed afterwards is lost.
#[test]
fn answering_does_not_let_go_of_the_database() {
    let (_web, room) = room();
    let daemon = room.start();
    let address = address_of(&daemon);
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "2");
    let n_locks = || {
        let id = format!(" {} ", daemon.id());
        let locks = std::fs::read_to_string("/proc/locks").expect("the system says who has locked what");
        locks.lines().filter(|line| line.contains(&id)).count()
    };
    // A commit under way has more of them for a moment.
    let mut last = n_locks();
    let is_steady = || {
        std::thread::sleep(Duration::from_millis(100));
        let now = n_locks();
        std::mem::replace(&mut last, now) == now
    };
    assert!(wait_until(PATIENCE, is_steady));
    let before = last;
    assert!(before > 0);
    for _ in 0..2 {
        assert_eq!(get(&address, "/metrics", "Host: localhost\r\n").status, 200);
        std::thread::sleep(Duration::from_millis(1100));
    }
    assert_eq!(n_locks(), before, "locks of the daemon are gone");
    daemon.stop().exits(0);
    room.assert_sound();
}

/// What Prometheus' own program says of figures; it says nothing where it is not installed.
fn is_sound(figures: &str) -> bool {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let Ok(mut promtool) = command.spawn() else {
        eprintln!("skipped: promtool is not installed, so nobody else has looked at the figures");
        return true;
    };
    promtool.stdin.take().expect("it reads").write_all(figures.as_bytes()).expect("it reads");
    promtool.wait().expect("it ends").success()
}

#[test]
fn the_rules_for_alarms_are_understood() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/monitoring/alerts.yml");
    match Command::new("promtool").args(["check", "rules"]).arg(&rules).output() {
        Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr)),
        Err(_) => eprintln!("skipped: promtool is not installed"),
    }
}

#[test]
fn strangers_are_not_answered() {
    let (_web, mut room) = room();
    room.set(&[("http.hosts", "[\"News.example\"]")]);
    let daemon = room.start();
    let address = address_of(&daemon);
    for (headers, status) in [
        ("Host: localhost\r\n".to_owned(), 200),
        (format!("Host: {address}\r\n"), 200),
        ("Host: news.example:8080\r\n".to_owned(), 200),
        ("Host: elsewhere.example\r\n".to_owned(), 421),
        ("Host: localhost.elsewhere.example\r\n".to_owned(), 421),
        (String::new(), 421),
    ] {
        assert_eq!(get(&address, "/healthz", &headers).status, status, "{headers}");
    }
    assert_eq!(get(&address, "/../etc/passwd", "Host: localhost\r\n").status, 404);
    let stream = || TcpStream::connect(&address).expect("it listens");
    let posted =
        ask(stream(), "POST /metrics HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(posted.status, 405);
    // Whoever has asked may close that half.
    let mut half = stream();
    half.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it can be asked");
    half.shutdown(std::net::Shutdown::Write).expect("it closes");
    let mut text = String::new();
    half.read_to_string(&mut text).expect("it answers");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    // Whoever says nothing keeps nobody waiting.
    let silent: Vec<TcpStream> = (0..8).map(|_| stream()).collect();
    assert_eq!(get(&address, "/healthz", "Host: localhost\r\n").status, 200);
    drop(silent);
    daemon.stop().exits(0);
    assert!(TcpStream::connect(&address).is_err(), "it still listens");
}

#[test]
fn a_socket_in_the_file_system_is_for_its_group() {
    let (_web, mut room) = room();
    let path = room.database().with_file_name("http.sock");
    room.set(&[("http.listen", &format!("\"unix:{}\"", path.display()))]);
    // One that a dead process left is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let daemon = room.start();
    daemon.wait_to_say("requests are answered at");
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o660);
    let answer = ask(UnixStream::connect(&path).expect("it listens"), "GET /readyz HTTP/1.0\r\n\r\n");
    assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
    daemon.stop().exits(0);
    assert!(!path.exists(), "the socket stays");
}

#[test]
fn whoever_asks_and_reads_nothing_keeps_nobody_out() {
    let mut room = Newsroom::new();
    // More than a socket takes for one that does not read.
    let paragraphs: Vec<String> = (0..400).map(|n| format!("w{n} ").repeat(300)).collect();
    let line = serde_json::json!({ "id": 1, "source": "paper", "title": "A long report", "paragraphs": paragraphs })
        .to_string();
    room.run(&["import", &room.file("line.jsonl", line)]).exits(0);
    let path = room.database().with_file_name("http.sock");
    room.set(&[("http.listen", &format!("\"unix:{}\"", path.display())), ("http.pages", "true")]);
    let daemon = room.start();
    daemon.wait_to_say("requests are answered at");
    let stream = || UnixStream::connect(&path).expect("it listens");
    // Somebody who reads in the middle of it is let be.
    let mut slow = stream();
    slow.write_all(b"GET /articles/1.json HTTP/1.0\r\n\r\n").expect("it can be asked");
    let reads = std::thread::spawn(move || {
        let (mut text, mut part) = (Vec::new(), vec![0; 40_000]);
        loop {
            match slow.read(&mut part).expect("it is answered to its end") {
                0 => return text,
                n => text.extend_from_slice(&part[..n]),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let silent: Vec<UnixStream> = (0..300)
        .map(|_| {
            let mut stream = stream();
            stream.write_all(b"GET /articles/1.json HTTP/1.0\r\n\r\n").expect("it can be asked");
            stream
        })
        .collect();
    let begun = std::time::Instant::now();
    assert_eq!(ask(stream(), "GET /healthz HTTP/1.0\r\n\r\n").status, 200);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let text = reads.join().expect("it reads");
    assert!(text.len() > 400_000 && text.trim_ascii_end().ends_with(b"}"), "{}", text.len());
    drop(silent);
    daemon.stop().exits(0);
}

#[test]
fn a_place_that_is_taken_is_named() {
    let (_web, mut room) = room();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    room.set(&[("http.listen", &format!("{address:?}"))]);
    let outcome = room.start().end();
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&format!("http.listen: {address}: ")), "{}", outcome.stderr);
}
