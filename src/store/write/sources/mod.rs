//! The list of sources, and what polls of them bring.

pub(in crate::store) mod list;

pub(in crate::store) mod edits;

pub(in crate::store) mod polls;

pub(in crate::store) mod gaps;
