//! Lookalikes: stored articles that an incoming one may be, by link, canonical address, GUID or wording. Includes the
//! rows of `_wordings`.

use rusqlite::{Connection, OptionalExtension, params};

use crate::dedup::{self, Known, Lookalikes, reading};
use crate::model::{Article, CanonicalUrl};
use crate::revision::{Wording, substance};
use crate::store::file::volumes::KNOWN_BODY;
use crate::store::write::articles::arrival::Arrival;
use crate::store::write::links;

/// Looks for stored articles that this one may be.
pub(super) fn find(connection: &Connection, article: &Article, arrival: &Arrival<'_>) -> rusqlite::Result<Lookalikes> {
    // What came from the same export was told apart by whoever exported it.
    let is_apart = |id: &i64| arrival.record.is_some_and(|record| record.companions.contains(*id));
    let by_id = |id: Option<i64>| {
        id.filter(|id| !is_apart(id)).map(|id| known(connection, id)).transpose().map(Option::flatten)
    };
    if arrival.is_entry {
        let by_guid = match find_by_guid(connection, article, arrival)? {
            Some(id) => Some(id),
            None => find_same_entry(connection, article)?,
        };
        return Ok(Lookalikes {
            by_link: by_id(arrival.identity.known_article_id)?,
            by_guid: by_id(by_guid)?,
            by_wording: find_by_wording(connection, article)?,
            ..Lookalikes::default()
        });
    }
    let answered_key = arrival.answered.map(|answered| answered.url.key());
    let answered_id = answered_key.map(|key| links::article_at(connection, &key)).transpose()?.flatten();
    let canonical_key = article.url.as_ref().map(CanonicalUrl::key);
    let canonical_id = canonical_key.map(|key| links::article_at(connection, &key)).transpose()?.flatten();
    Ok(Lookalikes {
        by_link: by_id(arrival.identity.known_article_id)?,
        is_from_elsewhere: arrival.answered.is_some() && answered_id != arrival.identity.known_article_id,
        by_canonical_url: by_id(canonical_id)?,
        is_address_given: arrival.is_address_given,
        by_guid: by_id(find_by_guid(connection, article, arrival)?)?,
        by_part: find_part(connection, article, arrival)?,
        by_wording: find_by_wording(connection, article)?,
    })
}

