//! A list of sources that lies at an address: followed by the daemon, looked at and applied by command.

use std::io::Write;
use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::serving;

const PATIENCE: Duration = Duration::from_secs(30);

const LIST: &str = "http://lists.example/ours.opml";

/// An outline for the feed of a paper.
fn outline(paper: &str) -> String {
    format!("<outline text=\"{paper}\" type=\"rss\" xmlUrl=\"http://{paper}.example/feed\"/>\n")
}

/// A list of papers in OPML.
fn opml(papers: &[&str]) -> String {
    let outlines: String = papers.iter().map(|paper| outline(paper)).collect();
    format!("<?xml version=\"1.0\"?>\n<opml version=\"2.0\"><head/><body>\n{outlines}</body></opml>\n")
}

fn listed(text: impl Into<String>) -> Resource {
    Resource::new("text/x-opml", text.into())
}

/// A list of papers as sources.toml is one.
fn toml(papers: &[&str]) -> String {
    let entry = |paper: &&str| format!("[[source]]\nslug = \"{paper}\"\nurl = \"http://{paper}.example/feed\"\n");
    papers.iter().map(entry).collect()
}

/// A text in gzip, of which the end is not there, in an answer that is whole as HTTP has it.
fn ending_early_in_gzip(text: &str) -> Resource {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("writing to memory");
    encoder.flush().expect("writing to memory");
    Resource::new("text/plain", encoder.get_ref().clone()).header("content-encoding", "gzip")
}

/// A web with some papers and a list, and somebody who follows that.
fn followed(papers: &[&str], list: Resource) -> (NewsWeb, Newsroom) {
    let paper =
        |name: &&str| Site::new(&format!("{name}.example")).with("/feed", feed(&[&format!("http://{name}.example/a")]));
    let mut sites: Vec<Site> = papers.iter().map(paper).collect();
    sites.push(Site::new("lists.example").with("/ours.opml", list));
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    room.set(&[("sources.url", &format!("{LIST:?}"))]);
    (web, room)
}

fn put(web: &NewsWeb, list: Resource) {
    assert!(web.put("lists.example", "/ours.opml", list));
}

/// The sources that are polled.
fn active(room: &Newsroom) -> Vec<String> {
    room.column("SELECT slug FROM sources WHERE state = 'active' ORDER BY slug")
}

const N_ACTIVE: &str = "SELECT count(*) FROM sources WHERE state = 'active'";

/// How the list itself fares.
const FAILURES: &str =
    "SELECT failures_in_a_row FROM source_health JOIN sources ON id = source_id WHERE url LIKE '%/ours.opml'";

#[test]
fn a_daemon_keeps_what_is_followed_in_step_with_a_list_at_an_address() {
    let (web, mut room) = followed(&["one", "two", "three"], listed(opml(&["one", "two"])));
    room.hurry();
    room.run(&["sources", "add", "--force", "http://mine.example/feed", "--slug", "mine"]).exits(0);
    room.run(&["config", "check"]).exits(0);
    let daemon = room.start();
    room.wait_for(PATIENCE, N_ACTIVE, "3");
    daemon.wait_to_say("sources new: one.example-feed, two.example-feed");
    room.wait_for(PATIENCE, "SELECT count(DISTINCT slug) FROM sightings JOIN sources ON id = source_id", "0");
    room.wait_for(
        PATIENCE,
        "SELECT count(*) FROM source_health WHERE last_ok_at IS NOT NULL AND slug LIKE '%.example-feed'",
        "2",
    );
    room.run(&["sources", "rm", "one.example-feed"]).exits(1).says("is on the list at http://lists.example/ours.opml");
    // One goes, one comes, one is called otherwise and lies in a folder. A reload asks at once.
    let changed = opml(&["one", "three"])
        .replace("<body>\n", "<body>\n<outline text=\"Ports\">")
        .replace("</body>", "</outline></body>");
    put(&web, listed(changed));
    daemon.signal("HUP");
    daemon.wait_to_say("sources new: three.example-feed");
    daemon.wait_to_say("sources changed: one.example-feed");
    daemon.wait_to_say("sources no longer listed: two.example-feed");
    assert_eq!(active(&room), ["mine", "one.example-feed", "three.example-feed"]);
    assert_eq!(room.value("SELECT tags FROM sources WHERE slug = 'one.example-feed'"), "[\"Ports\"]");
    assert_eq!(room.value("SELECT state FROM sources WHERE slug = 'two.example-feed'"), "removed");
    // It is asked for only when it has changed.
    daemon.signal("HUP");
    let statuses = format!("SELECT group_concat(status ORDER BY id) FROM fetches WHERE url = '{LIST}'");
    room.wait_for(PATIENCE, &statuses, "200,200,304");
    assert_eq!(daemon.stop().code, Some(0));
    room.assert_sound();
    // Whoever comes next goes on from there, in the interval of the settings.
    room.run(&["fetch", "--due"]);
    assert_eq!(room.value(&statuses), "200,200,304");
}

