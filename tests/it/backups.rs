//! Copies of the database in one file: backups, and snapshots to give away.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::database::read_as_nobody;
use crate::harness::{Newsroom, run_to_end};

const PATIENCE: Duration = Duration::from_secs(30);

/// A database with articles of two sources, one of them in two wordings, one to be found by its address.
fn archive() -> Newsroom {
    let room = Newsroom::new();
    let line = |text: &str| {
        format!(
            r#"{{"id": "1", "source": "wire", "title": "The committee meets", "published": "2026-05-06T07:08:09Z", "text": "{text}"}}"#
        )
    };
    let other = r#"{"url": "https://paper.example/3", "source": "paper", "title": "Ein Hafen, zwei Städte", "published": "2026-05-08T10:00:00+02:00", "language": "de", "authors": ["Käthe Morgenroth"], "text": "Der Hafen gehört beiden.\nDas soll so bleiben."}"#;
    let first = line("The harbour committee met on Tuesday, and agreed on nothing.");
    let second = line("The harbour committee met on Tuesday, and agreed on a new quay after all.");
    let file = room.file("archive.jsonl", [&first, other].join("\n"));
    room.run(&["import", &file]).exits(0);
    let file = room.file("archive.jsonl", second);
    room.run(&["import", &file]).exits(0).says("1 revision");
    room
}

fn shown(room: &Newsroom, name: &str) -> String {
    room.path(name).display().to_string()
}

/// Opens a copy as from a place that cannot be written: SQLite looks for no other file and takes no lock.
fn open_immutable(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{}?immutable=1", path.display()), flags).expect("the copy opens")
}

fn text(connection: &Connection, sql: &str) -> String {
    match connection.query_row(sql, [], |row| row.get::<_, Value>(0)) {
        Ok(Value::Integer(number)) => number.to_string(),
        Ok(Value::Text(text)) => text,
        other => panic!("{sql} gives {other:?}"),
    }
}

/// All rows of a table or view, as text.
fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a table");
    let n_columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells: rusqlite::Result<Vec<_>> = (0..n_columns).map(|column| row.get::<_, Value>(column)).collect();
        Ok(format!("{:?}", cells?))
    });
    let mut rows: Vec<String> = rows.expect("rows").collect::<Result<_, _>>().expect("rows");
    rows.sort();
    rows
}

/// What holds of every copy.
fn assert_whole(path: &Path) -> Connection {
    let copy = open_immutable(path);
    assert_eq!(text(&copy, "PRAGMA integrity_check"), "ok");
    assert_eq!(rows(&copy, "pragma_foreign_key_check"), Vec::<String>::new());
    assert_eq!(text(&copy, "PRAGMA journal_mode"), "delete");
    // The index is asked on a connection that may write, in a copy of the copy.
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = folder.path().join("scratch.db");
    fs::copy(path, &scratch).expect("a copy");
    Connection::open(&scratch)
        .expect("it opens")
        .execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)", [])
        .expect("the index agrees with the articles");
    copy
}

/// Names of what is in a folder.
fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_folder_keeps_the_newest_backups_and_loses_none_while_something_is_wrong() {
    let room = archive();
    let folder = shown(&room, "copies");
    room.run(&["backup", "--keep", "2", &folder]).exits(2).says("no such folder");
    fs::create_dir(room.path("copies")).expect("a folder");
    for name in ["news-20200101T030000Z.db", "news-20200102T030000Z.db", "news-20200101T030000Z-mine.db"] {
        fs::write(room.path("copies").join(name), name).expect("a file");
    }
    room.run(&["backup", "--keep", "2", &folder]).exits(0).says("news-20200101T030000Z.db: removed");
    let names = names_in(&room.path("copies"));
    assert_eq!(names.len(), 3, "{names:?}");
    let newest = names.iter().find(|name| !name.starts_with("news-2020")).expect("a new one");
    assert_whole(&room.path("copies").join(newest));
    let mine = ["news-20200101T030000Z-mine.db", "news-20200102T030000Z.db"];
    assert!(mine.iter().all(|name| names.contains(*name)), "{names:?}");

    // The name has the second in it.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let database = Connection::open(room.database()).expect("the database");
    database.execute("UPDATE stories SET n_sources = 7", []).expect("it can be written");
    room.run(&["backup", "--keep", "1", &folder]).exits(3).says("tell something else");
    assert_eq!(names_in(&room.path("copies")).len(), 4, "none is removed");
    for refused in ["--force", "--no-verify"] {
        room.run(&["backup", "--keep", "1", refused, &folder]).exits(2);
    }
    room.run(&["backup", "--keep", "0", &folder]).exits(2);
}

