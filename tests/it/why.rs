//! `newswire why`: what has become of an address, in every way that it can have gone.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use serde_json::Value;

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

/// What the command says of an address, in a pipe and as JSON.
struct Answer {
    text: String,
    json: Value,
}

fn ask(room: &Newsroom, url: &str, code: i32) -> Answer {
    let text = room.run(&["why", url]).exits(code).stdout;
    let json = room.run(&["--json", "why", url]).exits(code).json();
    assert!(text.lines().all(|line| line.contains('\t')), "{text}");
    assert!(text.contains(&format!("outcome\t{}\n", json["outcome"].as_str().expect("a text"))), "{text}");
    Answer { text, json }
}

#[track_caller]
fn check(room: &Newsroom, url: &str, state: &str, parts: &[&str]) -> Answer {
    let answer = ask(room, url, i32::from(state == "unknown"));
    assert_eq!(answer.json["state"], state, "{}", answer.text);
    for part in parts {
        assert!(answer.text.contains(part), "{part:?} is not in {}", answer.text);
    }
    answer
}

#[test]
fn an_article_tells_how_it_came_and_what_it_is() {
    let copied = faults::article_html("What the paper has");
    let site = Site::new("paper.example")
        .with(
            "/feed",
            feed(&["http://paper.example/a?utm_source=rss", "http://paper.example/old", "http://paper.example/copy"]),
        )
        .with("/also", feed(&["http://www.paper.example/a/"]))
        .with("/a", Resource::html(copied.clone()))
        .with("/old", Resource::redirect(301, "/on"))
        .with("/on", Resource::redirect(302, "/new"))
        .with("/new", page("What was moved"))
        .with("/copy", Resource::html(copied));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.set(&[("daemon.article_tasks", "1")]);
    room.run(&["fetch", "--all"]).exits(0);
    room.follow("also", "http://paper.example/also", Some("feed"));
    room.run(&["fetch", "also"]).exits(0);
    let id = |path: &str| room.number(&format!("SELECT article_id FROM _links WHERE url LIKE '%paper.example/{path}'"));

    let url = "https://www.paper.example/a/?utm_campaign=x#top";
    let answer = check(&room, url, "stored", &["listed by\tpaper since ", "listed by\talso since ", " 200, "]);
    assert_eq!(answer.json["article"]["id"], id("a"));
    assert_eq!(answer.json["sightings"].as_array().map(Vec::len), Some(2));
    assert!(answer.text.contains(", as http://paper.example/a?utm_source=rss\n"), "{}", answer.text);
    assert!(answer.text.contains(&format!("next\t`newswire show {}`", id("a"))), "{}", answer.text);
    assert!(answer.text.contains(&format!("asked about\t{url}\n")), "{}", answer.text);

    let moved = check(
        &room,
        "http://paper.example/old",
        "stored",
        &[
            " 301, ",
            "on to http://paper.example/on\n",
            "http://paper.example/on · 302, ",
            "on to http://paper.example/new\n",
            "http://paper.example/new · 200, ",
            "also at\thttp://paper.example/new\n",
            "under another address",
        ],
    );
    let hops: Vec<&Value> =
        moved.json["exchanges"].as_array().expect("a list").iter().map(|row| &row["status"]).collect();
    assert_eq!(hops, [301, 302, 200]);
    check(&room, "http://paper.example/new", "stored", &["led here\thttp://paper.example/on\n"]);
    check(
        &room,
        "http://paper.example/on",
        "passed through",
        &["led here\thttp://paper.example/old\n", "newswire why http://paper.example/old"],
    );

    let [first, second] = ["a", "copy"].map(id);
    let (original, copy) = (first.min(second), first.max(second));
    let path = if copy == second { "copy" } else { "a" };
    let answer = check(
        &room,
        &format!("http://paper.example/{path}"),
        "stored",
        &[&format!("copy of\t= {original} paper"), &format!("next\t`newswire show {original}`")],
    );
    assert_eq!(answer.json["article"]["duplicate_kind"], "exact");
    // A change of the text, and the end of the page.
    assert!(web.put("paper.example", "/new", page("What was moved and changed")));
    room.run(&["fetch", "http://paper.example/new"]).exits(0);
    check(&room, "http://paper.example/new", "stored", &["revision\t2, last change seen "]);
    assert!(web.put("paper.example", "/new", faults::failing(410)));
    room.run(&["fetch", "http://paper.example/new"]);
    check(&room, "http://paper.example/new", "stored", &["the server answered 410"]);
    // What is deleted by hand is told as well.
    let connection = rusqlite::Connection::open(room.database()).expect("the database opens");
    connection.execute_batch("DELETE FROM articles").expect("it can be deleted");
    check(&room, "http://paper.example/a", "deleted", &["which was deleted here"]);
}

