//! What each command prints, in a pipe and as JSON, and how it ends.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use serde_json::Value;

use crate::harness::{Newsroom, Outcome, end_of, feed, rss, run_to_end, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

/// A database with three articles of two sources, whose words are hard to search for.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let lines = [
        r#"{"id": "1", "source": "wire", "title": "Vaccines for covid-19 reach the islands", "published": "2024-05-06T07:08:09Z", "language": "en", "text": "The boats came at dawn.\nDoses against covid-19 were aboard, said Dr. Sinéad O'Brien."}"#,
        r#"{"id": "2", "source": "wire", "title": "U.S. envoy leaves without a word", "published": "2024-05-07", "language": "en", "text": "The envoy of the U.S. left the harbour on Tuesday; nobody had expected otherwise."}"#,
        r#"{"url": "https://paper.example/3", "source": "paper", "title": "Ein Hafen, zwei Städte", "published": "2024-05-08T10:00:00+02:00", "language": "de", "authors": ["Käthe Morgenroth"], "text": "Der Hafen gehört beiden.\nDas soll so bleiben."}"#,
    ];
    let file = room.file("archive.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
    room
}

fn no_escapes(outcome: Outcome) -> Outcome {
    let is_bad = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!outcome.stdout.contains(is_bad), "{:?}", outcome.stdout);
    assert!(!outcome.stderr.contains(is_bad), "{:?}", outcome.stderr);
    outcome
}

/// The keys of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn lists_are_lines_of_cells_in_a_pipe_and_objects_with_json() {
    let room = archive();
    let listed = no_escapes(room.run(&["ls"]).exits(0));
    let cells = listed.cells();
    let first =
        ["3", "2024-05-08T08:00:00Z", "paper", "8", "full", "Ein Hafen, zwei Städte", "https://paper.example/3"];
    assert_eq!(cells[0], first);
    assert_eq!(cells[1][1..3], ["2024-05-07T00:00:00Z", "wire"]);
    assert_eq!(cells.len(), 3);
    let json = room.run(&["ls", "--json"]).exits(0).json_lines();
    assert_eq!(json[0]["title"], "Ein Hafen, zwei Städte");
    assert_eq!(
        keys(&json[0]),
        [
            "id",
            "published_at",
            "date_precision",
            "source",
            "language",
            "words",
            "body_kind",
            "quality",
            "title",
            "url",
            "duplicate_of",
            "duplicate_kind",
            "revision"
        ]
    );
    // Choices, each alone and together.
    let ids = |arguments: &[&str]| -> Vec<String> {
        let outcome = room.run(arguments).exits(0);
        outcome.cells().iter().map(|cells| cells[0].to_owned()).collect()
    };
    assert_eq!(ids(&["ls", "--source", "wire"]), ["2", "1"]);
    assert_eq!(ids(&["ls", "--source", "pa"]), ["3"]);
    assert_eq!(ids(&["ls", "-n", "1"]), ["3"]);
    assert_eq!(ids(&["ls", "--since", "2024-05-07"]), ["3", "2"]);
    assert_eq!(ids(&["ls", "--until", "2024-05-07"]), ["1"]);
    assert_eq!(ids(&["ls", "--where", "language = 'de' OR words > 1000"]), ["3"]);
    assert_eq!(ids(&["ls", "--where", "language = 'fr'"]), Vec::<String>::new());
    room.run(&["ls", "--where", "no such column ="]).exits(2);
    room.run(&["ls", "--where", "1); DELETE FROM articles; --"]).exits(2);
    room.run(&["ls", "--since", "soon"]).exits(2).says("must be a day");
    for command in [&["ls"][..], &["search", "ferry"], &["export"]] {
        let within = |since: &str, until: &str| room.run(&[command, &["--since", since, "--until", until]].concat());
        within("2024-05-08", "2024-05-07").exits(0).says("--until must be after --since");
        within("2024-05-07", "2024-05-07")
            .exits(0)
            .says("nothing is published at 2024-05-07T00:00:00Z or later and before");
        assert!(!within("2024-05-07", "2024-05-08").exits(0).stderr.contains("--until"), "{command:?}");
    }
    room.run(&["ls", "--source", "nobody"]).exits(2).says("nobody");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
}

