//! Asking for what has changed, and only for that.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, rss, web_of};
use crate::newsweb::faults;

const HOST: &str = "paper.example";
const FEED_URL: &str = "http://paper.example/feed";

fn modified() -> jiff::Timestamp {
    "2026-03-02T08:00:00Z".parse().expect("a timestamp")
}

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

/// Fetches a feed twice, then changed, and checks how the second answer was taken.
fn check(make: impl Fn(Resource) -> Resource, second_status: &str) {
    let site = Site::new(HOST)
        .with("/feed", make(feed(&["http://paper.example/a"])))
        .with("/a", page("The first"))
        .with("/b", page("The second").without_compression());
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", FEED_URL, Some("feed"));
    let statuses = format!("SELECT status FROM fetches WHERE url = '{FEED_URL}' ORDER BY id");
    let validators = "SELECT etag, last_modified FROM _source_schedule";

    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    let before = room.table(validators);
    let second = room.run(&["fetch", "--all"]).exits(0).says("(1 unchanged)");
    assert_eq!(second.stdout, "");
    assert_eq!(room.column(&statuses), ["200", second_status]);
    assert_eq!(room.table(validators), before);
    assert_eq!(web.stats(HOST).count("/a"), 1, "an article that is known is not fetched again");

    assert!(web.put(HOST, "/feed", make(feed(&["http://paper.example/b", "http://paper.example/a"]))));
    room.run(&["fetch", "--all"]).exits(0).says("(0 unchanged)");
    assert_eq!(room.column(&statuses)[2], "200");
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE article_id IS NOT NULL"), 2);
    assert_eq!(web.stats(HOST).count("/a"), 1);
}

#[test]
fn an_unchanged_feed_is_a_304_by_its_etag() {
    check(|feed| feed, "304");
}

#[test]
fn an_unchanged_feed_is_a_304_by_its_date() {
    // The date moves with the content, as a server's does.
    check(
        |feed| {
            let later = jiff::SignedDuration::from_secs(i64::try_from(feed.body().len()).expect("a small feed"));
            feed.without_etag().last_modified(modified() + later)
        },
        "304",
    );
}

#[test]
fn the_same_bytes_without_validators_are_known_as_such() {
    check(Resource::without_etag, "200");
}

#[test]
fn an_article_that_is_asked_for_again_is_a_304_or_read_again() {
    const URL: &str = "http://paper.example/a";
    let web = web_of(vec![Site::new(HOST).with("/a", page("As it was first"))]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", URL]).exits(0).says("1 new article (");
    room.run(&["fetch", URL]).exits(0).says("1 as they were");
    assert_eq!(web.stats(HOST).n_not_modified(), 1);
    assert!(web.put(HOST, "/a", page("As it is now")));
    let outcome = room.run(&["fetch", URL]).exits(0).says("1 revised");
    assert_eq!(outcome.cells()[0][1..3], ["revised", "As it is now"]);
    assert_eq!(room.table("SELECT title, revision FROM articles"), [["As it is now", "2"]]);
    assert_eq!(room.table("SELECT title, revision FROM revisions"), [["As it was first", "1"]]);
}

/// A server that answers everything with the same bytes and keeps what it was asked.
fn recorder(answer: String) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("an address");
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read(&mut buffer) {
                    Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
                    _ => break,
                }
            }
            kept.lock().expect("nobody panics").push(String::from_utf8_lossy(&request).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, requests)
}

#[test]
fn validators_go_back_byte_for_byte() {
    // None of them is well-formed, and each is what its server wants to see again.
    for (etag, last_modified) in [
        ("W/\"a b;c,d\"", "Mon, 02 Mar 2026 08:00:00 GMT"),
        ("without-quotes", "Monday, 02-Mar-26 08:00:00 GMT"),
        ("\"\"", "2026-03-02 08:00:00"),
    ] {
        let body = rss(&[]);
        let (address, requests) = recorder(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\nLast-Modified: {last_modified}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
        let mut room = Newsroom::new();
        room.set(&[("fetch.resolve", &format!("[\"{HOST}={address}\"]"))]);
        room.follow("paper", FEED_URL, Some("feed"));
        room.run(&["fetch", "--all"]).exits(0);
        room.run(&["fetch", "--all"]).exits(0).says("(1 unchanged)");
        let requests = requests.lock().expect("nobody panics");
        assert_eq!(requests.len(), 2);
        let headers = |request: &str| -> Vec<String> {
            let lines = request.lines().filter_map(|line| line.split_once(": "));
            let mut conditions: Vec<String> = lines
                .filter(|(name, _)| name.to_ascii_lowercase().starts_with("if-"))
                .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()))
                .collect();
            conditions.sort();
            conditions
        };
        assert_eq!(headers(&requests[0]), Vec::<String>::new());
        assert_eq!(
            headers(&requests[1]),
            [format!("if-modified-since: {last_modified}"), format!("if-none-match: {etag}")]
        );
        assert!(requests[0].contains("newswire/"), "it says who it is: {}", requests[0]);
    }
}

