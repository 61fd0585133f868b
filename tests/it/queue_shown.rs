//! How the queue of the workers is, as it is told by `newswire status`, figures, a page and the status line of the unit.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Daemon, Newsroom, wait_until};
use crate::queue::Server;
use crate::service::{ServiceManager, paper};
use crate::serving::{address_of, get};

/// The first workers wait for leases of others that there may be.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a condition is waited for on what `status --json` says of the queue.
#[track_caller]
fn wait_for(room: &Newsroom, holds: impl Fn(&Value) -> bool) -> Value {
    let mut queue = Value::Null;
    let is_so = wait_until(PATIENCE, || {
        queue = room.run(&["status", "--json"]).json()["queue"].clone();
        holds(&queue)
    });
    assert!(is_so, "{queue:#}");
    queue
}

#[test]
fn the_queue_and_its_workers_are_told_until_the_daemon_ends() {
    let Some(mut server) = Server::start() else { return };
    let (_web, mut room) = paper();
    let servers = format!("[\"nats://{}\"]", server.address());
    room.set(&[
        ("http.listen", "\"127.0.0.1:0\""),
        ("http.pages", "true"),
        ("queue.servers", &servers),
        ("queue.embedded", "2"),
    ]);
    let manager = ServiceManager::of(&room);
    let daemon = manager.start(&room);
    let address = address_of(&daemon);
    let read = |path: &str| get(&address, path, "Host: localhost\r\n").body;
    let has_figure = |line: &str| read("/metrics").lines().any(|text| text == line);
    let worker = room.start_with(&["work"]);

    let queue = wait_for(&room, |queue| queue["n_workers"] == 2 && queue["n_shards_held"] == 256);
    assert_eq!(queue["servers"], json!([server.address()]));
    assert_eq!(
        (&queue["is_away"], &queue["error"], &queue["unattended_since"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let workers = queue["workers"].as_array().expect("a list");
    let is_of = |process: u32| {
        move |worker: &&Value| worker["machine"].as_str().is_some_and(|name| name.ends_with(&format!(":{process}")))
    };
    let one = |process: u32| workers.iter().find(is_of(process)).unwrap_or_else(|| panic!("{queue:#}"));
    assert_eq!((&one(daemon.id())["is_embedded"], &one(worker.id())["is_embedded"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&one(worker.id())["state"], &one(worker.id())["version"]),
        (&json!("works"), &json!(env!("CARGO_PKG_VERSION")))
    );
    let told = room.run(&["status"]).exits(0);
    assert!(told.stdout.contains(&format!("queue\t{}, connected since 2", server.address())), "{}", told.stdout);
    let row = told.cells().into_iter().find(|cells| cells[0] == "worker" && cells[9] == "works");
    let row = row.unwrap_or_else(|| panic!("{}", told.stdout));
    assert!(row[1].ends_with(&format!(":{}", worker.id())) && row[3] == "works", "{row:?}");
    room.run(&["status", "--check"]).exits(0);
    let table = room.run(&["--color", "always", "status"]).exits(0).stdout;
    assert!(table.contains("IN WORK") && table.contains("works in the daemon"), "{table}");
    for line in [
        "newswire_queue_up 1",
        "newswire_queue_workers{state=\"works\"} 2",
        "newswire_queue_shards{state=\"held\"} 256",
        "newswire_queue_pieces{state=\"out\"} 0",
        "newswire_queue_reports_waiting 0",
        // A poll and its page.
        "newswire_queue_reports_total 2",
        "newswire_queue_lost_total 0",
    ] {
        assert!(wait_until(PATIENCE, || has_figure(line)), "no {line} in {}", read("/metrics"));
    }
    assert!(read("/stories").contains("<a href=\"/workers\">Workers</a>"), "{}", read("/stories"));
    assert!(read("/").contains("2 workers, 256 of 256 shards"), "{}", read("/"));
    let page = read("/workers");
    assert!(
        page.contains("works in the daemon") && page.contains(one(worker.id())["machine"].as_str().expect("a name")),
        "{page}"
    );
    manager.hears_of("; queue: 2 workers, 256 of 256 shards", PATIENCE);

    let mut other = room.command(&["work"]);
    other.env("NEWSWIRE__FETCH__HOST_DELAY_MS", "77");
    let other = Daemon::start(other);
    let queue = wait_for(&room, |queue| queue["n_refused"] == 1);
    assert_eq!(queue["n_workers"], 2, "{queue:#}");
    let checked = room.run(&["status", "--check"]).exits(1);
    assert!(checked.stdout.contains("gets no work: its settings of fetch are others"), "{}", checked.stdout);
    other.kill();
    worker.kill();

    server.kill();
    let queue = wait_for(&room, |queue| queue["is_away"] == true);
    assert_eq!(queue["n_reports_waiting"], Value::Null);
    let handed_over = room.run(&["fetch", "http://paper.example/later"]).exits(0).stderr;
    assert!(
        handed_over.contains("may have to wait: the queue at") && handed_over.contains("is away since 2"),
        "{handed_over}"
    );
    let told = room.run(&["status"]);
    assert!(told.stdout.contains(&format!("{}, away since 2", server.address())), "{}", told.stdout);
    assert!(wait_until(PATIENCE, || has_figure("newswire_queue_up 0")));
    assert!(read("/workers").contains("away since"), "{}", read("/workers"));
    manager.hears_of("; queue: away since 2", PATIENCE);
    let log = daemon.stop().exits(0).stderr;
    assert!(log.contains("nats: the connection is lost"), "{log}");
    assert!(!log.contains("connected successfully"), "the client of NATS logs itself: {log}");
    assert_eq!(room.run(&["status", "--json"]).json()["queue"], Value::Null);
    room.assert_sound();
}
