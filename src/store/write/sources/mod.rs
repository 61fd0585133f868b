//! The list of sources, and what polls of them bring.
//!
//! * `sync`: the sources file; `list_at_address`: a list that lies elsewhere; `add`: sources that no file lists; `edits`: commands beside a running daemon.
//! * `polls`: the commit of a poll; `gaps`: what was missed between two.
//! * `schedule`: due times and health; `credentials`: under which names those of sources are kept.

pub(in crate::store) mod sync;

pub(in crate::store) mod list_at_address;

pub(in crate::store) mod add;

pub(in crate::store) mod edits;

pub(in crate::store) mod polls;

pub(in crate::store) mod gaps;

pub(in crate::store) mod schedule;

mod credentials;
