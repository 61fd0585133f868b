//! How often a publisher is asked.

use std::time::Duration;

/// How a publisher is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the end of one request to the start of the next.
    pub pause: Duration,
    /// Requests at one time.
    pub n_at_once: usize,
}

/// The wait for a turn would be too long, or nobody can give one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// How long it would be from now.
    pub wait: Duration,
}
