//! Links: addresses at which articles are, or may be. The rows of `_links`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::config::ScheduleSettings;
use crate::model::{Alias, Candidate, CanonicalUrl, LinkId, ListedLink, Quality, SourceId, Validators};
use crate::schedule::backoff;
use crate::store::file::columns::{from_private_time, hints_to_json, private_time, public_time, stored_url};
use crate::store::write::entries::{self, EntryChange, StoredEntry};
use crate::store::write::publishers;
use crate::store::write::sightings::{self, Place};

/// What a source's list brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Listed {
    /// Links that the source had not listed before.
    pub(in crate::store) n_new: u32,
    /// Links that it had.
    pub(in crate::store) n_known: u32,
}

struct StoredLink {
    id: i64,
    /// Its address, where it is not the one that is given now.
    other_url: Option<String>,
    article_id: Option<i64>,
    entry_updated_at: Option<i64>,
    is_due: bool,
    source: Option<SourceId>,
    failures_in_a_row: u32,
    tried_at: Option<Timestamp>,
    /// Whether its entry says what it said before, word for word.
    has_same_entry: bool,
}

/// How a known link is listed again.
#[derive(Clone, Copy)]
struct Again<'a> {
    source: SourceId,
    is_first_sighting: bool,
    key: &'a str,
    link: &'a ListedLink,
    /// What its entry said before; absent where that is the same, or another source's.
    before: Option<&'a StoredEntry>,
    change: EntryChange,
    now: Timestamp,
}

