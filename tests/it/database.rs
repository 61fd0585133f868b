//! The database file as others find it, and what comes in and goes out by files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rusqlite::Connection;

use crate::harness::{Newsroom, Outcome, feed, run_to_end, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

fn one_paper() -> Vec<Site> {
    vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a"]))
            .with("/a", Resource::html(faults::article_html("What the paper has"))),
    ]
}

/// Reads the database as a user who may write neither the file nor its folder. `None`, with a message, where the test
/// cannot become another user.
pub(crate) fn read_as_nobody(database: &Path) -> Option<String> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let has_tools = ["/usr/bin/setpriv", "/usr/bin/sqlite3"].iter().all(|tool| Path::new(tool).exists());
    if !is_root || !has_tools {
        eprintln!("skipped: reading as another user needs root, setpriv and sqlite3");
        return None;
    }
    let folder = database.parent().expect("a folder");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", "/usr/bin/sqlite3", "-readonly"])
        .arg(database)
        .arg("SELECT title FROM articles; SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'committee'");
    let read = run_to_end(command, b"").exits(0).stdout;

    // Our own reading commands neither need to write.
    for arguments in [&["ls"][..], &["search", "committee"], &["status", "--sizes"], &["export"]] {
        assert!(!run_to_end(as_nobody(database, arguments), b"").exits(0).stdout.is_empty(), "{arguments:?}");
    }
    Some(read)
}

/// Our program, run by a user who may write neither the database nor its folder.
fn as_nobody(database: &Path, arguments: &[&str]) -> Command {
    let folder = database.parent().expect("a folder");
    // The program is where only its builder may look: it gets another name. A copy that is just being written cannot be run, which
    // is why a link is better.
    let program = folder.join("newswire");
    if !program.exists() {
        let built = Path::new(env!("CARGO_BIN_EXE_newswire"));
        std::fs::hard_link(built, &program)
            .or_else(|_| std::fs::copy(built, &program).map(|_| ()))
            .expect("another name of the program");
    }
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .env_clear()
        .current_dir(folder)
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .arg("--db")
        .arg(database)
        .args(arguments);
    command
}

#[test]
fn readers_read_a_file_at_rest_whose_side_files_are_gone() {
    let room = Newsroom::new();
    let line = r#"{"url": "https://paper.example/1", "title": "A committee met", "text": "A committee met in Lorne."}"#;
    room.run(&["import", &room.file("a.jsonl", line)]).exits(0);
    if read_as_nobody(&room.database()).is_none() {
        return;
    }
    // Another program that may write opens and closes it: the files that reading takes go.
    let theirs = Connection::open(room.database()).expect("a database");
    theirs.query_row("SELECT count(*) FROM articles", [], |row| row.get::<_, i64>(0)).expect("a count");
    drop(theirs);
    assert!(!room.path("news.db-shm").exists());
    let read = run_to_end(as_nobody(&room.database(), &["ls"]), b"").exits(0).says("immutable=1");
    assert!(read.stdout.contains("A committee met"), "{}", read.stdout);
    // What is in a log cannot be read so: that would be an older state, without a word.
    std::fs::write(room.path("news.db-wal"), "what is to be added").expect("a file");
    run_to_end(as_nobody(&room.database(), &["ls"]), b"").exits(1).says("immutable=1");
}

/// Runs our program where the folder of the database is mounted read-only, which nobody else sees. `None`, with a message, where that
/// cannot be done.
fn run_read_only(room: &Newsroom, arguments: &[&str]) -> Option<Outcome> {
    const MOUNT: &str = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";
    let mounted = |program: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", MOUNT, "sh"]).arg(room.folder()).args(program);
        command
    };
    if !mounted(&["true"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a read-only file system needs root, unshare and mount");
        return None;
    }
    let database = room.database().display().to_string();
    let program = [env!("CARGO_BIN_EXE_newswire"), "--db", &database];
    let mut command = mounted(&[&program, arguments].concat());
    command.current_dir("/");
    Some(run_to_end(command, b""))
}

