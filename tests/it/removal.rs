//! Taking away: by hand, by age, by the settings; and nothing comes back of it.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::harness::{Newsroom, feed, web_of};
use newswire::demo::web::Site;

/// A report that has nothing in common with others, as a line of JSON; `days` is its age.
fn line(number: usize, days: i64, fields: &serde_json::Value) -> String {
    let subject = (0..40).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ");
    let published = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    let mut line = json!({ "title": format!("Report {number}"), "text": format!("It is said of {subject}."), "published": published.to_string() });
    for (key, value) in fields.as_object().into_iter().flatten() {
        line[key] = value.clone();
    }
    line.to_string()
}

fn with_url(number: usize, days: i64) -> String {
    line(number, days, &json!({ "url": format!("https://paper.example/{number}"), "source": "paper" }))
}

fn import(room: &Newsroom, lines: &[String]) -> serde_json::Value {
    room.run(&["--json", "import", &room.file("lines.jsonl", lines.join("\n"))]).exits(0).json()
}

fn ids(room: &Newsroom) -> Vec<String> {
    room.column("SELECT id FROM articles ORDER BY id")
}

#[test]
fn what_is_deleted_does_not_come_back() {
    let room = Newsroom::new();
    let lines = [with_url(1, 3), with_url(2, 3), line(3, 3, &json!({ "id": "g3", "source": "wire" })), with_url(5, 3)];
    // One without an address and without a name of its own.
    let text =
        "Report 4\n20261102\n\nIt is said of the quays of Lorne that they are dry since the sixteenth of October.\n";
    let name = newswire::bundle::file_name(0, &newswire::bundle::hex_sha256(text.as_bytes()));
    let document = room.file(&name, text);
    import(&room, &lines[..3]);
    room.run(&["import", &document]).exits(0);
    import(&room, &lines[3..]);
    room.run(&["rm", "1", "https://www.paper.example/2?utm_source=x", "3", "4"]).exits(0);
    assert_eq!(ids(&room), ["5"]);
    room.run(&["search", "w1x7"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM stories"), 1, "a story without articles is none");
    let counts = import(&room, &lines);
    assert_eq!((&counts["deleted"], &counts["known"], &counts["new"]), (&json!(3), &json!(1), &json!(0)), "{counts}");
    room.run(&["import", &room.file("lines.jsonl", lines.join("\n"))]).exits(0).says("3 articles left out");
    room.run(&["import", &document]).exits(0).says("1 article left out");
    assert_eq!(ids(&room), ["5"]);
    // Nor does one that another program has deleted.
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.execute("DELETE FROM articles", []).expect("they are deleted");
    drop(theirs);
    assert_eq!(import(&room, &lines)["deleted"], json!(4));
    assert_eq!(ids(&room), Vec::<String>::new());
    room.assert_sound();
}

#[test]
fn copies_of_what_is_deleted_are_copied_in_its_place() {
    let room = Newsroom::new();
    let at = |paper: &str, number| {
        line(number, 3, &json!({ "url": format!("https://{paper}.example/story"), "source": paper }))
    };
    let of = |id: i64| {
        room.column(&format!(
            "SELECT coalesce(duplicate_of || ' ' || duplicate_kind, 'none') FROM articles WHERE id = {id}"
        ))
    };
    import(&room, &[at("north", 1), at("south", 1)]);
    assert_eq!(of(2), ["1 exact"]);
    room.run(&["rm", "1"]).exits(0);
    assert_eq!(of(2), ["none"]);
    import(&room, &[at("east", 1)]);
    assert_eq!(of(3), ["2 exact"]);
    // Whoever deletes it.
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.execute("DELETE FROM articles WHERE id = 2", []).expect("it is deleted");
    drop(theirs);
    import(&room, &[at("west", 1)]);
    assert_eq!(of(4), ["3 exact"]);
    // A copy of what it said before has not its text.
    import(&room, &[at("east", 9)]);
    assert_eq!(room.column("SELECT revision FROM articles WHERE id = 3"), ["2"]);
    room.run(&["rm", "3"]).exits(0);
    import(&room, &[at("port", 9)]);
    assert_eq!(of(5), ["none"]);
    room.assert_sound();
}

#[test]
fn the_first_copy_of_what_is_deleted_takes_its_place() {
    let room = Newsroom::new();
    let at = |paper: &str, number| {
        line(number, 3, &json!({ "url": format!("https://{paper}.example/story"), "source": paper }))
    };
    let copies = || {
        room.column(
            "SELECT id || ' ' || coalesce(duplicate_of || ' ' || duplicate_kind, 'none') || ' ' || is_copy
             FROM articles JOIN story_members ON article_id = id ORDER BY id",
        )
    };
    import(&room, &["north", "south", "east", "west", "port", "quay"].map(|paper| at(paper, 1)));
    assert_eq!(copies().last().unwrap(), "6 1 exact 1");
    let before = room.value("SELECT max(change_seq) FROM articles");
    room.run(&["rm", "1"]).exits(0);
    assert_eq!(copies(), ["2 none 0", "3 2 exact 1", "4 2 exact 1", "5 2 exact 1", "6 2 exact 1"]);
    assert_eq!(room.value("SELECT n_articles || ' ' || n_sources FROM stories"), "5 1");
    let shown = room.run(&["show", "2"]).exits(0).stdout;
    assert!(shown.contains("= 3 east") && !shown.contains("copy of"), "{shown}");
    // Each is told as changed, under a number of its own.
    let told = format!("SELECT count(DISTINCT change_seq) FROM articles WHERE change_seq > {before}");
    assert_eq!(room.value(&told), "5");
    // Whoever deletes them, and whichever.
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.execute("DELETE FROM articles WHERE id IN (2, 3)", []).expect("they are deleted");
    drop(theirs);
    assert_eq!(copies(), ["4 none 0", "5 4 exact 1", "6 4 exact 1"]);
    assert_eq!(room.column("SELECT spans FROM _copies ORDER BY article_id"), ["[[1,1,4]]", "[[1,1,4]]"]);
    assert_eq!(room.value("SELECT count(*) FROM _new_originals"), "0");
    // What is copied later is a copy of the same.
    import(&room, &[at("lock", 1)]);
    assert_eq!(copies().last().unwrap(), "7 4 exact 1");
    room.assert_sound();
    room.run(&["doctor"]).exits(0);
}

#[test]
fn copies_that_go_with_what_they_copy_are_not_changed_before() {
    let room = Newsroom::new();
    let at = |paper: String| line(1, 30, &json!({ "url": format!("https://{paper}.example/story"), "source": paper }));
    import(&room, &(1..=9).map(|number| at(format!("paper{number}"))).collect::<Vec<_>>());
    let last = room.value("SELECT max(change_seq) FROM articles");
    room.run(&["prune", "--older", "10d"]).exits(0).says("gone: 9 articles");
    assert_eq!(room.value("SELECT deleted_up_to FROM _change_state"), last);
    room.assert_sound();
}

#[test]
fn copies_of_what_an_article_read_before_are_copies_of_those_that_still_read_so() {
    let room = Newsroom::new();
    let at = |paper: &str, number| {
        line(number, 3, &json!({ "url": format!("https://{paper}.example/story"), "source": paper }))
    };
    let of = |id: i64| {
        room.column(&format!(
            "SELECT coalesce(duplicate_of || ' ' || duplicate_kind, 'none') FROM articles WHERE id = {id}"
        ))
    };
    import(&room, &[at("north", 1), at("south", 1)]);
    import(&room, &[at("north", 9)]);
    assert_eq!(room.column("SELECT revision FROM articles WHERE id = 1"), ["2"]);
    import(&room, &[at("east", 1), at("west", 9)]);
    assert_eq!((of(3), of(4)), (vec!["2 exact".to_owned()], vec!["1 exact".to_owned()]));
    // One that differs in a dash reads so too.
    let dashed = |paper: &str, dash: &str| {
        let text =
            format!("It is said {dash} of {}.", (0..40).map(|word| format!("w7x{word}")).collect::<Vec<_>>().join(" "));
        line(7, 3, &json!({ "url": format!("https://{paper}.example/story"), "source": paper, "text": text }))
    };
    import(&room, &[dashed("lock", "–"), dashed("weir", "-")]);
    import(&room, &[at("lock", 8)]);
    import(&room, &[dashed("mole", "–")]);
    assert_eq!((of(6), of(7)), (vec!["5 exact".to_owned()], vec!["6 exact".to_owned()]));
    // Another wording of what nobody copied leaves nothing behind.
    import(&room, &[at("quay", 5)]);
    import(&room, &[at("quay", 6)]);
    import(&room, &[at("port", 5)]);
    assert_eq!(of(9), ["none"]);
    room.assert_sound();
    room.run(&["doctor"]).exits(0);
}

#[test]
fn what_is_forgotten_may_come_back() {
    let room = Newsroom::new();
    let lines = [with_url(1, 3), line(2, 3, &json!({ "id": "g2", "source": "wire" }))];
    import(&room, &lines);
    let what = |arguments: &[&str]| room.run(arguments).exits(0).cells()[0][1].to_owned();
    assert_eq!(what(&["rm", "--forget", "1"]), "deleted, and forgotten");
    assert_eq!(what(&["rm", "2"]), "deleted");
    assert_eq!(import(&room, &lines)["new"], json!(1));
    assert_eq!(what(&["rm", "--forget", "2"]), "forgotten");
    assert_eq!(import(&room, &lines)["new"], json!(1));
    assert_eq!(ids(&room), ["3", "4"], "no number is given again");
}

#[test]
fn what_cannot_be_deleted_is_named() {
    let room = Newsroom::new();
    import(&room, &[with_url(1, 3)]);
    room.run(&["rm", "77"]).exits(1).says("no article 77");
    room.run(&["rm", "https://paper.example/99"]).exits(1).says("no article at https://paper.example/99");
    room.run(&["rm", "paper"]).exits(2).says("newswire sources rm");
    room.run(&["rm", "1", "77"]).exits(3).says("no article 77");
    assert_eq!(ids(&room), Vec::<String>::new());
    room.run(&["rm", "1"]).exits(1).says("no article 1, and no other either");
}

#[test]
fn readers_of_changes_are_told() {
    let room = Newsroom::new();
    import(&room, &[with_url(1, 3), with_url(2, 3)]);
    let cursor = room.path("mirror").display().to_string();
    room.run(&["--json", "tail", "--cursor", &cursor]).exits(0);
    room.run(&["rm", "1"]).exits(0);
    let told = room.run(&["--json", "tail", "--cursor", &cursor]).exits(0).json_lines();
    let told: Vec<_> = told.iter().map(|change| (change["id"].as_i64(), change["change"].as_str())).collect();
    assert_eq!(told, [(Some(1), Some("removed"))]);
    room.run(&["rm", "--forget", "2"]).exits(0);
    room.run(&["prune", "--vacuum"]).exits(0);
    let file = std::fs::read(room.database()).expect("the file");
    for word in ["Report 1", "Report 2", "w1x7 w1x8", "paper.example/2"] {
        let is_there = file.windows(word.len()).any(|bytes| bytes == word.as_bytes());
        assert!(!is_there, "{word:?} is still in the file");
    }
}

#[test]
fn what_is_old_goes_and_no_more() {
    let room = Newsroom::new();
    import(&room, &[with_url(1, 900), with_url(2, 400), with_url(3, 100), with_url(4, 3)]);
    let file = room.file("other.jsonl", line(5, 900, &json!({ "url": "https://other.example/5", "source": "other" })));
    room.run(&["import", &file]).exits(0);
    let dry = room.run(&["--json", "prune", "--older", "2y", "--dry-run"]).exits(0).json();
    assert_eq!((&dry["articles"], ids(&room).len()), (&json!(2), 5));
    // It takes no leave to write.
    let writer = Connection::open(room.database()).expect("a database");
    writer.execute_batch("BEGIN IMMEDIATE").expect("it is locked");
    room.run(&["prune", "--older", "2y", "--dry-run"]).exits(0).says("would go: 2 articles");
    room.run(&["prune", "--dry-run"]).exits(0);
    drop(writer);
    room.run(&["prune", "--older", "2y", "--source", "other"]).exits(0).says("gone: 1 article");
    assert_eq!(ids(&room), ["1", "2", "3", "4"]);
    let done = room.run(&["--json", "prune", "--older", "2y"]).exits(0).json();
    assert_eq!((&done["articles"], ids(&room)), (&json!(1), vec!["2".to_owned(), "3".to_owned(), "4".to_owned()]));
    room.run(&["prune", "--older", "90d", "--bodies"]).exits(0).says("gone: 2 texts");
    assert_eq!(room.column("SELECT body = '' FROM articles ORDER BY id"), ["1", "1", "0"]);
    assert_eq!(
        room.number("SELECT count(*) FROM articles WHERE quality_reasons LIKE '%text-pruned%' AND words > 40"),
        2
    );
    assert_eq!(room.run(&["--json", "search", "w2x7"]).exits(0).json_lines().len(), 0);
    assert_eq!(room.run(&["--json", "show", "2"]).exits(0).json()["title"], json!("Report 2"));
    room.run(&["prune", "--older", "90d", "--bodies"]).exits(0).says("gone: nothing");
    room.run(&["prune", "--older", "1h"]).exits(2).says("a day or more ago");
    room.run(&["prune"]).exits(0).says("gone: nothing");
    // What is gone is not taken in again, and what has no text does not get it back.
    let counts = import(&room, &[with_url(1, 900), with_url(2, 400)]);
    assert_eq!((&counts["deleted"], &counts["new"]), (&json!(1), &json!(0)), "{counts}");
    assert_eq!(room.column("SELECT body = '' FROM articles ORDER BY id"), ["1", "1", "0"]);
    assert_eq!(room.number("SELECT count(*) FROM revisions"), 0);
    room.assert_sound();
}

#[test]
fn a_database_without_its_texts_is_as_much_smaller() {
    let room = Newsroom::new();
    let line = |number: usize| {
        let words: Vec<String> = (0..300).map(|word| format!("w{}", number * 31 + word * number % 977)).collect();
        let url = format!("https://paper.example/{number}");
        json!({ "url": url, "published": "2020-11-02", "title": format!("Ferry {number}"), "text": words.join(" ") })
            .to_string()
    };
    let lines: Vec<String> = (0..600).map(line).collect();
    room.run(&["-q", "import", &room.file("all.jsonl", lines.join("\n"))]).exits(0);
    let n_pages = || room.number("SELECT count(*) FROM dbstat WHERE name = 'articles' AND pagetype = 'leaf'");
    let before = n_pages();
    room.run(&["prune", "--older", "90d", "--bodies"]).exits(0).says("gone: 600 texts");
    assert!(n_pages() * 3 < before, "{before} pages, then {}", n_pages());
    room.run(&["doctor"]).exits(0);
}

#[test]
fn what_a_table_of_somebody_else_refers_to_stays_and_the_rest_goes() {
    let room = Newsroom::new();
    import(&room, &[with_url(1, 900), with_url(2, 900), with_url(3, 900)]);
    let theirs = Connection::open(room.database()).expect("a database");
    let notes = "CREATE TABLE notes (article_id INTEGER REFERENCES articles (id)); INSERT INTO notes VALUES (2)";
    theirs.execute_batch(notes).expect("a table");
    drop(theirs);
    room.run(&["rm", "2"]).exits(1).says("article 2 stays");
    room.run(&["prune", "--older", "2y"]).exits(0).says("gone: 2 articles").says("1 old article stay");
    assert_eq!(ids(&room), ["2"]);
    room.assert_sound();
}

#[test]
fn earlier_wordings_and_requests_go_by_their_own_age() {
    let room = Newsroom::new();
    let wording = |text: &str, changed: &str| {
        line(1, 500, &json!({ "url": "https://paper.example/1", "text": text, "modified_at": changed }))
    };
    let old = "The ferry was late on Monday since its engine had to be looked at by a man from Lorne.";
    let new =
        "The ferry was late on Monday and on Tuesday, since its engine had to be changed for that of another ship.";
    import(&room, &[wording(old, "2025-07-20T10:00:00Z"), wording(new, "2025-07-21T10:00:00Z")]);
    assert_eq!(room.number("SELECT count(*) FROM revisions"), 1);
    let theirs = Connection::open(room.database()).expect("a database");
    theirs
        .execute_batch(
            "INSERT INTO fetches (url, purpose, started_at, elapsed_ms, bytes) VALUES
                 ('https://a.example/', 'poll', '2026-01-01T00:00:00Z', 1, 1), ('https://a.example/', 'poll', '2999-01-01T00:00:00Z', 1, 1)",
        )
        .expect("rows");
    drop(theirs);
    room.run(&["prune", "--older", "1y", "--revisions"]).exits(0).says("gone: 1 earlier wording");
    room.run(&["prune", "--older", "90d", "--fetches"]).exits(0).says("gone: 1 request");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1);
}

#[test]
fn space_is_given_back() {
    let room = Newsroom::new();
    let lines: Vec<String> = (0..400).map(|number| with_url(number, if number < 300 { 900 } else { 3 })).collect();
    import(&room, &lines);
    let done = room.run(&["--json", "prune", "--older", "2y"]).exits(0).json();
    let bytes = |key: &str| done[key].as_u64().expect("bytes");
    assert!(bytes("bytes_after") < bytes("bytes_before"), "{done}");
    assert_eq!(bytes("bytes_free"), 0, "{done}");
    let done = room.run(&["--json", "prune", "--vacuum"]).exits(0).json();
    assert!(done["bytes_after"].as_u64() <= done["bytes_before"].as_u64(), "{done}");
    assert_eq!(std::fs::metadata(room.database()).expect("a file").len(), done["bytes_after"].as_u64().expect("bytes"));
    assert_eq!(ids(&room).len(), 100);
    assert_eq!(room.run(&["--json", "search", "w350x7"]).exits(0).json_lines().len(), 1);
    room.assert_sound();
}

#[test]
fn the_daemon_keeps_to_the_settings_and_to_the_rules_of_sources() {
    let web = web_of(vec![Site::new("paper.example").with("/feed", feed(&[]))]);
    let mut room = Newsroom::reading(&web);
    import(&room, &[with_url(1, 900), with_url(2, 40), with_url(3, 3)]);
    let other = |number, days| {
        line(number, days, &json!({ "url": format!("https://other.example/{number}"), "source": "other" }))
    };
    let file = room.file("other.jsonl", [other(4, 900), other(5, 40), other(6, 3)].join("\n"));
    room.run(&["import", &file]).exits(0);
    room.set(&[("retention.articles_days", "365"), ("retention.texts_days", "30")]);
    room.write_sources(
        "[[source]]\nslug = \"other\"\nurl = \"http://paper.example/feed\"\nretention = { articles_days = 10 }\n",
    );
    let daemon = room.start();
    room.wait_for(
        Duration::from_secs(20),
        "SELECT group_concat(id || iif(body = '', '-', '+'), ' ') FROM articles",
        "2- 3+ 6+",
    );
    daemon.stop();
    room.assert_sound();
    room.write_sources(
        "[[source]]\nslug = \"a\"\nurl = \"http://a.example/\"\nretention = { articles_days = -1, days = 3 }\n",
    );
    room.run(&["config", "check"])
        .exits(78)
        .says("sources.toml:4: articles_days: must be a number of days")
        .says("days: unknown key");
}
