//! What volumes cost where there are millions of articles: bytes an article left in the database, searches, and how fast more come in.
//!
//! `cargo bench --bench volumes_large -- --folder=DIR` imports some thousand invented articles as any import does, and closes their month. Of
//! what the database then has of them it makes many more, table by table, each under a number, an address, a headline and checksums of its
//! own; the shingle index gets as many entries as full texts have. The volumes have the tables and indexes of the one that was closed, and
//! short texts: to store twelve million of the usual length by the usual way takes hours and forty gigabytes.
//!
//! `--each=N` says how many articles a volume gets, `--volumes=N` how many volumes, `--seed=N` how many articles are imported to begin with,
//! `--more=N` how many to see how fast that goes, `--words=N` how many words a text has at least,
//! `--cache=N` is `store.cache_mib` of who imports; `--questions` asks alone, of the database that
//! is in the folder, `--ingest` imports into it; `--keep` leaves it there.
//!
//! Indexes are made at the end, and are as full as after `VACUUM`; those of a database that grew take up to a third more.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use newswire::config;
use newswire::config::StoreSettings;
use newswire::model::ImportedArticle;
use newswire::normalize::url::canonicalize;
use newswire::store::{ArticleFilter, Closing, Month, Reader, Store, close_month_beside, rebuild};
use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OpenFlags, params};
use tokio::runtime::Runtime;

#[path = "invented/press.rs"]
mod press;

#[path = "invented/archive.rs"]
mod archive;

use archive::{MEDIAN_WORDS, import, imported, some, words_in_one_of};
use press::{Press, Script, unspaced};

/// Words of a text in a volume: from so many up to half as many more.
const SHORT_WORDS: u64 = 40;

/// A word of each text is a name, one of so many: words of which one article in so many has one.
const NAMES: u64 = 100_000;

/// Words of a headline.
const TITLE_WORDS: usize = 9;

/// The year of the first volume that is made in bulk.
const YEAR: i32 = 2020;

/// The month of the articles that were imported to begin with.
const SEED_MONTH: &str = "2019-12";

/// Shingles that are kept of an article, where none are noted by which to tell.
const SHINGLES_KEPT: u64 = 50;

const N_BUCKETS: u64 = 1 << 16;

/// Parts of a bucket.
const N_PARTS: usize = 16;

/// With more entries a bucket passes them on.
const FULL_ENTRIES: u64 = 640;

const N_ASKED: usize = 40;
const ASKED_MAX: Duration = Duration::from_secs(20);

/// Articles that are imported in one turn.
const TURN: u64 = 1000;

/// Volumes that are written at a time.
const WRITERS: usize = 2;

/// Turns in which articles are imported to see how fast that goes.
const TURNS: u64 = 5;

/// How large all is.
#[derive(Clone)]
struct Plan {
    n_seed: u64,
    n_volumes: u64,
    each: u64,
    n_more: u64,
    n_words: u64,
    /// As in `store.cache_mib`.
    cache_mib: u32,
}

impl Plan {
    fn n_articles(&self) -> u64 {
        self.n_seed + self.n_volumes * self.each
    }

    /// In which volume an article is, of those that were not imported.
    fn volume_of(&self, id: u64) -> u64 {
        (id - self.n_seed - 1) / self.each
    }

