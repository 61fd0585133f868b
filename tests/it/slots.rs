//! How long a piece of work takes a slot of the loop: until the store has its outcome, and not until it is kept.

use std::time::Duration;

use newswire::demo::web::{Resource, Site};
use rusqlite::Connection;

use crate::harness::{Newsroom, feed, wait_until, web_of};
use crate::newsweb::faults;

const HOST: &str = "paper.example";

/// Longest wait for something that takes moments, and shorter than the store waits for a lock.
const PATIENCE: Duration = Duration::from_secs(4);

#[test]
fn pages_are_fetched_while_others_wait_to_be_written() {
    let urls: Vec<String> = (0..6).map(|number| format!("http://{HOST}/{number}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let page = |number: usize| Resource::html(faults::article_html(&format!("What the paper has, part {number}")));
    let site = (0..6).fold(Site::new(HOST).with("/feed", feed(&urls)), |site, number| {
        // The first one shows that the host answers.
        let page = if number == 1 { page(number).delay(Duration::from_millis(500)) } else { page(number) };
        site.with(&format!("/{number}"), page)
    });
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.set(&[("daemon.article_tasks", "1"), ("fetch.host_delay_ms", "0"), ("fetch.host_connections", "8")]);
    room.follow("paper", &format!("http://{HOST}/feed"), Some("feed"));
    let daemon = room.start();
    let n_asked = || (0..6).filter(|number| web.stats(HOST).count(&format!("/{number}")) > 0).count();
    assert!(wait_until(Duration::from_secs(20), || n_asked() > 1), "nothing is fetched: {}", daemon.log());

    // From now on nothing can be written, while the second page is under way.
    let other = Connection::open(room.database()).expect("the database opens");
    other.busy_timeout(PATIENCE).expect("it waits");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is locked");
    let n_stored = || room.number("SELECT count(*) FROM articles");
    let n_stored_before = n_stored();
    let n_asked_before = n_asked();
    assert!(n_asked_before < 4, "too late to see anything: {n_asked_before}");
    // One slot, and what is in stock for it.
    assert!(
        wait_until(PATIENCE, || n_asked() >= n_asked_before + 2),
        "{} pages are fetched: {}",
        n_asked(),
        daemon.log()
    );
    assert_eq!(n_stored(), n_stored_before);
    other.execute_batch("ROLLBACK").expect("it is free again");

    room.wait_for(Duration::from_secs(20), "SELECT count(*) FROM articles", "6");
    daemon.stop().exits(0);
    for number in 0..6 {
        assert_eq!(web.stats(HOST).count(&format!("/{number}")), 1);
    }
    room.assert_sound();
}
