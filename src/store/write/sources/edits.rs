//! Edits of the list of sources by commands, beside a running daemon. The daemon sees them when it next claims work.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::StoreSettings;
use crate::model::{HostMemory, ListedSource, Source, SourceId, publisher_of};
use crate::store::file::columns::{from_private_time, private_time};
use crate::store::file::error::StoreError;
use crate::store::file::source_list::ListKeeper;
use crate::store::write::beside::beside;
use crate::store::write::hosts;
use crate::store::write::publishers;
use crate::store::write::sources::add::{self, AddedSource, KnownSources};
use crate::store::write::sources::schedule;
use crate::store::write::sources::sync::{self, SyncReport};

/// What to do with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// No longer poll it. Its articles stay, and so does its row.
    Remove,
    /// Stop polling it for now. What it has listed so far is still fetched.
    Pause,
    /// Poll it again, now.
    Resume,
}

/// What an edit did to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedSource {
    /// The state it had.
    pub state_before: String,
    /// Articles seen in it, which stay.
    pub n_articles: u64,
    /// Links that only it had listed and that are not fetched now.
    pub n_left_out: u64,
}

/// Adds sources in one transaction: all, or none. A source whose address is polled already stays as it is.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn add_sources_beside(settings: &StoreSettings, added: &[ListedSource]) -> Result<Vec<AddedSource>, StoreError> {
    beside(settings, |connection| add_all(connection, added, Timestamp::now()))
}

/// Adds a source that was looked at, with what its host said meanwhile: where that is to be left in peace, the first poll waits for it.
///
/// # Errors
///
/// As [`add_sources_beside`].
pub fn add_looked_at_beside(
    settings: &StoreSettings,
    added: &ListedSource,
    heard: &HostMemory,
) -> Result<Vec<AddedSource>, StoreError> {
    let publisher = publisher_of(&added.source.url);
    beside(settings, |connection| {
        let now = Timestamp::now();
        let stored = add_all(connection, std::slice::from_ref(added), now)?;
        hosts::remember(connection, heard)?;
        let held_until = "SELECT held_until FROM _host_holds WHERE publisher = ?1 AND held_until > ?2";
        let held_until = connection
            .query_row(held_until, params![publisher, private_time(now)], |row| row.get(0).map(from_private_time))
            .optional()?;
        if let Some(until) = held_until {
            for source in stored.iter().filter(|source| source.is_new && !source.is_paused) {
                schedule::make_due(connection, source.id, until)?;
            }
        }
        Ok(stored)
    })
}

/// Brings the stored list of sources in line with another, in one transaction. New ones are paused where that is asked for.
///
/// # Errors
///
/// As [`add_sources_beside`].
pub fn apply_list_beside(
    settings: &StoreSettings,
    listed: &[ListedSource],
    keeper: ListKeeper,
) -> Result<SyncReport, StoreError> {
    beside(settings, |connection| apply_list(connection, listed, keeper, Timestamp::now()))
}

/// Changes what is done with a source.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn change_source_beside(
    settings: &StoreSettings,
    source: SourceId,
    change: SourceChange,
) -> Result<ChangedSource, StoreError> {
    beside(settings, |connection| apply(connection, source, change, Timestamp::now()))
}

/// Adds sources, paused where that is asked for, each in the time that one takes, however many there are.
pub(in crate::store) fn add_all(
    connection: &Connection,
    added: &[ListedSource],
    now: Timestamp,
) -> rusqlite::Result<Vec<AddedSource>> {
    let mut known = KnownSources::read(connection)?;
    let add = |new: &ListedSource| {
        let added = add::add_beside(connection, &mut known, &new.source, true, now)?;
        if !(new.is_paused && added.is_new) {
            return Ok(added);
        }
        apply(connection, added.id, SourceChange::Pause, now)?;
        Ok(AddedSource { is_paused: true, ..added })
    };
    added.iter().map(add).collect()
}

pub(super) fn apply_list(
    connection: &Connection,
    listed: &[ListedSource],
    keeper: ListKeeper,
    now: Timestamp,
) -> rusqlite::Result<SyncReport> {
    let sources: Vec<Source> = listed.iter().map(|new| new.source.clone()).collect();
    let report = sync::synchronize(connection, &sources, keeper, now)?;
    let paused: HashSet<&str> = listed.iter().filter(|new| new.is_paused).map(|new| new.source.slug.as_str()).collect();
    for slug in report.added.iter().filter(|slug| paused.contains(slug.as_str())) {
        let id = connection.query_row("SELECT id FROM sources WHERE slug = ?1", [slug], |row| row.get(0))?;
        apply(connection, SourceId(id), SourceChange::Pause, now)?;
    }
    Ok(report)
}

