//! The same article on several pages: in parts, for AMP, for a printer, for small screens. It is one article with one text,
//! that of the whole, and which page is read makes no revision.

use std::fmt::Write as _;

use newswire::demo::web::{NewsWeb, Refusal, Resource, Site};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::harness::{Newsroom, feed, web_of};

const HOST: &str = "forms.example";
const OWN: &str = "http://forms.example/story";

fn paragraph(number: usize) -> String {
    format!(
        "At milestone {number} of the old road the surveyors found the stone numbered {number}, which the map of that year \
         has left out, and set it upright again beside the {number} others that the frost had thrown over."
    )
}

/// A page of the article with some of its paragraphs, and what else stands on it.
fn page_with(paragraphs: &[String], more: &str) -> Resource {
    let text = paragraphs.iter().fold(String::new(), |mut text, paragraph| {
        let _ = writeln!(text, "<p>{paragraph}</p>");
        text
    });
    Resource::html(format!(
        "<!doctype html><html lang=en><head><title>The old road is measured</title><link rel=canonical href=\"{OWN}\"></head>\
         <body><article><h1>The old road is measured</h1>\n{text}{more}</article></body></html>"
    ))
}

fn page(numbers: std::ops::RangeInclusive<usize>) -> Resource {
    page_with(&numbers.map(paragraph).collect::<Vec<_>>(), "")
}

fn text(numbers: std::ops::RangeInclusive<usize>) -> String {
    numbers.map(paragraph).collect::<Vec<_>>().join("\n")
}

/// What is stored: how many articles, and the text and revision of each.
fn stored(room: &Newsroom) -> Vec<Vec<String>> {
    room.table("SELECT url, body, revision, removed_at FROM articles ORDER BY id")
}

fn one(body: String, revision: u32) -> Vec<Vec<String>> {
    vec![vec![OWN.to_owned(), body, revision.to_string(), "NULL".to_owned()]]
}

fn room_of(pages: &[(&str, Resource)]) -> (Newsroom, NewsWeb) {
    let web = web_of(vec![pages.iter().fold(Site::new(HOST), |site, (path, page)| site.with(path, page.clone()))]);
    let room = Newsroom::reading(&web);
    (room, web)
}

fn fetch(room: &Newsroom, path: &str) {
    room.run(&["fetch", &format!("http://{HOST}{path}")]).exits(0);
}

fn let_time_pass(room: &Newsroom) {
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a connection can be configured");
    let sql = "UPDATE _links SET look_at = 1 WHERE look_at IS NOT NULL; UPDATE _hosts SET ready_at = 1";
    connection.execute_batch(sql).expect("a table can be changed");
}

#[test]
fn a_page_of_an_article_that_is_fetched_by_itself_does_not_replace_the_whole() {
    let (room, _web) = room_of(&[("/story", page(1..=9)), ("/story/3", page(7..=9)), ("/story?page=2", page(4..=8))]);
    fetch(&room, "/story");
    for path in ["/story/3", "/story?page=2", "/story/3", "/story?page=2", "/story/3", "/story"] {
        fetch(&room, path);
        assert_eq!(stored(&room), one(text(1..=9), 1), "{path}");
    }
    room.assert_sound();
    // Where the part comes first, the whole is read in its place, or takes it as soon as it is there, and the part does not
    // come back.
    let refused_once = Refusal { status: 500, retry_after: None, n_times: 1 };
    for (whole, first) in [(page(1..=9), 1..=9), (page(1..=9).refusal(refused_once), 7..=9)] {
        let (room, _web) = room_of(&[("/story", whole), ("/story/3", page(7..=9))]);
        for (path, expected) in [("/story/3", first), ("/story", 1..=9), ("/story/3", 1..=9), ("/story/3", 1..=9)] {
            fetch(&room, path);
            assert_eq!(stored(&room), one(text(expected), 1), "{path}");
        }
    }
    let (room, _web) = room_of(&[("/story", page(1..=9)), ("/story/3", page(7..=9))]);
    fetch(&room, "/story/3");
    for _ in 0..3 {
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0);
        assert_eq!(stored(&room), one(text(1..=9), 1));
    }
    room.assert_sound();
}

