//! The rows of `gaps`: what two polls that share nothing leave between them.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::dates;
use crate::model::{ListedLink, SourceId};
use crate::schedule::gap;
use crate::schedule::rhythm::Rhythm;

use super::rows::public_time;

/// Dates read of one list. What a longer one has beyond them changes nothing about where it begins.
const DATES_MAX: usize = 1000;

/// Writes down what was missed before a poll that brought nothing but new links, where something was.
pub(super) fn note(
    connection: &Connection,
    source: SourceId,
    rhythm: &Rhythm,
    last_ok_at: Timestamp,
    links: &[ListedLink],
    now: Timestamp,
) -> rusqlite::Result<()> {
    // Dates stand in a list as texts, which are read only here: few polls have a gap before them.
    let read = |link: &ListedLink| link.hints.published.as_deref().and_then(dates::read).map(|date| date.instant);
    let published: Vec<Timestamp> =
        links.iter().take(DATES_MAX).filter_map(|link| read(link).or(link.updated_at)).collect();
    let n_entries = u32::try_from(links.len().min(DATES_MAX)).unwrap_or(u32::MAX);
    if let Some(missed) = gap::missed(rhythm, last_ok_at, &published, n_entries, now) {
        connection
            .prepare_cached(
                "INSERT INTO gaps (source_id, began_at, ended_at, n_missed, noticed_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                source.0,
                public_time(missed.from),
                public_time(missed.until),
                missed.n_missed,
                public_time(now),
            ])?;
    }
    Ok(())
}
