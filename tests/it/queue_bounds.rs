//! What someone broken or hostile may do to the queue, with a real server: [`crate::queue`] tells how one is found.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use newswire::config::QueueSettings;
use newswire::queue::wire::parts;
use newswire::queue::{Bus, BusError, NatsBus, Outcome, Record, Shared, Write};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::harness::{Newsroom, wait_until};
use crate::queue::Server;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that sends any bytes as subjects.
struct Raw {
    socket: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Raw {
    fn connect(server: &Server) -> Raw {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).expect("the server listens");
        let answers = BufReader::new(socket.try_clone().expect("a second handle"));
        let mut raw = Raw { socket, answers };
        raw.send(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n");
        raw.flush();
        raw
    }

    fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the server takes it");
    }

    /// Publishes, and names where an answer is wanted, if one is.
    fn publish(&mut self, subject: &[u8], reply: &[u8], message: &[u8]) {
        let length = message.len().to_string();
        let words: Vec<&[u8]> =
            [b"PUB", subject, reply, length.as_bytes()].into_iter().filter(|word| !word.is_empty()).collect();
        self.send(&[words.join(&b' ').as_slice(), b"\r\n", message, b"\r\n"].concat());
    }

    /// Publishes with headers, as they stand there.
    fn publish_with(&mut self, subject: &[u8], headers: &[u8], message: &[u8]) {
        let lengths = format!("{} {}", headers.len(), headers.len() + message.len());
        self.send(&[b"HPUB ", subject, b" ", lengths.as_bytes(), b"\r\n", headers, message, b"\r\n"].concat());
    }

    /// Waits until the server has taken all.
    fn flush(&mut self) {
        self.send(b"PING\r\n");
        let mut line = Vec::new();
        while line != b"PONG\r\n" {
            line.clear();
            let n = self.answers.read_until(b'\n', &mut line).expect("the server answers");
            assert!(n > 0 && !line.starts_with(b"-ERR"), "{}", String::from_utf8_lossy(&line));
        }
    }
}