#[test]
fn a_page_that_shows_a_part_is_believed_when_it_does_so_twice_in_a_row() {
    let unlike: Vec<String> =
        (1..=2).map(|n| format!("In brief: the road has been measured, in {n} summer.")).collect();
    for (short, short_text) in [(page(1..=4), text(1..=4)), (page_with(&unlike, ""), unlike.join("\n"))] {
        let (room, web) = room_of(&[("/story", page(1..=9))]);
        fetch(&room, "/story");
        let look = |resource: &Resource| {
            assert!(web.put(HOST, "/story", resource.clone()));
            let_time_pass(&room);
            room.run(&["fetch", "--due"]).exits(0);
        };
        look(&short);
        assert_eq!(stored(&room), one(text(1..=9), 1));
        assert_eq!(room.number("SELECT (look_at - cut_off_at) / 60000 < 60 FROM _links"), 1, "it is looked at soon");
        // It was an accident.
        look(&page(1..=9));
        look(&short);
        assert_eq!(stored(&room), one(text(1..=9), 1));
        // It was none.
        look(&short);
        assert_eq!(stored(&room), one(short_text.clone(), 2));
        room.assert_sound();
    }
}

#[test]
fn a_text_that_says_why_it_is_short_is_believed_at_once() {
    let (room, web) = room_of(&[("/story", page(1..=9))]);
    fetch(&room, "/story");
    let notice = "Correction: the report that stood here has been withdrawn, since the stones that it tells of were set up by \
        the paper's own photographer, as we have learned from him.";
    assert!(web.put(HOST, "/story", page_with(&[notice.to_owned()], "")));
    fetch(&room, "/story");
    assert_eq!(stored(&room), one(notice.to_owned(), 2));
    // A sentence that is taken out is an ordinary change.
    let (room, web) = room_of(&[("/story", page(1..=9))]);
    fetch(&room, "/story");
    assert!(web.put(HOST, "/story", page(1..=8)));
    fetch(&room, "/story");
    assert_eq!(stored(&room), one(text(1..=8), 2));
}

#[test]
fn numbers_of_pages_without_a_word_for_the_next_one_are_followed() {
    let numbers = |class: &str, tag: &str, next: &str| {
        format!("<{tag} class=\"{class}\">Pages: <span>1</span> <a href=\"{next}\">2</a></{tag}>")
    };
    for (class, tag, next) in [
        ("page-links", "div", "/story/2/"),
        ("page-links", "div", "http://forms.example/story?page=2"),
        ("post-nav-links", "nav", "/story/2/"),
    ] {
        let first = page_with(&(1..=4).map(paragraph).collect::<Vec<_>>(), &numbers(class, tag, next));
        let path = next.strip_prefix("http://forms.example").unwrap_or(next);
        let (room, _web) = room_of(&[("/story", first), (path, page(5..=9))]);
        fetch(&room, "/story");
        assert_eq!(stored(&room), one(text(1..=9), 1), "{class} {next}");
    }
}

/// Paragraphs as another form of the page has them: the same, but for a few words.
fn reworded(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| paragraph(number).replace("surveyors found", "surveyors have found")).collect()
}

#[test]
fn a_form_of_a_page_makes_no_revision() {
    // Ways to a form: some are told by their address, some by what the page says of its own.
    for form in ["/story/amp", "/story?outputType=amp", "/story-for-amp.html", "/print.php?id=7", "/story?print=1"] {
        let shorter = page_with(&reworded(1..=8), "");
        let fuller = page_with(&reworded(1..=9), "");
        let rounds = |room: &Newsroom, paths: [&str; 2], expected: &str| {
            for round in 1..=3 {
                for path in paths {
                    fetch(room, path);
                    let_time_pass(room);
                    room.run(&["fetch", "--due"]).exits(0);
                }
                assert_eq!(stored(room), one(expected.to_owned(), 1), "{paths:?}, round {round}");
            }
            room.assert_sound();
        };
        for paths in [["/story", form], [form, "/story"]] {
            let (room, _web) = room_of(&[("/story", page(1..=9)), (form, shorter.clone())]);
            rounds(&room, paths, &text(1..=9));
        }
        // The fuller text stays, whichever page has it. A form that is told by its address is not asked for.
        let is_told_by_address = !form.starts_with("/story-") && !form.starts_with("/print.php");
        if !is_told_by_address {
            for paths in [["/story", form], [form, "/story"]] {
                let (room, _web) = room_of(&[("/story", page(1..=7)), (form, fuller.clone())]);
                rounds(&room, paths, &reworded(1..=9).join("\n"));
            }
        }
    }
}