#[test]
fn what_was_refused_and_what_failed_tells_the_reason_and_the_remedy() {
    const ROBOTS: &str = "User-agent: *\nDisallow: /private/\n";
    let stub = "<!doctype html><title>Nothing here</title><p>Nothing here.</p>";
    let site = Site::new("shy.example")
        .with("/robots.txt", Resource::new("text/plain", ROBOTS))
        .with("/private/a", page("Private"))
        .with("/moved", Resource::redirect(301, "/private/a"))
        .with("/inner", Resource::redirect(302, "http://10.0.0.1/secret"))
        .with("/missing", faults::failing(404))
        .with("/stub", Resource::html(stub))
        .with("/busy", faults::failing(503))
        .with("/later", faults::refusing_with(503, 99, Some("200")));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("schedule.article_attempts_max", "1")]);
    let url = |path: &str| format!("http://shy.example{path}");
    for path in ["/private/a", "/moved", "/inner", "/missing", "/stub", "/busy"] {
        if path == "/busy" {
            room.set(&[("schedule.article_attempts_max", "3")]);
        }
        let outcome = room.run(&["fetch", &url(path)]);
        assert!(matches!(outcome.code, Some(0 | 1 | 77)), "{path}: {outcome:?}");
    }
    room.run(&["fetch", "http://nowhere.invalid/a"]).exits(1);
    check(&room, "http://nowhere.invalid/a", "backing off", &["nowhere.invalid cannot be resolved", " not asked: "]);
    let disallows = "robots.txt of shy.example disallows /private/a";
    check(&room, &url("/private/a"), "refused", &[disallows, " not asked: ", "fetch.robots = false", "led here\t"]);
    check(&room, &url("/moved"), "refused", &[disallows, " 301, ", "on to http://shy.example/private/a\n"]);
    check(&room, &url("/inner"), "refused", &["refused by the settings: ", "`fetch.private_networks`"]);
    let missing = check(&room, &url("/missing"), "given up", &["given up after 1 attempt: the server answered 404"]);
    assert_eq!(missing.json["next"], serde_json::json!(["`newswire fetch http://shy.example/missing` tries again"]));
    check(&room, &url("/stub"), "given up", &["newswire extract --explain http://shy.example/stub"]);
    let busy = check(&room, &url("/busy"), "backing off", &["after 1 failed attempt: the server answered 503"]);
    assert!(busy.json["link"]["due_at"].is_string(), "{}", busy.text);
    room.run(&["fetch", &url("/busy")]).exits(1);
    let twice = ask(&room, &url("/busy"), 0);
    assert_eq!(twice.json["exchanges"].as_array().map(Vec::len), Some(2), "{}", twice.text);
    // From here on the host is left in peace.
    room.run(&["fetch", &url("/later")]).exits(1);
    check(&room, &url("/later"), "backing off", &["try again in 200 s", "`newswire fetch --due`", "known since\t"]);
    // Requests that are no longer on record.
    let connection = rusqlite::Connection::open(room.database()).expect("the database opens");
    connection.execute_batch("DELETE FROM fetches").expect("they can be deleted");
    check(&room, &url("/missing"), "given up", &["why is no longer on record (`store.fetches_keep_days = 30`)"]);
}

