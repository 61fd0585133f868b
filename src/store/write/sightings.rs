//! Sightings: which source listed an article, or a link whose article is not known yet, and when. The rows of
//! `sightings` and `_pending_sightings`.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{ListedLink, SourceId};
use crate::store::file::columns::public_time;

/// What a sighting is of.
#[derive(Clone, Copy)]
pub(in crate::store) enum Place {
    /// An article.
    Article(i64),
    /// A link whose article is not known yet.
    Link(i64),
}

/// Notes that a source lists a link again. Returns false when it has not listed it before.
pub(in crate::store) fn update(
    connection: &Connection,
    place: Place,
    source: SourceId,
    seen_at: &str,
) -> rusqlite::Result<bool> {
    let (sql, id) = match place {
        Place::Article(id) => ("UPDATE sightings SET last_seen_at = ?3 WHERE article_id = ?1 AND source_id = ?2", id),
        Place::Link(id) => {
            ("UPDATE _pending_sightings SET last_seen_at = ?3 WHERE link_id = ?1 AND source_id = ?2", id)
        }
    };
    let n_updated = connection.prepare_cached(sql)?.execute(params![id, source.0, seen_at])?;
    Ok(n_updated > 0)
}

/// Whether a sighting can be written: not of a deleted article, of which only the address is known.
pub(in crate::store) fn is_possible(connection: &Connection, place: Place) -> rusqlite::Result<bool> {
    match place {
        Place::Link(_) => Ok(true),
        Place::Article(id) => connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM articles WHERE id = ?1)")?
            .query_row([id], |row| row.get(0)),
    }
}

/// Notes that a source lists a link for the first time.
pub(in crate::store) fn insert(
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

/// Notes that an imported article is said to come from a source.
pub(in crate::store) fn record_import(
    connection: &Connection,
    article_id: i64,
    source: SourceId,
    guid: Option<&str>,
    url: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sightings (article_id, source_id, guid, url, first_seen_at, last_seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (article_id, source_id) DO UPDATE SET
                 first_seen_at = min(first_seen_at, excluded.first_seen_at),
                 last_seen_at = max(last_seen_at, excluded.last_seen_at)",
        )?
        .execute(params![article_id, source.0, guid, url, public_time(now)])?;
    Ok(())
}

/// Moves the sightings of a link to its article: that of the first source, which stands in the link, and those of
/// others. Returns their sources.
pub(in crate::store) fn move_to_article(
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
