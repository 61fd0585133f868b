//! Addresses as people paste them, taken alike by every command; and lists of them.

use std::path::Path;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

fn paper() -> (Newsroom, NewsWeb) {
    let site = Site::new("paper.example")
        .with(
            "/",
            Resource::html(
                "<title>The paper</title><link rel=alternate type=application/rss+xml href=/feed><a href=/a>A</a>",
            ),
        )
        .with("/feed", feed(&["http://paper.example/a"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")))
        .with("/b", Resource::html(faults::article_html("What else the paper has").replace("committee", "assembly")))
        .with("/gone", faults::failing(404))
        .with("/broken", faults::failing(500))
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /private/\n"))
        .with("/private/", Resource::html(faults::article_html("Private")));
    let web = web_of(vec![site]);
    (Newsroom::reading(&web), web)
}

/// The forms in which people paste an address. The paper speaks http alone, so that one without a scheme is tried.
fn forms(rest: &str) -> Vec<String> {
    vec![
        format!("http://{rest}"),
        rest.to_owned(),
        format!(" <http://{rest}> "),
        format!("feed:http://{rest}"),
        format!("feed://{rest}"),
        format!("http://{rest}#comments"),
        format!("HTTP://{rest}\n"),
    ]
}

#[test]
fn every_command_takes_an_address_as_it_is_pasted() {
    for form in forms("paper.example/feed") {
        let (room, _web) = paper();
        let added = room.run(&["sources", "add", &form]).exits(0);
        assert_eq!(added.cells()[0][1..], ["http://paper.example/feed", "followed from now on"], "{form:?}");
        for arguments in [&["sources", "show"][..], &["sources", "pause"], &["sources", "resume"], &["sources", "test"]]
        {
            room.run(&[arguments, &[&form]].concat()).exits(0);
        }
        let fetched = room.run(&["fetch", &form]).exits(0);
        assert_eq!(fetched.cells().len(), 1, "{form:?}: {}", fetched.stderr);
        assert_eq!(room.number("SELECT count(*) FROM sources"), 1, "{form:?}");
        assert_eq!(room.run(&["ls", "--source", &form]).exits(0).cells().len(), 1, "{form:?}");
        room.run(&["sources", "rm", &form]).exits(0);
        let found = room.run(&["discover", &form]).exits(0);
        assert_eq!(found.cells()[0][0], "http://paper.example/feed", "{form:?}");
        assert_eq!(room.run(&["sources", "test", &form]).exits(0).stdout.matches("paper.example/a").count(), 1);
    }
    for form in forms("paper.example/a") {
        let (room, _web) = paper();
        room.run(&["fetch", &form]).exits(0);
        assert_eq!(room.value("SELECT title FROM articles"), "What the paper has", "{form:?}");
        assert!(room.run(&["show", &form]).exits(0).stdout.contains("What the paper has"), "{form:?}");
        assert!(room.run(&["why", &form]).exits(0).stdout.contains("What the paper has"), "{form:?}");
        let extracted = room.run(&["extract", &form]).exits(0).json_lines();
        assert_eq!(extracted[0]["title"], "What the paper has", "{form:?}");
    }
    // Other schemes are none that anything can be had by, whoever is asked.
    let (room, _web) = paper();
    room.run(&["fetch", "paper.example/feed"]).exits(0);
    for arguments in [&["sources", "add"][..], &["discover"], &["fetch"], &["why"], &["show"], &["sources", "test"]] {
        room.run(&[arguments, &["ftp://paper.example/"]].concat()).exits(2).says("must begin with http:// or https://");
    }
}

#[test]
fn a_source_or_a_file_goes_before_an_address() {
    let (room, web) = paper();
    room.run(&["sources", "add", "http://paper.example/feed", "--slug", "news.org"]).exits(0);
    room.run(&["fetch", "news.org"]).exits(0);
    assert_eq!(web.stats("paper.example").count("/a"), 1);
    room.run(&["sources", "show", "news.o"]).exits(0);
    // A file is a file, though its name may be read as an address; so is one that is missing in a folder that is there.
    room.file("paper.example/a", faults::article_html("What the file has"));
    let extracted = room.run(&["extract", "paper.example/a"]).exits(0).json_lines();
    assert_eq!(extracted[0]["title"], "What the file has");
    room.run(&["extract", "paper.example/b"]).exits(1).says("No such file");
    room.run(&["extract", "page.html"]).exits(1).says("No such file");
    room.run(&["show", "page.html"]).exits(2).says("neither an id nor an address");
}

#[test]
fn what_cannot_be_had_is_not_followed_without_a_word() {
    let (room, web) = paper();
    room.run(&["sources", "add", "http://paper.example/gone"]).exits(3).says("is not followed: ").says("404");
    room.run(&["sources", "add", "http://paper.example/no-such/feed"]).exits(3).says("404");
    room.run(&["sources", "add", "http://paper.example/private/"]).exits(77).says("robots.txt");
    room.run(&["sources", "add", "http://10.0.0.1/feed"]).exits(77).says("is not followed: ");
    room.run(&["sources", "add", "http://paper.example/no-such", "--kind", "page"]).exits(3).says("404");
    assert!(!room.database().exists(), "nothing is followed");
    room.run(&["discover", "http://paper.example/gone"]).exits(1).says("404");
    room.run(&["discover", "http://paper.example/private/"]).exits(77).says("robots.txt");
    // What may pass is followed, and it is said.
    let added = room.run(&["sources", "add", "http://paper.example/broken"]).exits(0);
    assert!(added.stderr.contains("500") && added.stderr.contains("followed all the same"), "{}", added.stderr);
    assert_eq!(added.cells()[0][2], "followed from now on");
    // Whoever knows better is believed, and nothing is asked for.
    let before = web.stats("paper.example").count("/gone");
    let added = room.run(&["sources", "add", "--force", "http://paper.example/gone"]).exits(0);
    assert_eq!(added.cells()[0][2], "followed from now on");
    assert_eq!(web.stats("paper.example").count("/gone"), before);
    // What is followed already is not asked for again.
    let added = room.run(&["sources", "add", "http://paper.example/gone"]).exits(0);
    assert_eq!(added.cells()[0][2], "was followed already");
}

fn n_requests(web: &NewsWeb) -> usize {
    ["/", "/feed", "/a", "/b", "/robots.txt"].iter().map(|path| web.stats("paper.example").count(path)).sum()
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_is_asked_for() {
    let (room, web) = paper();
    let full = room.file("full/notes.txt", "Notes");
    let full = Path::new(&full).parent().expect("a folder").display().to_string();
    let bundle = room.file("bundle/000_0123456789abcdef.txt", "T\n\n\n");
    let bundle = Path::new(&bundle).parent().expect("a folder").display().to_string();
    let file = room.file("file", "");
    for (folder, reason) in [
        (full, "is not empty"),
        (bundle, "is not empty"),
        (file.clone(), "is a file"),
        (format!("{file}/within"), "/file"),
        ("/proc/no/bundle".to_owned(), "/proc"),
    ] {
        let outcome = room.run(&["fetch", "http://paper.example/a", "--out", &folder]).exits(1);
        assert!(outcome.stderr.contains(reason), "{folder}: {}", outcome.stderr);
    }
    assert_eq!(n_requests(&web), 0);
    let good = room.path("new/bundle").display().to_string();
    room.run(&["fetch", "http://paper.example/a", "--out", &good]).exits(0);
    assert_eq!(std::fs::read_dir(&good).expect("a folder").count(), 1);
}

#[test]
fn addresses_come_from_lists_too() {
    let (room, _web) = paper();
    let list = "# what to read\n\nhttp://paper.example/a\nnot an address\n  paper.example/b  # the other\nhttp://paper.example/a\n";
    let file = room.file("list.txt", list);
    let outcome = room.run(&["fetch", &format!("@{file}")]).exits(3);
    assert!(outcome.stderr.contains("list.txt:4: no source \"not an address\""), "{}", outcome.stderr);
    assert_eq!(outcome.cells().len(), 2, "{}", outcome.stdout);
    let piped = Newsroom::new();
    drop(piped);
    let (room, _web) = paper();
    room.run_with_input(&["fetch", "-"], list.as_bytes()).exits(3).says("standard input:4: ");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 2);
    room.run_with_input(&["fetch", "-"], b"# nothing\n").exits(0).says("nothing is named there");
    room.run(&["fetch", "@no-such-list.txt"]).exits(1).says("no-such-list.txt");
    room.run_with_input(&["fetch", "-"], b"nothing of use\n").exits(1).says("standard input:1: ");
    // Nothing is asked for by an address that nobody wrote.
    room.run_with_input(&["fetch", "-"], b"http://paper.example/caf\xe9\n")
        .exits(1)
        .says("standard input:1: \"http://paper.example/caf\u{fffd}\" is not UTF-8");
    // Standard input is read once, however often it is named.
    room.run_with_input(&["fetch", "-", "-"], b"http://paper.example/a\n").exits(0);
}
