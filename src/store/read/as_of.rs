//! What the store said at an earlier time: which articles it had, and how they read.
//!
//! Wordings, removals and sightings have a history. Other columns have none, and are as they are now.

use jiff::Timestamp;
use rusqlite::ToSql;

use crate::store::file::columns::public_time;

/// An earlier state of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// At this time, that second included.
    Time(Timestamp),
    /// Behind this change (`articles.change_seq`).
    Change(i64),
}

impl AsOf {
    /// The condition for articles that were there, and the value of its parameter `:as_of`. One that came in before changes were kept was there
    /// at all of them.
    pub(in crate::store) fn condition(self) -> (&'static str, Box<dyn ToSql>) {
        match self {
            AsOf::Time(time) => ("articles.first_seen_at <= :as_of", Box::new(public_time(time))),
            AsOf::Change(number) => ("coalesce(articles.new_seq, 0) <= :as_of", Box::new(number)),
        }
    }
}
