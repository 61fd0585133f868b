//! Several processes that fetch for one database, over NATS.

use std::time::{Duration, Instant};

use newswire::demo::web::{Resource, Site};

use crate::harness::{Daemon, Newsroom, feed, rss, web_of};
use crate::newsweb::faults;
use crate::newsweb::scripted::{answer, header_of, not_found, path_of, scripted};
use crate::queue::Server;

/// Until hosts are asked for the first time half a minute passes, since somebody may have asked them before.
const PATIENCE: Duration = Duration::from_secs(150);

fn work(room: &Newsroom, server: &Server) -> Daemon {
    room.start_with(&["work", "--nats", &server.url()])
}

#[test]
fn what_workers_fetch_is_what_one_process_would_have_fetched() {
    const PAUSE_MS: u64 = 40;
    /// Which worker has which site is left to chance: of so many each has one.
    const N_SINGLE: usize = 40;
    let Some(server) = Server::start() else { return };
    let (mut room, web, content) = Newsroom::of_demo();
    // One with a password in its address, which is not for workers.
    let closed = scripted(|head| match (path_of(head), header_of(head, "authorization")) {
        ("/feed", Some("Basic YW5hOnpxNy1zZWNyZXQ=")) => {
            let feed = rss(&["http://closed.example/a"]);
            answer(&["HTTP/1.1 200 OK", "Content-Type: application/rss+xml"], feed.as_bytes())
        }
        ("/a", _) => {
            let title = match header_of(head, "host") {
                Some("closed.example") | None => "Behind a door".to_owned(),
                Some(host) => format!("Read at {host}"),
            };
            let page = faults::article_html(&title);
            answer(&["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8"], page.as_bytes())
        }
        ("/feed", _) => answer(&["HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic"], b""),
        _ => not_found(),
    });
    let mut resolve = web.resolve_entries();
    resolve.push(format!("closed.example={closed}"));
    let singles: Vec<String> = (0..N_SINGLE).map(|n| format!("single-{n}.example")).collect();
    resolve.extend(singles.iter().map(|host| format!("{host}={closed}")));
    room.set(&[("fetch.resolve", &format!("{resolve:?}")), ("fetch.host_delay_ms", &PAUSE_MS.to_string())]);
    room.follow("closed", "http://ana:zq7-secret@closed.example/feed", Some("feed"));
    for (n, host) in singles.iter().enumerate() {
        room.follow(&format!("single-{n}"), &format!("http://{host}/a"), Some("article"));
    }
    let workers = [work(&room, &server), work(&room, &server)];
    let writer = room.start_with(&["run", "--nats", &server.url()]);
    let n_articles = content.expected().len() + 1 + N_SINGLE;
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", &n_articles.to_string());
    for article in content.expected() {
        room.assert_stored(&article);
    }
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE title = 'Behind a door'"), 1);
    for site in content.sites() {
        let stats = web.stats(site.host());
        assert_eq!(stats.largest_concurrency, 1, "{}", site.host());
        let gap = stats.smallest_gap.expect("several requests");
        assert!(gap >= Duration::from_millis(PAUSE_MS), "{}: {gap:?}", site.host());
    }
    let stopped = writer.stop().exits(0);
    let ended = workers.map(|worker| worker.stop().exits(0));
    let n_reported = |log: &str, what: &str| -> usize {
        let end = log.split(what).next().unwrap_or_default();
        end.rsplit(' ').find(|word| !word.is_empty()).and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    let shares = ended.each_ref().map(|ended| n_reported(&ended.stderr, " articles, "));
    assert!(shares.iter().all(|n| *n > 0) && shares.iter().sum::<usize>() >= n_articles, "{shares:?} of {n_articles}");
    for log in [&stopped, &ended[0], &ended[1]].map(|ended| &ended.stderr) {
        assert!(!log.contains("zq7-secret") && !log.contains("panicked"), "{log}");
    }
    assert_eq!(room.n_claims(), 0);
    room.assert_sound();
}

#[test]
fn a_worker_with_other_settings_is_told_and_works_once_both_have_the_same() {
    let Some(server) = Server::start() else { return };
    let web = web_of(vec![
        Site::new("paper.example")
            .with("/feed", feed(&["http://paper.example/a"]))
            .with("/a", Resource::html(faults::article_html("A page"))),
    ]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let writer = room.start_with(&["run", "--nats", &server.url()]);
    writer.wait_to_say("started, database");
    let mut elsewhere = Newsroom::reading(&web);
    elsewhere.set(&[("extract.words_min", "30")]);
    let worker = work(&elsewhere, &server);
    worker.wait_to_say("its settings of extract are others than the writer's");
    writer.wait_to_say("its settings of extract are others than the writer's");
    // It keeps nobody from the hosts meanwhile.
    let other = work(&room, &server);
    room.wait_for(PATIENCE, "SELECT n_shards FROM _queue_workers WHERE refused IS NULL", "256");
    other.stop().exits(0);

    // One that nobody understands leaves all as it was.
    elsewhere.set(&[("extract.words_min", "\"many\"")]);
    worker.signal("HUP");
    worker.wait_to_say("the settings are not reloaded, the old ones stay in force");
    // Now the writer's are the worker's.
    elsewhere.set(&[("extract.words_min", "30")]);
    room.set(&[("extract.words_min", "30")]);
    writer.signal("HUP");
    worker.wait_to_say("the writer answers");
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "1");
    // And the worker follows the writer's.
    room.set(&[("extract.words_min", "20")]);
    writer.signal("HUP");
    writer.wait_to_say("gets no work: its settings of extract");
    elsewhere.set(&[("extract.words_min", "20")]);
    worker.signal("HUP");
    worker.wait_to_say("settings reloaded");

    // What was known of the host holds for the next worker, and a page that was asked for is not asked for again.
    worker.stop().exits(0);
    writer.stop().exits(0);
    let stats = web.stats("paper.example");
    assert_eq!((stats.count("/a"), stats.count("/robots.txt"), stats.largest_concurrency), (1, 1, 1));
    room.assert_sound();
}

#[test]
fn of_two_writers_that_met_later_the_younger_ends_and_nothing_of_the_elder_is_lost() {
    let Some(mut server) = Server::start() else { return };
    let (room, web, content) = Newsroom::of_demo();
    let mut other = Newsroom::reading(&web);
    other.follow("other", "http://other.example/feed", Some("feed"));
    server.kill();
    let url = server.url();
    let begin = |room: &Newsroom| room.start_with(&["run", "--nats", &url]);
    let elder = begin(&room);
    elder.wait_to_say("started, database");
    let younger = begin(&other);
    younger.wait_to_say("started, database");
    server.run();
    let ended = younger.end().exits(1);
    ended.says("another writer answers at this prefix, and was there before this one");
    let worker = work(&room, &server);
    // Started again, as by systemd, it does not begin.
    begin(&other).end().exits(1).says("another writer answers at this prefix: give each database");
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", &content.expected().len().to_string());
    worker.stop().exits(0);
    elder.stop().exits(0);
    assert_eq!(room.n_claims(), 0);
    room.assert_sound();
}

#[test]
fn the_writer_goes_on_alone_without_its_queue_and_with_it_again() {
    let Some(mut server) = Server::start() else { return };
    let (room, _web, content) = Newsroom::of_demo();
    server.kill();
    let asked_at = Instant::now();
    let writer = room.start_with(&["run", "--nats", &server.url(), "--embedded", "4"]);
    writer.wait_to_say("no NATS server answers at");
    let n_articles = content.expected().len().to_string();
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", &n_articles);
    // A worker elsewhere might have asked until then, by the word of a writer before this one.
    assert!(asked_at.elapsed() > Duration::from_secs(30), "{:?}", asked_at.elapsed());
    assert!(writer.log().contains("this process goes on alone"), "{}", writer.log());
    server.run();
    writer.wait_to_say("the queue is there again");
    writer.stop().exits(0);
    room.assert_sound();
}

#[test]
fn who_names_no_queue_or_none_that_is_there_is_told() {
    let room = Newsroom::new();
    room.run(&["work"]).exits(2).says("no queue to work for: name a server of it with --nats");
    for (url, reason) in [
        ("http://queue.example", "must be addresses of servers, nats://HOST:PORT"),
        ("nats://ana:zq7@queue.example", "must hold no name or password: queue.credentials_file"),
        ("queue.example", "must be addresses"),
    ] {
        for command in ["work", "run"] {
            let refused = room.run(&[command, "--nats", url]).exits(78);
            assert!(!refused.stderr.contains("zq7"), "{}", refused.stderr);
            refused.says(reason);
        }
    }
    let missing = room.path("none.creds").display().to_string();
    let settings = room.file("queue.toml", format!("[queue]\ncredentials_file = {missing:?}\n"));
    let refused = room.run(&["--config", &settings, "work", "--nats", "nats://127.0.0.1:9"]).exits(1);
    refused.says("none.creds").says("the file must be readable and hold credentials of NATS");
    // One that is not there yet is waited for.
    let worker = room.start_with(&["work", "--nats", "nats://127.0.0.1:9"]);
    worker.wait_to_say("no NATS server answers at 127.0.0.1:9");
    worker.stop().exits(0);
}
