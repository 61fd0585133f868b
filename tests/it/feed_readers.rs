//! The Google Reader API: what feed readers on other devices ask, each in its own words, and what they mark.
//!
//! `tests/fixtures/feed_readers` holds what each asks, one request behind the other: the request, its form, the status, and what is
//! expected of the answer: `has` a text, `is` a value at a JSON pointer, `none` there, `body` in all; `sql` what stands in the file then.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Daemon, Newsroom};
use crate::serving::{Answer, address_of, get, post};

const BASE: &str = "/api/greader.php";

const HOST: &str = "Host: localhost\r\n";

const LOGIN: &str = "Email=desk&Passwd=night+train";

/// A store that is read elsewhere.
struct Read {
    room: Newsroom,
    daemon: Daemon,
    address: String,
    token: String,
}

impl Read {
    /// Starts the daemon and logs in.
    fn begin(mut room: Newsroom) -> Read {
        let path = room.file("credentials/desk", "basic desk:night train\n");
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).expect("its mode can be set");
        room.set(&[("http.listen", "\"127.0.0.1:0\""), ("http.reading", "true"), ("http.credentials", "\"desk\"")]);
        let daemon = room.start();
        let address = address_of(&daemon);
        let told = post(&address, &format!("{BASE}/accounts/ClientLogin"), HOST, LOGIN);
        assert_eq!(told.status, 200, "{}", told.body);
        let token = told.body.lines().find_map(|line| line.strip_prefix("Auth=")).expect("a token").to_owned();
        Read { room, daemon, address, token }
    }

    fn end(self) -> Newsroom {
        self.daemon.stop().exits(0);
        self.room.assert_sound();
        self.room
    }

    fn headers(&self) -> String {
        format!("{HOST}Authorization: GoogleLogin auth={}\r\n", self.token)
    }

    fn get(&self, path: &str) -> Answer {
        get(&self.address, &format!("{BASE}{path}"), &self.headers())
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        post(&self.address, &format!("{BASE}{path}"), &self.headers(), form)
    }

    fn json(&self, path: &str) -> Value {
        let told = self.get(path);
        assert_eq!(told.status, 200, "{path}: {}", told.body);
        serde_json::from_str(&told.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", told.body))
    }

    /// The articles of a stream, page by page.
    fn pages(&self, question: &str, mut between: impl FnMut()) -> Vec<i64> {
        let mut articles = Vec::new();
        let mut continued = String::new();
        loop {
            let page = self.json(&format!("/reader/api/0/stream/items/ids?{question}{continued}"));
            let refs = page["itemRefs"].as_array().expect("numbers");
            articles.extend(refs.iter().map(|item| {
                let number: i64 = item["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
                number - (0xa << 48)
            }));
            let Some(last) = page["continuation"].as_str() else { return articles };
            assert!(!refs.is_empty(), "{question}: it goes on with nothing");
            continued = format!("&c={last}");
            between();
        }
    }
}

fn import(room: &Newsroom, name: &str, articles: &[Value]) {
    let lines = articles.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let file = room.file(name, lines);
    room.run(&["-q", "import", &file]).exits(0);
}

fn write(room: &Newsroom, sql: &str) {
    Connection::open(room.database()).and_then(|file| file.execute_batch(sql)).expect("it can be written");
}

/// When articles were published, in seconds: not on the last day, so that they count as read at the first login, and not so long ago that an
/// import that brings them is of an archive.
static PUBLISHED: LazyLock<i64> = LazyLock::new(|| jiff::Timestamp::now().as_second() - 30 * 3600);

/// An article that no other is like.
fn article(n: usize, source: &str, title: &str) -> Value {
    json!({ "url": format!("https://{source}.example/{n}"), "title": title, "published": jiff::Timestamp::from_second(
                *PUBLISHED + i64::try_from(n).expect("a small number")).expect("a time").to_string(),
            "source": source, "language": "en", "authors": ["Ada Marsh", " ", "Jon Reed"],
            "paragraphs": [format!("Nobody on the quay knew {n}."), format!("1 < 2 & <script>alert(1)</script> {n}")] })
}

/// Three articles that were there before anybody logged in, and three that came in after that, the last of which is a copy.
fn room() -> Newsroom {
    let room = Newsroom::new();
    let before =
        [article(1, "harbour", "Ferries 1"), article(2, "harbour", "Ferries 2"), article(3, "orchard", "Pears 3")];
    import(&room, "before.jsonl", &before);
    write(
        &room,
        "UPDATE sources SET tags = '[\"north sea\"]', title = 'The Harbour Post', url = 'https://ana:secret@harbour.example/feed',
             site_url = 'https://harbour.example/' WHERE slug = 'harbour'",
    );
    let read = Read::begin(room);
    assert_eq!(read.room.number("SELECT count(*) FROM reading"), 0);
    let room = read.end();
    let mut copy = article(5, "orchard", "Pears 5");
    copy["url"] = json!("https://orchard.example/6");
    let after = [article(4, "harbour", "Ferries <late> & trams"), article(5, "orchard", "Pears 5"), copy];
    import(&room, "after.jsonl", &after);
    assert_eq!(room.column("SELECT id FROM articles WHERE duplicate_of IS NOT NULL"), ["6"]);
    room
}

/// Puts the requests of a fixture, and checks their answers.
fn check(read: &Read, name: &str, text: &str) {
    let filled = |text: &str| -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let known = behind.split_once('}').and_then(|(place, behind)| {
                let (kind, value) = place.split_once(' ').unwrap_or((place, ""));
                let number = value.parse::<i64>().unwrap_or_default() + (0xa << 48);
                let value = match kind {
                    "token" => read.token.clone(),
                    "published" => (*PUBLISHED + value.parse::<i64>().expect("a number")).to_string(),
                    "decimal" => number.to_string(),
                    "hex" => format!("{number:016x}"),
                    "digits" => format!("{number:x}"),
                    "source" => read.room.value(&format!("SELECT id FROM sources WHERE slug = '{value}'")),
                    "arrived" => read.room.value(&format!(
                        "SELECT arrived_at * 1000000 + {value} - first_id FROM _arrivals WHERE first_id <= {value}
                         ORDER BY first_id DESC LIMIT 1"
                    )),
                    _ => return None,
                };
                Some((value, behind))
            });
            filled.push_str(before);
            match known {
                Some((value, behind)) => {
                    filled.push_str(&value);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = behind;
                }
            }
        }
        filled + rest
    };
    let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    for block in lines.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let mut lines = block.lines().peekable();
        let request = filled(lines.next().expect("a request"));
        let what = format!("{name}: {request}");
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let form = lines.next_if(|line| line.starts_with("form ")).map(|line| filled(&line["form ".len()..]));
        let told = match (method, form) {
            ("GET", None) => read.get(path),
            ("POST", Some(form)) => read.post(path, &form),
            (method, _) => crate::serving::send(&read.address, method, &format!("{BASE}{path}"), &read.headers()),
        };
        let status = lines.next().and_then(|line| line.parse::<u16>().ok()).expect("a status");
        assert_eq!(told.status, status, "{what}: {}", told.body);
        let value = || -> Value {
            serde_json::from_str(&told.body).unwrap_or_else(|error| panic!("{what}: {error}: {}", told.body))
        };
        for line in lines {
            let line = filled(line);
            match line.split_once(' ').expect("a word") {
                ("has", text) => assert!(told.body.contains(text), "{what}: {text}: {}", told.body),
                ("body", text) => assert_eq!(told.body, text, "{what}"),
                ("none", pointer) => assert_eq!(value().pointer(pointer), None, "{what}: {}", told.body),
                ("is", rest) => {
                    let (pointer, expected) = rest.split_once(' ').expect("a pointer and a value");
                    let expected: Value =
                        serde_json::from_str(expected).unwrap_or_else(|error| panic!("{what}: {line}: {error}"));
                    assert_eq!(value().pointer(pointer), Some(&expected), "{what}: {pointer}: {}", told.body);
                }
                ("sql", rest) => {
                    let (sql, expected) = rest.rsplit_once(" = ").expect("a question and its answer");
                    assert_eq!(read.room.value(sql), expected, "{what}");
                }
                _ => panic!("{what}: {line}"),
            }
        }
    }
}

