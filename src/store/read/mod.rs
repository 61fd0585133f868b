//! Read-only questions and their answers.
//!
//! * `reader`: the connection. Each other file adds the questions of one subject, next to the rows that answer them.
//! * `cells`: the values of a row, and what is wrong with them. `salvage`: which articles there are where pages are damaged.
//! * `articles`, `article_filter`, `article_records`: articles, `documents` those of an export. `search` finds them by words, `changes` in the order in
//!   which they were written; `hits` are those that have the words, `passage` cuts out where these stand, `spellings` knows in which
//!   forms; `volume_hits` are those in the files of months that are closed, which `volumes` lists; `beginnings` finds the newest with a word that begins as very many do, `newest` the newest of a source.
//!   `few` knows which articles choices of few have. `unicode61` parts words as the index does.
//! * `latest`: what happened last.
//! * `as_of`, `earlier_state`: what the store said earlier.
//! * `sightings`, `lineage`, `stories`: the sources of an article, its copies, and its story.
//! * `addresses`, `address_history`: where an address leads, and what became of it.
//! * `list_changes`: what a list of sources would change.
//! * `sources`, `gaps`, `source_details`: the sources, what was missed of them, and all of one.
//! * `alarms`: what of the intake is wrong. `habits`: what sources bring, for whoever learns from it.
//! * `status`, `queue_state`, `backlog`, `sizes`: the state of everything, and of the queue of the workers, what is due, and what takes how
//!   much room.
//! * `asked`: what the process that ingests was asked for, and what came of it.
//! * `watching`: what watches have to tell of changes. `messages`: what waits to be sent, and was.
//! * `counts`: how many there are of what is listed in part. `numbers`: those whose numbers begin so.
//! * `reading`: what feed readers on other devices ask: what came in, and what of it was read.
//! * `merging`: what another database takes from this one.
//! * `user_query`: SQL by the user. `typed_query`: what people type to find something.
//!
//! Knows nothing of `write`.

pub(super) mod cells;

mod salvage;

mod ranking;
pub(super) mod reader;

pub(super) mod articles;

pub(super) mod documents;

pub(super) mod as_of;

pub(super) mod earlier_state;

pub(super) mod article_filter;

pub(super) mod article_records;

pub(super) mod search;

mod few;
mod hit;
mod hits;

mod volume_hits;

pub(super) mod volumes;

mod beginnings;

mod unicode61;

mod passage;

mod newest;

mod numbers;

pub(super) mod names;

mod spellings;

pub(super) mod counts;

pub(super) mod changes;

pub(super) mod watching;

pub(super) mod messages;

pub(super) mod latest;

pub(super) mod alarms;

pub(super) mod habits;

pub(super) mod sightings;

pub(super) mod lineage;

pub(super) mod list_changes;

pub(super) mod stories;

pub(super) mod addresses;

pub(super) mod address_history;

pub(super) mod sources;

pub(super) mod gaps;

pub(super) mod source_details;

pub(super) mod status;

mod queue_state;

pub(super) mod backlog;

pub(super) mod asked;

pub(super) mod reading;

pub(super) mod merging;

pub(super) mod sizes;

pub(super) mod typed_query;

pub(super) mod user_query;
