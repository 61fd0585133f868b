//! `doctor` finds what is wrong, each side by itself, and mends what can be; `backup` names damage; `restore` puts a backup back.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use rusqlite::Connection;
use serde_json::json;

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

fn line(number: usize, title: &str, body: &str) -> String {
    json!({ "url": format!("https://p{number}.example/a"), "source": format!("p{number}"), "title": title, "text": body }).to_string()
}

/// Two reports of an event, a copy of the first, one in Japanese.
fn newsroom() -> Newsroom {
    let room = Newsroom::new();
    let report =
        "The river Orr rose over the quays of Lorne in the night, and harbour master Ana Ruiz closed them at four.";
    let lines = [
        line(1, "Flood closes the quays of Lorne", report),
        line(
            2,
            "Lorne: quays under water",
            "Harbour master Ana Ruiz has closed the quays of Lorne after the river Orr came over them.",
        ),
        line(3, "Flood closes the quays of Lorne", report),
        line(4, "青浜港の市場", "青浜港の魚市場は台風のため二日間休みになる。船も三隻が欠航した。"),
    ];
    room.run(&["import", &room.file("a.jsonl", lines.join("\n"))]).exits(0);
    room
}

fn findings(room: &Newsroom, code: i32) -> BTreeMap<String, bool> {
    let lines = room.run(&["--json", "doctor"]).exits(code).json_lines();
    lines.iter().map(|line| (line["subject"].as_str().unwrap_or("").to_owned(), line["ok"] == json!(true))).collect()
}

fn change(room: &Newsroom, sql: &str) {
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).expect("it may write anything");
    theirs.pragma_update(None, "foreign_keys", false).expect("as sqlite3 has it");
    theirs.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn a_database_as_it_should_be_is_told_so() {
    let room = newsroom();
    let found = findings(&room, 0);
    assert_eq!(found.len(), 16, "{found:?}");
    assert!(found.values().all(|is_well| *is_well), "{found:?}");
}

#[test]
fn what_was_not_looked_at_in_a_file_of_an_earlier_version_is_said() {
    let room = newsroom();
    change(&room, "PRAGMA user_version = 10");
    let doctor = room.run(&["doctor"]).exits(0).stdout;
    assert!(doctor.contains("of version 10") && doctor.contains("was not looked at"), "{doctor}");
}

