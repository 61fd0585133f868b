//! What changes after it was published: a change of wording is a revision, and nothing else is; what is taken away is
//! marked and does not come back as new.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newswire::config;
use newswire::dedup::{self, Known, Lookalikes};
use newswire::demo::web::{NewsWeb, Resource, Site};
use newswire::extract::Extractor;
use newswire::model::{Article, FetchedDocument, LinkHints, Verdict};
use newswire::normalize::Surroundings;
use newswire::pipeline;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::harness::{Newsroom, web_of};
use crate::newsweb::faults;

const HOST: &str = "paper.example";
const PAGE: &str = "http://paper.example/a";

/// A page, and the places of it that were edited: what stood there, and what stands there now.
struct Case {
    name: String,
    page: String,
    edits: Vec<(String, String)>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/revisions")
}

fn cases(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(fixtures().join(file)).expect("a fixture");
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.replace("\\n", "\n").replace("\\t", "\t");
        match (sign, cases.last_mut()) {
            ("#", _) => cases.push(Case { name: rest, page: String::new(), edits: Vec::new() }),
            ("page", Some(case)) => case.page = rest,
            ("-", Some(case)) => case.edits.push((rest, String::new())),
            ("+", Some(case)) => case.edits.last_mut().expect("a line with - comes first").1 = rest,
            _ => {}
        }
    }
    cases
}

/// The article of a page, as a look at it reads it: beside what the page says its headline of before is known.
fn read(html: &str, known_title: Option<&str>) -> Article {
    let url: url::Url = "http://paper.example/2026/11/story".parse().expect("an address");
    let extractor = Extractor::new(&config::defaults().extract);
    let hints = LinkHints { title: known_title.map(str::to_owned), ..LinkHints::default() };
    let document = FetchedDocument::from_file(html.as_bytes().to_vec(), url.clone());
    let surroundings = Surroundings { answered: Some(&url), hints: &hints, first_seen_at: None };
    pipeline::read_page(&extractor, &document, &hints, surroundings).expect("an article")
}

