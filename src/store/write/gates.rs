//! Gates: what stands before the articles of a publisher, a question for consent, a sign-in form, a bot check. One is known
//! by a sign (an address, the words of a page) that several of the publisher's links lead to one after the other.
//!
//! What stands behind a gate keeps its link, and no try of it counts. One link at a time is tried, ever more seldom; when
//! it leads to an article, the gate is open, and the others are due at once.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::ScheduleSettings;
use crate::model::{Candidate, Retry};
use crate::schedule::backoff;
use crate::store::file::columns::{private_time, public_time};

/// Links that lead to the same thing, one after the other, from which it is a gate.
const LINKS_MIN: u32 = 2;

/// Signs that are kept of one link.
const SIGNS_MAX: usize = 4;

/// For how long a sign counts: a gate shows within one round of a publisher's links.
const SIGN_HOURS: i64 = 48;

/// What became of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateChange {
    /// It was found.
    Found {
        /// Whose articles stand behind it.
        publisher: String,
        /// What it is known by: `at` and an address, or `text` and a hash.
        sign: String,
    },
    /// It is open.
    Opened {
        /// Whose articles stood behind it.
        publisher: String,
        /// Links that waited, and are due now.
        n_links: u64,
    },
}

/// A gate that a link was found to lead to.
pub(super) struct Gate {
    /// When the next link of the publisher is tried.
    pub(super) next_probe_at: Timestamp,
    /// Whether this link showed it.
    pub(super) change: Option<GateChange>,
}

/// Notes what stood where the article of a link should, and returns the gate that it is, if others led to it too.
pub(super) fn note_obstruction(
    connection: &Connection,
    candidate: &Candidate,
    signs: &[String],
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<Option<Gate>> {
    let forgotten = now.checked_sub(SignedDuration::from_hours(SIGN_HOURS)).unwrap_or(Timestamp::MIN);
    let mut shared = None;
    for sign in signs.iter().take(SIGNS_MAX) {
        connection
            .prepare_cached(
                "INSERT INTO _gate_signs (publisher, sign, link_id, seen_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (publisher, sign, link_id) DO UPDATE SET seen_at = excluded.seen_at",
            )?
            .execute(params![candidate.publisher, sign, candidate.link.0, private_time(now)])?;
        let n_links: u32 = connection
            .prepare_cached("SELECT count(*) FROM _gate_signs WHERE publisher = ?1 AND sign = ?2 AND seen_at > ?3")?
            .query_row(params![candidate.publisher, sign, private_time(forgotten)], |row| row.get(0))?;
        if n_links >= LINKS_MIN && shared.is_none() {
            shared = Some(sign);
        }
    }
    let Some(sign) = shared else { return Ok(None) };
    let n_probes: Option<u32> = connection
        .prepare_cached("SELECT n_probes FROM _gates WHERE publisher = ?1")?
        .query_row([&candidate.publisher], |row| row.get(0))
        .optional()?;
    // The first that comes after the gate was found is tried at once: two may have been chance.
    let seed = candidate.link.0.unsigned_abs();
    let next_probe_at = match n_probes {
        None => now,
        Some(n_probes) => backoff::next_try(schedule, n_probes + 1, Retry::Backoff, seed, now).unwrap_or(now),
    };
    connection
        .prepare_cached(
            "INSERT INTO _gates (publisher, sign, since, n_probes, next_probe_at) VALUES (?1, ?2, ?3, 0, ?4)
             ON CONFLICT (publisher) DO UPDATE SET
                 sign = excluded.sign, n_probes = n_probes + 1, next_probe_at = excluded.next_probe_at",
        )?
        .execute(params![candidate.publisher, sign, public_time(now), private_time(next_probe_at)])?;
    // What a gate says is nothing of an article that was there.
    connection
        .prepare_cached(
            "UPDATE _links SET gone_at = NULL
             WHERE gone_at IS NOT NULL AND id IN (SELECT link_id FROM _gate_signs WHERE publisher = ?1 AND sign = ?2)",
        )?
        .execute(params![candidate.publisher, sign])?;
    let change =
        n_probes.is_none().then(|| GateChange::Found { publisher: candidate.publisher.clone(), sign: sign.clone() });
    Ok(Some(Gate { next_probe_at, change }))
}

/// Notes that a page of a publisher held its article: what stood before it is open, and what waited behind it is due. The
/// commit of that article sets the publisher's next turn.
pub(super) fn note_article(
    connection: &Connection,
    publisher: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<GateChange>> {
    let n_signs = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM _gate_signs WHERE publisher = ?1)")?
        .query_row([publisher], |row| row.get::<_, bool>(0))?;
    if !n_signs {
        return Ok(None);
    }
    let is_gate = connection.prepare_cached("DELETE FROM _gates WHERE publisher = ?1")?.execute([publisher])? > 0;
    let mut n_links = 0;
    if is_gate {
        // An article that stands in for its page has a link that is revisited; the others have none yet.
        n_links = connection
            .prepare_cached(
                "UPDATE _links SET due_at = CASE WHEN article_id IS NULL THEN ?2 END,
                     look_at = CASE WHEN article_id IS NULL THEN NULL ELSE ?2 END
                 WHERE claim_id IS NULL AND (due_at IS NOT NULL OR look_at IS NOT NULL)
                     AND id IN (SELECT link_id FROM _gate_signs WHERE publisher = ?1)",
            )?
            .execute(params![publisher, private_time(now)])?;
    }
    connection.prepare_cached("DELETE FROM _gate_signs WHERE publisher = ?1")?.execute([publisher])?;
    let n_links = u64::try_from(n_links).unwrap_or(u64::MAX);
    Ok(is_gate.then(|| GateChange::Opened { publisher: publisher.to_owned(), n_links }))
}

/// Forgets signs that are too old to count.
pub(super) fn prune(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let forgotten = now.checked_sub(SignedDuration::from_hours(SIGN_HOURS)).unwrap_or(Timestamp::MIN);
    connection
        .prepare_cached(
            "DELETE FROM _gate_signs
             WHERE seen_at <= ?1 AND NOT EXISTS (SELECT 1 FROM _gates WHERE _gates.publisher = _gate_signs.publisher)",
        )?
        .execute([private_time(forgotten)])?;
    Ok(())
}
