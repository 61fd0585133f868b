//! What changed between two wordings of one article. Pure.
//!
//! * [`substance`] says whether anything changed that counts: `dedup` makes a revision of that, and of nothing else.
//! * [`boilerplate`] knows the lines that change by themselves: times, counts of readers, pointers to other articles.
//! * [`difference`] tells what changed, by paragraphs and within them by words.
//! * [`sequence`] finds what two sequences have in common, in bounded time.

pub mod difference;

pub mod boilerplate;

pub mod sequence;

pub mod substance;

mod wording;

pub use wording::Wording;