#[test]
fn a_backup_is_the_whole_database_in_one_file() {
    let room = archive();
    fs::set_permissions(room.database(), fs::Permissions::from_mode(0o640)).expect("our own file");
    fs::create_dir(room.path("copies")).expect("a folder");
    let outcome = room.run(&["backup", &shown(&room, "copies/a.db")]).exits(0).says("iB, 2 articles");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.lines().count()), ("", 1));
    assert_eq!(names_in(&room.path("copies")), BTreeSet::from(["a.db".to_owned()]));
    let metadata = fs::metadata(room.path("copies/a.db")).expect("the file");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);

    let copy = assert_whole(&room.path("copies/a.db"));
    let original = room.open().expect("the database");
    assert_eq!(rows(&copy, "sqlite_schema"), rows(&original, "sqlite_schema"));
    for table in ["articles", "revisions", "sightings", "sources", "_links", "_source_schedule", "_wordings"] {
        assert_eq!(rows(&copy, table), rows(&original, table), "{table}");
    }
    for pragma in ["PRAGMA application_id", "PRAGMA user_version"] {
        assert_eq!(text(&copy, pragma), text(&original, pragma), "{pragma}");
    }
    let status = room.run(&["--db", &shown(&room, "copies/a.db"), "status"]).exits(0);
    assert!(status.stdout.contains("articles\t2, of them 0 duplicates; 1 revision;"), "{}", status.stdout);

    let json = room.run(&["--json", "backup", "--force", &shown(&room, "copies/a.db")]).exits(0);
    assert_eq!(json.json()["articles"], 2);
    assert_eq!(json.json()["bytes"], metadata.len());
    assert_eq!(room.run(&["-q", "backup", "--force", &shown(&room, "copies/a.db")]).exits(0).stderr, "");

    // Back to it: the work goes on from there.
    for name in ["news.db", "news.db-wal", "news.db-shm"] {
        fs::remove_file(room.path(name)).expect("the database and what belongs to it");
    }
    fs::copy(room.path("copies/a.db"), room.database()).expect("a copy");
    room.run(&["import", &room.file("more.jsonl", r#"{"id": "9", "title": "Nine", "text": "The ninth."}"#)]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
    assert_eq!(room.value("PRAGMA journal_mode"), "wal");
    room.assert_sound();
}

#[test]
fn backups_and_snapshots_beside_an_import_are_whole_and_of_one_moment() {
    let room = archive();
    let lines: Vec<String> = (0..3000)
        .map(|n| {
            format!(
                r#"{{"id": "n{n}", "source": "wire", "title": "Notice {n}", "text": "Notice {n}, of {}: {}"}}"#,
                n * 7919,
                "some words that fill it. ".repeat(20)
            )
        })
        .collect();
    let file = room.file("many.jsonl", lines.join("\n"));
    let mut import = room.start_with(&["import", &file]);
    room.wait_for(PATIENCE, "SELECT count(*) > 10 FROM articles", "1");
    let mut counts = Vec::new();
    while !import.has_ended() || counts.is_empty() {
        for command in ["backup", "snapshot"] {
            let target = shown(&room, &format!("{command}.db"));
            room.run(&[command, "--force", &target]).exits(0);
            let copy = assert_whole(Path::new(&target));
            let n_articles = text(&copy, "SELECT count(*) FROM articles");
            assert_eq!(text(&copy, "SELECT count(*) FROM sightings"), n_articles);
            counts.push(n_articles.parse::<u32>().expect("a number"));
        }
    }
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts[0] < 3002, "nothing was written meanwhile: {counts:?}");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3002);
    room.assert_sound();
}

#[test]
fn a_running_daemon_is_backed_up_and_stays_at_work() {
    let (mut room, _web, _content) = Newsroom::of_demo();
    room.hurry();
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) > 3 FROM articles", "1");
    for command in ["backup", "snapshot"] {
        let target = shown(&room, &format!("{command}.db"));
        room.run(&[command, &target]).exits(0);
        assert_whole(Path::new(&target));
    }
    let n_fetches = room.number("SELECT count(*) FROM fetches");
    room.wait_for(PATIENCE, &format!("SELECT count(*) > {n_fetches} FROM fetches"), "1");
    // A live database is nothing to be replaced.
    let other = archive();
    other.run(&["backup", "--force", &room.database().display().to_string()]).exits(1).says("ingests into it");
    let outcome = daemon.stop().exits(0);
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);
    room.assert_sound();
}