#[test]
fn a_change_is_seen_on_the_own_page_after_its_form_was_read() {
    let (room, web) = room_of(&[("/story", page(1..=9)), ("/story-for-amp.html", page_with(&reworded(1..=8), ""))]);
    for path in ["/story-for-amp.html", "/story", "/story-for-amp.html"] {
        fetch(&room, path);
    }
    assert!(web.put(HOST, "/story", page(1..=10)));
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 revised");
    assert_eq!(stored(&room), one(text(1..=10), 2));
    // What was changed after the form was read is a change, however the own page is found.
    let dated = |paragraphs: &[String], hour: u32| {
        let date = format!("<meta property=\"article:modified_time\" content=\"2026-11-20T{hour:02}:00:00Z\">");
        let page = page_with(paragraphs, "");
        let html = String::from_utf8(page.body().to_vec()).expect("a text").replace("</head>", &(date + "</head>"));
        Resource::html(html)
    };
    for (hour, revision) in [(9, 1), (10, 2)] {
        let corrected: Vec<String> = (1..=9).map(|n| paragraph(n).replace("frost", "ice")).collect();
        let pages = [("/story-for-amp.html", dated(&reworded(1..=9), 9)), ("/story", dated(&corrected, hour))];
        let (room, _web) = room_of(&pages);
        for path in ["/story-for-amp.html", "/story", "/story-for-amp.html", "/story"] {
            fetch(&room, path);
        }
        let expected = if revision == 1 { reworded(1..=9) } else { corrected };
        assert_eq!(stored(&room), one(expected.join("\n"), revision));
    }
    // Where nobody has seen the own page, the form tells of changes.
    let (room, web) = room_of(&[("/story-for-amp.html", page_with(&reworded(1..=8), ""))]);
    fetch(&room, "/story-for-amp.html");
    assert!(web.put(HOST, "/story-for-amp.html", page_with(&reworded(1..=9), "")));
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 revised");
    assert_eq!(stored(&room), one(reworded(1..=9).join("\n"), 2));
}

