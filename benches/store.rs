//! What the database costs: commits a second, how soon questions are answered, and bytes an article.
//!
//! `cargo bench --bench store` fills a store with 10⁴, then 10⁵ invented articles of about 2.8 KB of text by the way that imports
//! take. `--million` goes on to 10⁶, which takes its time and some twelve gigabytes; `--quick` stops at 2000. `--folder=DIR` says where
//! the files go. `--kept=FILE` fills the store alone, leaves it there, and goes on with it another time: what is filled already is
//! asked at once.
//!
//! Commits: in turns of a thousand articles the same rows are written three times. `store` is the store itself, copies recognised and
//! stories found; `schema` is an INSERT for each row into a file with all of its indexes, triggers and full-text indexes, without
//! that; `bare` is the same into the table alone, without its indexes and triggers, and an FTS5 index over title and body. Articles
//! are made before the clock runs. Ratios are those of processor time, all threads, which neighbours on the machine disturb less.
//!
//! Questions: those of the documents and of Datasette, and of `search`, `show` and `why`, each some dozen times on a file that was
//! read before. `all` stands behind those that go through a whole table or index by what they ask: they grow with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use newswire::config;
use newswire::model::ImportedArticle;
use newswire::store::{ArticleFilter, Reader, StoryFilter, datasette_metadata};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use tokio::runtime::Runtime;

#[path = "invented/press.rs"]
mod press;

#[path = "invented/archive.rs"]
mod archive;

use archive::{MEDIAN_WORDS, address, import, imported, open, some, words_in_one_of};
use press::{Press, Script, unspaced};

/// Articles that are written in one turn.
const TURN: u64 = 1000;

/// Rows in a transaction: what the store takes into one at most.
const BATCH: usize = 64;

/// Times that a question is asked, and for how long at most.
const N_ASKED: usize = 60;
const ASKED_MAX: Duration = Duration::from_secs(5);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let sizes: &[u64] = match () {
        () if has("--quick") => &[500, 2_000],
        () if has("--million") => &[10_000, 100_000, 1_000_000],
        () => &[10_000, 100_000],
    };
    let folder = match arguments.iter().find_map(|argument| argument.strip_prefix("--folder=")) {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a temporary folder");
    let runtime = Runtime::new().expect("a runtime");
    if let Some(kept) = arguments.iter().find_map(|argument| argument.strip_prefix("--kept=")) {
        return kept_store(&runtime, Path::new(kept), sizes);
    }
    let mut bench = Bench::begin(folder.path());
    for &size in sizes {
        println!("\n== {size} articles");
        bench.fill(&runtime, size);
        questions(&bench.press, &bench.database);
        sizes_of(&bench.database);
    }
    println!("\n== what articles_characters adds");
    for script in [Script::Chinese, Script::Japanese, Script::Thai] {
        characters(&runtime, folder.path(), script, sizes[0].min(3000));
    }
}

/// Fills a store that stays, and asks it: each size that it has not passed.
fn kept_store(runtime: &Runtime, database: &Path, sizes: &[u64]) {
    let press = Press::new(MEDIAN_WORDS);
    let store = open(database);
    let reading = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let mut n_stored: u64 =
        reading.query_row("SELECT count(*) FROM articles", [], |row| row.get(0)).expect("the rows are counted");
    let n_before = n_stored;
    for &size in sizes.iter().filter(|size| **size >= n_before) {
        println!("\n== {size} articles");
        let mut cost = Cost::default();
        let n_new = size - n_stored;
        while n_stored < size {
            let until = (n_stored + TURN).min(size);
            let articles = (n_stored..until).map(|number| imported(&press, number)).collect();
            cost.add(|| runtime.block_on(import(&store, articles)));
            n_stored = until;
        }
        if n_new > 0 {
            println!("{:.0} articles/s", as_f64(n_new) / cost.elapsed.as_secs_f64());
        }
        questions(&press, database);
        sizes_of(database);
    }
    runtime.block_on(store.close()).expect("the database closes");
}

/// The three files that are filled side by side.
struct Bench {
    press: Press,
    database: PathBuf,
    schema: Connection,
    bare: Connection,
    n_stored: u64,
}

