//! What is not asked for, and how politely the rest is.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};

use crate::harness::{Newsroom, feed, web_of};
use crate::newsweb::faults;

fn page(title: &str) -> Resource {
    Resource::html(faults::article_html(title))
}

#[test]
fn a_page_that_robots_txt_disallows_is_never_asked_for() {
    const HOST: &str = "shy.example";
    let robots =
        "User-agent: *\nDisallow: /private/\nAllow: /private/but-not-this\n\nUser-agent: otherbot\nDisallow: /\n";
    let site = Site::new(HOST)
        .with("/robots.txt", Resource::new("text/plain", robots))
        .with("/private/a", page("Private"))
        .with("/private/but-not-this", page("Allowed after all"))
        .with("/public", page("Public"))
        .with("/moved", Resource::redirect(301, "/private/a"))
        .with("/private/feed", feed(&["http://shy.example/private/a", "http://shy.example/public"]));
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    let refused = room.run(&["fetch", "http://shy.example/private/a"]).exits(77);
    refused.says("robots.txt of shy.example disallows /private/a");
    // Nor by a redirect, nor by `extract`.
    room.run(&["fetch", "http://shy.example/moved"]).exits(77).says("disallows /private/a");
    room.run(&["extract", "http://shy.example/private/a"]).exits(77).says("disallows");
    room.run(&["fetch", "http://shy.example/private/but-not-this"]).exits(0);
    // A feed that the user named is his own wish; what it lists is not.
    room.follow("shy", "http://shy.example/private/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(3).says("disallows /private/a");
    let stats = web.stats(HOST);
    assert_eq!(stats.count("/private/a"), 0);
    assert_eq!(stats.count("/private/feed"), 1);
    assert_eq!(stats.count("/public"), 1);
    assert!(stats.requests.iter().all(|request| request.user_agent.starts_with("newswire/")));
    // A refusal is written down each time under the page's address, and not tried again.
    let refusals = "SELECT url, purpose, status FROM fetches WHERE error_class = 'robots'";
    assert_eq!(room.table(refusals), vec![["http://shy.example/private/a", "article", "NULL"]; 3]);
    assert_eq!(room.table("SELECT due_at FROM _links WHERE url = 'http://shy.example/private/a'"), [["NULL"]]);
    room.run(&["show", "http://shy.example/private/a"]).exits(1).says("disallows /private/a; it is not tried again");
    // Whoever owns the host may say otherwise.
    room.set(&[("fetch.robots", "false")]);
    room.run(&["fetch", "http://shy.example/private/a"]).exits(0);
    assert_eq!(web.stats(HOST).count("/private/a"), 1);
}

#[test]
fn private_addresses_are_refused_by_name_number_and_redirect() {
    let targets = |port: u16| {
        [
            format!("http://127.0.0.1:{port}/inner.example/secret"),
            format!("http://localhost:{port}/inner.example/secret"),
            format!("http://[::1]:{port}/inner.example/secret"),
            format!("http://[::ffff:127.0.0.1]:{port}/inner.example/secret"),
            format!("http://2130706433:{port}/inner.example/secret"),
            format!("http://0x7f.1:{port}/inner.example/secret"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://10.0.0.1/".to_owned(),
            "http://[fe80::1]/".to_owned(),
            "http://0.0.0.0/".to_owned(),
        ]
    };
    let inner = Site::new("inner.example").with("/secret", page("Secret"));
    let web = web_of(vec![inner, Site::new("outer.example")]);
    let port = web.address().port();
    let mut room = Newsroom::new();
    // Only the outer host is led to the web; the inner one must be reached by address.
    let resolve = format!("[\"outer.example=127.0.0.1:{port}\"]");
    room.set(&[("fetch.resolve", &resolve), ("fetch.robots_cache_s", "1")]);
    for (position, target) in targets(port).iter().enumerate() {
        room.run(&["fetch", target]).exits(77).says("fetch.private_networks");
        room.run(&["extract", target]).exits(77).says("fetch.private_networks");
        // Every way to redirect there.
        let status = [301, 302, 303, 307, 308][position % 5];
        assert!(web.put("outer.example", "/go", Resource::redirect(status, target)));
        let outcome = room.run(&["fetch", "http://outer.example/go"]).exits(77);
        outcome.says("fetch.private_networks");
        assert_eq!(room.value("SELECT error_class FROM fetches ORDER BY id DESC LIMIT 1"), "address");
    }
    // Not even for its robots.txt, nor for a feed.
    let feed_url = format!("http://127.0.0.1:{port}/inner.example/feed");
    room.run(&["sources", "test", &feed_url]).exits(77).says("fetch.private_networks");
    assert!(web.put("outer.example", "/robots.txt", Resource::redirect(302, &targets(port)[0])));
    // What the file said before is forgotten by now.
    std::thread::sleep(Duration::from_millis(1100));
    room.run(&["fetch", "http://outer.example/other"]).exits(77).says("fetch.private_networks");
    assert_eq!(web.stats("inner.example").requests, []);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 0);

    // With leave it is as any other.
    room.set(&[("fetch.private_networks", "[\"127.0.0.0/8\"]")]);
    room.run(&["fetch", &targets(port)[0]]).exits(0);
    assert_eq!(web.stats("inner.example").count("/secret"), 1);
}

#[test]
fn every_host_is_asked_one_thing_at_a_time_and_left_in_peace_between() {
    const PAUSE_MS: u64 = 60;
    let (mut room, web, content) = Newsroom::of_demo();
    room.set(&[("fetch.host_delay_ms", &PAUSE_MS.to_string())]);
    let outcome = room.run(&["fetch", "--all"]);
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:?}");
    assert_eq!(room.number("SELECT count(*) FROM articles"), i64::try_from(content.expected().len()).unwrap());
    for site in content.sites() {
        let stats = web.stats(site.host());
        assert_eq!(stats.largest_concurrency, 1, "{}", site.host());
        let gap = stats.smallest_gap.expect("several requests");
        assert!(gap >= Duration::from_millis(PAUSE_MS), "{}: {gap:?}", site.host());
    }
}

