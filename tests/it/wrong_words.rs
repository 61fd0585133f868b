//! What people are told when what they have written, or named, is wrong: in their own words, once, and with what to do.

use crate::harness::{Newsroom, Outcome};
use crate::newsweb::faults;

/// A database with an article.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = r#"{"id": "1", "source": "wire", "title": "Ferry aground", "text": "A ferry ran aground off Lorne."}"#;
    let quiet = room.run(&["-q", "import", &room.file("a.jsonl", line)]).exits(0);
    assert_eq!(quiet.stderr, "", "it is to be quiet");
    room
}

#[test]
fn a_condition_that_is_wrong_is_told_in_its_own_words_by_every_command() {
    let room = archive();
    for command in [&["ls"][..], &["search", "ferry"], &["tail"], &["export", "--format", "jsonl"]] {
        for (condition, told) in [
            ("wrods > 3", "no such column: wrods (line 1, column 1, at \"wrods > 3\"); `newswire schema --docs` lists"),
            ("words > ", "incomplete input"),
            ("", "incomplete input"),
            ("title = 'x", "unrecognized token: \"'x\" (line 1, column 9, at \"'x\")"),
            ("words >\n nonesuch(1)", "no such function: nonesuch"),
            ("1) OR (1", "near \")\": syntax error (line 1, column 2, at \") OR (1\")"),
            ("1; DELETE FROM articles", "it ends a statement (;)"),
            ("words > ?", "it has parameters"),
            ("1 ORDER BY id", "it goes on behind the condition (ORDER BY"),
            ("words > 3 GROUP BY language", "it goes on behind the condition"),
            ("language = \"de\"", "no such column: \"de\""),
        ] {
            let outcome = room.run(&[command, &["--where", condition]].concat()).exits(2);
            let whole = format!("SQL: --where {condition:?}: {told}");
            assert!(outcome.stderr.contains(&whole), "{command:?} {condition:?}: {}", outcome.stderr);
            assert!(!outcome.stderr.contains("SELECT"), "{command:?} {condition:?}: {}", outcome.stderr);
        }
        room.run(&[command, &["--where", "words > 3 -- all of them"]].concat()).exits(0);
    }
    // What is only wrong once it is asked of a row.
    let late = room.run(&["ls", "--where", "abs(-9223372036854775807 - 1) > 0"]).exits(2).says("integer overflow");
    assert!(!late.stderr.contains("SELECT"), "{}", late.stderr);
    room.run(&["search", "--raw", "covid-19"]).exits(2).says("SQL: \"covid-19\": no such column: 19");
}

