//! Claims of sources that are due to be polled.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use url::Url;

use crate::model::{ClaimId, DueSource, SourceId, Validators, public_url};
use crate::schedule::address::Move;
use crate::schedule::validators::worth_sending;
use crate::store::file::columns::{
    children_from_json, from_json_list, from_private_time, login_at, private_time, public_time,
};
use crate::store::write::claims::request::{ClaimRequest, limit, new_claim};
use crate::store::write::sources::gaps;

/// Claims the sources that are due, those that have waited longest first.
pub(super) fn claim_sources(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<DueSource>> {
    let mut claimed = Vec::new();
    claim_of_lane(connection, request, Lane::Sound, request.sources.n_sound, &mut claimed)?;
    claim_of_lane(connection, request, Lane::Probe, request.sources.n_probes, &mut claimed)?;
    Ok(claimed)
}

/// Which sources a turn is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Those that brought something, and soon, when they were last asked.
    Sound,
    /// Those that were never reached, are slow or fail.
    Probe,
}

fn claim_of_lane(
    connection: &Connection,
    request: &ClaimRequest,
    lane: Lane,
    n_sources: usize,
    claimed: &mut Vec<DueSource>,
) -> rusqlite::Result<()> {
    if n_sources == 0 {
        return Ok(());
    }
    let mut update = connection.prepare_cached(
        "UPDATE _source_schedule SET claim_id = ?2, next_due_at = ?3, n_claims = n_claims + 1 WHERE source_id = ?1",
    )?;
    for (id, source) in due_sources(connection, request, lane, n_sources)? {
        let claim = new_claim(connection)?;
        update.execute(params![id.0, claim.0, request.lease_end()])?;
        // This program wrote no address and no way that does not parse. Such a source is passed over until its lease ends.
        claimed.extend(source.map(|source| DueSource { claim, is_probe: lane == Lane::Probe, ..source }));
    }
    Ok(())
}

/// When the next source in scope is due. A claimed one is due when its lease ends.
pub(super) fn next_source_due_at(
    connection: &Connection,
    request: &ClaimRequest,
) -> rusqlite::Result<Option<Timestamp>> {
    let not_polled_since = request.not_polled_since.map(private_time);
    let due_at: Option<i64> = match request.scope.as_json() {
        None => {
            let mut first_of_lane = connection.prepare_cached(
                "SELECT next_due_at FROM _source_schedule JOIN sources ON sources.id = source_id
                 WHERE is_sound = ?2 AND next_due_at < ?3 AND state = 'active' AND coalesce(last_polled_at < ?1, TRUE)
                 ORDER BY next_due_at LIMIT 1",
            )?;
            let mut first_of = |lane: Lane, before: i64| -> rusqlite::Result<Option<i64>> {
                first_of_lane
                    .query_row(params![not_polled_since, lane == Lane::Sound, before], |row| row.get(0))
                    .optional()
            };
            // A process that begins has asked none of the first lane yet. In the second only what comes before is looked at:
            // all that it has polled is there.
            let to_probe = first_of(Lane::Probe, i64::MAX)?;
            first_of(Lane::Sound, to_probe.unwrap_or(i64::MAX))?.or(to_probe)
        }
        Some((sources, _)) => connection
            .prepare_cached(
                "SELECT min(next_due_at) FROM _source_schedule WHERE source_id IN (SELECT value FROM json_each(?1))
                     AND coalesce(last_polled_at < ?2, TRUE)",
            )?
            .query_row(params![sources, not_polled_since], |row| row.get(0))?,
    };
    Ok(due_at.map(from_private_time))
}

/// The sources that are due. One whose address does not parse has only its id.
fn due_sources(
    connection: &Connection,
    request: &ClaimRequest,
    lane: Lane,
    n_sources: usize,
) -> rusqlite::Result<Vec<(SourceId, Option<DueSource>)>> {
    let scope = request.scope.as_json().map(|(sources, _)| sources);
    let not_polled_since = request.not_polled_since.map(private_time);
    let healable_since = request.now.checked_sub(gaps::HEALABLE).map(public_time).unwrap_or_default();
    connection
        .prepare_cached(&format!(
            "SELECT sources.id, slug, url, kind, etag, last_modified, body_sha256, failures_in_a_row, interval_s,
                 moved_to, n_moved, n_vain, {}, full_text, link_selectors, children, proxy,
                 (SELECT name FROM _source_credentials WHERE _source_credentials.source_id = sources.id)
             FROM _source_schedule INDEXED BY _source_schedule_lane JOIN sources ON sources.id = source_id
             WHERE is_sound = ?6 AND next_due_at <= ?1 AND url IS NOT NULL
               AND CASE WHEN ?2 IS NULL THEN state = 'active' ELSE source_id IN (SELECT value FROM json_each(?2)) END
               AND coalesce(last_polled_at < ?4 OR last_polled_at > ?1, TRUE)
             ORDER BY next_due_at LIMIT ?3",
            gaps::OPEN_GAP
        ))?
        .query_map(
            params![
                private_time(request.now),
                scope,
                limit(n_sources),
                not_polled_since,
                healable_since,
                lane == Lane::Sound
            ],
            due_source,
        )?
        .collect()
}

/// The listed address, or the one that its source has moved to: on the same host with the same credentials, which are
/// kept with the listed one alone.
fn address_to_ask(listed: &str, moved_to: Option<&str>) -> Result<Url, url::ParseError> {
    let listed = Url::parse(listed)?;
    let Some(moved_to) = moved_to else { return Ok(listed) };
    let mut url = Url::parse(moved_to)?;
    if url.host() == listed.host() && *public_url(&url) == url {
        // These fail for addresses that cannot have credentials.
        let _ = url.set_username(listed.username());
        let _ = url.set_password(listed.password());
    }
    Ok(url)
}

fn due_source(row: &Row<'_>) -> rusqlite::Result<(SourceId, Option<DueSource>)> {
    let id = SourceId(row.get(0)?);
    let listed_url: String = row.get(2)?;
    let moved = Move { to: row.get(9)?, n_answers: row.get(10)? };
    let proxy: Option<String> = row.get(16)?;
    let (Ok(url), Ok(proxy)) =
        (address_to_ask(&listed_url, moved.in_force()), proxy.map(|proxy| proxy.parse()).transpose())
    else {
        return Ok((id, None));
    };
    let stored = Validators { etag: row.get(4)?, last_modified: row.get(5)? };
    let login = row.get::<_, Option<String>>(17)?.and_then(|name| login_at(&name, &listed_url));
    let source = DueSource {
        id,
        // Set when the source is claimed.
        claim: ClaimId(0),
        slug: row.get(1)?,
        url,
        kind: row.get::<_, Option<String>>(3)?.and_then(|kind| kind.parse().ok()),
        validators: worth_sending(stored, row.get(11)?),
        body_sha256: row.get(6)?,
        failures_in_a_row: row.get(7)?,
        interval_s: row.get(8)?,
        gap: row.get::<_, Option<String>>(12)?.as_deref().and_then(gaps::open_gap),
        full_text: row.get::<_, String>(13)?.parse().unwrap_or_default(),
        link_selectors: from_json_list(&row.get::<_, String>(14)?),
        proxy,
        login,
        children: children_from_json(row.get::<_, Option<String>>(15)?.as_deref()),
        // Set when the source is claimed.
        is_probe: false,
    };
    Ok((id, Some(source)))
}