#[test]
fn a_longer_pause_that_robots_txt_asks_for_is_kept() {
    const HOST: &str = "tired.example";
    let site = Site::new(HOST)
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nCrawl-delay: 1\n"))
        .with("/a", page("One"))
        .with("/b", page("Two"));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://tired.example/a", "http://tired.example/b"]).exits(0);
    let stats = web.stats(HOST);
    let pages: Vec<_> = stats.requests.iter().filter(|request| request.path != "/robots.txt").collect();
    assert_eq!(pages.len(), 2);
    let first_ended = pages[0].ended.expect("an answer");
    assert!(pages[1].started >= first_ended + Duration::from_secs(1), "{pages:?}");
}

#[test]
fn a_robots_txt_that_cannot_be_read_is_not_asked_for_by_every_process() {
    const HOST: &str = "tired.example";
    let site = Site::new(HOST).with("/a", page("One")).with("/robots.txt", faults::failing(503));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    for _ in 0..5 {
        let refused = room.run(&["fetch", "http://tired.example/a"]).exits(77);
        refused.says("robots.txt of tired.example cannot be read: the server answered 503");
    }
    assert_eq!((web.stats(HOST).count("/robots.txt"), web.stats(HOST).count("/a")), (1, 0));
    let minutes = room.number("SELECT (expires_at / 1000 - unixepoch('now')) / 60 FROM _robots");
    assert!((8..=10).contains(&minutes), "{minutes}");

    assert!(web.put(HOST, "/robots.txt", Resource::new("text/plain", "")));
    let connection = rusqlite::Connection::open(room.database()).expect("the database opens");
    connection.execute("UPDATE _robots SET expires_at = 0", []).expect("the table can be changed");
    room.run(&["fetch", "http://tired.example/a"]).exits(0);
    assert_eq!(web.stats(HOST).count("/robots.txt"), 2);
}

#[test]
fn a_host_that_speaks_no_https_is_asked_without_it_by_the_next_process_too() {
    let site = Site::new("plain.example").with("/a", page("One")).with("/b", page("Two"));
    let web = web_of(vec![site]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "plain.example/a", "plain.example/b"]).exits(0);
    room.run(&["fetch", "plain.example/b"]).exits(0);
    assert_eq!(
        room.column("SELECT url FROM articles ORDER BY id"),
        ["http://plain.example/a", "http://plain.example/b"]
    );
}