/// Reads each page before and after its edit, and checks what is made of the difference.
fn check(file: &str, expected: &Verdict) {
    let cases = cases(file);
    assert_eq!(cases.len(), 20, "{file}");
    let mut wrong = Vec::new();
    for case in &cases {
        let path = fixtures().join("pages").join(format!("{}.html", case.page));
        let before = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let after = case.edits.iter().fold(before.clone(), |html, (old, new)| {
            assert!(html.contains(old.as_str()), "{}: {old:?} is not in the page", case.name);
            html.replace(old, new)
        });
        assert_ne!(before, after, "{}", case.name);
        let old = read(&before, None);
        let known = Known {
            id: 1,
            title: old.title.clone(),
            body: old.body.clone(),
            body_kind: old.body_kind.as_str().to_owned(),
            day: None,
        };
        let new = read(&after, known.title.as_deref());
        let verdict = dedup::judge(&new, &Lookalikes { by_link: Some(known), ..Lookalikes::default() }).verdict;
        if verdict != *expected {
            wrong.push(format!("{}: {verdict:?}\n{}\n---\n{}", case.name, old.body, new.body));
        }
    }
    assert!(wrong.is_empty(), "{} of {} in {file}:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

#[test]
fn every_change_of_wording_is_a_revision() {
    check("changed.txt", &Verdict::Revision { article_id: 1 });
}

#[test]
fn a_change_of_furniture_is_none() {
    check("furniture.txt", &Verdict::Known { article_id: 1 });
}

/// A paper with a feed of these entries, each a path and a GUID, and a page for each of these paths.
fn paper(entries: &[(&str, &str)], pages: &[(&str, Resource)]) -> NewsWeb {
    let site = pages.iter().fold(Site::new(HOST), |site, (path, page)| site.with(path, page.clone()));
    web_of(vec![site.with("/feed", feed_of(entries))])
}

fn feed_of(entries: &[(&str, &str)]) -> Resource {
    let items = entries.iter().fold(String::new(), |mut items, (path, guid)| {
        let link = format!("<link>http://{HOST}{path}</link>");
        let _ = write!(items, "<item><title>T</title>{link}<guid isPermaLink=\"false\">{guid}</guid></item>");
        items
    });
    let body = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>");
    Resource::new("application/rss+xml; charset=utf-8", body)
}

/// What says that a page is an article.
const MARK: &str = "<meta property=\"og:type\" content=\"article\">";

/// An article without a date, whose text differs from that of others.
fn page(subject: &str, title: &str) -> Resource {
    let body = (1..=6).fold(String::new(), |mut body, n| {
        let _ = write!(
            body,
            "<p>In part {n} of its report the committee for {subject} tells what {subject} has cost in district {n}, who \
             paid for it, and why nobody had asked before the spring of that year.</p>"
        );
        body
    });
    let head = format!("<title>{title}</title>{MARK}</head><body><article><h1>{title}</h1>");
    Resource::html(format!("<!doctype html><html lang=\"en\"><head>{head}{body}</article></body></html>"))
}

fn following(web: &NewsWeb) -> Newsroom {
    let mut room = Newsroom::reading(web);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    room
}

/// Changes the database from outside, as its owner may.
fn change(room: &Newsroom, sql: &str) {
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a connection can be configured");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Lets the time of every look that is planned come.
fn let_time_pass(room: &Newsroom) {
    change(room, "UPDATE _links SET look_at = 1 WHERE look_at IS NOT NULL; UPDATE _hosts SET ready_at = 1");
}

const N_LOOKS: &str = "SELECT count(*) FROM _links WHERE look_at IS NOT NULL";
const REMOVED: &str = "SELECT removed_at IS NOT NULL FROM articles";

#[test]
fn a_page_is_looked_at_again_and_its_change_is_a_revision() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear"))]);
    let room = following(&web);
    let began = Instant::now();
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    // What is to be looked at in an hour is not waited for, and not looked at before.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(room.column("SELECT look_at - first_seen_at FROM _links"), ["3600000"]);
    room.run(&["fetch", "--due"]).exits(0).says("0 as they were");
    assert_eq!(web.stats(HOST).count("/a"), 1);

    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
    assert_eq!((web.stats(HOST).count("/a"), web.stats(HOST).n_not_modified()), (2, 1));
    assert_eq!(room.number(N_LOOKS), 1);

    assert!(web.put(HOST, "/a", page("bridges", "Bridges are cheap")));
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 revised");
    assert_eq!(room.table("SELECT title, revision FROM articles"), [["Bridges are cheap", "2"]]);
    room.assert_sound();
}

#[test]
fn looks_end_and_new_articles_go_before_them() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "A")), ("/b", page("tunnels", "B"))]);
    let mut room = following(&web);
    room.set(&[("schedule.look_again_after_s", "[60, 120]"), ("fetch.host_wait_max_ms", "0")]);
    room.run(&["fetch", "--all"]).exits(0);
    // The last step lies behind: after this look there is no other.
    change(&room, "UPDATE _links SET first_seen_at = first_seen_at - 121000");
    let_time_pass(&room);
    assert!(web.put(HOST, "/feed", feed_of(&[("/b", "2"), ("/a", "1")])));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (").says("1 as they were");
    assert_eq!(room.column("SELECT url FROM _links WHERE look_at IS NOT NULL"), ["http://paper.example/b"]);
    room.assert_sound();
}

#[test]
fn a_new_article_of_a_host_is_claimed_before_its_looks() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "A")), ("/b", page("tunnels", "B"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    let_time_pass(&room);
    // It came in by a poll whose process ended before it was fetched.
    change(
        &room,
        "INSERT INTO _links (url_key, url, host, due_at, first_seen_at)
         VALUES ('paper.example/b', 'http://paper.example/b', 'paper.example', 1000, 1000)",
    );
    room.run(&["fetch", "--due"]).exits(0).says("1 new article (").says("1 as they were");
    let fetched = room.column("SELECT url FROM fetches WHERE purpose = 'article' ORDER BY id");
    assert_eq!(fetched, [PAGE, "http://paper.example/b", PAGE]);
}

#[test]
fn a_daemon_looks_again_by_itself() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear"))]);
    let mut room = following(&web);
    room.hurry();
    room.set(&[("schedule.look_again_after_s", "[2, 4, 6]")]);
    let daemon = room.start();
    room.wait_for(Duration::from_secs(20), "SELECT title FROM articles", "Bridges are dear");
    assert!(web.put(HOST, "/a", page("bridges", "Bridges are cheap")));
    room.wait_for(Duration::from_secs(20), "SELECT title FROM articles", "Bridges are cheap");
    room.wait_for(Duration::from_secs(20), N_LOOKS, "0");
    let n_asked = web.stats(HOST).count("/a");
    assert!((2..=4).contains(&n_asked), "{n_asked}");
    daemon.stop().exits(0);
    assert_eq!(web.stats(HOST).count("/a"), n_asked);
    room.assert_sound();
}

