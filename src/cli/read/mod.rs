//! Commands that read the database, with the daemon up or down.
//!
//! * `filter`: which articles a command is about.
//! * `limit`: how much of a list is printed. `damage`: what is said of rows that cannot be read.
//! * `ls`: a list.
//! * `show`: one article.
//! * `revisions`: its wordings and what changed between them.
//! * `lineage`: whose text it is.
//! * `search`: full text.
//! * `stories`: events.
//! * `sql`: a question in SQL.
//! * `serve`: pages for a browser, and feeds.
//! * `mcp`: tools for an agent.
//! * `tail`: what came in and what changed.
//! * `cursor`: how far somebody has read.
//! * `why`: what has become of an address.

pub(crate) mod filter;

pub(crate) mod limit;

pub(crate) mod damage;

pub(crate) mod ls;

pub(crate) mod show;

pub(crate) mod revisions;

pub(crate) mod lineage;

pub(crate) mod search;

pub(crate) mod stories;

pub(crate) mod sql;

pub(crate) mod serve;

pub(crate) mod mcp;

pub(crate) mod tail;

pub(crate) mod cursor;

pub(crate) mod why;
