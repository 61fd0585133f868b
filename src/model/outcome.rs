//! What a unit of work came to, on its way to the store. A failure travels the same way as a result.

use jiff::Timestamp;
use url::Url;

use super::{
    Article, Candidate, CanonicalUrl, ChildSitemap, DueSource, DuplicateKind, Exchange, Failure, ListedLink,
    SourceKind, Validators,
};

/// Work handed out by one round of claims.
#[derive(Debug, Default)]
pub struct ClaimedWork {
    /// Sources to poll.
    pub sources: Vec<DueSource>,
    /// Articles to fetch.
    pub candidates: Vec<Candidate>,
    /// When the next source is due; absent when none waits. A claimed one counts with the end of its lease.
    pub next_source_due_at: Option<Timestamp>,
    /// When the next link is due, likewise.
    pub next_link_due_at: Option<Timestamp>,
}

/// What a polled document said about when to come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollHints {
    /// RSS `ttl` or `sy:updatePeriod`, in seconds.
    pub ttl_s: Option<u32>,
    /// `Cache-Control: max-age` or `Expires`, in seconds.
    pub max_age_s: Option<u32>,
    /// RSS `skipHours`: the lowest bit is the hour after midnight, UTC.
    pub skip_hours: u32,
    /// RSS `skipDays`: the lowest bit is Monday.
    pub skip_days: u8,
}

/// What the next due time of a source is decided from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollFacts {
    /// Entries listed.
    pub n_entries: u32,
    /// Entries that we had not seen.
    pub n_new: u32,
    /// What the document asked for.
    pub hints: PollHints,
    /// Whether the list is known to go back to before the last poll, though nothing in it had been seen: its addresses
    /// have changed.
    pub reaches_back: bool,
}

/// What a poll came to.
#[derive(Debug)]
pub struct PollOutcome {
    /// The source, as it was claimed.
    pub source: DueSource,
    /// The HTTP exchanges it took, in order.
    pub exchanges: Vec<Exchange>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The result.
    pub result: PollResult,
    /// What the source's open gap was made good with; absent where that was not tried.
    pub healing: Option<Vec<ListedLink>>,
}

impl PollOutcome {
    /// About how many bytes it takes, by the texts of what was listed.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let of_links = |links: &[ListedLink]| links.iter().map(ListedLink::n_bytes).sum::<usize>();
        let listed = match &self.result {
            PollResult::Listed { links, .. } => of_links(links),
            PollResult::Unchanged { .. } | PollResult::Postponed { .. } | PollResult::Failed { .. } => 0,
        };
        listed + self.healing.as_deref().map_or(0, of_links)
    }
}

/// The result of a poll.
#[derive(Clone, Debug)]
pub enum PollResult {
    /// A list was read.
    Listed {
        /// What the source turned out to be.
        kind: SourceKind,
        /// The title it gives itself.
        title: Option<String>,
        /// Links with their canonical address, in the order of the document.
        links: Vec<ListedLink>,
        /// Entries that could not be followed, and other faults of the document.
        problems: Vec<String>,
        /// The validators of this answer, absent for one that made no request.
        validators: Validators,
        /// SHA-256 of the answer's body.
        body_sha256: Option<[u8; 32]>,
        /// What the document said about when to come back.
        hints: PollHints,
        /// The sitemaps of an index that were read, or are as they were.
        children: Vec<ChildSitemap>,
        /// The address that answered, if it is another than was asked and every redirect on the way was permanent.
        moved_to: Option<Url>,
    },
    /// The server said 304, or sent the same bytes again.
    Unchanged {
        /// Validators to send from now on; absent to keep those we have.
        validators: Option<Validators>,
        /// What the answer said about when to come back.
        hints: PollHints,
        /// As in `Listed`.
        moved_to: Option<Url>,
    },
    /// The host is busy: given back, not counted as a try.
    Postponed {
        /// When its turn comes.
        until: Timestamp,
    },
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
        /// When to try again.
        retry_at: Timestamp,
        /// Whether the source is gone for good (410) and should be paused.
        gone: bool,
    },
}

/// What the fetch of one article came to.
#[derive(Debug)]
pub struct ArticleOutcome {
    /// The link and the lease it was fetched under.
    pub candidate: Candidate,
    /// The HTTP exchanges it took, in order.
    pub exchanges: Vec<Exchange>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The earliest time at which the host may be asked again.
    pub host_ready_at: Timestamp,
    /// The result.
    pub result: ArticleResult,
}

impl ArticleOutcome {
    /// About how many bytes it takes, by its texts and what its source said of it.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let texts = match &self.result {
            ArticleResult::Article(page) => page.article.body.len(),
            ArticleResult::Obstructed(seen) | ArticleResult::Unvouched(seen) => {
                [&seen.page, &seen.entry].into_iter().flatten().map(|page| page.article.body.len()).sum()
            }
            ArticleResult::Unchanged | ArticleResult::Postponed { .. } | ArticleResult::Failed { .. } => 0,
        };
        texts + self.candidate.hints.text.n_bytes()
    }
}

/// A further address of an article.
#[derive(Clone, Debug)]
pub struct Alias {
    /// The address.
    pub url: CanonicalUrl,
    /// Who publishes there.
    pub publisher: String,
}

