//! Committing the fetch of an article: the article, its sightings, the exchanges and the release of the claim, in one
//! transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::config::ScheduleSettings;
use crate::dedup::presence::{Presence, Promises};
use crate::dedup::{self, Known};
use crate::model::{
    Absence, Alias, Article, ArticleOutcome, ArticleResult, BodyKind, Candidate, ErrorClass, Failure, LinkId,
    Obstruction, PageRole, ReadPage, StoredArticle, Validators, Verdict,
};
use crate::store::write::articles::arrival::{Arrival, Identity};
use crate::store::write::articles::revisits::{self, Revisits};
use crate::store::write::articles::take_back::take_back;
use crate::store::write::articles::upsert::{Upserted, upsert};
use crate::store::write::articles::{lookalikes, row};
use crate::store::write::entries::ENTRY_SIGN;
use crate::store::write::gates::{self, Company, GateChange};
use crate::store::write::links::LinkState;
use crate::store::write::sources::schedule;
use crate::store::write::transaction::WriteTransaction;
use crate::store::write::{fetches, links, publishers, sightings};

/// Why a page that holds an article is not believed yet.
const OTHER_ARTICLE: &str =
    "another article stands where this one stood; if it still does at the next look, it is believed";

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

/// Commits the fetch of an article.
pub(in crate::store) fn commit(
    transaction: &WriteTransaction<'_>,
    outcome: &ArticleOutcome,
    schedule: &ScheduleSettings,
) -> rusqlite::Result<ArticleCommit> {
    let ArticleOutcome { candidate, exchanges, finished_at, host_ready_at, result } = outcome;
    let Some(link) = ClaimedLink::find(transaction, candidate)? else {
        fetches::record(transaction, exchanges, candidate.source, None)?;
        return Ok(ArticleCommit { is_stale: true, ..ArticleCommit::default() });
    };
    let revisits = Revisits { connection: transaction, candidate, schedule, now: *finished_at };
    let fetch = Fetch {
        transaction,
        outcome,
        known_article_id: link.article_id,
        was_cut_off: link.was_cut_off,
        is_entry: link.is_entry,
        revisits,
        now: *finished_at,
    };
    let mut ready_at = *host_ready_at;
    let commit = match result {
        ArticleResult::Article(page) => fetch.commit_vouched(page)?,
        ArticleResult::Unvouched(page) => fetch.commit_unvouched(page)?,
        ArticleResult::Obstructed(obstruction) => fetch.commit_obstruction(obstruction)?,
        ArticleResult::Unchanged => fetch.commit_unchanged()?,
        ArticleResult::Postponed { until } => {
            ready_at = ready_at.max(*until);
            fetch.postpone(*until)?
        }
        ArticleResult::Failed { retry_at, absence, .. } => {
            fetch.commit_absence(link.article_id, *absence, *retry_at)?
        }
    };
    fetch.note_source_health()?;
    let article_id = commit.stored.as_ref().map(|stored| stored.id);
    match &commit.obstruction {
        Some(failure) => {
            let mut exchanges = exchanges.clone();
            if let Some(last) = exchanges.last_mut() {
                last.failure.get_or_insert_with(|| failure.clone());
            }
            fetches::record(transaction, &exchanges, candidate.source, article_id)?;
        }
        None => fetches::record(transaction, exchanges, candidate.source, article_id)?,
    }
    publishers::note_pace(transaction, &candidate.publisher, exchanges)?;
    publishers::set_next_turn(transaction, &candidate.publisher, ready_at)?;
    Ok(commit)
}

/// A link that is still claimed for a fetch.
struct ClaimedLink {
    /// The article that it has led to before.
    article_id: Option<i64>,
    /// Whether its page showed a part of that when it was last read.
    was_cut_off: bool,
    /// Whether it is an entry of a feed that shares its address with others.
    is_entry: bool,
}

impl ClaimedLink {
    /// Finds the link of a candidate; nothing when its claim does not hold any more.
    fn find(connection: &Connection, candidate: &Candidate) -> rusqlite::Result<Option<ClaimedLink>> {
        let found: Option<(Option<i64>, Option<i64>, bool, String)> = connection
            .prepare_cached("SELECT claim_id, article_id, cut_off_at IS NOT NULL, url_key FROM _links WHERE id = ?1")?
            .query_row([candidate.link.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let (claim, article_id, was_cut_off, key) = found.unwrap_or_default();
        let is_entry = key.contains(ENTRY_SIGN);
        Ok((claim == Some(candidate.claim.0)).then_some(ClaimedLink { article_id, was_cut_off, is_entry }))
    }
}

/// A fetch whose claim still holds.
struct Fetch<'a> {
    transaction: &'a WriteTransaction<'a>,
    outcome: &'a ArticleOutcome,
    /// The article that the link has led to before.
    known_article_id: Option<i64>,
    was_cut_off: bool,
    is_entry: bool,
    revisits: Revisits<'a>,
    now: Timestamp,
}

impl Fetch<'_> {
    /// The page holds the article that its link promised.
    fn commit_vouched(&self, page: &ReadPage) -> rusqlite::Result<ArticleCommit> {
        let candidate = &self.outcome.candidate;
        let mut commit = self.commit_page(page, None, true)?;
        self.keep_revised(&commit)?;
        // That it reads as it did says nothing of one that nothing vouched for.
        let is_unvouched = match self.known_article_id {
            Some(known) => gates::is_unvouched(self.transaction, known)?,
            None => false,
        };
        if !is_unvouched && self.is_open(page, &commit) {
            gates::forget_look(self.transaction, candidate.link)?;
            commit.gate = gates::note_article(self.transaction, &candidate.publisher, self.now)?;
        }
        Ok(commit)
    }

