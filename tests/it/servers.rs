//! What servers send though no specification has it, and browsers read: none of it costs an article.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use newswire::demo::web::{Behaviour, NewsWeb, Resource, Site};

use crate::harness::{Newsroom, feed, rss, run_to_end, web_of};
use crate::newsweb::faults;
use crate::newsweb::scripted::{
    CERTIFICATE, answer, head_of, header_of, not_found, path_of, scripted, scripted_over_rude_tls, scripted_over_tls_of,
};

/// A site a case, each with one page at `/a`.
fn web_of_pages(pages: Vec<(&str, Resource)>) -> (NewsWeb, Vec<String>) {
    let urls = pages.iter().map(|(name, _)| format!("http://{name}.example/a")).collect();
    let sites = pages.into_iter().map(|(name, page)| Site::new(&format!("{name}.example")).with("/a", page));
    (web_of(sites.collect()), urls)
}

/// The bytes of an answer as they go over the wire.
fn verbatim(bytes: Vec<u8>) -> Resource {
    Resource::html("").behaviour(Behaviour::Verbatim(bytes.into()))
}

/// Fetches pages in one go.
fn fetch(room: &Newsroom, urls: &[String], code: i32) -> crate::harness::Outcome {
    let arguments: Vec<&str> = ["fetch"].into_iter().chain(urls.iter().map(String::as_str)).collect();
    room.run(&arguments).exits(code)
}

#[test]
fn a_header_line_that_is_none_costs_nothing_but_itself() {
    let many = (0..400).fold(String::new(), |lines, n| format!("{lines}X-Cache-{n}: miss\r\n")) + "X-Cache: miss";
    let lines: [(&str, &[u8]); 19] = [
        ("warning", b"PHP Warning:  Module \"news\" is already loaded in Unknown on line 0"),
        ("markup", b"<br />\r\n<b>Notice</b>:  Undefined index in <b>/srv/www/index.php</b> on line <b>7</b><br />"),
        ("quoted", b"\"X-Powered-By\": somebody"),
        ("blank", b"X Powered By: somebody"),
        ("slash", b"Cache/Control: none"),
        ("blank-before-colon", b"X-Powered-By : somebody"),
        ("beyond-ascii", "Größe: 7".as_bytes()),
        ("no-name", b": somebody"),
        ("colon", b":"),
        ("no-colon", b"nonsense"),
        ("status-again", b"HTTP/1.1 200 OK"),
        ("del", b"Set-Cookie: a=\x7fb"),
        ("control", b"X-Note: a\x01b"),
        ("folded", b"X-Note: one\r\n  and two\r\n\tand three"),
        ("folded-nothing", b"X-Note:\r\n  one"),
        ("folded-nonsense", b"nonsense\r\n  and more"),
        ("latin", b"X-Note: caf\xe9"),
        ("long", &[b"X-Note: ".as_slice(), &vec![b'a'; 60_000]].concat()),
        ("many", many.as_bytes()),
    ];
    let (body, _, _) = encoding_of("windows-1251", &faults::article_html("Паром вернулся").replace("utf-8", "x"));
    let first = ("indented", b" X-Note: first".as_slice());
    let pages = lines.into_iter().chain([first]).map(|(name, line)| {
        let length = format!("Content-Length: {}", body.len());
        let type_ = "Content-Type: text/html; charset=windows-1251";
        // The first of all lines, and the one between two that count.
        let around: [&[u8]; 5] = if name == "indented" {
            [b"HTTP/1.1 200 OK", line, type_.as_bytes(), length.as_bytes(), b"Connection: close"]
        } else {
            [b"HTTP/1.1 200 OK", type_.as_bytes(), line, length.as_bytes(), b"Connection: close"]
        };
        (name, verbatim([around.join(b"\r\n".as_slice()).as_slice(), b"\r\n\r\n", &body].concat()))
    });
    let (web, urls) = web_of_pages(pages.collect());
    let room = Newsroom::reading(&web);
    fetch(&room, &urls, 0);
    for url in &urls {
        assert_eq!(
            room.column(&format!("SELECT title FROM articles WHERE url = '{url}'")),
            ["Паром вернулся"],
            "{url}"
        );
    }
}

