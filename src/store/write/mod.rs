//! The writing thread, and all that runs inside its transactions. Knows nothing of `read`.

pub(super) mod handle;

pub(super) mod cache;

pub(super) mod beside;

pub(super) mod claims;

pub(super) mod sources;

pub(super) mod links;

pub(super) mod publishers;

pub(super) mod articles;

pub(super) mod stories;

pub(super) mod fetches;
