//! The fetch of an article that is being committed, and what is written for what came of it: the article, its addresses, its
//! links and sightings, or that there is none.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{
    Absence, Alias, ArticleOutcome, ArticleResult, Failure, LinkId, PageRole, ReadPage, StoredArticle, Validators,
    Verdict,
};
use crate::store::write::articles::arrival::{Arrival, Identity};
use crate::store::write::articles::revisits::{self, Absent, Revisits};
use crate::store::write::articles::take_back::take_back;
use crate::store::write::articles::upsert::{Upserted, upsert};
use crate::store::write::articles::{lookalikes, row};
use crate::store::write::gates::GateChange;
use crate::store::write::links::LinkState;
use crate::store::write::sources::schedule;
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::{links, sightings};

/// What became of the fetch of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleCommit {
    /// The article, when there was one.
    pub stored: Option<StoredArticle>,
    /// The lease had run out and another fetch has taken its place: only the exchanges were written.
    pub is_stale: bool,
    /// The article that was found to be removed.
    pub removed: Option<i64>,
    /// The gate that was found, or that is open now.
    pub gate: Option<GateChange>,
    /// What stood where the article should.
    pub obstruction: Option<Failure>,
    /// Articles that were none, and are stored no more.
    pub taken_back: Vec<i64>,
    /// Articles that were made of single pages of this one, and are stored no more.
    pub merged: Vec<i64>,
}

/// A fetch whose claim still holds.
pub(super) struct Fetch<'a> {
    pub(super) transaction: &'a WriteTransaction<'a>,
    pub(super) outcome: &'a ArticleOutcome,
    /// The article that the link has led to before.
    pub(super) known_article_id: Option<i64>,
    pub(super) was_cut_off: bool,
    pub(super) is_entry: bool,
    pub(super) revisits: Revisits<'a>,
    pub(super) now: Timestamp,
}

