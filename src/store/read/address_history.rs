//! What has become of an address: who listed it, what was asked for it and what the answers were.

use rusqlite::{OptionalExtension, Row, params};

use jiff::Timestamp;

use crate::model::{CanonicalUrl, publisher_of};

use crate::store::file::columns::{from_private_time, public_time};
use crate::store::file::error::StoreError;
use crate::store::read::reader::{Reader, sighting};
use crate::store::read::records::SightingRow;

/// Fetches of an address that are told, the last ones.
const FETCHES_MAX: u32 = 20;

/// Exchanges that one redirect after the other may take, those with robots.txt included. More redirects than the
/// settings may allow; the bound is for damaged files.
const HOPS_MAX: usize = 50;

/// Rows between a redirect and the exchange that it led to: robots.txt, which may redirect as well.
const ROWS_BETWEEN_HOPS_MAX: i64 = 16;

/// What is on record of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressHistory {
    /// The address as work; absent when no source has listed it and nobody has asked for it.
    pub link: Option<LinkHistory>,
    /// Who listed it and when, first sighting first.
    pub sightings: Vec<SightingRow>,
    /// The exchanges that it took, oldest first, redirects followed.
    pub exchanges: Vec<ExchangeRow>,
    /// Fetches of it that are on record; not all may be told.
    pub n_fetches: u32,
    /// The addresses that redirected to it.
    pub redirected_from: Vec<String>,
}

/// An address as work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHistory {
    /// The address that is asked.
    pub url: String,
    /// The source that listed it first.
    pub source: Option<String>,
    /// Where that source's texts are taken from: `auto`, `feed` or `page`.
    pub full_text: Option<String>,
    /// The article that it leads to. It need not be stored any more.
    pub article_id: Option<i64>,
    /// When it became known.
    pub first_seen_at: Timestamp,
    /// When it is asked for; while it is in work, when that counts as lost.
    pub due_at: Option<Timestamp>,
    /// Whether it is, or was until `due_at`, in work.
    pub is_claimed: bool,
    /// Failures since the last fetch that did not fail.
    pub failures_in_a_row: u32,
    /// When its article's page is looked at again.
    pub look_at: Option<Timestamp>,
    /// Since when the page was missing.
    pub gone_at: Option<Timestamp>,
    /// When its publisher may be asked for something again.
    pub publisher_ready_at: Option<Timestamp>,
    /// Links of its publisher that are due before it.
    pub n_before: u32,
}

/// An HTTP exchange for an article's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRow {
    /// When.
    pub started_at: String,
    /// The address.
    pub url: String,
    /// Whether it followed a redirect of the one before.
    pub is_redirected: bool,
    /// Status code; absent when nothing was asked, or nothing answered.
    pub status: Option<u16>,
    /// Milliseconds.
    pub elapsed_ms: u64,
    /// Bytes of the body.
    pub bytes: u64,
    /// Class of the error.
    pub error_class: Option<String>,
    /// The error.
    pub error: Option<String>,
    /// Where the answer sent us on to.
    pub redirected_to: Option<String>,
}

/// A source at the same publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOfHost {
    /// Its name.
    pub slug: String,
    /// Its address.
    pub url: String,
    /// Kind, once known.
    pub kind: Option<String>,
    /// `active`, `manual`, `paused`, `gone` or `removed`.
    pub state: String,
    /// When it was last read.
    pub last_ok_at: Option<Timestamp>,
    /// Why its last poll failed.
    pub error: Option<String>,
}

/// The address as work, with its turn.
const LINK_SQL: &str =
    "SELECT _links.id, _links.url, sources.slug, sources.full_text, article_id, first_seen_at, due_at,
         claim_id IS NOT NULL, failures_in_a_row, look_at, gone_at, url_as_given, guid,
         (SELECT ready_at FROM _hosts WHERE _hosts.host = _links.host),
         (SELECT count(*) FROM _links AS earlier
          WHERE earlier.host = _links.host AND earlier.due_at IS NOT NULL AND earlier.due_at < _links.due_at)
     FROM _links LEFT JOIN sources ON sources.id = source_id WHERE url_key = ?1";