/// An answer as it is, with nothing added: head lines, and a body.
fn head_and_body(lines: &[&str], body: &str) -> Vec<u8> {
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
}

#[test]
fn answers_that_no_strict_reader_takes_are_read_as_curl_reads_them() {
    let page = faults::article_html("Read all the same");
    let size = page.len();
    let chunks = format!("{size:x}\r\n{page}\r\n0\r\n\r\n");
    let type_ = "Content-Type: text/html; charset=utf-8";
    let length = format!("Content-Length: {size}");
    let shorter = format!("Content-Length: {}", size - 1000);
    // A status line, what comes after it, and the body.
    let with = |status: &str, lines: &[&str], body: &str| {
        let lines: Vec<&str> = [status].iter().chain(lines).chain(&[type_]).copied().collect();
        head_and_body(&lines, body)
    };
    let status = |line: &str| with(line, &[&length], &page);
    let line = |line: &str| with("HTTP/1.1 200 OK", &[line, &length], &page);
    let framed = |lines: &[&str]| with("HTTP/1.1 200 OK", lines, &page);
    let chunked = |lines: &[&str]| with("HTTP/1.1 200 OK", lines, &chunks);
    let line_ends = String::from_utf8(line("A: 1")).expect("text").replace("\r\n", "\r\r\n");
    let many = (0..3000).fold(String::new(), |lines, n| lines + &format!("X-Cache-{n}: miss\r\n")) + "X: a";
    let cases = [
        ("lower-case", status("http/1.1 200 OK")),
        ("two-blanks", status("HTTP/1.1  200 OK")),
        ("tab", status("HTTP/1.1\t200 OK")),
        ("no-blank", status("HTTP/1.1 200OK")),
        ("version-2", status("HTTP/2 200")),
        ("cr-in-value", line("X-Note: a\rb")),
        ("cr-in-name", line("X-No\rte: a")),
        ("cr-at-end", line("X-Note: a\r")),
        ("cr-for-end", line("X-Note: a\rX-Other: b")),
        ("cr-everywhere", line_ends.into_bytes()),
        ("nul", line("X-Note: a\0b")),
        ("thousands", line(&many)),
        ("early", [b"http/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".as_slice(), &line("A: 1")].concat()),
        ("shorter-length-first", framed(&[&shorter, &length])),
        ("shorter-length-last", framed(&[&length, &shorter])),
        ("longer-length", framed(&[&length, &format!("Content-Length: {}", size + 1000)])),
        ("two-lengths", framed(&[&format!("{length}, 7")])),
        ("plus", framed(&[&format!("Content-Length: +{size}")])),
        ("unit", framed(&[&format!("{length} bytes")])),
        ("empty-length", framed(&["Content-Length:"])),
        ("no-length", framed(&["Content-Length: unknown"])),
        ("huge-length", framed(&["Content-Length: 99999999999999999999"])),
        ("chunked-first", chunked(&["Transfer-Encoding: Chunked, identity"])),
        ("chunked-twice", chunked(&["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"])),
        ("chunked-and-length", chunked(&["Transfer-Encoding: chunked", "Content-Length: 7"])),
        ("chunked-by-lf", with("HTTP/1.1 200 OK", &["Transfer-Encoding: chunked"], &chunks.replace("\r\n", "\n"))),
        ("chunked-in-1.0", with("HTTP/1.0 200 OK", &["Transfer-Encoding: chunked"], &chunks)),
    ];
    let not_read = [
        ("glued", "header", status("HTTP/1.1200 OK")),
        ("icy", "header", status("ICY 200 OK")),
        ("version-3", "header", status("HTTP/3 200")),
        ("warning", "header", [b"<br />\nPHP Warning\r\n".as_slice(), &line("A: 1")].concat()),
        ("too-large", "header", line(&"X-Note: a\r\n".repeat(60_000))),
        ("too-long", "short-body", with("http/1.1 200 OK", &[&format!("Content-Length: {}", size + 1)], &page)),
        ("not-chunked", "short-body", framed(&["Transfer-Encoding: chunked"])),
        (
            "last-chunk",
            "short-body",
            with("http/1.1 200", &["Transfer-Encoding: chunked"], &chunks[..chunks.len() - 5]),
        ),
    ];
    let all = cases.iter().map(|(name, answer)| (*name, verbatim(answer.clone())));
    let all = all.chain(not_read.iter().map(|(name, _, answer)| (*name, verbatim(answer.clone()))));
    let (web, urls) = web_of_pages(all.collect());
    let room = Newsroom::reading(&web);
    fetch(&room, &urls, 3);
    for (name, _) in &cases {
        let title = room.column(&format!("SELECT title FROM articles WHERE url = 'http://{name}.example/a'"));
        assert_eq!(title, ["Read all the same"], "{name}");
    }
    for (name, class, _) in &not_read {
        let sql = "SELECT error_class FROM fetches WHERE url = 'http://NAME.example/a' ORDER BY id DESC LIMIT 1";
        assert_eq!(room.value(&sql.replace("NAME", name)), *class, "{name}");
    }
    assert_eq!(room.number("SELECT count(*) FROM articles"), i64::try_from(cases.len()).expect("few"));
    assert_eq!(room.number("SELECT count(DISTINCT body) FROM articles"), 1, "a page is cut short");
    // Asked a second time, and no more; both are on record.
    let asked = "SELECT count(*) FROM fetches WHERE url = 'http://NAME.example/a'";
    for (name, n) in [("lower-case", 2), ("chunked-first", 2), ("icy", 2), ("chunked-twice", 1)] {
        assert_eq!(room.number(&asked.replace("NAME", name)), n, "{name}");
        assert_eq!(web.stats(&format!("{name}.example")).count("/a"), usize::try_from(n).expect("few"), "{name}");
    }
}

