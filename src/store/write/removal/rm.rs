//! Deleting articles that somebody names, beside a running daemon.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::config::StoreSettings;
use crate::store::file::error::StoreError;
use crate::store::write::beside::beside;
use crate::store::write::removal::delete;

/// What became of an article that was to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedArticle {
    /// Its number.
    pub id: i64,
    /// Its headline; absent where it had none, or was deleted before.
    pub title: Option<String>,
    /// Whether it was there.
    pub was_there: bool,
}

/// Deletes articles, and tells those who read changes. Their addresses and GUIDs stay known, so that they do not come back as new;
/// with `forgets` these go too.
///
/// # Errors
///
/// When the database cannot be written; [`StoreError::Busy`] when another transaction takes too long. Nothing is deleted then.
pub fn remove_articles_beside(
    settings: &StoreSettings,
    ids: &[i64],
    forgets: bool,
) -> Result<Vec<RemovedArticle>, StoreError> {
    beside(settings, |connection| {
        let mut removed = Vec::with_capacity(ids.len());
        for id in ids {
            let title: Option<Option<String>> = connection
                .prepare_cached("SELECT title FROM articles WHERE id = ?1")?
                .query_row([id], |row| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned)))
                .optional()?;
            if title.is_some() {
                delete::tell(connection, *id, Timestamp::now())?;
                delete::delete(connection, *id)?;
                // Nothing of its words stays.
                connection
                    .prepare_cached("UPDATE _taken_back SET title = NULL WHERE article_id = ?1")?
                    .execute([id])?;
            }
            if forgets {
                connection.prepare_cached("UPDATE _taken_back SET url = NULL WHERE article_id = ?1")?.execute([id])?;
                delete::forget_signs(connection, *id)?;
                connection.prepare_cached("DELETE FROM _links WHERE article_id = ?1")?.execute([id])?;
            }
            removed.push(RemovedArticle { id: *id, was_there: title.is_some(), title: title.flatten() });
        }
        Ok(removed)
    })
}
