//! What is remembered of a source from poll to poll: where it went, what it missed, when it wants to be asked.

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, rss, web_of};
use crate::newsweb::faults;

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

#[test]
fn a_source_that_moved_for_good_is_asked_at_its_new_address_after_some_answers() {
    const LISTED: &str = "http://old.example/feed";
    const LINKS: [&str; 2] = ["http://new.example/a", "http://new.example/b"];
    let old = Site::new("old.example").with("/feed", Resource::redirect(301, "http://new.example/feed"));
    let new = Site::new("new.example").with("/feed", feed(&LINKS)).with("/a", page("One")).with("/b", page("Two"));
    let web = web_of(vec![old, new]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", LISTED, Some("feed"));
    let sources = std::fs::read(room.path("sources.toml")).expect("a file");
    let moved_to = "SELECT moved_to FROM source_health";
    // The first knows nothing yet; then five agree, by 304.
    for _ in 0..5 {
        room.run(&["fetch", "--all"]).exits(0);
        assert_eq!(room.value(moved_to), "NULL");
    }
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.value(moved_to), "http://new.example/feed");
    assert_eq!(web.stats("old.example").count("/feed"), 6);
    room.run(&["fetch", "--all"]).exits(0).says("(1 unchanged)");
    assert_eq!((web.stats("old.example").count("/feed"), web.stats("new.example").count("/feed")), (6, 7));
    // The list of sources says what it said, and history hangs on the slug.
    assert_eq!(std::fs::read(room.path("sources.toml")).expect("a file"), sources);
    assert_eq!(room.table("SELECT slug, url FROM sources"), [["paper", LISTED]]);
    assert_eq!(room.value("SELECT count(DISTINCT source_id) FROM articles"), "1");

    // When the new address fails, the listed one is asked again.
    assert!(web.put("new.example", "/feed", faults::failing(410)));
    room.run(&["fetch", "--all"]).exits(1);
    assert_eq!(room.table("SELECT state, moved_to FROM source_health"), [["active", "NULL"]]);
    assert!(web.put("old.example", "/feed", feed(&LINKS)));
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!((web.stats("old.example").count("/feed"), web.stats("new.example").count("/feed")), (7, 8));
    room.assert_sound();
}

#[test]
fn a_move_that_is_not_for_good_or_brings_something_else_is_none() {
    let site =
        |name: &str, status| Site::new(name).with("/feed", Resource::redirect(status, "http://new.example/feed"));
    let sites = vec![site("for-now.example", 302), site("taken.example", 301), Site::new("new.example")];
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    // Links of others, so that nothing is fetched of them.
    room.set(&[("schedule.article_attempts_max", "1")]);
    room.follow("for-now", "http://for-now.example/feed", Some("feed"));
    room.follow("taken", "http://taken.example/feed", Some("feed"));
    for round in 0..7 {
        // Something else each time: whoever answers is not who was listed.
        let links = [format!("http://new.example/{round}/a"), format!("http://new.example/{round}/b")];
        assert!(web.put("new.example", "/feed", feed(&[&links[0], &links[1]])));
        room.run(&["fetch", "--all"]);
    }
    assert_eq!(room.column("SELECT moved_to FROM source_health"), ["NULL", "NULL"]);
    assert_eq!(web.stats("taken.example").count("/feed"), 7);
}

/// A feed whose items say when they were published.
fn dated(host: &str, published: &[(&str, jiff::Timestamp)]) -> Resource {
    let urls: Vec<String> = published.iter().map(|(name, _)| format!("http://{host}/{name}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let dated = published.iter().fold(rss(&urls), |text, (name, published)| {
        let link = format!("http://{host}/{name}</link>");
        text.replace(&link, &format!("{link}<pubDate>{published}</pubDate>"))
    });
    Resource::new("application/rss+xml; charset=utf-8", dated)
}

