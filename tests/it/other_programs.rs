//! What other programs do to the file: whatever they delete, the store goes on, and its counts are right.

use newswire::demo::web::{Resource, Site};
use rusqlite::Connection;
use serde_json::json;

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

/// Publisher, headline, paragraphs: two reports of a flood, a copy of the first, and something else.
const ARTICLES: &[[&str; 3]] = &[
    [
        "tidewater.example",
        "Flood closes the quays of Lorne",
        "The river Orr rose over the quays of Lorne in the night, and harbour master Ana Ruiz closed them at four.\nForty boats were \
         moved upstream by volunteers, she said, and one of them, the Maribel, is missing since the morning.\nNobody was hurt, \
         though two men had to be fetched from the roof of the ice house.",
    ],
    [
        "northern-post.example",
        "Lorne: quays under water",
        "Harbour master Ana Ruiz has closed the quays of Lorne after the river Orr came over them.\nThe Maribel, a boat of the \
         school, has been lost. Volunteers took forty others to safety.",
    ],
    [
        "copyist.example",
        "Flood closes quays",
        "The river Orr rose over the quays of Lorne in the night, and harbour master Ana Ruiz closed them at four.\nForty boats were \
         moved upstream by volunteers, she said, and one of them, the Maribel, is missing since the morning.",
    ],
    [
        "harbour-times.example",
        "Quinces are late in Osterby",
        "Growers of Osterby wait for their quinces, which a cold May has put back by three weeks, the guild of gardeners said on \
         Friday.",
    ],
];

fn import(room: &Newsroom, name: &str, articles: &[[&str; 3]]) {
    let line = |[publisher, title, body]: &[&str; 3]| {
        json!({
            "url": format!("https://{publisher}/{name}"), "source": publisher, "title": title,
            "paragraphs": body.lines().collect::<Vec<_>>(), "published": "2026-11-02T12:00:00Z",
        })
        .to_string()
    };
    let lines: Vec<String> = articles.iter().map(line).collect();
    room.run(&["import", &room.file(&format!("{name}.jsonl"), lines.join("\n"))]).exits(0);
}

fn newsroom() -> Newsroom {
    let room = Newsroom::new();
    import(&room, "first", ARTICLES);
    assert_eq!(room.column("SELECT coalesce(duplicate_of, 0) FROM articles"), ["0", "0", "1", "0"]);
    assert_eq!(room.column("SELECT n_articles || ' ' || n_sources FROM stories ORDER BY id"), ["3 2", "1 1"]);
    room
}

/// Checks that everything counts what is there, and that all articles can still be told, searched and added to.
fn check_goes_on(room: &Newsroom, what: &str) {
    let wrong = "SELECT count(*) FROM stories WHERE n_articles <> (SELECT count(*) FROM story_members WHERE story_id = stories.id)
        OR n_sources <> (SELECT count(DISTINCT publisher) FROM story_members WHERE story_id = stories.id AND NOT is_copy)
        OR title_article_id NOT IN (SELECT article_id FROM story_members WHERE story_id = stories.id)
        OR title IS NOT (SELECT title FROM articles WHERE id = title_article_id) OR n_articles = 0";
    assert_eq!(room.number(wrong), 0, "{what}");
    assert_eq!(room.number("SELECT count(*) - count(DISTINCT change_seq) FROM articles"), 0, "{what}");
    let n_articles = room.number("SELECT count(*) FROM articles");
    let [publisher, _, body] = ARTICLES[0];
    import(
        room,
        "later",
        &[["evening.example", "Maribel found", &body[..200]], [publisher, "Again", "Nothing of this was said."]],
    );
    assert_eq!(room.number("SELECT count(*) FROM articles"), n_articles + 2, "{what}");
    room.run(&["ls"]).exits(0);
    room.run(&["stories"]).exits(0);
    room.assert_sound();
}

