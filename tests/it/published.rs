//! What changes, as messages of a stream of NATS, with a real server: see `queue` for which.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, consumer::pull};
use futures_util::StreamExt;
use newswire::config::QueueSettings;
use newswire::publish::{self, Publishing};
use newswire::queue::NatsBus;
use serde_json::{Value, json};

use crate::harness::{Daemon, Newsroom, send_signal};
use crate::queue::{OTHER_PUBLIC_KEY, OTHER_SEED, PUBLIC_KEY, SEED, Server};

const PATIENCE: Duration = Duration::from_secs(30);

/// The stream.
const STREAM: &str = "NEWSWIRE_CHANGES";

/// A line of an import, of the version that is the article's `version`th.
fn line(number: usize, version: usize, more: &Value) -> Value {
    // Subjects that have nothing in common, so that none is a copy of another.
    let subject = (0..40).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>().join(" ");
    let mut line = json!({
        "url": format!("https://paper.example/{number}"),
        "source": "paper",
        "title": format!("Report {number}"),
        "published": format!("2026-03-0{version}T10:00:00Z"),
        "paragraphs": [format!("It is said of {subject}."), format!("And version {version} has {}.", "more ".repeat(version))],
    });
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        line.extend(more.clone());
    }
    line
}

fn lines(numbers: std::ops::RangeInclusive<usize>) -> Vec<Value> {
    numbers.map(|number| line(number, 1, &json!({}))).collect()
}

fn import(room: &Newsroom, lines: &[Value]) {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    room.run(&["import", &room.file("more.jsonl", text.join("\n"))]).exits(0);
}

/// Tells the changes of a room, as the daemon does.
async fn publish(room: &Newsroom, server: &Server) -> Publishing {
    publish::start(room.database(), server.writer().await)
}

/// Starts the daemon with the queue.
fn daemon(room: &Newsroom, server: &Server) -> Daemon {
    room.start_with(&["run", "--nats", &format!("nats://127.0.0.1:{}", server.port)])
}

async fn jetstream(server: &Server) -> jetstream::Context {
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port)).await.expect("a connection");
    jetstream::new(client)
}

