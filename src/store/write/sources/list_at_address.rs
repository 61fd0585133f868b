//! The list of sources at an address: what is known of it, and what it brings.
//!
//! The list has a row of its own among the sources, of the origin `file` and in the state `manual`, which no other source of a list is in.
//! Its schedule holds the validators and how it fares, so that it is looked at as sources are.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use url::Url;

use crate::config::{self, StoreSettings};
use crate::model::{ErrorClass, Failure, KnownList, ListPoll, ListResult, ListedSource, Source, SourceId, Validators};
use crate::store::file::columns::{from_private_time, private_time};
use crate::store::file::error::StoreError;
use crate::store::file::source_list::{ListKeeper, StoredName, lost_too_much, named};
use crate::store::write::beside::beside;
use crate::store::write::fetches;
use crate::store::write::sources::add;
use crate::store::write::sources::edits::apply_list;
use crate::store::write::sources::schedule;
use crate::store::write::sources::sync::SyncReport;

/// What a list at an address changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCommit {
    /// Sources that came, changed and went.
    pub report: SyncReport,
    /// Why nothing was changed, if the list could not be had, or is left as it is.
    pub failure: Option<Failure>,
}

/// Commits what a list at an address brought, by a process that does not ingest, for somebody who means what it lists: however much of it
/// is gone.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn commit_list_beside(settings: &StoreSettings, poll: &ListPoll) -> Result<ListCommit, StoreError> {
    beside(settings, |connection| commit(connection, poll, true))
}

/// What is known of a list; nothing where another one was followed since.
pub(in crate::store) fn known(connection: &Connection, url: &Url) -> rusqlite::Result<KnownList> {
    let untried = KnownList::untried(url.clone());
    let found = connection
        .prepare_cached(
            "SELECT etag, last_modified, body_sha256, last_polled_at, coalesce(interval_s, 0), failures_in_a_row
             FROM sources JOIN _source_schedule ON source_id = sources.id
             WHERE url = ?1 AND origin = 'file' AND state = 'manual'",
        )?
        .query_row([url.as_str()], |row| {
            Ok(KnownList {
                validators: Validators { etag: row.get(0)?, last_modified: row.get(1)? },
                body_sha256: row.get(2)?,
                asked_at: row.get::<_, Option<i64>>(3)?.map(from_private_time),
                wait_s: row.get(4)?,
                n_failures: row.get(5)?,
                ..untried.clone()
            })
        })
        .optional()?;
    Ok(found.unwrap_or(untried))
}

/// Forgets lists that the settings no longer name. What they have brought is followed on.
pub(in crate::store) fn forget_others(connection: &Connection, url: Option<&Url>) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE sources SET state = 'removed' WHERE origin = 'file' AND state = 'manual' AND url IS NOT ?1",
        [url.map(Url::as_str)],
    )?;
    Ok(())
}

/// Commits what a list brought. `is_meant` where somebody has said that it may lose as much as it does.
pub(in crate::store) fn commit(
    connection: &Connection,
    poll: &ListPoll,
    is_meant: bool,
) -> rusqlite::Result<ListCommit> {
    let id = own_row(connection, poll)?;
    fetches::record(connection, &poll.exchanges, Some(id), None)?;
    let (report, failure) = match &poll.result {
        ListResult::Unchanged => (SyncReport::default(), None),
        ListResult::Failed(failure) => (SyncReport::default(), Some(failure.clone())),
        ListResult::Listed { sources, .. } => match take_over(connection, sources, is_meant, poll.finished_at)? {
            Ok(report) => (report, None),
            Err(failure) => (SyncReport::default(), Some(failure)),
        },
    };
    let (validators, body_sha256) = match &poll.result {
        ListResult::Listed { validators, body_sha256, .. } if failure.is_none() => {
            (Some(validators), Some(body_sha256))
        }
        _ => (None, None),
    };
    connection
        .prepare_cached(
            "UPDATE _source_schedule SET last_polled_at = :now, interval_s = :wait_s, error_class = :error_class, error = :error,
                 last_ok_at = CASE WHEN :error IS NULL THEN :now ELSE last_ok_at END,
                 failures_in_a_row = CASE WHEN :error IS NULL THEN 0 ELSE failures_in_a_row + 1 END,
                 etag = CASE WHEN :is_taken_over THEN :etag ELSE etag END,
                 last_modified = CASE WHEN :is_taken_over THEN :last_modified ELSE last_modified END,
                 body_sha256 = CASE WHEN :is_taken_over THEN :body_sha256 ELSE body_sha256 END
             WHERE source_id = :source_id",
        )?
        .execute(named_params! {
            ":source_id": id.0,
            ":now": private_time(poll.finished_at),
            ":wait_s": poll.wait_s,
            ":error_class": failure.as_ref().map(|failure| failure.class.as_str()),
            ":error": failure.as_ref().map(|failure| failure.reason.as_str()),
            ":is_taken_over": validators.is_some(),
            ":etag": validators.and_then(|validators| validators.etag.as_ref()),
            ":last_modified": validators.and_then(|validators| validators.last_modified.as_ref()),
            ":body_sha256": body_sha256,
        })?;
    Ok(ListCommit { report, failure })
}

/// The row of the list. What else is at its address is it from now on: it brings no articles.
fn own_row(connection: &Connection, poll: &ListPoll) -> rusqlite::Result<SourceId> {
    let source = Source::new(config::slug_for(&poll.url), poll.url.clone());
    let id = add::add(connection, &source, false, poll.finished_at)?.id;
    let n_changed = connection.execute(
        "UPDATE sources SET origin = 'file', state = 'manual' WHERE id = ?1 AND (origin <> 'file' OR state <> 'manual')",
        params![id.0],
    )?;
    if n_changed > 0 {
        schedule::stop(connection, id)?;
        schedule::reset(connection, id)?;
    }
    Ok(id)
}

/// Brings what came from the list in line with it.
fn take_over(
    connection: &Connection,
    listed: &[ListedSource],
    is_meant: bool,
    now: Timestamp,
) -> rusqlite::Result<Result<SyncReport, Failure>> {
    let stored = stored_names(connection)?;
    let listed = match named(listed.to_vec(), &stored, ListKeeper::Address) {
        Ok(listed) => listed,
        Err(reason) => return Ok(Err(Failure { class: ErrorClass::Parse, reason })),
    };
    match lost_too_much(&stored, &listed).filter(|_| !is_meant) {
        Some(lost) => {
            let reason = format!(
                "{lost}, and nothing is changed until `newswire sources apply` with its address says that it is meant so"
            );
            Ok(Err(Failure { class: ErrorClass::Empty, reason }))
        }
        None => apply_list(connection, &listed, ListKeeper::Address, now).map(Ok),
    }
}

fn stored_names(connection: &Connection) -> rusqlite::Result<Vec<StoredName>> {
    connection
        .prepare(
            "SELECT slug, url, state, origin, proxy,
                 (SELECT name FROM _source_credentials WHERE _source_credentials.source_id = sources.id) FROM sources",
        )?
        .query_map([], |row| {
            Ok(StoredName {
                slug: row.get(0)?,
                url: row.get(1)?,
                state: row.get(2)?,
                origin: row.get(3)?,
                proxy: row.get::<_, Option<String>>(4)?.and_then(|proxy| proxy.parse().ok()),
                credentials: row.get(5)?,
            })
        })?
        .collect()
}
