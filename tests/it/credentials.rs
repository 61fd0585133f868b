//! Credentials of sources (`credentials = "NAME"`): who gets them, and that nothing else has them.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::{Daemon, Newsroom, Outcome, rss, run_to_end, wait_until};
use crate::newsweb::faults;
use crate::newsweb::scripted::{CERTIFICATE, answer, header_of, not_found, path_of, scripted, scripted_over_rude_tls};

const SECRET: &str = "zq7KeyOfOurs";

/// The base64 of `ana:zq7KeyOfOurs`.
const BASIC: &str = "Basic YW5hOnpxN0tleU9mT3Vycw==";

/// The heads of requests.
type Heads = Arc<Mutex<Vec<String>>>;

fn heads_of(heads: &Heads) -> Vec<String> {
    heads.lock().expect("nobody panics").clone()
}

/// Whether the request has anything secret in it.
fn has_secret(head: &str) -> bool {
    head.contains(SECRET) || head.contains(&BASIC["Basic ".len()..])
}

/// Whether the request is let in: as all that is kept under one name says.
fn is_let_in(head: &str) -> bool {
    header_of(head, "authorization") == Some(BASIC)
        && header_of(head, "x-api-key") == Some(SECRET)
        && header_of(head, "cookie").is_some_and(|cookies| cookies.contains(&format!("sid={SECRET}")))
}

fn all_kinds() -> String {
    format!("basic ana:{SECRET}\nheader X-Api-Key: {SECRET}\ncookie sid={SECRET}\n")
}

fn redirect(to: &str) -> Vec<u8> {
    answer(&["HTTP/1.1 302 Found", &format!("Location: {to}")], b"")
}

/// A paper that lets in who may come, with links to others and pages that send on to them, and what is at another port of it.
fn serve_paper() -> (SocketAddr, Heads) {
    let heads = Heads::default();
    let elsewhere = serve(&heads, |head| paper(head, 0));
    (serve(&heads, move |head| paper(head, elsewhere.port())), heads)
}

fn paper(head: &str, port_elsewhere: u16) -> Vec<u8> {
    let host = header_of(head, "host").unwrap_or_default();
    if path_of(head) == "/robots.txt" {
        return not_found();
    }
    if host == "paper.example" && !is_let_in(head) {
        return answer(&["HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic"], b"");
    }
    match path_of(head) {
        "/feed" => {
            let links = ["http://paper.example/a", "http://paper.example/away", "http://paper.example/port"];
            let feed = rss(&[&links[..], &["http://paper.example/back", "http://other.example/d"]].concat());
            answer(&["HTTP/1.1 200 OK", "Content-Type: application/rss+xml"], feed.as_bytes())
        }
        "/away" => redirect("http://other.example/b"),
        "/port" => redirect(&format!("http://paper.example:{port_elsewhere}/c")),
        "/back" => redirect("http://other.example/and-back"),
        "/and-back" => redirect("http://paper.example/e"),
        path => {
            let page = faults::article_html(&format!("The page {}", path.trim_start_matches('/')));
            answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
        }
    }
}

fn serve(heads: &Heads, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let kept = Arc::clone(heads);
    scripted(move |head| {
        kept.lock().expect("nobody panics").push(head.to_owned());
        answer(head)
    })
}

/// A room whose hosts are all at one address, and that follows the paper.
fn room_of(address: SocketAddr) -> Newsroom {
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"paper.example={address}\", \"other.example={address}\"]"))]);
    room.write_sources(&listed("http://paper.example/feed"));
    room
}

fn listed(url: &str) -> String {
    format!("[[source]]\nslug = \"paper\"\nurl = \"{url}\"\ncredentials = \"daily\"\n")
}

/// Writes credentials as their owner keeps them.
fn keep(room: &Newsroom, name: &str, text: &str, mode: u32) {
    let file = room.file(&format!("credentials/{name}"), text);
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("a mode can be set");
}

fn titles(room: &Newsroom) -> Vec<String> {
    room.column("SELECT title FROM articles ORDER BY title")
}

