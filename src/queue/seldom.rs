//! Lines of the log that another machine can bring about as often as it likes: they are said once a minute, with how many there were.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two lines. Of what goes on for a day there are some thousand then.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// Something that is said seldom, however often it happens.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    at: Option<Instant>,
    /// How often it happened since then.
    n_since: u64,
}

impl Seldom {
    /// Notes that it happened so often at once. Comes back with how often it did without being said, where it is to be said now.
    pub(super) fn happened(&self, n_times: u64) -> Option<Others> {
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.at.is_some_and(|at| now.saturating_duration_since(at) < SAID_EVERY) {
            said.n_since = said.n_since.saturating_add(n_times);
            return None;
        }
        said.at = Some(now);
        Some(Others(std::mem::take(&mut said.n_since)))
    }
}

/// How many others there were since the last was said: the end of a line, which is empty where there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Others(u64);

impl fmt::Display for Others {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            n => write!(formatter, " ({n} more since this was last said)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SAID_EVERY, Seldom};

    #[tokio::test(start_paused = true)]
    async fn it_is_said_at_once_and_then_once_a_minute_with_how_often_it_was_not() {
        let seldom = Seldom::default();
        let said = |n| seldom.happened(n).map(|others| others.to_string());
        assert_eq!(said(1).as_deref(), Some(""));
        for _ in 0..1000 {
            assert_eq!(said(1), None);
        }
        assert_eq!(said(7), None);
        tokio::time::advance(SAID_EVERY).await;
        assert_eq!(said(1).as_deref(), Some(" (1007 more since this was last said)"));
        tokio::time::advance(SAID_EVERY).await;
        assert_eq!(said(1).as_deref(), Some(""));
    }
}
