//! Stories in the memory of the writing thread: those that articles may still join, and how often words occur.

use rusqlite::{Connection, params};

use crate::config::StoriesSettings;
use crate::dedup::story::active::{ActiveStories, Joining};
use crate::dedup::story::frequencies::Frequencies;
use crate::dedup::story::terms::{Signature, Terms};

/// Latest stored articles whose words are counted at start, to know which words are rare. More take longer to read and
/// change little.
const ARTICLES_COUNTED: u32 = 4000;

/// Stories in memory.
#[derive(Debug)]
pub(in crate::store) struct StoryCache {
    pub(super) active: ActiveStories,
    pub(super) frequencies: Frequencies,
    generation: i64,
    pub(super) articles_max: i64,
}

impl StoryCache {
    /// Reads the articles before one that has just been stored.
    pub(in crate::store) fn load(
        connection: &Connection,
        settings: StoriesSettings,
        generation: i64,
        arrived_id: i64,
    ) -> rusqlite::Result<StoryCache> {
        let mut frequencies = Frequencies::default();
        let mut statement = connection.prepare(
            "SELECT title, body, language FROM articles WHERE id < ?1 AND body_kind <> 'wall'
             ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![arrived_id, ARTICLES_COUNTED])?;
        while let Some(row) = rows.next()? {
            let (title, language) = (row.get_ref(0)?.as_str_or_null()?, row.get_ref(2)?.as_str_or_null()?);
            Terms::of(title, row.get_ref(1)?.as_str()?, language).note(&mut frequencies);
        }
        let mut active = ActiveStories::new(settings.window_s, settings.articles_max);
        let mut statement = connection.prepare(
            "SELECT story_id, article_id, signature, at_s, has_own_headline, is_framed
             FROM _story_signatures JOIN story_members USING (article_id) ORDER BY article_id",
        )?;
        let mut rows = statement.query([])?;
        let mut joining = Vec::new();
        while let Some(row) = rows.next()? {
            joining.push(Joining {
                story: row.get(0)?,
                article: row.get(1)?,
                signature: Signature::from_bytes(row.get_ref(2)?.as_blob()?),
                at_s: row.get(3)?,
                has_own_headline: row.get(4)?,
                is_framed: row.get(5)?,
            });
        }
        active.join_all(joining);
        let articles_max = i64::try_from(settings.articles_max).unwrap_or(i64::MAX);
        Ok(StoryCache { active, frequencies, generation, articles_max })
    }

    /// The generation that was read.
    pub(in crate::store) fn generation(&self) -> i64 {
        self.generation
    }
}

/// The generation of stories: how often commands have changed them.
pub(in crate::store) fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT generation FROM _story_state")?.query_row([], |row| row.get(0))
}