#[test]
fn each_reader_is_answered_as_it_asks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feed_readers");
    let mut fixtures: Vec<_> =
        fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("a file").path()).collect();
    fixtures.sort();
    assert!(fixtures.len() >= 4);
    for fixture in fixtures {
        let read = Read::begin(room());
        check(&read, &fixture.display().to_string(), &fs::read_to_string(&fixture).expect("a text"));
        assert!(!read.get("/reader/api/0/subscription/list").body.contains("secret"));
        read.end();
    }
}

#[test]
fn who_has_not_logged_in_is_told_and_marks_nothing() {
    let read = Read::begin(room());
    let list = format!("{BASE}/reader/api/0/subscription/list");
    let mark = format!("{BASE}/reader/api/0/mark-all-as-read");
    let begun = Instant::now();
    for headers in [
        String::new(),
        // The password of pages, and the token of another scheme.
        "Authorization: Basic ZGVzazpuaWdodCB0cmFpbg==\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", read.token),
        format!("Authorization: GoogleLogin {}\r\n", read.token),
        "Authorization: GoogleLogin auth=\r\n".to_owned(),
        "Authorization: GoogleLogin auth=anybody\r\n".to_owned(),
        format!("Authorization: GoogleLogin auth={}\r\n", &read.token[1..]),
        format!("Cookie: SID={}\r\n", read.token),
    ] {
        let headers = format!("{HOST}{headers}");
        let refused = get(&read.address, &list, &headers);
        assert_eq!(refused.status, 401, "{headers}: {}", refused.body);
        assert!(refused.head.contains("www-authenticate: googlelogin"), "{}", refused.head);
        assert_eq!(post(&read.address, &mark, &headers, "s=user/-/state/com.google/reading-list").status, 401);
        assert_eq!(get(&read.address, &format!("{BASE}/nowhere"), &headers).status, 401);
    }
    assert!(begun.elapsed() > Duration::from_secs(9), "who guesses tokens waits: {:?}", begun.elapsed());
    let login = format!("{BASE}/accounts/ClientLogin");
    for form in ["", "Email=desk&Passwd=night+trai", "Email=ana&Passwd=night+train", "Email=desk%3Anight&Passwd=train"]
    {
        let begun = Instant::now();
        let refused = post(&read.address, &login, HOST, form);
        assert_eq!((refused.status, refused.body.as_str()), (401, "Error=BadAuthentication\n"), "{form}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "{form}: who guesses waits");
    }
    // A password in an address is not taken.
    assert_eq!(post(&read.address, &format!("{login}?{LOGIN}"), HOST, "Email=desk").status, 401);
    assert_eq!(get(&read.address, &format!("{login}?{LOGIN}"), HOST).status, 405);
    // The token is for this alone.
    assert_eq!(get(&read.address, "/", &read.headers()).status, 401);
    assert_eq!(get(&read.address, &format!("/search.atom?token={}", read.token), HOST).status, 401);
    assert_eq!(read.room.number("SELECT count(*) FROM reading WHERE read_at IS NULL"), 2);
    let token = read.token.clone();
    let mut room = read.end();

    room.set(&[("http.feed_token", "2")]);
    let read = Read::begin(room);
    assert_ne!(read.token, token, "the token was renewed");
    let before = format!("{HOST}Authorization: GoogleLogin auth={token}\r\n");
    assert_eq!(get(&read.address, &list, &before).status, 401);
    read.end();
}

#[test]
fn no_page_of_another_site_reaches_it() {
    let read = Read::begin(room());
    let mark = format!("{BASE}/reader/api/0/mark-all-as-read");
    let form = "s=user/-/state/com.google/reading-list";
    for (headers, status) in [
        ("Host: evil.example\r\n", 421),
        ("Host: evil.example\r\nOrigin: http://evil.example\r\n", 421),
        ("Host: localhost\r\nOrigin: http://evil.example\r\n", 403),
        ("Host: localhost\r\nOrigin: null\r\n", 403),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ("Host: localhost\r\nSec-Fetch-Site: same-site\r\n", 403),
        ("Host: localhost\r\nHost: evil.example\r\n", 400),
    ] {
        let with_token = format!("{headers}Authorization: GoogleLogin auth={}\r\n", read.token);
        assert_eq!(post(&read.address, &mark, &with_token, form).status, status, "{headers}");
        assert_eq!(
            get(&read.address, &format!("{BASE}/reader/api/0/unread-count"), &with_token).status,
            status,
            "{headers}"
        );
        assert_eq!(
            post(&read.address, &format!("{BASE}/accounts/ClientLogin"), headers, LOGIN).status,
            status,
            "{headers}"
        );
    }
    // What a browser asks before it sends such a header to another site is not granted.
    let asked =
        crate::serving::send(&read.address, "OPTIONS", &mark, "Host: localhost\r\nOrigin: http://evil.example\r\n");
    assert!(asked.status == 403 && !asked.head.contains("access-control"), "{}", asked.head);
    let typed = format!("{}Content-Type: text/plain\r\n", read.headers());
    assert_eq!(post(&read.address, &mark, &typed, form).status, 400);
    let much = format!("{form}&x={}", "x".repeat(1 << 20));
    let much = read.post("/reader/api/0/mark-all-as-read", &much);
    assert!(much.status == 400 && much.body.contains("bytes at most"), "{}", much.body);
    assert_eq!(read.room.number("SELECT count(*) FROM reading WHERE read_at IS NULL"), 2);
    read.end();
}

#[test]
fn without_a_password_whoever_is_at_this_machine_reads() {
    let mut room = room();
    room.set(&[("http.credentials", "\"\""), ("http.listen", "\"127.0.0.1:0\""), ("http.reading", "true")]);
    let daemon = room.start();
    let address = address_of(&daemon);
    let told = post(&address, &format!("{BASE}/accounts/ClientLogin"), HOST, "Email=x&Passwd=y");
    assert_eq!(told.body, "SID=anybody\nLSID=null\nAuth=anybody\n");
    let list = format!("{BASE}/reader/api/0/subscription/list");
    assert_eq!(get(&address, &list, &format!("{HOST}Authorization: GoogleLogin auth=anybody\r\n")).status, 200);
    assert_eq!(get(&address, &list, HOST).status, 401, "a page of a stranger's sends no such header");
    assert_eq!(get(&address, "/", HOST).status, 200);
    daemon.stop().exits(0);

    room.set(&[("http.reading", "false"), ("http.pages", "true")]);
    let daemon = room.start();
    let address = address_of(&daemon);
    assert_eq!(get(&address, &list, &format!("{HOST}Authorization: GoogleLogin auth=anybody\r\n")).status, 404);
    daemon.stop().exits(0);
    room.set(&[("http.reading", "true"), ("http.listen", "\"\""), ("http.pages", "false")]);
    room.run(&["config", "check"]).exits(78).says("http.reading = true: lets feed readers in at http.listen");
}

