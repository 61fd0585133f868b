//! Alarms by habits: a source that falls silent, and one whose articles become short, with a history of five weeks. And weeks of a newsroom
//! with known losses, by a clock that is given.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use newswire::config;
use newswire::daemon::AlarmWatch;
use newswire::demo::web::{NewsWeb, Resource, Site};
use newswire::store::{AlarmKind, Reader, Store};
use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};

use crate::harness::{Newsroom, web_of};
use crate::newsweb::faults;
use crate::serving::{address_of, get};

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// Days of history.
const DAYS: i64 = 35;

fn feed_with(items: &str) -> Resource {
    let head = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Paper</title>";
    Resource::new("application/rss+xml", format!("{head}{items}</channel></rss>"))
}

fn item(host: &str, number: u32) -> String {
    format!("<item><title>Number {number} of the harbour</title><link>http://{host}/{number}</link></item>")
}

/// Articles as JSON lines for `import`: of each source one every two hours, `harbour` until half a week ago, and of `quay` those of the
/// last three days of a few words.
fn history(now: Timestamp) -> String {
    let mut lines = String::new();
    for hours in (0..DAYS * 24).rev().step_by(2) {
        let at = now - SignedDuration::from_hours(hours) - SignedDuration::from_mins(7);
        for source in ["harbour", "quay"] {
            if source == "harbour" && hours < 84 {
                continue;
            }
            let n_sentences = if source == "quay" && hours < 72 { 1 } else { 12 + hours % 9 };
            let text = (0..n_sentences).fold(String::new(), |mut text, number| {
                let _ = write!(
                    text,
                    "Ship {} of the {source} moored at pier {number} with {hours} crates of tea. ",
                    hours * 31 + number
                );
                text
            });
            let line = json!({
                "id": format!("{source}-{hours}"),
                "title": format!("Moored at the {source}: ship {hours}"),
                "published": format!("{at:.0}"),
                "language": "en",
                "text": text,
                "source": source,
            });
            let _ = writeln!(lines, "{line}");
        }
    }
    lines
}

/// A newsroom whose two sources have such a history.
fn room() -> (NewsWeb, Newsroom) {
    let sites = ["harbour.example", "quay.example"].map(|host| {
        let page = Resource::html(faults::article_html("What the paper has"));
        Site::new(host).with("/feed", feed_with("")).with("/1", page.clone()).with("/2", page)
    });
    let web = web_of(sites.into());
    let mut room = Newsroom::reading(&web);
    room.set(&[("fetch.host_delay_ms", "0"), ("http.listen", "\"127.0.0.1:0\""), ("http.pages", "true")]);
    for name in ["harbour", "quay"] {
        room.follow(name, &format!("http://{name}.example/feed"), Some("feed"));
    }
    room.run(&["fetch", "--due"]).exits(0);
    let now = Timestamp::now();
    let path = room.file("history.jsonl", history(now));
    room.run(&["import", &path]).exits(0);
    let writing = rusqlite::Connection::open(room.database()).expect("a database");
    for half_hours in 1..DAYS * 48 {
        let at = format!("{:.0}", now - SignedDuration::from_mins(30 * half_hours));
        writing
            .execute(
                "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, status, bytes)
                 SELECT url, id, 'poll', ?1, 20, 200, 900 FROM sources WHERE slug IN ('harbour', 'quay')",
                params![at],
            )
            .expect("it is written");
    }
    (web, room)
}

