//! Messages: what waits to be sent, and how receivers are.

use jiff::Timestamp;
use rusqlite::params;

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;

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
    /// Messages that it has, of those that are kept.
    pub n_sent: u64,
    /// When it last took one.
    pub last_sent_at: Option<String>,
    /// Since when it has failed.
    pub failing_since: Option<String>,
    /// When it was paused.
    pub paused_at: Option<String>,
    /// Why it last failed.
    pub error: Option<String>,
}

impl Reader {
    /// The messages to a receiver that are due, in the order in which they were made; none where it is paused.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn due_messages(&self, receiver: &str, now: Timestamp, limit: u32) -> Result<Vec<WaitingMessage>, StoreError> {
        self.rows(
            "SELECT id, key, kind, payload, made_at, n_tries, next_try_at FROM messages
             WHERE receiver = ?1 AND state = 'waiting' AND (next_try_at IS NULL OR next_try_at <= ?2)
                 AND NOT EXISTS (SELECT 1 FROM _receivers WHERE name = ?1 AND paused_at IS NOT NULL)
             ORDER BY next_try_at, id LIMIT ?3",
            params![receiver, public_time(now), limit],
            |row| {
                Ok(WaitingMessage {
                    id: row.get(0)?,
                    key: row.get(1)?,
                    kind: row.get(2)?,
                    payload: row.get(3)?,
                    made_at: row.get(4)?,
                    n_tries: row.get(5)?,
                    next_try_at: row.get(6)?,
                })
            },
        )
    }

    /// How receivers are that messages were made for, or that have failed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn receiver_states(&self) -> Result<Vec<ReceiverState>, StoreError> {
        self.rows(
            "SELECT told.name, (SELECT count(*) FROM messages WHERE receiver = told.name AND state = 'waiting'),
                 (SELECT count(*) FROM messages WHERE receiver = told.name AND state = 'sent'),
                 (SELECT max(sent_at) FROM messages WHERE receiver = told.name AND state = 'sent'),
                 failing_since, paused_at, error
             FROM (SELECT receiver AS name FROM messages UNION SELECT name FROM _receivers) AS told
                 LEFT JOIN _receivers ON _receivers.name = told.name
             ORDER BY told.name",
            [],
            |row| {
                Ok(ReceiverState {
                    name: row.get(0)?,
                    n_waiting: row.get(1)?,
                    n_sent: row.get(2)?,
                    last_sent_at: row.get(3)?,
                    failing_since: row.get(4)?,
                    paused_at: row.get(5)?,
                    error: row.get(6)?,
                })
            },
        )
    }

    /// How one receiver is.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn receiver_state(&self, name: &str) -> Result<ReceiverState, StoreError> {
        let known = self.receiver_states()?.into_iter().find(|state| state.name == name);
        Ok(known.unwrap_or_else(|| ReceiverState { name: name.to_owned(), ..ReceiverState::default() }))
    }
}