#[test]
fn what_is_imported_or_old_or_the_feeds_own_is_not_looked_at() {
    let old = Resource::html(faults::article_html("It is dated the spring"));
    let web = paper(&[("/a", "1"), ("/old", "2")], &[("/a", page("bridges", "A")), ("/old", old)]);
    let mut room = following(&web);
    room.set(&[("schedule.look_again_after_s", "[]")]);
    room.run(&["fetch", "--all"]).exits(0).says("2 new articles");
    assert_eq!(room.number(N_LOOKS), 0, "the list of steps is empty");

    let mut room = following(&web);
    let lines = "{\"url\": \"http://paper.example/imported\", \"title\": \"I\", \"text\": \"It stood in a file.\"}\n";
    let file = room.file("articles.jsonl", lines);
    room.run(&["import", &file]).exits(0);
    room.run(&["fetch", "--all"]).exits(0).says("2 new articles");
    assert_eq!(room.column("SELECT url FROM _links WHERE look_at IS NOT NULL"), [PAGE]);

    room.write_sources("[[source]]\nslug = \"own\"\nurl = \"http://paper.example/own\"\nfull_text = \"feed\"\n");
    let text =
        "<p>The whole text stands in the entry, and its page is never asked for by anybody at all.</p>".repeat(3);
    let entry = format!(
        "<item><title>Own</title><link>http://{HOST}/c</link><description><![CDATA[{text}]]></description></item>"
    );
    let body = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>F</title>{entry}</channel></rss>");
    assert!(web.put(HOST, "/own", Resource::new("application/rss+xml", body)));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!(room.column("SELECT url FROM _links WHERE look_at IS NOT NULL"), [PAGE]);
    assert_eq!(web.stats(HOST).count("/c"), 0);
}

