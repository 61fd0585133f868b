//! A place of work for one test: a temporary folder with settings, sources and database, and the real program run in it.
//!
//! Nothing leaves the folder and the loopback device. Every command is bounded in time, and no process outlives its test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use newswire::demo::content::{DemoContent, ExpectedArticle, SOURCES};
use newswire::demo::web::{NewsWeb, Resource, Site};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// A command that takes longer hangs. Far above what any of them needs, even while other tests share two cores.
pub(crate) const COMMAND_TIME_MAX: Duration = Duration::from_mins(1);

/// Between two looks at something that is waited for.
const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// A folder to work in.
pub(crate) struct Newsroom {
    folder: tempfile::TempDir,
    settings: BTreeMap<String, String>,
    sources: Vec<(String, String, Option<String>)>,
}

impl Newsroom {
    /// With defaults, except for what makes tests slow: pauses and time limits.
    pub(crate) fn new() -> Newsroom {
        let folder = tempfile::Builder::new().prefix("newswire-it-").tempdir().expect("a temporary folder");
        let mut room = Newsroom { folder, settings: BTreeMap::new(), sources: Vec::new() };
        let database = format!("{:?}", room.database().display().to_string());
        room.set(&[
            ("store.path", database.as_str()),
            ("fetch.host_delay_ms", "5"),
            ("fetch.host_wait_max_ms", "30000"),
            ("fetch.connect_timeout_s", "5"),
            ("schedule.jitter_percent", "0"),
        ]);
        room
    }

    /// With a news web to read.
    pub(crate) fn reading(web: &NewsWeb) -> Newsroom {
        let mut room = Newsroom::new();
        room.set(&[("fetch.resolve", &format!("{:?}", web.resolve_entries()))]);
        room
    }

    /// With the demo's news web, its sources listed.
    pub(crate) fn of_demo() -> (Newsroom, NewsWeb, DemoContent) {
        let content = DemoContent::new(jiff::Timestamp::now());
        let web = NewsWeb::start(content.sites()).expect("a port is free");
        let mut room = Newsroom::reading(&web);
        for source in SOURCES {
            room.follow(source.slug, source.url, Some(source.kind));
        }
        (room, web, content)
    }

    /// Sets keys: dotted name, value in TOML.
    pub(crate) fn set(&mut self, values: &[(&str, &str)]) {
        for (key, value) in values {
            self.settings.insert((*key).to_owned(), (*value).to_owned());
        }
        self.write_settings();
    }

    /// The pace of a daemon under test: what is due comes round within a second or two.
    pub(crate) fn hurry(&mut self) {
        self.set(&[
            ("schedule.poll_interval_min_s", "1"),
            ("schedule.poll_interval_first_s", "1"),
            ("schedule.poll_interval_max_s", "2"),
            ("schedule.backoff_min_s", "1"),
            ("schedule.backoff_max_s", "2"),
            ("daemon.idle_max_s", "1"),
        ]);
    }

