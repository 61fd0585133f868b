//! Stories: which articles tell of the same event.
//!
//! * `join`: the story of a new article; `cache`: the stories that it may join.
//! * `part`: what turns out to be a story only for the make of its articles.
//! * `translated`: the story in other languages; `unite`: two stories that turn out to be one in two languages.
//! * `edits`: commands that merge and split stories.

pub(in crate::store) mod join;

pub(in crate::store) mod part;

mod translated;

mod unite;

pub(in crate::store) mod cache;

pub(in crate::store) mod edits;
