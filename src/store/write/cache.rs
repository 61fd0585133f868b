//! What the writing thread remembers from one transaction to the next, so that it need not ask the file each time.
//!
//! All of it stands in the file too. After a transaction that came to nothing it is forgotten, and read again when it
//! is next needed.

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::ops::Deref;

use rusqlite::Connection;

use crate::config::StoriesSettings;

use crate::store::write::articles::shingles::RecentShingles;
use crate::store::write::stories::cache::{self, StoryCache};

/// Articles whose root is remembered, a megabyte or two; then all are forgotten at once. Those asked about are the
/// holders of the last articles' shingles, which are soon other ones.
const ROOTS_MAX: usize = 1 << 16;

/// What is remembered.
#[derive(Debug)]
pub(in crate::store) struct Cache {
    recent_shingles: Option<RecentShingles>,
    roots: HashMap<i64, i64>,
    stories: Option<StoryCache>,
    settings: StoriesSettings,
}

impl Cache {
    /// Nothing yet.
    pub(in crate::store) fn new(settings: StoriesSettings) -> Cache {
        Cache { recent_shingles: None, roots: HashMap::new(), stories: None, settings }
    }

    /// Forgets everything.
    pub(in crate::store) fn forget(&mut self) {
        *self = Cache::new(self.settings);
    }

    /// The stories that are still being told, as they stand in the file: somebody else may have changed them by hand.
    /// The article that asks is in the file, and not yet among what is remembered.
    pub(in crate::store) fn stories(
        &mut self,
        connection: &Connection,
        arrived_id: i64,
    ) -> rusqlite::Result<&mut StoryCache> {
        let generation = cache::generation(connection)?;
        match &mut self.stories {
            Some(stories) if stories.generation() == generation => {}
            stale => *stale = Some(StoryCache::load(connection, self.settings, generation, arrived_id)?),
        }
        self.stories.as_mut().ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The shingles that no bucket holds yet.
    pub(in crate::store) fn recent_shingles(
        &mut self,
        connection: &Connection,
    ) -> rusqlite::Result<&mut RecentShingles> {
        match &mut self.recent_shingles {
            Some(recent) => Ok(recent),
            none => Ok(none.insert(RecentShingles::load(connection)?)),
        }
    }

    /// The first articles of the lineages that articles belong to. To be forgotten when an article's place changes.
    pub(in crate::store) fn roots(&mut self) -> &mut HashMap<i64, i64> {
        if self.roots.len() >= ROOTS_MAX {
            self.roots.clear();
        }
        &mut self.roots
    }
}

/// A transaction of the writing thread, with its memory.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct WriteTransaction<'a> {
    connection: &'a Connection,
    memory: &'a RefCell<Cache>,
}

impl<'a> WriteTransaction<'a> {
    /// Joins the two. Whoever rolls the transaction back makes the memory forget.
    pub(in crate::store) fn new(connection: &'a Connection, memory: &'a RefCell<Cache>) -> WriteTransaction<'a> {
        WriteTransaction { connection, memory }
    }

    /// The memory, for one access at a time.
    pub(in crate::store) fn memory(&self) -> RefMut<'a, Cache> {
        self.memory.borrow_mut()
    }
}

impl Deref for WriteTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
