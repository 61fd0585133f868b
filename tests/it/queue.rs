//! Work for several machines by NATS, with a real server.
//!
//! `NATS_SERVER` is its program, or `nats-server` on the path; without it these tests are skipped and say so.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use newswire::config::QueueSettings;
use newswire::queue::{
    Bus, BusError, BusState, Change, Delivery, Fault, NatsBus, Outcome, Question, Record, Shared, Write,
};
use tokio::sync::mpsc;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The seed of a user, and what a server knows of it.
pub(crate) const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
pub(crate) const PUBLIC_KEY: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

/// That of another.
pub(crate) const OTHER_SEED: &str = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";
pub(crate) const OTHER_PUBLIC_KEY: &str = "UD2FLLGFERQVQQ3SBKONNG2QMIMTZQKKLTU3AVG5I3EQEFHBPGPE2XQS";

/// A server of NATS, which ends with this.
pub(crate) struct Server {
    program: PathBuf,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Server {
    /// With `JetStream`.
    pub(crate) fn start() -> Option<Server> {
        Server::with("jetstream { store_dir: \"FOLDER/store\" }\n")
    }

    /// With this configuration, in which `FOLDER` is its folder.
    pub(crate) fn with(configuration: &str) -> Option<Server> {
        let program = PathBuf::from(std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into()));
        let version = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if version.is_err() {
            eprintln!("skipped: there is no nats-server (NATS_SERVER names another)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("newswire-nats-").tempdir().expect("a temporary folder");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = port.expect("a port is free").port();
        let configuration = configuration.replace("FOLDER", &folder.path().display().to_string());
        let configuration = format!("listen: 127.0.0.1:{port}\n{configuration}");
        std::fs::write(folder.path().join("nats.conf"), configuration).expect("the configuration can be written");
        let mut server = Server { program, folder, port, child: None };
        server.run();
        Some(server)
    }

    pub(crate) fn run(&mut self) {
        let log = self.folder.path().join("log");
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.folder.path().join("nats.conf")).arg("-l").arg(&log);
        self.child = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server can be run"));
        let (address, start) = (SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), Instant::now());
        while TcpStream::connect(address).is_err() {
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(start.elapsed() < PATIENCE, "nats-server does not listen: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    pub(crate) fn settings(&self) -> QueueSettings {
        QueueSettings {
            servers: vec![self.url()],
            credentials_file: None,
            ca_file: None,
            certificate: None,
            prefix: "newswire".to_owned(),
            replicas: 1,
            embedded: 0,
        }
    }

    pub(crate) async fn connect(&self, name: &str) -> Arc<NatsBus> {
        Arc::new(NatsBus::connect(&self.settings(), name).await.expect("the settings are right"))
    }

    /// As the writer, with everything made.
    pub(crate) async fn writer(&self) -> Arc<NatsBus> {
        let writer = self.connect("writer").await;
        writer.set_up().await.expect("everything can be made");
        writer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Answers every question with its bytes backwards.
fn answer_backwards(mut questions: mpsc::Receiver<Question>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let answer = question.message.iter().rev().copied().collect();
            question.answer(answer);
        }
    })
}

async fn next(deliveries: &mut mpsc::Receiver<Delivery>) -> Delivery {
    tokio::time::timeout(PATIENCE, deliveries.recv()).await.expect("it comes in time").expect("more comes")
}

async fn is_quiet(deliveries: &mut mpsc::Receiver<Delivery>, how_long: Duration) -> bool {
    tokio::time::timeout(how_long, deliveries.recv()).await.is_err()
}

/// Bytes that cannot be packed, always the same.
fn noise(n_bytes: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..n_bytes).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writer_answers_what_workers_ask() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    assert_eq!(worker.ask(b"work".to_vec(), PATIENCE).await, Err(BusError::Nobody), "there is no writer yet");
    let desk = writer.desk().await.expect("nobody else answers");
    let second = server.connect("second writer").await;
    // The first has nobody who answers so far, and is known all the same.
    let refused = second.desk().await.err();
    assert!(matches!(&refused, Some(BusError::Wrong(text)) if text.contains("prefix of its own")), "{refused:?}");
    let answering = answer_backwards(desk);
    assert_eq!(worker.ask(b"work".to_vec(), PATIENCE).await, Ok(b"krow".to_vec()));
    // More than the server takes, which fits as it is packed.
    let long = b"All the news of a long day. ".repeat(100_000);
    let answer = worker.ask(long.clone(), PATIENCE).await.expect("an answer");
    assert!(answer.iter().rev().eq(long.iter()), "{} bytes", answer.len());
    let too_long = worker.ask(noise(1_100_000), PATIENCE).await;
    assert!(matches!(too_long, Err(BusError::Wrong(_))), "{too_long:?}");
    answering.abort();
    let _ = answering.await;
    let start = Instant::now();
    while worker.ask(b"work".to_vec(), PATIENCE).await != Err(BusError::Nobody) {
        assert!(start.elapsed() < PATIENCE, "who is no writer any more is asked no more");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_forgotten_when_nobody_waits_for_its_answer() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut desk = writer.desk().await.expect("nobody else answers");
    let unanswered = worker.ask(b"work".to_vec(), Duration::from_millis(200)).await;
    assert!(matches!(unanswered, Err(BusError::Away(_))), "{unanswered:?}");
    let question = desk.recv().await.expect("it was asked");
    let start = Instant::now();
    while !question.is_forgotten() {
        assert!(start.elapsed() < PATIENCE, "it is forgotten");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_comes_until_it_is_committed_and_once_where_it_is_sent_twice() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    // Five parts.
    let long = noise(5_000_000);
    for _ in 0..2 {
        worker.report("worker.1", long.clone()).await.expect("it is stored");
    }
    worker.report("worker.2", b"short".to_vec()).await.expect("it is stored");
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    let first = next(&mut reports).await;
    assert!(first.message == long, "{} bytes", first.message.len());
    let second = next(&mut reports).await;
    assert_eq!(second.message, b"short");
    // Until they are committed they wait, each part for itself: of the long one those that the servers' limit makes of it.
    let n_waiting = writer.n_reports_waiting().await.expect("it is known");
    assert!((5..=7).contains(&n_waiting), "{n_waiting}");
    // One takes long, and the other fails.
    drop(second);
    let again = next(&mut reports).await;
    assert_eq!(again.message, b"short");
    assert!(is_quiet(&mut reports, Duration::from_secs(3)).await, "neither is forgotten");
    first.receipt.done().await.expect("the server knows");
    again.receipt.done().await.expect("the server knows");
    assert!(is_quiet(&mut reports, Duration::from_secs(3)).await, "nothing comes that is committed");
    drop((reports, writer));
    let writer = server.connect("next writer").await;
    let mut reports = writer.reports().await.expect("there is a stream");
    assert!(is_quiet(&mut reports, Duration::from_secs(1)).await, "nothing comes that is committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_come_soon_after_each_other_go_together_and_come_again_where_one_is_not_committed() {
    const N_REPORTS: usize = 40;
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let reporting = (0..N_REPORTS).map(|number| {
        let worker = worker.clone();
        async move { worker.report(&format!("worker.{number}"), format!("{number:06}").into_bytes()).await }
    });
    for stored in futures_util::future::join_all(reporting).await {
        stored.expect("it is stored");
    }
    let n_messages = writer.n_reports_waiting().await.expect("it is known");
    assert!((1..=4).contains(&n_messages), "{n_messages}");
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    let mut deliveries = Vec::new();
    for _ in 0..N_REPORTS {
        deliveries.push(next(&mut reports).await);
    }
    assert!(is_quiet(&mut reports, Duration::from_secs(2)).await, "they are not committed, and not forgotten");
    let all: BTreeSet<Vec<u8>> = deliveries.iter().map(|delivery| delivery.message.clone()).collect();
    assert_eq!(all.len(), N_REPORTS);
    // One of them fails.
    let failed = deliveries.pop().expect("there are some");
    drop(failed.receipt);
    let settling: Vec<_> = deliveries.into_iter().map(|delivery| delivery.receipt.done()).collect();
    let n_unknown = futures_util::future::join_all(settling).await.iter().filter(|known| known.is_err()).count();
    let mut again = BTreeSet::new();
    for _ in 0..=n_unknown {
        let delivery = next(&mut reports).await;
        again.insert(delivery.message);
        tokio::spawn(delivery.receipt.done());
    }
    assert!(again.contains(&failed.message) && again.len() == n_unknown + 1, "{n_unknown}: {again:?}");
    assert!(is_quiet(&mut reports, Duration::from_secs(2)).await, "nothing comes that is committed");
    assert_eq!(writer.n_reports_waiting().await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_given_to_a_writer_that_died_comes_to_the_next() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    worker.report("1", noise(3_000_000)).await.expect("it is stored");
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    next(&mut reports).await;
    drop((reports, writer));
    let writer = server.connect("next writer").await;
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    let delivery = next(&mut reports).await;
    assert!(delivery.message == noise(3_000_000));
    delivery.receipt.done().await.expect("the server knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_stored_gets_lost_while_the_server_is_killed_again_and_again() {
    const N_REPORTS: usize = 400;
    let Some(mut server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut reports = writer.reports_again_after(Duration::from_secs(2)).await.expect("there is a stream");
    let reporting = tokio::spawn(async move {
        for number in 0..N_REPORTS {
            // Some in three parts.
            let mut report = if number % 50 == 7 { noise(2_500_000) } else { Vec::new() };
            report.extend_from_slice(format!("{number:06}").as_bytes());
            while worker.report(&format!("worker.{number}"), report.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let committing = tokio::spawn(async move {
        let mut committed = BTreeSet::new();
        let mut n_deliveries = 0;
        while committed.len() < N_REPORTS {
            let delivery = next(&mut reports).await;
            n_deliveries += 1;
            let number = delivery.message[delivery.message.len() - 6..].to_vec();
            // Every seventh commit fails.
            if n_deliveries % 7 != 0 {
                committed.insert(number);
                let _ = delivery.receipt.done().await;
            }
        }
        n_deliveries
    });
    for pause in [300, 700, 500] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.run();
    }
    tokio::time::timeout(4 * PATIENCE, reporting).await.expect("in time").expect("all are stored");
    let n_deliveries = tokio::time::timeout(4 * PATIENCE, committing).await.expect("in time").expect("all have come");
    eprintln!("{N_REPORTS} reports in {n_deliveries} deliveries");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_go_on_when_the_server_has_lost_everything() {
    let Some(mut server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, Bus::Nats(server.connect("worker").await));
    let mut reports = writer.reports().await.expect("there is a stream");
    worker.report("1", b"before".to_vec()).await.expect("it is stored");
    let before = next(&mut reports).await;
    assert_eq!(before.message, b"before");
    server.kill();
    std::fs::remove_dir_all(server.folder.path().join("store")).expect("the store can be removed");
    server.run();
    let start = Instant::now();
    while worker.report("2", b"after".to_vec()).await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the writer makes the stream again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let after = next(&mut reports).await;
    assert_eq!(after.message, b"after");
    // What is committed of the old stream says nothing about the new one.
    let _ = before.receipt.done().await;
    drop((after, reports));
    let mut reports = writer.reports_again_after(Duration::from_secs(1)).await.expect("there is a stream");
    assert_eq!(next(&mut reports).await.message, b"after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_written_by_whoever_names_the_revision_that_stands_there() {
    let Some(server) = Server::start() else { return };
    let (one, other) = (Shared::Nats(server.connect("one").await), Shared::Nats(server.connect("other").await));
    let early = one.read(3, PATIENCE).await;
    assert!(matches!(&early, Err(BusError::Away(text)) if text.contains("the writer makes it")), "{early:?}");
    let _writer = server.writer().await;
    let write = |owner: Option<&str>, epoch: u64, replaces: Option<u64>| Write {
        number: 1,
        replaces,
        record: Record { owner: owner.map(str::to_owned), epoch },
    };
    assert_eq!(one.read(3, PATIENCE).await, Ok(None));
    let Ok(Outcome::Stored(first)) = one.write(3, &write(Some("one"), 1, None), PATIENCE).await else {
        panic!("there was none")
    };
    assert_eq!(other.write(3, &write(Some("other"), 1, None), PATIENCE).await, Ok(Outcome::Refused));
    let read = other.read(3, PATIENCE).await.expect("it is known").expect("there is one");
    assert_eq!((read.revision, read.record.owner.as_deref(), read.record.epoch), (first, Some("one"), 1));
    assert_eq!(other.read(4, PATIENCE).await, Ok(None), "another shard");
    let Ok(Outcome::Stored(second)) = one.write(3, &write(None, 1, Some(first)), PATIENCE).await else {
        panic!("that revision stood there")
    };
    assert_eq!(other.write(3, &write(Some("other"), 2, Some(first)), PATIENCE).await, Ok(Outcome::Refused));
    assert!(matches!(other.write(3, &write(Some("other"), 2, Some(second)), PATIENCE).await, Ok(Outcome::Stored(_))));
    // Somebody cleans up, and everything begins anew.
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port)).await.expect("a connection");
    let bucket = async_nats::jetstream::new(client).get_key_value("newswire_shards").await.expect("a bucket");
    bucket.delete("shard.3").await.expect("a key");
    assert_eq!(one.read(3, PATIENCE).await, Ok(None));
    assert!(matches!(one.write(3, &write(Some("one"), 1, None), PATIENCE).await, Ok(Outcome::Stored(_))));
    assert_eq!(other.write(3, &write(Some("other"), 1, None), PATIENCE).await, Ok(Outcome::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_after_a_shard_is_asked_until_it_does_no_more() {
    let Some(server) = Server::start() else { return };
    let (owner, other) = (server.connect("owner").await, Shared::Nats(server.connect("other").await));
    let owner = Shared::Nats(owner);
    let ask = |shard| other.ask_owner(shard, b"turn".to_vec(), PATIENCE);
    assert_eq!(ask(5).await, Err(BusError::Nobody));
    let answering = answer_backwards(owner.hear(5).await.expect("it can be heard"));
    assert_eq!(ask(5).await, Ok(b"nrut".to_vec()));
    assert_eq!(ask(6).await, Err(BusError::Nobody), "another shard");
    answering.abort();
    let _ = answering.await;
    let start = Instant::now();
    while ask(5).await != Err(BusError::Nobody) {
        assert!(start.elapsed() < PATIENCE, "it is asked no more");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_reaches_others() {
    let Some(server) = Server::start() else { return };
    let (writer, worker) = (server.writer().await, server.connect("worker").await);
    let mut present = writer.presence().await.expect("it can be heard");
    // It is said again and again: the server may not know yet who listens.
    let heard = loop {
        worker.announce("worker 1").await.expect("it can be said");
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(100), present.recv()).await {
            break heard;
        }
    };
    assert_eq!(heard.as_deref(), Some("worker 1"));
    // Who listens hears itself as well: that is how it knows that it hears.
    writer.announce("writer").await.expect("it can be said");
    while present.recv().await.expect("it is heard") != "writer" {}
}

/// A change that is called as it reads.
fn change(text: &str) -> Change {
    Change { id: text.to_owned(), message: text.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_stored_once_and_behind_what_they_follow() {
    let Some(server) = Server::start() else { return };
    let (writer, other) = (server.writer().await, server.connect("other").await);
    let empty = writer.changes_end().await.expect("it is known");
    assert_eq!(empty.last, None);
    assert!((900_000..1024 * 1024).contains(&empty.message_bytes_max), "{empty:?}");
    let first = empty.number;
    let end = writer.publish_changes(first, vec![change("one"), change("two")]).await.expect("they are stored");
    assert_eq!(end, first + 2);
    // Whoever believes that the stream ends elsewhere, or tells the same once more, is refused.
    for (behind, told) in [(first, "three"), (first + 1, "three"), (end + 1, "three"), (end, "two")] {
        let refused = other.publish_changes(behind, vec![change(told), change("four")]).await;
        assert!(matches!(&refused, Err(BusError::Away(text)) if text.contains("ends elsewhere")), "{refused:?}");
    }
    let found = other.changes_end().await.expect("it is known");
    assert_eq!((found.number, found.last), (end, Some(b"two".to_vec())));
    assert_eq!(other.state().borrow().last_error(), None, "that is no trouble");
    assert_eq!(other.publish_changes(end, vec![change("three")]).await, Ok(end + 1));
    // Numbers of a stream that was deleted do not come again.
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port)).await.expect("a connection");
    async_nats::jetstream::new(client).delete_stream("NEWSWIRE_CHANGES").await.expect("it is there");
    let start = Instant::now();
    let anew = loop {
        assert!(start.elapsed() < PATIENCE, "the writer makes the stream again");
        match writer.changes_end().await {
            Ok(end) => break end,
            Err(error) => assert!(error.to_string().contains("no stream NEWSWIRE_CHANGES"), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(anew.number > end && anew.last.is_none(), "{anew:?}");
    assert_eq!(writer.publish_changes(anew.number, vec![change("one")]).await, Ok(anew.number + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_that_began_while_the_queue_was_away_the_elder_goes_on() {
    let Some(mut server) = Server::start() else { return };
    server.kill();
    let (elder, younger) = (server.connect("one").await, server.connect("two").await);
    let desk = elder.desk().await.expect("nobody is seen");
    // Elder by more than clocks can tell.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut other_desk = younger.desk().await.expect("nobody is seen");
    server.run();
    let fault = tokio::time::timeout(PATIENCE, younger.supervisor().fault()).await.expect("it hears of the elder");
    assert!(matches!(&fault, Fault::Displaced(text) if text.contains("another writer answers")), "{fault:?}");
    assert!(other_desk.recv().await.is_none(), "it is asked nothing more");
    let _answering = answer_backwards(desk);
    let worker = Bus::Nats(server.connect("worker").await);
    for _ in 0..20 {
        assert_eq!(worker.ask(b"work".to_vec(), PATIENCE).await, Ok(b"krow".to_vec()));
    }
    let mut state = elder.state();
    let alone = tokio::time::timeout(2 * PATIENCE, state.wait_for(|state| state.last_error().is_none())).await;
    assert!(alone.is_ok(), "{:?}", elder.state().borrow());
    let ended = tokio::time::timeout(Duration::from_millis(100), elder.supervisor().fault()).await;
    assert!(ended.is_err(), "{ended:?}");
}

/// Answers nothing with `here`, and says to be older than all, of which it has no proof.
async fn answer_as_an_elder(server: &Server) {
    let client = async_nats::connect(server.address()).await.expect("a connection");
    let mut asked = client.subscribe("newswire.work").await.expect("it can be heard");
    client.flush().await.expect("the server knows");
    tokio::spawn(async move {
        while let Some(message) = asked.next().await {
            let Some(reply) = message.reply.filter(|_| message.payload.is_empty()) else { continue };
            let headers = [("Newswire-Writer-Since", "1-0000000000000001"), ("Newswire-Proof", "0")];
            let headers = headers.map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
            let headers = async_nats::HeaderMap::from_iter(headers);
            client.publish_with_headers(reply, headers, "here".into()).await.expect("it is sent");
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_prove_to_be_an_elder_writer_ends_none_and_is_told_of() {
    let Some(server) = Server::start() else { return };
    let writer = server.writer().await;
    let _desk = writer.desk().await.expect("nobody else answers");
    answer_as_an_elder(&server).await;
    let mut state = writer.state();
    let is_told = |state: &BusState| state.last_error().is_some_and(|error| error.contains("another writer answers"));
    let told = tokio::time::timeout(PATIENCE, state.wait_for(is_told)).await;
    assert!(told.is_ok(), "{:?}", writer.state().borrow());
    let ended = tokio::time::timeout(Duration::from_millis(100), writer.supervisor().fault()).await;
    assert!(ended.is_err(), "{ended:?}");
    // Where it is there already none begins.
    let refused = server.connect("writer anew").await.desk().await.err();
    assert!(matches!(&refused, Some(BusError::Wrong(text)) if text.contains("another writer answers")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let Some(mut server) = Server::start() else { return };
    server.kill();
    let writer = server.connect("writer").await;
    let mut state = writer.state();
    assert!(state.borrow_and_update().is_away());
    let error = state.borrow().last_error().map(str::to_owned).expect("it says why");
    assert!(error.contains("no NATS server answers at 127.0.0.1:"), "{error}");
    assert_eq!(writer.set_up().await, Err(BusError::Away(error)));
    let mut reports = writer.reports().await.expect("they are waited for");
    let desk = writer.desk().await.expect("it is waited for");
    let _answering = answer_backwards(desk);
    server.run();
    // That there are no streams yet may be told before they are made.
    let is_well = |state: &BusState| !state.is_away() && state.last_error().is_none();
    let here = tokio::time::timeout(PATIENCE, state.wait_for(is_well)).await;
    let here = here.expect("in time").expect("it goes on").clone();
    assert!(here.server().is_some(), "{here:?}");
    let worker = Bus::Nats(server.connect("worker").await);
    let start = Instant::now();
    while worker.report("1", b"report".to_vec()).await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the stream is made");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(next(&mut reports).await.message, b"report");
    assert_eq!(worker.ask(b"work".to_vec(), PATIENCE).await, Ok(b"krow".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_so() {
    let users = format!("authorization {{ users: [ {{ nkey: {PUBLIC_KEY} }} ] }}\n");
    let Some(server) = Server::with(&format!("jetstream {{ store_dir: \"FOLDER/store\" }}\n{users}")) else { return };
    let with = |seed: Option<&str>| {
        let file = server.folder.path().join("seed");
        let mut settings = server.settings();
        if let Some(seed) = seed {
            std::fs::write(&file, format!("{seed}\n")).expect("it can be written");
            settings.credentials_file = Some(file);
        }
        settings
    };
    for seed in [None, Some(OTHER_SEED)] {
        let bus = NatsBus::connect(&with(seed), "stranger").await.expect("it may become right");
        let state = bus.state().borrow().clone();
        let error = state.last_error().unwrap_or_default().to_owned();
        assert!(state.is_away() && error.contains("refuses the authorization"), "{state:?}");
        let refused = bus.set_up().await;
        assert_eq!(refused, Err(BusError::Away(error)));
    }
    let bus = NatsBus::connect(&with(Some(SEED)), "friend").await.expect("the settings are right");
    assert_eq!(bus.set_up().await, Ok(()));
    assert_eq!(bus.state().borrow().last_error(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_over_tls_is_believed_to_whom_the_settings_name_alone() {
    let tls = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name);
    let (certificate, key, authority) = (tls("mail.pem"), tls("key.pem"), tls("authority.pem"));
    for asks_for_ours in [false, true] {
        let verify = if asks_for_ours { format!("ca_file: {authority:?}, verify: true") } else { String::new() };
        let configuration = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?}, timeout: 10, {verify} }}\n");
        let jetstream = "jetstream { store_dir: \"FOLDER/store\" }\n";
        let Some(server) = Server::with(&format!("{jetstream}{configuration}")) else { return };
        let settings = |ca_file: Option<&PathBuf>, is_ours_shown: bool| QueueSettings {
            servers: vec![format!("tls://localhost:{}", server.port)],
            ca_file: ca_file.cloned(),
            certificate: is_ours_shown.then(|| (certificate.clone(), key.clone())),
            ..server.settings()
        };
        let error_of = async |settings: &QueueSettings| {
            let bus = NatsBus::connect(settings, "client").await.expect("the settings have sense");
            let _ = bus.set_up().await;
            let state = bus.state().borrow().clone();
            state.is_away().then(|| state.last_error().unwrap_or_default().to_owned())
        };
        assert_eq!(error_of(&settings(Some(&authority), true)).await, None, "{asks_for_ours}");
        let without = error_of(&settings(Some(&authority), false)).await;
        assert_eq!(without.is_some(), asks_for_ours, "{without:?}");
        // Signed by somebody else, as far as these know.
        for ca_file in [None, Some(&tls("certificate.pem"))] {
            let error = error_of(&settings(ca_file, true)).await.expect("it is not believed");
            assert!(error.contains("certificate") || error.contains("TLS"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_jetstream_is_told() {
    let Some(server) = Server::with("") else { return };
    let bus = server.connect("writer").await;
    let refused = bus.set_up().await;
    assert!(matches!(&refused, Err(BusError::Away(text)) if text.contains("no JetStream")), "{refused:?}");
    let told = |error: Option<&str>| error.is_some_and(|error| error.contains("no JetStream"));
    let mut state = bus.state();
    let state = tokio::time::timeout(PATIENCE, state.wait_for(|state| told(state.last_error()))).await;
    assert!(!state.expect("in time").expect("it goes on").is_away());
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_where_there_is_no_room_for_changes() {
    let small = "jetstream { store_dir: \"FOLDER/store\", max_file_store: 100MB }\n";
    let Some(server) = Server::with(small) else { return };
    let writer = server.connect("writer").await;
    let refused = writer.set_up().await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("NEWSWIRE_CHANGES cannot be made") && refused.contains("--max-bytes"), "{refused}");
    let worker = Bus::Nats(server.connect("worker").await);
    worker.report("1", b"report".to_vec()).await.expect("it is stored");
    assert_eq!(Shared::Nats(Arc::clone(&writer)).read(3, PATIENCE).await, Ok(None));
    // Somebody makes the stream with what room there is, and it stays so.
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port)).await.expect("a connection");
    let jetstream = async_nats::jetstream::new(client);
    let stream = async_nats::jetstream::stream::Config {
        name: "NEWSWIRE_CHANGES".to_owned(),
        subjects: vec!["newswire.articles.changed".to_owned()],
        max_bytes: 1_000_000,
        ..Default::default()
    };
    jetstream.create_stream(stream).await.expect("it can be made");
    writer.set_up().await.expect("all is there");
    let end = writer.changes_end().await.expect("it is known").number;
    assert_eq!(writer.publish_changes(end, vec![change("one")]).await, Ok(end + 1));
    let stream = jetstream.get_stream("NEWSWIRE_CHANGES").await.expect("it is there");
    assert_eq!(stream.cached_info().config.max_bytes, 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_somebody_else_is_left_alone() {
    let Some(server) = Server::start() else { return };
    let client = async_nats::connect(format!("127.0.0.1:{}", server.port)).await.expect("a connection");
    let jetstream = async_nats::jetstream::new(client);
    let stream = async_nats::jetstream::stream::Config {
        name: "NEWSWIRE_REPORTS".to_owned(),
        subjects: vec!["annual.reports".to_owned()],
        ..Default::default()
    };
    jetstream.create_stream(stream).await.expect("it can be made");
    let refused = server.connect("writer").await.set_up().await;
    assert!(matches!(&refused, Err(BusError::Wrong(text)) if text.contains("another prefix")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_permissions_in_the_documents_are_enough_and_no_more() {
    let page = include_str!("../../docs/workers.md");
    let blocks = page.split("```conf\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let configuration = blocks.map(|(block, _)| block).find(|block| block.contains("authorization"));
    let configuration = configuration.expect("there are users").replace("/var/lib/nats", "FOLDER/store");
    let configuration = configuration.replace("UWRITER", PUBLIC_KEY).replace("UWORKER", OTHER_PUBLIC_KEY);
    let Some(server) = Server::with(&configuration) else { return };
    let connect = async |name: &str, seed: &str| {
        let file = server.folder.path().join(name);
        std::fs::write(&file, seed).expect("it can be written");
        let settings = QueueSettings { credentials_file: Some(file), ..server.settings() };
        Arc::new(NatsBus::connect(&settings, name).await.expect("the settings are right"))
    };
    let (writer, worker) = (connect("writer", SEED).await, connect("worker", OTHER_SEED).await);
    let refused = worker.set_up().await;
    assert!(refused.is_err(), "a worker makes no streams");
    writer.set_up().await.expect("the writer does");
    let other = connect("other worker", OTHER_SEED).await;
    let _desk = answer_backwards(writer.desk().await.expect("nobody else answers"));
    let _turns = answer_backwards(Shared::Nats(Arc::clone(&other)).hear(7).await.expect("it can be heard"));
    let _turns_of_writer = answer_backwards(Shared::Nats(Arc::clone(&writer)).hear(8).await.expect("it can be heard"));
    let mut reports = writer.reports().await.expect("there is a stream");
    assert!(writer.presence().await.is_ok() && other.presence().await.is_ok());
    assert_eq!(Bus::Nats(Arc::clone(&other)).ask(b"work".to_vec(), PATIENCE).await, Ok(b"krow".to_vec()));
    Bus::Nats(Arc::clone(&other)).report("1", noise(2_000_000)).await.expect("it is stored");
    next(&mut reports).await.receipt.done().await.expect("the server knows");
    for bus in [&writer, &other] {
        let shared = Shared::Nats(Arc::clone(bus));
        for shard in [7, 8] {
            assert_eq!(shared.ask_owner(shard, b"turn".to_vec(), PATIENCE).await, Ok(b"nrut".to_vec()));
        }
        let before = shared.read(7, PATIENCE).await.expect("it is known").map(|entry| entry.revision);
        let write = Write { number: 1, replaces: before, record: Record { owner: None, epoch: 1 } };
        assert!(matches!(shared.write(7, &write, PATIENCE).await, Ok(Outcome::Stored(_))));
        bus.announce("name").await.expect("it can be said");
    }
    let end = writer.changes_end().await.expect("it is known").number;
    assert_eq!(writer.publish_changes(end, vec![change("one")]).await, Ok(end + 1));
    assert_eq!(writer.changes_end().await.expect("it is known").last, Some(b"one".to_vec()));
    assert_eq!(writer.n_reports_waiting().await, Ok(0), "it may be asked how many reports wait");
    for bus in [&writer, &other] {
        assert_eq!(bus.state().borrow().last_error(), None, "nothing was refused");
    }
    let state = worker.state().borrow().clone();
    assert!(state.last_error().is_some_and(|error| error.contains("Permissions Violation")), "{state:?}");
    // What it sends to itself with another subject to answer at gives it no right there.
    let options = async_nats::ConnectOptions::with_nkey(OTHER_SEED.to_owned());
    let hostile = options.connect(server.address()).await.expect("a connection");
    let mut heard = hostile.subscribe("newswire.presence").await.expect("it may");
    let stream = "$JS.API.STREAM.DELETE.NEWSWIRE_CHANGES";
    hostile.publish_with_reply("newswire.presence", stream, "x".into()).await.expect("it may");
    tokio::time::timeout(PATIENCE, heard.next()).await.expect("it hears itself");
    hostile.publish(stream, "".into()).await.expect("it is sent");
    hostile.flush().await.expect("it is taken");
    assert!(writer.changes_end().await.is_ok(), "the stream is there");
    // What a worker may send and no client can read, the writer may delete.
    let since = writer.state().borrow().since();
    let options = async_nats::ConnectOptions::with_nkey(OTHER_SEED.to_owned());
    let hostile = options.connect(server.address()).await.expect("a connection");
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("mood", "bad");
    hostile.publish_with_headers("newswire.reports.a\u{a0}b", headers, "".into()).await.expect("it is sent");
    hostile.flush().await.expect("it is taken");
    let start = Instant::now();
    while writer.state().borrow().since() == since || writer.n_reports_waiting().await != Ok(0) {
        assert!(start.elapsed() < PATIENCE, "{:?}", writer.n_reports_waiting().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(writer.state().borrow().last_error(), None, "nothing was refused");
}