#[test]
fn whatever_is_deleted_the_store_goes_on() {
    for foreign_keys in ["ON", "OFF"] {
        for sql in [
            "DELETE FROM articles",
            "DELETE FROM articles WHERE id = 1",
            "DELETE FROM articles WHERE id IN (2, 3)",
            "DELETE FROM stories",
            "DELETE FROM story_members WHERE article_id = 1",
            "DELETE FROM sightings",
            "DELETE FROM revisions",
            "DELETE FROM fetches",
            "DELETE FROM sources",
        ] {
            let room = newsroom();
            let connection = Connection::open(room.database()).expect("the database opens");
            let what = format!("PRAGMA foreign_keys = {foreign_keys}; {sql}");
            connection.execute_batch(&what).unwrap_or_else(|error| panic!("{what}: {error}"));
            drop(connection);
            check_goes_on(&room, &what);
        }
    }
}

#[test]
fn a_copy_whose_original_is_deleted_is_told_as_changed_and_counts_for_itself() {
    let room = newsroom();
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.execute_batch("DELETE FROM articles WHERE id = 1").expect("it can be deleted");
    let copy = "SELECT coalesce(duplicate_kind, '-') || ' ' || (change_seq > 4) || ' ' || is_copy
        FROM articles JOIN story_members ON article_id = id WHERE id = 3";
    assert_eq!(room.value(copy), "- 1 0");
    assert_eq!(
        room.value("SELECT n_articles || ' ' || n_sources || ' ' || title FROM stories WHERE id = 1"),
        "2 2 Lorne: quays under water"
    );
    // The largest number was given to the article that is deleted now; it is not given again.
    connection.execute_batch("DELETE FROM articles WHERE id = 3").expect("it can be deleted");
    import(&room, "later", &ARTICLES[3..]);
    assert_eq!(room.value("SELECT max(change_seq) FROM articles"), "6");
}

#[test]
fn what_is_changed_is_told_as_a_change_and_found_by_its_new_words() {
    let room = newsroom();
    let connection = Connection::open(room.database()).expect("the database opens");
    connection
        .execute_batch(
            "UPDATE articles SET title = 'Medlars are late', body = replace(body, 'quinces', 'medlars') WHERE id = 4;
             UPDATE articles SET language = 'en-GB' WHERE id < 3",
        )
        .expect("they can be changed");
    assert_eq!(room.column("SELECT change_seq FROM articles ORDER BY id"), ["6", "7", "3", "5"]);
    // Whatever writes next makes the checksum.
    import(&room, "later", &[["evening.example", "Nothing", "Nothing of this was said before in any of the papers."]]);
    assert_eq!(room.value("SELECT count(*) FROM _changed_elsewhere"), "0");
    let found = room.run(&["search", "medlars"]).exits(0).stdout;
    assert!(found.contains("Medlars are late"), "{found}");
    let document = room.value("SELECT text FROM bundle_documents WHERE article_id = 4");
    let sha256 = newswire::bundle::hex_sha256(document.as_bytes());
    assert_eq!(room.value("SELECT sha256 FROM articles WHERE id = 4"), sha256);
    // As its publisher had it, it is another text now.
    import(&room, "again", &ARTICLES[3..]);
    assert_eq!(room.value("SELECT duplicate_kind FROM articles ORDER BY id DESC LIMIT 1"), "near");
    room.assert_sound();
}

/// What another program does, whose change it is, and what is so then.
#[track_caller]
fn check_is_told(sql: &str, changed: &[&str], question: &str, answer: &str) -> Newsroom {
    let room = newsroom();
    let before = room.value("SELECT max(change_seq) FROM articles");
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    drop(connection);
    let told = room.column(&format!("SELECT id FROM articles WHERE change_seq > {before} ORDER BY id"));
    assert_eq!(told, changed, "{sql}");
    assert_eq!(room.value(question), answer, "{sql}");
    check_goes_on(&room, sql);
    room.run(&["doctor"]).exits(0);
    room
}