#[test]
fn streams_are_read_page_by_page_without_loss_whatever_comes_in_meanwhile() {
    let room = Newsroom::new();
    import(&room, "before.jsonl", &[article(1, "harbour", "Ferries 1")]);
    let room = Read::begin(room).end();
    let sources = ["harbour", "orchard", "tunnel"];
    let articles: Vec<Value> = (2..=240).map(|n| article(n, sources[n % 3], &format!("Title {n}"))).collect();
    import(&room, "articles.jsonl", &articles);
    write(
        &room,
        "UPDATE sources SET tags = '[\"sea\"]' WHERE slug <> 'orchard';
         UPDATE sources SET state = 'removed' WHERE slug = 'tunnel';
         UPDATE reading SET read_at = '2026-01-01T00:00:00Z' WHERE article_id % 4 = 0;
         UPDATE reading SET starred_at = '2026-01-01T00:00:00Z' WHERE article_id % 7 = 0;
         -- As if they had come in over some hours.
         DELETE FROM _arrivals WHERE first_id > 1;
         UPDATE _arrivals SET arrived_at = 1600000000;
         INSERT INTO _arrivals SELECT id, 1700000000 / 60 * 60 + id * 60 FROM articles WHERE id % 8 = 2 AND id > 1",
    );
    let read = Read::begin(room);
    let harbour = read.room.value("SELECT id FROM sources WHERE slug = 'harbour'");
    let state = "user/-/state/com.google";
    let followed = "source_id IN (SELECT id FROM sources WHERE state <> 'removed')";
    let joined = "FROM articles LEFT JOIN reading ON article_id = articles.id";
    for (question, condition) in [
        (format!("s={state}/reading-list"), "1".to_owned()),
        (format!("s=feed/{harbour}"), format!("articles.source_id = {harbour}")),
        ("s=user/-/label/sea".to_owned(), format!("articles.source_id = {harbour}")),
        (format!("s={state}/reading-list&xt={state}/read"), "article_id IS NOT NULL AND read_at IS NULL".to_owned()),
        (
            format!("s=user/-/label/sea&xt={state}/read"),
            format!("article_id IS NOT NULL AND read_at IS NULL AND articles.source_id = {harbour}"),
        ),
        (format!("s={state}/read"), "read_at IS NOT NULL".to_owned()),
        (format!("s={state}/starred"), "starred_at IS NOT NULL".to_owned()),
        (format!("s={state}/starred&xt={state}/read"), "starred_at IS NOT NULL AND read_at IS NULL".to_owned()),
        (
            format!("s={state}/reading-list&it={state}/starred&it={state}/read"),
            "starred_at IS NOT NULL AND read_at IS NOT NULL".to_owned(),
        ),
        (format!("s={state}/reading-list&xt={state}/starred"), "starred_at IS NULL".to_owned()),
        (format!("s={state}/read&xt={state}/read"), "0".to_owned()),
        (format!("s={state}/reading-list&xt=feed/{harbour}"), format!("articles.source_id <> {harbour}")),
    ] {
        // What is starred is shown also where its source is not followed any more.
        let followed = if condition == "starred_at IS NOT NULL" { "id > 0" } else { followed };
        let sql = format!("SELECT articles.id {joined} WHERE articles.{followed} AND {condition} ORDER BY 1");
        let expected: Vec<i64> = read.room.column(&sql).iter().map(|id| id.parse().expect("a number")).collect();
        assert!(expected.len() >= 5 || condition == "0", "{question}: {expected:?}");
        for n in [1, 7, 50, 10_000] {
            // One at a time takes a request for each.
            if n == 1 && expected.len() > 60 {
                continue;
            }
            let oldest_first = read.pages(&format!("{question}&r=o&n={n}"), || {});
            assert_eq!(oldest_first, expected, "{question}, {n} at a time");
            let mut newest_first = read.pages(&format!("{question}&n={n}"), || {});
            newest_first.reverse();
            assert_eq!(newest_first, expected, "{question}, {n} at a time, the newest first");
        }
    }
    // What is marked and comes in between two pages neither moves what follows nor takes its place.
    let all = format!("s={state}/reading-list&xt={state}/read&n=9");
    let before: BTreeSet<i64> = read.pages(&all, || {}).into_iter().collect();
    let mut n = 1000;
    let told = read.pages(&all, || {
        n += 1;
        write(
            &read.room,
            &format!(
                "INSERT INTO articles (source_id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
                 SELECT {harbour}, 'New {n}', 'Body {n}', 2, 'full', 50, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '',
                     1 + max(change_seq) FROM articles;
                 INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
                 SELECT max(id), {harbour}, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z' FROM articles"
            ),
        );
    });
    assert!(n > 1010);
    assert_eq!(told.len(), told.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), before);
    // Whoever asks for what came in since its last look misses none: all since then, and of what came before it some.
    let last: i64 = read.room.number("SELECT max(id) FROM articles");
    for time in [1_700_000_000_i64 - 86_400, 1_700_003_000, 1_700_007_777, 1_700_013_000, 4_000_000_000] {
        let since: BTreeSet<i64> =
            read.pages(&format!("s={state}/reading-list&n=10000&ot={time}"), || {}).into_iter().collect();
        let until: BTreeSet<i64> =
            read.pages(&format!("s={state}/reading-list&n=10000&nt={time}"), || {}).into_iter().collect();
        let all: BTreeSet<i64> = read.pages(&format!("s={state}/reading-list&n=10000"), || {}).into_iter().collect();
        assert_eq!(&since | &until, all, "{time}");
        assert_eq!(since.contains(&last), time < 4_000_000_000, "{time}");
        let overlap = (&since & &until).len();
        assert!(overlap <= 8, "{time}: {overlap}");
    }
    // No two have the same time, and whoever came later has a later one.
    let page = read.json(&format!("/reader/api/0/stream/items/ids?s={state}/reading-list&n=10000&r=o"));
    let times: Vec<i64> = page["itemRefs"]
        .as_array()
        .expect("numbers")
        .iter()
        .map(|item| item["timestampUsec"].as_str().and_then(|time| time.parse().ok()).expect("a time"))
        .collect();
    assert!(times.len() > 100 && times.windows(2).all(|two| two[0] < two[1]));
    read.end();
}