    /// When an article came in: within its month, one after the other.
    fn seen_at(&self, id: u64) -> Timestamp {
        const DAYS: i64 = 28;
        let (volume, place) = (self.volume_of(id), (id - self.n_seed - 1) % self.each);
        let begin: Timestamp = format!("{}-01T00:00:00Z", month(volume)).parse().expect("a time");
        let passed =
            i64::try_from(place).expect("it fits") * DAYS * 86_400 / i64::try_from(self.each).expect("it fits");
        Timestamp::from_second(begin.as_second() + passed).expect("a time")
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, otherwise: u64| {
        let value = arguments.iter().find_map(|argument| argument.strip_prefix(name));
        value.map_or(otherwise, |value| value.parse::<u64>().expect("a number"))
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let mut plan = Plan {
        n_seed: number("--seed=", 2_000),
        n_volumes: number("--volumes=", 12),
        each: number("--each=", 2_000),
        n_more: number("--more=", 1_000),
        n_words: number("--words=", SHORT_WORDS),
        cache_mib: u32::try_from(number("--cache=", u64::from(config::defaults().store.cache_mib))).expect("megabytes"),
    };
    let folder = arguments.iter().find_map(|argument| argument.strip_prefix("--folder="));
    let (folder, temporary) = match folder {
        Some(folder) => (PathBuf::from(folder), None),
        None => {
            let temporary = tempfile::tempdir().expect("a temporary folder");
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    let database = folder.join("hot.db");
    let press = Arc::new(Press::new(MEDIAN_WORDS));
    let runtime = Runtime::new().expect("a runtime");
    if !has("--questions") && !has("--ingest") {
        fs::create_dir_all(&folder).expect("a folder");
        assert!(!database.exists(), "{} is there already", database.display());
        begin(&runtime, &press, &database, &mut plan);
        ingest(&runtime, &press, &database, &folder.join("first.db"), &plan);
        multiply(&press, &database, &plan);
        sizes(&database, "left hot, where there are many");
        write_volumes(&press, &database, &plan);
    }
    if has("--questions") || !has("--ingest") {
        questions(&press, &database);
        cold_questions(&press, &database);
    }
    if has("--ingest") || !has("--questions") {
        ingest(&runtime, &press, &database, &database, &plan);
    }
    if !has("--keep") {
        remove(&folder);
    }
    drop(temporary);
}

/// Takes away what was written, and nothing else that may be in the folder.
fn remove(folder: &Path) {
    for file in fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("hot.db") && !name.starts_with("first.db") {
            continue;
        }
        let removed = if file.is_dir() { fs::remove_dir_all(&file) } else { fs::remove_file(&file) };
        removed.expect("it goes");
    }
}

/// Imports the first articles, and closes their month.
fn begin(runtime: &Runtime, press: &Press, database: &Path, plan: &mut Plan) {
    let settings = StoreSettings { path: database.to_owned(), ..config::defaults().store };
    let rate = fill(runtime, press, database, plan.cache_mib, 0..plan.n_seed);
    println!("{} articles imported, {rate:.0} articles/s", plan.n_seed);
    let connection = Connection::open(database).expect("it opens");
    connection
        .execute("UPDATE articles SET first_seen_at = ?1 || '-15T00:00:00Z'", [SEED_MONTH])
        .expect("they are changed");
    plan.n_seed = connection.query_row("SELECT max(id) FROM articles", [], |row| row.get(0)).expect("a number");
    drop(connection);
    let month = SEED_MONTH.parse().expect("a month");
    let closed = close_month_beside(&settings, month, Timestamp::now(), |_| true);
    assert!(matches!(closed, Ok(Closing::Closed { .. })), "{closed:?}");
    rebuild(&settings).expect("the file is built anew");
    sizes(database, "left hot, of those that were imported");
}

/// Imports articles under addresses that do not follow one another, as those of publishers do not. Returns how many a second.
fn fill(runtime: &Runtime, press: &Press, database: &Path, cache_mib: u32, numbers: Range<u64>) -> f64 {
    let mut settings = config::defaults();
    database.clone_into(&mut settings.store.path);
    settings.store.cache_mib = cache_mib;
    let store = Store::open(&settings.store, &settings.schedule).expect("the database opens");
    let mut elapsed = Duration::ZERO;
    let n_articles = numbers.end - numbers.start;
    for first in numbers.clone().step_by(usize::try_from(TURN).expect("it fits")) {
        let articles: Vec<ImportedArticle> = (first..(first + TURN).min(numbers.end))
            .map(|number| with_own_address(imported(press, number), number))
            .collect();
        let begun = Instant::now();
        runtime.block_on(import(&store, articles));
        elapsed += begun.elapsed();
    }
    runtime.block_on(store.close()).expect("the database closes");
    as_f64(n_articles) / elapsed.as_secs_f64()
}

fn with_own_address(mut imported: ImportedArticle, number: u64) -> ImportedArticle {
    let host = format!("paper-{}.example", number % archive::N_SOURCES);
    let url = address(&host, number).parse().expect("an address");
    imported.article.url = Some(canonicalize(&url).expect("an address"));
    imported
}

fn address(host: &str, number: u64) -> String {
    format!("https://www.{host}/2026/11/{:07x}-headline-of-some-words-as-addresses-have/{number}", mixed(number) >> 36)
}

/// Makes many articles of those that the database has, with all that belongs to them.
fn multiply(press: &Arc<Press>, database: &Path, plan: &Plan) {
    let begun = Instant::now();
    let connection = Connection::open(database).expect("it opens");
    let n_copies = (plan.n_articles() - plan.n_seed).div_ceil(plan.n_seed);
    with_functions(&connection, press, plan);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).expect("a setting");
    // Nobody else has the file, and what breaks off begins anew.
    for (name, value) in
        [("journal_mode", "OFF"), ("synchronous", "OFF"), ("locking_mode", "EXCLUSIVE"), ("foreign_keys", "OFF")]
    {
        connection.pragma_update(None, name, value).expect("a setting");
    }
    connection.pragma_update(None, "cache_size", -400_000).expect("a setting");
    let which = "FROM sqlite_schema WHERE sql IS NOT NULL AND (type = 'index' OR type = 'trigger')
             AND tbl_name IN ('articles', 'sightings', '_links', '_wordings', '_copies', 'stories', 'story_members') ORDER BY type, name";
    let made_last: Vec<String> = some(&connection, &format!("SELECT sql {which}"));
    let names: Vec<String> = some(&connection, &format!("SELECT type || ' ' || name {which}"));
    for name in names {
        connection.execute_batch(&format!("DROP {name}")).expect("it is dropped");
    }
    let own = values_of_copies(&connection, plan);
    let tables = ["articles", "sightings", "_links", "_copies", "stories", "story_members"];
    let inserts: Vec<String> = tables.iter().map(|table| insert_of(&connection, table, &own, plan)).collect();
    connection.execute_batch("BEGIN").expect("it begins");
    for copy in 1..=n_copies {
        for insert in &inserts {
            connection.prepare_cached(insert).and_then(|mut insert| insert.execute([copy])).expect("rows");
        }
    }
    told("rows", begun);
    // By checksum: in any order, as they come.
    connection
        .execute(
            "WITH copies (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ?1)
             INSERT INTO _wordings (wording, article_id)
             SELECT randomblob(length(wording)), article_id + ?2 * copy FROM (SELECT * FROM _wordings) CROSS JOIN copies
             WHERE article_id + ?2 * copy <= ?3 ORDER BY 1",
            params![n_copies, plan.n_seed, plan.n_articles()],
        )
        .expect("wordings");
    told("wordings", begun);
    fill_buckets(&connection, plan);
    told("shingles", begun);
    let indexes = made_last.iter().filter(|sql| sql.starts_with("CREATE INDEX") || sql.starts_with("CREATE UNIQUE"));
    for sql in indexes {
        connection.execute_batch(sql).expect("an index");
    }
    told("indexes", begun);
    index_headlines(&connection, plan);
    told("full-text indexes", begun);
    for sql in made_last.iter().filter(|sql| sql.starts_with("CREATE TRIGGER")) {
        connection.execute_batch(sql).expect("a trigger");
    }
    connection
        .execute_batch(
            "UPDATE _fts_state SET indexed_up_to = (SELECT max(id) FROM articles);
             UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM articles) WHERE name = 'articles';
             UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM stories) WHERE name = 'stories';
             COMMIT",
        )
        .expect("it ends");
    connection.pragma_update(None, "locking_mode", "NORMAL").expect("a setting");
    connection.pragma_update(None, "journal_mode", "WAL").expect("a setting");
    told("written", begun);
}