#[test]
fn a_list_that_is_broken_or_lost_changes_nothing_and_is_told() {
    let papers = ["one", "two", "three", "four", "five"];
    let (web, mut room) = followed(&papers, listed(opml(&papers)));
    room.hurry();
    let daemon = room.start();
    room.wait_for(PATIENCE, N_ACTIVE, "5");
    let whole = opml(&papers);
    let cut_off = &whole[..whole.find(&outline("five")).expect("it is there")];
    let faults = [
        (Resource::html("<html><body>Please log in.</body></html>"), "not OPML"),
        (listed(cut_off), "before the end of its opml element"),
        (listed(" \n"), "is empty"),
        (listed("[[source]]\nslug = \"Five\""), "slug = \"Five\""),
        (listed(opml(&[])), "it lists nothing any more"),
        (listed(opml(&["one", "two"])), "it has lost 3 of its 5 sources at once"),
        (
            listed(papers.iter().fold(opml(&papers), |list, paper| {
                list.replace(
                    &format!("{paper}.example/feed\""),
                    &format!("else.example/{paper}\" newswire:slug=\"{paper}.example-feed\""),
                )
            })),
            "it has lost 0 of its 5 sources at once and has 5 at other addresses",
        ),
        (listed("").status(500), "500"),
        (
            listed(format!("<opml><body>{}{}</body></opml>", outline("one"), outline("one").replace("http:", "ftp:"))),
            "line 2",
        ),
    ];
    for (position, (fault, told)) in faults.into_iter().enumerate() {
        put(&web, fault);
        daemon.signal("HUP");
        room.wait_for(PATIENCE, FAILURES, &(position + 1).to_string());
        daemon.wait_to_say(told);
        assert_eq!(active(&room).len(), 5, "{told}");
    }
    let status = room.run(&["status"]);
    assert!(status.stdout.contains("· 9× the list: outline: line 2"), "{}", status.stdout);
    // It is there again, with one source less.
    put(&web, listed(opml(&papers[..4])));
    daemon.signal("HUP");
    daemon.wait_to_say("list of sources http://lists.example/ours.opml: it can be read again");
    room.wait_for(PATIENCE, N_ACTIVE, "4");
    assert_eq!(room.value(FAILURES), "0");
    // Somebody means it.
    put(&web, listed(opml(&papers[..1])));
    daemon.signal("HUP");
    daemon.wait_to_say("it has lost 3 of its 4 sources at once");
    let planned = room.run(&["sources", "plan", "--exit-code", LIST]).exits(1);
    assert_eq!(planned.cells().len(), 3, "{}", planned.stdout);
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 0 changed, 3 removed, 1 as they were");
    assert_eq!(active(&room), ["one.example-feed"]);
    assert_eq!(room.value(FAILURES), "0");
    daemon.signal("HUP");
    room.wait_for(
        PATIENCE,
        &format!("SELECT status FROM fetches WHERE url = '{LIST}' ORDER BY id DESC LIMIT 1"),
        "304",
    );
    assert_eq!(daemon.stop().code, Some(0));
    room.assert_sound();
}

