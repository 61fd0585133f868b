//! What is exported for other programs: tables that they read.

use std::fs::File;
use std::path::Path;

use newswire::bundle;
use parquet::file::reader::{FileReader, SerializedFileReader};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::Newsroom;

/// Articles of two sources and three languages, one of them without a date.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let lines = [
        r#"{"url": "https://paper.example/1", "source": "paper", "title": "The ferry sails", "published": "2026-11-20T08:30:00+05:00", "authors": ["Ana Ruiz", "Bo Ek"], "language": "en", "keywords": ["ferry"], "text": "The ferry sails again.\nIt is on time."}"#,
        r#"{"url": "https://paper.example/2", "source": "paper", "title": "Der Hafen", "published": "2026-11-21", "language": "de", "text": "Der Hafen ist wieder offen, sagt die Stadt."}"#,
        r#"{"id": "w-1", "source": "wire", "title": "港が開く", "language": "ja", "text": "港は再び開かれました。"}"#,
    ];
    room.run(&["-q", "import", &room.file("three.jsonl", lines.join("\n"))]).exits(0);
    room
}

#[test]
fn a_parquet_file_has_typed_columns_and_the_same_bytes_each_time() {
    let room = archive();
    room.run(&["export", "--format", "parquet", "--out", "a.parquet"]).exits(0).says("3 articles");
    let bytes = std::fs::read(room.path("a.parquet")).expect("a file");
    let piped = room.command(&["export", "--format", "parquet"]).output().expect("the program starts");
    assert_eq!(piped.stdout, bytes);
    room.run(&["export", "--format", "parquet", "--out", "a.parquet"]).exits(1).says("is there already");
    let file = SerializedFileReader::new(File::open(room.path("a.parquet")).expect("a file")).expect("a Parquet file");
    let schema = file.metadata().file_metadata().schema_descr();
    let types: Vec<String> = schema
        .columns()
        .iter()
        .map(|column| format!("{} {:?}", column.path().string(), column.physical_type()))
        .collect();
    for expected in [
        "id INT64",
        "date INT32",
        "published_at INT64",
        "authors.list.element BYTE_ARRAY",
        "words INT32",
        "body BYTE_ARRAY",
    ] {
        assert!(types.iter().any(|found| found == expected), "{expected} is not in {types:?}");
    }
    let rows: Vec<String> = file.get_row_iter(None).expect("rows").map(|row| row.expect("a row").to_string()).collect();
    for (row, parts) in rows.iter().zip([
        [
            "title: \"The ferry sails\"",
            "date: 2026-11-20",
            "published_at: 2026-11-20 03:30:00",
            "authors: [\"Ana Ruiz\", \"Bo Ek\"]",
        ],
        ["title: \"Der Hafen\"", "date: 2026-11-21", "date_precision: \"day\"", "keywords: []"],
        ["title: \"港が開く\"", "published_at: null", "source: \"wire\"", "sources: [\"wire\"]"],
    ]) {
        for part in parts {
            assert!(row.contains(part), "{part} is not in {row}");
        }
    }
    assert!(rows[0].contains("body: \"The ferry sails again.\nIt is on time.\""), "{}", rows[0]);
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

#[test]
fn a_manifest_says_what_was_asked_for_what_came_and_what_each_file_is() {
    let room = archive();
    Connection::open(room.database())
        .and_then(|connection| {
            connection.execute(
                "UPDATE articles SET reservations = '[\"robots.txt: noai\", \"header: tdm-reservation\"]' WHERE language = 'de'",
                [],
            )
        })
        .expect("another program");
    room.run(&["export", "--source", "paper", "--until", "2026-12-01", "--out", "out.jsonl"]).exits(0);
    let manifest = json_of(&room.path("out.jsonl.manifest.json"));
    assert_eq!(manifest["query"], json!({"source": "paper", "until": "2026-12-01T00:00:00Z"}));
    assert_eq!(manifest["articles"], 2);
    assert_eq!(manifest["by_source"], json!({"paper": 2}));
    assert_eq!(manifest["by_language"], json!({"de": 1, "en": 1}));
    assert_eq!(manifest["by_reservations"], json!({"": 1, "robots.txt: noai": 1, "header: tdm-reservation": 1}));
    assert_eq!(manifest["first_published_at"], "2026-11-20T03:30:00Z");
    let bytes = std::fs::read(room.path("out.jsonl")).expect("a file");
    assert_eq!(
        manifest["files"],
        json!([{"name": "out.jsonl", "bytes": bytes.len(), "sha256": bundle::hex_sha256(&bytes)}])
    );

    room.run(&["export", "--format", "bundle", "--out", "deep/bundle"]).exits(0);
    let manifest = json_of(&room.path("deep/bundle.manifest.json"));
    let files = manifest["files"].as_array().expect("files");
    assert_eq!(files.len(), 3);
    for file in files {
        let bytes = std::fs::read(room.path("deep").join(file["name"].as_str().expect("a name"))).expect("a file");
        assert_eq!((&file["bytes"], &file["sha256"]), (&json!(bytes.len()), &json!(bundle::hex_sha256(&bytes))));
    }
    // The folder holds documents and nothing else: it is a bundle.
    assert_eq!(std::fs::read_dir(room.path("deep/bundle")).expect("a folder").count(), 3);
    room.run(&["import", "deep/bundle"]).exits(0);

    room.run(&["export", "--no-manifest", "--out", "alone.csv", "--format", "csv"]).exits(0);
    assert!(!room.path("alone.csv.manifest.json").exists());
    // Somebody else's file of that name is left alone.
    room.file("mine.jsonl.manifest.json", "{}");
    room.run(&["export", "--out", "mine.jsonl"]).exits(1).says("no export wrote it");
    assert!(!room.path("mine.jsonl").exists());
}

#[test]
fn the_same_choice_gives_the_same_bytes_wherever_and_whenever_it_is_made() {
    let room = archive();
    let elsewhere = Newsroom::new();
    room.run(&["backup", &elsewhere.database().display().to_string()]).exits(0);
    for format in ["jsonl", "csv", "parquet", "bundle"] {
        let name = format!("out.{format}");
        let export = ["export", "--format", format, "--card", "--replace", "--out", &name];
        let files = |room: &Newsroom| {
            let mut files = vec![format!("{name}.manifest.json"), "README.md".to_owned()];
            if format != "bundle" {
                files.push(name.clone());
            }
            files.into_iter().map(|file| std::fs::read(room.path(&file)).expect("a file")).collect::<Vec<_>>()
        };
        room.run(&export).exits(0);
        let first = files(&room);
        room.run(&export).exits(0);
        elsewhere.run(&export).exits(0);
        assert!(first == files(&room) && first == files(&elsewhere), "{format}");
    }
}

#[test]
fn a_card_has_a_head_in_yaml_and_says_what_the_columns_mean() {
    let room = archive();
    room.run(&["export", "--format", "parquet", "--card", "--out", "news.parquet"]).exits(0);
    let card = std::fs::read_to_string(room.path("README.md")).expect("a card");
    let head = "---\nlanguage:\n- \"de\"\n- \"en\"\n- \"ja\"\nlicense: other\n";
    assert!(card.starts_with(head), "{card}");
    for part in [
        "size_categories:\n- n<1K\n",
        "  data_files: \"news.parquet\"\n---\n",
        "3 news articles, ",
        "| none found | 3 |",
        "| paper | 2 |\n| wire | 1 |",
        "| `title` | Headline, one line in Unicode form NFC; NULL where there is none. |",
    ] {
        assert!(card.contains(part), "{part:?} is not in {card}");
    }
    for format in ["jsonl", "csv", "parquet"] {
        room.run(&["export", "--format", format, "--card", "--replace", "--out", "news.x"]).exits(0);
        let card = std::fs::read_to_string(room.path("README.md")).expect("a card");
        assert!(!card.contains("|  |"), "a column without a meaning: {card}");
    }
    room.file("README.md", "My notes");
    room.run(&["export", "--card", "--out", "other.jsonl"]).exits(1).says("README.md");
    assert_eq!(std::fs::read_to_string(room.path("README.md")).expect("a file"), "My notes");
}

/// Two articles, one of which was revised on the 22nd and taken away on the 24th. Returns the number of the last change after each
/// of these.
fn history() -> (Newsroom, [i64; 4]) {
    let room = Newsroom::new();
    let import = |line: &str| {
        room.run(&["-q", "import", &room.file("line.jsonl", line)]).exits(0);
        room.number("SELECT max(change_seq) FROM articles")
    };
    let first = import(
        r#"{"url": "https://paper.example/1", "source": "paper", "title": "The ferry sails", "published": "2026-11-20T08:00:00Z", "text": "The ferry sails again today.\nIt is on time, says the captain of it."}"#,
    );
    let second = import(
        r#"{"url": "https://paper.example/2", "source": "paper", "title": "A harbour opens", "published": "2026-11-21T08:00:00Z", "text": "Nobody thought that the harbour would open so soon."}"#,
    );
    let third = import(
        r#"{"url": "https://paper.example/1", "source": "wire", "title": "The ferry sank", "published": "2026-11-20T08:00:00Z", "modified": "2026-11-22T08:00:00Z", "text": "The ferry sank this morning.\nAll passengers were saved by fishermen, says the coast guard of the island."}"#,
    );
    Connection::open(room.database())
        .and_then(|connection| {
            connection.execute_batch(
                "UPDATE sightings SET first_seen_at = '2026-11-22T08:00:00Z' WHERE source_id = (SELECT id FROM sources WHERE slug = 'wire');
                 UPDATE articles SET removed_at = '2026-11-24T08:00:00Z',
                     (change_seq, removed_seq) = (SELECT next, next FROM (SELECT max(change_seq) + 1 AS next FROM articles))
                 WHERE url = 'https://paper.example/1'",
            )
        })
        .expect("a removal");
    let fourth = room.number("SELECT max(change_seq) FROM articles");
    assert_eq!(room.value("SELECT revision FROM articles WHERE url = 'https://paper.example/1'"), "2");
    (room, [first, second, third, fourth])
}

#[test]
fn an_export_as_of_a_time_says_what_the_store_said_then() {
    let (room, changes) = history();
    let check = |option: [&str; 2], titles: &[&str], revision: u32, is_removed: bool| {
        let lines = room.run(&[&["export"][..], &option].concat()).exits(0).json_lines();
        let found: Vec<&str> = lines.iter().filter_map(|line| line["title"].as_str()).collect();
        assert_eq!(found, titles, "{option:?}");
        let Some(ferry) = lines.first() else { return };
        assert_eq!(ferry["revision"], revision, "{option:?}: {ferry}");
        assert_eq!(ferry["removed_at"].is_null(), !is_removed, "{option:?}: {ferry}");
        assert_eq!(ferry["revisions"].as_array().map(Vec::len), Some(revision as usize - 1), "{option:?}: {ferry}");
        // The hash is that of the document of then.
        let out = format!("bundle-{}", option[1].replace(':', "-"));
        room.run(&[&["export", "--format", "bundle", "--out", &out][..], &option].concat()).exits(0);
        let document = std::fs::read_dir(room.path(&out))
            .expect("a folder")
            .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a document"))
            .find(|bytes| bundle::hex_sha256(bytes) == ferry["sha256"])
            .unwrap_or_else(|| panic!("{option:?}: no document has the hash of {ferry}"));
        assert!(String::from_utf8_lossy(&document).starts_with(titles[0]));
    };
    let first = ["The ferry sails", "A harbour opens"];
    let last = ["The ferry sank", "A harbour opens"];
    check(["--as-of", "2026-11-20T07:59:59Z"], &[], 1, false);
    check(["--as-of", "2026-11-20T08:00:00Z"], &first[..1], 1, false);
    check(["--as-of", "2026-11-22"], &first, 1, false);
    check(["--as-of", "2026-11-23"], &last, 2, false);
    check(["--as-of", "2026-11-25"], &last, 2, true);
    for (change, (titles, revision, is_removed)) in changes.iter().zip([
        (&first[..1], 1, false),
        (&first[..], 1, false),
        (&last[..], 2, false),
        (&last[..], 2, true),
    ]) {
        check(["--as-of-seq", &change.to_string()], titles, revision, is_removed);
    }
    check(["--as-of-seq", "0"], &[], 1, false);
    // A source that had it later had it not yet.
    let then = room.run(&["export", "--as-of", "2026-11-22"]).exits(0).json_lines();
    assert_eq!(then[0]["sources"], json!(["paper"]));
    assert_eq!(then[0]["sightings"].as_array().map(Vec::len), Some(1));
    // What is known of it otherwise is as it is now, and an import of it is sound.
    let another = Newsroom::new();
    let file = room.path("then.jsonl").display().to_string();
    room.run(&["export", "--as-of", "2026-11-22", "--out", &file]).exits(0);
    another.run(&["import", &file]).exits(0);
    assert_eq!(another.value("SELECT title FROM articles WHERE url = 'https://paper.example/1'"), "The ferry sails");
}

/// Articles of some days and of none, that come in in no order; many of a time, so that they are in order by their addresses alone.
pub(crate) fn shuffled(n_articles: usize) -> Newsroom {
    let room = Newsroom::new();
    let line = |place: usize| {
        let number = place * 7 % n_articles;
        let mut line = serde_json::json!({
            "url": format!("https://paper-{}.example/{number:04}", number % 2), "source": format!("paper-{}", number % 3),
            "title": format!("Ferry {number}"), "text": format!("The ferry {number} sails with {} guests.", number * 31),
        });
        match number % 10 {
            0 => {}
            1..=5 => line["published"] = "2026-11-20T08:00:00Z".into(),
            _ => {
                line["published"] =
                    format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + number % 17, number % 24, number % 60).into();
            }
        }
        line.to_string()
    };
    let lines: Vec<String> = (0..n_articles).map(line).collect();
    room.run(&["-q", "import", &room.file("shuffled.jsonl", lines.join("\n"))]).exits(0);
    room
}

#[test]
fn a_large_export_comes_in_the_order_of_times_and_addresses() {
    let n_articles = 1_500;
    let room = shuffled(n_articles);
    for (choice, n_chosen) in [(vec![], n_articles), (vec!["--source", "paper-1"], n_articles / 3)] {
        let lines = room.run(&[vec!["export"], choice].concat()).exits(0).json_lines();
        assert_eq!(lines.len(), n_chosen);
        let place = |line: &Value| {
            let published = line["published_at"].as_str().map(str::to_owned);
            (published.is_none(), published, line["url"].as_str().expect("an address").to_owned())
        };
        let places: Vec<_> = lines.iter().map(place).collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{:?}", places.windows(2).find(|pair| pair[0] >= pair[1]));
        assert!(places.iter().any(|(is_undated, ..)| *is_undated));
    }
}
