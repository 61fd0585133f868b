//! What `export` writes, `import` stores again as it was; and what is wrong in a file is told and takes nothing with it.

use newswire::bundle;
use rusqlite::Connection;
use serde_json::json;

use crate::harness::Newsroom;

/// A database with what an export has to carry: copies, revisions, an article that was taken away, one seen in two
/// sources, texts that look like damage, dates without a time and with an offset, articles without an address.
fn varied() -> Newsroom {
    let (room, web, mut content) = Newsroom::of_demo();
    room.run(&["fetch", "--all"]);
    content.edit_one(&web, jiff::Timestamp::now()).expect("an article that its publisher edits");
    room.run(&["fetch", "--all"]);
    let text = "The boats came at dawn, and with them the doctors whom the islands had been waiting for since the spring. \
                Nobody had thought that the crossing could be made in such a sea, the harbour master said on the quay.";
    let lines = [
        format!(r#"{{"id": "a-1", "source": "The Island Wire", "title": "How to write &amp;amp; and &amp;lt;", "published": "2024-05-06T01:08:09+05:00", "text": "{text}"}}"#),
        format!(r#"{{"id": "a-2", "source": "The Island Wire", "title": "Boats again", "published": "2024-05-07", "text": "{text}"}}"#),
        format!(r#"{{"url": "https://paper.example/2024/05/09/boats", "source": "paper", "title": "Boats", "published": "2024-05-06", "published_offset": "+05:00", "modified_at": "2024-05-08T00:00:00Z", "section": "Ports", "tags": ["ships", "Sea"], "site_name": "The Paper", "image_url": "https://paper.example/a.jpg", "authors": ["Ana Ruiz"], "text": "{text}\nA tail of its own, so that it is no exact copy."}}"#),
        r#"{"id": "a-3", "title": "No text and no date"}"#.to_owned(),
        r#"{"url": "https://paper.example/2019/01/02/undated", "title": "In its address is what looks like a date", "text": "Short."}"#.to_owned(),
    ];
    let file = room.file("lines.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    let document = room.file("document.txt", "Without anything else\n\n\nA paragraph that is the only one.\n");
    room.run(&["import", &document]).exits(0);
    // A number that no article has any more, one that was taken away, and one address that led to two articles in turn.
    let connection = Connection::open(room.database()).expect("the database opens");
    let (title, url) = ("Another at the same address", "https://paper.example/2024/05/09/boats");
    let document = bundle::document(Some(title), Some("20240506"), Some(url), "Something else altogether.");
    let sha256 = bundle::hex_sha256(document.as_bytes());
    connection
        .execute_batch(&format!(
            "UPDATE articles SET removed_at = '2026-11-20T00:00:00Z' WHERE title = 'Boats';
             DELETE FROM articles WHERE title = 'No text and no date';
             INSERT INTO articles (title, date, published_at, date_precision, date_source, published_offset, url, language,
                 words, body, body_kind, quality, quality_reasons, first_seen_at, updated_at, change_seq, sha256)
             SELECT '{title}', date, published_at, date_precision, date_source, published_offset, url,
                 'en', 3, 'Something else altogether.', 'partial', 41, '[\"short\"]', '2026-11-21T00:00:00Z',
                 '2026-11-22T00:00:00Z', (SELECT max(change_seq) + 1 FROM articles), '{sha256}'
             FROM articles WHERE title = 'Boats'"
        ))
        .expect("the database can be written");
    room
}

fn export(room: &Newsroom, format: &str, out: &str) -> String {
    let path = room.path(out).display().to_string();
    room.run(&["export", "--format", format, "--out", &path]).exits(0);
    path
}

/// The names and the content of a bundle.
fn documents(folder: &str) -> Vec<(String, String)> {
    let mut documents: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a document"))
        })
        .collect();
    documents.sort();
    documents
}

#[test]
fn an_export_that_is_imported_and_exported_again_has_the_same_bytes() {
    let room = varied();
    for (what, sql) in [
        ("exact copies", "SELECT count(*) FROM articles WHERE duplicate_kind = 'exact'"),
        ("near copies", "SELECT count(*) FROM articles WHERE duplicate_kind = 'near'"),
        ("revisions", "SELECT count(*) FROM revisions"),
        (
            "articles in two sources",
            "SELECT count(*) FROM (SELECT 1 FROM sightings GROUP BY article_id HAVING count(*) > 1)",
        ),
        ("gaps in the numbers", "SELECT max(id) - count(*) FROM articles"),
    ] {
        assert!(room.number(sql) > 0, "there are no {what}");
    }
    let lines = export(&room, "jsonl", "first.jsonl");
    let written = std::fs::read_to_string(&lines).expect("an export");

    let second = Newsroom::new();
    second.run(&["import", &lines]).exits(0).says("0 failed");
    let again = export(&second, "jsonl", "second.jsonl");
    let again_written = std::fs::read_to_string(&again).expect("an export");
    for (one, other) in written.lines().zip(again_written.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(written, again_written);
    second.assert_sound();
    // Nothing comes twice, and nothing that is there changes.
    let rows = "SELECT id, sha256, revision, change_seq, duplicate_of FROM articles ORDER BY id";
    let before = second.table(rows);
    second.run(&["import", &lines]).exits(0).says("0 new, 0 duplicates").says("0 revisions");
    assert_eq!(second.table(rows), before);
    assert_eq!(std::fs::read_to_string(export(&second, "jsonl", "third.jsonl")).expect("an export"), written);
    // Also through a pipe.
    let piped = Newsroom::new();
    piped.run_with_input(&["import", "-"], written.as_bytes()).exits(0);
    assert_eq!(piped.run(&["export"]).exits(0).stdout, written);
    // What is shown of an article's past is the same.
    let revised = room.value("SELECT max(article_id) FROM revisions");
    for arguments in [&["show", &revised, "--revisions"][..], &["show", &revised, "--diff", "1"]] {
        assert_eq!(second.run(arguments).exits(0).stdout, room.run(arguments).exits(0).stdout);
    }
}

#[test]
fn a_bundle_that_is_imported_and_exported_again_has_the_same_bytes() {
    let room = varied();
    let bundle = export(&room, "bundle", "first");
    let second = Newsroom::new();
    second.run(&["import", &bundle]).exits(0).says("0 failed");
    let again = export(&second, "bundle", "second");
    // Two documents have one address: in a bundle they are versions of one article.
    let is_other = |document: &(String, String)| document.1.contains("\nhttps://paper.example/2024/05/09/boats\n");
    let mut expected = documents(&bundle);
    let n_documents = expected.len();
    expected.retain(|document| !is_other(document));
    assert_eq!(expected.len(), n_documents - 2);
    let mut documents = documents(&again);
    documents.retain(|document| !is_other(document));
    let texts = |documents: &[(String, String)]| {
        let mut texts: Vec<String> = documents.iter().map(|(_, text)| text.clone()).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts(&documents), texts(&expected));
    second.run(&["import", &bundle]).exits(0).says("0 new, 0 duplicates");
}

#[test]
fn an_export_joins_what_is_there_without_mistaking_one_article_for_another() {
    let first = Newsroom::new();
    let text = "The ferry ran aground on the bar before the harbour mouth at low water, and was pulled off it by two tugs in \
                the afternoon; nobody was hurt, the company said, and the next crossing was on time.";
    let line =
        |id: &str, title: &str| format!(r#"{{"id": "{id}", "source": "wire", "title": "{title}", "text": "{text}"}}"#);
    let lines = [line("1", "Ferry aground"), line("2", "Ferry is aground"), line("3", "A ferry aground")];
    let file = first.file("lines.jsonl", lines.join("\n"));
    first.run(&["import", &file]).exits(0);
    assert_eq!(first.column("SELECT duplicate_of FROM articles ORDER BY id"), ["NULL", "1", "1"]);
    let exported = export(&first, "jsonl", "out.jsonl");

    let second = Newsroom::new();
    let other = second.file("other.jsonl", r#"{"id": "x", "title": "Something else", "text": "Of no interest here."}"#);
    second.run(&["import", &other]).exits(0);
    second.run(&["import", &exported]).exits(0).says("1 new, 2 duplicates, 0 known");
    let rows = "SELECT id, duplicate_of, duplicate_kind, title FROM articles ORDER BY id";
    assert_eq!(
        second.table(rows),
        [
            ["1", "NULL", "NULL", "Something else"],
            ["2", "NULL", "NULL", "Ferry aground"],
            ["3", "2", "exact", "Ferry is aground"],
            ["4", "2", "exact", "A ferry aground"],
        ]
    );
    second.run(&["import", &exported]).exits(0).says("0 new, 0 duplicates, 3 known");
    second.assert_sound();
    // Of a choice without the original the copies are judged among themselves.
    let third = Newsroom::new();
    let copies = first.path("copies.jsonl").display().to_string();
    first.run(&["export", "--where", "duplicate_of IS NOT NULL", "--out", &copies]).exits(0);
    third.run(&["import", &copies]).exits(0).says("1 new, 1 duplicate,");
    assert_eq!(third.column("SELECT duplicate_of FROM articles ORDER BY id"), ["NULL", "2"]);
}

#[test]
fn what_somebody_has_changed_in_an_export_is_read_as_any_other_text() {
    let room = Newsroom::new();
    let file = room.file("a.jsonl", r#"{"id": "1", "title": "Harbour", "text": "Ships came back.", "source": "wire"}"#);
    room.run(&["import", &file]).exits(0);
    let exported = room.run(&["export"]).exits(0).stdout;
    let edited = exported
        .replace("Ships came back.", "Ships  came &amp; went.\\u001b[2J")
        .replace(r#""id":1,"#, r#""id":9223372036854775807,"#);
    let other = Newsroom::new();
    other.run_with_input(&["import", "-"], edited.as_bytes()).exits(0);
    assert_eq!(other.table("SELECT id, body, words FROM articles"), [["1", "Ships came & went.[2J", "4"]]);
    let sha256 = other.value("SELECT sha256 FROM articles");
    assert!(!exported.contains(&sha256), "the hash is that of the text as it is stored");
    // The next article finds a number.
    other.run(&["import", &file]).exits(0);
    other.assert_sound();
}

#[test]
fn one_bad_line_or_refused_article_is_named_and_the_rest_goes_on() {
    let room = Newsroom::new();
    let first = room.file("first.jsonl", r#"{"id": "0", "title": "The first", "text": "One."}"#);
    room.run(&["import", &first]).exits(0);
    Connection::open(room.database())
        .expect("the database opens")
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON articles WHEN NEW.title = 'Refused'
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
        )
        .expect("a trigger can be made");
    let lines = [
        r#"{"id": "1", "title": "Before", "text": "Text of the one before."}"#,
        r#"{"id": "2", "title": 7}"#,
        "",
        r#"{"id": "3", "title": "Refused", "text": "Text of the one that is refused."}"#,
        "not JSON",
        r#"{"id": "4", "title": "x", "keywords": {"a": 1}}"#,
        r#"{"id": "5", "title": "After", "text": "Text of the one after."}"#,
    ];
    let file = room.file("lines.jsonl", lines.join("\n"));
    let document = room.file("refused.txt", "Refused\n\n\nText.\n");
    let outcome = room.run(&["import", &file, &document]).exits(3);
    for part in [
        "lines.jsonl:2: title: must be a text",
        "lines.jsonl:4: refused by the database: not this one",
        "lines.jsonl:5: not JSON",
        "lines.jsonl:6: keywords: must be a list of texts",
        "refused.txt: refused by the database: not this one",
        "2 new, 0 duplicates, 0 known, 0 revisions, 0 sources, 5 failed",
    ] {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {}", outcome.stderr);
    }
    assert_eq!(room.column("SELECT title FROM articles ORDER BY id"), ["The first", "Before", "After"]);
}

/// What is no text is told, and not stored with letters that nobody wrote.
#[test]
fn a_line_or_document_that_is_not_utf_8_is_named_and_the_rest_goes_on() {
    let room = Newsroom::new();
    let damaged = |text: &str| text.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect::<Vec<u8>>();
    let lines = r#"{"id": "1", "title": "Before", "text": "Text of the one before."}
        {"id": "2", "title": "Dama?ed", "text": "Text of the one whose title is not UTF-8."}
        {"id": "3", "title": "A sign \ufffd of its own �", "text": "Text of the one with the sign."}"#;
    let file = room.file("lines.jsonl", damaged(lines));
    let documents = [
        room.file("damaged.txt", damaged("Déjà vu à l’été\n\n\nLe café ? est fermé, dit l’hôtelier.\n")),
        room.file("000_0123456789abcdef.txt", damaged("Ferry aground\n20261120\n\nThe ferry ran? aground.\n")),
        room.file("latin.txt", b"Un caf\xe9 ferm\xe9\n\n\nL'h\xf4telier a ferm\xe9 le caf\xe9 d\xe9j\xe0 hier.\n"),
    ];
    let outcome = room.run(&["import", &file, &documents[0], &documents[1], &documents[2]]).exits(3);
    for part in [
        "000_0123456789abcdef.txt: not UTF-8, and not what the hash in its name is of: it was damaged",
        "lines.jsonl:2: not UTF-8: its byte 35 is none of a character",
        "damaged.txt: not text all through: one place in it cannot be read, the first at byte 35",
        "latin.txt: it is windows-1252, not UTF-8; it is read all the same",
        "3 new, 0 duplicates, 0 known, 0 revisions, 0 sources, 3 failed",
    ] {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {}", outcome.stderr);
    }
    let titles = room.column("SELECT title FROM articles ORDER BY id");
    assert_eq!(titles, ["Before", "A sign \u{fffd} of its own \u{fffd}", "Un café fermé"]);
    // In an export too, whatever line it is.
    let exported = room.run(&["export"]).exits(0).stdout;
    let second = Newsroom::new();
    let spoilt = damaged(&exported.replacen("Before", "Bef?re", 1));
    second.run_with_input(&["import", "-"], &spoilt).exits(3).says("-:1: not UTF-8").says("2 new");
}

#[test]
fn a_language_that_is_none_is_told_once_and_the_words_say_which_it_is() {
    let room = Newsroom::new();
    let line = |id: u32, language: &str| {
        format!(
            r#"{{"id": "{id}", "title": "Number {id}", "language": "{language}",
                "text": "{id}: The ferry was late, and nobody who stood at the quay knew why it had not come from the island."}}"#
        )
        .replace('\n', " ")
    };
    let languages = ["English", "English", "en-GB", "und", "pt_BR", "e n g", ""];
    let lines: Vec<String> = (1..).zip(languages).map(|(id, language)| line(id, language)).collect();
    let told = room.run(&["import", &room.file("lines.jsonl", lines.join("\n"))]).exits(0);
    let notes: Vec<&str> = told.stderr.lines().filter(|line| line.contains("is no code")).collect();
    assert_eq!(notes.len(), 2, "{}", told.stderr);
    assert!(notes[0].contains("lines.jsonl:1: the language \"English\" is no code such as en or pt-BR"), "{notes:?}");
    assert_eq!(room.column("SELECT DISTINCT language FROM articles"), ["en"]);
}

#[test]
fn a_source_may_have_any_name_and_strange_keys_are_told_once() {
    let room = Newsroom::new();
    let lines = [
        r#"{"id": "1", "source": "The Guardian", "title": "One", "text": "The first.", "rating": 5, "mood": "good"}"#,
        r#"{"id": "2", "source": "The Guardian", "title": "Two", "text": "The second.", "rating": 4}"#,
        r#"{"id": "3", "source": "新华社", "title": "Three", "text": "The third."}"#,
        r#"{"id": "4", "title": "Four", "text": "The fourth.", "rating": null}"#,
    ];
    let file = room.file("lines.jsonl", lines.join("\n"));
    let outcome = room.run(&["import", &file, "--source", "Der Bote"]).exits(0);
    assert_eq!(outcome.stderr.matches("rating").count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("lines.jsonl:1: the key \"mood\" means nothing here"), "{}", outcome.stderr);
    let seen = room.table(
        "SELECT slug, sources.title, count(*) FROM sightings JOIN sources ON sources.id = source_id GROUP BY slug ORDER BY min(article_id)",
    );
    assert_eq!(seen[0], ["the-guardian", "The Guardian", "2"]);
    assert_eq!(seen[1][1..], ["新华社", "1"]);
    assert_eq!(seen[2], ["der-bote", "Der Bote", "1"]);
    // By the slug that was made of it, it is the same source.
    let more =
        room.file("more.jsonl", r#"{"id": "1", "source": "the-guardian", "title": "One", "text": "The first."}"#);
    room.run(&["import", &more]).exits(0).says("1 known");
    // All that a line says of an article is there, and goes out again.
    let line = r#"{"url": "https://e.example/a", "title": "All", "text": "All of it.", "section": "Ports", "keywords": ["ships"],
        "tags": ["sea"], "site_name": "The Quay", "image_url": "https://e.example/a.jpg", "modified_at": "2024-05-06T07:08:09Z"}"#;
    room.run_with_input(&["import", "-"], line.replace('\n', " ").as_bytes()).exits(0);
    let out = room.run(&["export", "--where", "title = 'All'"]).exits(0).json_lines().remove(0);
    for (key, value) in [
        ("section", serde_json::json!("Ports")),
        ("keywords", serde_json::json!(["ships", "sea"])),
        ("site_name", serde_json::json!("The Quay")),
        ("image_url", serde_json::json!("https://e.example/a.jpg")),
        ("modified_at", serde_json::json!("2024-05-06T07:08:09Z")),
    ] {
        assert_eq!(out[key], value, "{key}");
    }
}

/// A source is its slug, and the name that people know it by is its title.
#[test]
fn the_title_of_a_source_comes_back_from_an_export() {
    let (mut room, web, _) = Newsroom::of_demo();
    let names = ["The Guardian", "THE  guardian ", "新华社", "BBC", "wire", " Le Soir d’Été ", "日報 \u{1f5de}", "a.b"];
    let line = |(n, name): (usize, &&str)| serde_json::json!({"id": n, "source": name, "title": format!("Number {n}"), "text": format!("Text of number {n}.")});
    let lines: Vec<String> = names.iter().enumerate().map(|pair| line(pair).to_string()).collect();
    let file = room.file("lines.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    // Of feeds too, whose title is their own, and where slugs that were made of an address have to be cut.
    room.run(&["fetch", "--all"]);
    let feeds: Vec<String> = room.column("SELECT url FROM sources WHERE kind = 'feed'");
    assert!(!feeds.is_empty());
    drop(web);
    room.write_sources("");
    let long = |n: usize| format!("https://paper.example/{}?n={n}", "section/".repeat(12));
    for n in 0..2 {
        room.run(&["sources", "add", "--kind", "feed", &long(n)]).exits(0);
    }
    let slugs = room.column("SELECT slug FROM sources WHERE url LIKE 'https://paper.example/%' ORDER BY id");
    assert!(slugs.len() == 2 && slugs.iter().all(|slug| slug.len() <= 64), "{slugs:?}");
    let more = slugs.iter().enumerate().map(|(n, slug)| {
        format!(r#"{{"id": "m{n}", "source": "{slug}", "title": "More {n}", "text": "More of {n} there."}}"#)
    });
    let file = room.file("more.jsonl", more.collect::<Vec<_>>().join("\n"));
    room.run(&["import", &file]).exits(0);

    let exported = room.run(&["export"]).exits(0).stdout;
    let second = Newsroom::new();
    second.run_with_input(&["import", "-"], exported.as_bytes()).exits(0);
    assert_eq!(second.run(&["export"]).exits(0).stdout, exported);
    let titles = "SELECT slug, title FROM sources WHERE id IN (SELECT source_id FROM sightings) ORDER BY slug";
    assert_eq!(second.table(titles), room.table(titles));
    let known =
        "SELECT title FROM sources WHERE title IN ('The Guardian', '新华社', 'BBC', 'Le Soir d’Été') ORDER BY title";
    assert_eq!(second.column(known), ["BBC", "Le Soir d’Été", "The Guardian", "新华社"]);
    // A title that is there already stays.
    let third = Newsroom::new();
    third.run_with_input(&["import", "-"], br#"{"id": "b", "source": "Bbc", "title": "x"}"#).exits(0);
    third.run_with_input(&["import", "-"], exported.as_bytes()).exits(0);
    assert_eq!(third.value("SELECT title FROM sources WHERE slug = 'bbc'"), "Bbc");
}

/// Archives begin long before the web did.
#[test]
fn articles_of_earlier_centuries_come_in_and_go_out_with_their_date() {
    let room = Newsroom::new();
    let lines = [
        r#"{"id": "1", "title": "Elections called", "published": "1987-05-12", "text": "The date was set on Monday."}"#,
        r#"{"id": "2", "title": "A bridge is opened", "published": "1875-08-03T12:00:00Z", "text": "A crowd had come."}"#,
        r#"{"id": "3", "title": "Of the price of corn", "published": "1785-01-01", "text": "It has risen since."}"#,
    ];
    let file = room.file("old.jsonl", lines.join("\n"));
    let documents = [
        room.file("1987.txt", "Strike ends\n19870512\nhttps://old.example/strike\nThe men went back.\n"),
        room.file("1875.txt", "Canal dug\n18750401\n\nThe last sod was cut.\n"),
    ];
    room.run(&["import", &file, &documents[0], &documents[1]]).exits(0).says("5 new");
    let days = room.column("SELECT date FROM articles ORDER BY date");
    assert_eq!(days, ["17850101", "18750401", "18750803", "19870512", "19870512"]);
    let exported = room.run(&["export"]).exits(0).stdout;
    let second = Newsroom::new();
    second.run_with_input(&["import", "-"], exported.as_bytes()).exits(0);
    assert_eq!(second.run(&["export"]).exits(0).stdout, exported);
    room.assert_sound();
}

/// Programs that must write a date write the first or the last one that they can.
#[test]
fn a_date_that_stands_for_none_does_not_keep_its_article_out() {
    let room = Newsroom::new();
    let lines = [
        r#"{"id": "1", "title": "First of all days", "published": "0001-01-01T00:00:00", "text": "It has no date."}"#,
        r#"{"id": "2", "title": "Last of all days", "published": "9999-12-31T23:59:59Z", "text": "Nor has this."}"#,
        r#"{"id": "3", "title": "Zero of a clock", "published": "1970-01-01T00:00:00Z", "text": "Or this one here."}"#,
        r#"{"id": "4", "title": "Early", "published": "1600-01-01T00:30:00+05:00", "text": "Where it is read it was 1600."}"#,
        r#"{"id": "5", "title": "At five", "published": "1900-01-01T05:00:00+05:00", "text": "In Greenwich it was midnight."}"#,
        r#"{"id": "6", "title": "Seen long ago", "first_seen_at": "0001-02-03T04:05:06Z", "text": "By whomever it was."}"#,
        r#"{"id": "7", "title": "No date", "published": "soon", "text": "That is a mistake."}"#,
    ];
    let file = room.file("dates.jsonl", lines.join("\n"));
    let outcome = room.run(&["import", &file]).exits(3).says("6 new").says("1 failed");
    for part in [
        "dates.jsonl:1: published: \"0001-01-01T00:00:00\" is the date of no publication; the article comes in without it",
        "dates.jsonl:2: published: \"9999-12-31T23:59:59Z\"",
        "dates.jsonl:3: published: \"1970-01-01T00:00:00Z\"",
        "dates.jsonl:7: published: \"soon\" is no date",
    ] {
        assert!(outcome.stderr.contains(part), "{part:?} is not in {}", outcome.stderr);
    }
    assert_eq!(
        room.table("SELECT date, published_at FROM articles ORDER BY id")[2..5],
        [["NULL", "NULL"], ["16000101", "1599-12-31T19:30:00Z"], ["19000101", "1900-01-01T00:00:00Z"]]
    );
    let exported = room.run(&["export"]).exits(0).stdout;
    let second = Newsroom::new();
    second.run_with_input(&["import", "-"], exported.as_bytes()).exits(0);
    assert_eq!(second.run(&["export"]).exits(0).stdout, exported);
}

#[test]
fn a_documents_date_that_is_none_is_told() {
    let room = Newsroom::new();
    let file = room.file("a.txt", "Strike ends\n20241350\nhttps://old.example/strike\nThe men went back.\n");
    room.run(&["import", &file]).exits(0).says("a.txt: the date 2024-13-50 is none that can be read");
}

#[test]
fn a_wording_without_a_date_leaves_the_hash_that_of_the_document_as_it_is_stored() {
    let room = Newsroom::new();
    let line = |dates: &str, words: &str| {
        let text = format!("{} {words}", "The ferry runs again, and the harbour is open. ".repeat(12));
        format!("{{\"url\":\"http://paper.example/ferry\",\"title\":\"The ferry runs\",{dates},\"text\":\"{text}\"}}\n")
    };
    let lines = line("\"published\":\"2026-11-20T08:00:00Z\"", "It left at eight.")
        + &line("\"modified\":\"2026-11-21T08:00:00Z\"", "It left at nine, the harbour master says now.");
    std::fs::write(room.path("ferry.jsonl"), lines).expect("the file can be written");
    room.run(&["import", "ferry.jsonl"]).exits(0).says("1 revision");
    let row = room.table("SELECT title, date, url, body, sha256 FROM articles");
    let [title, day, url, body, sha256] = row[0].clone().try_into().expect("five columns");
    assert_eq!(day, "20261120");
    let document = bundle::document(Some(&title), Some(&day), Some(&url), &body);
    assert_eq!(bundle::hex_sha256(document.as_bytes()), sha256);
}

#[test]
fn an_export_replaces_no_file_that_it_was_not_told_to() {
    let room = Newsroom::new();
    let articles =
        json!({"id": "1", "title": "Quinces", "text": "Quinces are late in Osterby this year, say those who grow them."})
            .to_string();
    room.run(&["import", &room.file("articles.jsonl", articles)]).exits(0);
    let there = room.file("there.jsonl", "mine");
    let database = room.database().display().to_string();
    for (path, is_forced, reason) in [
        (there.as_str(), false, "is there already"),
        ("/dev/null", true, "no ordinary file"),
        (database.as_str(), true, "the database itself"),
    ] {
        let mut arguments = vec!["export", "--out", path];
        arguments.extend(is_forced.then_some("--force"));
        let outcome = room.run(&arguments);
        assert!(outcome.code != Some(0) && outcome.stderr.contains(reason), "{path}: {outcome:?}");
    }
    assert_eq!(std::fs::read_to_string(&there).expect("it is there"), "mine");
    room.run(&["export", "--out", &there, "--replace"]).exits(0).says("1 article");
    room.assert_sound();
}
