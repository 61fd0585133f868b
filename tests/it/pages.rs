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

    pub(crate) fn pid(&self) -> u32 {
        self.pages.id()
    }

    pub(crate) fn end(self) -> Newsroom {
        self.pages.stop().exits(0);
        self.room.assert_sound();
        self.room
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
        "/alarms",
        "/workers",
        "/why",
        "/why?url=paper0.example/a",
    ] {
        let answer = shown.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.head.contains("content-type: text/html"), "{path}: {}", answer.head);
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{path}: {}", answer.head);
        assert!(answer.body.starts_with("<!DOCTYPE html>") && answer.body.ends_with("</html>"), "{path}");
    }
    assert_eq!(shown.json("/index.json")["new"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown.json("/articles/1.json")["title"], "Ferries stay in harbour");
    let told = shown.room.run(&["--json", "show", "1"]).exits(0).json();
    assert!(told["story_id"].is_i64(), "{told}");
    assert_eq!(shown.json("/articles/1.json")["story_id"], told["story_id"]);
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
    let why = shown.json("/why.json?url=paper1.example%2Fa");
    assert_eq!((&why["state"], &why["article"]["id"]), (&json!("stored"), &json!(2)), "{why}");
    assert_eq!(shown.json("/why.json?url=2")["url"], "https://paper1.example/a");
    let unknown = shown.get("/why?url=https%3A%2F%2Felsewhere.example%2F%3Cscript%3E").body;
    assert!(unknown.contains("<code>newswire fetch"), "{unknown}");
    assert_eq!(shown.json("/search.json?lang=FR")["articles"], json!([]));
    // What elsewhere is an operator is told to be a word.
    let taken = shown.get("/search?q=night+OR+train").body;
    assert!(taken.contains("OR: taken for words"), "{taken}");
    let taken = &shown.json("/search.json?q=nig*ht")["note"];
    assert!(taken.as_str().is_some_and(|note| note.starts_with("nig*ht: taken for words")), "{taken}");
    let many_words = format!("/search?q={}", "a*+".repeat(40));
    for (path, status, reason) in [
        ("/nowhere", 404, "there is no page at /nowhere"),
        ("/articles/77", 404, "there is no article 77"),
        ("/search?lang=french", 400, "a language is two or three letters"),
        ("/articles/one", 404, "is no number"),
        ("/articles/1/diff/1..9", 404, "there is no revision 9"),
        ("/why?url=7.5", 400, "it is a number"),
        ("/why?url=77", 404, "there is no article 77"),
        ("/search?since=soon", 400, "since=soon: must be a day"),
        ("/search?q=%22", 400, "there is no word"),
        (&many_words, 400, "a query has 32 words at most"),
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
fn lists_name_sources_as_they_are_called() {
    let article = |n: usize, source: &str| json!({ "id": n.to_string(), "title": format!("Part {n}"), "source": source, "paragraphs": paragraphs(&format!("Quay {n}")) });
    let room = room_with(&[article(1, "quay"), article(2, "tide"), article(3, "long"), article(4, "none")]);
    let long = format!("{HOSTILE}{}", "北".repeat(1_000_000));
    let connection = rusqlite::Connection::open(room.database()).unwrap();
    for (slug, title) in [("quay", "The Quay"), ("tide", "  "), ("long", long.as_str())] {
        connection.execute("UPDATE sources SET title = ?2 WHERE slug = ?1", [slug, title]).unwrap();
    }
    drop(connection);
    let shown = Shown::of(room);
    for path in ["/", "/search", "/search?q=ferry"] {
        let page = shown.get(path).body;
        for link in [
            r#"<a class="source" href="/sources/quay" title="quay" dir="auto">The Quay</a>"#,
            r#"<a class="source" href="/sources/tide" dir="auto">tide</a>"#,
            r#"<a class="source" href="/sources/none" dir="auto">none</a>"#,
        ] {
            assert!(page.contains(link), "{path}: {link} is not in {page}");
        }
        let cut = page.split(r#"title="long" dir="auto">"#).nth(1).and_then(|rest| rest.split("</a>").next());
        let cut = cut.unwrap_or_else(|| panic!("{path}: {page}"));
        assert!(
            cut.starts_with("&lt;/title&gt;&lt;script&gt;") && cut.ends_with('…') && cut.len() < 100,
            "{path}: {cut}"
        );
    }
    // Programs have it as ever.
    assert_eq!(shown.json("/search.json")["articles"][0]["source"], "none");
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

    let tag = tag_of(&answer);
    let again =
        |tag: &str| get(&shown.address, "/search.atom", &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"));
    let unchanged = again(&tag);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    let file = shown.room.file("third.jsonl", format!("{}\n", article(3)));
    shown.room.run(&["import", &file]).exits(0);
    let changed = again(&tag);
    assert_eq!(changed.status, 200);
    assert!(changed.body.contains(&first.id), "an entry keeps its id");
    shown.end();
}

/// The tag of an answer, as it was sent.
fn tag_of(answer: &Answer) -> String {
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
    // Heads are in lower case here, and so is the rest of a tag.
    tag.trim().replacen("w/", "W/", 1)
}

#[test]
fn a_feed_to_which_nothing_comes_stays_unchanged_while_others_grow() {
    let article = |source: &str, n: usize, text: &str| {
        json!({ "url": format!("https://{source}.example/{n}"), "title": format!("Part {n}"), "source": source,
                "published": format!("2026-11-20T08:0{n}:00Z"), "paragraphs": [text, paragraphs(&format!("{source} {n}"))[1]] })
    };
    let first = "The water will rise by two metres, said the harbour master of the coast on the evening before.";
    let shown = Shown::of(room_with(&[
        article("coast", 1, first),
        article("quay", 1, "Nothing is known of the cargo so far."),
    ]));
    let feeds = [
        "/search.atom?source=coast",
        "/search.feed.json?q=metres",
        "/stories.atom?min_articles=1&until=2026-11-19",
        "/revised.atom",
        "/removed.atom",
    ];
    let tags: Vec<String> = feeds.iter().map(|feed| tag_of(&shown.get(feed))).collect();
    let import = |article: Value| {
        let file = shown.room.file("more.jsonl", article.to_string());
        shown.room.run(&["import", &file]).exits(0);
    };
    let statuses = || -> Vec<u16> {
        let ask = |(feed, tag): (&&str, &String)| {
            get(&shown.address, feed, &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"))
        };
        feeds.iter().zip(&tags).map(ask).map(|answer| answer.status).collect()
    };
    let all = tag_of(&shown.get("/search.atom"));
    assert_eq!(statuses(), [304; 5]);
    import(article(
        "quay",
        2,
        "The crane on the northern quay is repaired, and the ships wait no longer than they did.",
    ));
    // Twice: it is looked at, and then it is known.
    for _ in 0..2 {
        assert_eq!(statuses(), [304; 5]);
    }
    assert_ne!(tag_of(&shown.get("/search.atom")), all);
    import(article(
        "coast",
        1,
        "The water will rise by three metres, said the harbour master of the coast on the evening before.",
    ));
    assert_eq!(statuses(), [200, 200, 304, 200, 304], "an entry that changes makes another feed");
    assert_eq!(tag_of(&shown.get(feeds[2])), tags[2]);
    shown.end();
}

#[test]
fn a_feed_of_a_search_has_what_comes_however_badly_it_fits() {
    // The first ones are about nothing else, and more than are looked at for the page of a search.
    let mut articles: Vec<Value> = (0..520)
        .map(|n| {
            json!({ "id": n.to_string(), "title": format!("Lighthouse {n}"), "source": "paper", "published": "2026-11-20T08:00:00Z",
                    "paragraphs": [format!("The lighthouse, number {n}: a lighthouse is a lighthouse.")] })
        })
        .collect();
    let long: Vec<String> = (0..40).flat_map(|n| paragraphs(&format!("Chapter {n}"))).collect();
    articles.push(
        json!({ "id": "last", "title": "The keeper's memoirs", "source": "paper", "published": "2026-11-21T08:00:00Z",
                          "paragraphs": [long.join(" "), "Below the lighthouse."] }),
    );
    let shown = Shown::of(room_with(&articles));
    let feed = shown.json("/search.feed.json?q=lighthouse");
    assert_eq!(feed["items"].as_array().map(Vec::len), Some(50));
    assert_eq!(feed["items"][0]["title"], "The keeper's memoirs");
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

/// A rhythm as it is kept, of a list of twenty entries: six items in one hour of the day, none in the others, each hour seen for
/// one. Numbers are kept by their roots, in 1024ths.
fn rhythm(busy_hour: usize) -> Vec<u8> {
    let hours = (0..24).flat_map(|hour| [if hour == busy_hour { 2508 } else { 0 }, 1024, 0]);
    let numbers = [0, 0].into_iter().chain(hours).flat_map(u16::to_le_bytes);
    [1, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].into_iter().chain(numbers).collect()
}

#[test]
fn a_source_tells_its_rhythm_its_host_and_why_it_is_polled_when_it_is() {
    let room = room_with(&[json!({ "id": "1", "title": "Quay", "paragraphs": paragraphs("Quay"), "source": "paper" })]);
    let database = rusqlite::Connection::open(room.database()).expect("a database");
    let far = "CAST(strftime('%s', 'now', '+1 hour') AS INTEGER) * 1000";
    database
        .execute_batch(&format!(
            "UPDATE sources SET state = 'active', url = 'https://feeds.paper.example/rss', kind = 'feed';
             UPDATE _source_schedule SET next_due_at = {far}, interval_s = 900, moved_to = 'https://paper.example/rss', n_moved = 2;
             UPDATE sightings SET first_seen_at = strftime('%Y-%m-%dT07:15:00Z', 'now', '-1 day');
             UPDATE sources SET created_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-3 days');
             UPDATE articles SET body_kind = 'teaser';
             INSERT INTO gaps (source_id, began_at, ended_at, n_missed, noticed_at)
                 SELECT id, '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z', 7, '2026-11-20T09:30:00Z' FROM sources;
             INSERT INTO _host_holds (publisher, held_until, n_complaints, forgotten_at) VALUES ('paper.example', {far}, 3, {far});
             INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, status, bytes, error_class, error, redirected_to, host)
                 SELECT 'https://feeds.paper.example/rss', sources.id, 'poll', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 minute'), 40,
                     listed.value, 0, iif(listed.value = 429, 'http-4xx', NULL), NULL,
                     iif(listed.value = 301, 'https://paper.example/rss', NULL), 'paper.example'
                 FROM sources, json_each('[301, 200, 304, 429]') AS listed;"
        ))
        .expect("it is written");
    let bytes = rhythm(7);
    database.execute("UPDATE _source_schedule SET rhythm = ?1", [bytes]).expect("it is written");
    drop(database);
    let shown = Shown::of(room);
    let told = shown.json("/sources/paper.json");
    let of_command = shown.room.run(&["--json", "sources", "show", "paper"]).exits(0).json();
    assert_eq!(told, of_command, "one form");
    assert_eq!(told["hours"].as_array().map(Vec::len), Some(24), "{told}");
    assert_eq!(
        (&told["hours"][7]["came"], &told["hours"][8]["came"], &told["hours_days"]),
        (&json!(1), &json!(0), &json!(3))
    );
    let expected = |hour: usize| told["hours"][hour]["expected"].as_f64().expect("a number");
    assert!((3.0..6.0).contains(&expected(7)) && expected(8) < 0.3, "{}", told["hours"]);
    assert!(
        told["next_due_because"].as_str().is_some_and(|because| because.starts_with("15 min after the last poll")),
        "{told}"
    );
    assert_eq!((&told["moved_to"], &told["moved_answers"]), (&json!("https://paper.example/rss"), &json!(2)));
    assert_eq!((&told["n_gaps"], &told["gaps"][0]["n_missed"]), (&json!(1), &json!(7)));
    let host = &told["host"];
    assert_eq!((&host["publisher"], &host["complaints_in_a_row"]), (&json!("paper.example"), &json!(3)), "{told}");
    assert_eq!(
        (&host["requests_24h"], &host["failed_24h"], &host["refused_24h"]),
        (&json!(4), &json!(1), &json!(1)),
        "{told}"
    );
    assert!(host["held_until"].is_string(), "{told}");
    let to: Vec<&Value> =
        told["fetches"].as_array().expect("a list").iter().map(|fetch| &fetch["redirected_to"]).collect();
    assert_eq!(to.iter().filter(|to| to.is_string()).count(), 1, "{told}");
    let in_words = shown.room.run(&["sources", "show", "paper"]).exits(0);
    let is_told = |line: &Vec<&str>| line[0] == "schedule" && line[1].starts_with("15 min after the last poll");
    assert!(in_words.cells().iter().any(is_told), "{}", in_words.stdout);
    let page = shown.get("/sources/paper").body;
    for part in [
        "<polyline class=\"expected\"",
        "Line: what its rhythm expects",
        "15 min after the last poll",
        "1 answered with 429",
        "left in peace",
        "about 7 items missed",
        "<span class=\"about\">teaser</span>",
        "by 2 answers in a row",
        "→ https://paper.example/rss",
    ] {
        let plain = page.replace("<b>", "").replace("</b>", "");
        assert!(plain.contains(part), "{part}: {page}");
    }
    shown.end();
}

#[test]
fn many_sources_are_shown_page_by_page_those_in_trouble_first() {
    let room = room_with(&[json!({ "id": "1", "title": "Quay", "paragraphs": paragraphs("Quay"), "source": "zebra" })]);
    rusqlite::Connection::open(room.database())
        .expect("a database")
        .execute_batch(
            "WITH numbers (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM numbers WHERE n < 520)
             INSERT INTO sources (slug, kind, url, state, origin, created_at)
                 SELECT 's' || n, 'feed', 'https://s' || n || '.example/feed', iif(n % 100 = 7, 'removed', iif(n % 10 = 3, 'paused', 'active')), 'file',
                     '2026-11-20T08:00:00Z' FROM numbers;
             INSERT INTO _source_schedule (source_id, failures_in_a_row, error, error_class)
                 SELECT id, iif(slug IN ('s301', 's455', 's463'), 2, 0), iif(slug = 's301', 'no answer', NULL), iif(slug = 's301', 'timeout', NULL)
                 FROM sources WHERE slug <> 'zebra';",
        )
        .expect("it is written");
    let shown = Shown::of(room);
    let mut slugs: Vec<String> = Vec::new();
    let mut path = "/sources".to_owned();
    loop {
        let listed = shown.json(&path.replacen("/sources", "/sources.json", 1));
        let listed =
            listed.as_array().expect("a list").iter().map(|row| row["slug"].as_str().expect("a slug").to_owned());
        slugs.extend(listed);
        let page = shown.get(&path).body;
        assert!(page.len() < 200_000, "{path}: {} bytes", page.len());
        assert_eq!(page.contains("2 need attention"), path == "/sources", "{path}");
        let next = page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        match next {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    let number = |n: u32| format!("s{n}");
    let others = |is_in: fn(u32) -> bool| {
        (100..=520).filter(move |n| n % 100 != 7 && ![301, 455].contains(n) && is_in(*n)).map(number)
    };
    let expected: Vec<String> = [301, 455]
        .map(number)
        .into_iter()
        .chain(others(|n| n % 10 != 3))
        .chain(others(|n| n % 10 == 3))
        .chain(["zebra".to_owned()])
        .collect();
    assert_eq!(slugs, expected);
    assert_eq!(path, format!("/sources?after={}", expected[399]));
    assert_eq!(shown.get("/sources?after=nobody").status, 404);
    shown.end();
}

#[test]
fn a_story_names_its_publishers_its_languages_and_what_its_articles_have_in_common() {
    let article = |n: usize, hour: usize, language: &str, site: Value| {
        json!({ "url": format!("https://www.paper{n}.example/a"), "title": format!("Part {n}"), "language": language, "site_name": site,
                "published": format!("2026-11-20T{hour:02}:00:00Z"), "source": format!("s{n}"), "paragraphs": paragraphs(&format!("Tide {n}")) })
    };
    let room = room_with(&[
        article(1, 8, "en", json!("Harbour & Post")),
        article(2, 10, "en", Value::Null),
        article(3, 13, "fr", Value::Null),
    ]);
    rusqlite::Connection::open(room.database())
        .expect("a database")
        .execute_batch(
            "DELETE FROM story_members; DELETE FROM stories;
             UPDATE articles SET language = 'fr' WHERE id = 3;
             UPDATE sources SET title = 'The Quay', url = 'https://feeds.paper2.example/rss' WHERE slug = 's2';
             UPDATE sources SET title = 'All that is new', url = 'https://lists.example/rss' WHERE slug = 's3';
             INSERT INTO stories (id, title, n_articles, n_sources, updated_at) VALUES (7, 'Part 1', 3, 3, '2026-11-20T14:00:00Z');
             INSERT INTO story_members (article_id, story_id, reason, terms, told_at, publisher, is_copy, is_routine)
                 SELECT id, 7, iif(id = 1, 'first', 'alike'), CASE id WHEN 1 THEN '[]' WHEN 2 THEN '[\"ferry & tide\", \"quay\"]' ELSE '[\"ferry & tide\"]' END,
                     published_at, 'paper' || id || '.example', 0, 0
                 FROM articles;",
        )
        .expect("it is written");
    let shown = Shown::of(room);
    let told = shown.json("/stories/7.json");
    assert_eq!((&told["languages"], &told["terms"]), (&json!(["en", "fr"]), &json!(["ferry & tide"])), "{told}");
    let names: Vec<_> = told["articles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| (&of["publisher"], &of["publisher_name"]))
        .collect();
    let expected = [
        (json!("paper1.example"), json!("Harbour & Post")),
        (json!("paper2.example"), json!("The Quay")),
        (json!("paper3.example"), Value::Null),
    ];
    assert_eq!(names, expected.iter().map(|(publisher, name)| (publisher, name)).collect::<Vec<_>>());
    for path in ["/", "/stories", "/stories/7"] {
        let page = shown.get(path).body;
        for name in ["<bdi>Harbour &amp; Post</bdi>", "<bdi>The Quay</bdi>", "<bdi>paper3.example</bdi>"] {
            assert!(page.contains(name), "{path}: {name}: {page}");
        }
    }
    let page = shown.get("/stories/7").body;
    for part in [
        ">2026-11-20 08:00</time>",
        ">2026-11-20 13:00</time>",
        "in en, fr",
        "href=\"/search?q=ferry+%26+tide&amp;story=7\"",
        "href=\"/articles/3\" lang=\"fr\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(shown.get("/stories").body.contains("3 articles, en fr"));
    shown.end();
}

#[test]
fn all_hits_of_a_search_are_counted_and_the_first_are_shown() {
    let articles: Vec<Value> = (0..130)
        .map(|n| {
            let times = if n % 4 == 0 { "ferry ferry" } else { "ferry" };
            json!({ "url": format!("https://paper.example/{n}"), "title": format!("Crossing {n} by {times}"), "language": (["en", "de", "ja"][n % 3]),
                    "published": format!("2026-11-{:02}T08:00:00Z", 1 + n % 9), "source": format!("paper{}", n % 5),
                    "paragraphs": [format!("Passage {n} of {}.", n * n)] })
        })
        .collect();
    let shown = Shown::of(room_with(&articles));
    let all = shown.room.run(&["--json", "search", "ferry", "--limit", "500"]).exits(0).json_lines();
    assert_eq!(all.len(), 130);
    let found = shown.json("/search.json?q=ferry");
    let of = |rows: &[Value], key: &str| rows.iter().map(|row| row[key].clone()).collect::<Vec<_>>();
    let rows = found["articles"].as_array().expect("a list");
    assert_eq!(of(rows, "id"), of(&all[..50], "id"));
    assert_eq!(of(rows, "snippet"), of(&all[..50], "snippet"));
    for (facet, key) in [("sources", "source"), ("languages", "language")] {
        for counted in found[facet].as_array().expect("a list") {
            let n = all.iter().filter(|row| row[key] == counted["value"]).count();
            assert_eq!(counted["articles"], json!(n), "{facet}: {counted}");
        }
    }
    let n_in = |facet: &str| {
        found[facet].as_array().expect("a list").iter().filter_map(|one| one["articles"].as_u64()).sum::<u64>()
    };
    assert_eq!(["sources", "languages", "days"].map(n_in), [130; 3], "{found}");
    assert!(shown.get("/search?q=ferry").body.contains("130 articles, best first"));
    // A feed has those of all hits that came in last, not of those that a page shows.
    let feed = shown.json("/search.feed.json?q=ferry");
    let items = feed["items"].as_array().expect("a list");
    assert_eq!(items.len(), 50);
    let expected = (81..=130).rev().map(|id| format!("http://localhost/articles/{id}"));
    assert_eq!(of(items, "url"), expected.map(Value::from).collect::<Vec<_>>());
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
    room.run(&["serve", "--listen", "localhost"]).exits(2).says("ADDRESS:PORT such as 127.0.0.1:8008");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    room.run(&["serve", "--listen", &address]).exits(1).says("--listen 127.0.0.1:0 takes a free port");
}

#[test]
fn what_is_wrong_of_the_intake_is_told() {
    let room =
        room_with(&[json!({ "id": "1", "title": "Quay", "paragraphs": paragraphs("Quay"), "source": "harbour" })]);
    let shown = Shown::of(room);
    assert_eq!(shown.json("/alarms.json"), json!([]));
    rusqlite::Connection::open(shown.room.database())
        .expect("a database")
        .execute_batch(
            "INSERT INTO sources (slug, kind, url, state, origin, created_at) VALUES
                 ('weather', 'feed', 'https://w.example/', 'active', 'file', '2026-11-20T08:00:00Z'),
                 ('once', 'feed', 'https://o.example/', 'active', 'file', '2026-11-20T08:00:00Z'),
                 ('paused', 'feed', 'https://p.example/', 'paused', 'file', '2026-11-20T08:00:00Z'),
                 ('gone', 'feed', 'https://g.example/', 'gone', 'file', '2026-11-20T08:00:00Z'),
                 ('missed', 'feed', 'https://m.example/', 'active', 'file', '2026-11-20T08:00:00Z');
             INSERT INTO _source_schedule (source_id, failures_in_a_row, last_ok_at, error, error_class)
                 SELECT id, CASE slug WHEN 'once' THEN 2 WHEN 'missed' THEN 0 ELSE 7 END, unixepoch('2026-11-20T09:00:00Z') * 1000,
                     'it says <b>no</b>', '5xx' FROM sources WHERE slug <> 'harbour';
             INSERT INTO gaps (source_id, began_at, ended_at, n_missed, noticed_at, n_healed)
                 SELECT id, '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z', column1, column2, column3
                 FROM sources, (VALUES (9, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day'), 4),
                     (5, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-2 days'), 5),
                     (7, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-8 days'), NULL)) WHERE slug = 'missed';",
        )
        .expect("it is written");
    let alarms = shown.json("/alarms.json");
    let told: Vec<String> = alarms
        .as_array()
        .expect("a list")
        .iter()
        .map(|alarm| format!("{} {}: {}", alarm["kind"], alarm["subject"], alarm["why"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "gone gone: it says <b>no</b>",
            "failing weather: 7× it says <b>no</b>",
            "gap missed: about 5 of its items were missed between two polls",
        ]
    );
    assert_eq!(alarms[1]["since"], "2026-11-20T09:00:00Z");
    let page = shown.get("/alarms").body;
    assert!(page.contains("href=\"/sources/weather\"") && page.contains("&lt;b&gt;no"), "{page}");
    assert!(shown.get("/").body.contains("3 alarms"));
    let told = shown.get("/alarms.atom");
    let feed = feed_rs::parser::parse(told.body.as_bytes()).expect("a feed");
    assert_eq!(feed.entries.len(), 3, "{}", told.body);
    assert!(
        feed.entries.iter().any(|entry| entry.id.ends_with("/alarms/failing/weather/2026-11-20T09:00:00Z")),
        "{}",
        told.body
    );
    let tag = told.head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").replace("w/", "W/");
    let again = || {
        crate::serving::get(&shown.address, "/alarms.atom", &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"))
            .status
    };
    assert_eq!(again(), 304);
    rusqlite::Connection::open(shown.room.database())
        .expect("a database")
        .execute_batch("UPDATE _source_schedule SET failures_in_a_row = 0 WHERE source_id = (SELECT id FROM sources WHERE slug = 'weather')")
        .expect("it is written");
    assert_eq!(again(), 200, "no article has changed, and an alarm is over");
    assert_eq!(shown.json("/alarms.json").as_array().map(Vec::len), Some(2));
    assert!(shown.get("/").body.contains("2 alarms"));
    assert_eq!(shown.json("/index.json")["alarms"].as_array().map(Vec::len), Some(2));
    shown.end();
}