#[test]
fn validators_that_never_earn_a_304_are_left_out_one_after_the_other() {
    let body = rss(&["http://elsewhere.example/a"]);
    let (address, requests) = recorder(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"vain\"\r\nLast-Modified: then\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    ));
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"{HOST}={address}\"]")), ("schedule.article_attempts_max", "1")]);
    room.follow("paper", FEED_URL, Some("feed"));
    for _ in 0..18 {
        room.run(&["fetch", "--all"]);
    }
    let requests = requests.lock().expect("nobody panics");
    let sent: Vec<(bool, bool)> = requests
        .iter()
        .map(|request| request.to_ascii_lowercase())
        .map(|request| (request.contains("if-none-match: "), request.contains("if-modified-since: ")))
        .collect();
    assert_eq!(sent[0], (false, false));
    assert_eq!(sent[1..9], [(true, true); 8]);
    assert_eq!(sent[9..17], [(false, true); 8]);
    assert_eq!(sent[17], (false, false));
    // What the server says is written down all the same.
    assert_eq!(room.table("SELECT etag, last_modified FROM _source_schedule"), [["\"vain\"", "then"]]);
}

/// A list whose end was cut off once, under the same date as the whole: its rest is not lost.
#[test]
fn a_list_that_was_cut_off_is_asked_for_again_whatever_its_date() {
    let url = |n: usize| format!("http://paper.example/{n}");
    let urls: Vec<String> = (0..6).map(url).collect();
    let rss = feed(&urls.iter().map(String::as_str).collect::<Vec<_>>());
    let sitemap = urls.iter().fold(String::new(), |list, url| list + &format!("<url><loc>{url}</loc></url>\n"));
    let sitemap = format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{sitemap}</urlset>\n");
    let items: Vec<String> = urls.iter().map(|url| format!("{{\"id\":\"{url}\",\"url\":\"{url}\"}}")).collect();
    let json =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"A\",\"items\":[{}]}}", items.join(","));
    for (kind, content_type, body) in [
        ("feed", "application/rss+xml", rss.body().to_vec()),
        ("feed", "application/feed+json", json.into_bytes()),
        ("sitemap", "application/xml", sitemap.into_bytes()),
    ] {
        let list = |body: &[u8]| Resource::new(content_type, body.to_vec()).without_etag().last_modified(modified());
        let site = (0..6).fold(Site::new(HOST).with("/feed", list(&body[..body.len() * 2 / 3])), |site, n| {
            site.with(
                &format!("/{n}"),
                Resource::html(
                    faults::article_html(&format!("Page {n}")).replace("The committee", &format!("Committee {n}")),
                ),
            )
        });
        let web = web_of(vec![site]);
        let mut room = Newsroom::reading(&web);
        room.follow("paper", FEED_URL, Some(kind));
        room.run(&["fetch", "--all"]).exits(0);
        let n_first = room.number("SELECT count(*) FROM articles");
        assert!((1..6).contains(&n_first), "{content_type}: {n_first} of a part");
        assert_ne!(room.value("SELECT problems FROM source_health"), "[]", "{content_type}: it is told");
        assert!(web.put(HOST, "/feed", list(&body)));
        room.run(&["fetch", "--all"]).exits(0);
        assert_eq!(room.number("SELECT count(*) FROM articles"), 6, "{content_type}");
    }
}

#[test]
fn a_page_of_links_whose_packed_stream_was_cut_off_keeps_no_validators() {
    let links = (0..40).fold(String::new(), |links, n| {
        links + &format!("<li><a href=\"/2026/11/2{}/story-{n}\">A headline of six words, {n}</a></li>\n", n % 10)
    });
    let html = format!("<!doctype html><title>News</title><ul>{links}</ul></body></html>");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(html.as_bytes()).expect("writing to memory");
    let packed = encoder.finish().expect("writing to memory");
    let page = |packed: &[u8]| {
        let page = Resource::new("text/html", packed.to_vec()).header("content-encoding", "gzip");
        page.without_etag().last_modified(modified())
    };
    let web = web_of(vec![Site::new(HOST).with("/feed", page(&packed[..packed.len() / 2]))]);
    let mut room = Newsroom::reading(&web);
    room.follow("paper", FEED_URL, Some("page"));
    room.run(&["fetch", "--all"]);
    let n_links = room.number("SELECT count(*) FROM _links");
    assert!((1..40).contains(&n_links), "{n_links} of a part");
    assert!(web.put(HOST, "/feed", page(&packed)));
    room.run(&["fetch", "--all"]);
    assert_eq!(room.number("SELECT count(*) FROM _links"), 40);
}
