//! Stories: which articles tell of the same event.
//!
//! * `join`: the story of a new article; `cache`: the stories that it may join.
//! * `edits`: commands that merge and split stories.

pub(in crate::store) mod join;

pub(in crate::store) mod cache;

pub(in crate::store) mod edits;
