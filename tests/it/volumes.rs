//! Months that are over, in files of their own: what reads them reads as before, and nothing is lost on the way there.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Newsroom, run_to_end};

/// Reports, each of its own subject, with some words that many have.
fn report(number: usize) -> Value {
    let subject = (0..40).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ");
    let weather = if number.is_multiple_of(3) {
        "The ferry waited in the harbour for the storm to pass."
    } else {
        "The ferry sailed."
    };
    let text = match number % 10 {
        0 => format!("第{number}号の台風が東京に近づいた。港は閉まり、船は出なかった。{subject}の話は続く。"),
        _ => format!(
            "It is said of {subject}.\n{weather}\nNobody was hurt, said the Harbour-Master’s office, number {number}."
        ),
    };
    json!({
        "url": format!("https://paper{}.example/{number}", number % 4), "title": format!("Report {number} of the ferry"), "text": text,
        "source": format!("paper{}", number % 4), "published": format!("2020-0{}-11T10:00:00Z", 7 + number % 3),
    })
}

fn import(room: &Newsroom, lines: &[Value]) -> Value {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    room.run(&["--json", "import", &room.file("lines.jsonl", lines.join("\n"))]).exits(0).json()
}

/// Changes rows as a user with another program would.
fn change(room: &Newsroom, sql: &str) {
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.busy_timeout(Duration::from_secs(20)).expect("a timeout can be set");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// With articles of July, August and September, of some of which there are earlier wordings and copies.
fn room_of(n_articles: usize) -> Newsroom {
    let room = Newsroom::new();
    import(&room, &(1..=n_articles).map(report).collect::<Vec<_>>());
    let revised: Vec<Value> = (1..=n_articles)
        .step_by(7)
        .map(|number| {
            let mut later = report(number);
            later["text"] = json!(format!(
                "{}\nAnd it was said again: the lantern of pier {number} is lit.",
                later["text"].as_str().expect("a text")
            ));
            later["published"] = json!("2020-12-01T10:00:00Z");
            later
        })
        .collect();
    import(&room, &revised);
    let copies: Vec<Value> = (1..=n_articles)
        .step_by(11)
        .map(|number| {
            let mut copy = report(number);
            copy["url"] = json!(format!("https://other.example/copy/{number}"));
            copy["source"] = json!("other");
            copy
        })
        .collect();
    import(&room, &copies);
    change(
        &room,
        "UPDATE articles SET first_seen_at = '2020-0' || (7 + id % 3) || '-12T00:00:00Z';
         UPDATE articles SET language = 'de', words = 7 WHERE id % 5 = 0",
    );
    // What another program has changed is settled by whatever writes next.
    import(&room, &[report(n_articles + 1)]);
    assert!(
        room.number("SELECT count(*) FROM revisions") > 0
            && room.number("SELECT count(duplicate_of) FROM articles") > 0
    );
    room
}

fn volume(room: &Newsroom, month: &str) -> PathBuf {
    room.path("news.db.volumes").join(format!("{month}.db"))
}

/// All that commands tell of what is stored, as texts; hits of a search in the order of their numbers, since their ranks are those of files.
fn told(room: &Newsroom) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let mut tell = |name: &str, text: String| told.push((name.to_owned(), text));
    for id in room.column("SELECT id FROM articles ORDER BY id") {
        tell(&format!("show {id}"), room.run(&["--json", "show", &id, "--revisions"]).exits(0).stdout);
    }
    for id in room.column("SELECT DISTINCT article_id FROM revisions") {
        tell(&format!("diff {id}"), room.run(&["--json", "show", &id, "--diff", "1..2"]).exits(0).stdout);
    }
    for format in ["jsonl", "csv"] {
        tell(format, room.run(&["export", "--format", format]).exits(0).stdout);
    }
    let folder = room.path("bundle");
    room.run(&["export", "--format", "bundle", "--out", &folder.display().to_string()]).exits(0);
    let mut files: Vec<(String, String)> = walk(&folder);
    files.sort();
    tell("bundle", format!("{files:?}"));
    std::fs::remove_dir_all(&folder).expect("it can be removed");
    for arguments in [&["ls", "--limit", "0"][..], &["tail", "-n", "1000"], &["stories"]] {
        tell(&arguments.join(" "), room.run(&[&["--json"], arguments].concat()).exits(0).stdout);
    }
    tell(
        "changes",
        format!("{:?}", room.table("SELECT id, change_seq, sha256, updated_at, wording_seq FROM articles ORDER BY id")),
    );
    tell("stories", format!("{:?}", room.table("SELECT * FROM stories")));
    for arguments in [
        &["ferry"][..],
        &["ferry harbour"],
        &["\"harbour for the storm\""],
        &["w4x3"],
        &["w17x*"],
        &["lantern"],
        &["--raw", "ferry NOT harbour"],
        &["--raw", "title:report AND body:storm"],
        &["--raw", "body:report"],
        &["台風"],
        &["東京"],
        &["出なかった"],
        &["harbour-master"],
        &["ferry", "--lang", "de"],
        &["ferry", "--source", "paper2"],
        &["ferry", "--since", "2020-09-01"],
        &["ferry", "--until", "2020-08-01"],
        &["storm", "--where", "words > 10"],
    ] {
        let found = room.run(&[&["--json", "search", "--limit", "500"], arguments].concat()).exits(0);
        let mut hits = found.json_lines();
        hits.sort_by_key(|hit| hit["id"].as_i64());
        tell(&format!("search {}", arguments.join(" ")), format!("{hits:#?}"));
    }
    told
}

