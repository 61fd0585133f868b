//! What can be followed, and how it is found: discovery, texts from feeds, pages of links, sitemaps.

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

const TEXT: &str = "The lock keeper raised the gates at dawn and counted forty boats before noon, more than on any day \
    since the canal was opened again. Most had waited for a week below the town, and some of the crews had begun to \
    repaint their boats for want of anything better to do.";

/// An entry of a feed with a text of its own.
struct Entry {
    url: String,
    guid: String,
    content: String,
    summary: String,
}

fn entry(url: &str, content: &str) -> Entry {
    Entry { url: url.to_owned(), guid: url.to_owned(), content: content.to_owned(), summary: "Boats.".to_owned() }
}

fn full_feed(entries: &[Entry]) -> Resource {
    let items: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(number, Entry { url, guid, content, summary })| {
            format!(
                "<item><title>Boats go through number {number}</title><link>{url}</link><guid>{guid}</guid>\
                 <pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate><dc:creator>Ada Quill</dc:creator>\
                 <description>{summary}</description><content:encoded><![CDATA[{content}]]></content:encoded></item>"
            )
        })
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Canal</title><link>http://canal.example/</link>\
         {}</channel></rss>",
        items.concat()
    );
    Resource::new("application/rss+xml; charset=utf-8", xml)
}

fn whole(n: usize) -> String {
    (0..3).fold(String::new(), |html, paragraph| html + &format!("<p>{n}.{paragraph} {TEXT}</p>\n"))
}

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

/// How often anything but the feed was asked for.
fn n_others(web: &NewsWeb, host: &str) -> usize {
    web.stats(host).requests.iter().filter(|request| request.path != "/feed").count()
}

#[test]
fn a_feed_with_the_whole_text_spares_every_page() {
    let urls: Vec<String> = (0..3).map(|n| format!("http://canal.example/news/{n}")).collect();
    let mut entries: Vec<Entry> = urls.iter().enumerate().map(|(n, url)| entry(url, &whole(n))).collect();
    entries[2].content = format!("{}<p>And the rest […]</p>", whole(2));
    let web =
        web_of(vec![urls.iter().fold(Site::new("canal.example").with("/feed", full_feed(&entries)), |site, url| {
            site.with(&url["http://canal.example".len()..], page("A page that nobody needs"))
        })]);
    let mut room = Newsroom::reading(&web);
    room.write_sources("[[source]]\nslug = \"canal\"\nurl = \"http://canal.example/feed\"\nfull_text = \"feed\"\n");
    let tested = room.run(&["sources", "test", "canal"]).exits(0).stdout;
    assert!(tested.contains("texts\tof 3 from the feed, without asking for their pages\n"), "{tested}");
    room.run(&["fetch", "--all"]).exits(0).says("3 new articles");
    assert_eq!(n_others(&web, "canal.example"), 0, "neither a page nor robots.txt: {:?}", web.stats("canal.example"));
    let rows = room
        .table("SELECT url, body_kind, title, date, authors, quality_reasons, date_source FROM articles ORDER BY url");
    let expected = |n: usize, kind: &str| {
        let title = format!("Boats go through number {n}");
        [urls[n].as_str(), kind, &title, "20261120", "[\"Ada Quill\"]", "[\"feed-text\"]", "feed"].map(str::to_owned)
    };
    assert_eq!(rows, [expected(0, "feed"), expected(1, "feed"), expected(2, "teaser")]);
    let body = room.value("SELECT body FROM articles WHERE url = 'http://canal.example/news/0'");
    assert_eq!(body.lines().count(), 3);
    assert!(body.starts_with("0.0 The lock keeper"), "{body}");
    room.assert_sound();
    // An entry that its publisher changes is a revision, again without a request for its page.
    entries[0].content = whole(7);
    let changed = full_feed(&entries).body();
    let changed = String::from_utf8(changed.to_vec()).unwrap().replacen(
        "<guid>",
        "<atom:updated xmlns:atom=\"http://www.w3.org/2005/Atom\">2026-11-20T10:00:00Z</atom:updated><guid>",
        1,
    );
    assert!(web.put("canal.example", "/feed", Resource::new("application/rss+xml", changed)));
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(n_others(&web, "canal.example"), 0);
}