#[test]
fn a_read_only_file_system_is_read_and_writers_say_that_it_is_one() {
    let room = Newsroom::new();
    let line = r#"{"url": "https://paper.example/1", "title": "A committee met", "text": "A committee met in Lorne."}"#;
    let file = room.file("a.jsonl", line);
    room.run(&["import", &file]).exits(0);
    let reading = |room: &Newsroom| {
        for arguments in [
            &["ls"][..],
            &["show", "1"],
            &["search", "committee"],
            &["tail"],
            &["export"],
            &["status"],
            &["doctor"],
            &["sql", "SELECT title FROM articles"],
            &["why", "https://paper.example/1"],
        ] {
            let outcome = run_read_only(room, arguments)?.exits(0);
            assert!(!outcome.stdout.is_empty(), "{arguments:?}");
        }
        Some(())
    };
    if reading(&room).is_none() {
        return;
    }
    for arguments in [&["import", file.as_str()][..], &["rm", "1"], &["prune"], &["run"]] {
        run_read_only(&room, arguments).expect("as before").exits(1).says("Read-only file system");
    }
    // What a killed writer has left in the log is read too; without the files beside it, the file as it lies.
    let theirs = Connection::open(room.database()).expect("a database");
    theirs
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE articles SET title = 'A later title'")
        .expect("a change");
    let copy = Newsroom::new();
    for name in ["news.db", "news.db-wal", "news.db-shm"] {
        std::fs::copy(room.path(name), copy.path(name)).expect("a copy");
    }
    drop(theirs);
    let listed = run_read_only(&copy, &["ls"]).expect("as before").exits(0);
    assert!(listed.stdout.contains("A later title"), "{}", listed.stdout);
    // Another program that closes it last removes them.
    assert!(!room.path("news.db-shm").exists());
    reading(&room).expect("as before");
}

