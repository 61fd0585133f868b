//! Who may ask for pages, and who may tell them to do something.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Daemon, Newsroom};
use crate::pages::{Shown, room_with};
use crate::serving::{Answer, address_of, get, post};

const HOST: &str = "Host: localhost\r\n";

/// `desk:night train` (RFC 7617).
const PASSWORD: &str = "Host: localhost\r\nAuthorization: Basic ZGVzazpuaWdodCB0cmFpbg==\r\n";

/// A store of three articles about three things.
fn room() -> Newsroom {
    let texts = [
        (
            "Ferries stay in harbour as gale closes the sound",
            "The Marrow Sound ferry lay at its berth while waves broke over the mole and hauliers waited ashore",
        ),
        (
            "Orchard growers vote for a cider cooperative",
            "Forty growers around Pellbrook agreed on a shared press, a cellar below the station and a label of their own",
        ),
        (
            "Tunnel beneath Mount Orsa opens for trams",
            "Engineers finished the drilling two winters late, and conductors rehearse evacuation with smoke machines",
        ),
    ];
    let articles = texts.iter().enumerate().map(|(n, (title, text))| {
        json!({ "url": format!("https://paper{n}.example/a"), "title": title, "published": format!("2026-11-2{n}T08:00:00Z"),
                "source": format!("paper{n}"), "language": "en", "paragraphs": [text, text.replace(" and ", ", said nobody, while ")] })
    });
    room_with(&articles.collect::<Vec<_>>())
}

/// The daemon with pages, and where it listens.
fn daemon(room: &mut Newsroom, settings: &[(&str, &str)]) -> (Daemon, String) {
    room.set(&[("http.listen", "\"127.0.0.1:0\""), ("http.pages", "true")]);
    room.set(settings);
    let daemon = room.start();
    let address = address_of(&daemon);
    (daemon, address)
}

fn keep_password(room: &Newsroom, text: &str) {
    let path = room.file("credentials/desk", text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).expect("its mode can be set");
}