#[test]
fn another_choice_counts_for_what_waits_too() {
    let site = Site::new("canal.example")
        .with("/feed", full_feed(&[entry("http://canal.example/news/1", &whole(1))]))
        .with("/news/1", faults::failing(500));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    let source = "[[source]]\nslug = \"canal\"\nurl = \"http://canal.example/feed\"\n";
    room.write_sources(&format!("{source}full_text = \"page\"\n"));
    room.run(&["fetch", "--all"]).exits(3);
    let before = web.stats("canal.example").count("/news/1");
    assert!(before > 0);
    room.write_sources(&format!("{source}full_text = \"feed\"\n"));
    // Until its second try is due.
    std::thread::sleep(std::time::Duration::from_secs(2));
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.column("SELECT body_kind FROM articles"), ["feed"]);
    assert_eq!(web.stats("canal.example").count("/news/1"), before);
}

#[test]
fn without_being_told_a_page_is_spared_only_on_evidence() {
    let check = |full_text: &str, change: &dyn Fn(&mut Entry), expected_kind: &str, expected_requests: usize| {
        let mut item = entry("http://canal.example/news/1", &whole(1));
        change(&mut item);
        let site = Site::new("canal.example")
            .with("/feed", full_feed(&[item]))
            .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /barred\n"))
            .with("/barred", page("Barred"))
            .with("/wall", Resource::html("<h1>Please log in</h1><p>Subscribe now to continue reading.</p>"))
            .with("/forbidden", faults::failing(403))
            .with("/news/1", page("Boats go through number 1"));
        let web = web_of(vec![site, Site::new("other.example").with("/a", page("Boats go through number 1"))]);
        let mut room = Newsroom::reading(&web);
        room.write_sources(&format!(
            "[[source]]\nslug = \"canal\"\nurl = \"http://canal.example/feed\"\nfull_text = {full_text:?}\n"
        ));
        let outcome = room.run(&["fetch", "--all"]);
        assert_eq!(room.column("SELECT body_kind FROM articles"), [expected_kind], "{full_text}: {}", outcome.stderr);
        let n_pages = n_others(&web, "canal.example") + web.stats("other.example").requests.len();
        assert_eq!(n_pages, expected_requests, "{full_text}");
        room.assert_sound();
    };
    let at = |url: &'static str| {
        move |item: &mut Entry| {
            item.url = format!("http://canal.example{url}");
            item.guid.clone_from(&item.url);
        }
    };
    check("auto", &|_| (), "feed", 0);
    // robots.txt and the page.
    check("page", &|_| (), "full", 2);
    check("auto", &|item| item.content.truncate(200), "full", 2);
    check("auto", &|item| item.content.push_str("<p><a href='/news/1'>Read more</a></p>"), "full", 2);
    check("auto", &|item| item.summary = item.content.replace(['<', '>'], " ").repeat(2), "full", 2);
    // Its address may not be its last, and somebody else's article may be an excerpt.
    check("auto", &|item| item.guid = "?p=1".to_owned(), "full", 2);
    check("auto", &|item| item.url = "http://other.example/a".to_owned(), "full", 2);
    // What cannot be had from the page is had from the feed.
    check("page", &at("/wall"), "feed", 2);
    check("page", &at("/forbidden"), "feed", 2);
    check("page", &at("/barred"), "feed", 1);
}

#[test]
fn the_links_of_a_page_are_those_that_its_selectors_choose() {
    let index = "<html lang=en><head><title>Council</title></head><body><main>\
        <article class=note><h2><a href='/n/1'>Bridge closed</a></h2></article>\
        <article class=note><h2><a href='/n/2'>Baths open again</a></h2></article>\
        <aside><a href='/2026/11/a-long-headline-of-an-old-story-that-nobody-wants'>A long headline of an old story</a></aside>\
        </main></body></html>";
    let site = Site::new("council.example")
        .with("/news", Resource::html(index))
        .with("/n/1", page("Bridge closed"))
        .with("/n/2", page("Baths open again"));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.write_sources(
        "[[source]]\nslug = \"council\"\nurl = \"http://council.example/news\"\nlinks = \"article.note h2 a\"\n",
    );
    let tested = room.run(&["--json", "sources", "test", "council"]).exits(0).json();
    assert_eq!((&tested["kind"], &tested["links"][1]["title"]), (&"page".into(), &"Baths open again".into()));
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(
        room.column("SELECT url FROM articles ORDER BY url"),
        ["http://council.example/n/1", "http://council.example/n/2"]
    );
    // A site that was rebuilt is told, and nothing else is followed instead.
    assert!(web.put("council.example", "/news", Resource::html(index.replace("class=note", "class=new"))));
    room.run(&["fetch", "--all"]).exits(1).says("chooses no link on the page; has the site been rebuilt?");
    assert_eq!(room.value("SELECT error_class FROM source_health"), "empty");
    // Another choice is taken up although the page is as it was.
    room.write_sources("[[source]]\nslug = \"council\"\nurl = \"http://council.example/news\"\nlinks = [\"aside\"]\n");
    room.run(&["fetch", "--all"]);
    assert_eq!(
        web.stats("council.example").requests.iter().filter(|request| request.path.starts_with("/2026/")).count(),
        1
    );

    room.write_sources(
        "[[source]]\nslug = \"council\"\nurl = \"http://council.example/news\"\nlinks = [\"h2 a\", \"h2 ..a\"]\n",
    );
    let checked = room.run(&["config", "check"]).exits(78);
    let rule = "sources.toml:4: links = \"h2 ..a\": must be a CSS selector: ";
    assert!(checked.stderr.contains(rule), "{}", checked.stderr);
}

