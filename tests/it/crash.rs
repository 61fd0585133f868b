//! Ends of the daemon: killed, stopped, reloaded.

use std::collections::BTreeSet;
use std::time::Duration;

use newswire::demo::content::bulk;
use newswire::demo::web::Site;

use crate::harness::{Newsroom, feed, wait_until, web_of};
use crate::newsweb::faults;

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// Articles of each site of the web that the killed daemon reads.
const N_ARTICLES_PER_SITE: usize = 40;

/// Sites for eight kills: enough that there is work left at the last one.
const SITES_FOR_EIGHT_KILLS: usize = 3;

/// How often the daemon is killed, unless `KILLS` says otherwise.
const N_KILLS: usize = 16;

pub(crate) fn n_kills() -> usize {
    std::env::var("KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(N_KILLS)
}

/// Lives of the daemon in milliseconds, pseudo-random and the same in every run: from before the database is open to the
/// middle of the work.
pub(crate) fn lives_ms() -> impl Iterator<Item = u64> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        30 + state % 370
    })
    .take(n_kills())
}

#[test]
fn a_daemon_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let n_kills = n_kills();
    let n_sites = (n_kills * SITES_FOR_EIGHT_KILLS).div_ceil(8);
    let sites = bulk(n_sites, N_ARTICLES_PER_SITE);
    let mut links = BTreeSet::new();
    let mut feeds = Vec::new();
    for site in &sites {
        for path in site.paths() {
            let url = format!("http://{}{path}", site.host());
            if path.starts_with("/feeds/") {
                feeds.push(url);
            } else {
                links.insert(url);
            }
        }
    }
    assert_eq!(links.len(), n_sites * N_ARTICLES_PER_SITE);
    let hosts: Vec<String> = sites.iter().map(|site| site.host().to_owned()).collect();
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    // As many polls a second, however many sites there are.
    let interval_s = n_sites.div_ceil(6).to_string();
    room.set(&[
        ("schedule.poll_interval_min_s", interval_s.as_str()),
        ("schedule.poll_interval_first_s", interval_s.as_str()),
        ("schedule.poll_interval_max_s", &(2 * n_sites.div_ceil(6)).to_string()),
    ]);
    // So that there is work left at the last kill.
    room.set(&[("fetch.host_delay_ms", "60")]);
    feeds.sort();
    for (position, url) in feeds.iter().enumerate() {
        room.follow(&format!("bulk-{position}"), url, Some("feed"));
    }

    let mut n_stored_at_kills = Vec::new();
    for life_ms in lives_ms() {
        let mut daemon = room.start();
        std::thread::sleep(Duration::from_millis(life_ms));
        assert!(!daemon.has_ended(), "{}", daemon.log());
        daemon.kill();
        // A reader finds a sound file at once, whatever the daemon was doing.
        if room.database().exists()
            && let Ok(connection) = room.open()
            && connection.query_row("SELECT 1 FROM articles LIMIT 1", [], |_| Ok(())).is_ok()
        {
            assert_eq!(room.value("PRAGMA quick_check"), "ok");
            n_stored_at_kills.push(room.number("SELECT count(*) FROM articles"));
        }
    }
    assert!(n_stored_at_kills.is_sorted(), "what was committed is gone: {n_stored_at_kills:?}");

    let daemon = room.start();
    // Before this it does not listen for signals yet.
    daemon.wait_to_say("started");
    let n_links = i64::try_from(links.len()).unwrap();
    room.wait_for(
        Duration::from_mins(1) + Duration::from_secs(1) * u32::try_from(n_kills).expect("a number of kills"),
        "SELECT count(*) FROM _links WHERE article_id IS NOT NULL AND due_at IS NULL",
        &n_links.to_string(),
    );
    let outcome = daemon.stop().exits(0);
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);

    let stored = room.column("SELECT url FROM articles ORDER BY url");
    assert_eq!(stored.iter().cloned().collect::<BTreeSet<_>>(), links, "a link is lost or another came in");
    assert_eq!(stored.len(), links.len(), "an article is doubled");
    assert_eq!(room.number("SELECT count(*) FROM _links"), n_links);
    assert_eq!(room.number("SELECT count(*) FROM sightings"), n_links);
    assert_eq!(room.number("SELECT count(*) FROM _pending_sightings"), 0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE revision > 1 OR duplicate_kind = 'exact'"), 0);
    room.assert_sound();

    let mut n_repeated = 0;
    for host in &hosts {
        let stats = web.stats(host);
        let paths: BTreeSet<&str> = stats.requests.iter().map(|request| request.path.as_str()).collect();
        let articles = paths.into_iter().filter(|path| !path.starts_with("/feeds/") && *path != "/robots.txt");
        n_repeated += articles.map(|path| stats.count(path) - 1).sum::<usize>();
    }
    // A kill costs at most what was in work or not yet committed.
    eprintln!(
        "{n_kills} kills, {} articles, {n_repeated} pages fetched again; stored at the kills: {n_stored_at_kills:?}",
        stored.len()
    );
    assert!(n_repeated <= n_kills * 128, "{n_repeated}");
}