#[test]
fn an_article_is_shown_by_id_and_address() {
    let room = archive();
    let shown = no_escapes(room.run(&["show", "3"]).exits(0)).stdout;
    for part in [
        "Ein Hafen, zwei Städte\n",
        "published\t2024-05-08T08:00:00Z (by ",
        "authors\tKäthe Morgenroth\n",
        "language\tde\n",
        "url\thttps://paper.example/3\n",
        "seen in\tpaper since ",
        "\nDer Hafen gehört beiden.\n\nDas soll so bleiben.\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    for address in ["https://paper.example/3", "http://paper.example/3/?utm_source=x#top"] {
        assert_eq!(room.run(&["show", address]).exits(0).stdout, shown, "{address}");
    }
    let json = room.run(&["--json", "show", "3"]).exits(0).json();
    assert_eq!(json["paragraphs"], serde_json::json!(["Der Hafen gehört beiden.", "Das soll so bleiben."]));
    assert_eq!(json["sources"], serde_json::json!(["paper"]));
    room.run(&["show", "99"]).exits(1).says("no article 99");
    room.run(&["show", "https://paper.example/unknown"]).exits(1).says("newswire fetch https://paper.example/unknown");
    room.run(&["show", "neither"]).exits(2).says("neither an id nor an address");
}

#[test]
fn what_people_type_is_found_and_is_never_a_fault_of_syntax() {
    let room = archive();
    let found = |query: &[&str]| -> Vec<String> {
        let outcome = no_escapes(room.run(&[&["search"], query].concat()).exits(0));
        let mut ids: Vec<String> = outcome.cells().iter().map(|cells| cells[0].to_owned()).collect();
        ids.sort();
        ids
    };
    for (query, ids) in [
        (&["covid-19"][..], &["1"][..]),
        (&["O'Brien"], &["1"]),
        (&["O’Brien"], &["1"]),
        (&["U.S."], &["2"]),
        (&["stadte"], &["3"]),
        (&["harb*"], &["2"]),
        (&["envoy", "harbour"], &["2"]),
        (&["\"boats came\""], &["1"]),
        (&["\"came boats\""], &[]),
        (&["title:envoy"], &[]),
        (&["envoy AND"], &[]),
        (&["(envoy"], &["2"]),
        (&["envoy\""], &["2"]),
        (&["NEAR(envoy, 2"], &[]),
        (&["--raw", "title:envoy OR hafen"], &["2", "3"]),
        (&["--source", "paper", "hafen"], &["3"]),
    ] {
        assert_eq!(found(query), ids, "{query:?}");
    }
    let json = room.run(&["--json", "search", "covid-19"]).exits(0).json_lines();
    assert!(json[0]["snippet"].as_str().expect("a text").contains("covid-19"), "{json:?}");
    room.run(&["search", "--raw", "covid-19"]).exits(2);
    room.run(&["search", "!!!"]).exits(2).says("no word");
}

