//! What `run` and one-shot work show on a terminal while they are at it.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, send_signal, web_of};
use crate::newsweb::faults;
use crate::pty::{Terminal, screen};

const PATIENCE: Duration = Duration::from_secs(30);

fn at_terminal(room: &Newsroom, columns: u16, arguments: &[&str]) -> Terminal {
    let mut command = room.command(arguments);
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("COLUMNS");
    Terminal::start(command, columns, 40)
}

/// Ends the daemon as Ctrl-C does, and returns what it has written until its end.
fn interrupt(terminal: Terminal) -> String {
    send_signal(terminal.id(), "INT");
    let (code, written) = terminal.end();
    assert_eq!(code, Some(0), "{written}");
    written
}

/// A paper with two articles, one of which has a headline that would clear the screen, and a feed that is not there yet.
fn papers() -> Vec<Site> {
    let hostile =
        faults::article_html("Long \u{1b}[2J headline").replace("<h1>Long", &format!("<h1>{} Long", "Very".repeat(40)));
    vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a", "http://paper.example/b"]))
            .with("/a", Resource::html(hostile.clone()))
            .with("/b", Resource::html(hostile)),
        Site::new("broken.example").with("/feed", faults::failing(503)),
    ]
}

#[test]
fn a_daemon_on_a_terminal_says_what_happens_above_a_line_of_totals() {
    for columns in [50, 80, 140] {
        let web = web_of(papers());
        let mut room = Newsroom::reading(&web);
        room.hurry();
        room.follow("paper", "http://paper.example/feed", Some("feed"));
        room.follow("broken", "http://broken.example/feed", Some("feed"));
        let terminal = at_terminal(&room, columns, &["run"]);
        terminal.wait_for("2 new");
        terminal.wait_for("the server answ");
        // Fails some more times, which is not told again.
        room.wait_for(PATIENCE, "SELECT failures_in_a_row >= 3 FROM _source_schedule WHERE error IS NOT NULL", "1");
        assert!(web.put("broken.example", "/feed", feed(&[])));
        terminal.wait_for("recovered");
        terminal.wait_for("2 articles");
        let sent = interrupt(terminal);
        let lines = screen(&sent);
        let with = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
        assert_eq!((with("2 new"), with("the server answ"), with("recovered")), (1, 1, 1), "{lines:#?}");
        assert_eq!(with(" · "), 0, "the line of totals is gone: {lines:#?}");
        assert!(lines.iter().any(|line| line.contains("stopped after") && line.contains("2 articles")), "{lines:#?}");
        let of_ours = lines.iter().filter(|line| !line.contains(" INFO ") && !line.contains(" WARN "));
        assert!(of_ours.clone().all(|line| line.chars().count() <= usize::from(columns)), "{lines:#?}");
        assert!(!sent.contains("\u{1b}[2J"), "{sent:?}");
        assert!(sent.contains("\u{1b}[31m"), "a failure is red: {sent:?}");
    }
}

#[test]
fn what_a_terminal_shows_follows_the_options() {
    let web = web_of(papers());
    let mut room = Newsroom::reading(&web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    // As before: the log.
    let piped = room.start();
    piped.wait_to_say("source paper: 2 new, 0 known");
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "2");
    let piped = piped.stop().exits(0).stderr;
    assert!(!piped.contains('\u{1b}') && !piped.contains(" · "), "{piped}");
    for (options, has_log, has_totals, has_colors) in [
        (&["-v", "run"][..], true, true, true),
        (&["-q", "run"], false, false, false),
        (&["--log-format", "json", "run"], true, false, false),
        (&["--color", "never", "run"], false, true, false),
    ] {
        let terminal = at_terminal(&room, 80, options);
        let is_at_work = "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL";
        room.wait_for(PATIENCE, is_at_work, "1");
        if has_totals {
            terminal.wait_for("1 source · ");
        }
        if has_log {
            terminal.wait_for("started");
        }
        room.run(&["sources", "poll", "--wait", "paper"]).exits(0);
        let sent = interrupt(terminal);
        assert_eq!(sent.contains(" · "), has_totals, "{options:?}: {sent:?}");
        assert_eq!(
            sent.contains("source paper is unchanged") || sent.contains("\"level\""),
            has_log,
            "{options:?}: {sent:?}"
        );
        let is_colored = sent.contains("\u{1b}[2m") || sent.contains("\u{1b}[32m");
        assert_eq!(is_colored, has_colors, "{options:?}: {sent:?}");
    }
}

#[test]
fn a_bar_has_counts_and_names_what_is_slow_and_work_of_a_moment_has_none() {
    let slow = Site::new("slow.example").with("/story", faults::slow(Duration::from_secs(5)));
    let web = web_of([papers(), vec![slow]].concat());
    let room = Newsroom::reading(&web);
    let terminal = at_terminal(&room, 100, &["fetch", "http://slow.example/story"]);
    terminal.wait_for("waiting for slow.example (3 s)");
    terminal.wait_for("1 new article");
    let sent = terminal.written();
    let lines = screen(&sent);
    assert!(sent.contains("fetching") && sent.contains("/s  "), "{sent:?}");
    assert!(!lines.iter().any(|line| line.contains("fetching")), "{lines:#?}");
    let terminal = at_terminal(&room, 100, &["export", "--out", "articles.jsonl"]);
    terminal.wait_for("1 article in");
    assert!(!terminal.written().contains("exporting"), "{:?}", terminal.written());
    // In a pipe there is none, however long it takes.
    let piped = room.run(&["fetch", "http://slow.example/story"]).exits(0);
    assert!(!piped.stderr.contains("fetching"), "{}", piped.stderr);
}