const HOST: &str = "slow-paper.example";

/// A paper whose six pages take two and a half seconds.
fn slow_paper() -> Site {
    let urls: Vec<String> = (0..6).map(|n| format!("http://{HOST}/slow/{n}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    (0..6).fold(Site::new(HOST).with("/feed", feed(&urls)), |site, n| {
        site.with(&format!("/slow/{n}"), faults::slow(Duration::from_millis(400)))
    })
}

#[test]
fn a_command_that_is_interrupted_keeps_what_it_has_and_leaves_the_rest_due() {
    for signal in ["INT", "TERM"] {
        let web = web_of(vec![slow_paper()]);
        let mut room = Newsroom::reading(&web);
        room.follow("slow", &format!("http://{HOST}/feed"), Some("feed"));
        let mut command = room.start_with(&["fetch", "--all"]);
        room.wait_for(PATIENCE, "SELECT count(*) > 0 FROM articles", "1");
        command.signal(signal);
        assert!(wait_until(PATIENCE, || command.has_ended()), "{}", command.log());
        assert_eq!(room.n_claims(), 0);
        let n_stored = room.number("SELECT count(*) FROM articles");
        assert!((1..6).contains(&n_stored), "{n_stored}");
        assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 6 - n_stored);
        room.assert_sound();
    }
}

#[test]
fn a_daemon_that_is_told_to_stop_finishes_and_gives_back_its_claims() {
    let web = web_of(vec![slow_paper()]);
    let mut room = Newsroom::reading(&web);
    room.follow("slow", &format!("http://{HOST}/feed"), Some("feed"));
    let daemon = room.start();
    // In the middle of a page.
    room.wait_for(PATIENCE, "SELECT count(*) > 0 FROM _links WHERE claim_id IS NOT NULL", "1");
    let outcome = daemon.stop().exits(0).says("stopped after");
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);
    assert_eq!(room.n_claims(), 0);
    assert_eq!(room.number("SELECT count(*) FROM _daemon WHERE stopped_at >= started_at"), 1);
    // What was not done is due, and the next one does it.
    let n_left = room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL");
    assert!(n_left > 0);
    room.run(&["fetch", "--due"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 0);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE article_id IS NULL"), 0);
    room.assert_sound();
}

#[test]
fn a_daemon_whose_pages_hang_is_stopped_within_its_grace_period() {
    const HOST: &str = "hanging-paper.example";
    let url = format!("http://{HOST}/hangs");
    let web = web_of(vec![Site::new(HOST).with("/feed", feed(&[&url])).with("/hangs", faults::hanging())]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("daemon.grace_period_s", "1")]);
    room.follow("hanging", &format!("http://{HOST}/feed"), Some("feed"));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _links WHERE claim_id IS NOT NULL", "1");
    let began = std::time::Instant::now();
    daemon.stop().exits(0).says("given back");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(room.n_claims(), 0);
    assert_eq!(room.number("SELECT count(*) FROM _links WHERE due_at IS NOT NULL"), 1);
}

/// What was in work when a process was killed twice may be to blame for it, and waits. Whoever fetches by hand hears of it.
/// Servers that drip would keep a daemon for all of its grace period, and what they send would be thrown away at its end.
#[test]
fn a_daemon_that_is_stopped_lets_go_of_slow_servers_and_finishes_what_it_has() {
    const HOSTS: [&str; 3] = ["drip.example", "hang.example", "prompt.example"];
    let page = newswire::demo::web::Resource::html(faults::article_html("What was there when it was stopped"));
    let pages =
        [faults::dripping(20, Duration::from_secs(1)), faults::hanging(), page.delay(Duration::from_millis(300))];
    let urls = HOSTS.map(|host| format!("http://{host}/a"));
    let list = feed(&urls.each_ref().map(String::as_str));
    let mut sites: Vec<Site> = HOSTS.iter().zip(pages).map(|(host, page)| Site::new(host).with("/a", page)).collect();
    sites.push(Site::new("paper.example").with("/feed", list));
    let web = web_of(sites);
    let mut room = Newsroom::reading(&web);
    room.set(&[
        ("daemon.grace_period_s", "55"),
        ("fetch.total_timeout_s", "55"),
        ("fetch.read_timeout_s", "50"),
        ("store.busy_timeout_ms", "50000"),
    ]);
    room.follow("paper", "http://paper.example/feed", Some("feed"));
    let daemon = room.start();
    assert!(
        wait_until(PATIENCE, || HOSTS.iter().all(|host| web.stats(host).count("/a") > 0)),
        "not all is asked for: {}",
        daemon.log()
    );
    // What has come cannot be stored for a while, unless it is already.
    let held = rusqlite::Connection::open(room.database()).expect("the database opens");
    held.busy_timeout(PATIENCE).expect("a timeout can be set");
    held.execute_batch("BEGIN IMMEDIATE").expect("the database can be held");
    std::thread::sleep(Duration::from_secs(1));
    daemon.signal("TERM");
    std::thread::sleep(Duration::from_secs(4));
    held.execute_batch("ROLLBACK").expect("the database can be let go");
    let began = std::time::Instant::now();
    daemon.end().exits(0).says("2 pieces of work").says("given back");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(room.column("SELECT title FROM articles"), ["What was there when it was stopped"]);
    // Nothing is counted against what was let go of, and it is due at once.
    let waiting =
        "SELECT failures_in_a_row, n_claims, claim_id, due_at <= strftime('%s', 'now', '+1 second') * 1000 FROM _links
                   WHERE article_id IS NULL";
    assert_eq!(room.table(waiting), [["0", "0", "NULL", "1"], ["0", "0", "NULL", "1"]]);
    assert_eq!(room.number("SELECT count(*) FROM fetches WHERE error IS NOT NULL"), 0);
    room.assert_sound();
}

