//! What a daemon is asked for by another process: done by the daemon, and with `--wait` shown when it is done, as the same command
//! shows it without a daemon.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Daemon, Newsroom, feed, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_mins(1);

const FIRST: &str = "http://paper.example/first";
const SECOND: &str = "http://paper.example/second";

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

/// A paper, and one that wants no visitors.
fn papers() -> NewsWeb {
    let paper = Site::new("paper.example")
        .with("/feed", feed(&[FIRST]))
        .with("/first", page("The first page"))
        .with("/second", page("The second page"))
        .with("/hanging", faults::hanging())
        .with("/missing", faults::failing(404))
        .with("/feeds/broken", faults::failing(404));
    let shy = Site::new("shy.example")
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /\n"))
        .with("/story", page("A private page"));
    web_of(vec![paper, shy])
}

/// A daemon that has done all that was due, and looks often for what others ask of it.
fn at_work(room: &mut Newsroom) -> Daemon {
    room.set(&[("daemon.idle_max_s", "1")]);
    let daemon = room.start();
    let is_at_work = format!("SELECT count(*) FROM _daemon WHERE stopped_at IS NULL AND pid = {}", daemon.id());
    room.wait_for(PATIENCE, &is_at_work, "1");
    daemon
}

#[test]
fn an_address_that_a_daemon_is_asked_for_is_shown_when_it_has_it() {
    let web = papers();
    let mut room = Newsroom::reading(&web);
    let daemon = at_work(&mut room);
    let holder = format!("process {}", daemon.id());

    // Without waiting nothing has come yet; a program is told what is handed over.
    let handed = room.run(&["--json", "fetch", "http://paper.example/missing"]).exits(0).says(&holder);
    let line = &handed.json_lines()[0];
    assert_eq!((&line["verdict"], &line["url"]), (&"handed over".into(), &"http://paper.example/missing".into()));

    let first = room.run(&["fetch", "--wait", FIRST]).exits(0).says(&holder).says("1 new article (0 duplicates)");
    assert_eq!(first.cells(), [["1", "new", "The first page", FIRST]]);
    let again = room.run(&["--json", "fetch", "--wait=30", FIRST]).exits(0);
    assert_eq!(again.json_lines()[0]["verdict"], "known");
    assert_eq!(again.json_lines()[0]["id"], 1);
    let copy = room.run(&["fetch", "--wait", SECOND]).exits(0).says("1 new article (1 duplicate)");
    assert_eq!(copy.cells()[0][1], "duplicate");

    // It is tried again, and that is not waited for.
    let missing = "http://paper.example/missing";
    room.run(&["fetch", "--wait", missing])
        .exits(1)
        .says("http://paper.example/missing: the server answered 404")
        .says("(4xx)");
    room.run(&["fetch", "--wait", missing, FIRST]).exits(3).says("1 could not be fetched");
    room.run(&["fetch", "--wait", "http://shy.example/story"]).exits(77).says("robots.txt of shy.example disallows");
    // What is handed over says the same as what is fetched here.
    daemon.stop().exits(0);
    room.run(&["fetch", missing]).exits(1).says("http://paper.example/missing: the server answered 404");
    room.run(&["fetch", "--wait", missing, FIRST]).exits(3);
    room.run(&["fetch", "http://shy.example/story"]).exits(77);
    room.assert_sound();
}

#[test]
fn whoever_waits_is_told_when_the_time_is_over_and_when_the_daemon_dies() {
    let web = papers();
    let mut room = Newsroom::reading(&web);
    let daemon = at_work(&mut room);
    let hanging = "http://paper.example/hanging";
    room.run(&["fetch", "--wait=1", hanging]).exits(75).says("after 1 s 1 of what was asked for is not done");
    room.run(&["fetch", "--wait=0", hanging]).exits(2);
    // What has failed meanwhile takes nothing from what is not done yet.
    let refused = "http://shy.example/story";
    let partly =
        room.run(&["fetch", "--wait=3", refused, hanging]).exits(75).says("robots.txt of shy.example disallows");
    partly.says("after 3 s 1 of what was asked for is not done");
    let waiting = room.start_with(&["fetch", "--wait=50", hanging]);
    waiting.wait_to_say("is handed to");
    daemon.kill();
    waiting.end().exits(1).says("has ended before 1 of what was asked for was done");
    // And whoever no longer waits takes nothing back.
    let daemon = at_work(&mut room);
    let waiting = room.start_with(&["fetch", "--wait=50", hanging]);
    waiting.wait_to_say("is handed to");
    waiting.signal("INT");
    waiting.end().exits(130).says("goes on with it");
    daemon.stop().exits(0);
}

