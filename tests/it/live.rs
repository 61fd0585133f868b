//! What `run` and one-shot work show on a terminal while they are at it.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Daemon, Newsroom, Outcome, at_terminal, feed, screen, wait_until, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

/// A program at a terminal, and what it was sent so far.
struct AtTerminal<'a> {
    room: &'a Newsroom,
    daemon: Daemon,
    transcript: &'a str,
}

impl AtTerminal<'_> {
    fn start<'a>(room: &'a Newsroom, columns: usize, arguments: &str, transcript: &'a str) -> Option<AtTerminal<'a>> {
        let daemon = Daemon::start(at_terminal(room, columns, arguments, transcript)?);
        Some(AtTerminal { room, daemon, transcript })
    }

    /// What it was sent, without what `script` says itself.
    fn sent(&self) -> String {
        let bytes = std::fs::read(self.room.path(self.transcript)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let text = text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        text.split("\nScript done").next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn wait_to_show(&self, text: &str) {
        let is_shown = wait_until(PATIENCE, || self.sent().contains(text));
        assert!(is_shown, "{text:?} is not in {}", self.sent());
    }

    /// Ends the daemon as Ctrl-C does, and returns what it was sent until its end.
    fn interrupt(self) -> (Outcome, String) {
        let id = self.room.number("SELECT pid FROM _daemon");
        crate::harness::send_signal(u32::try_from(id).expect("a process"), "INT");
        let (room, transcript) = (self.room, self.transcript);
        let outcome = self.daemon.end();
        let sent = AtTerminal { room, daemon: room.start_with(&["--version"]), transcript }.sent();
        (outcome, sent)
    }
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
        let Some(terminal) = AtTerminal::start(&room, columns, "run", "transcript") else { return };
        terminal.wait_to_show("2 new");
        terminal.wait_to_show("the server answ");
        // Fails some more times, which is not told again.
        room.wait_for(PATIENCE, "SELECT failures_in_a_row >= 3 FROM _source_schedule WHERE error IS NOT NULL", "1");
        assert!(web.put("broken.example", "/feed", feed(&[])));
        terminal.wait_to_show("recovered");
        terminal.wait_to_show("2 articles");
        let (outcome, sent) = terminal.interrupt();
        outcome.exits(0);
        let lines = screen(&sent);
        let with = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
        assert_eq!((with("2 new"), with("the server answ"), with("recovered")), (1, 1, 1), "{lines:#?}");
        assert_eq!(with(" · "), 0, "the line of totals is gone: {lines:#?}");
        assert!(lines.iter().any(|line| line.contains("stopped after") && line.contains("2 articles")), "{lines:#?}");
        let of_ours = lines.iter().filter(|line| !line.contains(" INFO ") && !line.contains(" WARN "));
        assert!(of_ours.clone().all(|line| line.chars().count() <= columns), "{lines:#?}");
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
        ("-v run", true, true, true),
        ("-q run", false, false, false),
        ("--log-format json run", true, false, false),
        ("--color never run", false, true, false),
    ] {
        let Some(terminal) = AtTerminal::start(&room, 80, options, "transcript") else { return };
        let is_at_work = "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL";
        room.wait_for(PATIENCE, is_at_work, "1");
        if has_totals {
            terminal.wait_to_show("1 source · ");
        }
        if has_log {
            terminal.wait_to_show("started");
        }
        room.run(&["sources", "poll", "--wait", "paper"]).exits(0);
        let (outcome, sent) = terminal.interrupt();
        outcome.exits(0);
        assert_eq!(sent.contains(" · "), has_totals, "{options}: {sent:?}");
        assert_eq!(
            sent.contains("source paper is unchanged") || sent.contains("\"level\""),
            has_log,
            "{options}: {sent:?}"
        );
        let is_colored = sent.contains("\u{1b}[2m") || sent.contains("\u{1b}[32m");
        assert_eq!(is_colored, has_colors, "{options}: {sent:?}");
    }
}

#[test]
fn a_bar_has_counts_and_names_what_is_slow_and_work_of_a_moment_has_none() {
    let slow = Site::new("slow.example").with("/story", faults::slow(Duration::from_secs(5)));
    let web = web_of([papers(), vec![slow]].concat());
    let room = Newsroom::reading(&web);
    let Some(terminal) = AtTerminal::start(&room, 100, "fetch http://slow.example/story", "slow") else { return };
    terminal.wait_to_show("waiting for slow.example (3 s)");
    terminal.wait_to_show("1 new article");
    let sent = terminal.sent();
    let lines = screen(&sent);
    assert!(sent.contains("fetching") && sent.contains("/s  "), "{sent:?}");
    assert!(!lines.iter().any(|line| line.contains("fetching")), "{lines:#?}");
    let Some(terminal) = AtTerminal::start(&room, 100, "export --out articles.jsonl", "quick") else { return };
    terminal.wait_to_show("1 article in");
    assert!(!terminal.sent().contains("exporting"), "{:?}", terminal.sent());
    // In a pipe there is none, however long it takes.
    let piped = room.run(&["fetch", "http://slow.example/story"]).exits(0);
    assert!(!piped.stderr.contains("fetching"), "{}", piped.stderr);
}
