//! The first thing that people run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use newswire::demo::content::{DemoContent, LATER_SOURCES, SOURCES};
use rusqlite::Connection;

use crate::harness::{Newsroom, Outcome, run_to_end};

/// A demo's folder that the test has named.
struct Demo {
    room: Newsroom,
    folder: PathBuf,
}

impl Demo {
    fn new() -> Demo {
        let room = Newsroom::new();
        let folder = room.path("demo");
        Demo { room, folder }
    }

    fn play(&self) -> Outcome {
        let began = Instant::now();
        let outcome = self.room.run(&["demo", &self.folder.display().to_string()]).exits(0);
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_secs(12), "{elapsed:?}");
        outcome.says(&format!("The database is in {}", self.folder.display()))
    }

    fn ask(&self, sql: &str) -> Vec<String> {
        let connection = Connection::open(self.folder.join("demo.db")).expect("the demo's database opens");
        let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let rows = statement.query_map([], |row| {
            let cells = (0..row.as_ref().column_count()).map(|column| row.get::<_, rusqlite::types::Value>(column));
            let shown = |cell| match cell {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
            cells.map(|cell| cell.map(shown)).collect::<Result<Vec<_>, _>>()
        });
        let rows = rows.and_then(|rows| rows.collect::<Result<Vec<_>, _>>());
        rows.unwrap_or_else(|error| panic!("{sql}: {error}")).into_iter().map(|row| row.join("|")).collect()
    }
}

/// The lines of a report that are proposed, each a command.
fn proposals(report: &str) -> Vec<&str> {
    let (_, advice) = report.split_once("Try next\n").expect("advice");
    advice.lines().take_while(|line| !line.is_empty()).map(str::trim).collect()
}

/// As a person would, by copying the line into a shell that knows the program.
fn follow(demo: &Demo, line: &str) -> Option<Outcome> {
    if line.starts_with("sqlite3") && !Path::new("/usr/bin/sqlite3").exists() {
        eprintln!("skipped: there is no sqlite3");
        return None;
    }
    // What shows pages goes on until somebody ends it.
    let line = if line.ends_with(" serve") { &format!("{line} --help") } else { line };
    let folder_of_program = Path::new(env!("CARGO_BIN_EXE_newswire")).parent().expect("a folder");
    let mut command = std::process::Command::new("sh");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder_of_program.display());
    command.env_clear().env("PATH", path).current_dir(demo.room.folder()).args(["-c", line]);
    Some(run_to_end(command, b"").exits(0))
}

#[test]
fn the_demo_shows_stories_lineage_a_correction_a_gap_and_walls() {
    let demo = Demo::new();
    let report = demo.play().stdout;

    let independent = demo.ask("SELECT count(*) FROM stories WHERE n_sources >= 3");
    assert!(independent[0].parse::<u32>().is_ok_and(|number| number >= 3), "{independent:?}");
    // A copy of what is made from a report, with how much of it is.
    let lineage =
        "SELECT agency.host, near.host, near.duplicate_kind, share BETWEEN 0.3 AND 0.9, copy.host, copy.duplicate_kind
                   FROM articles AS copy JOIN articles AS near ON near.id = copy.duplicate_of
                   JOIN articles AS agency ON agency.id = near.duplicate_of JOIN _copies ON article_id = near.id";
    let expected = "meridian-wire.example|harbour-post.example|near|1|corran-islander.example|exact";
    assert_eq!(demo.ask(lineage), [expected], "{report}");
    let revised = demo.ask("SELECT host, revision, body LIKE '%112,000 homes%' FROM articles WHERE revision > 1");
    assert_eq!(revised, ["meridian-wire.example|2|1"]);
    let gap =
        "SELECT slug, began_at < ended_at, n_missed > 0, n_healed FROM gaps JOIN sources ON sources.id = source_id";
    assert_eq!(demo.ask(gap), ["saltmarket-mercury|1|1|2"]);
    let by_sitemap = "SELECT count(*) FROM fetches WHERE url LIKE '%/sitemap-news.xml' AND url LIKE '%saltmarket%'";
    assert_eq!(demo.ask(by_sitemap), ["1"], "in one request");
    let walls = "SELECT host, body_kind, count(*), max(title LIKE 'Before you continue%') FROM articles
                 WHERE body_kind <> 'full' GROUP BY host, body_kind ORDER BY host";
    assert_eq!(demo.ask(walls), ["corran-islander.example|feed|4|0", "saltmarket-mercury.example|teaser|1|0"]);

    for part in [
        "63 articles in 5 languages",
        "harbour-post-living",
        "Told by three newsrooms or more",
        "meridian-wire had it first",
        "in corran-islander: all of it",
        "80,000 → 112,000",
        "2 by the site’s news sitemap",
        "corran-islander: 4 pages asked for consent",
        "is for subscribers: a teaser",
        &format!("All of it is in {}", demo.folder.display()),
    ] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
    assert!(!report.contains('\u{1b}') && report.lines().count() <= 46, "{report}");
    for line in report.lines().filter(|line| !["demo.db", " demo ", "failed: "].iter().any(|part| line.contains(part)))
    {
        assert!(line.chars().count() <= 80, "{line}");
    }
    // What shows each of it, and what is proposed, works.
    let shown: Vec<&str> =
        report.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.contains("--db")).collect();
    assert_eq!(shown.len(), 6, "{report}");
    let proposed = proposals(&report);
    assert_eq!(proposed.len(), 6, "{report}");
    for line in shown.into_iter().chain(proposed) {
        if let Some(outcome) = follow(&demo, line) {
            assert!(!outcome.stdout.is_empty(), "{line} prints nothing");
        }
    }
}