#[test]
fn sources_are_listed_shown_added_and_tested() {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    // Before there is a database the list is that of the file.
    room.follow("paper", "http://paper.example/feed", None);
    let listed = no_escapes(room.run(&["sources", "ls"]).exits(0));
    assert_eq!(listed.cells()[0][..3], ["paper", "", "active"]);
    let tested = no_escapes(room.run(&["sources", "test", "paper"]).exits(0)).stdout;
    for part in ["kind\tfeed\n", "conditional\tby ETag\n", "links\t1\n", "http://paper.example/a"] {
        assert!(tested.contains(part), "{part:?} is not in {tested}");
    }
    assert!(!room.database().exists(), "a test stores nothing");
    let json = room.run(&["--json", "sources", "test", "http://paper.example/feed"]).exits(0).json();
    assert_eq!(json["links"][0]["url"], "http://paper.example/a");

    room.run(&["fetch", "--all"]).exits(0);
    let added = room
        .run(&["sources", "add", "http://paper.example/other", "--force", "--slug", "other", "--tag", "x"])
        .exits(0);
    assert_eq!(added.cells(), [["other", "http://paper.example/other", "followed from now on"]]);
    let again = room.run(&["--json", "sources", "add", "http://paper.example/other"]).exits(0).json();
    assert_eq!(again, serde_json::json!({"slug": "other", "url": "http://paper.example/other", "is_new": false}));
    room.run(&["sources", "add", "http://paper.example/feed"])
        .exits(1)
        .says("listed in the sources file already, as paper");
    room.run(&["sources", "add", "ftp://paper.example/"]).exits(2);
    room.run(&["sources", "add", "http://x.example/", "--slug", "Not A Slug"]).exits(2).says("--slug");
    room.run(&["sources", "add", "http://x.example/", "--kind", "blog"]).exits(2).says("--kind");

    let json = room.run(&["--json", "sources", "ls"]).exits(0).json_lines();
    assert_eq!(json.iter().map(|source| source["slug"].as_str().unwrap()).collect::<Vec<_>>(), ["other", "paper"]);
    assert_eq!((&json[1]["kind"], &json[1]["articles_7d"]), (&"feed".into(), &1.into()));
    let shown = no_escapes(room.run(&["sources", "show", "pap"]).exits(0)).stdout;
    for part in
        ["A feed\n", "slug\tpaper\n", "state\tactive (from the file)\n", "articles\t1, 1 in 7 days, 0 waiting\n"]
    {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    let json = room.run(&["--json", "sources", "show", "http://paper.example/feed"]).exits(0).json();
    assert!(json["fetches"].as_array().is_some_and(|fetches| !fetches.is_empty()), "{json}");
    room.run(&["sources", "show", "nobody"]).exits(2).says("nobody");

    // What fails is told in a way that reads on a terminal as well as in a pipe.
    room.run(&["fetch", "other"]).exits(1).says("404");
    let status = no_escapes(room.run(&["status"]).exits(0)).stdout;
    for part in
        ["articles\t1, of them 0 duplicates", "sources\t2 active", "failing\tother · 1× ", "ingesting\tno, stopped "]
    {
        assert!(status.contains(part), "{part:?} is not in {status}");
    }
    let decorated = room.run(&["--color", "always", "status"]).exits(0).stdout;
    assert!(!decorated.contains(" [33m"), "{decorated}");
    let json = room.run(&["--json", "status"]).exits(0).json();
    assert_eq!((&json["articles"], &json["failing"][0]["slug"]), (&1.into(), &"other".into()));
}

#[test]
fn status_tells_what_takes_how_much_room() {
    let room = Newsroom::new();
    // What came in within the last week, the last month, and before.
    let now = jiff::Timestamp::now();
    let line = |number: u32, source: &str, days: i64, text: &str| {
        let published = now - jiff::SignedDuration::from_hours(24 * days);
        serde_json::json!({
            "id": number.to_string(), "title": format!("Head {number}"), "text": text, "source": source,
            "published": published.to_string(),
        })
        .to_string()
    };
    let long = "A ferry ran aground off Lorne and nobody was hurt. ".repeat(40);
    let (short, other) = ("The night library opens its doors.", "Rain is expected at the weekend.");
    let lines = [line(1, "coast", 2, &long), line(2, "coast", 20, short), line(3, "inland", 200, other)].join("\n");
    room.run(&["import", &room.file("a.jsonl", &lines)]).exits(0);

    let bytes = |text: &str| (text.trim().len() + "Head 1".len()) as u64;
    let json = room.run(&["--json", "status", "--sizes"]).exits(0).json();
    let all_pages = room.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    assert_eq!(json["file_bytes"], all_pages);
    let tables = json["tables"].as_array().expect("tables");
    let sum: u64 = tables.iter().filter_map(|table| table["bytes"].as_u64()).sum();
    // The rest is free, or tells which pages belong to which.
    let rest = json["file_bytes"].as_u64().expect("a number") - json["free_bytes"].as_u64().expect("a number") - sum;
    assert!(rest <= 3 * 8192, "{json}");
    let named = |name: &str| tables.iter().find(|table| table["name"] == name).unwrap_or_else(|| panic!("{name}"));
    assert!(named("articles")["index_bytes"].as_u64() > Some(0) && named("articles_fts")["bytes"].as_u64() > Some(0));
    assert!(!tables.iter().any(|table| table["name"] == "articles_fts_data"), "{json}");
    let sources = json["sources"].as_array().expect("sources");
    assert_eq!((sources.len(), &sources[0]["slug"], &sources[0]["articles"]), (2, &"coast".into(), &2.into()));
    assert_eq!(sources[0]["text_bytes"], bytes(&long) + bytes(short));
    assert_eq!(sources[0]["text_bytes_a_day_7d"], bytes(&long) / 7);
    assert_eq!(sources[0]["text_bytes_a_day_30d"], (bytes(&long) + bytes(short)) / 30);
    assert_eq!(sources[1]["text_bytes_a_day_30d"], 0);
    assert_eq!(json["all"]["articles"], 3);

    let piped = room.run(&["status", "--sizes"]).exits(0);
    let cells = piped.cells();
    assert!(cells.iter().all(|cells| cells.len() == 7), "{}", piped.stdout);
    let coast = (bytes(&long) + bytes(short)).to_string();
    assert!(cells.iter().any(|cells| cells[..4] == ["source", "coast", "2", &coast]), "{}", piped.stdout);
    let shown = room.run(&["--color", "always", "status", "--sizes"]).exits(0).stdout;
    for part in ["a day", "articles_fts", "coast"] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    // A snapshot has sizes too.
    room.run(&["snapshot", "b.db"]).exits(0);
    room.run(&["--db", "b.db", "--json", "status", "--sizes"]).exits(0);
}

#[test]
fn a_source_that_is_added_while_the_daemon_runs_is_polled() {
    let site = Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("daemon.idle_max_s", "1")]);
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    room.wait_for(PATIENCE, "SELECT title FROM articles", "What the paper has");
    let status = room.run(&["status"]).exits(0).stdout;
    assert!(status.contains(&format!("ingesting\tdaemon {}", daemon.id())), "{status}");
    daemon.stop().exits(0);
    let status = room.run(&["status"]).exits(0).stdout;
    assert!(status.contains("ingesting\tno, stopped "), "{status}");
}