#[test]
fn thousands_are_marked_at_one_time_or_none() {
    let room = Newsroom::new();
    import(&room, "before.jsonl", &[article(1, "harbour", "Ferries 1")]);
    let room = Read::begin(room).end();
    let ours = "INSERT INTO articles (source_id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq, new_seq)";
    write(
        &room,
        &format!(
            "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 30000)
             {ours} SELECT 1, 'Title ' || n, 'Body ' || n, 2, 'full', 50, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '', n + 10, n + 10 FROM n;
             INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
             SELECT id, 1, first_seen_at, first_seen_at FROM articles WHERE id > 1"
        ),
    );
    let read = Read::begin(room);
    let unread = || read.room.number("SELECT count(*) FROM reading WHERE read_at IS NULL");
    assert_eq!(unread(), 29_999);
    let many = |n: i64| {
        (2..n + 2)
            .map(|id| format!("i=tag:google.com,2005:reader/item/{:016x}", id + (0xa << 48)))
            .collect::<Vec<_>>()
            .join("&")
    };
    let marked = read.post("/reader/api/0/edit-tag", &format!("{}&a=user/-/state/com.google/read", many(10_000)));
    assert_eq!((marked.status, marked.body.as_str()), (200, "OK"));
    assert_eq!(unread(), 19_999);
    let refused = read.post("/reader/api/0/edit-tag", &format!("{}&a=user/-/state/com.google/read", many(10_001)));
    assert!(refused.status == 400 && refused.body.contains("10000 at most"), "{}", refused.body);
    let refused = read.post("/reader/api/0/edit-tag", &format!("{}&i=x&r=user/-/state/com.google/read", many(100)));
    assert_eq!((refused.status, unread()), (400, 19_999), "{}", refused.body);
    let refused = read.post("/reader/api/0/stream/items/contents", &many(1001));
    assert!(refused.status == 400 && refused.body.contains("1000 items at most"), "{}", refused.body);
    let told = read.post("/reader/api/0/stream/items/contents", &many(1000));
    let told: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1000));
    let marked = read.post("/reader/api/0/mark-all-as-read", "s=user/-/state/com.google/reading-list&T=");
    assert_eq!((marked.body.as_str(), unread()), ("OK", 0));
    read.end();
}

#[test]
fn what_no_source_had_first_is_shown_by_the_one_that_lists_it_and_stars_outlast_their_source() {
    let read = Read::begin(room());
    let item = |id: i64| format!("{:016x}", id + (0xa << 48));
    let starred = format!("i={}&a=user/-/state/com.google/starred", item(4));
    assert_eq!(read.post("/reader/api/0/edit-tag", &starred).body, "OK");
    let room = read.end();
    // Fetched by hand, and listed by a source later.
    let mut alone = article(7, "orchard", "Plums 7");
    alone.as_object_mut().expect("an object").remove("source");
    import(&room, "alone.jsonl", &[alone]);
    assert_eq!(room.number("SELECT count(*) FROM reading WHERE article_id = 7"), 0);
    import(&room, "listed.jsonl", &[article(7, "orchard", "Plums 7")]);
    assert_eq!(
        room.value("SELECT s.slug FROM reading JOIN sources AS s ON s.id = source_id WHERE article_id = 7"),
        "orchard"
    );
    write(&room, "UPDATE sources SET state = 'removed' WHERE slug = 'harbour'");
    let read = Read::begin(room);
    let told = |answer: Answer| -> Value { serde_json::from_str(&answer.body).expect("JSON") };
    let contents = told(read.post("/reader/api/0/stream/items/contents", &format!("i={}", item(7))));
    assert_eq!(contents["items"][0]["title"], "Plums 7", "{contents}");
    let ids = read.json("/reader/api/0/stream/items/ids?s=user/-/state/com.google/starred");
    assert_eq!(ids["itemRefs"][0]["id"], (4 + (0xa_i64 << 48)).to_string(), "{ids}");
    // All that had come in by the time of the last one that was seen, in seconds, is read, and nothing that came in the second after it.
    let at: i64 = read.room.number("SELECT max(arrived_at) FROM _arrivals");
    let mark = |time: i64| {
        read.post("/reader/api/0/mark-all-as-read", &format!("s=user/-/state/com.google/reading-list&ts={time}"))
    };
    let n_unread = || {
        read.room.number("SELECT count(*) FROM reading JOIN sources ON sources.id = source_id WHERE read_at IS NULL AND state <> 'removed'")
    };
    let n_before = n_unread();
    assert!(n_before > 0);
    mark(at - 1);
    assert!(n_unread() > 0, "what came later is not read");
    mark(at);
    assert_eq!(n_unread(), 0);
    read.end();
}

#[test]
fn what_is_read_stays_so_and_what_is_starred_is_kept() {
    let read = Read::begin(room());
    let item = |id: i64| format!("{:016x}", id + (0xa << 48));
    let mark = |form: String| assert_eq!(read.post("/reader/api/0/edit-tag", &form).body, "OK", "{form}");
    mark(format!("i={}&i={}&a=user/-/state/com.google/read", item(4), item(5)));
    mark(format!("i={}&i={}&a=user/-/state/com.google/starred", item(1), item(4)));
    let room = read.end();
    // An article that is revised after it was read stays read.
    let mut revised = article(5, "orchard", "Pears 5, and who pressed them");
    revised["paragraphs"] =
        json!(["The press below the station was mended, and all of it is written anew.", "Nothing is as it was."]);
    import(&room, "revised.jsonl", &[revised]);
    assert_eq!(room.value("SELECT revision FROM articles WHERE id = 5"), "2");
    assert_eq!(room.number("SELECT count(*) FROM reading WHERE read_at IS NULL"), 0);
    // A copy of the file has all of it, and a snapshot, which is given away, nothing.
    room.run(&["backup", "copy.db"]).exits(0);
    room.run(&["snapshot", "given.db"]).exits(0);
    let count = |name: &str| -> i64 {
        let file = Connection::open(room.path(name)).expect("a file");
        file.query_row("SELECT count(*) FROM reading", [], |row| row.get(0)).expect("the table")
    };
    assert_eq!((count("copy.db"), count("given.db")), (3, 0));
    room.run(&["prune", "--older", "1d"]).exits(0);
    let left = room.column("SELECT id FROM articles ORDER BY id");
    assert_eq!(left, ["1", "4"], "what is starred stays");
    assert_eq!(room.column("SELECT article_id FROM reading ORDER BY article_id"), left);
    room.run(&["rm", "4"]).exits(0);
    assert_eq!(room.column("SELECT article_id FROM reading"), ["1"], "its mark goes with it");
    // What comes in after a restore is not taken for what is lost.
    let read = Read::begin(room);
    assert!(read.post("/reader/api/0/stream/items/contents", &format!("i={}", item(1))).body.contains("Ferries 1"));
    let room = read.end();
    room.run(&["restore", "--force", "copy.db"]).exits(0);
    import(&room, "later.jsonl", &[article(9, "harbour", "Ferries 9")]);
    let read = Read::begin(room);
    let new = read.room.value("SELECT id FROM articles WHERE title = 'Ferries 9'").parse().expect("a number");
    let told = read.post("/reader/api/0/stream/items/contents", &format!("i={}&i={}", item(new), item(4)));
    let told: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1), "{told}");
    let unread = read.json("/reader/api/0/stream/items/ids?xt=user/-/state/com.google/read");
    assert_eq!(unread["itemRefs"][0]["id"], (new + (0xa << 48) + (1 << 32)).to_string(), "{unread}");
    read.end();
}