/// Follows a site's feed, all of whose addresses are those of one article.
#[track_caller]
fn assert_one_link(site: Site) -> (Newsroom, NewsWeb) {
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("forms", "http://forms.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!(stored(&room), one(text(1..=9), 1));
    assert_eq!(room.column("SELECT url_key FROM _links"), ["forms.example/story"]);
    (room, web)
}

#[test]
fn forms_that_their_address_tells_are_one_link() {
    let urls = [
        "http://forms.example/story",
        "http://forms.example/story/amp/",
        "http://forms.example/amp/story",
        "http://m.forms.example/story",
        "http://amp.forms.example/story?amp=1",
        "http://forms.example/story?amp&utm_source=rss",
        "http://forms.example/story?ref=aggregator.example",
    ];
    let site = Site::new(HOST).with("/story", page(1..=9)).with("/feed", feed(&urls));
    assert_one_link(site);
}

#[test]
fn a_page_in_a_cache_of_amp_pages_is_fetched_from_its_publisher() {
    let urls = [
        "https://forms-example.cdn.ampproject.org/c/forms.example/story/amp",
        "https://www.google.com/amp/forms.example/story",
        "https://forms-example.cdn.ampproject.org/v/forms.example/story?amp_js_v=0.1#aoh=1",
    ];
    let site = Site::new(HOST).with("/story", page(1..=9)).with("/story/amp", page(1..=9)).with("/feed", feed(&urls));
    let (room, _web) = assert_one_link(site);
    room.run(&["why", urls[1]]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM fetches WHERE url LIKE '%ampproject%' OR url LIKE '%google%'"), 0);
}

#[test]
fn another_form_is_asked_for_where_the_page_itself_is_not_there() {
    let gone = || Resource::html("<h1>Not here</h1>").status(404);
    let empty = || Resource::html("<!doctype html><html><body><ul><li><a href=\"/a\">A</a></li></ul></body></html>");
    for own in [gone, empty] {
        let (mut room, web) = room_of(&[("/story", own()), ("/story/amp", page(1..=9)), ("/feed", feed(&[OWN]))]);
        room.follow("forms", "http://forms.example/feed", Some("feed"));
        room.run(&["fetch", "--all"]).exits(3);
        room.run(&["fetch", "http://forms.example/story/amp"]).exits(0).says("1 new article (");
        assert_eq!(stored(&room), one(text(1..=9), 1));
        let stats = web.stats(HOST);
        assert_eq!((stats.count("/story"), stats.count("/story/amp")), (2, 1));
        // Nor is it taken for removed as long as the form is there.
        for _ in 0..3 {
            let_time_pass(&room);
            room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
        }
        assert_eq!(stored(&room), one(text(1..=9), 1));
        room.assert_sound();
    }
    // A form by which the link was first known is kept beside the page that it names as its own.
    let (room, web) = room_of(&[("/story/amp", page(1..=9))]);
    fetch(&room, "/story/amp");
    for _ in 0..3 {
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0);
    }
    assert_eq!(stored(&room), one(text(1..=9), 1));
    assert!(web.stats(HOST).count("/story") > 0, "the page itself goes first");
    // Where neither is there, each is asked for once at a time.
    let (room, web) = room_of(&[("/story", gone()), ("/story/amp", gone())]);
    room.run(&["fetch", OWN]).exits(1);
    room.run(&["fetch", "http://forms.example/story/amp"]).exits(1);
    assert_eq!((web.stats(HOST).count("/story"), web.stats(HOST).count("/story/amp")), (2, 1));
    room.assert_sound();
}

#[test]
fn a_form_that_another_source_lists_stands_in_for_a_page_that_is_not_there() {
    let lists = |url: &str| feed(&[url]);
    let web = web_of(vec![
        Site::new(HOST).with("/feed", lists(OWN)),
        Site::new("m.forms.example").with("/story", page(1..=9)).with("/feed", lists("http://m.forms.example/story")),
    ]);
    let mut room = Newsroom::reading(&web);
    // It is given up at once, and gets a new start from the second source.
    room.set(&[("schedule.article_attempts_max", "1")]);
    room.follow("forms", "http://forms.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3);
    room.follow("small", "http://m.forms.example/feed", Some("feed"));
    room.run(&["fetch", "small"]).exits(0).says("1 new article (");
    assert_eq!(stored(&room), one(text(1..=9), 1));
    assert_eq!(web.stats(HOST).count("/story"), 2);
}

/// Where neither names the other as its own.
#[test]
fn the_plain_address_is_asked_for_once_it_is_known() {
    let html = |numbers: std::ops::RangeInclusive<usize>| {
        let text = numbers.fold(String::new(), |text, number| text + &format!("<p>{}</p>", paragraph(number)));
        Resource::html(format!("<!doctype html><title>A story</title><article><h1>A story</h1>{text}</article>"))
    };
    for form in ["/story/amp", "/story?outputType=amp"] {
        let (room, web) = room_of(&[("/story", html(1..=9)), (form, html(1..=4))]);
        for path in [form, "/story", form, "/story"] {
            fetch(&room, path);
        }
        assert_eq!(room.table("SELECT body, body_kind FROM articles"), [[text(1..=9), "full".to_owned()]], "{form}");
        assert_eq!(web.stats(HOST).count(form), 1, "{form}");
        room.assert_sound();
    }
}