#[test]
fn settings_are_checked_whole_shown_with_their_origin_and_written() {
    let mut room = Newsroom::new();
    room.follow("paper", "http://paper.example/feed", None);
    let checked = no_escapes(room.run(&["config", "check"]).exits(0)).stdout;
    assert!(checked.contains("newswire.toml") && checked.contains("(1 listed)"), "{checked}");
    let shown = room.run(&["config", "show"]).exits(0);
    let row = |key: &str| {
        let cells = shown.cells();
        cells.into_iter().find(|cells| cells[0] == key).map(|cells| (cells[1].to_owned(), cells[2].to_owned()))
    };
    let delay = row("fetch.host_delay_ms").expect("the key");
    assert!(delay.0 == "5" && delay.1.ends_with("newswire.toml"), "{delay:?}");
    assert_eq!(row("fetch.robots"), Some(("true".to_owned(), "default".to_owned())));
    let mut command = room.command(&["config", "show", "--json", "--db", "other.db"]);
    command.env("NEWSWIRE__FETCH__ROBOTS", "false");
    let json = run_to_end(command, b"").exits(0).json_lines();
    let origin = |key: &str| json.iter().find(|entry| entry["key"] == key).map(|entry| entry["origin"].clone());
    assert_eq!(origin("fetch.robots"), Some("environment".into()));
    assert_eq!(origin("store.path"), Some("--db".into()));

    // All that is wrong, in both files and the environment, at once; and every command stops there.
    room.set(&[("fetch.host_dely_ms", "5"), ("fetch.redirects_max", "-1"), ("daemon.poll_tasks", "0")]);
    room.follow("Bad Slug", "ftp://paper.example/", Some("blog"));
    room.follow("paper", "http://paper.example/other", None);
    for arguments in [&["config", "check"][..], &["ls"], &["run"], &["fetch", "--all"]] {
        let mut command = room.command(arguments);
        command.env("NEWSWIRE__FETCH__ROBOTS", "perhaps");
        let outcome = run_to_end(command, b"").exits(78);
        for problem in [
            "8 problems",
            "did you mean fetch.host_delay_ms?",
            "fetch.redirects_max = -1",
            "daemon.poll_tasks = 0",
            "fetch.robots = \"perhaps\"",
            "sources.toml:6: slug = \"Bad Slug\"",
            "sources.toml:7: url = \"ftp://paper.example/\"",
            "sources.toml:8: kind = \"blog\"",
            "is used twice, first in line 1",
        ] {
            assert!(outcome.stderr.contains(problem), "{problem} is not in {}", outcome.stderr);
        }
    }
    let problems = room.run(&["--json", "config", "check"]).exits(78).json();
    assert_eq!(problems["problems"][2]["subject"], "daemon.poll_tasks = 0", "{problems}");
    room.run(&["--config", "no-such.toml", "ls"]).exits(78).says("no-such.toml");

    // A new pair of files passes its own check; what is there is left alone.
    let new = room.path("new").display().to_string();
    room.run(&["config", "init", &new]).exits(0);
    room.run(&["--config", &format!("{new}/newswire.toml"), "config", "check"]).exits(0);
    room.run(&["config", "init", &new]).exits(1).says("stays as it is");
}