/// The result of the fetch of one article.
#[derive(Clone, Debug)]
pub enum ArticleResult {
    /// The page holds an article.
    Article(ReadPage),
    /// Something else stands where the article should: a page without an article, or one that shares nothing with what the
    /// source said of it. Whether that is a gate shows when other links lead to it too.
    Obstructed(Box<Obstruction>),
    /// An article, as it seems, of which nothing tells that it is the one that the link promised: it stands in the way
    /// after all when other links lead to it too.
    Unvouched(Box<Obstruction>),
    /// Status 304: it reads as it did.
    Unchanged,
    /// The host is busy: given back, not counted as a try.
    Postponed {
        /// When its turn comes.
        until: Timestamp,
    },
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
        /// When to try again; absent when there is no point in it.
        retry_at: Option<Timestamp>,
        /// Whether it says that there is no article.
        absence: Absence,
    },
}

/// What stands where an article should, and what there is instead.
#[derive(Clone, Debug)]
pub struct Obstruction {
    /// Why it is not the article.
    pub failure: Failure,
    /// When to try again; absent when there is no point in it.
    pub retry_at: Option<Timestamp>,
    /// Whether it says that there is no article.
    pub absence: Absence,
    /// By what it is recognised when other links lead to it too.
    pub signs: PageSigns,
    /// The article that the page would be, where all that speaks against it is what its link promised.
    pub page: Option<ReadPage>,
    /// The article as the entry of its feed has it, to stand in meanwhile.
    pub entry: Option<ReadPage>,
}

/// By what a page is recognised when other links lead to it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageSigns {
    /// Where it was found: host and path, and as much of the query as tells pages from each other.
    pub place: String,
    /// That place, if it is another one than was asked for.
    pub address: Option<String>,
    /// A hash of its words; behind [`PageSigns::TO_THE_LETTER`] where it does not speak to visitors as gates do.
    pub text: Option<String>,
    /// Hashes of parts of its text. Pages that differ in some of their words have most of them in common.
    pub parts: Vec<String>,
    /// From how many links that lead to it on it is not the article of any.
    pub links_min: u32,
    /// Likewise where they lead to the same words at different places.
    pub text_links_min: u32,
    /// Whether it is a level above what was asked for, where publishers send those who ask for what they have removed.
    pub is_above: bool,
}

impl PageSigns {
    /// So many links are never enough.
    pub const NEVER: u32 = u32::MAX;

    /// Begins the hash of a text that is recognised by each of its words and numbers.
    pub const TO_THE_LETTER: &str = "=";
}

/// An article as it was read, with its addresses.
#[derive(Clone, Debug)]
pub struct ReadPage {
    /// The article.
    pub article: Box<Article>,
    /// The address that answered, after redirects: it leads to the article as well.
    pub answered: Alias,
    /// Who publishes at the article's canonical address.
    pub publisher: String,
    /// The validators of the page.
    pub validators: Validators,
    /// What the page that the link led to is of the article.
    pub role: PageRole,
    /// The addresses of the further pages that were read: they lead to the article as well.
    pub further_pages: Vec<Alias>,
}

impl ReadPage {
    /// Whether the link led to the page by which the article goes.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self.role, PageRole::Own)
    }

    /// The first page, where the link led to a later one.
    #[must_use]
    pub fn first_page(&self) -> Option<&Alias> {
        match &self.role {
            PageRole::Own => None,
            PageRole::Later => Some(&self.answered),
            PageRole::WithoutFirst(first) => Some(first),
        }
    }
}

/// What the page that a link led to is of its article.
#[derive(Clone, Debug, Default)]
pub enum PageRole {
    /// The page that was read, and by whose address the article goes if it names no other.
    #[default]
    Own,
    /// A later page. The first one was read in its place, and is what answered.
    Later,
    /// A later page, which was read since the first one, at this address, could not be had.
    WithoutFirst(Box<Alias>),
}

/// Whether a failure says that an article is not there any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absence {
    /// It says nothing of that.
    #[default]
    Unknown,
    /// There is nothing at its address, or a page without it. That may pass.
    Likely,
    /// The server says that it is gone for good.
    Certain,
}

/// An article that came from a file.
#[derive(Debug)]
pub struct ImportedArticle {
    /// The article.
    pub article: Article,
    /// The slug of the source it is said to come from.
    pub source: Option<String>,
    /// Its identity where it has no address.
    pub guid: Option<String>,
    /// When it counts as having arrived.
    pub arrived_at: Timestamp,
    /// Whether its address is the file's own word for what it is, and not something that stands in a page.
    pub is_address_given: bool,
}

/// What we know of an article once it has been compared with what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before.
    New,
    /// Known, and it reads as it did.
    Known {
        /// The stored article.
        article_id: i64,
    },
    /// Known, with another wording.
    Revision {
        /// The stored article.
        article_id: i64,
    },
    /// Another article's text under an address of its own.
    Duplicate {
        /// The first article with that text.
        of: i64,
        /// How alike they are.
        kind: DuplicateKind,
    },
}

/// An article's place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArticle {
    /// Its row.
    pub id: i64,
    /// What it was found to be.
    pub verdict: Verdict,
}