#[test]
fn a_source_that_falls_silent_or_brings_less_of_its_texts_is_told_until_it_is_as_it_was() {
    let (web, room) = room();
    room.run(&["alarms"]).exits(0).says("no daemon has looked for alarms yet");
    let daemon = room.start();
    let address = address_of(&daemon);
    daemon.wait_to_say("of harbour (silent, ");
    daemon.wait_to_say("of quay (shorter, ");
    room.wait_for(PATIENCE, "SELECT group_concat(kind || ' ' || subject, ', ' ORDER BY kind DESC) FROM alarms WHERE kind IN ('silent', 'shorter')", "silent harbour, shorter quay");
    let figures = get(&address, "/metrics", "Host: localhost\r\n").body;
    assert!(figures.contains("newswire_alarms{kind=\"silent\"} 1\n"), "{figures}");
    assert!(figures.contains("newswire_alarms{kind=\"gone\"} 0\n"), "{figures}");
    let alarms: Vec<Value> = room.run(&["alarms", "--json"]).exits(0).json_lines();
    let silent = alarms.iter().find(|alarm| alarm["kind"] == "silent").expect("an alarm");
    assert_eq!((&silent["subject"], &silent["closed_at"]), (&json!("harbour"), &Value::Null));
    let sure = silent["confidence"].as_f64().expect("a number");
    assert!((0.9..1.0).contains(&sure), "{silent}");
    assert!(room.run(&["alarms"]).exits(0).stdout.contains("silent\tharbour\t"));
    assert!(get(&address, "/", "Host: localhost\r\n").body.contains("2 alarms"));
    let page = get(&address, "/alarms", "Host: localhost\r\n").body;
    assert!(page.contains("href=\"/sources/harbour\"") && page.contains(" % sure)"), "{page}");
    daemon.stop().exits(0);
    // It brings something again.
    assert!(web.put("harbour.example", "/feed", feed_with(&item("harbour.example", 2))));
    let daemon = room.start();
    daemon.wait_to_say("requests are answered at");
    room.run(&["fetch", "harbour"]).exits(0);
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE url LIKE '%harbour.example/2'", "1");
    // Its first look may have come before that, or after it.
    let mut log = daemon.stop().exits(0).stderr;
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT closed_why FROM alarms WHERE kind = 'silent'", "it is as it was");
    log += &daemon.stop().exits(0).stderr;
    assert!(log.contains("of harbour (silent) is over: it is as it was"), "{log}");
    let over = room.run(&["alarms", "--all", "--json"]).exits(0).json_lines();
    let silent = over.iter().find(|alarm| alarm["kind"] == "silent").expect("an alarm");
    assert!(silent["closed_at"].is_string() && silent["closed_why"] == "it is as it was", "{silent}");
    room.assert_sound();
}

#[test]
fn that_alarms_cannot_be_looked_for_is_said() {
    let room = Newsroom::new();
    room.run(&["fetch", "--due"]).exits(0);
    let writing = Connection::open(room.database()).expect("a database");
    let trigger = "CREATE TRIGGER held BEFORE UPDATE ON _alarm_state BEGIN SELECT RAISE(ABORT, 'held by a test'); END";
    writing.execute_batch(trigger).expect("it is written");
    let daemon = room.start();
    daemon.wait_to_say("alarms are not looked for, and will be again within a minute: ");
    daemon.wait_to_say("held by a test");
    writing.execute_batch("DROP TRIGGER held").expect("it is written");
    daemon.stop().exits(0);
}

/// Monday, 2 March 2026.
const BEGINS: i64 = 1_772_409_600;
const HOUR: i64 = 3600;

/// Days from which looks are taken, in which sources lose something, and on which nothing answers.
const LEARNED: i64 = 35;
const LOST: i64 = 36;
const OUTAGE: i64 = 47;

/// A number that looks drawn, of two others.
fn drawn(one: i64, other: i64) -> u32 {
    let mut number =
        one.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
    number ^= number.wrapping_shr(29) & 0x7_ffff_ffff;
    number = number.wrapping_mul(0x9476_d049_bb13_11eb_u64.cast_signed());
    u32::try_from((number >> 33) & 0xffff).unwrap_or(0)
}

/// What a source loses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    Nothing,
    Everything,
    /// First it is silent, and fails from the fourth day on.
    EverythingThenFails,
    Most,
    Texts,
    Wall,
    Polls,
}

const PAPERS: [(&str, Lost); 9] = [
    ("anchor", Lost::Nothing),
    ("beacon", Lost::Everything),
    ("canal", Lost::EverythingThenFails),
    ("dock", Lost::Most),
    ("estuary", Lost::Texts),
    ("ferry", Lost::Wall),
    ("gangway", Lost::Polls),
    ("harbour", Lost::Nothing),
    ("islet", Lost::Nothing),
];

/// A database in which weeks of polls and articles are written hour by hour, and looked at.
struct Weeks {
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
    config: Arc<config::Config>,
    store: Store,
    writing: Connection,
    watch: AlarmWatch,
    n_articles: i64,
}

impl Weeks {
    fn new() -> Weeks {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config::defaults();
        config.store.path = folder.path().join("news.db");
        let store = Store::open(&config.store, &config.schedule).expect("a database");
        let writing = Connection::open(&config.store.path).expect("a database");
        writing.busy_timeout(PATIENCE).expect("it is set");
        for (slug, _) in PAPERS {
            let sql = "INSERT INTO sources (slug, kind, url, state, origin, created_at)
                       VALUES (?1, 'feed', 'https://' || ?1 || '.example/', 'active', 'file', '2026-03-01T00:00:00Z')";
            writing.execute(sql, [slug]).expect("it is written");
        }
        writing.execute("INSERT INTO _source_schedule (source_id) SELECT id FROM sources", []).expect("it is written");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let config = Arc::new(config);
        Weeks { runtime, _folder: folder, config, store, writing, watch: AlarmWatch::default(), n_articles: 0 }
    }

