//! Later pages of an article that are met by themselves: it is one article all the same, under the address of its first
//! page, with the text of all pages. What only looks like a later page is an article of its own.

use std::fmt::Write as _;

use newswire::demo::web::{NewsWeb, Refusal, Resource, Site};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

const HOST: &str = "parts.example";
const TITLE: &str = "The towpath is walked from end to end";

fn url(path: &str) -> String {
    format!("http://{HOST}{path}")
}

fn paragraphs(number: usize) -> Vec<String> {
    let paragraph = |part: usize| {
        format!(
            "On day {number} of the walk, at lock {part}, the keeper of number {number}{part} told of the winter when the \
             barges were frozen in and their {number} crews were fed from the village for {part} weeks without a bill."
        )
    };
    (1..=3).map(paragraph).collect()
}

fn text(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().flat_map(paragraphs).collect::<Vec<_>>().join("\n")
}

/// A page with these paragraphs, with what stands in its head and below its text.
fn page(title: &str, paragraphs: &[String], head: &str, below: &str) -> Resource {
    let text = paragraphs.iter().fold(String::new(), |mut text, paragraph| {
        let _ = writeln!(text, "<p>{paragraph}</p>");
        text
    });
    Resource::html(format!(
        "<!doctype html><html lang=en><head><title>{title}</title>{head}</head>\
         <body><article><h1>{title}</h1>\n{text}</article>{below}</body></html>"
    ))
}

fn part(number: usize, head: &str, below: &str) -> Resource {
    page(TITLE, &paragraphs(number), head, below)
}

fn relation(name: &str, path: &str) -> String {
    format!("<link rel={name} href=\"{path}\">")
}

/// The pages of an article, by their paths, the first page first; with what they say of one another.
type Linking = fn(paths: &[&str], number: usize) -> (String, String);

/// A relation to the page so many pages on, if there is one.
fn related(name: &str, paths: &[&str], number: usize, step: isize) -> String {
    let position = (number - 1).checked_add_signed(step);
    position.and_then(|at| paths.get(at)).map(|path| relation(name, path)).unwrap_or_default()
}

fn by_relations(paths: &[&str], number: usize) -> (String, String) {
    (related("next", paths, number, 1) + &related("prev", paths, number, -1), String::new())
}

/// The last page only knows the one before.
fn by_relations_one_way(paths: &[&str], number: usize) -> (String, String) {
    let is_last = number == paths.len();
    (if is_last { related("prev", paths, number, -1) } else { related("next", paths, number, 1) }, String::new())
}

fn by_relations_of_own_pages(paths: &[&str], number: usize) -> (String, String) {
    (by_relations(paths, number).0 + &relation("canonical", paths[number - 1]), String::new())
}

fn by_canonical_address(paths: &[&str], number: usize) -> (String, String) {
    (related("next", paths, number, 1) + &relation("canonical", paths[0]), String::new())
}

fn numbers(paths: &[&str], number: usize) -> String {
    paths.iter().enumerate().fold(String::new(), |mut numbers, (position, path)| {
        let shown = position + 1;
        let _ = if shown == number {
            write!(numbers, " <b>{shown}</b>")
        } else {
            write!(numbers, " <a href=\"{path}\">{shown}</a>")
        };
        numbers
    })
}

fn by_numbers(paths: &[&str], number: usize) -> (String, String) {
    (String::new(), format!("<nav>{}</nav>", numbers(paths, number)))
}

fn as_word_press_does(paths: &[&str], number: usize) -> (String, String) {
    (String::new(), format!("<div class=page-links>Pages:{}</div>", numbers(paths, number)))
}

/// A site with an article on these pages.
fn site(paths: &[&str], linking: Linking) -> Site {
    (1..=paths.len()).fold(Site::new(HOST), |site, number| {
        let (head, below) = linking(paths, number);
        site.with(paths[number - 1], part(number, &head, &below))
    })
}

fn room_of(site: Site) -> (Newsroom, NewsWeb) {
    let web = web_of(vec![site]);
    (Newsroom::reading(&web), web)
}

fn fetch(room: &Newsroom, path: &str) {
    room.run(&["fetch", &url(path)]).exits(0);
}

const STORED: &str = "SELECT url, body, body_kind, revision, duplicate_of, removed_at FROM articles ORDER BY id";