#[test]
fn an_answer_with_two_lengths_that_leaves_the_connection_open_ends_where_one_of_them_says() {
    let page = faults::article_html("Read though nobody hangs up");
    let lines = [
        "HTTP/1.1 200 OK",
        "Content-Type: text/html",
        &format!("Content-Length: {}", page.len()),
        &format!("Content-Length: {}", page.len() + 500),
    ];
    let answer = head_and_body(&lines, &page);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("an address");
    // Ends with the process: nothing waits for it, and until then no connection ends.
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let is_page = path_of(&head_of(&mut stream)) == "/a";
            let _ = stream.write_all(&if is_page { answer.clone() } else { not_found() });
            if is_page {
                open.push(stream);
            }
        }
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"open.example={address}\"]"))]);
    room.run(&["fetch", "http://open.example/a"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["Read though nobody hangs up"]);
}

#[test]
fn an_odd_host_is_asked_in_the_same_words_and_answers_with_all_that_others_do() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let address = scripted(move |head| {
        seen.lock().expect("nobody panics").push(head.to_owned());
        let list = rss(&["http://odd.example/a"]);
        let page = faults::article_html("Odd, and read");
        match (path_of(head), header_of(head, "if-none-match"), header_of(head, "cookie")) {
            ("/robots.txt", ..) => answer(&["http/1.1 404 Not Found"], b""),
            ("/feed?a=b%20c", Some("\"1\""), _) => answer(&["http/1.1 304 Not Modified"], b""),
            ("/feed?a=b%20c", ..) => {
                answer(&["http/1.1 200 OK", "ETag: \"1\"", "Content-Encoding: gzip"], &gzip(list.as_bytes()))
            }
            ("/a", _, Some("pass=1")) => answer(&["http/1.1 200 OK", "Content-Type: text/html"], page.as_bytes()),
            ("/a", ..) => answer(&["http/1.1 302 Found", "Location: /a", "Set-Cookie: pass=1"], b""),
            _ => not_found(),
        }
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"odd.example={address}\"]"))]);
    room.follow("odd", "http://odd.example/feed?a=b%20c", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["Odd, and read"]);
    // The first request of a process is made twice: nothing but its connection is another.
    let statuses = room.table("SELECT status, error_class FROM fetches ORDER BY id");
    let ok = |status: &str| vec![status.to_owned(), "NULL".to_owned()];
    let header = vec!["NULL".to_owned(), "header".to_owned()];
    assert_eq!(
        statuses,
        [&header, &ok("200"), &ok("404"), &ok("302"), &ok("200"), &header, &ok("304")].map(Vec::clone)
    );
    let heads = heads.lock().expect("nobody panics");
    let lines = |head: &str| {
        let lines = head.lines().map(str::to_ascii_lowercase).filter(|line| line != "connection: close");
        lines.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(lines(&heads[0]), lines(&heads[1]));
    assert_eq!(header_of(&heads[1], "connection"), Some("close"));
}

