//! Handing out due work. A claim is a lease: a due time moved to when the lease runs out, and a number that the
//! outcome must bring back. One column orders what is due, what is claimed and what was lost by a crash.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use url::Url;

use crate::model::{Candidate, ClaimId, ClaimedWork, DueSource, LinkId, SourceId, Validators};
use crate::schedule::address::Move;
use crate::schedule::validators::worth_sending;

use crate::store::file::columns::{
    children_from_json, from_json_list, from_private_time, hints_from_json, private_time, public_time, stored_url,
};
use crate::store::write::publishers;
use crate::store::write::sources::gaps;

/// What work is asked for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// Most sources to hand out.
    pub n_sources: usize,
    /// Most links to hand out.
    pub n_links: usize,
    /// How many of these sources may be ones that were never reached, or are slow.
    pub n_source_probes: usize,
    /// How many of these links may be of publishers that were never reached, or are slow.
    pub n_link_probes: usize,
    /// Most links of one publisher in work at one time.
    pub n_links_per_publisher: usize,
    /// Publishers for which that number is another one.
    pub n_links_of: Vec<(String, usize)>,
    /// How long the lease holds.
    pub lease: std::time::Duration,
    /// Which work.
    pub scope: Scope,
    /// Leaves out sources that were polled at this time or later: one-shot work polls each once, however long it takes.
    pub not_polled_since: Option<Timestamp>,
    /// The time.
    pub now: Timestamp,
}

impl ClaimRequest {
    fn n_links_max(&self, publisher: &str) -> usize {
        let own = self.n_links_of.iter().find(|(name, _)| name == publisher);
        own.map_or(self.n_links_per_publisher, |(_, n_links)| *n_links)
    }
}

/// Which work a round of claims may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that is due.
    All,
    /// Only these sources, the links that they found, and these links.
    Only {
        /// The sources.
        sources: Vec<SourceId>,
        /// The links.
        links: Vec<LinkId>,
    },
}

impl Scope {
    /// The ids as JSON lists for `json_each`; absent when everything is in scope.
    fn as_json(&self) -> Option<(String, String)> {
        match self {
            Scope::All => None,
            Scope::Only { sources, links } => Some((
                serde_json::Value::from(sources.iter().map(|id| id.0).collect::<Vec<_>>()).to_string(),
                serde_json::Value::from(links.iter().map(|id| id.0).collect::<Vec<_>>()).to_string(),
            )),
        }
    }
}

