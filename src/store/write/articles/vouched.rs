//! Committing a page by what speaks for it: it has what its link promised, nothing tells, or something else stands where the
//! article should, perhaps a gate before those of other links as well.

use std::collections::BTreeSet;

use crate::dedup::presence::Presence;
use crate::model::{Absence, BodyKind, Obstruction, ReadPage, StoredArticle, Verdict};
use crate::store::write::articles::fetch::{ArticleCommit, Fetch};
use crate::store::write::articles::lookalikes;
use crate::store::write::articles::take_back::take_back;
use crate::store::write::gates::{self, Company};
use crate::store::write::links;

impl Fetch<'_> {
    /// The page holds the article that its link promised.
    pub(super) fn commit_vouched(&self, page: &ReadPage) -> rusqlite::Result<ArticleCommit> {
        let candidate = &self.outcome.candidate;
        let mut commit = self.commit_page(page, None, true)?;
        self.keep_revised(&commit)?;
        // That it reads as it did says nothing of one that nothing vouched for.
        let is_unvouched = match self.known_article_id {
            Some(known) => gates::is_unvouched(self.transaction, known)?,
            None => false,
        };
        if !is_unvouched && self.is_open(page, &commit) {
            commit.gate = gates::note_article(self.transaction, candidate, self.now)?;
            gates::forget_look(self.transaction, candidate.link)?;
        }
        Ok(commit)
    }

    /// The page may hold the article, and nothing tells. When other links lead to it too, it is the article of none.
    pub(super) fn commit_unvouched(&self, obstruction: &Obstruction) -> rusqlite::Result<ArticleCommit> {
        let Obstruction { signs, page: Some(page), .. } = obstruction else {
            return self.commit_obstruction(obstruction);
        };
        if self.is_as_listed(page)? {
            return self.commit_vouched(page);
        }
        let candidate = &self.outcome.candidate;
        // Another address of an article that is known to be one.
        if self.known_article_id.is_none()
            && let Some(id) = self.article_at_addresses(page)?
            && !gates::is_unvouched(self.transaction, id)?
        {
            return self.commit_page(page, None, false);
        }
        let company = gates::company(self.transaction, candidate, signs, false, self.now)?;
        if company.is_enough {
            return self.commit_shared(obstruction, &company, None);
        }
        // Something else stands where the known article stood. It is believed when it does so twice in a row.
        if signs.address.is_none()
            && let Some(known) = self.known_article_id
            && let Some(known) = lookalikes::known(self.transaction, known)?
            && matches!(self.presence(page, &known, false)?, Presence::Notice | Presence::Unlike | Presence::Other)
            && !self.revisits.is_missing()?
        {
            return self.commit_shared(obstruction, &company, None);
        }
        let mut commit = self.commit_page(page, None, false)?;
        self.keep_revised(&commit)?;
        let Some(stored) = &commit.stored else { return Ok(commit) };
        let is_made_of_it = match stored.verdict {
            Verdict::New | Verdict::Duplicate { .. } => true,
            Verdict::Known { .. } => gates::is_unvouched(self.transaction, stored.id)?,
            Verdict::Revision { .. } => false,
        };
        let made = is_made_of_it.then_some(stored.id);
        let is_open = self.is_open(page, &commit);
        if is_open && !company.is_some() {
            commit.gate = gates::note_article(self.transaction, candidate, self.now)?;
        }
        gates::note_look(self.transaction, candidate, signs, made, false, self.now)?;
        // Later the stored headline stands in for that of the source.
        if self.known_article_id.is_none() {
            links::keep_hints(self.transaction, candidate)?;
        }
        Ok(commit)
    }

    /// An article that has another wording is no longer what was made of a page that nothing vouched for.
    fn keep_revised(&self, commit: &ArticleCommit) -> rusqlite::Result<()> {
        match &commit.stored {
            Some(StoredArticle { id, verdict: Verdict::Revision { .. } }) => gates::keep_article(self.transaction, *id),
            _ => Ok(()),
        }
    }

    /// Whether a page that was committed shows that nothing stands before the articles of its publisher: a wall, or the feed's
    /// text in its place, does not.
    fn is_open(&self, page: &ReadPage, commit: &ArticleCommit) -> bool {
        let is_page = !self.outcome.exchanges.is_empty();
        let is_article = matches!(page.article.body_kind, BodyKind::Full | BodyKind::Partial);
        is_page && is_article && commit.stored.is_some()
    }

    /// Something else stands where the article should.
    pub(super) fn commit_obstruction(&self, obstruction: &Obstruction) -> rusqlite::Result<ArticleCommit> {
        // What speaks against it are the words of before.
        if let Some(page) = &obstruction.page
            && self.is_as_listed(page)?
        {
            return self.commit_vouched(page);
        }
        let signs = &obstruction.signs;
        let company = gates::company(self.transaction, &self.outcome.candidate, signs, true, self.now)?;
        self.commit_shared(obstruction, &company, obstruction.page.as_ref().filter(|_| !company.is_enough))
    }

    /// Something else stands where the article should, and perhaps where those of other links should. `page` is what it would
    /// be if it were the article.
    fn commit_shared(
        &self,
        obstruction: &Obstruction,
        company: &Company,
        page: Option<&ReadPage>,
    ) -> rusqlite::Result<ArticleCommit> {
        let Obstruction { failure, retry_at, absence, signs, entry, .. } = obstruction;
        let candidate = &self.outcome.candidate;
        let taken_back = if company.is_enough { company.articles() } else { BTreeSet::new() };
        gates::note_look(self.transaction, candidate, signs, None, true, self.now)?;
        let gate = gates::note_obstruction(self.transaction, candidate, company, self.revisits.schedule, self.now)?;
        let retry_at = gate.as_ref().map(|gate| gate.next_probe_at).or(*retry_at);
        for article in &taken_back {
            let retry_at = retry_at.or(self.revisits.soon()).unwrap_or(self.now);
            take_back(self.transaction, *article, retry_at, self.now)?;
        }
        let is_shared = company.is_enough;
        let known = self.known_article_id.filter(|known| !taken_back.contains(known));
        let mut commit = match (known, page, entry) {
            (Some(_), _, _) if gate.is_some() => self.commit_absence(known, Absence::Unknown, retry_at)?,
            // Missing for the second time, and the same page still stands there: it is what is there now.
            (Some(_), Some(page), _) if self.revisits.is_missing()? => self.commit_page(page, None, false)?,
            // The feed's text goes on standing in.
            (Some(known), _, _) if is_shared && self.is_stand_in(known)? => {
                self.commit_absence(Some(known), Absence::Unknown, retry_at)?
            }
            (None, page, Some(entry)) if is_shared || page.is_some() => self.commit_page(entry, retry_at, true)?,
            // Nothing else has come of several tries, and no other link leads there: the headline was another one.
            (None, Some(page), None) if retry_at.is_none() => self.commit_page(page, None, false)?,
            _ => self.commit_absence(known, *absence, retry_at)?,
        };
        if gate.is_some() {
            links::forgive(self.transaction, candidate.link, candidate.failures_in_a_row)?;
        }
        commit.gate = gate.and_then(|gate| gate.change);
        commit.obstruction = Some(failure.clone());
        commit.taken_back = taken_back.into_iter().collect();
        Ok(commit)
    }

    /// Whether the feed's text stands in for the page of an article.
    fn is_stand_in(&self, article_id: i64) -> rusqlite::Result<bool> {
        let known = lookalikes::known(self.transaction, article_id)?;
        Ok(known.is_some_and(|known| known.body_kind == BodyKind::Teaser.as_str()))
    }

    /// The article that the address which answered leads to, or the one that the page calls its own.
    fn article_at_addresses(&self, page: &ReadPage) -> rusqlite::Result<Option<i64>> {
        let answered = links::article_at(self.transaction, &page.answered.url.key())?;
        match (&page.article.url, answered) {
            (Some(url), None) => links::article_at(self.transaction, &url.key()),
            (_, answered) => Ok(answered),
        }
    }
}