#[test]
fn what_is_nearly_right_is_told_with_what_was_meant() {
    let room = archive();
    for (arguments, code, told) in [
        (&["sources", "show", "wrie"][..], 2, "no source \"wrie\"; `newswire sources ls` lists them"),
        (&["sources", "show", "wires"], 2, "no source \"wires\"; did you mean wire?"),
        (&["ls", "--source", "wires"], 2, "did you mean wire?"),
        (&["why", "wires"], 2, "did you mean wire?"),
        (&["why", "1"], 1, "article 1 has no address"),
        (&["why", "7"], 1, "no article 7: the newest is 1"),
        (&["why", "7.5"], 2, "\"7.5\" is no address: it is a number"),
        (&["fetch", "7.5"], 2, "no source \"7.5\""),
        (&["sources", "add", "7.5"], 2, "\"7.5\" is no address: it is a number"),
        (&["discover", "0x7f.1"], 2, "is no address: it is a number"),
        (&["show", "7"], 1, "no article 7: the newest is 1"),
        (&["show", "-1"], 1, "no article -1: the newest is 1"),
        (&["rm", "7"], 1, "no article 7: the newest is 1"),
        (&["show", "wire"], 2, "it is a source: `newswire ls --source wire` lists its articles"),
        (&["rm", "wire"], 2, "`newswire sources rm wire`"),
        (&["show", "wires"], 2, "\"wires\" is neither an id nor an address\n"),
        (&["stories", "show", "x"], 2, "must be the number of a story; `newswire stories` lists them"),
        (&["stories", "show", "7"], 1, "no story 7: "),
        (&["stories", "merge", "1", "x"], 2, "must be the number of a story"),
        (&["stories", "split", "x"], 2, "must be the number of an article"),
        (&["stories", "--min-articles", "-1"], 2, "must be a whole number, such as 2"),
        (&["ls", "--story", "x"], 2, "must be the number of a story"),
        (&["stories", "2"], 2, "tip: 'stories show 2' shows a story"),
        (&["stories", "shwo", "2"], 2, "tip: a similar subcommand exists: 'show'"),
        (&["sources", "wire"], 2, "tip: 'sources show wire' shows a source"),
        (&["serach", "ferry"], 2, "tip: a similar subcommand exists: 'search'"),
        (&["tail", "-n", "-3"], 2, "must be a whole number, such as 2"),
        (&["export", "--as-of-seq", "x"], 2, "must be the number of a change"),
        (&["status", "--since", "-2d"], 2, "must be without the minus"),
        (&["prune", "--older", "-2d"], 2, "must be without the minus"),
        (&["why", "wire"], 1, "source wire has no address"),
        (&["why", "nowhere.example"], 1, "nothing is known of https://nowhere.example/"),
        (&["show", "1", "--diff", "1..1"], 1, "there is only wording 1 of it"),
        (&["ls", "-n", "-1"], 2, "must be a whole number, such as 20"),
        (&["ls", "-n", "many"], 2, "must be a whole number, such as 20"),
        (&["ls", "--since", "-2d"], 2, "must be without the minus: 2d is two days ago"),
        (&["ls", "--since", "soon"], 2, "today, yesterday"),
        (&["ls", "--format", "{id"], 2, "no } behind {id"),
        (&["ls", "--format", "{id}\\q"], 2, "\\q, which is nothing"),
    ] {
        room.run(arguments).exits(code).says(told);
    }
    let folder = room.path("own");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("thesis.txt"), "mine").expect("a file");
    let folder = folder.to_str().expect("a path");
    room.run(&["demo", folder]).exits(2).says("has other things in it, and a demo wants a folder of its own");
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), 1);
}

#[test]
fn for_what_is_mistyped_no_database_is_begun() {
    let room = Newsroom::new();
    std::fs::create_dir(room.path("empty")).expect("a folder");
    let (missing, empty) = (room.path("missing.jsonl"), room.path("empty"));
    let (missing, empty) = (missing.to_str().expect("a path"), empty.to_str().expect("a path"));
    for (arguments, code, told) in [
        (&["sources", "poll", "nosuch"][..], 2, "no source \"nosuch\""),
        (&["fetch", "nosuch"], 2, "no source \"nosuch\""),
        (&["fetch", "nosuch", "other"], 2, "no source \"nosuch\""),
        (&["fetch", "--retry", "nosuch"], 2, "no source \"nosuch\""),
        (&["fetch", "http://"], 2, "\"http://\" is no address"),
        (&["sources", "add", "foo"], 2, "write https://foo/ if a host of that name is meant"),
        (&["sources", "import", missing], 1, "no list could be read"),
        (&["import", missing], 1, "nothing was imported"),
        (&["import", empty], 0, "0 new"),
        (&["merge", missing], 1, "there is no such file"),
        (&["restore", missing], 1, "there is no such file"),
    ] {
        let outcome = room.run(arguments).exits(code).says(told);
        assert!(!outcome.stderr.contains("--db"), "{arguments:?}: {}", outcome.stderr);
        let beside = ["", "-lock", "-wal", "-shm"].map(|end| format!("{}{end}", room.database().display()));
        assert!(beside.iter().all(|file| !std::path::Path::new(file).exists()), "{arguments:?}");
    }
    room.run(&["status", "--check"]).exits(1);
    let status = room.run(&["status", "--check"]).stdout;
    assert!(status.contains("`newswire config show --paths`"), "{status}");
}