/// What columns of the copies have of their own, in SQL; `?1` is the number of the copy.
fn values_of_copies(connection: &Connection, plan: &Plan) -> BTreeMap<(&'static str, &'static str), String> {
    let steps: i64 =
        connection.query_row("SELECT max(change_seq) FROM articles", [], |row| row.get(0)).expect("a number");
    let stories: i64 =
        connection.query_row("SELECT coalesce(max(id), 0) FROM stories", [], |row| row.get(0)).expect("a number");
    let links: i64 = connection.query_row("SELECT max(id) FROM _links", [], |row| row.get(0)).expect("a number");
    let article = format!("{} * ?1", plan.n_seed);
    let own = [
        ("articles", "id", format!("id + {article}")),
        ("articles", "title", format!("iif(language IN ('zh', 'ja', 'th'), title, invented_title(id + {article}))")),
        ("articles", "date", format!("replace(substr(seen_at(id + {article}), 1, 10), '-', '')")),
        ("articles", "day", format!("substr(seen_at(id + {article}), 1, 10)")),
        ("articles", "published_at", format!("seen_at(id + {article})")),
        ("articles", "url", format!("address(host, id + {article})")),
        ("articles", "duplicate_of", format!("duplicate_of + {article}")),
        ("articles", "story_id", format!("story_id + {stories} * ?1")),
        ("articles", "first_seen_at", format!("seen_at(id + {article})")),
        ("articles", "updated_at", format!("seen_at(id + {article})")),
        ("articles", "sha256", "lower(hex(randomblob(32)))".to_owned()),
        ("articles", "change_seq", format!("change_seq + {steps} * ?1")),
        ("articles", "new_seq", format!("new_seq + {steps} * ?1")),
        ("articles", "wording_seq", format!("wording_seq + {steps} * ?1")),
        ("articles", "volume", format!("substr(seen_at(id + {article}), 1, 7)")),
        ("sightings", "article_id", format!("article_id + {article}")),
        ("sightings", "first_seen_at", format!("seen_at(article_id + {article})")),
        ("sightings", "last_seen_at", format!("seen_at(article_id + {article})")),
        ("_links", "id", format!("id + {links} * ?1")),
        ("_links", "url_key", format!("address(host, article_id + {article}) || iif(id = first_id, '', ' ' || id)")),
        ("_links", "url", format!("address(host, article_id + {article})")),
        ("_links", "article_id", format!("article_id + {article}")),
        ("_links", "first_seen_at", format!("unixepoch(seen_at(article_id + {article}))")),
        ("_copies", "article_id", format!("article_id + {article}")),
        ("_copies", "of_id", format!("of_id + {article}")),
        ("stories", "id", format!("id + {stories} * ?1")),
        ("stories", "title", format!("invented_title(title_article_id + {article})")),
        ("stories", "title_article_id", format!("title_article_id + {article}")),
        ("stories", "first_published_at", format!("seen_at(title_article_id + {article})")),
        ("stories", "last_published_at", format!("seen_at(title_article_id + {article})")),
        ("stories", "updated_at", format!("seen_at(title_article_id + {article})")),
        ("story_members", "article_id", format!("article_id + {article}")),
        ("story_members", "story_id", format!("story_id + {stories} * ?1")),
        ("story_members", "told_at", format!("seen_at(article_id + {article})")),
    ]
    .into_iter()
    .map(|(table, column, sql)| ((table, column), sql));
    own.collect()
}