    fn write_settings(&self) {
        let text = self.settings.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key} = {value}");
            text
        });
        std::fs::write(self.path("newswire.toml"), text).expect("the settings can be written");
    }

    /// Lists a source in `sources.toml`.
    pub(crate) fn follow(&mut self, slug: &str, url: &str, kind: Option<&str>) {
        self.sources.push((slug.to_owned(), url.to_owned(), kind.map(str::to_owned)));
        let text = self.sources.iter().fold(String::new(), |mut text, (slug, url, kind)| {
            let kind = kind.as_ref().map(|kind| format!("kind = {kind:?}\n")).unwrap_or_default();
            let _ = write!(text, "[[source]]\nslug = {slug:?}\nurl = {url:?}\n{kind}\n");
            text
        });
        std::fs::write(self.path("sources.toml"), text).expect("the sources can be written");
    }

    /// Writes `sources.toml` as a whole.
    pub(crate) fn write_sources(&mut self, text: &str) {
        self.sources.clear();
        std::fs::write(self.path("sources.toml"), text).expect("the sources can be written");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("news.db")
    }

    /// Writes a file into the folder and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder can be made");
        }
        std::fs::write(&path, content).expect("a file can be written");
        path.display().to_string()
    }

    /// The program with this folder's settings, and no others.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"))
            .env("NEWSWIRE_CONFIG", self.path("newswire.toml"))
            .current_dir(self.folder())
            .args(arguments);
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, b"")
    }

    /// As [`Newsroom::run`], with something on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        run_to_end(self.command(arguments), input)
    }

    /// Starts the daemon.
    pub(crate) fn start(&self) -> Daemon {
        self.start_with(&["run"])
    }

    /// Starts a command that is meant to go on for a while.
    pub(crate) fn start_with(&self, arguments: &[&str]) -> Daemon {
        Daemon::start(self.command(arguments))
    }

    /// A read-only look into the database, as any other program would take it.
    pub(crate) fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(self.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(connection)
    }

    pub(crate) fn try_table(&self, sql: &str) -> rusqlite::Result<Vec<Vec<String>>> {
        let connection = self.open()?;
        let mut statement = connection.prepare(sql)?;
        let n_columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut table = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..n_columns).map(|column| row.get_ref(column).map(shown));
            table.push(cells.collect::<Result<_, _>>()?);
        }
        Ok(table)
    }

    /// The answer to a question, every value as text, `NULL` as such.
    pub(crate) fn table(&self, sql: &str) -> Vec<Vec<String>> {
        self.try_table(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of an answer.
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        self.table(sql).into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// An answer that is one value.
    pub(crate) fn value(&self, sql: &str) -> String {
        let table = self.table(sql);
        assert!(table.len() == 1 && table[0].len() == 1, "{sql} gives {table:?}");
        table[0][0].clone()
    }

    /// An answer that is one number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let value = self.value(sql);
        value.parse().unwrap_or_else(|_| panic!("{sql} gives {value:?}"))
    }

    /// Waits until a question has an answer. There need not be a database yet.
    pub(crate) fn wait_for(&self, time_max: Duration, sql: &str, expected: &str) {
        let mut last = Vec::new();
        let is_there = wait_until(time_max, || {
            last = self.try_table(sql).unwrap_or_default();
            last == [[expected]]
        });
        assert!(is_there, "after {time_max:?} {sql} gives {last:?} and not {expected}");
    }

    /// What must hold of every database, whatever happened to it.
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.value("PRAGMA integrity_check"), "ok");
        assert_eq!(self.table("PRAGMA foreign_key_check"), Vec::<Vec<String>>::new());
        // The index has no read-only check: it is asked on a connection that may write.
        let connection = Connection::open(self.database()).expect("the database opens");
        connection.busy_timeout(Duration::from_secs(5)).expect("a timeout can be set");
        connection
            .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .expect("a connection can be configured");
        connection
            .execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)", [])
            .expect("the index agrees with the articles");
        assert_eq!(self.n_claims(), 0, "claims are left");
    }

    /// How many pieces of work are claimed.
    pub(crate) fn n_claims(&self) -> i64 {
        self.number(
            "SELECT (SELECT count(*) FROM _links WHERE claim_id IS NOT NULL)
                  + (SELECT count(*) FROM _source_schedule WHERE claim_id IS NOT NULL)",
        )
    }

    /// Compares a stored article with what it must be.
    pub(crate) fn assert_stored(&self, expected: &ExpectedArticle) {
        let sql = format!("SELECT title, date, language, authors, body FROM articles WHERE url = '{}'", expected.url);
        let authors = serde_json::to_string(&expected.authors).expect("a list of texts");
        let row = [
            expected.title.clone(),
            expected.day.clone(),
            expected.language.clone(),
            authors,
            expected.paragraphs.join("\n"),
        ];
        assert_eq!(self.table(&sql), [row], "{}", expected.url);
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(blob) => format!("{} bytes", blob.len()),
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Exit code; absent when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Checks the exit code, and that nothing panicked.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Outcome {
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Checks that standard error says something.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Outcome {
        assert!(self.stderr.contains(text), "{text:?} is not in {}", self.stderr);
        self
    }

    /// The lines of standard output, each split at tabs.
    pub(crate) fn cells(&self) -> Vec<Vec<&str>> {
        self.stdout.lines().map(|line| line.split('\t').collect()).collect()
    }

    /// Standard output as JSON lines.
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.stdout.lines().map(parse).collect()
    }

    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{}: {error}", self.stdout))
    }
}

