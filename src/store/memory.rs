//! What the writing thread remembers from one transaction to the next, so that it need not ask the file each time.
//!
//! All of it stands in the file too. After a transaction that came to nothing it is forgotten, and read again when it
//! is next needed.

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::ops::Deref;

use rusqlite::Connection;

use crate::config::StoriesSettings;

use super::shingles::RecentShingles;
use super::stories::{self, Stories};

/// Articles whose root is remembered, a megabyte or two; then all are forgotten at once. Those asked about are the
/// holders of the last articles' shingles, which are soon other ones.
const ROOTS_MAX: usize = 1 << 16;

/// What is remembered.
#[derive(Debug)]
pub(super) struct Memory {
    recent_shingles: Option<RecentShingles>,
    roots: HashMap<i64, i64>,
    stories: Option<Stories>,
    settings: StoriesSettings,
}

impl Memory {
    /// Nothing yet.
    pub(super) fn new(settings: StoriesSettings) -> Memory {
        Memory { recent_shingles: None, roots: HashMap::new(), stories: None, settings }
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Memory::new(self.settings);
    }

    /// The stories that are still being told, as they stand in the file: somebody else may have changed them by hand.
    /// The article that asks is in the file, and not yet among what is remembered.
    pub(super) fn stories(&mut self, connection: &Connection, arrived_id: i64) -> rusqlite::Result<&mut Stories> {
        let generation = stories::generation(connection)?;
        match &mut self.stories {
            Some(stories) if stories.generation() == generation => {}
            stale => *stale = Some(Stories::load(connection, self.settings, generation, arrived_id)?),
        }
        self.stories.as_mut().ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The shingles that no bucket holds yet.
    pub(super) fn recent_shingles(&mut self, connection: &Connection) -> rusqlite::Result<&mut RecentShingles> {
        match &mut self.recent_shingles {
            Some(recent) => Ok(recent),
            none => Ok(none.insert(RecentShingles::load(connection)?)),
        }
    }

    /// The first articles of the lineages that articles belong to. To be forgotten when an article's place changes.
    pub(super) fn roots(&mut self) -> &mut HashMap<i64, i64> {
        if self.roots.len() >= ROOTS_MAX {
            self.roots.clear();
        }
        &mut self.roots
    }
}

/// A transaction of the writing thread, with its memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct WriteTransaction<'a> {
    connection: &'a Connection,
    memory: &'a RefCell<Memory>,
}

impl<'a> WriteTransaction<'a> {
    /// Joins the two. Whoever rolls the transaction back makes the memory forget.
    pub(super) fn new(connection: &'a Connection, memory: &'a RefCell<Memory>) -> WriteTransaction<'a> {
        WriteTransaction { connection, memory }
    }

    /// The memory, for one access at a time.
    pub(super) fn memory(&self) -> RefMut<'a, Memory> {
        self.memory.borrow_mut()
    }
}

impl Deref for WriteTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