#[test]
fn where_a_password_is_asked_for_nothing_is_told_without_it() {
    let mut room = room();
    keep_password(&room, "basic desk:night train\n");
    let (daemon, address) = daemon(&mut room, &[("http.credentials", "\"desk\""), ("http.writing", "true")]);
    for path in ["/", "/search.json", "/search.atom", "/metrics", "/nowhere", "/api/changes"] {
        for headers in [HOST, "Host: localhost\r\nAuthorization: Basic ZGVzazpuaWdodCB0cmFpcw==\r\n"] {
            let refused = get(&address, path, headers);
            assert_eq!(refused.status, 401, "{path}");
            assert!(refused.head.contains("www-authenticate: basic realm="), "{}", refused.head);
            assert!(!refused.body.contains("Ferries"));
        }
        let told = get(&address, path, PASSWORD).status;
        assert_eq!(told, if path == "/nowhere" { 404 } else { 200 }, "{path}");
    }
    // Whoever restarts it when it is dead has no password.
    assert_eq!(get(&address, "/healthz", HOST).status, 200);
    assert_eq!(
        get(&address, "/", "Host: elsewhere.example\r\nAuthorization: Basic ZGVzazpuaWdodCB0cmFpbg==\r\n").status,
        421
    );

    let front = get(&address, "/search", PASSWORD).body;
    let feed = front.split("type=\"application/atom+xml\"").nth(1).and_then(|rest| rest.split("href=\"").nth(1));
    let feed = feed.and_then(|rest| rest.split('"').next()).expect("the address of the feed").replace("&amp;", "&");
    assert!(feed.starts_with("/search.atom?token="), "{feed}");
    let told = get(&address, &feed, HOST);
    assert_eq!(told.status, 200, "{}", told.body);
    let token = feed.split("token=").nth(1).expect("a token").to_owned();
    let id = told.body.split("<id>").nth(1).expect("an id").split("</id>").next().expect("its end");
    assert!(!id.contains(&token), "the feed is another one with another token: {id}");
    // Whoever reads gives no orders, and is told no changes.
    let own = format!("Host: {address}\r\nOrigin: http://{address}\r\n");
    for path in [format!("/stories/1.atom?token={token}"), format!("/stories/1.feed.json?token={token}")] {
        assert_eq!(post(&address, &path, &own, "do=merge&story=2").status, 401, "{path}");
    }
    assert_eq!(room.value("SELECT count(DISTINCT story_id) FROM articles"), "3");
    assert_eq!(get(&address, &format!("/api/changes.atom?token={token}"), HOST).status, 404);
    // It is for feeds alone, and one letter less is another.
    for path in [format!("/search?token={token}"), format!("/search.json?token={token}"), format!("/?token={token}")] {
        assert_eq!(get(&address, &path, HOST).status, 401, "{path}");
    }
    assert_eq!(get(&address, feed.get(..feed.len() - 1).expect("letters"), HOST).status, 401);
    daemon.stop().exits(0);

    room.set(&[("http.feed_token", "2")]);
    let daemon = room.start();
    let address = address_of(&daemon);
    assert_eq!(get(&address, &feed, HOST).status, 401, "the token was renewed");
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn a_password_that_is_missing_is_told_before_a_database_is_begun() {
    let mut room = Newsroom::new();
    room.set(&[("http.listen", "\"127.0.0.1:0\""), ("http.credentials", "\"desk\"")]);
    let checked = room.run(&["config", "check"]).exits(78);
    let run = room.run(&["run"]).exits(78);
    assert!(run.stderr.contains(checked.stderr.trim()), "{}\n{}", run.stderr, checked.stderr);
    assert!(!room.database().exists());
}

#[test]
fn other_machines_are_listened_to_only_with_a_password() {
    let mut room = room();
    for place in ["192.0.2.1:80", "0.0.0.0:0", "[::]:0"] {
        let listen = format!("{place:?}");
        room.run(&["serve", "--listen", place]).exits(1).says("name the credentials that they must give");
        room.set(&[("http.listen", &listen)]);
        room.run(&["config", "check"])
            .exits(78)
            .says("http.listen = ")
            .says("name the credentials that they must give");
        room.set(&[("http.listen", "\"\"")]);
    }
    room.set(&[("http.credentials", "\"desk\"")]);
    room.run(&["serve", "--listen", "127.0.0.1:0"]).exits(78).says("http.credentials = \"desk\"").says("not found");
    room.run(&["config", "check"]).exits(78).says("http.credentials = \"desk\"").says("not found");
    for (text, rule) in [
        ("basic desk:short\n", "8 characters"),
        ("cookie sid=abcdefghij\n", "must be one line"),
        ("desk:night train\n", "line 1: must be `basic"),
    ] {
        keep_password(&room, text);
        room.run(&["serve", "--listen", "127.0.0.1:0"]).exits(78).says(rule);
        room.run(&["config", "check"]).exits(78).says(rule);
    }
    keep_password(&room, "basic desk:night train\n");
    room.run(&["config", "check"]).exits(0);
    // What is not ours to listen at is refused by the system then.
    room.run(&["serve", "--listen", "192.0.2.1:80"]).exits(1).says("192.0.2.1:80");
    room.set(&[("http.credentials", "\"night train\"")]);
    let told = room.run(&["config", "check"]).exits(78).says("http.credentials = ").says("must be a name");
    assert!(!told.stderr.contains("night train"), "{}", told.stderr);
    room.set(&[("http.credentials", "\"\""), ("http.writing", "true"), ("http.listen", "\"127.0.0.1:0\"")]);
    room.run(&["config", "check"]).exits(78).says("http.writing = true: takes orders by pages");
}

#[test]
fn it_may_be_asked_for_by_the_address_that_it_is_reached_at() {
    let room = room();
    let pages = Daemon::start(room.command(&["serve", "--listen", "127.0.0.2:0"]));
    pages.wait_to_say("is shown at");
    let address = crate::serving::address_behind(&pages, "is shown at http://");
    for (host, status) in
        [(address.as_str(), 200), ("127.0.0.2", 200), ("localhost", 200), ("127.0.0.3", 421), ("paper.example", 421)]
    {
        assert_eq!(get(&address, "/", &format!("Host: {host}\r\n")).status, status, "{host}");
    }
    pages.stop().exits(0);
}

/// Where an order has led to.
fn place(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place")
}

#[test]
fn pages_take_orders_where_they_may() {
    let mut room = room();
    room.follow("harbour", "http://127.0.0.1:1/feed", None);
    let (daemon, address) = daemon(&mut room, &[("http.writing", "true"), ("daemon.idle_max_s", "1")]);
    let own = format!("Host: {address}\r\nOrigin: http://{address}\r\n");
    let told = |path: &str, form: &str| post(&address, path, &own, form);
    room.wait_for(Duration::from_secs(20), "SELECT count(*) FROM sources WHERE slug = 'harbour'", "1");
    let state = || room.value("SELECT state FROM sources WHERE slug = 'harbour'");

    assert_eq!(place(&told("/sources/harbour", "do=pause")), "/sources/harbour?done=paused-1");
    assert_eq!(state(), "paused");
    let page = get(&address, "/sources/harbour?done=paused-1", HOST).body;
    assert!(page.contains("not polled until it is resumed") && page.contains("value=\"resume\""), "{page}");
    let refused = told("/sources/harbour", "do=poll");
    assert!(refused.status == 400 && refused.body.contains("is paused"), "{}", refused.body);
    assert_eq!(place(&told("/sources/harbour", "do=resume")), "/sources/harbour?done=resumed-1");
    assert_eq!(state(), "active");
    assert_eq!(place(&told("/sources/harbour", "do=poll")), "/sources/harbour?done=due-1");
    assert_eq!(place(&told("/sources/harbour", "do=retry")), "/sources/harbour?done=retried-0");

    assert_eq!(place(&told("/stories/1", "do=merge&story=2,+3")), "/stories/1?done=merged-2");
    assert_eq!(room.value("SELECT group_concat(story_id, ' ') FROM articles"), "1 1 1");
    let page = get(&address, "/stories/1", HOST).body;
    assert!(page.contains("name=\"article\" value=\"3\""), "{page}");
    // Whoever has kept the address of one that is no more is led on, also where that has gone into another itself.
    for ending in ["", ".json"] {
        let led_on = get(&address, &format!("/stories/3{ending}"), HOST);
        assert_eq!(place(&led_on), format!("/stories/1{ending}"));
        assert!(led_on.body.contains("it was merged with story 1"), "{}", led_on.body);
    }
    room.run(&["stories", "show", "3"]).exits(1).says("it was merged with story 1");
    let split = told("/stories/1.json", "do=split&article=2&article=3");
    let split: Value = serde_json::from_str(&split.body).unwrap_or_else(|error| panic!("{error}: {}", split.body));
    assert_eq!((&split["done"], &split["n"]), (&json!("split"), &json!(2)));
    let stories = room.column("SELECT story_id FROM articles ORDER BY id");
    assert!(stories[0] == "1" && stories[1] == stories[2] && stories[1] != "1", "{stories:?}");

    for (path, form, status, reason) in [
        ("/stories/1", "do=split&article=1", 400, "not all"),
        ("/stories/1", "do=split", 400, "mark some articles"),
        ("/stories/1", "do=split&article=2", 400, "article 2 is not in story 1"),
        ("/stories/1", "do=merge&story=1", 400, "name another story"),
        ("/stories/1", "do=merge&story=99", 404, "there is no story 99"),
        ("/stories/1", "do=merge&story=x", 400, "is no number"),
        ("/stories/1", "do=burn", 400, "there is no such order"),
        ("/sources/nobody", "do=pause", 404, "there is no source nobody"),
        ("/sources/harbour", "do=pause&do=resume", 400, "there is no such order"),
        ("/articles/1", "do=pause", 400, "there is no such order"),
    ] {
        let refused = told(path, form);
        assert_eq!(refused.status, status, "{path} {form}: {}", refused.body);
        assert!(refused.body.contains(reason), "{path} {form}: {}", refused.body);
    }
    let much = told("/sources/harbour", &format!("do=pause&x={}", "x".repeat(70_000)));
    assert!(much.status == 400 && much.body.contains("bytes at most"), "{}", much.body);
    let last = format!("/stories/{}", stories[1]);
    assert_eq!(place(&told(&last, "do=merge&story=1")), format!("{last}?done=merged-1"));
    assert_eq!(place(&get(&address, "/stories/2", HOST)), last);

    // A page of another site's, what says nothing of whence it comes, and what is no form.
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:1\r\n",
        "Origin: http://127.0.0.1:1\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "",
    ] {
        let refused = post(&address, "/sources/harbour", &format!("Host: {address}\r\n{headers}"), "do=pause");
        assert_eq!(refused.status, 403, "{headers}: {}", refused.body);
    }
    assert_eq!(
        post(&address, "/sources/harbour", "Host: evil.example\r\nOrigin: http://evil.example\r\n", "do=pause").status,
        421
    );
    for twice in ["Origin: http://evil.example\r\n", "Host: evil.example\r\n"] {
        assert_eq!(post(&address, "/sources/harbour", &format!("{own}{twice}"), "do=pause").status, 400, "{twice}");
    }
    let absolute = "http://localhost/sources/harbour";
    let elsewhere = "Host: evil.example\r\nOrigin: http://evil.example\r\n";
    assert_eq!(post(&address, absolute, elsewhere, "do=pause").status, 400);
    let typed = format!("{own}Content-Type: text/plain\r\n");
    assert_eq!(post(&address, "/sources/harbour", &typed, "do=pause").status, 400);
    assert_eq!(state(), "active");
    daemon.wait_to_say("by a page: /stories/1");
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn pages_take_no_orders_where_nobody_said_that_they_may() {
    let shown = Shown::of(room());
    let own = format!("Host: {0}\r\nOrigin: http://{0}\r\nSec-Fetch-Site: same-origin\r\n", shown.address);
    let refused = post(&shown.address, "/stories/1", &own, "do=merge&story=2");
    assert_eq!(refused.status, 405, "{}", refused.body);
    assert!(!shown.get("/stories/1").body.contains("method=\"post\""));
    shown.room.wait_for(Duration::from_secs(5), "SELECT count(DISTINCT story_id) FROM articles", "3");
    shown.end();
}
