//! What a worker may ask: what it looks after, or has leave for, as long as the writer allows it; and everything where it is alone.

use std::time::Duration;

use tokio::time::Instant;

use crate::fetch::{Borrowing, Busy, Leave, Pace, Permits};

use super::permission::Permission;
use super::turns::Turns;

/// When to come again where the writer has not been heard of for a while.
const LEAVE_WAIT: Duration = Duration::from_secs(5);

/// [`Turns`], and everything while this worker is alone.
#[derive(Debug)]
pub struct Allowed {
    turns: Turns,
    permission: Permission,
}

impl Allowed {
    /// As both allow.
    #[must_use]
    pub fn new(turns: Turns, permission: Permission) -> Allowed {
        Allowed { turns, permission }
    }
}

impl Permits for Allowed {
    fn tenure_since(&self, publisher: &str) -> Option<Instant> {
        self.permission.alone_since().or_else(|| self.turns.tenure_since(publisher))
    }

    fn begin(&self, publisher: &str) -> Option<Leave> {
        if !self.permission.holds() {
            return None;
        }
        match self.permission.alone_since() {
            Some(since) => Some(Leave { since, until: vec![self.permission.until()], held: Box::new(()) }),
            None => self.turns.begin(publisher),
        }
    }

    fn borrow<'a>(&'a self, publisher: &'a str, pace: Pace, patience: Duration) -> Borrowing<'a> {
        if self.permission.holds() {
            self.turns.borrow(publisher, pace, patience)
        } else {
            Box::pin(async { Err(Busy { wait: LEAVE_WAIT }) })
        }
    }
}