/// A statement that makes a copy of each row of a table that belongs to the articles which were imported.
fn insert_of(connection: &Connection, table: &str, own: &BTreeMap<(&str, &str), String>, plan: &Plan) -> String {
    let first = if table == "_links" { ", min(id) OVER (PARTITION BY article_id) AS first_id" } else { "" };
    let (seed, last) = (format!("seed_{table}"), plan.n_articles());
    connection
        .execute_batch(&format!("CREATE TEMP TABLE {seed} AS SELECT *{first} FROM main.{table}"))
        .expect("a copy");
    let columns: Vec<String> = some(connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
    let values: Vec<&str> = columns
        .iter()
        .map(|column| own.get(&(table, column.as_str())).map_or(column.as_str(), String::as_str))
        .collect();
    let article = match table {
        "articles" => "id",
        "stories" => "title_article_id",
        _ => "article_id",
    };
    format!(
        "INSERT INTO main.{table} ({}) SELECT {} FROM temp.{seed} WHERE {article} + {} * ?1 <= {last}",
        columns.join(", "),
        values.join(", "),
        plan.n_seed
    )
}

fn with_functions(connection: &Connection, press: &Arc<Press>, plan: &Plan) {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let function =
        |name: &str, n_arguments, body: fn(&Press, &Plan, &Context<'_>) -> rusqlite::Result<Option<String>>| {
            let (press, plan) = (Arc::clone(press), plan.clone());
            let function = move |context: &Context<'_>| body(&press, &plan, context);
            connection.create_scalar_function(name, n_arguments, flags, function).expect("a function");
        };
    function("invented_title", 1, |press, _, context| {
        Ok(Some(press.words_in_a_row(mixed(context.get(0)?), TITLE_WORDS)))
    });
    function("seen_at", 1, |_, plan, context| {
        Ok(context.get::<Option<u64>>(0)?.filter(|id| *id > plan.n_seed).map(|id| plan.seen_at(id).to_string()))
    });
    function("address", 2, |_, _, context| Ok(Some(address(context.get_raw(0).as_str()?, context.get(1)?))));
    function("short_text", 2, |press, plan, context| {
        let (id, language) = (context.get::<u64>(0)?, context.get_raw(1).as_str()?);
        Ok(Some(short_text(press, id, language, plan.n_words)))
    });
    function("spaced", 1, |_, _, context| {
        let text = context.get_raw(0).as_str()?;
        Ok(Some(text.chars().fold(String::new(), |spaced, c| {
            if c.is_ascii() { spaced + &c.to_string() } else { spaced + " " + &c.to_string() + " " }
        })))
    });
}

/// The text of an article in a volume: some words, and a name.
fn short_text(press: &Press, id: u64, language: &str, n_words: u64) -> String {
    let script = match language {
        "zh" => Script::Chinese,
        "ja" => Script::Japanese,
        "th" => Script::Thai,
        _ => {
            let n_words = usize::try_from(n_words + id % (n_words / 2 + 1)).expect("it fits");
            return format!("{} {}", press.words_in_a_row(mixed(id) ^ 1, n_words), name(mixed(id) % NAMES));
        }
    };
    unspaced(id, script, 120).body
}

fn name(number: u64) -> String {
    format!("qu{number:05}x")
}

/// Fills the shingle index as so many articles with full texts fill it: entries of six bytes, of which the first two are the rest of the key
/// and the others the article. A bucket has passed on all but the newest of its entries to its parts, some to each of them, and is as full as
/// its turn has it.
fn fill_buckets(connection: &Connection, plan: &Plan) {
    let kept: Option<f64> =
        connection.query_row("SELECT avg(length(keys)) / 4 FROM _shingle_log", [], |row| row.get(0)).expect("a number");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some fifty")]
    let kept = kept.map_or(SHINGLES_KEPT, |kept| kept.round() as u64);
    println!("{kept} shingles an article are kept");
    let n_articles = plan.n_articles();
    let n_entries = n_articles * kept / N_BUCKETS;
    let prepare = |sql| connection.prepare(sql).expect("a statement");
    let mut insert =
        prepare("INSERT OR REPLACE INTO _shingle_buckets (bucket, postings, n_passed) VALUES (?1, ?2, ?3)");
    let mut insert_part = prepare("INSERT OR REPLACE INTO _shingle_parts (part, postings) VALUES (?1, ?2)");
    for bucket in 0..N_BUCKETS {
        let (mut kept, mut parts) = (Vec::new(), vec![Vec::new(); N_PARTS]);
        let n_kept = (n_entries + bucket * 7) % FULL_ENTRIES;
        let n_passed = n_entries.saturating_sub(n_kept);
        for place in 0..n_entries {
            let [low, high, ..] = mixed(bucket * n_entries + place).to_le_bytes();
            let article = 1 + place * n_articles / n_entries;
            let [a, b, c, d, ..] = article.to_le_bytes();
            let of = if place < n_passed { &mut parts[usize::from(high >> 4)] } else { &mut kept };
            of.extend([low, high, a, b, c, d]);
        }
        insert.execute(params![bucket, kept, n_passed]).expect("a row");
        for (part, entries) in (bucket * N_PARTS as u64..).zip(parts).filter(|(_, entries)| !entries.is_empty()) {
            insert_part.execute(params![part, entries]).expect("a row");
        }
    }
}

/// Makes the full-text indexes of the headlines, as they are when all months are closed.
fn index_headlines(connection: &Connection, plan: &Plan) {
    connection
        .execute_batch(
            "INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 200000000);
             INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
             INSERT INTO articles_fts (articles_fts) VALUES ('optimize');
             INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 4194304)",
        )
        .expect("an index");
    connection
        .execute(
            "INSERT INTO articles_characters (rowid, title, body)
             SELECT id, spaced(title), '' FROM articles WHERE id > ?1 AND language IN ('zh', 'ja', 'th')",
            [plan.n_seed],
        )
        .expect("an index");
    connection
        .execute_batch("INSERT INTO articles_characters (articles_characters) VALUES ('optimize')")
        .expect("an index");
}

