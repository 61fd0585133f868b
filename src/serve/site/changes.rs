//! `/api/changes`: articles as they come in or change, for programs. Whoever asks may wait for the next.
//!
//! A cursor says up to where somebody has read, in which database and in which of its states. It is theirs to keep: whoever asks with the
//! same cursor again gets the same changes again, so that none is lost to a program that dies over them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::asked::Asked;
use super::views::source;
use crate::forms;
use crate::serve::miss::Miss;
use crate::serve::readers::Readers;
use crate::store::{ArticleFilter, ChangeRow, Reader, StoreError};

/// Changes in an answer, where nobody says otherwise, and at most.
const LIMIT: u32 = 500;
const LIMIT_MAX: u32 = 1000;

/// Longest wait, in seconds: proxies give up after sixty.
const WAIT_MAX: u64 = 50;

/// Those that wait at one time. Pages want connections too.
const WAITING_MAX: usize = 128;

/// Between two looks for something new, however many wait for it.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// How long those who cannot wait are sent away, in seconds.
pub(super) const AWAY: u64 = 10;

/// Waits for changes.
#[derive(Debug)]
pub(super) struct Changes {
    waiting: Semaphore,
    /// When somebody looked last, and the last change then.
    looked: Mutex<Option<(Instant, i64)>>,
}

impl Changes {
    pub(super) fn new() -> Changes {
        Changes { waiting: Semaphore::new(WAITING_MAX), looked: Mutex::default() }
    }

    /// The changes that are asked for; where there are none, and it is wished, the next ones.
    pub(super) async fn tell(&self, readers: &Readers, asked: Asked) -> Result<Value, Miss> {
        let wait = asked.number::<u64>("wait")?.unwrap_or(0).min(WAIT_MAX);
        let deadline = Instant::now() + Duration::from_secs(wait);
        let mut question = Question::of(&asked)?;
        let mut turn = None;
        loop {
            let (answered, is_over) = {
                let (asking, is_over) = (question.clone(), Instant::now() >= deadline);
                (readers.ask(move |reader| asking.answer(reader)).await?, is_over)
            };
            let place = match answered {
                Answer::Some(value) => return Ok(value),
                Answer::None(value, _) if is_over => return Ok(value),
                Answer::None(_, place) => place,
            };
            if turn.is_none() {
                turn = Some(self.waiting.try_acquire().map_err(|_| Miss::Crowded)?);
            }
            // What was left out is not looked at again.
            let position = place.position;
            question.place = Some(place);
            while Instant::now() < deadline && self.last_change(readers).await? <= position {
                tokio::time::sleep(LOOK_PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
            }
        }
    }

    /// The last change, as somebody saw it a moment ago.
    async fn last_change(&self, readers: &Readers) -> Result<i64, Miss> {
        let mut looked = self.looked.lock().await;
        match *looked {
            Some((at, last)) if at.elapsed() < LOOK_PAUSE => Ok(last),
            _ => {
                let last = readers.ask(|reader| Ok(reader.last_change()?)).await?;
                *looked = Some((Instant::now(), last));
                Ok(last)
            }
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug)]
struct Question {
    /// Behind which change; absent: from the first on.
    place: Option<Place>,
    /// From the next one on.
    is_from_now: bool,
    source: Option<String>,
    language: Option<String>,
    limit: u32,
    /// Whether their number is all that is asked for.
    is_count: bool,
}

enum Answer {
    Some(Value),
    /// Nothing, and up to where there is nothing.
    None(Value, Place),
}

impl Question {
    fn of(asked: &Asked) -> Result<Question, Miss> {
        let cursor = asked.text("cursor");
        let is_from_now = cursor == Some("now");
        let place = cursor.filter(|_| !is_from_now).map(Place::parse).transpose()?;
        Ok(Question {
            place,
            is_from_now,
            source: asked.text("source").map(str::to_owned),
            language: asked.text("lang").map(str::to_owned),
            limit: asked.number("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX),
            is_count: asked.text("count").is_some(),
        })
    }

    fn answer(&self, reader: &Reader) -> Result<Answer, Miss> {
        let last = reader.last_change()?;
        let after = match &self.place {
            Some(place) => place.check(reader, last)?,
            None if self.is_from_now => last,
            None => 0,
        };
        let source_id = self.source.as_deref().map(|slug| source(reader, slug)).transpose()?.map(|row| row.id);
        let filter = ArticleFilter { source_id, language: self.language.clone(), ..ArticleFilter::default() };
        if self.is_count {
            let n = reader.n_changes_after(&filter, after)?;
            let value = json!({ "n": n, "cursor": Place::at(after, reader)?.to_string() });
            return Ok(if n > 0 { Answer::Some(value) } else { Answer::None(value, Place::at(after, reader)?) });
        }
        let rows = reader.changes_after(&filter, after, self.limit)?;
        let is_all = rows.len() < self.limit as usize;
        let position = match rows.last() {
            Some(row) if !is_all => row.change_seq,
            _ => last.max(after),
        };
        let place = Place::at(position, reader)?;
        let changes: Vec<Value> = rows.iter().map(|row: &ChangeRow| forms::changes::value(row, after)).collect();
        let is_empty = changes.is_empty();
        let value = json!({ "changes": changes, "cursor": place.to_string(), "more": !is_all });
        Ok(if is_empty { Answer::None(value, place) } else { Answer::Some(value) })
    }
}

/// A place behind a change: the number of the change, the database's name and the epoch that gave the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    position: i64,
    database: String,
    epoch: Option<String>,
}

impl Place {
    /// Behind a change.
    fn at(position: i64, reader: &Reader) -> Result<Place, Miss> {
        Ok(Place { position, database: name(reader)?, epoch: reader.epoch_of(position)? })
    }

    /// Behind the last change, where there is one to come.
    pub(super) fn last(reader: &Reader) -> Option<Place> {
        Place::at(reader.last_change().ok()?, reader).ok()
    }

    fn parse(text: &str) -> Result<Place, Miss> {
        let mut parts = text.splitn(3, '-');
        let parsed = (|| {
            let position = parts.next()?.parse().ok().filter(|position| *position >= 0)?;
            let database = parts.next().filter(|name| !name.is_empty())?.to_owned();
            let epoch = parts.next().filter(|epoch| !epoch.is_empty()).map(str::to_owned);
            Some(Place { position, database, epoch })
        })();
        parsed
            .ok_or_else(|| Miss::Wrong(format!("cursor={text}: is none that was given here; without one all is told")))
    }

    /// The position, where it is one of this state of this database.
    fn check(&self, reader: &Reader, last: i64) -> Result<i64, Miss> {
        let gone =
            |why: &str| Err(Miss::Gone(format!("the cursor is of {why}; without one all is told from the first on")));
        if self.database != name(reader)? {
            return gone("another database");
        }
        if self.position > last || self.epoch != reader.epoch_of(self.position)? {
            return gone("a state that this database has no more: it was put back from an older copy");
        }
        Ok(self.position)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.position, self.database, self.epoch.as_deref().unwrap_or_default())
    }
}

fn name(reader: &Reader) -> Result<String, Miss> {
    reader.database_name().map_err(|error| match error {
        StoreError::Snapshot { .. } => Miss::NotFound("nothing changes in a snapshot".to_owned()),
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
