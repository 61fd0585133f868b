//! Which story an article belongs to.

pub(in crate::store) mod join;

pub(in crate::store) mod cache;

pub(in crate::store) mod edits;
