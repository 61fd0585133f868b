//! Everything that goes wrong on the net, one site each: what is written down of it, when it is tried again, and that
//! nobody else is kept from their turn.

use std::time::Duration;

use newswire::demo::web::{Refusal, Resource, Site};

use crate::harness::{Newsroom, feed, rss, web_of};
use crate::newsweb::faults;

/// When a try that failed is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// After the usual wait, 300 seconds.
    Backoff,
    /// When the server said, in seconds.
    After(i64),
    /// Not at all.
    Never,
}

struct Case {
    name: &'static str,
    resource: Resource,
    class: &'static str,
    /// A part of the reason, by which a person can tell what happened.
    reason: &'static str,
    next: Next,
}

fn case(name: &'static str, resource: Resource, class: &'static str, reason: &'static str, next: Next) -> Case {
    Case { name, resource, class, reason, next }
}

/// Faults that look the same to a feed and to a page.
fn common_cases() -> Vec<Case> {
    use Next::{After, Backoff, Never};
    let in_a_while = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(200);
    let http_date = jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&in_a_while)
        .expect("a date of our time");
    let redirects = |to: &str| Resource::redirect(302, to);
    vec![
        case("hanging", faults::hanging(), "timeout", "for 1 s (fetch.read_timeout_s)", Backoff),
        case(
            "too-slow",
            faults::slow(Duration::from_secs(30)),
            "timeout",
            "nothing came from too-slow.example",
            Backoff,
        ),
        // Never silent for long, and never done.
        case(
            "dripping",
            faults::dripping(16, Duration::from_millis(100)),
            "timeout",
            "within 3 s (fetch.total_",
            Backoff,
        ),
        case("cut-off", faults::cut_off(), "short-body", "broke off after", Backoff),
        case("cut-off-in-chunks", faults::cut_off_in_chunks(), "short-body", "broke off after", Backoff),
        case("closing-at-once", faults::closing_at_once(), "connect", "broke", Backoff),
        case("not-http", faults::not_http(), "header", "no HTTP", Backoff),
        case("too-short", faults::announcing(90_000, "<p>Short</p>"), "short-body", "after 12 bytes", Backoff),
        case("broken-gzip", faults::broken_gzip(), "coding", "cannot be unpacked", Backoff),
        case("status-500", faults::failing(500), "5xx", "500", Backoff),
        case("status-503", faults::failing(503), "5xx", "503", Backoff),
        case("status-451", faults::failing(451), "4xx", "451", Never),
        // A feed may be faster than the servers of its site.
        case("status-403", faults::failing(403), "4xx", "403", Backoff),
        case("status-404", faults::failing(404), "4xx", "404", Backoff),
        case("busy-429", faults::failing(429), "4xx", "429", Backoff),
        case("busy-seconds", faults::refusing_at_first(99, "200"), "4xx", "429, try again in 200 s", After(200)),
        case("busy-date", faults::refusing_at_first(99, &http_date), "4xx", "429, try again in", After(200)),
        case("busy-503", faults::refusing_with(503, 99, Some("200")), "5xx", "503, try again in 200 s", After(200)),
        case("circle", redirects("/thing"), "redirect", "circle", Never),
        case("long-way", redirects("/way/1"), "redirect", "more than 5 redirects", Never),
        case("nowhere", Resource::redirect(302, ""), "redirect", "without saying where", Never),
        case("to-a-file", redirects("file:///etc/passwd"), "redirect", "cannot be followed", Never),
        case("endless", faults::endless(), "too-large", "larger than 200000 bytes", Never),
        case("bomb", faults::gzip_bomb(), "too-large", "larger than 200000 bytes", Never),
    ]
}

/// The sites of cases, each on a host of its own, with the thing itself at `/thing`.
fn sites(cases: &[Case]) -> Vec<Site> {
    let site = |case: &Case| {
        let ways = (1..=8).fold(Site::new(&host(case)), |site, n| {
            site.with(&format!("/way/{n}"), Resource::redirect(302, &format!("/way/{}", n + 1)))
        });
        ways.with("/thing", case.resource.clone())
    };
    cases.iter().map(site).collect()
}

fn host(case: &Case) -> String {
    format!("{}.example", case.name)
}

fn url(case: &Case) -> String {
    format!("http://{}/thing", host(case))
}

fn limited(room: &mut Newsroom) {
    room.set(&[
        ("fetch.read_timeout_s", "1"),
        ("fetch.total_timeout_s", "3"),
        ("fetch.page_bytes_max", "200000"),
        ("fetch.feed_bytes_max", "200000"),
        ("daemon.poll_tasks", "64"),
        ("daemon.article_tasks", "64"),
    ]);
}

