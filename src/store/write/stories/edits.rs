//! Edits of stories by commands, beside a running daemon: merging and splitting. Later articles are compared with the
//! edited stories.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::config::StoreSettings;
use crate::store::file::change_seq::NEXT_CHANGE;
use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::write::beside::beside;

/// Merges stories: the articles of the others move to `into`, and the others go. Returns how many articles moved.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn merge_stories_beside(settings: &StoreSettings, into: i64, others: &[i64]) -> Result<usize, StoreError> {
    beside(settings, |connection| {
        let mut n_moved = 0;
        for other in others.iter().filter(|other| **other != into) {
            let members = members_of(connection, *other)?;
            n_moved += move_all(connection, &members, into)?;
            recount(connection, *other)?;
            connection.execute("UPDATE _merged_stories SET into_id = ?2 WHERE into_id = ?1", [*other, into])?;
            let sql = "INSERT OR REPLACE INTO _merged_stories (story_id, into_id) VALUES (?1, ?2)";
            connection.execute(sql, [*other, into])?;
        }
        recount(connection, into)?;
        note_change(connection)?;
        Ok(n_moved)
    })
}

/// Moves articles from their stories to a new one. Returns its row id.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long.
pub fn split_story_beside(settings: &StoreSettings, articles: &[i64]) -> Result<i64, StoreError> {
    beside(settings, |connection| {
        let new = connection
            .prepare_cached("INSERT INTO stories (n_articles, n_sources, updated_at) VALUES (0, 0, ?1)")?
            .insert([public_time(Timestamp::now())])?;
        let mut left = Vec::new();
        for article in articles {
            left.push(connection.query_row(
                "SELECT story_id FROM story_members WHERE article_id = ?1",
                [article],
                |row| row.get(0),
            )?);
        }
        move_all(connection, articles, new)?;
        for article in articles {
            set_part(connection, *article, new)?;
        }
        left.sort_unstable();
        left.dedup();
        for story in left {
            recount(connection, story)?;
        }
        recount(connection, new)?;
        note_change(connection)?;
        Ok(new)
    })
}

/// The articles of a story.
pub(in crate::store) fn members_of(connection: &Connection, story: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT article_id FROM story_members WHERE story_id = ?1 ORDER BY article_id")?
        .query_map([story], |row| row.get(0))?
        .collect()
}

fn move_all(connection: &Connection, articles: &[i64], story: i64) -> rusqlite::Result<usize> {
    for article in articles {
        // First, with a number of its own: by that the triggers know that it is not another program that puts the article there.
        connection
            .prepare_cached(&format!("UPDATE articles SET story_id = ?2, change_seq = {NEXT_CHANGE} WHERE id = ?1"))?
            .execute([*article, story])?;
        connection
            .prepare_cached(
                "UPDATE story_members SET story_id = ?2, reason = 'hand', score = NULL, terms = '[]' WHERE article_id = ?1",
            )?
            .execute([*article, story])?;
    }
    Ok(articles.len())
}

/// Says with what an article is compared from now on: what it was found to be like when this story was opened.
pub(super) fn set_part(connection: &Connection, article: i64, part: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE _story_signatures SET part = ?2 WHERE article_id = ?1";
    connection.prepare_cached(sql)?.execute([article, part]).map(|_| ())
}

/// Counts the articles of a story again.
pub(in crate::store) fn recount(connection: &Connection, story: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO _recounted_stories (story_id) VALUES (?1)";
    connection.prepare_cached(sql)?.execute([story]).map(|_| ())
}

/// Lets the writing thread read stories again.
pub(in crate::store) fn note_change(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE _story_state SET generation = generation + 1", []).map(|_| ())
}
