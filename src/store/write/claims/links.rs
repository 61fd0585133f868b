//! Claims of links whose page is due to be fetched or revisited.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::{Candidate, LinkId, LoginName, SourceId, Validators};
use crate::store::file::columns::{from_private_time, hints_from_json, login_at, private_time, stored_url};
use crate::store::write::claims::lanes::{Busy, ReadyHost, hosts_to_probe, sound_hosts};
use crate::store::write::claims::request::{ClaimRequest, Scope, limit, new_claim};
use crate::store::write::publishers;

/// Conditions on a link, with the time as `?2`. Each begins with the column that the links are ordered by.
const IS_DUE: &str = "due_at <= ?2";
const IS_TO_BE_REVISITED: &str = "look_at <= ?2 AND due_at IS NULL";

/// Links that are in scope themselves, or that a source in scope has listed. `?1` and `?2` are lists of sources and
/// links.
const LINK_IN_SCOPE: &str =
    "(source_id IN (SELECT value FROM json_each(?1)) OR _links.id IN (SELECT value FROM json_each(?2))
     OR _links.id IN (SELECT link_id FROM _pending_sightings WHERE source_id IN (SELECT value FROM json_each(?1))))";

/// What [`candidate_row`] reads.
const CANDIDATE_SELECT: &str =
    "SELECT _links.id, _links.url, _links.host, _links.source_id, slug, hints, etag, last_modified, failures_in_a_row,
        first_seen_at, (SELECT title FROM articles WHERE articles.id = article_id),
        coalesce((SELECT is_sound FROM _hosts WHERE _hosts.host = _links.host), 0), sources.proxy,
        other_form, sources.url,
        (SELECT name FROM _source_credentials WHERE _source_credentials.source_id = _links.source_id)
     FROM _links LEFT JOIN sources ON sources.id = _links.source_id";

/// Claims links that are due.
pub(super) fn claim_links(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    match request.scope {
        Scope::All => claim_all(connection, request),
        Scope::Only { .. } => claim_in_scope(connection, request),
    }
}

/// When the next link in scope is due. A claimed one is due when its lease ends.
pub(super) fn next_link_due_at(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Option<Timestamp>> {
    let due_at: Option<i64> = match request.scope.as_json() {
        None => next_publisher_ready_at(connection, request)?,
        Some((sources, links)) => connection
            .prepare_cached(&format!("SELECT min(due_at) FROM _links WHERE due_at IS NOT NULL AND {LINK_IN_SCOPE}"))?
            .query_row([&sources, &links], |row| row.get(0))?,
    };
    Ok(due_at.map(from_private_time))
}

/// When the next link of any publisher may be claimed. One-shot work does not wait for revisits to come.
fn next_publisher_ready_at(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Option<i64>> {
    if request.not_polled_since.is_none() {
        return connection
            .prepare_cached(
                "SELECT min(first) FROM (
                     SELECT min(ready_at) AS first FROM _hosts WHERE is_sound = 0 AND ready_at IS NOT NULL
                     UNION ALL SELECT min(ready_at) FROM _hosts WHERE is_sound = 1 AND ready_at IS NOT NULL)",
            )?
            .query_row([], |row| row.get(0));
    }
    let mut first_of_lane = connection.prepare_cached(
        "SELECT ready_at FROM _hosts
         WHERE is_sound = ?2 AND ready_at IS NOT NULL
             AND (EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND due_at IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND look_at <= ?1 AND due_at IS NULL))
         ORDER BY ready_at LIMIT 1",
    )?;
    let mut first_of = |is_sound: bool| -> rusqlite::Result<Option<i64>> {
        first_of_lane.query_row(params![private_time(request.now), is_sound], |row| row.get(0)).optional()
    };
    Ok(first_of(true)?.into_iter().chain(first_of(false)?).min())
}

/// Claims first what is due, then, as far as there is room, pages that are to be revisited.
fn claim_all(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    let mut claimed = Vec::new();
    let mut busy = Busy::now(connection, request)?;
    claim_by_sources(connection, request, IS_DUE, &mut busy, &mut claimed)?;
    claim_by_sources(connection, request, IS_TO_BE_REVISITED, &mut busy, &mut claimed)?;
    if claimed.len() < request.links.n_max() {
        set_turns_of_idle_publishers(connection, request)?;
    }
    Ok(claimed)
}

