//! Adding a source that no file lists.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use crate::config::SLUG_BYTES_MAX;
use crate::model::{Source, SourceId, SourceKind};
use crate::store::file::columns::{json_list, private_time, public_time, stored_route};
use crate::store::write::sources::{credentials, schedule};

/// A source that was added, or was stored already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedSource {
    /// Row id.
    pub id: SourceId,
    /// Its slug.
    pub slug: String,
    /// Whether it is new, or active again.
    pub is_new: bool,
    /// Whether it is paused.
    pub is_paused: bool,
}

/// The sources that are stored, as adding others needs to know them: none of them is looked for row by row.
#[derive(Debug, Default)]
pub(in crate::store) struct KnownSources {
    /// Number, slug and state, by address.
    by_address: HashMap<String, (i64, String, String)>,
    slugs: HashSet<String>,
    /// The number with which a free slug was last found, by the slug without it.
    numbers: HashMap<String, u32>,
}

impl KnownSources {
    pub(in crate::store) fn read(connection: &Connection) -> rusqlite::Result<KnownSources> {
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

    /// The slug of the source at an address.
    pub(in crate::store) fn slug_at(&self, url: &str) -> Option<String> {
        self.by_address.get(url).map(|(_, slug, _)| slug.clone())
    }

    /// A free slug, which is taken from then on.
    pub(in crate::store) fn take_free_slug(&mut self, wanted: &str) -> String {
        let slug = self.free_slug(wanted);
        self.slugs.insert(slug.clone());
        slug
    }

    /// The slug itself if it is free, else with the next number, for which a long one is cut: what is no slug is taken for
    /// a name when it comes back from a file.
    fn free_slug(&mut self, wanted: &str) -> String {
        if !self.slugs.contains(wanted) {
            return wanted.to_owned();
        }
        let number = self.numbers.entry(wanted.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let number = number.to_string();
            let start = wanted.floor_char_boundary(SLUG_BYTES_MAX - 1 - number.len());
            let slug = format!("{}-{number}", &wanted[..start]);
            if !self.slugs.contains(&slug) {
                return slug;
            }
        }
    }
}

/// Adds a source that no file lists. One with the same address stays as it is. A slug that is in use gets a number.
pub(in crate::store) fn add(
    connection: &Connection,
    source: &Source,
    is_polled: bool,
    now: Timestamp,
) -> rusqlite::Result<AddedSource> {
    add_beside(connection, &mut KnownSources::read(connection)?, source, is_polled, now)
}

/// As [`add`], one of several.
pub(in crate::store) fn add_beside(
    connection: &Connection,
    known: &mut KnownSources,
    source: &Source,
    is_polled: bool,
    now: Timestamp,
) -> rusqlite::Result<AddedSource> {
    if let Some((id, slug, state)) = known.by_address.get_mut(source.url.as_str()) {
        let is_paused = state == "paused";
        // A paused source stays paused, as its user wants it.
        let becomes_active = is_polled && state != "active" && !is_paused;
        if becomes_active {
            activate(connection, *id, source)?;
            schedule::make_due(connection, SourceId(*id), now)?;
            "active".clone_into(state);
        } else if is_polled {
            // It is asked for by command now, and stays when a list at an address no longer has it.
            connection
                .prepare_cached("UPDATE sources SET origin = 'command' WHERE id = ?1 AND origin = 'file'")?
                .execute([*id])?;
        }
        return Ok(AddedSource { id: SourceId(*id), slug: slug.clone(), is_new: becomes_active, is_paused });
    }
    let slug = known.free_slug(&source.slug);
    let state = if is_polled { "active" } else { "manual" };
    let named = Source { slug: slug.clone(), ..source.clone() };
    let id = insert(connection, &named, state, "command", now)?;
    known.slugs.insert(slug.clone());
    known.by_address.insert(source.url.to_string(), (id, slug.clone(), state.to_owned()));
    Ok(AddedSource { id: SourceId(id), slug, is_new: true, is_paused: false })
}

/// Makes a source active, with what is now said of it. One that was removed from the sources file belongs to commands from
/// now on; otherwise the next synchronization would remove it again.
fn activate(connection: &Connection, id: i64, source: &Source) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE sources SET state = 'active', origin = CASE state WHEN 'removed' THEN 'command' ELSE origin END,
             kind = coalesce(?2, kind), tags = CASE ?3 WHEN '[]' THEN tags ELSE ?3 END, full_text = ?4,
             link_selectors = ?5, title = coalesce(nullif(title, slug), ?6, slug), site_url = coalesce(?7, site_url), proxy = ?8
         WHERE id = ?1",
        params![
            id,
            source.kind.map(SourceKind::as_str),
            json_list(&source.tags),
            source.full_text.as_str(),
            json_list(&source.link_selectors),
            source.title,
            source.site_url.as_ref().map(Url::as_str),
            source.proxy.as_ref().map(stored_route),
        ],
    )?;
    credentials::note(connection, SourceId(id), source.credentials.as_deref())
}

/// The source that imported articles are said to come from. It is added if it is missing.
pub(in crate::store) fn ensure_import_source(
    connection: &Connection,
    slug: &str,
    now: Timestamp,
) -> rusqlite::Result<SourceId> {
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

/// Writes a new source and its schedule. Returns its row id.
pub(super) fn insert(
    connection: &Connection,
    source: &Source,
    state: &str,
    origin: &str,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO sources (slug, kind, url, state, tags, origin, created_at, full_text, link_selectors, title,
                 site_url, proxy)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
            source.proxy.as_ref().map(stored_route),
        ])?;
    let due = (state == "active").then(|| private_time(now));
    connection
        .prepare_cached("INSERT INTO _source_schedule (source_id, next_due_at) VALUES (?1, ?2)")?
        .execute(params![id, due])?;
    if source.credentials.is_some() {
        credentials::note(connection, SourceId(id), source.credentials.as_deref())?;
    }
    Ok(id)
}