#[test]
fn what_must_not_be_written_is_refused_in_one_line_and_nothing_is_left() {
    let room = archive();
    let other = archive();
    room.file("there.db", "kept");
    room.file("folder/inside", "kept");
    room.file("stale.db-wal", "kept");
    std::os::unix::fs::symlink(room.database(), room.path("link.db")).expect("a link");
    fs::hard_link(room.database(), room.path("hard.db")).expect("a link");
    std::os::unix::fs::symlink("nowhere", room.path("dangling.db")).expect("a link");
    let before = (names_in(room.folder()), fs::read(room.database()).expect("the database"));
    for command in ["backup", "snapshot"] {
        let check = |arguments: &[&str], target: &str, words: &str| {
            let arguments = [&[command], arguments, &[target]].concat();
            let outcome = room.run(&arguments).exits(1).says(words);
            assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        };
        for force in [&[][..], &["--force"]] {
            check(force, "news.db", "the database itself");
            check(force, "./folder/../news.db", "the database itself");
            check(force, "link.db", "the database itself");
            check(force, "hard.db", "the database itself");
            check(force, "news.db-wal", "the database itself");
            check(force, "news.db-lock", "the database itself");
            check(force, "folder", "this is a folder");
            check(force, "/dev/null", "no ordinary file");
            check(force, "nowhere/a.db", "nowhere: there is no such folder");
            check(force, "there.db/a.db", "there.db: there is no such folder");
            check(force, "..", "names no file");
            check(force, "stale.db", "stale.db-wal is left from another database");
            check(force, "/proc/a.db", "/proc/a.db");
        }
        check(&[], "there.db", "is there already; --force replaces it");
        check(&[], "dangling.db", "is there already; --force replaces it");
        // Another database, with its log beside it.
        check(&["--force"], &other.database().display().to_string(), "news.db-wal is left from another database");
        room.run(&["--db", "missing.db", command, "new.db"]).exits(1).says("no database there yet");
        room.run(&["--db", "there.db", command, "new.db"]).exits(78).says("not a newswire database");
        room.run(&[command]).exits(2);
    }
    assert_eq!((names_in(room.folder()), fs::read(room.database()).expect("the database")), before);
    assert_eq!(fs::read(room.path("there.db")).expect("the file"), b"kept");

    for command in ["backup", "snapshot"] {
        room.run(&[command, "--force", "there.db"]).exits(0);
        assert_whole(&room.path("there.db"));
        room.file("there.db", "kept");
    }
    assert_eq!(names_in(room.folder()), before.0);
}

#[test]
fn a_copy_that_does_not_fit_leaves_nothing_behind() {
    let room = archive();
    fs::create_dir(room.path("copies")).expect("a folder");
    for command in ["backup", "snapshot"] {
        // A limit to the size of files stands for a disk that is full.
        let mut limited = Command::new("sh");
        limited
            .env_clear()
            .current_dir(room.folder())
            .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" --config newswire.toml \"$@\""])
            .args([env!("CARGO_BIN_EXE_newswire"), command, "copies/a.db"]);
        let outcome = run_to_end(limited, b"").exits(1).says("copies/a.db: not written: ");
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert_eq!(names_in(&room.path("copies")), BTreeSet::new());
    }
}

