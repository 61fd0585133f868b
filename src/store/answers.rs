//! What can be asked for, and the shapes of the answers.

use jiff::Timestamp;

use crate::dedup::lineage::Span;

/// Which articles are meant. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    /// Seen in this source.
    pub source_id: Option<i64>,
    /// Published, or where that is unknown first seen, at this time or later.
    pub since: Option<Timestamp>,
    /// Published, or where that is unknown first seen, before this time.
    pub until: Option<Timestamp>,
    /// Of this story.
    pub story_id: Option<i64>,
    /// A condition in SQL over the columns of `articles`, by the user.
    pub condition: Option<String>,
    /// Whether duplicates of earlier articles are left out.
    pub without_duplicates: bool,
}

/// An article in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleRow {
    /// Row id.
    pub id: i64,
    /// When it was published, RFC 3339; absent when unknown.
    pub published_at: Option<String>,
    /// `day` or `instant`.
    pub date_precision: Option<String>,
    /// `YYYYMMDD`.
    pub date: Option<String>,
    /// The source that had it first.
    pub source: Option<String>,
    /// Language code.
    pub language: Option<String>,
    /// Words in the body.
    pub words: u32,
    /// Kind of body.
    pub body_kind: String,
    /// 0 to 100.
    pub quality: u8,
    /// Headline.
    pub title: Option<String>,
    /// Canonical address.
    pub url: Option<String>,
    /// The article that it repeats.
    pub duplicate_of: Option<i64>,
    /// 1 for the first wording.
    pub revision: u32,
}

/// All that is stored of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleDetails {
    /// As in a list.
    pub row: ArticleRow,
    /// The body, a paragraph a line.
    pub body: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Where the date was found.
    pub date_source: Option<String>,
    /// The publisher's offset.
    pub published_offset: Option<String>,
    /// Last change by the page's own word.
    pub modified_at: Option<String>,
    /// Name of the publication.
    pub site_name: Option<String>,
    /// Section.
    pub section: Option<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Lead image.
    pub image_url: Option<String>,
    /// What speaks against the quality.
    pub quality_reasons: Vec<String>,
    /// Kind of duplicate.
    pub duplicate_kind: Option<String>,
    /// First sighting.
    pub first_seen_at: String,
    /// Last change of the row.
    pub updated_at: String,
    /// SHA-256 of the bundle document.
    pub sha256: String,
    /// When its publisher was seen to have taken it away.
    pub removed_at: Option<String>,
    /// What its publisher says against text mining and AI training.
    pub reservations: Vec<String>,
}

/// An address without an article yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingLink {
    /// When it is fetched next; absent when it was given up.
    pub due_at: Option<Timestamp>,
    /// Why its last fetch failed.
    pub last_error: Option<String>,
}

/// Where an article was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SightingRow {
    /// The source.
    pub source: String,
    /// The entry's identity.
    pub guid: Option<String>,
    /// The address that the source gave.
    pub url: Option<String>,
    /// First time.
    pub first_seen_at: String,
    /// Last time.
    pub last_seen_at: String,
}

/// An earlier wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// 1 for the first.
    pub revision: u32,
    /// Its headline.
    pub title: Option<String>,
    /// Its body.
    pub body: String,
    /// When it was first seen.
    pub seen_at: String,
}

/// An article that another one is related to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Row id.
    pub id: i64,
    /// The source that had it first.
    pub source: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// First sighting.
    pub first_seen_at: String,
}

/// A copy of an article, or of one of its copies.
#[derive(Clone, Debug, PartialEq)]
pub struct Descendant {
    /// The copy.
    pub article: Relative,
    /// What it is a copy of.
    pub of: i64,
    /// `exact` or `near`.
    pub kind: Option<String>,
    /// Share of its text that stands in that one.
    pub share: f64,
    /// Share of that one's text that stands in it.
    pub share_of_original: f64,
}