/// The first of two parts of a report.
fn half() -> Vec<u8> {
    parts(vec![b'x'; 40], 42).swap_remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_or_never_whole_keeps_no_report_from_the_writer() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut raw = Raw::connect(&server);
    for n in 0..1000 {
        raw.publish(format!("newswire.reports.junk-{n}").as_bytes(), b"", b"\x02hello");
    }
    let (mut too_long, mut damaged) = (half(), half());
    too_long[6..14].fill(0xff);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    damaged[14..22].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
    for (name, part) in [("long", too_long), ("damaged", damaged), ("empty", Vec::new())] {
        raw.publish(format!("newswire.reports.{name}").as_bytes(), b"", &part);
    }
    // More than the server gives out at once.
    for n in 0..12_000 {
        raw.publish(format!("newswire.reports.half-{n}").as_bytes(), b"", &half());
    }
    raw.flush();
    // A server stores what it has taken a little later.
    wait_for_reports(&writer, 13_003).await;
    // None of them comes again so soon.
    let mut reports = writer.reports().await.expect("there is a stream");
    worker.report("real", b"what came of it".to_vec()).await.expect("it is stored");
    let delivery = tokio::time::timeout(PATIENCE, reports.recv()).await.expect("in time").expect("more comes");
    assert_eq!(delivery.message, b"what came of it");
    delivery.receipt.done().await.expect("the server knows");
    // Nothing of it stays for ever.
    drop(reports);
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    tokio::spawn(async move { while reports.recv().await.is_some() {} });
    wait_for_reports(&writer, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_client_can_read_is_deleted_and_reports_beside_it_come() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut raw = Raw::connect(&server);
    let part = parts(b"hello".to_vec(), 1000).swap_remove(0);
    let mut expected = Vec::new();
    for n in 0..100 {
        let report = format!("report {n}").into_bytes();
        worker.report(&format!("run-{n}"), report.clone()).await.expect("it is stored");
        expected.push(report);
        for subject in ["a\u{a0}b".as_bytes(), b"\xff\xfe", b"\xff"] {
            raw.publish(&[b"newswire.reports.", subject].concat(), b"", &part);
        }
        for headers in [&b"NATS/1.0\r\na: \xff\r\n\r\n"[..], b"NATS/1.0\r\nhello\r\n\r\n", b"NATS/1.0 404\r\n\r\n"] {
            raw.publish_with(format!("newswire.reports.headers-{n}").as_bytes(), headers, &part);
        }
        raw.flush();
    }
    wait_for_reports(&writer, 700).await;
    let mut reports = writer.reports_again_after(Duration::from_secs(2)).await.expect("there is a stream");
    let mut came = BTreeSet::new();
    while came.len() < expected.len() {
        let delivery = tokio::time::timeout(PATIENCE, reports.recv()).await.expect("in time").expect("more comes");
        // One may come twice.
        came.insert(delivery.message);
        let _ = delivery.receipt.done().await;
    }
    assert_eq!(came, expected.into_iter().collect());
    tokio::spawn(async move { while reports.recv().await.is_some() {} });
    wait_for_reports(&writer, 0).await;
    // Nor is the connection lost again.
    let since = writer.state().borrow().since();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(writer.state().borrow().since(), since);
}

/// A way to the server that takes so long in each direction, as far as the runtime lasts. Returns its port.
async fn slow_way(server: &Server, delay: Duration) -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let (port, of_server) = (listener.local_addr().expect("it is bound").port(), server.port);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, of_server)).await;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.expect("the server listens").into_split();
            tokio::spawn(carry(from_client, to_server, delay));
            tokio::spawn(carry(from_server, to_client, delay));
        }
    });
    port
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin + Send + 'static, delay: Duration) {
    let (send, mut on_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((arrives_at, bytes)) = on_way.recv().await {
            tokio::time::sleep_until(arrives_at.into()).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut bytes = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        let _ = send.send((Instant::now() + delay, bytes[..n].to_vec()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_slow_way_reports_do_not_wait_until_each_message_before_them_was_looked_at() {
    const N_HALVES: usize = 1500;
    const DELAY: Duration = Duration::from_millis(20);
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut raw = Raw::connect(&server);
    for n in 0..N_HALVES {
        raw.publish(format!("newswire.reports.half-{n}").as_bytes(), b"", &half());
    }
    raw.flush();
    wait_for_reports(&writer, N_HALVES as u64).await;
    let again_after = Duration::from_secs(2);
    let mut reports = writer.reports_again_after(again_after).await.expect("there is a stream");
    worker.report("real", b"what came of it".to_vec()).await.expect("it is stored");
    // All of them were given to this writer, and none is acknowledged when it ends.
    let delivery = tokio::time::timeout(PATIENCE, reports.recv()).await.expect("in time").expect("more comes");
    drop((delivery, reports, writer));
    let servers = vec![format!("nats://127.0.0.1:{}", slow_way(&server, DELAY).await)];
    let far = NatsBus::connect(&QueueSettings { servers, ..server.settings() }, "far writer").await;
    let far = far.expect("the settings have sense");
    let began_at = Instant::now();
    let mut reports = far.reports_again_after(again_after).await.expect("there is a stream");
    let delivery = tokio::time::timeout(4 * PATIENCE, reports.recv()).await.expect("in time").expect("more comes");
    assert_eq!(delivery.message, b"what came of it");
    let looks = DELAY * 2 * u32::try_from(N_HALVES).expect("a small number");
    assert!(began_at.elapsed() < looks / 3, "{:?} of {looks:?}", began_at.elapsed());
    assert_eq!(far.state().borrow().last_error(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_that_leases_are_not_written_in_time() {
    let Some(server) = Server::start() else { return };
    let _writer = server.writer().await;
    let servers = vec![format!("nats://127.0.0.1:{}", slow_way(&server, Duration::from_millis(200)).await)];
    let far = NatsBus::connect(&QueueSettings { servers, ..server.settings() }, "far worker").await;
    let far = Arc::new(far.expect("the settings have sense"));
    let shared = Shared::Nats(Arc::clone(&far));
    let write = Write { number: 1, replaces: None, record: Record { owner: Some("a".to_owned()), epoch: 1 } };
    let slow = shared.write(3, &write, Duration::from_millis(100)).await;
    assert!(matches!(&slow, Err(BusError::Away(text)) if text.contains("the way to it is too slow")), "{slow:?}");
    assert!(far.state().borrow().last_error().is_some_and(|error| error.contains("a lease is not written")));
    assert!(matches!(shared.write(4, &write, PATIENCE).await, Ok(Outcome::Stored(_))));
}

/// A way to the server on which it says that it is of this version. Returns its port.
async fn way_to_version(server: &Server, version: &str) -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let (port, of_server) = (listener.local_addr().expect("it is bound").port(), server.port);
    let said = format!("\"version\":\"{version}\"");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, of_server)).await;
            let mut server = tokio::io::BufReader::new(server.expect("the server listens"));
            let mut greeting = String::new();
            server.read_line(&mut greeting).await.expect("it greets");
            let (before, rest) = greeting.split_once("\"version\":\"").expect("it has a version");
            let (_, after) = rest.split_once('"').expect("it ends");
            client.write_all(format!("{before}{said}{after}").as_bytes()).await.expect("it is taken");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_old_is_told_and_goes_on() {
    let Some(server) = Server::start() else { return };
    for (version, is_too_old) in [("2.9.10", true), ("2.10.0", false), ("3.0.0-beta.1", false)] {
        let servers = vec![format!("nats://127.0.0.1:{}", way_to_version(&server, version).await)];
        let writer = NatsBus::connect(&QueueSettings { servers, ..server.settings() }, "writer").await;
        let writer = writer.expect("the settings have sense");
        assert_eq!(writer.set_up().await, Ok(()), "{version}");
        let told = writer.state().borrow().last_error().is_some_and(|error| error.contains("older than 2.10"));
        assert_eq!(told, is_too_old, "{version}");
    }
}

/// Waits until so many messages with reports are stored.
async fn wait_for_reports(writer: &NatsBus, n: u64) {
    let start = Instant::now();
    while writer.n_reports_waiting().await != Ok(n) {
        assert!(start.elapsed() < 3 * PATIENCE, "{:?} and not {n}", writer.n_reports_waiting().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_no_lease_is_told_and_taken_by_nobody() {
    let Some(server) = Server::start() else { return };
    let writer = server.writer().await;
    let shared = Shared::Nats(Arc::clone(&writer));
    let mut raw = Raw::connect(&server);
    let owner = format!("{{\"owner\":\"{}\",\"epoch\":1}}", "a".repeat(900_000));
    let values: [(u8, &[u8]); 4] = [
        (5, b"{\"epoch\":18446744073709551615}"),
        (6, b"\x1b[31mhello"),
        (7, owner.as_bytes()),
        (8, b"{\"owner\":\"\x1b[31m\xff\",\"epoch\":1}"),
    ];
    for (shard, value) in values {
        raw.publish(format!("$KV.newswire_shards.shard.{shard}").as_bytes(), b"", value);
    }
    raw.flush();
    for (shard, _) in values {
        let mut read = shared.read(shard, PATIENCE).await;
        let start = Instant::now();
        // It is stored a little later than it is taken.
        while read == Ok(None) && start.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(50)).await;
            read = shared.read(shard, PATIENCE).await;
        }
        assert!(matches!(&read, Err(BusError::Wrong(text)) if text.contains("is no record of newswire")), "{read:?}");
        let told = writer.state().borrow().last_error().map(str::to_owned).expect("it is told");
        assert!(told.starts_with(&format!("key shard.{shard} of bucket newswire_shards")), "{told:?}");
        assert!(told.contains("delete the key") && !told.contains('\u{1b}') && told.len() < 500, "{told:?}");
        let write = Write { number: 1, replaces: None, record: Record { owner: Some("a".to_owned()), epoch: 1 } };
        assert_eq!(shared.write(shard, &write, PATIENCE).await, Ok(Outcome::Refused));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_the_writer_send_to_where_it_may_not_send_itself() {
    let Some(server) = Server::start() else { return };
    let writer = server.writer().await;
    let mut desk = writer.desk().await.expect("nobody else answers");
    let mut raw = Raw::connect(&server);
    // An answer that is empty, as where nobody answers, would delete the stream.
    let question = parts(b"work".to_vec(), 1000).swap_remove(0);
    let deletes = "$JS.API.STREAM.DELETE.NEWSWIRE_REPORTS".to_owned();
    raw.publish(b"newswire.work", deletes.as_bytes(), &question);
    raw.publish(b"newswire.work", b"_INBOX.newswire.raw.1", &question);
    raw.flush();
    // The second comes, and so the first would have.
    let taken = tokio::time::timeout(PATIENCE, desk.recv()).await.expect("in time").expect("it is asked");
    drop(taken);
    assert!(tokio::time::timeout(Duration::from_millis(500), desk.recv()).await.is_err(), "one question is taken");
    assert_eq!(writer.n_reports_waiting().await, Ok(0), "the stream is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn prefixes_that_differ_in_case_alone_are_refused() {
    let Some(server) = Server::start() else { return };
    let _first = server.writer().await;
    let other = QueueSettings { prefix: "Newswire".to_owned(), ..server.settings() };
    let refused = NatsBus::connect(&other, "other").await.expect("the settings have sense").set_up().await;
    let is_told = |text: &str| text.contains("for the subjects newswire.reports.>") && text.contains("more than case");
    assert!(matches!(&refused, Err(BusError::Wrong(text)) if is_told(text)), "{refused:?}");
    let room = Newsroom::new();
    let settings = room.file("other.toml", "[queue]\nprefix = \"Newswire\"\n");
    let refused = tokio::task::spawn_blocking(move || {
        room.run(&["--config", &settings, "run", "--nats", &server.url()]).exits(1).stderr
    });
    let told = refused.await.expect("it ends");
    assert!(is_told(&told), "{told}");
}

#[test]
fn what_others_say_of_themselves_moves_nothing_in_the_log_or_on_a_terminal() {
    let Some(server) = Server::start() else { return };
    let room = Newsroom::new();
    let writer = room.start_with(&["run", "--nats", &server.url(), "--embedded", "1"]);
    writer.wait_to_say("started, database");
    let mut raw = Raw::connect(&server);
    let red = "\\u001b[31mpier\\u0007\\n\\u202eforged";
    let ask = |name: &str, program: &str, settings: &str| {
        let share = r#"{"sound":1,"probes":1}"#;
        let text = format!(
            r#"{{"version":1,"number":0,"worker":"{name}","machine":"{name}","program":"{program}","settings":"{settings}","slots":{{"polls":1,"articles":1}},"room":{{"polls":{share},"articles":{share}}},"shards":[],"n_in_work":0}}"#
        );
        parts(text.into_bytes(), 1_000_000).swap_remove(0)
    };
    let version = env!("CARGO_PKG_VERSION");
    let questions = [
        ask(&format!("{red}1"), version, "foo:1"),
        ask(&format!("{red}2"), version, &format!("{red}:1")),
        ask(&format!("{red}3"), red, "foo:1"),
        parts(br#"{"version":"\u001b[31m"}"#.to_vec(), 1000).swap_remove(0),
        parts(b"{\"version\":1,\"\x1b[31m\xff\":1}".to_vec(), 1000).swap_remove(0),
        b"\x01\x1b[31m".to_vec(),
    ];
    for (n, question) in questions.iter().enumerate() {
        raw.publish(b"newswire.work", format!("_INBOX.newswire.raw.{n}").as_bytes(), question);
    }
    for part in [parts(b"{}".to_vec(), 1000).swap_remove(0), b"\x01{}".to_vec()] {
        raw.publish(b"newswire.reports.\x1b[31mRED\x07", b"", &part);
        raw.publish(b"newswire.reports.\xff\xfe\x1b[32mGREEN", b"", &part);
    }
    for n in 0..300 {
        raw.publish(format!("newswire.reports.junk-{n}").as_bytes(), b"", b"\x02hello");
        raw.publish(format!("newswire.reports.none-{n}").as_bytes(), b"", &parts(b"{}".to_vec(), 1000)[0]);
        raw.publish(b"newswire.work", b"_INBOX.newswire.raw.junk", b"\x02hello");
        raw.publish(b"newswire.work", b"_INBOX.newswire.raw.none", &parts(b"{}".to_vec(), 1000)[0]);
    }
    raw.publish(b"newswire.presence", b"", b"\x1b[31mP\xff");
    raw.publish(b"newswire.turn.3", b"_INBOX.newswire.raw.t", b"\x1b[31m");
    raw.publish(b"newswire.turn.3", b"_INBOX.newswire.raw.\x1b[31m\xff", &questions[0]);
    raw.flush();
    writer.wait_to_say("pier");
    assert!(wait_until(PATIENCE, || room.number("SELECT count(*) FROM _queue_workers WHERE refused IS NOT NULL") == 3));
    let shown = room.run(&["status"]);
    let in_json = room.run(&["status", "--json"]);
    for text in [&writer.log(), &shown.stdout, &shown.stderr, &in_json.stdout] {
        // Columns have tabs between them.
        let moves = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}');
        assert_eq!(moves, None, "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
    }
    assert!(shown.stdout.contains("[31mpier"), "{}", shown.stdout);
    // A line a minute of each kind, and not one for each message.
    let is_of_junk = |line: &&str| line.contains("thrown away") || line.contains("not understood");
    let log = writer.log();
    assert!((1..20).contains(&log.lines().filter(is_of_junk).count()), "{log}");
    writer.stop().exits(0);
}
