//! Stories: which articles tell of the same event.
//!
//! * `join`: the story of a new article; `cache`: the stories that it may join.
//! * `part`: what turns out to be a story only for the make of its articles.
//! * `edits`: commands that merge and split stories.

pub(in crate::store) mod join;

pub(in crate::store) mod part;

pub(in crate::store) mod cache;

pub(in crate::store) mod edits;
