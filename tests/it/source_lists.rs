//! Sources that come and go by command: removed, paused, resumed; lists of them in OPML.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

const PATIENCE: Duration = Duration::from_secs(30);

fn paper() -> Site {
    Site::new("paper.example")
        .with("/feed", feed(&["http://paper.example/a", "http://paper.example/b"]))
        .with("/a", Resource::html(faults::article_html("What the paper has")))
        .with("/b", faults::failing(500))
        .with("/other", feed(&["http://paper.example/a"]))
}

fn states(room: &Newsroom) -> Vec<Vec<String>> {
    room.table("SELECT slug, state, next_due_at IS NOT NULL FROM sources JOIN _source_schedule ON source_id = id ORDER BY slug")
}

#[test]
fn a_source_that_was_added_can_be_removed_and_comes_back() {
    let web = web_of(vec![paper()]);
    let room = Newsroom::reading(&web);
    room.run(&["sources", "rm", "paper"]).exits(1).says("no database there yet");
    room.run(&["sources", "add", "http://paper.example/feed", "--slug", "paper"]).exits(0);
    room.run(&["sources", "add", "http://paper.example/other", "--slug", "paper-other"]).exits(0);
    room.run(&["fetch", "--all"]).exits(3);
    let removed = room.run(&["sources", "rm", "http://paper.example/feed"]).exits(0);
    assert_eq!(removed.cells(), [["paper", "removed", "1 article kept, 1 that waited not fetched"]]);
    assert_eq!(states(&room), [["paper", "removed", "0"], ["paper-other", "active", "1"]]);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1);
    assert_eq!(room.number("SELECT count(*) FROM sightings JOIN sources ON id = source_id WHERE slug = 'paper'"), 1);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 0);
    room.assert_sound();
    // It is no longer polled, nor listed; its history stays.
    let before = web.stats("paper.example").count("/feed");
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(web.stats("paper.example").count("/feed"), before);
    assert_eq!(room.run(&["sources", "ls"]).exits(0).cells().len(), 1);
    assert_eq!(room.run(&["sources", "ls", "--all"]).exits(0).cells().len(), 2);
    assert_eq!(room.run(&["ls", "--source", "http://paper.example/feed"]).exits(0).cells().len(), 1);
    room.run(&["sources", "rm", "paper"]).exits(1).says("paper is removed already");
    room.run(&["sources", "pause", "paper"]).exits(1).says("`newswire sources add http://paper.example/feed`");
    // A prefix means what is still there.
    let json = room.run(&["--json", "sources", "rm", "pap"]).exits(0).json_lines();
    assert_eq!(json[0]["slug"], "paper-other");
    let again = room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    assert_eq!(again.cells(), [["paper", "http://paper.example/feed", "followed from now on"]]);
    assert_eq!(states(&room)[0], ["paper", "active", "1"]);
    // Several at once: what can be done is done.
    room.run(&["sources", "rm", "paper", "nobody"]).exits(3).says("no source \"nobody\"").says("1 of 2 sources");
    room.run(&["sources", "rm", "nobody"]).exits(2).says("nobody");
    room.run(&["sources", "rm"]).exits(2);
}

