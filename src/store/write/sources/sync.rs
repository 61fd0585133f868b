//! Bringing the stored list of sources in line with the sources file, or with a list that a command is given.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::{FullText, Source, SourceId, SourceKind};
use crate::store::file::columns::{json_list, stored_route};
use crate::store::file::source_list::ListKeeper;
use crate::store::write::sources::{add, credentials, schedule};

/// What a synchronization with a list changed: slugs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Sources that are new.
    pub added: Vec<String>,
    /// Sources whose address, kind or other settings changed.
    pub changed: Vec<String>,
    /// Sources that are no longer listed.
    pub removed: Vec<String>,
}

/// Brings the stored list in line with the sources file, or as a whole with what a command is given. Sources that are no longer
/// listed are no longer polled and keep their articles.
pub(in crate::store) fn synchronize(
    connection: &Connection,
    listed: &[Source],
    keeper: ListKeeper,
    now: Timestamp,
) -> rusqlite::Result<SyncReport> {
    let mut report = SyncReport::default();
    for source in listed {
        match find(connection, &source.slug)? {
            None => {
                add::insert(connection, source, "active", keeper.origin(), now)?;
                report.added.push(source.slug.clone());
            }
            Some(stored) => {
                let has_a_say = keeper.has_a_say(&stored.origin, &stored.state, stored.url.as_deref(), &source.url);
                if has_a_say && update(connection, &stored, source, keeper, now)? {
                    report.changed.push(source.slug.clone());
                }
            }
        }
    }
    remove_unlisted(connection, listed, keeper, &mut report)?;
    Ok(report)
}

/// A listed source as it is stored.
struct StoredSource {
    id: i64,
    url: Option<String>,
    kind: Option<String>,
    tags: String,
    state: String,
    full_text: String,
    link_selectors: String,
    proxy: Option<String>,
    origin: String,
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
            proxy: row.get(7)?,
            origin: row.get(8)?,
        })
    }
}

fn find(connection: &Connection, slug: &str) -> rusqlite::Result<Option<StoredSource>> {
    connection
        .prepare_cached(
            "SELECT id, url, kind, tags, state, full_text, link_selectors, proxy, origin FROM sources WHERE slug = ?1",
        )?
        .query_row([slug], StoredSource::read)
        .optional()
}

/// Writes what the list now says of a source. Returns whether anything changed.
fn update(
    connection: &Connection,
    stored: &StoredSource,
    source: &Source,
    keeper: ListKeeper,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let has_other_address = stored.url.as_deref() != Some(source.url.as_str());
    let has_other_kind = source.kind.is_some_and(|wanted| stored.kind.as_deref() != Some(wanted.as_str()));
    let has_other_texts = stored.full_text != source.full_text.as_str();
    let (tags, link_selectors) = (json_list(&source.tags), json_list(&source.link_selectors));
    let proxy = source.proxy.as_ref().map(stored_route);
    let credentials = credentials::name_of(connection, SourceId(stored.id))?;
    let has_other_way = stored.proxy != proxy || credentials != source.credentials;
    // Other links of an unchanged page are new all the same.
    let is_polled_otherwise = has_other_address || has_other_kind || stored.link_selectors != link_selectors;
    let comes_back =
        matches!(stored.state.as_str(), "removed" | "manual") || (has_other_address && stored.state == "gone");
    let is_taken_over = keeper.takes_over(&stored.origin);
    if !(is_polled_otherwise || has_other_texts || has_other_way || stored.tags != tags || comes_back || is_taken_over)
    {
        return Ok(false);
    }
    connection.execute(
        "UPDATE sources SET url = ?2, kind = CASE WHEN ?3 IS NOT NULL OR ?6 THEN ?3 ELSE kind END, tags = ?4,
             origin = ?10, state = CASE WHEN ?5 THEN 'active' ELSE state END, full_text = ?7,
             link_selectors = ?8, proxy = ?9
         WHERE id = ?1",
        params![
            stored.id,
            source.url.as_str(),
            source.kind.map(SourceKind::as_str),
            tags,
            comes_back,
            has_other_address,
            source.full_text.as_str(),
            link_selectors,
            proxy,
            keeper.origin(),
        ],
    )?;
    credentials::note(connection, SourceId(stored.id), source.credentials.as_deref())?;
    if has_other_texts {
        apply_full_text(connection, stored.id, source.full_text)?;
    }
    if is_polled_otherwise {
        schedule::reset(connection, SourceId(stored.id))?;
    }
    // What failed on the way before may come on this one.
    if is_polled_otherwise || has_other_way || comes_back {
        schedule::make_due(connection, SourceId(stored.id), now)?;
    }
    Ok(true)
}

/// Applies a new choice of where texts are taken from to the links that the source has listed and that are still to be
/// fetched. With `auto`, what was found out for each link stays.
fn apply_full_text(connection: &Connection, id: i64, full_text: FullText) -> rusqlite::Result<()> {
    if full_text != FullText::Auto {
        connection.execute(
            "UPDATE _links SET hints = json_set(hints, '$.full_text', ?2)
             WHERE source_id = ?1 AND due_at IS NOT NULL AND article_id IS NULL AND hints IS NOT NULL",
            params![id, full_text.as_str()],
        )?;
    }
    Ok(())
}

/// Marks sources that the keeper of the list no longer has on it as removed, or leaves them to commands.
fn remove_unlisted(
    connection: &Connection,
    listed: &[Source],
    keeper: ListKeeper,
    report: &mut SyncReport,
) -> rusqlite::Result<()> {
    let slugs: HashSet<&str> = listed.iter().map(|source| source.slug.as_str()).collect();
    let stored: Vec<(i64, String, String, String)> = connection
        .prepare("SELECT id, slug, origin, state FROM sources WHERE state <> 'removed'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (id, slug, origin, state) in stored {
        if !keeper.removes(&origin, &state) || slugs.contains(slug.as_str()) {
            continue;
        }
        if keeper.leaves_to_commands(&state) {
            connection.execute("UPDATE sources SET origin = 'command' WHERE id = ?1", [id])?;
            report.changed.push(slug);
        } else {
            connection.execute("UPDATE sources SET state = 'removed' WHERE id = ?1", [id])?;
            schedule::stop(connection, SourceId(id))?;
            report.removed.push(slug);
        }
    }
    Ok(())
}
