//! What a merge takes from the other database besides its articles as an export has them.

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use crate::model::{DeletedIdentity, RecordedAddress};
use crate::store::file::error::StoreError;
use crate::store::read::reader::Reader;
use crate::store::read::salvage;

impl Reader {
    /// Refuses a snapshot: it does not say what was deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError::Snapshot`] for one, and when the database cannot be read.
    pub fn check_mergeable(&self) -> Result<(), StoreError> {
        self.needs_the_database("what was deleted, by which a merge goes")
    }

    /// The numbers of all articles, in their order. Where pages of the file are damaged they are those that an index has, or that can be
    /// read; what is not known then is noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn article_ids(&self) -> Result<Vec<i64>, StoreError> {
        match self.rows("SELECT id FROM articles ORDER BY id", params![], |row| row.get(0)) {
            Err(StoreError::Malformed { .. }) => {
                let listing = salvage::list(self.connection());
                listing.lost().for_each(|row| self.note_damage(row));
                Ok(listing.articles.into_iter().map(|listed| listed.id).collect())
            }
            numbers => numbers,
        }
    }

    /// The addresses that lead to an article. Those on a damaged page are noted as damage.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn links_of(&self, article_id: i64) -> Result<Vec<RecordedAddress>, StoreError> {
        let addresses = self.rows(
            "SELECT url_key, url, host FROM _links WHERE article_id = ?1 ORDER BY id",
            params![article_id],
            |row| Ok(RecordedAddress { key: row.get(0)?, url: row.get(1)?, publisher: row.get(2)? }),
        );
        self.unless_damaged(addresses, || format!("the addresses of article {article_id}"))
    }

    /// The articles of each story that has several, by their numbers.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn shared_stories(&self) -> Result<Vec<Vec<i64>>, StoreError> {
        let members: Vec<(i64, i64)> = self.rows(
            "SELECT story_id, article_id FROM story_members ORDER BY story_id, article_id",
            params![],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let stories = members.chunk_by(|left, right| left.0 == right.0).filter(|members| members.len() > 1);
        Ok(stories.map(|members| members.iter().map(|(_, article)| *article).collect()).collect())
    }

    /// By what the articles are known that were deleted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn deleted_identities(&self) -> Result<Vec<DeletedIdentity>, StoreError> {
        let mut signs = match self
            .deleted_addresses(" AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = _links.article_id)")
        {
            Err(StoreError::Malformed { place, damage }) => {
                let listing = salvage::list(self.connection());
                // What is lost was not deleted, and may come again.
                if !listing.is_complete() {
                    return Err(StoreError::Malformed { place, damage });
                }
                let there: HashSet<i64> = listing.articles.iter().map(|listed| listed.id).collect();
                let mut known = self.deleted_addresses("")?;
                known.retain(|(article, _)| !there.contains(article));
                known
            }
            signs => signs?,
        };
        let slugs: HashMap<i64, String> = self
            .rows("SELECT id, slug FROM sources", params![], |row| Ok((row.get(0)?, row.get(1)?)))?
            .into_iter()
            .collect();
        let others: Vec<(i64, String)> =
            self.rows("SELECT article_id, sign FROM _deleted", params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
        signs.extend(others.into_iter().filter_map(|(article, sign)| Some((article, identity_of(sign, &slugs)?))));
        signs.sort_by_key(|(article, _)| *article);
        Ok(signs.into_iter().map(|(_, identity)| identity).collect())
    }
}

impl Reader {
    /// The articles that addresses lead to, those of a choice.
    fn deleted_addresses(&self, which: &str) -> Result<Vec<(i64, DeletedIdentity)>, StoreError> {
        let sql = format!("SELECT article_id, url_key, url, host FROM _links WHERE article_id IS NOT NULL{which}");
        self.rows(&sql, params![], |row| {
            let identity = DeletedIdentity::Address { key: row.get(1)?, url: row.get(2)?, publisher: row.get(3)? };
            Ok((row.get(0)?, identity))
        })
    }
}

/// What a row of `_deleted` says, if it can be said of another database.
fn identity_of(sign: String, slugs: &HashMap<i64, String>) -> Option<DeletedIdentity> {
    let Some(of_source) = sign.strip_prefix("guid ") else {
        return sign.starts_with("text ").then_some(DeletedIdentity::Text(sign));
    };
    let (source, guid) = of_source.split_once(' ')?;
    let source = slugs.get(&source.parse().ok()?)?.clone();
    Some(DeletedIdentity::Guid { source, guid: guid.to_owned() })
}