fn walk(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files.extend(walk(&entry));
        } else if entry.extension().is_none_or(|ending| ending != "md") {
            let text = std::fs::read(&entry).expect("a file");
            files.push((entry.display().to_string(), String::from_utf8_lossy(&text).into_owned()));
        }
    }
    files
}

fn assert_same(before: &[(String, String)], after: &[(String, String)]) {
    for ((name, before), (_, after)) in before.iter().zip(after) {
        assert!(before == after, "{name}: before\n{before}\nafter\n{after}");
    }
    assert_eq!(before.len(), after.len());
}

#[test]
fn what_is_read_is_the_same_before_and_after_months_are_closed() {
    let room = room_of(60);
    let before = told(&room);
    assert!(before.iter().any(|(name, found)| name == "search 台風" && found.contains("Report 30")));
    room.run(&["tail", "--cursor", "./me"]).exits(0);
    room.run(&["volumes", "close", "2020-07", "2020-08"]).exits(0).says("2020-07 is closed");
    let n_moved = room.number("SELECT count(*) FROM articles WHERE volume IN ('2020-07', '2020-08') AND body = ''");
    assert_eq!(n_moved, room.number("SELECT sum(n_articles) FROM volumes WHERE state = 'closed'"));
    assert!(n_moved >= 40 && room.number("SELECT count(*) FROM revisions WHERE volume IS NOT NULL") > 4);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE volume IS NULL AND first_seen_at < '2020-09'"), 0);
    assert_same(&before, &told(&room));
    assert_eq!(room.run(&["tail", "--cursor", "./me"]).exits(0).stdout, "", "nothing has changed");
    // By itself the database finds headlines of theirs, and a volume its texts.
    assert_eq!(room.number("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'w4x3'"), 0);
    let file = Connection::open(volume(&room, "2020-08")).expect("a volume opens");
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("an answer");
    assert_eq!(
        count("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'ferry'"),
        count("SELECT count(*) FROM articles")
    );
    room.run(&["volumes", "close", "2020-08", "2019-01"]).exits(0).says("closed before").says("nothing to close");
    room.run(&["volumes", "check"]).exits(0);
    room.run(&["doctor"]).exits(0);
    room.assert_sound();
}