/// Writes what a source lists: new links become due, known ones get a sighting, changed ones become due again.
pub(in crate::store) fn record_listed(
    connection: &Connection,
    source: SourceId,
    links: &[ListedLink],
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<Listed> {
    let (mut find_again, mut insertion) = (Finding::prepare(connection)?, Insertion::prepare(connection)?);
    let mut find = |key: &str, link| find_again.by_key(key, Some(link));
    let mut insert = |key: &str, link| insertion.run(Some(source), key, link, now);
    let mut listed = Listed::default();
    let mut publishers_with_work = BTreeSet::new();
    let seen_at = public_time(now);
    // New links stand together. After a new one, the next is inserted without a search first.
    let mut is_likely_new = false;
    for link in links {
        let mut key = entries::key(connection, link)?;
        let is_inserted = is_likely_new && insert(&key, link)?;
        let mut stored = if is_inserted { None } else { find(&key, link)? };
        let mut before = entry_before(connection, stored.as_ref(), source, link)?;
        if let Some(other) = before.as_ref().and_then(|before| entries::key_of_other(before, link)) {
            (stored, key) = (find(&other, link)?, other);
            before = entry_before(connection, stored.as_ref(), source, link)?;
        }
        is_likely_new = stored.is_none();
        let (is_first_sighting, has_new_work) = match stored {
            None => {
                if !is_inserted {
                    insert(&key, link)?;
                }
                (true, true)
            }
            Some(stored) => {
                let is_turned = note_other_form(connection, &stored, &link.url, now)?;
                let is_first_sighting = see_again(connection, &stored, source, link, &seen_at)?;
                let change = before.as_ref().map_or(EntryChange::None, |before| EntryChange::of(before, link));
                let again = Again { source, is_first_sighting, key: &key, link, before: before.as_ref(), change, now };
                let becomes_due = make_due_again(connection, &stored, schedule, again)?;
                if change != EntryChange::None {
                    note_change(connection, &stored, again)?;
                    entries::remember(connection, stored.id, link)?;
                } else if before.is_some() {
                    entries::renew_guid(connection, stored.id, link.hints.guid.as_deref())?;
                }
                (is_first_sighting, becomes_due || is_turned || change == EntryChange::Headline)
            }
        };
        if has_new_work {
            publishers_with_work.insert(link.publisher.as_str());
        }
        listed.n_new += u32::from(is_first_sighting);
        listed.n_known += u32::from(!is_first_sighting);
    }
    for publisher in publishers_with_work {
        publishers::set_next_turn(connection, publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(listed)
}

/// Adds one address that was given by hand. It is due at once.
pub(in crate::store) fn ask_for(
    connection: &Connection,
    link: &ListedLink,
    now: Timestamp,
) -> rusqlite::Result<LinkId> {
    let key = link.url.key();
    let id = match Finding::prepare(connection)?.by_key(&key, Some(link))? {
        Some(stored) => {
            connection
                .prepare_cached(
                    "UPDATE _links SET due_at = ?2, look_at = NULL, failures_in_a_row = 0
                     WHERE id = ?1 AND claim_id IS NULL",
                )?
                .execute(params![stored.id, private_time(now)])?;
            note_other_form(connection, &stored, &link.url, now)?;
            stored.id
        }
        None => {
            Insertion::prepare(connection)?.run(None, &key, link, now)?;
            connection.last_insert_rowid()
        }
    };
    publishers::set_next_turn(connection, &link.publisher, Timestamp::UNIX_EPOCH)?;
    Ok(LinkId(id))
}

/// Makes an address lead to an article. If it was due itself, it need not be fetched any more, and its sightings become
/// those of the article.
pub(in crate::store) fn add_alias(
    connection: &Connection,
    alias: &Alias,
    article_id: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    lead_to(connection, &alias.url.key(), (alias.url.as_str(), &alias.publisher), article_id, now)
}

/// Makes an address lead to an article, unless it leads to another one: what identity hangs on, the address and its publisher.
pub(in crate::store) fn lead_to(
    connection: &Connection,
    key: &str,
    (url, publisher): (&str, &str),
    article_id: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    match Finding::prepare(connection)?.by_key(key, None)? {
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO _links (url_key, url, host, article_id, first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![key, url, publisher, article_id, private_time(now)])?;
        }
        Some(stored) if stored.article_id.is_none() => {
            connection
                .prepare_cached(
                    "UPDATE _links SET article_id = ?2, due_at = NULL, claim_id = NULL, hints = NULL WHERE id = ?1",
                )?
                .execute(params![stored.id, article_id])?;
            sightings::move_to_article(connection, stored.id, article_id)?;
            publishers::set_next_turn(connection, publisher, Timestamp::UNIX_EPOCH)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// Releases a claimed link whose fetch succeeded: which article it leads to, the page's validators (absent to keep the
/// old ones), and when it is revisited.
pub(in crate::store) fn finish(
    connection: &Connection,
    link: LinkId,
    article_id: Option<i64>,
    validators: Option<&Validators>,
    revisit_at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE _links SET claim_id = NULL, n_claims = 0, due_at = NULL, failures_in_a_row = 0, hints = NULL, article_id = ?2,
                 look_at = ?3, gone_at = NULL, cut_off_at = NULL
             WHERE id = ?1",
        )?
        .execute(params![link.0, article_id, revisit_at.map(private_time)])?;
    if let Some(Validators { etag, last_modified }) = validators {
        connection
            .prepare_cached("UPDATE _links SET etag = ?2, last_modified = ?3 WHERE id = ?1")?
            .execute(params![link.0, etag, last_modified])?;
    }
    Ok(())
}

/// Keeps what the source said of a link though its page was read: it may have to be read again.
pub(in crate::store) fn keep_hints(connection: &Connection, candidate: &Candidate) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _links SET hints = ?2 WHERE id = ?1")?
        .execute(params![candidate.link.0, hints_to_json(&candidate.hints)])?;
    Ok(())
}

/// Notes that the page of a link showed a part of its article.
pub(in crate::store) fn note_cut_off(connection: &Connection, link: LinkId, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _links SET cut_off_at = ?2 WHERE id = ?1")?
        .execute(params![link.0, private_time(now)])?;
    Ok(())
}

/// Has the page that an article goes by fetched from now on, where a link leads to another form of it: there is mostly more
/// on it.
pub(in crate::store) fn prefer_own_page(
    connection: &Connection,
    candidate: &Candidate,
    answered: &CanonicalUrl,
    own: &CanonicalUrl,
) -> rusqlite::Result<()> {
    let is_form = candidate.url.key() == own.key() && candidate.url.page_key() != own.page_key();
    if is_form && answered.page_key() != own.page_key() {
        connection
            .prepare_cached(
                "UPDATE _links SET url = ?2, etag = NULL, last_modified = NULL, other_form = ?3 WHERE id = ?1",
            )?
            .execute(params![candidate.link.0, own.as_str(), candidate.url.as_str()])?;
    }
    Ok(())
}

/// Notes another form of the page of a known link, which is given by that form's address. The page itself may be gone, or
/// never have been there. Where the link was met as a form and its plain address is given now, for the first time, that is
/// the one to ask from now on: there is mostly more on it. Returns whether it is to be looked at for that.
fn note_other_form(
    connection: &Connection,
    stored: &StoredLink,
    given: &CanonicalUrl,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let known = stored.other_url.as_deref().and_then(stored_url);
    if !known.is_some_and(|known| known.key() == given.key() && known.page_key() != given.page_key()) {
        return Ok(false);
    }
    if given.page_key() == given.key() {
        let n_turned = connection
            .prepare_cached(
                "UPDATE _links SET url = ?2, other_form = url, etag = NULL, last_modified = NULL,
                     look_at = CASE WHEN article_id IS NOT NULL AND due_at IS NULL THEN ?3 ELSE look_at END
                 WHERE id = ?1 AND other_form IS NULL AND claim_id IS NULL",
            )?
            .execute(params![stored.id, given.as_str(), private_time(now)])?;
        if n_turned > 0 {
            return Ok(true);
        }
    }
    connection
        .prepare_cached("UPDATE _links SET other_form = ?2 WHERE id = ?1 AND other_form IS NOT ?2")?
        .execute(params![stored.id, given.as_str()])?;
    Ok(false)
}

/// A link, as far as what is read on its page depends on it.
pub(in crate::store) struct LinkState {
    pub(in crate::store) id: LinkId,
    /// The article that it has led to before.
    pub(in crate::store) article_id: Option<i64>,
    /// Whether its page showed a part of that when it was last read.
    pub(in crate::store) was_cut_off: bool,
}

/// The link with a key.
pub(in crate::store) fn state_at(connection: &Connection, key: &str) -> rusqlite::Result<Option<LinkState>> {
    connection
        .prepare_cached("SELECT id, article_id, cut_off_at IS NOT NULL FROM _links WHERE url_key = ?1")?
        .query_row([key], |row| {
            Ok(LinkState { id: LinkId(row.get(0)?), article_id: row.get(1)?, was_cut_off: row.get(2)? })
        })
        .optional()
}

/// The article that an address leads to.
pub(in crate::store) fn article_at(connection: &Connection, key: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT article_id FROM _links WHERE url_key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// Takes back that a try of a link failed: it says nothing of the link.
pub(in crate::store) fn forgive(connection: &Connection, link: LinkId, failures_in_a_row: u32) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _links SET failures_in_a_row = min(failures_in_a_row, max(?2, 1)) WHERE id = ?1")?
        .execute(params![link.0, failures_in_a_row])?;
    Ok(())
}

/// The question for the link with a key, prepared once for all links of a list.
struct Finding<'c>(CachedStatement<'c>);

impl Finding<'_> {
    fn prepare(connection: &Connection) -> rusqlite::Result<Finding<'_>> {
        let statement = connection.prepare_cached(
            "SELECT id, article_id, entry_updated_at, due_at IS NOT NULL, source_id, failures_in_a_row, tried_at,
                 guid IS ?2 AND entry_title IS ?3 AND entry_text IS ?4, nullif(url, ?5)
             FROM _links WHERE url_key = ?1",
        )?;
        Ok(Finding(statement))
    }

    /// The link, which a list may name once more.
    fn by_key(&mut self, key: &str, again: Option<&ListedLink>) -> rusqlite::Result<Option<StoredLink>> {
        let hints = again.map(|link| &link.hints);
        let title = hints.and_then(|hints| hints.title.as_deref());
        let text = again.and_then(|link| link.entry).map(|entry| entry.text);
        let url = again.map(|link| link.url.as_str());
        self.0
            .query_row(params![key, hints.and_then(|hints| hints.guid.as_deref()), title, text, url], |row| {
                Ok(StoredLink {
                    id: row.get(0)?,
                    article_id: row.get(1)?,
                    entry_updated_at: row.get(2)?,
                    is_due: row.get(3)?,
                    source: row.get::<_, Option<i64>>(4)?.map(SourceId),
                    failures_in_a_row: row.get(5)?,
                    tried_at: row.get::<_, Option<i64>>(6)?.map(from_private_time),
                    has_same_entry: row.get(7)?,
                    other_url: row.get(8)?,
                })
            })
            .optional()
    }
}

