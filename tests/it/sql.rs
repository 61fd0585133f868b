//! Questions in SQL from the command line, and what the tables are and mean.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use serde_json::json;

use crate::harness::{Newsroom, Outcome, end_of, feed, send_signal, web_of};
use crate::newsweb::faults;
use crate::pty::without_escapes;

const PATIENCE: Duration = Duration::from_secs(30);

/// Counts for ever.
const ENDLESS: &str = "WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers)";

/// A database with two articles of two sources.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let lines = [
        r#"{"id": "1", "source": "wire", "title": "The pier is closed", "published": "2024-05-06T07:08:09Z", "language": "en", "text": "Nobody may walk on the pier.\nIt will open again in June."}"#,
        r#"{"url": "https://paper.example/2", "source": "paper", "title": "Ein Hafen, zwei Städte", "published": "2024-05-08T10:00:00+02:00", "language": "de", "authors": ["Käthe Morgenroth"], "text": "Der Hafen gehört beiden.\nDas soll so bleiben."}"#,
    ];
    let file = room.file("archive.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    room
}

/// As on a terminal.
fn decorated(room: &Newsroom, sql: &str) -> Outcome {
    let mut outcome = room.run(&["--color", "always", "sql", sql]).exits(0);
    outcome.stdout = without_escapes(&outcome.stdout);
    outcome
}

#[test]
fn answers_are_lines_of_cells_in_a_pipe_and_objects_with_json() {
    let room = archive();
    let check = |sql: &str, lines: &str, objects: &[serde_json::Value]| {
        assert_eq!(room.run(&["sql", sql]).exits(0).stdout, lines, "{sql}");
        assert_eq!(room.run(&["--json", "sql", sql]).exits(0).json_lines(), objects, "{sql}");
    };
    check(
        "SELECT id, title, url, body, words / 2.0 AS half FROM articles ORDER BY id",
        "1\tThe pier is closed\t\tNobody may walk on the pier.\\nIt will open again in June.\t6.0\n\
         2\tEin Hafen, zwei Städte\thttps://paper.example/2\tDer Hafen gehört beiden.\\nDas soll so bleiben.\t4.0\n",
        &[
            json!({"id": 1, "title": "The pier is closed", "url": null,
                   "body": "Nobody may walk on the pier.\nIt will open again in June.", "half": 6.0}),
            json!({"id": 2, "title": "Ein Hafen, zwei Städte", "url": "https://paper.example/2",
                   "body": "Der Hafen gehört beiden.\nDas soll so bleiben.", "half": 4.0}),
        ],
    );
    check(
        "SELECT 9223372036854775807 AS n, -0.5 AS r, NULL AS none, x'00ABff' AS bytes, '[1]' AS list, 9e999 AS far",
        "9223372036854775807\t-0.5\t\t00abff\t[1]\tInf\n",
        &[json!({"n": i64::MAX, "r": -0.5, "none": null, "bytes": "00abff", "list": "[1]", "far": "Inf"})],
    );
    check("SELECT 1 AS id, 2 AS id", "1\t2\n", &[json!({"id": 1, "id:1": 2})]);
    check("SELECT 1 WHERE false", "", &[]);
    check(
        "SELECT articles.id FROM articles_fts JOIN articles ON articles.id = articles_fts.rowid WHERE articles_fts MATCH 'hafen'",
        "2\n",
        &[json!({"id": 2})],
    );
    check(
        "SELECT slug, articles_7d FROM source_health ORDER BY slug; -- the pulse",
        "paper\t0\nwire\t0\n",
        &[json!({"slug": "paper", "articles_7d": 0}), json!({"slug": "wire", "articles_7d": 0})],
    );
    // From standard input.
    let asked = room.run_with_input(&["sql", "-"], b"-- how many\nSELECT count(*)\nFROM articles;\n").exits(0);
    assert_eq!(asked.stdout, "2\n");
}

#[test]
fn on_a_terminal_answers_are_tables_and_wide_ones_stand_below_each_other() {
    let room = archive();
    let table = decorated(&room, "SELECT id, title, url FROM articles ORDER BY id").stdout;
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "ID  TITLE                   URL",
            " 1  The pier is closed",
            " 2  Ein Hafen, zwei Städte  https://paper.example/2",
        ]
    );
    let wide = decorated(&room, "SELECT * FROM articles WHERE id = 2").stdout;
    assert!(wide.contains("Käthe Morgenroth") && wide.lines().count() > 25, "{wide}");
    let long = decorated(&room, "SELECT printf('%.*c', 100000, 'x') AS long").stdout;
    assert!(long.len() < 1000 && long.contains('…'), "{long}");
    decorated(&room, "SELECT 1 WHERE false").says("no rows");
    // More rows than are laid out at once.
    let many = decorated(&room, &format!("{ENDLESS} SELECT n FROM numbers LIMIT 2500")).stdout;
    assert_eq!(many.lines().filter(|line| line.trim() == "N").count(), 3);
    assert_eq!(many.lines().count(), 2503);
}

