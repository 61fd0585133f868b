//! The writing thread, and what runs inside its transactions.
//!
//! * `handle`: the handle to the thread. It sends a `unit` of work and awaits the result.
//! * `thread`: takes the units that wait into one `transaction`. `cache` is what it keeps in memory between them.
//! * `claims`: hands out due sources and links.
//! * `sources`: the list of sources, and the commit of a poll. `links`, `entries` and `sightings` are what a poll
//!   brings.
//! * `articles`: the commit of a fetched or imported article. `stories` groups articles by event.
//! * `publishers`, `hosts`, `fetches`, `daemon`: turns of publishers, what hosts have said, HTTP exchanges and the
//!   heartbeat.
//! * `queue_state`: how the queue of the workers is.
//! * `gates`: what stands before the articles of a publisher.
//! * `removal`: takes away what is stored, by hand or by age.
//! * `reading`: what feed readers on other devices mark as read and starred.
//! * `merge`: takes over what another database has besides articles.
//! * `epochs`: tells by whom the numbers of changes were given.
//! * `alarms`: what is wrong of the intake, as rows, and what sources are used to.
//! * `clock`: sets right what was written while the clock was ahead.
//! * `retries`: what people ask for by hand, a new start or a single address.
//! * `watches`: what somebody wants to be told of, and the messages about it.
//! * `volumes`: takes the texts of a month out, into a file of their own. `packing`: fills the pages again from which texts went.
//! * `beside`: short transactions of commands, beside a running daemon.
//!
//! Knows nothing of `read`.

pub(super) mod handle;

mod queue;

mod unit;

mod thread;

mod transaction;

mod cache;

pub(super) mod claims;

pub(super) mod commits;

pub(super) mod sources;

mod entries;

mod links;

pub(in crate::store) mod retries;

mod sightings;

pub(super) mod articles;

pub(super) mod stories;

mod publishers;

pub(super) mod gates;

mod hosts;

mod fetches;

pub(super) mod daemon;

mod queue_state;

mod clock;

pub(super) mod alarms;

mod epochs;

pub(super) mod removal;

pub(super) mod reading;

mod merge;

pub(in crate::store) mod watches;

pub(super) mod volumes;

mod packing;

pub(super) mod beside;
