//! Messages: what waits to be sent, and how receivers are.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

/// A receiver may fail for so long before that is told as an alarm: a server that is started over is back by then.
const FAILING_UNTOLD_MAX: SignedDuration = SignedDuration::from_mins(30);

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    /// Row id.
    pub id: i64,
    /// Idempotency key.
    pub key: String,
    /// What is told.
    pub kind: String,
    /// What is told, as JSON.
    pub payload: String,
    /// When it was made.
    pub made_at: String,
    /// How often it was tried.
    pub n_tries: u32,
    /// When it is due, as it stands there: those of a digest are due together.
    pub next_try_at: Option<String>,
}

/// How a receiver is, as far as messages to it say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverState {
    /// Its name.
    pub name: String,
    /// Messages that wait.
    pub n_waiting: u64,
    /// When the first of them was made.
    pub waiting_since: Option<String>,
    /// Messages that it has refused and that are set aside.
    pub n_refused: u64,
    /// Messages that it has, of those that are kept.
    pub n_sent: u64,
    /// When it last took one.
    pub last_sent_at: Option<String>,
    /// Since when it has failed. Where nothing waits for it any more there is no telling how it is, unless it is paused.
    pub failing_since: Option<String>,
    /// When it was paused.
    pub paused_at: Option<String>,
    /// Why it last failed.
    pub error: Option<String>,
}

/// A receiver that takes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverTrouble {
    /// Since when.
    pub since: Option<String>,
    /// In a sentence, with what to do.
    pub why: String,
}

impl ReceiverState {
    /// What somebody should look at: it is paused, has taken nothing for long, or is no longer in the settings, and messages wait for it.
    #[must_use]
    pub fn trouble(&self, is_in_settings: bool, now: Timestamp) -> Option<ReceiverTrouble> {
        let ReceiverState { name, n_waiting, waiting_since, failing_since, paused_at, error, .. } = self;
        let error = error.as_deref().unwrap_or("it is not known why");
        if !is_in_settings {
            return (*n_waiting > 0).then(|| ReceiverTrouble {
                since: waiting_since.clone(),
                why: format!(
                    "the settings have no receiver {name}, for which messages wait: put it back, or `newswire receivers forget {name}` \
                     gives them up"
                ),
            });
        }
        if paused_at.is_some() {
            let why = format!(
                "receiver {name} is paused, and its messages wait until `newswire receivers resume {name}`: {error}"
            );
            return Some(ReceiverTrouble { since: failing_since.clone().or_else(|| paused_at.clone()), why });
        }
        let since: Timestamp = failing_since.as_ref()?.parse().ok()?;
        let is_long = *n_waiting > 0 && now.duration_since(since) > FAILING_UNTOLD_MAX;
        is_long.then(|| ReceiverTrouble {
            since: failing_since.clone(),
            why: format!("receiver {name} has taken nothing since {since:.0}: {error}"),
        })
    }
}

