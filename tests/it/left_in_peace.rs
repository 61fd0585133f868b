//! Hosts that asked to be left in peace: what waits for them is told, and not asked for.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, wait_until, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(20);

/// A host that wants to be left in peace for an hour as soon as it is asked for `/a`, and one that does not.
fn newsroom() -> (Newsroom, NewsWeb) {
    let page = |title: &str| Resource::html(faults::article_html(title));
    let urls = ["http://busy.example/a", "http://busy.example/b", "http://busy.example/c", "http://calm.example/a"];
    let web = web_of(vec![
        Site::new("busy.example")
            .with("/a", faults::refusing_at_first(99, "3600"))
            .with("/b", page("The second"))
            .with("/c", page("The third"))
            .with("/feed", feed(&["http://busy.example/b"])),
        Site::new("calm.example").with("/a", page("The fourth")).with("/feed", feed(&urls)),
    ]);
    let room = Newsroom::reading(&web);
    (room, web)
}

#[test]
fn an_address_whose_host_is_to_be_left_in_peace_is_told_with_the_time() {
    let (room, web) = newsroom();
    room.run(&["fetch", "http://busy.example/a"]).exits(1).says("try again in 3600 s");
    let until = room.value("SELECT strftime('%Y-%m-%dT%H:%M:', held_until / 1000, 'unixepoch') FROM _host_holds");
    let waits = |url: &str| format!("newswire: {url}: its host is to be left in peace until {until}");
    let held = room.run(&["fetch", "http://busy.example/b"]).exits(1).says("nothing could be fetched");
    assert!(held.stderr.contains(&waits("http://busy.example/b")), "{}", held.stderr);
    assert!(held.stderr.contains("`newswire why http://busy.example/b` tells more"), "{}", held.stderr);
    let is_told = |url: &str| {
        let told = room.run(&["why", url]).exits(0).stdout;
        assert!(!told.contains("fetches it now"), "{told}");
        told.contains(&until)
    };
    assert!(is_told("http://busy.example/b"));
    // What a daemon is asked for at that host is told no other way.
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.run(&["fetch", "--wait=5", "http://busy.example/c"]).exits(1).says("left in peace until");
    // The daemon may have taken it up, and puts it off.
    assert!(wait_until(PATIENCE, || is_told("http://busy.example/c")));
    let is_later = || room.run(&["status"]).stdout.contains("0 articles now, 3 articles later");
    assert!(wait_until(PATIENCE, is_later), "{}", room.run(&["status"]).stdout);
    daemon.stop().exits(0);
    // So is a source, and what else was named comes.
    let both = room.run(&["fetch", "http://busy.example/feed", "http://calm.example/a"]).exits(3);
    assert!(both.stderr.contains(&waits("http://busy.example/feed")), "{}", both.stderr);
    assert_eq!(room.column("SELECT title FROM articles"), ["The fourth"]);
    assert_eq!(web.stats("busy.example").count("/b") + web.stats("busy.example").count("/feed"), 0);
    // What is not kept cannot be asked about.
    let bundle = room.path("bundle").display().to_string();
    let listed = room.run(&["fetch", "http://busy.example/a", "http://busy.example/b", "--out", &bundle]).exits(1);
    assert!(listed.stderr.contains("http://busy.example/b: its host is to be left in peace"), "{}", listed.stderr);
    assert!(!listed.stderr.contains("newswire why http"), "{}", listed.stderr);
}

#[test]
fn what_is_due_and_waits_for_its_host_is_counted() {
    let (mut room, web) = newsroom();
    room.follow("calm", "http://calm.example/feed", Some("feed"));
    let first = room.run(&["fetch", "--due"]).exits(3).says("busy.example is to be left in peace until 20");
    assert!(first.stderr.contains("Z; waiting: 2 articles\n"), "{}", first.stderr);
    room.run(&["fetch", "--due"]).exits(0).says("Z; waiting: 2 articles");
    // A source whose turn it is waits too.
    room.follow("busy", "http://busy.example/feed", Some("feed"));
    room.run(&["fetch", "--due"]).exits(0).says("Z; waiting: 2 articles and 1 source");
    let busy = web.stats("busy.example");
    assert_eq!(busy.count("/a") + busy.count("/b") + busy.count("/c") + busy.count("/feed"), 1);
}

#[test]
fn what_a_named_source_lists_and_waits_for_its_host_is_counted() {
    let (mut room, _web) = newsroom();
    room.follow("calm", "http://calm.example/feed", Some("feed"));
    let calm = room.run(&["fetch", "calm"]).exits(3).says("busy.example is to be left in peace until 20");
    assert!(calm.stderr.contains("Z; waiting: 2 articles\n"), "{}", calm.stderr);
}

#[test]
fn a_source_whose_host_asks_for_peace_when_it_is_added_is_polled_when_that_ends() {
    let (room, web) = newsroom();
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.run(&["sources", "add", "http://busy.example/a", "--kind", "feed", "--slug", "busy"])
        .exits(0)
        .says("try again in 3600 s");
    assert_eq!(room.value("SELECT round((next_due_at / 1000.0 - unixepoch()) / 600) FROM _source_schedule"), "6");
    // Neither the daemon nor anybody else asks it meanwhile.
    room.run(&["sources", "test", "http://busy.example/feed"])
        .exits(1)
        .says("its host is to be left in peace until 20");
    room.run(&["sources", "add", "http://busy.example/feed", "--kind", "feed"]).exits(0);
    daemon.stop().exits(0);
    let busy = web.stats("busy.example");
    assert_eq!(busy.count("/a") + busy.count("/feed"), 1);
}
