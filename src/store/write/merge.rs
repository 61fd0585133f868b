//! Taking over from another database what belongs to no single article: sources, what was deleted, and stories.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{DeletedIdentity, MergedMarks, MergedSource};
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::{json_list, private_time, public_time};
use crate::store::write::articles::restore::begin_numbers;
use crate::store::write::sources::add::KnownSources;
use crate::store::write::stories::edits::{members_of, note_change, recount};

/// Lists sources of another database here, unless they are: those with the same address, or the same slug where one of both has
/// no address. New ones are not polled. Returns the slug that each has here.
pub(in crate::store) fn sources(
    connection: &Connection,
    merged: &[MergedSource],
    now: Timestamp,
) -> rusqlite::Result<Vec<String>> {
    let mut known = KnownSources::read(connection)?;
    let mut slugs = Vec::with_capacity(merged.len());
    for source in merged {
        let slug = match source.url.as_deref().and_then(|url| known.slug_at(url)) {
            Some(slug) => slug,
            None if is_same_by_slug(connection, source)? => source.slug.clone(),
            None => {
                let slug = known.take_free_slug(&source.slug);
                insert_source(connection, source, &slug, now)?;
                slug
            }
        };
        if let Some(title) = source.title.as_ref().filter(|title| **title != source.slug) {
            connection
                .prepare_cached("UPDATE sources SET title = ?2 WHERE slug = ?1 AND (title IS NULL OR title = slug)")?
                .execute(params![slug, title])?;
        }
        slugs.push(slug);
    }
    Ok(slugs)
}

fn is_same_by_slug(connection: &Connection, source: &MergedSource) -> rusqlite::Result<bool> {
    let url: Option<Option<String>> = connection
        .prepare_cached("SELECT url FROM sources WHERE slug = ?1")?
        .query_row([&source.slug], |row| row.get(0))
        .optional()?;
    Ok(url.is_some_and(|url| url.is_none() || source.url.is_none()))
}

fn insert_source(connection: &Connection, source: &MergedSource, slug: &str, now: Timestamp) -> rusqlite::Result<()> {
    let id = connection
        .prepare_cached(
            "INSERT INTO sources (slug, kind, url, state, tags, origin, created_at, title, site_url)
             VALUES (?1, ?2, ?3, 'manual', ?4, 'command', ?5, ?6, ?7)",
        )?
        .insert(params![
            slug,
            source.kind,
            source.url,
            json_list(&source.tags),
            public_time(now),
            source.title,
            source.site_url,
        ])?;
    connection.prepare_cached("INSERT INTO _source_schedule (source_id) VALUES (?1)")?.execute([id])?;
    Ok(())
}

/// Notes by what articles are known that were deleted in another database, unless an article is known here by it, there or
/// deleted. Returns how many signs were new.
pub(in crate::store) fn deleted(
    connection: &Connection,
    identities: &[DeletedIdentity],
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut n_new = 0;
    for identity in identities {
        n_new += match identity {
            DeletedIdentity::Address { key, url, publisher } => {
                let known: Option<Option<i64>> = connection
                    .prepare_cached("SELECT article_id FROM _links WHERE url_key = ?1")?
                    .query_row([key], |row| row.get(0))
                    .optional()?;
                match known {
                    // It is here, was deleted here, or waits to be fetched: then somebody listed it here.
                    Some(_) => 0,
                    None => connection
                        .prepare_cached(
                            "INSERT INTO _links (url_key, url, host, article_id, first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                        )?
                        .execute(params![key, url, publisher, unused_number(connection)?, private_time(now)])?,
                }
            }
            DeletedIdentity::Guid { source, guid } => {
                let source: Option<i64> = connection
                    .prepare_cached("SELECT id FROM sources WHERE slug = ?1")?
                    .query_row([source], |row| row.get(0))
                    .optional()?;
                let is_here = |source: i64| -> rusqlite::Result<bool> {
                    connection
                        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sightings WHERE source_id = ?1 AND guid = ?2)")?
                        .query_row(params![source, guid], |row| row.get(0))
                };
                match source {
                    Some(source) if !is_here(source)? => note_sign(connection, &format!("guid {source} {guid}"))?,
                    _ => 0,
                }
            }
            DeletedIdentity::Text(sign) => {
                let is_here: bool = connection
                    .prepare_cached("SELECT EXISTS (SELECT 1 FROM _wordings WHERE wording = unhex(substr(?1, 6)))")?
                    .query_row([sign], |row| row.get(0))?;
                if is_here { 0 } else { note_sign(connection, sign)? }
            }
        };
    }
    Ok(n_new)
}

