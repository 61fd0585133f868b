//! Articles in the order in which they came in or changed, as JSON; and cursors, which say up to where somebody has read, in which database
//! and in which of its states.

use serde_json::{Value, json};

use crate::forms::articles;
use crate::store::{ArticleFilter, ChangeRow, DocumentRow, Reader, StoreError};

/// What happened behind the changes that are known, as far as an article's row tells.
pub(crate) fn change(changed: &ChangeRow, known: i64) -> &'static str {
    let ChangeRow { row, is_removed, new_seq, wording_seq, .. } = changed;
    // Of articles of an earlier version of the program it is not known.
    let is_behind = |number: &Option<i64>| number.is_none_or(|number| number > known);
    match (is_removed, row.revision) {
        (true, _) => "removed",
        (_, 2..) if is_behind(wording_seq) => "revised",
        (_, ..2) if is_behind(new_seq) => "new",
        _ => "changed",
    }
}

/// A change. What changed up to `known` is known to whoever reads this.
pub(crate) fn value(changed: &ChangeRow, known: i64) -> Value {
    let mut value = articles::row(&changed.row);
    value["change_seq"] = json!(changed.change_seq);
    value["change"] = json!(change(changed, known));
    value["changed_at"] = json!(changed.changed_at);
    value
}

/// A change with the article's text and all else that an export has of the article itself.
pub(crate) fn with_text(changed: &ChangeRow, known: i64, document: &DocumentRow) -> Value {
    let mut value = value(changed, known);
    let details = articles::details(&document.article, &document.sources);
    if let (Some(value), Value::Object(details)) = (value.as_object_mut(), details) {
        value.extend(details);
    }
    value
}

/// The changes behind a place.
pub(crate) struct Behind {
    /// Each as JSON, oldest first.
    pub(crate) changes: Vec<Value>,
    /// Behind the last of them; where they are all, behind all that there are.
    pub(crate) place: Place,
    /// Whether there are no more.
    pub(crate) is_all: bool,
}

impl Behind {
    /// Reads so many changes behind a position; `last` is the last there is.
    pub(crate) fn read(
        reader: &Reader,
        filter: &ArticleFilter,
        after: i64,
        last: i64,
        limit: u32,
    ) -> Result<Behind, PlaceError> {
        let rows = reader.changes_after(filter, after, limit)?;
        let is_all = rows.len() < limit as usize;
        let position = match rows.last() {
            Some(row) if !is_all => row.change_seq,
            _ => last.max(after),
        };
        let changes = rows.iter().map(|row| value(row, after)).collect();
        Ok(Behind { changes, place: Place::at(position, reader)?, is_all })
    }
}

/// Why nobody can go on from a place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// It is no cursor.
    #[error("is none that was given here; without one all is told")]
    Unreadable,
    /// It is one of something else.
    #[error("the cursor is of {0}; without one all is told from the first on")]
    Gone(&'static str),
    /// There are no changes to come.
    #[error("nothing changes in a snapshot")]
    Snapshot,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A place behind a change: the number of the change, the database's name and the epoch that gave the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    position: i64,
    database: String,
    epoch: Option<String>,
}

impl Place {
    /// Behind a change.
    pub(crate) fn at(position: i64, reader: &Reader) -> Result<Place, PlaceError> {
        Ok(Place { position, database: name(reader)?, epoch: reader.epoch_of(position)? })
    }

    /// Behind another change of the same database.
    pub(crate) fn moved_to(&self, position: i64, reader: &Reader) -> Result<Place, PlaceError> {
        Ok(Place { position, database: self.database.clone(), epoch: reader.epoch_of(position)? })
    }

    /// Behind the last change, where there is one to come.
    pub(crate) fn last(reader: &Reader) -> Option<Place> {
        Place::at(reader.last_change().ok()?, reader).ok()
    }

    /// Behind which change it is, in the state that gave it.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Reads a cursor.
    pub(crate) fn parse(text: &str) -> Result<Place, PlaceError> {
        let mut parts = text.splitn(3, '-');
        let parsed = (|| {
            let position = parts.next()?.parse().ok().filter(|position| *position >= 0)?;
            let database = parts.next().filter(|name| !name.is_empty())?.to_owned();
            let epoch = parts.next().filter(|epoch| !epoch.is_empty()).map(str::to_owned);
            Some(Place { position, database, epoch })
        })();
        parsed.ok_or(PlaceError::Unreadable)
    }

    /// The position, where it is one of this state of this database.
    pub(crate) fn check(&self, reader: &Reader, last: i64) -> Result<i64, PlaceError> {
        if self.database != name(reader)? {
            return Err(PlaceError::Gone("another database"));
        }
        if self.position > last || self.epoch != reader.epoch_of(self.position)? {
            return Err(PlaceError::Gone("a state that this database has no more: it was put back from an older copy"));
        }
        Ok(self.position)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.position, self.database, self.epoch.as_deref().unwrap_or_default())
    }
}

fn name(reader: &Reader) -> Result<String, PlaceError> {
    reader.database_name().map_err(|error| match error {
        StoreError::Snapshot { .. } => PlaceError::Snapshot,
        error => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for place in [
            Place { position: 5, database: "abc".to_owned(), epoch: Some("d1-e2".to_owned()) },
            Place { position: 0, database: "abc".to_owned(), epoch: None },
        ] {
            assert_eq!(Place::parse(&place.to_string()).unwrap(), place);
        }
        for text in ["", "5", "5-", "-5-abc-", "x-abc-d", "5.5-abc-d"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
