//! The history of an address: who listed it, which requests it took and what came of them.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::CanonicalUrl;
use crate::store::file::columns::{from_private_time, public_text, public_time};
use crate::store::file::error::StoreError;
use crate::store::read::cells::Cells;
use crate::store::read::reader::Reader;
use crate::store::read::sightings::{SightingRow, sighting};

/// Fetches of an address that are returned: the last ones.
const FETCHES_MAX: u32 = 20;

/// Longest chain of redirects that is followed. It is longer than the settings allow; the bound is for damaged files.
const HOPS_MAX: usize = 50;

/// Rows of `fetches` between a redirect and the exchange that it led to: requests for robots.txt, which may redirect too.
const ROWS_BETWEEN_HOPS_MAX: i64 = 16;

/// What is on record of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressHistory {
    /// The link; absent when no source has listed it and nobody has asked for it.
    pub link: Option<LinkHistory>,
    /// The sources that listed it, first sighting first.
    pub sightings: Vec<SightingRow>,
    /// Its HTTP exchanges, oldest first, with those that redirects led to.
    pub exchanges: Vec<ExchangeRow>,
    /// Fetches of it on record. `exchanges` may not have all of them.
    pub n_fetches: u32,
    /// The addresses that redirected to it.
    pub redirected_from: Vec<String>,
}

/// A link: an address to fetch, or one that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHistory {
    /// The address that is fetched.
    pub url: String,
    /// The source that listed it first.
    pub source: Option<String>,
    /// Where that source's texts are taken from: `auto`, `feed` or `page`.
    pub full_text: Option<String>,
    /// The article that it leads to. That one may be deleted.
    pub article_id: Option<i64>,
    /// When it became known.
    pub first_seen_at: Timestamp,
    /// When it is fetched next; while it is claimed, the end of the lease.
    pub due_at: Option<Timestamp>,
    /// Whether it is claimed.
    pub is_claimed: bool,
    /// Failures since the last successful fetch.
    pub failures_in_a_row: u32,
    /// When its article's page is revisited.
    pub revisit_at: Option<Timestamp>,
    /// Since when the page is missing.
    pub gone_at: Option<Timestamp>,
    /// When the next link of its publisher may be claimed.
    pub publisher_ready_at: Option<Timestamp>,
    /// Until when the host is to be left in peace, by its own word or since it was in trouble.
    pub held_until: Option<Timestamp>,
    /// Links of its publisher that are due earlier.
    pub n_before: u32,
}

/// An HTTP exchange for an article's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRow {
    /// Start.
    pub started_at: String,
    /// Address.
    pub url: String,
    /// Whether the exchange before redirected to it.
    pub is_redirected: bool,
    /// Status code; absent without a request or an answer.
    pub status: Option<u16>,
    /// Duration in milliseconds.
    pub elapsed_ms: u64,
    /// Size of the body in bytes.
    pub bytes: u64,
    /// Class of the error.
    pub error_class: Option<String>,
    /// Error.
    pub error: Option<String>,
    /// Target of its redirect.
    pub redirected_to: Option<String>,
}

/// The link at an address, with its place in the queue.
const LINK_SQL: &str =
    "SELECT _links.id, _links.url, sources.slug, sources.full_text, article_id, first_seen_at, due_at,
         claim_id IS NOT NULL, failures_in_a_row, look_at, gone_at, url_as_given, guid,
         (SELECT ready_at FROM _hosts WHERE _hosts.host = _links.host),
         (SELECT count(*) FROM _links AS earlier
          WHERE earlier.host = _links.host AND earlier.due_at IS NOT NULL AND earlier.due_at < _links.due_at),
         (SELECT held_until FROM _host_holds WHERE publisher = _links.host)
     FROM _links LEFT JOIN sources ON sources.id = source_id
     WHERE url_key = ?1 OR url_key > ?1 || ' ' AND url_key < ?1 || '!' ORDER BY url_key <> ?1, _links.id DESC LIMIT 1";

/// The sources that listed a link without an article after the first.
const PENDING_SQL: &str =
    "SELECT slug, nullif(sources.title, slug), guid, _pending_sightings.url, first_seen_at, last_seen_at FROM _pending_sightings
     JOIN sources ON sources.id = source_id WHERE link_id = ?1";

const EXCHANGE_COLUMNS: &str =
    "id, started_at, url, status, elapsed_ms, bytes, error_class, error, redirected_to, source_id";

const N_FETCHES_SQL: &str = "SELECT count(*) FROM fetches WHERE url = ?1 AND purpose = 'article'";

/// The last fetches that started at an address.
const FETCHES_SQL: &str = "WHERE url = ?1 AND purpose = 'article' ORDER BY id DESC LIMIT ?2";

/// The exchange that a redirect led to. The exchanges of one fetch are consecutive rows.
const HOP_SQL: &str = "WHERE id > ?1 AND id <= ?2 AND +url = ?3 AND +purpose = 'article' AND +source_id IS ?4
     ORDER BY id LIMIT 1";

/// The exchange that redirected to another.
const ORIGIN_SQL: &str =
    "SELECT url FROM fetches WHERE id < ?1 AND id >= ?2 AND redirected_to = ?3 AND +purpose = 'article'
     ORDER BY id DESC LIMIT 1";

