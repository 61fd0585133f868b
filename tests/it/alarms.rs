//! Alarms by habits: a source that falls silent, and one whose articles become short, with a history of five weeks.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use newswire::demo::web::{NewsWeb, Resource, Site};
use rusqlite::params;
use serde_json::{Value, json};

use crate::harness::{Newsroom, web_of};
use crate::newsweb::faults;
use crate::serving::{address_of, get};

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// Days of history.
const DAYS: i64 = 35;

fn feed_with(items: &str) -> Resource {
    let head = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Paper</title>";
    Resource::new("application/rss+xml", format!("{head}{items}</channel></rss>"))
}

fn item(host: &str, number: u32) -> String {
    format!("<item><title>Number {number} of the harbour</title><link>http://{host}/{number}</link></item>")
}

/// Articles as JSON lines for `import`: of each source one every two hours, `harbour` until half a week ago, and of `quay` those of the
/// last three days of a few words.
fn history(now: Timestamp) -> String {
    let mut lines = String::new();
    for hours in (0..DAYS * 24).rev().step_by(2) {
        let at = now - SignedDuration::from_hours(hours) - SignedDuration::from_mins(7);
        for source in ["harbour", "quay"] {
            if source == "harbour" && hours < 84 {
                continue;
            }
            let n_sentences = if source == "quay" && hours < 72 { 1 } else { 12 + hours % 9 };
            let text = (0..n_sentences).fold(String::new(), |mut text, number| {
                let _ = write!(
                    text,
                    "Ship {} of the {source} moored at pier {number} with {hours} crates of tea. ",
                    hours * 31 + number
                );
                text
            });
            let line = json!({
                "id": format!("{source}-{hours}"),
                "title": format!("Moored at the {source}: ship {hours}"),
                "published": format!("{at:.0}"),
                "language": "en",
                "text": text,
                "source": source,
            });
            let _ = writeln!(lines, "{line}");
        }
    }
    lines
}

/// A newsroom whose two sources have such a history.
fn room() -> (NewsWeb, Newsroom) {
    let sites = ["harbour.example", "quay.example"].map(|host| {
        let page = Resource::html(faults::article_html("What the paper has"));
        Site::new(host).with("/feed", feed_with("")).with("/1", page.clone()).with("/2", page)
    });
    let web = web_of(sites.into());
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.host_delay_ms", "0"), ("http.listen", "\"127.0.0.1:0\""), ("http.pages", "true")]);
    for name in ["harbour", "quay"] {
        room.follow(name, &format!("http://{name}.example/feed"), Some("feed"));
    }
    room.run(&["fetch", "--due"]).exits(0);
    let now = Timestamp::now();
    let path = room.file("history.jsonl", history(now));
    room.run(&["import", &path]).exits(0);
    let writing = rusqlite::Connection::open(room.database()).expect("a database");
    for half_hours in 1..DAYS * 48 {
        let at = format!("{:.0}", now - SignedDuration::from_mins(30 * half_hours));
        writing
            .execute(
                "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, status, bytes)
                 SELECT url, id, 'poll', ?1, 20, 200, 900 FROM sources WHERE slug IN ('harbour', 'quay')",
                params![at],
            )
            .expect("it is written");
    }
    (web, room)
}

#[test]
fn a_source_that_falls_silent_or_brings_less_of_its_texts_is_told_until_it_is_as_it_was() {
    let (web, room) = room();
    room.run(&["alarms"]).exits(0).says("no daemon has looked for alarms yet");
    let daemon = room.start();
    let address = address_of(&daemon);
    daemon.wait_to_say("of harbour (silent, ");
    daemon.wait_to_say("of quay (shorter, ");
    room.wait_for(PATIENCE, "SELECT group_concat(kind || ' ' || subject, ', ' ORDER BY kind DESC) FROM alarms WHERE kind IN ('silent', 'shorter')", "silent harbour, shorter quay");
    let figures = get(&address, "/metrics", "Host: localhost\r\n").body;
    assert!(figures.contains("newswire_alarms{kind=\"silent\"} 1\n"), "{figures}");
    assert!(figures.contains("newswire_alarms{kind=\"gone\"} 0\n"), "{figures}");
    let alarms: Vec<Value> = room.run(&["alarms", "--json"]).exits(0).json_lines();
    let silent = alarms.iter().find(|alarm| alarm["kind"] == "silent").expect("an alarm");
    assert_eq!((&silent["subject"], &silent["closed_at"]), (&json!("harbour"), &Value::Null));
    let sure = silent["confidence"].as_f64().expect("a number");
    assert!((0.9..1.0).contains(&sure), "{silent}");
    assert!(room.run(&["alarms"]).exits(0).stdout.contains("silent\tharbour\t"));
    assert!(get(&address, "/", "Host: localhost\r\n").body.contains("2 alarms"));
    let page = get(&address, "/alarms", "Host: localhost\r\n").body;
    assert!(page.contains("href=\"/sources/harbour\"") && page.contains(" % sure)"), "{page}");
    daemon.stop().exits(0);
    // It brings something again.
    assert!(web.put("harbour.example", "/feed", feed_with(&item("harbour.example", 2))));
    let daemon = room.start();
    daemon.wait_to_say("requests are answered at");
    room.run(&["fetch", "harbour"]).exits(0);
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE url LIKE '%harbour.example/2'", "1");
    // Its first look may have come before that, or after it.
    let mut log = daemon.stop().exits(0).stderr;
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT closed_why FROM alarms WHERE kind = 'silent'", "it is as it was");
    log += &daemon.stop().exits(0).stderr;
    assert!(log.contains("of harbour (silent) is over: it is as it was"), "{log}");
    let over = room.run(&["alarms", "--all", "--json"]).exits(0).json_lines();
    let silent = over.iter().find(|alarm| alarm["kind"] == "silent").expect("an alarm");
    assert!(silent["closed_at"].is_string() && silent["closed_why"] == "it is as it was", "{silent}");
    room.assert_sound();
}