#[test]
fn each_fault_is_found_on_its_side_and_mended() {
    for (sql, side) in [
        ("DROP TRIGGER articles_update; DROP INDEX articles_url; DROP VIEW source_days", "schema"),
        (
            "DROP TRIGGER articles_delete; DROP TRIGGER story_members_delete; DELETE FROM articles WHERE id = 1",
            "references",
        ),
        ("DELETE FROM articles_fts WHERE rowid = 2", "full text"),
        // All articles are in it, and each word as often as in the texts.
        (
            "CREATE TEMP TABLE texts AS SELECT id, title, body FROM articles WHERE id < 3;
             INSERT INTO articles_fts (articles_fts, rowid, title, body) SELECT 'delete', id, title, body FROM texts;
             INSERT INTO articles_fts (rowid, title, body) SELECT 3 - id, title, body FROM texts",
            "full text",
        ),
        ("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')", "full text"),
        ("INSERT INTO articles_characters (articles_characters) VALUES ('delete-all')", "characters"),
        ("UPDATE stories SET n_sources = 7", "stories"),
        ("UPDATE stories SET title = 'Nobody said so' WHERE id = 1", "stories"),
        ("UPDATE stories SET last_published_at = '2026-11-02T00:00:00Z' WHERE id = 1", "stories"),
        ("INSERT INTO stories (n_articles, n_sources, updated_at) VALUES (0, 0, '2026-11-02T00:00:00Z')", "stories"),
        (
            "DROP TRIGGER articles_story_given; UPDATE articles SET story_id = NULL WHERE id = 2;
             CREATE TRIGGER articles_story_given AFTER UPDATE OF story_id ON articles BEGIN SELECT 1; END",
            "stories",
        ),
        ("UPDATE articles SET title = CAST(x'41ff42' AS TEXT) WHERE id = 2", "texts"),
        ("UPDATE _copies SET of_id = 77", "copies"),
        ("UPDATE sources SET title = CAST(x'41ff' AS TEXT) WHERE id = 1", "texts"),
        ("UPDATE stories SET title = CAST(x'41ff' AS TEXT) WHERE id = 1", "texts"),
        (
            "DROP TRIGGER articles_delete; CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN SELECT 1; END;
             DROP VIEW story_timeline; CREATE VIEW story_timeline AS SELECT 1 AS x;
             DROP INDEX articles_day; CREATE INDEX articles_day ON articles (title)",
            "schema",
        ),
        (
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = CAST(sql || CAST(x'2d2dff' AS TEXT) AS TEXT) WHERE name = 'story_timeline'",
            "schema",
        ),
        ("UPDATE articles SET change_seq = 9223372036854775807 WHERE id = 2", "changes"),
        ("UPDATE articles SET change_seq = -7, wording_seq = 9223372036854775807 WHERE id = 2", "changes"),
        ("UPDATE _change_state SET deleted_up_to = 9223372036854775807", "changes"),
        ("INSERT INTO _epochs (began_after, token) VALUES (9223372036854775807, 'x')", "changes"),
        ("DROP TABLE _change_state", "schema"),
        ("DELETE FROM _change_state", "state"),
        ("DELETE FROM _fts_state", "state"),
        ("DELETE FROM _story_state", "state"),
        ("DELETE FROM _shingle_state", "state"),
        ("DELETE FROM _schedule_state", "state"),
        ("INSERT INTO _story_state (generation) VALUES (7)", "state"),
        (
            "UPDATE articles SET duplicate_of = 2, duplicate_kind = 'near' WHERE id = 1;
          UPDATE articles SET duplicate_of = 1, duplicate_kind = 'near' WHERE id = 2",
            "copies",
        ),
        ("UPDATE articles SET duplicate_of = 2, duplicate_kind = 'near' WHERE id = 2", "copies"),
    ] {
        let room = newsroom();
        change(&room, sql);
        let found = findings(&room, 1);
        assert_eq!(found.get(side), Some(&false), "{sql}: {found:?}");
        room.run(&["doctor", "--fix"]).exits(0).says(&format!("mended: {side}"));
        let found = findings(&room, 0);
        assert!(found.values().all(|is_well| *is_well), "{sql}: {found:?}");
        room.assert_sound();
        assert_eq!(room.number("SELECT count(*) - count(DISTINCT change_seq) FROM articles"), 0, "{sql}");
        let hits = room.run(&["--json", "search", "台風"]).exits(0).json_lines();
        assert_eq!(hits.len(), 1, "{sql}");
        room.run(&["import", &room.file("later.jsonl", line(9, "Later", "It was said after that."))]).exits(0);
    }
}

