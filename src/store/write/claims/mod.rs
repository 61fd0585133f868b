//! Handing out due work.
//!
//! A claim is a lease: the due time moves to the end of the lease, and the outcome must bring back the claim's number. So
//! one column orders what is due, what is claimed, and what was lost in a crash.
//!
//! * `request`: what is asked for, and the lease.
//! * `claim`: a round of claims. `sources` and `links` are its two halves, `lanes` says whose turn is next.
//! * `release`: claims that end without an outcome.

pub(in crate::store) mod request;

pub(in crate::store) mod claim;

pub(in crate::store) mod release;

mod sources;

mod lanes;

mod links;
