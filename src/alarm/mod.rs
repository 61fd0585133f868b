//! Whether a source behaves as it is used to: silences, thin days, worse texts. Pure.
//!
//! What each source does is learned from what polls and pages bring, and judged against that alone:
//! * `week`: how often it brings something at each hour of the week.
//! * `silence`: how long its silences last, in time that runs as fast as it brings things.
//! * `drift`: sequential tests that something is less than it was.
//! * `fall`: quality, length and completeness of an article, seen at once.
//! * `levels`: whether its articles are as they were.
//! * `common`: what all sources, or those of one language, do at once: holidays are nobody's loss.
//! * `habits`: all of that for one source, and the judgment.
//! * `verdict`: what may be wrong, and how sure that is.
//! * `packed`: the form in which it is kept.
//!
//! What speaks for a loss is how seldom such a thing would come about by chance with this source, beside how often sources lose
//! something. A judgment has a confidence: the share of judgments on which as much spoke for a loss that were true where the truth was
//! known.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "hours, counts and bins: far below 2^24, and not below 0"
)]

mod common;

mod drift;

mod fall;

mod habits;

mod levels;

mod packed;

mod silence;

mod verdict;

mod week;

#[cfg(test)]
mod tests;

pub use common::Newsroom;
pub use habits::{Habits, Poll, Reading};
pub use verdict::{Doubt, Ending, Symptom};
