//! Read-only questions and the shapes of their answers. Knows nothing of `write`.

pub(super) mod reader;

pub(super) mod records;

pub(super) mod address_history;

pub(super) mod changes;

pub(super) mod lineage;

pub(super) mod stories;

pub(super) mod user_query;