#[test]
fn pages_and_feeds_are_read_from_files_and_standard_input() {
    let room = Newsroom::new();
    let page = room.file("page.html", faults::article_html("A saved page"));
    let nothing = room.file("nothing.html", "<p>Nothing</p>");
    let json = room.run(&["extract", &page, "--url", "https://paper.example/a?utm_source=x"]).exits(0).json_lines();
    assert_eq!(json[0]["title"], "A saved page");
    assert_eq!(json[0]["url"], "https://paper.example/a");
    assert_eq!(
        keys(&json[0])[..4],
        ["file", "url", "title", "published"],
        "the order of keys is part of what people read"
    );
    for key in ["authors", "language", "paragraphs", "body_kind", "quality"] {
        assert!(json[0].get(key).is_some(), "{key}");
    }
    // Order is that of the arguments; a failure is a line too.
    let both = room.run(&["extract", &nothing, &page]).exits(3).says("nothing.html");
    let lines = both.json_lines();
    assert!(lines[0]["error"].is_string() && lines[1]["title"] == "A saved page", "{lines:?}");
    room.run(&["extract", &nothing, "no-such-file.html"]).exits(1);
    let text = room.run_with_input(&["extract", "-", "--format", "text"], faults::article_html("Piped").as_bytes());
    assert!(no_escapes(text.exits(0)).stdout.starts_with("Piped\n\n1. The committee"));
    room.run(&["extract"]).exits(2);

    let good = room.file("feed.xml", rss(&["http://paper.example/a", "/b"]));
    let bad = room.file("bad.xml", "this is no feed");
    let lines = room.run(&["parse-feed", &good, &bad]).exits(3).json_lines();
    assert_eq!(keys(&lines[0])[..3], ["file", "error", "problems"]);
    assert_eq!((&lines[0]["kind"], &lines[0]["title"]), (&"feed".into(), &"A feed".into()));
    assert_eq!(lines[0]["entries"][0]["url"], "http://paper.example/a");
    assert_eq!(lines[0]["entries"].as_array().expect("a list").len(), 2);
    assert!(lines[1]["error"].is_string());
    let text = rss(&["http://paper.example/a"]);
    let twice = room.run_with_input(&["parse-feed", "-", "-"], text.as_bytes()).exits(3).json_lines();
    assert_eq!(twice[1]["error"], "standard input has been read already; it can be named once");
    let piped = room.run_with_input(&["parse-feed", "-"], rss(&["http://paper.example/a"]).as_bytes()).exits(0);
    assert_eq!(piped.json_lines()[0]["file"], "-");
    room.run(&["parse-feed", &bad]).exits(1);
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let room = Newsroom::new();
    for arguments in [
        &["--no-such-option"][..],
        &["no-such-command"],
        &[],
        &["fetch"],
        &["ls", "--limit", "many"],
        &["export", "--format", "pdf"],
        &["export", "--format", "bundle"],
        &["run", "--verbose", "--quiet"],
        &["show"],
    ] {
        if arguments.first() == Some(&"export") {
            room.run(&["fetch", "--due"]).exits(0);
        }
        let outcome = room.run(arguments).exits(2);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["fetch", "--help"], &["sources", "add", "--help"]] {
        assert!(!no_escapes(room.run(arguments).exits(0)).stdout.is_empty());
    }
    // Nothing is nothing wrong.
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.run(&["ls"]).exits(0).stdout, "");
    assert_eq!(room.run(&["--json", "ls"]).exits(0).stdout, "");
    assert_eq!(room.run(&["search", "anything"]).exits(0).stdout, "");
}