#[test]
fn a_body_that_ends_with_tls_though_without_a_word_is_kept_where_no_length_says_otherwise() {
    let address = scripted_over_rude_tls(|head| {
        let page = faults::article_html("To its end");
        let chunk = format!("{:x}\r\n{page}\r\n", page.len());
        let type_ = "Content-Type: text/html; charset=utf-8";
        let more = format!("Content-Length: {}", page.len() + 1);
        match path_of(head) {
            "/none" => head_and_body(&["HTTP/1.1 200 OK", type_], &page),
            "/old" => head_and_body(&["HTTP/1.0 200 OK", type_, "Transfer-Encoding: identity"], &page),
            "/more" => head_and_body(&["HTTP/1.1 200 OK", type_, &more], &page),
            "/chunks" => head_and_body(&["HTTP/1.1 200 OK", type_, "Transfer-Encoding: chunked"], &chunk),
            // Odd from here on.
            "/odd" => head_and_body(&["http/1.1 200 OK", type_], &page),
            "/odd-more" => head_and_body(&["http/1.1 200 OK", type_, &more], &page),
            "/odd-chunks" => head_and_body(&["http/1.1 200 OK", type_, "Transfer-Encoding: chunked"], &chunk),
            _ => not_found(),
        }
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"paper.example={address}\"]"))]);
    let fetch = |path: &str| {
        let mut command = room.command(&["fetch", &format!("https://paper.example{path}")]);
        command.env("SSL_CERT_FILE", CERTIFICATE);
        run_to_end(command, b"")
    };
    for path in ["/none", "/old", "/odd"] {
        fetch(path).exits(0);
        let title = room.column(&format!("SELECT title FROM articles WHERE url = 'https://paper.example{path}'"));
        assert_eq!(title, ["To its end"], "{path}");
    }
    for path in ["/more", "/chunks", "/odd-more", "/odd-chunks"] {
        fetch(path).exits(1).says("broke off after");
    }
    // Without the certificate there is no second reader either.
    room.run(&["fetch", "https://paper.example/odd"]).exits(1).says("TLS with paper.example failed");
}

#[test]
fn why_a_certificate_is_refused_is_told_in_words() {
    let fixture = |name: &str| CERTIFICATE.replace("certificate.pem", name);
    // The certificate of the server, whether it is trusted, the host that is asked, what is said.
    for (file, is_trusted, host, told) in [
        ("certificate.pem", true, "other.example", "the certificate is for paper.example, not for other.example; "),
        (
            "certificate.pem",
            false,
            "paper.example",
            "the certificate is not signed by anyone whom this machine trusts; ",
        ),
        ("expired.pem", true, "paper.example", "the certificate expired on 2020-12-31, and this machine's clock says "),
        (
            "not-yet.pem",
            true,
            "paper.example",
            "the certificate is not valid before 2100-01-01, and this machine's clock ",
        ),
    ] {
        let address = scripted_over_tls_of(&fixture(file), |_| not_found());
        let mut room = Newsroom::new();
        room.set(&[("fetch.resolve", &format!("[\"{host}={address}\"]"))]);
        let mut command = room.command(&["fetch", &format!("https://{host}/a")]);
        if is_trusted {
            command.env("SSL_CERT_FILE", fixture(file));
        }
        let outcome = run_to_end(command, b"").exits(1);
        assert!(outcome.stderr.contains(&format!("TLS with {host} failed: {told}")), "{}", outcome.stderr);
        // For programs the class is as before.
        assert_eq!(room.column("SELECT DISTINCT error_class FROM fetches WHERE purpose = 'article'"), ["tls"]);
    }
    // What speaks no TLS, and answers before it is asked.
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let plain = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(&answer(&["HTTP/1.1 400 Bad Request"], b""));
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"paper.example={plain}\"]"))]);
    room.run(&["fetch", "https://paper.example/a"]).exits(1).says("speaks no TLS; with http:// in the place");
}

/// A text in another encoding.
fn encoding_of(label: &str, text: &str) -> (Vec<u8>, &'static encoding_rs::Encoding, bool) {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect("a label");
    let (bytes, used, is_lossy) = encoding.encode(text);
    (bytes.into_owned(), used, is_lossy)
}

