//! Committing a poll: the links that it found, the source's validators and its next due time are one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;
use url::Url;

use crate::config::ScheduleSettings;
use crate::model::{
    ChildSitemap, DueSource, ListedLink, PollFacts, PollOutcome, PollResult, SourceKind, Validators, publisher_of,
};
use crate::schedule::address::{self, Move};
use crate::schedule::cadence::{Pulse, next_poll, shares_nothing};
use crate::schedule::rhythm::Rhythm;
use crate::schedule::validators::{self, Earned};

use crate::store::file::columns::{children_to_json, from_private_time, private_time};
use crate::store::write::publishers::{is_quick, note_pace};
use crate::store::write::sources::gaps;
use crate::store::write::{fetches, links};

/// Most problems of one document that are kept.
const PROBLEMS_MAX: usize = 20;

/// What became of a poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollCommit {
    /// Links that the source had not listed before.
    pub n_new: u32,
    /// Links that it had.
    pub n_known: u32,
    /// When it is due again; absent when it is not.
    pub next_due_at: Option<Timestamp>,
    /// The lease had run out and another poll has taken its place: only the exchanges were written down.
    pub is_stale: bool,
}

/// What is remembered of a source besides its links.
struct Memory {
    claim: Option<i64>,
    /// What is polled by hand has no next time.
    is_active: bool,
    rhythm: Option<Rhythm>,
    last_ok_at: Option<Timestamp>,
    moved: Move,
    n_vain: u32,
}

/// What is written down of an answer that could be read.
struct Answer<'a> {
    kind: SourceKind,
    facts: PollFacts,
    moved_to: Option<&'a Url>,
    earned: Earned,
    /// Validators to keep from now on; absent to keep those we have.
    validators: Option<&'a Validators>,
    /// What else is kept of a document, where one was read.
    document: Option<Document<'a>>,
}

/// What is kept of a document besides its links.
#[derive(Clone, Copy)]
struct Document<'a> {
    body_sha256: &'a Option<[u8; 32]>,
    problems: &'a [String],
    /// The sitemaps of an index that were read.
    children: &'a [ChildSitemap],
}