#[test]
fn a_list_that_fails_is_told_to_monitors_and_after_a_day_it_is_wrong() {
    let (web, mut room) = followed(&["one"], listed(opml(&["one"])));
    room.hurry();
    room.set(&[("http.listen", "\"127.0.0.1:0\""), ("store.fetches_keep_days", "1")]);
    let daemon = room.start();
    room.wait_for(PATIENCE, N_ACTIVE, "1");
    let address = serving::address_of(&daemon);
    let failing_s = || {
        // Figures are those of a second ago at most.
        std::thread::sleep(Duration::from_millis(1100));
        let figures = serving::get(&address, "/metrics", "Host: localhost\r\n").body;
        let figure = figures.lines().find_map(|line| line.strip_prefix("newswire_source_list_failing_seconds "));
        figure.expect("the figure").parse::<f64>().expect("a number")
    };
    let check = |code: i32, begins: &str| {
        let line = room.run(&["status", "--check"]).exits(code).stdout;
        assert!(line.starts_with(begins) && line.lines().count() == 1, "{line}");
        line
    };
    assert!(!check(0, "ok: ").contains("the list"));
    assert!(failing_s() < 0.1);
    put(&web, listed("").status(500));
    daemon.signal("HUP");
    daemon.wait_to_say("the sources that it had are followed on");
    let told = format!("; the list of sources {LIST} could not be read since 20");
    let line = check(0, "ok: ");
    assert!(line.contains(&told) && line.contains("500"), "{line}");
    let now = failing_s();
    assert!(now > 0.1 && now < 3600.0, "{now}");
    // It has been so for long, though the daemon was started a moment ago.
    let database = rusqlite::Connection::open(room.database()).expect("the database opens");
    let day_ago = "UPDATE fetches SET started_at = strftime('%Y-%m-%dT%H:%M:%SZ', started_at, '-25 hours');
         UPDATE _source_schedule SET last_ok_at = last_ok_at - 25 * 3600 * 1000";
    database.execute_batch(day_ago).expect("rows can be changed");
    check(1, &format!("wrong: {}", told.trim_start_matches("; ")));
    room.run(&["status"]).exits(1).says("the list of sources");
    assert!(failing_s() > 24.0 * 3600.0);
    // It stays so when requests of that time are no longer kept.
    let old = "SELECT group_concat(DISTINCT host) FROM fetches WHERE started_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')";
    room.wait_for(PATIENCE, old, "lists.example");
    room.run(&["prune", "--older", "1d", "--fetches"]).exits(0);
    room.wait_for(PATIENCE, &FAILURES.replace("failures_in_a_row", "failures_in_a_row > 1"), "1");
    check(1, &format!("wrong: {}", told.trim_start_matches("; ")));
    assert!(failing_s() > 24.0 * 3600.0);
    // Somebody who asks for it once a day can wait for longer.
    room.set(&[("sources.interval_s", "86400")]);
    let line = room.run(&["status", "--check"]).exits(0).stdout;
    assert!(line.contains(&told), "{line}");
    put(&web, listed(opml(&["one"])));
    daemon.signal("HUP");
    daemon.wait_to_say("it can be read again");
    assert!(failing_s() < 0.1);
    daemon.stop().exits(0);
}