#[test]
fn a_fetch_after_two_kills_says_what_waits_and_why() {
    const HOST: &str = "hanging-paper.example";
    let url = format!("http://{HOST}/hangs");
    let web = web_of(vec![Site::new(HOST).with("/feed", feed(&[&url])).with("/hangs", faults::hanging())]);
    let mut room = Newsroom::reading(&web);
    room.follow("hanging", &format!("http://{HOST}/feed"), Some("feed"));
    for n_claims in ["1", "2"] {
        let fetch = room.start_with(&["fetch", "--all"]);
        room.wait_for(PATIENCE, "SELECT n_claims FROM _links WHERE claim_id IS NOT NULL", n_claims);
        fetch.kill();
    }
    let outcome = room.run(&["fetch", "--due"]).exits(0);
    let until = room.value("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', due_at / 1000, 'unixepoch') FROM _links");
    let outcome = outcome.says(&format!("newswire: 1 article waits until {until}: "));
    let outcome = outcome.says("ended 2 times in a row while it was in work").says("`newswire fetch --retry`");
    assert_eq!(outcome.stderr.matches("waits until").count(), 1, "{}", outcome.stderr);
    // Tried again, it is nothing to speak of any more.
    assert!(web.put(HOST, "/hangs", newswire::demo::web::Resource::html(faults::article_html("What came after all"))));
    let outcome = room.run(&["fetch", "--retry"]).exits(0);
    assert!(!outcome.stderr.contains("in a row"), "{}", outcome.stderr);
    assert_eq!(room.column("SELECT title FROM articles"), ["What came after all"]);
}

#[test]
fn a_reload_takes_up_new_sources_and_leaves_the_old_settings_where_the_new_are_broken() {
    let first = Site::new("first.example").with("/feed", feed(&[]));
    let second = Site::new("second.example")
        .with("/feed", feed(&["http://second.example/a"]))
        .with("/a", newswire::demo::web::Resource::html(faults::article_html("What the second paper has")));
    let web = web_of(vec![first, second]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.follow("first", "http://first.example/feed", Some("feed"));
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.wait_for(PATIENCE, "SELECT count(*) FROM fetches WHERE url = 'http://first.example/feed' LIMIT 1", "1");

    // Broken: said on standard error, with the place; the daemon goes on as it was.
    let broken = "[[source]]\nslug = \"second\"\nurl = \"gopher://second.example/feed\"\n";
    let good = std::fs::read_to_string(room.path("sources.toml")).expect("a list of sources");
    room.file("sources.toml", broken);
    daemon.signal("HUP");
    daemon.wait_to_say("not reloaded");
    assert!(daemon.log().contains("sources.toml:3"), "{}", daemon.log());
    assert_eq!(room.table("SELECT slug, state FROM sources"), [["first", "active"]]);

    // Mended, with a source more.
    room.file("sources.toml", &good);
    room.follow("second", "http://second.example/feed", Some("feed"));
    daemon.signal("HUP");
    daemon.wait_to_say("settings reloaded, 2 sources listed");
    room.wait_for(PATIENCE, "SELECT title FROM articles", "What the second paper has");

    // A source that is no longer listed is no longer polled, and keeps its articles.
    room.file("sources.toml", &good);
    daemon.signal("HUP");
    room.wait_for(PATIENCE, "SELECT state FROM sources WHERE slug = 'second'", "removed");
    daemon.stop().exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 1);
}
