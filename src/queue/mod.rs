//! Who may ask which hosts, where several machines fetch.
//!
//! Publishers are parted into shards, and a worker asks the hosts of those shards alone that it has a lease of.

mod lease;

pub use lease::{Entry, Lease, Outcome, Record, Step, Terms, Write};