#[test]
fn a_status_line_needs_no_reason() {
    let page = faults::article_html("Read all the same").into_bytes();
    let pages = [
        ("none", "HTTP/1.1 200"),
        ("blank", "HTTP/1.1 200 "),
        ("old", "HTTP/1.0 200 OK"),
        ("old-none", "HTTP/1.0 200"),
        ("other", "HTTP/1.1 200 Everything is fine: héhé"),
        ("other-2xx", "HTTP/1.1 203 Changed on the way"),
    ]
    .map(|(name, line)| (name, verbatim(answer(&[line, "Content-Type: text/html; charset=utf-8"], &page))));
    let (web, urls) = web_of_pages(pages.into());
    let room = Newsroom::reading(&web);
    fetch(&room, &urls, 0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE title = 'Read all the same'"), 6);
}

#[test]
fn a_gate_that_sets_a_cookie_opens_within_one_chain_and_forgets() {
    // The gate sends everybody without a pass back to where they came from, by way of itself.
    let n_asked = AtomicUsize::new(0);
    let address = scripted(move |head| {
        let page = faults::article_html("Behind the gate");
        let cookies = header_of(head, "cookie").unwrap_or_default();
        match path_of(head) {
            "/a" if cookies == "pass=1; seen=yes" => {
                answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
            }
            "/a" => answer(&["HTTP/1.1 302 Found", "Location: /gate", "Set-Cookie: seen=yes; Path=/"], b""),
            "/gate" => answer(&["HTTP/1.1 302 Found", "Location: /a", "Set-Cookie: pass=1; Path=/a"], b""),
            // Sets its cookie and sends back to the same address at once.
            "/self" if cookies == "here=1" => {
                answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
            }
            "/self" => answer(&["HTTP/1.1 307 Again", "Location: /self", "Set-Cookie: here=1"], b""),
            // The same by what stands on its page.
            "/refresh" if cookies == "there=1" => {
                answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
            }
            "/refresh" => answer(
                &["HTTP/1.1 200 OK", "Content-Type: text/html", "Set-Cookie: there=1"],
                b"<!doctype html><title>One moment</title><meta http-equiv=refresh content='1; url=/refresh'>",
            ),
            // Its cookie is for another host, so it never opens.
            "/never" => {
                answer(&["HTTP/1.1 302 Found", "Location: /never", "Set-Cookie: a=1; Domain=else.example"], b"")
            }
            // Another cookie each time: no circle, and no end.
            "/ever" => {
                let cookie = format!("Set-Cookie: a={}", n_asked.fetch_add(1, Ordering::SeqCst));
                answer(&["HTTP/1.1 302 Found", "Location: /ever", &cookie], b"")
            }
            _ => not_found(),
        }
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.resolve", &format!("[\"gate.example={address}\"]"))]);
    for path in ["a", "self", "refresh"] {
        let url = format!("http://gate.example/{path}");
        // Twice: nothing is remembered from one chain to the next.
        for _ in 0..2 {
            room.run(&["fetch", &url]).exits(0);
        }
        assert_eq!(room.column(&format!("SELECT title FROM articles WHERE url = '{url}'")), ["Behind the gate"]);
    }
    let statuses = |path: &str| {
        room.column(&format!("SELECT status FROM fetches WHERE url = 'http://gate.example/{path}' ORDER BY id"))
    };
    assert_eq!(statuses("a"), ["302", "200", "302", "200"]);
    assert_eq!(statuses("self"), ["307", "200", "307", "200"]);
    room.run(&["fetch", "http://gate.example/never"]).exits(1).says("the redirects run in a circle");
    assert_eq!(statuses("never"), ["302"]);
    room.run(&["fetch", "http://gate.example/ever"]).exits(1).says("more than 5 redirects");
}