/// Fetches an article, changes its page, and looks at it until it is found to be gone.
fn check_removal(change_page: impl Fn(&NewsWeb), n_looks: usize) {
    let original = page("bridges", "Bridges are dear");
    let web = paper(&[("/a", "1")], &[("/a", original.clone()), ("/b", page("tunnels", "Tunnels are cheap"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    let before = room.table("SELECT id, title, body, revision FROM articles");
    change_page(&web);
    for look in 1..=n_looks {
        assert_eq!(room.number(REMOVED), 0, "before look {look}");
        let_time_pass(&room);
        let outcome = room.run(&["fetch", "--due"]);
        assert_eq!(outcome.stderr.contains("1 taken away"), look == n_looks, "{}", outcome.stderr);
    }
    assert_eq!(room.number(REMOVED), 1);
    assert_eq!(room.table("SELECT id, title, body, revision FROM articles"), before, "it is kept");
    let shown = room.run(&["show", PAGE]).exits(0);
    assert!(shown.cells().iter().any(|cells| cells[0] == "removed"), "{}", shown.stdout);
    // It is looked for twice more, and nobody is told the same again.
    for n_left in [1, 0] {
        assert_eq!(room.number(N_LOOKS), 1);
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
        assert_eq!((room.number(REMOVED), room.number(N_LOOKS)), (1, n_left));
    }

    // That the feed lists it again makes it no new one, under its old name or another.
    assert!(web.put(HOST, "/feed", feed_of(&[("/a", "1"), ("/a?from=feed", "9")])));
    room.run(&["fetch", "--all"]);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1);
    // It may come back.
    assert!(web.put(HOST, "/a", original));
    room.run(&["fetch", PAGE]).exits(0);
    assert_eq!(room.number(REMOVED), 0);
    assert_eq!(room.table("SELECT id, title, body, revision FROM articles"), before);
    room.assert_sound();
}

#[test]
fn an_article_that_was_gone_for_a_while_is_found_again() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    let disappear = || {
        assert!(web.remove(HOST, "/a"));
        for _ in 0..2 {
            let_time_pass(&room);
            room.run(&["fetch", "--due"]);
        }
        assert_eq!(room.number(REMOVED), 1);
        assert!(web.put(HOST, "/a", page("bridges", "Bridges are dear")));
    };
    // What is missing is given an hour, however quickly other failures are looked at again.
    disappear();
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
    assert_eq!(room.number(REMOVED), 0);
    // Or at once, for whoever knows that it is there.
    disappear();
    room.run(&["fetch", "--retry"]).exits(0).says("1 article due again");
    assert_eq!(room.number(REMOVED), 0);
    room.assert_sound();
}

#[test]
fn a_page_that_is_missing_is_given_an_hour() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    assert!(web.remove(HOST, "/a"));
    let_time_pass(&room);
    room.run(&["fetch", "--due"]);
    assert_eq!(room.column("SELECT look_at - gone_at >= 3600000 FROM _links"), ["1"]);
}

#[test]
fn what_is_gone_for_good_is_marked_at_once() {
    check_removal(|web| assert!(web.put(HOST, "/a", faults::failing(410))), 1);
}

#[test]
fn what_is_not_found_twice_is_marked() {
    check_removal(|web| assert!(web.remove(HOST, "/a")), 2);
}

#[test]
fn a_page_without_the_article_twice_is_marked() {
    let empty = "<!doctype html><title>Paper</title><nav><a href='/'>Home</a></nav><p>Not here.</p>";
    check_removal(|web| assert!(web.put(HOST, "/a", Resource::html(empty))), 2);
    let notice = "<!doctype html><title>Removed</title><article><h1>Removed</h1><p>The report that stood at this address \
        was taken down at the wish of those it spoke of, and after a look at the rules by which we work we have agreed that \
        it should not have been here at all.</p></article>";
    check_removal(|web| assert!(web.put(HOST, "/a", Resource::html(notice))), 2);
}

#[test]
fn trouble_on_the_way_marks_nothing() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "A"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    for status in [500, 403, 404, 503] {
        assert!(web.put(HOST, "/a", faults::failing(status)));
        let_time_pass(&room);
        room.run(&["fetch", "--due"]);
        assert_eq!(room.number(REMOVED), 0, "{status}");
        assert_eq!(room.number(N_LOOKS), 1, "{status}");
    }
    // One 404 is forgotten once the page was there again.
    for resource in [page("bridges", "A"), faults::failing(404)] {
        assert!(web.put(HOST, "/a", resource));
        let_time_pass(&room);
        room.run(&["fetch", "--due"]);
        assert_eq!(room.number(REMOVED), 0);
    }
    room.assert_sound();
}

#[test]
fn an_address_that_leads_to_another_article_makes_no_revision_of_it() {
    let web = paper(
        &[("/a", "1"), ("/b", "2")],
        &[("/a", page("bridges", "Bridges are dear")), ("/b", page("tunnels", "Tunnels are cheap"))],
    );
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0).says("2 new articles");
    assert!(web.put(HOST, "/a", Resource::redirect(302, "/b")));
    for is_believed in ["0", "1"] {
        let_time_pass(&room);
        room.run(&["fetch", "--due"]);
        assert_eq!(
            room.table("SELECT title, revision, removed_at IS NOT NULL FROM articles ORDER BY title"),
            [["Bridges are dear", "1", is_believed], ["Tunnels are cheap", "1", "0"]]
        );
    }
    room.assert_sound();
}

/// A page with a text of its own from its first word to its last.
fn lock_keeper(title: &str, head: &str) -> Resource {
    let text = [
        "Hanna Brekke has kept the lock of Ostervik since her father gave up the post, and on Friday she closed it for the last \
         time.",
        "Boats used to wait here for an hour, she remembers; whoever was late slept on board and bought fish from the boys.",
        "A pump house of concrete and glass does the work now, watched by two engineers who sit forty kilometres away.",
        "She keeps the house with the green door, the garden, and a bell that no skipper is going to ring again.",
    ];
    let body = text.iter().fold(String::new(), |body, paragraph| body + "<p>" + paragraph + "</p>");
    let head = format!("<title>{title}</title>{MARK}{head}</head><body><article><h1>{title}</h1>");
    Resource::html(format!("<!doctype html><html lang=\"en\"><head>{head}{body}</article></body></html>"))
}