#[test]
fn a_list_that_shares_nothing_with_the_last_one_leaves_a_gap() {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let plain = |round: usize| {
        let urls: Vec<String> = NAMES.iter().map(|name| format!("http://fast.example/{round}/{name}")).collect();
        feed(&urls.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(48);
    let relaunched = |round: usize| {
        let names: Vec<String> = NAMES.iter().map(|name| format!("{round}/{name}")).collect();
        let published: Vec<(&str, jiff::Timestamp)> = names.iter().map(|name| (name.as_str(), long_ago)).collect();
        dated("relaunched.example", &published)
    };
    let sites = ["fast.example", "relaunched.example", "tiny.example"].map(Site::new);
    let web = web_of(sites.to_vec());
    let mut room = Newsroom::reading(&web);
    room.set(&[("schedule.article_attempts_max", "1")]);
    for slug in ["fast", "relaunched", "tiny"] {
        room.follow(slug, &format!("http://{slug}.example/feed"), Some("feed"));
    }
    for round in 0..3 {
        assert!(web.put("fast.example", "/feed", plain(round)));
        assert!(web.put("relaunched.example", "/feed", relaunched(round)));
        let latest = format!("http://tiny.example/{round}");
        assert!(web.put("tiny.example", "/feed", feed(&[&latest])));
        room.run(&["fetch", "--all"]);
    }
    let gaps = room.table(
        "SELECT slug, began_at <= ended_at, n_missed, ended_at <= noticed_at FROM gaps JOIN sources ON sources.id = source_id",
    );
    // One that goes on: nothing of the time between was had.
    assert_eq!(gaps, [["fast", "1", "NULL", "1"]]);
    // And the next poll comes as soon as may be.
    let wait = "SELECT next_due_at - last_polled_at FROM _source_schedule JOIN sources ON sources.id = source_id";
    assert_eq!(room.number(&format!("{wait} WHERE slug = 'fast'")), 300_000);
    assert!(room.number(&format!("{wait} WHERE slug = 'relaunched'")) > 300_000);
    room.assert_sound();
}

#[test]
fn hours_that_a_feed_asks_to_skip_are_skipped() {
    let hour = jiff::Timestamp::now().as_second() / 3600 % 24;
    let hours = (0..4).fold(String::new(), |hours, later| hours + &format!("<hour>{}</hour>", (hour + later) % 24));
    let text =
        rss(&[]).replace("<title>A feed</title>", &format!("<title>A feed</title><skipHours>{hours}</skipHours>"));
    let web = web_of(vec![Site::new("sleepy.example").with("/feed", Resource::new("application/rss+xml", text))]);
    let mut room = Newsroom::reading(&web);
    room.follow("sleepy", "http://sleepy.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]);
    let wait_ms = room.number("SELECT next_due_at - last_polled_at FROM _source_schedule");
    assert!(wait_ms > 3 * 3_600_000, "{wait_ms}");
}

#[test]
fn adding_a_source_asks_for_it_once() {
    const HOST: &str = "paper.example";
    let site = Site::new(HOST).with("/feed", feed(&["http://elsewhere.example/a"]));
    let web = web_of(vec![site, Site::new("elsewhere.example")]);
    let room = Newsroom::reading(&web);
    room.run(&["sources", "add", "http://paper.example/feed"]).exits(0);
    assert_eq!(web.stats(HOST).requests.len(), 1, "whether it is there");
    room.run(&["fetch", "--due"]);
    let asked: Vec<_> = web.stats(HOST).requests.into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/feed", "/feed"]);
    assert_eq!(room.value("SELECT kind FROM sources"), "feed");
}

#[test]
fn a_gap_is_made_good_from_the_news_sitemap_in_few_requests() {
    const HOST: &str = "fast.example";
    let now = jiff::Timestamp::now();
    let list = |names: &[&str]| {
        let urls: Vec<String> = names.iter().map(|name| format!("http://{HOST}/{name}")).collect();
        feed(&urls.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let sitemap = |published: &[(&str, jiff::Timestamp)]| {
        let entries = published.iter().fold(String::new(), |entries, (name, published)| {
            entries
                + &format!(
                    "<url><loc>http://{HOST}/{name}</loc><n:news><n:publication_date>{published}</n:publication_date>\
                     <n:title>{name}</n:title></n:news></url>"
                )
        });
        let text = format!(
            "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:n=\"http://www.google.com/schemas/sitemap-news/0.9\">{entries}</urlset>"
        );
        Resource::new("application/xml", text)
    };
    let robots = "User-agent: *\nAllow: /\nSitemap: http://fast.example/all.xml\nSitemap: /sitemap-news.xml\n\
                  Sitemap: http://other.example/news.xml\n";
    let long_ago = now - jiff::SignedDuration::from_hours(30);
    let site =
        Site::new(HOST).with("/feed", list(&["a", "b", "c"])).with("/robots.txt", Resource::new("text/plain", robots));
    let web = web_of(vec![site, Site::new("other.example")]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("schedule.article_attempts_max", "1")]);
    room.follow("fast", "http://fast.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]);
    // Two polls in one second would leave no time in which something could have been missed.
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let missed_at = jiff::Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let news = sitemap(&[("x", missed_at), ("y", missed_at), ("a", missed_at), ("old", long_ago)]);
    assert!(web.put(HOST, "/sitemap-news.xml", news));
    assert!(web.put(HOST, "/feed", list(&["d", "e", "f"])));
    room.run(&["fetch", "--all"]);
    let gaps = "SELECT n_healed, healed_at IS NULL FROM gaps";
    assert_eq!(room.table(gaps), [["NULL", "1"]]);
    assert!(web.put(HOST, "/feed", list(&["g", "d", "e"])));
    room.run(&["fetch", "--all"]);
    assert_eq!(room.table(gaps), [["2", "0"]]);
    let links = room.column("SELECT url FROM _links WHERE url LIKE '%/x' OR url LIKE '%/y' OR url LIKE '%/old'");
    assert_eq!(links, ["http://fast.example/x", "http://fast.example/y"]);
    // Once for each gap, and nobody else is asked.
    assert!(web.put(HOST, "/feed", list(&["h", "g", "d"])));
    room.run(&["fetch", "--all"]);
    assert_eq!((web.stats(HOST).count("/sitemap-news.xml"), web.stats(HOST).count("/all.xml")), (1, 0));
    assert_eq!(web.stats("other.example").requests, []);
    room.assert_sound();
}
