//! Lines of the log that another machine can bring about as often as it likes: they are said once a minute, with how many there were.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two lines. Of what goes on for a day there are some thousand then.
const SAID_EVERY: Duration = Duration::from_mins(1);

/// Something that is said seldom, however often it happens.
#[derive(Debug)]
pub(super) struct Seldom {
    lines_max: u32,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    /// When the first line of this minute was said.
    since: Option<Instant>,
    n_lines: u32,
    /// How often it happened without a line.
    n_unsaid: u64,
}

impl Default for Seldom {
    fn default() -> Seldom {
        Seldom::of_lines(1)
    }
}

impl Seldom {
    /// With so many lines a minute, for what people want to read one by one.
    pub(super) fn of_lines(lines_max: u32) -> Seldom {
        Seldom { lines_max, said: Mutex::default() }
    }

    /// Notes that it happened so often at once. Comes back with how often it did without being said, where it is to be said now.
    pub(super) fn happened(&self, n_times: u64) -> Option<Others> {
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.since.is_none_or(|since| now.saturating_duration_since(since) >= SAID_EVERY) {
            (said.since, said.n_lines) = (Some(now), 0);
        }
        if said.n_lines >= self.lines_max {
            said.n_unsaid = said.n_unsaid.saturating_add(n_times);
            return None;
        }
        said.n_lines += 1;
        Some(Others(std::mem::take(&mut said.n_unsaid)))
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

    #[tokio::test(start_paused = true)]
    async fn what_is_read_one_by_one_has_more_lines_and_no_end_of_them() {
        let seldom = Seldom::of_lines(3);
        let n_said = |n: u32| (0..n).filter(|_| seldom.happened(1).is_some()).count();
        assert_eq!((n_said(2), n_said(1000)), (2, 1));
        tokio::time::advance(SAID_EVERY).await;
        assert_eq!(
            seldom.happened(1).map(|others| others.to_string()).as_deref(),
            Some(" (999 more since this was last said)")
        );
        assert_eq!(n_said(1000), 2);
    }
}
