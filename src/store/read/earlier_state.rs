//! How an article read at an earlier time. Its wordings and its removal have a history.

use rusqlite::params;

use crate::store::file::columns::public_time;
use crate::store::file::error::StoreError;
use crate::store::read::article_records::ArticleDetails;
use crate::store::read::articles::RevisionRow;
use crate::store::read::as_of::AsOf;
use crate::store::read::reader::Reader;

/// How an article read then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierState {
    /// Its wording, where that was another than now.
    pub wording: Option<RevisionRow>,
    /// Whether its removal was not known yet.
    pub was_there: bool,
}

impl Reader {
    /// How an article read at an earlier time. Of a wording whose time is not known it is taken that it was there.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn state_as_of(
        &self,
        article: &ArticleDetails,
        revisions: &[RevisionRow],
        as_of: AsOf,
    ) -> Result<EarlierState, StoreError> {
        let id = article.row.id;
        match as_of {
            AsOf::Time(time) => {
                let time = public_time(time);
                let is_later = article.updated_at > time;
                let earlier = revisions.iter().rev().find(|wording| wording.seen_at <= time);
                Ok(EarlierState {
                    wording: earlier.or(revisions.first()).filter(|_| is_later).cloned(),
                    was_there: article.removed_at.as_ref().is_some_and(|removed_at| *removed_at > time),
                })
            }
            AsOf::Change(number) => {
                let sql =
                    "SELECT coalesce(wording_seq, 0) > ?2, coalesce(removed_seq, 0) > ?2 FROM articles WHERE id = ?1";
                let of_article = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let (is_later, was_there): (bool, bool) =
                    self.connection().query_row(sql, params![id, number], of_article)?;
                let sql = "SELECT max(revision) FROM revisions WHERE article_id = ?1 AND coalesce(change_seq, 0) <= ?2";
                let last: Option<u32> = self.connection().query_row(sql, params![id, number], |row| row.get(0))?;
                let earlier = revisions.iter().find(|wording| Some(wording.revision) == last);
                Ok(EarlierState { wording: earlier.or(revisions.first()).filter(|_| is_later).cloned(), was_there })
            }
        }
    }
}