/// Where an article's text comes from, and where it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage {
    /// What it is a copy of, what that one is a copy of, and so on: the last one had it first.
    pub ancestors: Vec<Relative>,
    /// Share of its text that stands in the first of them.
    pub share: f64,
    /// Share of that one's text that stands in it.
    pub share_of_original: f64,
    /// Which paragraphs are whose; empty for an article that is nobody's copy.
    pub spans: Vec<Span>,
    /// The articles that the spans name.
    pub sources: Vec<Relative>,
    /// Its copies and theirs, earliest first.
    pub descendants: Vec<Descendant>,
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The article.
    pub row: ArticleRow,
    /// The best passage, matches between U+0001 and U+0002.
    pub snippet: String,
}

/// The marks around a match in [`SearchHit::snippet`]: characters that no stored text holds.
pub const MATCH_MARKS: (char, char) = ('\u{1}', '\u{2}');

/// A source in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Row id.
    pub id: i64,
    /// Stable name.
    pub slug: String,
    /// Kind, once known.
    pub kind: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// As it calls itself.
    pub title: Option<String>,
    /// `active`, `manual`, `paused`, `gone` or `removed`.
    pub state: String,
    /// The user's words.
    pub tags: Vec<String>,
    /// `file` or `command`.
    pub origin: String,
    /// Where texts are taken from: `auto`, `feed` or `page`.
    pub full_text: String,
    /// CSS selectors of a page's links.
    pub link_selectors: Vec<String>,
    /// The page for people.
    pub site_url: Option<String>,
    /// Last good poll.
    pub last_ok_at: Option<String>,
    /// Next poll.
    pub next_due_at: Option<String>,
    /// Failures since the last good poll.
    pub failures_in_a_row: u32,
    /// Articles in the last seven days.
    pub articles_7d: u32,
    /// What went wrong last.
    pub error: Option<String>,
    /// Its class.
    pub error_class: Option<String>,
}

/// All that is stored of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDetails {
    /// As in a list.
    pub row: SourceRow,
    /// When we began to follow it.
    pub created_at: String,
    /// Last new article.
    pub last_new_article_at: Option<String>,
    /// Faults of its document.
    pub problems: Vec<String>,
    /// Articles seen in it.
    pub n_articles: u32,
    /// Links whose page has not been fetched.
    pub n_waiting: u32,
    /// Its last exchanges: time, status, milliseconds, bytes, error.
    pub fetches: Vec<FetchRow>,
}

/// An HTTP exchange in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRow {
    /// When.
    pub started_at: String,
    /// Why.
    pub purpose: String,
    /// The address.
    pub url: String,
    /// Status code.
    pub status: Option<u16>,
    /// Milliseconds.
    pub elapsed_ms: u64,
    /// Bytes of the body.
    pub bytes: u64,
    /// Class of the error.
    pub error_class: Option<String>,
    /// The error.
    pub error: Option<String>,
}

/// The ingesting process's sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSign {
    /// Process id.
    pub pid: u32,
    /// Program version.
    pub version: String,
    /// Start.
    pub started_at: Timestamp,
    /// Last sign.
    pub heartbeat_at: Timestamp,
    /// Orderly end.
    pub stopped_at: Option<Timestamp>,
}

/// The state of everything, for `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// The last process that ran as the daemon.
    pub daemon: Option<DaemonSign>,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Articles.
    pub n_articles: u64,
    /// Of them duplicates of earlier ones.
    pub n_duplicates: u64,
    /// Earlier wordings.
    pub n_revisions: u64,
    /// Articles first seen in the last 24 hours.
    pub n_articles_24h: u64,
    /// Sources by state.
    pub sources_by_state: Vec<(String, u64)>,
    /// Sources whose last poll failed: slug, failures in a row, error.
    pub failing: Vec<(String, u32, String)>,
    /// Active sources that are due.
    pub n_sources_due: u64,
    /// Links whose page is due.
    pub n_links_due: u64,
    /// Links whose page is to be fetched later.
    pub n_links_later: u64,
    /// Links that were given up.
    pub n_links_given_up: u64,
    /// Exchanges in the last 24 hours, and how many of them failed.
    pub fetches_24h: (u64, u64),
}

/// One article for an export.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// All that is stored of it.
    pub article: ArticleDetails,
    /// Where it was seen.
    pub sources: Vec<String>,
}
