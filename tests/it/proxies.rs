//! Fetching by way of a proxy, and that its credentials are not printed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::harness::Newsroom;
use crate::newsweb::faults;
use crate::newsweb::scripted::{answer, head_of, header_of, not_found, path_of, scripted};

/// What a proxy was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

fn page() -> Vec<u8> {
    let page = faults::article_html("From afar");
    answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
}

fn feed() -> Vec<u8> {
    let feed = "<rss version=\"2.0\"><channel><title>Paper</title>\
        <item><title>From afar</title><link>http://paper.example/a</link></item></channel></rss>";
    answer(&["HTTP/1.1 200 OK", "Content-Type: application/rss+xml"], feed.as_bytes())
}

/// The requests for a source, its article and their robots.txt, by way of an HTTP proxy.
const ALL_OF_PAPER: [&str; 3] = [
    "GET http://paper.example/feed HTTP/1.1",
    "GET http://paper.example/robots.txt HTTP/1.1",
    "GET http://paper.example/a HTTP/1.1",
];

/// An HTTP proxy that wants `me:secret` and knows one page.
fn http_proxy() -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    let address = scripted(move |head| {
        kept.lock().expect("nobody panics").push(head.lines().next().unwrap_or_default().to_owned());
        match (header_of(head, "proxy-authorization"), path_of(head)) {
            // The base64 of me:secret.
            (Some("Basic bWU6c2VjcmV0"), "http://paper.example/a") => page(),
            (Some("Basic bWU6c2VjcmV0"), "http://paper.example/feed") => feed(),
            (Some("Basic bWU6c2VjcmV0"), _) => not_found(),
            _ => answer(&["HTTP/1.1 407 Proxy Authentication Required"], b""),
        }
    });
    (address, asked)
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929) that wants `me:secret` and answers for every host itself.
fn socks_proxy() -> (SocketAddr, Asked) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("an address");
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            if let Some(host) = socks_handshake(&mut stream) {
                kept.lock().expect("nobody panics").push(host);
                let head = head_of(&mut stream);
                let _ = stream.write_all(&if path_of(&head) == "/a" { page() } else { not_found() });
            }
        }
    });
    (address, asked)
}

