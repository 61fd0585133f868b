//! What watches have to tell of changes.
//!
//! * `words`: the words of a text, as the full-text indexes have them, and what a query asks of them.
//! * `index`: which of many queries a text answers, found by its words.
//! * `book`: the watches, in memory.
//! * `judge`: what they have to tell of the changes behind a number.

mod words;

mod index;

pub(in crate::store) mod book;

pub(in crate::store) mod judge;