#[test]
fn a_location_in_its_own_letters_leads_to_the_page() {
    let page = || Resource::html(faults::article_html("Blå dag"));
    let site = Site::new("paper.example")
        .with("/bl%C3%A5/dag", page())
        .with("/caf%E9", page())
        .with("/to%20day", page())
        .with("/one", Resource::redirect(302, "/blå/dag"))
        .with("/two", verbatim(b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9\r\nContent-Length: 0\r\n\r\n".to_vec()))
        .with("/three", Resource::redirect(302, "  /to day "))
        .with("/four", Resource::redirect(302, "\\\\paper.example\\blå\\dag"));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    for name in ["one", "two", "three", "four"] {
        room.run(&["fetch", &format!("http://paper.example/{name}")]).exits(0);
    }
    let stats = web.stats("paper.example");
    assert_eq!(["/bl%C3%A5/dag", "/caf%E9", "/to%20day"].map(|path| stats.count(path)), [2, 1, 1]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// A body as servers encode it, under the header that they send with it.
fn encodings(body: &[u8]) -> Vec<(&'static str, Option<&'static str>, Vec<u8>)> {
    let zeros = vec![0; 9000];
    vec![
        ("raw-deflate", Some("deflate"), deflate(body)),
        ("x-gzip", Some("X-GZip"), gzip(body)),
        ("untold", None, gzip(body)),
        ("told-wrongly", Some("utf-8"), gzip(body)),
        ("twice", Some("gzip"), gzip(&gzip(body))),
        ("twice-told", Some("gzip, gzip"), gzip(body)),
        ("two-codings", Some("deflate, gzip"), gzip(&deflate(body))),
        ("plain-gzip", Some("gzip"), body.to_vec()),
        ("plain-deflate", Some("deflate"), body.to_vec()),
        ("plain-br", Some("br"), body.to_vec()),
        ("identity", Some("identity"), body.to_vec()),
        ("none", Some("none"), body.to_vec()),
        ("nonsense", Some("text/html; charset=utf-8"), body.to_vec()),
        ("padded", None, [body, &zeros].concat()),
        ("padded-gzip", Some("gzip"), [gzip(body).as_slice(), &zeros].concat()),
        ("padded-within", Some("gzip"), gzip(&[body, &zeros].concat())),
        ("without-end", Some("gzip"), gzip(body)[..gzip(body).len() - 8].to_vec()),
    ]
}

#[test]
fn a_body_is_read_however_it_is_encoded_and_whatever_the_header_says() {
    let as_served = |content_type: &str, coding: Option<&str>, bytes: Vec<u8>| {
        let resource = Resource::new(content_type, bytes).without_compression();
        coding.map_or(resource.clone(), |coding| resource.header("content-encoding", coding))
    };
    let page = faults::article_html("Read all the same");
    let names = encodings(b"").into_iter().map(|(name, ..)| name);
    let sites = names.map(|name| {
        let list = rss(&[&format!("http://{name}.example/a")]);
        let of = |body: &str, content_type| {
            let served = encodings(body.as_bytes()).into_iter().find(|(other, ..)| *other == name);
            let (_, coding, bytes) = served.expect("an encoding");
            as_served(content_type, coding, bytes)
        };
        Site::new(&format!("{name}.example"))
            .with("/feed", of(&list, "application/rss+xml"))
            .with("/a", of(&page, "text/html; charset=utf-8"))
    });
    let sites: Vec<Site> = sites.collect();
    let web = web_of(sites.clone());
    let mut room = Newsroom::reading(&web);
    for site in &sites {
        let slug = site.host().trim_end_matches(".example");
        room.follow(slug, &format!("http://{}/feed", site.host()), Some("feed"));
    }
    room.run(&["fetch", "--all"]).exits(0);
    for site in &sites {
        let title = room.column(&format!("SELECT title FROM articles WHERE url = 'http://{}/a'", site.host()));
        assert_eq!(title, ["Read all the same"], "{}", site.host());
    }
}

#[test]
fn a_page_that_only_sends_on_is_followed() {
    let gate = |head: &str| {
        Resource::html(format!(
            "<!doctype html><html><head><title>One moment</title>{head}</head><body><p>One moment.</p>"
        ))
    };
    let refresh = |content: &str| gate(&format!("<meta http-equiv=\"refresh\" content=\"{content}\">"));
    let page = |title: &str| Resource::html(faults::article_html(title));
    let day = |day: &str| format!("{day}T08:00:00Z").parse::<jiff::Timestamp>().expect("a timestamp");
    let with_refresh = faults::article_html("Stays here")
        .replace("<title>", "<meta http-equiv=\"refresh\" content=\"3; url=/other\"><title>");
    let site = Site::new("paper.example")
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /private/\n"))
        .with("/a", page("There"))
        .with("/to-a", refresh("0; url=/a"))
        .with(
            "/to-to-a",
            gate("<noscript><meta http-equiv=refresh content='2;URL=to-a'></noscript><script>go()</script>"),
        )
        .with("/to-private", refresh("0; url=/private/a"))
        .with("/private/a", page("Private"))
        .with("/to-inner", refresh("0; url=http://169.254.169.254/latest"))
        .with("/circle/a", refresh("0; url=/circle/b"))
        .with("/circle/b", Resource::redirect(301, "/circle/a"))
        .with("/late", refresh("30; url=/a"))
        .with("/self", refresh("0; url=/self"))
        .with("/if", gate("<!--[if lt IE 9]><meta http-equiv=\"refresh\" content=\"0; url=/a\"><![endif]-->"))
        .with("/stays", Resource::html(with_refresh))
        .with("/old-feed", refresh("0; url=/feed").without_etag().last_modified(day("2026-01-02")))
        .with("/feed", feed(&["http://paper.example/b"]).without_etag().last_modified(day("2026-03-02")))
        .with("/b", page("Listed"));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    let url = |path: &str| format!("http://paper.example{path}");
    room.run(&["fetch", &url("/to-to-a")]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["There"]);
    assert_eq!(
        room.table("SELECT url, status, redirected_to, error FROM fetches WHERE purpose = 'article' ORDER BY id"),
        [
            [url("/to-to-a").as_str(), "200", &url("/to-a"), "NULL"],
            [&url("/to-a"), "200", &url("/a"), "NULL"],
            [&url("/a"), "200", "NULL", "NULL"],
        ]
    );
    // The same checks and limits as for redirects.
    room.run(&["fetch", &url("/to-private")]).exits(77).says("disallows /private/a");
    room.run(&["fetch", &url("/to-inner")]).exits(77).says("fetch.private_networks");
    room.run(&["fetch", &url("/circle/a")]).exits(1).says("the redirects run in a circle");
    room.set(&[("fetch.redirects_max", "1")]);
    room.run(&["fetch", &url("/to-to-a")]).exits(1).says("more than 1 redirects");
    room.set(&[("fetch.redirects_max", "5")]);
    // None of these sends on.
    let n_there = web.stats("paper.example").count("/a");
    for path in ["/late", "/self", "/if"] {
        room.run(&["extract", &url(path)]).exits(1).says("no article");
    }
    let stats = web.stats("paper.example");
    assert_eq!((stats.count("/self"), stats.count("/a")), (1, n_there));
    room.run(&["fetch", &url("/stays")]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE title = 'Stays here'"), 1);
    // A feed that has moved in this way is read where it is, and the page in its old place does not stand for it: asked with
    // the feed's date it would say that nothing has changed.
    room.follow("paper", &url("/old-feed"), Some("feed"));
    room.run(&["fetch", "--all"]).exits(0).says("1 new article (");
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.value("SELECT url FROM sources WHERE slug = 'paper'"), url("/old-feed"));
    assert_eq!(room.column(&format!("SELECT status FROM fetches WHERE url = '{}'", url("/feed"))), ["200", "200"]);
    room.run(&["sources", "test", &url("/old-feed")]).exits(0);
}

#[test]
fn a_limit_of_time_that_was_passed_is_told_by_its_name() {
    // Takes connections, as the system does for whoever listens, and says nothing.
    let mute = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = mute.local_addr().expect("an address");
    let mut room = Newsroom::new();
    room.set(&[
        ("fetch.resolve", &format!("[\"mute.example={address}\"]")),
        ("fetch.connect_timeout_s", "1"),
        ("fetch.read_timeout_s", "2"),
    ]);
    room.follow("tls", "https://mute.example/feed", Some("feed"));
    room.follow("plain", "http://mute.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(1);
    assert_eq!(
        room.table("SELECT error_class, error FROM fetches ORDER BY error"),
        [
            ["timeout", "no connection to mute.example, TLS included, within 1 s (fetch.connect_timeout_s)"],
            ["timeout", "nothing came from mute.example for 2 s (fetch.read_timeout_s)"],
        ]
    );
}