#[test]
fn what_is_no_file_for_a_database_is_refused_and_nothing_is_made() {
    let room = Newsroom::new();
    let none = room.file("none.jsonl", "");
    let notes = room.file("notes.txt", "not a database");
    let names = || {
        let entries = std::fs::read_dir(room.folder()).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let folder = room.folder().display().to_string();
    let beyond = format!("{folder}/mistyped/news.db");
    for (path, reading, writing) in [
        (":memory:", "a file that lasts", "a file that lasts"),
        ("file:news.db?mode=ro", "name the path alone", "name the path alone"),
        (folder.as_str(), "this is a folder", "this is a folder"),
        (notes.as_str(), "not a newswire database", "not a newswire database"),
        (beyond.as_str(), "no database there yet", "there is no folder"),
        ("/dev/null", "no ordinary file", "no ordinary file"),
        ("~/news.db", "the shell has left ~ as it is", "the shell has left ~ as it is"),
        ("notes.txt-wal", "name the database, notes.txt", "name the database, notes.txt"),
        ("notes.txt-lock", "name the database, notes.txt", "name the database, notes.txt"),
    ] {
        for (arguments, says) in [(&["ls"][..], reading), (&["import", &none], writing), (&["fetch", "--due"], writing)]
        {
            let outcome = room.run(&[&["--db", path], arguments].concat()).says(says);
            assert!(outcome.stdout.is_empty(), "{path}: {}", outcome.stdout);
        }
        assert_eq!(names(), before, "{path}");
    }
}

#[test]
fn an_empty_file_is_read_as_none_and_a_restore_that_fails_leaves_nothing() {
    let room = Newsroom::new();
    let empty = room.file("empty.db", "");
    for command in ["ls", "doctor", "status"] {
        let outcome = room.run(&["--db", &empty, command]);
        assert!(outcome.code == Some(1) && outcome.stderr.contains("the file is empty"), "{command}: {outcome:?}");
    }
    assert!(!room.path("empty.db-wal").exists() && !room.path("empty.db-shm").exists());
    // A database that is damaged is none to go back to.
    room.run(&["import", &room.file("none.jsonl", "")]).exits(0);
    let mut bytes = std::fs::read(room.database()).expect("the file");
    let n_bytes = bytes.len();
    bytes[n_bytes / 2..n_bytes / 2 + 8192].fill(0xa5);
    let bad = room.file("bad.db", bytes);
    let place = room.path("restored.db").display().to_string();
    room.run(&["--db", &place, "restore", &bad]).exits(1);
    assert!(!room.path("restored.db-lock").exists());
}

#[test]
fn a_database_that_is_replaced_under_the_daemon_ends_it() {
    let web = web_of(one_paper());
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    for is_replaced in [false, true] {
        let daemon = room.start();
        daemon.wait_to_say("started");
        room.wait_for(PATIENCE, "SELECT title FROM articles", "What the paper has");
        let away = room.path("away.db");
        std::fs::rename(room.database(), &away).expect("the file is moved");
        if is_replaced {
            std::fs::copy(&away, room.database()).expect("another file");
        }
        let ended = daemon.end().exits(1);
        assert!(ended.stderr.contains("deleted, moved or replaced"), "{}", ended.stderr);
        assert_eq!(room.database().exists(), is_replaced, "no file is made in its place");
        std::fs::rename(&away, room.database()).expect("it is put back");
    }
    // A new one is told.
    std::fs::remove_file(room.database()).expect("it goes");
    room.start().wait_to_say("a new database");
}

#[test]
fn readers_without_leave_to_write_read_beside_after_a_stop_and_after_a_kill() {
    let web = web_of(one_paper());
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let expected = "What the paper has\n1\n";
    let check = |when: &str| {
        // Read-only, with this process's own library.
        assert_eq!(room.table("SELECT title FROM articles"), [["What the paper has"]], "{when}");
        for arguments in [&["ls"][..], &["search", "committee"], &["sources", "ls"]] {
            room.run(arguments).exits(0);
        }
        if let Some(read) = read_as_nobody(&room.database()) {
            assert_eq!(read, expected, "{when}");
        }
    };
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT title FROM articles", "What the paper has");
    check("while it runs");
    daemon.stop().exits(0);
    check("after a stop");
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL", "1");
    daemon.kill();
    check("after a kill");
    let status = room.run(&["status"]).exits(1);
    assert!(status.stdout.contains("ended without stopping"), "{}", status.stdout);
    room.run(&["fetch", "http://paper.example/a"]).exits(0);
    check("after a command");
}

#[test]
fn only_one_process_ingests_and_the_other_is_told_who() {
    let web = web_of(one_paper());
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let daemon = room.start();
    daemon.wait_to_say("started");
    for arguments in [&["fetch", "--all"][..], &["fetch", "--due"], &["run"], &["import", "sources.toml"]] {
        room.run(arguments).exits(75).says(&format!("process {}", daemon.id()));
    }
    // What is named is handed to it.
    let handed = room.run(&["fetch", "http://paper.example/a"]).exits(0);
    assert!(handed.stderr.contains(&format!("process {}", daemon.id())), "{}", handed.stderr);
    // What needs no database is nobody's business.
    let out = room.path("out").display().to_string();
    room.run(&["fetch", "http://paper.example/a", "--out", &out]).exits(0);
    daemon.stop().exits(0);
    room.run(&["fetch", "--all"]).exits(0);
}

#[test]
fn files_that_are_not_ours_or_of_a_later_program_are_left_alone() {
    let room = Newsroom::new();
    let reading = [&["ls"][..], &["search", "x"], &["sql", "SELECT 1"], &["status"], &["export"]];
    let writing = [&["fetch", "--due"][..], &["import", "newswire.toml"], &["run"]];

    // A text file, and somebody else's database.
    let notes = room.file("notes.txt", "These are notes, and no database at all.\n".repeat(40));
    let theirs = room.path("theirs.db").display().to_string();
    Connection::open(&theirs).expect("a new file").execute_batch("CREATE TABLE theirs (x)").expect("a table");
    for file in [&notes, &theirs] {
        let before = std::fs::read(file).expect("the file");
        for arguments in reading.iter().chain(&writing) {
            let arguments = [&["--db", file.as_str()], *arguments].concat();
            room.run(&arguments).exits(78).says("not a newswire database");
        }
        assert_eq!(std::fs::read(file).expect("the file"), before);
    }

    // No file: readers say so and make none, an empty one is as none.
    let missing = room.path("missing.db").display().to_string();
    room.run(&["--db", &missing, "ls"]).exits(1).says("no database there yet");
    assert!(!Path::new(&missing).exists());
    let empty = room.file("empty.db", "");
    room.run(&["--db", &empty, "ls"]).exits(1).says("no database there yet");
    room.run(&["--db", &empty, "fetch", "--due"]).exits(0);
    room.run(&["--db", &empty, "ls"]).exits(0);

    // A later schema.
    room.run(&["fetch", "--due"]).exits(0);
    let connection = Connection::open(room.database()).expect("the database");
    connection.pragma_update(None, "user_version", 9999).expect("a number");
    drop(connection);
    for arguments in reading.iter().chain(&writing) {
        room.run(arguments).exits(78).says("a later newswire wrote it");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let room = Newsroom::new();
    let file = room.file("a-file", "x");
    for (database, words) in [
        (format!("{file}/news.db"), "a-file"),
        ("/proc/nowhere/news.db".to_owned(), "/proc/nowhere"),
        (room.folder().display().to_string(), "newswire-it-"),
    ] {
        let outcome = room.run(&["--db", &database, "fetch", "--due"]);
        assert!(matches!(outcome.code, Some(1 | 78)), "{outcome:?}");
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
    // A folder without leave to write, which root does not notice: as another user.
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || !Path::new("/usr/bin/setpriv").exists() {
        eprintln!("skipped: a folder without leave to write needs root and setpriv");
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_newswire"));
    let copy = room.path("newswire");
    std::fs::copy(program, &copy).expect("a copy of the program");
    let set_mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    set_mode(&copy, 0o755).expect("our own file");
    set_mode(room.folder(), 0o755).expect("our own folder");
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .env_clear()
        .current_dir(room.folder())
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&copy)
        .args(["--config", "newswire.toml", "fetch", "--due"]);
    let outcome = run_to_end(command, b"").exits(1);
    assert!(outcome.stderr.contains("news.db"), "{}", outcome.stderr);
    assert!(!room.database().exists());
}

/// Files of a folder with their content, in the order of their names.
fn files_in(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("UTF-8"))
        })
        .collect();
    files.sort();
    files
}