/// Seconds from the end of the last try to the next, as the table of `due` says.
fn check_next(case: &Case, seconds_to_next: &str, fallback: i64) {
    let seconds = match case.next {
        // A source is asked again whatever happened: its owner may mend it.
        Next::Never if fallback == 0 => {
            assert_eq!(seconds_to_next, "NULL", "{}", case.name);
            return;
        }
        Next::Never => fallback,
        Next::Backoff => 300,
        Next::After(seconds) => seconds,
    };
    let found: f64 = seconds_to_next.parse().unwrap_or_else(|_| panic!("{}: {seconds_to_next}", case.name));
    // The exchange's start is on record and not its end; a date has whole seconds.
    #[expect(clippy::cast_precision_loss, reason = "hundreds of seconds")]
    let late = found - seconds as f64;
    assert!((-12.0..=12.0).contains(&late), "{}: next try in {found} s, expected {seconds}", case.name);
}

#[test]
fn a_feed_that_fails_is_told_and_scheduled_and_the_others_go_on() {
    let mut cases = common_cases();
    let page = faults::article_html("A page");
    let cut = rss(&["http://sound.example/thing"]);
    let xml = |body: &str| Resource::new("application/rss+xml", body.to_owned());
    cases.extend([
        case("garbage", faults::garbage(), "parse", "", Next::Backoff),
        case("empty-body", xml(""), "empty", "", Next::Backoff),
        case("blank-body", xml(" \n\n "), "empty", "", Next::Backoff),
        case("page-as-feed", Resource::html(page.clone()), "parse", "HTML", Next::Backoff),
        case("page-called-feed", xml(&page), "parse", "HTML", Next::Backoff),
    ]);
    let gone = case("gone", faults::failing(410), "4xx", "410", Next::Never);
    let mut served = sites(&cases);
    served.extend(sites(std::slice::from_ref(&gone)));
    served.push(
        Site::new("sound.example")
            .with("/feed", feed(&["http://sound.example/thing"]))
            .with("/thing", Resource::html(page)),
    );
    // Slow, but not too slow; and whole entries before the cut are read.
    served.push(Site::new("patient.example").with("/thing", feed(&[]).delay(Duration::from_millis(400))));
    let whole_entry = cut.find("</item>").expect("an entry") + "</item>".len();
    served.push(Site::new("cut.example").with("/thing", xml(&format!("{}<item><title>Ha", &cut[..whole_entry]))));
    served.push(Site::new("cut-early.example").with("/thing", xml(&cut[..60])));
    let web = web_of(served);
    let mut room = Newsroom::reading(&web);
    limited(&mut room);
    for case in cases.iter().chain([&gone]) {
        room.follow(case.name, &url(case), Some("feed"));
    }
    room.follow("sound", "http://sound.example/feed", Some("feed"));
    room.follow("patient", "http://patient.example/thing", Some("feed"));
    room.follow("cut", "http://cut.example/thing", Some("feed"));
    room.follow("cut-early", "http://cut-early.example/thing", Some("feed"));

    let outcome = room.run(&["fetch", "--all"]).exits(3);
    for case in cases.iter().chain([&gone]) {
        let row = room.table(&format!(
            "SELECT fetches.error_class, fetches.error, health.error_class, health.error, health.failures_in_a_row,
                    unixepoch(health.next_due_at) - unixepoch(fetches.started_at), health.state
             FROM source_health AS health LEFT JOIN fetches ON fetches.id =
                 (SELECT max(id) FROM fetches AS last WHERE last.source_id = health.source_id)
             WHERE slug = '{}'",
            case.name
        ));
        let row = &row[0];
        assert_eq!(row[0], case.class, "{}: {}", case.name, row[1]);
        assert!(!row[1].is_empty() && row[1].contains(case.reason), "{}: {}", case.name, row[1]);
        assert_eq!(row[2..5], [row[0].as_str(), row[1].as_str(), "1"], "{}", case.name);
        assert!(outcome.stderr.contains(&format!("newswire: {} ({})", case.name, url(case))), "{}", case.name);
        if case.name == "gone" {
            assert_eq!(row[5..], ["NULL", "gone"]);
        } else {
            check_next(case, &row[5], 300);
            assert_eq!(row[6], "active", "{}", case.name);
        }
    }
    let well = room.column("SELECT slug FROM source_health WHERE error IS NULL ORDER BY slug");
    assert_eq!(well, ["cut", "cut-early", "patient", "sound"]);
    for slug in ["cut", "cut-early"] {
        assert_ne!(room.value(&format!("SELECT problems FROM source_health WHERE slug = '{slug}'")), "[]");
        assert!(outcome.stderr.contains(&format!("newswire: {slug}: ")), "{}", outcome.stderr);
    }
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1);
    room.assert_sound();

    // What is gone is not asked for again, neither by --all nor by --due.
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(web.stats("gone.example").count("/thing"), 1);
    let gone = room.run(&["sources", "ls"]).exits(0);
    assert!(gone.cells().iter().any(|cells| cells[0] == "gone" && cells[2] == "gone"), "{}", gone.stdout);
}

