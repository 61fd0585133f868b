//! Looking at a database from all sides.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::store::check::finding::{Finding, Subject};
use crate::store::check::{contents, pages, surroundings};
use crate::store::file::error::{StoreError, explain};
use crate::store::file::identity::is_snapshot;
use crate::store::file::open::{OpenedForReading, cut_off_error, open_for_reading};
use crate::store::file::schema::VERSION;

/// Longest wait for a lock, as for other readers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Looks at a database from all sides, beside a running daemon or without one, and hands over what it finds. It reads the whole file.
///
/// # Errors
///
/// When the database cannot be opened or read at all.
pub fn examine(path: &Path, now: Timestamp, tell: &mut dyn FnMut(Finding)) -> Result<(), StoreError> {
    let OpenedForReading { connection, cut_off, .. } = open_for_reading(path, BUSY_TIMEOUT)?;
    if let Some(damage) = cut_off {
        return Err(cut_off_error(path, damage));
    }
    let wrap = |error: rusqlite::Error| explain(&error, path);
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrap)?;
    if is_snapshot(&connection).map_err(wrap)? {
        // It has no triggers, nor what belongs to ingesting.
        tell(pages::look(&connection).map_err(wrap)?);
    } else if version != VERSION {
        tell(pages::look(&connection).map_err(wrap)?);
        let text = format!("of version {version} and not {VERSION}, so what stands in the tables was not looked at");
        let advice = "the next `newswire run` or `fetch` brings the file to this version; look again then";
        tell(Finding { advice: Some(advice), ..Finding::well(Subject::Schema, text) });
    } else {
        contents::look(&connection, tell).map_err(wrap)?;
    }
    surroundings::look(&connection, path, now, tell).map_err(wrap)
}
