//! Taking away at one go what is older than rules say, beside a running daemon, and giving space back to the disk.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::config::StoreSettings;
use crate::store::file::error::{StoreError, explain};
use crate::store::file::lock::IngestLock;
use crate::store::file::open::{open_for_reading, open_for_writing};
use crate::store::file::source_list::telling_requests;
use crate::store::write::beside::beside;
use crate::store::write::removal::walk::{Pruned, RetentionRules, Stretch, Walk, limit, prune_revisions};

/// So much is taken away in one transaction: the daemon waits some tenths of a second for it.
const STRETCH: u64 = 500;

/// Pages that are given back in one transaction.
const PAGES_IN_STRETCH: u32 = 2000;

/// What is to be taken away.
#[derive(Clone, Debug, Default)]
pub struct Pruning {
    /// Articles, texts and earlier wordings.
    pub rules: RetentionRules,
    /// Days for which HTTP exchanges are kept, and those of which source; all where none is named.
    pub fetches: Option<(u32, Option<String>)>,
    /// Whether it is only counted.
    pub is_dry: bool,
}

/// What became of a pruning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of the file before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// Bytes within it that are free, for what comes.
    pub free: u64,
}

/// Takes away what is older than the rules say, in short transactions. `go_on` is told how much it is so far, and ends it by `false`.
///
/// # Errors
///
/// When the database cannot be written. What is gone by then is gone.
pub fn prune_beside(
    settings: &StoreSettings,
    pruning: &Pruning,
    now: Timestamp,
    mut go_on: impl FnMut(&Pruned) -> bool,
) -> Result<Pruned, StoreError> {
    let stretch = Stretch { n_max: if pruning.is_dry { u64::MAX } else { STRETCH }, is_dry: pruning.is_dry };
    let mut walk = Walk::default();
    loop {
        let mut further = walk.clone();
        let (further, is_end) = in_part(settings, pruning.is_dry, |connection| {
            let is_end = further.go_on(connection, &pruning.rules, stretch, now)?;
            Ok((further, is_end))
        })?;
        walk = further;
        if !go_on(&walk.pruned) || is_end {
            break;
        }
    }
    let mut pruned = walk.pruned;
    loop {
        let n =
            in_part(settings, pruning.is_dry, |connection| prune_revisions(connection, &pruning.rules, stretch, now))?;
        pruned.revisions += n;
        if n < stretch.n_max || pruning.is_dry || !go_on(&pruned) {
            break;
        }
    }
    if let Some((days, source)) = &pruning.fetches {
        pruned.fetches = prune_fetches(settings, *days, source.as_deref(), pruning.is_dry, now)?;
    }
    Ok(pruned)
}

/// A part of it in a transaction of its own; what is only counted takes no leave to write.
fn in_part<T>(
    settings: &StoreSettings,
    is_dry: bool,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    if !is_dry {
        return beside(settings, act);
    }
    let opened = open_for_reading(&settings.path, settings.busy_timeout)?;
    act(&opened.connection).map_err(|error| explain(&error, &settings.path))
}

fn prune_fetches(
    settings: &StoreSettings,
    days: u32,
    source: Option<&str>,
    is_dry: bool,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let before = limit(Some(days), now);
    let chosen = "started_at < ?1 AND (?2 IS NULL OR source_id = (SELECT id FROM sources WHERE slug = ?2))
         AND id NOT IN (SELECT value FROM json_each(?3))";
    if is_dry {
        return in_part(settings, is_dry, |connection| {
            let sql = format!("SELECT count(*) FROM fetches WHERE {chosen}");
            connection.query_row(&sql, params![before, source, telling_requests(connection)?], |row| row.get(0))
        });
    }
    let mut n_pruned = 0;
    loop {
        let n = beside(settings, |connection| {
            let sql = format!("DELETE FROM fetches WHERE id IN (SELECT id FROM fetches WHERE {chosen} LIMIT 20000)");
            connection.execute(&sql, params![before, source, telling_requests(connection)?])
        })?;
        n_pruned += n as u64;
        if n == 0 {
            return Ok(n_pruned);
        }
    }
}

/// Gives the free pages of the file back to the disk, where the file can: one that this version has made, or that was rebuilt.
///
/// # Errors
///
/// When the database cannot be written.
pub fn give_back_space(settings: &StoreSettings) -> Result<Space, StoreError> {
    let connection = open_for_writing(settings)?;
    let wrap = |error: rusqlite::Error| explain(&error, &settings.path);
    let before = bytes_of(&connection, "page_count").map_err(wrap)?;
    let mut free = bytes_of(&connection, "freelist_count").map_err(wrap)?;
    while free > 0 {
        let mut statement =
            connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_IN_STRETCH})")).map_err(wrap)?;
        let mut rows = statement.query([]).map_err(wrap)?;
        while rows.next().map_err(wrap)?.is_some() {}
        let left = bytes_of(&connection, "freelist_count").map_err(wrap)?;
        if left == free {
            break;
        }
        free = left;
    }
    shrink_file(&connection, settings)?;
    Ok(Space { before, after: bytes_of(&connection, "page_count").map_err(wrap)?, free })
}

/// Bytes of so many pages as a pragma tells.
fn bytes_of(connection: &Connection, pages: &str) -> rusqlite::Result<u64> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(pragma(pages)? * pragma("page_size")?)
}

/// Builds the file anew without its free pages and without what was deleted; from then on it gives space back by itself. It needs the
/// ingest lock, and as much room on the disk as the file has.
///
/// # Errors
///
/// [`StoreError::Busy`] while another process ingests, [`StoreError::Full`] where there is no room. The file is as it was then.
pub fn rebuild(settings: &StoreSettings) -> Result<Space, StoreError> {
    let _lock = IngestLock::acquire(&settings.path)?;
    let connection = open_for_writing(settings)?;
    let wrap = |error: rusqlite::Error| explain(&error, &settings.path);
    let before = bytes_of(&connection, "page_count").map_err(wrap)?;
    // The words of deleted texts stay in a full-text index until its segments are merged.
    let merge = "INSERT INTO articles_fts (articles_fts) VALUES ('optimize');
         INSERT INTO articles_characters (articles_characters) VALUES ('optimize');
         PRAGMA auto_vacuum = INCREMENTAL; VACUUM";
    connection.execute_batch(merge).map_err(wrap)?;
    shrink_file(&connection, settings)?;
    Ok(Space { before, after: bytes_of(&connection, "page_count").map_err(wrap)?, free: 0 })
}

/// The file itself gets shorter at a checkpoint; one that readers prevent is made later.
fn shrink_file(connection: &Connection, settings: &StoreSettings) -> Result<(), StoreError> {
    let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    checkpoint.map_err(|error| explain(&error, &settings.path))
}