#[test]
fn a_source_of_the_file_is_removed_in_the_file() {
    let web = web_of(vec![paper()]);
    let mut room = Newsroom::reading(&web);
    room.follow("first", "http://paper.example/other", None);
    room.follow("paper", "http://paper.example/feed", None);
    // Before there is a database, and after.
    room.run(&["sources", "rm", "paper"]).exits(1).says("sources.toml:5: take it out there");
    room.run(&["sources", "pause", "paper"]).exits(1).says("has never been polled");
    room.run(&["fetch", "--all"]).exits(3);
    room.run(&["sources", "rm", "http://paper.example/feed"]).exits(1).says("sources.toml:5: take it out there");
    assert_eq!(states(&room)[1], ["paper", "active", "1"]);
    // Paused it may be, and that outlives the next look into the file.
    let paused = room.run(&["sources", "pause", "pap"]).exits(0);
    assert_eq!(paused.cells(), [["paper", "paused", "not polled until it is resumed"]]);
    assert_eq!(room.run(&["sources", "pause", "paper"]).exits(0).cells()[0][2], "was paused already");
    let before = web.stats("paper.example").count("/feed");
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(web.stats("paper.example").count("/feed"), before);
    assert_eq!(states(&room)[1], ["paper", "paused", "0"]);
    let resumed = room.run(&["sources", "resume", "paper", "first"]).exits(0);
    assert_eq!(resumed.cells()[0], ["paper", "active", "polled from now on"]);
    assert_eq!(resumed.cells()[1], ["first", "active", "was active already"]);
    room.run(&["fetch", "--due"]);
    assert_eq!(web.stats("paper.example").count("/feed"), before + 1);
    room.run(&["sources", "pause", "paper"]).exits(0);
    let added = room.run(&["sources", "add", "http://paper.example/feed", "--kind", "feed"]).exits(1);
    assert!(added.stderr.contains("listed in the sources file already, as paper"), "{}", added.stderr);
    // One that the file no longer lists is kept by whoever adds it again, whatever the file says.
    room.write_sources("# nothing for now\n");
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(states(&room)[1], ["paper", "removed", "0"]);
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    room.run(&["fetch", "--due"]);
    assert_eq!(states(&room)[1], ["paper", "active", "1"]);
    room.assert_sound();
}