impl Bench {
    fn begin(folder: &Path) -> Bench {
        let database = folder.join("store.db");
        let schema = folder.join("schema.db");
        for path in [&database, &schema] {
            drop(open(path));
        }
        let schema = Connection::open(schema).expect("the database opens");
        let bare = bare(&folder.join("bare.db"), &schema);
        for connection in [&schema, &bare] {
            configure(connection);
        }
        // Sources and stories stand in the store alone.
        schema.pragma_update(None, "foreign_keys", false).expect("a setting");
        Bench { press: Press::new(MEDIAN_WORDS), database, schema, bare, n_stored: 0 }
    }

    /// Writes articles up to a number, the three ways in turns.
    fn fill(&mut self, runtime: &Runtime, size: u64) {
        let store = open(&self.database);
        let reading = Connection::open_with_flags(&self.database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
        let mut costs = [Cost::default(); 3];
        let n_before = self.n_stored;
        while self.n_stored < size {
            let until = (self.n_stored + TURN).min(size);
            let articles: Vec<ImportedArticle> =
                (self.n_stored..until).map(|number| imported(&self.press, number)).collect();
            costs[0].add(|| runtime.block_on(import(&store, articles)));
            let rows = rows_after(&reading, &self.schema);
            costs[1].add(|| write_rows(&self.schema, &rows));
            costs[2].add(|| write_rows(&self.bare, &rows));
            self.n_stored = until;
        }
        runtime.block_on(store.close()).expect("the database closes");
        println!("{:>8} {:>14} {:>14} {:>16}", "", "articles/s", "CPU µs each", "speed to bare (%)");
        for (name, cost) in ["store", "schema", "bare"].iter().zip(&costs) {
            let n_articles = as_f64(self.n_stored - n_before);
            println!(
                "{name:>8} {:>14.0} {:>14.0} {:>16.0}",
                n_articles / cost.elapsed.as_secs_f64(),
                1e6 * cost.processor_s / n_articles,
                100.0 * costs[2].processor_s / cost.processor_s
            );
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Cost {
    elapsed: Duration,
    processor_s: f64,
}

impl Cost {
    fn add(&mut self, act: impl FnOnce()) {
        let (began, processor_s) = (Instant::now(), processor_s());
        act();
        self.elapsed += began.elapsed();
        self.processor_s += self::processor_s() - processor_s;
    }
}

/// Seconds of processor time of this process so far, those of the system included; hundredths of a second.
fn processor_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells");
    // Behind the name in parentheses; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().expect("a number")).sum();
    ticks / 100.0
}

fn configure(connection: &Connection) {
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2048")
        .expect("settings");
    let mib = i64::from(config::defaults().store.cache_mib);
    connection.pragma_update(None, "cache_size", -1024 * mib).expect("a setting");
    connection.set_prepared_statement_cache_capacity(64);
}

/// A file with the table alone, without indexes and triggers, and a full-text index.
fn bare(path: &Path, like: &Connection) -> Connection {
    let bare = Connection::open(path).expect("the database opens");
    bare.pragma_update(None, "page_size", 8192).expect("a setting");
    for table in ["articles", "articles_fts"] {
        let sql: String = like
            .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
            .expect("the table is there");
        bare.execute_batch(&sql.replace(" UNIQUE", "")).expect("the table is made");
    }
    // In one statement at the end of a transaction, as in the store: that is faster than a trigger.
    bare.execute_batch(
        "CREATE TABLE _fts_state (indexed_up_to INTEGER NOT NULL); INSERT INTO _fts_state (indexed_up_to) VALUES (0)",
    )
    .expect("the table is made");
    bare.pragma_update(None, "foreign_keys", false).expect("a setting");
    bare
}

/// The rows of the store that the file with its schema does not have yet.
fn rows_after(reading: &Connection, schema: &Connection) -> Vec<Vec<Value>> {
    let last: i64 = schema
        .query_row("SELECT coalesce(max(id), 0) FROM articles", [], |row| row.get(0))
        .expect("the rows are counted");
    let columns = columns_of(schema);
    let sql = format!("SELECT {} FROM articles WHERE id > ?1 ORDER BY id", columns.join(", "));
    let mut statement = reading.prepare(&sql).expect("a question");
    let rows = statement.query_map([last], |row| (0..columns.len()).map(|column| row.get(column)).collect());
    rows.expect("an answer").collect::<Result<_, _>>().expect("rows")
}

fn columns_of(connection: &Connection) -> Vec<String> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM pragma_table_info('articles')").expect("a question");
    let names = statement.query_map([], |row| row.get(0)).expect("an answer");
    names.collect::<Result<_, _>>().expect("names")
}

fn write_rows(connection: &Connection, rows: &[Vec<Value>]) {
    let columns = columns_of(connection);
    let places = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO articles ({}) VALUES ({places})", columns.join(", "));
    for batch in rows.chunks(BATCH) {
        connection.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        let mut insert = connection.prepare_cached(&sql).expect("a statement");
        for row in batch {
            insert.execute(params_from_iter(row)).expect("a row");
        }
        index_as_the_store_does(connection);
        connection.execute_batch("COMMIT").expect("it is durable");
    }
}

/// The full-text index over words is filled at the end of a transaction, and not by a trigger. That over characters is left out.
fn index_as_the_store_does(connection: &Connection) {
    let index = "INSERT INTO articles_fts (rowid, title, body)
                 SELECT id, title, body FROM articles WHERE id > (SELECT indexed_up_to FROM _fts_state) ORDER BY id";
    connection.prepare_cached(index).expect("a statement").execute([]).expect("it is indexed");
    let note = "UPDATE _fts_state SET indexed_up_to = (SELECT max(id) FROM articles)";
    connection.prepare_cached(note).expect("a statement").execute([]).expect("it is noted");
}

/// How soon questions are answered.
fn questions(press: &Press, database: &Path) {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let reader = Reader::open(database).expect("it opens");
    let newest: String =
        connection.query_row("SELECT max(first_seen_at) FROM articles", [], |row| row.get(0)).expect("a time");
    println!("{:>10} {:>10}", "p50 (ms)", "p99 (ms)");
    let choices = choices(&newest);
    searches(press, &connection, &reader, &choices);
    commands(&connection, &reader, &choices);
    documents(&connection, &newest);
    tables(&connection);
}

/// Choices of articles, with what they are called.
fn choices(newest: &str) -> [(&'static str, ArticleFilter); 4] {
    let all = ArticleFilter::default();
    let since = newest.parse::<jiff::Timestamp>().expect("a time") - jiff::SignedDuration::from_hours(7 * 24);
    [
        ("", all.clone()),
        (", of a week", ArticleFilter { since: Some(since), ..all.clone() }),
        (", of a source", ArticleFilter { source_id: Some(5), ..all.clone() }),
        (", without copies", ArticleFilter { without_duplicates: true, ..all }),
    ]
}

fn searches(press: &Press, connection: &Connection, reader: &Reader, choices: &[(&str, ArticleFilter)]) {
    let latin: Vec<String> = some(connection, "SELECT body FROM articles WHERE id % 100 > 2 ORDER BY sha256 LIMIT 200");
    let unspaced: Vec<String> =
        some(connection, "SELECT body FROM articles WHERE id % 100 = 2 ORDER BY sha256 LIMIT 200");
    let words = |turn: usize, n_words: usize| {
        let words: Vec<&str> = latin[turn % latin.len()].split_whitespace().skip(5).take(n_words).collect();
        words.join(" ").replace(|c: char| !c.is_alphanumeric() && c != ' ', "")
    };
    let search_in =
        |expression: &str, filter: &ArticleFilter| drop(reader.search(expression, filter, 20).expect("an answer"));
    let search = |expression: &str| search_in(expression, &ArticleFilter::default());
    for (what, filter) in choices {
        ask(&format!("search: a Latin word{what}"), "", |turn| search_in(&format!("\"{}\"", words(turn, 1)), filter));
    }
    for one_in in [2, 10, 100, 1000] {
        let found = words_in_one_of(connection, press, one_in);
        ask(&format!("search: a word that one article in {one_in} has"), "", |turn| {
            search(&format!("\"{}\"", found[turn % found.len()]));
        });
    }
    ask("search: the beginning of a word", "", |turn| search(&format!("\"{}\"*", words(turn, 1))));
    ask("search: two words", "", |turn| search(&words(turn, 2)));
    ask("search: a phrase of three", "", |turn| search(&format!("\"{}\"", words(turn, 3))));
    ask("search: a word of two characters, zh, ja, th", "", |turn| {
        let word: String = unspaced[turn % unspaced.len()].chars().skip(7).take(2).collect();
        search(&format!("\"{}\"", word.replace(['、', ' '], "")));
    });
}

/// What the other commands ask.
fn commands(connection: &Connection, reader: &Reader, choices: &[(&str, ArticleFilter)]) {
    let ids: Vec<i64> = some(connection, "SELECT id FROM articles WHERE id % 7 = 3 ORDER BY sha256 LIMIT 500");
    let id = |turn: usize| ids[turn % ids.len()];
    for (what, filter) in choices {
        ask(&format!("ls{what}"), "", |_| drop(reader.articles(filter, 30).expect("an answer")));
        let told = StoryFilter { sources_min: 3, since: filter.since, ..StoryFilter::default() };
        if filter.since.is_some() || *filter == ArticleFilter::default() {
            ask(&format!("stories of three newsrooms{what}"), "", |_| {
                drop(reader.stories(&told, Some(20)).expect("an answer"));
            });
        }
    }
    ask("show", "", |turn| {
        let id = id(turn);
        reader.article(id).expect("an answer").expect("an article");
        reader.sightings(id).expect("an answer");
        reader.lineage(id).expect("an answer");
        reader.revisions(id).expect("an answer");
        reader.story_of(id).expect("an answer").map(|story| reader.story(story).expect("an answer"));
    });
    ask("why", "", |turn| {
        let url = address(u64::try_from(id(turn)).unwrap_or(0));
        reader.address_history(&url).expect("an answer");
        reader.sources_of_publisher(&url).expect("an answer");
        reader.addresses_of(id(turn), 10).expect("an answer");
    });
}

/// What the documents ask, as if the newest article were of now.
fn documents(connection: &Connection, newest: &str) {
    for document in ["README.md", "docs/querying.md"] {
        for (title, query) in queries_in(document) {
            let query = query.replace("'now'", &format!("'{newest}'"));
            // The view goes on to this day, and the articles end years before.
            let query =
                query.replace("FROM source_days WHERE", &format!("FROM source_days WHERE day <= '{newest}' AND"));
            ask_sql(connection, &format!("{document}: {title}"), &query);
        }
    }
}

/// What Datasette asks of `articles`.
fn tables(connection: &Connection) {
    let metadata = datasette_metadata("store").expect("metadata");
    let sortable = &metadata["databases"]["store"]["tables"]["articles"]["sortable_columns"];
    for column in sortable.as_array().expect("columns").iter().filter_map(|column| column.as_str()) {
        for direction in ["", " DESC"] {
            ask_sql(
                connection,
                &format!("sorted by {column}{direction}"),
                &format!("SELECT * FROM articles ORDER BY {column}{direction} LIMIT 101"),
            );
        }
    }
    for column in ["source_id", "date", "language", "body_kind", "host", "day", "duplicate_kind"] {
        let facet = format!(
            "SELECT {column} AS value, count(*) AS count FROM (SELECT * FROM articles) WHERE {column} IS NOT NULL
             GROUP BY {column} ORDER BY count DESC, value LIMIT 31"
        );
        ask_sql(connection, &format!("counted by {column}"), &facet);
    }
    for column in COLUMNS {
        let value: Option<Value> = connection
            .query_row(
                &format!("SELECT {column} FROM articles WHERE id = (SELECT max(id) / 2 FROM articles)"),
                [],
                |row| row.get(0),
            )
            .expect("a value");
        if value.as_ref().is_some_and(|value| *value != Value::Null) {
            let filter = format!(
                "SELECT * FROM articles WHERE {column} =
                 (SELECT {column} FROM articles WHERE id = (SELECT max(id) / 2 FROM articles)) ORDER BY id LIMIT 101"
            );
            ask_sql(connection, &format!("filtered by {column}"), &filter);
        }
    }
    let latest = "SELECT * FROM articles WHERE source_id = 5 ORDER BY published_at DESC LIMIT 101";
    ask_sql(connection, "a source's latest", latest);
    ask_sql(connection, "count of all", "SELECT count(*) FROM articles");
}

fn ask_sql(connection: &Connection, what: &str, sql: &str) {
    let mark = if goes_through_all(connection, sql) { "all" } else { "" };
    ask(what, mark, |_| read(connection, sql));
}

/// The leading columns of `articles` that are no texts or lists, and what people filter by beside them.
const COLUMNS: [&str; 21] = [
    "id",
    "source_id",
    "title",
    "date",
    "published_at",
    "url",
    "language",
    "words",
    "body_kind",
    "quality",
    "date_source",
    "duplicate_of",
    "duplicate_kind",
    "story_id",
    "first_seen_at",
    "updated_at",
    "revision",
    "sha256",
    "change_seq",
    "host",
    "day",
];

fn ask(what: &str, mark: &str, act: impl Fn(usize)) {
    act(0);
    let began = Instant::now();
    let mut times = Vec::new();
    for turn in 1..=N_ASKED {
        let asked = Instant::now();
        act(turn);
        times.push(asked.elapsed().as_secs_f64() * 1000.0);
        if began.elapsed() > ASKED_MAX {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
    println!("{:>10.2} {:>10.2}  {what}  {mark}", at(50), at(99));
}

/// Reads an answer to its end.
fn read(connection: &Connection, sql: &str) {
    let mut statement = connection.prepare_cached(sql).expect("a question");
    let mut rows = statement.query([]).expect("an answer");
    while let Some(row) = rows.next().expect("a row") {
        std::hint::black_box(row.get_ref(0).expect("a value"));
    }
}

/// Whether a question takes a walk through a table or an index that no bound ends.
fn goes_through_all(connection: &Connection, sql: &str) -> bool {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a question");
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).expect("an answer");
    let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("steps");
    let is_page = sql.contains("LIMIT") && !steps.iter().any(|step| step.contains("TEMP B-TREE"));
    !is_page
        && steps
            .iter()
            .any(|step| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && !step.contains("CONSTANT"))
}

/// The SQL in the blocks of a document, each with the comment above it.
fn queries_in(document: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).expect("a document");
    let blocks = text.split("```sql\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let mut queries = Vec::new();
    for query in blocks.flat_map(|block| block.split(";\n")) {
        let (notes, lines): (Vec<&str>, Vec<&str>) = query.lines().partition(|line| line.starts_with("--"));
        let sql = lines.join("\n").trim().to_owned();
        if !sql.is_empty() {
            queries.push((notes.last().copied().unwrap_or_default().trim_start_matches("-- ").to_owned(), sql));
        }
    }
    queries
}

/// Bytes an article, by table and index.
fn sizes_of(database: &Path) {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, f64>(0)).expect("a number");
    let n_articles = number("SELECT CAST(count(*) AS REAL) FROM articles");
    let text = number("SELECT avg(length(CAST(body AS BLOB))) FROM articles");
    let file = number("SELECT CAST(page_count * page_size AS REAL) FROM pragma_page_count, pragma_page_size");
    let free = number("SELECT CAST(freelist_count * page_size AS REAL) FROM pragma_freelist_count, pragma_page_size");
    println!(
        "\nbytes an article: {:.0} in all, {:.0} of them free pages; its text {text:.0}",
        file / n_articles,
        free / n_articles
    );
    let mut statement = connection
        .prepare("SELECT name, CAST(sum(pgsize) AS REAL) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC")
        .expect("a question");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("an answer");
    for row in rows {
        let (name, bytes): (String, f64) = row.expect("a row");
        if bytes / n_articles >= 1.0 {
            println!("{:>10.0}  {name}", bytes / n_articles);
        }
    }
}

/// What the index by character adds to a file of articles in one script.
fn characters(runtime: &Runtime, folder: &Path, script: Script, n_articles: u64) {
    let path = folder.join(format!("{script:?}.db"));
    let store = open(&path);
    let articles = (0..n_articles).map(|number| ImportedArticle {
        article: unspaced(number, script, 900),
        source: None,
        guid: Some(number.to_string()),
        arrived_at: jiff::Timestamp::from_second(1_700_000_000).expect("a time"),
        is_address_given: true,
    });
    runtime.block_on(import(&store, articles.collect()));
    runtime.block_on(store.close()).expect("the database closes");
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let bytes = |which: &str| {
        let sql = format!("SELECT CAST(sum(pgsize) AS REAL) FROM dbstat WHERE {which}");
        connection.query_row(&sql, [], |row| row.get::<_, f64>(0)).expect("a number")
    };
    let (index, rest) = (bytes("name LIKE 'articles_characters%'"), bytes("name NOT LIKE 'articles_characters%'"));
    println!(
        "{script:?}: {:.0} bytes an article, {:.1} % of the rest",
        index / as_f64(n_articles),
        100.0 * index / rest
    );
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
