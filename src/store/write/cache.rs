//! What the writing thread keeps in memory from one transaction to the next, to save queries.
//!
//! All of it is also in the file. After a rollback the cache is cleared, and filled from the file when it is next needed.

use rusqlite::Connection;

use crate::config::StoriesSettings;
use crate::dedup::hash::NumberMap;
use crate::store::write::articles::shingles::RecentShingles;
use crate::store::write::articles::texts::RecentTexts;
use crate::store::write::removal::walk::Walk;
use crate::store::write::stories::cache::{StoryCache, generation};

/// Articles whose root is kept: one or two megabytes. Beyond that all are dropped at once. The articles asked about hold
/// shingles of the latest ones, and those soon change.
const ROOTS_MAX: usize = 1 << 16;

/// The cache of the writing thread.
#[derive(Debug)]
pub(in crate::store) struct Cache {
    recent_shingles: Option<RecentShingles>,
    roots: NumberMap<i64, i64>,
    stories: Option<StoryCache>,
    texts: RecentTexts,
    retention: Walk,
    settings: StoriesSettings,
}

impl Cache {
    /// An empty cache.
    pub(in crate::store) fn new(settings: StoriesSettings) -> Cache {
        Cache {
            recent_shingles: None,
            roots: NumberMap::default(),
            stories: None,
            texts: RecentTexts::default(),
            retention: Walk::default(),
            settings,
        }
    }

    /// Empties the cache.
    pub(in crate::store) fn clear(&mut self) {
        *self = Cache::new(self.settings);
    }

    /// The stories that articles may still join. They are read again when a command has changed stories in the file. The
    /// article that asks is in the file, and not yet in the cache.
    pub(in crate::store) fn stories(
        &mut self,
        connection: &Connection,
        arrived_id: i64,
    ) -> rusqlite::Result<&mut StoryCache> {
        let generation = generation(connection)?;
        match &mut self.stories {
            Some(stories) if stories.generation() == generation => {}
            stale => *stale = Some(StoryCache::load(connection, self.settings, generation, arrived_id)?),
        }
        self.stories.as_mut().ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The same, and the texts of articles that were read lately.
    pub(in crate::store) fn stories_and_texts(
        &mut self,
        connection: &Connection,
        arrived_id: i64,
    ) -> rusqlite::Result<(&mut StoryCache, &mut RecentTexts)> {
        self.stories(connection, arrived_id)?;
        Ok((self.stories.as_mut().ok_or(rusqlite::Error::QueryReturnedNoRows)?, &mut self.texts))
    }

    /// The texts of articles that were read lately.
    pub(in crate::store) fn texts(&mut self) -> &mut RecentTexts {
        &mut self.texts
    }

    /// The shingles that are not in their bucket yet.
    pub(in crate::store) fn recent_shingles(
        &mut self,
        connection: &Connection,
    ) -> rusqlite::Result<&mut RecentShingles> {
        match &mut self.recent_shingles {
            Some(recent) => Ok(recent),
            none => Ok(none.insert(RecentShingles::load(connection)?)),
        }
    }

    /// How far the walk through all articles is that takes away what is too old.
    pub(in crate::store) fn retention(&mut self) -> &mut Walk {
        &mut self.retention
    }

    /// The root of the lineage of each article asked about. To be cleared when an article changes its place in one.
    pub(in crate::store) fn roots(&mut self) -> &mut NumberMap<i64, i64> {
        if self.roots.len() >= ROOTS_MAX {
            self.roots.clear();
        }
        &mut self.roots
    }
}