impl Reader {
    /// The messages to a receiver that are due, in the order in which they were made; none where it is paused. One that another program has
    /// damaged is left out.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn due_messages(&self, receiver: &str, now: Timestamp, limit: u32) -> Result<Vec<WaitingMessage>, StoreError> {
        self.readable_rows(
            "SELECT id, key, kind, payload, made_at, n_tries, next_try_at FROM messages
             WHERE receiver = ?1 AND state = 'waiting' AND (next_try_at IS NULL OR next_try_at <= ?2)
                 AND NOT EXISTS (SELECT 1 FROM _receivers WHERE name = ?1 AND paused_at IS NOT NULL)
             ORDER BY next_try_at, id LIMIT ?3",
            params![receiver, public_time(now), limit],
            |message: &WaitingMessage| format!("message {}", message.id),
            |cells| WaitingMessage {
                id: cells.value(0),
                key: cells.text(1),
                kind: cells.text(2),
                payload: cells.text(3),
                made_at: cells.text(4),
                n_tries: cells.value(5),
                next_try_at: cells.optional_text(6),
            },
        )
    }

    /// How receivers are that messages were made for, or that have failed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn receiver_states(&self) -> Result<Vec<ReceiverState>, StoreError> {
        self.receivers_named("UNION SELECT receiver FROM messages", SENT)
    }

    /// The same of those for which messages wait or are set aside, and of those that have failed, without what was sent: that costs no look
    /// at all messages that are kept.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn receivers_to_look_at(&self) -> Result<Vec<ReceiverState>, StoreError> {
        self.receivers_named("", NOT_SENT)
    }

    fn receivers_named(&self, others: &str, sent: &str) -> Result<Vec<ReceiverState>, StoreError> {
        // Files of earlier versions are read as they are.
        if !self.connection().table_exists(Some("main"), "messages")? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT told.name, (SELECT count(*) FROM messages WHERE receiver = told.name AND state = 'waiting'),
                 (SELECT made_at FROM messages
                  WHERE id = (SELECT min(id) FROM messages WHERE receiver = told.name AND state = 'waiting')),
                 (SELECT count(*) FROM messages WHERE receiver = told.name AND state = 'refused'),
                 {sent}, failing_since, paused_at, error
             FROM (SELECT receiver AS name FROM messages WHERE state = 'waiting'
                   UNION SELECT receiver FROM messages WHERE state = 'refused' UNION SELECT name FROM _receivers {others}) AS told
                 LEFT JOIN _receivers ON _receivers.name = told.name
             ORDER BY told.name"
        );
        self.rows(&sql, [], |row| {
            let n_waiting: u64 = row.get(1)?;
            let paused_at: Option<String> = row.get(7)?;
            let is_known = n_waiting > 0 || paused_at.is_some();
            Ok(ReceiverState {
                name: row.get(0)?,
                n_waiting,
                waiting_since: row.get(2)?,
                n_refused: row.get(3)?,
                n_sent: row.get(4)?,
                last_sent_at: row.get(5)?,
                failing_since: row.get::<_, Option<String>>(6)?.filter(|_| is_known),
                paused_at,
                error: row.get(8)?,
            })
        })
    }

    /// Since when a receiver has failed; nothing where it has not.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn receiver_fails_since(&self, name: &str) -> Result<Option<String>, StoreError> {
        let since = self.rows("SELECT failing_since FROM _receivers WHERE name = ?1", [name], |row| row.get(0))?;
        Ok(since.into_iter().next().flatten())
    }
}

/// What a list says of messages that a receiver has.
const SENT: &str = "(SELECT count(*) FROM messages WHERE receiver = told.name AND state = 'sent'),
                 (SELECT max(sent_at) FROM messages WHERE receiver = told.name AND state = 'sent')";
const NOT_SENT: &str = "0, NULL";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_told_of_that_takes_nothing_while_messages_wait_for_it() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let text = |text: &str| Some(text.to_owned());
        let well = ReceiverState { name: "desk".to_owned(), n_waiting: 2, ..ReceiverState::default() };
        let failing =
            |since: &str| ReceiverState { failing_since: text(since), error: text("HTTP 503"), ..well.clone() };
        let paused = ReceiverState { paused_at: text("2026-11-20T11:59:00Z"), ..failing("2026-11-17T11:00:00Z") };
        let none = |state: &ReceiverState| ReceiverState { n_waiting: 0, ..state.clone() };
        let long = failing("2026-11-20T11:29:00Z");
        for (state, is_in_settings, expected) in [
            (&well, true, None),
            (&failing("2026-11-20T11:31:00Z"), true, None),
            (&long, true, Some("receiver desk has taken nothing since 2026-11-20T11:29:00Z: HTTP 503")),
            (&none(&long), true, None),
            (&paused, true, Some("receiver desk is paused")),
            (&none(&paused), true, Some("receiver desk is paused")),
            (&well, false, Some("the settings have no receiver desk")),
            (&paused, false, Some("the settings have no receiver desk")),
            (&none(&well), false, None),
        ] {
            let told = state.trouble(is_in_settings, now).map(|trouble| trouble.why);
            assert!(
                match (&told, expected) {
                    (Some(told), Some(expected)) => told.starts_with(expected),
                    (None, None) => true,
                    _ => false,
                },
                "{told:?} and not {expected:?}"
            );
        }
    }
}