/// Articles that stand with several sources, one of which is removed, and with watches; some are unread.
fn standing() -> Read {
    let room = Newsroom::new();
    let sources = ["harbour", "orchard", "tunnel", "gone"];
    let first: Vec<Value> = sources.iter().enumerate().map(|(n, source)| article(n + 1, source, source)).collect();
    import(&room, "before.jsonl", &first);
    let room = Read::begin(room).end();
    write(
        &room,
        "WITH RECURSIVE n (n) AS (SELECT 5 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
         INSERT INTO articles (source_id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
         SELECT 1 + n * n % 4, 'Title ' || n, 'Body ' || n, 2, 'full', 50, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '', n + 1000
         FROM n;
         INSERT OR IGNORE INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
         SELECT articles.id, sources.id, first_seen_at, first_seen_at FROM articles, sources
         WHERE sources.id = source_id OR articles.id * (sources.id + 6) % 13 < 4;
         INSERT INTO watches (name, kind, receivers, state, created_at, begins_after)
         VALUES ('floods', 'story-new', '[]', 'active', '2001-01-01T00:00:00Z', 0),
             ('the court', 'revised', '[]', 'paused', '2001-01-01T00:00:00Z', 0),
             ('nothing yet', 'story-new', '[]', 'active', '2001-01-01T00:00:00Z', 0);
         INSERT INTO _told (article_id, watch_id) SELECT articles.id, watches.id FROM articles, watches
         WHERE watches.id < 3 AND articles.id * (watches.id + 4) % 17 < 3;
         UPDATE sources SET tags = '[\"sea\", \"Watches\"]' WHERE slug = 'harbour';
         UPDATE sources SET tags = '[\"sea\"]' WHERE slug = 'tunnel';
         UPDATE sources SET state = 'removed' WHERE slug = 'gone';
         UPDATE reading SET read_at = '2026-01-01T00:00:00Z' WHERE article_id % 5 = 0;
         UPDATE reading SET starred_at = '2026-01-01T00:00:00Z' WHERE article_id % 7 = 0",
    );
    Read::begin(room)
}

/// The streams of `standing`, each with the condition of what it has.
fn standing_streams(read: &Read) -> Vec<(String, String)> {
    let listed = |condition: &str| {
        format!(
            "articles.id IN (SELECT article_id FROM sightings JOIN sources ON sources.id = source_id
                 WHERE state <> 'removed' AND ({condition}))"
        )
    };
    let all = listed("TRUE");
    let told = |condition: &str| {
        format!(
            "{all} AND articles.id IN (SELECT article_id FROM _told JOIN watches ON watches.id = watch_id WHERE {condition})"
        )
    };
    let id = |table: &str, name: &str| read.room.value(&format!("SELECT id FROM {table} WHERE {name}"));
    let mut streams = vec![("user/-/state/com.google/reading-list".to_owned(), all.clone())];
    for slug in ["harbour", "orchard", "tunnel"] {
        let id = id("sources", &format!("slug = '{slug}'"));
        streams.push((format!("feed/{id}"), listed(&format!("slug = '{slug}'"))));
    }
    for name in ["floods", "the court"] {
        let id = id("watches", &format!("name = '{name}'"));
        streams.push((format!("feed/watch:{id}"), told(&format!("name = '{name}'"))));
    }
    streams.push(("user/-/label/sea".to_owned(), listed("slug IN ('harbour', 'tunnel')")));
    // A tag of sources may be called as the label of watches.
    streams.push(("user/-/label/Watches".to_owned(), format!("({} OR {})", listed("slug = 'harbour'"), told("TRUE"))));
    streams
}

/// Compares each stream with what it should have, and counts with streams.
fn check_standing(read: &Read, streams: &[(String, String)]) {
    let state = "user/-/state/com.google";
    let sorted = |sql: &str| -> Vec<i64> {
        let sql = format!(
            "SELECT articles.id FROM articles LEFT JOIN reading ON article_id = articles.id WHERE {sql} ORDER BY 1"
        );
        read.room.column(&sql).iter().map(|id| id.parse().expect("a number")).collect()
    };
    let unread = "article_id IS NOT NULL AND read_at IS NULL";
    let counted = read.json("/reader/api/0/unread-count");
    let counted = counted["unreadcounts"].as_array().expect("counts");
    let count = |name: &str| {
        counted.iter().find(|count| count["id"] == name).map_or(0, |count| count["count"].as_u64().expect("a number"))
    };
    for (name, condition) in streams {
        let told = |more: &str| read.pages(&format!("s={name}{more}&r=o&n=70"), || {});
        assert_eq!(told(""), sorted(condition), "{name}");
        let is_unread = told(&format!("&xt={state}/read"));
        assert_eq!(is_unread, sorted(&format!("{condition} AND {unread}")), "{name}");
        assert_eq!(count(name), is_unread.len() as u64, "{name}: {counted:?}");
        assert_eq!(
            told(&format!("&it={state}/starred")),
            sorted(&format!("{condition} AND starred_at IS NOT NULL")),
            "{name}"
        );
        let mut newest_first = read.pages(&format!("s={name}&n=33&xt={state}/starred"), || {});
        newest_first.reverse();
        assert_eq!(newest_first, sorted(&format!("{condition} AND starred_at IS NULL")), "{name}");
        for (other, its_condition) in streams {
            assert_eq!(
                told(&format!("&it={other}")),
                sorted(&format!("{condition} AND {its_condition}")),
                "{name} {other}"
            );
            let without = format!("{condition} AND NOT ({its_condition}) AND {unread}");
            assert_eq!(told(&format!("&xt={state}/read&xt={other}")), sorted(&without), "{name} without {other}");
        }
    }
    let names: Vec<&str> = streams.iter().map(|(name, _)| name.as_str()).collect();
    assert!(counted.iter().all(|count| names.contains(&count["id"].as_str().expect("a name"))), "{counted:?}");
}

#[test]
fn an_article_stands_with_each_source_and_watch_and_counts_agree_with_streams() {
    let read = standing();
    let streams = standing_streams(&read);
    check_standing(&read, &streams);
    // The unread ones of one stream are read in all others, and no others are.
    for position in [4, 1, 6] {
        let (name, condition) = &streams[position];
        let joined = "FROM articles JOIN reading ON article_id = articles.id WHERE read_at IS NULL AND";
        let n_others = read.room.number(&format!("SELECT count(*) {joined} NOT ({condition})"));
        assert!(read.room.number(&format!("SELECT count(*) {joined} {condition}")) > 3, "{name}");
        assert_eq!(read.post("/reader/api/0/mark-all-as-read", &format!("s={name}")).body, "OK", "{name}");
        assert_eq!(read.room.number(&format!("SELECT count(*) {joined} {condition}")), 0, "{name}");
        assert_eq!(read.room.number(&format!("SELECT count(*) {joined} TRUE")), n_others, "{name}");
        check_standing(&read, &streams);
    }
    read.end();
}