/// Puts something else in the place of an article and looks at it twice; returns what is stored after each look.
fn displaced(before: &Resource, change_paper: impl Fn(&NewsWeb)) -> [Vec<Vec<String>>; 2] {
    let web = paper(&[("/77", "1"), ("/b", "2")], &[("/77", before.clone()), ("/b", page("tunnels", "Tunnels"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0).says("2 new articles");
    change_paper(&web);
    [(); 2].map(|()| {
        let_time_pass(&room);
        room.run(&["fetch", "--due"]);
        room.assert_sound();
        room.table(
            "SELECT title, revision, removed_at IS NOT NULL, url FROM articles WHERE title <> 'Tunnels' ORDER BY id",
        )
    })
}

#[test]
fn another_article_at_an_address_is_believed_when_it_is_seen_twice_and_takes_no_text_away() {
    let bridges = || page("bridges", "Bridges are dear");
    let row = |title: &str, revision: &str, is_removed: &str, path: &str| {
        [title.to_owned(), revision.to_owned(), is_removed.to_owned(), format!("http://{HOST}{path}")].to_vec()
    };
    let kept = || row("Bridges are dear", "1", "0", "/77");
    let removed = || row("Bridges are dear", "1", "1", "/77");
    let keeper = |head: &str| lock_keeper("The last keeper", head);

    // At the same address, at one of its own, by way of a redirect, and with the text of one that is stored.
    let put = |resource: Resource| move |web: &NewsWeb| assert!(web.put(HOST, "/77", resource.clone()));
    let stored = displaced(&bridges(), put(keeper("")));
    assert_eq!(stored, [vec![kept()], vec![removed(), row("The last keeper", "1", "0", "/77")]]);
    let stored = displaced(&bridges(), put(keeper("<link rel=\"canonical\" href=\"/keeper\">")));
    assert_eq!(stored, [vec![kept()], vec![removed(), row("The last keeper", "1", "0", "/keeper")]]);
    let stored = displaced(&bridges(), |web| {
        assert!(web.put(HOST, "/77", Resource::redirect(302, "/new")));
        assert!(web.put(HOST, "/new", keeper("")));
    });
    assert_eq!(stored, [vec![kept()], vec![removed(), row("The last keeper", "1", "0", "/new")]]);
    let stored = displaced(&keeper(""), put(page("tunnels", "Tunnels")));
    assert_eq!(stored[0], [row("The last keeper", "1", "0", "/77")]);
    assert_eq!(stored[1], [row("The last keeper", "1", "1", "/77")]);
}

#[test]
fn an_article_that_comes_back_to_its_address_is_that_article_again() {
    let (bridges, keeper) = (page("bridges", "Bridges are dear"), lock_keeper("The last keeper", ""));
    let web = paper(&[("/77", "1")], &[("/77", bridges.clone())]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    for (there, titles_of_removed) in [(&keeper, "Bridges are dear"), (&bridges, "The last keeper")] {
        assert!(web.put(HOST, "/77", there.clone()));
        for _ in 0..2 {
            let_time_pass(&room);
            room.run(&["fetch", "--due"]);
        }
        assert_eq!(room.column("SELECT title FROM articles WHERE removed_at IS NOT NULL"), [titles_of_removed]);
        assert_eq!(room.column("SELECT max(revision) || ' ' || count(*) FROM articles"), ["1 2"]);
    }
    room.assert_sound();
}

#[test]
fn an_article_that_its_feed_gives_the_new_headline_too_is_a_revision_at_once() {
    let feed = |title: &str| {
        Resource::new(
            "application/rss+xml",
            format!(
                "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>F</title><item><title>{title}</title>\
                 <link>http://{HOST}/77</link><guid isPermaLink=\"false\">1</guid></item></channel></rss>"
            ),
        )
    };
    let web = web_of(vec![
        Site::new(HOST)
            .with("/feed", feed("Bridges over the Lorn become dear"))
            .with("/77", page("bridges", "Bridges over the Lorn become dear")),
    ]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    assert!(web.put(HOST, "/feed", feed("Hanna Brekke leaves her post at last")));
    assert!(web.put(HOST, "/77", lock_keeper("Hanna Brekke leaves her post at last", "")));
    change(&room, "UPDATE _links SET tried_at = 1; UPDATE _source_schedule SET next_due_at = 1");
    room.run(&["fetch", "--all"]).exits(0);
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(
        room.table("SELECT title, revision, removed_at FROM articles"),
        [["Hanna Brekke leaves her post at last", "2", "NULL"]]
    );
}

#[test]
fn an_article_that_is_rewritten_from_its_headline_to_its_end_is_a_revision() {
    // An old one is not looked at again.
    let published = Timestamp::now() - SignedDuration::from_hours(30);
    let dated = format!("<meta property=\"article:published_time\" content=\"{published:.0}\">");
    let before = lock_keeper("The lock of Ostervik is closed", &dated);
    let rewritten = |title: &str| {
        let text = (1..=6).fold(String::new(), |text, n| {
            text + &format!(
                "<p>Answer {n} of the harbour office to the paper's question {n} came on Monday, in writing.</p>"
            )
        });
        let head = format!("<title>{title}</title>{dated}</head><body><article><h1>{title}</h1>");
        Resource::html(format!("<!doctype html><html lang=\"en\"><head>{head}{text}</article></body></html>"))
    };
    let row =
        |title: &str, revision: &str| [title, revision, "0", &format!("http://{HOST}/77")].map(str::to_owned).to_vec();
    // Of the same day, and nothing else speaks for it: when it is seen twice.
    let stored = displaced(&before, |web| assert!(web.put(HOST, "/77", rewritten("Harbour office answers"))));
    assert_eq!(stored, [vec![row("The lock of Ostervik is closed", "1")], vec![row("Harbour office answers", "2")]]);
    // The headline speaks of the same: at once.
    let stored =
        displaced(&before, |web| assert!(web.put(HOST, "/77", rewritten("Why the lock of Ostervik had to be closed"))));
    assert_eq!(stored[0], [row("Why the lock of Ostervik had to be closed", "2")]);
}

#[test]
fn a_wall_elsewhere_says_nothing_of_the_article() {
    let consent = |text: &str| {
        let page = format!("<!doctype html><title>Your choice</title><main><h1>Your choice</h1><p>{text}</p></main>");
        Site::new("consent.example").with("/ask", Resource::html(page))
    };
    for text in [
        "Yes or no?",
        "We and our 812 partners store cookies on your device. Accept all cookies to go on, or \
        subscribe to read without advertising. Your consent can be withdrawn at any time in the privacy settings.",
    ] {
        let site =
            Site::new(HOST).with("/feed", feed_of(&[("/a", "1")])).with("/a", page("bridges", "Bridges are dear"));
        let web = web_of(vec![site, consent(text)]);
        let room = following(&web);
        room.run(&["fetch", "--all"]).exits(0);
        assert!(web.put(HOST, "/a", Resource::redirect(302, "http://consent.example/ask")));
        for _ in 0..3 {
            let_time_pass(&room);
            room.run(&["fetch", "--due"]);
        }
        let expected = [["Bridges are dear", "1", "0"]];
        assert_eq!(room.table("SELECT title, revision, removed_at IS NOT NULL FROM articles"), expected, "{text}");
    }
}

#[test]
fn a_guid_that_is_used_again_for_other_content_is_a_new_article() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear")), ("/b", page("tunnels", "Tunnels"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    assert!(web.put(HOST, "/feed", feed_of(&[("/b", "1")])));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!(room.column("SELECT title FROM articles ORDER BY id"), ["Bridges are dear", "Tunnels"]);
    // The same content under the same GUID at another address is the article that it was.
    assert!(web.put(HOST, "/c", page("tunnels", "Tunnels")));
    assert!(web.put(HOST, "/feed", feed_of(&[("/c", "1")])));
    room.run(&["fetch", "--all"]).exits(0).says("0 new articles");
    room.assert_sound();
}

#[test]
fn a_feed_that_renews_all_its_guids_brings_nothing_new() {
    let subjects = ["bridges", "tunnels", "ferries", "canals", "railways"];
    let paths: Vec<String> = subjects.iter().map(|subject| format!("/{subject}")).collect();
    let pages: Vec<(&str, Resource)> =
        paths.iter().zip(subjects).map(|(path, subject)| (path.as_str(), page(subject, subject))).collect();
    let entries = |prefix: &str| -> Vec<(&str, String)> {
        paths.iter().enumerate().map(|(number, path)| (path.as_str(), format!("{prefix}{number}"))).collect()
    };
    let feed = |entries: Vec<(&str, String)>| {
        feed_of(&entries.iter().map(|(path, guid)| (*path, guid.as_str())).collect::<Vec<_>>())
    };
    let web = paper(&[], &pages);
    let room = following(&web);
    assert!(web.put(HOST, "/feed", feed(entries("old-"))));
    room.run(&["fetch", "--all"]).exits(0).says("5 new articles");
    assert!(web.put(HOST, "/feed", feed(entries("new-"))));
    room.run(&["fetch", "--all"]).exits(0).says("0 new articles");
    // Nor when their numbers are dealt out anew.
    let turned: Vec<(&str, String)> =
        entries("new-").iter().zip(entries("new-").iter().rev()).map(|(a, b)| (a.0, b.1.clone())).collect();
    assert!(web.put(HOST, "/feed", feed(turned)));
    room.run(&["fetch", "--all"]).exits(0).says("0 new articles");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 5);
    assert!(paths.iter().all(|path| web.stats(HOST).count(path) == 1));
    room.assert_sound();
}

#[test]
fn an_article_that_was_deleted_does_not_come_back() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "A"))]);
    let mut room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    change(&room, "DELETE FROM articles");
    room.follow("other", "http://paper.example/other", Some("feed"));
    assert!(web.put(HOST, "/other", feed_of(&[("/a", "x")])));
    let_time_pass(&room);
    room.run(&["fetch", "--all"]).exits(0).says("0 new articles");
    room.run(&["fetch", PAGE]).exits(0).says("0 new articles");
    assert_eq!(room.number("SELECT count(*) FROM articles"), 0);
    room.assert_sound();
}