#[test]
fn a_snapshot_holds_what_is_public_and_nothing_else() {
    let room = archive();
    // What must not get out: a validator, and an article that is gone, of which its words could be left in the index.
    let gone = r#"{"id": "2", "source": "wire", "title": "Gone", "text": "Zanzibarque and Quillonette."}"#;
    room.run(&["import", &room.file("gone.jsonl", gone)]).exits(0);
    let connection = Connection::open(room.database()).expect("the database");
    connection
        .execute_batch(
            "PRAGMA secure_delete = off;
             UPDATE _links SET etag = 'validator-of-ours';
             UPDATE _source_schedule SET last_ok_at = 1000, failures_in_a_row = 2, error = 'timeout';
             DELETE FROM articles WHERE title = 'Gone'",
        )
        .expect("changes");
    drop(connection);
    let path = room.path("s.db");
    room.run(&["snapshot", "s.db"]).exits(0).says("s.db: ").says(", 2 articles");

    let snapshot = assert_whole(&path);
    let original = room.open().expect("the database");
    let names = |kind: &str| -> Vec<String> {
        let sql = format!("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = '{kind}' ORDER BY name");
        let mut statement = snapshot.prepare(&sql).expect("a list");
        statement.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("names")
    };
    let tables = names("table");
    for table in ["articles", "revisions", "sightings", "sources", "stories", "story_members", "fetches", "gaps"] {
        assert!(tables.iter().any(|name| name == table), "{table} is not in {tables:?}");
        assert_eq!(rows(&snapshot, table), rows(&original, table), "{table}");
    }
    assert!(!tables.iter().any(|name| name.starts_with('_')), "{tables:?}");
    assert!(names("view").contains(&"bundle_documents".to_owned()));
    assert_eq!(rows(&snapshot, "bundle_documents"), rows(&original, "bundle_documents"));
    assert_eq!(names("virtual"), ["articles_characters", "articles_fts"]);
    assert_eq!(text(&snapshot, "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'committee'"), "1");
    assert_eq!(text(&snapshot, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), "0");
    assert_eq!(text(&snapshot, "PRAGMA freelist_count"), "0");
    assert_eq!(text(&snapshot, "PRAGMA user_version"), text(&original, "PRAGMA user_version"));
    assert_ne!(text(&snapshot, "PRAGMA application_id"), text(&original, "PRAGMA application_id"));
    // The pulse of the sources is that of the moment.
    assert_eq!(rows(&snapshot, "source_health"), rows(&original, "source_health"));
    assert_eq!(
        rows(&snapshot, "(SELECT slug, last_ok_at, failures_in_a_row, error FROM source_health WHERE slug = 'wire')"),
        rows(&original, "(SELECT 'wire', '1970-01-01T00:00:01Z', 2, 'timeout')")
    );
    // The indexes of public tables come with them.
    let indexes = "(SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name NOT LIKE '\\_%' ESCAPE '\\')";
    assert_eq!(rows(&snapshot, indexes), rows(&original, indexes));

    let holds = |file: &Path, words: &str| {
        let bytes = fs::read(file).expect("a file");
        bytes.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
    };
    room.run(&["snapshot", "--with", "nothing", "t.db"]).exits(2).says("no such table or view");
    assert!(!room.path("t.db").exists());
    for words in ["validator-of-ours", "Zanzibarque", "quillonette", "_links", "_fts_state"] {
        assert!(!holds(&path, words), "{words} got out");
        let log = room.path("news.db-wal");
        assert!(holds(&room.database(), words) || holds(&log, words), "{words} was never there");
    }
}