#[test]
fn a_source_and_the_articles_of_its_own_host_are_asked_with_its_credentials_and_nobody_else_is() {
    let (address, heads) = serve_paper();
    let room = room_of(address);
    keep(&room, "daily", &all_kinds(), 0o600);
    room.run(&["sources", "test", "paper"]).exits(0);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(titles(&room), ["The page a", "The page b", "The page c", "The page d", "The page e"]);
    let heads = heads_of(&heads);
    for head in &heads {
        let is_of_paper = header_of(head, "host") == Some("paper.example");
        assert_eq!(has_secret(head), is_of_paper, "{head}");
        assert!(!is_of_paper || is_let_in(head), "{head}");
    }
    for elsewhere in ["other.example", "paper.example:"] {
        let is_elsewhere = |head: &&String| header_of(head, "host").is_some_and(|host| host.starts_with(elsewhere));
        assert!(heads.iter().filter(is_elsewhere).count() >= 2, "{elsewhere}: {heads:#?}");
    }
}

#[test]
fn credentials_do_not_go_from_https_to_http() {
    let heads = Heads::default();
    let kept = Arc::clone(&heads);
    let address = scripted_over_rude_tls(move |head| {
        kept.lock().expect("nobody panics").push(head.to_owned());
        match path_of(head) {
            "/feed" if is_let_in(head) => redirect("http://paper.example/plain"),
            "/plain" => answer(&["HTTP/1.1 200 OK"], rss(&["http://paper.example/a"]).as_bytes()),
            _ => not_found(),
        }
    });
    let mut room = room_of(address);
    room.write_sources(&listed("https://paper.example/feed"));
    keep(&room, "daily", &all_kinds(), 0o600);
    let mut command = room.command(&["sources", "test", "paper"]);
    command.env("SSL_CERT_FILE", CERTIFICATE);
    run_to_end(command, b"").exits(0);
    let heads = heads_of(&heads);
    let sent: Vec<(&str, bool)> = heads.iter().map(|head| (path_of(head), has_secret(head))).collect();
    assert_eq!(sent, [("/feed", true), ("/plain", false)]);
}

#[test]
fn a_cookie_that_a_gate_gives_anew_takes_the_place_of_the_kept_one() {
    let heads = Heads::default();
    let address = serve(&heads, |head| match header_of(head, "cookie") {
        Some(cookies) if cookies == format!("sid={SECRET}") => {
            answer(&["HTTP/1.1 302 Found", "Location: /feed", "Set-Cookie: sid=fresh; Path=/"], b"")
        }
        _ => answer(&["HTTP/1.1 200 OK"], rss(&["http://paper.example/a"]).as_bytes()),
    });
    let room = room_of(address);
    keep(&room, "daily", &format!("cookie sid={SECRET}\n"), 0o600);
    room.run(&["sources", "test", "paper"]).exits(0);
    let heads = heads_of(&heads);
    assert_eq!(header_of(heads.last().expect("a request"), "cookie"), Some("sid=fresh"), "{heads:#?}");
}

#[test]
fn without_its_credentials_a_source_is_not_asked_and_everything_else_goes_on() {
    let (address, heads) = serve_paper();
    let room = room_of(address);
    let failed = |room: &Newsroom, told: &str| {
        let checked =
            room.run(&["config", "check"]).exits(78).says("sources.toml:1: credentials = \"daily\": ").says(told);
        let polled = room.run(&["fetch", "paper"]).exits(1).says(told);
        let shown = room.run(&["sources", "show", "paper"]).exits(0);
        assert!(shown.stdout.contains("credentials\tdaily"), "{}", shown.stdout);
        for outcome in [checked, polled, shown] {
            assert!(!has_secret(&(outcome.stdout + &outcome.stderr)));
        }
    };
    failed(&room, "not found: there is no ");
    keep(&room, "daily", &format!("ana:{SECRET}\n"), 0o600);
    failed(&room, "line 1: must be `basic USER:PASSWORD`");
    keep(&room, "daily", &all_kinds(), 0o644);
    failed(&room, "may be read or written by others (mode 0644)");
    assert_eq!(heads_of(&heads), Vec::<String>::new());
    room.run(&["status"]).exits(0);
    room.run(&["sources", "ls"]).exits(0);
    keep(&room, "daily", &all_kinds(), 0o640);
    room.run(&["config", "check"]).exits(0);
    room.run(&["fetch", "paper"]).exits(0);
}

