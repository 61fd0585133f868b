//! Articles of several pages: joined, bounded, and kept with what there is where a page is missing.

use crate::harness::{Newsroom, web_of};
use crate::newsweb::faults;
use crate::newsweb::long_reads::{HOST, body, page, paragraphs, site};

fn url(story: &str) -> String {
    format!("http://{HOST}/{story}")
}

/// Body, kind and reasons of a stored story.
fn stored(room: &Newsroom, story: &str) -> [String; 3] {
    let sql = format!("SELECT body, body_kind, quality_reasons FROM articles WHERE url = '{}'", url(story));
    room.table(&sql).remove(0).try_into().expect("three columns")
}

fn whole(story: &str, n_pages: usize) -> [String; 3] {
    [body(story, n_pages), "full".to_owned(), "[]".to_owned()]
}

fn partial(story: &str, n_pages: usize) -> [String; 3] {
    [body(story, n_pages), "partial".to_owned(), "[\"pages-missing\"]".to_owned()]
}

#[test]
fn the_pages_of_an_article_are_joined_and_each_is_asked_for_once() {
    let web = web_of(vec![site()]);
    let room = Newsroom::reading(&web);
    for (story, n_pages) in [("lock", 3), ("wheel", 2), ("canal", 3), ("pond", 1)] {
        room.run(&["fetch", &url(story)]).exits(0);
        assert_eq!(stored(&room, story), whole(story, n_pages), "{story}");
    }
    assert_eq!(room.number("SELECT count(*) FROM articles"), 4);
    let stats = web.stats(HOST);
    for path in ["/lock", "/lock/2", "/lock/3", "/wheel", "/wheel/seite-2", "/canal/4", "/pond", "/robots.txt"] {
        assert_eq!(stats.count(path), 1, "{path}");
    }
    assert_eq!((stats.count("/canal/5"), stats.count("/pike"), stats.largest_concurrency), (0, 0, 1));
    // Every exchange is on record, and the article came with the last.
    let pages = "SELECT url, article_id IS NOT NULL FROM fetches WHERE url LIKE '%/lock%' ORDER BY id";
    assert_eq!(
        room.table(pages),
        [[url("lock"), "0".into()], [url("lock/2"), "0".into()], [url("lock/3"), "1".into()]]
    );
    // Any address of the first page leads to it, and a second look finds nothing new.
    room.run(&["fetch", &url("lock")]).exits(0);
    assert_eq!(room.number("SELECT max(revision) FROM articles"), 1);
    room.assert_sound();
}

#[test]
fn an_article_whose_page_fails_is_kept_and_completed_at_the_next_look() {
    let web = web_of(vec![site()]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", &url("sluice")]).exits(0);
    assert_eq!(stored(&room, "sluice"), partial("sluice", 1));
    let exchanges = "SELECT status, error_class, article_id FROM fetches WHERE purpose = 'article' ORDER BY id";
    assert_eq!(room.table(exchanges), [["200", "NULL", "1"], ["500", "5xx", "NULL"]]);
    // The page itself has not changed, and is asked for unconditionally all the same.
    room.run(&["fetch", &url("sluice")]).exits(0);
    assert_eq!(stored(&room, "sluice"), whole("sluice", 2));
    assert_eq!(room.number("SELECT revision FROM articles"), 2);
    // Now it is whole, and the first page's word that nothing has changed is taken.
    room.run(&["fetch", &url("sluice")]).exits(0);
    let statuses = "SELECT status FROM fetches WHERE purpose = 'article' ORDER BY id";
    assert_eq!(room.column(statuses), ["200", "500", "200", "200", "304"]);
    // What is whole is not replaced by less, and is asked for again as a whole.
    assert!(web.put(HOST, "/sluice?page=2", faults::failing(500)));
    assert!(web.put(HOST, "/sluice", page("sluice", 1, Some("?page=2")).without_etag()));
    room.run(&["fetch", &url("sluice")]).exits(0);
    assert_eq!(stored(&room, "sluice"), whole("sluice", 2));
    room.assert_sound();
}

#[test]
fn what_cannot_be_had_is_said_to_be_missing() {
    let web = web_of(vec![site()]);
    let mut room = Newsroom::reading(&web);
    for (story, n_pages, reason) in [
        ("weir", 1, "page 2 of http://long.example/weir is missing: it leads to http://long.example/lock/3"),
        ("hidden", 1, "robots.txt of long.example disallows /hidden/2"),
        ("bridge", 10, "page 11 of http://long.example/bridge is missing: an article is read up to page 10"),
    ] {
        let outcome = room.run(&["-v", "fetch", &url(story)]).exits(0);
        outcome.says(reason);
        assert_eq!(stored(&room, story), partial(story, n_pages), "{story}");
    }
    assert_eq!(web.stats(HOST).count("/hidden/2"), 0);
    room.set(&[("fetch.article_pages_max", "1")]);
    room.run(&["fetch", &url("lock")]).exits(0);
    assert_eq!(stored(&room, "lock"), partial("lock", 1));
    assert_eq!(web.stats(HOST).count("/lock/2"), 0);
    room.assert_sound();
}

#[test]
fn a_publisher_that_wants_a_long_pause_gets_it_and_the_pages_are_joined() {
    let web = web_of(vec![site()]);
    let mut room = Newsroom::reading(&web);
    // A turn that is further off than this is otherwise given back.
    room.set(&[("fetch.host_delay_ms", "300"), ("fetch.host_wait_max_ms", "50"), ("fetch.robots", "false")]);
    room.run(&["fetch", &url("lock")]).exits(0);
    assert_eq!(stored(&room, "lock"), whole("lock", 3));
    let stats = web.stats(HOST);
    assert_eq!(stats.requests.len(), 3);
    assert!(stats.smallest_gap.expect("several requests").as_millis() >= 300, "{stats:?}");
}

#[test]
fn extract_joins_the_pages_of_an_address_and_not_of_a_file() {
    let web = web_of(vec![site()]);
    let room = Newsroom::reading(&web);
    let n_paragraphs =
        |outcome: crate::harness::Outcome| outcome.exits(0).json()["paragraphs"].as_array().map(Vec::len);
    assert_eq!(n_paragraphs(room.run(&["extract", &url("lock")])), Some(1 + 3 * 3));
    let sluice = room.run(&["extract", &url("sluice")]).exits(0).json();
    assert_eq!(
        (&sluice["body_kind"], &sluice["quality_reasons"]),
        (&"partial".into(), &serde_json::json!(["pages-missing"]))
    );
    let text = paragraphs("lock", 1).iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect::<Vec<_>>().concat();
    let file = room.file("lock.html", format!("<link rel=next href=/lock/2><h1>The lock</h1>{text}"));
    assert_eq!(n_paragraphs(room.run(&["extract", "--url", &url("lock"), &file])), Some(3));
    assert_eq!(web.stats(HOST).count("/lock/2"), 1);
}
