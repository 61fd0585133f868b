//! Which page an article's present text was read on. The rows of `_text_pages`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::dedup::reading::PageForm;
use crate::model::{Article, CanonicalUrl};
use crate::store::file::columns::public_time;

/// A page that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextPage {
    asked: i64,
    answered: i64,
    wording: i64,
    /// Whether it is the page that the article goes by.
    is_own: bool,
    /// When it was changed, by its own word.
    modified_at: Option<Timestamp>,
}

impl TextPage {
    pub(super) fn new(asked: &CanonicalUrl, answered: &CanonicalUrl, article: &Article, is_own: bool) -> TextPage {
        let eight = |bytes: &[u8]| bytes.iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte));
        let hash = |url: &CanonicalUrl| eight(&Sha256::digest(url.page_key()));
        let title = article.title.as_deref().unwrap_or_default();
        let wording = Sha256::new().chain_update(article.fingerprint.0).chain_update(title).finalize();
        TextPage {
            asked: hash(asked),
            answered: hash(answered),
            wording: eight(&wording),
            is_own,
            modified_at: article.modified_at,
        }
    }

    /// What it is to the text of an article that is stored.
    pub(super) fn form(&self, connection: &Connection, article_id: i64) -> rusqlite::Result<PageForm> {
        Ok(match stored(connection, article_id)? {
            Some(stored) if stored.asked != self.asked && stored.answered != self.answered => {
                // That it was changed since is no matter of its form.
                let was_changed = self.is_own && self.is_later_than(connection, article_id)?;
                match (was_changed, self.is_own) {
                    (true, _) => PageForm::OfText,
                    (false, true) => PageForm::Own,
                    (false, false) => PageForm::Other,
                }
            }
            Some(stored) if stored.wording == self.wording => PageForm::AsBefore,
            None | Some(_) => PageForm::OfText,
        })
    }

    /// Whether it says that it was changed later than the stored text does.
    fn is_later_than(&self, connection: &Connection, article_id: i64) -> rusqlite::Result<bool> {
        let Some(modified_at) = self.modified_at else { return Ok(false) };
        connection
            .prepare_cached("SELECT modified_at IS NOT NULL AND modified_at < ?2 FROM articles WHERE id = ?1")?
            .query_row(params![article_id, public_time(modified_at)], |row| row.get(0))
    }

    /// Notes it as the page of an article's text, if it gave that text, or is the article's own: changes are to be seen
    /// there. Returns whether it was another one before.
    pub(super) fn settle(&self, connection: &Connection, article_id: i64, gave_text: bool) -> rusqlite::Result<bool> {
        let before = stored(connection, article_id)?;
        let is_other = |page: &Stored| page.asked != self.asked && page.answered != self.answered;
        let was_other = before.as_ref().is_some_and(is_other);
        if was_other && !gave_text && !self.is_own {
            return Ok(false);
        }
        connection
            .prepare_cached(
                "INSERT INTO _text_pages (article_id, asked, answered, wording) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (article_id) DO UPDATE SET asked = ?2, answered = ?3, wording = ?4",
            )?
            .execute(params![article_id, self.asked, self.answered, self.wording])?;
        Ok(was_other)
    }
}

struct Stored {
    asked: i64,
    answered: i64,
    wording: i64,
}

fn stored(connection: &Connection, article_id: i64) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached("SELECT asked, answered, wording FROM _text_pages WHERE article_id = ?1")?
        .query_row([article_id], |row| Ok(Stored { asked: row.get(0)?, answered: row.get(1)?, wording: row.get(2)? }))
        .optional()
}