#[test]
fn articles_of_a_closed_month_are_known_again() {
    let room = room_of(40);
    room.run(&["volumes", "close", "2020-07", "2020-08", "2020-09"]).exits(0);
    let counts = import(&room, &(1..=40).filter(|number| number % 7 != 1).map(report).collect::<Vec<_>>());
    assert_eq!((&counts["new"], &counts["revisions"]), (&json!(0), &json!(0)), "{counts}");
    // A copy by another paper, near and exact.
    let (mut exact, mut near) = (report(5), report(6));
    exact["url"] = json!("https://third.example/a");
    near["url"] = json!("https://third.example/b");
    near["text"] = json!(format!("{}\nReporting by the third paper.", near["text"].as_str().expect("a text")));
    import(&room, &[exact, near]);
    let copies =
        room.table("SELECT duplicate_of, duplicate_kind FROM articles WHERE url LIKE '%third.example%' ORDER BY id");
    assert_eq!(copies, [["5", "exact"], ["6", "near"]]);
    // Another wording stands in the database, and the one before in the volume still.
    let (id, mut later) = ("9", report(9));
    later["text"] = json!(format!("{}\nThe inquiry begins on Monday.", later["text"].as_str().expect("a text")));
    later["published"] = json!("2021-01-01T00:00:00Z");
    import(&room, &[later]);
    assert_eq!(
        room.table("SELECT volume, revision, body LIKE '%inquiry%' FROM articles WHERE id = 9"),
        [["NULL", "2", "1"]]
    );
    assert_eq!(room.table("SELECT body, volume_row FROM revisions WHERE article_id = 9"), [["", "9"]]);
    let shown = room.run(&["--json", "show", id, "--revisions"]).exits(0).json();
    assert!(shown["revisions"][0].to_string().contains("1 of") || shown.to_string().contains("w9x3"), "{shown}");
    room.run(&["show", id, "--diff", "1..2"]).exits(0);
    let found = |query: &str| -> Vec<i64> {
        let hits = room.run(&["--json", "search", query]).exits(0).json_lines();
        hits.iter().filter_map(|hit| hit["id"].as_i64()).collect()
    };
    assert_eq!(found("inquiry"), [9]);
    assert_eq!(found("w9x3"), [9], "once, by the wording that it has now");
    // Deleted is deleted, whatever bytes the volume has; and a text that is taken away does not come back from there.
    room.run(&["rm", "8"]).exits(0);
    assert_eq!(found("w8x3"), Vec::<i64>::new());
    room.run(&["show", "8"]).exits(1);
    let counts = import(&room, &[report(8)]);
    assert_eq!(counts["deleted"], json!(1));
    room.run(&["prune", "--older", "1y", "--bodies"]).exits(0);
    assert_eq!(found("w11x3"), Vec::<i64>::new());
    assert_eq!(room.run(&["--json", "show", "11"]).exits(0).json()["paragraphs"], json!([]));
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE volume IS NOT NULL"), 0);
    room.run(&["doctor"]).exits(0);
    room.assert_sound();
}

#[test]
fn a_volume_that_is_not_there_is_named_and_the_rest_goes_on() {
    let room = room_of(30);
    room.run(&["volumes", "close", "2020-07", "2020-08"]).exits(0);
    let (file, aside) = (volume(&room, "2020-07"), room.path("aside.db"));
    let before = told(&room);
    std::fs::rename(&file, &aside).expect("it can be moved");
    let of_july = room.value("SELECT min(id) FROM articles WHERE volume = '2020-07'");
    let of_august = room.value("SELECT min(id) FROM articles WHERE volume = '2020-08'");
    let name = "2020-07.db: is not there; put it back";
    assert!(room.run(&["show", &of_july]).exits(3).says(name).stdout.contains("Report"));
    room.run(&["show", &of_august]).exits(0);
    let exported = room.run(&["export", "--format", "jsonl"]).exits(3).says(name);
    let n_here = room.number("SELECT count(*) FROM articles WHERE volume IS NOT '2020-07'");
    assert_eq!(exported.json_lines().len(), usize::try_from(n_here).expect("a number"));
    let found = room.run(&["--json", "search", "--limit", "500", "ferry"]).exits(3).says(name);
    let found: Vec<String> = found.json_lines().iter().map(|hit| hit["id"].to_string()).collect();
    assert!(!found.contains(&of_july) && found.contains(&of_august), "{found:?}");
    room.run(&["ls"]).exits(0);
    assert!(room.run(&["volumes", "check"]).exits(1).stdout.contains("is not there"));
    assert!(room.run(&["volumes", "ls"]).exits(0).cells()[0].contains(&"no"));
    // What cannot be compared is taken for what it was.
    let mut later = report(of_july.parse().expect("a number"));
    later["text"] = json!(
        "Something else entirely is told of the lighthouse, its keeper, and the seventeen geese that live there."
    );
    room.run(&["-v", "import", &room.file("later.jsonl", later.to_string())]).exits(0).says("count as unchanged");
    assert_eq!(room.value(&format!("SELECT volume FROM articles WHERE id = {of_july}")), "2020-07");
    // Another file of that name is none of ours.
    std::fs::copy(volume(&room, "2020-08"), &file).expect("it can be copied");
    room.run(&["show", &of_july]).exits(3).says("another volume");
    std::fs::remove_file(&file).expect("it can be removed");
    std::fs::rename(&aside, &file).expect("it can be moved");
    assert_same(&before, &told(&room));
    // Bytes that a disk has changed.
    let mut bytes = std::fs::read(&file).expect("it can be read");
    let at = bytes.len() / 2;
    bytes[at] ^= 0xff;
    std::fs::remove_file(&file).expect("it can be removed");
    std::fs::write(&file, &bytes).expect("it can be written");
    let checked = room.run(&["--json", "volumes", "check", "2020-07"]).exits(1).json();
    assert!(checked["text"].as_str().is_some_and(|text| text.contains("not as it was written")), "{checked}");
    room.run(&["volumes", "check", "2020-08"]).exits(0);
}

