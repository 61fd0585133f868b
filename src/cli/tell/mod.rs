//! Commands about who is told of what.
//!
//! * `watch`: what somebody wants to be told of; `trial`: what it would have told.
//! * `receivers`: who is told.
//! * `sender`: whether anybody sends.

pub(crate) mod watch;

mod trial;

pub(crate) mod receivers;

mod sender;