#[test]
fn rules_for_sites_that_are_wrong_keep_nobody_from_reading() {
    let mut room = archive();
    std::fs::create_dir(room.path("rules")).expect("a folder");
    let rules = room.path("rules");
    room.file("rules/paper.toml", "[[site]]\nhost = 5\n");
    room.set(&[("extract.sites_folder", &format!("{:?}", rules.to_str().expect("a path")))]);
    for arguments in [&["ls"][..], &["show", "1"], &["search", "ferry"], &["status"], &["config", "show", "--paths"]] {
        room.run(arguments).exits(0).says("the rules for sites have faults").says("paper.toml");
    }
    let page = room.file("page.html", faults::article_html("What the paper has"));
    for arguments in [&["extract", &page][..], &["fetch", "--due"], &["config", "check"]] {
        room.run(arguments).exits(78).says("paper.toml");
    }
}

#[test]
fn where_settings_are_looked_for_is_told_also_where_they_cannot_be_read() {
    let room = Newsroom::new();
    let broken = room.file("broken.toml", "[store\n");
    let missing = room.path("missing.toml");
    for settings in [broken.as_str(), missing.to_str().expect("a path")] {
        let outcome = room.run(&["--config", settings, "config", "show", "--paths"]).exits(78);
        assert!(outcome.stdout.contains(settings), "{settings}: {}", outcome.stdout);
    }
}

#[test]
fn a_number_is_neither_true_nor_false() {
    let mut room = archive();
    room.set(&[("http.pages", "5")]);
    room.run(&["config", "check"]).exits(78).says("http.pages = 5: must be true or false");
    room.set(&[("http.pages", "true")]);
    room.run(&["config", "check"]).exits(78).says("http.pages = true: shows them at http.listen, which names no place");
    room.set(&[("http.listen", "\"127.0.0.1:0\"")]);
    room.run(&["config", "check"]).exits(0);
}

#[test]
fn what_is_no_database_is_told_for_what_it_is_and_with_what_to_do() {
    let room = archive();
    let database = std::fs::read(room.database()).expect("a database");
    std::fs::create_dir(room.path("folder")).expect("a folder");
    room.file("notes.txt", "notes of a meeting, and nothing else: größer\n".repeat(20));
    room.file("packed.db", [&b"\x1f\x8b\x08\x00\x00\x00"[..], &[7; 900]].concat());
    // No text in any encoding, and the same every time.
    room.file(
        "secret.db",
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect::<Vec<_>>(),
    );
    room.file("head.db", &database[..50]);
    room.file("half.db", &database[..database.len() / 2 / 8192 * 8192]);
    room.file("empty.db", "");
    let other = rusqlite::Connection::open(room.path("other.db")).expect("a file");
    other.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    let half = format!("the file is cut off: of {} bytes ", database.len());
    room.file("newer.db", &database);
    let newer = rusqlite::Connection::open(room.path("newer.db")).expect("a file");
    newer.execute_batch("PRAGMA user_version = 999").expect("a version");
    // In this mode a reader leaves files beside the database.
    for connection in [other, newer] {
        connection.pragma_update(None, "journal_mode", "WAL").expect("a mode");
    }
    for (name, code, parts) in [
        ("folder", 1, ["this is a folder", "name a file in it"]),
        ("notes.txt", 78, ["not an SQLite file, but a text", "name another file with --db"]),
        ("packed.db", 78, ["packed with gzip", "unpack it first"]),
        ("secret.db", 78, ["or encrypted", "decrypt it first"]),
        ("other.db", 78, ["an SQLite file of another program", "name another file with --db"]),
        ("head.db", 1, ["the file is cut off: it has 50 bytes", "puts a backup in its place"]),
        ("half.db", 1, [&half, "puts a backup in its place"]),
        ("empty.db", 1, ["the file is empty", "puts a backup in its place"]),
        ("newer.db", 78, ["its schema has version 999", "a later newswire wrote it"]),
    ] {
        let is_left_alone = |command: &[&str]| {
            for side_file in ["-lock", "-wal", "-shm"] {
                let beside = room.path(&format!("{name}{side_file}"));
                assert!(!beside.exists(), "{command:?} leaves {}", beside.display());
            }
        };
        for command in
            [&["ls"][..], &["status"], &["doctor"], &["doctor", "--fix"], &["backup", "b.db"], &["sql", "SELECT 1"]]
        {
            // Whatever its version, it is copied.
            if (name, command[0]) == ("newer.db", "backup") {
                continue;
            }
            let outcome: Outcome = room.run(&[&["--db", name], command].concat()).exits(code);
            for part in parts {
                assert!(outcome.stderr.contains(part), "{name} {command:?}: {part:?} is not in {}", outcome.stderr);
            }
            assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
            is_left_alone(command);
        }
        for command in ["merge", "restore"] {
            if name != "folder" {
                room.run(&["--db", "new.db", command, name]).exits(code);
                is_left_alone(&[command]);
                assert!(!room.path("new.db").exists() && !room.path("new.db-lock").exists(), "{command} of {name}");
            }
        }
        // An empty file is where a database is begun.
        for command in [&["import", "a.jsonl"][..], &["fetch", "--due"], &["run"]] {
            if name == "empty.db" {
                continue;
            }
            room.run(&[&["--db", name], command].concat()).exits(code).says(parts[0]);
            is_left_alone(command);
        }
    }
}