#[test]
fn a_list_that_fails_is_wrong_where_a_timer_asks_for_it_and_the_settings_name_it() {
    let (web, mut room) = followed(&["one"], listed(opml(&["one"])));
    room.run(&["fetch", "--due"]);
    let database = rusqlite::Connection::open(room.database()).expect("the database opens");
    let day_ago = |times: &str| {
        let sql = format!(
            "UPDATE fetches SET started_at = strftime('%Y-%m-%dT%H:%M:%SZ', started_at, '-25 hours') WHERE url = '{LIST}';
             UPDATE _source_schedule SET {times} WHERE source_id = (SELECT id FROM sources WHERE url = '{LIST}')"
        );
        database.execute_batch(&sql).expect("rows can be changed");
    };
    put(&web, listed("").status(500));
    day_ago("last_ok_at = last_ok_at - 25 * 3600 * 1000, last_polled_at = last_polled_at - 25 * 3600 * 1000");
    room.run(&["fetch", "--due"]);
    assert_eq!(room.value(FAILURES), "1");
    let status = room.run(&["status"]).exits(0).stdout;
    assert!(status.contains(" · 1× "), "{status}");
    day_ago("last_ok_at = last_ok_at - 25 * 3600 * 1000");
    let told = format!("the list of sources {LIST} could not be read since");
    room.run(&["status"]).exits(1).says(&told);
    let checked = room.run(&["status", "--check"]).exits(1).stdout;
    assert!(checked.contains(&told), "{checked}");
    // What the settings no longer name is nobody's business, though nothing has ingested since.
    for url in ["\"http://lists.example/other.opml\"", "\"\""] {
        room.set(&[("sources.url", url)]);
        let status = room.run(&["status"]).exits(0).stdout + &room.run(&["status", "--check"]).stdout;
        assert!(!status.contains("ours"), "{url}: {status}");
    }
}

#[test]
fn what_somebody_has_added_by_command_stays_theirs_whatever_a_list_says() {
    let (web, room) = followed(&["one", "two"], listed(opml(&["one", "two"])));
    room.run(&["sources", "add", "--force", "http://one.example/feed", "--slug", "mine"]).exits(0);
    room.run(&["sources", "add", "--force", "http://else.example/feed", "--slug", "two.example-feed"]).exits(0);
    room.run(&["fetch", "--due"]);
    let sources = "SELECT slug, url, origin FROM sources WHERE state = 'active' ORDER BY slug";
    let expected = [
        ["mine", "http://one.example/feed", "command"],
        ["two.example-feed", "http://else.example/feed", "command"],
        ["two.example-feed-2", "http://two.example/feed", "file"],
    ];
    assert_eq!(room.table(sources), expected);
    room.run(&["sources", "plan", "--exit-code", LIST])
        .exits(0)
        .says("0 to add, 0 to change, 0 to remove, 2 as they are");
    put(&web, listed(opml(&["three"]).replace("three.example/feed", "three.example/feed\" newswire:slug=\"mine")));
    room.run(&["sources", "apply", LIST]).exits(0).says("1 added, 0 changed, 1 removed");
    let expected = [
        ["mine", "http://one.example/feed", "command"],
        ["mine-2", "http://three.example/feed", "file"],
        ["two.example-feed", "http://else.example/feed", "command"],
    ];
    assert_eq!(room.table(sources), expected);
}

#[test]
fn a_list_of_somebody_elses_says_nothing_of_credentials_and_ways() {
    let keys = "proxy = \"http://10.0.0.1:3128\"\ncredentials = \"council\"\nretention = { articles_days = 1 }";
    let list = |url: &str| format!("[[source]]\nslug = \"council\"\nurl = \"{url}\"\n{keys}\n");
    let (web, room) = followed(&["council"], listed(list("http://council.example/feed")));
    let said = room.run(&["sources", "apply", LIST]).exits(0).stderr;
    for key in ["proxy", "credentials", "retention"] {
        assert!(said.contains(&format!("council: {key} is not taken from a list at an address")), "{said}");
    }
    let taken = "SELECT url, proxy, (SELECT name FROM _source_credentials WHERE source_id = id) FROM sources WHERE slug = 'council'";
    assert_eq!(room.table(taken), [["http://council.example/feed", "NULL", "NULL"]]);
    // What is kept here for a server is not sent to another because a list says that the source has moved there.
    let database = rusqlite::Connection::open(room.database()).expect("the database opens");
    let note = "INSERT INTO _source_credentials SELECT id, 'council' FROM sources WHERE slug = 'council'";
    database.execute(note, []).expect("a row can be written");
    room.run(&["sources", "apply", LIST]).exits(0);
    assert_eq!(room.table(taken), [["http://council.example/feed", "NULL", "council"]]);
    put(&web, listed(list("http://thief.example/feed")));
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 1 changed, 0 removed");
    assert_eq!(room.table(taken), [["http://thief.example/feed", "NULL", "NULL"]]);
}