fn note_sign(connection: &Connection, sign: &str) -> rusqlite::Result<usize> {
    let is_known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM _deleted WHERE sign = ?1)")?
        .query_row([sign], |row| row.get(0))?;
    if is_known {
        return Ok(0);
    }
    connection
        .prepare_cached("INSERT INTO _deleted (sign, article_id) VALUES (?1, ?2)")?
        .execute(params![sign, unused_number(connection)?])
}

/// A number that no article has, had or will have.
fn unused_number(connection: &Connection) -> rusqlite::Result<i64> {
    begin_numbers(connection)?;
    connection
        .prepare_cached("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'articles' RETURNING seq")?
        .query_row([], |row| row.get(0))
}

/// Puts the stories of articles into one that share one in another database. Those that a person has put articles into or
/// taken them out of stay as they are. Returns how many articles went to another story.
pub(in crate::store) fn stories(connection: &Connection, shared: &[Vec<i64>]) -> rusqlite::Result<usize> {
    let mut n_moved = 0;
    for articles in shared {
        let mut stories = BTreeSet::new();
        for article in articles {
            stories.extend(story_of_machines(connection, *article)?);
        }
        let mut stories = stories.into_iter();
        let Some(into) = stories.next() else { continue };
        for from in stories {
            n_moved += move_story(connection, from, into)?;
        }
    }
    if n_moved > 0 {
        note_change(connection)?;
    }
    Ok(n_moved)
}

/// Marks articles as they are marked in another database, by their numbers here: what was read in either is read, what was starred in either is
/// starred. What counts as read there without a mark was told with the article (`restore`). Returns how many articles got a mark.
pub(in crate::store) fn marks(
    connection: &Connection,
    marked: &[MergedMarks],
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut n_marked = 0;
    for MergedMarks { article_id, read_at, starred_at } in marked {
        // What has no row here counts as read.
        n_marked += connection
            .prepare_cached(
                "INSERT INTO reading (article_id, source_id, read_at, starred_at)
                 SELECT id, source_id, coalesce(?2, ?4), ?3 FROM articles WHERE id = ?1
                 ON CONFLICT (article_id) DO UPDATE SET
                     read_at = coalesce(read_at, ?2), starred_at = coalesce(starred_at, ?3)
                 WHERE read_at IS NULL AND ?2 IS NOT NULL OR starred_at IS NULL AND ?3 IS NOT NULL",
            )?
            .execute(params![article_id, read_at.map(public_time), starred_at.map(public_time), public_time(now)])?;
    }
    Ok(n_marked)
}

/// The story of an article, unless a person has had to do with it.
fn story_of_machines(connection: &Connection, article: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT story_id FROM story_members AS this WHERE article_id = ?1
                 AND NOT EXISTS (SELECT 1 FROM story_members WHERE story_id = this.story_id AND reason = 'hand')",
        )?
        .query_row([article], |row| row.get(0))
        .optional()
}

fn move_story(connection: &Connection, from: i64, into: i64) -> rusqlite::Result<usize> {
    // One by one: a statement for all would give them the same number.
    for article in members_of(connection, from)? {
        connection
            .prepare_cached(&format!("UPDATE articles SET story_id = ?2, change_seq = {NEXT_CHANGE} WHERE id = ?1"))?
            .execute([article, into])?;
    }
    let n_moved = connection
        .prepare_cached(
            "UPDATE story_members SET story_id = ?2, reason = CASE reason WHEN 'first' THEN 'alike' ELSE reason END
             WHERE story_id = ?1",
        )?
        .execute([from, into])?;
    recount(connection, from)?;
    recount(connection, into)?;
    Ok(n_moved)
}