/// A sitemap of articles on a host.
fn sitemap(host: &str, names: &[&str]) -> Resource {
    let urls: Vec<String> = names.iter().map(|name| format!("<url><loc>http://{host}/{name}</loc></url>")).collect();
    Resource::new(
        "application/xml",
        format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>", urls.concat()),
    )
}

fn index_of(host: &str, sitemaps: &[(&str, &str)]) -> Resource {
    let listed: Vec<String> = sitemaps
        .iter()
        .map(|(name, day)| {
            let day = if day.is_empty() { String::new() } else { format!("<lastmod>{day}</lastmod>") };
            format!("<sitemap><loc>http://{host}/{name}</loc>{day}</sitemap>")
        })
        .collect();
    let xml = format!(
        "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</sitemapindex>",
        listed.concat()
    );
    Resource::new("application/xml", xml)
}

#[test]
fn of_a_sitemap_index_the_newest_are_read_and_only_what_changed_again() {
    const HOST: &str = "archive.example";
    let list =
        [("old.xml", "2020-01-01"), ("now.xml", "2026-11-20"), ("then.xml", "2026-10-01"), ("new.xml", "2026-11-19")];
    let names = ["old", "now", "then", "new"];
    let site = Site::new(HOST).with("/sitemap.xml", index_of(HOST, &list));
    let site = names.iter().fold(site, |site, name| {
        site.with(&format!("/{name}.xml"), sitemap(HOST, &[&format!("a-{name}")]))
            .with(&format!("/a-{name}"), page(name))
    });
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.index_sitemaps_max", "2")]);
    room.follow("archive", &format!("http://{HOST}/sitemap.xml"), Some("sitemap"));
    room.run(&["fetch", "--all"])
        .exits(0)
        .says("2 older sitemaps of the index are not read (fetch.index_sitemaps_max)");
    let articles = "SELECT group_concat(url, ' ') FROM (SELECT url FROM articles ORDER BY url)";
    assert_eq!(room.value(articles), format!("http://{HOST}/a-new http://{HOST}/a-now"));
    // Nothing has changed: three requests, each answered by 304.
    let before = web.stats(HOST).n_not_modified();
    room.run(&["fetch", "--all"]).exits(0).says("(1 unchanged)");
    assert_eq!(web.stats(HOST).n_not_modified(), before + 3);
    // The index is as it was, and one of its sitemaps is not.
    assert!(web.put(HOST, "/now.xml", sitemap(HOST, &["a-now", "a-later"])));
    assert!(web.put(HOST, "/a-later", page("Later")));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!((web.stats(HOST).count("/new.xml"), web.stats(HOST).count("/old.xml")), (3, 0));
    // The index changes: what it names now and was read before is asked for conditionally.
    assert!(web.put(HOST, "/sitemap.xml", index_of(HOST, &[("then.xml", "2026-11-22"), ("now.xml", "2026-11-21")])));
    let before = web.stats(HOST).n_not_modified();
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    assert_eq!(web.stats(HOST).n_not_modified(), before + 1);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 4);
    // A sitemap that fails is told, and read again when it is well.
    assert!(web.put(HOST, "/now.xml", faults::failing(500)));
    room.run(&["fetch", "--all"]);
    assert!(room.value("SELECT problems FROM source_health").contains("now.xml"), "a problem");
    assert!(web.put(HOST, "/now.xml", sitemap(HOST, &["a-now"])));
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.value("SELECT problems FROM source_health"), "[]");
    room.assert_sound();
}