    /// The page may hold the article, and nothing tells. When other links lead to it too, it is the article of none.
    fn commit_unvouched(&self, obstruction: &Obstruction) -> rusqlite::Result<ArticleCommit> {
        let Obstruction { signs, page: Some(page), .. } = obstruction else {
            return self.commit_obstruction(obstruction);
        };
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
            commit.gate = gates::note_article(self.transaction, &candidate.publisher, self.now)?;
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
    fn commit_obstruction(&self, obstruction: &Obstruction) -> rusqlite::Result<ArticleCommit> {
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

    /// The page holds an article, or something that stands in its place. `page_at` is when the page is asked for again
    /// where the text is that of the feed's entry, which stands in for it. `is_vouched` says whether the page has what its
    /// link promised.
    fn commit_page(
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
            Presence::Other if self.revisits.is_missing()? && !self.is_stored_elsewhere(article)? => {
                self.commit_article(page, page_at, Identity::default())
            }
            Presence::Unlike | Presence::Other => {
                let commit = self.commit_absence(Some(known_id), Absence::Likely, None)?;
                let failure = Failure { class: ErrorClass::OtherPage, reason: OTHER_ARTICLE.to_owned() };
                Ok(ArticleCommit { obstruction: Some(failure), ..commit })
            }
        }
    }

    /// What stands where a known article stood.
    fn presence(&self, page: &ReadPage, known: &Known, is_vouched: bool) -> rusqlite::Result<Presence> {
        let promises = Promises { title: self.outcome.candidate.hints.title.as_deref(), are_kept: is_vouched };
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

    /// Whether a page that has nothing of the known article is believed to hold it.
    fn is_believed(&self, known_article_id: i64, is_vouched: bool) -> rusqlite::Result<bool> {
        Ok(self.revisits.is_missing()? || is_vouched && gates::is_unvouched(self.transaction, known_article_id)?)
    }

    /// Whether a page came from the address of another stored article, and has hardly anything of the known one.
    fn is_that_of_another(&self, page: &ReadPage, known: &Known) -> rusqlite::Result<bool> {
        let at_address = links::article_at(self.transaction, &page.answered.url.key())?;
        Ok(at_address.is_some_and(|id| id != known.id) && !dedup::is_same_article(&page.article, known))
    }

    /// Whether an article with these words is stored, so that nothing is lost if it is not stored under this address.
    fn is_stored_elsewhere(&self, article: &Article) -> rusqlite::Result<bool> {
        let by_address = article.url.as_ref().map(|url| links::article_at(self.transaction, &url.key())).transpose()?;
        let has_own_address = by_address.flatten().is_some_and(|id| Some(id) != self.known_article_id);
        Ok(!has_own_address && lookalikes::find_by_wording(self.transaction, article)?.is_some())
    }

    /// One of the addresses led to an article that is deleted here. It does not come back as new.
    fn commit_deleted(&self, deleted: i64) -> rusqlite::Result<ArticleCommit> {
        let article_id = self.known_article_id.unwrap_or(deleted);
        links::finish(self.transaction, self.outcome.candidate.link, Some(article_id), None, None)?;
        Ok(ArticleCommit::default())
    }

    /// A wall, or a teaser of something else, stands before the known article.
    fn commit_barrier(&self, article_id: i64) -> rusqlite::Result<ArticleCommit> {
        let revisit_at = self.revisits.next(article_id)?;
        links::finish(self.transaction, self.outcome.candidate.link, Some(article_id), None, revisit_at)?;
        let stored = Some(StoredArticle { id: article_id, verdict: Verdict::Known { article_id } });
        Ok(ArticleCommit { stored, ..ArticleCommit::default() })
    }

    /// The page holds an article.
    fn commit_article(
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
    fn commit_unchanged(&self) -> rusqlite::Result<ArticleCommit> {
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
    fn postpone(&self, until: Timestamp) -> rusqlite::Result<ArticleCommit> {
        revisits::postpone(self.transaction, self.outcome.candidate.link, until, self.now)?;
        Ok(ArticleCommit::default())
    }

    /// There is no article to be had from the page, now or for good.
    fn commit_absence(
        &self,
        known_article_id: Option<i64>,
        absence: Absence,
        retry_at: Option<Timestamp>,
    ) -> rusqlite::Result<ArticleCommit> {
        let removed = self.revisits.after_failure(known_article_id, absence, retry_at)?;
        Ok(ArticleCommit { removed, ..ArticleCommit::default() })
    }

    /// Notes how the fetch went for a source that is a single article.
    fn note_source_health(&self) -> rusqlite::Result<()> {
        let Some(source) = self.outcome.candidate.source else { return Ok(()) };
        let failure = match &self.outcome.result {
            ArticleResult::Postponed { .. } => return Ok(()),
            ArticleResult::Failed { failure, .. } => Some(failure),
            ArticleResult::Obstructed(obstruction) => Some(&obstruction.failure),
            ArticleResult::Article(_) | ArticleResult::Unvouched(_) | ArticleResult::Unchanged => None,
        };
        schedule::note_article_source(self.transaction, source, failure, self.now)
    }

    /// The article that the address which answered leads to, or the one that the page calls its own.
    fn article_at_addresses(&self, page: &ReadPage) -> rusqlite::Result<Option<i64>> {
        let answered = links::article_at(self.transaction, &page.answered.url.key())?;
        match (&page.article.url, answered) {
            (Some(url), None) => links::article_at(self.transaction, &url.key()),
            (_, answered) => Ok(answered),
        }
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
}
