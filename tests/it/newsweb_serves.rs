//! The news web does what the tests that stand on it take for granted. Asked over bare sockets, so that no client's
//! cleverness comes between.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use newswire::demo::content::{DemoContent, ExpectedArticle, SOURCES};
use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::newsweb::dailytimes::{self, DailyTimes};
use crate::newsweb::faults;

const HOST: &str = "paper.example";

/// Longest silence that a test waits out; only an error ever takes as long.
const SILENCE_MAX: Duration = Duration::from_secs(10);

fn web_with(path: &str, resource: Resource) -> NewsWeb {
    NewsWeb::start(vec![Site::new(HOST).with(path, resource)]).expect("a port is free")
}

/// An answer as it came.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A connection on which a request was sent.
fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the web listens");
    stream.set_read_timeout(Some(SILENCE_MAX)).expect("a timeout can be set");
    stream.write_all(request.as_bytes()).expect("the web reads");
    stream
}

/// All bytes that come for a request until the connection ends, however it ends.
fn bytes_for(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end too, for those faults that are one.
    let _ = send(address, request).read_to_end(&mut bytes);
    bytes
}

fn request(host: &str, path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bare/1\r\n{headers}Connection: close\r\n\r\n")
}

fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of a head");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head in ASCII");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

fn get_with(web: &NewsWeb, host: &str, path: &str, headers: &str) -> Answer {
    answer(&bytes_for(web.address(), &request(host, path, headers)))
}

fn get(web: &NewsWeb, path: &str) -> Answer {
    get_with(web, HOST, path, "")
}

#[test]
fn a_site_is_told_by_its_host_and_a_browser_by_its_path() {
    let sites = vec![
        Site::new(HOST).with("/a", Resource::html("one")),
        Site::new("b.example").with("/a", Resource::html("two")),
    ];
    let web = NewsWeb::start(sites).expect("a port is free");
    let port = web.address().port();
    assert_eq!(
        web.resolve_entries(),
        [format!("b.example=127.0.0.1:{port}"), format!("paper.example=127.0.0.1:{port}")]
    );
    for (host, path, expected) in [
        (HOST, "/a", Some("one")),
        ("b.example", "/a", Some("two")),
        ("B.EXAMPLE", "/a?utm_source=rss", Some("two")),
        (&format!("{HOST}:{port}"), "/a", Some("one")),
        (&format!("127.0.0.1:{port}"), "/b.example/a", Some("two")),
        (&format!("127.0.0.1:{port}"), "/a", None),
        (HOST, "/robots.txt", None),
        ("c.example", "/a", None),
    ] {
        let answer = get_with(&web, host, path, "");
        assert_eq!(answer.status, if expected.is_some() { 200 } else { 404 }, "{host}{path}");
        if let Some(expected) = expected {
            assert_eq!(answer.body, expected.as_bytes(), "{host}{path}");
        }
    }
}

#[test]
fn an_unchanged_resource_is_a_304_until_it_is_replaced() {
    let day_one = "2026-03-01T10:00:00Z".parse().expect("a timestamp");
    let day_two = "2026-03-02T10:00:00Z".parse().expect("a timestamp");
    let web = web_with("/feed", Resource::new("application/rss+xml", "<rss>1</rss>").last_modified(day_one));
    let first = get(&web, "/feed");
    assert_eq!(first.header("last-modified"), Some("Sun, 01 Mar 2026 10:00:00 GMT"));
    let etag = first.header("etag").expect("an entity tag").to_owned();

    let conditions = [
        format!("If-None-Match: {etag}\r\n"),
        format!("If-None-Match: \"other\", W/{etag}\r\n"),
        "If-Modified-Since: Sun, 01 Mar 2026 10:00:00 GMT\r\n".to_owned(),
        // The entity tag counts alone.
        format!("If-None-Match: {etag}\r\nIf-Modified-Since: Sat, 28 Feb 2026 10:00:00 GMT\r\n"),
    ];
    for condition in &conditions {
        let answer = get_with(&web, HOST, "/feed", condition);
        assert_eq!(answer.status, 304, "{condition}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        assert_eq!(answer.header("content-type"), None);
        assert!(answer.body.is_empty());
    }
    for condition in ["If-None-Match: \"other\"\r\n", "If-Modified-Since: Sat, 28 Feb 2026 10:00:00 GMT\r\n"] {
        assert_eq!(get_with(&web, HOST, "/feed", condition).status, 200, "{condition}");
    }
    assert_eq!(web.stats(HOST).n_not_modified(), 4);

    let replaced = Resource::new("application/rss+xml", "<rss>2</rss>").last_modified(day_two);
    assert!(web.put(HOST, "/feed", replaced));
    for condition in &conditions {
        let answer = get_with(&web, HOST, "/feed", condition);
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"<rss>2</rss>".as_slice()), "{condition}");
    }
    assert!(web.remove(HOST, "/feed"));
    assert_eq!(get(&web, "/feed").status, 404);
    assert!(!web.put("nowhere.example", "/", Resource::html("")));
}

