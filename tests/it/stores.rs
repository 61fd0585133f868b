//! Files that earlier versions of the program have made: they become as new ones are, and nothing of theirs is lost.
//!
//! `tests/fixtures/stores/version-N.db.gz` was made by the demo of the last program whose files had version N.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use rusqlite::Connection;

use crate::harness::Newsroom;

/// A newsroom with the database of an earlier version.
pub(crate) fn earlier(fixture: &Path) -> Newsroom {
    let mut database = Vec::new();
    GzDecoder::new(fs::File::open(fixture).expect("a fixture")).read_to_end(&mut database).expect("a packed database");
    let room = Newsroom::new();
    fs::write(room.database(), database).expect("a file");
    room
}

/// What tells one schema from another. Before the schema was released some tables declared what triggers do since: it does no harm.
fn schema(room: &Newsroom) -> Vec<String> {
    let lines = room.column(
        "SELECT name || coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT table_name || coalesce(column_name, '') || text FROM docs
         ORDER BY 1",
    );
    lines.iter().map(|line| line.replace(" ON DELETE CASCADE", "").replace(" ON DELETE SET NULL", "")).collect()
}

#[test]
fn stores_of_earlier_versions_go_on() {
    let fresh = Newsroom::new();
    fresh.run(&["import", &fresh.file("none.jsonl", "")]).exits(0);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores");
    let mut fixtures: Vec<_> =
        fs::read_dir(fixtures).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    fixtures.sort();
    assert!(fixtures.len() >= 3);
    for fixture in fixtures {
        let room = earlier(&fixture);
        let name = fixture.display();
        let content = [
            "articles",
            "revisions",
            "sightings",
            "stories",
            "story_members",
            "fetches",
            "sources",
            "_links",
            "_copies",
        ];
        let counts = |room: &Newsroom| content.map(|table| room.number(&format!("SELECT count(*) FROM {table}")));
        let texts =
            "SELECT id || title || body || sha256 || change_seq || coalesce(story_id, '') FROM articles ORDER BY id";
        let before = (counts(&room), room.column(texts));
        assert!(before.0.iter().all(|count| *count > 0), "{name}: {:?}", before.0);
        // From version 8 on files are read as they are.
        if room.number("PRAGMA user_version") < 8 {
            room.run(&["ls"]).exits(78).says("its schema has version");
        } else {
            for arguments in
                [&["ls"][..], &["stories"], &["status"], &["export"], &["tail"], &["doctor"], &["sources", "ls"]]
            {
                room.run(arguments).exits(0);
            }
        }
        room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
        let (found, expected) = (schema(&room), schema(&fresh));
        let differing = found.iter().filter(|line| !expected.contains(line));
        let differing: Vec<_> = differing.chain(expected.iter().filter(|line| !found.contains(line))).collect();
        assert!(differing.is_empty(), "{name}: {differing:#?}");
        assert_eq!((counts(&room), room.column(texts)), before, "{name}");
        let wrong = "SELECT count(*) FROM articles WHERE host IS NULL OR day IS NOT date(published_at) AND date_precision = 'day'
             OR replace(day, '-', '') IS NOT date";
        assert_eq!(room.number(wrong), 0, "{name}");
        assert_eq!(room.number("SELECT count(*) FROM fetches WHERE host IS NULL"), 0, "{name}");
        let hits = room.run(&["--json", "search", "図書館"]).exits(0).json_lines();
        assert!(!hits.is_empty(), "{name}");
        room.assert_sound();
        let line =
            r#"{"url": "https://paper.example/later", "title": "A later one", "text": "It came after the migration."}"#;
        room.run(&["import", &room.file("later.jsonl", line)]).exits(0);
        assert_eq!(room.value("SELECT host FROM articles ORDER BY id DESC LIMIT 1"), "paper.example", "{name}");
    }
}

#[test]
fn what_stories_say_of_articles_that_were_changed_before_is_set_right() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores/version-13.db.gz");
    let room = earlier(&fixture);
    let theirs = Connection::open(room.database()).expect("a database");
    let changes = "UPDATE articles SET title = 'Otters' WHERE id = (SELECT min(title_article_id) FROM stories);
         DELETE FROM articles WHERE story_id = (SELECT max(id) FROM stories)";
    theirs.execute_batch(changes).expect("it can be changed");
    drop(theirs);
    let stories = "SELECT sum(title = 'Otters') || ' ' || sum(n_articles = 0) FROM stories";
    assert_eq!(room.value(stories), "0 1");
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    assert_eq!(room.value(stories), "1 0");
    room.run(&["doctor"]).exits(0);
}

#[test]
fn whom_and_when_stories_tell_and_what_is_found_is_set_right_for_rows_that_were_changed_before() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores/version-13.db.gz");
    let other = "CREATE TEMP TABLE kept AS SELECT * FROM articles WHERE id = 5;
         UPDATE kept SET body = 'Eels swim in 港口 now.'; REPLACE INTO articles SELECT * FROM kept";
    for sql in [
        "UPDATE articles SET published_at = '2020-01-02T00:00:00Z', host = 'elsewhere.example', url = 'https://elsewhere.example/1'
         WHERE id = (SELECT min(title_article_id) FROM stories)",
        &format!("{other}; DELETE FROM articles WHERE id = 5"),
        &format!("{other}; UPDATE articles SET body = 'Otters.' WHERE id = 5"),
    ] {
        let room = earlier(&fixture);
        let theirs = Connection::open(room.database()).expect("a database");
        theirs.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        drop(theirs);
        room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
        let untold = "SELECT count(*) FROM story_members JOIN articles ON id = article_id
             WHERE told_at IS NOT published_at OR publisher <> host";
        assert_eq!(room.value(untold), "0", "{sql}");
        let of_2020 = room.value("SELECT count(*) FROM stories WHERE first_published_at = '2020-01-02T00:00:00Z'");
        assert_eq!(of_2020, if sql.contains("2020") { "1" } else { "0" });
        let compared_at = "SELECT count(*) FROM _story_signatures JOIN story_members USING (article_id)
             WHERE at_s IS NOT CAST(strftime('%s', told_at) AS INTEGER)";
        assert_eq!(room.value(compared_at), "0", "{sql}");
        room.run(&["doctor"]).exits(0);
        room.assert_sound();
    }
}
