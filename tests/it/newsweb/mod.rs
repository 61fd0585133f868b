//! Builders for the tests: resources that misbehave, and a newspaper whose article is read from a document that is not
//! part of this repository.
//!
//! A test takes the sites it needs, starts a [`newswire::demo::web::NewsWeb`] of its own with them, and leads the client
//! there by `resolve_entries`.

pub(crate) mod dailytimes;

pub(crate) mod faults;

pub(crate) mod long_reads;

pub(crate) mod scripted;