/// Writes the volumes, two at a time, and notes them in the database.
fn write_volumes(press: &Arc<Press>, database: &Path, plan: &Plan) {
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                loop {
                    let volume = next.fetch_add(1, Ordering::Relaxed);
                    if volume >= plan.n_volumes {
                        break;
                    }
                    write_volume(press, database, plan, volume);
                    told(&format!("volume {}", month(volume)), begun);
                }
            });
        }
    });
    let connection = Connection::open(database).expect("it opens");
    let mut bytes = 0;
    for volume in 0..plan.n_volumes {
        let month = month(volume);
        let size = bytes_of(&volume_path(database, month));
        bytes += size;
        let last_id = plan.n_seed + (volume + 1) * plan.each;
        connection
            .execute(
                "INSERT INTO volumes (month, state, token, n_articles, n_revisions, bytes, last_id, closed_at)
                 VALUES (?1, 'closed', ?1, ?2, 0, ?3, ?4, '2026-11-01T00:00:00Z')",
                params![month.to_string(), plan.each, size, last_id],
            )
            .expect("a row");
    }
    println!(
        "{} volumes of {} articles, {} bytes an article",
        plan.n_volumes,
        plan.each,
        bytes / (plan.n_volumes * plan.each)
    );
}

/// Writes a volume with the tables and the settings of the one that was closed.
fn write_volume(press: &Arc<Press>, database: &Path, plan: &Plan, volume: u64) {
    let month = month(volume);
    let target = volume_path(database, month);
    let draft = target.with_extension("draft");
    let model = Connection::open_with_flags(
        volume_path(database, SEED_MONTH.parse().expect("a month")),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .expect("it opens");
    let tables: Vec<String> = some(
        &model,
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'articles_fts_*' AND name NOT GLOB 'articles_characters_*'
         ORDER BY type = 'index'",
    );
    let connection = Connection::open(&draft).expect("it opens");
    with_functions(&connection, press, plan);
    for (name, value) in [("journal_mode", "OFF"), ("synchronous", "OFF"), ("page_size", "8192")] {
        connection.pragma_update(None, name, value).expect("a setting");
    }
    connection.pragma_update(None, "cache_size", -100_000).expect("a setting");
    for name in ["application_id", "user_version"] {
        let value: i32 = model.pragma_query_value(None, name, |row| row.get(0)).expect("a number");
        connection.pragma_update(None, name, value).expect("a setting");
    }
    connection.execute("ATTACH ?1 AS hot", [database.to_str().expect("UTF-8")]).expect("it is attached");
    connection.execute_batch("BEGIN").expect("it begins");
    for table in tables {
        connection.execute_batch(&table).expect("a table");
    }
    connection.execute("INSERT INTO volume VALUES (?1, ?1, 'a benchmark')", [month.to_string()]).expect("a row");
    let first = plan.n_seed + volume * plan.each;
    connection
        .execute(
            "INSERT INTO main.articles (id, source, title, date, published_at, url, language, words, body, authors, first_seen_at, revision, sha256)
             SELECT articles.id, slug, articles.title, date, published_at, articles.url, language, words,
                 short_text(articles.id, coalesce(language, '')), authors, first_seen_at, revision, sha256
             FROM hot.articles LEFT JOIN hot.sources ON sources.id = source_id WHERE articles.id > ?1 AND articles.id <= ?2 ORDER BY articles.id",
            [first, first + plan.each],
        )
        .expect("articles");
    connection
        .execute_batch(
            "INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 200000000);
             INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
             INSERT INTO articles_fts (articles_fts) VALUES ('optimize');
             INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 1048576);
             INSERT INTO articles_characters (rowid, title, body)
                 SELECT id, spaced(title), spaced(body) FROM articles WHERE language IN ('zh', 'ja', 'th');
             INSERT INTO articles_characters (articles_characters) VALUES ('optimize');
             COMMIT",
        )
        .expect("indexes");
    connection.execute_batch("DETACH hot").expect("it is detached");
    connection.execute("VACUUM INTO ?1", [target.to_str().expect("UTF-8")]).expect("the file is written");
    drop(connection);
    fs::remove_file(draft).expect("the draft goes");
}

