//! `/api/changes`: what came in and what changed, for programs that wait for it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Newsroom, processor_time};
use crate::pages::{Shown, paragraphs, room_with};

fn article(n: usize) -> Value {
    json!({ "url": format!("https://paper.example/{n}"), "title": format!("Quay {n}"), "source": if n == 2 { "other" } else { "paper" },
            "language": "en", "published": "2026-11-20T08:00:00Z", "paragraphs": paragraphs(&format!("Quay {n}")) })
}

fn import(room: &Newsroom, article: &Value) {
    let file = room.file("more.jsonl", article.to_string());
    room.run(&["import", &file]).exits(0);
}

fn titles(told: &Value) -> Vec<String> {
    let changes = told["changes"].as_array().unwrap_or_else(|| panic!("{told}"));
    changes.iter().map(|change| format!("{} {}", change["change"], change["title"]).replace('"', "")).collect()
}

#[test]
fn each_change_is_told_once_to_whoever_goes_on_from_the_last_answer() {
    let shown = Shown::of(room_with(&[article(1), article(2), article(3)]));
    let first = shown.json("/api/changes?limit=2");
    assert_eq!(titles(&first), ["new Quay 1", "new Quay 2"]);
    assert_eq!(first["more"], true);
    let on = |told: &Value, more: &str| {
        let cursor = told["cursor"].as_str().expect("a cursor");
        shown.json(&format!("/api/changes?cursor={cursor}{more}"))
    };
    let second = on(&first, "");
    assert_eq!(titles(&second), ["new Quay 3"]);
    assert_eq!(titles(&on(&first, "")), ["new Quay 3"], "whoever dies over an answer asks for it again");
    assert_eq!(second["more"], false);
    let third = on(&second, "");
    assert_eq!((titles(&third), &third["cursor"]), (vec![], &second["cursor"]));
    assert_eq!(titles(&shown.json("/api/changes?source=other")), ["new Quay 2"]);
    assert_eq!(titles(&shown.json("/api/changes?lang=fr")), [""; 0]);
    assert_eq!(shown.json("/api/changes?count=yes")["n"], 3);
    let now = shown.json("/api/changes?cursor=now");
    assert_eq!(titles(&now), [""; 0]);
    for (question, reason) in
        [("sorce=other", "no parameter sorce"), ("source=paper&source=other", "source is there twice")]
    {
        let refused = shown.get(&format!("/api/changes?{question}"));
        assert!(refused.status == 400 && refused.body.contains(reason), "{question}: {}", refused.body);
    }

    import(&shown.room, &article(4));
    let mut other_text = article(1);
    other_text["paragraphs"] = json!(paragraphs("Quay 1, corrected"));
    import(&shown.room, &other_text);
    assert_eq!(titles(&on(&now, "")), ["new Quay 4", "revised Quay 1"]);
    assert_eq!(on(&now, "&count=yes")["n"], 2);
    shown.room.run(&["rm", "4"]).exits(0);
    assert_eq!(titles(&on(&now, "")).len(), 2, "what came and went is told as gone");
    assert_eq!(on(&now, "&count=yes")["n"], 2);
    // What two sources listed is missed by the followers of both.
    let now = shown.json("/api/changes?cursor=now");
    let mut elsewhere = article(3);
    elsewhere["source"] = json!("other");
    import(&shown.room, &elsewhere);
    shown.room.run(&["rm", "3"]).exits(0);
    for source in ["paper", "other"] {
        assert_eq!(titles(&on(&now, &format!("&source={source}"))), ["removed null"], "{source}");
        assert_eq!(on(&now, &format!("&count=yes&source={source}"))["n"], 1, "{source}");
    }
    shown.end();
}

#[test]
fn whoever_waits_is_told_when_something_comes() {
    let shown = Shown::of(room_with(&[article(1)]));
    let cursor = shown.json("/api/changes?cursor=now")["cursor"].as_str().expect("a cursor").to_owned();
    let begun = Instant::now();
    assert_eq!(titles(&shown.json(&format!("/api/changes?cursor={cursor}&wait=1"))), [""; 0]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // Whoever waits for what does not come, while something else has, looks as seldom.
    import(&shown.room, &article(4));
    let before = processor_time(shown.pid());
    assert_eq!(shown.json(&format!("/api/changes?cursor={cursor}&lang=fr&count=yes&wait=2"))["n"], 0);
    let used = processor_time(shown.pid()).saturating_sub(before);
    assert!(used < Duration::from_millis(1200), "{used:?} of processor time in two seconds");
    let cursor = shown.json("/api/changes?cursor=now")["cursor"].as_str().expect("a cursor").to_owned();
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let waiting = scope.spawn(|| shown.json(&format!("/api/changes?cursor={cursor}&wait=40&source=paper")));
        // What another source brings is nothing to this one.
        import(&shown.room, &article(2));
        import(&shown.room, &article(3));
        let told = waiting.join().expect("an answer");
        assert_eq!(titles(&told), ["new Quay 3"]);
        assert!(begun.elapsed() < Duration::from_secs(39));
    });
    shown.end();
}

#[test]
fn a_cursor_of_elsewhere_is_refused_and_a_snapshot_has_no_changes() {
    let shown = Shown::of(room_with(&[article(1)]));
    let cursor = shown.json("/api/changes")["cursor"].as_str().expect("a cursor").to_owned();
    for (wrong, status, reason) in [
        ("5".to_owned(), 400, "none that was given here"),
        (cursor.replacen('-', "-x", 1), 410, "another database"),
        (format!("9{cursor}"), 410, "put back from an older copy"),
        (format!("{cursor}x"), 410, "put back from an older copy"),
    ] {
        let answer = shown.get(&format!("/api/changes?cursor={wrong}"));
        assert_eq!(answer.status, status, "{wrong}: {}", answer.body);
        assert!(answer.body.contains(reason), "{wrong}: {}", answer.body);
    }
    assert_eq!(shown.get("/api/changes?wait=long").status, 400);
    let snapshot = shown.room.path("snapshot.db");
    shown.room.run(&["snapshot", snapshot.to_str().expect("a path")]).exits(0);
    let mut command = shown.room.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("NEWSWIRE__STORE__PATH", &snapshot);
    let pages = crate::harness::Daemon::start(command);
    pages.wait_to_say("is shown at");
    let address = crate::serving::address_behind(&pages, "is shown at http://");
    let told = crate::serving::get(&address, "/api/changes", "Host: localhost\r\n");
    assert!(told.status == 404 && told.body.contains("nothing changes in a snapshot"), "{}", told.body);
    let front = crate::serving::get(&address, "/", "Host: localhost\r\n");
    assert!(front.status == 200 && !front.body.contains("data-cursor"), "{}", front.body);
    pages.stop().exits(0);
    shown.end();
}