/// What the entry of a known link said before, if it says something else now. Only the source that listed the link first is
/// heard: another one may word its entries otherwise.
fn entry_before(
    connection: &Connection,
    stored: Option<&StoredLink>,
    source: SourceId,
    link: &ListedLink,
) -> rusqlite::Result<Option<StoredEntry>> {
    match stored {
        Some(stored) if link.entry.is_some() && stored.source == Some(source) && !stored.has_same_entry => {
            StoredEntry::read(connection, stored.id).map(Some)
        }
        _ => Ok(None),
    }
}

/// The statement for a new link, prepared once for all links of a list. One for many of them would take no less: SQLite would
/// keep a copy of each page that it touches, to take all of its rows back.
struct Insertion<'c>(CachedStatement<'c>);

impl Insertion<'_> {
    fn prepare(connection: &Connection) -> rusqlite::Result<Insertion<'_>> {
        let statement = connection.prepare_cached(
            "INSERT INTO _links (url_key, url, host, source_id, due_at, entry_updated_at, hints, first_seen_at, guid,
                 url_as_given, entry_title, entry_text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8, ?9, ?10, ?11) ON CONFLICT (url_key) DO NOTHING",
        )?;
        Ok(Insertion(statement))
    }

    /// Inserts a link that is due at once. Returns false when it is known already.
    fn run(
        &mut self,
        source: Option<SourceId>,
        key: &str,
        link: &ListedLink,
        now: Timestamp,
    ) -> rusqlite::Result<bool> {
        let n_inserted = self.0.execute(params![
            key,
            link.url.as_str(),
            link.publisher,
            source.map(|id| id.0),
            private_time(now),
            link.updated_at.map(private_time),
            entries::hints(key, link),
            link.hints.guid,
            (link.url_as_given != link.url.as_str()).then_some(&link.url_as_given),
            link.entry.and(link.hints.title.as_deref()),
            link.entry.map(|entry| entry.text),
        ])?;
        Ok(n_inserted > 0)
    }
}

