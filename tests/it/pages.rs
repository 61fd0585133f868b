//! The pages of `newswire serve`: what they show, in three forms; that hostile texts stay texts; and feeds that readers understand.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Daemon, Newsroom};
use crate::serving::{Answer, address_behind, get};

/// A store that is shown.
pub(crate) struct Shown {
    pub(crate) room: Newsroom,
    pages: Daemon,
    pub(crate) address: String,
}

impl Shown {
    pub(crate) fn of(room: Newsroom) -> Shown {
        let pages = Daemon::start(room.command(&["serve", "--listen", "127.0.0.1:0"]));
        pages.wait_to_say("is shown at");
        let address = address_behind(&pages, "is shown at http://");
        Shown { room, pages, address }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        get(&self.address, path, "Host: localhost\r\n")
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", answer.body))
    }

    pub(crate) fn end(self) {
        self.pages.stop().exits(0);
        self.room.assert_sound();
    }
}

/// A text with enough words to be one.
pub(crate) fn paragraphs(about: &str) -> Vec<String> {
    (1..=4)
        .map(|n| format!("{about}, part {n}: the ferry left at dawn and nobody on the quay could say why it was late."))
        .collect()
}

pub(crate) fn room_with(articles: &[Value]) -> Newsroom {
    let room = Newsroom::new();
    let lines = articles.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let file = room.file("articles.jsonl", lines);
    room.run(&["import", &file]).exits(0);
    room
}

/// Everything in a page that could do something.
const HOSTILE: &str =
    "</title><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover=\"alert(1)' \u{202e}gnp.exe &amp;";

