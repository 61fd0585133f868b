//! Rows that other programs have damaged: each costs itself, is named, and the rest is there.

use rusqlite::Connection;

use crate::harness::{Newsroom, Outcome};

/// Five articles, of which another program has damaged three.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = |n: usize| {
        format!(
            r#"{{"url": "https://paper.example/{n}", "title": "Ferry {n}", "published": "2026-11-2{n}", "text": "The ferry number {n} sails again.\nIt is the {n}."}}"#
        )
    };
    let file = room.file("five.jsonl", (1..=5).map(line).collect::<Vec<_>>().join("\n"));
    room.run(&["-q", "import", &file]).exits(0);
    let connection = Connection::open(room.database()).expect("the database opens");
    connection
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON;
             UPDATE articles SET title = CAST(x'4665ff727279' AS TEXT) WHERE id = 2;
             UPDATE articles SET body = CAST(x'5468652066657272fe79' AS TEXT) WHERE id = 3;
             UPDATE articles SET authors = '[\"Ana\"' WHERE id = 4;",
        )
        .expect("another program writes what it likes");
    room
}

/// Checks what a command prints, and whom it leaves out.
#[track_caller]
fn check(outcome: Outcome, printed: &[&str], left_out: &[&str]) {
    let outcome = outcome.exits(if left_out.is_empty() { 0 } else { 3 });
    for number in 1..=5 {
        let url = format!("paper.example/{number}");
        let title = format!("Ferry {number}");
        let is_printed = outcome.stdout.contains(&url) || outcome.stdout.contains(&title);
        assert_eq!(is_printed, printed.contains(&number.to_string().as_str()), "{number}: {}", outcome.stdout);
    }
    for name in left_out {
        assert!(outcome.stderr.contains(&format!("{name} is left out: ")), "{name}: {}", outcome.stderr);
    }
}

#[test]
fn an_export_goes_on_and_names_what_it_leaves_out() {
    let room = archive();
    let left_out = ["article 2", "article 3", "article 4"];
    check(room.run(&["export"]), &["1", "5"], &left_out);
    check(room.run(&["export", "--format", "csv"]), &["1", "5"], &left_out);
    let out = room.path("bundle").display().to_string();
    room.run(&["export", "--format", "bundle", "--out", &out]).exits(3).says("title is not UTF-8");
    assert_eq!(std::fs::read_dir(&out).expect("a folder").count(), 2);
    let file = room.path("all.jsonl").display().to_string();
    room.run(&["export", "--out", &file])
        .exits(3)
        .says("article 4 is left out: authors is no JSON array of texts")
        .says("3 damaged rows left out");
    assert_eq!(std::fs::read_to_string(&file).expect("a file").lines().count(), 2);
}

#[test]
fn lists_go_on_and_name_what_they_leave_out() {
    let room = archive();
    check(room.run(&["ls"]), &["1", "3", "4", "5"], &["article 2"]);
    check(room.run(&["--json", "search", "ferry"]), &["1", "3", "4", "5"], &["article 2"]);
    check(room.run(&["tail", "--all"]), &["1", "3", "4", "5"], &["article 2"]);
    room.run(&["stories", "--min-articles", "1"]).exits(0);
    let story = room.value("SELECT story_id FROM articles WHERE id = 2");
    room.run(&["stories", "show", &story]).exits(3).says("article 2 is left out");
    // A story's own title is a text like others.
    Connection::open(room.database())
        .and_then(|connection| connection.execute("UPDATE stories SET title = CAST(x'ff' AS TEXT) WHERE id = 1", []))
        .expect("another program writes what it likes");
    room.run(&["stories", "--min-articles", "1"]).exits(3).says("story 1 is left out: title is not UTF-8");
}

#[test]
fn a_cursor_passes_damaged_rows_and_misses_none_behind_them() {
    let room = archive();
    let cursor = room.path("place").display().to_string();
    let mut seen = Vec::new();
    for _ in 0..6 {
        let outcome = room.run(&["--json", "tail", "--cursor", &cursor, "-n", "1"]);
        assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:?}");
        seen.extend(outcome.json_lines().iter().map(|line| line["id"].as_i64().expect("a number")));
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 3, 4, 5]);
}

#[test]
fn a_damaged_article_is_shown_as_far_as_it_can_be_read() {
    let room = archive();
    let outcome =
        room.run(&["show", "2"]).exits(3).says("article 2 is shown as far as it can be read: title is not UTF-8");
    assert!(outcome.stdout.contains("Fe\u{fffd}rry") && outcome.stdout.contains("sails again"), "{}", outcome.stdout);
    let shown = room.run(&["--json", "show", "3"]).exits(3).json();
    assert_eq!(shown["paragraphs"], serde_json::json!(["The ferr\u{fffd}y"]));
    room.run(&["show", "4"]).exits(3).says("authors is no JSON array of texts");
    room.run(&["show", "5"]).exits(0);
}

#[test]
fn of_a_damaged_list_there_stays_what_can_be_read_when_it_is_mended() {
    for (authors, expected) in [
        (r"CAST(x'5b22416eff222c22426f225d' AS TEXT)", "[\"An\u{fffd}\",\"Bo\"]"),
        (r#"'["Ana","Bo"'"#, r#"["Ana","Bo"]"#),
        (r#"'["Ana"+"Bo"]'"#, r#"["Ana","Bo"]"#),
        (r#"'["Ana+,"Bo","Cy"]'"#, r#"["Ana+","Bo","Cy"]"#),
        ("'nobody'", "[]"),
    ] {
        let room = archive();
        Connection::open(room.database())
            .and_then(|connection| {
                connection.execute_batch(&format!(
                    "PRAGMA ignore_check_constraints = ON; UPDATE articles SET authors = {authors}, keywords = {authors} WHERE id = 5;
                     INSERT INTO sources (id, slug, url, state, tags, origin, created_at)
                     VALUES (90, 'a', 'https://a.example/feed', 'active', {authors}, 'command', '2026-11-20T00:00:00Z')"
                ))
            })
            .unwrap_or_else(|error| panic!("{authors}: {error}"));
        room.run(&["doctor", "--fix"]).exits(0).says("mended: texts");
        let lists = room.table("SELECT authors, keywords FROM articles WHERE id = 5 UNION ALL SELECT tags, tags FROM sources WHERE id = 90");
        assert_eq!(lists, [[expected, expected], [expected, expected]], "{authors}");
        room.run(&["doctor"]).exits(0);
    }
}