/// Claims what is due, and tells when more will be.
pub(in crate::store) fn claim(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<ClaimedWork> {
    let sources = claim_sources(connection, request)?;
    let candidates = match request.scope {
        Scope::All => claim_links(connection, request)?,
        Scope::Only { .. } => claim_links_in_scope(connection, request)?,
    };
    let (next_source_due_at, next_link_due_at) = next_due_at(connection, request)?;
    Ok(ClaimedWork { sources, candidates, next_source_due_at, next_link_due_at })
}

/// First those that answer, with some turns kept for the others, which are tried with the turns that are left over.
fn claim_sources(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<DueSource>> {
    let n_probes = request.n_source_probes.min(request.n_sources);
    let mut claimed = Vec::new();
    for (is_quick, n_sources) in [(false, n_probes.min(request.n_sources.div_ceil(2))), (true, request.n_sources)] {
        claim_sources_of_lane(connection, request, is_quick, n_sources, &mut claimed)?;
    }
    let n_probed = claimed.iter().filter(|source| source.is_probe).count();
    let n_left = n_probes.saturating_sub(n_probed);
    claim_sources_of_lane(connection, request, false, n_left, &mut claimed)?;
    Ok(claimed)
}

fn claim_sources_of_lane(
    connection: &Connection,
    request: &ClaimRequest,
    is_quick: bool,
    n_sources: usize,
    claimed: &mut Vec<DueSource>,
) -> rusqlite::Result<()> {
    let n_sources = n_sources.min(request.n_sources - claimed.len());
    if n_sources == 0 {
        return Ok(());
    }
    let scope = request.scope.as_json().map(|(sources, _)| sources);
    let mut select = connection.prepare_cached(&format!(
        "SELECT sources.id, slug, url, kind, etag, last_modified, body_sha256, failures_in_a_row, interval_s, moved_to,
             n_moved, n_vain, {}, full_text, link_selectors, children
         FROM _source_schedule JOIN sources ON sources.id = source_id
         WHERE next_due_at <= ?1 AND url IS NOT NULL AND is_quick = ?6
           AND CASE WHEN ?2 IS NULL THEN state = 'active' ELSE source_id IN (SELECT value FROM json_each(?2)) END
           AND coalesce(last_polled_at < ?4 OR last_polled_at > ?1, TRUE)
         ORDER BY next_due_at LIMIT ?3",
        gaps::OPEN_GAP
    ))?;
    let mut update = connection.prepare_cached(
        "UPDATE _source_schedule SET claim_id = ?2, next_due_at = ?3, n_claims = n_claims + 1 WHERE source_id = ?1",
    )?;
    let not_polled_since = request.not_polled_since.map(private_time);
    let healable_since = request.now.checked_sub(gaps::HEALABLE).map(public_time).unwrap_or_default();
    let rows = select.query_map(
        params![private_time(request.now), scope, limit(n_sources), not_polled_since, healable_since, is_quick],
        due_source,
    )?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let claim = new_claim(connection)?;
        update.execute(params![row.0.0, claim.0, lease_end(request)])?;
        // An address that no longer parses cannot have been written by us; the source is passed over.
        let Some(url) = Url::parse(&row.2).ok() else { continue };
        claimed.push(DueSource { claim, url, is_probe: !is_quick, ..row.1 });
    }
    Ok(())
}

fn due_source(row: &Row<'_>) -> rusqlite::Result<(SourceId, DueSource, String)> {
    let id = SourceId(row.get(0)?);
    let placeholder = Url::parse("http://unset.invalid/").expect("a literal address parses");
    let listed_url: String = row.get(2)?;
    let moved = Move { to: row.get(9)?, n_answers: row.get(10)? };
    let url = moved.in_force().map_or(listed_url, str::to_owned);
    let stored = Validators { etag: row.get(4)?, last_modified: row.get(5)? };
    let source = DueSource {
        id,
        claim: ClaimId(0),
        slug: row.get(1)?,
        url: placeholder,
        kind: row.get::<_, Option<String>>(3)?.and_then(|kind| kind.parse().ok()),
        validators: worth_sending(stored, row.get(11)?),
        body_sha256: row.get(6)?,
        failures_in_a_row: row.get(7)?,
        interval_s: row.get(8)?,
        gap: row.get::<_, Option<String>>(12)?.as_deref().and_then(gaps::open_gap),
        full_text: row.get::<_, String>(13)?.parse().unwrap_or_default(),
        link_selectors: from_json_list(&row.get::<_, String>(14)?),
        children: children_from_json(row.get::<_, Option<String>>(15)?.as_deref()),
        is_probe: false,
    };
    Ok((id, source, url))
}

/// First what is due, and with the turns that are left over the pages that are to be looked at again.
fn claim_links(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    let mut claimed = Vec::new();
    let mut busy = Busy::now(connection, request)?;
    claim_by_sources(connection, request, IS_DUE, &mut busy, &mut claimed)?;
    claim_by_sources(connection, request, IS_TO_BE_LOOKED_AT, &mut busy, &mut claimed)?;
    if claimed.len() < request.n_links {
        refresh_idle_publishers(connection, request)?;
    }
    Ok(claimed)
}

/// Sets the next turn of publishers whose turn came for something that is done meanwhile, or not yet due after all.
fn refresh_idle_publishers(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<()> {
    let idle: Vec<String> = connection
        .prepare_cached(&format!(
            "SELECT host FROM _hosts
             WHERE is_quick IN (0, 1) AND ready_at <= ?2 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_DUE})
                 AND NOT EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {IS_TO_BE_LOOKED_AT})
             LIMIT ?1"
        ))?
        .query_map(params![limit(request.n_links), private_time(request.now)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for host in idle {
        publishers::set_next_turn(connection, &host, Timestamp::UNIX_EPOCH)?;
    }
    Ok(())
}

/// Publishers looked at beyond those that are needed.
const READY_HOSTS_MORE: usize = 64;

/// Conditions on a link, with the time as `?2`. Each begins with the column that says which link is first.
const IS_DUE: &str = "due_at <= ?2";
const IS_TO_BE_LOOKED_AT: &str = "look_at <= ?2 AND due_at IS NULL";

/// How many links of each source are in work. By hand is a source too.
struct Busy(HashMap<i64, usize>);

impl Busy {
    fn now(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Busy> {
        let counts = connection
            .prepare_cached(
                "SELECT coalesce(source_id, 0), count(*) FROM _links WHERE claim_id IS NOT NULL AND due_at > ?1 GROUP BY 1",
            )?
            .query_map([private_time(request.now)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Busy(counts))
    }

    fn of(&self, source: i64) -> usize {
        self.0.get(&source).copied().unwrap_or_default()
    }
}

/// A publisher whose turn has come.
struct ReadyHost {
    host: String,
    source: i64,
    ready_at: i64,
    is_quick: bool,
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
    let n_probed = claimed.iter().filter(|candidate| candidate.is_probe).count();
    let mut n_probes = request.n_link_probes.saturating_sub(n_probed);
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
        *busy.0.entry(host.source).or_default() += n_taken;
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
    let mut in_work = connection
        .prepare_cached("SELECT count(*) FROM _links WHERE host = ?1 AND claim_id IS NOT NULL AND due_at > ?2")?;
    let mut due = connection.prepare_cached(&format!(
        "{CANDIDATE_SELECT} WHERE _links.host = ?1 AND {condition} ORDER BY {} LIMIT ?3",
        first_word(condition)
    ))?;
    let n_in_work: usize = in_work.query_row(params![host, now], |row| row.get(0))?;
    let n_links_max = request.n_links_max(host);
    let n_free = n_links_max.saturating_sub(n_in_work);
    // One that has never answered is asked for one thing first.
    let n_free = if *is_quick { n_free } else { n_free.min(1) };
    let n_wanted = n_free.min(request.n_links - claimed.len());
    let rows: Vec<_> = due.query_map(params![host, now, limit(n_wanted)], candidate)?.collect::<Result<_, _>>()?;
    let n_taken = rows.len();
    for row in rows {
        claimed.extend(lease_link(connection, request, row)?);
    }
    if n_in_work + n_taken >= n_links_max || n_taken >= n_free {
        // All its turns are taken: the next commit of one of its links opens it again, and if that never comes, the
        // end of the lease does.
        connection
            .prepare_cached("UPDATE _hosts SET ready_at = ?2 WHERE host = ?1")?
            .execute(params![host, lease_end(request)])?;
        Ok(())
    } else {
        publishers::set_next_turn(connection, host, Timestamp::UNIX_EPOCH)
    }
}

/// Publishers that answer, and whose turn has come, the longest waiting first. There are more than are needed, so that
/// many of one source do not hide those of the others.
fn quick_hosts(connection: &Connection, request: &ClaimRequest, condition: &str) -> rusqlite::Result<Vec<ReadyHost>> {
    connection
        .prepare_cached(&format!(
            "SELECT host, source_id, ready_at, is_quick FROM _hosts
             WHERE is_quick = 1 AND ready_at <= ?2
                 AND EXISTS (SELECT 1 FROM _links WHERE _links.host = _hosts.host AND {condition})
             ORDER BY ready_at LIMIT ?1"
        ))?
        .query_map(params![limit(request.n_links + READY_HOSTS_MORE), private_time(request.now)], ready_host)?
        .collect()
}

/// Publishers that were never reached, or are slow, whose turn has come: some of each source.
fn hosts_to_probe(
    connection: &Connection,
    request: &ClaimRequest,
    condition: &str,
) -> rusqlite::Result<Vec<ReadyHost>> {
    connection
        .prepare_cached(&format!(
            "WITH RECURSIVE listing (source_id) AS (
                 SELECT min(source_id) FROM _hosts WHERE is_quick = 0 AND ready_at IS NOT NULL
                 UNION ALL
                 SELECT (SELECT min(source_id) FROM _hosts
                         WHERE is_quick = 0 AND ready_at IS NOT NULL AND source_id > listing.source_id)
                 FROM listing WHERE listing.source_id IS NOT NULL)
             SELECT host, _hosts.source_id, ready_at, is_quick FROM listing JOIN _hosts ON host IN (
                 SELECT host FROM _hosts AS candidate
                 WHERE is_quick = 0 AND candidate.source_id = listing.source_id AND ready_at <= ?2
                     AND EXISTS (SELECT 1 FROM _links WHERE _links.host = candidate.host AND {condition})
                 ORDER BY ready_at LIMIT ?1)
             WHERE listing.source_id IS NOT NULL"
        ))?
        .query_map(params![limit(request.n_links), private_time(request.now)], ready_host)?
        .collect()
}

fn ready_host(row: &Row<'_>) -> rusqlite::Result<ReadyHost> {
    Ok(ReadyHost { host: row.get(0)?, source: row.get(1)?, ready_at: row.get(2)?, is_quick: row.get(3)? })
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

fn claim_links_in_scope(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Candidate>> {
    let now = private_time(request.now);
    let Some((sources, links)) = request.scope.as_json() else {
        return Ok(Vec::new());
    };
    let mut busy: HashMap<String, usize> = HashMap::new();
    {
        let mut in_work = connection.prepare_cached(
            "SELECT host, count(*) FROM _links WHERE claim_id IS NOT NULL AND due_at > ?1 GROUP BY host",
        )?;
        for row in in_work.query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (host, n_links) = row?;
            busy.insert(host, n_links);
        }
    }
    let mut due = connection
        .prepare_cached(&format!("{CANDIDATE_SELECT} WHERE due_at <= ?3 AND {LINK_IN_SCOPE} ORDER BY due_at"))?;
    let mut rows = due.query(params![sources, links, now])?;
    let mut n_probes = request.n_link_probes;
    let mut chosen = Vec::new();
    while let Some(row) = rows.next()? {
        if chosen.len() >= request.n_links {
            break;
        }
        let found = candidate(row)?;
        let n_links_max = request.n_links_max(&found.publisher);
        let n_in_work = busy.entry(found.publisher.clone()).or_default();
        if *n_in_work < n_links_max && (found.is_quick || n_probes > 0) {
            *n_in_work += 1;
            n_probes -= usize::from(!found.is_quick);
            chosen.push(found);
        }
    }
    drop(rows);
    let mut claimed = Vec::new();
    for found in chosen {
        claimed.extend(lease_link(connection, request, found)?);
    }
    Ok(claimed)
}

const CANDIDATE_SELECT: &str =
    "SELECT _links.id, _links.url, _links.host, _links.source_id, slug, hints, etag, last_modified, failures_in_a_row,
        first_seen_at, (SELECT title FROM articles WHERE articles.id = article_id),
        coalesce((SELECT is_quick FROM _hosts WHERE _hosts.host = _links.host), 0)
     FROM _links LEFT JOIN sources ON sources.id = _links.source_id";

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
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<CandidateRow> {
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
    })
}

fn lease_link(
    connection: &Connection,
    request: &ClaimRequest,
    row: CandidateRow,
) -> rusqlite::Result<Option<Candidate>> {
    let claim = new_claim(connection)?;
    connection.prepare_cached("UPDATE _links SET claim_id = ?2, due_at = ?3, n_claims = n_claims + 1 WHERE id = ?1")?.execute(params![
        row.id,
        claim.0,
        lease_end(request)
    ])?;
    let mut hints = hints_from_json(row.hints.as_deref());
    // The source's word is gone once it was used. The headline that it led to stands in for it, so that the same page
    // gives the same headline again.
    hints.title = hints.title.or(row.known_title);
    Ok(stored_url(&row.url).map(|url| Candidate {
        link: LinkId(row.id),
        claim,
        url,
        publisher: row.publisher,
        source: row.source,
        source_slug: row.source_slug,
        hints,
        validators: row.validators,
        failures_in_a_row: row.failures_in_a_row,
        first_seen_at: row.first_seen_at,
        is_probe: !row.is_quick,
    }))
}

/// A number that no other claim has, nor had: SQLite's random 64 bits.
fn new_claim(connection: &Connection) -> rusqlite::Result<ClaimId> {
    connection.prepare_cached("SELECT random()")?.query_row([], |row| row.get(0)).map(ClaimId)
}

fn lease_end(request: &ClaimRequest) -> i64 {
    let lease = SignedDuration::try_from(request.lease).unwrap_or(SignedDuration::MAX);
    private_time(request.now.checked_add(lease).unwrap_or(Timestamp::MAX))
}

/// When the next source and the next link in scope are due. What is claimed counts with the end of its lease.
fn next_due_at(
    connection: &Connection,
    request: &ClaimRequest,
) -> rusqlite::Result<(Option<Timestamp>, Option<Timestamp>)> {
    let not_polled_since = request.not_polled_since.map(private_time);
    let (source, link): (Option<i64>, Option<i64>) = match request.scope.as_json() {
        None => (
            connection
                .prepare_cached(
                    "SELECT next_due_at FROM _source_schedule JOIN sources ON sources.id = source_id
                     WHERE next_due_at IS NOT NULL AND state = 'active' AND coalesce(last_polled_at < ?1, TRUE)
                     ORDER BY next_due_at LIMIT 1",
                )?
                .query_row([not_polled_since], |row| row.get(0))
                .optional()?,
            next_publisher_at(connection, request)?,
        ),
        Some((sources, links)) => (
            connection
                .prepare_cached(
                    "SELECT min(next_due_at) FROM _source_schedule WHERE source_id IN (SELECT value FROM json_each(?1))
                         AND coalesce(last_polled_at < ?2, TRUE)",
                )?
                .query_row(params![sources, not_polled_since], |row| row.get(0))?,
            connection
                .prepare_cached(&format!(
                    "SELECT min(due_at) FROM _links WHERE due_at IS NOT NULL AND {LINK_IN_SCOPE}"
                ))?
                .query_row([&sources, &links], |row| row.get(0))?,
        ),
    };
    Ok((source.map(from_private_time), link.map(from_private_time)))
}

/// When the next publisher may be asked for something. One-shot work does not wait for looks that are to come.
fn next_publisher_at(connection: &Connection, request: &ClaimRequest) -> rusqlite::Result<Option<i64>> {
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

/// Links that are in scope themselves, or that a source in scope has listed. `?1` and `?2` are lists of sources and
/// links.
const LINK_IN_SCOPE: &str =
    "(source_id IN (SELECT value FROM json_each(?1)) OR _links.id IN (SELECT value FROM json_each(?2))
     OR _links.id IN (SELECT link_id FROM _pending_sightings WHERE source_id IN (SELECT value FROM json_each(?1))))";

fn limit(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
