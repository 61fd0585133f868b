//! What an administrator and a service manager see of the daemon.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

/// A paper with an article, and a room that follows it.
fn paper() -> (NewsWeb, Newsroom) {
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