/// Claims links that fulfil a condition: of publishers that answer and, apart from them, of those that were never reached, are
/// slow or fail.
fn claim_by_sources(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
    busy: &mut Busy,
    claimed: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    let n_probes = claimed.iter().filter(|candidate| candidate.is_probe).count();
    let n_sound = claimed.len() - n_probes;
    let n_sound_left = request.links.n_sound.saturating_sub(n_sound);
    let n_probes_left = request.links.n_probes.saturating_sub(n_probes);
    if n_sound_left > 0 {
        let ready = sound_hosts(connection, request, condition)?;
        claim_of_hosts(connection, request, condition, ready, n_sound_left, busy, claimed)?;
    }
    if n_probes_left > 0 {
        let ready = hosts_to_probe(connection, request, condition)?;
        claim_of_hosts(connection, request, condition, ready, n_probes_left, busy, claimed)?;
    }
    Ok(())
}

/// Claims so many links of these publishers.
///
/// Turns are shared by source first: the next one goes to the source that has the fewest in work, so that one that names
/// many publishers holds up nobody. Within a source each publisher has its turn, so that a long list of one does not hold
/// up the others.
fn claim_of_hosts(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
    mut ready: Vec<ReadyHost>,
    n_more: usize,
    busy: &mut Busy,
    claimed: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    let n_max = claimed.len() + n_more;
    while claimed.len() < n_max {
        let order = |host: &ReadyHost| (busy.of(host.source), host.ready_at);
        let Some(next) = (0..ready.len()).min_by_key(|at| order(&ready[*at])) else { break };
        let host = ready.swap_remove(next);
        let n_before = claimed.len();
        claim_of_publisher(connection, request, condition, &host, n_max, claimed)?;
        busy.add(host.source, claimed.len() - n_before);
    }
    Ok(())
}