/// Writes something of the same length in the place of words, wherever the file has them outside its indexes.
fn overwrite(room: &Newsroom, words: &str, with: &str) {
    assert_eq!(words.len(), with.len());
    change(room, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(room.database()).expect("the file");
    let at = bytes.windows(words.len()).position(|window| window == words.as_bytes()).expect("the words");
    bytes[at..at + words.len()].copy_from_slice(with.as_bytes());
    fs::write(room.database(), bytes).expect("the file");
}

#[test]
fn before_rows_are_taken_away_the_file_is_kept_as_it_was() {
    let room = newsroom();
    change(&room, "DROP TRIGGER articles_delete; DROP TRIGGER story_members_delete; DELETE FROM articles WHERE id = 1");
    let outcome = room.run(&["doctor", "--fix"]).exits(0).says("mended: references");
    assert_eq!(room.number("SELECT count(*) FROM story_members WHERE article_id = 1"), 0);
    let line = outcome.stderr.lines().find(|line| line.starts_with("kept: ")).expect("a line");
    let (_, aside) = line.rsplit_once("as it was is ").expect("a path");
    let kept = Connection::open(aside).expect("the file as it was");
    let count = kept.query_row("SELECT count(*) FROM story_members WHERE article_id = 1", [], |row| row.get(0));
    assert_eq!(count, Ok(1));
}

#[test]
fn articles_that_were_lost_and_not_deleted_come_again() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a", "http://paper.example/b", "http://paper.example/c"]))
            .with("/a", Resource::html(faults::article_html("What the disk has lost")))
            .with("/b", Resource::html(faults::article_html("What somebody has deleted")))
            .with("/c", Resource::html(faults::article_html("What stays"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    room.run(&["rm", "http://paper.example/b"]).exits(0);
    change(
        &room,
        "DROP TRIGGER articles_delete; DROP TRIGGER articles_delete_signs; DELETE FROM articles WHERE title LIKE '%lost%'",
    );
    room.run(&["doctor", "--fix"]).exits(0).says("mended: references");
    room.run(&["doctor"]).exits(0);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles ORDER BY title"), ["What stays", "What the disk has lost"]);
    room.assert_sound();
}

#[test]
fn a_list_of_tables_that_keeps_sqlite_from_writing_is_named_and_written_anew() {
    for sql in [
        "UPDATE sqlite_schema SET tbl_name = 'fundle_documents' WHERE name = 'bundle_documents'",
        "UPDATE sqlite_schema SET sql = sql || ' ?' WHERE name = '_daemon'",
    ] {
        let room = newsroom();
        change(&room, &format!("PRAGMA writable_schema = ON; {sql}"));
        let later = room.file("later.jsonl", line(9, "Later", "It was said after that."));
        room.run(&["import", &later]).exits(1);
        assert_eq!(findings(&room, 1).get("schema"), Some(&false), "{sql}");
        room.run(&["doctor", "--fix"]).exits(0).says("mended: schema; the file as it was is kept as ");
        room.run(&["doctor"]).exits(0);
        room.run(&["import", &later]).exits(0);
        assert_eq!(room.number("SELECT count(*) FROM articles"), 5);
    }
}

#[test]
fn a_text_that_the_disk_has_changed_is_named_and_the_full_text_agrees_with_it_again() {
    for with in ["haz closed", "    closed"] {
        let room = newsroom();
        let copy = room.path("copy.db").display().to_string();
        overwrite(&room, "has closed", with);
        let found = findings(&room, 1);
        assert_eq!((found.get("full text"), found.get("texts")), (Some(&false), Some(&false)), "{with}: {found:?}");
        room.run(&["backup", &copy]).exits(3).says("doctor --fix");
        room.run(&["doctor", "--fix"]).exits(1).says("mended: full text");
        let doctor = room.run(&["doctor"]).exits(1).stdout;
        assert!(
            doctor.contains("full text\tok")
                && doctor.contains("not as they were stored, by their checksums: articles 2;"),
            "{doctor}"
        );
        let backup = room.run(&["backup", "--force", &copy]).exits(3).says("articles 2;");
        assert!(!backup.stderr.contains("--fix"), "it cannot be mended: {}", backup.stderr);
        // Somebody takes it for right.
        change(&room, "UPDATE articles SET body = body WHERE id = 2");
        room.run(&["doctor"]).exits(0);
        room.run(&["import", &room.file("later.jsonl", line(9, "Later", "It was said after that."))]).exits(0);
        assert!(findings(&room, 0).values().all(|is_well| *is_well));
        room.run(&["backup", "--force", &copy]).exits(0);
    }
}

/// Writes over a page in the middle of the largest table.
fn damage(room: &Newsroom) {
    let page: u64 = room.value("SELECT rootpage FROM sqlite_schema WHERE name = 'articles'").parse().expect("a number");
    change(room, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(room.database()).expect("the file");
    let at = usize::try_from((page - 1) * 8192).expect("an offset");
    bytes[at + 8..at + 4096].fill(0xa5);
    fs::write(room.database(), bytes).expect("the file");
}

#[test]
fn a_damaged_file_is_told_and_not_backed_up_as_if_it_were_sound() {
    let room = newsroom();
    let (good, bad) = (room.path("good.db").display().to_string(), room.path("bad.db").display().to_string());
    room.run(&["backup", &good]).exits(0);
    damage(&room);
    let doctor = room.run(&["doctor"]).exits(1);
    assert!(doctor.stdout.contains("pages\twrong") && doctor.stdout.contains("restore"), "{}", doctor.stdout);
    for arguments in [&["backup", bad.as_str()][..], &["backup", "--force", good.as_str()]] {
        room.run(arguments).exits(1).says("the file is damaged");
    }
    assert!(!room.path("bad.db").exists());
    room.run(&["--db", &good, "doctor"]).exits(0);
    room.run(&["backup", "--no-verify", &bad]);
    // And back to the good one; what was there stays.
    room.run(&["restore", &good]).exits(1).says("--force");
    let restored = room.run(&["--json", "restore", "--force", &good]).exits(0).json();
    assert_eq!(restored["articles"], json!(4));
    let aside = restored["put_aside"].as_str().expect("a path");
    assert!(fs::metadata(aside).is_ok(), "{aside}");
    assert!(findings(&room, 0).values().all(|is_well| *is_well));
    room.run(&["import", &room.file("later.jsonl", line(9, "Later", "It was said after that."))]).exits(0);
    room.run(&["restore", "--force", &bad]).exits(1).says("damaged");
    room.run(&["restore", "--force", &room.database().display().to_string()]).exits(1).says("the database itself");
    // However soon one follows the other, what was there stays.
    let asides: Vec<_> = (0..3)
        .map(|_| room.run(&["--json", "restore", "--force", &good]).exits(0).json()["put_aside"].to_string())
        .collect();
    assert_eq!(asides.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{asides:?}");
    room.run(&["import", &room.file("later.jsonl", line(9, "Later", "It was said after that."))]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 5, "all is as it was");
}

#[test]
fn a_backup_that_was_made_beside_a_daemon_is_none_that_ended_without_stopping() {
    let room = Newsroom::new();
    let daemon = room.start();
    daemon.wait_to_say("started");
    // It says so before it gives the first sign of life.
    room.wait_for(Duration::from_secs(30), "SELECT count(*) FROM _daemon", "1");
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", &copy]).exits(0);
    daemon.stop().exits(0);
    assert_eq!(room.number("SELECT count(*) FROM _daemon WHERE stopped_at IS NOT NULL"), 1);
    room.run(&["restore", "--force", &copy]).exits(0);
    let status = room.run(&["status"]).exits(0);
    assert!(!status.stdout.contains("without stopping"), "{}", status.stdout);
    assert_eq!(room.number("SELECT count(*) FROM _daemon WHERE stopped_at IS NOT NULL"), 1);
}

#[test]
fn a_damaged_article_stops_no_other() {
    for column in ["title", "body", "language"] {
        let room = newsroom();
        change(&room, &format!("UPDATE articles SET {column} = CAST(x'41ff' AS TEXT) WHERE id = 2"));
        let counts = room
            .run(&["--json", "import", &room.file("b.jsonl", line(9, "Later", "It was said after that."))])
            .exits(0)
            .json();
        assert_eq!(counts["new"], json!(1), "{column}");
        assert!(findings(&room, 0).values().all(|is_well| *is_well), "{column}");
    }
}

#[test]
fn a_value_that_must_not_be_is_named_and_keeps_no_backup() {
    let room = newsroom();
    change(&room, "PRAGMA ignore_check_constraints = ON; UPDATE articles SET quality = 1000 WHERE id = 2");
    assert_eq!(findings(&room, 1).get("values"), Some(&false));
    room.run(&["backup", &room.path("copy.db").display().to_string()]).exits(3).says("articles 2");
}

#[test]
fn a_time_that_is_none_is_named_and_is_not_the_clock() {
    for (sql, row) in [
        (
            "INSERT INTO fetches (url, purpose, started_at, elapsed_ms, bytes) VALUES ('x', 'poll', 'zzz', 1, 1)",
            "fetches 1 (a time)",
        ),
        ("UPDATE articles SET published_at = '20 November' WHERE id = 2", "articles 2 (a time)"),
        ("UPDATE sightings SET last_seen_at = '' WHERE article_id = 3", "sightings 3 (a time)"),
        ("INSERT INTO reading (article_id, read_at) VALUES (2, 'yesterday')", "reading 2 (a time)"),
        ("INSERT INTO reading (article_id, starred_at) VALUES (3, '2026')", "reading 3 (a time)"),
    ] {
        let room = newsroom();
        change(&room, sql);
        let found = findings(&room, 1);
        assert_eq!(found.get("values"), Some(&false), "{sql}");
        assert_eq!(found.get("clock"), Some(&true), "{sql}");
        assert!(room.run(&["doctor"]).exits(1).stdout.contains(row), "{sql}");
    }
}

#[test]
fn faults_that_can_be_mended_are_backed_up_and_named() {
    let room = newsroom();
    change(&room, "UPDATE stories SET n_sources = 7");
    let copy = room.path("copy.db").display().to_string();
    room.run(&["backup", &copy]).exits(3).says("tell something else");
    assert!(room.path("copy.db").exists());
    room.run(&["doctor", "--fix"]).exits(0);
    change(
        &room,
        "DROP TRIGGER articles_fts_update; UPDATE articles SET body = body || ' Nobody was hurt.' WHERE id = 1",
    );
    room.run(&["backup", "--force", &copy]).exits(3).says("other words");
}

#[test]
fn a_restored_database_is_another_one_to_a_cursor() {
    let room = newsroom();
    let (copy, cursor) = (room.path("copy.db").display().to_string(), room.path("mirror").display().to_string());
    room.run(&["backup", &copy]).exits(0);
    room.run(&["tail", "--cursor", &cursor]).exits(0);
    room.run(&["restore", "--force", &copy]).exits(0);
    room.run(&["tail", "--cursor", &cursor]).exits(1).says("belongs to another database");
    let snapshot = room.path("snapshot.db").display().to_string();
    room.run(&["snapshot", &snapshot]).exits(0);
    room.run(&["restore", "--force", &snapshot]).exits(78).says("snapshot");
    room.run(&["restore", "--force", &room.file("notes.txt", "these are notes")]).exits(78);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 4);
}

#[test]
fn articles_that_somebody_has_taken_out_of_their_stories_are_counted_and_can_be_put_back() {
    let told = |room: &Newsroom| {
        let doctor = room.run(&["doctor"]).exits(0).stdout;
        doctor.lines().find(|line| line.starts_with("stories\tok")).expect("a line").to_owned()
    };
    for sql in [
        "DELETE FROM story_members WHERE article_id < 3",
        "PRAGMA recursive_triggers = ON; REPLACE INTO articles SELECT * FROM articles WHERE id < 3",
    ] {
        let room = newsroom();
        assert!(!told(&room).contains("in none"));
        change(&room, sql);
        room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
        assert!(told(&room).contains("2 articles with a text are in none"), "{sql}");
        change(&room, "UPDATE articles SET story_id = (SELECT min(id) FROM stories) WHERE id < 3");
        assert!(!told(&room).contains("in none"), "{sql}");
        assert_eq!(room.number("SELECT count(*) FROM story_members WHERE article_id < 3"), 2, "{sql}");
    }
}