#[test]
fn credentials_come_from_the_service_manager_or_the_environment_too() {
    let (address, _) = serve_paper();
    let room = room_of(address);
    let test = |variables: &[(&str, &str)]| {
        let mut command = room.command(&["sources", "test", "paper"]);
        command.envs(variables.iter().copied());
        run_to_end(command, b"")
    };
    test(&[]).exits(1).says("NEWSWIRE_CREDENTIAL_DAILY is not set");
    test(&[("NEWSWIRE_CREDENTIAL_DAILY", &all_kinds())]).exits(0);
    room.file("service/daily", all_kinds());
    let service = room.path("service").display().to_string();
    test(&[("CREDENTIALS_DIRECTORY", &service)]).exits(0);
    // It goes before the others.
    room.file("service/daily", "nothing of the kind");
    test(&[("CREDENTIALS_DIRECTORY", &service), ("NEWSWIRE_CREDENTIAL_DAILY", &all_kinds())]).exits(1).says("line 1");
}

#[test]
fn what_is_no_name_is_refused_and_not_printed() {
    let mut room = Newsroom::new();
    let written = |url: &str, name: &str| listed(url).replace("\"daily\"", &format!("{name:?}"));
    for (url, name, rule) in [
        ("http://paper.example/feed", &*format!("ana:{SECRET}"), "sources.toml:4: credentials: must be a name"),
        ("http://paper.example/feed", "../daily", "credentials: must be a name"),
        ("http://ana:b@paper.example/feed", "daily", "must be absent where the address has USER:PASSWORD@"),
    ] {
        room.write_sources(&written(url, name));
        let told = room.run(&["config", "check"]).exits(78).says(rule);
        assert!(!told.stderr.contains(SECRET), "{}", told.stderr);
        room.write_sources("");
        let told = room.run(&["sources", "add", url, "--credentials", name]).exits(2).says("--credentials");
        assert!(!told.stderr.contains(SECRET), "{}", told.stderr);
    }
}

#[test]
fn an_added_source_keeps_the_name_of_its_credentials() {
    let (address, heads) = serve_paper();
    let mut room = room_of(address);
    room.write_sources("");
    let add = ["sources", "add", "http://paper.example/feed", "--slug", "paper", "--credentials", "daily"];
    room.run(&add).exits(1).says("--credentials \"daily\": not found").says("--force follows it all the same");
    keep(&room, "daily", &all_kinds(), 0o600);
    room.run(&add).exits(0);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(titles(&room).len(), 5);
    assert!(heads_of(&heads).iter().all(|head| has_secret(head) == (header_of(head, "host") == Some("paper.example"))));
    assert_eq!(room.run(&["--json", "sources", "show", "paper"]).exits(0).json()["credentials"], "daily");
    room.run(&["sources", "test", "paper"]).exits(0);
    // A list is handed on, and who sends one must not say whom our credentials are for.
    let exported = room.run(&["sources", "export"]).exits(0).stdout;
    assert!(exported.contains("http://paper.example/feed") && !exported.contains("daily"), "{exported}");
    fs::remove_file(room.path("credentials/daily")).expect("the file is there");
    room.run(&["config", "check"]).exits(78).says("source paper: credentials = \"daily\": not found");
    room.run(&["sources", "rm", "paper"]).exits(0);
    room.run(&["config", "check"]).exits(0);
}

