//! Watches, what was judged for them, and what became of messages.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::config::StoreSettings;
use crate::model::{JudgedChanges, NewMessage, Sending, SendingEffect, Watch, WatchKind};
use crate::store::file::change_seq::next_change;
use crate::store::file::columns::{json_list, public_time};
use crate::store::file::error::StoreError;
use crate::store::write::beside::beside;

/// How long messages are kept after they were sent, or first refused. Their watches remember by themselves what they were told of.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far back stories are known that had grown before somebody wanted to be told of it.
const GROWN_SINCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// So often a message is refused before it is set aside, which takes some ten minutes: a mistake in what guards a receiver may be mended
/// by then, and what is said eight times is meant.
const REFUSALS_MAX: u32 = 8;

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
    if n_added > 0 {
        know_grown_stories(connection, name, now)?;
    }
    Ok(n_added > 0)
}

/// Has a watch of growing stories know those that have grown so far already, as if it had told them: what they were like is not to be seen any
/// more once they are merged with others. What nobody has told for so long grows no more, unless somebody merges it by hand.
fn know_grown_stories(connection: &Connection, name: &str, now: Timestamp) -> rusqlite::Result<()> {
    let since = now.checked_sub(GROWN_SINCE).map(public_time).unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO _told (article_id, watch_id)
             SELECT article_id, watches.id FROM watches JOIN stories ON n_sources >= min_sources
                 JOIN story_members ON story_members.story_id = stories.id
             WHERE watches.name = ?1 AND watches.kind = ?2 AND last_published_at >= ?3",
        )?
        .execute(params![name, WatchKind::GrowsTo.as_str(), since])?;
    Ok(())
}

/// Takes a watch away, and what it has to tell that was not sent. Returns whether there was one.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn remove_watch_beside(settings: &StoreSettings, name: &str) -> Result<bool, StoreError> {
    beside(settings, |connection| Ok(connection.execute("DELETE FROM watches WHERE name = ?1", [name])? > 0))
}

/// Has a watch judged no longer. Returns whether it was active; nothing where there is none.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn pause_watch_beside(settings: &StoreSettings, name: &str) -> Result<Option<bool>, StoreError> {
    beside(settings, |connection| {
        let was_active = was_active(connection, name)?;
        connection.execute("UPDATE watches SET state = 'paused' WHERE name = ?1 AND state = 'active'", [name])?;
        Ok(was_active)
    })
}

/// Has a watch judged again. As one that is new it is told of what comes from now on. Returns whether it was active; nothing where there
/// is none.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn resume_watch_beside(settings: &StoreSettings, name: &str) -> Result<Option<bool>, StoreError> {
    beside(settings, |connection| {
        let was_active = was_active(connection, name)?;
        if was_active == Some(false) {
            let sql = "UPDATE watches SET state = 'active', begins_after = ?2 WHERE name = ?1";
            connection.execute(sql, params![name, next_change(connection)? - 1])?;
            know_grown_stories(connection, name, Timestamp::now())?;
        }
        Ok(was_active)
    })
}

fn was_active(connection: &Connection, name: &str) -> rusqlite::Result<Option<bool>> {
    connection.query_row("SELECT state = 'active' FROM watches WHERE name = ?1", [name], |row| row.get(0)).optional()
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

/// Has what a receiver has refused sent to it again, at once. Returns how many messages that are.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn retry_refused_beside(settings: &StoreSettings, receiver: &str) -> Result<usize, StoreError> {
    beside(settings, |connection| {
        let sql = "UPDATE messages SET state = 'waiting', n_refusals = 0, refused_at = NULL, next_try_at = NULL
             WHERE receiver = ?1 AND state = 'refused'";
        connection.execute(sql, [receiver])
    })
}

/// Gives up what waits for a receiver, and what it has refused. Returns how many messages that are.
///
/// # Errors
///
/// As [`add_watch_beside`].
pub fn forget_receiver_beside(settings: &StoreSettings, receiver: &str) -> Result<usize, StoreError> {
    beside(settings, |connection| {
        connection.execute("DELETE FROM _receivers WHERE name = ?1", [receiver])?;
        connection.execute("DELETE FROM messages WHERE receiver = ?1 AND state IN ('waiting', 'refused')", [receiver])
    })
}