impl Reader {
    /// All that is on record of an address.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn address_history(&self, url: &CanonicalUrl) -> Result<AddressHistory, StoreError> {
        self.needs_the_database("what became of addresses")?;
        let stored = self.connection().query_row(LINK_SQL, [url.key()], stored_link).optional()?;
        let asked = stored.as_ref().map_or(url.as_str(), |stored| &stored.link.url);
        let FetchHistory { exchanges, n_fetches, redirected_from } = self.fetch_history(asked)?;
        let sightings = match &stored {
            Some(stored) => self.sightings_of_link(stored)?,
            None => Vec::new(),
        };
        let link = stored.map(|stored| stored.link);
        Ok(AddressHistory { link, sightings, exchanges, n_fetches, redirected_from })
    }

    /// The sources that listed a link, first sighting first.
    fn sightings_of_link(&self, stored: &StoredLink) -> Result<Vec<SightingRow>, StoreError> {
        let StoredLink { id, link, url_as_given, guid } = stored;
        if let Some(article_id) = link.article_id {
            return self.sightings(article_id);
        }
        // The link itself says which source listed it first.
        let seen_at = public_time(link.first_seen_at);
        let first = link.source.as_ref().map(|source| SightingRow {
            source: source.clone(),
            source_title: None,
            guid: guid.clone(),
            url: Some(url_as_given.as_ref().unwrap_or(&link.url).clone()),
            first_seen_at: seen_at.clone(),
            last_seen_at: seen_at,
        });
        let others = self.rows(PENDING_SQL, params![id], |row| Ok(sighting(&Cells::new(row))))?;
        let mut sightings: Vec<_> = first.into_iter().chain(others).collect();
        sightings.sort_by(|a, b| (&a.first_seen_at, &a.source).cmp(&(&b.first_seen_at, &b.source)));
        Ok(sightings)
    }

    /// The fetches of an address.
    fn fetch_history(&self, url: &str) -> Result<FetchHistory, StoreError> {
        let n_fetches = self.connection().query_row(N_FETCHES_SQL, [url], |row| row.get(0))?;
        let first_hops = self.rows(
            &format!("SELECT {EXCHANGE_COLUMNS} FROM fetches {FETCHES_SQL}"),
            params![url, FETCHES_MAX],
            exchange,
        )?;
        let mut exchanges = Vec::new();
        let mut redirected_from = Vec::new();
        for first in first_hops.into_iter().rev() {
            redirected_from.extend(self.rows(
                ORIGIN_SQL,
                params![first.id, first.id - ROWS_BETWEEN_HOPS_MAX, url],
                |row| row.get(0),
            )?);
            self.follow(first, &mut exchanges)?;
        }
        redirected_from.sort_unstable();
        redirected_from.dedup();
        Ok(FetchHistory { exchanges, n_fetches, redirected_from })
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

/// A link with what of it the answer shows otherwise.
struct StoredLink {
    id: i64,
    link: LinkHistory,
    /// The address as the first source gave it, where that is another.
    url_as_given: Option<String>,
    /// GUID of the first source's entry.
    guid: Option<String>,
}

/// Reads [`LINK_SQL`].
fn stored_link(row: &Row<'_>) -> rusqlite::Result<StoredLink> {
    let time = |index: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(from_private_time));
    let link = LinkHistory {
        url: row.get(1)?,
        source: row.get(2)?,
        full_text: row.get(3)?,
        article_id: row.get(4)?,
        first_seen_at: from_private_time(row.get(5)?),
        due_at: time(6)?,
        is_claimed: row.get(7)?,
        failures_in_a_row: row.get(8)?,
        revisit_at: time(9)?,
        gone_at: time(10)?,
        publisher_ready_at: time(13)?,
        n_before: row.get(14)?,
        held_until: time(15)?,
    };
    Ok(StoredLink { id: row.get(0)?, link, url_as_given: row.get(11)?, guid: row.get(12)? })
}

/// The fetches of an address.
struct FetchHistory {
    /// The exchanges of the last of them, oldest first.
    exchanges: Vec<ExchangeRow>,
    n_fetches: u32,
    /// The addresses that redirected to it.
    redirected_from: Vec<String>,
}

/// An exchange with what is needed to follow its redirect.
struct StoredExchange {
    id: i64,
    source_id: Option<i64>,
    row: ExchangeRow,
}

/// Reads [`EXCHANGE_COLUMNS`].
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
            error: public_text(row, 7)?,
            redirected_to: row.get(8)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::store::file::open::{open_for_reading, open_for_writing};
    use crate::store::read::addresses::ADDRESSES_SQL;

    #[test]
    fn every_question_is_answered_by_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = config::defaults().store;
        settings.path = folder.path().join("a.db");
        drop(open_for_writing(&settings).unwrap());
        let connection = open_for_reading(&settings.path, std::time::Duration::ZERO).unwrap().connection;
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
        check(ADDRESSES_SQL);
        for condition in [FETCHES_SQL, HOP_SQL] {
            check(&format!("SELECT {EXCHANGE_COLUMNS} FROM fetches {condition}"));
        }
    }
}