/// The article that was made of one of this one's further pages.
fn find_part(connection: &Connection, article: &Article, arrival: &Arrival<'_>) -> rusqlite::Result<Option<Known>> {
    for page in arrival.further_pages {
        if let Some(id) = links::article_at(connection, &page.url.key())?
            && let Some(part) = known(connection, id)?
            && reading::is_part_of(&part.body, &article.body)
        {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

/// Whether the text of a stored article is part of that of another one.
pub(super) fn is_part_of(connection: &Connection, part: i64, whole: i64) -> rusqlite::Result<bool> {
    let both = known(connection, part)?.zip(known(connection, whole)?);
    Ok(both.is_some_and(|(part, whole)| reading::is_part_of(&part.body, &whole.body)))
}

/// A stored article, as far as it is needed to compare it.
pub(super) fn known(connection: &Connection, id: i64) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached(&format!("SELECT id, title, {KNOWN_BODY}, body_kind, date FROM articles WHERE id = ?1"))?
        .query_row([id], |row| {
            Ok(Known {
                id: row.get(0)?,
                title: row.get(1)?,
                body: row.get(2)?,
                body_kind: row.get(3)?,
                day: row.get(4)?,
            })
        })
        .optional()
}

/// Lets later articles with the wording of this one find it. The first article with a wording keeps it.
pub(super) fn remember_wording(connection: &Connection, article: &Article, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO _wordings (wording, article_id) VALUES (?1, ?2)")?
        .execute(params![article.fingerprint.0, id])?;
    Ok(())
}

/// Leaves the wording of an article that is about to be revised to the first of its copies that still reads so, whatever its quotes
/// and dashes.
pub(super) fn hand_wording_over(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let copies: Vec<i64> = connection
        .prepare_cached("SELECT id FROM articles WHERE duplicate_of = ?1 AND duplicate_kind = 'exact' ORDER BY id")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if copies.is_empty() {
        return Ok(());
    }
    let Some(this) = known(connection, id)?.filter(|this| !this.body.is_empty()) else { return Ok(()) };
    for copy in copies {
        let heir = known(connection, copy)?;
        if heir.is_some_and(|heir| substance::reads_the_same(wording_of(&this), wording_of(&heir), None)) {
            let sql = "UPDATE _wordings SET article_id = ?2 WHERE article_id = ?1";
            connection.prepare_cached(sql)?.execute([id, copy])?;
            return Ok(());
        }
    }
    Ok(())
}

fn wording_of(known: &Known) -> Wording<'_> {
    Wording { title: None, body: &known.body }
}

/// Puts the wording of a revision in the place of the old one.
pub(super) fn replace_wording(connection: &Connection, article: &Article, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM _wordings WHERE article_id = ?1")?.execute([id])?;
    remember_wording(connection, article, id)
}

/// The article that the same source listed under the same GUID; for an import without address and GUID, the same
/// document from an earlier import.
fn find_by_guid(connection: &Connection, article: &Article, arrival: &Arrival<'_>) -> rusqlite::Result<Option<i64>> {
    match (arrival.source, arrival.guid) {
        (Some(source), Some(guid)) => connection
            .prepare_cached(
                "SELECT article_id FROM sightings WHERE source_id = ?1 AND guid = ?2 ORDER BY article_id DESC LIMIT 1",
            )?
            .query_row(params![source.0, guid], |row| row.get(0))
            .optional(),
        (_, None) if article.url.is_none() && arrival.answered.is_none() => find_same_document(connection, article),
        _ => Ok(None),
    }
}

/// The articles with the wording `?1`: the first one and its copies.
const SAME_WORDING: &str = "WITH alike AS (
         SELECT article_id AS id FROM _wordings WHERE wording = ?1
         UNION SELECT articles.id FROM _wordings JOIN articles ON articles.duplicate_of = _wordings.article_id
         WHERE wording = ?1)
     SELECT articles.id FROM alike JOIN articles ON articles.id = alike.id";

/// The same document from an earlier import, where no address leads to it.
pub(super) fn find_same_document(connection: &Connection, article: &Article) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "{SAME_WORDING}
             WHERE articles.url IS NULL AND articles.title IS ?2 AND (?3 OR articles.date IS ?4)
             ORDER BY articles.id LIMIT 1"
        ))?
        .query_row(
            params![article.fingerprint.0, article.title, dedup::has_own_text(article.words), day_of(article)],
            |row| row.get(0),
        )
        .optional()
}

/// The article at the same address with the same headline and text: a feed may renew its GUIDs.
fn find_same_entry(connection: &Connection, article: &Article) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "{SAME_WORDING}
             WHERE articles.url IS ?2 AND articles.title IS ?3 AND {KNOWN_BODY} = ?4 ORDER BY articles.id LIMIT 1"
        ))?
        .query_row(
            params![article.fingerprint.0, article.url.as_ref().map(CanonicalUrl::as_str), article.title, article.body],
            |row| row.get(0),
        )
        .optional()
}

/// The first article with the same wording, where that tells anything.
pub(super) fn find_by_wording(connection: &Connection, article: &Article) -> rusqlite::Result<Option<i64>> {
    let found: Option<(i64, Option<String>)> = connection
        .prepare_cached("SELECT id, date FROM _wordings JOIN articles ON id = article_id WHERE wording = ?1")?
        .query_row([&article.fingerprint.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let is_copy = |day: &Option<String>| dedup::can_be_copy(article.words, day_of(article).as_deref(), day.as_deref());
    Ok(found.filter(|(_, day)| is_copy(day)).map(|(id, _)| id))
}

fn day_of(article: &Article) -> Option<String> {
    article.published.map(|published| published.day())
}