#[test]
fn watches_are_subscriptions_below_a_label_of_their_own() {
    let read = standing();
    let floods = read.room.value("SELECT id FROM watches WHERE name = 'floods'");
    let list = read.json("/reader/api/0/subscription/list");
    let listed = list["subscriptions"].as_array().expect("a list");
    let found = listed.iter().find(|one| one["id"] == format!("feed/watch:{floods}")).expect("the watch");
    assert_eq!(found["title"], "floods");
    assert_eq!(found["categories"], json!([{ "id": "user/-/label/Watches", "label": "Watches" }]));
    assert!(listed.iter().any(|one| one["title"] == "the court"), "a paused one keeps what it was told of: {list}");
    let tags = read.json("/reader/api/0/tag/list");
    assert_eq!(
        tags["tags"].as_array().map(|tags| tags.iter().filter(|tag| tag["id"] == "user/-/label/Watches").count()),
        Some(1)
    );
    // An item is of the subscription that was asked for; of all, of the source that had it first, if that is followed.
    let with_text = |stream: &str| read.json(&format!("/reader/api/0/stream/contents/{stream}?n=200"));
    for item in with_text(&format!("feed/watch:{floods}"))["items"].as_array().expect("items") {
        assert_eq!(item["origin"]["streamId"], format!("feed/watch:{floods}"), "{item}");
        assert_eq!(item["origin"]["title"], "floods");
        assert!(item["categories"].as_array().expect("labels").contains(&json!("user/-/label/Watches")), "{item}");
    }
    let tunnel = read.room.value("SELECT id FROM sources WHERE slug = 'tunnel'");
    for item in with_text(&format!("feed/{tunnel}"))["items"].as_array().expect("items") {
        assert_eq!(item["origin"]["streamId"], format!("feed/{tunnel}"), "{item}");
    }
    let items = with_text("user/-/state/com.google/reading-list");
    let items = items["items"].as_array().expect("items");
    let ids: BTreeSet<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(ids.len(), items.len());
    for item in items {
        let number =
            i64::from_str_radix(item["id"].as_str().and_then(|id| id.rsplit('/').next()).expect("a number"), 16);
        let id = number.expect("hexadecimal") - (0xa << 48);
        let first = read.room.value(&format!(
            "SELECT source_id FROM sightings JOIN sources ON sources.id = source_id WHERE article_id = {id} AND state <> 'removed'
             ORDER BY source_id IS NOT (SELECT source_id FROM articles WHERE id = {id}), sightings.rowid LIMIT 1"
        ));
        assert_eq!(item["origin"]["streamId"], format!("feed/{first}"), "{item}");
    }
    let atom = read.get(&format!("/reader/atom/feed/watch:{floods}?n=5"));
    assert!(atom.status == 200 && atom.body.contains("<title>floods</title>"), "{}", atom.body);
    // One that is taken away is no subscription, and its articles stay where they are.
    let all = read.pages("s=user/-/state/com.google/reading-list&n=1000", || {});
    read.room.run(&["watch", "rm", "floods"]).exits(0);
    assert!(!read.get("/reader/api/0/subscription/list").body.contains("floods"));
    assert_eq!(read.get(&format!("/reader/api/0/stream/items/ids?s=feed/watch:{floods}")).status, 404);
    assert_eq!(read.pages("s=user/-/state/com.google/reading-list&n=1000", || {}), all);
    read.end();
}

#[test]
fn an_archive_that_is_imported_is_read_and_leaves_the_news_unread() {
    let read = Read::begin(begun());
    let of_archive = |n: usize, published: &str| {
        let mut article = article(n, "harbour", &format!("Ferries {n}"));
        article["published"] = json!(published);
        article
    };
    let room = read.end();
    import(&room, "news.jsonl", &[article(5, "harbour", "Ferries 5"), article(6, "orchard", "Pears 6")]);
    let mut archive: Vec<Value> = (100..400).map(|n| of_archive(n, "2011-05-06")).collect();
    // What is as new as the news is news, whatever file it comes in, and so is what does not say when it was published.
    archive.push(article(7, "harbour", "Ferries 7"));
    let mut undated = article(8, "orchard", "Pears 8");
    undated.as_object_mut().expect("an object").remove("published");
    let mut copy = article(6, "orchard", "Pears 6");
    copy["url"] = json!("https://tunnel.example/copy");
    archive.extend([undated, copy]);
    import(&room, "archive.jsonl", &archive);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3 + 2 + 300 + 3);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), 1);
    assert_eq!(
        room.column("SELECT title FROM reading JOIN articles ON id = article_id WHERE read_at IS NULL ORDER BY id"),
        ["Ferries 5", "Pears 6", "Ferries 7", "Pears 8"]
    );
    let read = Read::begin(room);
    let unread = "s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read";
    assert_eq!(read.pages(&format!("{unread}&n=1000"), || {}).len(), 4);
    // Exported and taken in again, and by a merge from where nobody reads, it is of the archive too.
    let room = read.end();
    let line = room.run(&["export", "--where", "title = 'Ferries 150'"]).exits(0).stdout;
    let elsewhere = Newsroom::new();
    import(&elsewhere, "other.jsonl", &[of_archive(500, "2011-05-07"), article(9, "harbour", "Ferries 9")]);
    let fresh = begun();
    let file = fresh.file("exported.jsonl", &line);
    fresh.run(&["-q", "import", &file]).exits(0);
    fresh.run(&["merge", &elsewhere.database().display().to_string()]).exits(0);
    assert_eq!(fresh.number("SELECT count(*) FROM articles"), 3 + 3);
    assert_eq!(
        fresh.column("SELECT title FROM reading JOIN articles ON id = article_id WHERE read_at IS NULL"),
        ["Ferries 9"]
    );
    fresh.assert_sound();
}

#[test]
fn what_a_reader_asks_wrongly_is_told_and_not_answered_as_something_else() {
    let read = Read::begin(room());
    let asked = |question: &str| read.get(&format!("/reader/api/0/stream/items/ids?{question}")).status;
    let all = "s=user/-/state/com.google/reading-list";
    for (status, questions) in [
        (200, &["n=1", "n=999999", "n=2&c=5", "r=n", "r=d", "r=o", "r=", "xt=feed/999"][..]),
        (400, &["n=0", "n=-3", "n=many", "c=0", "c=-7", "c=Q2Fs", "r=up", "r=n&r=o"]),
        (404, &["it=feed/999", "it=feed/watch:999"]),
    ] {
        for question in questions {
            assert_eq!(asked(&format!("{all}&{question}")), status, "{question}");
        }
    }
    for stream in ["feed/999", "feed/watch:999", "feed/https://nobody.example/feed"] {
        assert_eq!(asked(&format!("s={stream}")), 404, "{stream}");
        assert_eq!(read.get(&format!("/reader/atom/{stream}")).status, 404, "{stream}");
        assert_eq!(read.post("/reader/api/0/mark-all-as-read", &format!("s={stream}")).status, 404, "{stream}");
    }
    // A label is a label, whoever has it.
    assert_eq!(asked("s=user/-/label/nobody"), 200);
    read.end();
}

/// The titles of what is unread.
fn unread_titles(room: &Newsroom) -> Vec<String> {
    room.column(
        "SELECT title || ' ' || articles.id FROM reading JOIN articles ON articles.id = article_id
         WHERE read_at IS NULL AND EXISTS (SELECT 1 FROM sightings JOIN sources ON sources.id = source_id
             WHERE article_id = articles.id AND state <> 'removed') ORDER BY articles.id",
    )
}