fn socks_handshake(stream: &mut TcpStream) -> Option<String> {
    let mut take = |n: usize| {
        let mut bytes = vec![0; n];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let n_methods = usize::from(take(2)?[1]);
    take(n_methods)?;
    stream.write_all(&[5, 2]).ok()?;
    let text = |stream: &mut TcpStream, skipped: usize| {
        let mut head = vec![0; skipped + 1];
        stream.read_exact(&mut head).ok()?;
        let mut text = vec![0; usize::from(head[skipped])];
        stream.read_exact(&mut text).ok()?;
        String::from_utf8(text).ok()
    };
    let (user, password) = (text(stream, 1)?, text(stream, 0)?);
    let is_known = (user.as_str(), password.as_str()) == ("me", "secret");
    stream.write_all(&[1, u8::from(!is_known)]).ok()?;
    // Version, command, reserved, and 3 for a name.
    let host = text(stream, 4)?;
    let mut port = [0; 2];
    stream.read_exact(&mut port).ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    is_known.then(|| format!("{host}:{}", u16::from_be_bytes(port)))
}

#[test]
fn pages_are_fetched_by_way_of_an_http_proxy() {
    let (address, asked) = http_proxy();
    let mut room = Newsroom::new();
    let file = room.file("credentials", "me:secret\n");
    room.set(&[
        ("fetch.proxy", &format!("\"http://{address}\"")),
        ("fetch.proxy_credentials_file", &format!("{file:?}")),
    ]);
    room.run(&["fetch", "http://paper.example/a"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["From afar"]);
    assert_eq!(
        *asked.lock().expect("nobody panics"),
        ["GET http://paper.example/robots.txt HTTP/1.1", "GET http://paper.example/a HTTP/1.1"]
    );
    // TLS goes through a tunnel. This proxy makes none.
    let failed = room.run(&["sources", "test", "https://paper.example/feed"]).exits(1);
    failed.says("no connection to paper.example by way of the proxy http://***@127.0.0.1");
    assert!(asked.lock().expect("nobody panics").contains(&"CONNECT paper.example:443 HTTP/1.1".to_owned()));
    // What names or numbers say of private hosts is heeded.
    for private in ["http://localhost/a", "http://intranet/a", "http://printer.local/a"] {
        room.run(&["fetch", private]).exits(77).says("private host");
    }
    room.run(&["fetch", "http://10.0.0.1/a"]).exits(77).says("fetch.private_networks");
    let n_asked = asked.lock().expect("nobody panics").len();
    // A host that is excepted is asked directly.
    room.set(&[("fetch.hosts", "[\"paper.example proxy=direct\"]")]);
    room.run(&["sources", "test", "http://paper.example/feed"]).exits(1).says("cannot be resolved");
    assert_eq!(asked.lock().expect("nobody panics").len(), n_asked);
}

#[test]
fn a_proxy_that_refuses_is_no_fault_of_the_page() {
    let (address, _) = http_proxy();
    let mut room = Newsroom::new();
    room.set(&[("fetch.proxy", &format!("\"http://me:other@{address}\"")), ("fetch.robots", "false")]);
    let failed = room.run(&["fetch", "http://paper.example/a"]).exits(1).says("asks for other credentials");
    assert!(!failed.stderr.contains("other@"), "{}", failed.stderr);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 1, "it is tried again");
}

#[test]
fn what_a_proxy_answers_is_not_asked_for_again_by_another_way() {
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    let address = scripted(move |head| {
        kept.lock().expect("nobody panics").push(path_of(head).to_owned());
        answer(&["http/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], b"")
    });
    let mut room = Newsroom::new();
    room.set(&[("fetch.proxy", &format!("\"http://{address}\"")), ("fetch.robots", "false")]);
    room.run(&["fetch", "http://paper.example/a"]).exits(1).says("no HTTP that can be read");
    assert_eq!(*asked.lock().expect("nobody panics"), ["http://paper.example/a"]);
}

#[test]
fn pages_are_fetched_by_way_of_a_socks_proxy() {
    let (address, asked) = socks_proxy();
    let mut room = Newsroom::new();
    room.set(&[("fetch.hosts", &format!("[\"paper.example proxy=socks5h://me:secret@{address}\"]"))]);
    room.run(&["fetch", "http://paper.example/a"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["From afar"]);
    assert_eq!(*asked.lock().expect("nobody panics"), ["paper.example:80"; 2]);
    // With names resolved here the rules on addresses hold: this name has none.
    room.set(&[("fetch.hosts", "[]"), ("fetch.proxy", &format!("\"socks5://me:secret@{address}\""))]);
    room.run(&["fetch", "http://no-such-host.invalid/a"]).exits(1).says("by way of the proxy");
    room.run(&["sources", "test", "http://localhost/feed"]).exits(77).says("fetch.private_networks");
    assert_eq!(asked.lock().expect("nobody panics").len(), 2);
}

#[test]
fn credentials_are_never_printed() {
    let mut room = Newsroom::new();
    room.set(&[
        ("fetch.proxy", "\"http://me:secret@proxy.invalid:3128\""),
        ("fetch.hosts", "[\"far.example proxy=socks5h://me:secret@proxy.invalid:1080\"]"),
    ]);
    for arguments in [
        ["config", "show", "--json"].as_slice(),
        &["config", "show"],
        &["config", "check"],
        &["-vv", "fetch", "http://paper.example/a"],
        &["-vv", "fetch", "http://far.example/a"],
    ] {
        let outcome = room.run(arguments);
        let said = outcome.stdout + &outcome.stderr;
        assert!(!said.contains("secret"), "{arguments:?}: {said}");
    }
    let shown = room.run(&["config", "show"]).exits(0);
    assert!(shown.stdout.contains("http://***@proxy.invalid:3128"), "{}", shown.stdout);
    for wrong in ["ftp://me:secret@proxy.invalid", "me:secret@proxy.invalid:3128", "http://me:secret@proxy.invalid/a"] {
        room.set(&[("fetch.proxy", &format!("{wrong:?}"))]);
        let refused = room.run(&["config", "check"]).exits(78).says("fetch.proxy");
        assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    }
}

#[test]
fn a_source_and_its_articles_are_fetched_by_way_of_its_own_proxy() {
    let (address, asked) = http_proxy();
    let (usual, asked_usual) = http_proxy();
    let mut room = Newsroom::new();
    let paper = |proxy: &str| {
        format!("[[source]]\nslug = \"paper\"\nurl = \"http://paper.example/feed\"\nproxy = \"{proxy}\"\n")
    };
    // It goes before the host's and before the usual one.
    room.set(&[
        ("fetch.proxy", &format!("\"http://me:secret@{usual}\"")),
        ("fetch.hosts", "[\"paper.example proxy=direct\"]"),
    ]);
    room.write_sources(&paper(&format!("http://me:secret@{address}")));
    room.run(&["sources", "test", "paper"]).exits(0);
    asked.lock().expect("nobody panics").clear();
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["From afar"]);
    assert_eq!(*asked.lock().expect("nobody panics"), ALL_OF_PAPER);
    assert!(asked_usual.lock().expect("nobody panics").is_empty());
    // The database has no credentials, and what shows sources none either.
    assert_eq!(room.column("SELECT proxy FROM sources"), [format!("http://{address}/")]);
    assert_eq!(
        room.run(&["--json", "sources", "show", "paper"]).exits(0).json()["proxy"],
        format!("http://{address}/")
    );
    // In a list too, before the first run as well as after it.
    let listed = |room: &Newsroom| room.run(&["--json", "sources", "ls"]).exits(0).json_lines()[0]["proxy"].clone();
    assert_eq!(listed(&room), format!("http://{address}/"));
    let new = Newsroom::new();
    std::fs::copy(room.path("sources.toml"), new.path("sources.toml")).expect("the sources can be copied");
    assert_eq!(listed(&new), format!("http://{address}/"));
    let shown = room.run(&["sources", "show", "paper"]).exits(0).stdout;
    assert!(shown.contains(&format!("proxy\thttp://{address}/")), "{shown}");
    let exported = room.run(&["sources", "export"]).exits(0).stdout;
    assert!(exported.contains(&format!("newswire:proxy=\"http://{address}/\"")), "{exported}");
    let bytes = std::fs::read(room.database()).expect("the database can be read");
    assert!(!bytes.windows(6).any(|part| part == b"secret"));

    // A source without one goes the way of its host, and where that is none, the usual way.
    room.write_sources(&paper("x").replace("proxy = \"x\"\n", ""));
    room.run(&["fetch", "paper"]).exits(1).says("cannot be resolved");
    room.set(&[("fetch.hosts", "[]")]);
    room.run(&["fetch", "paper"]).exits(0);
    assert_eq!(asked_usual.lock().expect("nobody panics").first().map(String::as_str), Some(ALL_OF_PAPER[0]));
    // One that is asked directly is so though all else goes by way of a proxy.
    room.write_sources(&paper("direct"));
    room.run(&["fetch", "paper"]).exits(1).says("cannot be resolved");
}

#[test]
fn the_proxy_of_a_source_takes_the_credentials_that_settings_have_for_it() {
    let (address, asked) = http_proxy();
    let mut room = Newsroom::new();
    room.set(&[("fetch.hosts", &format!("[\"far.example proxy=http://me:secret@{address}\"]"))]);
    let proxy = format!("http://{address}");
    let with_credentials = format!("http://me:secret@{address}");
    let add = ["sources", "add", "http://paper.example/feed", "--slug", "paper", "--proxy"];
    let refused =
        room.run(&[add.as_slice(), &[&with_credentials]].concat()).exits(2).says("must be without credentials");
    assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    room.run(&[add.as_slice(), &["proxy.example"]].concat())
        .exits(2)
        .says("--proxy \"proxy.example\": must be http://");
    room.run(&[add.as_slice(), &[&proxy]].concat()).exits(0);
    room.run(&["fetch", "paper"]).exits(0);
    assert_eq!(room.column("SELECT title FROM articles"), ["From afar"]);
    let asked = asked.lock().expect("nobody panics").clone();
    // It was looked at before it was followed.
    assert_eq!(asked.iter().filter(|line| line.contains("/feed")).count(), 2, "{asked:?}");
    assert!(ALL_OF_PAPER.iter().all(|line| asked.iter().any(|asked| asked == line)), "{asked:?}");
    // The rules on addresses are those of any proxy, and the proxy itself is no host to ask.
    for private in ["http://localhost/feed", "http://printer.local/feed"] {
        let add = ["sources", "add", private, "--slug", "private", "--proxy", &proxy];
        room.run(&add).exits(77).says("private host");
    }
}

#[test]
fn what_is_wrong_with_the_proxy_of_a_source_is_told_without_credentials() {
    let mut room = Newsroom::new();
    room.set(&[("fetch.proxy", "\"http://me:secret@proxy.invalid:3128\"")]);
    for (wrong, rule) in [
        ("ftp://me:secret@proxy.invalid", "must be http://HOST:PORT"),
        ("me:secret@proxy.invalid:3128", "must be http://HOST:PORT"),
        ("http://me:secret2@proxy.invalid:3128", "has other credentials elsewhere"),
    ] {
        room.write_sources(&format!(
            "[[source]]\nslug = \"paper\"\nurl = \"http://paper.example/feed\"\nproxy = \"{wrong}\"\n"
        ));
        let refused = room.run(&["config", "check"]).exits(78).says("sources.toml").says(rule);
        assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    }
}