/// Who else listed an address whose article is not known.
const PENDING_SQL: &str =
    "SELECT slug, guid, _pending_sightings.url, first_seen_at, last_seen_at FROM _pending_sightings
     JOIN sources ON sources.id = source_id WHERE link_id = ?1";

const EXCHANGE_COLUMNS: &str =
    "id, started_at, url, status, elapsed_ms, bytes, error_class, error, redirected_to, source_id";

const N_FETCHES_SQL: &str = "SELECT count(*) FROM fetches WHERE url = ?1 AND purpose = 'article'";

/// The last fetches that began at an address.
const FETCHES_SQL: &str = "WHERE url = ?1 AND purpose = 'article' ORDER BY id DESC LIMIT ?2";

/// Where a redirect led. What one unit of work asked for stands in rows that follow each other.
const HOP_SQL: &str = "WHERE id > ?1 AND id <= ?2 AND +url = ?3 AND +purpose = 'article' AND +source_id IS ?4
     ORDER BY id LIMIT 1";

/// What redirected to an exchange.
const ORIGIN_SQL: &str =
    "SELECT url FROM fetches WHERE id < ?1 AND id >= ?2 AND redirected_to = ?3 AND +purpose = 'article'
     ORDER BY id DESC LIMIT 1";

const OTHER_ADDRESSES_SQL: &str = "SELECT url FROM _links WHERE article_id = ?1 ORDER BY id LIMIT ?2";

impl Reader {
    /// All that is on record of an address.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn address_history(&self, url: &CanonicalUrl) -> Result<AddressHistory, StoreError> {
        self.needs_the_database("what became of addresses")?;
        let found = self
            .connection()
            .query_row(LINK_SQL, [url.key()], |row| {
                let time =
                    |index: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(from_private_time));
                let link = LinkHistory {
                    url: row.get(1)?,
                    source: row.get(2)?,
                    full_text: row.get(3)?,
                    article_id: row.get(4)?,
                    first_seen_at: from_private_time(row.get(5)?),
                    due_at: time(6)?,
                    is_claimed: row.get(7)?,
                    failures_in_a_row: row.get(8)?,
                    look_at: time(9)?,
                    gone_at: time(10)?,
                    publisher_ready_at: time(13)?,
                    n_before: row.get(14)?,
                };
                Ok((row.get::<_, i64>(0)?, link, row.get::<_, Option<String>>(11)?, row.get::<_, Option<String>>(12)?))
            })
            .optional()?;
        let Some((id, link, url_as_given, guid)) = found else {
            let (exchanges, n_fetches, redirected_from) = self.exchanges(url.as_str())?;
            return Ok(AddressHistory { link: None, sightings: Vec::new(), exchanges, n_fetches, redirected_from });
        };
        let sightings = match link.article_id {
            Some(article_id) => self.sightings(article_id)?,
            None => {
                let seen_at = public_time(link.first_seen_at);
                let own = link.source.as_ref().map(|source| SightingRow {
                    source: source.clone(),
                    guid,
                    url: Some(url_as_given.unwrap_or_else(|| link.url.clone())),
                    first_seen_at: seen_at.clone(),
                    last_seen_at: seen_at,
                });
                let mut sightings: Vec<_> =
                    own.into_iter().chain(self.rows(PENDING_SQL, params![id], sighting)?).collect();
                sightings.sort_by(|a, b| (&a.first_seen_at, &a.source).cmp(&(&b.first_seen_at, &b.source)));
                sightings
            }
        };
        let (exchanges, n_fetches, redirected_from) = self.exchanges(&link.url)?;
        Ok(AddressHistory { link: Some(link), sightings, exchanges, n_fetches, redirected_from })
    }

    /// The addresses that lead to an article, that which was known first first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn addresses_of(&self, article_id: i64, limit: u32) -> Result<Vec<String>, StoreError> {
        self.rows(OTHER_ADDRESSES_SQL, params![article_id, limit], |row| row.get(0))
    }

    /// The sources whose address is of the same publisher, by slug.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn sources_of_publisher(&self, url: &CanonicalUrl) -> Result<Vec<SourceOfHost>, StoreError> {
        let publisher = publisher_of(url.as_url());
        let all = self.rows(
            "SELECT slug, url, kind, state, last_ok_at, error FROM sources
             LEFT JOIN _source_schedule ON source_id = sources.id WHERE url IS NOT NULL ORDER BY slug",
            params![],
            |row| {
                Ok(SourceOfHost {
                    slug: row.get(0)?,
                    url: row.get(1)?,
                    kind: row.get(2)?,
                    state: row.get(3)?,
                    last_ok_at: row.get::<_, Option<i64>>(4)?.map(from_private_time),
                    error: row.get(5)?,
                })
            },
        )?;
        let is_here =
            |source: &SourceOfHost| url::Url::parse(&source.url).is_ok_and(|url| publisher_of(&url) == publisher);
        Ok(all.into_iter().filter(is_here).collect())
    }

    /// The exchanges of the last fetches of an address, oldest first, how many fetches there were, and what redirected to
    /// it.
    fn exchanges(&self, url: &str) -> Result<(Vec<ExchangeRow>, u32, Vec<String>), StoreError> {
        let n_fetches = self.connection().query_row(N_FETCHES_SQL, [url], |row| row.get(0))?;
        let first_hops = self.rows(
            &format!("SELECT {EXCHANGE_COLUMNS} FROM fetches {FETCHES_SQL}"),
            params![url, FETCHES_MAX],
            exchange,
        )?;
        let mut exchanges = Vec::new();
        let mut origins = Vec::new();
        for first in first_hops.into_iter().rev() {
            origins.extend(
                self.rows(ORIGIN_SQL, params![first.id, first.id - ROWS_BETWEEN_HOPS_MAX, url], |row| row.get(0))?,
            );
            self.follow(first, &mut exchanges)?;
        }
        origins.sort_unstable();
        origins.dedup();
        Ok((exchanges, n_fetches, origins))
    }

    /// Adds an exchange and those that its redirects led to.
    fn follow(&self, first: StoredExchange, exchanges: &mut Vec<ExchangeRow>) -> Result<(), StoreError> {
        let mut next = Some(first);
        let mut n_hops = 0;
        while let Some(StoredExchange { id, source_id, mut row }) = next {
            row.is_redirected = n_hops > 0;
            n_hops += 1;
            next = match &row.redirected_to {
                Some(to) if n_hops < HOPS_MAX => self
                    .rows(
                        &format!("SELECT {EXCHANGE_COLUMNS} FROM fetches {HOP_SQL}"),
                        params![id, id + ROWS_BETWEEN_HOPS_MAX, to, source_id],
                        exchange,
                    )?
                    .pop(),
                _ => None,
            };
            exchanges.push(row);
        }
        Ok(())
    }
}