/// All that the stream has, once it has that many and no more come.
async fn told(server: &Server, n_expected: usize) -> Vec<Value> {
    let jetstream = jetstream(server).await;
    let (start, mut n_found, mut since) = (Instant::now(), 0, Instant::now());
    let stream = loop {
        assert!(start.elapsed() < PATIENCE, "{n_found} messages and not {n_expected}");
        if let Ok(mut stream) = jetstream.get_stream(STREAM).await {
            let n_messages = stream.info().await.expect("it is known").state.messages;
            if n_found != n_messages {
                (n_found, since) = (n_messages, Instant::now());
            }
            if n_found >= n_expected as u64 && since.elapsed() > Duration::from_millis(1500) {
                break stream;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let state = &stream.cached_info().state;
    let mut told: Vec<Value> = Vec::new();
    for number in state.first_sequence..=state.last_sequence {
        let message = stream.get_raw_message(number).await.expect("a message");
        let value: Value = serde_json::from_slice(&message.payload).expect("JSON");
        let id = message.headers.get("Nats-Msg-Id").map(async_nats::HeaderValue::as_str).unwrap_or_default();
        assert!(id.starts_with(value["cursor"].as_str().expect("a cursor")), "{id}: {value}");
        told.push(value);
    }
    assert_eq!(told.len(), n_expected, "{:?}", told.iter().map(in_short).collect::<Vec<_>>());
    told
}

/// A message in a few words.
fn in_short(message: &Value) -> String {
    let change = message["change"].as_str().unwrap_or("none");
    format!("{} {change} {}", message["id"], message["title"].as_str().unwrap_or("-"))
}

fn all_in_short(messages: &[Value]) -> Vec<String> {
    messages.iter().map(in_short).collect()
}

/// Checks that they follow one another: none before another, none twice.
#[track_caller]
fn assert_in_order(messages: &[Value]) {
    for pair in messages.windows(2) {
        assert!(pair[0]["change_seq"].as_i64() < pair[1]["change_seq"].as_i64(), "{} {}", pair[0], pair[1]);
        assert_eq!(pair[0]["told_since"], pair[1]["told_since"]);
    }
}

/// Checks that a message has all that somebody else says of the article.
#[track_caller]
fn assert_has(message: &Value, others: &Value, except: &[&str]) {
    for (key, value) in others.as_object().expect("an object") {
        assert!(except.contains(&key.as_str()) || message[key] == *value, "{key}: {message} {others}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_once_in_order_and_as_tail_and_export_have_it() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=4));
    let publishing = publish(&room, &server).await;
    let first = told(&server, 4).await;
    assert_in_order(&first);
    let tail = room.run(&["--json", "tail", "--cursor", "./place"]).exits(0).json_lines();
    let export = room.run(&["export", "--format", "jsonl"]).exits(0).json_lines();
    for (message, of_tail) in first.iter().zip(&tail) {
        assert_has(message, of_tail, &[]);
        let of_export = export.iter().find(|article| article["id"] == message["id"]).expect("the article");
        assert_has(message, of_export, &["sightings", "revisions"]);
        assert_eq!((message["change"].as_str(), message.get("is_cut")), (Some("new"), None));
    }
    // One is revised, one is touched, one is removed by its publisher and one is deleted, while another process goes on.
    import(&room, &[line(1, 2, &json!({ "title": "Report 1, longer" })), line(5, 1, &json!({}))]);
    let other = rusqlite::Connection::open(room.database()).expect("a database");
    other.execute_batch("UPDATE articles SET section = 'Harbour' WHERE id = 2").expect("it can be changed");
    let removal = "UPDATE articles SET removed_at = '2026-03-09T10:00:00Z' WHERE id = 3";
    other.execute_batch(removal).expect("it can be changed");
    room.run(&["rm", "4"]).exits(0);
    let all = told(&server, 9).await;
    assert_in_order(&all);
    let tail = room.run(&["--json", "tail", "--cursor", "./place"]).exits(0).json_lines();
    let behind = &all[4..];
    for (message, of_tail) in behind.iter().zip(&tail) {
        assert_has(message, of_tail, &[]);
        assert_eq!(message.get("paragraphs").is_some(), message["change"] != "removed", "{message}");
        assert!(message.get("is_cut").is_none());
    }
    let expected =
        ["1 revised Report 1, longer", "5 new Report 5", "2 changed Report 2", "3 removed Report 3", "4 removed -"];
    assert_eq!(all_in_short(behind), expected);
    // The next start goes on behind them.
    publishing.stop().await;
    let publishing = publish(&room, &server).await;
    import(&room, &lines(6..=6));
    assert_in_order(&told(&server, 10).await);
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_has_no_room_in_a_message_is_told_without_its_text() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    let long: Vec<String> = (0..60_000).map(|number| format!("Sentence {number} of a long report.")).collect();
    import(&room, &[line(1, 1, &json!({ "paragraphs": long })), line(2, 1, &json!({}))]);
    let publishing = publish(&room, &server).await;
    let messages = told(&server, 2).await;
    let [cut, whole] = messages.as_slice() else { panic!("two") };
    assert_eq!((&cut["is_cut"], cut.get("paragraphs")), (&json!(true), None), "{cut}");
    assert_eq!((&cut["id"], &cut["title"], cut["sha256"].is_string()), (&json!(1), &json!("Report 1"), true), "{cut}");
    assert!(cut["words"].as_u64() > Some(300_000), "{cut}");
    assert!(whole.get("is_cut").is_none() && whole["paragraphs"].is_array(), "{whole}");
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_messages_are_short_less_of_an_article_is_told() {
    let room = Newsroom::new();
    let keywords: Vec<String> = (0..300).map(|number| format!("harbour{number}")).collect();
    let more = [
        json!({ "paragraphs": ["A sentence as any other. ".repeat(90)] }),
        json!({ "keywords": keywords }),
        json!({ "title": "A title without end ".repeat(25) }),
        json!({}),
    ];
    import(&room, &(1..).zip(&more).map(|(number, more)| line(number, 1, more)).collect::<Vec<_>>());
    // Of an article: its number, whether something is left out, and whether all but the text is there.
    for (bytes_max, expected) in [
        (3000, vec![(1, true, true), (2, true, false), (3, false, true), (4, false, true)]),
        (1900, vec![(1, true, true), (2, true, false), (4, true, true)]),
    ] {
        let settings = format!("jetstream {{ store_dir: \"FOLDER/store\" }}\nmax_payload: {bytes_max}\n");
        let Some(server) = Server::with(&settings) else { return };
        let publishing = publish(&room, &server).await;
        let messages = told(&server, expected.len()).await;
        let has = |told: &Value, key: &str| told.get(key).is_some();
        let told =
            messages.iter().map(|told| (told["id"].as_i64().unwrap_or(0), has(told, "is_cut"), has(told, "sha256")));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        publishing.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_the_server_was_away_is_told_when_it_is_back() {
    let Some(mut server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=3));
    let publishing = publish(&room, &server).await;
    told(&server, 3).await;
    for round in 0..3 {
        server.kill();
        import(&room, &lines(4 + 2 * round..=5 + 2 * round));
        tokio::time::sleep(Duration::from_millis(1200)).await;
        server.run();
    }
    let all = told(&server, 9).await;
    assert_in_order(&all);
    let ids: Vec<_> = all.iter().filter_map(|message| message["id"].as_i64()).collect();
    assert_eq!(ids, (1..=9).collect::<Vec<_>>());
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_deleted_is_filled_anew() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=3));
    let publishing = publish(&room, &server).await;
    let before = told(&server, 3).await;
    import(&room, &[line(2, 2, &json!({}))]);
    told(&server, 4).await;
    // Also where nothing changes any more.
    jetstream(&server).await.delete_stream(STREAM).await.expect("it is there");
    let anew = told(&server, 3).await;
    assert_in_order(&anew);
    assert_eq!(all_in_short(&anew), ["1 new Report 1", "3 new Report 3", "2 revised Report 2"]);
    assert_ne!(anew[0]["told_since"], before[0]["told_since"], "whoever followed knows that something may be missing");
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_put_back_or_exchanged_is_told_anew() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    let run = async |n_expected: usize, says: Option<&str>| {
        let daemon = daemon(&room, &server);
        if let Some(says) = says {
            daemon.wait_to_say(says);
        }
        let messages = told(&server, n_expected).await;
        let outcome = daemon.stop().exits(0);
        match says {
            Some(says) => assert!(outcome.stderr.contains(says), "{}", outcome.stderr),
            None => assert!(!outcome.stderr.contains("WARN"), "{}", outcome.stderr),
        }
        messages
    };
    import(&room, &lines(1..=3));
    run(3, Some("the stream has none")).await;
    let copy = std::fs::read(room.database()).expect("a database");
    import(&room, &lines(4..=5));
    run(5, None).await;
    // As somebody would without `restore`, and it goes on otherwise.
    for file in ["news.db-wal", "news.db-shm"] {
        let _ = std::fs::remove_file(room.path(file));
    }
    std::fs::write(room.database(), copy).expect("it can be written");
    import(&room, &lines(6..=9));
    let all = run(12, Some("a state that this database has no more")).await;
    let (before, anew) = all.split_at(5);
    assert_in_order(before);
    assert_in_order(anew);
    assert_ne!(anew[0]["told_since"], before[0]["told_since"]);
    let titles: Vec<_> = anew.iter().filter_map(|message| message["title"].as_str()).collect();
    assert_eq!(titles, ["Report 1", "Report 2", "Report 3", "Report 6", "Report 7", "Report 8", "Report 9"]);
    // With `restore`, by which it is another database.
    room.run(&["backup", "copy.db"]).exits(0);
    room.run(&["restore", "--force", "copy.db"]).exits(0);
    let all = run(19, Some("another database")).await;
    assert_in_order(&all[12..]);
    run(19, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_somebody_else_is_passed_over() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=2));
    let writer = server.writer().await;
    let subject = "newswire.articles.changed";
    jetstream(&server).await.publish(subject, "{}".into()).await.expect("sent").await.expect("stored");
    let publishing = publish::start(room.database(), Arc::clone(&writer));
    let jetstream = jetstream(&server).await;
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "the articles are told behind it");
        let stream = jetstream.get_stream(STREAM).await.expect("it is there");
        if stream.cached_info().state.messages == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_or_a_server_that_is_killed_while_it_tells_loses_nothing_and_doubles_nothing() {
    const N_ARTICLES: usize = 3000;
    let Some(mut server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=N_ARTICLES));
    let mut n_told = Vec::new();
    for life_ms in [30, 5, 60, 1, 100, 15] {
        let daemon = daemon(&room, &server);
        // Until it tells, and then a moment: the kill is between one message and another.
        let n_before = n_messages(&server).await;
        let start = Instant::now();
        while n_messages(&server).await == n_before && n_before < N_ARTICLES as u64 {
            assert!(start.elapsed() < PATIENCE, "it tells");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(life_ms)).await;
        if life_ms == 60 {
            server.kill();
            tokio::time::sleep(Duration::from_millis(100)).await;
            server.run();
        }
        daemon.kill();
        n_told.push(n_messages(&server).await);
    }
    let daemon = daemon(&room, &server);
    let all = told(&server, N_ARTICLES).await;
    daemon.stop().exits(0);
    assert_in_order(&all);
    eprintln!("told at the kills: {n_told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_long_after_it_was_given_up_is_told_once() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    import(&room, &lines(1..=10));
    let publishing = publish(&room, &server).await;
    told(&server, 10).await;
    send_signal(server.id(), "STOP");
    import(&room, &lines(11..=150));
    // It is on the way, and nobody answers. What comes next is another choice of articles.
    tokio::time::sleep(Duration::from_millis(3500)).await;
    import(&room, &[line(20, 2, &json!({})), line(120, 2, &json!({})), line(151, 1, &json!({}))]);
    tokio::time::sleep(Duration::from_secs(4)).await;
    send_signal(server.id(), "CONT");
    let all = told(&server, 153).await;
    assert_in_order(&all);
    let expected = ["20 revised Report 20", "120 revised Report 120", "151 new Report 151"];
    assert_eq!(all_in_short(&all[150..]), expected);
    publishing.stop().await;
}

async fn n_messages(server: &Server) -> u64 {
    match jetstream(server).await.get_stream(STREAM).await {
        Ok(stream) => stream.cached_info().state.messages,
        Err(_) => 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_with_the_rights_in_the_documents_takes_what_is_told_and_no_more() {
    let page = include_str!("../../docs/changes-over-nats.md");
    let (_, rest) = page.split_once("```conf\n").expect("there is a configuration");
    let (user, _) = rest.split_once("```").expect("it ends");
    let user = user.replace("USITE", OTHER_PUBLIC_KEY);
    let users = format!("authorization {{ users: [ {{ nkey: {PUBLIC_KEY} }}, {user} ] }}\n");
    let Some(server) = Server::with(&format!("jetstream {{ store_dir: \"FOLDER/store\" }}\n{users}")) else { return };
    let address = format!("127.0.0.1:{}", server.port);
    let room = Newsroom::new();
    import(&room, &lines(1..=3));
    let settings = QueueSettings { credentials_file: Some(room.file("seed", SEED).into()), ..server.settings() };
    let writer = NatsBus::connect(&settings, "writer").await.expect("the settings are right");
    writer.set_up().await.expect("everything can be made");
    let admin = async_nats::ConnectOptions::with_nkey(SEED.to_owned()).connect(&address).await.expect("a connection");
    let admin = jetstream::new(admin);
    let consumer = pull::Config { durable_name: Some("site".to_owned()), ..pull::Config::default() };
    admin.create_consumer_on_stream(consumer, STREAM).await.expect("the stream is there");
    let publishing = publish::start(room.database(), Arc::new(writer));

    let options = async_nats::ConnectOptions::with_nkey(OTHER_SEED.to_owned()).custom_inbox_prefix("_INBOX.site");
    let site = options.connect(&address).await.expect("a connection");
    let follower = jetstream::new(site.clone());
    // It is known that the consumer is there, and a question for it costs no right.
    let stream = follower.get_stream_no_info(STREAM).await.expect("a name");
    let follow = async |n_wanted: usize| {
        let consumer: jetstream::consumer::Consumer<pull::Config> =
            stream.get_consumer("site").await.expect("it is there");
        let mut ids = Vec::new();
        let mut messages = consumer.messages().await.expect("they can be taken");
        while ids.len() < n_wanted {
            let next = tokio::time::timeout(PATIENCE, messages.next()).await.expect("in time");
            let message = next.expect("more come").expect("a message");
            let told: Value = serde_json::from_slice(&message.payload).expect("JSON");
            message.double_ack().await.expect("the server knows");
            ids.extend(told["id"].as_i64());
        }
        ids
    };
    assert_eq!(follow(3).await, [1, 2, 3]);
    import(&room, &lines(4..=5));
    assert_eq!(follow(2).await, [4, 5], "it goes on where it was");
    let is_refused = async |subject: &str| {
        let asking = site.request(subject.to_owned(), "{}".into());
        !matches!(tokio::time::timeout(Duration::from_millis(500), asking).await, Ok(Ok(_)))
    };
    for subject in [
        "$JS.API.STREAM.DELETE.NEWSWIRE_CHANGES",
        "$JS.API.STREAM.PURGE.NEWSWIRE_CHANGES",
        "$JS.API.CONSUMER.CREATE.NEWSWIRE_CHANGES.other",
        "$JS.API.CONSUMER.DELETE.NEWSWIRE_CHANGES.site",
        "newswire.articles.changed",
    ] {
        assert!(is_refused(subject).await, "{subject}");
    }
    publishing.stop().await;
}
