//! Links: addresses at which articles are or may be, and the sightings that wait for them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{Alias, LinkId, ListedLink, SourceId};

use crate::store::file::columns::{hints_to_json, private_time, public_time};
use crate::store::write::publishers;

/// What a list of links brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Listed {
    /// Links that the source had not listed before.
    pub(in crate::store) n_new: u32,
    /// Links that it had.
    pub(in crate::store) n_known: u32,
}

struct StoredLink {
    id: i64,
    article_id: Option<i64>,
    entry_updated_at: Option<i64>,
    has_work: bool,
    source: Option<SourceId>,
}

/// Takes in what a source lists: new links become work, known ones are seen again, changed ones are looked at again.
pub(in crate::store) fn take_in(
    connection: &Connection,
    source: SourceId,
    links: &[ListedLink],
    now: Timestamp,
) -> rusqlite::Result<Listed> {
    let mut listed = Listed::default();
    let mut publishers_with_work = BTreeSet::new();
    let seen_at = public_time(now);
    // New links stand together: after one that was new, the next is inserted without being looked for.
    let mut is_likely_new = false;
    for link in links {
        let is_inserted = is_likely_new && insert(connection, Some(source), link, now)?.is_some();
        let stored = if is_inserted { None } else { find(connection, &link.url.key())? };
        is_likely_new = stored.is_none();
        let (is_first_sighting, has_new_work) = match stored {
            None => {
                if !is_inserted {
                    insert(connection, Some(source), link, now)?;
                }
                (true, true)
            }
            Some(stored) => {
                let place = stored.article_id.map_or(Place::Link(stored.id), Place::Article);
                // The link itself says which source listed it first.
                let is_own = stored.article_id.is_none() && stored.source == Some(source);
                let is_first =
                    !is_own && !sight_again(connection, place, source, &seen_at)? && is_stored(connection, place)?;
                if is_first {
                    sight_first(connection, place, source, link, &seen_at)?;
                }
                (is_first, renew_work(connection, &stored, link, is_first, now)?)
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

/// Takes in one address that was given by hand; it is due at once.
pub(in crate::store) fn ask_for(
    connection: &Connection,
    link: &ListedLink,
    now: Timestamp,
) -> rusqlite::Result<LinkId> {
    let id = match find(connection, &link.url.key())? {
        Some(stored) => {
            connection
                .prepare_cached(
                    "UPDATE _links SET due_at = ?2, look_at = NULL, failures_in_a_row = 0
                     WHERE id = ?1 AND claim_id IS NULL",
                )?
                .execute(params![stored.id, private_time(now)])?;
            stored.id
        }
        None => insert(connection, None, link, now)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
    };
    publishers::set_next_turn(connection, &link.publisher, Timestamp::UNIX_EPOCH)?;
    Ok(LinkId(id))
}

/// Makes an address lead to an article. If it was waiting to be fetched itself, that work is done, and its sightings
/// are the article's.
pub(in crate::store) fn lead_to(
    connection: &Connection,
    alias: &Alias,
    article_id: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let key = alias.url.key();
    match find(connection, &key)? {
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO _links (url_key, url, host, article_id, first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![key, alias.url.as_str(), alias.publisher, article_id, private_time(now)])?;
        }
        Some(stored) if stored.article_id.is_none() => {
            connection
                .prepare_cached(
                    "UPDATE _links SET article_id = ?2, due_at = NULL, claim_id = NULL, hints = NULL WHERE id = ?1",
                )?
                .execute(params![stored.id, article_id])?;
            move_sightings(connection, stored.id, article_id)?;
            publishers::set_next_turn(connection, &alias.publisher, Timestamp::UNIX_EPOCH)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// Moves the sightings that waited for a link to its article: that of the source that listed it first, which stands in
/// the link, and those of others. Returns the sources that now have it.
pub(in crate::store) fn move_sightings(
    connection: &Connection,
    link_id: i64,
    article_id: i64,
) -> rusqlite::Result<Vec<SourceId>> {
    let sources: Vec<SourceId> = connection
        .prepare_cached(
            "SELECT source_id FROM _links WHERE id = ?1 AND source_id IS NOT NULL
             UNION SELECT source_id FROM _pending_sightings WHERE link_id = ?1",
        )?
        .query_map([link_id], |row| row.get(0).map(SourceId))?
        .collect::<Result<_, _>>()?;
    connection
        .prepare_cached(
            "INSERT INTO sightings (article_id, source_id, guid, url, first_seen_at, last_seen_at)
             SELECT ?2, source_id, guid, coalesce(url_as_given, url),
                 strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at / 1000, 'unixepoch'),
                 strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at / 1000, 'unixepoch')
             FROM _links WHERE id = ?1 AND source_id IS NOT NULL
             ON CONFLICT (article_id, source_id) DO UPDATE SET
                 first_seen_at = min(first_seen_at, excluded.first_seen_at)",
        )?
        .execute(params![link_id, article_id])?;
    connection
        .prepare_cached(
            "INSERT INTO sightings (article_id, source_id, guid, url, first_seen_at, last_seen_at)
             SELECT ?2, source_id, guid, url, first_seen_at, last_seen_at FROM _pending_sightings WHERE link_id = ?1
             ON CONFLICT (article_id, source_id) DO UPDATE SET
                 first_seen_at = min(first_seen_at, excluded.first_seen_at),
                 last_seen_at = max(last_seen_at, excluded.last_seen_at)",
        )?
        .execute(params![link_id, article_id])?;
    connection.prepare_cached("DELETE FROM _pending_sightings WHERE link_id = ?1")?.execute([link_id])?;
    Ok(sources)
}

fn find(connection: &Connection, key: &str) -> rusqlite::Result<Option<StoredLink>> {
    connection
        .prepare_cached(
            "SELECT id, article_id, entry_updated_at, due_at IS NOT NULL, source_id FROM _links WHERE url_key = ?1",
        )?
        .query_row([key], |row| {
            Ok(StoredLink {
                id: row.get(0)?,
                article_id: row.get(1)?,
                entry_updated_at: row.get(2)?,
                has_work: row.get(3)?,
                source: row.get::<_, Option<i64>>(4)?.map(SourceId),
            })
        })
        .optional()
}

/// Writes down a link that is due at once. Returns its id, or nothing when it is known already.
fn insert(
    connection: &Connection,
    source: Option<SourceId>,
    link: &ListedLink,
    now: Timestamp,
) -> rusqlite::Result<Option<i64>> {
    let n_inserted = connection
        .prepare_cached(
            "INSERT INTO _links (url_key, url, host, source_id, due_at, entry_updated_at, hints, first_seen_at, guid,
                 url_as_given)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8, ?9) ON CONFLICT (url_key) DO NOTHING",
        )?
        .execute(params![
            link.url.key(),
            link.url.as_str(),
            link.publisher,
            source.map(|id| id.0),
            private_time(now),
            link.updated_at.map(private_time),
            hints_to_json(&link.hints),
            link.hints.guid,
            (link.url_as_given != link.url.as_str()).then_some(&link.url_as_given),
        ])?;
    Ok((n_inserted > 0).then(|| connection.last_insert_rowid()))
}

/// Makes a known link due again where there is a reason to: it is a source of its own, its entry has a later date of
/// change than before, or it had been given up and is now mentioned by one more source.
fn renew_work(
    connection: &Connection,
    stored: &StoredLink,
    link: &ListedLink,
    is_first_sighting: bool,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let updated_at = link.updated_at.map(private_time);
    // The first date of change that is given says nothing about a change since.
    let has_changed = matches!((stored.entry_updated_at, updated_at), (Some(before), Some(after)) if after > before);
    let was_given_up = stored.article_id.is_none() && is_first_sighting;
    let is_due = !stored.has_work && (link.is_refetch || has_changed || was_given_up);
    if is_due {
        connection
            .prepare_cached(
                "UPDATE _links SET due_at = ?2, look_at = NULL, failures_in_a_row = 0, hints = ?3,
                     entry_updated_at = coalesce(max(entry_updated_at, ?4), ?4, entry_updated_at) WHERE id = ?1",
            )?
            .execute(params![stored.id, private_time(now), hints_to_json(&link.hints), updated_at])?;
    } else if updated_at > stored.entry_updated_at {
        connection
            .prepare_cached("UPDATE _links SET entry_updated_at = ?2 WHERE id = ?1")?
            .execute(params![stored.id, updated_at])?;
    }
    Ok(is_due)
}

/// What a sighting is of: an article, or a link whose article is not known yet.
#[derive(Clone, Copy)]
enum Place {
    Article(i64),
    Link(i64),
}

/// Notes that a source lists a link again. False when it has not listed it before.
fn sight_again(connection: &Connection, place: Place, source: SourceId, seen_at: &str) -> rusqlite::Result<bool> {
    let (sql, id) = match place {
        Place::Article(id) => ("UPDATE sightings SET last_seen_at = ?3 WHERE article_id = ?1 AND source_id = ?2", id),
        Place::Link(id) => {
            ("UPDATE _pending_sightings SET last_seen_at = ?3 WHERE link_id = ?1 AND source_id = ?2", id)
        }
    };
    let n_updated = connection.prepare_cached(sql)?.execute(params![id, source.0, seen_at])?;
    Ok(n_updated > 0)
}

/// Whether there is something to be sighted: an article that was deleted is known by its address, and no more.
fn is_stored(connection: &Connection, place: Place) -> rusqlite::Result<bool> {
    match place {
        Place::Link(_) => Ok(true),
        Place::Article(id) => connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM articles WHERE id = ?1)")?
            .query_row([id], |row| row.get(0)),
    }
}

/// Notes that a source lists a link for the first time.
fn sight_first(
    connection: &Connection,
    place: Place,
    source: SourceId,
    link: &ListedLink,
    seen_at: &str,
) -> rusqlite::Result<()> {
    let (sql, id) = match place {
        Place::Article(id) => (
            "INSERT INTO sightings (article_id, source_id, first_seen_at, last_seen_at, guid, url)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
            id,
        ),
        Place::Link(id) => (
            "INSERT INTO _pending_sightings (link_id, source_id, first_seen_at, last_seen_at, guid, url)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
            id,
        ),
    };
    connection.prepare_cached(sql)?.execute(params![id, source.0, seen_at, link.hints.guid, link.url_as_given])?;
    Ok(())
}