/// Words of several scripts, with what editors put between and around them.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zäöüßéèçñøłžα-ωа-я]{1,12}",
        1 => "[ぁ-んァ-ン一-龠]{2,10}",
        1 => "[ا-ي]{2,9}",
        1 => "[א-ת]{2,9}",
        1 => "[ก-ฮ][ะ-ู]?[ก-ฮ]",
        1 => "[a-z]{1,6}[\u{301}\u{308}\u{323}][a-z]{0,4}",
        1 => prop::sample::select(vec![
            "“Quoted”", "‘so’", "it’s", "O'Brien", "\"straight\"", "«oui»", "—", "–", "…", "&", "<b>", "R&D", "50%",
            "C++", "a/b", "👩‍🚒", "½", "№", "U.S.", "€1.50", "e\u{301}", "ﬁne",
        ]).prop_map(str::to_owned),
    ]
}

fn sentence(n_words: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(word(), n_words).prop_map(|words| words.join(" "))
}

prop_compose! {
    fn document(number: usize)(
        title in sentence(2..9),
        day in prop::option::of((2015..2026_u32, 1..13_u32, 1..29_u32)),
        paragraphs in prop::collection::vec(sentence(5..25), 1..7),
    ) -> String {
        let day = day.map(|(year, month, day)| format!("{year}{month:02}{day:02}")).unwrap_or_default();
        // A number in the first paragraph keeps any two documents apart.
        format!("{title}\n{day}\nhttps://paper.example/{number}\nNumber {number}. {}\n", paragraphs.join("\n"))
    }
}