/// A copy of the fifth article, at a source of its own.
fn copy(source: &str, n: usize) -> Value {
    let mut copy = article(5, source, "Pears 5");
    copy["url"] = json!(format!("https://{source}.example/copy-{n}"));
    copy
}

fn without_source(mut article: Value) -> Value {
    article.as_object_mut().expect("an object").remove("source");
    article
}

/// Three articles, each of a source of its own, that were there before somebody logged in.
fn begun() -> Newsroom {
    let room = Newsroom::new();
    let sources =
        [article(1, "harbour", "Ferries 1"), article(2, "orchard", "Ferries 2"), article(3, "tunnel", "Ferries 3")];
    import(&room, "before.jsonl", &sources);
    Read::begin(room).end()
}

#[test]
fn of_a_text_that_is_shown_several_times_one_article_is_unread_whatever_becomes_of_the_others() {
    // One that no source lists is shown by nobody: its first copy is to be read, and the others are not, nor it itself when it is listed.
    let room = begun();
    import(&room, "a.jsonl", &[without_source(article(5, "x", "Pears 5"))]);
    import(&room, "b.jsonl", &[copy("orchard", 1), copy("tunnel", 2)]);
    assert_eq!(room.column("SELECT duplicate_of FROM articles WHERE id > 4"), ["4", "4"]);
    assert_eq!(unread_titles(&room), ["Pears 5 5"]);
    let mut listed = article(5, "harbour", "Pears 5");
    listed["url"] = json!("https://x.example/5");
    import(&room, "c.jsonl", &[listed]);
    assert_eq!(room.number("SELECT count(*) FROM sightings WHERE article_id = 4"), 1);
    assert_eq!(unread_titles(&room), ["Pears 5 5"]);
    room.assert_sound();

    // A source that is removed takes what is unread with it, and a copy takes its place.
    let room = begun();
    import(
        &room,
        "a.jsonl",
        &[article(5, "harbour", "Pears 5"), article(6, "harbour", "Plums 6"), copy("orchard", 1), copy("tunnel", 2)],
    );
    assert_eq!(unread_titles(&room), ["Pears 5 4", "Plums 6 5"]);
    write(&room, "UPDATE sources SET kind = 'feed', url = 'https://' || slug || '.example/feed'");
    room.run(&["sources", "rm", "harbour"]).exits(0);
    assert_eq!(unread_titles(&room), ["Pears 5 6"]);
    room.run(&["sources", "rm", "orchard"]).exits(0);
    assert_eq!(unread_titles(&room), ["Pears 5 7"]);
    room.assert_sound();

    // Not where it was read, in itself or in a copy, whatever comes in or goes after that.
    let read_once = "UPDATE reading SET read_at = '2026-01-01T00:00:00Z' WHERE article_id = 5";
    let gone = "UPDATE sources SET state = 'removed' WHERE slug = 'harbour'";
    let room = begun();
    import(&room, "a.jsonl", &[article(6, "tunnel", "Plums 6"), article(5, "harbour", "Pears 5")]);
    write(&room, &format!("{read_once}; {gone}"));
    import(&room, "b.jsonl", &[copy("orchard", 1), copy("tunnel", 2)]);
    assert_eq!(room.column("SELECT duplicate_of FROM articles WHERE id > 5"), ["5", "5"]);
    assert_eq!(unread_titles(&room), ["Plums 6 4"]);
    room.run(&["rm", "5"]).exits(0);
    assert_eq!(unread_titles(&room), ["Plums 6 4"]);
    let room = begun();
    import(
        &room,
        "a.jsonl",
        &[article(6, "tunnel", "Plums 6"), article(5, "harbour", "Pears 5"), copy("orchard", 1), copy("tunnel", 2)],
    );
    write(&room, &format!("INSERT INTO reading (article_id, read_at) VALUES (7, '2026-01-01T00:00:00Z'); {gone}"));
    assert_eq!(unread_titles(&room), ["Plums 6 4"]);
}

#[test]
fn sources_that_are_removed_and_followed_again_leave_one_article_of_a_text_unread_until_it_is_read() {
    const SOURCES: [&str; 3] = ["harbour", "orchard", "tunnel"];
    const N_STEPS: u32 = 5;
    let room = begun();
    import(&room, "a.jsonl", &[article(5, "harbour", "Pears 5"), copy("orchard", 1), copy("tunnel", 2)]);
    let mut file = Connection::open(room.database()).expect("the database opens");
    // Sources that go and come back in every order, and what is unread is read before one of the steps, or never.
    for walk in 0..SOURCES.len().pow(N_STEPS) {
        for read_at in 0..=N_STEPS {
            let walked = file.transaction().expect("a transaction");
            let mut is_read = false;
            let mut steps = Vec::new();
            for step in 0..N_STEPS {
                if step == read_at {
                    let sql = "UPDATE reading SET read_at = '2026-01-01T00:00:00Z' WHERE read_at IS NULL AND article_id IN (SELECT article_id FROM _shown)";
                    is_read = walked.execute(sql, []).expect("it can be read") > 0;
                }
                let source = SOURCES[walk / SOURCES.len().pow(step) % SOURCES.len()];
                steps.push((source, is_read));
                let sql = "UPDATE sources SET state = CASE state WHEN 'removed' THEN 'active' ELSE 'removed' END WHERE slug = ?1";
                walked.execute(sql, [source]).expect("it goes or comes");
                let sql = "SELECT (SELECT count(*) FROM articles WHERE id > 3 AND id IN (SELECT article_id FROM _shown)),
                     (SELECT count(*) FROM reading WHERE read_at IS NULL AND article_id IN (SELECT article_id FROM _shown))";
                let counts = walked.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
                let (n_shown, n_unread): (i64, i64) = counts.expect("counts");
                assert_eq!(n_unread, i64::from(n_shown > 0 && !is_read), "{steps:?}");
            }
            walked.rollback().expect("it is as before");
        }
    }
    // The same by commands.
    drop(file);
    write(&room, "UPDATE sources SET kind = 'feed', url = 'https://' || slug || '.example/feed'");
    room.run(&["sources", "rm", "harbour"]).exits(0);
    assert_eq!(unread_titles(&room), ["Pears 5 5"]);
    room.run(&["sources", "add", "--force", "https://harbour.example/feed"]).exits(0);
    assert_eq!(unread_titles(&room), ["Pears 5 4"]);
    room.assert_sound();
}

