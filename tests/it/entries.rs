//! Entries of feeds: several at one address, and those that say something else than before.

use newswire::demo::web::{NewsWeb, Resource, Site};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::harness::{Newsroom, web_of};

const HOST: &str = "notes.example";

/// An entry of a feed.
#[derive(Clone)]
struct Entry {
    title: String,
    path: String,
    guid: Option<String>,
    text: String,
}

impl Entry {
    /// One at the address that all of them share.
    fn new(title: &str, guid: Option<&str>, text: &str) -> Entry {
        Entry {
            title: title.to_owned(),
            path: "/notes".to_owned(),
            guid: guid.map(str::to_owned),
            text: text.to_owned(),
        }
    }

    fn at(self, path: &str) -> Entry {
        Entry { path: path.to_owned(), ..self }
    }
}

fn feed_of(entries: &[Entry]) -> Resource {
    let items: Vec<String> = entries
        .iter()
        .map(|Entry { title, path, guid, text }| {
            let guid =
                guid.as_ref().map(|guid| format!("<guid isPermaLink=\"false\">{guid}</guid>")).unwrap_or_default();
            format!(
                "<item><title>{title}</title><link>http://{HOST}{path}</link>{guid}\
                 <description><![CDATA[{text}]]></description></item>"
            )
        })
        .collect();
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>N</title>{}</channel></rss>",
        items.concat()
    );
    Resource::new("application/rss+xml; charset=utf-8", body)
}

fn note(subject: &str) -> String {
    (1..=3).fold(String::new(), |html, n| {
        html + &format!(
            "<p>In note {n} the {subject} was mended: whoever turned the {subject} to the left heard it creak, and since \
             today the {subject} does not, as {n} of its users have told us.</p>"
        )
    })
}

fn web_with(entries: &[Entry]) -> NewsWeb {
    web_of(vec![Site::new(HOST).with("/feed", feed_of(entries)).with("/notes", page("All notes"))])
}

fn page(title: &str) -> Resource {
    let text = note("page").replace("the page", "this page");
    Resource::html(format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
    ))
}

fn following(web: &NewsWeb, full_text: &str) -> Newsroom {
    let mut room = Newsroom::reading(web);
    room.write_sources(&format!(
        "[[source]]\nslug = \"notes\"\nurl = \"http://{HOST}/feed\"\nkind = \"feed\"\nfull_text = {full_text:?}\n"
    ));
    room
}

/// Serves these entries and polls.
fn poll(web: &NewsWeb, room: &Newsroom, entries: &[Entry]) {
    assert!(web.put(HOST, "/feed", feed_of(entries)));
    room.run(&["fetch", "--all"]).exits(0);
}

/// Title and revision of each article.
fn articles(room: &Newsroom) -> Vec<String> {
    room.column("SELECT title || ' ' || revision FROM articles ORDER BY id")
}

fn n_pages_asked(web: &NewsWeb) -> usize {
    web.stats(HOST).requests.iter().filter(|request| request.path != "/feed").count()
}

