//! Committing a page: it holds the article that its link has led to before, or something that stands in the place of that.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::dedup::presence::{Presence, Promises};
use crate::dedup::{self, Known};
use crate::model::{Absence, Alias, Article, BodyKind, ErrorClass, Failure, ReadPage, StoredArticle, Verdict};
use crate::revision::substance;
use crate::store::write::articles::arrival::Identity;
use crate::store::write::articles::fetch::{ArticleCommit, Fetch};
use crate::store::write::articles::lookalikes;
use crate::store::write::gates;
use crate::store::write::links;

/// Why a page that holds an article is not believed yet.
const OTHER_ARTICLE: &str =
    "another article stands where this one stood; if it still does at the next look, it is believed";

/// An article that is stored with the words of a page.
struct Elsewhere {
    id: i64,
    /// Whether it goes by the address of that page.
    has_this_address: bool,
}

impl Fetch<'_> {
    /// The page holds an article, or something that stands in its place. `page_at` is when the page is asked for again
    /// where the text is that of the feed's entry, which stands in for it. `is_vouched` says whether the page has what its
    /// link promised.
    pub(super) fn commit_page(
        &self,
        page: &ReadPage,
        page_at: Option<Timestamp>,
        is_vouched: bool,
    ) -> rusqlite::Result<ArticleCommit> {
        let ReadPage { article, answered, .. } = page;
        if let Some(deleted) = self.deleted_article(article, answered)? {
            return self.commit_deleted(deleted);
        }
        let is_known = Identity { known_article_id: self.known_article_id, is_unlike: false };
        let Some(known_id) = self.known_article_id else { return self.commit_article(page, page_at, is_known) };
        let Some(known) = lookalikes::known(self.transaction, known_id)? else {
            return self.commit_article(page, page_at, is_known);
        };
        match self.presence(page, &known, is_vouched)? {
            // There was no article before.
            Presence::Article if known.body_kind == BodyKind::Wall.as_str() => {
                self.commit_article(page, page_at, Identity { is_unlike: true, ..is_known })
            }
            Presence::Article => self.commit_article(page, page_at, is_known),
            Presence::Barrier => self.commit_barrier(known_id),
            Presence::Notice => self.commit_absence(Some(known_id), Absence::Likely, None),
            Presence::Unlike if self.is_believed(known_id, is_vouched)? => {
                self.commit_article(page, page_at, Identity { is_unlike: true, ..is_known })
            }
            Presence::Other if self.revisits.is_missing()? => match self.stored_elsewhere(page)? {
                None => self.commit_article(page, page_at, Identity::default()),
                // It was there before.
                Some(Elsewhere { id, has_this_address: true }) => {
                    self.commit_article(page, page_at, Identity { known_article_id: Some(id), ..is_known })
                }
                Some(_) => self.commit_absence(Some(known_id), Absence::Likely, None),
            },
            Presence::Unlike | Presence::Other => {
                let commit = self.commit_absence(Some(known_id), Absence::Likely, None)?;
                let failure = Failure { class: ErrorClass::OtherPage, reason: OTHER_ARTICLE.to_owned() };
                Ok(ArticleCommit { obstruction: Some(failure), ..commit })
            }
        }
    }

    /// What stands where a known article stood.
    pub(super) fn presence(&self, page: &ReadPage, known: &Known, is_vouched: bool) -> rusqlite::Result<Presence> {
        let listed = self.listed_title()?;
        let promises = Promises { title: listed.as_deref(), are_kept: is_vouched };
        let presence = match dedup::presence::tell(&page.article, known, promises) {
            Presence::Article if self.is_that_of_another(page, known)? => Presence::Other,
            presence => presence,
        };
        // An entry that reads otherwise is another article by its GUID alone, and no notice of absence.
        let is_of_feed = self.outcome.exchanges.is_empty() || page.article.body_kind == BodyKind::Feed;
        let is_page = !is_of_feed && !self.is_entry;
        Ok(match presence {
            Presence::Article | Presence::Barrier => presence,
            _ if !is_page => Presence::Article,
            // What was read there before may never have been an article.
            Presence::Other if gates::may_be_notice(self.transaction, known.id)? => Presence::Unlike,
            _ => presence,
        })
    }

    /// The headline that the source of the link gives it now.
    fn listed_title(&self) -> rusqlite::Result<Option<String>> {
        self.transaction
            .prepare_cached("SELECT entry_title FROM _links WHERE id = ?1")?
            .query_row([self.outcome.candidate.link.0], |row| row.get(0))
    }

    /// Whether a page has the headline that the source of its link gives it now. The one that is stored is that of before.
    pub(super) fn is_as_listed(&self, page: &ReadPage) -> rusqlite::Result<bool> {
        let (Some(_), Some(title)) = (self.known_article_id, &page.article.title) else { return Ok(false) };
        let site_name = page.article.site_name.as_deref();
        Ok(self.listed_title()?.is_some_and(|listed| substance::titles_agree(&listed, title, site_name)))
    }

    /// Whether a page that has nothing of the known article is believed to hold it.
    fn is_believed(&self, known_article_id: i64, is_vouched: bool) -> rusqlite::Result<bool> {
        Ok(self.revisits.is_missing()? || is_vouched && gates::is_unvouched(self.transaction, known_article_id)?)
    }

    /// Whether a page came from the address of another stored article, and has hardly anything of the known one.
    fn is_that_of_another(&self, page: &ReadPage, known: &Known) -> rusqlite::Result<bool> {
        let at_address = links::article_at(self.transaction, &page.answered.url.key())?;
        Ok(at_address.is_some_and(|id| id != known.id) && !dedup::is_same_article(&page.article, known))
    }

    /// The article with these words that is stored, so that nothing is lost if it is not stored under this address too;
    /// nothing where the page leads to one by its own address.
    fn stored_elsewhere(&self, page: &ReadPage) -> rusqlite::Result<Option<Elsewhere>> {
        let url = page.article.url.as_ref().unwrap_or(&page.answered.url);
        let by_address = links::article_at(self.transaction, &url.key())?;
        if by_address.is_some_and(|id| Some(id) != self.known_article_id) {
            return Ok(None);
        }
        let Some(id) = lookalikes::find_by_wording(self.transaction, &page.article)? else { return Ok(None) };
        let has_this_address = self
            .transaction
            .prepare_cached("SELECT url IS ?2 FROM articles WHERE id = ?1")?
            .query_row(params![id, url.as_str()], |row| row.get(0))?;
        Ok(Some(Elsewhere { id, has_this_address }))
    }

    /// One of the addresses led to an article that is deleted here. It does not come back as new.
    fn commit_deleted(&self, deleted: i64) -> rusqlite::Result<ArticleCommit> {
        let article_id = self.known_article_id.unwrap_or(deleted);
        links::finish(self.transaction, self.outcome.candidate.link, Some(article_id), None, None)?;
        Ok(ArticleCommit::default())
    }

    /// The article that the link, the canonical address or the one that answered led to, and that is no longer stored.
    fn deleted_article(&self, article: &Article, answered: &Alias) -> rusqlite::Result<Option<i64>> {
        if self.is_entry {
            let Some(id) = self.known_article_id else { return Ok(None) };
            return Ok(lookalikes::known(self.transaction, id)?.is_none().then_some(id));
        }
        let listed = &self.outcome.candidate.url;
        let canonical = article.url.as_ref().unwrap_or(listed);
        self.transaction
            .prepare_cached(
                "SELECT article_id FROM _links WHERE url_key IN (?1, ?2, ?3) AND article_id IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = _links.article_id) LIMIT 1",
            )?
            .query_row([listed.key(), canonical.key(), answered.url.key()], |row| row.get(0))
            .optional()
    }

    /// A wall, or a teaser of something else, stands before the known article.
    fn commit_barrier(&self, article_id: i64) -> rusqlite::Result<ArticleCommit> {
        let revisit_at = self.revisits.next(article_id)?;
        links::finish(self.transaction, self.outcome.candidate.link, Some(article_id), None, revisit_at)?;
        let stored = Some(StoredArticle { id: article_id, verdict: Verdict::Known { article_id } });
        Ok(ArticleCommit { stored, ..ArticleCommit::default() })
    }
}