/// Notes that a source lists a known link. Returns whether it does so for the first time.
fn see_again(
    connection: &Connection,
    stored: &StoredLink,
    source: SourceId,
    link: &ListedLink,
    seen_at: &str,
) -> rusqlite::Result<bool> {
    let place = stored.article_id.map_or(Place::Link(stored.id), Place::Article);
    // The link itself says which source listed it first.
    let is_own = stored.article_id.is_none() && stored.source == Some(source);
    if is_own || sightings::update(connection, place, source, seen_at)? || !sightings::is_possible(connection, place)? {
        return Ok(false);
    }
    sightings::insert(connection, place, source, link, seen_at)?;
    Ok(true)
}

/// Whether an article lacks some of its pages. Who lists it once more may know the address of the first.
fn lacks_pages(connection: &Connection, article_id: i64) -> rusqlite::Result<bool> {
    let found = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM json_each(quality_reasons) WHERE value = ?2) FROM articles WHERE id = ?1",
        )?
        .query_row(params![article_id, Quality::PAGES_MISSING], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// Does what another wording of an entry asks for, beside making its article anew.
fn note_change(
    connection: &Connection,
    stored: &StoredLink,
    Again { source, key, link, before, change, now, .. }: Again<'_>,
) -> rusqlite::Result<()> {
    match change {
        EntryChange::Headline => {
            entries::look_at_page(connection, stored.id, before.and_then(|before| before.look_at), now)
        }
        EntryChange::Article | EntryChange::Other if stored.is_due => {
            entries::renew_hints(connection, stored.id, &entries::hints(key, link), source)
        }
        EntryChange::None | EntryChange::Article | EntryChange::Other => Ok(()),
    }
}

/// Makes a known link due again where there is a reason: it is a source of its own, its entry has a later date of change
/// than before, or it had been given up. Given up and listed by one more source, it starts over; listed by the same one
/// again, it is tried as after one more failure. Returns whether there was a reason.
fn make_due_again(
    connection: &Connection,
    stored: &StoredLink,
    schedule: &ScheduleSettings,
    Again { is_first_sighting, key, link, change, now, .. }: Again<'_>,
) -> rusqlite::Result<bool> {
    let updated_at = link.updated_at.map(private_time);
    // A first date of change says nothing about a change since.
    let has_changed = matches!((stored.entry_updated_at, updated_at), (Some(before), Some(after)) if after > before);
    let has_no_article = stored.article_id.is_none();
    let is_incomplete = || match stored.article_id.filter(|_| is_first_sighting) {
        Some(article_id) => lacks_pages(connection, article_id),
        None => Ok(is_first_sighting),
    };
    let starts_over = link.is_refetch || has_changed || change == EntryChange::Article || is_incomplete()?;
    // Given up, or left out while its source was removed.
    let becomes_due = !stored.is_due && (starts_over || has_no_article);
    if becomes_due {
        let (due_at, failures_in_a_row) = match stored.tried_at {
            Some(tried_at) if !starts_over => {
                let (failures, seed) = (stored.failures_in_a_row, stored.id.unsigned_abs());
                (backoff::next_try_when_listed(schedule, failures, seed, tried_at).max(now), failures)
            }
            _ => (now, 0),
        };
        connection
            .prepare_cached(
                "UPDATE _links SET due_at = ?2, look_at = NULL, failures_in_a_row = ?5, hints = ?3,
                     entry_updated_at = coalesce(max(entry_updated_at, ?4), ?4, entry_updated_at) WHERE id = ?1",
            )?
            .execute(params![
                stored.id,
                private_time(due_at),
                entries::hints(key, link),
                updated_at,
                failures_in_a_row
            ])?;
    } else if updated_at > stored.entry_updated_at {
        connection
            .prepare_cached("UPDATE _links SET entry_updated_at = ?2 WHERE id = ?1")?
            .execute(params![stored.id, updated_at])?;
    }
    Ok(becomes_due)
}
