//! Changes to the list of sources by a process that does not ingest, beside one that may: each is a short transaction
//! of its own. A daemon sees what they changed at its next look for work.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::config::StoreSettings;
use crate::model::{Source, SourceId};

use super::claims::refresh_publisher;
use super::schema::{self, StoreError};
use super::sources::{self, AddedSource};

/// A source to add, and whether to leave it alone for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    /// The source.
    pub source: Source,
    /// Whether it is not to be polled until somebody says so.
    pub is_paused: bool,
}

/// What to do with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// No longer follow it. Its articles stay, and so does its name with all that hangs on it.
    Remove,
    /// Leave it alone for now. What it has listed so far is still fetched.
    Pause,
    /// Poll it again, now.
    Resume,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedSource {
    /// The state it had.
    pub state_before: String,
    /// Articles seen in it, which stay.
    pub n_articles: u64,
    /// Articles it had listed, which nobody else lists, and which are not fetched after all.
    pub n_left_out: u64,
}

/// Adds sources in one transaction: all, or none. A source whose address is followed already is left as it is.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn add_sources_beside(settings: &StoreSettings, added: &[NewSource]) -> Result<Vec<AddedSource>, StoreError> {
    beside(settings, |connection| add_all(connection, added, Timestamp::now()))
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

pub(super) fn beside<T>(
    settings: &StoreSettings,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let mut connection = schema::open_for_writing(settings)?;
    let wrap = |error: rusqlite::Error| schema::explain(&error, &settings.path);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    let outcome = act(&transaction).map_err(wrap)?;
    transaction.commit().map_err(wrap)?;
    Ok(outcome)
}

/// Adds sources, each in the time that one takes, however many there are.
pub(super) fn add_all(
    connection: &Connection,
    added: &[NewSource],
    now: Timestamp,
) -> rusqlite::Result<Vec<AddedSource>> {
    let mut known = sources::KnownSources::read(connection)?;
    let add = |new: &NewSource| {
        let added = sources::add_beside(connection, &mut known, &new.source, true, now)?;
        if !(new.is_paused && added.is_new) {
            return Ok(added);
        }
        apply(connection, added.id, SourceChange::Pause, now)?;
        Ok(AddedSource { is_paused: true, ..added })
    };
    added.iter().map(add).collect()
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
            // A poll under way is not waited for: without its claim it changes nothing.
            connection.execute(
                "UPDATE _source_schedule SET next_due_at = NULL, claim_id = NULL WHERE source_id = ?1",
                [source.0],
            )?;
            n_left_out = leave_links_out(connection, source)?;
        }
        // A poll under way may end: its commit sees that there is no next one.
        SourceChange::Pause => {
            connection.execute(
                "UPDATE _source_schedule SET next_due_at = NULL WHERE source_id = ?1 AND claim_id IS NULL",
                [source.0],
            )?;
        }
        SourceChange::Resume => sources::make_due(connection, source, now)?,
    }
    Ok(ChangedSource { state_before, n_articles, n_left_out })
}

/// Takes back the work on articles that only this source has listed, and of which there is nothing yet. A later mention
/// by another source brings it back.
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
        refresh_publisher(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(u64::try_from(n_left_out).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use url::Url;

    use super::*;
    use crate::config;

    fn new_sources(n_sources: usize) -> Vec<NewSource> {
        let source = |number: usize| {
            let url = Url::parse(&format!("https://paper.example/feed?n={number}")).unwrap();
            // All would like to have the same name.
            NewSource { source: Source::new(config::slug_for(&url), url), is_paused: false }
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