/// The tables that take most, in bytes an article.
fn sizes(database: &Path, name: &str) {
    let connection = Connection::open(database).expect("it opens");
    let n_articles: u64 =
        connection.query_row("SELECT count(*) FROM articles", [], |row| row.get(0)).expect("a number");
    println!("\n== {name}: {n_articles} articles, {} bytes an article", bytes_of(database) / n_articles);
    let mut statement = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, 1")
        .expect("this SQLite tells");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("an answer");
    for row in rows {
        let (name, bytes): (String, u64) = row.expect("a row");
        if bytes >= 2 * n_articles {
            println!("{name:<40} {:>9.1}", as_f64(bytes) / as_f64(n_articles));
        }
    }
}

/// What is asked, with whatever it is called.
fn all_questions(press: &Press, database: &Path) -> Vec<(String, Vec<String>)> {
    let connection = Connection::open(database).expect("it opens");
    let volumes: Vec<String> =
        some(&connection, "SELECT month FROM volumes WHERE month <> '2019-12' ORDER BY month DESC LIMIT 1");
    let volume = Connection::open_with_flags(
        volume_path(database, volumes[0].parse().expect("a month")),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .expect("it opens");
    let of = |one_in: u64| words_in_one_of(&volume, press, one_in);
    let [half, hundredth, thousandth] = [2, 100, 1000].map(of);
    let quoted = |words: &[String]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
    let pairs = |one: &[String], other: &[String]| {
        one.iter().zip(other.iter().cycle().skip(3)).map(|(one, other)| format!("\"{one}\" \"{other}\"")).collect()
    };
    let names: Vec<String> = (0..N_ASKED as u64).map(|turn| name(mixed(turn) % NAMES)).collect();
    let bodies: Vec<String> = some(&volume, "SELECT body FROM articles WHERE language = 'en' LIMIT 40");
    let phrases = bodies.iter().map(|body| {
        let words: Vec<&str> = body.split_whitespace().skip(3).take(2).collect();
        format!("\"{}\"", words.join(" "))
    });
    let titles: Vec<String> = some(&volume, "SELECT title FROM articles WHERE language = 'en' LIMIT 40");
    let first_words: Vec<String> =
        titles.iter().filter_map(|title| title.split(' ').next().map(str::to_owned)).collect();
    vec![
        ("a word that one article in 2 has".to_owned(), quoted(&half)),
        ("a word that one in 100 has".to_owned(), quoted(&hundredth)),
        ("a word that one in 1000 has".to_owned(), quoted(&thousandth)),
        ("a word that one in 100,000 has".to_owned(), quoted(&names)),
        ("two words, one in 2 and one in 100".to_owned(), pairs(&half, &hundredth)),
        ("two words, one in 100 each".to_owned(), pairs(&hundredth, &hundredth)),
        ("two words, one in 2 and one in 100,000".to_owned(), pairs(&names, &half)),
        ("a phrase of two words".to_owned(), phrases.collect()),
        ("a phrase of the two commonest words".to_owned(), vec![format!("\"{} {}\"", press.word(0), press.word(1))]),
        ("any word of a headline".to_owned(), quoted(&first_words)),
        ("a word that nobody has".to_owned(), (0..N_ASKED).map(|turn| format!("\"zz{turn}qq\"")).collect()),
    ]
}

fn questions(press: &Press, database: &Path) {
    let reader = Reader::open(database).expect("it opens");
    let all = ArticleFilter::default();
    println!("\n== searches, on files that were read before");
    for (name, expressions) in all_questions(press, database) {
        ask(&name, expressions.len(), |turn| {
            let found = reader.search(&expressions[turn % expressions.len()], &all, 20).expect("an answer");
            found.hits.len()
        });
    }
    let of_source = ArticleFilter { source_id: Some(1), ..all.clone() };
    let (name, expressions) = all_questions(press, database).swap_remove(1);
    ask(&format!("{name}, of a source"), expressions.len(), |turn| {
        reader.search(&expressions[turn % expressions.len()], &of_source, 20).expect("an answer").hits.len()
    });
}

/// Asks with files of which nothing is in memory, each time with a reader that is opened for it.
fn cold_questions(press: &Press, database: &Path) {
    println!("\n== searches, on files of which nothing is in memory, by a reader that is opened for each");
    for (name, expressions) in all_questions(press, database) {
        let mut times = Vec::new();
        for expression in expressions.iter().take(5) {
            forget(database);
            let asked = Instant::now();
            let reader = Reader::open(database).expect("it opens");
            drop(reader.search(expression, &ArticleFilter::default(), 20).expect("an answer"));
            times.push(asked.elapsed());
        }
        print_times(&name, &mut times, 0);
    }
}

/// Has the system drop what it holds of the files.
fn forget(database: &Path) {
    let folder = volume_path(database, SEED_MONTH.parse().expect("a month"));
    let volumes = fs::read_dir(folder.parent().expect("a folder")).expect("a folder");
    let files = volumes.map(|file| file.expect("a file").path()).chain([database.to_owned()]);
    for file in files {
        let dropped = Command::new("dd")
            .arg(format!("if={}", file.display()))
            .args(["iflag=nocache", "count=0", "status=none"])
            .status();
        assert!(dropped.is_ok_and(|status| status.success()), "{}", file.display());
    }
}

/// Imports articles with texts of the usual length, in a database or a copy of it. What belongs to the first turn is to come into memory.
fn ingest(runtime: &Runtime, press: &Press, database: &Path, place: &Path, plan: &Plan) {
    let last: u64 = Connection::open(database)
        .and_then(|connection| connection.query_row("SELECT max(id) FROM articles", [], |row| row.get(0)))
        .expect("a number");
    if place != database {
        fs::copy(database, place).expect("a copy");
        let volumes = volume_path(database, SEED_MONTH.parse().expect("a month"));
        let beside = volume_path(place, SEED_MONTH.parse().expect("a month"));
        fs::create_dir_all(beside.parent().expect("a folder")).expect("a folder");
        fs::copy(volumes, beside).expect("a copy");
    }
    forget(database);
    for turn in 0..TURNS {
        let first = 100_000_000 + last + turn * plan.n_more;
        let before = processor_time();
        let rate = fill(runtime, press, place, plan.cache_mib, first..first + plan.n_more);
        let millis = (processor_time() - before) * 1000.0 / as_f64(plan.n_more);
        println!("ingest: {rate:.0} articles/s, {millis:.2} ms of processor time each, with {last} articles");
    }
}

/// Asks a question some dozen times, and prints how long it took.
fn ask(name: &str, n_different: usize, mut question: impl FnMut(usize) -> usize) {
    for turn in 0..n_different.min(3) {
        question(turn);
    }
    let begun = Instant::now();
    let (mut times, mut n_hits) = (Vec::new(), 0);
    for turn in 0..N_ASKED {
        let asked = Instant::now();
        n_hits += question(turn);
        times.push(asked.elapsed());
        if begun.elapsed() > ASKED_MAX {
            break;
        }
    }
    let n_times = times.len();
    print_times(name, &mut times, n_hits / n_times);
}

fn print_times(name: &str, times: &mut [Duration], n_hits: usize) {
    times.sort_unstable();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{name:<45} {:>9.2} ms, slowest {:>9.2}, {n_hits} shown", millis(median), millis(slowest));
}

fn month(number: u64) -> Month {
    let year = YEAR + i32::try_from(number / 12).expect("it fits");
    format!("{year}-{:02}", number % 12 + 1).parse().expect("a month")
}

fn volume_path(database: &Path, month: Month) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push(".volumes");
    PathBuf::from(folder).join(format!("{month}.db"))
}

/// `SplitMix64`: other bits for each number.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What this process has had of processors, in seconds: neighbours disturb it less than the time that passes.
fn processor_time() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells");
    let ticks = stat.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<f64>().expect("ticks"));
    ticks.sum::<f64>() / TICKS_A_SECOND
}

fn told(what: &str, begun: Instant) {
    println!("{:>6.0} s: {what}", begun.elapsed().as_secs_f64());
}

fn bytes_of(path: &Path) -> u64 {
    fs::metadata(path).expect("a file").len()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2⁵²")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
