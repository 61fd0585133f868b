//! The list of sources: what the file says, what was added by hand, what is no longer listed.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::config::StoreSettings;
use crate::model::{Source, SourceId};

use super::rows::{json_list, private_time, public_time};
use super::schema::{self, StoreError};

/// What a synchronization with the sources file changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Sources that are new.
    pub added: Vec<String>,
    /// Sources whose address, kind or tags changed.
    pub changed: Vec<String>,
    /// Sources that are no longer listed.
    pub removed: Vec<String>,
}

/// A source that was added, or was there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedSource {
    /// Its row.
    pub id: SourceId,
    /// The name it has.
    pub slug: String,
    /// Whether it is new.
    pub is_new: bool,
}

/// Makes the stored list agree with the file. Sources that were added by hand stay; what the file no longer lists is
/// no longer polled and keeps its articles.
pub(super) fn synchronize(connection: &Connection, listed: &[Source], now: Timestamp) -> rusqlite::Result<SyncReport> {
    let mut report = SyncReport::default();
    for source in listed {
        let stored = connection
            .prepare_cached("SELECT id, url, kind, tags, state FROM sources WHERE slug = ?1")?
            .query_row([&source.slug], |row| {
                let (url, kind): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
                let (tags, state): (String, String) = (row.get(3)?, row.get(4)?);
                Ok((row.get::<_, i64>(0)?, url, kind, tags, state))
            })
            .optional()?;
        let Some((id, url, kind, tags, state)) = stored else {
            insert(connection, source, "active", "file", now)?;
            report.added.push(source.slug.clone());
            continue;
        };
        let is_other_address = url.as_deref() != Some(source.url.as_str());
        let is_other_kind = source.kind.is_some_and(|wanted| kind.as_deref() != Some(wanted.as_str()));
        let new_tags = json_list(&source.tags);
        let comes_back = state == "removed" || state == "manual" || (is_other_address && state == "gone");
        if is_other_address || is_other_kind || tags != new_tags || comes_back {
            connection.execute(
                "UPDATE sources SET url = ?2, kind = CASE WHEN ?3 IS NOT NULL OR ?6 THEN ?3 ELSE kind END, tags = ?4,
                     origin = 'file', state = CASE WHEN ?5 THEN 'active' ELSE state END
                 WHERE id = ?1",
                params![
                    id,
                    source.url.as_str(),
                    source.kind.map(crate::model::SourceKind::as_str),
                    new_tags,
                    comes_back,
                    is_other_address
                ],
            )?;
            report.changed.push(source.slug.clone());
        }
        if is_other_address || is_other_kind {
            forget_validators(connection, id)?;
        }
        if is_other_address || is_other_kind || comes_back {
            make_due(connection, SourceId(id), now)?;
        }
    }
    let slugs: HashSet<&str> = listed.iter().map(|source| source.slug.as_str()).collect();
    let stored: Vec<(i64, String)> = connection
        .prepare("SELECT id, slug FROM sources WHERE origin = 'file' AND state <> 'removed'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, slug) in stored {
        if !slugs.contains(slug.as_str()) {
            connection.execute("UPDATE sources SET state = 'removed' WHERE id = ?1", [id])?;
            connection.execute(
                "UPDATE _source_schedule SET next_due_at = NULL, claim_id = NULL WHERE source_id = ?1",
                [id],
            )?;
            report.removed.push(slug);
        }
    }
    Ok(report)
}

/// Adds a source by hand. One with the same address is taken as it is; a slug that is taken gets a number.
pub(super) fn add(
    connection: &Connection,
    source: &Source,
    is_polled: bool,
    now: Timestamp,
) -> rusqlite::Result<AddedSource> {
    let same_address: Option<(i64, String, String)> = connection
        .prepare_cached("SELECT id, slug, state FROM sources WHERE url = ?1 ORDER BY state = 'active' DESC LIMIT 1")?
        .query_row([source.url.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((id, slug, state)) = same_address {
        let wakes = is_polled && state != "active";
        if wakes {
            connection.execute("UPDATE sources SET state = 'active' WHERE id = ?1", [id])?;
            make_due(connection, SourceId(id), now)?;
        }
        return Ok(AddedSource { id: SourceId(id), slug, is_new: wakes });
    }
    let mut slug = source.slug.clone();
    let mut number = 2;
    while connection.prepare_cached("SELECT 1 FROM sources WHERE slug = ?1")?.exists([&slug])? {
        slug = format!("{}-{number}", source.slug);
        number += 1;
    }
    let state = if is_polled { "active" } else { "manual" };
    let named = Source { slug: slug.clone(), ..source.clone() };
    let id = insert(connection, &named, state, "command", now)?;
    Ok(AddedSource { id: SourceId(id), slug, is_new: true })
}

/// Adds a source from a process that does not ingest, beside one that may: a short transaction of its own.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn add_source_beside(settings: &StoreSettings, source: &Source) -> Result<AddedSource, StoreError> {
    let mut connection = schema::open_for_writing(settings)?;
    let wrap = |error: rusqlite::Error| schema::explain(&error, &settings.path);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    let added = add(&transaction, source, true, Timestamp::now()).map_err(wrap)?;
    transaction.commit().map_err(wrap)?;
    Ok(added)
}

/// The source that imported articles are said to come from; made if it is missing.
pub(super) fn ensure_import_source(connection: &Connection, slug: &str, now: Timestamp) -> rusqlite::Result<SourceId> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT id FROM sources WHERE slug = ?1")?
        .query_row([slug], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(SourceId(id));
    }
    let id = connection
        .prepare_cached("INSERT INTO sources (slug, state, origin, created_at) VALUES (?1, 'manual', 'command', ?2)")?
        .insert(params![slug, public_time(now)])?;
    connection.prepare_cached("INSERT INTO _source_schedule (source_id) VALUES (?1)")?.execute([id])?;
    Ok(SourceId(id))
}

/// Makes a source due now, unless it is in work.
pub(super) fn make_due(connection: &Connection, source: SourceId, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _source_schedule SET next_due_at = ?2 WHERE source_id = ?1 AND claim_id IS NULL")?
        .execute(params![source.0, private_time(now)])?;
    Ok(())
}

/// Makes all active sources due now.
pub(super) fn make_all_due(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE _source_schedule SET next_due_at = ?1
         WHERE claim_id IS NULL AND source_id IN (SELECT id FROM sources WHERE state = 'active')",
        [private_time(now)],
    )
}

fn insert(
    connection: &Connection,
    source: &Source,
    state: &str,
    origin: &str,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO sources (slug, kind, url, state, tags, origin, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .insert(params![
            source.slug,
            source.kind.map(crate::model::SourceKind::as_str),
            source.url.as_str(),
            state,
            json_list(&source.tags),
            origin,
            public_time(now),
        ])?;
    let due = (state == "active").then(|| private_time(now));
    connection
        .prepare_cached("INSERT INTO _source_schedule (source_id, next_due_at) VALUES (?1, ?2)")?
        .execute(params![id, due])?;
    Ok(id)
}

/// The old address's validators and errors say nothing about the new one.
fn forget_validators(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _source_schedule SET etag = NULL, last_modified = NULL, body_sha256 = NULL, interval_s = NULL,
             failures_in_a_row = 0, error = NULL, error_class = NULL, rhythm = NULL, moved_to = NULL, n_moved = 0, n_vain = 0
         WHERE source_id = ?1",
        [id],
    )?;
    Ok(())
}