fn apply(
    connection: &Connection,
    source: SourceId,
    change: SourceChange,
    now: Timestamp,
) -> rusqlite::Result<ChangedSource> {
    let (state_before, n_articles) = connection.query_row(
        "SELECT state, (SELECT count(*) FROM sightings WHERE source_id = ?1) FROM sources WHERE id = ?1",
        [source.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let state = match change {
        SourceChange::Remove => "removed",
        SourceChange::Pause => "paused",
        SourceChange::Resume => "active",
    };
    connection.execute("UPDATE sources SET state = ?2 WHERE id = ?1", params![source.0, state])?;
    let mut n_left_out = 0;
    match change {
        SourceChange::Remove => {
            schedule::stop(connection, source)?;
            n_left_out = leave_links_out(connection, source)?;
        }
        SourceChange::Pause => schedule::stop_after_poll(connection, source)?,
        SourceChange::Resume => schedule::make_due(connection, source, now)?,
    }
    Ok(ChangedSource { state_before, n_articles, n_left_out })
}

/// Gives up links that only this source has listed and that have no article yet. Another source that lists one later
/// brings it back. Returns how many.
fn leave_links_out(connection: &Connection, source: SourceId) -> rusqlite::Result<u64> {
    let publishers: Vec<String> = connection
        .prepare(
            "UPDATE _links SET due_at = NULL
             WHERE source_id = ?1 AND article_id IS NULL AND due_at IS NOT NULL AND claim_id IS NULL
               AND id NOT IN (SELECT link_id FROM _pending_sightings JOIN sources ON sources.id = _pending_sightings.source_id
                              WHERE state <> 'removed')
             RETURNING host",
        )?
        .query_map([source.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let n_left_out = publishers.len();
    for publisher in publishers.into_iter().collect::<BTreeSet<_>>() {
        publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(u64::try_from(n_left_out).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use url::Url;

    use super::*;
    use crate::config;

    fn new_sources(n_sources: usize) -> Vec<ListedSource> {
        let source = |number: usize| {
            let url = Url::parse(&format!("https://paper.example/feed?n={number}")).unwrap();
            // All would like to have the same name.
            ListedSource { source: Source::new(config::slug_for(&url), url), is_paused: false, is_named: false }
        };
        (0..n_sources).map(source).collect()
    }

    #[test]
    fn many_sources_take_as_long_each_as_few() {
        let time_for = |n_sources: usize| -> Duration {
            let folder = tempfile::tempdir().unwrap();
            let settings = StoreSettings { path: folder.path().join("a.db"), ..config::defaults().store };
            let sources = new_sources(n_sources);
            let began = Instant::now();
            let added = add_sources_beside(&settings, &sources).unwrap();
            let elapsed = began.elapsed();
            assert!(added.iter().all(|added| added.is_new));
            elapsed
        };
        // What a busy machine does to one measurement it does not do to all of them.
        let least = |n_sources: usize| (0..2).map(|_| time_for(n_sources)).min().unwrap();
        let (few, many) = (least(2_500), least(20_000));
        // Eight times as many; with a look through all of them for each it would be 64 times as long.
        assert!(many < few * 24, "{few:?} for 2500, {many:?} for 20000");
    }

    #[test]
    fn names_and_addresses_stay_each_others() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { path: folder.path().join("a.db"), ..config::defaults().store };
        let slugs = |added: Vec<AddedSource>| added.into_iter().map(|added| added.slug).collect::<Vec<_>>();
        let mut sources = new_sources(3);
        sources.push(sources[1].clone());
        let added = add_sources_beside(&settings, &sources).unwrap();
        assert_eq!(added.iter().map(|added| added.is_new).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(
            slugs(added),
            ["paper.example-feed", "paper.example-feed-2", "paper.example-feed-3", "paper.example-feed-2"]
        );
        let more = add_sources_beside(&settings, &new_sources(5)).unwrap();
        assert_eq!(slugs(more)[3..], ["paper.example-feed-4", "paper.example-feed-5"]);
    }
}