    /// Writes what an hour brings: a poll of each source, and an item in every other hour of the day from 6 to 22 o'clock.
    fn write(&mut self, hours: std::ops::Range<i64>) {
        let writing = self.writing.transaction().expect("it is begun");
        for hour in hours {
            let day = hour / 24;
            let at = Timestamp::from_second(BEGINS + hour * HOUR).expect("a time");
            for (number, (slug, lost)) in (1..).zip(PAPERS) {
                // One that is polled more seldom, when others are answered again.
                if slug == "anchor" && day == OUTAGE && (12..14).contains(&(hour % 24)) {
                    continue;
                }
                let lost = if day >= LOST { lost } else { Lost::Nothing };
                let fails = lost == Lost::Polls && day < LOST + 2
                    || lost == Lost::EverythingThenFails && day >= LOST + 3
                    || day == OUTAGE && hour % 24 < 12;
                write_poll(&writing, slug, at, fails);
                let is_time = (6..22).contains(&(hour % 24)) && (day % 7 < 5 || hour % 24 == 9 || hour % 24 == 17);
                let is_lost = matches!(lost, Lost::Everything | Lost::EverythingThenFails)
                    || lost == Lost::Most && drawn(hour, 77) % 10 < 8;
                if fails || is_lost || !is_time || drawn(hour, number).is_multiple_of(3) {
                    continue;
                }
                self.n_articles += 1;
                let (quality, words, kind) = match lost {
                    Lost::Texts => (35, 40, "full"),
                    Lost::Wall => (80, 60, "wall"),
                    _ => (85 + drawn(hour, 3) % 8, 300 + drawn(hour, number + 50) % 200, "full"),
                };
                write_article(&writing, self.n_articles, slug, at, (quality, words, kind));
            }
        }
        writing.commit().expect("it is written");
    }

    /// Looks at the end of an hour. Returns what has opened, or else closed and why.
    fn look(&mut self, hour: i64) -> Vec<(String, String, Option<String>)> {
        let now = Timestamp::from_second(BEGINS + hour * HOUR + 600).expect("a time");
        let changes = self.runtime.block_on(self.watch.look(&self.store, &self.config, now)).expect("it is looked");
        let told = changes.into_iter().filter(|change| !["disk", "log"].contains(&change.kind.as_str()));
        told.map(|change| (change.kind, change.subject.unwrap_or_default(), (!change.is_open).then_some(change.why)))
            .collect()
    }

    /// The kinds of alarms that are listed at the end of an hour.
    fn n_listed(&self, hour: i64, kind: AlarmKind) -> usize {
        let now = Timestamp::from_second(BEGINS + hour * HOUR + 600).expect("a time");
        let reader = Reader::open(&self.config.store.path).expect("a reader");
        reader.alarms(now).expect("a list").iter().filter(|alarm| alarm.kind == kind).count()
    }
}

fn write_poll(writing: &Transaction<'_>, slug: &str, at: Timestamp, fails: bool) {
    let error = fails.then_some("timeout");
    writing
        .prepare_cached(
            "INSERT INTO fetches (url, source_id, purpose, started_at, elapsed_ms, bytes, error_class)
             SELECT url, id, 'poll', ?2, 20, 900, ?3 FROM sources WHERE slug = ?1",
        )
        .and_then(|mut sql| sql.execute(params![slug, format!("{at:.0}"), error]))
        .expect("it is written");
    writing
        .prepare_cached(
            "UPDATE _source_schedule SET last_polled_at = ?2, last_ok_at = iif(?3 IS NULL, ?2, last_ok_at),
                 failures_in_a_row = iif(?3 IS NULL, 0, failures_in_a_row + 1), error_class = ?3, error = ?3
             WHERE source_id = (SELECT id FROM sources WHERE slug = ?1)",
        )
        .and_then(|mut sql| sql.execute(params![slug, at.as_millisecond(), error]))
        .expect("it is written");
}

fn write_article(
    writing: &Transaction<'_>,
    id: i64,
    slug: &str,
    at: Timestamp,
    (quality, words, kind): (u32, u32, &str),
) {
    writing
        .prepare_cached(
            "INSERT INTO articles (id, source_id, title, language, words, body, body_kind, quality, first_seen_at, updated_at, sha256,
                 change_seq, new_seq)
             SELECT ?1, id, 'Ship ' || ?1, 'en', ?4, 'It moored.', ?5, ?6, ?3, ?3, '', ?1, ?1 FROM sources WHERE slug = ?2",
        )
        .and_then(|mut sql| sql.execute(params![id, slug, format!("{at:.0}"), words, kind, quality]))
        .expect("it is written");
    writing
        .prepare_cached(
            "INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
             SELECT ?1, id, ?3, ?3 FROM sources WHERE slug = ?2",
        )
        .and_then(|mut sql| sql.execute(params![id, slug, format!("{at:.0}")]))
        .expect("it is written");
}

