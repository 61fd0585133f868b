//! Watches, what was judged for them, and what became of messages.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::StoreSettings;
use crate::model::{JudgedChanges, NewMessage, Sending, Watch};
use crate::store::file::change_seq::next_change;
use crate::store::file::columns::{json_list, public_time};
use crate::store::file::error::StoreError;
use crate::store::write::beside::beside;

/// How long messages are kept after they were sent. Their watches remember by themselves what they were told of.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Messages that are deleted in one transaction: it is short.
const DELETED_MAX: u32 = 500;

/// Adds a watch. Returns whether there was none of that name.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn add_watch_beside(settings: &StoreSettings, watch: &Watch) -> Result<bool, StoreError> {
    beside(settings, |connection| add(connection, watch, Timestamp::now()))
}

/// Adds watches in one transaction, those of new names. Returns how many.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn add_watches_beside(settings: &StoreSettings, watches: &[Watch]) -> Result<usize, StoreError> {
    beside(settings, |connection| {
        let now = Timestamp::now();
        watches.iter().try_fold(0, |n, watch| Ok(n + usize::from(add(connection, watch, now)?)))
    })
}

fn add(connection: &Connection, watch: &Watch, now: Timestamp) -> rusqlite::Result<bool> {
    let Watch { name, query, source_id, language, kind, min_sources, receivers } = watch;
    let n_added = connection
        .prepare_cached(
            "INSERT INTO watches (name, query, source_id, language, kind, min_sources, receivers, created_at, begins_after)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM watches WHERE name = ?1)",
        )?
        .execute(params![
            name,
            query,
            source_id,
            language,
            kind.as_str(),
            min_sources,
            json_list(receivers),
            public_time(now),
            next_change(connection)? - 1
        ])?;
    Ok(n_added > 0)
}

/// Takes a watch away, and what it has to tell that was not sent. Returns whether there was one.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn remove_watch_beside(settings: &StoreSettings, name: &str) -> Result<bool, StoreError> {
    beside(settings, |connection| Ok(connection.execute("DELETE FROM watches WHERE name = ?1", [name])? > 0))
}

/// Lets a receiver that was paused be sent to again, at once. Returns whether it had failed or was paused.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn resume_receiver_beside(settings: &StoreSettings, name: &str) -> Result<bool, StoreError> {
    beside(settings, |connection| {
        let n_known = connection.execute("DELETE FROM _receivers WHERE name = ?1", [name])?;
        // Those of a digest that is still to come have not been tried.
        let sql = "UPDATE messages SET next_try_at = NULL WHERE receiver = ?1 AND state = 'waiting' AND n_tries > 0";
        connection.execute(sql, [name])?;
        Ok(n_known > 0)
    })
}

/// Writes down what watches have to tell of changes, and up to which change all was judged, in one.
pub(super) fn commit_judged(connection: &Connection, judged: &JudgedChanges, now: Timestamp) -> rusqlite::Result<()> {
    for message in &judged.messages {
        insert(connection, message, now)?;
    }
    for (article, watch) in &judged.told {
        // Either may have been taken away meanwhile.
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO _told (article_id, watch_id)
                 SELECT articles.id, watches.id FROM articles, watches WHERE articles.id = ?1 AND watches.id = ?2",
            )?
            .execute([article, watch])?;
    }
    connection
        .prepare_cached("UPDATE _watch_state SET judged_up_to = ?1 WHERE judged_up_to < ?1")?
        .execute([judged.up_to])?;
    Ok(())
}

/// A message is made once, however often what it is about is judged; none of a watch that was taken away meanwhile.
fn insert(connection: &Connection, message: &NewMessage, now: Timestamp) -> rusqlite::Result<()> {
    let NewMessage { key, watch_id, alarm_id, kind, subject, story_id, article_id, receiver, payload, not_before } =
        message;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO messages
                 (key, watch_id, kind, subject, story_id, article_id, receiver, payload, made_at, next_try_at, alarm_id)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
             WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM watches WHERE id = ?2)",
        )?
        .execute(params![
            key,
            watch_id,
            kind,
            subject,
            story_id,
            article_id,
            receiver,
            payload,
            public_time(now),
            not_before.map(public_time),
            alarm_id
        ])?;
    Ok(())
}

/// Writes down what came of sending messages to a receiver together. Returns since when it has failed.
pub(super) fn commit_sending(
    connection: &Connection,
    receiver: &str,
    ids: &[i64],
    sending: &Sending,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    for id in ids {
        match sending {
            Sending::Sent => connection
                .prepare_cached(
                    "UPDATE messages SET state = 'sent', sent_at = ?2, n_tries = n_tries + 1, next_try_at = NULL, error = NULL
                     WHERE id = ?1",
                )?
                .execute(params![id, public_time(now)])?,
            Sending::Failed { error, next_try_at, .. } => connection
                .prepare_cached("UPDATE messages SET n_tries = n_tries + 1, next_try_at = ?2, error = ?3 WHERE id = ?1")?
                .execute(params![id, public_time(*next_try_at), error])?,
        };
    }
    match sending {
        Sending::Sent => {
            connection
                .prepare_cached("DELETE FROM _receivers WHERE name = ?1 AND paused_at IS NULL")?
                .execute([receiver])?;
            delete_old(connection, now)?;
            Ok(None)
        }
        Sending::Failed { error, is_paused, .. } => {
            connection
                .prepare_cached(
                    "INSERT INTO _receivers (name, failing_since, paused_at, error) VALUES (?1, ?2, iif(?4, ?2, NULL), ?3)
                     ON CONFLICT (name) DO UPDATE SET
                         failing_since = coalesce(failing_since, excluded.failing_since),
                         paused_at = coalesce(paused_at, excluded.paused_at), error = excluded.error",
                )?
                .execute(params![receiver, public_time(now), error, is_paused])?;
            let sql = "SELECT failing_since FROM _receivers WHERE name = ?1";
            connection.prepare_cached(sql)?.query_row([receiver], |row| row.get(0)).optional().map(Option::flatten)
        }
    }
}

fn delete_old(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let before = now.checked_sub(KEPT).map(public_time).unwrap_or_default();
    let sql =
        "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE state = 'sent' AND sent_at < ?1 LIMIT ?2)";
    connection.prepare_cached(sql)?.execute(params![before, DELETED_MAX]).map(|_| ())
}