#[test]
fn a_snapshot_is_read_by_newswire_and_never_written_to() {
    let room = archive();
    room.run(&["snapshot", "s.db"]).exits(0);
    let bytes = fs::read(room.path("s.db")).expect("the snapshot");
    let on_snapshot = |arguments: &[&str]| room.run(&[&["--db", "s.db"], arguments].concat());
    for arguments in [
        &["ls"][..],
        &["ls", "--source", "wire", "--json"],
        &["search", "committee"],
        &["export"],
        &["export", "--format", "csv"],
        &["show", "1"],
        &["show", "1", "--revisions"],
        &["show", "1", "--diff", "1"],
        &["show", "https://paper.example/3"],
        &["show", "http://www.paper.example/3/?utm_source=x"],
        &["show", "2", "--json"],
        &["stories", "show", "1"],
        &["sources", "ls"],
        &["sources", "show", "wire"],
        &["tail"],
        &["sql", "SELECT text FROM docs WHERE table_name = 'articles'"],
    ] {
        let (read, expected) = (on_snapshot(arguments).exits(0).stdout, room.run(arguments).exits(0).stdout);
        assert_eq!(read, expected, "{arguments:?}");
        assert!(!read.is_empty(), "{arguments:?}");
    }
    let status = on_snapshot(&["status"]).exits(0).stdout;
    assert!(status.contains("ingesting\tnever, this is a snapshot\narticles\t2,"), "{status}");
    on_snapshot(&["show", "https://paper.example/unknown"]).exits(1).says("no article at");

    let names = names_in(room.folder());
    for arguments in [
        &["run"][..],
        &["fetch", "--due"],
        &["import", "archive.jsonl"],
        &["sources", "add", "https://paper.example/feed/"],
        &["sources", "rm", "wire"],
        &["stories", "merge", "1", "2"],
    ] {
        let outcome = on_snapshot(arguments).exits(78).says("s.db: a snapshot, made to be read");
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    for arguments in [&["why", "https://paper.example/3"][..], &["tail", "--cursor", "./kept"]] {
        on_snapshot(arguments).exits(78).says("s.db: a snapshot, without ");
    }
    assert_eq!(names_in(room.folder()), names, "something was written beside it");
    assert_eq!(fs::read(room.path("s.db")).expect("the snapshot"), bytes);

    // Copies of the copy.
    on_snapshot(&["snapshot", "t.db"]).exits(0);
    let schema = "(SELECT type, name, sql FROM sqlite_schema)";
    let [first, second] = ["s.db", "t.db"].map(|name| open_immutable(&room.path(name)));
    assert_eq!(rows(&second, schema), rows(&first, schema));
    on_snapshot(&["backup", "u.db"]).exits(0);
    assert_eq!(rows(&open_immutable(&room.path("u.db")), "articles"), rows(&first, "articles"));

    // One whose schema is older has all that it had, and we cannot tell what it lacks.
    let connection = Connection::open(room.path("t.db")).expect("the snapshot");
    connection.pragma_update(None, "user_version", 1).expect("a number");
    drop(connection);
    room.run(&["--db", "t.db", "ls"]).exits(78).says("take a new one");
}

#[test]
fn copies_are_read_from_a_folder_that_cannot_be_written() {
    let room = archive();
    for command in ["backup", "snapshot"] {
        fs::create_dir(room.path(command)).expect("a folder");
        let target = format!("{command}/copy.db");
        room.run(&[command, &target]).exits(0);
        fs::set_permissions(room.path(&target), fs::Permissions::from_mode(0o644)).expect("our own file");
        fs::set_permissions(room.folder(), fs::Permissions::from_mode(0o755)).expect("our own folder");
        if let Some(read) = read_as_nobody(&room.path(&target)) {
            assert_eq!(read, "The committee meets\nEin Hafen, zwei Städte\n1\n");
        }
    }
}

#[test]
fn a_shell_and_a_reader_of_manuals_need_neither_settings_nor_a_database() {
    let room = Newsroom::new();
    room.file("newswire.toml", "this is no setting");
    for (shell, words) in [
        ("bash", "-F _newswire newswire"),
        ("zsh", "#compdef newswire"),
        ("fish", "complete -c newswire"),
        ("elvish", "edit:completion:arg-completer[newswire]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = room.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains(words), "{shell}: {script}");
    }
    room.run(&["completions", "sh"]).exits(2);
    let help = room.run(&["completions", "--help"]).exits(0).stdout;
    for place in ["bash-completion/completions/newswire", "_newswire", "fish/completions/newswire.fish"] {
        assert!(help.contains(place), "{place}");
    }

    let manual = room.run(&["man"]).exits(0).stdout;
    assert!(manual.contains(".TH NEWSWIRE 1"), "{manual}");
    room.run(&["man", "--out", "man1"]).exits(0);
    let pages = names_in(&room.path("man1"));
    for page in ["newswire.1", "newswire-fetch.1", "newswire-sources.1", "newswire-man.1"] {
        assert!(pages.contains(page), "{page} is not in {pages:?}");
    }
    assert!(!room.database().exists());
    if !Path::new("/usr/bin/groff").exists() {
        eprintln!("skipped: to set the pages needs groff");
        return;
    }
    let set = |page: &[u8]| {
        let mut groff = Command::new("/usr/bin/groff");
        groff.args(["-man", "-Tascii", "-ww", "-rLL=100n", "-P-cbou"]);
        let outcome = run_to_end(groff, page).exits(0);
        assert_eq!(outcome.stderr, "");
        outcome.stdout
    };
    let text = set(manual.as_bytes());
    for part in ["newswire sources add", "NEWSWIRE__SECTION__KEY", "Another process ingests", "newswire.db-wal"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    for page in pages {
        set(&fs::read(room.path("man1").join(page)).expect("a page"));
    }
}