#[test]
fn what_goes_in_as_a_bundle_comes_out_as_the_same_bytes() {
    const N_DOCUMENTS: usize = 120;
    let mut runner = TestRunner::deterministic();
    let room = Newsroom::new();
    for number in 0..N_DOCUMENTS {
        let text = document(number).new_tree(&mut runner).expect("a document").current();
        room.file(&format!("first/{number:03}_0000000000000000.txt"), text);
    }
    let folder = |name: &str| room.path(name).display().to_string();
    let n_new = format!("{N_DOCUMENTS} new, 0 duplicates, 0 known");
    // The names are made up, which is said, and no reason not to read.
    room.run(&["import", &folder("first")]).exits(0).says(&n_new).says("does not match its content");
    room.run(&["export", "--format", "bundle", "--out", &folder("second")]).exits(0);

    // What may change once is the form (NFC, spacing): from then on nothing does.
    let another = Newsroom::new();
    let outcome = another.run(&["import", &folder("second")]).exits(0).says(&n_new);
    assert!(!outcome.stderr.contains("does not match"), "{}", outcome.stderr);
    another.run(&["export", "--format", "bundle", "--out", &folder("third")]).exits(0);
    let (second, third) = (files_in(&room.path("second")), files_in(&room.path("third")));
    assert_eq!(second.len(), N_DOCUMENTS);
    assert_eq!(second, third);
    for (name, text) in &second {
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
        assert!(text.lines().all(|line| line == line.trim() && !line.contains("  ")), "{name}: {text}");
        assert!(text.lines().skip(3).all(|line| !line.is_empty()), "{name}");
    }
    // Nothing is lost on the way but the form of characters.
    let words = |files: &[(String, String)]| {
        use unicode_normalization::UnicodeNormalization;
        let mut texts: Vec<String> = files.iter().map(|(_, text)| text.nfc().collect()).collect();
        texts.sort();
        texts
    };
    assert_eq!(words(&files_in(&room.path("first"))), words(&second));
    // In again: nothing is new.
    another.run(&["import", &folder("second")]).exits(0).says(&format!("0 new, 0 duplicates, {N_DOCUMENTS} known"));
    // And by way of JSON lines: the same documents.
    let lines = room.path("all.jsonl").display().to_string();
    room.run(&["export", "--out", &lines]).exits(0);
    let by_lines = Newsroom::new();
    by_lines.run(&["import", &lines]).exits(0).says(&n_new);
    by_lines.run(&["export", "--format", "bundle", "--out", &folder("fourth")]).exits(0);
    assert_eq!(files_in(&room.path("fourth")), second);
    // The same choice gives the same bytes.
    let exported = |format| room.run(&["export", "--format", format]).exits(0).stdout;
    assert_eq!(exported("jsonl"), exported("jsonl"));
    assert_eq!(exported("csv"), exported("csv"));
}