#[test]
fn losses_of_weeks_are_found_in_the_rows_of_the_database_and_little_else_is_told() {
    let mut weeks = Weeks::new();
    weeks.write(0..LEARNED * 24);
    let mut told = Vec::new();
    for hour in (LEARNED * 24..OUTAGE * 24).step_by(3) {
        weeks.write(hour..hour + 3);
        told.extend(weeks.look(hour + 2).into_iter().map(|change| (hour / 24, change)));
        if hour == (LOST + 6) * 24 {
            // What a merge brings of other times is no news of the source, however short it is.
            let writing = weeks.writing.transaction().expect("it is begun");
            let at = Timestamp::from_second(BEGINS + (hour - 240) * HOUR).expect("a time");
            for _ in 0..40 {
                weeks.n_articles += 1;
                write_article(&writing, weeks.n_articles, "harbour", at, (20, 12, "teaser"));
            }
            writing.commit().expect("it is written");
        }
    }
    let opened = |subject: &str, kinds: &[&str], within: i64| {
        told.iter().any(|(day, (kind, of, over))| {
            over.is_none() && of == subject && kinds.contains(&kind.as_str()) && (LOST..=LOST + within).contains(day)
        })
    };
    assert!(opened("beacon", &["silent"], 2), "{told:#?}");
    assert!(opened("canal", &["silent"], 2), "{told:#?}");
    assert!(opened("dock", &["fewer", "silent"], 5), "{told:#?}");
    assert!(opened("estuary", &["quality", "shorter"], 1), "{told:#?}");
    assert!(opened("ferry", &["partial", "shorter"], 1), "{told:#?}");
    assert!(opened("gangway", &["failing"], 1), "{told:#?}");
    assert!(opened("canal", &["failing"], 4), "{told:#?}");
    let why = |kind: &str, subject: &str| {
        told.iter().find_map(|(_, (of, whose, why))| why.as_deref().filter(|_| of == kind && whose == subject))
    };
    assert_eq!(why("silent", "canal"), Some("its polls fail now, which is told as such"));
    assert_eq!(why("failing", "gangway"), Some("it answers again, or is not polled any more"));
    let of_sound = |of: &str| ["anchor", "harbour", "islet"].contains(&of);
    let n_false = told.iter().filter(|(_, (_, of, over))| over.is_none() && of_sound(of)).count();
    assert!(n_false <= 2, "{told:#?}");

    // Nothing answers for half a day: one alarm, and not one for each.
    let mut told = Vec::new();
    for hour in OUTAGE * 24..OUTAGE * 24 + 20 {
        weeks.write(hour..hour + 1);
        told.extend(weeks.look(hour));
        if hour == OUTAGE * 24 + 6 {
            // Only the one that failed before.
            assert_eq!((weeks.n_listed(hour, AlarmKind::Intake), weeks.n_listed(hour, AlarmKind::Failing)), (1, 1));
        }
    }
    let n_of =
        |kind: &str, is_open: bool| told.iter().filter(|(of, _, over)| of == kind && over.is_none() == is_open).count();
    assert_eq!((n_of("intake", true), n_of("intake", false), n_of("failing", true)), (1, 1, 0), "{told:#?}");
    weeks.runtime.block_on(weeks.store.close()).expect("it is closed");
}

#[test]
fn what_is_open_is_listed_until_the_daemon_has_closed_it_and_in_a_snapshot() {
    let room = Newsroom::new();
    room.run(&["fetch", "--due"]).exits(0);
    let writing = Connection::open(room.database()).expect("a database");
    let rows = "INSERT INTO alarms (kind, subject, opened_at, why) VALUES
        ('gate', 'harbour.example', '2026-11-20T08:00:00Z', 'a notice stands in place of its articles'),
        ('disk', NULL, '2026-11-20T08:00:00Z', 'there is little room')";
    writing.execute_batch(rows).expect("it is written");
    let kinds = |arguments: &[&str]| -> Vec<String> {
        let listed = room.run(arguments).exits(0).json_lines();
        listed.iter().filter_map(|alarm| alarm["kind"].as_str().map(str::to_owned)).collect()
    };
    // No daemon looks: what it would close is so no longer.
    assert!(kinds(&["alarms", "--json"]).is_empty());
    let looked_at = Timestamp::now().as_millisecond();
    writing.execute("UPDATE _alarm_state SET looked_at = ?1", [looked_at]).expect("it is written");
    assert_eq!(kinds(&["alarms", "--json"]), ["disk", "gate"]);
    let copy = room.path("copy.db").display().to_string();
    room.run(&["snapshot", &copy]).exits(0);
    assert_eq!(kinds(&["--db", &copy, "alarms", "--json"]), ["gate"]);
}