#[test]
fn a_page_that_fails_is_told_and_scheduled_and_the_others_go_on() {
    let mut cases = common_cases();
    let short = "<!doctype html><title>Nothing here</title><p>Nothing here.</p>";
    cases.extend([
        case("cut-gzip", faults::cut_gzip(), "short-body", "ends early", Next::Backoff),
        case("garbage", faults::garbage(), "parse", "binary data", Next::Backoff),
        case("empty-body", Resource::html(""), "not-article", "", Next::Backoff),
        case("hardly-a-page", Resource::html(short), "not-article", "", Next::Backoff),
        case("gone", faults::failing(410), "4xx", "410", Next::Backoff),
        case("feed-as-page", feed(&[]), "not-article", "feed", Next::Backoff),
        // Announced shorter than it is: what was announced is the page, and there is nothing on it.
        case("too-long", faults::announcing(20, &faults::article_html("Long")), "not-article", "", Next::Backoff),
    ]);
    let mut served = sites(&cases);
    let urls: Vec<String> = cases.iter().map(url).chain(["http://sound.example/thing".to_owned()]).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    served.push(
        Site::new("sound.example")
            .with("/feed", feed(&urls))
            .with("/thing", Resource::html(faults::article_html("A page"))),
    );
    let web = web_of(served);
    let mut room = Newsroom::reading(&web);
    limited(&mut room);
    room.follow("sound", "http://sound.example/feed", Some("feed"));

    let outcome = room.run(&["fetch", "--all"]).exits(3);
    for case in &cases {
        let row = room.table(&format!(
            "SELECT fetches.error_class, fetches.error, _links.failures_in_a_row,
                    _links.due_at / 1000.0 - unixepoch(fetches.started_at)
             FROM _links LEFT JOIN fetches ON fetches.id = (
                 SELECT max(last.id) FROM fetches AS last
                 WHERE last.url LIKE 'http://{0}/%' AND last.purpose = 'article')
             WHERE _links.url = '{1}'",
            host(case),
            url(case)
        ));
        let row = &row[0];
        assert_eq!(row[0], case.class, "{}: {}", case.name, row[1]);
        assert!(!row[1].is_empty() && row[1].contains(case.reason), "{}: {}", case.name, row[1]);
        assert_eq!(row[2], "1", "{}", case.name);
        check_next(case, &row[3], 0);
        assert!(outcome.stderr.contains(&format!("newswire: {}", url(case))), "{}", case.name);
        // `show` knows why there is nothing to show.
        if matches!(case.name, "status-500" | "status-404") {
            room.run(&["show", &url(case)]).exits(1).says(&row[1]);
        }
    }
    assert_eq!(room.table("SELECT title FROM articles"), [["A page"]]);
    room.assert_sound();
}

#[test]
fn a_host_that_is_busy_for_a_moment_is_waited_for() {
    const URL: &str = "http://busy.example/thing";
    let web = web_of(vec![Site::new("busy.example").with("/thing", faults::refusing_at_first(1, "1"))]);
    let room = Newsroom::reading(&web);
    // The first answer was a failure, the second try within the same command was not.
    room.run(&["fetch", URL]).exits(3).says("try again in 1 s");
    assert_eq!(room.table("SELECT title FROM articles"), [["A busy page"]]);
    assert_eq!(room.column(&format!("SELECT status FROM fetches WHERE url = '{URL}'")), ["429", "200"]);
    let stats = web.stats("busy.example");
    let tries: Vec<Duration> =
        stats.requests.iter().filter(|request| request.path == "/thing").map(|request| request.started).collect();
    assert!(tries[1] >= tries[0] + Duration::from_secs(1), "{tries:?}");
}

#[test]
fn where_nothing_can_be_fetched_the_command_has_failed() {
    for (resource, class) in [(faults::failing(500), "5xx"), (faults::hanging(), "timeout"), (faults::garbage(), "")] {
        let web = web_of(vec![Site::new("broken.example").with("/thing", resource)]);
        let mut room = Newsroom::reading(&web);
        limited(&mut room);
        room.run(&["fetch", "http://broken.example/thing"]).exits(1).says(class);
        room.run(&["extract", "http://broken.example/thing"]).exits(1).says("broken.example/thing");
        room.run(&["sources", "test", "http://broken.example/thing"]).exits(1);
    }
    let room = Newsroom::new();
    room.run(&["fetch", "http://no-such-host.invalid/thing"]).exits(1).says("cannot be resolved");
}

#[test]
fn a_robots_txt_that_cannot_be_read_means_later_and_not_yes() {
    let page = Resource::html(faults::article_html("Behind it"));
    let refusal = Refusal { status: 503, retry_after: None, n_times: 99 };
    let robots = Resource::new("text/plain", "User-agent: *\nAllow: /\n").refusal(refusal);
    let web = web_of(vec![Site::new("shy.example").with("/robots.txt", robots).with("/thing", page)]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://shy.example/thing"]).exits(77).says("robots.txt of shy.example cannot be read");
    assert_eq!(web.stats("shy.example").count("/thing"), 0);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 1);
}