#[test]
fn entries_that_share_a_link_are_an_article_each() {
    let entries = [
        Entry::new("Version 1", Some("1"), &note("hinge")),
        Entry::new("Version 2", Some("2"), &note("crank")),
        Entry::new("Version 3", Some("3"), &note("spring")),
    ];
    // Mostly the same text: each is its own article, whatever it repeats of another one.
    let much_alike = [1, 2, 3].map(|n| {
        let text = format!("<p>Number {n} is out.</p>{}", note("hinge"));
        Entry::new(&format!("v{n} released"), Some(&format!("http://{HOST}/#{n}")), &text)
    });
    let without_guids = entries.clone().map(|entry| Entry { guid: None, ..entry });
    let with_one_guid = entries.clone().map(|entry| Entry { guid: Some("all".to_owned()), ..entry });
    let with_one_title = entries.clone().map(|entry| Entry { title: "Notes".to_owned(), ..entry });
    let with_one_title_only = with_one_title.clone().map(|entry| Entry { guid: None, ..entry });
    for entries in [&entries, &much_alike, &without_guids, &with_one_guid, &with_one_title, &with_one_title_only] {
        let web = web_with(entries);
        let room = following(&web, "feed");
        room.run(&["fetch", "--all"]).exits(0);
        let url = format!("http://{HOST}/notes");
        assert_eq!(room.column("SELECT url FROM articles"), [url.as_str(); 3]);
        assert_eq!(room.column("SELECT guid FROM sightings ORDER BY article_id").len(), 3);
        assert_eq!(room.column("SELECT problems FROM source_health"), ["[]"]);
        room.run(&["show", &url]).exits(0);
        room.run(&["why", &url]).exits(0);
        // The same entries again, in another order, bring nothing.
        let mut turned = entries.to_vec();
        turned.reverse();
        poll(&web, &room, &turned);
        poll(&web, &room, &turned[..1]);
        assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
        // Nor does a feed that renews its GUIDs.
        let renewed: Vec<Entry> = entries
            .iter()
            .map(|entry| Entry { guid: entry.guid.clone().map(|guid| guid + "-new"), ..entry.clone() })
            .collect();
        poll(&web, &room, &renewed);
        assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
        assert_eq!(room.number("SELECT max(revision) FROM articles"), 1);
        assert_eq!(n_pages_asked(&web), 0);
        room.assert_sound();
    }
}

#[test]
fn an_entry_of_a_shared_link_is_revised_and_another_one_is_new() {
    let mut entries =
        vec![Entry::new("Version 1", Some("1"), &note("hinge")), Entry::new("Version 2", Some("2"), &note("crank"))];
    let web = web_with(&entries);
    let room = following(&web, "feed");
    room.run(&["fetch", "--all"]).exits(0);
    entries[0].text = note("hinge").replace("does not", "hardly does");
    entries.insert(0, Entry::new("Version 3", Some("3"), &note("spring")));
    poll(&web, &room, &entries);
    assert_eq!(articles(&room), ["Version 1 2", "Version 2 1", "Version 3 1"]);
    // One at a time, as a ticker has it.
    poll(&web, &room, &[Entry::new("Version 4", Some("4"), &note("lever"))]);
    assert_eq!(articles(&room), ["Version 1 2", "Version 2 1", "Version 3 1", "Version 4 1"]);
    // An article that was deleted does not come back.
    change(&room, "DELETE FROM articles WHERE title = 'Version 2'");
    entries[2].text = note("crank").replace("does not", "hardly does");
    poll(&web, &room, &entries);
    assert_eq!(articles(&room), ["Version 1 2", "Version 3 1", "Version 4 1"]);
    room.assert_sound();
}

#[test]
fn a_ticker_with_one_entry_at_a_time_makes_an_article_of_each() {
    let web = web_with(&[Entry::new("Version 1", Some("1"), &note("hinge"))]);
    let room = following(&web, "feed");
    room.run(&["fetch", "--all"]).exits(0);
    for (number, subject) in [(2, "crank"), (3, "spring")] {
        let title = format!("Version {number}");
        poll(&web, &room, &[Entry::new(&title, Some(&number.to_string()), &note(subject))]);
    }
    assert_eq!(articles(&room), ["Version 1 1", "Version 2 1", "Version 3 1"]);
    // All of them at once are those that are known.
    let all: Vec<Entry> = [(1, "hinge"), (2, "crank"), (3, "spring")]
        .map(|(number, subject)| Entry::new(&format!("Version {number}"), Some(&number.to_string()), &note(subject)))
        .to_vec();
    poll(&web, &room, &all);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
    room.assert_sound();
}