#[test]
fn a_reload_reads_credentials_anew() {
    let (address, heads) = serve_paper();
    let mut room = room_of(address);
    room.hurry();
    keep(&room, "daily", "basic ana:yesterday\n", 0o600);
    let daemon = room.start();
    let is_asked = || heads_of(&heads).iter().any(|head| path_of(head) == "/feed");
    assert!(wait_until(Duration::from_secs(20), is_asked));
    keep(&room, "daily", &all_kinds(), 0o600);
    daemon.signal("HUP");
    room.wait_for(Duration::from_secs(20), "SELECT count(*) >= 1 FROM articles", "1");
    // One that is broken meanwhile is told, and stops this source alone.
    keep(&room, "daily", SECRET, 0o600);
    daemon.signal("HUP");
    daemon.wait_to_say("line 1: must be `basic");
    assert!(!has_secret(&daemon.stop().exits(0).stderr));
}

/// All files below a folder, but those that credentials are kept in.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let kept = |path: &std::path::PathBuf| !path.ends_with("credentials");
    entries.filter(kept).flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn credentials_are_in_nothing_that_is_stored_printed_logged_or_given_away() {
    let (address, _) = serve_paper();
    let mut room = room_of(address);
    room.hurry();
    room.set(&[("log.format", "\"json\""), ("log.level", "\"trace\"")]);
    room.write_sources(
        &(listed("http://paper.example/feed") + &listed("http://paper.example:9/").replace("\"paper\"", "\"deaf\"")),
    );
    keep(&room, "daily", &all_kinds(), 0o600);
    let mut told: Vec<(String, Outcome)> = Vec::new();
    let daemon: Daemon = room.start_with(&["-vv", "run"]);
    room.wait_for(Duration::from_secs(30), "SELECT count(*) FROM articles", "5");
    told.push(("run".to_owned(), daemon.stop().exits(0)));
    let copies = [
        &["snapshot", "given.db"][..],
        &["backup", "kept.db"],
        &["export", "--format", "bundle", "--out", "bundle"],
        &["export", "--format", "jsonl", "--out", "all.jsonl"],
        &["sources", "export", "--out", "sources.opml"],
    ];
    let shown = [
        &["-vv", "fetch", "--all"][..],
        &["sources", "ls", "--all"],
        &["sources", "show", "paper"],
        &["-vv", "sources", "test", "paper"],
        &["-vv", "sources", "test", "deaf"],
        &["status"],
        &["why", "http://paper.example/a"],
        &["why", "http://paper.example/away"],
        &["show", "1"],
        &["tail", "--all"],
        &["config", "show"],
        &["config", "check"],
        &["doctor"],
        &["sql", "SELECT * FROM fetches"],
    ];
    for arguments in copies.into_iter().chain(shown) {
        told.push((format!("{arguments:?}"), room.run(arguments)));
    }
    for arguments in shown {
        told.push((format!("--json {arguments:?}"), room.run(&[&["--json"], arguments].concat())));
    }
    for (what, outcome) in &told {
        assert!(!has_secret(&outcome.stdout) && !has_secret(&outcome.stderr), "{what}");
    }
    let files = files_below(room.folder());
    assert!(files.iter().any(|file| file.ends_with("given.db")) && files.len() >= 10, "{files:?}");
    for file in files {
        let bytes = fs::read(&file).expect("a file");
        assert!(!has_secret(&String::from_utf8_lossy(&bytes)), "{}", file.display());
    }
    let given = rusqlite::Connection::open(room.path("given.db")).expect("the snapshot");
    let n_named: i64 = given
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%credentials%'", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(n_named, 0, "nor is the name");
}

#[test]
fn settings_are_checked_though_the_database_cannot_be_read() {
    let mut room = Newsroom::new();
    room.write_sources(&listed("http://paper.example/feed"));
    keep(&room, "daily", &all_kinds(), 0o600);
    room.file("news.db", "no database");
    room.run(&["config", "check"]).exits(0);
    keep(&room, "daily", SECRET, 0o600);
    room.run(&["config", "check"]).exits(78).says("credentials = \"daily\"");
}