#[test]
fn bodies_are_encoded_as_accepted_and_each_form_has_its_tag() {
    let html = faults::article_html("An article in three encodings");
    let web = web_with("/plain", Resource::html(html.clone()));
    assert!(web.put(HOST, "/packed", Resource::packed("text/html; charset=utf-8", html.as_bytes())));
    for path in ["/plain", "/packed"] {
        let mut tags = Vec::new();
        for (accept, expected) in [("", None), ("gzip, deflate", Some("gzip")), ("gzip, deflate, br", Some("br"))] {
            let headers = if accept.is_empty() { String::new() } else { format!("Accept-Encoding: {accept}\r\n") };
            let answer = get_with(&web, HOST, path, &headers);
            assert_eq!(answer.header("content-encoding"), expected, "{path} {accept}");
            assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
            assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
            let mut decoded = Vec::new();
            match expected {
                Some("br") => brotli::Decompressor::new(answer.body.as_slice(), 4096).read_to_end(&mut decoded),
                Some(_) => flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut decoded),
                None => answer.body.as_slice().read_to_end(&mut decoded),
            }
            .expect("a whole stream");
            assert_eq!(decoded, html.as_bytes(), "{path} {accept}");

            let etag = answer.header("etag").expect("an entity tag").to_owned();
            let again = get_with(&web, HOST, path, &format!("{headers}If-None-Match: {etag}\r\n"));
            assert_eq!(again.status, 304, "{path} {accept}");
            tags.push(etag);
        }
        tags.dedup();
        assert_eq!(tags.len(), 3, "{tags:?}");
    }
}

#[test]
fn statuses_and_redirects_are_sent_as_asked_for() {
    let site = faults::with_redirect_loop(Site::new(HOST))
        .with("/gone", faults::failing(410))
        .with("/broken", faults::failing(500))
        .with("/down", faults::failing(503))
        .with("/moved", Resource::redirect(308, "http://paper.example/new?a=1"));
    let web = NewsWeb::start(vec![site]).expect("a port is free");
    for (path, status, location) in [
        ("/gone", 410, None),
        ("/broken", 500, None),
        ("/down", 503, None),
        ("/moved", 308, Some("http://paper.example/new?a=1")),
        ("/loop/a", 302, Some("/loop/b")),
        ("/loop/b", 301, Some("/loop/a")),
        ("/self", 302, Some("/self")),
    ] {
        let answer = get(&web, path);
        assert_eq!((answer.status, answer.header("location")), (status, location), "{path}");
    }
    let post = format!("POST /gone HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!(answer(&bytes_for(web.address(), &post)).status, 405);
    let head = answer(&bytes_for(web.address(), &request(HOST, "/broken", "").replacen("GET", "HEAD", 1)));
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (500, Some("12"), 0));
}

#[test]
fn a_refusal_ends_after_its_number_of_requests() {
    let web = web_with("/seconds", faults::refusing_at_first(2, "3"));
    assert!(web.put(HOST, "/date", faults::refusing_at_first(1, "Mon, 02 Mar 2026 10:00:00 GMT")));
    assert!(web.put(HOST, "/down", faults::refusing_with(503, 1, None)));
    for (path, refusals) in [
        ("/seconds", [Some((429, Some("3"))), Some((429, Some("3"))), None]),
        ("/date", [Some((429, Some("Mon, 02 Mar 2026 10:00:00 GMT"))), None, None]),
        ("/down", [Some((503, None)), None, None]),
    ] {
        for refusal in refusals {
            let answer = get(&web, path);
            assert_eq!((answer.status, answer.header("retry-after")), refusal.unwrap_or((200, None)), "{path}");
        }
    }
    assert_eq!(web.stats(HOST).count_status(429), 3);
}

