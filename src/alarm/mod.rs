//! Whether a source behaves as it is used to: silences, thin days, worse texts. Pure.
//!
//! What each source does is learned from what polls and pages bring, and judged against that alone:
//! * `week`: how often it brings something at each hour of the week.
//! * `silence`: how long its silences last, in time that runs as fast as it brings things.
//! * `drift`: sequential tests that something is less than it was.
//! * `levels`: quality, length and completeness of its articles.
//! * `common`: what all sources, or those of one language, do at once: holidays are nobody's loss.
//! * `habits`: all of that for one source, and the judgment.
//! * `verdict`: what may be wrong, and how sure that is.
//! * `packed`: the form in which it is kept.
//!
//! A judgment has a confidence: the probability that something is lost, given how often such a thing would come about by
//! chance with this source, and how often sources break ([`LOSSES_A_MONTH`]).

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "hours, counts and bins: far below 2^24, and not below 0"
)]

mod common;

mod drift;

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
pub use verdict::{Doubt, Ending, LOSSES_A_MONTH, OPENS_AT, Symptom};
