//! The list of sources: what the file says, what was added by hand, what is no longer listed.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use url::Url;

use crate::model::{FullText, Source, SourceId, SourceKind};

use super::rows::{json_list, private_time, public_time};

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
    /// Whether it is new, or followed again.
    pub is_new: bool,
    /// Whether it is paused.
    pub is_paused: bool,
}

/// What is stored of a listed source, as it is written.
struct StoredSource {
    id: i64,
    url: Option<String>,
    kind: Option<String>,
    tags: String,
    state: String,
    full_text: String,
    link_selectors: String,
}

impl StoredSource {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(StoredSource {
            id: row.get(0)?,
            url: row.get(1)?,
            kind: row.get(2)?,
            tags: row.get(3)?,
            state: row.get(4)?,
            full_text: row.get(5)?,
            link_selectors: row.get(6)?,
        })
    }
}

/// Makes the stored list agree with the file. Sources that were added by hand stay; what the file no longer lists is
/// no longer polled and keeps its articles.
pub(super) fn synchronize(connection: &Connection, listed: &[Source], now: Timestamp) -> rusqlite::Result<SyncReport> {
    let mut report = SyncReport::default();
    for source in listed {
        let stored = connection
            .prepare_cached(
                "SELECT id, url, kind, tags, state, full_text, link_selectors FROM sources WHERE slug = ?1",
            )?
            .query_row([&source.slug], StoredSource::read)
            .optional()?;
        let Some(stored) = stored else {
            insert(connection, source, "active", "file", now)?;
            report.added.push(source.slug.clone());
            continue;
        };
        let id = stored.id;
        let is_other_address = stored.url.as_deref() != Some(source.url.as_str());
        let is_other_kind = source.kind.is_some_and(|wanted| stored.kind.as_deref() != Some(wanted.as_str()));
        let (new_tags, new_selectors) = (json_list(&source.tags), json_list(&source.link_selectors));
        // Other links of an unchanged page are news all the same.
        let is_read_otherwise = is_other_address || is_other_kind || stored.link_selectors != new_selectors;
        let is_described_otherwise = stored.tags != new_tags || stored.full_text != source.full_text.as_str();
        let comes_back =
            matches!(stored.state.as_str(), "removed" | "manual") || (is_other_address && stored.state == "gone");
        if is_read_otherwise || is_described_otherwise || comes_back {
            connection.execute(
                "UPDATE sources SET url = ?2, kind = CASE WHEN ?3 IS NOT NULL OR ?6 THEN ?3 ELSE kind END, tags = ?4,
                     origin = 'file', state = CASE WHEN ?5 THEN 'active' ELSE state END, full_text = ?7,
                     link_selectors = ?8
                 WHERE id = ?1",
                params![
                    id,
                    source.url.as_str(),
                    source.kind.map(SourceKind::as_str),
                    new_tags,
                    comes_back,
                    is_other_address,
                    source.full_text.as_str(),
                    new_selectors,
                ],
            )?;
            report.changed.push(source.slug.clone());
        }
        if stored.full_text != source.full_text.as_str() {
            choose_texts(connection, id, source.full_text)?;
        }
        if is_read_otherwise {
            forget_validators(connection, id)?;
        }
        if is_read_otherwise || comes_back {
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

/// Takes a new choice of where texts are taken from to what the source has listed so far and is still to be fetched. What
/// was found out link by link is left as it is where that is to go on.
fn choose_texts(connection: &Connection, id: i64, full_text: FullText) -> rusqlite::Result<()> {
    if full_text != FullText::Auto {
        connection.execute(
            "UPDATE _links SET hints = json_set(hints, '$.full_text', ?2)
             WHERE source_id = ?1 AND due_at IS NOT NULL AND article_id IS NULL AND hints IS NOT NULL",
            params![id, full_text.as_str()],
        )?;
    }
    Ok(())
}

/// The sources that are stored, as adding others needs to know them: none of them is looked for row by row.
#[derive(Debug, Default)]
pub(super) struct KnownSources {
    /// Number, slug and state, by address.
    by_address: HashMap<String, (i64, String, String)>,
    slugs: HashSet<String>,
    /// The number with which a free slug was last found, by the slug without it.
    numbers: HashMap<String, u32>,
}

impl KnownSources {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<KnownSources> {
        let mut known = KnownSources::default();
        // Of several at one address the active one is meant.
        let mut statement =
            connection.prepare("SELECT id, url, slug, state FROM sources ORDER BY state <> 'active', id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, url, slug, state): (i64, Option<String>, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            known.slugs.insert(slug.clone());
            if let Some(url) = url {
                known.by_address.entry(url).or_insert((id, slug, state));
            }
        }
        Ok(known)
    }

    /// The slug itself if it is free, else with the next number.
    fn free_slug(&mut self, wanted: &str) -> String {
        if !self.slugs.contains(wanted) {
            return wanted.to_owned();
        }
        let number = self.numbers.entry(wanted.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let slug = format!("{wanted}-{number}");
            if !self.slugs.contains(&slug) {
                return slug;
            }
        }
    }
}

/// Adds a source by hand. One with the same address is taken as it is; a slug that is taken gets a number.
pub(super) fn add(
    connection: &Connection,
    source: &Source,
    is_polled: bool,
    now: Timestamp,
) -> rusqlite::Result<AddedSource> {
    add_beside(connection, &mut KnownSources::read(connection)?, source, is_polled, now)
}

/// As [`add`], one of several.
pub(super) fn add_beside(
    connection: &Connection,
    known: &mut KnownSources,
    source: &Source,
    is_polled: bool,
    now: Timestamp,
) -> rusqlite::Result<AddedSource> {
    if let Some((id, slug, state)) = known.by_address.get_mut(source.url.as_str()) {
        let is_paused = state == "paused";
        // What is paused is followed already: somebody wants it left alone for now.
        let wakes = is_polled && state != "active" && !is_paused;
        if wakes {
            wake(connection, *id, source)?;
            make_due(connection, SourceId(*id), now)?;
            "active".clone_into(state);
        }
        return Ok(AddedSource { id: SourceId(*id), slug: slug.clone(), is_new: wakes, is_paused });
    }
    let slug = known.free_slug(&source.slug);
    let state = if is_polled { "active" } else { "manual" };
    let named = Source { slug: slug.clone(), ..source.clone() };
    let id = insert(connection, &named, state, "command", now)?;
    known.slugs.insert(slug.clone());
    known.by_address.insert(source.url.to_string(), (id, slug.clone(), state.to_owned()));
    Ok(AddedSource { id: SourceId(id), slug, is_new: true, is_paused: false })
}

/// Makes a source active that was not, with what is now said of it. One that a file had listed is from now on kept by
/// command, or else it would go again with the next look into the file.
fn wake(connection: &Connection, id: i64, source: &Source) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE sources SET state = 'active', origin = CASE state WHEN 'removed' THEN 'command' ELSE origin END,
             kind = coalesce(?2, kind), tags = CASE ?3 WHEN '[]' THEN tags ELSE ?3 END, full_text = ?4,
             link_selectors = ?5, title = coalesce(title, ?6), site_url = coalesce(?7, site_url)
         WHERE id = ?1",
        params![
            id,
            source.kind.map(SourceKind::as_str),
            json_list(&source.tags),
            source.full_text.as_str(),
            json_list(&source.link_selectors),
            source.title,
            source.site_url.as_ref().map(Url::as_str),
        ],
    )?;
    Ok(())
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
            "INSERT INTO sources (slug, kind, url, state, tags, origin, created_at, full_text, link_selectors, title,
                 site_url)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .insert(params![
            source.slug,
            source.kind.map(SourceKind::as_str),
            source.url.as_str(),
            state,
            json_list(&source.tags),
            origin,
            public_time(now),
            source.full_text.as_str(),
            json_list(&source.link_selectors),
            source.title,
            source.site_url.as_ref().map(Url::as_str),
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
             children = NULL, failures_in_a_row = 0, error = NULL, error_class = NULL, rhythm = NULL, moved_to = NULL,
             n_moved = 0, n_vain = 0
         WHERE source_id = ?1",
        [id],
    )?;
    Ok(())
}
