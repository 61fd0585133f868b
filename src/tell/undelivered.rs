//! Why a message was not delivered.

use std::fmt;
use std::time::Duration;

/// Why a message was not delivered, or perhaps was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// In words.
    pub reason: String,
    /// How long the receiver asks to be left in peace.
    pub retry_after: Option<Duration>,
    /// Whether it says that it is no more.
    pub is_gone: bool,
}

impl Undelivered {
    /// What may be otherwise the next time.
    #[must_use]
    pub fn passing(reason: String) -> Undelivered {
        Undelivered { reason, retry_after: None, is_gone: false }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Undelivered {}
