//! Commands for whoever runs it.
//!
//! * `status`: how it stands.
//! * `config`: the settings.
//! * `schema`: the tables and what they mean.
//! * `completions`: for a shell.
//! * `man`: the manual.

pub(crate) mod status;

pub(crate) mod config;

pub(crate) mod schema;

pub(crate) mod completions;

pub(crate) mod man;