#[test]
fn what_is_unread_moves_to_a_copy_when_it_is_deleted_and_what_is_no_copy_is_unread_itself() {
    // Where another source lists it too, it is unread there.
    let room = begun();
    import(&room, "a.jsonl", &[article(5, "harbour", "Pears 5"), copy("orchard", 1)]);
    write(
        &room,
        "INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at) SELECT 4, id, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
         FROM sources WHERE slug = 'tunnel';
         UPDATE sources SET state = 'removed' WHERE slug = 'harbour'",
    );
    assert_eq!(unread_titles(&room), ["Pears 5 4"]);
    let read = Read::begin(room);
    let tunnel = read.room.value("SELECT id FROM sources WHERE slug = 'tunnel'");
    assert_eq!(read.pages(&format!("s=feed/{tunnel}&xt=user/-/state/com.google/read"), || {}), [4]);
    let room = read.end();
    // What is no copy after all is to be read for itself, and one that is deleted leaves it to its copy.
    import(&room, "b.jsonl", &[copy("tunnel", 3)]);
    assert_eq!(unread_titles(&room), ["Pears 5 4"]);
    write(&room, "UPDATE articles SET duplicate_of = NULL, duplicate_kind = NULL WHERE id = 5");
    assert_eq!(unread_titles(&room), ["Pears 5 4", "Pears 5 5"]);
    room.run(&["rm", "4"]).exits(0);
    assert_eq!(unread_titles(&room), ["Pears 5 5", "Pears 5 6"]);

    // One that turns out to be a copy of what is not shown stays unread, and of what is shown it does not.
    let room = begun();
    import(
        &room,
        "a.jsonl",
        &[
            without_source(article(5, "x", "Pears 5")),
            article(6, "harbour", "Plums 6"),
            article(7, "tunnel", "Quinces 7"),
        ],
    );
    write(&room, "UPDATE articles SET duplicate_of = 4, duplicate_kind = 'near' WHERE id = 5");
    assert_eq!(unread_titles(&room), ["Plums 6 5", "Quinces 7 6"]);
    write(&room, "UPDATE articles SET duplicate_of = 5, duplicate_kind = 'near' WHERE id = 6");
    assert_eq!(unread_titles(&room), ["Plums 6 5"]);
    let room = begun();
    import(
        &room,
        "a.jsonl",
        &[
            article(5, "harbour", "Pears 5"),
            without_source(article(6, "x", "Plums 6")),
            article(7, "tunnel", "Quinces 7"),
        ],
    );
    write(&room, "UPDATE articles SET duplicate_of = 4, duplicate_kind = 'near' WHERE id = 5");
    write(&room, "UPDATE articles SET duplicate_of = 5, duplicate_kind = 'near' WHERE id = 6");
    assert_eq!(unread_titles(&room), ["Pears 5 4"]);
}

#[test]
fn at_the_first_login_what_a_source_lists_is_unread_once() {
    let room = Newsroom::new();
    let mut articles = Vec::new();
    for (url, source, title) in [
        ("a", None, "Pears"),
        ("b", Some("orchard"), "Pears"),
        ("c", Some("tunnel"), "Pears"),
        ("d", Some("harbour"), "Plums"),
        ("e", Some("orchard"), "Plums"),
        ("f", Some("gone"), "Quinces"),
        ("g", None, "Apples"),
    ] {
        let mut article = article(title.len(), "x", title);
        article["url"] = json!(format!("https://x.example/{url}"));
        article["paragraphs"] =
            json!([format!("Nobody on the quay had seen {title} as ripe as these."), "They were sold by noon."]);
        article["source"] = json!(source);
        if source.is_none() {
            article.as_object_mut().expect("an object").remove("source");
        }
        articles.push(article);
    }
    import(&room, "articles.jsonl", &articles);
    assert_eq!(
        room.column("SELECT coalesce(duplicate_of, '-') FROM articles ORDER BY id"),
        ["-", "1", "1", "-", "4", "-", "-"]
    );
    write(
        &room,
        "UPDATE articles SET first_seen_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now');
         UPDATE sources SET state = 'removed' WHERE slug = 'gone';
         INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
         SELECT 7, id, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z' FROM sources WHERE slug = 'tunnel'",
    );
    let room = Read::begin(room).end();
    assert_eq!(unread_titles(&room), ["Pears 2", "Plums 4", "Apples 7"]);
    assert_eq!(room.number("SELECT count(*) FROM reading"), 3);
    assert_eq!(
        room.value("SELECT slug FROM reading JOIN sources ON sources.id = source_id WHERE article_id = 7"),
        "tunnel"
    );
}

#[test]
fn what_has_no_room_in_an_answer_is_left_out_whole_and_had_when_it_is_asked_for_again() {
    let room = Newsroom::new();
    import(&room, "before.jsonl", &[article(1, "harbour", "Ferries 1")]);
    let room = Read::begin(room).end();
    // A megabyte each in paragraphs of a kilobyte, and one of two.
    write(
        &room,
        "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 22)
         INSERT INTO articles (source_id, title, body, words, body_kind, quality, first_seen_at, updated_at, sha256, change_seq)
         SELECT 1, 'Title ' || n, replace(hex(zeroblob(iif(n = 12, 1000, 475))), '00', printf('%.1000c', 'x') || char(10)) || 'end of ' || n,
             2, 'full', 50, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z', '', n + 10 FROM n;
         UPDATE articles SET body = body || char(10) || body WHERE id > 1;
         INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at)
         SELECT id, 1, first_seen_at, first_seen_at FROM articles WHERE id > 1",
    );
    let read = Read::begin(room);
    let mut lacking: BTreeSet<i64> = (1..=22).collect();
    let mut n_answers = 0;
    while !lacking.is_empty() {
        let form: Vec<String> = lacking.iter().map(|id| format!("i={:016x}", id + (0xa << 48))).collect();
        let told = read.post("/reader/api/0/stream/items/contents", &form.join("&"));
        let told: Value = serde_json::from_str(&told.body).expect("JSON");
        let items = told["items"].as_array().expect("items");
        assert!(!items.is_empty(), "{lacking:?}");
        for item in items {
            let title = item["title"].as_str().expect("a title");
            let id: i64 = title.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number");
            let text = item["summary"]["content"].as_str().expect("a text");
            let is_whole = text.matches(&format!("end of {id}<")).count() == 2 || id == 1;
            assert_eq!(is_whole, id != 12, "{title}: {} bytes", text.len());
            assert_eq!(text.contains("The rest of this text is too long"), id == 12, "{title}");
            assert!(lacking.remove(&id), "{title} was told before");
        }
        n_answers += 1;
    }
    assert!(n_answers >= 3, "{n_answers} answers");
    // A stream goes on with the next page.
    let mut continued = String::new();
    let mut titles = Vec::new();
    loop {
        let page = read
            .json(&format!("/reader/api/0/stream/contents/user/-/state/com.google/reading-list?n=100&r=o{continued}"));
        let items = page["items"].as_array().expect("items");
        titles.extend(items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()));
        let Some(last) = page["continuation"].as_str() else { break };
        continued = format!("&c={last}");
    }
    let all: Vec<String> =
        (1..=22).map(|n| if n == 1 { "Ferries 1".to_owned() } else { format!("Title {n}") }).collect();
    assert_eq!(titles, all);
    read.end();
}

#[test]
fn whoever_logs_in_again_does_not_wait_for_those_who_write() {
    let read = Read::begin(room());
    let writer = Connection::open(read.room.database()).expect("the file");
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE reading SET starred_at = NULL").expect("a lock");
    let begun = Instant::now();
    let told = post(&read.address, &format!("{BASE}/accounts/ClientLogin"), HOST, LOGIN);
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(told.body.contains(&read.token) && begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    writer.execute_batch("ROLLBACK").expect("the lock is given back");
    read.end();
}
