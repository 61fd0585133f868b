//! Stories in the memory of the writing thread: those that articles may still join, and how often words occur.

use rusqlite::{Connection, Params, params};

use crate::config::StoriesSettings;
use crate::dedup::story::active::{ActiveStories, Joining};
use crate::dedup::story::frequencies::Frequencies;
use crate::dedup::story::terms::{Signature, Terms};
use crate::dedup::story::translated::Translated;
use crate::store::file::volumes::KNOWN_BODY;
use crate::store::write::stories::translated;

/// Latest stored articles whose words are counted at start, to know which words are rare. More take longer to read and
/// change little.
const ARTICLES_COUNTED: u32 = 4000;

/// Stories in memory.
#[derive(Debug)]
pub(in crate::store) struct StoryCache {
    pub(super) active: ActiveStories,
    pub(super) frequencies: Frequencies,
    generation: i64,
    /// What articles mean, for those in other languages.
    pub(super) translated: Translated,
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
        let mut statement = connection.prepare(&format!(
            "SELECT title, {KNOWN_BODY}, language FROM articles WHERE id < ?1 AND body_kind <> 'wall'
             ORDER BY id DESC LIMIT ?2"
        ))?;
        let mut rows = statement.query(params![arrived_id, ARTICLES_COUNTED])?;
        while let Some(row) = rows.next()? {
            let (title, language) = (row.get_ref(0)?.as_str_or_null()?, row.get_ref(2)?.as_str_or_null()?);
            Terms::of(title, row.get_ref(1)?.as_str()?, language).note(&mut frequencies);
        }
        let mut active = ActiveStories::new(settings.window_s, settings.articles_max);
        let joining = remembered(connection, "ORDER BY article_id", [])?;
        active.join_all(joining);
        let articles_max = i64::try_from(settings.articles_max).unwrap_or(i64::MAX);
        let translated = translated::load(connection, settings.articles_max)?;
        Ok(StoryCache { active, frequencies, generation, translated, articles_max })
    }

    /// The generation that was read.
    pub(in crate::store) fn generation(&self) -> i64 {
        self.generation
    }
}

/// The articles of a part of a story that are remembered, in the order in which they came.
pub(super) fn remembered_of(connection: &Connection, story: i64, part: i64) -> rusqlite::Result<Vec<Joining>> {
    remembered(connection, "WHERE story_id = ?1 AND part = ?2 ORDER BY article_id", [story, part])
}

fn remembered(connection: &Connection, which: &str, values: impl Params) -> rusqlite::Result<Vec<Joining>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT story_id, part, article_id, signature, at_s, has_own_headline, is_routine
         FROM _story_signatures JOIN story_members USING (article_id) {which}"
    ))?;
    let joining = statement.query_map(values, |row| {
        Ok(Joining {
            story: row.get(0)?,
            part: row.get(1)?,
            article: row.get(2)?,
            signature: Signature::from_bytes(row.get_ref(3)?.as_blob()?),
            at_s: row.get(4)?,
            has_own_headline: row.get(5)?,
            is_framed: row.get(6)?,
        })
    })?;
    joining.collect()
}

/// The generation of stories: how often commands have changed them.
pub(in crate::store) fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT generation FROM _story_state")?.query_row([], |row| row.get(0))
}