#[test]
fn the_address_of_a_list_is_asked_as_any_other() {
    let (web, mut room) = followed(&["one", "two"], listed(opml(&["one", "two"])));
    let other = room.file("other.opml", opml(&["two"]));
    room.run(&["sources", "apply", &other])
        .exits(1)
        .says("other.opml is not the list of the settings, http://lists.example/");
    room.run(&["sources", "apply", "http://lists.example/other"]).exits(1).says("is not the list of the settings");
    room.run(&["sources", "plan", "http://10.0.0.1/ours.opml"]).exits(77).says("10.0.0.1");
    room.run(&["sources", "plan", "http://lists.example/none"]).exits(1).says("404");
    room.run(&["sources", "plan", LIST]).exits(0).says("2 to add, 0 to change, 0 to remove");
    room.set(&[("fetch.feed_bytes_max", "1024")]);
    put(&web, listed(format!("{}<!-- {} -->", opml(&["one"]), "x".repeat(2000))));
    room.run(&["sources", "plan", LIST]).exits(1).says("too-large");
    put(&web, listed(opml(&["one", "two"])));
    // One list alone.
    room.write_sources("[[source]]\nslug = \"three\"\nurl = \"http://three.example/feed\"\n");
    room.run(&["config", "check"]).exits(78).says("sources.url").says("which lists sources too");
    room.write_sources("# none\n");
    room.run(&["config", "check"]).exits(0);
    room.run(&["fetch", "--due"]);
    assert_eq!(active(&room), ["one.example-feed", "two.example-feed"]);
    // Where the settings have none, a list at an address is applied as one in a file is, and all else goes.
    room.run(&["sources", "add", "--force", "http://mine.example/feed", "--slug", "mine"]).exits(0);
    room.set(&[("sources.url", "\"\"")]);
    std::fs::remove_file(room.path("sources.toml")).expect("the file is there");
    put(&web, listed(opml(&["one"])));
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 1 changed, 2 removed");
    assert_eq!(active(&room), ["one.example-feed"]);
    room.run(&["fetch", "--due"]);
    assert_eq!(active(&room), ["one.example-feed"]);
    room.assert_sound();
}

#[test]
fn a_list_that_ends_early_in_what_it_is_packed_in_takes_no_source_out() {
    let papers = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    let (web, room) = followed(&papers, listed(toml(&papers)));
    room.run(&["sources", "apply", LIST]).exits(0);
    put(&web, ending_early_in_gzip(&toml(&papers[..5])));
    room.run(&["sources", "apply", LIST]).exits(1).says("what it packs ends early");
    assert_eq!(active(&room).len(), 8);
}

