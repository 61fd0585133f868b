//! Passwords in the addresses of sources (`https://USER:PASSWORD@…`): they are sent to the server, and nothing else has
//! them but the lists of sources of whoever follows it.

use std::path::Path;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, Outcome, feed, web_of};
use crate::newsweb::faults;

const PASSWORD: &str = "zq7PasswordOfOurs";

/// A paper whose feed has relative links, that moved for good within its host, and one that fails.
fn web() -> NewsWeb {
    let rss = r#"<rss version="2.0"><channel><title>The paper</title><link>/</link>
        <item><title>One</title><link>/a</link><guid>a</guid></item>
        <item><title>Two</title><link>b</link></item></channel></rss>"#;
    let paper = Site::new("paper.example")
        .with("/feed", Resource::new("application/rss+xml", rss))
        .with("/moved", Resource::redirect(301, "/feed"))
        .with(
            "/page",
            Resource::html(r#"<html><body><ul><li><a href="/a">What the paper has to say</a></li></ul></body></html>"#),
        )
        .with("/a", Resource::html(faults::article_html("One")))
        .with("/b", Resource::html(faults::article_html("Two")));
    let broken = Site::new("broken.example")
        .with("/feed", faults::failing(500))
        .with("/loop", Resource::redirect(302, "/loop"))
        .with("/no-list", Resource::new("application/rss+xml", "nothing of the kind"))
        .with("/far", feed(&["http://paper.example/a"]));
    web_of(vec![paper, broken])
}

fn address(host_and_path: &str) -> String {
    format!("http://ana:{PASSWORD}@{host_and_path}")
}

/// What has told the password.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn look(&mut self, outcome: &Outcome, name: &str) {
        for line in outcome.stdout.lines().chain(outcome.stderr.lines()).filter(|line| line.contains(PASSWORD)) {
            self.0.push(format!("{name}: {line}"));
        }
    }
}

fn assert_not_in(file: &Path) {
    let bytes = std::fs::read(file).expect("a file");
    let is_there = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
    assert!(!is_there, "{}", file.display());
}

#[test]
fn a_password_of_a_source_is_in_nothing_that_is_printed_logged_or_given_away() {
    let web = web();
    let mut told = Told::default();
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("daemon.idle_max_s", "1"), ("log.format", "\"json\"")]);
    room.follow("listed", &address("paper.example/feed"), None);
    for (slug, path) in [
        ("added", "paper.example/moved"),
        ("links", "paper.example/page"),
        ("broken", "broken.example/feed"),
        ("turning", "broken.example/loop"),
        ("none", "broken.example/no-list"),
        ("nowhere", "nowhere.example/feed"),
    ] {
        let url = address(path);
        told.look(&room.run(&["-vv", "sources", "add", "--slug", slug, &url]), "add");
        told.look(&room.run(&["sources", "add", "--force", "--slug", slug, &url]), "add --force");
        told.look(&room.run(&["sources", "add", &url]), "add again");
    }
    told.look(&room.run(&["sources", "add", &address("paper.example/feed")]), "add what is listed");
    told.look(&room.run(&["discover", &address("paper.example/feed")]), "discover");
    for _ in 0..7 {
        told.look(&room.run(&["-vv", "fetch", "--all"]), "fetch");
    }
    let daemon = room.start_with(&["-vv", "run"]);
    daemon.wait_to_say("broken");
    told.look(&daemon.stop(), "run");

    assert_eq!(room.value("SELECT moved_to FROM source_health WHERE slug = 'added'"), "http://paper.example/feed");
    let of_listed =
        "SELECT count(*) FROM articles JOIN sources ON sources.id = source_id WHERE url LIKE 'http://paper.example/%'";
    assert!(room.number(&of_listed.replace("WHERE url", "WHERE articles.url")) >= 2);
    let in_sources = room.number(&format!("SELECT count(*) FROM sources WHERE url LIKE '%{PASSWORD}%'"));
    assert!(in_sources >= 6, "the sources themselves keep theirs: {in_sources}");
    for (table, columns) in [
        ("fetches", "url || coalesce(error, '') || coalesce(redirected_to, '')"),
        ("sightings", "coalesce(url, '') || coalesce(guid, '')"),
        ("articles", "coalesce(url, '') || coalesce(image_url, '') || body"),
        ("source_health", "coalesce(error, '') || problems || coalesce(moved_to, '')"),
    ] {
        let found = room.column(&format!("SELECT {columns} FROM {table} WHERE {columns} LIKE '%{PASSWORD}%'"));
        assert!(found.is_empty(), "{table}: {found:?}");
    }
    for arguments in [
        &["sources", "ls", "--all"][..],
        &["sources", "show", "added"],
        &["sources", "show", "listed"],
        &["sources", "show", "turning"],
        &["sources", "test", "added"],
        &["sources", "test", "none"],
        &["sources", "rm", "none"],
        &["sources", "resume", "none"],
        &["sources", "export"],
        &["status"],
        &["why", "http://paper.example/a"],
        &["why", "http://broken.example/feed"],
        &["show", "1"],
        &["ls"],
        &["tail", "--all"],
        &["export"],
        &["export", "--format", "csv"],
        &["config", "check"],
        &["config", "show"],
    ] {
        for format in [&[][..], &["--json"], &["--color", "always"]] {
            told.look(&room.run(&[format, arguments].concat()), &format!("{format:?} {arguments:?}"));
        }
    }
    assert!(told.0.is_empty(), "{}", told.0.join("\n"));
    let snapshot = room.path("given.db");
    room.run(&["snapshot", "given.db"]).exits(0);
    assert_not_in(&snapshot);
    room.run(&["export", "--format", "bundle", "--out", "bundle"]).exits(0);
    for document in std::fs::read_dir(room.path("bundle")).expect("a folder") {
        assert_not_in(&document.expect("a document").path());
    }
}

#[test]
fn a_snapshot_has_no_password_that_an_earlier_version_left_in_the_database() {
    let room = Newsroom::new();
    let file =
        room.file("one.jsonl", r#"{"id": "1", "source": "wire", "title": "One", "text": "A text of some words."}"#);
    room.run(&["-q", "import", &file]).exits(0);
    let url = address("paper.example/feed");
    let old = format!("http://ana:{PASSWORD}-old@paper.example/feed");
    rusqlite::Connection::open(room.database())
        .expect("the database")
        .execute_batch(&format!(
            "UPDATE sources SET url = '{url}', site_url = '{url}';
             UPDATE _source_schedule SET error = 'no feed at {url}', error_class = 'parse', moved_to = '{url}', n_moved = 9;
             UPDATE sightings SET url = '{url}';
             INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, bytes, error, redirected_to)
             VALUES ('{old}', 1, 'poll', '2026-11-20T00:00:00Z', 1, 1, 'no answer from {url}', '{url}')"
        ))
        .expect("an earlier version");
    let mut told = Told::default();
    for arguments in
        [&["sources", "show", "wire"][..], &["sources", "ls"], &["status"], &["why", "http://paper.example/feed"]]
    {
        told.look(&room.run(arguments), &format!("{arguments:?}"));
        told.look(&room.run(&[&["--json"], arguments].concat()), &format!("--json {arguments:?}"));
    }
    assert!(told.0.is_empty(), "{}", told.0.join("\n"));
    room.run(&["snapshot", "given.db"]).exits(0);
    assert_not_in(&room.path("given.db"));
    let given = rusqlite::Connection::open(room.path("given.db")).expect("the snapshot");
    let url: String = given.query_row("SELECT url FROM sources", [], |row| row.get(0)).expect("a source");
    assert_eq!(url, "http://paper.example/feed");
}