#[test]
fn what_a_host_has_said_holds_for_the_next_process_too() {
    const HOST: &str = "tired.example";
    let site = (0..5).fold(Site::new(HOST).with("/a", page("One")).with("/b", page("Two")), |site, n| {
        site.with(&format!("/feed/{n}"), feed(&[]))
    });
    let web = web_of(vec![site.with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /b\n"))]);
    let mut room = Newsroom::reading(&web);
    // robots.txt is asked for once, and obeyed by those that did not ask.
    room.run(&["fetch", "http://tired.example/a"]).exits(0);
    room.run(&["fetch", "http://tired.example/b"]).exits(77).says("disallows /b");
    room.run(&["fetch", "http://tired.example/a"]).exits(0);
    assert_eq!(web.stats(HOST).count("/robots.txt"), 1);
    room.set(&[("fetch.robots_cache_s", "60")]);

    // A host that wants an hour of peace gets it, however often the program is started.
    for n in 0..5 {
        assert!(web.put(HOST, &format!("/feed/{n}"), faults::refusing_at_first(99, "3600")));
        room.follow(&format!("feed-{n}"), &format!("http://{HOST}/feed/{n}"), Some("feed"));
    }
    let n_before = web.stats(HOST).requests.len();
    for scope in ["--due", "--due", "--all", "--all"] {
        room.run(&["fetch", scope]);
    }
    room.run(&["fetch", "http://tired.example/a"]);
    assert_eq!(web.stats(HOST).requests.len() - n_before, 1, "{:?}", web.stats(HOST).requests);
    let hold = "SELECT publisher, n_complaints, round((held_until / 1000.0 - unixepoch()) / 60) FROM _host_holds";
    assert_eq!(room.table(hold), [[HOST, "0", "60"]]);
    room.assert_sound();
}

#[test]
fn names_of_one_publisher_share_one_turn() {
    const PAUSE: Duration = Duration::from_millis(50);
    let hosts = ["www.big-paper.example", "sport.big-paper.example", "big-paper.example"];
    let sites = hosts.map(|host| {
        // With and without www. a path is the same page, so each host has paths of its own.
        let urls: Vec<String> = (0..4).map(|n| format!("http://{host}/{host}/{n}")).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        (0..4).fold(Site::new(host).with("/feed", feed(&urls)), |site, n| {
            site.with(&format!("/{host}/{n}"), page(&format!("{host} {n}")).delay(Duration::from_millis(20)))
        })
    });
    let web = web_of(sites.to_vec());
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.host_delay_ms", "50")]);
    for (position, host) in hosts.iter().enumerate() {
        room.follow(&format!("part-{position}"), &format!("http://{host}/feed"), Some("feed"));
    }
    room.run(&["fetch", "--all"]).exits(0);
    let mut requests: Vec<_> = hosts.iter().flat_map(|host| web.stats(host).requests).collect();
    requests.sort_by_key(|request| request.started);
    assert_eq!(requests.len(), 3 * (1 + 1 + 4), "a feed, a robots.txt and four pages of each");
    for pair in requests.windows(2) {
        let ended = pair[0].ended.expect("an answer");
        assert!(pair[1].started >= ended + PAUSE, "{pair:?}");
    }
}

#[test]
fn what_publishers_say_against_training_is_stored_with_the_article() {
    let robots = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nAllow: /\n";
    let html =
        faults::article_html("Reserved").replace("<title>", "<meta name=\"tdm-reservation\" content=\"1\"><title>");
    let site = Site::new("firm.example")
        .with("/robots.txt", Resource::new("text/plain", robots))
        .with("/a", Resource::html(html).header("X-Robots-Tag", "noai"));
    let web = web_of(vec![site, Site::new("free.example").with("/b", page("Free"))]);
    let room = Newsroom::reading(&web);
    room.run(&["fetch", "http://firm.example/a", "http://free.example/b"]).exits(0);
    assert_eq!(
        room.table("SELECT url, reservations FROM articles ORDER BY url"),
        [
            ["http://firm.example/a", "[\"x-robots-tag: noai\",\"robots.txt: GPTBot\",\"meta tdm-reservation: 1\"]"],
            ["http://free.example/b", "[]"]
        ]
    );
    let free =
        room.run(&["export", "--format", "jsonl", "--where", "reservations = '[]'", "--out", "free.jsonl"]).exits(0);
    assert_eq!(free.stdout, "");
    let exported = std::fs::read_to_string(room.path("free.jsonl")).expect("a file");
    assert!(exported.contains("free.example") && !exported.contains("firm.example"), "{exported}");
}
