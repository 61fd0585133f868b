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
use crate::forms::changes::{Behind, Place, PlaceError};
use crate::serve::miss::Miss;
use crate::serve::readers::Readers;
use crate::store::{ArticleFilter, Reader};

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
            let position = place.position();
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
        asked.takes_only(&["cursor", "wait", "limit", "source", "lang", "count"])?;
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
            return Ok(if n > 0 {
                Answer::Some(value)
            } else {
                Answer::None(value, Place::at(last.max(after), reader)?)
            });
        }
        let Behind { changes, place, is_all } = Behind::read(reader, &filter, after, last, self.limit)?;
        let is_empty = changes.is_empty();
        let value = json!({ "changes": changes, "cursor": place.to_string(), "more": !is_all });
        Ok(if is_empty { Answer::None(value, place) } else { Answer::Some(value) })
    }
}

impl From<PlaceError> for Miss {
    fn from(error: PlaceError) -> Miss {
        match error {
            PlaceError::Unreadable => Miss::Wrong(format!("cursor: {error}")),
            PlaceError::Gone(_) => Miss::Gone(error.to_string()),
            PlaceError::Snapshot => Miss::NotFound(error.to_string()),
            PlaceError::Store(error) => error.into(),
        }
    }
}