#[test]
fn nothing_that_is_asked_changes_anything_and_wrong_sql_is_told_with_its_place() {
    let room = archive();
    let state = "SELECT group_concat(title) || (SELECT count(*) FROM docs) FROM articles";
    let before = room.value(state);
    let check = |sql: &str, words: &str| {
        let outcome = room.run(&["sql", sql]).exits(2).says(words);
        assert_eq!(outcome.stdout, "", "{sql}");
    };
    check("DELETE FROM articles", "the statement would write");
    check("UPDATE articles SET title = 'x' RETURNING id", "the statement would write");
    check("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')", "the statement would write");
    check("DROP TABLE docs", "the statement would write");
    check("VACUUM INTO 'copy.db'", "the statement would write");
    check("PRAGMA user_version = 3", "the statement would write");
    check("SELECT 1; DELETE FROM articles", "more than one statement");
    check("BEGIN", "nothing to answer");
    check("ATTACH 'other.db' AS other", "nothing to answer");
    check("", "nothing to answer");
    check("SELECT titel FROM articles", "no such column: titel (line 1, column 8, at \"titel FROM articles\")");
    check("SELECT *\nFORM articles", "near \"FORM\": syntax error (line 2, column 1, at \"FORM articles\")");
    check("SELECT 1 FROM articles_fts WHERE articles_fts MATCH 'a AND'", "fts5: syntax error");
    check("SELECT * FROM articles WHERE id = ?", "parameters");
    room.run_with_input(&["sql", "-"], b"SELECT '\xff'").exits(2).says("UTF-8");
    room.run(&["sql"]).exits(2).says("<SQL>");
    // A fault on the way is told, and what came before it stands.
    let sql = "SELECT abs(column1) FROM (VALUES (1), (-9223372036854775808))";
    let outcome = room.run(&["sql", sql]).exits(2).says("integer overflow");
    assert_eq!(outcome.stdout, "1\n");
    assert_eq!(room.value(state), before);
    assert!(!room.path("copy.db").exists() && !room.path("other.db").exists());
    room.assert_sound();
    // No database is made where there is none.
    let missing = room.path("missing.db").display().to_string();
    room.run(&["--db", &missing, "sql", "SELECT 1"]).exits(1).says("no database there yet");
    assert!(!room.path("missing.db").exists());
}

#[test]
fn control_characters_reach_no_terminal() {
    let room = archive();
    let value = "'red' || char(27) || '[31m' || char(7, 155, 127) || 'end' || char(10, 9) || '.'";
    let name = "\"na\u{1b}[2Jme\u{9b}\"";
    let is_bad = |c: char| c.is_control() && c != '\n' && c != '\t';
    for sql in [
        format!("SELECT {value} AS {name}"),
        format!("SELECT {value} AS {name}, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"),
        format!("SELECT 1 FROM articles_fts WHERE articles_fts MATCH {value}"),
        format!("SELECT json({value})"),
        format!("SELECT {name}(1)"),
        format!("SELECT {name}.{name} FROM articles"),
    ] {
        for arguments in [&["--color", "never"][..], &["--color", "always"], &["--json"]] {
            let outcome = room.run(&[arguments, &["sql", &sql]].concat());
            // The program's own emphasis is no publisher's.
            let stdout = outcome.stdout.replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
            assert!(!stdout.contains(is_bad), "{sql} {arguments:?}: {stdout:?}");
            assert!(!outcome.stderr.contains(is_bad), "{sql} {arguments:?}: {:?}", outcome.stderr);
        }
    }
    // Nothing is lost on the way to a program.
    let sql = format!("SELECT {value} AS value");
    let told = room.run(&["--json", "sql", &sql]).exits(0).json();
    assert_eq!(told["value"], "red\u{1b}[31m\u{7}\u{9b}\u{7f}end\n\t.");
}

#[test]
fn rows_are_handed_on_as_they_come_and_an_endless_question_can_be_ended() {
    let room = archive();
    let sql = format!("{ENDLESS} SELECT n, 'a row' AS text FROM numbers");
    for arguments in [&["sql", &sql][..], &["--json", "sql", &sql]] {
        let mut child = room
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut beginning = [0; 4096];
        stdout.read_exact(&mut beginning).expect("rows of an answer without an end");
        assert!(beginning.starts_with(b"1\ta row\n2\t") || beginning.starts_with(b"{\"n\":1,\"text\":\"a row\"}\n"));
        // Whoever reads has had enough.
        drop(stdout);
        let outcome = end_of(child, &format!("{arguments:?}")).exits(0);
        assert_eq!(outcome.stderr, "", "{arguments:?}");
    }
    // Without a row so far, by a signal. Not SIGINT, which whoever runs the tests in the background has had ignored.
    let sql = format!("{ENDLESS} SELECT max(n) FROM numbers");
    let child = room.command(&["sql", &sql]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    std::thread::sleep(Duration::from_millis(300));
    send_signal(child.id(), "TERM");
    let outcome = end_of(child, "an endless question");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (None, ""), "{outcome:?}");
    room.assert_sound();
}

