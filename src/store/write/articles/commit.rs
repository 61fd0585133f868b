//! Committing the fetch of an article: the article, its sightings, the exchanges and the release of the claim, in one
//! transaction.

use rusqlite::{Connection, OptionalExtension};

use crate::config::ScheduleSettings;
use crate::model::{Absence, ArticleOutcome, ArticleResult, Candidate, ErrorClass, Failure, Retry};
use crate::schedule::backoff;
use crate::store::write::articles::fetch::{ArticleCommit, Fetch};
use crate::store::write::articles::revisits::Revisits;
use crate::store::write::entries::ENTRY_SIGN;
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::{fetches, publishers};

/// Commits the fetch of an article.
pub(in crate::store) fn commit(
    transaction: &WriteTransaction<'_>,
    outcome: &ArticleOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<ArticleCommit> {
    let ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, result } = outcome;
    let Some(link) = ClaimedLink::find(transaction, candidate)? else {
        fetches::record(transaction, exchanges, candidate.source, None)?;
        return Ok(ArticleCommit { is_stale: true, ..ArticleCommit::default() });
    };
    let revisits = Revisits { connection: transaction, candidate, schedule, now: *finished_at };
    let fetch = Fetch {
        transaction,
        outcome,
        known_article_id: link.article_id,
        was_cut_off: link.was_cut_off,
        is_entry: link.is_entry,
        revisits,
        now: *finished_at,
    };
    let mut ready_at = *host_ready_at;
    let commit = match result {
        ArticleResult::Article(page) => fetch.commit_vouched(page)?,
        ArticleResult::Unvouched(page) => fetch.commit_unvouched(page)?,
        ArticleResult::Obstructed(obstruction) => fetch.commit_obstruction(obstruction)?,
        ArticleResult::Unchanged => fetch.commit_unchanged()?,
        ArticleResult::Postponed { until } => {
            ready_at = ready_at.max(*until);
            fetch.postpone(*until)?
        }
        ArticleResult::Failed { retry_at, absence, .. } => {
            fetch.commit_absence(link.article_id, *absence, *retry_at)?
        }
    };
    fetch.note_source_health()?;
    let article_id = commit.stored.as_ref().map(|stored| stored.id);
    match &commit.obstruction {
        Some(failure) => {
            let mut exchanges = exchanges.clone();
            if let Some(last) = exchanges.last_mut() {
                last.failure.get_or_insert_with(|| failure.clone());
            }
            fetches::record(transaction, &exchanges, candidate.source, article_id)?;
        }
        None => fetches::record(transaction, exchanges, candidate.source, article_id)?,
    }
    publishers::note_pace(transaction, &candidate.publisher, exchanges)?;
    publishers::set_next_turn(transaction, &candidate.publisher, ready_at)?;
    Ok(commit)
}

/// Commits that the database refuses what came of a fetch, for a damaged row or a rule that somebody has added: the article fails by
/// itself, is told, and is tried again later, and nothing else waits for it.
pub(in crate::store) fn commit_refusal(
    transaction: &WriteTransaction<'_>,
    outcome: &ArticleOutcome,
    reason: &str,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<ArticleCommit> {
    let ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, .. } = outcome;
    let failure = Failure {
        class: ErrorClass::Internal,
        reason: format!(
            "refused by the database: {reason}; `newswire doctor` looks whether something is wrong with it"
        ),
    };
    let mut exchanges = exchanges.clone();
    if let Some(last) = exchanges.last_mut() {
        last.failure = Some(failure.clone());
    }
    fetches::record(transaction, &exchanges, candidate.source, None)?;
    let Some(link) = ClaimedLink::find(transaction, candidate)? else {
        return Ok(ArticleCommit { is_stale: true, ..ArticleCommit::default() });
    };
    let revisits = Revisits { connection: transaction, candidate, schedule, now: *finished_at };
    let (failures, seed) = (candidate.failures_in_a_row + 1, candidate.link.0.unsigned_abs());
    let listed_at = candidate.first_seen_at;
    let retry_at = backoff::next_article_try(schedule, failures, Retry::Backoff, listed_at, seed, *finished_at);
    revisits.after_failure(link.article_id, Absence::Unknown, retry_at)?;
    publishers::set_next_turn(transaction, &candidate.publisher, *host_ready_at)?;
    Ok(ArticleCommit { obstruction: Some(failure), ..ArticleCommit::default() })
}

/// A link that is still claimed for a fetch.
struct ClaimedLink {
    /// The article that it has led to before.
    article_id: Option<i64>,
    /// Whether its page showed a part of that when it was last read.
    was_cut_off: bool,
    /// Whether it is an entry of a feed that shares its address with others.
    is_entry: bool,
}

impl ClaimedLink {
    /// Finds the link of a candidate; nothing when its claim does not hold any more.
    fn find(connection: &Connection, candidate: &Candidate) -> rusqlite::Result<Option<ClaimedLink>> {
        let found: Option<(Option<i64>, Option<i64>, bool, String)> = connection
            .prepare_cached("SELECT claim_id, article_id, cut_off_at IS NOT NULL, url_key FROM _links WHERE id = ?1")?
            .query_row([candidate.link.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let (claim, article_id, was_cut_off, key) = found.unwrap_or_default();
        let is_entry = key.contains(ENTRY_SIGN);
        Ok((claim == Some(candidate.claim.0)).then_some(ClaimedLink { article_id, was_cut_off, is_entry }))
    }
}
