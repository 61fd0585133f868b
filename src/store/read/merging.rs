//! What a merge takes from the other database besides its articles as an export has them. A row of a damaged file may be anything, also
//! one of another table: each costs itself.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::params;
use url::Url;

use crate::model::{DeletedIdentity, MergedMarks, MergedSource, RecordedAddress};
use crate::store::file::columns::from_json_list;
use crate::store::file::error::StoreError;
use crate::store::read::cells::Cells;
use crate::store::read::reader::Reader;
use crate::store::read::salvage::{self, Listed};

impl Reader {
    /// Refuses a snapshot: it does not say what was deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError::Snapshot`] for one, and when the database cannot be read.
    pub fn check_mergeable(&self) -> Result<(), StoreError> {
        self.needs_the_database("what was deleted, by which a merge goes")
    }

    /// The sources, by slug. Those that cannot be read are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn merged_sources(&self) -> Result<Vec<MergedSource>, StoreError> {
        self.readable_rows(
            "SELECT slug, url, kind, nullif(title, slug), tags, site_url FROM sources ORDER BY slug",
            params![],
            |_| row_of("sources"),
            merged_source,
        )
    }

    /// The numbers of all articles, in their order. Those that an index has and the table has not, or that cannot be read for damaged
    /// pages, are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_ids(&self) -> Result<Vec<i64>, StoreError> {
        match self.numbers() {
            Err(StoreError::Malformed { .. }) => {
                let listing = salvage::list(self.connection());
                listing.lost().for_each(|row| self.note_damage(row));
                Ok(listing.articles.iter().map(Listed::id).collect())
            }
            numbers => {
                let numbers = numbers?;
                for listed in salvage::missing(self.connection(), &numbers) {
                    self.note_damage(listed.lost());
                }
                Ok(numbers)
            }
        }
    }

    /// The addresses that lead to an article. Those that cannot be read are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn links_of(&self, article_id: i64) -> Result<Vec<RecordedAddress>, StoreError> {
        let addresses = self.readable_rows(
            "SELECT url_key, url, host FROM _links WHERE article_id = ?1 ORDER BY id",
            params![article_id],
            |_| format!("an address of article {article_id}"),
            |cells| recorded_address(cells, 0),
        );
        self.unless_damaged(addresses, || format!("the addresses of article {article_id}"))
    }

    /// The articles of each story that has several, by their numbers. Those that cannot be read are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn shared_stories(&self) -> Result<Vec<Vec<i64>>, StoreError> {
        let members: Vec<(i64, i64)> = self.readable_rows(
            "SELECT story_id, article_id, reason FROM story_members ORDER BY story_id, article_id",
            params![],
            |_| row_of("story_members"),
            |cells| {
                let _must_be_one = cells.text(2);
                (cells.value(0), cells.value(1))
            },
        )?;
        let stories = members.chunk_by(|left, right| left.0 == right.0).filter(|members| members.len() > 1);
        Ok(stories.map(|members| members.iter().map(|(_, article)| *article).collect()).collect())
    }

    /// What feed readers have marked; nothing where none has logged in. What cannot be read is noted as damage, and a time that is none counts
    /// as now.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn merged_marks(&self, now: Timestamp) -> Result<Vec<MergedMarks>, StoreError> {
        if !self.keeps_what_is_read()? {
            return Ok(Vec::new());
        }
        let time = |text: Option<String>| text.map(|text| text.parse().unwrap_or(now));
        self.readable_rows(
            "SELECT article_id, read_at, starred_at FROM reading
             WHERE read_at IS NOT NULL OR starred_at IS NOT NULL ORDER BY article_id",
            params![],
            |_| row_of("reading"),
            |cells| MergedMarks {
                article_id: cells.value(0),
                read_at: time(cells.optional_text(1)),
                starred_at: time(cells.optional_text(2)),
            },
        )
    }

    /// Whether an article counts as read though nobody has marked it: it was there before anybody logged in. Where that cannot be read it does
    /// not.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn counts_as_read(&self, article_id: i64) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM articles WHERE id = ?1 AND duplicate_of IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM reading WHERE article_id = ?1)";
        match self.rows(sql, params![article_id], |row| row.get(0)) {
            Err(StoreError::Malformed { .. }) => Ok(false),
            answer => Ok(answer?.pop().unwrap_or(false)),
        }
    }

    /// Whether somebody has logged in, so that it is known what is read.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn keeps_what_is_read(&self) -> Result<bool, StoreError> {
        Ok(self.connection().table_exists(Some("main"), "_arrivals")? && self.has_begun_reading()?)
    }

    /// By what the articles are known that were deleted. What cannot be read is noted as damage; and what is lost was not deleted, and may
    /// come again.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn deleted_identities(&self) -> Result<Vec<DeletedIdentity>, StoreError> {
        let mut signs = match self
            .deleted_addresses(" AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = _links.article_id)")
        {
            Err(StoreError::Malformed { .. }) => self.deleted_addresses("")?,
            signs => signs?,
        };
        if !signs.is_empty() {
            let lost = self.lost_articles()?;
            signs.retain(|(article, _)| !lost.contains(article));
        }
        let name = |_: &_| row_of("sources");
        let slugs: HashMap<i64, String> = self
            .readable_rows("SELECT id, slug FROM sources", params![], name, |cells| (cells.value(0), cells.text(1)))?
            .into_iter()
            .collect();
        let name = |_: &_| row_of("_deleted");
        let others: Vec<(i64, String)> =
            self.readable_rows("SELECT article_id, sign FROM _deleted", params![], name, |cells| {
                (cells.value(0), cells.text(1))
            })?;
        signs.extend(others.into_iter().filter_map(|(article, sign)| Some((article, identity_of(sign, &slugs)?))));
        signs.sort_by_key(|(article, _)| *article);
        Ok(signs.into_iter().map(|(_, identity)| identity).collect())
    }

    /// The numbers of the articles that the table has, in their order.
    fn numbers(&self) -> Result<Vec<i64>, StoreError> {
        let mut numbers = self.rows("SELECT id FROM articles NOT INDEXED", params![], |row| row.get(0))?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// The numbers of articles that should be there, those that cannot be read among them. Where all can be read, only these.
    fn lost_articles(&self) -> Result<HashSet<i64>, StoreError> {
        let listed = match self.numbers() {
            Err(error @ StoreError::Malformed { .. }) => {
                let listing = salvage::list(self.connection());
                if !listing.is_complete() {
                    return Err(error);
                }
                listing.articles
            }
            numbers => salvage::missing(self.connection(), &numbers?),
        };
        Ok(listed.iter().map(Listed::id).collect())
    }

    /// The articles that addresses lead to, those of a choice.
    fn deleted_addresses(&self, which: &str) -> Result<Vec<(i64, DeletedIdentity)>, StoreError> {
        let sql = format!("SELECT article_id, url_key, url, host FROM _links WHERE article_id IS NOT NULL{which}");
        self.readable_rows(
            &sql,
            params![],
            |_| row_of("_links"),
            |cells| {
                let RecordedAddress { key, url, publisher } = recorded_address(cells, 1);
                (cells.value(0), DeletedIdentity::Address { key, url, publisher })
            },
        )
    }
}