#[test]
fn what_waits_tells_for_what() {
    let paper = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a", "http://paper.example/b"]))
        .with("/a", faults::hanging())
        .with("/b", faults::hanging());
    // At a host of its own: that of the paper is busy as long as an article hangs.
    let web = web_of(vec![paper, Site::new("digest.example").with("/feed", feed(&["http://paper.example/b"]))]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.total_timeout_s", "60"), ("fetch.read_timeout_s", "60")]);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.follow("digest", "http://digest.example/feed", Some("feed"));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _pending_sightings", "1");
    let claimed = "SELECT count(*) > 0 FROM _links WHERE claim_id IS NOT NULL";
    room.wait_for(PATIENCE, claimed, "1");
    // Which of them goes first is chance.
    let first = room.value("SELECT url FROM _links WHERE claim_id IS NOT NULL ORDER BY id LIMIT 1");
    let in_work = check(&room, &first, "in work", &["listed by\tpaper since ", "it is being fetched"]);
    assert_eq!(in_work.json["next"], serde_json::json!([]), "the daemon does it by itself");
    let waiting = ask(&room, "http://paper.example/b", 0);
    assert!(["due", "waiting", "in work"].contains(&waiting.json["state"].as_str().unwrap()), "{}", waiting.text);
    for source in ["paper", "digest"] {
        assert!(waiting.text.contains(&format!("listed by\t{source} since ")), "{}", waiting.text);
    }
    let unknown = check(&room, "http://paper.example/c", "unknown", &["paper (feed, read "]);
    assert!(unknown.text.contains("once the process that ingests now has ended"), "{}", unknown.text);
    daemon.kill();
    check(&room, &first, "waiting", &["by a process that has ended", "`newswire run`"]);
}

#[test]
fn what_is_unknown_tells_how_it_would_become_known() {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", page("What the paper has"));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    check(
        &room,
        "http://news.paper.example/never?a=1&b=2",
        "unknown",
        &[
            "unknown: no source lists it; paper (feed, read ",
            ") has not\n",
            "`newswire fetch 'http://news.paper.example/never?a=1&b=2'` fetches it now",
            "`newswire sources test paper`",
        ],
    );
    check(
        &room,
        "https://elsewhere.example/x",
        "unknown",
        &["none of ours is at elsewhere.example", "`newswire discover elsewhere.example`"],
    );
    room.run(&["why", "https://elsewhere.example/x"]).exits(1).says("nothing is known of https://elsewhere.example/x");
    check(
        &room,
        "https://paper.example/feed/",
        "source",
        &["source\tpaper (feed, active)", "`newswire sources show paper`"],
    );
    room.run(&["sources", "add", "http://paper.example/other", "--force", "--slug", "other"]).exits(0);
    room.run(&["sources", "pause", "other"]).exits(0);
    check(
        &room,
        "http://paper.example/never",
        "unknown",
        &["other (source, paused, not read yet), paper (feed, read "],
    );
    room.run(&["why", "ftp://paper.example/a"]).exits(2).says("must begin with http");
    room.run(&["why", "http://"]).exits(2);
    let none = Newsroom::new();
    none.run(&["why", "http://paper.example/a"]).exits(1).says("no database there yet");
}

#[test]
fn a_feed_that_is_taken_alone_and_has_no_text_is_a_refusal_by_the_settings() {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", page("What the paper has"));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.write_sources("[[source]]\nslug = \"paper\"\nurl = \"http://paper.example/feed\"\nfull_text = \"feed\"\n");
    room.run(&["fetch", "--all"]);
    assert_eq!(web.stats("paper.example").count("/a"), 0);
    let answer = check(&room, "http://paper.example/a", "refused", &["full_text = \"feed\"", "listed by\tpaper"]);
    assert_eq!(answer.json["exchanges"], serde_json::json!([]));
    // One that has the text.
    let text =
        "The council of the two towns met and agreed on the bridge, which is to be built within the year. ".repeat(3);
    let paragraphs =
        ["first", "second", "third", "fourth"].map(|nth| format!("<p>On the {nth} day. {text}</p>")).concat();
    let entry = format!(
        "<item><title>A bridge</title><link>http://paper.example/b</link><description><![CDATA[{paragraphs}]]></description></item>"
    );
    let rss = crate::harness::rss(&[]).replace("</channel>", &format!("{entry}</channel>"));
    assert!(web.put("paper.example", "/feed", Resource::new("application/rss+xml", rss)));
    room.run(&["fetch", "--all"]);
    check(&room, "http://paper.example/b", "stored", &["text\tfeed, ", "with the text of its feed's entry"]);
}
