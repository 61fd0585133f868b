//! A transaction of the writing thread.

use std::cell::{RefCell, RefMut};
use std::ops::Deref;

use rusqlite::Connection;

use crate::store::write::cache::Cache;

/// A transaction together with the cache of the writing thread. It serves as a [`Connection`].
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct WriteTransaction<'a> {
    connection: &'a Connection,
    cache: &'a RefCell<Cache>,
}

impl<'a> WriteTransaction<'a> {
    /// Joins the two. Whoever rolls the transaction back must clear the cache.
    pub(in crate::store) fn new(connection: &'a Connection, cache: &'a RefCell<Cache>) -> WriteTransaction<'a> {
        WriteTransaction { connection, cache }
    }

    /// The cache, for one access at a time.
    pub(in crate::store) fn cache(&self) -> RefMut<'a, Cache> {
        self.cache.borrow_mut()
    }
}

impl Deref for WriteTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
