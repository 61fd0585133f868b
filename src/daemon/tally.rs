//! What happened, as it happens and summed up.

use jiff::Timestamp;

use crate::model::{
    Article, ArticleOutcome, ArticleResult, BodyKind, Failure, PollOutcome, PollResult, Verdict, public_url,
};
use crate::store::{ArticleCommit, GateChange, PollCommit};

/// Something that happened, after it was committed.
#[derive(Clone, Debug)]
pub enum Event {
    /// A source was polled.
    Polled {
        /// Its slug.
        source: String,
        /// Its address.
        url: String,
        /// What came of it.
        outcome: Polled,
    },
    /// An article's page was fetched.
    Acquired {
        /// Its address.
        url: String,
        /// The source that listed it.
        source: Option<String>,
        /// What came of it.
        outcome: Acquired,
        /// What became of the gate before its publisher's articles.
        gate: Option<GateChange>,
        /// Articles that were none, and are stored no more: other links lead to their page as well.
        taken_back: Vec<i64>,
        /// Articles that were made of single pages of this one, and are stored no more.
        merged: Vec<i64>,
    },
}

/// What came of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// A list was read.
    Listed {
        /// Links that the source had not listed before.
        n_new: u32,
        /// Links that it had.
        n_known: u32,
        /// Faults of the document.
        problems: Vec<String>,
    },
    /// As it was.
    Unchanged,
    /// Given back: its host is busy, or wants to be left in peace.
    Postponed {
        /// When its turn comes.
        until: Timestamp,
    },
    /// It failed.
    Failed(Failure),
}

/// What came of an article's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// An article is stored.
    Stored {
        /// Its row.
        id: i64,
        /// What it was found to be.
        verdict: Verdict,
        /// Its headline.
        title: Option<String>,
        /// How its page read.
        reading: Option<Reading>,
    },
    /// As it was.
    Unchanged,
    /// Its publisher has taken it away; it stays stored, and is marked.
    Removed {
        /// Its row.
        id: i64,
    },
    /// Given back: its host is busy, or wants to be left in peace.
    Postponed {
        /// When its turn comes.
        until: Timestamp,
    },
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
        /// Whether it will be tried again.
        is_final: bool,
    },
}

/// How a page read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How much of the article was there.
    pub body_kind: BodyKind,
    /// 0 to 100.
    pub quality: u8,
}

impl Reading {
    fn of(article: &Article) -> Reading {
        Reading { body_kind: article.body_kind, quality: article.quality.score }
    }
}

/// Sums of what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Polls that went well.
    pub polls: u64,
    /// Of them polls that found the source as it was.
    pub polls_unchanged: u64,
    /// Polls that failed.
    pub polls_failed: u64,
    /// Links that were new.
    pub links: u64,
    /// Articles that were new, duplicates included.
    pub articles: u64,
    /// Of them duplicates of earlier ones.
    pub duplicates: u64,
    /// New wordings of known articles.
    pub revisions: u64,
    /// Pages that read as they did.
    pub unchanged: u64,
    /// Articles that were found to be taken away.
    pub removed: u64,
    /// Pages that gave no article.
    pub articles_failed: u64,
    /// Failures that were refusals by policy.
    pub refused: u64,
}

impl Tally {
    /// Adds an event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::Polled { outcome, .. } => match outcome {
                Polled::Listed { n_new, .. } => {
                    self.polls += 1;
                    self.links += u64::from(*n_new);
                }
                Polled::Unchanged => {
                    self.polls += 1;
                    self.polls_unchanged += 1;
                }
                Polled::Postponed { .. } => {}
                Polled::Failed(failure) => {
                    self.polls_failed += 1;
                    self.refused += u64::from(failure.class.is_policy());
                }
            },
            Event::Acquired { outcome, taken_back, merged, .. } => {
                let number = |ids: &[i64]| u64::try_from(ids.len()).unwrap_or(u64::MAX);
                let n_taken_back = number(taken_back);
                // An earlier run may have counted them.
                self.articles = self.articles.saturating_sub(n_taken_back.saturating_add(number(merged)));
                self.duplicates = self.duplicates.min(self.articles);
                self.articles_failed += n_taken_back;
                self.add_acquired(outcome);
            }
        }
    }

    fn add_acquired(&mut self, outcome: &Acquired) {
        match outcome {
            Acquired::Stored { verdict, .. } => match verdict {
                Verdict::New => self.articles += 1,
                Verdict::Duplicate { .. } => {
                    self.articles += 1;
                    self.duplicates += 1;
                }
                Verdict::Revision { .. } => self.revisions += 1,
                Verdict::Known { .. } => self.unchanged += 1,
            },
            Acquired::Unchanged => self.unchanged += 1,
            Acquired::Removed { .. } => self.removed += 1,
            Acquired::Postponed { .. } => {}
            Acquired::Failed { failure, .. } => {
                self.articles_failed += 1;
                self.refused += u64::from(failure.class.is_policy());
            }
        }
    }

    /// Everything that failed.
    #[must_use]
    pub fn n_failed(&self) -> u64 {
        self.polls_failed + self.articles_failed
    }

    /// Everything that went well.
    #[must_use]
    pub fn n_done(&self) -> u64 {
        self.polls + self.articles + self.revisions + self.unchanged + self.removed
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        let Tally {
            polls,
            polls_unchanged,
            polls_failed,
            links,
            articles,
            duplicates,
            revisions,
            unchanged,
            removed,
            articles_failed,
            refused,
        } = other;
        self.polls += polls;
        self.polls_unchanged += polls_unchanged;
        self.polls_failed += polls_failed;
        self.links += links;
        self.articles += articles;
        self.duplicates += duplicates;
        self.revisions += revisions;
        self.unchanged += unchanged;
        self.removed += removed;
        self.articles_failed += articles_failed;
        self.refused += refused;
    }
}