/// Runs a command to its end, or to the end of its time.
pub(crate) fn run_to_end(mut command: Command, input: &[u8]) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // What it does not read it does not want.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    end_of(child, &format!("{command:?}"))
}

/// Gathers what a child has to say until its end, or until the end of its time.
pub(crate) fn end_of(mut child: Child, name: &str) -> Outcome {
    let stdout = child.stdout.take().map(gather);
    let stderr = child.stderr.take().map(gather);
    let status = wait_for_end(&mut child);
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.map(gathered).unwrap_or_default());
    let Some(status) = status else {
        panic!("{name} did not end within {COMMAND_TIME_MAX:?}\nstdout: {stdout}\nstderr: {stderr}")
    };
    Outcome { code: status.code(), stdout, stderr }
}

/// Waits for a child's end; past the time it is killed.
fn wait_for_end(child: &mut Child) -> Option<ExitStatus> {
    let mut status = None;
    let has_ended = wait_until(COMMAND_TIME_MAX, || {
        status = child.try_wait().expect("a child can be waited for");
        status.is_some()
    });
    if !has_ended {
        let _ = child.kill();
        let _ = child.wait();
    }
    status
}

fn gather(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn gathered(reader: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&reader.join().expect("a reader does not panic")).into_owned()
}

/// Sends a signal to a process, by its name without SIG.
#[track_caller]
pub(crate) fn send_signal(process: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
    assert!(status.expect("a shell starts").success(), "SIG{name} cannot be sent");
}

/// The processor time that a process has used.
pub(crate) fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().expect("ticks") + fields[12].parse::<u64>().expect("ticks");
    Duration::from_millis(ticks * 10)
}

/// Looks again and again until something holds, or until its time is up.
pub(crate) fn wait_until(time_max: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time_max;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// A command that goes on. Killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Daemon {
    /// Starts a command that is meant to go on for a while.
    pub(crate) fn start(mut command: Command) -> Daemon {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().expect("a pipe");
        let shared = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                shared.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Daemon { child, log, reader: Some(reader) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    /// Waits until it says something.
    #[track_caller]
    pub(crate) fn wait_to_say(&self, text: &str) {
        let is_said = wait_until(Duration::from_secs(20), || self.log().contains(text));
        assert!(is_said, "{text:?} is not in {}", self.log());
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        send_signal(self.id(), name);
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Ends it as a service manager would, and returns its exit code and what it said.
    pub(crate) fn stop(self) -> Outcome {
        self.signal("TERM");
        self.end()
    }

    /// Waits for its end, and returns its exit code and what it said.
    pub(crate) fn end(mut self) -> Outcome {
        let status = wait_for_end(&mut self.child);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let stderr = self.log();
        let Some(status) = status else { panic!("it did not end within {COMMAND_TIME_MAX:?}: {stderr}") };
        Outcome { code: status.code(), stdout: String::new(), stderr }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// An RSS feed that lists addresses, newest first.
pub(crate) fn rss(urls: &[&str]) -> String {
    let items = urls.iter().enumerate().fold(String::new(), |mut items, (position, url)| {
        let url = url.replace('&', "&amp;");
        let _ = writeln!(items, "<item><title>Item {position}</title><link>{url}</link></item>");
        items
    });
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title>\n{items}</channel></rss>")
}

/// [`rss`], ready to be served.
pub(crate) fn feed(urls: &[&str]) -> Resource {
    Resource::new("application/rss+xml; charset=utf-8", rss(urls))
}

/// A news web with these sites.
pub(crate) fn web_of(sites: Vec<Site>) -> NewsWeb {
    NewsWeb::start(sites).expect("a port is free")
}
