//! `merge`: all of another database, known again as by import; the same once more changes nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::harness::Newsroom;

/// Tables whose rows a second merge leaves as they are.
const TABLES: [&str; 9] = [
    "SELECT * FROM articles ORDER BY id",
    "SELECT * FROM sources ORDER BY id",
    "SELECT * FROM sightings ORDER BY article_id, source_id",
    "SELECT * FROM revisions ORDER BY article_id, revision",
    "SELECT * FROM stories ORDER BY id",
    "SELECT * FROM story_members ORDER BY article_id",
    "SELECT id, url_key, url, host, article_id FROM _links ORDER BY id",
    "SELECT * FROM _deleted ORDER BY sign",
    "SELECT * FROM sqlite_sequence WHERE name = 'articles'",
];

/// A row as text, whatever is in it.
fn rows(room: &Newsroom, sql: &str) -> Vec<String> {
    let connection = room.open().expect("the database opens");
    let mut statement = connection.prepare(sql).expect("a query");
    let n_columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cell = |column: usize| row.get(column).map(|value: rusqlite::types::Value| format!("{value:?}"));
        let cells: rusqlite::Result<Vec<String>> = (0..n_columns).map(cell).collect();
        cells.map(|cells| cells.join("|"))
    };
    statement.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("rows")
}

fn state(room: &Newsroom) -> Vec<Vec<String>> {
    TABLES.iter().map(|sql| rows(room, sql)).collect()
}

fn merge(room: &Newsroom, other: &Newsroom) -> serde_json::Value {
    room.run(&["--json", "merge", &other.database().display().to_string()]).exits(0).json()
}

fn import(room: &Newsroom, lines: &[String]) {
    let file = room.file("lines.jsonl", lines.join("\n"));
    room.run(&["-q", "import", &file]).exits(0);
}

/// A text that no other number has.
fn text(number: usize) -> String {
    (0..40).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ")
}

/// An article under an address, of a version that was written on a day.
fn line(number: usize, version: usize) -> String {
    format!(
        r#"{{"url": "https://paper.example/{number}", "source": "paper-{}", "title": "Number {number} in version {version}", "published": "2026-03-{:02}", "modified_at": "2026-04-{:02}T00:00:00Z", "text": "{} {}"}}"#,
        number % 3,
        1 + number % 28,
        1 + version,
        text(number),
        text(1000 * (version + 1) + number),
    )
}

/// A line as of yesterday: what is older is of an archive to feed readers.
fn as_news(line: &str) -> String {
    static YESTERDAY: LazyLock<String> =
        LazyLock::new(|| (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24)).to_string());
    let mut line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    line["published"] = YESTERDAY.as_str().into();
    line.to_string()
}

/// The articles by what they are known by.
fn identities(room: &Newsroom) -> BTreeSet<String> {
    let sql = "SELECT coalesce(url, (SELECT guid FROM sightings WHERE article_id = articles.id)), sha256 FROM articles";
    rows(room, sql).into_iter().collect()
}