#[test]
fn whoever_stops_reading_is_no_failure() {
    let room = Newsroom::new();
    let text = "Word after word after word. ".repeat(60);
    let lines = (0..1500).map(|n| format!(r#"{{"id": "{n}", "title": "Number {n}", "text": "{n} {text}"}}"#));
    let file = room.file("many.jsonl", lines.collect::<Vec<_>>().join("\n"));
    room.run(&["-q", "import", &file]).exits(0);
    for arguments in [
        &["export"][..],
        &["export", "--format", "csv"],
        &["ls", "-n", "1500"],
        &["--json", "ls", "-n", "1500"],
        &["search", "word", "-n", "1500"],
    ] {
        let mut child = room
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut beginning = [0; 100];
        stdout.read_exact(&mut beginning).expect("a beginning");
        drop(stdout);
        let outcome = end_of(child, &format!("{arguments:?}")).exits(0);
        assert_eq!(outcome.stderr, "", "{arguments:?}");
    }
}

#[test]
fn escape_codes_of_publishers_never_reach_a_terminal() {
    // Clears the screen, rings, sets the window's title, moves the cursor by a one-byte code.
    const HOSTILE: &str = "Red\u{1b}[31m alert\u{1b}[2J\u{7}\u{1b}]0;owned\u{7}\u{9b}1A end";
    let json_feed = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "title": HOSTILE,
        "items": [
            {"id": HOSTILE, "url": "http://hostile.example/a", "title": HOSTILE, "authors": [{"name": HOSTILE}]},
            {"id": "b", "url": format!("http://hostile.example/b?{HOSTILE}"), "title": HOSTILE},
            {"id": "c", "url": "http://hostile.example/gone", "title": HOSTILE},
        ]
    });
    let html = faults::article_html(HOSTILE).replace("agreed to meet", &format!("agreed {HOSTILE} to meet"));
    let entities = html.replace('\u{1b}', "&#27;").replace('\u{9b}', "&#155;");
    let site = Site::new("hostile.example")
        .with("/feed", Resource::new("application/feed+json", json_feed.to_string()))
        .with("/a", Resource::html(html.clone()))
        .with("/b", Resource::html(entities));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("hostile", "http://hostile.example/feed", None);
    let saved = room.file("page.html", &html);
    let feed = room.file("feed.json", json_feed.to_string());
    let fetched = room.run(&["fetch", "--all"]);
    assert_eq!(fetched.code, Some(3), "{}", fetched.stderr);
    no_escapes(fetched);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 2);
    let ids = room.column("SELECT id FROM articles");
    let commands = [
        &["ls"][..],
        &["search", "committee"],
        &["show", &ids[0]],
        &["show", &ids[1]],
        &["sources", "ls"],
        &["sources", "show", "hostile"],
        &["sources", "test", "hostile"],
        &["status"],
        &["extract", &saved, "--format", "text"],
        &["extract", &saved],
        &["parse-feed", &feed],
        &["export"],
    ];
    for arguments in commands {
        no_escapes(room.run(arguments).exits(0));
        no_escapes(room.run(&[&["--json"], arguments].concat()).exits(0));
        // With colours our own codes are there and no others.
        let decorated = room.run(&[&["--color", "always"], arguments].concat()).exits(0).stdout;
        for code in ["\u{1b}[31m", "\u{1b}[2J", "\u{7}", "\u{1b}]0", "\u{9b}"] {
            assert!(!decorated.contains(code), "{arguments:?}: {decorated:?}");
        }
    }
    // Nor are they in the database.
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE title GLOB '*[' || char(27, 7, 155) || ']*'"), 0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE body GLOB '*[' || char(27, 7, 155) || ']*'"), 0);
}

