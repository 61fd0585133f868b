//! Claims of links whose page is due to be fetched or revisited.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::{Candidate, LinkId, SourceId, Validators};
use crate::store::file::columns::{from_private_time, hints_from_json, private_time, stored_url};
use crate::store::write::claims::lanes::{Busy, ReadyHost, hosts_to_probe, quick_hosts};
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
        coalesce((SELECT is_quick FROM _hosts WHERE _hosts.host = _links.host), 0), sources.proxy,
        other_form
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
                     SELECT min(ready_at) AS first FROM _hosts WHERE is_quick = 0 AND ready_at IS NOT NULL
                     UNION ALL SELECT min(ready_at) FROM _hosts WHERE is_quick = 1 AND ready_at IS NOT NULL)",
            )?
            .query_row([], |row| row.get(0));
    }
    connection
        .prepare_cached(
            "SELECT ready_at FROM _hosts
             WHERE ready_at IS NOT NULL
                 AND (EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND due_at IS NOT NULL)
                     OR EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND look_at <= ?1 AND due_at IS NULL))
             ORDER BY ready_at LIMIT 1",
        )?
        .query_row([private_time(request.now)], |row| row.get(0))
        .optional()
}

/// Claims first what is due, then, as far as there is room, pages that are to be revisited.
fn claim_all(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    let mut claimed = Vec::new();
    let mut busy = Busy::now(connection, request)?;
    claim_by_sources(connection, request, IS_DUE, &mut busy, &mut claimed)?;
    claim_by_sources(connection, request, IS_TO_BE_REVISITED, &mut busy, &mut claimed)?;
    if claimed.len() < request.n_links {
        set_turns_of_idle_publishers(connection, request)?;
    }
    Ok(claimed)
}

/// Claims links that fulfil a condition.
///
/// Turns are shared by source first: the next one goes to the source that has the fewest in work, so that one that names
/// many publishers holds up nobody. Within a source each publisher has its turn, so that a long list of one does not hold
/// up the others. Of publishers that were never reached, or are slow, no more are claimed than are asked for.
fn claim_by_sources(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
    busy: &mut Busy,
    claimed: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    if claimed.len() >= request.n_links {
        return Ok(());
    }
    let n_begun = claimed.iter().filter(|candidate| candidate.is_probe).count();
    let mut n_probes = request.n_link_probes.saturating_sub(n_begun);
    let mut ready = quick_hosts(connection, request, condition)?;
    if n_probes > 0 {
        ready.extend(hosts_to_probe(connection, request, condition)?);
    }
    while claimed.len() < request.n_links {
        let may_be_next = |host: &&ReadyHost| host.is_quick || n_probes > 0;
        let order = |host: &ReadyHost| (busy.of(host.source), !host.is_quick, host.ready_at);
        let next = (0..ready.len()).filter(|at| may_be_next(&&ready[*at])).min_by_key(|at| order(&ready[*at]));
        let Some(next) = next else { break };
        let host = ready.swap_remove(next);
        let n_before = claimed.len();
        claim_of_publisher(connection, request, condition, &host, claimed)?;
        let n_taken = claimed.len() - n_before;
        busy.add(host.source, n_taken);
        if !host.is_quick {
            n_probes = n_probes.saturating_sub(n_taken);
        }
    }
    Ok(())
}

/// Claims as many links of a publisher as it may have in work.
fn claim_of_publisher(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
    ReadyHost { host, is_quick, .. }: &ReadyHost,
    claimed: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    let now = private_time(request.now);
    let n_claimed_before: usize = connection
        .prepare_cached("SELECT count(*) FROM _links WHERE host = ?1 AND claim_id IS NOT NULL AND due_at > ?2")?
        .query_row(params![host, now], |row| row.get(0))?;
    let n_free = request.n_links_max(host).saturating_sub(n_claimed_before);
    // One that has never answered is asked for one thing first.
    let n_free = if *is_quick { n_free } else { n_free.min(1) };
    let rows: Vec<CandidateRow> = connection
        .prepare_cached(&format!(
            "{CANDIDATE_SELECT} WHERE _links.host = ?1 AND {condition} ORDER BY {} LIMIT ?3",
            first_word(condition)
        ))?
        .query_map(params![host, now, limit(n_free.min(request.n_links - claimed.len()))], candidate_row)?
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
             WHERE is_quick IN (0, 1) AND ready_at <= ?2
                 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_DUE})
                 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_TO_BE_REVISITED})
             LIMIT ?1"
        ))?
        .query_map(params![limit(request.n_links), private_time(request.now)], |row| row.get(0))?
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
    let mut n_probes = request.n_link_probes;
    let mut chosen = Vec::new();
    while let Some(row) = rows.next()? {
        if chosen.len() >= request.n_links {
            break;
        }
        let row = candidate_row(row)?;
        let n_links_max = request.n_links_max(&row.publisher);
        let n_claimed = n_claimed_of.entry(row.publisher.clone()).or_default();
        if *n_claimed < n_links_max && (row.is_quick || n_probes > 0) {
            *n_claimed += 1;
            n_probes -= usize::from(!row.is_quick);
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
    is_quick: bool,
    proxy: Option<String>,
    other_form: Option<String>,
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
        is_quick: row.get(11)?,
        proxy: row.get(12)?,
        other_form: row.get(13)?,
    })
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
        hints,
        validators: row.validators,
        failures_in_a_row: row.failures_in_a_row,
        first_seen_at: row.first_seen_at,
        is_probe: !row.is_quick,
    }))
}