#[test]
fn merging_twice_is_merging_once_and_both_ways_have_the_same_articles() {
    for seed in 0..4_usize {
        let rooms = [Newsroom::new(), Newsroom::new()];
        for (which, room) in rooms.iter().enumerate() {
            let mut lines = Vec::new();
            for number in 0..24 {
                // A choice that is another for each seed and room; what both have is there in other versions.
                let draw = (number * 7 + seed * 13 + which * 5) % 11;
                match draw {
                    0..=2 => {}
                    3..=6 => lines.push(line(number, 0)),
                    7 => lines.extend([line(number, 0), line(number, 1 + which)]),
                    8 => lines.push(line(number, 1 + which)),
                    9 => lines.push(format!(r#"{{"id": "{number}", "source": "wire", "title": "Wire {number}", "published": "2026-05-01", "text": "{}"}}"#, text(500 + number))),
                    _ => lines.push(format!(r#"{{"url": "https://copy.example/{which}/{number}", "title": "A copy of {number}", "published": "2026-06-02", "text": "{}"}}"#, text(500 + number))),
                }
            }
            import(room, &lines);
        }
        let [a, b] = &rooms;
        let untouched = state(a);
        merge(b, a);
        assert_eq!(state(a), untouched, "what is merged is only read");
        let once = state(b);
        merge(b, a);
        for (table, (once, twice)) in TABLES.iter().zip(once.iter().zip(&state(b))) {
            assert_eq!(once, twice, "seed {seed}: {table}");
        }
        b.assert_sound();
        // `a` has not taken in `b` yet: a room of its own for the other way round.
        let c = Newsroom::new();
        merge(&c, a);
        assert_eq!(identities(&c), identities(a), "seed {seed}");
        merge(a, b);
        assert_eq!(identities(a), identities(b), "seed {seed}");
        a.assert_sound();
    }
}

#[test]
fn sources_come_along_and_are_not_polled() {
    let (here, there) = (Newsroom::new(), Newsroom::new());
    there.run(&["sources", "add", "--no-check", "https://paper.example/feed"]);
    import(&there, &[line(1, 0)]);
    let add = "UPDATE sources SET url = 'https://wire.example/feed', title = 'The Wire', state = 'active', tags = '[\"en\"]' WHERE slug = 'paper-1'";
    rusqlite::Connection::open(there.database())
        .and_then(|connection| connection.execute_batch(add))
        .expect("it can be changed");
    // The same address under another slug, and the slug for another address.
    import(&here, &[line(2, 0), line(1, 0).replace("paper-1", "own")]);
    let change = "UPDATE sources SET url = 'https://wire.example/feed', state = 'active' WHERE slug = 'own'";
    rusqlite::Connection::open(here.database())
        .and_then(|connection| connection.execute_batch(change))
        .expect("it can be changed");
    merge(&here, &there);
    assert_eq!(
        here.column("SELECT slug || ' ' || state || ' ' || title FROM sources WHERE url = 'https://wire.example/feed'"),
        ["own active The Wire"]
    );
    assert_eq!(here.column("SELECT slug FROM sightings JOIN sources ON id = source_id WHERE article_id = 2"), ["own"]);
    let fresh = Newsroom::new();
    merge(&fresh, &there);
    let sql = "SELECT slug || ' ' || state || ' ' || tags || ' ' || (next_due_at IS NULL) FROM sources JOIN _source_schedule ON source_id = id WHERE slug = 'paper-1'";
    assert_eq!(fresh.column(sql), ["paper-1 manual [\"en\"] 1"]);
}

#[test]
fn what_was_deleted_in_either_stays_deleted_and_what_was_removed_stays_removed() {
    let (here, there) = (Newsroom::new(), Newsroom::new());
    let wire = format!(r#"{{"id": "7", "source": "wire", "title": "Wire", "text": "{}"}}"#, text(7));
    let wordless = format!(r#"{{"id": "8", "title": "No source", "text": "{}"}}"#, text(8));
    import(&here, &[line(1, 0)]);
    import(&there, &[line(1, 0), line(2, 0), line(3, 0), wire.clone(), wordless.clone()]);
    here.run(&["rm", "1"]).exits(0);
    there.run(&["rm", "2", "4", "5"]).exits(0);
    let remove = "UPDATE articles SET removed_at = '2026-11-20T00:00:00Z' WHERE id = 3";
    rusqlite::Connection::open(there.database())
        .and_then(|connection| connection.execute_batch(remove))
        .expect("it can be changed");
    let told = merge(&here, &there);
    assert_eq!((&told["new"], &told["deleted"]), (&1.into(), &1.into()), "{told}");
    assert_eq!(
        here.column("SELECT url || ' ' || removed_at FROM articles"),
        ["https://paper.example/3 2026-11-20T00:00:00Z"]
    );
    // They do not come by import either.
    import(&here, &[line(1, 0), line(2, 0), wire, wordless]);
    assert_eq!(here.number("SELECT count(*) FROM articles"), 1);
    let before = state(&here);
    merge(&here, &there);
    assert_eq!(state(&here), before);
}

#[test]
fn articles_that_share_a_story_there_share_one_here_unless_a_person_took_them_apart() {
    let (here, there) = (Newsroom::new(), Newsroom::new());
    import(&here, &[line(1, 0), line(2, 0)]);
    import(&there, &[line(1, 0), line(2, 0), line(3, 0)]);
    there.run(&["stories", "merge", "1", "2", "3"]).exits(0);
    let apart = Newsroom::new();
    import(&apart, &[line(1, 0), line(2, 0), line(3, 0)]);
    apart.run(&["stories", "merge", "1", "2"]).exits(0);
    apart.run(&["stories", "split", "2"]).exits(0);

    assert_eq!(merge(&here, &there)["in_stories"], 2);
    assert_eq!(here.column("SELECT DISTINCT story_id FROM articles").len(), 1);
    assert_eq!(here.number("SELECT n_articles FROM stories WHERE n_articles > 0"), 3);
    assert_eq!(merge(&here, &there)["in_stories"], 0);
    here.assert_sound();
    merge(&apart, &there);
    let shared = "SELECT group_concat(article_id) FROM story_members GROUP BY story_id ORDER BY min(article_id)";
    assert_eq!(apart.column(shared), ["1,3", "2"]);
}

#[test]
fn wordings_removals_and_addresses_of_articles_that_both_have_come_along() {
    let (here, there) = (Newsroom::new(), Newsroom::new());
    import(&here, &[line(1, 2), line(2, 0), line(3, 0), line(4, 1)]);
    import(&there, &[line(1, 0), line(1, 1), line(1, 2), line(2, 0), line(3, 0), line(3, 1), line(4, 0)]);
    let theirs = rusqlite::Connection::open(there.database()).expect("a database");
    theirs
        .execute_batch(
            "UPDATE articles SET removed_at = '2026-11-20T00:00:00Z' WHERE id = 2;
             INSERT INTO _links (url_key, url, host, article_id, first_seen_at)
             SELECT replace(url_key, 'paper.example/', 'paper.example/amp/'), replace(url, 'paper.example/', 'paper.example/amp/'),
                 host, article_id, first_seen_at
             FROM _links WHERE article_id = 2",
        )
        .expect("it can be changed");
    merge(&here, &there);
    let wordings = |article: u32| -> Vec<String> {
        here.column(&format!(
            "SELECT title FROM (SELECT revision, title FROM revisions WHERE article_id = {article}
                 UNION SELECT revision, title FROM articles WHERE id = {article}) ORDER BY revision"
        ))
    };
    let of = |number: usize, versions: std::ops::Range<usize>| -> Vec<String> {
        versions.map(|version| format!("Number {number} in version {version}")).collect()
    };
    assert_eq!((wordings(1), wordings(3), wordings(4)), (of(1, 0..3), of(3, 0..2), of(4, 0..2)));
    assert_eq!(
        here.column("SELECT id || ' ' || removed_at FROM articles WHERE removed_at IS NOT NULL"),
        ["2 2026-11-20T00:00:00Z"]
    );
    assert_eq!(here.column("SELECT article_id FROM _links WHERE url LIKE '%/amp/2'"), ["2"]);
    here.assert_sound();
    let before = state(&here);
    assert_eq!(merge(&here, &there)["revisions"], 0);
    assert_eq!(state(&here), before);
}

/// What a merge brings, without the times at which it did.
const BROUGHT: [&str; 9] = [
    "SELECT id, source_id, url, title, body, sha256, revision, words, duplicate_of, duplicate_kind, story_id, removed_at, first_seen_at
     FROM articles ORDER BY id",
    "SELECT id, slug, url, state, title FROM sources ORDER BY id",
    "SELECT * FROM sightings ORDER BY article_id, source_id",
    "SELECT article_id, revision, title, body, seen_at FROM revisions ORDER BY article_id, revision",
    "SELECT id, title, n_articles, n_sources FROM stories ORDER BY id",
    "SELECT article_id, story_id, reason FROM story_members ORDER BY article_id",
    "SELECT url_key, url, host, article_id FROM _links ORDER BY url_key",
    "SELECT sign FROM _deleted ORDER BY sign",
    "SELECT article_id, substr(read_at, 1, 10), starred_at FROM reading ORDER BY article_id",
];

#[test]
fn a_merge_that_is_killed_at_any_moment_and_run_again_ends_as_one_that_was_not() {
    let there = Newsroom::new();
    let n_articles = 1100;
    let mut lines = Vec::new();
    for number in 0..n_articles {
        match number % 8 {
            0 => lines.extend([line(number, 0), line(number, 1)]),
            1 => lines.push(format!(
                r#"{{"id": "{number}", "source": "wire", "title": "Wire", "text": "{}"}}"#,
                text(number)
            )),
            // A copy of the one before.
            2 => lines.push(format!(
                r#"{{"url": "https://copy.example/{number}", "title": "Wire", "text": "{}"}}"#,
                text(number - 1)
            )),
            _ => lines.push(line(number, 0)),
        }
    }
    // The first two thirds were there before anybody read there, and count as read.
    let write = |room: &Newsroom, sql: &str| {
        let file = rusqlite::Connection::open(room.database()).expect("the file");
        file.execute_batch(sql).expect("it can be written");
    };
    let somebody_reads = "INSERT INTO _arrivals (first_id, arrived_at) VALUES (0, 0)";
    let (archive, news) = lines.split_at(lines.len() / 3 * 2);
    import(&there, archive);
    write(&there, somebody_reads);
    import(&there, &news.iter().map(|line| as_news(line)).collect::<Vec<_>>());
    write(&there, "UPDATE reading SET read_at = '2026-02-02T00:00:00Z' WHERE article_id % 3 = 0");
    there.run(&["rm", "5", "17", "600"]).exits(0);
    there.run(&["stories", "merge", "1", "4", "9"]).exits(0);
    let brought = |room: &Newsroom| -> Vec<Vec<String>> { BROUGHT.iter().map(|sql| rows(room, sql)).collect() };

    let (whole, killed) = (Newsroom::new(), Newsroom::new());
    for room in [&whole, &killed] {
        import(room, &[]);
        write(room, somebody_reads);
    }
    let began = std::time::Instant::now();
    merge(&whole, &there);
    let time = began.elapsed();

    assert!((100..800).contains(&whole.number("SELECT count(*) FROM reading WHERE read_at IS NULL")));
    let other = there.database().display().to_string();
    for part in [2, 4, 6, 9] {
        let process = killed.start_with(&["merge", &other]);
        std::thread::sleep(time * part / 10);
        process.kill();
    }
    merge(&killed, &there);
    for (sql, (expected, found)) in BROUGHT.iter().zip(brought(&whole).iter().zip(&brought(&killed))) {
        assert!(expected == found, "{sql}: {:?}", expected.iter().zip(found).find(|(one, other)| one != other));
    }
    killed.assert_sound();
    killed.run(&["doctor"]).exits(0);
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let (here, there) = (Newsroom::new(), Newsroom::new());
    import(&there, &[line(1, 0)]);
    import(&here, &[line(1, 0)]);
    let snapshot = there.path("snapshot.db").display().to_string();
    there.run(&["snapshot", &snapshot]).exits(0);
    here.run(&["merge", &snapshot]).exits(78).says("what was deleted");
    let itself = here.database().display().to_string();
    here.run(&["merge", &itself]).exits(2).says("is the database itself");
    here.run(&["merge", &here.path("nowhere.db").display().to_string()]).exits(1);
}

#[test]
fn what_was_read_or_starred_in_either_is_so_in_both() {
    let rooms = [Newsroom::new(), Newsroom::new()];
    let [here, there] = &rooms;
    let write = |room: &Newsroom, sql: &str| {
        let file = rusqlite::Connection::open(room.database()).expect("the file");
        file.execute_batch(sql).expect("it can be written");
    };
    // There was somebody who read before, but of the first, which is of the archive there.
    import(there, &[line(1, 0), line(9, 0)]);
    import(here, &[line(3, 0)]);
    for room in &rooms {
        write(room, "INSERT INTO _arrivals (first_id, arrived_at) VALUES (0, 0)");
    }
    import(there, &(2..=8).map(|number| as_news(&line(number, 0))).collect::<Vec<_>>());
    import(here, &[4, 5, 6, 9].map(|number| as_news(&line(number, 0))));
    let of = |number: usize| format!("(SELECT id FROM articles WHERE url = 'https://paper.example/{number}')");
    let mark = |room: &Newsroom, number: usize, column: &str, time: &str| {
        write(room, &format!("UPDATE reading SET {column} = '{time}' WHERE article_id = {}", of(number)));
    };
    mark(there, 2, "read_at", "2026-02-02T00:00:00Z");
    mark(there, 3, "starred_at", "2026-02-03T00:00:00Z");
    mark(there, 4, "read_at", "2026-02-04T00:00:00Z");
    mark(there, 4, "starred_at", "somewhen");
    mark(here, 4, "starred_at", "2026-01-04T00:00:00Z");
    mark(here, 5, "read_at", "2026-01-05T00:00:00Z");
    mark(there, 5, "read_at", "2026-02-05T00:00:00Z");
    mark(there, 5, "starred_at", "2026-02-06T00:00:00Z");
    mark(there, 7, "starred_at", "2026-02-07T00:00:00Z");
    let told = merge(here, there);
    // 3 counted as read here without a mark: it stays read.
    assert_eq!(told["marks"], 5, "{told}");
    let marks = "SELECT replace(url, 'https://paper.example/', '') || ' ' || coalesce(iif(read_at > '2026-03', 'now', substr(read_at, 1, 10)), '-')
         || ' ' || coalesce(substr(starred_at, 1, 10), '-') FROM reading JOIN articles ON id = article_id ORDER BY url";
    let expected = [
        "2 2026-02-02 -",
        "3 now 2026-02-03",
        "4 2026-02-04 2026-01-04",
        "5 2026-01-05 2026-02-06",
        "6 - -",
        "7 - 2026-02-07",
        "8 - -",
        // It was there before anybody read there, and nobody has read it here.
        "9 - -",
    ];
    assert_eq!(here.column(marks), expected);
    assert_eq!(merge(here, there)["marks"], 0);
    assert_eq!(here.column(marks), expected);
    here.assert_sound();
    // Where nobody has logged in there is nothing to take over, and what comes in is unread here.
    let nobody = Newsroom::new();
    import(&nobody, &[as_news(&line(20, 0))]);
    assert_eq!(merge(here, &nobody)["marks"], 0);
    assert_eq!(
        here.number(&format!("SELECT count(*) FROM reading WHERE read_at IS NULL AND article_id = {}", of(20))),
        1
    );
}