/// Writes down what came of sending messages to a receiver together. Returns how it is now.
pub(super) fn commit_sending(
    connection: &Connection,
    receiver: &str,
    ids: &[i64],
    sending: &Sending,
    now: Timestamp,
) -> rusqlite::Result<SendingEffect> {
    let now_text = public_time(now);
    let Sending::Failed { error, next_try_at, is_paused, is_refusal } = sending else {
        for id in ids {
            connection
                .prepare_cached(
                    "UPDATE messages SET state = 'sent', sent_at = ?2, n_tries = n_tries + 1, next_try_at = NULL, error = NULL,
                         refused_at = NULL
                     WHERE id = ?1",
                )?
                .execute(params![id, now_text])?;
        }
        connection
            .prepare_cached("DELETE FROM _receivers WHERE name = ?1 AND paused_at IS NULL")?
            .execute([receiver])?;
        delete_old(connection, now)?;
        return Ok(SendingEffect::default());
    };
    let mut n_set_aside = 0;
    for id in ids {
        connection
            .prepare_cached(
                "UPDATE messages SET n_tries = n_tries + 1, next_try_at = ?2, error = ?3, n_refusals = n_refusals + ?4,
                     refused_at = iif(?4, coalesce(refused_at, ?5), refused_at)
                 WHERE id = ?1",
            )?
            .execute(params![id, public_time(*next_try_at), error, is_refusal, now_text])?;
        if *is_refusal {
            n_set_aside += set_aside(connection, receiver, *id, *is_paused)?;
        }
    }
    if n_set_aside > 0 {
        // It takes others, or did: it has not failed.
        connection
            .prepare_cached("DELETE FROM _receivers WHERE name = ?1 AND paused_at IS NULL")?
            .execute([receiver])?;
    } else {
        connection
            .prepare_cached(
                "INSERT INTO _receivers (name, failing_since, paused_at, error) VALUES (?1, ?2, iif(?4, ?2, NULL), ?3)
                 ON CONFLICT (name) DO UPDATE SET
                     failing_since = coalesce(failing_since, excluded.failing_since),
                     paused_at = coalesce(paused_at, excluded.paused_at), error = excluded.error",
            )?
            .execute(params![receiver, now_text, error, is_paused])?;
    }
    let sql = "SELECT failing_since FROM _receivers WHERE name = ?1";
    let failing_since = connection.prepare_cached(sql)?.query_row([receiver], |row| row.get(0)).optional()?.flatten();
    Ok(SendingEffect { failing_since, n_set_aside, is_paused: *is_paused && n_set_aside == 0 })
}

/// Sets a message aside that was refused often enough by a receiver that has taken another one since. One that takes none has failed, and
/// what it is sent may be right. But where the receiver would be paused (`is_last`) for this message alone, and had taken others before,
/// the message is the likelier one to be wrong: a receiver that is paused takes nothing of what comes later either.
fn set_aside(connection: &Connection, receiver: &str, id: i64, is_last: bool) -> rusqlite::Result<u32> {
    let n_changed = connection
        .prepare_cached(
            "UPDATE messages SET state = 'refused', next_try_at = NULL
             WHERE id = ?1 AND state = 'waiting' AND n_refusals >= ?3 AND EXISTS (
                     SELECT 1 FROM messages AS other
                     WHERE other.receiver = ?2 AND other.state = 'sent' AND (?4 OR other.sent_at >= messages.refused_at))
                 AND NOT (?4 AND EXISTS (
                     SELECT 1 FROM messages AS other
                     WHERE other.receiver = ?2 AND other.state = 'waiting' AND other.n_tries > 0 AND other.id <> ?1))",
        )?
        .execute(params![id, receiver, REFUSALS_MAX, is_last])?;
    Ok(u32::from(n_changed > 0))
}

fn delete_old(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let before = now.checked_sub(KEPT).map(public_time).unwrap_or_default();
    for old in ["state = 'sent' AND sent_at < ?1", "state = 'refused' AND refused_at < ?1"] {
        let sql = format!("DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE {old} LIMIT ?2)");
        connection.prepare_cached(&sql)?.execute(params![before, DELETED_MAX])?;
    }
    Ok(())
}