#[test]
fn a_list_takes_over_no_row_that_is_not_its_own() {
    let named = |entries: &[(&str, &str)]| {
        let entry = |(slug, url): &(&str, &str)| format!("[[source]]\nslug = \"{slug}\"\nurl = \"{url}\"\n");
        listed(format!("# ours\n{}", entries.iter().map(entry).collect::<String>()))
    };
    let by_hand = "http://one.example/feed";
    let (web, room) = followed(&["one", "two"], named(&[]));
    room.run(&["fetch", by_hand]);
    let once = room.value(&format!("SELECT slug FROM sources WHERE url = '{by_hand}'"));
    for url in ["http://gone.example/feed", "http://kept.example/feed"] {
        room.run(&["sources", "add", "--force", url]).exits(0);
    }
    room.run(&["sources", "rm", "gone.example-feed"]).exits(0);
    room.run(&["sources", "apply", LIST]).exits(0);
    let itself = room.value(&format!("SELECT slug FROM sources WHERE url = '{LIST}'"));
    let before = room.table("SELECT slug, url, state, origin FROM sources ORDER BY id");
    assert_eq!(before.len(), 4, "{before:?}");
    // Three that want the names of others, and three at the addresses of others.
    put(
        &web,
        named(&[
            (&itself, "http://new.example/1"),
            (&once, "http://new.example/2"),
            ("gone.example-feed", "http://new.example/3"),
            ("other-1", LIST),
            ("other-2", "http://gone.example/feed"),
            ("other-3", "http://kept.example/feed"),
        ]),
    );
    room.run(&["sources", "apply", LIST]).exits(0).says("3 added, 0 changed, 0 removed");
    let after = room.table("SELECT slug, url, state, origin FROM sources ORDER BY id");
    assert_eq!(after[..4], before);
    let added: Vec<_> = after[4..].iter().map(|row| row[1..].to_vec()).collect();
    assert_eq!(
        added,
        [1, 2, 3].map(|number| [&format!("http://new.example/{number}"), "active", "file"].map(String::from).to_vec())
    );
    // What was fetched by hand alone is followed once it is listed at its address.
    put(&web, named(&[(&once, by_hand)]));
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 1 changed, 3 removed");
    assert_eq!(active(&room), ["kept.example-feed".to_owned(), once]);
}

#[test]
fn an_address_that_a_list_has_twice_is_followed_once() {
    let again = "[[source]]\nslug = \"again\"\nurl = \"http://one.example/feed\"\n";
    let (_web, room) = followed(&["one", "two"], listed(toml(&["one", "two"]) + again));
    room.run(&["sources", "apply", LIST]).exits(0).says("again: http://one.example/feed is listed twice, first as one");
    assert_eq!(active(&room), ["one", "two"]);
}

#[test]
fn what_is_wished_by_command_of_a_listed_source_outlasts_the_list() {
    let papers = ["one", "two", "three", "four"];
    let (web, room) = followed(&papers, listed(toml(&papers)));
    room.run(&["sources", "apply", LIST]).exits(0);
    room.run(&["sources", "pause", "one"]).exits(0);
    room.run(&["sources", "add", "http://two.example/feed"]).exits(0);
    put(&web, listed(toml(&papers[2..])));
    let planned = room.run(&["sources", "plan", LIST]).exits(0);
    assert_eq!(planned.cells(), [["change", "one", "origin: file → command"]]);
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 1 changed, 0 removed, 2 as they were");
    let wished = "SELECT slug, state, origin FROM sources WHERE slug IN ('one', 'two') ORDER BY id";
    let expected = [["one", "paused", "command"], ["two", "active", "command"]];
    assert_eq!(room.table(wished), expected);
    put(&web, listed(toml(&papers)));
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 0 changed, 0 removed, 4 as they were");
    assert_eq!(room.table(wished), expected);
    // They can be taken out by command as well.
    room.run(&["sources", "rm", "one", "two"]).exits(0);
    put(&web, listed(toml(&papers[..3])));
    room.run(&["sources", "apply", LIST]).exits(0).says("0 added, 0 changed, 1 removed");
    assert_eq!(active(&room), ["three"]);
}

#[test]
fn a_list_is_told_from_another_and_from_its_sources() {
    let (web, mut room) = followed(&["one"], listed(""));
    assert!(web.put("lists.example", "/other.opml", listed(opml(&["one"]))));
    room.hurry();
    let daemon = room.start();
    daemon.wait_to_say("is empty");
    room.run(&["sources", "rm", LIST])
        .exits(1)
        .says("is the list that is followed itself: `sources.url` in the settings");
    room.set(&[("sources.url", "\"http://lists.example/other.opml\"")]);
    daemon.signal("HUP");
    daemon.wait_to_say("sources new: one.example-feed");
    let stopped = daemon.stop();
    assert!(!stopped.stderr.contains("it can be read again"), "{}", stopped.stderr);
}