#[test]
fn every_page_is_shown_in_its_forms() {
    let articles: Vec<Value> = ["Ferries stay in harbour", "Night train to Corran runs again", "廃線の駅舎が図書館に"]
        .iter()
        .enumerate()
        .map(|(n, title)| {
            let published = format!("2026-11-2{n}T08:00:00Z");
            json!({ "url": format!("https://paper{n}.example/a"), "title": title, "published": published,
                    "authors": ["Ada Marsh"], "language": "en", "source": "paper", "paragraphs": paragraphs(title) })
        })
        .collect();
    let shown = Shown::of(room_with(&articles));
    for path in [
        "/",
        "/stories",
        "/articles/1",
        "/search",
        "/search?q=ferry",
        "/sources",
        "/sources/paper",
        "/revised",
        "/removed",
        "/gaps",
        "/feeds",
    ] {
        let answer = shown.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.head.contains("content-type: text/html"), "{path}: {}", answer.head);
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{path}: {}", answer.head);
        assert!(answer.body.starts_with("<!DOCTYPE html>") && answer.body.ends_with("</html>"), "{path}");
    }
    assert_eq!(shown.json("/index.json")["new"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown.json("/articles/1.json")["title"], "Ferries stay in harbour");
    let found = shown.json("/search.json?q=night+train");
    assert!(
        found["articles"].as_array().is_some_and(|hits| hits[0]["title"] == "Night train to Corran runs again"),
        "{found}"
    );
    assert_eq!(shown.json("/search.json?q=%E5%9B%B3%E6%9B%B8%E9%A4%A8")["articles"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        shown.json("/search.json?since=2026-11-21&until=2026-11-22")["articles"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(shown.json("/search.json?lang=fr")["articles"], json!([]));
    for (path, status, reason) in [
        ("/nowhere", 404, "there is no page at /nowhere"),
        ("/articles/77", 404, "there is no article 77"),
        ("/articles/one", 404, "is no number"),
        ("/articles/1/diff/1..9", 404, "there is no revision 9"),
        ("/search?since=soon", 400, "since=soon: must be a day"),
        ("/search?q=%22", 400, "there is no word"),
        ("/search?source=nobody", 404, "there is no source nobody"),
        ("/stories?min_sources=many", 400, "min_sources=many: must be a number"),
    ] {
        let answer = shown.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains(reason), "{path}: {}", answer.body);
    }
    assert_eq!(get(&shown.address, "/", "Host: elsewhere.example\r\n").status, 421);
    shown.end();
}

#[test]
fn texts_stay_texts() {
    let endless = format!("{HOSTILE}{}", "x".repeat(1_000_000));
    let article = json!({ "url": "https://paper.example/a", "title": endless, "published": "2026-11-20T08:00:00Z",
        "authors": [HOSTILE], "language": "en", "source": "paper", "paragraphs": [HOSTILE, HOSTILE, paragraphs("Tide")[0]] });
    let script = json!({ "id": "javascript:alert(1)", "title": "No address", "source": "paper", "paragraphs": paragraphs("Quay") });
    let shown = Shown::of(room_with(&[article, script]));
    for path in [
        "/",
        "/articles/1",
        "/articles/2",
        "/search",
        "/search?q=tide",
        "/search?q=%3Cscript%3Ealert(1)",
        "/sources",
        "/%3Cscript%3E",
    ] {
        let page = shown.get(path).body;
        let tags = page.matches("<script").count();
        assert_eq!(tags, 1, "{path}: only our own script: {page:.2000}");
        assert!(!page.contains("<img") && !page.contains("href=\"javascript:"), "{path}: {page:.2000}");
        assert!(!page.contains("\" onmouseover=\""), "{path}: {page:.2000}");
        assert!(page.len() < 200_000, "{path}: {} bytes", page.len());
    }
    shown.end();
}

#[test]
fn feeds_are_understood_and_unchanged_ones_cost_nothing() {
    let article = |n: usize| {
        json!({ "url": format!("https://paper.example/{n}"), "title": format!("Part {n} <b>& more\u{1}</b>"),
                "published": format!("2026-11-20T08:0{n}:00Z"), "authors": ["Ada Marsh"], "language": "en", "source": "paper",
                "paragraphs": paragraphs(&format!("Tide table {n} & <i>moon</i>")) })
    };
    let shown = Shown::of(room_with(&[article(1), article(2)]));
    let answer = shown.get("/search.atom");
    assert!(answer.head.contains("content-type: application/atom+xml"), "{}", answer.head);
    let feed = feed_rs::parser::parse(answer.body.as_bytes()).expect("it is Atom");
    assert_eq!(feed.entries.len(), 2, "{}", answer.body);
    let first = &feed.entries[0];
    assert!(first.id.ends_with("/articles/2") && first.id.starts_with("tag:"), "{}", first.id);
    assert_eq!(first.links[0].href, "https://paper.example/2");
    assert_eq!(first.authors[0].name.as_deref(), Some("Ada Marsh"));
    let content = first.content.as_ref().and_then(|content| content.body.as_deref()).expect("a text");
    assert!(content.contains("Tide table 2 &amp; &lt;i&gt;moon&lt;/i&gt;"), "{content}");
    let lead = shown.get("/search.atom?body=lead").body;
    assert!(lead.contains("part 1") && !lead.contains("part 2:"), "{lead}");
    // Our own reader of feeds sees what they are.
    let file = shown.room.file("own.atom", &answer.body);
    let read = shown.room.run(&["parse-feed", "--json", &file]).exits(0).json();
    assert_eq!(read["entries"].as_array().map(Vec::len), Some(2), "{read}");
    let as_json = shown.json("/search.feed.json");
    assert_eq!(as_json["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(as_json["items"][0]["external_url"], "https://paper.example/2");
    assert_eq!(as_json["items"][0]["id"], first.id);

    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").trim().to_owned();
    // Heads are in lower case here, and so is the tag: its parts are.
    let again =
        |tag: &str| get(&shown.address, "/search.atom", &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"));
    let tag = tag.replacen("w/", "W/", 1);
    let unchanged = again(&tag);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    let file = shown.room.file("third.jsonl", format!("{}\n", article(3)));
    shown.room.run(&["import", &file]).exits(0);
    let changed = again(&tag);
    assert_eq!(changed.status, 200);
    assert!(changed.body.contains(&first.id), "an entry keeps its id");
    shown.end();
}

#[test]
fn what_publishers_change_and_take_away_is_shown_and_told_to_feed_readers() {
    let article = |text: &str| {
        let mut texts = paragraphs("Tide");
        texts[1] = text.to_owned();
        json!({ "url": "https://paper.example/1", "title": "High water", "published": "2026-11-20T08:00:00Z", "source": "paper",
                "paragraphs": texts })
    };
    let room =
        room_with(&[article("The water will rise by two metres, said the harbour master on the evening before.")]);
    let file = room.file(
        "again.jsonl",
        article("The water will rise by three metres, said the harbour master on the evening before.").to_string(),
    );
    room.run(&["import", &file]).exits(0);
    rusqlite::Connection::open(room.database())
        .expect("a database")
        .execute("UPDATE articles SET removed_at = '2026-11-21T08:00:00Z'", [])
        .expect("it is written");
    let shown = Shown::of(room);
    let revised = shown.get("/revised.atom").body;
    let feed = feed_rs::parser::parse(revised.as_bytes()).expect("it is Atom");
    assert_eq!(feed.entries.len(), 1, "{revised}");
    assert!(feed.entries[0].id.ends_with("/articles/1/diff/1..2"), "{}", feed.entries[0].id);
    let content = feed.entries[0].content.as_ref().and_then(|content| content.body.as_deref()).expect("a text");
    assert!(content.contains("<del>two</del><ins>three</ins>"), "{content}");
    assert_eq!(shown.json("/removed.json")[0]["removed_at"], "2026-11-21T08:00:00Z");
    let page = shown.get("/articles/1/diff/1..2").body;
    assert!(page.contains("<del>two</del><ins>three</ins>"), "{page}");
    shown.end();
}

#[test]
fn the_daemon_shows_pages_where_it_is_told_to() {
    let mut room =
        room_with(&[json!({ "id": "1", "title": "Quay", "paragraphs": paragraphs("Quay"), "source": "paper" })]);
    room.set(&[("http.listen", "\"127.0.0.1:0\"")]);
    for (pages, status) in [("false", 200), ("true", 200)] {
        room.set(&[("http.pages", pages)]);
        let daemon = room.start();
        daemon.wait_to_say("requests are answered at");
        let address = address_behind(&daemon, "answered at http://");
        let front = get(&address, "/", "Host: localhost\r\n");
        assert_eq!(front.status, status);
        assert_eq!(front.body.contains("<h1"), pages == "true", "{}", front.body);
        assert_eq!(get(&address, "/articles/1", "Host: localhost\r\n").status, if pages == "true" { 200 } else { 404 });
        assert_eq!(get(&address, "/healthz", "Host: localhost\r\n").status, 200);
        daemon.stop().exits(0);
    }
    room.wait_for(Duration::from_secs(5), "SELECT count(*) FROM articles", "1");
    room.assert_sound();
}

#[test]
fn there_must_be_something_to_show_and_a_place_to_show_it() {
    let room = Newsroom::new();
    room.run(&["serve"]).exits(1).says("no database there yet");
    assert!(!room.database().exists());
    let room = room_with(&[json!({ "id": "1", "title": "Quay", "paragraphs": paragraphs("Quay"), "source": "paper" })]);
    room.run(&["serve", "--listen", "192.0.2.1:80"]).exits(2).says("must be an address of this machine alone");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    room.run(&["serve", "--listen", &address]).exits(1).says("--listen 127.0.0.1:0 takes a free port");
}
