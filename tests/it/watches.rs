//! Watches and their messages: what is told, to whom, and that nothing is lost on the way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use rustls::{ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::crash::{lives_ms, n_kills};
use crate::harness::{Newsroom, run_to_end, wait_until};
use crate::newsweb::scripted::server_config;

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

const ALL_SENT: &str = "SELECT count(*) FROM messages WHERE state <> 'sent'";

/// A key as the specification has them.
const KEY: &str = "whsec_c2VjcmV0IG9mIHRoZSBuaWdodCBkZXNr";

/// What a receiver was sent: lines of the head by their names, and the body.
#[derive(Clone, Debug)]
struct Taken {
    head: HashMap<String, String>,
    body: String,
}

impl Taken {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether its signature is one by the key.
    fn is_signed(&self) -> bool {
        let signed = format!("{}.{}.{}", self.head["webhook-id"], self.head["webhook-timestamp"], self.body);
        let key = STANDARD.decode(KEY.strip_prefix("whsec_").unwrap()).unwrap();
        let signature = STANDARD.decode(self.head["webhook-signature"].strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &signature).is_ok()
    }
}

/// A receiver on the loopback device that answers with what it is told to.
struct Desk {
    port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
    answer: Arc<Mutex<&'static str>>,
}

const OK: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/// Takes what it is sent, and never answers.
const SILENCE: &str = "";

impl Desk {
    fn open() -> Desk {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (taken, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(OK)));
        let desk = Desk { port, taken: Arc::clone(&taken), answer: Arc::clone(&answer) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (taken, answer) = (Arc::clone(&taken), Arc::clone(&answer));
                std::thread::spawn(move || take(stream, &taken, &answer));
            }
        });
        desk
    }

    fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    fn answer(&self, answer: &'static str) {
        *self.answer.lock().unwrap() = answer;
    }

    fn url(&self) -> String {
        format!("\"http://127.0.0.1:{}/told\"", self.port)
    }
}

/// Takes a whole request. Of one that ends early nothing counts.
fn take(mut stream: TcpStream, taken: &Mutex<Vec<Taken>>, answer: &Mutex<&'static str>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => {
                head.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            None if line.starts_with("POST ") => {}
            None => break,
        }
    }
    let mut body = vec![0; head.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    taken.lock().unwrap().push(Taken { head, body });
    let answer = *answer.lock().unwrap();
    if answer == SILENCE {
        std::thread::sleep(Duration::from_mins(1));
    }
    stream.write_all(answer.as_bytes()).ok()
}

/// How a mail server is protected, and what it is like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mailbox {
    Open,
    /// TLS from the first byte on, or after STARTTLS.
    Tls,
    Starttls,
    /// It never answers QUIT.
    Mute,
}

/// A mail server of a few lines, which keeps what it is given.
fn mail_server(mailbox: Mailbox) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mails = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&mails);
    let tls = Arc::new(server_config(&fixture("mail.pem")));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (kept, tls) = (Arc::clone(&kept), Arc::clone(&tls));
            std::thread::spawn(move || {
                let protected = |stream| StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
                match mailbox {
                    Mailbox::Tls => take_mail(&mut protected(stream), mailbox, true, &kept),
                    Mailbox::Starttls => {
                        take_mail(&mut stream, mailbox, true, &kept);
                        take_mail(&mut protected(stream), mailbox, false, &kept)
                    }
                    Mailbox::Open | Mailbox::Mute => take_mail(&mut stream, mailbox, true, &kept),
                }
            });
        }
    });
    (port, mails)
}

/// A file of the certificates for tests.
fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn line_of(stream: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    String::from_utf8(line).ok()
}

/// Takes mails, or ends with STARTTLS.
fn take_mail(
    stream: &mut (impl Read + Write),
    mailbox: Mailbox,
    is_first: bool,
    kept: &Mutex<Vec<String>>,
) -> Option<()> {
    if is_first {
        stream.write_all(b"220 mail.example\r\n").ok()?;
    }
    let mut mail = String::new();
    loop {
        let line = line_of(stream)?;
        mail.push_str(&line);
        let answer = match line.split_whitespace().next()? {
            "EHLO" if mailbox == Mailbox::Starttls && is_first => "250-mail.example\r\n250 STARTTLS\r\n",
            "STARTTLS" => return stream.write_all(b"220 go on\r\n").ok(),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                loop {
                    let line = line_of(stream)?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                kept.lock().unwrap().push(mail.clone());
                "250 taken\r\n"
            }
            "QUIT" if mailbox == Mailbox::Mute => {
                std::thread::sleep(Duration::from_mins(1));
                return None;
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").ok(),
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

/// Numbers that look like chance, and are the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// An invented word.
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 10] = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "da"];
        (0..4).map(|_| SYLLABLES[usize::try_from(self.next(10)).unwrap()]).collect()
    }

    fn words(&mut self, n: usize) -> String {
        (0..n).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

/// Imports reports that have just been published, each of something else: with these headlines.
fn import(room: &Newsroom, headlines: &[String]) {
    let lines: Vec<String> = headlines
        .iter()
        .map(|headline| {
            let seed =
                headline.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)) | 1;
            let mut chance = Chance(seed);
            json!({
                "url": format!("https://paper.example/{}", headline.replace(' ', "-")), "title": headline,
                "published": (Timestamp::now() - SignedDuration::from_mins(5)).to_string(), "language": "en",
                "paragraphs": [chance.words(40), chance.words(40)],
            })
            .to_string()
        })
        .collect();
    let file = room.file("reports.jsonl", lines.join("\n"));
    room.run(&["import", &file]).exits(0);
}

/// A room with a database, and this section of a receiver in its settings.
fn room_with(receiver: &[(&str, &str)]) -> Newsroom {
    let mut room = Newsroom::new();
    room.set(&[("fetch.robots", "true")]);
    add_receiver(&mut room, "desk", receiver);
    import(&room, &["first of all".to_owned()]);
    room
}

fn add_receiver(room: &mut Newsroom, name: &str, keys: &[(&str, &str)]) {
    for (key, value) in keys {
        room.set(&[(&format!("receivers.{name}.{key}"), value)]);
    }
}

fn webhook(desk: &Desk) -> Vec<(&'static str, String)> {
    vec![
        ("kind", "\"webhook\"".to_owned()),
        ("url", desk.url()),
        ("credentials", "\"desk\"".to_owned()),
        ("private_networks", "[\"127.0.0.0/8\"]".to_owned()),
    ]
}

fn room_with_webhook(desk: &Desk) -> Newsroom {
    let keys = webhook(desk);
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let room = room_with(&keys);
    keep_secret(&room, "desk", &format!("secret {KEY}\n"));
    room
}