#[test]
fn texts_are_counted_wherever_they_lie() {
    let room = room_of(60);
    let sizes = || room.run(&["--json", "status", "--sizes"]).exits(0).json();
    let before = sizes();
    assert_eq!(before["volumes"], json!([]));
    room.run(&["volumes", "close", "2020-07", "2020-08"]).exits(0);
    let after = sizes();
    assert_eq!((&after["sources"], &after["all"]["text_bytes"]), (&before["sources"], &before["all"]["text_bytes"]));
    let bytes = std::fs::metadata(volume(&room, "2020-07")).expect("a volume").len();
    let n_articles = room.number("SELECT n_articles FROM volumes WHERE month = '2020-07'");
    assert_eq!(
        after["volumes"][0],
        json!({ "month": "2020-07", "articles": n_articles, "bytes": bytes, "counted": true })
    );
    let lines = room.run(&["status", "--sizes"]).exits(0);
    let expected = ["volume", "2020-07", &n_articles.to_string(), &bytes.to_string(), "", "", ""];
    assert!(lines.cells().iter().any(|cells| *cells == expected), "{}", lines.stdout);
    // What is not there is not counted, and that is said.
    std::fs::remove_file(volume(&room, "2020-07")).expect("it can be removed");
    let without =
        room.run(&["--json", "status", "--sizes"]).exits(0).says("texts of 1 closed month are not counted").json();
    assert!(without["all"]["text_bytes"].as_u64() < after["all"]["text_bytes"].as_u64(), "{without}");
    assert_eq!((&without["volumes"][0]["counted"], &without["volumes"][0]["bytes"]), (&json!(false), &json!(bytes)));
}

#[test]
fn a_closing_that_is_killed_at_any_time_loses_nothing_and_goes_on() {
    let room = room_of(450);
    let before = room.run(&["export", "--format", "jsonl"]).exits(0).stdout;
    let mut n_kills = 0;
    for life in (0..40).map(|step| 5 + step * 9) {
        let mut child = room.command(&["volumes", "close", "2020-07", "2020-08"]).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(life));
        let _ = child.kill();
        n_kills += usize::from(child.wait().expect("it ends").code().is_none());
        let states = room.column("SELECT state FROM volumes ORDER BY month");
        if states == ["closed", "closed"] {
            break;
        }
        if life % 4 == 1 {
            assert!(
                room.run(&["export", "--format", "jsonl"]).exits(0).stdout == before,
                "after {life} ms: {states:?}"
            );
        }
    }
    assert!(n_kills > 2);
    room.run(&["volumes", "close", "2020-07", "2020-08"]).exits(0);
    assert_eq!(room.column("SELECT state FROM volumes ORDER BY month"), ["closed", "closed"]);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE first_seen_at < '2020-09' AND body <> ''"), 0);
    assert!(room.run(&["export", "--format", "jsonl"]).exits(0).stdout == before);
    room.run(&["volumes", "check"]).exits(0);
    room.assert_sound();
}