#[test]
fn revisions_are_listed_and_compared() {
    let web = paper(&[("/a", "1")], &[("/a", page("bridges", "Bridges are dear"))]);
    let room = following(&web);
    room.run(&["fetch", "--all"]).exits(0);
    for (subject, title) in [("bridges", "Bridges are cheap"), ("tunnels", "Bridges are cheap")] {
        assert!(web.put(HOST, "/a", page(subject, title)));
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0).says("1 revised");
    }
    let shown = room.run(&["show", PAGE, "--revisions"]).exits(0);
    let lines: Vec<&str> = shown.stdout.lines().filter(|line| line.starts_with("revision\t")).collect();
    assert_eq!(lines.len(), 3, "{}", shown.stdout);
    for (line, end) in
        lines.iter().zip([": as it was first seen", ": headline", ": 6 paragraphs changed (+12 -12 words)"])
    {
        assert!(line.ends_with(end), "{line}");
    }
    let difference = room.run(&["show", PAGE, "--diff", "1..2"]).exits(0).stdout;
    assert!(difference.contains("~ Bridges are [-dear-]{+cheap+}"), "{difference}");
    assert!(difference.contains("(6 paragraphs as they were)") && !difference.contains('\u{1b}'), "{difference}");
    let difference = room.run(&["show", PAGE, "--diff", "2", "--color", "always"]).exits(0).stdout;
    assert!(difference.contains("\u{1b}[31m[-bridges-]\u{1b}[0m\u{1b}[32m{+tunnels+}\u{1b}[0m"), "{difference}");
    let document = room.run(&["show", PAGE, "--diff", "1..3", "--json"]).exits(0).json();
    assert_eq!((&document["from"]["revision"], &document["to"]["revision"]), (&1.into(), &3.into()));
    assert_eq!(document["title"]["parts"][1]["change"], "removed");
    assert_eq!(document["paragraphs"][0]["change"], "changed");
    // Backwards it is the way back.
    let back = room.run(&["show", PAGE, "--diff", "3..1"]).exits(0).stdout;
    assert!(back.contains("~ Bridges are [-cheap-]{+dear+}"), "{back}");
    room.run(&["show", PAGE, "--diff", "1..4"]).exits(1).says("there is no revision 4 of it; there is 1, 2 and 3");
    room.run(&["show", PAGE, "--diff", "one"]).exits(2).says("1..3");
}