#[test]
fn whose_copy_an_article_is_its_removal_and_its_reservations_are_told_and_counted() {
    let of_story = "SELECT n_articles || ' ' || n_sources FROM stories WHERE id = 1";
    check_is_told("UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL", &["3"], of_story, "3 3");
    check_is_told(
        "UPDATE articles SET duplicate_of = 1, duplicate_kind = 'near' WHERE id = 2",
        &["2"],
        of_story,
        "3 1",
    );
    check_is_told("UPDATE articles SET duplicate_of = 2 WHERE id = 3", &["3"], "SELECT count(*) FROM _copies", "0");
    let removed =
        "SELECT group_concat(id || ' ' || (removed_seq = change_seq)) FROM articles WHERE removed_at IS NOT NULL";
    check_is_told("UPDATE articles SET removed_at = '2026-11-20T00:00:00Z' WHERE id = 4", &["4"], removed, "4 1");
    let reserved = "SELECT group_concat(id) FROM articles WHERE reservations <> '[]'";
    check_is_told("UPDATE articles SET reservations = '[\"page: noai\"]' WHERE id = 1", &["1"], reserved, "1");
    check_is_told(
        "UPDATE articles SET duplicate_of = duplicate_of, story_id = story_id, removed_at = NULL",
        &[],
        reserved,
        "NULL",
    );
}

#[test]
fn an_article_that_somebody_puts_into_another_story_stays_there() {
    let stories = "SELECT group_concat(n_articles || ' ' || n_sources, ', ') FROM (SELECT * FROM stories WHERE id < 3 ORDER BY id)";
    let members = "SELECT group_concat(article_id || reason) FROM
        (SELECT * FROM story_members WHERE story_id = 2 AND article_id < 5 ORDER BY article_id)";
    for sql in [
        "UPDATE articles SET story_id = 2 WHERE id = 2",
        "UPDATE story_members SET story_id = 2 WHERE article_id = 2",
        "UPDATE articles SET story_id = NULL WHERE id = 2; UPDATE articles SET story_id = 2 WHERE id = 2",
        "DELETE FROM story_members WHERE article_id = 2; UPDATE articles SET story_id = 2 WHERE id = 2",
    ] {
        check_is_told(sql, &["2"], stories, "2 1, 2 2");
        let room = check_is_told(sql, &["2"], members, "2hand,4first");
        assert_eq!(room.value(members), "2hand,4first", "{sql}, and more came in");
    }
    let none = "SELECT count(*) FROM story_members WHERE article_id = 2";
    check_is_told("UPDATE articles SET story_id = NULL WHERE id = 2", &["2"], none, "0");
    check_is_told("DELETE FROM story_members WHERE article_id = 2", &["2"], none, "0");
    check_is_told("UPDATE story_members SET publisher = 'tidewater.example'", &[], stories, "3 1, 1 1");
}