#[test]
fn json_lines_keep_their_identity_and_faults_have_their_line() {
    let room = Newsroom::new();
    let text = "The quay was closed for most of the day, and nobody on it was surprised by that at all.";
    let lines = [
        format!(
            r#"{{"id": "a-1", "source": "wire", "title": "One", "published": "2024-05-06T07:08:09+02:00", "text": "{text} One."}}"#
        ),
        format!(
            r#"{{"id": "a-1", "source": "desk", "title": "Two", "paragraphs": ["{text} Two.", "And more of it."]}}"#
        ),
        "this is no JSON".to_owned(),
        String::new(),
        format!(
            r#"{{"url": "https://paper.example/3?utm_source=x", "title": "Three", "authors": ["A. Mirza", "B. Ozols"], "language": "en", "text": "{text} Three."}}"#
        ),
        r#"{"title": "Without identity", "text": "x"}"#.to_owned(),
        r#"{"id": "x", "title": "Wrong date", "published": "the other day", "text": "x"}"#.to_owned(),
        r#"{"id": 17, "title": "Number as id", "text": "Seventeen."}"#.to_owned(),
        r#"["not", "an", "object"]"#.to_owned(),
    ];
    let file = room.file("articles.jsonl", lines.join("\n"));
    let outcome =
        room.run(&["import", &file]).exits(3).says("4 new, 0 duplicates, 0 known, 0 revisions, 0 sources, 4 failed");
    for (number, reason) in [(3, "not JSON"), (6, "url or id"), (7, "published"), (9, "not a JSON object")] {
        let place = format!("{file}:{number}: ");
        let told = outcome.stderr.lines().find(|line| line.contains(&place));
        assert!(told.is_some_and(|line| line.contains(reason)), "line {number}: {}", outcome.stderr);
    }
    assert_eq!(
        room.table(
            "SELECT articles.title, slug, guid, articles.url, date FROM articles
             LEFT JOIN sightings ON article_id = articles.id LEFT JOIN sources ON sources.id = sightings.source_id
             ORDER BY articles.id"
        ),
        [
            ["One", "wire", "a-1", "NULL", "20240506"],
            ["Two", "desk", "a-1", "NULL", "NULL"],
            ["Three", "NULL", "NULL", "https://paper.example/3", "NULL"],
            ["Number as id", "import", "17", "NULL", "NULL"],
        ]
    );
    assert_eq!(room.value("SELECT authors FROM articles WHERE title = 'Three'"), "[\"A. Mirza\",\"B. Ozols\"]");
    // An article that says when it was published arrived then.
    assert_eq!(room.value("SELECT first_seen_at FROM articles WHERE title = 'One'"), "2024-05-06T05:08:09Z");

    // The identity holds: again is known, with another text a revision.
    room.run(&["import", &file]).exits(3).says("0 new, 0 duplicates, 4 known, 0 revisions");
    let changed = room.file("changed.jsonl", lines[0].replace("One.", "One, corrected."));
    let counts = room.run(&["--json", "import", &changed]).exits(0).json();
    assert_eq!((&counts["new"], &counts["revisions"]), (&0.into(), &1.into()));
    assert_eq!(room.value("SELECT revision FROM articles WHERE title = 'One'"), "2");
    room.assert_sound();

    // Nothing at all is a failure, and so is a file that is not there.
    let nothing = room.file("nothing.jsonl", "no\nno\n");
    room.run(&["import", &nothing]).exits(1).says("nothing was imported");
    room.run(&["import", "no-such-file.jsonl"]).exits(1).says("no-such-file.jsonl");
    room.run(&["import", "no-such-file.jsonl", &file]).exits(3);
}

#[test]
fn bundles_pages_and_lists_of_sources_are_taken_in_side_by_side() {
    let room = Newsroom::new();
    room.file("mixed/a.html", faults::article_html("A saved page"));
    room.file("mixed/b.txt", "A document\n20240506\n\nWith a paragraph of its own.\n");
    room.file(
        "mixed/c.opml",
        "<opml version=\"2.0\"><body><outline text=\"P\" type=\"rss\" xmlUrl=\"https://paper.example/feed\"/></body></opml>",
    );
    room.file("mixed/d.txt", b"\0\x01\x02binary\0\0\0".as_slice());
    room.file("mixed/e.png", b"\x89PNG".as_slice());
    let folder = room.path("mixed").display().to_string();
    let outcome = room.run(&["import", &folder]).exits(3).says("2 new").says("1 source, 1 failed");
    assert!(outcome.stderr.contains("mixed/d.txt"), "{}", outcome.stderr);
    assert_eq!(room.column("SELECT title FROM articles ORDER BY title"), ["A document", "A saved page"]);
    assert_eq!(room.table("SELECT url, state FROM sources"), [["https://paper.example/feed", "active"]]);
}