#[test]
fn indexes_of_indexes_and_packed_sitemaps_with_the_news_extension_are_read() {
    use std::io::Write;
    const HOST: &str = "packed.example";
    let news = format!(
        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\
         <url><loc>http://{HOST}/a</loc><news:news><news:publication><news:name>P</news:name><news:language>de</news:language>\
         </news:publication><news:publication_date>2026-11-20T08:00:00+01:00</news:publication_date>\
         <news:title>Schleuse &amp; Hafen</news:title></news:news></url></urlset>"
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(news.as_bytes()).expect("writing to memory");
    let packed = packed.finish().expect("writing to memory");
    let site = Site::new(HOST)
        .with("/index.xml", index_of(HOST, &[("index.xml", "2026-11-21"), ("inner.xml", "2026-11-20")]))
        .with("/inner.xml", index_of(HOST, &[("news.xml.gz", "")]))
        .with("/news.xml.gz", Resource::new("application/gzip", packed).without_compression())
        .with("/a", page("Schleuse"));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("packed", &format!("http://{HOST}/index.xml"), None);
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    let tested = room.run(&["--json", "sources", "test", &format!("http://{HOST}/news.xml.gz")]).exits(0).json();
    assert_eq!(tested["links"][0]["title"], "Schleuse & Hafen");
    assert_eq!(tested["links"][0]["published_at"], "2026-11-20T07:00:00Z");
    // Again: the inner index is read again, since it may name others now; its sitemap is not.
    room.run(&["fetch", "--all"]).exits(0);
    let stats = web.stats(HOST);
    assert_eq!((stats.count("/inner.xml"), stats.count("/news.xml.gz")), (2, 3));
    assert_eq!(stats.n_not_modified(), 2, "the outer index and the sitemap");
}

fn site_with_feeds() -> Vec<Site> {
    let home = "<!doctype html><html><head><title>Quay</title>\
        <link rel='alternate' type='application/rss+xml' title='Quay &raquo; Comments' href='/comments/feed/'>\
        <link rel='alternate' type='application/rss+xml' title='Quay' href='/feed/'></head>\
        <body><a href='/feeds'>RSS</a><a href='/about'>About</a></body></html>";
    let old = "<rss version='2.0'><channel><title>Old</title><item><title>Old</title><link>http://quay.example/old</link>\
        <pubDate>Fri, 01 Jan 2016 08:00:00 GMT</pubDate></item></channel></rss>";
    let quay = Site::new("quay.example")
        .with("/", Resource::html(home))
        .with(
            "/robots.txt",
            Resource::new(
                "text/plain",
                "User-agent: *\nDisallow: /private/\nSitemap: http://quay.example/map.xml\nSitemap: http://quay.example/private/map.xml\n",
            ),
        )
        .with("/feed/", feed(&["http://quay.example/a", "http://quay.example/b"]))
        .with("/comments/feed/", feed(&["http://quay.example/a#c1"]))
        .with(
            "/feeds",
            Resource::html("<a href='/sport.rss'>Sport</a> <a href='/main.rss'>All</a> <a href='/old.rss'>Old</a>"),
        )
        .with("/sport.rss", feed(&["http://quay.example/sport"]))
        .with("/main.rss", feed(&["http://quay.example/a", "http://quay.example/b"]))
        .with("/old.rss", Resource::new("text/xml", old))
        .with("/map.xml", sitemap("quay.example", &["a", "b", "c"]))
        .with("/a", page("A story of the quay"));
    let shy = Site::new("shy.example")
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /\n"))
        .with("/", Resource::html(home));
    let plain = Site::new("plain.example")
        .with("/", Resource::html("<html><head><meta name=generator content='Hugo 0.1'></head><p>Nothing here.</p>"))
        .with("/index.xml", feed(&["http://plain.example/a"]))
        .with("/section/story", Resource::html("<html><p>A page deep in the site.</p>"));
    let bare = Site::new("bare.example")
        .with("/", Resource::html("<html><p>Nothing here either.</p></html>"))
        .with("/photo", Resource::new("image/png", vec![0x89, b'P', b'N', b'G', 0, 0]));
    vec![quay, shy, plain, bare]
}

#[test]
fn the_feeds_of_a_site_are_found_with_the_evidence() {
    let web = web_of(site_with_feeds());
    let room = Newsroom::reading(&web);
    let found = room.run(&["discover", "http://quay.example/"]).exits(0);
    let shown: Vec<[&str; 4]> = found.cells().iter().map(|cells| [cells[0], cells[1], cells[2], cells[5]]).collect();
    assert_eq!(
        shown,
        [
            ["http://quay.example/feed/", "rss 2.0", "2", "named by the page; linked on the page"],
            ["http://quay.example/sport.rss", "rss 2.0", "1", "linked on the page"],
            ["http://quay.example/map.xml", "sitemap", "3", "named by robots.txt"],
            ["http://quay.example/old.rss", "rss 2.0", "1", "linked on the page"],
            ["http://quay.example/comments/feed/", "rss 2.0", "1", "named by the page"],
        ]
    );
    let found = found.says("newswire sources add http://quay.example/feed/").says("private/map.xml: robots.txt of");
    assert!(!found.stderr.contains("not asked for after"), "{}", found.stderr);
    let stats = web.stats("quay.example");
    assert_eq!(stats.count("/private/map.xml"), 0);
    assert_eq!(stats.count("/robots.txt"), 1);
    assert!(stats.requests.len() <= 10, "{stats:?}");
    assert_eq!(stats.largest_concurrency, 1);
    assert!(!room.database().exists());
    let json = room.run(&["--json", "discover", "http://quay.example/"]).exits(0).json_lines();
    assert_eq!(json[0]["also"], serde_json::json!(["http://quay.example/main.rss"]));
    assert_eq!((&json[0]["kind"], &json[0]["title"]), (&"feed".into(), &"A feed".into()));
    assert_eq!(json[3]["newest"], "2016-01-01T08:00:00Z");

    // A site of which only the maker is known, from a page deep in it.
    let found = room.run(&["discover", "http://plain.example/section/story"]).exits(0);
    assert_eq!(found.cells()[0][0], "http://plain.example/index.xml");
    assert_eq!(found.cells()[0][5], "usual for the program behind the site");
    // A feed itself.
    let found = room.run(&["discover", "http://quay.example/sport.rss"]).exits(0).says("that is a feed itself");
    assert_eq!(found.cells()[0][5], "the address itself");
}

#[test]
fn feeds_are_found_by_header_and_where_those_that_are_announced_fail() {
    let header = "</about>; rel=\"author\", </odd>; rel=\"alternate\"; type=\"application/atom+xml\"; title=\"a, b\"";
    let announcing = Site::new("announcing.example")
        .with("/", Resource::html("<!doctype html><title>x</title><p>hi</p>").header("link", header))
        .with("/odd", feed(&["http://announcing.example/a"]));
    let general = Site::new("general.example")
        .with(
            "/",
            Resource::html(
                "<link rel=alternate type=application/xml title='News RSS' href=/odd><title>x</title><p>hi</p>",
            ),
        )
        .with("/odd", feed(&["http://general.example/a"]));
    let names: Vec<String> =
        (0..30).map(|number| format!("<link rel=alternate type=application/rss+xml href=/gone-{number}>")).collect();
    let names = names.concat();
    let failing = Site::new("failing.example")
        .with("/", Resource::html(format!("<!doctype html><title>x</title>{names}<p>hi</p>")))
        .with("/feed/", feed(&["http://failing.example/a"]));
    let web = web_of(vec![announcing, general, failing]);
    let room = Newsroom::reading(&web);
    for (site, expected, evidence) in [
        ("announcing.example", "http://announcing.example/odd", "named by the page"),
        ("general.example", "http://general.example/odd", "named by the page"),
        ("failing.example", "http://failing.example/feed/", "usual address"),
    ] {
        let found = room.run(&["discover", &format!("http://{site}/")]).exits(0);
        assert_eq!((found.cells()[0][0], found.cells()[0][5]), (expected, evidence), "{}", found.stderr);
        room.run(&["sources", "add", &format!("http://{site}/")])
            .exits(0)
            .says(&format!("its feed {expected} is followed in its place"));
    }
}

#[test]
fn a_recording_is_read_from_its_entry_and_not_fetched() {
    let words = "The ferry that had been laid up since the spring went back to its old place on the river. ".repeat(6);
    let podcast = format!(
        "<rss version='2.0'><channel><title>Talks</title><link>http://talks.example/</link><item><title>Of ferries</title>\
         <description>{words}</description><enclosure url='http://talks.example/1.mp3' type='audio/mpeg' length='9'/>\
         <guid isPermaLink='false'>t1</guid></item></channel></rss>"
    );
    let site = Site::new("talks.example")
        .with("/feed", Resource::new("application/rss+xml", podcast))
        .with("/1.mp3", Resource::new("audio/mpeg", vec![0xff_u8; 64]));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://talks.example/feed"]).exits(0);
    assert_eq!(
        room.table("SELECT url, title, body_kind FROM articles"),
        [["http://talks.example/1.mp3", "Of ferries", "feed"]]
    );
    assert_eq!(web.stats("talks.example").count("/1.mp3"), 0);
}

#[test]
fn what_keeps_feeds_from_being_found_is_told_with_what_to_do() {
    let web = web_of(site_with_feeds());
    let mut room = Newsroom::reading(&web);
    room.run(&["discover", "http://bare.example/"])
        .exits(1)
        .says("newswire sources add http://bare.example/ --kind page");
    room.run(&["discover", "http://bare.example/photo"]).exits(1).says("(it is called image/png), not a page");
    room.run(&["discover", "http://bare.example/none"]).exits(1).says("give that of the home page");
    room.run(&["discover", "http://shy.example/"]).exits(77).says("robots.txt of shy.example disallows /");
    assert_eq!(web.stats("shy.example").count("/"), 0);
    room.run(&["discover", "http://10.0.0.1/"]).exits(77).says("fetch.private_networks");
    room.run(&["discover", "http://nowhere.invalid/"]).exits(1).says("check the name");
    room.run(&["discover", "not a site"]).exits(2);
    room.run(&["discover"]).exits(2);
    // Without a scheme the safe one is tried first; this server speaks the other.
    let found = room.run(&["discover", "quay.example"]).exits(0);
    assert_eq!(found.cells()[0][0], "http://quay.example/feed/");
    room.set(&[("fetch.discover_requests_max", "3")]);
    let before = web.n_requests();
    let found =
        room.run(&["discover", "http://quay.example/"]).exits(0).says("after 3 requests (fetch.discover_requests_max)");
    assert_eq!(found.cells().len(), 1);
    assert_eq!(web.n_requests(), before + 3);
}

#[test]
fn adding_a_site_follows_its_best_feed() {
    let web = web_of(site_with_feeds());
    let room = Newsroom::reading(&web);
    let added = room.run(&["sources", "add", "http://quay.example/", "--tag", "x"]).exits(0);
    assert_eq!(added.cells(), [["quay.example-feed", "http://quay.example/feed/", "followed from now on"]]);
    added.says("its feed http://quay.example/feed/ is followed in its place");
    assert_eq!(web.stats("quay.example").requests.len(), 3, "the page, robots.txt and the feed");
    assert_eq!(
        room.table("SELECT kind, title, site_url, tags FROM sources"),
        [["feed", "A feed", "http://quay.example/", "[\"x\"]"]]
    );
    // What looks like a feed is asked for once, and the first poll finds out what it is.
    room.run(&["sources", "add", "http://quay.example/sport.rss"]).exits(0);
    assert_eq!(web.stats("quay.example").count("/sport.rss"), 1);
    room.run(&["sources", "add", "http://quay.example/a"]).exits(0);
    room.run(&["sources", "add", "http://bare.example/"]).exits(0).says("names no feed that is kept up");
    room.run(&["sources", "add", "http://quay.example/", "--kind", "page"]).exits(0);
    room.run(&["sources", "add", "http://bare.example/none"]).exits(3).says("is not followed: ");
    assert_eq!(
        room.table("SELECT url, kind FROM sources WHERE id > 1 ORDER BY id"),
        [
            ["http://quay.example/sport.rss", "NULL"],
            ["http://quay.example/a", "article"],
            ["http://bare.example/", "page"],
            ["http://quay.example/", "page"],
        ]
    );
    room.run(&["sources", "add", "http://x.example/", "--kind", "feed", "--links", "h2 a"]).exits(2).says("--links");
    room.run(&["sources", "add", "http://x.example/", "--links", "h2 ..a"]).exits(2).says("must be a CSS selector");
    room.run(&["sources", "add", "http://x.example/", "--full-text", "all"]).exits(2).says("--full-text");
    // For a page deep in a site only what that page names takes its place.
    let before = web.stats("plain.example").requests.len();
    room.run(&["sources", "add", "http://plain.example/section/story"])
        .exits(0)
        .says("the links on the page are followed");
    assert_eq!(web.stats("plain.example").requests.len(), before + 2, "robots.txt and the page");
    room.run(&["sources", "add", "http://plain.example/"]).exits(0).says("its feed http://plain.example/index.xml");
    // `fetch` finds the same feed, and reads it to its articles.
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://quay.example/"]).says("reading http://quay.example/feed/ as a list");
    assert_eq!(room.column("SELECT url FROM articles"), ["http://quay.example/a"]);
}
