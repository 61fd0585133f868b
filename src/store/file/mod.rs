//! The database file itself: its schema, how it is opened and copied, and how values stand in its columns.
//!
//! Knows neither `write` nor `read`; both build on it.

pub(super) mod schema;

pub(super) mod columns;

pub(super) mod change_seq;

pub(super) mod public_schema;

pub(super) mod new_file;

pub(super) mod backup;

pub(super) mod snapshot;