/// What is said of a row that cannot be read: by what it could be named cannot be either.
fn row_of(table: &str) -> String {
    format!("a row of {table}")
}

fn is_address(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.has_host())
}

/// Reads `slug, url, kind, title, tags, site_url`.
fn merged_source(cells: &Cells<'_, '_>) -> MergedSource {
    let source = MergedSource {
        slug: cells.text(0),
        url: cells.optional_text(1),
        kind: cells.optional_text(2),
        title: cells.optional_text(3),
        tags: from_json_list(&cells.text(4)),
        site_url: cells.optional_text(5),
    };
    let MergedSource { slug, url, kind, .. } = &source;
    cells.require(0, !slug.is_empty() && !slug.contains(char::is_whitespace), "is no slug");
    cells.require(1, url.as_deref().is_none_or(is_address), "is no address");
    cells.require(2, kind.as_deref().is_none_or(|kind| KINDS.contains(&kind)), "is no kind of source");
    source
}

/// Kinds of sources.
const KINDS: [&str; 4] = ["feed", "sitemap", "page", "article"];

/// Reads `url_key, url, host`, from a column on.
fn recorded_address(cells: &Cells<'_, '_>, first: usize) -> RecordedAddress {
    let address =
        RecordedAddress { key: cells.text(first), url: cells.text(first + 1), publisher: cells.text(first + 2) };
    cells.require(first + 1, is_address(&address.url), "is no address");
    address
}

/// What a row of `_deleted` says, if it can be said of another database.
fn identity_of(sign: String, slugs: &HashMap<i64, String>) -> Option<DeletedIdentity> {
    let Some(of_source) = sign.strip_prefix("guid ") else {
        return sign.starts_with("text ").then_some(DeletedIdentity::Text(sign));
    };
    let (source, guid) = of_source.split_once(' ')?;
    let source = slugs.get(&source.parse().ok()?)?.clone();
    Some(DeletedIdentity::Guid { source, guid: guid.to_owned() })
}