#[test]
fn a_list_is_whole_in_a_pipe_and_says_what_it_left_out_elsewhere() {
    let room = Newsroom::new();
    let lines = (0..70).map(|n| {
        let words = (0..30).map(|word| format!("w{n}x{word}")).collect::<Vec<_>>().join(" ");
        format!(r#"{{"id": "{n}", "source": "wire", "title": "Number {n}", "text": "Everybody says {words}."}}"#)
    });
    let file = room.file("many.jsonl", lines.collect::<Vec<_>>().join("\n"));
    room.run(&["import", &file]).exits(0);
    let n_stories = usize::try_from(room.number("SELECT count(*) FROM stories WHERE n_articles > 0")).expect("a count");
    assert!(n_stories > 50, "{n_stories}");
    let check = |arguments: &[&str], n_lines: usize, rest: Option<&str>| {
        let outcome = room.run(arguments).exits(0);
        assert_eq!(outcome.stdout.lines().count(), n_lines, "{arguments:?}: {}", outcome.stdout);
        match rest {
            None => assert_eq!(outcome.stderr, "", "{arguments:?}"),
            Some(rest) => assert!(outcome.stderr.contains(rest), "{arguments:?}: {}", outcome.stderr),
        }
    };
    check(&["ls"], 70, None);
    check(&["--json", "ls"], 70, None);
    check(&["ls", "-n", "0"], 70, None);
    check(&["ls", "--all"], 70, None);
    check(&["ls", "-n", "70"], 70, None);
    check(&["ls", "-n", "20"], 20, Some("50 more articles; -n N prints so many, --all prints all"));
    check(&["ls", "-n", "5", "--where", "id < 8"], 5, Some("2 more articles"));
    check(&["-q", "ls", "-n", "20"], 20, None);
    // What another program has struck from the sightings of its first source, or written there of another.
    let sightings = "DELETE FROM sightings WHERE article_id = 3;
         INSERT INTO sources (slug, state, origin, created_at) VALUES ('pier', 'manual', 'command', '2026-11-20T00:00:00Z');
         INSERT INTO _source_schedule (source_id) SELECT id FROM sources WHERE slug = 'pier';
         INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
         SELECT articles.id, sources.id, first_seen_at, first_seen_at FROM articles, sources WHERE articles.id < 5 AND slug = 'pier'";
    rusqlite::Connection::open(room.database()).and_then(|other| other.execute_batch(sightings)).expect("sightings");
    check(&["ls", "-n", "5", "--source", "wire"], 5, Some("65 more articles"));
    check(&["ls", "-n", "3", "--source", "pier"], 3, Some("1 more articles"));
    check(&["search", "everybody"], 70, None);
    check(&["search", "everybody", "-n", "30"], 30, Some("40 more articles"));
    check(&["search", "everybody", "--all"], 70, None);
    check(&["tail"], 10, Some("60 earlier articles"));
    check(&["tail", "-n", "69"], 69, Some("1 earlier articles"));
    check(&["tail", "--all"], 70, None);
    let more = |n_shown: usize| format!("{} more stories", n_stories - n_shown);
    check(&["stories", "--min-articles", "1"], n_stories, None);
    check(&["stories", "--min-articles", "1", "-n", "30"], 30, Some(&more(30)));
    check(&["stories", "--min-articles", "1", "--all"], n_stories, None);
    // A person gets a screenful, and all who ask for it.
    for (arguments, rest) in [
        (&["ls"][..], "20 more articles"),
        (&["search", "everybody"], "50 more articles"),
        (&["stories", "--min-articles", "1"], more(50).as_str()),
    ] {
        room.run(&[&["--color", "always"], arguments].concat()).exits(0).says(rest);
        for all in [&["--all"][..], &["-n", "0"]] {
            let outcome = room.run(&[&["--color", "always"], arguments, all].concat()).exits(0);
            assert_eq!(outcome.stderr, "", "{arguments:?}");
        }
    }
    room.run(&["ls", "--all", "-n", "3"]).exits(2);
}

/// More than are in memory at one time.
#[test]
fn lists_of_thousands_are_in_order_to_the_end() {
    const N: usize = 2300;
    let room = Newsroom::new();
    let lines = (0..N).map(|number| {
        // In no order, and some at the same time.
        let (hour, minute) = (number * 7 % 24, number * 13 % 50);
        let day = number * 11 % 28 + 1;
        format!(
            r#"{{"id": "{number}", "title": "Notice {number}", "published": "2024-05-{day:02}T{hour:02}:{minute:02}:00Z", "text": "q{number} z{number}"}}"#
        )
    });
    let file = room.file("notices.jsonl", lines.collect::<Vec<_>>().join("\n"));
    room.run(&["import", &file]).exits(0);
    let listed =
        |arguments: &[&str]| room.run(arguments).exits(0).stdout.lines().map(str::to_owned).collect::<Vec<_>>();
    let in_order = room.column("SELECT id FROM articles ORDER BY published_at DESC, id DESC");
    assert_eq!(in_order.len(), N);
    assert_eq!(listed(&["ls", "--format", "{id}"]), in_order);
    assert_eq!(listed(&["ls", "--format", "{id}", "-n", "2200"]), in_order[..2200]);
    let few = room.column("SELECT id FROM articles WHERE id % 2 = 0 ORDER BY published_at DESC, id DESC");
    assert_eq!(listed(&["ls", "--format", "{id}", "--where", "id % 2 = 0"]), few);
    let stories = room.column(
        "SELECT id FROM stories ORDER BY n_sources DESC, n_articles DESC, last_published_at DESC, id DESC LIMIT 2250",
    );
    assert!(stories.len() > 2000, "{}", stories.len());
    for limit in ["0", "2250", "3100"] {
        let found = listed(&["stories", "--min-articles", "1", "--format", "{id}", "-n", limit]);
        assert_eq!(found[..2250.min(found.len())], stories, "{limit}");
    }
}

/// A terminal that waits says nothing by itself. `script` of util-linux makes one; where it is not installed, there is nothing
/// to see.
#[test]
fn whoever_sits_at_the_terminal_that_is_read_is_told_what_to_do() {
    if std::process::Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let room = Newsroom::new();
    let program = env!("CARGO_BIN_EXE_newswire");
    for arguments in ["import -", "extract -", "parse-feed -", "sql -", "fetch --dry-run -", "sources import -"] {
        let mut at_terminal = std::process::Command::new("script");
        at_terminal.env("NEWSWIRE_CONFIG", room.path("newswire.toml")).current_dir(room.folder()).args([
            "-qec",
            &format!("'{program}' {arguments}"),
            "/dev/null",
        ]);
        let told = run_to_end(at_terminal, b"nothing of use\n");
        assert!(told.stdout.contains("Ctrl-D on a line of its own ends it"), "{arguments}: {}", told.stdout);
    }
    // In a pipe nobody reads that.
    let piped = room.run_with_input(&["parse-feed", "-"], b"nothing of use\n").exits(1);
    assert!(!piped.stderr.contains("Ctrl-D"), "{}", piped.stderr);
}