/// What of a poll's outcome is told once it is committed.
pub(super) fn polled(outcome: &PollOutcome) -> impl FnOnce(PollCommit) -> Event + use<> {
    let (source, url) = (outcome.source.slug.clone(), public_url(&outcome.source.url).to_string());
    let summary = match &outcome.result {
        PollResult::Listed { problems, .. } => Polled::Listed { n_new: 0, n_known: 0, problems: problems.clone() },
        PollResult::Unchanged { .. } => Polled::Unchanged,
        PollResult::Postponed { until } => Polled::Postponed { until: *until },
        PollResult::Failed { failure, .. } => Polled::Failed(failure.clone()),
    };
    move |commit| {
        let outcome = match summary {
            Polled::Listed { problems, .. } => {
                Polled::Listed { n_new: commit.n_new, n_known: commit.n_known, problems }
            }
            other => other,
        };
        Event::Polled { source, url, outcome }
    }
}

/// What of an article's outcome is told once it is committed.
pub(super) fn acquired(outcome: &ArticleOutcome) -> impl FnOnce(ArticleCommit) -> Event + use<> {
    let url = outcome.candidate.url.to_string();
    let source = outcome.candidate.source_slug.clone();
    let (summary, title) = match &outcome.result {
        ArticleResult::Article(page) => (Acquired::Unchanged, page.article.title.clone()),
        ArticleResult::Obstructed(obstruction) | ArticleResult::Unvouched(obstruction) => {
            let failure = obstruction.failure.clone();
            let title = obstruction.entry.as_ref().and_then(|entry| entry.article.title.clone());
            (Acquired::Failed { failure, is_final: obstruction.retry_at.is_none() }, title)
        }
        ArticleResult::Unchanged => (Acquired::Unchanged, None),
        ArticleResult::Postponed { until } => (Acquired::Postponed { until: *until }, None),
        ArticleResult::Failed { failure, retry_at, .. } => {
            (Acquired::Failed { failure: failure.clone(), is_final: retry_at.is_none() }, None)
        }
    };
    let own_title = match &outcome.result {
        ArticleResult::Unvouched(page) => page.page.as_ref().and_then(|page| page.article.title.clone()),
        _ => None,
    };
    let reading = match &outcome.result {
        ArticleResult::Article(page) => Some(Reading::of(&page.article)),
        ArticleResult::Unvouched(page) => page.page.as_ref().map(|page| Reading::of(&page.article)),
        _ => None,
    };
    move |commit| {
        let title = own_title.filter(|_| commit.obstruction.is_none()).or(title);
        let outcome = match (commit.stored, commit.removed) {
            (Some(stored), _) => Acquired::Stored { id: stored.id, verdict: stored.verdict, title, reading },
            (None, Some(id)) => Acquired::Removed { id },
            (None, None) => match (summary, commit.obstruction) {
                (Acquired::Failed { is_final, .. }, Some(failure)) => Acquired::Failed { failure, is_final },
                (Acquired::Unchanged, Some(failure)) => Acquired::Failed { failure, is_final: false },
                (summary, _) => summary,
            },
        };
        let ArticleCommit { gate, taken_back, merged, .. } = commit;
        Event::Acquired { url, source, outcome, gate, taken_back, merged }
    }
}