fn keep_secret(room: &Newsroom, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = room.file(&format!("credentials/{name}"), text);
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn titles(taken: &[Taken]) -> Vec<String> {
    taken.iter().map(|taken| taken.json()["title"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_webhook_is_told_of_a_story_signed_and_once() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    let listed = room.run(&["watch", "ls"]).exits(0);
    assert_eq!(listed.stdout, "");
    let tried = room.run(&["--json", "watch", "test", "all"]).exits(0).json_lines();
    assert_eq!(tried.len(), 1, "{tried:?}");
    room.run(&["watch", "add", "nothing"]).exits(0);
    room.run(&["watch", "test", "nothing"]).exits(0).says("the watch nothing is tried");
    room.run(&["watch", "test", "nothing", "--lang", "en"])
        .exits(0)
        .says("a query of nothing is tried with these options");
    room.run(&["watch", "add", "nothing"]).exits(1).says("there is a watch nothing already");
    room.run(&["watch", "rm", "nothing", "none"]).exits(3).says("there is no watch none");
    room.run(&["watch", "add", "x", "--to", "nobody"]).exits(2).says("no receiver nobody; they have desk");
    room.run(&["watch", "add", "x", "? !"]).exits(2).says("no word in the query");
    for language in ["english", "e", "e1", "ру", ""] {
        room.run(&["watch", "add", "x", "--lang", language]).exits(2).says("a language is two or three letters");
        room.run(&["watch", "test", "--lang", language]).exits(2).says("a language is two or three letters");
    }
    assert_eq!(room.run(&["--json", "watch", "test", "--lang", "EN"]).exits(0).json_lines().len(), 1);
    let daemon = room.start();
    daemon.wait_to_say("started");
    // One that is added beside it is judged from then on.
    room.run(&["watch", "add", "storms", "storm"]).exits(0);
    daemon.wait_to_say("1 watches are judged");
    daemon.stop().exits(0);
    import(&room, &["Storm off Lorne".to_owned(), "Calm in Velden".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT group_concat(state) FROM messages", "sent");
    let taken = desk.taken();
    assert_eq!(titles(&taken), ["Storm off Lorne"]);
    assert!(taken[0].is_signed(), "{taken:?}");
    let told = taken[0].json();
    assert_eq!(told["key"].as_str(), Some(taken[0].head["webhook-id"].as_str()));
    assert_eq!(
        (&told["watch"]["name"], &told["article"]["url"]),
        (&json!("storms"), &json!("https://paper.example/Storm-off-Lorne"))
    );
    assert_eq!(taken[0].head["content-type"], "application/json");
    daemon.stop().exits(0);
    // Who watches what is nobody else's affair.
    let copy = room.path("copy.db").display().to_string();
    room.run(&["snapshot", &copy]).exits(0);
    let snapshot = rusqlite::Connection::open(&copy).unwrap();
    let sql = "SELECT (SELECT count(*) FROM watches) + (SELECT count(*) FROM messages)";
    assert_eq!(snapshot.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    // Nothing of it is told again by the next start.
    let daemon = room.start();
    daemon.wait_to_say("started");
    std::thread::sleep(Duration::from_millis(800));
    daemon.stop().exits(0);
    assert_eq!(desk.taken().len(), 1);
    let listed = room.run(&["watch", "ls"]).exits(0);
    assert_eq!(listed.cells()[0][..9], ["storms", "storm", "story-new", "1", "", "", "desk", "0", "1"]);
    let listed = room.run(&["receivers", "ls"]).exits(0);
    assert_eq!(listed.cells()[0][..5], ["desk", "webhook", "active", "0", "1"]);
    room.run(&["receivers", "test", "desk"]).exits(0);
    assert_eq!(titles(&desk.taken())[1], "A test of newswire: this receiver is told");
    room.assert_sound();
}

#[test]
fn a_receiver_that_wants_to_is_told_of_alarms_when_they_open_and_when_they_are_over() {
    let (desk, other) = (Desk::open(), Desk::open());
    let mut room = room_with_webhook(&desk);
    room.set(&[("receivers.desk.alarms", "true")]);
    let keys = webhook(&other);
    add_receiver(&mut room, "other", &keys.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
    room.follow("harbour", "http://127.0.0.1:1/feed", Some("feed"));
    room.run(&["fetch", "--due"]).exits(77);
    let set = |failures: u32| {
        let connection = rusqlite::Connection::open(room.database()).unwrap();
        let sql = "UPDATE _source_schedule SET failures_in_a_row = ?1, next_due_at = 99999999999999
                   WHERE source_id = (SELECT id FROM sources WHERE slug = 'harbour')";
        connection.execute(sql, [failures]).unwrap();
    };
    let run_until = |n_sent: i64| {
        let daemon = room.start();
        room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE state = 'sent'", &n_sent.to_string());
        std::thread::sleep(Duration::from_millis(600));
        daemon.stop().exits(0);
    };
    set(4);
    run_until(1);
    run_until(1);
    set(0);
    run_until(2);
    run_until(2);
    let told: Vec<Value> = desk.taken().iter().map(Taken::json).collect();
    let said = |name: &str| told.iter().map(|told| told[name].as_str().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(said("kind"), ["alarm-opened", "alarm-closed"], "{told:#?}");
    assert_eq!(said("title"), ["harbour: failing"; 2]);
    let [opened, closed] = [0, 1].map(|at| &told[at]["alarm"]);
    assert_eq!(
        (&opened["subject"], &opened["closed_at"], &opened["id"]),
        (&json!("harbour"), &Value::Null, &closed["id"])
    );
    assert!(opened["why"].as_str().is_some_and(|why| why.starts_with("4× ")) && closed["closed_at"].is_string());
    assert!(desk.taken().iter().all(Taken::is_signed));
    assert!(other.taken().is_empty(), "who does not want to is not told");
    // Each that opens again is another.
    set(5);
    run_until(3);
    assert_eq!(room.number("SELECT count(DISTINCT alarm_id) FROM messages"), 2);
    room.assert_sound();
}

#[test]
fn what_is_told_again_after_a_restore_has_the_key_that_it_had() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "storms", "storm"]).exits(0);
    let backup = room.path("backup.db").display().to_string();
    room.run(&["backup", &backup]).exits(0);
    for n_told in 1..=2 {
        import(&room, &["Storm off Lorne".to_owned()]);
        let daemon = room.start();
        assert!(wait_until(PATIENCE, || desk.taken().len() == n_told), "{:?}", desk.taken());
        room.wait_for(PATIENCE, ALL_SENT, "0");
        daemon.stop().exits(0);
        room.run(&["restore", "--force", &backup]).exits(0);
    }
    let keys: BTreeSet<String> = desk.taken().iter().map(|taken| taken.head["webhook-id"].clone()).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    room.assert_sound();
}

#[test]
fn what_a_receiver_does_not_take_is_tried_again_with_the_same_key() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    desk.answer("HTTP/1.1 503 Not now\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let daemon = room.start();
    daemon.wait_to_say("receiver desk did not take message 1");
    let listed = room.run(&["--json", "receivers", "ls"]).exits(0).json_lines();
    assert_eq!((&listed[0]["state"], &listed[0]["error"]), (&json!("failing"), &json!("HTTP 503")));
    desk.answer(OK);
    room.wait_for(PATIENCE, ALL_SENT, "0");
    let keys: BTreeSet<String> = desk.taken().iter().map(|taken| taken.head["webhook-id"].clone()).collect();
    assert!(keys.len() == 1 && desk.taken().len() >= 2, "{keys:?}");
    daemon.stop().exits(0);
}

#[test]
fn a_receiver_for_which_nothing_waits_any_more_is_not_said_to_fail() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    desk.answer("HTTP/1.1 503 Not now\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let daemon = room.start();
    daemon.wait_to_say("receiver desk did not take message 1");
    room.wait_for(PATIENCE, "SELECT count(*) FROM _receivers", "1");
    daemon.stop().exits(0);
    let listed = || room.run(&["--json", "receivers", "ls"]).exits(0).json_lines();
    assert_eq!((&listed()[0]["state"], &listed()[0]["n_waiting"]), (&json!("failing"), &json!(1)));
    // What waited goes with its watch.
    room.run(&["watch", "rm", "all"]).exits(0);
    assert_eq!((&listed()[0]["state"], &listed()[0]["n_waiting"]), (&json!("active"), &json!(0)));
    assert_eq!(listed()[0]["failing_since"], Value::Null);
}

#[test]
fn a_receiver_that_is_gone_is_paused_and_told_until_somebody_resumes_it() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    desk.answer("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let daemon = room.start();
    daemon.wait_to_say("receiver desk is paused, since it says that it is gone");
    desk.answer(OK);
    assert_eq!(room.run(&["receivers", "ls"]).exits(0).cells()[0][2], "paused");
    room.run(&["watch", "ls"]).exits(0).says("newswire receivers resume desk");
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(desk.taken().len(), 1, "it is left in peace");
    room.run(&["receivers", "resume", "desk"]).exits(0);
    room.wait_for(PATIENCE, ALL_SENT, "0");
    daemon.stop().exits(0);
}

#[test]
fn a_receiver_that_hangs_keeps_nobody_waiting() {
    let (hanging, desk) = (Desk::open(), Desk::open());
    hanging.answer(SILENCE);
    let mut room = room_with_webhook(&desk);
    let keys = webhook(&hanging);
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
    add_receiver(&mut room, "hanging", &keys);
    room.run(&["watch", "add", "all", "--to", "desk", "--to", "hanging"]).exits(0);
    let headlines: Vec<String> = (0..12).map(|number| format!("Storm {number} off Lorne {number}")).collect();
    import(&room, &headlines);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE receiver = 'desk' AND state = 'sent'", "12");
    assert!(!hanging.taken().is_empty());
    assert_eq!(room.value("SELECT count(*) FROM messages WHERE receiver = 'hanging' AND state = 'waiting'"), "12");
    daemon.stop().exits(0);
}

#[test]
fn a_command_has_the_message_on_its_input_and_nothing_of_it_elsewhere() {
    let room = room_with(&[]);
    let (input, place) = (room.path("input.json"), room.path("place.txt"));
    let script = format!("cat >> '{}'; {{ env; echo \"$0 $*\"; }} > '{}'", input.display(), place.display());
    let command = json!(["/bin/sh", "-c", script, "told"]).to_string();
    let mut room = room;
    add_receiver(&mut room, "desk", &[("kind", "\"command\""), ("command", &command)]);
    room.run(&["watch", "add", "all"]).exits(0);
    let headline = "Storm $(touch broken) `touch broken` '; touch broken";
    import(&room, &[headline.to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT group_concat(state) FROM messages", "sent");
    daemon.stop().exits(0);
    let told: Value = serde_json::from_str(&std::fs::read_to_string(input).unwrap()).unwrap();
    assert_eq!(told["title"], headline);
    let place = std::fs::read_to_string(place).unwrap();
    assert!(!place.contains("Storm") && !place.contains("NEWSWIRE") && place.contains("PATH="), "{place}");
    assert!(!room.path("broken").exists());
    // One that fails says why.
    add_receiver(&mut room, "desk", &[("command", "[\"/bin/sh\", \"-c\", \"echo no room >&2; exit 3\"]")]);
    room.run(&["receivers", "test", "desk"]).exits(1).says("exit status: 3 no room");
    add_receiver(&mut room, "desk", &[("command", "[\"/bin/sleep\", \"60\"]"), ("timeout_s", "1")]);
    room.run(&["receivers", "test", "desk"]).exits(1).says("ended after 1 s");
    // What it leaves running, and what that holds open, is nothing to whether it has taken the message.
    for (script, code) in [("sleep 20 & exit 0", 0), ("echo no room >&2; sleep 20 & exit 3", 1)] {
        let command = json!(["/bin/sh", "-c", script]).to_string();
        add_receiver(&mut room, "desk", &[("command", &command), ("timeout_s", "10")]);
        let tried = room.run(&["receivers", "test", "desk"]).exits(code);
        if code != 0 {
            tried.says("exit status: 3 no room");
        }
    }
}

#[test]
fn mails_and_notifications_are_plain_text_with_a_head_that_a_headline_cannot_end() {
    let (port, mails) = mail_server(Mailbox::Open);
    let ntfy = Desk::open();
    let networks = "[\"127.0.0.1\"]";
    let (port, url) = (port.to_string(), format!("\"http://127.0.0.1:{}/\"", ntfy.port));
    let mut room = room_with(&[
        ("kind", "\"email\""),
        ("host", "\"127.0.0.1\""),
        ("port", &port),
        ("security", "\"none\""),
        ("from", "\"newswire@desk.example\""),
        ("to", "[\"ana@desk.example\"]"),
        ("private_networks", networks),
    ]);
    let keys = [
        ("kind", "\"ntfy\""),
        ("url", url.as_str()),
        ("topic", "\"news\""),
        ("credentials", "\"phone\""),
        ("private_networks", networks),
    ];
    add_receiver(&mut room, "phone", &keys);
    keep_secret(&room, "phone", "header Authorization: Bearer tk_night\n");
    room.run(&["watch", "add", "all", "--to", "desk", "--to", "phone"]).exits(0);
    import(&room, &["Stürme vor Lorne\r\nBcc: all@desk.example".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE state = 'sent'", "2");
    daemon.stop().exits(0);
    let mails = mails.lock().unwrap().clone();
    let key = room.value("SELECT key FROM messages WHERE receiver = 'desk'");
    assert!(mails[0].contains(&format!("Message-ID: <{key}@desk.example>")), "{}", mails[0]);
    assert!(mails[0].contains("RCPT TO:<ana@desk.example>") && mails[0].contains("Subject: New: "), "{}", mails[0]);
    assert!(!mails[0].lines().any(|line| line.starts_with("Bcc:")), "{}", mails[0]);
    let notification = &ntfy.taken()[0];
    assert_eq!(notification.head["authorization"], "Bearer tk_night");
    let told = notification.json();
    assert_eq!(
        (&told["topic"], &told["title"]),
        (&json!("news"), &json!("New: Stürme vor Lorne Bcc: all@desk.example"))
    );
}

/// What a mail server says, and does not come to an end of.
enum Endless {
    Line,
    Answer,
}

/// Bytes after which a server that never ends what it says has seen enough.
const ENDLESS_BYTES: usize = 64 << 20;

/// A mail server that is mad. Returns where it is, and how many bytes it was rid of in all.
fn endless_mail_server(what: Endless) -> (u16, Arc<AtomicUsize>) {
    fn pour(mut stream: impl Write, what: &Endless, n_sent: &AtomicUsize) -> std::io::Result<()> {
        let chunk = match what {
            Endless::Line => "a".repeat(8192),
            Endless::Answer => "220-mail.example\r\n".repeat(400),
        };
        while n_sent.load(Ordering::Relaxed) < ENDLESS_BYTES {
            stream.write_all(chunk.as_bytes())?;
            n_sent.fetch_add(chunk.len(), Ordering::Relaxed);
        }
        Ok(())
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let n_sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_sent);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Whoever goes away has heard enough.
            let _ = pour(stream, &what, &counted);
        }
    });
    (port, n_sent)
}

#[test]
fn a_mail_server_that_never_ends_what_it_says_is_not_listened_to_for_long() {
    for (what, security) in [(Endless::Line, "none"), (Endless::Line, "starttls"), (Endless::Answer, "none")] {
        let (port, n_sent) = endless_mail_server(what);
        let (port, security) = (port.to_string(), format!("\"{security}\""));
        let room = room_with(&[
            ("kind", "\"email\""),
            ("host", "\"127.0.0.1\""),
            ("port", &port),
            ("security", &security),
            ("from", "\"newswire@desk.example\""),
            ("to", "[\"ana@desk.example\"]"),
            ("private_networks", "[\"127.0.0.1\"]"),
        ]);
        let tried = room.run(&["receivers", "test", "desk"]).exits(1);
        assert!(tried.stderr.contains("more than a mail server has to say"), "{}", tried.stderr);
        // What stands in buffers of the kernel was not read.
        assert!(n_sent.load(Ordering::Relaxed) < ENDLESS_BYTES / 2, "{security}: {n_sent:?}");
    }
}

#[test]
fn a_private_address_is_told_nothing_unless_its_receiver_allows_it() {
    let desk = Desk::open();
    let mut room = room_with_webhook(&desk);
    // What may be fetched is nothing to who may be told.
    room.set(&[("fetch.private_networks", "[\"127.0.0.0/8\"]"), ("receivers.desk.private_networks", "[]")]);
    let refused = "private or reserved; private_networks of the receiver can allow it";
    room.run(&["receivers", "test", "desk"]).exits(1).says(refused);
    let named = format!("\"http://localhost:{}/\"", desk.port);
    room.set(&[("receivers.desk.url", &named)]);
    room.run(&["receivers", "test", "desk"]).exits(1).says(refused);
    add_receiver(
        &mut room,
        "mail",
        &[
            ("kind", "\"email\""),
            ("host", "\"localhost\""),
            ("from", "\"a@desk.example\""),
            ("to", "[\"b@desk.example\"]"),
        ],
    );
    room.run(&["receivers", "test", "mail"]).exits(1).says(refused);
    // What is certain to be refused is told before anything is sent.
    let told = room.run(&["config", "check"]).exits(78);
    for key in ["desk.url = \"http://localhost:", "mail.host = \"localhost\""] {
        let line = told.stderr.lines().find(|line| line.contains(&format!("receivers.{key}")));
        assert!(line.is_some_and(|line| line.contains("put \"127.0.0.1\" into private_networks")), "{}", told.stderr);
    }
    for (host, code) in [("10.0.0.7", 78), ("[fe80::1]", 78), ("desk.example", 0), ("203.0.114.5", 0), ("localhost", 0)]
    {
        let allowed = if host == "localhost" { "[\"::1\"]" } else { "[]" };
        room.set(&[
            ("receivers.desk.url", &format!("\"http://{host}/\"")),
            ("receivers.desk.private_networks", allowed),
            ("receivers.mail.host", "\"mail.desk.example\""),
        ]);
        room.run(&["config", "check"]).exits(code);
    }
    room.set(&[("receivers.desk.url", &named)]);
    // A server that sends us on is not followed, wherever to.
    room.set(&[("receivers.desk.private_networks", "[\"127.0.0.0/8\", \"::1\"]")]);
    desk.answer("HTTP/1.1 307 Elsewhere\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    room.run(&["receivers", "test", "desk"]).exits(1).says("HTTP 307");
    assert_eq!(desk.taken().len(), 1);
}

#[test]
fn what_a_receiver_says_turns_nothing_around_on_a_terminal() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    desk.answer("HTTP/1.1 500 No\r\ncontent-length: 20\r\nconnection: close\r\n\r\nno \u{202e}room\u{1b}]0;x\u{7} now");
    let tried = room.run(&["receivers", "test", "desk"]).exits(1).says("HTTP 500: no  room ]0;x  now");
    assert!(!tried.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", tried.stderr);
}

#[test]
fn what_gathers_for_a_digest_is_sent_together() {
    let desk = Desk::open();
    let mut room = room_with_webhook(&desk);
    // Hours away, whatever the clock says.
    let later = Timestamp::now() + SignedDuration::from_hours(6);
    let hour = later.to_zoned(jiff::tz::TimeZone::UTC).strftime("[\"%H:%M\"]").to_string();
    room.set(&[("receivers.desk.digest", &hour)]);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned(), "Calm in Velden".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages", "2");
    daemon.stop().exits(0);
    let hour_of = "SELECT DISTINCT strftime('[\"%H:%M\"]', next_try_at) FROM messages";
    assert_eq!((room.value(hour_of), desk.taken().len()), (hour, 0));
    // The hour comes.
    let connection = rusqlite::Connection::open(room.database()).unwrap();
    connection.execute("UPDATE messages SET next_try_at = '2026-01-01T07:00:00Z'", []).unwrap();
    drop(connection);
    let daemon = room.start();
    room.wait_for(PATIENCE, ALL_SENT, "0");
    daemon.stop().exits(0);
    let taken = desk.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let told = taken[0].json();
    assert_eq!((&told["kind"], told["messages"].as_array().map(Vec::len)), (&json!("digest"), Some(2)));
    assert!(taken[0].is_signed());
}

#[test]
fn all_that_is_wrong_with_receivers_is_told_at_once() {
    let mut room = Newsroom::new();
    for (name, keys) in [
        ("a", vec![("kind", "\"pigeon\"")]),
        ("b", vec![("kind", "\"command\""), ("command", "[\"sh\"]"), ("topic", "\"x\"")]),
        ("c", vec![("kind", "\"webhook\""), ("url", "\"https://ana:b@desk.example/\"")]),
        ("d", vec![("kind", "\"ntfy\""), ("url", "\"https://a.example\""), ("topic", "\"a b\""), ("timeout_s", "0")]),
        (
            "f",
            vec![("kind", "\"command\""), ("command", "[\"/bin/true\"]"), ("digest", "[]"), ("time_zone", "\"UTC\"")],
        ),
        ("e", vec![("kind", "\"email\""), ("digest", "[\"25:00\"]"), ("time_zone", "\"Nowhere\"")]),
    ] {
        add_receiver(&mut room, name, &keys);
    }
    let told = room.run(&["config", "check"]).exits(78);
    for (key, rule) in [
        ("a.kind", "must be command, webhook, ntfy or email"),
        ("b.command", "the whole path of a program"),
        ("b.topic", "unknown key: a receiver of kind command has kind, timeout_s"),
        ("c.url", "must be without user and password"),
        ("c.credentials", "must name the key of the signature"),
        ("d.topic", "must be 1 to 64"),
        ("d.timeout_s", "from 1 to 600"),
        ("f.digest", "names no hours"),
        ("e.host", "must be the host"),
        ("e.from", "an address of mail"),
        ("e.to", "a list of addresses"),
        ("e.digest", "hours such as"),
        ("e.time_zone", "must be a zone"),
    ] {
        let line = told.stderr.lines().find(|line| line.contains(&format!("receivers.{key}")));
        assert!(line.is_some_and(|line| line.contains(rule)), "{key}: {}", told.stderr);
    }
    assert!(!told.stderr.contains("ana:b"));
    // A section in which nothing stands is no receiver, and neither is a value in its place.
    let settings = std::fs::read_to_string(room.path("newswire.toml")).unwrap();
    let settings: String =
        settings.lines().filter(|line| !line.starts_with("receivers.")).collect::<Vec<_>>().join("\n");
    let misspelt = "[receiver.desk]\nkind = \"webhook\"\nurl = \"https://desk.example/\"";
    room.file("newswire.toml", format!("{settings}\n{misspelt}\n"));
    let told = room.run(&["config", "check"]).exits(78);
    assert_eq!(told.stderr.lines().filter(|line| line.contains("receiver")).count(), 1, "{}", told.stderr);
    told.says("[receiver.desk]: unknown section, did you mean [receivers.desk]?");
    for (added, name) in [("[receivers.desk]", "desk"), ("[receivers]\nquay = \"webhook\"", "quay")] {
        room.file("newswire.toml", format!("{settings}\n{added}\n"));
        let told = room.run(&["config", "check"]).exits(78);
        assert_eq!(told.stderr.lines().filter(|line| line.contains("receivers")).count(), 1, "{}", told.stderr);
        told.says(&format!("[receivers.{name}]: must be a section with the kind of the receiver"));
    }
}

#[test]
fn a_program_that_is_not_there_is_told_and_keeps_nothing_else_from_working() {
    let mut room = room_with(&[("kind", "\"command\""), ("command", "[\"/nowhere/told\", \"-q\"]")]);
    room.run(&["config", "check"]).exits(78).says("there is no /nowhere/told: install it");
    let daemon = room.start();
    daemon.wait_to_say("there is no /nowhere/told");
    daemon.wait_to_say("started");
    daemon.stop().exits(0);
    let script = room.file("told.sh", "");
    for (program, rule) in [(script.as_str(), "`chmod +x"), ("/tmp", "/tmp is no program")] {
        room.set(&[("receivers.desk.command", &json!([program]).to_string())]);
        room.run(&["config", "check"]).exits(78).says(rule);
    }
    room.set(&[("receivers.desk.command", "[\"/bin/sh\"]")]);
    room.run(&["config", "check"]).exits(0);
}

fn mail_keys(port: u16, security: &str) -> Vec<(&'static str, String)> {
    vec![
        ("kind", "\"email\"".to_owned()),
        ("host", "\"localhost\"".to_owned()),
        ("port", port.to_string()),
        ("security", format!("{security:?}")),
        ("from", "\"newswire@desk.example\"".to_owned()),
        ("to", "[\"ana@desk.example\"]".to_owned()),
        ("private_networks", "[\"127.0.0.1\", \"::1\"]".to_owned()),
        ("timeout_s", "5".to_owned()),
    ]
}

fn room_with_mail(port: u16, security: &str) -> Newsroom {
    let keys = mail_keys(port, security);
    room_with(&keys.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>())
}

#[test]
fn a_mail_is_given_to_the_server_alone_whose_certificate_is_trusted() {
    for (mailbox, security) in [(Mailbox::Tls, "tls"), (Mailbox::Starttls, "starttls"), (Mailbox::Open, "starttls")] {
        let (port, mails) = mail_server(mailbox);
        let room = room_with_mail(port, security);
        let test = |trusted: &str| {
            let mut command = room.command(&["receivers", "test", "desk"]);
            command.env("SSL_CERT_FILE", fixture(trusted));
            run_to_end(command, b"")
        };
        // One that is signed by itself, for another name, with the same key.
        let refused = test("certificate.pem").exits(1);
        let n_taken = mails.lock().unwrap().len();
        if mailbox == Mailbox::Open {
            refused.says(&format!("localhost offers no STARTTLS at port {port}: `security = \"tls\"`"));
            test("authority.pem").exits(1);
        } else {
            refused.says("UnknownIssuer");
            assert_eq!(n_taken, 0);
            test("authority.pem").exits(0);
            let mails = mails.lock().unwrap().clone();
            assert!(mails.len() == 1 && mails[0].contains("RCPT TO:<ana@desk.example>"), "{security}: {mails:?}");
        }
        assert!(mails.lock().unwrap().len() <= 1 && n_taken == 0, "{security}");
    }
}

#[test]
fn a_mail_that_is_taken_is_not_sent_again_whatever_becomes_of_the_farewell() {
    let (port, mails) = mail_server(Mailbox::Mute);
    let mut room = room_with_mail(port, "none");
    room.set(&[("receivers.desk.timeout_s", "1")]);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT group_concat(state || ' ' || n_tries) FROM messages", "sent 1");
    daemon.stop().exits(0);
    assert_eq!(mails.lock().unwrap().len(), 1);
}

#[test]
fn what_a_command_starts_in_a_session_of_its_own_ends_with_its_time() {
    let room = room_with(&[]);
    let (begun, left) = (room.path("begun"), room.path("left"));
    let script =
        format!("setsid sh -c 'echo $$ > \"{}\"; sleep 3; touch \"{}\"' & wait", begun.display(), left.display());
    let command = json!(["/bin/sh", "-c", script]).to_string();
    let mut room = room;
    add_receiver(&mut room, "desk", &[("kind", "\"command\""), ("command", &command), ("timeout_s", "1")]);
    room.run(&["receivers", "test", "desk"]).exits(1).says("ended after 1 s");
    let process = std::fs::read_to_string(begun).unwrap();
    let is_over = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    assert!(wait_until(Duration::from_secs(2), is_over), "{process} lives");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!left.exists());
}

/// A room with a receiver `desk` that takes nothing, and another that is told of alarms.
fn room_in_trouble(desk: &Desk, other: &Desk) -> Newsroom {
    let mut room = room_with_webhook(desk);
    room.set(&[("receivers.desk.alarms", "true"), ("receivers.other.alarms", "true")]);
    let keys = webhook(other);
    add_receiver(&mut room, "other", &keys.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
    room.run(&["watch", "add", "all", "--to", "desk"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    room
}

#[test]
fn a_receiver_that_takes_nothing_is_an_alarm_which_others_are_told_of() {
    let (desk, other) = (Desk::open(), Desk::open());
    desk.answer("HTTP/1.1 503 Not now\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let room = room_in_trouble(&desk, &other);
    let daemon = room.start();
    daemon.wait_to_say("receiver desk did not take message 1");
    // Not for long yet.
    room.run(&["status"]).exits(0);
    daemon.stop().exits(0);
    let connection = rusqlite::Connection::open(room.database()).unwrap();
    connection.execute("UPDATE _receivers SET failing_since = '2026-11-20T07:00:00Z'", []).unwrap();
    // One that another program has damaged keeps no other waiting, nor does a clock that was ahead.
    connection
        .execute_batch(
            "UPDATE messages SET next_try_at = '2999-01-01T00:00:00Z';
             INSERT INTO messages (key, kind, subject, receiver, payload, made_at)
                 VALUES (CAST(x'fe' AS TEXT), 'story-new', 'x', 'desk', '{}', '2026-11-20T00:00:00Z');
             INSERT INTO alarms (kind, subject, opened_at, why) VALUES ('gap', CAST(x'ff' AS TEXT), '2026-11-20T00:00:00Z', 'x')",
        )
        .unwrap();
    let daemon = room.start();
    daemon.wait_to_say(" of desk (receiver): receiver desk has taken nothing since 2026-11-20T07:00:00Z: HTTP 503");
    daemon.wait_to_say("of what waits for receiver desk, message");
    connection
        .execute_batch("DELETE FROM messages WHERE subject = 'x'; DELETE FROM alarms WHERE kind = 'gap'")
        .unwrap();
    assert!(wait_until(PATIENCE, || !other.taken().is_empty()));
    let why = "receiver desk has taken nothing since 2026-11-20T07:00:00Z: HTTP 503";
    assert_eq!(titles(&other.taken()), ["desk: receiver"]);
    assert_eq!(other.taken()[0].json()["alarm"]["why"], why);
    room.run(&["status"]).exits(1).says(why);
    let status = room.run(&["--json", "status"]).exits(1).json();
    assert_eq!(
        (&status["receivers"][0]["name"], &status["receivers"][0]["state"], &status["receivers"][0]["n_waiting"]),
        (&json!("desk"), &json!("failing"), &json!(1))
    );
    assert_eq!(room.run(&["status", "--check"]).exits(1).stdout, format!("wrong: {why}\n"));
    let listed = room.run(&["alarms"]).exits(0);
    assert_eq!(listed.cells()[0][1..3], ["receiver", "desk"]);
    assert_eq!(room.value("SELECT count(*) FROM messages WHERE alarm_id IS NOT NULL AND receiver = 'desk'"), "0");
    desk.answer(OK);
    room.run(&["receivers", "resume", "desk"]).exits(0);
    room.wait_for(PATIENCE, ALL_SENT, "0");
    daemon.stop().exits(0);
    let daemon = room.start();
    daemon.wait_to_say(" of desk (receiver) is over: it takes messages again, or none wait for it");
    assert!(wait_until(PATIENCE, || other.taken().len() == 2));
    room.run(&["status"]).exits(0);
    daemon.stop().exits(0);
    // Who tells whom is nobody else's affair.
    let copy = room.path("copy.db").display().to_string();
    room.run(&["snapshot", &copy]).exits(0);
    let snapshot = rusqlite::Connection::open(&copy).unwrap();
    assert_eq!(snapshot.query_row("SELECT count(*) FROM alarms", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    room.assert_sound();
}

#[test]
fn a_receiver_that_is_taken_out_of_the_settings_is_told_at_once_while_messages_wait_for_it() {
    let (desk, other) = (Desk::open(), Desk::open());
    desk.answer("HTTP/1.1 503 Not now\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let room = room_in_trouble(&desk, &other);
    let daemon = room.start();
    daemon.wait_to_say("receiver desk did not take message 1");
    room.run(&["receivers", "forget", "desk"]).exits(2).says("receiver desk is in the settings");
    room.run(&["receivers", "forget", "none"]).exits(1).says("there was no receiver none");
    let settings = std::fs::read_to_string(room.path("newswire.toml")).unwrap();
    let without: Vec<&str> = settings.lines().filter(|line| !line.starts_with("receivers.desk.")).collect();
    room.file("newswire.toml", without.join("\n"));
    daemon.signal("HUP");
    daemon.wait_to_say("the settings have no receiver desk, which watches are to tell: messages to it wait, 1 now");
    let why = "the settings have no receiver desk, for which messages wait";
    daemon.wait_to_say(why);
    assert!(wait_until(PATIENCE, || titles(&other.taken()) == ["desk: receiver"]));
    room.run(&["status", "--check"]).exits(1);
    let complete = |words: &[&str]| room.run(&[&["__complete", "--"], words].concat()).exits(0).stdout;
    assert_eq!(complete(&["receivers", "forget", ""]), "desk\t1 message\n");
    assert_eq!(complete(&["receivers", "retry", ""]), "other\twebhook\n");
    assert_eq!(complete(&["watch", "add", "x", "--to", "o"]), "other\twebhook\n");
    for action in ["rm", "pause", "resume", "test"] {
        assert_eq!(complete(&["watch", action, "a"]), "all\tstory-new\n");
    }
    let told = room.run(&["receivers", "forget", "desk"]).exits(0).says("newswire watch rm all");
    assert_eq!(told.cells()[0], ["desk", "1 message given up"]);
    room.run(&["status"]).exits(0);
    daemon.stop().exits(0);
}

#[test]
fn a_message_that_is_refused_again_and_again_is_set_aside_where_others_are_taken() {
    const ASIDE: &str = "SELECT state FROM messages WHERE kind = 'story-new' ORDER BY id LIMIT 1";
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    import(&room, &["Storm off Lorne".to_owned()]);
    desk.answer("HTTP/1.1 422 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let execute = |sql: &str| rusqlite::Connection::open(room.database()).unwrap().execute_batch(sql).unwrap();
    let n_refusals = "SELECT n_refusals FROM messages ORDER BY id LIMIT 1";
    let daemon = room.start();
    room.wait_for(PATIENCE, n_refusals, "1");
    daemon.stop().exits(0);
    // As often as is enough, but nothing else was taken: the receiver may be what is wrong.
    execute("UPDATE messages SET n_refusals = 7, next_try_at = NULL");
    let daemon = room.start();
    room.wait_for(PATIENCE, n_refusals, "8");
    daemon.stop().exits(0);
    assert_eq!(room.value(ASIDE), "waiting");
    // It takes another one.
    execute("UPDATE messages SET next_try_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+20 hours')");
    desk.answer(OK);
    import(&room, &["Calm in Velden".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE state = 'sent'", "1");
    daemon.stop().exits(0);
    desk.answer("HTTP/1.1 422 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    execute("UPDATE messages SET next_try_at = NULL WHERE state = 'waiting'");
    let daemon = room.start();
    let id = room.value("SELECT min(id) FROM messages");
    daemon.wait_to_say(&format!("receiver desk refuses message {id} again and again and takes others"));
    daemon.wait_to_say("newswire receivers retry desk");
    daemon.stop().exits(0);
    assert_eq!(room.value(ASIDE), "refused");
    let listed = room.run(&["receivers", "ls"]).exits(0);
    assert_eq!(listed.cells()[0][..5], ["desk", "webhook", "active", "0", "1"]);
    assert_eq!(listed.cells()[0][8], "1", "refused");
    let status = room.run(&["--json", "status"]).exits(0).json();
    assert_eq!(status["receivers"][0]["n_refused"], 1);
    desk.answer(OK);
    let told = room.run(&["receivers", "retry", "desk"]).exits(0);
    assert_eq!(told.cells()[0][1], "is sent 1 message again once a daemon runs (`newswire run`), which none does");
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.wait_for(PATIENCE, ASIDE, "sent");
    room.run(&["receivers", "retry", "desk"]).exits(0);
    daemon.stop().exits(0);
    let keys: BTreeSet<String> = desk.taken().iter().map(|taken| taken.head["webhook-id"].clone()).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    room.assert_sound();
}

#[test]
fn a_receiver_is_not_paused_for_the_one_message_that_it_refuses() {
    const NO: &str = "HTTP/1.1 422 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    let execute = |sql: &str| rusqlite::Connection::open(room.database()).unwrap().execute_batch(sql).unwrap();
    let states =
        "SELECT group_concat(state, ' ') FROM (SELECT state FROM messages WHERE kind = 'story-new' ORDER BY id)";
    // Refused for three days, as if it were so.
    let refused_for_days = || {
        execute(
            "UPDATE messages SET n_tries = 24, n_refusals = 24, next_try_at = NULL, refused_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-4 days')
             WHERE state = 'waiting';
             UPDATE _receivers SET failing_since = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-4 days')",
        );
        let daemon = room.start();
        room.wait_for(PATIENCE, "SELECT max(n_tries) FROM messages", "25");
        daemon
    };
    desk.answer(NO);
    import(&room, &["Storm off Lorne".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT sum(n_refusals) FROM messages", "1");
    daemon.stop().exits(0);
    // It has never taken anything: it is the receiver that is wrong.
    let daemon = refused_for_days();
    daemon.wait_to_say("receiver desk is paused, since it has taken nothing for days");
    daemon.stop().exits(0);
    assert_eq!(room.value(states), "waiting");
    desk.answer(OK);
    room.run(&["receivers", "resume", "desk"]).exits(0);
    let daemon = room.start();
    room.wait_for(PATIENCE, states, "sent");
    daemon.stop().exits(0);
    execute("UPDATE messages SET n_tries = 1, sent_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-9 days')");
    desk.answer(NO);
    import(&room, &["Calm in Velden".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT n_refusals FROM messages ORDER BY id DESC LIMIT 1", "1");
    daemon.stop().exits(0);
    let daemon = refused_for_days();
    let id = room.value("SELECT max(id) FROM messages");
    daemon.wait_to_say(&format!("receiver desk refuses message {id} for days and took others before"));
    daemon.stop().exits(0);
    assert_eq!(room.value(states), "sent refused");
    assert_eq!(room.run(&["receivers", "ls"]).exits(0).cells()[0][2], "active");
    // What comes later is sent.
    desk.answer(OK);
    import(&room, &["Ferry to Orrin".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, states, "sent refused sent");
    daemon.stop().exits(0);
    room.assert_sound();
}

#[test]
fn a_watch_is_paused_and_resumed_and_who_does_so_is_told_whether_a_daemon_runs() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    let nobody = "once a daemon runs (`newswire run`), which none does";
    let told = room.run(&["watch", "add", "storms", "storm"]).exits(0);
    assert_eq!(told.cells()[0][1], format!("story-new is told to desk of what comes from now on, {nobody}"));
    room.run(&["watch", "pause", "storms", "none"]).exits(3).says("there is no watch none");
    assert_eq!(room.run(&["watch", "pause", "storms"]).exits(0).cells()[0][1], "was paused already");
    assert_eq!(room.run(&["watch", "ls"]).exits(0).cells()[0][10], "paused");
    import(&room, &["Storm off Lorne".to_owned()]);
    let told = room.run(&["watch", "resume", "storms"]).exits(0);
    assert_eq!(told.cells()[0][1], format!("is told of what comes from now on, {nobody}"));
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM _daemon WHERE stopped_at IS NULL", "1");
    let told = room.run(&["watch", "add", "all"]).exits(0);
    assert_eq!(told.cells()[0][1], "story-new is told to desk from now on");
    room.run(&["watch", "pause", "all"]).exits(0);
    assert_eq!(room.run(&["watch", "resume", "all"]).exits(0).cells()[0][1], "is told of what comes from now on");
    daemon.stop().exits(0);
    import(&room, &["Storm off Velden".to_owned()]);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE state = 'sent'", "2");
    daemon.stop().exits(0);
    assert_eq!(titles(&desk.taken()), ["Storm off Velden"; 2]);
}

#[test]
fn a_trial_sees_every_wording_and_takes_an_import_for_as_old_as_it_was() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    let line = |title: &str, text: &str, hours_ago: i64| {
        json!({
            "url": format!("https://paper.example/{}", title.replace(' ', "-")), "title": title, "language": "en",
            "published": (Timestamp::now() - SignedDuration::from_hours(hours_ago)).to_string(),
            "paragraphs": [Chance(11 + hours_ago.unsigned_abs()).words(40), text],
        })
        .to_string()
    };
    let import = |line: &str| {
        let file = room.file("line.jsonl", line);
        room.run(&["import", &file]).exits(0);
    };
    for text in ["The ferry is late by an hour.", "The ferry is late by two hours.", "The ferry does not run today."] {
        import(&line("Ferry of Lorne", text, 1));
    }
    // Published five days ago, and imported now: the daemon would not have told it.
    import(&line("Bridge of Velden", "The bridge is closed until May, the council said on Friday.", 120));
    let tried = |arguments: &[&str]| {
        let tried =
            room.run(&[&["--json", "watch", "test"], arguments].concat()).exits(0).says("judged by what is stored now");
        let told = tried.json_lines();
        told.iter()
            .map(|told| format!("{} {}", told["title"].as_str().unwrap(), told["revision"]["revision"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(tried(&["ferry", "--revised"]), ["Ferry of Lorne 2", "Ferry of Lorne 3"]);
    // Each with the time of its own wording.
    let at = (Timestamp::now() - SignedDuration::from_hours(2)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    rusqlite::Connection::open(room.database())
        .and_then(|file| file.execute("UPDATE revisions SET seen_at = ?1 WHERE revision = 2", [&at]))
        .expect("it can be written");
    let now = room.value("SELECT updated_at FROM articles WHERE title LIKE 'Ferry%'");
    let told = room.run(&["watch", "test", "ferry", "--revised"]).exits(0);
    assert_eq!(told.cells().iter().map(|cells| cells[0]).collect::<Vec<_>>(), [&at, &now]);
    let told = room.run(&["--json", "watch", "test", "ferry", "--revised"]).exits(0).json_lines();
    assert_eq!(told[0]["revision"]["seen_at"], at);
    // The words of a wording between the first and the last.
    assert_eq!(tried(&["\"two hours\"", "--revised"]), ["Ferry of Lorne 2", "Ferry of Lorne 3"]);
    assert_eq!(tried(&["\"an hour\"", "--revised"]), ["Ferry of Lorne 2"]);
    assert_eq!(tried(&["ferry"]), ["Ferry of Lorne null"]);
    assert_eq!(tried(&["bridge"]), [""; 0]);
}

#[test]
fn what_looks_like_an_operator_is_told_to_be_a_word() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    let told = "OR: taken for words";
    room.run(&["watch", "add", "storms", "storm OR gale"])
        .exits(0)
        .says(told)
        .says("all must occur: \"storm\" \"OR\" \"gale\"");
    room.run(&["watch", "test", "storms"]).exits(0).says(told);
    room.run(&["search", "storm", "OR", "gale"]).exits(0).says(told).says("--raw");
    assert_eq!(room.run(&["search", "--raw", "storm OR gale"]).exits(0).stderr, "");
    assert_eq!(room.run(&["search", "storm or gale"]).exits(0).stderr, "");
    assert_eq!(room.run(&["-q", "search", "storm OR gale"]).exits(0).stderr, "");
}

/// `KILLS=1000 cargo test --test it killed_while_it_tells` is the long form.
#[test]
fn a_daemon_that_is_killed_while_it_tells_loses_nothing_and_repeats_under_the_same_key() {
    let desk = Desk::open();
    let room = room_with_webhook(&desk);
    room.run(&["watch", "add", "all"]).exits(0);
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let mut n_reports = 0;
    for life_ms in lives_ms() {
        let headlines: Vec<String> = (0..=chance.next(3)).map(|_| chance.words(5)).collect();
        n_reports += headlines.len();
        import(&room, &headlines);
        let mut daemon = room.start();
        std::thread::sleep(Duration::from_millis(life_ms));
        assert!(!daemon.has_ended(), "{}", daemon.log());
        daemon.kill();
    }
    let daemon = room.start();
    daemon.wait_to_say("started");
    room.wait_for(PATIENCE, "SELECT count(*) FROM messages WHERE state = 'sent'", &n_reports.to_string());
    daemon.stop().exits(0);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut titles_by_key: BTreeMap<String, String> = BTreeMap::new();
    for taken in desk.taken() {
        assert!(taken.is_signed());
        let (key, told) = (taken.head["webhook-id"].clone(), taken.json());
        *times.entry(key.clone()).or_default() += 1;
        let title = told["title"].as_str().unwrap().to_owned();
        assert_eq!(titles_by_key.entry(key).or_insert(title.clone()), &title, "one key is one message");
    }
    let keys: BTreeSet<String> = room.column("SELECT key FROM messages").into_iter().collect();
    assert_eq!(times.keys().cloned().collect::<BTreeSet<_>>(), keys, "a message is lost, or another came");
    assert_eq!(titles_by_key.values().collect::<BTreeSet<_>>().len(), n_reports, "a story is lost, or told twice");
    let n_repeated: usize = times.values().map(|times| times - 1).sum();
    eprintln!("{} kills, {n_reports} stories told, 0 lost, {n_repeated} repeated under the same key", n_kills());
    room.assert_sound();
}

#[test]
fn a_desk_is_no_place_for_what_is_not_waited_for() {
    // What nobody has asked for makes no messages, and costs no transaction.
    let room = room_with(&[]);
    let daemon = room.start();
    daemon.wait_to_say("started");
    assert!(!wait_until(Duration::from_millis(600), || room.number("SELECT count(*) FROM messages") > 0));
    daemon.stop().exits(0);
    assert_eq!(room.value("SELECT judged_up_to FROM _watch_state"), "0");
}
