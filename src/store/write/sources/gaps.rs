//! Gaps: what was missed between two polls whose lists have no link in common. The rows of `gaps`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::config::ScheduleSettings;
use crate::dates;
use crate::model::{ListedLink, SourceId, TimeSpan};
use crate::schedule::gap::{self, Gap};
use crate::schedule::rhythm::Rhythm;
use crate::store::file::columns::public_time;
use crate::store::write::links;

/// Dates that are read of one list. Further ones hardly change where the list begins.
const DATES_MAX: usize = 1000;

/// The latest open gap of a source, unless it was noticed before `?5`. For a `SELECT` from `sources`.
pub(in crate::store) const OPEN_GAP: &str = "(SELECT began_at || ' ' || ended_at FROM gaps
     WHERE gaps.source_id = sources.id AND healed_at IS NULL AND noticed_at >= ?5 ORDER BY noticed_at DESC LIMIT 1)";

/// How long after it was noticed a gap can be healed: news sitemaps go back two days.
pub(in crate::store) const HEALABLE: SignedDuration = SignedDuration::from_hours(48);

/// Reads [`OPEN_GAP`].
pub(in crate::store) fn open_gap(text: &str) -> Option<TimeSpan> {
    let (from, until) = text.split_once(' ')?;
    Some(TimeSpan { from: from.parse().ok()?, until: until.parse().ok()? })
}

/// Writes the links that were found in a source's open gaps, and closes the gaps. Returns how many links are new.
pub(in crate::store) fn heal(
    connection: &Connection,
    source: SourceId,
    links: &[ListedLink],
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<u32> {
    let listed = links::record_listed(connection, source, links, schedule, now)?;
    connection
        .prepare_cached("UPDATE gaps SET healed_at = ?2, n_healed = ?3 WHERE source_id = ?1 AND healed_at IS NULL")?
        .execute(params![source.0, public_time(now), listed.n_new])?;
    Ok(listed.n_new)
}

/// What was missed before a poll that brought only new links; nothing where they reach back to the last poll.
pub(in crate::store) fn missed(
    rhythm: &Rhythm,
    last_ok_at: Timestamp,
    links: &[ListedLink],
    now: Timestamp,
) -> Option<Gap> {
    // Dates of a list are texts. They are parsed only here, because few polls leave a gap.
    let read = |link: &ListedLink| link.hints.published.as_deref().and_then(dates::read).map(|date| date.instant);
    let published: Vec<Timestamp> =
        links.iter().take(DATES_MAX).filter_map(|link| read(link).or(link.updated_at)).collect();
    let n_entries = u32::try_from(links.len().min(DATES_MAX)).unwrap_or(u32::MAX);
    gap::missed(rhythm, last_ok_at, &published, n_entries, now)
}

/// Writes a gap. One that begins where the last one ended extends it. A list whose addresses are new each time would
/// otherwise leave a gap with every poll, and each would be healed in vain.
pub(in crate::store) fn note(
    connection: &Connection,
    source: SourceId,
    gap: Gap,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (began_at, ended_at) = (public_time(gap.from), public_time(gap.until));
    let n_extended = connection
        .prepare_cached(
            "UPDATE gaps SET ended_at = ?3, n_missed = n_missed + ?4, noticed_at = ?5
             WHERE source_id = ?1 AND ended_at = ?2",
        )?
        .execute(params![source.0, began_at, ended_at, gap.n_missed, public_time(now)])?;
    if n_extended == 0 {
        connection
            .prepare_cached(
                "INSERT INTO gaps (source_id, began_at, ended_at, n_missed, noticed_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![source.0, began_at, ended_at, gap.n_missed, public_time(now)])?;
    }
    Ok(())
}