/// Claims as many links of a publisher as it may have in work, until so many are claimed in all.
fn claim_of_publisher(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
    ReadyHost { host, is_sound, .. }: &ReadyHost,
    n_max: usize,
    claimed: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    let now = private_time(request.now);
    let n_claimed_before: usize = connection
        .prepare_cached("SELECT count(*) FROM _links WHERE host = ?1 AND claim_id IS NOT NULL AND due_at > ?2")?
        .query_row(params![host, now], |row| row.get(0))?;
    let n_free = request.n_links_max(host).saturating_sub(n_claimed_before);
    // One that has never answered is asked for one thing first.
    let n_free = if *is_sound { n_free } else { n_free.min(1) };
    let rows: Vec<CandidateRow> = connection
        .prepare_cached(&format!(
            "{CANDIDATE_SELECT} WHERE _links.host = ?1 AND {condition} ORDER BY {} LIMIT ?3",
            first_word(condition)
        ))?
        .query_map(params![host, now, limit(n_free.min(n_max - claimed.len()))], candidate_row)?
        .collect::<Result<_, _>>()?;
    let is_at_limit = rows.len() >= n_free;
    for row in rows {
        claimed.extend(lease(connection, request, row)?);
    }
    if is_at_limit {
        // The commit of one of its links opens the next turn. If that never comes, the end of the lease does.
        publishers::wait_until(connection, host, request.lease_end())
    } else {
        publishers::set_next_turn(connection, host, Timestamp::UNIX_EPOCH)
    }
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

/// Sets the next turn of publishers whose turn has come and who have no link for it: it has been fetched meanwhile, or
/// is not due yet.
fn set_turns_of_idle_publishers(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<()> {
    let idle: Vec<String> = connection
        .prepare_cached(&format!(
            "SELECT host FROM _hosts
             WHERE is_sound IN (0, 1) AND ready_at <= ?2
                 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_DUE})
                 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_TO_BE_REVISITED})
             LIMIT ?1"
        ))?
        .query_map(params![limit(request.links.n_max()), private_time(request.now)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for publisher in idle {
        publishers::set_next_turn(connection, &publisher, Timestamp::UNIX_EPOCH)?;
    }
    Ok(())
}

/// Claims links in scope, those that have been due longest first.
fn claim_in_scope(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    let mut claimed = Vec::new();
    for row in due_in_scope(connection, request)? {
        claimed.extend(lease(connection, request, row)?);
    }
    Ok(claimed)
}

fn due_in_scope(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<CandidateRow>> {
    let now = private_time(request.now);
    let Some((sources, links)) = request.scope.as_json() else {
        return Ok(Vec::new());
    };
    let mut n_claimed_of: HashMap<String, usize> = connection
        .prepare_cached("SELECT host, count(*) FROM _links WHERE claim_id IS NOT NULL AND due_at > ?1 GROUP BY host")?
        .query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut due = connection
        .prepare_cached(&format!("{CANDIDATE_SELECT} WHERE due_at <= ?3 AND {LINK_IN_SCOPE} ORDER BY due_at"))?;
    let mut rows = due.query(params![sources, links, now])?;
    let mut left = request.links;
    let mut chosen = Vec::new();
    while let Some(row) = rows.next()? {
        if left.n_max() == 0 {
            break;
        }
        let row = candidate_row(row)?;
        let n_links_max = request.n_links_max(&row.publisher);
        let n_claimed = n_claimed_of.entry(row.publisher.clone()).or_default();
        let n_left = if row.is_sound { &mut left.n_sound } else { &mut left.n_probes };
        if *n_claimed < n_links_max && *n_left > 0 {
            *n_claimed += 1;
            *n_left -= 1;
            chosen.push(row);
        }
    }
    Ok(chosen)
}

struct CandidateRow {
    id: i64,
    url: String,
    publisher: String,
    source: Option<SourceId>,
    source_slug: Option<String>,
    hints: Option<String>,
    validators: Validators,
    failures_in_a_row: u32,
    first_seen_at: Timestamp,
    known_title: Option<String>,
    is_sound: bool,
    proxy: Option<String>,
    other_form: Option<String>,
    login: Option<LoginName>,
}

fn candidate_row(row: &Row<'_>) -> rusqlite::Result<CandidateRow> {
    Ok(CandidateRow {
        id: row.get(0)?,
        url: row.get(1)?,
        publisher: row.get(2)?,
        source: row.get::<_, Option<i64>>(3)?.map(SourceId),
        source_slug: row.get(4)?,
        hints: row.get(5)?,
        validators: Validators { etag: row.get(6)?, last_modified: row.get(7)? },
        failures_in_a_row: row.get(8)?,
        first_seen_at: from_private_time(row.get(9)?),
        known_title: row.get(10)?,
        is_sound: row.get(11)?,
        proxy: row.get(12)?,
        other_form: row.get(13)?,
        login: login_of(row)?,
    })
}

/// The credentials of the source, with its listed address: where it has moved to is somebody else, as long as nobody says otherwise.
fn login_of(row: &Row<'_>) -> rusqlite::Result<Option<LoginName>> {
    let Some(name) = row.get::<_, Option<String>>(15)? else { return Ok(None) };
    Ok(row.get::<_, Option<String>>(14)?.and_then(|url| login_at(&name, &url)))
}

/// Claims a link. Absent where its address, or the way of its source, does not parse; it then waits until the lease ends.
fn lease(connection: &Connection, request: &ClaimRequest, row: CandidateRow) -> rusqlite::Result<Option<Candidate>> {
    let claim = new_claim(connection)?;
    connection
        .prepare_cached("UPDATE _links SET claim_id = ?2, due_at = ?3, n_claims = n_claims + 1 WHERE id = ?1")?
        .execute(params![row.id, claim.0, request.lease_end()])?;
    let mut hints = hints_from_json(row.hints.as_deref());
    // The hints of the source are dropped after the first fetch. The stored headline stands in for theirs, so that the
    // same page gives the same headline again.
    hints.title = hints.title.or(row.known_title);
    let Ok(proxy) = row.proxy.map(|proxy| proxy.parse()).transpose() else { return Ok(None) };
    Ok(stored_url(&row.url).map(|url| Candidate {
        link: LinkId(row.id),
        claim,
        url,
        other_form: row.other_form.as_deref().and_then(stored_url),
        publisher: row.publisher,
        source: row.source,
        source_slug: row.source_slug,
        proxy,
        login: row.login,
        hints,
        validators: row.validators,
        failures_in_a_row: row.failures_in_a_row,
        first_seen_at: row.first_seen_at,
        is_probe: !row.is_sound,
    }))
}