/// Articles that lack some of their pages.
const N_MISSING_PAGES: &str = "SELECT count(*) FROM articles WHERE quality_reasons LIKE '%pages-missing%'";

fn row(path: &str, body: String, kind: &str) -> Vec<String> {
    let others = [kind, "1", "NULL", "NULL"].map(str::to_owned);
    [url(path), body].into_iter().chain(others).collect()
}

/// What must be stored: one article of three pages, under the address of the first.
fn whole(path: &str) -> Vec<Vec<String>> {
    vec![row(path, text(1..=3), "full")]
}

fn let_time_pass(room: &Newsroom) {
    let connection = Connection::open(room.database()).expect("the database opens");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a connection can be configured");
    let sql = "UPDATE _links SET look_at = 1 WHERE look_at IS NOT NULL; UPDATE _hosts SET ready_at = 1";
    connection.execute_batch(sql).expect("a table can be changed");
}

/// Fetches the pages of an article in some orders, and later looks at them again: it is one all the time.
#[track_caller]
fn assert_one_article(paths: [&str; 3], linking: Linking, orders: &[&[usize]]) {
    for order in orders {
        let (room, _web) = room_of(site(&paths, linking));
        for number in *order {
            fetch(&room, paths[number - 1]);
            assert_eq!(room.table(STORED), whole(paths[0]), "{paths:?}, page {number} in {order:?}");
        }
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
        assert_eq!(room.table(STORED), whole(paths[0]), "{paths:?}, looked at again after {order:?}");
        room.assert_sound();
    }
}

#[test]
fn an_article_is_one_whichever_of_its_pages_comes_first() {
    let paths = ["/story", "/story?page=2", "/story?page=3"];
    for linking in [
        by_relations,
        by_relations_one_way,
        by_relations_of_own_pages,
        by_canonical_address,
        by_numbers,
        as_word_press_does,
    ] {
        assert_one_article(paths, linking, &[&[3, 1, 3, 2], &[1, 3, 3], &[2, 3, 1]]);
    }
}

#[test]
fn page_numbers_stand_in_addresses_in_many_ways() {
    for paths in [
        ["/story", "/story?p=2", "/story?p=3"],
        ["/story?id=7", "/story?id=7&page=2", "/story?id=7&page=3"],
        ["/story", "/story/2", "/story/3"],
        ["/story/", "/story/page/2/", "/story/page/3/"],
        ["/story.html", "/story,2.html", "/story,3.html"],
        ["/story.html", "/story-2.html", "/story-3.html"],
        ["/story", "/story_2", "/story_3"],
        ["/story", "/story/seite-2", "/story/seite-3"],
    ] {
        assert_one_article(paths, by_relations_one_way, &[&[3, 1, 2]]);
    }
}

#[test]
fn the_first_page_may_have_its_number_in_the_address_as_well() {
    let (room, web) = room_of(
        site(&["/story", "/story?page=2", "/story?page=3"], by_numbers)
            .with("/story?page=1", part(1, "", &by_numbers(&["/story?page=1", "/story?page=2", "/story?page=3"], 1).1)),
    );
    for path in ["/story?page=1", "/story?page=3", "/story", "/story?page=1"] {
        fetch(&room, path);
        assert_eq!(room.table(STORED), whole("/story"), "{path}");
    }
    drop(web);
    // There may be no other.
    let numbered = ["/story?page=1", "/story?page=2", "/story?page=3"];
    let (room, web) = room_of(site(&numbered, by_numbers));
    for path in ["/story?page=3", "/story?page=1", "/story?page=2", "/story?page=3"] {
        fetch(&room, path);
        assert_eq!(room.table(STORED), whole("/story?page=1"), "{path}");
    }
    assert!(web.stats(HOST).count("/story") > 0, "it is asked for first");
}