#[test]
fn what_a_story_says_follows_its_articles() {
    let stories = "SELECT group_concat(title || ' ' || coalesce(substr(first_published_at, 6, 5), '-') || ' ' || n_articles || n_sources, '; ')
        FROM (SELECT * FROM stories WHERE id < 3 ORDER BY id)";
    let quinces = "Quinces are late in Osterby 11-02 11";
    let columns = "title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, url, story_id, duplicate_of";
    for (sql, expected) in [
        ("UPDATE articles SET title = 'Otters' WHERE id = 1", format!("Otters 11-02 32; {quinces}")),
        (
            "UPDATE articles SET title = 'Otters' WHERE id = 2",
            format!("Flood closes the quays of Lorne 11-02 32; {quinces}"),
        ),
        ("UPDATE articles SET title = NULL WHERE id = 1", format!("Lorne: quays under water 11-02 32; {quinces}")),
        (
            "UPDATE articles SET title = NULL WHERE story_id = 1; UPDATE articles SET title = 'Otters' WHERE id = 3",
            format!("Otters 11-02 32; {quinces}"),
        ),
        (
            "UPDATE articles SET published_at = '2026-10-30T12:00:00Z' WHERE id = 2",
            format!("Flood closes the quays of Lorne 10-30 32; {quinces}"),
        ),
        (
            "UPDATE articles SET published_at = NULL WHERE story_id = 1",
            format!("Flood closes the quays of Lorne - 32; {quinces}"),
        ),
        (
            "UPDATE articles SET url = 'https://www.tidewater.example/again' WHERE id = 2",
            format!("Flood closes the quays of Lorne 11-02 31; {quinces}"),
        ),
        ("DELETE FROM articles WHERE id = 4", "Flood closes the quays of Lorne 11-02 32".to_owned()),
        ("UPDATE articles SET story_id = 1 WHERE id = 4", "Flood closes the quays of Lorne 11-02 43".to_owned()),
        ("UPDATE story_members SET story_id = 2 WHERE story_id = 1", "Quinces are late in Osterby 11-02 43".to_owned()),
        ("DELETE FROM story_members WHERE article_id = 4", "Flood closes the quays of Lorne 11-02 32".to_owned()),
        (
            &format!(
                "REPLACE INTO articles (id, published_at, {columns})
                 SELECT id, '2026-10-30T12:00:00Z', 'Otters', {} FROM articles WHERE id = 1",
                &columns["title, ".len()..]
            ),
            format!("Otters 10-30 32; {quinces}"),
        ),
        (
            &format!(
                "{}; REPLACE INTO articles SELECT * FROM kept",
                kept("id = 1", "title = 'Otters', published_at = '2026-10-30T12:00:00Z'")
            ),
            format!("Otters 10-30 32; {quinces}"),
        ),
        (
            &format!(
                "REPLACE INTO articles (id, published_at, {columns}) SELECT id, published_at, {}
                 FROM articles WHERE id = 2",
                columns.replace("url", "'https://www.tidewater.example/again'")
            ),
            format!("Flood closes the quays of Lorne 11-02 31; {quinces}"),
        ),
        (
            &format!(
                "{}; REPLACE INTO articles SELECT * FROM kept",
                kept("id = 2", "host = 'tidewater.example', url = 'https://www.tidewater.example/again'")
            ),
            format!("Flood closes the quays of Lorne 11-02 31; {quinces}"),
        ),
    ] {
        let room = newsroom();
        let theirs = Connection::open(room.database()).expect("the database opens");
        theirs.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        drop(theirs);
        // A process of ours finds out whose an address is.
        import(
            &room,
            "nothing",
            &[["evening.example", "Nothing", "Nothing of this was said before in any of the papers."]],
        );
        assert_eq!(room.value(stories), expected, "{sql}");
        let compared_at = "SELECT count(*) FROM _story_signatures JOIN story_members USING (article_id)
            WHERE at_s IS NOT CAST(strftime('%s', told_at) AS INTEGER)";
        assert_eq!(room.value(compared_at), "0", "{sql}");
        room.run(&["doctor"]).exits(0);
        check_goes_on(&room, sql);
    }
}