#[test]
fn sources_are_polled_now_by_the_daemon_and_without_one() {
    let web = papers();
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.follow("broken", "http://paper.example/feeds/broken", Some("feed"));
    let alone = room.run(&["sources", "poll", "paper"]).exits(0).says("1 source polled");
    assert_eq!(alone.cells(), [["1", "new", "The first page", FIRST]]);
    room.run(&["sources", "poll", "broken"]).exits(1);
    for words in [&["nobody"][..], &["http://paper.example/other"]] {
        room.run(&[&["sources", "poll"], words].concat()).exits(2).says("no source");
    }

    let daemon = at_work(&mut room);
    assert!(web.put("paper.example", "/feed", feed(&[FIRST, SECOND])));
    let polled = room.run(&["sources", "poll", "--wait", "paper"]).exits(0);
    let polled = polled.says("paper: 1 new").says("1 source polled").says("1 new article (1 duplicate)");
    assert_eq!(polled.cells(), [["2", "duplicate", "The second page", SECOND]]);
    room.run(&["sources", "poll", "--wait", "paper"]).exits(0).says("0 new articles").says("1 source polled");
    let failed = room.run(&["sources", "poll", "--wait", "broken", "paper"]).exits(3);
    failed.says("broken (http://paper.example/feeds/broken): the server answered 404");
    room.run(&["sources", "poll", "--wait", "broken"]).exits(1);
    room.run(&["sources", "poll", "nobody"]).exits(2);
    // Nothing is begun where a word is wrong.
    for words in [&["sources", "poll", "paper", "nobody"][..], &["fetch", "paper", SECOND, "nobody"]] {
        let refused = room.run(words).exits(2).says("no source \"nobody\"");
        assert!(!refused.stderr.contains("is due now"), "{}", refused.stderr);
    }
    // A daemon polls none that is paused, and is not said to.
    room.run(&["sources", "pause", "paper"]).exits(0);
    room.run(&["sources", "poll", "paper"]).exits(1).says("paper is paused").says("`newswire sources resume paper`");
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn a_new_start_is_waited_for_and_counted() {
    let web = papers();
    let mut room = Newsroom::reading(&web);
    room.set(&[("schedule.article_attempts_max", "1")]);
    assert!(web.put("paper.example", "/feed", feed(&[FIRST, "http://paper.example/missing"])));
    assert!(web.put("paper.example", "/first", faults::failing(404)));
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3);
    room.run(&["sources", "retry", "--wait", "paper"]).exits(1).says("no daemon runs");
    room.run(&["fetch", "--due"]).exits(1);

    let daemon = at_work(&mut room);
    assert!(web.put("paper.example", "/first", page("The first page")));
    let retried = room.run(&["sources", "retry", "--wait", "paper"]).exits(3).says("1 could not be fetched");
    assert_eq!(retried.cells(), [["paper", "2", "1", "1", "0"]]);
    let retried = room.run(&["--json", "sources", "retry", "--wait", "paper"]).exits(1);
    let expected = serde_json::json!({"slug": "paper", "articles": 1, "stored": 0, "failed": 1, "waiting": 0});
    assert_eq!(retried.json_lines(), [expected]);
    assert!(web.put("paper.example", "/missing", page("The missing page")));
    let retried = room.run(&["fetch", "--retry", "--wait"]).exits(0).says("1 article due again");
    assert_eq!(retried.cells()[0][1..3], ["duplicate", "The missing page"]);
    daemon.stop().exits(0);
    room.assert_sound();
}
