//! Taking away what is stored: by hand, or by age.
//!
//! * `delete`: one article, and what is remembered so that it does not come back.
//! * `rm`: articles that somebody names.
//! * `walk`: goes through all articles in the order of their time, a stretch at a time, and takes away what is older than a rule says.
//! * `prune`: the same at one go, and gives space back.

pub(in crate::store) mod delete;

pub(in crate::store) mod rm;

pub(in crate::store) mod walk;

pub(in crate::store) mod prune;