#[test]
fn a_story_tells_an_article_whose_date_is_taken_away_as_of_when_it_was_fetched() {
    let web =
        web_of(vec![Site::new("paper.example").with("/a", Resource::html(faults::article_html("What the paper has")))]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://paper.example/a"]).exits(0);
    let theirs = Connection::open(room.database()).expect("the database opens");
    for (date, expected) in [("'2026-10-30T12:00:00Z'", "published_at"), ("NULL", "first_seen_at")] {
        theirs.execute(&format!("UPDATE articles SET published_at = {date}"), []).expect("it can be changed");
        let is_so = format!(
            "SELECT (first_published_at = {expected}) || (at_s = CAST(strftime('%s', {expected}) AS INTEGER))
             FROM stories JOIN articles ON story_id = stories.id JOIN _story_signatures ON article_id = articles.id"
        );
        assert_eq!(room.value(&is_so), "11", "{date}");
    }
}

#[test]
fn words_are_counted_again_and_a_row_that_replaces_another_is_found_by_its_words() {
    let room = newsroom();
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.execute_batch("UPDATE articles SET body = 'Medlars are\nlate.' WHERE id = 4").expect("it can be changed");
    let columns = "id, source_id, title, url, words, body, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, date";
    let values = "id, source_id, title, 'https://mirror.example/2', 3, 'Eels swim in 港口 now.', body_kind, quality, first_seen_at,
        updated_at, 'x', change_seq, date";
    theirs
        .execute_batch(&format!(
            "REPLACE INTO articles ({columns}) SELECT {values} FROM articles WHERE id = 2;
             INSERT INTO articles (id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
             SELECT 1, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq
             FROM articles WHERE id = 1 ON CONFLICT (id) DO UPDATE SET title = 'Otters close the quays'"
        ))
        .expect("rows are replaced");
    drop(theirs);
    import(&room, "later", &[["evening.example", "Nothing", "Nothing of this was said before in any of the papers."]]);
    assert_eq!(room.value("SELECT words FROM articles WHERE id = 4"), "3");
    let row = "SELECT words || ' ' || host || ' ' || story_id || ' ' || day FROM articles WHERE id = 2";
    assert_eq!(room.value(row), "6 mirror.example 1 2026-11-02");
    for (words, expected) in
        [("eels", &["2"][..]), ("volunteers", &["1", "3"]), ("港口", &["2"]), ("otters", &["1"]), ("flood", &["3"])]
    {
        let hits = room.run(&["search", words]).exits(0);
        let mut ids: Vec<&str> = hits.cells().iter().map(|row| row[0]).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{words}");
    }
    room.run(&["doctor"]).exits(0);
    room.assert_sound();
}

#[test]
fn a_row_that_replaces_another_may_go_and_change_before_its_words_are_taken_in() {
    let columns = "id, source_id, title, url, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq";
    let replace = format!(
        "REPLACE INTO articles ({columns}, body) SELECT {columns}, 'Eels swim in 港口 now.' FROM articles WHERE id = 2"
    );
    let ignore =
        format!("INSERT OR IGNORE INTO articles ({columns}, body) SELECT {columns}, body FROM articles WHERE id = 2");
    for (sql, expected) in [
        (format!("PRAGMA recursive_triggers = ON; {replace}"), "eels"),
        (format!("{replace}; UPDATE articles SET body = 'Otters.' WHERE id = 2"), "otters"),
        (format!("{replace}; {replace}; UPDATE articles SET body = 'Otters.' WHERE id = 2"), "otters"),
        (format!("{replace}; DELETE FROM articles WHERE id = 2"), ""),
        (format!("{ignore}; UPDATE articles SET body = 'Otters.' WHERE id = 2"), "otters"),
        (format!("{ignore}; UPDATE articles SET body = 'Otters.' WHERE id = 2; {replace}"), "eels"),
        (format!("{ignore}; DELETE FROM articles WHERE id = 2"), ""),
    ] {
        let room = newsroom();
        Connection::open(room.database()).expect("a database").execute_batch(&sql).expect("it can be changed");
        import(
            &room,
            "later",
            &[["evening.example", "Nothing", "Nothing of this was said before in any of the papers."]],
        );
        room.assert_sound();
        for (words, is_found) in [("eels", expected == "eels"), ("otters", expected == "otters"), ("safety", false)] {
            let found = room.run(&["search", words]).exits(0).stdout;
            assert_eq!(!found.is_empty(), is_found, "{sql}: {words}: {found}");
        }
        room.run(&["doctor"]).exits(0);
    }
}

/// A statement that copies whole rows aside, and changes the copies.
fn kept(which: &str, changes: &str) -> String {
    format!("CREATE TEMP TABLE kept AS SELECT * FROM articles WHERE {which}; UPDATE kept SET {changes}")
}

/// The ids of the articles that a search finds.
fn found(room: &Newsroom, words: &str) -> Vec<String> {
    let hits = room.run(&["search", words]).exits(0);
    let mut ids: Vec<String> = hits.cells().iter().map(|row| row[0].to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_row_that_waits_for_the_index_is_no_fault_and_outlives_the_mending_of_another() {
    let replace =
        format!("{}; REPLACE INTO articles SELECT * FROM kept", kept("id = 2", "body = 'Eels swim in 港口 now.'"));
    let add = "INSERT INTO articles (id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
         SELECT 9, '港口', body, words, body_kind, quality, first_seen_at, updated_at, sha256, 99 FROM articles WHERE id = 4";
    for (sql, n_waiting) in [
        (replace.clone(), 1),
        (format!("{replace}; DELETE FROM articles WHERE id = 2"), 1),
        (format!("{replace}; {add}"), 2),
    ] {
        for break_index in ["", "INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')"] {
            let room = newsroom();
            let theirs = Connection::open(room.database()).expect("a database");
            theirs.execute_batch(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            theirs.execute_batch(break_index).expect("the index can be emptied");
            drop(theirs);
            if break_index.is_empty() {
                let told = room.run(&["doctor"]).exits(0).stdout;
                assert!(told.contains(&format!("{n_waiting} articles that another program wrote follow")), "{told}");
            } else {
                room.run(&["doctor"]).exits(1);
                let mended = room.run(&["doctor", "--fix"]).exits(0).stderr;
                assert_eq!(mended.matches("mended: full text").count(), 1, "{sql}: {mended}");
            }
            check_goes_on(&room, &sql);
            room.run(&["doctor"]).exits(0);
            assert_eq!(found(&room, "safety"), Vec::<String>::new(), "{sql}");
        }
    }
    // Whatever writes takes it over, and nothing of a row that was replaced stays behind `rm`.
    let room = newsroom();
    Connection::open(room.database()).expect("a database").execute_batch(&replace).expect("a row is replaced");
    room.run(&["rm", "2"]).exits(0);
    assert_eq!(room.value("SELECT count(*) FROM _replaced"), "0");
    room.assert_sound();
}

#[test]
fn a_statement_with_a_clause_for_conflicts_may_change_an_article_again() {
    let columns = "id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, language";
    let upsert = |sets: &str| {
        format!(
            "INSERT INTO articles ({columns}) SELECT {columns} FROM articles WHERE id = 2
             ON CONFLICT (id) DO UPDATE SET {sets}"
        )
    };
    let mut statements = vec![upsert("title = 'Otters ' || change_seq"), upsert("language = 'x' || change_seq")];
    for clause in ["OR FAIL", "OR ABORT", "OR ROLLBACK", "OR REPLACE", "OR IGNORE", ""] {
        statements.push(format!("UPDATE {clause} articles SET title = 'Otters ' || change_seq WHERE id = 2"));
        statements.push(format!("UPDATE {clause} articles SET language = 'x' || change_seq WHERE id = 2"));
    }
    for sql in statements {
        let room = check_is_told(&format!("{sql}; {sql}"), &["2"], "SELECT change_seq FROM articles WHERE id = 2", "6");
        assert_eq!(found(&room, "otters").is_empty(), sql.contains("language = "), "{sql}");
    }
}

#[test]
fn characters_that_a_text_had_before_two_changes_are_no_longer_found() {
    let body = "SELECT count(*) FROM articles_characters WHERE articles_characters MATCH";
    let replace = |body: &str| {
        format!(
            "{}; REPLACE INTO articles SELECT * FROM kept; DROP TABLE kept",
            kept("id = 2", &format!("body = '{body}'"))
        )
    };
    let update = |clause: &str, body: &str| format!("UPDATE {clause} articles SET body = '{body}' WHERE id = 2");
    for sql in [
        format!("{}; {}", update("OR REPLACE", "魚市場 休"), update("OR REPLACE", "魚市場 欠航")),
        format!("{}; {}", update("", "魚市場 休"), update("", "魚市場 欠航")),
        format!("{}; {}", replace("魚市場 休"), update("", "魚市場 欠航")),
        format!("{}; {}", update("", "魚市場 休"), replace("魚市場 欠航")),
        format!("{}; PRAGMA recursive_triggers = ON; {}", update("", "魚市場 休"), replace("魚市場 欠航")),
    ] {
        let room = newsroom();
        let theirs = Connection::open(room.database()).expect("a database");
        theirs.execute_batch(&update("", "蔵書は三万冊")).expect("it can be changed");
        let take_over = |name: &str| {
            import(&room, name, &[["evening.example", "Nothing", "Nothing of this was said before in any paper."]]);
        };
        take_over("later");
        assert_eq!(room.value(&format!("{body} '\"蔵 書\"'")), "1");
        theirs.execute_batch(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        take_over("last");
        for (words, expected) in [("蔵 書", "0"), ("休", "0"), ("欠 航", "1")] {
            assert_eq!(room.value(&format!("{body} '\"{words}\"'")), expected, "{sql}: {words}");
        }
        room.run(&["doctor"]).exits(0);
    }
}

#[test]
fn the_newest_article_is_told_and_found_too_if_its_whole_row_is_put_there_again() {
    let kept = kept("id = 4", "title = 'Xylophone'");
    let story =
        "SELECT story_id IS (SELECT story_id FROM story_members WHERE article_id = 4) FROM articles WHERE id = 4";
    for sql in [
        "REPLACE INTO articles SELECT * FROM kept",
        "DELETE FROM articles WHERE id = 4; INSERT INTO articles SELECT * FROM kept",
        "UPDATE kept SET story_id = NULL; DELETE FROM articles WHERE id = 4; INSERT INTO articles SELECT * FROM kept",
    ] {
        let room = check_is_told(&format!("{kept}; {sql}"), &["4"], story, "1");
        assert_eq!(found(&room, "xylophone"), ["4"], "{sql}");
        assert_eq!(found(&room, "osterby"), ["4"], "{sql}");
    }
}

#[test]
fn an_article_that_is_deleted_and_put_back_is_found_again() {
    for is_taken_over in [false, true] {
        let room = newsroom();
        let theirs = Connection::open(room.database()).expect("a database");
        let changes = "UPDATE articles SET body = 'Eels swim in 港口 now.' WHERE id = 2";
        theirs.execute_batch(changes).expect("it can be changed");
        let take_over = |name: &str| {
            import(&room, name, &[["evening.example", "Nothing", "Nothing of this was said before in any paper."]]);
        };
        take_over("later");
        theirs
            .execute_batch(
                "CREATE TEMP TABLE kept AS SELECT * FROM articles WHERE id = 2; DELETE FROM articles WHERE id = 2",
            )
            .expect("it can be deleted");
        if is_taken_over {
            take_over("meanwhile");
        }
        theirs.execute_batch("INSERT INTO articles SELECT * FROM kept").expect("it can be put back");
        room.run(&["doctor"]).exits(0);
        take_over("last");
        for words in ["eels", "港口"] {
            assert_eq!(found(&room, words), ["2"], "{words}");
        }
        room.run(&["doctor"]).exits(0);
        room.assert_sound();
    }
}

#[test]
fn a_number_stands_for_the_same_row_for_ever() {
    let room = newsroom();
    let connection = Connection::open(room.database()).expect("the database opens");
    for table in ["articles", "sources", "stories"] {
        let error =
            connection.execute(&format!("UPDATE {table} SET id = 99 WHERE id = 1"), []).expect_err("it is refused");
        assert!(error.to_string().contains("cannot be changed"), "{error}");
    }
}

#[test]
fn the_sqlite_of_the_system_may_be_an_earlier_one() {
    let room = newsroom();
    let script = "import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
for sql in ['UPDATE articles SET title = 1 WHERE id = 2', 'DELETE FROM articles WHERE id = 1', 'DELETE FROM stories', 'DELETE FROM sources']:
    connection.execute(sql)
connection.commit()";
    let outcome = std::process::Command::new("python3").args(["-c", script]).arg(room.database()).output();
    let Ok(outcome) = outcome else {
        eprintln!("skipped: there is no python3");
        return;
    };
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    check_goes_on(&room, "by python3");
}

#[test]
fn an_article_that_the_database_refuses_costs_itself() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a", "http://paper.example/b"]))
            .with("/a", Resource::html(faults::article_html("What nobody may store")))
            .with("/b", Resource::html(faults::article_html("What the paper has"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    let theirs = Connection::open(room.database()).expect("a database");
    let rule = "CREATE TRIGGER theirs AFTER INSERT ON articles WHEN new.title LIKE '%nobody%' BEGIN
         SELECT RAISE(ABORT, 'nobody wants it'); END";
    theirs.execute_batch(rule).expect("a rule");
    drop(theirs);
    let daemon = room.start();
    let patience = std::time::Duration::from_secs(30);
    room.wait_for(patience, "SELECT title FROM articles", "What the paper has");
    room.wait_for(patience, "SELECT count(*) > 0 FROM fetches WHERE error LIKE '%nobody wants it%'", "1");
    daemon.stop().exits(0);
    room.run(&["why", "http://paper.example/a"]).exits(0);
    room.run(&["fetch", "http://paper.example/a"]).exits(1).says("refused by the database: nobody wants it");
    // Without the rule it comes in.
    Connection::open(room.database()).expect("a database").execute_batch("DROP TRIGGER theirs").expect("it goes");
    room.run(&["fetch", "http://paper.example/a"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 2);
}

#[test]
fn a_row_that_was_put_in_the_place_of_another_gets_new_wordings() {
    let room = Newsroom::new();
    let wording = |text: &str, changed: &str| {
        json!({ "url": "https://paper.example/1", "title": "Ferries", "text": text, "modified_at": changed })
            .to_string()
    };
    let first = wording("The ferry was late on Monday, since its engine had to be looked at.", "2026-11-02T10:00:00Z");
    let second =
        wording("The ferry was late on Monday and on Tuesday: its engine had to be changed.", "2026-11-03T10:00:00Z");
    room.run(&["import", &room.file("a.jsonl", [first, second].join("\n"))]).exits(0);
    let theirs = Connection::open(room.database()).expect("a database");
    let columns = "id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, url";
    theirs
        .execute_batch(&format!("REPLACE INTO articles ({columns}) SELECT {columns} FROM articles WHERE id = 1"))
        .expect("a row is replaced");
    drop(theirs);
    let third = wording("The ferry is not late any more: it has the engine of another ship.", "2026-11-05T10:00:00Z");
    room.run(&["import", &room.file("b.jsonl", third)]).exits(0);
    assert_eq!(room.column("SELECT revision FROM revisions ORDER BY revision"), ["1", "2"]);
    assert_eq!(room.value("SELECT revision FROM articles"), "3");
}

#[test]
fn a_source_that_is_deleted_while_it_is_polled_is_gone() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a"]))
            .with("/a", Resource::html(faults::article_html("What the paper has"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    let daemon = room.start();
    let patience = std::time::Duration::from_secs(30);
    room.wait_for(patience, "SELECT title FROM articles", "What the paper has");
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.busy_timeout(patience).expect("a timeout");
    theirs.execute("DELETE FROM sources", []).expect("they go");
    drop(theirs);
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    let polled = "SELECT count(*) > 0 FROM sources JOIN fetches ON source_id = sources.id";
    room.wait_for(patience, polled, "1");
    let ended = daemon.stop().exits(0);
    assert!(!ended.stderr.contains("cannot be written"), "{}", ended.stderr);
    room.assert_sound();
}

#[test]
fn what_comes_while_a_daemon_runs_is_compared_with_what_others_made_of_an_article() {
    let page = |title: &str| Resource::html(faults::article_html(title));
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a"]))
            .with("/a", page("What the paper has")),
        Site::new("evening.example").with("/feed", feed(&[])),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    for paper in ["paper", "evening"] {
        room.follow(paper, &format!("http://{paper}.example/feed"), Some("feed"));
    }
    let daemon = room.start();
    let patience = std::time::Duration::from_secs(30);
    room.wait_for(patience, "SELECT title FROM articles", "What the paper has");
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.busy_timeout(patience).expect("a timeout");
    theirs
        .execute("UPDATE articles SET body = 'Three quinces were weighed, and none of them was ripe.'", [])
        .expect("it changes");
    drop(theirs);
    // At once, and not only when the daemon next gives a sign of life.
    assert!(web.put("evening.example", "/b", page("What the paper has")));
    assert!(web.put("evening.example", "/feed", feed(&["http://evening.example/b"])));
    room.wait_for(patience, "SELECT count(*) FROM articles", "2");
    assert_eq!(room.value("SELECT coalesce(duplicate_of, 'none') FROM articles WHERE id = 2"), "none");
    assert_eq!(room.value("SELECT words FROM articles WHERE id = 1"), "10");
    daemon.stop().exits(0);
    room.assert_sound();
}