pub(in crate::store) fn commit(
    connection: &Connection,
    outcome: &PollOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<PollCommit> {
    let PollOutcome { source, exchanges, finished_at, result, healing } = outcome;
    let now = *finished_at;
    fetches::record(connection, exchanges, Some(source.id), None)?;
    let memory = remembered(connection, source)?;
    if memory.claim != Some(source.claim.0) {
        return Ok(PollCommit { is_stale: true, ..PollCommit::default() });
    }
    note_pace(connection, &publisher_of(&source.url), exchanges)?;
    if let Some(is_quick) = is_quick(exchanges) {
        connection
            .prepare_cached("UPDATE _source_schedule SET is_quick = ?2 WHERE source_id = ?1 AND is_quick <> ?2")?
            .execute(params![source.id.0, is_quick])?;
    }
    let is_conditional = !source.validators.is_empty();
    let mut commit = PollCommit::default();
    // Before a gap that this poll leaves is written down: that one is still to be made good.
    if let Some(links) = healing {
        commit.n_new += gaps::heal(connection, source.id, links, now)?;
    }
    match result {
        PollResult::Listed { kind, title, links, problems, validators, body_sha256, hints, moved_to, children } => {
            let listed = links::take_in(connection, source.id, links, now)?;
            commit.n_new += listed.n_new;
            commit.n_known = listed.n_known;
            // Sitemaps of an index that are as they were hold what is known, though they are not read again.
            let n_known = if children.is_empty() { listed.n_known } else { listed.n_known.max(1) };
            let n_entries = listed.n_new + n_known;
            let facts = PollFacts { n_entries, n_new: listed.n_new, hints: *hints, reaches_back: false };
            let earned = if is_conditional && listed.n_new == 0 { Earned::InVain } else { Earned::Nothing };
            let answer = Answer {
                kind: *kind,
                facts,
                moved_to: moved_to.as_ref(),
                earned,
                validators: Some(validators),
                document: Some(Document { body_sha256, problems, children }),
            };
            commit.next_due_at = settle(connection, source, memory, &answer, links, schedule, now)?;
            if source.kind != Some(*kind) || title.is_some() {
                connection
                    .prepare_cached(
                        "UPDATE sources SET kind = ?2, title = coalesce(?3, title)
                         WHERE id = ?1 AND (kind IS NOT ?2 OR title IS NOT coalesce(?3, title))",
                    )?
                    .execute(params![source.id.0, kind.as_str(), title])?;
            }
        }
        PollResult::Unchanged { validators, hints, moved_to } => {
            let earned = match validators {
                None => Earned::NotModified,
                Some(_) if is_conditional => Earned::InVain,
                Some(_) => Earned::Nothing,
            };
            let answer = Answer {
                kind: source.kind.unwrap_or(SourceKind::Feed),
                facts: PollFacts { hints: *hints, ..PollFacts::default() },
                moved_to: moved_to.as_ref(),
                earned,
                validators: validators.as_ref(),
                document: None,
            };
            commit.next_due_at = settle(connection, source, memory, &answer, &[], schedule, now)?;
        }
        PollResult::Postponed { until } => {
            commit.next_due_at = Some(*until);
            connection
                .prepare_cached(
                    "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = ?2 WHERE source_id = ?1",
                )?
                .execute(params![source.id.0, private_time(*until)])?;
        }
        PollResult::Failed { failure, retry_at, gone } => {
            // Where it was asked is not where it is listed: it may not be gone but only its new address.
            let is_gone = *gone && memory.moved.in_force().is_none();
            let due = Some(*retry_at).filter(|_| memory.is_active && !is_gone);
            commit.next_due_at = due;
            connection
                .prepare_cached(
                    "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = ?2, last_polled_at = ?3,
                         failures_in_a_row = failures_in_a_row + 1, error_class = ?4, error = ?5, moved_to = NULL, n_moved = 0
                     WHERE source_id = ?1",
                )?
                .execute(params![
                    source.id.0,
                    due.map(private_time),
                    private_time(now),
                    failure.class.as_str(),
                    failure.reason,
                ])?;
            if is_gone {
                connection
                    .prepare_cached("UPDATE sources SET state = 'gone' WHERE id = ?1 AND state = 'active'")?
                    .execute([source.id.0])?;
            }
        }
    }
    Ok(commit)
}

fn remembered(connection: &Connection, source: &DueSource) -> rusqlite::Result<Memory> {
    connection
        .prepare_cached(
            "SELECT claim_id, state = 'active', rhythm, last_ok_at, moved_to, n_moved, n_vain
             FROM _source_schedule JOIN sources ON sources.id = source_id WHERE source_id = ?1",
        )?
        .query_row([source.id.0], |row| {
            let rhythm = row.get_ref(2)?.as_blob_or_null()?.map(Rhythm::from_bytes);
            Ok(Memory {
                claim: row.get(0)?,
                is_active: row.get(1)?,
                // A source whose address was changed by its user is a new one: its old pulse says nothing.
                last_ok_at: row.get::<_, Option<i64>>(3)?.map(from_private_time).filter(|_| rhythm.is_some()),
                rhythm,
                moved: Move { to: row.get(4)?, n_answers: row.get(5)? },
                n_vain: row.get(6)?,
            })
        })
}

/// Writes down that a poll went well, what it taught, and when the next one is due: all in one row at once.
fn settle(
    connection: &Connection,
    source: &DueSource,
    memory: Memory,
    answer: &Answer<'_>,
    links: &[ListedLink],
    schedule: &ScheduleSettings,
    now: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let Answer { kind, facts, moved_to, earned, validators, document } = answer;
    let before = memory.rhythm.unwrap_or_default();
    let pulse = Pulse { source_id: source.id.0, kind: *kind, last_ok_at: memory.last_ok_at, rhythm: &before };
    let mut facts = *facts;
    if let Some(last_ok_at) = memory.last_ok_at.filter(|_| shares_nothing(pulse, facts)) {
        match gaps::missed(&before, last_ok_at, links, now) {
            // What is only polled by hand is not missed in between.
            Some(gap) if memory.is_active => gaps::note(connection, source.id, gap, now)?,
            Some(_) => {}
            None => facts.reaches_back = true,
        }
    }
    let next = next_poll(schedule, pulse, facts, now);
    let is_known = document.is_none() || facts.n_new < facts.n_entries;
    let moved = memory.moved.after(address::Answer { moved_to: *moved_to, is_known });
    let due = Some(next.due_at).filter(|_| memory.is_active);
    // The errors of an article source are those of its page, which this poll did not ask for.
    let clears_error = *kind != SourceKind::Article;
    let shown = document.map(|document| {
        let mut shown: Vec<String> = document.problems.iter().take(PROBLEMS_MAX).cloned().collect();
        if let Some(to) = moved.in_force() {
            shown.push(format!("moved for good to {to}, where it is asked now"));
        }
        Value::from(shown).to_string()
    });
    connection
        .prepare_cached(
            "UPDATE _source_schedule SET claim_id = NULL, n_claims = 0, next_due_at = ?2, interval_s = ?3, last_polled_at = ?4,
                 last_ok_at = CASE WHEN ?5 THEN ?4 ELSE last_ok_at END,
                 failures_in_a_row = CASE WHEN ?5 THEN 0 ELSE failures_in_a_row END,
                 error_class = CASE WHEN ?5 THEN NULL ELSE error_class END,
                 error = CASE WHEN ?5 THEN NULL ELSE error END,
                 rhythm = ?6, moved_to = ?7, n_moved = ?8, n_vain = ?9,
                 etag = CASE WHEN ?10 THEN ?11 ELSE etag END,
                 last_modified = CASE WHEN ?10 THEN ?12 ELSE last_modified END,
                 body_sha256 = CASE WHEN ?13 THEN ?14 ELSE body_sha256 END,
                 problems = coalesce(?15, problems),
                 children = CASE WHEN ?13 THEN ?16 ELSE children END
             WHERE source_id = ?1",
        )?
        .execute(params![
            source.id.0,
            due.map(private_time),
            next.interval_s,
            private_time(now),
            clears_error,
            next.rhythm.to_bytes(),
            moved.to,
            moved.n_answers,
            validators::after(memory.n_vain, *earned),
            validators.is_some(),
            validators.and_then(|validators| validators.etag.as_ref()),
            validators.and_then(|validators| validators.last_modified.as_ref()),
            document.is_some(),
            document.and_then(|document| *document.body_sha256),
            shown,
            document.and_then(|document| children_to_json(document.children)),
        ])?;
    Ok(due)
}

/// Keeps an article source's pulse: its page is fetched on the article line, and what that came to is its health.
pub(in crate::store) fn note_article_source(
    connection: &Connection,
    source_id: i64,
    failure: Option<(&str, &str)>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (class, reason) = failure.unzip();
    connection
        .prepare_cached(
            "UPDATE _source_schedule SET
                 last_ok_at = CASE WHEN ?3 IS NULL THEN ?2 ELSE last_ok_at END,
                 failures_in_a_row = CASE WHEN ?3 IS NULL THEN 0 ELSE failures_in_a_row + 1 END,
                 error_class = ?3, error = ?4
             WHERE source_id = ?1 AND EXISTS (SELECT 1 FROM sources WHERE id = ?1 AND kind = 'article')",
        )?
        .execute(params![source_id, private_time(now), class, reason])?;
    Ok(())
}

/// Marks when a source last brought an article that was new.
pub(in crate::store) fn note_new_article(
    connection: &Connection,
    source_id: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _source_schedule SET last_new_article_at = ?2 WHERE source_id = ?1")?
        .execute(params![source_id, private_time(now)])?;
    Ok(())
}
