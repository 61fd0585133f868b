//! Putting two stories together that tell of one event in different languages, as a later article shows: its words are
//! those of the one, and its meaning is that of the other.

use rusqlite::{Connection, params};

use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::write::stories::cache::{StoryCache, remembered_of};
use crate::store::write::stories::edits::{members_of, recount};

/// Moves all articles of the later one of two stories to the earlier one, and returns which story an article of the first is
/// in now. Later articles are compared with either as before, by itself.
///
/// Both stay as they are where they share a language, since words have told them apart there, and where a person put an
/// article into one of them.
pub(super) fn unite(
    connection: &Connection,
    stories: &mut StoryCache,
    story: i64,
    (other, likeness): (i64, f64),
) -> rusqlite::Result<i64> {
    if story == other || !may_be_one(connection, story, other)? {
        return Ok(story);
    }
    let (into, from) = (story.min(other), story.max(other));
    let parts = parts_of(connection, from)?;
    for article in members_of(connection, from)? {
        connection
            .prepare_cached(&format!("UPDATE articles SET story_id = ?2, change_seq = {NEXT_CHANGE} WHERE id = ?1"))?
            .execute([article, into])?;
    }
    connection
        .prepare_cached(
            "UPDATE story_members SET story_id = ?1,
                 score = CASE WHEN reason = 'first' THEN ?3 ELSE score END,
                 reason = CASE WHEN reason = 'first' THEN 'translated' ELSE reason END
             WHERE story_id = ?2",
        )?
        .execute(params![into, from, likeness])?;
    recount(connection, from)?;
    recount(connection, into)?;
    for part in parts {
        stories.active.replace(part, remembered_of(connection, into, part)?);
    }
    Ok(into)
}

/// Whether two stories have no language in common, and nobody has put an article into one of them by hand.
fn may_be_one(connection: &Connection, story: i64, other: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "WITH told (story, language, reason) AS MATERIALIZED (
                 SELECT DISTINCT story_members.story_id, substr(language, 1, instr(language || '-', '-') - 1), reason
                 FROM story_members JOIN articles ON id = article_id WHERE story_members.story_id IN (?1, ?2))
             SELECT NOT EXISTS (SELECT 1 FROM told WHERE reason = 'hand' OR language IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM told JOIN told AS elsewhere USING (language)
                     WHERE told.story = ?1 AND elsewhere.story = ?2)",
        )?
        .query_row([story, other], |row| row.get(0))
}

fn parts_of(connection: &Connection, story: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT DISTINCT part FROM _story_signatures JOIN story_members USING (article_id)
             WHERE story_id = ?1 ORDER BY part",
        )?
        .query_map([story], |row| row.get(0))?
        .collect()
}