#[test]
fn a_wording_that_comes_while_a_month_is_closed_is_kept() {
    let room = room_of(30);
    // As a process leaves it that was killed when its file was whole.
    room.run(&["volumes", "close", "2020-07"]).exits(0);
    let of_july = room.value(
        "SELECT min(id) FROM articles WHERE volume = '2020-07' AND id NOT IN (SELECT article_id FROM revisions)",
    );
    let shown = room.run(&["--json", "show", &of_july]).exits(0).json();
    let paragraphs = shown["paragraphs"].as_array().expect("paragraphs").iter().filter_map(Value::as_str);
    let text = paragraphs.collect::<Vec<_>>().join("\n");
    change(
        &room,
        &format!(
            "UPDATE volumes SET state = 'moving', closed_at = NULL WHERE month = '2020-07';
             UPDATE articles SET body = '{}' WHERE id = {of_july}",
            text.replace('\'', "''")
        ),
    );
    assert_eq!(room.value(&format!("SELECT volume FROM articles WHERE id = {of_july}")), "NULL", "its text is here");
    let mut later = report(of_july.parse().expect("a number"));
    later["text"] = json!(format!("{text}\nThe second ferry left at nine."));
    later["published"] = json!("2021-01-01T00:00:00Z");
    import(&room, &[later]);
    room.run(&["volumes", "close", "2020-07"]).exits(0);
    let stored = room.table(&format!("SELECT volume, body LIKE '%left at nine.' FROM articles WHERE id = {of_july}"));
    assert_eq!(stored, [["NULL", "1"]]);
    assert_eq!(room.column(&format!("SELECT volume FROM revisions WHERE article_id = {of_july}")), ["2020-07"]);
    let shown = room.run(&["--json", "show", &of_july, "--diff", "1..2"]).exits(0).stdout;
    assert!(shown.contains("left at nine"), "{shown}");
    // One that is not over.
    let month = jiff::Timestamp::now().to_string();
    let mut command = room.command(&["volumes", "close", &month[..7]]);
    command.stdin(std::process::Stdio::null());
    run_to_end(command, b"").exits(1).says("is not over");
    room.run(&["volumes", "close", "2020-13"]).exits(2).says("2026-09");
}

#[test]
fn copies_of_the_database_say_what_they_lack() {
    let room = room_of(30);
    let before = room.run(&["export", "--format", "jsonl"]).exits(0).stdout;
    let path = |name: &str| room.path(name).display().to_string();
    room.run(&["backup", &path("open.db")]).exits(0);
    room.run(&["volumes", "close", "2020-07", "2020-08"]).exits(0);
    room.run(&["backup", &path("copy.db")])
        .exits(0)
        .says("without the texts of 2 closed months")
        .says("copy that folder too");
    room.run(&["snapshot", &path("snap.db")]).exits(0).says("without the texts of 2 closed months");
    for copy in ["copy.db", "snap.db"] {
        // Alone it is whole, and lacks them.
        let looked = room.run(&["--db", &path(copy), "doctor"]).exits(0);
        assert!(looked.stdout.contains("the database itself is whole"), "{}", looked.stdout);
        room.run(&["--db", &path(copy), "export", "--format", "jsonl"]).exits(3).says("put it back");
        // With the folder beside it nothing is missing.
        std::os::unix::fs::symlink(room.path("news.db.volumes"), room.path(&format!("{copy}.volumes")))
            .expect("a link");
        assert!(room.run(&["--db", &path(copy), "export", "--format", "jsonl"]).exits(0).stdout == before, "{copy}");
    }
    // A merge takes the texts out of the volumes of the other one, and nothing where it cannot.
    room.run(&["--db", &path("merged.db"), "merge", &path("copy.db")]).exits(0);
    let texts = |database: &str| -> Vec<String> {
        let exported = room.run(&["--db", &path(database), "export", "--format", "jsonl"]).exits(0).json_lines();
        exported.iter().map(|line| line["paragraphs"].to_string()).collect()
    };
    assert_eq!(texts("merged.db"), texts("news.db"));
    std::fs::remove_file(room.path("copy.db.volumes")).expect("a link");
    room.run(&["--db", &path("partly.db"), "merge", &path("copy.db")]).exits(3).says("is not there");
    assert!(texts("partly.db").iter().all(|text| text != "[]"));
    // A backup of before has its texts itself, and a file that it does not know of is left alone.
    room.run(&["restore", "--force", &path("open.db")]).exits(0);
    assert!(room.run(&["export", "--format", "jsonl"]).exits(0).stdout == before);
    room.run(&["volumes", "close", "2020-07"]).exits(1).says("move it away first");
    assert!(room.run(&["export", "--format", "jsonl"]).exits(0).stdout == before);
    // One of later that is put back without its files says so.
    std::fs::rename(room.path("news.db.volumes"), room.path("elsewhere")).expect("it can be moved");
    room.run(&["restore", "--force", &path("copy.db")]).exits(0).says("put it back too");
    std::fs::rename(room.path("elsewhere"), room.path("news.db.volumes")).expect("it can be moved");
    assert!(room.run(&["export", "--format", "jsonl"]).exits(0).stdout == before);
    let asked = "SELECT count(*) FROM articles WHERE volume IS NOT NULL AND volume_text(volume, id) <> ''";
    assert_eq!(room.run(&["sql", asked]).exits(0).stdout.trim(), room.value("SELECT sum(n_articles) FROM volumes"));
}