#[test]
fn entries_that_share_a_page_are_told_as_a_problem() {
    let entries = [
        Entry::new("Version 1", Some("1"), "Hinge mended."),
        Entry::new("Version 2", Some("2"), "Crank mended."),
        Entry::new("Version 3", None, "Spring mended."),
    ];
    for full_text in ["page", "auto"] {
        let web = web_with(&entries);
        let room = following(&web, full_text);
        room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
        let problems = room.value("SELECT problems FROM source_health");
        for part in ["3 entries share the link http://notes.example/notes", "full_text = "] {
            assert!(problems.contains(part), "{problems}");
        }
    }
    // The same entry twice is no such thing.
    let web = web_with(&[entries[0].clone(), Entry { guid: Some("9".to_owned()), ..entries[0].clone() }]);
    let room = following(&web, "page");
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!(room.value("SELECT problems FROM source_health"), "[]");
}

/// Changes the database from outside, as its owner may.
fn change(room: &Newsroom, sql: &str) {
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a connection can be configured");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn an_article_that_is_made_of_its_entry_is_revised_with_it() {
    let posts = |n: usize| {
        (1..=n).rev().fold(String::new(), |html, n| {
            html + &format!(
                "<p>At {n} o'clock the ferry number {n} left the quay for Alder Bay with {n}0 people on board, and the sea was \
                 as it had been in hour {n} of the day before.</p>"
            )
        })
    };
    let live = |n: usize, title: &str| [Entry::new(title, Some("live"), &posts(n)).at("/live")];
    let web = web_with(&live(1, "Ferries"));
    let room = following(&web, "feed");
    room.run(&["fetch", "--all"]).exits(0);
    poll(&web, &room, &live(6, "Ferries"));
    assert_eq!(articles(&room), ["Ferries 2"]);
    assert!(room.value("SELECT body FROM articles").starts_with("At 6 o'clock"));
    poll(&web, &room, &live(6, "Ferries: the sixth has left"));
    assert_eq!(articles(&room), ["Ferries: the sixth has left 3"]);
    // What does not count as another wording makes no revision.
    let [mut entry] = live(6, "Ferries: the sixth has left");
    entry.text = entry.text.replace("o'clock", "o\u{2019}clock") + "<img src=\"/pixel?n=17\">";
    poll(&web, &room, &[entry]);
    assert_eq!(articles(&room), ["Ferries: the sixth has left 3"]);
    assert_eq!(n_pages_asked(&web), 0, "no page is asked for");
    room.assert_sound();
}

#[test]
fn another_headline_in_the_feed_has_the_page_looked_at_once_an_hour() {
    let entry = |title: &str, text: &str| [Entry::new(title, Some("a"), text).at("/a")];
    let web = web_with(&entry("Hinge", "One."));
    assert!(web.put(HOST, "/a", page("Hinge")));
    let room = following(&web, "page");
    let n_asked = || web.stats(HOST).count("/a");
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(n_asked(), 1);
    // Another text says nothing: there are counters in it.
    poll(&web, &room, &entry("Hinge", "Two."));
    assert_eq!(n_asked(), 1);
    assert!(web.put(HOST, "/a", page("Hinge is mended")));
    poll(&web, &room, &entry("Hinge is mended", "Two."));
    assert_eq!((n_asked(), articles(&room)), (2, vec!["Hinge is mended 2".to_owned()]));
    // The next one waits for its hour.
    poll(&web, &room, &entry("Hinge is mended, they say", "Two."));
    assert_eq!(n_asked(), 2);
    let wait = "SELECT (look_at - first_seen_at) / 60000 BETWEEN 55 AND 60 FROM _links";
    assert_eq!(room.number(wait), 1);
    change(&room, "UPDATE _links SET look_at = 1 WHERE look_at IS NOT NULL; UPDATE _hosts SET ready_at = 1");
    room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
    assert_eq!((n_asked(), web.stats(HOST).n_not_modified()), (3, 1));
    room.assert_sound();
}
