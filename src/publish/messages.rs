//! Changes as messages: objects in JSON, as `tail` tells them, with what an export has of the article.

use serde_json::{Value, json};
use tracing::warn;

use crate::forms::changes::{Place, PlaceError, value, with_text};
use crate::queue::Change;
use crate::store::{ArticleFilter, ChangeRow, Reader};

/// Changes that are told at a time, and what they may have together before that is less: all of them are in memory.
pub(super) const CHANGES_MAX: u32 = 200;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is told together.
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    /// All up to here is told with them.
    pub(super) position: i64,
    /// Whether there may be more.
    pub(super) is_more: bool,
}

/// How messages are made.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Since when one follows the other.
    pub(super) told_since: String,
    pub(super) message_bytes_max: usize,
}

impl Manner {
    /// The next changes behind a position, of one state of the database.
    pub(super) fn batch(&self, reader: &Reader, after: i64) -> Result<Batch, PlaceError> {
        reader.at_one_moment(|reader| {
            let rows = reader.changes_after(&ArticleFilter::default(), after, CHANGES_MAX)?;
            let place = Place::at(after, reader)?;
            let mut batch = Batch { changes: Vec::new(), position: after, is_more: rows.len() == CHANGES_MAX as usize };
            let mut n_bytes = 0;
            for row in &rows {
                if n_bytes >= BYTES_MAX {
                    batch.is_more = true;
                    break;
                }
                let cursor = place.moved_to(row.change_seq, reader)?.to_string();
                if let Some(message) = self.message(reader, row, after, &cursor)? {
                    n_bytes += message.len();
                    batch.changes.push(Change { id: self.id(&cursor), message });
                }
                batch.position = row.change_seq;
            }
            Ok(batch)
        })
    }

    /// A change as a message; nothing where there is no room for the least of it.
    fn message(
        &self,
        reader: &Reader,
        changed: &ChangeRow,
        known: i64,
        cursor: &str,
    ) -> Result<Option<Vec<u8>>, PlaceError> {
        let alone = || value(changed, known);
        if changed.is_removed {
            // What its publisher has taken back is not handed on.
            return Ok(self.fitting(alone(), cursor));
        }
        let Some(document) = reader.exported(changed.row.id)? else { return Ok(self.fitting(cut(alone()), cursor)) };
        let whole = || with_text(changed, known, &document);
        if let Some(message) = self.fitting(whole(), cursor) {
            return Ok(Some(message));
        }
        let mut without_text = cut(whole());
        if let Some(object) = without_text.as_object_mut() {
            object.remove("paragraphs");
        }
        let message = self.fitting(without_text, cursor).or_else(|| self.fitting(cut(alone()), cursor));
        if message.is_none() {
            let (id, max) = (changed.row.id, self.message_bytes_max);
            warn!(
                article.id = id,
                "article {id} is not told to the queue: its title and address have no room in {max} bytes"
            );
        }
        Ok(message)
    }

    /// By what a message is known. What is told anew is another message: the stream must not take it for the one that it had.
    fn id(&self, cursor: &str) -> String {
        format!("{cursor}-{}", self.told_since.replace(['-', ':'], ""))
    }

    fn fitting(&self, mut value: Value, cursor: &str) -> Option<Vec<u8>> {
        value["cursor"] = json!(cursor);
        value["told_since"] = json!(self.told_since);
        // Not by `Display`, which writes each piece as text of its own.
        let message = serde_json::to_vec(&value).ok()?;
        (message.len() <= self.message_bytes_max).then_some(message)
    }
}

/// Says of a message that it has not all that there is.
fn cut(mut value: Value) -> Value {
    value["is_cut"] = json!(true);
    value
}

/// What a message says of its place.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) place: Place,
    pub(super) told_since: String,
}

impl Told {
    /// Reads a message; nothing where it is none of ours.
    pub(super) fn read(message: &[u8]) -> Option<Told> {
        let value: Value = serde_json::from_slice(message).ok()?;
        let place = Place::parse(value["cursor"].as_str()?).ok()?;
        Some(Told { place, told_since: value["told_since"].as_str()?.to_owned() })
    }
}