#[test]
fn broken_answers_are_broken_the_way_they_are_named() {
    let html_bytes = faults::article_html("Half a page").len();
    let site = Site::new(HOST)
        .with("/cut", faults::cut_off())
        .with("/cut-chunks", faults::cut_off_in_chunks())
        .with("/closed", faults::closing_at_once())
        .with("/not-http", faults::not_http())
        .with("/too-long", faults::announcing(500, "<p>short</p>"))
        .with("/too-short", faults::announcing(3, "<p>long</p>"))
        .with("/garbage", faults::garbage())
        .with("/broken-gzip", faults::broken_gzip());
    let web = NewsWeb::start(vec![site]).expect("a port is free");

    let cut = get(&web, "/cut");
    assert_eq!(cut.header("content-length"), Some(html_bytes.to_string().as_str()));
    assert_eq!(cut.body.len(), html_bytes / 2);

    let chunks = get(&web, "/cut-chunks");
    assert_eq!(chunks.header("transfer-encoding"), Some("chunked"));
    assert!(chunks.body.len() > html_bytes / 2 && !chunks.body.ends_with(b"0\r\n\r\n"));

    assert!(bytes_for(web.address(), &request(HOST, "/closed", "")).is_empty());
    assert!(!bytes_for(web.address(), &request(HOST, "/not-http", "")).starts_with(b"HTTP"));

    let too_long = get(&web, "/too-long");
    assert_eq!((too_long.header("content-length"), too_long.body.len()), (Some("500"), 12));
    let too_short = get(&web, "/too-short");
    assert_eq!((too_short.header("content-length"), too_short.body.len()), (Some("3"), 11));

    let garbage = get(&web, "/garbage");
    assert!(garbage.body.len() == 20_000 && std::str::from_utf8(&garbage.body).is_err());

    let broken_gzip = get(&web, "/broken-gzip");
    assert_eq!(broken_gzip.header("content-encoding"), Some("gzip"));
    assert!(flate2::read::GzDecoder::new(broken_gzip.body.as_slice()).read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn slow_answers_take_their_time() {
    let pause = Duration::from_millis(60);
    let web = web_with("/slow", faults::slow(pause));
    let piece_bytes = faults::article_html("A dripping page").len().div_ceil(3);
    assert!(web.put(HOST, "/drip", faults::dripping(piece_bytes, pause)));
    for (path, expected) in [("/slow", pause), ("/drip", pause * 2)] {
        let started_at = Instant::now();
        let answer = get(&web, path);
        let announced = answer.header("content-length").and_then(|length| length.parse().ok());
        assert_eq!(announced, Some(answer.body.len()), "{path}");
        assert!(started_at.elapsed() >= expected, "{path}: {:?}", started_at.elapsed());
    }
}

#[test]
fn a_hanging_answer_ends_with_its_client_or_with_the_web() {
    let web = web_with("/hang", faults::hanging());
    let mut stream = send(web.address(), &request(HOST, "/hang", ""));
    stream.set_read_timeout(Some(Duration::from_millis(80))).expect("a timeout can be set");
    let error = stream.read(&mut [0; 16]).expect_err("nothing comes");
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{error}");

    let mut waiting = send(web.address(), &request(HOST, "/hang", ""));
    while web.stats(HOST).requests.len() < 2 {
        std::thread::yield_now();
    }
    drop(stream);
    let deadline = Instant::now() + SILENCE_MAX;
    while web.stats(HOST).requests[0].ended.is_none() {
        assert!(Instant::now() < deadline, "the request of a client that went away is still under way");
        std::thread::yield_now();
    }
    let started_at = Instant::now();
    drop(web);
    assert!(started_at.elapsed() < Duration::from_secs(2), "the web waits for its clients");
    assert_eq!(waiting.read(&mut [0; 16]).unwrap_or(0), 0);
}

#[test]
fn endless_answers_need_no_memory_to_be_large() {
    let web = web_with("/endless", faults::endless());
    assert!(web.put(HOST, "/bomb", faults::gzip_bomb()));

    let mut stream = send(web.address(), &request(HOST, "/endless", ""));
    let mut n_bytes = 0;
    let mut buffer = vec![0; 1 << 16];
    while n_bytes < 8 << 20 {
        let n_read = stream.read(&mut buffer).expect("more and more");
        assert!(n_read > 0, "it ended after {n_bytes} bytes");
        n_bytes += n_read;
    }
    drop(stream);

    // The chunks' own framing is taken off by hand: each is a size in hexadecimal, a line end, the bytes, a line end.
    let mut stream = std::io::BufReader::new(send(web.address(), &request(HOST, "/bomb", "")));
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        std::io::BufRead::read_line(&mut stream, &mut line).expect("a line of the head");
    }
    let mut packed = Vec::new();
    for _ in 0..20 {
        line.clear();
        std::io::BufRead::read_line(&mut stream, &mut line).expect("the size of a chunk");
        let n_bytes = usize::from_str_radix(line.trim(), 16).expect("a size in hexadecimal");
        let mut chunk = vec![0; n_bytes + 2];
        stream.read_exact(&mut chunk).expect("a chunk");
        packed.extend_from_slice(&chunk[..n_bytes]);
    }
    let mut n_zeros = 0;
    let mut decoder = flate2::read::GzDecoder::new(packed.as_slice());
    while let Ok(n_read @ 1..) = decoder.read(&mut buffer) {
        assert!(buffer[..n_read].iter().all(|byte| *byte == 0));
        n_zeros += n_read;
    }
    assert!(n_zeros > packed.len() * 500, "{n_zeros} bytes of {}", packed.len());
}

#[test]
fn statistics_tell_who_asked_for_what_and_how_politely() {
    let delay = Duration::from_millis(80);
    let pause = Duration::from_millis(50);
    let web = web_with("/slow", faults::slow(delay));
    assert_eq!(web.stats(HOST), newswire::demo::web::HostStats::default());

    get(&web, "/slow");
    std::thread::sleep(pause);
    get(&web, "/robots.txt");
    let polite = web.stats(HOST);
    assert_eq!(polite.largest_concurrency, 1);
    assert!(polite.smallest_gap.is_some_and(|gap| gap >= pause), "{:?}", polite.smallest_gap);
    let asked: Vec<_> = polite
        .requests
        .iter()
        .map(|request| (request.path.as_str(), request.user_agent.as_str(), request.status))
        .collect();
    assert_eq!(asked, [("/slow", "bare/1", Some(200)), ("/robots.txt", "bare/1", Some(404))]);
    assert!(polite.requests.iter().all(|request| request.ended.is_some_and(|ended| ended >= request.started)));

    assert!(web.put(HOST, "/hang", faults::hanging()));
    let waiting: Vec<TcpStream> = (0..3).map(|_| send(web.address(), &request(HOST, "/hang?again", ""))).collect();
    while web.n_requests() < 5 {
        std::thread::yield_now();
    }
    let greedy = web.stats(HOST);
    assert_eq!(greedy.largest_concurrency, 3);
    assert_eq!(greedy.smallest_gap, Some(Duration::ZERO));
    assert_eq!((greedy.count("/slow"), greedy.count("/hang?again"), greedy.count("/hang")), (1, 3, 0));
    drop(waiting);
    assert_eq!(web.stats("nowhere.example").requests.len(), 0);
}

#[test]
fn the_demo_serves_every_article_and_lists_it() {
    let now = "2026-03-02T09:17:42Z".parse().expect("a timestamp");
    let content = DemoContent::new(now);
    let web = NewsWeb::start(content.sites()).expect("a port is free");
    let mut lists = String::new();
    for source in SOURCES {
        let (host, path) = source.url["http://".len()..].split_once('/').expect("an address with a path");
        let answer = get_with(&web, host, &format!("/{path}"), "");
        assert_eq!(answer.status, 200, "{}", source.url);
        let list = String::from_utf8(answer.body).expect("a feed in UTF-8");
        assert!(!source.is_broken || !list.contains("</rss>"), "{}", source.url);
        lists.push_str(&list);
    }
    for ExpectedArticle { host, url, .. } in content.expected() {
        let path = url.strip_prefix(&format!("http://{host}")).expect("the article's host");
        let answer = get_with(&web, &host, path, "");
        assert_eq!(answer.status, 200, "{url}");
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(page.contains(&format!("<link rel=\"canonical\" href=\"{url}\"")), "{url}");
        assert!(lists.contains(&url), "{url} is in no list");
    }
    // The same article in two feeds, under addresses that differ in what does not matter.
    let tram = "http://harbour-post.example/city/tram-line-nine-opens-to-the-docks-48213";
    assert!(lists.contains(&format!("{tram}?utm_source=rss&amp;utm_medium=feed&amp;utm_campaign=latest<")));
    assert!(lists.contains(&format!("{tram}?utm_source=rss&amp;utm_campaign=city<")));
}

#[test]
fn the_demo_corrects_an_article_at_a_time_and_says_so_in_its_feed() {
    const FEED: &str = "/feed.json";
    const WIRE: &str = "meridian-wire.example";
    let now = "2026-03-02T09:17:42Z".parse().expect("a timestamp");
    let mut content = DemoContent::new(now);
    let before = content.expected();
    let web = NewsWeb::start(content.sites()).expect("a port is free");
    let edited_at = "2026-03-02T09:30:00Z".parse().expect("a timestamp");
    let edited = content.edit_one(&web, edited_at).expect("an article to correct");
    let original = before.iter().find(|article| article.url == edited.url).expect("it was there before");
    assert_ne!(edited.paragraphs, original.paragraphs);
    assert_eq!((&edited.title, &edited.day), (&original.title, &original.day));

    let path = edited.url.strip_prefix("http://meridian-wire.example").expect("an article of the agency");
    let page = get_with(&web, WIRE, path, "");
    let page = String::from_utf8(page.body).expect("a page in UTF-8");
    assert!(page.contains("112,000 homes") && !page.contains("80,000 homes, "));
    let feed = get_with(&web, WIRE, FEED, "");
    let feed = String::from_utf8(feed.body).expect("a feed in UTF-8");
    assert!(feed.contains("\"date_modified\":\"2026-03-02T09:30:00+00:00\""));
    let other = content.edit_one(&web, edited_at).expect("another article to correct");
    assert_ne!(other.url, edited.url);
    assert!(content.edit_one(&web, edited_at).is_none(), "each is corrected once");
}

#[test]
fn the_wordpress_paper_declares_its_article_as_wordpress_does() {
    let document = "Glass blowers keep their furnace\n20220103\nhttps://dailytimes.com.pk/863190/glass-blowers/\n\
        The furnace in Kiln Street  stays lit.\nIts owner said that he was relieved.\n";
    let invented = dailytimes::site_of(document);
    assert_eq!(invented.paragraphs[0], "The furnace in Kiln Street stays lit.");
    check_dailytimes(invented);
    if let Some(paper) = dailytimes::site() {
        check_dailytimes(paper);
    }
}

fn check_dailytimes(paper: DailyTimes) {
    let url = paper.canonical_url.clone();
    let web = NewsWeb::start(vec![paper.site]).expect("a port is free");
    let page = String::from_utf8(get_with(&web, dailytimes::HOST, &paper.path, "").body).expect("a page in UTF-8");
    for expected in [
        format!("<link rel=\"canonical\" href=\"{url}\" />"),
        format!("<title>{} - Daily Times</title>", paper.title),
        "<meta property=\"article:published_time\" content=\"2022-01-03T02:30:00+05:00\" />".to_owned(),
        "\"datePublished\":\"2022-01-03T02:30:00+05:00\"".to_owned(),
        "class=\"yoast-schema-graph\"".to_owned(),
    ] {
        assert!(page.contains(&expected), "{expected}");
    }
    for paragraph in &paper.paragraphs {
        assert!(page.contains(&format!("<p>{paragraph}</p>")), "{paragraph}");
    }
    let feed_path = dailytimes::FEED_URL.strip_prefix("http://dailytimes.com.pk").expect("an address of the site");
    let feed = String::from_utf8(get_with(&web, dailytimes::HOST, feed_path, "").body).expect("a feed in UTF-8");
    assert_eq!(feed.matches("<item>").count(), 5);
    assert!(feed.contains(&format!("<link>{}</link>", url.replacen("https", "http", 1))));
    assert!(feed.contains("<pubDate>Mon, 03 Jan 2022 02:30:00 +0500</pubDate>"));
    assert!(feed.contains("<guid isPermaLink=\"false\">http://dailytimes.com.pk/?p=863190</guid>"));
}