#[test]
fn a_demo_that_is_run_again_goes_on_from_where_it_was() {
    let demo = Demo::new();
    demo.play();
    let before = demo.ask("SELECT id, url, title FROM articles ORDER BY id");
    let second = demo.play().stdout;
    for part in [
        "63 articles were known already",
        "new: “The swan has been claimed” in saltmarket-mercury",
        "goes on with story",
        "What was corrected since",
        "ten days → a fortnight",
    ] {
        assert!(second.contains(part), "{part:?} is not in {second}");
    }
    assert_eq!(demo.ask("SELECT id, url, title FROM articles ORDER BY id")[..63], before);
    assert_eq!(demo.ask("SELECT count(*), count(DISTINCT url), sum(revision - 1) FROM articles"), ["66|66|2"]);
    assert_eq!(demo.ask("SELECT n_sources >= 3 FROM stories WHERE id = (SELECT story_id FROM articles WHERE title LIKE 'Lights are on%')"), ["1"]);
    // What the feeds list at other addresses or dates would be new.
    let third = demo.play().stdout;
    assert!(third.contains("66 articles were known already") && third.contains("Nothing has come since"), "{third}");
    assert_eq!(demo.ask("SELECT count(*) FROM articles"), ["66"]);
    assert_eq!(proposals(&third).len(), 5, "there is nothing more to come: {third}");
}

#[test]
fn what_a_demo_has_left_is_removed_and_nothing_else() {
    let demo = Demo::new();
    let place = demo.room.path("tmp");
    std::fs::create_dir(&place).expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = demo.room.command(arguments);
        command.env("TMPDIR", &place);
        run_to_end(command, b"")
    };
    run(&["demo", "--clean"]).exits(0).says("no demo has left a folder");
    let played = run(&["demo"]).exits(0);
    let names = || {
        let entries = std::fs::read_dir(&place).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let [made] = &names()[..] else { panic!("{:?}", names()) };
    let made = place.join(made);
    assert!(played.stdout.contains(&format!("All of it is in {}", made.display())), "{}", played.stdout);
    // What looks like it and is not: with a file of somebody's, a link to a demo's, a file.
    let other = place.join("newswire-demo-other");
    std::fs::create_dir(&other).expect("a folder");
    std::fs::copy(made.join("demo.db"), other.join("demo.db")).expect("a copy");
    std::fs::write(other.join("notes.txt"), "mine").expect("a file");
    std::os::unix::fs::symlink(&other, place.join("newswire-demo-link")).expect("a link");
    std::fs::write(place.join("newswire-demo-file"), "").expect("a file");
    let cleaned = run(&["demo", "--clean"]).exits(0).says("notes.txt in it is not a demo's");
    assert_eq!(cleaned.stdout, format!("removed {}\n", made.display()));
    assert_eq!(names(), ["newswire-demo-file", "newswire-demo-link", "newswire-demo-other"]);
    assert!(other.join("demo.db").exists() && other.join("notes.txt").exists());

    // In a folder that somebody has named, the demo's files only.
    let chosen = demo.folder.display().to_string();
    demo.play();
    std::fs::write(demo.folder.join("notes.txt"), "mine").expect("a file");
    run(&["demo", "--clean", &chosen]).exits(0);
    let left: Vec<_> =
        std::fs::read_dir(&demo.folder).expect("a folder").map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    // Where no demo was, nothing is one's, and nothing is written over.
    std::fs::write(demo.folder.join("demo.db"), "mine").expect("a file");
    run(&["demo", "--clean", &chosen]).exits(1).says("no demo has been run in it");
    run(&["demo", &chosen]).exits(1).says("is there already");
    assert_eq!(std::fs::read(demo.folder.join("demo.db")).expect("a file"), b"mine");
}

#[test]
fn the_papers_that_go_on_have_pages_and_sources_like_the_others() {
    let began_at = "2026-03-02T09:17:42Z".parse().expect("a timestamp");
    let content = DemoContent::that_goes_on(began_at);
    let sites = content.sites();
    assert_eq!((sites.len(), content.expected().len()), (7, 55));
    for source in SOURCES.iter().chain(&LATER_SOURCES) {
        let (host, path) = source.url["http://".len()..].split_once('/').expect("an address with a path");
        let site = sites.iter().find(|site| site.host() == host).expect("the source's site");
        assert!(site.resource(&format!("/{path}")).is_some(), "{}", source.url);
    }
}