#[test]
fn a_running_daemon_sees_what_changes() {
    let web = web_of(vec![paper()]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _daemon", "1");
    room.run(&["sources", "add", "http://paper.example/other", "--slug", "paper"]).exits(0);
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "1");
    room.run(&["sources", "pause", "paper"]).exits(0);
    let still = || {
        // A poll that was under way may end.
        std::thread::sleep(Duration::from_secs(1));
        let before = web.stats("paper.example").count("/other");
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(web.stats("paper.example").count("/other"), before);
        before
    };
    let before = still();
    room.run(&["sources", "resume", "paper"]).exits(0);
    let deadline = std::time::Instant::now() + PATIENCE;
    while web.stats("paper.example").count("/other") <= before {
        assert!(std::time::Instant::now() < deadline, "{}", daemon.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    room.run(&["sources", "rm", "paper"]).exits(0);
    still();
    let list =
        room.file("list.opml", "<opml version='2.0'><body><outline xmlUrl='http://paper.example/feed'/></body></opml>");
    room.run(&["sources", "import", &list]).exits(0);
    room.wait_for(PATIENCE, "SELECT last_ok_at IS NOT NULL FROM source_health WHERE slug = 'paper.example-feed'", "1");
    assert_eq!(daemon.stop().code, Some(0));
    room.assert_sound();
}

#[test]
fn whoever_holds_the_database_for_long_is_named() {
    let mut room = Newsroom::new();
    room.set(&[("store.busy_timeout_ms", "100")]);
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    let holder = rusqlite::Connection::open(room.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    for arguments in
        [&["rm", "paper"][..], &["pause", "paper"], &["resume", "paper"], &["add", "http://paper.example/rss"]]
    {
        room.run(&[&["sources"], arguments].concat()).exits(75).says("another process is writing to it");
    }
    holder.execute_batch("ROLLBACK").unwrap();
    room.run(&["sources", "rm", "paper"]).exits(0);
}

#[test]
fn lists_of_sources_go_out_and_come_in_again() {
    let mut room = Newsroom::new();
    room.write_sources(
        "[[source]]\nslug = \"council\"\nurl = \"http://council.example/news\"\nlinks = \"h2 > a\"\ntags = [\"town, old\"]\n\
         [[source]]\nslug = \"canal\"\nurl = \"http://canal.example/feed?a=1&b=2\"\nfull_text = \"feed\"\nkind = \"feed\"\n\
         tags = [\"en\", \"daily\"]\n[[source]]\nslug = \"map\"\nurl = \"http://canal.example/map.xml\"\nkind = \"sitemap\"\n",
    );
    // From the file alone, and from the database.
    let from_file = room.run(&["sources", "export"]).exits(0).stdout;
    room.run(&["sources", "add", "http://wire.example/rss", "--tag", "en", "--slug", "wire"]).exits(0);
    room.set(&[("fetch.total_timeout_s", "20")]);
    let database_of = |room: &Newsroom| room.column("SELECT slug FROM sources ORDER BY slug");
    assert_eq!(database_of(&room), ["wire"], "the file is read by whoever polls");
    assert!(from_file.contains("<outline text=\"canal\" type=\"rss\" xmlUrl=\"http://canal.example/feed?a=1&amp;b=2\" htmlUrl=\"http://canal.example/\" category=\"en,daily\" newswire:slug=\"canal\" newswire:kind=\"feed\" newswire:fullText=\"feed\"/>"), "{from_file}");

    let other = Newsroom::new();
    let list = other.file("list.opml", &from_file);
    let imported = other.run(&["sources", "import", &list]).exits(0).says("3 sources added, 0 followed already");
    assert_eq!(imported.cells().len(), 3);
    other.run(&["sources", "pause", "map"]).exits(0);
    let out = other.path("out.opml").display().to_string();
    other.run(&["sources", "export", "--out", &out]).exits(0).says("3 sources in");
    let written = std::fs::read_to_string(&out).unwrap();
    assert_eq!(
        written,
        from_file.replace("newswire:kind=\"sitemap\"", "newswire:kind=\"sitemap\" newswire:state=\"paused\"")
    );
    // And in again, elsewhere and in the same place.
    let third = Newsroom::new();
    let list = third.file("list.opml", &written);
    third.run(&["sources", "import", &list]).exits(0);
    assert_eq!(third.run(&["sources", "export"]).exits(0).stdout, written);
    let columns = "SELECT slug, url, kind, state, tags, full_text, link_selectors, site_url FROM sources ORDER BY slug";
    assert_eq!(third.table(columns), other.table(columns));
    let again = third.run(&["sources", "import", &list]).exits(0).says("0 sources added, 3 followed already");
    assert!(again.stderr.contains("http://canal.example/map.xml is followed already, as map"), "{}", again.stderr);
    third.run(&["import", &list]).exits(0).says("3 known");

    // Lists of other readers, with what is wrong in them.
    let foreign = "<?xml version=\"1.0\"?>\n<opml version=\"1.0\"><head/><body>\n<outline text=\"News\"><outline text=\"Ports\">\n\
        <outline type=\"rss\" text=\"Quay &amp; Co\" xmlUrl=\"http://quay.example/feed\" htmlUrl=\"http://quay.example/\"/>\n\
        <outline type=\"rss\" text=\"Quay\" xmlUrl=\"http://quay.example/feed\"/></outline></outline>\n\
        <outline type=\"rss\" text=\"Nothing\"/>\n<outline type=\"rss\" text=\"Bad\" xmlUrl=\"quay\"/>\n</body></opml>";
    let list = third.file("foreign.opml", foreign);
    let imported = third.run(&["sources", "import", &list, "no-such-file.opml"]).exits(3);
    assert_eq!(imported.cells(), [["quay.example-feed", "http://quay.example/feed", "followed from now on"]]);
    for part in [
        "foreign.opml: line 5: http://quay.example/feed is listed twice, first in line 4",
        "foreign.opml: line 6: the outline \"Nothing\" says that it is a feed and has no xmlUrl",
        "foreign.opml: line 7: \"quay\" is no address that can be followed",
        "no-such-file.opml: ",
        "1 source added, 0 followed already, 2 outlines with faults",
    ] {
        assert!(imported.stderr.contains(part), "{part:?} is not in {}", imported.stderr);
    }
    assert_eq!(
        third.table("SELECT title, tags, site_url FROM sources WHERE slug = 'quay.example-feed'"),
        [["Quay & Co", "[\"News\",\"Ports\"]", "http://quay.example/"]]
    );
    let piped = third.run_with_input(&["sources", "import", "-"], b"<html></html>").exits(1);
    assert!(piped.stderr.contains("not OPML"), "{}", piped.stderr);
}

#[test]
fn a_list_that_is_lost_takes_no_source_with_it() {
    let web = web_of(vec![paper()]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    // A first start without any list is nothing wrong.
    room.run(&["config", "check"]).exits(0);
    room.run(&["fetch", "--due"]).exits(0);
    room.follow("first", "http://paper.example/other", None);
    room.follow("paper", "http://paper.example/feed", None);
    room.run(&["config", "check"]).exits(0);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM sources WHERE state = 'active'", "2");
    // An editor or a full disk has emptied it, or somebody has moved it away.
    room.write_sources(" \n");
    daemon.signal("HUP");
    daemon.wait_to_say("sources.toml is empty; the sources that it had are followed on (2 in the database)");
    room.run(&["config", "check"]).exits(78).says("sources.toml is empty");
    std::fs::remove_file(room.path("sources.toml")).expect("the file can be removed");
    daemon.signal("HUP");
    daemon.wait_to_say("there is no sources file; the sources that it had are followed on");
    room.run(&["config", "check"]).exits(78).says("there is no sources file");
    let before = web.stats("paper.example").count("/feed");
    let deadline = std::time::Instant::now() + PATIENCE;
    while web.stats("paper.example").count("/feed") <= before {
        assert!(std::time::Instant::now() < deadline, "it is polled no more: {}", daemon.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(daemon.stop().code, Some(0));
    assert_eq!(room.number("SELECT count(*) FROM sources WHERE state = 'active'"), 2);
    room.run(&["fetch", "--due"]).says("there is no sources file");
    assert_eq!(room.number("SELECT count(*) FROM sources WHERE state = 'active'"), 2);
    // One that is named must be there.
    room.set(&[("sources.file", "\"sources.toml\"")]);
    room.run(&["config", "check"]).exits(78).says("sources.file");
    // Without a list they can be taken out one by one; an empty list is one with a word in it.
    room.set(&[("sources.file", "\"sources.toml\"")]);
    room.write_sources("# none\n");
    room.run(&["config", "check"]).exits(0);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM sources WHERE state = 'active'"), 0);
}

#[test]
fn a_list_in_capitals_with_folders_named_by_their_titles_comes_in() {
    let room = Newsroom::new();
    let list = room.file(
        "list.opml",
        "<?xml version=\"1.0\"?>\n<OPML VERSION=\"1.0\"><HEAD/><BODY><OUTLINE TITLE=\"Harbours\"><OUTLINE TITLE=\"Small ones\">\n\
         <OUTLINE TYPE=\"rss\" TITLE=\"Quay\" XMLURL=\"http://quay.example/feed\"/></OUTLINE></OUTLINE></BODY></OPML>",
    );
    room.run(&["sources", "import", &list]).exits(0).says("1 source added");
    assert_eq!(room.table("SELECT title, tags FROM sources"), [["Quay", "[\"Harbours\",\"Small ones\"]"]]);
}

#[test]
fn a_list_with_faults_keeps_nobody_from_reading_what_is_stored() {
    let mut room = Newsroom::new();
    let file =
        room.file("one.jsonl", r#"{"id": "1", "source": "wire", "title": "One", "text": "A text of some words."}"#);
    room.run(&["-q", "import", &file]).exits(0);
    let reading = [
        &["ls"][..],
        &["show", "1"],
        &["search", "words"],
        &["status"],
        &["sql", "SELECT title FROM articles"],
        &["tail", "--all"],
        &["stories"],
        &["why", "http://paper.example/a"],
        &["export"],
        &["snapshot", "given.db"],
        &["backup", "kept.db"],
        &["doctor"],
        &["schema", "--datasette"],
        &["sources", "ls"],
        &["sources", "show", "wire"],
        &["sources", "export"],
        &["sources", "test", "none"],
        &["config", "show"],
        &["config", "show", "--paths"],
        &["extract", "page.html"],
        &["parse-feed", "page.html"],
        &["restore", "no-such.db"],
    ];
    room.file("page.html", faults::article_html("A page of its own"));
    let writing = [
        &["run"][..],
        &["fetch", "--due"],
        &["sources", "pause", "wire"],
        &["prune", "--dry-run"],
        &["config", "check"],
    ];
    let faulty = "[[source]]\nslug = \"One\"\nurl = \"ftp://paper.example/\"\n";
    for (list, told) in [
        (Some(faulty), "sources.toml:2: slug = \"One\": must be 1 to 64"),
        (Some("[[source\nslug ="), "sources.toml:1"),
        (None, "sources.file = none.toml: cannot be read"),
    ] {
        match list {
            Some(list) => room.write_sources(list),
            None => room.set(&[("sources.file", "\"none.toml\"")]),
        }
        for arguments in reading {
            let _ = std::fs::remove_file(room.path("given.db"));
            let _ = std::fs::remove_file(room.path("kept.db"));
            let outcome = room.run(arguments).says("the sources or the rules for sites have faults").says(told);
            assert_ne!(outcome.code, Some(78), "{arguments:?}: {}", outcome.stderr);
            let warnings =
                outcome.stderr.lines().filter(|line| line.contains("the sources or the rules for sites have faults"));
            assert_eq!(warnings.count(), 1, "{arguments:?}: {}", outcome.stderr);
        }
        assert_eq!(room.run(&["-q", "ls"]).exits(0).stderr, "");
        for arguments in writing {
            room.run(arguments).exits(78).says(told);
        }
    }
    // Other settings are needed by all of them.
    room.set(&[("fetch.redirects_max", "99")]);
    room.run(&["ls"]).exits(78).says("fetch.redirects_max").says("none.toml");
}

#[test]
fn an_address_that_is_followed_twice_is_told_and_nothing_is_refused() {
    let web = web_of(vec![paper()]);
    let mut room = Newsroom::reading(&web);
    room.run(&["sources", "add", "http://paper.example/other", "--slug", "mine"]).exits(0);
    let entry =
        |(slug, path): (&str, &str)| format!("[[source]]\nslug = \"{slug}\"\nurl = \"http://paper.example/{path}\"\n");
    room.write_sources(&[("one", "feed"), ("two", "feed"), ("three", "other")].map(entry).concat());
    let checked = room
        .run(&["config", "check"])
        .exits(0)
        .says("sources.toml:4: url = \"http://paper.example/feed\": is listed twice, first at ")
        .says("sources.toml:1, and polled for each")
        .says("sources.toml:7: url = \"http://paper.example/other\": was added by command too: `newswire sources rm mine`");
    assert!(checked.stdout.ends_with("no problems, 2 warnings\n"), "{}", checked.stdout);
    let told = &room.run(&["--json", "config", "check"]).exits(0).json()["warnings"];
    assert_eq!(told.as_array().map(Vec::len), Some(2), "{told}");
    let daemon = room.start();
    daemon.wait_to_say("is listed twice, first at");
    assert_eq!(daemon.stop().code, Some(0));
    assert_eq!(states(&room).len(), 4);
    let applied = room.run(&["sources", "plan", &room.path("sources.toml").display().to_string()]).exits(0);
    applied.says("two: http://paper.example/feed is listed twice, first as one");
}