#[test]
fn questions_are_answered_beside_a_daemon_and_after_it() {
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a"]))
            .with("/a", Resource::html(faults::article_html("What the paper has"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let sql = "SELECT articles.title FROM articles JOIN sources ON sources.id = source_id WHERE slug = 'paper'";
    let check = || assert_eq!(room.run(&["sql", sql]).exits(0).stdout, "What the paper has\n");
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT title FROM articles", "What the paper has");
    check();
    daemon.stop().exits(0);
    check();
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL", "1");
    daemon.kill();
    check();
}

#[test]
fn the_schema_needs_no_database_and_is_that_of_every_database() {
    let room = Newsroom::new();
    let schema = room.run(&["schema"]).exits(0).stdout;
    let docs = room.run(&["schema", "--docs"]).exits(0);
    let described = room.run(&["--json", "schema", "--docs"]).exits(0).json_lines();
    assert!(!room.database().exists());
    // Nor settings that are in order.
    room.file("newswire.toml", "no settings");
    assert_eq!(room.run(&["schema"]).exits(0).stdout, schema);

    let room = archive();
    let of_database = room.run(&["--json", "sql", "SELECT * FROM docs"]).exits(0).json_lines();
    assert_eq!(described, of_database);
    let cells = docs.cells();
    assert_eq!(cells.len(), described.len());
    assert!(cells.iter().all(|line| line.len() == 3));
    assert_eq!(cells[0][..2], ["sources", ""]);
    assert_eq!(described[0]["column_name"], json!(null));

    // The tables that are shown are those that are described, word for word as in the file.
    let objects = room.run(&["--json", "schema"]).exits(0).json_lines();
    let shown: BTreeSet<&str> = objects
        .iter()
        .filter(|object| object["type"] != "index")
        .filter_map(|object| object["name"].as_str())
        .collect();
    let meant: BTreeSet<&str> = described.iter().filter_map(|row| row["table_name"].as_str()).collect();
    assert_eq!(shown, meant);
    for object in &objects {
        let (name, sql) = (object["name"].as_str().expect("a name"), object["sql"].as_str().expect("a statement"));
        assert_eq!(room.value(&format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'")), sql);
        assert!(schema.contains(&format!("{sql};\n")), "{name}");
    }
    assert!(!schema.contains("CREATE TABLE _") && !schema.contains("articles_fts_data"), "{schema}");
    let table = room.run(&["--color", "always", "schema", "--docs"]).exits(0).stdout;
    assert!(without_escapes(&table).starts_with("TABLE_NAME"), "{table}");
}

#[test]
fn a_statement_may_begin_with_a_hyphen_and_options_stay_options() {
    let room = archive();
    for sql in ["-- how many are there?\nSELECT count(*) FROM articles", "--how many\nSELECT count(*) FROM articles"] {
        assert_eq!(room.run(&["sql", sql]).exits(0).stdout, "2\n", "{sql}");
    }
    // It is the database that answers what is none.
    room.run(&["sql", "-1"]).exits(2).says("SQL: near \"-\"");
    for arguments in [["sql", "--json", "SELECT 1 AS n"], ["sql", "SELECT 1 AS n", "--json"]] {
        assert_eq!(room.run(&arguments).exits(0).json(), json!({"n": 1}), "{arguments:?}");
    }
    assert_eq!(room.run_with_input(&["sql", "-"], b"SELECT 1").exits(0).stdout, "1\n");
    // A misspelt option is told as one, wherever it stands, and not taken for the statement.
    let comment = "-- of all\nSELECT count(*) FROM articles";
    for arguments in [
        &["sql", "SELECT 1", "--jsn"][..],
        &["sql", "--jsn", "SELECT 1"],
        &["sql", "--jsn"],
        &["--color", "never", "sql", "--jsn", comment],
        &["sql", comment, "--jsn"],
    ] {
        let outcome = room.run(arguments).exits(2).says("unexpected argument '--jsn'").says("'--json'");
        assert!(!outcome.stderr.contains("SQL:"), "{}", outcome.stderr);
    }
    room.run(&["sql", "-j", "SELECT 1"]).exits(2).says("unexpected argument '-j'");
    assert_eq!(room.run(&["sql", "--json", comment]).exits(0).json(), json!({"count(*)": 2}));
    assert_eq!(room.run(&["sql", "--", comment]).exits(0).stdout, "2\n");
    room.run(&["sql", "--help"]).exits(0);
}

#[test]
fn answers_are_values_between_commas_or_tabs_under_their_names_where_that_is_asked_for() {
    let room = archive();
    let sql = "SELECT id, title, url, -5 AS n, '=1+1' AS f, '\"a\" b' AS q, 'c' || char(9, 10) || 'd' AS w FROM articles WHERE id = 1";
    room.run(&["--json", "sql", "--csv", sql]).exits(2).says("one or the other");
    let csv = room.run(&["sql", "--csv", sql]).exits(0).stdout;
    assert_eq!(csv, "id,title,url,n,f,q,w\r\n1,The pier is closed,,-5,'=1+1,\"\"\"a\"\" b\",\"c\t\nd\"\r\n");
    let raw = room.run(&["sql", "--raw-csv", sql]).exits(0).stdout;
    assert_eq!(raw, csv.replace("'=1+1", "=1+1"));
    let lines = room.run(&["--header", "sql", sql]).exits(0).stdout;
    assert_eq!(lines, "id\ttitle\turl\tn\tf\tq\tw\n1\tThe pier is closed\t\t-5\t=1+1\t\\\"a\" b\tc\\t\\nd\n");
    assert_eq!(room.run(&["sql", "--header", "SELECT 1 AS one WHERE false"]).exits(0).stdout, "one\n");
    assert_eq!(room.run(&["sql", "--csv", "SELECT 1 AS one WHERE false"]).exits(0).stdout, "one\r\n");
    for (arguments, header) in [
        (&["ls"][..], "id\tpublished_at\tsource\twords\tkind\ttitle\turl"),
        (&["search", "pier"], "id\tpublished_at\tsource\ttitle\tsnippet\turl"),
        (&["tail"], "id\tchanged_at\tsource\tchange\ttitle\turl"),
        (&["sources", "ls"], "slug\tkind\tstate\tarticles_7d\tlast_ok_at\tnext_due_at\tfailures_in_a_row\terror\turl"),
    ] {
        let with = room.run(&[arguments, &["--header"]].concat()).exits(0).stdout;
        let without = room.run(arguments).exits(0).stdout;
        assert_eq!(with, format!("{header}\n{without}"), "{arguments:?}");
        let json = room.run(&[&["--json", "--header"], arguments].concat()).exits(0).stdout;
        assert!(!json.contains(header), "{json}");
    }
    // A title that a spreadsheet would run.
    let file = room.file(
        "formula.jsonl",
        r#"{"id": "f", "title": "=HYPERLINK(\"http://bad.example\")", "text": "A text of some words."}"#,
    );
    room.run(&["-q", "import", &file]).exits(0);
    let exported = |option: &[&str]| room.run(&[&["export", "--format", "csv"], option].concat()).exits(0).stdout;
    assert!(exported(&[]).contains(",\"'=HYPERLINK(\"\"http://bad.example\"\")\","), "{}", exported(&[]));
    assert!(exported(&["--raw-csv"]).contains(",\"=HYPERLINK(\"\"http://bad.example\"\")\","));
}

#[test]
fn each_day_of_a_source_is_a_row_from_its_first_day_on() {
    let room = Newsroom::new();
    let line = |id: usize, source: &str, day: &str| {
        json!({ "id": id, "source": source, "title": format!("Number {id}"), "published": day, "text": format!("It is {id}.") })
            .to_string()
    };
    let lines = [
        line(1, "wire", "2024-02-27T08:00:00Z"),
        line(2, "wire", "2024-02-27T23:59:59Z"),
        line(3, "wire", "2024-03-01T00:00:00Z"),
        line(4, "paper", "2024-02-29T12:00:00Z"),
    ];
    room.run(&["import", &room.file("days.jsonl", lines.join("\n"))]).exits(0);
    room.run(&["sources", "add", "--force", "https://silent.example/feed"]).exits(0);
    assert_eq!(
        room.table("SELECT slug, day, n_articles FROM source_days WHERE day < '2024-03-03' ORDER BY slug DESC, day"),
        [
            ["wire", "2024-02-27", "2"],
            ["wire", "2024-02-28", "0"],
            ["wire", "2024-02-29", "0"],
            ["wire", "2024-03-01", "1"],
            ["wire", "2024-03-02", "0"],
            ["paper", "2024-02-29", "1"],
            ["paper", "2024-03-01", "0"],
            ["paper", "2024-03-02", "0"],
        ]
    );
    let n_days =
        "SELECT count(*) - (julianday(max(day)) - julianday(min(day)) + 1) FROM source_days WHERE slug = 'wire'";
    assert_eq!(room.value(n_days), "0");
}