#[test]
fn each_problem_of_the_settings_is_told_once_and_without_what_follows_from_it() {
    // The settings or the list, as bytes; the problems, whole or to where they say enough.
    let of_settings: [(&[u8], &[&str]); 13] = [
        (
            b"[fetch]\ncontact = \"caf\xe9\"\n",
            &["newswire.toml:2: encoding: must be UTF-8, and the byte E9 is none of it"],
        ),
        (b"store.path = 5", &["newswire.toml: store.path = 5: must be a text in quotes"]),
        (b"log.format = 5", &["newswire.toml: log.format = 5: must be a text in quotes"]),
        (b"sources.file = 5", &["newswire.toml: sources.file = 5: must be a text in quotes"]),
        (b"extract.sites_folder = 5", &["newswire.toml: extract.sites_folder = 5: must be a text in quotes"]),
        (
            b"schedule.poll_interval_max_s = \"x\"",
            &["newswire.toml: schedule.poll_interval_max_s = \"x\": must be a whole"],
        ),
        (
            b"schedule.poll_interval_min_s = 99999",
            &["newswire.toml: schedule.poll_interval_min_s = 99999: must not exceed"],
        ),
        (b"fetch.total_timeout_s = \"x\"", &["newswire.toml: fetch.total_timeout_s = \"x\": must be a whole"]),
        (b"fetch = 5", &["newswire.toml: fetch = 5: is a section: write [fetch], and its keys below that"]),
        (b"store = []", &["newswire.toml: store = []: is a section: write [store]"]),
        (b"[fetch\n", &["newswire.toml:1: syntax: unclosed table"]),
        (
            b"[fetch]\nrobots = tru\nredirects_max = 3\ncontact = \"x\n",
            &["newswire.toml:2: syntax: ", "newswire.toml:4: syntax: "],
        ),
        (
            b"a.b = 1\n[fetch]\nredirects_max = 5.5\n",
            &["newswire.toml: a.b = 1: unknown key", "newswire.toml: fetch.redirects_max = 5.5"],
        ),
    ];
    let of_list: [(&[u8], &[&str]); 9] = [
        (b"[[source]]\nslug = \"a\"\n# caf\xe9\n", &["sources.toml:3: encoding: must be UTF-8"]),
        (b"[[source]\nslug = \"a\"\nurl = \"https://a.example/\"\n", &["sources.toml:1: syntax: unclosed array table"]),
        (b"[[source]]\nslug = \"a\nurl = \"https://a.example/\"\n", &["sources.toml:2: syntax: "]),
        (
            b"[[source]]\nslug: \"a\"\nurl: \"https://a.example/\"\n",
            &["sources.toml:2: syntax: ", "sources.toml:3: syntax: "],
        ),
        (
            b"[[source]]\nurl = \"https://a.example/\"\nslgu = \"a\"\n",
            &["sources.toml:3: slgu: unknown key, did you mean slug?"],
        ),
        (b"https://a.example/feed\n", &["sources.toml:1: syntax: "]),
        // What is wrong beside it is told all the same.
        (
            b"[[source]]\nslug = a\n[[source]]\nslug = \"b\"\n",
            &["sources.toml:2: syntax: ", "sources.toml:3: url: is missing"],
        ),
        (b"[[source]]\nslug = \"a\"\n", &["sources.toml:1: url: is missing"]),
        (
            b"[[source]]\nslug = \"a\"\nurl = \"https://a.example/\"\ncredentials = \"c\"\n\
              [[source]]\nslug = \"b\"\nurl = \"https://b.example/\"\ncredentials = \"c\"\n",
            &["sources.toml:1: credentials = \"c\": not found"],
        ),
    ];
    let room = Newsroom::new();
    let mut faults = Vec::new();
    let mut check = |problems: &[&str]| {
        let outcome = room.run(&["config", "check"]);
        let folder = format!("{}/", room.folder().display());
        let told: Vec<&str> =
            outcome.stderr.lines().skip(1).map(|line| line.strip_prefix(&folder).unwrap_or(line)).collect();
        let is_told =
            told.len() == problems.len() && told.iter().zip(problems).all(|(told, begins)| told.starts_with(begins));
        if outcome.code != Some(78) || !is_told {
            faults.push(format!("{problems:?}: {}", outcome.stderr));
        }
        outcome
    };
    for (settings, problems) in of_settings {
        room.file("newswire.toml", settings);
        check(problems);
    }
    room.file("newswire.toml", "");
    let mut last = String::new();
    for (list, problems) in of_list {
        room.file("sources.toml", list);
        last = check(problems).stderr;
    }
    room.file("sources.toml", "");
    room.file("sites/a.toml", b"[[site]]\nhost = \"a.example\"\n# caf\xe9\nbody = \"p\"\n");
    check(&["sites/a.toml:3: encoding: must be UTF-8"]);
    assert_eq!(faults, [""; 0], "{}", faults.join("\n"));
    assert!(last.contains("; also for ") && last.contains("sources.toml:5"), "{last}");
}

#[test]
fn that_there_is_no_article_is_said_once() {
    let room = archive();
    let page = room.file("page.html", "<html><body><p>No more than this</p></body></html>");
    let one = room.run(&["extract", &page]).exits(1);
    assert_eq!(one.stderr.lines().count(), 1, "{}", one.stderr);
    let two = room.run(&["extract", &page, &page]).exits(1).says("2 of 2 inputs gave no article");
    assert_eq!(two.stderr.lines().count(), 3, "{}", two.stderr);
    let good = room.file("good.html", faults::article_html("Of a harbour"));
    room.run(&["extract", &page, &good]).exits(3).says("1 of 2 inputs gave no article");
    // One wording, whoever is asked.
    let told = [&["show", "77"][..], &["rm", "77"]].map(|arguments| room.run(arguments).exits(1).stderr);
    assert_eq!(told[0], told[1]);
    assert!(told[0].contains("no article 77: the newest is 1; `newswire ls` lists what is there"), "{}", told[0]);
}