#[test]
fn each_page_is_asked_for_once_and_later_ones_that_are_listed_not_at_all() {
    let paths = ["/story", "/story/2", "/story/3"];
    let (mut room, web) = room_of(
        site(&paths, by_relations)
            .with("/a", feed(&[&url("/story/3"), &url("/story/2")]))
            .with("/b", feed(&[&url("/story")]))
            .with("/c", feed(&[&url("/story/2"), &url("/story"), &url("/story/3")])),
    );
    for (slug, summary) in [("a", "1 new article ("), ("b", "0 new articles"), ("c", "0 new articles")] {
        room.follow(slug, &url(&format!("/{slug}")), Some("feed"));
        room.run(&["fetch", slug]).exits(0).says(summary);
        assert_eq!(room.table(STORED), whole("/story"), "{slug}");
    }
    let stats = web.stats(HOST);
    assert_eq!(paths.map(|path| stats.count(path)), [1, 1, 1]);
    assert_eq!(stats.largest_concurrency, 1);
    let sightings = "SELECT slug, sightings.url FROM sightings JOIN sources ON sources.id = source_id ORDER BY slug";
    let seen = room.table(sightings);
    assert_eq!(seen[1], ["b".to_owned(), url("/story")]);
    assert_eq!(seen.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(seen[0][1].starts_with(&url("/story/")), "{seen:?}");
    // The first page is the one to look at again, by its own validators.
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
    let stats = web.stats(HOST);
    assert_eq!(paths.map(|path| stats.count(path)), [2, 1, 1]);
    assert_eq!(stats.n_not_modified(), 1);
    room.assert_sound();
}

#[test]
fn what_is_given_out_without_a_database_is_the_whole_too() {
    let (room, _web) = room_of(site(&["/story", "/story?page=2", "/story?page=3"], by_relations));
    let folder = room.path("bundle");
    let out = folder.to_str().expect("a path in UTF-8");
    room.run(&["fetch", &url("/story?page=3"), &url("/story"), &url("/story?page=2"), "--out", out])
        .exits(0)
        .says("1 document in");
    let document = room.run(&["extract", &url("/story?page=3")]).exits(0).json();
    assert_eq!((&document["url"], document["paragraphs"].as_array().map(Vec::len)), (&url("/story").into(), Some(9)));
}

#[test]
fn a_last_page_that_is_too_short_for_an_article_leads_to_the_first() {
    let paths = ["/story", "/story/2", "/story/3"];
    let last = "That was all of it.".to_owned();
    let site = site(&paths, by_relations)
        .with("/story/3", page(TITLE, std::slice::from_ref(&last), &relation("prev", "/story/2"), ""));
    let (room, _web) = room_of(site);
    for path in ["/story/3", "/story", "/story/3"] {
        fetch(&room, path);
        assert_eq!(room.table(STORED), [row("/story", text(1..=2) + "\n" + &last, "full")], "{path}");
    }
}

/// The first page of an article fails so many times.
fn refusing(paths: &[&str], linking: Linking, n_times: u32) -> Site {
    let (head, below) = linking(paths, 1);
    let refusal = Refusal { status: 500, retry_after: None, n_times };
    site(paths, linking).with(paths[0], part(1, &head, &below).refusal(refusal))
}

#[test]
fn a_later_page_whose_first_cannot_be_had_is_partial_until_that_comes() {
    let paths = ["/story", "/story/2", "/story/3"];
    // Where the page names the first, the article has its address at once.
    for (linking, path) in [(by_numbers as Linking, "/story"), (by_relations_one_way, "/story/3")] {
        let of_third = [row(path, text([3]), "partial")];
        // Asked for by hand, listed by a source, or looked at again: it is the same row with all of the text.
        let heal: [fn(&mut Newsroom); 3] = [
            |room| fetch(room, "/story"),
            |room| {
                room.follow("first", &url("/feed"), Some("feed"));
                room.run(&["fetch", "--all"]).exits(0);
            },
            |room| {
                let_time_pass(room);
                room.run(&["fetch", "--due"]).exits(0);
            },
        ];
        for (way, heal) in heal.into_iter().enumerate() {
            let site = refusing(&paths, linking, 2).with("/feed", feed(&[&url("/story")]));
            let (mut room, _web) = room_of(site);
            for _ in 0..2 {
                fetch(&room, "/story/3");
                assert_eq!(room.table(STORED), of_third);
                assert_eq!(room.number(N_MISSING_PAGES), 1);
            }
            heal(&mut room);
            assert_eq!(room.table(STORED), whole("/story"), "{path}, {way}");
            for path in paths {
                fetch(&room, path);
                assert_eq!(room.table(STORED), whole("/story"), "{path}, {way}");
            }
            assert_eq!(room.number("SELECT max(id) FROM articles"), 1);
            room.assert_sound();
        }
    }
}

#[test]
fn several_later_pages_whose_first_cannot_be_had_become_one_article() {
    let paths = ["/story", "/story/2", "/story/3", "/story/4"];
    // Each knows no other than the one before, and the article has no address in common.
    let one_way: Linking = |paths, number| {
        let relations = if number > 2 { related("prev", paths, number, -1) } else { String::new() };
        (relations + &related("next", paths, number, 1), String::new())
    };
    let (mut room, _web) =
        room_of(refusing(&paths, one_way, 2).with("/feed", feed(&[&url("/story/4"), &url("/story/3")])));
    room.follow("parts", &url("/feed"), Some("feed"));
    room.run(&["fetch", "parts"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE body_kind = 'partial'"), 2);
    fetch(&room, "/story");
    assert_eq!(room.table(STORED), [row("/story", text(1..=4), "full")]);
    assert_eq!(room.number("SELECT count(*) FROM sightings"), 1);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 0);
    for path in paths {
        fetch(&room, path);
        assert_eq!(room.table(STORED), [row("/story", text(1..=4), "full")], "{path}");
    }
    room.assert_sound();
}

#[test]
fn a_whole_article_stays_when_its_first_page_fails_later() {
    let paths = ["/story", "/story/2", "/story/3"];
    for linking in [by_numbers as Linking, by_relations_one_way] {
        let (room, web) = room_of(site(&paths, linking));
        fetch(&room, "/story");
        assert!(web.put(HOST, "/story", faults::failing(500)));
        for path in ["/story/3", "/story/2", "/story/3"] {
            fetch(&room, path);
            assert_eq!(room.table(STORED), whole("/story"), "{path}");
        }
    }
}

#[test]
fn a_first_page_that_may_not_be_asked_for_is_not() {
    let robots = Resource::new("text/plain", "User-agent: *\nDisallow: /story$\n");
    let (room, web) = room_of(site(&["/story", "/story/2", "/story/3"], by_numbers).with("/robots.txt", robots));
    fetch(&room, "/story/3");
    assert_eq!(room.table(STORED), [row("/story", text([3]), "partial")]);
    assert_eq!(web.stats(HOST).count("/story"), 0);
}

#[test]
fn a_first_page_that_is_gone_takes_no_other_page_with_it() {
    let site = Site::new(HOST).with("/story/3", part(3, "", &by_numbers(&["/story", "/story/2", "/story/3"], 3).1));
    let (room, _web) = room_of(site);
    fetch(&room, "/story/3");
    for _ in 0..3 {
        assert_eq!(room.table(STORED), [row("/story", text([3]), "partial")]);
        let_time_pass(&room);
        room.run(&["fetch", "--due"]).exits(0).says("1 as they were");
    }
    room.assert_sound();
}

#[test]
fn an_article_that_was_taken_for_a_later_page_is_whole_once_that_is_known() {
    let above = page("The walks of this year", &paragraphs(9), "", "");
    let refused_once = Refusal { status: 500, retry_after: None, n_times: 1 };
    let site = Site::new(HOST)
        .with("/walks", above.refusal(refused_once))
        .with("/walks/3", part(3, &relation("prev", "/walks/2"), ""));
    let (room, _web) = room_of(site);
    for kind in ["partial", "full"] {
        fetch(&room, "/walks/3");
        assert_eq!(room.table(STORED), [row("/walks/3", text([3]), kind)]);
    }
    assert_eq!(room.number(N_MISSING_PAGES), 0);
}

#[test]
fn a_page_that_says_nothing_of_others_is_one_of_the_article_that_goes_on_with_it() {
    let paths = ["/story", "/story/2", "/story/3"];
    let first_knows: Linking = |paths, number| match number {
        3 => (String::new(), String::new()),
        _ => by_relations(paths, number),
    };
    for order in [[3, 1, 3, 2], [1, 3, 3, 2]] {
        let (room, _web) = room_of(site(&paths, first_knows));
        for (position, number) in order.into_iter().enumerate() {
            fetch(&room, paths[number - 1]);
            let is_alone = position == 0 && number == 3;
            let expected = if is_alone { vec![row("/story/3", text([3]), "full")] } else { whole("/story") };
            assert_eq!(room.table(STORED), expected, "page {number} in {order:?}");
        }
        room.assert_sound();
    }
}

/// Articles that only look like pages of one: each is its own, whatever else there is.
#[track_caller]
fn assert_own(what: &str, others: &[(&str, Resource)], pages: &[(&str, Resource)]) {
    let site = others.iter().chain(pages).fold(Site::new(HOST), |site, (path, page)| site.with(path, page.clone()));
    let (room, _web) = room_of(site);
    for (path, _) in pages {
        fetch(&room, path);
    }
    let stored = room.table("SELECT url, body_kind FROM articles ORDER BY id");
    let expected: Vec<Vec<String>> = pages.iter().map(|(path, _)| vec![url(path), "full".to_owned()]).collect();
    assert_eq!(stored, expected, "{what}");
    let bodies = room.column("SELECT body FROM articles ORDER BY id");
    assert!(bodies.iter().all(|body| body.lines().count() == 3), "{what}: {bodies:?}");
}

#[test]
fn numbered_articles_that_follow_one_another_are_their_own() {
    let story = |number: usize, head: &str, below: &str| {
        page(&format!("Day {number} of the walk along the canal"), &paragraphs(number), head, below)
    };
    let in_turn = |number: usize, path: &str| {
        let beside = |name: &str, number: usize| relation(name, &path.replace('#', &number.to_string()));
        story(number, &(beside("prev", number - 1) + &beside("next", number + 1)), "")
    };
    let list = |next: &str| {
        let links = (1..30).fold(String::new(), |mut links, n| {
            let _ = write!(links, "<li><a href=/news/{n}>Day {n} of the walk along the canal</a></li>");
            links
        });
        Resource::html(format!("<!doctype html><title>All days</title>{}<ul>{links}</ul>", relation("next", next)))
    };
    let days = || [("/news/2", in_turn(2, "/news/#")), ("/news/3", in_turn(3, "/news/#"))];
    assert_own("there is nothing above them", &[], &days());
    assert_own("a list above them", &[("/news", list("/news?page=2"))], &days());
    assert_own("another article above them", &[("/news", story(9, "", ""))], &days());
    assert_own("another series above them", &[("/news", story(9, &relation("next", "/news/page/2"), ""))], &days());
    assert_own(
        "by their parameter",
        &[("/blog/", list("/blog/?paged=2"))],
        &[("/blog/?p=12", in_turn(12, "/blog/?p=#")), ("/blog/?p=13", in_turn(13, "/blog/?p=#"))],
    );
    // A blog calls what has the same headline by a number, and links what came before and after.
    let dated = |number: usize, beside: &str| {
        let date = format!("<meta property=\"article:published_time\" content=\"2026-11-0{number}T07:00:00Z\">");
        page("The weather", &paragraphs(number), &(date + beside), "")
    };
    assert_own(
        "posts of several days",
        &[],
        &[
            ("/weather-3.html", dated(3, &relation("prev", "/weather-2.html"))),
            ("/weather.html", dated(1, &relation("next", "/weather-2.html"))),
            ("/weather-2.html", dated(2, &(relation("prev", "/weather.html") + &relation("next", "/weather-3.html")))),
        ],
    );
    // Chapters are numbered from the first on, and what stands above them only lists them.
    let chapters = "<nav><a href=/book/1>1</a> <a href=/book/2>2</a> <a href=/book/3>3</a></nav>";
    assert_own(
        "chapters",
        &[],
        &[("/book/3", story(3, "", chapters)), ("/book", story(9, "", chapters)), ("/book/1", story(1, "", chapters))],
    );
    // Links between articles that have names say nothing.
    let named = |number, prev, next| story(number, &(relation("prev", prev) + &relation("next", next)), "");
    assert_own(
        "a blog",
        &[],
        &[("/2026/b", named(2, "/2026/a", "/2026/c")), ("/2026/c", named(3, "/2026/b", "/2026/d"))],
    );
}

#[test]
fn a_number_without_a_word_of_other_pages_is_no_page_number() {
    let story = |number: usize| page(&format!("Day {number} of the walk"), &paragraphs(number), "", "");
    for [above, own] in [["/news", "/news/3"], ["/live", "/live?page=3"], ["/gallery.html", "/gallery,3.html"]] {
        let (room, web) = room_of(Site::new(HOST).with(above, story(1)).with(own, story(3)));
        fetch(&room, own);
        assert_eq!(web.stats(HOST).count(above), 0, "{own}");
        fetch(&room, above);
        let expected = [row(own, text([3]), "full"), row(above, text([1]), "full")];
        assert_eq!(room.table(STORED), expected, "{own}");
    }
}

#[test]
fn a_list_of_several_pages_beside_an_article_adds_nothing_to_it() {
    let paths = ["/story", "/story?page=2", "/story?page=3"];
    // Of each page of the list something is taken for a part of the text.
    let text_beside = |number: usize| {
        let teaser = format!(
            "Another walk, number {number} of the archive, led along the river to the mill where the walkers were given \
             bread and {number} kinds of cheese, and back by the hills before the rain came."
        );
        paragraphs(1).into_iter().chain([teaser]).collect::<Vec<_>>()
    };
    let site = (1..=3).fold(Site::new(HOST), |site, number| {
        let (_, below) = by_numbers(&paths, number);
        site.with(paths[number - 1], page(TITLE, &text_beside(number), "", &below))
    });
    let (room, _web) = room_of(site);
    for path in ["/story?page=3", "/story", "/story?page=2", "/story?page=3"] {
        fetch(&room, path);
        assert_eq!(room.table(STORED), [row("/story", text_beside(1).join("\n"), "full")], "{path}");
    }
}

#[test]
fn changes_are_seen_where_a_later_page_led_to_the_article() {
    let paths = ["/story", "/story/2", "/story/3"];
    let (room, web) = room_of(site(&paths, by_relations));
    fetch(&room, "/story/3");
    let (head, _) = by_relations(&paths, 1);
    let corrected: Vec<String> = paragraphs(1).iter().map(|text| text.replace("keeper", "warden")).collect();
    assert!(web.put(HOST, "/story", page(TITLE, &corrected, &head, "")));
    let_time_pass(&room);
    room.run(&["fetch", "--due"]).exits(0).says("1 revised");
    assert_eq!(
        room.table("SELECT body, revision FROM articles"),
        [[corrected.join("\n") + "\n" + &text(2..=3), "2".into()]]
    );
    // By way of a later page too.
    assert!(web.put(HOST, "/story", part(1, &head, "")));
    room.run(&["fetch", &url("/story/2")]).exits(0).says("1 revised");
    assert_eq!(room.table("SELECT body, revision FROM articles"), [[text(1..=3), "3".into()]]);
    room.assert_sound();
}

#[test]
fn a_part_is_believed_when_the_first_page_shows_it_twice_in_a_row_by_whatever_way() {
    let paths = ["/story", "/story/2", "/story/3"];
    let (room, web) = room_of(site(&paths, by_relations));
    fetch(&room, "/story/3");
    let (head, _) = by_relations(&paths, 1);
    let show = |is_cut: bool| {
        // Nothing follows on the second page any more.
        let second = if is_cut {
            page(TITLE, &paragraphs(2)[..1], &relation("prev", "/story"), "")
        } else {
            part(2, &by_relations(&paths, 2).0, "")
        };
        assert!(web.put(HOST, "/story/2", second));
        assert!(web.put(HOST, "/story", part(1, &head, "").without_etag()));
    };
    let short = text([1]) + "\n" + &paragraphs(2)[0];
    for (is_cut, path, expected, revision) in [
        (true, "/story/2", text(1..=3), 1),
        (false, "/story", text(1..=3), 1),
        (true, "/story/2", text(1..=3), 1),
        (true, "/story/3", short, 2),
    ] {
        show(is_cut);
        fetch(&room, path);
        assert_eq!(room.table("SELECT body, revision FROM articles"), [[expected, revision.to_string()]], "{path}");
    }
}

#[test]
fn the_page_that_an_article_goes_by_has_its_text_before_another_that_names_it() {
    // What loads more of itself tells nothing of its pages but where the first one is.
    let canonical = format!("<link rel=canonical href={}>", url("/story"));
    let first = [
        "Before the railway came, whoever wanted to see the sea from Aske had to go by water, and that took four days in May.",
        "Two sisters have walked it again, with a map of their grandfather's on which half of the bridges bear other names.",
        "They slept in hay, ate what the orchards gave, and counted more herons than people until the mills came into sight.",
    ]
    .map(str::to_owned);
    let site = Site::new(HOST)
        .with("/story", page("Along the towpath", &first, &canonical, ""))
        .with("/more/3", page("Along the towpath", &paragraphs(3), &canonical, ""));
    let (room, _web) = room_of(site);
    for path in ["/more/3", "/story", "/more/3", "/story"] {
        fetch(&room, path);
    }
    assert_eq!(room.table(STORED), [row("/story", first.join("\n"), "full")]);
}
