//! An archive of invented articles: what a store is filled with by the way that imports take, and what is asked of it.

use std::path::Path;

use newswire::config;
use newswire::model::{CanonicalUrl, DatePrecision, ImportedArticle, Origin, Published};
use newswire::normalize::url::canonicalize;
use newswire::store::{Store, StoreError};
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::press::{Press, Script, unspaced};

/// Words of the median article: with these a body takes 2.8 KB on average.
pub(crate) const MEDIAN_WORDS: f64 = 375.0;

/// Every so many articles one is in Chinese, Japanese or Thai.
const UNSPACED_ONE_IN: u64 = 100;

pub(crate) const N_SOURCES: u64 = 40;

/// Articles on their way to the store at a time.
const IN_FLIGHT_MAX: usize = 128;

#[allow(dead_code, reason = "not every benchmark opens it with these settings")]
pub(crate) fn open(path: &Path) -> Store {
    let mut settings = config::defaults();
    path.clone_into(&mut settings.store.path);
    Store::open(&settings.store, &settings.schedule).expect("the database opens")
}

pub(crate) fn imported(press: &Press, number: u64) -> ImportedArticle {
    let mut article = if number % UNSPACED_ONE_IN == 1 {
        let scripts = [Script::Chinese, Script::Japanese, Script::Thai];
        unspaced(number, scripts[usize::try_from(number / UNSPACED_ONE_IN % 3).unwrap_or(0)], 900)
    } else {
        press.article(number)
    };
    let source = number % N_SOURCES;
    // Twenty-five articles an hour.
    let at = |second: i64| jiff::Timestamp::from_second(second).expect("a time");
    let published = 1_600_000_000 + i64::try_from(number).unwrap_or(0) * 144;
    article.url = Some(address(number));
    article.published = Some(Published {
        instant: at(published),
        offset: jiff::tz::Offset::UTC,
        precision: DatePrecision::Instant,
        origin: Origin::Feed,
    });
    article.authors = vec![format!("Ann Writer {}", number % 300)];
    ImportedArticle {
        article,
        source: Some(format!("paper-{source}")),
        guid: None,
        arrived_at: at(published + 600),
        is_address_given: true,
    }
}

/// Addresses have about eighty characters, as many have.
pub(crate) fn address(number: u64) -> CanonicalUrl {
    let source = number % N_SOURCES;
    let text =
        format!("https://www.paper-{source}.example/2026/11/a-headline-of-some-words-as-addresses-have/{number}");
    canonicalize(&text.parse().expect("an address")).expect("an address")
}

pub(crate) async fn import(store: &Store, articles: Vec<ImportedArticle>) {
    let mut waiting: JoinSet<Result<_, StoreError>> = JoinSet::new();
    for article in articles {
        if waiting.len() >= IN_FLIGHT_MAX {
            waiting.join_next().await.expect("one is waiting").expect("the task runs").expect("it is stored");
        }
        let store = store.clone();
        waiting.spawn(async move { store.import(article).await });
    }
    while let Some(joined) = waiting.join_next().await {
        joined.expect("the task runs").expect("it is stored");
    }
}

/// Ten words that about one article in so many has.
pub(crate) fn words_in_one_of(connection: &Connection, press: &Press, one_in: u64) -> Vec<String> {
    let n_articles: u64 =
        connection.query_row("SELECT count(*) FROM articles", [], |row| row.get(0)).expect("a number");
    let n_expected = n_articles / one_in;
    let mut count = connection
        .prepare("SELECT count(*) FROM (SELECT 1 FROM articles_fts WHERE articles_fts MATCH ?1 LIMIT ?2)")
        .expect("a question");
    let mut is_commoner = |rank: usize| {
        let n_hits: u64 =
            count.query_row((format!("\"{}\"", press.word(rank)), n_expected + 1), |row| row.get(0)).expect("a number");
        n_hits > n_expected
    };
    let (mut commoner, mut rarer) = (0, press.n_words() - 10);
    while rarer - commoner > 1 {
        let middle = usize::midpoint(commoner, rarer);
        if is_commoner(middle) { commoner = middle } else { rarer = middle }
    }
    (rarer..rarer + 10).map(|rank| press.word(rank).to_owned()).collect()
}

pub(crate) fn some<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> Vec<T> {
    let mut statement = connection.prepare(sql).expect("a question");
    let found = statement.query_map([], |row| row.get(0)).expect("an answer");
    found.collect::<Result<_, _>>().expect("values")
}
