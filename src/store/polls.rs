//! Committing a poll: the links that it found, the source's validators and its next due time are one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::config::ScheduleSettings;
use crate::model::{DueSource, PollFacts, PollOutcome, PollResult, SourceKind, Validators};
use crate::schedule::cadence::{Pulse, next_poll};

use super::rows::{children_to_json, private_time};
use super::{fetches, links};

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

pub(super) fn commit(
    connection: &Connection,
    outcome: &PollOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<PollCommit> {
    let PollOutcome { source, exchanges, finished_at, result } = outcome;
    let now = *finished_at;
    fetches::record(connection, exchanges, Some(source.id), None)?;
    let claim: Option<i64> = connection
        .prepare_cached("SELECT claim_id FROM _source_schedule WHERE source_id = ?1")?
        .query_row([source.id.0], |row| row.get(0))?;
    if claim != Some(source.claim.0) {
        return Ok(PollCommit { is_stale: true, ..PollCommit::default() });
    }
    // What is polled by hand has no next time.
    let is_active: bool = connection
        .prepare_cached("SELECT state = 'active' FROM sources WHERE id = ?1")?
        .query_row([source.id.0], |row| row.get(0))?;
    let mut commit = PollCommit::default();
    match result {
        PollResult::Listed { kind, title, links, problems, validators, body_sha256, hints, children } => {
            let listed = links::take_in(connection, source.id, links, now)?;
            commit.n_new = listed.n_new;
            commit.n_known = listed.n_known;
            let facts = PollFacts { n_entries: listed.n_new + listed.n_known, n_new: listed.n_new, hints: *hints };
            let due = settle(connection, source, *kind, facts, schedule, now, is_active)?;
            commit.next_due_at = due;
            connection
                .prepare_cached("UPDATE sources SET kind = ?2, title = coalesce(?3, title) WHERE id = ?1 AND (kind IS NOT ?2 OR title IS NOT coalesce(?3, title))")?
                .execute(params![source.id.0, kind.as_str(), title])?;
            let shown: Vec<&str> = problems.iter().take(PROBLEMS_MAX).map(String::as_str).collect();
            connection
                .prepare_cached(
                    "UPDATE _source_schedule SET etag = ?2, last_modified = ?3, body_sha256 = ?4, problems = ?5,
                         children = ?6
                     WHERE source_id = ?1",
                )?
                .execute(params![
                    source.id.0,
                    validators.etag,
                    validators.last_modified,
                    body_sha256,
                    Value::from(shown).to_string(),
                    children_to_json(children),
                ])?;
        }
        PollResult::Unchanged { validators, hints } => {
            let kind = source.kind.unwrap_or(SourceKind::Feed);
            let facts = PollFacts { n_entries: 0, n_new: 0, hints: *hints };
            commit.next_due_at = settle(connection, source, kind, facts, schedule, now, is_active)?;
            if let Some(Validators { etag, last_modified }) = validators {
                connection
                    .prepare_cached("UPDATE _source_schedule SET etag = ?2, last_modified = ?3 WHERE source_id = ?1")?
                    .execute(params![source.id.0, etag, last_modified])?;
            }
        }
        PollResult::Postponed { until } => {
            commit.next_due_at = Some(*until);
            connection
                .prepare_cached("UPDATE _source_schedule SET claim_id = NULL, next_due_at = ?2 WHERE source_id = ?1")?
                .execute(params![source.id.0, private_time(*until)])?;
        }
        PollResult::Failed { failure, retry_at, gone } => {
            let due = Some(*retry_at).filter(|_| is_active && !gone);
            commit.next_due_at = due;
            connection
                .prepare_cached(
                    "UPDATE _source_schedule SET claim_id = NULL, next_due_at = ?2, last_polled_at = ?3,
                         failures_in_a_row = failures_in_a_row + 1, error_class = ?4, error = ?5
                     WHERE source_id = ?1",
                )?
                .execute(params![
                    source.id.0,
                    due.map(private_time),
                    private_time(now),
                    failure.class.as_str(),
                    failure.reason,
                ])?;
            if *gone {
                connection
                    .prepare_cached("UPDATE sources SET state = 'gone' WHERE id = ?1 AND state = 'active'")?
                    .execute([source.id.0])?;
            }
        }
    }
    Ok(commit)
}

/// Writes down that a poll went well, and when the next one is due.
fn settle(
    connection: &Connection,
    source: &DueSource,
    kind: SourceKind,
    facts: PollFacts,
    schedule: &ScheduleSettings,
    now: Timestamp,
    is_active: bool,
) -> rusqlite::Result<Option<Timestamp>> {
    let pulse = Pulse { source_id: source.id.0, kind, interval_s: source.interval_s };
    let (due, interval_s) = next_poll(schedule, pulse, facts, now);
    let due = Some(due).filter(|_| is_active);
    // The errors of an article source are those of its page, which this poll did not ask for.
    let clears_error = kind != SourceKind::Article;
    connection
        .prepare_cached(
            "UPDATE _source_schedule SET claim_id = NULL, next_due_at = ?2, interval_s = ?3, last_polled_at = ?4,
                 last_ok_at = CASE WHEN ?5 THEN ?4 ELSE last_ok_at END,
                 failures_in_a_row = CASE WHEN ?5 THEN 0 ELSE failures_in_a_row END,
                 error_class = CASE WHEN ?5 THEN NULL ELSE error_class END,
                 error = CASE WHEN ?5 THEN NULL ELSE error END
             WHERE source_id = ?1",
        )?
        .execute(params![source.id.0, due.map(private_time), interval_s, private_time(now), clears_error])?;
    Ok(due)
}

/// Keeps an article source's pulse: its page is fetched on the article line, and what that came to is its health.
pub(super) fn note_article_source(
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
pub(super) fn note_new_article(connection: &Connection, source_id: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _source_schedule SET last_new_article_at = ?2 WHERE source_id = ?1")?
        .execute(params![source_id, private_time(now)])?;
    Ok(())
}
