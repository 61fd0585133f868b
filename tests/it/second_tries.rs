//! What is not there at first comes later: pages that a feed names too early, work that ended with its process, times that a
//! wrong clock has written. And what hangs keeps nobody from their turn.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};
use rusqlite::Connection;

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

const PAGE: &str = "http://early.example/story";

fn page() -> Resource {
    Resource::html(faults::article_html("A page"))
}

#[test]
fn a_page_that_its_feed_names_too_early_is_had_by_a_later_try() {
    for status in [404, 403, 410] {
        let site = Site::new("early.example")
            .with("/feed", feed(&[PAGE]))
            .with("/story", faults::refusing_with(status, 2, None));
        let web = web_of(vec![site]);
        let mut room = Newsroom::reading(&web);
        room.hurry();
        room.follow("early", "http://early.example/feed", Some("feed"));
        let daemon = room.start();
        room.wait_for(PATIENCE, "SELECT title FROM articles", "A busy page");
        daemon.stop().exits(0);
        assert_eq!(web.stats("early.example").count("/story"), 3, "{status}");
    }
}

#[test]
fn an_old_page_that_is_not_found_is_asked_for_once() {
    let dated = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Archive</title><item><title>Old</title>\
                 <link>http://early.example/story</link><pubDate>Mon, 02 Mar 2020 08:00:00 GMT</pubDate></item></channel></rss>";
    let archive = Resource::new("application/rss+xml", dated);
    let web = web_of(vec![Site::new("early.example").with("/feed", archive).with("/story", faults::failing(404))]);
    let mut room = Newsroom::reading(&web);
    room.follow("early", "http://early.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3);
    assert_eq!(room.table("SELECT due_at, failures_in_a_row FROM _links"), [["NULL", "1"]]);
}

#[test]
fn what_was_given_up_is_tried_again_as_long_as_a_source_lists_it() {
    let web =
        web_of(vec![Site::new("early.example").with("/feed", feed(&[PAGE])).with("/story", faults::failing(404))]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.article_attempts_max", "1")]);
    room.follow("early", "http://early.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3);
    assert_eq!(room.table("SELECT due_at, failures_in_a_row FROM _links"), [["NULL", "1"]]);

    // The page is there now, and the feed lists it again because something else is new in it.
    assert!(web.put("early.example", "/story", page()));
    assert!(web.put("early.example", "/feed", feed(&["http://early.example/other", PAGE])));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT url FROM articles", PAGE);
    daemon.stop().exits(0);
}

#[test]
fn what_was_given_up_is_told_and_gets_a_new_start_by_hand_also_beside_a_daemon() {
    let web = web_of(vec![
        Site::new("early.example")
            .with("/feed", feed(&[PAGE]))
            .with("/story", faults::failing(404))
            .with("/other", page()),
    ]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("schedule.article_attempts_max", "1"), ("daemon.idle_max_s", "1")]);
    room.follow("early", "http://early.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3).says("1 article given up; `newswire fetch --retry` tries again");
    let status = room.run(&["status"]).exits(0).stdout;
    assert!(status.contains("given up\t1 article; `newswire fetch --retry` tries them again"), "{status}");
    room.run(&["fetch", "--due"]).exits(0).says("1 article given up");
    assert_eq!(web.stats("early.example").count("/story"), 1);
    room.run(&["fetch", "--retry"]).exits(1).says("1 article due again");
    assert_eq!(web.stats("early.example").count("/story"), 2);

    assert!(web.put("early.example", "/story", page()));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL", "1");
    room.run(&["sources", "retry", "early"]).exits(0).says("a running daemon takes them up");
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "1");
    // An address that is named is handed over, and a source is polled.
    let outcome = room.run(&["fetch", "http://early.example/other", "early"]).exits(0);
    assert!(outcome.stderr.contains("http://early.example/other is handed to"), "{}", outcome.stderr);
    room.wait_for(PATIENCE, "SELECT count(*) FROM _links WHERE url LIKE '%/other' AND article_id IS NOT NULL", "1");
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn a_page_in_whose_hands_the_process_dies_waits_and_is_given_up_and_the_others_come() {
    let urls = ["http://deadly.example/story", "http://sound.example/story"];
    let web = web_of(vec![
        Site::new("deadly.example").with("/story", faults::hanging()),
        Site::new("sound.example").with("/feed", feed(&urls)).with("/story", page()),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.article_attempts_max", "3")]);
    room.follow("sound", "http://sound.example/feed", Some("feed"));
    let deadly = |column: &str| format!("SELECT {column} FROM _links WHERE url = 'http://deadly.example/story'");
    for n_deaths in 1..=3 {
        let daemon = room.start();
        // From the second death on it waits for a while first.
        room.wait_for(PATIENCE, &deadly(&format!("n_claims = {n_deaths} AND claim_id IS NOT NULL")), "1");
        daemon.kill();
    }
    let daemon = room.start();
    room.wait_for(PATIENCE, &deadly("claim_id IS NULL AND due_at IS NULL"), "1");
    room.wait_for(PATIENCE, "SELECT title FROM articles", "A page");
    daemon.stop().exits(0);
    let reason =
        room.value("SELECT error FROM fetches WHERE url = 'http://deadly.example/story' ORDER BY id DESC LIMIT 1");
    assert_eq!(reason, "newswire itself ended 3 times in a row while this was in work, please report it");
    let why = room.run(&["why", "http://deadly.example/story"]).exits(0);
    assert!(why.stdout.contains("given up after 3 attempts") && why.stdout.contains(&reason), "{}", why.stdout);
    room.assert_sound();
}

#[test]
fn a_death_with_several_pages_in_work_counts_against_none_of_them() {
    let hosts = ["one.example", "two.example", "three.example", "four.example"];
    let urls = hosts.map(|host| format!("http://{host}/story"));
    let mut sites: Vec<Site> = hosts.iter().map(|host| Site::new(host).with("/story", faults::hanging())).collect();
    sites.push(Site::new("sound.example").with("/feed", feed(&urls.each_ref().map(String::as_str))));
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.article_attempts_max", "3")]);
    room.follow("sound", "http://sound.example/feed", Some("feed"));
    for _ in 0..6 {
        let daemon = room.start();
        daemon.wait_to_say("started");
        // From the second death on one comes after the other.
        room.wait_for(PATIENCE, "SELECT count(*) > 1 FROM _links WHERE claim_id IS NOT NULL", "1");
        daemon.kill();
    }
    for host in hosts {
        assert!(web.put(host, "/story", page()));
    }
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _links WHERE article_id IS NOT NULL", "4");
    daemon.stop().exits(0);
    room.assert_sound();
}

/// How far ahead a clock was.
const AHEAD_MS: i64 = 5 * 365 * 86_400_000;

/// A source that was polled, and whose article will be tried again.
fn room_with_times() -> (Newsroom, NewsWeb) {
    let web =
        web_of(vec![Site::new("early.example").with("/feed", feed(&[PAGE])).with("/story", faults::failing(500))]);
    let mut room = Newsroom::reading(&web);
    room.follow("early", "http://early.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3);
    (room, web)
}

#[test]
fn times_that_a_clock_wrote_while_it_was_ahead_hold_up_nothing() {
    let (room, web) = room_with_times();
    {
        let connection = Connection::open(room.database()).expect("the database opens");
        for sql in [
            "UPDATE _source_schedule SET next_due_at = next_due_at + ?1, last_polled_at = last_polled_at + ?1,
                 last_ok_at = last_ok_at + ?1",
            "UPDATE _links SET due_at = due_at + ?1",
            "UPDATE _hosts SET ready_at = ready_at + ?1",
        ] {
            assert_eq!(connection.execute(sql, [AHEAD_MS]).expect("the table can be changed"), 1, "{sql}");
        }
    }
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(web.stats("early.example").count("/feed"), 2, "the source is polled again");
    let latest_due = "SELECT max(due_at / 1000 - unixepoch('now') < 30 * 86400) FROM _links";
    assert_eq!(room.value(latest_due), "1", "the article waits no longer than the longest interval");
}

#[test]
fn what_is_shown_of_such_times_is_what_counts() {
    let (mut room, _web) = room_with_times();
    // A year and a week more, whatever the settings were when the database was made.
    let longest = "SELECT longest_s FROM _schedule_state";
    assert!(room.number(longest) < 40 * 86400);
    room.set(&[("schedule.article_interval_s", "31536000")]);
    room.run(&["fetch", "--due"]);
    assert!(room.number(longest) > 365 * 86400);
    room.set(&[("schedule.article_interval_s", "86400")]);
    room.run(&["fetch", "--due"]);
    let change = |sql: &str| {
        let connection = Connection::open(room.database()).expect("the database opens");
        assert_eq!(connection.execute(sql, [AHEAD_MS]).expect("the table can be changed"), 1, "{sql}");
    };
    let days_until = |time: &serde_json::Value| {
        let time: jiff::Timestamp = time.as_str().expect("a time").parse().expect("RFC 3339");
        time.duration_since(jiff::Timestamp::now()).as_hours() / 24
    };
    let n_due = || room.run(&["--json", "status"]).exits(0).json()["sources_due"].clone();
    change("UPDATE _source_schedule SET next_due_at = next_due_at + ?1");
    change("UPDATE _links SET due_at = due_at + ?1");
    // No interval is longer than some days.
    let next_due_at = room.run(&["--json", "sources", "ls"]).exits(0).json_lines()[0]["next_due_at"].clone();
    let shown = room.run(&["--json", "sources", "show", "early"]).exits(0).json();
    let why = room.run(&["--json", "why", PAGE]).exits(0).json();
    for time in [&next_due_at, &shown["next_due_at"], &why["link"]["due_at"]] {
        assert!((1..40).contains(&days_until(time)), "{time}");
    }
    // For whoever asks the database too, by the settings that it was last written with.
    let of_view = serde_json::Value::from(room.value("SELECT next_due_at FROM source_health"));
    assert!((1..40).contains(&days_until(&of_view)), "{of_view}");
    let outcome = room.run(&["show", PAGE]).exits(1).says("next try at ");
    let next_try = outcome.stderr.split("next try at ").nth(1).expect("a time").trim();
    assert!((1..40).contains(&days_until(&next_try.into())), "{next_try}");
    assert_eq!(n_due(), 0);
    // One that was polled in the future is due, for whoever looks.
    change("UPDATE _source_schedule SET last_polled_at = last_polled_at + ?1");
    let next_due_at = room.run(&["--json", "sources", "ls"]).exits(0).json_lines()[0]["next_due_at"].clone();
    assert_eq!(days_until(&next_due_at), 0);
    assert_eq!(room.value("SELECT next_due_at <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM source_health"), "1");
    assert_eq!(n_due(), 1);
}

/// Hosts that take a connection and never answer.
const N_HANGING: usize = 120;

/// Articles of a source that does well.
const N_GOOD: usize = 20;

/// Time limits that no hanging host reaches before the good ones are done: those do not wait for them.
fn with_patience(room: &mut Newsroom) {
    room.set(&[("fetch.read_timeout_s", "120"), ("fetch.total_timeout_s", "300"), ("daemon.grace_period_s", "1")]);
}

fn good_site() -> Site {
    let urls: Vec<String> = (0..N_GOOD).map(|n| format!("http://good.example/{n}")).collect();
    let list = feed(&urls.iter().map(String::as_str).collect::<Vec<_>>());
    (0..N_GOOD).fold(Site::new("good.example").with("/feed", list), |site, n| {
        let html = faults::article_html(&format!("Page {n}")).replace("The committee", &format!("Committee {n}"));
        site.with(&format!("/{n}"), Resource::html(html))
    })
}

fn assert_nobody_waited(room: &Newsroom) {
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", &N_GOOD.to_string());
    assert_eq!(room.number("SELECT count(*) FROM fetches WHERE error_class = 'timeout'"), 0);
}

#[test]
fn a_feed_that_names_hosts_that_hang_keeps_no_other_from_its_turn() {
    let hosts: Vec<String> = (0..N_HANGING).map(|n| format!("hanging-{n}.example")).collect();
    let urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}/story")).collect();
    let list = feed(&urls.iter().map(String::as_str).collect::<Vec<_>>());
    let mut sites: Vec<Site> =
        hosts.iter().map(|host| Site::new(host).with("/robots.txt", faults::hanging())).collect();
    sites.extend([Site::new("bad.example").with("/feed", list), good_site()]);
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    with_patience(&mut room);
    room.follow("bad", "http://bad.example/feed", Some("feed"));
    room.follow("good", "http://good.example/feed", Some("feed"));
    let daemon = room.start();
    assert_nobody_waited(&room);
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn sources_that_hang_keep_no_other_from_its_turn() {
    let hosts: Vec<String> = (0..N_HANGING).map(|n| format!("hanging-{n}.example")).collect();
    let mut sites: Vec<Site> = hosts.iter().map(|host| Site::new(host).with("/feed", faults::hanging())).collect();
    sites.push(good_site());
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    with_patience(&mut room);
    for host in &hosts {
        room.follow(&host.replace('.', "-"), &format!("http://{host}/feed"), Some("feed"));
    }
    room.follow("good", "http://good.example/feed", Some("feed"));
    let daemon = room.start();
    assert_nobody_waited(&room);
    daemon.stop().exits(0);
    room.assert_sound();
}