struct StoredExchange {
    id: i64,
    source_id: Option<i64>,
    row: ExchangeRow,
}

fn exchange(row: &Row<'_>) -> rusqlite::Result<StoredExchange> {
    Ok(StoredExchange {
        id: row.get(0)?,
        source_id: row.get(9)?,
        row: ExchangeRow {
            started_at: row.get(1)?,
            url: row.get(2)?,
            is_redirected: false,
            status: row.get(3)?,
            elapsed_ms: row.get(4)?,
            bytes: row.get(5)?,
            error_class: row.get(6)?,
            error: row.get(7)?,
            redirected_to: row.get(8)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::store::file::open::{open_for_reading, open_for_writing};

    #[test]
    fn every_question_is_answered_by_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        drop(open_for_writing(&settings).unwrap());
        let connection = open_for_reading(&settings.path, std::time::Duration::ZERO).unwrap();
        let check = |sql: &str| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let n_parameters = statement.parameter_count();
            let parameters = rusqlite::params_from_iter(std::iter::repeat_n(1, n_parameters));
            let plan: Vec<String> =
                statement.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            let is_slow = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
            assert!(!plan.iter().any(is_slow), "{sql}\n{plan:#?}");
        };
        check(LINK_SQL);
        check(PENDING_SQL);
        check(N_FETCHES_SQL);
        check(ORIGIN_SQL);
        check(OTHER_ADDRESSES_SQL);
        for condition in [FETCHES_SQL, HOP_SQL] {
            check(&format!("SELECT {EXCHANGE_COLUMNS} FROM fetches {condition}"));
        }
    }
}