impl Fetch<'_> {
    /// The page holds an article.
    pub(super) fn commit_article(
        &self,
        page: &ReadPage,
        page_at: Option<Timestamp>,
        identity: Identity,
    ) -> rusqlite::Result<ArticleCommit> {
        let ReadPage { article, answered, publisher, further_pages, .. } = page;
        let candidate = &self.outcome.candidate;
        // The text of a feed's entry has no page to revisit, or one that it stands in for.
        let is_page = !self.outcome.exchanges.is_empty() && page_at.is_none();
        let first = self.link_of_first_page(page)?;
        let arrival = Arrival {
            source: candidate.source,
            guid: candidate.hints.guid.as_deref(),
            identity: match first.as_ref().and_then(|first| first.article_id) {
                Some(known) => Identity { known_article_id: Some(known), ..identity },
                None => identity,
            },
            answered: Some(answered),
            asked: is_page.then_some(if page.is_own() { &candidate.url } else { &answered.url }),
            further_pages,
            was_cut_off: first.as_ref().map_or(self.was_cut_off, |first| first.was_cut_off),
            is_entry: self.is_entry,
            is_address_given: false,
            first_seen_at: candidate.first_seen_at,
            now: self.now,
            record: None,
        };
        let upserted = upsert(self.transaction, article, &arrival)?;
        self.finish_links(page, &upserted, is_page, page_at)?;
        let Upserted { stored, url, .. } = upserted;
        row::mark_present(self.transaction, stored.id)?;
        if is_page && let Some(url) = &url {
            links::prefer_own_page(self.transaction, candidate, &answered.url, url)?;
        }
        let merged = self.merge_parts(page, stored.id)?;
        let canonical = url.map(|url| Alias { url, publisher: publisher.clone() });
        // The address of an entry that shares it leads to no single article.
        for alias in canonical.iter().chain([answered]).chain(further_pages).filter(|_| !self.is_entry) {
            links::add_alias(self.transaction, alias, stored.id, self.now)?;
        }
        // The article that the link led to before has lost its address to another one.
        let removed = self.known_article_id.filter(|known| *known != stored.id && !merged.contains(known));
        if let Some(removed) = removed {
            row::mark_removed(self.transaction, removed, self.now)?;
        }
        self.move_sightings(&stored)?;
        Ok(ArticleCommit { stored: Some(stored), removed, merged, ..ArticleCommit::default() })
    }

    /// The link of the first page, where a later one was asked for and that link is known.
    fn link_of_first_page(&self, page: &ReadPage) -> rusqlite::Result<Option<LinkState>> {
        match page.first_page() {
            Some(first) => links::state_at(self.transaction, &first.url.key()),
            None => Ok(None),
        }
    }

    /// Releases the link, and sets when the page is read again: where the first page was read in its place, that one.
    fn finish_links(
        &self,
        page: &ReadPage,
        upserted: &Upserted,
        is_page: bool,
        page_at: Option<Timestamp>,
    ) -> rusqlite::Result<()> {
        let (link, id) = (self.outcome.candidate.link, upserted.stored.id);
        if let Some(first) = page.first_page() {
            links::add_alias(self.transaction, first, id, self.now)?;
        }
        if !matches!(page.role, PageRole::Later) {
            return self.finish_link(link, &page.validators, upserted, is_page, page_at);
        }
        match self.link_of_first_page(page)?.filter(|first| first.article_id == Some(id)) {
            Some(first) => {
                links::finish(self.transaction, link, Some(id), Some(&Validators::default()), None)?;
                self.finish_link(first.id, &page.validators, upserted, is_page, page_at)
            }
            None => self.finish_link(link, &Validators::default(), upserted, is_page, page_at),
        }
    }

    /// Releases the link of the page that was read, and sets when it is read again.
    fn finish_link(
        &self,
        link: LinkId,
        validators: &Validators,
        upserted: &Upserted,
        is_page: bool,
        page_at: Option<Timestamp>,
    ) -> rusqlite::Result<()> {
        let Upserted { stored, is_cut_off, is_from_new_page, .. } = upserted;
        if *is_from_new_page {
            revisits::end_elsewhere(self.transaction, stored.id, link)?;
        }
        let revisit_at = match is_page {
            true if *is_cut_off => self.revisits.soon(),
            true => self.revisits.next_by(link, stored.id)?,
            false => page_at,
        };
        // By the validators of a part, the same part would not be seen again.
        let validators = Some(validators).filter(|_| !is_cut_off);
        links::finish(self.transaction, link, Some(stored.id), validators, revisit_at)?;
        if *is_cut_off {
            links::note_cut_off(self.transaction, link, self.now)?;
        }
        Ok(())
    }

    /// Takes back articles that were made of single pages of this one, whose links are to lead to it. Returns them.
    fn merge_parts(&self, page: &ReadPage, whole: i64) -> rusqlite::Result<Vec<i64>> {
        let mut parts = BTreeSet::new();
        for further_page in &page.further_pages {
            parts.extend(links::article_at(self.transaction, &further_page.url.key())?);
        }
        parts.extend(self.known_article_id.filter(|_| !page.is_own()));
        parts.remove(&whole);
        let mut merged = Vec::new();
        for part in parts {
            if lookalikes::is_part_of(self.transaction, part, whole)? {
                take_back(self.transaction, part, self.now, self.now)?;
                merged.push(part);
            }
        }
        Ok(merged)
    }

    /// Gives the article the sightings of its link.
    fn move_sightings(&self, stored: &StoredArticle) -> rusqlite::Result<()> {
        let sources = sightings::move_to_article(self.transaction, self.outcome.candidate.link.0, stored.id)?;
        if matches!(stored.verdict, Verdict::New | Verdict::Duplicate { .. }) {
            for source in sources {
                schedule::note_new_article(self.transaction, source, self.now)?;
            }
        }
        Ok(())
    }

    /// The page is as it was.
    pub(super) fn commit_unchanged(&self) -> rusqlite::Result<ArticleCommit> {
        let revisit_at = match self.known_article_id {
            Some(id) => self.revisits.next(id)?,
            None => None,
        };
        links::finish(self.transaction, self.outcome.candidate.link, self.known_article_id, None, revisit_at)?;
        if let Some(id) = self.known_article_id {
            row::mark_present(self.transaction, id)?;
        }
        Ok(ArticleCommit::default())
    }

    /// The host was busy.
    pub(super) fn postpone(&self, until: Timestamp) -> rusqlite::Result<ArticleCommit> {
        revisits::postpone(self.transaction, self.outcome.candidate.link, until, self.now)?;
        Ok(ArticleCommit::default())
    }

    /// There is no article to be had from the page, now or for good.
    pub(super) fn commit_absence(
        &self,
        known_article_id: Option<i64>,
        absence: Absence,
        retry_at: Option<Timestamp>,
    ) -> rusqlite::Result<ArticleCommit> {
        Ok(match self.revisits.after_failure(known_article_id, absence, retry_at)? {
            Absent::Perhaps => ArticleCommit::default(),
            Absent::Removed(id) => ArticleCommit { removed: Some(id), ..ArticleCommit::default() },
            Absent::AsBefore(id) => {
                let stored = StoredArticle { id, verdict: Verdict::Known { article_id: id } };
                ArticleCommit { stored: Some(stored), ..ArticleCommit::default() }
            }
        })
    }

    /// Notes how the fetch went for a source that is a single article.
    pub(super) fn note_source_health(&self) -> rusqlite::Result<()> {
        let Some(source) = self.outcome.candidate.source else { return Ok(()) };
        let failure = match &self.outcome.result {
            ArticleResult::Postponed { .. } => return Ok(()),
            ArticleResult::Failed { failure, .. } => Some(failure),
            ArticleResult::Obstructed(obstruction) => Some(&obstruction.failure),
            ArticleResult::Article(_) | ArticleResult::Unvouched(_) | ArticleResult::Unchanged => None,
        };
        schedule::note_article_source(self.transaction, source, failure, self.now)
    }
}
